// SPDX-License-Identifier: GPL-3.0-or-later
//
// What is found by giving services samples of what their routes carry: which failures are faults,
// which warnings, where they are told to be, and what is not told.

#include "folder.h"

#include "flow/prove.h"

struct fixture {
    struct folder folder;
    struct fault_list warnings;
    struct proof proof;
};

static struct fixture fixture;

static int set_up(void **state)
{
    (void)state;
    fixture = (struct fixture){0};
    folder_open(&fixture.folder);
    fixture.warnings.arena = fixture.folder.arena;
    fixture.proof = (struct proof){.faults = &fixture.folder.faults, .warnings = &fixture.warnings};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fault_list_finish(&fixture.warnings);
    folder_close(&fixture.folder);
    return 0;
}

static bool prove(const char *configuration)
{
    folder_load(&fixture.folder, configuration);
    return prove_services(fixture.folder.config, fixture.folder.services, &fixture.proof);
}

static const struct fault *only(const struct fault_list *list)
{
    if (list->count != 1) {
        for (size_t i = 0; i < list->count; i++)
            print_error("%s:%d: %s\n", list->items[i].file, list->items[i].line,
                        list->items[i].text);
        fail_msg("%zu instead of one", list->count);
    }
    return &list->items[0];
}

static void expect_words(const struct fault *fault, const char *words)
{
    if (!strstr(fault->text, words))
        fail_msg("\"%s\" has no \"%s\"", fault->text, words);
}

#define HTTP                                                                                       \
    "sources: {acme: {}}\nservices:\n  crm: {http: {url: \"http://a/{{uii}}\", body: json}, "      \
    "template: t.json}\nroutes:\n"

static void test_what_every_event_can_make_is_not_told(void **state)
{
    (void)state;
    folder_write(&fixture.folder, "t.json",
                 "{\"call\": \"{{uii}}\", \"note\": \"{{agent_notes}}\"}");
    assert_true(prove(HTTP "  - {name: all, services: [crm]}\n"));
    size_t triggers;
    event_triggers(&triggers);
    assert_int_equal(fixture.proof.tried, triggers);
    assert_int_equal(fixture.warnings.count, 0);
}

static void test_what_no_usual_event_can_make_is_a_fault_of_all_its_triggers(void **state)
{
    (void)state;
    folder_write(&fixture.folder, "t.json", "{\"note\": {{{gate_name}}}}");
    assert_false(prove(HTTP "  - {name: a, triggers: [inbound.disposition, inbound.call_end], "
                            "services: [crm]}\n"));
    const struct fault *fault = only(&fixture.folder.faults);
    expect_words(fault, "service 'crm', inbound.call_end, inbound.disposition: a usual event");
    expect_words(fault, "makes no JSON");
    assert_non_null(strstr(fault->file, "/t.json"));
    assert_int_equal(fixture.warnings.count, 0);
}

static void test_what_only_a_sparse_event_cannot_make_is_a_warning(void **state)
{
    (void)state;
    folder_write(&fixture.folder, "t.json", "{\"note\": {{#duration}}1{{/duration}}}");
    assert_true(prove(HTTP "  - {name: a, triggers: [inbound.call_end], services: [crm]}\n"));
    const struct fault *warning = only(&fixture.warnings);
    expect_words(warning, "service 'crm', inbound.call_end: an event without duration will be");
}

static void test_what_a_route_asks_for_is_in_the_event(void **state)
{
    (void)state;
    folder_write(&fixture.folder, "t.json", "{\"note\": {{#campaign_id}}1{{/campaign_id}}}");
    assert_true(prove(HTTP "  - {name: a, triggers: [outbound.disposition], "
                           "when: {campaign_id: [\"17\", \"18\"]}, services: [crm]}\n"));
    assert_int_equal(fixture.warnings.count, 0);
}

static void test_a_url_is_mended_in_the_configuration(void **state)
{
    (void)state;
    folder_write(&fixture.folder, "t.json", "{}");
    assert_false(
        prove("sources: {acme: {}}\nservices:\n  crm: {http: {url: \"http://a/{{{agent_notes}}}\", "
              "body: json}, template: t.json}\n"
              "routes:\n  - {name: a, triggers: [inbound.disposition], services: [crm]}\n"));
    const struct fault *fault = only(&fixture.folder.faults);
    assert_non_null(strstr(fault->file, "/switchhook.yaml"));
    assert_int_equal(fault->line, 6);
}

static const char soap[] =
    "sources: {acme: {}}\nservices:\n"
    "  survey: {soap: {wsdl: survey, operation: SubmitSurveyResult, endpoint: \"http://a/\"}, "
    "template: t.xml}\n"
    "routes:\n  - {name: a, triggers: [inbound.call_end], services: [survey]}\n";

static void test_a_template_that_misfits_its_wsdl_is_a_fault_with_its_line(void **state)
{
    (void)state;
    folder_write(&fixture.folder, "t.xml",
                 "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"\n"
                 "    xmlns:s=\"http://ws.acme.example/survey/v1\">\n<soap:Body>\n"
                 "<s:SubmitSurveyResult>\n<s:call>\n<s:uii>{{uii}}</s:uii>\n"
                 "{{#duration}}\n<s:durationSeconds>{{gate_name}}</s:durationSeconds>\n"
                 "{{/duration}}\n</s:call>\n<s:survey/>\n"
                 "</s:SubmitSurveyResult>\n</soap:Body>\n</soap:Envelope>\n");
    assert_false(prove(soap));
    const struct fault *fault = only(&fixture.folder.faults);
    assert_non_null(strstr(fault->file, "/t.xml"));
    assert_int_equal(fault->line, 8);
    expect_words(fault, "durationSeconds");
}

static void test_an_element_the_wsdl_needs_is_told_where_it_is_written(void **state)
{
    (void)state;
    folder_write(
        &fixture.folder, "t.xml",
        "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"\n"
        "    xmlns:s=\"http://ws.acme.example/survey/v1\">\n<soap:Body>\n"
        "<s:SubmitSurveyResult>\n<s:call>\n{{#gate_name}}<s:uii>{{uii}}</s:uii>{{/gate_name}}\n"
        "</s:call>\n<s:survey/>\n"
        "</s:SubmitSurveyResult>\n</soap:Body>\n</soap:Envelope>\n");
    assert_true(prove(soap));
    const struct fault *warning = only(&fixture.warnings);
    expect_words(warning, "an event without gate_name will be rejected");
    assert_int_equal(warning->line, 6);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_what_every_event_can_make_is_not_told),
        CASE(test_what_no_usual_event_can_make_is_a_fault_of_all_its_triggers),
        CASE(test_what_only_a_sparse_event_cannot_make_is_a_warning),
        CASE(test_what_a_route_asks_for_is_in_the_event),
        CASE(test_a_url_is_mended_in_the_configuration),
        CASE(test_a_template_that_misfits_its_wsdl_is_a_fault_with_its_line),
        CASE(test_an_element_the_wsdl_needs_is_told_where_it_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
