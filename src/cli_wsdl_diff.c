// SPDX-License-Identifier: GPL-3.0-or-later
//
// `switchhook wsdl diff`: what changed between two versions, of the operations that services call.

#include "cli_wsdl_add.h"

#include "flow/wsdl_name.h"

#include <stdio.h>
#include <unistd.h>

static const char help[] =
    "usage: switchhook wsdl diff OLD NEW [--all] [--config FILE] [--json]\n"
    "\n"
    "Says what changed for the operations that services call, or for all when none is called: "
    "where\n"
    "they are, and what goes in and comes out. OLD and NEW are NAME, NAME@VERSION or a WSDL's "
    "file. A\n"
    "file is built first, as `wsdl add --dry-run` does, and kept as a version that is not in use.\n"
    "\n"
    "  --all             of every operation\n"
    "  --config FILE     the gateway's; ./switchhook.yaml or /etc/switchhook/switchhook.yaml\n"
    "  --modules FOLDER  where modules lie, in place of what the configuration says\n"
    "  --json            as JSON\n"
    "\n"
    "A line that begins with ! can break a template or what is read of a reply. Exit status: 0 "
    "nothing\n"
    "changed, 1 nothing that breaks, 2 it could not be told, 3 something that breaks.\n";

enum { DIFF_BREAKS = 3, MAX_SHOWN_AT_ADD = 40, OUTPUT_MAX_BYTES = 16 << 20 };

static void print_changes(FILE *out, const struct wsdl_changes *changes, size_t max)
{
    for (size_t i = 0; i < changes->count && i < max; i++)
        fprintf(out, "%c %s: %s\n", changes->items[i].is_breaking ? '!' : ' ',
                changes->items[i].operation, changes->items[i].text);
    if (changes->count > max || changes->is_cut)
        fprintf(out, "  and more\n");
}

static void print_json(struct arena *arena, const struct wsdl_changes *changes)
{
    struct json *list = json_array(arena);
    for (size_t i = 0; i < changes->count; i++) {
        struct json *change = json_object(arena);
        json_set(arena, change, STR("operation"), json_text(arena, changes->items[i].operation));
        json_set(arena, change, STR("change"), json_text(arena, changes->items[i].text));
        json_set(arena, change, STR("breaking"),
                 json_boolean(arena, changes->items[i].is_breaking));
        json_append(arena, list, change);
    }
    cli_print_json(list);
}

static size_t used_operations(const struct cli_library *library, const char *name,
                              const char *const **ret)
{
    const struct outline *outline = &library->outline;
    const char **names = arena_alloc(library->arena, (outline->use_count + 1) * sizeof(*names));
    size_t count = 0;
    for (size_t i = 0; i < outline->use_count; i++) {
        if (strcmp(outline->uses[i].wsdl, name) == 0)
            names[count++] = outline->uses[i].operation;
    }
    *ret = names;
    return count;
}

static bool compare(const struct cli_library *library, const struct library_version *from,
                    const struct library_version *to, bool is_all, struct wsdl_changes *ret,
                    struct err *err)
{
    struct opened old, new;
    const char *const *operations = NULL;
    size_t count = is_all ? 0 : used_operations(library, from->name, &operations);
    if (!wsdl_open(from, &old, err))
        return false;
    bool is_open = wsdl_open(to, &new, err);
    if (is_open) {
        wsdl_diff(library->arena, &old, &new, operations, count, ret);
        wsdl_close(&new);
    }
    wsdl_close(&old);
    return is_open;
}

void cli_print_changes(const struct cli_library *library, const struct library_version *from,
                       const struct library_version *to)
{
    struct wsdl_changes changes;
    struct err err;
    if (!compare(library, from, to, false, &changes, &err)) {
        fprintf(stderr, "  no comparison with the version in use: %s\n", err.text);
        return;
    }
    printf("changes since %s%s%s:%s\n", from->name, *from->id ? "@" : "", from->id,
           changes.count ? "" : " none that concern a service");
    print_changes(stdout, &changes, MAX_SHOWN_AT_ADD);
}

// What is there already, or a file that is built first.
static bool find_version(struct cli_library *library, const char *what, const char *name,
                         struct library_version *ret)
{
    struct err err;
    if (access(what, R_OK) != 0)
        return library_find(&library->library, what, ret, &err) || cli_fail(&err) == CLI_OK;
    if (library->library.lock_fd < 0 && !cli_library_lock(library))
        return false;
    struct wsdl_wish wish = {.what = what, .name = name};
    struct wsdl_added added;
    if (cli_wsdl_make(library, &wish, false, &added) != CLI_OK)
        return false;
    *ret = added.version;
    return true;
}

static int diff(struct cli_library *library, const char *const words[2], bool is_all, bool is_json)
{
    struct library_version from, to;
    struct wsdl_changes changes;
    struct err err;
    if (!find_version(library, words[0], NULL, &from) ||
        !find_version(library, words[1], from.name, &to))
        return CLI_USAGE;
    if (!compare(library, &from, &to, is_all, &changes, &err))
        return cli_fail(&err);
    if (is_json)
        print_json(library->arena, &changes);
    else
        print_changes(stdout, &changes, changes.count);
    return changes.breaking_count ? DIFF_BREAKS : changes.count ? CLI_FAILED : CLI_OK;
}

int cli_wsdl_diff(int argc, char **argv)
{
    const char *config = NULL, *modules = NULL, *words[2];
    bool is_json = false, is_all = false;
    const struct cli_option options[] = {{"--config", &config, NULL},
                                         {"--modules", &modules, NULL},
                                         {"--all", NULL, &is_all},
                                         {"--json", NULL, &is_json}};
    const struct cli_line line = {help, options, COUNT_OF(options), words, COUNT_OF(words)};
    int status;
    if (!cli_line_read(&line, argc, argv, &status))
        return status;
    struct cli_library library;
    status = cli_library_open(config, modules, &library) ? diff(&library, words, is_all, is_json)
                                                         : CLI_USAGE;
    cli_library_close(&library);
    return status;
}
