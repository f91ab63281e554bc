// SPDX-License-Identifier: GPL-3.0-or-later
//
// Conditions are tested case by case from tests/table/route.table; here are sources, triggers and
// what patterns withstand.

#include "core/route.h"
#include "table.h"

#include <setjmp.h>
#include <cmocka.h>

static const struct json_limits limits = {.depth = 8, .values = 100};

static const struct json *parse_json(struct arena *arena, const char *text)
{
    struct json *value;
    struct err err;
    if (!json_parse(arena, str_from(text), &limits, &value, &err))
        fail_msg("%s: %s", text, err.text);
    return value;
}

static struct pattern *compile(const char *expression)
{
    struct pattern *pattern;
    struct err err;
    if (!pattern_compile(str_from(expression), &pattern, &err))
        fail_msg("%s: %s", expression, err.text);
    return pattern;
}

// "element kind value ..."
static struct condition parse_condition(struct arena *arena, char *text)
{
    static const char *const kinds[] = {
        [CONDITION_EQUALS] = "equals",   [CONDITION_ONE_OF] = "one-of",
        [CONDITION_NONE_OF] = "none-of", [CONDITION_PREFIX] = "prefix",
        [CONDITION_PATTERN] = "pattern",
    };
    char *rest = text;
    struct condition condition = {.element = str_from(strsep(&rest, " "))};
    const char *kind = strsep(&rest, " ");
    while (strcmp(kind, kinds[condition.kind]) != 0)
        require(++condition.kind < COUNT_OF(kinds));
    if (condition.kind == CONDITION_PATTERN) {
        condition.pattern = compile(rest);
        return condition;
    }
    struct str *values = arena_alloc(arena, 8 * sizeof(*values));
    while (rest)
        values[condition.value_count++] = str_from(strsep(&rest, " "));
    condition.values = values;
    return condition;
}

static void check_case(const struct table_line *line)
{
    enum { CONDITION, ELEMENTS, SURVEY, MATCHES };
    AUTO_ARENA struct arena *arena = arena_new();
    struct condition conditions[4];
    size_t count = 0;
    for (char *text = line->columns[CONDITION]; text;) {
        char *end = strstr(text, " and ");
        if (end)
            *end = '\0';
        conditions[count++] = parse_condition(arena, text);
        text = end ? end + strlen(" and ") : NULL;
    }
    struct event event = {.trigger = "inbound.call_end",
                          .elements = parse_json(arena, line->columns[ELEMENTS])};
    if (*line->columns[SURVEY])
        event.survey = parse_json(arena, line->columns[SURVEY]);
    struct route route = {.conditions = conditions, .condition_count = count};
    const char *got = route_matches(&route, 0, &event) ? "yes" : "no";
    if (strcmp(got, line->columns[MATCHES]) != 0)
        fail_msg("line %d: %s", line->number, got);
    for (size_t i = 0; i < count; i++)
        pattern_free(conditions[i].pattern);
}

static void test_table_holds(void **state)
{
    (void)state;
    assert_true(table_run("tests/table/route.table", 4, check_case) > 30);
}

static void test_route_without_conditions_takes_all(void **state)
{
    (void)state;
    struct route route = {.name = "all"};
    struct event event = {.trigger = "chat.end"};
    assert_true(route_matches(&route, 7, &event));
}

static void test_source_and_trigger_have_to_match(void **state)
{
    (void)state;
    static const size_t sources[] = {1, 3};
    static const char *const triggers[] = {"chat.new", "chat.end"};
    struct route route = {
        .sources = sources, .source_count = 2, .triggers = triggers, .trigger_count = 2};
    char trigger[] = "chat.end"; // equal, not the same pointer
    struct event event = {.trigger = trigger};
    assert_true(route_matches(&route, 3, &event));
    assert_false(route_matches(&route, 0, &event));
    event.trigger = "chat.dequeue";
    assert_false(route_matches(&route, 3, &event));
}

static void test_a_route_merges_the_triggers_it_names(void **state)
{
    (void)state;
    static const char *const merges[] = {"inbound.call_end", "inbound.disposition"};
    struct route route = {.timing = {.merges = merges, .merge_count = 2}};
    assert_true(route_merges(&route, "inbound.disposition"));
    assert_false(route_merges(&route, "inbound.dequeue"));
    assert_false(route_merges(&(struct route){.name = "plain"}, "inbound.call_end"));
}

static void test_mistaken_pattern_names_its_place(void **state)
{
    (void)state;
    struct pattern *pattern = NULL;
    struct err err;
    assert_false(pattern_compile(STR("abc(def"), &pattern, &err));
    assert_non_null(strstr(err.text, "offset 7"));
    assert_false(pattern_compile(STR("a\xff"), &pattern, &err));
    char endless[5000];
    memset(endless, 'a', sizeof(endless));
    assert_false(pattern_compile((struct str){endless, sizeof(endless)}, &pattern, &err));
    assert_int_equal(err.code, ERR_TOO_LARGE);
    assert_null(pattern);
}

static void test_pattern_reads_text_that_is_no_utf8(void **state)
{
    (void)state;
    struct pattern *pattern = compile("sale");
    assert_true(pattern_matches(pattern, STR("\xff\xfe sale \xc3")));
    assert_true(pattern_matches(pattern, STR("a\0sale")));
    assert_false(pattern_matches(pattern, STR("")));
    pattern_free(pattern);
}

// Each would take hours if only PCRE2's own limit held; the test's time-out is the judge.
static void test_patterns_that_backtrack_without_end_do_not_match(void **state)
{
    (void)state;
    static const char *const expressions[] = {"(a+)+$", "a.*b.*c.*d", "(a|aa)+b", "(?=(a+))a*b\\1"};
    enum { LONG = 64 * 1024 };
    char *text = mem_alloc(LONG);
    memset(text, 'a', LONG);
    text[LONG - 1] = '!';
    for (size_t i = 0; i < COUNT_OF(expressions); i++) {
        struct pattern *pattern = compile(expressions[i]);
        assert_false(pattern_matches(pattern, (struct str){text, LONG}));
        pattern_free(pattern);
    }
    struct pattern *plain = compile("a!$");
    assert_true(pattern_matches(plain, (struct str){text, LONG}));
    pattern_free(plain);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_holds),
        cmocka_unit_test(test_route_without_conditions_takes_all),
        cmocka_unit_test(test_source_and_trigger_have_to_match),
        cmocka_unit_test(test_a_route_merges_the_triggers_it_names),
        cmocka_unit_test(test_mistaken_pattern_names_its_place),
        cmocka_unit_test(test_pattern_reads_text_that_is_no_utf8),
        cmocka_unit_test(test_patterns_that_backtrack_without_end_do_not_match),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
