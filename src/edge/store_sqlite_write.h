// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the writing files of the SQLite store share: the store itself with its statements, the
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
    FIND_REPEATED,
    FIND_DELIVERIES,
    ADD_EVENT,
    ADD_DELIVERY,
    ADD_ATTEMPT,
    LOAD,
    LOAD_ID,
    LOAD_EXPIRING,
    END_LEASE,
    END_WAITING,
    RESEND,
    FIRST_OPEN,
    ACTIVE,
    SET_DUE,
    FIND_DUE,
    FIND_CARRIED,
    FIND_CAPTURED,
    DROP_CAPTURES,
    ADD_CAPTURE,
    FIND_EXPIRING,
    FIND_MERGING,
    COUNT_CARRIED,
    MERGE,
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

// What became of an event, as the tally has it.
enum fate { FATE_ROUTED, FATE_UNROUTED, FATE_REPEATED, FATE_COUNT };

struct store {
    int lock_fd;
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    int64_t last_event, last_delivery;                     // numbers given out
    int64_t committed_last_event, committed_last_delivery; // what a rollback goes back to
    int64_t event_change[FATE_COUNT];
    struct tally *tallies;
    size_t tally_count;
    struct arena *scratch;
};

void tally_add(struct store *store, const char *service, enum delivery_state state, int64_t change);

// The part of a delivery that decides what may happen to it.
struct row {
    int64_t number;
    const char *service;
    struct str order_key;
    enum delivery_state state;
    int64_t due_at, leased_at; // 0: none
    int attempts;
};

// The row a statement that begins with ROW_COLUMNS stands on. Its texts live in the store's scratch
// arena until the next row is loaded.
#define ROW_COLUMNS "number, service, order_key, state, due_at, leased_at, attempts"
bool lease_read_row(struct store *store, sqlite3_stmt *row, struct row *ret,
                    struct err *err) MUST_CHECK;
bool lease_load(struct store *store, int64_t number, bool *ret_is_found, struct row *ret,
                struct err *err) MUST_CHECK;

// The first of the open deliveries of an order key, 0 when there is none.
bool lease_first_open(struct store *store, const char *service, struct str order_key,
                      int64_t *ret_number, int64_t *ret_not_before, struct err *err) MUST_CHECK;
// Ends a delivery that is not leased; `reason` NULL keeps the one it has.
bool lease_end_waiting(struct store *store, const struct row *row, enum delivery_state state,
                       const char *reason, int64_t now, struct err *err) MUST_CHECK;
bool lease_claim(struct store *store, struct store_batch *batch, struct store_claim *claim,
                 struct err *err) MUST_CHECK;
bool lease_settle(struct store *store, int64_t now, struct store_settle *settle,
                  struct err *err) MUST_CHECK;
// Puts back the leases that ran out by `until`, one service name in the arena for each.
bool lease_lapse(struct store *store, int64_t until, int64_t now, const char *reason,
                 struct arena *arena, const char ***ret_services, size_t *ret_count,
                 struct err *err) MUST_CHECK;
bool lease_operate(struct store *store, int64_t now, struct store_operate *operate,
                   struct err *err) MUST_CHECK;

// Ends what waits past its deadline, or a good part of it, and finds the next deadline.
bool expire_sweep(struct store *store, struct store_batch *batch, struct err *err) MUST_CHECK;
// Ends one that waits past its deadline.
bool expire_delivery(struct store *store, struct store_batch *batch, int64_t number,
                     struct err *err) MUST_CHECK;

// What a new delivery of a merging route finds of its call.
struct merging {
    int64_t number;     // that it replaces; 0: none
    int64_t not_before; // of that one
    struct str wants;   // triggers yet to come, with blanks between; empty: none
};
bool merge_find(struct store *store, struct arena *arena, const char *trigger,
                const struct store_new_delivery *delivery, struct merging *ret,
                struct err *err) MUST_CHECK;
// Ends the delivery that is replaced; all that it carries goes to the new one, by number.
bool merge_into(struct store *store, int64_t old, int64_t new, const char *trigger, int64_t now,
                struct err *err) MUST_CHECK;
bool merge_read_carried(struct store *store, int64_t delivery, struct arena *arena,
                        const struct store_carried **ret, size_t *ret_count,
                        struct err *err) MUST_CHECK;

#endif
