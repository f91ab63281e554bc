// SPDX-License-Identifier: GPL-3.0-or-later
//
// Conditions on data elements, and the door to PCRE2. What surprises: PCRE2's own match limit holds
// for each place a match may start at, so a long text could still cost hours; steps are therefore
// counted over the whole match by a callout before every item of the expression.

#include "core/route.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum {
    PATTERN_MAX_BYTES = 4096,
    PATTERN_MAX_STEPS = 1000 * 1000, // tens of milliseconds
    PATTERN_MAX_HEAP_KIB = 4096,
    VALUE_MAX_BYTES = 1024 * 1024, // of an array or an object as text
};

struct pattern {
    pcre2_code *code;
    size_t len; // of the expression
    char expression[];
};

// --- patterns ---

static void explain_mistake(int code, size_t offset, struct err *err)
{
    char sentence[200] = "";
    pcre2_get_error_message(code, (PCRE2_UCHAR8 *)sentence, sizeof(sentence));
    err_set(err, ERR_INVALID, "the pattern is wrong at offset %zu: %s", offset, sentence);
}

bool pattern_compile(struct str expression, struct pattern **ret, struct err *err)
{
    if (expression.len > PATTERN_MAX_BYTES)
        return err_set(err, ERR_TOO_LARGE, "the pattern has %zu bytes, at most %d are allowed",
                       expression.len, PATTERN_MAX_BYTES);
    int code;
    PCRE2_SIZE offset;
    pcre2_code *compiled = pcre2_compile((PCRE2_SPTR8)expression.data, expression.len,
                                         PCRE2_UTF | PCRE2_MATCH_INVALID_UTF |
                                             PCRE2_NEVER_BACKSLASH_C | PCRE2_AUTO_CALLOUT,
                                         &code, &offset, NULL);
    if (!compiled) {
        explain_mistake(code, offset, err);
        return false;
    }
    struct pattern *pattern = mem_alloc(sizeof(*pattern) + expression.len);
    pattern->code = compiled;
    pattern->len = expression.len;
    memcpy(pattern->expression, expression.data, expression.len);
    *ret = pattern;
    return true;
}

void pattern_free(struct pattern *pattern)
{
    if (!pattern)
        return;
    pcre2_code_free(pattern->code);
    free(pattern);
}

struct str pattern_expression(const struct pattern *pattern)
{
    return (struct str){pattern->expression, pattern->len};
}

static int count_step(pcre2_callout_block *block, void *steps)
{
    (void)block;
    return ++*(int *)steps > PATTERN_MAX_STEPS ? PCRE2_ERROR_MATCHLIMIT : 0;
}

bool pattern_matches(const struct pattern *pattern, struct str subject)
{
    int steps = 0;
    pcre2_match_data *match = pcre2_match_data_create(1, NULL);
    pcre2_match_context *limits = pcre2_match_context_create(NULL);
    require(match && limits);
    pcre2_set_callout(limits, count_step, &steps);
    pcre2_set_match_limit(limits, PATTERN_MAX_STEPS);
    pcre2_set_heap_limit(limits, PATTERN_MAX_HEAP_KIB);
    int found =
        pcre2_match(pattern->code, (PCRE2_SPTR8)subject.data, subject.len, 0, 0, match, limits);
    pcre2_match_context_free(limits);
    pcre2_match_data_free(match);
    return found >= 0;
}

// --- conditions ---

static struct str without(struct str text, struct str prefix)
{
    return (struct str){text.data + prefix.len, text.len - prefix.len};
}

// `csat.labels` of the answers by question.
static const struct json *find_answer(const struct json *answers, struct str path)
{
    const char *dot = memchr(path.data, '.', path.len);
    struct str question = {path.data, dot ? (size_t)(dot - path.data) : path.len};
    if (!dot)
        return json_get(answers, question);
    return json_get(json_get(answers, question),
                    without(path, (struct str){path.data, question.len + 1}));
}

// As templates read a name: the survey's member first, so that no element can stand in for it.
const struct json *route_element(const struct event *event, struct str name)
{
    struct str survey = STR("survey."), answer = STR("answer.");
    const struct json *value = NULL;
    if (str_starts(name, survey))
        value = json_get(event->survey, without(name, survey));
    else if (str_starts(name, answer))
        value = find_answer(event->answer, without(name, answer));
    return value ? value : json_get(event->elements, name);
}

static bool text_matches(const struct condition *condition, struct str text)
{
    switch (condition->kind) {
    case CONDITION_EQUALS:
    case CONDITION_ONE_OF:
    case CONDITION_NONE_OF: // of what is found, condition_matches takes the opposite
        for (size_t i = 0; i < condition->value_count; i++) {
            if (str_eq(text, condition->values[i]))
                return true;
        }
        return false;
    case CONDITION_PREFIX:
        return str_starts(text, condition->values[0]);
    case CONDITION_PATTERN:
        return pattern_matches(condition->pattern, text);
    }
    return false;
}

static bool value_matches(const struct condition *condition, const struct json *value)
{
    AUTO_BUF struct buf scratch;
    buf_init(&scratch, VALUE_MAX_BYTES);
    struct str text = json_as_text(value, &scratch);
    return !scratch.overflowed && text_matches(condition, text);
}

static bool finds_value(const struct condition *condition, const struct event *event)
{
    const struct json *value = route_element(event, condition->element);
    if (!value)
        return false;
    if (value->kind != JSON_ARRAY)
        return value_matches(condition, value);
    for (size_t i = 0; i < value->array.count; i++) {
        if (value_matches(condition, value->array.items[i]))
            return true;
    }
    return false;
}

static bool condition_matches(const struct condition *condition, const struct event *event)
{
    return finds_value(condition, event) != (condition->kind == CONDITION_NONE_OF);
}

static bool source_matches(const struct route *route, size_t source)
{
    for (size_t i = 0; i < route->source_count; i++) {
        if (route->sources[i] == source)
            return true;
    }
    return route->source_count == 0;
}

static bool is_among(const char *const *triggers, size_t count, const char *trigger)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(triggers[i], trigger) == 0)
            return true;
    }
    return false;
}

static bool trigger_matches(const struct route *route, const char *trigger)
{
    return route->trigger_count == 0 || is_among(route->triggers, route->trigger_count, trigger);
}

bool route_merges(const struct route *route, const char *trigger)
{
    return is_among(route->timing.merges, route->timing.merge_count, trigger);
}

enum route_verdict route_judge(const struct route *route, size_t source, const struct event *event,
                               const struct condition **ret_failed)
{
    *ret_failed = NULL;
    if (!source_matches(route, source))
        return ROUTE_OTHER_SOURCE;
    if (!trigger_matches(route, event->trigger))
        return ROUTE_OTHER_TRIGGER;
    for (size_t i = 0; i < route->condition_count; i++) {
        if (!condition_matches(&route->conditions[i], event)) {
            *ret_failed = &route->conditions[i];
            return ROUTE_CONDITION_FAILS;
        }
    }
    return ROUTE_TAKES;
}

bool route_matches(const struct route *route, size_t source, const struct event *event)
{
    const struct condition *failed;
    return route_judge(route, source, event, &failed) == ROUTE_TAKES;
}
