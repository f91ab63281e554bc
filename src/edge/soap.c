// SPDX-License-Identifier: GPL-3.0-or-later
//
// Encoding and decoding. libxml2 reads every document first: it refuses document types,
// checks requests against the WSDL's own schemas (gSOAP's C types know no patterns or choices and
// drop unknown attributes) and reads faults for people. The module's stub then decides and writes.
// What C types cannot hold (an optional element that is nil, header blocks the WSDL does not
// declare, attributes where anything may stand) is put back into the wire afterwards, so nothing of
// a template is lost silently.

#include "edge/soap_document.h"
#include "edge/soap_fault.h"
#include "edge/soap_modules.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/xmlschemas.h>
#include <stdio.h>

#define SOAP11_NS "http://schemas.xmlsoap.org/soap/envelope/"
#define SOAP12_NS "http://www.w3.org/2003/05/soap-envelope"
#define XSI_NS    "http://www.w3.org/2001/XMLSchema-instance"

enum {
    MAX_DOCUMENT_BYTES = 16 * 1024 * 1024,
    MAX_NAMES_BYTES = 256 * 1024, // a parser keeps every name it ever saw
    PARSE_OPTIONS = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_COMPACT,
};

// --- codecs ---

struct engine {
    const struct module *module;
    struct soap_context *context;
    xmlSchemaValidCtxt *checker; // NULL when the module has no schema
};

struct soap_codec {
    xmlParserCtxt *parser;
    bool may_have_doctype, has_doctype; // of the document that was read last
    char doctype[40];
    struct engine *engines;
    size_t count;
};

static void refuse_doctype(void *context, const xmlChar *name, const xmlChar *public_id,
                           const xmlChar *system_id)
{
    xmlParserCtxt *parser = context;
    struct soap_codec *codec = parser->_private;
    if (codec->may_have_doctype) {
        xmlSAX2InternalSubset(context, name, public_id, system_id);
        return;
    }
    codec->has_doctype = true;
    snprintf(codec->doctype, sizeof(codec->doctype), "%s", (const char *)name);
    xmlStopParser(parser);
}

static void codec_renew_parser(struct soap_codec *codec)
{
    xmlFreeParserCtxt(codec->parser);
    codec->parser = xmlNewParserCtxt();
    require(codec->parser != NULL);
    codec->parser->_private = codec;
    codec->parser->sax->internalSubset = refuse_doctype;
}

struct soap_codec *soap_codec_new(void)
{
    struct soap_codec *codec = mem_alloc(sizeof(*codec));
    codec_renew_parser(codec);
    return codec;
}

void soap_codec_free(struct soap_codec *codec)
{
    if (!codec)
        return;
    for (size_t i = 0; i < codec->count; i++) {
        xmlSchemaFreeValidCtxt(codec->engines[i].checker);
        codec->engines[i].module->table->context_free(codec->engines[i].context);
    }
    free(codec->engines);
    xmlFreeParserCtxt(codec->parser);
    free(codec);
}

static struct engine *codec_engine(struct soap_codec *codec, const struct module *module)
{
    for (size_t i = 0; i < codec->count; i++) {
        if (codec->engines[i].module == module)
            return &codec->engines[i];
    }
    codec->engines = mem_grow(codec->engines, (codec->count + 1) * sizeof(*codec->engines));
    struct engine *engine = &codec->engines[codec->count++];
    *engine = (struct engine){.module = module, .context = module->table->context_new()};
    require(engine->context != NULL);
    if (module->schema) {
        engine->checker = xmlSchemaNewValidCtxt(module->schema);
        require(engine->checker != NULL);
    }
    return engine;
}

// --- documents ---

struct envelope {
    xmlDoc *doc;
    int version;
    xmlNode *root;
    xmlNode *header;      // NULL when there is none
    xmlNode *content;     // the Body's first element; NULL when there is none
    bool has_more_header; // than what the stub writes: other elements, SOAP attributes
};

static void envelope_close(struct envelope *envelope)
{
    xmlFreeDoc(envelope->doc);
}

#define AUTO_ENVELOPE __attribute__((cleanup(envelope_close)))

static bool is_element(const xmlNode *node, const char *namespace, const char *name)
{
    return node && node->type == XML_ELEMENT_NODE && node->ns &&
           strcmp((const char *)node->ns->href, namespace) == 0 &&
           strcmp((const char *)node->name, name) == 0;
}

static const char *soap_namespace(int version)
{
    return version == 12 ? SOAP12_NS : SOAP11_NS;
}

