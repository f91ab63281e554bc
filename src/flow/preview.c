// SPDX-License-Identifier: GPL-3.0-or-later
//
// The tree of a preview. Routes come with the nearest to a match first, because with thousands of
// routes the question is why one did not match that should have. Secrets and sensitive answers are
// masked as in records: the request is made twice, as it would be sent, to see that it can be, and
// as people may see it.

#include "flow/preview.h"

#include "edge/mask.h"
#include "edge/source.h"
#include "flow/page_text.h"
#include "flow/tree.h"

enum {
    ROUTES_SHOWN_MAX = 100, // that do not match; all that do are shown
    VALUE_SHOWN_BYTES = 80,
    VALUES_SHOWN = 5, // of a condition
};
static const char no_id[] = "00000000-0000-0000-0000-000000000000";

struct preview {
    struct arena *arena;
    const struct preview_options *options;
    const struct preview_event *event;
    struct reading reading;
    size_t source; // index into the configuration; its source_count when it has none of that name
    const char **routes; // by service: the first route that names it and takes the event
    size_t left_bytes;   // of max_text_bytes
    const struct json *captured;
    struct soap_codec *codec;
    struct mask *private; // sensitive answers, for sentences that repeat them
};

// --- the event ---

static size_t find_source(const struct config *config, const char *name)
{
    size_t i = 0;
    while (i < config->source_count && strcmp(config->sources[i].name, name) != 0)
        i++;
    return i;
}

static struct json *event_tree(const struct preview *preview)
{
    struct arena *arena = preview->arena;
    const struct preview_event *event = preview->event;
    struct json *tree = json_object(arena);
    const struct event *read = source_shown(&preview->reading);
    tree_text(arena, tree, "id", event->id);
    tree_text(arena, tree, "trigger", event->trigger);
    tree_text(arena, tree, "source", event->source);
    tree_time(arena, tree, "received_at", event->received_at);
    if (!read->elements) {
        tree_text(arena, tree, "call_id", NULL);
        return tree;
    }
    tree_str(arena, tree, "call_id", read->call_id);
    tree_put(arena, tree, "elements", (struct json *)read->elements);
    tree_put(arena, tree, "survey", read->survey ? (struct json *)read->survey : json_null(arena));
    return tree;
}

// What became of elements on their way to normal form, and what is wrong with answers.
static struct json *notes_tree(const struct preview *preview)
{
    struct arena *arena = preview->arena;
    const struct normal_notes *notes = &preview->reading.notes;
    const struct event_faults *faults = &preview->reading.survey.faults;
    struct json *tree = json_array(arena);
    for (size_t i = 0; i < notes->count; i++) {
        struct json *note = json_object(arena);
        tree_text(arena, note, "of", notes->items[i].element);
        tree_text(arena, note, "note", notes->items[i].note);
        json_append(arena, tree, note);
    }
    for (size_t i = 0; i < faults->count && i < COUNT_OF(faults->items); i++) {
        struct json *note = json_object(arena);
        tree_text(arena, note, "of", faults->items[i].pointer);
        tree_text(arena, note, "note", faults->items[i].detail);
        json_append(arena, tree, note);
    }
    return tree;
}

static struct json *refusal_tree(struct arena *arena, const struct event_faults *faults,
                                 const char *detail)
{
    struct json *tree = json_object(arena), *errors = json_array(arena);
    size_t count =
        faults->count < COUNT_OF(faults->items) ? faults->count : COUNT_OF(faults->items);
    tree_text(arena, tree, "detail", detail);
    for (size_t i = 0; i < count; i++) {
        struct json *error = json_object(arena);
        tree_text(arena, error, "pointer", faults->items[i].pointer);
        tree_text(arena, error, "detail", faults->items[i].detail);
        json_append(arena, errors, error);
    }
    tree_put(arena, tree, "errors", errors);
    return tree;
}

// --- why a route does not take it ---

static void add_quoted(struct buf *out, struct str text)
{
    size_t shown = text.len;
    if (shown > VALUE_SHOWN_BYTES)
        shown = json_utf8_prefix((struct str){text.data, VALUE_SHOWN_BYTES});
    buf_printf(out, "\"%.*s\"%s", (int)shown, text.data, shown < text.len ? "..." : "");
}

