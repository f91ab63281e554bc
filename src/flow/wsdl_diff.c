// SPDX-License-Identifier: GPL-3.0-or-later
//
// Walks two graphs of types side by side. Each pair of types is compared once and told at the first
// place where it is met, which also ends circles. What an input no longer takes breaks templates;
// of an output only what is gone or of another type counts as breaking.

#include "flow/wsdl_diff.h"

#include "edge/soap_shape.h"

#include <stdio.h>

enum {
    MAX_CHANGES = 2000,
    MAX_PAIRS = 20000,
    MAX_LEAVES = 5000,
    MAX_DEPTH = 100,
    PATH_BYTES = 600
};

struct diff {
    struct arena *arena;
    struct wsdl_changes *changes;
    const char *operation;
    bool is_input;
    const void **pairs; // two each
    size_t pair_count;
    int depth;
};

static void change(struct diff *diff, bool is_breaking, const char *path, const char *format, ...)
    PRINTF_LIKE(4, 5);

static void change(struct diff *diff, bool is_breaking, const char *path, const char *format, ...)
{
    struct wsdl_changes *changes = diff->changes;
    char text[500];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    const char *line =
        *path ? arena_printf(diff->arena, "%s: %s", path, text) : arena_strdup(diff->arena, text);
    for (size_t i = 0; i < changes->count; i++) { // an operation of several ports is told once
        if (strcmp(changes->items[i].operation, diff->operation) == 0 &&
            strcmp(changes->items[i].text, line) == 0)
            return;
    }
    changes->is_cut = changes->is_cut || changes->count == MAX_CHANGES;
    changes->breaking_count += is_breaking;
    if (changes->count < MAX_CHANGES)
        changes->items[changes->count++] = (struct wsdl_change){
            .operation = diff->operation, .text = line, .is_breaking = is_breaking};
}

static bool is_met(struct diff *diff, const void *a, const void *b)
{
    for (size_t i = 0; i < diff->pair_count; i++) {
        if (diff->pairs[2 * i] == a && diff->pairs[2 * i + 1] == b)
            return true;
    }
    if (diff->pair_count == MAX_PAIRS)
        return true;
    diff->pairs[2 * diff->pair_count] = a;
    diff->pairs[2 * diff->pair_count++ + 1] = b;
    return false;
}

static bool is_same_name(struct shape_name a, struct shape_name b)
{
    return strcmp(a.local, b.local) == 0 && strcmp(a.namespace, b.namespace) == 0;
}

// --- texts ---

static bool has_value(const struct shape_text *text, const char *value)
{
    for (size_t i = 0; i < text->enumeration_count; i++) {
        if (strcmp(text->enumerations[i].value, value) == 0)
            return true;
    }
    return false;
}

static void compare_values(struct diff *diff, const char *path, const struct shape_text *a,
                           const struct shape_text *b)
{
    if (!a->enumeration_count || !b->enumeration_count) {
        if (b->enumeration_count)
            change(diff, diff->is_input, path, "only %zu values are allowed now",
                   b->enumeration_count);
        else if (a->enumeration_count)
            change(diff, false, path, "any value is allowed now");
        return;
    }
    for (size_t i = 0; i < a->enumeration_count; i++) {
        if (!has_value(b, a->enumerations[i].value))
            change(diff, diff->is_input, path, "the value \"%s\" is gone",
                   a->enumerations[i].value);
    }
    for (size_t i = 0; i < b->enumeration_count; i++) {
        if (!has_value(a, b->enumerations[i].value))
            change(diff, false, path, "the value \"%s\" is new", b->enumerations[i].value);
    }
}

// `is_upper`: a smaller limit allows less. -1 and NULL: no limit.
static void compare_number(struct diff *diff, const char *path, const char *name, int64_t a,
                           int64_t b, bool is_upper)
{
    if (a == b)
        return;
    bool is_narrower = a < 0 || (b >= 0 && (is_upper ? b < a : b > a));
    if (b < 0)
        change(diff, false, path, "%s is not limited any more", name);
    else
        change(diff, is_narrower && diff->is_input, path, "%s is %lld now", name, (long long)b);
}

