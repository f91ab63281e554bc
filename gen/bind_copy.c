// SPDX-License-Identifier: GPL-3.0-or-later
//
// Writes the WSDL that gSOAP reads: one portType, one binding, one port, each call once under a
// name of its own, and nothing that does not show on the wire of a request. Faults are left out,
// because the gateway reads a fault's detail from its XML; so are headers of replies, policies and
// extensions.

#include "bind_wsdl.h"
#include "bind_schema.h"

#include <stdio.h>

#define TRANSPORT "http://schemas.xmlsoap.org/soap/http"

struct copy {
    struct reader *reader;
    xmlDoc *doc;
    xmlNode *root;
    xmlNs *wsdl, *soap, *tns;
};

static xmlNode *add(xmlNode *parent, xmlNs *ns, const char *name)
{
    return xmlNewChild(parent, ns, (const xmlChar *)name, NULL);
}

static void set(xmlNode *node, const char *name, const char *value)
{
    xmlNewProp(node, (const xmlChar *)name, (const xmlChar *)value);
}

static const char *name_of(struct copy *copy, struct qname name)
{
    struct arena *arena = copy->reader->arena;
    if (!*name.namespace)
        return name.name;
    const xmlNs *ns = xmlSearchNsByHref(copy->doc, copy->root, (const xmlChar *)name.namespace);
    if (!ns) {
        size_t index =
            (size_t)(space_of(copy->reader, name.namespace) - copy->reader->schemas->spaces);
        ns = xmlNewNs(copy->root, (const xmlChar *)name.namespace,
                      (const xmlChar *)arena_printf(arena, "n%zu", index));
    }
    return arena_printf(arena, "%s:%s", (const char *)ns->prefix, name.name);
}

static const char *own_name(struct copy *copy, const char *kind, size_t index, const char *prefix)
{
    return arena_printf(copy->reader->arena, "%s%s%zu", prefix, kind, index);
}

static void add_part(struct copy *copy, xmlNode *message, const struct part *part, const char *name)
{
    if (part->mime)
        return;
    xmlNode *node = add(message, copy->wsdl, "part");
    set(node, "name", name);
    set(node, part->is_element ? "element" : "type", name_of(copy, part->of));
}

static xmlNode *add_message(struct copy *copy, const char *name)
{
    xmlNode *message = add(copy->root, copy->wsdl, "message");
    set(message, "name", name);
    return message;
}

static void add_body_message(struct copy *copy, const char *name, const struct message *from)
{
    xmlNode *message = add_message(copy, name);
    for (size_t i = 0; i < from->count; i++)
        add_part(copy, message, &from->parts[i], from->parts[i].name);
}

// Two headers may be parts of one name in two messages.
static const char *header_name(struct copy *copy, size_t index)
{
    return arena_printf(copy->reader->arena, "h%zu", index);
}

static void add_messages(struct copy *copy, const struct call *call, size_t index)
{
    add_body_message(copy, own_name(copy, "in", index, ""), &call->input);
    if (call->has_output)
        add_body_message(copy, own_name(copy, "out", index, ""), &call->output);
    if (call->input.header_count == 0)
        return;
    xmlNode *headers = add_message(copy, own_name(copy, "head", index, ""));
    for (size_t i = 0; i < call->input.header_count; i++)
        add_part(copy, headers, &call->input.headers[i], header_name(copy, i));
}

static void add_abstract(struct copy *copy, xmlNode *port_type, const struct call *call,
                         const char *inner, size_t index)
{
    xmlNode *operation = add(port_type, copy->wsdl, "operation");
    set(operation, "name", inner);
    set(add(operation, copy->wsdl, "input"), "message", own_name(copy, "in", index, "tns:"));
    if (call->has_output)
        set(add(operation, copy->wsdl, "output"), "message", own_name(copy, "out", index, "tns:"));
}

