// SPDX-License-Identifier: GPL-3.0-or-later
//
// Faults: their class by either version's codes, and the detail's values for people. The detail may
// be of any type, declared or not; every text and the number of values have a limit.

#include "edge/soap_fault.h"

#include <ctype.h>
#include <libxml/tree.h>

enum {
    MAX_DETAILS = 32,
    MAX_SUBCODES = 8,
    MAX_DETAIL_BYTES = 1000,
    MAX_FAULT_TEXT_BYTES = 2000,
};

// Both versions' codes in one list: services mix them up.
static enum fault_class fault_class_of(const char *code)
{
    static const struct {
        const char *code;
        enum fault_class class;
    } classes[] = {
        {"Client", FAULT_SENDER},
        {"Sender", FAULT_SENDER},
        {"Server", FAULT_RECEIVER},
        {"Receiver", FAULT_RECEIVER},
        {"VersionMismatch", FAULT_VERSION_MISMATCH},
        {"MustUnderstand", FAULT_MUST_UNDERSTAND},
        {"DataEncodingUnknown", FAULT_DATA_ENCODING},
    };
    size_t len = strcspn(code, "."); // SOAP 1.1: what follows a dot only narrows it
    for (size_t i = 0; i < COUNT_OF(classes); i++) {
        if (strlen(classes[i].code) == len && strncmp(classes[i].code, code, len) == 0)
            return classes[i].class;
    }
    return FAULT_OTHER;
}

static const char *copy_text(struct arena *arena, struct str text, size_t limit)
{
    text = str_trim(text);
    bool is_cut = text.len > limit;
    while (is_cut && limit && ((unsigned char)text.data[limit] & 0xc0) == 0x80)
        limit--; // not within a character
    struct str kept = {text.data, is_cut ? limit : text.len};
    return arena_printf(arena, "%.*s%s", STR_ARG(kept), is_cut ? "..." : "");
}

static const char *node_text(struct arena *arena, const xmlNode *node, size_t limit)
{
    xmlChar *content = node ? xmlNodeGetContent(node) : NULL;
    const char *text = copy_text(arena, str_from((const char *)content), limit);
    xmlFree(content);
    return text;
}

static const char *local_part(struct arena *arena, const char *qname)
{
    struct str name = str_trim(str_from(qname));
    const char *colon = memrchr(name.data, ':', name.len);
    if (colon)
        name = (struct str){colon + 1, name.len - (size_t)(colon + 1 - name.data)};
    return copy_text(arena, name, MAX_DETAIL_BYTES);
}

// The child of that local name: SOAP 1.1 has them in no namespace, and not all services know.
static xmlNode *child_named(const xmlNode *parent, const char *name)
{
    xmlNode *child = parent ? xmlFirstElementChild((xmlNode *)parent) : NULL;
    while (child && strcmp((const char *)child->name, name) != 0)
        child = xmlNextElementSibling(child);
    return child;
}

struct details {
    struct arena *arena;
    struct soap_detail items[MAX_DETAILS];
    size_t count;
};

static void add_leaves(struct details *details, const xmlNode *node)
{
    const xmlNode *child = xmlFirstElementChild((xmlNode *)node);
    if (!child && details->count < MAX_DETAILS)
        details->items[details->count++] = (struct soap_detail){
            .name = copy_text(details->arena, str_from((const char *)node->name), MAX_DETAIL_BYTES),
            .value = node_text(details->arena, node, MAX_DETAIL_BYTES),
        };
    for (; child && details->count < MAX_DETAILS; child = child->next) {
        if (child->type == XML_ELEMENT_NODE)
            add_leaves(details, child);
    }
}

static void read_detail(struct arena *arena, const xmlNode *detail, struct soap_reply *reply)
{
    xmlNode *first = detail ? xmlFirstElementChild((xmlNode *)detail) : NULL;
    if (!detail)
        return;
    struct details *details = arena_alloc(arena, sizeof(*details));
    details->arena = arena;
    if (first || *node_text(arena, detail, 1))
        add_leaves(details, detail);
    if (first)
        reply->detail_name = arena_strdup(arena, (const char *)first->name);
    reply->details = details->items;
    reply->detail_count = details->count;
}

