// SPDX-License-Identifier: GPL-3.0-or-later
//
// A list of questions and the answers to them. Knows the shapes in which platforms send answers,
// validates and names them by a definition, and makes the trees that templates read:
//
//   survey  id, name, version, response_id, complete, score; answers: [item, ...]; by question name
//           the answer as text: {{survey.csat}}; parallel lists names, texts, questions; pairs:
//           [{name, value, is_last}]; json: all of it as one text
//   answer  by question name an item: {name, extern_id, element_id, type, question, text, label,
//           labels, option_id, option_ids, value, values, score, state, problem, ...}
//
// An item has all of its members, null where there is nothing, because a section would otherwise
// find an outer data element of that name. Not asked, skipped and empty are three states.

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
    int64_t id;              // the platform's; 0: none
    struct str label, value; // value: the label where the definition has none
    double score;
    bool has_score;
};

struct question {
    struct str name;      // in templates: [a-z0-9_]+
    struct str extern_id; // the platform's name of it; the same as name where the two agree
    int64_t element_id;   // the platform's; 0: none
    struct str text;
    enum question_type type;
    bool is_required, is_sensitive;
    const struct question_option *options;
    size_t option_count;
    bool has_min, has_max; // of a number, a duration in seconds, or how many choices
    double min, max;
    size_t max_characters;   // of a text; 0: no limit of its own
    struct pattern *pattern; // NULL: none; owned by the definition
};

struct survey {
    const char *name;
    int64_t id; // the platform's survey_id; 0: none
    int64_t version;
    const struct question *questions;
    size_t question_count;
    struct str joiner;       // between several labels of one answer
    bool is_invalid_refused; // an event whose answers break the definition is not taken
};

const char *question_type_word(enum question_type type);
bool question_type_parse(struct str word, enum question_type *ret);
bool question_may_have_options(enum question_type type);
bool question_needs_options(enum question_type type);
bool question_is_number(enum question_type type); // min and max are about its value
bool question_is_text(enum question_type type);   // max_characters is about it

const struct question *survey_question(const struct survey *survey, struct str name);
// A decimal number: an optional sign, digits and decimals, 15 digits in all. In any locale.
bool survey_number(struct str text, double *ret);
// A name that {{survey.NAME}} has of itself, so no question can have it.
bool survey_is_reserved(struct str name);

// Whether the name of a tag, `survey.x` or `answer.x.y`, leads to something of that definition;
// other names do. When not, ret_nearest is the whole name that was likely meant, or NULL.
bool survey_has_name(const struct survey *survey, struct arena *arena, struct str name,
                     const char **ret_nearest);

struct survey_result {
    const struct survey *survey; // the definition that fits; NULL: none does
    struct event_faults faults;  // answers that break it, at least one for each such question
    bool is_refused;             // ... and its policy is to refuse them
    const struct json *summary;  // what {{survey.json}} says, as a tree; NULL: no answers

    // Sensitive answers, if there are any; otherwise `shown` is NULL and the rest is empty.
    const struct event *shown; // the event with "[masked]" in their places
    const struct json *shown_summary;
    const struct json *const *secret_values; // where they stand in the trees of the event as sent
    size_t secret_value_count;
    const struct str *secret_texts; // what they say, to be masked where it is repeated
    size_t secret_text_count;
};

// Reads the answers of an event: finds the definition (by survey_id, else by the names of the
// answers when exactly one definition fits them), and replaces event->survey and event->answer by
// the trees above. An event without answers is untouched. Answers to no definition are named and
// completed the same way, but what was sent keeps its place: nothing is validated, renamed or
// hidden. Never fails, because an event that was taken under one definition has to be readable
// under the next one: who takes events looks at is_refused.
void survey_apply(struct arena *arena, const struct survey *surveys, size_t survey_count,
                  struct event *event, struct survey_result *ret);

// The elements of the same event, before or after other steps, with "[masked]" for these values;
// what holds none is shared.
const struct json *survey_show_elements(struct arena *arena, const struct survey_result *result,
                                        const struct json *elements);
// The event as sent, as one tree of `elements` and `survey`, with "[masked]" for the values that
// `result` found to be sensitive. `sent`: the event before survey_apply.
struct json *survey_show_sent(struct arena *arena, const struct survey_result *result,
                              const struct event *sent);

#endif
