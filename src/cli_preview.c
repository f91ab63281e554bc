// SPDX-License-Identifier: GPL-3.0-or-later
//
// `switchhook preview`: what the gateway would make of an event in a file. Opens no store and no
// socket. The text and --json are the same tree.

#include "cli_args.h"
#include "cli_load.h"

#include "base/clock.h"
#include "edge/file.h"
#include "flow/preview.h"

#include <stdio.h>

static const char help[] =
    "usage: switchhook preview CONFIG EVENT --trigger TRIGGER [--service NAME] [--source NAME] "
    "[--json]\n"
    "\n"
    "Shows what would become of an event if it were posted now: its data elements as templates\n"
    "read them, which routes take it and why the others do not, and for each service the exact\n"
    "request, or why it would be rejected. Nothing is sent or stored; secrets are masked.\n"
    "\n"
    "  EVENT              a file with the body: NAME.json, NAME.form or NAME.xml\n"
    "  --trigger TRIGGER  which trigger it is posted to, e.g. inbound.disposition\n"
    "  --service NAME     show this service's request only, even if no route leads to it\n"
    "  --source NAME      which source posts it; the first of the configuration\n"
    "  --json             the same as JSON\n";

enum { EVENT_MAX_BYTES = 64 << 20, OUTPUT_MAX_BYTES = 512 << 20 };

struct asked {
    const char *config_file, *event_file;
    const char *trigger, *service, *source;
    bool wants_json;
};

static bool refuse_name(const char *what, const char *name, const char *const *known, size_t count)
{
    const char *nearest = err_nearest(str_from(name), known, count);
    fprintf(stderr, "switchhook: there is no %s `%s`%s%s%s\n", what, name,
            nearest ? "; did you mean `" : "", nearest ? nearest : "", nearest ? "`?" : "");
    return false;
}

static bool find_trigger(const struct asked *asked, struct preview_event *event)
{
    size_t count;
    const char *const *triggers = event_triggers(&count);
    if (!asked->trigger) {
        fprintf(stderr, "switchhook: say which trigger: --trigger inbound.disposition\n");
        return false;
    }
    event->trigger = event_trigger(str_from(asked->trigger));
    return event->trigger || refuse_name("trigger", asked->trigger, triggers, count);
}

static bool check_service(const struct asked *asked, const struct config *config)
{
    if (!asked->service)
        return true;
    AUTO_FREE const char **names = mem_alloc((config->service_count + 1) * sizeof(*names));
    for (size_t i = 0; i < config->service_count; i++) {
        names[i] = config->services[i].name;
        if (strcmp(names[i], asked->service) == 0)
            return true;
    }
    return refuse_name("service", asked->service, names, config->service_count);
}

static bool find_source(const struct asked *asked, const struct config *config,
                        struct preview_event *event)
{
    AUTO_FREE const char **names = mem_alloc(config->source_count * sizeof(*names));
    for (size_t i = 0; i < config->source_count; i++) {
        names[i] = config->sources[i].name;
        if (!asked->source || strcmp(names[i], asked->source) == 0) {
            event->source = names[i];
            return true;
        }
    }
    return refuse_name("source", asked->source, names, config->source_count);
}

static bool find_format(const char *file, enum event_format *ret)
{
    static const struct {
        const char *extension, *media_type;
    } kinds[] = {
        {".json", "application/json"},
        {".form", "application/x-www-form-urlencoded"},
        {".xml", "application/xml"},
    };
    const char *dot = strrchr(file, '.');
    for (size_t i = 0; dot && i < COUNT_OF(kinds); i++) {
        if (strcmp(dot, kinds[i].extension) == 0 &&
            event_format_of(str_from(kinds[i].media_type), ret))
            return true;
    }
    fprintf(stderr,
            "switchhook: %s: what kind of body it holds is told by its name, "
            "as in event.json or event.form\n",
            file);
    return false;
}

