// SPDX-License-Identifier: GPL-3.0-or-later
//
// That samples are events the gateway takes, with what receivers ask for and values of the right
// form, and that they answer a survey by its definition.

#include "core/sample.h"

#include "core/catalogue.h"
#include "core/route.h"
#include "core/survey.h"

#include <setjmp.h>
#include <stdio.h>

#include <cmocka.h>

static const enum sample_size sizes[] = {SAMPLE_USUAL, SAMPLE_FULL, SAMPLE_MINIMAL};

static int new_arena(void **state)
{
    *state = arena_new();
    return 0;
}

static int free_arena(void **state)
{
    arena_free(*state);
    return 0;
}

static struct event parsed(struct arena *arena, const char *trigger, enum sample_size size,
                           const struct survey *survey)
{
    struct event event = {0};
    struct event_faults faults;
    struct err err;
    struct str body = sample_body(arena, event_trigger(str_from(trigger)), size, survey);
    if (!event_parse(arena, event_trigger(str_from(trigger)), EVENT_JSON, body,
                     &event_limits_default, &event, &faults, &err))
        fail_msg("%s: %s: %.*s", trigger, err.text, STR_ARG(body));
    return event;
}

static const char *text_of(struct arena *arena, const struct event *event, const char *name)
{
    AUTO_BUF struct buf scratch;
    buf_init(&scratch, 10000);
    const struct json *value = json_get(event->elements, str_from(name));
    return value ? arena_copy(arena, json_as_text(value, &scratch)).data : NULL;
}

static void test_every_sample_is_taken(void **state)
{
    size_t count;
    const char *const *triggers = event_triggers(&count);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < COUNT_OF(sizes); j++) {
            struct event event = parsed(*state, triggers[i], sizes[j], NULL);
            assert_int_equal(event.call_id.len, 30);
        }
    }
}

static void test_the_same_sample_comes_each_time(void **state)
{
    size_t count;
    const char *const *triggers = event_triggers(&count);
    for (size_t i = 0; i < count; i++) {
        struct str once = sample_body(*state, triggers[i], SAMPLE_FULL, NULL);
        struct str again = sample_body(*state, triggers[i], SAMPLE_FULL, NULL);
        assert_true(str_eq(once, again));
    }
}

static void test_a_minimal_sample_has_the_call_id_alone(void **state)
{
    struct event event = parsed(*state, "chat.new", SAMPLE_MINIMAL, NULL);
    assert_int_equal(event.elements->object.count, 1);
    assert_non_null(json_get(event.elements, STR("uii")));
}

static void test_a_full_sample_has_every_element_of_its_trigger(void **state)
{
    size_t trigger_count, count;
    const char *const *triggers = event_triggers(&trigger_count);
    const struct catalogue_element *elements = catalogue_elements(&count);
    for (size_t i = 0; i < trigger_count; i++) {
        struct event event = parsed(*state, triggers[i], SAMPLE_FULL, NULL);
        size_t expected = 0;
        for (size_t j = 0; j < count; j++)
            expected += elements[j].triggers >> i & 1;
        assert_int_equal(event.elements->object.count, expected);
        for (size_t j = 0; j < event.elements->object.count; j++) {
            const struct catalogue_element *element =
                catalogue_find(event.elements->object.members[j].name);
            assert_non_null(element);
            assert_true(element->triggers >> i & 1);
        }
    }
}

static void test_a_usual_sample_is_a_part_of_the_full_one(void **state)
{
    size_t count;
    const char *const *triggers = event_triggers(&count);
    for (size_t i = 0; i < count; i++) {
        struct event usual = parsed(*state, triggers[i], SAMPLE_USUAL, NULL);
        struct event full = parsed(*state, triggers[i], SAMPLE_FULL, NULL);
        assert_true(usual.elements->object.count > 3);
        assert_true(usual.elements->object.count < full.elements->object.count);
        for (size_t j = 0; j < usual.elements->object.count; j++)
            assert_non_null(json_get(full.elements, usual.elements->object.members[j].name));
    }
}

