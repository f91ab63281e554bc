// SPDX-License-Identifier: GPL-3.0-or-later
//
// Complex types: what a type inherits is written into it, its attributes with those of its base,
// and a SOAP array is recognised by what it restricts.

#include "edge/soap_shape_make.h"

// --- finding ---

static struct made_type *new_type(struct maker *maker, struct shape_name name, const xmlNode *node)
{
    struct made_type *type = arena_alloc(maker->arena, sizeof(*type));
    type->shape.name = name;
    type->shape.documentation = "";
    type->node = node;
    if (maker->last_type)
        maker->last_type->next = type;
    else
        maker->first_type = type;
    maker->last_type = type;
    return type;
}

// Types of SOAP encoding are those of XML Schema with an id, but for these.
static bool is_soap_type(struct shape_name name)
{
    return strcmp(name.local, "Array") == 0 || strcmp(name.local, "Struct") == 0;
}

static struct shape_name plain_name(struct shape_name name)
{
    bool is_encoding =
        strcmp(name.namespace, SOAPENC_NS) == 0 || strcmp(name.namespace, SOAPENC12_NS) == 0;
    if (is_encoding && is_soap_type(name))
        name.namespace = SOAPENC_NS;
    else if (is_encoding)
        name.namespace = XSD_NS;
    return name;
}

struct made_type *shape_type_named(struct maker *maker, struct shape_name name)
{
    name = plain_name(name);
    const xmlChar *local = (const xmlChar *)name.local, *space = (const xmlChar *)name.namespace;
    struct made_type *type = xmlHashLookup2(maker->types, local, space);
    if (type)
        return type;
    const xmlNode *node = shape_declaration(maker, DECLARED_TYPE, name);
    bool is_ours = strcmp(name.namespace, XSD_NS) == 0 || strcmp(name.namespace, SOAPENC_NS) == 0 ||
                   strcmp(name.namespace, SHAPE_APACHE_NS) == 0;
    if (!node && !is_ours)
        return maker->anything;
    name.namespace = arena_strdup(maker->arena, name.namespace);
    name.local = arena_strdup(maker->arena, name.local);
    type = new_type(maker, name, node);
    xmlHashAddEntry2(maker->types, local, space, type);
    return type;
}

struct made_type *shape_type_of(struct maker *maker, const xmlNode *node, const char *attribute)
{
    const char *name = shape_attribute_of(maker, node, attribute);
    if (name)
        return shape_type_named(maker, shape_resolve(maker, node, name));
    const xmlNode *nameless = shape_child(node, "complexType");
    if (!nameless)
        nameless = shape_child(node, "simpleType");
    return nameless ? new_type(maker, (struct shape_name){"", ""}, nameless) : NULL;
}

// --- attributes ---

struct attributes {
    struct shape_attribute *items;
    size_t count, room;
    bool has_any;
};

static struct shape_attribute *attribute_find(const struct attributes *list, struct shape_name name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i].name.local, name.local) == 0 &&
            strcmp(list->items[i].name.namespace, name.namespace) == 0)
            return &list->items[i];
    }
    return NULL;
}

static void attribute_put(struct maker *maker, struct attributes *list,
                          struct shape_attribute attribute)
{
    struct shape_attribute *place = attribute_find(list, attribute.name);
    if (!place && list->count == list->room) {
        list->room = list->room ? list->room * 2 : 8;
        struct shape_attribute *grown = arena_alloc(maker->arena, list->room * sizeof(*grown));
        if (list->count)
            memcpy(grown, list->items, list->count * sizeof(*grown));
        list->items = grown;
    }
    *(place ? place : &list->items[list->count++]) = attribute;
}

static void attribute_drop(struct attributes *list, struct shape_name name)
{
    struct shape_attribute *place = attribute_find(list, name);
    if (!place)
        return;
    struct shape_attribute *end = list->items + --list->count;
    memmove(place, place + 1, (size_t)(end - place) * sizeof(*place));
}

static struct shape_name attribute_name(struct maker *maker, const xmlNode *node)
{
    const char *ref = shape_attribute_of(maker, node, "ref");
    if (ref)
        return shape_resolve(maker, node, ref);
    const char *name = shape_attribute_of(maker, node, "name");
    const char *form = shape_attribute_of(maker, node, "form");
    const xmlNode *root = xmlDocGetRootElement(node->doc);
    if (!form)
        form = shape_attribute_of(maker, root, "attributeFormDefault");
    bool is_qualified = form && strcmp(form, "qualified") == 0;
    return (struct shape_name){is_qualified ? shape_target(maker, node) : "", name ? name : ""};
}

