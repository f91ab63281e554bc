// SPDX-License-Identifier: GPL-3.0-or-later
//
// The tree: makers, look-up, text. Reading it is core/json_read's; the places of mistakes are
// counted here, as only a mistake needs one.

#include "core/json.h"

#include "core/json_read.h"

#include <stdio.h>

// --- parsing ---

// Fills in the place, counted from 1 and in bytes, in front of the sentence.
static bool place_error(struct str text, size_t at, struct err *err)
{
    size_t line = 1, line_start = 0;
    for (size_t i = 0; i < at; i++) {
        if (text.data[i] == '\n') {
            line++;
            line_start = i + 1;
        }
    }
    return err_prefix(err, "line %zu, column %zu", line, at - line_start + 1);
}

static struct json *make(struct arena *arena, enum json_kind kind)
{
    struct json *value = arena_alloc(arena, sizeof(*value));
    value->kind = kind;
    return value;
}

bool json_parse(struct arena *arena, struct str text, const struct json_limits *limits,
                struct json **ret, struct err *err)
{
    const struct str mark = STR("\xef\xbb\xbf");
    if (str_starts(text, mark))
        text = (struct str){text.data + mark.len, text.len - mark.len};
    if (str_trim(text).len == 0)
        return err_set(err, ERR_INVALID, "line 1, column 1: the text is empty");
    size_t at = json_utf8_prefix(text);
    if (at < text.len)
        err_set(err, ERR_INVALID, "bytes that are not UTF-8");
    else if (json_read(arena, text, limits, ret, &at, err))
        return true;
    return place_error(text, at, err);
}

// --- making ---

struct json *json_null(struct arena *arena)
{
    return make(arena, JSON_NULL);
}

struct json *json_boolean(struct arena *arena, bool boolean)
{
    struct json *value = make(arena, JSON_BOOLEAN);
    value->boolean = boolean;
    return value;
}

struct json *json_integer(struct arena *arena, int64_t integer)
{
    struct json *value = make(arena, JSON_INTEGER);
    value->integer = integer;
    return value;
}

struct json *json_real(struct arena *arena, double real)
{
    struct json *value = make(arena, JSON_REAL);
    value->real = real;
    return value;
}

struct json *json_string(struct arena *arena, struct str string)
{
    struct json *value = make(arena, JSON_STRING);
    value->string = string;
    return value;
}

struct json *json_text(struct arena *arena, const char *text)
{
    return text ? json_string(arena, str_from(text)) : json_null(arena);
}

struct json *json_array(struct arena *arena)
{
    return make(arena, JSON_ARRAY);
}

struct json *json_object(struct arena *arena)
{
    return make(arena, JSON_OBJECT);
}

// Room for one more item: the items themselves, or a copy of them twice as large.
static void *make_room(struct arena *arena, void *items, size_t count, size_t *capacity,
                       size_t item_size)
{
    if (count < *capacity)
        return items;
    *capacity = *capacity ? *capacity * 2 : 8;
    void *grown = arena_alloc(arena, *capacity * item_size);
    if (count)
        memcpy(grown, items, count * item_size);
    return grown;
}

void json_append(struct arena *arena, struct json *array, struct json *item)
{
    require(array->kind == JSON_ARRAY);
    array->array.items = make_room(arena, array->array.items, array->array.count,
                                   &array->array.capacity, sizeof(*array->array.items));
    array->array.items[array->array.count++] = item;
}

void json_set(struct arena *arena, struct json *object, struct str name, struct json *value)
{
    require(object->kind == JSON_OBJECT);
    object->object.members = make_room(arena, object->object.members, object->object.count,
                                       &object->object.capacity, sizeof(*object->object.members));
    object->object.members[object->object.count++] = (struct json_member){name, value};
}

const struct json *json_get(const struct json *object, struct str name)
{
    if (!object || object->kind != JSON_OBJECT)
        return NULL;
    const struct json_member *member = object->object.members;
    for (size_t i = 0; i < object->object.count; i++, member++) {
        if (str_eq(member->name, name))
            return member->value;
    }
    return NULL;
}

// --- writing ---

enum { REAL_BYTES = 40 };

