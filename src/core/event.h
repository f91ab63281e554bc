// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a trigger event is: its trigger, its data elements, its survey, and the rules a body has to
// keep to become one. Knows media types, not HTTP, stores or services.

#ifndef CORE_EVENT_H
#define CORE_EVENT_H

#include "core/json.h"

enum event_format {
    EVENT_JSON,
    EVENT_FORM,
    EVENT_XML,
    EVENT_QUERY,      // of a URL; the grammar is a form's
    EVENT_CLOUDEVENT, // CloudEvents 1.0, structured mode in JSON
    EVENT_FORMAT_COUNT,
};

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
    struct str key;              // what its envelope says identifies it; "": nothing
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

// The one table of formats: word in the store, the API and the pages.
const char *event_format_word(enum event_format format);
bool event_format_parse(struct str word, enum event_format *ret);
// The format for a Content-Type header's value, parameters ignored ("application/json",
// "application/*+json", "application/x-www-form-urlencoded", "application/xml", "text/xml",
// "application/*+xml", "application/cloudevents+json"); false for others.
bool event_format_of(struct str media_type, enum event_format *ret);

// base/name, escaped as RFC 6901 section 3 says.
const char *event_pointer(struct arena *arena, const char *base, struct str name);

// Makes the event of a body, which is either
//  - flat: its members are the data elements;
//  - an envelope, not in forms: `elements` (object), optionally `survey`, and attributes: `trigger`
//    or `type`, `idempotency_key`, and any others with a scalar value, which are not looked at; or
//  - a CloudEvent, in JSON: an object with `specversion` and `data` or `data_base64`, where the
//    data is one of the above.
// A form's fields are the elements; a repeated field becomes an array. Form bytes that are no UTF-8
// become U+FFFD (the body as received is kept by the caller). In XML the root's children and
// attributes are the elements, by their local names: a child with children or attributes is an
// object, with `text` for its own text; a repeated one an array; xsi:nil is null.
// An element `survey` is the survey, an object or array, or the JSON text of one; null and "" are
// none.
// Needed of every event: `uii`, a string of 1 to 128 characters, no control characters, or an
// integer. `trigger` is static, or NULL when the envelope has to name it; both must agree.
// On failure ret_faults holds at least one fault: syntax faults have code ERR_INVALID and the
// pointer "", broken rules ERR_CONFLICT, passed limits ERR_TOO_LARGE.
bool event_parse(struct arena *arena, const char *trigger, enum event_format format,
                 struct str body, const struct event_limits *limits, struct event *ret,
                 struct event_faults *ret_faults, struct err *err) MUST_CHECK;

// Takes the call's id from the element `uii`, by the rule above; for an event that was parsed
// without it. Fails like event_parse.
bool event_identify(struct arena *arena, struct event *event, struct event_faults *ret_faults,
                    struct err *err) MUST_CHECK;

// The key of a CloudEvent: equal for equal id and source, and no Idempotency-Key header's value.
// False when one of them, *ret_wrong, is empty, longer than 255 bytes, or has a blank or a control
// character where the specification allows none.
bool event_cloud_key(struct arena *arena, struct str id, struct str source, struct str *ret,
                     const char **ret_wrong, struct err *err) MUST_CHECK;
// What an Idempotency-Key may be: 1 to 255 visible ASCII characters.
bool event_is_key(struct str key);

#endif
