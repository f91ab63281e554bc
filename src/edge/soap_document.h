// SPDX-License-Identifier: GPL-3.0-or-later
//
// Documents and envelopes as libxml2 reads them, for the files of edge/soap.

#ifndef EDGE_SOAP_DOCUMENT_H
#define EDGE_SOAP_DOCUMENT_H

#include "edge/soap.h"

#include <libxml/tree.h>

#define SOAP11_NS "http://schemas.xmlsoap.org/soap/envelope/"
#define SOAP12_NS "http://www.w3.org/2003/05/soap-envelope"
#define XSI_NS    "http://www.w3.org/2001/XMLSchema-instance"

struct soap_envelope {
    xmlDoc *doc;
    int version; // 11 or 12
    xmlNode *root;
    xmlNode *header; // NULL when there is none
    xmlNode *body;
    bool is_mended; // the tree is not what the text says
};

void soap_envelope_close(struct soap_envelope *envelope);
#define AUTO_ENVELOPE __attribute__((cleanup(soap_envelope_close)))

// Without document types unless they may be there; nothing outside the text is ever fetched.
bool soap_document_parse(struct soap_codec *codec, struct str text, bool may_have_doctype,
                         xmlDoc **ret, struct err *err) MUST_CHECK;
bool soap_envelope_parse(struct soap_codec *codec, struct str text, struct soap_envelope *ret,
                         struct err *err) MUST_CHECK;
// The whole document in UTF-8.
struct str soap_document_text(xmlDoc *doc, struct arena *arena);

const char *soap_namespace(int version);
bool soap_is_element(const xmlNode *node, const char *namespace, const char *name);
bool soap_is_same_name(const xmlNode *a, const xmlNode *b);

#endif
