// SPDX-License-Identifier: GPL-3.0-or-later
//
// Evaluation by libxml2. What surprises: an expression is compiled anew for each evaluation, which
// takes a few microseconds, because libxml2 writes into a compiled one; what is kept is its
// rewritten text, which any thread may read.

#include "edge/soap_document.h"
#include "edge/soap_xpath_text.h"

#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>

enum {
    MAX_STEPS = 2 * 1000 * 1000, // of libxml2's; well under a second
    SHOWN_BYTES = 200,           // a longer value is not shown in part: it may be a secret
    SHOWN_PATHS = 3,
};

struct soap_xpath {
    const char *text;
    struct soap_xpath_text scanned;
    const struct soap_xpath_prefix *prefixes;
    size_t prefix_count;
};

struct soap_xml {
    xmlDoc *doc;
    xmlXPathContext *context;
};

struct problem {
    const char *text; // NULL: none
    int at;           // byte of the expression; 0: not told
};

// libxml2 gives a code and no words here.
static const char *problem_words(int code)
{
    switch (code - XML_XPATH_EXPRESSION_OK) {
    case XPATH_UNFINISHED_LITERAL_ERROR:
    case XPATH_START_LITERAL_ERROR:
        return "a text has no end";
    case XPATH_INVALID_PREDICATE_ERROR:
        return "this is no condition";
    case XPATH_UNCLOSED_ERROR:
        return "a bracket is not closed";
    case XPATH_INVALID_OPERAND:
    case XPATH_INVALID_TYPE:
        return "a value is of a kind that cannot be used there";
    case XPATH_INVALID_ARITY:
        return "a function has too many or too few values";
    case XPATH_OP_LIMIT_EXCEEDED:
        return "it takes too many steps on this document";
    case XPATH_RECURSION_LIMIT_EXCEEDED:
        return "it is nested too deep";
    default:
        return "this is no XPath";
    }
}

static void note_problem(void *data, xmlError *error)
{
    struct problem *problem = data;
    if (!problem->text)
        *problem = (struct problem){problem_words(error->code), error->int1};
}

static void free_object(xmlXPathObject **object)
{
    xmlXPathFreeObject(*object);
}
#define AUTO_OBJECT __attribute__((cleanup(free_object)))

static xmlXPathContext *new_context(xmlDoc *doc)
{
    xmlXPathContext *context = xmlXPathNewContext(doc);
    require(context != NULL);
    context->opLimit = MAX_STEPS;
    context->node = (xmlNode *)doc;
    return context;
}

// NULL when it cannot be compiled or evaluated; then *problem says why.
static xmlXPathObject *evaluate(const struct soap_xpath *xpath, const char *expression,
                                xmlXPathContext *context, struct problem *problem)
{
    *problem = (struct problem){.text = NULL};
    context->error = note_problem;
    context->userData = problem;
    context->opCount = 0;
    xmlXPathRegisteredNsCleanup(context);
    for (size_t i = 0; i < xpath->prefix_count; i++)
        xmlXPathRegisterNs(context, (const xmlChar *)xpath->prefixes[i].prefix,
                           (const xmlChar *)xpath->prefixes[i].namespace);
    xmlXPathCompExpr *compiled = xmlXPathCtxtCompile(context, (const xmlChar *)expression);
    xmlXPathObject *object = compiled ? xmlXPathCompiledEval(compiled, context) : NULL;
    xmlXPathFreeCompExpr(compiled);
    if (!object && !problem->text)
        problem->text = problem_words(XML_XPATH_EXPR_ERROR);
    return object;
}

static bool try_on_nothing(const struct soap_xpath *xpath, struct err *err)
{
    struct problem problem;
    xmlDoc *doc = xmlNewDoc((const xmlChar *)"1.0");
    xmlXPathContext *context = new_context(doc);
    xmlXPathObject *object = evaluate(xpath, xpath->scanned.rewritten, context, &problem);
    bool is_good = object != NULL;
    xmlXPathFreeObject(object);
    xmlXPathFreeContext(context);
    xmlFreeDoc(doc);
    if (is_good)
        return true;
    err_set(err, ERR_INVALID, "%s", problem.text);
    if (!problem.at)
        return false;
    return err_prefix(err, "at character %d",
                      soap_xpath_character(xpath->text, &xpath->scanned, (size_t)problem.at));
}

