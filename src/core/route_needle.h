// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which of many short texts stand anywhere in a long one. Knows bytes only.

#ifndef CORE_ROUTE_NEEDLE_H
#define CORE_ROUTE_NEEDLE_H

#include "base/mem.h"

struct needle {
    struct str text; // not empty
    void *what;      // the caller's
};

struct needles; // immutable, any thread

// Sorts the array, which must outlive it, as must the texts; no text may come twice. In the arena.
struct needles *needles_new(struct arena *arena, struct needle *needles, size_t count);

// Calls `found` once for each that stands in the text.
void needles_find(const struct needles *needles, struct arena *scratch, struct str text,
                  void (*found)(void *context, void *what), void *context);

#endif
