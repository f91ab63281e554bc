// SPDX-License-Identifier: GPL-3.0-or-later
//
// One event loop around curl_multi_socket_action and epoll; the door to libcurl. Knows URLs and
// bytes, no services. What surprises: libcurl sends a request a second time, unasked, when a reused
// connection dies before an answer; the service may have done the first one, so start_request stops
// the second and the reply says honestly that the request was sent.

#include "edge/transport.h"

#include "base/clock.h"

#include <curl/curl.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    HEADERS_MAX_BYTES = 64 * 1024,
    KEPT_BUFFER_BYTES = 64 * 1024, // a longer reply's memory is not kept for the next one
    KEPT_TRANSFERS = 256,
    KEPT_CONNECTIONS = 1024,
    // Common servers (Node.js, Apache) close an idle connection after 5 s; one that is about to be
    // closed must not get a request, because nobody could tell whether it was taken.
    CONNECTION_IDLE_MAX_S = 4,
    EVENTS_PER_TURN = 128,
    PEER_BYTES = 64,
    PROBLEM_BYTES = 400,
    PLACE_BYTES = 280,
    MEDIA_TYPE_BYTES = 128,
};

struct transfer {
    struct transfer *next, *previous; // in one of the transport's lists
    CURL *easy;
    struct curl_slist *headers;
    const struct transport_request *request;
    struct arena *arena;
    transport_done_fn *done;
    void *context;
    struct buf reply_headers, reply_body;
    size_t header_bytes; // of all header blocks together, 1xx answers included
    bool is_started;     // the connection is up, the request about to be written
    bool is_resent;      // libcurl wanted to write it a second time
    bool is_reused;      // it is written to a connection that had carried another
    bool has_whole_head; // libcurl takes a head that breaks off for an answer
    bool is_reply_cut, is_header_flood;
    long bytes_before; // what CURLINFO_REQUEST_SIZE counted before the request: a proxy's CONNECT
    CURLcode refusal;  // why it could not even be given to libcurl
    char peer[PEER_BYTES];
    char curl_text[CURL_ERROR_SIZE];
};

struct transfer_list {
    struct transfer *first;
    size_t count;
};

struct transport {
    CURLM *multi;
    int epoll_fd, wake_fd;
    _Atomic bool is_woken; // the wake_fd was written and not yet read
    int64_t timer_at_us;   // when libcurl wants to be called; INT64_MAX: never
    struct transfer_list active, refused, idle;
};

// --- process ---

void transport_global_init(void)
{
    require(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
    // A connection that breaks while TLS writes must be an answer, not the end of the process.
    signal(SIGPIPE, SIG_IGN);
}

void transport_global_finish(void)
{
    curl_global_cleanup();
}

// --- transfers: an easy handle and its buffers, kept for reuse ---

static void list_add(struct transfer_list *list, struct transfer *transfer)
{
    transfer->previous = NULL;
    transfer->next = list->first;
    if (list->first)
        list->first->previous = transfer;
    list->first = transfer;
    list->count++;
}

static void list_remove(struct transfer_list *list, struct transfer *transfer)
{
    if (transfer->previous)
        transfer->previous->next = transfer->next;
    else
        list->first = transfer->next;
    if (transfer->next)
        transfer->next->previous = transfer->previous;
    list->count--;
}

static struct transfer *transfer_new(void)
{
    struct transfer *transfer = mem_alloc(sizeof(*transfer));
    transfer->easy = curl_easy_init();
    require(transfer->easy != NULL);
    return transfer;
}

static void transfer_free(struct transfer *transfer)
{
    curl_easy_cleanup(transfer->easy);
    curl_slist_free_all(transfer->headers);
    buf_finish(&transfer->reply_headers);
    buf_finish(&transfer->reply_body);
    free(transfer);
}

static void buffer_reset(struct buf *buf, size_t limit)
{
    if (buf->capacity > KEPT_BUFFER_BYTES)
        buf_finish(buf);
    buf_clear(buf);
    buf->limit = limit;
}

static struct transfer *take_transfer(struct transport *transport,
                                      const struct transport_request *request)
{
    struct transfer *kept = transport->idle.first;
    if (kept)
        list_remove(&transport->idle, kept);
    else
        kept = transfer_new();
    struct buf headers = kept->reply_headers, body = kept->reply_body;
    *kept = (struct transfer){.easy = kept->easy, .reply_headers = headers, .reply_body = body};
    buffer_reset(&kept->reply_headers, HEADERS_MAX_BYTES);
    buffer_reset(&kept->reply_body, request->max_reply_bytes);
    kept->request = request;
    return kept;
}

static void keep_transfer(struct transport *transport, struct transfer *transfer)
{
    curl_slist_free_all(transfer->headers);
    transfer->headers = NULL;
    if (transport->idle.count >= KEPT_TRANSFERS) {
        transfer_free(transfer);
        return;
    }
    curl_easy_reset(transfer->easy); // keeps its connections, they are the multi handle's
    list_add(&transport->idle, transfer);
}

// --- what libcurl calls during a transfer ---

static int start_request(void *context, char *peer_ip, char *own_ip, int peer_port, int own_port)
{
    struct transfer *transfer = context;
    (void)own_ip, (void)own_port;
    if (transfer->is_started) {
        transfer->is_resent = true;
        return CURL_PREREQFUNC_ABORT;
    }
    long connections = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &connections);
    transfer->is_started = true;
    transfer->is_reused = connections == 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE, &transfer->bytes_before);
    bool is_ipv6 = strchr(peer_ip, ':') != NULL;
    snprintf(transfer->peer, sizeof(transfer->peer), is_ipv6 ? "[%s]:%d" : "%s:%d", peer_ip,
             peer_port);
    return CURL_PREREQFUNC_OK;
}

