// SPDX-License-Identifier: GPL-3.0-or-later
//
// The one writer: a thread that takes what is queued, makes one transaction of it, and calls back.
// Knows how many leases each service has out and when its next delivery is due, not what a delivery
// is for. What surprises: nothing waits to make a batch larger; a commit takes about a millisecond,
// and what arrives meanwhile is the next batch.

#include "flow/ledger.h"

#include "base/log.h"
#include "flow/ledger_seat.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <time.h>

enum {
    BATCH_ENTRIES = 1024, // of each kind in a transaction
    BATCH_BYTES = 8 * 1024 * 1024,
    CLAIM_MAX = 256, // of one service in a transaction, so that none makes it long
    RESERVE_MAX_BYTES = 256 * 1024 * 1024,
    RESERVE_DIVISOR = 20, // 5 %
};

static const int64_t sleep_max_us = 10 * 1000000; // so late is seen that the clock was set
static const int64_t lapse_each_us = 2 * 1000000; // look for leases that ran out
static const int64_t pause_us = 500 * 1000;       // after a commit that failed
static const int64_t disk_each_us = 1000 * 1000;  // look at the free space

// --- first in, first out, linked through the entries' own `next` ---

#define QUEUE(type)                                                                                \
    struct {                                                                                       \
        type *first, **end;                                                                        \
    }
#define QUEUE_INIT(queue) ((queue).first = NULL, (queue).end = &(queue).first)
#define QUEUE_ADD(queue, entry)                                                                    \
    ((entry)->next = NULL, *(queue).end = (entry), (queue).end = &(entry)->next)
#define QUEUE_PUT_BACK(queue, entry)                                                               \
    ((entry)->next = (queue).first, (queue).end = (queue).first ? (queue).end : &(entry)->next,    \
     (queue).first = (entry))
#define QUEUE_TAKE(queue, entry)                                                                   \
    do {                                                                                           \
        (entry) = (queue).first;                                                                   \
        (queue).first = (entry)->next;                                                             \
        if (!(queue).first)                                                                        \
            (queue).end = &(queue).first;                                                          \
    } while (0)

// What one transaction is made of: entries taken off the queues, and the store's view of them.
struct batch {
    struct ledger_accept *accepts[BATCH_ENTRIES];
    struct ledger_settle *settles[BATCH_ENTRIES];
    struct ledger_operate *operates[BATCH_ENTRIES];
    size_t accept_count, settle_count, operate_count;
    struct store_accept *store_accepts[BATCH_ENTRIES];
    struct store_settle *store_settles[BATCH_ENTRIES];
    struct store_operate *store_operates[BATCH_ENTRIES];
    struct store_claim *claims; // room for one a seat
    size_t *claim_seats;        // whose each claim is
    size_t claim_count;
    bool is_lapsing;
    bool is_paused;     // nothing is written now
    bool is_last;       // the ledger stops
    struct err refusal; // accepts are answered with it at once; ERR_NONE: they are not
};

// A call of ledger_serve, on its stack.
struct change {
    const struct ledger_serve *serve;
    size_t *seats;
    bool is_over, is_done; // done: there was room
};

struct ledger {
    struct ledger_options options;
    char *store_path;
    struct seats seats; // but for the limits, the thread's own
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake, has_served;

    // Guarded by the mutex.
    QUEUE(struct ledger_accept) accepts;
    QUEUE(struct ledger_settle) settles;
    QUEUE(struct ledger_operate) operates;
    struct change *change; // to be made before the next batch; NULL: none
    int64_t reserve_bytes;
    bool is_stopping, is_waiting;
    struct err store_trouble; // of the last commit that wrote; ERR_NONE when it worked
    int64_t paused_until_us;  // until then nothing is written after trouble
    struct err disk_trouble;
    int64_t disk_checked_us;

    // The thread's own.
    struct arena *arena;
    int64_t lapse_at_us;
    int64_t expiry_at; // when the next delivery expires, wall time
    struct batch batch;
};

// --- services ---

// How many more leases the service may have. Those that the batch settles count as back, so that a
// claim in the same transaction has their slots; not while some of the settles may be too late.
static size_t free_slots(struct seat *seat)
{
    int64_t out = seat->leased - (seat->lost ? 0 : seat->ending);
    int64_t room = (int64_t)atomic_load(&seat->limit) - out;
    return seat->is_served && room > 0 ? (size_t)room : 0;
}

