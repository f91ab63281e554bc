// SPDX-License-Identifier: GPL-3.0-or-later
//
// The graph of types as trees of JSON. Members that say nothing are left out.

#include "flow/wsdl_show.h"

#include "base/clock.h"

#include <stdio.h>

enum { MAX_SEEN = 50000, MAX_DEPTH = 100 };

#define XSD_NS "http://www.w3.org/2001/XMLSchema"

struct walk {
    struct arena *arena;
    const struct soap_operation *operation;
    const void **seen; // types that are written out already
    size_t seen_count;
    int depth;
};

static void set_text(struct arena *arena, struct json *to, const char *name, const char *text)
{
    if (text && *text)
        json_set(arena, to, str_from(name), json_string(arena, str_from(text)));
}

static void set_number(struct arena *arena, struct json *to, const char *name, int64_t number)
{
    json_set(arena, to, str_from(name), json_integer(arena, number));
}

static void set_mark(struct arena *arena, struct json *to, const char *name, bool is_set)
{
    if (is_set)
        json_set(arena, to, str_from(name), json_boolean(arena, true));
}

// True the first time.
static bool is_new(struct walk *walk, const void *type)
{
    for (size_t i = 0; i < walk->seen_count; i++) {
        if (walk->seen[i] == type)
            return false;
    }
    if (walk->seen_count == MAX_SEEN)
        return false;
    walk->seen[walk->seen_count++] = type;
    return true;
}

// --- texts: simple types and their facets ---

// What XML Schema's own type says already is not said again: `base` is its text, or NULL.
static void set_numbers(struct arena *arena, struct json *to, const struct shape_text *text,
                        const struct shape_text *base)
{
    const struct {
        const char *name;
        int64_t value, usual;
    } numbers[] = {
        {"length", text->length, base ? base->length : -1},
        {"min_length", text->min_length, base ? base->min_length : -1},
        {"max_length", text->max_length, base ? base->max_length : -1},
        {"total_digits", text->total_digits, base ? base->total_digits : -1},
        {"fraction_digits", text->fraction_digits, base ? base->fraction_digits : -1},
    };
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        if (numbers[i].value >= 0 && numbers[i].value != numbers[i].usual)
            set_number(arena, to, numbers[i].name, numbers[i].value);
    }
}

static void set_bounds(struct arena *arena, struct json *to, const struct shape_text *text,
                       const struct shape_text *base)
{
    const struct {
        const char *name, *value, *usual;
    } bounds[] = {
        {"min_inclusive", text->min_inclusive, base ? base->min_inclusive : NULL},
        {"max_inclusive", text->max_inclusive, base ? base->max_inclusive : NULL},
        {"min_exclusive", text->min_exclusive, base ? base->min_exclusive : NULL},
        {"max_exclusive", text->max_exclusive, base ? base->max_exclusive : NULL},
    };
    for (size_t i = 0; i < COUNT_OF(bounds); i++) {
        bool is_usual =
            bounds[i].usual && strcmp(bounds[i].usual, str_from(bounds[i].value).data) == 0;
        if (!is_usual)
            set_text(arena, to, bounds[i].name, bounds[i].value);
    }
}

static void set_patterns(struct arena *arena, struct json *to, const struct shape_text *text,
                         const struct shape_text *base)
{
    struct json *patterns = json_array(arena);
    for (size_t i = base ? base->pattern_count : 0; i < text->pattern_count; i++) {
        for (size_t j = 0; j < text->patterns[i].count; j++)
            json_append(arena, patterns, json_text(arena, text->patterns[i].any_of[j]));
    }
    if (patterns->array.count)
        json_set(arena, to, STR("patterns"), patterns);
}

static void set_enumerations(struct arena *arena, struct json *to, const struct shape_text *text)
{
    struct json *values = json_array(arena);
    for (size_t i = 0; i < text->enumeration_count; i++) {
        struct json *value = json_object(arena);
        json_set(arena, value, STR("value"), json_text(arena, text->enumerations[i].value));
        set_text(arena, value, "documentation", text->enumerations[i].documentation);
        json_append(arena, values, value);
    }
    if (values->array.count)
        json_set(arena, to, STR("enumeration"), values);
}

