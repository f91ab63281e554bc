// SPDX-License-Identifier: GPL-3.0-or-later
//
// How long an event takes to find its routes among many, for several ways in which people write
// them, through the index and by asking every route.
//   bench_route [ROUTES [EVENTS]]

#include "base/clock.h"
#include "core/route_index.h"

#include <stdio.h>

enum { ELEMENTS = 40, EVENTS_MADE = 64 };

static const char *const dispositions[] = {"Sale", "Callback", "No Answer", "Refused", "Busy"};

struct shape {
    const char *name;
    void (*make)(struct arena *arena, size_t number, struct route *route);
};

static const char *const *one_trigger(size_t number)
{
    size_t count;
    const char *const *triggers = event_triggers(&count);
    return &triggers[number % count];
}

static void set_condition(struct arena *arena, struct route *route, const char *element,
                          enum condition_kind kind, const char *value)
{
    struct condition *conditions = (struct condition *)route->conditions;
    if (!conditions)
        route->conditions = conditions = arena_alloc(arena, 4 * sizeof(*conditions));
    struct str *values = arena_alloc(arena, sizeof(*values));
    values[0] = str_from(value);
    struct condition *condition = &conditions[route->condition_count++];
    *condition = (struct condition){str_from(element), kind, values, 1, NULL};
    struct err err;
    if (kind == CONDITION_PATTERN)
        require(pattern_compile(values[0], &condition->pattern, &err));
}

static void by_trigger(struct arena *arena, size_t number, struct route *route)
{
    (void)arena;
    route->triggers = one_trigger(number);
    route->trigger_count = 1;
}

static void by_campaign(struct arena *arena, size_t number, struct route *route)
{
    route->triggers = one_trigger(7);
    route->trigger_count = 1;
    set_condition(arena, route, "campaign_id", CONDITION_EQUALS,
                  arena_printf(arena, "%zu", number));
}

static void by_disposition_and_campaign(struct arena *arena, size_t number, struct route *route)
{
    set_condition(arena, route, "agent_disposition", CONDITION_EQUALS,
                  dispositions[number % COUNT_OF(dispositions)]);
    set_condition(arena, route, "campaign_id", CONDITION_EQUALS,
                  arena_printf(arena, "%zu", number / COUNT_OF(dispositions)));
}

static void by_prefix(struct arena *arena, size_t number, struct route *route)
{
    set_condition(arena, route, "dnis", CONDITION_PREFIX, arena_printf(arena, "+1800%zu", number));
}

static void by_pattern(struct arena *arena, size_t number, struct route *route)
{
    set_condition(arena, route, "campaign_name", CONDITION_PATTERN,
                  arena_printf(arena, "^AM %zu", number));
}

static void by_inner_pattern(struct arena *arena, size_t number, struct route *route)
{
    set_condition(arena, route, "campaign_name", CONDITION_PATTERN,
                  arena_printf(arena, "(?i)\\w+ (no\\. )?%zu\\b.*(spring|autumn)$", number));
}

static const struct shape shapes[] = {
    {"one trigger each", by_trigger},
    {"one trigger, campaign equals", by_campaign},
    {"all triggers, disposition and campaign equal", by_disposition_and_campaign},
    {"all triggers, number begins with", by_prefix},
    {"all triggers, campaign's name fits a pattern", by_pattern},
    {"the same, patterns that ignore case", by_inner_pattern},
};

static void make_event(struct arena *arena, size_t number, size_t routes, struct event *ret)
{
    struct json *elements = json_object(arena);
    for (size_t i = 0; i < ELEMENTS - 4; i++)
        json_set(arena, elements, str_from(arena_printf(arena, "element_%zu", i)),
                 json_text(arena, "some value"));
    size_t route = number * 2654435761u % routes;
    json_set(arena, elements, STR("agent_disposition"),
             json_text(arena, dispositions[route % COUNT_OF(dispositions)]));
    json_set(arena, elements, STR("dnis"), json_text(arena, "+18005550142"));
    json_set(arena, elements, STR("campaign_name"), json_text(arena, "AM 4711 spring"));
    json_set(arena, elements, STR("campaign_id"),
             json_integer(arena, (int64_t)(route / COUNT_OF(dispositions))));
    *ret = (struct event){.trigger = *one_trigger(7), .elements = elements};
}

struct timing {
    double us;
    size_t matches;
};

static struct timing ask_index(const struct route_index *index, const struct event *events,
                               size_t count)
{
    AUTO_ARENA struct arena *arena = arena_new();
    struct timing timing = {0};
    int64_t start = clock_steady_us();
    for (size_t i = 0; i < count; i++) {
        size_t matches;
        arena_reset(arena);
        route_index_find(index, arena, 0, &events[i % EVENTS_MADE], &matches);
        timing.matches += matches;
    }
    timing.us = (double)(clock_steady_us() - start) / (double)count;
    return timing;
}

static struct timing ask_every(const struct route *routes, size_t route_count,
                               const struct event *events, size_t count)
{
    struct timing timing = {0};
    int64_t start = clock_steady_us();
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < route_count; j++)
            timing.matches += route_matches(&routes[j], 0, &events[i % EVENTS_MADE]);
    }
    timing.us = (double)(clock_steady_us() - start) / (double)count;
    return timing;
}

static void bench(const struct shape *shape, size_t route_count, size_t count)
{
    AUTO_ARENA struct arena *arena = arena_new();
    struct route *routes = arena_alloc(arena, route_count * sizeof(*routes));
    struct event *events = arena_alloc(arena, EVENTS_MADE * sizeof(*events));
    for (size_t i = 0; i < route_count; i++)
        shape->make(arena, i, &routes[i]);
    for (size_t i = 0; i < EVENTS_MADE; i++)
        make_event(arena, i, route_count, &events[i]);
    int64_t start = clock_steady_us();
    struct route_index *index = route_index_new(routes, route_count);
    double made_ms = (double)(clock_steady_us() - start) / 1000;
    struct timing indexed = ask_index(index, events, count);
    size_t few = count / 100 ? count / 100 : 1;
    struct timing every = ask_every(routes, route_count, events, few);
    printf("%-46s %8.2f us %10.1f us   made in %.1f ms, %.1f routes match\n", shape->name,
           indexed.us, every.us, made_ms, (double)indexed.matches / (double)count);
    route_index_free(index);
    for (size_t i = 0; i < route_count; i++) {
        for (size_t j = 0; j < routes[i].condition_count; j++)
            pattern_free(routes[i].conditions[j].pattern);
    }
}

int main(int argc, char **argv)
{
    size_t routes = argc > 1 ? strtoul(argv[1], NULL, 10) : 5000;
    size_t events = argc > 2 ? strtoul(argv[2], NULL, 10) : 10000;
    if (!routes || !events) {
        fprintf(stderr, "usage: bench_route [ROUTES [EVENTS]]\n");
        return 2;
    }
    printf("%zu routes, events of %d elements; per event\n%-46s %11s %13s\n", routes, ELEMENTS,
           "how routes are told apart", "index", "every route");
    for (size_t i = 0; i < COUNT_OF(shapes); i++)
        bench(&shapes[i], routes, events);
    return 0;
}
