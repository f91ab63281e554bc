// SPDX-License-Identifier: GPL-3.0-or-later
//
// A WSDL with all that it imports, to be given out by somebody else than its service: imports point
// to where they are given out, and addresses too. Knows files and XML, not HTTP.

#ifndef EDGE_SOAP_WSDL_H
#define EDGE_SOAP_WSDL_H

#include "base/err.h"

struct soap_wsdl; // immutable; any thread

// Reads the file and what it imports by relative paths. What is not there, and what is at a URL,
// stays as it is. ERR_NOT_FOUND, ERR_INVALID, ERR_TOO_LARGE; the sentence names the file.
bool soap_wsdl_load(const char *path, struct soap_wsdl **ret, struct err *err) MUST_CHECK;
void soap_wsdl_free(struct soap_wsdl *wsdl); // NULL is fine
size_t soap_wsdl_count(const struct soap_wsdl *wsdl);

// The file of that index, 0 being the WSDL, in the arena. Imports become "URL?file=INDEX",
// addresses the URL.
struct str soap_wsdl_text(const struct soap_wsdl *wsdl, size_t index, const char *url,
                          struct arena *arena);

#endif
