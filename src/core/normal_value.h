// SPDX-License-Identifier: GPL-3.0-or-later
//
// The normal form of one value of each type, for core/normal alone. Each gives the value itself,
// not a copy, when there is nothing to change; *ret_note is a sentence or NULL.

#ifndef CORE_NORMAL_VALUE_H
#define CORE_NORMAL_VALUE_H

#include "core/normal.h"

// RFC 3339 in UTC, from YYYY-MM-DD or a date with slashes, a blank or T, HH:MM[:SS[.f]] [AM|PM],
// and perhaps Z or an offset.
struct str normal_time(struct arena *arena, const struct normal_rules *rules, struct str value,
                       const char **ret_note);
// Whole seconds, from seconds, decimals, MM:SS and HH:MM:SS. -1 stays: it stands for "never".
struct str normal_duration(struct arena *arena, struct str value, const char **ret_note);
// E.164; for a list of numbers between bars, of each. What is no number but a route to a telephone
// (a star, an address) stays, and so does a caller who hides.
struct str normal_phone(struct arena *arena, const char *country, struct str value,
                        const char **ret_note);
// False, with a note: neither yes nor no.
bool normal_boolean(struct str value, bool *ret, const char **ret_note);

#endif
