// SPDX-License-Identifier: GPL-3.0-or-later
//
// Marks: what templates leave for missing values, and what each language makes of them. In the
// tables below the letters ^ (omit), ~ (nothing else) and ! (nil) stand for the three marks.

#include "core/mark.h"
#include "core/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static const struct json_limits limits = {.depth = 16, .values = 100000};
enum { MAX_BYTES = 1000000 };

static struct str with_marks(struct arena *arena, const char *text)
{
    AUTO_BUF struct buf out;
    buf_init(&out, MAX_BYTES);
    for (const char *c = text; *c; c++) {
        if (*c == '^')
            buf_add_str(&out, MARK_OMIT);
        else if (*c == '~')
            buf_add_str(&out, MARK_BLANK);
        else if (*c == '!')
            buf_add_str(&out, MARK_NIL);
        else
            buf_add_char(&out, *c);
    }
    return arena_copy(arena, buf_str(&out));
}

static void assert_text(struct str got, const char *expected)
{
    if (!str_eq(got, str_from(expected)))
        fail_msg("got `%.*s`, not `%s`", STR_ARG(got), expected);
}

static void test_a_field_is_judged_by_its_marks(void **state)
{
    (void)state;
    static const struct {
        const char *text, *kept;
        enum mark_verdict verdict;
    } cases[] = {
        {"plain", "plain", MARK_KEEPS},
        {"", "", MARK_KEEPS},
        {"  ", "  ", MARK_KEEPS},
        {"^", "", MARK_OMITS},
        {"a^b", "ab", MARK_OMITS},
        {"~", "", MARK_OMITS},
        {" ~~ ", "  ", MARK_OMITS},
        {"~b", "b", MARK_KEEPS},
        {"!", "", MARK_NILS},
        {"a!", "a", MARK_NILS},
        {"!^", "", MARK_OMITS},
        {"!~", "", MARK_NILS},
        {"\xef\xb7\xb0", "\xef\xb7\xb0", MARK_KEEPS}, // U+FDF0, an Arabic letter
        {"\xef\xb7\xb0~", "\xef\xb7\xb0", MARK_KEEPS},
        {"\xef\xb7", "\xef\xb7", MARK_KEEPS},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO_ARENA struct arena *arena = arena_new();
        struct str kept;
        assert_int_equal(mark_judge(arena, with_marks(arena, cases[i].text), &kept),
                         cases[i].verdict);
        assert_text(kept, cases[i].kept);
    }
}

static void test_json_members_and_items_are_left_out_or_null(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"{\"a\":\"^\",\"b\":1}", "{\"b\":1}"},
        {"{\"a\":\"x^\",\"b\":\"~\",\"c\":\"x~\"}", "{\"c\":\"x\"}"},
        {"{\"a\":\"!\",\"b\":\"x!\"}", "{\"a\":null,\"b\":null}"},
        {"[1,\"^\",\"!\",\"~\",2]", "[1,null,2]"},
        {"{\"a\":{\"b\":\"^\"},\"c\":[\"~\"]}", "{\"a\":{},\"c\":[]}"},
        {"{\"^\":1,\"~\":2,\"k~\":3}", "{\"k\":3}"},
        {"\"!\"", "null"},
        {"\"x~\"", "\"x\""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO_ARENA struct arena *arena = arena_new();
        AUTO_BUF struct buf out;
        buf_init(&out, MAX_BYTES);
        struct json *value;
        struct err err;
        assert_true(json_parse(arena, with_marks(arena, cases[i][0]), &limits, &value, &err));
        assert_true(mark_resolve_json(arena, value, &err));
        json_write(&out, value, JSON_COMPACT);
        assert_text(buf_str(&out), cases[i][1]);
    }
    AUTO_ARENA struct arena *arena = arena_new();
    struct json *whole = json_string(arena, MARK_OMIT);
    struct err err;
    assert_false(mark_resolve_json(arena, whole, &err));
    assert_int_equal(err.code, ERR_INVALID);
}

static void test_a_comma_before_a_closing_bracket_goes(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"[1,2,]", "[1,2 ]"},
        {"{\"a\":[1 ,\n ] , }", "{\"a\":[1  \n ]   }"},
        {"[\",]\",\"\\\",}\",]", "[\",]\",\"\\\",}\" ]"},
        {"[1,,]", "[1, ]"},
        {"[,]", "[ ]"},
        {"[1,2],", "[1,2],"},
        {"[\"a", "[\"a"},
        {"[\"a\\", "[\"a\\"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[100];
        snprintf(text, sizeof(text), "%s", cases[i][0]);
        mark_drop_commas(text, strlen(text));
        assert_string_equal(text, cases[i][1]);
    }
}