static bool has_leases(const struct ledger *ledger)
{
    for (size_t i = 0; i < ledger->seats.count; i++) {
        if (ledger->seats.items[i].leased > 0)
            return true;
    }
    return false;
}

static void forget_next_due(struct ledger *ledger)
{
    for (size_t i = 0; i < ledger->seats.count; i++)
        ledger->seats.items[i].next_due = 0;
}

// --- whether new events are taken; with the mutex held ---

static int64_t reserve_of(const struct ledger *ledger, const struct statvfs *disk)
{
    if (ledger->reserve_bytes >= 0)
        return ledger->reserve_bytes;
    int64_t part = (int64_t)(disk->f_blocks * disk->f_frsize / RESERVE_DIVISOR);
    return part < RESERVE_MAX_BYTES ? part : RESERVE_MAX_BYTES;
}

static void check_disk(struct ledger *ledger)
{
    struct statvfs disk;
    int64_t now_us = clock_steady_us();
    if (ledger->disk_checked_us && now_us - ledger->disk_checked_us < disk_each_us)
        return;
    ledger->disk_checked_us = now_us;
    if (statvfs(ledger->store_path, &disk) < 0)
        return; // the next commit will tell
    int64_t reserve = reserve_of(ledger, &disk);
    int64_t room = (int64_t)(disk.f_bavail * disk.f_frsize);
    bool was_full = ledger->disk_trouble.code != ERR_NONE;
    ledger->disk_trouble.code = ERR_NONE;
    if (room < reserve)
        err_set(&ledger->disk_trouble, ERR_FULL,
                "%lld MB are free on the store's disk, less than the reserve of %lld MB",
                (long long)(room >> 20), (long long)(reserve >> 20));
    if (was_full && room >= reserve)
        log_write(LOG_INFO, "disk has room again: events are taken", NULL);
    else if (!was_full && room < reserve)
        log_write(LOG_ERROR, "disk nearly full: events are refused", "reason",
                  ledger->disk_trouble.text, NULL);
}

static bool is_paused(const struct ledger *ledger)
{
    return ledger->store_trouble.code && !ledger->is_stopping &&
           clock_steady_us() < ledger->paused_until_us;
}

// ERR_NONE when new events are taken.
static struct err find_refusal(struct ledger *ledger, bool is_writing_paused)
{
    check_disk(ledger);
    return is_writing_paused ? ledger->store_trouble : ledger->disk_trouble;
}

static void note_trouble(struct ledger *ledger, const struct err *err)
{
    pthread_mutex_lock(&ledger->mutex);
    bool was_well = ledger->store_trouble.code == ERR_NONE;
    ledger->store_trouble = *err;
    ledger->paused_until_us = clock_steady_us() + pause_us;
    pthread_mutex_unlock(&ledger->mutex);
    if (was_well)
        log_write(LOG_ERROR, "store does not write", "reason", err->text, NULL);
}

static void note_written(struct ledger *ledger)
{
    pthread_mutex_lock(&ledger->mutex);
    bool was_well = ledger->store_trouble.code == ERR_NONE;
    ledger->store_trouble.code = ERR_NONE;
    pthread_mutex_unlock(&ledger->mutex);
    if (!was_well)
        log_write(LOG_INFO, "store writes again", NULL);
}

// --- waiting for work ---

// The moment, or the one for_ms from now when that comes first.
static int64_t sooner(int64_t at_us, int64_t now_us, int64_t for_ms)
{
    if (for_ms < 0)
        for_ms = 0;
    return for_ms < (at_us - now_us) / 1000 ? now_us + for_ms * 1000 : at_us;
}

// When, by the steady clock, the thread has something to do that nobody queues.
static int64_t next_work_us(struct ledger *ledger)
{
    int64_t now_us = clock_steady_us(), now_ms = clock_now_ms();
    int64_t at_us = now_us + sleep_max_us;
    if (is_paused(ledger))
        return ledger->paused_until_us;
    if (has_leases(ledger) && ledger->lapse_at_us < at_us)
        at_us = ledger->lapse_at_us;
    at_us = sooner(at_us, now_us, ledger->expiry_at - now_ms);
    for (size_t i = 0; i < ledger->seats.count; i++) {
        struct seat *seat = &ledger->seats.items[i];
        if (!free_slots(seat))
            continue;
        at_us = sooner(at_us, now_us, seat->next_due - now_ms);
    }
    return at_us;
}

