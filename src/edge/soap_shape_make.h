// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the files of soap_shape share while they read a module's schemas; for nobody else. A
// declaration is read once; a type exists, empty, before it is read, so that circles are no
// trouble. Whatever passes a limit, or is defined nowhere, ends as xs:anyType or xs:string.

#ifndef EDGE_SOAP_SHAPE_MAKE_H
#define EDGE_SOAP_SHAPE_MAKE_H

#include "edge/soap_modules.h"
#include "edge/soap_shape.h"

#include <libxml/hash.h>
#include <libxml/tree.h>

#define WSDL_NS "http://schemas.xmlsoap.org/wsdl/"

enum {
    SHAPE_MAX_DEPTH = 400,      // of declarations that refer to each other
    SHAPE_MAX_PIECES = 4000000, // particles, attributes, heirs and the like of a module
};

enum declared {
    DECLARED_TYPE,
    DECLARED_ELEMENT,
    DECLARED_ATTRIBUTE,
    DECLARED_GROUP,
    DECLARED_ATTRIBUTE_GROUP,
    DECLARED_COUNT
};

struct made_type {
    struct shape_type shape; // first: shape_type pointers of ours are these
    const xmlNode *node;     // NULL: of XML Schema itself
    enum { MADE_EMPTY, MADE_IN_WORK, MADE_DONE } state;
    struct made_type *next; // all of them, in the order they were met
};

struct made_element {
    struct shape_element shape; // first
    bool is_declared;
    struct made_element *head; // of its substitution group
    struct made_element *next; // global ones
};

struct made_group {
    struct shape_particle particle;
    bool is_in_work;
};

struct maker {
    struct arena *arena;
    xmlHashTable *declared[DECLARED_COUNT];  // nodes, by local name and namespace
    xmlHashTable *types, *elements, *groups; // what was made of them
    struct made_type *first_type, *last_type, *anything;
    struct made_element *first_element, *last_element;
    size_t pieces, depth;
};

// --- soap_shape_make.c ---

bool shape_is(const xmlNode *node, const char *name); // an element of XML Schema
const xmlNode *shape_child(const xmlNode *parent, const char *name);
// Trimmed; NULL when there is none.
const char *shape_attribute_of(struct maker *maker, const xmlNode *node, const char *name);
bool shape_flag(struct maker *maker, const xmlNode *node, const char *name);
const char *shape_documentation(struct maker *maker, const xmlNode *node);
struct shape_name shape_resolve(struct maker *maker, const xmlNode *node, const char *qname);
// The namespace that declarations in the node's schema are of.
const char *shape_target(struct maker *maker, const xmlNode *node);
const xmlNode *shape_declaration(struct maker *maker, enum declared kind, struct shape_name name);
// True when there is room for one more piece.
bool shape_take(struct maker *maker);
// Adds a pointer to a list that grows in the arena.
void shape_list_add(struct maker *maker, const void ***items, size_t *count, const void *item);

// --- soap_shape_type.c ---

// Never NULL. Not read yet, perhaps: shape_finish does that.
struct made_type *shape_type_named(struct maker *maker, struct shape_name name);
// The type of a declaration: named in `attribute`, or the nameless one inside; NULL: neither.
struct made_type *shape_type_of(struct maker *maker, const xmlNode *node, const char *attribute);
void shape_finish(struct maker *maker, struct made_type *type);
struct made_element *shape_element_named(struct maker *maker, struct shape_name name);

// --- soap_shape_text.c ---

// Makes sure that every type of XML Schema is there.
void shape_name_built_ins(struct maker *maker);
bool shape_make_built_in(struct maker *maker, struct made_type *type);
// Fills a type from its xs:simpleType.
void shape_make_simple(struct maker *maker, struct made_type *type);
// What a restriction with facets leaves of `base`; the restriction may hold a simple type itself.
const struct shape_text *shape_restrict(struct maker *maker, const xmlNode *restriction,
                                        const struct shape_text *base);
const struct shape_text *shape_plain_text(struct maker *maker); // xs:string's

// --- soap_shape_content.c ---

// The content model among the children of `node`; NULL: none.
const struct shape_particle *shape_make_content(struct maker *maker, const xmlNode *node);

#endif
