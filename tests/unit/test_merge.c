// SPDX-License-Identifier: GPL-3.0-or-later
//
// Two events of a call as one: whose value counts, and what is kept.

#include "core/merge.h"

#include <setjmp.h>
#include <cmocka.h>

static struct event parse(struct arena *arena, const char *trigger, const char *body)
{
    struct event event;
    struct event_faults faults;
    struct err err;
    if (!event_parse(arena, event_trigger(str_from(trigger)), EVENT_JSON, str_from(body),
                     &event_limits_default, &event, &faults, &err))
        fail_msg("%s: %s", body, err.text);
    return event;
}

// The elements of both as JSON; the earlier one is a call end, the later one a disposition.
static const char *merge(struct arena *arena, const char *earlier, const char *later,
                         struct event *ret)
{
    struct event first = parse(arena, "inbound.call_end", earlier);
    struct event second = parse(arena, "inbound.disposition", later);
    AUTO_BUF struct buf text;
    buf_init(&text, 10000);
    merge_events(arena, &first, &second, ret);
    json_write(&text, ret->elements, JSON_COMPACT);
    return arena_copy(arena, buf_str(&text)).data;
}

static void test_later_values_win_and_earlier_ones_fill_in(void **state)
{
    (void)state;
    AUTO_ARENA struct arena *arena = arena_new();
    struct event event;
    assert_string_equal(
        merge(arena, "{\"uii\":\"1\",\"duration\":62,\"call_result\":\"CONNECTED\"}",
              "{\"uii\":\"1\",\"agent_disposition\":\"Sale\",\"duration\":64}", &event),
        "{\"uii\":\"1\",\"agent_disposition\":\"Sale\",\"duration\":64,"
        "\"call_result\":\"CONNECTED\"}");
    assert_string_equal(event.trigger, "inbound.disposition");
    assert_string_equal(event.call_id.data, "1");
}

static void test_an_empty_value_hides_nothing(void **state)
{
    (void)state;
    AUTO_ARENA struct arena *arena = arena_new();
    struct event event;
    assert_string_equal(merge(arena, "{\"uii\":\"1\",\"a\":\"x\",\"b\":7,\"c\":\"y\",\"d\":\"\"}",
                              "{\"uii\":\"1\",\"a\":\"\",\"b\":null,\"c\":0,\"d\":\"\",\"e\":\"\"}",
                              &event),
                        "{\"uii\":\"1\",\"a\":\"x\",\"b\":7,\"c\":0,\"d\":\"\",\"e\":\"\"}");
}

static void test_the_later_survey_counts_if_there_is_one(void **state)
{
    (void)state;
    AUTO_ARENA struct arena *arena = arena_new();
    struct event event;
    const char *with = "{\"elements\":{\"uii\":\"1\"},\"survey\":{\"csat\":4}}";
    const char *other = "{\"elements\":{\"uii\":\"1\"},\"survey\":{\"csat\":5}}";
    merge(arena, with, "{\"uii\":\"1\"}", &event);
    assert_int_equal(json_get(event.survey, STR("csat"))->integer, 4);
    merge(arena, with, other, &event);
    assert_int_equal(json_get(event.survey, STR("csat"))->integer, 5);
    merge(arena, "{\"uii\":\"1\"}", "{\"uii\":\"1\"}", &event);
    assert_null(event.survey);
}

static void test_the_result_may_be_one_of_the_two(void **state)
{
    (void)state;
    AUTO_ARENA struct arena *arena = arena_new();
    struct event first = parse(arena, "inbound.call_end", "{\"uii\":\"1\",\"a\":1}");
    struct event second = parse(arena, "inbound.disposition", "{\"uii\":\"1\",\"b\":2}");
    merge_events(arena, &first, &second, &second);
    assert_int_equal(second.elements->object.count, 3);
    assert_string_equal(second.trigger, "inbound.disposition");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_later_values_win_and_earlier_ones_fill_in),
        cmocka_unit_test(test_an_empty_value_hides_nothing),
        cmocka_unit_test(test_the_later_survey_counts_if_there_is_one),
        cmocka_unit_test(test_the_result_may_be_one_of_the_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
