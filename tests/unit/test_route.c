// SPDX-License-Identifier: GPL-3.0-or-later
//
// Conditions are tested case by case from tests/table/route.table; here are sources, triggers and
// what patterns withstand.

#include "core/route_index.h"
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

static void test_judge_says_what_fails_first(void **state)
{
    (void)state;
    AUTO_ARENA struct arena *arena = arena_new();
    static const size_t sources[] = {1};
    static const char *const triggers[] = {"chat.end"};
    static const struct str sale[] = {{"Sale", 4}}, number[] = {{"+1800", 5}};
    const struct condition conditions[] = {
        {STR("agent_disposition"), CONDITION_EQUALS, sale, 1, NULL},
        {STR("dnis"), CONDITION_PREFIX, number, 1, NULL},
    };
    struct route route = {.sources = sources,
                          .source_count = 1,
                          .triggers = triggers,
                          .trigger_count = 1,
                          .conditions = conditions,
                          .condition_count = 2};
    struct event event = {
        .trigger = "chat.new",
        .elements = parse_json(arena, "{\"agent_disposition\":\"Sale\",\"dnis\":\"+1900\"}")};
    const struct condition *failed;
    assert_int_equal(route_judge(&route, 0, &event, &failed), ROUTE_OTHER_SOURCE);
    assert_int_equal(route_judge(&route, 1, &event, &failed), ROUTE_OTHER_TRIGGER);
    assert_null(failed);
    event.trigger = "chat.end";
    assert_int_equal(route_judge(&route, 1, &event, &failed), ROUTE_CONDITION_FAILS);
    assert_ptr_equal(failed, &conditions[1]);
    event.elements = parse_json(arena, "{\"agent_disposition\":\"Sale\",\"dnis\":\"+18005\"}");
    assert_int_equal(route_judge(&route, 1, &event, &failed), ROUTE_TAKES);
    assert_null(failed);
}

// --- the index ---

static unsigned dice;

static size_t roll(size_t sides)
{
    dice = dice * 1103515245 + 12345;
    return (dice >> 16) % sides;
}

static void make_random_route(struct arena *arena, struct route *route)
{
    static const char *const names[] = {"a", "b", "survey.c"};
    static const char *const values[] = {"1", "2", "12", ""};
    size_t trigger_count;
    const char *const *triggers = event_triggers(&trigger_count);
    struct condition *conditions = arena_alloc(arena, 3 * sizeof(*conditions));
    route->triggers = &triggers[roll(2)];
    route->trigger_count = roll(3);
    route->conditions = conditions;
    route->condition_count = roll(4);
    for (size_t i = 0; i < route->condition_count; i++) {
        struct str *texts = arena_alloc(arena, 3 * sizeof(*texts));
        conditions[i] = (struct condition){.element = str_from(names[roll(3)]),
                                           .kind = (enum condition_kind)roll(3),
                                           .values = texts,
                                           .value_count = 1};
        if (conditions[i].kind == CONDITION_ONE_OF)
            conditions[i].value_count = 1 + roll(3);
        for (size_t j = 0; j < conditions[i].value_count; j++)
            texts[j] = str_from(values[roll(4)]);
    }
}

// How many take the event.
static size_t check_index(const struct route_index *index, const struct route *routes, size_t count,
                          const struct event *event)
{
    AUTO_ARENA struct arena *arena = arena_new();
    size_t found_count, next = 0;
    const size_t *found = route_index_find(index, arena, 0, event, &found_count);
    for (size_t i = 0; i < count; i++) {
        if (!route_matches(&routes[i], 0, event))
            continue;
        assert_true(next < found_count);
        assert_int_equal(found[next++], i);
    }
    assert_int_equal(next, found_count);
    return found_count;
}

static void test_index_finds_what_asking_every_route_finds(void **state)
{
    (void)state;
    enum { ROUTES = 200, ROUNDS = 20 };
    static const char *const events[] = {
        "{}",
        "{\"a\":\"1\"}",
        "{\"a\":2,\"b\":\"\"}",
        "{\"a\":[\"1\",\"2\",\"1\",\"123\",[\"3\"]],\"b\":null}",
        "{\"b\":\"12\",\"survey.c\":\"1\"}",
        "{\"a\":{\"b\":1},\"b\":true}",
    };
    dice = 7;
    for (int round = 0; round < ROUNDS; round++) {
        AUTO_ARENA struct arena *arena = arena_new();
        struct route routes[ROUTES] = {0};
        for (size_t i = 0; i < ROUTES; i++)
            make_random_route(arena, &routes[i]);
        struct route_index *index = route_index_new(routes, ROUTES);
        for (size_t i = 0; i < COUNT_OF(events) * 2; i++) {
            struct event event = {
                .trigger = i % 2 ? "inbound.dequeue" : "inbound.call_end",
                .elements = parse_json(arena, events[i / 2]),
                .survey = round % 2 ? parse_json(arena, "{\"c\":\"2\"}") : NULL,
            };
            check_index(index, routes, ROUTES, &event);
        }
        route_index_free(index);
    }
}

