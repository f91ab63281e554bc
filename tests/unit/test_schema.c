// SPDX-License-Identifier: GPL-3.0-or-later
//
// What other programs read of the catalogue. That a validator takes the samples by these schemas is
// shown in the scenarios, where there is one.

#include "core/schema.h"

#include "core/catalogue.h"
#include "core/event.h"

#include <setjmp.h>
#include <stdio.h>

#include <cmocka.h>

static int new_arena(void **state)
{
    *state = arena_new();
    return 0;
}

static int free_arena(void **state)
{
    arena_free(*state);
    return 0;
}

static const struct json *member(const struct json *object, const char *name)
{
    const struct json *value = json_get(object, str_from(name));
    if (!value)
        fail_msg("there is no member %s", name);
    return value;
}

static void assert_text(const struct json *object, const char *name, const char *text)
{
    const struct json *value = member(object, name);
    assert_int_equal(value->kind, JSON_STRING);
    assert_int_equal(value->string.len, strlen(text));
    assert_memory_equal(value->string.data, text, value->string.len);
}

static const struct json *row_of(const struct json *rows, const char *name)
{
    for (size_t i = 0; i < rows->array.count; i++) {
        if (str_eq(member(rows->array.items[i], "name")->string, str_from(name)))
            return rows->array.items[i];
    }
    fail_msg("there is no row %s", name);
    return NULL;
}

static void test_the_catalogue_lists_everything(void **state)
{
    size_t count;
    const struct json *whole = schema_catalogue(*state, NULL);
    assert_int_equal(member(whole, "triggers")->array.count, 24);
    catalogue_elements(&count);
    assert_int_equal(member(whole, "elements")->array.count, count);
    const struct json *row = row_of(member(whole, "elements"), "queue_duration");
    assert_text(row, "mark", "observed");
    assert_text(row, "type", "duration");
    assert_text(row, "unit", "seconds");
    assert_int_equal(member(row, "same_as")->kind, JSON_NULL);
    assert_text(row_of(member(whole, "elements"), "queue_time"), "same_as", "queue_duration");
}

static void test_the_catalogue_of_a_trigger_has_what_it_carries(void **state)
{
    const struct json *whole = schema_catalogue(*state, event_trigger(STR("track.call_end")));
    const struct json *elements = member(whole, "elements");
    assert_int_equal(member(whole, "triggers")->array.count, 1);
    row_of(elements, "trac_id");
    for (size_t i = 0; i < elements->array.count; i++) {
        const struct json *triggers = member(elements->array.items[i], "triggers");
        bool is_there = false;
        for (size_t j = 0; j < triggers->array.count; j++)
            is_there |= str_eq(triggers->array.items[j]->string, STR("track.call_end"));
        assert_true(is_there);
    }
}

static void test_a_schema_wants_the_call_id_alone(void **state)
{
    size_t count;
    const char *const *triggers = event_triggers(&count);
    for (size_t i = 0; i < count; i++) {
        const struct json *schema = schema_event(*state, triggers[i]);
        const struct json *required = member(schema, "required");
        assert_text(schema, "$schema", "https://json-schema.org/draft/2020-12/schema");
        assert_int_equal(required->array.count, 1);
        assert_true(str_eq(required->array.items[0]->string, STR("uii")));
        assert_true(member(schema, "additionalProperties")->boolean);
    }
}

static bool is_taken(struct arena *arena, size_t characters)
{
    char *uii = arena_alloc(arena, characters + 1);
    memset(uii, '7', characters);
    struct str body = str_from(arena_printf(arena, "{\"uii\":\"%s\"}", uii));
    struct event event;
    struct event_faults faults;
    struct err err;
    return event_parse(arena, event_trigger(STR("chat.end")), EVENT_JSON, body,
                       &event_limits_default, &event, &faults, &err);
}

static void test_the_schema_and_the_gateway_agree_on_the_call_id(void **state)
{
    const struct json *schema = schema_event(*state, event_trigger(STR("chat.end")));
    const struct json *uii = member(member(schema, "properties"), "uii");
    size_t longest = (size_t)member(uii, "maxLength")->integer;
    assert_int_equal(member(uii, "minLength")->integer, 1);
    assert_false(is_taken(*state, 0));
    assert_true(is_taken(*state, 1));
    assert_true(is_taken(*state, longest));
    assert_false(is_taken(*state, longest + 1));
}

static void test_families_are_patterns(void **state)
{
    const struct json *schema = schema_event(*state, event_trigger(STR("inbound.disposition")));
    const struct json *families = member(schema, "patternProperties");
    member(families, "^ivr\\.");
    member(families, "^survey\\.");
    assert_null(json_get(families, STR("^pre_chat\\.")));
    assert_null(json_get(member(schema, "properties"), STR("ivr.*")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_catalogue_lists_everything),
        cmocka_unit_test(test_the_catalogue_of_a_trigger_has_what_it_carries),
        cmocka_unit_test(test_a_schema_wants_the_call_id_alone),
        cmocka_unit_test(test_the_schema_and_the_gateway_agree_on_the_call_id),
        cmocka_unit_test(test_families_are_patterns),
    };
    return cmocka_run_group_tests(tests, new_arena, free_arena);
}
