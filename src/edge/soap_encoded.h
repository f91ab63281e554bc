// SPDX-License-Identifier: GPL-3.0-or-later
//
// SOAP encoding (SOAP 1.1, 5; SOAP 1.2 part 2, 3): says the type of every value, as its receivers
// expect; for soap.c.

#ifndef EDGE_SOAP_ENCODED_H
#define EDGE_SOAP_ENCODED_H

#include "edge/soap_document.h"

// Gives the values in the request's body the xsi:type, and arrays the item type and size, that they
// do not have, by the WSDL's types. False with the way to a value that is none of its type.
// *ret_is_proven: the stub need not be asked: all values fit or are nil, which SOAP encoding allows
// for every one, and none is missing.
bool soap_encoded_dress(const struct soap_operation *operation, struct soap_envelope *request,
                        bool *ret_is_proven, struct err *err) MUST_CHECK;

#endif
