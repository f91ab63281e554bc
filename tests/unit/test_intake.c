// SPDX-License-Identifier: GPL-3.0-or-later
//
// The intake behind a real server, before a ledger that says what a test wants it to say and
// remembers what it was given. The ledger answers on a thread of its own, as the real one does.

#include "flow/intake.h"

#include "base/log.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "http_client.h"

#define DISPOSITION "/v1/events/inbound.disposition"
#define TOKEN       "Authorization: Bearer tok-1\r\n"
#define JSON        "Content-Type: application/json\r\n"

// --- the ledger of the tests ---

struct ledger {
    enum err_code fails_with; // ERR_NONE: on disk
    enum store_accept_result result;
    const char *first_id;
    int count;
    pthread_t thread;
    bool has_thread;

    // What it was given last, copied: the entry is gone after the answer.
    struct arena *arena;
    struct store_accept last;
    struct ledger_accept *entry;
};

static void *answer_run(void *context)
{
    struct ledger *ledger = context;
    struct ledger_accept *entry = ledger->entry;
    struct err err;
    err_set(&err, ledger->fails_with, "the ledger of the tests says no");
    entry->accept.result = ledger->result;
    if (ledger->first_id)
        memcpy(entry->accept.id, ledger->first_id, CLOCK_UUID_BYTES);
    entry->done(entry->context, entry, ledger->fails_with ? &err : NULL);
    return NULL;
}

void ledger_accept(struct ledger *ledger, struct ledger_accept *entry)
{
    struct store_accept *last = &ledger->last;
    *last = entry->accept;
    last->body = arena_copy(ledger->arena, last->body);
    last->call_id = arena_copy(ledger->arena, last->call_id);
    last->idempotency_key = arena_copy(ledger->arena, last->idempotency_key);
    size_t size = last->delivery_count * sizeof(*last->deliveries);
    last->deliveries = arena_alloc(ledger->arena, size);
    memcpy(last->deliveries, entry->accept.deliveries, size);
    for (size_t i = 0; i < last->delivery_count; i++)
        last->deliveries[i].order_key = arena_copy(ledger->arena, last->deliveries[i].order_key);
    if (ledger->has_thread)
        pthread_join(ledger->thread, NULL);
    ledger->entry = entry;
    ledger->count++;
    ledger->has_thread = pthread_create(&ledger->thread, NULL, answer_run, ledger) == 0;
}

// --- configuration ---

static const struct str acme_tokens[] = {{"tok-1", 5}, {"tok-2", 5}};
static const struct str beta_tokens[] = {{"tok-b", 5}};
static const struct str signing_keys[] = {{"0123456789abcdefghijklmn", 24}};
static const struct config_source sources[] = {
    {.name = "acme", .tokens = acme_tokens, .token_count = 2},
    {.name = "open"},
    {.name = "beta", .tokens = beta_tokens, .token_count = 1, .user = "pat"},
    {.name = "signed", .signing_keys = signing_keys, .signing_key_count = 1},
};
static const struct config_service services[] = {{.name = "crm", .order_by = "uii"},
                                                 {.name = "survey", .order_by = "agent_id"},
                                                 {.name = "wallboard"}};
static const size_t to_crm[] = {0}, to_all[] = {0, 1, 2};
static const char *disposition_only[1], *not_chat[3];
static const char *call_merges[2];
static const struct route timed_routes[] = {
    {.name = "first", .services = to_all, .service_count = 3},
    {.name = "timed",
     .services = to_crm,
     .service_count = 1,
     .timing = {.delay_for_ms = 120000,
                .expires_for_ms = 300000,
                .merge_within_ms = 60000,
                .merges = call_merges,
                .merge_count = 2}},
};
static const struct route routes[] = {
    {.name = "calls",
     .triggers = not_chat,
     .trigger_count = 3,
     .services = to_crm,
     .service_count = 1},
    {.name = "dispositions",
     .triggers = disposition_only,
     .trigger_count = 1,
     .services = to_all,
     .service_count = 3},
};

struct fixture {
    struct config config;
    struct ledger ledger;
    struct generation generation;
    struct server *server;
    int port;
};

static void handle(void *context, struct server_request *request)
{
    struct fixture *fixture = context;
    struct str path = server_path(request);
    size_t skip = strlen("/v1/events/");
    bool has_trigger = path.len > skip && path.data[skip - 1] == '/';
    intake_take(&fixture->generation, &fixture->ledger, request,
                has_trigger ? (struct str){path.data + skip, path.len - skip} : STR(""));
}

static int start(void **state)
{
    log_set_level(LOG_ERROR + 1);
    not_chat[0] = disposition_only[0] = event_trigger(STR("inbound.disposition"));
    call_merges[0] = event_trigger(STR("inbound.call_end"));
    call_merges[1] = not_chat[0];
    not_chat[1] = event_trigger(STR("inbound.call_end"));
    not_chat[2] = event_trigger(STR("outbound.disposition"));
    struct fixture *fixture = mem_alloc(sizeof(*fixture));
    fixture->config = (struct config){.sources = sources,
                                      .source_count = 1,
                                      .max_body_bytes = 512 * 1024,
                                      .services = services,
                                      .service_count = COUNT_OF(services),
                                      .routes = routes,
                                      .route_count = COUNT_OF(routes)};
    fixture->ledger.arena = arena_new();
    fixture->generation.config = &fixture->config;
    fixture->generation.routes = route_index_new(routes, COUNT_OF(routes));
    struct err err;
    if (!server_start(&(struct server_options){.host = "127.0.0.1",
                                               .threads = 2,
                                               .max_body_bytes = 512 * 1024,
                                               .max_connections = 50,
                                               .request_timeout_ms = 20000,
                                               .handler = handle,
                                               .context = fixture},
                      &fixture->server, &err))
        return -1;
    fixture->port = server_port(fixture->server);
    *state = fixture;
    return 0;
}

