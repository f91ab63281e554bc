// SPDX-License-Identifier: GPL-3.0-or-later
//
// The HTTP server. libmicrohttpd parses; this file owns time and life. A request that a handler
// answers later suspends its connection; whoever answers first, the handler's thread or another,
// is settled by one atomic exchange. libmicrohttpd's own time-out sees inactivity only, so
// edge/watch holds every connection to a deadline and cuts the ones that dribble.

#include "edge/server.h"

#include "core/json.h"
#include "edge/httptext.h"
#include "edge/watch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    LISTEN_BACKLOG = 1024,
    HEADER_MAX_BYTES = 32 * 1024,        // of request line and header together
    DISCARD_MAX_BYTES = 8 * 1024 * 1024, // of a body that was refused, before the connection ends
    DISCARD_FOR_MS = 10 * 1000,
    LEAVE_FOR_MS = 60 * 1000, // a client may take this long to read an answer
    DRAIN_FOR_MS = 5 * 1000,  // server_free waits this long for answers to leave
    PROBLEM_MAX_BYTES = 64 * 1024,
};

struct server {
    struct server_options options;
    struct MHD_Daemon *daemon;
    int listen_fd, port;
    atomic_bool is_quiet; // takes no new connections

    struct watch *watch;
};

enum reply_state {
    REPLY_OPEN,    // the handler has not returned
    REPLY_AWAITED, // the connection is suspended
    REPLY_READY,
};

struct server_request {
    struct server *server;
    struct watch_connection *connection;
    struct MHD_Connection *mhd;
    struct arena *arena;
    const char *raw_target, *method, *peer;
    bool has_target;
    struct httptext_target target;
    struct buf body;
    bool is_refused; // answered before its end; the rest of the body is thrown away
    size_t discarded_bytes;

    void (*end)(void *context); // NULL: nobody wants to know
    void *end_context;

    _Atomic enum reply_state reply_state;
    int status;
    struct MHD_Response *response;
};

// --- a request's life on libmicrohttpd's threads ---

// libmicrohttpd's thread: a socket was accepted, or is about to be closed.
static void on_connection(void *context, struct MHD_Connection *mhd, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct server *server = context;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        watch_remove(server->watch, *socket_context);
        return;
    }
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    // Answers are written in one piece; waiting for more of them only delays.
    setsockopt(info->connect_fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    *socket_context =
        watch_add(server->watch, info->connect_fd, server->options.request_timeout_ms);
}

// The request line has been read; what is returned comes back as *request_context below.
static void *on_request_line(void *context, const char *raw_target, struct MHD_Connection *mhd)
{
    struct server *server = context;
    struct arena *arena = arena_new();
    struct server_request *request = arena_alloc(arena, sizeof(*request));
    request->server = server;
    request->connection =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    request->mhd = mhd;
    request->arena = arena;
    request->raw_target = arena_strdup(arena, raw_target);
    buf_init(&request->body, server->options.max_body_bytes);
    watch_move(request->connection, WATCH_IDLE, WATCH_ARRIVING, server->options.request_timeout_ms);
    return request;
}

static void on_completed(void *context, struct MHD_Connection *mhd, void **request_context,
                         enum MHD_RequestTerminationCode code)
{
    (void)mhd;
    (void)code;
    struct server *server = context;
    struct server_request *request = *request_context;
    if (!request)
        return;
    *request_context = NULL;
    struct watch_connection *connection = request->connection;
    if (request->response)
        MHD_destroy_response(request->response);
    buf_finish(&request->body);
    if (request->end)
        request->end(request->end_context);
    arena_free(request->arena);

    int64_t idle_for_ms = server->options.request_timeout_ms;
    if (!watch_move(connection, WATCH_LEAVING, WATCH_IDLE, idle_for_ms))
        watch_move(connection, WATCH_ARRIVING, WATCH_IDLE, idle_for_ms);
}

static enum MHD_Result send_answer(struct server_request *request)
{
    if (!watch_move(request->connection, WATCH_WORKING, WATCH_LEAVING, LEAVE_FOR_MS))
        return MHD_NO;
    return MHD_queue_response(request->mhd, (unsigned)request->status, request->response);
}

// An answer of the server itself, before the handler is asked.
static enum MHD_Result refuse(struct server_request *request, const struct server_problem *problem)
{
    if (!watch_move(request->connection, WATCH_ARRIVING, WATCH_WORKING, -1))
        return MHD_NO;
    server_reply_problem(request, problem);
    return send_answer(request);
}

