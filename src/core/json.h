// SPDX-License-Identifier: GPL-3.0-or-later
//
// JSON text to a tree of values in an arena, and back. Knows the grammar (RFC 8259), not which
// names matter. The tree is also what templates read and what pages are made of, so other formats
// (forms, rows of the store) are brought into it.

#ifndef CORE_JSON_H
#define CORE_JSON_H

#include "base/err.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum json_kind {
    JSON_NULL,
    JSON_BOOLEAN,
    JSON_INTEGER,
    JSON_REAL,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
};

struct json {
    enum json_kind kind;
    union {
        bool boolean;
        int64_t integer;
        double real;
        struct str string; // valid UTF-8, may hold U+0000
        struct {
            struct json **items;
            size_t count, capacity;
        } array;
        struct {
            struct json_member *members; // in the order of the text
            size_t count, capacity;
        } object;
    };
};

struct json_member {
    struct str name;
    struct json *value;
};

struct json_limits {
    size_t depth;  // of nested arrays and objects
    size_t values; // all values together
};

// Parses one JSON text. Duplicate names, text after the value, invalid UTF-8, a number that no
// int64 or double holds (ERR_INVALID) and a passed limit (ERR_TOO_LARGE) are errors; the sentence
// names line and column. A byte order mark in front is skipped. The tree borrows nothing of `text`.
bool json_parse(struct arena *arena, struct str text, const struct json_limits *limits,
                struct json **ret, struct err *err) MUST_CHECK;

// Makers; the tree lives as long as the arena. Strings are borrowed, not copied.
struct json *json_null(struct arena *arena);
struct json *json_boolean(struct arena *arena, bool boolean);
struct json *json_integer(struct arena *arena, int64_t integer);
struct json *json_real(struct arena *arena, double real);
struct json *json_string(struct arena *arena, struct str string);
struct json *json_text(struct arena *arena, const char *text); // NULL gives JSON null
struct json *json_array(struct arena *arena);
struct json *json_object(struct arena *arena);
void json_append(struct arena *arena, struct json *array, struct json *item);
// Adds a member; the name is borrowed. Not checked: of two members of one name json_get finds the
// first.
void json_set(struct arena *arena, struct json *object, struct str name, struct json *value);

// The member of that name, or NULL (also when `object` is NULL or no object).
const struct json *json_get(const struct json *object, struct str name);

// JSON pointers (RFC 6901): "" is the value itself, "/a/0" the first item of the member a; ~1
// stands for / and ~0 for ~. json_at gives NULL where nothing is.
bool json_pointer_is_valid(struct str pointer);
const struct json *json_at(const struct json *value, struct str pointer);

// As sections of templates see it: all but null, false, "", [] and NULL.
bool json_is_true(const struct json *value);

// A scalar as people write it (no quotes, shortest form of a real, "" for null); an array or an
// object as JSON text. Written into `scratch`, over what it held, only when needed. NULL gives "".
struct str json_as_text(const struct json *value, struct buf *scratch);

enum json_layout { JSON_COMPACT, JSON_INDENTED };
void json_write(struct buf *out, const struct json *value, enum json_layout layout);
// The inside of a JSON string, without the quotes.
void json_write_escaped(struct buf *out, struct str text);

// How many bytes from the start are whole characters of valid UTF-8.
size_t json_utf8_prefix(struct str bytes);
// Bytes of unknown origin as a string of the tree: what is no UTF-8 becomes U+FFFD, one for each
// byte. Borrowed when there is nothing to mend.
struct str json_utf8_mend(struct arena *arena, struct str bytes);

#ifdef __cplusplus
}
#endif

#endif
