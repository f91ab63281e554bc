// SPDX-License-Identifier: GPL-3.0-or-later
//
// The writing half of the SQLite store: one transaction a batch, and in it the events and their new
// deliveries; store_sqlite_lease.c has what happens to them later. What surprises: numbers are
// given out here and not by SQLite, because an event names its first delivery before that is
// written.

#include "edge/store_sqlite_write.h"

#include <stdio.h>
#include <unistd.h>

#define FIRST_COLUMNS "id, received_at, first_delivery, delivery_count FROM events "

static const char *const statement_sql[STATEMENT_COUNT] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [LAST_NUMBERS] =
        "SELECT (SELECT max(number) FROM events), (SELECT max(number) FROM deliveries)",
    [FIND_KEY] =
        "SELECT fingerprint = ?3, " FIRST_COLUMNS "WHERE source = ?1 AND idempotency_key = ?2",
    [FIND_REPEATED] = "SELECT 1, " FIRST_COLUMNS "INDEXED BY events_by_repeat WHERE source = ?1 "
                      "AND repeat_key = ?2 AND received_at > ?3 ORDER BY received_at LIMIT 1",
    [FIND_DELIVERIES] = "SELECT id, service, route, order_key FROM deliveries "
                        "WHERE number >= ?1 AND number < ?2 ORDER BY number",
    [ADD_EVENT] = "INSERT INTO events (number, id, trigger, source, call_id, received_at, "
                  "first_delivery, delivery_count, idempotency_key, fingerprint, format, body, "
                  "repeat_key) "
                  "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    [ADD_DELIVERY] = "INSERT INTO deliveries (number, id, event, service, route, order_key, state, "
                     "due_at, not_before, expires_at, attempts, progress_attempts, last_status, "
                     "reason, merge_call, merge_session, merge_wants) "
                     "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, 0, 0, '', ?11, ?12, ?13)",
    [ADD_ATTEMPT] = "INSERT INTO attempts (delivery, number, started_at, ended_at, outcome, scope, "
                    "reach, http_status, fault, reason, peer, resolved_us, connected_us, "
                    "secured_us, first_byte_us, total_us, request_head, request_body, reply_head, "
                    "reply_body, reply_dropped_bytes, fault_tree, verdict) VALUES (?1, ?2, ?3, ?4, "
                    "?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, "
                    "?21, ?22, ?23)",
    [LOAD] = "SELECT " ROW_COLUMNS " FROM deliveries WHERE number = ?1",
    [LOAD_ID] = "SELECT " ROW_COLUMNS " FROM deliveries WHERE id = ?1",
    [LOAD_EXPIRING] = "SELECT " ROW_COLUMNS ", reason, id, (SELECT id FROM events "
                      "WHERE number = deliveries.event) FROM deliveries WHERE number = ?1",
    [END_LEASE] = "UPDATE deliveries SET state = ?2, due_at = ?3, ended_at = ?4, leased_at = NULL, "
                  "lease_until = NULL, attempts = attempts + 1, "
                  "progress_attempts = progress_attempts + 1, "
                  "first_attempt_at = coalesce(first_attempt_at, ?5), "
                  "progress_first_attempt_at = coalesce(progress_first_attempt_at, ?5), "
                  "last_status = ?6, reason = ?7 WHERE number = ?1",
    [END_WAITING] = "UPDATE deliveries SET state = ?2, due_at = NULL, ended_at = ?3, "
                    "reason = coalesce(?4, reason) WHERE number = ?1",
    [RESEND] = "UPDATE deliveries SET state = ?2, due_at = ?3, not_before = NULL, "
               "expires_at = NULL, merge_wants = NULL, ended_at = NULL, progress_attempts = 0, "
               "progress_first_attempt_at = NULL WHERE number = ?1",
    [FIRST_OPEN] =
        "SELECT number, not_before FROM deliveries INDEXED BY deliveries_open WHERE service = ?1 "
        "AND order_key = ?2 AND ended_at IS NULL ORDER BY number LIMIT 1",
    [ACTIVE] = "SELECT number, due_at IS NOT NULL FROM deliveries INDEXED BY deliveries_open "
               "WHERE service = ?1 AND order_key = ?2 AND ended_at IS NULL "
               "AND (due_at IS NOT NULL OR lease_until IS NOT NULL) ORDER BY number LIMIT 1",
    [SET_DUE] = "UPDATE deliveries SET due_at = ?2 WHERE number = ?1",
    [FIND_DUE] = "SELECT d.number, d.attempts, d.progress_attempts, d.progress_first_attempt_at, "
                 "d.expires_at, d.merge_call IS NOT NULL, "
                 "d.id, e.id, e.trigger, e.source, e.call_id, e.received_at, e.format, e.body, "
                 "EXISTS (SELECT 1 FROM captures INDEXED BY captures_by_call "
                 "WHERE call_id = e.call_id AND call_id <> '' AND source = e.source) "
                 "FROM deliveries d INDEXED BY deliveries_due CROSS JOIN events e "
                 "ON e.number = d.event WHERE d.service = ?1 AND d.due_at <= ?2 "
                 "ORDER BY d.due_at, d.number LIMIT ?3",
    [FIND_CARRIED] = "SELECT e.id, e.trigger, e.source, e.format, e.body FROM deliveries d "
                     "INDEXED BY deliveries_merged CROSS JOIN events e ON e.number = d.event "
                     "WHERE d.merged_into = ?1 ORDER BY d.number",
    [FIND_CAPTURED] = SQL_CAPTURED,
    [DROP_CAPTURES] = "DELETE FROM captures WHERE delivery = ?1",
    [ADD_CAPTURE] = "INSERT INTO captures (delivery, source, call_id, name, value) "
                    "SELECT d.number, e.source, e.call_id, ?2, ?3 FROM deliveries d "
                    "CROSS JOIN events e ON e.number = d.event WHERE d.number = ?1",
    [FIND_EXPIRING] = "SELECT number, expires_at FROM deliveries INDEXED BY deliveries_expiring "
                      "WHERE expires_at IS NOT NULL AND ended_at IS NULL AND lease_until IS NULL "
                      "ORDER BY expires_at LIMIT ?1",
    [FIND_MERGING] = "SELECT number, route, state, attempts, not_before, merge_session, "
                     "merge_wants, (SELECT trigger FROM events WHERE number = d.event) "
                     "FROM deliveries d INDEXED BY deliveries_merging WHERE merge_call = ?1 "
                     "AND service = ?2 ORDER BY number DESC LIMIT ?3",
    [COUNT_CARRIED] = "SELECT count(*) FROM deliveries INDEXED BY deliveries_merged "
                      "WHERE merged_into = ?1",
    [MERGE] = "UPDATE deliveries SET merged_into = ?2 WHERE number = ?1 OR merged_into = ?1",
    [LEASE] = "UPDATE deliveries SET state = ?2, due_at = NULL, leased_at = ?3, lease_until = ?4 "
              "WHERE number = ?1",
    [NEXT_DUE] = "SELECT due_at FROM deliveries INDEXED BY deliveries_due WHERE service = ?1 "
                 "AND due_at IS NOT NULL ORDER BY due_at LIMIT 1",
    // The tally of the last commit names every service that can have one.
    [FIND_LAPSED] = "SELECT d.number FROM tally t CROSS JOIN deliveries d "
                    "INDEXED BY deliveries_by_state ON d.service = t.service AND d.state = t.state "
                    "WHERE t.state = ?1 AND t.count > 0 AND d.lease_until <= ?2",
    [TALLY] = "INSERT INTO tally (service, state, count) VALUES (?1, ?2, ?3) "
              "ON CONFLICT DO UPDATE SET count = count + excluded.count",
    [TALLY_EVENTS] = "UPDATE tally_events SET count = count + ?2 WHERE fate = ?1",
};

