// SPDX-License-Identifier: GPL-3.0-or-later
//
// Trees of one delivery with its attempts, and of one event. Attempts come newest first: the last
// is the one that somebody looks for. Stored texts are shown within a budget, so that a delivery of
// a hundred large attempts is still a page.

#include "flow/page_view.h"

#include "core/event.h"
#include "edge/source.h"
#include "flow/page_elements.h"
#include "flow/page_text.h"
#include "flow/tree.h"

enum {
    ATTEMPTS_MAX = 100,
    TEXT_MAX_BYTES = 256 * 1024,
    PAGE_TEXTS_MAX_BYTES = 2 * 1024 * 1024,
};

// Puts the text, or its beginning when it or the page gets too long, with what was left out.
static void put_stored(const struct page_scope *scope, struct json *tree, const char *name,
                       const char *hidden_name, struct str text, size_t *budget_bytes)
{
    size_t most = *budget_bytes < TEXT_MAX_BYTES ? *budget_bytes : TEXT_MAX_BYTES;
    size_t shown = text.len < most ? text.len : most;
    *budget_bytes -= shown;
    tree_str(scope->arena, tree, name, (struct str){text.data, shown});
    tree_integer_or_null(scope->arena, tree, hidden_name, (int64_t)(text.len - shown));
}

static struct json *message_tree(const struct page_scope *scope, struct str head, struct str body,
                                 size_t dropped_bytes, size_t *budget_bytes)
{
    struct arena *arena = scope->arena;
    struct json *tree = json_object(arena);
    put_stored(scope, tree, "head", "head_hidden_bytes", head, budget_bytes);
    put_stored(scope, tree, "body", "body_hidden_bytes", body, budget_bytes);
    tree_integer(arena, tree, "body_bytes", (int64_t)(body.len + dropped_bytes));
    tree_integer_or_null(arena, tree, "dropped_bytes", (int64_t)dropped_bytes);
    if (scope->is_html) {
        struct json *view = json_object(arena);
        struct str shown = json_get(tree, STR("body"))->string;
        tree_str(arena, view, "pretty", page_text_pretty(arena, shown));
        tree_boolean(arena, view, "is_empty", !head.len && !body.len);
        tree_put(arena, tree, "view", view);
    }
    return tree;
}

// --- how the time of an attempt was spent ---

static struct json *timings_tree(struct arena *arena, const struct store_attempt *attempt)
{
    struct json *tree = json_object(arena);
    tree_integer_or_null(arena, tree, "resolved_us", attempt->resolved_us);
    tree_integer_or_null(arena, tree, "connected_us", attempt->connected_us);
    tree_integer_or_null(arena, tree, "secured_us", attempt->secured_us);
    tree_integer_or_null(arena, tree, "first_byte_us", attempt->first_byte_us);
    tree_integer(arena, tree, "total_us", attempt->total_us);
    return tree;
}

// The moments become spans from one to the next; what did not happen is left out. Positions are
// thousandths of the whole, for a bar.
static struct json *phases_tree(struct arena *arena, const struct store_attempt *attempt)
{
    const struct {
        const char *name, *class;
        int64_t until_us;
    } moments[] = {
        {"resolve", "resolve", attempt->resolved_us},
        {"connect", "connect", attempt->connected_us},
        {"TLS", "tls", attempt->secured_us},
        {"first byte", "wait", attempt->first_byte_us},
        {"read", "read", attempt->total_us},
    };
    struct json *phases = json_array(arena);
    int64_t from_us = 0, total_us = attempt->total_us > 0 ? attempt->total_us : 1;
    for (size_t i = 0; i < COUNT_OF(moments); i++) {
        int64_t until_us = moments[i].until_us;
        if (until_us <= from_us || until_us > total_us)
            continue;
        bool is_cut = i + 1 == COUNT_OF(moments) && !attempt->first_byte_us;
        struct json *phase = json_object(arena);
        tree_text(arena, phase, "name", is_cut ? "until given up" : moments[i].name);
        tree_text(arena, phase, "class", is_cut ? "cut" : moments[i].class);
        tree_text(arena, phase, "span", page_text_micros(arena, until_us - from_us));
        tree_integer(arena, phase, "x", from_us * 1000 / total_us);
        tree_integer(arena, phase, "width", (until_us - from_us) * 1000 / total_us + 1);
        json_append(arena, phases, phase);
        from_us = until_us;
    }
    return phases;
}

