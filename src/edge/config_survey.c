// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reading surveys. A question is looked at once all of its keys are read, because what options, min
// or a pattern mean depends on its type, which may come last.

#include "edge/config_survey.h"

#include <math.h>

enum {
    MAX_QUESTIONS = 500,
    MAX_OPTIONS = 500,
    MAX_TEXT_CHARACTERS = 1000 * 1000,
    MAX_NAME_BYTES = 64,
};
#define MAX_ID ((int64_t)1 << 53)

struct question_draft {
    struct question question;
    const char *name, *extern_id, *text;
    const struct node *type, *options, *min, *max, *max_length, *pattern;
};

// --- values ---

static void read_id(struct config_reader *reader, const struct config_field *field,
                    const struct node *value, void *ret)
{
    const char *text = value->kind == NODE_TEXT ? value->text.data : "";
    size_t digits = strspn(text, "0123456789");
    int64_t id = digits && digits <= 16 && !text[digits] ? strtoll(text, NULL, 10) : 0;
    if (id < 1 || id > MAX_ID)
        config_fault(reader, value, "%s must be a whole number from 1; found %s", field->key,
                     config_found(reader, value));
    else
        *(int64_t *)ret = id;
}

static bool read_number(struct config_reader *reader, const char *key, const struct node *value,
                        double *ret)
{
    if (value->kind == NODE_TEXT && survey_number(value->text, ret))
        return true;
    config_fault(reader, value, "%s must be a number such as 10, -1 or 4.5; found %s", key,
                 config_found(reader, value));
    return false;
}

static void read_text(struct config_reader *reader, const struct config_field *field,
                      const struct node *value, void *ret)
{
    if (config_is_text(reader, field->key, value))
        *(struct str *)ret = arena_copy(reader->arena, value->text);
}

// --- options ---

static void read_score(struct config_reader *reader, const struct config_field *field,
                       const struct node *value, void *ret)
{
    struct question_option *option = ret;
    option->has_score = read_number(reader, field->key, value, &option->score);
}

static const struct config_field option_fields[] = {
    {.key = "id", .read = read_id, .offset = offsetof(struct question_option, id)},
    {.key = "label",
     .read = read_text,
     .offset = offsetof(struct question_option, label),
     .is_required = true},
    {.key = "value", .read = read_text, .offset = offsetof(struct question_option, value)},
    {.key = "score", .read = read_score},
};

// A label alone is an option, too.
static void read_option(struct config_reader *reader, const struct node *value,
                        struct question_option *ret)
{
    *ret = (struct question_option){.label = STR(""), .value = STR("")};
    if (value->kind == NODE_TEXT)
        read_text(reader, &(struct config_field){.key = "an option"}, value, &ret->label);
    else
        config_read_map(reader, value, "an option", option_fields, COUNT_OF(option_fields), ret);
    if (ret->value.len == 0)
        ret->value = ret->label;
}

static void check_option(struct config_reader *reader, const struct node *at,
                         const struct question_option *options, size_t index)
{
    const struct question_option *option = &options[index];
    for (size_t i = 0; i < index; i++) {
        if (option->id && option->id == options[i].id)
            config_fault(reader, at, "two options have the id %lld", (long long)option->id);
        if (option->label.len && str_eq(option->label, options[i].label))
            config_fault(reader, at, "two options have the label '%.80s'", option->label.data);
        else if (option->value.len && str_eq(option->value, options[i].value))
            config_fault(reader, at, "two options have the value '%.80s'", option->value.data);
    }
}

static void read_options(struct config_reader *reader, struct question_draft *draft)
{
    const struct node *list = draft->options;
    struct question *question = &draft->question;
    if (!question_may_have_options(question->type)) {
        config_fault(reader, list, "a question of type %s has no options",
                     question_type_word(question->type));
        return;
    }
    if (list->kind != NODE_LIST || list->count == 0 || list->count > MAX_OPTIONS) {
        config_fault(reader, list, "options must be a list of 1 to %d options; found %s",
                     MAX_OPTIONS, config_found(reader, list));
        return;
    }
    struct question_option *options = arena_alloc(reader->arena, list->count * sizeof(*options));
    for (size_t i = 0; i < list->count; i++) {
        read_option(reader, list->members[i].value, &options[i]);
        check_option(reader, list->members[i].value, options, i);
    }
    question->options = options;
    question->option_count = list->count;
}

// --- limits ---

static void read_limit(struct config_reader *reader, const struct question *question,
                       const char *key, const struct node *value, bool *ret_has, double *ret)
{
    double number;
    if (!value || !read_number(reader, key, value, &number))
        return;
    bool is_count = question->type == QUESTION_MULTI_CHOICE;
    if (!question_is_number(question->type) && !is_count)
        config_fault(reader, value, "a question of type %s has no %s",
                     question_type_word(question->type), key);
    else if (is_count && (number != floor(number) || number < 0 ||
                          (question->options && number > (double)question->option_count)))
        config_fault(reader, value, "%s is how many of the %zu options are chosen; found '%s'", key,
                     question->option_count, value->text.data);
    else {
        *ret_has = true;
        *ret = number;
    }
}

