// SPDX-License-Identifier: GPL-3.0-or-later
//
// Loads configuration, modules and services for the commands. A module that cannot be used is a
// mistake only when a service needs it; it is told in any case.

#include "cli_load.h"

#include <stdio.h>

void faults_print(const struct fault_list *faults, const char *kind)
{
    for (size_t i = 0; i < faults->count; i++) {
        const struct fault *fault = &faults->items[i];
        if (fault->line)
            fprintf(stderr, "%s:%d:%d: %s%s\n", fault->file, fault->line, fault->column, kind,
                    fault->text);
        else
            fprintf(stderr, "%s: %s%s\n", fault->file, kind, fault->text);
    }
}

bool loaded_load(const char *file, struct loaded *ret)
{
    AUTO_ARENA struct arena *arena = arena_new();
    struct fault_list faults = {.arena = arena};
    struct loaded loaded = {0};
    bool good = config_load(file, &loaded.config, &faults);
    if (good) {
        bool all_modules = soap_modules_load(loaded.config->modules_dir, &loaded.modules, &faults);
        good = services_load(loaded.config, loaded.modules, &loaded.services, &faults);
        if (good && !all_modules)
            fprintf(stderr, "no service needs what follows, so it is left out:\n");
    }
    faults_print(&faults, "");
    fault_list_finish(&faults);
    if (!good) {
        loaded_finish(&loaded);
        return false;
    }
    *ret = loaded;
    return true;
}

void loaded_finish(struct loaded *loaded)
{
    services_free(loaded->services);
    soap_modules_free(loaded->modules);
    config_free(loaded->config);
    *loaded = (struct loaded){0};
}
