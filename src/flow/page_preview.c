// SPDX-License-Identifier: GPL-3.0-or-later
//
// From a stored event to a preview and its `view`. A delivery that exists is previewed under its
// own id, so what is shown is what a resend would send.

#include "flow/page_preview.h"

#include "flow/page_text.h"
#include "flow/preview.h"
#include "flow/tree.h"

enum { TEXTS_MAX_BYTES = 2 * 1024 * 1024 };

static const struct preview_delivery *known_deliveries(struct arena *arena,
                                                       const struct store_event *event)
{
    struct preview_delivery *known = arena_alloc(arena, event->delivery_count * sizeof(*known));
    for (size_t i = 0; i < event->delivery_count; i++) {
        const struct store_delivery *delivery = &event->deliveries[i];
        known[i] = (struct preview_delivery){delivery->service, delivery->id, delivery->attempts};
    }
    return known;
}

static void add_request_view(struct arena *arena, const struct json *tree)
{
    struct json *request = (struct json *)json_get(tree, STR("request"));
    if (request->kind != JSON_OBJECT)
        return;
    struct json *view = json_object(arena);
    tree_str(arena, view, "pretty",
             page_text_pretty(arena, json_get(request, STR("body"))->string));
    tree_text(arena, request, "dropped_bytes", NULL);
    tree_put(arena, request, "view", view);
}

static void add_view(const struct page_scope *scope, struct json *tree)
{
    struct arena *arena = scope->arena;
    const struct json *requests = json_get(tree, STR("requests"));
    for (size_t i = 0; i < requests->array.count; i++)
        add_request_view(arena, requests->array.items[i]);
    struct json *view = tree_view(arena, "Preview", "deliveries");
    tree_integer_or_null(arena, view, "other_routes", json_get(tree, STR("other_routes"))->integer);
    tree_boolean(arena, view, "has_requests", requests->array.count != 0);
    tree_put(arena, view, "captured", tree_rows(arena, json_get(tree, STR("captured"))));
    tree_boolean(arena, view, "has_captured", json_get(tree, STR("captured"))->object.count != 0);
    tree_put(arena, tree, "view", view);
}

struct json *page_preview_tree(const struct page_scope *scope, const struct store_event *event,
                               const struct json *captured)
{
    struct arena *arena = scope->arena;
    struct preview_options options = {
        .config = scope->config,
        .services = scope->generation->services,
        .max_text_bytes = TEXTS_MAX_BYTES,
    };
    struct preview_event asked = {
        .trigger = event_trigger(str_from(event->trigger)),
        .source = event->source,
        .format = event->format,
        .body = event->body,
        .id = event->id,
        .received_at = event->received_at,
        .captured = captured ? captured : json_object(arena),
        .deliveries = known_deliveries(arena, event),
        .delivery_count = event->delivery_count,
    };
    if (!asked.trigger) // not known any more: no route takes it
        asked.trigger = event->trigger;
    struct json *tree = preview_make(arena, &options, &asked);
    tree_text(arena, tree, "event_href", arena_printf(arena, "/events/%s", event->id));
    if (scope->is_html)
        add_view(scope, tree);
    return tree;
}
