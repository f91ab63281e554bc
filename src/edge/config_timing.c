// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a route and a source say about time. A span that makes another pointless is a mistake here,
// not a surprise at run time: what expires before it may be sent would never be sent.

#include "edge/config_timing.h"

enum { MAX_DEDUPE_ELEMENTS = 16, MINUTE_MS = 60 * 1000, DAY_MS = 24 * 60 * MINUTE_MS };

void config_read_span(struct config_reader *reader, const struct config_field *field,
                      const struct node *value, void *ret)
{
    struct timing_span *span = ret;
    span->node = value;
    config_read_duration(reader, field, value, &span->ms);
}

// --- routes ---

struct merge_draft {
    struct timing_span within;
    const struct node *triggers;
};

#define OF_MERGE(name) offsetof(struct merge_draft, name)

static const struct config_field merge_fields[] = {
    {.key = "triggers",
     .read = config_read_node,
     .offset = OF_MERGE(triggers),
     .is_required = true},
    {.key = "within",
     .read = config_read_span,
     .offset = OF_MERGE(within),
     .min = 1,
     .max = DAY_MS,
     .is_required = true},
};

static bool takes_trigger(const struct route *route, const char *trigger)
{
    for (size_t i = 0; i < route->trigger_count; i++) {
        if (route->triggers[i] == trigger)
            return true;
    }
    return route->trigger_count == 0;
}

static void check_merges(struct config_reader *reader, const struct node *list,
                         const struct route *route)
{
    const struct route_timing *timing = &route->timing;
    if (timing->merge_count < 2)
        config_fault(reader, list, "merge needs two triggers at least");
    for (size_t i = 0; i < timing->merge_count; i++) {
        if (timing->merges[i] && !takes_trigger(route, timing->merges[i]))
            config_fault(reader, config_text_at(list, i),
                         "the route does not take '%s', so there is nothing to merge",
                         timing->merges[i]);
    }
}

static void read_merge(struct config_reader *reader, const struct timing_draft *draft,
                       struct route *route)
{
    struct merge_draft merge = {0};
    if (!draft->merge || !config_read_map(reader, draft->merge, "merge", merge_fields,
                                          COUNT_OF(merge_fields), &merge))
        return;
    struct route_timing *timing = &route->timing;
    timing->merge_within_ms = merge.within.ms;
    if (merge.triggers) {
        timing->merges =
            config_read_triggers(reader, "triggers", merge.triggers, &timing->merge_count);
        if (timing->merges)
            check_merges(reader, merge.triggers, route);
    }
    if (draft->expires_in.ms && merge.within.ms >= draft->expires_in.ms)
        config_fault(reader, merge.within.node,
                     "within must be shorter than expires_in, or what waits would expire");
}

void config_read_timing(struct config_reader *reader, const struct timing_draft *draft,
                        struct route *route)
{
    route->timing.delay_for_ms = draft->delay.ms;
    route->timing.expires_for_ms = draft->expires_in.ms;
    if (draft->delay.ms && draft->expires_in.ms && draft->delay.ms >= draft->expires_in.ms)
        config_fault(reader, draft->delay.node,
                     "delay must be shorter than expires_in, or nothing would be sent");
    read_merge(reader, draft, route);
}

// --- sources ---

struct dedupe_draft {
    int64_t within_ms;
    const struct node *by;
};

static const struct config_field dedupe_fields[] = {
    {.key = "by", .read = config_read_node, .offset = offsetof(struct dedupe_draft, by)},
    {.key = "within",
     .read = config_read_duration,
     .offset = offsetof(struct dedupe_draft, within_ms),
     .min = 1,
     .max = 30 * (int64_t)DAY_MS},
};

static void read_dedupe_elements(struct config_reader *reader, const struct node *value,
                                 struct config_dedupe *dedupe)
{
    if (!config_is_texts(reader, "by", value))
        return;
    size_t count = config_text_count(value);
    if (count > MAX_DEDUPE_ELEMENTS) {
        config_fault(reader, value, "by names %zu elements, at most %d are possible", count,
                     MAX_DEDUPE_ELEMENTS);
        return;
    }
    struct str *elements = arena_alloc(reader->arena, count * sizeof(*elements));
    bool has_element = false;
    for (size_t i = 0; i < count; i++) {
        elements[i] = arena_copy(reader->arena, config_text_at(value, i)->text);
        has_element |= !str_eq(elements[i], STR("trigger"));
    }
    if (!has_element)
        config_fault(reader, value, "by must name a data element besides trigger");
    dedupe->elements = elements;
    dedupe->element_count = count;
}

void config_read_dedupe(struct config_reader *reader, const struct config_field *field,
                        const struct node *value, void *ret)
{
    static const struct str usual[] = {{"account_id", 10},
                                       {"uii", 3},
                                       {"session_id", 10},
                                       {"trigger", 7},
                                       {"agent_disposition", 17}};
    struct config_dedupe *dedupe = ret;
    struct dedupe_draft draft = {.within_ms = 10 * MINUTE_MS};
    bool is_on = true;
    if (value->kind == NODE_MAP)
        config_read_map(reader, value, field->key, dedupe_fields, COUNT_OF(dedupe_fields), &draft);
    else
        config_read_bool(reader, field, value, &is_on);
    if (!is_on)
        return;
    *dedupe = (struct config_dedupe){
        .elements = usual, .element_count = COUNT_OF(usual), .within_ms = draft.within_ms};
    if (draft.by)
        read_dedupe_elements(reader, draft.by, dedupe);
}
