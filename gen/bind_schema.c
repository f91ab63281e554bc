// SPDX-License-Identifier: GPL-3.0-or-later
//
// Collects the global declarations of all schemas of a WSDL, whatever file they lie in, and finds
// what refers to what. A schema without a namespace that is included takes on the includer's; what
// is redefined keeps its old self under another name; of two declarations with one name the first
// counts. What is defined nowhere is a note with its place.

#include "bind_schema.h"

#include <stdio.h>

static const char *const kind_words[] = {"type", "element", "attribute", "group",
                                         "attribute group"};
static const char *const kind_keys[] = {"t", "e", "a", "g", "ag"};

// Namespaces that gSOAP or this generator brings along; a schema of one is not read.
static const char *const built_in[] = {XSD_NS,
                                       XML_NS,
                                       WSDL_NS,
                                       SOAPENC_NS,
                                       SOAPENC12_NS,
                                       "http://schemas.xmlsoap.org/soap/envelope/",
                                       "http://www.w3.org/2003/05/soap-envelope"};

// Namespaces of which gSOAP has an own rendering, used when the WSDL brings none.
static const char *const stock[] = {
    "http://schemas.xmlsoap.org/ws/2003/03/addressing",
    "http://schemas.xmlsoap.org/ws/2004/03/addressing",
    "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "http://www.w3.org/2005/08/addressing",
    "http://www.w3.org/2000/09/xmldsig#",
    "http://www.w3.org/2001/04/xmlenc#",
    "http://www.w3.org/2001/10/xml-exc-c14n#",
    "http://www.w3.org/2004/06/xmlmime",
    "http://www.w3.org/2004/11/xmlmime",
    "http://www.w3.org/2004/08/xop/include",
    "http://schemas.xmlsoap.org/ws/2004/09/policy",
    "http://schemas.xmlsoap.org/ws/2005/02/trust",
    "http://schemas.xmlsoap.org/ws/2005/02/sc",
    "http://schemas.xmlsoap.org/ws/2005/02/rm",
    "http://docs.oasis-open.org/ws-sx/ws-trust/200512",
    "http://docs.oasis-open.org/ws-sx/ws-secureconversation/200512",
    "http://docs.oasis-open.org/ws-rx/wsrm/200702",
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd",
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd",
    "urn:oasis:names:tc:SAML:1.0:assertion",
    "urn:oasis:names:tc:SAML:2.0:assertion"};

#define XLINK_NS "http://www.w3.org/1999/xlink"
#define XMIME_NS "http://www.w3.org/2005/05/xmlmime"

#define APACHE_NS "http://xml.apache.org/xml-soap"

// Services of Axis and PHP name it and often do not declare it.
static const char map_schema[] =
    "<xs:schema xmlns:xs='" XSD_NS "' targetNamespace='" APACHE_NS "'><xs:complexType name='Map'>"
    "<xs:sequence><xs:element name='item' minOccurs='0' maxOccurs='unbounded'><xs:complexType>"
    "<xs:sequence><xs:element name='key' type='xs:anyType'/>"
    "<xs:element name='value' type='xs:anyType' nillable='true'/></xs:sequence></xs:complexType>"
    "</xs:element></xs:sequence></xs:complexType></xs:schema>";
static const char xlink_schema[] =
    "<xs:schema xmlns:xs='" XSD_NS "' targetNamespace='" XLINK_NS "'>"
    "<xs:attribute name='href' type='xs:anyURI'/><xs:attribute name='type' type='xs:string'/>"
    "<xs:attribute name='role' type='xs:anyURI'/><xs:attribute name='arcrole' type='xs:anyURI'/>"
    "<xs:attribute name='title' type='xs:string'/><xs:attribute name='show' type='xs:string'/>"
    "<xs:attribute name='actuate' type='xs:string'/><xs:attribute name='label' type='xs:NCName'/>"
    "<xs:attribute name='from' type='xs:NCName'/><xs:attribute name='to' type='xs:NCName'/>"
    "</xs:schema>";
static const char xmime_schema[] =
    "<xs:schema xmlns:xs='" XSD_NS "' xmlns:m='" XMIME_NS "' targetNamespace='" XMIME_NS "'>"
    "<xs:attribute name='contentType' type='xs:string'/>"
    "<xs:attribute name='expectedContentTypes' type='xs:string'/>"
    "<xs:complexType name='base64Binary'><xs:simpleContent><xs:extension base='xs:base64Binary'>"
    "<xs:attribute ref='m:contentType'/></xs:extension></xs:simpleContent></xs:complexType>"
    "</xs:schema>";

