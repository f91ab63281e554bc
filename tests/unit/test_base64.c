// SPDX-License-Identifier: GPL-3.0-or-later

#include "base/base64.h"

#include <stdarg.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

static void expect(const char *coded, struct str plain)
{
    AUTO_ARENA struct arena *arena = arena_new();
    struct str decoded = {0};
    assert_true(base64_decode(arena, str_from(coded), &decoded));
    assert_true(str_eq(decoded, plain));
    assert_int_equal(decoded.data[decoded.len], '\0');
}

// The vectors of RFC 4648 section 10.
static void test_text_is_decoded_with_and_without_padding(void **state)
{
    (void)state;
    expect("", STR(""));
    expect("Zg==", STR("f"));
    expect("Zm8=", STR("fo"));
    expect("Zm9v", STR("foo"));
    expect("Zm9vYg==", STR("foob"));
    expect("Zm9vYmE=", STR("fooba"));
    expect("Zm9vYmFy", STR("foobar"));
    expect("Zg", STR("f"));
    expect("Zm8", STR("fo"));
    expect("AP+/", STR("\0\xff\xbf"));
}

static void test_anything_else_is_refused(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "Z",     "Zg=",    "=",        "====",     "Zg===", "Z===", "Zm9v=",
        "Zm 9v", "Zm9v\n", "Zm9v====", "Zg==Zg==", "Zm9-",  "Zm9_", "Zm\xc3\xa9"};
    AUTO_ARENA struct arena *arena = arena_new();
    for (size_t i = 0; i < COUNT_OF(broken); i++) {
        struct str decoded = {0};
        assert_false(base64_decode(arena, str_from(broken[i]), &decoded));
        assert_null(decoded.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_is_decoded_with_and_without_padding),
        cmocka_unit_test(test_anything_else_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
