// SPDX-License-Identifier: GPL-3.0-or-later
//
// A route that compares an element with whole texts or with beginnings stands in a hash table under
// those of one of its conditions; the others stand in a list for each trigger. What surprises: of
// several such conditions it is the one whose texts the fewest routes name, so a thousand campaigns
// with the same five dispositions are told apart by campaign.

#include "core/route_index.h"

enum { TEXT_MAX_BYTES = 1024 * 1024 }; // as in route.c: a longer text equals nothing

struct list {
    size_t *items;
    size_t count, capacity;
};

struct pair { // "agent_disposition" is "Sale", or "dnis" begins with "+1800"
    struct str element, text;
    bool is_beginning;
    size_t mentions;    // by how many conditions; 0: a free slot
    struct list routes; // those that stand here, ascending
};

struct element { // of pairs that routes stand under
    struct str name;
    bool has_whole;
    struct list beginnings; // how long they are, each length once
};

struct route_index {
    struct arena *arena;
    const struct route *routes;
    struct pair *pairs; // hash table
    size_t slots;       // a power of two
    struct element *elements;
    size_t element_count;
    struct list *plain; // by trigger: routes that stand under no pair
};

static void append(struct arena *arena, struct list *list, size_t item)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 4;
        size_t *items = arena_alloc(arena, list->capacity * sizeof(*items));
        if (list->count)
            memcpy(items, list->items, list->count * sizeof(*items));
        list->items = items;
    }
    list->items[list->count++] = item;
}

// --- pairs ---

static uint64_t hash_bytes(uint64_t hash, struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.data[i]) * 0x100000001b3; // FNV-1a
    return hash;
}

// The pair's slot, or the free one where it belongs.
static struct pair *find_slot(const struct route_index *index, struct str element,
                              bool is_beginning, struct str text)
{
    uint64_t hash = hash_bytes(0xcbf29ce484222325 + is_beginning, element);
    hash = hash_bytes(hash ^ 0xff, text);
    size_t slot = (hash ^ hash >> 32) & (index->slots - 1);
    for (;; slot = (slot + 1) & (index->slots - 1)) {
        struct pair *pair = &index->pairs[slot];
        if (!pair->mentions || (pair->is_beginning == is_beginning && str_eq(pair->text, text) &&
                                str_eq(pair->element, element)))
            return pair;
    }
}

static struct pair *slot_of(const struct route_index *index, const struct condition *condition,
                            size_t value)
{
    return find_slot(index, condition->element, condition->kind == CONDITION_PREFIX,
                     condition->values[value]);
}

// Conditions of other kinds may hold for texts that nobody wrote down.
static bool has_pairs(const struct condition *condition)
{
    return condition->kind == CONDITION_EQUALS || condition->kind == CONDITION_ONE_OF ||
           condition->kind == CONDITION_PREFIX;
}

static void mention_pairs(struct route_index *index, const struct route *route)
{
    for (size_t i = 0; i < route->condition_count; i++) {
        const struct condition *condition = &route->conditions[i];
        for (size_t j = 0; has_pairs(condition) && j < condition->value_count; j++) {
            struct pair *pair = slot_of(index, condition, j);
            pair->element = condition->element;
            pair->text = condition->values[j];
            pair->is_beginning = condition->kind == CONDITION_PREFIX;
            pair->mentions++;
        }
    }
}

static size_t count_mentions(const struct route_index *index, const struct condition *condition)
{
    size_t mentions = 0;
    for (size_t i = 0; i < condition->value_count; i++)
        mentions += slot_of(index, condition, i)->mentions;
    return mentions;
}

// NULL: none of the route's conditions has pairs.
static const struct condition *choose_condition(const struct route_index *index,
                                                const struct route *route)
{
    const struct condition *best = NULL;
    size_t fewest = SIZE_MAX;
    for (size_t i = 0; i < route->condition_count; i++) {
        const struct condition *condition = &route->conditions[i];
        size_t mentions = has_pairs(condition) ? count_mentions(index, condition) : SIZE_MAX;
        if (mentions < fewest) {
            fewest = mentions;
            best = condition;
        }
    }
    return best;
}

// --- making it ---

static struct element *remember_element(struct route_index *index, struct str name)
{
    for (size_t i = 0; i < index->element_count; i++) {
        if (str_eq(index->elements[i].name, name))
            return &index->elements[i];
    }
    struct element *element = &index->elements[index->element_count++];
    element->name = name;
    return element;
}

static void remember_length(struct arena *arena, struct list *lengths, size_t length)
{
    for (size_t i = 0; i < lengths->count; i++) {
        if (lengths->items[i] == length)
            return;
    }
    append(arena, lengths, length);
}

