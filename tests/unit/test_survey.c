// SPDX-License-Identifier: GPL-3.0-or-later
//
// Answers in every shape a platform sends, read by a definition and without one. A row is an event,
// the way to a value in its trees, and the value as JSON.

#include "core/route.h"
#include "core/survey.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define TEXT(literal)                                                                              \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }
#define NAMED(literal) .name = TEXT(literal), .extern_id = TEXT(literal)

static const struct question_option csat_options[] = {
    {.id = 6438, .label = TEXT("Dissatisfied"), .value = TEXT("-"), .score = 1, .has_score = true},
    {.id = 6439, .label = TEXT("Satisfied"), .value = TEXT("+"), .score = 4, .has_score = true},
};
static const struct question_option reason_options[] = {
    {.id = 6443, .label = TEXT("Price"), .value = TEXT("Price")},
    {.id = 6444, .label = TEXT("Delay"), .value = TEXT("Delay")},
    {.id = 6445, .label = TEXT("Noise"), .value = TEXT("Noise")},
};
static const struct question_option pin_options[] = {
    {.id = 71, .label = TEXT("Orchid"), .value = TEXT("Orchid")},
    {.id = 72, .label = TEXT("Yes"), .value = TEXT("Yes")},
};

static struct question questions[] = {
    {NAMED("csat"), .element_id = 9003, .text = TEXT("How was it?"), .type = QUESTION_SINGLE_CHOICE,
     .is_required = true, .options = csat_options, .option_count = COUNT_OF(csat_options)},
    {NAMED("reasons"), .element_id = 9004, .text = TEXT("Why?"), .type = QUESTION_MULTI_CHOICE,
     .options = reason_options, .option_count = COUNT_OF(reason_options), .has_max = true,
     .max = 2},
    {NAMED("comment"), .element_id = 9002, .text = TEXT("Anything else?"),
     .type = QUESTION_TEXTAREA, .max_characters = 20},
    {NAMED("nps"), .element_id = 9010, .text = TEXT("Recommend?"), .type = QUESTION_NPS},
    {.name = TEXT("promised_on"),
     .extern_id = TEXT("Promised On"),
     .element_id = 9006,
     .text = TEXT("When?"),
     .type = QUESTION_DATE},
    {NAMED("pin"), .text = TEXT("PIN?"), .type = QUESTION_DIGITS, .is_sensitive = true},
    {NAMED("word"), .element_id = 9020, .text = TEXT("Which word?"), .type = QUESTION_SINGLE_CHOICE,
     .is_sensitive = true, .options = pin_options, .option_count = COUNT_OF(pin_options)},
};
static const struct question other_questions[] = {
    {NAMED("shirt"), .text = TEXT("Size?"), .type = QUESTION_TEXT},
};
static const struct survey surveys[] = {
    {.name = "after_call",
     .id = 1775,
     .version = 3,
     .questions = questions,
     .question_count = COUNT_OF(questions),
     .joiner = TEXT("; "),
     .is_invalid_refused = true},
    {.name = "shirts",
     .questions = other_questions,
     .question_count = COUNT_OF(other_questions),
     .joiner = TEXT(", ")},
};

// --- reading ---

static int make_arena(void **state)
{
    *state = arena_new();
    return 0;
}

static int free_arena(void **state)
{
    arena_free(*state);
    return 0;
}

// `body` with ' for "; a form when it does not begin with {.
static struct event read_event(struct arena *arena, const char *body)
{
    struct str text = arena_copy(arena, str_from(body));
    enum event_format format = body[0] == '{' ? EVENT_JSON : EVENT_FORM;
    for (size_t i = 0; i < text.len && format == EVENT_JSON; i++) {
        if (text.data[i] == '\'')
            ((char *)text.data)[i] = '"';
    }
    struct event event;
    struct event_faults faults;
    struct err err;
    if (!event_parse(arena, event_trigger(STR("inbound.disposition")), format, text,
                     &event_limits_default, &event, &faults, &err))
        fail_msg("%s: %s", body, err.text);
    return event;
}

static struct event apply(struct arena *arena, const char *body, bool is_defined,
                          struct survey_result *ret)
{
    struct event event = read_event(arena, body);
    survey_apply(arena, surveys, is_defined ? COUNT_OF(surveys) : 0, &event, ret);
    return event;
}

