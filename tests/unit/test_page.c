// SPDX-License-Identifier: GPL-3.0-or-later
//
// The pages and the front behind a real server, with the shipped templates, before a store of
// made-up rows. The texts in them are hostile where a customer's service could make them so.

#include "flow/front.h"

#include "base/log.h"
#include "core/json.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "http_client.h"

#define WAITING_ID   "01900000-0000-7000-8000-000000000001"
#define DEAD_ID      "01900000-0000-7000-8000-000000000002"
#define DELIVERED_ID "01900000-0000-7000-8000-000000000003"
#define HELD_ID      "01900000-0000-7000-8000-000000000004"
#define BEHIND_ID    "01900000-0000-7000-8000-000000000005"
#define DELAYED_ID   "01900000-0000-7000-8000-000000000006"
#define MERGING_ID   "01900000-0000-7000-8000-000000000007"
#define EXPIRED_ID   "01900000-0000-7000-8000-000000000008"
#define MERGED_ID    "01900000-0000-7000-8000-000000000009"
#define EVENT_ID     "01900000-0000-7000-8000-00000000000e"
#define BYTES(literal)                                                                             \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }
#define HOST      "Host: localhost:8080\r\n"
#define BROWSER   HOST "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n"
#define WANT_JSON HOST "Accept: application/json\r\n"

// --- the store, the ledger and the workers of the tests ---

enum { MINUTE = 60 * 1000 };

struct fixture {
    struct config config;
    struct arena *arena;
    struct front *front;
    struct server *server;
    int port;
};

static struct store_filter last_filter;
static int64_t last_before;
static struct store_operate last_operate;
static enum store_operate_result operate_result;
static bool is_full_list, is_store_broken, is_opened;
static struct str event_body;
static enum event_format event_format;
static int64_t closed_until;
static char last_trigger[64];
static bool is_ready;
static struct services loaded;
static struct generation current;
static struct reload_failure failure;

static struct store_delivery make_row(const char *id, enum delivery_state state, int64_t number)
{
    int64_t now = clock_now_ms() - 500; // so that whole seconds stay the same
    return (struct store_delivery){
        .number = number,
        .id = id,
        .event_id = EVENT_ID,
        .trigger = "inbound.disposition",
        .source = "acme",
        .service = "crm",
        .route = "dispositions",
        .call_id = STR("2020<b>&36446"),
        .state = state,
        .attempts = 2,
        .received_at = now - 10 * MINUTE,
        .due_at = state == DELIVERY_WAITING ? now + 5 * MINUTE - 500 : 0,
        .first_attempt_at = now - 9 * MINUTE,
        .ended_at = state == DELIVERY_DELIVERED || state == DELIVERY_DEAD ? now - MINUTE : 0,
        .merge_wants = "",
        .merged_into = "",
        .last_status = 500,
        .reason = "the service said <script>alert(1)</script>",
    };
}

bool store_view_deliveries(struct store_reader *reader, struct arena *arena,
                           const struct store_filter *filter, struct store_delivery **ret,
                           size_t *ret_count, struct err *err)
{
    (void)reader;
    last_filter = *filter;
    if (filter->service)
        last_filter.service = "crm";
    if (is_store_broken)
        return err_set(err, ERR_IO, "the store of the tests is broken");
    size_t count = is_full_list ? filter->limit : 3;
    *ret = arena_alloc(arena, count * sizeof(**ret));
    static const char *const ids[] = {WAITING_ID, DEAD_ID, DELIVERED_ID};
    static const enum delivery_state states[] = {DELIVERY_WAITING, DELIVERY_DEAD,
                                                 DELIVERY_DELIVERED};
    for (size_t i = 0; i < count; i++)
        (*ret)[i] = make_row(ids[i % 3], states[i % 3], (int64_t)(1000 - i));
    *ret_count = count;
    return true;
}

static const struct store_attempt attempts[] = {
    {
        .started_at = 1600192937123,
        .ended_at = 1600192938456,
        .outcome = OUTCOME_RETRY,
        .scope = OUTCOME_SERVICE,
        .reach = REACH_NO_CONNECTION,
        .fault = "",
        .reason = "connection refused",
        .peer = "",
        .total_us = 1200,
        .verdict = "",
    },
    {
        .started_at = 1600192997123,
        .ended_at = 1600192998456,
        .outcome = OUTCOME_REJECTED,
        .scope = OUTCOME_EVENT,
        .reach = REACH_ANSWERED,
        .http_status = 500,
        .fault = "Client: UNKNOWN_SURVEY",
        .reason = "the service refuses this event for good",
        .request_head = BYTES("POST /soap HTTP/1.1\nSOAPAction: \"x\"\n"),
        .request_body = BYTES("<a><b>1</b><c/></a>"),
        .reply_head = BYTES("HTTP/1.1 500\n"),
        .reply_body = BYTES("\x01\xff</pre><script>alert(2)</script>"),
        .reply_dropped_bytes = 12345,
        .peer = "192.0.2.1:443",
        .resolved_us = 900,
        .connected_us = 21000,
        .secured_us = 60000,
        .first_byte_us = 1300000,
        .total_us = 1333000,
        .fault_tree = BYTES("{\"code\":\"Client\",\"subcodes\":[\"Bad\"],\"text\":\"<no>\","
                            "\"detail\":{\"code\":\"UNKNOWN_SURVEY\","
                            "\"fields\":[{\"name\":\"<id>\"}]}}"),
        .verdict = "holds: //Status",
    },
};

