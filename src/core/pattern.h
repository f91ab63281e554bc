// SPDX-License-Identifier: GPL-3.0-or-later
//
// Words that regular expressions of XML Schema accept (1.0 part 2, appendix F): the sets of
// patterns of a type become one automaton, in which the shortest words are searched, letters first.
// The same input gives the same words. Knows no types and no documents.

#ifndef CORE_PATTERN_H
#define CORE_PATTERN_H

#include "base/err.h"

struct pattern; // compiled sets; immutable, in its arena

// A word has to match one of each set, as a whole.
struct pattern_set {
    const char *const *any_of;
    size_t count;
};

// ERR_INVALID with the place of a mistake; ERR_TOO_LARGE when the repeats add up to too much.
bool pattern_compile(struct arena *arena, const struct pattern_set *sets, size_t count,
                     const struct pattern **ret, struct err *err) MUST_CHECK;

// `word` is UTF-8.
bool pattern_matches(const struct pattern *pattern, struct str word);

struct pattern_wish {
    size_t min_length, max_length; // in characters
    // Asked for each word, shortest first, until it takes one; NULL takes the first.
    bool (*accept)(void *context, struct str word);
    void *context;
};

// A word in the arena. False: there is none, or none was found within the bounds of the search
// (some milliseconds).
bool pattern_find(const struct pattern *pattern, struct arena *arena,
                  const struct pattern_wish *wish, struct str *ret) MUST_CHECK;

#endif
