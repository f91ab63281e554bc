// SPDX-License-Identifier: GPL-3.0-or-later
//
// The generator's two commands, run by wsdl_module around gSOAP's own:
//   bind prepare WSDL COPY              writes the WSDL as gSOAP is to read it; prints soapcpp2's
//                                       version option, then each file read
//   bind module NAME WSDL DIGEST RECIPE NSMAP HEADER CLIENT SOURCE
// What is wrong goes to standard error in one sentence that starts with the file.

#include "bind.h"

#include <errno.h>
#include <stdio.h>

enum { MAX_TEXT_BYTES = 256 * 1024 * 1024 };

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

static bool prepare(struct arena *arena, char **args, struct err *err)
{
    struct wsdl wsdl;
    if (!wsdl_read(arena, args[0], args[1], &wsdl, err))
        return false;
    puts(wsdl.version == 12 ? "-2" : "-1");
    for (size_t i = 0; i < wsdl.file_count; i++)
        puts(wsdl.files[i]);
    return true;
}

static bool module(struct arena *arena, char **args, struct err *err)
{
    struct module_facts facts = {
        .name = args[0], .digest = args[2], .recipe = args[3], .nsmap = args[4]};
    struct wsdl wsdl;
    struct str header, client;
    if (!wsdl_read(arena, args[1], NULL, &wsdl, err) || !read_text(arena, args[5], &header, err) ||
        !read_text(arena, args[6], &client, err))
        return false;
    struct stubs text;
    stubs_init(&text, arena, header, client);
    struct stub *stubs = arena_alloc(arena, wsdl.operation_count * sizeof(*stubs));
    for (size_t i = 0; i < wsdl.operation_count; i++) {
        if (!stub_find(&text, &wsdl.operations[i], &stubs[i], err))
            return err_prefix(err, "%s", wsdl.path);
    }
    AUTO_BUF struct buf source;
    buf_init(&source, MAX_TEXT_BYTES);
    module_write(&source, &facts, &wsdl, stubs);
    return write_text(args[7], buf_str(&source), err);
}

int main(int count, char **args)
{
    AUTO_ARENA struct arena *arena = arena_new();
    struct err err;
    bool is_done;
    if (count == 4 && strcmp(args[1], "prepare") == 0)
        is_done = prepare(arena, args + 2, &err);
    else if (count == 10 && strcmp(args[1], "module") == 0)
        is_done = module(arena, args + 2, &err);
    else
        is_done = err_set(&err, ERR_INVALID, "bind: run by gen/wsdl_module, not by hand");
    if (!is_done)
        fprintf(stderr, "%s\n", err.text);
    return is_done ? 0 : 1;
}
