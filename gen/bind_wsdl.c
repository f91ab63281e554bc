// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads a WSDL: its SOAP ports and their operations; the messages are bind_message.c's. Knows
// nothing of gSOAP or C. An operation that cannot be known whole, because a name it needs is
// defined nowhere, is left out with a note and the others stay; only a WSDL with none left fails.

#include "bind_wsdl.h"
#include "bind_schema.h"

#include <stdio.h>

enum { MAX_DOCUMENTATION_BYTES = 2000 };

struct ports {
    struct reader *reader;
    struct wsdl *wsdl;
    const char *only;
    struct call *calls;
    const char **keys;      // of the calls: two with one key look alike on the wire
    const char *first_loss; // why the first operation was left out
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

const char *wsdl_target(const struct reader *reader, const xmlNode *node)
{
    return attribute_of(reader, xmlDocGetRootElement(node->doc), "targetNamespace");
}

// That of the namespace, else any of the local name, because prefixes are often wrong there and a
// wrong one harms nobody.
xmlNode *wsdl_top(const struct reader *reader, const char *element, const xmlNode *from,
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
            if (!attribute_is(node, "name", name.name))
                continue;
            if (attribute_is(xmlDocGetRootElement(node->doc), "targetNamespace", name.namespace))
                return node;
            near = near ? near : node;
        }
    }
    return near;
}

// --- calls ---

