// SPDX-License-Identifier: GPL-3.0-or-later
//
// A table from the values a platform sends to those a service takes, with a policy for values it
// does not hold. Knows texts, not where they come from. Immutable once made, any thread.

#ifndef CORE_VALUE_MAP_H
#define CORE_VALUE_MAP_H

#include "base/mem.h"

enum unmapped_policy {
    UNMAPPED_PASS,    // stays as it is
    UNMAPPED_REJECT,  // counts as missing; without a policy for that the delivery is rejected
    UNMAPPED_DEFAULT, // becomes `other`
};

struct value_map {
    const char *name;
    enum unmapped_policy policy;
    struct str other; // for UNMAPPED_DEFAULT
    bool ignore_case;
    const struct value_map_entry {
        struct str from, to; // `from` in lower case when the map ignores case
    } * entries;
    size_t count;
    const size_t *slots; // hash table of indexes, plus one; 0: free
    size_t slot_count;   // a power of two
};

// Builds the table over map->entries, whose `from` it may replace by lower case. Of two entries
// that are alike the index of the second is returned, otherwise map->count.
size_t value_map_index(struct arena *arena, struct value_map *map, struct value_map_entry *entries,
                       size_t count);

// NULL: the map does not hold the value. The arena is for the time of the call.
const struct str *value_map_find(const struct value_map *map, struct arena *arena,
                                 struct str value);

#endif
