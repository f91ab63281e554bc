// SPDX-License-Identifier: GPL-3.0-or-later
//
// The shipped table is tested case by case from tests/table/outcome.table; here are the rules that
// override it and what holds for the sentence.

#include "core/outcome.h"
#include "table.h"

#include <setjmp.h>
#include <cmocka.h>

static enum reach parse_reach(const char *word)
{
    for (int i = REACH_NOT_ENCODED; i <= REACH_ANSWERED; i++) {
        if (strcmp(word, reach_word((enum reach)i)) == 0)
            return (enum reach)i;
    }
    fail_msg("no such reach: %s", word);
    return REACH_ANSWERED;
}

// "class code", the code may be missing.
static enum fault_class parse_fault(char *text, const char **ret_code)
{
    static const char *const words[] = {"",           "sender",   "receiver", "version",
                                        "understand", "encoding", "other"};
    char *rest = text;
    const char *word = strsep(&rest, " ");
    *ret_code = rest ? str_trim(str_from(rest)).data : "";
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (strcmp(word, words[i]) == 0)
            return (enum fault_class)i;
    }
    fail_msg("no such fault class: %s", word);
    return FAULT_NONE;
}

static void check_case(const struct table_line *line)
{
    enum { REACH, STATUS, FAULT, AFTER, READABLE, REASON, KIND, SCOPE, GONE, WAIT, SENTENCE };
    char *const *column = line->columns;
    const char *code;
    struct answer answer = {
        .reach = parse_reach(column[REACH]),
        .http_status = atoi(column[STATUS]),
        .retry_after_ms = *column[AFTER] ? atoll(column[AFTER]) : -1,
        .fault_class = parse_fault(column[FAULT], &code),
        .fault_detail = "",
        .is_readable = strcmp(column[READABLE], "yes") == 0,
        .reason = column[REASON],
    };
    answer.fault_code = code;
    struct outcome outcome;
    outcome_decide(NULL, 0, &answer, &outcome);

    char expected[600], got[600];
    snprintf(expected, sizeof(expected), "line %d: %s %s %s %lld \"%s\"", line->number,
             column[KIND], column[SCOPE], column[GONE], *column[WAIT] ? atoll(column[WAIT]) : -1LL,
             column[SENTENCE]);
    snprintf(got, sizeof(got), "line %d: %s %s %s %lld \"%s\"", line->number,
             outcome_word(outcome.kind), outcome.scope == OUTCOME_SERVICE ? "service" : "event",
             outcome.is_gone ? "yes" : "no", (long long)outcome.retry_after_ms, outcome.reason);
    assert_string_equal(got, expected);
}

static void test_shipped_table_holds(void **state)
{
    (void)state;
    assert_true(table_run("tests/table/outcome.table", 11, check_case) > 40);
}

static struct outcome decide(const struct outcome_rule *rules, size_t count, struct answer answer)
{
    struct outcome outcome;
    outcome_decide(rules, count, &answer, &outcome);
    return outcome;
}

static void test_first_matching_rule_decides(void **state)
{
    (void)state;
    static const struct outcome_rule rules[] = {
        {409, 409, "DUPLICATE", OUTCOME_DELIVERED, OUTCOME_EVENT, false},
        {400, 499, NULL, OUTCOME_RETRY, OUTCOME_SERVICE, false},
        {409, 409, NULL, OUTCOME_REJECTED, OUTCOME_EVENT, false},
    };
    struct outcome outcome = decide(rules, 3,
                                    (struct answer){.reach = REACH_ANSWERED,
                                                    .http_status = 409,
                                                    .retry_after_ms = 30,
                                                    .fault_class = FAULT_SENDER,
                                                    .fault_code = "Client",
                                                    .fault_detail = "DUPLICATE"});
    assert_int_equal(outcome.kind, OUTCOME_DELIVERED);
    assert_int_equal(outcome.retry_after_ms, -1);
    assert_string_equal(outcome.reason, "SOAP fault Client (decided by the service's outcomes)");
    outcome =
        decide(rules, 3,
               (struct answer){.reach = REACH_ANSWERED, .http_status = 409, .retry_after_ms = 30});
    assert_int_equal(outcome.kind, OUTCOME_RETRY);
    assert_int_equal(outcome.scope, OUTCOME_SERVICE);
    assert_int_equal(outcome.retry_after_ms, 30);
}

static void test_rule_by_fault_matches_code_or_detail(void **state)
{
    (void)state;
    static const struct outcome_rule rules[] = {
        {0, 0, "Busy", OUTCOME_RETRY, OUTCOME_SERVICE, false},
    };
    struct answer answer = {.reach = REACH_ANSWERED,
                            .http_status = 500,
                            .retry_after_ms = -1,
                            .fault_class = FAULT_SENDER,
                            .fault_code = "Busy",
                            .fault_detail = ""};
    assert_int_equal(decide(rules, 1, answer).kind, OUTCOME_RETRY);
    answer.fault_code = "Client";
    answer.fault_detail = "Busy";
    assert_int_equal(decide(rules, 1, answer).kind, OUTCOME_RETRY);
    answer.fault_detail = "Busy2";
    assert_int_equal(decide(rules, 1, answer).kind, OUTCOME_REJECTED);
}

static void test_rule_by_fault_matches_any_subcode(void **state)
{
    (void)state;
    static const struct outcome_rule rules[] = {
        {0, 0, "Busy", OUTCOME_RETRY, OUTCOME_SERVICE, false},
    };
    static const char *const subcodes[] = {"Refused", "Busy"};
    struct answer answer = {.reach = REACH_ANSWERED,
                            .http_status = 500,
                            .fault_class = FAULT_SENDER,
                            .fault_code = "Sender",
                            .fault_detail = "",
                            .fault_subcodes = subcodes,
                            .fault_subcode_count = 2};
    assert_int_equal(decide(rules, 1, answer).kind, OUTCOME_RETRY);
    answer.fault_subcode_count = 1;
    assert_int_equal(decide(rules, 1, answer).kind, OUTCOME_REJECTED);
}

