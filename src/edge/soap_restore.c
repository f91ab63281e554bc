// SPDX-License-Identifier: GPL-3.0-or-later
//
// Walks the request and what the stub wrote of it side by side. What C types cannot hold (an
// optional element that is nil, a fraction of a second, forty digits, mixed content, attributes
// where anything may stand, header blocks the WSDL does not declare) differs there and is taken
// from the request, which is valid as it stands. Knows nothing of types; so prefixes in values go
// along wherever a value looks like a qualified name.

#include "edge/soap_restore.h"

#include <ctype.h>
#include <stdio.h>

struct restore {
    xmlDoc *doc; // of the wire
    xmlNode *root;
    const char *soap; // namespace of the envelope
    bool is_encoded;
    bool is_changed;
};

// --- small things ---

static bool is_text(const xmlNode *node)
{
    return node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE;
}

static bool is_blank(const xmlNode *node)
{
    return str_trim(str_from((const char *)node->content)).len == 0;
}

static bool is_equal(const xmlChar *a, const xmlChar *b)
{
    return strcmp(a ? (const char *)a : "", b ? (const char *)b : "") == 0;
}

static bool is_xsi(const xmlAttr *attribute, const char *name)
{
    return attribute->ns && strcmp((const char *)attribute->ns->href, XSI_NS) == 0 &&
           strcmp((const char *)attribute->name, name) == 0;
}

// The stub keeps blanks where they mean something; where it took them off, it knew why.
static bool is_trimmed(const xmlChar *text, const xmlChar *kept)
{
    return str_eq(str_trim(str_from((const char *)text)), str_from((const char *)kept));
}

// --- namespaces ---

// A prefix that the root of the wire can declare: the request's own where it is free.
static xmlNs *root_namespace(struct restore *restore, const xmlNs *from)
{
    char prefix[32];
    snprintf(prefix, sizeof(prefix), "%s", from->prefix ? (const char *)from->prefix : "n");
    for (int i = 1; xmlSearchNs(restore->doc, restore->root, (const xmlChar *)prefix); i++)
        snprintf(prefix, sizeof(prefix), "n%d", i);
    xmlNs *made = xmlNewNs(restore->root, from->href, (const xmlChar *)prefix);
    require(made != NULL);
    return made;
}

// The wire's own for the same namespace, never a default one, so that attributes may have it.
static xmlNs *namespace_for(struct restore *restore, xmlNode *at, const xmlNs *from)
{
    if (!from || !from->href || !*from->href)
        return NULL;
    if (xmlStrEqual(from->href, XML_XML_NAMESPACE))
        return xmlSearchNsByHref(restore->doc, at, XML_XML_NAMESPACE);
    for (const xmlNode *node = at; node && node->type == XML_ELEMENT_NODE; node = node->parent) {
        for (xmlNs *ns = node->nsDef; ns; ns = ns->next) {
            if (ns->prefix && xmlStrEqual(ns->href, from->href) &&
                xmlSearchNs(restore->doc, at, ns->prefix) == ns)
                return ns;
        }
    }
    return root_namespace(restore, from);
}

// The namespace behind the prefix of a value like "p:name", as the request sees it; else NULL.
static const xmlNs *prefix_in(const xmlNode *from, const xmlChar *value)
{
    struct str text = str_trim(str_from((const char *)value));
    const char *colon = memchr(text.data, ':', text.len);
    if (!colon || colon == text.data || colon - text.data > 60)
        return NULL;
    for (size_t i = 0; i < text.len; i++) {
        if (isspace((unsigned char)text.data[i]) || (text.data + i > colon && text.data[i] == ':'))
            return NULL;
    }
    char prefix[64];
    snprintf(prefix, sizeof(prefix), "%.*s", (int)(colon - text.data), text.data);
    return xmlSearchNs(from->doc, (xmlNode *)from, (const xmlChar *)prefix);
}