static size_t take_header(char *data, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    struct str line = {data, size * count};
    transfer->header_bytes += line.len;
    if (transfer->header_bytes > HEADERS_MAX_BYTES) {
        transfer->is_header_flood = true;
        return 0;
    }
    if (str_starts(line, STR("HTTP/"))) { // after a 1xx answer the real one begins anew
        buf_clear(&transfer->reply_headers);
        transfer->has_whole_head = false;
    }
    line = str_trim(line);
    if (line.len == 0) {
        transfer->has_whole_head = true;
    } else {
        buf_add_str(&transfer->reply_headers, line);
        buf_add_char(&transfer->reply_headers, '\n');
    }
    return size * count;
}

static size_t take_body(char *data, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    size_t len = size * count;
    size_t room = transfer->reply_body.limit - transfer->reply_body.len;
    buf_add(&transfer->reply_body, data, len < room ? len : room);
    if (len <= room)
        return len;
    transfer->is_reply_cut = true; // what follows is not read
    return 0;
}

// --- making a request ---

// libcurl keeps the first failure; the setter is a macro because the option's type varies.
#define SET(option, value)                                                                         \
    do {                                                                                           \
        CURLcode code_ = curl_easy_setopt(easy, option, value);                                    \
        if (code_ != CURLE_OK && transfer->refusal == CURLE_OK)                                    \
            transfer->refusal = code_;                                                             \
    } while (0)

static void add_header(struct transfer *transfer, const char *line)
{
    struct curl_slist *list = curl_slist_append(transfer->headers, line);
    require(list != NULL);
    transfer->headers = list;
}

// "Name: value"; libcurl takes a line without a value as "leave this header out".
static void add_request_header(struct transfer *transfer, const char *line)
{
    if (strpbrk(line, "\r\n")) {
        transfer->refusal = CURLE_BAD_FUNCTION_ARGUMENT;
        return;
    }
    const char *colon = strchr(line, ':');
    if (!colon || str_trim(str_from(colon + 1)).len) {
        add_header(transfer, line);
        return;
    }
    char *empty = arena_printf(transfer->arena, "%.*s;", (int)(colon - line), line);
    add_header(transfer, empty);
}

static void set_headers(struct transfer *transfer)
{
    const struct transport_request *request = transfer->request;
    CURL *easy = transfer->easy;
    bool has_type = false;
    for (size_t i = 0; i < request->header_count; i++) {
        struct str line = str_from(request->headers[i]);
        struct str name = STR("Content-Type:");
        has_type |= line.len >= name.len && str_eq_nocase((struct str){line.data, name.len}, name);
        add_request_header(transfer, request->headers[i]);
    }
    if (!has_type)
        add_header(transfer, "Content-Type:"); // not the form type libcurl would say
    add_header(transfer, "Expect:");           // a round trip per request, and many services fail
    SET(CURLOPT_HTTPHEADER, transfer->headers);
    SET(CURLOPT_USERAGENT, "Switchhook/" SWITCHHOOK_VERSION);
}

