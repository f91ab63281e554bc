// SPDX-License-Identifier: GPL-3.0-or-later
//
// `switchhook wsdl add`: flow/wsdl_add with its stages shown, and what is in use changed at the
// end.

#include "cli_wsdl_add.h"

#include "base/clock.h"
#include "flow/wsdl_open.h"

#include <stdio.h>
#include <unistd.h>

static const char help[] =
    "usage: switchhook wsdl add FILE|URL [--config FILE] [--name NAME] [--operations A,B] "
    "[--dry-run] [--force] [--quiet]\n"
    "\n"
    "Copies a WSDL with everything it imports, makes a module of it, tries the module, puts it in\n"
    "place and has the running gateway load it. Of a file nothing is fetched; of a URL, what it\n"
    "imports is. Whatever fails leaves the version in use as it is.\n"
    "\n"
    "In place of FILE: a folder, with a WSDL of its name in it, or only one; NAME, to make a "
    "module\n"
    "of its WSDL once more; NAME@VERSION, to go back: `switchhook wsdl list NAME` shows them.\n"
    "\n"
    "  --config FILE     the gateway's; $SWITCHHOOK_CONFIG, ./switchhook.yaml, then\n"
    "                    /etc/switchhook/switchhook.yaml\n"
    "  --modules FOLDER  where modules lie, in place of what the configuration says\n"
    "  --name NAME       what services call it; made of the file's name\n"
    "  --operations A,B  build only these and the types they need; +A,B adds to those built, all\n"
    "                    builds everything. Of a WSDL of more than 512 KiB those that services "
    "use,\n"
    "                    if any\n"
    "  --dry-run         do everything but put it in place\n"
    "  --force           also when a service then lacks its operation\n"
    "  --quiet           print only what is wrong\n";

enum { PRINT_EACH_US = 5 * 1000 * 1000, MAX_NOTES = 20 };

struct progress {
    bool is_quiet, is_terminal;
    const char *stage; // static or of the arena; NULL: none yet
    char name[40];
    int all;
    int64_t begun_us, printed_us;
};

static void clear_line(const struct progress *progress)
{
    if (progress->is_terminal)
        fprintf(stderr, "\r\033[K");
}

static void end_stage(struct progress *progress)
{
    if (progress->is_quiet || !progress->name[0])
        return;
    double seconds = (double)(clock_steady_us() - progress->begun_us) / 1e6;
    clear_line(progress);
    fprintf(stderr, "  %-10s %6.1f s", progress->name, seconds);
    fprintf(stderr, progress->all ? "  %d files\n" : "\n", progress->all);
    progress->name[0] = '\0';
}

static void show_stage(void *context, const char *stage, int done, int all)
{
    struct progress *progress = context;
    if (progress->is_quiet)
        return;
    int64_t now_us = clock_steady_us();
    if (strcmp(progress->name, stage) != 0) {
        end_stage(progress);
        snprintf(progress->name, sizeof(progress->name), "%s", stage);
        progress->begun_us = progress->printed_us = now_us;
    }
    progress->all = all;
    if (progress->is_terminal && all)
        fprintf(stderr, "\r\033[K  %-10s %d of %d files", stage, done, all);
    else if (progress->is_terminal)
        fprintf(stderr, "\r\033[K  %-10s ...", stage);
    else if (all && now_us - progress->printed_us > PRINT_EACH_US) {
        fprintf(stderr, "  %-10s %d of %d files\n", stage, done, all);
        progress->printed_us = now_us;
    }
}

static void show_line(void *context, const char *text)
{
    const struct progress *progress = context;
    clear_line(progress);
    if (!progress->is_quiet)
        fprintf(stderr, "  %s\n", text);
}

struct asked {
    struct wsdl_wish wish;
    bool is_dry, is_forced, is_quiet;
};

static void print_notes(const struct wsdl_added *added, const char *notes)
{
    AUTO_ARENA struct arena *arena = arena_new();
    const char *note = source_translate(arena, &added->source, notes);
    for (int i = 0; *note && i < MAX_NOTES; i++) {
        size_t len = strcspn(note, "\n");
        fprintf(stderr, "  note: %.*s\n", (int)len, note);
        note += len + (note[len] == '\n');
    }
    if (*note)
        fprintf(stderr, "  and more: `switchhook wsdl show %s@%s`\n", added->version.name,
                added->version.id);
}

