// SPDX-License-Identifier: GPL-3.0-or-later
//
// The steps for each element, in order: whether it is anything at all, its name, its value by type.
// What surprises: before an element takes another name, that name is looked for among all that were
// sent, so that it never hides one that was sent under it.

#include "core/normal.h"
#include "core/catalogue.h"
#include "core/normal_value.h"

#include <stdio.h>

const struct normal_rules normal_rules_default = {.unresolved = NORMAL_DROP, .empty = NORMAL_DROP};

struct normalising {
    struct arena *arena;
    const struct normal_rules *rules;
    const struct event *raw;
    struct json *elements; // so far
    struct event_faults *faults;
    struct err *err; // says what the first fault says
};

// --- what is nothing ---

// "#agent_notes#": a tag that the platform had no value for.
static bool is_tag(struct str value)
{
    if (value.len < 3 || value.data[0] != '#' || value.data[value.len - 1] != '#')
        return false;
    for (size_t i = 1; i < value.len - 1; i++) {
        char c = value.data[i];
        bool is_name = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '.';
        if (!is_name)
            return false;
    }
    return true;
}

static bool is_answer(struct str name)
{
    return str_starts(name, STR("survey.")) || str_starts(name, STR("script."));
}

// KEEP for all that is something. An empty answer of a survey is an answer.
static enum normal_policy find_policy(const struct normal_rules *rules, struct str name,
                                      const struct json *value)
{
    if (value->kind != JSON_STRING)
        return NORMAL_KEEP;
    if (value->string.len == 0)
        return is_answer(name) ? NORMAL_KEEP : rules->empty;
    return is_tag(value->string) ? rules->unresolved : NORMAL_KEEP;
}

static void refuse(struct normalising *normalising, struct str name, const char *detail)
{
    struct event_faults *faults = normalising->faults;
    const char *base = normalising->raw->elements_at;
    if (faults->count == 0)
        err_set(normalising->err, ERR_CONFLICT, "%s", detail);
    if (faults->count < COUNT_OF(faults->items))
        faults->items[faults->count] =
            (struct event_fault){event_pointer(normalising->arena, base, name), detail};
    faults->count++;
}

// Whether the value goes on.
static bool passes(struct normalising *normalising, const struct json_member *sent,
                   const char **ret_note)
{
    enum normal_policy policy = find_policy(normalising->rules, sent->name, sent->value);
    if (policy == NORMAL_KEEP)
        return true;
    struct arena *arena = normalising->arena;
    struct str tag = sent->value->string;
    const char *name = arena_copy(arena, sent->name).data;
    if (policy == NORMAL_REJECT)
        refuse(normalising, sent->name,
               tag.len ? arena_printf(arena, "`%s` is %.*s, not resolved by the platform", name,
                                      STR_ARG(tag))
                       : arena_printf(arena, "`%s` is empty", name));
    else if (tag.len)
        *ret_note =
            arena_printf(arena, "%.*s was not resolved by the platform: dropped", STR_ARG(tag));
    return false;
}

// --- names ---

static struct str own_name(const struct normal_rules *rules, struct str sent)
{
    for (size_t i = 0; i < rules->alias_count; i++) {
        if (str_eq(rules->aliases[i].from, sent))
            return rules->aliases[i].to;
    }
    return sent;
}

// Whether another element has the name already: one sent under it that is something, or an earlier
// alias.
static bool is_taken(const struct normalising *normalising, struct str name)
{
    const struct json *sent = json_get(normalising->raw->elements, name);
    return (sent && find_policy(normalising->rules, name, sent) == NORMAL_KEEP) ||
           json_get(normalising->elements, name);
}

// The name it goes by from now on, and what the catalogue knows of it.
static struct str choose_name(const struct normalising *normalising, struct str sent,
                              const struct catalogue_element **ret_element, const char **ret_note)
{
    struct str own = own_name(normalising->rules, sent);
    *ret_element = catalogue_find(own);
    struct str name = catalogue_own_name(*ret_element, own);
    if (str_eq(name, sent) || !is_taken(normalising, name))
        return name;
    *ret_note = arena_printf(normalising->arena, "%.*s was sent as well: kept under this name",
                             STR_ARG(name));
    return sent;
}

