// SPDX-License-Identifier: GPL-3.0-or-later
//
// A generation: the configuration and all it names (modules, services, routes, page templates),
// loaded at one moment and immutable from then on. The running one is replaced whole; who works by
// it holds it, and the last to let go frees it, its modules too. Knows what is loaded, nothing of
// who uses it.

#ifndef FLOW_GENERATION_H
#define FLOW_GENERATION_H

#include "core/route_index.h"
#include "edge/service.h"
#include "flow/page_files.h"

#include <stdatomic.h>

// What became of a module or a service, compared with the generation before.
enum generation_change { CHANGE_KEPT, CHANGE_NEW, CHANGE_CHANGED, CHANGE_REMOVED };

struct generation_module {
    const char *name, *digest, *engine; // see edge/soap_module.h; "" when removed
    int64_t written_at;                 // its file, Unix ms
    enum generation_change change;
};

struct generation {
    _Atomic size_t holders;
    // Takes it over when nobody holds it any more, on whichever thread that is, as to free a large
    // one takes milliseconds. NULL: it is freed at once.
    void (*retire)(void *context, struct generation *generation);
    void *retire_context;
    struct generation *next; // of who takes it over
    struct arena *arena;
    struct config *config;
    struct soap_modules *modules;
    struct services *services;
    struct route_index *routes;
    struct page_files *files;
    size_t *seats;     // of each service; filled before anybody else holds it
    int64_t number;    // from 1, since the process started
    int64_t loaded_at; // Unix ms
    const struct generation_module *module_list; // also those that were removed
    size_t module_count;
    const char *const *need_restart; // names of settings whose old values are kept
    size_t need_restart_count;
    struct fault_list warnings; // modules that no service needs and that cannot be used
};

// What `check` and `run` load alike. All or, with faults, nothing; `warnings` as in a generation.
bool generation_load_parts(const char *file, const struct soap_modules *running,
                           struct config **ret_config, struct soap_modules **ret_modules,
                           struct services **ret_services, struct fault_list *faults,
                           struct fault_list *warnings) MUST_CHECK;

// `running` is the generation to be replaced; NULL: the first. What cannot change while the process
// runs is taken from it. The caller holds the new one. A fault, too, when so many are held already
// by deliveries under way: each keeps its memory.
enum { GENERATIONS_MAX = 32 };
bool generation_load(const char *file, const struct generation *running, struct generation **ret,
                     struct fault_list *faults) MUST_CHECK;

struct generation *generation_hold(struct generation *generation); // any thread
void generation_release(struct generation *generation);            // any thread; NULL is fine
void generation_free(struct generation *generation);               // that nobody holds

#endif
