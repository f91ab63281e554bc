// SPDX-License-Identifier: GPL-3.0-or-later
//
// What an operation says in the header fields of HTTP: SOAP 1.1 has its action in a field of its
// own, SOAP 1.2 in the media type (RFC 3902).

#ifndef EDGE_SOAP_HTTP_H
#define EDGE_SOAP_HTTP_H

#include "edge/soap.h"

enum { SOAP_HTTP_LINES = 2 };

// "Name: value", in the arena; *ret_count of them. `boundary` is that of soap_pack, NULL for an
// envelope that travels alone. ERR_INVALID when the action has a character that no header can hold.
bool soap_http_lines(const struct soap_operation *operation, struct arena *arena,
                     const char *boundary, const char *ret[SOAP_HTTP_LINES], size_t *ret_count,
                     struct err *err) MUST_CHECK;

#endif
