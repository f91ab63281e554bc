// SPDX-License-Identifier: GPL-3.0-or-later
//
// The part of the configuration under `maps`: tables that the filter `map` looks values up in.
// Knows no data element and no service.

#ifndef EDGE_CONFIG_MAP_H
#define EDGE_CONFIG_MAP_H

#include "edge/config_read.h"

// Reads the maps, if any, into the configuration.
void config_read_maps(struct config_reader *reader, const struct node *maps, struct config *config);

#endif
