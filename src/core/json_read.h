// SPDX-License-Identifier: GPL-3.0-or-later
//
// The door to the JSON library, for core/json alone.

#ifndef CORE_JSON_READ_H
#define CORE_JSON_READ_H

#include "core/json.h"

#ifdef __cplusplus
extern "C" {
#endif

// Reads one JSON text that is valid UTF-8 and not empty. On failure ret_at is the byte it is about,
// the last one when the text ends too early, and err has the sentence without its place.
bool json_read(struct arena *arena, struct str text, const struct json_limits *limits,
               struct json **ret, size_t *ret_at, struct err *err) MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
