// SPDX-License-Identifier: GPL-3.0-or-later
//
// Headers of WS-Addressing 1.0 (SOAP binding): Action, which must be understood, To, MessageID and
// an anonymous ReplyTo.

#ifndef EDGE_SOAP_ADDRESSING_H
#define EDGE_SOAP_ADDRESSING_H

#include "edge/soap.h"

struct soap_addressing {
    const char *action, *to;
    const char *message_id; // an absolute URI, the same in each attempt
};

// The rendered envelope with the headers that it does not have; to be encoded then. ERR_INVALID
// when it is no XML.
bool soap_address(struct soap_codec *codec, struct arena *arena, struct str envelope,
                  const struct soap_addressing *addressing, struct str *ret,
                  struct err *err) MUST_CHECK;

#endif
