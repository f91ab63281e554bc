// SPDX-License-Identifier: GPL-3.0-or-later
//
// The story "deliver", told in the order it happens: a lease comes in, is encoded, sent, its reply
// decoded, the outcome decided and settled. Knows no SQL, HTTP or XML. What surprises: a job lives
// in its lease's arena, and from the call of ledger_settle on it belongs to the ledger's thread. It
// ends by the generation it began with, which the worker's shift and then the job itself hold.

#include "flow/worker.h"

#include "base/clock.h"
#include "base/log.h"
#include "flow/worker_job.h"
#include "flow/worker_lane.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

enum { STARTS_PER_TURN = 16 }; // so that many leases at once do not keep replies waiting

struct job_list {
    struct job *first, *last;
};

struct worker {
    struct workers *workers;
    size_t index;
    pthread_t thread;
    struct transport *transport;
    struct shift *shifts; // this thread's own; the first is the current one
    size_t lane_end;      // no seat from here on was ever this worker's
    struct job_list ready, flying;
    int64_t next_probe_ms; // steady; when a closed service is due, INT64_MAX: none
    bool has_closed;       // it drains, and its lanes' limits are 0

    pthread_mutex_t lock; // guards what follows and the lanes
    struct job_list inbox;
    struct generation *coming; // held; the thread begins a shift with it
    bool has_review;           // look at every lane: something about them was asked for
};

struct workers {
    struct ledger *ledger;
    struct worker *items;
    size_t count;
    struct lane *lanes; // one per seat
    bool has_threads;
    _Atomic bool is_draining, is_stopping;
    _Atomic size_t out;          // leases taken over and not settled
    _Atomic size_t closed_count; // workers that have told the ledger to lease no more
    pthread_mutex_t lock;
    pthread_cond_t drained, changed;
    size_t changing_count; // workers that have yet to begin the shift; under the lock
};

static void list_append(struct job_list *list, struct job *job)
{
    job->next = NULL;
    job->previous = list->last;
    if (list->last)
        list->last->next = job;
    else
        list->first = job;
    list->last = job;
}

static void list_remove(struct job_list *list, struct job *job)
{
    if (job->previous)
        job->previous->next = job->next;
    else
        list->first = job->next;
    if (job->next)
        job->next->previous = job->previous;
    else
        list->last = job->previous;
}

static int64_t steady_ms(void)
{
    return clock_steady_us() / 1000;
}

// --- limits: what the window learned becomes what the ledger may lease ---

static void tell_limit(struct lane *lane, int64_t now_ms)
{
    struct workers *workers = lane->worker->workers;
    size_t limit = 0;
    if (lane->service && !atomic_load(&workers->is_draining))
        limit = (size_t)window_limit(&lane->window, now_ms);
    if (limit == lane->limit)
        return;
    pthread_mutex_lock(&lane->worker->lock);
    lane->limit = limit;
    pthread_mutex_unlock(&lane->worker->lock);
    ledger_limit(workers->ledger, lane->seat, limit);
}

// Makes the worker wake by itself when the service's next probe is due.
static void plan_probe(struct lane *lane, int64_t now_ms)
{
    struct worker *worker = lane->worker;
    int64_t probe_ms = lane->service ? lane->window.closed_until : 0;
    if (probe_ms > now_ms && probe_ms < worker->next_probe_ms)
        worker->next_probe_ms = probe_ms;
}

static void feed_window(struct lane *lane, const struct outcome *outcome, const char *reason)
{
    int64_t now_ms = steady_ms();
    lane_feed(lane, outcome, reason, now_ms);
    tell_limit(lane, now_ms);
    plan_probe(lane, now_ms);
}

static bool is_drained(const struct workers *workers)
{
    return atomic_load(&workers->closed_count) == workers->count && atomic_load(&workers->out) == 0;
}

static void tell_drained(struct workers *workers)
{
    if (!is_drained(workers))
        return;
    pthread_mutex_lock(&workers->lock);
    pthread_cond_signal(&workers->drained);
    pthread_mutex_unlock(&workers->lock);
}

static void review_lanes(struct worker *worker)
{
    struct workers *workers = worker->workers;
    int64_t now_ms = steady_ms();
    bool is_closing = atomic_load(&workers->is_draining) && !worker->has_closed;
    worker->next_probe_ms = INT64_MAX;
    for (size_t i = worker->index; i < worker->lane_end; i += workers->count) {
        lane_open_if_asked(&workers->lanes[i]);
        tell_limit(&workers->lanes[i], now_ms);
        plan_probe(&workers->lanes[i], now_ms);
    }
    if (is_closing) {
        worker->has_closed = true;
        atomic_fetch_add(&workers->closed_count, 1);
        tell_drained(workers);
    }
}

