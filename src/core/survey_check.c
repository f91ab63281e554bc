// SPDX-License-Identifier: GPL-3.0-or-later
//
// Answers held against their definition. Everything that is wrong is found, not the first only; an
// answer that is wrong keeps what was sent and says why. A sensitive answer is never quoted.

#include "core/route.h"
#include "core/survey_answer.h"

#include <stdio.h>

enum { QUOTE_BYTES = 40, TEXT_MAX_BYTES = 1024 * 1024 };

struct check {
    struct arena *arena;
    const struct survey *survey;
    struct event_faults *faults;
};

// --- what is wrong ---

PRINTF_LIKE(4, 5)
static void report(struct check *check, struct survey_answer *answer, const char *pointer,
                   const char *format, ...)
{
    char sentence[400];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    sentence[json_utf8_prefix(str_from(sentence))] = '\0'; // a cut may have split a character
    const char *detail = arena_strdup(check->arena, sentence);
    struct event_faults *faults = check->faults;
    if (faults->count < COUNT_OF(faults->items))
        faults->items[faults->count] = (struct event_fault){pointer, detail};
    faults->count++;
    if (!answer)
        return;
    if (answer->state == ANSWER_GIVEN)
        answer->state = ANSWER_INVALID;
    if (!answer->problem)
        answer->problem = detail;
}

// The beginning of what was sent, in quotes, as a sentence can hold it.
static const char *quote(struct check *check, const struct question *question, struct str text)
{
    if (question && question->is_sensitive)
        return "what was answered";
    bool is_cut = text.len > QUOTE_BYTES;
    struct str shown = {text.data, is_cut ? QUOTE_BYTES : text.len};
    shown.len = json_utf8_prefix(shown);
    AUTO_BUF struct buf out;
    buf_init(&out, QUOTE_BYTES * 8);
    json_write_escaped(&out, shown);
    return arena_printf(check->arena, "\"%.*s%s\"", (int)out.len, out.data ? out.data : "",
                        is_cut ? "..." : "");
}

static struct str text_of(struct check *check, const struct json *value)
{
    AUTO_BUF struct buf scratch;
    buf_init(&scratch, TEXT_MAX_BYTES);
    struct str text = json_as_text(value, &scratch);
    return value && value->kind == JSON_STRING ? text : arena_copy(check->arena, text);
}

// --- options ---

static const struct question_option *find_id(const struct question *question,
                                             const struct json *value)
{
    int64_t id;
    if (!survey_read_integer(value, &id) || id == 0)
        return NULL;
    for (size_t i = 0; i < question->option_count; i++) {
        if (question->options[i].id == id)
            return &question->options[i];
    }
    return NULL;
}

static const struct question_option *find_word(const struct question *question, struct str word)
{
    const struct question_option *options = question->options, *nearly = NULL;
    for (size_t i = 0; i < question->option_count; i++) {
        if (str_eq(word, options[i].label) || str_eq(word, options[i].value))
            return &options[i];
        if (!nearly && str_eq_nocase(word, options[i].label))
            nearly = &options[i];
    }
    return nearly;
}

static const struct question_option *
find_option(struct check *check, const struct question *question, const struct answer_piece *piece)
{
    const struct question_option *option = find_id(question, piece->id ? piece->id : piece->text);
    if (!option && piece->label)
        option = find_word(question, text_of(check, piece->label));
    if (!option && piece->text)
        option = find_word(question, str_trim(text_of(check, piece->text)));
    if (!option && piece->id) // some platforms call the option's value its id
        option = find_word(question, text_of(check, piece->id));
    return option;
}

static const char *option_hint(struct check *check, const struct question *question,
                               struct str word)
{
    if (question->is_sensitive)
        return "";
    const char **labels = arena_alloc(check->arena, question->option_count * sizeof(*labels));
    for (size_t i = 0; i < question->option_count; i++)
        labels[i] = question->options[i].label.data;
    const char *nearest = err_nearest(word, labels, question->option_count);
    return nearest ? arena_printf(check->arena, "; did you mean \"%s\"?", nearest) : "";
}

// A text next to a choice says it once more, or adds to it; either way it is no choice of its own.
static void drop_texts(struct survey_answer *answer)
{
    size_t kept = 0;
    for (size_t i = 0; i < answer->piece_count; i++) {
        if (answer->pieces[i].id || answer->pieces[i].label)
            answer->pieces[kept++] = answer->pieces[i];
    }
    if (kept)
        answer->piece_count = kept;
}

