// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reading maps. What becomes of a value that a map does not hold has to be said: silence is how
// wrong codes get into a customer's records.

#include "edge/config_map.h"

enum { MAX_MAPS = 1000, MAX_VALUES = 10000 };

struct map_draft {
    struct value_map map;
    const struct node *values;
};

// A text that may be empty when it is in quotes.
static bool read_to(struct config_reader *reader, const char *key, const struct node *value,
                    struct str *ret)
{
    bool is_empty_text = value->kind == NODE_TEXT && value->is_quoted && value->text.len == 0;
    if (!is_empty_text && !config_is_text(reader, key, value))
        return false;
    *ret = arena_copy(reader->arena, value->text);
    return true;
}

static void read_other(struct config_reader *reader, const struct config_field *field,
                       const struct node *value, void *ret)
{
    read_to(reader, field->key, value, ret);
}

// pass, reject or {default: X}.
static void read_unmapped(struct config_reader *reader, const struct config_field *field,
                          const struct node *value, void *ret)
{
    static const struct config_field fields[] = {
        {.key = "default", .read = read_other, .is_required = true}};
    static const char *const words[] = {"pass", "reject"};
    static const enum unmapped_policy policies[] = {UNMAPPED_PASS, UNMAPPED_REJECT};
    struct value_map *map = ret;
    size_t index;
    if (value->kind == NODE_MAP) {
        map->policy = UNMAPPED_DEFAULT;
        config_read_map(reader, value, field->key, fields, COUNT_OF(fields), &map->other);
    } else if (config_read_choice(reader, field, value, words, COUNT_OF(words), &index)) {
        map->policy = policies[index];
    }
}

static const struct config_field map_fields[] = {
    {.key = "values",
     .read = config_read_node,
     .offset = offsetof(struct map_draft, values),
     .is_required = true},
    {.key = "unmapped", .read = read_unmapped, .is_required = true},
    {.key = "ignore_case",
     .read = config_read_bool,
     .offset = offsetof(struct map_draft, map.ignore_case)},
};

static void read_values(struct config_reader *reader, const struct node *values,
                        struct value_map *map)
{
    static const struct value_map_entry nothing = {{"", 0}, {"", 0}};
    if (!config_is_small_map(reader, "values", values, MAX_VALUES))
        return;
    struct value_map_entry *entries = arena_alloc(reader->arena, values->count * sizeof(*entries));
    for (size_t i = 0; i < values->count; i++) {
        const struct node_member *member = &values->members[i];
        entries[i] = nothing;
        if (config_is_text(reader, "a value of a map", member->key))
            entries[i].from = arena_copy(reader->arena, member->key->text);
        read_to(reader, member->key->text.data, member->value, &entries[i].to);
    }
    size_t repeated = value_map_index(reader->arena, map, entries, values->count);
    if (repeated < values->count)
        config_fault(reader, values->members[repeated].key,
                     "'%.80s' is there twice when case does not matter",
                     values->members[repeated].key->text.data);
}

static void read_map(struct config_reader *reader, const struct node_member *member,
                     struct value_map *ret)
{
    struct map_draft draft = {.map = {.other = STR("")}};
    draft.map.name = arena_copy(reader->arena, member->key->text).data;
    config_is_name(reader, "the name of a map", member->key);
    if (config_read_map(reader, member->value, "a map", map_fields, COUNT_OF(map_fields), &draft) &&
        draft.values)
        read_values(reader, draft.values, &draft.map);
    *ret = draft.map;
}

void config_read_maps(struct config_reader *reader, const struct node *maps, struct config *config)
{
    if (!maps || !config_is_small_map(reader, "maps", maps, MAX_MAPS))
        return;
    struct value_map *items = arena_alloc(reader->arena, maps->count * sizeof(*items));
    for (size_t i = 0; i < maps->count; i++)
        read_map(reader, &maps->members[i], &items[i]);
    config->maps = (struct filter_maps){items, maps->count};
}
