// SPDX-License-Identifier: GPL-3.0-or-later
//
// What becomes of an event that a platform sent. Values are tested case by case from the tables
// times, durations and phones; here are names, policies, and what holds for any bytes: a normal
// event stays as it is.

#include "core/normal.h"
#include "core/phone.h"
#include "core/zone.h"
#include "table.h"

#include <setjmp.h>
#include <cmocka.h>

static const struct json_limits limits = {.depth = 8, .values = 1000};

struct result {
    struct arena *arena;
    struct event raw, event;
    struct normal_notes notes;
    struct event_faults faults;
    struct err err;
    bool is_good;
};

static void normalise(struct result *result, const struct normal_rules *rules, const char *elements)
{
    struct json *tree;
    *result = (struct result){.arena = arena_new()};
    if (!json_parse(result->arena, str_from(elements), &limits, &tree, &result->err))
        fail_msg("%s: %s", elements, result->err.text);
    result->raw = (struct event){.trigger = event_trigger(STR("inbound.call_end")),
                                 .elements = tree,
                                 .elements_at = "/elements"};
    result->is_good = normal_apply(result->arena, rules, &result->raw, &result->event,
                                   &result->notes, &result->faults, &result->err);
}

static void finish(struct result *result)
{
    arena_free(result->arena);
}

static void expect(const struct normal_rules *rules, const char *elements, const char *normal)
{
    struct result result;
    normalise(&result, rules, elements);
    assert_true(result.is_good);
    AUTO_BUF struct buf text;
    buf_init(&text, 10000);
    json_write(&text, result.event.elements, JSON_COMPACT);
    assert_string_equal(text.data, normal);
    assert_int_equal(result.notes.row_count, result.raw.elements->object.count);
    finish(&result);
}

static const char *first_note(const struct result *result)
{
    return result->notes.count ? result->notes.items[0].note : "";
}

static void expect_note(const struct normal_rules *rules, const char *elements, const char *element,
                        const char *part)
{
    struct result result;
    normalise(&result, rules, elements);
    assert_int_equal(result.notes.count, 1);
    assert_string_equal(result.notes.items[0].element, element);
    if (!strstr(first_note(&result), part))
        fail_msg("expected \"%s\" in \"%s\"", part, first_note(&result));
    finish(&result);
}

static struct event again(struct result *result, const struct normal_rules *rules)
{
    struct event event;
    struct normal_notes notes;
    assert_true(normal_apply(result->arena, rules, &result->event, &event, &notes, &result->faults,
                             &result->err));
    return event;
}

static bool is_same(const struct json *a, const struct json *b)
{
    AUTO_BUF struct buf x, y;
    buf_init(&x, 100000);
    buf_init(&y, 100000);
    json_write(&x, a, JSON_COMPACT);
    json_write(&y, b, JSON_COMPACT);
    return str_eq(buf_str(&x), buf_str(&y));
}

// --- values, by the tables ---

static void check_value(const struct table_line *line, const struct normal_rules *rules,
                        const char *element, const char *sent, const char *normal, const char *note)
{
    struct result result;
    AUTO_ARENA struct arena *arena = arena_new();
    normalise(&result, rules, arena_printf(arena, "{\"%s\":\"%s\"}", element, sent));
    const struct json *value = json_get(result.event.elements, str_from(element));
    if (!result.is_good || !value || !str_eq(value->string, str_from(normal)))
        fail_msg("line %d: '%s' became '%.*s', not '%s'", line->number, sent,
                 value ? (int)value->string.len : 0, value ? value->string.data : "", normal);
    const char *said = first_note(&result);
    if (*note ? !strstr(said, note) : *said != '\0')
        fail_msg("line %d: '%s': the note is '%s', not '%s'", line->number, sent, said, note);
    struct event twice = again(&result, rules);
    if (!is_same(twice.elements, result.event.elements))
        fail_msg("line %d: '%s' is changed a second time", line->number, normal);
    finish(&result);
}

static void check_time(const struct table_line *line)
{
    enum { ZONE, SLASH, SENT, NORMAL, NOTE };
    char *const *c = line->columns;
    struct normal_rules rules = normal_rules_default;
    struct zone *zone = *c[ZONE] ? zone_new(c[ZONE]) : NULL;
    if (*c[ZONE] && !zone)
        fail_msg("line %d: no zone %s", line->number, c[ZONE]);
    rules.zone = zone;
    rules.slash_dates = strcmp(c[SLASH], "month_first") == 0 ? NORMAL_MONTH_FIRST
                        : strcmp(c[SLASH], "day_first") == 0 ? NORMAL_DAY_FIRST
                                                             : NORMAL_SLASH_UNKNOWN;
    check_value(line, &rules, "call_start", c[SENT], c[NORMAL], c[NOTE]);
    zone_free(zone);
}