static int stop(void **state)
{
    struct fixture *fixture = *state;
    if (fixture->ledger.has_thread)
        pthread_join(fixture->ledger.thread, NULL);
    server_free(fixture->server);
    route_index_free(fixture->generation.routes);
    arena_free(fixture->ledger.arena);
    free(fixture);
    return 0;
}

static struct answer_text post(struct fixture *fixture, const char *path, const char *headers,
                               const char *body)
{
    AUTO_FREE char *request = NULL;
    if (asprintf(&request, "POST %s HTTP/1.1\r\nHost: x\r\n%sContent-Length: %zu\r\n\r\n%s", path,
                 headers, strlen(body), body) < 0)
        abort();
    return client_ask(fixture->port, request);
}

static struct answer_text get(struct fixture *fixture, const char *path, const char *headers)
{
    AUTO_FREE char *request = NULL;
    if (asprintf(&request, "GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n", path, headers) < 0)
        abort();
    return client_ask(fixture->port, request);
}

static void expect(struct answer_text answer, int status, const char *part)
{
    if (answer.status != status || !client_has(&answer, part))
        print_error("wanted %d and %s, got:\n%s\n", status, part, answer.text);
    assert_int_equal(answer.status, status);
    assert_true(client_has(&answer, part));
    client_done(&answer);
}

static void expect_problem(struct answer_text answer, int status, const char *type)
{
    char part[200];
    assert_true(client_has(&answer, "Content-Type: application/problem+json"));
    snprintf(part, sizeof(part), "\"type\":\"urn:switchhook:problem:%s\"", type);
    expect(answer, status, part);
}

#define EVENT "{\"uii\":\"202009151402170132130000036446\",\"agent_id\":1369310}"

// --- what is taken ---

static void test_an_event_is_given_to_the_ledger_and_answered_202(void **state)
{
    struct fixture *fixture = *state;
    struct answer_text answer = post(fixture, DISPOSITION, TOKEN JSON, EVENT);
    const struct store_accept *last = &fixture->ledger.last;
    assert_int_equal(answer.status, 202);
    assert_true(answer.body_len < 1024);
    char location[100];
    snprintf(location, sizeof(location), "\r\nLocation: /events/%s\r\n", last->id);
    assert_true(client_has(&answer, location));
    assert_true(client_has(&answer, "\"duplicate\":false"));
    assert_true(client_has(&answer, "\"unrouted\":false"));
    assert_string_equal(last->trigger, "inbound.disposition");
    assert_string_equal(last->source, "acme");
    assert_true(str_eq(last->call_id, STR("202009151402170132130000036446")));
    assert_true(str_eq(last->body, STR(EVENT)));
    assert_int_equal(last->format, EVENT_JSON);
    assert_int_equal(last->idempotency_key.len, 0);
    for (size_t i = 0; i < last->delivery_count; i++) {
        char href[100];
        snprintf(href, sizeof(href), "\"href\":\"/deliveries/%s\"", last->deliveries[i].id);
        assert_true(client_has(&answer, href));
    }
    client_done(&answer);
}

static void test_a_service_of_two_routes_gets_one_delivery_of_the_first(void **state)
{
    struct fixture *fixture = *state;
    expect(post(fixture, DISPOSITION, TOKEN JSON, EVENT), 202, "\"service\":\"crm\"");
    const struct store_accept *last = &fixture->ledger.last;
    assert_int_equal(last->delivery_count, 3);
    assert_string_equal(last->deliveries[0].service, "crm");
    assert_string_equal(last->deliveries[0].route, "calls");
    assert_string_equal(last->deliveries[1].service, "survey");
    assert_string_equal(last->deliveries[1].route, "dispositions");
}

static void test_the_order_key_is_the_element_that_the_service_names(void **state)
{
    struct fixture *fixture = *state;
    expect(post(fixture, DISPOSITION, TOKEN JSON, EVENT), 202, "");
    const struct store_new_delivery *deliveries = fixture->ledger.last.deliveries;
    assert_true(str_eq(deliveries[0].order_key, STR("202009151402170132130000036446")));
    assert_true(str_eq(deliveries[1].order_key, STR("1369310")));
    assert_int_equal(deliveries[2].order_key.len, 0);
    expect(post(fixture, DISPOSITION, TOKEN JSON, "{\"uii\":\"a\"}"), 202, "");
    assert_int_equal(fixture->ledger.last.deliveries[1].order_key.len, 0);
}

static void test_a_form_is_an_event_too(void **state)
{
    struct fixture *fixture = *state;
    expect(post(fixture, "/v1/events/outbound.disposition",
                TOKEN "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n",
                "uii=201002091133350139990000000010&agent_notes=call+after+5pm"),
           202, "\"service\":\"crm\"");
    assert_int_equal(fixture->ledger.last.format, EVENT_FORM);
    assert_true(str_eq(fixture->ledger.last.call_id, STR("201002091133350139990000000010")));
}

