// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reading what of a route and of a source is about time: delay, expires_in, merge, dedupe. Knows
// which of them contradict each other, not what becomes of events.

#ifndef EDGE_CONFIG_TIMING_H
#define EDGE_CONFIG_TIMING_H

#include "edge/config_read.h"

struct timing_span {
    int64_t ms;              // 0: none
    const struct node *node; // for faults
};

struct timing_draft { // of a route
    struct timing_span delay, expires_in;
    const struct node *merge; // NULL: none
};

config_read_fn config_read_span;   // struct timing_span
config_read_fn config_read_dedupe; // struct config_dedupe

// After the route's own triggers.
void config_read_timing(struct config_reader *reader, const struct timing_draft *draft,
                        struct route *route);

#endif
