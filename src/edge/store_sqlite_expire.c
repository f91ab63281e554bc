// SPDX-License-Identifier: GPL-3.0-or-later
//
// Deadlines in the SQLite store: what waits past its own ends as expired. Knows no policy; a
// delivery that is leased is let be, and one that is held has ended. What surprises: the index of
// deadlines holds those that wait only, so that looking costs one step when nothing expires.

#include "edge/store_sqlite_write.h"

enum { SWEEP_MAX = 1024 }; // in a transaction, so that none gets long

static void note_expired(struct store_batch *batch, const char *service, sqlite3_stmt *row)
{
    struct store_expired *expired = arena_alloc(batch->arena, sizeof(*expired));
    *expired = (struct store_expired){
        .next = batch->expired,
        .id = db_text(row, 8, batch->arena),
        .event_id = db_text(row, 9, batch->arena),
        .service = arena_strdup(batch->arena, service),
    };
    batch->expired = expired;
}

bool expire_delivery(struct store *store, struct store_batch *batch, int64_t number,
                     struct err *err)
{
    sqlite3_stmt *load = store->statements[LOAD_EXPIRING];
    struct row row;
    struct delivery_step step;
    bool is_found;
    db_bind_integer(load, 1, number);
    if (!db_row(load, &is_found, err))
        return false;
    require(is_found);
    if (!lease_read_row(store, load, &row, err))
        return false;
    delivery_expire(row.attempts, db_text(load, 7, store->scratch), &step);
    note_expired(batch, row.service, load);
    db_reset(load);
    return lease_end_waiting(store, &row, step.state, step.reason, batch->now, err);
}

bool expire_sweep(struct store *store, struct store_batch *batch, struct err *err)
{
    sqlite3_stmt *find = store->statements[FIND_EXPIRING];
    int64_t numbers[SWEEP_MAX];
    size_t count = 0;
    bool has_row;
    batch->next_expiry = INT64_MAX;
    db_bind_integer(find, 1, SWEEP_MAX + 1);
    for (;;) {
        if (!db_row(find, &has_row, err))
            return false;
        if (!has_row)
            break;
        batch->next_expiry = db_integer(find, 1);
        if (batch->next_expiry > batch->now || count == SWEEP_MAX) {
            db_reset(find);
            break;
        }
        numbers[count++] = db_integer(find, 0);
        batch->next_expiry = INT64_MAX;
    }
    for (size_t i = 0; i < count; i++) {
        if (!expire_delivery(store, batch, numbers[i], err))
            return false;
    }
    return true;
}
