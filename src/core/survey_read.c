// SPDX-License-Identifier: GPL-3.0-or-later
//
// The shapes in: rows of element and option, lists by external id, script models, and flat elements
// `survey.x` and `script.x`. Knows no definition. All shapes become one list of answers, made of
// pieces that are one choice or one text each; a question that comes twice in one shape has several
// pieces, and one that comes in a second shape as well counts as the first shape has it.

#include "core/survey_answer.h"

static const char *const response_members[] = {
    "survey_id",      "survey_name",     "survey_version", "response_id",     "complete",
    "score",          "total_score",     "started_at",     "completed_at",    "uii",
    "session_id",     "agent_id",        "channel",        "language",        "script_id",
    "scriptComplete", "script_complete", "script_version", "renderFormValid", "call",
    "lead",
};

bool survey_is_response_member(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(response_members); i++) {
        if (str_eq(name, str_from(response_members[i])))
            return true;
    }
    return false;
}

// --- values ---

static bool is_nothing(const struct json *value)
{
    return !value || value->kind == JSON_NULL;
}

static bool is_empty(const struct json *value)
{
    return value && ((value->kind == JSON_STRING && value->string.len == 0) ||
                     (value->kind == JSON_ARRAY && value->array.count == 0));
}

// The member, unless it is null.
static const struct json *find(const struct json *object, const char *name)
{
    const struct json *value = json_get(object, str_from(name));
    return is_nothing(value) ? NULL : value;
}

static const struct json *find_either(const struct json *object, const char *name,
                                      const char *other)
{
    const struct json *value = find(object, name);
    return value ? value : find(object, other);
}

bool survey_read_integer(const struct json *value, int64_t *ret)
{
    if (value && value->kind == JSON_INTEGER) {
        *ret = value->integer;
        return true;
    }
    if (!value || value->kind != JSON_STRING)
        return false;
    struct str text = str_trim(value->string);
    int64_t number = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        number = number * 10 + (text.data[i] - '0');
    }
    if (text.len == 0 || text.len > 18)
        return false;
    *ret = number;
    return true;
}

// Platforms write option 0 for an answer that is no choice.
static bool is_no_option(const struct json *value)
{
    int64_t id;
    return is_nothing(value) || is_empty(value) || (survey_read_integer(value, &id) && id == 0);
}

// A list, or one value as a list of one.
static size_t list_count(const struct json *value)
{
    return is_nothing(value) ? 0 : value->kind == JSON_ARRAY ? value->array.count : 1;
}

static const struct json *list_at(const struct json *value, size_t index)
{
    if (index >= list_count(value))
        return NULL;
    return value->kind == JSON_ARRAY ? value->array.items[index] : value;
}

// --- the list of answers ---

static const char *pointer_at(struct survey_sent *sent, const char *base, const struct json *list,
                              size_t index)
{
    return list->kind == JSON_ARRAY ? arena_printf(sent->arena, "%s/%zu", base, index) : base;
}

static struct survey_answer *find_answer(struct survey_sent *sent, size_t from, struct str name,
                                         int64_t element_id)
{
    for (size_t i = from; i < sent->count; i++) {
        struct survey_answer *answer = &sent->answers[i];
        if (name.len ? str_eq(answer->name, name)
                     : element_id != 0 && answer->element_id == element_id)
            return answer;
    }
    return NULL;
}

// The answer of that name (or of that element, where rows have no names); NULL when there are too
// many. from: where the answers of this shape begin.
static struct survey_answer *need_answer(struct survey_sent *sent, size_t from, struct str name,
                                         int64_t element_id, const char *pointer)
{
    struct survey_answer *answer = find_answer(sent, from, name, element_id);
    if (answer)
        return answer;
    if (sent->count == SURVEY_ANSWERS_MAX) {
        sent->is_too_large = true;
        return NULL;
    }
    if (sent->count == sent->capacity) {
        size_t capacity = sent->capacity ? sent->capacity * 2 : 16;
        struct survey_answer *grown = arena_alloc(sent->arena, capacity * sizeof(*grown));
        if (sent->count)
            memcpy(grown, sent->answers, sent->count * sizeof(*grown));
        sent->answers = grown;
        sent->capacity = capacity;
    }
    answer = &sent->answers[sent->count++];
    *answer = (struct survey_answer){.name = name, .element_id = element_id, .pointer = pointer};
    return answer;
}

static void add_item(struct survey_sent *sent, struct survey_answer *answer,
                     const struct json *value)
{
    struct answer_item **at = &answer->items;
    while (*at)
        at = &(*at)->next;
    *at = arena_alloc(sent->arena, sizeof(**at));
    (*at)->value = value;
}