static void log_step(const struct job *job, const struct delivery_step *step)
{
    static const char *const messages[DELIVERY_STATE_COUNT] = {
        [DELIVERY_WAITING] = "delivery retry",   [DELIVERY_DELIVERED] = "delivery delivered",
        [DELIVERY_HELD] = "delivery held",       [DELIVERY_DEAD] = "delivery dead",
        [DELIVERY_EXPIRED] = "delivery expired",
    };
    const struct store_lease *lease = job->lease;
    char number[16], due[CLOCK_RFC3339_BYTES];
    snprintf(number, sizeof(number), "%d", lease->number);
    clock_rfc3339(step->due_at, due);
    log_write(step->state == DELIVERY_DELIVERED ? LOG_DEBUG : LOG_WARN, messages[step->state],
              "event", lease->event_id, "delivery", lease->id, "service", lease->service, "attempt",
              number, "reason", job->entry.settle.reason, "due",
              step->state == DELIVERY_WAITING ? due : NULL, NULL);
}

// --- the end of an attempt ---

static void free_job(struct job *job)
{
    struct generation *generation = job->generation;
    arena_free(job->lease->arena); // and with it the job
    generation_release(generation);
}

static void finish_settled(void *context, struct ledger_settle *entry)
{
    struct job *job = context;
    const struct store_lease *lease = job->lease;
    if (!entry->settle.is_applied)
        log_write(LOG_WARN, "lease lost, the attempt is not recorded", "event", lease->event_id,
                  "delivery", lease->id, "service", lease->service, NULL);
    free_job(job);
}

static void end_shift(struct shift *shift)
{
    soap_codec_free(shift->codec);
    generation_release(shift->generation);
    free(shift);
}

// Ends the shifts before the current one that nobody works by any more.
static void end_shifts(struct worker *worker)
{
    if (!worker->shifts)
        return;
    for (struct shift **at = &worker->shifts->next; *at;) {
        struct shift *shift = *at;
        if (shift->job_count) {
            at = &shift->next;
            continue;
        }
        *at = shift->next;
        end_shift(shift);
    }
}

static void settle(struct job *job, const struct delivery_step *step)
{
    struct lane *lane = job->lane;
    struct worker *worker = lane->worker;
    struct workers *workers = worker->workers;
    struct store_settle *settle = &job->entry.settle;
    settle->delivery = job->lease->delivery;
    settle->number = job->lease->number;
    settle->service = job->lease->service;
    settle->state = step->state;
    settle->due_at = step->due_at;
    job->entry.seat = lane->seat;
    job->entry.done = finish_settled;
    job->entry.context = job;
    list_remove(&worker->flying, job);
    job->shift->job_count--;
    pthread_mutex_lock(&worker->lock);
    lane->in_flight--;
    pthread_mutex_unlock(&worker->lock);
    ledger_settle(workers->ledger, &job->entry); // the job is the ledger's now
    atomic_fetch_sub(&workers->out, 1);
    tell_drained(workers);
}

// A request that was not made, or went where the service is no more, says nothing about it.
static bool has_taught(const struct job *job, const struct answer *answer)
{
    const struct service *now = job->lane->service;
    return answer->reach != REACH_NOT_ENCODED &&
           (!now || now == job->service || service_has_same_target(now, job->service));
}

// Logs, learns and settles.
static void finish_job(struct job *job, const struct service_reply *decoded,
                       const struct transport_reply *reply)
{
    struct outcome outcome;
    struct delivery_step step;
    job_record(job, decoded, reply, &outcome, &step);
    log_step(job, &step);
    if (has_taught(job, &decoded->answer))
        feed_window(job->lane, &outcome, job->entry.settle.attempt.reason);
    settle(job, &step);
}

// --- the way of an attempt ---

static void receive_reply(void *context, const struct transport_reply *reply)
{
    struct job *job = context;
    struct service_reply decoded;
    service_decode(job->service, job->shift->codec, job->lease->arena, reply, &decoded);
    finish_job(job, &decoded, reply);
}

static void start_job(struct worker *worker, struct job *job)
{
    struct err err;
    list_append(&worker->flying, job);
    job->started_at = clock_now_ms();
    job->is_encoded = job_encode(job, &err);
    if (job->is_encoded) {
        transport_send(worker->transport, job->lease->arena, &job->request, receive_reply, job);
        return;
    }
    struct service_reply nothing = {
        .answer = {.reach = REACH_NOT_ENCODED,
                   .retry_after_ms = -1,
                   .fault_code = "",
                   .fault_detail = "",
                   .reason = err.text},
        .fault = "",
        .verdict = "",
    };
    finish_job(job, &nothing, NULL);
}

// --- the loop ---

