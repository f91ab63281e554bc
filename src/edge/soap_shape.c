// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads a module's schemas into the graph, once, at the first question about it, and answers from
// it. The readers are in soap_shape_type.c, _content.c and _text.c; here is what they work on: all
// global declarations first, then every type that was met until no new one is, then who may stand
// in whose place.

#include "edge/soap_shape_make.h"

#include <libxml/parser.h>
#include <pthread.h>

#define REDEFINED ".redefined" // how gen/bind calls what was redefined

enum { PARSE_OPTIONS = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING };

struct soap_shapes {
    const struct soap_module *table;
    pthread_mutex_t lock; // of `is_read`; what follows is immutable once that is set
    bool is_read;
    struct arena *arena;
    struct shape_index {
        xmlHashTable *all;      // by local name and namespace
        xmlHashTable *by_local; // the index itself stands for several of one name
    } types, elements;
    struct shape_operation *operations;
};

// --- elements ---

static struct made_element *element_new(struct maker *maker, struct shape_name name)
{
    struct made_element *element = arena_alloc(maker->arena, sizeof(*element));
    element->shape = (struct shape_element){.name = {arena_strdup(maker->arena, name.namespace),
                                                     arena_strdup(maker->arena, name.local)},
                                            .type = &maker->anything->shape,
                                            .is_global = true,
                                            .documentation = ""};
    if (maker->last_element)
        maker->last_element->next = element;
    else
        maker->first_element = element;
    maker->last_element = element;
    xmlHashAddEntry2(maker->elements, (const xmlChar *)name.local, (const xmlChar *)name.namespace,
                     element);
    return element;
}

static struct made_element *element_head(struct maker *maker, const xmlNode *node)
{
    const char *heads = shape_attribute_of(maker, node, "substitutionGroup");
    if (!heads || !*heads)
        return NULL;
    const char *first =
        arena_copy(maker->arena, (struct str){heads, strcspn(heads, " \t\r\n")}).data;
    struct shape_name name = shape_resolve(maker, node, first);
    return shape_declaration(maker, DECLARED_ELEMENT, name) ? shape_element_named(maker, name)
                                                            : NULL;
}

struct made_element *shape_element_named(struct maker *maker, struct shape_name name)
{
    struct made_element *element = xmlHashLookup2(maker->elements, (const xmlChar *)name.local,
                                                  (const xmlChar *)name.namespace);
    if (element)
        return element;
    element = element_new(maker, name);
    const xmlNode *node = shape_declaration(maker, DECLARED_ELEMENT, name);
    if (!node)
        return element;
    element->is_declared = true;
    struct made_type *type = shape_type_of(maker, node, "type");
    struct shape_element *shape = &element->shape;
    shape->is_nillable = shape_flag(maker, node, "nillable");
    shape->is_abstract = shape_flag(maker, node, "abstract");
    shape->default_value = shape_attribute_of(maker, node, "default");
    shape->fixed_value = shape_attribute_of(maker, node, "fixed");
    shape->documentation = shape_documentation(maker, node);
    if (maker->depth < SHAPE_MAX_DEPTH) {
        maker->depth++;
        element->head = element_head(maker, node);
        maker->depth--;
    }
    if (type)
        shape->type = &type->shape;
    else if (element->head) // of the same type, if it says nothing else
        shape->type = element->head->shape.type;
    return element;
}

// --- who may stand in whose place ---

static bool is_redefined(struct shape_name name)
{
    size_t len = strlen(name.local), suffix = sizeof(REDEFINED) - 1;
    return len > suffix && strcmp(name.local + len - suffix, REDEFINED) == 0;
}

static void add_heirs(struct maker *maker)
{
    for (struct made_type *type = maker->first_type; type; type = type->next) {
        const struct shape_type *shape = &type->shape;
        if (!*shape->name.local || shape->is_abstract || is_redefined(shape->name))
            continue;
        for (const struct shape_type *base = shape->base; base; base = base->base) {
            struct made_type *of = (struct made_type *)base;
            if (of->node && shape_take(maker))
                shape_list_add(maker, (const void ***)&of->shape.heirs, &of->shape.heir_count,
                               shape);
        }
    }
}

static void add_substitutes(struct maker *maker)
{
    for (struct made_element *element = maker->first_element; element; element = element->next) {
        size_t steps = 0; // a circle is possible
        for (struct made_element *head = element->head;
             head && head != element && !element->shape.is_abstract && steps < SHAPE_MAX_DEPTH;
             head = head->head, steps++) {
            if (shape_take(maker))
                shape_list_add(maker, (const void ***)&head->shape.substitutes,
                               &head->shape.substitute_count, &element->shape);
        }
    }
}

