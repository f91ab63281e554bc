// SPDX-License-Identifier: GPL-3.0-or-later
//
// The part of the configuration under `surveys`. Knows what a definition may say and that names and
// ids may not repeat, not how answers are held against it: that is core/survey's.

#ifndef EDGE_CONFIG_SURVEY_H
#define EDGE_CONFIG_SURVEY_H

#include "edge/config_read.h"

// Reads reader->surveys, if any, into the configuration.
void config_read_surveys(struct config_reader *reader, struct config *config);
void config_free_surveys(struct config *config);

#endif
