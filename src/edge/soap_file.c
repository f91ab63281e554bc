// SPDX-License-Identifier: GPL-3.0-or-later
//
// Looks at a file as the C library will. Only lengths are checked: what is in a module is for
// whoever put it there.

#include "edge/soap_file.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_PARTS = 64 };

static bool fail_system(struct err *err)
{
    return err_set(err, ERR_IO, "%s", strerror(errno));
}

bool soap_file_look(const char *path, struct soap_file *ret, struct err *err)
{
    struct stat at;
    if (stat(path, &at) < 0)
        return fail_system(err);
    if (!S_ISREG(at.st_mode))
        return err_set(err, ERR_INVALID, "it is no regular file");
    *ret = (struct soap_file){at.st_dev, at.st_ino, at.st_size, at.st_mtim};
    return true;
}

bool soap_file_is_same(const struct soap_file *a, const struct soap_file *b)
{
    return a->device == b->device && a->inode == b->inode;
}

bool soap_file_is_untouched(const struct soap_file *then, const struct soap_file *now)
{
    return then->bytes == now->bytes && then->written.tv_sec == now->written.tv_sec &&
           then->written.tv_nsec == now->written.tv_nsec;
}

static bool read_at(int fd, void *to, size_t size, uint64_t offset)
{
    return offset <= INT64_MAX && pread(fd, to, size, (off_t)offset) == (ssize_t)size;
}

static bool is_within(uint64_t offset, uint64_t size, const struct soap_file *file)
{
    uint64_t bytes = (uint64_t)file->bytes;
    return offset <= bytes && size <= bytes - offset;
}

static bool check_parts(int fd, const ElfW(Ehdr) * header, const struct soap_file *file,
                        struct err *err)
{
    ElfW(Phdr) parts[MAX_PARTS];
    size_t size = header->e_phnum * sizeof(*parts);
    if (header->e_phentsize != sizeof(*parts) || header->e_phnum > MAX_PARTS)
        return err_set(err, ERR_INVALID, "it is no shared object of this machine");
    if (!read_at(fd, parts, size, header->e_phoff))
        return err_set(err, ERR_INVALID, "it is cut off");
    for (size_t i = 0; i < header->e_phnum; i++) {
        if (!is_within(parts[i].p_offset, parts[i].p_filesz, file))
            return err_set(err, ERR_INVALID, "it is cut off after %lld bytes",
                           (long long)file->bytes);
    }
    return true;
}

bool soap_file_check(const char *path, const struct soap_file *file, struct err *err)
{
    ElfW(Ehdr) header;
    AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return fail_system(err);
    if (!read_at(fd, &header, sizeof(header), 0) || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
        header.e_type != ET_DYN)
        return err_set(err, ERR_INVALID, "it is no shared object");
    return check_parts(fd, &header, file, err);
}
