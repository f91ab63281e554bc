// SPDX-License-Identifier: GPL-3.0-or-later
//
// From a body to an event. Every format becomes one tree first, so the rules are written once. A
// body is searched to the end: all broken rules are reported together, each with its place.

#include "core/event_read.h"

#include "core/catalogue.h"

#include <stdio.h>

const struct event_limits event_limits_default = {
    .elements = 1000,
    .name_bytes = 128,
    .depth = 16,
    .needs_call_id = true,
};

enum {
    CALL_ID_CHARACTERS = 128,
    KEY_MAX_BYTES = 255,
    SHOWN_BYTES = 64, // of a wrong name
};

// --- triggers and formats ---

const char *const *event_triggers(size_t *ret_count)
{
    return catalogue_trigger_names(ret_count);
}

const char *event_trigger(struct str name)
{
    size_t count, index;
    const char *const *triggers = catalogue_trigger_names(&count);
    return catalogue_trigger_index(name, &index) ? triggers[index] : NULL;
}

static const char *const format_words[EVENT_FORMAT_COUNT] = {
    [EVENT_JSON] = "json",
    [EVENT_FORM] = "form",
    [EVENT_XML] = "xml",
    [EVENT_QUERY] = "query",
    [EVENT_CLOUDEVENT] = "cloudevent",
};

const char *event_format_word(enum event_format format)
{
    return format_words[format];
}

bool event_format_parse(struct str word, enum event_format *ret)
{
    for (size_t i = 0; i < COUNT_OF(format_words); i++) {
        if (str_eq(word, str_from(format_words[i]))) {
            *ret = (enum event_format)i;
            return true;
        }
    }
    return false;
}

// "application/vnd.acme.call+json" for the suffix "+json".
static bool is_application(struct str media_type, struct str suffix)
{
    const struct str application = STR("application/");
    if (media_type.len <= application.len + suffix.len)
        return false;
    struct str tail = {media_type.data + media_type.len - suffix.len, suffix.len};
    return str_eq_nocase((struct str){media_type.data, application.len}, application) &&
           str_eq_nocase(tail, suffix);
}

// The other media types of CloudEvents, batches and events in XML, would pass for data elements.
static bool is_of_cloudevents(struct str media_type)
{
    const struct str family = STR("application/cloudevents");
    return media_type.len >= family.len &&
           str_eq_nocase((struct str){media_type.data, family.len}, family);
}

bool event_format_of(struct str media_type, enum event_format *ret)
{
    const char *parameters = memchr(media_type.data, ';', media_type.len);
    if (parameters)
        media_type.len = (size_t)(parameters - media_type.data);
    media_type = str_trim(media_type);
    if (str_eq_nocase(media_type, STR("application/cloudevents+json")))
        *ret = EVENT_CLOUDEVENT;
    else if (is_of_cloudevents(media_type))
        return false;
    else if (str_eq_nocase(media_type, STR("application/json")) ||
             is_application(media_type, STR("+json")))
        *ret = EVENT_JSON;
    else if (str_eq_nocase(media_type, STR("application/x-www-form-urlencoded")))
        *ret = EVENT_FORM;
    else if (str_eq_nocase(media_type, STR("application/xml")) ||
             str_eq_nocase(media_type, STR("text/xml")) || is_application(media_type, STR("+xml")))
        *ret = EVENT_XML;
    else
        return false;
    return true;
}

// --- faults ---

bool event_fault(struct event_reading *reading, enum err_code code, const char *pointer,
                 const char *format, ...)
{
    struct event_faults *faults = reading->faults;
    char detail[sizeof(reading->err->text)];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof(detail), format, args);
    va_end(args);
    detail[json_utf8_prefix(str_from(detail))] = '\0'; // a cut may have split a character
    if (faults->count == 0)
        err_set(reading->err, code, "%s", detail);
    if (faults->count < COUNT_OF(faults->items))
        faults->items[faults->count] =
            (struct event_fault){pointer, arena_strdup(reading->arena, detail)};
    faults->count++;
    return false;
}

