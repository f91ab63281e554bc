// SPDX-License-Identifier: GPL-3.0-or-later
//
// The scaffold as data for soap_json_encode. JSON has no comments: what is optional and not filled
// in is null, which leaves it out, so its name is there to be seen; of a choice only the branch
// that is sent.

#include "edge/soap_modules.h"
#include "edge/soap_sample.h"
#include "edge/soap_scaffold_plan.h"

enum {
    OPTIONAL_LEVELS = 12, // shown at first; fewer when the scaffold gets too large
    COMFORTABLE_VALUES = 5000,
    MAX_VALUES = 200000,
};

struct data {
    struct soap_plan plan;
    int levels;
    size_t values, most;
};

static struct json *make_element(struct data *data, const struct soap_frame *up,
                                 const struct shape_element *declared, int64_t min);
static void add_particle(struct data *data, const struct soap_frame *frame,
                         const struct shape_particle *particle, bool is_chosen,
                         struct json *object);

static void add_attributes(struct data *data, const struct soap_frame *frame, struct json *object)
{
    struct arena *arena = data->plan.arena;
    if (frame->type != frame->element->type && *frame->type->name.local)
        json_set(arena, object, STR("@xsi:type"), json_text(arena, frame->type->name.local));
    for (size_t i = 0; i < frame->type->attribute_count; i++) {
        const struct shape_attribute *attribute = &frame->type->attributes[i];
        if (soap_walk_is_own_attribute(attribute, data->plan.is_encoded))
            continue;
        const struct soap_planned planned = soap_plan_attribute(&data->plan, frame, attribute);
        bool is_there = attribute->is_required || planned.is_tag;
        data->values++;
        json_set(arena, object, str_from(arena_printf(arena, "@%s", attribute->name.local)),
                 is_there ? json_text(arena, planned.text) : json_null(arena));
    }
}

// What is left out: null, unless that would be xsi:nil.
static struct json *absent(struct data *data, const struct soap_frame *frame)
{
    return frame->element->is_nillable ? NULL : json_null(data->plan.arena);
}

static struct json *make_leaf(struct data *data, const struct soap_frame *frame, int64_t min)
{
    struct arena *arena = data->plan.arena;
    const struct soap_planned planned = soap_plan_element(&data->plan, frame, min ? "" : "omit");
    if (!min && (!planned.is_tag || soap_plan_structure(&data->plan, frame).has_todo))
        return absent(data, frame);
    struct json *object = json_object(arena);
    add_attributes(data, frame, object);
    bool has_text = frame->type->text || frame->type->is_any;
    if (!object->object.count && has_text)
        return json_text(arena, planned.text);
    if (has_text)
        json_set(arena, object, STR("#text"), json_text(arena, planned.text));
    return object;
}

static struct json *make_structure(struct data *data, const struct soap_frame *frame)
{
    struct arena *arena = data->plan.arena;
    if (soap_walk_is_array(frame, data->plan.is_encoded)) {
        const struct shape_element item = soap_walk_item(frame);
        struct json *items = json_array(arena), *value = make_element(data, frame, &item, 1);
        if (value)
            json_append(arena, items, value);
        return items;
    }
    struct json *object = json_object(arena);
    add_attributes(data, frame, object);
    if (frame->type->content)
        add_particle(data, frame, frame->type->content, false, object);
    return object;
}

// NULL: nothing is to be said.
static struct json *make_element(struct data *data, const struct soap_frame *up,
                                 const struct shape_element *declared, int64_t min)
{
    const struct soap_frame frame = soap_walk_enter(data->plan.heights, up, declared);
    data->values++;
    if (soap_plan_is_leaf(&data->plan, &frame))
        return make_leaf(data, &frame, min);
    bool is_again = soap_walk_is_open(up, frame.type) || frame.level > data->levels;
    if (!min && (is_again || !soap_plan_structure(&data->plan, &frame).is_filled))
        return absent(data, &frame);
    bool may_be_nil = frame.element->is_nillable || data->plan.is_encoded;
    if (!soap_walk_ends(data->plan.heights, &frame) || (frame.is_minimal && may_be_nil))
        return json_null(data->plan.arena);
    return make_structure(data, &frame);
}

