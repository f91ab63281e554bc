// SPDX-License-Identifier: GPL-3.0-or-later
//
// The log line as a reader of standard error gets it. Each test writes into a pipe in its place.

#include "base/log.h"

#include <setjmp.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static int reader, kept;

static int catch_stderr(void **state)
{
    (void)state;
    int ends[2];
    if (pipe(ends) != 0)
        return -1;
    kept = dup(STDERR_FILENO);
    reader = ends[0];
    dup2(ends[1], STDERR_FILENO);
    return close(ends[1]);
}

static int give_stderr_back(void **state)
{
    (void)state;
    log_set_level(LOG_INFO);
    dup2(kept, STDERR_FILENO);
    close(kept);
    return close(reader);
}

// All that was written so far; stderr is given up, so that reading ends.
static char *caught(void)
{
    static char text[16384];
    dup2(kept, STDERR_FILENO);
    size_t len = 0;
    for (ssize_t got; (got = read(reader, text + len, sizeof(text) - 1 - len)) > 0;)
        len += (size_t)got;
    text[len] = '\0';
    return text;
}

static void test_line_has_time_level_message_and_pairs(void **state)
{
    (void)state;
    log_write(LOG_WARN, "delivery dead", "delivery", "018f", "service", "acme crm", NULL);
    char *text = caught();
    assert_memory_equal(text, "time=20", 7);
    assert_non_null(
        strstr(text, "Z level=warn msg=\"delivery dead\" delivery=018f service=\"acme crm\"\n"));
}

static void test_null_leaves_its_key_out_and_empty_is_quoted(void **state)
{
    (void)state;
    log_write(LOG_INFO, "started", "gone", (const char *)NULL, "empty", "", "port", "80", NULL);
    assert_non_null(strstr(caught(), " msg=started empty=\"\" port=80\n"));
}

static void test_values_cannot_forge_a_line_or_a_pair(void **state)
{
    (void)state;
    log_write(LOG_ERROR, "bad", "call", "1\ntime=2020 level=info msg=forged", "quote",
              "a\" b=\"c\\", "control", "\x1b[31m\r\x7f", NULL);
    char *text = caught();
    assert_non_null(strstr(text, " call=\"1\\ntime=2020 level=info msg=forged\""));
    assert_non_null(strstr(text, " quote=\"a\\\" b=\\\"c\\\\\""));
    assert_non_null(strstr(text, " control=\"\\x1b[31m\\x0d\\x7f\""));
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

static void test_lines_below_the_level_are_not_written(void **state)
{
    (void)state;
    enum log_level level;
    assert_true(log_level_parse("error", &level));
    assert_false(log_level_parse("loud", &level));
    log_write(LOG_DEBUG, "unseen-debug", NULL);
    log_set_level(level);
    log_write(LOG_WARN, "unseen-warn", NULL);
    log_write(LOG_ERROR, "seen", NULL);
    char *text = caught();
    assert_null(strstr(text, "unseen"));
    assert_non_null(strstr(text, "msg=seen\n"));
}

static void test_a_long_line_is_cut_and_still_ends(void **state)
{
    (void)state;
    static char note[9000];
    memset(note, 'n', sizeof(note) - 1);
    log_write(LOG_INFO, "first", "note", note, NULL);
    log_write(LOG_INFO, "second", NULL);
    char *text = caught();
    char *end = strchr(text, '\n');
    assert_true(end && end - text <= 4096);
    assert_non_null(strstr(end ? end : text, "msg=second\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_line_has_time_level_message_and_pairs, catch_stderr,
                                        give_stderr_back),
        cmocka_unit_test_setup_teardown(test_null_leaves_its_key_out_and_empty_is_quoted,
                                        catch_stderr, give_stderr_back),
        cmocka_unit_test_setup_teardown(test_values_cannot_forge_a_line_or_a_pair, catch_stderr,
                                        give_stderr_back),
        cmocka_unit_test_setup_teardown(test_lines_below_the_level_are_not_written, catch_stderr,
                                        give_stderr_back),
        cmocka_unit_test_setup_teardown(test_a_long_line_is_cut_and_still_ends, catch_stderr,
                                        give_stderr_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
