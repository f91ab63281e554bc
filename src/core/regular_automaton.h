// SPDX-License-Identifier: GPL-3.0-or-later
//
// The sets of a pattern as one nondeterministic automaton (Thompson's), over an alphabet in which
// characters that no pattern tells apart are one letter. For core/regular.

#ifndef CORE_REGULAR_AUTOMATON_H
#define CORE_REGULAR_AUTOMATON_H

#include "core/regular.h"
#include "core/regular_class.h"

struct regular_state {
    enum { STATE_CHARACTER, STATE_SPLIT, STATE_ACCEPT } kind;
    uint32_t class;       // of STATE_CHARACTER: index of pattern.classes
    uint32_t next, other; // of STATE_SPLIT both
    uint32_t set;         // which set it belongs to
};

enum { LETTER_FACES = 16 };

struct regular_letter {
    uint32_t faces[LETTER_FACES]; // characters it can be written as, the plainest first
    size_t face_count;
};

struct regular {
    struct regular_state *states;
    size_t state_count;
    uint32_t *starts; // one for each set
    size_t set_count;
    const struct regular_class *classes;
    size_t class_count;
    const struct regular_letter *letters; // in the order in which they are tried
    size_t letter_count;
    const bool *has; // [class * letter_count + letter]
};

#endif