// The shortest of %.15g, %.16g and %.17g that reads back equal, with a point or an exponent so that
// it stays a real. The C library writes and reads the locale's decimal sign; JSON has a point.
static struct str format_real(double real, char ret[REAL_BYTES])
{
    char text[REAL_BYTES];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, real);
        if (strtod(text, NULL) == real)
            break;
    }
    size_t len = 0;
    bool is_real = false;
    for (const char *c = text; *c; c++) {
        bool is_digit = *c >= '0' && *c <= '9';
        if (is_digit || *c == '-' || *c == '+' || *c == 'e') {
            is_real = is_real || *c == 'e';
            ret[len++] = *c;
        } else if (!is_real) {
            is_real = true;
            ret[len++] = '.';
        }
    }
    if (!is_real) {
        ret[len++] = '.';
        ret[len++] = '0';
    }
    return (struct str){ret, len};
}

static void write_scalar(struct buf *out, const struct json *value)
{
    char real[REAL_BYTES];
    switch (value->kind) {
    case JSON_BOOLEAN:
        buf_add_str(out, value->boolean ? STR("true") : STR("false"));
        break;
    case JSON_INTEGER:
        buf_printf(out, "%lld", (long long)value->integer);
        break;
    case JSON_REAL:
        buf_add_str(out, format_real(value->real, real));
        break;
    default:
        buf_add_str(out, STR("null"));
        break;
    }
}

// --- pointers ---

bool json_pointer_is_valid(struct str pointer)
{
    for (size_t i = 0; i < pointer.len; i++) {
        char next = i + 1 < pointer.len ? pointer.data[i + 1] : '\0';
        if (pointer.data[i] == '~' && next != '0' && next != '1')
            return false;
    }
    return pointer.len == 0 || pointer.data[0] == '/';
}

// Whether a member's name is what a part of a pointer says.
static bool is_named(struct str name, struct str part)
{
    size_t at = 0;
    for (size_t i = 0; i < part.len; i++, at++) {
        char c = part.data[i];
        if (c == '~' && i + 1 < part.len)
            c = part.data[++i] == '1' ? '/' : '~';
        if (at >= name.len || name.data[at] != c)
            return false;
    }
    return at == name.len;
}

static const struct json *item_at(const struct json *array, struct str part)
{
    size_t index = 0;
    if (part.len == 0 || part.len > 9 || (part.data[0] == '0' && part.len > 1))
        return NULL;
    for (size_t i = 0; i < part.len; i++) {
        if (part.data[i] < '0' || part.data[i] > '9')
            return NULL;
        index = index * 10 + (size_t)(part.data[i] - '0');
    }
    return index < array->array.count ? array->array.items[index] : NULL;
}

static const struct json *child_at(const struct json *value, struct str part)
{
    if (value->kind == JSON_ARRAY)
        return item_at(value, part);
    for (size_t i = 0; value->kind == JSON_OBJECT && i < value->object.count; i++) {
        if (is_named(value->object.members[i].name, part))
            return value->object.members[i].value;
    }
    return NULL;
}

const struct json *json_at(const struct json *value, struct str pointer)
{
    while (value && pointer.len) {
        struct str rest = {pointer.data + 1, pointer.len - 1};
        const char *slash = memchr(rest.data, '/', rest.len);
        size_t len = slash ? (size_t)(slash - rest.data) : rest.len;
        value = child_at(value, (struct str){rest.data, len});
        pointer = (struct str){rest.data + len, rest.len - len};
    }
    return value;
}

bool json_is_true(const struct json *value)
{
    if (!value)
        return false;
    switch (value->kind) {
    case JSON_NULL:
        return false;
    case JSON_BOOLEAN:
        return value->boolean;
    case JSON_STRING:
        return value->string.len > 0;
    case JSON_ARRAY:
        return value->array.count > 0;
    default:
        return true;
    }
}

struct str json_as_text(const struct json *value, struct buf *scratch)
{
    if (!value || value->kind == JSON_NULL)
        return STR("");
    if (value->kind == JSON_STRING)
        return value->string;
    buf_clear(scratch);
    json_write(scratch, value, JSON_COMPACT);
    return buf_str(scratch);
}

static void write_break(struct buf *out, enum json_layout layout, size_t depth)
{
    if (layout == JSON_COMPACT)
        return;
    buf_add_char(out, '\n');
    for (size_t i = 0; i < depth; i++)
        buf_add(out, "  ", 2);
}

static void write_string(struct buf *out, struct str text)
{
    buf_add_char(out, '"');
    json_write_escaped(out, text);
    buf_add_char(out, '"');
}

static void write_value(struct buf *out, const struct json *value, enum json_layout layout,
                        size_t depth);

