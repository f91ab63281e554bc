// SPDX-License-Identifier: GPL-3.0-or-later
//
// A lane: what a worker has learned of the service on one seat, and how many of its deliveries are
// under way. Knows windows, not jobs or the ledger. Written by its worker's thread alone, under the
// worker's lock, so that thread reads it without.

#ifndef FLOW_WORKER_LANE_H
#define FLOW_WORKER_LANE_H

#include "core/window.h"
#include "flow/worker.h"

#include <pthread.h>

struct lane {
    size_t seat;
    struct worker *worker;         // NULL: nobody ever sat here
    pthread_mutex_t *lock;         // the worker's
    const struct service *service; // of the current generation; NULL: nobody sits here
    char *name;                    // of who sat here last
    struct window window; // on the steady clock, so that a clock set back closes nothing for hours
    size_t limit;         // as the ledger knows it
    int in_flight;        // leases here and not settled; the ledger's thread adds to it
    bool is_opening;      // a person asks for it
    char reason[300];     // of the last trouble, "" when none
};

// With the lock held. What was learned stays if the name is the same, and the target too where
// `before`, its last service, is not NULL.
void lane_seat(struct lane *lane, const struct service *service, const struct service *before);
// Takes in what an attempt taught.
void lane_feed(struct lane *lane, const struct outcome *outcome, const char *reason,
               int64_t now_ms);
void lane_open_if_asked(struct lane *lane);
void lane_view(struct lane *lane, int64_t now_ms, struct worker_view *ret); // any thread

#endif