const char *event_pointer(struct arena *arena, const char *base, struct str name)
{
    size_t base_len = strlen(base);
    char *pointer = arena_alloc(arena, base_len + 1 + 2 * name.len + 1);
    memcpy(pointer, base, base_len);
    char *to = pointer + base_len;
    *to++ = '/';
    for (size_t i = 0; i < name.len; i++) {
        bool is_escaped = name.data[i] == '~' || name.data[i] == '/';
        *to++ = is_escaped ? '~' : name.data[i];
        if (is_escaped)
            *to++ = name.data[i] == '~' ? '0' : '1';
    }
    return pointer;
}

const char *event_kind_words(const struct json *value)
{
    static const char *const words[] = {
        [JSON_NULL] = "null",        [JSON_BOOLEAN] = "a boolean", [JSON_INTEGER] = "a number",
        [JSON_REAL] = "a number",    [JSON_STRING] = "a string",   [JSON_ARRAY] = "an array",
        [JSON_OBJECT] = "an object",
    };
    return words[value->kind];
}

// --- trees ---

void event_add(struct arena *arena, struct json *object, struct str name, struct json *value)
{
    struct json *present = NULL;
    // From the end: what is repeated mostly follows what it repeats.
    for (size_t i = object->object.count; i > 0 && !present; i--) {
        if (str_eq(object->object.members[i - 1].name, name))
            present = object->object.members[i - 1].value;
    }
    if (!present) {
        json_set(arena, object, name, value);
        return;
    }
    if (present->kind != JSON_ARRAY) {
        struct json *first = arena_alloc(arena, sizeof(*first));
        *first = *present;
        *present = *json_array(arena);
        json_append(arena, present, first);
    }
    json_append(arena, present, value);
}

// --- rules ---

bool event_read_json(struct event_reading *reading, struct str body, struct json **ret)
{
    const struct json_limits limits = {.depth = reading->limits->depth, .values = EVENT_VALUES_MAX};
    struct err err;
    if (!json_parse(reading->arena, body, &limits, ret, &err))
        return event_fault(reading, err.code, "", "%s", err.text);
    if ((*ret)->kind != JSON_OBJECT)
        return event_fault(reading, ERR_CONFLICT, "", "the body is %s; an event is an object",
                           event_kind_words(*ret));
    return true;
}

static bool is_control(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.data[i] < ' ' || text.data[i] == 0x7f)
            return true;
    }
    return false;
}

static void check_name(struct event_reading *reading, const char *base, struct str name)
{
    struct str shown = {name.data, name.len < 40 ? name.len : 40};
    shown.len = json_utf8_prefix(shown);
    if (name.len > reading->limits->name_bytes)
        event_fault(reading, ERR_TOO_LARGE, event_pointer(reading->arena, base, shown),
                    "the element's name, starting `%.*s`, has %zu bytes; the limit is %zu",
                    STR_ARG(shown), name.len, reading->limits->name_bytes);
    else if (!name.len)
        event_fault(reading, ERR_CONFLICT, event_pointer(reading->arena, base, name),
                    "an element has no name");
    else if (is_control(name))
        event_fault(reading, ERR_CONFLICT, base, "an element's name holds a control character");
}

// A form can hold an object as its JSON text only; any other text stays what it is.
static const struct json *read_text(struct event_reading *reading, const struct json *value)
{
    const struct json_limits limits = {.depth = reading->limits->depth, .values = EVENT_VALUES_MAX};
    struct json *parsed;
    struct err err;
    bool is_read = json_parse(reading->arena, value->string, &limits, &parsed, &err) &&
                   (parsed->kind == JSON_ARRAY || parsed->kind == JSON_OBJECT);
    return is_read ? parsed : value;
}

static void take_survey(struct event_reading *reading, const char *pointer,
                        const struct json *value, struct event *event)
{
    if (value->kind == JSON_NULL || (value->kind == JSON_STRING && !value->string.len))
        return;
    if (value->kind == JSON_STRING)
        value = read_text(reading, value);
    if (value->kind != JSON_ARRAY && value->kind != JSON_OBJECT)
        event_fault(reading, ERR_CONFLICT, pointer, "`survey` is %s, not an object or an array",
                    event_kind_words(value));
    else if (event->survey)
        event_fault(reading, ERR_CONFLICT, pointer,
                    "there is a `survey` next to `elements` already");
    else {
        event->survey = value;
        event->survey_at = pointer;
    }
}