bool soap_document_parse(struct soap_codec *codec, struct str text, bool may_have_doctype,
                         xmlDoc **ret, struct err *err)
{
    if (text.len > MAX_DOCUMENT_BYTES)
        return err_set(err, ERR_TOO_LARGE, "it has %zu bytes, more than %d", text.len,
                       MAX_DOCUMENT_BYTES);
    if (xmlDictGetUsage(codec->parser->dict) > MAX_NAMES_BYTES)
        codec_renew_parser(codec);
    codec->may_have_doctype = may_have_doctype;
    codec->has_doctype = false;
    xmlDoc *doc =
        xmlCtxtReadMemory(codec->parser, text.data, (int)text.len, NULL, NULL, PARSE_OPTIONS);
    if (codec->has_doctype) {
        xmlFreeDoc(doc);
        return err_set(err, ERR_INVALID, "it has a document type (%s), which SOAP forbids",
                       codec->doctype);
    }
    if (!doc) {
        const xmlError *error = xmlCtxtGetLastError(codec->parser);
        const char *why = error && error->message ? error->message : "it is empty";
        return err_set(err, ERR_INVALID, "it is no well-formed XML: line %d: %.*s",
                       error ? error->line : 0, (int)strcspn(why, "\n"), why);
    }
    *ret = doc;
    return true;
}

static bool envelope_parse(struct soap_codec *codec, struct str text, struct envelope *ret,
                           struct err *err)
{
    xmlDoc *doc = NULL;
    if (!soap_document_parse(codec, text, false, &doc, err))
        return false;
    AUTO_ENVELOPE struct envelope envelope = {.doc = doc, .root = xmlDocGetRootElement(doc)};
    xmlNode *root = envelope.root;
    if (is_element(root, SOAP11_NS, "Envelope"))
        envelope.version = 11;
    else if (is_element(root, SOAP12_NS, "Envelope"))
        envelope.version = 12;
    else
        return err_set(err, ERR_INVALID, "its root element is <%.100s>, not a SOAP Envelope",
                       root ? (const char *)root->name : "");
    const char *namespace = soap_namespace(envelope.version);
    xmlNode *body = xmlFirstElementChild(root);
    if (is_element(body, namespace, "Header")) {
        envelope.header = body;
        body = xmlNextElementSibling(body);
    }
    if (!is_element(body, namespace, "Body"))
        return err_set(err, ERR_INVALID, "its Envelope has no Body");
    envelope.content = xmlFirstElementChild(body);
    *ret = envelope;
    envelope.doc = NULL; // the caller's now
    return true;
}

// gSOAP reads UTF-8; a document in another encoding is written anew.
static struct str envelope_utf8(const struct envelope *envelope, struct arena *arena,
                                struct str text)
{
    const char *encoding = (const char *)envelope->doc->encoding;
    if (!encoding || str_eq_nocase(str_from(encoding), STR("UTF-8")))
        return text;
    xmlChar *bytes;
    int len;
    xmlDocDumpMemoryEnc(envelope->doc, &bytes, &len, "UTF-8");
    require(bytes != NULL);
    struct str copy = arena_copy(arena, (struct str){(const char *)bytes, (size_t)len});
    xmlFree(bytes);
    return copy;
}

// --- checking a request against the schemas ---

struct finding {
    struct err *err;
    int code; // libxml2's; 0: nothing found
};

// The way to an element from the Body or Header: "SubmitSurveyResult/survey/answer[2]/score".
static void add_path(struct buf *out, const xmlNode *node)
{
    const xmlNode *parent = node->parent;
    if (parent && parent->parent && parent->parent->parent &&
        parent->parent->parent->type == XML_ELEMENT_NODE) {
        add_path(out, parent);
        buf_add_char(out, '/');
    }
    buf_printf(out, "%s", (const char *)node->name);
    size_t same = 1;
    for (const xmlNode *before = node->prev; before; before = before->prev)
        same += before->type == XML_ELEMENT_NODE && xmlStrEqual(before->name, node->name);
    if (same > 1)
        buf_printf(out, "[%zu]", same);
}

// libxml2's words without the namespaces in braces, which hide the names.
static void add_words(struct buf *out, const char *words)
{
    size_t len = strlen(words);
    while (len && (words[len - 1] == '\n' || words[len - 1] == '.'))
        len--;
    for (size_t i = 0; i < len; i++) {
        size_t name = words[i] == '{' ? strcspn(words + i, "}' ") : 0;
        if (name && words[i + name] == '}' && memchr(words + i, ':', name))
            i += name;
        else
            buf_add_char(out, words[i]);
    }
}

