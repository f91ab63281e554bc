// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the readers of WSDLs and schemas share: files, nodes, qualified names and notes. Private to
// the generator's half that uses libxml2; the other half sees bind.h only. Nodes belong to the
// reader's documents and live as long as it does.

#ifndef GEN_BIND_XML_H
#define GEN_BIND_XML_H

#include "bind.h"

#include <libxml/hash.h>
#include <libxml/parser.h>
#include <libxml/tree.h>

#define WSDL_NS      "http://schemas.xmlsoap.org/wsdl/"
#define SOAP11_NS    "http://schemas.xmlsoap.org/wsdl/soap/"
#define SOAP12_NS    "http://schemas.xmlsoap.org/wsdl/soap12/"
#define MIME_NS      "http://schemas.xmlsoap.org/wsdl/mime/"
#define XSD_NS       "http://www.w3.org/2001/XMLSchema"
#define XML_NS       "http://www.w3.org/XML/1998/namespace"
#define SOAPENC_NS   "http://schemas.xmlsoap.org/soap/encoding/"
#define SOAPENC12_NS "http://www.w3.org/2003/05/soap-encoding"
#define SCHEMA_URL   "switchhook:///" // SOAP_MODULE_SCHEMA_URL

enum {
    MAX_FILES = 1000,
    MAX_IMPORTS = 5000,
    MAX_FILE_BYTES = 32 * 1024 * 1024,
    MAX_TOTAL_BYTES = 64 * 1024 * 1024
};

struct reader_file {
    const char *path; // canonical, so that two ways to one file are one
    xmlDoc *doc;
    bool is_wsdl;
};

struct reader {
    struct arena *arena;
    const char *path; // of the WSDL, as given
    struct reader_file files[MAX_FILES];
    size_t file_count, bytes;
    const char **notes;
    size_t note_count;
    xmlHashTable *known; // of imports.tsv, by location and file; counts more than the file system
    struct wsdl_import *imports; // as they were met
    size_t import_count;
    xmlHashTable *met;  // the same, by location and file
    const char *absent; // the first file that an import names and that is not there
    bool is_open;       // nothing is taken from gSOAP's own type map
    size_t part_types;  // made for parts that the schemas have no name for
    struct schemas *schemas;
    struct err *err;
};

struct reader *reader_new(struct arena *arena, const char *path, struct err *err);
void reader_free(struct reader **reader);
#define AUTO_READER __attribute__((cleanup(reader_free)))

// The file, read once. NULL with reader->err set when it cannot be read.
struct reader_file *reader_load(struct reader *reader, const char *path);
// What an import of `node` names: a file, or NULL with a note when there is none that can be read.
struct reader_file *reader_follow(struct reader *reader, const xmlNode *node, const char *location);
const char *reader_path_of(const struct reader *reader, const xmlNode *node);
// What was changed or left out, for people. `node` gives the place; NULL: the WSDL as a whole.
void reader_note(struct reader *reader, const xmlNode *node, const char *format, ...)
    PRINTF_LIKE(3, 4);
// "file:line", with the file as it lies to the WSDL.
const char *reader_place(const struct reader *reader, const xmlNode *node);

// --- nodes ---

bool is_node(const xmlNode *node, const char *namespace, const char *name);
// The first child of that name, or the next one after `after`. NULL parent gives NULL.
xmlNode *child_of(const xmlNode *parent, const xmlNode *after, const char *namespace,
                  const char *name);

#define EACH_CHILD(node, parent, namespace, name)                                                  \
    for (xmlNode *node = child_of((parent), NULL, (namespace), (name)); node;                      \
         node = child_of((parent), node, (namespace), (name)))

bool has_attribute(const xmlNode *node, const char *name);
// Trimmed; "" when there is none, or no node.
const char *attribute_of(const struct reader *reader, const xmlNode *node, const char *name);
// Whether that is its value, "" when it is not there; takes no memory, as searches need.
bool attribute_is(const xmlNode *node, const char *name, const char *value);

struct qname {
    const char *namespace, *name; // "" for no namespace
    bool is_bound;                // false: its prefix is declared nowhere
    bool is_plain;                // written without a prefix, and no default namespace
};

struct qname qname_of(const struct reader *reader, const xmlNode *node, const char *text);

// --- schemas ---

enum component_kind {
    KIND_TYPE,
    KIND_ELEMENT,
    KIND_ATTRIBUTE,
    KIND_GROUP,
    KIND_ATTRIBUTE_GROUP,
    KIND_COUNT
};

struct component; // one global declaration of a schema

// Takes in a schema with all it imports and includes. `namespace` is that of the including schema,
// NULL when nothing includes it.
bool schemas_add(struct reader *reader, xmlNode *schema, const char *namespace) MUST_CHECK;
// The same for a schema of ours, from text.
bool schemas_add_text(struct reader *reader, const char *text) MUST_CHECK;
// Once all are in: finds what refers to what. `is_pruned`: only what is wanted will be written,
// else all that is whole goes into the texts.
bool schemas_link(struct reader *reader, bool is_pruned) MUST_CHECK;
// The same for one that was added later.
void schemas_link_one(struct reader *reader, struct component *component);
struct component *schemas_find(struct reader *reader, enum component_kind kind, struct qname name);
// The type of an element, NULL for one of XML Schema; a nameless one is given the element's name.
struct component *schemas_type_of(struct reader *reader, const struct component *element,
                                  struct qname *ret);
enum want { WANT_TEXTS = 1, WANT_COPY = 2, WANT_ALL = WANT_TEXTS | WANT_COPY };
// Marks the component, and all it may hold, as wanted in the texts, the copy for gSOAP, or both.
void schemas_want(struct reader *reader, struct component *component, enum want want);
// When any type may stand somewhere.
void schemas_want_all(struct reader *reader, enum want want);
// Whether the names of that namespace can be had from the texts though no schema declares them.
bool schemas_is_written(const char *namespace);
// True for a namespace that gSOAP brings along, so that nobody has to define it.
bool schemas_is_known(const char *namespace);
bool schemas_is_stock(const char *namespace); // known, but only to gSOAP's own type map
bool schemas_use_stock(const struct reader *reader);

// The schemas, one a namespace, as children of `types`; documentation left out.
void schemas_write_inline(struct reader *reader, xmlNode *types);
// As texts for the module; the first imports the others.
void schemas_write_texts(struct reader *reader, const char ***ret_texts, size_t *ret_count);
void schemas_free(struct schemas *schemas);

#endif
