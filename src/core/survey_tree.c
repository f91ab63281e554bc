// SPDX-License-Identifier: GPL-3.0-or-later
//
// The trees out. With a definition, the documented names come first and hide what was sent under
// the same name; without one it is the other way round, so that nothing a platform sends is lost to
// a name of ours. (Of two members of one name, the first is found.)

#include "core/survey_answer.h"

enum { TEXT_MAX_BYTES = 16 * 1024 * 1024 };

const char *const survey_members[] = {
    "id",    "name",  "version",   "response_id", "complete", "score", "answers",
    "names", "texts", "questions", "pairs",       "json",     NULL,
};
const char *const survey_item_members[] = {
    "name",       "extern_id",    "element_id", "type",        "question",   "text",
    "label",      "labels",       "option_id",  "option_ids",  "value",      "values",
    "score",      "state",        "problem",    "is_answered", "is_skipped", "is_empty",
    "is_invalid", "is_not_asked", "is_last",    NULL,
};

static const char *const state_words[ANSWER_STATE_COUNT] = {
    [ANSWER_NOT_ASKED] = "not_asked", [ANSWER_SKIPPED] = "skipped", [ANSWER_EMPTY] = "empty",
    [ANSWER_GIVEN] = "answered",      [ANSWER_INVALID] = "invalid",
};

struct making {
    struct arena *arena;
    const struct survey_sent *sent;
    const struct survey *survey; // NULL: no definition
    struct str joiner;
    bool is_masked;
};

// --- short hands ---

static bool is_in(const char *const *names, struct str name)
{
    for (; *names; names++) {
        if (str_eq(name, str_from(*names)))
            return true;
    }
    return false;
}

bool survey_is_item_member(struct str name)
{
    return is_in(survey_item_members, name);
}

static void put(struct making *making, struct json *object, const char *name,
                const struct json *value)
{
    // A tree is made once and then read only, so what was sent can be part of it.
    json_set(making->arena, object, str_from(name),
             value ? (struct json *)value : json_null(making->arena));
}

static struct json *make_text(struct making *making, struct str text)
{
    return json_string(making->arena, text);
}

static struct json *make_integer(struct making *making, int64_t number)
{
    return number ? json_integer(making->arena, number) : json_null(making->arena);
}

static const struct json *as_text(struct making *making, const struct json *value)
{
    if (value->kind == JSON_STRING)
        return value;
    AUTO_BUF struct buf scratch;
    buf_init(&scratch, TEXT_MAX_BYTES);
    return make_text(making, arena_copy(making->arena, json_as_text(value, &scratch)));
}

// One value as it is, several as their texts with the joiner between them, none as null.
static const struct json *join(struct making *making, const struct json *list)
{
    if (list->array.count < 2)
        return list->array.count ? list->array.items[0] : json_null(making->arena);
    AUTO_BUF struct buf text;
    buf_init(&text, TEXT_MAX_BYTES);
    for (size_t i = 0; i < list->array.count; i++) {
        if (i)
            buf_add_str(&text, making->joiner);
        buf_add_str(&text, as_text(making, list->array.items[i])->string);
    }
    return make_text(making, arena_copy(making->arena, buf_str(&text)));
}

static void add(struct making *making, struct json *list, const struct json *value)
{
    if (value)
        json_append(making->arena, list, (struct json *)value);
}

// --- scores ---

static bool read_score(const struct json *value, double *ret)
{
    if (!value)
        return false;
    if (value->kind == JSON_STRING)
        return survey_number(value->string, ret);
    *ret = value->kind == JSON_REAL ? value->real : (double)value->integer;
    return value->kind == JSON_REAL || value->kind == JSON_INTEGER;
}

// The options' sum; the number itself of a scale; what the platform says when we know no better.
static bool find_score(const struct survey_answer *answer, double *ret)
{
    const struct question *question = answer->question;
    bool has_score = false;
    double sum = 0;
    if (answer->state == ANSWER_INVALID)
        return false;
    for (size_t i = 0; i < answer->piece_count; i++) {
        const struct question_option *option = answer->pieces[i].option;
        if (option && option->has_score) {
            sum += option->score;
            has_score = true;
        }
    }
    if (has_score) {
        *ret = sum;
        return true;
    }
    bool is_scale =
        question && (question->type == QUESTION_SCALE || question->type == QUESTION_NPS);
    return (is_scale && read_score(answer->value, ret)) || read_score(answer->score, ret);
}