static void read_limits(struct config_reader *reader, struct question_draft *draft)
{
    struct question *question = &draft->question;
    read_limit(reader, question, "min", draft->min, &question->has_min, &question->min);
    read_limit(reader, question, "max", draft->max, &question->has_max, &question->max);
    if (question->has_min && question->has_max && question->min > question->max)
        config_fault(reader, draft->min, "min is greater than max");
}

static void read_max_length(struct config_reader *reader, struct question_draft *draft)
{
    const struct config_field field = {.key = "max_length", .min = 1, .max = MAX_TEXT_CHARACTERS};
    struct question *question = &draft->question;
    int characters = 0;
    if (question_is_text(question->type)) {
        config_read_int(reader, &field, draft->max_length, &characters);
        question->max_characters = (size_t)characters;
    } else {
        config_fault(reader, draft->max_length, "a question of type %s has no max_length",
                     question_type_word(question->type));
    }
}

static void read_pattern(struct config_reader *reader, struct question_draft *draft)
{
    struct err err;
    struct question *question = &draft->question;
    if (question_needs_options(question->type))
        config_fault(reader, draft->pattern, "a question of type %s has no pattern",
                     question_type_word(question->type));
    else if (config_is_text(reader, "pattern", draft->pattern) &&
             !pattern_compile(draft->pattern->text, &question->pattern, &err))
        config_fault(reader, draft->pattern, "pattern: %s", err.text);
}

// --- questions ---

#define OF_QUESTION(name) offsetof(struct question_draft, question.name)
#define OF_DRAFT(name)    offsetof(struct question_draft, name)

static const struct config_field question_fields[] = {
    {.key = "name", .read = config_read_text, .offset = OF_DRAFT(name), .is_required = true},
    {.key = "extern_id", .read = config_read_text, .offset = OF_DRAFT(extern_id)},
    {.key = "element_id", .read = read_id, .offset = OF_QUESTION(element_id)},
    {.key = "text", .read = config_read_text, .offset = OF_DRAFT(text)},
    {.key = "type", .read = config_read_node, .offset = OF_DRAFT(type), .is_required = true},
    {.key = "required", .read = config_read_bool, .offset = OF_QUESTION(is_required)},
    {.key = "sensitive", .read = config_read_bool, .offset = OF_QUESTION(is_sensitive)},
    {.key = "options", .read = config_read_node, .offset = OF_DRAFT(options)},
    {.key = "min", .read = config_read_node, .offset = OF_DRAFT(min)},
    {.key = "max", .read = config_read_node, .offset = OF_DRAFT(max)},
    {.key = "max_length", .read = config_read_node, .offset = OF_DRAFT(max_length)},
    {.key = "pattern", .read = config_read_node, .offset = OF_DRAFT(pattern)},
};

static bool read_type(struct config_reader *reader, struct question_draft *draft)
{
    const char *words[QUESTION_TYPE_COUNT];
    const struct config_field field = {.key = "type"};
    size_t index;
    for (int i = 0; i < QUESTION_TYPE_COUNT; i++)
        words[i] = question_type_word((enum question_type)i);
    if (!draft->type ||
        !config_read_choice(reader, &field, draft->type, words, COUNT_OF(words), &index))
        return false;
    draft->question.type = (enum question_type)index;
    return true;
}

static void check_name(struct config_reader *reader, const struct node *at, struct str name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    if (name.len > MAX_NAME_BYTES || strspn(name.data, allowed) != name.len)
        config_fault(reader, at,
                     "the name of a question may have up to %d of a-z, 0-9 and _; found '%.80s'. "
                     "The platform's own name of it can stand under extern_id",
                     MAX_NAME_BYTES, name.data);
    else if (survey_is_reserved(name))
        config_fault(reader, at,
                     "a question cannot be named '%s', because {{survey.%s}} is about the survey: "
                     "name it otherwise and say extern_id: %s",
                     name.data, name.data, name.data);
}

// Where a key of the mapping stands, or the mapping.
static const struct node *place_of(const struct node *map, const char *key)
{
    size_t index;
    bool is_there = map->kind == NODE_MAP && node_find(map, str_from(key), &index);
    return is_there ? map->members[index].value : map;
}