static void add_element(struct data *data, const struct soap_frame *frame,
                        const struct shape_particle *particle, bool is_chosen, struct json *object)
{
    struct arena *arena = data->plan.arena;
    const struct soap_frame inner = soap_walk_enter(data->plan.heights, frame, particle->element);
    struct str name = str_from(inner.element->name.local);
    struct json *value =
        make_element(data, frame, particle->element, is_chosen ? 1 : particle->min);
    if (!value || json_get(object, name))
        return;
    if (particle->max != 1 && value->kind != JSON_NULL) {
        struct json *items = json_array(arena);
        json_append(arena, items, value);
        value = items;
    }
    json_set(arena, object, name, value);
}

static void add_particle(struct data *data, const struct soap_frame *frame,
                         const struct shape_particle *particle, bool is_chosen, struct json *object)
{
    bool is_optional = particle->min == 0 && !is_chosen;
    if (particle->max == 0 || data->values > data->most || (frame->is_minimal && is_optional))
        return;
    if (particle->kind == SHAPE_ELEMENT) {
        add_element(data, frame, particle, is_chosen, object);
        return;
    }
    if (particle->kind == SHAPE_WILDCARD ||
        (is_optional && particle->kind == SHAPE_CHOICE &&
         !soap_plan_group(&data->plan, frame, particle).is_filled))
        return;
    const struct shape_particle *branch =
        particle->kind == SHAPE_CHOICE ? soap_plan_branch(&data->plan, frame, particle) : NULL;
    if (branch)
        add_particle(data, frame, branch, true, object);
    for (size_t i = 0; particle->kind != SHAPE_CHOICE && i < particle->count; i++)
        add_particle(data, frame, &particle->children[i], false, object);
}

static void add_parts(struct data *data, const struct shape_part *parts, size_t count,
                      struct json *object)
{
    for (size_t i = 0; i < count; i++) {
        struct json *value = make_element(data, NULL, parts[i].element, 1);
        if (value)
            json_set(data->plan.arena, object, str_from(parts[i].element->name.local), value);
    }
}

static struct json *make_body(struct data *data, const struct shape_message *message)
{
    bool is_bare = !*message->wrapper.local && message->part_count == 1;
    if (is_bare) {
        struct json *body = make_element(data, NULL, message->parts[0].element, 1);
        if (body && body->kind == JSON_OBJECT)
            return body;
    }
    struct json *object = json_object(data->plan.arena);
    add_parts(data, message->parts, message->part_count, object);
    return object;
}

const struct json *soap_scaffold_json(const struct soap_operation *operation, struct arena *arena)
{
    const struct shape_message *message = &soap_shape(operation)->input;
    for (int levels = OPTIONAL_LEVELS;; levels = levels * 3 / 4) {
        struct data data = {.levels = levels, .most = levels ? COMFORTABLE_VALUES : MAX_VALUES};
        data.plan = (struct soap_plan){
            .arena = arena, .heights = soap_heights_new(arena, false), .is_header = true};
        struct json *header = json_object(arena), *whole = json_object(arena);
        add_parts(&data, message->headers, message->header_count, header);
        data.plan.heights = soap_heights_new(arena, message->is_encoded);
        data.plan.is_encoded = message->is_encoded;
        data.plan.is_header = false;
        struct json *body = make_body(&data, message);
        if (data.values > data.most && levels)
            continue;
        if (header->object.count)
            json_set(arena, whole, STR("#header"), header);
        for (size_t i = 0; i < body->object.count; i++)
            json_set(arena, whole, body->object.members[i].name, body->object.members[i].value);
        return whole;
    }
}