static void set_method(struct transfer *transfer)
{
    const struct transport_request *request = transfer->request;
    CURL *easy = transfer->easy;
    bool takes_body = strcmp(request->method, "GET") != 0 && strcmp(request->method, "DELETE") != 0;
    if (strcmp(request->method, "HEAD") == 0) {
        SET(CURLOPT_NOBODY, 1L);
    } else if (request->body.len || takes_body) {
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
        SET(CURLOPT_POSTFIELDS, request->body.len ? request->body.data : "");
    }
    SET(CURLOPT_CUSTOMREQUEST, request->method);
}

static void set_security(struct transfer *transfer)
{
    const struct transport_request *request = transfer->request;
    CURL *easy = transfer->easy;
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (request->ca_file)
        SET(CURLOPT_CAINFO, request->ca_file);
    if (request->cert_file)
        SET(CURLOPT_SSLCERT, request->cert_file);
    if (request->key_file)
        SET(CURLOPT_SSLKEY, request->key_file);
    if (request->basic_user) {
        SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        SET(CURLOPT_USERNAME, request->basic_user);
        SET(CURLOPT_PASSWORD, request->basic_password ? request->basic_password : "");
    }
}

static long at_least_1(int64_t span_ms) // 0 would mean libcurl's own default, which is minutes
{
    return span_ms < 1 ? 1L : (long)span_ms;
}

static void set_way(struct transfer *transfer)
{
    const struct transport_request *request = transfer->request;
    CURL *easy = transfer->easy;
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    SET(CURLOPT_URL, request->url);
    SET(CURLOPT_PATH_AS_IS, 1L);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_PROXY, request->proxy ? request->proxy : ""); // "": none, environment included
    SET(CURLOPT_NOPROXY, "");
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_QUICK_EXIT, 1L); // else a lookup that hangs stops the whole loop when it times out
    SET(CURLOPT_CONNECTTIMEOUT_MS, at_least_1(request->connect_timeout_ms));
    SET(CURLOPT_TIMEOUT_MS, at_least_1(request->timeout_ms));
    SET(CURLOPT_TCP_NODELAY, 1L);
    SET(CURLOPT_TCP_KEEPALIVE, 1L);
    SET(CURLOPT_MAXAGE_CONN, (long)CONNECTION_IDLE_MAX_S);
}

static void set_callbacks(struct transfer *transfer)
{
    CURL *easy = transfer->easy;
    SET(CURLOPT_PRIVATE, transfer);
    SET(CURLOPT_ERRORBUFFER, transfer->curl_text);
    SET(CURLOPT_PREREQFUNCTION, start_request);
    SET(CURLOPT_PREREQDATA, transfer);
    SET(CURLOPT_HEADERFUNCTION, take_header);
    SET(CURLOPT_HEADERDATA, transfer);
    SET(CURLOPT_WRITEFUNCTION, take_body);
    SET(CURLOPT_WRITEDATA, transfer);
}

void transport_send(struct transport *transport, struct arena *arena,
                    const struct transport_request *request, transport_done_fn *done, void *context)
{
    struct transfer *transfer = take_transfer(transport, request);
    transfer->arena = arena;
    transfer->done = done;
    transfer->context = context;
    set_way(transfer);
    set_security(transfer);
    set_method(transfer);
    set_headers(transfer);
    set_callbacks(transfer);
    if (transfer->refusal == CURLE_OK &&
        curl_multi_add_handle(transport->multi, transfer->easy) != CURLM_OK)
        transfer->refusal = CURLE_FAILED_INIT;
    list_add(transfer->refusal == CURLE_OK ? &transport->active : &transport->refused, transfer);
}

// --- describing what went wrong ---

// "host:port" of the URL, never its user, path or query.
static void name_place(const char *url, char *ret, size_t size)
{
    CURLU *parts = curl_url();
    char *host = NULL, *port = NULL;
    require(parts != NULL);
    if (curl_url_set(parts, CURLUPART_URL, url, CURLU_GUESS_SCHEME) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK)
        snprintf(ret, size, "%s:%s", host, port);
    else
        snprintf(ret, size, "the service");
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(parts);
}

static const char *name_cause(const struct transfer *transfer, CURLcode code)
{
    long system_error = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &system_error);
    if (system_error &&
        (code == CURLE_COULDNT_CONNECT || code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR))
        return strerrordesc_np((int)system_error);
    // Of TLS trouble libcurl's own text is the only one that helps; other texts repeat the URL.
    bool is_tls = code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CONNECT_ERROR ||
                  code == CURLE_SSL_CERTPROBLEM || code == CURLE_SSL_CACERT_BADFILE;
    return is_tls && *transfer->curl_text ? transfer->curl_text : curl_easy_strerror(code);
}

