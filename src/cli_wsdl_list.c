// SPDX-License-Identifier: GPL-3.0-or-later
//
// `switchhook wsdl list` and `switchhook wsdl remove`: what is there, and taking it away.

#include "cli_wsdl.h"

#include "base/clock.h"
#include "flow/wsdl_name.h"
#include "flow/wsdl_open.h"

#include <stdio.h>

static const char list_help[] =
    "usage: switchhook wsdl list [NAME] [--config FILE] [--json]\n"
    "\n"
    "Shows the WSDLs that services can call: version, when it was made, operations, SOAP "
    "versions,\n"
    "how many notes the generator had, and which services use it. With NAME, the versions that "
    "are\n"
    "kept, newest first; `switchhook wsdl add NAME@VERSION` goes back to one.\n"
    "\n"
    "  --config FILE     the gateway's; ./switchhook.yaml or /etc/switchhook/switchhook.yaml\n"
    "  --modules FOLDER  where modules lie, in place of what the configuration says\n"
    "  --json            as JSON\n";

static const char remove_help[] =
    "usage: switchhook wsdl remove NAME [--config FILE] [--dry-run]\n"
    "\n"
    "Removes a WSDL with all versions that are kept. Refuses while a service uses it.\n"
    "\n"
    "  --config FILE     the gateway's; ./switchhook.yaml or /etc/switchhook/switchhook.yaml\n"
    "  --modules FOLDER  where modules lie, in place of what the configuration says\n"
    "  --dry-run         tell what would be removed, remove nothing\n";

enum { OUTPUT_MAX_BYTES = 32 << 20 };

// --- one module as a tree ---

static size_t count_lines(const char *text)
{
    size_t count = *text != '\0';
    for (; *text; text++)
        count += *text == '\n' && text[1];
    return count;
}

static struct json *services_of(struct cli_library *library, const char *name)
{
    struct json *services = json_array(library->arena);
    for (size_t i = 0; i < library->outline.use_count; i++) {
        const struct outline_use *use = &library->outline.uses[i];
        if (strcmp(use->wsdl, name) == 0)
            json_append(library->arena, services, json_text(library->arena, use->service));
    }
    return services;
}

static void set_text(struct arena *arena, struct json *object, const char *name, const char *text)
{
    json_set(arena, object, str_from(name), json_string(arena, str_from(text)));
}

static void set_facts(struct arena *arena, struct json *object, const struct soap_module *facts)
{
    bool has_11 = false, has_12 = false;
    struct json *operations = json_array(arena), *versions = json_array(arena);
    for (size_t i = 0; i < facts->operation_count; i++) {
        has_11 = has_11 || facts->operations[i].version == 11;
        has_12 = has_12 || facts->operations[i].version == 12;
        const char *name = arena_strdup(arena, facts->operations[i].name);
        bool is_same = i && strcmp(name, facts->operations[i - 1].name) == 0;
        if (!is_same)
            json_append(arena, operations, json_text(arena, name));
    }
    if (has_11)
        json_append(arena, versions, json_text(arena, "1.1"));
    if (has_12)
        json_append(arena, versions, json_text(arena, "1.2"));
    json_set(arena, object, STR("operations"), operations);
    json_set(arena, object, STR("not_built"), json_integer(arena, (int64_t)facts->unbuilt_count));
    json_set(arena, object, STR("soap"), versions);
    json_set(arena, object, STR("notes"), json_integer(arena, (int64_t)count_lines(facts->notes)));
    set_text(arena, object, "digest", arena_strdup(arena, facts->digest));
}

static struct json *describe(struct cli_library *library, const struct library_version *version)
{
    struct arena *arena = library->arena;
    struct json *object = json_object(arena);
    char made_at[CLOCK_RFC3339_BYTES];
    clock_rfc3339(version->made_at, made_at);
    set_text(arena, object, "name", version->name);
    set_text(arena, object, "version", version->id);
    set_text(arena, object, "made_at", arena_strdup(arena, made_at));
    json_set(arena, object, STR("in_use"), json_boolean(arena, version->is_current));
    if (*library_fact(version, "origin"))
        set_text(arena, object, "origin", library_fact(version, "origin"));
    struct opened opened;
    struct err err;
    if (wsdl_open(version, &opened, &err)) {
        set_facts(arena, object, opened.facts);
        wsdl_close(&opened);
    } else {
        set_text(arena, object, "problem", arena_strdup(arena, err.text));
    }
    json_set(arena, object, STR("services"), services_of(library, version->name));
    return object;
}

// --- list ---

static struct json *describe_all(struct cli_library *library, const char *name)
{
    struct json *rows = json_array(library->arena);
    struct library_version *versions, version;
    const char *const *names;
    size_t count = name ? library_versions(&library->library, name, &versions) : 0;
    for (size_t i = 0; i < count; i++)
        json_append(library->arena, rows, describe(library, &versions[i]));
    if (name && count)
        return rows;
    count = library_names(&library->library, &names);
    for (size_t i = 0; i < count; i++) {
        if ((!name || strcmp(name, names[i]) == 0) &&
            library_current(&library->library, names[i], &version))
            json_append(library->arena, rows, describe(library, &version));
    }
    return rows;
}

static void join(struct buf *out, const struct json *texts)
{
    for (size_t i = 0; texts && i < texts->array.count; i++)
        buf_printf(out, "%s%.*s", i ? ", " : "", STR_ARG(texts->array.items[i]->string));
    if (!texts || !texts->array.count)
        buf_add_char(out, '-');
}

