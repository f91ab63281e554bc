// SPDX-License-Identifier: GPL-3.0-or-later
//
// JSON text to the tree and back: what is kept, what is refused and where the sentence points.

#include "core/json.h"

#include <locale.h>
#include <setjmp.h>
#include <stdio.h>

#include <cmocka.h>

static const struct json_limits limits = {.depth = 16, .values = 1000};

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

static struct json *parsed(struct arena *arena, const char *text)
{
    struct json *value = NULL;
    struct err err;
    if (!json_parse(arena, str_from(text), &limits, &value, &err))
        fail_msg("%s: %s", text, err.text);
    return value;
}

static void assert_refused(struct arena *arena, struct str text, enum err_code code,
                           const char *part)
{
    struct json *value = NULL;
    struct err err;
    if (json_parse(arena, text, &limits, &value, &err))
        fail_msg("%.*s was taken", STR_ARG(text));
    assert_null(value);
    assert_int_equal(err.code, code);
    if (!strstr(err.text, part))
        fail_msg("`%s` is not in: %s", part, err.text);
}

// Parsed and written again, the text is the same, or `expected`.
static void assert_written(struct arena *arena, const char *text, const char *expected)
{
    AUTO_BUF struct buf out;
    buf_init(&out, 10000);
    json_write(&out, parsed(arena, text), JSON_COMPACT);
    assert_string_equal(out.data, expected ? expected : text);
}

static void test_values_keep_kind_content_and_order(void **state)
{
    const struct json *value =
        parsed(*state, "{\"z\":1,\"a\":-2.5,\"m\":[true,false,null,\"x\"],\"b\":{}}");
    assert_int_equal(value->kind, JSON_OBJECT);
    assert_int_equal(value->object.count, 4);
    assert_true(str_eq(value->object.members[0].name, STR("z")));
    assert_true(str_eq(value->object.members[1].name, STR("a")));
    assert_int_equal(json_get(value, STR("z"))->integer, 1);
    assert_true(json_get(value, STR("a"))->real == -2.5);
    assert_int_equal(json_get(value, STR("m"))->array.count, 4);
    assert_int_equal(json_get(value, STR("m"))->array.items[2]->kind, JSON_NULL);
    assert_null(json_get(value, STR("zz")));
    assert_null(json_get(NULL, STR("z")));
    assert_null(json_get(json_get(value, STR("z")), STR("z")));
}