// As the worker wrote it; null when there was none.
static struct json *fault_tree(struct arena *arena, const struct store_attempt *attempt)
{
    static const struct json_limits limits = {.depth = 200, .values = 100 * 1000};
    struct json *tree;
    struct err ignored;
    bool is_read =
        attempt->fault_tree.len && json_parse(arena, attempt->fault_tree, &limits, &tree, &ignored);
    return is_read ? tree : json_null(arena);
}

static struct json *attempt_view(const struct page_scope *scope,
                                 const struct store_attempt *attempt, const struct json *fault,
                                 bool is_last)
{
    struct arena *arena = scope->arena;
    struct json *view = json_object(arena);
    tree_text(arena, view, "started", page_text_relative(arena, attempt->started_at, scope->now));
    tree_text(arena, view, "took",
              attempt->total_us ? page_text_micros(arena, attempt->total_us)
                                : page_text_span(arena, attempt->ended_at - attempt->started_at));
    tree_text(arena, view, "why", attempt->outcome == OUTCOME_DELIVERED ? NULL : attempt->reason);
    tree_boolean(arena, view, "has_bar", attempt->total_us > 0);
    tree_put(arena, view, "phases", phases_tree(arena, attempt));
    tree_boolean(arena, view, "is_last", is_last);
    tree_boolean(arena, view, "has_fault", fault->kind == JSON_OBJECT);
    const struct json *detail = json_get(fault, STR("detail"));
    bool is_text = detail && detail->kind == JSON_STRING;
    tree_text(arena, view, "detail_text", is_text ? detail->string.data : NULL);
    tree_put(arena, view, "detail", detail ? tree_rows(arena, detail) : json_array(arena));
    tree_boolean(arena, view, "has_detail", json_get(view, STR("detail"))->array.count != 0);
    return view;
}

static struct json *attempt_tree(const struct page_scope *scope,
                                 const struct store_attempt *attempt, size_t number, bool is_last,
                                 size_t *budget_bytes)
{
    struct arena *arena = scope->arena;
    struct json *tree = json_object(arena);
    tree_integer(arena, tree, "number", (int64_t)number);
    tree_time(arena, tree, "started_at", attempt->started_at);
    tree_time(arena, tree, "ended_at", attempt->ended_at);
    tree_text(arena, tree, "outcome", outcome_word(attempt->outcome));
    tree_text(arena, tree, "scope", attempt->scope == OUTCOME_SERVICE ? "service" : "event");
    tree_text(arena, tree, "reach", reach_word(attempt->reach));
    tree_integer_or_null(arena, tree, "http_status", attempt->http_status);
    tree_text(arena, tree, "fault", attempt->fault);
    tree_put(arena, tree, "fault_tree", fault_tree(arena, attempt));
    tree_text(arena, tree, "success", *attempt->verdict ? attempt->verdict : NULL);
    tree_text(arena, tree, "reason", attempt->reason);
    tree_text(arena, tree, "peer", attempt->peer);
    tree_put(arena, tree, "timings", timings_tree(arena, attempt));
    tree_put(arena, tree, "request",
             message_tree(scope, attempt->request_head, attempt->request_body, 0, budget_bytes));
    tree_put(arena, tree, "reply",
             message_tree(scope, attempt->reply_head, attempt->reply_body,
                          attempt->reply_dropped_bytes, budget_bytes));
    if (scope->is_html)
        tree_put(arena, tree, "view",
                 attempt_view(scope, attempt, json_get(tree, STR("fault_tree")), is_last));
    return tree;
}

// --- the event ---