// `answers.0.text`; members and indexes.
static const struct json *walk(const struct json *tree, const char *path)
{
    while (*path && tree) {
        struct str part = {path, strcspn(path, ".")};
        tree = tree->kind == JSON_ARRAY
                   ? (size_t)atoi(path) < tree->array.count ? tree->array.items[atoi(path)] : NULL
                   : json_get(tree, part);
        path += part.len + (path[part.len] == '.');
    }
    return tree;
}

static const char *shown(struct arena *arena, const struct json *value)
{
    AUTO_BUF struct buf text;
    buf_init(&text, 1024 * 1024);
    if (!value)
        return "absent";
    json_write(&text, value, JSON_COMPACT);
    char *copy = (char *)arena_copy(arena, buf_str(&text)).data;
    for (char *c = copy; *c; c++)
        *c = *c == '"' ? '\'' : *c;
    return copy;
}

static const char *value_at(struct arena *arena, const struct event *event, const char *path)
{
    bool is_survey = strncmp(path, "survey.", 7) == 0;
    return shown(arena, walk(is_survey ? event->survey : event->answer, path + 7));
}

struct row {
    const char *body, *path, *value;
};

static void check_rows(struct arena *arena, const struct row *rows, size_t count, bool is_defined)
{
    const char *body = NULL;
    for (size_t i = 0; i < count; i++) {
        struct survey_result result;
        body = rows[i].body ? rows[i].body : body;
        struct event event = apply(arena, body, is_defined, &result);
        const char *value = value_at(arena, &event, rows[i].path);
        if (strcmp(value, rows[i].value) != 0)
            fail_msg("row %zu: %s\n%s is %s\nand not %s", i, body, rows[i].path, value,
                     rows[i].value);
    }
}

#define CANONICAL                                                                                  \
    "{'elements':{'uii':'1'},'survey':{'survey_id':1775,'survey_version':2,'response_id':24,"      \
    "'complete':true,'channel':'voice','answers':["                                                \
    "{'extern_id':'csat','element_id':9003,'type':'single_choice','option_ids':[6439],"            \
    "'labels':['Satisfied'],'score':3},"                                                           \
    "{'extern_id':'reasons','element_id':9004,'type':'multi_choice','option_ids':[6443,6444],"     \
    "'labels':['Price','Delay'],'lead_update_column':'aux_data1'},"                                \
    "{'extern_id':'comment','element_id':9002,'type':'textarea','text':'Would buy'},"              \
    "{'extern_id':'Promised On','element_id':9006,'type':'date','text':'9/18/2020'},"              \
    "{'extern_id':'nps','element_id':9010,'type':'nps','text':'9','score':9}]}}"

static void test_a_list_by_external_id_becomes_every_form(void **state)
{
    static const struct row rows[] = {
        {CANONICAL, "survey.id", "1775"},
        {NULL, "survey.name", "'after_call'"},
        {NULL, "survey.version", "2"},
        {NULL, "survey.survey_version", "2"},
        {NULL, "survey.channel", "'voice'"},
        {NULL, "survey.response_id", "24"},
        {NULL, "survey.complete", "true"},
        {NULL, "survey.score", "13"}, // of the definition: 4, and 9 of the scale
        {NULL, "survey.csat", "'Satisfied'"},
        {NULL, "survey.reasons", "'Price; Delay'"},
        {NULL, "survey.promised_on", "'9/18/2020'"},
        {NULL, "survey.pin", "null"},
        {NULL, "survey.names", "['csat','reasons','comment','nps','promised_on']"},
        {NULL, "survey.texts", "['Satisfied','Price; Delay','Would buy','9','9/18/2020']"},
        {NULL, "survey.questions.1", "'Why?'"},
        {NULL, "survey.pairs.4", "{'name':'promised_on','value':'9/18/2020','is_last':true}"},
        {NULL, "survey.answers.1.lead_update_column", "'aux_data1'"},
        {NULL, "survey.answers.0.question", "'How was it?'"},
        {NULL, "answer.csat.label", "'Satisfied'"},
        {NULL, "answer.csat.value", "'+'"},
        {NULL, "answer.csat.option_id", "6439"},
        {NULL, "answer.csat.score", "4"},
        {NULL, "answer.csat.state", "'answered'"},
        {NULL, "answer.csat.is_answered", "true"},
        {NULL, "answer.reasons.labels", "['Price','Delay']"},
        {NULL, "answer.reasons.option_id", "'6443; 6444'"},
        {NULL, "answer.reasons.option_ids", "[6443,6444]"},
        {NULL, "answer.reasons.score", "null"},
        {NULL, "answer.promised_on.value", "'2020-09-18'"},
        {NULL, "answer.promised_on.extern_id", "'Promised On'"},
        {NULL, "answer.nps.value", "9"},
        {NULL, "answer.nps.values", "[9]"},
        {NULL, "answer.pin.state", "'not_asked'"},
        {NULL, "answer.pin.is_not_asked", "true"},
        {NULL, "answer.pin.labels", "[]"},
    };
    check_rows(*state, rows, COUNT_OF(rows), true);
}

