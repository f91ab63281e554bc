// SPDX-License-Identifier: GPL-3.0-or-later
//
// Bodies as platforms send them, good and bad: what becomes of them, and that each fault says
// where.

#include "core/event.h"

#include <setjmp.h>

#include <cmocka.h>

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

static struct event parsed(struct arena *arena, enum event_format format, const char *body)
{
    struct event event = {0};
    struct event_faults faults;
    struct err err;
    if (!event_parse(arena, event_trigger(STR("inbound.disposition")), format, str_from(body),
                     &event_limits_default, &event, &faults, &err))
        fail_msg("%s: %s", body, err.text);
    return event;
}

static struct event_faults refused(struct arena *arena, enum event_format format, struct str body,
                                   enum err_code code)
{
    struct event event = {0};
    struct event_faults faults;
    struct err err;
    if (event_parse(arena, event_trigger(STR("inbound.disposition")), format, body,
                    &event_limits_default, &event, &faults, &err))
        fail_msg("%.*s was taken", STR_ARG(body));
    assert_null(event.trigger);
    assert_int_equal(err.code, code);
    assert_true(faults.count > 0);
    assert_string_equal(err.text, faults.items[0].detail);
    return faults;
}

static void assert_fault(const struct event_faults *faults, size_t index, const char *pointer,
                         const char *part)
{
    assert_true(index < faults->count);
    assert_string_equal(faults->items[index].pointer, pointer);
    if (!strstr(faults->items[index].detail, part))
        fail_msg("`%s` is not in: %s", part, faults->items[index].detail);
}

static void assert_element(const struct event *event, const char *name, const char *json)
{
    AUTO_BUF struct buf text;
    buf_init(&text, 10000);
    const struct json *value = json_get(event->elements, str_from(name));
    assert_non_null(value);
    json_write(&text, value, JSON_COMPACT);
    assert_string_equal(text.data, json);
}

static void test_there_are_18_triggers_and_6_extra(void **state)
{
    (void)state;
    size_t count;
    const char *const *triggers = event_triggers(&count);
    assert_int_equal(count, 24);
    assert_string_equal(triggers[0], "inbound.dequeue");
    assert_string_equal(triggers[17], "chat.queue_event");
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(event_trigger(str_from(triggers[i])), triggers[i]);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(triggers[i], triggers[j]);
    }
    assert_null(event_trigger(STR("inbound.dispositio")));
    assert_null(event_trigger(STR("Inbound.Disposition")));
    assert_null(event_trigger(STR("")));
}

static void test_format_follows_the_media_type(void **state)
{
    (void)state;
    enum event_format format = EVENT_FORM;
    assert_true(event_format_of(STR("application/json"), &format));
    assert_int_equal(format, EVENT_JSON);
    format = EVENT_FORM;
    assert_true(event_format_of(STR("Application/vnd.acme.call+JSON ; charset=utf-8"), &format));
    assert_int_equal(format, EVENT_JSON);
    assert_true(event_format_of(STR("application/x-www-form-urlencoded;charset=UTF-8"), &format));
    assert_int_equal(format, EVENT_FORM);
    static const char *const xml[] = {"application/xml", "text/xml; charset=utf-8",
                                      "application/vnd.acme+xml", "Text/XML"};
    for (size_t i = 0; i < COUNT_OF(xml); i++) {
        assert_true(event_format_of(str_from(xml[i]), &format));
        assert_int_equal(format, EVENT_XML);
    }
    assert_true(event_format_of(STR("application/CloudEvents+json; charset=UTF-8"), &format));
    assert_int_equal(format, EVENT_CLOUDEVENT);
    static const char *const others[] = {
        "",
        ";",
        "text/plain",
        "application/",
        "application/+json",
        "application/jsonp",
        "multipart/form-data; boundary=x",
        "text/vnd+json",
        "application/+xml",
        "application/cloudevents-batch+json",
        "application/cloudevents+xml",
        "application/x-ndjson",
    };
    for (size_t i = 0; i < COUNT_OF(others); i++)
        assert_false(event_format_of(str_from(others[i]), &format));
}

