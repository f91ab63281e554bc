// SPDX-License-Identifier: GPL-3.0-or-later
//
// Short hands for trees. They know moments and texts, but no page.

#include "flow/tree.h"

#include "core/template.h"
#include "edge/httptext.h"
#include "flow/page_text.h"

void tree_put(struct arena *arena, struct json *object, const char *name, struct json *value)
{
    json_set(arena, object, str_from(name), value);
}

void tree_str(struct arena *arena, struct json *object, const char *name, struct str text)
{
    tree_put(arena, object, name, json_string(arena, httptext_printable(arena, text)));
}

void tree_text(struct arena *arena, struct json *object, const char *name, const char *text)
{
    if (text)
        tree_str(arena, object, name, str_from(text));
    else
        tree_put(arena, object, name, json_null(arena));
}

void tree_boolean(struct arena *arena, struct json *object, const char *name, bool value)
{
    tree_put(arena, object, name, json_boolean(arena, value));
}

void tree_integer(struct arena *arena, struct json *object, const char *name, int64_t value)
{
    tree_put(arena, object, name, json_integer(arena, value));
}

void tree_integer_or_null(struct arena *arena, struct json *object, const char *name, int64_t value)
{
    tree_put(arena, object, name, value ? json_integer(arena, value) : json_null(arena));
}

void tree_time(struct arena *arena, struct json *object, const char *name, int64_t at_ms)
{
    tree_text(arena, object, name, page_text_time(arena, at_ms));
}

enum { ROWS_MAX = 200, DEPTH_MAX = 6, VALUE_MAX_BYTES = 64 * 1024 };

static void add_rows(struct arena *arena, struct json *rows, const struct json *value, int depth);

static void add_row(struct arena *arena, struct json *rows, struct str name,
                    const struct json *value, int depth)
{
    AUTO_BUF struct buf scratch;
    bool is_leaf = (value->kind != JSON_OBJECT && value->kind != JSON_ARRAY) || depth == DEPTH_MAX;
    struct json *row = json_object(arena);
    if (rows->array.count == ROWS_MAX)
        return;
    buf_init(&scratch, VALUE_MAX_BYTES);
    tree_str(arena, row, "name", name);
    if (is_leaf)
        tree_str(arena, row, "value", arena_copy(arena, json_as_text(value, &scratch)));
    else
        tree_text(arena, row, "value", NULL);
    tree_text(arena, row, "depth", arena_printf(arena, "d%d", depth));
    json_append(arena, rows, row);
    if (!is_leaf)
        add_rows(arena, rows, value, depth + 1);
}

static void add_rows(struct arena *arena, struct json *rows, const struct json *value, int depth)
{
    for (size_t i = 0; value->kind == JSON_OBJECT && i < value->object.count; i++)
        add_row(arena, rows, value->object.members[i].name, value->object.members[i].value, depth);
    for (size_t i = 0; value->kind == JSON_ARRAY && i < value->array.count; i++)
        add_row(arena, rows, str_from(arena_printf(arena, "%zu", i + 1)), value->array.items[i],
                depth);
}

struct json *tree_rows(struct arena *arena, const struct json *value)
{
    struct json *rows = json_array(arena);
    if (value->kind == JSON_OBJECT || value->kind == JSON_ARRAY)
        add_rows(arena, rows, value, 0);
    return rows;
}

struct json *tree_view(struct arena *arena, const char *title, const char *section)
{
    struct json *view = json_object(arena), *nav = json_object(arena);
    tree_text(arena, view, "title", title);
    tree_boolean(arena, nav, section, true);
    tree_put(arena, view, "nav", nav);
    return view;
}

const char *tree_url(struct arena *arena, struct str text)
{
    AUTO_BUF struct buf out;
    buf_init(&out, 3 * text.len);
    template_write_escaped(&out, text, TEMPLATE_URL);
    return arena_copy(arena, buf_str(&out)).data;
}
