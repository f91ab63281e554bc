// SPDX-License-Identifier: GPL-3.0-or-later
//
// Look-up by an open hash table that is at most half full. The keys are the operator's, so only a
// value that is looked up can be hostile, and it cannot lengthen the search.

#include "core/value_map.h"
#include "core/letters.h"

#include <stdint.h>

static size_t hash(struct str text) // FNV-1a
{
    uint64_t sum = 14695981039346656037U;
    for (size_t i = 0; i < text.len; i++)
        sum = (sum ^ (unsigned char)text.data[i]) * 1099511628211U;
    return (size_t)(sum ^ sum >> 32);
}

// The slot that holds the text, or the free one where it would stand.
static size_t find_slot(const struct value_map *map, struct str from)
{
    size_t at = hash(from) & (map->slot_count - 1);
    while (map->slots[at] && !str_eq(map->entries[map->slots[at] - 1].from, from))
        at = (at + 1) & (map->slot_count - 1);
    return at;
}

size_t value_map_index(struct arena *arena, struct value_map *map, struct value_map_entry *entries,
                       size_t count)
{
    size_t slot_count = 2;
    while (slot_count < 2 * count)
        slot_count *= 2;
    size_t *slots = arena_alloc(arena, slot_count * sizeof(*slots));
    map->entries = entries;
    map->count = count;
    map->slots = slots;
    map->slot_count = slot_count;
    for (size_t i = 0; i < count; i++) {
        if (map->ignore_case)
            entries[i].from = letters_lower(arena, entries[i].from);
        size_t at = find_slot(map, entries[i].from);
        if (slots[at])
            return i;
        slots[at] = i + 1;
    }
    return count;
}

const struct str *value_map_find(const struct value_map *map, struct arena *arena, struct str value)
{
    size_t at = find_slot(map, map->ignore_case ? letters_lower(arena, value) : value);
    return map->slots[at] ? &map->entries[map->slots[at] - 1].to : NULL;
}