static void test_flat_json_is_the_elements(void **state)
{
    struct event event =
        parsed(*state, EVENT_JSON,
               "{\"uii\":\"20200915\",\"duration\":187,\"agent_notes\":null,"
               "\"ivr.account_no\":\"****4411\",\"transcript\":[{\"from\":\"x\"}]}");
    assert_string_equal(event.trigger, "inbound.disposition");
    assert_true(str_eq(event.call_id, STR("20200915")));
    assert_null(event.survey);
    assert_int_equal(event.elements->object.count, 5);
    assert_element(&event, "duration", "187");
    assert_element(&event, "agent_notes", "null");
    assert_element(&event, "ivr.account_no", "\"****4411\"");
    assert_element(&event, "transcript", "[{\"from\":\"x\"}]");
}

static void test_survey_stands_apart_in_both_json_forms(void **state)
{
    struct event event = parsed(*state, EVENT_JSON, "{\"survey\":{\"csat\":5},\"uii\":\"1\"}");
    assert_int_equal(event.survey->kind, JSON_OBJECT);
    assert_null(json_get(event.elements, STR("survey")));
    event = parsed(*state, EVENT_JSON,
                   "{\"elements\":{\"uii\":\"1\",\"ani\":\"2\"},\"survey\":[{\"a\":1}]}");
    assert_int_equal(event.survey->kind, JSON_ARRAY);
    assert_element(&event, "ani", "\"2\"");
    event = parsed(*state, EVENT_JSON, "{\"elements\":{\"uii\":\"1\",\"survey\":{\"a\":1}}}");
    assert_int_equal(event.survey->kind, JSON_OBJECT);
    assert_null(parsed(*state, EVENT_JSON, "{\"uii\":\"1\",\"survey\":null}").survey);
    assert_null(parsed(*state, EVENT_JSON, "{\"uii\":\"1\",\"survey\":\"\"}").survey);
}

static void test_call_id_may_be_an_integer(void **state)
{
    struct event event = parsed(*state, EVENT_JSON, "{\"uii\":-42}");
    assert_true(str_eq(event.call_id, STR("-42")));
    assert_element(&event, "uii", "-42");
}

static void test_form_fields_are_the_elements(void **state)
{
    struct event event = parsed(*state, EVENT_FORM,
                                "uii=201002&agent_notes=call+after+5pm+%26+sms&call_back_dts=2010-"
                                "02-11+17%3a30%3A00&empty=&bare&&survey.text_box=hello&a%3Db=c=d");
    assert_true(str_eq(event.call_id, STR("201002")));
    assert_null(event.survey);
    assert_int_equal(event.elements->object.count, 7);
    assert_element(&event, "agent_notes", "\"call after 5pm & sms\"");
    assert_element(&event, "call_back_dts", "\"2010-02-11 17:30:00\"");
    assert_element(&event, "empty", "\"\"");
    assert_element(&event, "bare", "\"\"");
    assert_element(&event, "survey.text_box", "\"hello\"");
    assert_element(&event, "a=b", "\"c=d\"");
}

static void test_a_repeated_field_becomes_an_array_in_order(void **state)
{
    struct event event = parsed(*state, EVENT_FORM,
                                "survey.check_box=20&uii=1&survey.check_box=21&survey.check_box=");
    assert_element(&event, "survey.check_box", "[\"20\",\"21\",\"\"]");
    assert_int_equal(event.elements->object.count, 2);
}

static void test_form_bytes_that_are_not_utf8_are_replaced(void **state)
{
    struct event event = parsed(*state, EVENT_FORM, "uii=1&city=M%FCnchen&name=\xe9&nul=a%00b");
    assert_element(&event, "city", "\"M\xef\xbf\xbdnchen\"");
    assert_element(&event, "name", "\"\xef\xbf\xbd\"");
    assert_element(&event, "nul", "\"a\\u0000b\"");
}

static void test_a_malformed_percent_is_refused_with_its_byte(void **state)
{
    static const char *const bodies[] = {"uii=1&a=50%", "uii=1&a=x%z", "uii=1&a=x%4", "uii=1&%g0=x",
                                         "uii=1&a=%%20"};
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        struct event_faults faults = refused(*state, EVENT_FORM, str_from(bodies[i]), ERR_INVALID);
        assert_fault(&faults, 0, "", "needs two hexadecimal digits");
    }
    struct event_faults faults = refused(*state, EVENT_FORM, STR("uii=1&a=50%"), ERR_INVALID);
    assert_fault(&faults, 0, "", "byte 11 ");
}

