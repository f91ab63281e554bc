// SPDX-License-Identifier: GPL-3.0-or-later
//
// Listening, limits, time-outs; turns a connection into one request value with its whole body and
// calls one handler. Knows HTTP, not what any path means. Door to libmicrohttpd.
//
// A handler runs on one of the server's threads and must answer each request exactly once with
// server_reply, at once or later from any thread. The request and its arena are gone after that.

#ifndef EDGE_SERVER_H
#define EDGE_SERVER_H

#include "base/err.h"

#include <stdint.h>

struct server;
struct server_request;

typedef void server_handler_fn(void *context, struct server_request *request);

struct server_options {
    const char *host; // until server_start returns
    int port;         // 0: the system chooses
    int threads;
    size_t max_body_bytes; // more is answered 413 (RFC 9110)
    int max_connections;
    int64_t request_timeout_ms; // header and body must have arrived by then
    server_handler_fn *handler;
    void *context;
};

// ERR_CONFLICT when the address is in use.
bool server_start(const struct server_options *options, struct server **ret,
                  struct err *err) MUST_CHECK;
int server_port(const struct server *server);
// Takes no new connections; those there are go on until server_free.
void server_quiesce(struct server *server);
// Waits for the server's threads. Every request must have been answered.
void server_free(struct server *server);

// All borrowed until server_reply.
struct arena *server_arena(struct server_request *request);
const char *server_method(const struct server_request *request);
struct str server_path(const struct server_request *request); // percent-decoded, no query
struct str server_body(const struct server_request *request);
const char *server_header(const struct server_request *request, const char *name); // or NULL
const char *server_query(const struct server_request *request, const char *name);  // or NULL
struct str server_raw_query(const struct server_request *request); // as sent, without '?'
// False when the query cannot be taken apart; then server_query finds nothing.
bool server_has_parameters(const struct server_request *request);
const char *server_peer(const struct server_request *request); // address without port
// Credentials of HTTP Basic authentication; false when there are none.
bool server_basic(const struct server_request *request, struct str *ret_user,
                  struct str *ret_password);

// Called once, with the context, when nothing of the request is used any more: for what the handler
// borrows until the answer. On one of the server's threads.
void server_at_end(struct server_request *request, void (*end)(void *context), void *context);

struct server_response {
    int status;
    const char *media_type;
    struct str body;              // copied
    const char *location;         // NULL: none
    int retry_after_s;            // 0: none
    const char *allow;            // for 405; NULL: none
    const char *challenge;        // WWW-Authenticate, for 401; NULL: none
    const char *accept_encoding;  // for 415; NULL: none
    const char *validation_token; // Validation-Token, visible ASCII; NULL: none
    bool is_cut; // the connection ends half-way through the body: for tests of clients
};

void server_reply(struct server_request *request, const struct server_response *response);

// RFC 9457 problem details. `type` is a word that becomes "urn:switchhook:problem:WORD".
struct server_problem {
    int status;
    const char *type;
    const char *title;
    const char *detail; // one sentence
    const struct server_problem_item {
        const char *pointer, *detail;
    } * errors; // RFC 6901 pointers into the body
    size_t error_count;
    int retry_after_s;
    const char *allow, *challenge, *accept_encoding;
};
struct json;
// The problem as it is written, to be put into a larger answer.
struct json *server_problem_tree(struct arena *arena, const struct server_problem *problem);
void server_reply_problem(struct server_request *request, const struct server_problem *problem);

#endif
