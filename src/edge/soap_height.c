// SPDX-License-Identifier: GPL-3.0-or-later
//
// Asks of a type whether it fits in 0 levels, in 1, and so on. Answers are kept: what fits in some
// levels fits in more, and what does not, not in fewer; so circles cost nothing.

#include "edge/soap_height.h"

struct memo {
    const struct shape_type *type; // NULL: free
    int fits_from;                 // the least levels known to do
    int fails_to;                  // the most known not to; -1: none
};

struct soap_heights {
    struct arena *arena;
    bool is_encoded;
    struct memo *memos;
    size_t count, capacity; // capacity: a power of two
};

struct soap_heights *soap_heights_new(struct arena *arena, bool is_encoded)
{
    struct soap_heights *heights = arena_alloc(arena, sizeof(*heights));
    heights->arena = arena;
    heights->is_encoded = is_encoded;
    heights->capacity = 256;
    heights->memos = arena_alloc(arena, heights->capacity * sizeof(*heights->memos));
    return heights;
}

static struct memo *memo_place(struct memo *memos, size_t capacity, const struct shape_type *type)
{
    size_t at = ((uintptr_t)type >> 4) * 2654435761u & (capacity - 1);
    while (memos[at].type && memos[at].type != type)
        at = (at + 1) & (capacity - 1);
    return &memos[at];
}

static struct memo *memo_of(struct soap_heights *heights, const struct shape_type *type)
{
    struct memo *memo = memo_place(heights->memos, heights->capacity, type);
    if (memo->type)
        return memo;
    if (heights->count * 2 >= heights->capacity) {
        size_t capacity = heights->capacity * 2;
        struct memo *memos = arena_alloc(heights->arena, capacity * sizeof(*memos));
        for (size_t i = 0; i < heights->capacity; i++) {
            if (heights->memos[i].type)
                *memo_place(memos, capacity, heights->memos[i].type) = heights->memos[i];
        }
        heights->memos = memos;
        heights->capacity = capacity;
        memo = memo_place(memos, capacity, type);
    }
    heights->count++;
    *memo = (struct memo){type, SOAP_HEIGHT_ENDLESS, -1};
    return memo;
}

static bool type_fits(struct soap_heights *heights, const struct shape_type *type, int levels);

static bool element_fits(struct soap_heights *heights, const struct shape_element *element,
                         int levels)
{
    if (element->is_nillable || heights->is_encoded)
        return true;
    if (!element->is_abstract)
        return type_fits(heights, element->type, levels);
    for (size_t i = 0; i < element->substitute_count; i++) {
        if (type_fits(heights, element->substitutes[i]->type, levels))
            return true;
    }
    return false;
}

static bool content_fits(struct soap_heights *heights, const struct shape_particle *particle,
                         int levels)
{
    if (particle->kind == SHAPE_WILDCARD)
        return levels > 0;
    if (particle->kind == SHAPE_ELEMENT)
        return levels > 0 && element_fits(heights, particle->element, levels - 1);
    bool is_choice = particle->kind == SHAPE_CHOICE;
    for (size_t i = 0; i < particle->count; i++) {
        const struct shape_particle *child = &particle->children[i];
        bool child_fits = child->min == 0 || content_fits(heights, child, levels);
        if (child_fits == is_choice)
            return is_choice;
    }
    return !is_choice || particle->count == 0;
}

static bool own_fits(struct soap_heights *heights, const struct shape_type *type, int levels)
{
    return !type->content || type->content->min == 0 ||
           content_fits(heights, type->content, levels);
}

static bool type_fits(struct soap_heights *heights, const struct shape_type *type, int levels)
{
    struct memo known = *memo_of(heights, type);
    if (levels >= known.fits_from || levels <= known.fails_to)
        return levels >= known.fits_from;
    bool result = !type->is_abstract && own_fits(heights, type, levels);
    for (size_t i = 0; type->is_abstract && i < type->heir_count && !result; i++)
        result = own_fits(heights, type->heirs[i], levels);
    struct memo *memo = memo_of(heights, type); // it may have moved
    if (result && levels < memo->fits_from)
        memo->fits_from = levels;
    if (!result && levels > memo->fails_to)
        memo->fails_to = levels;
    return result;
}

int soap_height_of_type(struct soap_heights *heights, const struct shape_type *type)
{
    int levels = 0;
    while (levels < SOAP_HEIGHT_ENDLESS && !type_fits(heights, type, levels))
        levels++;
    return levels;
}

int soap_height_of_element(struct soap_heights *heights, const struct shape_element *element)
{
    int levels = 0;
    while (levels < SOAP_HEIGHT_ENDLESS && !element_fits(heights, element, levels))
        levels++;
    return levels;
}

int soap_height_of_content(struct soap_heights *heights, const struct shape_particle *particle)
{
    int levels = 0;
    while (levels < SOAP_HEIGHT_ENDLESS && !content_fits(heights, particle, levels))
        levels++;
    return levels;
}

int soap_height_of_particle(struct soap_heights *heights, const struct shape_particle *particle)
{
    return particle->min == 0 ? 0 : soap_height_of_content(heights, particle);
}