static void check_duration(const struct table_line *line)
{
    char *const *c = line->columns;
    check_value(line, &normal_rules_default, "duration", c[0], c[1], c[2]);
}

static void check_phone(const struct table_line *line)
{
    enum { COUNTRY, SENT, NORMAL, NOTE };
    char *const *c = line->columns;
    struct normal_rules rules = normal_rules_default;
    rules.phone_country = *c[COUNTRY] ? c[COUNTRY] : NULL;
    check_value(line, &rules, "ani", c[SENT], c[NORMAL], c[NOTE]);
}

static void test_times(void **state)
{
    (void)state;
    assert_true(table_run("tests/table/times.table", 5, check_time) > 60);
}

static void test_durations(void **state)
{
    (void)state;
    assert_true(table_run("tests/table/durations.table", 3, check_duration) > 20);
}

static void test_phones(void **state)
{
    (void)state;
    assert_true(table_run("tests/table/phones.table", 4, check_phone) > 60);
}

static void test_each_number_of_a_list_is_brought_to_form(void **state)
{
    (void)state;
    struct normal_rules rules = {.phone_country = "US"};
    expect(&rules, "{\"lead_phone\":\"5105550111|(510) 555-0112|2001\"}",
           "{\"lead_phone\":\"+15105550111|+15105550112|2001\"}");
    expect(&rules, "{\"lead_phone\":\"|\"}", "{\"lead_phone\":\"|\"}");
}

static void test_a_number_is_read_as_its_text(void **state)
{
    (void)state;
    struct normal_rules rules = {.phone_country = "US"};
    expect(&rules, "{\"ani\":5105550111,\"duration\":187,\"sess_duration\":12.5,\"lead_id\":7}",
           "{\"ani\":\"+15105550111\",\"duration\":187,\"sess_duration\":\"13\",\"lead_id\":7}");
}

static void test_yes_and_no_become_booleans(void **state)
{
    (void)state;
    expect(&normal_rules_default,
           "{\"sla_passed\":\"TRUE\",\"sla_qualified\":\"N\",\"is_short_call\":1,"
           "\"is_long_call\":\"0\",\"ani_is_cell\":\"Yes\",\"is_short_abandon\":false}",
           "{\"sla_passed\":true,\"sla_qualified\":false,\"is_short_call\":true,"
           "\"is_long_call\":false,\"ani_is_cell\":true,\"is_short_abandon\":false}");
    expect(&normal_rules_default, "{\"sla_passed\":\"maybe\",\"agent_notes\":\"TRUE\"}",
           "{\"sla_passed\":\"maybe\",\"agent_notes\":\"TRUE\"}");
    expect_note(&normal_rules_default, "{\"sla_passed\":\"maybe\"}", "sla_passed", "neither true");
}

static void test_what_has_no_single_value_stays(void **state)
{
    (void)state;
    static const char elements[] =
        "{\"duration\":[\"3:07\",\"\"],\"ani\":null,\"call_start\":{\"at\":\"#x#\"},"
        "\"mine\":\"3:07\"}";
    expect(&normal_rules_default, elements, elements);
}

// --- names ---

static void test_an_alias_becomes_the_usual_name_in_its_place(void **state)
{
    (void)state;
    static const struct normal_alias aliases[] = {{{"CallRef", 7}, {"uii", 3}},
                                                  {{"Talk", 4}, {"call_duration", 13}}};
    struct normal_rules rules = normal_rules_default;
    rules.aliases = aliases;
    rules.alias_count = COUNT_OF(aliases);
    expect(&rules,
           "{\"agent_extern_id\":\"E7\",\"CallRef\":\"1\",\"Talk\":\"3:07\",\"other\":\"2\"}",
           "{\"agent_externid\":\"E7\",\"uii\":\"1\",\"duration\":\"187\",\"other\":\"2\"}");
}

