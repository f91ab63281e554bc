// SPDX-License-Identifier: GPL-3.0-or-later
//
// One element as JSON: references are followed, its type is what it names or what is declared, and
// its children are looked up in the type's content. Where a service is careless about namespaces,
// the local name will do; what no type describes keeps its whole name.

#include "edge/soap_json_read.h"

// --- names and attributes ---

const char *reply_name(struct reply_reader *reader, const xmlNs *ns, const xmlChar *local,
                       bool is_known)
{
    const char *name = (const char *)local;
    return ns && !is_known ? arena_printf(reader->arena, "{%s}%s", (const char *)ns->href, name)
                           : arena_strdup(reader->arena, name);
}

const char *reply_attribute(struct reply_reader *reader, const xmlNode *node, const char *name,
                            const char *namespace)
{
    const xmlChar *local = (const xmlChar *)name;
    xmlChar *value = namespace ? xmlGetNsProp(node, local, (const xmlChar *)namespace)
                               : xmlGetNoNsProp(node, local);
    if (!value)
        return NULL;
    const char *copy = arena_copy(reader->arena, str_trim(str_from((const char *)value))).data;
    xmlFree(value);
    return copy;
}

struct shape_name reply_qname(struct reply_reader *reader, const xmlNode *node, const char *text)
{
    const char *colon = strchr(text, ':');
    const char *prefix =
        colon ? arena_copy(reader->arena, (struct str){text, (size_t)(colon - text)}).data : NULL;
    const xmlNs *ns = xmlSearchNs(node->doc, (xmlNode *)node, (const xmlChar *)prefix);
    return (struct shape_name){ns ? arena_strdup(reader->arena, (const char *)ns->href) : "",
                               colon ? colon + 1 : text};
}

struct str reply_text(struct reply_reader *reader, const xmlNode *node)
{
    AUTO_BUF struct buf text;
    buf_init(&text, 64 * 1024 * 1024);
    for (const xmlNode *child = node->children; child; child = child->next) {
        if (child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE)
            buf_add_str(&text, str_from((const char *)child->content));
    }
    return text.len ? arena_copy(reader->arena, buf_str(&text)) : STR("");
}

static bool is_flag(const char *text)
{
    return text && (strcmp(text, "true") == 0 || strcmp(text, "1") == 0);
}

// --- references ---

static void index_ids(struct reply_reader *reader, xmlNode *node)
{
    for (; node; node = xmlNextElementSibling(node)) {
        const char *id = reply_attribute(reader, node, "id", NULL);
        if (!id)
            id = reply_attribute(reader, node, "id", SOAPENC12_NS);
        if (id)
            xmlHashAddEntry(reader->ids, (const xmlChar *)id, node);
        index_ids(reader, xmlFirstElementChild(node));
    }
}

static bool has_attribute(const struct shape_type *type, const char *name)
{
    for (size_t i = 0; type && i < type->attribute_count; i++) {
        if (strcmp(type->attributes[i].name.local, name) == 0)
            return true;
    }
    return false;
}

const xmlNode *reply_follow(struct reply_reader *reader, const xmlNode *node,
                            const struct shape_type *declared)
{
    if (!node->properties || node->children || has_attribute(declared, "href"))
        return node;
    const char *href = reply_attribute(reader, node, "href", NULL);
    const char *id = href && *href == '#' ? href + 1 : NULL;
    if (!id)
        id = reply_attribute(reader, node, "ref", SOAPENC12_NS);
    if (!id)
        return node;
    if (!reader->ids) {
        reader->ids = xmlHashCreate(64);
        require(reader->ids != NULL);
        index_ids(reader, xmlDocGetRootElement(reader->doc));
    }
    const xmlNode *found = xmlHashLookup(reader->ids, (const xmlChar *)id);
    if (found && ++reader->references > READ_MAX_REFERENCES)
        reader->is_too_much = true;
    return found ? found : node;
}

// --- types ---

static bool derives(const struct shape_type *type, const struct shape_type *from)
{
    while (type && type != from)
        type = type->base;
    return type != NULL;
}

// What the element says of itself, if that is a kind of what is declared.
static const struct shape_type *own_type(struct reply_reader *reader, const xmlNode *node,
                                         const struct shape_type *declared)
{
    const char *named = reply_attribute(reader, node, "type", XSI_NS);
    if (!named)
        return declared;
    struct shape_name name = reply_qname(reader, node, named);
    if (strcmp(name.namespace, SOAPENC_NS) == 0 || strcmp(name.namespace, SOAPENC12_NS) == 0)
        name.namespace = XSD_NS;
    const struct shape_type *type = soap_shape_type(reader->operation, name.namespace, name.local);
    return type && (declared->is_any || derives(type, declared)) ? type : declared;
}

