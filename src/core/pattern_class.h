// SPDX-License-Identifier: GPL-3.0-or-later
//
// Sets of characters, as XML Schema's regular expressions name them (part 2, appendix F.1): ranges,
// Unicode's categories and blocks. For the files of core/pattern; the tables are made by
// gen/unicode.py.

#ifndef CORE_PATTERN_CLASS_H
#define CORE_PATTERN_CLASS_H

#include "base/mem.h"

#include <stdint.h>

struct pattern_range {
    uint32_t first, last;
};

struct pattern_class {
    struct pattern_range *ranges; // in order and apart once tidied
    size_t count, capacity;
};

void pattern_class_add(struct arena *arena, struct pattern_class *class, uint32_t first,
                       uint32_t last);
void pattern_class_add_all(struct arena *arena, struct pattern_class *class,
                           const struct pattern_class *other);
// What \p{name} means: "Lu", "L" or "IsGreek". False: there is no such name.
bool pattern_class_add_property(struct arena *arena, struct pattern_class *class, struct str name);
// What \letter means, of s i c d w and their capitals. False: another letter.
bool pattern_class_add_escape(struct arena *arena, struct pattern_class *class, char letter);
void pattern_class_tidy(struct pattern_class *class);
bool pattern_class_is_xml(uint32_t character); // XML 1.0 allows it
// All characters of XML that are not in a tidy class; itself tidy.
struct pattern_class pattern_class_invert(struct arena *arena, const struct pattern_class *class);
bool pattern_class_has(const struct pattern_class *class, uint32_t character);           // tidy
bool pattern_class_equals(const struct pattern_class *a, const struct pattern_class *b); // tidy

struct pattern_category {
    uint32_t first;  // up to the next one's
    char letters[3]; // "Lu"
};
extern const struct pattern_category pattern_categories[];
extern const size_t pattern_category_count;

struct pattern_block {
    const char *name;
    uint32_t first, last;
};
extern const struct pattern_block pattern_blocks[];
extern const size_t pattern_block_count;

#endif
