// SPDX-License-Identifier: GPL-3.0-or-later
//
// Documents as libxml2 reads them, for the files of edge/soap.

#ifndef EDGE_SOAP_DOCUMENT_H
#define EDGE_SOAP_DOCUMENT_H

#include "edge/soap.h"

#include <libxml/tree.h>

// Without document types unless they may be there; nothing outside the text is ever fetched.
bool soap_document_parse(struct soap_codec *codec, struct str text, bool may_have_doctype,
                         xmlDoc **ret, struct err *err) MUST_CHECK;

#endif
