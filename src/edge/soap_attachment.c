// SPDX-License-Identifier: GPL-3.0-or-later
//
// XOP both ways. What is sent: every value of type xs:base64Binary goes into a part of its own.
// What is received: parts go back to where the envelope names them, so that nobody behind this file
// has to know.

#include "edge/soap_attachment.h"
#include "base/base64.h"
#include "edge/multipart.h"
#include "edge/soap_json_find.h"
#include "edge/soap_shape.h"

#include <libxml/uri.h>

#define XOP_NS  "http://www.w3.org/2004/08/xop/include"
#define MIME_NS "http://www.w3.org/2005/05/xmlmime"

enum {
    MAX_PARTS = 1000,
    MAX_INLINE_BYTES = 64 * 1024 * 1024, // one part may be named many times
};

// --- what is received ---

static bool is_xml(const struct multipart_part *part)
{
    static const char *const types[] = {"application/xop+xml", "text/xml", "application/soap+xml",
                                        "application/xml"};
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        struct str type = str_from(types[i]);
        if (part->media_type.len >= type.len &&
            str_eq_nocase((struct str){part->media_type.data, type.len}, type))
            return true;
    }
    return false;
}

bool soap_attachment_root(struct arena *arena, struct str text, struct str *ret, struct err *err)
{
    struct multipart_part *parts;
    size_t count;
    if (!multipart_read(arena, text, &parts, &count, err))
        return false;
    size_t root = 0;
    for (size_t i = count; i-- > 0;)
        root = is_xml(&parts[i]) ? i : root;
    *ret = parts[root].content;
    return true;
}

struct inlining {
    const struct multipart_part *parts;
    size_t count, bytes;
    struct arena *arena;
    struct err *err;
};

static const struct multipart_part *find_part(const struct inlining *inlining, const char *href)
{
    if (strncmp(href, "cid:", 4) != 0)
        return NULL;
    char *id = arena_strdup(inlining->arena, href + 4);
    xmlURIUnescapeString(href + 4, 0, id);
    for (size_t i = 0; i < inlining->count; i++) {
        if (str_eq(inlining->parts[i].id, str_from(id)))
            return &inlining->parts[i];
    }
    return NULL;
}

static bool inline_one(struct inlining *inlining, xmlNode *include)
{
    xmlChar *href = xmlGetNoNsProp(include, (const xmlChar *)"href");
    const struct multipart_part *part = find_part(inlining, href ? (const char *)href : "");
    if (!part)
        err_set(inlining->err, ERR_INVALID, "%s: there is no part %.100s",
                (const char *)include->parent->name, href ? (const char *)href : "");
    xmlFree(href);
    if (!part)
        return false;
    inlining->bytes += part->content.len;
    if (inlining->bytes > MAX_INLINE_BYTES)
        return err_set(inlining->err, ERR_TOO_LARGE, "its parts pass %d bytes where they are named",
                       MAX_INLINE_BYTES);
    struct str coded = base64_encode(inlining->arena, part->content);
    xmlNode *text = xmlNewDocTextLen(include->doc, (const xmlChar *)coded.data, (int)coded.len);
    xmlFreeNode(xmlReplaceNode(include, text));
    return true;
}

static bool inline_all(struct inlining *inlining, xmlNode *element)
{
    for (xmlNode *child = xmlFirstElementChild(element), *next; child; child = next) {
        next = xmlNextElementSibling(child);
        bool is_done = soap_is_element(child, XOP_NS, "Include") ? inline_one(inlining, child)
                                                                 : inline_all(inlining, child);
        if (!is_done)
            return false;
    }
    return true;
}

bool soap_attachment_inline(struct arena *arena, struct str text, xmlDoc *doc, struct err *err)
{
    struct inlining inlining = {.arena = arena, .err = err};
    struct multipart_part *parts;
    if (!multipart_read(arena, text, &parts, &inlining.count, err))
        return false;
    inlining.parts = parts;
    return inline_all(&inlining, xmlDocGetRootElement(doc));
}

// --- what is sent ---

struct packing {
    const struct soap_operation *operation;
    struct arena *arena;
    struct multipart_part *parts; // the envelope is the first
    size_t count, steps;
};

static const char *media_type(struct packing *packing, const xmlNode *node)
{
    xmlChar *value =
        xmlGetNsProp((xmlNode *)node, (const xmlChar *)"contentType", (const xmlChar *)MIME_NS);
    bool is_plain = value && !strpbrk((const char *)value, "\r\n");
    const char *type =
        is_plain ? arena_strdup(packing->arena, (const char *)value) : "application/octet-stream";
    xmlFree(value);
    return type;
}

