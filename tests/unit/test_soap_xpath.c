// SPDX-License-Identifier: GPL-3.0-or-later
//
// XPath on replies: unprefixed names in any namespace, prefixes strictly, mistakes told at load
// with their place, and no expression that takes for ever.

#include "base/clock.h"
#include "edge/soap_xpath.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const char reply[] =
    "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body>"
    "<c:OpenCaseResponse xmlns:c='urn:crm' xmlns:o='urn:other'>"
    "<c:Status code='7'> OK </c:Status><c:Case><c:CaseId>4711</c:CaseId></c:Case>"
    "<o:CaseId>other</o:CaseId><Note>a and b</Note><and>1</and><Empty/>"
    "</c:OpenCaseResponse></s:Body></s:Envelope>";

static const struct soap_xpath_prefix prefixes[] = {{"crm", "urn:crm"}, {"other", "urn:other"}};

static struct {
    struct arena *arena;
    struct soap_codec *codec;
    struct soap_xml *xml;
} all;

static int set_up(void **state)
{
    (void)state;
    struct err err;
    all.arena = arena_new();
    all.codec = soap_codec_new();
    return soap_xml_read(all.codec, str_from(reply), &all.xml, &err) ? 0 : 1;
}

static int tear_down(void **state)
{
    (void)state;
    soap_xml_free(all.xml);
    soap_codec_free(all.codec);
    arena_free(all.arena);
    return 0;
}

static const struct soap_xpath *compiled(const char *text)
{
    const struct soap_xpath *xpath = NULL;
    struct err err = {0};
    if (!soap_xpath_compile(all.arena, text, prefixes, COUNT_OF(prefixes), &xpath, &err))
        fail_msg("%s: %s", text, err.text);
    return xpath;
}

static void test_an_unprefixed_name_is_of_any_namespace(void **state)
{
    (void)state;
    static const struct {
        const char *expression, *text; // NULL: nothing is found
    } cases[] = {
        {"//CaseId", "4711"},
        {"//Case/CaseId", "4711"},
        {"/Envelope/Body/OpenCaseResponse/CaseId", "other"},
        {"//Status", "OK"},
        {"//Status/@code", "7"},
        {"//attribute::code", "7"},
        {"//Empty", ""},
        {"//Absent", NULL},
        {"//crm:CaseId", "4711"},
        {"//other:CaseId", "other"},
        {"//crm:Note", NULL},
        {"//other:*", "other"},
        {"count(//CaseId)", "2"},
        {"(//CaseId)[2]", "other"},
        {"//CaseId[last()]", "4711"},
        {"//Status/following-sibling::*[1]/CaseId", "4711"},
        {"concat(//Case/CaseId, '-', normalize-space(//Status))", "4711-OK"},
        {"//and", "1"},
        {"//and and //Absent", "false"},
        {"//Note[. = 'a and b']", "a and b"},
        {"//and * 3", "3"},
        {"//Status/text()", "OK"},
        {"name(//Note)", "Note"},
        {"//*[@code > 6.5 and @code<.75e1]", NULL},
    };
    for (size_t i = 0; i + 1 < COUNT_OF(cases); i++) {
        struct str text;
        bool is_found;
        struct err err = {0};
        if (!soap_xpath_text(compiled(cases[i].expression), all.xml, all.arena, &text, &is_found,
                             &err))
            fail_msg("%s", err.text);
        const char *got = is_found ? text.data : "(nothing)";
        const char *wanted = cases[i].text ? cases[i].text : "(nothing)";
        if (strcmp(got, wanted) != 0)
            fail_msg("%s gives \"%s\", not \"%s\"", cases[i].expression, got, wanted);
    }
}

