// SPDX-License-Identifier: GPL-3.0-or-later
//
// Loading in the order in which one needs the other, and letting go. Nothing here is changed once
// it is loaded, so all that threads share of it is the number of its holders.

#include "flow/generation.h"

#include "base/clock.h"
#include "edge/soap_module.h"

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
    int64_t written_at;
    for (size_t i = 0; modules && i < soap_modules_count(modules); i++) {
        if (strcmp(soap_modules_name(modules, i), name) == 0)
            return soap_modules_loaded(modules, i, &written_at);
    }
    return NULL;
}

static struct generation_module describe(const struct soap_modules *modules, size_t index,
                                         const struct soap_modules *before)
{
    const struct soap_module *facts = soap_modules_facts(modules, index);
    struct generation_module module = {
        .name = facts->name, .digest = facts->digest, .engine = facts->engine};
    const struct module *loaded = soap_modules_loaded(modules, index, &module.written_at);
    const struct module *known = find_loaded(before, facts->name);
    module.change = !known ? CHANGE_NEW : known == loaded ? CHANGE_KEPT : CHANGE_CHANGED;
    return module;
}

static void list_modules(struct generation *generation, const struct soap_modules *before)
{
    size_t now_count = soap_modules_count(generation->modules);
    size_t before_count = before ? soap_modules_count(before) : 0;
    struct generation_module *list =
        arena_alloc(generation->arena, (now_count + before_count) * sizeof(*list));
    size_t count = 0;
    for (size_t i = 0; i < now_count; i++)
        list[count++] = describe(generation->modules, i, before);
    for (size_t i = 0; i < before_count; i++) {
        const char *name = soap_modules_name(before, i);
        if (!find_loaded(generation->modules, name))
            list[count++] =
                (struct generation_module){.name = arena_strdup(generation->arena, name),
                                           .digest = "",
                                           .engine = "",
                                           .change = CHANGE_REMOVED};
    }
    generation->module_list = list;
    generation->module_count = count;
}

// --- life ---

static _Atomic size_t alive;

void generation_free(struct generation *generation)
{
    atomic_fetch_sub(&alive, 1);
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
    if (atomic_load(&alive) >= GENERATIONS_MAX) {
        fault_add(faults, file, 0, 0,
                  "%d generations are in use by deliveries under way: reload when some have ended",
                  GENERATIONS_MAX);
        return false;
    }
    struct generation *generation = mem_alloc(sizeof(*generation));
    atomic_fetch_add(&alive, 1);
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
    if (!generation || atomic_fetch_sub(&generation->holders, 1) != 1)
        return;
    if (generation->retire)
        generation->retire(generation->retire_context, generation);
    else
        generation_free(generation);
}
