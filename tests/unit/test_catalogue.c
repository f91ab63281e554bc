// SPDX-License-Identifier: GPL-3.0-or-later
//
// That the tables hold what the facts say, and that every name leads where it should.

#include "core/catalogue.h"

#include "core/event.h"

#include <setjmp.h>
#include <stdio.h>

#include <cmocka.h>

static const struct catalogue_element *found(const char *name)
{
    const struct catalogue_element *element = catalogue_find(str_from(name));
    if (!element)
        fail_msg("%s is not found", name);
    return element;
}

static void test_there_are_18_triggers_and_6_extra_ones(void **state)
{
    (void)state;
    size_t count, name_count, extras = 0;
    const struct catalogue_trigger *triggers = catalogue_triggers(&count);
    const char *const *names = catalogue_trigger_names(&name_count);
    assert_int_equal(count, 24);
    assert_int_equal(name_count, 24);
    for (size_t i = 0; i < count; i++) {
        size_t index;
        assert_string_equal(triggers[i].name, names[i]);
        assert_true(catalogue_trigger_index(str_from(names[i]), &index));
        assert_int_equal(index, i);
        assert_true(strlen(triggers[i].meaning) > 10);
        assert_true(strlen(triggers[i].slot) > 0);
        assert_int_equal(triggers[i].is_extra, i >= 18);
        extras += triggers[i].is_extra;
    }
    assert_int_equal(extras, 6);
}

static void test_a_trigger_that_is_none_has_no_index(void **state)
{
    (void)state;
    size_t index = 77;
    assert_false(catalogue_trigger_index(STR("inbound.dequeu"), &index));
    assert_false(catalogue_trigger_index(STR(""), &index));
    assert_int_equal(index, 77);
}

// 274 rows of research, 28 more because rows that named several elements were split.
static void test_marks_are_those_of_the_research(void **state)
{
    (void)state;
    size_t count, by_mark[ELEMENT_MARK_COUNT] = {0};
    const struct catalogue_element *elements = catalogue_elements(&count);
    for (size_t i = 0; i < count; i++)
        by_mark[elements[i].mark]++;
    assert_int_equal(count, 274 + 28);
    assert_int_equal(by_mark[MARK_DOCUMENTED], 20);
    assert_int_equal(by_mark[MARK_OBSERVED], 15);
    assert_int_equal(by_mark[MARK_UNRESOLVED], 3 + 1);
    assert_int_equal(by_mark[MARK_ELSEWHERE], 222 + 27);
    assert_int_equal(by_mark[MARK_OURS], 14);
}

static void test_every_element_is_found_by_its_name_and_its_aliases(void **state)
{
    (void)state;
    size_t count;
    const struct catalogue_element *elements = catalogue_elements(&count);
    for (size_t i = 0; i < count; i++) {
        const struct catalogue_element *element = &elements[i];
        if (i > 0)
            assert_true(strcmp(elements[i - 1].name, element->name) < 0);
        if (!catalogue_is_family(element))
            assert_ptr_equal(found(element->name), element);
        for (size_t j = 0; j < element->alias_count; j++)
            assert_ptr_equal(found(element->aliases[j]), element);
    }
}

static void test_no_name_stands_for_two_elements(void **state)
{
    (void)state;
    size_t count;
    const struct catalogue_element *elements = catalogue_elements(&count);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < elements[i].alias_count; j++) {
            for (size_t k = 0; k < count; k++)
                assert_string_not_equal(elements[i].aliases[j], elements[k].name);
        }
    }
}

static void test_every_element_says_what_it_is(void **state)
{
    (void)state;
    size_t count;
    const struct catalogue_element *elements = catalogue_elements(&count);
    for (size_t i = 0; i < count; i++) {
        const struct catalogue_element *element = &elements[i];
        assert_true(strlen(element->example) > 0);
        assert_true(strlen(element->meaning) > 0);
        assert_true((element->type == ELEMENT_WORD) == (element->word_count > 0));
        assert_true(element->type != ELEMENT_DURATION || strcmp(element->unit, "seconds") == 0);
        assert_true(element->triggers >> 24 == 0);
    }
}

static void test_a_member_of_a_family_is_found_by_its_beginning(void **state)
{
    (void)state;
    assert_string_equal(found("ivr.account_no")->name, "ivr.*");
    assert_string_equal(found("survey.csat")->name, "survey.*");
    assert_string_equal(found("script.a.b")->name, "script.*");
    assert_string_equal(found("extended_lead_data.Tier 1")->name, "extended_lead_data.*");
    assert_true(catalogue_is_family(found("pre_chat.email")));
    assert_false(catalogue_is_family(found("ani")));
    assert_null(catalogue_find(STR("ivr.")));
    assert_null(catalogue_find(STR("ivr")));
    assert_null(catalogue_find(STR("ivrx.a")));
}