static void test_an_event_without_a_route_is_kept_and_says_so(void **state)
{
    struct fixture *fixture = *state;
    expect(post(fixture, "/v1/events/chat.new", TOKEN JSON, EVENT), 202, "\"unrouted\":true");
    assert_int_equal(fixture->ledger.count, 1);
    assert_int_equal(fixture->ledger.last.delivery_count, 0);
}

// --- who sends it ---

static void test_each_token_of_a_source_is_good_also_as_a_password(void **state)
{
    struct fixture *fixture = *state;
    expect(post(fixture, DISPOSITION, "Authorization: bearer tok-2\r\n" JSON, EVENT), 202, "");
    expect(post(fixture, DISPOSITION, "Authorization: Basic YW55Ym9keTp0b2stMQ==\r\n" JSON, EVENT),
           202, "");
}

static void test_without_a_good_token_it_is_401_with_a_challenge(void **state)
{
    struct fixture *fixture = *state;
    static const char *const headers[] = {
        JSON,
        "Authorization: Bearer tok-3\r\n" JSON,
        "Authorization: Bearer tok-\r\n" JSON,
        "Authorization: Basic dG9rLTE6eA==\r\n" JSON,
        "Authorization: tok-1\r\n" JSON,
        "Authorization: Bearer x\r\nAuthorization: Bearer tok-1\r\n" JSON,
    };
    for (size_t i = 0; i < COUNT_OF(headers); i++) {
        struct answer_text answer = post(fixture, DISPOSITION, headers[i], EVENT);
        assert_true(client_has(&answer, "WWW-Authenticate: Bearer realm="));
        expect_problem(answer, 401, "unauthorized");
    }
    expect_problem(post(fixture, "/v1/events/no.such", JSON, "not json"), 401, "unauthorized");
    assert_int_equal(fixture->ledger.count, 0);
}

static void test_without_a_token_it_is_from_the_source_that_has_none(void **state)
{
    struct fixture *fixture = *state;
    fixture->config.source_count = 2;
    expect(post(fixture, DISPOSITION, JSON, EVENT), 202, "");
    assert_string_equal(fixture->ledger.last.source, "open");
    expect_problem(post(fixture, DISPOSITION, "Authorization: Bearer x\r\n" JSON, EVENT), 401,
                   "unauthorized");
}

// --- what is refused ---

static void test_an_unknown_trigger_is_404_with_the_nearest(void **state)
{
    struct fixture *fixture = *state;
    struct answer_text answer = post(fixture, "/v1/events/inbound.dispositon", TOKEN JSON, EVENT);
    assert_true(client_has(&answer, "did you mean \\\"inbound.disposition\\\"?"));
    expect_problem(answer, 404, "unknown-trigger");
    expect_problem(post(fixture, "/v1/events/%22%3Cscript%3E", TOKEN JSON, EVENT), 404,
                   "unknown-trigger");
}

static void test_other_media_types_are_415(void **state)
{
    struct fixture *fixture = *state;
    expect_problem(post(fixture, DISPOSITION, TOKEN "Content-Type: text/plain\r\n", EVENT), 415,
                   "unsupported-media-type");
    expect_problem(post(fixture, DISPOSITION, TOKEN, EVENT), 415, "unsupported-media-type");
}

static void test_a_body_that_is_no_json_is_400(void **state)
{
    struct fixture *fixture = *state;
    static const char *const bodies[] = {"", "{\"uii\":\"1\"", "{\"uii\":\"1\"}}", "\xff\xfe"};
    for (size_t i = 0; i < COUNT_OF(bodies); i++)
        expect_problem(post(fixture, DISPOSITION, TOKEN JSON, bodies[i]), 400, "malformed-body");
    assert_int_equal(fixture->ledger.count, 0);
}

static void test_a_broken_rule_is_422_with_a_pointer(void **state)
{
    struct fixture *fixture = *state;
    struct answer_text answer = post(fixture, DISPOSITION, TOKEN JSON, "{\"uii\":[1]}");
    assert_true(client_has(&answer, "\"pointer\":\"/uii\""));
    expect_problem(answer, 422, "invalid-event");
    expect_problem(post(fixture, DISPOSITION, TOKEN JSON, "{\"ani\":\"1\"}"), 422, "invalid-event");
    assert_int_equal(fixture->ledger.count, 0);
}

static void test_a_passed_limit_is_413(void **state)
{
    struct fixture *fixture = *state;
    AUTO_BUF struct buf body;
    buf_init(&body, 512 * 1024);
    buf_printf(&body, "{\"uii\":\"1\"");
    for (size_t i = 0; i <= event_limits_default.elements; i++)
        buf_printf(&body, ",\"e%zu\":1", i);
    buf_add_char(&body, '}');
    expect_problem(post(fixture, DISPOSITION, TOKEN JSON, body.data), 413, "event-too-large");
}

// --- when it goes ---

static void set_routes(struct fixture *fixture, const struct route *items, size_t count)
{
    route_index_free(fixture->generation.routes);
    fixture->config.routes = items;
    fixture->config.route_count = count;
    fixture->generation.routes = route_index_new(items, count);
}

