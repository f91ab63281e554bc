// SPDX-License-Identifier: GPL-3.0-or-later
//
// Answers on their way from the shapes they are sent in (survey_read.c) through the definition
// (survey_check.c, survey_type.c) to the trees (survey_tree.c, survey_mask.c). Only these files and
// survey.c include this.

#ifndef CORE_SURVEY_ANSWER_H
#define CORE_SURVEY_ANSWER_H

#include "core/survey.h"

enum answer_state {
    ANSWER_NOT_ASKED, // nothing came
    ANSWER_SKIPPED,   // it came with nothing in it
    ANSWER_EMPTY,     // "" or an empty list
    ANSWER_GIVEN,
    ANSWER_INVALID, // it breaks the definition
    ANSWER_STATE_COUNT,
};

// One choice, or one text. What was not said is NULL.
struct answer_piece {
    const struct json *id, *label, *text;
    const char *pointer;                  // JSON Pointer into the body
    const struct question_option *option; // of the definition; NULL: none, or not known
};

struct answer_item { // where an answer stands in the event: a row, a member, an element
    const struct json *value;
    struct answer_item *next;
};

struct survey_answer {
    struct str name; // as sent; the element id's digits where there was no name
    int64_t element_id;
    const char *pointer;
    struct answer_item *items; // the first one sent comes first
    const struct json *type, *score;
    struct answer_piece *pieces;
    size_t piece_count, piece_capacity;
    bool has_empty; // "" or [] was sent

    const struct question *question; // NULL: the definition has none, or there is no definition
    enum answer_state state;
    const struct json *value; // a text as what it means; NULL: as it is
    const char *problem;      // NULL: none
};

// All that was sent.
struct survey_sent {
    struct arena *arena;
    struct survey_answer *answers;
    size_t count, capacity;
    size_t pieces;             // of all answers
    bool is_too_large;         // there was more than is read
    bool has_answers;          // somebody sent answers, be it none
    const char *pointer;       // of the list of answers
    const char *problem;       // NULL: the list can be read
    const struct json *object; // the survey's members as sent; NULL: no object
    const struct json *id, *name, *version, *response_id, *complete;
    const struct json *script_text; // a script's result that came as one text; NULL: none
};

enum { SURVEY_ANSWERS_MAX = 1000, SURVEY_PIECES_MAX = 4000 };
#define SURVEY_MASK "[masked]"

void survey_read(struct arena *arena, const struct event *event, struct survey_sent *ret);
// A whole number, be it written as a text; false for others.
bool survey_read_integer(const struct json *value, int64_t *ret);
// Whether a member of the survey describes the response rather than answers a question.
bool survey_is_response_member(struct str name);

// By its name or, where that leads nowhere, by its element id; NULL: the definition has none.
const struct question *survey_find_question(const struct survey *survey,
                                            const struct survey_answer *answer);
// Gives the answers their questions, drops second answers to one question, brings the rest into the
// definition's order and finds what is wrong with them.
void survey_check(struct survey_sent *sent, const struct survey *survey,
                  struct event_faults *ret_faults);
// What the text means by the question's type; false with what it should have been.
bool survey_type_value(struct arena *arena, const struct question *question, struct str text,
                       const struct json **ret, const char **ret_wanted);
struct json *survey_make_number(struct arena *arena, double number); // whole ones as integers

struct survey_trees {
    struct json *survey, *answer, *summary;
};
// is_masked: with "[masked]" for what was answered to sensitive questions.
void survey_make_trees(const struct survey_sent *sent, const struct survey *survey, bool is_masked,
                       struct survey_trees *ret);
bool survey_is_item_member(struct str name);
extern const char *const survey_members[]; // NULL ends each list
extern const char *const survey_item_members[];

// Where the sensitive answers stand and what they say.
void survey_find_secrets(const struct survey_sent *sent, struct survey_result *result);
void survey_mask_item(struct arena *arena, struct json *item); // in place

#endif
