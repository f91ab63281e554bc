// SPDX-License-Identifier: GPL-3.0-or-later
//
// What may stand where: the WSDL's types as a graph, read from the schemas in a module (those that
// gen/bind wrote: one a namespace, see soap_module.h). Content models are whole here: what a type
// inherits is already in it, groups and references are resolved. Everything that shows, fills in,
// reads or writes a message by its types walks this graph. Part of the door to libxml2, but no
// header of it is needed to use it.
//
// The graph is immutable once made, belongs to the module, and may be read by any thread. It has
// circles: a type may hold an element of itself.

#ifndef EDGE_SOAP_SHAPE_H
#define EDGE_SOAP_SHAPE_H

#include "edge/soap.h"

struct shape_name {
    const char *namespace, *local; // "" for none
};

enum { SHAPE_UNBOUNDED = -1 };

#define XSD_NS       "http://www.w3.org/2001/XMLSchema"
#define SOAPENC_NS   "http://schemas.xmlsoap.org/soap/encoding/"
#define SOAPENC12_NS "http://www.w3.org/2003/05/soap-encoding"
// Of the type Map, which services of Axis and PHP use whether or not their WSDL declares it.
#define SHAPE_APACHE_NS "http://xml.apache.org/xml-soap"

// The primitive types of XML Schema 1.0 part 2, 3.2, and what is no atom of them.
enum shape_primitive {
    SHAPE_STRING,
    SHAPE_BOOLEAN,
    SHAPE_DECIMAL,
    SHAPE_FLOAT,
    SHAPE_DOUBLE,
    SHAPE_DURATION,
    SHAPE_DATE_TIME,
    SHAPE_TIME,
    SHAPE_DATE,
    SHAPE_YEAR_MONTH,
    SHAPE_YEAR,
    SHAPE_MONTH_DAY,
    SHAPE_DAY,
    SHAPE_MONTH,
    SHAPE_HEX_BINARY,
    SHAPE_BASE64_BINARY,
    SHAPE_ANY_URI,
    SHAPE_QNAME,
    SHAPE_NOTATION,
    SHAPE_ANY_SIMPLE, // xs:anySimpleType: any text
    SHAPE_LIST,       // blank-separated `item`s
    SHAPE_UNION,      // any of `members`
};

// One set of patterns of which a value has to match one; a type inherits the sets of its bases.
struct shape_patterns {
    const char *const *any_of; // XML Schema regular expressions, unanchored by nature: whole value
    size_t count;
};

struct shape_enumeration {
    const char *value, *documentation; // documentation "" when none
};

// What a text may be. NULL or -1 in a facet: not limited.
struct shape_text {
    enum shape_primitive primitive;
    const char *built_in; // the nearest type of XML Schema itself, e.g. "token", "int"; "" for a
                          // list or union of the WSDL's own
    const struct shape_text *item;           // of a list
    const struct shape_text *const *members; // of a union
    size_t member_count;
    int64_t length, min_length, max_length; // in characters, octets (binary) or items (list)
    const char *min_inclusive, *max_inclusive, *min_exclusive, *max_exclusive;
    int64_t total_digits, fraction_digits;
    const struct shape_patterns *patterns; // all sets must hold
    size_t pattern_count;
    const struct shape_enumeration *enumerations; // the value is one of these; none: not limited
    size_t enumeration_count;
    enum { SHAPE_PRESERVE, SHAPE_REPLACE, SHAPE_COLLAPSE } white_space;
};

struct shape_attribute {
    struct shape_name name; // namespace "" when unqualified
    const struct shape_text *text;
    bool is_required;
    const char *default_value, *fixed_value; // NULL: none
    const char *documentation;               // "" when none
};

struct shape_type {
    struct shape_name name; // local "" for a nameless type
    const char *documentation;
    const struct shape_type *base; // NULL: of xs:anyType, or a type of XML Schema itself
    bool is_restriction;           // of its base; else an extension
    bool is_abstract, is_mixed;
    bool is_any; // xs:anyType: anything may stand there

    // Simple type, or complex type with simple content; NULL: elements or nothing.
    const struct shape_text *text;
    bool is_simple; // no attributes are possible
    const struct shape_attribute *attributes;
    size_t attribute_count;
    bool has_any_attribute;
    const struct shape_particle *content; // NULL: no elements

    // A SOAP array (SOAP 1.1, 5.4.2): `content` is NULL or what the schema says, `item` what
    // counts. item is NULL when it is no array.
    const struct shape_type *item;
    const char *item_name; // what an item's element is called, "item" where nothing says it
    int rank;              // 1: T[], 2: T[,], nested T[][] is an array whose item is an array

    // Types that may stand in its place by xsi:type: all that derive from it, at any depth, and are
    // not abstract. None for the types of XML Schema itself.
    const struct shape_type *const *heirs;
    size_t heir_count;
};

struct shape_element {
    struct shape_name name; // namespace "" when unqualified
    const struct shape_type *type;
    bool is_nillable, is_abstract, is_global;
    const char *default_value, *fixed_value; // NULL: none
    const char *documentation;               // "" when none
    // Global elements that may stand in its place, at any depth (substitution groups).
    const struct shape_element *const *substitutes;
    size_t substitute_count;
};

struct shape_particle {
    enum { SHAPE_ELEMENT, SHAPE_WILDCARD, SHAPE_SEQUENCE, SHAPE_CHOICE, SHAPE_ALL } kind;
    int64_t min, max;                      // SHAPE_UNBOUNDED
    const struct shape_element *element;   // of SHAPE_ELEMENT
    const char *namespaces;                // of SHAPE_WILDCARD: "##any", "##other", or a list
    bool is_skipped;                       // of SHAPE_WILDCARD: processContents="skip"
    const char *target;                    // of SHAPE_WILDCARD: the schema's own namespace
    const struct shape_particle *children; // of the groups
    size_t count;
};

// One block of a message: in document style and in headers an element of a schema; in RPC style a
// part, which is an element of no namespace with a type, inside the wrapper.
struct shape_part {
    const char *name; // the WSDL's name of the part
    const struct shape_element *element;
};

struct shape_message {
    // RPC: the element around the parts. document: local "".
    struct shape_name wrapper;
    bool is_encoded; // SOAP encoding: values carry xsi:type, arrays are SOAP arrays
    const struct shape_part *parts;
    size_t part_count;
    const struct shape_part *headers;
    size_t header_count;
};

struct shape_fault {
    const char *name;
    const struct shape_element *element; // of the detail
};

struct shape_operation {
    const char *documentation;          // "" when none
    struct shape_message input, output; // output without parts and wrapper: nothing is answered
    const struct shape_fault *faults;
    size_t fault_count;
};

// The first call for a module reads its schemas (any thread; others wait). Never fails: what a
// schema leaves open or says wrong is xs:anyType or xs:string here, as it is for bind.
const struct shape_operation *soap_shape(const struct soap_operation *operation);

// A named type or global element of the operation's module, for xsi:type and wildcards; NULL: there
// is none. Types of XML Schema itself (namespace http://www.w3.org/2001/XMLSchema) are found too.
// namespace NULL: whichever has it, if only one has.
const struct shape_type *soap_shape_type(const struct soap_operation *operation,
                                         const char *namespace, const char *local);
const struct shape_element *soap_shape_element(const struct soap_operation *operation,
                                               const char *namespace, const char *local);

#endif
