// SPDX-License-Identifier: GPL-3.0-or-later
//
// From rows of the store to trees: what a page says, without how it looks. The JSON answer is the
// tree as it is; the HTML page gets the same tree and a member `view` with what only eyes need
// (options of the filter, pretty-printed texts, widths). Untrusted texts are made printable here
// and escaped by the templates.

#ifndef FLOW_PAGE_VIEW_H
#define FLOW_PAGE_VIEW_H

#include "core/json.h"
#include "edge/config.h"
#include "edge/store.h"
#include "flow/worker.h"

struct page_scope {
    struct arena *arena;
    int64_t now;
    const struct generation *generation;
    const struct config *config; // the generation's
    struct workers *workers;
    bool is_html; // add `view`
};

// One delivery as a row, and as the head of its own page.
struct json *page_view_row(const struct page_scope *scope, const struct store_delivery *delivery);
struct json *page_view_deliveries(const struct page_scope *scope, const struct store_filter *filter,
                                  const struct store_counts *counts,
                                  const struct store_delivery *rows, size_t count,
                                  const char *next);
// `captures`: texts by name. `carried`: the events that it carries besides its own, first to last.
struct json *page_view_delivery(const struct page_scope *scope,
                                const struct store_delivery *delivery,
                                const struct store_attempt *attempts, size_t attempt_count,
                                const struct json *captures, const struct store_event *event,
                                const struct store_event *carried, size_t carried_count);
struct json *page_view_event(const struct page_scope *scope, const struct store_event *event);
struct json *page_view_unrouted(const struct page_scope *scope, const struct store_event *events,
                                size_t count, const char *next);
struct json *page_view_services(const struct page_scope *scope);
struct json *page_view_maps(const struct page_scope *scope);

// Index of the service in the configuration, or its service_count.
size_t page_view_service_index(const struct config *config, const char *name);

#endif
