// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a trigger event is: its trigger, its data elements, its survey, and the rules a body has to
// keep to become one. Knows media types, not HTTP, stores or services.

#ifndef CORE_EVENT_H
#define CORE_EVENT_H

#include "core/json.h"

enum event_format { EVENT_JSON, EVENT_FORM };

struct event_limits {
    size_t elements;    // how many data elements
    size_t name_bytes;  // of an element's name
    size_t depth;       // of nested arrays and objects, the body's own included
    bool needs_call_id; // false: `uii` may come under another name, see event_identify
};
extern const struct event_limits event_limits_default;

struct event {
    const char *trigger;         // one of event_triggers(), static
    struct str call_id;          // the element `uii`: never empty
    const struct json *elements; // object; names as sent, values strings, numbers, booleans, null,
                                 // arrays or objects
    const struct json *survey;   // object or array as sent, or NULL; survey_apply names its parts
    const struct json *answer;   // object of answers by question, from survey_apply; or NULL
    const char *elements_at;     // JSON Pointers into the body: of the elements ("" or "/elements")
    const char *survey_at;       // and of the survey ("" when there is none)
};

// What is wrong with a body, each with a JSON Pointer (RFC 6901) to the value ("" for the whole).
struct event_fault {
    const char *pointer;
    const char *detail;
};

struct event_faults {
    struct event_fault items[16];
    size_t count; // of all found; those past the 16th are counted only
};

// The known triggers, 18 call-lifecycle points and 6 extra, in the order of the documentation.
const char *const *event_triggers(size_t *ret_count);
// The static name equal to `name`, or NULL.
const char *event_trigger(struct str name);

// The format for a Content-Type header's value, parameters ignored ("application/json",
// "application/*+json", "application/x-www-form-urlencoded"); false for others.
bool event_format_of(struct str media_type, enum event_format *ret);

// base/name, escaped as RFC 6901 section 3 says.
const char *event_pointer(struct arena *arena, const char *base, struct str name);

// Makes the event of a body. JSON is either the data elements as one flat object, or an object
// with `elements` (object) and optionally `survey`. A form's fields are the elements; a repeated
// field becomes an array. Form bytes that are no UTF-8 become U+FFFD (the body as received is kept
// by the caller). An element `survey` is the survey, an object or array, or the JSON text of one;
// null and "" are none.
// Needed of every event: `uii`, a string of 1 to 128 characters, no control characters, or an
// integer.
// On failure ret_faults holds at least one fault: syntax faults have code ERR_INVALID and the
// pointer "", broken rules ERR_CONFLICT, passed limits ERR_TOO_LARGE.
bool event_parse(struct arena *arena, const char *trigger, enum event_format format,
                 struct str body, const struct event_limits *limits, struct event *ret,
                 struct event_faults *ret_faults, struct err *err) MUST_CHECK;

// Takes the call's id from the element `uii`, by the rule above; for an event that was parsed
// without it. Fails like event_parse.
bool event_identify(struct arena *arena, struct event *event, struct event_faults *ret_faults,
                    struct err *err) MUST_CHECK;

// base/name, escaped as RFC 6901 section 3 says.
const char *event_pointer(struct arena *arena, const char *base, struct str name);

#endif
