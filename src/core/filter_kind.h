// SPDX-License-Identifier: GPL-3.0-or-later
//
// One filter, between filter.c (the table and the chain) and the files that hold the filters;
// nobody else includes this.

#ifndef CORE_FILTER_KIND_H
#define CORE_FILTER_KIND_H

#include "core/filter.h"
#include "core/zone.h"

enum { FILTER_ARGUMENTS_MAX = 2 };

struct filter_argument {
    struct str text; // unescaped
    int64_t number;  // of a whole number
    size_t offset;   // in the text of the chain
};

struct filter {
    const struct filter_kind *kind;
    struct filter_argument arguments[FILTER_ARGUMENTS_MAX];
    size_t argument_count;
    const struct value_map *map; // of `map`
    const struct zone *zone;     // of `date`: NULL: so many minutes east of UTC
    int choice;                  // of a filter that takes one word of several
    int offset_minutes;
};

// A filter sees no missing value unless its kind says so. It returns what it makes, or NULL, with
// filter_refuse, when it cannot read the value.
typedef const struct json *filter_fn(const struct filter *filter, struct filter_run *run,
                                     const struct json *value);
// Looks at the arguments once; ret_argument is the one that is wrong.
typedef bool filter_prepare_fn(struct filter *filter, size_t *ret_argument, struct err *err);

struct filter_kind {
    const char *name;
    const char *arguments; // t: text, n: whole number
    size_t needed;         // so many of them; the others can be left out
    filter_fn *apply;
    filter_prepare_fn *prepare; // NULL: nothing to look at
    bool takes_missing;
};

// The value as text, in the run's arena when it is none.
struct str filter_text(struct filter_run *run, const struct json *value);
const struct json *filter_made(struct filter_run *run, struct str text);
const struct json *filter_refuse(struct filter_run *run, struct str text, const char *why);
// The choice whose word is the first argument; otherwise a sentence with the known ones.
bool filter_choose(struct filter *filter, const char *const *words, size_t count,
                   size_t *ret_argument, struct err *err) MUST_CHECK;

filter_fn filter_upper, filter_lower, filter_trim, filter_substring, filter_replace, filter_pad;
filter_fn filter_split, filter_join, filter_first, filter_last, filter_count, filter_json;
filter_fn filter_default;
filter_prepare_fn filter_prepare_replace, filter_prepare_pad, filter_prepare_split,
    filter_prepare_substring;

filter_fn filter_number, filter_bool, filter_phone;
filter_prepare_fn filter_prepare_number, filter_prepare_phone;

filter_fn filter_date, filter_duration;
filter_prepare_fn filter_prepare_date, filter_prepare_duration;

#endif
