// SPDX-License-Identifier: GPL-3.0-or-later
//
// One lock over all maps: it is taken only when a value is not mapped, which is what an operator
// mends.

#include "edge/unmapped.h"
#include "base/clock.h"

#include <pthread.h>

enum { VALUES_MAX = 100, VALUE_MAX_BYTES = 200 };

struct tally {
    struct unmapped_value *values; // room for VALUES_MAX, made with the first
    size_t count;
    int64_t others;
};

struct unmapped {
    const struct filter_maps *maps;
    pthread_mutex_t lock;
    struct arena *arena;
    struct tally *tallies;
};

struct unmapped *unmapped_new(const struct filter_maps *maps)
{
    struct unmapped *unmapped = mem_alloc(sizeof(*unmapped));
    unmapped->maps = maps;
    unmapped->arena = arena_new();
    unmapped->tallies = arena_alloc(unmapped->arena, maps->count * sizeof(struct tally));
    pthread_mutex_init(&unmapped->lock, NULL);
    return unmapped;
}

void unmapped_free(struct unmapped *unmapped)
{
    if (!unmapped)
        return;
    pthread_mutex_destroy(&unmapped->lock);
    arena_free(unmapped->arena);
    free(unmapped);
}

// The value's place; NULL when there is no room for one more.
static struct unmapped_value *find_value(struct unmapped *unmapped, struct tally *tally,
                                         struct str value)
{
    for (size_t i = 0; i < tally->count; i++) {
        if (str_eq(tally->values[i].value, value))
            return &tally->values[i];
    }
    if (tally->count == VALUES_MAX)
        return NULL;
    if (!tally->values)
        tally->values = arena_alloc(unmapped->arena, VALUES_MAX * sizeof(*tally->values));
    struct unmapped_value *found = &tally->values[tally->count++];
    found->value = arena_copy(unmapped->arena, value);
    return found;
}

void unmapped_note(void *context, const struct value_map *map, struct str value)
{
    struct unmapped *unmapped = context;
    size_t index = (size_t)(map - unmapped->maps->items);
    require(index < unmapped->maps->count);
    if (value.len > VALUE_MAX_BYTES) {
        value.len = VALUE_MAX_BYTES;
        value.len = json_utf8_prefix(value);
    }
    int64_t now = clock_now_ms();
    pthread_mutex_lock(&unmapped->lock);
    struct tally *tally = &unmapped->tallies[index];
    struct unmapped_value *found = find_value(unmapped, tally, value);
    if (found) {
        found->count++;
        found->last_at = now;
    } else {
        tally->others++;
    }
    pthread_mutex_unlock(&unmapped->lock);
}

static void inherit_tally(struct unmapped *unmapped, size_t map, const struct tally *from,
                          struct arena *scratch)
{
    struct tally *tally = &unmapped->tallies[map];
    tally->others += from->others;
    for (size_t i = 0; i < from->count; i++) {
        const struct unmapped_value *value = &from->values[i];
        if (value_map_find(&unmapped->maps->items[map], scratch, value->value))
            continue;
        struct unmapped_value *own = find_value(unmapped, tally, value->value);
        if (!own) {
            tally->others += value->count;
            continue;
        }
        own->count += value->count;
        if (own->last_at < value->last_at)
            own->last_at = value->last_at;
    }
}

void unmapped_inherit(struct unmapped *unmapped, struct unmapped *from)
{
    AUTO_ARENA struct arena *scratch = arena_new();
    pthread_mutex_lock(&unmapped->lock);
    pthread_mutex_lock(&from->lock);
    for (size_t i = 0; i < unmapped->maps->count; i++) {
        for (size_t j = 0; j < from->maps->count; j++) {
            if (strcmp(unmapped->maps->items[i].name, from->maps->items[j].name) == 0)
                inherit_tally(unmapped, i, &from->tallies[j], scratch);
        }
    }
    pthread_mutex_unlock(&from->lock);
    pthread_mutex_unlock(&unmapped->lock);
}

static int compare_counts(const void *a, const void *b)
{
    const struct unmapped_value *x = a, *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return x->last_at > y->last_at ? -1 : x->last_at < y->last_at;
}

// Texts once noted stay where they are, so they can be borrowed.
void unmapped_view(struct unmapped *unmapped, size_t map, struct arena *arena,
                   struct unmapped_view *ret)
{
    struct unmapped_value *values = arena_alloc(arena, VALUES_MAX * sizeof(*values));
    pthread_mutex_lock(&unmapped->lock);
    const struct tally *tally = &unmapped->tallies[map];
    *ret = (struct unmapped_view){values, tally->count, tally->others};
    if (tally->count)
        memcpy(values, tally->values, tally->count * sizeof(*values));
    pthread_mutex_unlock(&unmapped->lock);
    qsort(values, ret->count, sizeof(*values), compare_counts);
}