static bool is_something_queued(const struct ledger *ledger)
{
    return ledger->accepts.first || ledger->operates.first || ledger->change ||
           (ledger->settles.first && !is_paused(ledger));
}

static void wait_for_work(struct ledger *ledger)
{
    while (!is_something_queued(ledger) && !ledger->is_stopping) {
        int64_t at_us = next_work_us(ledger);
        if (at_us <= clock_steady_us())
            return;
        struct timespec until = {.tv_sec = at_us / 1000000, .tv_nsec = at_us % 1000000 * 1000};
        ledger->is_waiting = true;
        pthread_cond_timedwait(&ledger->wake, &ledger->mutex, &until);
        ledger->is_waiting = false;
    }
}

// Signals only a thread that waits, and once.
static void wake(struct ledger *ledger)
{
    if (!ledger->is_waiting)
        return;
    ledger->is_waiting = false;
    pthread_cond_signal(&ledger->wake);
}

// --- making a batch ---

static size_t settle_bytes(const struct store_attempt *attempt)
{
    return attempt->request_head.len + attempt->request_body.len + attempt->reply_head.len +
           attempt->reply_body.len;
}

// Takes what fits into one transaction. While writing pauses only what is answered with the trouble
// is taken.
static void take_queued(struct ledger *ledger, struct batch *batch)
{
    size_t bytes = 0;
    batch->is_paused = is_paused(ledger);
    batch->refusal = find_refusal(ledger, batch->is_paused);
    batch->accept_count = batch->settle_count = batch->operate_count = batch->claim_count = 0;
    while (ledger->settles.first && !batch->is_paused && batch->settle_count < BATCH_ENTRIES &&
           bytes < BATCH_BYTES) {
        struct ledger_settle *entry;
        QUEUE_TAKE(ledger->settles, entry);
        bytes += settle_bytes(&entry->settle.attempt);
        batch->settles[batch->settle_count++] = entry;
    }
    while (ledger->operates.first && batch->operate_count < BATCH_ENTRIES) {
        QUEUE_TAKE(ledger->operates, batch->operates[batch->operate_count]);
        batch->operate_count++;
    }
    bytes = 0;
    while (ledger->accepts.first && batch->accept_count < BATCH_ENTRIES && bytes < BATCH_BYTES) {
        struct ledger_accept *entry;
        QUEUE_TAKE(ledger->accepts, entry);
        bytes += entry->accept.body.len;
        batch->accepts[batch->accept_count++] = entry;
    }
}

// With the mutex held. Between two batches, so each batch knows one set of services.
static void make_change(struct ledger *ledger)
{
    struct change *change = ledger->change;
    if (!change)
        return;
    ledger->change = NULL;
    change->is_done = seats_serve(&ledger->seats, change->serve, change->seats);
    if (change->is_done) {
        ledger->reserve_bytes = change->serve->reserve_bytes;
        ledger->disk_checked_us = 0;
    }
    change->is_over = true;
    pthread_cond_signal(&ledger->has_served);
}

// Waits for work and takes it; false when the ledger stops and nothing is queued any more.
static bool take_batch(struct ledger *ledger)
{
    pthread_mutex_lock(&ledger->mutex);
    wait_for_work(ledger);
    make_change(ledger);
    bool is_over = ledger->is_stopping && !is_something_queued(ledger);
    ledger->batch.is_last = ledger->is_stopping;
    if (!is_over)
        take_queued(ledger, &ledger->batch);
    pthread_mutex_unlock(&ledger->mutex);
    return !is_over;
}

static void refuse_accepts(struct batch *batch, const struct err *err)
{
    for (size_t i = 0; i < batch->accept_count; i++)
        batch->accepts[i]->done(batch->accepts[i]->context, batch->accepts[i], err);
    batch->accept_count = 0;
}