static void test_rows_script_models_and_flat_elements_mean_the_same(void **state)
{
    static const struct row rows[] = {
        {"{'uii':'1','survey_id':'1775','survey':[{'element_id':9003,'option_id':6439},"
         "{'element_id':9004,'option_id':6443},{'element_id':9002,'option_id':0,'text':'Area 1'},"
         "{'element_id':9004,'option_id':6444},{'element_id':9006,'option_id':0,"
         "'text':'11/20/2013'}]}",
         "survey.reasons", "'Price; Delay'"},
        {NULL, "survey.csat", "'Satisfied'"},
        {NULL, "survey.comment", "'Area 1'"},
        {NULL, "answer.promised_on.value", "'2013-11-20'"},
        {NULL, "survey.names", "['csat','reasons','comment','promised_on']"},
        {"{'uii':'1','survey':{'response_id':24,'survey_id':1775,'detail':"
         "{'element_id':'9003','option_id':'6438'}}}",
         "survey.csat", "'Dissatisfied'"},
        {"{'uii':'1','survey':{'model':{'csat':{'value':'+','leadField':'x'},'nps':{'value':10},"
         "'reasons':{'value':['Price','6444']}},'scriptComplete':true}}",
         "survey.reasons", "'Price; Delay'"},
        {NULL, "survey.score", "14"},
        {NULL, "survey.complete", "true"},
        {NULL, "answer.csat.leadField", "'x'"},
        {"{'uii':'1','json_result':'{\\u0022model\\u0022:{\\u0022csat\\u0022:{\\u0022value\\u0022:"
         "\\u0022satisfied\\u0022}}}'}",
         "survey.csat", "'Satisfied'"},
        {"{'uii':'1','survey':{'csat':'6439','nps':7}}", "survey.score", "11"},
        {"uii=1&survey.csat=Satisfied&survey.reasons=6443&survey.reasons=Noise&survey.nps=3",
         "survey.reasons", "'Price; Noise'"},
        {NULL, "survey.score", "7"},
        {"uii=1&script.csat=6438&survey.nps=3&script.nps=9", "survey.score", "4"},
        {"uii=1&survey=%7B%22answers%22%3A%5B%7B%22extern_id%22%3A%22csat%22%2C%22text%22%3A%22"
         "6439%22%7D%5D%7D",
         "survey.csat", "'Satisfied'"},
        {"{'uii':'1','survey':{'shirt':'XL'}}", "survey.name", "'shirts'"},
        {"{'uii':'1','survey':{'answers':{'answer':[{'extern_id':'csat','text':'6439'},"
         "{'extern_id':'nps','text':'2'}]}}}",
         "survey.score", "6"},
        {"{'uii':'1','survey':{'answers':{'answer':{'extern_id':'csat','text':'6439'}}}}",
         "survey.score", "4"},
    };
    check_rows(*state, rows, COUNT_OF(rows), true);
}

static void test_not_asked_skipped_and_empty_are_three_states(void **state)
{
    static const struct row rows[] = {
        {"{'uii':'1','survey':{'complete':false,'survey_id':1775,'answers':["
         "{'extern_id':'csat','skipped':true},{'extern_id':'comment','text':''},"
         "{'extern_id':'reasons','option_ids':[]},{'extern_id':'nps','text':null}]}}",
         "answer.csat.state", "'skipped'"},
        {NULL, "answer.csat.is_skipped", "true"},
        {NULL, "answer.csat.text", "null"},
        {NULL, "answer.comment.state", "'empty'"},
        {NULL, "answer.comment.text", "''"},
        {NULL, "answer.reasons.state", "'empty'"},
        {NULL, "answer.nps.state", "'skipped'"},
        {NULL, "answer.promised_on.state", "'not_asked'"},
        {NULL, "survey.texts", "['','','','']"},
        {"uii=1&survey_id=1775&script_complete=false&survey.comment=", "answer.comment.state",
         "'empty'"},
        {"{'uii':'1','survey_id':1775,'script_complete':false,'survey.comment':null}",
         "answer.comment.state", "'skipped'"},
    };
    check_rows(*state, rows, COUNT_OF(rows), true);
}

