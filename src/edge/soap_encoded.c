// SPDX-License-Identifier: GPL-3.0-or-later
//
// Walks an encoded request along its types. What a template says of types stays; what it leaves out
// is added. References to values elsewhere are left alone: whoever writes those says all himself.

#include "edge/soap_encoded.h"
#include "edge/soap_json_find.h"
#include "edge/soap_shape.h"
#include "edge/soap_value.h"

#include <stdio.h>

struct walk {
    const struct soap_operation *operation;
    struct soap_envelope *request;
    struct arena *arena;
    size_t steps;
    bool is_open;        // something was not looked into: the stub is to say whether it is right
    bool has_nil;        // which SOAP encoding allows everywhere, and the stub's C types do not
    const char *missing; // the first element that has to be there, or NULL
    struct err *err;
};

static bool walk_element(struct walk *walk, xmlNode *node, const struct shape_type *declared);

static const char *encoding_of(const struct walk *walk)
{
    return walk->request->version == 12 ? SOAPENC12_NS : SOAPENC_NS;
}

// --- names in attributes ---

static xmlNs *declared_prefix(struct walk *walk, xmlNode *at, const char *namespace)
{
    for (xmlNode *node = at; node && node->type == XML_ELEMENT_NODE; node = node->parent) {
        for (xmlNs *ns = node->nsDef; ns; ns = ns->next) {
            if (ns->prefix && strcmp((const char *)ns->href, namespace) == 0 &&
                xmlSearchNs(at->doc, at, ns->prefix) == ns)
                return ns;
        }
    }
    char prefix[16];
    xmlNode *root = walk->request->root;
    for (int i = 0; snprintf(prefix, sizeof(prefix), "t%d", i) &&
                    xmlSearchNs(at->doc, at, (const xmlChar *)prefix);)
        i++;
    xmlNs *made = xmlNewNs(root, (const xmlChar *)namespace, (const xmlChar *)prefix);
    require(made != NULL);
    return made;
}

static const char *qname(struct walk *walk, xmlNode *at, struct shape_name name)
{
    if (!*name.namespace)
        return name.local;
    const xmlNs *ns = declared_prefix(walk, at, name.namespace);
    return arena_printf(walk->arena, "%s:%s", (const char *)ns->prefix, name.local);
}

static void add_attribute(struct walk *walk, xmlNode *node, const char *namespace, const char *name,
                          const char *value)
{
    xmlNewNsProp(node, declared_prefix(walk, node, namespace), (const xmlChar *)name,
                 (const xmlChar *)value);
}

static const char *attribute(struct walk *walk, const xmlNode *node, const char *namespace,
                             const char *name)
{
    xmlChar *value =
        xmlGetNsProp((xmlNode *)node, (const xmlChar *)name, (const xmlChar *)namespace);
    const char *copy = value ? arena_strdup(walk->arena, (const char *)value) : NULL;
    xmlFree(value);
    return copy;
}

// --- the type of a value ---

static bool is_nil(struct walk *walk, const xmlNode *node)
{
    const char *value = attribute(walk, node, XSI_NS, "nil");
    return value && (strcmp(value, "true") == 0 || strcmp(value, "1") == 0);
}

static bool is_reference(struct walk *walk, const xmlNode *node)
{
    return xmlHasNsProp((xmlNode *)node, (const xmlChar *)"href", NULL) ||
           attribute(walk, node, SOAPENC12_NS, "ref");
}

// What xsi:type names, NULL when it says nothing new.
static const struct shape_type *given_type(struct walk *walk, const xmlNode *node)
{
    const char *text = attribute(walk, node, XSI_NS, "type");
    if (!text)
        return NULL;
    const char *colon = strchr(text, ':');
    const char *prefix =
        colon ? arena_printf(walk->arena, "%.*s", (int)(colon - text), text) : NULL;
    const xmlNs *ns = xmlSearchNs(node->doc, (xmlNode *)node, (const xmlChar *)prefix);
    const char *namespace = ns ? (const char *)ns->href : "";
    if (strcmp(namespace, encoding_of(walk)) == 0 && strcmp(colon ? colon + 1 : text, "Array") == 0)
        return NULL;
    const struct shape_type *type =
        soap_shape_type(walk->operation, namespace, colon ? colon + 1 : text);
    walk->is_open |= !type;
    return type;
}