static void set_times(struct store_delivery *row)
{
    if (strcmp(row->id, BEHIND_ID) == 0)
        row->due_at = 0;
    if (strcmp(row->id, DELAYED_ID) == 0 || strcmp(row->id, MERGING_ID) == 0)
        row->not_before = row->due_at;
    if (strcmp(row->id, MERGING_ID) == 0)
        row->merge_wants = "inbound.disposition chat.end";
    if (strcmp(row->id, DELAYED_ID) == 0)
        row->expires_at = row->due_at + 3 * MINUTE;
    if (row->state == DELIVERY_EXPIRED)
        row->expires_at = row->received_at + 30 * 1000;
    if (row->state == DELIVERY_MERGED)
        row->merged_into = DEAD_ID;
}

bool store_view_delivery(struct store_reader *reader, struct arena *arena, const char *id,
                         struct store_delivery *ret, struct store_attempt **ret_attempts,
                         size_t *ret_attempt_count, struct err *err)
{
    (void)reader;
    static const struct {
        const char *id;
        enum delivery_state state;
    } known[] = {{WAITING_ID, DELIVERY_WAITING},     {DEAD_ID, DELIVERY_DEAD},
                 {DELIVERED_ID, DELIVERY_DELIVERED}, {HELD_ID, DELIVERY_HELD},
                 {BEHIND_ID, DELIVERY_WAITING},      {DELAYED_ID, DELIVERY_WAITING},
                 {MERGING_ID, DELIVERY_WAITING},     {EXPIRED_ID, DELIVERY_EXPIRED},
                 {MERGED_ID, DELIVERY_MERGED}};
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        if (strcmp(id, known[i].id) != 0)
            continue;
        *ret = make_row(known[i].id, known[i].state, (int64_t)i);
        set_times(ret);
        *ret_attempts = arena_alloc(arena, sizeof(attempts));
        memcpy(*ret_attempts, attempts, sizeof(attempts));
        *ret_attempt_count = COUNT_OF(attempts);
        return true;
    }
    return err_set(err, ERR_NOT_FOUND, "There is no delivery %.40s", id);
}

bool store_view_event(struct store_reader *reader, struct arena *arena, const char *id,
                      struct store_event *ret, struct err *err)
{
    (void)reader;
    if (strcmp(id, EVENT_ID) != 0)
        return err_set(err, ERR_NOT_FOUND, "There is no such event");
    *ret = (struct store_event){
        .id = EVENT_ID,
        .trigger = "inbound.disposition",
        .source = "acme",
        .call_id = STR("2020<b>&36446"),
        .received_at = 1600192937123,
        .format = event_format,
        .body = event_body,
        .deliveries = arena_alloc(arena, sizeof(*ret->deliveries)),
        .delivery_count = 1,
    };
    ret->deliveries[0] = make_row(DEAD_ID, DELIVERY_DEAD, 1);
    return true;
}

bool store_view_carried(struct store_reader *reader, struct arena *arena, int64_t delivery,
                        struct store_event **ret, size_t *ret_count, struct err *err)
{
    (void)reader, (void)err;
    *ret = arena_alloc(arena, 2 * sizeof(**ret));
    *ret_count = delivery == 1 ? 2 : 0; // of the dead one
    for (size_t i = 0; i < *ret_count; i++)
        (*ret)[i] = (struct store_event){.id = i ? "second" : "first",
                                         .trigger = "inbound.call_end",
                                         .source = "acme",
                                         .call_id = STR("1"),
                                         .received_at = 1600192937123,
                                         .body = STR("{\"uii\":\"1\",\"queue_time\":\"<i>\"}")};
    return true;
}

bool store_view_captures(struct store_reader *reader, struct arena *arena, int64_t delivery,
                         const struct json **ret, struct err *err)
{
    (void)reader, (void)err;
    struct json *captures = json_object(arena);
    if (delivery == 2) // the delivered one
        json_set(arena, captures, STR("case_id"), json_text(arena, "<4711>"));
    *ret = captures;
    return true;
}

bool store_view_captured(struct store_reader *reader, struct arena *arena, const char *source,
                         struct str call_id, const struct json **ret, struct err *err)
{
    (void)source, (void)call_id;
    return store_view_captures(reader, arena, 2, ret, err);
}

bool store_view_unrouted(struct store_reader *reader, struct arena *arena, int64_t before,
                         size_t limit, struct store_event **ret, size_t *ret_count,
                         int64_t *ret_cursor, struct err *err)
{
    (void)reader, (void)err;
    last_before = before;
    *ret_count = is_full_list ? limit : 1;
    *ret = arena_alloc(arena, *ret_count * sizeof(**ret));
    for (size_t i = 0; i < *ret_count; i++)
        (*ret)[i] = (struct store_event){.id = EVENT_ID,
                                         .trigger = "chat.new",
                                         .source = "acme",
                                         .call_id = STR("chat-1"),
                                         .received_at = 1600192937123};
    *ret_cursor = 77;
    return true;
}