// --- values ---

static struct json *take_boolean(struct arena *arena, struct json *sent, struct str text,
                                 const char **ret_note)
{
    bool boolean;
    return normal_boolean(text, &boolean, ret_note) ? json_boolean(arena, boolean) : sent;
}

// A number is read as its text; one that stays stays a number.
static struct json *take_value(struct normalising *normalising, enum element_type type,
                               struct json *sent, const char **ret_note)
{
    struct arena *arena = normalising->arena;
    bool is_typed = type == ELEMENT_DATETIME || type == ELEMENT_DURATION || type == ELEMENT_PHONE ||
                    type == ELEMENT_BOOLEAN;
    bool is_scalar =
        sent->kind == JSON_STRING || sent->kind == JSON_INTEGER || sent->kind == JSON_REAL;
    if (!is_typed || !is_scalar)
        return sent;
    AUTO_BUF struct buf scratch;
    buf_init(&scratch, 64); // no number is longer
    struct str text = json_as_text(sent, &scratch), normal;
    if (text.len == 0 || is_tag(text))
        return sent; // kept by a policy
    if (type == ELEMENT_BOOLEAN)
        return take_boolean(arena, sent, text, ret_note);
    if (type == ELEMENT_DATETIME)
        normal = normal_time(arena, normalising->rules, text, ret_note);
    else if (type == ELEMENT_DURATION)
        normal = normal_duration(arena, text, ret_note);
    else
        normal = normal_phone(arena, normalising->rules->phone_country, text, ret_note);
    return normal.data == text.data ? sent : json_string(arena, normal);
}

static void take_element(struct normalising *normalising, const struct json_member *sent,
                         struct normal_row *row)
{
    const struct catalogue_element *element;
    row->sent = sent;
    if (!passes(normalising, sent, &row->note))
        return;
    struct str name = choose_name(normalising, sent->name, &element, &row->note);
    enum element_type type = element ? element->type : ELEMENT_TEXT;
    struct json *elements = normalising->elements;
    const char *note = NULL;
    struct json *value = take_value(normalising, type, sent->value, &note);
    if (note)
        row->note = note;
    json_set(normalising->arena, elements, name, value);
    row->normal = &elements->object.members[elements->object.count - 1];
}

static void collect_notes(struct arena *arena, struct normal_notes *notes)
{
    size_t most = 0;
    for (size_t i = 0; i < notes->row_count; i++)
        most += notes->rows[i].note != NULL;
    notes->items = arena_alloc(arena, most * sizeof(*notes->items));
    for (size_t i = 0; i < notes->row_count; i++) {
        const struct normal_row *row = &notes->rows[i];
        if (row->note)
            notes->items[notes->count++] =
                (struct normal_note){arena_copy(arena, row->sent->name).data, row->note};
    }
}

bool normal_apply(struct arena *arena, const struct normal_rules *rules, const struct event *raw,
                  struct event *ret, struct normal_notes *ret_notes,
                  struct event_faults *ret_faults, struct err *err)
{
    const struct json *sent = raw->elements;
    size_t count = sent->object.count;
    struct normalising normalising = {arena, rules, raw, json_object(arena), ret_faults, err};
    struct normal_notes notes = {.rows = arena_alloc(arena, count * sizeof(*notes.rows)),
                                 .row_count = count};
    *ret_faults = (struct event_faults){0};
    // All at once, so that rows can point to members.
    normalising.elements->object.members =
        arena_alloc(arena, count * sizeof(*normalising.elements->object.members));
    normalising.elements->object.capacity = count;
    for (size_t i = 0; i < count; i++)
        take_element(&normalising, &sent->object.members[i], &notes.rows[i]);
    if (ret_faults->count)
        return false;
    collect_notes(arena, &notes);
    *ret = *raw;
    ret->elements = normalising.elements;
    *ret_notes = notes;
    return true;
}