static void refuse_operates(struct batch *batch, const struct err *err)
{
    for (size_t i = 0; i < batch->operate_count; i++)
        batch->operates[i]->done(batch->operates[i]->context, batch->operates[i], err);
    batch->operate_count = 0;
}

// A service is worth a claim once something that could make a delivery of it due happened.
static void note_services(struct ledger *ledger, struct batch *batch)
{
    for (size_t i = 0; i < batch->accept_count; i++) {
        const struct store_accept *accept = &batch->accepts[i]->accept;
        for (size_t j = 0; j < accept->delivery_count; j++) {
            struct seat *seat = seats_find(&ledger->seats, accept->deliveries[j].service);
            if (seat)
                seat->next_due = 0;
        }
    }
    for (size_t i = 0; i < batch->settle_count; i++) {
        struct seat *seat = &ledger->seats.items[batch->settles[i]->seat];
        seat->next_due = 0;
        seat->ending++;
    }
    if (batch->operate_count || batch->is_lapsing)
        forget_next_due(ledger);
}

static void add_claims(struct ledger *ledger, struct batch *batch, int64_t now)
{
    for (size_t i = 0; i < ledger->seats.count; i++) {
        struct seat *seat = &ledger->seats.items[i];
        size_t limit = free_slots(seat);
        if (!limit || seat->next_due > now)
            continue;
        batch->claim_seats[batch->claim_count] = i;
        batch->claims[batch->claim_count++] = (struct store_claim){
            .service = seat->name,
            .limit = limit < CLAIM_MAX ? limit : CLAIM_MAX,
            .lease_until = now + seat->lease_for_ms,
        };
    }
}

static struct store_batch make_store_batch(struct ledger *ledger, struct batch *batch)
{
    int64_t now_us = clock_steady_us(), now = clock_now_ms();
    arena_reset(ledger->arena);
    batch->is_lapsing = now_us >= ledger->lapse_at_us && has_leases(ledger);
    if (batch->is_lapsing)
        ledger->lapse_at_us = now_us + lapse_each_us;
    note_services(ledger, batch);
    if (!batch->is_last) // nobody would take the leases
        add_claims(ledger, batch, now);
    for (size_t i = 0; i < batch->accept_count; i++)
        batch->store_accepts[i] = &batch->accepts[i]->accept;
    for (size_t i = 0; i < batch->settle_count; i++)
        batch->store_settles[i] = &batch->settles[i]->settle;
    for (size_t i = 0; i < batch->operate_count; i++)
        batch->store_operates[i] = &batch->operates[i]->operate;
    return (struct store_batch){
        .arena = ledger->arena,
        .now = now,
        .is_lapsing = batch->is_lapsing,
        .accepts = batch->store_accepts,
        .accept_count = batch->accept_count,
        .settles = batch->store_settles,
        .settle_count = batch->settle_count,
        .operates = batch->store_operates,
        .operate_count = batch->operate_count,
        .claims = batch->claims,
        .claim_count = batch->claim_count,
    };
}

// --- after the transaction ---

// A settle that came too late gives no slot back: that happened when its lease ran out.
static void count_settles(struct ledger *ledger, const struct batch *batch)
{
    for (size_t i = 0; i < batch->settle_count; i++) {
        struct seat *seat = &ledger->seats.items[batch->settles[i]->seat];
        if (batch->settles[i]->settle.is_applied)
            seat->leased--;
        else if (seat->lost)
            seat->lost--;
    }
}

static void count_leases(struct ledger *ledger, const struct batch *batch,
                         const struct store_batch *result)
{
    char count[24];
    for (size_t i = 0; i < result->lapsed_count; i++) {
        struct seat *seat = seats_find(&ledger->seats, result->lapsed_services[i]);
        if (seat) {
            seat->leased--;
            seat->lost++;
        }
    }
    for (size_t i = 0; i < batch->claim_count; i++)
        ledger->seats.items[batch->claim_seats[i]].leased += (int64_t)batch->claims[i].count;
    if (!result->lapsed_count)
        return;
    snprintf(count, sizeof(count), "%zu", result->lapsed_count);
    log_write(LOG_WARN, "leases ran out", "count", count, NULL);
}