static bool is_chosen(const struct survey_answer *answer, size_t before,
                      const struct question_option *option)
{
    for (size_t i = 0; i < before; i++) {
        if (answer->pieces[i].option == option)
            return true;
    }
    return false;
}

static void check_choice_count(struct check *check, struct survey_answer *answer)
{
    const struct question *question = answer->question;
    const char *name = question->name.data;
    size_t count = answer->piece_count;
    if (question->type != QUESTION_MULTI_CHOICE && count > 1)
        report(check, answer, answer->pointer, "`%s` takes one choice; found %zu", name, count);
    else if (question->has_min && (double)count < question->min)
        report(check, answer, answer->pointer, "`%s` takes at least %.0f choices; found %zu", name,
               question->min, count);
    else if (question->has_max && (double)count > question->max)
        report(check, answer, answer->pointer, "`%s` takes at most %.0f choices; found %zu", name,
               question->max, count);
}

static void check_choices(struct check *check, struct survey_answer *answer)
{
    const struct question *question = answer->question;
    drop_texts(answer);
    size_t kept = 0;
    for (size_t i = 0; i < answer->piece_count; i++) {
        struct answer_piece piece = answer->pieces[i];
        const struct json *said = piece.label ? piece.label : piece.text ? piece.text : piece.id;
        piece.option = find_option(check, question, &piece);
        if (!piece.option) {
            struct str word = text_of(check, said);
            report(check, answer, piece.pointer, "`%s`: %s is none of its options%s",
                   question->name.data, quote(check, question, word),
                   option_hint(check, question, word));
        } else if (is_chosen(answer, kept, piece.option)) {
            continue; // the same choice twice is one
        }
        answer->pieces[kept++] = piece;
    }
    answer->piece_count = kept;
    if (question_needs_options(question->type))
        check_choice_count(check, answer);
}

// --- texts ---

static size_t count_characters(struct str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += (text.data[i] & 0xc0) != 0x80;
    return count;
}

static void check_range(struct check *check, struct survey_answer *answer, const char *pointer)
{
    const struct question *question = answer->question;
    const struct json *value = answer->value;
    double number = value->kind == JSON_REAL ? value->real : (double)value->integer;
    bool is_nps = question->type == QUESTION_NPS;
    double min = question->has_min ? question->min : 0,
           max = question->has_max ? question->max : 10;
    if ((question->has_min || is_nps) && number < min)
        report(check, answer, pointer, "`%s` is at least %g", question->name.data, min);
    else if ((question->has_max || is_nps) && number > max)
        report(check, answer, pointer, "`%s` is at most %g", question->name.data, max);
}

static void check_text(struct check *check, struct survey_answer *answer)
{
    const struct question *question = answer->question;
    const struct answer_piece *piece = &answer->pieces[0];
    const struct json *said = piece->text ? piece->text : piece->label ? piece->label : piece->id;
    const char *name = question->name.data, *wanted;
    if (answer->piece_count > 1) {
        report(check, answer, answer->pointer, "`%s` takes one answer; found %zu", name,
               answer->piece_count);
        return;
    }
    if (said->kind == JSON_ARRAY || said->kind == JSON_OBJECT) {
        report(check, answer, piece->pointer, "`%s` is no text but %s", name,
               said->kind == JSON_ARRAY ? "an array" : "an object");
        return;
    }
    struct str text = text_of(check, said);
    if (!survey_type_value(check->arena, question, text, &answer->value, &wanted)) {
        answer->value = NULL;
        report(check, answer, piece->pointer, "`%s`: %s is not %s", name,
               quote(check, question, text), wanted);
        return;
    }
    if (question_is_number(question->type))
        check_range(check, answer, piece->pointer);
    if (question->max_characters && count_characters(text) > question->max_characters)
        report(check, answer, piece->pointer, "`%s` has %zu characters; at most %zu are possible",
               name, count_characters(text), question->max_characters);
    if (question->pattern && !pattern_matches(question->pattern, text))
        report(check, answer, piece->pointer, "`%s`: %s does not match the pattern of the question",
               name, quote(check, question, text));
}

// Scales and yes-or-no questions may name their points: what names none is read by the type.
static bool names_option(struct check *check, const struct survey_answer *answer)
{
    const struct question *question = answer->question;
    return question->option_count && (question_needs_options(question->type) ||
                                      find_option(check, question, &answer->pieces[0]) != NULL);
}

