// SPDX-License-Identifier: GPL-3.0-or-later
//
// Texts of simple types: whether one is valid, and one that is. Knows all facets of XML Schema 1.0
// part 2; no elements and no messages.

#ifndef EDGE_SOAP_VALUE_H
#define EDGE_SOAP_VALUE_H

#include "edge/soap_shape.h"

// `value` after white space was handled as the type says.
bool soap_value_fits(const struct shape_text *text, const char *value);

// What the values of one document have to know of each other; starts as {0}.
struct soap_value_ids {
    const char **taken; // xs:ID, each once in a document
    size_t count, capacity;
};

// A valid text in the arena, as plain as the type allows; the same every time. An xs:IDREF is the
// document's first xs:ID. False: none was found, so the facets exclude each other or a pattern asks
// too much.
bool soap_value_sample(const struct shape_text *text, struct soap_value_ids *ids,
                       struct arena *arena, const char **ret) MUST_CHECK;

// xs:QName values have this prefix, bound to XML Schema's own namespace.
#define SOAP_VALUE_PREFIX "xsd"

#endif
