// SPDX-License-Identifier: GPL-3.0-or-later
//
// The part of a source that says how its requests are signed. Knows what a secret must look like,
// not how a signature is checked.

#ifndef EDGE_CONFIG_SIGNATURE_H
#define EDGE_CONFIG_SIGNATURE_H

#include "edge/config_read.h"

config_read_fn config_read_signatures; // struct config_source: one mapping, or a list of them

#endif
