// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which element of a content model a name means.

#include "edge/soap_json_find.h"

struct look {
    const char *namespace, *local;
    size_t *steps;
    struct soap_json_search result;
};

static bool look_at(struct look *look, const struct shape_element *element)
{
    struct soap_json_search *result = &look->result;
    if (strcmp(element->name.local, look->local) != 0 ||
        (look->namespace && strcmp(look->namespace, element->name.namespace) != 0))
        return false;
    if (!result->found)
        result->found = element;
    else if (strcmp(result->found->name.namespace, element->name.namespace) != 0)
        result->other = element;
    return true;
}

// How many may stand there at most: 0, 1, or 2 for more.
static int look_in(struct look *look, const struct shape_particle *particle)
{
    if (!particle || *look->steps >= SOAP_JSON_MAX_STEPS)
        return 0;
    ++*look->steps;
    look->result.has_wildcard |= particle->kind == SHAPE_WILDCARD;
    const struct shape_element *element = particle->element;
    int count = element && look_at(look, element);
    for (size_t i = 0; element && i < element->substitute_count; i++, ++*look->steps) {
        if (look_at(look, element->substitutes[i]))
            count = 1;
    }
    for (size_t i = 0; i < particle->count; i++) {
        int own = look_in(look, &particle->children[i]);
        count = particle->kind != SHAPE_CHOICE ? count + own : own > count ? own : count;
    }
    return count > 1 || (count == 1 && particle->max != 1) ? 2 : count;
}

struct soap_json_search soap_json_find(const struct shape_particle *content, const char *namespace,
                                       const char *local, size_t *steps)
{
    struct look look = {.namespace = namespace, .local = local, .steps = steps};
    look.result.is_repeated = look_in(&look, content) > 1;
    return look.result;
}

const struct shape_element *soap_json_only_item(const struct shape_type *type)
{
    const struct shape_particle *content = type->content;
    if (!content || content->kind == SHAPE_CHOICE || content->count != 1 || type->is_mixed)
        return NULL;
    const struct shape_particle *only = &content->children[0];
    return only->kind == SHAPE_ELEMENT && (only->max != 1 || content->max != 1) ? only->element
                                                                                : NULL;
}

const struct shape_type *soap_json_parts(struct arena *arena, const struct shape_message *message)
{
    struct shape_particle *children = arena_alloc(arena, message->part_count * sizeof(*children));
    struct shape_particle *content = arena_alloc(arena, sizeof(*content));
    struct shape_type *type = arena_alloc(arena, sizeof(*type));
    for (size_t i = 0; i < message->part_count; i++)
        children[i] = (struct shape_particle){
            .kind = SHAPE_ELEMENT, .min = 1, .max = 1, .element = message->parts[i].element};
    *content = (struct shape_particle){.kind = SHAPE_SEQUENCE,
                                       .min = 1,
                                       .max = 1,
                                       .children = children,
                                       .count = message->part_count};
    const char *name = *message->wrapper.local ? message->wrapper.local : "the message";
    *type = (struct shape_type){.name = {"", name}, .documentation = "", .content = content};
    return type;
}
