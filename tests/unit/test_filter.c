// SPDX-License-Identifier: GPL-3.0-or-later
//
// Filters as a table of value, chain and result; what they refuse, and mistakes with their places.

#include "core/filter.h"
#include "core/letters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static const struct json_limits limits = {.depth = 16, .values = 100000};
enum { MAX_BYTES = 100000 };

static struct value_map_entry dispositions[] = {
    {{"Sale", 4}, {"SOLD", 4}}, {{"Do Not Call", 11}, {"DNC", 3}}, {{"None", 4}, {"", 0}}};
static struct value_map_entry folded[] = {{{"SALE", 4}, {"sold", 4}},
                                          {{"\xc3\x89tat", 5}, {"state", 5}}};
static struct value_map maps_items[] = {
    {.name = "dispositions", .policy = UNMAPPED_PASS},
    {.name = "strict", .policy = UNMAPPED_REJECT},
    {.name = "other", .policy = UNMAPPED_DEFAULT, .other = {"OTHER", 5}},
    {.name = "folded", .policy = UNMAPPED_PASS, .ignore_case = true},
};
static const struct filter_maps maps = {maps_items, COUNT_OF(maps_items)};
static struct arena *maps_arena;

static int make_maps(void **state)
{
    (void)state;
    maps_arena = arena_new();
    for (size_t i = 0; i < 3; i++)
        value_map_index(maps_arena, &maps_items[i], dispositions, COUNT_OF(dispositions));
    value_map_index(maps_arena, &maps_items[3], folded, COUNT_OF(folded));
    return 0;
}

static int free_maps(void **state)
{
    (void)state;
    arena_free(maps_arena);
    return 0;
}

static const struct json *parsed(struct arena *arena, const char *text)
{
    struct json *value;
    struct err err;
    if (!*text)
        return NULL;
    if (!json_parse(arena, str_from(text), &limits, &value, &err))
        fail_msg("%s: %s", text, err.text);
    return value;
}

static const struct filter_chain *compiled(struct arena *arena, const char *text)
{
    const struct filter_chain *chain = NULL;
    enum missing_policy policy;
    size_t offset;
    struct err err;
    if (!filter_compile(arena, str_from(text), &maps, &chain, &policy, &offset, &err))
        fail_msg("%s: %zu: %s", text, offset, err.text);
    return chain;
}

// Chains are finished with their arena, at the end of each case.
#define AUTO_CHAIN __attribute__((cleanup(finish_chain)))

static void finish_chain(const struct filter_chain **chain)
{
    filter_finish(*chain);
}

struct rule {
    const char *value, *filters, *expected; // JSON, "" for absent; the chain; JSON
};

static void assert_rules(const struct rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        AUTO_ARENA struct arena *arena = arena_new();
        AUTO_BUF struct buf out;
        buf_init(&out, MAX_BYTES);
        struct filter_run run = {.arena = arena, .max_bytes = MAX_BYTES};
        AUTO_CHAIN const struct filter_chain *chain = compiled(arena, rules[i].filters);
        const struct json *value;
        struct err err;
        assert_true(filter_apply(chain, &run, parsed(arena, rules[i].value), &value, &err));
        if (run.why.code != ERR_NONE)
            fail_msg("%s | %s: %s", rules[i].value, rules[i].filters, run.why.text);
        if (value)
            json_write(&out, value, JSON_COMPACT);
        if (!str_eq(buf_str(&out), str_from(rules[i].expected)))
            fail_msg("%s | %s gives %.*s, not %s", rules[i].value, rules[i].filters,
                     STR_ARG(buf_str(&out)), rules[i].expected);
    }
}

