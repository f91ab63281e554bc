// SPDX-License-Identifier: GPL-3.0-or-later
//
// The life of a delivery in the SQLite store: claimed, settled, put back, sent again, cancelled.
// Knows the order of deliveries, not what an outcome means nor when to try again. What surprises:
// of the open deliveries of one order key at most one is active, that is leased or with a due time;
// the others have none. Every change of state keeps that, and the tally, in the same transaction.

#include "edge/store_sqlite_write.h"

static void tally_move(struct store *store, const struct row *row, enum delivery_state to)
{
    tally_add(store, row->service, row->state, -1);
    tally_add(store, row->service, to, 1);
}

// --- order ---

bool lease_first_open(struct store *store, const char *service, struct str order_key,
                      int64_t *ret_number, int64_t *ret_not_before, struct err *err)
{
    sqlite3_stmt *find = store->statements[FIRST_OPEN];
    bool has_row;
    db_bind_text(find, 1, service);
    db_bind_str(find, 2, order_key);
    if (!db_row(find, &has_row, err))
        return false;
    *ret_number = has_row ? db_integer(find, 0) : 0;
    *ret_not_before = has_row ? db_integer(find, 1) : 0;
    db_reset(find);
    return true;
}

// --- the end of a lease ---

bool lease_read_row(struct store *store, sqlite3_stmt *row, struct row *ret, struct err *err)
{
    arena_reset(store->scratch);
    ret->number = db_integer(row, 0);
    ret->service = db_text(row, 1, store->scratch);
    ret->order_key = db_str(row, 2, store->scratch);
    ret->due_at = db_integer(row, 4);
    ret->leased_at = db_integer(row, 5);
    ret->attempts = db_int(row, 6);
    return db_state(row, 3, &ret->state, err);
}

// Runs a statement that gives one row at most.
static bool load_row(struct store *store, sqlite3_stmt *load, bool *ret_is_found, struct row *ret,
                     struct err *err)
{
    if (!db_row(load, ret_is_found, err))
        return false;
    if (!*ret_is_found)
        return true;
    bool is_known = lease_read_row(store, load, ret, err);
    db_reset(load);
    return is_known;
}

bool lease_load(struct store *store, int64_t number, bool *ret_is_found, struct row *ret,
                struct err *err)
{
    db_bind_integer(store->statements[LOAD], 1, number);
    return load_row(store, store->statements[LOAD], ret_is_found, ret, err);
}

static bool set_due(struct store *store, int64_t number, int64_t due_at, struct err *err)
{
    sqlite3_stmt *set = store->statements[SET_DUE];
    db_bind_integer(set, 1, number);
    if (due_at)
        db_bind_integer(set, 2, due_at);
    else
        db_bind_null(set, 2);
    return db_run(set, err);
}

// The active delivery of an order key is no longer active, or waits again: the first open one is
// next. That is another than the one that waits when an earlier one was resent meanwhile.
static bool pass_on(struct store *store, const struct row *row, enum delivery_state state,
                    int64_t now, struct err *err)
{
    int64_t first, not_before;
    if (!row->order_key.len)
        return true;
    if (!lease_first_open(store, row->service, row->order_key, &first, &not_before, err))
        return false;
    if (first == 0 || first == row->number)
        return true;
    return set_due(store, first, not_before > now ? not_before : now, err) &&
           (state != DELIVERY_WAITING || set_due(store, row->number, 0, err));
}

