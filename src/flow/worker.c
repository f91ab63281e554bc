// SPDX-License-Identifier: GPL-3.0-or-later
//
// The story "deliver", told in the order it happens: a lease comes in, is encoded, sent, its reply
// decoded, the outcome decided and settled. Knows no SQL, HTTP or XML. What surprises: a job lives
// in its lease's arena, and from the call of ledger_settle on it belongs to the ledger's thread. It
// ends by the generation it began with, which the worker's shift and then the job itself hold.

#include "flow/worker.h"

#include "base/clock.h"
#include "base/log.h"
#include "core/merge.h"
#include "edge/mask.h"
#include "edge/source.h"
#include "flow/worker_lane.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

enum {
    RECORD_MAX_BYTES = 64 * 1024, // of a reply's head and of its body, each
    FAULT_MAX_BYTES = 16 * 1024,  // of a decoded fault
    STARTS_PER_TURN = 16,         // so that many leases at once do not keep replies waiting
};

// The work by one generation; a worker's own. The last to begin is its current one, and an earlier
// one goes with its last job.
struct shift {
    struct shift *next;
    struct generation *generation; // held
    struct soap_codec *codec;      // gone before the modules it was used with
    size_t job_count;
};

struct job { // one attempt under way
    struct job *next, *previous;
    struct lane *lane;
    struct shift *shift;           // NULL: not taken out of the inbox
    struct generation *generation; // held until the ledger is done with the entry
    const struct service *service;
    struct store_lease *lease;
    int64_t started_at;
    bool is_encoded;
    struct transport_request request;
    struct transport_request shown; // as people may see it
    const struct str *secret_texts; // sensitive answers
    size_t secret_text_count;
    struct mask *private; // of these, while the attempt is recorded; NULL: none
    struct ledger_settle entry;
};

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

// --- the record of an attempt, secrets masked ---

static struct str mask_private(const struct job *job, struct str text)
{
    return job->private ? mask_apply(job->private, job->lease->arena, text) : text;
}

static struct str mask(const struct job *job, struct str text)
{
    return mask_private(job, service_mask(job->service, job->lease->arena, text));
}

// Sensitive answers may come back in replies and in reasons, where their place is not known.
static struct mask *make_private(const struct job *job)
{
    if (job->secret_text_count == 0)
        return NULL;
    struct mask *private = mask_new();
    for (size_t i = 0; i < job->secret_text_count; i++)
        mask_add(private, job->secret_texts[i]);
    return private;
}

static const char *mask_text(const struct job *job, const char *text)
{
    return arena_copy(job->lease->arena, mask(job, str_from(text))).data;
}

static struct str cut(struct str text, size_t *dropped_bytes)
{
    if (text.len > RECORD_MAX_BYTES) {
        *dropped_bytes += text.len - RECORD_MAX_BYTES;
        text.len = RECORD_MAX_BYTES;
    }
    return text;
}

static void record_request(const struct job *job, struct store_attempt *attempt)
{
    attempt->request_head = attempt->request_body = STR("");
    if (!job->is_encoded)
        return;
    struct str head, body;
    service_record(job->service, job->lease->arena, &job->shown, &head, &body);
    attempt->request_head = mask_private(job, head);
    attempt->request_body = mask_private(job, body);
}

