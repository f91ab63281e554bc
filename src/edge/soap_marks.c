// SPDX-License-Identifier: GPL-3.0-or-later
//
// Marks for missing values in XML: an attribute with one goes, an element with one in its own text
// goes with all that is in it, or becomes nil. A mark for "nothing else here" counts only in an
// element without child elements.

#include "edge/soap_document.h"
#include "core/mark.h"

static void doc_cleanup(xmlDoc **doc)
{
    xmlFreeDoc(*doc);
}

static struct str str_of(const xmlChar *text)
{
    return str_from((const char *)text);
}

static void resolve_attributes(struct arena *arena, xmlNode *element)
{
    for (xmlAttr *attribute = element->properties, *next; attribute; attribute = next) {
        next = attribute->next;
        xmlChar *value = xmlNodeListGetString(element->doc, attribute->children, 1);
        struct str text = str_of(value), kept;
        if (mark_judge(arena, text, &kept) != MARK_KEEPS)
            xmlRemoveProp(attribute);
        else if (kept.len < text.len)
            xmlSetNsProp(element, attribute->ns, attribute->name,
                         (const xmlChar *)arena_copy(arena, kept).data);
        xmlFree(value);
    }
}

static bool is_text(const xmlNode *node)
{
    return node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE ||
           node->type == XML_COMMENT_NODE || node->type == XML_PI_NODE;
}

static void strip_texts(struct arena *arena, xmlNode *element)
{
    for (xmlNode *node = element->children; node; node = node->next) {
        struct str kept;
        if (!is_text(node) || !mark_is_in(str_of(node->content)))
            continue;
        mark_judge(arena, str_of(node->content), &kept);
        xmlNodeSetContent(node, (const xmlChar *)arena_copy(arena, kept).data);
    }
}

// What becomes of an element by its own text, comments aside.
static enum mark_verdict judge_element(struct arena *arena, const xmlNode *element)
{
    AUTO_BUF struct buf text;
    buf_init(&text, SIZE_MAX / 4);
    for (const xmlNode *node = element->children; node; node = node->next) {
        if (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE)
            buf_add_str(&text, str_of(node->content));
    }
    struct str all = buf_str(&text), kept;
    enum mark_verdict verdict = mark_judge(arena, all, &kept);
    bool is_said = memmem(all.data, all.len, MARK_OMIT.data, MARK_OMIT.len) != NULL;
    if (verdict == MARK_OMITS && !is_said && xmlChildElementCount((xmlNode *)element) > 0)
        return MARK_KEEPS;
    return verdict;
}

static void make_nil(xmlNode *element)
{
    while (element->children) {
        xmlNode *child = element->children;
        xmlUnlinkNode(child);
        xmlFreeNode(child);
    }
    static const char *const prefixes[] = {"xsi", "xsi1", "xsi2"}; // one may be something else's
    xmlNs *xsi = xmlSearchNsByHref(element->doc, element, (const xmlChar *)XSI_NS);
    for (size_t i = 0; !xsi && i < COUNT_OF(prefixes); i++)
        xsi = xmlNewNs(element, (const xmlChar *)XSI_NS, (const xmlChar *)prefixes[i]);
    xmlSetNsProp(element, xsi, (const xmlChar *)"nil", (const xmlChar *)"true");
}

// False: the element is to be left out. libxml2 limits how deep it can get.
static bool resolve_element(struct arena *arena, xmlNode *element)
{
    resolve_attributes(arena, element);
    switch (judge_element(arena, element)) {
    case MARK_OMITS:
        return false;
    case MARK_NILS:
        make_nil(element);
        return true;
    default:
        break;
    }
    strip_texts(arena, element);
    for (xmlNode *child = xmlFirstElementChild(element), *next; child; child = next) {
        next = xmlNextElementSibling(child);
        if (!resolve_element(arena, child)) {
            xmlUnlinkNode(child);
            xmlFreeNode(child);
        }
    }
    return true;
}

bool soap_finish_xml(struct soap_codec *codec, struct arena *arena, struct str text, bool has_marks,
                     struct str *ret, struct err *err)
{
    __attribute__((cleanup(doc_cleanup))) xmlDoc *doc = NULL;
    if (!soap_document_parse(codec, text, true, &doc, err))
        return false;
    *ret = text;
    if (!has_marks)
        return true;
    if (!resolve_element(arena, xmlDocGetRootElement(doc)))
        return err_set(err, ERR_INVALID, "omit leaves nothing of the whole document");
    *ret = soap_document_text(doc, arena);
    return true;
}