static void add_wanted(struct buf *out, const struct condition *condition)
{
    static const char *const words[] = {
        [CONDITION_EQUALS] = "",
        [CONDITION_ONE_OF] = "one of ",
        [CONDITION_NONE_OF] = "any but ",
        [CONDITION_PREFIX] = "one that begins with ",
        [CONDITION_PATTERN] = "one that matches ",
    };
    buf_printf(out, "%s", words[condition->kind]);
    for (size_t i = 0; i < condition->value_count; i++) {
        if (i == VALUES_SHOWN) {
            buf_printf(out, " or %zu more", condition->value_count - i);
            return;
        }
        buf_printf(out, "%s", i ? ", " : "");
        add_quoted(out, condition->values[i]);
    }
}

// "agent_disposition is "Refused", not one of "Sale", "Callback"".
static const char *explain_condition(const struct preview *preview,
                                     const struct condition *condition)
{
    AUTO_BUF struct buf out, scratch;
    buf_init(&out, 64 * 1024);
    buf_init(&scratch, 1024 * 1024);
    const struct json *value = route_element(source_shown(&preview->reading), condition->element);
    buf_printf(&out, "%.*s is ", STR_ARG(condition->element));
    if (value)
        add_quoted(&out, json_as_text(value, &scratch));
    else
        buf_printf(&out, "not there");
    bool is_wrong = value && condition->kind != CONDITION_NONE_OF;
    buf_printf(&out, "%s", is_wrong ? ", not " : "; wanted is ");
    add_wanted(&out, condition);
    return arena_copy(preview->arena, buf_str(&out)).data;
}

static const char *explain_triggers(const struct preview *preview, const struct route *route)
{
    AUTO_BUF struct buf out;
    buf_init(&out, 4096);
    buf_printf(&out, "it is for ");
    for (size_t i = 0; i < route->trigger_count; i++)
        buf_printf(&out, "%s%s", i ? ", " : "", route->triggers[i]);
    return arena_copy(preview->arena, buf_str(&out)).data;
}

static const char *explain_sources(const struct preview *preview, const struct route *route)
{
    const struct config *config = preview->options->config;
    AUTO_BUF struct buf out;
    buf_init(&out, 4096);
    buf_printf(&out, "it is for events of ");
    for (size_t i = 0; i < route->source_count; i++)
        buf_printf(&out, "%s%s", i ? ", " : "", config->sources[route->sources[i]].name);
    return arena_copy(preview->arena, buf_str(&out)).data;
}

// "2 min after the event, merged with chat.end of the same call, ..."; NULL: at once.
static const char *explain_timing(const struct preview *preview, const struct route *route)
{
    const struct route_timing *timing = &route->timing;
    AUTO_BUF struct buf out;
    buf_init(&out, 4096);
    if (timing->delay_for_ms)
        buf_printf(&out, "%s after the event",
                   page_text_span(preview->arena, timing->delay_for_ms));
    if (route_merges(route, preview->event->trigger)) {
        buf_printf(&out, "%smerged with", out.len ? ", " : "");
        for (size_t i = 0; i < timing->merge_count; i++) {
            if (strcmp(timing->merges[i], preview->event->trigger) != 0)
                buf_printf(&out, " %s", timing->merges[i]);
        }
        buf_printf(&out, " of the same call, waiting %s at most",
                   page_text_span(preview->arena, timing->merge_within_ms));
    }
    if (timing->expires_for_ms)
        buf_printf(&out, "%snot later than %s after the event", out.len ? ", " : "",
                   page_text_span(preview->arena, timing->expires_for_ms));
    return out.len ? arena_copy(preview->arena, buf_str(&out)).data : NULL;
}