static bool add_attempt(struct store *store, const struct row *row,
                        const struct store_attempt *attempt, struct err *err)
{
    sqlite3_stmt *add = store->statements[ADD_ATTEMPT];
    db_bind_integer(add, 1, row->number);
    db_bind_integer(add, 2, row->attempts + 1);
    db_bind_integer(add, 3, attempt->started_at);
    db_bind_integer(add, 4, attempt->ended_at);
    db_bind_text(add, 5, outcome_word(attempt->outcome));
    db_bind_text(add, 6, db_scope_word(attempt->scope));
    db_bind_text(add, 7, reach_word(attempt->reach));
    db_bind_integer(add, 8, attempt->http_status);
    db_bind_text(add, 9, attempt->fault);
    db_bind_text(add, 10, attempt->reason);
    db_bind_text(add, 11, attempt->peer);
    db_bind_integer(add, 12, attempt->resolved_us);
    db_bind_integer(add, 13, attempt->connected_us);
    db_bind_integer(add, 14, attempt->secured_us);
    db_bind_integer(add, 15, attempt->first_byte_us);
    db_bind_integer(add, 16, attempt->total_us);
    db_bind_str(add, 17, attempt->request_head);
    db_bind_str(add, 18, attempt->request_body);
    db_bind_str(add, 19, attempt->reply_head);
    db_bind_str(add, 20, attempt->reply_body);
    db_bind_integer(add, 21, (int64_t)attempt->reply_dropped_bytes);
    db_bind_str(add, 22, attempt->fault_tree);
    db_bind_text(add, 23, attempt->verdict);
    return db_run(add, err);
}

// What an attempt leaves behind: its record, and the delivery's next state.
struct ending {
    const struct store_attempt *attempt;
    enum delivery_state state;
    int64_t due_at;
    const char *reason;
};

static bool end_lease(struct store *store, const struct row *row, const struct ending *ending,
                      int64_t now, struct err *err)
{
    sqlite3_stmt *end = store->statements[END_LEASE];
    db_bind_integer(end, 1, row->number);
    db_bind_state(end, 2, ending->state);
    if (ending->state == DELIVERY_WAITING)
        db_bind_integer(end, 3, ending->due_at);
    else
        db_bind_null(end, 3);
    if (delivery_is_open(ending->state))
        db_bind_null(end, 4);
    else
        db_bind_integer(end, 4, now);
    db_bind_integer(end, 5, ending->attempt->started_at);
    db_bind_integer(end, 6, ending->attempt->http_status);
    db_bind_text(end, 7, ending->reason);
    tally_move(store, row, ending->state);
    return add_attempt(store, row, ending->attempt, err) && db_run(end, err) &&
           pass_on(store, row, ending->state, now, err);
}

// A delivery that is sent again may capture anew; then the values of before are gone.
static bool replace_captures(struct store *store, int64_t delivery, const struct json *captured,
                             struct err *err)
{
    sqlite3_stmt *drop = store->statements[DROP_CAPTURES], *add = store->statements[ADD_CAPTURE];
    if (!captured)
        return true;
    db_bind_integer(drop, 1, delivery);
    if (!db_run(drop, err))
        return false;
    db_bind_integer(add, 1, delivery);
    for (size_t i = 0; i < captured->object.count; i++) {
        db_bind_str(add, 2, captured->object.members[i].name);
        db_bind_str(add, 3, captured->object.members[i].value->string);
        if (!db_run(add, err))
            return false;
    }
    return true;
}

bool lease_settle(struct store *store, int64_t now, struct store_settle *settle, struct err *err)
{
    struct row row;
    bool is_found;
    require(settle->state != DELIVERY_LEASED);
    if (!lease_load(store, settle->delivery, &is_found, &row, err))
        return false;
    settle->is_applied =
        is_found && row.state == DELIVERY_LEASED && row.attempts + 1 == settle->number;
    if (!settle->is_applied)
        return true;
    struct ending ending = {&settle->attempt, settle->state, settle->due_at, settle->reason};
    return replace_captures(store, row.number, settle->captured, err) &&
           end_lease(store, &row, &ending, now, err);
}

static bool put_back(struct store *store, int64_t number, int64_t now, const char *reason,
                     const char **ret_service, struct arena *arena, struct err *err)
{
    struct row row;
    bool is_found;
    if (!lease_load(store, number, &is_found, &row, err))
        return false;
    require(is_found && row.state == DELIVERY_LEASED);
    *ret_service = arena_strdup(arena, row.service);
    struct store_attempt attempt = {
        .started_at = row.leased_at,
        .ended_at = now,
        .outcome = OUTCOME_UNKNOWN,
        .scope = OUTCOME_EVENT,
        .reach = REACH_SENT, // for all we know
        .reason = reason,
    };
    struct ending ending = {&attempt, DELIVERY_WAITING, now, reason};
    return end_lease(store, &row, &ending, now, err);
}