static void add_type(struct walk *walk, xmlNode *node, const struct shape_type *type)
{
    if (type->is_any || xmlHasNsProp(node, (const xmlChar *)"type", (const xmlChar *)XSI_NS))
        return;
    struct shape_name name =
        type->item ? (struct shape_name){encoding_of(walk), "Array"} : type->name;
    if (*name.local)
        add_attribute(walk, node, XSI_NS, "type", qname(walk, node, name));
}

// --- values ---

static bool fail(struct walk *walk, const xmlNode *node, const char *words, const char *name)
{
    return err_set(walk->err, ERR_INVALID, "%s: %s%.200s (line %ld of the request)",
                   (const char *)node->name, words, name, xmlGetLineNo(node));
}

static bool walk_text(struct walk *walk, xmlNode *node, const struct shape_text *text)
{
    xmlChar *content = xmlNodeGetContent(node);
    struct str value = str_from((const char *)content);
    if (text->white_space != SHAPE_PRESERVE)
        value = str_trim(value);
    const char *copy = arena_copy(walk->arena, value).data;
    xmlFree(content);
    if (xmlFirstElementChild(node) || !soap_value_fits(text, copy))
        return fail(walk, node, "this is no value of its type: ", copy);
    return true;
}

// "xsd:int[]" of an array of arrays, "xsd:int" of one of numbers.
static const char *item_name(struct walk *walk, xmlNode *node, const struct shape_type *item)
{
    if (item->item && walk->request->version == 11)
        return arena_printf(walk->arena, "%s[%.*s]", item_name(walk, node, item->item),
                            item->rank - 1, ",,,,,,,,");
    struct shape_name name = item->item          ? (struct shape_name){encoding_of(walk), "Array"}
                             : *item->name.local ? item->name
                                                 : (struct shape_name){XSD_NS, "anyType"};
    return qname(walk, node, name);
}

// Of one dimension; the sizes of more cannot be told from their items.
static void add_size(struct walk *walk, xmlNode *node, const struct shape_type *array)
{
    bool is_12 = walk->request->version == 12;
    const char *encoding = encoding_of(walk), *name = is_12 ? "itemType" : "arrayType";
    if (attribute(walk, node, encoding, name))
        return;
    if (array->rank > 1) {
        walk->is_open = true;
        return;
    }
    const char *of = item_name(walk, node, array->item);
    unsigned long count = xmlChildElementCount(node);
    if (!is_12) {
        add_attribute(walk, node, encoding, name, arena_printf(walk->arena, "%s[%lu]", of, count));
        return;
    }
    add_attribute(walk, node, encoding, name, of);
    if (!attribute(walk, node, encoding, "arraySize"))
        add_attribute(walk, node, encoding, "arraySize", arena_printf(walk->arena, "%lu", count));
}

// Items are known by their place; their names mean nothing.
static bool walk_array(struct walk *walk, xmlNode *node, const struct shape_type *array)
{
    add_size(walk, node, array);
    for (xmlNode *item = xmlFirstElementChild(node); item; item = xmlNextElementSibling(item)) {
        if (!walk_element(walk, item, array->item))
            return false;
    }
    return true;
}

static bool has_child(const xmlNode *node, const struct shape_element *element)
{
    for (xmlNode *child = xmlFirstElementChild((xmlNode *)node); child;
         child = xmlNextElementSibling(child)) {
        if (strcmp((const char *)child->name, element->name.local) == 0)
            return true;
    }
    return false;
}

static void need_child(struct walk *walk, const xmlNode *node, const struct shape_element *element)
{
    if (!walk->missing && !has_child(node, element))
        walk->missing = element->name.local;
}

// What must stand there; a choice is not looked into.
static void need_content(struct walk *walk, const xmlNode *node,
                         const struct shape_particle *content)
{
    if (content->min == 0 || content->kind == SHAPE_CHOICE || content->kind == SHAPE_WILDCARD)
        return;
    if (content->kind == SHAPE_ELEMENT)
        need_child(walk, node, content->element);
    for (size_t i = 0; i < content->count; i++)
        need_content(walk, node, &content->children[i]);
}

