// SPDX-License-Identifier: GPL-3.0-or-later
//
// The server against raw sockets, on a port that the system chooses. Its handler answers what the
// path asks for: at once, or from another thread, as the ledger does.

#include "edge/server.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>

#include <cmocka.h>

#include "http_client.h"

enum { MAX_BODY = 64 * 1024, ROUNDS = 500 };

struct fixture {
    struct server *server;
    int port;
    // Requests for /later, answered by `answerer`.
    pthread_t answerer;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct server_request *waiting[ROUNDS + 8];
    size_t waiting_count;
    bool is_held, is_stopping;
    atomic_int handled;
};

static void echo(struct server_request *request)
{
    struct arena *arena = server_arena(request);
    const char *query = server_query(request, "q"), *header = server_header(request, "X-Test");
    struct str body = server_body(request);
    const char *text =
        arena_printf(arena, "%s %s q=%s header=%s peer=%s body=%zu:%.*s", server_method(request),
                     server_path(request).data, query ? query : "-", header ? header : "-",
                     server_peer(request), body.len, body.len > 64 ? 0 : (int)body.len, body.data);
    server_reply(request, &(struct server_response){
                              .status = 200,
                              .media_type = str_starts(server_path(request), STR("/page"))
                                                ? "text/html; charset=utf-8"
                                                : "text/plain",
                              .body = str_from(text),
                          });
}

static void handle(void *context, struct server_request *request)
{
    struct fixture *fixture = context;
    atomic_fetch_add(&fixture->handled, 1);
    if (!str_starts(server_path(request), STR("/later"))) {
        echo(request);
        return;
    }
    pthread_mutex_lock(&fixture->lock);
    fixture->waiting[fixture->waiting_count++] = request;
    pthread_cond_broadcast(&fixture->changed);
    pthread_mutex_unlock(&fixture->lock);
}

static void *answer_run(void *context)
{
    struct fixture *fixture = context;
    pthread_mutex_lock(&fixture->lock);
    while (!fixture->is_stopping || fixture->waiting_count) {
        if (!fixture->waiting_count || fixture->is_held) {
            pthread_cond_wait(&fixture->changed, &fixture->lock);
            continue;
        }
        struct server_request *request = fixture->waiting[--fixture->waiting_count];
        pthread_mutex_unlock(&fixture->lock);
        echo(request);
        pthread_mutex_lock(&fixture->lock);
    }
    pthread_mutex_unlock(&fixture->lock);
    return NULL;
}

static void hold_answers(struct fixture *fixture, bool is_held)
{
    pthread_mutex_lock(&fixture->lock);
    fixture->is_held = is_held;
    pthread_cond_broadcast(&fixture->changed);
    pthread_mutex_unlock(&fixture->lock);
}

static void wait_for_waiting(struct fixture *fixture, size_t count)
{
    pthread_mutex_lock(&fixture->lock);
    while (fixture->waiting_count < count)
        pthread_cond_wait(&fixture->changed, &fixture->lock);
    pthread_mutex_unlock(&fixture->lock);
}

static struct server_options options_of(struct fixture *fixture, int64_t timeout_ms)
{
    return (struct server_options){
        .host = "127.0.0.1",
        .threads = 2,
        .max_body_bytes = MAX_BODY,
        .max_connections = ROUNDS + 100,
        .request_timeout_ms = timeout_ms,
        .handler = handle,
        .context = fixture,
    };
}

static int start_with(void **state, int64_t timeout_ms)
{
    struct fixture *fixture = mem_alloc(sizeof(*fixture));
    pthread_mutex_init(&fixture->lock, NULL);
    pthread_cond_init(&fixture->changed, NULL);
    struct server_options options = options_of(fixture, timeout_ms);
    struct err err;
    if (!server_start(&options, &fixture->server, &err))
        return -1;
    fixture->port = server_port(fixture->server);
    *state = fixture;
    return pthread_create(&fixture->answerer, NULL, answer_run, fixture);
}

static int start(void **state)
{
    return start_with(state, 20 * 1000);
}

static int start_impatient(void **state)
{
    return start_with(state, 150);
}

static int stop(void **state)
{
    struct fixture *fixture = *state;
    pthread_mutex_lock(&fixture->lock);
    fixture->is_stopping = true;
    fixture->is_held = false;
    pthread_cond_broadcast(&fixture->changed);
    pthread_mutex_unlock(&fixture->lock);
    pthread_join(fixture->answerer, NULL);
    server_free(fixture->server);
    pthread_cond_destroy(&fixture->changed);
    pthread_mutex_destroy(&fixture->lock);
    free(fixture);
    return 0;
}