bool lease_lapse(struct store *store, int64_t until, int64_t now, const char *reason,
                 struct arena *arena, const char ***ret_services, size_t *ret_count,
                 struct err *err)
{
    sqlite3_stmt *find = store->statements[FIND_LAPSED];
    AUTO_FREE int64_t *numbers = NULL;
    size_t count = 0, capacity = 0;
    bool has_row;
    db_bind_state(find, 1, DELIVERY_LEASED);
    db_bind_integer(find, 2, until);
    for (;;) {
        if (!db_row(find, &has_row, err))
            return false;
        if (!has_row)
            break;
        if (count == capacity) {
            capacity = capacity ? capacity * 2 : 64;
            numbers = mem_grow(numbers, capacity * sizeof(*numbers));
        }
        numbers[count++] = db_integer(find, 0);
    }
    const char **services = arena_alloc(arena, count * sizeof(*services));
    for (size_t i = 0; i < count; i++) {
        if (!put_back(store, numbers[i], now, reason, &services[i], arena, err))
            return false;
    }
    *ret_services = services;
    *ret_count = count;
    return true;
}

bool lease_end_waiting(struct store *store, const struct row *row, enum delivery_state state,
                       const char *reason, int64_t now, struct err *err)
{
    sqlite3_stmt *end = store->statements[END_WAITING];
    db_bind_integer(end, 1, row->number);
    db_bind_state(end, 2, state);
    db_bind_integer(end, 3, now);
    if (reason)
        db_bind_text(end, 4, reason);
    else
        db_bind_null(end, 4);
    tally_move(store, row, state);
    bool was_active = row->due_at != 0;
    return db_run(end, err) && (!was_active || pass_on(store, row, state, now, err));
}

// --- what a person does ---

// Where a delivery that is sent again stands in the order of its key.
static bool find_place(struct store *store, const struct row *row, int64_t now, int64_t *ret_due_at,
                       struct err *err)
{
    sqlite3_stmt *active = store->statements[ACTIVE];
    bool has_row = false;
    *ret_due_at = now;
    if (!row->order_key.len)
        return true;
    db_bind_text(active, 1, row->service);
    db_bind_str(active, 2, row->order_key);
    if (!db_row(active, &has_row, err))
        return false;
    if (!has_row)
        return true;
    int64_t number = db_integer(active, 0);
    bool is_waiting = db_integer(active, 1);
    db_reset(active);
    if (is_waiting && number > row->number)
        return set_due(store, number, 0, err); // this one goes first
    *ret_due_at = 0;
    return true;
}

static bool resend(struct store *store, const struct row *row, int64_t now, struct err *err)
{
    sqlite3_stmt *resend = store->statements[RESEND];
    int64_t due_at;
    if (!find_place(store, row, now, &due_at, err))
        return false;
    db_bind_integer(resend, 1, row->number);
    db_bind_state(resend, 2, DELIVERY_WAITING);
    if (due_at)
        db_bind_integer(resend, 3, due_at);
    else
        db_bind_null(resend, 3);
    tally_move(store, row, DELIVERY_WAITING);
    return db_run(resend, err);
}

bool lease_operate(struct store *store, int64_t now, struct store_operate *operate, struct err *err)
{
    struct row row;
    bool is_found;
    db_bind_text(store->statements[LOAD_ID], 1, operate->delivery_id);
    if (!load_row(store, store->statements[LOAD_ID], &is_found, &row, err))
        return false;
    if (!is_found) {
        operate->result = OPERATE_NOT_FOUND;
        return true;
    }
    bool is_resend = operate->operation == OPERATE_RESEND;
    if (!(is_resend ? delivery_may_resend(row.state) : delivery_may_cancel(row.state))) {
        operate->result = OPERATE_REFUSED;
        operate->state = row.state;
        return true;
    }
    operate->result = OPERATE_DONE;
    operate->state = is_resend ? DELIVERY_WAITING : DELIVERY_CANCELLED;
    return is_resend ? resend(store, &row, now, err)
                     : lease_end_waiting(store, &row, DELIVERY_CANCELLED, NULL, now, err);
}

