// SPDX-License-Identifier: GPL-3.0-or-later
//
// The generator's commands, run by wsdl_module around gSOAP's own, and by `switchhook wsdl add`:
//   bind prepare WSDL ONLY TYPES COPY RENAME  writes the WSDL as gSOAP is to read it, and a sed
//   script to
//                                       run over what wsdl2h makes of it; prints "file PATH" for
//                                       each file read, "note TEXT", and "types stock" where
//                                       gSOAP's own type map is needed; TYPES is stock or open
//   bind files WSDL                     prints "file PATH" for each file that the WSDL needs,
//   itself
//                                       first, and for each import "import FROM LOCATION TO", tabs
//                                       between; TO is empty where there is no such file
//   bind module NAME WSDL ONLY TYPES DIGEST RECIPE NSMAP HEADER CLIENT SOURCE
// What is wrong goes to standard error in one sentence that starts with the file.

#include "bind.h"

#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>

enum { MAX_TEXT_BYTES = 256 * 1024 * 1024 };
#define MAX_MEMORY_BYTES (4UL << 30)

#ifdef __has_feature
#define IS_SANITIZED __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define IS_SANITIZED 1
#else
#define IS_SANITIZED 0
#endif

static bool read_text(struct arena *arena, const char *path, struct str *ret, struct err *err)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    AUTO_BUF struct buf text;
    buf_init(&text, MAX_TEXT_BYTES);
    char block[65536];
    for (size_t len; (len = fread(block, 1, sizeof(block), file)) > 0;)
        buf_add(&text, block, len);
    bool is_read = !ferror(file);
    fclose(file);
    if (!is_read || text.overflowed)
        return err_set(err, ERR_IO, "%s: cannot be read whole", path);
    *ret = arena_copy(arena, buf_str(&text));
    return true;
}

static bool write_text(const char *path, struct str text, struct err *err)
{
    FILE *file = fopen(path, "we");
    if (!file)
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    bool is_written = fwrite(text.data, 1, text.len, file) == text.len;
    if (fclose(file) != 0 || !is_written)
        return err_set(err, ERR_IO, "%s: cannot be written", path);
    return true;
}

// Overloaded operations have names of their own in the copy; in C they get gSOAP's underscores,
// which the wire does not show. The comment that names the operation keeps the name, for
// bind_stub.c.
static void write_renaming(struct buf *out, struct arena *arena, const struct wsdl *wsdl)
{
    for (size_t i = 0; i < wsdl->call_count; i++) {
        const struct wsdl_call *call = &wsdl->calls[i];
        if (!*call->suffix)
            continue;
        const char *to = stub_suffix(arena, call);
        buf_printf(out, "/^\\/\\*\\* Operation/!s/%sResponse\\b/Response%s/g\n", call->suffix, to);
        buf_printf(out, "/^\\/\\*\\* Operation/!s/%s\\b/%s/g\n", call->suffix, to);
    }
}

static bool prepare(struct arena *arena, char **args, struct err *err)
{
    struct wsdl wsdl;
    struct wsdl_choice choice = {.only = args[1], .is_open = strcmp(args[2], "open") == 0};
    if (!wsdl_read(arena, args[0], &choice, args[3], &wsdl, err))
        return false;
    AUTO_BUF struct buf renaming;
    buf_init(&renaming, MAX_TEXT_BYTES);
    write_renaming(&renaming, arena, &wsdl);
    for (size_t i = 0; i < wsdl.file_count; i++)
        printf("file %s\n", wsdl.files[i]);
    for (size_t i = 0; i < wsdl.note_count; i++)
        printf("note %s\n", wsdl.notes[i]);
    if (wsdl.needs_stock_types)
        puts("types stock");
    return write_text(args[4], buf_str(&renaming), err);
}

static bool files(struct arena *arena, char **args, struct err *err)
{
    struct wsdl_files files;
    if (!wsdl_files(arena, args[0], &files, err))
        return false;
    for (size_t i = 0; i < files.count; i++) {
        if (strpbrk(files.paths[i], "\t\n"))
            return err_set(err, ERR_INVALID, "%s: a tab or line break in a path", files.paths[i]);
        printf("file\t%s\n", files.paths[i]);
    }
    for (size_t i = 0; i < files.import_count; i++) {
        const struct wsdl_import *import = &files.imports[i];
        printf("import\t%s\t%s\t%s\n", import->from, import->location, import->to);
    }
    return true;
}

static bool module(struct arena *arena, char **args, struct err *err)
{
    struct module_facts facts = {
        .name = args[0], .digest = args[4], .recipe = args[5], .nsmap = args[6]};
    struct wsdl_choice choice = {.only = args[2], .is_open = strcmp(args[3], "open") == 0};
    struct wsdl wsdl;
    struct str header, client;
    if (!wsdl_read(arena, args[1], &choice, NULL, &wsdl, err) ||
        !read_text(arena, args[7], &header, err) || !read_text(arena, args[8], &client, err))
        return false;
    struct stubs text;
    stubs_init(&text, arena, header, client);
    struct stub *stubs = arena_alloc(arena, wsdl.call_count * sizeof(*stubs));
    for (size_t i = 0; i < wsdl.call_count; i++) {
        if (!stub_find(&text, &wsdl.calls[i], &stubs[i], err))
            return err_prefix(err, "%s", wsdl.path);
    }
    AUTO_BUF struct buf source;
    buf_init(&source, MAX_TEXT_BYTES);
    module_write(&source, &facts, &wsdl, stubs);
    return write_text(args[9], buf_str(&source), err);
}

// A WSDL made to cost memory ends this process early, not the machine's others.
static void limit_memory(void)
{
#if !IS_SANITIZED // which reserves terabytes for itself
    const struct rlimit limit = {.rlim_cur = MAX_MEMORY_BYTES, .rlim_max = MAX_MEMORY_BYTES};
    setrlimit(RLIMIT_AS, &limit);
#endif
}

int main(int count, char **args)
{
    limit_memory();
    AUTO_ARENA struct arena *arena = arena_new();
    struct err err;
    bool is_done;
    if (count == 7 && strcmp(args[1], "prepare") == 0)
        is_done = prepare(arena, args + 2, &err);
    else if (count == 3 && strcmp(args[1], "files") == 0)
        is_done = files(arena, args + 2, &err);
    else if (count == 12 && strcmp(args[1], "module") == 0)
        is_done = module(arena, args + 2, &err);
    else
        is_done = err_set(&err, ERR_INVALID, "bind: run by gen/wsdl_module, not by hand");
    if (!is_done)
        fprintf(stderr, "%s\n", err.text);
    return is_done ? 0 : 1;
}