// --- messages ---

static const struct shape_element *part_element(struct maker *maker,
                                                const struct soap_module_part *part)
{
    struct shape_name name = {part->of.namespace, part->of.local};
    if (part->is_element)
        return &shape_element_named(maker, name)->shape;
    struct shape_element *element = arena_alloc(maker->arena, sizeof(*element));
    *element = (struct shape_element){.name = {"", part->name},
                                      .type = &shape_type_named(maker, name)->shape,
                                      .documentation = ""};
    return element;
}

static const struct shape_part *make_parts(struct maker *maker, const struct soap_module_part *from,
                                           size_t count, size_t *ret_count)
{
    struct shape_part *parts = arena_alloc(maker->arena, count * sizeof(*parts));
    for (size_t i = 0; i < count; i++) {
        if (from[i].mime && *from[i].mime)
            continue; // travels beside the envelope
        parts[(*ret_count)++] = (struct shape_part){from[i].name, part_element(maker, &from[i])};
    }
    return parts;
}

static void make_message(struct maker *maker, const struct soap_module_message *from,
                         struct shape_message *to)
{
    const char *local = from->wrapper.local ? from->wrapper.local : "";
    to->wrapper = (struct shape_name){*local ? from->wrapper.namespace : "", local};
    to->is_encoded = from->is_encoded;
    to->parts = make_parts(maker, from->parts, from->part_count, &to->part_count);
    to->headers = make_parts(maker, from->headers, from->header_count, &to->header_count);
}

static void make_operation(struct maker *maker, const struct soap_module_operation *from,
                           struct shape_operation *to)
{
    to->documentation = from->documentation ? from->documentation : "";
    make_message(maker, &from->input, &to->input);
    make_message(maker, &from->output, &to->output);
    struct shape_fault *faults = arena_alloc(maker->arena, from->fault_count * sizeof(*faults));
    for (size_t i = 0; i < from->fault_count; i++) {
        struct shape_name name = {from->faults[i].element.namespace, from->faults[i].element.local};
        if (*name.local)
            faults[to->fault_count++] = (struct shape_fault){
                from->faults[i].name, &shape_element_named(maker, name)->shape};
    }
    to->faults = faults;
}

// --- reading ---

// A declaration that no check could take was opened by gen/bind, and kept beside it as it was.
static const xmlNode *as_meant(const xmlNode *node)
{
    const xmlNode *kept = shape_child(shape_child(node, "annotation"), "appinfo");
    const xmlNode *meant = shape_child(kept, (const char *)node->name);
    return meant ? meant : node;
}

static void declare(struct maker *maker, const xmlNode *root)
{
    static const struct {
        const char *name;
        enum declared kind;
    } kinds[] = {{"complexType", DECLARED_TYPE}, {"simpleType", DECLARED_TYPE},
                 {"element", DECLARED_ELEMENT},  {"attribute", DECLARED_ATTRIBUTE},
                 {"group", DECLARED_GROUP},      {"attributeGroup", DECLARED_ATTRIBUTE_GROUP}};
    for (const xmlNode *node = root ? root->children : NULL; node; node = node->next) {
        const char *name =
            node->type == XML_ELEMENT_NODE ? shape_attribute_of(maker, node, "name") : NULL;
        for (size_t i = 0; name && i < COUNT_OF(kinds); i++) {
            if (shape_is(node, kinds[i].name))
                xmlHashAddEntry2(maker->declared[kinds[i].kind], (const xmlChar *)name,
                                 (const xmlChar *)shape_target(maker, node),
                                 (void *)as_meant(node));
        }
    }
}

// What is declared is made, whether or not an operation uses it: xsi:type may name any type.
static void make_declared(struct maker *maker, const xmlNode *root)
{
    for (const xmlNode *node = root ? root->children : NULL; node; node = node->next) {
        const char *name =
            node->type == XML_ELEMENT_NODE ? shape_attribute_of(maker, node, "name") : NULL;
        struct shape_name full = {shape_target(maker, root), name ? name : ""};
        if (name && shape_is(node, "element"))
            shape_element_named(maker, full);
        else if (name && (shape_is(node, "complexType") || shape_is(node, "simpleType")))
            shape_type_named(maker, full);
    }
}

static void maker_begin(struct maker *maker, struct soap_shapes *shapes)
{
    *maker = (struct maker){.arena = shapes->arena};
    for (size_t i = 0; i < DECLARED_COUNT; i++)
        maker->declared[i] = xmlHashCreate(256);
    maker->types = shapes->types.all = xmlHashCreate(256);
    maker->elements = shapes->elements.all = xmlHashCreate(256);
    maker->groups = xmlHashCreate(16);
    require(maker->types && maker->elements && maker->groups);
    maker->anything = shape_type_named(maker, (struct shape_name){XSD_NS, "anyType"});
    shape_finish(maker, maker->anything);
}

