// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the collecting and the writing half of schemas share.

#ifndef GEN_BIND_SCHEMA_H
#define GEN_BIND_SCHEMA_H

#include "bind_xml.h"

enum { MAX_SOURCES = 4000, MAX_SPACES = 2000, MAX_COMPONENTS = 200000 };

struct space { // a namespace
    const char *name;
    bool is_own;                                   // of the WSDL's schemas, not one gSOAP brings
    bool qualifies_elements, qualifies_attributes; // of its first schema
    int text_index;                                // among the texts
};

struct source { // one schema document, as seen by one that includes it
    xmlNode *root;
    struct space *space;
    bool is_chameleon; // it took its namespace from the one that includes it
};

struct component_list {
    struct component **items;
    size_t count, capacity;
};

struct particle_run { // the particles of a content model in order
    size_t total;
    size_t lead, trail, longest; // optional ones in a row: at its begin, at its end, anywhere
};

enum weighing { WEIGHT_UNKNOWN, WEIGHT_IN_WORK, WEIGHT_KNOWN };

struct component {
    enum component_kind kind;
    const char *name;
    xmlNode *node;
    const struct source *source;
    enum weighing weighing, weighing_run;
    size_t weight;                     // of a group: how many declarations it stands for
    struct particle_run run;           // of a type or group that another one refers to
    struct component_list circles;     // groups it refers to and that hold it
    struct component *original;        // what it redefines, or NULL
    struct component_list uses, heirs; // heirs may stand in its place: derived types, substitutes
    bool holds_any_type;
    bool is_open;    // libxml2 cannot check it: in the texts it may hold anything
    unsigned wanted; // of enum want
};

struct schemas {
    struct source sources[MAX_SOURCES];
    size_t source_count;
    struct space spaces[MAX_SPACES];
    size_t space_count;
    struct component **components;
    size_t count, capacity;
    xmlHashTable *index; // by name, namespace and kind
    xmlDoc **own_docs;   // from texts
    size_t own_count;
    bool is_pruned;
    bool uses_stock; // needs what only gSOAP's own schemas define
};

struct reference { // an attribute of a schema element that names a component
    const char *element, *attribute;
    enum component_kind kind;
};
// NULL when the attribute holds no such name.
const struct reference *reference_of(const char *element, const char *attribute);

// Whether a name of that namespace needs no definition in the WSDL's schemas.
bool is_elsewhere(struct reader *reader, const char *namespace);
// Whether a group that refers to `to` would hold itself, which no schema may say.
bool is_circular(const struct component *from, const struct component *to);
struct space *space_of(struct reader *reader, const char *name);
// What a name in an attribute of `node` means: its corrected namespace, and the component or NULL.
struct component *resolve(struct reader *reader, const struct component *from, const xmlNode *node,
                          enum component_kind kind, const char *text, struct qname *ret);

// --- bind_schema_supply.c ---

extern const char *const supplied_spaces[]; // NULL ends it
// The schema of such a namespace.
const char *supplied_text(struct arena *arena, const char *namespace);
// Whether it has that type, or XML Schema itself has.
bool supplied_has(struct qname name);

// --- bind_schema_cost.c ---

// Marks as open, with a note, what would cost too much to check.
void schemas_open_costly(struct reader *reader);

// --- bind_schema_check.c ---

// Compiles the texts as the gateway will. A declaration that libxml2 does not take is marked as
// open, with a note. How many were.
size_t schemas_open_wrong(struct reader *reader, const char **texts, size_t count);

#endif