static void compare_bound(struct diff *diff, const char *path, const char *name, const char *a,
                          const char *b, bool is_upper)
{
    if (strcmp(a ? a : "", b ? b : "") == 0)
        return;
    if (!b) {
        change(diff, false, path, "%s is not limited any more", name);
        return;
    }
    bool is_narrower =
        !a || (is_upper ? strtod(b, NULL) < strtod(a, NULL) : strtod(b, NULL) > strtod(a, NULL));
    change(diff, is_narrower && diff->is_input, path, "%s is %s now", name, b);
}

static bool are_patterns_same(const struct shape_text *a, const struct shape_text *b)
{
    if (a->pattern_count != b->pattern_count)
        return false;
    for (size_t i = 0; i < a->pattern_count; i++) {
        if (a->patterns[i].count != b->patterns[i].count)
            return false;
        for (size_t j = 0; j < a->patterns[i].count; j++) {
            if (strcmp(a->patterns[i].any_of[j], b->patterns[i].any_of[j]) != 0)
                return false;
        }
    }
    return true;
}

static void compare_texts(struct diff *diff, const char *path, const struct shape_text *a,
                          const struct shape_text *b)
{
    if (a == b || is_met(diff, a, b))
        return;
    if (a->primitive != b->primitive || strcmp(a->built_in, b->built_in) != 0) {
        change(diff, true, path, "is of another type: %s, was %s",
               *b->built_in ? b->built_in : "text", *a->built_in ? a->built_in : "text");
        return; // limits of one do not mean much for the other
    }
    compare_values(diff, path, a, b);
    compare_number(diff, path, "its length", a->length, b->length, true);
    compare_number(diff, path, "the least length", a->min_length, b->min_length, false);
    compare_number(diff, path, "the greatest length", a->max_length, b->max_length, true);
    compare_number(diff, path, "the number of digits", a->total_digits, b->total_digits, true);
    compare_number(diff, path, "the number of decimals", a->fraction_digits, b->fraction_digits,
                   true);
    compare_bound(diff, path, "the least value", a->min_inclusive, b->min_inclusive, false);
    compare_bound(diff, path, "the greatest value", a->max_inclusive, b->max_inclusive, true);
    compare_bound(diff, path, "the bound below", a->min_exclusive, b->min_exclusive, false);
    compare_bound(diff, path, "the bound above", a->max_exclusive, b->max_exclusive, true);
    if (!are_patterns_same(a, b))
        change(diff, diff->is_input, path, "its pattern is another one");
    if (a->item && b->item)
        compare_texts(diff, path, a->item, b->item);
    for (size_t i = 0; i < a->member_count && i < b->member_count; i++)
        compare_texts(diff, path, a->members[i], b->members[i]);
}

// --- attributes ---

static const struct shape_attribute *find_attribute(const struct shape_type *type,
                                                    struct shape_name name)
{
    for (size_t i = 0; i < type->attribute_count; i++) {
        if (is_same_name(type->attributes[i].name, name))
            return &type->attributes[i];
    }
    return NULL;
}

static void compare_attributes(struct diff *diff, const char *path, const struct shape_type *a,
                               const struct shape_type *b)
{
    for (size_t i = 0; i < a->attribute_count; i++) {
        const struct shape_attribute *old = &a->attributes[i];
        const struct shape_attribute *new = find_attribute(b, old->name);
        const char *place = arena_printf(diff->arena, "%s/@%s", path, old->name.local);
        if (!new) {
            change(diff, true, place, "is gone");
            continue;
        }
        if (old->is_required != new->is_required)
            change(diff, new->is_required && diff->is_input, place,
                   new->is_required ? "is required now" : "is optional now");
        if (old->text && new->text)
            compare_texts(diff, place, old->text, new->text);
    }
    for (size_t i = 0; i < b->attribute_count; i++) {
        const struct shape_attribute *new = &b->attributes[i];
        if (!find_attribute(a, new->name))
            change(diff, new->is_required && diff->is_input,
                   arena_printf(diff->arena, "%s/@%s", path, new->name.local), "is new, %s",
                   new->is_required ? "required" : "optional");
    }
}

