// SPDX-License-Identifier: GPL-3.0-or-later

#include "edge/httptext.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static int make_arena(void **state)
{
    *state = arena_new();
    return 0;
}

static int free_arena(void **state)
{
    arena_free(*state);
    return 0;
}

static void test_a_target_is_taken_apart_and_decoded(void **state)
{
    struct httptext_target target;
    assert_true(
        httptext_target(*state, "/a%2Fb/c%20d?call=1%262&state=held+back&&empty=&bare", &target));
    assert_string_equal(target.path.data, "/a/b/c d");
    assert_int_equal(target.parameter_count, 4);
    assert_string_equal(target.parameters[0].name, "call");
    assert_string_equal(target.parameters[0].value, "1&2");
    assert_string_equal(target.parameters[1].value, "held back");
    assert_string_equal(target.parameters[2].value, "");
    assert_string_equal(target.parameters[3].name, "bare");
}

static void test_the_absolute_form_is_taken(void **state)
{
    struct httptext_target target;
    assert_true(httptext_target(*state, "http://example.org:80/events/1?x=2", &target));
    assert_string_equal(target.path.data, "/events/1");
    assert_true(httptext_target(*state, "http://example.org", &target));
    assert_string_equal(target.path.data, "/");
}

static void test_a_broken_path_is_refused(void **state)
{
    static const char *const broken[] = {
        "",       "*",        "relative", "/a%",  "/a%2",     "/a%zz",
        "/a%00b", "/a%0d%0a", "/a%7f",    "/%ff", "/%ff?a=1",
    };
    struct httptext_target target;
    for (size_t i = 0; i < COUNT_OF(broken); i++)
        assert_false(httptext_target(*state, broken[i], &target));
}

static void test_a_broken_query_has_no_parameters(void **state)
{
    static const char *const broken[] = {"/?a=1&b=%00", "/?x=%c0%af", "/?x=%ed%a0%80", "/?%",
                                         "/?a=%0a"};
    struct httptext_target target;
    for (size_t i = 0; i < COUNT_OF(broken); i++) {
        assert_true(httptext_target(*state, broken[i], &target));
        assert_false(target.has_parameters);
        assert_int_equal(target.parameter_count, 0);
        assert_true(str_eq(target.query, str_from(broken[i] + 2)));
    }
    assert_true(httptext_target(*state, "/a", &target));
    assert_true(target.has_parameters);
    assert_int_equal(target.query.len, 0);
}

static void test_too_many_parameters_are_none(void **state)
{
    AUTO_BUF struct buf raw;
    buf_init(&raw, 1000);
    buf_printf(&raw, "/?");
    for (int i = 0; i < HTTPTEXT_MAX_PARAMETERS; i++)
        buf_printf(&raw, "a=1&");
    struct httptext_target target;
    assert_true(httptext_target(*state, raw.data, &target));
    assert_true(target.has_parameters);
    buf_printf(&raw, "a=1");
    assert_true(httptext_target(*state, raw.data, &target));
    assert_false(target.has_parameters);
}