static void test_the_times_of_a_route_become_moments(void **state)
{
    struct fixture *fixture = *state;
    set_routes(fixture, &timed_routes[1], 1);
    expect(post(fixture, "/v1/events/chat.end", TOKEN JSON, "{\"uii\":\"a\"}"), 202, "");
    const struct store_accept *last = &fixture->ledger.last;
    assert_int_equal(last->deliveries[0].not_before, last->received_at + 120000);
    assert_int_equal(last->deliveries[0].expires_at, last->received_at + 300000);
    assert_int_equal(last->deliveries[0].merge_call.len, 0);
    expect(post(fixture, DISPOSITION, TOKEN JSON, "{\"uii\":\"a\",\"session_id\":2}"), 202, "");
    const struct store_new_delivery *merging = last->deliveries;
    assert_int_equal(merging->merge_until, last->received_at + 60000);
    assert_int_equal(merging->merge_trigger_count, 2);
    assert_string_equal(merging->merge_triggers[0], "inbound.call_end");
    set_routes(fixture, routes, COUNT_OF(routes));
    expect(post(fixture, DISPOSITION, TOKEN JSON, EVENT), 202, "");
    assert_int_equal(last->deliveries[0].not_before, 0);
    assert_int_equal(last->deliveries[0].expires_at, 0);
}

static void test_a_route_that_merges_goes_before_one_that_does_not(void **state)
{
    struct fixture *fixture = *state;
    set_routes(fixture, timed_routes, COUNT_OF(timed_routes));
    expect(post(fixture, DISPOSITION, TOKEN JSON, EVENT), 202, "");
    const struct store_accept *last = &fixture->ledger.last;
    assert_int_equal(last->delivery_count, 3);
    assert_string_equal(last->deliveries[0].service, "crm");
    assert_string_equal(last->deliveries[0].route, "timed");
    assert_string_equal(last->deliveries[1].route, "first");
    expect(post(fixture, "/v1/events/chat.end", TOKEN JSON, EVENT), 202, "");
    assert_string_equal(last->deliveries[0].route, "first");
}

// --- the same event again ---

static void post_for_repeat_key(struct fixture *fixture, const char *path, const char *body,
                                unsigned char ret[STORE_FINGERPRINT_BYTES])
{
    expect(post(fixture, path, TOKEN JSON, body), 202, "");
    assert_true(fixture->ledger.last.has_repeat_key);
    memcpy(ret, fixture->ledger.last.repeat_key, STORE_FINGERPRINT_BYTES);
}

static void test_a_repeat_key_is_of_the_named_elements_alone(void **state)
{
    struct fixture *fixture = *state;
    static const struct str by[] = {{"uii", 3}, {"agent_id", 8}, {"trigger", 7}};
    static const char *const others[] = {"{\"uii\":\"1\",\"agent_id\":8}", "{\"uii\":\"17\"}",
                                         "{\"uii\":\"1\"}",
                                         "{\"uii\":\"1\",\"agent_id\":\"7inbound.disposition\"}"};
    struct config_source source = sources[0];
    source.dedupe =
        (struct config_dedupe){.elements = by, .element_count = COUNT_OF(by), .within_ms = 5000};
    fixture->config.sources = &source;
    unsigned char first[STORE_FINGERPRINT_BYTES], other[STORE_FINGERPRINT_BYTES];
    post_for_repeat_key(fixture, DISPOSITION, "{\"uii\":\"1\",\"agent_id\":7}", first);
    assert_int_equal(fixture->ledger.last.repeat_since, fixture->ledger.last.received_at - 5000);
    post_for_repeat_key(fixture, DISPOSITION, "{\"agent_id\":\"7\",\"uii\":1,\"x\":0}", other);
    assert_memory_equal(first, other, sizeof(first));
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        post_for_repeat_key(fixture, DISPOSITION, others[i], other);
        assert_memory_not_equal(first, other, sizeof(first));
    }
    post_for_repeat_key(fixture, "/v1/events/chat.end", "{\"uii\":\"1\",\"agent_id\":7}", other);
    assert_memory_not_equal(first, other, sizeof(first));
}

static void test_without_the_named_elements_nothing_is_a_repetition(void **state)
{
    struct fixture *fixture = *state;
    static const struct str by[] = {{"agent_id", 8}, {"trigger", 7}};
    struct config_source source = sources[0];
    expect(post(fixture, DISPOSITION, TOKEN JSON, EVENT), 202, "");
    assert_false(fixture->ledger.last.has_repeat_key);
    source.dedupe =
        (struct config_dedupe){.elements = by, .element_count = COUNT_OF(by), .within_ms = 5000};
    fixture->config.sources = &source;
    expect(post(fixture, DISPOSITION, TOKEN JSON, "{\"uii\":\"1\"}"), 202, "");
    assert_false(fixture->ledger.last.has_repeat_key);
}

static void test_a_repetition_is_200_with_the_first_id(void **state)
{
    struct fixture *fixture = *state;
    fixture->ledger.result = ACCEPT_REPEATED;
    fixture->ledger.first_id = "01900000-0000-7000-8000-000000000001";
    struct answer_text answer = post(fixture, DISPOSITION, TOKEN JSON, EVENT);
    assert_true(client_has(&answer, "\"duplicate\":true"));
    expect(answer, 200, "\"id\":\"01900000-0000-7000-8000-000000000001\"");
}