static void test_what_nobody_knows_is_not_found(void **state)
{
    (void)state;
    static const char *const names[] = {"",   "a",   "ANI",        "ani ", "uiii",
                                        "ui", "zzz", "agent_id.x", "\xff"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        assert_null(catalogue_find(str_from(names[i])));
        assert_string_equal(catalogue_name(str_from(names[i])).data, names[i]);
    }
    assert_null(catalogue_find((struct str){"ani\0x", 5}));
}

static void test_the_usual_name_is_the_documented_one(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"call_id", "uii"},
        {"agent_extern_id", "agent_externid"},
        {"external_agent_id", "agent_externid"},
        {"username", "agent_username"},
        {"on_hold", "sec_on_hold"},
        {"is_cellular", "ani_is_cell"},
        {"notes", "agent_notes"},
        {"call_duration", "duration"},
        {"queue_id", "gate_id"},
        {"queue_time", "queue_duration"},
        {"outbound_externid", "extern_id"},
        {"agent_notes", "agent_notes"},
        {"ivr.account_no", "ivr.account_no"},
        {"of_the_customer", "of_the_customer"},
    };
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        struct str name = catalogue_name(str_from(pairs[i][0]));
        assert_int_equal(name.len, strlen(pairs[i][1]));
        assert_memory_equal(name.data, pairs[i][1], name.len);
    }
}

// Two names for one datum have one type, and the usual one is carried wherever the other is.
static void test_the_same_datum_has_the_same_type(void **state)
{
    (void)state;
    size_t count;
    const struct catalogue_element *elements = catalogue_elements(&count);
    for (size_t i = 0; i < count; i++) {
        if (!elements[i].same_as[0])
            continue;
        const struct catalogue_element *usual = found(elements[i].same_as);
        assert_int_equal(usual->type, elements[i].type);
        assert_int_equal(elements[i].triggers & ~usual->triggers, 0);
    }
}

static uint32_t bit_of(const char *trigger)
{
    size_t index = 0;
    assert_true(catalogue_trigger_index(str_from(trigger), &index));
    return UINT32_C(1) << index;
}

static void test_triggers_carry_what_the_course_of_a_call_says(void **state)
{
    (void)state;
    assert_true(found("uii")->triggers == (UINT32_C(1) << 24) - 1);
    assert_true(found("agent_disposition")->triggers & bit_of("inbound.disposition"));
    assert_false(found("agent_disposition")->triggers & bit_of("inbound.dequeue"));
    assert_true(found("survey.csat")->triggers & bit_of("chat.disposition"));
    assert_true(found("transcript")->triggers & bit_of("chat.end"));
    assert_int_equal(found("trac_id")->triggers, bit_of("track.call_end"));
    assert_int_equal(found("event.id")->triggers, 0);
}

static void test_words_are_those_of_the_data_file(void **state)
{
    (void)state;
    assert_string_equal(catalogue_mark_word(MARK_UNRESOLVED), "unresolved");
    assert_string_equal(catalogue_mark_word(found("ani")->mark), "documented");
    assert_string_equal(catalogue_type_word(found("duration")->type), "duration");
    for (int i = 0; i < ELEMENT_TYPE_COUNT; i++)
        assert_non_null(catalogue_type_word((enum element_type)i));
    for (int i = 0; i < ELEMENT_MARK_COUNT; i++)
        assert_non_null(catalogue_mark_word((enum element_mark)i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_are_18_triggers_and_6_extra_ones),
        cmocka_unit_test(test_a_trigger_that_is_none_has_no_index),
        cmocka_unit_test(test_marks_are_those_of_the_research),
        cmocka_unit_test(test_every_element_is_found_by_its_name_and_its_aliases),
        cmocka_unit_test(test_no_name_stands_for_two_elements),
        cmocka_unit_test(test_every_element_says_what_it_is),
        cmocka_unit_test(test_a_member_of_a_family_is_found_by_its_beginning),
        cmocka_unit_test(test_what_nobody_knows_is_not_found),
        cmocka_unit_test(test_the_usual_name_is_the_documented_one),
        cmocka_unit_test(test_the_same_datum_has_the_same_type),
        cmocka_unit_test(test_triggers_carry_what_the_course_of_a_call_says),
        cmocka_unit_test(test_words_are_those_of_the_data_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
