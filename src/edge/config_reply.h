// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a service says of the replies it gets; for config_service.c.

#ifndef EDGE_CONFIG_REPLY_H
#define EDGE_CONFIG_REPLY_H

#include "edge/config_read.h"

// Each into a struct config_service.
config_read_fn config_read_outcomes;
config_read_fn config_read_success;
config_read_fn config_read_captures;
config_read_fn config_read_namespaces;

#endif