// The prefix may be that of the element itself and mean something else; then that one yields.
static void yield_prefix(struct restore *restore, xmlNode *to, const xmlChar *prefix)
{
    if (!to->ns || !xmlStrEqual(to->ns->prefix, prefix))
        return;
    const xmlNs other = {.href = to->ns->href, .prefix = (const xmlChar *)"n"};
    xmlNs *before = to->ns, *ns = to->ns = root_namespace(restore, &other);
    for (xmlAttr *attribute = to->properties; attribute; attribute = attribute->next)
        attribute->ns = attribute->ns == before ? ns : attribute->ns;
}

// Declares what the value's prefix means, where the value stands.
static void carry_prefix(struct restore *restore, const xmlNode *from, xmlNode *to,
                         const xmlChar *value)
{
    const xmlNs *meant = prefix_in(from, value);
    const xmlNs *is = meant ? xmlSearchNs(restore->doc, to, meant->prefix) : NULL;
    if (!meant || (is && (xmlStrEqual(is->href, meant->href) || xmlFirstElementChild(to))))
        return; // with elements in it, it is too late to give the prefix another meaning
    yield_prefix(restore, to, meant->prefix);
    xmlNewNs(to, meant->href, meant->prefix); // nothing when the element has declared it otherwise
}

// --- attributes ---

static xmlChar *value_of(const xmlAttr *attribute)
{
    return xmlNodeListGetString(attribute->doc, attribute->children, 1);
}

// Attributes that hold nothing but a qualified name, an array's size aside.
static bool is_type_name(const xmlAttr *attribute)
{
    const char *name = (const char *)attribute->name;
    return is_xsi(attribute, "type") ||
           (attribute->ns && (strcmp(name, "arrayType") == 0 || strcmp(name, "itemType") == 0));
}

// "p:X" in the wire's prefixes.
static void put_type_name(struct restore *restore, const xmlAttr *attribute, xmlNode *to,
                          xmlNs *own, const xmlChar *value)
{
    const xmlNode *from = attribute->parent;
    const xmlNs *meant = prefix_in(from, value);
    if (!meant)
        meant = xmlSearchNs(from->doc, (xmlNode *)from, NULL);
    const xmlNs *ns = namespace_for(restore, to, meant);
    const char *colon = strchr((const char *)value, ':');
    char name[512];
    snprintf(name, sizeof(name), "%s%s%s", ns ? (const char *)ns->prefix : "", ns ? ":" : "",
             colon ? colon + 1 : (const char *)value);
    xmlSetNsProp(to, own, attribute->name, (const xmlChar *)name);
}

static void put_attribute(struct restore *restore, const xmlAttr *attribute, xmlNode *to,
                          const xmlChar *value)
{
    xmlNs *ns = namespace_for(restore, to, attribute->ns);
    if (is_type_name(attribute)) {
        put_type_name(restore, attribute, to, ns, value);
        return;
    }
    xmlSetNsProp(to, ns, attribute->name, value);
    carry_prefix(restore, attribute->parent, to, value);
}

// "p:name" in two prefixes, also "p:name[2]".
static bool is_same_qname(const xmlNode *from, const xmlChar *a, const xmlNode *to,
                          const xmlChar *b)
{
    const char *colon_a = strchr(a ? (const char *)a : "", ':');
    const char *colon_b = strchr(b ? (const char *)b : "", ':');
    if (!colon_a || !colon_b || strcmp(colon_a, colon_b) != 0)
        return false;
    const xmlNs *ns_a = prefix_in(from, a), *ns_b = prefix_in(to, b);
    return ns_a && ns_b && xmlStrEqual(ns_a->href, ns_b->href);
}

// Whether a prefix in the value means something else in the wire, or nothing.
static bool is_misread(const xmlNode *from, const xmlNode *to, const xmlChar *value)
{
    const xmlNs *meant = prefix_in(from, value);
    const xmlNs *is = meant ? xmlSearchNs(to->doc, (xmlNode *)to, meant->prefix) : NULL;
    return meant && (!is || !xmlStrEqual(is->href, meant->href));
}

// Whether what the stub wrote says the same.
static bool is_alike(const xmlNode *from, const xmlChar *value, const xmlNode *to,
                     const xmlChar *written)
{
    if (is_equal(value, written) || is_trimmed(value, written))
        return !is_misread(from, to, value);
    return is_same_qname(from, value, to, written);
}