static void read_subcodes(struct arena *arena, const xmlNode *code, struct soap_reply *reply)
{
    const char **subcodes = arena_alloc(arena, MAX_SUBCODES * sizeof(*subcodes));
    for (; reply->fault_subcode_count < MAX_SUBCODES && (code = child_named(code, "Subcode"));)
        subcodes[reply->fault_subcode_count++] =
            local_part(arena, node_text(arena, child_named(code, "Value"), MAX_DETAIL_BYTES));
    reply->fault_subcodes = subcodes;
}

// SOAP 1.2 has a text per language.
static const xmlNode *choose_text(const xmlNode *reason)
{
    const xmlNode *first = child_named(reason, "Text");
    for (const xmlNode *text = first; text; text = xmlNextElementSibling((xmlNode *)text)) {
        xmlChar *language = xmlNodeGetLang(text);
        bool is_english =
            language && strncasecmp((const char *)language, "en", 2) == 0 && !isalpha(language[2]);
        xmlFree(language);
        if (is_english)
            return text;
    }
    return first;
}

void soap_fault_read(struct arena *arena, const xmlNode *fault,
                     const struct soap_module_fault *decoded, struct soap_reply *reply)
{
    const xmlNode *code = child_named(fault, "Code");
    const xmlNode *code_value = code ? child_named(code, "Value") : child_named(fault, "faultcode");
    const xmlNode *text =
        code ? choose_text(child_named(fault, "Reason")) : child_named(fault, "faultstring");
    const char *code_text = node_text(arena, code_value, MAX_DETAIL_BYTES);
    if (decoded && decoded->code)
        code_text = decoded->code;
    if (!text && decoded && decoded->text)
        reply->fault_text = copy_text(arena, str_from(decoded->text), MAX_FAULT_TEXT_BYTES);
    else
        reply->fault_text = node_text(arena, text, MAX_FAULT_TEXT_BYTES);
    reply->is_readable = true;
    reply->fault_code = local_part(arena, code_text);
    reply->fault_class = fault_class_of(reply->fault_code);
    read_subcodes(arena, code, reply);
    read_detail(arena, child_named(fault, code ? "Detail" : "detail"), reply);
}

// --- as data ---

// A name that comes again makes a list.
static void add_value(struct arena *arena, struct json *object, struct str name, struct json *value)
{
    struct json *known = (struct json *)json_get(object, name);
    if (!known) {
        json_set(arena, object, name, value);
        return;
    }
    if (known->kind != JSON_ARRAY) {
        struct json *first = arena_alloc(arena, sizeof(*first));
        *first = *known;
        *known = *json_array(arena);
        json_append(arena, known, first);
    }
    json_append(arena, known, value);
}

static struct json *plain_detail(struct arena *arena, const struct soap_reply *reply)
{
    struct json *values = json_object(arena), *tree = json_object(arena);
    for (size_t i = 0; i < reply->detail_count; i++)
        add_value(arena, values, str_from(reply->details[i].name),
                  json_text(arena, reply->details[i].value));
    if (!reply->detail_count)
        return json_null(arena);
    if (!*reply->detail_name) // a text
        return values;
    json_set(arena, tree, str_from(reply->detail_name), values);
    return tree;
}

const struct json *soap_fault_tree(struct arena *arena, const struct soap_reply *reply,
                                   const struct json *detail)
{
    struct json *tree = json_object(arena), *subcodes = json_array(arena);
    for (size_t i = 0; i < reply->fault_subcode_count; i++)
        json_append(arena, subcodes, json_text(arena, reply->fault_subcodes[i]));
    json_set(arena, tree, STR("code"), json_text(arena, reply->fault_code));
    json_set(arena, tree, STR("subcodes"), subcodes);
    json_set(arena, tree, STR("text"), json_text(arena, reply->fault_text));
    json_set(arena, tree, STR("detail"),
             detail ? (struct json *)detail : plain_detail(arena, reply));
    return tree;
}
