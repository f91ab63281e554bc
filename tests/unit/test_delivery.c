// SPDX-License-Identifier: GPL-3.0-or-later
//
// The arithmetic of retry is tested case by case from tests/table/delivery.table; here are the
// states and the extremes no table line can hold.

#include "core/delivery.h"
#include "table.h"

#include <setjmp.h>
#include <cmocka.h>

static const int64_t now = 1600000000000;
static const uint64_t middle = UINT64_MAX / 2;

static struct retry_policy parse_policy(const char *text)
{
    double first, factor, max, give_up;
    int tries;
    char flag[20] = "";
    int read =
        sscanf(text, "%lf %lf %lf %lf %d %19s", &first, &factor, &max, &give_up, &tries, flag);
    assert_true(read >= 5);
    return (struct retry_policy){.first_for_ms = (int64_t)(first * 1000),
                                 .factor = factor,
                                 .max_for_ms = (int64_t)(max * 1000),
                                 .give_up_after_for_ms = (int64_t)(give_up * 1000),
                                 .max_attempts = tries,
                                 .is_idempotent = strcmp(flag, "idempotent") == 0};
}

static struct outcome parse_outcome(const char *word, const char *retry_after)
{
    struct outcome outcome = {.reason = "because"};
    outcome.is_gone = strcmp(word, "gone") == 0;
    outcome.retry_after_ms = *retry_after ? atoll(retry_after) * 1000 : -1;
    assert_true(outcome_parse(str_from(outcome.is_gone ? "retry" : word), &outcome.kind));
    return outcome;
}

static uint64_t parse_dice(const char *word)
{
    return strcmp(word, "low") == 0 ? 0 : strcmp(word, "high") == 0 ? UINT64_MAX : middle;
}

static void check_case(const struct table_line *line)
{
    enum { POLICY, ATTEMPTS, AGE, OUTCOME, AFTER, DICE, STATE, WAIT, SENTENCE };
    char *const *column = line->columns;
    struct retry_policy policy = parse_policy(column[POLICY]);
    struct outcome outcome = parse_outcome(column[OUTCOME], column[AFTER]);
    struct delivery_progress progress = {.attempts = atoi(column[ATTEMPTS]),
                                         .first_attempt_at = now - atoll(column[AGE]) * 1000};
    struct delivery_step step;
    delivery_next(&policy, &progress, &outcome, now, parse_dice(column[DICE]), &step);

    char expected[600], got[600];
    snprintf(expected, sizeof(expected), "line %d: %s %lld \"%s\"", line->number, column[STATE],
             *column[WAIT] ? atoll(column[WAIT]) * 1000 : -1LL, column[SENTENCE]);
    long long wait = step.state == DELIVERY_WAITING ? (long long)(step.due_at - now) : -1LL;
    snprintf(got, sizeof(got), "line %d: %s %lld \"%s\"", line->number,
             delivery_state_word(step.state), wait, step.reason);
    assert_string_equal(got, expected);
}

static void test_table_holds(void **state)
{
    (void)state;
    assert_true(table_run("tests/table/delivery.table", 9, check_case) > 30);
}

static void test_extreme_policies_never_overflow(void **state)
{
    (void)state;
    struct retry_policy policy = {.first_for_ms = INT64_MAX,
                                  .factor = 1e308,
                                  .max_for_ms = INT64_MAX,
                                  .give_up_after_for_ms = 0};
    struct delivery_progress progress = {.attempts = 1000000, .first_attempt_at = now};
    struct outcome outcome = {.kind = OUTCOME_RETRY, .retry_after_ms = INT64_MAX};
    struct delivery_step step;
    for (int i = 0; i < 3; i++) {
        delivery_next(&policy, &progress, &outcome, now, (uint64_t)i * middle, &step);
        assert_int_equal(step.state, DELIVERY_WAITING);
        assert_true(step.due_at == INT64_MAX);
    }
    policy.first_for_ms = -5;
    policy.max_for_ms = 1000;
    outcome.retry_after_ms = -1;
    delivery_next(&policy, &progress, &outcome, now, 0, &step);
    assert_true(step.due_at == now);
}

