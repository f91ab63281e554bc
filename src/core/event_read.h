// SPDX-License-Identifier: GPL-3.0-or-later
//
// Between event.c, which has the rules, and the readers of one format each; nobody else includes
// this. A reader makes a tree and knows no data element.

#ifndef CORE_EVENT_READ_H
#define CORE_EVENT_READ_H

#include "core/event.h"

// What a parse knows while it runs.
struct event_reading {
    struct arena *arena;
    const struct event_limits *limits;
    struct event_faults *faults;
    struct err *err; // says what the first fault says
};

enum { EVENT_VALUES_MAX = 50000 }; // of one body, all nested values counted

// Adds a fault; returns false. The pointer is kept, not copied.
bool event_fault(struct event_reading *reading, enum err_code code, const char *pointer,
                 const char *format, ...) PRINTF_LIKE(4, 5);
// "a string", "an array", ... for sentences.
const char *event_kind_words(const struct json *value);

// Adds a member; a second value of a name makes its value an array. Only for trees that have no
// arrays but these.
void event_add(struct arena *arena, struct json *object, struct str name, struct json *value);

// Each makes an object; on failure there is a fault.
bool event_read_json(struct event_reading *reading, struct str body, struct json **ret);
bool event_read_form(struct event_reading *reading, struct str body, struct json **ret);
bool event_read_xml(struct event_reading *reading, struct str body, struct json **ret);

// A CloudEvent is told from other JSON by its members.
bool event_is_cloud(const struct json *body);
// Checks the attributes and opens the data: *ret_data is the object inside, *ret_base the pointer
// to it, *ret_key as event_cloud_key. False only when there is no data to go on with.
bool event_open_cloud(struct event_reading *reading, const struct json *body,
                      const struct json **ret_data, const char **ret_base, struct str *ret_key);

#endif
