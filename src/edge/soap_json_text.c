// SPDX-License-Identifier: GPL-3.0-or-later
//
// Scalars of JSON as texts of simple types. What a text may be is checked later, with the envelope;
// here it only gets the form its type has.

#include "edge/soap_json_write.h"

#include <stdio.h>

bool wire_is_list(const struct shape_text *type)
{
    bool is_list = type->primitive == SHAPE_LIST;
    for (size_t i = 0; i < type->member_count && !is_list; i++)
        is_list = type->members[i]->primitive == SHAPE_LIST;
    return is_list;
}

static const struct shape_text *item_type(const struct shape_text *type)
{
    if (type->primitive == SHAPE_LIST)
        return type->item;
    for (size_t i = 0; i < type->member_count; i++) {
        if (type->members[i]->primitive == SHAPE_LIST)
            return type->members[i]->item;
    }
    return type;
}

static bool list_text(struct wire_writer *writer, const struct wire_place *place,
                      const struct shape_text *type, const struct json *array, struct str *ret)
{
    AUTO_BUF struct buf list;
    buf_init(&list, WIRE_MAX_BYTES);
    const struct shape_text *item = item_type(type);
    for (size_t i = 0; i < array->array.count; i++) {
        const struct wire_place at = wire_item(place, i);
        struct str text;
        if (!wire_scalar(writer, &at, item, array->array.items[i], &text))
            return false;
        if (i)
            buf_add_char(&list, ' ');
        buf_add_str(&list, text);
    }
    *ret = list.len ? arena_copy(writer->arena, buf_str(&list)) : STR("");
    return true;
}

// JSON's numbers may have an exponent, XML Schema's decimals may not: the point is moved instead.
static struct str without_exponent(struct wire_writer *writer, struct str text)
{
    const char *mark = memchr(text.data, 'e', text.len);
    long exponent = mark ? strtol(mark + 1, NULL, 10) : 0;
    if (!exponent)
        return arena_copy(writer->arena, text);
    AUTO_BUF struct buf plain;
    buf_init(&plain, 1000);
    const char *digits = text.data + (*text.data == '-');
    const char *point = memchr(digits, '.', (size_t)(mark - digits));
    long whole = (long)((point ? point : mark) - digits) + exponent; // digits before the point
    if (digits != text.data)
        buf_add_char(&plain, '-');
    if (whole <= 0)
        buf_add_str(&plain, STR("0."));
    for (long zeros = whole; zeros < 0; zeros++)
        buf_add_char(&plain, '0');
    long written = 0;
    for (const char *at = digits; at < mark; at++) {
        if (*at == '.')
            continue;
        if (written++ == whole && whole > 0)
            buf_add_char(&plain, '.');
        buf_add_char(&plain, *at);
    }
    for (; written < whole; written++)
        buf_add_char(&plain, '0');
    return arena_copy(writer->arena, buf_str(&plain));
}

static struct str real_text(struct wire_writer *writer, const struct shape_text *type,
                            const struct json *value)
{
    AUTO_BUF struct buf scratch;
    buf_init(&scratch, 512);
    struct str text = json_as_text(value, &scratch);
    return type->primitive == SHAPE_DECIMAL ? without_exponent(writer, text)
                                            : arena_copy(writer->arena, text);
}

static bool is_whole_type(const struct shape_text *type)
{
    return type->primitive == SHAPE_DECIMAL && type->fraction_digits == 0;
}

// "{namespace}local" needs a prefix here.
static struct str name_text(struct wire_writer *writer, struct str text)
{
    struct str trimmed = str_trim(text);
    if (trimmed.len == 0 || *trimmed.data != '{')
        return text;
    return str_from(wire_qname(writer, wire_name(writer, trimmed)));
}

bool wire_scalar(struct wire_writer *writer, const struct wire_place *place,
                 const struct shape_text *type, const struct json *value, struct str *ret)
{
    AUTO_BUF struct buf scratch;
    buf_init(&scratch, 64);
    switch (value->kind) {
    case JSON_NULL:
        return wire_fail(writer, place, "null cannot stand here");
    case JSON_OBJECT:
        return wire_fail(writer, place, "an object cannot stand here, a text or a number is meant");
    case JSON_ARRAY:
        return wire_is_list(type)
                   ? list_text(writer, place, type, value, ret)
                   : wire_fail(writer, place, "an array cannot stand here, one value is meant");
    case JSON_REAL:
        *ret = real_text(writer, type, value);
        return !is_whole_type(type) || !memchr(ret->data, '.', ret->len) ||
               wire_fail(writer, place, "%.*s is no whole number", STR_ARG(*ret));
    case JSON_STRING:
        *ret = type->primitive == SHAPE_QNAME ? name_text(writer, value->string) : value->string;
        return true;
    default:
        *ret = arena_copy(writer->arena, json_as_text(value, &scratch));
        return true;
    }
}

const char *wire_natural_type(const struct json *value)
{
    switch (value->kind) {
    case JSON_BOOLEAN:
        return "boolean";
    case JSON_INTEGER:
        return value->integer >= INT32_MIN && value->integer <= INT32_MAX ? "int" : "long";
    case JSON_REAL:
        return "double";
    default:
        return "string";
    }
}
