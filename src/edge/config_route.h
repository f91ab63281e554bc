// SPDX-License-Identifier: GPL-3.0-or-later
//
// The part of the configuration under `routes`: names of sources, triggers and services become
// indexes, conditions are compiled. Knows no data element by name.

#ifndef EDGE_CONFIG_ROUTE_H
#define EDGE_CONFIG_ROUTE_H

#include "edge/config_read.h"

// Reads a list of routes into the configuration. Names refer to reader->sources and ->services.
void config_read_routes(struct config_reader *reader, const struct node *routes,
                        struct config *config);
// Frees what the arena does not own: the patterns.
void config_free_routes(struct config *config);

#endif
