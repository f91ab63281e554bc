// SPDX-License-Identifier: GPL-3.0-or-later
//
// Short hands for the trees that pages are made of: one line a member. Names are literals; texts
// are made printable, and borrowed when they are so already.

#ifndef FLOW_TREE_H
#define FLOW_TREE_H

#include "core/json.h"

void tree_put(struct arena *arena, struct json *object, const char *name, struct json *value);
void tree_text(struct arena *arena, struct json *object, const char *name,
               const char *text); // NULL: null
void tree_str(struct arena *arena, struct json *object, const char *name, struct str text);
void tree_boolean(struct arena *arena, struct json *object, const char *name, bool value);
void tree_integer(struct arena *arena, struct json *object, const char *name, int64_t value);
void tree_integer_or_null(struct arena *arena, struct json *object, const char *name,
                          int64_t value); // 0: null
void tree_time(struct arena *arena, struct json *object, const char *name,
               int64_t at_ms); // 0: null

// What a value holds as rows for a table, in order: `name`, `value` and `depth`, a class d0, d1,
// ...; a row above others has no value. At most 200.
struct json *tree_rows(struct arena *arena, const struct json *value);
// The member `view` that every page has; `section` marks the place in the navigation.
struct json *tree_view(struct arena *arena, const char *title, const char *section);
const char *tree_url(struct arena *arena, struct str text); // percent-encoded

#endif