static void test_an_alias_never_hides_what_was_sent_under_the_name(void **state)
{
    (void)state;
    expect(&normal_rules_default, "{\"call_id\":\"A\",\"uii\":\"B\"}",
           "{\"call_id\":\"A\",\"uii\":\"B\"}");
    expect(&normal_rules_default, "{\"uii\":\"B\",\"call_id\":\"A\"}",
           "{\"uii\":\"B\",\"call_id\":\"A\"}");
    expect_note(&normal_rules_default, "{\"uii\":\"B\",\"call_id\":\"A\"}", "call_id",
                "uii was sent as well");
    // One that is nothing leaves its name to the alias.
    expect(&normal_rules_default, "{\"duration\":\"\",\"call_duration\":\"2:00\"}",
           "{\"duration\":\"120\"}");
    // Of two aliases of one name the first has it; both are brought to form.
    expect(&normal_rules_default, "{\"agent_extern_id\":\"E1\",\"external_agent_id\":\"E2\"}",
           "{\"agent_externid\":\"E1\",\"external_agent_id\":\"E2\"}");
    expect(&normal_rules_default, "{\"duration\":\"1:00\",\"call_duration\":\"2:00\"}",
           "{\"duration\":\"60\",\"call_duration\":\"120\"}");
}

// --- policies ---

static void test_what_is_nothing_is_dropped(void **state)
{
    (void)state;
    expect(&normal_rules_default,
           "{\"a\":\"\",\"b\":\"#b#\",\"c\":\"#a.B_9#\",\"d\":\"#a b#\",\"e\":\"##\",\"f\":\"#\","
           "\"g\":\"x #b#\",\"h\":\" \",\"i\":null}",
           "{\"d\":\"#a b#\",\"e\":\"##\",\"f\":\"#\",\"g\":\"x #b#\",\"h\":\" \",\"i\":null}");
    expect_note(&normal_rules_default, "{\"notes\":\"#agent_notes#\"}", "notes",
                "#agent_notes# was not resolved by the platform: dropped");
}

static void test_an_empty_answer_of_a_survey_is_an_answer(void **state)
{
    (void)state;
    expect(&normal_rules_default, "{\"survey.a\":\"\",\"survey.b\":\"#survey.b#\"}",
           "{\"survey.a\":\"\"}");
    struct normal_rules rules = {.empty = NORMAL_REJECT};
    expect(&rules, "{\"survey.a\":\"\"}", "{\"survey.a\":\"\"}");
}

static void test_a_policy_keeps_what_is_nothing(void **state)
{
    (void)state;
    struct normal_rules rules = {
        .unresolved = NORMAL_KEEP, .empty = NORMAL_KEEP, .phone_country = "US"};
    static const char elements[] = "{\"ani\":\"\",\"duration\":\"#duration#\"}";
    expect(&rules, elements, elements);
    struct result result;
    normalise(&result, &rules, elements);
    assert_int_equal(result.notes.count, 0);
    finish(&result);
}

static void test_a_policy_rejects_with_each_place(void **state)
{
    (void)state;
    struct normal_rules rules = {.unresolved = NORMAL_REJECT, .empty = NORMAL_REJECT};
    struct result result;
    normalise(&result, &rules, "{\"a\":\"1\",\"b/c\":\"\",\"agent_notes\":\"#agent_notes#\"}");
    assert_false(result.is_good);
    assert_int_equal(result.err.code, ERR_CONFLICT);
    assert_int_equal(result.faults.count, 2);
    assert_string_equal(result.faults.items[0].pointer, "/elements/b~1c");
    assert_string_equal(result.faults.items[0].detail, "`b/c` is empty");
    assert_string_equal(result.faults.items[1].pointer, "/elements/agent_notes");
    assert_string_equal(result.faults.items[1].detail,
                        "`agent_notes` is #agent_notes#, not resolved by the platform");
    finish(&result);
}

// --- any bytes ---

static uint64_t seed = 7; // the same each time

static size_t dice(size_t sides)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(seed >> 33) % sides;
}

// Pieces that mean something here, and bytes that mean nothing.
static struct str any_value(struct arena *arena)
{
    static const char *const pieces[] = {"2024-11-03",
                                         " ",
                                         "T",
                                         "01:30:00",
                                         "Z",
                                         "+01:00",
                                         "+",
                                         "-1",
                                         "0",
                                         "61",
                                         "412345678",
                                         "#",
                                         "(510) 555-0111",
                                         "|",
                                         "@",
                                         ":",
                                         ".",
                                         "/",
                                         "31",
                                         "PM",
                                         "\xc3\xa9",
                                         "\xff",
                                         "ext",
                                         "1 800 FLOWERS"};
    AUTO_BUF struct buf out;
    buf_init(&out, 1000);
    for (size_t i = dice(6); i > 0; i--) {
        if (dice(4))
            buf_add_str(&out, str_from(pieces[dice(COUNT_OF(pieces))]));
        else
            buf_add_char(&out, (char)dice(256));
    }
    return arena_copy(arena, buf_str(&out));
}

