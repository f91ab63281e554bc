// SPDX-License-Identifier: GPL-3.0-or-later
//
// Elements of the earlier event fill in what the later one leaves out. What surprises: names are
// compared one with all. An event has a thousand elements at most, usually a hundred, and sorting
// them costs more than it saves.

#include "core/merge.h"

static bool is_empty(const struct json *value)
{
    return !value || value->kind == JSON_NULL ||
           (value->kind == JSON_STRING && value->string.len == 0);
}

void merge_events(struct arena *arena, const struct event *earlier, const struct event *later,
                  struct event *ret)
{
    struct json *elements = json_object(arena);
    for (size_t i = 0; i < later->elements->object.count; i++) {
        const struct json_member *member = &later->elements->object.members[i];
        const struct json *before =
            is_empty(member->value) ? json_get(earlier->elements, member->name) : NULL;
        json_set(arena, elements, member->name, before ? (struct json *)before : member->value);
    }
    for (size_t i = 0; i < earlier->elements->object.count; i++) {
        const struct json_member *member = &earlier->elements->object.members[i];
        if (!json_get(later->elements, member->name))
            json_set(arena, elements, member->name, member->value);
    }
    *ret = *later;
    ret->elements = elements;
    if (!later->survey) {
        ret->survey = earlier->survey;
        ret->answer = earlier->answer;
    }
}