// What stood behind one that expired is due now, whoever's it is.
static void note_expired(struct ledger *ledger, const struct store_batch *result)
{
    ledger->expiry_at = result->next_expiry;
    for (const struct store_expired *each = result->expired; each; each = each->next)
        log_write(LOG_WARN, "delivery expired", "event", each->event_id, "delivery", each->id,
                  "service", each->service, NULL);
    if (result->expired)
        forget_next_due(ledger);
}

static void give_leases(struct ledger *ledger, const struct batch *batch)
{
    for (size_t i = 0; i < batch->claim_count; i++) {
        const struct store_claim *claim = &batch->claims[i];
        if (claim->count)
            ledger->options.lease(ledger->options.lease_context, batch->claim_seats[i],
                                  claim->leases, claim->count);
    }
}

// A claim that got less than it asked for has emptied what is due.
static void read_next_due(struct ledger *ledger, const struct batch *batch)
{
    struct err ignored; // then the next claim asks again
    for (size_t i = 0; i < batch->claim_count; i++) {
        const struct store_claim *claim = &batch->claims[i];
        struct seat *seat = &ledger->seats.items[batch->claim_seats[i]];
        seat->next_due = 0;
        if (claim->count < claim->limit &&
            !store_next_due(ledger->options.store, seat->name, &seat->next_due, &ignored))
            seat->next_due = clock_now_ms() + pause_us / 1000;
    }
}

static void finish_written(struct ledger *ledger, struct batch *batch)
{
    give_leases(ledger, batch);
    for (size_t i = 0; i < batch->settle_count; i++)
        batch->settles[i]->done(batch->settles[i]->context, batch->settles[i]);
    for (size_t i = 0; i < batch->accept_count; i++)
        batch->accepts[i]->done(batch->accepts[i]->context, batch->accepts[i], NULL);
    for (size_t i = 0; i < batch->operate_count; i++)
        batch->operates[i]->done(batch->operates[i]->context, batch->operates[i], NULL);
}

// The settles are kept, in their order, unless the ledger stops: then the leases say the rest.
static void finish_failed(struct ledger *ledger, struct batch *batch, const struct err *err)
{
    note_trouble(ledger, err);
    refuse_accepts(batch, err);
    refuse_operates(batch, err);
    pthread_mutex_lock(&ledger->mutex);
    for (size_t i = batch->settle_count; i-- > 0 && !batch->is_last;)
        QUEUE_PUT_BACK(ledger->settles, batch->settles[i]);
    pthread_mutex_unlock(&ledger->mutex);
    if (!batch->is_last || !batch->settle_count)
        return;
    char count[24];
    snprintf(count, sizeof(count), "%zu", batch->settle_count);
    log_write(LOG_ERROR, "settles not written: the deliveries will be tried again", "count", count,
              "reason", err->text, NULL);
    for (size_t i = 0; i < batch->settle_count; i++)
        batch->settles[i]->done(batch->settles[i]->context, batch->settles[i]);
}

static bool has_written(const struct batch *batch, const struct store_batch *result)
{
    size_t written = batch->accept_count + batch->settle_count + batch->operate_count;
    for (size_t i = 0; i < batch->claim_count; i++)
        written += batch->claims[i].count;
    return written + result->lapsed_count > 0 || result->expired;
}

static void commit_batch(struct ledger *ledger)
{
    struct batch *batch = &ledger->batch;
    struct err err;
    if (batch->refusal.code)
        refuse_accepts(batch, &batch->refusal);
    if (batch->is_paused) {
        refuse_operates(batch, &batch->refusal);
        return;
    }
    struct store_batch store_batch = make_store_batch(ledger, batch);
    bool is_written = store_commit(ledger->options.store, &store_batch, &err);
    for (size_t i = 0; i < batch->settle_count; i++)
        ledger->seats.items[batch->settles[i]->seat].ending = 0;
    if (!is_written) {
        finish_failed(ledger, batch, &err);
        return;
    }
    if (has_written(batch, &store_batch))
        note_written(ledger);
    count_settles(ledger, batch);
    count_leases(ledger, batch, &store_batch);
    note_expired(ledger, &store_batch);
    finish_written(ledger, batch);
    read_next_due(ledger, batch);
}

static void *run(void *context)
{
    struct ledger *ledger = context;
    while (take_batch(ledger))
        commit_batch(ledger);
    return NULL;
}

// --- life ---