static struct str indented(struct arena *arena, const struct json *value)
{
    AUTO_BUF struct buf out;
    buf_init(&out, PAGE_TEXTS_MAX_BYTES);
    json_write(&out, value, JSON_INDENTED);
    return arena_copy(arena, buf_str(&out));
}

// The body as it came; when it holds sensitive answers, what was read from it, with these masked.
static struct str shown_body(struct arena *arena, const struct store_event *event,
                             const struct reading *reading)
{
    if (!reading || !reading->survey.shown)
        return event->body;
    AUTO_BUF struct buf out;
    buf_init(&out, PAGE_TEXTS_MAX_BYTES);
    json_write(&out, survey_show_sent(arena, &reading->survey, &reading->raw), JSON_COMPACT);
    return arena_copy(arena, buf_str(&out));
}

static struct json *problem_rows(struct arena *arena, const struct event_faults *faults)
{
    struct json *rows = json_array(arena);
    for (size_t i = 0; i < faults->count && i < COUNT_OF(faults->items); i++) {
        struct json *row = json_object(arena);
        tree_text(arena, row, "pointer", faults->items[i].pointer);
        tree_text(arena, row, "detail", faults->items[i].detail);
        json_append(arena, rows, row);
    }
    return rows;
}

static struct str summary_text(struct arena *arena, const struct survey_result *survey)
{
    const struct json *summary = survey->shown ? survey->shown_summary : survey->summary;
    return summary ? indented(arena, summary) : STR("");
}

static struct json *event_tree(const struct page_scope *scope, const struct store_event *event,
                               size_t *budget_bytes)
{
    struct arena *arena = scope->arena;
    struct json *tree = json_object(arena);
    tree_text(arena, tree, "id", event->id);
    tree_text(arena, tree, "href", arena_printf(arena, "/events/%s", event->id));
    tree_text(arena, tree, "trigger", event->trigger);
    tree_text(arena, tree, "source", event->source);
    tree_str(arena, tree, "call_id", event->call_id);
    tree_time(arena, tree, "received_at", event->received_at);
    tree_text(arena, tree, "format", event_format_word(event->format));

    // It was read when it was taken; limits and policies that came later leave the raw body only.
    struct reading reading = {0};
    struct event_faults faults = {0};
    struct err err;
    bool is_read = source_read(scope->config, event->source, arena, event->trigger, event->format,
                               event->body, &reading, &faults, &err);
    put_stored(scope, tree, "body", "body_hidden_bytes",
               shown_body(arena, event, is_read ? &reading : NULL), budget_bytes);
    tree_boolean(arena, tree, "is_masked", reading.survey.shown != NULL);
    tree_put(arena, tree, "survey_problems", problem_rows(arena, &reading.survey.faults));
    if (!scope->is_html)
        return tree;
    struct json *view = json_object(arena);
    tree_text(arena, view, "received", page_text_relative(arena, event->received_at, scope->now));
    tree_text(arena, view, "call_href",
              arena_printf(arena, "/?call=%s", tree_url(arena, event->call_id)));
    tree_integer(arena, view, "body_bytes", (int64_t)event->body.len);
    tree_put(arena, view, "elements", page_elements_tree(arena, is_read ? &reading : NULL));
    tree_str(arena, view, "survey", summary_text(arena, &reading.survey));
    tree_boolean(arena, view, "has_survey_problems", reading.survey.faults.count != 0);
    tree_put(arena, tree, "view", view);
    return tree;
}

// --- pages ---

static const char *next_text(const struct page_scope *scope, const struct store_delivery *delivery)
{
    struct worker_view service;
    size_t index = page_view_service_index(scope->config, delivery->service);
    bool is_known = index < scope->config->service_count;
    if (is_known)
        workers_view(scope->workers, scope->generation->seats[index], &service);
    return page_text_next(scope->arena, delivery, is_known ? &service : NULL, scope->now);
}