static void write_unsent_problem(const struct transfer *transfer, CURLcode code, const char *place,
                                 char *ret)
{
    const char *way = transfer->request->proxy ? " through the proxy" : "";
    if (code == CURLE_LOGIN_DENIED)
        snprintf(ret, PROBLEM_BYTES, "the URL holds a user name, which is not allowed");
    else if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL)
        snprintf(ret, PROBLEM_BYTES, "the URL cannot be used: %s", curl_easy_strerror(code));
    else if (code == CURLE_BAD_FUNCTION_ARGUMENT)
        snprintf(ret, PROBLEM_BYTES, "a header or the URL of the request cannot be sent");
    else if (code == CURLE_OPERATION_TIMEDOUT)
        snprintf(ret, PROBLEM_BYTES, "no connection to %s%s in time", place, way);
    else
        snprintf(ret, PROBLEM_BYTES, "no connection to %s%s: %s", place, way,
                 name_cause(transfer, code));
}

static void write_sent_problem(const struct transfer *transfer, CURLcode code, const char *place,
                               char *ret)
{
    bool has_begun = transfer->header_bytes > 0;
    if (transfer->is_resent)
        snprintf(ret, PROBLEM_BYTES, "%s closed the connection before it answered", place);
    else if (transfer->is_header_flood)
        snprintf(ret, PROBLEM_BYTES, "the answer of %s has more than %d KB of headers", place,
                 HEADERS_MAX_BYTES / 1024);
    else if (code == CURLE_OPERATION_TIMEDOUT)
        snprintf(ret, PROBLEM_BYTES, "%s from %s within %lld ms",
                 has_begun ? "no complete answer" : "no answer", place,
                 (long long)transfer->request->timeout_ms);
    else if (code == CURLE_GOT_NOTHING)
        snprintf(ret, PROBLEM_BYTES, "%s closed the connection before it answered", place);
    else if (code == CURLE_PARTIAL_FILE || code == CURLE_OK)
        snprintf(ret, PROBLEM_BYTES, "the answer of %s broke off", place);
    else if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_WEIRD_SERVER_REPLY)
        snprintf(ret, PROBLEM_BYTES, "%s answered something that is not HTTP", place);
    else
        snprintf(ret, PROBLEM_BYTES, "the connection to %s was lost: %s", place,
                 name_cause(transfer, code));
}

static enum reach find_reach(const struct transfer *transfer, CURLcode code)
{
    if (transfer->is_reply_cut || (code == CURLE_OK && transfer->has_whole_head))
        return REACH_ANSWERED;
    if (!transfer->is_started) {
        bool is_ours = code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL ||
                       code == CURLE_LOGIN_DENIED || code == CURLE_BAD_FUNCTION_ARGUMENT;
        return is_ours ? REACH_NOT_ENCODED : REACH_NO_CONNECTION;
    }
    long written = 0;
    curl_off_t uploaded = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE, &written);
    curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_UPLOAD_T, &uploaded);
    return written > transfer->bytes_before || uploaded > 0 ? REACH_SENT : REACH_NOT_SENT;
}

// --- the reply ---

static int64_t get_time(CURL *easy, CURLINFO which)
{
    curl_off_t time_us = 0;
    curl_easy_getinfo(easy, which, &time_us);
    return time_us;
}

static void read_timings(CURL *easy, struct transport_timings *ret)
{
    *ret = (struct transport_timings){
        .resolved_us = get_time(easy, CURLINFO_NAMELOOKUP_TIME_T),
        .connected_us = get_time(easy, CURLINFO_CONNECT_TIME_T),
        .secured_us = get_time(easy, CURLINFO_APPCONNECT_TIME_T),
        .sent_us = get_time(easy, CURLINFO_PRETRANSFER_TIME_T),
        .first_byte_us = get_time(easy, CURLINFO_STARTTRANSFER_TIME_T),
        .total_us = get_time(easy, CURLINFO_TOTAL_TIME_T),
    };
}

