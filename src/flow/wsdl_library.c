// SPDX-License-Identifier: GPL-3.0-or-later
//
// Paths, links and manifests. Opens no module and knows nothing of WSDLs.

#include "flow/wsdl_library.h"

#include "edge/folder.h"
#include "flow/wsdl_name.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_MANIFEST_BYTES = 4 << 20, KEPT_VERSIONS = 5 };

static const char module_suffix[] = ".so";

void library_init(struct library *library, struct arena *arena, const char *modules_dir)
{
    const char *versions = arena_printf(arena, "%s/versions", modules_dir);
    *library = (struct library){.arena = arena,
                                .modules_dir = arena_strdup(arena, modules_dir),
                                .versions_dir = versions,
                                .work_dir = arena_printf(arena, "%s/.work", versions),
                                .lock_fd = -1};
}

// --- the lock ---

static void write_owner(int fd)
{
    char owner[24];
    int len = snprintf(owner, sizeof(owner), "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) < 0 || pwrite(fd, owner, (size_t)len, 0) < len)
        errno = 0; // it is only for the words of who waits
}

bool library_lock(struct library *library, void (*on_wait)(const char *owner), struct err *err)
{
    const char *path = arena_printf(library->arena, "%s/.lock", library->versions_dir);
    if (!folder_make(library->versions_dir, err))
        return err_prefix(err, "folder of modules");
    AUTO_CLOSE int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        char owner[24] = "";
        ssize_t len = pread(fd, owner, sizeof(owner) - 1, 0);
        owner[len > 0 ? strcspn(owner, "\n") : 0] = '\0';
        on_wait(owner);
        if (flock(fd, LOCK_EX) < 0)
            return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    }
    write_owner(fd);
    if (!folder_remove(library->work_dir, err) || !folder_make(library->work_dir, err))
        return false;
    library->lock_fd = fd;
    fd = -1;
    return true;
}

void library_unlock(struct library *library)
{
    struct err err;
    if (library->lock_fd < 0)
        return;
    if (!folder_remove(library->work_dir, &err))
        errno = 0; // the next command tries again
    close(library->lock_fd);
    library->lock_fd = -1;
}

// --- what is there ---

static const char *link_path(const struct library *library, const char *name)
{
    return arena_printf(library->arena, "%s/%s%s", library->modules_dir, name, module_suffix);
}

// The version that the link NAME.so names; NULL: it is no link of ours.
static const char *linked_id(const struct library *library, const char *name)
{
    char target[PATH_MAX];
    ssize_t len = readlink(link_path(library, name), target, sizeof(target) - 1);
    if (len <= 0)
        return NULL;
    target[len] = '\0';
    const char *prefix = arena_printf(library->arena, "versions/%s/", name);
    if (strncmp(target, prefix, strlen(prefix)) != 0)
        return NULL;
    const char *id = target + strlen(prefix);
    return arena_copy(library->arena, (struct str){id, strcspn(id, "/")}).data;
}

static const struct json *read_manifest(struct library *library, const char *folder)
{
    static const struct json_limits limits = {.depth = 20, .values = 200000};
    struct str text;
    struct json *manifest;
    struct err err;
    const char *path = arena_printf(library->arena, "%s/manifest.json", folder);
    bool is_read = folder_read(library->arena, path, MAX_MANIFEST_BYTES, &text, &err) &&
                   json_parse(library->arena, text, &limits, &manifest, &err);
    return is_read ? manifest : NULL;
}

static struct library_version version_of(struct library *library, const char *name, const char *id)
{
    const char *folder = arena_printf(library->arena, "%s/%s/%s", library->versions_dir, name, id);
    const char *current = linked_id(library, name);
    const struct json *manifest = read_manifest(library, folder);
    const struct json *made_at = json_get(manifest, STR("made_at"));
    return (struct library_version){
        .name = arena_strdup(library->arena, name),
        .id = arena_strdup(library->arena, id),
        .folder = folder,
        .module = arena_printf(library->arena, "%s/%s%s", folder, name, module_suffix),
        .manifest = manifest,
        .made_at = made_at && made_at->kind == JSON_INTEGER ? made_at->integer : 0,
        .is_current = current && strcmp(current, id) == 0};
}

size_t library_names(struct library *library, const char *const **ret)
{
    const char *const *entries = NULL;
    size_t count = folder_names(library->arena, library->modules_dir, &entries), kept = 0;
    const char **names = arena_alloc(library->arena, (count + 1) * sizeof(*names));
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(entries[i]), suffix = sizeof(module_suffix) - 1;
        if (len > suffix && strcmp(entries[i] + len - suffix, module_suffix) == 0)
            names[kept++] = arena_copy(library->arena, (struct str){entries[i], len - suffix}).data;
    }
    *ret = names;
    return kept;
}

bool library_current(struct library *library, const char *name, struct library_version *ret)
{
    const char *id = linked_id(library, name), *path = link_path(library, name);
    struct stat facts;
    if (stat(path, &facts) < 0)
        return false;
    if (id)
        *ret = version_of(library, name, id);
    else
        *ret = (struct library_version){.name = arena_strdup(library->arena, name),
                                        .id = "",
                                        .folder = "",
                                        .module = path,
                                        .made_at = facts.st_mtime * (int64_t)1000,
                                        .is_current = true};
    return true;
}

static int compare_versions(const void *a, const void *b)
{
    const struct library_version *x = a, *y = b;
    return x->made_at != y->made_at ? (x->made_at < y->made_at ? 1 : -1) : strcmp(x->id, y->id);
}