// --- content ---

// What may stand in a type, groups taken apart: each element with how often it may come in all.
struct leaf {
    const struct shape_element *element; // NULL: any element
    int64_t min, max;
    bool is_choice; // instead of others
};

struct leaves {
    struct leaf *items;
    size_t count;
};

static int64_t times(int64_t a, int64_t b)
{
    if (a == 0 || b == 0)
        return 0;
    return a < 0 || b < 0 || a > 1000000 / b ? SHAPE_UNBOUNDED : a * b;
}

static void collect(struct leaves *leaves, const struct shape_particle *particle, struct leaf above,
                    int depth)
{
    struct leaf here = {.min = times(above.min, particle->min),
                        .max = times(above.max, particle->max),
                        .is_choice = above.is_choice};
    if (particle->kind == SHAPE_ELEMENT || particle->kind == SHAPE_WILDCARD) {
        here.element = particle->kind == SHAPE_ELEMENT ? particle->element : NULL;
        if (leaves->count < MAX_LEAVES)
            leaves->items[leaves->count++] = here;
        return;
    }
    if (particle->kind == SHAPE_CHOICE && particle->count > 1) {
        here.min = 0;
        here.is_choice = true;
    }
    for (size_t i = 0; i < particle->count && depth < MAX_DEPTH; i++)
        collect(leaves, &particle->children[i], here, depth + 1);
}

static struct leaves leaves_of(struct arena *arena, const struct shape_type *type)
{
    struct leaves leaves = {.items = arena_alloc(arena, MAX_LEAVES * sizeof(*leaves.items))};
    if (type->content)
        collect(&leaves, type->content, (struct leaf){.min = 1, .max = 1}, 0);
    return leaves;
}

// The nth element of that name; by the local name alone with `any_namespace`.
static const struct leaf *find_leaf(const struct leaves *leaves, struct shape_name name, size_t nth,
                                    bool any_namespace)
{
    for (size_t i = 0; i < leaves->count; i++) {
        const struct shape_element *element = leaves->items[i].element;
        bool is_it = element && (any_namespace ? strcmp(element->name.local, name.local) == 0
                                               : is_same_name(element->name, name));
        if (is_it && nth-- == 0)
            return &leaves->items[i];
    }
    return NULL;
}

static size_t nth_of(const struct leaves *leaves, size_t index)
{
    size_t nth = 0;
    for (size_t i = 0; i < index; i++)
        nth += leaves->items[i].element &&
               is_same_name(leaves->items[i].element->name, leaves->items[index].element->name);
    return nth;
}

static void compare_elements(struct diff *diff, const char *path, const struct shape_element *a,
                             const struct shape_element *b);

static void compare_occurrence(struct diff *diff, const char *path, const struct leaf *a,
                               const struct leaf *b)
{
    if (!a->is_choice && b->is_choice)
        change(diff, diff->is_input, path, "stands in place of others now");
    else if (a->min == 0 && b->min != 0)
        change(diff, diff->is_input, path, "is required now");
    else if (a->min != 0 && b->min == 0)
        change(diff, false, path, "is optional now");
    if (a->max != b->max && b->max == SHAPE_UNBOUNDED)
        change(diff, false, path, "may come any number of times now");
    else if (a->max != b->max)
        change(diff, diff->is_input && (a->max == SHAPE_UNBOUNDED || b->max < a->max), path,
               "may come %lld times now", (long long)b->max);
}

