// SPDX-License-Identifier: GPL-3.0-or-later
//
// The one writer. Gathers accepts, settles, operator actions and the claims they make possible into
// one transaction at a time (group commit), and calls back after the commit. Decides which service
// gets leases: each up to its own limit, so no service can hold another's. Knows the store and the
// clock, not HTTP, SOAP or retries. One thread of its own; the functions below, any thread.

#ifndef FLOW_LEDGER_H
#define FLOW_LEDGER_H

#include "edge/store.h"

struct ledger;

// Runs on the ledger's thread: gives leases of one service to its worker, which owns them now.
typedef void ledger_lease_fn(void *context, size_t seat, struct store_lease **leases, size_t count);

struct ledger_options {
    struct store *store;    // the ledger is its only user from start to stop
    const char *store_path; // copied
    ledger_lease_fn *lease;
    void *lease_context;
};

// It serves no service yet.
struct ledger *ledger_start(const struct ledger_options *options);
// Commits what is queued, then ends the thread. No calls after this.
void ledger_stop(struct ledger *ledger);

// The caller owns each entry until `done` is called, on the ledger's thread, after the commit.
// `err` is NULL when it is on disk. Settles and limits have no failure: a settle that cannot be
// written (disk full) is kept and tried again until it can. Accepts and operator actions fail at
// once with the reason. What the store filled in for a duplicate lives until `done` returns.
struct ledger_accept {
    struct store_accept accept;
    void (*done)(void *context, struct ledger_accept *entry, const struct err *err);
    void *context;
    struct ledger_accept *next; // the ledger's
};
struct ledger_settle {
    struct store_settle settle;
    size_t seat; // of its service
    void (*done)(void *context, struct ledger_settle *entry);
    void *context;
    struct ledger_settle *next;
};
struct ledger_operate {
    struct store_operate operate;
    void (*done)(void *context, struct ledger_operate *entry, const struct err *err);
    void *context;
    struct ledger_operate *next;
};

// Who may get leases, and until the next call nobody else. Each service has a seat, a number that
// stands for it wherever one is asked for. The seat stays with the name from call to call; one that
// is served no more keeps it while it has leases out, or nobody else needs it.
enum { LEDGER_SEATS = 20000 }; // seats are less than this
struct ledger_serve {
    const char *const *services; // names
    const int64_t *lease_for_ms; // of each
    size_t count;
    int64_t reserve_bytes; // free disk space below which accepts fail with ERR_FULL; -1: see config
};
// Returns once the ledger's thread goes by it. ERR_BUSY: too few seats are free, and nothing has
// changed. One thread at a time, from start to stop.
bool ledger_serve(struct ledger *ledger, const struct ledger_serve *serve, size_t *ret_seats,
                  struct err *err) MUST_CHECK;

void ledger_accept(struct ledger *ledger, struct ledger_accept *entry);
void ledger_settle(struct ledger *ledger, struct ledger_settle *entry);
void ledger_operate(struct ledger *ledger, struct ledger_operate *entry);
// How many leases the service may have out at once; 0 at first and while it is held.
void ledger_limit(struct ledger *ledger, size_t seat, size_t limit);
// False with a sentence when new events are refused (disk reserve, failing store).
bool ledger_is_ready(struct ledger *ledger, struct err *ret_why);

#endif