static void add_to_pairs(struct route_index *index, const struct condition *condition, size_t route)
{
    struct element *element = remember_element(index, condition->element);
    for (size_t i = 0; i < condition->value_count; i++) {
        struct list *routes = &slot_of(index, condition, i)->routes;
        if (!routes->count || routes->items[routes->count - 1] != route) // a text named twice
            append(index->arena, routes, route);
        if (condition->kind == CONDITION_PREFIX)
            remember_length(index->arena, &element->beginnings, condition->values[i].len);
        else
            element->has_whole = true;
    }
}

static void add_to_plain(struct route_index *index, const struct route *route, size_t place)
{
    size_t count;
    const char *const *triggers = event_triggers(&count);
    for (size_t i = 0; i < count; i++) {
        bool is_named = route->trigger_count == 0;
        for (size_t j = 0; j < route->trigger_count; j++)
            is_named |= strcmp(route->triggers[j], triggers[i]) == 0;
        if (is_named)
            append(index->arena, &index->plain[i], place);
    }
}

struct route_index *route_index_new(const struct route *routes, size_t count)
{
    size_t values = 0, conditions = 0, trigger_count;
    for (size_t i = 0; i < count; i++) {
        conditions += routes[i].condition_count;
        for (size_t j = 0; j < routes[i].condition_count; j++)
            values += routes[i].conditions[j].value_count;
    }
    event_triggers(&trigger_count);
    struct arena *arena = arena_new();
    struct route_index *index = arena_alloc(arena, sizeof(*index));
    *index = (struct route_index){.arena = arena, .routes = routes, .slots = 16};
    while (index->slots < values * 2)
        index->slots *= 2;
    index->pairs = arena_alloc(arena, index->slots * sizeof(*index->pairs));
    index->elements = arena_alloc(arena, conditions * sizeof(*index->elements));
    index->plain = arena_alloc(arena, trigger_count * sizeof(*index->plain));
    for (size_t i = 0; i < count; i++)
        mention_pairs(index, &routes[i]);
    for (size_t i = 0; i < count; i++) {
        const struct condition *condition = choose_condition(index, &routes[i]);
        if (condition)
            add_to_pairs(index, condition, i);
        else
            add_to_plain(index, &routes[i], i);
    }
    return index;
}

void route_index_free(struct route_index *index)
{
    if (index)
        arena_free(index->arena);
}

// --- asking it ---

struct search {
    const struct route_index *index;
    struct arena *arena;
    size_t source;
    const struct event *event;
    struct list found;
};

static void judge_all(struct search *search, const struct list *routes)
{
    for (size_t i = 0; i < routes->count; i++) {
        size_t place = routes->items[i];
        if (route_matches(&search->index->routes[place], search->source, search->event))
            append(search->arena, &search->found, place);
    }
}

static void judge_value(struct search *search, const struct element *element,
                        const struct json *value)
{
    AUTO_BUF struct buf scratch;
    buf_init(&scratch, TEXT_MAX_BYTES);
    struct str text = json_as_text(value, &scratch);
    if (scratch.overflowed)
        return;
    if (element->has_whole)
        judge_all(search, &find_slot(search->index, element->name, false, text)->routes);
    for (size_t i = 0; i < element->beginnings.count; i++) {
        struct str beginning = {text.data, element->beginnings.items[i]};
        if (beginning.len <= text.len)
            judge_all(search, &find_slot(search->index, element->name, true, beginning)->routes);
    }
}

static void judge_element(struct search *search, const struct element *element)
{
    const struct json *value = route_element(search->event, element->name);
    if (!value)
        return;
    if (value->kind != JSON_ARRAY) {
        judge_value(search, element, value);
        return;
    }
    for (size_t i = 0; i < value->array.count; i++)
        judge_value(search, element, value->array.items[i]);
}

static void judge_plain(struct search *search)
{
    size_t count;
    const char *const *triggers = event_triggers(&count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(triggers[i], search->event->trigger) == 0)
            judge_all(search, &search->index->plain[i]);
    }
}

static int compare_places(const void *a, const void *b)
{
    size_t first = *(const size_t *)a, second = *(const size_t *)b;
    return first < second ? -1 : first > second;
}

const size_t *route_index_find(const struct route_index *index, struct arena *arena, size_t source,
                               const struct event *event, size_t *ret_count)
{
    struct search search = {.index = index, .arena = arena, .source = source, .event = event};
    judge_plain(&search);
    for (size_t i = 0; i < index->element_count; i++)
        judge_element(&search, &index->elements[i]);
    struct list *found = &search.found;
    if (found->count)
        qsort(found->items, found->count, sizeof(*found->items), compare_places);
    size_t kept = 0; // a list of values may have led to one route twice
    for (size_t i = 0; i < found->count; i++) {
        if (kept == 0 || found->items[kept - 1] != found->items[i])
            found->items[kept++] = found->items[i];
    }
    *ret_count = kept;
    return found->items;
}