static bool has_value(const xmlAttr *attribute, const xmlNode *to, const xmlChar *value)
{
    xmlChar *other =
        xmlGetNsProp((xmlNode *)to, attribute->name, attribute->ns ? attribute->ns->href : NULL);
    bool has = other && is_alike(attribute->parent, value, to, other);
    xmlFree(other);
    return has;
}

// What the stub alone says: of the envelope, or of encoded types.
static bool is_kept(const struct restore *restore, const xmlAttr *attribute)
{
    if (!attribute->ns)
        return false;
    return strcmp((const char *)attribute->ns->href, restore->soap) == 0 ||
           (restore->is_encoded && !is_xsi(attribute, "nil"));
}

static void restore_attributes(struct restore *restore, const xmlNode *from, xmlNode *to)
{
    for (const xmlAttr *attribute = from->properties; attribute; attribute = attribute->next) {
        xmlChar *value = value_of(attribute);
        if (!has_value(attribute, to, value)) {
            put_attribute(restore, attribute, to, value ? value : (const xmlChar *)"");
            restore->is_changed = true;
        }
        xmlFree(value);
    }
    for (xmlAttr *attribute = to->properties, *next; attribute; attribute = next) {
        next = attribute->next;
        const xmlNs *ns = attribute->ns;
        if (is_kept(restore, attribute) ||
            xmlHasNsProp((xmlNode *)from, attribute->name, ns ? ns->href : NULL))
            continue;
        xmlRemoveProp(attribute);
        restore->is_changed = true;
    }
}

// --- elements ---

static xmlNode *copy_node(struct restore *restore, const xmlNode *from, xmlNode *parent,
                          xmlNode *before);

static void copy_children(struct restore *restore, const xmlNode *from, xmlNode *to, bool has_text)
{
    for (const xmlNode *node = from->children; node; node = node->next) {
        if (node->type == XML_ELEMENT_NODE)
            copy_node(restore, node, to, NULL);
        else if (is_text(node) && has_text)
            xmlAddChild(to, xmlNewDocText(restore->doc, node->content));
    }
}

// An element has text when it holds no elements, or more than blanks between them.
static bool has_text(const xmlNode *element)
{
    bool has_elements = false, is_filled = false;
    for (const xmlNode *node = element->children; node; node = node->next) {
        has_elements |= node->type == XML_ELEMENT_NODE;
        is_filled |= is_text(node) && !is_blank(node);
    }
    return is_filled || !has_elements;
}

static xmlNode *copy_node(struct restore *restore, const xmlNode *from, xmlNode *parent,
                          xmlNode *before)
{
    xmlNode *to = xmlNewDocNode(restore->doc, NULL, from->name, NULL);
    require(to != NULL);
    if (before)
        xmlAddPrevSibling(before, to);
    else
        xmlAddChild(parent, to);
    to->ns = namespace_for(restore, to, from->ns);
    for (const xmlAttr *attribute = from->properties; attribute; attribute = attribute->next) {
        xmlChar *value = value_of(attribute);
        put_attribute(restore, attribute, to, value ? value : (const xmlChar *)"");
        xmlFree(value);
    }
    copy_children(restore, from, to, has_text(from));
    if (!xmlFirstElementChild(to) && to->children)
        carry_prefix(restore, from, to, to->children->content);
    restore->is_changed = true;
    return to;
}

static void replace_children(struct restore *restore, const xmlNode *from, xmlNode *to)
{
    while (to->children) {
        xmlNode *child = to->children;
        xmlUnlinkNode(child);
        xmlFreeNode(child);
    }
    copy_children(restore, from, to, has_text(from));
    if (!xmlFirstElementChild(to) && to->children)
        carry_prefix(restore, from, to, to->children->content);
    restore->is_changed = true;
}

// Whether the elements of `to` are some of those of `from`, in the same order.
static bool is_part_of(const xmlNode *to, const xmlNode *from)
{
    const xmlNode *node = xmlFirstElementChild((xmlNode *)from);
    for (const xmlNode *part = xmlFirstElementChild((xmlNode *)to); part;
         part = xmlNextElementSibling((xmlNode *)part)) {
        while (node && !soap_is_same_name(node, part))
            node = xmlNextElementSibling((xmlNode *)node);
        if (!node)
            return false;
        node = xmlNextElementSibling((xmlNode *)node);
    }
    return true;
}

