// SPDX-License-Identifier: GPL-3.0-or-later
//
// The reading half of the SQLite store: lists, one delivery, one event, counts. Any thread; calls
// wait for each other, and none takes longer than two seconds. What surprises: the list by state or
// service asks the tally which (service, state) pairs have rows and takes the newest of each, so
// one index serves both filters. INDEXED BY makes a query that would scan fail at open.

#include "edge/store_sqlite_private.h"

enum {
    VIEW_MAX_FOR_US = 2000000,
    PROGRESS_STEPS = 10000, // of SQLite's machine between two looks at the clock
    LIST_LIMIT_MAX = 200,
    ATTEMPTS_MAX = 100,
};

enum statement {
    BEGIN,
    COMMIT,
    LIST_NEWEST,
    LIST_BY_STATE,
    LIST_BY_TRIGGER,
    LIST_BY_CALL,
    DELIVERY,
    ATTEMPTS,
    EVENT,
    EVENT_DELIVERIES,
    CARRIED,
    CAPTURES,
    CAPTURED,
    UNROUTED,
    COUNT_EVENTS,
    COUNT_STATES,
    OLDEST_OPEN,
    STATEMENT_COUNT,
};

#define DELIVERY_COLUMNS                                                                           \
    "d.number, d.id, e.id, e.trigger, e.source, d.service, d.route, e.call_id, d.state, "          \
    "d.attempts, e.received_at, d.due_at, d.first_attempt_at, d.ended_at, d.last_status, "         \
    "d.reason, d.not_before, d.expires_at, d.merge_wants, "                                        \
    "(SELECT id FROM deliveries WHERE number = d.merged_into) "
#define WITH_EVENT "FROM deliveries d CROSS JOIN events e ON e.number = d.event "

// The parameters of every list: ?1 before, ?2 limit, ?3 state, ?4 service, ?5 trigger, ?6 call id;
// NULL lets all pass. The plus keeps ?1 from being chosen as the end of the search in place of the
// event's own last delivery.
#define LIST_TAIL                                                                                  \
    "AND +d.number < ?1 AND (?3 IS NULL OR d.state = ?3) AND (?4 IS NULL OR d.service = ?4) "      \
    "AND (?5 IS NULL OR e.trigger = ?5) AND (?6 IS NULL OR e.call_id = ?6) "                       \
    "ORDER BY e.number DESC, d.number DESC LIMIT ?2"
// Numbers of events and of deliveries rise together, so newest events have the newest deliveries.
#define FROM_EVENTS(index)                                                                         \
    "SELECT " DELIVERY_COLUMNS "FROM events e INDEXED BY " index " CROSS JOIN deliveries d "       \
    "ON d.number >= e.first_delivery AND d.number < e.first_delivery + e.delivery_count "          \
    "WHERE e.number <= (SELECT max(event) FROM "                                                   \
    "(SELECT event FROM deliveries WHERE number < ?1 ORDER BY number DESC LIMIT 1)) "