static struct json *route_tree(const struct preview *preview, const struct route *route,
                               enum route_verdict verdict, const struct condition *failed)
{
    struct arena *arena = preview->arena;
    struct json *tree = json_object(arena), *services = json_array(arena);
    tree_text(arena, tree, "name", route->name);
    tree_boolean(arena, tree, "takes", verdict == ROUTE_TAKES);
    tree_text(arena, tree, "why",
              verdict == ROUTE_CONDITION_FAILS ? explain_condition(preview, failed)
              : verdict == ROUTE_OTHER_TRIGGER ? explain_triggers(preview, route)
              : verdict == ROUTE_OTHER_SOURCE  ? explain_sources(preview, route)
                                               : NULL);
    tree_text(arena, tree, "timing",
              verdict == ROUTE_TAKES ? explain_timing(preview, route) : NULL);
    for (size_t i = 0; i < route->service_count; i++) {
        const char *name = preview->options->config->services[route->services[i]].name;
        json_append(arena, services, json_text(arena, name));
    }
    tree_put(arena, tree, "services", services);
    return tree;
}

static void take_services(struct preview *preview, const struct route *route)
{
    for (size_t i = 0; i < route->service_count; i++) {
        if (!preview->routes[route->services[i]])
            preview->routes[route->services[i]] = route->name;
    }
}

// Puts `routes`, and in `other_routes` how many more do not take the event.
static void put_routes(struct preview *preview, struct json *tree)
{
    const struct config *config = preview->options->config;
    struct arena *arena = preview->arena;
    struct json *routes = json_array(arena);
    size_t hidden = 0, shown = 0;
    for (int wanted = ROUTE_TAKES; wanted < ROUTE_VERDICT_COUNT; wanted++) {
        for (size_t i = 0; i < config->route_count; i++) {
            const struct condition *failed;
            const struct route *route = &config->routes[i];
            enum route_verdict verdict =
                route_judge(route, preview->source, &preview->reading.event, &failed);
            if ((int)verdict != wanted)
                continue;
            if (verdict == ROUTE_TAKES)
                take_services(preview, route);
            else if (shown++ >= ROUTES_SHOWN_MAX && ++hidden)
                continue;
            json_append(arena, routes, route_tree(preview, route, verdict, failed));
        }
    }
    tree_put(arena, tree, "routes", routes);
    tree_integer(arena, tree, "other_routes", (int64_t)hidden);
}

// --- what would be sent ---

static struct json *text_tree(struct preview *preview, const struct service *service,
                              const struct transport_request *request)
{
    struct arena *arena = preview->arena;
    struct json *tree = json_object(arena);
    struct str head, body;
    service_record(service, arena, request, &head, &body);
    size_t shown = body.len < preview->left_bytes ? body.len : preview->left_bytes;
    preview->left_bytes -= shown;
    tree_str(arena, tree, "head", head);
    tree_str(arena, tree, "body", (struct str){body.data, shown});
    tree_integer(arena, tree, "body_bytes", (int64_t)body.len);
    tree_integer_or_null(arena, tree, "body_hidden_bytes", (int64_t)(body.len - shown));
    return tree;
}

static struct json *place_tree(const struct preview *preview, const struct service *service,
                               const struct err *err)
{
    struct arena *arena = preview->arena;
    struct json *tree = json_object(arena);
    struct fault fault;
    service_blame(service, arena, preview->options->config, err, &fault);
    tree_text(arena, tree, "file", fault.file);
    tree_integer_or_null(arena, tree, "line", fault.line);
    tree_integer_or_null(arena, tree, "column", fault.column);
    return tree;
}

static struct service_values values_for(const struct preview *preview, const char *service)
{
    const struct preview_event *event = preview->event;
    struct service_values values = {
        .event = &preview->reading.event,
        .raw = &preview->reading.raw,
        .notes = &preview->reading.notes,
        .captured = preview->captured,
        .is_trial = true,
        .event_id = event->id ? event->id : no_id,
        .source = event->source,
        .delivery_id = no_id,
        .received_at = event->received_at,
        .attempt = 1,
    };
    for (size_t i = 0; i < event->delivery_count; i++) {
        if (strcmp(event->deliveries[i].service, service) == 0) {
            values.delivery_id = event->deliveries[i].id;
            values.attempt = event->deliveries[i].attempts + 1;
        }
    }
    return values;
}

// Makes the request as it would be sent, and gives what people may see of it.
static bool make_request(struct preview *preview, const struct service *service,
                         struct transport_request *ret, struct err *err)
{
    struct service_values values = values_for(preview, service_config(service)->name);
    if (!service_encode(service, preview->codec, preview->arena, &values, ret, err))
        return false;
    const struct reading *reading = &preview->reading;
    if (!reading->survey.shown)
        return true;
    struct event raw = reading->raw;
    raw.elements = survey_show_elements(preview->arena, &reading->survey, raw.elements);
    values.raw = &raw;
    values.event = source_shown(reading);
    return service_show(service, preview->codec, preview->arena, &values, ret, err);
}

