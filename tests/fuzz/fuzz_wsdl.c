// SPDX-License-Identifier: GPL-3.0-or-later
//
// Any bytes as a WSDL: refused with a sentence, or read into operations whose names are all there,
// with texts that libxml2 takes for XML.

#include "bind.h"

#include "fuzz.h"

#include <libxml/parser.h>
#include <stdio.h>
#include <unistd.h>

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
    char path[] = "/tmp/switchhook-fuzz-XXXXXX";
    int fd = mkstemp(path);
    require(fd >= 0 && write(fd, data, size) == (ssize_t)size && close(fd) == 0);
    AUTO_ARENA struct arena *arena = arena_new();
    const struct wsdl_choice choices[] = {{.only = ""}, {.only = "o", .is_open = true}};
    for (size_t i = 0; i < COUNT_OF(choices); i++) {
        struct wsdl wsdl;
        struct err err = {0};
        if (wsdl_read(arena, path, &choices[i], "/dev/null", &wsdl, &err))
            check(&wsdl);
        else
            require(err.code != ERR_NONE && *err.text);
    }
    unlink(path);
    return 0;
}
