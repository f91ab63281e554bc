// SPDX-License-Identifier: GPL-3.0-or-later
//
// Binary values that travel beside the envelope (MTOM, XOP 1.0) and replies with attachments; for
// the files of edge/soap.

#ifndef EDGE_SOAP_ATTACHMENT_H
#define EDGE_SOAP_ATTACHMENT_H

#include "edge/soap_document.h"

// The envelope of a multipart message: the first part that is XML, or the first.
bool soap_attachment_root(struct arena *arena, struct str text, struct str *ret,
                          struct err *err) MUST_CHECK;
// Puts the parts that xop:Include elements of the document name back in place, as base64.
bool soap_attachment_inline(struct arena *arena, struct str text, xmlDoc *doc,
                            struct err *err) MUST_CHECK;

#endif
