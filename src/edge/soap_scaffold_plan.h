// SPDX-License-Identifier: GPL-3.0-or-later
//
// What of a message a scaffold fills in: values by data elements of like name, and which optional
// parts that makes worth sending. For the files of edge/soap_scaffold.

#ifndef EDGE_SOAP_SCAFFOLD_PLAN_H
#define EDGE_SOAP_SCAFFOLD_PLAN_H

#include "edge/soap_value.h"
#include "edge/soap_walk.h"

struct soap_plan {
    struct arena *arena;
    struct soap_heights *heights;
    struct soap_value_ids ids;
    bool is_encoded;
    bool is_header;           // credentials and the like, of which no event knows
    bool is_looking;          // ahead: what is filled counts, texts are not made
    struct soap_found *found; // what was asked before; NULL at first
};

struct soap_planned {
    const char *text;    // a tag, or a valid text; never NULL
    bool is_tag;         // of a data element
    bool is_todo;        // somebody has to say what it is
    const char *element; // that is like it, whether or not it fits; NULL: none
};

// The value of an element or attribute. The policy is that of the tag.
struct soap_planned soap_plan_element(struct soap_plan *plan, const struct soap_frame *frame,
                                      const char *policy);
struct soap_planned soap_plan_attribute(struct soap_plan *plan, const struct soap_frame *frame,
                                        const struct shape_attribute *attribute);

// No elements inside: text, anything, or nothing.
bool soap_plan_is_leaf(const struct soap_plan *plan, const struct soap_frame *frame);

// What is inside an optional part.
struct soap_worth {
    bool is_filled;       // something is filled in, and nothing that is required is left to do
    bool has_todo;        // something that is required is left to do
    const char *required; // a data element without which the part is not valid; NULL: none
};
struct soap_worth soap_plan_structure(struct soap_plan *plan, const struct soap_frame *frame);
struct soap_worth soap_plan_group(struct soap_plan *plan, const struct soap_frame *frame,
                                  const struct shape_particle *group);
// The branch to be sent; NULL: none ends.
const struct shape_particle *soap_plan_branch(struct soap_plan *plan,
                                              const struct soap_frame *frame,
                                              const struct shape_particle *choice);

#endif
