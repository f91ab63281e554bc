// SPDX-License-Identifier: GPL-3.0-or-later
//
// How many deliveries a service may have in flight, learned from its outcomes in the manner of
// Postfix's queue manager: +1/N on success, -1/N on service trouble, closed after a whole window
// of failures in a row, then single probes at growing distance. Pure: no clock, no threads.

#ifndef CORE_WINDOW_H
#define CORE_WINDOW_H

#include "core/outcome.h"

struct window {
    double size;          // learned, 1 to max
    int max;              // configured
    int failures;         // of service scope, in a row
    int64_t closed_until; // 0: open; INT64_MAX: until a person opens it
    int64_t probe_for_ms; // distance to the next probe when closed
};

enum { WINDOW_START = 5, WINDOW_PROBE_FIRST_MS = 1000, WINDOW_PROBE_MAX_MS = 60 * 1000 };

void window_init(struct window *window, int max);
// Takes in one outcome. An outcome of scope event, whatever its kind, proves the service alive. A
// Retry-After moves the next probe, up to the longest distance; 410 closes until a person opens.
void window_feed(struct window *window, const struct outcome *outcome, int64_t now_ms);
// By a person: forgets the trouble.
void window_open(struct window *window);
// The configured limit is another one; what was learned stays.
void window_resize(struct window *window, int max);
// How many may be in flight now: 0 while closed, 1 when a probe is due.
int window_limit(const struct window *window, int64_t now_ms);

#endif