static void test_an_idempotency_key_is_taken_with_and_without_quotes(void **state)
{
    struct fixture *fixture = *state;
    expect(post(fixture, DISPOSITION, TOKEN JSON "Idempotency-Key: k-1\r\n", EVENT), 202, "");
    assert_true(str_eq(fixture->ledger.last.idempotency_key, STR("k-1")));
    expect(post(fixture, DISPOSITION, TOKEN JSON "Idempotency-Key: \"k-1\"\r\n", EVENT), 202, "");
    assert_true(str_eq(fixture->ledger.last.idempotency_key, STR("k-1")));
}

static void test_an_impossible_idempotency_key_is_400(void **state)
{
    struct fixture *fixture = *state;
    char key[257], longest[400], too_long[400];
    memset(key, 'k', 256);
    key[256] = '\0';
    snprintf(too_long, sizeof(too_long), TOKEN JSON "Idempotency-Key: %s\r\n", key);
    snprintf(longest, sizeof(longest), TOKEN JSON "Idempotency-Key: %.255s\r\n", key);
    const char *const headers[] = {
        TOKEN JSON "Idempotency-Key: a b\r\n",
        TOKEN JSON "Idempotency-Key: \"\"\r\n",
        TOKEN JSON "Idempotency-Key: k\xc3\xa9\r\n",
        too_long,
    };
    for (size_t i = 0; i < COUNT_OF(headers); i++)
        expect_problem(post(fixture, DISPOSITION, headers[i], EVENT), 400, "bad-idempotency-key");
    expect(post(fixture, DISPOSITION, longest, EVENT), 202, "");
}

static void test_the_fingerprint_is_of_trigger_format_and_body(void **state)
{
    struct fixture *fixture = *state;
    struct {
        const char *path, *headers, *body;
    } variants[] = {
        {DISPOSITION, TOKEN JSON, "{\"uii\":\"1\"}"},
        {"/v1/events/inbound.call_end", TOKEN JSON, "{\"uii\":\"1\"}"},
        {DISPOSITION, TOKEN JSON, "{\"uii\":\"1\" }"},
    };
    unsigned char prints[COUNT_OF(variants)][STORE_FINGERPRINT_BYTES];
    for (size_t i = 0; i < COUNT_OF(variants); i++) {
        expect(post(fixture, variants[i].path, variants[i].headers, variants[i].body), 202, "");
        memcpy(prints[i], fixture->ledger.last.fingerprint, STORE_FINGERPRINT_BYTES);
    }
    assert_memory_not_equal(prints[0], prints[1], STORE_FINGERPRINT_BYTES);
    assert_memory_not_equal(prints[0], prints[2], STORE_FINGERPRINT_BYTES);
    expect(post(fixture, DISPOSITION, TOKEN JSON, variants[0].body), 202, "");
    assert_memory_equal(prints[0], fixture->ledger.last.fingerprint, STORE_FINGERPRINT_BYTES);
}

static void test_a_duplicate_is_200_with_the_first_id(void **state)
{
    struct fixture *fixture = *state;
    fixture->ledger.result = ACCEPT_DUPLICATE;
    fixture->ledger.first_id = "01900000-0000-7000-8000-000000000001";
    struct answer_text answer =
        post(fixture, DISPOSITION, TOKEN JSON "Idempotency-Key: k\r\n", EVENT);
    assert_true(client_has(&answer, "\"duplicate\":true"));
    assert_true(client_has(&answer, "Location: /events/01900000-0000-7000-8000-000000000001\r\n"));
    expect(answer, 200, "\"id\":\"01900000-0000-7000-8000-000000000001\"");
}

static void test_a_key_used_for_another_event_is_422(void **state)
{
    struct fixture *fixture = *state;
    fixture->ledger.result = ACCEPT_CONFLICT;
    expect_problem(post(fixture, DISPOSITION, TOKEN JSON "Idempotency-Key: k\r\n", EVENT), 422,
                   "idempotency-key-reused");
}

// --- other ways to send ---

#define XML      "Content-Type: text/xml\r\n"
#define NDJSON   "Content-Type: application/x-ndjson\r\n"
#define CLOUD    "Content-Type: application/cloudevents+json\r\n"
#define CE       "ce-specversion: 1.0\r\nce-id: A%20b\r\nce-source: /acme\r\n"
#define ENVELOPE "{\"type\":\"chat.end\",\"elements\":{\"uii\":\"7\"}}"

static void expect_taken(struct fixture *fixture, struct answer_text answer, const char *trigger,
                         enum event_format format, const char *body, const char *key)
{
    const struct store_accept *last = &fixture->ledger.last;
    expect(answer, 202, "\"id\":");
    assert_string_equal(last->trigger, trigger);
    assert_int_equal(last->format, format);
    assert_true(str_eq(last->body, str_from(body)));
    assert_true(str_eq(last->idempotency_key, str_from(key)));
}