static void print_module(const struct asked *asked, const struct wsdl_added *added)
{
    struct opened opened;
    struct err err;
    if (asked->is_quiet || !wsdl_open(&added->version, &opened, &err))
        return;
    print_notes(added, opened.facts->notes);
    size_t count = opened.facts->operation_count, left_out = opened.facts->unbuilt_count;
    printf("%s@%s: %zu operation%s", added->version.name, added->version.id, count,
           count == 1 ? "" : "s");
    if (left_out)
        printf(", %zu more are not built: --operations +NAME adds one", left_out);
    printf("\n");
    wsdl_close(&opened);
}

static int refuse(const struct outline_use *use, const struct library_version *version,
                  const char *config)
{
    fprintf(
        stderr,
        "switchhook: %s:%d:%d: service %s calls operation %s, which the new %s does not have, so "
        "the one in use stays. Mend the service first, or say --force; `switchhook wsdl add "
        "%s@%s` puts it in place then\n",
        config, use->place.line, use->place.column, use->service, use->operation, version->name,
        version->name, version->id);
    return CLI_USAGE;
}

static int put_in_place(struct cli_library *library, const struct asked *asked,
                        const struct wsdl_added *added)
{
    const struct library_version *version = &added->version;
    struct err err;
    const struct outline_use *missing = wsdl_missing_use(version, &library->outline);
    if (version->is_current && !asked->is_quiet)
        printf("%s is in use already\n", version->name);
    if (version->is_current)
        return asked->is_dry ? CLI_OK : cli_tell_gateway(library, version->module, asked->is_quiet);
    if (missing && !asked->is_forced)
        return refuse(missing, version, library->outline.file);
    if (asked->is_dry) {
        printf("dry run: nothing was put in place\n");
        return CLI_OK;
    }
    if (!library_use(&library->library, version, &err))
        return cli_fail(&err);
    library_prune(&library->library, version->name);
    return cli_tell_gateway(library, version->module, asked->is_quiet);
}

int cli_wsdl_make(struct cli_library *library, const struct wsdl_wish *wish, bool is_quiet,
                  struct wsdl_added *ret)
{
    struct progress progress = {.is_quiet = is_quiet, .is_terminal = isatty(2)};
    const struct wsdl_teller teller = {show_stage, show_line, &progress};
    struct err err;
    bool is_made = wsdl_add(&library->library, &library->outline, wish, &teller, ret, &err);
    end_stage(&progress);
    return is_made ? CLI_OK : cli_fail(&err);
}

static int add(struct cli_library *library, const struct asked *asked)
{
    struct wsdl_added added;
    int status = cli_wsdl_make(library, &asked->wish, asked->is_quiet, &added);
    if (status != CLI_OK)
        return status;
    print_module(asked, &added);
    if (added.before.name && !asked->is_quiet && !added.version.is_current)
        cli_print_changes(library, &added.before, &added.version);
    return put_in_place(library, asked, &added);
}

int cli_wsdl_add(int argc, char **argv)
{
    struct asked asked = {0};
    const char *config = NULL, *modules = NULL;
    const struct cli_option options[] = {
        {"--config", &config, NULL},        {"--modules", &modules, NULL},
        {"--name", &asked.wish.name, NULL}, {"--operations", &asked.wish.operations, NULL},
        {"--dry-run", NULL, &asked.is_dry}, {"--force", NULL, &asked.is_forced},
        {"--quiet", NULL, &asked.is_quiet},
    };
    const struct cli_line line = {help, options, COUNT_OF(options), &asked.wish.what, 1};
    int status;
    if (!cli_line_read(&line, argc, argv, &status))
        return status;
    struct cli_library library;
    status = CLI_USAGE;
    if (cli_library_open(config, modules, &library) && cli_library_lock(&library))
        status = add(&library, &asked);
    cli_library_close(&library);
    return status;
}
