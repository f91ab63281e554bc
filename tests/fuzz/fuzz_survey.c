// SPDX-License-Identifier: GPL-3.0-or-later
//
// Any bytes as an event whose answers belong to a definition. The first byte chooses: "f" a form,
// "n" no definition, others JSON. Whatever comes, an item has its members, the summary is
// JSON, and what people see of a sensitive answer is its mask.

#include "core/survey.h"

#include "fuzz.h"

#define TEXT(literal)                                                                              \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }
#define NAMED(literal) .name = TEXT(literal), .extern_id = TEXT(literal), .text = TEXT(literal)

static const struct question_option options[] = {
    {.id = 1, .label = TEXT("One"), .value = TEXT("1"), .score = 1.5, .has_score = true},
    {.id = 2, .label = TEXT("Two"), .value = TEXT("2")},
};
static const struct question questions[] = {
    {NAMED("one"), .element_id = 11, .type = QUESTION_SINGLE_CHOICE, .is_required = true,
     .options = options, .option_count = COUNT_OF(options)},
    {NAMED("many"), .element_id = 12, .type = QUESTION_MULTI_CHOICE, .options = options,
     .option_count = COUNT_OF(options)},
    {NAMED("n"), .type = QUESTION_NPS, .has_max = true, .max = 5},
    {NAMED("d"), .type = QUESTION_DATETIME},
    {NAMED("day"), .type = QUESTION_DATE},
    {NAMED("c"), .type = QUESTION_PERCENT},
    {NAMED("t"), .type = QUESTION_DURATION},
    {NAMED("u"), .type = QUESTION_URL},
    {NAMED("m"), .type = QUESTION_EMAIL},
    {NAMED("pin"), .element_id = 13, .type = QUESTION_TEXT, .is_sensitive = true},
};
static const struct survey survey = {
    .name = "s",
    .id = 7,
    .questions = questions,
    .question_count = COUNT_OF(questions),
    .joiner = TEXT(", "),
};

static struct str written(struct arena *arena, const struct json *value)
{
    AUTO_BUF struct buf out;
    buf_init(&out, SIZE_MAX / 4);
    json_write(&out, value, JSON_COMPACT);
    return arena_copy(arena, buf_str(&out));
}

static void check_items(const struct event *event)
{
    static const char *const members[] = {"name",  "text",  "labels", "option_ids",
                                          "value", "score", "state"};
    const struct json *answers = json_get(event->survey, STR("answers"));
    const struct json *names = json_get(event->survey, STR("names"));
    require(answers && answers->kind == JSON_ARRAY);
    require(names->array.count == answers->array.count);
    for (size_t i = 0; i < answers->array.count; i++) {
        for (size_t m = 0; m < COUNT_OF(members); m++)
            require(json_get(answers->array.items[i], str_from(members[m])));
    }
}

static void check_summary(struct arena *arena, const struct event *event,
                          const struct survey_result *result)
{
    const struct json_limits limits = {.depth = 40, .values = 10 * 1000 * 1000};
    const struct json *text = json_get(event->survey, STR("json"));
    struct json *parsed;
    struct err err;
    require(text->kind == JSON_STRING && json_parse(arena, text->string, &limits, &parsed, &err));
    require(str_eq(written(arena, parsed), written(arena, result->summary)));
}

static bool is_hidden(const struct json *value)
{
    if (!value || value->kind == JSON_NULL)
        return true;
    for (size_t i = 0; value->kind == JSON_ARRAY && i < value->array.count; i++) {
        if (!is_hidden(value->array.items[i]))
            return false;
    }
    return value->kind == JSON_ARRAY ||
           (value->kind == JSON_STRING &&
            (value->string.len == 0 || str_eq(value->string, STR("[masked]"))));
}

static void check_shown(struct arena *arena, const struct event *sent,
                        const struct survey_result *result)
{
    static const char *const members[] = {"text",       "label", "labels", "option_id",
                                          "option_ids", "value", "values", "score"};
    const struct json *item = json_get(result->shown->answer, STR("pin"));
    for (size_t i = 0; i < COUNT_OF(members); i++)
        require(is_hidden(json_get(item, str_from(members[i]))));
    require(is_hidden(json_get(result->shown->survey, STR("pin"))));
    require(survey_show_sent(arena, result, sent)->kind == JSON_OBJECT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    AUTO_ARENA struct arena *arena = arena_new();
    enum event_format format = data[0] == 'f' ? EVENT_FORM : EVENT_JSON;
    struct str body = {(const char *)data + 1, size - 1};
    struct event sent, event;
    struct event_faults faults;
    struct err err;
    if (!event_parse(arena, event_trigger(STR("chat.end")), format, body, &event_limits_default,
                     &sent, &faults, &err))
        return 0;
    struct survey_result result;
    event = sent;
    survey_apply(arena, &survey, data[0] == 'n' ? 0 : 1, &event, &result);
    require(!result.survey || result.summary);
    require(result.survey || (result.faults.count == 0 && !result.shown));
    for (size_t i = 0; i < result.faults.count && i < COUNT_OF(result.faults.items); i++) {
        struct str detail = str_from(result.faults.items[i].detail);
        require(detail.len > 0 && json_utf8_prefix(detail) == detail.len);
    }
    if (result.survey) {
        check_items(&event);
        check_summary(arena, &event, &result);
    }
    if (result.shown)
        check_shown(arena, &sent, &result);
    return 0;
}
