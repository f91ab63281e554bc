// SPDX-License-Identifier: GPL-3.0-or-later
//
// Signatures of Standard Webhooks, against a vector that its libraries are tested with, and every
// way in which a request can fail to have one.

#include "edge/digest.h"
#include "edge/signature.h"

#include <stdarg.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#define SECRET    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define OTHER     "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"
#define ID        "msg_p5jXN8AQM9LWM0D4loKWxJek"
#define TIMESTAMP "1614265330"
#define BODY      "{\"test\": 2432232314}"
#define SIGNATURE "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

static const int64_t at_ms = 1614265330000;

struct keys {
    struct arena *arena;
    struct str keys[2];
};

static int parse_secrets(void **state)
{
    struct keys *keys = mem_alloc(sizeof(*keys));
    struct err err;
    keys->arena = arena_new();
    *state = keys;
    return signature_parse_secret(keys->arena, STR(OTHER), &keys->keys[0], &err) &&
                   signature_parse_secret(keys->arena, STR(SECRET), &keys->keys[1], &err)
               ? 0
               : -1;
}

static int free_keys(void **state)
{
    struct keys *keys = *state;
    arena_free(keys->arena);
    free(keys);
    return 0;
}

static bool is_signed(const struct keys *keys, struct signature_headers headers, int64_t now_ms)
{
    struct err err;
    return signature_check(keys->keys, COUNT_OF(keys->keys), &headers, STR(BODY), now_ms, &err);
}

static void test_the_published_vector_is_good_with_any_of_the_keys(void **state)
{
    struct signature_headers headers = {ID, TIMESTAMP, SIGNATURE};
    const struct keys *keys = *state;
    struct err err;
    assert_true(is_signed(keys, headers, at_ms));
    assert_true(signature_check(&keys->keys[1], 1, &headers, STR(BODY), at_ms, &err));
    assert_false(signature_check(&keys->keys[0], 1, &headers, STR(BODY), at_ms, &err));
    assert_false(signature_check(keys->keys, 0, &headers, STR(BODY), at_ms, &err));
}

static void test_one_good_signature_among_others_is_enough(void **state)
{
    static const char *const lists[] = {
        "v1,AAAA " SIGNATURE,
        SIGNATURE " v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OF=",
        "v1a,abcd v2 " SIGNATURE " x",
        "  " SIGNATURE "  ",
    };
    for (size_t i = 0; i < COUNT_OF(lists); i++)
        assert_true(is_signed(*state, (struct signature_headers){ID, TIMESTAMP, lists[i]}, at_ms));
}

static void test_anything_else_is_refused(void **state)
{
    static const struct signature_headers cases[] = {
        {NULL, NULL, NULL},
        {NULL, TIMESTAMP, SIGNATURE},
        {"", TIMESTAMP, SIGNATURE},
        {ID, NULL, SIGNATURE},
        {ID, TIMESTAMP, NULL},
        {ID, TIMESTAMP, ""},
        {ID "x", TIMESTAMP, SIGNATURE},
        {ID, "1614265331", SIGNATURE},
        {ID, TIMESTAMP ".0", SIGNATURE},
        {ID, "-1614265330", SIGNATURE},
        {ID, "", SIGNATURE},
        {ID, "9999999999999999999999", SIGNATURE},
        {ID, TIMESTAMP, "v1,"},
        {ID, TIMESTAMP, "v1,g0hM9SsE"},
        {ID, TIMESTAMP, "v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
        {ID, TIMESTAMP, "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
        {ID, TIMESTAMP, "v1,h0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_false(is_signed(*state, cases[i], at_ms));
}

static void test_a_timestamp_may_be_five_minutes_off(void **state)
{
    const struct signature_headers headers = {ID, TIMESTAMP, SIGNATURE};
    assert_true(is_signed(*state, headers, at_ms + SIGNATURE_TOLERANCE_MS));
    assert_true(is_signed(*state, headers, at_ms - SIGNATURE_TOLERANCE_MS));
    assert_false(is_signed(*state, headers, at_ms + SIGNATURE_TOLERANCE_MS + 1));
    assert_false(is_signed(*state, headers, at_ms - SIGNATURE_TOLERANCE_MS - 1));
}

static void test_a_secret_has_its_form(void **state)
{
    struct keys *keys = *state;
    struct str key = {0};
    struct err err;
    static const char *const wrong[] = {
        "",
        "whsec_",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",   // 23 bytes
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw!", // no base64
        "WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0"
        "+P0A=", // 65 bytes
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_false(signature_parse_secret(keys->arena, str_from(wrong[i]), &key, &err));
    assert_null(key.data);
    assert_int_equal(keys->keys[1].len, 24);
}

// RFC 6234 section 8.5, and RFC 4231 section 4.3.
static void test_digests_are_what_the_standards_say(void **state)
{
    (void)state;
    static const unsigned char of_abc[DIGEST_BYTES] =
        "\xba\x78\x16\xbf\x8f\x01\xcf\xea\x41\x41\x40\xde\x5d\xae\x22\x23\xb0\x03\x61\xa3\x96\x17"
        "\x7a"
        "\x9c\xb4\x10\xff\x61\xf2\x00\x15\xad";
    static const unsigned char of_jefe[DIGEST_BYTES] =
        "\x5b\xdc\xc1\x46\xbf\x60\x75\x4e\x6a\x04\x24\x26\x08\x95\x75\xc7\x5a\x00\x3f\x08\x9d\x27"
        "\x39"
        "\x83\x9d\xec\x58\xb9\x64\xec\x38\x43";
    const struct str abc[] = {STR("a"), STR(""), STR("bc")};
    const struct str jefe[] = {STR("what do ya want "), STR("for nothing?")};
    unsigned char digest[DIGEST_BYTES];
    digest_sha256(abc, COUNT_OF(abc), digest);
    assert_memory_equal(digest, of_abc, DIGEST_BYTES);
    digest_hmac_sha256(STR("Jefe"), jefe, COUNT_OF(jefe), digest);
    assert_memory_equal(digest, of_jefe, DIGEST_BYTES);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, parse_secrets, free_keys)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_the_published_vector_is_good_with_any_of_the_keys),
        CASE(test_one_good_signature_among_others_is_enough),
        CASE(test_anything_else_is_refused),
        CASE(test_a_timestamp_may_be_five_minutes_off),
        CASE(test_a_secret_has_its_form),
        CASE(test_digests_are_what_the_standards_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
