// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads a WSDL: its SOAP ports, their operations, its schemas and the files it imports. Knows
// nothing of gSOAP or C. Only files are read, never the network; a schema that is not there is left
// for gSOAP to judge. Door to libxml2 for the generator.

#include "bind.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/uri.h>
#include <stdio.h>
#include <unistd.h>

#define WSDL_NS    "http://schemas.xmlsoap.org/wsdl/"
#define SOAP11_NS  "http://schemas.xmlsoap.org/wsdl/soap/"
#define SOAP12_NS  "http://schemas.xmlsoap.org/wsdl/soap12/"
#define XSD_NS     "http://www.w3.org/2001/XMLSchema"
#define DRIVER_NS  "urn:switchhook:schemas"
#define SCHEMA_URL "switchhook:///" // SOAP_MODULE_SCHEMA_URL

enum { MAX_FILES = 500, MAX_SCHEMAS = 1000, MAX_OPERATIONS = 5000 };

struct file {
    const char *path;
    xmlDoc *doc;
    bool is_wsdl;
    int schema; // its index as a schema; -1: none
};

struct schema {
    xmlDoc *doc;
    const char *target; // namespace, "" when none
    bool is_inline;     // from <types>, so nothing else refers to it by place
};

struct reader {
    struct wsdl *wsdl;
    struct file files[MAX_FILES];
    size_t file_count;
    struct schema schemas[MAX_SCHEMAS];
    size_t schema_count;
    struct err *err;
};

static void reader_free(struct reader **reader)
{
    if (!*reader)
        return;
    for (size_t i = 0; i < (*reader)->file_count; i++)
        xmlFreeDoc((*reader)->files[i].doc);
    for (size_t i = 0; i < (*reader)->schema_count; i++)
        xmlFreeDoc((*reader)->schemas[i].doc);
    free(*reader);
}

// --- nodes ---

static bool is_node(const xmlNode *node, const char *namespace, const char *name)
{
    return node->type == XML_ELEMENT_NODE && node->ns &&
           strcmp((const char *)node->ns->href, namespace) == 0 &&
           strcmp((const char *)node->name, name) == 0;
}

// The first child of that name, or the next one after `after`.
static xmlNode *child_of(const xmlNode *parent, const xmlNode *after, const char *namespace,
                         const char *name)
{
    for (xmlNode *node = after ? after->next : parent->children; node; node = node->next) {
        if (is_node(node, namespace, name))
            return node;
    }
    return NULL;
}

#define EACH_CHILD(node, parent, namespace, name)                                                  \
    for (xmlNode *node = child_of((parent), NULL, (namespace), (name)); node;                      \
         node = child_of((parent), node, (namespace), (name)))

// "" when there is none.
static const char *attribute_of(const struct reader *reader, const xmlNode *node, const char *name)
{
    xmlChar *value = node ? xmlGetNoNsProp(node, (const xmlChar *)name) : NULL;
    const char *copy = arena_strdup(reader->wsdl->arena, value ? (const char *)value : "");
    xmlFree(value);
    return copy;
}

static const char *local_part(const char *qname)
{
    const char *colon = strchr(qname, ':');
    return colon ? colon + 1 : qname;
}

// --- files ---

static const char *resolve(const struct reader *reader, const char *base, const char *location)
{
    xmlChar *path = xmlBuildURI((const xmlChar *)location, (const xmlChar *)base);
    const char *copy = arena_strdup(reader->wsdl->arena, path ? (const char *)path : location);
    xmlFree(path);
    return copy;
}

static bool fail_parse(struct reader *reader, const char *path, xmlParserCtxt *parser)
{
    const xmlError *error = xmlCtxtGetLastError(parser);
    const char *message = error && error->message ? error->message : "not readable as XML";
    return err_set(reader->err, ERR_INVALID, "%s:%d:%d: %.*s", path, error ? error->line : 0,
                   error ? error->int2 : 0, (int)strcspn(message, "\n"), message);
}

