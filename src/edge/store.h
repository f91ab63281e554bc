// SPDX-License-Identifier: GPL-3.0-or-later
//
// Keeps events, lends deliveries under a lease, keeps attempts, answers views. The rows are the
// only truth: the table is the queue. Knows states and times, not what an outcome means, HTTP or
// SOAP. One thread writes through a struct store; views go through a struct store_reader.
//
// Order: a delivery with an order key that has an open predecessor (same service, same key) has no
// due time; settling or cancelling the predecessor makes the next one due, in the same transaction.
//
// Time: a delivery is not leased before its `not_before` nor from its `expires_at` on; what waits
// then expires. Both hold until a person sends it again.
//
// Merge: deliveries of one route, service and call (session too, where both have one) are brought
// together. A delivery that still waits for events of other triggers, and was never leased, ends
// as merged when such an event comes: the delivery of that event carries its events from then on.
//
// Captures: texts that a settled delivery leaves for others of its call (and source). They are
// committed with the settle, and a lease that is made from then on brings them. They live as long
// as the delivery.

#ifndef EDGE_STORE_H
#define EDGE_STORE_H

#include "base/clock.h"
#include "core/delivery.h"
#include "core/event.h"

struct store;

// Opens or makes the store, and brings one of the schema before this up to date. Fails when the
// file is not ours (application id), of a newer or much older schema, or open in another process.
// Deliveries that a stopped process had leased become due again, each with an attempt that says so;
// ret_taken_over counts them.
bool store_open(const char *path, struct store **ret, size_t *ret_taken_over,
                struct err *err) MUST_CHECK;
void store_close(struct store *store);
// The process that has the store open; 0: none, or it cannot be seen from here.
int64_t store_owner(const char *path);

// --- what one transaction does ---

enum { STORE_FINGERPRINT_BYTES = 32 };

struct store_new_delivery {
    char id[CLOCK_UUID_BYTES];
    const char *service;
    const char *route;
    struct str order_key;     // empty: no order
    int64_t not_before;       // 0: due at once
    int64_t expires_at;       // 0: never
    struct str merge_call;    // names the call among all sources; empty: its route merges nothing
    struct str merge_session; // empty: none
    const char *const *merge_triggers; // that are brought together; the event's own among them
    size_t merge_trigger_count;
    int64_t merge_until; // how long the first of them waits for the others
};

enum store_accept_result {
    ACCEPT_STORED,
    ACCEPT_DUPLICATE, // same idempotency key, same fingerprint
    ACCEPT_CONFLICT,  // same idempotency key, another fingerprint
    ACCEPT_REPEATED,  // an equal event by `repeat_key`
};

struct store_accept {
    char id[CLOCK_UUID_BYTES];
    const char *trigger, *source;
    struct str call_id;
    int64_t received_at;
    enum event_format format;
    struct str body;                                    // as received
    struct str idempotency_key;                         // empty: none; unique per source
    unsigned char fingerprint[STORE_FINGERPRINT_BYTES]; // of trigger, format and body
    // An event of the source with the same key, received after repeat_since, makes this one a
    // repetition.
    bool has_repeat_key;
    unsigned char repeat_key[STORE_FINGERPRINT_BYTES];
    int64_t repeat_since;
    struct store_new_delivery *deliveries;
    size_t delivery_count;

    // Filled by store_commit. The idempotency key is looked at first. A duplicate and a repetition
    // store nothing and get the first one's id, time and deliveries, in the batch's arena.
    enum store_accept_result result;
};

struct store_attempt {
    int64_t started_at, ended_at;
    enum outcome_kind outcome;
    enum outcome_scope scope;
    enum reach reach;
    int http_status;
    const char *fault;                     // "" when none; code, text and detail for people
    const char *reason;                    // one sentence
    struct str request_head, request_body; // secrets masked
    struct str reply_head, reply_body;
    size_t reply_dropped_bytes; // of a reply longer than what is kept
    const char *peer;
    int64_t resolved_us, connected_us, secured_us, first_byte_us, total_us;
    struct str fault_tree; // JSON; empty: none
    const char *verdict;   // of the success test; "" when there was none
};

struct store_settle {
    int64_t delivery; // store_lease.delivery
    int number;       // store_lease.number: with it the lease is recognised
    const char *service;
    struct store_attempt attempt;
    enum delivery_state state;
    int64_t due_at; // for DELIVERY_WAITING
    const char *reason;
    const struct json
        *captured;   // texts by name, in place of what it captured before; NULL: nothing
    bool is_applied; // filled: false when the lease was lost; then nothing was changed
};

enum store_operation { OPERATE_RESEND, OPERATE_CANCEL };
enum store_operate_result { OPERATE_DONE, OPERATE_NOT_FOUND, OPERATE_REFUSED };

struct store_operate {
    enum store_operation operation;
    char delivery_id[CLOCK_UUID_BYTES];
    enum store_operate_result result;
    enum delivery_state state; // after it; of a refused one, the state that forbids it
};

// An event that a delivery carries besides its own.
struct store_carried {
    const char *event_id, *trigger, *source;
    enum event_format format;
    struct str body;
};

enum { STORE_CAPTURED_MAX = 64 }; // names of one call; of more, the first by name
enum { STORE_CARRIED_MAX = 15 };  // an event that comes after these is a delivery of its own

