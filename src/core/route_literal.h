// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a text must contain for an expression to match it, so that a thousand expressions can be
// told apart by looking for plain text.

#ifndef CORE_ROUTE_LITERAL_H
#define CORE_ROUTE_LITERAL_H

#include "base/mem.h"

// A text that matches contains one of these, when its letters of ASCII are made small as theirs
// are.
struct literal_group {
    struct str *texts; // none is empty
    size_t count;
};

struct literals {
    struct literal_group *groups; // each holds by itself
    size_t count;                 // 0: nothing is known
};

// `expression` is one that PCRE2 compiles without options. Where it is in doubt what an expression
// means nothing is known of it. In the arena.
struct literals literals_of(struct arena *arena, struct str expression);

#endif
