// SPDX-License-Identifier: GPL-3.0-or-later
//
// Bytes to a URL, bytes back: TLS, proxies, pooling, time-outs, size limits, timings and how far a
// request got. Knows no events, no XML, no retries. An event loop of one thread; only
// transport_wake may be called from others. Door to libcurl.

#ifndef EDGE_TRANSPORT_H
#define EDGE_TRANSPORT_H

#include "core/outcome.h"

struct transport;

struct transport_request {
    const char *method;
    const char *url; // http or https, nothing else is followed; redirects are not followed
    const char *const *headers; // "Name: value"
    size_t header_count;
    struct str body;
    const char *basic_user; // NULL: none
    const char *basic_password;
    const char *ca_file, *cert_file, *key_file, *proxy; // NULL: default, none, none, none
    int64_t connect_timeout_ms, timeout_ms;
    size_t max_reply_bytes;
};

// Microseconds since the start, 0: did not happen. `sent` is when the request began to be written.
struct transport_timings {
    int64_t resolved_us, connected_us, secured_us, sent_us, first_byte_us, total_us;
};

struct transport_reply {
    enum reach reach;
    int http_status;        // when reach is REACH_ANSWERED
    struct str headers;     // as received, lines ended by \n
    const char *media_type; // of Content-Type, "" when none
    int64_t retry_after_ms; // from Retry-After in either form (RFC 9110 section 10.2.3); -1: none
    struct str body;        // at most max_reply_bytes
    bool is_cut;            // the body was longer
    const char *problem;    // one sentence when there is no whole answer; "" otherwise
    struct transport_timings timings;
    const char *peer; // address and port; "" when never connected
    bool is_reused;   // the connection was
};

// Called on the loop's thread once per send, never from within transport_send itself. The reply
// lives in the arena given to transport_send.
typedef void transport_done_fn(void *context, const struct transport_reply *reply);

// Once per process, before any thread and after all. From then on SIGPIPE is ignored.
void transport_global_init(void);
void transport_global_finish(void);

struct transport *transport_new(void);
// Drops what is in flight without calling done.
void transport_free(struct transport *transport);

// Starts a request. It cannot fail: whatever goes wrong is in the reply. `request` and all it
// points to must live until done. It is written at most once: one that was sent on a kept
// connection that then died is REACH_SENT, not tried again.
void transport_send(struct transport *transport, struct arena *arena,
                    const struct transport_request *request, transport_done_fn *done,
                    void *context);
// Waits at most wait_for_ms (-1: without end) for the network or a wake, and calls what is done.
void transport_turn(struct transport *transport, int64_t wait_for_ms);
void transport_wake(struct transport *transport);
size_t transport_in_flight(const struct transport *transport);

// --- URLs, http and https only; a fragment is left out ---

// What `reference` means in a document at `base`, without user and password.
bool transport_url_join(struct arena *arena, const char *base, const char *reference,
                        const char **ret, struct err *err) MUST_CHECK;
// Takes user and password out (NULL: none); the origin is "http://host:port", without a slash. The
// sentence of a failure does not hold the URL.
bool transport_url_split(struct arena *arena, const char *url, const char **ret_plain,
                         const char **ret_origin, const char **ret_user, const char **ret_password,
                         struct err *err) MUST_CHECK;

#endif
