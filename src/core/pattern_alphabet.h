// SPDX-License-Identifier: GPL-3.0-or-later
//
// The letters of a pattern's automaton; see pattern_automaton.h.

#ifndef CORE_PATTERN_ALPHABET_H
#define CORE_PATTERN_ALPHABET_H

#include "core/pattern_automaton.h"

// Fills letters and has from classes. Very many classes: some characters are in no letter, so that
// words with them are not found.
void pattern_alphabet(struct arena *arena, struct pattern *pattern);

#endif
