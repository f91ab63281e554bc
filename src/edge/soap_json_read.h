// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the files that read XML as JSON share; for nobody else.

#ifndef EDGE_SOAP_JSON_READ_H
#define EDGE_SOAP_JSON_READ_H

#include "edge/soap_document.h"
#include "edge/soap_json.h"
#include "edge/soap_json_find.h"

#include <libxml/hash.h>

#define XML_NS "http://www.w3.org/XML/1998/namespace"

enum {
    READ_MAX_DEPTH = 300,
    READ_MAX_VALUES = 1000000,
    READ_MAX_REFERENCES = 100000, // which can make much of little
};

struct reply_reader {
    const struct soap_operation *operation;
    struct arena *arena;
    xmlDoc *doc;
    xmlHashTable *ids; // made at the first reference
    const struct shape_type *anything;
    bool is_encoded;
    const xmlNode *path[READ_MAX_DEPTH]; // elements being read: one within itself is a circle
    size_t depth, values, references, steps;
    bool is_too_much;
};

// --- soap_json_value.c ---

// An element by its declared type; NULL: none is known.
struct json *reply_element(struct reply_reader *reader, const xmlNode *node,
                           const struct shape_type *declared);
// The element that this one stands for: itself, or what it refers to.
const xmlNode *reply_follow(struct reply_reader *reader, const xmlNode *node,
                            const struct shape_type *declared);
// The element children of a node by a content model, added to `object`; NULL: there is no model.
void reply_children(struct reply_reader *reader, const xmlNode *node,
                    const struct shape_particle *content, struct json *object);
// Adds a value under a name; a second one, or one that may repeat, makes an array.
void reply_add(struct reply_reader *reader, struct json *object, const char *name, bool is_repeated,
               struct json *value);
// "local", or "{namespace}local" for a name that no type describes.
const char *reply_name(struct reply_reader *reader, const xmlNs *ns, const xmlChar *local,
                       bool is_known);
const char *reply_attribute(struct reply_reader *reader, const xmlNode *node, const char *name,
                            const char *namespace);
struct shape_name reply_qname(struct reply_reader *reader, const xmlNode *node, const char *text);
struct str reply_text(struct reply_reader *reader, const xmlNode *node);

// --- soap_json_scalar.c ---

// A text by its type: a number or boolean where JSON holds the value exactly, an array where it is
// a list. `node` knows the prefixes of a QName.
struct json *reply_scalar(struct reply_reader *reader, const xmlNode *node,
                          const struct shape_text *type, struct str text);
bool reply_is_natural(const struct shape_text *type);

// --- soap_json_items.c ---

bool reply_is_array(struct reply_reader *reader, const xmlNode *node,
                    const struct shape_type *type);
struct json *reply_items(struct reply_reader *reader, const xmlNode *node,
                         const struct shape_type *type);
// What has keys, as Axis and PHP write it in SOAP encoding: a list of pairs becomes an object.
bool reply_is_map(struct reply_reader *reader, const xmlNode *node, const struct shape_type *type);
struct json *reply_map(struct reply_reader *reader, const xmlNode *node,
                       const struct shape_type *declared);

#endif
