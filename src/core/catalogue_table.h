// SPDX-License-Identifier: GPL-3.0-or-later
//
// The tables that gen/catalogue.py makes at build time, for core/catalogue alone. The generator has
// checked every rule of the data, so nothing is checked again.

#ifndef CORE_CATALOGUE_TABLE_H
#define CORE_CATALOGUE_TABLE_H

#include "core/catalogue.h"

struct catalogue_name {
    struct str name;  // of an element or an alias of one
    uint16_t element; // index into catalogue_table_elements
};

extern const struct catalogue_trigger catalogue_table_triggers[];
extern const char *const catalogue_table_trigger_names[];
extern const size_t catalogue_table_trigger_count;

extern const struct catalogue_element catalogue_table_elements[]; // sorted by name
extern const size_t catalogue_table_element_count;

extern const struct catalogue_name catalogue_table_names[]; // sorted by bytes; no families
extern const size_t catalogue_table_name_count;

extern const uint16_t catalogue_table_families[]; // indexes of elements
extern const size_t catalogue_table_family_count;

#endif
