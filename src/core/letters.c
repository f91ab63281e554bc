// SPDX-License-Identifier: GPL-3.0-or-later
//
// Case by ranges of Unicode's tables. What surprises: a letter whose counterpart is two letters
// (U+00DF) or has another length in UTF-8 than two bytes stays as it is, so a text keeps its
// length.

#include "core/letters.h"

#include <stdint.h>

struct range { // of lower-case letters
    uint32_t first, last;
    uint32_t step;  // 2: upper and lower case take turns
    uint32_t above; // how far the upper case lies below
};

static const struct range ranges[] = {
    {'a', 'z', 1, 32},       {0x00e0, 0x00f6, 1, 32}, {0x00f8, 0x00fe, 1, 32},
    {0x0101, 0x012f, 2, 1},  {0x0133, 0x0137, 2, 1},  {0x013a, 0x0148, 2, 1},
    {0x014b, 0x0177, 2, 1},  {0x017a, 0x017e, 2, 1},  {0x03ac, 0x03ac, 1, 38},
    {0x03ad, 0x03af, 1, 37}, {0x03b1, 0x03c1, 1, 32}, {0x03c3, 0x03cb, 1, 32},
    {0x03cc, 0x03cc, 1, 64}, {0x03cd, 0x03ce, 1, 63}, {0x0430, 0x044f, 1, 32},
    {0x0450, 0x045f, 1, 80}, {0x0461, 0x0481, 2, 1},  {0x048b, 0x04bf, 2, 1},
    {0x0219, 0x021b, 2, 1},
};

static bool is_in(const struct range *range, uint32_t lower)
{
    return lower >= range->first && lower <= range->last &&
           (lower - range->first) % range->step == 0;
}

static uint32_t to_upper(uint32_t letter)
{
    for (size_t i = 0; i < COUNT_OF(ranges); i++) {
        if (is_in(&ranges[i], letter))
            return letter - ranges[i].above;
    }
    return letter;
}

static uint32_t to_lower(uint32_t letter)
{
    for (size_t i = 0; i < COUNT_OF(ranges); i++) {
        if (is_in(&ranges[i], letter + ranges[i].above))
            return letter + ranges[i].above;
    }
    return letter;
}

// Letters with a counterpart have one or two bytes, and so does the counterpart.
static struct str convert(struct arena *arena, struct str text, uint32_t (*letter)(uint32_t))
{
    struct str copy = arena_copy(arena, text);
    unsigned char *at = (unsigned char *)copy.data;
    for (size_t i = 0; i < copy.len; i++) {
        if (at[i] < 0x80) {
            at[i] = (unsigned char)letter(at[i]);
        } else if (at[i] >= 0xc0 && at[i] < 0xe0 && i + 1 < copy.len) {
            uint32_t point = letter((uint32_t)(at[i] & 0x1f) << 6 | (at[i + 1] & 0x3f));
            at[i] = (unsigned char)(0xc0 | point >> 6);
            at[++i] = (unsigned char)(0x80 | (point & 0x3f));
        }
    }
    return copy;
}

struct str letters_upper(struct arena *arena, struct str text)
{
    return convert(arena, text, to_upper);
}

struct str letters_lower(struct arena *arena, struct str text)
{
    return convert(arena, text, to_lower);
}

static bool is_start(char c)
{
    return (c & 0xc0) != 0x80;
}

size_t letters_count(struct str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += is_start(text.data[i]);
    return count;
}

size_t letters_bytes(struct str text, size_t count)
{
    size_t at = 0;
    for (; at < text.len; at++) {
        if (is_start(text.data[at]) && count-- == 0)
            break;
    }
    return at;
}
