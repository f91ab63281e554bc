// SPDX-License-Identifier: GPL-3.0-or-later
//
// Looks ahead, for a bounded number of elements; a part in which there is more counts as not
// filled.

#include "edge/soap_scaffold_plan.h"
#include "edge/soap_fill.h"

enum { MAX_SEEN = 300, FOUND_COUNT = 4096 };

// Looks ask the same again and again.
struct soap_found {
    struct soap_fill of; // by address: names and types stay where they are
    struct soap_filled filled;
};

// --- values ---

// Beside a password stands a user that no event knows.
static bool is_beside_secret(const struct shape_particle *particle, int depth)
{
    for (size_t i = 0; particle && i < particle->count && depth < 4; i++) {
        const struct shape_particle *child = &particle->children[i];
        if (child->kind == SHAPE_ELEMENT ? soap_fill_is_secret(child->element->name.local)
                                         : is_beside_secret(child, depth + 1))
            return true;
    }
    return false;
}

static bool is_credential(const struct soap_plan *plan, const struct soap_frame *up,
                          const char *name)
{
    return plan->is_header || soap_fill_is_secret(name) ||
           (up && is_beside_secret(up->type->content, 0));
}

static struct soap_filled fill_once(struct soap_plan *plan, const struct soap_fill *fill)
{
    if (!plan->found)
        plan->found = arena_alloc(plan->arena, FOUND_COUNT * sizeof(*plan->found));
    size_t at = ((uintptr_t)fill->name * 31 + (uintptr_t)fill->parent * 17 +
                 (uintptr_t)fill->text * 7 + (uintptr_t)fill->policy) /
                8 % FOUND_COUNT;
    struct soap_found *found = &plan->found[at];
    if (found->of.name != fill->name || found->of.parent != fill->parent ||
        found->of.text != fill->text || found->of.policy != fill->policy)
        *found = (struct soap_found){*fill, soap_fill(fill, plan->arena)};
    return found->filled;
}

static const char *sample_of(struct soap_plan *plan, const struct shape_text *text)
{
    const char *value = "";
    if (plan->is_looking)
        return value;
    return soap_value_sample(text, &plan->ids, plan->arena, &value) ? value : "";
}

static struct soap_planned plan_text(struct soap_plan *plan, const struct soap_fill *fill,
                                     const struct soap_frame *up, const char *fixed,
                                     const char *usual)
{
    if (fixed)
        return (struct soap_planned){.text = fixed};
    struct soap_filled filled = {0};
    if (!is_credential(plan, up, fill->name))
        filled = fill_once(plan, fill);
    if (filled.tag)
        return (struct soap_planned){.text = filled.tag, .is_tag = true, .element = filled.element};
    return (struct soap_planned){.text = usual ? usual : sample_of(plan, fill->text),
                                 .is_todo = !usual,
                                 .element = filled.element};
}

struct soap_planned soap_plan_element(struct soap_plan *plan, const struct soap_frame *frame,
                                      const char *policy)
{
    const struct shape_element *element = frame->element;
    if (!frame->type->text && !frame->type->is_any)
        return (struct soap_planned){.text = ""};
    static const struct shape_text anything = {.primitive = SHAPE_ANY_SIMPLE,
                                               .built_in = "anySimpleType",
                                               .length = -1,
                                               .min_length = -1,
                                               .max_length = -1,
                                               .total_digits = -1,
                                               .fraction_digits = -1};
    const struct soap_fill fill = {.name = element->name.local,
                                   .parent = frame->up ? frame->up->element->name.local : "",
                                   .text = frame->type->text ? frame->type->text : &anything,
                                   .policy = policy};
    return plan_text(plan, &fill, frame->up, element->fixed_value, element->default_value);
}

struct soap_planned soap_plan_attribute(struct soap_plan *plan, const struct soap_frame *frame,
                                        const struct shape_attribute *attribute)
{
    const struct soap_fill fill = {.name = attribute->name.local,
                                   .parent = frame->element->name.local,
                                   .text = attribute->text,
                                   .policy = attribute->is_required ? "" : "omit"};
    return plan_text(plan, &fill, frame, attribute->fixed_value, attribute->default_value);
}

bool soap_plan_is_leaf(const struct soap_plan *plan, const struct soap_frame *frame)
{
    return frame->type->text || frame->type->is_any ||
           (!frame->type->content && !soap_walk_is_array(frame, plan->is_encoded));
}

// --- looking ahead ---

struct look {
    struct soap_plan *plan;
    size_t *seen; // of all looks of one question
    bool has_match, has_todo;
    const char *required;
};

static void look_at_content(struct look *look, const struct soap_frame *frame,
                            const struct shape_particle *particle);
static void look_into(struct look *look, const struct soap_frame *frame);
static const struct shape_particle *branch_of(struct soap_plan *plan,
                                              const struct soap_frame *frame,
                                              const struct shape_particle *choice, size_t *seen);

