// SPDX-License-Identifier: GPL-3.0-or-later
//
// Bodies through event_parse, in few words: what comes out as JSON text, or the faults.

#ifndef TESTS_EVENT_BODIES_H
#define TESTS_EVENT_BODIES_H

#include "core/event.h"

#include <stdarg.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>

static inline int new_arena(void **state)
{
    *state = arena_new();
    return 0;
}

static inline int free_arena(void **state)
{
    arena_free(*state);
    return 0;
}

static inline struct event taken(struct arena *arena, const char *trigger, enum event_format format,
                                 struct str body)
{
    struct event event = {0};
    struct event_faults faults;
    struct err err;
    if (!event_parse(arena, trigger ? event_trigger(str_from(trigger)) : NULL, format, body,
                     &event_limits_default, &event, &faults, &err))
        fail_msg("%.*s: %s", STR_ARG(body), err.text);
    return event;
}

static inline void assert_tree(const struct json *tree, const char *json)
{
    AUTO_BUF struct buf text;
    buf_init(&text, 1 << 20);
    assert_non_null(tree);
    json_write(&text, tree, JSON_COMPACT);
    assert_string_equal(text.data, json);
}

// Refused with `part` as its first fault, at `pointer`.
static inline void refused(struct arena *arena, const char *trigger, enum event_format format,
                           struct str body, enum err_code code, const char *pointer,
                           const char *part)
{
    struct event event = {0};
    struct event_faults faults;
    struct err err;
    if (event_parse(arena, trigger ? event_trigger(str_from(trigger)) : NULL, format, body,
                    &event_limits_default, &event, &faults, &err))
        fail_msg("%.*s was taken", STR_ARG(body));
    assert_null(event.elements);
    assert_true(faults.count > 0);
    if (!strstr(faults.items[0].detail, part))
        fail_msg("`%s` is not in: %s", part, faults.items[0].detail);
    assert_string_equal(faults.items[0].pointer, pointer);
    assert_int_equal(err.code, code);
}

#endif
