// SPDX-License-Identifier: GPL-3.0-or-later
//
// A request as a service gets it: which operation of a module it is for.

#ifndef EDGE_SOAP_REQUEST_H
#define EDGE_SOAP_REQUEST_H

#include "edge/soap.h"

struct soap_request {
    int version;                   // 11 or 12
    const char *namespace, *local; // of the body's first element; local "": the Body is empty
};

// The envelope of a request's body, with the parts of a multipart one (MTOM) in place.
bool soap_request_envelope(struct soap_codec *codec, struct arena *arena, struct str body,
                           struct str *ret, struct err *err) MUST_CHECK;

// ERR_INVALID when it is no envelope.
bool soap_request_read(struct soap_codec *codec, struct arena *arena, struct str text,
                       struct soap_request *ret, struct err *err) MUST_CHECK;

// By the body's element, and of several that take it, by the action ("" for none); an empty body by
// the action alone. ERR_NOT_FOUND says what there is, ERR_CONFLICT that it is of the other version.
bool soap_request_find(const struct soap_modules *modules, const char *module,
                       const struct soap_request *request, const char *action,
                       const struct soap_operation **ret, struct err *err) MUST_CHECK;

#endif