static void seat_services(struct worker *worker, const struct generation *generation)
{
    struct workers *workers = worker->workers;
    const struct services *services = generation->services;
    AUTO_FREE const struct service **before = NULL;
    for (size_t i = 0; i < services->count; i++) {
        size_t end = generation->seats[i] + 1;
        if (end > worker->lane_end)
            worker->lane_end = end;
    }
    before = mem_alloc(worker->lane_end * sizeof(*before));
    pthread_mutex_lock(&worker->lock);
    for (size_t seat = worker->index; seat < worker->lane_end; seat += workers->count) {
        before[seat] = workers->lanes[seat].service;
        workers->lanes[seat].service = NULL;
    }
    for (size_t i = 0; i < services->count; i++) {
        size_t seat = generation->seats[i];
        struct lane *lane = &workers->lanes[seat];
        if (seat % workers->count != worker->index)
            continue;
        if (!lane->worker) { // other threads read these, but of no seat before its first service
            lane->worker = worker;
            lane->lock = &worker->lock;
            lane->seat = seat;
        }
        lane_seat(lane, services->items[i], before[seat]);
    }
    pthread_mutex_unlock(&worker->lock);
}

static void begin_shift(struct worker *worker, struct generation *generation)
{
    struct workers *workers = worker->workers;
    struct shift *shift = mem_alloc(sizeof(*shift));
    *shift =
        (struct shift){.next = worker->shifts, .generation = generation, .codec = soap_codec_new()};
    seat_services(worker, generation);
    worker->shifts = shift;
    review_lanes(worker);
    pthread_mutex_lock(&workers->lock);
    workers->changing_count--;
    pthread_cond_signal(&workers->changed);
    pthread_mutex_unlock(&workers->lock);
}

static void take_job(struct worker *worker, struct job *job)
{
    struct shift *shift = worker->shifts;
    job->shift = shift;
    job->generation = generation_hold(shift->generation);
    job->service = job->lane->service;
    require(job->service != NULL);
    shift->job_count++;
    list_append(&worker->ready, job);
}

// Leases that came before a new generation are worked on by the one before: its service may be
// gone.
static void take_inbox(struct worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    struct job_list inbox = worker->inbox;
    struct generation *coming = worker->coming;
    bool has_review = worker->has_review;
    worker->inbox = (struct job_list){NULL, NULL};
    worker->coming = NULL;
    worker->has_review = false;
    pthread_mutex_unlock(&worker->lock);
    while (inbox.first) {
        struct job *job = inbox.first;
        list_remove(&inbox, job);
        take_job(worker, job);
    }
    if (coming)
        begin_shift(worker, coming);
    else if (has_review || steady_ms() >= worker->next_probe_ms)
        review_lanes(worker);
}

static void start_jobs(struct worker *worker)
{
    for (int i = 0; i < STARTS_PER_TURN && worker->ready.first; i++) {
        struct job *job = worker->ready.first;
        list_remove(&worker->ready, job);
        start_job(worker, job);
    }
}

static int64_t choose_wait(const struct worker *worker)
{
    if (worker->ready.first)
        return 0;
    if (worker->next_probe_ms == INT64_MAX)
        return -1;
    int64_t wait = worker->next_probe_ms - steady_ms();
    return wait > 0 ? wait : 0;
}

static void *run(void *context)
{
    struct worker *worker = context;
    while (!atomic_load(&worker->workers->is_stopping)) {
        take_inbox(worker);
        start_jobs(worker);
        end_shifts(worker); // before it sleeps
        transport_turn(worker->transport, choose_wait(worker));
    }
    return NULL;
}

// --- from other threads ---

static void init_worker(struct workers *workers, size_t index)
{
    struct worker *worker = &workers->items[index];
    *worker = (struct worker){
        .workers = workers,
        .index = index,
        .transport = transport_new(),
        .next_probe_ms = INT64_MAX,
    };
    pthread_mutex_init(&worker->lock, NULL);
}

struct workers *workers_new(size_t count)
{
    struct workers *workers = mem_alloc(sizeof(*workers));
    workers->count = count;
    workers->items = mem_alloc(count * sizeof(*workers->items));
    workers->lanes = mem_alloc(LEDGER_SEATS * sizeof(*workers->lanes));
    pthread_mutex_init(&workers->lock, NULL);
    pthread_condattr_t steady;
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&workers->drained, &steady);
    pthread_cond_init(&workers->changed, &steady);
    pthread_condattr_destroy(&steady);
    for (size_t i = 0; i < count; i++)
        init_worker(workers, i);
    return workers;
}