static const char *const statement_sql[STATEMENT_COUNT] = {
    [BEGIN] = "BEGIN",
    [COMMIT] = "COMMIT",
    [LIST_NEWEST] =
        "SELECT " DELIVERY_COLUMNS WITH_EVENT "WHERE d.number < ?1 ORDER BY d.number DESC LIMIT ?2",
    [LIST_BY_STATE] =
        "SELECT " DELIVERY_COLUMNS "FROM tally t CROSS JOIN deliveries d CROSS JOIN events e "
        "ON e.number = d.event WHERE t.count > 0 AND (?3 IS NULL OR t.state = ?3) "
        "AND (?4 IS NULL OR t.service = ?4) AND d.number IN (SELECT n.number FROM deliveries n "
        "INDEXED BY deliveries_by_state WHERE n.service = t.service AND n.state = t.state "
        "AND n.number < ?1 AND (?5 IS NULL OR "
        "(SELECT trigger FROM events WHERE number = n.event) = ?5) "
        "ORDER BY n.number DESC LIMIT ?2) ORDER BY d.number DESC LIMIT ?2",
    [LIST_BY_TRIGGER] = FROM_EVENTS("events_by_trigger") "AND e.trigger = ?5 " LIST_TAIL,
    [LIST_BY_CALL] = FROM_EVENTS("events_by_call") "AND e.call_id = ?6 " LIST_TAIL,
    [DELIVERY] = "SELECT " DELIVERY_COLUMNS WITH_EVENT "WHERE d.id = ?1",
    [ATTEMPTS] =
        "SELECT started_at, ended_at, outcome, scope, reach, http_status, fault, reason, "
        "request_head, request_body, reply_head, reply_body, reply_dropped_bytes, peer, "
        "resolved_us, connected_us, secured_us, first_byte_us, total_us, fault_tree, verdict "
        "FROM attempts "
        "INDEXED BY attempts_by_delivery WHERE delivery = ?1 AND number > ?2 ORDER BY number",
    [EVENT] = "SELECT id, trigger, source, call_id, received_at, format, first_delivery, "
              "delivery_count, body FROM events WHERE id = ?1",
    [EVENT_DELIVERIES] = "SELECT " DELIVERY_COLUMNS WITH_EVENT
                         "WHERE d.number >= ?1 AND d.number < ?2 ORDER BY d.number",
    [CARRIED] = "SELECT e.id, e.trigger, e.source, e.call_id, e.received_at, e.format, e.body "
                "FROM deliveries d INDEXED BY deliveries_merged CROSS JOIN events e "
                "ON e.number = d.event WHERE d.merged_into = ?1 ORDER BY d.number LIMIT ?2",
    [CAPTURES] = "SELECT name, value FROM captures INDEXED BY captures_by_delivery "
                 "WHERE delivery = ?1 ORDER BY name",
    [CAPTURED] = SQL_CAPTURED,
    [UNROUTED] = "SELECT id, trigger, source, call_id, received_at, format, number FROM events "
                 "INDEXED BY events_unrouted WHERE delivery_count = 0 AND number < ?1 "
                 "ORDER BY number DESC LIMIT ?2",
    [COUNT_EVENTS] = "SELECT sum(count) FILTER (WHERE fate <> 'repeated'), "
                     "sum(count) FILTER (WHERE fate = 'unrouted'), "
                     "sum(count) FILTER (WHERE fate = 'repeated') FROM tally_events",
    [COUNT_STATES] = "SELECT state, sum(count) FROM tally GROUP BY state",
    [OLDEST_OPEN] = "SELECT received_at FROM events WHERE number = (SELECT min(d.event) "
                    "FROM tally t CROSS JOIN deliveries d ON d.number = (SELECT min(number) "
                    "FROM deliveries INDEXED BY deliveries_by_state WHERE service = t.service "
                    "AND state = t.state) WHERE t.state IN (?1, ?2) AND t.count > 0)",
};

struct store_reader {
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    int64_t deadline_us;
};

// --- one view at a time, each on one state of the store ---

static int is_too_late(void *context)
{
    const struct store_reader *reader = context;
    return clock_steady_us() > reader->deadline_us;
}

static void view_end(struct store_reader *reader)
{
    struct err ignored; // it was only read
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        db_reset(reader->statements[i]);
    reader->deadline_us = INT64_MAX;
    if (!sqlite3_get_autocommit(reader->db))
        (void)!db_run(reader->statements[COMMIT], &ignored);
    sqlite3_mutex_leave(sqlite3_db_mutex(reader->db));
}

static bool view_begin(struct store_reader *reader, struct err *err)
{
    sqlite3_mutex_enter(sqlite3_db_mutex(reader->db));
    reader->deadline_us = clock_steady_us() + VIEW_MAX_FOR_US;
    if (db_run(reader->statements[BEGIN], err))
        return true;
    view_end(reader);
    return false;
}

bool store_reader_open(const char *path, struct store_reader **ret, struct err *err)
{
    struct store_reader *reader = mem_alloc(sizeof(*reader));
    if (!db_open_reader(path, &reader->db, err) ||
        !db_prepare(reader->db, statement_sql, STATEMENT_COUNT, reader->statements, err)) {
        store_reader_close(reader);
        return false;
    }
    sqlite3_progress_handler(reader->db, PROGRESS_STEPS, is_too_late, reader);
    *ret = reader;
    return true;
}

void store_reader_close(struct store_reader *reader)
{
    if (!reader)
        return;
    db_finalize(reader->statements, STATEMENT_COUNT);
    sqlite3_close(reader->db);
    free(reader);
}

// --- rows ---