static void test_texts(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {"\"aZ\\u00e9\\u00df\\u044f\\u03c9\\u0142 9\"", "upper",
         "\"AZ\xc3\x89\xc3\x9f\xd0\xaf\xce\xa9\xc5\x81 9\""},
        {"\"Az\\u00c9\\u042f\\u03a9\\u0141\\u00d7 9\"", "lower",
         "\"az\xc3\xa9\xd1\x8f\xcf\x89\xc5\x82\xc3\x97 9\""},
        {"\" a b\\n\"", "trim", "\"a b\""},
        {"\"abcdef\"", "substring 2", "\"cdef\""},
        {"\"abcdef\"", "substring 2 3", "\"cde\""},
        {"\"abcdef\"", "substring -2", "\"ef\""},
        {"\"abcdef\"", "substring -20 2", "\"ab\""},
        {"\"abc\"", "substring 9", "\"\""},
        {"\"\\u00e9\\ud83d\\udcde\\u00e9\"", "substring 1 1", "\"\xf0\x9f\x93\x9e\""},
        {"12345", "substring 0 3", "\"123\""},
        {"\"a-b--c\"", "replace \"-\" \"+\"", "\"a+b++c\""},
        {"\"aaa\"", "replace \"aa\" \"\"", "\"a\""},
        {"\"it's\"", "replace \"'\" '\"'", "\"it\\\"s\""},
        {"\"a\"", "replace 'a' \"\\n\\t\\\"\\\\\"", "\"\\n\\t\\\"\\\\\""},
        {"7", "pad 3 \"0\"", "\"007\""},
        {"\"\\u00e9\"", "pad 3", "\"  \xc3\xa9\""},
        {"\"ab\"", "pad -4 \".\"", "\"ab..\""},
        {"\"abcd\"", "pad 3 \"0\"", "\"abcd\""},
        {"\"x\"", "default \"y\"", "\"x\""},
        {"\"\"", "default \"y\"", "\"y\""},
        {"null", "default 'y'", "\"y\""},
        {"", "default 'y'", "\"y\""},
        {"[]", "default 'y'", "\"y\""},
        {"0", "default 'y'", "0"},
        {"false", "default 'y'", "false"},
        {"\"  Ab \"", "trim | upper|pad 4 '_'", "\"__AB\""},
    };
    assert_rules(rules, COUNT_OF(rules));
}

static void test_lists(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {"[\"a\",2,null,{\"b\":1}]", "join \"; \"", "\"a; 2; ; {\\\"b\\\":1}\""},
        {"\"a\"", "join \"; \"", "\"a\""},
        {"\"a|b||\"", "split '|'", "[\"a\",\"b\",\"\",\"\"]"},
        {"\"510|511\"", "split '|' | first", "\"510\""},
        {"\"510|511\"", "split '|' | last", "\"511\""},
        {"\"a, b\"", "split ', ' | count", "2"},
        {"[1,2,3]", "first", "1"},
        {"5", "last", "5"},
        {"[1,2,3]", "count", "3"},
        {"\"a\"", "count", "1"},
        {"\"\"", "count", "0"},
        {"", "count", "0"},
        {"[1,{\"a\":\"\\u00e9\"}]", "json", "\"[1,{\\\"a\\\":\\\"\xc3\xa9\\\"}]\""},
        {"\"a\"", "json", "\"\\\"a\\\"\""},
    };
    assert_rules(rules, COUNT_OF(rules));
}

