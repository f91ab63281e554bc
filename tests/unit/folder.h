// SPDX-License-Identifier: GPL-3.0-or-later
//
// A configuration with its templates in a folder of its own, loaded as the gateway does, with the
// modules of the build. What could not be loaded fails the test with every fault.

#ifndef TESTS_FOLDER_H
#define TESTS_FOLDER_H

#include "edge/service.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <unistd.h>

enum { FOLDER_FILES_MAX = 16 };

struct folder {
    char path[64];
    struct arena *arena;
    const char *files[FOLDER_FILES_MAX];
    size_t file_count;
    struct fault_list faults;
    struct config *config;
    struct soap_modules *modules;
    struct services *services;
};

static void folder_write(struct folder *folder, const char *name, const char *text)
{
    const char *path = arena_printf(folder->arena, "%s/%s", folder->path, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_true(folder->file_count < FOLDER_FILES_MAX);
    folder->files[folder->file_count++] = path;
}

static void folder_open(struct folder *folder)
{
    *folder = (struct folder){.path = "/tmp/switchhook-folder-XXXXXX", .arena = arena_new()};
    folder->faults.arena = folder->arena;
    assert_non_null(mkdtemp(folder->path));
}

// `text`: all but store, modules and templates.
static void folder_load(struct folder *folder, const char *text)
{
    const char *file = arena_printf(folder->arena, "%s/switchhook.yaml", folder->path);
    folder_write(folder, "switchhook.yaml",
                 arena_printf(folder->arena, "store: s.db\nmodules: %s\ntemplates: .\n%s",
                              getenv("SWITCHHOOK_MODULES"), text));
    if (config_load(file, &folder->config, &folder->faults) &&
        soap_modules_load(folder->config->modules_dir, &folder->modules, &folder->faults) &&
        services_load(folder->config, folder->modules, &folder->services, &folder->faults))
        return;
    for (size_t i = 0; i < folder->faults.count; i++)
        print_error("%s:%d: %s\n", folder->faults.items[i].file, folder->faults.items[i].line,
                    folder->faults.items[i].text);
    fail();
}

static void folder_close(struct folder *folder)
{
    services_free(folder->services);
    soap_modules_free(folder->modules);
    config_free(folder->config);
    for (size_t i = 0; i < folder->file_count; i++)
        unlink(folder->files[i]);
    assert_int_equal(rmdir(folder->path), 0);
    fault_list_finish(&folder->faults);
    arena_free(folder->arena);
}

#endif
