// SPDX-License-Identifier: GPL-3.0-or-later
//
// The letters of a pattern's automaton; see regular_automaton.h.

#ifndef CORE_REGULAR_ALPHABET_H
#define CORE_REGULAR_ALPHABET_H

#include "core/regular_automaton.h"

// Fills letters and has from classes. Very many classes: some characters are in no letter, so that
// words with them are not found.
void regular_alphabet(struct arena *arena, struct regular *pattern);

#endif