bool store_view_counts(struct store_reader *reader, struct store_counts *ret, struct err *err)
{
    (void)reader, (void)err;
    *ret = (struct store_counts){.events = 1204,
                                 .unrouted = 3,
                                 .repeated = 17,
                                 .oldest_open_at = clock_now_ms() - 42 * MINUTE - 500};
    ret->by_state[DELIVERY_WAITING] = 12;
    ret->by_state[DELIVERY_DELIVERED] = 1190;
    ret->by_state[DELIVERY_DEAD] = 2;
    ret->by_state[DELIVERY_HELD] = 1;
    return true;
}

void ledger_operate(struct ledger *ledger, struct ledger_operate *entry)
{
    (void)ledger;
    last_operate = entry->operate;
    entry->operate.result = operate_result;
    entry->operate.state = operate_result == OPERATE_DONE ? DELIVERY_WAITING : DELIVERY_LEASED;
    struct err err = {ERR_IO, "the store of the tests is broken"};
    entry->done(entry->context, entry, is_store_broken ? &err : NULL);
}

bool ledger_is_ready(struct ledger *ledger, struct err *ret_why)
{
    (void)ledger;
    return is_ready || err_set(ret_why, ERR_FULL, "the disk is full");
}

void workers_view(struct workers *workers, size_t service, struct worker_view *ret)
{
    (void)workers;
    *ret = (struct worker_view){.in_flight = 3, .limit = 5, .max = 40};
    if (service == 0 && closed_until) {
        ret->closed_until = closed_until;
        ret->failures_in_a_row = 7;
        snprintf(ret->reason, sizeof(ret->reason), "connection refused");
    }
}

void workers_open(struct workers *workers, size_t service)
{
    (void)workers;
    is_opened = service == 0;
}

struct generation *reload_hold(struct reload *reload)
{
    (void)reload;
    return generation_hold(&current);
}

static bool is_reloading, is_stopping;

bool reload_ask(struct reload *reload, reload_done_fn *done, void *context)
{
    (void)reload;
    if (is_reloading)
        return false;
    struct fault_list faults = {.items = (struct fault *)failure.faults, .count = failure.count};
    done(context, &(struct reload_result){.generation = &current,
                                          .is_new = failure.count == 0,
                                          .is_stopping = is_stopping,
                                          .faults = &faults});
    return true;
}

void reload_last_failure(struct reload *reload, struct arena *arena, struct reload_failure *ret)
{
    (void)reload, (void)arena;
    *ret = failure;
}

void intake_take(const struct generation *generation, struct ledger *ledger,
                 struct server_request *request, struct str trigger)
{
    (void)generation, (void)ledger;
    snprintf(last_trigger, sizeof(last_trigger), "%.*s", STR_ARG(trigger));
    server_reply(request, &(struct server_response){
                              .status = 202, .media_type = "application/json", .body = STR("{}")});
}

// --- frame ---

static const struct config_service services[] = {
    {.name = "crm",
     .kind = SERVICE_HTTP,
     .method = "POST",
     .url = BYTES("https://crm.example/calls")},
    {.name = "survey",
     .kind = SERVICE_SOAP,
     .wsdl = "survey",
     .operation = "SubmitSurveyResult",
     .order_by = "uii"},
};

static const struct value_map maps[] = {
    {.name = "dispositions", .policy = UNMAPPED_PASS, .count = 12},
    {.name = "queues", .policy = UNMAPPED_DEFAULT, .other = BYTES("none <other>"), .count = 3},
};

static int start(void **state)
{
    log_set_level(LOG_ERROR + 1);
    is_full_list = is_store_broken = is_opened = is_reloading = is_stopping = false;
    failure = (struct reload_failure){0};
    is_ready = true;
    operate_result = OPERATE_DONE;
    closed_until = 0;
    event_format = EVENT_JSON;
    event_body = STR("{\"elements\":{\"uii\":\"2020<b>&36446\",\"notes\":\"<img src=x>\",\"n\":12},"
                     "\"survey\":{\"csat\":4}}");
    struct fixture *fixture = mem_alloc(sizeof(*fixture));
    fixture->config = (struct config){.pages_dir = "templates/pages",
                                      .maps = {maps, COUNT_OF(maps)},
                                      .services = services,
                                      .service_count = COUNT_OF(services)};
    loaded.unmapped = unmapped_new(&fixture->config.maps);
    fixture->arena = arena_new();
    struct fault_list faults = {.arena = fixture->arena};
    static size_t seats[COUNT_OF(services)] = {0, 1};
    static const struct pages pages;
    struct err err;
    current = (struct generation){
        .holders = 1, .config = &fixture->config, .services = &loaded, .seats = seats, .number = 3};
    if (!page_files_load(fixture->config.pages_dir, &current.files, &faults)) {
        for (size_t i = 0; i < faults.count; i++)
            print_error("%s:%d:%d: %s\n", faults.items[i].file, faults.items[i].line,
                        faults.items[i].column, faults.items[i].text);
        return -1;
    }
    fixture->front = front_new(NULL, &pages, NULL);
    if (!server_start(&(struct server_options){.host = "127.0.0.1",
                                               .threads = 2,
                                               .max_body_bytes = 4096,
                                               .max_connections = 50,
                                               .request_timeout_ms = 20000,
                                               .handler = front_handle,
                                               .context = fixture->front},
                      &fixture->server, &err))
        return -1;
    fixture->port = server_port(fixture->server);
    *state = fixture;
    return 0;
}

