// SPDX-License-Identifier: GPL-3.0-or-later
//
// A tree of values to YAML text as people write configurations. Knows the grammar, not which keys
// mean something. Part of the door to the YAML library.

#ifndef EDGE_CONFIG_YAML_WRITE_H
#define EDGE_CONFIG_YAML_WRITE_H

#include "core/json.h"

// Appends one document. Texts are in quotes unless every reader of YAML takes them for the same
// text; an object or a list of few short scalars stands on one line.
void node_write(struct buf *out, const struct json *tree);

#endif
