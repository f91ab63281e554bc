// SPDX-License-Identifier: GPL-3.0-or-later
//
// Words that regular expressions of XML Schema accept (1.0 part 2, appendix F): the sets of
// patterns of a type become one automaton, in which the shortest words are searched, letters first.
// The same input gives the same words. Knows no types and no documents.

#ifndef CORE_REGULAR_H
#define CORE_REGULAR_H

#include "base/err.h"

struct regular; // compiled sets; immutable, in its arena

// A word has to match one of each set, as a whole.
struct regular_set {
    const char *const *any_of;
    size_t count;
};

// ERR_INVALID with the place of a mistake; ERR_TOO_LARGE when the repeats add up to too much.
bool regular_compile(struct arena *arena, const struct regular_set *sets, size_t count,
                     const struct regular **ret, struct err *err) MUST_CHECK;

// `word` is UTF-8.
bool regular_matches(const struct regular *pattern, struct str word);

struct regular_wish {
    size_t min_length, max_length; // in characters
    // Asked for each word, shortest first, until it takes one; NULL takes the first.
    bool (*accept)(void *context, struct str word);
    void *context;
};

// A word in the arena. False: there is none, or none was found within the bounds of the search
// (some milliseconds).
bool regular_find(const struct regular *pattern, struct arena *arena,
                  const struct regular_wish *wish, struct str *ret) MUST_CHECK;

#endif