static void compare_leaf(struct diff *diff, const char *path, const struct leaf *old,
                         const struct leaves *b, size_t nth)
{
    const struct shape_name name = old->element->name;
    const char *place = arena_printf(diff->arena, "%s/%s", path, name.local);
    const struct leaf *new = find_leaf(b, name, nth, false);
    if (!new &&find_leaf(b, name, nth, true)) {
        new = find_leaf(b, name, nth, true);
        change(diff, true, place, "is in another namespace: %s, was %s",
               *new->element->name.namespace ? new->element->name.namespace : "none",
               *name.namespace ? name.namespace : "none");
    }
    if (!new) {
        change(diff, true, place, "is gone");
        return;
    }
    compare_occurrence(diff, place, old, new);
    compare_elements(diff, place, old->element, new->element);
}

// The first element that comes after another one now, though it came before it.
static void compare_order(struct diff *diff, const char *path, const struct leaves *a,
                          const struct leaves *b)
{
    const struct leaf *last = b->items;
    for (size_t i = 0; i < a->count; i++) {
        if (!a->items[i].element)
            continue;
        const struct leaf *new = find_leaf(b, a->items[i].element->name, nth_of(a, i), false);
        if (new &&new < last) {
            change(diff, diff->is_input,
                   arena_printf(diff->arena, "%s/%s", path, new->element->name.local),
                   "comes before %s now", last->element->name.local);
            return;
        }
        last = new ? new : last;
    }
}

static void compare_content(struct diff *diff, const char *path, const struct shape_type *old,
                            const struct shape_type *new)
{
    AUTO_ARENA struct arena *scratch = arena_new();
    struct leaves a = leaves_of(scratch, old), b = leaves_of(scratch, new);
    for (size_t i = 0; i < a.count; i++) {
        if (a.items[i].element)
            compare_leaf(diff, path, &a.items[i], &b, nth_of(&a, i));
    }
    for (size_t i = 0; i < b.count; i++) {
        const struct leaf *leaf = &b.items[i];
        if (leaf->element && !find_leaf(&a, leaf->element->name, nth_of(&b, i), true))
            change(diff, leaf->min != 0 && diff->is_input,
                   arena_printf(diff->arena, "%s/%s", path, leaf->element->name.local),
                   "is new, %s", leaf->min != 0 ? "required" : "optional");
    }
    compare_order(diff, path, &a, &b);
}

// --- types ---

static const struct shape_type *find_heir(const struct shape_type *type, struct shape_name name)
{
    for (size_t i = 0; i < type->heir_count; i++) {
        if (is_same_name(type->heirs[i]->name, name))
            return type->heirs[i];
    }
    return NULL;
}

static void compare_types(struct diff *diff, const char *path, const struct shape_type *a,
                          const struct shape_type *b);

static void compare_heirs(struct diff *diff, const char *path, const struct shape_type *a,
                          const struct shape_type *b)
{
    for (size_t i = 0; i < a->heir_count; i++) {
        const struct shape_type *new = find_heir(b, a->heirs[i]->name);
        if (new)
            compare_types(diff, arena_printf(diff->arena, "%s(%s)", path, new->name.local),
                          a->heirs[i], new);
        else
            change(diff, true, path, "xsi:type %s is gone", a->heirs[i]->name.local);
    }
    for (size_t i = 0; i < b->heir_count; i++) {
        if (!find_heir(a, b->heirs[i]->name))
            change(diff, false, path, "xsi:type %s is new", b->heirs[i]->name.local);
    }
}

static void compare_types(struct diff *diff, const char *path, const struct shape_type *a,
                          const struct shape_type *b)
{
    if (diff->depth == MAX_DEPTH || is_met(diff, a, b))
        return;
    diff->depth++;
    if (a->is_any != b->is_any) {
        change(diff, diff->is_input && a->is_any, path,
               b->is_any ? "may be anything now" : "may not be anything any more");
    } else if (!a->text != !b->text) {
        change(diff, true, path, b->text ? "holds text now" : "holds elements now");
    } else {
        if (a->text)
            compare_texts(diff, path, a->text, b->text);
        if (!a->is_abstract && b->is_abstract)
            change(diff, diff->is_input, path, "needs an xsi:type now");
        compare_attributes(diff, path, a, b);
        compare_content(diff, path, a, b);
        if (a->item && b->item)
            compare_types(diff, arena_printf(diff->arena, "%s/%s", path, b->item_name), a->item,
                          b->item);
        if (!a->is_any)
            compare_heirs(diff, path, a, b);
    }
    diff->depth--;
}