static bool is_among(const char *const *list, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i], text) == 0)
            return true;
    }
    return false;
}

bool schemas_is_stock(const char *namespace)
{
    return is_among(stock, COUNT_OF(stock), namespace);
}

bool schemas_is_known(const char *namespace)
{
    return is_among(built_in, COUNT_OF(built_in), namespace) ||
           is_among(stock, COUNT_OF(stock), namespace);
}

bool schemas_use_stock(const struct reader *reader)
{
    return reader->schemas && reader->schemas->uses_stock;
}

static const struct reference references[] = {
    {"element", "type", KIND_TYPE},
    {"element", "ref", KIND_ELEMENT},
    {"element", "substitutionGroup", KIND_ELEMENT},
    {"attribute", "type", KIND_TYPE},
    {"attribute", "ref", KIND_ATTRIBUTE},
    {"group", "ref", KIND_GROUP},
    {"attributeGroup", "ref", KIND_ATTRIBUTE_GROUP},
    {"extension", "base", KIND_TYPE},
    {"restriction", "base", KIND_TYPE},
    {"list", "itemType", KIND_TYPE},
    {"union", "memberTypes", KIND_TYPE},
};

const struct reference *reference_of(const char *element, const char *attribute)
{
    for (size_t i = 0; i < COUNT_OF(references); i++) {
        if (strcmp(references[i].element, element) == 0 &&
            strcmp(references[i].attribute, attribute) == 0)
            return &references[i];
    }
    return NULL;
}

// --- the collection ---

static struct schemas *schemas_of(struct reader *reader)
{
    if (!reader->schemas) {
        reader->schemas = mem_alloc(sizeof(*reader->schemas));
        reader->schemas->index = xmlHashCreate(1024);
        require(reader->schemas->index != NULL);
    }
    return reader->schemas;
}

void schemas_free(struct schemas *schemas)
{
    if (!schemas)
        return;
    for (size_t i = 0; i < schemas->count; i++) {
        free(schemas->components[i]->uses.items);
        free(schemas->components[i]->heirs.items);
        free(schemas->components[i]->circles.items);
    }
    for (size_t i = 0; i < schemas->own_count; i++)
        xmlFreeDoc(schemas->own_docs[i]);
    xmlHashFree(schemas->index, NULL);
    free(schemas->components);
    free(schemas->own_docs);
    free(schemas);
}

struct space *space_of(struct reader *reader, const char *name)
{
    struct schemas *schemas = schemas_of(reader);
    for (size_t i = 0; i < schemas->space_count; i++) {
        if (strcmp(schemas->spaces[i].name, name) == 0)
            return &schemas->spaces[i];
    }
    if (schemas->space_count == MAX_SPACES)
        return NULL;
    struct space *space = &schemas->spaces[schemas->space_count++];
    *space = (struct space){.name = arena_strdup(reader->arena, name), .text_index = -1};
    return space;
}

static struct component *lookup(struct reader *reader, enum component_kind kind,
                                const char *namespace, const char *name)
{
    return xmlHashLookup3(schemas_of(reader)->index, (const xmlChar *)name,
                          (const xmlChar *)namespace, (const xmlChar *)kind_keys[kind]);
}

static void list_add(struct component_list *list, struct component *item)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 4;
        list->items = mem_grow(list->items, list->capacity * sizeof(struct component *));
    }
    list->items[list->count++] = item;
}

static bool is_skipped(const xmlNode *node)
{
    return node->type != XML_ELEMENT_NODE || is_node(node, XSD_NS, "annotation");
}

static const xmlNode *next_shown(const xmlNode *node)
{
    while (node && is_skipped(node))
        node = node->next;
    return node;
}

static bool is_alike(const struct reader *reader, const xmlNode *a, const xmlNode *b)
{
    if (strcmp((const char *)a->name, (const char *)b->name) != 0)
        return false;
    size_t balance = 0;
    for (const xmlAttr *attr = a->properties; attr; attr = attr->next, balance++) {
        const char *name = (const char *)attr->name;
        if (strcmp(attribute_of(reader, a, name), attribute_of(reader, b, name)) != 0)
            return false;
    }
    for (const xmlAttr *attr = b->properties; attr; attr = attr->next)
        balance--;
    const xmlNode *x = next_shown(a->children), *y = next_shown(b->children);
    for (; x && y; x = next_shown(x->next), y = next_shown(y->next)) {
        if (!is_alike(reader, x, y))
            return false;
    }
    return balance == 0 && !x && !y;
}

