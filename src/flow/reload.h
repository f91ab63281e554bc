// SPDX-License-Identifier: GPL-3.0-or-later
//
// The story "reload": load a new generation beside the running one, and when it is good, put it in
// its place: the ledger's services first, then the workers, then what requests are read and pages
// made by. A mistake leaves everything as it was, and is kept to be shown. Holds the current
// generation. A thread of its own does the work; the functions below, any thread.

#ifndef FLOW_RELOAD_H
#define FLOW_RELOAD_H

#include "flow/generation.h"
#include "flow/ledger.h"
#include "flow/worker.h"

struct reload;

struct reload_options {
    const char *file; // of the configuration; outlives the reload
    struct ledger *ledger;
    struct workers *workers; // started
};

// Puts the first generation in place, and takes it over.
struct reload *reload_start(const struct reload_options *options, struct generation *first);
// A reload under way is finished, one that was asked for is refused, and no more follow. Before the
// workers drain and the ledger stops.
void reload_stop(struct reload *reload);
void reload_free(struct reload *reload); // after the server

struct generation *reload_hold(struct reload *reload); // the current one, held for the caller

struct reload_result {
    const struct generation *generation; // the current one now
    bool is_new;
    bool is_stopping;                // nothing was tried
    const struct fault_list *faults; // when it is not new
};
typedef void reload_done_fn(void *context, const struct reload_result *result);

// `done` is called on the reload's thread, after the swap. False, and no call: one is under way.
bool reload_ask(struct reload *reload, reload_done_fn *done, void *context) MUST_CHECK;
// Nobody waits for the answer. While one is under way another follows it, because the files may
// have changed since they were read.
void reload_signal(struct reload *reload);

// The last reload, when it failed: at_ms is 0 otherwise. Faults in the arena, `total` there were.
struct reload_failure {
    int64_t at_ms;
    const struct fault *faults;
    size_t count, total;
};
void reload_last_failure(struct reload *reload, struct arena *arena, struct reload_failure *ret);

#endif