// The value of the last header of that name ("name:"); empty when there is none.
static struct str find_header(struct str headers, struct str name)
{
    struct str found = STR("");
    while (headers.len) {
        const char *end = memchr(headers.data, '\n', headers.len);
        struct str line = {headers.data, end ? (size_t)(end - headers.data) : headers.len};
        if (line.len >= name.len && str_eq_nocase((struct str){line.data, name.len}, name))
            found = str_trim((struct str){line.data + name.len, line.len - name.len});
        size_t step = line.len + (end != NULL);
        headers = (struct str){headers.data + step, headers.len - step};
    }
    return found;
}

static int64_t parse_retry_after(struct str value)
{
    enum { DIGITS_MAX = 10 };
    char text[64];
    if (value.len == 0 || value.len >= sizeof(text))
        return -1;
    memcpy(text, value.data, value.len);
    text[value.len] = '\0';
    if (strspn(text, "0123456789") == value.len)
        return value.len > DIGITS_MAX ? -1 : strtoll(text, NULL, 10) * 1000;
    time_t moment = curl_getdate(text, NULL);
    if (moment < 0)
        return -1;
    int64_t wait = (int64_t)moment * 1000 - clock_now_ms();
    return wait > 0 ? wait : 0;
}

// Without parameters: "text/xml; charset=utf-8" is "text/xml".
static const char *copy_media_type(struct arena *arena, struct str value)
{
    const char *end = memchr(value.data, ';', value.len);
    if (end)
        value.len = (size_t)(end - value.data);
    value = str_trim(value);
    return value.len > MEDIA_TYPE_BYTES ? "" : arena_copy(arena, value).data;
}

static void describe_problem(const struct transfer *transfer, CURLcode code,
                             struct transport_reply *reply)
{
    char place[PLACE_BYTES], problem[PROBLEM_BYTES];
    name_place(transfer->request->url, place, sizeof(place));
    if (transfer->is_started)
        write_sent_problem(transfer, code, place, problem);
    else
        write_unsent_problem(transfer, code, place, problem);
    reply->problem = arena_strdup(transfer->arena, problem);
}

static void make_reply(const struct transfer *transfer, CURLcode code, struct transport_reply *ret)
{
    struct arena *arena = transfer->arena;
    long status = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    *ret = (struct transport_reply){
        .reach = find_reach(transfer, code),
        .headers = arena_copy(arena, buf_str(&transfer->reply_headers)),
        .body = arena_copy(arena, buf_str(&transfer->reply_body)),
        .is_cut = transfer->is_reply_cut,
        .problem = "",
        .peer = arena_strdup(arena, transfer->peer),
        .is_reused = transfer->is_reused,
    };
    ret->media_type = copy_media_type(arena, find_header(ret->headers, STR("Content-Type:")));
    ret->retry_after_ms = parse_retry_after(find_header(ret->headers, STR("Retry-After:")));
    read_timings(transfer->easy, &ret->timings);
    if (ret->reach == REACH_ANSWERED)
        ret->http_status = (int)status;
    else
        describe_problem(transfer, code, ret);
}

static void finish_transfer(struct transport *transport, struct transfer *transfer, CURLcode code)
{
    struct transport_reply *reply = arena_alloc(transfer->arena, sizeof(*reply));
    make_reply(transfer, code, reply);
    transport_done_fn *done = transfer->done;
    void *context = transfer->context;
    keep_transfer(transport, transfer); // before done, which may send again or free the arena
    done(context, reply);
}

// --- the loop ---

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *is_watched)
{
    struct transport *transport = context;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(transport->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
        curl_multi_assign(transport->multi, fd, NULL);
        return 0;
    }
    struct epoll_event event = {.data.fd = fd};
    if (what & CURL_POLL_IN)
        event.events |= EPOLLIN;
    if (what & CURL_POLL_OUT)
        event.events |= EPOLLOUT;
    int likely = is_watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    int other = is_watched ? EPOLL_CTL_ADD : EPOLL_CTL_MOD; // a number closed and given out again
    if (epoll_ctl(transport->epoll_fd, likely, fd, &event) != 0 &&
        epoll_ctl(transport->epoll_fd, other, fd, &event) != 0)
        return -1; // the transfer fails
    curl_multi_assign(transport->multi, fd, transport);
    return 0;
}

static int set_timer(CURLM *multi, long wait_ms, void *context)
{
    struct transport *transport = context;
    (void)multi;
    transport->timer_at_us = wait_ms < 0 ? INT64_MAX : clock_steady_us() + wait_ms * 1000;
    return 0;
}

