// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reading routes. A reference is the place of a name in its mapping, so the index of a service in
// the configuration is the index of its key in the file.

#include "edge/config_disposition.h"
#include "edge/config_route.h"
#include "edge/config_timing.h"
#include "core/catalogue.h"

enum { MAX_ROUTES = 100 * 1000, MAX_CONDITIONS = 100 };
#define DAY_MS ((int64_t)24 * 60 * 60 * 1000)

struct route_draft {
    struct route route;
    const struct node *sources, *triggers, *conditions, *services;
    struct timing_draft timing;
};

// Indexes of the named keys of `map`; each may be named once.
static const size_t *read_references(struct config_reader *reader, const char *key,
                                     const char *what, const struct node *value,
                                     const struct node *map, size_t *ret_count)
{
    if (!value || !config_is_texts(reader, key, value))
        return NULL;
    size_t count = config_text_count(value);
    size_t *indexes = arena_alloc(reader->arena, count * sizeof(*indexes));
    AUTO_FREE bool *is_named = mem_alloc(map ? map->count : 1);
    for (size_t i = 0; i < count; i++) {
        const struct node *name = config_text_at(value, i);
        if (!map || !node_find(map, name->text, &indexes[i]))
            config_fault(reader, name, "there is no %s '%.80s'%s", what, name->text.data,
                         config_hint_key(reader, name->text, map));
        else if (is_named[indexes[i]])
            config_fault(reader, name, "%s '%s' is named twice", what, name->text.data);
        else
            is_named[indexes[i]] = true;
    }
    *ret_count = count;
    return indexes;
}

// --- conditions ---

static void set_values(struct config_reader *reader, const struct node *value,
                       struct condition *condition)
{
    size_t count = config_text_count(value);
    struct str *values = arena_alloc(reader->arena, count * sizeof(*values));
    for (size_t i = 0; i < count; i++)
        values[i] = arena_copy(reader->arena, config_text_at(value, i)->text);
    condition->values = values;
    condition->value_count = count;
}

static void compile_pattern(struct config_reader *reader, const struct node *value,
                            struct condition *condition)
{
    struct err err;
    if (!pattern_compile(value->text, &condition->pattern, &err))
        config_fault(reader, value, "pattern: %s", err.text);
}

// {equals: x}, {one_of: [x, y]}, {none_of: [x, y]}, {prefix: x} or {pattern: x}.
static void read_named_condition(struct config_reader *reader, const struct node *map,
                                 struct condition *condition)
{
    static const char *const kinds[] = {
        [CONDITION_EQUALS] = "equals",   [CONDITION_ONE_OF] = "one_of",
        [CONDITION_NONE_OF] = "none_of", [CONDITION_PREFIX] = "prefix",
        [CONDITION_PATTERN] = "pattern",
    };
    size_t kind = 0;
    if (map->count != 1) {
        config_fault(reader, map,
                     "a condition must be one of equals, one_of, none_of, prefix "
                     "and pattern");
        return;
    }
    const struct node_member *member = &map->members[0];
    while (kind < COUNT_OF(kinds) && !str_eq(member->key->text, str_from(kinds[kind])))
        kind++;
    if (kind == COUNT_OF(kinds)) {
        config_fault(reader, member->key, "unknown condition '%.80s'%s", member->key->text.data,
                     config_hint(reader, member->key->text, kinds, COUNT_OF(kinds)));
        return;
    }
    condition->kind = (enum condition_kind)kind;
    if (condition->kind == CONDITION_ONE_OF || condition->kind == CONDITION_NONE_OF) {
        if (config_is_texts(reader, kinds[kind], member->value))
            set_values(reader, member->value, condition);
    } else if (config_is_text(reader, kinds[kind], member->value)) {
        set_values(reader, member->value, condition);
        if (condition->kind == CONDITION_PATTERN)
            compile_pattern(reader, member->value, condition);
    }
}

static void read_conditions(struct config_reader *reader, const struct node *value,
                            struct route *route)
{
    if (!value || !config_is_small_map(reader, "when", value, MAX_CONDITIONS))
        return;
    struct condition *conditions = arena_alloc(reader->arena, value->count * sizeof(*conditions));
    for (size_t i = 0; i < value->count; i++) {
        const struct node_member *member = &value->members[i];
        conditions[i].element = catalogue_name(arena_copy(reader->arena, member->key->text));
        if (member->value->kind == NODE_MAP) {
            read_named_condition(reader, member->value, &conditions[i]);
        } else if (config_is_texts(reader, member->key->text.data, member->value)) {
            bool is_list = member->value->kind == NODE_LIST;
            conditions[i].kind = is_list ? CONDITION_ONE_OF : CONDITION_EQUALS;
            set_values(reader, member->value, &conditions[i]);
        }
    }
    route->conditions = conditions;
    route->condition_count = value->count;
}

