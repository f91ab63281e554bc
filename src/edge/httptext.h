// SPDX-License-Identifier: GPL-3.0-or-later
//
// Small texts of HTTP, taken apart: the request target, credentials, the names a host goes by.
// Pure; knows no sockets and no paths. All input is hostile: what is malformed is refused, never
// guessed.

#ifndef EDGE_HTTPTEXT_H
#define EDGE_HTTPTEXT_H

#include "base/mem.h"

enum { HTTPTEXT_MAX_PARAMETERS = 32 };

struct httptext_parameter {
    const char *name, *value;
};

struct httptext_target {
    struct str path;     // decoded, starts with '/', ends with NUL
    struct str query;    // as sent, without '?'
    bool has_parameters; // false: the query is none of names and values as we take them
    struct httptext_parameter parameters[HTTPTEXT_MAX_PARAMETERS];
    size_t parameter_count;
};

// Takes apart the origin-form or absolute-form of a request target (RFC 9112 section 3.2). Broken
// percent-encoding, control characters, bytes that are no UTF-8: in the path they are refused; with
// one of them, or with too many parameters, a query has none.
bool httptext_target(struct arena *arena, const char *raw, struct httptext_target *ret) MUST_CHECK;

// Takes all parameters of that name, whatever their case, out of a query. *ret_value is the last
// one's, decoded, or "" when there is none or it cannot be; *ret_rest is the query without them.
void httptext_take_parameter(struct arena *arena, struct str query, struct str name,
                             struct str *ret_value, struct str *ret_rest);

// The text as UTF-8 that can be shown: what is no UTF-8, and control characters other than tab and
// line ends, become U+FFFD. Returns `text` itself when there is nothing to change.
struct str httptext_printable(struct arena *arena, struct str text);

// Credentials of an Authorization header's value; false when it is NULL or of another kind.
bool httptext_basic(struct arena *arena, const char *authorization, struct str *ret_user,
                    struct str *ret_password) MUST_CHECK;
bool httptext_bearer(const char *authorization, struct str *ret_token) MUST_CHECK;

// True when a Host header's value, with or without a port, is a name or an address of the loopback
// interface ("localhost", "127.0.0.1:8080", "[::1]").
bool httptext_is_loopback(const char *host);
// True when the Origin header's value names the same host and port as the Host header's.
bool httptext_is_same_origin(const char *origin, const char *host);

#endif
