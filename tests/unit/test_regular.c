// SPDX-License-Identifier: GPL-3.0-or-later
//
// Words of regular expressions. Who is right about XML Schema is libxml2: every word found has to
// match there as well.

#include "core/regular.h"

#include <libxml/xmlregexp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static bool is_match(const char *expression, const char *word)
{
    xmlRegexp *compiled = xmlRegexpCompile((const xmlChar *)expression);
    if (!compiled)
        fail_msg("libxml2 does not compile `%s`", expression);
    bool result = xmlRegexpExec(compiled, (const xmlChar *)word) == 1;
    xmlRegFreeRegexp(compiled);
    return result;
}

static struct str find(struct arena *arena, const char *const *expressions, size_t count,
                       size_t min_length, size_t max_length)
{
    struct regular_set sets[8];
    for (size_t i = 0; i < count; i++)
        sets[i] = (struct regular_set){&expressions[i], 1};
    const struct regular *pattern = NULL;
    struct err err;
    if (!regular_compile(arena, sets, count, &pattern, &err))
        fail_msg("`%s`: %s", expressions[0], err.text);
    struct str word;
    const struct regular_wish wish = {.min_length = min_length, .max_length = max_length};
    if (!regular_find(pattern, arena, &wish, &word))
        fail_msg("no word for `%s`", expressions[0]);
    for (size_t i = 0; i < count; i++) {
        if (!is_match(expressions[i], word.data))
            fail_msg("`%s` is no word of `%s`", word.data, expressions[i]);
    }
    assert_true(regular_matches(pattern, word));
    return word;
}

