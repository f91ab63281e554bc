// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a WSDL says of WS-Addressing: the action of an operation's input, and whether a port takes
// such headers, by a marker or by a policy. Policies are searched for that one word and not
// understood.

#include "bind_wsdl.h"

#define METADATA_NS "http://www.w3.org/2007/05/addressing/metadata"

// Those that are seen: the recommendation, its drafts, the submission.
static const char *const action_spaces[] = {METADATA_NS,
                                            "http://www.w3.org/2007/02/addressing/metadata",
                                            "http://www.w3.org/2006/05/addressing/wsdl",
                                            "http://www.w3.org/2006/02/addressing/wsdl",
                                            "http://www.w3.org/2005/08/addressing",
                                            "http://schemas.xmlsoap.org/ws/2004/08/addressing"};

static const char *given_action(const struct reader *reader, const xmlNode *input)
{
    for (size_t i = 0; input && i < COUNT_OF(action_spaces); i++) {
        xmlChar *value =
            xmlGetNsProp(input, (const xmlChar *)"Action", (const xmlChar *)action_spaces[i]);
        struct str trimmed = str_trim(str_from((const char *)value));
        const char *action = arena_copy(reader->arena, trimmed).data;
        xmlFree(value);
        if (*action)
            return action;
    }
    return NULL;
}

// [target namespace][delimiter][port type name][delimiter][input name]
static const char *default_action(const struct reader *reader, const xmlNode *abstract,
                                  const xmlNode *input)
{
    const char *target = wsdl_target(reader, abstract);
    const char *delimiter = strncmp(target, "urn:", 4) == 0 ? ":" : "/";
    size_t len = strlen(target);
    bool is_ended = len && target[len - 1] == *delimiter;
    const char *name = attribute_of(reader, input, "name");
    if (!*name) {
        bool is_one_way = !child_of(abstract, NULL, WSDL_NS, "output");
        name = arena_printf(reader->arena, "%s%s", attribute_of(reader, abstract, "name"),
                            is_one_way ? "" : "Request");
    }
    return arena_printf(reader->arena, "%s%s%s%s%s", target, is_ended ? "" : delimiter,
                        attribute_of(reader, abstract->parent, "name"), delimiter, name);
}

const char *addressing_action(const struct reader *reader, const xmlNode *abstract,
                              const char *soap_action)
{
    const xmlNode *input = child_of(abstract, NULL, WSDL_NS, "input");
    const char *given = given_action(reader, input);
    if (given)
        return given;
    return *soap_action || !abstract ? soap_action : default_action(reader, abstract, input);
}

static bool holds_marker(const xmlNode *node)
{
    if (node->type != XML_ELEMENT_NODE)
        return false;
    if (strcmp((const char *)node->name, "UsingAddressing") == 0 ||
        is_node(node, METADATA_NS, "Addressing"))
        return true;
    for (const xmlNode *child = node->children; child; child = child->next) {
        if (holds_marker(child))
            return true;
    }
    return false;
}

// The policy of that wsu:Id or Name below `node`.
static const xmlNode *find_policy(const xmlNode *node, const char *id)
{
    if (node->type != XML_ELEMENT_NODE)
        return NULL;
    if (strcmp((const char *)node->name, "Policy") == 0) {
        for (const xmlAttr *attr = node->properties; attr; attr = attr->next) {
            xmlChar *value = xmlNodeListGetString(node->doc, attr->children, 1);
            bool is_same = value && strcmp((const char *)value, id) == 0;
            xmlFree(value);
            if (is_same)
                return node;
        }
    }
    for (const xmlNode *child = node->children; child; child = child->next) {
        const xmlNode *found = find_policy(child, id);
        if (found)
            return found;
    }
    return NULL;
}

static bool refers_to_marker(const struct reader *reader, const xmlNode *reference)
{
    const char *id = strchr(attribute_of(reader, reference, "URI"), '#');
    for (size_t i = 0; id && i < reader->file_count; i++) {
        const xmlNode *policy = find_policy(xmlDocGetRootElement(reader->files[i].doc), id + 1);
        if (policy && holds_marker(policy))
            return true;
    }
    return false;
}

static bool says_addressing(const struct reader *reader, const xmlNode *node)
{
    if (holds_marker(node))
        return true;
    for (const xmlNode *child = node->children; child; child = child->next) {
        if (child->type == XML_ELEMENT_NODE &&
            strcmp((const char *)child->name, "PolicyReference") == 0 &&
            refers_to_marker(reader, child))
            return true;
    }
    return false;
}

bool addressing_is_used(const struct reader *reader, const xmlNode *port, const xmlNode *binding)
{
    return says_addressing(reader, port) || says_addressing(reader, binding);
}
