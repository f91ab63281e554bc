// SPDX-License-Identifier: GPL-3.0-or-later
//
// The part of the configuration under `services`. Knows what a service may say of itself, not
// whether its template or its operation exists: that is services_load's.

#ifndef EDGE_CONFIG_SERVICE_H
#define EDGE_CONFIG_SERVICE_H

#include "edge/config_read.h"

// Reads reader->services, if any, into the configuration.
void config_read_services(struct config_reader *reader, struct config *config);

#endif