struct ledger *ledger_start(const struct ledger_options *options)
{
    struct ledger *ledger = mem_alloc(sizeof(*ledger));
    pthread_condattr_t steady;
    ledger->options = *options;
    ledger->store_path = mem_strdup(options->store_path);
    ledger->arena = arena_new();
    QUEUE_INIT(ledger->accepts);
    QUEUE_INIT(ledger->settles);
    QUEUE_INIT(ledger->operates);
    seats_init(&ledger->seats);
    ledger->batch.claims = mem_alloc(LEDGER_SEATS * sizeof(*ledger->batch.claims));
    ledger->batch.claim_seats = mem_alloc(LEDGER_SEATS * sizeof(*ledger->batch.claim_seats));
    ledger->reserve_bytes = -1;
    require(pthread_mutex_init(&ledger->mutex, NULL) == 0);
    require(pthread_condattr_init(&steady) == 0);
    require(pthread_condattr_setclock(&steady, CLOCK_MONOTONIC) == 0);
    require(pthread_cond_init(&ledger->wake, &steady) == 0);
    require(pthread_cond_init(&ledger->has_served, NULL) == 0);
    pthread_condattr_destroy(&steady);
    require(pthread_create(&ledger->thread, NULL, run, ledger) == 0);
    pthread_setname_np(ledger->thread, "ledger");
    return ledger;
}

void ledger_stop(struct ledger *ledger)
{
    pthread_mutex_lock(&ledger->mutex);
    ledger->is_stopping = true;
    wake(ledger);
    pthread_mutex_unlock(&ledger->mutex);
    pthread_join(ledger->thread, NULL);
    pthread_cond_destroy(&ledger->has_served);
    pthread_cond_destroy(&ledger->wake);
    pthread_mutex_destroy(&ledger->mutex);
    arena_free(ledger->arena);
    free(ledger->batch.claims);
    free(ledger->batch.claim_seats);
    seats_finish(&ledger->seats);
    free(ledger->store_path);
    free(ledger);
}

// --- any thread ---

bool ledger_serve(struct ledger *ledger, const struct ledger_serve *serve, size_t *ret_seats,
                  struct err *err)
{
    struct change change = {.serve = serve, .seats = ret_seats};
    pthread_mutex_lock(&ledger->mutex);
    require(!ledger->change && !ledger->is_stopping);
    ledger->change = &change;
    wake(ledger);
    while (!change.is_over)
        pthread_cond_wait(&ledger->has_served, &ledger->mutex);
    pthread_mutex_unlock(&ledger->mutex);
    return change.is_done ||
           err_set(err, ERR_BUSY,
                   "more than %d services at once, counting those that are gone from the "
                   "configuration and still have deliveries in flight",
                   LEDGER_SEATS);
}

void ledger_accept(struct ledger *ledger, struct ledger_accept *entry)
{
    pthread_mutex_lock(&ledger->mutex);
    QUEUE_ADD(ledger->accepts, entry);
    wake(ledger);
    pthread_mutex_unlock(&ledger->mutex);
}

void ledger_settle(struct ledger *ledger, struct ledger_settle *entry)
{
    pthread_mutex_lock(&ledger->mutex);
    QUEUE_ADD(ledger->settles, entry);
    wake(ledger);
    pthread_mutex_unlock(&ledger->mutex);
}

void ledger_operate(struct ledger *ledger, struct ledger_operate *entry)
{
    pthread_mutex_lock(&ledger->mutex);
    QUEUE_ADD(ledger->operates, entry);
    wake(ledger);
    pthread_mutex_unlock(&ledger->mutex);
}

void ledger_limit(struct ledger *ledger, size_t seat, size_t limit)
{
    pthread_mutex_lock(&ledger->mutex);
    if (atomic_exchange(&ledger->seats.items[seat].limit, limit) < limit)
        wake(ledger);
    pthread_mutex_unlock(&ledger->mutex);
}

bool ledger_is_ready(struct ledger *ledger, struct err *ret_why)
{
    pthread_mutex_lock(&ledger->mutex);
    struct err why = find_refusal(ledger, is_paused(ledger));
    pthread_mutex_unlock(&ledger->mutex);
    if (!why.code)
        return true;
    *ret_why = why;
    return false;
}
