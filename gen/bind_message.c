// SPDX-License-Identifier: GPL-3.0-or-later
//
// What an operation's messages hold: parts in the body, header blocks, attachments, the details of
// faults. Every part ends as an element or type that the schemas have; what a WSDL leaves open or
// says wrong is mended here, with a note, by small schemas of our own.

#include "bind_wsdl.h"
#include "bind_schema.h"

#include <stdio.h>

// --- parts ---

static const char *escaped(struct reader *reader, const char *text)
{
    xmlChar *encoded = xmlEncodeSpecialChars(NULL, (const xmlChar *)text);
    const char *copy = arena_strdup(reader->arena, (const char *)encoded);
    xmlFree(encoded);
    return copy;
}

static const char *declaration(struct reader *reader, const char *prefix, const char *namespace)
{
    return *namespace
               ? arena_printf(reader->arena, " xmlns:%s=\"%s\"", prefix, escaped(reader, namespace))
               : "";
}

// An element that may hold anything.
static bool declare_open_element(struct reader *reader, struct qname name)
{
    const char *text =
        arena_printf(reader->arena,
                     "<xs:schema xmlns:xs='" XSD_NS
                     "' targetNamespace=\"%s\"><xs:element name=\"%s\"/></xs:schema>",
                     escaped(reader, name.namespace), escaped(reader, name.name));
    return schemas_add_text(reader, text);
}

// A part whose element or type is defined nowhere may hold anything.
static bool open_part(struct reader *reader, const xmlNode *node, struct part *part)
{
    reader_note(reader, node, "%s {%s}%s is defined nowhere: what stands there passes unchecked",
                part->is_element ? "element" : "type", part->of.namespace, part->of.name);
    if (!part->is_element) {
        part->of = (struct qname){.namespace = XSD_NS, .name = "anyType", .is_bound = true};
        return true;
    }
    if (!declare_open_element(reader, part->of))
        return false;
    part->component = schemas_find(reader, KIND_ELEMENT, part->of);
    return true;
}

// Whether the part can be known; if not, `ret_why` says why not.
static bool read_part(struct reader *reader, const xmlNode *node, struct part *ret,
                      const char **ret_why)
{
    bool is_element = has_attribute(node, "element");
    enum component_kind kind = is_element ? KIND_ELEMENT : KIND_TYPE;
    const char *text = attribute_of(reader, node, is_element ? "element" : "type");
    struct part part = {.name = attribute_of(reader, node, "name"), .is_element = is_element};
    part.of = qname_of(reader, node, text);
    part.component = schemas_find(reader, kind, part.of);
    if (!part.component && (part.of.is_plain || !part.of.is_bound)) {
        struct qname own = part.of;
        own.namespace = wsdl_target(reader, node);
        part.component = schemas_find(reader, kind, own);
        if (part.component) {
            part.of = own;
            reader_note(reader, node, "part %s: \"%s\" is taken as of namespace %s", part.name,
                        text, own.namespace);
        }
    }
    *ret = part;
    if (part.component)
        return true;
    if (*part.of.name && is_elsewhere(reader, part.of.namespace)) {
        reader->schemas->uses_stock |= schemas_is_stock(part.of.namespace);
        return true;
    }
    if (*part.of.name)
        return open_part(reader, node, ret);
    *ret_why = arena_printf(reader->arena, "%s: part %s has neither element nor type",
                            reader_place(reader, node), part.name);
    return false;
}

static bool is_listed(const char *list, const char *name)
{
    size_t len = strlen(name);
    static const char blank[] = " \t\r\n";
    for (const char *at = list + strspn(list, blank); *at; at += strspn(at, blank)) {
        size_t word = strcspn(at, blank);
        if (word == len && strncmp(at, name, len) == 0)
            return true;
        at += word;
    }
    return false;
}

// A part of rpc/encoded should have a type, says WSDL 1.1, 3.5; of an element others take its type.
static void take_type(struct reader *reader, struct part *part)
{
    part->component = schemas_type_of(reader, part->component, &part->of);
    part->is_element = false;
    if (!part->component && !is_elsewhere(reader, part->of.namespace))
        part->of = (struct qname){.namespace = XSD_NS, .name = "anyType", .is_bound = true};
}

