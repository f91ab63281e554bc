// SPDX-License-Identifier: GPL-3.0-or-later
//
// Counts of values that maps do not hold, from several threads and beyond the room there is.

#include "edge/unmapped.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <pthread.h>

static const struct value_map items[] = {{.name = "dispositions"}, {.name = "queues"}};
static const struct filter_maps maps = {items, COUNT_OF(items)};

static void test_the_most_frequent_comes_first(void **state)
{
    (void)state;
    AUTO_ARENA struct arena *arena = arena_new();
    struct unmapped *unmapped = unmapped_new(&maps);
    for (int i = 0; i < 5; i++)
        unmapped_note(unmapped, &items[1], i % 2 ? STR("Sold") : STR("Callback"));
    struct unmapped_view view;
    unmapped_view(unmapped, 1, arena, &view);
    assert_int_equal(view.count, 2);
    assert_true(str_eq(view.values[0].value, STR("Callback")));
    assert_int_equal(view.values[0].count, 3);
    assert_int_equal(view.values[1].count, 2);
    assert_true(view.values[0].last_at > 0);
    unmapped_view(unmapped, 0, arena, &view);
    assert_int_equal(view.count, 0);
    unmapped_free(unmapped);
    unmapped_free(NULL);
}

static void test_memory_is_bounded(void **state)
{
    (void)state;
    AUTO_ARENA struct arena *arena = arena_new();
    struct unmapped *unmapped = unmapped_new(&maps);
    for (int i = 0; i < 250; i++)
        unmapped_note(unmapped, &items[0], str_from(arena_printf(arena, "value %d", i)));
    unmapped_note(unmapped, &items[0], STR("value 0"));
    AUTO_FREE char *large = mem_alloc(1001);
    for (int i = 0; i < 500; i++)
        memcpy(large + 2 * i, "\xc3\xa9", 2);
    unmapped_note(unmapped, &items[1], (struct str){large + 1, 999}); // begins within a character
    unmapped_note(unmapped, &items[1], (struct str){large, 1000});
    struct unmapped_view view;
    unmapped_view(unmapped, 0, arena, &view);
    assert_int_equal(view.count, 100);
    assert_int_equal(view.others, 150);
    assert_true(str_eq(view.values[0].value, STR("value 0")));
    unmapped_view(unmapped, 1, arena, &view);
    for (size_t i = 0; i < view.count; i++)
        assert_true(view.values[i].value.len <= 200);
    unmapped_free(unmapped);
}

static void *note_many(void *unmapped)
{
    for (int i = 0; i < 10000; i++)
        unmapped_note(unmapped, &items[i % 2], i % 3 ? STR("a") : STR("b"));
    return NULL;
}

static void test_threads_may_count_at_once(void **state)
{
    (void)state;
    AUTO_ARENA struct arena *arena = arena_new();
    struct unmapped *unmapped = unmapped_new(&maps);
    pthread_t threads[4];
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, note_many, unmapped), 0);
    struct unmapped_view view;
    unmapped_view(unmapped, 0, arena, &view);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        pthread_join(threads[i], NULL);
    int64_t total = 0;
    for (size_t map = 0; map < COUNT_OF(items); map++) {
        unmapped_view(unmapped, map, arena, &view);
        for (size_t i = 0; i < view.count; i++)
            total += view.values[i].count;
    }
    assert_int_equal(total, 40000);
    unmapped_free(unmapped);
}

static void test_counts_go_over_to_maps_of_the_same_name(void **state)
{
    (void)state;
    AUTO_ARENA struct arena *arena = arena_new();
    struct unmapped *before = unmapped_new(&maps);
    for (int i = 0; i < 3; i++)
        unmapped_note(before, &items[0], STR("Sold"));
    unmapped_note(before, &items[0], STR("Callback"));
    unmapped_note(before, &items[1], STR("gone with its map"));
    struct value_map_entry entries[] = {{.from = STR("Callback"), .to = STR("CB")}};
    struct value_map later[] = {{.name = "new"}, {.name = "dispositions"}};
    later[1].entries = entries;
    later[1].count = value_map_index(arena, &later[1], entries, COUNT_OF(entries));
    const struct filter_maps later_maps = {later, COUNT_OF(later)};
    struct unmapped *unmapped = unmapped_new(&later_maps);
    unmapped_note(unmapped, &later[1], STR("Sold"));
    unmapped_inherit(unmapped, before);
    unmapped_free(before);
    struct unmapped_view view;
    unmapped_view(unmapped, 0, arena, &view);
    assert_int_equal(view.count, 0);
    unmapped_view(unmapped, 1, arena, &view);
    assert_int_equal(view.count, 1); // the map holds the other one now
    assert_true(str_eq(view.values[0].value, STR("Sold")));
    assert_int_equal(view.values[0].count, 4);
    unmapped_free(unmapped);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_most_frequent_comes_first),
        cmocka_unit_test(test_memory_is_bounded),
        cmocka_unit_test(test_threads_may_count_at_once),
        cmocka_unit_test(test_counts_go_over_to_maps_of_the_same_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
