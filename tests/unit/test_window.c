// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct outcome delivered = {.kind = OUTCOME_DELIVERED, .retry_after_ms = -1};
static const struct outcome rejected = {.kind = OUTCOME_REJECTED, .retry_after_ms = -1};
static const struct outcome event_retry = {.kind = OUTCOME_RETRY, .retry_after_ms = -1};
static const struct outcome trouble = {
    .kind = OUTCOME_RETRY, .scope = OUTCOME_SERVICE, .retry_after_ms = -1};
static const struct outcome no_answer = {
    .kind = OUTCOME_UNKNOWN, .scope = OUTCOME_SERVICE, .retry_after_ms = -1};
static const struct outcome gone = {
    .kind = OUTCOME_RETRY, .scope = OUTCOME_SERVICE, .retry_after_ms = -1, .is_gone = true};

static void feed(struct window *window, const struct outcome *outcome, int times, int64_t now)
{
    for (int i = 0; i < times; i++)
        window_feed(window, outcome, now);
}

// A window of 5 that has closed at `now`.
static struct window closed_window(int64_t now)
{
    struct window window;
    window_init(&window, 50);
    feed(&window, &trouble, WINDOW_START, now);
    assert_int_equal(window_limit(&window, now), 0);
    return window;
}

static void test_starts_small_and_within_its_maximum(void **state)
{
    (void)state;
    struct window window;
    window_init(&window, 50);
    assert_int_equal(window_limit(&window, 0), WINDOW_START);
    window_init(&window, 2);
    assert_int_equal(window_limit(&window, 0), 2);
    window_init(&window, 0);
    assert_int_equal(window_limit(&window, 0), 1);
}

static void test_a_window_of_success_adds_one(void **state)
{
    (void)state;
    struct window window;
    window_init(&window, 8);
    feed(&window, &delivered, WINDOW_START + 1, 0);
    assert_int_equal(window_limit(&window, 0), WINDOW_START + 1);
    feed(&window, &delivered, 1000, 0);
    assert_int_equal(window_limit(&window, 0), 8);
}

static void test_trouble_shrinks_it_and_success_resets_the_row(void **state)
{
    (void)state;
    struct window window;
    window_init(&window, 50);
    feed(&window, &trouble, 2, 0);
    assert_int_equal(window_limit(&window, 0), WINDOW_START - 1);
    assert_int_equal(window.failures, 2);
    window_feed(&window, &delivered, 0);
    assert_int_equal(window.failures, 0);
    for (int i = 0; i < 100; i++) {
        window_feed(&window, &trouble, 0);
        window_feed(&window, &delivered, 0);
        assert_true(window_limit(&window, 0) >= 1);
    }
}

static void test_trouble_with_one_event_proves_the_service_alive(void **state)
{
    (void)state;
    struct window window;
    window_init(&window, 50);
    feed(&window, &event_retry, 500, 0);
    feed(&window, &rejected, 500, 0);
    assert_int_equal(window.failures, 0);
    assert_true(window_limit(&window, 0) > WINDOW_START);
}

static void test_closes_after_a_window_of_failures_in_a_row(void **state)
{
    (void)state;
    struct window window;
    window_init(&window, 50);
    feed(&window, &no_answer, WINDOW_START - 2, 100);
    assert_true(window_limit(&window, 100) > 0);
    feed(&window, &no_answer, 1, 100);
    assert_int_equal(window_limit(&window, 100), 0);
    assert_int_equal(window.closed_until, 100 + WINDOW_PROBE_FIRST_MS);
}

static void test_probes_singly_at_growing_distance(void **state)
{
    (void)state;
    int64_t now = 100;
    struct window window = closed_window(now);
    int64_t distance = WINDOW_PROBE_FIRST_MS;
    for (int i = 0; i < 12; i++) {
        assert_int_equal(window.closed_until - now, distance);
        assert_int_equal(window_limit(&window, window.closed_until - 1), 0);
        now = window.closed_until;
        assert_int_equal(window_limit(&window, now), 1);
        window_feed(&window, &trouble, now);
        distance = distance * 2 < WINDOW_PROBE_MAX_MS ? distance * 2 : WINDOW_PROBE_MAX_MS;
    }
}

static void test_failures_still_in_flight_do_not_push_the_probe_away(void **state)
{
    (void)state;
    struct window window = closed_window(100);
    int64_t probe_at = window.closed_until;
    feed(&window, &trouble, 40, 500);
    assert_int_equal(window.closed_until, probe_at);
}

static void test_probe_that_succeeds_opens_it(void **state)
{
    (void)state;
    struct window window = closed_window(100);
    window_feed(&window, &delivered, window.closed_until);
    assert_int_equal(window.closed_until, 0);
    assert_int_equal(window_limit(&window, 5000), WINDOW_START);
    feed(&window, &trouble, WINDOW_START, 9000);
    assert_int_equal(window.closed_until, 9000 + WINDOW_PROBE_FIRST_MS);
}

static void test_retry_after_moves_the_probe_up_to_the_longest_distance(void **state)
{
    (void)state;
    struct outcome asked = trouble;
    asked.retry_after_ms = 20 * 1000;
    struct window window;
    window_init(&window, 1);
    window_feed(&window, &asked, 100);
    assert_int_equal(window.closed_until, 100 + 20 * 1000);
    asked.retry_after_ms = INT64_MAX;
    window_init(&window, 1);
    window_feed(&window, &asked, 100);
    assert_int_equal(window.closed_until, 100 + WINDOW_PROBE_MAX_MS);
}

static void test_gone_closes_it_until_a_person_opens_it(void **state)
{
    (void)state;
    struct window window;
    window_init(&window, 50);
    window_feed(&window, &gone, 100);
    feed(&window, &trouble, 10, 200);
    feed(&window, &delivered, 10, 300);
    assert_true(window.closed_until == INT64_MAX);
    assert_int_equal(window_limit(&window, INT64_MAX), 0);
    window_open(&window);
    assert_int_equal(window_limit(&window, 400), WINDOW_START);
    assert_int_equal(window.failures, 0);
    assert_int_equal(window.max, 50);
}

static void test_another_maximum_keeps_what_was_learned(void **state)
{
    (void)state;
    struct window window = closed_window(100);
    int64_t closed_until = window.closed_until;
    window_resize(&window, 3);
    assert_int_equal(window.max, 3);
    assert_true(window.closed_until == closed_until);
    window_init(&window, 50);
    feed(&window, &delivered, 1000, 0);
    window_resize(&window, 4);
    assert_int_equal(window_limit(&window, 0), 4);
    window_resize(&window, 50);
    assert_int_equal(window_limit(&window, 0), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_starts_small_and_within_its_maximum),
        cmocka_unit_test(test_a_window_of_success_adds_one),
        cmocka_unit_test(test_trouble_shrinks_it_and_success_resets_the_row),
        cmocka_unit_test(test_trouble_with_one_event_proves_the_service_alive),
        cmocka_unit_test(test_closes_after_a_window_of_failures_in_a_row),
        cmocka_unit_test(test_probes_singly_at_growing_distance),
        cmocka_unit_test(test_failures_still_in_flight_do_not_push_the_probe_away),
        cmocka_unit_test(test_probe_that_succeeds_opens_it),
        cmocka_unit_test(test_retry_after_moves_the_probe_up_to_the_longest_distance),
        cmocka_unit_test(test_gone_closes_it_until_a_person_opens_it),
        cmocka_unit_test(test_another_maximum_keeps_what_was_learned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
