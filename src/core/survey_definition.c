// SPDX-License-Identifier: GPL-3.0-or-later
//
// Definitions: the types of questions, and the names that a definition gives to templates. Knows no
// answers.

#include "core/survey_answer.h"

// --- types ---

static const struct {
    const char *word;
    bool may_have_options, needs_options, is_number, is_text;
} types[QUESTION_TYPE_COUNT] = {
    [QUESTION_TEXT] = {.word = "text", .is_text = true},
    [QUESTION_TEXTAREA] = {.word = "textarea", .is_text = true},
    [QUESTION_NUMBER] = {.word = "number", .is_number = true},
    [QUESTION_DATE] = {.word = "date"},
    [QUESTION_TIME] = {.word = "time"},
    [QUESTION_DATETIME] = {.word = "datetime"},
    [QUESTION_BOOLEAN] = {.word = "boolean", .may_have_options = true},
    [QUESTION_SINGLE_CHOICE] = {.word = "single_choice",
                                .may_have_options = true,
                                .needs_options = true},
    [QUESTION_MULTI_CHOICE] = {.word = "multi_choice",
                               .may_have_options = true,
                               .needs_options = true},
    [QUESTION_SCALE] = {.word = "scale", .may_have_options = true, .is_number = true},
    [QUESTION_NPS] = {.word = "nps", .is_number = true},
    [QUESTION_PHONE] = {.word = "phone", .is_text = true},
    [QUESTION_EMAIL] = {.word = "email", .is_text = true},
    [QUESTION_URL] = {.word = "url", .is_text = true},
    [QUESTION_CURRENCY] = {.word = "currency", .is_number = true},
    [QUESTION_PERCENT] = {.word = "percent", .is_number = true},
    [QUESTION_DURATION] = {.word = "duration", .is_number = true},
    [QUESTION_DIGITS] = {.word = "digits", .is_text = true},
    [QUESTION_AUDIO_URL] = {.word = "audio_url", .is_text = true},
};

const char *question_type_word(enum question_type type)
{
    return types[type].word;
}

bool question_type_parse(struct str word, enum question_type *ret)
{
    for (int i = 0; i < QUESTION_TYPE_COUNT; i++) {
        if (str_eq(word, str_from(types[i].word))) {
            *ret = (enum question_type)i;
            return true;
        }
    }
    return false;
}

bool question_may_have_options(enum question_type type)
{
    return types[type].may_have_options;
}

bool question_needs_options(enum question_type type)
{
    return types[type].needs_options;
}

bool question_is_number(enum question_type type)
{
    return types[type].is_number;
}

bool question_is_text(enum question_type type)
{
    return types[type].is_text;
}

// --- names ---

const struct question *survey_question(const struct survey *survey, struct str name)
{
    for (size_t i = 0; i < survey->question_count; i++) {
        if (str_eq(survey->questions[i].name, name))
            return &survey->questions[i];
    }
    return NULL;
}

static bool is_survey_member(struct str name)
{
    for (size_t i = 0; survey_members[i]; i++) {
        if (str_eq(name, str_from(survey_members[i])))
            return true;
    }
    return false;
}

bool survey_is_reserved(struct str name)
{
    return is_survey_member(name) || survey_is_response_member(name);
}

static struct str cut_at_dot(struct str *rest)
{
    const char *dot = memchr(rest->data, '.', rest->len);
    struct str part = {rest->data, dot ? (size_t)(dot - rest->data) : rest->len};
    size_t taken = part.len + (dot != NULL);
    *rest = (struct str){rest->data + taken, rest->len - taken};
    return part;
}

// The nearest of the questions and of `others` (ended by NULL).
static const char *nearest_name(const struct survey *survey, struct arena *arena, struct str name,
                                const char *const *others)
{
    size_t count = 0, other_count = 0;
    while (others && others[other_count])
        other_count++;
    const char **names =
        arena_alloc(arena, (survey->question_count + other_count + 1) * sizeof(*names));
    for (size_t i = 0; i < survey->question_count; i++)
        names[count++] = survey->questions[i].name.data;
    for (size_t i = 0; i < other_count; i++)
        names[count++] = others[i];
    return err_nearest(name, names, count);
}

static bool has_survey_name(const struct survey *survey, struct arena *arena, struct str rest,
                            const char **ret_nearest)
{
    struct str name = cut_at_dot(&rest);
    bool is_question = survey_question(survey, name) != NULL;
    if (!rest.len && (is_question || survey_is_reserved(name)))
        return true;
    if (is_question) // {{survey.csat}} is a text; the members are the answer's
        *ret_nearest = arena_printf(arena, "answer.%.*s.%.*s", STR_ARG(name), STR_ARG(rest));
    else
        *ret_nearest = nearest_name(survey, arena, name, survey_members);
    if (*ret_nearest && !is_question)
        *ret_nearest = arena_printf(arena, "survey.%s", *ret_nearest);
    return false;
}

static bool has_answer_name(const struct survey *survey, struct arena *arena, struct str rest,
                            const char **ret_nearest)
{
    struct str name = cut_at_dot(&rest), member = cut_at_dot(&rest);
    const char *question = NULL, *nearest = NULL;
    if (!survey_question(survey, name)) {
        question = nearest_name(survey, arena, name, NULL);
        const char *dot = member.len ? "." : "";
        if (question)
            *ret_nearest = arena_printf(arena, "answer.%s%s%.*s", question, dot, STR_ARG(member));
        return false;
    }
    if (!member.len || (survey_is_item_member(member) && !rest.len))
        return true;
    const struct survey no_questions = {0};
    nearest = nearest_name(&no_questions, arena, member, survey_item_members);
    if (nearest)
        *ret_nearest = arena_printf(arena, "answer.%.*s.%s", STR_ARG(name), nearest);
    return false;
}

bool survey_has_name(const struct survey *survey, struct arena *arena, struct str name,
                     const char **ret_nearest)
{
    struct str first = cut_at_dot(&name);
    *ret_nearest = NULL;
    if (name.len && str_eq(first, STR("survey")))
        return has_survey_name(survey, arena, name, ret_nearest);
    if (name.len && str_eq(first, STR("answer")))
        return has_answer_name(survey, arena, name, ret_nearest);
    return true;
}
