// SPDX-License-Identifier: GPL-3.0-or-later
//
// Loading in the order in which one needs the other, and letting go. Nothing here is changed once
// it is loaded, so all that threads share of it is the number of its holders.

#include "flow/generation.h"

#include "base/clock.h"

static void add_faults(struct fault_list *to, const struct fault_list *from)
{
    for (size_t i = 0; i < from->count; i++) {
        const struct fault *fault = &from->items[i];
        fault_add(to, arena_strdup(to->arena, fault->file), fault->line, fault->column, "%s",
                  fault->text);
    }
}

bool generation_load_parts(const char *file, const struct soap_modules *running,
                           struct config **ret_config, struct soap_modules **ret_modules,
                           struct services **ret_services, struct fault_list *faults,
                           struct fault_list *warnings)
{
    struct config *config;
    if (!config_load(file, &config, faults))
        return false;
    struct soap_modules *modules;
    struct fault_list broken = {.arena = faults->arena};
    bool has_all = soap_modules_reload(config->modules_dir, running, &modules, &broken);
    bool is_good = services_load(config, modules, ret_services, faults);
    if (!has_all)
        add_faults(is_good ? warnings : faults, &broken);
    fault_list_finish(&broken);
    if (!is_good) {
        soap_modules_free(modules);
        config_free(config);
        return false;
    }
    *ret_config = config;
    *ret_modules = modules;
    return true;
}

// --- what became of the modules ---

static const struct module *find_loaded(const struct soap_modules *modules, const char *name)
{
    struct soap_module_view view;
    for (size_t i = 0; modules && i < soap_modules_count(modules); i++) {
        soap_modules_view(modules, i, &view);
        if (strcmp(view.name, name) == 0)
            return view.loaded;
    }
    return NULL;
}

static void list_modules(struct generation *generation, const struct soap_modules *before)
{
    size_t most =
        soap_modules_count(generation->modules) + (before ? soap_modules_count(before) : 0);
    struct generation_module *list = arena_alloc(generation->arena, most * sizeof(*list));
    struct soap_module_view view;
    size_t count = 0;
    for (size_t i = 0; i < soap_modules_count(generation->modules); i++) {
        soap_modules_view(generation->modules, i, &view);
        const struct module *known = find_loaded(before, view.name);
        list[count++] = (struct generation_module){
            .name = view.name,
            .digest = view.digest,
            .engine = view.engine,
            .written_at = view.written_at,
            .change = !known                 ? CHANGE_NEW
                      : known == view.loaded ? CHANGE_KEPT
                                             : CHANGE_CHANGED,
        };
    }
    for (size_t i = 0; before && i < soap_modules_count(before); i++) {
        soap_modules_view(before, i, &view);
        if (!find_loaded(generation->modules, view.name))
            list[count++] =
                (struct generation_module){.name = arena_strdup(generation->arena, view.name),
                                           .digest = "",
                                           .engine = "",
                                           .change = CHANGE_REMOVED};
    }
    generation->module_list = list;
    generation->module_count = count;
}

// --- life ---

static void generation_free(struct generation *generation)
{
    page_files_free(generation->files);
    route_index_free(generation->routes);
    services_free(generation->services);
    soap_modules_free(generation->modules);
    config_free(generation->config);
    fault_list_finish(&generation->warnings);
    arena_free(generation->arena);
    free(generation);
}

// False leaves a generation that can only be freed.
static bool load(const char *file, const struct generation *running, struct generation *generation,
                 struct fault_list *faults)
{
    if (!generation_load_parts(file, running ? running->modules : NULL, &generation->config,
                               &generation->modules, &generation->services, faults,
                               &generation->warnings))
        return false;
    struct config *config = generation->config;
    bool is_good = page_files_load(config->pages_dir, &generation->files, faults);
    const char **names = arena_alloc(generation->arena, CONFIG_RESTARTS * sizeof(*names));
    generation->need_restart = names;
    if (running &&
        !config_keep(config, running->config, names, &generation->need_restart_count, faults))
        is_good = false;
    return is_good;
}

bool generation_load(const char *file, const struct generation *running, struct generation **ret,
                     struct fault_list *faults)
{
    struct generation *generation = mem_alloc(sizeof(*generation));
    generation->holders = 1;
    generation->arena = arena_new();
    generation->warnings.arena = generation->arena;
    if (!load(file, running, generation, faults)) {
        generation_free(generation);
        return false;
    }
    const struct config *config = generation->config;
    generation->routes = route_index_new(config->routes, config->route_count);
    generation->seats =
        arena_alloc(generation->arena, config->service_count * sizeof(*generation->seats));
    generation->number = running ? running->number + 1 : 1;
    generation->loaded_at = clock_now_ms();
    list_modules(generation, running ? running->modules : NULL);
    *ret = generation;
    return true;
}

struct generation *generation_hold(struct generation *generation)
{
    atomic_fetch_add(&generation->holders, 1);
    return generation;
}

void generation_release(struct generation *generation)
{
    if (generation && atomic_fetch_sub(&generation->holders, 1) == 1)
        generation_free(generation);
}
