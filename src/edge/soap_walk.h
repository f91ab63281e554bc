// SPDX-License-Identifier: GPL-3.0-or-later
//
// What all share that walk down the types of a message and write instances of them: where they are,
// who stands in for what is abstract, and how the start tag says a type.

#ifndef EDGE_SOAP_WALK_H
#define EDGE_SOAP_WALK_H

#include "edge/soap_height.h"
#include "edge/soap_writer.h"

#define SOAP_XSD_NS   "http://www.w3.org/2001/XMLSchema"
#define SOAP_XSI_NS   "http://www.w3.org/2001/XMLSchema-instance"
#define SOAP_ENC11_NS "http://schemas.xmlsoap.org/soap/encoding/"
#define SOAP_ENC12_NS "http://www.w3.org/2003/05/soap-encoding"

// An element that is being written.
struct soap_frame {
    const struct soap_frame *up; // NULL: none
    const struct shape_element *element;
    const struct shape_type *type; // what it is, after standing in
    int level;
    bool is_minimal; // only what is required, and that as low as it can be
};

bool soap_walk_is_open(const struct soap_frame *frame, const struct shape_type *type);
// Begins a frame for an element: an abstract one gets the lowest substitute, an abstract type the
// first heir that ends and is not open. A type inside itself makes the frame minimal.
struct soap_frame soap_walk_enter(struct soap_heights *heights, const struct soap_frame *up,
                                  const struct shape_element *declared);
bool soap_walk_ends(struct soap_heights *heights, const struct soap_frame *frame);
// Whether there is an end of what a particle allows, and that is not of a type that is open.
bool soap_walk_leads_on(struct soap_heights *heights, const struct soap_frame *frame,
                        const struct shape_particle *particle);
// The first branch that leads on; in a minimal frame the lowest. NULL: none ends.
const struct shape_particle *soap_walk_branch(struct soap_heights *heights,
                                              const struct soap_frame *frame,
                                              const struct shape_particle *choice);

// "n1:Order", the nearest type of XML Schema for a nameless simple type, or NULL.
const char *soap_walk_type_name(struct soap_writer *writer, const struct shape_type *type);
// After `<name`: xsi:type where the type is not plain from the element, and what a SOAP array says.
void soap_walk_write_types(struct soap_writer *writer, const struct soap_frame *frame,
                           bool is_encoded);
bool soap_walk_is_array(const struct soap_frame *frame, bool is_encoded);
// The element of an item of a frame that is an array.
struct shape_element soap_walk_item(const struct soap_frame *frame);
void soap_walk_write_nil(struct soap_writer *writer, const char *name); // the whole element
// An element that nobody has declared, where a wildcard requires one.
struct shape_name soap_walk_foreign(struct arena *arena, const struct shape_particle *wildcard);
// Written by soap_walk_write_types, or a reference that encoding makes.
bool soap_walk_is_own_attribute(const struct shape_attribute *attribute, bool is_encoded);

// `<wrapper ...>` of RPC style around the parts.
void soap_walk_begin_wrapper(struct soap_writer *writer, const struct shape_message *message);
void soap_walk_end_wrapper(struct soap_writer *writer, const struct shape_message *message);

#endif