static bool walk_members(struct walk *walk, xmlNode *node, const struct shape_particle *content)
{
    for (xmlNode *child = xmlFirstElementChild(node); child; child = xmlNextElementSibling(child)) {
        const char *namespace = child->ns ? (const char *)child->ns->href : "";
        struct soap_json_search search =
            soap_json_find(content, namespace, (const char *)child->name, &walk->steps);
        if (!search.found && !*namespace) // as names are in SOAP encoding (SOAP 1.1, 5.4.1)
            search = soap_json_find(content, NULL, (const char *)child->name, &walk->steps);
        if (!search.found && !search.has_wildcard)
            return fail(walk, child, "the WSDL declares no such element here", "");
        if (search.found && !walk_element(walk, child, search.found->type))
            return false;
    }
    need_content(walk, node, content);
    return true;
}

static bool walk_element(struct walk *walk, xmlNode *node, const struct shape_type *declared)
{
    if (is_reference(walk, node)) {
        walk->is_open = true;
        return true;
    }
    if (is_nil(walk, node)) {
        walk->has_nil = true;
        return true;
    }
    const struct shape_type *given = given_type(walk, node);
    const struct shape_type *type = given ? given : declared;
    add_type(walk, node, type);
    if (type->item)
        return walk_array(walk, node, type);
    if (type->text)
        return walk_text(walk, node, type->text);
    if (type->is_any)
        return true;
    if (type->content)
        return walk_members(walk, node, type->content);
    return !xmlFirstElementChild(node) ||
           fail(walk, xmlFirstElementChild(node), "the WSDL declares no such element here", "");
}

// --- messages ---

static const struct shape_type *part_type(const struct shape_message *message, const char *name)
{
    for (size_t i = 0; i < message->part_count; i++) {
        if (strcmp(message->parts[i].name, name) == 0)
            return message->parts[i].element->type;
    }
    return NULL;
}

static bool walk_wrapper(struct walk *walk, xmlNode *wrapper, const struct shape_message *message)
{
    for (xmlNode *part = xmlFirstElementChild(wrapper); part; part = xmlNextElementSibling(part)) {
        const struct shape_type *type = part_type(message, (const char *)part->name);
        if (!type || part->ns)
            return fail(walk, part, "the operation has no such part", "");
        if (!walk_element(walk, part, type))
            return false;
    }
    for (size_t i = 0; i < message->part_count; i++)
        need_child(walk, wrapper, message->parts[i].element);
    return true;
}

// Whether the stub need not be asked; of nil it knows nothing.
static bool is_proven(const struct walk *walk, xmlNode *wrapper, struct shape_name name)
{
    const char *namespace = wrapper->ns ? (const char *)wrapper->ns->href : "";
    return !walk->missing && (!walk->is_open || walk->has_nil) && !xmlNextElementSibling(wrapper) &&
           strcmp(namespace, name.namespace) == 0;
}

bool soap_encoded_dress(const struct soap_operation *operation, struct soap_envelope *request,
                        bool *ret_is_proven, struct err *err)
{
    AUTO_ARENA struct arena *arena = arena_new();
    struct walk walk = {.operation = operation, .request = request, .arena = arena, .err = err};
    const struct shape_message *message = &soap_shape(operation)->input;
    xmlNode *wrapper = xmlFirstElementChild(request->body);
    *ret_is_proven = false;
    if (!wrapper || strcmp((const char *)wrapper->name, message->wrapper.local) != 0)
        return true; // the stub says so
    const char *soap = soap_namespace(request->version);
    if (!attribute(&walk, wrapper, soap, "encodingStyle"))
        add_attribute(&walk, wrapper, soap, "encodingStyle", encoding_of(&walk));
    if (!walk_wrapper(&walk, wrapper, message))
        return err_prefix(err, "%s", message->wrapper.local);
    if (walk.missing && walk.has_nil)
        return err_set(err, ERR_INVALID, "%s: element \"%s\" is missing", message->wrapper.local,
                       walk.missing);
    *ret_is_proven = is_proven(&walk, wrapper, message->wrapper);
    return true;
}