static const char *peer_name(struct arena *arena, struct MHD_Connection *mhd)
{
    const struct sockaddr *address =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
    char name[INET6_ADDRSTRLEN] = "";
    if (address->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, name,
                  sizeof(name));
    else
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, name,
                  sizeof(name));
    bool is_mapped = strncmp(name, "::ffff:", 7) == 0 && strchr(name, '.');
    return arena_strdup(arena, is_mapped ? name + 7 : name);
}

static bool has_announced_too_much(const struct server_request *request)
{
    const char *length = server_header(request, "Content-Length");
    return length && strtoull(length, NULL, 10) > request->server->options.max_body_bytes;
}

static const struct server_problem too_large = {
    .status = 413,
    .type = "content-too-large",
    .title = "Content Too Large",
    .detail = "The request's body is longer than this server takes",
};

static enum MHD_Result refuse_body(struct server_request *request)
{
    request->is_refused = true;
    watch_refuse(request->connection, too_large.status, too_large.type, too_large.title,
                 DISCARD_FOR_MS);
    return MHD_YES;
}

static enum MHD_Result take_header(struct server_request *request, const char *method)
{
    request->method = method;
    request->peer = peer_name(request->arena, request->mhd);
    request->has_target = httptext_target(request->arena, request->raw_target, &request->target);
    if (!has_announced_too_much(request))
        return MHD_YES;
    // A client that waits for "100 Continue" sends no body that would have to be thrown away.
    return server_header(request, "Expect") ? refuse(request, &too_large) : refuse_body(request);
}

static enum MHD_Result take_body(struct server_request *request, const char *data, size_t len)
{
    if (request->is_refused) {
        request->discarded_bytes += len;
        return request->discarded_bytes > DISCARD_MAX_BYTES ? MHD_NO : MHD_YES;
    }
    buf_add(&request->body, data, len);
    return request->body.overflowed ? refuse_body(request) : MHD_YES;
}

static enum MHD_Result call_handler(struct server_request *request)
{
    if (request->is_refused)
        return MHD_NO; // the last of a body that nobody wants: the connection ends
    if (!request->has_target)
        return refuse(request,
                      &(struct server_problem){.status = 400,
                                               .type = "bad-target",
                                               .title = "Bad Request",
                                               .detail = "The request's path is not valid"});
    if (!watch_move(request->connection, WATCH_ARRIVING, WATCH_WORKING, -1))
        return MHD_NO; // cut in this moment: the client has its answer, and the event stays out

    const struct server_options *options = &request->server->options;
    options->handler(options->context, request);
    if (atomic_load(&request->reply_state) == REPLY_READY)
        return send_answer(request);
    // Suspend first, then tell: whoever answers after that may resume at any moment.
    MHD_suspend_connection(request->mhd);
    enum reply_state expected = REPLY_OPEN;
    if (!atomic_compare_exchange_strong(&request->reply_state, &expected, REPLY_AWAITED))
        MHD_resume_connection(request->mhd);
    return MHD_YES;
}

// Called for the header, for each piece of the body, for its end, and again after a resume.
static enum MHD_Result on_request(void *context, struct MHD_Connection *mhd, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *data_len, void **request_context)
{
    (void)context, (void)mhd, (void)url, (void)version;
    struct server_request *request = *request_context;
    if (!request->method)
        return take_header(request, method);
    if (*data_len) {
        size_t len = *data_len;
        *data_len = 0;
        return take_body(request, data, len);
    }
    if (atomic_load(&request->reply_state) == REPLY_READY)
        return send_answer(request);
    return call_handler(request);
}

// --- start and stop ---

static bool listen_on(struct server *server, const struct addrinfo *address, struct err *err)
{
    const struct server_options *options = &server->options;
    AUTO_CLOSE int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return err_set(err, ERR_IO, "cannot make a socket: %s", strerror(errno));
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (address->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){0}, sizeof(int));
    if (bind(fd, address->ai_addr, address->ai_addrlen) < 0 || listen(fd, LISTEN_BACKLOG) < 0)
        return err_set(err, errno == EADDRINUSE ? ERR_CONFLICT : ERR_IO,
                       "cannot listen on %s:%d: %s", options->host, options->port,
                       errno == EADDRINUSE ? "the address is in use" : strerror(errno));
    struct sockaddr_storage bound = {0};
    socklen_t len = sizeof(bound);
    getsockname(fd, (struct sockaddr *)&bound, &len);
    server->port =
        ntohs(bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)(void *)&bound)->sin6_port
                                          : ((struct sockaddr_in *)(void *)&bound)->sin_port);
    server->listen_fd = fd;
    fd = -1;
    return true;
}

