// SPDX-License-Identifier: GPL-3.0-or-later
//
// Content models: elements, wildcards and the groups around them. A named group is read once and
// shared by all that refer to it; one that holds itself is left out there.

#include "edge/soap_shape_make.h"

#include <errno.h>

static int64_t occurs(struct maker *maker, const xmlNode *node, const char *name)
{
    const char *value = shape_attribute_of(maker, node, name);
    if (!value)
        return 1;
    if (strcmp(value, "unbounded") == 0)
        return SHAPE_UNBOUNDED;
    char *end;
    errno = 0;
    long long number = strtoll(value, &end, 10);
    return *value && !*end && errno == 0 && number >= 0 ? number : 1;
}

static const struct shape_element *read_element(struct maker *maker, const xmlNode *node)
{
    const char *ref = shape_attribute_of(maker, node, "ref");
    if (ref)
        return &shape_element_named(maker, shape_resolve(maker, node, ref))->shape;
    struct shape_element *element = arena_alloc(maker->arena, sizeof(*element));
    const char *name = shape_attribute_of(maker, node, "name");
    const char *form = shape_attribute_of(maker, node, "form");
    if (!form)
        form = shape_attribute_of(maker, xmlDocGetRootElement(node->doc), "elementFormDefault");
    bool is_qualified = form && strcmp(form, "qualified") == 0;
    struct made_type *type = shape_type_of(maker, node, "type");
    *element = (struct shape_element){
        .name = {is_qualified ? shape_target(maker, node) : "", name ? name : ""},
        .type = type ? &type->shape : &maker->anything->shape,
        .is_nillable = shape_flag(maker, node, "nillable"),
        .default_value = shape_attribute_of(maker, node, "default"),
        .fixed_value = shape_attribute_of(maker, node, "fixed"),
        .documentation = shape_documentation(maker, node),
    };
    return element;
}

static void read_wildcard(struct maker *maker, const xmlNode *node, struct shape_particle *ret)
{
    const char *namespaces = shape_attribute_of(maker, node, "namespace");
    const char *process = shape_attribute_of(maker, node, "processContents");
    ret->kind = SHAPE_WILDCARD;
    ret->namespaces = namespaces ? namespaces : "##any";
    ret->is_skipped = process && strcmp(process, "skip") == 0;
    ret->target = shape_target(maker, node);
}

static bool read_particle(struct maker *maker, const xmlNode *node, struct shape_particle *ret);

static void read_children(struct maker *maker, const xmlNode *node, struct shape_particle *ret)
{
    size_t room = xmlChildElementCount((xmlNode *)node);
    struct shape_particle *children = arena_alloc(maker->arena, room * sizeof(*children));
    for (const xmlNode *child = node->children; child; child = child->next) {
        if (child->type == XML_ELEMENT_NODE && read_particle(maker, child, &children[ret->count]))
            ret->count++;
    }
    ret->children = children;
}

static const struct shape_particle *named_group(struct maker *maker, struct shape_name name)
{
    const xmlChar *local = (const xmlChar *)name.local, *space = (const xmlChar *)name.namespace;
    const xmlNode *node = shape_declaration(maker, DECLARED_GROUP, name);
    struct made_group *group = xmlHashLookup2(maker->groups, local, space);
    if (group || !node || maker->depth == SHAPE_MAX_DEPTH)
        return group && !group->is_in_work ? &group->particle : NULL;
    group = arena_alloc(maker->arena, sizeof(*group));
    xmlHashAddEntry2(maker->groups, local, space, group);
    group->is_in_work = true;
    maker->depth++;
    const struct shape_particle *content = shape_make_content(maker, node);
    if (content)
        group->particle = *content;
    else
        group->particle.kind = SHAPE_SEQUENCE; // of nothing
    maker->depth--;
    group->is_in_work = false;
    return &group->particle;
}

static bool read_group(struct maker *maker, const xmlNode *node, struct shape_particle *ret)
{
    const char *ref = shape_attribute_of(maker, node, "ref");
    const struct shape_particle *group =
        ref ? named_group(maker, shape_resolve(maker, node, ref)) : NULL;
    if (!group || group->count == 0)
        return false;
    ret->kind = group->kind;
    ret->children = group->children;
    ret->count = group->count;
    return true;
}

// False for what is no particle, or stands for nothing.
static bool read_particle(struct maker *maker, const xmlNode *node, struct shape_particle *ret)
{
    static const struct {
        const char *name;
        int kind;
    } groups[] = {{"sequence", SHAPE_SEQUENCE}, {"choice", SHAPE_CHOICE}, {"all", SHAPE_ALL}};
    *ret = (struct shape_particle){.min = occurs(maker, node, "minOccurs"),
                                   .max = occurs(maker, node, "maxOccurs")};
    if (ret->max == 0 || !shape_take(maker))
        return false;
    if (ret->max != SHAPE_UNBOUNDED && ret->min > ret->max)
        ret->min = ret->max;
    if (shape_is(node, "element")) {
        ret->kind = SHAPE_ELEMENT;
        ret->element = read_element(maker, node);
        return *ret->element->name.local;
    }
    if (shape_is(node, "any")) {
        read_wildcard(maker, node, ret);
        return true;
    }
    if (shape_is(node, "group"))
        return read_group(maker, node, ret);
    for (size_t i = 0; i < COUNT_OF(groups); i++) {
        if (!shape_is(node, groups[i].name))
            continue;
        ret->kind = (unsigned)groups[i].kind;
        read_children(maker, node, ret);
        return ret->count > 0;
    }
    return false;
}

const struct shape_particle *shape_make_content(struct maker *maker, const xmlNode *node)
{
    for (const xmlNode *child = node->children; child; child = child->next) {
        struct shape_particle particle;
        if (shape_is(child, "element") || shape_is(child, "any"))
            continue; // nothing a type holds directly
        if (child->type == XML_ELEMENT_NODE && read_particle(maker, child, &particle)) {
            struct shape_particle *copy = arena_alloc(maker->arena, sizeof(*copy));
            *copy = particle;
            return copy;
        }
    }
    return NULL;
}