// One delivery under a lease, with all that a worker needs, in an arena of its own.
struct store_lease {
    struct arena *arena; // whoever gets the lease frees it, and with it the lease
    int64_t delivery;    // the store's own number
    int number;          // of the attempt to be made, from 1, over the delivery's whole life
    struct delivery_progress progress; // before this attempt
    const char *id, *service;
    const char *event_id, *trigger, *source;
    struct str call_id;
    int64_t received_at;
    enum event_format format;
    struct str body;
    const struct store_carried *carried; // the events before its own, first to last
    size_t carried_count;
    // What deliveries of its call captured, of one name the newest; same source. NULL: nothing.
    const struct json *captured;
};

struct store_claim {
    const char *service;
    size_t limit;
    int64_t lease_until;
    struct store_lease *
        *leases;  // filled: `count` of at most `limit`, in due order; the array lives
    size_t count; // in the batch's arena
};

// A delivery whose deadline came, in the batch's arena.
struct store_expired {
    struct store_expired *next;
    const char *id, *event_id, *service;
};

struct store_batch {
    struct arena *arena; // for results
    int64_t now;
    bool is_lapsing; // also put back leases that have run out
    struct store_accept **accepts;
    size_t accept_count;
    struct store_settle **settles;
    size_t settle_count;
    struct store_operate **operates;
    size_t operate_count;
    struct store_claim *claims; // done last, so they see all of the above
    size_t claim_count;
    const char **lapsed_services; // filled when is_lapsing: one entry per lease put back
    size_t lapsed_count;
    struct store_expired *expired; // filled: what a transaction should take, the rest in the next
    int64_t next_expiry;           // filled; INT64_MAX: nothing that waits now will expire
};

// All of the batch in one durable transaction, or none of it (ERR_FULL, ERR_IO; nothing leased).
bool store_commit(struct store *store, struct store_batch *batch, struct err *err) MUST_CHECK;
// When the service's next waiting delivery is due; INT64_MAX: none.
bool store_next_due(struct store *store, const char *service, int64_t *ret_due_at,
                    struct err *err) MUST_CHECK;

// --- views ---

struct store_reader; // any thread; calls wait for each other

bool store_reader_open(const char *path, struct store_reader **ret, struct err *err) MUST_CHECK;
void store_reader_close(struct store_reader *reader);

struct store_filter {          // NULL and COUNT members match all
    enum delivery_state state; // DELIVERY_STATE_COUNT: any
    const char *service, *trigger, *call_id;
    int64_t before; // cursor: only rows with a smaller number; 0: from the newest
    size_t limit;   // at most 200
};

struct store_delivery {
    int64_t number; // the cursor
    const char *id, *event_id, *trigger, *source, *service, *route;
    struct str call_id;
    enum delivery_state state;
    int attempts;                                            // over its whole life
    int64_t received_at, due_at, first_attempt_at, ended_at; // 0: none; due_at 0 and waiting:
                                                             // behind an earlier one
    int64_t not_before, expires_at;                          // 0: none
    const char *merge_wants; // triggers it waits for or did not get, with blanks between; "" none
    const char *merged_into; // id of the delivery that carries its events; "" none
    int last_status;
    const char *reason; // of the last settle, "" before the first
};

struct store_event {
    const char *id, *trigger, *source;
    struct str call_id;
    int64_t received_at;
    enum event_format format;
    struct str body;
    struct store_delivery *deliveries;
    size_t delivery_count;
};

struct store_counts {
    int64_t events, unrouted;
    int64_t repeated; // repetitions, which are not kept
    int64_t by_state[DELIVERY_STATE_COUNT];
    int64_t oldest_open_at; // received_at of the oldest open delivery; 0: none
};

// Views fail with ERR_NOT_FOUND, ERR_IO, or ERR_BUSY when a query takes longer than two seconds.
bool store_view_deliveries(struct store_reader *reader, struct arena *arena,
                           const struct store_filter *filter, struct store_delivery **ret,
                           size_t *ret_count, struct err *err) MUST_CHECK;
// The delivery with its attempts, first to last; of more than 100 the last 100.
bool store_view_delivery(struct store_reader *reader, struct arena *arena, const char *id,
                         struct store_delivery *ret, struct store_attempt **ret_attempts,
                         size_t *ret_attempt_count, struct err *err) MUST_CHECK;
bool store_view_event(struct store_reader *reader, struct arena *arena, const char *id,
                      struct store_event *ret, struct err *err) MUST_CHECK;
// The events that a delivery (by number) carries besides its own, first to last, without their
// deliveries.
bool store_view_carried(struct store_reader *reader, struct arena *arena, int64_t delivery,
                        struct store_event **ret, size_t *ret_count, struct err *err) MUST_CHECK;
// What the delivery (by number) captured; an empty object: nothing.
bool store_view_captures(struct store_reader *reader, struct arena *arena, int64_t delivery,
                         const struct json **ret, struct err *err) MUST_CHECK;
// What a delivery of the call would be given now; NULL: nothing.
bool store_view_captured(struct store_reader *reader, struct arena *arena, const char *source,
                         struct str call_id, const struct json **ret, struct err *err) MUST_CHECK;
// Events that no route took, newest first, without their bodies. *ret_cursor is the `before` of the
// next page, 0 when this is the last.
bool store_view_unrouted(struct store_reader *reader, struct arena *arena, int64_t before,
                         size_t limit, struct store_event **ret, size_t *ret_count,
                         int64_t *ret_cursor, struct err *err) MUST_CHECK;
bool store_view_counts(struct store_reader *reader, struct store_counts *ret,
                       struct err *err) MUST_CHECK;

#endif