static void read_attribute(struct maker *maker, const xmlNode *node, struct attributes *list)
{
    struct shape_name name = attribute_name(maker, node);
    const char *use = shape_attribute_of(maker, node, "use");
    if (!*name.local || strcmp(name.namespace, SOAPENC_NS) == 0)
        return; // those of SOAP encoding are the encoding's own business
    if (use && strcmp(use, "prohibited") == 0) {
        attribute_drop(list, name);
        return;
    }
    const xmlNode *global = shape_attribute_of(maker, node, "ref")
                                ? shape_declaration(maker, DECLARED_ATTRIBUTE, name)
                                : NULL;
    const xmlNode *declared = global ? global : node;
    struct made_type *type = shape_type_of(maker, declared, "type");
    if (type)
        shape_finish(maker, type);
    const char *preset = shape_attribute_of(maker, node, "default");
    const char *fixed = shape_attribute_of(maker, node, "fixed");
    attribute_put(
        maker, list,
        (struct shape_attribute){
            .name = name,
            .text = type && type->shape.text ? type->shape.text : shape_plain_text(maker),
            .is_required = use && strcmp(use, "required") == 0,
            .default_value = preset ? preset : shape_attribute_of(maker, declared, "default"),
            .fixed_value = fixed ? fixed : shape_attribute_of(maker, declared, "fixed"),
            .documentation = shape_documentation(maker, declared),
        });
}

static void read_attributes(struct maker *maker, const xmlNode *node, struct attributes *list)
{
    if (maker->depth == SHAPE_MAX_DEPTH)
        return;
    maker->depth++;
    for (const xmlNode *child = node->children; child && shape_take(maker); child = child->next) {
        if (shape_is(child, "attribute")) {
            read_attribute(maker, child, list);
        } else if (shape_is(child, "anyAttribute")) {
            list->has_any = true;
        } else if (shape_is(child, "attributeGroup")) {
            const char *ref = shape_attribute_of(maker, child, "ref");
            const xmlNode *group = ref ? shape_declaration(maker, DECLARED_ATTRIBUTE_GROUP,
                                                           shape_resolve(maker, child, ref))
                                       : NULL;
            if (group)
                read_attributes(maker, group, list);
        }
    }
    maker->depth--;
}

// --- SOAP arrays ---

static const char *array_type_in(struct maker *maker, const xmlNode *node, const xmlNode **ret_at)
{
    xmlChar *value = xmlGetNsProp(node, (const xmlChar *)"arrayType", (const xmlChar *)WSDL_NS);
    if (value) {
        const char *copy = arena_copy(maker->arena, str_trim(str_from((const char *)value))).data;
        xmlFree(value);
        *ret_at = node;
        return copy;
    }
    for (const xmlNode *child = node->children; child; child = child->next) {
        const char *found = child->type == XML_ELEMENT_NODE && !shape_is(child, "element")
                                ? array_type_in(maker, child, ret_at)
                                : NULL;
        if (found)
            return found;
    }
    return NULL;
}

static int rank_of(const char *bracket)
{
    int rank = 1;
    for (; *bracket && *bracket != ']'; bracket++)
        rank += *bracket == ',';
    return rank;
}

// "p:T[,][]" is an array of two-dimensional arrays of T: the last brackets are the outermost.
static void read_array_type(struct maker *maker, const xmlNode *node, const char *text,
                            struct shape_type *array)
{
    const char *bracket = strchrnul(text, '[');
    const char *name = arena_copy(maker->arena, (struct str){text, (size_t)(bracket - text)}).data;
    const struct shape_type *item =
        &shape_type_named(maker, shape_resolve(maker, node, str_trim(str_from(name)).data))->shape;
    for (const char *next; (next = *bracket ? strchr(bracket + 1, '[') : NULL) && shape_take(maker);
         bracket = next) {
        struct made_type *inner = new_type(maker, (struct shape_name){"", ""}, NULL);
        inner->state = MADE_DONE;
        inner->shape.item = item;
        inner->shape.item_name = "item";
        inner->shape.rank = rank_of(bracket);
        item = &inner->shape;
    }
    array->item = item;
    array->rank = rank_of(bracket);
}

// The element that repeats, when a content model is nothing else.
static const struct shape_element *only_repeated(const struct shape_particle *content)
{
    if (!content || content->kind == SHAPE_CHOICE || content->count != 1)
        return NULL;
    const struct shape_particle *only = &content->children[0];
    bool is_repeated = only->max != 1 || content->max != 1;
    return only->kind == SHAPE_ELEMENT && is_repeated ? only->element : NULL;
}

