// SPDX-License-Identifier: GPL-3.0-or-later
//
// Trees of what is loaded. Names and places only: what a configuration says of secrets is nowhere
// in a fault, and its values are not shown.

#include "flow/page_reload.h"

#include "edge/server.h"
#include "flow/page_text.h"
#include "flow/tree.h"

enum { SHOWN_FAULTS = 1000 }; // in one answer

static struct json *fault_tree(struct arena *arena, const struct fault *fault)
{
    struct json *tree = json_object(arena);
    tree_text(arena, tree, "file", fault->file);
    tree_integer_or_null(arena, tree, "line", fault->line);
    tree_integer_or_null(arena, tree, "column", fault->column);
    tree_text(arena, tree, "detail", fault->text);
    return tree;
}

static const char *fault_line(struct arena *arena, const struct fault *fault)
{
    if (!fault->line)
        return arena_printf(arena, "%s: %s", fault->file, fault->text);
    return arena_printf(arena, "%s:%d:%d: %s", fault->file, fault->line, fault->column,
                        fault->text);
}

static struct json *fault_trees(struct arena *arena, const struct fault *faults, size_t count)
{
    struct json *list = json_array(arena);
    for (size_t i = 0; i < count && i < SHOWN_FAULTS; i++)
        json_append(arena, list, fault_tree(arena, &faults[i]));
    return list;
}

static const char *change_word(enum generation_change change)
{
    static const char *const words[] = {
        [CHANGE_KEPT] = "kept",
        [CHANGE_NEW] = "new",
        [CHANGE_CHANGED] = "changed",
        [CHANGE_REMOVED] = "removed",
    };
    return words[change];
}

static struct json *module_trees(const struct page_scope *scope,
                                 const struct generation *generation)
{
    struct arena *arena = scope->arena;
    struct json *list = json_array(arena);
    for (size_t i = 0; i < generation->module_count; i++) {
        const struct generation_module *module = &generation->module_list[i];
        struct json *tree = json_object(arena);
        tree_text(arena, tree, "name", module->name);
        tree_text(arena, tree, "change", change_word(module->change));
        tree_text(arena, tree, "digest", *module->digest ? module->digest : NULL);
        tree_text(arena, tree, "engine", *module->engine ? module->engine : NULL);
        tree_time(arena, tree, "written_at", module->written_at);
        json_append(arena, list, tree);
    }
    return list;
}

static struct json *service_names(struct arena *arena, const struct config *config)
{
    struct json *list = json_array(arena);
    for (size_t i = 0; i < config->service_count; i++)
        json_append(arena, list, json_text(arena, config->services[i].name));
    return list;
}

static struct json *route_names(struct arena *arena, const struct config *config)
{
    struct json *list = json_array(arena);
    for (size_t i = 0; i < config->route_count; i++)
        json_append(arena, list, json_text(arena, config->routes[i].name));
    return list;
}

static struct json *restart_names(struct arena *arena, const struct generation *generation)
{
    struct json *list = json_array(arena);
    for (size_t i = 0; i < generation->need_restart_count; i++)
        json_append(arena, list, json_text(arena, generation->need_restart[i]));
    return list;
}

static struct json *failure_tree(const struct page_scope *scope,
                                 const struct reload_failure *failure)
{
    struct arena *arena = scope->arena;
    if (!failure->at_ms)
        return json_null(arena);
    struct json *tree = json_object(arena);
    tree_time(arena, tree, "at", failure->at_ms);
    tree_integer(arena, tree, "mistakes", (int64_t)failure->total);
    tree_put(arena, tree, "errors", fault_trees(arena, failure->faults, failure->count));
    return tree;
}

static struct json *view_tree(const struct page_scope *scope, const struct generation *generation)
{
    struct arena *arena = scope->arena;
    const struct config *config = generation->config;
    struct json *view = tree_view(arena, "Configuration", "configuration");
    tree_text(arena, view, "loaded", page_text_relative(arena, generation->loaded_at, scope->now));
    tree_integer(arena, view, "source_count", (int64_t)config->source_count);
    tree_integer(arena, view, "service_count", (int64_t)config->service_count);
    tree_integer(arena, view, "route_count", (int64_t)config->route_count);
    tree_boolean(arena, view, "has_need_restart", generation->need_restart_count != 0);
    tree_boolean(arena, view, "has_warnings", generation->warnings.count != 0);
    return view;
}

struct json *page_reload_tree(const struct page_scope *scope, const struct generation *generation,
                              struct reload *reload)
{
    struct arena *arena = scope->arena;
    const struct config *config = generation->config;
    struct reload_failure failure;
    struct json *tree = json_object(arena);
    reload_last_failure(reload, arena, &failure);
    tree_integer(arena, tree, "generation", generation->number);
    tree_time(arena, tree, "loaded_at", generation->loaded_at);
    tree_text(arena, tree, "file", config->file);
    tree_put(arena, tree, "services", service_names(arena, config));
    tree_put(arena, tree, "routes", route_names(arena, config));
    tree_put(arena, tree, "modules", module_trees(scope, generation));
    tree_put(arena, tree, "need_restart", restart_names(arena, generation));
    tree_put(arena, tree, "warnings",
             fault_trees(arena, generation->warnings.items, generation->warnings.count));
    tree_put(arena, tree, "failed", failure_tree(scope, &failure));
    if (scope->is_html)
        tree_put(arena, tree, "view", view_tree(scope, generation));
    return tree;
}

struct json *page_reload_problem(struct arena *arena, const struct fault_list *faults)
{
    struct json *tree = server_problem_tree(
        arena, &(struct server_problem){
                   .status = 422,
                   .type = "configuration-invalid",
                   .title = "Unprocessable Content",
                   .detail = "The configuration was not reloaded: the running one stays"});
    tree_integer(arena, tree, "mistakes", (int64_t)faults->count);
    tree_put(arena, tree, "errors", fault_trees(arena, faults->items, faults->count));
    return tree;
}

void page_reload_mark(const struct page_scope *scope, struct reload *reload, struct json *tree)
{
    struct arena *arena = scope->arena;
    struct json *view = (struct json *)json_get(tree, STR("view"));
    struct reload_failure failure;
    reload_last_failure(reload, arena, &failure);
    if (!view || !failure.at_ms)
        return;
    tree_text(arena, view, "reload_failed",
              arena_printf(arena, "The configuration of %s is in use; a reload at %s failed: %s",
                           page_text_time(arena, scope->generation->loaded_at),
                           page_text_time(arena, failure.at_ms),
                           fault_line(arena, &failure.faults[0])));
}
