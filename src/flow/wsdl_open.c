// SPDX-License-Identifier: GPL-3.0-or-later
//
// A version's folder has one module; one from elsewhere lies among others.

#include "flow/wsdl_open.h"

bool wsdl_open(const struct library_version *version, struct opened *ret, struct err *err)
{
    AUTO_ARENA struct arena *arena = arena_new();
    struct fault_list faults = {.arena = arena};
    struct opened opened = {0};
    const char *slash = strrchr(version->module, '/');
    const char *folder =
        arena_copy(arena, (struct str){version->module, (size_t)(slash - version->module)}).data;
    bool is_good = soap_modules_load(folder, &opened.modules, &faults);
    for (size_t i = 0; i < soap_modules_count(opened.modules); i++) {
        if (strcmp(soap_modules_name(opened.modules, i), version->name) == 0)
            opened.facts = soap_modules_facts(opened.modules, i);
    }
    if (!opened.facts)
        err_set(err, ERR_INVALID, "%s",
                is_good ? "the module has another name than its file" : faults.items[0].text);
    fault_list_finish(&faults);
    if (!opened.facts) {
        soap_modules_free(opened.modules);
        return false;
    }
    *ret = opened;
    return true;
}

void wsdl_close(struct opened *opened)
{
    soap_modules_free(opened->modules);
    *opened = (struct opened){0};
}