// rpc puts each part into an element named after it; what a part of rpc/literal with element= has
// inside that one is the element, says WSDL 1.1, 3.5. gSOAP needs a type for it.
static bool wrap_element(struct reader *reader, struct part *part)
{
    struct qname type = {.namespace = "urn:switchhook:parts",
                         .name = arena_printf(reader->arena, "Part%zu", ++reader->part_types)};
    const char *text = arena_printf(
        reader->arena,
        "<xs:schema xmlns:xs='" XSD_NS "'%s targetNamespace='%s'><xs:complexType name='%s'>"
        "<xs:sequence><xs:element ref=\"%s%s\"/></xs:sequence></xs:complexType></xs:schema>",
        declaration(reader, "e", part->of.namespace), type.namespace, type.name,
        *part->of.namespace ? "e:" : "", part->of.name);
    if (!schemas_add_text(reader, text))
        return false;
    part->of = type;
    part->is_element = false;
    part->component = schemas_find(reader, KIND_TYPE, type);
    schemas_link_one(reader, part->component);
    return true;
}

// What needs an element and is given by its type has one named after the part.
static bool name_part(struct reader *reader, struct part *part, const char *namespace)
{
    struct qname name = {.namespace = namespace, .name = part->name};
    if (!schemas_find(reader, KIND_ELEMENT, name)) {
        const char *target = *namespace ? arena_printf(reader->arena, " targetNamespace=\"%s\"",
                                                       escaped(reader, namespace))
                                        : "";
        const char *text = arena_printf(
            reader->arena,
            "<xs:schema xmlns:xs='" XSD_NS
            "'%s%s><xs:element name=\"%s\" type=\"%s%s\"/></xs:schema>",
            declaration(reader, "t", part->of.namespace), target, escaped(reader, part->name),
            *part->of.namespace ? "t:" : "", escaped(reader, part->of.name));
        if (!schemas_add_text(reader, text) || !schemas_find(reader, KIND_ELEMENT, name))
            return false; // a namespace that is not for elements of others, or no name
        schemas_link_one(reader, schemas_find(reader, KIND_ELEMENT, name));
    }
    part->of = name;
    part->is_element = true;
    part->component = schemas_find(reader, KIND_ELEMENT, name);
    return true;
}

// --- messages ---

// The node that holds the soap:body, or would: the direction itself or a part of a MIME package.
static const xmlNode *body_holder(const xmlNode *direction, const char *soap)
{
    EACH_CHILD(package, direction, MIME_NS, "multipartRelated")
    {
        EACH_CHILD(part, package, MIME_NS, "part")
        {
            if (child_of(part, NULL, soap, "body"))
                return part;
        }
    }
    return direction;
}

// The media type of a part that travels as an attachment, the first of those allowed; NULL: in the
// envelope.
static const char *attachment_type(const struct reader *reader, const xmlNode *direction,
                                   const char *part)
{
    EACH_CHILD(package, direction, MIME_NS, "multipartRelated")
    {
        EACH_CHILD(mime, package, MIME_NS, "part")
        {
            EACH_CHILD(content, mime, MIME_NS, "content")
            {
                if (!attribute_is(content, "part", part))
                    continue;
                const char *type = attribute_of(reader, content, "type");
                return *type ? type : "*/*";
            }
        }
    }
    return NULL;
}

static bool is_header_of(const struct reader *reader, const xmlNode *holder, const char *soap,
                         const xmlNode *message, const char *part)
{
    EACH_CHILD(header, holder, soap, "header")
    {
        if (wsdl_top(reader, "message", header, "message") == message &&
            attribute_is(header, "part", part))
            return true;
    }
    return false;
}