struct transport *transport_new(void)
{
    struct transport *transport = mem_alloc(sizeof(*transport));
    transport->multi = curl_multi_init();
    transport->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    transport->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    transport->timer_at_us = INT64_MAX;
    require(transport->multi && transport->epoll_fd >= 0 && transport->wake_fd >= 0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = transport->wake_fd};
    require(epoll_ctl(transport->epoll_fd, EPOLL_CTL_ADD, transport->wake_fd, &event) == 0);
    curl_multi_setopt(transport->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(transport->multi, CURLMOPT_SOCKETDATA, transport);
    curl_multi_setopt(transport->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(transport->multi, CURLMOPT_TIMERDATA, transport);
    curl_multi_setopt(transport->multi, CURLMOPT_MAXCONNECTS, (long)KEPT_CONNECTIONS);
    return transport;
}

static void free_list(struct transport *transport, struct transfer_list *list)
{
    while (list->first) {
        struct transfer *transfer = list->first;
        list_remove(list, transfer);
        curl_multi_remove_handle(transport->multi, transfer->easy);
        transfer_free(transfer);
    }
}

void transport_free(struct transport *transport)
{
    if (!transport)
        return;
    free_list(transport, &transport->active);
    free_list(transport, &transport->refused);
    free_list(transport, &transport->idle);
    curl_multi_cleanup(transport->multi);
    close(transport->epoll_fd);
    close(transport->wake_fd);
    free(transport);
}

void transport_wake(struct transport *transport)
{
    if (!atomic_exchange(&transport->is_woken, true))
        require(eventfd_write(transport->wake_fd, 1) == 0);
}

size_t transport_in_flight(const struct transport *transport)
{
    return transport->active.count + transport->refused.count;
}

static int choose_timeout(const struct transport *transport, int64_t wait_for_ms)
{
    enum { LONGEST_MS = 3600 * 1000 };
    if (transport->refused.first)
        return 0;
    int64_t wait = wait_for_ms < 0 || wait_for_ms > LONGEST_MS ? LONGEST_MS : wait_for_ms;
    if (transport->timer_at_us != INT64_MAX) {
        int64_t left_us = transport->timer_at_us - clock_steady_us();
        int64_t left_ms = left_us > 0 ? (left_us + 999) / 1000 : 0;
        wait = left_ms < wait ? left_ms : wait;
    }
    return (int)wait;
}

static void handle_event(struct transport *transport, const struct epoll_event *event)
{
    if (event->data.fd == transport->wake_fd) {
        eventfd_t count;
        eventfd_read(transport->wake_fd, &count);
        // After the read: whoever wakes from here on writes again. Whoever came before has left
        // its message where the caller looks after this turn.
        atomic_store(&transport->is_woken, false);
        return;
    }
    int what = (event->events & EPOLLIN ? CURL_CSELECT_IN : 0) |
               (event->events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
               (event->events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
    int running;
    curl_multi_socket_action(transport->multi, event->data.fd, what, &running);
}

static void handle_timer(struct transport *transport)
{
    if (transport->timer_at_us > clock_steady_us())
        return;
    int running;
    transport->timer_at_us = INT64_MAX; // libcurl sets it again while it runs
    curl_multi_socket_action(transport->multi, CURL_SOCKET_TIMEOUT, 0, &running);
}

static void finish_done(struct transport *transport)
{
    struct transfer_list refused = transport->refused;
    transport->refused = (struct transfer_list){0}; // done may send more, which is the next turn's
    while (refused.first) {
        struct transfer *transfer = refused.first;
        list_remove(&refused, transfer);
        finish_transfer(transport, transfer, transfer->refusal);
    }
    int left;
    for (CURLMsg *message; (message = curl_multi_info_read(transport->multi, &left));) {
        if (message->msg != CURLMSG_DONE)
            continue;
        struct transfer *transfer = NULL;
        CURLcode code = message->data.result; // the message is gone with the handle
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        list_remove(&transport->active, transfer);
        curl_multi_remove_handle(transport->multi, transfer->easy);
        finish_transfer(transport, transfer, code);
    }
}

void transport_turn(struct transport *transport, int64_t wait_for_ms)
{
    struct epoll_event events[EVENTS_PER_TURN];
    int count = epoll_wait(transport->epoll_fd, events, EVENTS_PER_TURN,
                           choose_timeout(transport, wait_for_ms));
    require(count >= 0 || errno == EINTR);
    for (int i = 0; i < count; i++)
        handle_event(transport, &events[i]);
    handle_timer(transport);
    finish_done(transport);
}
