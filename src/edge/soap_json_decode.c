// SPDX-License-Identifier: GPL-3.0-or-later
//
// A reply as data: what stands in its header, its body in either style, or a fault's detail.

#include "edge/soap_json_read.h"

#define SOAP12_RPC_NS "http://www.w3.org/2003/05/soap-rpc"

static const char *local_of(const xmlNode *node)
{
    return (const char *)node->name;
}

static bool is_element_named(const xmlNode *node, struct shape_name name)
{
    return strcmp(local_of(node), name.local) == 0 &&
           strcmp(node->ns ? (const char *)node->ns->href : "", name.namespace) == 0;
}

static const struct shape_type *global_type(struct reply_reader *reader, const xmlNode *node)
{
    const struct shape_element *global = soap_shape_element(
        reader->operation, node->ns ? (const char *)node->ns->href : "", local_of(node));
    return global ? global->type : NULL;
}

// --- body ---

// A part by its name; else the one at this place, if no other element has its name: in RPC style
// the result may be called as the service likes (SOAP 1.1, 7.1).
static const struct shape_part *find_part(const struct shape_message *message, const xmlNode *node,
                                          size_t at)
{
    for (size_t i = 0; i < message->part_count; i++) {
        const struct shape_part *part = &message->parts[i];
        if (strcmp(local_of(node), part->element->name.local) == 0 ||
            strcmp(local_of(node), part->name) == 0)
            return part;
    }
    if (at >= message->part_count || !*message->wrapper.local)
        return NULL;
    const struct shape_part *part = &message->parts[at];
    for (xmlNode *other = xmlFirstElementChild(node->parent); other;
         other = xmlNextElementSibling(other)) {
        if (strcmp(local_of(other), part->element->name.local) == 0)
            return NULL;
    }
    return part;
}

static bool is_part_repeated(const struct json *object, const char *name)
{
    return json_get(object, str_from(name)) != NULL;
}

// The parts stand side by side in `parent`.
static struct json *read_parts(struct reply_reader *reader, const struct shape_message *message,
                               xmlNode *parent)
{
    struct json *object = json_object(reader->arena);
    size_t at = 0;
    for (xmlNode *node = xmlFirstElementChild(parent); node && !reader->is_too_much;
         node = xmlNextElementSibling(node)) {
        if (node->ns && strcmp((const char *)node->ns->href, SOAP12_RPC_NS) == 0)
            continue; // only says which one is the result
        const struct shape_part *part = find_part(message, node, at++);
        const char *name =
            part ? part->element->name.local : reply_name(reader, node->ns, node->name, false);
        if (is_part_repeated(object, name))
            continue; // nothing that the WSDL knows: what the body's other roots are for
        json_set(reader->arena, object, str_from(name),
                 reply_element(reader, node, part ? part->element->type : NULL));
    }
    return object;
}

static struct json *read_body(struct reply_reader *reader, const struct shape_message *message,
                              xmlNode *body)
{
    xmlNode *content = xmlFirstElementChild(body);
    if (!content)
        return NULL;
    if (*message->wrapper.local)
        return read_parts(reader, message, content);
    if (message->part_count > 1)
        return read_parts(reader, message, body);
    const struct shape_element *root = message->part_count ? message->parts[0].element : NULL;
    bool is_root = root && strcmp(local_of(content), root->name.local) == 0;
    return reply_element(reader, content, is_root ? root->type : global_type(reader, content));
}

// --- header and fault ---

static struct json *read_blocks(struct reply_reader *reader, const struct shape_message *message,
                                xmlNode *header)
{
    struct json *blocks = json_object(reader->arena);
    for (xmlNode *node = header ? xmlFirstElementChild(header) : NULL; node && !reader->is_too_much;
         node = xmlNextElementSibling(node)) {
        bool is_declared = false;
        for (size_t i = 0; i < message->header_count && !is_declared; i++)
            is_declared = is_element_named(node, message->headers[i].element->name);
        const char *name = reply_name(reader, node->ns, node->name, is_declared);
        if (!json_get(blocks, str_from(name)))
            json_set(reader->arena, blocks, str_from(name),
                     reply_element(reader, node, global_type(reader, node)));
    }
    return blocks->object.count ? blocks : NULL;
}

static const struct shape_element *declared_fault(struct reply_reader *reader, const xmlNode *node)
{
    const struct shape_operation *shape = soap_shape(reader->operation);
    const struct shape_element *alike = NULL;
    for (size_t i = 0; i < shape->fault_count; i++) {
        const struct shape_element *element = shape->faults[i].element;
        if (is_element_named(node, element->name))
            return element;
        if (strcmp(local_of(node), element->name.local) == 0)
            alike = element;
    }
    return alike;
}

// An object of what stands in the detail, or its text.
static struct json *read_detail(struct reply_reader *reader, xmlNode *fault)
{
    xmlNode *detail = xmlFirstElementChild(fault);
    while (detail && strcasecmp(local_of(detail), "detail") != 0)
        detail = xmlNextElementSibling(detail);
    if (!detail || !detail->children)
        return NULL;
    if (!xmlFirstElementChild(detail)) {
        struct str text = str_trim(reply_text(reader, detail));
        return text.len ? json_string(reader->arena, text) : NULL;
    }
    struct json *object = json_object(reader->arena);
    for (xmlNode *node = xmlFirstElementChild(detail); node && !reader->is_too_much;
         node = xmlNextElementSibling(node)) {
        const struct shape_element *declared = declared_fault(reader, node);
        const char *name = reply_name(reader, node->ns, node->name, declared != NULL);
        if (!json_get(object, str_from(name)))
            json_set(
                reader->arena, object, str_from(name),
                reply_element(reader, node, declared ? declared->type : global_type(reader, node)));
    }
    return object;
}

// --- the whole ---

bool soap_json_decode(struct soap_codec *codec, const struct soap_operation *operation,
                      struct arena *arena, struct str wire, struct soap_json_reply *ret,
                      struct err *err)
{
    const struct shape_message *message = &soap_shape(operation)->output;
    AUTO_ENVELOPE struct soap_envelope envelope = {0};
    struct soap_json_reply reply = {0};
    if (str_trim(wire).len == 0) {
        *ret = reply;
        return true;
    }
    if (!soap_envelope_parse(codec, wire, &envelope, err))
        return err_prefix(err, "the reply is not SOAP");
    AUTO_FREE struct reply_reader *reader = mem_alloc(sizeof(*reader));
    reader->operation = operation;
    reader->arena = arena;
    reader->doc = envelope.doc;
    reader->anything = soap_shape_type(operation, XSD_NS, "anyType");
    reader->is_encoded = message->is_encoded;
    xmlNode *content = xmlFirstElementChild(envelope.body);
    reply.header = read_blocks(reader, message, envelope.header);
    if (soap_is_element(content, soap_namespace(envelope.version), "Fault"))
        reply.detail = read_detail(reader, content);
    else
        reply.body = read_body(reader, message, envelope.body);
    xmlHashFree(reader->ids, NULL);
    if (reader->is_too_much)
        return err_set(err, ERR_TOO_LARGE,
                       "the reply stands for more than %d values, or nests "
                       "deeper than %d",
                       READ_MAX_VALUES, READ_MAX_DEPTH);
    *ret = reply;
    return true;
}
