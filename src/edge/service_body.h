// SPDX-License-Identifier: GPL-3.0-or-later
//
// From a rendered body to the one that is sent: looked at as what it has to be, and freed of marks
// for missing values. For service.c only.

#ifndef EDGE_SERVICE_BODY_H
#define EDGE_SERVICE_BODY_H

#include "edge/service_load.h"
#include "edge/soap_addressing.h"

// `text` is a copy in the arena and may be changed. An envelope that is not sent, only shown, is
// not held against the WSDL's types. addressing: NULL for none.
bool body_finish(const struct service *service, struct soap_codec *codec, bool is_sent,
                 const struct soap_addressing *addressing, struct arena *arena, struct str text,
                 struct str *ret, struct err *err) MUST_CHECK;
// The same for an envelope that no template made.
bool body_envelope(const struct service *service, struct soap_codec *codec,
                   const struct soap_addressing *addressing, struct arena *arena, struct str text,
                   struct str *ret, struct err *err) MUST_CHECK;

#endif
