// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads a WSDL: its SOAP ports, their operations, and what each puts on the wire. Knows nothing of
// gSOAP or C. An operation that cannot be known whole, because a name it needs is defined nowhere,
// is left out with a note and the others stay; only a WSDL with none left fails.

#include "bind_wsdl.h"
#include "bind_schema.h"

#include <stdio.h>

struct ports {
    struct reader *reader;
    struct wsdl *wsdl;
    const char *only;
    struct call *calls;
    const char **keys;      // of the calls: two with one key look alike on the wire
    const char *first_loss; // why the first operation was left out
    size_t part_types;      // made for parts that the schemas have no name for
};

// --- files ---

static bool read_wsdl_files(struct reader *reader, struct reader_file *file)
{
    xmlNode *root = xmlDocGetRootElement(file->doc);
    if (file->is_wsdl)
        return true;
    if (is_node(root, XSD_NS, "schema") && reader->file_count > 1)
        return schemas_add(reader, root, NULL);
    if (!is_node(root, WSDL_NS, "definitions")) {
        bool is_2_0 =
            root->ns && strcmp((const char *)root->ns->href, "http://www.w3.org/ns/wsdl") == 0;
        return err_set(reader->err, ERR_INVALID, "%s: not a WSDL 1.1: %s<%s>",
                       reader_place(reader, root),
                       is_2_0 ? "WSDL 2.0 is not supported, ask for the 1.1; the root is "
                              : "the root element is ",
                       (const char *)root->name);
    }
    file->is_wsdl = true;
    EACH_CHILD(import, root, WSDL_NS, "import")
    {
        struct reader_file *imported =
            reader_follow(reader, import, attribute_of(reader, import, "location"));
        if (imported && !read_wsdl_files(reader, imported))
            return false;
    }
    return true;
}

static bool read_types(struct reader *reader)
{
    for (size_t i = 0; i < reader->file_count; i++) {
        if (!reader->files[i].is_wsdl)
            continue;
        EACH_CHILD(types, xmlDocGetRootElement(reader->files[i].doc), WSDL_NS, "types")
        {
            EACH_CHILD(schema, types, XSD_NS, "schema")
            {
                if (!schemas_add(reader, schema, NULL))
                    return false;
            }
        }
    }
    return true;
}

static const char *target_of(const struct reader *reader, const xmlNode *node)
{
    return attribute_of(reader, xmlDocGetRootElement(node->doc), "targetNamespace");
}

// A top-level element of any of the WSDLs: that of the namespace, else any of the local name,
// because prefixes are often wrong there and a wrong one harms nobody.
static xmlNode *find_top(const struct reader *reader, const char *element, const xmlNode *from,
                         const char *attribute)
{
    const char *text = attribute_of(reader, from, attribute);
    if (!*text)
        return NULL;
    struct qname name = qname_of(reader, from, text);
    xmlNode *near = NULL;
    for (size_t i = 0; i < reader->file_count; i++) {
        if (!reader->files[i].is_wsdl)
            continue;
        EACH_CHILD(node, xmlDocGetRootElement(reader->files[i].doc), WSDL_NS, element)
        {
            if (strcmp(attribute_of(reader, node, "name"), name.name) != 0)
                continue;
            if (strcmp(target_of(reader, node), name.namespace) == 0)
                return node;
            near = near ? near : node;
        }
    }
    return near;
}

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

// A part whose element or type is defined nowhere may hold anything.
static bool open_part(struct ports *ports, const xmlNode *node, struct part *part)
{
    struct reader *reader = ports->reader;
    reader_note(reader, node, "%s {%s}%s is defined nowhere: what stands there passes unchecked",
                part->is_element ? "element" : "type", part->of.namespace, part->of.name);
    if (!part->is_element) {
        part->of = (struct qname){.namespace = XSD_NS, .name = "anyType", .is_bound = true};
        return true;
    }
    const char *text = arena_printf(reader->arena,
                                    "<xs:schema xmlns:xs='" XSD_NS
                                    "' targetNamespace=\"%s\"><xs:element name='%s'/></xs:schema>",
                                    escaped(reader, part->of.namespace), part->of.name);
    if (!schemas_add_text(reader, text))
        return false;
    part->component = schemas_find(reader, KIND_ELEMENT, part->of);
    return true;
}

