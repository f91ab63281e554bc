// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads a Fault element of either SOAP version for people and for the outcome table; for soap.c.

#ifndef EDGE_SOAP_FAULT_H
#define EDGE_SOAP_FAULT_H

#include "edge/soap.h"
#include "edge/soap_module.h"

struct _xmlNode; // libxml2's

// Fills the reply from the element and from what the stub made of it; `decoded` is NULL when it
// could not read the fault. Strings are copied into the arena.
void soap_fault_read(struct arena *arena, const struct _xmlNode *fault,
                     const struct soap_module_fault *decoded, struct soap_reply *reply);

#endif
