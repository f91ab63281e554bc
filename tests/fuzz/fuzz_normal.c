// SPDX-License-Identifier: GPL-3.0-or-later
//
// Any bytes as the values of an event with rules of any kind. The first byte chooses the rules, the
// rest is a form. What must hold: nothing is invented, every element has a row, and a normal event
// stays as it is.

#include "core/normal.h"
#include "core/phone.h"
#include "core/zone.h"

#include "fuzz.h"

static struct normal_rules choose_rules(uint8_t choice)
{
    static const char *const countries[] = {NULL, "US", "AU", "DE", "AR", "IT", "GB", "IN"};
    static const struct normal_alias aliases[] = {
        {{"a", 1}, {"ani", 3}}, {{"b", 1}, {"call_start", 10}}, {{"c", 1}, {"mine", 4}}};
    static const struct zone *zone;
    if (!zone)
        zone = zone_new("America/Chicago"); // for the life of the process
    return (struct normal_rules){
        .zone = choice & 1 ? zone : NULL,
        .phone_country = countries[choice >> 1 & 7],
        .unresolved = choice & 16 ? NORMAL_DROP : NORMAL_REJECT,
        .empty = choice & 32 ? NORMAL_DROP : NORMAL_KEEP,
        .aliases = aliases,
        .alias_count = choice & 64 ? COUNT_OF(aliases) : 0,
        .slash_dates = choice & 128 ? NORMAL_DAY_FIRST : NORMAL_SLASH_UNKNOWN,
    };
}

static void check_same(const struct json *a, const struct json *b)
{
    AUTO_BUF struct buf x, y;
    buf_init(&x, SIZE_MAX / 2);
    buf_init(&y, SIZE_MAX / 2);
    json_write(&x, a, JSON_COMPACT);
    json_write(&y, b, JSON_COMPACT);
    require(str_eq(buf_str(&x), buf_str(&y)));
}

static void check_notes(const struct event *event, const struct normal_notes *notes)
{
    size_t passed = 0;
    for (size_t i = 0; i < notes->row_count; i++) {
        const struct json_member *normal = notes->rows[i].normal;
        passed += normal != NULL;
        require(!normal || json_get(event->elements, normal->name));
    }
    require(passed == event->elements->object.count);
    for (size_t i = 0; i < notes->count; i++)
        require(*notes->items[i].note);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    AUTO_ARENA struct arena *arena = arena_new();
    const struct normal_rules rules = choose_rules(data[0]);
    struct str body = {(const char *)data + 1, size - 1};
    struct event_limits limits = event_limits_default;
    limits.needs_call_id = false;
    struct event raw, event, again;
    struct normal_notes notes, more_notes;
    struct event_faults faults;
    struct err err;
    if (!event_parse(arena, event_trigger(STR("chat.end")), EVENT_FORM, body, &limits, &raw,
                     &faults, &err))
        return 0;
    if (!normal_apply(arena, &rules, &raw, &event, &notes, &faults, &err)) {
        require(rules.unresolved == NORMAL_REJECT && faults.count > 0);
        return 0;
    }
    check_notes(&event, &notes);
    require(normal_apply(arena, &rules, &event, &again, &more_notes, &faults, &err));
    check_same(event.elements, again.elements);
    return 0;
}
