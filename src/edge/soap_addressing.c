// SPDX-License-Identifier: GPL-3.0-or-later
//
// Headers of WS-Addressing 1.0 in an envelope that is about to be encoded. What the template wrote
// itself stays, and is not written twice; where it speaks an earlier version of WS-Addressing,
// nothing is added.

#include "edge/soap_addressing.h"
#include "edge/soap_document.h"

#define WSA_NS      "http://www.w3.org/2005/08/addressing"
#define WSA_2004_NS "http://schemas.xmlsoap.org/ws/2004/08/addressing"
#define WSA_ANYBODY "http://www.w3.org/2005/08/addressing/anonymous"
#define ENVELOPE_11 "http://schemas.xmlsoap.org/soap/envelope/"
#define ENVELOPE_12 "http://www.w3.org/2003/05/soap-envelope"

static void doc_cleanup(xmlDoc **doc)
{
    xmlFreeDoc(*doc);
}

static bool is_in(const xmlNode *node, const char *namespace)
{
    return node->ns && xmlStrEqual(node->ns->href, (const xmlChar *)namespace);
}

static xmlNode *child(xmlNode *parent, const char *namespace, const char *name)
{
    xmlNode *node = parent ? xmlFirstElementChild(parent) : NULL;
    while (node && !(is_in(node, namespace) && xmlStrEqual(node->name, (const xmlChar *)name)))
        node = xmlNextElementSibling(node);
    return node;
}

static bool speaks_2004(xmlNode *header)
{
    for (xmlNode *node = header ? xmlFirstElementChild(header) : NULL; node;
         node = xmlNextElementSibling(node)) {
        if (is_in(node, WSA_2004_NS))
            return true;
    }
    return false;
}

static xmlNode *new_block(const char *name, const char *text)
{
    xmlNode *block = xmlNewNode(NULL, (const xmlChar *)name);
    require(block != NULL);
    xmlSetNs(block, xmlNewNs(block, (const xmlChar *)WSA_NS, (const xmlChar *)"wsa"));
    if (text)
        xmlNodeAddContent(block, (const xmlChar *)text);
    return block;
}

// In front of what the template wrote.
static void add_blocks(xmlNode *header, const struct soap_addressing *addressing)
{
    const struct {
        const char *name, *text;
    } blocks[] = {{"ReplyTo", NULL},
                  {"MessageID", addressing->message_id},
                  {"To", addressing->to},
                  {"Action", addressing->action}};
    for (size_t i = 0; i < COUNT_OF(blocks); i++) {
        if (child(header, WSA_NS, blocks[i].name))
            continue;
        xmlNode *block = new_block(blocks[i].name, blocks[i].text);
        if (header->children)
            xmlAddPrevSibling(header->children, block);
        else
            xmlAddChild(header, block);
        if (strcmp(blocks[i].name, "Action") == 0)
            xmlNewNsProp(block, header->ns, (const xmlChar *)"mustUnderstand",
                         (const xmlChar *)"1");
        if (strcmp(blocks[i].name, "ReplyTo") == 0)
            xmlNewTextChild(block, block->ns, (const xmlChar *)"Address",
                            (const xmlChar *)WSA_ANYBODY);
    }
}

bool soap_address(struct soap_codec *codec, struct arena *arena, struct str envelope,
                  const struct soap_addressing *addressing, struct str *ret, struct err *err)
{
    __attribute__((cleanup(doc_cleanup))) xmlDoc *doc = NULL;
    if (!soap_document_parse(codec, envelope, false, &doc, err))
        return err_prefix(err, "the request cannot be read");
    xmlNode *root = xmlDocGetRootElement(doc);
    const char *namespace = is_in(root, ENVELOPE_12) ? ENVELOPE_12 : ENVELOPE_11;
    xmlNode *header = child(root, namespace, "Header"), *body = child(root, namespace, "Body");
    *ret = envelope;
    if (!body || speaks_2004(header)) // without a body it is no envelope, and soap_encode says so
        return true;
    if (!header) {
        header = xmlNewNode(root->ns, (const xmlChar *)"Header");
        require(header != NULL);
        xmlAddPrevSibling(body, header);
    }
    add_blocks(header, addressing);
    *ret = soap_document_text(doc, arena);
    return true;
}