// What receivers ask for, and what platforms' own samples show.
static void test_usual_samples_have_what_receivers_ask_for(void **state)
{
    static const struct {
        const char *trigger, *names;
    } cases[] = {
        {"inbound.dequeue", "call_start enqueue_time dequeue_time queue_duration ani ani_npa dnis "
                            "gate_id gate_name"},
        {"inbound.agent_connect", "session_id agent_id agent_externid agent_phone agent_team "
                                  "script_id"},
        {"inbound.call_end", "duration call_result recording_url term_party term_reason agent_id"},
        {"inbound.disposition", "session_id call_start ani dnis duration queue_duration gate_id "
                                "agent_username agent_externid agent_disposition agent_notes "
                                "call_result recording_url agent_wrap_time"},
        {"inbound.queue_event", "queue_event queue_event_rank queue_event_duration "
                                "dequeue_attempts"},
        {"inbound.ivr_touch_tone", "dtmf dtmf_event visual_ivr_name ivr.account_no"},
        {"outbound.call_end", "campaign_id lead_id extern_id lead_phone outbound_disposition "
                              "pass_disposition lead_passes dial_duration lead_state"},
        {"outbound.disposition", "extern_id lead_id agent_disposition call_back call_back_dts "
                                 "agent_wait_time"},
        {"outbound.agent_connect", "campaign_name first_name last_name aux_data1"},
        {"cloud.call_start", "cloud_profile_id profile_name media_network media_code"},
        {"cloud.call_connect", "connected_id connected_name connected_route dial_duration"},
        {"cloud.call_end", "call_state call_result inbound_duration connected_duration "
                           "dequeue_attempts attempt_1_id attempt_1_route attempt_1_disp"},
        {"track.call_end", "trac_id trac_description trac_open_rule trac_rule_destination "
                           "trac_location_description connected_duration recording_url"},
        {"chat.new", "chat_queue_id chat_queue_name channel_type source_ip pre_chat.name"},
        {"chat.dequeue", "queue_time dequeue_agent_id"},
        {"chat.agent_connect", "session_id agent_id agent_username script_id"},
        {"chat.end", "chat_state transcript"},
        {"chat.queue_event", "chat_state queue_event queue_event_rank"},
        {"inbound.agent_term", "session_id sess_duration recording_url term_party"},
        {"outbound.transfer_term", "transfer_phone transfer_disp transfer_duration"},
        {"chat.disposition", "agent_disposition agent_notes transcript"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct event event = parsed(*state, cases[i].trigger, SAMPLE_USUAL, NULL);
        for (const char *at = cases[i].names; *at;) {
            struct str name = {at, strcspn(at, " ")};
            if (!json_get(event.elements, name))
                fail_msg("%s has no %.*s", cases[i].trigger, STR_ARG(name));
            at += name.len + strspn(at + name.len, " ");
        }
    }
}

static bool is_of(const char *text, const char *characters)
{
    return *text && text[strspn(text, characters)] == '\0';
}

static bool has_form(const char *text, enum element_type type)
{
    switch (type) {
    case ELEMENT_INTEGER:
    case ELEMENT_DURATION:
        return is_of(text, "0123456789");
    case ELEMENT_PHONE:
        return is_of(text, "+0123456789") && strlen(text) >= 10;
    case ELEMENT_DATETIME:
        return strlen(text) >= 19 && is_of(text, "0123456789-:. T+");
    default:
        return *text != '\0';
    }
}

static void test_values_are_texts_of_their_type(void **state)
{
    size_t count;
    const char *const *triggers = event_triggers(&count);
    for (size_t i = 0; i < count; i++) {
        struct event event = parsed(*state, triggers[i], SAMPLE_FULL, NULL);
        for (size_t j = 0; j < event.elements->object.count; j++) {
            struct json_member *member = &event.elements->object.members[j];
            const struct catalogue_element *element = catalogue_find(member->name);
            const char *text = text_of(*state, &event, member->name.data);
            if (element->mark == MARK_UNRESOLVED)
                assert_string_equal(text, arena_printf(*state, "#%s#", element->tag));
            else if (!has_form(text, element->type))
                fail_msg("%s: %s is %s", triggers[i], element->name, text);
            if (element->type != ELEMENT_JSON)
                assert_int_equal(member->value->kind, JSON_STRING);
        }
    }
}

static void test_a_chat_is_no_inbound_call(void **state)
{
    struct event chat = parsed(*state, "chat.end", SAMPLE_USUAL, NULL);
    struct event inbound = parsed(*state, "inbound.call_end", SAMPLE_USUAL, NULL);
    assert_false(str_eq(chat.call_id, inbound.call_id));
    assert_null(json_get(chat.elements, STR("ani")));
    assert_string_equal(text_of(*state, &chat, "chat_state"), "CHAT_COMPLETED");
    assert_int_equal(json_get(chat.elements, STR("transcript"))->kind, JSON_ARRAY);
}

// --- answers ---

static const struct question_option options[] = {
    {.id = 6439, .label = {"Satisfied", 9}},
    {.id = 6440, .label = {"Not", 3}},
};
static const struct question_option words[] = {
    {.label = {"Price", 5}, .value = {"price", 5}},
    {.label = {"Delay", 5}},
    {.label = {"Other", 5}},
};

#define NAMED(text) .name = {text, sizeof(text) - 1}

static const struct event *answered(struct arena *arena, const char *trigger,
                                    const struct question *questions, size_t count, int64_t id)
{
    struct survey survey = {.name = "s", .id = id, .questions = questions, .question_count = count};
    struct event *event = arena_alloc(arena, sizeof(*event));
    *event = parsed(arena, trigger, SAMPLE_USUAL, &survey);
    return event;
}

static void test_choices_are_answered_by_id_or_else_by_value(void **state)
{
    const struct question questions[] = {
        {NAMED("csat"), .type = QUESTION_SINGLE_CHOICE, .options = options, .option_count = 2},
        {NAMED("why"), .type = QUESTION_MULTI_CHOICE, .options = words, .option_count = 3},
        {NAMED("one"), .type = QUESTION_MULTI_CHOICE, .options = words, .option_count = 1},
    };
    const struct event *event = answered(*state, "inbound.disposition", questions, 3, 1775);
    assert_string_equal(text_of(*state, event, "survey_id"), "1775");
    assert_string_equal(text_of(*state, event, "survey.csat"), "6439");
    assert_string_equal(text_of(*state, event, "survey.why"), "[\"price\",\"Delay\"]");
    assert_string_equal(text_of(*state, event, "survey.one"), "price");
}

static void test_answers_keep_limits_and_patterns(void **state)
{
    struct pattern *code = NULL, *impossible = NULL;
    struct err err;
    assert_true(pattern_compile(STR("^[A-Z]{2}[0-9]{4}$"), &code, &err));
    assert_true(pattern_compile(STR("^never said$"), &impossible, &err));
    const struct question questions[] = {
        {NAMED("nps"), .type = QUESTION_NPS, .has_max = true, .max = 10},
        {NAMED("stars"), .type = QUESTION_SCALE, .has_max = true, .max = 3},
        {NAMED("age"), .type = QUESTION_NUMBER, .has_min = true, .min = 18},
        {NAMED("short"), .type = QUESTION_TEXT, .max_characters = 3},
        {NAMED("code"), .type = QUESTION_TEXT, .pattern = code},
        {NAMED("nothing"), .type = QUESTION_TEXT, .pattern = impossible},
    };
    const struct event *event =
        answered(*state, "chat.disposition", questions, COUNT_OF(questions), 0);
    assert_null(text_of(*state, event, "survey_id"));
    assert_string_equal(text_of(*state, event, "survey.nps"), "9");
    assert_string_equal(text_of(*state, event, "survey.stars"), "3");
    assert_string_equal(text_of(*state, event, "survey.age"), "18");
    assert_string_equal(text_of(*state, event, "survey.short"), "yes");
    assert_string_equal(text_of(*state, event, "survey.code"), "AB1234");
    assert_null(text_of(*state, event, "survey.nothing"));
    pattern_free(code);
    pattern_free(impossible);
}

static void test_every_type_of_question_is_answered(void **state)
{
    struct question questions[QUESTION_TYPE_COUNT];
    for (int i = 0; i < QUESTION_TYPE_COUNT; i++)
        questions[i] = (struct question){.name = str_from(arena_printf(*state, "q%d", i)),
                                         .type = (enum question_type)i};
    const struct event *event =
        answered(*state, "outbound.disposition", questions, QUESTION_TYPE_COUNT, 1);
    for (int i = 0; i < QUESTION_TYPE_COUNT; i++)
        assert_non_null(text_of(*state, event, arena_printf(*state, "survey.q%d", i)));
}

static void test_a_trigger_without_answers_gets_none(void **state)
{
    const struct question question = {NAMED("csat"), .type = QUESTION_TEXT};
    const struct event *event = answered(*state, "inbound.dequeue", &question, 1, 1775);
    assert_null(text_of(*state, event, "survey.csat"));
    assert_null(text_of(*state, event, "survey_id"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_sample_is_taken),
        cmocka_unit_test(test_the_same_sample_comes_each_time),
        cmocka_unit_test(test_a_minimal_sample_has_the_call_id_alone),
        cmocka_unit_test(test_a_full_sample_has_every_element_of_its_trigger),
        cmocka_unit_test(test_a_usual_sample_is_a_part_of_the_full_one),
        cmocka_unit_test(test_usual_samples_have_what_receivers_ask_for),
        cmocka_unit_test(test_values_are_texts_of_their_type),
        cmocka_unit_test(test_a_chat_is_no_inbound_call),
        cmocka_unit_test(test_choices_are_answered_by_id_or_else_by_value),
        cmocka_unit_test(test_answers_keep_limits_and_patterns),
        cmocka_unit_test(test_every_type_of_question_is_answered),
        cmocka_unit_test(test_a_trigger_without_answers_gets_none),
    };
    return cmocka_run_group_tests(tests, new_arena, free_arena);
}
