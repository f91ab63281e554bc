// SPDX-License-Identifier: GPL-3.0-or-later
//
// A WSDL for people: its operations, and one operation's messages as trees. A type is written out
// where it is met first; from then on, and where it holds itself, it is named with a mark, so that
// a tree ends and is no longer than its types. Writes no terminal; the text is made of the JSON.

#ifndef FLOW_WSDL_SHOW_H
#define FLOW_WSDL_SHOW_H

#include "edge/soap_module.h"
#include "edge/soap_shape.h"
#include "flow/wsdl_open.h"

// Of the version as a whole.
struct json *show_module(struct arena *arena, const struct library_version *version,
                         const struct opened *opened);
// Of one operation of one port.
struct json *show_operation(struct arena *arena, const struct soap_module_operation *facts,
                            const struct soap_operation *operation);

void show_module_text(struct buf *out, const struct json *module);
void show_operation_text(struct buf *out, const struct json *operation);

#endif