static void write_array(struct buf *out, const struct json *value, enum json_layout layout,
                        size_t depth)
{
    buf_add_char(out, '[');
    for (size_t i = 0; i < value->array.count; i++) {
        if (i)
            buf_add_char(out, ',');
        write_break(out, layout, depth + 1);
        write_value(out, value->array.items[i], layout, depth + 1);
    }
    if (value->array.count)
        write_break(out, layout, depth);
    buf_add_char(out, ']');
}

static void write_object(struct buf *out, const struct json *value, enum json_layout layout,
                         size_t depth)
{
    buf_add_char(out, '{');
    for (size_t i = 0; i < value->object.count; i++) {
        if (i)
            buf_add_char(out, ',');
        write_break(out, layout, depth + 1);
        write_string(out, value->object.members[i].name);
        buf_add_str(out, layout == JSON_COMPACT ? STR(":") : STR(": "));
        write_value(out, value->object.members[i].value, layout, depth + 1);
    }
    if (value->object.count)
        write_break(out, layout, depth);
    buf_add_char(out, '}');
}

static void write_value(struct buf *out, const struct json *value, enum json_layout layout,
                        size_t depth)
{
    if (value->kind == JSON_ARRAY)
        write_array(out, value, layout, depth);
    else if (value->kind == JSON_OBJECT)
        write_object(out, value, layout, depth);
    else if (value->kind == JSON_STRING)
        write_string(out, value->string);
    else
        write_scalar(out, value);
}

void json_write(struct buf *out, const struct json *value, enum json_layout layout)
{
    write_value(out, value, layout, 0);
}

static void write_special(struct buf *out, char c)
{
    static const char named[] = "\"\"\\\\\bb\ff\nn\rr\tt"; // the character, then its letter
    for (const char *at = named; *at; at += 2) {
        if (*at == c) {
            buf_add(out, (char[]){'\\', at[1]}, 2);
            return;
        }
    }
    buf_printf(out, "\\u%04x", (unsigned)c);
}

void json_write_escaped(struct buf *out, struct str text)
{
    if (!text.len) // `data` may be NULL, to which C adds nothing, not even 0
        return;
    size_t plain_from = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c >= ' ' && c != '"' && c != '\\')
            continue;
        buf_add(out, text.data + plain_from, i - plain_from);
        write_special(out, text.data[i]);
        plain_from = i + 1;
    }
    buf_add(out, text.data + plain_from, text.len - plain_from);
}

// --- UTF-8 ---

// Bytes of the character at `at` (RFC 3629), or 0 when there is none.
static size_t utf8_char(const unsigned char *at, size_t left)
{
    unsigned char first = at[0], low = 0x80, high = 0xbf;
    if (first < 0x80)
        return 1;
    if (first < 0xc2 || first > 0xf4)
        return 0;
    size_t len = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (first == 0xe0)
        low = 0xa0; // shorter forms exist
    else if (first == 0xed)
        high = 0x9f; // surrogates
    else if (first == 0xf0)
        low = 0x90;
    else if (first == 0xf4)
        high = 0x8f; // above U+10FFFF
    if (left < len || at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    }
    return len;
}

size_t json_utf8_prefix(struct str bytes)
{
    const unsigned char *data = (const unsigned char *)bytes.data;
    size_t at = 0;
    while (at < bytes.len) {
        uint64_t eight;
        if (bytes.len - at >= sizeof(eight)) { // most text is ASCII
            memcpy(&eight, data + at, sizeof(eight));
            if (!(eight & 0x8080808080808080)) {
                at += sizeof(eight);
                continue;
            }
        }
        size_t len = utf8_char(data + at, bytes.len - at);
        if (!len)
            break;
        at += len;
    }
    return at;
}

struct str json_utf8_mend(struct arena *arena, struct str bytes)
{
    size_t good = json_utf8_prefix(bytes);
    if (good == bytes.len)
        return bytes;
    char *mended = arena_alloc(arena, bytes.len * 3 + 1);
    size_t len = 0;
    for (;;) {
        memcpy(mended + len, bytes.data, good);
        len += good;
        if (good == bytes.len)
            return (struct str){mended, len};
        memcpy(mended + len, "\xef\xbf\xbd", 3);
        len += 3;
        bytes = (struct str){bytes.data + good + 1, bytes.len - good - 1};
        good = json_utf8_prefix(bytes);
    }
}
