// SPDX-License-Identifier: GPL-3.0-or-later
//
// The door to the JSON library, for core/json alone. It shares no name with core/json.h because
// the library uses the same ones (json_object, JSON_ARRAY, ...) for its own; so the makers of the
// tree come in as a table.

#ifndef CORE_JSON_READ_H
#define CORE_JSON_READ_H

#include "base/err.h"

#include <stdint.h>

struct json;

struct json_makers {
    struct json *(*null)(struct arena *arena);
    struct json *(*boolean)(struct arena *arena, bool boolean);
    struct json *(*integer)(struct arena *arena, int64_t integer);
    struct json *(*real)(struct arena *arena, double real);
    struct json *(*string)(struct arena *arena, struct str string);
    struct json *(*array)(struct arena *arena);
    struct json *(*object)(struct arena *arena);
    void (*append)(struct arena *arena, struct json *array, struct json *item);
    void (*set)(struct arena *arena, struct json *object, struct str name, struct json *value);
};

// Reads one JSON text whose depth the caller has limited; all strings are copied into the arena.
bool json_read(struct arena *arena, struct str text, const struct json_makers *make,
               struct json **ret, struct err *err) MUST_CHECK;

#endif