// So that soap_json_encode finds the type again by it.
static const char *type_name(struct reply_reader *reader, const struct shape_type *type)
{
    struct shape_name name = type->name;
    if (soap_shape_type(reader->operation, NULL, name.local) == type)
        return name.local;
    return arena_printf(reader->arena, "{%s}%s", name.namespace, name.local);
}

// --- attributes ---

static bool is_about_encoding(const struct reply_reader *reader, const xmlAttr *attribute)
{
    static const char *const namespaces[] = {XSI_NS, SOAP11_NS, SOAP12_NS, SOAPENC_NS,
                                             SOAPENC12_NS};
    for (size_t i = 0; attribute->ns && i < COUNT_OF(namespaces); i++) {
        if (strcmp((const char *)attribute->ns->href, namespaces[i]) == 0)
            return true;
    }
    return !attribute->ns && reader->is_encoded && strcmp((const char *)attribute->name, "id") == 0;
}

static const struct shape_attribute *declared_attribute(const struct shape_type *type,
                                                        const xmlAttr *attribute)
{
    const char *namespace = attribute->ns ? (const char *)attribute->ns->href : "";
    for (size_t i = 0; i < type->attribute_count; i++) {
        if (strcmp(type->attributes[i].name.local, (const char *)attribute->name) == 0 &&
            strcmp(type->attributes[i].name.namespace, namespace) == 0)
            return &type->attributes[i];
    }
    return NULL;
}

static void read_attributes(struct reply_reader *reader, const xmlNode *node,
                            const struct shape_type *type, struct json *object)
{
    for (const xmlAttr *attribute = node->properties; attribute; attribute = attribute->next) {
        if (is_about_encoding(reader, attribute))
            continue;
        const struct shape_attribute *declared = declared_attribute(type, attribute);
        xmlChar *value = xmlNodeListGetString(node->doc, attribute->children, 1);
        struct str text = arena_copy(reader->arena, str_from((const char *)value));
        xmlFree(value);
        bool is_xml = attribute->ns && strcmp((const char *)attribute->ns->href, XML_NS) == 0;
        const char *name = reply_name(reader, attribute->ns, attribute->name, declared || is_xml);
        json_set(reader->arena, object,
                 str_from(arena_printf(reader->arena, "@%s%s", is_xml ? "xml:" : "", name)),
                 declared ? reply_scalar(reader, node, declared->text, text)
                          : json_string(reader->arena, text));
    }
}

// --- children ---

void reply_add(struct reply_reader *reader, struct json *object, const char *name, bool is_repeated,
               struct json *value)
{
    struct str key = str_from(name);
    struct json *list = is_repeated ? (struct json *)json_get(object, key) : NULL;
    reader->steps += object->object.count;
    if (!is_repeated) {
        json_set(reader->arena, object, key, value);
        return;
    }
    if (!list) {
        list = json_array(reader->arena);
        json_set(reader->arena, object, key, list);
    }
    json_append(reader->arena, list, value);
}

// Another element of that name beside it, foreseen or not.
static bool has_twin(struct reply_reader *reader, const xmlNode *node)
{
    for (const xmlNode *at = node->next; at; at = at->next, reader->steps++) {
        if (at->type == XML_ELEMENT_NODE && soap_is_same_name(at, node))
            return true;
    }
    for (const xmlNode *at = node->prev; at; at = at->prev, reader->steps++) {
        if (at->type == XML_ELEMENT_NODE && soap_is_same_name(at, node))
            return true;
    }
    return false;
}

// What a child is: its name in JSON, its type, and whether it may repeat.
struct child {
    const char *name;
    const struct shape_type *type;
    bool is_repeated;
};

static struct child find_child(struct reply_reader *reader, const xmlNode *node,
                               const struct shape_particle *content)
{
    const char *namespace = node->ns ? (const char *)node->ns->href : "";
    const char *local = (const char *)node->name;
    struct soap_json_search search = soap_json_find(content, namespace, local, &reader->steps);
    struct soap_json_search any = soap_json_find(content, NULL, local, &reader->steps);
    if (!search.found && !any.other)
        search = any;
    const struct shape_element *element = search.found;
    if (!element)
        element = soap_shape_element(reader->operation, namespace, local);
    bool is_clear = search.found && !any.other;
    return (struct child){reply_name(reader, node->ns, node->name, is_clear),
                          element ? element->type : NULL,
                          search.is_repeated || has_twin(reader, node)};
}

