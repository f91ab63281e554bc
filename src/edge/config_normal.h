// SPDX-License-Identifier: GPL-3.0-or-later
//
// The keys of a source that say how its data elements are brought to normal form. Knows which zones
// and countries there are, not how a value is read.

#ifndef EDGE_CONFIG_NORMAL_H
#define EDGE_CONFIG_NORMAL_H

#include "edge/config_read.h"

config_read_fn config_read_zone;        // const struct zone *, for config_free_normal
config_read_fn config_read_country;     // const char *
config_read_fn config_read_policy;      // enum normal_policy
config_read_fn config_read_slash_dates; // enum normal_slash_dates
config_read_fn config_read_aliases;     // struct normal_rules

// Frees what the arena does not own: the zones.
void config_free_normal(struct config *config);

#endif
