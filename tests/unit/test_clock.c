// SPDX-License-Identifier: GPL-3.0-or-later
//
// Formats of moments and ids, and that chance is chance.

#include "base/clock.h"

#include "base/mem.h"

#include <setjmp.h>

#include <cmocka.h>

static void assert_moment(int64_t at_ms, const char *expected)
{
    char text[CLOCK_RFC3339_BYTES];
    clock_rfc3339(at_ms, text);
    assert_string_equal(text, expected);
}

static void test_moments_are_rfc3339_in_utc(void **state)
{
    (void)state;
    assert_moment(0, "1970-01-01T00:00:00.000Z");
    assert_moment(1600192937123, "2020-09-15T18:02:17.123Z");
    assert_moment(951782400000, "2000-02-29T00:00:00.000Z");
    assert_moment(-1, "1969-12-31T23:59:59.999Z");
    assert_moment(253402300799999, "9999-12-31T23:59:59.999Z");
}

static void test_impossible_moments_do_not_write_past_the_text(void **state)
{
    (void)state;
    assert_moment(253402300800000, "0000-00-00T00:00:00.000Z");
    assert_moment(INT64_MAX, "0000-00-00T00:00:00.000Z");
    assert_moment(INT64_MIN, "0000-00-00T00:00:00.000Z");
}

static void test_uuid_has_the_shape_of_version_7(void **state)
{
    (void)state;
    char uuid[CLOCK_UUID_BYTES];
    clock_uuid(1600192937123, uuid);
    assert_int_equal(strlen(uuid), 36);
    for (size_t i = 0; i < 36; i++) {
        if (i == 8 || i == 13 || i == 18 || i == 23)
            assert_int_equal(uuid[i], '-');
        else
            assert_non_null(strchr("0123456789abcdef", uuid[i]));
    }
    assert_int_equal(uuid[14], '7');
    assert_non_null(strchr("89ab", uuid[19]));
    char time[13] = {0}; // the first 48 bits are the moment
    memcpy(time, uuid, 8);
    memcpy(time + 8, uuid + 9, 4);
    assert_int_equal(strtoll(time, NULL, 16), 1600192937123);
}

static void test_uuids_sort_by_time_and_do_not_repeat(void **state)
{
    (void)state;
    char last[CLOCK_UUID_BYTES], next[CLOCK_UUID_BYTES];
    clock_uuid(1600000000000, last);
    for (int64_t at = 1600000000001; at < 1600000002000; at++) {
        clock_uuid(at, next);
        assert_true(strcmp(last, next) < 0);
        memcpy(last, next, sizeof(last));
    }
    clock_uuid(5, last);
    clock_uuid(5, next);
    assert_string_not_equal(last, next);
}

static void test_dice_and_random_bytes_vary(void **state)
{
    (void)state;
    uint64_t seen_ones = 0, seen_zeros = 0;
    for (int i = 0; i < 100; i++) { // crosses the block of 32
        uint64_t dice = clock_dice();
        seen_ones |= dice;
        seen_zeros |= ~dice;
    }
    assert_true(seen_ones == UINT64_MAX && seen_zeros == UINT64_MAX);
    unsigned char bytes[600] = {0}, none[600] = {0};
    clock_random(bytes, sizeof(bytes));
    assert_memory_not_equal(bytes, none, 300);
    assert_memory_not_equal(bytes + 300, none, 300);
}

static void test_clocks_run(void **state)
{
    (void)state;
    assert_true(clock_now_ms() > 1600000000000);
    int64_t from = clock_steady_us();
    assert_true(clock_steady_us() >= from);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_moments_are_rfc3339_in_utc),
        cmocka_unit_test(test_impossible_moments_do_not_write_past_the_text),
        cmocka_unit_test(test_uuid_has_the_shape_of_version_7),
        cmocka_unit_test(test_uuids_sort_by_time_and_do_not_repeat),
        cmocka_unit_test(test_dice_and_random_bytes_vary),
        cmocka_unit_test(test_clocks_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