static bool read_delivery(sqlite3_stmt *row, struct arena *arena, struct store_delivery *ret,
                          struct err *err)
{
    *ret = (struct store_delivery){
        .number = db_integer(row, 0),
        .id = db_text(row, 1, arena),
        .event_id = db_text(row, 2, arena),
        .trigger = db_text(row, 3, arena),
        .source = db_text(row, 4, arena),
        .service = db_text(row, 5, arena),
        .route = db_text(row, 6, arena),
        .call_id = db_str(row, 7, arena),
        .attempts = db_int(row, 9),
        .received_at = db_integer(row, 10),
        .due_at = db_integer(row, 11),
        .first_attempt_at = db_integer(row, 12),
        .ended_at = db_integer(row, 13),
        .last_status = db_int(row, 14),
        .reason = db_text(row, 15, arena),
        .not_before = db_integer(row, 16),
        .expires_at = db_integer(row, 17),
        .merge_wants = db_text(row, 18, arena),
        .merged_into = db_text(row, 19, arena),
    };
    return db_state(row, 8, &ret->state, err);
}

// Reads all rows of a statement that gives at most `limit`.
static bool read_deliveries(sqlite3_stmt *list, struct arena *arena, size_t limit,
                            struct store_delivery **ret, size_t *ret_count, struct err *err)
{
    struct store_delivery *rows = arena_alloc(arena, limit * sizeof(*rows));
    size_t count = 0;
    bool has_row;
    for (;;) {
        if (!db_row(list, &has_row, err))
            return false;
        if (!has_row || count == limit)
            break;
        if (!read_delivery(list, arena, &rows[count++], err))
            return false;
    }
    *ret = rows;
    *ret_count = count;
    return true;
}

static enum reach read_reach(sqlite3_stmt *row, int column)
{
    struct str word = db_peek(row, column);
    for (int reach = REACH_NOT_ENCODED; reach < REACH_ANSWERED; reach++) {
        if (str_eq(word, str_from(reach_word((enum reach)reach))))
            return (enum reach)reach;
    }
    return REACH_ANSWERED;
}

static bool read_attempt(sqlite3_stmt *row, struct arena *arena, struct store_attempt *ret,
                         struct err *err)
{
    *ret = (struct store_attempt){
        .started_at = db_integer(row, 0),
        .ended_at = db_integer(row, 1),
        .scope = db_scope(row, 3),
        .reach = read_reach(row, 4),
        .http_status = db_int(row, 5),
        .fault = db_text(row, 6, arena),
        .reason = db_text(row, 7, arena),
        .request_head = db_str(row, 8, arena),
        .request_body = db_str(row, 9, arena),
        .reply_head = db_str(row, 10, arena),
        .reply_body = db_str(row, 11, arena),
        .reply_dropped_bytes = (size_t)db_integer(row, 12),
        .peer = db_text(row, 13, arena),
        .resolved_us = db_integer(row, 14),
        .connected_us = db_integer(row, 15),
        .secured_us = db_integer(row, 16),
        .first_byte_us = db_integer(row, 17),
        .total_us = db_integer(row, 18),
        .fault_tree = db_str(row, 19, arena),
        .verdict = db_text(row, 20, arena),
    };
    struct str word = db_peek(row, 2);
    if (outcome_parse(word, &ret->outcome))
        return true;
    return err_set(err, ERR_IO, "the store holds an attempt with the unknown outcome '%.*s'",
                   STR_ARG(word));
}

// The columns of EVENT, CARRIED and UNROUTED up to the format.
static void read_event(sqlite3_stmt *row, struct arena *arena, struct store_event *ret)
{
    *ret = (struct store_event){
        .id = db_text(row, 0, arena),
        .trigger = db_text(row, 1, arena),
        .source = db_text(row, 2, arena),
        .call_id = db_str(row, 3, arena),
        .received_at = db_integer(row, 4),
        .format = db_format(row, 5),
        .body = STR(""),
    };
}

// --- lists ---

static void bind_optional(sqlite3_stmt *statement, int at, const char *text)
{
    if (text)
        db_bind_text(statement, at, text);
    else
        db_bind_null(statement, at);
}

static void bind_page(sqlite3_stmt *list, int64_t before, size_t limit)
{
    db_bind_integer(list, 1, before ? before : INT64_MAX);
    db_bind_integer(list, 2, (int64_t)limit);
}

static size_t clamp_limit(size_t limit)
{
    return limit < LIST_LIMIT_MAX ? limit : LIST_LIMIT_MAX;
}

// Of two filters the one that leaves fewer rows leads: a call has a handful, and most deliveries
// are delivered, so that state only leads when no trigger is asked for.
static enum statement choose_list(const struct store_filter *filter)
{
    bool has_state = filter->state != DELIVERY_STATE_COUNT;
    if (filter->call_id)
        return LIST_BY_CALL;
    if (filter->trigger && (!has_state || filter->state == DELIVERY_DELIVERED))
        return LIST_BY_TRIGGER;
    return has_state || filter->service ? LIST_BY_STATE : LIST_NEWEST;
}

