// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which values the maps of the configuration did not hold since the start, so that an operator sees
// what to add. Knows maps and counts, not events or services. Memory is bounded: of each map so
// many values, each cut; the others are counted together.

#ifndef EDGE_UNMAPPED_H
#define EDGE_UNMAPPED_H

#include "core/filter.h"

struct unmapped; // any thread

// The maps must outlive it.
struct unmapped *unmapped_new(const struct filter_maps *maps);
void unmapped_free(struct unmapped *unmapped);

// A filter_unmapped_fn; the context is a struct unmapped.
void unmapped_note(void *unmapped, const struct value_map *map, struct str value);

// Takes over what `from` has counted of maps of the same name, but for values they hold now.
void unmapped_inherit(struct unmapped *unmapped, struct unmapped *from);

struct unmapped_value {
    struct str value; // its first 200 bytes
    int64_t count;
    int64_t last_at; // Unix ms
};

struct unmapped_view {
    const struct unmapped_value *values; // the most frequent first; in the arena
    size_t count;
    int64_t others; // of values that found no room
};
void unmapped_view(struct unmapped *unmapped, size_t map, struct arena *arena,
                   struct unmapped_view *ret);

#endif