static void index_add(struct reader *reader, struct component *component)
{
    xmlHashAddEntry3(schemas_of(reader)->index, (const xmlChar *)component->name,
                     (const xmlChar *)component->source->space->name,
                     (const xmlChar *)kind_keys[component->kind], component);
}

// The one that is redefined goes on under a name that no schema can use by accident.
static void step_aside(struct reader *reader, struct component *component)
{
    xmlHashRemoveEntry3(schemas_of(reader)->index, (const xmlChar *)component->name,
                        (const xmlChar *)component->source->space->name,
                        (const xmlChar *)kind_keys[component->kind], NULL);
    component->name = arena_printf(reader->arena, "%s.redefined", component->name);
    index_add(reader, component);
}

// Declarations in the WSDL's namespace are a forgotten prefix. How many there were.
static size_t adopt_children(xmlNode *node, xmlNs *xsd)
{
    size_t count = 0;
    for (xmlNode *child = node->children; child; child = child->next) {
        if (is_skipped(child))
            continue;
        if (child->ns && strcmp((const char *)child->ns->href, WSDL_NS) == 0) {
            child->ns = xsd;
            count++;
        }
        count += adopt_children(child, xsd);
    }
    return count;
}

static int kind_of(const xmlNode *node)
{
    static const struct {
        const char *name;
        enum component_kind kind;
    } kinds[] = {{"complexType", KIND_TYPE}, {"simpleType", KIND_TYPE},
                 {"element", KIND_ELEMENT},  {"attribute", KIND_ATTRIBUTE},
                 {"group", KIND_GROUP},      {"attributeGroup", KIND_ATTRIBUTE_GROUP}};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (is_node(node, XSD_NS, kinds[i].name))
            return (int)kinds[i].kind;
    }
    return -1;
}

static bool add_component(struct reader *reader, const struct source *source, xmlNode *node,
                          bool is_redefinition)
{
    struct schemas *schemas = schemas_of(reader);
    int kind = kind_of(node);
    const char *name = attribute_of(reader, node, "name");
    if (kind < 0 || !*name)
        return true;
    struct component *before = lookup(reader, (enum component_kind)kind, source->space->name, name);
    if (before && !is_redefinition) {
        if (before->node != node && !is_alike(reader, before->node, node))
            reader_note(reader, node,
                        "%s %s is there a second time, in another way; the first counts",
                        kind_words[kind], name);
        return true;
    }
    if (schemas->count == MAX_COMPONENTS)
        return err_set(reader->err, ERR_TOO_LARGE, "%s: more than %d declarations in its schemas",
                       reader->path, MAX_COMPONENTS);
    if (schemas->count == schemas->capacity) {
        schemas->capacity = schemas->capacity ? schemas->capacity * 2 : 256;
        schemas->components =
            mem_grow(schemas->components, schemas->capacity * sizeof(struct component *));
    }
    struct component *component = arena_alloc(reader->arena, sizeof(*component));
    *component = (struct component){.kind = (enum component_kind)kind,
                                    .name = name,
                                    .node = node,
                                    .source = source,
                                    .original = before};
    schemas->components[schemas->count++] = component;
    if (before)
        step_aside(reader, before);
    index_add(reader, component);
    return true;
}

// --- imports and includes ---

static bool add_root(struct reader *reader, xmlNode *root, const char *namespace)
{
    if (is_node(root, XSD_NS, "schema"))
        return schemas_add(reader, root, namespace);
    EACH_CHILD(types, root, WSDL_NS, "types")
    {
        EACH_CHILD(schema, types, XSD_NS, "schema")
        {
            if (!schemas_add(reader, schema, NULL))
                return false;
        }
    }
    return true;
}

static bool add_linked(struct reader *reader, const struct source *source, xmlNode *node)
{
    const char *location = attribute_of(reader, node, "schemaLocation");
    if (!*location)
        location = attribute_of(reader, node, "location"); // seen in the wild
    if (!*location)
        return true;
    struct reader_file *file = reader_follow(reader, node, location);
    bool is_import = is_node(node, XSD_NS, "import");
    if (file &&
        !add_root(reader, xmlDocGetRootElement(file->doc), is_import ? NULL : source->space->name))
        return false;
    for (xmlNode *child = node->children; child && !is_import; child = child->next) {
        if (is_node(node, XSD_NS, "redefine") && !add_component(reader, source, child, true))
            return false;
    }
    return true;
}