static const char *text_name(struct walk *walk, const struct shape_text *text)
{
    if (text->primitive == SHAPE_LIST && text->item)
        return arena_printf(walk->arena, "list of %s", text_name(walk, text->item));
    if (text->primitive != SHAPE_UNION)
        return *text->built_in ? text->built_in : "text";
    AUTO_BUF struct buf names;
    buf_init(&names, 4096);
    for (size_t i = 0; i < text->member_count && i < MAX_DEPTH; i++)
        buf_printf(&names, "%s%s", i ? " or " : "", text_name(walk, text->members[i]));
    return arena_copy(walk->arena, buf_str(&names)).data;
}

static void describe_text(struct walk *walk, struct json *to, const struct shape_text *text)
{
    set_text(walk->arena, to, "text", text_name(walk, text));
    const struct shape_type *built_in = soap_shape_type(walk->operation, XSD_NS, text->built_in);
    const struct shape_text *base = built_in ? built_in->text : NULL;
    set_numbers(walk->arena, to, text, base);
    set_bounds(walk->arena, to, text, base);
    set_patterns(walk->arena, to, text, base);
    set_enumerations(walk->arena, to, text);
    // What a union's members or a list's items are limited to.
    const struct shape_text *inner = text->item;
    if (text->primitive == SHAPE_LIST && inner)
        set_enumerations(walk->arena, to, inner);
    for (size_t i = 0; text->primitive == SHAPE_UNION && i < text->member_count; i++) {
        if (!json_get(to, STR("enumeration")))
            set_enumerations(walk->arena, to, text->members[i]);
    }
}

// --- types and what they hold ---

static struct json *describe_particle(struct walk *walk, const struct shape_particle *particle);

static struct json *describe_attribute(struct walk *walk, const struct shape_attribute *attribute)
{
    struct json *to = json_object(walk->arena);
    set_text(walk->arena, to, "name", attribute->name.local);
    set_text(walk->arena, to, "namespace", attribute->name.namespace);
    set_mark(walk->arena, to, "required", attribute->is_required);
    set_text(walk->arena, to, "default", attribute->default_value);
    set_text(walk->arena, to, "fixed", attribute->fixed_value);
    set_text(walk->arena, to, "documentation", attribute->documentation);
    if (attribute->text)
        describe_text(walk, to, attribute->text);
    return to;
}

static void describe_attributes(struct walk *walk, struct json *to, const struct shape_type *type)
{
    struct json *attributes = json_array(walk->arena);
    for (size_t i = 0; i < type->attribute_count; i++)
        json_append(walk->arena, attributes, describe_attribute(walk, &type->attributes[i]));
    if (attributes->array.count)
        json_set(walk->arena, to, STR("attributes"), attributes);
    set_mark(walk->arena, to, "any_attribute", type->has_any_attribute);
}

static void describe_type(struct walk *walk, struct json *to, const struct shape_type *type);

static struct json *describe_heir(struct walk *walk, const struct shape_type *heir)
{
    struct json *to = json_object(walk->arena);
    set_text(walk->arena, to, "type", heir->name.local);
    set_text(walk->arena, to, "type_namespace", heir->name.namespace);
    describe_type(walk, to, heir);
    return to;
}

static void describe_content(struct walk *walk, struct json *to, const struct shape_type *type)
{
    set_mark(walk->arena, to, "abstract", type->is_abstract);
    set_mark(walk->arena, to, "mixed", type->is_mixed);
    describe_attributes(walk, to, type);
    if (type->item) {
        struct json *item = json_object(walk->arena);
        set_text(walk->arena, item, "name", type->item_name);
        set_text(walk->arena, item, "type", type->item->name.local);
        set_number(walk->arena, item, "min", 0);
        set_number(walk->arena, item, "max", SHAPE_UNBOUNDED);
        describe_type(walk, item, type->item);
        json_set(walk->arena, to, STR("array_of"), item);
    } else if (type->content) {
        json_set(walk->arena, to, STR("content"), describe_particle(walk, type->content));
    }
    struct json *heirs = json_array(walk->arena);
    for (size_t i = 0; i < type->heir_count; i++)
        json_append(walk->arena, heirs, describe_heir(walk, type->heirs[i]));
    if (heirs->array.count)
        json_set(walk->arena, to, STR("derived"), heirs);
}