static void test_form_fields_are_left_out_and_lines_joined(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"a=1&b=^&c=3", "a=1&c=3"},
        {"a=^&b=2", "b=2"},
        {"a=^", ""},
        {"a=~&b=~x&c=", "b=x&c="},
        {"^=1&b=2", "b=2"},
        {"a=1&b=x^", "a=1"},
        {"a=1\n&b=2\n", "a=1&b=2"},
        {"a=1\r\n  &b=^\r\n  &c=3\r\n", "a=1&c=3"},
        {"a=1 \n\t&b=2", "a=1&b=2"},
        {"a=b c", "a=b c"},
        {"", ""},
        {"a^b&c=1", "c=1"}, // without a name
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO_ARENA struct arena *arena = arena_new();
        struct str body = with_marks(arena, cases[i][0]);
        assert_text(mark_resolve_form(arena, body, true), cases[i][1]);
    }
    AUTO_ARENA struct arena *arena = arena_new();
    assert_text(mark_resolve_form(arena, STR("a=\xef\xb7\x90"), false), "a=\xef\xb7\x90");
}

static void test_url_parameters_are_left_out(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"http://h/p?a=1&b=^", "http://h/p?a=1"},
        {"http://h/p?a=^", "http://h/p"},
        {"http://h/p?a=^&b=2", "http://h/p?b=2"},
        {"http://h/~p/~?a=~", "http://h/p/"},
        {"http://h/p", "http://h/p"},
    };
    struct str url;
    struct err err;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO_ARENA struct arena *arena = arena_new();
        assert_true(mark_resolve_url(arena, with_marks(arena, cases[i][0]), &url, &err));
        assert_text(url, cases[i][1]);
    }
    AUTO_ARENA struct arena *arena = arena_new();
    assert_false(mark_resolve_url(arena, with_marks(arena, "http://h/^/x?a=1"), &url, &err));
    assert_int_equal(err.code, ERR_INVALID);
}

// --- what templates leave ---

struct left {
    enum template_escape escape;
    enum missing_policy missing;
    const char *template, *data, *expected;
};

static bool render(struct arena *arena, const struct left *left, struct str *ret, struct err *err)
{
    struct template_options options = {.escape = left->escape, .missing = left->missing};
    struct template *template;
    struct template_place place;
    struct json *data;
    AUTO_BUF struct buf out;
    buf_init(&out, MAX_BYTES);
    if (!template_compile_as(str_from(left->template), &options, &template, &place, err) ||
        !json_parse(arena, str_from(left->data), &limits, &data, err))
        fail_msg("%s: %s", left->template, err->text);
    bool is_done = template_render(template, data, &out, err);
    template_free(template);
    *ret = arena_copy(arena, buf_str(&out));
    return is_done;
}

