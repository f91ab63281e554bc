// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which data element goes where in a message: names that are like those of the catalogue, and the
// filters that bring the element's values into the type. Knows names, types and the language of
// templates; no values of any event but the catalogue's examples.

#ifndef EDGE_SOAP_FILL_H
#define EDGE_SOAP_FILL_H

#include "edge/soap_shape.h"

struct soap_fill {
    const char *name;   // of the element or attribute
    const char *parent; // of the element around it, "" for none: agent/id is like agent_id
    const struct shape_text *text;
    const char *policy; // for a missing value: "omit", "nil", or "" for none
};

struct soap_filled {
    const char *element; // NULL: none is like it
    const char *tag; // "{{call_start | date '%F' | omit}}"; NULL: its values do not fit the type
};

// In the arena. The tag holds no double quotes, so it may stand in an attribute and in JSON.
struct soap_filled soap_fill(const struct soap_fill *fill, struct arena *arena);

// Names that people give to passwords and the like.
bool soap_fill_is_secret(const char *name);

#endif