static void test_a_normal_event_stays_as_it_is_whatever_was_sent(void **state)
{
    (void)state;
    static const char *const names[] = {"ani",         "call_start",    "duration", "sla_passed",
                                        "agent_phone", "call_duration", "call_id",  "survey.x"};
    static const char *const countries[] = {"US", "AU", "DE", "IT", "AR", "MX", NULL};
    struct zone *zone = zone_new("America/Chicago");
    for (int round = 0; round < 4000; round++) {
        struct result result = {.arena = arena_new()};
        struct normal_rules rules = {.zone = dice(2) ? zone : NULL,
                                     .phone_country = countries[dice(COUNT_OF(countries))],
                                     .slash_dates = (enum normal_slash_dates)dice(3),
                                     .unresolved = (enum normal_policy)dice(2),
                                     .empty = (enum normal_policy)dice(2)};
        struct json *elements = json_object(result.arena);
        for (size_t i = 0; i < COUNT_OF(names); i++)
            json_set(
                result.arena, elements, str_from(names[i]),
                json_string(result.arena, json_utf8_mend(result.arena, any_value(result.arena))));
        result.raw = (struct event){.elements = elements};
        assert_true(normal_apply(result.arena, &rules, &result.raw, &result.event, &result.notes,
                                 &result.faults, &result.err));
        struct event twice = again(&result, &rules);
        if (!is_same(result.event.elements, twice.elements)) {
            AUTO_BUF struct buf text;
            buf_init(&text, 100000);
            json_write(&text, result.raw.elements, JSON_COMPACT);
            json_write(&text, result.event.elements, JSON_COMPACT);
            json_write(&text, twice.elements, JSON_COMPACT);
            fail_msg("%s: %s", rules.phone_country ? rules.phone_country : "-", text.data);
        }
        arena_free(result.arena);
    }
    zone_free(zone);
}

// --- zones and countries ---

static void test_a_zone_is_known_by_its_name_alone(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "Chicago",
                                        "america/chicago",
                                        "America",
                                        "America/",
                                        "/usr/share/zoneinfo/UTC",
                                        "Europe/../UTC",
                                        "posixrules",
                                        "localtime",
                                        "Fixed/UTC+01:00:00",
                                        "Nowhere/Town"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct zone *zone = zone_new(wrong[i]);
        if (zone)
            fail_msg("'%s' is a zone", wrong[i]);
    }
    struct zone *zone = zone_new("Etc/GMT+5");
    assert_non_null(zone);
    assert_string_equal(zone_name(zone), "Etc/GMT+5");
    struct zone_clock clock = zone_from_unix(zone, 1600178537);
    assert_int_equal(clock.hour, 9);
    assert_int_equal(zone_from_unix(NULL, 1600178537).hour, 14);
    zone_free(zone);
}

static void test_a_country_is_known_by_its_two_capitals(void **state)
{
    (void)state;
    assert_true(phone_is_country("US") && phone_is_country("AU") && phone_is_country("JM"));
    assert_false(phone_is_country("us") || phone_is_country("UK") || phone_is_country("ZZ") ||
                 phone_is_country("") || phone_is_country("U") || phone_is_country("USA") ||
                 phone_is_country("001"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_phones),
        cmocka_unit_test(test_each_number_of_a_list_is_brought_to_form),
        cmocka_unit_test(test_a_number_is_read_as_its_text),
        cmocka_unit_test(test_yes_and_no_become_booleans),
        cmocka_unit_test(test_what_has_no_single_value_stays),
        cmocka_unit_test(test_an_alias_becomes_the_usual_name_in_its_place),
        cmocka_unit_test(test_an_alias_never_hides_what_was_sent_under_the_name),
        cmocka_unit_test(test_what_is_nothing_is_dropped),
        cmocka_unit_test(test_an_empty_answer_of_a_survey_is_an_answer),
        cmocka_unit_test(test_a_policy_keeps_what_is_nothing),
        cmocka_unit_test(test_a_policy_rejects_with_each_place),
        cmocka_unit_test(test_a_normal_event_stays_as_it_is_whatever_was_sent),
        cmocka_unit_test(test_a_zone_is_known_by_its_name_alone),
        cmocka_unit_test(test_a_country_is_known_by_its_two_capitals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