static int stop(void **state)
{
    struct fixture *fixture = *state;
    server_free(fixture->server);
    front_free(fixture->front);
    assert_int_equal(current.holders, 1);
    page_files_free(current.files);
    arena_free(fixture->arena);
    unmapped_free(loaded.unmapped);
    free(fixture);
    return 0;
}

static struct answer_text ask(struct fixture *fixture, const char *line, const char *headers)
{
    char request[1000];
    snprintf(request, sizeof(request), "%s HTTP/1.1\r\n%sContent-Length: 0\r\n\r\n", line, headers);
    return client_ask(fixture->port, request);
}

// Parts are expected in the answer; one that starts with '!' is not. The last is NULL.
static void expect(struct answer_text answer, int status, const char *const *parts)
{
    bool is_good = answer.status == status;
    for (; is_good && *parts; parts++)
        is_good = **parts == '!' ? !client_has(&answer, *parts + 1) : client_has(&answer, *parts);
    if (!is_good)
        print_error("wanted %d and \"%s\", got:\n%.6000s\n", status, *parts ? *parts : "",
                    answer.text);
    assert_true(is_good);
    client_done(&answer);
}
#define PARTS(...) ((const char *const[]){__VA_ARGS__, NULL})

// --- looking ---

static void test_the_list_shows_rows_counts_and_filter(void **state)
{
    expect(ask(*state, "GET /", BROWSER), 200,
           PARTS("text/html", "Content-Security-Policy: default-src 'none'",
                 "href=\"/deliveries/" WAITING_ID "\"", "class=\"state dead\">dead<", "in 4 min",
                 "10 min ago", "Events in: 1204.", "<b>1190</b>",
                 "Repetitions that were not kept: 17.", "<option>expired</option>", "42 min",
                 "<option>held</option>", "<option>survey</option>",
                 "<option>chat.queue_event</option>", "!role=\"alert\"", "!rel=\"next\""));
}

static void test_stored_texts_cannot_become_markup(void **state)
{
    expect(ask(*state, "GET /", BROWSER), 200,
           PARTS("2020&lt;b&gt;&amp;36446", "call=2020%3Cb%3E%2636446", "!<b>&36446",
                 "&lt;script&gt;alert(1)", "!<script"));
    expect(ask(*state, "GET /deliveries/" DEAD_ID, BROWSER), 200,
           PARTS("!<script", "!<img", "&lt;/pre&gt;&lt;script&gt;alert(2)", "&lt;img src=x&gt;",
                 "\xef\xbf\xbd\xef\xbf\xbd&lt;/pre"));
}

static void test_the_filter_reaches_the_store_and_comes_back(void **state)
{
    expect(ask(*state,
               "GET /deliveries?state=dead&service=crm&trigger=inbound.disposition&call=x+1",
               BROWSER),
           200,
           PARTS("<option selected>dead</option>", "<option selected>crm</option>",
                 "<option selected>inbound.disposition</option>", "value=\"x 1\"",
                 "aria-current=\"true\""));
    assert_int_equal(last_filter.state, DELIVERY_DEAD);
    assert_string_equal(last_filter.service, "crm");
    assert_int_equal(last_filter.before, 0);
    expect(ask(*state, "GET /?state=&service=&trigger=&call=&before=", BROWSER), 200,
           PARTS("!aria-current=\"true\""));
    assert_int_equal(last_filter.state, DELIVERY_STATE_COUNT);
    assert_null(last_filter.service);
    assert_null(last_filter.call_id);
}

static void test_a_long_list_goes_on_with_a_cursor(void **state)
{
    is_full_list = true;
    expect(ask(*state, "GET /?state=dead&call=a%26b", BROWSER), 200,
           PARTS("href=\"/?before=951&amp;state=dead&amp;call=a%26b\""));
    assert_int_equal(last_filter.limit, 51);
    expect(ask(*state, "GET /?limit=2&before=951", WANT_JSON), 200,
           PARTS("\"next\": \"/?before=999&limit=2\""));
    assert_int_equal(last_filter.before, 951);
    expect(ask(*state, "GET /unrouted?before=9", BROWSER), 200,
           PARTS("href=\"/unrouted?before=77\"", "chat.new"));
    assert_int_equal(last_before, 9);
}

static void test_a_wrong_parameter_is_400(void **state)
{
    static const char *const lines[] = {
        "GET /?state=ded",    "GET /?before=x",
        "GET /?before=0",     "GET /?before=-1",
        "GET /?limit=101",    "GET /?before=1x",
        "GET /?trigger=nope", "GET /unrouted?before=99999999999999999999"};
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        expect(ask(*state, lines[i], WANT_JSON), 400,
               PARTS("application/problem+json", "urn:switchhook:problem:bad-parameter"));
    expect(ask(*state, "GET /?state=ded", BROWSER), 400,
           PARTS("text/html", "did you mean &quot;dead&quot;?"));
}

static void test_a_delivery_shows_what_was_sent_and_what_came_back(void **state)
{
    expect(ask(*state, "GET /deliveries/" DEAD_ID, BROWSER), 200,
           PARTS("Once the cause is gone, resend it", "Client: UNKNOWN_SURVEY", "HTTP 500",
                 "12345 bytes not kept", "192.0.2.1:443", "&lt;a&gt;\n  &lt;b&gt;1&lt;/b&gt;",
                 "&lt;a&gt;&lt;b&gt;1&lt;/b&gt;&lt;c/&gt;&lt;/a&gt;", "first byte <b>1.24 s</b>",
                 "TLS <b>39 ms</b>", "connection refused", "csat", "2020-09-15T18:03:17.123Z",
                 "action=\"/deliveries/" DEAD_ID "/resend\"",
                 "!action=\"/deliveries/" DEAD_ID "/cancel\""));
}

