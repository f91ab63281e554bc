// SPDX-License-Identifier: GPL-3.0-or-later
//
// A list of questions and the answers to them. Knows the shapes in which platforms send answers,
// validates and names them by a definition, and makes the one tree that templates read:
//
//   survey: {id, name, version, response_id, complete, score, answers: [...], and by question name
//   the answer as text: {{survey.csat}}}
//   answer: {csat: {text, label, labels, option_id, option_ids, value, values, score, state, ...}}
//
// Not asked (no answer came), skipped and empty are three states.

#ifndef CORE_SURVEY_H
#define CORE_SURVEY_H

#include "core/event.h"

enum question_type {
    QUESTION_TEXT,
    QUESTION_TEXTAREA,
    QUESTION_NUMBER,
    QUESTION_DATE,
    QUESTION_TIME,
    QUESTION_DATETIME,
    QUESTION_BOOLEAN,
    QUESTION_SINGLE_CHOICE,
    QUESTION_MULTI_CHOICE,
    QUESTION_SCALE,
    QUESTION_NPS,
    QUESTION_PHONE,
    QUESTION_EMAIL,
    QUESTION_URL,
    QUESTION_CURRENCY,
    QUESTION_PERCENT,
    QUESTION_DURATION,
    QUESTION_DIGITS,
    QUESTION_AUDIO_URL,
    QUESTION_TYPE_COUNT,
};

struct question_option {
    int64_t id; // the platform's; 0: none
    struct str label, value;
    double score;
    bool has_score;
};

struct question {
    struct str name;    // the external id: [a-z0-9_]+
    int64_t element_id; // the platform's; 0: none
    struct str text;
    enum question_type type;
    bool is_required, is_sensitive;
    const struct question_option *options;
    size_t option_count;
    bool has_min, has_max;
    double min, max;
    size_t max_bytes;        // of a text; 0: no limit of its own
    struct pattern *pattern; // NULL: none; owned by the definition
};

struct survey {
    const char *name;
    int64_t id; // the platform's survey_id; 0: none
    int64_t version;
    const struct question *questions;
    size_t question_count;
    struct str joiner; // between several labels of one answer
};

const char *question_type_word(enum question_type type);
bool question_type_parse(struct str word, enum question_type *ret);
const struct question *survey_question(const struct survey *survey, struct str name);

// Finds the event's survey among the definitions (by survey_id, or by the names of its answers when
// there is only one definition) and replaces event->survey by the tree above; adds `answer`. An
// event without answers is untouched; answers to no definition keep the shape they were sent in.
// False: answers break the definition; ret_faults has one for each question.
bool survey_apply(struct arena *arena, const struct survey *const *surveys, size_t survey_count,
                  struct event *event, struct event_faults *ret_faults, struct err *err) MUST_CHECK;

#endif