// --- tally ---

void tally_add(struct store *store, const char *service, enum delivery_state state, int64_t change)
{
    size_t i = 0;
    while (i < store->tally_count && strcmp(store->tallies[i].service, service) != 0)
        i++;
    if (i == store->tally_count) {
        store->tallies = mem_grow(store->tallies, (i + 1) * sizeof(*store->tallies));
        store->tallies[i] = (struct tally){.service = mem_strdup(service)};
        store->tally_count++;
    }
    store->tallies[i].change[state] += change;
}

static const char *const fate_words[FATE_COUNT] = {
    [FATE_ROUTED] = "routed", [FATE_UNROUTED] = "unrouted", [FATE_REPEATED] = "repeated"};

static bool tally_write(struct store *store, struct err *err)
{
    sqlite3_stmt *events = store->statements[TALLY_EVENTS], *write = store->statements[TALLY];
    for (int fate = 0; fate < FATE_COUNT; fate++) {
        db_bind_text(events, 1, fate_words[fate]);
        db_bind_integer(events, 2, store->event_change[fate]);
        if (store->event_change[fate] && !db_run(events, err))
            return false;
    }
    for (size_t i = 0; i < store->tally_count; i++) {
        const struct tally *tally = &store->tallies[i];
        db_bind_text(write, 1, tally->service);
        for (int state = 0; state < DELIVERY_STATE_COUNT; state++) {
            db_bind_state(write, 2, (enum delivery_state)state);
            db_bind_integer(write, 3, tally->change[state]);
            if (tally->change[state] && !db_run(write, err))
                return false;
        }
    }
    return true;
}

