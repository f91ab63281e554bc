// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the two writing files of the SQLite store share: the store itself with its statements, the
// tally, and what may happen to a delivery after it was accepted. All of it inside the transaction
// that store_commit has begun; a function that fails leaves it to be rolled back.

#ifndef EDGE_STORE_SQLITE_WRITE_H
#define EDGE_STORE_SQLITE_WRITE_H

#include "edge/store_sqlite_private.h"

enum statement {
    BEGIN,
    COMMIT,
    ROLLBACK,
    LAST_NUMBERS,
    FIND_KEY,
    FIND_DELIVERIES,
    ADD_EVENT,
    ADD_DELIVERY,
    ADD_ATTEMPT,
    LOAD,
    LOAD_ID,
    END_LEASE,
    RESEND,
    CANCEL,
    FIRST_OPEN,
    ACTIVE,
    SET_DUE,
    FIND_DUE,
    LEASE,
    NEXT_DUE,
    FIND_LAPSED,
    TALLY,
    TALLY_EVENTS,
    STATEMENT_COUNT,
};

// What the transaction did to the number of deliveries of one service in each state.
struct tally {
    char *service;
    int64_t change[DELIVERY_STATE_COUNT];
};

struct store {
    int lock_fd;
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    int64_t last_event, last_delivery;                     // numbers given out
    int64_t committed_last_event, committed_last_delivery; // what a rollback goes back to
    int64_t event_change[2];                               // by is_routed
    struct tally *tallies;
    size_t tally_count;
    struct arena *scratch;
};

void tally_add(struct store *store, const char *service, enum delivery_state state, int64_t change);

// The first of the open deliveries of an order key, 0 when there is none.
bool lease_first_open(struct store *store, const char *service, struct str order_key,
                      int64_t *ret_number, struct err *err) MUST_CHECK;
bool lease_claim(struct store *store, const struct store_batch *batch, struct store_claim *claim,
                 struct err *err) MUST_CHECK;
bool lease_settle(struct store *store, int64_t now, struct store_settle *settle,
                  struct err *err) MUST_CHECK;
// Puts back the leases that ran out by `until`, one service name in the arena for each.
bool lease_lapse(struct store *store, int64_t until, int64_t now, const char *reason,
                 struct arena *arena, const char ***ret_services, size_t *ret_count,
                 struct err *err) MUST_CHECK;
bool lease_operate(struct store *store, int64_t now, struct store_operate *operate,
                   struct err *err) MUST_CHECK;

#endif