// --- one answer ---

struct words {
    struct json *texts, *labels, *option_ids, *values;
};

static void add_choice(struct making *making, const struct answer_piece *piece, struct words *words)
{
    const struct question_option *option = piece->option;
    const struct json *label = option         ? make_text(making, option->label)
                               : piece->label ? as_text(making, piece->label)
                                              : NULL;
    const struct json *id = option && option->id ? make_integer(making, option->id)
                            : option             ? NULL
                                                 : piece->id;
    add(making, words->labels, label);
    add(making, words->option_ids, id);
    add(making, words->values, option ? make_text(making, option->value) : label ? label : id);
}

static bool is_choice(const struct answer_piece *piece)
{
    return piece->option || piece->id || piece->label;
}

static const struct json *piece_text(struct making *making, const struct answer_piece *piece)
{
    if (piece->option)
        return make_text(making, piece->option->label);
    return as_text(making, piece->label ? piece->label : piece->text ? piece->text : piece->id);
}

static void collect_words(struct making *making, const struct survey_answer *answer,
                          struct words *words)
{
    struct arena *arena = making->arena;
    *words =
        (struct words){json_array(arena), json_array(arena), json_array(arena), json_array(arena)};
    bool has_text = false;
    for (size_t i = 0; i < answer->piece_count; i++)
        has_text |= !is_choice(&answer->pieces[i]);
    for (size_t i = 0; i < answer->piece_count; i++) {
        const struct answer_piece *piece = &answer->pieces[i];
        if (is_choice(piece))
            add_choice(making, piece, words);
        else
            add(making, words->values, answer->value ? answer->value : piece->text);
        if (!has_text || !is_choice(piece))
            add(making, words->texts, piece_text(making, piece));
    }
}

static void put_words(struct making *making, const struct survey_answer *answer, struct json *item)
{
    struct words words;
    double score;
    collect_words(making, answer, &words);
    bool is_empty = answer->state == ANSWER_EMPTY;
    put(making, item, "text", is_empty ? make_text(making, STR("")) : join(making, words.texts));
    put(making, item, "label", join(making, words.labels));
    put(making, item, "labels", words.labels);
    put(making, item, "option_id", join(making, words.option_ids));
    put(making, item, "option_ids", words.option_ids);
    put(making, item, "value", is_empty ? make_text(making, STR("")) : join(making, words.values));
    put(making, item, "values", words.values);
    put(making, item, "score",
        find_score(answer, &score) ? survey_make_number(making->arena, score) : NULL);
}

static void put_state(struct making *making, const struct survey_answer *answer, bool is_last,
                      struct json *item)
{
    static const char *const flags[ANSWER_STATE_COUNT] = {
        [ANSWER_NOT_ASKED] = "is_not_asked", [ANSWER_SKIPPED] = "is_skipped",
        [ANSWER_EMPTY] = "is_empty",         [ANSWER_GIVEN] = "is_answered",
        [ANSWER_INVALID] = "is_invalid",
    };
    put(making, item, "state", json_text(making->arena, state_words[answer->state]));
    put(making, item, "problem", json_text(making->arena, answer->problem));
    for (int i = 0; i < ANSWER_STATE_COUNT; i++)
        put(making, item, flags[i], json_boolean(making->arena, (int)answer->state == i));
    put(making, item, "is_last", json_boolean(making->arena, is_last));
}

static const struct json *sent_item(const struct survey_answer *answer)
{
    return answer->items ? answer->items->value : NULL;
}

// What else the platform says of its answer, such as `lead_update_column`.
static void put_others(struct making *making, const struct survey_answer *answer, struct json *item)
{
    const struct json *sent = sent_item(answer);
    if (!sent || sent->kind != JSON_OBJECT)
        return;
    for (size_t i = 0; i < sent->object.count; i++) {
        const struct json_member *member = &sent->object.members[i];
        if (!survey_is_item_member(member->name))
            json_set(making->arena, item, member->name, member->value);
    }
}

