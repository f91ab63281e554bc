// SPDX-License-Identifier: GPL-3.0-or-later
//
// Trees of the lists: deliveries, unrouted events, services. Every member is set, null when there
// is nothing to say: a template looks for an absent name further out and would find another's.

#include "flow/page_view.h"

#include "flow/page_text.h"
#include "flow/tree.h"

size_t page_view_service_index(const struct config *config, const char *name)
{
    size_t i = 0;
    while (i < config->service_count && strcmp(config->services[i].name, name) != 0)
        i++;
    return i;
}

// --- one delivery, as a row and as the head of its own page ---

static const char *row_next(const struct page_scope *scope, const struct store_delivery *delivery)
{
    if (delivery->state != DELIVERY_WAITING)
        return NULL;
    if (!delivery->due_at)
        return "in order";
    if (delivery->due_at <= scope->now)
        return "due";
    return page_text_relative(scope->arena, delivery->due_at, scope->now);
}

static struct json *row_view(const struct page_scope *scope, const struct store_delivery *delivery)
{
    struct arena *arena = scope->arena;
    struct json *view = json_object(arena);
    tree_text(arena, view, "received",
              page_text_relative(arena, delivery->received_at, scope->now));
    tree_text(arena, view, "received_clock", page_text_clock(arena, delivery->received_at));
    tree_text(arena, view, "ended", page_text_relative(arena, delivery->ended_at, scope->now));
    tree_text(arena, view, "why", delivery->state == DELIVERY_DELIVERED ? NULL : delivery->reason);
    tree_text(arena, view, "next", row_next(scope, delivery));
    tree_text(arena, view, "took",
              delivery->ended_at ? page_text_span(arena, delivery->ended_at - delivery->received_at)
                                 : NULL);
    tree_text(arena, view, "call_href",
              arena_printf(arena, "/?call=%s", tree_url(arena, delivery->call_id)));
    return view;
}

static struct json *words_tree(struct arena *arena, const char *words)
{
    struct json *tree = json_array(arena);
    while (*words) {
        size_t len = strcspn(words, " ");
        json_append(arena, tree, json_string(arena, (struct str){words, len}));
        words += len + (words[len] == ' ');
    }
    return tree;
}

struct json *page_view_row(const struct page_scope *scope, const struct store_delivery *delivery)
{
    struct arena *arena = scope->arena;
    struct json *tree = json_object(arena);
    bool is_merged = *delivery->merged_into;
    tree_text(arena, tree, "id", delivery->id);
    tree_text(arena, tree, "href", arena_printf(arena, "/deliveries/%s", delivery->id));
    tree_text(arena, tree, "state", delivery_state_word(delivery->state));
    tree_text(arena, tree, "service", delivery->service);
    tree_text(arena, tree, "route", delivery->route);
    tree_text(arena, tree, "event_id", delivery->event_id);
    tree_text(arena, tree, "event_href", arena_printf(arena, "/events/%s", delivery->event_id));
    tree_text(arena, tree, "trigger", delivery->trigger);
    tree_text(arena, tree, "source", delivery->source);
    tree_str(arena, tree, "call_id", delivery->call_id);
    tree_integer(arena, tree, "attempts", delivery->attempts);
    tree_time(arena, tree, "received_at", delivery->received_at);
    tree_time(arena, tree, "due_at", delivery->due_at);
    tree_time(arena, tree, "not_before", delivery->not_before);
    tree_time(arena, tree, "expires_at", delivery->expires_at);
    tree_put(arena, tree, "merge_wants", words_tree(arena, delivery->merge_wants));
    tree_text(arena, tree, "merged_into", is_merged ? delivery->merged_into : NULL);
    tree_text(arena, tree, "merged_into_href",
              is_merged ? arena_printf(arena, "/deliveries/%s", delivery->merged_into) : NULL);
    tree_time(arena, tree, "first_attempt_at", delivery->first_attempt_at);
    tree_time(arena, tree, "ended_at", delivery->ended_at);
    tree_integer_or_null(arena, tree, "last_status", delivery->last_status);
    tree_text(arena, tree, "reason", delivery->reason);
    tree_boolean(arena, tree, "may_resend", delivery_may_resend(delivery->state));
    tree_boolean(arena, tree, "may_cancel", delivery_may_cancel(delivery->state));
    if (scope->is_html)
        tree_put(arena, tree, "view", row_view(scope, delivery));
    return tree;
}

// --- the list of deliveries ---