static void test_a_rule_with_a_test_needs_it_to_hold(void **state)
{
    (void)state;
    static const struct outcome_rule rules[] = {
        {200, 200, NULL, OUTCOME_RETRY, OUTCOME_SERVICE, true},
        {200, 200, NULL, OUTCOME_REJECTED, OUTCOME_EVENT, true},
    };
    static const bool first[] = {true, true}, second[] = {false, true}, none[] = {false, false};
    struct answer answer = {.reach = REACH_ANSWERED, .http_status = 200, .is_readable = true};
    assert_int_equal(decide(rules, 2, answer).kind, OUTCOME_DELIVERED);
    answer.holds = first;
    assert_int_equal(decide(rules, 2, answer).kind, OUTCOME_RETRY);
    answer.holds = second;
    assert_int_equal(decide(rules, 2, answer).kind, OUTCOME_REJECTED);
    answer.holds = none;
    assert_int_equal(decide(rules, 2, answer).kind, OUTCOME_DELIVERED);
}

static void test_a_failed_success_test_decides_good_answers_only(void **state)
{
    (void)state;
    static const struct outcome_rule failed = {.kind = OUTCOME_RETRY, .scope = OUTCOME_SERVICE};
    static const struct outcome_rule rules[] = {
        {200, 200, NULL, OUTCOME_DELIVERED, OUTCOME_EVENT, false},
    };
    struct answer answer = {.reach = REACH_ANSWERED,
                            .http_status = 200,
                            .retry_after_ms = 9,
                            .is_readable = true,
                            .failed = &failed,
                            .reason = "//Status = 'OK', and //Status is \"NO\""};
    struct outcome outcome = decide(NULL, 0, answer);
    assert_int_equal(outcome.kind, OUTCOME_RETRY);
    assert_int_equal(outcome.scope, OUTCOME_SERVICE);
    assert_int_equal(outcome.retry_after_ms, 9);
    assert_string_equal(outcome.reason, "HTTP 200 OK, but the success test does not hold: "
                                        "//Status = 'OK', and //Status is \"NO\"");
    assert_int_equal(decide(rules, 1, answer).kind, OUTCOME_DELIVERED);
    answer.is_readable = false;
    assert_int_equal(decide(NULL, 0, answer).kind, OUTCOME_UNKNOWN);
}

static void test_rules_are_not_asked_without_an_answer(void **state)
{
    (void)state;
    static const struct outcome_rule rules[] = {
        {0, 0, NULL, OUTCOME_DELIVERED, OUTCOME_EVENT, false},
    };
    for (int reach = REACH_NOT_ENCODED; reach < REACH_ANSWERED; reach++)
        assert_int_not_equal(decide(rules, 1, (struct answer){.reach = (enum reach)reach}).kind,
                             OUTCOME_DELIVERED);
}

static void test_rule_can_take_away_the_hold_of_410(void **state)
{
    (void)state;
    static const struct outcome_rule rules[] = {
        {410, 410, NULL, OUTCOME_REJECTED, OUTCOME_EVENT, false},
    };
    struct answer answer = {.reach = REACH_ANSWERED, .http_status = 410};
    assert_true(decide(NULL, 0, answer).is_gone);
    assert_false(decide(rules, 1, answer).is_gone);
}

static void test_sentence_is_one_line_of_whole_characters(void **state)
{
    (void)state;
    char long_text[1200];
    memset(long_text, 'a', sizeof(long_text));
    for (size_t i = 1; i + 1 < sizeof(long_text); i += 2)
        memcpy(long_text + i, "\xc3\xa9", 2);
    memcpy(long_text, "\n", 1);
    long_text[1199] = '\0';
    struct outcome outcome = decide(NULL, 0,
                                    (struct answer){.reach = REACH_ANSWERED,
                                                    .http_status = 500,
                                                    .fault_class = FAULT_RECEIVER,
                                                    .fault_code = "Server",
                                                    .reason = long_text});
    size_t len = strlen(outcome.reason);
    assert_in_range(len, 290, sizeof(outcome.reason) - 1);
    assert_null(strchr(outcome.reason, '\n'));
    assert_memory_equal(outcome.reason + len - 2, "\xc3\xa9", 2);
}

static void test_words_parse_back(void **state)
{
    (void)state;
    for (int i = 0; i < OUTCOME_KIND_COUNT; i++) {
        enum outcome_kind kind = OUTCOME_KIND_COUNT;
        assert_true(outcome_parse(str_from(outcome_word((enum outcome_kind)i)), &kind));
        assert_int_equal(kind, i);
    }
    enum outcome_kind kind;
    assert_false(outcome_parse(STR("Delivered"), &kind));
    assert_false(outcome_parse(STR(""), &kind));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shipped_table_holds),
        cmocka_unit_test(test_first_matching_rule_decides),
        cmocka_unit_test(test_rule_by_fault_matches_code_or_detail),
        cmocka_unit_test(test_rule_by_fault_matches_any_subcode),
        cmocka_unit_test(test_a_rule_with_a_test_needs_it_to_hold),
        cmocka_unit_test(test_a_failed_success_test_decides_good_answers_only),
        cmocka_unit_test(test_rules_are_not_asked_without_an_answer),
        cmocka_unit_test(test_rule_can_take_away_the_hold_of_410),
        cmocka_unit_test(test_sentence_is_one_line_of_whole_characters),
        cmocka_unit_test(test_words_parse_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