// mustUnderstand, actor, role and the like may stand on any header element.
static bool is_about_soap_attribute(const xmlError *error)
{
    return error->code == XML_SCHEMAV_CVC_COMPLEX_TYPE_3_2_1 &&
           (strstr(error->message, "attribute '{" SOAP11_NS "}") ||
            strstr(error->message, "attribute '{" SOAP12_NS "}"));
}

static void note_finding(void *context, xmlError *error)
{
    struct finding *finding = context;
    if (finding->code || !error->message || is_about_soap_attribute(error))
        return;
    finding->code = error->code;
    AUTO_BUF struct buf text;
    buf_init(&text, 4096);
    const xmlNode *node = error->node;
    const char *words = error->message;
    if (node && node->type == XML_ELEMENT_NODE) {
        add_path(&text, node);
        // The message starts with "Element '{namespace}name'" and goes on with ":" or ",
        // attribute".
        const char *rest = strchr(words, '\'') ? strchr(strchr(words, '\'') + 1, '\'') : NULL;
        words = rest ? rest + 1 : words;
    }
    if (error->code == XML_SCHEMAV_CVC_ELT_1)
        words = ": the WSDL declares no such element";
    add_words(&text, words);
    err_set(finding->err, ERR_INVALID, "%s (line %d of the request)", buf_str(&text).data,
            error->line);
}

// The code of what libxml2 found first, 0 when the element fits.
static int element_check(struct engine *engine, xmlNode *node, struct err *err)
{
    struct finding finding = {.err = err};
    xmlSchemaSetValidStructuredErrors(engine->checker, note_finding, &finding);
    require(xmlSchemaValidateOneElement(engine->checker, node) >= 0);
    return finding.code;
}

// Header elements the WSDL does not declare pass (WS-Security), but not in its own namespace.
static bool header_check(struct engine *engine, struct envelope *envelope, struct err *err)
{
    xmlNode *node = envelope->header ? xmlFirstElementChild(envelope->header) : NULL;
    for (; node; node = xmlNextElementSibling(node)) {
        int status = engine->checker ? element_check(engine, node, err) : XML_SCHEMAV_CVC_ELT_1;
        bool is_foreign = status == XML_SCHEMAV_CVC_ELT_1 &&
                          (!engine->checker || !node->ns || !envelope->content->ns ||
                           !xmlStrEqual(node->ns->href, envelope->content->ns->href));
        if (status != 0 && !is_foreign)
            return false;
        envelope->has_more_header |= is_foreign;
        for (const xmlAttr *attribute = node->properties; attribute; attribute = attribute->next)
            envelope->has_more_header |= attribute->ns != NULL;
    }
    return true;
}

// --- putting back what C types cannot hold ---

static bool is_nil(const xmlNode *node)
{
    xmlChar *value = xmlGetNsProp(node, (const xmlChar *)"nil", (const xmlChar *)XSI_NS);
    bool result = value && (xmlStrEqual(value, (const xmlChar *)"true") ||
                            xmlStrEqual(value, (const xmlChar *)"1"));
    xmlFree(value);
    return result;
}

static bool holds_nil(const xmlNode *node)
{
    if (node->properties && is_nil(node))
        return true;
    for (xmlNode *child = xmlFirstElementChild((xmlNode *)node); child;
         child = xmlNextElementSibling(child)) {
        if (holds_nil(child))
            return true;
    }
    return false;
}

static bool is_xsi(const xmlAttr *attribute)
{
    return attribute->ns && strcmp((const char *)attribute->ns->href, XSI_NS) == 0;
}

static bool holds_attribute(const xmlNode *node)
{
    for (const xmlAttr *attribute = node->properties; attribute; attribute = attribute->next) {
        if (!is_xsi(attribute))
            return true;
    }
    for (xmlNode *child = xmlFirstElementChild((xmlNode *)node); child;
         child = xmlNextElementSibling(child)) {
        if (holds_attribute(child))
            return true;
    }
    return false;
}

static bool is_same_name(const xmlNode *a, const xmlNode *b)
{
    return xmlStrEqual(a->name, b->name) &&
           xmlStrEqual(a->ns ? a->ns->href : NULL, b->ns ? b->ns->href : NULL);
}

// A copy of `node` that carries every prefix it saw, as values may use them (xsi:type="p:X").
static xmlNode *copy_into(xmlDoc *doc, xmlNode *node)
{
    xmlNode *copy = xmlDocCopyNode(node, doc, 1);
    require(copy != NULL);
    xmlNs **namespaces = xmlGetNsList(node->doc, node);
    for (size_t i = 0; namespaces && namespaces[i]; i++)
        xmlNewNs(copy, namespaces[i]->href, namespaces[i]->prefix); // nothing when it is there
    xmlFree(namespaces);
    return copy;
}