// A form in a file usually ends with the line; posted it would not.
static bool read_body(struct arena *arena, const char *file, struct preview_event *event)
{
    struct err err;
    if (!file_read_text(arena, file, EVENT_MAX_BYTES, &event->body, &err)) {
        fprintf(stderr, "switchhook: %s %s\n", file, err.text);
        return false;
    }
    event->body = str_trim(event->body);
    return true;
}

// --- as text ---

static struct str text_of(const struct json *tree, const char *name)
{
    const struct json *value = json_get(tree, str_from(name));
    return value && value->kind == JSON_STRING ? value->string : STR("");
}

static size_t count_of(const struct json *list)
{
    return list->array.count;
}

static void print_elements(const struct json *event)
{
    const struct json *elements = json_get(event, STR("elements"));
    size_t widest = 0;
    for (size_t i = 0; i < elements->object.count; i++) {
        size_t width = elements->object.members[i].name.len;
        widest = width > widest ? width : widest;
    }
    for (size_t i = 0; i < elements->object.count; i++) {
        AUTO_BUF struct buf scratch;
        buf_init(&scratch, OUTPUT_MAX_BYTES);
        const struct json_member *member = &elements->object.members[i];
        struct str value = json_as_text(member->value, &scratch);
        printf("  %-*.*s  %.*s\n", (int)widest, STR_ARG(member->name), STR_ARG(value));
    }
    const struct json *survey = json_get(event, STR("survey"));
    if (survey->kind != JSON_NULL) {
        AUTO_BUF struct buf out;
        buf_init(&out, OUTPUT_MAX_BYTES);
        json_write(&out, survey, JSON_COMPACT);
        printf("  %-*s  %.*s\n", (int)widest, "survey", STR_ARG(buf_str(&out)));
    }
}

static void print_notes(const struct json *notes)
{
    if (count_of(notes))
        printf("\nNotes\n");
    for (size_t i = 0; i < count_of(notes); i++) {
        const struct json *note = notes->array.items[i];
        printf("  %.*s: %.*s\n", STR_ARG(text_of(note, "of")), STR_ARG(text_of(note, "note")));
    }
}

static void print_captured(const struct json *captured)
{
    if (captured->object.count)
        printf("\nCaptured of the call (samples)\n");
    for (size_t i = 0; i < captured->object.count; i++) {
        const struct json_member *member = &captured->object.members[i];
        printf("  %.*s  %.*s\n", STR_ARG(member->name), STR_ARG(member->value->string));
    }
}

static void print_routes(const struct json *tree)
{
    const struct json *routes = json_get(tree, STR("routes"));
    printf("\nRoutes\n");
    for (size_t i = 0; i < count_of(routes); i++) {
        const struct json *route = routes->array.items[i];
        bool takes = json_get(route, STR("takes"))->boolean;
        struct str why = text_of(route, takes ? "timing" : "why");
        printf("  %s %.*s%s%.*s\n", takes ? "yes" : "no ", STR_ARG(text_of(route, "name")),
               why.len ? ": " : "", STR_ARG(why));
    }
    int64_t others = json_get(tree, STR("other_routes"))->integer;
    if (others)
        printf("  and %lld more that do not take it\n", (long long)others);
    if (json_get(tree, STR("unrouted"))->boolean)
        printf("  No route takes it: it would be kept, and sent to nobody.\n");
}

static void print_request(const struct json *tree)
{
    struct str route = text_of(tree, "route");
    const struct json *place = json_get(tree, STR("place"));
    const struct json *request = json_get(tree, STR("request"));
    printf("\nService %.*s%s%.*s\n", STR_ARG(text_of(tree, "service")),
           route.len ? ", by route " : ", to which no route leads", STR_ARG(route));
    if (request->kind == JSON_OBJECT) {
        struct str body = text_of(request, "body");
        printf("\n%.*s\n%.*s%s", STR_ARG(text_of(request, "head")), STR_ARG(body),
               body.len && body.data[body.len - 1] != '\n' ? "\n" : "");
        return;
    }
    printf("  It would be rejected: %.*s\n", STR_ARG(text_of(tree, "rejected")));
    const struct json *line = json_get(place, STR("line"));
    printf("  See %.*s", STR_ARG(text_of(place, "file")));
    if (line->kind == JSON_INTEGER)
        printf(":%lld", (long long)line->integer);
    printf("\n");
}