static void compare_elements(struct diff *diff, const char *path, const struct shape_element *a,
                             const struct shape_element *b)
{
    if (a->is_nillable != b->is_nillable)
        change(diff, diff->is_input && a->is_nillable, path,
               b->is_nillable ? "may be nil now" : "may not be nil any more");
    compare_types(diff, path, a->type, b->type);
}

// --- messages ---

static const struct shape_part *find_part(const struct shape_part *parts, size_t count,
                                          const struct shape_part *like)
{
    for (size_t i = 0; i < count; i++) {
        if (is_same_name(parts[i].element->name, like->element->name))
            return &parts[i];
    }
    return NULL;
}

static void compare_parts(struct diff *diff, const char *path, const struct shape_part *a,
                          size_t a_count, const struct shape_part *b, size_t b_count)
{
    for (size_t i = 0; i < a_count; i++) {
        const struct shape_part *new = find_part(b, b_count, &a[i]);
        const char *place = arena_printf(diff->arena, "%s/%s", path, a[i].element->name.local);
        if (new)
            compare_elements(diff, place, a[i].element, new->element);
        else
            change(diff, true, place, "is gone");
    }
    for (size_t i = 0; i < b_count; i++) {
        if (!find_part(a, a_count, &b[i]))
            change(diff, diff->is_input,
                   arena_printf(diff->arena, "%s/%s", path, b[i].element->name.local), "is new");
    }
}

static void compare_messages(struct diff *diff, bool is_input, const struct shape_message *a,
                             const struct shape_message *b)
{
    const char *path = is_input ? "input" : "output";
    diff->is_input = is_input;
    diff->pair_count = 0; // what breaks an input need not break an output
    if (!is_same_name(a->wrapper, b->wrapper))
        change(diff, true, path, "its element is {%s}%s now", b->wrapper.namespace,
               b->wrapper.local);
    if (a->is_encoded != b->is_encoded)
        change(diff, true, path, "is %s now", b->is_encoded ? "SOAP encoded" : "literal");
    compare_parts(diff, path, a->parts, a->part_count, b->parts, b->part_count);
    compare_parts(diff, arena_printf(diff->arena, "%s header", path), a->headers, a->header_count,
                  b->headers, b->header_count);
}

static const struct shape_fault *find_fault(const struct shape_operation *operation,
                                            const char *name)
{
    for (size_t i = 0; i < operation->fault_count; i++) {
        if (strcmp(operation->faults[i].name, name) == 0)
            return &operation->faults[i];
    }
    return NULL;
}

static void compare_faults(struct diff *diff, const struct shape_operation *a,
                           const struct shape_operation *b)
{
    diff->is_input = false;
    for (size_t i = 0; i < a->fault_count; i++) {
        const struct shape_fault *old = &a->faults[i], *new = find_fault(b, old->name);
        const char *path = arena_printf(diff->arena, "fault %s", old->name);
        if (!new)
            change(diff, false, path, "is gone");
        else if (old->element && new->element)
            compare_elements(diff, path, old->element, new->element);
    }
    for (size_t i = 0; i < b->fault_count; i++) {
        if (!find_fault(a, b->faults[i].name))
            change(diff, false, arena_printf(diff->arena, "fault %s", b->faults[i].name), "is new");
    }
}

// --- operations ---