static void read_array(struct maker *maker, const xmlNode *derivation,
                       const struct shape_type *base, struct shape_type *type)
{
    const xmlNode *at = NULL;
    const char *array_type = array_type_in(maker, derivation, &at);
    if (!array_type && (!base || !base->item))
        return;
    type->item = base && base->item ? base->item : &maker->anything->shape;
    type->item_name = base && base->item ? base->item_name : "item";
    type->rank = base && base->item ? base->rank : 1;
    const struct shape_element *only = only_repeated(type->content);
    if (only) {
        type->item_name = only->name.local;
        if (!array_type)
            type->item = only->type;
    }
    if (array_type)
        read_array_type(maker, at, array_type, type);
}

// --- complex types ---

static const struct shape_type *read_base(struct maker *maker, const xmlNode *derivation)
{
    const char *name = shape_attribute_of(maker, derivation, "base");
    struct made_type *base =
        name ? shape_type_named(maker, shape_resolve(maker, derivation, name)) : maker->anything;
    shape_finish(maker, base);
    // One in work derives from itself, which no type may.
    return base->state == MADE_DONE && !base->shape.is_any ? &base->shape : NULL;
}

static void extend_content(struct maker *maker, const struct shape_particle *inherited,
                           struct shape_type *type)
{
    if (!inherited || !type->content) {
        type->content = inherited ? inherited : type->content;
        return;
    }
    struct shape_particle *both = arena_alloc(maker->arena, sizeof(*both));
    struct shape_particle *children = arena_alloc(maker->arena, 2 * sizeof(*children));
    children[0] = *inherited;
    children[1] = *type->content;
    *both = (struct shape_particle){
        .kind = SHAPE_SEQUENCE, .min = 1, .max = 1, .children = children, .count = 2};
    type->content = both;
}

static void inherit_attributes(struct maker *maker, const struct shape_type *base,
                               struct attributes *list)
{
    for (size_t i = 0; base && i < base->attribute_count && shape_take(maker); i++)
        attribute_put(maker, list, base->attributes[i]);
    list->has_any |= base && base->has_any_attribute && !base->item;
}

static void read_derived(struct maker *maker, const xmlNode *content, struct shape_type *type,
                         struct attributes *list)
{
    const xmlNode *extension = shape_child(content, "extension");
    const xmlNode *derivation = extension ? extension : shape_child(content, "restriction");
    bool is_simple = shape_is(content, "simpleContent");
    if (!derivation)
        return;
    const struct shape_type *base = read_base(maker, derivation);
    type->base = base;
    type->is_restriction = !extension;
    inherit_attributes(maker, base, list);
    if (is_simple) {
        type->text = base && base->text ? base->text : shape_plain_text(maker);
        if (!extension)
            type->text = shape_restrict(maker, derivation, type->text);
    } else {
        type->content = shape_make_content(maker, derivation);
        read_array(maker, derivation, base, type);
        if (base && base->text) // broken, but its sense is plain
            type->text = base->text;
        if (extension && base) {
            extend_content(maker, base->content, type);
            type->is_mixed |= base->is_mixed;
        }
    }
    read_attributes(maker, derivation, list);
}

static void read_complex(struct maker *maker, const xmlNode *node, struct shape_type *type)
{
    struct attributes list = {0};
    const xmlNode *complex = shape_child(node, "complexContent");
    const xmlNode *content = complex ? complex : shape_child(node, "simpleContent");
    type->is_abstract = shape_flag(maker, node, "abstract");
    type->is_mixed =
        shape_flag(maker, node, "mixed") || (complex && shape_flag(maker, complex, "mixed"));
    type->documentation = shape_documentation(maker, node);
    if (content) {
        read_derived(maker, content, type, &list);
    } else {
        type->content = shape_make_content(maker, node);
        read_attributes(maker, node, &list);
    }
    type->attributes = list.items;
    type->attribute_count = list.count;
    type->has_any_attribute = list.has_any;
}

static void make_anything(struct shape_type *type)
{
    type->is_any = type->is_mixed = type->has_any_attribute = true;
}

void shape_finish(struct maker *maker, struct made_type *type)
{
    if (type->state != MADE_EMPTY || maker->depth == SHAPE_MAX_DEPTH)
        return;
    struct shape_type *shape = &type->shape;
    type->state = MADE_IN_WORK;
    maker->depth++;
    if (strcmp(shape->name.namespace, SOAPENC_NS) == 0 && strcmp(shape->name.local, "Array") == 0) {
        shape->item = &maker->anything->shape;
        shape->item_name = "item";
        shape->rank = 1;
    } else if (!type->node) {
        if (!shape_make_built_in(maker, type))
            make_anything(shape);
    } else if (shape_is(type->node, "simpleType")) {
        shape->documentation = shape_documentation(maker, type->node);
        shape_make_simple(maker, type);
    } else {
        read_complex(maker, type->node, shape);
    }
    maker->depth--;
    type->state = MADE_DONE;
}