static void describe_type(struct walk *walk, struct json *to, const struct shape_type *type)
{
    set_mark(walk->arena, to, "any", type->is_any);
    if (type->is_any)
        return; // any type may stand there, so nothing is gained by naming them
    if (type->text)
        describe_text(walk, to, type->text);
    if (type->is_simple)
        return;
    if (walk->depth == MAX_DEPTH || !is_new(walk, type)) {
        set_mark(walk->arena, to, "see_above", true);
        return;
    }
    walk->depth++;
    set_text(walk->arena, to, "type_documentation", type->documentation);
    describe_content(walk, to, type);
    walk->depth--;
}

static struct json *describe_element(struct walk *walk, const struct shape_element *element)
{
    struct arena *arena = walk->arena;
    struct json *to = json_object(arena);
    set_text(arena, to, "name", element->name.local);
    set_text(arena, to, "namespace", element->name.namespace);
    set_mark(arena, to, "nillable", element->is_nillable);
    set_mark(arena, to, "abstract_element", element->is_abstract);
    set_text(arena, to, "default", element->default_value);
    set_text(arena, to, "fixed", element->fixed_value);
    set_text(arena, to, "documentation", element->documentation);
    set_text(arena, to, "type", element->type->name.local);
    set_text(arena, to, "type_namespace", element->type->name.namespace);
    describe_type(walk, to, element->type);
    struct json *substitutes = json_array(arena);
    for (size_t i = 0; i < element->substitute_count; i++) {
        struct json *other = json_object(arena);
        set_text(arena, other, "name", element->substitutes[i]->name.local);
        set_text(arena, other, "namespace", element->substitutes[i]->name.namespace);
        set_text(arena, other, "type", element->substitutes[i]->type->name.local);
        describe_type(walk, other, element->substitutes[i]->type);
        json_append(arena, substitutes, other);
    }
    if (substitutes->array.count)
        json_set(arena, to, STR("substitutes"), substitutes);
    return to;
}

static struct json *describe_particle(struct walk *walk, const struct shape_particle *particle)
{
    static const char *const groups[] = {
        [SHAPE_SEQUENCE] = "sequence", [SHAPE_CHOICE] = "choice", [SHAPE_ALL] = "all"};
    struct arena *arena = walk->arena;
    struct json *to = json_object(arena);
    if (particle->kind == SHAPE_ELEMENT)
        to = describe_element(walk, particle->element);
    else if (particle->kind == SHAPE_WILDCARD)
        set_text(arena, to, "any_element", particle->namespaces);
    set_number(arena, to, "min", particle->min);
    set_number(arena, to, "max", particle->max);
    if (particle->kind == SHAPE_ELEMENT || particle->kind == SHAPE_WILDCARD)
        return to;
    set_text(arena, to, "group", groups[particle->kind]);
    struct json *children = json_array(arena);
    for (size_t i = 0; i < particle->count; i++)
        json_append(arena, children, describe_particle(walk, &particle->children[i]));
    json_set(arena, to, STR("children"), children);
    return to;
}

// --- messages ---

static struct json *describe_parts(struct walk *walk, const struct shape_part *parts, size_t count)
{
    struct json *to = json_array(walk->arena);
    for (size_t i = 0; i < count; i++) {
        struct json *part = describe_element(walk, parts[i].element);
        set_number(walk->arena, part, "min", 1);
        set_number(walk->arena, part, "max", 1);
        json_append(walk->arena, to, part);
    }
    return to;
}

// Each message is read on its own, so each has its types written out.
static struct walk walk_new(struct arena *arena, const struct soap_operation *operation)
{
    return (struct walk){.arena = arena,
                         .operation = operation,
                         .seen = arena_alloc(arena, MAX_SEEN * sizeof(void *))};
}

