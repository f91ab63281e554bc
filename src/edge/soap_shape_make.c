// SPDX-License-Identifier: GPL-3.0-or-later
//
// Nodes of schemas, names and lists: what all readers of soap_shape need.

#include "edge/soap_shape_make.h"

bool shape_is(const xmlNode *node, const char *name)
{
    return node && node->type == XML_ELEMENT_NODE && node->ns &&
           strcmp((const char *)node->ns->href, XSD_NS) == 0 &&
           strcmp((const char *)node->name, name) == 0;
}

const xmlNode *shape_child(const xmlNode *parent, const char *name)
{
    const xmlNode *child = parent ? parent->children : NULL;
    while (child && !shape_is(child, name))
        child = child->next;
    return child;
}

static const char *copy_trimmed(struct maker *maker, xmlChar *text)
{
    const char *copy = arena_copy(maker->arena, str_trim(str_from((const char *)text))).data;
    xmlFree(text);
    return copy;
}

const char *shape_attribute_of(struct maker *maker, const xmlNode *node, const char *name)
{
    xmlChar *value = xmlGetNoNsProp(node, (const xmlChar *)name);
    return value ? copy_trimmed(maker, value) : NULL;
}

bool shape_flag(struct maker *maker, const xmlNode *node, const char *name)
{
    const char *value = shape_attribute_of(maker, node, name);
    return value && (strcmp(value, "true") == 0 || strcmp(value, "1") == 0);
}

const char *shape_documentation(struct maker *maker, const xmlNode *node)
{
    const xmlNode *annotation = shape_child(node, "annotation");
    const char *all = "";
    for (const xmlNode *child = shape_child(annotation, "documentation"); child;
         child = child->next) {
        if (!shape_is(child, "documentation"))
            continue;
        const char *text = copy_trimmed(maker, xmlNodeGetContent(child));
        if (*text)
            all = *all ? arena_printf(maker->arena, "%s\n%s", all, text) : text;
    }
    return all;
}

struct shape_name shape_resolve(struct maker *maker, const xmlNode *node, const char *qname)
{
    const char *colon = strchr(qname, ':');
    const char *prefix =
        colon ? arena_copy(maker->arena, (struct str){qname, (size_t)(colon - qname)}).data : NULL;
    const xmlNs *ns = xmlSearchNs(node->doc, (xmlNode *)node, (const xmlChar *)prefix);
    const char *namespace = ns ? arena_strdup(maker->arena, (const char *)ns->href) : "";
    return (struct shape_name){namespace, colon ? colon + 1 : qname};
}

const char *shape_target(struct maker *maker, const xmlNode *node)
{
    const char *target =
        shape_attribute_of(maker, xmlDocGetRootElement(node->doc), "targetNamespace");
    return target ? target : "";
}

const xmlNode *shape_declaration(struct maker *maker, enum declared kind, struct shape_name name)
{
    return xmlHashLookup2(maker->declared[kind], (const xmlChar *)name.local,
                          (const xmlChar *)name.namespace);
}

bool shape_take(struct maker *maker)
{
    if (maker->pieces == SHAPE_MAX_PIECES)
        return false;
    maker->pieces++;
    return true;
}

void shape_list_add(struct maker *maker, const void ***items, size_t *count, const void *item)
{
    if ((*count & (*count - 1)) == 0) { // full at each power of two
        const void **grown = arena_alloc(maker->arena, (*count ? *count * 2 : 1) * sizeof(*grown));
        if (*count)
            memcpy(grown, *items, *count * sizeof(*grown));
        *items = grown;
    }
    (*items)[(*count)++] = item;
}