static void test_xml_and_cloudevents_are_kept_as_received(void **state)
{
    struct fixture *fixture = *state;
    expect_taken(fixture, post(fixture, DISPOSITION, TOKEN XML, "<e><uii>7</uii></e>"),
                 "inbound.disposition", EVENT_XML, "<e><uii>7</uii></e>", "");
    static const char cloud[] = "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\","
                                "\"type\":\"chat.end\",\"data\":{\"uii\":\"7\"}}";
    expect_taken(fixture, post(fixture, "/v1/events", TOKEN CLOUD, cloud), "chat.end",
                 EVENT_CLOUDEVENT, cloud, "s 1");
    expect_problem(post(fixture, DISPOSITION, TOKEN CLOUD, cloud), 422, "invalid-event");
}

static void test_an_envelope_needs_no_trigger_in_the_path(void **state)
{
    struct fixture *fixture = *state;
    expect_taken(fixture, post(fixture, "/v1/events", TOKEN JSON, ENVELOPE), "chat.end", EVENT_JSON,
                 ENVELOPE, "");
    expect_problem(post(fixture, "/v1/events", TOKEN JSON, EVENT), 422, "invalid-event");
}

static void test_a_binary_cloudevent_has_its_attributes_in_headers(void **state)
{
    struct fixture *fixture = *state;
    expect_taken(fixture, post(fixture, "/v1/events", TOKEN JSON CE "ce-type: chat.end\r\n", EVENT),
                 "chat.end", EVENT_JSON, EVENT, "/acme A b");
    expect_taken(
        fixture,
        post(fixture, "/v1/events/chat.end", TOKEN XML CE "ce-type: chat.end\r\n", "<e uii='7'/>"),
        "chat.end", EVENT_XML, "<e uii='7'/>", "/acme A b");
    static const char *const wrong[] = {
        TOKEN JSON CE "ce-type: chat.new\r\n",
        TOKEN JSON CE "ce-type: chat.ende\r\n",
        TOKEN JSON CE,
        TOKEN JSON "ce-specversion: 0.3\r\nce-id: 1\r\nce-source: s\r\nce-type: chat.end\r\n",
        TOKEN JSON "ce-specversion: 1.0\r\nce-source: s\r\nce-type: chat.end\r\n",
        TOKEN JSON "ce-specversion: 1.0\r\nce-id: 1\r\nce-source: a b\r\nce-type: chat.end\r\n",
        TOKEN JSON "ce-specversion: 1.0\r\nce-id: 1%0a\r\nce-source: s\r\nce-type: chat.end\r\n",
    };
    int taken = fixture->ledger.count;
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        expect_problem(post(fixture, "/v1/events/chat.end", wrong[i], EVENT), 422, "invalid-event");
    assert_int_equal(fixture->ledger.count, taken);
}

static void test_a_query_can_be_an_event_and_its_token_is_not_kept(void **state)
{
    struct fixture *fixture = *state;
    expect_taken(fixture, get(fixture, DISPOSITION "?uii=7&token=tok-1&n=a%0Ab", ""),
                 "inbound.disposition", EVENT_QUERY, "uii=7&n=a%0Ab", "");
    expect_taken(fixture, post(fixture, DISPOSITION "?%74OKEN=tok-2&uii=7", "", ""),
                 "inbound.disposition", EVENT_QUERY, "uii=7", "");
    expect_taken(fixture, get(fixture, DISPOSITION "?uii=7&token=wrong", TOKEN),
                 "inbound.disposition", EVENT_QUERY, "uii=7", "");
    expect_taken(fixture, post(fixture, DISPOSITION "?token=tok-1&uii=8", JSON, EVENT),
                 "inbound.disposition", EVENT_JSON, EVENT, "");
    int taken = fixture->ledger.count;
    expect_problem(get(fixture, DISPOSITION "?uii=7&token=wrong", ""), 401, "unauthorized");
    expect_problem(get(fixture, DISPOSITION "?uii=7&token=", ""), 401, "unauthorized");
    expect_problem(get(fixture, DISPOSITION "?uii=7&token=%zz", ""), 401, "unauthorized");
    expect_problem(get(fixture, DISPOSITION, TOKEN), 400, "malformed-body");
    expect_problem(get(fixture, DISPOSITION "?uii=%zz", TOKEN), 400, "malformed-body");
    assert_int_equal(fixture->ledger.count, taken);
}

static void test_a_content_coding_that_nobody_knows_is_415(void **state)
{
    struct fixture *fixture = *state;
    struct answer_text answer =
        post(fixture, DISPOSITION, TOKEN JSON "Content-Encoding: br\r\n", EVENT);
    assert_true(client_has(&answer, "Accept-Encoding: gzip, deflate\r\n"));
    expect_problem(answer, 415, "unsupported-media-type");
    expect_problem(post(fixture, DISPOSITION, TOKEN JSON "Content-Encoding: gzip\r\n", EVENT), 400,
                   "malformed-body");
    expect(post(fixture, DISPOSITION, TOKEN JSON "Content-Encoding: identity\r\n", EVENT), 202, "");
}