static void maker_end(struct maker *maker)
{
    for (size_t i = 0; i < DECLARED_COUNT; i++)
        xmlHashFree(maker->declared[i], NULL);
    xmlHashFree(maker->groups, NULL);
}

static void index_local(void *payload, void *context, const xmlChar *local)
{
    struct shape_index *index = context;
    if (xmlHashAddEntry(index->by_local, local, payload) != 0)
        xmlHashUpdateEntry(index->by_local, local, index, NULL);
}

static void index_finish(struct shape_index *index)
{
    index->by_local = xmlHashCreate(256);
    require(index->by_local != NULL);
    xmlHashScan(index->all, index_local, index);
}

static void shapes_read(struct soap_shapes *shapes)
{
    const struct soap_module *table = shapes->table;
    AUTO_FREE xmlDoc **docs = mem_alloc((table->schema_count + 1) * sizeof(xmlDoc *));
    struct maker maker;
    shapes->arena = arena_new();
    maker_begin(&maker, shapes);
    for (size_t i = 0; i < table->schema_count; i++) {
        struct str text = str_from(table->schemas[i]);
        docs[i] = xmlReadMemory(text.data, (int)text.len, NULL, NULL, PARSE_OPTIONS);
        declare(&maker, docs[i] ? xmlDocGetRootElement(docs[i]) : NULL);
    }
    shape_type_named(&maker, (struct shape_name){SHAPE_APACHE_NS, "Map"}); // declared or not
    for (size_t i = 0; i < table->schema_count; i++)
        make_declared(&maker, docs[i] ? xmlDocGetRootElement(docs[i]) : NULL);
    shapes->operations =
        arena_alloc(shapes->arena, table->operation_count * sizeof(*shapes->operations));
    for (size_t i = 0; i < table->operation_count; i++)
        make_operation(&maker, &table->operations[i], &shapes->operations[i]);
    shape_name_built_ins(&maker);
    for (struct made_type *type = maker.first_type; type; type = type->next)
        shape_finish(&maker, type); // more may be met on the way
    add_heirs(&maker);
    add_substitutes(&maker);
    maker_end(&maker);
    index_finish(&shapes->types);
    index_finish(&shapes->elements);
    for (size_t i = 0; i < table->schema_count; i++)
        xmlFreeDoc(docs[i]);
}

// --- for others ---

struct soap_shapes *soap_shapes_new(const struct soap_module *table)
{
    struct soap_shapes *shapes = mem_alloc(sizeof(*shapes));
    shapes->table = table;
    require(pthread_mutex_init(&shapes->lock, NULL) == 0);
    return shapes;
}

void soap_shapes_free(struct soap_shapes *shapes)
{
    if (!shapes)
        return;
    xmlHashFree(shapes->types.all, NULL);
    xmlHashFree(shapes->types.by_local, NULL);
    xmlHashFree(shapes->elements.all, NULL);
    xmlHashFree(shapes->elements.by_local, NULL);
    arena_free(shapes->arena);
    pthread_mutex_destroy(&shapes->lock);
    free(shapes);
}

static const struct soap_shapes *shapes_of(const struct soap_operation *operation)
{
    struct soap_shapes *shapes = operation->module->shapes;
    pthread_mutex_lock(&shapes->lock);
    if (!shapes->is_read)
        shapes_read(shapes);
    shapes->is_read = true;
    pthread_mutex_unlock(&shapes->lock);
    return shapes;
}

const struct shape_operation *soap_shape(const struct soap_operation *operation)
{
    return &shapes_of(operation)->operations[operation->index];
}

static const void *find(const struct shape_index *index, const char *namespace, const char *local)
{
    const xmlChar *name = (const xmlChar *)local;
    if (namespace)
        return xmlHashLookup2(index->all, name, (const xmlChar *)namespace);
    const void *found = xmlHashLookup(index->by_local, name);
    return found == index ? NULL : found;
}

const struct shape_type *soap_shape_type(const struct soap_operation *operation,
                                         const char *namespace, const char *local)
{
    const struct made_type *type = find(&shapes_of(operation)->types, namespace, local);
    return type ? &type->shape : NULL;
}

const struct shape_element *soap_shape_element(const struct soap_operation *operation,
                                               const char *namespace, const char *local)
{
    const struct made_element *element = find(&shapes_of(operation)->elements, namespace, local);
    return element && element->is_declared ? &element->shape : NULL;
}