// All members but `survey` are data elements.
static void take_elements(struct event_reading *reading, const char *base,
                          const struct json *object, struct event *event)
{
    struct json *elements = json_object(reading->arena);
    for (size_t i = 0; i < object->object.count; i++) {
        const struct json_member *member = &object->object.members[i];
        if (str_eq(member->name, STR("survey"))) {
            take_survey(reading, event_pointer(reading->arena, base, member->name), member->value,
                        event);
            continue;
        }
        check_name(reading, base, member->name);
        json_set(reading->arena, elements, member->name, member->value);
    }
    if (elements->object.count > reading->limits->elements)
        event_fault(reading, ERR_TOO_LARGE, base, "%zu data elements; the limit is %zu",
                    elements->object.count, reading->limits->elements);
    event->elements = elements;
    event->elements_at = base;
}

// --- envelopes ---

bool event_is_key(struct str key)
{
    bool is_good = key.len >= 1 && key.len <= KEY_MAX_BYTES;
    for (size_t i = 0; i < key.len && is_good; i++)
        is_good = key.data[i] > ' ' && key.data[i] < 0x7f;
    return is_good;
}

// The trigger as the envelope says it; what the event was posted as has to be the same.
static void take_trigger(struct event_reading *reading, const char *pointer,
                         const struct json *value, struct event *event)
{
    struct str name = value->kind == JSON_STRING ? value->string : STR("");
    const char *trigger = event_trigger(name);
    if (!trigger) {
        size_t count;
        const char *const *known = event_triggers(&count);
        const char *nearest = err_nearest(name, known, count);
        if (name.len > SHOWN_BYTES)
            name.len = SHOWN_BYTES;
        name.len = json_utf8_prefix(name);
        event_fault(reading, ERR_CONFLICT, pointer, "there is no trigger \"%.*s\"%s%s%s",
                    STR_ARG(name), nearest ? "; did you mean \"" : "", nearest ? nearest : "",
                    nearest ? "\"?" : "");
    } else if (event->trigger && event->trigger != trigger) {
        event_fault(reading, ERR_CONFLICT, pointer, "this says %s, but the event was posted as %s",
                    trigger, event->trigger);
    } else {
        event->trigger = trigger;
    }
}

static void take_key(struct event_reading *reading, const char *pointer, const struct json *value,
                     struct event *event)
{
    if (value->kind == JSON_NULL)
        return;
    if (value->kind == JSON_STRING && event_is_key(value->string))
        event->key = value->string;
    else
        event_fault(reading, ERR_CONFLICT, pointer,
                    "`idempotency_key` must be 1 to %d visible ASCII characters", KEY_MAX_BYTES);
}

// Attributes that are none of ours are left alone as long as they are scalars; an object or an
// array here is a mistake, such as data elements outside of `elements`.
static void take_attribute(struct event_reading *reading, const char *pointer,
                           const struct json_member *member, struct event *event)
{
    if (str_eq(member->name, STR("survey")))
        take_survey(reading, pointer, member->value, event);
    else if (str_eq(member->name, STR("trigger")) || str_eq(member->name, STR("type")))
        take_trigger(reading, pointer, member->value, event);
    else if (str_eq(member->name, STR("idempotency_key")))
        take_key(reading, pointer, member->value, event);
    else if (member->value->kind == JSON_ARRAY || member->value->kind == JSON_OBJECT)
        event_fault(reading, ERR_CONFLICT, pointer,
                    "next to `elements` only `survey` and simple values can stand");
}

static bool take_envelope(struct event_reading *reading, const char *base,
                          const struct json *envelope, struct event *event)
{
    const struct json *elements = json_get(envelope, STR("elements"));
    const char *pointer = event_pointer(reading->arena, base, STR("elements"));
    for (size_t i = 0; i < envelope->object.count; i++) {
        const struct json_member *member = &envelope->object.members[i];
        if (member->value != elements)
            take_attribute(reading, event_pointer(reading->arena, base, member->name), member,
                           event);
    }
    if (elements->kind != JSON_OBJECT)
        return event_fault(reading, ERR_CONFLICT, pointer, "`elements` is %s, not an object",
                           event_kind_words(elements));
    take_elements(reading, pointer, elements, event);
    return true;
}

// --- rules ---

static size_t count_characters(struct str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += (text.data[i] & 0xc0) != 0x80;
    return count;
}