static void restore_soap_attributes(const xmlNode *from, xmlNode *to, const char *namespace)
{
    for (const xmlAttr *attribute = from->properties; attribute; attribute = attribute->next) {
        if (!attribute->ns || strcmp((const char *)attribute->ns->href, namespace) != 0 ||
            xmlHasNsProp(to, attribute->name, attribute->ns->href))
            continue;
        xmlChar *value = xmlNodeListGetString(from->doc, attribute->children, 1);
        xmlNewNsProp(to, xmlSearchNsByHref(to->doc, to, attribute->ns->href), attribute->name,
                     value);
        xmlFree(value);
    }
}

// Those that the stub did not write.
static void restore_attributes(const xmlNode *from, xmlNode *to)
{
    for (const xmlAttr *attribute = from->properties; attribute; attribute = attribute->next) {
        const xmlNs *ns = attribute->ns;
        if (is_xsi(attribute) || xmlHasNsProp(to, attribute->name, ns ? ns->href : NULL))
            continue;
        xmlChar *value = xmlNodeListGetString(from->doc, attribute->children, 1);
        xmlNs *own = ns ? xmlSearchNsByHref(to->doc, to, ns->href) : NULL;
        if (ns && !own)
            own = xmlNewNs(to, ns->href, ns->prefix);
        xmlNewNsProp(to, own, attribute->name, value);
        xmlFree(value);
    }
}

// The header as the template has it, with the stub's own elements where it wrote them.
static void restore_header(const struct envelope *from, struct envelope *to)
{
    if (!from->header)
        return;
    if (!to->header) {
        to->header = xmlNewNode(to->root->ns, (const xmlChar *)"Header");
        xmlAddPrevSibling(xmlFirstElementChild(to->root), to->header);
    }
    xmlNode *written = xmlFirstElementChild(to->header);
    for (xmlNode *node = xmlFirstElementChild(from->header); node;
         node = xmlNextElementSibling(node)) {
        xmlNode *twin = written;
        while (twin && !is_same_name(node, twin))
            twin = xmlNextElementSibling(twin);
        if (twin)
            restore_soap_attributes(node, twin, soap_namespace(from->version));
        else
            xmlAddChild(to->header, copy_into(to->doc, node));
    }
}

static void add_nil(xmlNode *parent, xmlNode *before, const xmlNode *from)
{
    xmlDoc *doc = parent->doc;
    xmlNs *namespace = from->ns ? xmlSearchNsByHref(doc, parent, from->ns->href) : NULL;
    xmlNode *node = xmlNewDocNode(doc, namespace, from->name, NULL);
    require(node != NULL);
    if (before)
        xmlAddPrevSibling(before, node);
    else
        xmlAddChild(parent, node);
    xmlNs *xsi = xmlSearchNsByHref(doc, node, (const xmlChar *)XSI_NS);
    xmlNewNsProp(node, xsi, (const xmlChar *)"nil", (const xmlChar *)"true");
}

// Walks both bodies side by side; an element that is nil and was not written is put in its place.
static bool restore_content(xmlNode *from, xmlNode *to, struct err *err)
{
    xmlNode *written = xmlFirstElementChild(to);
    for (xmlNode *node = xmlFirstElementChild(from); node; node = xmlNextElementSibling(node)) {
        if (written && is_same_name(node, written) && is_nil(node) == is_nil(written)) {
            restore_attributes(node, written); // only open content can lack one
            if (!restore_content(node, written, err))
                return false;
            written = xmlNextElementSibling(written);
        } else if (is_nil(node)) {
            add_nil(to, written, node);
        } else {
            return err_set(err, ERR_INVALID, "%s cannot be written as the template has it",
                           (const char *)node->name);
        }
    }
    return true;
}

static bool is_rpc(const struct soap_module_operation *facts)
{
    return strcmp(facts->style, "rpc") == 0;
}

