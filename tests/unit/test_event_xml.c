// SPDX-License-Identifier: GPL-3.0-or-later
//
// XML bodies: what becomes of elements, attributes and texts, and that hostile documents are
// refused at once.

#include "event_bodies.h"

static const char chat_end[] = "chat.end";

static void gives(struct arena *arena, const char *body, const char *elements)
{
    assert_tree(taken(arena, chat_end, EVENT_XML, str_from(body)).elements, elements);
}

static void malformed(struct arena *arena, struct str body, const char *part)
{
    refused(arena, chat_end, EVENT_XML, body, ERR_INVALID, "", part);
}

static void test_children_of_the_root_are_the_elements(void **state)
{
    gives(*state,
          "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<event>\n <uii>1</uii>\n"
          " <agent_notes>a &lt;b&gt; &amp; &#x2713;&#10;c</agent_notes>\n <ani/>\n</event>\n",
          "{\"uii\":\"1\",\"agent_notes\":\"a <b> & ✓\\nc\",\"ani\":\"\"}");
    assert_true(
        str_eq(taken(*state, chat_end, EVENT_XML, STR("<e><uii>42</uii></e>")).call_id, STR("42")));
}

static void test_cdata_is_text_like_any(void **state)
{
    gives(*state, "<e><uii>1</uii><n>x <![CDATA[<b> & ]]]]><![CDATA[>]]> y</n></e>",
          "{\"uii\":\"1\",\"n\":\"x <b> & ]]> y\"}");
}

static void test_nested_elements_are_objects_and_repeated_ones_arrays(void **state)
{
    gives(*state, "<e><uii>1</uii><t><m>a</m><n><o>b</o></n></t><k>1</k><x>2</x><k>3</k><k/></e>",
          "{\"uii\":\"1\",\"t\":{\"m\":\"a\",\"n\":{\"o\":\"b\"}},\"k\":[\"1\",\"3\",\"\"],"
          "\"x\":\"2\"}");
}

static void test_attributes_are_members_and_own_text_is_text(void **state)
{
    gives(
        *state, "<e uii=\"1\"><a code=\"csat\">\n 5 &amp; more\n</a><b x=\"&lt;&#9;1\"/></e>",
        "{\"uii\":\"1\",\"a\":{\"code\":\"csat\",\"text\":\"5 & more\"},\"b\":{\"x\":\"<\\t1\"}}");
    gives(*state, "<e><uii>1</uii><a b=\"1\"><b>2</b></a></e>",
          "{\"uii\":\"1\",\"a\":{\"b\":[\"1\",\"2\"]}}");
}

static void test_names_count_without_their_namespace(void **state)
{
    gives(*state,
          "<v:e xmlns:v=\"urn:v\" xmlns=\"urn:d\" xmlns:xsi=\"http://www.w3.org/2001/"
          "XMLSchema-instance\" xsi:schemaLocation=\"a b\" xml:lang=\"en\"><v:uii>1</v:uii>"
          "<uix xsi:type=\"x\">2</uix><d xsi:nil=\"true\"/></v:e>",
          "{\"uii\":\"1\",\"uix\":\"2\",\"d\":null}");
    gives(*state, "<v:e><v:uii>1</v:uii></v:e>", "{\"uii\":\"1\"}");
}

static void test_other_encodings_become_utf8(void **state)
{
    gives(*state, "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><e uii=\"1\"><n>caf\xe9</n></e>",
          "{\"uii\":\"1\",\"n\":\"café\"}");
    gives(*state,
          "<?xml version=\"1.0\" encoding=\"windows-1252\"?><e uii=\"1\"><n>\x80\x80</n></e>",
          "{\"uii\":\"1\",\"n\":\"€€\"}");
    gives(*state, "\xef\xbb\xbf<e uii=\"1\"/>", "{\"uii\":\"1\"}");
    struct str wide = STR("\xff\xfe<\0e\0 \0u\0i\0i\0=\0'\0001\0'\0/\0>\0");
    assert_tree(taken(*state, chat_end, EVENT_XML, wide).elements, "{\"uii\":\"1\"}");
}

static void test_an_envelope_may_be_xml(void **state)
{
    struct event event =
        taken(*state, NULL, EVENT_XML,
              STR("<event><type>inbound.disposition</type><idempotency_key>k-1</idempotency_key>"
                  "<elements><uii>1</uii></elements><survey><survey_id>7</survey_id>"
                  "<answers extern_id=\"csat\">5</answers></survey></event>"));
    assert_string_equal(event.trigger, "inbound.disposition");
    assert_true(str_eq(event.key, STR("k-1")));
    assert_tree(event.elements, "{\"uii\":\"1\"}");
    assert_tree(event.survey, "{\"survey_id\":\"7\",\"answers\":{\"extern_id\":\"csat\","
                              "\"text\":\"5\"}}");
}

