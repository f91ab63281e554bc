// SPDX-License-Identifier: GPL-3.0-or-later
//
// YAML through the library's emitter, one event for each value. Which words need quotes is decided
// here: the emitter quotes what breaks the grammar, not `no`, `1e3` or `null`, which are no texts.

#include "edge/config_yaml_write.h"

#include <yaml.h>

enum { FLOW_MAX_ITEMS = 4, FLOW_MAX_BYTES = 60, TEXT_MAX_BYTES = 64 };

static void emit(yaml_emitter_t *emitter, yaml_event_t *event)
{
    // Only a broken sequence of events or no memory can fail; the buffer takes what comes.
    require(yaml_emitter_emit(emitter, event));
}

static int write_out(void *context, unsigned char *bytes, size_t len)
{
    buf_add(context, bytes, len);
    return 1;
}

// Letters, digits and a few signs, beginning with a letter, and no word that YAML types.
static bool is_plain(struct str text)
{
    static const char *const typed[] = {"y",  "n",   "yes",  "no",   "true",
                                        "on", "off", "null", "false"};
    if (!text.len || text.len > TEXT_MAX_BYTES)
        return false;
    for (size_t i = 0; i < COUNT_OF(typed); i++) {
        if (str_eq_nocase(text, str_from(typed[i])))
            return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool is_later = (c >= '0' && c <= '9') || (c && strchr("_-./", c));
        if (!is_letter && !(i && is_later))
            return false;
    }
    return true;
}

static bool is_lines(struct str text)
{
    return memchr(text.data, '\n', text.len) != NULL;
}

static void write_scalar(yaml_emitter_t *emitter, struct str text, yaml_scalar_style_t style)
{
    yaml_event_t event;
    yaml_char_t *bytes = (yaml_char_t *)text.data;
    require(yaml_scalar_event_initialize(&event, NULL, NULL, bytes, (int)text.len, 1, 1, style));
    emit(emitter, &event);
}

static void write_text(yaml_emitter_t *emitter, struct str text)
{
    write_scalar(emitter, text,
                 is_plain(text)   ? YAML_PLAIN_SCALAR_STYLE
                 : is_lines(text) ? YAML_LITERAL_SCALAR_STYLE
                                  : YAML_DOUBLE_QUOTED_SCALAR_STYLE);
}

// Whether it may stand within a line; adds up what it takes there.
static bool is_short(const struct json *value, size_t *bytes)
{
    if (value->kind == JSON_ARRAY)
        return false;
    if (value->kind == JSON_STRING) {
        *bytes += value->string.len;
        return !is_lines(value->string) && *bytes <= FLOW_MAX_BYTES;
    }
    if (value->kind != JSON_OBJECT)
        return true;
    for (size_t i = 0; i < value->object.count; i++) {
        *bytes += value->object.members[i].name.len + 2;
        if (!is_short(value->object.members[i].value, bytes))
            return false;
    }
    return value->object.count <= FLOW_MAX_ITEMS && *bytes <= FLOW_MAX_BYTES;
}

static void write_value(yaml_emitter_t *emitter, const struct json *value, int depth);

static void write_object(yaml_emitter_t *emitter, const struct json *value, int depth)
{
    yaml_event_t event;
    size_t bytes = 0;
    bool is_flow = depth > 1 && is_short(value, &bytes);
    require(yaml_mapping_start_event_initialize(
        &event, NULL, NULL, 1, is_flow ? YAML_FLOW_MAPPING_STYLE : YAML_BLOCK_MAPPING_STYLE));
    emit(emitter, &event);
    for (size_t i = 0; i < value->object.count; i++) {
        write_text(emitter, value->object.members[i].name);
        write_value(emitter, value->object.members[i].value, depth + 1);
    }
    require(yaml_mapping_end_event_initialize(&event));
    emit(emitter, &event);
}

static void write_array(yaml_emitter_t *emitter, const struct json *value, int depth)
{
    yaml_event_t event;
    require(yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE));
    emit(emitter, &event);
    for (size_t i = 0; i < value->array.count; i++)
        write_value(emitter, value->array.items[i], depth + 1);
    require(yaml_sequence_end_event_initialize(&event));
    emit(emitter, &event);
}

static void write_value(yaml_emitter_t *emitter, const struct json *value, int depth)
{
    AUTO_BUF struct buf scratch;
    buf_init(&scratch, TEXT_MAX_BYTES);
    switch (value->kind) {
    case JSON_OBJECT:
        write_object(emitter, value, depth);
        return;
    case JSON_ARRAY:
        write_array(emitter, value, depth);
        return;
    case JSON_STRING:
        write_text(emitter, value->string);
        return;
    case JSON_NULL:
        write_scalar(emitter, STR("null"), YAML_PLAIN_SCALAR_STYLE);
        return;
    case JSON_BOOLEAN:
    case JSON_INTEGER:
    case JSON_REAL:
        write_scalar(emitter, json_as_text(value, &scratch), YAML_PLAIN_SCALAR_STYLE);
        return;
    }
}

void node_write(struct buf *out, const struct json *tree)
{
    yaml_emitter_t emitter;
    yaml_event_t event;
    require(yaml_emitter_initialize(&emitter));
    yaml_emitter_set_output(&emitter, write_out, out);
    yaml_emitter_set_width(&emitter, -1);
    yaml_emitter_set_unicode(&emitter, 1);
    require(yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));
    emit(&emitter, &event);
    require(yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1));
    emit(&emitter, &event);
    write_value(&emitter, tree, 0);
    require(yaml_document_end_event_initialize(&event, 1));
    emit(&emitter, &event);
    require(yaml_stream_end_event_initialize(&event));
    emit(&emitter, &event);
    yaml_emitter_delete(&emitter);
}