static void test_templates_leave_marks_for_what_is_missing(void **state)
{
    (void)state;
    static const struct left cases[] = {
        {TEMPLATE_XML, 0, "<a>{{v | omit}}</a>", "{\"v\":\"\"}", "<a>^</a>"},
        {TEMPLATE_XML, 0, "<a>{{v | omit}}</a>", "{\"v\":\"<\"}", "<a>&lt;</a>"},
        {TEMPLATE_XML, 0, "<a>{{v | nil}}{{{v | nil}}}</a>", "{}", "<a>!!</a>"},
        {TEMPLATE_XML, 0, "<a>{{v | trim | empty}}</a>", "{}", "<a></a>"},
        {TEMPLATE_XML, MISSING_OMIT, "<a>{{v}}</a>", "{}", "<a>~</a>"},
        {TEMPLATE_XML, MISSING_OMIT, "<a>{{v|empty}}{{v|omit}}{{v|default 'x'}}</a>", "{}",
         "<a>^x</a>"},
        {TEMPLATE_XML, MISSING_OMIT, "{{#v}}{{.}}{{/v}}{{^v}}none{{/v}}", "{}", "none"},
        {TEMPLATE_JSON, 0, "[\"{{v|omit}}\",{{v|omit}},{{{v|omit}}}]", "{}", "[\"^\",\"^\",\"^\"]"},
        {TEMPLATE_JSON, 0, "[\"{{v|nil}}\",{{v|nil}},{{v|empty}},{{v}}]", "{}",
         "[\"!\",null,\"\",null]"},
        {TEMPLATE_JSON, MISSING_OMIT, "[\"{{v}}\",{{v}}]", "{\"v\":[]}", "[\"~\",\"~\"]"},
        {TEMPLATE_JSON, 0, "[{{v|default '5'}},{{v|default 'x'}}]", "{}", "[5,\"x\"]"},
        {TEMPLATE_FORM, 0, "a={{v|omit}}", "{}", "a=^"},
        {TEMPLATE_URL, 0, "?a={{v|omit}}&b={{w|upper|omit}}", "{\"w\":\"\xc3\xa9\"}",
         "?a=^&b=%C3%89"},
        {TEMPLATE_HEADER, 0, "Key {{v|omit}}", "{}", "Key ^"},
        // There is nothing to leave out.
        {TEMPLATE_TEXT, MISSING_OMIT, "({{v}})", "{}", "()"},
        {TEMPLATE_HTML, MISSING_OMIT, "({{v}})", "{}", "()"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO_ARENA struct arena *arena = arena_new();
        struct str out;
        struct err err;
        if (!render(arena, &cases[i], &out, &err))
            fail_msg("%s: %s", cases[i].template, err.text);
        if (!str_eq(out, with_marks(arena, cases[i].expected)))
            fail_msg("%s gives %.*s", cases[i].template, STR_ARG(out));
    }
}

static void test_a_mark_in_a_value_is_none(void **state)
{
    (void)state;
    static const char data[] = "{\"v\":\"a\xef\xb7\x90\xef\xb7\x91\xef\xb7\x92z\",\"l\":"
                               "[\"\xef\xb7\x90\"]}";
    static const char *const templates[] = {"\"{{v}}\"{{v}}{{l}}\"{{w|omit}}\"",
                                            "\"{{{v}}}\"{{{v}}}{{&l}}\"{{w|omit}}\"",
                                            "\"{{v|upper}}\"{{l|join ''}}\"{{w|omit}}\""};
    for (enum template_escape escape = TEMPLATE_XML; escape <= TEMPLATE_HEADER; escape++) {
        if (escape == TEMPLATE_HTML)
            continue;
        for (size_t i = 0; i < COUNT_OF(templates); i++) {
            AUTO_ARENA struct arena *arena = arena_new();
            struct left left = {escape, 0, templates[i], data, ""};
            struct str out, kept;
            struct err err;
            assert_true(render(arena, &left, &out, &err));
            mark_judge(arena, out, &kept);
            assert_int_equal(out.len - kept.len, MARK_OMIT.len);
        }
    }
    // Without marks in the template such a character is data like any other.
    AUTO_ARENA struct arena *arena = arena_new();
    struct left left = {TEMPLATE_JSON, 0, "\"{{v}}\"", data, ""};
    struct str out;
    struct err err;
    assert_true(render(arena, &left, &out, &err));
    assert_text(out, "\"a\xef\xb7\x90\xef\xb7\x91\xef\xb7\x92z\"");
}

static void test_what_must_be_there_rejects_with_its_name(void **state)
{
    (void)state;
    static const struct left cases[] = {
        {TEMPLATE_XML, 0, "<a>{{agent.notes | reject}}</a>", "{}", "`agent.notes` is missing"},
        {TEMPLATE_XML, 0, "<a>{{v | trim | reject}}</a>", "{\"v\":\" \"}", "`v` is missing"},
        {TEMPLATE_TEXT, MISSING_REJECT, "{{v}}", "{\"v\":null}", "`v` is missing"},
        {TEMPLATE_TEXT, 0, "{{v | date '%F'}}", "{\"v\":\"soon\"}",
         "`v`: 'soon' is no date or time"},
        {TEMPLATE_XML, MISSING_OMIT, "{{v | date '%F'}}", "{\"v\":\"soon\"}",
         "`v`: 'soon' is no date or time"},
        {TEMPLATE_TEXT, 0, "{{v | date '%F' | reject}}", "{\"v\":\"soon\"}",
         "`v` is missing: 'soon' is no date or time"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO_ARENA struct arena *arena = arena_new();
        struct str out;
        struct err err = {0};
        assert_false(render(arena, &cases[i], &out, &err));
        assert_int_equal(err.code, ERR_INVALID);
        assert_string_equal(err.text, cases[i].expected);
        assert_int_equal(out.len, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_field_is_judged_by_its_marks),
        cmocka_unit_test(test_json_members_and_items_are_left_out_or_null),
        cmocka_unit_test(test_a_comma_before_a_closing_bracket_goes),
        cmocka_unit_test(test_form_fields_are_left_out_and_lines_joined),
        cmocka_unit_test(test_url_parameters_are_left_out),
        cmocka_unit_test(test_templates_leave_marks_for_what_is_missing),
        cmocka_unit_test(test_a_mark_in_a_value_is_none),
        cmocka_unit_test(test_what_must_be_there_rejects_with_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
