// SPDX-License-Identifier: GPL-3.0-or-later
//
// `switchhook import engage-voice FILE`: writes what flow/import makes of an export, and tells what
// is left for a person. Overwrites nothing unless it is told to: all targets are looked at before
// the first is written.

#include "cli_args.h"

#include "edge/file.h"
#include "edge/folder.h"
#include "flow/import.h"

#include <stdio.h>
#include <sys/stat.h>

static const char help[] =
    "usage: switchhook import engage-voice FILE [--out FOLDER] [--wsdl NAME] [--keep-tags] "
    "[--dry-run] [--force]\n"
    "\n"
    "Makes services of a platform's export of its remote HTTP services (a service, a list of\n"
    "services, or groups with services): FOLDER/engage-voice.yaml with services and value maps, "
    "to\n"
    "be joined to a configuration, and a template for each in FOLDER/templates/engage-voice.\n"
    "Secrets are not written: the list at the end names the variables that hold them from now on.\n"
    "\n"
    "  --out FOLDER  where to write; the current folder\n"
    "  --wsdl NAME   the compiled WSDL of the export's SOAP services; guessed from their names\n"
    "  --keep-tags   leave #tags# in bodies as they are; value maps are then left out\n"
    "  --dry-run     write nothing, print the files\n"
    "  --force       overwrite files that are there\n";

enum { EXPORT_MAX_BYTES = 64 << 20 };

struct asked {
    const char *file, *folder;
    bool is_dry, is_forced;
    struct import_options options;
};

static bool fail(const char *path, const char *what)
{
    fprintf(stderr, "switchhook: %s %s\n", path, what);
    return false;
}

static const char *target_of(struct arena *arena, const struct asked *asked,
                             const struct import_file *file)
{
    return arena_printf(arena, "%s/%s", asked->folder, file->path);
}

static bool check_targets(struct arena *arena, const struct asked *asked,
                          const struct import_result *result)
{
    bool is_free = true;
    for (size_t i = 0; i < result->file_count && !asked->is_forced; i++) {
        struct stat status;
        const char *path = target_of(arena, asked, &result->files[i]);
        if (lstat(path, &status) == 0)
            is_free = fail(path, "is there already: say --force to overwrite it");
    }
    return is_free;
}

static bool write_file(struct arena *arena, const struct asked *asked,
                       const struct import_file *file)
{
    const char *path = target_of(arena, asked, file);
    struct err err;
    if (!folder_make_above(path, &err) ||
        !folder_write(path, file->text, asked->is_forced ? FOLDER_REPLACE : FOLDER_KEEP, &err)) {
        fprintf(stderr, "switchhook: %s\n", err.text);
        return false;
    }
    printf("wrote %s\n", path);
    return true;
}

static void print_list(const char *heading, const char *const *items, size_t count)
{
    if (count)
        printf("\n%s\n", heading);
    for (size_t i = 0; i < count; i++)
        printf("  %s\n", items[i]);
}

static int write_result(struct arena *arena, const struct asked *asked,
                        const struct import_result *result)
{
    if (!asked->is_dry && !check_targets(arena, asked, result))
        return CLI_USAGE;
    for (size_t i = 0; i < result->file_count; i++) {
        const struct import_file *file = &result->files[i];
        if (asked->is_dry)
            printf("--- %s\n%.*s\n", file->path, STR_ARG(file->text));
        else if (!write_file(arena, asked, file))
            return CLI_FAILED;
    }
    printf("\n%zu services.\n", result->service_count);
    print_list("To be set in the gateway's environment:", result->variables,
               result->variable_count);
    print_list("To be looked at:", result->notes, result->note_count);
    return CLI_OK;
}

static int import(const struct asked *asked)
{
    AUTO_ARENA struct arena *arena = arena_new();
    struct import_result result;
    struct str text;
    struct err err;
    if (!file_read_text(arena, asked->file, EXPORT_MAX_BYTES, &text, &err) ||
        !import_engage_voice(arena, text, &asked->options, &result, &err)) {
        fprintf(stderr, "switchhook: %s: %s\n", asked->file, err.text);
        return CLI_USAGE;
    }
    return write_result(arena, asked, &result);
}

int cli_import(int argc, char **argv)
{
    struct asked asked = {.folder = "."};
    const char *words[2];
    const struct cli_option options[] = {
        {"--out", &asked.folder, NULL},
        {"--wsdl", &asked.options.wsdl, NULL},
        {"--keep-tags", NULL, &asked.options.keeps_tags},
        {"--dry-run", NULL, &asked.is_dry},
        {"--force", NULL, &asked.is_forced},
    };
    const struct cli_line line = {help, options, COUNT_OF(options), words, COUNT_OF(words)};
    int status;
    if (!cli_line_read(&line, argc, argv, &status))
        return status;
    if (strcmp(words[0], "engage-voice") != 0) {
        fprintf(stderr, "switchhook: cannot import from `%s`; known: engage-voice\n", words[0]);
        return CLI_USAGE;
    }
    asked.file = words[1];
    return import(&asked);
}
