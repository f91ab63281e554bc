// SPDX-License-Identifier: GPL-3.0-or-later
//
// The worker between a fake ledger, a fake service and a fake transport, all below; its threads are
// real. The event's element `answer` says how the service behaves. The fake ledger calls a settle's
// `done` at once, which frees the lease, so that a touch after it is found by the sanitizer.

#include "base/clock.h"
#include "base/log.h"
#include "flow/worker.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>

#include <cmocka.h>

enum { SERVICES = 3, SETTLES_MAX = 512, LONG_REPLY = 100 * 1000 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed;

// --- the fake ledger ---

struct settled { // what is left of a settle after its lease is gone
    size_t service;
    int64_t delivery, due_at, total_us;
    int number, http_status;
    enum delivery_state state;
    enum outcome_kind outcome;
    enum reach reach;
    size_t dropped_bytes, reply_body_len;
    char reason[400], attempt_reason[400], fault[100], peer[40];
    char request_head[400], request_body[100], reply_head[100], reply_body[100];
    char fault_tree[100], verdict[100], captured[100];
    bool has_times;
};

static struct {
    struct settled settles[SETTLES_MAX];
    size_t count;
    size_t limits[SERVICES];
    int limit_calls;
    bool is_losing; // the lease is lost
} ledger;

static void copy_str(char *to, size_t size, struct str from)
{
    snprintf(to, size, "%.*s", STR_ARG(from));
}

static void keep_settle(const struct ledger_settle *entry, struct settled *ret)
{
    const struct store_attempt *attempt = &entry->settle.attempt;
    *ret = (struct settled){
        .service = entry->seat,
        .delivery = entry->settle.delivery,
        .due_at = entry->settle.due_at,
        .number = entry->settle.number,
        .state = entry->settle.state,
        .http_status = attempt->http_status,
        .outcome = attempt->outcome,
        .reach = attempt->reach,
        .dropped_bytes = attempt->reply_dropped_bytes,
        .reply_body_len = attempt->reply_body.len,
        .total_us = attempt->total_us,
        .has_times = attempt->started_at > 0 && attempt->ended_at >= attempt->started_at,
    };
    copy_str(ret->reason, sizeof(ret->reason), str_from(entry->settle.reason));
    copy_str(ret->attempt_reason, sizeof(ret->attempt_reason), str_from(attempt->reason));
    copy_str(ret->fault, sizeof(ret->fault), str_from(attempt->fault));
    copy_str(ret->peer, sizeof(ret->peer), str_from(attempt->peer));
    copy_str(ret->request_head, sizeof(ret->request_head), attempt->request_head);
    copy_str(ret->request_body, sizeof(ret->request_body), attempt->request_body);
    copy_str(ret->reply_head, sizeof(ret->reply_head), attempt->reply_head);
    copy_str(ret->reply_body, sizeof(ret->reply_body), attempt->reply_body);
    copy_str(ret->fault_tree, sizeof(ret->fault_tree), attempt->fault_tree);
    copy_str(ret->verdict, sizeof(ret->verdict), str_from(attempt->verdict));
    const struct json *case_id = json_get(entry->settle.captured, STR("case_id"));
    copy_str(ret->captured, sizeof(ret->captured), case_id ? case_id->string : STR("nothing"));
}

void ledger_settle(struct ledger *unused, struct ledger_settle *entry)
{
    (void)unused;
    pthread_mutex_lock(&lock);
    require(ledger.count < SETTLES_MAX);
    keep_settle(entry, &ledger.settles[ledger.count++]);
    entry->settle.is_applied = !ledger.is_losing;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    entry->done(entry->context, entry);
}

void ledger_limit(struct ledger *unused, size_t service, size_t limit)
{
    (void)unused;
    pthread_mutex_lock(&lock);
    ledger.limits[service] = limit;
    ledger.limit_calls++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

// --- the fake service ---

struct service {
    struct config_service config;
};

static struct service fakes[SERVICES];

const struct config_service *service_config(const struct service *service)
{
    return &service->config;
}

static struct str request_body(struct arena *arena, const struct service_values *values)
{
    const struct json *note = json_get(values->event->elements, STR("note"));
    const struct json *raw_note = json_get(values->raw->elements, STR("note"));
    return str_from(arena_printf(arena, "%s %s %s geheim %s %s %s %s %zu", values->event_id,
                                 values->delivery_id, values->source, values->event->trigger,
                                 values->is_merged ? "merged" : "alone",
                                 note ? note->string.data : "-",
                                 raw_note ? raw_note->string.data : "-", values->notes->row_count));
}

bool service_encode(const struct service *service, struct soap_codec *codec, struct arena *arena,
                    const struct service_values *values, struct transport_request *ret,
                    struct err *err)
{
    static const char *const headers[] = {"X-Token: geheim", "X-Kind: test"};
    (void)codec;
    const struct json *answer = json_get(values->event->elements, STR("answer"));
    require(answer != NULL);
    if (str_eq(answer->string, STR("no-encode")))
        return err_set(err, ERR_INVALID, "element geheim: \"x\" is no number");
    *ret = (struct transport_request){
        .method = "POST",
        .url = arena_printf(arena, "http://%s/%.*s", service->config.name, STR_ARG(answer->string)),
        .headers = headers,
        .header_count = COUNT_OF(headers),
        .basic_user = "me",
        .basic_password = "geheim",
        .body = request_body(arena, values),
        .max_reply_bytes = 1024 * 1024,
    };
    return true;
}

bool service_show(const struct service *service, struct soap_codec *codec, struct arena *arena,
                  const struct service_values *values, struct transport_request *ret,
                  struct err *err)
{
    return service_encode(service, codec, arena, values, ret, err);
}

void service_decode(const struct service *service, struct soap_codec *codec, struct arena *arena,
                    const struct transport_reply *reply, struct service_reply *ret)
{
    (void)service, (void)codec;
    bool is_fault = reply->http_status == 500;
    struct json *captured = json_object(arena), *tree = json_object(arena);
    json_set(arena, captured, STR("case_id"), json_text(arena, "geheim-4711"));
    json_set(arena, tree, STR("code"), json_text(arena, "geheim"));
    *ret = (struct service_reply){
        .answer = {.reach = reply->reach,
                   .http_status = reply->http_status,
                   .retry_after_ms = reply->retry_after_ms,
                   .fault_class = is_fault ? FAULT_SENDER : FAULT_NONE,
                   .fault_code = is_fault ? "Client" : "",
                   .fault_detail = "",
                   .is_readable = true,
                   .reason = is_fault ? "geheim is no survey" : reply->problem},
        .fault = is_fault ? "SurveyFault: code=geheim" : "",
        .fault_tree = is_fault ? tree : NULL,
        .verdict = "holds: geheim",
        .captured = captured,
    };
}

struct str service_mask(const struct service *service, struct arena *arena, struct str text)
{
    static const struct str secret = {"geheim", 6};
    (void)service;
    struct str copy = arena_copy(arena, text);
    for (size_t i = 0; i + secret.len <= copy.len; i++) {
        if (str_starts((struct str){copy.data + i, copy.len - i}, secret))
            memset((char *)copy.data + i, '*', secret.len);
    }
    return copy;
}

void service_record(const struct service *service, struct arena *arena,
                    const struct transport_request *request, struct str *ret_head,
                    struct str *ret_body)
{
    const char *head = arena_printf(arena, "%s %s\n%s\n%s\n", request->method, request->url,
                                    request->headers[0], request->headers[1]);
    *ret_head = service_mask(service, arena, str_from(head));
    *ret_body = service_mask(service, arena, request->body);
}

bool service_has_same_target(const struct service *a, const struct service *b)
{
    return strcmp(a->config.url.data, b->config.url.data) == 0;
}

// --- the fake generation: who holds it is counted, nothing is freed ---

struct generation *generation_hold(struct generation *held)
{
    atomic_fetch_add(&held->holders, 1);
    return held;
}

void generation_release(struct generation *held)
{
    if (held)
        atomic_fetch_sub(&held->holders, 1);
}

struct soap_codec *soap_codec_new(void)
{
    return NULL;
}

void soap_codec_free(struct soap_codec *codec)
{
    (void)codec;
}

// --- the fake transport ---

struct sending {
    struct sending *next;
    struct arena *arena;
    const struct transport_request *request;
    transport_done_fn *done;
    void *context;
};

struct transport {
    struct sending *sent; // only the loop's thread
    bool is_woken;        // under the lock
};

struct transport *transport_new(void)
{
    return mem_alloc(sizeof(struct transport));
}

void transport_free(struct transport *transport)
{
    free(transport);
}

void transport_wake(struct transport *transport)
{
    pthread_mutex_lock(&lock);
    transport->is_woken = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

void transport_send(struct transport *transport, struct arena *arena,
                    const struct transport_request *request, transport_done_fn *done, void *context)
{
    struct sending *sending = arena_alloc(arena, sizeof(*sending));
    *sending = (struct sending){transport->sent, arena, request, done, context};
    transport->sent = sending;
}

static void wait_for_wake(struct transport *transport, int64_t wait_for_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t end_ms = (wait_for_ms < 0 ? 3600 * 1000 : wait_for_ms) + until.tv_nsec / 1000000;
    until.tv_sec += end_ms / 1000;
    until.tv_nsec = end_ms % 1000 * 1000000;
    pthread_mutex_lock(&lock);
    while (!transport->is_woken && pthread_cond_timedwait(&changed, &lock, &until) == 0) {
    }
    transport->is_woken = false;
    pthread_mutex_unlock(&lock);
}

// The last part of the URL: a status, "sent" or "refused".
static struct transport_reply make_reply(struct arena *arena, const char *behaviour)
{
    struct transport_reply reply = {
        .reach = REACH_ANSWERED,
        .http_status = atoi(behaviour),
        .headers = STR("HTTP/1.1 xxx\nX-Echo: geheim\n"),
        .media_type = "text/plain",
        .retry_after_ms = -1,
        .body = STR("you sent geheim"),
        .problem = "",
        .peer = "127.0.0.1:80",
        .timings = {.total_us = 1234},
    };
    if (reply.http_status)
        return reply;
    bool is_long = strcmp(behaviour, "long") == 0;
    reply.headers = reply.body = STR("");
    reply.http_status = is_long ? 200 : 0;
    reply.reach = is_long                             ? REACH_ANSWERED
                  : strcmp(behaviour, "refused") == 0 ? REACH_NO_CONNECTION
                                                      : REACH_SENT;
    reply.problem = is_long ? "" : "trouble with geheim";
    if (is_long)
        reply.body = (struct str){arena_alloc(arena, LONG_REPLY), LONG_REPLY};
    return reply;
}

void transport_turn(struct transport *transport, int64_t wait_for_ms)
{
    struct sending *sent = transport->sent, *hanging = NULL;
    transport->sent = NULL;
    bool has_done = false;
    while (sent) {
        struct sending *sending = sent;
        sent = sending->next;
        const char *behaviour = strrchr(sending->request->url, '/') + 1;
        if (strcmp(behaviour, "hang") == 0) {
            sending->next = hanging;
            hanging = sending;
            continue;
        }
        struct transport_reply *reply = arena_alloc(sending->arena, sizeof(*reply));
        *reply = make_reply(sending->arena, behaviour);
        has_done = true;
        sending->done(sending->context, reply);
    }
    transport->sent = hanging;
    if (!has_done)
        wait_for_wake(transport, wait_for_ms);
}

// --- helpers ---

static struct services services;
static struct workers *workers;
static struct generation generation;

static int set_up(void **state)
{
    static const char *const names[SERVICES] = {"survey", "crm", "lead"};
    static struct service *items[SERVICES];
    (void)state;
    memset(&ledger, 0, sizeof(ledger));
    for (size_t i = 0; i < SERVICES; i++) {
        fakes[i].config = (struct config_service){
            .name = names[i],
            .url = STR("a"),
            .concurrency = 20,
            .retry = retry_policy_default,
            .capture_count = 1,
        };
        items[i] = &fakes[i];
    }
    services = (struct services){.items = items, .count = SERVICES};
    static struct config config;
    static size_t seats[SERVICES] = {0, 1, 2};
    generation = (struct generation){.config = &config, .services = &services, .seats = seats};
    workers = workers_new(2);
    workers_start(workers, NULL);
    workers_change(workers, &generation);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    workers_drain(workers, 0);
    workers_free(workers);
    assert_int_equal(generation.holders, 0);
    return 0;
}

static struct store_lease *make_lease(const char *answer, int attempts)
{
    static int64_t number = 100;
    struct arena *arena = arena_new();
    struct store_lease *lease = arena_alloc(arena, sizeof(*lease));
    char *body = arena_printf(arena, "{\"uii\":\"call-1\",\"answer\":\"%s\"}", answer);
    *lease = (struct store_lease){
        .arena = arena,
        .delivery = number++,
        .number = attempts + 1,
        .progress = {.attempts = attempts, .first_attempt_at = attempts ? 1000 : 0},
        .id = "delivery-1",
        .service = "survey",
        .event_id = "event-1",
        .trigger = arena_strdup(arena, "inbound.call_end"),
        .source = "platform",
        .call_id = STR("call-1"),
        .received_at = 1600000000000,
        .format = EVENT_JSON,
        .body = str_from(body),
    };
    return lease;
}

static void lease(size_t service, const char *answer, size_t count)
{
    struct store_lease *leases[SETTLES_MAX];
    for (size_t i = 0; i < count; i++)
        leases[i] = make_lease(answer, 0);
    workers_lease(workers, service, leases, count);
}

static void wait_for_settles(size_t count)
{
    pthread_mutex_lock(&lock);
    while (ledger.count < count)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

static void wait_for_limit(size_t service, size_t limit)
{
    pthread_mutex_lock(&lock);
    while (ledger.limits[service] != limit)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

static const struct settled *deliver(const char *answer)
{
    size_t before = ledger.count;
    lease(0, answer, 1);
    wait_for_settles(before + 1);
    return &ledger.settles[before];
}

// --- tests ---

static void test_every_service_starts_with_a_small_limit(void **state)
{
    (void)state;
    for (size_t i = 0; i < SERVICES; i++) {
        wait_for_limit(i, 5);
        struct worker_view view;
        workers_view(workers, i, &view);
        assert_int_equal(view.max, 20);
        assert_int_equal(view.closed_until, 0);
        assert_string_equal(view.reason, "");
    }
}

static void test_delivered_attempt_is_recorded_whole(void **state)
{
    (void)state;
    const struct settled *settled = deliver("200");
    assert_int_equal(settled->state, DELIVERY_DELIVERED);
    assert_int_equal(settled->outcome, OUTCOME_DELIVERED);
    assert_int_equal(settled->number, 1);
    assert_int_equal(settled->http_status, 200);
    assert_int_equal(settled->total_us, 1234);
    assert_true(settled->has_times);
    assert_string_equal(settled->reason, "HTTP 200 OK");
    assert_string_equal(settled->peer, "127.0.0.1:80");
    assert_non_null(strstr(settled->request_head, "POST http://survey/200\n"));
    assert_non_null(strstr(settled->request_head, "\nX-Kind: test\n"));
    assert_non_null(strstr(settled->request_body, "event-1 delivery-1 platform"));
}

static void test_a_delivery_sends_all_the_events_it_carries(void **state)
{
    (void)state;
    struct store_lease *both = make_lease("200", 0);
    struct store_carried *carried = arena_alloc(both->arena, 2 * sizeof(*carried));
    for (size_t i = 0; i < 2; i++)
        carried[i] = (struct store_carried){
            .trigger = "inbound.call_end", .source = "platform", .format = EVENT_JSON};
    carried[0].body = STR("{\"uii\":\"call-1\",\"answer\":\"404\",\"note\":\"first\"}");
    carried[1].body = STR("{\"uii\":\"call-1\",\"note\":\"second\"}");
    both->trigger = "inbound.disposition";
    both->carried = carried;
    both->carried_count = 2;
    workers_lease(workers, 0, &both, 1);
    wait_for_settles(1);
    assert_int_equal(ledger.settles[0].state, DELIVERY_DELIVERED); // the last one's answer
    // Rows of the elements as sent: two of its own, three and two of those it carries.
    assert_non_null(
        strstr(ledger.settles[0].request_body, "inbound.disposition merged second second 7"));
}

static void test_a_carried_event_that_cannot_be_read_is_said(void **state)
{
    (void)state;
    static const struct store_carried broken = {
        .trigger = "inbound.call_end", .source = "platform", .body = {"{", 1}};
    struct store_lease *both = make_lease("200", 0);
    both->carried = &broken;
    both->carried_count = 1;
    workers_lease(workers, 0, &both, 1);
    wait_for_settles(1);
    assert_int_equal(ledger.settles[0].state, DELIVERY_DEAD);
    assert_non_null(strstr(ledger.settles[0].reason, "cannot be read any more"));
}

static void test_a_retry_past_the_deadline_expires(void **state)
{
    (void)state;
    struct store_lease *late = make_lease("refused", 0);
    late->progress.expires_at = clock_now_ms() + 1000;
    workers_lease(workers, 0, &late, 1);
    wait_for_settles(1);
    assert_int_equal(ledger.settles[0].state, DELIVERY_EXPIRED);
    assert_string_equal(ledger.settles[0].reason, "expired after 1 attempt: trouble with ******");
}

static void test_no_secret_reaches_the_record(void **state)
{
    (void)state;
    static const char *const answers[] = {"200", "500", "refused", "sent", "no-encode"};
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        const struct settled *settled = deliver(answers[i]);
        const char *const kept[] = {settled->reason,       settled->attempt_reason,
                                    settled->fault,        settled->request_head,
                                    settled->request_body, settled->reply_head,
                                    settled->reply_body,   settled->fault_tree,
                                    settled->verdict,      settled->captured};
        for (size_t j = 0; j < COUNT_OF(kept); j++)
            assert_null(strstr(kept[j], "geheim"));
    }
    assert_string_equal(ledger.settles[1].fault, "SurveyFault: code=******");
    assert_string_equal(ledger.settles[0].reply_body, "you sent ******");
    assert_string_equal(ledger.settles[1].fault_tree, "{\"code\":\"******\"}");
    assert_string_equal(ledger.settles[0].verdict, "holds: ******");
}

static void test_only_a_delivered_delivery_captures(void **state)
{
    (void)state;
    assert_string_equal(deliver("200")->captured, "******-4711");
    assert_string_equal(deliver("500")->captured, "nothing");
    assert_string_equal(deliver("refused")->captured, "nothing");
}

static void test_each_outcome_leads_to_its_state(void **state)
{
    (void)state;
    assert_int_equal(deliver("404")->state, DELIVERY_DEAD);
    assert_int_equal(deliver("500")->state, DELIVERY_DEAD); // a Client fault
    assert_int_equal(deliver("sent")->state, DELIVERY_HELD);
    int64_t now = clock_now_ms();
    const struct settled *retried = deliver("refused");
    assert_int_equal(retried->state, DELIVERY_WAITING);
    assert_int_equal(retried->reach, REACH_NO_CONNECTION);
    assert_in_range(retried->due_at, now + 4000, now + 60000);
}

static void test_idempotent_service_gets_an_unknown_one_again(void **state)
{
    (void)state;
    fakes[0].config.retry.is_idempotent = true;
    assert_int_equal(deliver("sent")->state, DELIVERY_WAITING);
}

static void test_progress_before_this_attempt_counts(void **state)
{
    (void)state;
    fakes[0].config.retry.max_attempts = 3;
    struct store_lease *last = make_lease("502", 2);
    workers_lease(workers, 0, &last, 1);
    wait_for_settles(1);
    assert_int_equal(ledger.settles[0].number, 3);
    assert_int_equal(ledger.settles[0].state, DELIVERY_DEAD);
    assert_non_null(strstr(ledger.settles[0].reason, "gave up after 3 attempts"));
}

static void test_what_cannot_be_encoded_is_dead_and_not_the_services_fault(void **state)
{
    (void)state;
    const struct settled *settled = deliver("no-encode");
    assert_int_equal(settled->state, DELIVERY_DEAD);
    assert_int_equal(settled->outcome, OUTCOME_REJECTED);
    assert_int_equal(settled->reach, REACH_NOT_ENCODED);
    assert_string_equal(settled->reason, "element ******: \"x\" is no number");
    assert_string_equal(settled->request_head, "");
    deliver("refused");
    struct worker_view view;
    workers_view(workers, 0, &view);
    assert_int_equal(view.failures_in_a_row, 1);
    deliver("no-encode"); // nor does it prove the service alive
    workers_view(workers, 0, &view);
    assert_int_equal(view.failures_in_a_row, 1);
}

static void test_event_that_is_no_event_any_more_is_dead(void **state)
{
    (void)state;
    struct store_lease *leases[2] = {make_lease("200", 0), make_lease("200", 0)};
    leases[0]->body = STR("{");
    leases[1]->trigger = "no.such_trigger";
    workers_lease(workers, 0, leases, 2);
    wait_for_settles(2);
    assert_int_equal(ledger.settles[0].state, DELIVERY_DEAD);
    assert_non_null(strstr(ledger.settles[0].reason, "cannot be read any more"));
    assert_int_equal(ledger.settles[1].state, DELIVERY_DEAD);
    assert_non_null(strstr(ledger.settles[1].reason, "no.such_trigger"));
}

static void test_long_reply_is_kept_in_part_and_counted(void **state)
{
    (void)state;
    const struct settled *settled = deliver("long");
    assert_int_equal(settled->state, DELIVERY_DELIVERED);
    assert_int_equal(settled->reply_body_len, 64 * 1024);
    assert_int_equal(settled->dropped_bytes, LONG_REPLY - 64 * 1024);
}

static void test_many_leases_at_once_are_all_settled(void **state)
{
    (void)state;
    for (size_t service = 0; service < SERVICES; service++)
        lease(service, "200", 100);
    wait_for_settles(3 * 100);
    size_t by_service[SERVICES] = {0};
    for (size_t i = 0; i < ledger.count; i++)
        by_service[ledger.settles[i].service]++;
    for (size_t service = 0; service < SERVICES; service++) {
        struct worker_view view;
        workers_view(workers, service, &view);
        assert_int_equal(by_service[service], 100);
        assert_int_equal(view.in_flight, 0);
        assert_true(view.limit > 5);
        wait_for_limit(service, (size_t)view.limit);
    }
}

static void test_failing_service_closes_and_is_probed_by_itself(void **state)
{
    (void)state;
    int64_t now = clock_now_ms();
    wait_for_limit(0, 5);
    lease(0, "refused", 5);
    wait_for_limit(0, 0);
    struct worker_view view;
    workers_view(workers, 0, &view);
    assert_in_range(view.closed_until, now + 900, now + 60000);
    assert_non_null(strstr(view.reason, "trouble with ******"));
    lease(1, "200", 1); // the others go on
    wait_for_settles(6);
    wait_for_limit(0, 1); // nobody but the worker's own clock does this
    deliver("200");
    wait_for_limit(0, 5);
    workers_view(workers, 0, &view);
    assert_int_equal(view.closed_until, 0);
    assert_string_equal(view.reason, "");
}

static void test_gone_service_waits_for_a_person(void **state)
{
    (void)state;
    wait_for_limit(0, 5);
    assert_int_equal(deliver("410")->state, DELIVERY_WAITING);
    wait_for_limit(0, 0);
    struct worker_view view;
    workers_view(workers, 0, &view);
    assert_true(view.closed_until == INT64_MAX);
    workers_open(workers, 0);
    wait_for_limit(0, 5);
    workers_view(workers, 0, &view);
    assert_int_equal(view.closed_until, 0);
}

static void test_lost_lease_is_let_go(void **state)
{
    (void)state;
    ledger.is_losing = true;
    deliver("200"); // a leak or a touch of it is the sanitizer's to find
    ledger.is_losing = false;
    assert_int_equal(deliver("200")->state, DELIVERY_DELIVERED);
}

static void test_drain_waits_for_what_is_in_flight_and_takes_no_more(void **state)
{
    (void)state;
    for (size_t i = 0; i < SERVICES; i++)
        wait_for_limit(i, 5);
    for (size_t i = 0; i < SERVICES; i++)
        lease(i, "200", 40);
    assert_int_equal(workers_drain(workers, 60 * 1000), 0);
    assert_int_equal(ledger.count, 3 * 40);
    for (size_t i = 0; i < SERVICES; i++)
        assert_int_equal(ledger.limits[i], 0);
}

static void test_drain_leaves_what_does_not_end_in_time(void **state)
{
    (void)state;
    lease(0, "hang", 2);
    lease(1, "200", 1);
    wait_for_settles(1);
    assert_int_equal(workers_drain(workers, 20), 2);
    lease(2, "200", 1); // the ledger still runs; this one is left to its lease too
    assert_int_equal(ledger.count, 1);
}

// --- another generation ---

struct other {
    struct generation generation;
    struct config config;
    struct services services;
    struct service fakes[SERVICES];
    struct service *items[SERVICES];
    size_t seats[SERVICES];
};

// The first of the services, under `url`.
static void change(struct other *coming, const char *url, size_t count)
{
    *coming = (struct other){.services = {.items = coming->items, .count = count}};
    for (size_t i = 0; i < count; i++) {
        coming->fakes[i].config = fakes[i].config;
        coming->fakes[i].config.url = str_from(url);
        coming->fakes[i].config.concurrency = 3;
        coming->items[i] = &coming->fakes[i];
        coming->seats[i] = i;
    }
    coming->generation = (struct generation){
        .config = &coming->config, .services = &coming->services, .seats = coming->seats};
    workers_change(workers, &coming->generation);
}

static void test_what_is_under_way_holds_its_generation(void **state)
{
    (void)state;
    static struct other coming;
    lease(0, "hang", 1);
    lease(1, "200", 1);
    wait_for_settles(1); // so the inbox was looked at
    change(&coming, "a", SERVICES);
    assert_true(atomic_load(&generation.holders) > 0);
    lease(0, "200", 1);
    wait_for_settles(2);
    struct worker_view view;
    workers_view(workers, 0, &view);
    assert_int_equal(view.in_flight, 1);
    assert_int_equal(view.max, 3);
    wait_for_limit(0, 3);
    workers_drain(workers, 0);
    workers_free(workers);
    assert_int_equal(coming.generation.holders, 0);
    assert_int_equal(generation.holders, 0);
    workers = workers_new(1); // for the tear-down
}

static void test_trouble_stays_with_the_target(void **state)
{
    (void)state;
    static struct other same, mended;
    wait_for_limit(0, 5);
    assert_int_equal(deliver("410")->state, DELIVERY_WAITING);
    wait_for_limit(0, 0);
    change(&same, "a", SERVICES);
    struct worker_view view;
    workers_view(workers, 0, &view);
    assert_true(view.closed_until == INT64_MAX);
    change(&mended, "b", SERVICES);
    wait_for_limit(0, 3);
    workers_view(workers, 0, &view);
    assert_int_equal(view.closed_until, 0);
    assert_string_equal(view.reason, "");
}

static void test_a_service_that_is_gone_has_no_limit(void **state)
{
    (void)state;
    static struct other without;
    for (size_t i = 0; i < SERVICES; i++)
        wait_for_limit(i, 5);
    lease(2, "200", 3); // these came before
    change(&without, "a", 2);
    wait_for_limit(2, 0);
    wait_for_settles(3);
    assert_int_equal(ledger.settles[0].state, DELIVERY_DELIVERED);
    wait_for_limit(1, 3);
    assert_int_equal(ledger.limits[2], 0);
}

#define WORKER_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORKER_TEST(test_every_service_starts_with_a_small_limit),
        WORKER_TEST(test_delivered_attempt_is_recorded_whole),
        WORKER_TEST(test_a_delivery_sends_all_the_events_it_carries),
        WORKER_TEST(test_a_carried_event_that_cannot_be_read_is_said),
        WORKER_TEST(test_a_retry_past_the_deadline_expires),
        WORKER_TEST(test_no_secret_reaches_the_record),
        WORKER_TEST(test_only_a_delivered_delivery_captures),
        WORKER_TEST(test_each_outcome_leads_to_its_state),
        WORKER_TEST(test_idempotent_service_gets_an_unknown_one_again),
        WORKER_TEST(test_progress_before_this_attempt_counts),
        WORKER_TEST(test_what_cannot_be_encoded_is_dead_and_not_the_services_fault),
        WORKER_TEST(test_event_that_is_no_event_any_more_is_dead),
        WORKER_TEST(test_long_reply_is_kept_in_part_and_counted),
        WORKER_TEST(test_many_leases_at_once_are_all_settled),
        WORKER_TEST(test_failing_service_closes_and_is_probed_by_itself),
        WORKER_TEST(test_gone_service_waits_for_a_person),
        WORKER_TEST(test_what_is_under_way_holds_its_generation),
        WORKER_TEST(test_trouble_stays_with_the_target),
        WORKER_TEST(test_a_service_that_is_gone_has_no_limit),
        WORKER_TEST(test_lost_lease_is_let_go),
        WORKER_TEST(test_drain_waits_for_what_is_in_flight_and_takes_no_more),
        WORKER_TEST(test_drain_leaves_what_does_not_end_in_time),
    };
    pthread_condattr_t steady;
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&changed, &steady);
    pthread_condattr_destroy(&steady);
    log_set_level(LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
