// SPDX-License-Identifier: GPL-3.0-or-later
//
// The texts are sorted, and each knows the longest other that it begins with. At each place of the
// long text one binary search finds the last that is not behind what stands there; of all that
// begin there, that one, or what it begins with, is the longest, and knows the others.

#include "core/route_needle.h"

#include <stdint.h>

enum { NONE = UINT32_MAX };

struct needles {
    const struct needle *items; // sorted by bytes, a beginning before what it begins
    uint32_t *beginnings;       // of each item, the longest other that it begins with, or NONE
    uint32_t first[257];        // where those with a first byte begin, and those behind the last
    size_t count;
};

static int compare(struct str a, struct str b)
{
    int order = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_needles(const void *a, const void *b)
{
    return compare(((const struct needle *)a)->text, ((const struct needle *)b)->text);
}

// From `item` down its beginnings, the first that `text` begins with too.
static uint32_t longest_beginning(const struct needles *needles, uint32_t item, struct str text)
{
    while (item != NONE && !str_starts(text, needles->items[item].text))
        item = needles->beginnings[item];
    return item;
}

struct needles *needles_new(struct arena *arena, struct needle *items, size_t count)
{
    require(count < NONE);
    struct needles *needles = arena_alloc(arena, sizeof(*needles));
    if (count) // `items` may be NULL
        qsort(items, count, sizeof(*items), compare_needles);
    needles->items = items;
    needles->count = count;
    needles->beginnings = arena_alloc(arena, count * sizeof(*needles->beginnings));
    for (uint32_t i = 0; i < count; i++) {
        needles->beginnings[i] = NONE;
        if (i)
            needles->beginnings[i] = longest_beginning(needles, i - 1, items[i].text);
        needles->first[(unsigned char)items[i].text.data[0] + 1]++;
    }
    for (size_t i = 1; i < COUNT_OF(needles->first); i++)
        needles->first[i] += needles->first[i - 1];
    return needles;
}

// The last of those with its first byte that is not behind the text, or NONE.
static uint32_t find_last(const struct needles *needles, struct str text)
{
    unsigned char byte = (unsigned char)text.data[0];
    uint32_t low = needles->first[byte], start = low, high = needles->first[byte + 1];
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (compare(needles->items[middle].text, text) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low > start ? low - 1 : NONE;
}

void needles_find(const struct needles *needles, struct arena *scratch, struct str text,
                  void (*found)(void *context, void *what), void *context)
{
    bool *is_found = arena_alloc(scratch, needles->count * sizeof(*is_found));
    for (; text.len; text = (struct str){text.data + 1, text.len - 1}) {
        uint32_t item = longest_beginning(needles, find_last(needles, text), text);
        for (; item != NONE && !is_found[item]; item = needles->beginnings[item]) {
            is_found[item] = true;
            found(context, needles->items[item].what);
        }
    }
}