static void tally_clear(struct store *store)
{
    memset(store->event_change, 0, sizeof(store->event_change));
    for (size_t i = 0; i < store->tally_count; i++)
        memset(store->tallies[i].change, 0, sizeof(store->tallies[i].change));
}

// --- transaction ---

static bool transaction_begin(struct store *store, struct err *err)
{
    store->committed_last_event = store->last_event;
    store->committed_last_delivery = store->last_delivery;
    return db_run(store->statements[BEGIN], err);
}

static bool transaction_commit(struct store *store, struct err *err)
{
    if (!tally_write(store, err) || !db_run(store->statements[COMMIT], err))
        return false;
    tally_clear(store);
    return true;
}

static void transaction_rollback(struct store *store)
{
    struct err ignored; // SQLite may have rolled back by itself, and a failed rollback closes too
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        db_reset(store->statements[i]);
    if (!sqlite3_get_autocommit(store->db))
        (void)!db_run(store->statements[ROLLBACK], &ignored);
    store->last_event = store->committed_last_event;
    store->last_delivery = store->committed_last_delivery;
    tally_clear(store);
}

// --- accept ---

static void read_id(sqlite3_stmt *statement, int column, char ret[CLOCK_UUID_BYTES])
{
    snprintf(ret, CLOCK_UUID_BYTES, "%.*s", STR_ARG(db_peek(statement, column)));
}

static bool read_earlier(struct store *store, struct arena *arena, int64_t first, size_t count,
                         struct store_accept *accept, struct err *err)
{
    sqlite3_stmt *find = store->statements[FIND_DELIVERIES];
    struct store_new_delivery *deliveries = arena_alloc(arena, count * sizeof(*deliveries));
    size_t found = 0;
    bool has_row;
    db_bind_integer(find, 1, first);
    db_bind_integer(find, 2, first + (int64_t)count);
    for (;;) {
        if (!db_row(find, &has_row, err))
            return false;
        if (!has_row || found == count)
            break;
        struct store_new_delivery *delivery = &deliveries[found++];
        read_id(find, 0, delivery->id);
        delivery->service = db_text(find, 1, arena);
        delivery->route = db_text(find, 2, arena);
        delivery->order_key = db_str(find, 3, arena);
    }
    db_reset(find);
    accept->deliveries = deliveries;
    accept->delivery_count = found;
    return true;
}

// Runs a statement that looks for an event that was there first; then *ret_is_done, with the result
// filled in: `same`, or a conflict.
static bool find_first(struct store *store, sqlite3_stmt *find, struct arena *arena,
                       enum store_accept_result same, struct store_accept *accept,
                       bool *ret_is_done, struct err *err)
{
    if (!db_row(find, ret_is_done, err))
        return false;
    if (!*ret_is_done)
        return true;
    bool is_same = db_integer(find, 0);
    if (is_same) {
        read_id(find, 1, accept->id);
        accept->received_at = db_integer(find, 2);
    }
    int64_t first = db_integer(find, 3);
    size_t count = (size_t)db_integer(find, 4);
    db_reset(find);
    accept->result = is_same ? same : ACCEPT_CONFLICT;
    return !is_same || read_earlier(store, arena, first, count, accept, err);
}

static bool find_same_key(struct store *store, struct arena *arena, struct store_accept *accept,
                          bool *ret_is_done, struct err *err)
{
    sqlite3_stmt *find = store->statements[FIND_KEY];
    if (!accept->idempotency_key.len)
        return true;
    db_bind_text(find, 1, accept->source);
    db_bind_str(find, 2, accept->idempotency_key);
    db_bind_blob(find, 3, accept->fingerprint, sizeof(accept->fingerprint));
    return find_first(store, find, arena, ACCEPT_DUPLICATE, accept, ret_is_done, err);
}