bool soap_xpath_compile(struct arena *arena, const char *text,
                        const struct soap_xpath_prefix *prefixes, size_t prefix_count,
                        const struct soap_xpath **ret, struct err *err)
{
    struct soap_xpath *xpath = arena_alloc(arena, sizeof(*xpath));
    *xpath = (struct soap_xpath){.text = text, .prefixes = prefixes, .prefix_count = prefix_count};
    if (!soap_xpath_rewrite(arena, text, prefixes, prefix_count, &xpath->scanned, err) ||
        !try_on_nothing(xpath, err))
        return false;
    *ret = xpath;
    return true;
}

void soap_xpath_visit(const struct soap_xpath *xpath, soap_xpath_visit_fn *visit, void *context)
{
    for (size_t i = 0; i < xpath->scanned.name_count; i++)
        visit(context, xpath->scanned.names[i]);
}

bool soap_xml_read(struct soap_codec *codec, struct str text, struct soap_xml **ret,
                   struct err *err)
{
    xmlDoc *doc = NULL;
    if (!soap_document_parse(codec, text, false, &doc, err))
        return false;
    struct soap_xml *xml = mem_alloc(sizeof(*xml));
    *xml = (struct soap_xml){.doc = doc, .context = new_context(doc)};
    *ret = xml;
    return true;
}

void soap_xml_free(struct soap_xml *xml)
{
    if (!xml)
        return;
    xmlXPathFreeContext(xml->context);
    xmlFreeDoc(xml->doc);
    free(xml);
}

bool soap_xpath_holds(const struct soap_xpath *xpath, struct soap_xml *xml, bool *ret,
                      struct err *err)
{
    struct problem problem;
    AUTO_OBJECT xmlXPathObject *object =
        evaluate(xpath, xpath->scanned.rewritten, xml->context, &problem);
    if (!object)
        return err_set(err, ERR_INVALID, "%s: %s", xpath->text, problem.text);
    *ret = xmlXPathCastToBoolean(object);
    return true;
}

// The first of a set in the document's order, or the value of anything else.
static xmlChar *text_of(xmlXPathObject *object)
{
    if (object->type != XPATH_NODESET)
        return xmlXPathCastToString(object);
    if (xmlXPathNodeSetIsEmpty(object->nodesetval))
        return NULL;
    xmlXPathNodeSetSort(object->nodesetval);
    return xmlXPathCastNodeToString(xmlXPathNodeSetItem(object->nodesetval, 0));
}

bool soap_xpath_text(const struct soap_xpath *xpath, struct soap_xml *xml, struct arena *arena,
                     struct str *ret, bool *ret_is_found, struct err *err)
{
    struct problem problem;
    AUTO_OBJECT xmlXPathObject *object =
        evaluate(xpath, xpath->scanned.rewritten, xml->context, &problem);
    if (!object)
        return err_set(err, ERR_INVALID, "%s: %s", xpath->text, problem.text);
    xmlChar *text = text_of(object);
    *ret_is_found = text != NULL;
    *ret = arena_copy(arena, str_trim(str_from((const char *)text)));
    xmlFree(text);
    return true;
}

static void explain_path(struct buf *out, const struct soap_xpath_path *path,
                         xmlXPathObject *object)
{
    xmlChar *content = text_of(object);
    struct str text = str_trim(str_from((const char *)content));
    bool is_set = object->type == XPATH_NODESET && object->nodesetval;
    int count = is_set ? xmlXPathNodeSetGetLength(object->nodesetval) : 1;
    buf_printf(out, "%s%s is ", out->len ? ", " : "", path->text);
    if (!content)
        buf_printf(out, "not there");
    else if (text.len > SHOWN_BYTES)
        buf_printf(out, "a text of %zu bytes", text.len);
    else
        buf_printf(out, "\"%.*s\"", STR_ARG(text));
    if (count > 1)
        buf_printf(out, " (and %d more)", count - 1);
    xmlFree(content);
}

const char *soap_xpath_explain(const struct soap_xpath *xpath, struct soap_xml *xml,
                               struct arena *arena)
{
    AUTO_BUF struct buf out;
    buf_init(&out, 16 * 1024);
    for (size_t i = 0; i < xpath->scanned.path_count && i < SHOWN_PATHS; i++) {
        const struct soap_xpath_path *path = &xpath->scanned.paths[i];
        struct problem problem;
        AUTO_OBJECT xmlXPathObject *object =
            evaluate(xpath, path->rewritten, xml->context, &problem);
        if (object)
            explain_path(&out, path, object);
    }
    return out.len ? arena_copy(arena, buf_str(&out)).data : "";
}
