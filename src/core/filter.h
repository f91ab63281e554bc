// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a tag does to its value before it is escaped: {{call_start | date "%Y-%m-%d" "UTC" | omit}}.
// A chain is compiled once and applied by any number of threads. Knows values and maps, not
// templates or target languages.
//
// A value is missing when it is absent, null, "" or []. Filters leave a missing value alone, except
// for `default` and `count`. A value that a filter cannot read ("soon" as a date) is missing from
// there on, with a reason; unless a default or a policy follows, the reason rejects the delivery.

#ifndef CORE_FILTER_H
#define CORE_FILTER_H

#include "core/json.h"
#include "core/value_map.h"

enum missing_policy {
    MISSING_UNSAID,
    MISSING_EMPTY,
    MISSING_OMIT,
    MISSING_NIL,
    MISSING_REJECT,
};

struct filter_chain; // lives in the arena it was compiled into, and is finished before that

struct filter_maps {
    const struct value_map *items;
    size_t count;
};

// Compiles what follows the first `|` of a tag. A policy may end it: `omit`, `empty`, `nil` or
// `reject`. On failure ret_offset is the place in `text`.
bool filter_compile(struct arena *arena, struct str text, const struct filter_maps *maps,
                    const struct filter_chain **ret, enum missing_policy *ret_policy,
                    size_t *ret_offset, struct err *err) MUST_CHECK;

void filter_finish(const struct filter_chain *chain); // NULL is fine

// Told of each value that a map does not hold.
typedef void filter_unmapped_fn(void *context, const struct value_map *map, struct str value);

struct filter_run {
    struct arena *arena;          // results live here or are borrowed from the value
    size_t max_bytes;             // of a text that a filter makes
    filter_unmapped_fn *unmapped; // NULL: nobody is told
    void *unmapped_context;
    struct err why; // ERR_NONE unless the result is missing because a filter could not read it
};

// False only when a text passes max_bytes (ERR_TOO_LARGE).
bool filter_apply(const struct filter_chain *chain, struct filter_run *run,
                  const struct json *value, const struct json **ret, struct err *err) MUST_CHECK;

bool filter_is_missing(const struct json *value);

#endif