static void test_without_a_definition_what_was_sent_stays(void **state)
{
    static const struct row rows[] = {
        {CANONICAL, "survey.survey_id", "1775"},
        {NULL, "survey.answers.0.labels", "['Satisfied']"},
        {NULL, "survey.answers.0.text", "'Satisfied'"},
        {NULL, "survey.answers.0.label", "'Satisfied'"},
        {NULL, "survey.answers.0.option_ids", "[6439]"},
        {NULL, "survey.answers.0.score", "3"},
        {NULL, "survey.answers.0.type", "'single_choice'"},
        {NULL, "survey.answers.0.question", "null"},
        {NULL, "survey.answers.2.labels", "[]"},
        {NULL, "survey.answers.4.is_last", "true"},
        {NULL, "survey.reasons", "'Price, Delay'"},
        {NULL, "survey.score", "12"},
        {"{'uii':'1','survey':{'score':3,'id':'x','deep':{'er':1},'list':[1,2]}}", "survey.score",
         "3"},
        {NULL, "survey.id", "'x'"},
        {NULL, "survey.deep", "{'er':1}"},
        {NULL, "survey.list", "[1,2]"},
        {"uii=1&survey.check_box=20&survey.check_box=21&survey.text_box=hello", "survey.check_box",
         "['20','21']"},
        {NULL, "survey.texts", "['20, 21','hello']"},
        {"{'uii':'1','survey':[{'element_id':9004,'option_id':1},{'element_id':9004,"
         "'option_id':2}]}",
         "survey.answers.0.text", "'1, 2'"},
        {NULL, "survey.answers.0.name", "'9004'"},
        {NULL, "survey.9004", "'1, 2'"},
        {"{'uii':'1','survey':{'answers':5}}", "survey.answers", "5"},
        {"{'uii':'1','survey_id':5}", "survey.", "absent"},
    };
    check_rows(*state, rows, COUNT_OF(rows), false);
}

static void test_an_item_has_every_member_of_its_own(void **state)
{
    static const char *const members[] = {"name",      "extern_id",  "element_id", "type",
                                          "question",  "text",       "label",      "labels",
                                          "option_id", "option_ids", "value",      "values",
                                          "score",     "state",      "problem",    "is_last"};
    for (int is_defined = 0; is_defined < 2; is_defined++) {
        struct survey_result result;
        struct event event = apply(*state, CANONICAL, is_defined, &result);
        const struct json *items = json_get(event.survey, STR("answers"));
        assert_int_equal(items->array.count, 5);
        for (size_t i = 0; i < items->array.count; i++) {
            for (size_t m = 0; m < COUNT_OF(members); m++)
                assert_non_null(json_get(items->array.items[i], str_from(members[m])));
        }
    }
}

static void test_the_json_text_says_what_was_answered(void **state)
{
    struct survey_result result;
    struct event event = apply(*state, "{'uii':'1','survey':{'shirt':'X\\\\L'}}", true, &result);
    const struct json *text = json_get(event.survey, STR("json"));
    struct json *parsed;
    struct err err;
    assert_true(json_parse(*state, text->string, &(struct json_limits){.depth = 9, .values = 999},
                           &parsed, &err));
    assert_string_equal(shown(*state, parsed),
                        "{'id':null,'name':'shirts','version':null,'response_id':null,"
                        "'complete':null,'score':null,'answers':[{'name':'shirt',"
                        "'extern_id':'shirt','type':'text','question':'Size?','text':'X\\\\L',"
                        "'value':'X\\\\L','state':'answered'}]}");
}

// --- what breaks a definition ---

#define ANSWERS(list) "{'uii':'1','survey':{'survey_id':1775,'answers':[" list "]}}"
#define GOOD          "{'extern_id':'csat','text':'Satisfied'}"