static void read_question(struct config_reader *reader, const struct node *value,
                          struct question *ret)
{
    struct question_draft draft = {0};
    struct question *question = &draft.question;
    bool is_map = config_read_map(reader, value, "a question", question_fields,
                                  COUNT_OF(question_fields), &draft);
    if (is_map && read_type(reader, &draft)) {
        if (draft.options)
            read_options(reader, &draft);
        else if (question_needs_options(question->type))
            config_fault(reader, value, "a question of type %s needs options",
                         question_type_word(question->type));
        read_limits(reader, &draft);
        if (draft.max_length)
            read_max_length(reader, &draft);
        if (draft.pattern)
            read_pattern(reader, &draft);
    }
    question->name = str_from(draft.name);
    question->extern_id = draft.extern_id ? str_from(draft.extern_id) : question->name;
    question->text = draft.text ? str_from(draft.text) : question->name;
    if (draft.name)
        check_name(reader, place_of(value, "name"), question->name);
    *ret = *question;
}

static bool share_a_name(const struct question *a, const struct question *b)
{
    return str_eq(a->extern_id, b->extern_id) || str_eq(a->name, b->extern_id) ||
           str_eq(a->extern_id, b->name);
}

static void check_repeated(struct config_reader *reader, const struct node *list,
                           const struct question *questions, size_t index)
{
    const struct node *value = list->members[index].value;
    const struct question *question = &questions[index];
    for (size_t i = 0; i < index; i++) {
        int line = list->members[i].value->line;
        if (question->name.len && str_eq(question->name, questions[i].name))
            config_fault(reader, place_of(value, "name"),
                         "there is another question '%s', in line %d", question->name.data, line);
        else if (question->extern_id.len && share_a_name(question, &questions[i]))
            config_fault(reader, place_of(value, "extern_id"),
                         "an answer to '%s' could not be told from one to '%s', in line %d",
                         question->extern_id.data, questions[i].name.data, line);
        if (question->element_id && question->element_id == questions[i].element_id)
            config_fault(reader, place_of(value, "element_id"),
                         "there is another question with the element_id %lld, in line %d",
                         (long long)question->element_id, line);
    }
}

static void read_questions(struct config_reader *reader, const struct config_field *field,
                           const struct node *value, void *ret)
{
    struct survey *survey = ret;
    if (value->kind != NODE_LIST || value->count == 0 || value->count > MAX_QUESTIONS) {
        config_fault(reader, value, "%s must be a list of 1 to %d questions; found %s", field->key,
                     MAX_QUESTIONS, config_found(reader, value));
        return;
    }
    struct question *questions = arena_alloc(reader->arena, value->count * sizeof(*questions));
    for (size_t i = 0; i < value->count; i++) {
        read_question(reader, value->members[i].value, &questions[i]);
        check_repeated(reader, value, questions, i);
    }
    survey->questions = questions;
    survey->question_count = value->count;
}

// --- a survey ---

static void read_invalid(struct config_reader *reader, const struct config_field *field,
                         const struct node *value, void *ret)
{
    static const char *const words[] = {"keep", "reject"};
    size_t index;
    if (config_read_choice(reader, field, value, words, COUNT_OF(words), &index))
        *(bool *)ret = index == 1;
}

#define OF_SURVEY(name) offsetof(struct survey, name)

static const struct config_field survey_fields[] = {
    {.key = "id", .read = read_id, .offset = OF_SURVEY(id)},
    {.key = "version", .read = read_id, .offset = OF_SURVEY(version)},
    {.key = "joiner", .read = read_text, .offset = OF_SURVEY(joiner)},
    {.key = "invalid", .read = read_invalid, .offset = OF_SURVEY(is_invalid_refused)},
    {.key = "questions", .read = read_questions, .is_required = true},
};

void config_read_surveys(struct config_reader *reader, struct config *config)
{
    const struct node *map = reader->surveys;
    if (!map)
        return;
    struct survey *surveys = arena_alloc(reader->arena, map->count * sizeof(*surveys));
    for (size_t i = 0; i < map->count; i++) {
        const struct node_member *member = &map->members[i];
        surveys[i].name = arena_copy(reader->arena, member->key->text).data;
        surveys[i].joiner = STR(", ");
        config_is_name(reader, "the name of a survey", member->key);
        config_read_map(reader, member->value, "a survey", survey_fields, COUNT_OF(survey_fields),
                        &surveys[i]);
        for (size_t j = 0; j < i && surveys[i].id; j++) {
            if (surveys[i].id == surveys[j].id)
                config_fault(reader, place_of(member->value, "id"),
                             "surveys '%s' and '%s' have the same id", surveys[j].name,
                             surveys[i].name);
        }
    }
    config->surveys = surveys;
    config->survey_count = map->count;
}

void config_free_surveys(struct config *config)
{
    for (size_t i = 0; i < config->survey_count; i++) {
        const struct survey *survey = &config->surveys[i];
        for (size_t j = 0; j < survey->question_count; j++)
            pattern_free(survey->questions[j].pattern);
    }
}