// `reply` is NULL when nothing was sent.
static void record_reply(const struct job *job, const struct transport_reply *reply,
                         struct store_attempt *attempt)
{
    attempt->peer = "";
    attempt->reply_head = attempt->reply_body = STR("");
    if (!reply)
        return;
    size_t dropped_of_head = 0;
    attempt->peer = reply->peer;
    attempt->reply_head = cut(mask(job, reply->headers), &dropped_of_head);
    attempt->reply_dropped_bytes = reply->is_cut; // at least one: how many, nobody read
    attempt->reply_body = cut(mask(job, reply->body), &attempt->reply_dropped_bytes);
    attempt->resolved_us = reply->timings.resolved_us;
    attempt->connected_us = reply->timings.connected_us;
    attempt->secured_us = reply->timings.secured_us;
    attempt->first_byte_us = reply->timings.first_byte_us;
    attempt->total_us = reply->timings.total_us;
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

static void decide_step(const struct job *job, const struct outcome *outcome, int64_t now_ms,
                        struct delivery_step *ret)
{
    const struct config_service *config = service_config(job->service);
    struct delivery_progress progress = job->lease->progress;
    if (progress.attempts++ == 0)
        progress.first_attempt_at = job->started_at;
    delivery_next(&config->retry, &progress, outcome, now_ms, clock_dice(), ret);
}

// A request that was not made, or went where the service is no more, says nothing about it.
static bool has_taught(const struct job *job, const struct answer *answer)
{
    const struct service *now = job->lane->service;
    return answer->reach != REACH_NOT_ENCODED &&
           (!now || now == job->service || service_has_same_target(now, job->service));
}

// A mask in a captured value means that the service gave a secret back: that is not passed on.
static const struct json *mask_captured(const struct job *job, const struct json *captured)
{
    struct arena *arena = job->lease->arena;
    struct json *masked = json_object(arena);
    for (size_t i = 0; captured && i < captured->object.count; i++) {
        const struct json_member *member = &captured->object.members[i];
        json_set(arena, masked, member->name, json_string(arena, mask(job, member->value->string)));
    }
    return masked;
}

// Too long a tree is left out: the sentence of the fault and the reply are there as well.
static struct str record_fault(const struct job *job, const struct json *tree)
{
    AUTO_BUF struct buf text;
    buf_init(&text, FAULT_MAX_BYTES);
    if (!tree)
        return STR("");
    json_write(&text, tree, JSON_COMPACT);
    return text.overflowed ? STR("") : mask(job, arena_copy(job->lease->arena, buf_str(&text)));
}

static void finish_job(struct job *job, const struct service_reply *decoded,
                       const struct transport_reply *reply)
{
    const struct answer *answer = &decoded->answer;
    const struct config_service *config = service_config(job->service);
    int64_t now_ms = clock_now_ms();
    struct outcome outcome;
    struct delivery_step step;
    outcome_decide(config->outcomes, config->outcome_count, answer, &outcome);
    decide_step(job, &outcome, now_ms, &step);
    job->private = make_private(job);
    struct store_attempt *attempt = &job->entry.settle.attempt;
    *attempt = (struct store_attempt){
        .started_at = job->started_at,
        .ended_at = now_ms,
        .outcome = outcome.kind,
        .scope = outcome.scope,
        .reach = answer->reach,
        .http_status = answer->http_status,
        .fault = mask_text(job, decoded->fault),
        .fault_tree = record_fault(job, decoded->fault_tree),
        .verdict = mask_text(job, decoded->verdict),
        .reason = mask_text(job, outcome.reason),
    };
    record_request(job, attempt);
    record_reply(job, reply, attempt);
    job->entry.settle.reason = mask_text(job, step.reason);
    if (step.state == DELIVERY_DELIVERED)
        job->entry.settle.captured = mask_captured(job, decoded->captured);
    log_step(job, &step);
    if (has_taught(job, answer))
        feed_window(job->lane, &outcome, attempt->reason);
    mask_free(job->private);
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

// The events of a delivery as one: what is sent, and what people may see of it.
struct content {
    struct event event, shown;
    struct event raw, shown_raw;
    struct normal_notes notes;
    bool is_masked; // what is shown differs
};

static bool read_body(const struct job *job, const struct store_carried *from, struct reading *ret,
                      struct err *err)
{
    const char *trigger = event_trigger(str_from(from->trigger));
    struct event_faults faults;
    if (!trigger)
        return err_set(err, ERR_INVALID, "the trigger %s is not known any more", from->trigger);
    return source_read(job->generation->config, from->source, job->lease->arena, trigger,
                       from->format, from->body, ret, &faults, err) ||
           err_prefix(err, "the event cannot be read any more");
}

static void add_secret_texts(struct job *job, const struct survey_result *survey)
{
    size_t count = job->secret_text_count + survey->secret_text_count;
    if (!survey->secret_text_count)
        return;
    struct str *texts = arena_alloc(job->lease->arena, count * sizeof(*texts));
    if (job->secret_text_count)
        memcpy(texts, job->secret_texts, job->secret_text_count * sizeof(*texts));
    memcpy(texts + job->secret_text_count, survey->secret_texts,
           survey->secret_text_count * sizeof(*texts));
    job->secret_texts = texts;
    job->secret_text_count = count;
}

static void add_rows(struct arena *arena, const struct normal_notes *more,
                     struct normal_notes *notes)
{
    size_t count = notes->row_count + more->row_count;
    struct normal_row *rows = arena_alloc(arena, count * sizeof(*rows));
    if (notes->row_count)
        memcpy(rows, notes->rows, notes->row_count * sizeof(*rows));
    if (more->row_count)
        memcpy(rows + notes->row_count, more->rows, more->row_count * sizeof(*rows));
    notes->rows = rows;
    notes->row_count = count;
}

static struct event shown_raw(const struct job *job, const struct reading *reading)
{
    struct event raw = reading->raw;
    if (reading->survey.shown)
        raw.elements = survey_show_elements(job->lease->arena, &reading->survey, raw.elements);
    return raw;
}

// The delivery's own event, with what earlier ones that it carries say besides.
static bool read_content(struct job *job, struct content *ret, struct err *err)
{
    const struct store_lease *lease = job->lease;
    struct store_carried own = {.trigger = lease->trigger,
                                .source = lease->source,
                                .format = lease->format,
                                .body = lease->body};
    struct reading reading;
    struct event earlier_raw;
    if (!read_body(job, &own, &reading, err))
        return false;
    *ret = (struct content){
        .event = reading.event,
        .shown = *source_shown(&reading),
        .raw = reading.raw,
        .shown_raw = shown_raw(job, &reading),
        .notes = reading.notes,
        .is_masked = reading.survey.shown != NULL,
    };
    add_secret_texts(job, &reading.survey);
    for (size_t i = lease->carried_count; i-- > 0;) {
        if (!read_body(job, &lease->carried[i], &reading, err))
            return false;
        merge_events(lease->arena, &reading.event, &ret->event, &ret->event);
        merge_events(lease->arena, source_shown(&reading), &ret->shown, &ret->shown);
        earlier_raw = shown_raw(job, &reading);
        merge_events(lease->arena, &reading.raw, &ret->raw, &ret->raw);
        merge_events(lease->arena, &earlier_raw, &ret->shown_raw, &ret->shown_raw);
        add_rows(lease->arena, &reading.notes, &ret->notes);
        ret->is_masked |= reading.survey.shown != NULL;
        add_secret_texts(job, &reading.survey);
    }
    return true;
}

// What the record will say of the request. It holds no less than a note why it is not there.
static void show_request(struct job *job, const struct content *content,
                         struct service_values values)
{
    struct err err;
    job->shown = job->request;
    if (!content->is_masked)
        return;
    values.raw = &content->shown_raw;
    values.event = &content->shown;
    if (!service_show(job->service, job->shift->codec, job->lease->arena, &values, &job->shown,
                      &err)) {
        job->shown.url = "(not shown: the sensitive answers in it could not be masked)";
        job->shown.header_count = 0;
        job->shown.body = STR("");
    }
}

static bool encode_job(struct job *job, struct err *err)
{
    const struct store_lease *lease = job->lease;
    struct content content;
    if (!read_content(job, &content, err))
        return false;
    struct service_values values = {
        .event = &content.event,
        .is_merged = lease->carried_count > 0,
        .raw = &content.raw,
        .notes = &content.notes,
        .captured = lease->captured,
        .event_id = lease->event_id,
        .source = lease->source,
        .delivery_id = lease->id,
        .received_at = lease->received_at,
        .attempt = lease->number,
    };
    if (!service_encode(job->service, job->shift->codec, lease->arena, &values, &job->request, err))
        return false;
    show_request(job, &content, values);
    return true;
}

static void start_job(struct worker *worker, struct job *job)
{
    struct err err;
    list_append(&worker->flying, job);
    job->started_at = clock_now_ms();
    job->is_encoded = encode_job(job, &err);
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
        transport_turn(worker->transport, choose_wait(worker));
        end_shifts(worker);
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