// --- routes ---

#define OF_DRAFT(name) offsetof(struct route_draft, name)

// Both are gone from the tree by now, where they belong together.
static void refuse_alone(struct config_reader *reader, const struct config_field *field,
                         const struct node *value, void *ret)
{
    (void)ret;
    config_fault(reader, value, "%s goes with by_disposition only", field->key);
}

static const struct config_field route_fields[] = {
    {.key = "name", .read = config_read_name, .offset = OF_DRAFT(route.name), .is_required = true},
    {.key = "sources", .read = config_read_node, .offset = OF_DRAFT(sources)},
    {.key = "triggers", .read = config_read_node, .offset = OF_DRAFT(triggers)},
    {.key = "when", .read = config_read_node, .offset = OF_DRAFT(conditions)},
    {.key = "services",
     .read = config_read_node,
     .offset = OF_DRAFT(services),
     .is_required = true},
    {.key = "by_disposition", .read = refuse_alone},
    {.key = "else", .read = refuse_alone},
    {.key = "delay",
     .read = config_read_span,
     .offset = OF_DRAFT(timing.delay),
     .min = 1,
     .max = 7 * DAY_MS},
    {.key = "expires_in",
     .read = config_read_span,
     .offset = OF_DRAFT(timing.expires_in),
     .min = 1,
     .max = 365 * DAY_MS},
    {.key = "merge", .read = config_read_node, .offset = OF_DRAFT(timing.merge)},
};

static void read_route(struct config_reader *reader, const struct node *value, struct route *ret)
{
    struct route_draft draft = {0};
    config_read_map(reader, value, "a route", route_fields, COUNT_OF(route_fields), &draft);
    struct route *route = &draft.route;
    route->sources = read_references(reader, "sources", "source", draft.sources, reader->sources,
                                     &route->source_count);
    route->services = read_references(reader, "services", "service", draft.services,
                                      reader->services, &route->service_count);
    if (draft.triggers)
        route->triggers =
            config_read_triggers(reader, "triggers", draft.triggers, &route->trigger_count);
    config_read_timing(reader, &draft.timing, route);
    read_conditions(reader, draft.conditions, route);
    *ret = *route;
}

static int compare_names(const void *a, const void *b, void *context)
{
    const struct route *routes = context;
    const char *first = routes[*(const size_t *)a].name, *second = routes[*(const size_t *)b].name;
    int order = strcmp(first ? first : "", second ? second : "");
    return order ? order : (*(const size_t *)a > *(const size_t *)b) ? 1 : -1;
}

static void check_names(struct config_reader *reader, const struct node *list, struct route *routes,
                        size_t count)
{
    AUTO_FREE size_t *sorted = mem_alloc(count * sizeof(*sorted));
    for (size_t i = 0; i < count; i++)
        sorted[i] = i;
    qsort_r(sorted, count, sizeof(*sorted), compare_names, routes);
    for (size_t i = 1; i < count; i++) {
        const char *name = routes[sorted[i]].name, *before = routes[sorted[i - 1]].name;
        if (name && before && strcmp(name, before) == 0)
            config_fault(reader, list->members[sorted[i]].value,
                         "there is another route '%s', in line %d", name,
                         list->members[sorted[i - 1]].value->line);
    }
}

void config_read_routes(struct config_reader *reader, const struct node *list,
                        struct config *config)
{
    if (list->kind != NODE_LIST || list->count > MAX_ROUTES) {
        config_fault(reader, list, "routes must be a list of at most %d routes; found %s",
                     MAX_ROUTES, config_found(reader, list));
        return;
    }
    list = config_expand_dispositions(reader, list);
    struct route *routes = arena_alloc(reader->arena, list->count * sizeof(*routes));
    for (size_t i = 0; i < list->count; i++)
        read_route(reader, list->members[i].value, &routes[i]);
    config->routes = routes;
    config->route_count = list->count;
    check_names(reader, list, routes, list->count);
}

void config_free_routes(struct config *config)
{
    for (size_t i = 0; i < config->route_count; i++) {
        const struct route *route = &config->routes[i];
        for (size_t j = 0; j < route->condition_count; j++)
            pattern_free(route->conditions[j].pattern);
    }
}