static void test_written_text_is_the_parsed_text(void **state)
{
    static const char *const texts[] = {
        "{\"z\":1,\"a\":[1,\"two\",{\"3\":[]}],\"e\":{}}",
        "[9223372036854775807,-9223372036854775808,0]",
        "\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f/\x7f\xf0\x9f\x93\x9e\"",
        "null",
        "true",
        "[]",
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_written(*state, texts[i], NULL);
    assert_written(*state, "\xef\xbb\xbf [ 1 ,\n2 ] ", "[1,2]"); // a byte order mark in front
    assert_written(*state, "\"\\u00e9\\ud83d\\udcde\"", "\"\xc3\xa9\xf0\x9f\x93\x9e\"");
}

static void test_reals_are_written_short_and_stay_reals(void **state)
{
    assert_written(*state, "[0.1,1.21,100.0,-0.0,1e+22,2.2250738585072014e-308]", NULL);
    assert_written(*state, "0.30000000000000004", NULL);
    assert_written(*state, "1.7976931348623157e+308", NULL);
    assert_written(*state, "3E2", "300.0");
    assert_written(*state, "2.50", "2.5");
}

static void test_reals_do_not_follow_the_locale(void **state)
{
    // Not every machine has one of these; the other cases hold without them.
    static const char *const locales[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "es_ES.UTF-8"};
    for (size_t i = 0; i < COUNT_OF(locales); i++) {
        if (setlocale(LC_NUMERIC, locales[i]))
            break;
    }
    assert_written(*state, "[0.5,1e-07]", NULL);
    setlocale(LC_NUMERIC, "C");
}

static void test_nul_in_a_string_is_kept(void **state)
{
    const struct json *value = parsed(*state, "\"a\\u0000b\"");
    assert_true(str_eq(value->string, STR("a\0b")));
    assert_written(*state, "\"a\\u0000b\"", NULL);
}

static void test_indented_layout_is_for_people(void **state)
{
    AUTO_BUF struct buf out;
    buf_init(&out, 1000);
    json_write(&out, parsed(*state, "{\"a\":[1,2],\"b\":{},\"c\":[]}"), JSON_INDENTED);
    assert_string_equal(out.data,
                        "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {},\n  \"c\": []\n}");
}

static void test_broken_text_is_refused_with_its_place(void **state)
{
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"", "the text is empty"},
        {" \n\t", "the text is empty"},
        {"{\"a\":1,\n\"b\":}", "line 2, column 5"},
        {"{\"a\":1", "ends before the value does"},
        {"[1,2] x", "more text after the value"},
        {"{\"a\":1}{\"b\":2}", "more text after the value"},
        {"{\"uii\":1,\"uii\":2}", "duplicate"},
        {"{'a':1}", "line 1"},
        {"[1,]", "line 1"},
        {"[01]", "line 1"},
        {"[+1]", "line 1"},
        {"[1.]", "line 1"},
        {"[NaN]", "line 1"},
        {"[.5]", "line 1"},
        {"[tru]", "line 1"},
        {"\"a\nb\"", "line 1"},
        {"\"\\x\"", "line 1"},
        {"\"\\ud800\"", "line 1"},
        {"\"\xff\"", "not UTF-8"},
        {"\"\xc0\xaf\"", "not UTF-8"},
        {"\"\xed\xa0\x80\"", "not UTF-8"},
        {"{\"a\\u0000\":1}", "U+0000"},
        {"]", "line 1"},
        {"}{", "line 1"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_refused(*state, str_from(cases[i].text), ERR_INVALID, cases[i].part);
    assert_refused(*state, STR("[1]\0"), ERR_INVALID, "line 1");
}

static void test_the_place_of_a_mistake_is_its_first_byte(void **state)
{
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"\xef\xbb\xbf[1 2]", "line 1, column 4: a comma or ]"},
        {"{\"a\":1\n \"b\":2}", "line 2, column 2: a comma or }"},
        {"{\"a\" 1}", "line 1, column 6: a colon"},
        {"{a:1}", "line 1, column 2: a member's name"},
        {"[1,\n\n  \"\xc3\xa9\\q\"]", "line 3, column 6: a control character, or an escape"},
        {"[\"\\u000\xef\xbb\xbf\"]", "line 1, column 3: four hexadecimal digits"},
        {"{\"uii\":1,\n\"b\":2, \"\\u0075ii\":3}", "line 2, column 8: a duplicate"},
        {"{\"b\":1,\"a\\u0000\":2}", "line 1, column 8: U+0000"},
        {"[1,\"a\xc3\"]", "line 1, column 6: bytes that are not UTF-8"},
        {"[1, -9223372036854775809]", "line 1, column 5: a number too large"},
        {"[1, \"\\udcde\"]", "line 1, column 5: half of a surrogate pair"},
        {"{\"\\udcde\\ud83d\":1}", "line 1, column"},
        {"[1]\n,", "line 2, column 1: there is more text"},
        {"[\"a", "line 1, column 3: the text ends"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_refused(*state, str_from(cases[i].text), ERR_INVALID, cases[i].part);
    assert_refused(*state, STR("[1,\0]"), ERR_INVALID, "line 1, column 4: U+0000");
}

static void test_a_name_given_twice_among_many_is_found(void **state)
{
    AUTO_BUF struct buf text;
    buf_init(&text, 100000);
    buf_add_char(&text, '{');
    for (int i = 0; i < 500; i++)
        buf_printf(&text, "\"name_%d\":%d,", i, i);
    size_t before = text.len;
    buf_add_str(&text, STR("\"name_500\":0}"));
    assert_int_equal(parsed(*state, text.data)->object.count, 501);
    text.len = before;
    buf_add_str(&text, STR("\"name_77\":0}"));
    char part[64];
    snprintf(part, sizeof(part), "column %zu: a duplicate", before + 1);
    assert_refused(*state, buf_str(&text), ERR_INVALID, part);
}

static void test_numbers_that_fit_nothing_are_refused(void **state)
{
    assert_refused(*state, STR("[1,9223372036854775808]"), ERR_INVALID, "too large for 64 bits");
    assert_refused(*state, STR("-9223372036854775809"), ERR_INVALID, "too large for 64 bits");
    assert_refused(*state, STR("1e999"), ERR_INVALID, "too large for 64 bits");
    assert_refused(*state, STR("1e-400"), ERR_INVALID, "too near to 0");
}

static void test_depth_is_limited_exactly(void **state)
{
    assert_written(*state, "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", NULL);
    assert_written(*state, "[\"[[[[[[[[[[[[[[[[[[[[{{{{\\\"[[[\",[],[]]", NULL);
    assert_refused(*state, STR("\n[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]"), ERR_TOO_LARGE,
                   "line 2, column 17: arrays and objects nested more than 16 deep");
}

static void test_a_million_brackets_cost_no_stack(void **state)
{
    enum { COUNT = 1000000 };
    char *text = arena_alloc(*state, COUNT);
    memset(text, '[', COUNT);
    assert_refused(*state, (struct str){text, COUNT}, ERR_TOO_LARGE, "nested");
    for (size_t i = 0; i + 5 <= COUNT; i += 5)
        memcpy(text + i, "{\"a\":", 5);
    assert_refused(*state, (struct str){text, COUNT}, ERR_TOO_LARGE, "nested");
}

static void test_number_of_values_is_limited_exactly(void **state)
{
    AUTO_BUF struct buf text;
    buf_init(&text, 10000);
    buf_add_str(&text, STR("[\"a,b\",{},[ ],{\"x\":1}")); // with the array six values
    for (int i = 6; i < 1000; i++)
        buf_add_str(&text, STR(",0"));
    buf_add_char(&text, ']');
    parsed(*state, text.data);
    text.len--;
    buf_add_str(&text, STR(",0]"));
    assert_refused(*state, buf_str(&text), ERR_TOO_LARGE, "more than 1000 values");
}

static void test_values_as_people_write_them(void **state)
{
    AUTO_BUF struct buf scratch;
    buf_init(&scratch, 1000);
    static const struct {
        const char *json, *text;
    } cases[] = {
        {"\"Satisfied\"", "Satisfied"},
        {"17", "17"},
        {"-2.5", "-2.5"},
        {"true", "true"},
        {"false", "false"},
        {"null", ""},
        {"[1,\"a\"]", "[1,\"a\"]"},
        {"{}", "{}"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct str text = json_as_text(parsed(*state, cases[i].json), &scratch);
        assert_true(str_eq(text, str_from(cases[i].text)));
    }
    assert_int_equal(json_as_text(NULL, &scratch).len, 0);
}

static void test_made_trees_write_as_they_were_made(void **state)
{
    struct arena *arena = *state;
    struct json *object = json_object(arena), *array = json_array(arena);
    for (int i = 0; i < 100; i++)
        json_append(arena, array, json_integer(arena, i));
    json_set(arena, object, STR("none"), json_text(arena, NULL));
    json_set(arena, object, STR("word"), json_text(arena, "a\"b"));
    json_set(arena, object, STR("yes"), json_boolean(arena, true));
    json_set(arena, object, STR("last"), array->array.items[99]);
    assert_int_equal(array->array.count, 100);
    AUTO_BUF struct buf out;
    buf_init(&out, 1000);
    json_write(&out, object, JSON_COMPACT);
    assert_string_equal(out.data, "{\"none\":null,\"word\":\"a\\\"b\",\"yes\":true,\"last\":99}");
}

static void test_writing_stops_at_the_limit(void **state)
{
    AUTO_BUF struct buf out;
    buf_init(&out, 5);
    json_write(&out, parsed(*state, "[\"aaaaaaaaaa\"]"), JSON_COMPACT);
    assert_true(out.overflowed);
}

static void test_bytes_that_are_not_utf8_are_mended(void **state)
{
    static const struct {
        const char *bytes, *mended;
        size_t prefix;
    } cases[] = {
        {"", "", 0},
        {"plain", "plain", 5},
        {"\xf0\x9f\x93\x9e", "\xf0\x9f\x93\x9e", 4},
        {"a\xe9z", "a\xef\xbf\xbdz", 1},
        {"\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd", 0},
        {"\xc0\x80", "\xef\xbf\xbd\xef\xbf\xbd", 0},
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 0},
        {"ok\xf4\x90\x80\x80", "ok\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 2},
        {"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf", 4},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct str bytes = str_from(cases[i].bytes);
        assert_int_equal(json_utf8_prefix(bytes), cases[i].prefix);
        struct str mended = json_utf8_mend(*state, bytes);
        assert_true(str_eq(mended, str_from(cases[i].mended)));
        assert_true(mended.data == bytes.data || cases[i].prefix < bytes.len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_values_keep_kind_content_and_order, new_arena,
                                        free_arena),
        cmocka_unit_test_setup_teardown(test_written_text_is_the_parsed_text, new_arena,
                                        free_arena),
        cmocka_unit_test_setup_teardown(test_reals_are_written_short_and_stay_reals, new_arena,
                                        free_arena),
        cmocka_unit_test_setup_teardown(test_reals_do_not_follow_the_locale, new_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_nul_in_a_string_is_kept, new_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_indented_layout_is_for_people, new_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_broken_text_is_refused_with_its_place, new_arena,
                                        free_arena),
        cmocka_unit_test_setup_teardown(test_the_place_of_a_mistake_is_its_first_byte, new_arena,
                                        free_arena),
        cmocka_unit_test_setup_teardown(test_a_name_given_twice_among_many_is_found, new_arena,
                                        free_arena),
        cmocka_unit_test_setup_teardown(test_numbers_that_fit_nothing_are_refused, new_arena,
                                        free_arena),
        cmocka_unit_test_setup_teardown(test_depth_is_limited_exactly, new_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_a_million_brackets_cost_no_stack, new_arena,
                                        free_arena),
        cmocka_unit_test_setup_teardown(test_number_of_values_is_limited_exactly, new_arena,
                                        free_arena),
        cmocka_unit_test_setup_teardown(test_values_as_people_write_them, new_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_made_trees_write_as_they_were_made, new_arena,
                                        free_arena),
        cmocka_unit_test_setup_teardown(test_writing_stops_at_the_limit, new_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_bytes_that_are_not_utf8_are_mended, new_arena,
                                        free_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