// --- claim ---

static struct store_lease *read_lease(sqlite3_stmt *find, const char *service)
{
    struct arena *arena = arena_new();
    struct store_lease *lease = arena_alloc(arena, sizeof(*lease));
    struct delivery_progress progress = {.attempts = db_int(find, 2),
                                         .first_attempt_at = db_integer(find, 3),
                                         .expires_at = db_integer(find, 4)};
    *lease = (struct store_lease){
        .arena = arena,
        .delivery = db_integer(find, 0),
        .number = db_int(find, 1) + 1,
        .progress = progress,
        .id = db_text(find, 6, arena),
        .service = arena_strdup(arena, service),
        .event_id = db_text(find, 7, arena),
        .trigger = db_text(find, 8, arena),
        .source = db_text(find, 9, arena),
        .call_id = db_str(find, 10, arena),
        .received_at = db_integer(find, 11),
        .format = db_format(find, 12),
        .body = db_str(find, 13, arena),
    };
    return lease;
}

static bool read_captured(struct store *store, struct store_lease *lease, struct err *err)
{
    sqlite3_stmt *find = store->statements[FIND_CAPTURED];
    db_bind_str(find, 1, lease->call_id);
    db_bind_text(find, 2, lease->source);
    db_bind_integer(find, 3, STORE_CAPTURED_MAX);
    return db_named_texts(find, lease->arena, &lease->captured, err);
}

static bool read_due(struct store *store, const struct store_batch *batch,
                     struct store_claim *claim, int64_t *late, size_t *ret_late_count,
                     struct err *err)
{
    sqlite3_stmt *find = store->statements[FIND_DUE];
    bool has_row;
    db_bind_text(find, 1, claim->service);
    db_bind_integer(find, 2, batch->now);
    db_bind_integer(find, 3, (int64_t)claim->limit);
    for (;;) {
        if (!db_row(find, &has_row, err))
            return false;
        if (!has_row)
            return true;
        int64_t expires_at = db_integer(find, 4);
        if (expires_at && expires_at <= batch->now) {
            late[(*ret_late_count)++] = db_integer(find, 0);
            continue;
        }
        bool may_carry = db_integer(find, 5), has_captured = db_integer(find, 14);
        struct store_lease *lease = read_lease(find, claim->service);
        claim->leases[claim->count++] = lease;
        if (may_carry && !merge_read_carried(store, lease->delivery, lease->arena, &lease->carried,
                                             &lease->carried_count, err))
            return false;
        if (has_captured && !read_captured(store, lease, err))
            return false;
    }
}

bool lease_claim(struct store *store, struct store_batch *batch, struct store_claim *claim,
                 struct err *err)
{
    sqlite3_stmt *lease = store->statements[LEASE];
    int64_t *late = arena_alloc(batch->arena, claim->limit * sizeof(*late));
    size_t late_count = 0;
    claim->leases = arena_alloc(batch->arena, claim->limit * sizeof(struct store_lease *));
    if (!read_due(store, batch, claim, late, &late_count, err))
        return false;
    for (size_t i = 0; i < late_count; i++) {
        if (!expire_delivery(store, batch, late[i], err))
            return false;
    }
    db_bind_state(lease, 2, DELIVERY_LEASED);
    db_bind_integer(lease, 3, batch->now);
    db_bind_integer(lease, 4, claim->lease_until);
    for (size_t i = 0; i < claim->count; i++) {
        db_bind_integer(lease, 1, claim->leases[i]->delivery);
        if (!db_run(lease, err))
            return false;
    }
    tally_add(store, claim->service, DELIVERY_WAITING, -(int64_t)claim->count);
    tally_add(store, claim->service, DELIVERY_LEASED, (int64_t)claim->count);
    return true;
}