static void test_numbers(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {"\"12\"", "number \"0.00\"", "\"12.00\""},
        {"12.345", "number \"0.00\"", "\"12.35\""},
        {"\"0.005\"", "number \"0.00\"", "\"0.01\""},
        {"\"-0.005\"", "number \"0.00\"", "\"-0.01\""},
        {"\"-0.004\"", "number \"0.00\"", "\"0.00\""},
        {"\"99.995\"", "number \"0.00\"", "\"100.00\""},
        {"\"2.5\"", "number \"0\"", "\"3\""},
        {"\"-9.5\"", "number \"0\"", "\"-10\""},
        {"\"1.5\"", "number \"0,00\"", "\"1,50\""},
        {"\"007\"", "number \"0\"", "\"7\""},
        {"\"7\"", "number \"000.0\"", "\"007.0\""},
        {"\".5\"", "number \"0.0\"", "\"0.5\""},
        {"\"5.\"", "number \"0\"", "\"5\""},
        {"\"12345678901234567890.5\"", "number \"0.0\"", "\"12345678901234567890.5\""},
        {"true", "bool \"Y\" \"N\"", "\"Y\""},
        {"0", "bool \"Y\" \"N\"", "\"N\""},
        {"\" YES \"", "bool \"1\" \"0\"", "\"1\""},
        {"\"Off\"", "bool \"1\" \"0\"", "\"0\""},
        {"\"\"", "bool 'Y' 'N' | default 'N'", "\"N\""},
        {"\"+1 (510) 555-0111\"", "phone \"E164\"", "\"+15105550111\""},
        {"\"(510) 555.0111\"", "phone \"digits\"", "\"5105550111\""},
        {"5105550111", "phone 'digits'", "\"5105550111\""},
        {"\"510 555 0111\"", "phone 'E164' 'US'", "\"+15105550111\""},
        {"\"030 12345678\"", "phone 'E164' 'DE'", "\"+493012345678\""},
    };
    assert_rules(rules, COUNT_OF(rules));
}

static void test_moments(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {"\"2020-09-15T18:02:17.123Z\"", "date \"%Y-%m-%d\" \"UTC\"", "\"2020-09-15\""},
        {"\"2020-09-15T18:02:17.123Z\"", "date '%d.%m.%y %H:%M:%S.%L'",
         "\"15.09.20 18:02:17.123\""},
        {"\"2020-09-15T23:30:00Z\"", "date '%F %T %z' '+02:00'", "\"2020-09-16 01:30:00 +0200\""},
        {"\"2020-12-31T23:30:00-05:00\"", "date '%FT%T%:z' 'UTC'", "\"2021-01-01T04:30:00+00:00\""},
        {"\"2024-03-01 00:10:00 +0530\"", "date '%F %T' 'UTC'", "\"2024-02-29 18:40:00\""},
        {"\"2024-03-10T07:59:59Z\"", "date '%F %T %z' 'America/Chicago'",
         "\"2024-03-10 01:59:59 -0600\""},
        {"\"2024-03-10T08:00:00Z\"", "date '%F %T %:z' 'America/Chicago'",
         "\"2024-03-10 03:00:00 -05:00\""},
        {"\"2024-07-01T22:30:00Z\"", "date '%F %T' 'Europe/Berlin' | default ''",
         "\"2024-07-02 00:30:00\""},
        // Without a zone the clock stays as it is.
        {"\"2020-04-22 00:00:00.0000\"", "date '%FT%T'", "\"2020-04-22T00:00:00\""},
        {"\"2020-04-22 00:00:00.0000\"", "date 'ISO8601'", "\"2020-04-22T00:00:00\""},
        {"\"2020-09-15T18:02:17.120Z\"", "date 'ISO8601'", "\"2020-09-15T18:02:17.120Z\""},
        {"\"2020-09-15T18:02:17Z\"", "date 'ISO8601' 'America/Chicago'",
         "\"2020-09-15T13:02:17-05:00\""},
        {"\"2020-06-30 21:36\"", "date '%m/%d/%Y %I:%M %p'", "\"06/30/2020 09:36 PM\""},
        {"\"2020-06-30\"", "date '%A %e %B, %a %b, day %j'",
         "\"Tuesday 30 June, Tue Jun, day 182\""},
        {"\"2020-06-30 00:05:00\"", "date '%I %p'", "\"12 AM\""},
        {"1600192937", "date '%FT%T'", "\"2020-09-15T18:02:17\""},
        {"\"1600192937123\"", "date '%s.%L' '+02:00'", "\"1600192937.123\""},
        {"\"1969-12-31T23:59:59Z\"", "date '%a %FT%T' '-01:00'", "\"Wed 1969-12-31T22:59:59\""},
        {"\"2000-02-29\"", "date '100%% %d'", "\"100% 29\""},
        {"\"0001-01-01\"", "date '%F'", "\"0001-01-01\""},
        {"\"9999-12-31\"", "date '%F'", "\"9999-12-31\""},
        {"\"soon\"", "date '%F' | default 'never'", "\"never\""},
        {"\"214\"", "duration \"HH:MM:SS\"", "\"00:03:34\""},
        {"214", "duration \"MM:SS\"", "\"03:34\""},
        {"\"100:00:00\"", "duration \"HH:MM:SS\"", "\"100:00:00\""},
        {"\"75:05\"", "duration \"seconds\"", "4505"},
        {"\"01:15:05\"", "duration \"MM:SS\"", "\"75:05\""},
        {"\"214\"", "duration \"minutes\"", "\"3.57\""},
        {"\"214.9\"", "duration \"seconds\"", "214"},
        {"0", "duration \"MM:SS\"", "\"00:00\""},
        {"-1", "duration \"MM:SS\"", ""},
    };
    assert_rules(rules, COUNT_OF(rules));
}

