// SPDX-License-Identifier: GPL-3.0-or-later
//
// `switchhook check FILE`: everything that `run` would refuse to start with, told at once, and then
// what it would take and find out too late: requests that no event can make. Opens no store and no
// socket.

#include "cli_args.h"
#include "cli_load.h"

#include "flow/prove.h"

#include <stdio.h>

static const char help[] =
    "usage: switchhook check FILE [--no-samples]\n"
    "\n"
    "Tells every mistake in the configuration FILE, its templates and modules. Then each service\n"
    "makes its request of a sample event of each trigger that its routes can carry: one that a\n"
    "usual event cannot make is a mistake, one that a sparse event cannot make is a warning.\n"
    "\n"
    "  --no-samples  leave out the samples\n";

static bool prove(const struct loaded *loaded, size_t *ret_tried)
{
    AUTO_ARENA struct arena *arena = arena_new();
    struct fault_list faults = {.arena = arena}, warnings = {.arena = arena};
    struct proof proof = {.faults = &faults, .warnings = &warnings};
    bool is_good = prove_services(loaded->config, loaded->services, &proof);
    faults_print(&faults, "");
    faults_print(&warnings, "warning: ");
    fault_list_finish(&faults);
    fault_list_finish(&warnings);
    *ret_tried = proof.tried;
    return is_good;
}

int cli_check(int argc, char **argv)
{
    const char *file;
    bool has_no_samples = false;
    const struct cli_option options[] = {{"--no-samples", NULL, &has_no_samples}};
    const struct cli_line line = {help, options, COUNT_OF(options), &file, 1};
    int status;
    if (!cli_line_read(&line, argc, argv, &status))
        return status;
    struct loaded loaded;
    if (!loaded_load(file, &loaded))
        return CLI_USAGE;
    size_t tried = 0;
    bool is_good = has_no_samples || prove(&loaded, &tried);
    if (is_good)
        printf("%s: OK: %zu sources, %zu services, %zu routes, %zu WSDL modules, %zu samples\n",
               file, loaded.config->source_count, loaded.config->service_count,
               loaded.config->route_count, soap_modules_count(loaded.modules), tried);
    loaded_finish(&loaded);
    return is_good ? CLI_OK : CLI_USAGE;
}
