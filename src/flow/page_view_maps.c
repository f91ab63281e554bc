// SPDX-License-Identifier: GPL-3.0-or-later
//
// What is known of maps: how each is set up, and which values it did not hold since the start, as
// an operator needs them to mend the configuration.

#include "flow/page_text.h"
#include "flow/page_view.h"
#include "flow/tree.h"

static const char *policy_word(enum unmapped_policy policy)
{
    static const char *const words[] = {
        [UNMAPPED_PASS] = "pass",
        [UNMAPPED_REJECT] = "reject",
        [UNMAPPED_DEFAULT] = "default",
    };
    return words[policy];
}

static struct json *value_tree(const struct page_scope *scope, const struct unmapped_value *value)
{
    struct arena *arena = scope->arena;
    struct json *tree = json_object(arena);
    tree_str(arena, tree, "value", value->value);
    tree_integer(arena, tree, "count", value->count);
    tree_time(arena, tree, "last_at", value->last_at);
    if (scope->is_html) {
        struct json *view = json_object(arena);
        tree_text(arena, view, "last", page_text_relative(arena, value->last_at, scope->now));
        tree_put(arena, tree, "view", view);
    }
    return tree;
}

static struct json *map_tree(const struct page_scope *scope, size_t index)
{
    struct arena *arena = scope->arena;
    const struct value_map *map = &scope->config->maps.items[index];
    struct json *tree = json_object(arena), *values = json_array(arena);
    struct unmapped_view seen;
    unmapped_view(scope->generation->services->unmapped, index, arena, &seen);
    int64_t total = seen.others;
    for (size_t i = 0; i < seen.count; i++) {
        total += seen.values[i].count;
        json_append(arena, values, value_tree(scope, &seen.values[i]));
    }
    tree_text(arena, tree, "name", map->name);
    tree_integer(arena, tree, "values", (int64_t)map->count);
    tree_text(arena, tree, "policy", policy_word(map->policy));
    if (map->policy == UNMAPPED_DEFAULT)
        tree_str(arena, tree, "default", map->other);
    tree_boolean(arena, tree, "ignore_case", map->ignore_case);
    tree_integer(arena, tree, "unmapped_count", total);
    tree_put(arena, tree, "unmapped", values);
    tree_integer(arena, tree, "others", seen.others);
    if (scope->is_html) {
        struct json *view = json_object(arena);
        tree_boolean(arena, view, "has_others", seen.others > 0);
        tree_put(arena, tree, "view", view);
    }
    return tree;
}

struct json *page_view_maps(const struct page_scope *scope)
{
    struct json *tree = json_object(scope->arena), *maps = json_array(scope->arena);
    for (size_t i = 0; i < scope->config->maps.count; i++)
        json_append(scope->arena, maps, map_tree(scope, i));
    tree_put(scope->arena, tree, "maps", maps);
    if (scope->is_html) {
        struct json *view = tree_view(scope->arena, "Maps", "maps");
        tree_boolean(scope->arena, view, "is_empty", scope->config->maps.count == 0);
        tree_put(scope->arena, tree, "view", view);
    }
    return tree;
}