size_t library_versions(struct library *library, const char *name, struct library_version **ret)
{
    const char *const *ids = NULL;
    const char *folder = arena_printf(library->arena, "%s/%s", library->versions_dir, name);
    size_t count = folder_names(library->arena, folder, &ids);
    struct library_version *versions = arena_alloc(library->arena, (count + 1) * sizeof(*versions));
    for (size_t i = 0; i < count; i++)
        versions[i] = version_of(library, name, ids[i]);
    qsort(versions, count, sizeof(*versions), compare_versions);
    *ret = versions;
    return count;
}

static bool fail_unknown(struct library *library, const char *name, struct err *err)
{
    const char *const *names;
    size_t count = library_names(library, &names);
    const char *nearest = err_nearest(str_from(name), names, count);
    if (nearest)
        return err_set(err, ERR_NOT_FOUND,
                       "there is no WSDL module \"%s\" in %s; did you mean \"%s\"?", name,
                       library->modules_dir, nearest);
    return err_set(err, ERR_NOT_FOUND,
                   "there is no WSDL module \"%s\" in %s; `switchhook wsdl list` shows them", name,
                   library->modules_dir);
}

bool library_find(struct library *library, const char *what, struct library_version *ret,
                  struct err *err)
{
    const char *at = strchr(what, '@');
    size_t name_len = at ? (size_t)(at - what) : strlen(what);
    const char *name = arena_copy(library->arena, (struct str){what, name_len}).data;
    if (!wsdl_name_is_fit((struct str){what, name_len}))
        return err_set(err, ERR_INVALID, "%.*s is no name of a WSDL", (int)name_len, what);
    if (!at)
        return library_current(library, name, ret) || fail_unknown(library, name, err);
    struct library_version *versions;
    size_t count = library_versions(library, name, &versions), found = 0;
    for (size_t i = 0; i < count; i++) {
        if (at[1] && strncmp(versions[i].id, at + 1, strlen(at + 1)) == 0) {
            *ret = versions[i];
            found++;
        }
    }
    if (found == 1)
        return true;
    if (found > 1)
        return err_set(err, ERR_INVALID, "%s stands for %zu versions: write more of it", what,
                       found);
    return count ? err_set(err, ERR_NOT_FOUND,
                           "there is no version %s of %s; `switchhook wsdl list %s` shows them",
                           at + 1, name, name)
                 : fail_unknown(library, name, err);
}

const char *library_fact(const struct library_version *version, const char *key)
{
    const struct json *fact = json_get(version->manifest, str_from(key));
    return fact && fact->kind == JSON_STRING ? fact->string.data : "";
}

// --- changes ---

bool library_keep(struct library *library, const char *name, const char *id, const char *from,
                  struct library_version *ret, struct err *err)
{
    const char *folder = arena_printf(library->arena, "%s/%s/%s", library->versions_dir, name, id);
    const char *old = arena_printf(library->arena, "%s/old-%s", library->work_dir, id);
    if (!folder_make_above(folder, err))
        return false;
    // One that is there was refused as broken, or this would not be made again.
    if (rename(folder, old) < 0 && errno != ENOENT)
        return err_set(err, ERR_IO, "%s: %s", folder, strerror(errno));
    if (!folder_rename(from, folder, err))
        return false;
    *ret = version_of(library, name, id);
    return true;
}

// A module that meson or a person put there is kept, so that there is a way back.
static bool adopt(struct library *library, const char *name, struct err *err)
{
    struct library_version there;
    if (!library_current(library, name, &there) || *there.folder)
        return true;
    const char *from = arena_printf(library->arena, "%s/adopted", library->work_dir);
    const char *id = arena_printf(library->arena, "from-elsewhere-%lld", (long long)there.made_at);
    struct json *manifest = json_object(library->arena);
    json_set(library->arena, manifest, STR("made_at"), json_integer(library->arena, there.made_at));
    AUTO_BUF struct buf text;
    buf_init(&text, MAX_MANIFEST_BYTES);
    json_write(&text, manifest, JSON_INDENTED);
    struct library_version version;
    return folder_make(from, err) &&
           folder_copy(there.module,
                       arena_printf(library->arena, "%s/%s%s", from, name, module_suffix),
                       (size_t)1 << 30, err) &&
           folder_write(arena_printf(library->arena, "%s/manifest.json", from), buf_str(&text),
                        FOLDER_REPLACE, err) &&
           library_keep(library, name, id, from, &version, err);
}

bool library_use(struct library *library, const struct library_version *version, struct err *err)
{
    const char *link = arena_printf(library->arena, "%s/link", library->work_dir);
    const char *target = arena_printf(library->arena, "versions/%s/%s/%s%s", version->name,
                                      version->id, version->name, module_suffix);
    if (!adopt(library, version->name, err))
        return false;
    if (symlink(target, link) < 0)
        return err_set(err, ERR_IO, "%s: %s", link, strerror(errno));
    return folder_rename(link, link_path(library, version->name), err);
}

void library_prune(struct library *library, const char *name)
{
    struct library_version *versions;
    size_t count = library_versions(library, name, &versions);
    for (size_t i = KEPT_VERSIONS; i < count; i++) {
        struct err err;
        if (!versions[i].is_current && !folder_remove(versions[i].folder, &err))
            return; // the next command tries again
    }
}

bool library_remove(struct library *library, const char *name, struct err *err)
{
    const char *path = link_path(library, name);
    if (unlink(path) < 0 && errno != ENOENT)
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    return folder_remove(arena_printf(library->arena, "%s/%s", library->versions_dir, name), err);
}
