// SPDX-License-Identifier: GPL-3.0-or-later
//
// Batches taken apart: the items as they stand in the body, good or not.

#include "core/event_batch.h"

#include <stdarg.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

enum { ITEMS_MAX = 5 };

// `wanted`: the items, each with a | behind it.
static void splits(enum batch_kind kind, struct str body, const char *wanted)
{
    AUTO_ARENA struct arena *arena = arena_new();
    AUTO_BUF struct buf found;
    buf_init(&found, 10000);
    struct str *items;
    size_t count;
    struct err err;
    if (!batch_split(arena, kind, body, ITEMS_MAX, &items, &count, &err))
        fail_msg("%.*s: %s", STR_ARG(body), err.text);
    for (size_t i = 0; i < count; i++) {
        buf_add_str(&found, items[i]);
        buf_add_char(&found, '|');
    }
    assert_string_equal(found.len ? found.data : "", wanted);
}

static void refuses(enum batch_kind kind, struct str body, enum err_code code, const char *part)
{
    AUTO_ARENA struct arena *arena = arena_new();
    struct str *items = NULL;
    size_t count;
    struct err err;
    assert_false(batch_split(arena, kind, body, ITEMS_MAX, &items, &count, &err));
    assert_int_equal(err.code, code);
    assert_non_null(strstr(err.text, part));
    assert_null(items);
}

static void test_lines_are_items_and_empty_ones_are_not(void **state)
{
    (void)state;
    splits(BATCH_LINES, STR("{}\n{\"a\":1}\r\n\n \t\n[\n\nx"), "{}|{\"a\":1}|[|x|");
    splits(BATCH_LINES, STR(""), "");
    splits(BATCH_LINES, STR("\n\n"), "");
    splits(BATCH_LINES, STR("a\n"), "a|");
}

static void test_an_array_is_cut_at_its_own_commas(void **state)
{
    (void)state;
    splits(BATCH_ARRAY, STR("[{\"a\":[1,2]}, {\"b\":\"],\\\"}\"} ,3]"),
           "{\"a\":[1,2]}|{\"b\":\"],\\\"}\"}|3|");
    splits(BATCH_ARRAY, STR(" [ ] "), "");
    splits(BATCH_ARRAY, STR("\xef\xbb\xbf[1]\n"), "1|");
    splits(BATCH_ARRAY, STR("[1,]"), "1||");
    splits(BATCH_ARRAY, STR("[,1 2]"), "|1 2|");
}

static void test_what_is_no_array_is_refused(void **state)
{
    (void)state;
    static const char *const bodies[] = {"",   "[",    "{}",    "]",   "x",
                                         "[1", "[\"]", "[\"\\", "[{]", "[[1]"};
    for (size_t i = 0; i < COUNT_OF(bodies); i++)
        refuses(BATCH_ARRAY, str_from(bodies[i]), ERR_INVALID, "the batch");
    refuses(BATCH_ARRAY, STR("[1] 2"), ERR_INVALID, "more text after");
    refuses(BATCH_ARRAY, STR("[1],[2]"), ERR_INVALID, "more text after");
}

static void test_too_many_items_are_refused(void **state)
{
    (void)state;
    splits(BATCH_LINES, STR("1\n2\n3\n4\n5"), "1|2|3|4|5|");
    refuses(BATCH_LINES, STR("1\n2\n3\n4\n5\n6"), ERR_TOO_LARGE, "more than 5");
    refuses(BATCH_ARRAY, STR("[1,2,3,4,5,6]"), ERR_TOO_LARGE, "more than 5");
}

static void test_the_kind_follows_the_media_type(void **state)
{
    (void)state;
    enum batch_kind kind = BATCH_ARRAY;
    assert_true(batch_kind_of(STR("Application/X-NDJSON; charset=utf-8"), &kind));
    assert_int_equal(kind, BATCH_LINES);
    assert_true(batch_kind_of(STR("application/cloudevents-batch+json"), &kind));
    assert_int_equal(kind, BATCH_ARRAY);
    assert_false(batch_kind_of(STR("application/json"), &kind));
    assert_false(batch_kind_of(STR("application/cloudevents+json"), &kind));
    assert_false(batch_kind_of(STR(""), &kind));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_are_items_and_empty_ones_are_not),
        cmocka_unit_test(test_an_array_is_cut_at_its_own_commas),
        cmocka_unit_test(test_what_is_no_array_is_refused),
        cmocka_unit_test(test_too_many_items_are_refused),
        cmocka_unit_test(test_the_kind_follows_the_media_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
