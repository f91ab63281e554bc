// SPDX-License-Identifier: GPL-3.0-or-later
//
// libxml2's XML Schema over the elements of Header and Body. The element around the parts of an rpc
// call is in no schema of the WSDL; gen/ declares one for each operation in a namespace of ours,
// under whose name it is checked. Knows nothing of gSOAP.

#include "edge/soap_check.h"

#include <ctype.h>
#include <libxml/xmlschemas.h>
#include <stdio.h>

struct finding {
    struct err *err;
    const xmlNode *wrapper; // of rpc, NULL in document style
    const char *wrapper_name;
    int code;        // libxml2's; 0: nothing found
    bool is_limited; // something was not judged, because libxml2 cannot
};

// --- sentences ---

// The way to an element from the Body or Header: "SubmitSurveyResult/survey/answer[2]/score".
static void add_path(struct buf *out, const xmlNode *node, const struct finding *finding)
{
    const xmlNode *parent = node->parent;
    if (parent && parent->parent && parent->parent->parent &&
        parent->parent->parent->type == XML_ELEMENT_NODE) {
        add_path(out, parent, finding);
        buf_add_char(out, '/');
    }
    buf_printf(out, "%s",
               node == finding->wrapper ? finding->wrapper_name : (const char *)node->name);
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

// mustUnderstand, actor, role and the like may stand on any header element, encodingStyle anywhere.
static bool is_about_soap_attribute(const xmlError *error)
{
    return error->code == XML_SCHEMAV_CVC_COMPLEX_TYPE_3_2_1 &&
           (strstr(error->message, "attribute '{" SOAP11_NS "}") ||
            strstr(error->message, "attribute '{" SOAP12_NS "}"));
}

// libxml2 holds decimals of 24 digits and calls longer ones invalid, in the words
// "'123...' is not a valid value of the atomic type 'xs:integer'".
struct long_number {
    struct str text;
    bool is_whole;
    struct str type; // "xs:integer"; empty for a type of the WSDL's own
};

static bool read_long_number(const xmlError *error, struct long_number *ret)
{
    enum { MAX_DIGITS = 24 };
    const char *start = strstr(error->message, ": '");
    if (error->code != XML_SCHEMAV_CVC_DATATYPE_VALID_1_2_1 || !start)
        return false;
    start += strlen(": '");
    const char *at = start + (*start == '-' || *start == '+');
    size_t digits = 0, points = 0;
    for (; isdigit((unsigned char)*at) || *at == '.'; at++) {
        digits += *at != '.';
        points += *at == '.';
    }
    static const char before_type[] = "' is not a valid value of the atomic type '";
    bool has_type = strncmp(at, before_type, sizeof(before_type) - 1) == 0;
    const char *type = has_type ? at + sizeof(before_type) - 1 : "";
    *ret = (struct long_number){.text = {start, (size_t)(at - start)},
                                .is_whole = points == 0,
                                .type = {type, strcspn(type, "'")}};
    return *at == '\'' && points <= 1 && digits > MAX_DIGITS;
}

// Of the types of XML Schema itself, those that have no limit.
static bool is_valid_long_number(const struct long_number *number)
{
    bool is_negative = *number->text.data == '-';
    if (str_eq(number->type, STR("xs:decimal")))
        return true;
    if (str_eq(number->type, STR("xs:integer")))
        return number->is_whole;
    if (str_eq(number->type, STR("xs:nonNegativeInteger")) ||
        str_eq(number->type, STR("xs:positiveInteger")))
        return number->is_whole && !is_negative;
    return (str_eq(number->type, STR("xs:nonPositiveInteger")) ||
            str_eq(number->type, STR("xs:negativeInteger"))) &&
           number->is_whole && is_negative;
}

// Blanks where nothing may stand, as people write an element over two lines.
static bool is_about_blanks(const xmlError *error)
{
    const xmlNode *node = error->node;
    return error->code == XML_SCHEMAV_CVC_COMPLEX_TYPE_2_1 && node && node->children &&
           !node->children->next && xmlIsBlankNode(node->children);
}

static void note_finding(void *context, xmlError *error)
{
    struct finding *finding = context;
    if (finding->code || !error->message || is_about_soap_attribute(error) ||
        is_about_blanks(error))
        return;
    struct long_number number;
    if (read_long_number(error, &number) &&
        (number.type.len < 3 || memcmp(number.type.data, "xs:", 3) != 0 ||
         is_valid_long_number(&number))) {
        finding->is_limited |= !is_valid_long_number(&number);
        return;
    }
    finding->code = error->code;
    AUTO_BUF struct buf text;
    buf_init(&text, 4096);
    const xmlNode *node = error->node;
    const char *words = error->message;
    if (node && node->type == XML_ELEMENT_NODE) {
        add_path(&text, node, finding);
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

// --- elements ---

// The code of what libxml2 found first, 0 when the element fits.
static int element_check(const struct soap_checker *checker, xmlNode *node, struct finding *finding)
{
    finding->code = 0;
    xmlSchemaSetValidStructuredErrors(checker->schemas, note_finding, finding);
    if (xmlSchemaValidateOneElement(checker->schemas, node) >= 0)
        return finding->code;
    // A pattern may be such that a value makes libxml2 go back and forth without end; it gives up
    // after a second, and calls that an error of its own.
    err_set(finding->err, ERR_TOO_LARGE,
            "<%s>: a value in it takes too long to check by the WSDL's pattern",
            (const char *)node->name);
    return finding->code = XML_SCHEMAV_INTERNAL;
}

static bool is_rpc(const struct soap_module_operation *facts)
{
    return strcmp(facts->style, "rpc") == 0;
}

static bool is_named(const xmlNode *node, const struct soap_module_name *name)
{
    const char *namespace = node->ns ? (const char *)node->ns->href : "";
    return strcmp((const char *)node->name, name->local) == 0 &&
           strcmp(namespace, name->namespace) == 0;
}

// Under the name that the wrapper has in the schemas, see gen/bind_schema_write.c.
static bool wrapper_check(const struct soap_checker *checker, xmlNode *wrapper,
                          const char *direction, bool *ret_is_judged, struct err *err)
{
    char local[40];
    snprintf(local, sizeof(local), "%s.%zu", direction, checker->operation->index);
    xmlNs *ns = wrapper->ns;
    const xmlChar *name = wrapper->name;
    struct finding finding = {.err = err, .wrapper = wrapper, .wrapper_name = (const char *)name};
    xmlNs own = {.type = XML_LOCAL_NAMESPACE, .href = (const xmlChar *)SOAP_MODULE_RPC_NAMESPACE};
    wrapper->ns = &own;
    wrapper->name = (const xmlChar *)local;
    int code = element_check(checker, wrapper, &finding);
    wrapper->ns = ns;
    wrapper->name = name;
    *ret_is_judged = !finding.is_limited;
    return code == 0;
}

// Each element of a body in document style. What they are is the stub's to judge.
static bool elements_check(const struct soap_checker *checker, xmlNode *first, bool *ret_is_judged,
                           struct err *err)
{
    struct finding finding = {.err = err};
    for (xmlNode *node = first; node; node = xmlNextElementSibling(node)) {
        if (element_check(checker, node, &finding) != 0)
            return false;
    }
    *ret_is_judged = !finding.is_limited;
    return true;
}

// --- whether a body is that of the operation ---

// In document style one element a part, in order.
static bool has_all_elements(xmlNode *first, const struct soap_module_message *message)
{
    xmlNode *node = first;
    for (size_t i = 0; i < message->part_count; i++) {
        if (*message->parts[i].mime)
            continue;
        if (!node || !is_named(node, &message->parts[i].of))
            return false;
        node = xmlNextElementSibling(node);
    }
    return node == NULL;
}

static bool has_part(const xmlNode *wrapper, const char *name)
{
    for (xmlNode *node = xmlFirstElementChild((xmlNode *)wrapper); node;
         node = xmlNextElementSibling(node)) {
        if (!node->ns && strcmp((const char *)node->name, name) == 0)
            return true;
    }
    return false;
}

static bool has_all_parts(const xmlNode *wrapper, const struct soap_module_message *message)
{
    if (!wrapper || !is_named(wrapper, &message->wrapper))
        return false;
    for (size_t i = 0; i < message->part_count; i++) {
        if (!*message->parts[i].mime && !has_part(wrapper, message->parts[i].name))
            return false;
    }
    return true;
}

// --- messages ---

// Whether a header of the body's namespace that the WSDL does not declare is a mistake: not where
// it declares none at all.
static bool is_own_header(const struct soap_module_operation *facts, const xmlNode *node,
                          const xmlNode *content)
{
    bool has_own = !is_rpc(facts) || facts->input.header_count > 0;
    return has_own && node->ns && content && content->ns &&
           xmlStrEqual(node->ns->href, content->ns->href);
}

// Header elements the WSDL does not declare pass (WS-Security), but not in its own namespace.
static bool header_check(const struct soap_checker *checker, const struct soap_envelope *envelope,
                         struct err *err)
{
    const xmlNode *content = xmlFirstElementChild(envelope->body);
    xmlNode *node = envelope->header ? xmlFirstElementChild(envelope->header) : NULL;
    struct finding finding = {.err = err};
    for (; node; node = xmlNextElementSibling(node)) {
        int code = element_check(checker, node, &finding);
        if (code == XML_SCHEMAV_CVC_ELT_1 &&
            !is_own_header(checker->operation->facts, node, content))
            continue;
        if (code != 0)
            return false;
    }
    return true;
}

bool soap_check_request(const struct soap_checker *checker, const struct soap_envelope *envelope,
                        bool *ret_is_proven, struct err *err)
{
    const struct soap_module_operation *facts = checker->operation->facts;
    xmlNode *first = xmlFirstElementChild(envelope->body);
    *ret_is_proven = false;
    if (!checker->schemas)
        return true;
    if (!header_check(checker, envelope, err))
        return false;
    if (facts->input.is_encoded) // no schema says what a SOAP array holds
        return true;
    bool is_judged;
    if (!is_rpc(facts)) {
        if (!elements_check(checker, first, &is_judged, err))
            return false;
        *ret_is_proven = is_judged && has_all_elements(first, &facts->input);
        return true;
    }
    if (!first || !is_named(first, &facts->input.wrapper))
        return true; // the stub says so
    if (!wrapper_check(checker, first, "in", &is_judged, err))
        return false;
    *ret_is_proven = is_judged && has_all_parts(first, &facts->input);
    return true;
}

bool soap_check_reply(const struct soap_checker *checker, const struct soap_envelope *envelope)
{
    const struct soap_module_operation *facts = checker->operation->facts;
    xmlNode *first = xmlFirstElementChild(envelope->body);
    struct err unused;
    bool is_judged = false;
    // Who encodes may name parts as he likes and put values elsewhere; the answer is known by its
    // name.
    if (facts->output.is_encoded)
        return first && strcmp((const char *)first->name, facts->output.wrapper.local) == 0;
    if (!checker->schemas)
        return false;
    if (is_rpc(facts))
        return has_all_parts(first, &facts->output) &&
               wrapper_check(checker, first, "out", &is_judged, &unused) && is_judged;
    return has_all_elements(first, &facts->output) &&
           elements_check(checker, first, &is_judged, &unused) && is_judged;
}
