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
typedef void ledger_lease_fn(void *context, size_t service, struct store_lease **leases,
                             size_t count);

struct ledger_options {
    struct store *store;         // the ledger is its only user from start to stop
    const char *const *services; // names; an index into these identifies a service everywhere
    size_t service_count;
    const int64_t *lease_for_ms; // per service
    const char *store_path;
    int64_t reserve_bytes; // free disk space below which accepts fail with ERR_FULL; -1: see config
    ledger_lease_fn *lease;
    void *lease_context;
};

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
    size_t service;
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

void ledger_accept(struct ledger *ledger, struct ledger_accept *entry);
void ledger_settle(struct ledger *ledger, struct ledger_settle *entry);
void ledger_operate(struct ledger *ledger, struct ledger_operate *entry);
// How many leases the service may have out at once; 0 at the start and while it is held.
void ledger_limit(struct ledger *ledger, size_t service, size_t limit);
// False with a sentence when new events are refused (disk reserve, failing store).
bool ledger_is_ready(struct ledger *ledger, struct err *ret_why);

#endif