static struct json *counts_tree(const struct page_scope *scope, const struct store_counts *counts)
{
    struct arena *arena = scope->arena;
    struct json *tree = json_object(arena), *states = json_object(arena);
    int64_t deliveries = 0;
    for (int i = 0; i < DELIVERY_STATE_COUNT; i++) {
        tree_integer(arena, states, delivery_state_word((enum delivery_state)i),
                     counts->by_state[i]);
        deliveries += counts->by_state[i];
    }
    tree_integer(arena, tree, "events", counts->events);
    tree_integer(arena, tree, "unrouted", counts->unrouted);
    tree_integer(arena, tree, "repeated", counts->repeated);
    tree_integer(arena, tree, "deliveries", deliveries);
    tree_put(arena, tree, "by_state", states);
    tree_time(arena, tree, "oldest_open_at", counts->oldest_open_at);
    return tree;
}

static struct json *filter_tree(struct arena *arena, const struct store_filter *filter)
{
    struct json *tree = json_object(arena);
    bool has_state = filter->state != DELIVERY_STATE_COUNT;
    tree_text(arena, tree, "state", has_state ? delivery_state_word(filter->state) : NULL);
    tree_text(arena, tree, "service", filter->service);
    tree_text(arena, tree, "trigger", filter->trigger);
    tree_text(arena, tree, "call", filter->call_id);
    return tree;
}

static void add_option(struct arena *arena, struct json *options, const char *value,
                       const char *selected)
{
    struct json *option = json_object(arena);
    tree_text(arena, option, "value", value);
    tree_boolean(arena, option, "is_selected", selected && strcmp(selected, value) == 0);
    json_append(arena, options, option);
}

static struct json *state_tiles(const struct page_scope *scope, const struct store_filter *filter,
                                const struct store_counts *counts)
{
    struct arena *arena = scope->arena;
    struct json *tiles = json_array(arena);
    for (int i = 0; i < DELIVERY_STATE_COUNT; i++) {
        const char *word = delivery_state_word((enum delivery_state)i);
        struct json *tile = json_object(arena);
        tree_text(arena, tile, "state", word);
        tree_text(arena, tile, "href", arena_printf(arena, "/?state=%s", word));
        tree_integer(arena, tile, "count", counts->by_state[i]);
        tree_boolean(arena, tile, "is_current", (int)filter->state == i);
        tree_boolean(arena, tile, "is_zero", counts->by_state[i] == 0);
        json_append(arena, tiles, tile);
    }
    return tiles;
}

static struct json *list_view(const struct page_scope *scope, const struct store_filter *filter,
                              const struct store_counts *counts, bool has_rows)
{
    struct arena *arena = scope->arena;
    struct json *view = tree_view(arena, "Deliveries", "deliveries");
    struct json *states = json_array(arena), *services = json_array(arena);
    struct json *triggers = json_array(arena);
    bool has_state = filter->state != DELIVERY_STATE_COUNT;
    for (int i = 0; i < DELIVERY_STATE_COUNT; i++)
        add_option(arena, states, delivery_state_word((enum delivery_state)i),
                   has_state ? delivery_state_word(filter->state) : NULL);
    for (size_t i = 0; i < scope->config->service_count; i++)
        add_option(arena, services, scope->config->services[i].name, filter->service);
    size_t trigger_count;
    const char *const *names = event_triggers(&trigger_count);
    for (size_t i = 0; i < trigger_count; i++)
        add_option(arena, triggers, names[i], filter->trigger);
    tree_put(arena, view, "states", states);
    tree_put(arena, view, "services", services);
    tree_put(arena, view, "triggers", triggers);
    tree_put(arena, view, "tiles", state_tiles(scope, filter, counts));
    tree_boolean(arena, view, "is_filtered",
                 has_state || filter->service || filter->trigger || filter->call_id);
    tree_boolean(arena, view, "is_older", filter->before != 0);
    tree_boolean(arena, view, "is_empty", !has_rows);
    tree_boolean(arena, view, "has_repeated", counts->repeated != 0);
    tree_text(arena, view, "oldest_open",
              counts->oldest_open_at ? page_text_span(arena, scope->now - counts->oldest_open_at)
                                     : NULL);
    return view;
}

// --- services ---

static const char *service_target(struct arena *arena, const struct config_service *service)
{
    if (service->kind == SERVICE_SOAP)
        return arena_printf(arena, "%s of %s", service->operation, service->wsdl);
    return arena_printf(arena, "%s %.*s", service->method, STR_ARG(service->url));
}

