// SPDX-License-Identifier: GPL-3.0-or-later
//
// JSON text through jansson into our tree. Knows jansson and nothing of what the tree looks like.
// jansson's tree is an intermediate that is gone when json_read returns.

#include "core/json_read.h"

#include <jansson.h>

static void free_library_value(json_t **value)
{
    json_decref(*value);
}

// jansson's own words where they name what was expected, ours where it is terse.
static bool fail(const json_error_t *error, struct err *err)
{
    const char *what = error->text;
    switch (json_error_code(error)) {
    case json_error_premature_end_of_input:
        what = "the text ends before the value does";
        break;
    case json_error_end_of_input_expected:
        what = "there is more text after the value";
        break;
    case json_error_invalid_utf8:
        what = "bytes that are not UTF-8";
        break;
    case json_error_null_byte_in_key:
        what = "U+0000 in a member's name";
        break;
    case json_error_numeric_overflow:
        what = "a number too large for 64 bits; send it as a string";
        break;
    default:
        break;
    }
    return err_set(err, ERR_INVALID, "line %d, column %d: %s", error->line, error->column, what);
}

static struct json *convert(struct arena *arena, const json_t *value,
                            const struct json_makers *make);

static struct json *convert_array(struct arena *arena, const json_t *value,
                                  const struct json_makers *make)
{
    struct json *array = make->array(arena);
    size_t count = json_array_size(value);
    for (size_t i = 0; i < count; i++)
        make->append(arena, array, convert(arena, json_array_get(value, i), make));
    return array;
}

static struct json *convert_object(struct arena *arena, json_t *value,
                                   const struct json_makers *make)
{
    struct json *object = make->object(arena);
    for (void *at = json_object_iter(value); at; at = json_object_iter_next(value, at)) {
        struct str name = {json_object_iter_key(at), json_object_iter_key_len(at)};
        make->set(arena, object, arena_copy(arena, name),
                  convert(arena, json_object_iter_value(at), make));
    }
    return object;
}

static struct json *convert(struct arena *arena, const json_t *value,
                            const struct json_makers *make)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return convert_object(arena, (json_t *)value, make);
    case JSON_ARRAY:
        return convert_array(arena, value, make);
    case JSON_STRING: {
        struct str string = {json_string_value(value), json_string_length(value)};
        return make->string(arena, arena_copy(arena, string));
    }
    case JSON_INTEGER:
        return make->integer(arena, json_integer_value(value));
    case JSON_REAL:
        return make->real(arena, json_real_value(value));
    case JSON_TRUE:
        return make->boolean(arena, true);
    case JSON_FALSE:
        return make->boolean(arena, false);
    case JSON_NULL:
        break;
    }
    return make->null(arena);
}

bool json_read(struct arena *arena, struct str text, const struct json_makers *make,
               struct json **ret, struct err *err)
{
    size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL;
    json_error_t error;
    __attribute__((cleanup(free_library_value))) json_t *value =
        json_loadb(text.data, text.len, flags, &error);
    if (!value)
        return fail(&error, err);
    *ret = convert(arena, value, make);
    return true;
}
