// SPDX-License-Identifier: GPL-3.0-or-later
//
// Sets of characters, as XML Schema's regular expressions name them (part 2, appendix F.1): ranges,
// Unicode's categories and blocks. For the files of core/regular; the tables are made by
// gen/unicode.py.

#ifndef CORE_REGULAR_CLASS_H
#define CORE_REGULAR_CLASS_H

#include "base/mem.h"

#include <stdint.h>

struct regular_range {
    uint32_t first, last;
};

struct regular_class {
    struct regular_range *ranges; // in order and apart once tidied
    size_t count, capacity;
};

void regular_class_add(struct arena *arena, struct regular_class *class, uint32_t first,
                       uint32_t last);
void regular_class_add_all(struct arena *arena, struct regular_class *class,
                           const struct regular_class *other);
// What \p{name} means: "Lu", "L" or "IsGreek". False: there is no such name.
bool regular_class_add_property(struct arena *arena, struct regular_class *class, struct str name);
// What \letter means, of s i c d w and their capitals. False: another letter.
bool regular_class_add_escape(struct arena *arena, struct regular_class *class, char letter);
void regular_class_tidy(struct regular_class *class);
bool regular_class_is_xml(uint32_t character); // XML 1.0 allows it
// All characters of XML that are not in a tidy class; itself tidy.
struct regular_class regular_class_invert(struct arena *arena, const struct regular_class *class);
bool regular_class_has(const struct regular_class *class, uint32_t character);           // tidy
bool regular_class_equals(const struct regular_class *a, const struct regular_class *b); // tidy

struct regular_category {
    uint32_t first;  // up to the next one's
    char letters[3]; // "Lu"
};
extern const struct regular_category regular_categories[];
extern const size_t regular_category_count;

struct regular_block {
    const char *name;
    uint32_t first, last;
};
extern const struct regular_block regular_blocks[];
extern const size_t regular_block_count;

#endif