// Pieces of expressions, and of values that some of these match.
static const char *const expression_pieces[] = {
    "a",     "b", "Sale", "k",     "17",    "\xc3\xa9",    ".",     "\\d",   "\\.",      "[ab]",
    "[^]1]", "|", "|",    "(",     ")",     "(?:",         "(?i)",  "(?<n>", "(?=",      "*",
    "+?",    "?", "{2}",  "{0,1}", "{,2}",  "^",           "$",     "\\b",   "\\Qa|\\E", "\\s",
    "(?i:",  "{", "-",    "(?x)",  "(?-i)", "[[:digit:]]", "\\x41", "++",    "(a|17)",   "(?!",
};
static const char *const value_pieces[] = {
    "a",        "b", "Sale", "sALE", "k", "\xe2\x84\xaa", "17", "7", "2", ".", " ",
    "\xc3\xa9", "]", "{,2}", "-",    "{", "a|a",          "A",  "b", ""};

static const char *join_random(struct arena *arena, const char *const *pieces, size_t count)
{
    const char *text = "";
    for (size_t i = roll(6); i > 0; i--)
        text = arena_printf(arena, "%s%s", text, pieces[roll(count)]);
    return text;
}

static void make_pattern_route(struct arena *arena, struct route *route)
{
    struct condition *conditions = arena_alloc(arena, 2 * sizeof(*conditions));
    route->conditions = conditions;
    route->condition_count = 1 + roll(2);
    for (size_t i = 0; i < route->condition_count; i++) {
        conditions[i] = (struct condition){.element = STR("a"), .kind = CONDITION_PATTERN};
        const char *expression;
        struct err err;
        do {
            expression = join_random(arena, expression_pieces, COUNT_OF(expression_pieces));
        } while (!pattern_compile(str_from(expression), &conditions[i].pattern, &err));
    }
}

static void free_patterns(const struct route *routes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < routes[i].condition_count; j++)
            pattern_free(routes[i].conditions[j].pattern);
    }
}

static void test_index_finds_what_patterns_take(void **state)
{
    (void)state;
    enum { ROUTES = 250, ROUNDS = 8, VALUES = 60 };
    dice = 11;
    size_t found = 0;
    for (int round = 0; round < ROUNDS; round++) {
        AUTO_ARENA struct arena *arena = arena_new();
        struct route *routes = arena_alloc(arena, ROUTES * sizeof(*routes));
        for (size_t i = 0; i < ROUTES; i++)
            make_pattern_route(arena, &routes[i]);
        struct route_index *index = route_index_new(routes, ROUTES);
        for (size_t i = 0; i < VALUES; i++) {
            const char *value = join_random(arena, value_pieces, COUNT_OF(value_pieces));
            struct json *elements = json_object(arena);
            json_set(arena, elements, STR("a"), json_text(arena, value));
            struct event event = {.trigger = "chat.end", .elements = elements};
            found += check_index(index, routes, ROUTES, &event);
        }
        route_index_free(index);
        free_patterns(routes, ROUTES);
    }
    assert_true(found > ROUNDS * VALUES); // it was no test of nothing
}

static void test_a_long_value_is_asked_once_for_each_pattern(void **state)
{
    (void)state;
    enum { ROUTES = 1000, LONG = 64 * 1000 };
    AUTO_ARENA struct arena *arena = arena_new();
    struct route routes[ROUTES] = {0};
    struct condition conditions[ROUTES];
    for (size_t i = 0; i < ROUTES; i++) {
        conditions[i] = (struct condition){
            .element = STR("a"),
            .kind = CONDITION_PATTERN,
            .pattern = compile(arena_printf(arena, "1%zu(?:7|17)$", i)),
        };
        routes[i] = (struct route){.conditions = &conditions[i], .condition_count = 1};
    }
    char *value = arena_alloc(arena, LONG + 1);
    memset(value, '1', LONG);
    value[LONG - 1] = '7';
    struct json *elements = json_object(arena);
    json_set(arena, elements, STR("a"), json_text(arena, value));
    struct event event = {.trigger = "chat.end", .elements = elements};
    struct route_index *index = route_index_new(routes, ROUTES);
    assert_int_equal(check_index(index, routes, 150, &event), 3); // 1, 11 and 111
    route_index_free(index);
    free_patterns(routes, ROUTES);
}

static void test_index_of_no_routes_finds_none(void **state)
{
    (void)state;
    AUTO_ARENA struct arena *arena = arena_new();
    struct route_index *index = route_index_new(NULL, 0);
    struct event event = {.trigger = "chat.end", .elements = parse_json(arena, "{\"a\":1}")};
    size_t count = 1;
    route_index_find(index, arena, 0, &event, &count);
    assert_int_equal(count, 0);
    route_index_free(index);
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
        cmocka_unit_test(test_judge_says_what_fails_first),
        cmocka_unit_test(test_index_finds_what_asking_every_route_finds),
        cmocka_unit_test(test_index_finds_what_patterns_take),
        cmocka_unit_test(test_a_long_value_is_asked_once_for_each_pattern),
        cmocka_unit_test(test_index_of_no_routes_finds_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