static struct json *make_item(struct making *making, const struct survey_answer *answer,
                              bool is_last)
{
    const struct question *question = answer->question;
    struct json *item = json_object(making->arena);
    const struct json *name = make_text(making, question ? question->name : answer->name);
    put(making, item, "name", name);
    put(making, item, "extern_id", question ? make_text(making, question->extern_id) : name);
    put(making, item, "element_id",
        make_integer(making, answer->element_id ? answer->element_id
                             : question         ? question->element_id
                                                : 0));
    put(making, item, "type",
        question ? json_text(making->arena, question_type_word(question->type)) : answer->type);
    put(making, item, "question",
        question ? make_text(making, question->text)
                 : json_get(sent_item(answer), STR("question")));
    put_words(making, answer, item);
    put_state(making, answer, is_last, item);
    put_others(making, answer, item);
    if (making->is_masked && question && question->is_sensitive)
        survey_mask_item(making->arena, item);
    return item;
}

// --- all answers ---

static const struct json *total_score(struct making *making)
{
    bool has_score = false;
    double sum = 0, score;
    for (size_t i = 0; i < making->sent->count; i++) {
        const struct survey_answer *answer = &making->sent->answers[i];
        if (!find_score(answer, &score))
            continue;
        if (making->is_masked && answer->question && answer->question->is_sensitive)
            return json_text(making->arena, SURVEY_MASK); // or the difference would tell
        sum += score;
        has_score = true;
    }
    return has_score ? survey_make_number(making->arena, sum) : NULL;
}

static const struct json *make_complete(struct making *making)
{
    const struct json *complete = making->sent->complete;
    if (!complete || complete->kind == JSON_BOOLEAN)
        return complete;
    struct str text = as_text(making, complete)->string;
    return json_boolean(making->arena, str_eq_nocase(text, STR("true")) || str_eq(text, STR("1")));
}

static const struct json *make_version(struct making *making)
{
    if (making->sent->version || !making->survey)
        return making->sent->version;
    return make_integer(making, making->survey->version);
}

static void put_head(struct making *making, struct json *tree)
{
    const struct survey *survey = making->survey;
    const struct survey_sent *sent = making->sent;
    put(making, tree, "id", sent->id ? sent->id : survey ? make_integer(making, survey->id) : NULL);
    put(making, tree, "name", survey ? json_text(making->arena, survey->name) : sent->name);
    put(making, tree, "version", make_version(making));
    put(making, tree, "response_id", sent->response_id);
    put(making, tree, "complete", make_complete(making));
    put(making, tree, "score", total_score(making));
}

static void put_lists(struct making *making, struct json *tree, const struct json *items)
{
    struct arena *arena = making->arena;
    struct json *names = json_array(arena), *texts = json_array(arena),
                *questions = json_array(arena), *pairs = json_array(arena);
    for (size_t i = 0; i < items->array.count; i++) {
        const struct json *item = items->array.items[i], *name = json_get(item, STR("name"));
        const struct json *text = as_text(making, json_get(item, STR("text")));
        const struct json *question = json_get(item, STR("question"));
        struct json *pair = json_object(arena);
        put(making, pair, "name", name);
        put(making, pair, "value", text);
        put(making, pair, "is_last", json_get(item, STR("is_last")));
        add(making, names, name);
        add(making, texts, text);
        add(making, questions, question->kind == JSON_NULL ? name : question);
        add(making, pairs, pair);
    }
    put(making, tree, "names", names);
    put(making, tree, "texts", texts);
    put(making, tree, "questions", questions);
    put(making, tree, "pairs", pairs);
}

