// SPDX-License-Identifier: GPL-3.0-or-later
//
// Loads configuration, modules and services for the commands. A module that cannot be used is a
// mistake only when a service needs it; it is told in any case.

#include "cli_load.h"

#include "flow/generation.h"

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

void warnings_print(const struct fault_list *warnings)
{
    if (warnings->count)
        fprintf(stderr, "no service needs what follows, so it is left out:\n");
    faults_print(warnings, "");
}

bool loaded_load(const char *file, struct loaded *ret)
{
    AUTO_ARENA struct arena *arena = arena_new();
    struct fault_list faults = {.arena = arena}, warnings = {.arena = arena};
    bool is_good = generation_load_parts(file, NULL, &ret->config, &ret->modules, &ret->services,
                                         &faults, &warnings);
    faults_print(&faults, "");
    warnings_print(&warnings);
    fault_list_finish(&faults);
    fault_list_finish(&warnings);
    return is_good;
}

void loaded_finish(struct loaded *loaded)
{
    services_free(loaded->services);
    soap_modules_free(loaded->modules);
    config_free(loaded->config);
    *loaded = (struct loaded){0};
}