static void add_piece(struct survey_sent *sent, struct survey_answer *answer,
                      struct answer_piece piece)
{
    if (sent->pieces == SURVEY_PIECES_MAX) {
        sent->is_too_large = true;
        return;
    }
    sent->pieces++;
    if (answer->piece_count == answer->piece_capacity) {
        size_t capacity = answer->piece_capacity ? answer->piece_capacity * 2 : 2;
        struct answer_piece *grown = arena_alloc(sent->arena, capacity * sizeof(*grown));
        if (answer->piece_count)
            memcpy(grown, answer->pieces, answer->piece_count * sizeof(*grown));
        answer->pieces = grown;
        answer->piece_capacity = capacity;
    }
    answer->pieces[answer->piece_count++] = piece;
}

// --- pieces ---

static void read_texts(struct survey_sent *sent, struct survey_answer *answer,
                       const struct json *texts, const char *pointer)
{
    answer->has_empty |= is_empty(texts);
    for (size_t i = 0; i < list_count(texts) && !sent->is_too_large; i++) {
        const struct json *text = list_at(texts, i);
        answer->has_empty |= is_empty(text);
        if (!is_nothing(text) && !is_empty(text))
            add_piece(sent, answer,
                      (struct answer_piece){.text = text,
                                            .pointer = pointer_at(sent, pointer, texts, i)});
    }
}

// The n-th id goes with the n-th label.
static void read_choices(struct survey_sent *sent, struct survey_answer *answer,
                         const struct json *item, const char *pointer)
{
    const struct json *ids = find_either(item, "option_ids", "option_id");
    const struct json *labels = find_either(item, "labels", "label");
    size_t id_count = list_count(ids), label_count = list_count(labels);
    const char *ids_name = find(item, "option_ids") ? "option_ids" : "option_id";
    const char *labels_name = find(item, "labels") ? "labels" : "label";
    answer->has_empty |= is_empty(ids) || is_empty(labels);
    for (size_t i = 0; (i < id_count || i < label_count) && !sent->is_too_large; i++) {
        const struct json *id = list_at(ids, i), *label = list_at(labels, i);
        struct answer_piece piece = {.id = is_no_option(id) ? NULL : id,
                                     .label = is_nothing(label) || is_empty(label) ? NULL : label};
        if (!piece.id && !piece.label)
            continue;
        const char *base =
            event_pointer(sent->arena, pointer, str_from(piece.id ? ids_name : labels_name));
        piece.pointer = pointer_at(sent, base, piece.id ? ids : labels, i);
        add_piece(sent, answer, piece);
    }
}

// --- shapes ---

static bool is_item(const struct json *value)
{
    static const char *const members[] = {"text",  "value",  "values", "option_id", "option_ids",
                                          "label", "labels", "score",  "skipped"};
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        if (json_get(value, str_from(members[i])))
            return true;
    }
    return false;
}

static void read_item(struct survey_sent *sent, struct survey_answer *answer,
                      const struct json *item, const char *pointer)
{
    static const char *const texts[] = {"text", "value", "values"};
    add_item(sent, answer, item);
    if (!answer->type)
        answer->type = find(item, "type");
    if (!answer->score)
        answer->score = find(item, "score");
    size_t before = sent->pieces;
    read_choices(sent, answer, item, pointer);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        const struct json *text = find(item, texts[i]);
        // `value` and `values` of a choice are made of its option: our own answers, sent back.
        if (!text || (i > 0 && sent->pieces > before))
            continue;
        read_texts(sent, answer, text, event_pointer(sent->arena, pointer, str_from(texts[i])));
        break;
    }
}

// An answer under its name: a plain value, or an object as in a list or a script's model.
static void read_named(struct survey_sent *sent, size_t from, struct str name,
                       const struct json *value, const char *pointer)
{
    if (name.len == 0 || find_answer(sent, 0, name, 0))
        return;
    struct survey_answer *answer = need_answer(sent, from, name, 0, pointer);
    if (!answer)
        return;
    if (is_item(value)) {
        read_item(sent, answer, value, pointer);
        return;
    }
    add_item(sent, answer, value);
    read_texts(sent, answer, value, pointer);
}

static void read_names(struct survey_sent *sent, const struct json *object, const char *pointer,
                       bool is_whole)
{
    size_t from = sent->count;
    for (size_t i = 0; i < object->object.count && !sent->is_too_large; i++) {
        const struct json_member *member = &object->object.members[i];
        if (!is_whole || !survey_is_response_member(member->name))
            read_named(sent, from, member->name, member->value,
                       event_pointer(sent->arena, pointer, member->name));
    }
}