static void test_the_shortest_plain_word_is_found(void **state)
{
    (void)state;
    static const struct {
        const char *expression, *word;
    } cases[] = {
        {"", ""},
        {"abc", "abc"},
        {"a|b", "a"},
        {"[0-9]{4}", "1234"},
        {"\\d{3}-\\d{4}", "123-5678"},
        {"[A-Z]{2}[0-9]{6}", "AB345678"},
        {"[A-Z][a-z]+", "Ab"},
        {"(foo|quux)", "foo"},
        {"x*", ""},
        {"x+", "x"},
        {"x{2,}", "xx"},
        {"x{0,5}y", "y"},
        {"(ab){3}", "ababab"},
        {"[^a-z]", "A"},
        {"[a-z-[aeiou]]{3}", "bcd"},
        {"[a-z-[a-m]]", "n"},
        {"\\S+@\\S+\\.[a-z]{2,3}", "a@c.ef"},
        {"[+-]?[0-9]+", "1"},
        {"\\+[1-9]\\d{1,14}", "+23"},
        {"#[0-9A-Fa-f]{6}", "#bcdefa"},
        {"\\p{Lu}{3}", "ABC"},
        {"\\p{Nd}", "1"},
        {"\\P{L}", "1"},
        {"\\i\\c*", "a"},
        {"[\\i-[:]][\\c-[:]]*", "a"},
        {"\\w{3}", "abc"},
        {"\\W", "-"},
        {"\\s", " "},
        {".", "a"},
        {"\\.\\\\\\?\\*\\+\\{\\}\\(\\)\\[\\]\\|\\-\\^", ".\\?*+{}()[]|-^"},
        {"[-a]", "a"},
        {"[a-]", "a"},
        {"[.]", "."},
        {"\\n", "\n"},
        {"[\\t ]", " "},
        {"\\p{IsBasicLatin}", "a"},
        {"\\p{IsGreek}", "Ͱ"},
        {"\\p{IsCyrillic}{2}", "ЀЀ"},
        {"[\\p{L}\\p{N}_.]+", "a"},
        {"(a|b)(c|d)(e|f)", "ace"},
        {"((a))", "a"},
        {"(|x)y", "y"},
        {"$\\d", "$2"},
        {"^x$", "^x$"},
        {"(19|20)\\d\\d-(0[1-9]|1[0-2])", "1911-11"},
        {"\\d{5}(-\\d{4})?", "12345"},
        {"ä[ö-ü]", "äö"},
        {"(([01]?\\d{1,2}|2[0-4]\\d|25[0-5])\\.){3}([01]?\\d{1,2}|2[0-4]\\d|25[0-5])", NULL},
        {"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", NULL},
        {"([a-zA-Z0-9]([a-zA-Z0-9\\-]{0,61}[a-zA-Z0-9])?\\.)+[a-zA-Z]{2,6}", NULL},
        {"[1-9]\\d*|0", NULL},
        {"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*", NULL},
        {"-?([1-9][0-9]{3,}|0[0-9]{3})-(0[1-9]|1[0-2])", NULL},
        {"(([A-Za-z0-9+/] ?){4})*(([A-Za-z0-9+/] ?){3}[A-Za-z0-9+/])?", ""},
        {".{0,4000}", ""},
        {"[\\w\\-.]{1,255}", NULL},
        {"([!-~])+", NULL},
        {"\\p{Lt}\\p{Lm}\\p{Mn}\\p{Sc}", NULL},
        {"[\\p{Lu}-[A-Z]]", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO_ARENA struct arena *arena = arena_new();
        struct str word = find(arena, &cases[i].expression, 1, 0, 5000);
        if (cases[i].word && !str_eq(word, str_from(cases[i].word)))
            fail_msg("`%s` gave `%s`, not `%s`", cases[i].expression, word.data, cases[i].word);
    }
}

static void test_all_sets_and_the_lengths_hold(void **state)
{
    (void)state;
    static const struct {
        const char *expressions[3];
        size_t count, min_length, max_length;
        const char *word;
    } cases[] = {
        {{"[a-z]*"}, 1, 3, 3, "abc"},
        {{"[a-z]+( [a-z]+)*"}, 1, 6, 8, "abcdef"},
        {{"[a-z]*", "x.*", ".*y"}, 3, 0, 10, "xy"},
        {{"[a-z]*", "x.*", ".*y"}, 3, 5, 10, "xbcdy"},
        {{"(ab)*", "(abab)*"}, 2, 1, 99, "abab"},
        {{"(aaa)*", "(aaaaa)*"}, 2, 1, 99, "aaaaaaaaaaaaaaa"},
        {{"\\d+", "[1-9].*", ".{4,6}"}, 3, 0, 99, "1234"},
        {{"\\S+( \\S+)*", ".*q.*"}, 2, 5, 5, NULL},
        {{"(\\d{3},)*\\d{3}"}, 1, 100, 200, NULL},
        {{"[A-F0-9]*"}, 1, 1000, 1000, NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO_ARENA struct arena *arena = arena_new();
        struct str word = find(arena, cases[i].expressions, cases[i].count, cases[i].min_length,
                               cases[i].max_length);
        if (cases[i].word && !str_eq(word, str_from(cases[i].word)))
            fail_msg("`%s` gave `%s`, not `%s`", cases[i].expressions[0], word.data, cases[i].word);
    }
}

static bool ends_with_zero(void *context, struct str word)
{
    (void)context;
    return word.len && word.data[word.len - 1] == '0';
}

static void test_words_are_offered_until_one_is_taken(void **state)
{
    (void)state;
    AUTO_ARENA struct arena *arena = arena_new();
    const char *const expressions[] = {"[0-9]{1,3}"};
    const struct regular *pattern = NULL;
    struct err err;
    assert_true(regular_compile(arena, &(struct regular_set){expressions, 1}, 1, &pattern, &err));
    const struct regular_wish wish = {.max_length = 10, .accept = ends_with_zero};
    struct str word;
    assert_true(regular_find(pattern, arena, &wish, &word));
    assert_string_equal(word.data, "0");
}

static void test_what_excludes_itself_has_no_word(void **state)
{
    (void)state;
    static const struct {
        const char *expressions[2];
        size_t count, min_length, max_length;
    } cases[] = {
        {{"[a-z]+", "[0-9]+"}, 2, 0, 100},
        {{"[a-z]{5}"}, 1, 6, 100},
        {{"[a-z]{5}"}, 1, 0, 4},
        {{"(ab)*", "(ab)*a"}, 2, 0, 100},
        {{"[a-[a]]"}, 1, 0, 100},
        {{"(a|b)*a(a|b){14}", "b*"}, 2, 0, 4000}, // of exponentially many places
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO_ARENA struct arena *arena = arena_new();
        const struct regular_set sets[] = {{&cases[i].expressions[0], 1},
                                           {&cases[i].expressions[1], 1}};
        const struct regular *pattern = NULL;
        struct err err;
        assert_true(regular_compile(arena, sets, cases[i].count, &pattern, &err));
        const struct regular_wish wish = {.min_length = cases[i].min_length,
                                          .max_length = cases[i].max_length};
        struct str word;
        if (regular_find(pattern, arena, &wish, &word))
            fail_msg("`%s` gave `%s`", cases[i].expressions[0], word.data);
    }
}

static void test_mistakes_have_a_place(void **state)
{
    (void)state;
    static const struct {
        const char *expression, *part;
    } cases[] = {
        {"a(b", "a group has no end"},     {"a)b", "at character 2"},
        {"[a-", "the class has no end"},   {"[z-a]", "ends before it begins"},
        {"a{3,2}", "below the smallest"},  {"a{x}", "a number is missing"},
        {"a{9999999999}", "too large"},    {"*a", "at character 1"},
        {"\\p{Nope}", "no such category"}, {"\\b", "no such escape"},
        {"\\", "nothing follows"},         {"((a{1000}){1000}){1000}", "too large"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO_ARENA struct arena *arena = arena_new();
        const struct regular *pattern = NULL;
        struct err err;
        const struct regular_set set = {&cases[i].expression, 1};
        if (regular_compile(arena, &set, 1, &pattern, &err))
            fail_msg("`%s` is none", cases[i].expression);
        if (!strstr(err.text, cases[i].part))
            fail_msg("`%s`: %s", cases[i].expression, err.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_shortest_plain_word_is_found),
        cmocka_unit_test(test_all_sets_and_the_lengths_hold),
        cmocka_unit_test(test_words_are_offered_until_one_is_taken),
        cmocka_unit_test(test_what_excludes_itself_has_no_word),
        cmocka_unit_test(test_mistakes_have_a_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
