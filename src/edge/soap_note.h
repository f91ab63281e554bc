// SPDX-License-Identifier: GPL-3.0-or-later
//
// Says in words what may stand somewhere: type, facets, words, occurrence, documentation. For the
// comments of scaffolds; knows nothing of where they are written.

#ifndef EDGE_SOAP_NOTE_H
#define EDGE_SOAP_NOTE_H

#include "edge/soap_shape.h"

// "string, 1 to 30 characters", "one of: red (like blood), dark blue", "decimal from 0 to 10".
void soap_note_text(struct buf *out, const struct shape_text *text);
// "required", "optional", "1 to 3 times", "any number".
void soap_note_times(struct buf *out, int64_t min, int64_t max);
// Of an element: type, occurrence, whether it may be nil, derived types.
void soap_note_element(struct buf *out, const struct shape_element *element,
                       const struct shape_type *type, int64_t min, int64_t max);
void soap_note_attribute(struct buf *out, const struct shape_attribute *attribute);
// ". " and the documentation of the element or its type, if there is some.
void soap_note_meaning(struct buf *out, const struct shape_element *element);
// Documentation with its white space made single blanks, and not without end.
void soap_note_documentation(struct buf *out, const char *documentation);

// A blank that no line may be broken at, as in a pattern.
enum { SOAP_NOTE_BLANK = '\1' };

#endif