static void test_a_delivery_shows_its_captures_its_fault_and_its_success_test(void **state)
{
    expect(ask(*state, "GET /deliveries/" DELIVERED_ID, BROWSER), 200,
           PARTS("captured.case_id</dt><dd><span class=\"code\">&lt;4711&gt;</span>",
                 "<dt>Success test</dt><dd>holds: //Status</dd>",
                 "<dt>Code</dt><dd class=\"code\">Client / Bad</dd>",
                 "<dt>Says</dt><dd>&lt;no&gt;</dd>",
                 "<th scope=\"row\" class=\"d0\">code</th><td>UNKNOWN_SURVEY</td>",
                 "<th scope=\"row\" class=\"d2\">name</th><td>&lt;id&gt;</td>"));
    expect(ask(*state, "GET /deliveries/" DELIVERED_ID, WANT_JSON), 200,
           PARTS("\"case_id\": \"<4711>\"", "\"success\": \"holds: //Status\"",
                 "\"code\": \"UNKNOWN_SURVEY\""));
    expect(ask(*state, "GET /deliveries/" DEAD_ID, BROWSER), 200,
           PARTS("!Captured from the reply"));
}

static void test_a_delivery_says_what_is_next(void **state)
{
    expect(ask(*state, "GET /deliveries/" WAITING_ID, BROWSER), 200,
           PARTS("Next try in 4 min, at 20", "/cancel\"", "!/resend\""));
    expect(ask(*state, "GET /deliveries/" BEHIND_ID, BROWSER), 200,
           PARTS("behind an earlier delivery of the same call"));
    expect(ask(*state, "GET /deliveries/" HELD_ID, BROWSER), 200,
           PARTS("nobody can tell whether the service took it", "/cancel\"", "/resend\""));
    expect(ask(*state, "GET /deliveries/" DELIVERED_ID, BROWSER), 200,
           PARTS("Delivered 9 min after it was received"));
    closed_until = INT64_MAX;
    expect(ask(*state, "GET /deliveries/" WAITING_ID, BROWSER), 200,
           PARTS("Closed until a person opens it: connection refused"));
}

static void test_a_delivery_says_what_its_route_waits_for(void **state)
{
    expect(ask(*state, "GET /deliveries/" DELAYED_ID, BROWSER), 200,
           PARTS("Delayed by its route until 20", "in 4 min", "It expires in 7 min, at 20",
                 "<dt>Expires</dt>"));
    expect(
        ask(*state, "GET /deliveries/" MERGING_ID, BROWSER), 200,
        PARTS("call&#39;s inbound.disposition chat.end, to be sent with it as one", "!It expires"));
    expect(ask(*state, "GET /deliveries/" MERGING_ID, WANT_JSON), 200,
           PARTS("\"not_before\": \"20", "\"expires_at\": null",
                 "\"merge_wants\": [\n      \"inbound.disposition\",", "\"merged_into\": null",
                 "\"merged_events\": []"));
    expect(ask(*state, "GET /deliveries/" EXPIRED_ID, BROWSER), 200,
           PARTS("not delivered within the 30 s that its route allows", "class=\"state expired\"",
                 "/resend\"", "!/cancel\""));
}

static void test_a_merged_delivery_leads_to_the_one_that_carries_its_event(void **state)
{
    expect(ask(*state, "GET /deliveries/" MERGED_ID, BROWSER), 200,
           PARTS("Another delivery carries this event", "href=\"/deliveries/" DEAD_ID "\"",
                 "!/resend\"", "!/cancel\""));
    expect(ask(*state, "GET /deliveries/" DEAD_ID, BROWSER), 200,
           PARTS("carries earlier events of the call as well", "id=\"event-first\"",
                 "id=\"event-second\"", "&lt;i&gt;", "!<i>"));
    expect(ask(*state, "GET /deliveries/" DEAD_ID, WANT_JSON), 200,
           PARTS("\"merged_events\": [", "\"id\": \"second\""));
}

static void test_a_form_event_is_shown_as_its_fields(void **state)
{
    event_format = EVENT_FORM;
    event_body = STR("uii=1&agent_notes=call+after+5pm&empty=");
    expect(ask(*state, "GET /events/" EVENT_ID, BROWSER), 200,
           PARTS("call after 5pm", "agent_notes=call+after+5pm", "class=\"none\">dropped<"));
}

static void test_what_was_sent_stands_beside_what_services_see(void **state)
{
    event_format = EVENT_JSON;
    event_body = STR("{\"call_id\":\"2020\",\"call_duration\":\"3:07\","
                     "\"agent_id\":\"1180958\",\"agent_notes\":\"#agent_notes#\","
                     "\"call_start\":\"today <b>\"}");
    expect(
        ask(*state, "GET /events/" EVENT_ID, BROWSER), 200,
        PARTS("<th scope=\"row\">uii</th><td>2020</td><td><code>call_id</code> 2020</td>",
              "<th scope=\"row\">duration</th><td>187</td><td><code>call_duration</code> 3:07</td>",
              "<th scope=\"row\">agent_id</th><td>1180958</td><td></td>",
              "#agent_notes# was not resolved by the platform: dropped",
              "<td>today &lt;b&gt;</td><td><p class=\"note\">this is no time"));
}

