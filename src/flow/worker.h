// SPDX-License-Identifier: GPL-3.0-or-later
//
// The story "deliver": take a lease, encode, send, decode, decide, settle. One event loop per
// worker thread; a service belongs to one worker, so its window and order need no locks. Knows no
// SQL, HTTP or XML.

#ifndef FLOW_WORKER_H
#define FLOW_WORKER_H

#include "flow/generation.h"
#include "flow/ledger.h"

struct workers;

// The ledger is started by the caller with workers_lease as its lease function and the workers as
// context, so it comes second: workers_new, ledger_start, workers_start.
struct workers *workers_new(size_t count);
void workers_start(struct workers *workers, struct ledger *ledger);
void workers_lease(void *workers, size_t seat, struct store_lease **leases, size_t count);
// New leases are worked on by this generation, whose seats the ledger gave; those under way end by
// the one they began with. What was learned of a service stays with it as long as it calls the same
// target. Returns once every worker goes by it. One thread at a time, from start to drain.
void workers_change(struct workers *workers, struct generation *generation);
// Takes no new leases and waits for those in flight, at most wait_for_ms; what is still out then
// is left to its lease. Returns how many were left. Call before ledger_stop.
size_t workers_drain(struct workers *workers, int64_t wait_for_ms);
void workers_free(struct workers *workers); // after ledger_stop

// What is known of a service now, for pages. Any thread.
struct worker_view {
    int in_flight, limit, max;
    int failures_in_a_row;
    int64_t closed_until; // 0: open; INT64_MAX: until a person opens it
    char reason[300];     // of the last trouble, "" when none
};
void workers_view(struct workers *workers, size_t seat, struct worker_view *ret);
// By a person: opens a closed service.
void workers_open(struct workers *workers, size_t seat);

#endif