static bool find_repeated(struct store *store, struct arena *arena, struct store_accept *accept,
                          bool *ret_is_done, struct err *err)
{
    sqlite3_stmt *find = store->statements[FIND_REPEATED];
    if (*ret_is_done || !accept->has_repeat_key)
        return true;
    db_bind_text(find, 1, accept->source);
    db_bind_blob(find, 2, accept->repeat_key, sizeof(accept->repeat_key));
    db_bind_integer(find, 3, accept->repeat_since);
    if (!find_first(store, find, arena, ACCEPT_REPEATED, accept, ret_is_done, err))
        return false;
    store->event_change[FATE_REPEATED] += *ret_is_done;
    return true;
}

static void bind_unless_zero(sqlite3_stmt *statement, int at, int64_t value)
{
    if (value)
        db_bind_integer(statement, at, value);
    else
        db_bind_null(statement, at);
}

static void bind_unless_empty(sqlite3_stmt *statement, int at, struct str text)
{
    if (text.len)
        db_bind_str(statement, at, text);
    else
        db_bind_null(statement, at);
}

static bool add_event(struct store *store, const struct store_accept *accept, struct err *err)
{
    sqlite3_stmt *add = store->statements[ADD_EVENT];
    db_bind_integer(add, 1, ++store->last_event);
    db_bind_text(add, 2, accept->id);
    db_bind_text(add, 3, accept->trigger);
    db_bind_text(add, 4, accept->source);
    db_bind_str(add, 5, accept->call_id);
    db_bind_integer(add, 6, accept->received_at);
    db_bind_integer(add, 7, store->last_delivery + 1);
    db_bind_integer(add, 8, (int64_t)accept->delivery_count);
    bind_unless_empty(add, 9, accept->idempotency_key);
    db_bind_blob(add, 10, accept->fingerprint, sizeof(accept->fingerprint));
    db_bind_text(add, 11, event_format_word(accept->format));
    db_bind_str(add, 12, accept->body);
    if (accept->has_repeat_key)
        db_bind_blob(add, 13, accept->repeat_key, sizeof(accept->repeat_key));
    else
        db_bind_null(add, 13);
    return db_run(add, err);
}

// `earlier`: an open delivery of its order key, 0 when there is none.
static bool insert_delivery(struct store *store, const struct store_new_delivery *delivery,
                            const struct merging *merging, int64_t earlier, int64_t now,
                            struct err *err)
{
    sqlite3_stmt *add = store->statements[ADD_DELIVERY];
    int64_t not_before = delivery->not_before;
    int64_t wait_until = merging->number ? merging->not_before : delivery->merge_until;
    if (merging->wants.len && not_before < wait_until)
        not_before = wait_until;
    db_bind_integer(add, 1, store->last_delivery);
    db_bind_text(add, 2, delivery->id);
    db_bind_integer(add, 3, store->last_event);
    db_bind_text(add, 4, delivery->service);
    db_bind_text(add, 5, delivery->route);
    bind_unless_empty(add, 6, delivery->order_key);
    db_bind_state(add, 7, DELIVERY_WAITING);
    bind_unless_zero(add, 8, earlier ? 0 : not_before > now ? not_before : now);
    bind_unless_zero(add, 9, not_before);
    bind_unless_zero(add, 10, delivery->expires_at);
    bind_unless_empty(add, 11, delivery->merge_call);
    bind_unless_empty(add, 12, delivery->merge_session);
    bind_unless_empty(add, 13, merging->wants);
    tally_add(store, delivery->service, DELIVERY_WAITING, 1);
    return db_run(add, err);
}

static bool add_delivery(struct store *store, struct arena *arena, const char *trigger,
                         const struct store_new_delivery *delivery, int64_t now, struct err *err)
{
    struct merging merging = {.wants = STR("")};
    int64_t number = ++store->last_delivery, earlier = 0, ignored;
    if (delivery->merge_call.len &&
        (!merge_find(store, arena, trigger, delivery, &merging, err) ||
         (merging.number && !merge_into(store, merging.number, number, trigger, now, err))))
        return false;
    if (delivery->order_key.len &&
        !lease_first_open(store, delivery->service, delivery->order_key, &earlier, &ignored, err))
        return false;
    return insert_delivery(store, delivery, &merging, earlier, now, err);
}

static bool accept_event(struct store *store, const struct store_batch *batch,
                         struct store_accept *accept, struct err *err)
{
    bool is_done = false;
    if (!find_same_key(store, batch->arena, accept, &is_done, err) ||
        !find_repeated(store, batch->arena, accept, &is_done, err))
        return false;
    if (is_done)
        return true;
    if (!add_event(store, accept, err))
        return false;
    for (size_t i = 0; i < accept->delivery_count; i++) {
        if (!add_delivery(store, batch->arena, accept->trigger, &accept->deliveries[i], batch->now,
                          err))
            return false;
    }
    store->event_change[accept->delivery_count ? FATE_ROUTED : FATE_UNROUTED]++;
    accept->result = ACCEPT_STORED;
    return true;
}

