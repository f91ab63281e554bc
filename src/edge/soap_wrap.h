// SPDX-License-Identifier: GPL-3.0-or-later
//
// An envelope around what a person has: the element of the body, or an envelope already.

#ifndef EDGE_SOAP_WRAP_H
#define EDGE_SOAP_WRAP_H

#include "edge/soap.h"

// Well-formed XML as an envelope of the operation's SOAP version. An Envelope of either version
// stays what it is. Document types are refused. In the arena.
bool soap_wrap(struct soap_codec *codec, const struct soap_operation *operation,
               struct arena *arena, struct str text, struct str *ret, struct err *err) MUST_CHECK;

#endif