static void test_an_event_has_a_preview(void **state)
{
    static const char path[] = "GET /events/" EVENT_ID "/preview";
    expect(ask(*state, path, BROWSER), 200,
           PARTS("No route takes this event", "href=\"/events/" EVENT_ID "\"", "2020&lt;b&gt;"));
    expect(ask(*state, path, WANT_JSON), 200, PARTS("\"unrouted\": true"));
    expect(ask(*state, "GET /events/x/preview", BROWSER), 404, PARTS("There is no such event"));
    expect(ask(*state, "GET /events/" EVENT_ID "/later", BROWSER), 404, PARTS("no such page"));
}

static void test_json_is_the_same_tree(void **state)
{
    static const char *const lines[] = {"GET /",
                                        "GET /deliveries/" DEAD_ID,
                                        "GET /events/" EVENT_ID,
                                        "GET /unrouted",
                                        "GET /services",
                                        "GET /maps"};
    static const char *const members[] = {"deliveries", "attempts", "event",
                                          "events",     "services", "maps"};
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct answer_text answer = ask(*state, lines[i], WANT_JSON);
        assert_int_equal(answer.status, 200);
        assert_true(client_has(&answer, "Content-Type: application/json"));
        AUTO_ARENA struct arena *arena = arena_new();
        const struct json_limits limits = {.depth = 20, .values = 10000};
        struct json *tree;
        struct err err;
        assert_true(
            json_parse(arena, (struct str){answer.body, answer.body_len}, &limits, &tree, &err));
        assert_non_null(json_get(tree, str_from(members[i])));
        assert_null(json_get(tree, STR("view")));
        client_done(&answer);
    }
}

static void test_trouble_of_a_service_is_on_top_and_can_be_ended(void **state)
{
    closed_until = clock_now_ms() + 30 * 1000;
    expect(ask(*state, "GET /", BROWSER), 200,
           PARTS("role=\"alert\"", "Closed after 7 failures in a row: connection refused",
                 "action=\"/services/crm/open\""));
    expect(ask(*state, "GET /services", BROWSER), 200,
           PARTS("SubmitSurveyResult of survey", "POST https://crm.example/calls",
                 "class=\"state closed\"", "class=\"state open\""));
    expect(ask(*state, "POST /services/crm/open", BROWSER), 303, PARTS("Location: /services\r\n"));
    assert_true(is_opened);
    expect(ask(*state, "POST /services/none/open", BROWSER), 404, PARTS("no such service"));
}

static void test_what_is_not_there_is_404_and_other_methods_405(void **state)
{
    static const char *const absent[] = {
        "GET /nothing",  "GET /deliveries/x",       "GET /deliveries/x/y/z",
        "GET /events/x", "POST /deliveries/x/burn", "GET /v1"};
    for (size_t i = 0; i < COUNT_OF(absent); i++)
        expect(ask(*state, absent[i], WANT_JSON), 404,
               PARTS("application/problem+json", "urn:switchhook:problem:not-found"));
    expect(ask(*state, "GET /nothing", BROWSER), 404, PARTS("text/html", "no such page"));
    expect(ask(*state, "DELETE /", HOST), 405, PARTS("Allow: GET, HEAD, POST\r\n"));
    expect(ask(*state, "POST /", HOST), 405, PARTS("Allow: GET, HEAD\r\n"));
    expect(ask(*state, "GET /deliveries/x/resend", HOST), 405, PARTS("Allow: POST\r\n"));
}

static void test_a_failing_store_is_503(void **state)
{
    is_store_broken = true;
    expect(ask(*state, "GET /", WANT_JSON), 503, PARTS("Retry-After: ", "store-unavailable"));
    expect(ask(*state, "POST /deliveries/" DEAD_ID "/resend", WANT_JSON), 503,
           PARTS("store-unavailable"));
}

static void test_the_style_sheet_is_served_and_head_works(void **state)
{
    expect(ask(*state, "GET /style.css", HOST), 200, PARTS("Content-Type: text/css", ".state"));
    expect(ask(*state, "HEAD /", BROWSER), 200, PARTS("Content-Type: text/html"));
}

// --- buttons ---

static void test_resend_goes_to_the_ledger_and_back_to_the_page(void **state)
{
    expect(ask(*state, "POST /deliveries/" DEAD_ID "/resend",
               BROWSER "Sec-Fetch-Site: same-origin\r\nOrigin: http://localhost:8080\r\n"),
           303, PARTS("Location: /deliveries/" DEAD_ID "\r\n"));
    assert_int_equal(last_operate.operation, OPERATE_RESEND);
    assert_string_equal(last_operate.delivery_id, DEAD_ID);
    expect(ask(*state, "POST /deliveries/" DEAD_ID "/cancel", WANT_JSON), 200,
           PARTS("\"state\": \"waiting\""));
    assert_int_equal(last_operate.operation, OPERATE_CANCEL);
}