static void expect(struct fixture *fixture, const char *request, int status, const char *part)
{
    struct answer_text answer = client_ask(fixture->port, request);
    if (answer.status != status || !client_has(&answer, part))
        print_error("asked:\n%s\ngot:\n%s\n", request, answer.text);
    assert_int_equal(answer.status, status);
    assert_true(client_has(&answer, part));
    client_done(&answer);
}

static void test_a_request_reaches_the_handler_whole(void **state)
{
    expect(*state,
           "POST /a%20b?q=1%2B1 HTTP/1.1\r\nHost: x\r\nX-Test: one\r\nX-Test: two\r\n"
           "Content-Length: 5\r\n\r\nhello",
           200, "POST /a b q=1+1 header=one peer=127.0.0.1 body=5:hello");
}

static void test_a_chunked_body_is_put_together(void **state)
{
    expect(*state,
           "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
           "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
           200, "body=5:hello");
}

static void test_an_answer_carries_the_guards(void **state)
{
    expect(*state, "GET /page HTTP/1.1\r\nHost: x\r\n\r\n", 200,
           "Content-Security-Policy: default-src 'none';");
    expect(*state, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 200, "X-Content-Type-Options: nosniff");
    expect(*state, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 200, "Cache-Control: no-store");
}

static void test_head_answers_without_a_body(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_connect(fixture->port);
    client_say(fd, "HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    struct answer_text answer = client_read(fd, true);
    assert_int_equal(answer.status, 200);
    assert_true(client_has(&answer, "Content-Length: "));
    assert_true(client_is_ended(fd));
    client_done(&answer);
    close(fd);
}

static void test_a_broken_target_is_answered_400(void **state)
{
    struct fixture *fixture = *state;
    expect(fixture, "GET /a%00b HTTP/1.1\r\nHost: x\r\n\r\n", 400,
           "urn:switchhook:problem:bad-target");
    assert_int_equal(atomic_load(&fixture->handled), 0);
    expect(fixture, "GET /?q=%0d%0aX:y HTTP/1.1\r\nHost: x\r\n\r\n", 200, "q=-");
}

static void test_an_announced_oversize_is_refused_before_the_body(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_connect(fixture->port);
    client_say(fd, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n");
    struct answer_text answer = client_read(fd, false);
    assert_int_equal(answer.status, 413);
    assert_true(client_has(&answer, "urn:switchhook:problem:content-too-large"));
    assert_true(client_is_ended(fd));
    assert_int_equal(atomic_load(&fixture->handled), 0);
    client_done(&answer);
    close(fd);
}

static void test_a_client_that_sends_an_oversize_all_the_same_sees_the_answer(void **state)
{
    struct fixture *fixture = *state;
    enum { LEN = 3 * 1024 * 1024 };
    AUTO_FREE char *body = mem_alloc(LEN);
    for (int i = 0; i < 20; i++) {
        int fd = client_connect(fixture->port);
        client_say(fd, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3145728\r\n\r\n");
        assert_true(client_send(fd, body, LEN));
        struct answer_text answer = client_read(fd, false);
        assert_int_equal(answer.status, 413);
        client_done(&answer);
        close(fd);
    }
}

static void test_a_body_at_the_limit_is_taken(void **state)
{
    struct fixture *fixture = *state;
    char *body = calloc(1, MAX_BODY);
    int fd = client_connect(fixture->port);
    client_say(fd, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 65536\r\n\r\n");
    assert_true(client_send(fd, body, MAX_BODY));
    struct answer_text answer = client_read(fd, false);
    assert_int_equal(answer.status, 200);
    assert_true(client_has(&answer, "body=65536:"));
    client_done(&answer);
    close(fd);
    free(body);
}

static void test_expect_continue_is_told_to_go_on_or_not(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_connect(fixture->port);
    client_say(fd,
               "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    struct answer_text answer = client_read(fd, true);
    assert_int_equal(answer.status, 100);
    client_done(&answer);
    client_say(fd, "ok");
    answer = client_read(fd, false);
    assert_int_equal(answer.status, 200);
    client_done(&answer);
    close(fd);
    expect(fixture,
           "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\nExpect: 100-continue\r\n\r\n",
           413, "HTTP/1.1 413");
}

// Sends chunks of 4 KB until `count` are out or the other side refuses; how many went out.
static int send_chunks(int fd, int count)
{
    char chunk[6 + 4096 + 2] = "1000\r\n";
    memset(chunk + 6, 'x', 4096);
    memcpy(chunk + 6 + 4096, "\r\n", 2);
    int sent = 0;
    while (sent < count && client_send(fd, chunk, sizeof(chunk)))
        sent++;
    return sent;
}

static void test_a_chunked_oversize_is_refused(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_connect(fixture->port);
    client_say(fd, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    assert_int_equal(send_chunks(fd, 17), 17);
    assert_true(client_say(fd, "0\r\n\r\n"));
    struct answer_text answer = client_read(fd, false);
    assert_int_equal(answer.status, 413);
    assert_int_equal(atomic_load(&fixture->handled), 0);
    client_done(&answer);
    close(fd);
}

static void test_an_endless_chunked_body_is_cut(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_connect(fixture->port);
    client_say(fd, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    assert_true(send_chunks(fd, 1000000) < 1000000);
    close(fd);
    expect(fixture, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 200, "GET /");
}

// Feeds one byte at a time for as long as the other side takes them.
static struct answer_text dribble(int fd, const char *first, char byte)
{
    client_say(fd, first);
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    while (poll(&ready, 1, 10) == 0 && client_send(fd, &byte, 1))
        continue;
    return client_read(fd, false);
}

static void test_a_dribbled_body_is_answered_408(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_connect(fixture->port);
    struct answer_text answer =
        dribble(fd, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n", 'x');
    assert_int_equal(answer.status, 408);
    assert_true(client_has(&answer, "urn:switchhook:problem:request-timeout"));
    client_done(&answer);
    close(fd);
    assert_int_equal(atomic_load(&fixture->handled), 0);
}

static void test_a_dribbled_header_is_answered_408(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_connect(fixture->port);
    struct answer_text answer = dribble(fd, "GET / HTTP/1.1\r\nHost: x\r\nX-Test: ", 'x');
    assert_int_equal(answer.status, 408);
    client_done(&answer);
    close(fd);
}

static void test_a_stalled_body_is_answered_408(void **state)
{
    expect(*state, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf", 408,
           "Request Timeout");
}

static void test_a_silent_connection_is_closed(void **state)
{
    struct fixture *fixture = *state;
    int silent = client_connect(fixture->port), half = client_connect(fixture->port);
    client_say(half, "GET / HT");
    assert_true(client_is_ended(silent));
    assert_true(client_is_ended(half));
    close(silent);
    close(half);
}

static void test_a_late_answer_does_not_count_as_a_late_request(void **state)
{
    struct fixture *fixture = *state;
    hold_answers(fixture, true);
    int fd = client_connect(fixture->port);
    client_say(fd, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
    wait_for_waiting(fixture, 1);
    // Another connection that is idle from now on ends at its deadline: so long has passed.
    int idle = client_connect(fixture->port);
    assert_true(client_is_ended(idle));
    close(idle);
    hold_answers(fixture, false);
    struct answer_text answer = client_read(fd, false);
    assert_int_equal(answer.status, 200);
    client_done(&answer);
    close(fd);
}

static void test_pipelined_requests_are_answered_in_order(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_connect(fixture->port);
    client_say(fd,
               "POST /later1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\noneGET /2 HTTP/1.1\r\n"
               "Host: x\r\n\r\nPOST /later3 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nthree");
    static const char *const parts[] = {"POST /later1 ", "GET /2 ", "POST /later3 "};
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        struct answer_text answer = client_read(fd, false);
        assert_int_equal(answer.status, 200);
        assert_true(client_has(&answer, parts[i]));
        client_done(&answer);
    }
    close(fd);
}

static void test_many_requests_wait_at_once_and_all_are_answered(void **state)
{
    struct fixture *fixture = *state;
    static int fds[ROUNDS];
    hold_answers(fixture, true);
    for (int i = 0; i < ROUNDS; i++) {
        fds[i] = client_connect(fixture->port);
        assert_true(fds[i] >= 0);
        char request[100];
        snprintf(request, sizeof(request), "GET /later/%d HTTP/1.1\r\nHost: x\r\n\r\n", i);
        assert_true(client_say(fds[i], request));
    }
    wait_for_waiting(fixture, ROUNDS);
    hold_answers(fixture, false);
    for (int i = 0; i < ROUNDS; i++) {
        struct answer_text answer = client_read(fds[i], false);
        char expected[40];
        snprintf(expected, sizeof(expected), "GET /later/%d ", i);
        assert_int_equal(answer.status, 200);
        assert_true(client_has(&answer, expected));
        client_done(&answer);
        close(fds[i]);
    }
}

static void *ask_often(void *context)
{
    const struct fixture *fixture = context;
    int fd = client_connect(fixture->port);
    intptr_t good = 0;
    for (int i = 0; i < ROUNDS; i++) {
        client_say(fd, "POST /later HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok");
        struct answer_text answer = client_read(fd, false);
        good += answer.status == 200 && client_has(&answer, "body=2:ok");
        client_done(&answer);
    }
    close(fd);
    return (void *)good;
}

// The answer races with the handler's return: each order must work.
static void test_an_answer_may_come_before_or_after_the_handler_returns(void **state)
{
    pthread_t threads[4];
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_often, *state), 0);
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        void *good;
        pthread_join(threads[i], &good);
        assert_int_equal((intptr_t)good, ROUNDS);
    }
}

static void test_a_client_may_leave_before_its_answer(void **state)
{
    struct fixture *fixture = *state;
    hold_answers(fixture, true);
    for (int i = 0; i < 20; i++) {
        int fd = client_connect(fixture->port);
        client_say(fd, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
        wait_for_waiting(fixture, (size_t)i + 1);
        close(fd);
    }
    hold_answers(fixture, false);
    expect(fixture, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n", 200, "GET /later");
}

static void test_quiesce_refuses_the_new_and_serves_the_old(void **state)
{
    struct fixture *fixture = *state;
    hold_answers(fixture, true);
    int fd = client_connect(fixture->port);
    client_say(fd, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
    wait_for_waiting(fixture, 1);
    server_quiesce(fixture->server);
    int late = client_connect(fixture->port);
    assert_true(client_is_ended(late));
    close(late);
    hold_answers(fixture, false);
    struct answer_text answer = client_read(fd, false);
    assert_int_equal(answer.status, 200);
    assert_true(client_has(&answer, "Connection: close"));
    assert_true(client_is_ended(fd));
    client_done(&answer);
    close(fd);
}

static void test_an_address_in_use_is_a_conflict_that_names_it(void **state)
{
    struct fixture *fixture = *state;
    struct server_options options = options_of(fixture, 1000);
    options.port = fixture->port;
    struct server *second = NULL;
    struct err err;
    assert_false(server_start(&options, &second, &err));
    assert_int_equal(err.code, ERR_CONFLICT);
    char address[40];
    snprintf(address, sizeof(address), "127.0.0.1:%d", fixture->port);
    assert_non_null(strstr(err.text, address));
    assert_null(second);
}

static void test_an_ipv6_address_is_taken_with_or_without_brackets(void **state)
{
    static const char *const hosts[] = {"[::1]", "::1", "localhost"};
    for (size_t i = 0; i < COUNT_OF(hosts); i++) {
        struct server_options options = options_of(*state, 1000);
        options.host = hosts[i];
        struct server *server;
        struct err err;
        assert_true(server_start(&options, &server, &err));
        assert_true(server_port(server) > 0);
        server_free(server);
    }
}

#define CASE(test)           cmocka_unit_test_setup_teardown(test, start, stop)
#define IMPATIENT_CASE(test) cmocka_unit_test_setup_teardown(test, start_impatient, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_a_request_reaches_the_handler_whole),
        CASE(test_a_chunked_body_is_put_together),
        CASE(test_an_answer_carries_the_guards),
        CASE(test_head_answers_without_a_body),
        CASE(test_a_broken_target_is_answered_400),
        CASE(test_an_announced_oversize_is_refused_before_the_body),
        CASE(test_a_client_that_sends_an_oversize_all_the_same_sees_the_answer),
        CASE(test_a_body_at_the_limit_is_taken),
        CASE(test_expect_continue_is_told_to_go_on_or_not),
        CASE(test_a_chunked_oversize_is_refused),
        CASE(test_an_endless_chunked_body_is_cut),
        IMPATIENT_CASE(test_a_dribbled_body_is_answered_408),
        IMPATIENT_CASE(test_a_dribbled_header_is_answered_408),
        IMPATIENT_CASE(test_a_stalled_body_is_answered_408),
        IMPATIENT_CASE(test_a_silent_connection_is_closed),
        IMPATIENT_CASE(test_a_late_answer_does_not_count_as_a_late_request),
        CASE(test_pipelined_requests_are_answered_in_order),
        CASE(test_many_requests_wait_at_once_and_all_are_answered),
        CASE(test_an_answer_may_come_before_or_after_the_handler_returns),
        CASE(test_a_client_may_leave_before_its_answer),
        CASE(test_quiesce_refuses_the_new_and_serves_the_old),
        CASE(test_an_address_in_use_is_a_conflict_that_names_it),
        CASE(test_an_ipv6_address_is_taken_with_or_without_brackets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
