// SPDX-License-Identifier: GPL-3.0-or-later
//
// CloudEvents 1.0 (https://github.com/cloudevents/spec), as far as events of a call need it: `type`
// is the trigger, `id` and `source` together are the key, the data is the body. What surprises:
// our own envelope, with `elements` instead of `data`, is a CloudEvent too.

#include "core/event_read.h"

#include "base/base64.h"

enum { ATTRIBUTE_MAX_BYTES = 255 };

// --- the key ---

// `last_bad`: the highest of the characters that it may not have.
static bool check_attribute(const char *name, struct str value, char last_bad, struct err *err)
{
    if (!value.len || value.len > ATTRIBUTE_MAX_BYTES)
        return err_set(err, ERR_CONFLICT, "`%s` of a CloudEvent must have 1 to %d bytes", name,
                       ATTRIBUTE_MAX_BYTES);
    for (size_t i = 0; i < value.len; i++) {
        if ((unsigned char)value.data[i] <= (unsigned char)last_bad || value.data[i] == 0x7f)
            return err_set(err, ERR_CONFLICT, "`%s` of a CloudEvent holds %s", name,
                           value.data[i] == ' ' ? "a blank" : "a control character");
    }
    return true;
}

bool event_cloud_key(struct arena *arena, struct str id, struct str source, struct str *ret,
                     const char **ret_wrong, struct err *err)
{
    *ret_wrong = "source";
    if (!check_attribute("source", source, ' ', err))
        return false;
    *ret_wrong = "id";
    if (!check_attribute("id", id, '\x1f', err))
        return false;
    // A source is a URI reference and has no blank, so the first one ends it.
    *ret = str_from(arena_printf(arena, "%.*s %.*s", STR_ARG(source), STR_ARG(id)));
    return true;
}

// --- structured mode ---

static const struct json *text_member(const struct json *body, struct str name)
{
    const struct json *value = json_get(body, name);
    return value && value->kind == JSON_STRING ? value : NULL;
}

static struct str text_of(const struct json *body, struct str name)
{
    const struct json *value = text_member(body, name);
    return value ? value->string : STR("");
}

bool event_is_cloud(const struct json *body)
{
    return text_member(body, STR("specversion")) &&
           (json_get(body, STR("data")) || json_get(body, STR("data_base64")) ||
            json_get(body, STR("elements")));
}

static void check_attributes(struct event_reading *reading, const struct json *body,
                             struct str *ret_key)
{
    const char *wrong;
    struct err err;
    struct str version = text_of(body, STR("specversion"));
    if (!str_eq(version, STR("1.0")))
        event_fault(reading, ERR_CONFLICT, "/specversion",
                    "a CloudEvent of specversion 1.0 is taken, and no other");
    if (!json_get(body, STR("type")))
        event_fault(reading, ERR_CONFLICT, "/type", "`type` of the CloudEvent is missing");
    if (!event_cloud_key(reading->arena, text_of(body, STR("id")), text_of(body, STR("source")),
                         ret_key, &wrong, &err))
        event_fault(reading, err.code, event_pointer(reading->arena, "", str_from(wrong)), "%s",
                    err.text);
}

// Data in text, of the format that datacontenttype names. JSON is text only in base64.
static bool read_text(struct event_reading *reading, const struct json *body, struct str text,
                      bool is_coded, struct json **ret)
{
    const struct json *type = text_member(body, STR("datacontenttype"));
    enum event_format format = EVENT_JSON;
    if (type && (!event_format_of(type->string, &format) || format == EVENT_CLOUDEVENT))
        return event_fault(reading, ERR_CONFLICT, "/datacontenttype",
                           "data is taken as JSON, XML or a form");
    if (format == EVENT_FORM)
        return event_read_form(reading, text, ret);
    if (format == EVENT_XML)
        return event_read_xml(reading, text, ret);
    if (!is_coded)
        return event_fault(reading, ERR_CONFLICT, "/data", "`data` is a string, not an object");
    return event_read_json(reading, text, ret);
}

static bool open_data(struct event_reading *reading, const struct json *body,
                      const struct json *data, struct json **ret)
{
    if (data->kind == JSON_STRING)
        return read_text(reading, body, data->string, false, ret);
    return event_fault(reading, ERR_CONFLICT, "/data", "`data` is %s, not an object",
                       event_kind_words(data));
}

static bool open_base64(struct event_reading *reading, const struct json *body,
                        const struct json *data, struct json **ret)
{
    struct str decoded;
    if (data->kind != JSON_STRING || !base64_decode(reading->arena, data->string, &decoded))
        return event_fault(reading, ERR_CONFLICT, "/data_base64", "`data_base64` is no base64");
    return read_text(reading, body, decoded, true, ret);
}

bool event_open_cloud(struct event_reading *reading, const struct json *body,
                      const struct json **ret_data, const char **ret_base, struct str *ret_key)
{
    const struct json *data = json_get(body, STR("data"));
    const struct json *base64 = json_get(body, STR("data_base64"));
    struct json *tree = NULL;
    check_attributes(reading, body, ret_key);
    if (json_get(body, STR("elements"))) {
        *ret_data = body;
        *ret_base = "";
        return true;
    }
    if (!data == !base64)
        return event_fault(reading, ERR_CONFLICT, "",
                           "a CloudEvent needs either `data` or `data_base64`");
    *ret_base = data ? "/data" : "/data_base64";
    if (data && data->kind == JSON_OBJECT) {
        *ret_data = data;
        return true;
    }
    if (!(data ? open_data(reading, body, data, &tree) : open_base64(reading, body, base64, &tree)))
        return false;
    *ret_data = tree;
    return true;
}