static void test_maps(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {"\"Sale\"", "map \"dispositions\"", "\"SOLD\""},
        {"\"Do Not Call\"", "map 'strict'", "\"DNC\""},
        {"\"sale\"", "map 'dispositions'", "\"sale\""},
        {"\"sale\"", "map 'other'", "\"OTHER\""},
        {"\"None\"", "map 'other' | default 'nothing'", "\"nothing\""},
        {"\"sale\"", "map 'strict' | default 'x'", "\"x\""},
        {"\"sAlE\"", "map 'folded'", "\"sold\""},
        {"\"\\u00c9TAT\"", "map 'folded'", "\"state\""},
        {"\"\"", "map 'other'", "\"\""},
        {"\" Sale\"", "trim | map 'dispositions' | lower", "\"sold\""},
    };
    assert_rules(rules, COUNT_OF(rules));
}

static void test_a_map_of_many_values_finds_each_of_them(void **state)
{
    (void)state;
    AUTO_ARENA struct arena *arena = arena_new();
    struct value_map map = {.name = "many"};
    enum { COUNT = 10000 };
    struct value_map_entry *entries = arena_alloc(arena, (COUNT + 1) * sizeof(*entries));
    for (int i = 0; i < COUNT; i++) {
        entries[i].from = str_from(arena_printf(arena, "value %d", i));
        entries[i].to = str_from(arena_printf(arena, "%d", i));
    }
    assert_int_equal(value_map_index(arena, &map, entries, COUNT), COUNT);
    for (int i = 0; i < COUNT; i++)
        assert_true(str_eq(*value_map_find(&map, arena, entries[i].from), entries[i].to));
    assert_null(value_map_find(&map, arena, STR("value")));
    entries[COUNT] = entries[7];
    assert_int_equal(value_map_index(arena, &map, entries, COUNT + 1), COUNT);
}

struct told {
    int count;
    char text[200];
};

static void tell(void *context, const struct value_map *map, struct str value)
{
    struct told *told = context;
    told->count++;
    snprintf(told->text, sizeof(told->text), "%s: %.*s", map->name, STR_ARG(value));
}

static void test_a_value_that_is_not_in_a_map_is_told(void **state)
{
    (void)state;
    AUTO_ARENA struct arena *arena = arena_new();
    struct told told = {0};
    struct filter_run run = {
        .arena = arena, .max_bytes = MAX_BYTES, .unmapped = tell, .unmapped_context = &told};
    const struct json *value;
    struct err err;
    const struct filter_chain *chain = compiled(arena, "map 'other'");
    assert_true(filter_apply(chain, &run, parsed(arena, "\"Sold out\""), &value, &err));
    assert_string_equal(told.text, "other: Sold out");
    assert_true(filter_apply(chain, &run, parsed(arena, "\"Sale\""), &value, &err));
    assert_true(filter_apply(chain, &run, parsed(arena, "\"\""), &value, &err));
    assert_int_equal(told.count, 1);
}

