// SPDX-License-Identifier: GPL-3.0-or-later
//
// From a body to an event. Both formats become one tree first, so the rules are written once. A
// body is searched to the end: all broken rules are reported together, each with its place.

#include "core/event.h"

#include "core/catalogue.h"

#include <stdio.h>

const struct event_limits event_limits_default = {
    .elements = 1000,
    .name_bytes = 128,
    .depth = 16,
    .needs_call_id = true,
};

enum {
    VALUES_MAX = 50000,     // of a JSON body, all nested values counted
    FORM_FIELDS_MAX = 4000, // each is looked for among those before it
    CALL_ID_CHARACTERS = 128,
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

bool event_format_of(struct str media_type, enum event_format *ret)
{
    const char *parameters = memchr(media_type.data, ';', media_type.len);
    if (parameters)
        media_type.len = (size_t)(parameters - media_type.data);
    media_type = str_trim(media_type);

    const struct str application = STR("application/"), json = STR("+json");
    struct str head = media_type, tail = media_type;
    if (media_type.len > application.len + json.len) {
        head.len = application.len;
        tail.data += tail.len - json.len;
        tail.len = json.len;
    }
    if (str_eq_nocase(media_type, STR("application/json")) ||
        (str_eq_nocase(head, application) && str_eq_nocase(tail, json)))
        *ret = EVENT_JSON;
    else if (str_eq_nocase(media_type, STR("application/x-www-form-urlencoded")))
        *ret = EVENT_FORM;
    else
        return false;
    return true;
}

// --- faults ---

// What a parse knows while it runs.
struct reading {
    struct arena *arena;
    const struct event_limits *limits;
    struct event_faults *faults;
    struct err *err; // says what the first fault says
};

PRINTF_LIKE(4, 5)
static bool add_fault(struct reading *reading, enum err_code code, const char *pointer,
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

static const char *kind_words(const struct json *value)
{
    static const char *const words[] = {
        [JSON_NULL] = "null",        [JSON_BOOLEAN] = "a boolean", [JSON_INTEGER] = "a number",
        [JSON_REAL] = "a number",    [JSON_STRING] = "a string",   [JSON_ARRAY] = "an array",
        [JSON_OBJECT] = "an object",
    };
    return words[value->kind];
}

// --- forms ---

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

// Decodes one name or value of the body.
static bool decode_piece(struct reading *reading, struct str body, struct str piece,
                         struct str *ret)
{
    char *decoded = arena_alloc(reading->arena, piece.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < piece.len; i++) {
        char c = piece.data[i];
        if (c == '%') {
            int high = piece.len - i > 2 ? hex_digit(piece.data[i + 1]) : -1;
            int low = piece.len - i > 2 ? hex_digit(piece.data[i + 2]) : -1;
            if (high < 0 || low < 0)
                return add_fault(reading, ERR_INVALID, "",
                                 "byte %zu of the form: %% needs two hexadecimal digits after it",
                                 (size_t)(piece.data - body.data) + i + 1);
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+') {
            c = ' ';
        }
        decoded[len++] = c;
    }
    *ret = json_utf8_mend(reading->arena, (struct str){decoded, len});
    return true;
}

static struct json *find_member(const struct json *object, struct str name)
{
    for (size_t i = 0; i < object->object.count; i++) {
        if (str_eq(object->object.members[i].name, name))
            return object->object.members[i].value;
    }
    return NULL;
}

// A second value of a name makes its value an array.
static void add_field(struct arena *arena, struct json *object, struct str name, struct str value)
{
    struct json *present = find_member(object, name);
    if (!present) {
        json_set(arena, object, name, json_string(arena, value));
        return;
    }
    if (present->kind == JSON_STRING) {
        struct json *first = json_string(arena, present->string);
        *present = *json_array(arena);
        json_append(arena, present, first);
    }
    json_append(arena, present, json_string(arena, value));
}

// Up to the delimiter, which is taken off `rest` too; all of it when there is none.
static struct str cut(struct str *rest, char delimiter)
{
    const char *at = memchr(rest->data, delimiter, rest->len);
    struct str piece = {rest->data, at ? (size_t)(at - rest->data) : rest->len};
    size_t taken = piece.len + (at ? 1 : 0);
    *rest = (struct str){rest->data + taken, rest->len - taken};
    return piece;
}

static bool read_form(struct reading *reading, struct str body, struct json **ret)
{
    struct json *object = json_object(reading->arena);
    struct str rest = body;
    for (size_t fields = 0; rest.len;) {
        struct str raw_value = cut(&rest, '&'), name, value;
        if (!raw_value.len)
            continue;
        if (++fields > FORM_FIELDS_MAX)
            return add_fault(reading, ERR_TOO_LARGE, "", "the form has more than %d fields",
                             FORM_FIELDS_MAX);
        struct str raw_name = cut(&raw_value, '=');
        if (!decode_piece(reading, body, raw_name, &name) ||
            !decode_piece(reading, body, raw_value, &value))
            return false;
        add_field(reading->arena, object, name, value);
    }
    *ret = object;
    return true;
}

// --- rules ---

static bool read_json(struct reading *reading, struct str body, struct json **ret)
{
    const struct json_limits limits = {.depth = reading->limits->depth, .values = VALUES_MAX};
    struct err err;
    if (!json_parse(reading->arena, body, &limits, ret, &err))
        return add_fault(reading, err.code, "", "%s", err.text);
    if ((*ret)->kind != JSON_OBJECT)
        return add_fault(reading, ERR_CONFLICT, "", "the body is %s; an event is an object",
                         kind_words(*ret));
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

static void check_name(struct reading *reading, const char *base, struct str name)
{
    struct str shown = {name.data, name.len < 40 ? name.len : 40};
    shown.len = json_utf8_prefix(shown);
    if (name.len > reading->limits->name_bytes)
        add_fault(reading, ERR_TOO_LARGE, event_pointer(reading->arena, base, shown),
                  "the element's name, starting `%.*s`, has %zu bytes; the limit is %zu",
                  STR_ARG(shown), name.len, reading->limits->name_bytes);
    else if (!name.len)
        add_fault(reading, ERR_CONFLICT, event_pointer(reading->arena, base, name),
                  "an element has no name");
    else if (is_control(name))
        add_fault(reading, ERR_CONFLICT, base, "an element's name holds a control character");
}

// A form can hold an object as its JSON text only; any other text stays what it is.
static const struct json *read_text(struct reading *reading, const struct json *value)
{
    const struct json_limits limits = {.depth = reading->limits->depth, .values = VALUES_MAX};
    struct json *parsed;
    struct err err;
    bool is_read = json_parse(reading->arena, value->string, &limits, &parsed, &err) &&
                   (parsed->kind == JSON_ARRAY || parsed->kind == JSON_OBJECT);
    return is_read ? parsed : value;
}

static void take_survey(struct reading *reading, const char *pointer, const struct json *value,
                        struct event *event)
{
    if (value->kind == JSON_NULL || (value->kind == JSON_STRING && !value->string.len))
        return;
    if (value->kind == JSON_STRING)
        value = read_text(reading, value);
    if (value->kind != JSON_ARRAY && value->kind != JSON_OBJECT)
        add_fault(reading, ERR_CONFLICT, pointer, "`survey` is %s, not an object or an array",
                  kind_words(value));
    else if (event->survey)
        add_fault(reading, ERR_CONFLICT, pointer, "there is a `survey` next to `elements` already");
    else {
        event->survey = value;
        event->survey_at = pointer;
    }
}

// All members but `survey` are data elements.
static void take_elements(struct reading *reading, const char *base, const struct json *object,
                          struct event *event)
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
        add_fault(reading, ERR_TOO_LARGE, base, "%zu data elements; the limit is %zu",
                  elements->object.count, reading->limits->elements);
    event->elements = elements;
    event->elements_at = base;
}

// The form with `elements` and perhaps `survey`.
static bool take_members(struct reading *reading, const struct json *body, struct event *event)
{
    const struct json *elements = NULL;
    for (size_t i = 0; i < body->object.count; i++) {
        const struct json_member *member = &body->object.members[i];
        const char *pointer = event_pointer(reading->arena, "", member->name);
        if (str_eq(member->name, STR("elements")))
            elements = member->value;
        else if (str_eq(member->name, STR("survey")))
            take_survey(reading, pointer, member->value, event);
        else
            add_fault(reading, ERR_CONFLICT, pointer, "next to `elements` only `survey` can stand");
    }
    if (elements->kind != JSON_OBJECT)
        return add_fault(reading, ERR_CONFLICT, "/elements", "`elements` is %s, not an object",
                         kind_words(elements));
    take_elements(reading, "/elements", elements, event);
    return true;
}

static size_t count_characters(struct str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += (text.data[i] & 0xc0) != 0x80;
    return count;
}

static void take_call_id(struct reading *reading, const char *base, struct event *event)
{
    if (!reading->limits->needs_call_id)
        return;
    const char *pointer = event_pointer(reading->arena, base, STR("uii"));
    const struct json *value = json_get(event->elements, STR("uii"));
    if (!value) {
        add_fault(reading, ERR_CONFLICT, pointer, "the element `uii`, the call's id, is missing");
        return;
    }
    if (value->kind == JSON_INTEGER)
        event->call_id = str_from(arena_printf(reading->arena, "%lld", (long long)value->integer));
    else if (value->kind == JSON_STRING)
        event->call_id = value->string;
    else
        add_fault(reading, ERR_CONFLICT, pointer, "`uii` is %s, not a string or an integer",
                  value->kind == JSON_REAL ? "no whole number" : kind_words(value));

    if (value->kind != JSON_STRING)
        return;
    if (!value->string.len)
        add_fault(reading, ERR_CONFLICT, pointer, "`uii`, the call's id, is empty");
    else if (count_characters(value->string) > CALL_ID_CHARACTERS)
        add_fault(reading, ERR_CONFLICT, pointer, "`uii` has %zu characters; the limit is %d",
                  count_characters(value->string), CALL_ID_CHARACTERS);
    else if (is_control(value->string))
        add_fault(reading, ERR_CONFLICT, pointer, "`uii` holds a control character");
}

static void take_event(struct reading *reading, const struct json *body, struct event *event)
{
    bool has_elements = json_get(body, STR("elements")) != NULL;
    if (!has_elements)
        take_elements(reading, "", body, event);
    else if (!take_members(reading, body, event))
        return;
    take_call_id(reading, has_elements ? "/elements" : "", event);
}

bool event_parse(struct arena *arena, const char *trigger, enum event_format format,
                 struct str body, const struct event_limits *limits, struct event *ret,
                 struct event_faults *ret_faults, struct err *err)
{
    struct reading reading = {arena, limits, ret_faults, err};
    struct event event = {.trigger = trigger, .survey_at = ""};
    struct json *tree;
    *ret_faults = (struct event_faults){0};
    if (!body.len)
        return add_fault(&reading, ERR_INVALID, "", "the body is empty");
    if (format == EVENT_FORM) {
        if (!read_form(&reading, body, &tree))
            return false;
        take_elements(&reading, "", tree, &event);
        take_call_id(&reading, "", &event);
    } else {
        if (!read_json(&reading, body, &tree))
            return false;
        take_event(&reading, tree, &event);
    }
    if (ret_faults->count)
        return false;
    *ret = event;
    return true;
}

bool event_identify(struct arena *arena, struct event *event, struct event_faults *ret_faults,
                    struct err *err)
{
    struct reading reading = {arena, &event_limits_default, ret_faults, err};
    struct event identified = *event;
    *ret_faults = (struct event_faults){0};
    take_call_id(&reading, event->elements_at, &identified);
    if (ret_faults->count)
        return false;
    *event = identified;
    return true;
}
