// SPDX-License-Identifier: GPL-3.0-or-later
//
// Rows of elements. Two values are the same when they read the same: "1" and 1 are no difference
// that a person could see.

#include "flow/page_elements.h"

#include "flow/tree.h"

enum { VALUE_MAX_BYTES = 256 * 1024 };

static struct str value_text(struct arena *arena, const struct json *value)
{
    AUTO_BUF struct buf scratch;
    buf_init(&scratch, VALUE_MAX_BYTES);
    return arena_copy(arena, json_as_text(value, &scratch));
}

static struct json *sent_tree(struct arena *arena, struct str name, struct str value)
{
    struct json *sent = json_object(arena);
    tree_str(arena, sent, "name", name);
    tree_str(arena, sent, "value", value);
    return sent;
}

// `visible` are the elements as people may see them: a sensitive answer among them is masked, and
// then what was sent is not shown at all.
static struct json *row_tree(struct arena *arena, const struct normal_row *row,
                             const struct json *visible)
{
    struct json *tree = json_object(arena);
    const struct json_member *normal = row->normal, *shown = normal ? normal : row->sent;
    const struct json *seen = normal ? json_get(visible, normal->name) : NULL;
    bool is_masked = seen && seen != normal->value;
    struct str value = normal ? value_text(arena, is_masked ? seen : normal->value) : STR("");
    struct str sent = is_masked ? value : value_text(arena, row->sent->value);
    bool is_same = normal && str_eq(shown->name, row->sent->name) && str_eq(value, sent);
    tree_str(arena, tree, "name", shown->name);
    tree_str(arena, tree, "value", value);
    tree_boolean(arena, tree, "is_empty", normal && value.len == 0);
    tree_boolean(arena, tree, "is_dropped", !normal);
    tree_put(arena, tree, "sent",
             is_same ? json_null(arena) : sent_tree(arena, row->sent->name, sent));
    tree_text(arena, tree, "note", row->note);
    return tree;
}

struct json *page_elements_tree(struct arena *arena, const struct reading *reading)
{
    struct json *rows = json_array(arena);
    const struct json *visible = reading ? source_shown(reading)->elements : NULL;
    for (size_t i = 0; reading && i < reading->notes.row_count; i++)
        json_append(arena, rows, row_tree(arena, &reading->notes.rows[i], visible));
    return rows;
}