static void test_a_validation_token_is_echoed(void **state)
{
    struct fixture *fixture = *state;
    expect(post(fixture, DISPOSITION, TOKEN JSON "Validation-Token: a-b_c~1\r\n", EVENT), 202,
           "\r\nValidation-Token: a-b_c~1\r\n");
    expect(post(fixture, DISPOSITION, TOKEN "Validation-Token: abc\r\n", ""), 200,
           "\r\nValidation-Token: abc\r\n");
    expect(get(fixture, DISPOSITION "?token=tok-1", "Validation-Token: abc\r\n"), 200,
           "\r\nValidation-Token: abc\r\n");
    assert_int_equal(fixture->ledger.count, 1);
    expect_problem(post(fixture, DISPOSITION, "Validation-Token: abc\r\n", ""), 401,
                   "unauthorized");
    char headers[400], token[258];
    memset(token, 'x', sizeof(token) - 1);
    token[sizeof(token) - 1] = '\0';
    snprintf(headers, sizeof(headers), TOKEN JSON "Validation-Token: %s\r\n", token);
    struct answer_text answer = post(fixture, DISPOSITION, headers, EVENT);
    assert_false(client_has(&answer, "Validation-Token"));
    expect(answer, 202, "");
    expect_problem(post(fixture, DISPOSITION, TOKEN JSON "Validation-Token: a\tb\r\n", ""), 400,
                   "malformed-body");
}

static void test_a_source_with_a_user_takes_no_other(void **state)
{
    struct fixture *fixture = *state;
    fixture->config.source_count = 3;
    expect(post(fixture, DISPOSITION, "Authorization: Basic cGF0OnRvay1i\r\n" JSON, EVENT), 202,
           "");
    assert_string_equal(fixture->ledger.last.source, "beta");
    expect_problem(post(fixture, DISPOSITION, "Authorization: Basic cGFzOnRvay1i\r\n" JSON, EVENT),
                   401, "unauthorized");
    expect(post(fixture, DISPOSITION, "Authorization: Bearer tok-b\r\n" JSON, EVENT), 202, "");
}

static void test_a_source_that_signs_takes_nothing_unsigned(void **state)
{
    struct fixture *fixture = *state;
    fixture->config.sources = &sources[3];
    expect_problem(post(fixture, DISPOSITION, JSON, EVENT), 401, "unauthorized");
    expect_problem(post(fixture, DISPOSITION,
                        JSON "webhook-id: 1\r\nwebhook-timestamp: 1614265330\r\n"
                             "webhook-signature: v1,AAAA\r\n",
                        EVENT),
                   401, "unauthorized");
    expect_problem(get(fixture, DISPOSITION "?uii=7", ""), 401, "unauthorized");
    assert_int_equal(fixture->ledger.count, 0);
}

static void test_the_key_is_the_header_s_then_the_event_s_then_the_message_s(void **state)
{
    struct fixture *fixture = *state;
    static const char with_key[] = "{\"type\":\"chat.end\",\"idempotency_key\":\"own\","
                                   "\"elements\":{\"uii\":\"7\"}}";
    expect_taken(fixture,
                 post(fixture, "/v1/events",
                      TOKEN JSON "Idempotency-Key: header\r\nwebhook-id: message\r\n", with_key),
                 "chat.end", EVENT_JSON, with_key, "header");
    expect_taken(fixture,
                 post(fixture, "/v1/events", TOKEN JSON "webhook-id: message\r\n", with_key),
                 "chat.end", EVENT_JSON, with_key, "own");
    expect_taken(fixture,
                 post(fixture, "/v1/events", TOKEN JSON "webhook-id: message\r\n", ENVELOPE),
                 "chat.end", EVENT_JSON, ENVELOPE, "message");
    expect_problem(post(fixture, "/v1/events", TOKEN JSON "webhook-id: a b\r\n", ENVELOPE), 400,
                   "bad-idempotency-key");
}

// --- batches ---

static void test_a_bad_line_does_no_harm_to_the_others(void **state)
{
    struct fixture *fixture = *state;
    struct answer_text answer =
        post(fixture, "/v1/events:batch", TOKEN NDJSON "Idempotency-Key: whole\r\n",
             "{\"trigger\":\"chat.new\",\"idempotency_key\":\"own\",\"elements\":{\"uii\":\"1\"}}\n"
             "{\"trigger\":\"chat.new\",\"elements\":{}}\n\n"
             "not json\n" ENVELOPE);
    assert_true(client_has(&answer, "{\"kept\":2,\"refused\":2,\"results\":[{\"index\":0,"
                                    "\"status\":202,\"id\":"));
    assert_true(client_has(&answer, "{\"index\":1,\"status\":422,\"problem\":{\"type\":"
                                    "\"urn:switchhook:problem:invalid-event\""));
    assert_true(client_has(&answer, "\"pointer\":\"/elements/uii\""));
    assert_true(client_has(&answer, "{\"index\":2,\"status\":400,"));
    assert_int_equal(fixture->ledger.count, 2);
    expect_taken(fixture, answer, "chat.end", EVENT_JSON, ENVELOPE, "whole 3");
    assert_true(str_eq(fixture->ledger.last.call_id, STR("7")));
}

static void test_a_batch_of_cloudevents_may_go_where_one_event_goes(void **state)
{
    struct fixture *fixture = *state;
    static const char item[] = "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\","
                               "\"type\":\"chat.end\",\"data\":{\"uii\":\"7\"}}";
    char body[1000];
    snprintf(body, sizeof(body), "[%s, %s]", ENVELOPE, item);
    expect_taken(fixture,
                 post(fixture, "/v1/events",
                      TOKEN "Content-Type: application/cloudevents-batch+json\r\n", body),
                 "chat.end", EVENT_JSON, item, "s 1");
    assert_int_equal(fixture->ledger.count, 2);
    expect_problem(post(fixture, "/v1/events",
                        TOKEN "Content-Type: application/cloudevents-batch+json\r\n", "{}"),
                   400, "malformed-body");
}