// What was said of the parts in the body: some of them, or all that are not elsewhere.
static bool is_in_body(const struct reader *reader, const xmlNode *holder, const char *soap,
                       const xmlNode *message, const char *part)
{
    const xmlNode *body = child_of(holder, NULL, soap, "body");
    if (has_attribute(body, "parts") && *attribute_of(reader, body, "parts"))
        return is_listed(attribute_of(reader, body, "parts"), part);
    return !has_attribute(body, "parts") && !is_header_of(reader, holder, soap, message, part);
}

// A part in the body is an element in document style, in rpc an element named after the part that
// has a type.
static bool fit_style(struct reader *reader, struct part *part, bool is_rpc, bool is_encoded)
{
    if (part->mime || is_rpc != part->is_element)
        return true;
    if (is_rpc && is_encoded && part->component) {
        take_type(reader, part);
        return true;
    }
    return is_rpc ? wrap_element(reader, part) : name_part(reader, part, "");
}

static bool read_parts(struct reader *reader, const xmlNode *message, const struct binding *binding,
                       struct message *ret, const char **ret_why)
{
    const xmlNode *holder = body_holder(binding->direction, binding->soap);
    EACH_CHILD(node, message, WSDL_NS, "part")
    {
        const char *name = attribute_of(reader, node, "name");
        const char *mime = attachment_type(reader, binding->direction, name);
        if (ret->count == MAX_PARTS ||
            (!mime && !is_in_body(reader, holder, binding->soap, message, name)))
            continue;
        struct part *part = &ret->parts[ret->count];
        if (!read_part(reader, node, part, ret_why))
            return false;
        part->mime = mime;
        if (mime)
            reader_note(reader, node, "part %s is an attachment of type %s and not in the envelope",
                        name, mime);
        if (!fit_style(reader, part, binding->is_rpc, ret->is_encoded)) {
            *ret_why = arena_printf(reader->arena, "%s: part \"%.100s\" cannot be an element",
                                    reader_place(reader, node), name);
            return false;
        }
        ret->count++;
    }
    return true;
}

static xmlNode *part_of(const xmlNode *message, const char *name)
{
    xmlNode *found = NULL;
    EACH_CHILD(part, message, WSDL_NS, "part")
    {
        if (attribute_is(part, "name", name))
            found = part;
    }
    return found;
}

static bool read_header(struct reader *reader, const xmlNode *header, struct part *ret)
{
    const char *name = attribute_of(reader, header, "part");
    const xmlNode *message = wsdl_top(reader, "message", header, "message");
    const xmlNode *part = part_of(message, name);
    const char *why = "its message or part is defined nowhere";
    if (!part || !read_part(reader, part, ret, &why)) {
        reader_note(reader, header, "header %s is left out: %s", name, why);
        return false;
    }
    return ret->is_element || name_part(reader, ret, attribute_of(reader, header, "namespace"));
}

static void read_headers(struct reader *reader, const struct binding *binding, struct message *ret)
{
    const xmlNode *holder = body_holder(binding->direction, binding->soap);
    ret->headers = arena_alloc(reader->arena, MAX_PARTS * sizeof(struct part));
    EACH_CHILD(header, holder, binding->soap, "header")
    {
        struct part *part = &ret->headers[ret->header_count];
        if (ret->header_count == MAX_PARTS || !read_header(reader, header, part))
            continue;
        bool is_new = true;
        for (size_t i = 0; i < ret->header_count; i++)
            is_new = is_new && (strcmp(ret->headers[i].of.name, part->of.name) != 0 ||
                                strcmp(ret->headers[i].of.namespace, part->of.namespace) != 0);
        ret->header_count += is_new;
    }
}