static void test_each_wrong_answer_is_pointed_at(void **state)
{
    static const struct {
        const char *body, *pointer, *detail;
    } rows[] = {
        {ANSWERS("{'extern_id':'csat','option_ids':[6439],'labels':['Satisfied']}"), NULL, NULL},
        {ANSWERS("{'extern_id':'csat','text':'Satisfyed'}"), "/survey/answers/0/text",
         "did you mean \"Satisfied\""},
        {ANSWERS("{'extern_id':'csat','option_ids':[1]}"), "/survey/answers/0/option_ids/0",
         "`csat`: \"1\" is none of its options"},
        {ANSWERS("{'extern_id':'csat','labels':['Satisfied','Dissatisfied']}"), "/survey/answers/0",
         "takes one choice; found 2"},
        {ANSWERS(GOOD ",{'element_id':9004,'option_ids':[6443,6444,6445]}"), "/survey/answers/1",
         "at most 2 choices; found 3"},
        {ANSWERS(GOOD ",{'element_id':9004,'option_ids':[6443,6443,6444]}"), NULL, NULL},
        {ANSWERS(GOOD ",{'extern_id':'nps','value':11}"), "/survey/answers/1/value", "at most 10"},
        {ANSWERS(GOOD ",{'extern_id':'nps','value':'9.5'}"), "/survey/answers/1/value",
         "\"9.5\" is not a whole number from 0 to 10"},
        {ANSWERS(GOOD ",{'extern_id':'comment','text':'123456789012345678901'}"),
         "/survey/answers/1/text", "21 characters; at most 20"},
        {ANSWERS(GOOD ",{'extern_id':'comment','text':{'a':1}}"), "/survey/answers/1/text",
         "no text but an object"},
        {ANSWERS(GOOD ",{'extern_id':'Promised On','text':'2021-02-29'}"), "/survey/answers/1/text",
         "is not a date"},
        {ANSWERS(GOOD ",{'extern_id':'comments','text':'x'}"), "/survey/answers/1",
         "has no question \"comments\"; did you mean \"comment\""},
        {ANSWERS(GOOD ",{'text':'x'}"), "/survey/answers/1", "needs an extern_id"},
        {ANSWERS("{'extern_id':'nps','text':'1'}"), "/survey/answers", "`csat` is missing"},
        {ANSWERS("{'extern_id':'csat','text':''}"), "/survey/answers/0", "and is empty"},
        {ANSWERS("{'extern_id':'csat','skipped':true}"), "/survey/answers/0", "was skipped"},
        {ANSWERS(GOOD ",{'extern_id':'pin','text':'12 34'}"), "/survey/answers/1/text",
         "`pin`: what was answered is not digits"},
        {ANSWERS(GOOD ",{'extern_id':'word','text':'orchids'}"), "/survey/answers/1/text",
         "`word`: what was answered is none of its options"},
        {"{'uii':'1','survey':{'survey_id':1775,'answers':'x'}}", "/survey/answers",
         "neither a list nor an object"},
        {"{'elements':{'uii':'1','survey_id':1775,'survey.csat':'x/y'}}", "/elements/survey.csat",
         "none of its options"},
        {"uii=1&survey_id=1775&survey.csat=6439&survey.reasons=6443&survey.reasons=x",
         "/survey.reasons/1", "none of its options"},
        {"{'uii':'1','survey':{'model':{'csat':{'value':'bad'}}}}", "/survey/model/csat/value",
         "none of its options"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct survey_result result;
        apply(*state, rows[i].body, true, &result);
        assert_string_equal(result.survey ? result.survey->name : "none", "after_call");
        assert_int_equal(result.is_refused, rows[i].detail != NULL);
        assert_int_equal(result.faults.count, rows[i].detail != NULL);
        if (!rows[i].detail)
            continue;
        assert_string_equal(result.faults.items[0].pointer, rows[i].pointer);
        if (!strstr(result.faults.items[0].detail, rows[i].detail))
            fail_msg("row %zu: %s", i, result.faults.items[0].detail);
    }
}

static void test_every_wrong_answer_is_told_and_kept(void **state)
{
    struct survey_result result;
    struct event event =
        apply(*state, ANSWERS("{'extern_id':'csat','text':'?'},{'extern_id':'nps','text':'many'}"),
              true, &result);
    assert_int_equal(result.faults.count, 2);
    assert_string_equal(value_at(*state, &event, "answer.nps.state"), "'invalid'");
    assert_string_equal(value_at(*state, &event, "answer.nps.text"), "'many'");
    assert_string_equal(value_at(*state, &event, "answer.csat.text"), "'?'");
    assert_string_equal(value_at(*state, &event, "answer.csat.score"), "null");
    assert_non_null(strstr(value_at(*state, &event, "answer.nps.problem"), "many"));
}

static void test_types_take_what_people_write_and_nothing_else(void **state)
{
    static const struct {
        enum question_type type;
        const char *good, *value, *bad; // words apart by |
    } rows[] = {
        {QUESTION_TEXT, "a|0", NULL, NULL},
        {QUESTION_NUMBER, "12|-4.5|+3|0.1", "12|-4.5|3|0.1", "1e5|0x10|1,5|.5|5.|inf|1 2"},
        {QUESTION_CURRENCY, "12.50", "12.5", "12.50 EUR"},
        {QUESTION_PERCENT, "80|80%|12.5%", "80|80|12.5", "%|80%%"},
        {QUESTION_SCALE, "3|-3", "3|-3", "3.5|three"},
        {QUESTION_NPS, "0|10", "0|10", "11|-1|x"},
        {QUESTION_DATE, "2020-02-29|2/29/2020|09/18/2020", "'2020-02-29'|'2020-02-29'|'2020-09-18'",
         "2021-02-29|2020-13-01|18.09.2020|2020-09-18x|31/12/2020"},
        {QUESTION_TIME, "14:30|00:00:59|23:59:59.123", NULL, "24:00|1:30|14:60|14:30:|14"},
        {QUESTION_DATETIME, "2020-09-18 14:30|2020-09-18T14:30:00Z|2020-09-18T14:30:00.5+02:00",
         NULL, "2020-09-18|2020-09-18 25:00|2020-09-18T14:30+2"},
        {QUESTION_BOOLEAN, "yes|FALSE|1|n", "true|false|true|false", "maybe|2"},
        {QUESTION_PHONE, "+1 (510) 555-0111|112", NULL, "call me|12|+"},
        {QUESTION_EMAIL, "a@b.example", NULL, "a@b|@b.example|a b@c.example|a@@b.example|a@.ex"},
        {QUESTION_URL, "https://a.example/x|HTTP://a", NULL,
         "ftp://a|https://|https:///x|http://a b"},
        {QUESTION_AUDIO_URL, "https://a.example/x.wav", NULL, "x.wav"},
        {QUESTION_DURATION, "90|01:30|1:02:03", "90|90|3723", "1:60|1:2|1:02:03:04|x"},
        {QUESTION_DIGITS, "0123*#", NULL, "1 2|a"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct question question = {NAMED("q"), .text = TEXT("q"), .type = rows[i].type};
        struct survey survey = {
            .name = "s", .questions = &question, .question_count = 1, .joiner = TEXT(", ")};
        const char *lists[] = {rows[i].good, rows[i].bad}, *values = rows[i].value;
        for (int is_bad = 0; is_bad < 2; is_bad++) {
            for (const char *at = lists[is_bad]; at && *at;
                 at += strcspn(at, "|"), at += *at == '|') {
                const char *word = arena_copy(*state, (struct str){at, strcspn(at, "|")}).data;
                struct survey_result result;
                struct event event = read_event(
                    *state, arena_printf(*state, "{'uii':'1','survey':{'q':'%s'}}", word));
                survey_apply(*state, &survey, 1, &event, &result);
                if (result.faults.count != (size_t)is_bad)
                    fail_msg("%s: '%s' is %s", question_type_word(rows[i].type), word,
                             is_bad ? "taken" : result.faults.items[0].detail);
                if (is_bad || !values)
                    continue;
                const char *value = value_at(*state, &event, "answer.q.value");
                size_t len = strcspn(values, "|");
                if (strlen(value) != len || memcmp(value, values, len) != 0)
                    fail_msg("%s: '%s' is read as %s", question_type_word(rows[i].type), word,
                             value);
                values += len + (values[len] == '|');
            }
        }
    }
}

static void test_a_pattern_holds_for_the_text_as_sent(void **state)
{
    struct err err;
    struct question question = {NAMED("q"), .text = TEXT("q"), .type = QUESTION_TEXT};
    struct survey survey = {
        .name = "s", .questions = &question, .question_count = 1, .joiner = TEXT(", ")};
    assert_true(pattern_compile(STR("^[A-Z]{2}$"), &question.pattern, &err));
    static const struct {
        const char *body;
        size_t faults;
    } rows[] = {{"uii=1&survey.q=AB", 0}, {"uii=1&survey.q=ABC", 1}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct survey_result result;
        struct event event = read_event(*state, rows[i].body);
        survey_apply(*state, &survey, 1, &event, &result);
        assert_int_equal(result.faults.count, rows[i].faults);
        assert_false(result.is_refused);
    }
    pattern_free(question.pattern);
}

// --- which definition ---

static void test_the_definition_is_found_by_id_or_by_names(void **state)
{
    static const struct {
        const char *body, *survey;
    } rows[] = {
        {"uii=1&survey_id=1775&survey.shirt=XL",
         "after_call"},                                     // the id counts, the answer is wrong
        {"uii=1&survey_id=1776&survey.shirt=XL", "shirts"}, // has no id of its own
        {"uii=1&survey_id=1776&survey.csat=x", "none"},
        {"uii=1&survey.shirt=XL&survey.csat=x", "none"},
        {"uii=1&survey.csat=x", "after_call"},
        {"uii=1&survey_id=1775", "none"}, // no answers came
        {"{'uii':'1','survey':{'survey_id':'1775'}}", "after_call"},
        {"{'uii':'1','survey':[]}", "none"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct survey_result result;
        apply(*state, rows[i].body, true, &result);
        assert_string_equal(result.survey ? result.survey->name : "none", rows[i].survey);
    }
}

static void test_two_definitions_that_fit_are_none(void **state)
{
    const struct survey both[] = {surveys[1], surveys[1]};
    struct survey_result result;
    struct event event = read_event(*state, "uii=1&survey.shirt=XL");
    survey_apply(*state, both, 2, &event, &result);
    assert_null(result.survey);
    assert_string_equal(value_at(*state, &event, "survey.shirt"), "'XL'");
}

static void test_an_event_without_answers_is_untouched(void **state)
{
    struct survey_result result;
    struct event event =
        apply(*state, "{'uii':'1','survey':null,'agent_notes':'x'}", true, &result);
    assert_null(event.survey);
    assert_null(event.answer);
    assert_null(result.summary);
    assert_false(result.is_refused);
}

// --- sensitive answers ---

static void test_sensitive_answers_are_masked_where_they_stand(void **state)
{
    static const char *const bodies[] = {
        ANSWERS(GOOD ",{'extern_id':'pin','text':'4711'},{'element_id':9020,'option_ids':[71],"
                     "'labels':['Orchid'],'score':8}"),
        "{'uii':'1','survey':[{'element_id':9003,'option_id':6439},{'extern_id':'pin',"
        "'text':'4711'},{'element_id':9020,'option_id':71,'text':'Orchid'}]}",
        "{'uii':'1','survey':{'model':{'csat':{'value':'Satisfied'},'pin':{'value':'4711'},"
        "'word':{'value':['Orchid']}}}}",
        "uii=1&survey.csat=Satisfied&survey.pin=4711&script.word=Orchid",
        "uii=1&survey=%7B%22csat%22%3A%22Satisfied%22%2C%22pin%22%3A%224711%22%2C%22word%22%3A%22"
        "Orchid%22%7D",
        "{'uii':'1','json_result':'{\\u0022model\\u0022:{\\u0022csat\\u0022:6439,\\u0022pin\\u0022:"
        "\\u00224711\\u0022,\\u0022word\\u0022:\\u0022Orchid\\u0022}}'}",
    };
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        struct survey_result result;
        struct event sent = read_event(*state, bodies[i]), event = sent;
        survey_apply(*state, surveys, COUNT_OF(surveys), &event, &result);
        assert_string_equal(value_at(*state, &event, "survey.pin"), "'4711'");
        assert_string_equal(value_at(*state, &event, "answer.word.option_id"), "71");
        assert_non_null(result.shown);
        const char *texts[] = {
            shown(*state, result.shown->survey),
            shown(*state, result.shown->answer),
            shown(*state, result.shown->elements),
            shown(*state, result.shown_summary),
            shown(*state, survey_show_sent(*state, &result, &sent)),
        };
        for (size_t t = 0; t < COUNT_OF(texts); t++) {
            if (strstr(texts[t], "4711") || strstr(texts[t], "Orchid") || strstr(texts[t], "71]"))
                fail_msg("body %zu, text %zu: %s", i, t, texts[t]);
        }
        assert_string_equal(value_at(*state, result.shown, "survey.pin"), "'[masked]'");
        assert_string_equal(value_at(*state, result.shown, "survey.csat"), "'Satisfied'");
        assert_string_equal(value_at(*state, result.shown, "answer.word.labels"), "['[masked]']");
        assert_true(result.secret_text_count >= 2);
    }
}

static void test_nothing_is_masked_without_sensitive_answers(void **state)
{
    struct survey_result result;
    apply(*state, CANONICAL, true, &result);
    assert_null(result.shown);
    assert_int_equal(result.secret_text_count, 0);
}

// --- routes ---

static bool is_routed(const struct event *event, struct str element, struct str value)
{
    const struct condition condition = {
        .element = element, .kind = CONDITION_EQUALS, .values = &value, .value_count = 1};
    const struct route route = {.name = "r", .conditions = &condition, .condition_count = 1};
    return route_matches(&route, 0, event);
}

static void test_routes_see_what_templates_see(void **state)
{
    struct survey_result result;
    struct event event = apply(*state, CANONICAL, true, &result);
    assert_true(is_routed(&event, STR("survey.csat"), STR("Satisfied")));
    assert_true(is_routed(&event, STR("answer.reasons.labels"), STR("Delay")));
    assert_false(is_routed(&event, STR("answer.reasons.labels"), STR("Noise")));
    assert_true(is_routed(&event, STR("answer.comment.state"), STR("answered")));
    assert_false(is_routed(&event, STR("answer.nobody.state"), STR("answered")));
}

// --- names and limits ---

static void test_names_of_templates_are_checked(void **state)
{
    static const struct {
        const char *name, *nearest; // NULL: it is there; "": unknown, and nothing is near
    } rows[] = {
        {"ani", NULL},
        {"survey", NULL},
        {"survey.csat", NULL},
        {"survey.answers", NULL},
        {"survey.survey_id", NULL},
        {"answer.csat.label", NULL},
        {"answer.csat", NULL},
        {"survey.cast", "survey.csat"},
        {"survey.csat.label", "answer.csat.label"},
        {"answer.reason.labels", "answer.reasons.labels"},
        {"answer.csat.lable", "answer.csat.label"},
        {"survey.zzzzzzzzzz", ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *nearest;
        bool is_there = survey_has_name(&surveys[0], *state, str_from(rows[i].name), &nearest);
        assert_int_equal(is_there, rows[i].nearest == NULL);
        if (!is_there)
            assert_string_equal(nearest ? nearest : "", rows[i].nearest);
    }
}

static void test_too_many_answers_are_refused_and_without_a_definition_left_alone(void **state)
{
    AUTO_BUF struct buf body;
    buf_init(&body, 1024 * 1024);
    buf_printf(&body, "{'uii':'1','survey':{'survey_id':1775,'answers':[");
    for (int i = 0; i < 1001; i++)
        buf_printf(&body, "%s{'extern_id':'q%d','text':'x'}", i ? "," : "", i);
    buf_printf(&body, "]}}");
    struct survey_result result;
    apply(*state, body.data, true, &result);
    assert_true(result.is_refused);
    assert_non_null(strstr(result.faults.items[0].detail, "more than 1000 answers"));
    struct event event = apply(*state, body.data, false, &result);
    assert_false(result.is_refused);
    assert_int_equal(json_get(event.survey, STR("answers"))->array.count, 1001);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define ARENA_TEST(f) cmocka_unit_test_setup_teardown(f, make_arena, free_arena)
        ARENA_TEST(test_a_list_by_external_id_becomes_every_form),
        ARENA_TEST(test_rows_script_models_and_flat_elements_mean_the_same),
        ARENA_TEST(test_not_asked_skipped_and_empty_are_three_states),
        ARENA_TEST(test_without_a_definition_what_was_sent_stays),
        ARENA_TEST(test_an_item_has_every_member_of_its_own),
        ARENA_TEST(test_the_json_text_says_what_was_answered),
        ARENA_TEST(test_each_wrong_answer_is_pointed_at),
        ARENA_TEST(test_every_wrong_answer_is_told_and_kept),
        ARENA_TEST(test_types_take_what_people_write_and_nothing_else),
        ARENA_TEST(test_a_pattern_holds_for_the_text_as_sent),
        ARENA_TEST(test_the_definition_is_found_by_id_or_by_names),
        ARENA_TEST(test_two_definitions_that_fit_are_none),
        ARENA_TEST(test_an_event_without_answers_is_untouched),
        ARENA_TEST(test_sensitive_answers_are_masked_where_they_stand),
        ARENA_TEST(test_nothing_is_masked_without_sensitive_answers),
        ARENA_TEST(test_routes_see_what_templates_see),
        ARENA_TEST(test_names_of_templates_are_checked),
        ARENA_TEST(test_too_many_answers_are_refused_and_without_a_definition_left_alone),
    };
    return cmocka_run_group_tests_name("survey", tests, NULL, NULL);
}