void workers_start(struct workers *workers, struct ledger *ledger)
{
    workers->ledger = ledger;
    workers->has_threads = true;
    for (size_t i = 0; i < workers->count; i++) {
        struct worker *worker = &workers->items[i];
        require(pthread_create(&worker->thread, NULL, run, worker) == 0);
        char name[16];
        snprintf(name, sizeof(name), "worker-%zu", i);
        pthread_setname_np(worker->thread, name);
    }
}

void workers_change(struct workers *workers, struct generation *generation)
{
    pthread_mutex_lock(&workers->lock);
    workers->changing_count = workers->count;
    pthread_mutex_unlock(&workers->lock);
    for (size_t i = 0; i < workers->count; i++) {
        struct worker *worker = &workers->items[i];
        pthread_mutex_lock(&worker->lock);
        worker->coming = generation_hold(generation);
        pthread_mutex_unlock(&worker->lock);
        transport_wake(worker->transport);
    }
    pthread_mutex_lock(&workers->lock);
    while (workers->changing_count)
        pthread_cond_wait(&workers->changed, &workers->lock);
    pthread_mutex_unlock(&workers->lock);
}

void workers_lease(void *context, size_t seat, struct store_lease **leases, size_t count)
{
    struct workers *workers = context;
    require(seat < LEDGER_SEATS);
    struct lane *lane = &workers->lanes[seat];
    struct worker *worker = lane->worker;
    atomic_fetch_add(&workers->out, count);
    pthread_mutex_lock(&worker->lock);
    for (size_t i = 0; i < count; i++) {
        struct job *job = arena_alloc(leases[i]->arena, sizeof(*job));
        job->lane = lane;
        job->lease = leases[i];
        list_append(&worker->inbox, job);
    }
    lane->in_flight += (int)count;
    pthread_mutex_unlock(&worker->lock);
    transport_wake(worker->transport);
}

static void ask_review(struct worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    worker->has_review = true;
    pthread_mutex_unlock(&worker->lock);
    transport_wake(worker->transport);
}

static void wait_until_drained(struct workers *workers, int64_t wait_for_ms)
{
    int64_t until_us = clock_steady_us() + wait_for_ms * 1000;
    struct timespec until = {.tv_sec = until_us / 1000000, .tv_nsec = until_us % 1000000 * 1000};
    pthread_mutex_lock(&workers->lock);
    while (!is_drained(workers) &&
           pthread_cond_timedwait(&workers->drained, &workers->lock, &until) == 0) {
    }
    pthread_mutex_unlock(&workers->lock);
}

// Leases that are already here are still worked on: only so do they end in a settle.
size_t workers_drain(struct workers *workers, int64_t wait_for_ms)
{
    if (!workers->has_threads)
        return atomic_load(&workers->out);
    atomic_store(&workers->is_draining, true);
    for (size_t i = 0; i < workers->count; i++)
        ask_review(&workers->items[i]);
    wait_until_drained(workers, wait_for_ms > 0 ? wait_for_ms : 0);
    atomic_store(&workers->is_stopping, true);
    for (size_t i = 0; i < workers->count; i++) {
        transport_wake(workers->items[i].transport);
        pthread_join(workers->items[i].thread, NULL);
    }
    workers->has_threads = false;
    return atomic_load(&workers->out);
}

static void free_jobs(struct job_list *list)
{
    while (list->first) {
        struct job *job = list->first;
        list_remove(list, job);
        free_job(job);
    }
}

void workers_free(struct workers *workers)
{
    if (!workers)
        return;
    require(!workers->has_threads);
    for (size_t i = 0; i < workers->count; i++) {
        struct worker *worker = &workers->items[i];
        transport_free(worker->transport); // before the requests it still reads from
        while (worker->shifts) {
            struct shift *shift = worker->shifts;
            worker->shifts = shift->next;
            end_shift(shift);
        }
        free_jobs(&worker->inbox);
        free_jobs(&worker->ready);
        free_jobs(&worker->flying);
        pthread_mutex_destroy(&worker->lock);
        for (size_t seat = i; seat < worker->lane_end; seat += workers->count)
            free(workers->lanes[seat].name);
    }
    pthread_cond_destroy(&workers->changed);
    pthread_cond_destroy(&workers->drained);
    pthread_mutex_destroy(&workers->lock);
    free(workers->lanes);
    free(workers->items);
    free(workers);
}

void workers_view(struct workers *workers, size_t seat, struct worker_view *ret)
{
    require(seat < LEDGER_SEATS);
    lane_view(&workers->lanes[seat], steady_ms(), ret);
}

void workers_open(struct workers *workers, size_t seat)
{
    require(seat < LEDGER_SEATS);
    struct lane *lane = &workers->lanes[seat];
    pthread_mutex_lock(&lane->worker->lock);
    lane->is_opening = true;
    pthread_mutex_unlock(&lane->worker->lock);
    ask_review(lane->worker);
}