// Whether the part can be known; if not, `ret_why` says why not.
static bool read_part(struct ports *ports, const xmlNode *node, struct part *ret,
                      const char **ret_why)
{
    struct reader *reader = ports->reader;
    bool is_element = has_attribute(node, "element");
    enum component_kind kind = is_element ? KIND_ELEMENT : KIND_TYPE;
    const char *text = attribute_of(reader, node, is_element ? "element" : "type");
    struct part part = {.name = attribute_of(reader, node, "name"), .is_element = is_element};
    part.of = qname_of(reader, node, text);
    part.component = schemas_find(reader, kind, part.of);
    if (!part.component && (part.of.is_plain || !part.of.is_bound)) {
        struct qname own = part.of;
        own.namespace = target_of(reader, node);
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
        return open_part(ports, node, ret);
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

// rpc puts each part into an element named after it; what a part with element= has inside that one
// is the element, says WSDL 1.1. gSOAP needs a type for it.
static bool wrap_element(struct ports *ports, struct part *part)
{
    struct reader *reader = ports->reader;
    struct qname type = {.namespace = "urn:switchhook:parts",
                         .name = arena_printf(reader->arena, "Part%zu", ++ports->part_types)};
    const char *text = arena_printf(
        reader->arena,
        "<xs:schema xmlns:xs='" XSD_NS "'%s targetNamespace='%s'><xs:complexType name='%s'>"
        "<xs:sequence><xs:element ref='%s%s'/></xs:sequence></xs:complexType></xs:schema>",
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

// A header block needs an element; one given by its type is named after the part.
static bool name_header(struct ports *ports, struct part *part, const char *namespace)
{
    struct reader *reader = ports->reader;
    struct qname name = {.namespace = namespace, .name = part->name};
    if (!schemas_find(reader, KIND_ELEMENT, name)) {
        const char *text = arena_printf(
            reader->arena,
            "<xs:schema xmlns:xs='" XSD_NS "'%s targetNamespace=\"%s\"><xs:element name='%s' "
            "type='%s%s'/></xs:schema>",
            declaration(reader, "t", part->of.namespace), escaped(reader, namespace), part->name,
            *part->of.namespace ? "t:" : "", part->of.name);
        if (!schemas_add_text(reader, text))
            return false;
        schemas_link_one(reader, schemas_find(reader, KIND_ELEMENT, name));
    }
    part->of = name;
    part->is_element = true;
    part->component = schemas_find(reader, KIND_ELEMENT, name);
    return true;
}

// --- messages ---

// The soap: child of an input or output, also inside a MIME package.
static xmlNode *soap_child(const xmlNode *direction, const char *soap, const char *name)
{
    xmlNode *found = child_of(direction, NULL, soap, name);
    if (found || !direction)
        return found;
    EACH_CHILD(package, direction, MIME_NS, "multipartRelated")
    {
        EACH_CHILD(part, package, MIME_NS, "part")
        {
            found = child_of(part, NULL, soap, name);
            if (found)
                return found;
        }
    }
    return NULL;
}

static bool is_attachment(const struct reader *reader, const xmlNode *direction, const char *part)
{
    EACH_CHILD(package, direction, MIME_NS, "multipartRelated")
    {
        EACH_CHILD(mime, package, MIME_NS, "part")
        {
            EACH_CHILD(content, mime, MIME_NS, "content")
            {
                if (strcmp(attribute_of(reader, content, "part"), part) == 0)
                    return true;
            }
        }
    }
    return false;
}

static bool is_header_of(const struct reader *reader, const xmlNode *direction, const char *soap,
                         const xmlNode *message, const char *part)
{
    EACH_CHILD(header, direction, soap, "header")
    {
        if (find_top(reader, "message", header, "message") == message &&
            strcmp(attribute_of(reader, header, "part"), part) == 0)
            return true;
    }
    return false;
}

// What was said of the parts in the body: some of them, or all that are not elsewhere.
static bool is_in_body(struct ports *ports, const xmlNode *direction, const char *soap,
                       const xmlNode *message, const xmlNode *part)
{
    struct reader *reader = ports->reader;
    const char *name = attribute_of(reader, part, "name");
    const xmlNode *body = soap_child(direction, soap, "body");
    if (is_attachment(reader, direction, name)) {
        reader_note(reader, part, "part %s is an attachment and not in the envelope", name);
        return false;
    }
    if (has_attribute(body, "parts") && *attribute_of(reader, body, "parts"))
        return is_listed(attribute_of(reader, body, "parts"), name);
    return !has_attribute(body, "parts") && !is_header_of(reader, direction, soap, message, name);
}

static bool read_message(struct ports *ports, const xmlNode *abstract, const xmlNode *direction,
                         const char *soap, const char *style, struct message *ret,
                         const char **ret_why)
{
    struct reader *reader = ports->reader;
    const xmlNode *body = soap_child(direction, soap, "body");
    const char *use = attribute_of(reader, body, "use");
    bool is_encoded = strcmp(use, "encoded") == 0, is_rpc = strcmp(style, "rpc") == 0;
    if (*use && !is_encoded && strcmp(use, "literal") != 0)
        reader_note(reader, body, "use=\"%s\" is taken as literal", use);
    *ret = (struct message){.use = is_encoded ? "encoded" : "literal",
                            .encoding = is_encoded ? SOAPENC_NS : "",
                            .parts = arena_alloc(reader->arena, MAX_PARTS * sizeof(struct part))};
    if (is_rpc && *attribute_of(reader, body, "namespace"))
        ret->namespace = attribute_of(reader, body, "namespace");
    xmlNode *message = find_top(reader, "message", abstract, "message");
    if (abstract && !message) {
        *ret_why =
            arena_printf(reader->arena, "%s: message %s is defined nowhere",
                         reader_place(reader, abstract), attribute_of(reader, abstract, "message"));
        return false;
    }
    EACH_CHILD(node, message, WSDL_NS, "part")
    {
        if (!is_in_body(ports, direction, soap, message, node) || ret->count == MAX_PARTS)
            continue;
        struct part *part = &ret->parts[ret->count];
        if (!read_part(ports, node, part, ret_why))
            return false;
        if (is_rpc && part->is_element && !wrap_element(ports, part))
            return false;
        ret->count++;
    }
    return true;
}

static bool read_header(struct ports *ports, const xmlNode *header, struct part *ret)
{
    struct reader *reader = ports->reader;
    const char *name = attribute_of(reader, header, "part");
    xmlNode *message = find_top(reader, "message", header, "message"), *found = NULL;
    EACH_CHILD(part, message, WSDL_NS, "part")
    {
        if (strcmp(attribute_of(reader, part, "name"), name) == 0)
            found = part;
    }
    const char *why = "its message or part is defined nowhere";
    if (!found || !read_part(ports, found, ret, &why)) {
        reader_note(reader, header, "header %s is left out: %s", name, why);
        return false;
    }
    const char *namespace = attribute_of(reader, header, "namespace");
    return ret->is_element || name_header(ports, ret, namespace);
}

static void read_headers(struct ports *ports, const xmlNode *direction, const char *soap,
                         struct call *call)
{
    call->headers = arena_alloc(ports->reader->arena, MAX_PARTS * sizeof(struct part));
    call->header_use = "literal";
    EACH_CHILD(header, direction, soap, "header")
    {
        struct part *part = &call->headers[call->header_count];
        if (call->header_count == MAX_PARTS || !read_header(ports, header, part))
            continue;
        bool is_new = true;
        for (size_t i = 0; i < call->header_count; i++)
            is_new = is_new && (strcmp(call->headers[i].of.name, part->of.name) != 0 ||
                                strcmp(call->headers[i].of.namespace, part->of.namespace) != 0);
        if (!is_new)
            continue;
        part->name = arena_printf(ports->reader->arena, "h%zu", call->header_count);
        call->header_count++;
    }
}

// --- calls ---

static void key_message(struct buf *key, const char *title, const struct message *message)
{
    buf_printf(key, "|%s %s %s", title, message->use,
               message->namespace ? message->namespace : "-");
    for (size_t i = 0; i < message->count; i++)
        buf_printf(key, " %s=%d{%s}%s", message->parts[i].name, message->parts[i].is_element,
                   message->parts[i].of.namespace, message->parts[i].of.name);
}

static const char *key_of(struct arena *arena, const struct call *call)
{
    AUTO_BUF struct buf key;
    buf_init(&key, 1 << 20);
    buf_printf(&key, "%s %s", call->name, call->style);
    key_message(&key, "in", &call->input);
    if (call->has_output)
        key_message(&key, "out", &call->output);
    for (size_t i = 0; i < call->header_count; i++)
        buf_printf(&key, " {%s}%s", call->headers[i].of.namespace, call->headers[i].of.name);
    return arena_copy(arena, buf_str(&key)).data;
}

static void want_parts(struct reader *reader, const struct part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (parts[i].component)
            schemas_want(reader, parts[i].component);
        else if (strcmp(parts[i].of.name, "anyType") == 0)
            schemas_want_all(reader);
    }
}

// The index of the call; a new one when none looks like it.
static size_t add_call(struct ports *ports, const struct call *call)
{
    struct wsdl *wsdl = ports->wsdl;
    struct arena *arena = ports->reader->arena;
    const char *key = key_of(arena, call);
    size_t namesakes = 1;
    for (size_t i = 0; i < wsdl->call_count; i++) {
        if (strcmp(ports->keys[i], key) == 0)
            return i;
        namesakes += strcmp(ports->calls[i].name, call->name) == 0;
    }
    const char *suffix = namesakes > 1 ? arena_printf(arena, "Overload%zuOf", namesakes) : "";
    ports->keys[wsdl->call_count] = key;
    ports->calls[wsdl->call_count] = *call;
    wsdl->calls[wsdl->call_count] =
        (struct wsdl_call){.inner = arena_printf(arena, "%s%s", call->name, suffix),
                           .suffix = suffix,
                           .has_output = call->has_output};
    want_parts(ports->reader, call->input.parts, call->input.count);
    want_parts(ports->reader, call->output.parts, call->output.count);
    want_parts(ports->reader, call->headers, call->header_count);
    return wsdl->call_count++;
}

// --- operations ---

struct bound { // an operation of a binding, while it is read
    const xmlNode *node, *port, *binding;
    const char *soap, *name, *style;
    size_t namesakes, position; // among those of the same name in the binding
};

// The portType's operation: by name; overloaded ones by the names of input and output, else by
// order.
static xmlNode *find_abstract(const struct reader *reader, const struct bound *bound)
{
    const xmlNode *port_type = find_top(reader, "portType", bound->binding, "type");
    static const char *const directions[] = {"input", "output"};
    xmlNode *in_order = NULL;
    size_t position = 0;
    EACH_CHILD(node, port_type, WSDL_NS, "operation")
    {
        if (strcmp(attribute_of(reader, node, "name"), bound->name) != 0)
            continue;
        bool is_named = bound->namesakes > 1;
        for (size_t i = 0; i < COUNT_OF(directions); i++) {
            const char *name =
                attribute_of(reader, child_of(bound->node, NULL, WSDL_NS, directions[i]), "name");
            const char *other =
                attribute_of(reader, child_of(node, NULL, WSDL_NS, directions[i]), "name");
            is_named = is_named && (*name || i > 0) && strcmp(name, other) == 0;
        }
        if (is_named)
            return node;
        if (position++ <= bound->position)
            in_order = node;
    }
    return in_order;
}

static const char *shown_name(const struct reader *reader, const struct bound *bound,
                              const xmlNode *abstract)
{
    if (bound->namesakes == 1)
        return bound->name;
    const char *input = attribute_of(reader, child_of(bound->node, NULL, WSDL_NS, "input"), "name");
    if (!*input)
        input = attribute_of(reader, child_of(abstract, NULL, WSDL_NS, "input"), "name");
    return *input ? arena_printf(reader->arena, "%s:%s", bound->name, input)
                  : arena_printf(reader->arena, "%s:%zu", bound->name, bound->position + 1);
}

static bool read_call(struct ports *ports, const struct bound *bound, const xmlNode *abstract,
                      struct call *ret, const char **ret_why)
{
    const xmlNode *input = child_of(abstract, NULL, WSDL_NS, "input");
    const xmlNode *output = child_of(abstract, NULL, WSDL_NS, "output");
    const xmlNode *bound_input = child_of(bound->node, NULL, WSDL_NS, "input");
    *ret = (struct call){.name = bound->name, .style = bound->style, .has_output = output};
    if (!abstract) {
        *ret_why = "the portType does not have it";
        return false;
    }
    if (!input)
        reader_note(ports->reader, bound->node, "operation %s has no input: its body is empty",
                    bound->name);
    if (!read_message(ports, input, bound_input, bound->soap, bound->style, &ret->input, ret_why))
        return false;
    read_headers(ports, bound_input, bound->soap, ret);
    return !output || read_message(ports, output, child_of(bound->node, NULL, WSDL_NS, "output"),
                                   bound->soap, bound->style, &ret->output, ret_why);
}

static void leave_out(struct ports *ports, const struct bound *bound, const char *why)
{
    reader_note(ports->reader, bound->node, "operation %s is left out: %s", bound->name, why);
    if (!ports->first_loss)
        ports->first_loss =
            arena_printf(ports->reader->arena, "%s: operation %s: %s",
                         reader_place(ports->reader, bound->node), bound->name, why);
}

static bool is_chosen(const struct ports *ports, const char *name)
{
    const char *list = ports->only;
    if (!*list)
        return true;
    for (size_t len; *list; list += len + (list[len] == ',')) {
        len = strcspn(list, ",");
        if (strlen(name) == len && strncmp(list, name, len) == 0)
            return true;
    }
    return false;
}

static bool read_operation(struct ports *ports, const struct bound *bound)
{
    struct reader *reader = ports->reader;
    struct wsdl *wsdl = ports->wsdl;
    const xmlNode *abstract = find_abstract(reader, bound);
    const char *name = shown_name(reader, bound, abstract);
    if (!is_chosen(ports, name) && !is_chosen(ports, bound->name))
        return true;
    struct call call;
    const char *why = NULL;
    if (!read_call(ports, bound, abstract, &call, &why)) {
        leave_out(ports, bound, why);
        return true;
    }
    if (wsdl->operation_count == MAX_OPERATIONS)
        return err_set(reader->err, ERR_TOO_LARGE,
                       "%s: more than %d operations; choose some with --operations", wsdl->path,
                       MAX_OPERATIONS);
    bool is_rpc = strcmp(bound->style, "rpc") == 0; // then there is a wrapper even around nothing
    if (is_rpc && !call.input.namespace)
        reader_note(reader, bound->node,
                    "rpc without a namespace in soap:body: the element %s is in none", bound->name);
    const xmlNode *address = child_of(bound->port, NULL, bound->soap, "address");
    wsdl->operations[wsdl->operation_count++] = (struct wsdl_operation){
        .name = name,
        .port = attribute_of(reader, bound->port, "name"),
        .endpoint = attribute_of(reader, address, "location"),
        .action = attribute_of(reader, child_of(bound->node, NULL, bound->soap, "operation"),
                               "soapAction"),
        .style = bound->style,
        .version = strcmp(bound->soap, SOAP12_NS) == 0 ? 12 : 11,
        .is_one_way = !call.has_output || (!is_rpc && call.output.count == 0),
        .call = add_call(ports, &call),
    };
    return true;
}

// --- ports ---

// "rpc" or "document", with a note about anything else.
static const char *style_of(struct reader *reader, const xmlNode *node, const char *usual)
{
    const char *style = attribute_of(reader, node, "style");
    if (!*style)
        return usual;
    if (strcmp(style, "rpc") == 0 || strcmp(style, "document") == 0)
        return style;
    reader_note(reader, node, "style=\"%s\" is taken as document", style);
    return "document";
}

static void count_namesakes(const struct reader *reader, struct bound *bound)
{
    bound->namesakes = bound->position = 0;
    bool is_before = true;
    EACH_CHILD(node, bound->binding, WSDL_NS, "operation")
    {
        is_before = is_before && node != bound->node;
        bool is_same = strcmp(attribute_of(reader, node, "name"), bound->name) == 0;
        bound->namesakes += is_same;
        bound->position += is_same && is_before;
    }
}

// Extensions of a binding say how to talk, not what the envelope holds.
static void note_extensions(struct reader *reader, const xmlNode *binding)
{
    for (const xmlNode *node = binding->children; node; node = node->next) {
        if (node->type != XML_ELEMENT_NODE || !node->ns)
            continue;
        bool is_required = xmlHasNsProp((xmlNode *)node, (const xmlChar *)"required",
                                        (const xmlChar *)WSDL_NS) != NULL;
        if (strncmp((const char *)node->name, "Policy", 6) == 0)
            reader_note(reader, node, "the policy of binding %s is ignored",
                        attribute_of(reader, binding, "name"));
        else if (is_required)
            reader_note(reader, node, "the required extension {%s}%s is ignored",
                        (const char *)node->ns->href, (const char *)node->name);
    }
}

static bool read_port(struct ports *ports, const xmlNode *port, const xmlNode *binding)
{
    struct reader *reader = ports->reader;
    const char *soap = child_of(binding, NULL, SOAP11_NS, "binding") ? SOAP11_NS : SOAP12_NS;
    const xmlNode *facts = child_of(binding, NULL, soap, "binding");
    if (!facts)
        return true;
    const char *transport = attribute_of(reader, facts, "transport");
    if (*transport && !strstr(transport, "http"))
        reader_note(reader, facts, "transport %s is not spoken; only HTTP is", transport);
    note_extensions(reader, binding);
    const char *usual_style = style_of(reader, facts, "document");
    EACH_CHILD(node, binding, WSDL_NS, "operation")
    {
        struct bound bound = {.node = node, .port = port, .binding = binding, .soap = soap};
        bound.name = attribute_of(reader, node, "name");
        bound.style = style_of(reader, child_of(node, NULL, soap, "operation"), usual_style);
        count_namesakes(reader, &bound);
        if (!read_operation(ports, &bound))
            return false;
    }
    return true;
}

// A WSDL may leave the service to another file; what is bound can be called all the same.
static bool read_bindings(struct ports *ports)
{
    struct reader *reader = ports->reader;
    for (size_t i = 0; i < reader->file_count; i++) {
        if (!reader->files[i].is_wsdl)
            continue;
        EACH_CHILD(binding, xmlDocGetRootElement(reader->files[i].doc), WSDL_NS, "binding")
        {
            reader_note(reader, binding, "no service has a port: the binding's name stands for it");
            if (!read_port(ports, binding, binding))
                return false;
        }
    }
    return true;
}

static bool read_ports(struct ports *ports)
{
    const struct reader *reader = ports->reader;
    bool has_service = false;
    for (size_t i = 0; i < reader->file_count; i++) {
        if (!reader->files[i].is_wsdl)
            continue;
        EACH_CHILD(service, xmlDocGetRootElement(reader->files[i].doc), WSDL_NS, "service")
        {
            EACH_CHILD(port, service, WSDL_NS, "port")
            {
                const xmlNode *binding = find_top(reader, "binding", port, "binding");
                has_service = has_service || binding;
                if (binding && !read_port(ports, port, binding))
                    return false;
            }
        }
    }
    return has_service || read_bindings(ports);
}

// A chosen name that nothing has is a mistake, even when others are there.
static bool check_choice(const struct ports *ports)
{
    const struct wsdl *wsdl = ports->wsdl;
    for (const char *at = ports->only; *at;) {
        size_t len = strcspn(at, ",");
        bool is_found = false;
        for (size_t i = 0; i < wsdl->operation_count && !is_found; i++) {
            const char *name = wsdl->operations[i].name;
            is_found = strncmp(name, at, len) == 0 && (!name[len] || name[len] == ':');
        }
        if (!is_found)
            return err_set(ports->reader->err, ERR_NOT_FOUND, "%s: it has no operation %.*s",
                           wsdl->path, (int)len, at);
        at += len + (at[len] == ',');
    }
    return true;
}

static bool read_operations(struct ports *ports)
{
    struct wsdl *wsdl = ports->wsdl;
    struct arena *arena = ports->reader->arena;
    wsdl->operations = arena_alloc(arena, MAX_OPERATIONS * sizeof(*wsdl->operations));
    wsdl->calls = arena_alloc(arena, MAX_OPERATIONS * sizeof(*wsdl->calls));
    ports->calls = arena_alloc(arena, MAX_OPERATIONS * sizeof(*ports->calls));
    ports->keys = arena_alloc(arena, MAX_OPERATIONS * sizeof(*ports->keys));
    if (!read_ports(ports))
        return false;
    if (wsdl->operation_count)
        return check_choice(ports);
    if (ports->first_loss && ports->reader->absent)
        return err_set(ports->reader->err, ERR_INVALID, "%s; %s is not there", ports->first_loss,
                       ports->reader->absent);
    if (ports->first_loss)
        return err_set(ports->reader->err, ERR_INVALID, "%s", ports->first_loss);
    if (*ports->only)
        return check_choice(ports);
    return err_set(ports->reader->err, ERR_INVALID, "%s: it has no SOAP binding with an operation",
                   wsdl->path);
}

static void take_results(struct reader *reader, struct wsdl *wsdl)
{
    schemas_write_texts(reader, &wsdl->schemas, &wsdl->schema_count);
    wsdl->files = arena_alloc(reader->arena, reader->file_count * sizeof(*wsdl->files));
    for (size_t i = 0; i < reader->file_count; i++)
        wsdl->files[wsdl->file_count++] = reader->files[i].path;
    wsdl->notes = reader->notes;
    wsdl->note_count = reader->note_count;
    wsdl->needs_stock_types = schemas_use_stock(reader);
}

bool wsdl_files(struct arena *arena, const char *path, struct wsdl_files *ret, struct err *err)
{
    AUTO_READER struct reader *reader = reader_new(arena, path, err);
    struct reader_file *first = reader_load(reader, path);
    if (!first || !read_wsdl_files(reader, first) || !read_types(reader))
        return false;
    const char **paths = arena_alloc(arena, reader->file_count * sizeof(*paths));
    for (size_t i = 0; i < reader->file_count; i++)
        paths[i] = reader->files[i].path;
    *ret = (struct wsdl_files){.paths = paths,
                               .count = reader->file_count,
                               .imports = reader->imports,
                               .import_count = reader->import_count};
    return true;
}

bool wsdl_read(struct arena *arena, const char *path, const struct wsdl_choice *choice,
               const char *copy_path, struct wsdl *ret, struct err *err)
{
    AUTO_READER struct reader *reader = reader_new(arena, path, err);
    reader->is_open = choice->is_open;
    struct wsdl wsdl = {.arena = arena, .path = path};
    struct ports ports = {.reader = reader, .wsdl = &wsdl, .only = choice->only};
    struct reader_file *first = reader_load(reader, path);
    if (!first || !read_wsdl_files(reader, first) || !read_types(reader))
        return false;
    if (!schemas_link(reader, *choice->only != '\0') || !read_operations(&ports))
        return false;
    const char *target = target_of(reader, xmlDocGetRootElement(first->doc));
    if (strcmp(target, "http://www.w3.org/2001/XMLSchema-instance") == 0)
        target = ""; // taken as a name like any other, but gSOAP would not
    if (copy_path &&
        !copy_write(reader, copy_path, target, ports.calls, wsdl.calls, wsdl.call_count))
        return false;
    take_results(reader, &wsdl);
    *ret = wsdl;
    return true;
}