static xmlNode *add_body(struct copy *copy, xmlNode *operation, const char *direction,
                         const struct message *message)
{
    xmlNode *node = add(operation, copy->wsdl, direction);
    xmlNode *body = add(node, copy->soap, "body");
    set(body, "use", message->is_encoded ? "encoded" : "literal");
    if (message->namespace)
        set(body, "namespace", message->namespace);
    if (message->is_encoded)
        set(body, "encodingStyle", SOAPENC_NS);
    return node;
}

static void add_bound(struct copy *copy, xmlNode *binding, const struct call *call,
                      const char *inner, size_t index)
{
    xmlNode *operation = add(binding, copy->wsdl, "operation");
    set(operation, "name", inner);
    xmlNode *soap = add(operation, copy->soap, "operation");
    set(soap, "soapAction", "");
    set(soap, "style", call->style);
    xmlNode *input = add_body(copy, operation, "input", &call->input);
    for (size_t i = 0; i < call->input.header_count; i++) {
        xmlNode *header = add(input, copy->soap, "header");
        set(header, "message", own_name(copy, "head", index, "tns:"));
        set(header, "part", header_name(copy, i));
        set(header, "use", "literal");
    }
    if (call->has_output)
        add_body(copy, operation, "output", &call->output);
}

static void copy_begin(struct copy *copy, struct reader *reader, const char *target)
{
    copy->reader = reader;
    copy->doc = xmlNewDoc((const xmlChar *)"1.0");
    copy->root = xmlNewDocNode(copy->doc, NULL, (const xmlChar *)"definitions", NULL);
    require(copy->doc && copy->root);
    xmlDocSetRootElement(copy->doc, copy->root);
    copy->wsdl = xmlNewNs(copy->root, (const xmlChar *)WSDL_NS, (const xmlChar *)"wsdl");
    xmlSetNs(copy->root, copy->wsdl);
    copy->soap = xmlNewNs(copy->root, (const xmlChar *)SOAP11_NS, (const xmlChar *)"soap");
    xmlNewNs(copy->root, (const xmlChar *)XSD_NS, (const xmlChar *)"xs");
    copy->tns = xmlNewNs(copy->root, (const xmlChar *)target, (const xmlChar *)"tns");
    set(copy->root, "name", "Service");
    set(copy->root, "targetNamespace", target);
}

static void add_service(struct copy *copy)
{
    xmlNode *service = add(copy->root, copy->wsdl, "service");
    set(service, "name", "Service");
    xmlNode *port = add(service, copy->wsdl, "port");
    set(port, "name", "Port");
    set(port, "binding", "tns:Binding");
    set(add(port, copy->soap, "address"), "location", "http://wire");
}

bool copy_write(struct reader *reader, const char *path, const char *target,
                const struct call *calls, const struct wsdl_call *facts, size_t count)
{
    struct copy copy;
    copy_begin(&copy, reader, *target ? target : "urn:switchhook:wsdl");
    schemas_write_inline(reader, add(copy.root, copy.wsdl, "types"));
    for (size_t i = 0; i < count; i++)
        add_messages(&copy, &calls[i], i);
    xmlNode *port_type = add(copy.root, copy.wsdl, "portType");
    set(port_type, "name", "PortType");
    for (size_t i = 0; i < count; i++)
        add_abstract(&copy, port_type, &calls[i], facts[i].inner, i);
    xmlNode *binding = add(copy.root, copy.wsdl, "binding");
    set(binding, "name", "Binding");
    set(binding, "type", "tns:PortType");
    set(add(binding, copy.soap, "binding"), "transport", TRANSPORT);
    for (size_t i = 0; i < count; i++)
        add_bound(&copy, binding, &calls[i], facts[i].inner, i);
    add_service(&copy);
    bool is_written = xmlSaveFormatFile(path, copy.doc, 1) > 0;
    xmlFreeDoc(copy.doc);
    return is_written || err_set(reader->err, ERR_IO, "%s: cannot be written", path);
}