bool message_read(struct reader *reader, const xmlNode *abstract, const struct binding *binding,
                  struct message *ret, const char **ret_why)
{
    const xmlNode *body =
        child_of(body_holder(binding->direction, binding->soap), NULL, binding->soap, "body");
    const char *use = attribute_of(reader, body, "use");
    bool is_encoded = strcmp(use, "encoded") == 0;
    if (*use && !is_encoded && strcmp(use, "literal") != 0)
        reader_note(reader, body, "use=\"%s\" is taken as literal", use);
    *ret = (struct message){.is_encoded = is_encoded,
                            .parts = arena_alloc(reader->arena, MAX_PARTS * sizeof(struct part))};
    if (binding->is_rpc && *attribute_of(reader, body, "namespace"))
        ret->namespace = attribute_of(reader, body, "namespace");
    const xmlNode *message = wsdl_top(reader, "message", abstract, "message");
    if (abstract && !message) {
        *ret_why =
            arena_printf(reader->arena, "%s: message %s is defined nowhere",
                         reader_place(reader, abstract), attribute_of(reader, abstract, "message"));
        return false;
    }
    if (!read_parts(reader, message, binding, ret, ret_why))
        return false;
    read_headers(reader, binding, ret);
    return true;
}

bool message_guess(struct reader *reader, const char *namespace, const char *name,
                   struct message *ret)
{
    struct qname of = {.namespace = namespace, .name = name, .is_bound = true};
    if (!schemas_find(reader, KIND_ELEMENT, of) && !declare_open_element(reader, of))
        return false;
    struct part *part = arena_alloc(reader->arena, sizeof(*part));
    *part = (struct part){.name = "body",
                          .of = of,
                          .is_element = true,
                          .component = schemas_find(reader, KIND_ELEMENT, of)};
    *ret = (struct message){.parts = part, .count = 1};
    return true;
}

// --- faults ---

static const xmlNode *bound_fault(const xmlNode *bound, const char *soap, const char *name)
{
    EACH_CHILD(fault, bound, WSDL_NS, "fault")
    {
        if (attribute_is(fault, "name", name))
            return child_of(fault, NULL, soap, "fault");
    }
    return NULL;
}

void faults_read(struct reader *reader, const xmlNode *abstract, const xmlNode *bound,
                 const char *soap, struct part **ret, size_t *ret_count)
{
    *ret = arena_alloc(reader->arena, MAX_PARTS * sizeof(struct part));
    *ret_count = 0;
    EACH_CHILD(fault, abstract, WSDL_NS, "fault")
    {
        if (*ret_count == MAX_PARTS)
            return;
        const char *name = attribute_of(reader, fault, "name"), *why;
        const xmlNode *message = wsdl_top(reader, "message", fault, "message");
        const xmlNode *node = child_of(message, NULL, WSDL_NS, "part");
        struct part part = {.of = {.namespace = "", .name = ""}};
        if (node && read_part(reader, node, &part, &why) && !part.is_element &&
            !name_part(reader, &part,
                       attribute_of(reader, bound_fault(bound, soap, name), "namespace")))
            return;
        part.name = name;
        (*ret)[(*ret_count)++] = part;
    }
}

// --- what the module tells of them ---

static struct soap_module_name name_facts(const struct part *part)
{
    bool is_known = part->is_element || part->component || schemas_is_written(part->of.namespace);
    if (is_known)
        return (struct soap_module_name){part->of.namespace, part->of.name};
    return (struct soap_module_name){XSD_NS, "anyType"};
}

static const struct soap_module_part *part_facts(struct arena *arena, const struct part *parts,
                                                 size_t count)
{
    struct soap_module_part *facts = arena_alloc(arena, (count + 1) * sizeof(*facts));
    for (size_t i = 0; i < count; i++)
        facts[i] = (struct soap_module_part){.name = parts[i].name,
                                             .of = name_facts(&parts[i]),
                                             .is_element = parts[i].is_element,
                                             .mime = parts[i].mime ? parts[i].mime : ""};
    return facts;
}

struct soap_module_message message_facts(struct arena *arena, const struct message *message,
                                         const char *wrapper)
{
    const char *namespace = message->namespace && *wrapper ? message->namespace : "";
    return (struct soap_module_message){
        .wrapper = {namespace, wrapper},
        .is_encoded = message->is_encoded,
        .parts = part_facts(arena, message->parts, message->count),
        .part_count = message->count,
        .headers = part_facts(arena, message->headers, message->header_count),
        .header_count = message->header_count,
    };
}

