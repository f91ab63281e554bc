// SPDX-License-Identifier: GPL-3.0-or-later
//
// Any bytes as an event's body. The first byte chooses the format: "f" a form, others JSON.

#include "core/event.h"

#include "fuzz.h"

static void check_event(const struct event *event)
{
    require(event->call_id.len > 0);
    require(event->elements->kind == JSON_OBJECT);
    require(event->elements->object.count <= event_limits_default.elements);
    require(!json_get(event->elements, STR("survey")));
    require(!event->survey || event->survey->kind == JSON_OBJECT ||
            event->survey->kind == JSON_ARRAY);
}

static void check_faults(const struct event_faults *faults, const struct err *err)
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    AUTO_ARENA struct arena *arena = arena_new();
    enum event_format format = data[0] == 'f' ? EVENT_FORM : EVENT_JSON;
    struct str body = {(const char *)data + 1, size - 1};
    struct event event;
    struct event_faults faults;
    struct err err;
    if (event_parse(arena, event_trigger(STR("chat.end")), format, body, &event_limits_default,
                    &event, &faults, &err))
        check_event(&event);
    else
        check_faults(&faults, &err);
    return 0;
}
