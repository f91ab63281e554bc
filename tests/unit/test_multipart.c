// SPDX-License-Identifier: GPL-3.0-or-later
//
// Messages of several parts as stacks write them, and as they are broken.

#include "edge/multipart.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_str(struct str is, const char *expected)
{
    assert_int_equal(is.len, strlen(expected));
    assert_memory_equal(is.data, expected, is.len);
}

static size_t read_parts(struct arena *arena, struct str body, struct multipart_part **ret)
{
    size_t count;
    struct err err;
    if (!multipart_read(arena, body, ret, &count, &err))
        fail_msg("%s", err.text);
    return count;
}

static void test_parts_are_told_apart_by_the_first_lines_boundary(void **state)
{
    (void)state;
    AUTO_ARENA struct arena *arena = arena_new();
    struct multipart_part *parts;
    assert_int_equal(read_parts(arena,
                                STR("\r\n--b\r\nContent-ID: <a@x>\r\n"
                                    "content-type: text/xml; charset=utf-8\r\n\r\n<a/>\r\n"
                                    "--b\r\nContent-ID: two\r\n\r\nx--b\r\n\r\n--b--\r\n"),
                                &parts),
                     2);
    assert_str(parts[0].id, "a@x");
    assert_str(parts[0].media_type, "text/xml; charset=utf-8");
    assert_str(parts[0].content, "<a/>");
    assert_str(parts[1].id, "two");
    assert_str(parts[1].media_type, "");
    assert_str(parts[1].content, "x--b\r\n");
}

static void test_transfer_encodings_are_undone(void **state)
{
    (void)state;
    AUTO_ARENA struct arena *arena = arena_new();
    struct multipart_part *parts;
    assert_int_equal(
        read_parts(arena,
                   STR("--b\nContent-Transfer-Encoding: base64\n\nPGEv\r\nPg==\n--b\n"
                       "Content-Transfer-Encoding: quoted-printable\n\na=3Db=\nc\n--b--"),
                   &parts),
        2);
    assert_str(parts[0].content, "<a/>");
    assert_str(parts[1].content, "a=bc");
}

static void assert_refused(const char *body, const char *sentence)
{
    AUTO_ARENA struct arena *arena = arena_new();
    struct multipart_part *parts;
    size_t count;
    struct err err;
    assert_false(multipart_read(arena, str_from(body), &parts, &count, &err));
    assert_string_equal(err.text, sentence);
}

static void test_what_is_broken_is_refused(void **state)
{
    (void)state;
    assert_refused("<a/>", "it does not begin with a boundary of parts");
    assert_refused("--", "it does not begin with a boundary of parts");
    assert_refused("--b\r\n\r\n<a/>", "its last part has no end");
    assert_refused("--b--", "its last part has no end");
    assert_refused("--b\nContent-Transfer-Encoding: base64\n\n*\n--b--",
                   "a part is not the base64 that it says");
    AUTO_BUF struct buf many;
    buf_init(&many, 1 << 20);
    for (int i = 0; i < 1002; i++)
        buf_printf(&many, "--b\n\nx\n");
    buf_printf(&many, "--b--");
    assert_refused(buf_str(&many).data, "it has more than 1000 parts");
}

static void test_what_is_written_is_read(void **state)
{
    (void)state;
    AUTO_ARENA struct arena *arena = arena_new();
    const struct multipart_part parts[] = {{STR("r"), STR("application/xop+xml"), STR("<a/>")},
                                           {STR("1"), STR("image/png"), STR("\0\r\n--")}};
    struct str body = multipart_write(arena, "b", parts, 2);
    assert_true(multipart_is(body));
    assert_false(multipart_is(STR(" <a/>")));
    struct multipart_part *again;
    assert_int_equal(read_parts(arena, body, &again), 2);
    assert_str(again[0].media_type, "application/xop+xml");
    assert_int_equal(again[1].content.len, 5);
    assert_memory_equal(again[1].content.data, "\0\r\n--", 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_are_told_apart_by_the_first_lines_boundary),
        cmocka_unit_test(test_transfer_encodings_are_undone),
        cmocka_unit_test(test_what_is_broken_is_refused),
        cmocka_unit_test(test_what_is_written_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