static void test_a_batch_of_nothing_is_taken_and_one_of_nothing_good_is_not(void **state)
{
    struct fixture *fixture = *state;
    expect(post(fixture, "/v1/events:batch", TOKEN NDJSON, ""), 202,
           "{\"kept\":0,\"refused\":0,\"results\":[]}");
    struct answer_text answer = post(fixture, "/v1/events:batch", TOKEN NDJSON, "x\ny");
    assert_true(client_has(&answer, "\"refused\":2"));
    expect_problem(answer, 422, "batch-refused");
    assert_int_equal(fixture->ledger.count, 0);
}

static void test_a_batch_has_a_limit(void **state)
{
    struct fixture *fixture = *state;
    AUTO_BUF struct buf body;
    buf_init(&body, 512 * 1024);
    for (int i = 0; i < 1000; i++)
        buf_printf(&body, ENVELOPE "\n");
    expect(post(fixture, "/v1/events:batch", TOKEN NDJSON, body.data), 202, "\"kept\":1000");
    buf_printf(&body, ENVELOPE "\n");
    expect_problem(post(fixture, "/v1/events:batch", TOKEN NDJSON, body.data), 413,
                   "event-too-large");
}

static void test_a_batch_that_cannot_be_kept_is_to_come_again(void **state)
{
    struct fixture *fixture = *state;
    fixture->ledger.fails_with = ERR_FULL;
    struct answer_text answer =
        post(fixture, "/v1/events:batch", TOKEN NDJSON, ENVELOPE "\nx\n" ENVELOPE);
    assert_true(client_has(&answer, "Retry-After: "));
    assert_true(client_has(&answer, "\"index\":1,\"status\":400"));
    expect_problem(answer, 507, "disk-full");
}

// --- what cannot be kept ---

static void test_a_full_disk_is_507_and_a_failing_store_503(void **state)
{
    struct fixture *fixture = *state;
    fixture->ledger.fails_with = ERR_FULL;
    struct answer_text answer = post(fixture, DISPOSITION, TOKEN JSON, EVENT);
    assert_true(client_has(&answer, "Retry-After: "));
    expect_problem(answer, 507, "disk-full");
    fixture->ledger.fails_with = ERR_IO;
    answer = post(fixture, DISPOSITION, TOKEN JSON, EVENT);
    assert_true(client_has(&answer, "Retry-After: "));
    expect_problem(answer, 503, "store-unavailable");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_an_event_is_given_to_the_ledger_and_answered_202),
        CASE(test_a_service_of_two_routes_gets_one_delivery_of_the_first),
        CASE(test_the_order_key_is_the_element_that_the_service_names),
        CASE(test_a_form_is_an_event_too),
        CASE(test_an_event_without_a_route_is_kept_and_says_so),
        CASE(test_each_token_of_a_source_is_good_also_as_a_password),
        CASE(test_without_a_good_token_it_is_401_with_a_challenge),
        CASE(test_without_a_token_it_is_from_the_source_that_has_none),
        CASE(test_an_unknown_trigger_is_404_with_the_nearest),
        CASE(test_other_media_types_are_415),
        CASE(test_a_body_that_is_no_json_is_400),
        CASE(test_a_broken_rule_is_422_with_a_pointer),
        CASE(test_a_passed_limit_is_413),
        CASE(test_the_times_of_a_route_become_moments),
        CASE(test_a_route_that_merges_goes_before_one_that_does_not),
        CASE(test_a_repeat_key_is_of_the_named_elements_alone),
        CASE(test_without_the_named_elements_nothing_is_a_repetition),
        CASE(test_a_repetition_is_200_with_the_first_id),
        CASE(test_an_idempotency_key_is_taken_with_and_without_quotes),
        CASE(test_an_impossible_idempotency_key_is_400),
        CASE(test_the_fingerprint_is_of_trigger_format_and_body),
        CASE(test_a_duplicate_is_200_with_the_first_id),
        CASE(test_a_key_used_for_another_event_is_422),
        CASE(test_xml_and_cloudevents_are_kept_as_received),
        CASE(test_an_envelope_needs_no_trigger_in_the_path),
        CASE(test_a_binary_cloudevent_has_its_attributes_in_headers),
        CASE(test_a_query_can_be_an_event_and_its_token_is_not_kept),
        CASE(test_a_content_coding_that_nobody_knows_is_415),
        CASE(test_a_validation_token_is_echoed),
        CASE(test_a_source_with_a_user_takes_no_other),
        CASE(test_a_source_that_signs_takes_nothing_unsigned),
        CASE(test_the_key_is_the_header_s_then_the_event_s_then_the_message_s),
        CASE(test_a_bad_line_does_no_harm_to_the_others),
        CASE(test_a_batch_of_cloudevents_may_go_where_one_event_goes),
        CASE(test_a_batch_of_nothing_is_taken_and_one_of_nothing_good_is_not),
        CASE(test_a_batch_has_a_limit),
        CASE(test_a_batch_that_cannot_be_kept_is_to_come_again),
        CASE(test_a_full_disk_is_507_and_a_failing_store_503),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