bool store_view_deliveries(struct store_reader *reader, struct arena *arena,
                           const struct store_filter *filter, struct store_delivery **ret,
                           size_t *ret_count, struct err *err)
{
    if (!view_begin(reader, err))
        return false;
    enum statement which = choose_list(filter);
    sqlite3_stmt *list = reader->statements[which];
    size_t limit = clamp_limit(filter->limit);
    bind_page(list, filter->before, limit);
    if (which != LIST_NEWEST) {
        bool has_state = filter->state != DELIVERY_STATE_COUNT;
        bind_optional(list, 3, has_state ? delivery_state_word(filter->state) : NULL);
        bind_optional(list, 4, filter->service);
        bind_optional(list, 5, filter->trigger);
    }
    if (which == LIST_BY_TRIGGER || which == LIST_BY_CALL)
        bind_optional(list, 6, filter->call_id);
    bool is_read = read_deliveries(list, arena, limit, ret, ret_count, err);
    view_end(reader);
    return is_read;
}

static bool read_unrouted(sqlite3_stmt *list, struct arena *arena, size_t limit,
                          struct store_event **ret, size_t *ret_count, int64_t *ret_cursor,
                          struct err *err)
{
    struct store_event *events = arena_alloc(arena, limit * sizeof(*events));
    size_t count = 0;
    int64_t last = 0;
    bool has_row;
    for (;;) {
        if (!db_row(list, &has_row, err))
            return false;
        if (!has_row || count == limit)
            break;
        read_event(list, arena, &events[count++]);
        last = db_integer(list, 6);
    }
    *ret = events;
    *ret_count = count;
    *ret_cursor = has_row ? last : 0;
    return true;
}

bool store_view_unrouted(struct store_reader *reader, struct arena *arena, int64_t before,
                         size_t limit, struct store_event **ret, size_t *ret_count,
                         int64_t *ret_cursor, struct err *err)
{
    if (!view_begin(reader, err))
        return false;
    sqlite3_stmt *list = reader->statements[UNROUTED];
    limit = clamp_limit(limit);
    bind_page(list, before, limit + 1); // one more tells whether there are older ones
    bool is_read = read_unrouted(list, arena, limit, ret, ret_count, ret_cursor, err);
    view_end(reader);
    return is_read;
}

// --- one delivery, one event ---

static bool read_attempts(sqlite3_stmt *list, struct arena *arena, int64_t delivery, int count,
                          struct store_attempt **ret, size_t *ret_count, struct err *err)
{
    size_t read = 0;
    struct store_attempt *attempts = arena_alloc(arena, ATTEMPTS_MAX * sizeof(*attempts));
    bool has_row;
    db_bind_integer(list, 1, delivery);
    db_bind_integer(list, 2, count - ATTEMPTS_MAX);
    for (;;) {
        if (!db_row(list, &has_row, err))
            return false;
        if (!has_row || read == ATTEMPTS_MAX)
            break;
        if (!read_attempt(list, arena, &attempts[read++], err))
            return false;
    }
    *ret = attempts;
    *ret_count = read;
    return true;
}

static bool view_delivery(struct store_reader *reader, struct arena *arena, const char *id,
                          struct store_delivery *ret, struct store_attempt **ret_attempts,
                          size_t *ret_attempt_count, struct err *err)
{
    sqlite3_stmt *find = reader->statements[DELIVERY];
    struct store_delivery delivery;
    bool has_row;
    db_bind_text(find, 1, id);
    if (!db_row(find, &has_row, err))
        return false;
    if (!has_row)
        return err_set(err, ERR_NOT_FOUND, "there is no delivery %.64s", id);
    if (!read_delivery(find, arena, &delivery, err) ||
        !read_attempts(reader->statements[ATTEMPTS], arena, delivery.number, delivery.attempts,
                       ret_attempts, ret_attempt_count, err))
        return false;
    *ret = delivery;
    return true;
}

bool store_view_delivery(struct store_reader *reader, struct arena *arena, const char *id,
                         struct store_delivery *ret, struct store_attempt **ret_attempts,
                         size_t *ret_attempt_count, struct err *err)
{
    if (!view_begin(reader, err))
        return false;
    bool is_read = view_delivery(reader, arena, id, ret, ret_attempts, ret_attempt_count, err);
    view_end(reader);
    return is_read;
}