static void take(struct look *look, const struct soap_planned *planned, bool is_required)
{
    look->has_match |= planned->is_tag;
    look->has_todo |= is_required && planned->is_todo;
    if (is_required && planned->is_tag && !look->required)
        look->required = planned->element;
}

// Optional parts count when they would be sent by themselves.
static void look_aside(struct look *look, const struct soap_frame *frame,
                       const struct shape_particle *particle)
{
    if (!soap_walk_leads_on(look->plan->heights, frame, particle))
        return;
    struct look aside = {.plan = look->plan, .seen = look->seen};
    look_at_content(&aside, frame, particle);
    look->has_match |= aside.has_match && !aside.has_todo;
}

static void look_at_element(struct look *look, const struct soap_frame *up,
                            const struct shape_particle *particle)
{
    const struct soap_frame frame = soap_walk_enter(look->plan->heights, up, particle->element);
    if (++*look->seen > MAX_SEEN || frame.is_minimal) {
        look->has_todo = true;
        return;
    }
    if (soap_plan_is_leaf(look->plan, &frame)) {
        const struct soap_planned planned = soap_plan_element(look->plan, &frame, "");
        take(look, &planned, true);
    }
    look_into(look, &frame);
}

static void look_at_children(struct look *look, const struct soap_frame *frame,
                             const struct shape_particle *group)
{
    for (size_t i = 0; i < group->count; i++) {
        const struct shape_particle *child = &group->children[i];
        if (child->max == 0)
            continue;
        if (child->min > 0)
            look_at_content(look, frame, child);
        else
            look_aside(look, frame, child);
    }
}

static void look_at_content(struct look *look, const struct soap_frame *frame,
                            const struct shape_particle *particle)
{
    if (*look->seen > MAX_SEEN) {
        look->has_todo = true;
    } else if (particle->kind == SHAPE_ELEMENT) {
        look_at_element(look, frame, particle);
    } else if (particle->kind == SHAPE_WILDCARD) {
        look->has_todo = true;
    } else if (particle->kind == SHAPE_CHOICE) {
        const struct shape_particle *branch = branch_of(look->plan, frame, particle, look->seen);
        if (branch)
            look_at_content(look, frame, branch);
    } else {
        look_at_children(look, frame, particle);
    }
}

static void look_into(struct look *look, const struct soap_frame *frame)
{
    for (size_t i = 0; i < frame->type->attribute_count; i++) {
        const struct shape_attribute *attribute = &frame->type->attributes[i];
        if (soap_walk_is_own_attribute(attribute, look->plan->is_encoded))
            continue;
        const struct soap_planned planned = soap_plan_attribute(look->plan, frame, attribute);
        take(look, &planned, attribute->is_required);
    }
    const struct shape_particle *content = frame->type->content;
    if (soap_walk_is_array(frame, look->plan->is_encoded))
        look->has_todo = true;
    else if (content && content->min > 0)
        look_at_content(look, frame, content);
    else if (content && content->max != 0)
        look_aside(look, frame, content);
}

// The first branch that is filled in, otherwise the first that ends.
static const struct shape_particle *branch_of(struct soap_plan *plan,
                                              const struct soap_frame *frame,
                                              const struct shape_particle *choice, size_t *seen)
{
    for (size_t i = 0; i < choice->count && !frame->is_minimal; i++) {
        const struct shape_particle *branch = &choice->children[i];
        struct look look = {.plan = plan, .seen = seen};
        if (branch->max == 0 || !soap_walk_leads_on(plan->heights, frame, branch))
            continue;
        look_at_content(&look, frame, branch);
        if (look.has_match && !look.has_todo)
            return branch;
    }
    return soap_walk_branch(plan->heights, frame, choice);
}

static struct look look_begin(struct soap_plan *plan, size_t *seen)
{
    plan->is_looking = true;
    return (struct look){.plan = plan, .seen = seen};
}

static struct soap_worth look_end(const struct look *look)
{
    look->plan->is_looking = false;
    return (struct soap_worth){.is_filled = look->has_match && !look->has_todo,
                               .has_todo = look->has_todo,
                               .required = look->required};
}

struct soap_worth soap_plan_structure(struct soap_plan *plan, const struct soap_frame *frame)
{
    size_t seen = 0;
    struct look look = look_begin(plan, &seen);
    look_into(&look, frame);
    return look_end(&look);
}

struct soap_worth soap_plan_group(struct soap_plan *plan, const struct soap_frame *frame,
                                  const struct shape_particle *group)
{
    size_t seen = 0;
    struct look look = look_begin(plan, &seen);
    look_at_content(&look, frame, group);
    return look_end(&look);
}

const struct shape_particle *soap_plan_branch(struct soap_plan *plan,
                                              const struct soap_frame *frame,
                                              const struct shape_particle *choice)
{
    size_t seen = 0;
    struct look look = look_begin(plan, &seen);
    const struct shape_particle *branch = branch_of(plan, frame, choice, &seen);
    look_end(&look);
    return branch;
}
