// SPDX-License-Identifier: GPL-3.0-or-later
//
// `switchhook wsdl show`: a WSDL's operations, or one of them with its messages.

#include "cli_wsdl.h"

#include "flow/wsdl_show.h"

#include <stdio.h>

static const char help[] =
    "usage: switchhook wsdl show NAME [OPERATION] [--port PORT] [--config FILE] [--json]\n"
    "\n"
    "Without OPERATION: the operations of a WSDL with port, endpoint, SOAP version and style. With "
    "it:\n"
    "input, output, headers and faults as trees, with types, occurrence, limits and documentation. "
    "A\n"
    "type is written out once in a tree; where it comes again stands `see above`.\n"
    "\n"
    "  --port PORT       of several that have the operation; the first\n"
    "  --config FILE     the gateway's; ./switchhook.yaml or /etc/switchhook/switchhook.yaml\n"
    "  --modules FOLDER  where modules lie, in place of what the configuration says\n"
    "  --json            as JSON\n"
    "\n"
    "NAME@VERSION is a version that is kept.\n";

enum { OUTPUT_MAX_BYTES = 64 << 20 };

static const struct soap_module_operation *facts_of(const struct opened *opened, const char *port,
                                                    const char *operation)
{
    for (size_t i = 0; i < opened->facts->operation_count; i++) {
        const struct soap_module_operation *facts = &opened->facts->operations[i];
        if (strcmp(facts->name, operation) == 0 && (!port || strcmp(facts->port, port) == 0))
            return facts;
    }
    return NULL;
}

static bool describe(struct arena *arena, const struct library_version *version,
                     const struct opened *opened, const char *port, const char *operation,
                     const struct json **ret, struct err *err)
{
    const struct soap_operation *found;
    if (!operation) {
        *ret = show_module(arena, version, opened);
        return true;
    }
    if (!soap_operation_find(opened->modules, version->name, port, operation, &found, err))
        return false;
    *ret = show_operation(arena, facts_of(opened, port, operation), found);
    return true;
}

static int print(const struct json *tree, bool is_operation, bool is_json)
{
    AUTO_BUF struct buf out;
    buf_init(&out, OUTPUT_MAX_BYTES);
    if (is_json)
        json_write(&out, tree, JSON_INDENTED);
    else if (is_operation)
        show_operation_text(&out, tree);
    else
        show_module_text(&out, tree);
    if (is_json)
        buf_add_char(&out, '\n');
    if (out.overflowed)
        fprintf(stderr, "switchhook: more than %d MiB to show: the end is left out\n",
                OUTPUT_MAX_BYTES >> 20);
    fwrite(out.data, 1, out.len, stdout);
    return out.overflowed ? CLI_FAILED : CLI_OK;
}

static int show(struct cli_library *library, const char *const words[2], const char *port,
                bool is_json)
{
    struct library_version version;
    struct opened opened;
    struct err err;
    const struct json *tree;
    if (!library_find(&library->library, words[0], &version, &err) ||
        !wsdl_open(&version, &opened, &err))
        return cli_fail(&err);
    int status = describe(library->arena, &version, &opened, port, words[1], &tree, &err)
                     ? print(tree, words[1] != NULL, is_json)
                     : cli_fail(&err);
    wsdl_close(&opened);
    return status;
}

int cli_wsdl_show(int argc, char **argv)
{
    const char *config = NULL, *modules = NULL, *port = NULL, *words[2];
    bool is_json = false;
    const struct cli_option options[] = {{"--config", &config, NULL},
                                         {"--modules", &modules, NULL},
                                         {"--port", &port, NULL},
                                         {"--json", NULL, &is_json}};
    const struct cli_line line = {help, options, COUNT_OF(options), words, COUNT_OF(words)};
    int status;
    if (!cli_line_read_some(&line, 1, argc, argv, &status))
        return status;
    struct cli_library library;
    status = cli_library_open(config, modules, &library) ? show(&library, words, port, is_json)
                                                         : CLI_USAGE;
    cli_library_close(&library);
    return status;
}
