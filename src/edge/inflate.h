// SPDX-License-Identifier: GPL-3.0-or-later
//
// Undoes the content coding of a body (RFC 9110 section 8.4.1): gzip and deflate. Whatever a body
// says of its size, no more than the limit is ever made of it. Door to zlib. Any thread.

#ifndef EDGE_INFLATE_H
#define EDGE_INFLATE_H

#include "base/err.h"

// `coding` is a Content-Encoding header's value. "identity" gives the body itself; else the decoded
// body is in the arena. ERR_NOT_FOUND: another coding, or several; ERR_INVALID: the body is not
// what it says; ERR_TOO_LARGE: it would pass max_bytes.
bool inflate_body(struct arena *arena, struct str coding, struct str body, size_t max_bytes,
                  struct str *ret, struct err *err) MUST_CHECK;

#endif
