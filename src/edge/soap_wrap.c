// SPDX-License-Identifier: GPL-3.0-or-later

#include "edge/soap_wrap.h"
#include "edge/soap_document.h"

bool soap_wrap(struct soap_codec *codec, const struct soap_operation *operation,
               struct arena *arena, struct str text, struct str *ret, struct err *err)
{
    xmlDoc *doc = NULL;
    if (!soap_document_parse(codec, text, false, &doc, err))
        return false;
    xmlNode *content = xmlDocGetRootElement(doc);
    if (!soap_is_element(content, SOAP11_NS, "Envelope") &&
        !soap_is_element(content, SOAP12_NS, "Envelope")) {
        xmlNode *envelope = xmlNewDocNode(doc, NULL, (const xmlChar *)"Envelope", NULL);
        require(envelope != NULL);
        const char *namespace = soap_namespace(soap_operation_version(operation));
        xmlSetNs(envelope, xmlNewNs(envelope, (const xmlChar *)namespace, (const xmlChar *)"soap"));
        xmlNode *body = xmlNewChild(envelope, envelope->ns, (const xmlChar *)"Body", NULL);
        xmlDocSetRootElement(doc, envelope);
        xmlAddChild(body, content);
    }
    *ret = soap_document_text(doc, arena);
    xmlFreeDoc(doc);
    return true;
}