static void test_a_parameter_is_taken_out_however_it_is_written(void **state)
{
    static const struct {
        const char *query, *value, *rest;
    } cases[] = {
        {"", "", ""},
        {"uii=1&ani=2", "", "uii=1&ani=2"},
        {"token=abc", "abc", ""},
        {"uii=1&token=a%2Bb+c&ani=2", "a+b c", "uii=1&ani=2"},
        {"%74oken=1&TOKEN=2&uii=%zz", "2", "uii=%zz"},
        {"token=a&uii=1&token=b", "b", "uii=1"},
        {"token=%zz&uii=1", "", "uii=1"},
        {"token&uii=1", "", "uii=1"},
        {"tokens=1&%zz=2&&x", "", "tokens=1&%zz=2&&x"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct str value, rest;
        httptext_take_parameter(*state, str_from(cases[i].query), STR("token"), &value, &rest);
        assert_true(str_eq(value, str_from(cases[i].value)));
        assert_true(str_eq(rest, str_from(cases[i].rest)));
    }
}

static void test_basic_credentials_are_decoded(void **state)
{
    struct str user, password;
    assert_true(httptext_basic(*state, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", &user, &password));
    assert_true(str_eq(user, STR("Aladdin")));
    assert_true(str_eq(password, STR("open sesame")));
    assert_true(httptext_basic(*state, "basic  OmE6Yg==", &user, &password));
    assert_true(str_eq(user, STR("")));
    assert_true(str_eq(password, STR("a:b")));
}

static void test_broken_basic_credentials_are_refused(void **state)
{
    static const char *const broken[] = {
        "Basic",       "Basic ",    "Basic !!!!",       "Basic QQ==",
        "Bearer QTpi", "BasicQTpi", "Basic QTp\xc3\xa9"};
    struct str user, password;
    assert_false(httptext_basic(*state, NULL, &user, &password));
    for (size_t i = 0; i < COUNT_OF(broken); i++)
        assert_false(httptext_basic(*state, broken[i], &user, &password));
}

static void test_a_bearer_token_is_found(void **state)
{
    (void)state;
    struct str token;
    assert_true(httptext_bearer("bearer  abc.DEF-1 ", &token));
    assert_true(str_eq(token, STR("abc.DEF-1")));
    assert_false(httptext_bearer("Bearer", &token));
    assert_false(httptext_bearer("Basic abc", &token));
    assert_false(httptext_bearer(NULL, &token));
}

static void test_loopback_names_are_told_from_names_that_look_like_them(void **state)
{
    (void)state;
    static const char *const ours[] = {"localhost",   "LOCALHOST:8080", "127.0.0.1",
                                       "127.8.9.1:1", "[::1]",          "[::1]:8080"};
    static const char *const others[] = {"",
                                         "localhost.evil.example",
                                         "127.0.0.1.evil.example",
                                         "evil.example:80",
                                         "[::2]",
                                         "127.1",
                                         "10.0.0.1",
                                         "127.a.b.c"};
    for (size_t i = 0; i < COUNT_OF(ours); i++)
        assert_true(httptext_is_loopback(ours[i]));
    for (size_t i = 0; i < COUNT_OF(others); i++)
        assert_false(httptext_is_loopback(others[i]));
    assert_false(httptext_is_loopback(NULL));
}

static void test_an_origin_is_the_same_only_with_host_and_port(void **state)
{
    (void)state;
    assert_true(httptext_is_same_origin("http://localhost:8080", "localhost:8080"));
    assert_true(httptext_is_same_origin("https://Gate.Example", "gate.example"));
    assert_false(httptext_is_same_origin("http://localhost:8081", "localhost:8080"));
    assert_false(httptext_is_same_origin("http://localhost:8080.evil.example", "localhost:8080"));
    assert_false(httptext_is_same_origin("null", "localhost:8080"));
    assert_false(httptext_is_same_origin("http://", NULL));
}

static void test_what_cannot_be_shown_is_replaced(void **state)
{
    struct str good = STR("a\tb\r\n \xc3\xa9 \xf0\x9f\x93\x9e");
    assert_ptr_equal(httptext_printable(*state, good).data, good.data);
    struct str bad = httptext_printable(*state, STR("a\0b\x1b\xff\xe2\x82z\xed\xa0\x80"));
    assert_true(str_eq(bad, STR("a\xef\xbf\xbd"
                                "b\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz"
                                "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_target_is_taken_apart_and_decoded, make_arena,
                                        free_arena),
        cmocka_unit_test_setup_teardown(test_the_absolute_form_is_taken, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_a_broken_path_is_refused, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_a_broken_query_has_no_parameters, make_arena,
                                        free_arena),
        cmocka_unit_test_setup_teardown(test_too_many_parameters_are_none, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_a_parameter_is_taken_out_however_it_is_written,
                                        make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_basic_credentials_are_decoded, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(test_broken_basic_credentials_are_refused, make_arena,
                                        free_arena),
        cmocka_unit_test(test_a_bearer_token_is_found),
        cmocka_unit_test(test_loopback_names_are_told_from_names_that_look_like_them),
        cmocka_unit_test(test_an_origin_is_the_same_only_with_host_and_port),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_shown_is_replaced, make_arena,
                                        free_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