static struct str text_in(const struct json *row, struct str key)
{
    const struct json *text = json_get(row, key);
    return text && text->string.len ? text->string : STR("-");
}

static void print_row(int width, const struct json *row)
{
    AUTO_BUF struct buf soap, services;
    buf_init(&soap, OUTPUT_MAX_BYTES);
    buf_init(&services, OUTPUT_MAX_BYTES);
    const struct json *problem = json_get(row, STR("problem"));
    const struct json *operations = json_get(row, STR("operations"));
    const struct json *notes = json_get(row, STR("notes"));
    join(&soap, json_get(row, STR("soap")));
    join(&services, json_get(row, STR("services")));
    size_t built = operations ? operations->array.count : 0;
    const struct json *left_out = json_get(row, STR("not_built"));
    char count[40];
    snprintf(count, sizeof(count), left_out && left_out->integer ? "%zu of %zu" : "%zu", built,
             built + (left_out ? (size_t)left_out->integer : 0));
    printf("%-*.*s  %c %-14.*s %.16s  %10s  %-8s  %5lld  %s\n", width,
           STR_ARG(text_in(row, STR("name"))), json_get(row, STR("in_use"))->boolean ? '*' : ' ',
           STR_ARG(text_in(row, STR("version"))), text_in(row, STR("made_at")).data, count,
           buf_str(&soap).data, (long long)(notes ? notes->integer : 0), buf_str(&services).data);
    if (problem)
        printf("%-*s  ! %.*s\n", width, "", STR_ARG(problem->string));
}

static void print_rows(const struct json *rows)
{
    int width = 4;
    for (size_t i = 0; i < rows->array.count; i++) {
        int len = (int)text_in(rows->array.items[i], STR("name")).len;
        width = len > width ? len : width;
    }
    printf("%-*s    %-14s %-16s  %s  %-8s  %s  %s\n", width, "NAME", "VERSION", "MADE (UTC)",
           "OPERATIONS", "SOAP", "NOTES", "SERVICES");
    for (size_t i = 0; i < rows->array.count; i++)
        print_row(width, rows->array.items[i]);
}

static int list(struct cli_library *library, const char *name, bool is_json)
{
    struct err err;
    if (name && !wsdl_name_is_fit(str_from(name))) {
        err_set(&err, ERR_INVALID, "%s is no name of a WSDL", name);
        return cli_fail(&err);
    }
    const struct json *rows = describe_all(library, name);
    struct library_version version;
    if (name && !rows->array.count && !library_find(&library->library, name, &version, &err))
        return cli_fail(&err);
    if (is_json)
        cli_print_json(rows);
    else if (rows->array.count)
        print_rows(rows);
    else
        printf("there is none in %s; `switchhook wsdl add FILE` adds one\n",
               library->library.modules_dir);
    return CLI_OK;
}

int cli_wsdl_list(int argc, char **argv)
{
    const char *config = NULL, *modules = NULL, *name;
    bool is_json = false;
    const struct cli_option options[] = {
        {"--config", &config, NULL}, {"--modules", &modules, NULL}, {"--json", NULL, &is_json}};
    const struct cli_line line = {list_help, options, COUNT_OF(options), &name, 1};
    int status;
    if (!cli_line_read_some(&line, 0, argc, argv, &status))
        return status;
    struct cli_library library;
    status =
        cli_library_open(config, modules, &library) ? list(&library, name, is_json) : CLI_USAGE;
    cli_library_close(&library);
    return status;
}

// --- remove ---

static bool is_used(const struct cli_library *library, const char *name)
{
    bool is_found = false;
    for (size_t i = 0; i < library->outline.use_count; i++) {
        const struct outline_use *use = &library->outline.uses[i];
        if (strcmp(use->wsdl, name) != 0)
            continue;
        fprintf(stderr, "%s:%d:%d: service %s uses WSDL %s\n", library->outline.file,
                use->place.line, use->place.column, use->service, name);
        is_found = true;
    }
    return is_found;
}

static int take_away(struct cli_library *library, const char *name, bool is_dry)
{
    struct library_version version, *versions;
    struct err err;
    if (!library_find(&library->library, name, &version, &err))
        return cli_fail(&err);
    if (is_used(library, name)) {
        fprintf(stderr, "switchhook: %s stays as long as a service uses it\n", name);
        return CLI_USAGE;
    }
    size_t count = library_versions(&library->library, name, &versions);
    if (is_dry) {
        printf("dry run: %s and %zu versions would be removed\n", name, count);
        return CLI_OK;
    }
    if (!library_remove(&library->library, name, &err))
        return cli_fail(&err);
    printf("removed %s and %zu versions\n", name, count);
    return cli_tell_gateway(library, NULL, false);
}

int cli_wsdl_remove(int argc, char **argv)
{
    const char *config = NULL, *modules = NULL, *name;
    bool is_dry = false;
    const struct cli_option options[] = {
        {"--config", &config, NULL}, {"--modules", &modules, NULL}, {"--dry-run", NULL, &is_dry}};
    const struct cli_line line = {remove_help, options, COUNT_OF(options), &name, 1};
    int status;
    if (!cli_line_read(&line, argc, argv, &status))
        return status;
    struct cli_library library;
    status = CLI_USAGE;
    if (cli_library_open(config, modules, &library) && cli_library_lock(&library))
        status = take_away(&library, name, is_dry);
    cli_library_close(&library);
    return status;
}