static void test_the_body_must_be_an_object(void **state)
{
    static const struct {
        const char *body, *part;
        enum err_code code;
    } cases[] = {
        {"", "the body is empty", ERR_INVALID},
        {" ", "empty", ERR_INVALID},
        {"[{\"uii\":\"1\"}]", "the body is an array", ERR_CONFLICT},
        {"\"uii\"", "the body is a string", ERR_CONFLICT},
        {"7", "the body is a number", ERR_CONFLICT},
        {"null", "the body is null", ERR_CONFLICT},
        {"uii=1&ani=2", "line 1", ERR_INVALID},
        {"{\"uii\":\"1\",\"uii\":\"2\"}", "duplicate", ERR_INVALID},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct event_faults faults =
            refused(*state, EVENT_JSON, str_from(cases[i].body), cases[i].code);
        assert_int_equal(faults.count, 1);
        assert_fault(&faults, 0, "", cases[i].part);
    }
    struct event_faults faults = refused(*state, EVENT_FORM, STR(""), ERR_INVALID);
    assert_fault(&faults, 0, "", "the body is empty");
}

static void test_each_broken_rule_has_its_pointer(void **state)
{
    static const struct {
        const char *body, *pointer, *part;
    } cases[] = {
        {"{}", "/uii", "missing"},
        {"{\"uii\":\"\"}", "/uii", "empty"},
        {"{\"uii\":null}", "/uii", "null"},
        {"{\"uii\":1.5}", "/uii", "no whole number"},
        {"{\"uii\":[\"1\"]}", "/uii", "an array"},
        {"{\"uii\":\"a\\u0000b\"}", "/uii", "control character"},
        {"{\"uii\":\"1\",\"\":2}", "/", "no name"},
        {"{\"uii\":\"1\",\"a\\nb\":2}", "", "control character"},
        {"{\"uii\":\"1\",\"survey\":5}", "/survey", "a number, not an object"},
        {"{\"elements\":{}}", "/elements/uii", "missing"},
        {"{\"elements\":[]}", "/elements", "an array, not an object"},
        {"{\"elements\":null,\"uii\":\"1\"}", "/elements", "null, not an object"},
        {"{\"elements\":{\"uii\":\"1\"},\"a/b~c\":[]}", "/a~1b~0c", "only `survey`"},
        {"{\"elements\":{\"uii\":\"1\"},\"survey\":\"x\"}", "/survey", "a string"},
        {"{\"elements\":{\"uii\":\"1\",\"survey\":[]},\"survey\":{}}", "/elements/survey",
         "already"},
        {"{\"elements\":{\"uii\":\"1\",\"survey\":true}}", "/elements/survey", "a boolean"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct event_faults faults =
            refused(*state, EVENT_JSON, str_from(cases[i].body), ERR_CONFLICT);
        assert_fault(&faults, 0, cases[i].pointer, cases[i].part);
    }
    struct event_faults faults = refused(*state, EVENT_FORM, STR("uii=1&uii=2"), ERR_CONFLICT);
    assert_fault(&faults, 0, "/uii", "an array");
    faults = refused(*state, EVENT_FORM, STR("&&uii=1&=x"), ERR_CONFLICT);
    assert_fault(&faults, 0, "/", "no name");
    faults = refused(*state, EVENT_FORM, STR("uii=1&survey=x"), ERR_CONFLICT);
    assert_fault(&faults, 0, "/survey", "a string");
}

static void test_call_id_is_limited_in_characters(void **state)
{
    AUTO_BUF struct buf body;
    buf_init(&body, 10000);
    buf_add_str(&body, STR("{\"uii\":\""));
    for (int i = 0; i < 128; i++)
        buf_add_str(&body, STR("\xc3\xa9"));
    buf_add_str(&body, STR("\"}"));
    assert_int_equal(parsed(*state, EVENT_JSON, body.data).call_id.len, 256);
    body.len -= 2;
    buf_add_str(&body, STR("x\"}"));
    struct event_faults faults = refused(*state, EVENT_JSON, buf_str(&body), ERR_CONFLICT);
    assert_fault(&faults, 0, "/uii", "129 characters; the limit is 128");
}

static void test_all_faults_are_found_and_the_first_16_kept(void **state)
{
    AUTO_BUF struct buf body;
    buf_init(&body, 10000);
    buf_add_str(&body, STR("{\"elements\":{\"\":1},"));
    for (int i = 0; i < 20; i++)
        buf_printf(&body, "\"x%d\":{},", i);
    buf_add_str(&body, STR("\"survey\":1}"));
    struct event_faults faults = refused(*state, EVENT_JSON, buf_str(&body), ERR_CONFLICT);
    assert_int_equal(faults.count, 23);
    assert_fault(&faults, 15, "/x15", "only `survey`");
}

static void test_number_and_length_of_names_are_limited(void **state)
{
    AUTO_BUF struct buf json, form;
    buf_init(&json, 100000);
    buf_init(&form, 100000);
    buf_add_str(&json, STR("{\"uii\":\"1\""));
    buf_add_str(&form, STR("uii=1"));
    for (int i = 1; i < 1000; i++) {
        buf_printf(&json, ",\"e%d\":%d", i, i);
        buf_printf(&form, "&e%d=%d", i, i);
    }
    size_t json_len = json.len;
    buf_add_char(&json, '}');
    assert_int_equal(parsed(*state, EVENT_JSON, json.data).elements->object.count, 1000);
    assert_int_equal(parsed(*state, EVENT_FORM, form.data).elements->object.count, 1000);
    json.len = json_len;
    buf_add_str(&json, STR(",\"more\":1}"));
    buf_add_str(&form, STR("&more=1"));
    struct event_faults faults = refused(*state, EVENT_JSON, buf_str(&json), ERR_TOO_LARGE);
    assert_fault(&faults, 0, "", "1001 data elements; the limit is 1000");
    faults = refused(*state, EVENT_FORM, buf_str(&form), ERR_TOO_LARGE);
    assert_fault(&faults, 0, "", "1001 data elements");

    buf_clear(&form);
    buf_printf(&form, "uii=1&%0128d=x", 0);
    parsed(*state, EVENT_FORM, form.data);
    buf_clear(&form);
    buf_printf(&form, "uii=1&%0129d=x", 0);
    faults = refused(*state, EVENT_FORM, buf_str(&form), ERR_TOO_LARGE);
    assert_fault(&faults, 0, "/0000000000000000000000000000000000000000", "has 129 bytes");
}

static void test_depth_and_fields_are_limited(void **state)
{
    struct event_faults faults =
        refused(*state, EVENT_JSON, STR("{\"uii\":\"1\",\"a\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}"),
                ERR_TOO_LARGE);
    assert_fault(&faults, 0, "", "nested more than 16 deep");
    AUTO_BUF struct buf form;
    buf_init(&form, 100000);
    buf_add_str(&form, STR("uii=1"));
    for (int i = 0; i < 4000; i++)
        buf_add_str(&form, STR("&a=1"));
    faults = refused(*state, EVENT_FORM, buf_str(&form), ERR_TOO_LARGE);
    assert_fault(&faults, 0, "", "more than 4000 fields");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_are_18_triggers_and_6_extra),
        cmocka_unit_test(test_format_follows_the_media_type),
        cmocka_unit_test_setup_teardown(test_flat_json_is_the_elements, new_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_survey_stands_apart_in_both_json_forms, new_arena,
                                        free_arena),
        cmocka_unit_test_setup_teardown(test_call_id_may_be_an_integer, new_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_form_fields_are_the_elements, new_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_a_repeated_field_becomes_an_array_in_order, new_arena,
                                        free_arena),
        cmocka_unit_test_setup_teardown(test_form_bytes_that_are_not_utf8_are_replaced, new_arena,
                                        free_arena),
        cmocka_unit_test_setup_teardown(test_a_malformed_percent_is_refused_with_its_byte,
                                        new_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_the_body_must_be_an_object, new_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_each_broken_rule_has_its_pointer, new_arena,
                                        free_arena),
        cmocka_unit_test_setup_teardown(test_call_id_is_limited_in_characters, new_arena,
                                        free_arena),
        cmocka_unit_test_setup_teardown(test_all_faults_are_found_and_the_first_16_kept, new_arena,
                                        free_arena),
        cmocka_unit_test_setup_teardown(test_number_and_length_of_names_are_limited, new_arena,
                                        free_arena),
        cmocka_unit_test_setup_teardown(test_depth_and_fields_are_limited, new_arena, free_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
