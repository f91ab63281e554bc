// SPDX-License-Identifier: GPL-3.0-or-later
//
// A route stands in a hash table under texts that one of its conditions asks for: whole values,
// beginnings, or parts, of which a pattern needs one; the others stand in a list for each trigger.
// What surprises: of several such sets of texts it is the one whose texts the fewest routes name,
// so a thousand campaigns with the same five dispositions are told apart by campaign.

#include "core/route_index.h"

#include "core/route_literal.h"
#include "core/route_needle.h"

enum { TEXT_MAX_BYTES = 1024 * 1024 }; // as in route.c: a longer text equals nothing

struct list {
    size_t *items;
    size_t count, capacity;
};

enum part {
    PART_WHOLE,
    PART_BEGINNING,
    PART_ANYWHERE, // letters of ASCII made small
};

struct pair { // "agent_disposition" is "Sale", or "dnis" begins with "+1800"
    struct str element, text;
    enum part part;
    size_t mentions;    // by how many sets; 0: a free slot
    struct list routes; // those that stand here, ascending
};

// Texts of which an element has one when the route takes the event.
struct set {
    struct str element;
    enum part part;
    const struct str *texts;
    size_t count;
};

struct sets { // of a route
    struct set *items;
    size_t count;
};

struct element { // of pairs that routes stand under
    struct str name;
    bool has_whole;
    struct list beginnings; // how long they are, each length once
    struct list parts;      // places of pairs, until they are needles
    struct needles *needles;
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
static struct pair *find_slot(const struct route_index *index, struct str element, enum part part,
                              struct str text)
{
    uint64_t hash = hash_bytes(0xcbf29ce484222325 + part, element);
    hash = hash_bytes(hash ^ 0xff, text);
    size_t slot = (hash ^ hash >> 32) & (index->slots - 1);
    for (;; slot = (slot + 1) & (index->slots - 1)) {
        struct pair *pair = &index->pairs[slot];
        if (!pair->mentions ||
            (pair->part == part && str_eq(pair->text, text) && str_eq(pair->element, element)))
            return pair;
    }
}

static struct pair *slot_of(const struct route_index *index, const struct set *set, size_t text)
{
    return find_slot(index, set->element, set->part, set->texts[text]);
}

// --- sets ---

static void add_set(struct arena *arena, struct sets *sets, struct set set)
{
    struct set *items = arena_alloc(arena, (sets->count + 1) * sizeof(*items));
    if (sets->count)
        memcpy(items, sets->items, sets->count * sizeof(*items));
    items[sets->count++] = set;
    sets->items = items;
}

// A condition of another kind may hold for texts that nobody wrote down.
static void add_sets_of(struct arena *arena, const struct condition *condition, struct sets *sets)
{
    struct set set = {condition->element, PART_WHOLE, condition->values, condition->value_count};
    if (condition->kind == CONDITION_EQUALS || condition->kind == CONDITION_ONE_OF) {
        add_set(arena, sets, set);
    } else if (condition->kind == CONDITION_PREFIX) {
        set.part = PART_BEGINNING;
        add_set(arena, sets, set);
    } else if (condition->kind == CONDITION_PATTERN) {
        struct literals literals = literals_of(arena, pattern_expression(condition->pattern));
        for (size_t i = 0; i < literals.count; i++)
            add_set(arena, sets,
                    (struct set){condition->element, PART_ANYWHERE, literals.groups[i].texts,
                                 literals.groups[i].count});
    }
}

static struct sets sets_of(struct arena *arena, const struct route *route)
{
    struct sets sets = {0};
    for (size_t i = 0; i < route->condition_count; i++)
        add_sets_of(arena, &route->conditions[i], &sets);
    return sets;
}

static void mention_pairs(struct route_index *index, const struct sets *sets)
{
    for (size_t i = 0; i < sets->count; i++) {
        const struct set *set = &sets->items[i];
        for (size_t j = 0; j < set->count; j++) {
            struct pair *pair = slot_of(index, set, j);
            pair->element = set->element;
            pair->text = set->texts[j];
            pair->part = set->part;
            pair->mentions++;
        }
    }
}

static size_t count_mentions(const struct route_index *index, const struct set *set)
{
    size_t mentions = 0;
    for (size_t i = 0; i < set->count; i++)
        mentions += slot_of(index, set, i)->mentions;
    return mentions;
}

// NULL: there is none.
static const struct set *choose_set(const struct route_index *index, const struct sets *sets)
{
    const struct set *best = NULL;
    size_t fewest = SIZE_MAX;
    for (size_t i = 0; i < sets->count; i++) {
        size_t mentions = count_mentions(index, &sets->items[i]);
        if (mentions < fewest) {
            fewest = mentions;
            best = &sets->items[i];
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

static void add_to_pairs(struct route_index *index, const struct set *set, size_t route)
{
    struct element *element = remember_element(index, set->element);
    for (size_t i = 0; i < set->count; i++) {
        struct pair *pair = slot_of(index, set, i);
        struct list *routes = &pair->routes;
        if (set->part == PART_ANYWHERE && !routes->count)
            append(index->arena, &element->parts, (size_t)(pair - index->pairs));
        if (!routes->count || routes->items[routes->count - 1] != route) // a text named twice
            append(index->arena, routes, route);
        if (set->part == PART_BEGINNING)
            remember_length(index->arena, &element->beginnings, set->texts[i].len);
        else if (set->part == PART_WHOLE)
            element->has_whole = true;
    }
}

static void make_needles(struct route_index *index, struct element *element)
{
    size_t count = element->parts.count;
    struct needle *needles = arena_alloc(index->arena, count * sizeof(*needles));
    for (size_t i = 0; i < count; i++) {
        struct pair *pair = &index->pairs[element->parts.items[i]];
        needles[i] = (struct needle){pair->text, &pair->routes};
    }
    if (count)
        element->needles = needles_new(index->arena, needles, count);
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
    size_t texts = 0, set_count = 0, trigger_count;
    struct arena *arena = arena_new();
    struct sets *sets = arena_alloc(arena, count * sizeof(*sets));
    for (size_t i = 0; i < count; i++) {
        sets[i] = sets_of(arena, &routes[i]);
        set_count += sets[i].count;
        for (size_t j = 0; j < sets[i].count; j++)
            texts += sets[i].items[j].count;
    }
    event_triggers(&trigger_count);
    struct route_index *index = arena_alloc(arena, sizeof(*index));
    *index = (struct route_index){.arena = arena, .routes = routes, .slots = 16};
    while (index->slots < texts * 2)
        index->slots *= 2;
    index->pairs = arena_alloc(arena, index->slots * sizeof(*index->pairs));
    index->elements = arena_alloc(arena, set_count * sizeof(*index->elements));
    index->plain = arena_alloc(arena, trigger_count * sizeof(*index->plain));
    for (size_t i = 0; i < count; i++)
        mention_pairs(index, &sets[i]);
    for (size_t i = 0; i < count; i++) {
        const struct set *set = choose_set(index, &sets[i]);
        if (set)
            add_to_pairs(index, set, i);
        else
            add_to_plain(index, &routes[i], i);
    }
    for (size_t i = 0; i < index->element_count; i++)
        make_needles(index, &index->elements[i]);
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

static void judge_found(void *search, void *routes)
{
    judge_all(search, routes);
}

static void judge_parts(struct search *search, const struct element *element, struct str text)
{
    char *small = arena_alloc(search->arena, text.len);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        small[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    needles_find(element->needles, search->arena, (struct str){small, text.len}, judge_found,
                 search);
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
        judge_all(search, &find_slot(search->index, element->name, PART_WHOLE, text)->routes);
    for (size_t i = 0; i < element->beginnings.count; i++) {
        struct str beginning = {text.data, element->beginnings.items[i]};
        if (beginning.len <= text.len)
            judge_all(search,
                      &find_slot(search->index, element->name, PART_BEGINNING, beginning)->routes);
    }
    if (element->needles)
        judge_parts(search, element, text);
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
