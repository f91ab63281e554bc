// SPDX-License-Identifier: GPL-3.0-or-later
//
// An XML document as an object: the root's children and attributes are its members. libxml2 checks
// the grammar and hands over elements as it meets them; no document of its own is built, and one
// with a document type ends there, so no entity is ever declared. Namespaces tell nothing here but
// xsi:nil: senders disagree about them, and agree about names.

#include "core/event_read.h"

#include "base/markup.h"

#include <libxml/SAX2.h>

#define XSI_NS "http://www.w3.org/2001/XMLSchema-instance"

enum {
    MEMBERS_MAX = 2000, // of one element, names counted once; each is looked for among the others
    UTF8_GROWTH = 3,    // of a byte of an encoding that people use
    PARSE_OPTIONS = XML_PARSE_NONET | XML_PARSE_NOENT | XML_PARSE_NOERROR | XML_PARSE_NOWARNING,
};

struct open_element {
    struct str name;
    struct json *object; // children and attributes; NULL as long as there are none
    struct buf text;     // kept for the next element at this depth
    bool is_nil;
};

struct xml_reading {
    struct event_reading *event;
    struct arena *arena;
    xmlParserCtxt *parser;
    struct open_element *open; // limits->depth of them
    size_t depth, values;
    struct json *root;
    bool is_stopped; // by us, with a fault
};

static void stop(struct xml_reading *reading)
{
    reading->is_stopped = true;
    xmlStopParser(reading->parser);
}

static struct str copy(struct xml_reading *reading, const xmlChar *text)
{
    return arena_copy(reading->arena, str_from((const char *)text));
}

static bool count_value(struct xml_reading *reading)
{
    if (++reading->values <= EVENT_VALUES_MAX)
        return true;
    event_fault(reading->event, ERR_TOO_LARGE, "", "line %d: more than %d elements and attributes",
                xmlSAX2GetLineNumber(reading->parser), EVENT_VALUES_MAX);
    stop(reading);
    return false;
}

static void add_member(struct xml_reading *reading, struct open_element *parent, struct str name,
                       struct json *value)
{
    if (!parent->object)
        parent->object = json_object(reading->arena);
    event_add(reading->arena, parent->object, name, value);
    if (parent->object->object.count <= MEMBERS_MAX)
        return;
    event_fault(reading->event, ERR_TOO_LARGE, "",
                "line %d: an element has more than %d different children",
                xmlSAX2GetLineNumber(reading->parser), MEMBERS_MAX);
    stop(reading);
}

static bool is_true(struct str value)
{
    value = str_trim(value);
    return str_eq(value, STR("true")) || str_eq(value, STR("1"));
}

// libxml2 gives an attribute as five pointers: name, prefix, namespace, value, end of the value.
static void take_attribute(struct xml_reading *reading, struct open_element *element,
                           const xmlChar *const attribute[5])
{
    struct str namespace = str_from((const char *)attribute[2]);
    struct str value = {(const char *)attribute[3], (size_t)(attribute[4] - attribute[3])};
    if (str_eq(namespace, STR(XSI_NS))) {
        element->is_nil |= xmlStrEqual(attribute[0], (const xmlChar *)"nil") && is_true(value);
        return;
    }
    if (str_eq(namespace, str_from((const char *)XML_XML_NAMESPACE)) || !count_value(reading))
        return;
    struct json *text = json_string(reading->arena, arena_copy(reading->arena, value));
    add_member(reading, element, copy(reading, attribute[0]), text);
}

static void on_start(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                     int namespace_count, const xmlChar **namespaces, int attribute_count,
                     int defaulted_count, const xmlChar **attributes)
{
    (void)prefix, (void)uri, (void)namespace_count, (void)namespaces, (void)defaulted_count;
    struct xml_reading *reading = ((xmlParserCtxt *)context)->_private;
    if (reading->is_stopped || !count_value(reading))
        return;
    if (reading->depth == reading->event->limits->depth) {
        event_fault(reading->event, ERR_TOO_LARGE, "",
                    "line %d: elements nested more than %zu deep", xmlSAX2GetLineNumber(context),
                    reading->depth);
        stop(reading);
        return;
    }
    struct open_element *element = &reading->open[reading->depth++];
    element->name = copy(reading, name);
    element->object = NULL;
    element->is_nil = false;
    buf_clear(&element->text);
    for (int i = 0; i < attribute_count && !reading->is_stopped; i++)
        take_attribute(reading, element, attributes + i * 5);
}