// The file, read once; NULL with reader->err set when it is there and broken, or too many.
static struct file *file_load(struct reader *reader, const char *path)
{
    for (size_t i = 0; i < reader->file_count; i++) {
        if (strcmp(reader->files[i].path, path) == 0)
            return &reader->files[i];
    }
    if (reader->file_count == MAX_FILES) {
        err_set(reader->err, ERR_TOO_LARGE, "%s: imports more than %d files", reader->wsdl->path,
                MAX_FILES);
        return NULL;
    }
    xmlParserCtxt *parser = xmlNewParserCtxt();
    require(parser != NULL);
    xmlDoc *doc = xmlCtxtReadFile(parser, path, NULL,
                                  XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    struct file *file = NULL;
    if (!doc || !xmlDocGetRootElement(doc)) {
        fail_parse(reader, path, parser);
        xmlFreeDoc(doc);
    } else {
        file = &reader->files[reader->file_count++];
        *file = (struct file){.path = path, .doc = doc, .schema = -1};
    }
    xmlFreeParserCtxt(parser);
    return file;
}

// True and *ret_file NULL when the location is no file that is there.
static bool file_find(struct reader *reader, const char *base, const char *location,
                      struct file **ret_file)
{
    *ret_file = NULL;
    const char *path = *location ? resolve(reader, base, location) : "";
    if (!*path || access(path, R_OK) != 0)
        return true;
    *ret_file = file_load(reader, path);
    return *ret_file != NULL;
}

static bool read_wsdl_files(struct reader *reader, const char *path)
{
    struct file *file = file_load(reader, path);
    if (!file)
        return false;
    xmlNode *root = xmlDocGetRootElement(file->doc);
    if (file->is_wsdl || !is_node(root, WSDL_NS, "definitions"))
        return file->is_wsdl || reader->file_count > 1 ||
               err_set(reader->err, ERR_INVALID, "%s:%d: not a WSDL 1.1: the root element is <%s>",
                       path, (int)xmlGetLineNo(root), (const char *)root->name);
    file->is_wsdl = true;
    EACH_CHILD(import, root, WSDL_NS, "import")
    {
        const char *imported = resolve(reader, path, attribute_of(reader, import, "location"));
        if (access(imported, R_OK) == 0 && !read_wsdl_files(reader, imported))
            return false;
    }
    return true;
}

// A top-level element of any of the WSDLs, by its local name.
static xmlNode *find_top(const struct reader *reader, const char *element, const char *qname)
{
    for (size_t i = 0; i < reader->file_count; i++) {
        if (!reader->files[i].is_wsdl)
            continue;
        EACH_CHILD(node, xmlDocGetRootElement(reader->files[i].doc), WSDL_NS, element)
        {
            if (strcmp(attribute_of(reader, node, "name"), local_part(qname)) == 0)
                return node;
        }
    }
    return NULL;
}

// --- ports and operations ---

static const char *soap_namespace(int version)
{
    return version == 12 ? SOAP12_NS : SOAP11_NS;
}

// The SOAP version of a port's binding; 0: none.
static int port_version(const struct reader *reader, const xmlNode *port)
{
    xmlNode *binding = find_top(reader, "binding", attribute_of(reader, port, "binding"));
    if (binding && child_of(binding, NULL, SOAP11_NS, "binding"))
        return 11;
    return binding && child_of(binding, NULL, SOAP12_NS, "binding") ? 12 : 0;
}

// Whether an answer with content is to be expected.
static bool has_reply(const struct reader *reader, const xmlNode *port_type, const char *name,
                      const char *style)
{
    EACH_CHILD(operation, port_type, WSDL_NS, "operation")
    {
        if (strcmp(attribute_of(reader, operation, "name"), name) != 0)
            continue;
        xmlNode *output = child_of(operation, NULL, WSDL_NS, "output");
        xmlNode *message = find_top(reader, "message", attribute_of(reader, output, "message"));
        bool is_rpc = strcmp(style, "rpc") == 0; // then there is a wrapper even around nothing
        return output && (is_rpc || !message || child_of(message, NULL, WSDL_NS, "part"));
    }
    return true; // gSOAP will complain of the missing one
}

static bool add_operation(struct reader *reader, const struct wsdl_operation *operation, int line)
{
    struct wsdl *wsdl = reader->wsdl;
    for (size_t i = 0; i < wsdl->operation_count; i++) {
        if (strcmp(wsdl->operations[i].name, operation->name) == 0 &&
            strcmp(wsdl->operations[i].port, operation->port) == 0)
            return err_set(reader->err, ERR_INVALID,
                           "%s:%d: operation %s is there twice in port %s", wsdl->path, line,
                           operation->name, operation->port);
    }
    if (wsdl->operation_count == MAX_OPERATIONS)
        return err_set(reader->err, ERR_TOO_LARGE, "%s: more than %d operations", wsdl->path,
                       MAX_OPERATIONS);
    wsdl->operations[wsdl->operation_count++] = *operation;
    return true;
}

static bool read_port(struct reader *reader, const xmlNode *port)
{
    const char *namespace = soap_namespace(reader->wsdl->version);
    xmlNode *binding = find_top(reader, "binding", attribute_of(reader, port, "binding"));
    xmlNode *port_type = find_top(reader, "portType", attribute_of(reader, binding, "type"));
    const char *usual_style =
        attribute_of(reader, child_of(binding, NULL, namespace, "binding"), "style");
    xmlNode *address = child_of(port, NULL, namespace, "address");
    EACH_CHILD(node, binding, WSDL_NS, "operation")
    {
        xmlNode *soap = child_of(node, NULL, namespace, "operation");
        const char *own_style = attribute_of(reader, soap, "style");
        const char *name = attribute_of(reader, node, "name");
        const char *style = *own_style ? own_style : *usual_style ? usual_style : "document";
        struct wsdl_operation operation = {
            .name = name,
            .port = attribute_of(reader, port, "name"),
            .binding = attribute_of(reader, binding, "name"),
            .endpoint = attribute_of(reader, address, "location"),
            .action = attribute_of(reader, soap, "soapAction"),
            .style = style,
            .is_one_way = port_type && !has_reply(reader, port_type, name, style),
        };
        if (!add_operation(reader, &operation, (int)xmlGetLineNo(node)))
            return false;
    }
    return true;
}

// Calls of `visit` for each port of each service, until one returns false.
typedef bool port_fn(struct reader *reader, xmlNode *port);

static bool each_port(struct reader *reader, port_fn *visit)
{
    for (size_t i = 0; i < reader->file_count; i++) {
        if (!reader->files[i].is_wsdl)
            continue;
        EACH_CHILD(service, xmlDocGetRootElement(reader->files[i].doc), WSDL_NS, "service")
        {
            xmlNode *next;
            for (xmlNode *port = child_of(service, NULL, WSDL_NS, "port"); port; port = next) {
                next = child_of(service, port, WSDL_NS, "port");
                if (!visit(reader, port))
                    return false;
            }
        }
    }
    return true;
}

static bool take_version(struct reader *reader, xmlNode *port)
{
    reader->wsdl->version = port_version(reader, port);
    return reader->wsdl->version == 0; // go on until there is one
}

static bool take_operations(struct reader *reader, xmlNode *port)
{
    return port_version(reader, port) != reader->wsdl->version || read_port(reader, port);
}

static bool read_operations(struct reader *reader)
{
    struct wsdl *wsdl = reader->wsdl;
    wsdl->operations = arena_alloc(wsdl->arena, MAX_OPERATIONS * sizeof(*wsdl->operations));
    each_port(reader, take_version);
    if (!wsdl->version)
        return err_set(reader->err, ERR_INVALID, "%s: no service has a SOAP port", wsdl->path);
    if (!each_port(reader, take_operations))
        return false;
    return wsdl->operation_count > 0 ||
           err_set(reader->err, ERR_INVALID, "%s: its SOAP ports have no operations", wsdl->path);
}

// --- the copy for gSOAP ---

static bool drop_other_port(struct reader *reader, xmlNode *port)
{
    if (port_version(reader, port) != reader->wsdl->version) {
        xmlUnlinkNode(port);
        xmlFreeNode(port);
    }
    return true;
}

static bool is_bound(const struct reader *reader, const char *binding)
{
    for (size_t i = 0; i < reader->wsdl->operation_count; i++) {
        if (strcmp(reader->wsdl->operations[i].binding, binding) == 0)
            return true;
    }
    return false;
}

// The copy lies elsewhere, so what it imports gets its whole path.
static void make_absolute(struct reader *reader, xmlNode *parent)
{
    static const char *const attributes[] = {"location", "schemaLocation"};
    for (xmlNode *node = xmlFirstElementChild(parent); node; node = xmlNextElementSibling(node)) {
        for (size_t i = 0; i < COUNT_OF(attributes); i++) {
            const char *location = attribute_of(reader, node, attributes[i]);
            const char *path = *location ? resolve(reader, reader->wsdl->path, location) : "";
            if (*path && access(path, R_OK) == 0)
                xmlSetProp(node, (const xmlChar *)attributes[i], (const xmlChar *)path);
        }
        if (is_node(node, WSDL_NS, "types") || is_node(node, XSD_NS, "schema"))
            make_absolute(reader, node);
    }
}

static bool write_copy(struct reader *reader, const char *copy_path)
{
    each_port(reader, drop_other_port);
    xmlDoc *doc = reader->files[0].doc;
    xmlNode *root = xmlDocGetRootElement(doc), *next;
    make_absolute(reader, root);
    for (xmlNode *binding = child_of(root, NULL, WSDL_NS, "binding"); binding; binding = next) {
        next = child_of(root, binding, WSDL_NS, "binding");
        if (!is_bound(reader, attribute_of(reader, binding, "name"))) {
            xmlUnlinkNode(binding);
            xmlFreeNode(binding);
        }
    }
    return xmlSaveFile(copy_path, doc) > 0 ||
           err_set(reader->err, ERR_IO, "%s: cannot be written", copy_path);
}

// --- schemas ---

static const char *schema_url(const struct reader *reader, int index)
{
    return arena_printf(reader->wsdl->arena, SCHEMA_URL "%d.xsd", index);
}

static bool schema_add(struct reader *reader, xmlNode *root, const char *base, bool is_inline,
                       int *ret_index);

// The schema in a file, added when it is new; -1 when the file holds none.
static bool schema_of_file(struct reader *reader, struct file *file, int *ret_index)
{
    xmlNode *root = xmlDocGetRootElement(file->doc);
    *ret_index = file->schema;
    if (file->schema >= 0 || !is_node(root, XSD_NS, "schema"))
        return true;
    file->schema = (int)reader->schema_count; // known before its imports, which may come back here
    return schema_add(reader, root, file->path, false, ret_index);
}

static bool link_child(struct reader *reader, xmlNode *node, const char *base)
{
    struct file *file;
    int index = -1;
    if (!file_find(reader, base, attribute_of(reader, node, "schemaLocation"), &file))
        return false;
    if (file && !schema_of_file(reader, file, &index))
        return false;
    if (index >= 0)
        xmlSetProp(node, (const xmlChar *)"schemaLocation",
                   (const xmlChar *)schema_url(reader, index));
    else
        xmlUnsetProp(node, (const xmlChar *)"schemaLocation");
    return true;
}

// Copies a schema into a document of its own, with the namespaces it saw, and follows its imports.
static bool schema_add(struct reader *reader, xmlNode *root, const char *base, bool is_inline,
                       int *ret_index)
{
    if (reader->schema_count == MAX_SCHEMAS)
        return err_set(reader->err, ERR_TOO_LARGE, "%s: more than %d schemas", reader->wsdl->path,
                       MAX_SCHEMAS);
    *ret_index = (int)reader->schema_count;
    xmlDoc *doc = xmlNewDoc((const xmlChar *)"1.0");
    xmlNode *copy = xmlDocCopyNode(root, doc, 1);
    require(doc && copy);
    xmlDocSetRootElement(doc, copy);
    xmlNs **namespaces = xmlGetNsList(root->doc, root);
    for (size_t i = 0; namespaces && namespaces[i]; i++)
        xmlNewNs(copy, namespaces[i]->href, namespaces[i]->prefix); // does nothing when it is there
    xmlFree(namespaces);
    reader->schemas[reader->schema_count++] =
        (struct schema){.doc = doc,
                        .target = attribute_of(reader, copy, "targetNamespace"),
                        .is_inline = is_inline};

    static const char *const links[] = {"import", "include", "redefine"};
    for (size_t i = 0; i < COUNT_OF(links); i++) {
        EACH_CHILD(node, copy, XSD_NS, links[i])
        {
            if (!link_child(reader, node, base))
                return false;
        }
    }
    return true;
}

static bool read_schemas(struct reader *reader)
{
    reader->schema_count = 1; // the driver
    for (size_t i = 0; i < reader->file_count; i++) {
        if (!reader->files[i].is_wsdl)
            continue;
        EACH_CHILD(types, xmlDocGetRootElement(reader->files[i].doc), WSDL_NS, "types")
        {
            EACH_CHILD(schema, types, XSD_NS, "schema")
            {
                int index;
                if (!schema_add(reader, schema, reader->files[i].path, true, &index))
                    return false;
            }
        }
    }
    return true;
}

// libxml2 takes one document per namespace, a WSDL may hold several: `with` includes them all.
static int schema_for(struct reader *reader, const char *namespace)
{
    int found = -1;
    size_t count = 0, before = reader->schema_count;
    for (size_t i = 1; i < before; i++) {
        if (reader->schemas[i].is_inline && strcmp(reader->schemas[i].target, namespace) == 0) {
            found = (int)i;
            count++;
        }
    }
    if (count < 2 || before == MAX_SCHEMAS)
        return found;
    AUTO_BUF struct buf text;
    buf_init(&text, 1 << 20);
    buf_printf(&text, "<xsd:schema xmlns:xsd='" XSD_NS "'/>");
    xmlDoc *doc = xmlReadMemory(text.data, (int)text.len, NULL, NULL, 0);
    require(doc != NULL);
    xmlNode *root = xmlDocGetRootElement(doc);
    if (*namespace)
        xmlNewProp(root, (const xmlChar *)"targetNamespace", (const xmlChar *)namespace);
    for (size_t i = 1; i < before; i++) {
        struct schema *schema = &reader->schemas[i];
        if (!schema->is_inline || strcmp(schema->target, namespace) != 0)
            continue;
        schema->is_inline = false;
        xmlNode *include = xmlNewChild(root, root->ns, (const xmlChar *)"include", NULL);
        xmlNewProp(include, (const xmlChar *)"schemaLocation",
                   (const xmlChar *)schema_url(reader, (int)i));
    }
    reader->schemas[reader->schema_count++] =
        (struct schema){.doc = doc, .target = namespace, .is_inline = true};
    return (int)before;
}

static void import_into(const struct reader *reader, xmlNode *root, const char *namespace,
                        int index)
{
    xmlNode *import = xmlNewChild(root, root->ns, (const xmlChar *)"import", NULL);
    if (*namespace)
        xmlNewProp(import, (const xmlChar *)"namespace", (const xmlChar *)namespace);
    xmlNewProp(import, (const xmlChar *)"schemaLocation",
               (const xmlChar *)schema_url(reader, index));
}

// Imports without a place mean the other schemas of the WSDL.
static void link_by_namespace(struct reader *reader)
{
    for (size_t i = 1; i < reader->schema_count; i++) {
        EACH_CHILD(import, xmlDocGetRootElement(reader->schemas[i].doc), XSD_NS, "import")
        {
            int index = schema_for(reader, attribute_of(reader, import, "namespace"));
            if (index >= 0 && !*attribute_of(reader, import, "schemaLocation"))
                xmlSetProp(import, (const xmlChar *)"schemaLocation",
                           (const xmlChar *)schema_url(reader, index));
        }
    }
}

static void write_schemas(struct reader *reader)
{
    struct wsdl *wsdl = reader->wsdl;
    link_by_namespace(reader);
    static const char driver[] =
        "<xsd:schema xmlns:xsd='" XSD_NS "' targetNamespace='" DRIVER_NS "'/>";
    reader->schemas[0].doc = xmlReadMemory(driver, sizeof(driver) - 1, NULL, NULL, 0);
    require(reader->schemas[0].doc != NULL);
    xmlNode *root = xmlDocGetRootElement(reader->schemas[0].doc);
    for (size_t i = 1; i < reader->schema_count; i++) {
        const struct schema *schema = &reader->schemas[i];
        if (schema->is_inline && schema_for(reader, schema->target) == (int)i)
            import_into(reader, root, schema->target, (int)i);
    }
    wsdl->schema_count = reader->schema_count > 1 ? reader->schema_count : 0;
    wsdl->schemas = arena_alloc(wsdl->arena, reader->schema_count * sizeof(*wsdl->schemas));
    for (size_t i = 0; i < wsdl->schema_count; i++) {
        xmlChar *text;
        int len;
        xmlDocDumpMemoryEnc(reader->schemas[i].doc, &text, &len, "UTF-8");
        require(text != NULL);
        wsdl->schemas[i] = arena_strdup(wsdl->arena, (const char *)text);
        xmlFree(text);
    }
}

bool wsdl_read(struct arena *arena, const char *path, const char *copy_path, struct wsdl *ret,
               struct err *err)
{
    __attribute__((cleanup(reader_free))) struct reader *reader = mem_alloc(sizeof(*reader));
    struct wsdl wsdl = {.arena = arena, .path = path};
    reader->wsdl = &wsdl;
    reader->err = err;
    if (!read_wsdl_files(reader, path) || !read_operations(reader) || !read_schemas(reader))
        return false;
    write_schemas(reader);
    if (copy_path && !write_copy(reader, copy_path))
        return false;
    wsdl.files = arena_alloc(arena, reader->file_count * sizeof(*wsdl.files));
    for (size_t i = 0; i < reader->file_count; i++)
        wsdl.files[wsdl.file_count++] = reader->files[i].path;
    *ret = wsdl;
    return true;
}
