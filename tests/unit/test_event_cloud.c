// SPDX-License-Identifier: GPL-3.0-or-later
//
// Bodies that say themselves what they are: our envelope and CloudEvents. The trigger they name,
// the key they give, the data inside.

#include "event_bodies.h"

#define HEAD "\"specversion\":\"1.0\",\"id\":\"A-1\",\"source\":\"/acme\""

static struct event cloud(struct arena *arena, const char *members)
{
    char body[2000];
    snprintf(body, sizeof(body), "{" HEAD ",\"type\":\"chat.end\",%s}", members);
    return taken(arena, NULL, EVENT_CLOUDEVENT, arena_copy(arena, str_from(body)));
}

static void wrong(struct arena *arena, const char *body, const char *pointer, const char *part)
{
    refused(arena, NULL, EVENT_CLOUDEVENT, str_from(body), ERR_CONFLICT, pointer, part);
}

// --- envelopes ---

static void test_an_envelope_names_trigger_and_key(void **state)
{
    struct event event =
        taken(*state, NULL, EVENT_JSON,
              STR("{\"id\":\"x\",\"trigger\":\"inbound.disposition\",\"idempotency_key\":\"a:1\","
                  "\"sequence\":4,\"replay\":false,\"slot\":null,\"elements\":{\"uii\":\"1\"},"
                  "\"survey\":{\"survey_id\":1775}}"));
    assert_string_equal(event.trigger, "inbound.disposition");
    assert_true(str_eq(event.key, STR("a:1")));
    assert_tree(event.elements, "{\"uii\":\"1\"}");
    assert_tree(event.survey, "{\"survey_id\":1775}");
    event = taken(*state, "chat.end", EVENT_JSON,
                  STR("{\"type\":\"chat.end\",\"elements\":{\"uii\":\"1\"}}"));
    assert_int_equal(event.key.len, 0);
}

static void test_an_envelope_that_is_a_cloudevent_has_its_key(void **state)
{
    struct event event =
        taken(*state, NULL, EVENT_JSON,
              STR("{" HEAD ",\"type\":\"chat.end\",\"elements\":{\"uii\":\"1\"}}"));
    assert_true(str_eq(event.key, STR("/acme A-1")));
    event = taken(*state, NULL, EVENT_CLOUDEVENT,
                  STR("{" HEAD ",\"type\":\"chat.end\",\"idempotency_key\":\"own\","
                      "\"elements\":{\"uii\":\"1\"}}"));
    assert_true(str_eq(event.key, STR("own")));
}

static void test_members_of_a_flat_body_are_elements_whatever_their_names(void **state)
{
    struct event event =
        taken(*state, "chat.end", EVENT_JSON,
              STR("{\"uii\":\"1\",\"type\":\"x\",\"trigger\":\"y\",\"idempotency_key\":\"z\","
                  "\"specversion\":\"2\"}"));
    assert_int_equal(event.elements->object.count, 5);
    assert_int_equal(event.key.len, 0);
    assert_string_equal(event.trigger, "chat.end");
}

