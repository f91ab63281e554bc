// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the commands share: the configuration with its modules and compiled services, loaded
// in that order, and every mistake in them told at once.

#ifndef CLI_LOAD_H
#define CLI_LOAD_H

#include "edge/service.h"

struct loaded {
    struct config *config;
    struct soap_modules *modules;
    struct services *services;
};

// Prints "FILE:LINE:COLUMN: sentence" for each mistake to standard error. False: *ret is untouched.
bool loaded_load(const char *file, struct loaded *ret) MUST_CHECK;
void loaded_finish(struct loaded *loaded);

// `kind` stands before each sentence: "" or "warning: ".
void faults_print(const struct fault_list *faults, const char *kind);
// Of modules that no service needs.
void warnings_print(const struct fault_list *warnings);

#endif