static bool open_listener(struct server *server, struct err *err)
{
    char host[256], port[8];
    const char *given = server->options.host;
    bool has_brackets = given[0] == '[' && given[strlen(given) - 1] == ']';
    snprintf(host, sizeof(host), "%.*s", (int)(strlen(given) - (has_brackets ? 2 : 0)),
             given + (has_brackets ? 1 : 0));
    snprintf(port, sizeof(port), "%d", server->options.port);
    struct addrinfo *addresses = NULL;
    const struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
                                   .ai_socktype = SOCK_STREAM};
    int failed = getaddrinfo(host, port, &hints, &addresses);
    if (failed)
        return err_set(err, ERR_INVALID, "cannot listen on %s: %s", given, gai_strerror(failed));
    bool done = listen_on(server, addresses, err);
    freeaddrinfo(addresses);
    return done;
}

// Turning newcomers away here is how the server goes quiet: taking the listener from running
// threads (MHD_quiesce_daemon) races with them and can abort the process.
static enum MHD_Result may_connect(void *context, const struct sockaddr *address, socklen_t len)
{
    const struct server *server = context;
    (void)address, (void)len;
    return atomic_load(&server->is_quiet) ? MHD_NO : MHD_YES;
}

static bool start_daemon(struct server *server, struct err *err)
{
    const struct server_options *options = &server->options;
    // Whole seconds, and above the watch's own deadline, which knows more.
    unsigned idle_s = (unsigned)(options->request_timeout_ms / 1000 + LEAVE_FOR_MS / 1000);
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, may_connect, server,
        on_request, server, MHD_OPTION_LISTEN_SOCKET, server->listen_fd,
        MHD_OPTION_THREAD_POOL_SIZE, (unsigned)options->threads, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)options->max_connections, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)HEADER_MAX_BYTES, MHD_OPTION_CONNECTION_TIMEOUT, idle_s,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK, on_request_line, server,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, server, MHD_OPTION_END);
    return server->daemon ||
           err_set(err, ERR_IO, "cannot start the HTTP server: %s", strerror(errno));
}

static int64_t watch_step_ms(int64_t timeout_ms)
{
    int64_t step_ms = timeout_ms / 8;
    return step_ms < 10 ? 10 : step_ms > 1000 ? 1000 : step_ms;
}

bool server_start(const struct server_options *options, struct server **ret, struct err *err)
{
    struct server *server = mem_alloc(sizeof(*server));
    server->options = *options;
    server->listen_fd = -1;
    server->watch = watch_start(watch_step_ms(options->request_timeout_ms));
    if (!open_listener(server, err) || !start_daemon(server, err)) {
        mem_cleanup_close(&server->listen_fd);
        watch_free(server->watch);
        free(server);
        return false;
    }
    *ret = server;
    return true;
}

int server_port(const struct server *server)
{
    return server->port;
}

void server_quiesce(struct server *server)
{
    atomic_store(&server->is_quiet, true);
}

void server_free(struct server *server)
{
    if (!server)
        return;
    server_quiesce(server);
    watch_drain(server->watch, DRAIN_FOR_MS);
    MHD_stop_daemon(server->daemon); // closes the listener too
    watch_free(server->watch);
    free(server);
}

// --- what a handler sees ---

struct arena *server_arena(struct server_request *request)
{
    return request->arena;
}

const char *server_method(const struct server_request *request)
{
    return request->method;
}

struct str server_path(const struct server_request *request)
{
    return request->target.path;
}

struct str server_body(const struct server_request *request)
{
    return buf_str(&request->body);
}

const char *server_header(const struct server_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->mhd, MHD_HEADER_KIND, name);
}

const char *server_query(const struct server_request *request, const char *name)
{
    for (size_t i = 0; i < request->target.parameter_count; i++) {
        if (strcmp(request->target.parameters[i].name, name) == 0)
            return request->target.parameters[i].value;
    }
    return NULL;
}

struct str server_raw_query(const struct server_request *request)
{
    return request->target.query;
}

bool server_has_parameters(const struct server_request *request)
{
    return request->target.has_parameters;
}

const char *server_peer(const struct server_request *request)
{
    return request->peer;
}

bool server_basic(const struct server_request *request, struct str *ret_user,
                  struct str *ret_password)
{
    return httptext_basic(request->arena, server_header(request, "Authorization"), ret_user,
                          ret_password);
}

