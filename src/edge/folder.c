// SPDX-License-Identifier: GPL-3.0-or-later
//
// A rename is what makes a change whole, and its folder is synced, so that a power cut leaves one
// of the two.

#include "edge/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK_BYTES = 64 * 1024 };

static bool fail(struct err *err, const char *path)
{
    enum err_code code = errno == ENOENT ? ERR_NOT_FOUND : errno == ENOSPC ? ERR_FULL : ERR_IO;
    return err_set(err, code, "%s: %s", path, strerror(errno));
}

static bool make(const char *path, struct err *err)
{
    struct stat facts;
    if (mkdir(path, 0777) == 0 ||
        (errno == EEXIST && stat(path, &facts) == 0 && S_ISDIR(facts.st_mode)))
        return true;
    return fail(err, path);
}

bool folder_make_above(const char *path, struct err *err)
{
    AUTO_FREE char *copy = mem_strdup(path);
    for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (!make(copy, err))
            return false;
        *slash = '/';
    }
    return true;
}

bool folder_make(const char *path, struct err *err)
{
    return folder_make_above(path, err) && make(path, err);
}

static bool remove_entry(int dir_fd, const char *name);

static bool remove_content(int fd)
{
    DIR *dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return false;
    }
    bool is_gone = true;
    for (struct dirent *entry; is_gone && (entry = readdir(dir));) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            is_gone = remove_entry(dirfd(dir), entry->d_name);
    }
    closedir(dir);
    return is_gone;
}

static bool remove_entry(int dir_fd, const char *name)
{
    int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return unlinkat(dir_fd, name, 0) == 0;
    return remove_content(fd) && unlinkat(dir_fd, name, AT_REMOVEDIR) == 0;
}

bool folder_remove(const char *path, struct err *err)
{
    return remove_entry(AT_FDCWD, path) || errno == ENOENT || fail(err, path);
}

static int is_shown(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

size_t folder_names(struct arena *arena, const char *path, const char *const **ret)
{
    struct dirent **entries;
    int count = scandir(path, &entries, is_shown, alphasort);
    if (count < 0)
        return 0;
    const char **names = arena_alloc(arena, ((size_t)count + 1) * sizeof(*names));
    for (int i = 0; i < count; i++) {
        names[i] = arena_strdup(arena, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    *ret = names;
    return (size_t)count;
}

static bool write_all(int fd, struct str text)
{
    while (text.len) {
        ssize_t written = write(fd, text.data, text.len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        text.data += written;
        text.len -= (size_t)written;
    }
    return true;
}

bool folder_write(const char *path, struct str content, enum folder_mode mode, struct err *err)
{
    int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (mode == FOLDER_REPLACE ? O_TRUNC : O_EXCL);
    AUTO_CLOSE int fd = open(path, flags, 0666);
    if (fd < 0 && errno == EEXIST)
        return err_set(err, ERR_CONFLICT, "%s is there already", path);
    return (fd >= 0 && write_all(fd, content) && fsync(fd) == 0) || fail(err, path);
}

// Not one that blocks or never ends: a pipe, a device.
static bool open_file(const char *path, int *ret, struct err *err)
{
    struct stat facts;
    AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &facts) < 0)
        return fail(err, path);
    if (!S_ISREG(facts.st_mode))
        return err_set(err, ERR_INVALID, "%s: not a file", path);
    *ret = fd;
    fd = -1;
    return true;
}

bool folder_read(struct arena *arena, const char *path, size_t max_bytes, struct str *ret,
                 struct err *err)
{
    AUTO_CLOSE int fd = -1;
    AUTO_FREE char *block = mem_alloc(BLOCK_BYTES);
    AUTO_BUF struct buf content;
    buf_init(&content, max_bytes);
    if (!open_file(path, &fd, err))
        return false;
    for (ssize_t len; (len = read(fd, block, BLOCK_BYTES)) != 0;) {
        if (len < 0)
            return fail(err, path);
        buf_add(&content, block, (size_t)len);
        if (content.overflowed)
            return err_set(err, ERR_TOO_LARGE, "%s: larger than %zu bytes", path, max_bytes);
    }
    *ret = arena_copy(arena, buf_str(&content));
    return true;
}

bool folder_copy(const char *from, const char *to, size_t max_bytes, struct err *err)
{
    AUTO_ARENA struct arena *arena = arena_new();
    struct str content;
    return folder_read(arena, from, max_bytes, &content, err) &&
           folder_write(to, content, FOLDER_KEEP, err);
}

bool folder_rename(const char *from, const char *to, struct err *err)
{
    if (rename(from, to) < 0)
        return fail(err, to);
    const char *slash = strrchr(to, '/');
    AUTO_FREE char *above = mem_strdup(slash ? to : ".");
    if (slash)
        above[slash == to ? 1 : slash - to] = '\0';
    AUTO_CLOSE int fd = open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return (fd >= 0 && fsync(fd) == 0) || fail(err, above);
}
