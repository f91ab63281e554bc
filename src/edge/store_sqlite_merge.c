// SPDX-License-Identifier: GPL-3.0-or-later
//
// Merging in the SQLite store: deliveries of one call that a route brings together. Knows which
// delivery waits for which triggers, not what is in an event. What surprises: the later delivery
// replaces the earlier one, so that each event keeps a delivery of its own to be looked up by, and
// the triggers of a call that were there before are not waited for again.

#include "edge/store_sqlite_write.h"

#include <stdio.h>

enum {
    LOOK_BACK_MAX = 64, // deliveries of a call, so that a call without end costs no more than that
    WANTS_MAX_BYTES = 4096,
};

// --- triggers in a text, with blanks between ---

static bool next_word(struct str *rest, struct str *ret)
{
    if (!rest->len)
        return false;
    const char *blank = memchr(rest->data, ' ', rest->len);
    size_t len = blank ? (size_t)(blank - rest->data) : rest->len;
    size_t step = blank ? len + 1 : len;
    *ret = (struct str){rest->data, len};
    *rest = (struct str){rest->data + step, rest->len - step};
    return true;
}

static struct str without(struct arena *arena, struct str words, struct str word)
{
    AUTO_BUF struct buf left;
    struct str each;
    buf_init(&left, WANTS_MAX_BYTES);
    while (next_word(&words, &each)) {
        if (str_eq(each, word))
            continue;
        if (left.len)
            buf_add_char(&left, ' ');
        buf_add_str(&left, each);
    }
    return arena_copy(arena, buf_str(&left));
}

static struct str all_wanted(struct arena *arena, const struct store_new_delivery *delivery)
{
    AUTO_BUF struct buf words;
    buf_init(&words, WANTS_MAX_BYTES);
    for (size_t i = 0; i < delivery->merge_trigger_count; i++)
        buf_printf(&words, "%s%s", i ? " " : "", delivery->merge_triggers[i]);
    return arena_copy(arena, buf_str(&words));
}

// --- what is there of the call ---

static bool is_full(struct store *store, int64_t delivery, bool *ret, struct err *err)
{
    sqlite3_stmt *count = store->statements[COUNT_CARRIED];
    bool has_row;
    db_bind_integer(count, 1, delivery);
    if (!db_row(count, &has_row, err))
        return false;
    *ret = db_integer(count, 0) >= STORE_CARRIED_MAX;
    db_reset(count);
    return true;
}

static bool is_of_call(sqlite3_stmt *row, const struct store_new_delivery *delivery)
{
    struct str session = db_peek(row, 5);
    bool is_session =
        !session.len || !delivery->merge_session.len || str_eq(session, delivery->merge_session);
    return is_session && str_eq(db_peek(row, 1), str_from(delivery->route));
}

static bool still_waits(sqlite3_stmt *row)
{
    return str_eq(db_peek(row, 2), str_from(delivery_state_word(DELIVERY_WAITING))) &&
           db_integer(row, 3) == 0 && db_peek(row, 6).len > 0;
}

// The delivery to be replaced: one that waits for the trigger, else one that waits at all; of
// several the newest, and rows come newest first.
struct candidate {
    int64_t number, not_before;
    struct str wants;
    bool is_wanting_this;
};

static void consider(sqlite3_stmt *row, struct arena *arena, struct str trigger,
                     struct candidate *best)
{
    if (!still_waits(row) || best->is_wanting_this)
        return;
    struct str wants = db_str(row, 6, arena);
    bool is_wanting_this = without(arena, wants, trigger).len < wants.len;
    if (!best->number || is_wanting_this)
        *best = (struct candidate){db_integer(row, 0), db_integer(row, 4), wants, is_wanting_this};
}

bool merge_find(struct store *store, struct arena *arena, const char *trigger,
                const struct store_new_delivery *delivery, struct merging *ret, struct err *err)
{
    sqlite3_stmt *find = store->statements[FIND_MERGING];
    struct str own = str_from(trigger), wants = all_wanted(arena, delivery);
    struct candidate best = {.wants = STR("")};
    bool has_row, has_no_room = false;
    db_bind_str(find, 1, delivery->merge_call);
    db_bind_text(find, 2, delivery->service);
    db_bind_integer(find, 3, LOOK_BACK_MAX);
    for (;;) {
        if (!db_row(find, &has_row, err))
            return false;
        if (!has_row)
            break;
        if (!is_of_call(find, delivery))
            continue;
        wants = without(arena, wants, db_peek(find, 7)); // it was there before
        consider(find, arena, own, &best);
    }
    if (best.number && !is_full(store, best.number, &has_no_room, err))
        return false;
    bool is_joining = best.number && !has_no_room;
    *ret = (struct merging){
        .number = is_joining ? best.number : 0,
        .not_before = best.not_before,
        .wants = without(arena, is_joining ? best.wants : wants, own),
    };
    return true;
}

bool merge_into(struct store *store, int64_t old, int64_t new, const char *trigger, int64_t now,
                struct err *err)
{
    sqlite3_stmt *merge = store->statements[MERGE];
    struct row row;
    char reason[200];
    bool is_found;
    if (!lease_load(store, old, &is_found, &row, err))
        return false;
    require(is_found && row.state == DELIVERY_WAITING);
    snprintf(reason, sizeof(reason), "its event goes with the call's %s", trigger);
    db_bind_integer(merge, 1, old);
    db_bind_integer(merge, 2, new);
    return lease_end_waiting(store, &row, DELIVERY_MERGED, reason, now, err) && db_run(merge, err);
}

// --- what a delivery carries ---

bool merge_read_carried(struct store *store, int64_t delivery, struct arena *arena,
                        const struct store_carried **ret, size_t *ret_count, struct err *err)
{
    sqlite3_stmt *find = store->statements[FIND_CARRIED];
    struct store_carried *carried = arena_alloc(arena, STORE_CARRIED_MAX * sizeof(*carried));
    size_t count = 0;
    bool has_row;
    db_bind_integer(find, 1, delivery);
    for (;;) {
        if (!db_row(find, &has_row, err))
            return false;
        if (!has_row || count == STORE_CARRIED_MAX)
            break;
        carried[count++] = (struct store_carried){
            .event_id = db_text(find, 0, arena),
            .trigger = db_text(find, 1, arena),
            .source = db_text(find, 2, arena),
            .format = db_format(find, 3),
            .body = db_str(find, 4, arena),
        };
    }
    db_reset(find);
    *ret = carried;
    *ret_count = count;
    return true;
}
