// SPDX-License-Identifier: GPL-3.0-or-later
//
// A walk over the graph of types, each type once: what derives from one may stand in its place, so
// its names count, too.

#include "edge/soap_names.h"
#include "edge/soap_shape.h"

enum { MAX_TYPES = 4000, MAX_NAMES = 8000 };

static const char *const envelope_names[] = {
    "Envelope", "Header", "Body",  "Fault",   "faultcode", "faultstring", "faultactor",
    "detail",   "Code",   "Value", "Subcode", "Reason",    "Text",        "Node",
    "Role",     "Detail", "lang",  "nil",     "type"};

struct names {
    const struct shape_type *types[MAX_TYPES];
    size_t type_count, type_done;
    const char *names[MAX_NAMES];
    size_t name_count;
    bool is_open; // to anything, or there is too much
};

static void add_name(struct names *names, const char *name)
{
    for (size_t i = 0; i < names->name_count; i++) {
        if (strcmp(names->names[i], name) == 0)
            return;
    }
    if (names->name_count == MAX_NAMES)
        names->is_open = true;
    else
        names->names[names->name_count++] = name;
}

static void add_type(struct names *names, const struct shape_type *type)
{
    for (size_t i = 0; i < names->type_count; i++) {
        if (names->types[i] == type)
            return;
    }
    if (names->type_count == MAX_TYPES)
        names->is_open = true;
    else
        names->types[names->type_count++] = type;
}

static void add_element(struct names *names, const struct shape_element *element)
{
    add_name(names, element->name.local);
    add_type(names, element->type);
    for (size_t i = 0; i < element->substitute_count; i++) {
        add_name(names, element->substitutes[i]->name.local);
        add_type(names, element->substitutes[i]->type);
    }
}

static void add_content(struct names *names, const struct shape_particle *particle)
{
    if (particle->kind == SHAPE_ELEMENT)
        add_element(names, particle->element);
    else if (particle->kind == SHAPE_WILDCARD)
        names->is_open = true;
    for (size_t i = 0; i < particle->count; i++)
        add_content(names, &particle->children[i]);
}

static void look_into(struct names *names, const struct shape_type *type)
{
    names->is_open |= type->is_any || type->has_any_attribute || type->item;
    for (size_t i = 0; i < type->attribute_count; i++)
        add_name(names, type->attributes[i].name.local);
    for (size_t i = 0; i < type->heir_count; i++)
        add_type(names, type->heirs[i]);
    if (type->content)
        add_content(names, type->content);
}

static void add_message(struct names *names, const struct shape_message *message)
{
    names->is_open |= message->is_encoded; // names of items and of referred values are free
    if (*message->wrapper.local)
        add_name(names, message->wrapper.local);
    for (size_t i = 0; i < message->part_count; i++)
        add_element(names, message->parts[i].element);
    for (size_t i = 0; i < message->header_count; i++)
        add_element(names, message->headers[i].element);
}

bool soap_reply_names(const struct soap_operation *operation, struct arena *arena,
                      const char *const **ret, size_t *ret_count)
{
    const struct shape_operation *shape = soap_shape(operation);
    struct names *names = arena_alloc(arena, sizeof(*names));
    for (size_t i = 0; i < COUNT_OF(envelope_names); i++)
        add_name(names, envelope_names[i]);
    add_message(names, &shape->output);
    for (size_t i = 0; i < shape->fault_count; i++) {
        if (shape->faults[i].element)
            add_element(names, shape->faults[i].element);
    }
    while (names->type_done < names->type_count && !names->is_open)
        look_into(names, names->types[names->type_done++]);
    *ret = names->names;
    *ret_count = names->name_count;
    return !names->is_open;
}
