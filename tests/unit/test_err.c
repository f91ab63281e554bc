// SPDX-License-Identifier: GPL-3.0-or-later
//
// Error sentences, fault lists and suggestions.

#include "base/err.h"

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

static void test_set_returns_false_and_keeps_code_and_sentence(void **state)
{
    (void)state;
    struct err err;
    assert_false(err_set(&err, ERR_TOO_LARGE, "body of %d bytes", 9));
    assert_int_equal(err.code, ERR_TOO_LARGE);
    assert_string_equal(err.text, "body of 9 bytes");
    assert_false(err_prefix(&err, "source `%s`", "acme"));
    assert_int_equal(err.code, ERR_TOO_LARGE);
    assert_string_equal(err.text, "source `acme`: body of 9 bytes");
}

static void test_long_sentences_are_cut(void **state)
{
    (void)state;
    char text[1000];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    struct err err;
    assert_false(err_set(&err, ERR_IO, "%s", text));
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    assert_false(err_prefix(&err, "%s", text));
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    assert_non_null(strstr(err.text, "x: x"));
}

static void test_faults_keep_their_places_in_order(void **state)
{
    (void)state;
    AUTO_ARENA struct arena *arena = arena_new();
    struct fault_list list = {.arena = arena};
    for (int i = 1; i <= 20; i++)
        fault_add(&list, "switchhook.yaml", i, i + 1, "mistake %d", i);
    assert_int_equal(list.count, 20);
    assert_string_equal(list.items[19].file, "switchhook.yaml");
    assert_int_equal(list.items[19].line, 20);
    assert_int_equal(list.items[19].column, 21);
    assert_string_equal(list.items[19].text, "mistake 20");
    assert_string_equal(list.items[0].text, "mistake 1");
    fault_list_finish(&list);
    assert_int_equal(list.count, 0);
}

static void test_nearest_finds_the_usual_mistakes(void **state)
{
    (void)state;
    static const char *const names[] = {"agent_externid", "agent_notes", "duration", "uii"};
    const size_t count = COUNT_OF(names);
    assert_string_equal(err_nearest(STR("agent_extern_id"), names, count), "agent_externid");
    assert_string_equal(err_nearest(STR("agent_note"), names, count), "agent_notes");
    assert_string_equal(err_nearest(STR("durration"), names, count), "duration");
    assert_string_equal(err_nearest(STR("uui"), names, count), "uii");
}

static void test_nearest_is_silent_when_nothing_is_near(void **state)
{
    (void)state;
    static const char *const names[] = {"agent_externid", "agent_notes"};
    assert_null(err_nearest(STR("recording_url"), names, COUNT_OF(names)));
    assert_null(err_nearest(STR("x"), names, 0));
    char word[500];
    memset(word, 'a', sizeof(word));
    assert_null(err_nearest((struct str){word, sizeof(word)}, names, COUNT_OF(names)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set_returns_false_and_keeps_code_and_sentence),
        cmocka_unit_test(test_long_sentences_are_cut),
        cmocka_unit_test(test_faults_keep_their_places_in_order),
        cmocka_unit_test(test_nearest_finds_the_usual_mistakes),
        cmocka_unit_test(test_nearest_is_silent_when_nothing_is_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
