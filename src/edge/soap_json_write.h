// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the files that write JSON as XML share; for nobody else.

#ifndef EDGE_SOAP_JSON_WRITE_H
#define EDGE_SOAP_JSON_WRITE_H

#include "edge/soap_document.h"
#include "edge/soap_json.h"
#include "edge/soap_json_find.h"
#include "edge/soap_writer.h"

#define XML_NS "http://www.w3.org/XML/1998/namespace"

enum {
    WIRE_MAX_DEPTH = 200,      // of elements; libxml2 reads 256
    WIRE_MAX_NAMESPACES = 500, // in one message
    WIRE_MAX_BYTES = 16 * 1024 * 1024,
};

// The way to a value, for sentences.
struct wire_place {
    const struct wire_place *outer; // NULL: of a message
    struct str name;
    size_t index; // from 1; 0: no item of an array
};

struct wire_writer {
    const struct soap_operation *operation;
    struct arena *arena;
    struct soap_writer xml;
    bool is_encoded;
    size_t depth, steps;
    struct err *err;
};

// An element as it is to be written.
struct wire_element {
    struct shape_name name;
    const struct shape_type *type; // as declared
    bool is_nillable;
    bool is_free; // no type describes it: scalars are text, any attribute may stand
};

// --- soap_json_write.c ---

// That of an item, from 0, of what stands at `place`.
struct wire_place wire_item(const struct wire_place *place, size_t index);
bool wire_fail(struct wire_writer *writer, const struct wire_place *place, const char *format, ...)
    PRINTF_LIKE(3, 4);
// False, with a sentence, once the message asks too much.
bool wire_step(struct wire_writer *writer);
// "n3:name", "name" without a namespace; declares the namespace.
const char *wire_qname(struct wire_writer *writer, struct shape_name name);
// "{namespace}local" or "local".
struct shape_name wire_name(struct wire_writer *writer, struct str name);
bool wire_put_escaped(struct wire_writer *writer, const struct wire_place *place, struct str text);
bool wire_put_element(struct wire_writer *writer, const struct wire_place *place,
                      const struct wire_element *element, const struct json *value);
// The element of that name, or one for each item of an array, by the type of the global element or
// by none.
bool wire_put_free(struct wire_writer *writer, const struct wire_place *place, struct str name,
                   const struct json *value);

// --- soap_json_text.c ---

// The text of a scalar, or of an array where the type is a list.
bool wire_scalar(struct wire_writer *writer, const struct wire_place *place,
                 const struct shape_text *type, const struct json *value, struct str *ret);
// The type of XML Schema that a scalar has by nature.
const char *wire_natural_type(const struct json *value);
bool wire_is_list(const struct shape_text *type);

// --- soap_json_content.c ---

// The members of `object` that are elements, in the order of the type's content.
bool wire_put_content(struct wire_writer *writer, const struct wire_place *place,
                      const struct wire_element *element, const struct shape_type *type,
                      const struct json *object);

// --- soap_json_array.c ---

bool wire_takes_array(const struct wire_writer *writer, const struct shape_type *type);
// Attributes and items of a SOAP array, after its start tag was begun.
// What has keys, as Axis and PHP have it in SOAP encoding, after its start tag was begun.
bool wire_is_map(const struct wire_writer *writer, const struct shape_type *type);
bool wire_put_map(struct wire_writer *writer, const struct wire_place *place,
                  const struct json *value);
bool wire_put_array(struct wire_writer *writer, const struct wire_place *place,
                    const struct shape_type *type, const struct json *value);

#endif
