// SPDX-License-Identifier: GPL-3.0-or-later
//
// multipart/related (RFC 2387) taken apart and put together: bytes to parts and back. Knows
// boundaries and the headers of a part; not what the parts are for.

#ifndef EDGE_MULTIPART_H
#define EDGE_MULTIPART_H

#include "base/err.h"

struct multipart_part {
    struct str id;         // Content-ID without its brackets; empty when there is none
    struct str media_type; // as written, with parameters; empty when there is none
    struct str content;    // with its transfer encoding undone
};

// XML begins with "<" and JSON with "{"; what begins with a boundary is parts.
bool multipart_is(struct str body);
// The boundary is the first line's. Parts borrow from the body or live in the arena. ERR_INVALID
// when it is no multipart, ERR_TOO_LARGE beyond 1000 parts.
bool multipart_read(struct arena *arena, struct str body, struct multipart_part **ret,
                    size_t *ret_count, struct err *err) MUST_CHECK;
// Random enough that no content has it.
const char *multipart_boundary(struct arena *arena);
// "[cid:ID: 12 bytes of TYPE]", for people.
const char *multipart_words(struct arena *arena, const struct multipart_part *part);
// `boundary` must occur in no content.
struct str multipart_write(struct arena *arena, const char *boundary,
                           const struct multipart_part *parts, size_t count);

#endif