static void test_what_is_wrong_with_an_envelope_is_pointed_at(void **state)
{
    static const struct {
        const char *trigger, *body, *pointer, *part;
    } cases[] = {
        {NULL, "{\"elements\":{\"uii\":\"1\"}}", "", "no trigger"},
        {NULL, "{\"uii\":\"1\",\"type\":\"chat.end\"}", "", "no trigger"},
        {NULL, "{\"type\":\"chat.ende\",\"elements\":{\"uii\":\"1\"}}", "/type",
         "did you mean \"chat.end\"?"},
        {NULL, "{\"type\":5,\"elements\":{\"uii\":\"1\"}}", "/type", "no trigger \"\""},
        {NULL, "{\"type\":\"chat.end\",\"trigger\":\"chat.new\",\"elements\":{\"uii\":\"1\"}}",
         "/trigger", "this says chat.new, but the event was posted as chat.end"},
        {"chat.new", "{\"type\":\"chat.end\",\"elements\":{\"uii\":\"1\"}}", "/type",
         "posted as chat.new"},
        {"chat.new", "{\"idempotency_key\":\"a b\",\"elements\":{\"uii\":\"1\"}}",
         "/idempotency_key", "visible ASCII"},
        {"chat.new", "{\"idempotency_key\":\"\",\"elements\":{\"uii\":\"1\"}}", "/idempotency_key",
         "visible ASCII"},
        {"chat.new", "{\"elements\":{\"uii\":\"1\"},\"surveys\":{}}", "/surveys",
         "only `survey` and simple values"},
        {"chat.new", "{\"elements\":[]}", "/elements", "an array, not an object"},
        {"chat.new", "{\"elements\":{\"ani\":1}}", "/elements/uii", "missing"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        refused(*state, cases[i].trigger, EVENT_JSON, str_from(cases[i].body), ERR_CONFLICT,
                cases[i].pointer, cases[i].part);
}

// --- structured CloudEvents ---

static void test_data_is_the_body_and_the_attributes_are_not(void **state)
{
    struct event event = cloud(*state, "\"time\":\"2020-09-15T18:05:47Z\",\"tenant\":\"acme\","
                                       "\"data\":{\"uii\":\"1\",\"type\":\"x\"}");
    assert_string_equal(event.trigger, "chat.end");
    assert_true(str_eq(event.key, STR("/acme A-1")));
    assert_tree(event.elements, "{\"uii\":\"1\",\"type\":\"x\"}");
    event = cloud(*state, "\"data\":{\"elements\":{\"uii\":\"1\"},\"survey\":[]}");
    assert_tree(event.elements, "{\"uii\":\"1\"}");
    assert_tree(event.survey, "[]");
}

static void test_a_cloudevent_is_known_as_plain_json_too(void **state)
{
    struct event event = taken(*state, "chat.end", EVENT_JSON,
                               STR("{" HEAD ",\"type\":\"chat.end\",\"data\":{\"uii\":\"1\"}}"));
    assert_tree(event.elements, "{\"uii\":\"1\"}");
    assert_true(str_eq(event.key, STR("/acme A-1")));
}

static void test_data_may_be_base64_or_text_of_another_format(void **state)
{
    static const char *const members[] = {
        "\"data_base64\":\"eyJ1aWkiOiIxIn0=\"",
        "\"datacontenttype\":\"application/json\",\"data_base64\":\"eyJ1aWkiOiIxIn0=\"",
        "\"datacontenttype\":\"text/xml\",\"data_base64\":\"PGU+PHVpaT4xPC91aWk+PC9lPg==\"",
        "\"datacontenttype\":\"application/xml\",\"data\":\"<e><uii>1</uii></e>\"",
        "\"datacontenttype\":\"application/x-www-form-urlencoded\",\"data\":\"uii=1\"",
    };
    for (size_t i = 0; i < COUNT_OF(members); i++)
        assert_tree(cloud(*state, members[i]).elements, "{\"uii\":\"1\"}");
}

static void test_what_is_wrong_with_a_cloudevent_is_pointed_at(void **state)
{
    static const struct {
        const char *body, *pointer, *part;
    } cases[] = {
        {"{\"uii\":\"1\"}", "/specversion", "specversion 1.0"},
        {"{\"specversion\":\"0.3\",\"id\":\"1\",\"source\":\"a\",\"type\":\"chat.end\",\"data\":{}"
         "}",
         "/specversion", "specversion 1.0"},
        {"{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"a\",\"data\":{\"uii\":\"1\"}}",
         "/type", "missing"},
        {"{\"specversion\":\"1.0\",\"source\":\"a\",\"type\":\"chat.end\",\"data\":{}}", "/id",
         "1 to 255 bytes"},
        {"{\"specversion\":\"1.0\",\"id\":\"\",\"source\":\"a\",\"type\":\"chat.end\",\"data\":{}}",
         "/id", "1 to 255 bytes"},
        {"{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"a b\",\"type\":\"chat.end\","
         "\"data\":{}}",
         "/source", "a blank"},
        {"{\"specversion\":\"1.0\",\"id\":\"a\\nb\",\"source\":\"a\",\"type\":\"chat.end\","
         "\"data\":{}}",
         "/id", "a control character"},
        {"{" HEAD ",\"type\":\"chat.ende\",\"data\":{\"uii\":\"1\"}}", "/type", "did you mean"},
        {"{" HEAD ",\"type\":\"chat.end\"}", "", "either `data` or `data_base64`"},
        {"{" HEAD ",\"type\":\"chat.end\",\"data\":{},\"data_base64\":\"\"}", "", "either"},
        {"{" HEAD ",\"type\":\"chat.end\",\"data\":[1]}", "/data", "an array"},
        {"{" HEAD ",\"type\":\"chat.end\",\"data\":\"x\"}", "/data", "a string"},
        {"{" HEAD ",\"type\":\"chat.end\",\"data\":null}", "/data", "null"},
        {"{" HEAD ",\"type\":\"chat.end\",\"data_base64\":\"!\"}", "/data_base64", "no base64"},
        {"{" HEAD ",\"type\":\"chat.end\",\"datacontenttype\":\"text/csv\",\"data\":\"x\"}",
         "/datacontenttype", "JSON, XML or a form"},
        {"{" HEAD ",\"type\":\"chat.end\",\"datacontenttype\":\"application/cloudevents+json\","
         "\"data_base64\":\"e30=\"}",
         "/datacontenttype", "JSON, XML or a form"},
        {"{" HEAD ",\"type\":\"chat.end\",\"data\":{\"ani\":1}}", "/data/uii", "missing"},
        {"{" HEAD ",\"type\":\"chat.end\",\"data\":{\"elements\":{}}}", "/data/elements/uii",
         "missing"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        wrong(*state, cases[i].body, cases[i].pointer, cases[i].part);
}

static void test_a_type_must_agree_with_what_it_was_posted_as(void **state)
{
    refused(*state, "chat.new", EVENT_CLOUDEVENT,
            STR("{" HEAD ",\"type\":\"chat.end\",\"data\":{\"uii\":\"1\"}}"), ERR_CONFLICT, "/type",
            "posted as chat.new");
}

static void test_broken_data_is_a_fault_of_the_body(void **state)
{
    refused(*state, NULL, EVENT_CLOUDEVENT,
            STR("{" HEAD ",\"type\":\"chat.end\",\"data_base64\":\"eyI=\"}"), ERR_INVALID, "",
            "line 1");
    refused(*state, NULL, EVENT_CLOUDEVENT,
            STR("{" HEAD ",\"type\":\"chat.end\",\"data_base64\":\"\"}"), ERR_INVALID, "", "empty");
}

static void test_keys_differ_when_id_or_source_do(void **state)
{
    struct str one, other;
    const char *wrong_one;
    struct err err;
    assert_true(event_cloud_key(*state, STR("b c"), STR("a"), &one, &wrong_one, &err));
    assert_true(event_cloud_key(*state, STR("c"), STR("a/b"), &other, &wrong_one, &err));
    assert_false(str_eq(one, other));
    assert_false(event_is_key(one));
}

// --- the other formats ---

static void test_a_query_is_read_like_a_form(void **state)
{
    struct event event = taken(*state, "chat.end", EVENT_QUERY, STR("uii=1&n=a+b%0Ac&n=%C3%A9"));
    assert_tree(event.elements, "{\"uii\":\"1\",\"n\":[\"a b\\nc\",\"é\"]}");
    refused(*state, "chat.end", EVENT_QUERY, STR(""), ERR_INVALID, "", "the query is empty");
}

static void test_each_format_has_a_word_of_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < EVENT_FORMAT_COUNT; i++) {
        enum event_format format = EVENT_FORMAT_COUNT;
        assert_true(event_format_parse(str_from(event_format_word((enum event_format)i)), &format));
        assert_int_equal(format, i);
    }
    enum event_format format;
    assert_false(event_format_parse(STR("csv"), &format));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, new_arena, free_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_an_envelope_names_trigger_and_key),
        CASE(test_an_envelope_that_is_a_cloudevent_has_its_key),
        CASE(test_members_of_a_flat_body_are_elements_whatever_their_names),
        CASE(test_what_is_wrong_with_an_envelope_is_pointed_at),
        CASE(test_data_is_the_body_and_the_attributes_are_not),
        CASE(test_a_cloudevent_is_known_as_plain_json_too),
        CASE(test_data_may_be_base64_or_text_of_another_format),
        CASE(test_what_is_wrong_with_a_cloudevent_is_pointed_at),
        CASE(test_a_type_must_agree_with_what_it_was_posted_as),
        CASE(test_broken_data_is_a_fault_of_the_body),
        CASE(test_keys_differ_when_id_or_source_do),
        CASE(test_a_query_is_read_like_a_form),
        CASE(test_each_format_has_a_word_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