static void check_answer(struct check *check, struct survey_answer *answer)
{
    if (answer->state != ANSWER_GIVEN)
        return;
    if (names_option(check, answer))
        check_choices(check, answer);
    else
        check_text(check, answer);
}

// --- the whole ---

const struct question *survey_find_question(const struct survey *survey,
                                            const struct survey_answer *answer)
{
    for (size_t i = 0; i < survey->question_count; i++) {
        const struct question *question = &survey->questions[i];
        if (str_eq(answer->name, question->extern_id) || str_eq(answer->name, question->name))
            return question;
    }
    for (size_t i = 0; i < survey->question_count && answer->element_id; i++) {
        if (survey->questions[i].element_id == answer->element_id)
            return &survey->questions[i];
    }
    return NULL;
}

static void report_stranger(struct check *check, struct survey_answer *answer)
{
    const struct survey *survey = check->survey;
    if (!answer->name.len) {
        report(check, answer, answer->pointer, "an answer needs an extern_id or an element_id");
        return;
    }
    const char **names = arena_alloc(check->arena, survey->question_count * sizeof(*names));
    for (size_t i = 0; i < survey->question_count; i++)
        names[i] = survey->questions[i].extern_id.data;
    const char *nearest = err_nearest(answer->name, names, survey->question_count);
    report(check, answer, answer->pointer, "survey '%s' has no question %s%s%s%s", survey->name,
           quote(check, NULL, answer->name), nearest ? "; did you mean \"" : "",
           nearest ? nearest : "", nearest ? "\"?" : "");
}

// Into the definition's order, each question once, then what the definition does not know.
static void sort_answers(struct survey_sent *sent, const struct survey *survey)
{
    struct survey_answer *sorted = arena_alloc(sent->arena, sent->count * sizeof(*sorted));
    size_t *first = arena_alloc(sent->arena, survey->question_count * sizeof(*first));
    size_t count = 0;
    for (size_t i = sent->count; i > 0; i--) { // backwards, so that the first sent one stays
        struct survey_answer *answer = &sent->answers[i - 1];
        answer->question = survey_find_question(survey, answer);
        if (answer->question)
            first[answer->question - survey->questions] = i;
    }
    for (size_t q = 0; q < survey->question_count; q++) {
        if (first[q])
            sorted[count++] = sent->answers[first[q] - 1];
    }
    for (size_t i = 0; i < sent->count; i++) {
        if (!sent->answers[i].question)
            sorted[count++] = sent->answers[i];
    }
    sent->answers = sorted;
    sent->count = count;
}

static bool is_incomplete(const struct survey_sent *sent)
{
    const struct json *complete = sent->complete;
    if (!complete || complete->kind == JSON_BOOLEAN)
        return complete && !complete->boolean;
    return complete->kind == JSON_STRING && str_eq_nocase(complete->string, STR("false"));
}

static void check_required(struct check *check, struct survey_sent *sent)
{
    size_t at = 0; // of the answer to the question, as both are in order
    for (size_t q = 0; q < check->survey->question_count; q++) {
        const struct question *question = &check->survey->questions[q];
        bool is_asked = at < sent->count && sent->answers[at].question == question;
        struct survey_answer *answer = is_asked ? &sent->answers[at++] : NULL;
        if (!question->is_required)
            continue;
        if (!answer)
            report(check, NULL, sent->pointer, "the answer to `%s` is missing",
                   question->name.data);
        else if (answer->state == ANSWER_EMPTY || answer->state == ANSWER_SKIPPED)
            report(check, answer, answer->pointer, "`%s` has to be answered and %s",
                   question->name.data, answer->state == ANSWER_EMPTY ? "is empty" : "was skipped");
    }
}

void survey_check(struct survey_sent *sent, const struct survey *survey,
                  struct event_faults *ret_faults)
{
    struct check check = {sent->arena, survey, ret_faults};
    if (sent->problem)
        report(&check, NULL, sent->pointer, "%s", sent->problem);
    if (sent->is_too_large)
        report(&check, NULL, sent->pointer, "more than %d answers or %d choices",
               SURVEY_ANSWERS_MAX, SURVEY_PIECES_MAX);
    sort_answers(sent, survey);
    for (size_t i = 0; i < sent->count; i++) {
        if (sent->answers[i].question)
            check_answer(&check, &sent->answers[i]);
        else
            report_stranger(&check, &sent->answers[i]);
    }
    bool is_all_read = !sent->problem && !sent->is_too_large;
    if (is_all_read && !is_incomplete(sent))
        check_required(&check, sent);
}