static void take_call_id(struct event_reading *reading, const char *base, struct event *event)
{
    if (!reading->limits->needs_call_id)
        return;
    const char *pointer = event_pointer(reading->arena, base, STR("uii"));
    const struct json *value = json_get(event->elements, STR("uii"));
    if (!value) {
        event_fault(reading, ERR_CONFLICT, pointer, "the element `uii`, the call's id, is missing");
        return;
    }
    if (value->kind == JSON_INTEGER)
        event->call_id = str_from(arena_printf(reading->arena, "%lld", (long long)value->integer));
    else if (value->kind == JSON_STRING)
        event->call_id = value->string;
    else
        event_fault(reading, ERR_CONFLICT, pointer, "`uii` is %s, not a string or an integer",
                    value->kind == JSON_REAL ? "no whole number" : event_kind_words(value));

    if (value->kind != JSON_STRING)
        return;
    if (!value->string.len)
        event_fault(reading, ERR_CONFLICT, pointer, "`uii`, the call's id, is empty");
    else if (count_characters(value->string) > CALL_ID_CHARACTERS)
        event_fault(reading, ERR_CONFLICT, pointer, "`uii` has %zu characters; the limit is %d",
                    count_characters(value->string), CALL_ID_CHARACTERS);
    else if (is_control(value->string))
        event_fault(reading, ERR_CONFLICT, pointer, "`uii` holds a control character");
}

static void miss_trigger(struct event_reading *reading, const char *base)
{
    event_fault(reading, ERR_CONFLICT, base,
                "no trigger: post to /v1/events/{trigger}, or name it in `trigger` or `type` next "
                "to `elements`");
}

static void take_event(struct event_reading *reading, const char *base, const struct json *body,
                       struct event *event)
{
    if (json_get(body, STR("elements"))) {
        if (take_envelope(reading, base, body, event))
            take_call_id(reading, event_pointer(reading->arena, base, STR("elements")), event);
        bool is_named = json_get(body, STR("trigger")) || json_get(body, STR("type"));
        if (!event->trigger && !is_named)
            miss_trigger(reading, base);
        return;
    }
    take_elements(reading, base, body, event);
    take_call_id(reading, base, event);
    if (!event->trigger)
        miss_trigger(reading, base);
}

static void take_cloud(struct event_reading *reading, const struct json *body, struct event *event)
{
    const struct json *data, *type = json_get(body, STR("type"));
    const char *base;
    if (!event_open_cloud(reading, body, &data, &base, &event->key))
        return;
    if (type && data != body) // our own envelope's is looked at with its other attributes
        take_trigger(reading, "/type", type, event);
    if (event->trigger || data == body)
        take_event(reading, base, data, event);
}

static bool read_tree(struct event_reading *reading, enum event_format format, struct str body,
                      struct json **ret)
{
    switch (format) {
    case EVENT_FORM:
    case EVENT_QUERY:
        return event_read_form(reading, body, ret);
    case EVENT_XML:
        return event_read_xml(reading, body, ret);
    default:
        return event_read_json(reading, body, ret);
    }
}

bool event_parse(struct arena *arena, const char *trigger, enum event_format format,
                 struct str body, const struct event_limits *limits, struct event *ret,
                 struct event_faults *ret_faults, struct err *err)
{
    struct event_reading reading = {arena, limits, ret_faults, err};
    struct event event = {.trigger = trigger, .survey_at = "", .key = STR("")};
    struct json *tree;
    *ret_faults = (struct event_faults){0};
    if (!body.len)
        return event_fault(&reading, ERR_INVALID, "", "the %s is empty",
                           format == EVENT_QUERY ? "query" : "body");
    if (!read_tree(&reading, format, body, &tree))
        return false;
    if (format == EVENT_CLOUDEVENT || (format == EVENT_JSON && event_is_cloud(tree)))
        take_cloud(&reading, tree, &event);
    else
        take_event(&reading, "", tree, &event);
    if (ret_faults->count)
        return false;
    *ret = event;
    return true;
}

bool event_identify(struct arena *arena, struct event *event, struct event_faults *ret_faults,
                    struct err *err)
{
    struct event_reading reading = {arena, &event_limits_default, ret_faults, err};
    struct event identified = *event;
    *ret_faults = (struct event_faults){0};
    take_call_id(&reading, event->elements_at, &identified);
    if (ret_faults->count)
        return false;
    *event = identified;
    return true;
}