static void test_longest_reason_is_kept_whole(void **state)
{
    (void)state;
    struct outcome outcome = {.kind = OUTCOME_UNKNOWN, .retry_after_ms = -1};
    memset(outcome.reason, 'x', sizeof(outcome.reason) - 1);
    outcome.reason[0] = '<';
    outcome.reason[sizeof(outcome.reason) - 2] = '>';
    struct delivery_progress progress = {.attempts = 1, .first_attempt_at = now};
    struct delivery_step step;
    delivery_next(&retry_policy_default, &progress, &outcome, now, middle, &step);
    assert_string_equal(strchr(step.reason, '<'), outcome.reason);
}

static struct delivery_step next_before(enum outcome_kind kind, int64_t expires_at)
{
    struct outcome outcome = {.kind = kind, .retry_after_ms = -1, .reason = "because"};
    struct delivery_progress progress = {
        .attempts = 1, .first_attempt_at = now, .expires_at = expires_at};
    struct delivery_step step;
    delivery_next(&retry_policy_default, &progress, &outcome, now, middle, &step);
    return step;
}

static void test_a_try_that_would_come_too_late_is_not_made(void **state)
{
    (void)state;
    int64_t due_at = next_before(OUTCOME_RETRY, 0).due_at;
    assert_int_equal(next_before(OUTCOME_RETRY, due_at + 1).state, DELIVERY_WAITING);
    struct delivery_step step = next_before(OUTCOME_RETRY, due_at);
    assert_int_equal(step.state, DELIVERY_EXPIRED);
    assert_string_equal(step.reason, "expired after 1 attempt: because");
    assert_int_equal(step.due_at, 0);
}

static void test_a_deadline_ends_nothing_but_waiting(void **state)
{
    (void)state;
    assert_int_equal(next_before(OUTCOME_DELIVERED, now - 1).state, DELIVERY_DELIVERED);
    assert_int_equal(next_before(OUTCOME_REJECTED, now - 1).state, DELIVERY_DEAD);
    assert_int_equal(next_before(OUTCOME_UNKNOWN, now - 1).state, DELIVERY_HELD);
}

static void test_what_expires_says_how_far_it_came(void **state)
{
    (void)state;
    struct delivery_step step;
    delivery_expire(0, "", &step);
    assert_string_equal(step.reason, "expired before its first attempt");
    delivery_expire(3, "connection refused", &step);
    assert_int_equal(step.state, DELIVERY_EXPIRED);
    assert_string_equal(step.reason, "expired after 3 attempts: connection refused");
}

static void test_default_policy_is_the_documented_one(void **state)
{
    (void)state;
    const struct retry_policy *policy = &retry_policy_default;
    assert_int_equal(policy->first_for_ms, 5000);
    assert_true(policy->factor > 1.99 && policy->factor < 2.01);
    assert_int_equal(policy->max_for_ms, 3600000);
    assert_int_equal(policy->give_up_after_for_ms, 86400000);
    assert_int_equal(policy->max_attempts, 0);
    assert_false(policy->is_idempotent);
}

static void test_states_allow_what_their_drawing_says(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        bool is_open, may_resend, may_cancel;
    } expected[] = {
        {"waiting", true, false, true},    {"leased", true, false, false},
        {"delivered", false, true, false}, {"held", false, true, true},
        {"dead", false, true, false},      {"cancelled", false, true, false},
        {"expired", false, true, false},   {"merged", false, false, false},
    };
    assert_int_equal(COUNT_OF(expected), DELIVERY_STATE_COUNT);
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        enum delivery_state parsed;
        assert_true(delivery_state_parse(str_from(expected[i].word), &parsed));
        assert_int_equal(parsed, i);
        assert_string_equal(delivery_state_word(parsed), expected[i].word);
        assert_int_equal(delivery_is_open(parsed), expected[i].is_open);
        assert_int_equal(delivery_may_resend(parsed), expected[i].may_resend);
        assert_int_equal(delivery_may_cancel(parsed), expected[i].may_cancel);
    }
    enum delivery_state parsed;
    assert_false(delivery_state_parse(STR("pending"), &parsed));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_holds),
        cmocka_unit_test(test_extreme_policies_never_overflow),
        cmocka_unit_test(test_longest_reason_is_kept_whole),
        cmocka_unit_test(test_a_try_that_would_come_too_late_is_not_made),
        cmocka_unit_test(test_a_deadline_ends_nothing_but_waiting),
        cmocka_unit_test(test_what_expires_says_how_far_it_came),
        cmocka_unit_test(test_default_policy_is_the_documented_one),
        cmocka_unit_test(test_states_allow_what_their_drawing_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
