// SPDX-License-Identifier: GPL-3.0-or-later
//
// Encoding and decoding. libxml2 reads every document first and refuses document types. A request
// is checked against the WSDL's own schemas (soap_check), then read and written by the module's
// stub, and what the stub's C types could not hold is put back (soap_restore): so nothing of a
// template is lost. Where the schemas prove a message, the stub may not refuse it: its C types are
// narrower than XML's.

#include "base/markup.h"
#include "edge/multipart.h"
#include "edge/soap_attachment.h"
#include "edge/soap_check.h"
#include "edge/soap_document.h"
#include "edge/soap_encoded.h"
#include "edge/soap_fault.h"
#include "edge/soap_modules.h"
#include "edge/soap_restore.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/xmlschemas.h>
#include <stdio.h>

enum {
    MAX_DOCUMENT_BYTES = 16 * 1024 * 1024,
    // A parser keeps every name it ever saw, and looks for each among more and more of them: half a
    // million take a minute. So beyond the first it is made anew, and reads nothing beyond the
    // last.
    KEPT_NAMES_BYTES = 256 * 1024,
    MAX_NAMES_BYTES = 1024 * 1024,
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
    xmlDictSetLimit(codec->parser->dict, MAX_NAMES_BYTES);
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

void soap_envelope_close(struct soap_envelope *envelope)
{
    xmlFreeDoc(envelope->doc);
}

bool soap_is_element(const xmlNode *node, const char *namespace, const char *name)
{
    return node && node->type == XML_ELEMENT_NODE && node->ns &&
           strcmp((const char *)node->ns->href, namespace) == 0 &&
           strcmp((const char *)node->name, name) == 0;
}

bool soap_is_same_name(const xmlNode *a, const xmlNode *b)
{
    return xmlStrEqual(a->name, b->name) &&
           xmlStrEqual(a->ns ? a->ns->href : NULL, b->ns ? b->ns->href : NULL);
}

const char *soap_namespace(int version)
{
    return version == 12 ? SOAP12_NS : SOAP11_NS;
}

static bool parse_tame(struct soap_codec *codec, struct str text, bool may_have_doctype,
                       xmlDoc **ret, struct err *err)
{
    if (xmlDictGetUsage(codec->parser->dict) > KEPT_NAMES_BYTES)
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
    if (!doc && xmlDictGetUsage(codec->parser->dict) > MAX_NAMES_BYTES / 2)
        return err_set(err, ERR_TOO_LARGE, "it has too many different names");
    if (!doc) {
        const xmlError *error = xmlCtxtGetLastError(codec->parser);
        const char *why = error && error->message ? error->message : "it is empty";
        return err_set(err, ERR_INVALID, "it is no well-formed XML: line %d: %.*s",
                       error ? error->line : 0, (int)strcspn(why, "\n"), why);
    }
    *ret = doc;
    return true;
}

static bool parse_text(struct soap_codec *codec, struct str text, bool may_have_doctype,
                       xmlDoc **ret, struct err *err)
{
    if (text.len > MAX_DOCUMENT_BYTES)
        return err_set(err, ERR_TOO_LARGE, "it has %zu bytes, more than %d", text.len,
                       MAX_DOCUMENT_BYTES);
    const char *refusal = markup_refusal(text);
    if (refusal)
        return err_set(err, ERR_INVALID, "it %s", refusal);
    return parse_tame(codec, text, may_have_doctype, ret, err);
}

static bool parse_parts(struct soap_codec *codec, struct str text, xmlDoc **ret, struct err *err)
{
    AUTO_ARENA struct arena *arena = arena_new();
    struct str root;
    xmlDoc *doc;
    if (text.len > MAX_DOCUMENT_BYTES)
        return err_set(err, ERR_TOO_LARGE, "it has %zu bytes, more than %d", text.len,
                       MAX_DOCUMENT_BYTES);
    if (!soap_attachment_root(arena, text, &root, err) ||
        !parse_text(codec, root, false, &doc, err))
        return false;
    if (!soap_attachment_inline(arena, text, doc, err)) {
        xmlFreeDoc(doc);
        return false;
    }
    *ret = doc;
    return true;
}

bool soap_document_parse(struct soap_codec *codec, struct str text, bool may_have_doctype,
                         xmlDoc **ret, struct err *err)
{
    return multipart_is(text) ? parse_parts(codec, text, ret, err)
                              : parse_text(codec, text, may_have_doctype, ret, err);
}

// "xsi:type" that the parser took as a name without a namespace.
static void declare_xsi(xmlNode *element, xmlNs *xsi)
{
    for (xmlAttr *attribute = element->properties; attribute; attribute = attribute->next) {
        if (attribute->ns || strncmp((const char *)attribute->name, "xsi:", 4) != 0)
            continue;
        xmlNodeSetName((xmlNode *)attribute, attribute->name + 4);
        attribute->ns = xsi;
    }
    for (xmlNode *child = xmlFirstElementChild(element); child;
         child = xmlNextElementSibling(child))
        declare_xsi(child, xsi);
}

// Servers on npm `soap` write xsi:type and never declare the prefix.
static bool mend_xsi(struct soap_codec *codec, xmlNode *root)
{
    const xmlError *error = xmlCtxtGetLastError(codec->parser);
    if (!error || error->code != XML_NS_ERR_UNDEFINED_NAMESPACE)
        return false;
    xmlNs *xsi = xmlNewNs(root, BAD_CAST XSI_NS, BAD_CAST "xsi");
    if (xsi) // NULL: the prefix is declared
        declare_xsi(root, xsi);
    return xsi != NULL;
}

// Takes the document over.
static bool take_envelope(struct soap_codec *codec, xmlDoc *doc, struct soap_envelope *ret,
                          struct err *err)
{
    AUTO_ENVELOPE struct soap_envelope envelope = {.doc = doc, .root = xmlDocGetRootElement(doc)};
    xmlNode *root = envelope.root;
    if (soap_is_element(root, SOAP11_NS, "Envelope"))
        envelope.version = 11;
    else if (soap_is_element(root, SOAP12_NS, "Envelope"))
        envelope.version = 12;
    else
        return err_set(err, ERR_INVALID, "its root element is <%.100s>, not a SOAP Envelope",
                       root ? (const char *)root->name : "");
    const char *namespace = soap_namespace(envelope.version);
    xmlNode *body = xmlFirstElementChild(root);
    if (soap_is_element(body, namespace, "Header")) {
        envelope.header = body;
        body = xmlNextElementSibling(body);
    }
    if (!soap_is_element(body, namespace, "Body"))
        return err_set(err, ERR_INVALID, "its Envelope has no Body");
    envelope.body = body;
    envelope.is_mended = mend_xsi(codec, root);
    *ret = envelope;
    envelope.doc = NULL; // the caller's now
    return true;
}

bool soap_envelope_parse(struct soap_codec *codec, struct str text, struct soap_envelope *ret,
                         struct err *err)
{
    xmlDoc *doc;
    return soap_document_parse(codec, text, false, &doc, err) &&
           take_envelope(codec, doc, ret, err);
}

struct str soap_document_text(xmlDoc *doc, struct arena *arena)
{
    xmlChar *bytes;
    int len;
    xmlDocDumpMemoryEnc(doc, &bytes, &len, "UTF-8");
    require(bytes != NULL);
    struct str text = arena_copy(arena, (struct str){(const char *)bytes, (size_t)len});
    xmlFree(bytes);
    return text;
}

// gSOAP reads UTF-8; a document in another encoding, or of several parts, is written anew.
static struct str envelope_utf8(const struct soap_envelope *envelope, struct arena *arena,
                                struct str text)
{
    const char *encoding = (const char *)envelope->doc->encoding;
    bool is_utf8 = !encoding || str_eq_nocase(str_from(encoding), STR("UTF-8"));
    if (is_utf8 && !multipart_is(text) && !envelope->is_mended)
        return text;
    return soap_document_text(envelope->doc, arena);
}

// --- encoding ---

static bool is_rpc(const struct soap_module_operation *facts)
{
    return strcmp(facts->style, "rpc") == 0;
}

static bool has_body(const struct soap_module_operation *facts)
{
    bool has = is_rpc(facts);
    for (size_t i = 0; i < facts->input.part_count; i++)
        has |= !*facts->input.parts[i].mime;
    return has;
}

static bool envelope_check(const struct soap_module_operation *facts,
                           const struct soap_envelope *envelope, struct err *err)
{
    if (envelope->version != facts->version)
        return err_set(
            err, ERR_INVALID,
            "the Envelope is of SOAP %s, the operation takes %s: its namespace must be %s",
            envelope->version == 12 ? "1.2" : "1.1", facts->version == 12 ? "1.2" : "1.1",
            soap_namespace(facts->version));
    const xmlNode *content = xmlFirstElementChild(envelope->body);
    if (!content && has_body(facts))
        return err_set(err, ERR_INVALID, "the Body is empty");
    if (content && !has_body(facts))
        return err_set(err, ERR_INVALID, "%s: operation %s takes nothing, its Body must be empty",
                       (const char *)content->name, facts->name);
    return true;
}

static struct str empty_envelope(struct arena *arena, int version)
{
    const char *text = arena_printf(arena,
                                    "<SOAP-ENV:Envelope xmlns:SOAP-ENV=\"%s\" xmlns:xsi=\"" XSI_NS
                                    "\"><SOAP-ENV:Body/></SOAP-ENV:Envelope>",
                                    soap_namespace(version));
    return str_from(text);
}

// What the stub writes; an empty envelope when it refuses what the schemas have proven.
static bool stub_encode(struct engine *engine, const struct soap_operation *operation,
                        struct arena *arena, struct str input, bool is_proven, struct str *ret_wire,
                        struct err *err)
{
    const struct soap_module *table = operation->module->table;
    struct soap_bytes bytes;
    if (table->encode(engine->context, operation->index, (struct soap_bytes){input.data, input.len},
                      &bytes))
        *ret_wire = (struct str){bytes.data, bytes.len};
    else if (is_proven)
        *ret_wire = empty_envelope(arena, operation->facts->version);
    else
        return err_set(err, ERR_INVALID, "operation %s: %s", operation->facts->name,
                       table->error(engine->context));
    return true;
}

// What the stub wrote needs no look before it is parsed.
static bool parse_written(struct soap_codec *codec, struct str wire, struct soap_envelope *ret,
                          struct err *err)
{
    xmlDoc *doc;
    return parse_tame(codec, wire, false, &doc, err) && take_envelope(codec, doc, ret, err);
}

bool soap_encode(struct soap_codec *codec, const struct soap_operation *operation,
                 struct arena *arena, struct str text, struct str *ret_wire, struct err *err)
{
    const struct soap_module_operation *facts = operation->facts;
    struct engine *engine = codec_engine(codec, operation->module);
    AUTO_ENVELOPE struct soap_envelope envelope = {0};
    if (!soap_envelope_parse(codec, text, &envelope, err))
        return err_prefix(err, "the request cannot be read");
    const struct soap_checker checker = {operation, engine->checker};
    bool is_proven;
    if (!envelope_check(facts, &envelope, err) ||
        !soap_check_request(&checker, &envelope, &is_proven, err))
        return false;
    struct str input = envelope_utf8(&envelope, arena, text), wire;
    if (facts->input.is_encoded && !soap_encoded_dress(operation, &envelope, &is_proven, err))
        return false;
    AUTO_ENVELOPE struct soap_envelope written = {0};
    if (!stub_encode(engine, operation, arena, input, is_proven, &wire, err) ||
        !parse_written(codec, wire, &written, err))
        return false;
    bool is_changed = soap_restore(&envelope, &written, is_rpc(facts), facts->input.is_encoded);
    *ret_wire = is_changed ? soap_document_text(written.doc, arena) : arena_copy(arena, wire);
    return true;
}

// --- decoding ---

static void decode_envelope(struct engine *engine, const struct soap_operation *operation,
                            struct arena *arena, const struct soap_envelope *envelope,
                            struct str wire, struct soap_reply *reply)
{
    const struct soap_module *table = operation->module->table;
    struct str input = envelope_utf8(envelope, arena, wire);
    struct soap_module_fault fault;
    enum soap_module_reply kind = table->decode(engine->context, operation->index,
                                                (struct soap_bytes){input.data, input.len}, &fault);
    // A fault is a fault whatever the stub makes of it: its detail may be of no declared type, and
    // a service may answer in the other SOAP version.
    const struct soap_checker checker = {operation, engine->checker};
    const xmlNode *content = xmlFirstElementChild(envelope->body);
    if (soap_is_element(content, soap_namespace(envelope->version), "Fault"))
        soap_fault_read(arena, content, kind == SOAP_REPLY_FAULT ? &fault : NULL, reply);
    else if (!content && !operation->facts->is_one_way)
        reply->problem = "the reply's Body is empty";
    else if (operation->facts->is_one_way || kind == SOAP_REPLY_RESULT ||
             soap_check_reply(&checker, envelope))
        reply->is_readable = true; // some servers answer where nothing is expected
    else
        reply->problem = arena_printf(
            arena, "the reply is no answer to %s: in <%.100s>: %s", operation->facts->name,
            content ? (const char *)content->name : "", table->error(engine->context));
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
    AUTO_ENVELOPE struct soap_envelope envelope = {0};
    if (!soap_envelope_parse(codec, wire, &envelope, &err))
        ret->problem = arena_printf(arena, "the reply is not SOAP: %s", err.text);
    else
        decode_envelope(codec_engine(codec, operation->module), operation, arena, &envelope, wire,
                        ret);
}