static void test_a_refused_operation_is_409_and_an_absent_one_404(void **state)
{
    operate_result = OPERATE_REFUSED;
    expect(ask(*state, "POST /deliveries/" DEAD_ID "/resend", WANT_JSON), 409,
           PARTS("state-forbids", "A delivery that is leased cannot be resent"));
    operate_result = OPERATE_NOT_FOUND;
    expect(ask(*state, "POST /deliveries/" DEAD_ID "/resend", WANT_JSON), 404, PARTS("not-found"));
    expect(ask(*state, "POST /deliveries/" DEAD_ID DEAD_ID "/resend", WANT_JSON), 404,
           PARTS("not-found"));
}

static void test_a_button_of_another_site_is_refused(void **state)
{
    static const char *const foreign[] = {
        HOST "Sec-Fetch-Site: cross-site\r\n",
        HOST "Sec-Fetch-Site: same-site\r\nOrigin: http://localhost:8080\r\n",
        HOST "Origin: http://evil.example\r\n",
        HOST "Origin: http://localhost:81\r\n",
        HOST "Origin: null\r\n",
    };
    memset(&last_operate, 0, sizeof(last_operate));
    for (size_t i = 0; i < COUNT_OF(foreign); i++)
        expect(ask(*state, "POST /deliveries/" DEAD_ID "/resend", foreign[i]), 403,
               PARTS("urn:switchhook:problem:cross-site"));
    assert_string_equal(last_operate.delivery_id, "");
}

// --- who may look ---

static void test_without_a_password_only_loopback_names_are_answered(void **state)
{
    expect(ask(*state, "GET /", "Host: rebound.example:8080\r\n"), 403,
           PARTS("urn:switchhook:problem:host-not-allowed"));
    expect(ask(*state, "GET /", "Host: [::1]:8080\r\n"), 200, PARTS("Deliveries"));
}