static struct source *source_new(struct reader *reader, xmlNode *root, const char *namespace,
                                 bool is_chameleon)
{
    struct schemas *schemas = schemas_of(reader);
    struct space *space = space_of(reader, namespace);
    if (!space || schemas->source_count == MAX_SOURCES) {
        err_set(reader->err, ERR_TOO_LARGE, "%s: more than %d schemas or %d namespaces",
                reader->path, MAX_SOURCES, MAX_SPACES);
        return NULL;
    }
    if (!space->is_own) {
        space->is_own = true;
        space->qualifies_elements =
            strcmp(attribute_of(reader, root, "elementFormDefault"), "qualified") == 0;
        space->qualifies_attributes =
            strcmp(attribute_of(reader, root, "attributeFormDefault"), "qualified") == 0;
    }
    struct source *source = &schemas->sources[schemas->source_count++];
    *source = (struct source){.root = root, .space = space, .is_chameleon = is_chameleon};
    return source;
}

bool schemas_add(struct reader *reader, xmlNode *root, const char *namespace)
{
    struct schemas *schemas = schemas_of(reader);
    const char *target = attribute_of(reader, root, "targetNamespace");
    bool is_chameleon = namespace && *namespace && !*target;
    if (is_chameleon)
        target = namespace;
    for (size_t i = 0; i < schemas->source_count; i++) {
        if (schemas->sources[i].root == root &&
            strcmp(schemas->sources[i].space->name, target) == 0)
            return true;
    }
    if (is_among(built_in, COUNT_OF(built_in), target))
        return true;
    if (adopt_children(root, root->ns))
        reader_note(reader, root,
                    "declarations in the WSDL's namespace are taken as of the schema");
    struct source *source = source_new(reader, root, target, is_chameleon);
    if (!source)
        return false;
    static const char *const links[] = {"include", "redefine", "import"};
    for (size_t i = 0; i < COUNT_OF(links); i++) {
        EACH_CHILD(node, root, XSD_NS, links[i])
        {
            if (!add_linked(reader, source, node))
                return false;
        }
    }
    for (xmlNode *node = root->children; node; node = node->next) {
        if (!add_component(reader, source, node, false))
            return false;
    }
    return true;
}