// --- batch ---

static void drop_leases(struct store_batch *batch)
{
    for (size_t i = 0; i < batch->claim_count; i++) {
        struct store_claim *claim = &batch->claims[i];
        for (size_t j = 0; j < claim->count; j++)
            arena_free(claim->leases[j]->arena);
        claim->count = 0;
    }
}

static bool apply(struct store *store, struct store_batch *batch, struct err *err)
{
    for (size_t i = 0; i < batch->accept_count; i++) {
        if (!accept_event(store, batch, batch->accepts[i], err))
            return false;
    }
    for (size_t i = 0; i < batch->settle_count; i++) {
        if (!lease_settle(store, batch->now, batch->settles[i], err))
            return false;
    }
    for (size_t i = 0; i < batch->operate_count; i++) {
        if (!lease_operate(store, batch->now, batch->operates[i], err))
            return false;
    }
    if (batch->is_lapsing &&
        !lease_lapse(store, batch->now, batch->now, "the lease ran out during this attempt",
                     batch->arena, &batch->lapsed_services, &batch->lapsed_count, err))
        return false;
    if (!expire_sweep(store, batch, err))
        return false;
    for (size_t i = 0; i < batch->claim_count; i++) {
        if (!lease_claim(store, batch, &batch->claims[i], err))
            return false;
    }
    return true;
}

bool store_commit(struct store *store, struct store_batch *batch, struct err *err)
{
    for (size_t i = 0; i < batch->claim_count; i++)
        batch->claims[i].count = 0;
    batch->lapsed_count = 0;
    batch->expired = NULL;
    if (!transaction_begin(store, err))
        return false;
    if (apply(store, batch, err) && transaction_commit(store, err))
        return true;
    transaction_rollback(store);
    drop_leases(batch);
    batch->lapsed_count = 0;
    batch->expired = NULL;
    return false;
}

bool store_next_due(struct store *store, const char *service, int64_t *ret_due_at, struct err *err)
{
    sqlite3_stmt *next = store->statements[NEXT_DUE];
    bool has_row;
    db_bind_text(next, 1, service);
    if (!db_row(next, &has_row, err))
        return false;
    *ret_due_at = has_row ? db_integer(next, 0) : INT64_MAX;
    db_reset(next);
    return true;
}

// --- open and close ---

static bool take_over(struct store *store, size_t *ret_count, struct err *err)
{
    AUTO_ARENA struct arena *arena = arena_new();
    const char **services;
    if (!transaction_begin(store, err))
        return false;
    if (lease_lapse(store, INT64_MAX, clock_now_ms(), "the gateway stopped during this attempt",
                    arena, &services, ret_count, err) &&
        transaction_commit(store, err))
        return true;
    transaction_rollback(store);
    return false;
}

static bool read_last_numbers(struct store *store, struct err *err)
{
    sqlite3_stmt *read = store->statements[LAST_NUMBERS];
    bool has_row;
    if (!db_row(read, &has_row, err))
        return false;
    store->last_event = db_integer(read, 0);
    store->last_delivery = db_integer(read, 1);
    db_reset(read);
    return true;
}

bool store_open(const char *path, struct store **ret, size_t *ret_taken_over, struct err *err)
{
    struct store *store = mem_alloc(sizeof(*store));
    size_t taken_over = 0;
    store->lock_fd = -1;
    store->scratch = arena_new();
    if (!db_lock(path, &store->lock_fd, err) || !db_make(path, err) ||
        !db_open_writer(path, &store->db, err) ||
        !db_prepare(store->db, statement_sql, STATEMENT_COUNT, store->statements, err) ||
        !read_last_numbers(store, err) || !take_over(store, &taken_over, err)) {
        store_close(store);
        return false;
    }
    *ret_taken_over = taken_over;
    *ret = store;
    return true;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    db_finalize(store->statements, STATEMENT_COUNT);
    sqlite3_close(store->db);
    if (store->lock_fd >= 0)
        close(store->lock_fd);
    for (size_t i = 0; i < store->tally_count; i++)
        free(store->tallies[i].service);
    free(store->tallies);
    arena_free(store->scratch);
    free(store);
}