static void test_what_cannot_be_read_is_missing_with_a_reason(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {"\"soon\"", "date '%F'", "'soon' is no date or time"},
        {"\"2023-02-29\"", "date '%F'", "is no date"},
        {"\"2023-13-01\"", "date '%F'", "is no date"},
        {"\"2023-01-01 24:00:00\"", "date '%F'", "is no date"},
        {"\"2023-01-01 10:00:00 Mars\"", "date '%F'", "is no date"},
        {"\"160019293\"", "date '%F'", "is no date"},
        {"\"2023-01-01 10:00:00\"", "date '%F' 'UTC'", "has no time zone"},
        {"\"2023-01-01 10:00:00\"", "date '%F%z'", "has no time zone"},
        {"\"2023-01-01 10:00:00\"", "date '%:z'", "has no time zone"},
        {"\"3:4\"", "duration 'seconds'", "is no duration"},
        {"\"1:60\"", "duration 'seconds'", "is no duration"},
        {"\"-4\"", "duration 'seconds'", "is no duration"},
        {"\"1:00:00:00\"", "duration 'seconds'", "is no duration"},
        {"\"12345678901\"", "duration 'seconds'", "is no duration"},
        {"\"5105550111\"", "phone 'E164'", "no phone number with a country code"},
        {"\"12\"", "phone 'E164' 'US'", "no phone number of that country"},
        {"\"510 CALL\"", "phone 'digits'", "is no phone number"},
        {"\"( )\"", "phone 'digits'", "is no phone number"},
        {"\"anonymous\"", "phone 'digits'", "is no phone number"},
        {"\"1,5\"", "number '0'", "is no decimal number"},
        {"\"1e5\"", "number '0'", "is no decimal number"},
        {"\"-\"", "number '0'", "is no decimal number"},
        {"\"perhaps\"", "bool 'Y' 'N'", "is neither true nor false"},
        {"\"Sold\"", "map 'strict'", "'Sold' is not in the map strict"},
        {"\"Sold\"", "map 'strict' | upper", "'Sold' is not in the map strict"},
    };
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        AUTO_ARENA struct arena *arena = arena_new();
        struct filter_run run = {.arena = arena, .max_bytes = MAX_BYTES};
        AUTO_CHAIN const struct filter_chain *chain = compiled(arena, rules[i].filters);
        const struct json *value;
        struct err err;
        assert_true(filter_apply(chain, &run, parsed(arena, rules[i].value), &value, &err));
        if (!filter_is_missing(value) || run.why.code != ERR_INVALID ||
            !strstr(run.why.text, rules[i].expected))
            fail_msg("%s | %s: %s", rules[i].value, rules[i].filters, run.why.text);
    }
}

static void test_a_text_that_grows_too_long_is_an_error(void **state)
{
    (void)state;
    AUTO_ARENA struct arena *arena = arena_new();
    static const char *const chains[] = {"replace 'a' 'aaaaaaaaaa'", "pad 500", "json | json",
                                         "split 'a' | join 'aaaaaaaaaa'"};
    for (size_t i = 0; i < COUNT_OF(chains); i++) {
        struct filter_run run = {.arena = arena, .max_bytes = 34};
        const struct json *value;
        struct err err = {0};
        assert_false(filter_apply(compiled(arena, chains[i]), &run,
                                  parsed(arena, "\"aaaaaaaaaaaaaaa\\\"aaaaaaaaaaaaaaa\""), &value,
                                  &err));
        assert_int_equal(err.code, ERR_TOO_LARGE);
    }
}

static void test_policies_end_a_chain(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum missing_policy policy;
    } cases[] = {{"omit", MISSING_OMIT},
                 {" upper | empty ", MISSING_EMPTY},
                 {"nil", MISSING_NIL},
                 {"default '' | reject", MISSING_REJECT},
                 {"upper", MISSING_UNSAID}};
    AUTO_ARENA struct arena *arena = arena_new();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct filter_chain *chain;
        enum missing_policy policy;
        size_t offset;
        struct err err;
        assert_true(
            filter_compile(arena, str_from(cases[i].text), &maps, &chain, &policy, &offset, &err));
        assert_int_equal(policy, cases[i].policy);
    }
}

