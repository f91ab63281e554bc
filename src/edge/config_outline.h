// SPDX-License-Identifier: GPL-3.0-or-later
//
// What commands about WSDLs need of a configuration, whatever else is wrong in it: a secret that
// only the gateway has, or a service whose module is about to be made, must not keep them from
// working. Reads the same file as config.h, without its checks and defaults beyond these.

#ifndef EDGE_CONFIG_OUTLINE_H
#define EDGE_CONFIG_OUTLINE_H

#include "edge/config.h"

struct outline_use { // a service that calls an operation
    const char *service, *wsdl, *operation;
    struct config_place place; // of the operation
};

struct outline {
    const char *file;        // NULL: there is no configuration
    const char *modules_dir; // relative to the working directory
    const char *store_path;  // NULL: not said
    const struct outline_use *uses;
    size_t use_count;
};

// ERR_NOT_FOUND, or ERR_INVALID when it is no YAML; the sentence names file and place.
bool config_outline(struct arena *arena, const char *file, struct outline *ret,
                    struct err *err) MUST_CHECK;

#endif
