// SPDX-License-Identifier: GPL-3.0-or-later
//
// The transport against a small scripted HTTP server of plain sockets: the path of a request says
// how the server behaves. The server keeps what it got, so that tests can tell what was sent and
// how often.

#include "base/clock.h"
#include "edge/transport.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

// --- the server ---

enum { REQUEST_BYTES = 256 * 1024, CONNECTIONS_MAX = 64 };

struct server {
    int listen_fd, port;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int requests, closed;     // so far
    char last[REQUEST_BYTES]; // request as received
    int fds[CONNECTIONS_MAX]; // -1: closed
    pthread_t threads[CONNECTIONS_MAX];
    int connections;
};

static struct server server;

static void say(int fd, const char *text)
{
    send(fd, text, strlen(text), MSG_NOSIGNAL);
}

// One whole request; false when the client is gone.
static bool read_request(int fd, char *ret, size_t size)
{
    size_t len = 0;
    for (;;) {
        ssize_t got = recv(fd, ret + len, size - 1 - len, 0);
        if (got <= 0)
            return false;
        len += (size_t)got;
        ret[len] = '\0';
        const char *end = strstr(ret, "\r\n\r\n");
        if (!end)
            continue;
        const char *length = strcasestr(ret, "\r\nContent-Length:");
        size_t body = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
        if (len >= (size_t)(end + 4 - ret) + body)
            return true;
    }
}

static void wait_for_close(int fd)
{
    char byte;
    while (recv(fd, &byte, 1, 0) > 0) {
    }
}

static void drip(int fd)
{
    say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    struct pollfd gone = {.fd = fd, .events = POLLIN};
    while (poll(&gone, 1, 5) == 0)
        say(fd, "x");
}

static void flood(int fd, const char *head, const char *piece, size_t bytes)
{
    say(fd, head);
    for (size_t sent = 0; sent < bytes; sent += strlen(piece)) {
        if (send(fd, piece, strlen(piece), MSG_NOSIGNAL) < 0)
            return;
    }
}