const struct soap_module_detail *detail_facts(struct arena *arena, const struct part *faults,
                                              size_t count)
{
    struct soap_module_detail *facts = arena_alloc(arena, (count + 1) * sizeof(*facts));
    for (size_t i = 0; i < count; i++)
        facts[i] = (struct soap_module_detail){
            .name = faults[i].name, .element = {faults[i].of.namespace, faults[i].of.name}};
    return facts;
}

// --- what the texts need and gSOAP does not ---

static void want_element(struct reader *reader, struct qname name)
{
    struct component *component = schemas_find(reader, KIND_ELEMENT, name);
    if (!component)
        return;
    schemas_link_one(reader, component);
    schemas_want(reader, component, WANT_TEXTS);
}

// gSOAP knows elements that the texts do not; there they hold anything.
static bool supply_elements(struct reader *reader, const struct soap_module_part *parts,
                            size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct qname name = {.namespace = parts[i].of.namespace, .name = parts[i].of.local};
        if (!parts[i].is_element || schemas_find(reader, KIND_ELEMENT, name))
            continue;
        if (!declare_open_element(reader, name))
            return false;
        want_element(reader, name);
    }
    return true;
}

// Whether the parts can be the elements of one type.
static bool are_distinct(const struct soap_module_message *message)
{
    for (size_t i = 0; i < message->part_count; i++) {
        if (xmlValidateNCName((const xmlChar *)message->parts[i].name, 0) != 0)
            return false;
        for (size_t j = 0; j < i; j++) {
            if (strcmp(message->parts[i].name, message->parts[j].name) == 0)
                return false;
        }
    }
    return true;
}

static void write_wrapper(struct buf *out, struct reader *reader,
                          const struct soap_module_message *message)
{
    buf_printf(out, "<xs:complexType><xs:all>");
    for (size_t i = 0; i < message->part_count; i++) {
        const struct soap_module_part *part = &message->parts[i];
        if (*part->mime)
            continue;
        buf_printf(out,
                   "<xs:element name=\"%s\" minOccurs=\"0\" nillable=\"true\"%s type=\"%s%s\"/>",
                   part->name, declaration(reader, "t", part->of.namespace),
                   *part->of.namespace ? "t:" : "", escaped(reader, part->of.local));
    }
    buf_printf(out, "</xs:all></xs:complexType>");
}

// The element around the parts of an rpc call is in no schema; the gateway checks it by one of
// ours.
static bool supply_wrapper(struct reader *reader, const struct soap_module_message *message,
                           const char *direction, size_t index)
{
    if (!*message->wrapper.local || message->is_encoded)
        return true;
    struct qname name = {.namespace = SOAP_MODULE_RPC_NAMESPACE,
                         .name = arena_printf(reader->arena, "%s.%zu", direction, index)};
    AUTO_BUF struct buf text;
    buf_init(&text, MAX_FILE_BYTES);
    buf_printf(&text,
               "<xs:schema xmlns:xs='" XSD_NS "' targetNamespace='%s'><xs:element name='%s'>",
               name.namespace, name.name);
    if (are_distinct(message))
        write_wrapper(&text, reader, message);
    buf_printf(&text, "</xs:element></xs:schema>");
    if (!schemas_add_text(reader, arena_copy(reader->arena, buf_str(&text)).data))
        return false;
    want_element(reader, name);
    return true;
}

static bool supply_message(struct reader *reader, const struct soap_module_message *message)
{
    return supply_elements(reader, message->parts, message->part_count) &&
           supply_elements(reader, message->headers, message->header_count);
}

bool messages_supply(struct reader *reader, const struct soap_module_operation *facts, size_t index)
{
    for (size_t i = 0; i < facts->fault_count; i++) {
        const struct soap_module_part part = {.of = facts->faults[i].element,
                                              .is_element = *facts->faults[i].element.local};
        if (!supply_elements(reader, &part, 1))
            return false;
    }
    return supply_message(reader, &facts->input) && supply_message(reader, &facts->output) &&
           supply_wrapper(reader, &facts->input, "in", index) &&
           supply_wrapper(reader, &facts->output, "out", index);
}