static void key_message(struct buf *key, const char *title, const struct message *message)
{
    buf_printf(key, "|%s %d %s", title, message->is_encoded,
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
    for (size_t i = 0; i < call->input.header_count; i++)
        buf_printf(&key, " {%s}%s", call->input.headers[i].of.namespace,
                   call->input.headers[i].of.name);
    return arena_copy(arena, buf_str(&key)).data;
}

static void want_parts(struct reader *reader, const struct part *parts, size_t count,
                       enum want want)
{
    for (size_t i = 0; i < count; i++) {
        if (parts[i].component)
            schemas_want(reader, parts[i].component, want);
        else if (strcmp(parts[i].of.name, "anyType") == 0)
            schemas_want_all(reader, want);
    }
}

// gSOAP needs what it writes and reads itself; people are shown the rest, too.
static void want_call(struct reader *reader, const struct call *call)
{
    want_parts(reader, call->input.parts, call->input.count, WANT_ALL);
    want_parts(reader, call->input.headers, call->input.header_count, WANT_ALL);
    want_parts(reader, call->output.parts, call->output.count, WANT_ALL);
    want_parts(reader, call->output.headers, call->output.header_count, WANT_TEXTS);
    want_parts(reader, call->faults, call->fault_count, WANT_TEXTS);
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
    return wsdl->call_count++;
}

// --- operations ---

struct bound { // an operation of a binding, while it is read
    const xmlNode *node, *port, *binding;
    const char *soap, *name, *style;
    size_t namesakes, position; // among those of the same name in the binding
    bool uses_addressing;
};

// The portType's operation: by name; overloaded ones by the names of input and output, else by
// order.
static xmlNode *find_abstract(const struct reader *reader, const struct bound *bound)
{
    const xmlNode *port_type = wsdl_top(reader, "portType", bound->binding, "type");
    static const char *const directions[] = {"input", "output"};
    xmlNode *in_order = NULL;
    size_t position = 0;
    EACH_CHILD(node, port_type, WSDL_NS, "operation")
    {
        if (!attribute_is(node, "name", bound->name))
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

// What the messages of an operation hold is in a file that is not there. In document style they are
// most often one element each, named after the operation; nothing more is known of them.
static bool guess_call(struct ports *ports, const struct bound *bound, struct call *ret,
                       const char *why)
{
    struct reader *reader = ports->reader;
    if (!reader->absent || strcmp(bound->style, "rpc") == 0)
        return false;
    const char *target = wsdl_target(reader, bound->node);
    *ret = (struct call){.name = bound->name, .style = bound->style, .has_output = true};
    if (!message_guess(reader, target, bound->name, &ret->input) ||
        !message_guess(reader, target, arena_printf(reader->arena, "%sResponse", bound->name),
                       &ret->output))
        return false;
    reader_note(reader, bound->node,
                "operation %s: %s, as %s is not there; its body is taken for one element "
                "{%s}%s, which passes unchecked",
                bound->name, why, reader->absent, target, bound->name);
    want_call(reader, ret);
    return true;
}

static bool read_call(struct ports *ports, const struct bound *bound, const xmlNode *abstract,
                      struct call *ret, const char **ret_why)
{
    struct reader *reader = ports->reader;
    const xmlNode *input = child_of(abstract, NULL, WSDL_NS, "input");
    const xmlNode *output = child_of(abstract, NULL, WSDL_NS, "output");
    *ret = (struct call){.name = bound->name, .style = bound->style, .has_output = output};
    if (!abstract) {
        *ret_why = "the portType does not have it";
        return guess_call(ports, bound, ret, *ret_why);
    }
    if (!input)
        reader_note(reader, bound->node, "operation %s has no input: its body is empty",
                    bound->name);
    struct binding binding = {.direction = child_of(bound->node, NULL, WSDL_NS, "input"),
                              .soap = bound->soap,
                              .is_rpc = strcmp(bound->style, "rpc") == 0};
    bool is_read = message_read(reader, input, &binding, &ret->input, ret_why);
    binding.direction = child_of(bound->node, NULL, WSDL_NS, "output");
    is_read = is_read && (!output || message_read(reader, output, &binding, &ret->output, ret_why));
    if (!is_read)
        return guess_call(ports, bound, ret, *ret_why);
    faults_read(reader, abstract, bound->node, bound->soap, &ret->faults, &ret->fault_count);
    want_call(reader, ret);
    return true;
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

// In document style nothing is around the parts.
static const char *wrapper_of(struct arena *arena, const struct call *call, const char *ending)
{
    bool is_rpc = strcmp(call->style, "rpc") == 0;
    return is_rpc ? arena_printf(arena, "%s%s", call->name, ending) : "";
}

static bool has_content(const struct call *call)
{
    bool has = strcmp(call->style, "rpc") == 0; // then there is a wrapper even around nothing
    for (size_t i = 0; i < call->output.count; i++)
        has |= !call->output.parts[i].mime;
    return call->has_output && has;
}

// Of the portType's operation, else of the binding's, in one line.
static const char *documentation_of(const struct reader *reader, const struct bound *bound,
                                    const xmlNode *abstract)
{
    const xmlNode *node = child_of(abstract, NULL, WSDL_NS, "documentation");
    if (!node)
        node = child_of(bound->node, NULL, WSDL_NS, "documentation");
    xmlChar *content = node ? xmlNodeGetContent(node) : NULL;
    AUTO_BUF struct buf text;
    buf_init(&text, MAX_FILE_BYTES);
    for (const char *at = (const char *)content; at && *at;) {
        size_t blank = strspn(at, " \t\r\n"), word = strcspn(at + blank, " \t\r\n");
        if (text.len + word > MAX_DOCUMENTATION_BYTES) {
            buf_printf(&text, " ...");
            break;
        }
        buf_printf(&text, "%s%.*s", text.len && word ? " " : "", (int)word, at + blank);
        at += blank + word;
    }
    xmlFree(content);
    return arena_copy(reader->arena, buf_str(&text)).data;
}

static struct soap_module_operation facts_of(const struct reader *reader, const struct bound *bound,
                                             const xmlNode *abstract, const struct call *call)
{
    struct arena *arena = reader->arena;
    const char *action =
        attribute_of(reader, child_of(bound->node, NULL, bound->soap, "operation"), "soapAction");
    const xmlNode *address = child_of(bound->port, NULL, bound->soap, "address");
    bool is_service = is_node(bound->port->parent, WSDL_NS, "service");
    return (struct soap_module_operation){
        .name = shown_name(reader, bound, abstract),
        .port = attribute_of(reader, bound->port, "name"),
        .service = is_service ? attribute_of(reader, bound->port->parent, "name") : "",
        .documentation = documentation_of(reader, bound, abstract),
        .endpoint = attribute_of(reader, address, "location"),
        .action = action,
        .style = bound->style,
        .version = strcmp(bound->soap, SOAP12_NS) == 0 ? 12 : 11,
        .is_one_way = !has_content(call),
        .input = message_facts(arena, &call->input, wrapper_of(arena, call, "")),
        .output = message_facts(arena, &call->output,
                                call->has_output ? wrapper_of(arena, call, "Response") : ""),
        .faults = detail_facts(arena, call->faults, call->fault_count),
        .fault_count = call->fault_count,
        .addressing_action = addressing_action(reader, abstract, action),
        .uses_addressing = bound->uses_addressing,
    };
}

static void add_unbuilt(struct wsdl *wsdl, const char *name)
{
    for (size_t i = 0; i < wsdl->unbuilt_count; i++) {
        if (strcmp(wsdl->unbuilt[i], name) == 0)
            return; // of another port
    }
    if (wsdl->unbuilt_count < MAX_OPERATIONS)
        wsdl->unbuilt[wsdl->unbuilt_count++] = name;
}

static bool read_operation(struct ports *ports, const struct bound *bound)
{
    struct reader *reader = ports->reader;
    struct wsdl *wsdl = ports->wsdl;
    if (!*bound->name) {
        leave_out(ports, bound, "it has no name");
        return true;
    }
    const xmlNode *abstract = find_abstract(reader, bound);
    const char *shown = shown_name(reader, bound, abstract);
    if (!is_chosen(ports, shown) && !is_chosen(ports, bound->name)) {
        add_unbuilt(wsdl, shown);
        return true;
    }
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
    if (strcmp(bound->style, "rpc") == 0 && !call.input.namespace)
        reader_note(reader, bound->node,
                    "rpc without a namespace in soap:body: the element %s is in none", bound->name);
    wsdl->operations[wsdl->operation_count++] = (struct wsdl_operation){
        .facts = facts_of(reader, bound, abstract, &call), .call = add_call(ports, &call)};
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

static void count_namesakes(struct bound *bound)
{
    bound->namesakes = bound->position = 0;
    bool is_before = true;
    EACH_CHILD(node, bound->binding, WSDL_NS, "operation")
    {
        is_before = is_before && node != bound->node;
        bool is_same = attribute_is(node, "name", bound->name);
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
    bool uses_addressing = addressing_is_used(reader, port, binding);
    EACH_CHILD(node, binding, WSDL_NS, "operation")
    {
        struct bound bound = {.node = node,
                              .port = port,
                              .binding = binding,
                              .soap = soap,
                              .uses_addressing = uses_addressing};
        bound.name = attribute_of(reader, node, "name");
        bound.style = style_of(reader, child_of(node, NULL, soap, "operation"), usual_style);
        count_namesakes(&bound);
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
                const xmlNode *binding = wsdl_top(reader, "binding", port, "binding");
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
            const char *name = wsdl->operations[i].facts.name;
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
    wsdl->unbuilt = arena_alloc(arena, MAX_OPERATIONS * sizeof(*wsdl->unbuilt));
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

static bool take_results(struct reader *reader, struct wsdl *wsdl)
{
    for (size_t i = 0; i < wsdl->operation_count; i++) {
        if (!messages_supply(reader, &wsdl->operations[i].facts, i))
            return false;
    }
    schemas_write_texts(reader, &wsdl->schemas, &wsdl->schema_count);
    wsdl->files = arena_alloc(reader->arena, reader->file_count * sizeof(*wsdl->files));
    for (size_t i = 0; i < reader->file_count; i++)
        wsdl->files[wsdl->file_count++] = reader->files[i].path;
    wsdl->notes = reader->notes;
    wsdl->note_count = reader->note_count;
    wsdl->needs_stock_types = schemas_use_stock(reader);
    return true;
}

bool wsdl_files(struct arena *arena, const char *path, struct wsdl_files *ret, struct err *err)
{
    AUTO_READER struct reader *reader = reader_new(arena, path, err);
    struct reader_file *first = reader_load(reader, path);
    if (!first || !read_wsdl_files(reader, first) || !read_types(reader))
        return false;
    if (reader->import_count == MAX_IMPORTS)
        return err_set(err, ERR_TOO_LARGE, "%s: more than %d imports", path, MAX_IMPORTS - 1);
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
    const char *target = wsdl_target(reader, xmlDocGetRootElement(first->doc));
    if (strcmp(target, "http://www.w3.org/2001/XMLSchema-instance") == 0)
        target = ""; // taken as a name like any other, but gSOAP would not
    if (copy_path &&
        !copy_write(reader, copy_path, target, ports.calls, wsdl.calls, wsdl.call_count))
        return false;
    if (!take_results(reader, &wsdl))
        return false;
    *ret = wsdl;
    return true;
}