static struct json *value_of(struct xml_reading *reading, struct open_element *element)
{
    struct str text = buf_str(&element->text);
    if (element->is_nil)
        return json_null(reading->arena);
    if (!element->object)
        return json_string(reading->arena, arena_copy(reading->arena, text));
    // Between children blanks are layout.
    struct str own = str_trim(text);
    if (own.len)
        add_member(reading, element, STR("text"),
                   json_string(reading->arena, arena_copy(reading->arena, own)));
    return element->object;
}

static void on_end(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    (void)name, (void)prefix, (void)uri;
    struct xml_reading *reading = ((xmlParserCtxt *)context)->_private;
    if (reading->is_stopped)
        return;
    struct open_element *element = &reading->open[--reading->depth];
    if (reading->depth)
        add_member(reading, &reading->open[reading->depth - 1], element->name,
                   value_of(reading, element));
    else
        reading->root = element->object ? element->object : json_object(reading->arena);
}

static void on_text(void *context, const xmlChar *text, int len)
{
    struct xml_reading *reading = ((xmlParserCtxt *)context)->_private;
    if (reading->is_stopped || !reading->depth)
        return;
    struct buf *to = &reading->open[reading->depth - 1].text;
    buf_add(to, text, (size_t)len);
    if (!to->overflowed)
        return;
    event_fault(reading->event, ERR_TOO_LARGE, "",
                "line %d: a text grows too long when it is decoded", xmlSAX2GetLineNumber(context));
    stop(reading);
}

static void on_doctype(void *context, const xmlChar *name, const xmlChar *public_id,
                       const xmlChar *system_id)
{
    (void)name, (void)public_id, (void)system_id;
    struct xml_reading *reading = ((xmlParserCtxt *)context)->_private;
    event_fault(reading->event, ERR_INVALID, "",
                "line %d: the XML has a document type, which is not taken",
                xmlSAX2GetLineNumber(context));
    stop(reading);
}

static bool finish(struct xml_reading *reading, struct json **ret)
{
    if (reading->is_stopped)
        return false;
    if (reading->parser->wellFormed && reading->root) {
        *ret = reading->root;
        return true;
    }
    const xmlError *error = xmlCtxtGetLastError(reading->parser);
    const char *why = error && error->message ? error->message : "there is no element";
    return event_fault(reading->event, ERR_INVALID, "", "line %d: no well-formed XML: %.*s",
                       error ? error->line : 1, (int)strcspn(why, "\n"), why);
}

bool event_read_xml(struct event_reading *event, struct str body, struct json **ret)
{
    struct xml_reading reading = {.event = event, .arena = event->arena};
    const char *refusal = markup_refusal(body);
    if (refusal)
        return event_fault(event, ERR_INVALID, "", "the XML %s", refusal);
    size_t depth = event->limits->depth;
    reading.open = arena_alloc(event->arena, depth * sizeof(*reading.open));
    for (size_t i = 0; i < depth; i++)
        buf_init(&reading.open[i].text, UTF8_GROWTH * body.len);

    reading.parser = xmlNewParserCtxt();
    require(reading.parser != NULL);
    reading.parser->_private = &reading;
    *reading.parser->sax = (xmlSAXHandler){
        .initialized = XML_SAX2_MAGIC,
        .internalSubset = on_doctype,
        .startElementNs = on_start,
        .endElementNs = on_end,
        .characters = on_text,
        .ignorableWhitespace = on_text,
        .cdataBlock = on_text,
    };
    // The document it returns is none, as nothing here makes one.
    require(
        !xmlCtxtReadMemory(reading.parser, body.data, (int)body.len, NULL, NULL, PARSE_OPTIONS));
    bool done = finish(&reading, ret);
    xmlFreeParserCtxt(reading.parser);
    for (size_t i = 0; i < depth; i++)
        buf_finish(&reading.open[i].text);
    return done;
}
