// SPDX-License-Identifier: GPL-3.0-or-later
//
// Names in content models, for both directions of soap_json.

#ifndef EDGE_SOAP_JSON_FIND_H
#define EDGE_SOAP_JSON_FIND_H

#include "edge/soap_shape.h"

enum { SOAP_JSON_MAX_STEPS = 100000000 }; // looks at content models, for one message

struct soap_json_search {
    const struct shape_element *found; // NULL: none
    const struct shape_element *other; // of the same name in another namespace
    bool is_repeated;                  // more than one may stand there
    bool has_wildcard;
};

// namespace NULL: any. Elements are found by the names of their substitutes, too. Adds what it cost
// to *steps, and stops at the limit.
struct soap_json_search soap_json_find(const struct shape_particle *content, const char *namespace,
                                       const char *local, size_t *steps);

// The element that repeats, when a type holds nothing else; NULL: it does. Such a type may be given
// as an array of it.
const struct shape_element *soap_json_only_item(const struct shape_type *type);

// The parts of a message as the content of a type.
const struct shape_type *soap_json_parts(struct arena *arena, const struct shape_message *message);

#endif