static struct json *describe_message(struct arena *arena, const struct soap_operation *operation,
                                     const struct shape_message *message)
{
    struct walk walk = walk_new(arena, operation);
    struct json *to = json_object(arena);
    set_text(arena, to, "wrapper", message->wrapper.local);
    set_text(arena, to, "wrapper_namespace", message->wrapper.namespace);
    set_mark(arena, to, "encoded", message->is_encoded);
    if (message->header_count)
        json_set(arena, to, STR("headers"),
                 describe_parts(&walk, message->headers, message->header_count));
    json_set(arena, to, STR("parts"), describe_parts(&walk, message->parts, message->part_count));
    return to;
}

static struct json *describe_faults(struct arena *arena, const struct soap_operation *operation,
                                    const struct shape_operation *shape)
{
    struct walk walk = walk_new(arena, operation);
    struct json *to = json_array(arena);
    for (size_t i = 0; i < shape->fault_count; i++) {
        struct json *fault = json_object(arena);
        set_text(arena, fault, "name", shape->faults[i].name);
        if (shape->faults[i].element)
            json_set(arena, fault, STR("detail"),
                     describe_element(&walk, shape->faults[i].element));
        json_append(arena, to, fault);
    }
    return to;
}

static struct json *describe_call(struct arena *arena, const struct soap_module_operation *facts)
{
    struct json *to = json_object(arena);
    set_text(arena, to, "operation", facts->name);
    set_text(arena, to, "service", facts->service);
    set_text(arena, to, "port", facts->port);
    set_text(arena, to, "endpoint", facts->endpoint);
    set_text(arena, to, "action", facts->action);
    set_text(arena, to, "soap", facts->version == 12 ? "1.2" : "1.1");
    set_text(arena, to, "style", facts->style);
    set_mark(arena, to, "encoded", facts->input.is_encoded);
    set_mark(arena, to, "one_way", facts->is_one_way);
    set_mark(arena, to, "addressing", facts->uses_addressing);
    set_text(arena, to, "documentation", facts->documentation);
    return to;
}

struct json *show_operation(struct arena *arena, const struct soap_module_operation *facts,
                            const struct soap_operation *operation)
{
    const struct shape_operation *shape = soap_shape(operation);
    struct json *to = describe_call(arena, facts);
    json_set(arena, to, STR("input"), describe_message(arena, operation, &shape->input));
    if (!facts->is_one_way)
        json_set(arena, to, STR("output"), describe_message(arena, operation, &shape->output));
    if (shape->fault_count)
        json_set(arena, to, STR("faults"), describe_faults(arena, operation, shape));
    return to;
}

// --- the module ---

static struct json *describe_notes(struct arena *arena, const char *notes)
{
    struct json *to = json_array(arena);
    while (*notes) {
        size_t len = strcspn(notes, "\n");
        json_append(arena, to, json_string(arena, (struct str){notes, len}));
        notes += len + (notes[len] == '\n');
    }
    return to;
}

static struct json *describe_unbuilt(struct arena *arena, const struct soap_module *facts)
{
    struct json *to = json_array(arena);
    for (size_t i = 0; i < facts->unbuilt_count; i++)
        json_append(arena, to, json_text(arena, facts->unbuilt[i]));
    return to;
}

struct json *show_module(struct arena *arena, const struct library_version *version,
                         const struct opened *opened)
{
    const struct soap_module *facts = opened->facts;
    char made_at[CLOCK_RFC3339_BYTES];
    clock_rfc3339(version->made_at, made_at);
    struct json *to = json_object(arena), *operations = json_array(arena);
    set_text(arena, to, "name", facts->name);
    set_text(arena, to, "version", version->id);
    set_text(arena, to, "origin", library_fact(version, "origin"));
    set_text(arena, to, "made_at", arena_strdup(arena, made_at));
    set_text(arena, to, "digest", facts->digest);
    set_text(arena, to, "engine", facts->engine);
    set_text(arena, to, "recipe", facts->recipe);
    for (size_t i = 0; i < facts->operation_count; i++)
        json_append(arena, operations, describe_call(arena, &facts->operations[i]));
    json_set(arena, to, STR("operations"), operations);
    if (facts->unbuilt_count)
        json_set(arena, to, STR("not_built"), describe_unbuilt(arena, facts));
    json_set(arena, to, STR("notes"), describe_notes(arena, facts->notes));
    return to;
}