bool schemas_add_text(struct reader *reader, const char *text)
{
    struct schemas *schemas = schemas_of(reader);
    xmlDoc *doc = xmlReadMemory(text, (int)strlen(text), NULL, NULL,
                                XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    if (!doc)
        return err_set(reader->err, ERR_INVALID, "%s: a name in it cannot stand in XML: %.200s",
                       reader->path, text);
    schemas->own_docs = mem_grow(schemas->own_docs, (schemas->own_count + 1) * sizeof(xmlDoc *));
    schemas->own_docs[schemas->own_count++] = doc;
    return schemas_add(reader, xmlDocGetRootElement(doc), NULL);
}

// Schemas that many refer to without bringing them.
static bool schemas_add_supplied(struct reader *reader)
{
    static const struct {
        const char *namespace, *text;
    } supplied[] = {{XLINK_NS, xlink_schema}, {XMIME_NS, xmime_schema}};
    for (size_t i = 0; i < COUNT_OF(supplied); i++) {
        const struct space *space = space_of(reader, supplied[i].namespace);
        if (space && !space->is_own && !schemas_add_text(reader, supplied[i].text))
            return false;
    }
    return true;
}

// --- what refers to what ---

// The type, made when it is first asked for.
static struct component *find_map(struct reader *reader)
{
    if (!schemas_add_text(reader, map_schema))
        return NULL; // too many schemas, which is told elsewhere
    struct component *map = lookup(reader, KIND_TYPE, APACHE_NS, "Map");
    schemas_link_one(reader, map);
    return map;
}

struct component *schemas_find(struct reader *reader, enum component_kind kind, struct qname name)
{
    struct component *found = lookup(reader, kind, name.namespace, name.name);
    bool is_map = kind == KIND_TYPE && strcmp(name.namespace, APACHE_NS) == 0 &&
                  strcmp(name.name, "Map") == 0;
    return !found && is_map ? find_map(reader) : found;
}

bool is_circular(const struct component *from, const struct component *to)
{
    for (size_t i = 0; i < from->circles.count; i++) {
        if (from->circles.items[i] == to)
            return true;
    }
    return false;
}

struct component *resolve(struct reader *reader, const struct component *from, const xmlNode *node,
                          enum component_kind kind, const char *text, struct qname *ret)
{
    const char *own = from->source->space->name;
    *ret = qname_of(reader, node, text);
    if (ret->is_plain && from->source->is_chameleon)
        ret->namespace = own;
    struct component *found = schemas_find(reader, kind, *ret);
    if (!found && (ret->is_plain || !ret->is_bound) &&
        (found = lookup(reader, kind, own, ret->name))) {
        reader_note(reader, node, "%s \"%s\" is taken as of namespace %s", kind_words[kind], text,
                    own);
        ret->namespace = own;
    }
    if (found && found == from && from->original)
        found = from->original;
    if (found)
        ret->name = found->name;
    return found;
}

static bool is_own_space(struct reader *reader, const char *namespace)
{
    const struct space *space = space_of(reader, namespace);
    return space && space->is_own;
}

bool is_elsewhere(struct reader *reader, const char *namespace)
{
    return is_among(built_in, COUNT_OF(built_in), namespace) ||
           (schemas_is_stock(namespace) && !reader->is_open && !is_own_space(reader, namespace));
}

static void add_reference(struct reader *reader, struct component *component, const xmlNode *node,
                          enum component_kind kind, const char *text)
{
    struct qname name;
    struct component *found = resolve(reader, component, node, kind, text, &name);
    if (found) {
        list_add(&component->uses, found);
        bool is_derivation =
            is_node(node, XSD_NS, "extension") || is_node(node, XSD_NS, "restriction");
        if (is_derivation || has_attribute(node, "substitutionGroup"))
            list_add(&found->heirs, component); // too many is no harm
    } else if (!is_elsewhere(reader, name.namespace) ||
               (kind == KIND_TYPE && schemas_is_written(name.namespace) && !supplied_has(name))) {
        reader_note(reader, node,
                    "%s {%s}%s is defined nowhere: what stands there passes unchecked",
                    kind_words[kind], name.namespace, name.name);
    } else if (schemas_is_stock(name.namespace)) {
        schemas_of(reader)->uses_stock = true;
    } else if (strcmp(name.name, "anyType") == 0 && is_node(node, XSD_NS, "element")) {
        component->holds_any_type = true;
    }
}

// Calls add_reference for each name in the blank-separated list.
static void add_references(struct reader *reader, struct component *component, const xmlNode *node,
                           enum component_kind kind, const char *list)
{
    static const char blank[] = " \t\r\n";
    for (const char *at = list + strspn(list, blank); *at; at += strspn(at, blank)) {
        size_t len = strcspn(at, blank);
        add_reference(reader, component, node, kind,
                      arena_copy(reader->arena, (struct str){at, len}).data);
        at += len;
    }
}

static void link_node(struct reader *reader, struct component *component, const xmlNode *node)
{
    for (const xmlAttr *attr = node->properties; attr; attr = attr->next) {
        const char *name = (const char *)attr->name;
        if (attr->ns) {
            if (strcmp(name, "arrayType") != 0)
                continue;
            xmlChar *value = xmlGetNsProp(node, attr->name, attr->ns->href);
            struct str type = {(const char *)value, strcspn((const char *)value, "[")};
            add_references(reader, component, node, KIND_TYPE,
                           arena_copy(reader->arena, type).data);
            xmlFree(value);
            continue;
        }
        const struct reference *reference = reference_of((const char *)node->name, name);
        if (reference)
            add_references(reader, component, node, reference->kind,
                           attribute_of(reader, node, name));
    }
    for (const xmlNode *child = node->children; child; child = child->next) {
        if (child->type == XML_ELEMENT_NODE && child->ns &&
            strcmp((const char *)child->ns->href, XSD_NS) == 0 &&
            !is_node(child, XSD_NS, "annotation"))
            link_node(reader, component, child);
    }
}

// How much a group holds, with the groups in it. Groups of groups grow like 2^n, and each tool that
// reads them would unfold them all.
static bool weigh(struct reader *reader, struct component *group, int depth)
{
    enum { MAX_WEIGHT = 100000, MAX_DEPTH = 1000 };
    group->weighing = WEIGHT_IN_WORK;
    group->weight = 1;
    for (size_t i = 0; i < group->uses.count; i++) {
        struct component *use = group->uses.items[i];
        bool is_group = use->kind == KIND_GROUP || use->kind == KIND_ATTRIBUTE_GROUP;
        if (is_group && use->weighing == WEIGHT_IN_WORK) {
            list_add(&group->circles, use);
            continue;
        }
        bool is_known = !is_group || use->weighing == WEIGHT_KNOWN;
        if (!is_known && depth < MAX_DEPTH && !weigh(reader, use, depth + 1))
            return false;
        group->weight += is_group ? use->weight : 1;
        if (group->weight > MAX_WEIGHT || (!is_known && depth == MAX_DEPTH))
            return err_set(
                reader->err, ERR_TOO_LARGE,
                "%s: group %s, with the groups in it, stands for more than %d declarations",
                reader_place(reader, group->node), group->name, MAX_WEIGHT);
    }
    group->weighing = WEIGHT_KNOWN;
    return true;
}

static bool weigh_all(struct reader *reader)
{
    struct schemas *schemas = schemas_of(reader);
    for (size_t i = 0; i < schemas->count; i++) {
        struct component *component = schemas->components[i];
        bool is_group = component->kind == KIND_GROUP || component->kind == KIND_ATTRIBUTE_GROUP;
        if (is_group && component->weighing == WEIGHT_UNKNOWN && !weigh(reader, component, 0))
            return false;
    }
    return true;
}

bool schemas_link(struct reader *reader, bool is_pruned)
{
    struct schemas *schemas = schemas_of(reader);
    schemas->is_pruned = is_pruned;
    if (!schemas_add_supplied(reader))
        return false;
    for (size_t i = 0; i < schemas->count; i++)
        link_node(reader, schemas->components[i], schemas->components[i]->node);
    return weigh_all(reader);
}

void schemas_link_one(struct reader *reader, struct component *component)
{
    link_node(reader, component, component->node);
}

static xmlNode *nameless_type(const xmlNode *element)
{
    xmlNode *found = child_of(element, NULL, XSD_NS, "complexType");
    return found ? found : child_of(element, NULL, XSD_NS, "simpleType");
}

// A copy of the type, called like its element: types and elements have names of their own.
static struct component *name_type(struct reader *reader, const struct component *element,
                                   const xmlNode *nameless)
{
    const char *name = element->name;
    while (lookup(reader, KIND_TYPE, element->source->space->name, name))
        name = arena_printf(reader->arena, "%sType", name);
    xmlNode *copy = xmlCopyNode((xmlNode *)nameless, 1);
    require(copy && xmlAddChild(element->source->root, copy));
    xmlNewProp(copy, (const xmlChar *)"name", (const xmlChar *)name);
    if (!add_component(reader, element->source, copy, false))
        return NULL;
    struct component *type = lookup(reader, KIND_TYPE, element->source->space->name, name);
    link_node(reader, type, copy);
    return type;
}

struct component *schemas_type_of(struct reader *reader, const struct component *element,
                                  struct qname *ret)
{
    const xmlNode *node = element->node, *nameless = nameless_type(node);
    *ret = (struct qname){.namespace = XSD_NS, .name = "anyType", .is_bound = true};
    if (has_attribute(node, "type"))
        return resolve(reader, element, node, KIND_TYPE, attribute_of(reader, node, "type"), ret);
    struct component *type = nameless ? name_type(reader, element, nameless) : NULL;
    if (type)
        *ret = (struct qname){element->source->space->name, type->name, true, false};
    return type;
}

// --- what is wanted ---

void schemas_want_all(struct reader *reader, enum want want)
{
    struct schemas *schemas = schemas_of(reader);
    for (size_t i = 0; i < schemas->count && !schemas->is_pruned; i++)
        schemas->components[i]->wanted |= want;
}

void schemas_want(struct reader *reader, struct component *first, enum want want)
{
    struct component_list stack = {0};
    list_add(&stack, first);
    while (stack.count) {
        struct component *component = stack.items[--stack.count];
        if ((component->wanted & want) == want)
            continue;
        component->wanted |= want;
        if (component->holds_any_type)
            schemas_want_all(reader, want);
        for (size_t i = 0; i < component->uses.count; i++)
            list_add(&stack, component->uses.items[i]);
        for (size_t i = 0; i < component->heirs.count; i++)
            list_add(&stack, component->heirs.items[i]);
    }
    free(stack.items);
}
