// SPDX-License-Identifier: GPL-3.0-or-later
//
// A form, or the query of a URL, as an object of texts. A repeated field becomes an array.

#include "core/event_read.h"

enum { FORM_FIELDS_MAX = 4000 }; // each is looked for among those before it

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
static bool decode_piece(struct event_reading *reading, struct str body, struct str piece,
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
                return event_fault(reading, ERR_INVALID, "",
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

// Up to the delimiter, which is taken off `rest` too; all of it when there is none.
static struct str cut(struct str *rest, char delimiter)
{
    const char *at = memchr(rest->data, delimiter, rest->len);
    struct str piece = {rest->data, at ? (size_t)(at - rest->data) : rest->len};
    size_t taken = piece.len + (at ? 1 : 0);
    *rest = (struct str){rest->data + taken, rest->len - taken};
    return piece;
}

bool event_read_form(struct event_reading *reading, struct str body, struct json **ret)
{
    struct json *object = json_object(reading->arena);
    struct str rest = body;
    for (size_t fields = 0; rest.len;) {
        struct str raw_value = cut(&rest, '&'), name, value;
        if (!raw_value.len)
            continue;
        if (++fields > FORM_FIELDS_MAX)
            return event_fault(reading, ERR_TOO_LARGE, "", "the form has more than %d fields",
                               FORM_FIELDS_MAX);
        struct str raw_name = cut(&raw_value, '=');
        if (!decode_piece(reading, body, raw_name, &name) ||
            !decode_piece(reading, body, raw_value, &value))
            return false;
        event_add(reading->arena, object, name, json_string(reading->arena, value));
    }
    *ret = object;
    return true;
}