static struct json *service_tree(const struct page_scope *scope, size_t index)
{
    struct arena *arena = scope->arena;
    const struct config_service *service = &scope->config->services[index];
    struct worker_view now;
    workers_view(scope->workers, scope->generation->seats[index], &now);
    const char *trouble = page_text_trouble(arena, &now, scope->now);
    const char *name = tree_url(arena, str_from(service->name));
    struct json *tree = json_object(arena);
    tree_text(arena, tree, "name", service->name);
    tree_text(arena, tree, "kind", service->kind == SERVICE_SOAP ? "soap" : "http");
    tree_text(arena, tree, "target", service_target(arena, service));
    tree_text(arena, tree, "order_by", service->order_by);
    tree_text(arena, tree, "state", trouble ? "closed" : "open");
    tree_text(arena, tree, "trouble", trouble);
    tree_integer(arena, tree, "in_flight", now.in_flight);
    tree_integer(arena, tree, "limit", now.limit);
    tree_integer(arena, tree, "max", now.max);
    tree_integer(arena, tree, "failures_in_a_row", now.failures_in_a_row);
    tree_time(arena, tree, "closed_until", now.closed_until == INT64_MAX ? 0 : now.closed_until);
    tree_text(arena, tree, "deliveries_href", arena_printf(arena, "/?service=%s", name));
    tree_text(arena, tree, "open_href", arena_printf(arena, "/services/%s/open", name));
    return tree;
}

static struct json *service_list(const struct page_scope *scope, bool is_trouble_only)
{
    struct json *list = json_array(scope->arena);
    for (size_t i = 0; i < scope->config->service_count; i++) {
        struct json *tree = service_tree(scope, i);
        if (!is_trouble_only || json_get(tree, STR("trouble"))->kind == JSON_STRING)
            json_append(scope->arena, list, tree);
    }
    return list;
}

struct json *page_view_services(const struct page_scope *scope)
{
    struct json *tree = json_object(scope->arena);
    tree_put(scope->arena, tree, "services", service_list(scope, false));
    if (scope->is_html)
        tree_put(scope->arena, tree, "view", tree_view(scope->arena, "Services", "services"));
    return tree;
}

struct json *page_view_deliveries(const struct page_scope *scope, const struct store_filter *filter,
                                  const struct store_counts *counts,
                                  const struct store_delivery *rows, size_t count, const char *next)
{
    struct arena *arena = scope->arena;
    struct json *tree = json_object(arena), *deliveries = json_array(arena);
    for (size_t i = 0; i < count; i++)
        json_append(arena, deliveries, page_view_row(scope, &rows[i]));
    tree_put(arena, tree, "counts", counts_tree(scope, counts));
    tree_put(arena, tree, "filter", filter_tree(arena, filter));
    tree_put(arena, tree, "trouble", service_list(scope, true));
    tree_put(arena, tree, "deliveries", deliveries);
    tree_text(arena, tree, "next", next);
    if (scope->is_html)
        tree_put(arena, tree, "view", list_view(scope, filter, counts, count != 0));
    return tree;
}

// --- events that no route took ---

static struct json *unrouted_tree(const struct page_scope *scope, const struct store_event *event)
{
    struct arena *arena = scope->arena;
    struct json *tree = json_object(arena);
    tree_text(arena, tree, "id", event->id);
    tree_text(arena, tree, "href", arena_printf(arena, "/events/%s", event->id));
    tree_text(arena, tree, "trigger", event->trigger);
    tree_text(arena, tree, "source", event->source);
    tree_str(arena, tree, "call_id", event->call_id);
    tree_time(arena, tree, "received_at", event->received_at);
    if (scope->is_html) {
        struct json *view = json_object(arena);
        tree_text(arena, view, "received",
                  page_text_relative(arena, event->received_at, scope->now));
        tree_text(arena, view, "received_clock", page_text_clock(arena, event->received_at));
        tree_put(arena, tree, "view", view);
    }
    return tree;
}

struct json *page_view_unrouted(const struct page_scope *scope, const struct store_event *events,
                                size_t count, const char *next)
{
    struct arena *arena = scope->arena;
    struct json *tree = json_object(arena), *list = json_array(arena);
    for (size_t i = 0; i < count; i++)
        json_append(arena, list, unrouted_tree(scope, &events[i]));
    tree_put(arena, tree, "events", list);
    tree_text(arena, tree, "next", next);
    if (scope->is_html) {
        struct json *view = tree_view(arena, "Unrouted events", "unrouted");
        tree_boolean(arena, view, "is_empty", count == 0);
        tree_put(arena, tree, "view", view);
    }
    return tree;
}