// A value that is no base64 stays where it is; it cannot have passed the check.
static void pack_value(struct packing *packing, xmlNode *node)
{
    AUTO_BUF struct buf plain;
    buf_init(&plain, SIZE_MAX / 4);
    xmlChar *text = xmlNodeGetContent(node);
    for (const xmlChar *c = text; c && *c; c++) {
        if (!strchr(" \t\r\n", *c))
            buf_add_char(&plain, (char)*c);
    }
    xmlFree(text);
    struct str content;
    if (plain.len == 0 || packing->count == MAX_PARTS ||
        !base64_decode(packing->arena, buf_str(&plain), &content))
        return;
    const char *id = arena_printf(packing->arena, "%zu@switchhook", packing->count);
    packing->parts[packing->count++] =
        (struct multipart_part){str_from(id), str_from(media_type(packing, node)), content};
    xmlNodeSetContent(node, NULL);
    xmlNode *include = xmlNewChild(node, NULL, (const xmlChar *)"Include", NULL);
    xmlSetNs(include, xmlNewNs(include, (const xmlChar *)XOP_NS, (const xmlChar *)"xop"));
    xmlNewProp(include, (const xmlChar *)"href",
               (const xmlChar *)arena_printf(packing->arena, "cid:%s", id));
}

static const struct shape_type *actual_type(struct packing *packing, xmlNode *node,
                                            const struct shape_type *declared)
{
    xmlChar *text = xmlGetNsProp(node, (const xmlChar *)"type", (const xmlChar *)XSI_NS);
    if (!text)
        return declared;
    xmlChar *prefix = NULL;
    xmlChar *local = xmlSplitQName2(text, &prefix);
    const xmlNs *ns = xmlSearchNs(node->doc, node, prefix);
    const struct shape_type *type = soap_shape_type(
        packing->operation, ns ? (const char *)ns->href : "", (const char *)(local ? local : text));
    xmlFree(prefix);
    xmlFree(local);
    xmlFree(text);
    return type ? type : declared;
}

static void pack_element(struct packing *packing, xmlNode *node, const struct shape_type *declared)
{
    const struct shape_type *type = actual_type(packing, node, declared);
    if (type->text && type->text->primitive == SHAPE_BASE64_BINARY) {
        pack_value(packing, node);
        return;
    }
    for (xmlNode *child = xmlFirstElementChild(node); child; child = xmlNextElementSibling(child)) {
        const char *namespace = child->ns ? (const char *)child->ns->href : "";
        struct soap_json_search search = {0};
        if (type->content)
            search = soap_json_find(type->content, namespace, (const char *)child->name,
                                    &packing->steps);
        if (search.found || type->item)
            pack_element(packing, child, search.found ? search.found->type : type->item);
    }
}

static void pack_body(struct packing *packing, xmlNode *body)
{
    const struct shape_message *message = &soap_shape(packing->operation)->input;
    const struct shape_type *parts = soap_json_parts(packing->arena, message);
    const struct shape_type holder = {.content = parts->content};
    xmlNode *around = *message->wrapper.local ? xmlFirstElementChild(body) : body;
    if (around)
        pack_element(packing, around, &holder);
}

bool soap_pack(struct soap_codec *codec, const struct soap_operation *operation,
               struct arena *arena, const char *boundary, struct str wire, struct str *ret,
               struct err *err)
{
    AUTO_ENVELOPE struct soap_envelope envelope = {0};
    if (!soap_envelope_parse(codec, wire, &envelope, err))
        return false;
    struct packing packing = {.operation = operation, .arena = arena, .count = 1};
    packing.parts = arena_alloc(arena, MAX_PARTS * sizeof(*packing.parts));
    pack_body(&packing, envelope.body);
    const char *type = envelope.version == 12 ? "application/soap+xml" : "text/xml";
    packing.parts[0] = (struct multipart_part){
        STR("root@switchhook"),
        str_from(arena_printf(arena, "application/xop+xml; charset=utf-8; type=\"%s\"", type)),
        soap_document_text(envelope.doc, arena)};
    *ret = multipart_write(arena, boundary, packing.parts, packing.count);
    return true;
}

const char *soap_pack_type(const struct soap_operation *operation, struct arena *arena,
                           const char *boundary)
{
    const char *type =
        soap_operation_version(operation) == 12 ? "application/soap+xml" : "text/xml";
    return arena_printf(arena,
                        "multipart/related; type=\"application/xop+xml\"; boundary=\"%s\"; "
                        "start=\"<root@switchhook>\"; start-info=\"%s\"",
                        boundary, type);
}