void reply_children(struct reply_reader *reader, const xmlNode *node,
                    const struct shape_particle *content, struct json *object)
{
    for (const xmlNode *at = xmlFirstElementChild((xmlNode *)node); at && !reader->is_too_much;
         at = xmlNextElementSibling((xmlNode *)at)) {
        struct child child = find_child(reader, at, content);
        reply_add(reader, object, child.name, child.is_repeated,
                  reply_element(reader, at, child.type));
    }
}

static bool is_blank(struct str text)
{
    return str_trim(text).len == 0;
}

// Text between elements: everything in its order.
static struct json *read_ordered(struct reply_reader *reader, const xmlNode *node,
                                 const struct shape_particle *content)
{
    struct json *list = json_array(reader->arena);
    for (const xmlNode *at = node->children; at && !reader->is_too_much; at = at->next) {
        struct json *item = NULL;
        if (at->type == XML_ELEMENT_NODE) {
            struct child child = find_child(reader, at, content);
            item = json_object(reader->arena);
            json_set(reader->arena, item, str_from(child.name),
                     reply_element(reader, at, child.type));
        } else if (at->type == XML_TEXT_NODE || at->type == XML_CDATA_SECTION_NODE) {
            item = json_text(reader->arena, arena_strdup(reader->arena, (const char *)at->content));
        }
        if (item)
            json_append(reader->arena, list, item);
    }
    return list;
}

// --- elements ---

static bool has_elements(const xmlNode *node)
{
    return xmlFirstElementChild((xmlNode *)node) != NULL;
}

// A type that is not what is declared has to be told, unless the value shows it.
static bool must_name(const struct shape_type *type, const struct shape_type *declared)
{
    return type != declared &&
           !(declared->is_any && type->is_simple && type->text && reply_is_natural(type->text));
}

static struct json *read_simple(struct reply_reader *reader, const xmlNode *node,
                                const struct shape_type *type, struct json *object)
{
    struct json *text = reply_scalar(reader, node, type->text, reply_text(reader, node));
    if (object->object.count == 0)
        return text;
    json_set(reader->arena, object, STR("#text"), text);
    return object;
}

static struct json *read_complex(struct reply_reader *reader, const xmlNode *node,
                                 const struct shape_type *type, struct json *object)
{
    struct str text = reply_text(reader, node);
    bool has_text = !is_blank(text), has_children = has_elements(node);
    bool is_open = type->is_any || type->is_mixed;
    if (!has_children && is_open && object->object.count == 0 && (has_text || type->is_any))
        return json_string(reader->arena, text);
    if (has_text && has_children)
        json_set(reader->arena, object, STR("#content"), read_ordered(reader, node, type->content));
    else if (has_text)
        json_set(reader->arena, object, STR("#text"), json_string(reader->arena, text));
    else
        reply_children(reader, node, type->content, object);
    return object;
}

static struct json *read_typed(struct reply_reader *reader, const xmlNode *node,
                               const struct shape_type *declared)
{
    const struct shape_type *type = own_type(reader, node, declared);
    bool is_nil = is_flag(reply_attribute(reader, node, "nil", XSI_NS));
    if (!is_nil && reply_is_array(reader, node, type))
        return reply_items(reader, node, type);
    if (!is_nil && reply_is_map(reader, node, type))
        return reply_map(reader, node, declared);
    struct json *object = json_object(reader->arena);
    if (!is_nil && must_name(type, declared))
        json_set(reader->arena, object, STR("@xsi:type"),
                 json_text(reader->arena, type_name(reader, type)));
    read_attributes(reader, node, type, object);
    if (is_nil && object->object.count == 0)
        return json_null(reader->arena);
    if (is_nil) {
        json_set(reader->arena, object, STR("@xsi:nil"), json_boolean(reader->arena, true));
        return object;
    }
    // An element in a text is none of the schema's; then it is read by its names.
    if (type->text && !has_elements(node))
        return read_simple(reader, node, type, object);
    return read_complex(reader, node, type, object);
}

static bool is_being_read(const struct reply_reader *reader, const xmlNode *node)
{
    for (size_t i = 0; i < reader->depth; i++) {
        if (reader->path[i] == node)
            return true;
    }
    return false;
}

struct json *reply_element(struct reply_reader *reader, const xmlNode *node,
                           const struct shape_type *declared)
{
    declared = declared ? declared : reader->anything;
    node = reply_follow(reader, node, declared);
    if (is_being_read(reader, node))
        return json_null(reader->arena); // a circle
    if (reader->depth == READ_MAX_DEPTH || ++reader->values > READ_MAX_VALUES ||
        reader->steps > SOAP_JSON_MAX_STEPS)
        reader->is_too_much = true;
    if (reader->is_too_much)
        return json_null(reader->arena);
    reader->path[reader->depth++] = node;
    struct json *value = read_typed(reader, node, declared);
    reader->depth--;
    return value;
}
