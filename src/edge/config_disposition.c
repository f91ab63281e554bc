// SPDX-License-Identifier: GPL-3.0-or-later
//
// Rewrites the tree of the file. The new nodes stand at the places of those they come from, so a
// mistake is told where it was made.

#include "edge/config_disposition.h"

enum { MAX_DISPOSITIONS = 1000, MAX_NAME_BYTES = 64, ADDED_KEYS = 3 };

#define ELEMENT "agent_disposition"

struct expansion {
    struct config_reader *reader;
    struct node *list; // of the routes so far
    const struct node *route, *choices;
};

static const struct node *find_value(const struct node *map, const char *key)
{
    size_t index;
    bool is_there = map->kind == NODE_MAP && node_find(map, str_from(key), &index);
    return is_there ? map->members[index].value : NULL;
}

static const struct node *make_text(struct arena *arena, const struct node *at, const char *text)
{
    struct node *node = arena_alloc(arena, sizeof(*node));
    *node = (struct node){.kind = NODE_TEXT,
                          .line = at->line,
                          .column = at->column,
                          .text = str_from(text),
                          .is_quoted = true};
    return node;
}

// "sales.2-Do-Not-Call": what is no part of a name becomes a dash.
static const char *make_name(struct arena *arena, struct str route, size_t number,
                             struct str disposition)
{
    char *name = arena_printf(arena, "%.*s.%zu-%.*s", STR_ARG(route), number, STR_ARG(disposition));
    size_t rest = strlen(name) - disposition.len;
    for (char *c = name + rest; *c; c++) {
        bool is_letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z');
        if (!is_letter && !(*c >= '0' && *c <= '9') && !strchr("._-", *c))
            *c = '-';
    }
    if (rest <= MAX_NAME_BYTES && strlen(name) > MAX_NAME_BYTES)
        name[MAX_NAME_BYTES] = '\0';
    return name;
}

static const struct node *make_none_of(struct arena *arena, const struct node *choices)
{
    struct node_member *items = arena_alloc(arena, choices->count * sizeof(*items));
    for (size_t i = 0; i < choices->count; i++)
        items[i].value = choices->members[i].key;
    struct node *list = arena_alloc(arena, sizeof(*list));
    *list = (struct node){.kind = NODE_LIST,
                          .line = choices->line,
                          .column = choices->column,
                          .members = items,
                          .count = choices->count};
    struct node_member *member = arena_alloc(arena, sizeof(*member));
    *member = (struct node_member){make_text(arena, choices, "none_of"), list};
    return node_make_map(arena, choices, member, 1);
}

// The conditions of the route and the one on the disposition.
static const struct node *make_when(struct arena *arena, const struct node *when,
                                    const struct node *condition)
{
    size_t count = when && when->kind == NODE_MAP ? when->count : 0;
    if (when && when->kind != NODE_MAP) // a mistake, to be told when it is read
        return when;
    struct node_member *members = arena_alloc(arena, (count + 1) * sizeof(*members));
    if (count)
        memcpy(members, when->members, count * sizeof(*members));
    members[count] = (struct node_member){make_text(arena, condition, ELEMENT), condition};
    return node_make_map(arena, when ? when : condition, members, count + 1);
}

static bool is_replaced(struct str key)
{
    return str_eq(key, STR("by_disposition")) || str_eq(key, STR("else")) ||
           str_eq(key, STR("when")) || str_eq(key, STR("name"));
}

static void add_route(struct expansion *expansion, const char *name, const struct node *condition,
                      const struct node *services)
{
    struct arena *arena = expansion->reader->scratch;
    const struct node *route = expansion->route;
    const struct node *old_name = find_value(route, "name");
    struct node_member *members =
        arena_alloc(arena, (route->count + ADDED_KEYS) * sizeof(*members));
    size_t count = 0;
    for (size_t i = 0; i < route->count; i++) {
        if (!is_replaced(route->members[i].key->text))
            members[count++] = route->members[i];
    }
    if (old_name)
        members[count++] = (struct node_member){make_text(arena, old_name, "name"),
                                                name ? make_text(arena, old_name, name) : old_name};
    members[count++] = (struct node_member){make_text(arena, condition, "when"),
                                            make_when(arena, find_value(route, "when"), condition)};
    members[count++] = (struct node_member){make_text(arena, services, "services"), services};
    expansion->list->members[expansion->list->count++].value =
        node_make_map(arena, route, members, count);
}

static bool check_route(struct expansion *expansion)
{
    struct config_reader *reader = expansion->reader;
    const struct node *when = find_value(expansion->route, "when");
    size_t before = reader->faults->count;
    if (!config_is_small_map(reader, "by_disposition", expansion->choices, MAX_DISPOSITIONS))
        return false;
    if (expansion->choices->count == 0)
        config_fault(reader, expansion->choices, "by_disposition names no disposition");
    if (find_value(expansion->route, "services"))
        config_fault(reader, expansion->choices,
                     "a route has either services or by_disposition; those of any other "
                     "disposition are under else");
    if (when && find_value(when, ELEMENT))
        config_fault(reader, expansion->choices,
                     "by_disposition is a condition on " ELEMENT ", and when has one already");
    return reader->faults->count == before;
}

static void expand_route(struct expansion *expansion)
{
    struct arena *arena = expansion->reader->scratch;
    const struct node *choices = expansion->choices, *name = find_value(expansion->route, "name");
    const struct node *others = find_value(expansion->route, "else");
    bool has_name = name && name->kind == NODE_TEXT && name->text.len;
    if (!check_route(expansion))
        return;
    for (size_t i = 0; i < choices->count; i++) {
        const struct node_member *choice = &choices->members[i];
        add_route(expansion,
                  has_name ? make_name(arena, name->text, i + 1, choice->key->text) : NULL,
                  choice->key, choice->value);
    }
    if (others)
        add_route(expansion, has_name ? arena_printf(arena, "%s.else", name->text.data) : NULL,
                  make_none_of(arena, choices), others);
}

const struct node *config_expand_dispositions(struct config_reader *reader, const struct node *list)
{
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct node *choices = find_value(list->members[i].value, "by_disposition");
        count += choices && choices->kind == NODE_MAP ? choices->count + 1 : 1;
    }
    struct node *expanded = arena_alloc(reader->scratch, sizeof(*expanded));
    *expanded = *list;
    expanded->members = arena_alloc(reader->scratch, count * sizeof(*expanded->members));
    expanded->count = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct node *route = list->members[i].value;
        struct expansion expansion = {reader, expanded, route, find_value(route, "by_disposition")};
        if (expansion.choices)
            expand_route(&expansion);
        else
            expanded->members[expanded->count++] = list->members[i];
    }
    return expanded;
}