static bool wire_restore(struct soap_codec *codec, const struct envelope *from,
                         const struct soap_operation *operation, struct arena *arena,
                         struct str *wire, struct err *err)
{
    // In RPC style a nil parameter is a NULL the stub writes itself, in the WSDL's order.
    bool has_more = !is_rpc(operation->facts) &&
                    (holds_nil(from->content) ||
                     (operation->module->has_open_content && holds_attribute(from->content)));
    if (!has_more && !from->has_more_header)
        return true;
    AUTO_ENVELOPE struct envelope to = {0};
    if (!envelope_parse(codec, *wire, &to, err))
        return false;
    restore_header(from, &to);
    if (has_more)
        restore_attributes(from->content, to.content);
    if (has_more && !restore_content(from->content, to.content, err))
        return false;
    xmlChar *bytes;
    int len;
    xmlDocDumpMemoryEnc(to.doc, &bytes, &len, "UTF-8");
    require(bytes != NULL);
    *wire = arena_copy(arena, (struct str){(const char *)bytes, (size_t)len});
    xmlFree(bytes);
    return true;
}

// --- encoding ---

static bool request_check(struct engine *engine, const struct soap_module_operation *facts,
                          struct envelope *envelope, struct err *err)
{
    if (envelope->version != facts->version)
        return err_set(
            err, ERR_INVALID,
            "the Envelope is of SOAP %s, the operation takes %s: its namespace must be %s",
            envelope->version == 12 ? "1.2" : "1.1", facts->version == 12 ? "1.2" : "1.1",
            soap_namespace(facts->version));
    if (!envelope->content)
        return err_set(err, ERR_INVALID, "the Body is empty");
    if (!header_check(engine, envelope, err))
        return false;
    // In RPC style the body's element is no element of a schema.
    return !engine->checker || is_rpc(facts) || element_check(engine, envelope->content, err) == 0;
}

bool soap_encode(struct soap_codec *codec, const struct soap_operation *operation,
                 struct arena *arena, struct str text, struct str *ret_wire, struct err *err)
{
    const struct module *module = operation->module;
    struct engine *engine = codec_engine(codec, module);
    AUTO_ENVELOPE struct envelope envelope = {0};
    if (!envelope_parse(codec, text, &envelope, err))
        return err_prefix(err, "the request cannot be read");
    if (!request_check(engine, operation->facts, &envelope, err))
        return false;
    struct str input = envelope_utf8(&envelope, arena, text);
    struct soap_bytes bytes;
    if (!module->table->encode(engine->context, operation->index,
                               (struct soap_bytes){input.data, input.len}, &bytes))
        return err_set(err, ERR_INVALID, "operation %s: %s", operation->facts->name,
                       module->table->error(engine->context));
    struct str wire = {bytes.data, bytes.len};
    if (!wire_restore(codec, &envelope, operation, arena, &wire, err))
        return false;
    *ret_wire = wire.data == bytes.data ? arena_copy(arena, wire) : wire;
    return true;
}

// --- decoding ---

static void decode_envelope(struct engine *engine, const struct soap_operation *operation,
                            struct arena *arena, const struct envelope *envelope, struct str wire,
                            struct soap_reply *reply)
{
    const struct soap_module *table = operation->module->table;
    struct str input = envelope_utf8(envelope, arena, wire);
    struct soap_module_fault fault;
    enum soap_module_reply kind = table->decode(engine->context, operation->index,
                                                (struct soap_bytes){input.data, input.len}, &fault);
    // A fault is a fault whatever the stub makes of it: its detail may be of no declared type, and
    // a service may answer in the other SOAP version.
    const char *namespace = soap_namespace(envelope->version);
    const char *content = envelope->content ? (const char *)envelope->content->name : "";
    if (is_element(envelope->content, namespace, "Fault"))
        soap_fault_read(arena, envelope->content, kind == SOAP_REPLY_FAULT ? &fault : NULL, reply);
    else if (!envelope->content && !operation->facts->is_one_way)
        reply->problem = "the reply's Body is empty";
    else if (kind == SOAP_REPLY_RESULT)
        reply->is_readable = true;
    else
        reply->problem =
            arena_printf(arena, "the reply is no answer to %s: in <%.100s>: %s",
                         operation->facts->name, content, table->error(engine->context));
}

void soap_decode(struct soap_codec *codec, const struct soap_operation *operation,
                 struct arena *arena, struct str wire, struct soap_reply *ret)
{
    *ret =
        (struct soap_reply){.fault_code = "", .fault_text = "", .detail_name = "", .problem = ""};
    if (str_trim(wire).len == 0) {
        ret->is_readable = operation->facts->is_one_way;
        ret->problem = ret->is_readable ? "" : "the reply is empty";
        return;
    }
    struct err err;
    AUTO_ENVELOPE struct envelope envelope = {0};
    if (!envelope_parse(codec, wire, &envelope, &err))
        ret->problem = arena_printf(arena, "the reply is not SOAP: %s", err.text);
    else
        decode_envelope(codec_engine(codec, operation->module), operation, arena, &envelope, wire,
                        ret);
}