void server_at_end(struct server_request *request, void (*end)(void *context), void *context)
{
    request->end = end;
    request->end_context = context;
}

// --- answers ---

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
    // libmicrohttpd refuses line ends in a value, so no header can be smuggled in; ours have none.
    if (value)
        require(MHD_add_response_header(response, name, value) == MHD_YES);
}

// A body that ends too early.
struct half {
    size_t len; // of what is sent
    char data[];
};

static ssize_t read_half(void *context, uint64_t at, char *to, size_t max)
{
    const struct half *half = context;
    if (at >= half->len)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t len = half->len - at < max ? half->len - at : max;
    memcpy(to, half->data + at, len);
    return (ssize_t)len;
}

static struct MHD_Response *make_half(struct str body)
{
    struct half *half = mem_alloc(sizeof(*half) + body.len / 2);
    half->len = body.len / 2;
    memcpy(half->data, body.data, half->len);
    return MHD_create_response_from_callback(body.len + 2, 4096, read_half, half, free);
}

static struct MHD_Response *make_response(const struct server_response *from, bool is_last)
{
    // The library copies; it does not write to the buffer it is given.
    struct MHD_Response *response =
        from->is_cut
            ? make_half(from->body)
            : MHD_create_response_from_buffer(from->body.len, (void *)(uintptr_t)from->body.data,
                                              MHD_RESPMEM_MUST_COPY);
    require(response != NULL);
    add_header(response, "Content-Type", from->media_type);
    add_header(response, "Cache-Control", "no-store");
    add_header(response, "X-Content-Type-Options", "nosniff");
    if (from->media_type && strncmp(from->media_type, "text/html", 9) == 0) {
        add_header(response, "Content-Security-Policy",
                   "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
                   "frame-ancestors 'none'");
        // Not "no-referrer": with that, browsers send "Origin: null" with our own forms.
        add_header(response, "Referrer-Policy", "same-origin");
    }
    add_header(response, "Location", from->location);
    add_header(response, "Allow", from->allow);
    add_header(response, "WWW-Authenticate", from->challenge);
    add_header(response, "Accept-Encoding", from->accept_encoding);
    add_header(response, "Validation-Token", from->validation_token);
    if (from->retry_after_s > 0) {
        char seconds[16];
        snprintf(seconds, sizeof(seconds), "%d", from->retry_after_s);
        add_header(response, "Retry-After", seconds);
    }
    if (is_last)
        add_header(response, "Connection", "close");
    return response;
}

void server_reply(struct server_request *request, const struct server_response *response)
{
    request->response = make_response(response, atomic_load(&request->server->is_quiet));
    request->status = response->status;
    struct MHD_Connection *mhd = request->mhd;
    enum reply_state before = atomic_exchange(&request->reply_state, REPLY_READY);
    require(before != REPLY_READY);
    // Unless it was awaited, the request belongs to the server's thread again and may be gone.
    if (before == REPLY_AWAITED)
        MHD_resume_connection(mhd);
}

struct json *server_problem_tree(struct arena *arena, const struct server_problem *problem)
{
    struct json *tree = json_object(arena);
    json_set(arena, tree, STR("type"),
             json_text(arena, arena_printf(arena, "urn:switchhook:problem:%s", problem->type)));
    json_set(arena, tree, STR("title"), json_text(arena, problem->title));
    json_set(arena, tree, STR("status"), json_integer(arena, problem->status));
    if (problem->detail)
        json_set(arena, tree, STR("detail"), json_text(arena, problem->detail));
    if (problem->error_count) {
        struct json *errors = json_array(arena);
        for (size_t i = 0; i < problem->error_count; i++) {
            struct json *item = json_object(arena);
            json_set(arena, item, STR("pointer"), json_text(arena, problem->errors[i].pointer));
            json_set(arena, item, STR("detail"), json_text(arena, problem->errors[i].detail));
            json_append(arena, errors, item);
        }
        json_set(arena, tree, STR("errors"), errors);
    }
    return tree;
}

void server_reply_problem(struct server_request *request, const struct server_problem *problem)
{
    AUTO_BUF struct buf text;
    buf_init(&text, PROBLEM_MAX_BYTES);
    json_write(&text, server_problem_tree(request->arena, problem), JSON_COMPACT);
    server_reply(request, &(struct server_response){
                              .status = problem->status,
                              .media_type = "application/problem+json",
                              .body = buf_str(&text),
                              .retry_after_s = problem->retry_after_s,
                              .allow = problem->allow,
                              .challenge = problem->challenge,
                              .accept_encoding = problem->accept_encoding,
                          });
}
