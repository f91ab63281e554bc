// SPDX-License-Identifier: GPL-3.0-or-later
//
// What is taken as indispensable, case by case. That it is so of any expression is for test_route
// and fuzz_pattern.

#include "core/route_literal.h"
#include "core/route_needle.h"

#include <setjmp.h>
#include <stdio.h>

#include <cmocka.h>

// "sale;north|south": groups, and their texts.
static char *write_literals(struct arena *arena, const char *expression)
{
    struct literals literals = literals_of(arena, str_from(expression));
    char *text = arena_strdup(arena, "");
    for (size_t i = 0; i < literals.count; i++) {
        for (size_t j = 0; j < literals.groups[i].count; j++)
            text = arena_printf(arena, "%s%s%.*s", text,
                                j   ? "|"
                                : i ? ";"
                                    : "",
                                STR_ARG(literals.groups[i].texts[j]));
    }
    return text;
}

static void test_what_cannot_be_missing_is_found(void **state)
{
    (void)state;
    static const struct {
        const char *expression, *literals;
    } cases[] = {
        {"^AM 4711", "am 4711"},
        {"^C-\\d+-17$", "c-;-17"},
        {"(north|south) desk", "north|south; desk"},
        {"sale|callback", "sale|callback"},
        {"sale|.*", ""},
        {"sal(e|es)?", "sal"},
        {"sale(s{2,3})+", "sale;s"},
        {"colou?r", "colo;r"},
        {"ab+c", "ab;c"},
        {"ab{0}c", "a;c"},
        {"ab{0,2}c", "a;c"},
        {"a{b}", "a{b}"},
        {"a\\.b\\$", "a.b$"},
        {"[]x]y[[:alpha:]]", "y"},
        {"(?:Ab(?:c|d))", "ab;c|d"},
        {"(?<name>abc)", "abc"},
        {"(a(b(c)))", "a;b;c"},
        {"M\xc3\xbcnchen\xc3\xa9?", "m\xc3\xbcnchen"},
        {"(?i)M\xc3\xbcnchen Sales", "m;nchen ;ale"},
        {"(?i:desk) 7", "de; 7"},
        {"^\\d{3}-?$", ""},
        {"", ""},
        {"x\\tz", "x;z"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO_ARENA struct arena *arena = arena_new();
        char *got = write_literals(arena, cases[i].expression);
        if (strcmp(got, cases[i].literals) != 0)
            fail_msg("%s: %s", cases[i].expression, got);
    }
}

static void test_what_is_in_doubt_says_nothing(void **state)
{
    (void)state;
    static const char *const expressions[] = {
        "sale(?=x)",  "sale(?!x)",  "(?<=a)sale", "(?x)sa le",     "\\Qsale\\E",    "sale\\x41",
        "sale\\p{L}", "(a)\\1sale", "sale(?#x)",  "sale{,2}",      "a{2}{3}sale",   "(*UCP)sale",
        "sale(?C1)",  "(?|sale|x)", "(?R)?sale",  "[\\Q]\\E]sale", "\\N{U+41}sale", "sale[[:x]",
    };
    for (size_t i = 0; i < COUNT_OF(expressions); i++) {
        AUTO_ARENA struct arena *arena = arena_new();
        assert_string_equal(write_literals(arena, expressions[i]), "");
    }
}

static void test_long_and_deep_expressions_are_read_as_far_as_is_good(void **state)
{
    (void)state;
    AUTO_ARENA struct arena *arena = arena_new();
    enum { LONG = 4000 };
    char *text = arena_alloc(arena, LONG + 1);
    memset(text, 'a', LONG);
    struct literals literals = literals_of(arena, (struct str){text, LONG});
    assert_true(literals.count > 0 && literals.groups[0].texts[0].len <= 64);
    memset(text, '(', LONG / 2);
    memset(text + LONG / 2, ')', LONG / 2);
    assert_int_equal(literals_of(arena, (struct str){text, LONG}).count, 0);
    for (size_t i = 0; i < LONG; i += 2)
        memcpy(text + i, "a|", 2);
    assert_int_equal(literals_of(arena, (struct str){text, LONG}).count, 0);
}

// --- needles ---

static void note(void *heard, void *what)
{
    buf_printf(heard, "%s,", (const char *)what);
}

static void test_needles_are_found_once_wherever_they_are(void **state)
{
    (void)state;
    AUTO_ARENA struct arena *arena = arena_new();
    static const char *const texts[] = {"4711", "47", "471", "7", "11 s", "\xc3\xbc", "5", "4712"};
    struct needle items[COUNT_OF(texts)];
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        items[i] = (struct needle){str_from(texts[i]), (void *)texts[i]};
    struct needles *needles = needles_new(arena, items, COUNT_OF(items));
    AUTO_BUF struct buf heard;
    buf_init(&heard, 100);
    needles_find(needles, arena, STR(""), note, &heard);
    assert_int_equal(heard.len, 0);
    needles_find(needles, arena, STR("am 4711 spr\xc3\xbcng 47"), note, &heard);
    assert_string_equal(heard.data, "4711,471,47,7,11 s,\xc3\xbc,");
}

static void test_no_needles_find_nothing(void **state)
{
    (void)state;
    AUTO_ARENA struct arena *arena = arena_new();
    AUTO_BUF struct buf heard;
    buf_init(&heard, 100);
    needles_find(needles_new(arena, NULL, 0), arena, STR("abc"), note, &heard);
    assert_int_equal(heard.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_cannot_be_missing_is_found),
        cmocka_unit_test(test_what_is_in_doubt_says_nothing),
        cmocka_unit_test(test_long_and_deep_expressions_are_read_as_far_as_is_good),
        cmocka_unit_test(test_needles_are_found_once_wherever_they_are),
        cmocka_unit_test(test_no_needles_find_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
