// SPDX-License-Identifier: GPL-3.0-or-later
//
// `switchhook check FILE`: everything that `run` would refuse to start with, told at once. Opens no
// store and no socket.

#include "cli.h"
#include "cli_load.h"

#include <stdio.h>

int cli_check(int argc, char **argv)
{
    if (argc != 1) {
        fprintf(stderr, "usage: switchhook check FILE\n");
        return CLI_USAGE;
    }
    struct loaded loaded;
    if (!loaded_load(argv[0], &loaded))
        return CLI_USAGE;
    printf("%s: OK: %zu sources, %zu services, %zu routes, %zu WSDL modules\n", argv[0],
           loaded.config->source_count, loaded.config->service_count, loaded.config->route_count,
           soap_modules_count(loaded.modules));
    loaded_finish(&loaded);
    return CLI_OK;
}