static void read_row(struct survey_sent *sent, size_t from, const struct json *row,
                     const char *pointer)
{
    AUTO_BUF struct buf scratch;
    buf_init(&scratch, 32);
    int64_t element_id = 0;
    survey_read_integer(find(row, "element_id"), &element_id);
    struct str name =
        arena_copy(sent->arena, json_as_text(find_either(row, "extern_id", "name"), &scratch));
    struct survey_answer *answer = need_answer(sent, from, name, element_id, pointer);
    if (!answer)
        return;
    if (answer->name.len == 0 && element_id)
        answer->name = str_from(arena_printf(sent->arena, "%lld", (long long)element_id));
    if (answer->element_id == 0)
        answer->element_id = element_id;
    read_item(sent, answer, row, pointer);
}

// What is a list elsewhere has in XML an element for each row: answers/answer.
static const struct json *find_rows(const struct json *list)
{
    const struct json *rows = find(list, "answer");
    const struct json *first = list_at(rows, 0);
    bool is_alone = list->kind == JSON_OBJECT && list->object.count == 1;
    return is_alone && first && first->kind == JSON_OBJECT ? rows : NULL;
}

// Rows, or an object of answers by name.
static void read_list(struct survey_sent *sent, const struct json *list, const char *pointer)
{
    const struct json *rows = find_rows(list);
    if (rows) {
        list = rows;
        pointer = event_pointer(sent->arena, pointer, STR("answer"));
    }
    sent->pointer = pointer;
    bool is_row = rows || json_get(list, STR("element_id"));
    if (list->kind == JSON_OBJECT && !is_row) {
        read_names(sent, list, pointer, false);
    } else if (list->kind == JSON_ARRAY || list->kind == JSON_OBJECT) {
        size_t from = sent->count;
        for (size_t i = 0; i < list_count(list) && !sent->is_too_large; i++)
            read_row(sent, from, list_at(list, i), pointer_at(sent, pointer, list, i));
    } else {
        sent->problem = "the answers are neither a list nor an object";
    }
}

static void read_survey(struct survey_sent *sent, const struct json *survey, const char *pointer)
{
    static const char *const lists[] = {"answers", "detail", "model"};
    sent->has_answers = true;
    sent->pointer = pointer;
    if (survey->kind == JSON_ARRAY) {
        read_list(sent, survey, pointer);
        return;
    }
    sent->object = survey;
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        const struct json *list = find(survey, lists[i]);
        if (!list)
            continue;
        sent->id = find(survey, "id");
        sent->name = find(survey, "name");
        sent->version = find(survey, "version");
        read_list(sent, list, event_pointer(sent->arena, pointer, str_from(lists[i])));
        return;
    }
    read_names(sent, survey, pointer, true);
}

// A script's result as the platform's records have it: an object, or its JSON text.
static void read_script(struct survey_sent *sent, const struct json *value, const char *pointer)
{
    static const struct json_limits limits = {.depth = 16, .values = 50000};
    struct json *parsed;
    struct err err;
    const struct json *text = value && value->kind == JSON_STRING ? value : NULL;
    if (text && json_parse(sent->arena, text->string, &limits, &parsed, &err))
        value = parsed;
    if (!find(value, "model"))
        return;
    sent->script_text = text;
    const struct json *object = sent->object;
    read_survey(sent, value, pointer);
    if (object)
        sent->object = object;
}

static void read_elements(struct survey_sent *sent, const struct event *event)
{
    const struct str prefixes[] = {STR("survey."), STR("script.")};
    for (size_t i = 0; i < event->elements->object.count; i++) {
        const struct json_member *member = &event->elements->object.members[i];
        for (size_t p = 0; p < COUNT_OF(prefixes); p++) {
            struct str prefix = prefixes[p];
            if (!str_starts(member->name, prefix))
                continue;
            struct str name = {member->name.data + prefix.len, member->name.len - prefix.len};
            sent->has_answers = true;
            read_named(sent, sent->count, name, member->value,
                       event_pointer(sent->arena, event->elements_at, member->name));
        }
    }
}

static const struct json *first_of(const struct json *a, const struct json *b, const struct json *c)
{
    return a ? a : b ? b : c;
}

void survey_read(struct arena *arena, const struct event *event, struct survey_sent *ret)
{
    *ret = (struct survey_sent){.arena = arena, .pointer = event->elements_at};
    const struct json *elements = event->elements;
    if (event->survey)
        read_survey(ret, event->survey, event->survey_at);
    read_script(ret, find(elements, "json_result"),
                event_pointer(arena, event->elements_at, STR("json_result")));
    read_elements(ret, event);
    const struct json *object = ret->object;
    ret->id = first_of(find(object, "survey_id"), ret->id, find(elements, "survey_id"));
    ret->name = first_of(find(object, "survey_name"), ret->name, find(elements, "survey_name"));
    ret->version =
        first_of(find(object, "survey_version"), ret->version, find(elements, "survey_version"));
    ret->response_id =
        first_of(find(object, "response_id"), find(elements, "survey_response_id"), NULL);
    ret->complete =
        first_of(find(object, "complete"), find_either(object, "scriptComplete", "script_complete"),
                 find(elements, "script_complete"));
}