static void restore_element(struct restore *restore, const xmlNode *from, xmlNode *to);

// Mostly one text, which needs no copy; *ret_copy is to be freed.
static const xmlChar *leaf_text(const xmlNode *leaf, xmlChar **ret_copy)
{
    const xmlNode *only = leaf->children;
    *ret_copy = NULL;
    if (!only)
        return (const xmlChar *)"";
    if (!only->next && is_text(only))
        return only->content;
    return *ret_copy = xmlNodeGetContent((xmlNode *)leaf);
}

static void restore_leaf(struct restore *restore, const xmlNode *from, xmlNode *to)
{
    if (xmlFirstElementChild(to)) {
        replace_children(restore, from, to);
        return;
    }
    xmlChar *copy_from, *copy_to;
    const xmlChar *text = leaf_text(from, &copy_from), *written = leaf_text(to, &copy_to);
    if (!is_alike(from, text, to, written))
        replace_children(restore, from, to);
    xmlFree(copy_from);
    xmlFree(copy_to);
}

static void restore_content(struct restore *restore, const xmlNode *from, xmlNode *to)
{
    if (!xmlFirstElementChild((xmlNode *)from)) {
        restore_leaf(restore, from, to);
        return;
    }
    if (has_text(from) || !is_part_of(to, from)) {
        replace_children(restore, from, to);
        return;
    }
    xmlNode *written = xmlFirstElementChild(to);
    for (xmlNode *node = xmlFirstElementChild((xmlNode *)from); node;
         node = xmlNextElementSibling(node)) {
        if (written && soap_is_same_name(node, written)) {
            restore_element(restore, node, written);
            written = xmlNextElementSibling(written);
        } else {
            copy_node(restore, node, to, written);
        }
    }
}

static void restore_element(struct restore *restore, const xmlNode *from, xmlNode *to)
{
    restore_attributes(restore, from, to);
    restore_content(restore, from, to);
}

// Each child of `from` by its name, wherever it stands in `to`.
static void restore_by_name(struct restore *restore, const xmlNode *from, xmlNode *to)
{
    for (xmlNode *node = xmlFirstElementChild((xmlNode *)from); node;
         node = xmlNextElementSibling(node)) {
        xmlNode *twin = xmlFirstElementChild(to);
        while (twin && !soap_is_same_name(node, twin))
            twin = xmlNextElementSibling(twin);
        if (twin)
            restore_element(restore, node, twin);
        else
            copy_node(restore, node, to, NULL);
    }
}

static void restore_header(struct restore *restore, const struct soap_envelope *from,
                           struct soap_envelope *to)
{
    if (!from->header || !xmlFirstElementChild(from->header))
        return;
    if (!to->header) {
        to->header = xmlNewDocNode(to->doc, to->root->ns, (const xmlChar *)"Header", NULL);
        xmlAddPrevSibling(to->body, to->header);
    }
    restore_by_name(restore, from->header, to->header);
}

bool soap_restore(const struct soap_envelope *from, struct soap_envelope *to, bool is_rpc,
                  bool is_encoded)
{
    struct restore restore = {.doc = to->doc,
                              .root = to->root,
                              .soap = soap_namespace(to->version),
                              .is_encoded = is_encoded};
    restore_header(&restore, from, to);
    restore_attributes(&restore, from->body, to->body);
    // The element in the Body says it; SOAP 1.2 forbids it here.
    xmlAttr *style = xmlHasNsProp(to->body, (const xmlChar *)"encodingStyle",
                                  (const xmlChar *)soap_namespace(to->version));
    if (style) {
        xmlRemoveProp(style);
        restore.is_changed = true;
    }
    xmlNode *wrapper = xmlFirstElementChild(from->body), *written = xmlFirstElementChild(to->body);
    if (is_rpc && wrapper && written && soap_is_same_name(wrapper, written)) {
        restore_attributes(&restore, wrapper, written);
        restore_by_name(&restore, wrapper, written);
    } else {
        restore_content(&restore, from->body, to->body);
    }
    return restore.is_changed;
}
