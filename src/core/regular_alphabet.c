// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which characters no class tells apart, and which of them a person would write: letters, digits,
// what else a keyboard has, and blanks last.

#include "core/regular_alphabet.h"

enum { MAX_LETTERS = 2000 };

// Each row is a kind; a letter is written with characters of one kind where it can be.
static const char *const plain[] = {
    "abcdefghijklmnop", "ABCDEFGHIJKLMNOP", "1234567890", "qrstuvwxyz",
    "QRSTUVWXYZ",       "-_./:@#",          "+*=,;()!?",  "$%&'\"<>[]{}|\\^`~",
};

struct split {
    struct arena *arena;
    const struct regular_class *classes;
    size_t class_count;
    unsigned char *words; // one signature of `bytes` bytes for each letter
    size_t bytes;
    struct regular_letter *letters;
    size_t count;
};

static void signature_of(const struct split *split, uint32_t c, unsigned char *ret)
{
    memset(ret, 0, split->bytes);
    for (size_t i = 0; i < split->class_count; i++) {
        if (regular_class_has(&split->classes[i], c))
            ret[i / 8] |= (unsigned char)(1 << i % 8);
    }
}

// A character that no class has is in no letter, and a letter keeps to the kind that it began with.
static void add_face(struct split *split, uint32_t c, size_t first_of_kind)
{
    unsigned char *signature = split->words + split->count * split->bytes;
    signature_of(split, c, signature);
    size_t at = 0;
    while (at < split->count &&
           memcmp(split->words + at * split->bytes, signature, split->bytes) != 0)
        at++;
    bool is_new = at == split->count;
    bool is_in_none = true;
    for (size_t i = 0; i < split->bytes; i++)
        is_in_none &= signature[i] == 0;
    if (is_in_none || (is_new && split->count == MAX_LETTERS))
        return;
    split->count += is_new;
    struct regular_letter *letter = &split->letters[at];
    if (at >= first_of_kind && letter->face_count < LETTER_FACES)
        letter->faces[letter->face_count++] = c;
}

static void add_boundaries(struct split *split, struct regular_class *firsts)
{
    for (size_t i = 0; i < split->class_count; i++) {
        for (size_t j = 0; j < split->classes[i].count; j++) {
            const struct regular_range *range = &split->classes[i].ranges[j];
            regular_class_add(split->arena, firsts, range->first, range->first);
            regular_class_add(split->arena, firsts, range->last + 1, range->last + 1);
        }
    }
    regular_class_tidy(firsts);
}

void regular_alphabet(struct arena *arena, struct regular *pattern)
{
    struct split split = {
        .arena = arena,
        .classes = pattern->classes,
        .class_count = pattern->class_count,
        .bytes = pattern->class_count / 8 + 1,
    };
    split.words = arena_alloc(arena, (MAX_LETTERS + 1) * split.bytes);
    split.letters = arena_alloc(arena, (MAX_LETTERS + 1) * sizeof(*split.letters));
    for (size_t i = 0; i < COUNT_OF(plain); i++) {
        size_t first_of_kind = split.count;
        for (const char *c = plain[i]; *c; c++)
            add_face(&split, (unsigned char)*c, first_of_kind);
    }
    // Between two boundaries all characters are alike. Tidied, neighbours are one range.
    struct regular_class firsts = {0};
    add_boundaries(&split, &firsts);
    for (size_t i = 0; i < firsts.count; i++) {
        for (uint32_t c = firsts.ranges[i].first; c <= firsts.ranges[i].last; c++) {
            if (c > ' ' && regular_class_is_xml(c))
                add_face(&split, c, split.count);
        }
    }
    for (const char *c = " \t\n\r"; *c; c++)
        add_face(&split, (unsigned char)*c, split.count);

    bool *has = arena_alloc(arena, (pattern->class_count * split.count + 1) * sizeof(*has));
    for (size_t i = 0; i < pattern->class_count; i++) {
        for (size_t j = 0; j < split.count; j++)
            has[i * split.count + j] =
                regular_class_has(&pattern->classes[i], split.letters[j].faces[0]);
    }
    pattern->letters = split.letters;
    pattern->letter_count = split.count;
    pattern->has = has;
}
