// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which names can stand in the replies to an operation, for those who write expressions on them.

#ifndef EDGE_SOAP_NAMES_H
#define EDGE_SOAP_NAMES_H

#include "edge/soap.h"

// Local names of all elements and attributes, those of the envelope and of declared faults among
// them. False when the WSDL lets anything stand there, or too much to look through.
bool soap_reply_names(const struct soap_operation *operation, struct arena *arena,
                      const char *const **ret, size_t *ret_count);

#endif