static const struct soap_module_operation *find_operation(const struct soap_module *module,
                                                          const struct soap_module_operation *like)
{
    const struct soap_module_operation *found = NULL;
    for (size_t i = 0; i < module->operation_count; i++) {
        const struct soap_module_operation *facts = &module->operations[i];
        if (strcmp(facts->name, like->name) != 0)
            continue;
        if (strcmp(facts->port, like->port) == 0)
            return facts;
        found = found ? found : facts;
    }
    return found;
}

static void compare_facts(struct diff *diff, const struct soap_module_operation *a,
                          const struct soap_module_operation *b)
{
    if (strcmp(a->port, b->port) != 0)
        change(diff, true, "", "port %s is gone, %s has it", a->port, b->port);
    if (strcmp(a->action, b->action) != 0)
        change(diff, false, "", "action is \"%s\", was \"%s\"", b->action, a->action);
    if (a->version != b->version)
        change(diff, true, "", "SOAP version is 1.%d, was 1.%d", b->version % 10, a->version % 10);
    if (strcmp(a->style, b->style) != 0)
        change(diff, true, "", "style is %s, was %s", b->style, a->style);
    if (a->is_one_way != b->is_one_way)
        change(diff, true, "", b->is_one_way ? "is one way now" : "is answered now");
}

static void compare_operation(struct diff *diff, const struct opened *from,
                              const struct soap_module_operation *a, const struct opened *to,
                              const struct soap_module_operation *b)
{
    const struct soap_operation *old, *new;
    struct err err;
    compare_facts(diff, a, b);
    if (!soap_operation_find(from->modules, from->facts->name, a->port, a->name, &old, &err) ||
        !soap_operation_find(to->modules, to->facts->name, b->port, b->name, &new, &err))
        return;
    const struct shape_operation *x = soap_shape(old), *y = soap_shape(new);
    compare_messages(diff, true, &x->input, &y->input);
    if (!a->is_one_way && !b->is_one_way)
        compare_messages(diff, false, &x->output, &y->output);
    compare_faults(diff, x, y);
}

static bool is_unbuilt(const struct soap_module *module, const char *name)
{
    for (size_t i = 0; i < module->unbuilt_count; i++) {
        if (strcmp(module->unbuilt[i], name) == 0)
            return true;
    }
    return false;
}

static bool is_wanted(const char *name, const char *const *operations, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(operations[i], name) == 0)
            return true;
    }
    return count == 0;
}

void wsdl_diff(struct arena *arena, const struct opened *from, const struct opened *to,
               const char *const *operations, size_t operation_count, struct wsdl_changes *ret)
{
    *ret = (struct wsdl_changes){.items = arena_alloc(arena, MAX_CHANGES * sizeof(*ret->items))};
    struct diff diff = {.arena = arena,
                        .changes = ret,
                        .pairs = arena_alloc(arena, 2 * MAX_PAIRS * sizeof(void *))};
    for (size_t i = 0; i < from->facts->operation_count; i++) {
        const struct soap_module_operation *a = &from->facts->operations[i];
        const struct soap_module_operation *b = find_operation(to->facts, a);
        if (!is_wanted(a->name, operations, operation_count))
            continue;
        if (b && strcmp(a->port, b->port) == 0 && strcmp(a->endpoint, b->endpoint) != 0) {
            diff.operation = arena_printf(arena, "port %s", a->port);
            change(&diff, false, "", "endpoint is %s, was %s", b->endpoint, a->endpoint);
        }
        diff.operation = arena_strdup(arena, a->name);
        if (b)
            compare_operation(&diff, from, a, to, b);
        else
            change(&diff, true, "", is_unbuilt(to->facts, a->name) ? "is not built" : "is gone");
    }
    for (size_t i = 0; i < to->facts->operation_count; i++) {
        const struct soap_module_operation *b = &to->facts->operations[i];
        diff.operation = arena_strdup(arena, b->name);
        if (is_wanted(b->name, operations, operation_count) && !find_operation(from->facts, b))
            change(&diff, false, "", is_unbuilt(from->facts, b->name) ? "is built now" : "is new");
    }
}
