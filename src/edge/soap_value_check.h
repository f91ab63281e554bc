// SPDX-License-Identifier: GPL-3.0-or-later
//
// Patterns of a type, compiled, for the files of edge/soap_value.

#ifndef EDGE_SOAP_VALUE_CHECK_H
#define EDGE_SOAP_VALUE_CHECK_H

#include "core/regular.h"
#include "edge/soap_value.h"

enum { SOAP_VALUE_DEPTH = 16 }; // of unions and lists in each other

// The type's own sets and `more` of them. Patterns that are no regular expressions limit nothing,
// as for libxml2. NULL: no set is left.
const struct regular *soap_value_patterns(const struct shape_text *text, struct arena *arena,
                                          const struct regular_set *more, size_t more_count);

// With the patterns compiled before.
bool soap_value_fits_with(const struct shape_text *text, const struct regular *patterns,
                          const char *value);

bool soap_value_is_whole(const struct shape_text *text); // a decimal without fraction

#endif
