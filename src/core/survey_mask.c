// SPDX-License-Identifier: GPL-3.0-or-later
//
// What people may see of sensitive answers: that there is one. They are masked by place, not by
// value: to replace every "5" of a page would garble it, and tell which question was answered by 5.

#include "core/survey_answer.h"

enum { SECRET_TEXT_MIN_BYTES = 4 }; // a shorter text stands everywhere

// --- what is sensitive ---

static bool is_sensitive(const struct survey_answer *answer)
{
    return answer->question && answer->question->is_sensitive;
}

static int compare_places(const void *a, const void *b)
{
    const struct json *x = *(const struct json *const *)a, *y = *(const struct json *const *)b;
    return x < y ? -1 : x > y;
}

static void add_text(struct survey_result *result, struct str *texts, struct str text)
{
    if (text.len >= SECRET_TEXT_MIN_BYTES)
        texts[result->secret_text_count++] = text;
}

static void add_texts(struct survey_result *result, struct str *texts,
                      const struct answer_piece *piece)
{
    const struct json *said[] = {piece->text, piece->label};
    for (size_t i = 0; i < COUNT_OF(said); i++) {
        if (said[i] && said[i]->kind == JSON_STRING)
            add_text(result, texts, said[i]->string);
    }
    if (piece->option) {
        add_text(result, texts, piece->option->label);
        add_text(result, texts, piece->option->value);
    }
}

void survey_find_secrets(const struct survey_sent *sent, struct survey_result *result)
{
    enum { TEXTS_OF_PIECE = 4 };
    size_t item_count = 1; // the script's text
    for (size_t i = 0; i < sent->count; i++) {
        for (struct answer_item *item = sent->answers[i].items; item; item = item->next)
            item_count += is_sensitive(&sent->answers[i]);
    }
    const struct json **values = arena_alloc(sent->arena, item_count * sizeof(*values));
    struct str *texts = arena_alloc(sent->arena, sent->pieces * TEXTS_OF_PIECE * sizeof(*texts));
    for (size_t i = 0; i < sent->count; i++) {
        const struct survey_answer *answer = &sent->answers[i];
        if (!is_sensitive(answer))
            continue;
        for (struct answer_item *item = answer->items; item; item = item->next)
            values[result->secret_value_count++] = item->value;
        for (size_t p = 0; p < answer->piece_count; p++)
            add_texts(result, texts, &answer->pieces[p]);
    }
    if (result->secret_value_count && sent->script_text)
        values[result->secret_value_count++] = sent->script_text;
    qsort(values, result->secret_value_count, sizeof(const struct json *), compare_places);
    result->secret_values = values;
    result->secret_texts = texts;
}

// --- masking ---

static struct json *mask_value(struct arena *arena, const struct json *value)
{
    bool is_nothing =
        value->kind == JSON_NULL || (value->kind == JSON_STRING && value->string.len == 0);
    if (is_nothing)
        return (struct json *)value; // trees are read only once they are made
    if (value->kind != JSON_ARRAY)
        return json_text(arena, SURVEY_MASK);
    struct json *masked = json_array(arena);
    for (size_t i = 0; i < value->array.count; i++)
        json_append(arena, masked, mask_value(arena, value->array.items[i]));
    return masked;
}

// What an item says of the question, and not of the answer.
static bool is_of_question(struct str name)
{
    static const char *const members[] = {"name",     "extern_id", "element_id", "type",
                                          "question", "state",     "problem",    "skipped"};
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        if (str_eq(name, str_from(members[i])))
            return true;
    }
    return str_starts(name, STR("is_"));
}

void survey_mask_item(struct arena *arena, struct json *item)
{
    for (size_t i = 0; i < item->object.count; i++) {
        struct json_member *member = &item->object.members[i];
        if (!is_of_question(member->name))
            member->value = mask_value(arena, member->value);
    }
}

static struct json *mask_sent(struct arena *arena, const struct json *value)
{
    if (value->kind != JSON_OBJECT)
        return mask_value(arena, value);
    struct json *masked = json_object(arena);
    for (size_t i = 0; i < value->object.count; i++)
        json_set(arena, masked, value->object.members[i].name, value->object.members[i].value);
    survey_mask_item(arena, masked);
    return masked;
}

// --- trees as sent ---

static bool is_secret(const struct survey_result *result, const struct json *value)
{
    return result->secret_value_count &&
           bsearch(&value, result->secret_values, result->secret_value_count, sizeof(value),
                   compare_places) != NULL;
}

static struct json *show_value(struct arena *arena, const struct survey_result *result,
                               const struct json *value);

static struct json *show_array(struct arena *arena, const struct survey_result *result,
                               const struct json *value, bool *ret_differs)
{
    struct json *shown = json_array(arena);
    for (size_t i = 0; i < value->array.count; i++) {
        json_append(arena, shown, show_value(arena, result, value->array.items[i]));
        *ret_differs |= shown->array.items[i] != value->array.items[i];
    }
    return shown;
}

static struct json *show_object(struct arena *arena, const struct survey_result *result,
                                const struct json *value, bool *ret_differs)
{
    struct json *shown = json_object(arena);
    for (size_t i = 0; i < value->object.count; i++) {
        const struct json_member *member = &value->object.members[i];
        json_set(arena, shown, member->name, show_value(arena, result, member->value));
        *ret_differs |= shown->object.members[i].value != member->value;
    }
    return shown;
}

// The value itself when nothing in it is sensitive. As deep as the body's limit lets it be.
static struct json *show_value(struct arena *arena, const struct survey_result *result,
                               const struct json *value)
{
    bool differs = false;
    struct json *shown = NULL;
    if (is_secret(result, value))
        return mask_sent(arena, value);
    if (value->kind == JSON_ARRAY)
        shown = show_array(arena, result, value, &differs);
    else if (value->kind == JSON_OBJECT)
        shown = show_object(arena, result, value, &differs);
    return differs ? shown : (struct json *)value;
}

const struct json *survey_show_elements(struct arena *arena, const struct survey_result *result,
                                        const struct json *elements)
{
    return show_value(arena, result, elements);
}

struct json *survey_show_sent(struct arena *arena, const struct survey_result *result,
                              const struct event *sent)
{
    struct json *shown = json_object(arena);
    json_set(arena, shown, STR("elements"), show_value(arena, result, sent->elements));
    if (sent->survey)
        json_set(arena, shown, STR("survey"), show_value(arena, result, sent->survey));
    return shown;
}
