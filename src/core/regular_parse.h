// SPDX-License-Identifier: GPL-3.0-or-later
//
// The grammar of XML Schema's regular expressions (1.0 part 2, appendix F) into a tree. For
// core/regular.

#ifndef CORE_REGULAR_PARSE_H
#define CORE_REGULAR_PARSE_H

#include "base/err.h"
#include "core/regular_class.h"

enum { REGULAR_UNBOUNDED = -1 };

struct regular_node {
    enum {
        REGULAR_CHARACTER, // one of `class`
        REGULAR_SEQUENCE,
        REGULAR_CHOICE,
        REGULAR_REPEAT, // of its only child
    } kind;
    struct regular_class class;
    int32_t min, max; // of REGULAR_REPEAT
    struct regular_node **children;
    size_t count, capacity;
};

// ERR_INVALID with the place, ERR_TOO_LARGE when groups nest too deep.
bool regular_parse(struct arena *arena, struct str text, struct regular_node **ret,
                   struct err *err) MUST_CHECK;

// One character of UTF-8 off the front; false when there is none.
bool regular_take(struct str *text, uint32_t *ret);

#endif
