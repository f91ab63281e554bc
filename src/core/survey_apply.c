// SPDX-License-Identifier: GPL-3.0-or-later
//
// From an event as sent to an event with named answers: which definition is meant, and the order of
// the steps. What each step does is in a file of its own.

#include "core/survey_answer.h"

// --- which definition ---

static bool fits(const struct survey *survey, const struct survey_sent *sent)
{
    for (size_t i = 0; i < sent->count; i++) {
        if (!survey_find_question(survey, &sent->answers[i]))
            return false;
    }
    return sent->count > 0;
}

static const struct survey *find_survey(const struct survey *surveys, size_t count,
                                        const struct survey_sent *sent)
{
    const struct survey *found = NULL;
    int64_t id = 0;
    bool has_id = survey_read_integer(sent->id, &id) && id != 0;
    for (size_t i = 0; i < count; i++) {
        if (has_id && surveys[i].id == id)
            return &surveys[i];
    }
    for (size_t i = 0; i < count; i++) {
        bool is_another = has_id && surveys[i].id != 0;
        if (is_another || !fits(&surveys[i], sent))
            continue;
        if (found)
            return NULL; // two fit: nobody can tell which is meant
        found = &surveys[i];
    }
    return found;
}

// --- the steps ---

static void find_states(struct survey_sent *sent)
{
    for (size_t i = 0; i < sent->count; i++) {
        struct survey_answer *answer = &sent->answers[i];
        answer->state = answer->piece_count ? ANSWER_GIVEN
                        : answer->has_empty ? ANSWER_EMPTY
                                            : ANSWER_SKIPPED;
    }
}

static void show(struct arena *arena, const struct survey_sent *sent, const struct event *event,
                 struct survey_result *result)
{
    struct survey_trees trees;
    survey_make_trees(sent, result->survey, true, &trees);
    struct event *shown = arena_alloc(arena, sizeof(*shown));
    *shown = *event;
    shown->elements = survey_show_elements(arena, result, event->elements);
    shown->survey = trees.survey;
    shown->answer = trees.answer;
    result->shown = shown;
    result->shown_summary = trees.summary;
}

void survey_apply(struct arena *arena, const struct survey *surveys, size_t survey_count,
                  struct event *event, struct survey_result *ret)
{
    struct survey_sent sent;
    struct survey_trees trees;
    *ret = (struct survey_result){0};
    survey_read(arena, event, &sent);
    if (!sent.has_answers)
        return;
    const struct survey *survey = find_survey(surveys, survey_count, &sent);
    if (!survey && (sent.problem || sent.is_too_large))
        return; // nobody says that these are answers, so they stay what they are
    find_states(&sent);
    if (survey)
        survey_check(&sent, survey, &ret->faults);
    ret->survey = survey;
    ret->is_refused =
        survey && ((ret->faults.count && survey->is_invalid_refused) || sent.is_too_large);
    survey_make_trees(&sent, survey, false, &trees);
    ret->summary = trees.summary;
    survey_find_secrets(&sent, ret);
    event->survey = trees.survey;
    event->answer = trees.answer;
    if (ret->secret_value_count)
        show(arena, &sent, event, ret);
}
