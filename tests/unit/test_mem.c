// SPDX-License-Identifier: GPL-3.0-or-later
//
// Borrowed strings, arenas and buffers: that pieces do not touch each other and limits hold.

#include "base/mem.h"

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

static void test_str_compares_bytes_including_nul(void **state)
{
    (void)state;
    assert_true(str_eq(STR("a\0b"), STR("a\0b")));
    assert_false(str_eq(STR("a\0b"), STR("a\0c")));
    assert_false(str_eq(STR("a"), STR("ab")));
    assert_true(str_eq(STR(""), str_from(NULL)));
    assert_true(str_eq_secret(STR("token"), STR("token")));
    assert_false(str_eq_secret(STR("token"), STR("tokeN")));
    assert_false(str_eq_secret(STR("token"), STR("tokens")));
}

static void test_str_nocase_folds_ascii_only(void **state)
{
    (void)state;
    assert_true(str_eq_nocase(STR("Content-TYPE"), STR("content-type")));
    assert_false(str_eq_nocase(STR("\xc3\x84"), STR("\xc3\xa4")));
    assert_false(str_eq_nocase(STR("@"), STR("`"))); // one bit apart, as letters are
}

static void test_str_starts_and_trim(void **state)
{
    (void)state;
    assert_true(str_starts(STR("Bearer x"), STR("Bearer ")));
    assert_true(str_starts(STR("x"), STR("")));
    assert_false(str_starts(STR("Bea"), STR("Bearer")));
    assert_true(str_eq(str_trim(STR(" \t\r\n a b \v\f")), STR("a b")));
    assert_int_equal(str_trim(STR(" \n ")).len, 0);
}

static void test_arena_pieces_are_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    enum { PIECES = 3000 };
    static unsigned char *pieces[PIECES];
    static size_t sizes[PIECES];
    AUTO_ARENA struct arena *arena = arena_new();
    for (size_t i = 0; i < PIECES; i++) {
        sizes[i] = i % 97 == 0 ? 20000 : i % 61; // large ones between small ones, and empty ones
        pieces[i] = arena_alloc(arena, sizes[i]);
        assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
        for (size_t j = 0; j < sizes[i]; j++)
            assert_int_equal(pieces[i][j], 0);
        memset(pieces[i], (int)(i & 0xff), sizes[i]);
    }
    for (size_t i = 0; i < PIECES; i++) {
        for (size_t j = 0; j < sizes[i]; j++)
            assert_int_equal(pieces[i][j], i & 0xff);
    }
}

static void test_arena_reset_gives_zeroed_memory_again(void **state)
{
    (void)state;
    AUTO_ARENA struct arena *arena = arena_new();
    for (int round = 0; round < 50; round++) {
        for (size_t size = 1; size < 100000; size *= 7) {
            unsigned char *piece = arena_alloc(arena, size);
            assert_int_equal(piece[0], 0);
            assert_int_equal(piece[size - 1], 0);
            memset(piece, 0xff, size);
        }
        arena_reset(arena);
    }
    arena_free(NULL);
}

static void test_arena_copies_end_with_nul(void **state)
{
    (void)state;
    AUTO_ARENA struct arena *arena = arena_new();
    struct str copy = arena_copy(arena, (struct str){"abcdef", 3});
    assert_string_equal(copy.data, "abc");
    assert_int_equal(copy.len, 3);
    assert_string_equal(arena_copy(arena, STR("")).data, "");
    assert_string_equal(arena_strdup(arena, "text"), "text");
    assert_string_equal(arena_printf(arena, "%s-%d", "call", 7), "call-7");
}

static void test_buf_grows_and_ends_with_nul(void **state)
{
    (void)state;
    AUTO_BUF struct buf buf;
    buf_init(&buf, 100000);
    assert_string_equal(buf_str(&buf).data, "");
    for (int i = 0; i < 10000; i++)
        buf_printf(&buf, "%d,", i % 10);
    assert_int_equal(buf.len, 20000);
    assert_int_equal(strlen(buf.data), 20000);
    assert_false(buf.overflowed);
    buf_clear(&buf);
    buf_add_char(&buf, 'x');
    assert_string_equal(buf.data, "x");
}

static void test_buf_never_passes_its_limit(void **state)
{
    (void)state;
    AUTO_BUF struct buf buf;
    buf_init(&buf, 10);
    buf_add_str(&buf, STR("0123456789")); // exactly full is fine
    assert_false(buf.overflowed);
    buf_add_char(&buf, 'x');
    assert_true(buf.overflowed);
    assert_string_equal(buf.data, "0123456789");

    buf_clear(&buf);
    buf_add_str(&buf, STR("012345"));
    buf_printf(&buf, "%s", "too long");
    buf_add_char(&buf, 'y'); // would fit, but the text would have a hole
    assert_true(buf.overflowed);
    assert_string_equal(buf.data, "012345");
    buf_add(&buf, "z", SIZE_MAX);
    assert_int_equal(buf.len, 6);
}

static void test_take_leaves_null(void **state)
{
    (void)state;
    char *text = mem_strdup("mine");
    AUTO_FREE char *taken = TAKE(text);
    assert_null(text);
    assert_string_equal(taken, "mine");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_str_compares_bytes_including_nul),
        cmocka_unit_test(test_str_nocase_folds_ascii_only),
        cmocka_unit_test(test_str_starts_and_trim),
        cmocka_unit_test(test_arena_pieces_are_zeroed_aligned_and_apart),
        cmocka_unit_test(test_arena_reset_gives_zeroed_memory_again),
        cmocka_unit_test(test_arena_copies_end_with_nul),
        cmocka_unit_test(test_buf_grows_and_ends_with_nul),
        cmocka_unit_test(test_buf_never_passes_its_limit),
        cmocka_unit_test(test_take_leaves_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
