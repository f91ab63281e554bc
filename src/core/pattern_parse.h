// SPDX-License-Identifier: GPL-3.0-or-later
//
// The grammar of XML Schema's regular expressions (1.0 part 2, appendix F) into a tree. For
// core/pattern.

#ifndef CORE_PATTERN_PARSE_H
#define CORE_PATTERN_PARSE_H

#include "base/err.h"
#include "core/pattern_class.h"

enum { PATTERN_UNBOUNDED = -1 };

struct pattern_node {
    enum {
        PATTERN_CHARACTER, // one of `class`
        PATTERN_SEQUENCE,
        PATTERN_CHOICE,
        PATTERN_REPEAT, // of its only child
    } kind;
    struct pattern_class class;
    int32_t min, max; // of PATTERN_REPEAT
    struct pattern_node **children;
    size_t count, capacity;
};

// ERR_INVALID with the place, ERR_TOO_LARGE when groups nest too deep.
bool pattern_parse(struct arena *arena, struct str text, struct pattern_node **ret,
                   struct err *err) MUST_CHECK;

// One character of UTF-8 off the front; false when there is none.
bool pattern_take(struct str *text, uint32_t *ret);

#endif
