// SPDX-License-Identifier: GPL-3.0-or-later
//
// A few keys out of the YAML tree; what does not look as expected is passed over.

#include "edge/config_outline.h"

#include "edge/config_read.h"
#include "edge/config_yaml.h"
#include "edge/file.h"

enum { MAX_FILE_BYTES = 16 << 20 };

static const struct node *member(const struct node *map, const char *key)
{
    size_t index;
    bool is_there = map && map->kind == NODE_MAP && node_find(map, str_from(key), &index);
    return is_there ? map->members[index].value : NULL;
}

static const char *text_of(const struct node *node)
{
    return node && node->kind == NODE_TEXT && !node_is_empty(node) ? node->text.data : NULL;
}

static const char *path_of(struct arena *arena, const char *file, const char *path)
{
    const char *slash = strrchr(file, '/');
    int folder = slash && path[0] != '/' ? (int)(slash - file) + 1 : 0;
    return arena_printf(arena, "%.*s%s", folder, file, path);
}

static void read_uses(struct arena *arena, const struct node *services, struct outline *ret)
{
    if (!services || services->kind != NODE_MAP)
        return;
    struct outline_use *uses = arena_alloc(arena, services->count * sizeof(*uses));
    ret->uses = uses;
    for (size_t i = 0; i < services->count; i++) {
        const struct node *soap = member(services->members[i].value, "soap");
        const struct node *operation = member(soap, "operation");
        if (text_of(member(soap, "wsdl")) && text_of(operation))
            uses[ret->use_count++] = (struct outline_use){
                .service = arena_copy(arena, services->members[i].key->text).data,
                .wsdl = arena_strdup(arena, text_of(member(soap, "wsdl"))),
                .operation = arena_strdup(arena, text_of(operation)),
                .place = config_place_of(operation)};
    }
}

bool config_outline(struct arena *arena, const char *file, struct outline *ret, struct err *err)
{
    struct str text;
    if (!file_read_text(arena, file, MAX_FILE_BYTES, &text, err))
        return err_prefix(err, "%s", file);
    AUTO_ARENA struct arena *scratch = arena_new();
    struct fault_list faults = {.arena = scratch};
    const struct node *tree;
    bool is_read = node_parse(scratch, file, text, &tree, &faults);
    if (!is_read)
        err_set(err, ERR_INVALID, "%s:%d:%d: %s", file, faults.items[0].line,
                faults.items[0].column, faults.items[0].text);
    fault_list_finish(&faults);
    if (!is_read)
        return false;
    const char *modules = text_of(member(tree, "modules")), *store = text_of(member(tree, "store"));
    if (!store)
        store = text_of(member(member(tree, "store"), "path"));
    *ret = (struct outline){
        .file = arena_strdup(arena, file),
        .modules_dir = path_of(arena, file, modules ? modules : "modules"),
        .store_path = store ? path_of(arena, file, store) : NULL,
    };
    read_uses(arena, member(tree, "services"), ret);
    return true;
}