static struct str mask(const struct preview *preview, const struct service *service,
                       const char *text)
{
    struct str kept = arena_copy(preview->arena, str_from(text)); // masks may borrow it
    struct str masked = service_mask(service, preview->arena, kept);
    return mask_apply(preview->private, preview->arena, masked);
}

static struct json *request_tree(struct preview *preview, size_t index)
{
    struct arena *arena = preview->arena;
    const struct service *service = preview->options->services->items[index];
    const char *name = service_config(service)->name;
    struct transport_request request;
    struct err err;
    struct json *tree = json_object(arena);
    tree_text(arena, tree, "service", name);
    tree_text(arena, tree, "route", preview->routes[index]);
    if (make_request(preview, service, &request, &err)) {
        tree_text(arena, tree, "rejected", NULL);
        tree_text(arena, tree, "place", NULL);
        tree_put(arena, tree, "request", text_tree(preview, service, &request));
    } else {
        tree_str(arena, tree, "rejected", mask(preview, service, err.text));
        tree_put(arena, tree, "place", place_tree(preview, service, &err));
        tree_text(arena, tree, "request", NULL);
    }
    return tree;
}

static bool is_asked_for(const struct preview *preview, size_t index)
{
    const char *only = preview->options->service;
    return only ? strcmp(preview->options->config->services[index].name, only) == 0
                : preview->routes[index] != NULL;
}

static struct json *requests_tree(struct preview *preview)
{
    const struct config *config = preview->options->config;
    const struct survey_result *survey = &preview->reading.survey;
    struct json *requests = json_array(preview->arena);
    preview->codec = soap_codec_new();
    preview->private = mask_new();
    for (size_t i = 0; i < survey->secret_text_count; i++)
        mask_add(preview->private, survey->secret_texts[i]);
    for (size_t i = 0; i < config->service_count; i++) {
        if (is_asked_for(preview, i))
            json_append(preview->arena, requests, request_tree(preview, i));
    }
    mask_free(preview->private);
    soap_codec_free(preview->codec);
    return requests;
}

static bool is_unrouted(const struct preview *preview)
{
    for (size_t i = 0; i < preview->options->config->service_count; i++) {
        if (preview->routes[i])
            return false;
    }
    return true;
}

struct json *preview_make(struct arena *arena, const struct preview_options *options,
                          const struct preview_event *event)
{
    const struct config *config = options->config;
    struct preview preview = {
        .arena = arena,
        .options = options,
        .event = event,
        .source = find_source(config, event->source),
        .routes = arena_alloc(arena, config->service_count * sizeof(char *)),
        .left_bytes = options->max_text_bytes,
        .captured = event->captured ? event->captured : services_captured_sample(config, arena),
    };
    struct json *tree = json_object(arena);
    struct event_faults faults = {0};
    struct err err;
    struct json *refused = NULL;
    if (!source_read(config, event->source, arena, event->trigger, event->format, event->body,
                     &preview.reading, &faults, &err))
        refused = refusal_tree(arena, &faults, arena_strdup(arena, err.text));
    else if (preview.reading.survey.is_refused)
        refused = refusal_tree(arena, &preview.reading.survey.faults,
                               "answers break the survey's definition");
    tree_put(arena, tree, "event", event_tree(&preview));
    tree_put(arena, tree, "refused", refused ? refused : json_null(arena));
    tree_put(arena, tree, "notes", notes_tree(&preview));
    tree_put(arena, tree, "captured", (struct json *)preview.captured);
    if (!refused) {
        put_routes(&preview, tree);
        tree_put(arena, tree, "requests", requests_tree(&preview));
    } else {
        tree_put(arena, tree, "routes", json_array(arena));
        tree_integer(arena, tree, "other_routes", (int64_t)config->route_count);
        tree_put(arena, tree, "requests", json_array(arena));
    }
    tree_boolean(arena, tree, "unrouted", !refused && is_unrouted(&preview));
    return tree;
}
