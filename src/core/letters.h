// SPDX-License-Identifier: GPL-3.0-or-later
//
// Characters of UTF-8 texts: how many, where, and in upper or lower case. Knows the letters that
// have a counterpart of their own in Latin, Greek and Cyrillic; no language and no locale, so the
// same text gives the same answer on every machine.

#ifndef CORE_LETTERS_H
#define CORE_LETTERS_H

#include "base/mem.h"

// The text must be valid UTF-8. Results live in the arena.
struct str letters_upper(struct arena *arena, struct str text);
struct str letters_lower(struct arena *arena, struct str text);

size_t letters_count(struct str text);
// The bytes of the first `count` characters, at most all.
size_t letters_bytes(struct str text, size_t count);

#endif
