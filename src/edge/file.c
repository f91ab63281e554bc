// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reading text files. The limit is checked while reading, not from the file's size: a pipe or a
// device has none.

#include "edge/file.h"
#include "core/json.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

size_t file_text_length(struct str text)
{
    size_t len = json_utf8_prefix(text);
    const char *nul = memchr(text.data, '\0', len);
    return nul ? (size_t)(nul - text.data) : len;
}

static bool read_all(int fd, struct buf *buf, struct err *err)
{
    char chunk[64 * 1024];
    for (;;) {
        ssize_t len = read(fd, chunk, sizeof(chunk));
        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0)
            return err_set(err, ERR_IO, "cannot be read: %s", strerror(errno));
        if (len == 0)
            return true;
        buf_add(buf, chunk, (size_t)len);
        if (buf->overflowed)
            return err_set(err, ERR_TOO_LARGE, "is larger than %zu bytes", buf->limit);
    }
}

bool file_read_text(struct arena *arena, const char *path, size_t max_bytes, struct str *ret,
                    struct err *err)
{
    AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "cannot be read: %s",
                       strerror(errno));
    AUTO_BUF struct buf buf;
    buf_init(&buf, max_bytes);
    if (!read_all(fd, &buf, err))
        return false;
    struct str text = buf_str(&buf);
    if (str_starts(text, STR("\xef\xbb\xbf")))
        text = (struct str){text.data + 3, text.len - 3};
    size_t good = file_text_length(text);
    if (good < text.len) {
        int line = 1;
        for (size_t i = 0; i < good; i++)
            line += text.data[i] == '\n';
        return err_set(err, ERR_INVALID, "is not UTF-8 text: byte 0x%02x in line %d",
                       (unsigned char)text.data[good], line);
    }
    *ret = arena_copy(arena, text);
    return true;
}

bool file_is_confined(struct str name)
{
    if (name.len == 0 || name.data[0] == '/' || memchr(name.data, '\\', name.len))
        return false;
    size_t start = 0;
    for (size_t i = 0; i <= name.len; i++) {
        if (i < name.len && name.data[i] != '/')
            continue;
        struct str part = {name.data + start, i - start};
        if (part.len == 0 || str_eq(part, STR(".")) || str_eq(part, STR("..")))
            return false;
        start = i + 1;
    }
    return true;
}