// Answers one request; false ends the connection.
static bool behave(int fd, const char *path)
{
    static const struct {
        const char *path, *answer;
        bool is_last;
    } fixed[] = {
        {"/ok",
         "HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: 5\r\n"
         "\r\nhello",
         false},
        {"/empty", "HTTP/1.1 204 No Content\r\n\r\n", false},
        {"/busy",
         "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 120\r\nContent-Length: 0\r\n"
         "\r\n",
         false},
        {"/odd-wait", "HTTP/1.1 503 No\r\nRetry-After: soon\r\nContent-Length: 0\r\n\r\n", false},
        {"/far-wait",
         "HTTP/1.1 503 No\r\nRetry-After: 99999999999999999999\r\n"
         "Content-Length: 0\r\n\r\n",
         false},
        {"/past",
         "HTTP/1.1 429 No\r\nRetry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
         "Content-Length: 0\r\n\r\n",
         false},
        {"/future",
         "HTTP/1.1 429 No\r\nRetry-After: Wed, 01 Jan 2098 00:00:00 GMT\r\n"
         "Content-Length: 0\r\n\r\n",
         false},
        {"/moved", "HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n", false},
        {"/hint",
         "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\nHTTP/1.1 200 OK\r\n"
         "X-Late: 1\r\nContent-Length: 0\r\n\r\n",
         false},
        {"/trailer",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n"
         "X-Sum: 1\r\n\r\n",
         false},
        {"/cut", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npartial", true},
        {"/cut-head", "HTTP/1.1 200 OK\r\nContent-Le", true},
        {"/cut-chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc", true},
        {"/garbage", "\x01\x02\x03 this is no HTTP\r\n\r\n", true},
        {"/close", "", true},
        {"/quiet-close", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true},
    };
    for (size_t i = 0; i < COUNT_OF(fixed); i++) {
        if (strcmp(path, fixed[i].path) == 0) {
            say(fd, fixed[i].answer);
            return !fixed[i].is_last;
        }
    }
    if (strcmp(path, "/stall") == 0)
        wait_for_close(fd);
    else if (strcmp(path, "/drip") == 0)
        drip(fd);
    else if (strcmp(path, "/huge") == 0)
        flood(fd, "HTTP/1.1 200 OK\r\n\r\n", "0123456789abcdef", 64 * 1024 * 1024);
    else if (strcmp(path, "/headers") == 0)
        flood(fd, "HTTP/1.1 200 OK\r\n", "X-Flood: 0123456789abcdef\r\n", 64 * 1024 * 1024);
    else if (strcmp(path, "/hints") == 0)
        flood(fd, "", "HTTP/1.1 103 Early Hints\r\nX-Flood: 1\r\n\r\n", 64 * 1024 * 1024);
    else
        say(fd, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    return false;
}

static void *serve_connection(void *index)
{
    int *slot = &server.fds[(intptr_t)index];
    int fd = *slot;
    char *request = mem_alloc(REQUEST_BYTES);
    bool is_open = true;
    while (is_open && read_request(fd, request, REQUEST_BYTES)) {
        pthread_mutex_lock(&server.lock);
        server.requests++;
        memcpy(server.last, request, strlen(request) + 1);
        pthread_mutex_unlock(&server.lock);
        char path[256] = "";
        sscanf(request, "%*s %255s", path);
        is_open = behave(fd, path);
    }
    free(request);
    pthread_mutex_lock(&server.lock);
    close(fd);
    *slot = -1;
    server.closed++;
    pthread_cond_broadcast(&server.changed);
    pthread_mutex_unlock(&server.lock);
    return NULL;
}

static void *serve(void *unused)
{
    (void)unused;
    for (int fd; (fd = accept(server.listen_fd, NULL, NULL)) >= 0;) {
        intptr_t index = server.connections;
        require(index < CONNECTIONS_MAX);
        server.fds[index] = fd;
        server.connections++;
        require(pthread_create(&server.threads[index], NULL, serve_connection, (void *)index) == 0);
    }
    return NULL;
}

static int listen_somewhere(int *ret_port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    require(bind(fd, (struct sockaddr *)&address, len) == 0 && listen(fd, 64) == 0);
    require(getsockname(fd, (struct sockaddr *)&address, &len) == 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

static int start_server(void **state)
{
    (void)state;
    server = (struct server){.port = 0};
    pthread_mutex_init(&server.lock, NULL);
    pthread_cond_init(&server.changed, NULL);
    server.listen_fd = listen_somewhere(&server.port);
    return pthread_create(&server.thread, NULL, serve, NULL);
}

static int stop_server(void **state)
{
    (void)state;
    shutdown(server.listen_fd, SHUT_RDWR);
    pthread_join(server.thread, NULL);
    pthread_mutex_lock(&server.lock);
    for (int i = 0; i < server.connections; i++) {
        if (server.fds[i] >= 0)
            shutdown(server.fds[i], SHUT_RDWR);
    }
    pthread_mutex_unlock(&server.lock);
    for (int i = 0; i < server.connections; i++)
        pthread_join(server.threads[i], NULL);
    close(server.listen_fd);
    pthread_mutex_destroy(&server.lock);
    pthread_cond_destroy(&server.changed);
    return 0;
}

static int count_requests(void)
{
    pthread_mutex_lock(&server.lock);
    int count = server.requests;
    pthread_mutex_unlock(&server.lock);
    return count;
}

static void wait_until_closed(int count)
{
    pthread_mutex_lock(&server.lock);
    while (server.closed < count)
        pthread_cond_wait(&server.changed, &server.lock);
    pthread_mutex_unlock(&server.lock);
}

// --- sending ---

struct sent {
    struct arena *arena;
    struct transport_request request;
    const struct transport_reply *reply; // NULL until done
    int done;
};

static void note_done(void *context, const struct transport_reply *reply)
{
    struct sent *sent = context;
    sent->reply = reply;
    sent->done++;
}

static struct transport_request request_to(struct arena *arena, const char *method,
                                           const char *path)
{
    return (struct transport_request){
        .method = method,
        .url = arena_printf(arena, "http://127.0.0.1:%d%s", server.port, path),
        .body = STR(""),
        .connect_timeout_ms = 5000,
        .timeout_ms = 20000,
        .max_reply_bytes = 1024,
    };
}

static void send_and_wait(struct transport *transport, struct sent *sent)
{
    sent->done = 0;
    transport_send(transport, sent->arena, &sent->request, note_done, sent);
    assert_int_equal(sent->done, 0);
    while (!sent->done)
        transport_turn(transport, -1);
    assert_int_equal(sent->done, 1);
    assert_int_equal(transport_in_flight(transport), 0);
}

struct bench {
    struct transport *transport;
    struct sent sent;
};

static int set_up(void **state)
{
    start_server(state);
    struct bench *bench = mem_alloc(sizeof(*bench));
    bench->transport = transport_new();
    bench->sent.arena = arena_new();
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    transport_free(bench->transport);
    arena_free(bench->sent.arena);
    free(bench);
    return stop_server(state);
}

static const struct transport_reply *call(struct bench *bench, const char *method, const char *path)
{
    bench->sent.request = request_to(bench->sent.arena, method, path);
    send_and_wait(bench->transport, &bench->sent);
    return bench->sent.reply;
}

static const struct transport_reply *call_url(struct bench *bench, const char *url)
{
    bench->sent.request = request_to(bench->sent.arena, "GET", "/");
    bench->sent.request.url = url;
    send_and_wait(bench->transport, &bench->sent);
    return bench->sent.reply;
}

// --- answers ---

static void test_answer_comes_back_whole(void **state)
{
    const struct transport_reply *reply = call(*state, "POST", "/ok");
    assert_int_equal(reply->reach, REACH_ANSWERED);
    assert_int_equal(reply->http_status, 200);
    assert_true(str_eq(reply->body, STR("hello")));
    assert_string_equal(reply->media_type, "text/xml");
    assert_string_equal(reply->problem, "");
    assert_false(reply->is_cut);
    assert_int_equal(reply->retry_after_ms, -1);
    assert_true(str_starts(reply->headers, STR("HTTP/1.1 200 OK\nContent-Type: text/xml")));
    char peer[40];
    snprintf(peer, sizeof(peer), "127.0.0.1:%d", server.port);
    assert_string_equal(reply->peer, peer);
}

static void test_timings_grow_from_step_to_step(void **state)
{
    const struct transport_timings *timings = &call(*state, "POST", "/ok")->timings;
    assert_true(timings->connected_us > 0);
    assert_true(timings->connected_us <= timings->sent_us);
    assert_true(timings->sent_us <= timings->first_byte_us);
    assert_true(timings->first_byte_us <= timings->total_us);
    assert_int_equal(timings->secured_us, 0);
}

static void test_request_goes_out_as_given_and_no_more(void **state)
{
    struct bench *bench = *state;
    static const char *const headers[] = {"Content-Type: application/json",
                                          "X-Empty: ", "X-Name: v\xc3\xa4lue"};
    bench->sent.request = request_to(bench->sent.arena, "PATCH", "/ok?a=%20b&c=..%2F");
    bench->sent.request.headers = headers;
    bench->sent.request.header_count = COUNT_OF(headers);
    bench->sent.request.body = STR("{\"a\":\0001}");
    bench->sent.request.basic_user = "user";
    bench->sent.request.basic_password = "pass";
    send_and_wait(bench->transport, &bench->sent);
    const char *got = server.last;
    assert_non_null(strstr(got, "PATCH /ok?a=%20b&c=..%2F HTTP/1.1\r\n"));
    assert_non_null(strstr(got, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(got, "\r\nX-Empty:\r\n"));
    assert_non_null(strstr(got, "\r\nX-Name: v\xc3\xa4lue\r\n"));
    assert_non_null(strstr(got, "\r\nAuthorization: Basic dXNlcjpwYXNz\r\n"));
    assert_non_null(strstr(got, "\r\nContent-Length: 8\r\n"));
    assert_non_null(strstr(got, "\r\nUser-Agent: Switchhook/"));
    assert_null(strcasestr(got, "\r\nExpect:"));
    assert_null(strcasestr(got, "\r\nAccept-Encoding:"));
    assert_null(strcasestr(got, "form-urlencoded"));
}

static void test_methods_say_their_length(void **state)
{
    call(*state, "POST", "/ok");
    assert_non_null(strstr(server.last, "POST /ok HTTP/1.1\r\n"));
    assert_non_null(strstr(server.last, "\r\nContent-Length: 0\r\n"));
    assert_null(strcasestr(server.last, "Content-Type"));
    call(*state, "GET", "/ok");
    assert_non_null(strstr(server.last, "GET /ok HTTP/1.1\r\n"));
    assert_null(strcasestr(server.last, "Content-Length"));
    call(*state, "DELETE", "/ok");
    assert_non_null(strstr(server.last, "DELETE /ok HTTP/1.1\r\n"));
    assert_null(strcasestr(server.last, "Content-Length"));
}

static void test_large_body_arrives_whole(void **state)
{
    struct bench *bench = *state;
    enum { BODY = 200 * 1024 };
    char *body = arena_alloc(bench->sent.arena, BODY);
    memset(body, 'b', BODY);
    bench->sent.request = request_to(bench->sent.arena, "POST", "/ok");
    bench->sent.request.body = (struct str){body, BODY};
    send_and_wait(bench->transport, &bench->sent);
    assert_int_equal(bench->sent.reply->http_status, 200);
    const char *got = strstr(server.last, "\r\n\r\n") + 4;
    assert_int_equal(strlen(got), BODY);
    assert_int_equal(strspn(got, "b"), BODY);
}

static void test_redirect_is_not_followed(void **state)
{
    const struct transport_reply *reply = call(*state, "GET", "/moved");
    assert_int_equal(reply->http_status, 302);
    assert_int_equal(count_requests(), 1);
}

static void test_headers_are_of_the_final_answer_only(void **state)
{
    const struct transport_reply *reply = call(*state, "GET", "/hint");
    assert_int_equal(reply->http_status, 200);
    assert_true(str_eq(reply->headers, STR("HTTP/1.1 200 OK\nX-Late: 1\nContent-Length: 0\n")));
}

static void test_chunked_answer_with_a_trailer_is_whole(void **state)
{
    const struct transport_reply *reply = call(*state, "GET", "/trailer");
    assert_int_equal(reply->reach, REACH_ANSWERED);
    assert_true(str_eq(reply->body, STR("ab")));
}

static void test_retry_after_is_read_in_both_forms(void **state)
{
    assert_int_equal(call(*state, "GET", "/busy")->retry_after_ms, 120 * 1000);
    assert_int_equal(call(*state, "GET", "/past")->retry_after_ms, 0);
    int64_t expected = INT64_C(4039372800000) - clock_now_ms(); // 2098-01-01
    int64_t got = call(*state, "GET", "/future")->retry_after_ms;
    assert_in_range(got, expected - 60000, expected);
    assert_int_equal(call(*state, "GET", "/odd-wait")->retry_after_ms, -1);
    assert_int_equal(call(*state, "GET", "/far-wait")->retry_after_ms, -1);
    assert_int_equal(call(*state, "GET", "/ok")->retry_after_ms, -1);
}

static void test_long_reply_is_cut_and_still_an_answer(void **state)
{
    const struct transport_reply *reply = call(*state, "GET", "/huge");
    assert_int_equal(reply->reach, REACH_ANSWERED);
    assert_int_equal(reply->http_status, 200);
    assert_true(reply->is_cut);
    assert_int_equal(reply->body.len, 1024);
    assert_memory_equal(reply->body.data + 1008, "0123456789abcdef", 16);
}

// --- trouble ---

static void assert_trouble(const struct transport_reply *reply, enum reach reach, const char *part)
{
    assert_string_equal(reach_word(reply->reach), reach_word(reach));
    assert_int_equal(reply->http_status, 0);
    if (!strstr(reply->problem, part))
        fail_msg("\"%s\" does not say \"%s\"", reply->problem, part);
}

static void test_refused_connection_names_host_and_port(void **state)
{
    struct bench *bench = *state;
    int port;
    int fd = listen_somewhere(&port); // bound and closed: nobody listens there now
    close(fd);
    char *url = arena_printf(bench->sent.arena, "http://127.0.0.1:%d/x?token=geheim", port);
    const struct transport_reply *reply = call_url(bench, url);
    char place[100];
    snprintf(place, sizeof(place), "no connection to 127.0.0.1:%d: Connection refused", port);
    assert_trouble(reply, REACH_NO_CONNECTION, place);
    assert_null(strstr(reply->problem, "geheim"));
    assert_string_equal(reply->peer, "");
    assert_false(reply->is_reused);
}

static void test_unknown_host_is_no_connection(void **state)
{
    assert_trouble(call_url(*state, "http://name.invalid/"), REACH_NO_CONNECTION,
                   "name.invalid:80");
}

static void test_broken_answers_count_as_sent(void **state)
{
    assert_trouble(call(*state, "POST", "/cut"), REACH_SENT, "broke off");
    assert_trouble(call(*state, "POST", "/cut-chunk"), REACH_SENT, "127.0.0.1");
    assert_trouble(call(*state, "POST", "/close"), REACH_SENT, "before it answered");
    assert_trouble(call(*state, "POST", "/garbage"), REACH_SENT, "not HTTP");
    assert_trouble(call(*state, "POST", "/cut-head"), REACH_SENT, "broke off");
}

static void test_stalled_and_dripping_answers_end_in_time(void **state)
{
    struct bench *bench = *state;
    static const char *const paths[] = {"/stall", "/drip"};
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        bench->sent.request = request_to(bench->sent.arena, "POST", paths[i]);
        bench->sent.request.max_reply_bytes = 1024 * 1024;
        bench->sent.request.timeout_ms = 150;
        send_and_wait(bench->transport, &bench->sent);
        assert_trouble(bench->sent.reply, REACH_SENT, "within 150 ms");
        assert_in_range(bench->sent.reply->timings.total_us, 100000, 10000000);
    }
}

static void test_endless_headers_are_stopped(void **state)
{
    assert_trouble(call(*state, "GET", "/headers"), REACH_SENT, "64 KB of headers");
    assert_trouble(call(*state, "GET", "/hints"), REACH_SENT, "64 KB of headers");
}

static void test_failed_tls_is_no_connection(void **state)
{
    struct bench *bench = *state;
    char *url = arena_printf(bench->sent.arena, "https://127.0.0.1:%d/ok", server.port);
    bench->sent.request = request_to(bench->sent.arena, "POST", "/");
    bench->sent.request.url = url;
    bench->sent.request.timeout_ms = 200; // the server waits for more of what it takes for HTTP
    send_and_wait(bench->transport, &bench->sent);
    assert_trouble(bench->sent.reply, REACH_NO_CONNECTION, "127.0.0.1");
    assert_int_equal(count_requests(), 0);
}

static void test_missing_certificate_file_is_no_connection(void **state)
{
    struct bench *bench = *state;
    bench->sent.request = request_to(bench->sent.arena, "POST", "/");
    bench->sent.request.url = "https://127.0.0.1:1/";
    bench->sent.request.ca_file = "/nonexistent/ca.pem";
    send_and_wait(bench->transport, &bench->sent);
    assert_int_equal(bench->sent.reply->reach, REACH_NO_CONNECTION);
    assert_string_not_equal(bench->sent.reply->problem, "");
}

static void test_urls_that_may_not_be_called_are_not(void **state)
{
    struct bench *bench = *state;
    assert_trouble(call_url(bench, "file:///etc/passwd"), REACH_NOT_ENCODED, "URL");
    assert_trouble(call_url(bench, "ftp://127.0.0.1/"), REACH_NOT_ENCODED, "URL");
    assert_trouble(call_url(bench, ""), REACH_NOT_ENCODED, "URL");
    assert_trouble(call_url(bench, "http://a b/"), REACH_NOT_ENCODED, "URL");
    char *url = arena_printf(bench->sent.arena, "http://me:geheim@127.0.0.1:%d/ok", server.port);
    const struct transport_reply *reply = call_url(bench, url);
    assert_trouble(reply, REACH_NOT_ENCODED, "user name");
    assert_null(strstr(reply->problem, "geheim"));
    assert_int_equal(count_requests(), 0);
}

static void test_header_with_a_line_end_is_refused(void **state)
{
    struct bench *bench = *state;
    static const char *const headers[] = {"X-A: b\r\nX-Injected: c"};
    bench->sent.request = request_to(bench->sent.arena, "GET", "/ok");
    bench->sent.request.headers = headers;
    bench->sent.request.header_count = 1;
    send_and_wait(bench->transport, &bench->sent);
    assert_trouble(bench->sent.reply, REACH_NOT_ENCODED, "header");
    assert_int_equal(count_requests(), 0);
}

// --- TLS, against the server of the openssl command ---

struct tls_server {
    char dir[40], cert[60], key[60];
    pid_t pid;
    int port;
};

static void run_openssl_req(const struct tls_server *tls)
{
    pid_t pid = fork();
    if (pid == 0) {
        freopen("/dev/null", "w", stderr);
        execlp("openssl", "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
               "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", tls->key,
               "-out", tls->cert, (char *)NULL);
        _exit(127);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void start_tls_server(struct tls_server *tls)
{
    int out[2];
    snprintf(tls->dir, sizeof(tls->dir), "/tmp/test-transport-XXXXXX");
    assert_non_null(mkdtemp(tls->dir));
    snprintf(tls->cert, sizeof(tls->cert), "%s/cert.pem", tls->dir);
    snprintf(tls->key, sizeof(tls->key), "%s/key.pem", tls->dir);
    run_openssl_req(tls);
    assert_int_equal(pipe(out), 0);
    tls->pid = fork();
    if (tls->pid == 0) {
        dup2(out[1], STDOUT_FILENO);
        execlp("openssl", "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", tls->cert,
               "-key", tls->key, "-www", (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    FILE *lines = fdopen(out[0], "r");
    char line[200];
    while (!tls->port && fgets(line, sizeof(line), lines))
        sscanf(line, "ACCEPT 127.0.0.1:%d", &tls->port);
    fclose(lines);
    assert_int_not_equal(tls->port, 0);
}

static void stop_tls_server(const struct tls_server *tls)
{
    kill(tls->pid, SIGTERM);
    waitpid(tls->pid, NULL, 0);
    unlink(tls->cert);
    unlink(tls->key);
    rmdir(tls->dir);
}

static void test_tls_is_always_verified(void **state)
{
    struct bench *bench = *state;
    struct tls_server tls = {.port = 0};
    start_tls_server(&tls);
    char *url = arena_printf(bench->sent.arena, "https://127.0.0.1:%d/", tls.port);
    assert_trouble(call_url(bench, url), REACH_NO_CONNECTION, "certificate");

    bench->sent.request.ca_file = tls.cert;
    bench->sent.request.max_reply_bytes = 1024 * 1024;
    send_and_wait(bench->transport, &bench->sent);
    assert_int_equal(bench->sent.reply->http_status, 200);
    assert_true(bench->sent.reply->timings.secured_us > bench->sent.reply->timings.connected_us);

    bench->sent.request.url = arena_printf(bench->sent.arena, "https://localhost:%d/", tls.port);
    send_and_wait(bench->transport, &bench->sent);
    assert_trouble(bench->sent.reply, REACH_NO_CONNECTION, "localhost");
    stop_tls_server(&tls);
}

// --- connections ---

static void test_connection_is_kept_and_reused(void **state)
{
    assert_false(call(*state, "POST", "/ok")->is_reused);
    assert_true(call(*state, "POST", "/ok")->is_reused);
    assert_int_equal(server.connections, 1);
}

static void test_request_on_a_dying_connection_is_sent_once_and_told(void **state)
{
    call(*state, "POST", "/ok");
    const struct transport_reply *reply = call(*state, "POST", "/close");
    assert_true(reply->is_reused);
    assert_trouble(reply, REACH_SENT, "before it answered");
    assert_int_equal(count_requests(), 2);
}

static void test_connection_closed_while_idle_is_replaced(void **state)
{
    call(*state, "POST", "/quiet-close");
    wait_until_closed(1);
    const struct transport_reply *reply = call(*state, "POST", "/ok");
    assert_int_equal(reply->http_status, 200);
    assert_int_equal(count_requests(), 2);
}

static void test_proxy_is_used_only_when_asked_for(void **state)
{
    struct bench *bench = *state;
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    setenv("NO_PROXY", "*", 1);
    assert_int_equal(call(bench, "GET", "/ok")->http_status, 200);
    bench->sent.request = request_to(bench->sent.arena, "GET", "/");
    bench->sent.request.url = "http://elsewhere.invalid/ok";
    bench->sent.request.proxy = arena_printf(bench->sent.arena, "http://127.0.0.1:%d", server.port);
    send_and_wait(bench->transport, &bench->sent);
    assert_int_equal(bench->sent.reply->http_status, 404);
    assert_non_null(strstr(server.last, "GET http://elsewhere.invalid/ok HTTP/1.1\r\n"));
    unsetenv("http_proxy");
    unsetenv("ALL_PROXY");
    unsetenv("NO_PROXY");
}

static void test_proxy_that_refuses_the_tunnel_is_no_connection(void **state)
{
    struct bench *bench = *state;
    bench->sent.request = request_to(bench->sent.arena, "POST", "/");
    bench->sent.request.url = "https://elsewhere.invalid/ok";
    bench->sent.request.body = STR("secret body");
    bench->sent.request.proxy = arena_printf(bench->sent.arena, "http://127.0.0.1:%d", server.port);
    send_and_wait(bench->transport, &bench->sent);
    assert_trouble(bench->sent.reply, REACH_NO_CONNECTION, "through the proxy");
    assert_non_null(strstr(server.last, "CONNECT elsewhere.invalid:443"));
}

// --- the loop ---

struct chain {
    struct transport *transport;
    struct arena *arena;
    struct transport_request request;
    int left;
};

static void send_next(void *context, const struct transport_reply *reply)
{
    struct chain *chain = context;
    require(reply->reach == REACH_ANSWERED || reply->reach == REACH_NOT_ENCODED);
    if (--chain->left)
        transport_send(chain->transport, chain->arena, &chain->request, send_next, chain);
}

static void test_done_may_send_again(void **state)
{
    struct bench *bench = *state;
    struct chain chain = {bench->transport, bench->sent.arena,
                          request_to(bench->sent.arena, "POST", "/ok"), 50};
    transport_send(chain.transport, chain.arena, &chain.request, send_next, &chain);
    while (chain.left)
        transport_turn(bench->transport, -1);
    assert_int_equal(count_requests(), 50);
}

static void test_a_refused_send_from_done_does_not_keep_the_turn(void **state)
{
    struct bench *bench = *state;
    struct chain chain = {bench->transport, bench->sent.arena,
                          request_to(bench->sent.arena, "POST", "/ok"), 3};
    chain.request.url = "gopher://x/";
    transport_send(chain.transport, chain.arena, &chain.request, send_next, &chain);
    for (int left = 2; left >= 0; left--) {
        transport_turn(bench->transport, -1);
        assert_int_equal(chain.left, left);
    }
}

static void test_many_at_once_all_end(void **state)
{
    struct bench *bench = *state;
    struct sent many[30];
    for (size_t i = 0; i < COUNT_OF(many); i++) {
        many[i] = (struct sent){
            .arena = bench->sent.arena,
            .request = request_to(bench->sent.arena, "POST", i % 3 ? "/ok" : "/close")};
        transport_send(bench->transport, many[i].arena, &many[i].request, note_done, &many[i]);
    }
    assert_int_equal(transport_in_flight(bench->transport), COUNT_OF(many));
    while (transport_in_flight(bench->transport))
        transport_turn(bench->transport, -1);
    for (size_t i = 0; i < COUNT_OF(many); i++) {
        assert_int_equal(many[i].done, 1);
        assert_int_equal(many[i].reply->reach, i % 3 ? REACH_ANSWERED : REACH_SENT);
    }
}

static void *wake_soon(void *transport)
{
    for (int i = 0; i < 1000; i++)
        transport_wake(transport);
    return NULL;
}

static void test_wake_ends_a_wait_without_end(void **state)
{
    struct bench *bench = *state;
    for (int i = 0; i < 20; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, wake_soon, bench->transport);
        transport_turn(bench->transport, -1);
        pthread_join(thread, NULL);
        transport_turn(bench->transport, 0);
    }
}

static void test_turn_waits_no_longer_than_asked(void **state)
{
    struct bench *bench = *state;
    int64_t before = clock_steady_us();
    transport_turn(bench->transport, 20);
    assert_in_range(clock_steady_us() - before, 15000, 5000000);
}

static void test_free_drops_what_is_in_flight_without_done(void **state)
{
    struct bench *bench = *state;
    struct transport *transport = transport_new();
    struct sent sent = {.arena = bench->sent.arena};
    sent.request = request_to(bench->sent.arena, "POST", "/stall");
    transport_send(transport, sent.arena, &sent.request, note_done, &sent);
    while (count_requests() == 0)
        transport_turn(transport, 10);
    transport_free(transport);
    assert_int_equal(sent.done, 0);
}

#define BENCH_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(test_answer_comes_back_whole),
        BENCH_TEST(test_timings_grow_from_step_to_step),
        BENCH_TEST(test_request_goes_out_as_given_and_no_more),
        BENCH_TEST(test_methods_say_their_length),
        BENCH_TEST(test_large_body_arrives_whole),
        BENCH_TEST(test_redirect_is_not_followed),
        BENCH_TEST(test_headers_are_of_the_final_answer_only),
        BENCH_TEST(test_chunked_answer_with_a_trailer_is_whole),
        BENCH_TEST(test_retry_after_is_read_in_both_forms),
        BENCH_TEST(test_long_reply_is_cut_and_still_an_answer),
        BENCH_TEST(test_refused_connection_names_host_and_port),
        BENCH_TEST(test_unknown_host_is_no_connection),
        BENCH_TEST(test_broken_answers_count_as_sent),
        BENCH_TEST(test_stalled_and_dripping_answers_end_in_time),
        BENCH_TEST(test_endless_headers_are_stopped),
        BENCH_TEST(test_failed_tls_is_no_connection),
        BENCH_TEST(test_missing_certificate_file_is_no_connection),
        BENCH_TEST(test_urls_that_may_not_be_called_are_not),
        BENCH_TEST(test_header_with_a_line_end_is_refused),
        BENCH_TEST(test_tls_is_always_verified),
        BENCH_TEST(test_connection_is_kept_and_reused),
        BENCH_TEST(test_request_on_a_dying_connection_is_sent_once_and_told),
        BENCH_TEST(test_connection_closed_while_idle_is_replaced),
        BENCH_TEST(test_proxy_is_used_only_when_asked_for),
        BENCH_TEST(test_proxy_that_refuses_the_tunnel_is_no_connection),
        BENCH_TEST(test_done_may_send_again),
        BENCH_TEST(test_a_refused_send_from_done_does_not_keep_the_turn),
        BENCH_TEST(test_many_at_once_all_end),
        BENCH_TEST(test_wake_ends_a_wait_without_end),
        BENCH_TEST(test_turn_waits_no_longer_than_asked),
        BENCH_TEST(test_free_drops_what_is_in_flight_without_done),
    };
    transport_global_init();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    transport_global_finish();
    return failed;
}