static void print_refusal(const struct json *refused)
{
    const struct json *errors = json_get(refused, STR("errors"));
    printf("\nIt would be refused: %.*s\n", STR_ARG(text_of(refused, "detail")));
    for (size_t i = 0; i < count_of(errors); i++) {
        const struct json *error = errors->array.items[i];
        printf("  %.*s: %.*s\n", STR_ARG(text_of(error, "pointer")),
               STR_ARG(text_of(error, "detail")));
    }
}

static void print_text(const struct json *tree)
{
    const struct json *event = json_get(tree, STR("event"));
    const struct json *requests = json_get(tree, STR("requests"));
    const struct json *refused = json_get(tree, STR("refused"));
    printf("Event %.*s of source %.*s\n", STR_ARG(text_of(event, "trigger")),
           STR_ARG(text_of(event, "source")));
    if (refused->kind == JSON_OBJECT) {
        print_refusal(refused);
        return;
    }
    print_elements(event);
    print_notes(json_get(tree, STR("notes")));
    print_captured(json_get(tree, STR("captured")));
    print_routes(tree);
    for (size_t i = 0; i < count_of(requests); i++)
        print_request(requests->array.items[i]);
}

static void print_json(const struct json *tree)
{
    AUTO_BUF struct buf out;
    buf_init(&out, OUTPUT_MAX_BYTES);
    json_write(&out, tree, JSON_INDENTED);
    printf("%.*s\n", STR_ARG(buf_str(&out)));
}

// --- the command ---

// Refused, or rejected by a service: the file that was given has a mistake, or a template has.
static int status_of(const struct json *tree)
{
    const struct json *requests = json_get(tree, STR("requests"));
    bool is_good = json_get(tree, STR("refused"))->kind == JSON_NULL;
    for (size_t i = 0; i < count_of(requests); i++)
        is_good &= json_get(requests->array.items[i], STR("request"))->kind == JSON_OBJECT;
    return is_good ? CLI_OK : CLI_USAGE;
}

static int preview(const struct asked *asked, const struct loaded *loaded)
{
    AUTO_ARENA struct arena *arena = arena_new();
    struct preview_event event = {.received_at = clock_now_ms()};
    if (!check_service(asked, loaded->config) || !find_source(asked, loaded->config, &event) ||
        !find_trigger(asked, &event) || !find_format(asked->event_file, &event.format) ||
        !read_body(arena, asked->event_file, &event))
        return CLI_USAGE;
    struct preview_options options = {
        .config = loaded->config,
        .services = loaded->services,
        .service = asked->service,
        .max_text_bytes = SIZE_MAX,
    };
    const struct json *tree = preview_make(arena, &options, &event);
    if (asked->wants_json)
        print_json(tree);
    else
        print_text(tree);
    return status_of(tree);
}

int cli_preview(int argc, char **argv)
{
    struct asked asked = {0};
    const char *words[2];
    const struct cli_option options[] = {
        {"--trigger", &asked.trigger, NULL},
        {"--service", &asked.service, NULL},
        {"--source", &asked.source, NULL},
        {"--json", NULL, &asked.wants_json},
    };
    const struct cli_line line = {help, options, COUNT_OF(options), words, COUNT_OF(words)};
    int status;
    if (!cli_line_read(&line, argc, argv, &status))
        return status;
    asked.config_file = words[0];
    asked.event_file = words[1];
    struct loaded loaded;
    if (!loaded_load(asked.config_file, &loaded))
        return CLI_USAGE;
    status = preview(&asked, &loaded);
    loaded_finish(&loaded);
    return status;
}