static bool view_event(struct store_reader *reader, struct arena *arena, const char *id,
                       struct store_event *ret, struct err *err)
{
    sqlite3_stmt *find = reader->statements[EVENT], *list = reader->statements[EVENT_DELIVERIES];
    struct store_event event;
    bool has_row;
    db_bind_text(find, 1, id);
    if (!db_row(find, &has_row, err))
        return false;
    if (!has_row)
        return err_set(err, ERR_NOT_FOUND, "there is no event %.64s", id);
    read_event(find, arena, &event);
    event.body = db_str(find, 8, arena);
    int64_t first = db_integer(find, 6), count = db_integer(find, 7);
    db_bind_integer(list, 1, first);
    db_bind_integer(list, 2, first + count);
    if (!read_deliveries(list, arena, (size_t)count, &event.deliveries, &event.delivery_count, err))
        return false;
    *ret = event;
    return true;
}

bool store_view_event(struct store_reader *reader, struct arena *arena, const char *id,
                      struct store_event *ret, struct err *err)
{
    if (!view_begin(reader, err))
        return false;
    bool is_read = view_event(reader, arena, id, ret, err);
    view_end(reader);
    return is_read;
}

static bool view_carried(struct store_reader *reader, struct arena *arena, int64_t delivery,
                         struct store_event **ret, size_t *ret_count, struct err *err)
{
    sqlite3_stmt *list = reader->statements[CARRIED];
    struct store_event *events = arena_alloc(arena, STORE_CARRIED_MAX * sizeof(*events));
    size_t count = 0;
    bool has_row;
    db_bind_integer(list, 1, delivery);
    db_bind_integer(list, 2, STORE_CARRIED_MAX);
    for (;;) {
        if (!db_row(list, &has_row, err))
            return false;
        if (!has_row)
            break;
        read_event(list, arena, &events[count]);
        events[count++].body = db_str(list, 6, arena);
    }
    *ret = events;
    *ret_count = count;
    return true;
}

bool store_view_carried(struct store_reader *reader, struct arena *arena, int64_t delivery,
                        struct store_event **ret, size_t *ret_count, struct err *err)
{
    if (!view_begin(reader, err))
        return false;
    bool is_read = view_carried(reader, arena, delivery, ret, ret_count, err);
    view_end(reader);
    return is_read;
}

bool store_view_captures(struct store_reader *reader, struct arena *arena, int64_t delivery,
                         const struct json **ret, struct err *err)
{
    const struct json *captures;
    if (!view_begin(reader, err))
        return false;
    db_bind_integer(reader->statements[CAPTURES], 1, delivery);
    bool is_read = db_named_texts(reader->statements[CAPTURES], arena, &captures, err);
    view_end(reader);
    if (is_read)
        *ret = captures ? captures : json_object(arena);
    return is_read;
}

bool store_view_captured(struct store_reader *reader, struct arena *arena, const char *source,
                         struct str call_id, const struct json **ret, struct err *err)
{
    sqlite3_stmt *find = reader->statements[CAPTURED];
    if (!view_begin(reader, err))
        return false;
    db_bind_str(find, 1, call_id);
    db_bind_text(find, 2, source);
    db_bind_integer(find, 3, STORE_CAPTURED_MAX);
    bool is_read = db_named_texts(find, arena, ret, err);
    view_end(reader);
    return is_read;
}

// --- counts ---

static bool view_counts(struct store_reader *reader, struct store_counts *ret, struct err *err)
{
    sqlite3_stmt *events = reader->statements[COUNT_EVENTS];
    sqlite3_stmt *states = reader->statements[COUNT_STATES];
    sqlite3_stmt *oldest = reader->statements[OLDEST_OPEN];
    struct store_counts counts = {0};
    enum delivery_state state;
    bool has_row;
    if (!db_row(events, &has_row, err))
        return false;
    counts.events = db_integer(events, 0);
    counts.unrouted = db_integer(events, 1);
    counts.repeated = db_integer(events, 2);
    for (;;) {
        if (!db_row(states, &has_row, err))
            return false;
        if (!has_row)
            break;
        if (!db_state(states, 0, &state, err))
            return false;
        counts.by_state[state] = db_integer(states, 1);
    }
    db_bind_state(oldest, 1, DELIVERY_WAITING);
    db_bind_state(oldest, 2, DELIVERY_LEASED);
    if (!db_row(oldest, &has_row, err))
        return false;
    counts.oldest_open_at = has_row ? db_integer(oldest, 0) : 0;
    *ret = counts;
    return true;
}

bool store_view_counts(struct store_reader *reader, struct store_counts *ret, struct err *err)
{
    if (!view_begin(reader, err))
        return false;
    bool is_read = view_counts(reader, ret, err);
    view_end(reader);
    return is_read;
}