// All that was answered and nothing else, for one text.
static struct json *make_summary(struct making *making, const struct json *items)
{
    static const char *const members[] = {"name",     "extern_id", "element_id", "type",
                                          "question", "text",      "labels",     "option_ids",
                                          "value",    "score",     "state",      "problem"};
    struct json *summary = json_object(making->arena), *answers = json_array(making->arena);
    put_head(making, summary);
    for (size_t i = 0; i < items->array.count; i++) {
        struct json *answer = json_object(making->arena);
        for (size_t m = 0; m < COUNT_OF(members); m++) {
            const struct json *value = json_get(items->array.items[i], str_from(members[m]));
            bool is_nothing =
                value->kind == JSON_NULL || (value->kind == JSON_ARRAY && value->array.count == 0);
            if (!is_nothing)
                put(making, answer, members[m], value);
        }
        add(making, answers, answer);
    }
    put(making, summary, "answers", answers);
    return summary;
}

static void put_json(struct making *making, struct json *tree, const struct json *summary)
{
    AUTO_BUF struct buf text;
    buf_init(&text, TEXT_MAX_BYTES);
    json_write(&text, summary, JSON_COMPACT);
    put(making, tree, "json", make_text(making, arena_copy(making->arena, buf_str(&text))));
}

static void put_documented(struct making *making, struct json *tree, const struct json *items,
                           const struct json *summary)
{
    put_head(making, tree);
    put(making, tree, "answers", items);
    put_lists(making, tree, items);
    put_json(making, tree, summary);
}

// By name: each question of the definition, then what was answered besides.
static void put_names(struct making *making, struct json *tree, const struct json *items,
                      struct json *answers)
{
    const struct survey *survey = making->survey;
    size_t at = 0; // of the answer to the question, as both are in order
    for (size_t q = 0; survey && q < survey->question_count; q++) {
        const struct question *question = &survey->questions[q];
        bool is_asked = at < making->sent->count && making->sent->answers[at].question == question;
        struct survey_answer none = {.question = question, .state = ANSWER_NOT_ASKED};
        struct json *item = is_asked ? items->array.items[at++] : make_item(making, &none, false);
        json_set(making->arena, answers, question->name, item);
        json_set(making->arena, tree, question->name, (struct json *)json_get(item, STR("text")));
    }
    for (; at < items->array.count; at++) {
        const struct json *item = items->array.items[at];
        const struct json *sent = sent_item(&making->sent->answers[at]);
        bool is_plain = !survey && sent && sent->kind != JSON_OBJECT;
        struct str name = making->sent->answers[at].name;
        json_set(making->arena, answers, name, (struct json *)item);
        json_set(making->arena, tree, name,
                 (struct json *)(is_plain ? sent : json_get(item, STR("text"))));
    }
}

// What else was sent. Lists of answers are left out: as sent, they could hold what is masked.
static void put_sent(struct making *making, struct json *tree)
{
    const struct json *object = making->sent->object;
    for (size_t i = 0; object && i < object->object.count; i++) {
        const struct json_member *member = &object->object.members[i];
        bool is_list = str_eq(member->name, STR("answers")) ||
                       str_eq(member->name, STR("detail")) || str_eq(member->name, STR("model"));
        if (!is_list && (!making->survey || survey_is_response_member(member->name)))
            json_set(making->arena, tree, member->name, member->value);
    }
}

void survey_make_trees(const struct survey_sent *sent, const struct survey *survey, bool is_masked,
                       struct survey_trees *ret)
{
    struct making making = {sent->arena, sent, survey, survey ? survey->joiner : STR(", "),
                            is_masked};
    struct json *items = json_array(sent->arena);
    for (size_t i = 0; i < sent->count; i++)
        add(&making, items, make_item(&making, &sent->answers[i], i + 1 == sent->count));
    ret->survey = json_object(sent->arena);
    ret->answer = json_object(sent->arena);
    ret->summary = make_summary(&making, items);
    if (survey) {
        put_documented(&making, ret->survey, items, ret->summary);
        put_names(&making, ret->survey, items, ret->answer);
        put_sent(&making, ret->survey);
    } else {
        put(&making, ret->survey, "answers", items);
        put_sent(&making, ret->survey);
        put_names(&making, ret->survey, items, ret->answer);
        put_documented(&making, ret->survey, items, ret->summary);
    }
}
