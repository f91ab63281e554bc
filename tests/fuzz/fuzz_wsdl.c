// SPDX-License-Identifier: GPL-3.0-or-later
//
// Any bytes as a WSDL and the files it imports: a line `%% NAME` starts the next file, the first is
// the WSDL. Refused with a sentence, or read into operations whose names are all there, with texts
// that libxml2 takes for XML, a copy with the same calls and a source without any odd character.

#include "bind.h"

#include "fuzz.h"

#include <dirent.h>
#include <libxml/parser.h>
#include <stdio.h>
#include <unistd.h>

enum { MAX_INPUT_FILES = 8, MAX_SOURCE_BYTES = 64 << 20 };

static char folder[] = "/tmp/switchhook-wsdl-XXXXXX";

// Names of one step only, so that no input writes elsewhere.
static bool is_plain(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.data[i] == '/' || name.data[i] == '\0')
            return false;
    }
    return name.len && name.len < 100 && name.data[0] != '.';
}

static void write_file(struct arena *arena, struct str name, struct str content)
{
    FILE *file = fopen(arena_printf(arena, "%s/%.*s", folder, STR_ARG(name)), "we");
    require(file != NULL);
    require(fwrite(content.data, 1, content.len, file) == content.len);
    fclose(file);
}

static void write_files(struct arena *arena, struct str input)
{
    struct str name = STR("w.wsdl");
    for (int i = 0; i < MAX_INPUT_FILES; i++) {
        const char *next = memmem(input.data, input.len, "\n%% ", 4);
        struct str content = {input.data, next ? (size_t)(next - input.data) + 1 : input.len};
        if (is_plain(name))
            write_file(arena, name, content);
        if (!next)
            return;
        input = (struct str){next + 4, input.len - content.len - 3};
        const char *end = memchr(input.data, '\n', input.len);
        name = (struct str){input.data, end ? (size_t)(end - input.data) : input.len};
        input.data += name.len, input.len -= name.len;
    }
}

static void remove_files(struct arena *arena)
{
    DIR *dir = opendir(folder);
    require(dir != NULL);
    for (const struct dirent *entry; (entry = readdir(dir));)
        unlink(arena_printf(arena, "%s/%s", folder, entry->d_name));
    closedir(dir);
}

static void remove_folder(void)
{
    rmdir(folder);
}

static void check_module(struct arena *arena, const struct wsdl *wsdl)
{
    static const struct module_facts facts = {"w", "digest", "recipe", "w.nsmap"};
    struct stub *stubs = arena_alloc(arena, wsdl->call_count * sizeof(*stubs));
    AUTO_BUF struct buf source;
    buf_init(&source, MAX_SOURCE_BYTES);
    for (size_t i = 0; i < wsdl->call_count; i++)
        stubs[i] = (struct stub){.name = "stub", .send_arguments = "", .tag = "tag"};
    module_write(&source, &facts, wsdl, stubs);
    require(!source.overflowed);
    for (size_t i = 0; i < source.len; i++) // nothing that C could take for something else
        require(source.data[i] == '\n' || (source.data[i] >= ' ' && source.data[i] < 0x7f));
}

static void check_text(const char *text)
{
    int options = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING;
    xmlDoc *doc = xmlReadMemory(text, (int)strlen(text), NULL, NULL, options);
    require(doc != NULL);
    xmlFreeDoc(doc);
}

static void check_message(const struct soap_module_message *message)
{
    require(message->wrapper.local && message->wrapper.namespace);
    for (size_t i = 0; i < message->part_count; i++)
        require(message->parts[i].name && message->parts[i].of.local && message->parts[i].mime);
    for (size_t i = 0; i < message->header_count; i++)
        require(message->headers[i].is_element && *message->headers[i].of.local);
}

static void check(const struct wsdl *wsdl)
{
    require(wsdl->operation_count > 0 && wsdl->call_count > 0);
    for (size_t i = 0; i < wsdl->operation_count; i++) {
        const struct soap_module_operation *facts = &wsdl->operations[i].facts;
        require(wsdl->operations[i].call < wsdl->call_count);
        require(facts->name && facts->addressing_action && facts->documentation);
        check_message(&facts->input);
        check_message(&facts->output);
    }
    for (size_t i = 0; i < wsdl->schema_count; i++)
        check_text(wsdl->schemas[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool is_ready;
    AUTO_ARENA struct arena *arena = arena_new();
    if (!is_ready) {
        require(mkdtemp(folder) != NULL);
        atexit(remove_folder);
        is_ready = true;
    }
    write_files(arena, (struct str){(const char *)data, size});
    const char *path = arena_printf(arena, "%s/w.wsdl", folder);
    const char *copy = arena_printf(arena, "%s/copy.wsdl", folder);
    static const struct wsdl_choice all = {.only = ""};
    struct wsdl_choice open = {.only = "o", .is_open = true};
    struct wsdl wsdl, again;
    struct wsdl_files files;
    struct err err = {0};
    if (wsdl_read(arena, path, &all, copy, &wsdl, &err)) {
        check(&wsdl);
        check_module(arena, &wsdl);
        require(wsdl_read(arena, copy, &all, NULL, &again, &err));
        require(again.call_count == wsdl.call_count);
    } else {
        require(err.code != ERR_NONE && *err.text);
    }
    if (!wsdl_read(arena, path, &open, copy, &wsdl, &err))
        require(*err.text);
    if (!wsdl_files(arena, path, &files, &err))
        require(*err.text);
    remove_files(arena);
    return 0;
}
