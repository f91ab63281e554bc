// SPDX-License-Identifier: GPL-3.0-or-later
//
// How deep an element has to be at least: the way out of types that hold themselves. Knows only
// what is required.

#ifndef EDGE_SOAP_HEIGHT_H
#define EDGE_SOAP_HEIGHT_H

#include "edge/soap_shape.h"

enum { SOAP_HEIGHT_ENDLESS = 100 }; // no document is so high, or none at all

struct soap_heights; // what was found so far, in the arena

// With SOAP encoding any element may be nil, whatever the schema says.
struct soap_heights *soap_heights_new(struct arena *arena, bool is_encoded);

// Levels of elements inside, 0: none is required. An abstract one counts as the lowest of those
// that may stand in its place.
int soap_height_of_type(struct soap_heights *heights, const struct shape_type *type);
int soap_height_of_element(struct soap_heights *heights, const struct shape_element *element);
// Of what the particle requires; of a choice, its lowest branch.
int soap_height_of_particle(struct soap_heights *heights, const struct shape_particle *particle);
// The same as if it were there once at least.
int soap_height_of_content(struct soap_heights *heights, const struct shape_particle *particle);

#endif
