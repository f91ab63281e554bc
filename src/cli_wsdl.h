// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the `switchhook wsdl` commands share: the library of modules that a configuration names, and
// the services that use them.

#ifndef CLI_WSDL_H
#define CLI_WSDL_H

#include "cli_args.h"

#include "edge/config_outline.h"
#include "flow/wsdl_library.h"

// Each takes the arguments after its own name and returns the exit status.
int cli_wsdl_add(int argc, char **argv);
int cli_wsdl_list(int argc, char **argv);
int cli_wsdl_show(int argc, char **argv);
int cli_wsdl_diff(int argc, char **argv);
int cli_wsdl_remove(int argc, char **argv);
int cli_wsdl_scaffold(int argc, char **argv);

struct cli_library {
    struct arena *arena; // for all of the command
    struct outline outline;
    struct library library;
};

// $SWITCHHOOK_CONFIG, ./switchhook.yaml or /etc/switchhook/switchhook.yaml; NULL: none is there.
const char *cli_find_config(void);
// `config` and `modules` as given, NULL when not: then cli_find_config. False after telling what is
// wrong; to be closed in any case.
bool cli_library_open(const char *config, const char *modules, struct cli_library *ret) MUST_CHECK;
void cli_library_close(struct cli_library *library);
// Takes the lock; tells that it waits. False after telling why not.
bool cli_library_lock(struct cli_library *library) MUST_CHECK;

// Has the running gateway take up what changed: `module` is loaded then, NULL: nothing is. Returns
// the exit status.
int cli_tell_gateway(const struct cli_library *library, const char *module, bool is_quiet);

void cli_print_json(const struct json *value);

// "switchhook: SENTENCE", and the exit status that the error means.
int cli_fail(const struct err *err);

#endif