// Each as the page of an event has it, so that one template shows them all.
static struct json *merged_view(struct arena *arena, const struct json *events)
{
    struct json *list = json_array(arena);
    for (size_t i = 0; i < events->array.count; i++) {
        struct json *scope = json_object(arena);
        tree_put(arena, scope, "event", events->array.items[i]);
        json_append(arena, list, scope);
    }
    return list;
}

// What was captured, and of a delivered one what the configuration of now would capture besides.
static struct json *captured_view(const struct page_scope *scope,
                                  const struct store_delivery *delivery,
                                  const struct json *captures)
{
    struct arena *arena = scope->arena;
    struct json *rows = tree_rows(arena, captures);
    size_t index = page_view_service_index(scope->config, delivery->service);
    if (index == scope->config->service_count || delivery->state != DELIVERY_DELIVERED)
        return rows;
    const struct config_service *service = &scope->config->services[index];
    for (size_t i = 0; i < service->capture_count; i++) {
        struct json *row = json_object(arena);
        if (json_get(captures, str_from(service->captures[i].name)))
            continue;
        tree_text(arena, row, "name", service->captures[i].name);
        tree_text(arena, row, "value", NULL);
        json_append(arena, rows, row);
    }
    return rows;
}

struct json *page_view_delivery(const struct page_scope *scope,
                                const struct store_delivery *delivery,
                                const struct store_attempt *attempts, size_t attempt_count,
                                const struct json *captures, const struct store_event *event,
                                const struct store_event *carried, size_t carried_count)
{
    struct arena *arena = scope->arena;
    size_t budget_bytes = PAGE_TEXTS_MAX_BYTES;
    size_t hidden = attempt_count > ATTEMPTS_MAX ? attempt_count - ATTEMPTS_MAX : 0;
    struct json *tree = json_object(arena), *list = json_array(arena), *merged = json_array(arena);
    tree_put(arena, tree, "delivery", page_view_row(scope, delivery));
    tree_text(arena, tree, "next", next_text(scope, delivery));
    tree_put(arena, tree, "captured", (struct json *)captures);
    tree_put(arena, tree, "event", event_tree(scope, event, &budget_bytes));
    for (size_t i = carried_count; i-- > 0;)
        json_append(arena, merged, event_tree(scope, &carried[i], &budget_bytes));
    tree_put(arena, tree, "merged_events", merged);
    for (size_t i = attempt_count; i > hidden; i--)
        json_append(arena, list,
                    attempt_tree(scope, &attempts[i - 1], i, i == attempt_count, &budget_bytes));
    tree_integer(arena, tree, "attempts_hidden", (int64_t)hidden);
    tree_put(arena, tree, "attempts", list);
    if (scope->is_html) {
        struct json *view = tree_view(
            arena, arena_printf(arena, "Delivery to %s", delivery->service), "deliveries");
        struct json *captured = captured_view(scope, delivery, captures);
        tree_put(arena, view, "captured", captured);
        tree_boolean(arena, view, "has_captured", captured->array.count != 0);
        tree_boolean(arena, view, "has_attempts", attempt_count != 0);
        tree_boolean(arena, view, "has_hidden_attempts", hidden != 0);
        tree_boolean(arena, view, "has_merged", carried_count != 0);
        tree_put(arena, view, "merged", merged_view(arena, merged));
        tree_put(arena, tree, "view", view);
    }
    return tree;
}

struct json *page_view_event(const struct page_scope *scope, const struct store_event *event)
{
    struct arena *arena = scope->arena;
    size_t budget_bytes = PAGE_TEXTS_MAX_BYTES;
    struct json *tree = json_object(arena), *list = json_array(arena);
    for (size_t i = 0; i < event->delivery_count; i++)
        json_append(arena, list, page_view_row(scope, &event->deliveries[i]));
    tree_put(arena, tree, "event", event_tree(scope, event, &budget_bytes));
    tree_boolean(arena, tree, "unrouted", event->delivery_count == 0);
    tree_put(arena, tree, "deliveries", list);
    if (scope->is_html)
        tree_put(arena, tree, "view",
                 tree_view(arena, arena_printf(arena, "Event %s", event->trigger), "deliveries"));
    return tree;
}
