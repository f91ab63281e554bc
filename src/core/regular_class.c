// SPDX-License-Identifier: GPL-3.0-or-later
//
// Sets as sorted ranges. Everything is within the characters that XML 1.0 allows, so that an
// inverted set holds nothing that no document can.

#include "core/regular_class.h"

enum { LAST_CHARACTER = 0x10ffff };

static const struct regular_range forbidden[] = {
    {0x0, 0x8}, {0xb, 0xc}, {0xe, 0x1f}, {0xd800, 0xdfff}, {0xfffe, 0xffff},
};

bool regular_class_is_xml(uint32_t character)
{
    for (size_t i = 0; i < COUNT_OF(forbidden); i++) {
        if (character >= forbidden[i].first && character <= forbidden[i].last)
            return false;
    }
    return character <= LAST_CHARACTER;
}

void regular_class_add(struct arena *arena, struct regular_class *class, uint32_t first,
                       uint32_t last)
{
    if (class->count == class->capacity) {
        size_t capacity = class->capacity ? class->capacity * 2 : 4;
        struct regular_range *ranges = arena_alloc(arena, capacity * sizeof(*ranges));
        if (class->count)
            memcpy(ranges, class->ranges, class->count * sizeof(*ranges));
        class->ranges = ranges;
        class->capacity = capacity;
    }
    class->ranges[class->count++] = (struct regular_range){first, last};
}

void regular_class_add_all(struct arena *arena, struct regular_class *class,
                           const struct regular_class *other)
{
    for (size_t i = 0; i < other->count; i++)
        regular_class_add(arena, class, other->ranges[i].first, other->ranges[i].last);
}

static int compare_ranges(const void *a, const void *b)
{
    const struct regular_range *left = a, *right = b;
    return left->first < right->first ? -1 : left->first > right->first;
}

void regular_class_tidy(struct regular_class *class)
{
    if (!class->count)
        return;
    qsort(class->ranges, class->count, sizeof(*class->ranges), compare_ranges);
    size_t kept = 0;
    for (size_t i = 1; i < class->count; i++) {
        struct regular_range *last = &class->ranges[kept];
        const struct regular_range *range = &class->ranges[i];
        if (range->first > last->last + 1)
            class->ranges[++kept] = *range;
        else if (range->last > last->last)
            last->last = range->last;
    }
    class->count = kept + 1;
}

struct regular_class regular_class_invert(struct arena *arena, const struct regular_class *class)
{
    struct regular_class outside = {0}, result = {0};
    regular_class_add_all(arena, &outside, class);
    for (size_t i = 0; i < COUNT_OF(forbidden); i++)
        regular_class_add(arena, &outside, forbidden[i].first, forbidden[i].last);
    regular_class_tidy(&outside);
    uint32_t next = 0;
    for (size_t i = 0; i < outside.count; i++) {
        if (outside.ranges[i].first > next)
            regular_class_add(arena, &result, next, outside.ranges[i].first - 1);
        next = outside.ranges[i].last + 1;
    }
    if (next <= LAST_CHARACTER)
        regular_class_add(arena, &result, next, LAST_CHARACTER);
    return result;
}

bool regular_class_has(const struct regular_class *class, uint32_t character)
{
    size_t low = 0, high = class->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (class->ranges[middle].last < character)
            low = middle + 1;
        else
            high = middle;
    }
    return low < class->count && class->ranges[low].first <= character;
}

bool regular_class_equals(const struct regular_class *a, const struct regular_class *b)
{
    return a->count == b->count &&
           (!a->count || memcmp(a->ranges, b->ranges, a->count * sizeof(*a->ranges)) == 0);
}

// --- names ---

static bool add_block(struct arena *arena, struct regular_class *class, struct str name)
{
    for (size_t i = 0; i < regular_block_count; i++) {
        const struct regular_block *block = &regular_blocks[i];
        if (str_eq(name, str_from(block->name))) {
            regular_class_add(arena, class, block->first, block->last);
            return true;
        }
    }
    return false;
}

bool regular_class_add_property(struct arena *arena, struct regular_class *class, struct str name)
{
    if (name.len > 2 && str_starts(name, STR("Is")))
        return add_block(arena, class, (struct str){name.data + 2, name.len - 2});
    bool is_known = false;
    for (size_t i = 0; name.len && name.len <= 2 && i < regular_category_count; i++) {
        const struct regular_category *run = &regular_categories[i];
        if (memcmp(run->letters, name.data, name.len) != 0)
            continue;
        is_known = true;
        bool is_last = i + 1 == regular_category_count;
        regular_class_add(arena, class, run->first,
                          is_last ? LAST_CHARACTER : regular_categories[i + 1].first - 1);
    }
    return is_known;
}

static void add_properties(struct arena *arena, struct regular_class *class, const char *names)
{
    for (; *names; names += strcspn(names, " ") + (strchr(names, ' ') ? 1 : 0))
        regular_class_add_property(arena, class, (struct str){names, strcspn(names, " ")});
}

// \i and \c by XML 1.0's letters and digits; the rare characters in which its editions differ are
// those of the categories here.
static bool add_lower_escape(struct arena *arena, struct regular_class *class, char letter)
{
    switch (letter) {
    case 's':
        regular_class_add(arena, class, '\t', '\n');
        regular_class_add(arena, class, '\r', '\r');
        regular_class_add(arena, class, ' ', ' ');
        return true;
    case 'd':
        add_properties(arena, class, "Nd");
        return true;
    case 'c':
        add_properties(arena, class, "Nd Mc Me Mn Lm");
        regular_class_add(arena, class, '-', '.');
        regular_class_add(arena, class, 0xb7, 0xb7);
        // fall through
    case 'i':
        add_properties(arena, class, "Ll Lu Lo Lt Nl");
        regular_class_add(arena, class, '_', '_');
        regular_class_add(arena, class, ':', ':');
        return true;
    case 'w': {
        struct regular_class others = {0};
        add_properties(arena, &others, "P Z C");
        regular_class_tidy(&others);
        struct regular_class words = regular_class_invert(arena, &others);
        regular_class_add_all(arena, class, &words);
        return true;
    }
    default:
        return false;
    }
}

bool regular_class_add_escape(struct arena *arena, struct regular_class *class, char letter)
{
    if (letter < 'A' || letter > 'Z')
        return add_lower_escape(arena, class, letter);
    struct regular_class positive = {0};
    if (!add_lower_escape(arena, &positive, (char)(letter - 'A' + 'a')))
        return false;
    regular_class_tidy(&positive);
    struct regular_class negative = regular_class_invert(arena, &positive);
    regular_class_add_all(arena, class, &negative);
    return true;
}