static void test_with_a_password_it_is_needed(void **state)
{
    struct fixture *fixture = *state;
    fixture->config.admin_user = "ops";
    fixture->config.admin_password = STR("s3cret");
    static const char *const wrong[] = {
        BROWSER,
        BROWSER "Authorization: Basic b3BzOnMzY3Jl\r\n",
        BROWSER "Authorization: Basic b3B6OnMzY3JldA==\r\n",
        BROWSER "Authorization: Bearer s3cret\r\n",
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        expect(ask(fixture, "GET /", wrong[i]), 401,
               PARTS("WWW-Authenticate: Basic realm=", "!" DEAD_ID));
    expect(ask(fixture, "GET /", "Host: gate.example\r\nAuthorization: Basic b3BzOnMzY3JldA==\r\n"),
           200, PARTS(DEAD_ID));
}

// --- maps ---

static void test_maps_show_which_values_they_lack(void **state)
{
    expect(ask(*state, "GET /maps", BROWSER), 200,
           PARTS("dispositions", "12 values", "every value was mapped"));
    for (int i = 0; i < 3; i++)
        unmapped_note(loaded.unmapped, &maps[0], STR("<b>Sold"));
    unmapped_note(loaded.unmapped, &maps[0], STR("Wrong Number"));
    expect(ask(*state, "GET /maps", BROWSER), 200,
           PARTS("&lt;b&gt;Sold", "Wrong Number", "!<b>Sold", "aria-current=\"page\">Maps"));
    expect(ask(*state, "GET /maps", WANT_JSON), 200,
           PARTS("\"unmapped_count\": 4", "\"value\": \"<b>Sold\"", "\"count\": 3",
                 "\"default\": \"none <other>\"", "\"others\": 0", "!\"view\""));
}

// --- the front ---

static void test_the_front_knows_events_and_health(void **state)
{
    expect(ask(*state, "POST /v1/events/inbound.call_end", "Host: any\r\n"), 202, PARTS("{}"));
    assert_string_equal(last_trigger, "inbound.call_end");
    expect(ask(*state, "GET /v1/events/chat.new?uii=%01", "Host: any\r\n"), 202, PARTS("{}"));
    assert_string_equal(last_trigger, "chat.new");
    expect(ask(*state, "POST /v1/events", "Host: any\r\n"), 202, PARTS("{}"));
    assert_string_equal(last_trigger, "");
    expect(ask(*state, "POST /v1/events:batch", "Host: any\r\n"), 202, PARTS("{}"));
    expect(ask(*state, "PUT /v1/events/inbound.call_end", "Host: any\r\n"), 405,
           PARTS("Allow: GET, POST\r\n", "application/problem+json"));
    expect(ask(*state, "GET /v1/events", "Host: any\r\n"), 405, PARTS("Allow: POST\r\n"));
    expect(ask(*state, "GET /v1/events/", "Host: localhost\r\n"), 404, PARTS("not-found"));
    expect(ask(*state, "GET /?state=%0d", "Host: localhost\r\n"), 400, PARTS("bad-target"));
    expect(ask(*state, "GET /healthz", "Host: any\r\n"), 200, PARTS("ok\n"));
    expect(ask(*state, "POST /healthz", "Host: any\r\n"), 405, PARTS("Allow: GET, HEAD\r\n"));
    expect(ask(*state, "GET /readyz", "Host: any\r\n"), 200, PARTS("ready\n"));
    is_ready = false;
    expect(ask(*state, "GET /readyz", "Host: any\r\n"), 503,
           PARTS("urn:switchhook:problem:not-ready", "the disk is full", "Retry-After: "));
}

static void test_a_missing_template_is_a_fault_with_its_place(void **state)
{
    (void)state;
    AUTO_ARENA struct arena *arena = arena_new();
    struct fault_list faults = {.arena = arena};
    struct page_files *files = NULL;
    assert_false(page_files_load("templates/no_such_folder", &files, &faults));
    assert_null(files);
    assert_int_equal(faults.count, 10);
    assert_string_equal(faults.items[0].file, "templates/no_such_folder/deliveries.html");
    fault_list_finish(&faults);
}

// --- the configuration ---

static const struct generation_module modules[] = {
    {.name = "survey", .digest = "d1", .engine = "208124", .change = CHANGE_CHANGED},
    {.name = "old", .digest = "", .engine = "", .change = CHANGE_REMOVED},
};
static const char *const need_restart[] = {"listen"};
static const struct fault mistakes[] = {
    {.file = "g.yaml", .line = 12, .column = 3, .text = "there is no survey \"<b>\""},
    {.file = "modules", .text = "modules/x.so: no module"},
};

static void test_the_configuration_tells_what_is_loaded(void **state)
{
    current.module_list = modules;
    current.module_count = COUNT_OF(modules);
    current.need_restart = need_restart;
    current.need_restart_count = COUNT_OF(need_restart);
    expect(ask(*state, "GET /configuration", BROWSER), 200,
           PARTS("generation 3", "services 2", "<strong>survey</strong>", "<td>changed</td>",
                 "<td>removed</td>", "<code>listen</code>", "!role=\"alert\""));
    expect(ask(*state, "POST /v1/reload", WANT_JSON), 200,
           PARTS("\"generation\": 3", "\"name\": \"old\"", "\"failed\": null", "\"crm\""));
    expect(ask(*state, "POST /v1/reload", BROWSER), 303, PARTS("Location: /configuration"));
    expect(ask(*state, "GET /v1/reload", HOST), 405, PARTS("Allow: POST"));
}

static void test_a_failed_reload_is_told_with_every_mistake(void **state)
{
    failure =
        (struct reload_failure){.at_ms = 1600192937123, .faults = mistakes, .count = 2, .total = 2};
    expect(ask(*state, "POST /v1/reload", HOST), 422,
           PARTS("application/problem+json", "urn:switchhook:problem:configuration-invalid",
                 "\"file\": \"g.yaml\"", "\"line\": 12", "\"column\": 3",
                 "modules/x.so: no module"));
    expect(ask(*state, "GET /configuration", BROWSER), 200,
           PARTS("failed", "g.yaml", "modules/x.so", "!<b>"));
    expect(ask(*state, "GET /services", BROWSER), 200,
           PARTS("role=\"alert\"", "a reload at 2020-09-15T18:02:17.123Z failed: g.yaml:12:3: "));
    expect(ask(*state, "GET /configuration", WANT_JSON), 200, PARTS("\"mistakes\": 2"));
}

static void test_a_reload_is_an_operators_button(void **state)
{
    is_reloading = true;
    expect(ask(*state, "POST /v1/reload", HOST), 409, PARTS("reload-running", "Retry-After: "));
    is_reloading = false;
    expect(ask(*state, "POST /v1/reload", HOST "Origin: http://evil.example\r\n"), 403,
           PARTS("cross-site"));
    expect(ask(*state, "POST /v1/reload", "Host: gateway.example\r\n"), 403,
           PARTS("host-not-allowed"));
    is_stopping = true;
    expect(ask(*state, "POST /v1/reload", HOST), 503, PARTS("urn:switchhook:problem:stopping"));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_the_configuration_tells_what_is_loaded),
        CASE(test_a_failed_reload_is_told_with_every_mistake),
        CASE(test_a_reload_is_an_operators_button),
        CASE(test_the_list_shows_rows_counts_and_filter),
        CASE(test_stored_texts_cannot_become_markup),
        CASE(test_the_filter_reaches_the_store_and_comes_back),
        CASE(test_a_long_list_goes_on_with_a_cursor),
        CASE(test_a_wrong_parameter_is_400),
        CASE(test_a_delivery_shows_what_was_sent_and_what_came_back),
        CASE(test_a_delivery_shows_its_captures_its_fault_and_its_success_test),
        CASE(test_a_delivery_says_what_is_next),
        CASE(test_a_delivery_says_what_its_route_waits_for),
        CASE(test_a_merged_delivery_leads_to_the_one_that_carries_its_event),
        CASE(test_a_form_event_is_shown_as_its_fields),
        CASE(test_what_was_sent_stands_beside_what_services_see),
        CASE(test_an_event_has_a_preview),
        CASE(test_json_is_the_same_tree),
        CASE(test_trouble_of_a_service_is_on_top_and_can_be_ended),
        CASE(test_what_is_not_there_is_404_and_other_methods_405),
        CASE(test_a_failing_store_is_503),
        CASE(test_the_style_sheet_is_served_and_head_works),
        CASE(test_resend_goes_to_the_ledger_and_back_to_the_page),
        CASE(test_a_refused_operation_is_409_and_an_absent_one_404),
        CASE(test_a_button_of_another_site_is_refused),
        CASE(test_without_a_password_only_loopback_names_are_answered),
        CASE(test_with_a_password_it_is_needed),
        CASE(test_maps_show_which_values_they_lack),
        CASE(test_the_front_knows_events_and_health),
        CASE(test_a_missing_template_is_a_fault_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