static void test_a_test_says_what_stood_there(void **state)
{
    (void)state;
    static const struct {
        const char *expression;
        bool holds;
        const char *found;
    } cases[] = {
        {"normalize-space(//Status) = 'OK'", true, "//Status is \"OK\""},
        {"//Status = 'FAILED' or //Case/CaseId > 5000", false,
         "//Status is \"OK\", //Case/CaseId is \"4711\""},
        {"not(//CaseId[. = 'other'])", false, "//CaseId[. = 'other'] is \"other\""},
        {"//Absent", false, "//Absent is not there"},
        {"count(//CaseId) = 2", true, "//CaseId is \"4711\" (and 1 more)"},
        {"1 = 2", false, ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        bool holds;
        struct err err;
        const struct soap_xpath *xpath = compiled(cases[i].expression);
        assert_true(soap_xpath_holds(xpath, all.xml, &holds, &err));
        assert_int_equal(holds, cases[i].holds);
        assert_string_equal(soap_xpath_explain(xpath, all.xml, all.arena), cases[i].found);
    }
}

static void test_a_long_value_is_not_told_in_part(void **state)
{
    (void)state;
    char *text = arena_alloc(all.arena, 302);
    struct soap_xml *xml;
    struct err err;
    memset(text, 'k', 301);
    const char *document = arena_printf(all.arena, "<a><b>%s</b></a>", text);
    assert_true(soap_xml_read(all.codec, str_from(document), &xml, &err));
    assert_string_equal(soap_xpath_explain(compiled("//b"), xml, all.arena),
                        "//b is a text of 301 bytes");
    soap_xml_free(xml);
}

static void test_mistakes_are_told_before_any_reply(void **state)
{
    (void)state;
    static const struct {
        const char *expression, *says;
    } cases[] = {
        {"//Status = ", "at character 10: this is no XPath"},
        {"//Status == 'OK'", "at character 11: this is no XPath"},
        {"", "this is no XPath"},
        {"contain(//a, 'b')", "there is no function 'contain'; did you mean 'contains'?"},
        {"//crn:Status", "at character 3: namespaces does not say what is 'crn'; did you mean"},
        {"crm:f(1)", "there is no function 'crm:f'"},
        {"//a[b = $c]", "at character 9: XPath cannot use '$'"},
        {"//a = 'b", "nothing ends the text ''b'"},
        {"count('x')", "a value is of a kind"},
        {"contains(//a)", "too many or too few values"},
        {"//a[", "at character"},
        {"//a]", "at character 4"},
        {"OK!", "at character"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct soap_xpath *xpath;
        struct err err = {0};
        bool is_good = soap_xpath_compile(all.arena, cases[i].expression, prefixes,
                                          COUNT_OF(prefixes), &xpath, &err);
        if (is_good || !strstr(err.text, cases[i].says))
            fail_msg("%s: \"%s\" does not say \"%s\"", cases[i].expression, err.text,
                     cases[i].says);
    }
}

static void test_an_expression_without_end_is_stopped(void **state)
{
    (void)state;
    AUTO_BUF struct buf text;
    struct soap_xml *xml;
    struct err err = {0};
    bool holds;
    buf_init(&text, 1 << 22);
    buf_printf(&text, "<r>");
    for (int i = 0; i < 20000; i++)
        buf_printf(&text, "<a><b>%d</b></a>", i);
    buf_printf(&text, "</r>");
    assert_true(soap_xml_read(all.codec, buf_str(&text), &xml, &err));
    assert_true(soap_xpath_holds(compiled("//b = '19999'"), xml, &holds, &err));
    assert_true(holds);
    static const char *const endless[] = {
        "count(//*[count(//*[count(//*) > 1]) > 1])",
        "//a[. = //b[. = //a]]",
        "//b[preceding::b[preceding::b = 'x'] = 'y']",
    };
    for (size_t i = 0; i < COUNT_OF(endless); i++) {
        int64_t before = clock_steady_us();
        bool is_done = soap_xpath_holds(compiled(endless[i]), xml, &holds, &err);
        assert_false(is_done);
        assert_non_null(strstr(err.text, "too many steps"));
        assert_true(clock_steady_us() - before < 30 * 1000 * 1000);
    }
    soap_xml_free(xml);
}

static void test_documents_with_a_document_type_are_refused(void **state)
{
    (void)state;
    struct soap_xml *xml = NULL;
    struct err err;
    assert_false(
        soap_xml_read(all.codec, STR("<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>"), &xml, &err));
    assert_non_null(strstr(err.text, "document type"));
    assert_false(soap_xml_read(all.codec, STR("{}"), &xml, &err));
    assert_null(xml);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_unprefixed_name_is_of_any_namespace),
        cmocka_unit_test(test_a_test_says_what_stood_there),
        cmocka_unit_test(test_a_long_value_is_not_told_in_part),
        cmocka_unit_test(test_mistakes_are_told_before_any_reply),
        cmocka_unit_test(test_an_expression_without_end_is_stopped),
        cmocka_unit_test(test_documents_with_a_document_type_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