static void test_mistakes_are_told_with_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t offset;
        const char *part;
    } mistakes[] = {
        {"", 0, "name is missing"},
        {" upper |", 8, "name is missing"},
        {"uper", 0, "there is no filter `uper`; did you mean `upper`?"},
        {"upper | omitt", 8, "there is no filter `omitt`; did you mean `omit`?"},
        {"upper 'x'", 6, "upper takes no argument"},
        {"default", 7, "default needs a text in quotes here"},
        {"default x", 8, "an argument is a text in quotes or a whole number"},
        {"default 5", 8, "default takes a text in quotes here"},
        {"default 'x' 'y'", 12, "default takes no more arguments"},
        {"default 'x", 8, "is not closed by '"},
        {"substring", 9, "substring needs a whole number here"},
        {"substring '1'", 10, "substring takes a whole number here"},
        {"substring 0 -1", 12, "cannot be negative"},
        {"substring 12345678901", 10, "a whole number"},
        {"omit | upper", 5, "nothing can follow omit"},
        {"omit 'x'", 5, "nothing can follow omit"},
        {"duration 'HH:MM'", 9,
         "duration has no form `HH:MM`; known: HH:MM:SS, MM:SS, minutes, seconds"},
        {"phone 'e164'", 6, "phone has no form `e164`; known: E164, digits"},
        {"phone 'E164' 'us'", 13, "two capital letters"},
        {"phone 'E164' 'XX'", 13, "two capital letters"},
        {"phone 'digits' 'US'", 15, "takes no country"},
        {"date '%F' 'UTC' | date '%F' 'Berlin'", 28, "a name of the time zone database"},
        {"number '#,##0.00'", 7, "a number is written as"},
        {"number '0.00.0'", 7, "a number is written as"},
        {"number '0x'", 7, "a number is written as"},
        {"number ''", 7, "a number is written as"},
        {"date '%Q'", 5, "date knows % before one of"},
        {"date '%Y %'", 5, "date knows % before one of"},
        {"date '%F' 'Mars'", 10, "a time zone of date is"},
        {"map 'disposition'", 4, "there is no map `disposition`; did you mean `dispositions`?"},
        {"replace '' 'x'", 8, "needs a text to look for"},
        {"split ''", 6, "needs a text to split at"},
        {"pad 2000", 4, "up to 1000 characters"},
        {"pad 5 'ab'", 6, "with one character"},
        {"bool 'Y'", 8, "bool needs a text in quotes here"},
    };
    AUTO_ARENA struct arena *arena = arena_new();
    for (size_t i = 0; i < COUNT_OF(mistakes); i++) {
        const struct filter_chain *chain;
        enum missing_policy policy;
        size_t offset = 999;
        struct err err = {0};
        if (filter_compile(arena, str_from(mistakes[i].text), &maps, &chain, &policy, &offset,
                           &err))
            fail_msg("`%s` was taken", mistakes[i].text);
        assert_int_equal(err.code, ERR_INVALID);
        if (offset != mistakes[i].offset || !strstr(err.text, mistakes[i].part))
            fail_msg("`%s`: %zu: %s", mistakes[i].text, offset, err.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_moments),
        cmocka_unit_test(test_maps),
        cmocka_unit_test(test_a_map_of_many_values_finds_each_of_them),
        cmocka_unit_test(test_a_value_that_is_not_in_a_map_is_told),
        cmocka_unit_test(test_what_cannot_be_read_is_missing_with_a_reason),
        cmocka_unit_test(test_a_text_that_grows_too_long_is_an_error),
        cmocka_unit_test(test_policies_end_a_chain),
        cmocka_unit_test(test_mistakes_are_told_with_their_place),
    };
    return cmocka_run_group_tests(tests, make_maps, free_maps);
}
