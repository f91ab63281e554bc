// SPDX-License-Identifier: GPL-3.0-or-later
//
// Bodies with a content coding. The coded ones were made with Python's gzip and zlib modules.

#include "edge/inflate.h"

#include <stdarg.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

// {"uii":"1"}
#define GZIP                                                                                       \
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\x2a\xcd\xcc\x54\xb2\x52\x32\x54\xaa\x05\x00" \
    "\x23\x24\xf3\x91\x0b\x00\x00\x00"
#define ZLIB  "\x78\x9c\xab\x56\x2a\xcd\xcc\x54\xb2\x52\x32\x54\xaa\x05\x00\x14\xb6\x03\x33"
#define BARE  "\xab\x56\x2a\xcd\xcc\x54\xb2\x52\x32\x54\xaa\x05\x00"
#define PLAIN "{\"uii\":\"1\"}"

static void expect(const char *coding, struct str body, struct str plain)
{
    AUTO_ARENA struct arena *arena = arena_new();
    struct str decoded;
    struct err err;
    if (!inflate_body(arena, str_from(coding), body, 100, &decoded, &err))
        fail_msg("%s: %s", coding, err.text);
    assert_true(str_eq(decoded, plain));
}

static void refuse(const char *coding, struct str body, size_t max, enum err_code code,
                   const char *part)
{
    AUTO_ARENA struct arena *arena = arena_new();
    struct str decoded = {0};
    struct err err;
    assert_false(inflate_body(arena, str_from(coding), body, max, &decoded, &err));
    assert_int_equal(err.code, code);
    if (!strstr(err.text, part))
        fail_msg("`%s` is not in: %s", part, err.text);
    assert_null(decoded.data);
}

static void test_the_codings_that_clients_use_are_undone(void **state)
{
    (void)state;
    expect("gzip", STR(GZIP), STR(PLAIN));
    expect(" X-GZip ", STR(GZIP), STR(PLAIN));
    expect("deflate", STR(ZLIB), STR(PLAIN));
    expect("deflate", STR(BARE), STR(PLAIN));
    expect("gzip", STR(GZIP GZIP), STR(PLAIN PLAIN));
    expect("identity", STR(PLAIN), STR(PLAIN));
    expect("", STR(PLAIN), STR(PLAIN));
}

static void test_other_codings_are_not_known(void **state)
{
    (void)state;
    static const char *const codings[] = {"br",         "zstd",  "compress",
                                          "gzip, gzip", "gzip,", "aes128gcm"};
    for (size_t i = 0; i < COUNT_OF(codings); i++)
        refuse(codings[i], STR(GZIP), 100, ERR_NOT_FOUND, "gzip or deflate");
}

static void test_a_damaged_body_is_refused(void **state)
{
    (void)state;
    struct str gzip = STR(GZIP);
    for (size_t len = 1; len < gzip.len; len++)
        refuse("gzip", (struct str){gzip.data, len}, 100, ERR_INVALID, "too early");
    refuse("gzip", STR(PLAIN), 100, ERR_INVALID, "damaged");
    refuse("gzip", STR(ZLIB), 100, ERR_INVALID, "damaged");
    refuse("gzip", STR(GZIP "x"), 100, ERR_INVALID, "");
    refuse("deflate", STR(ZLIB ZLIB), 100, ERR_INVALID, "more after the end");
    refuse("deflate", STR(PLAIN), 100, ERR_INVALID, "");
    char wrong[sizeof(GZIP)];
    memcpy(wrong, GZIP, sizeof(wrong));
    wrong[sizeof(GZIP) - 6] ^= 1; // in the check sum
    refuse("gzip", (struct str){wrong, sizeof(GZIP) - 1}, 100, ERR_INVALID, "check");
}

static void test_a_dictionary_is_not_asked_for(void **state)
{
    (void)state;
    refuse("deflate", STR("\x78\xbb\x00\x00\x00\x01\x4b\x04\x00"), 100, ERR_INVALID, "dictionary");
}

// A megabyte of zeros in a kilobyte, as often as fits: stopped at the limit.
static void test_a_bomb_is_stopped_at_the_limit(void **state)
{
    (void)state;
    refuse("gzip", STR(GZIP), 10, ERR_TOO_LARGE, "more than 10 bytes");
    expect("gzip", STR(GZIP), STR(PLAIN));
    AUTO_BUF struct buf many;
    buf_init(&many, 10 << 20);
    for (int i = 0; i < 100000; i++)
        buf_add_str(&many, STR(GZIP));
    refuse("gzip", buf_str(&many), 64 * 1024, ERR_TOO_LARGE, "more than 65536 bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_codings_that_clients_use_are_undone),
        cmocka_unit_test(test_other_codings_are_not_known),
        cmocka_unit_test(test_a_damaged_body_is_refused),
        cmocka_unit_test(test_a_dictionary_is_not_asked_for),
        cmocka_unit_test(test_a_bomb_is_stopped_at_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
