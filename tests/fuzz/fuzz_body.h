// SPDX-License-Identifier: GPL-3.0-or-later
//
// What event_parse promises for any bytes, whatever their format.

#ifndef TESTS_FUZZ_BODY_H
#define TESTS_FUZZ_BODY_H

#include "core/event.h"

static inline void check_event(const struct event *event)
{
    require(event->trigger && event_trigger(str_from(event->trigger)) == event->trigger);
    require(event->call_id.len > 0);
    require(event->elements->kind == JSON_OBJECT);
    require(event->elements->object.count <= event_limits_default.elements);
    require(!json_get(event->elements, STR("survey")));
    require(!event->survey || event->survey->kind == JSON_OBJECT ||
            event->survey->kind == JSON_ARRAY);
    require(json_utf8_prefix(event->key) == event->key.len);
}

// Written out, so that a sanitizer sees every value, and each is text.
static inline void check_text(const struct json *tree)
{
    AUTO_BUF struct buf text;
    buf_init(&text, SIZE_MAX / 4);
    json_write(&text, tree, JSON_COMPACT);
    require(json_utf8_prefix(buf_str(&text)) == text.len);
}

static inline void check_faults(const struct event_faults *faults, const struct err *err)
{
    require(faults->count > 0);
    require(err->code == ERR_INVALID || err->code == ERR_CONFLICT || err->code == ERR_TOO_LARGE);
    for (size_t i = 0; i < faults->count && i < COUNT_OF(faults->items); i++) {
        struct str pointer = str_from(faults->items[i].pointer);
        struct str detail = str_from(faults->items[i].detail);
        require(pointer.len == 0 || pointer.data[0] == '/');
        require(json_utf8_prefix(pointer) == pointer.len);
        require(detail.len > 0 && json_utf8_prefix(detail) == detail.len);
    }
}

// `trigger` may be NULL.
static inline void check_body(const char *trigger, enum event_format format, struct str body)
{
    AUTO_ARENA struct arena *arena = arena_new();
    struct event event;
    struct event_faults faults;
    struct err err;
    if (!event_parse(arena, trigger, format, body, &event_limits_default, &event, &faults, &err)) {
        check_faults(&faults, &err);
        return;
    }
    check_event(&event);
    check_text(event.elements);
    if (event.survey)
        check_text(event.survey);
}

#endif