static void test_a_document_type_is_refused_before_it_is_read(void **state)
{
    static const char *const bodies[] = {
        "<!DOCTYPE e><e uii=\"1\"/>",
        "<!DOCTYPE e SYSTEM \"file:///etc/passwd\"><e uii=\"1\"/>",
        "<!DOCTYPE e [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><e uii=\"1\">&x;</e>",
        "<!DOCTYPE e [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]><e><uii>&b;</uii></e>",
        "<!DOCTYPE e PUBLIC \"a\" \"http://127.0.0.1:1/\" [<!ENTITY % p SYSTEM "
        "\"http://127.0.0.1:1/\">%p;]><e/>",
    };
    for (size_t i = 0; i < COUNT_OF(bodies); i++)
        malformed(*state, str_from(bodies[i]), "document type");
}

static void test_what_is_no_xml_is_refused_with_its_line(void **state)
{
    malformed(*state, STR("uii=1"), "line 1: no well-formed XML");
    malformed(*state, STR("{\"uii\":1}"), "line 1");
    malformed(*state, STR("<e>\n<uii>1</uii>\n</f>"), "line 3");
    malformed(*state, STR("<e><uii>1</uii>"), "no well-formed XML");
    malformed(*state, STR("<e/><e/>"), "no well-formed XML");
    malformed(*state, STR("<e>&nbsp;</e>"), "nbsp");
    malformed(*state, STR("<e a=\"1\" a=\"2\"/>"), "Attribute a redefined");
    malformed(*state, STR("<e>\xff\xfe</e>"), "no well-formed XML");
    malformed(*state, STR("<e>&#0;</e>"), "no well-formed XML");
    malformed(*state, STR("<e>a\0b</e>"), "no well-formed XML");
    malformed(*state, STR(" \n "), "no well-formed XML");
}

static void test_rules_hold_as_for_json(void **state)
{
    refused(*state, chat_end, EVENT_XML, STR("<uii>1</uii>"), ERR_CONFLICT, "/uii", "missing");
    refused(*state, chat_end, EVENT_XML, STR("<e><uii>1</uii><uii>2</uii></e>"), ERR_CONFLICT,
            "/uii", "an array");
    refused(*state, chat_end, EVENT_XML, STR("<e><uii>\n1</uii></e>"), ERR_CONFLICT, "/uii",
            "control character");
}

static void too_large(struct arena *arena, const char *start, const char *repeat, size_t count,
                      const char *end, const char *part)
{
    AUTO_BUF struct buf body;
    buf_init(&body, 16 << 20);
    buf_printf(&body, "%s", start);
    for (size_t i = 0; i < count; i++)
        buf_printf(&body, "%s", repeat);
    buf_printf(&body, "%s", end);
    refused(arena, chat_end, EVENT_XML, buf_str(&body), ERR_TOO_LARGE, "", part);
}

static void test_a_passed_limit_is_told(void **state)
{
    too_large(*state, "", "<a>", 17, "", "more than 16 deep");
    too_large(*state, "", "<a>", 100000, "", "more than 16 deep");
    too_large(*state, "<e>", "<a/>", 50000, "</e>", "more than 50000 elements");
    AUTO_BUF struct buf body;
    buf_init(&body, 1 << 20);
    buf_printf(&body, "<e><uii>1</uii><d>");
    for (int i = 0; i <= 2000; i++)
        buf_printf(&body, "<m%d/>", i);
    buf_printf(&body, "</d></e>");
    refused(*state, chat_end, EVENT_XML, buf_str(&body), ERR_TOO_LARGE, "", "different children");
}

// Sixty-four kilobytes of notes, and no limit of the library on the way.
static void test_a_long_text_arrives_whole(void **state)
{
    AUTO_BUF struct buf body;
    buf_init(&body, 1 << 20);
    buf_printf(&body, "<e uii=\"1\"><agent_notes>");
    for (int i = 0; i < 16 * 1024; i++)
        buf_printf(&body, "&lt;\xc3\xa9x");
    buf_printf(&body, "</agent_notes></e>");
    struct event event = taken(*state, chat_end, EVENT_XML, buf_str(&body));
    const struct json *notes = json_get(event.elements, STR("agent_notes"));
    assert_int_equal(notes->string.len, 64 * 1024);
    assert_true(str_starts(notes->string, STR("<\xc3\xa9x<")));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, new_arena, free_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_children_of_the_root_are_the_elements),
        CASE(test_cdata_is_text_like_any),
        CASE(test_nested_elements_are_objects_and_repeated_ones_arrays),
        CASE(test_attributes_are_members_and_own_text_is_text),
        CASE(test_names_count_without_their_namespace),
        CASE(test_other_encodings_become_utf8),
        CASE(test_an_envelope_may_be_xml),
        CASE(test_a_document_type_is_refused_before_it_is_read),
        CASE(test_what_is_no_xml_is_refused_with_its_line),
        CASE(test_rules_hold_as_for_json),
        CASE(test_a_passed_limit_is_told),
        CASE(test_a_long_text_arrives_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
