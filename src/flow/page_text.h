// SPDX-License-Identifier: GPL-3.0-or-later
//
// How the pages say times, spans and what becomes of a delivery. Pure: the moment that is now is
// handed in. All texts live in the arena; none is marked up or escaped.

#ifndef FLOW_PAGE_TEXT_H
#define FLOW_PAGE_TEXT_H

#include "edge/store.h"
#include "flow/worker.h"

const char *page_text_time(struct arena *arena, int64_t at_ms);  // RFC 3339, NULL for 0
const char *page_text_clock(struct arena *arena, int64_t at_ms); // "18:02:17", NULL for 0
const char *page_text_span(struct arena *arena, int64_t for_ms); // "850 ms", "12 s", "2 h 5 min"
const char *page_text_micros(struct arena *arena, int64_t us);   // "31 µs", "1.4 ms", "1.24 s"
// "12 s ago", "in 3 min", "now"; NULL for 0.
const char *page_text_relative(struct arena *arena, int64_t at_ms, int64_t now_ms);

// One or two sentences: what the delivery waits for, and what a person can do. `service` is what is
// known of its service now; NULL when the configuration has no such service any more.
const char *page_text_next(struct arena *arena, const struct store_delivery *delivery,
                           const struct worker_view *service, int64_t now_ms);
// Why no deliveries are sent to the service now; NULL when they are.
const char *page_text_trouble(struct arena *arena, const struct worker_view *service,
                              int64_t now_ms);

// XML or JSON with line ends and indentation between its parts, for reading. The empty string when
// it is neither, or when there is nothing to gain.
struct str page_text_pretty(struct arena *arena, struct str text);

#endif
