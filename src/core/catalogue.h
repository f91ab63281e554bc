// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a call is: every trigger and every data element, as constant tables that the build makes of
// one data file, src/core/catalogue.json. Each element carries a mark for how sure its name is; a
// name outside the catalogue is no mistake, it passes through.

#ifndef CORE_CATALOGUE_H
#define CORE_CATALOGUE_H

#include "base/mem.h"

#include <stdint.h>

enum element_mark {
    MARK_DOCUMENTED, // the vendor documents it as a web-service element
    MARK_OBSERVED,   // seen in real customers' code
    MARK_UNRESOLVED, // customers configure it and the vendor sends it unresolved
    MARK_ELSEWHERE,  // the vendor documents it on another surface; under this tag unconfirmed
    MARK_OURS,       // of rivals, standards or this gateway
    ELEMENT_MARK_COUNT,
};

enum element_type {
    ELEMENT_TEXT,
    ELEMENT_INTEGER,
    ELEMENT_DECIMAL,
    ELEMENT_DURATION, // seconds, MM:SS or HH:MM:SS
    ELEMENT_DATETIME, // often without a zone
    ELEMENT_DATE,
    ELEMENT_BOOLEAN,
    ELEMENT_PHONE,
    ELEMENT_EMAIL,
    ELEMENT_URL,
    ELEMENT_WORD, // one of a vendor's list
    ELEMENT_JSON,
    ELEMENT_TYPE_COUNT,
};

struct catalogue_trigger {
    const char *name;    // "inbound.call_end"
    const char *meaning; // one sentence
    const char *slot;    // the vendor's name of the place that fires it, "" when none
    bool is_extra;       // beyond the 18
};

struct catalogue_element {
    const char *name; // one that ends with ".*", a family, stands for all with that beginning
    const char *tag;  // the vendor's, without the #; "" when none is known
    enum element_mark mark;
    enum element_type type;
    const char *unit; // "" when none
    const char *example;
    const char *meaning;
    uint32_t triggers;        // bit i: index i of catalogue_triggers; 0: no event's body has it
    const char *const *words; // known ones of ELEMENT_WORD; the vendor has more
    size_t word_count;
    const char *const *aliases; // other names of it, none of them an element
    size_t alias_count;
    const char *same_as; // the element that holds the same datum under its usual name; "" when none
};

const struct catalogue_trigger *catalogue_triggers(size_t *ret_count);
// Their names alone, in the same order.
const char *const *catalogue_trigger_names(size_t *ret_count);
// The index of the trigger of that name; false: there is none.
bool catalogue_trigger_index(struct str name, size_t *ret);
const struct catalogue_element *catalogue_elements(size_t *ret_count); // sorted by name
bool catalogue_is_family(const struct catalogue_element *element);

// By name, alias, or the beginning of a family; NULL: not in the catalogue. A few comparisons.
const struct catalogue_element *catalogue_find(struct str name);
// The usual name of what is sent as `name`: that of the element it is an alias of or the same as;
// `name` itself when there is none. A member of a family keeps its name.
struct str catalogue_name(struct str name);
// The same for who has what catalogue_find gave for the name.
struct str catalogue_own_name(const struct catalogue_element *element, struct str name);

const char *catalogue_mark_word(enum element_mark mark); // "documented", ...
const char *catalogue_type_word(enum element_type type); // "text", "duration", ...

#endif
