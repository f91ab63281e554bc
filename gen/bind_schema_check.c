// SPDX-License-Identifier: GPL-3.0-or-later
//
// Compiles the texts for the module with libxml2, which refuses all schemas for one mistake in one
// of them. So what it complains of is found, and written anew as a declaration that lets anything
// stand there: the others are still checked.

#include "bind_schema.h"

#include <libxml/parserInternals.h>
#include <libxml/xmlschemas.h>
#include <stdio.h>

static const char **loaded_texts; // while a compilation runs
static size_t loaded_count;

static xmlParserInput *load_text(const char *url, const char *id, xmlParserCtxt *parser)
{
    (void)id;
    size_t len = strlen(SCHEMA_URL);
    size_t index =
        url && strncmp(url, SCHEMA_URL, len) == 0 ? strtoul(url + len, NULL, 10) : loaded_count;
    if (index >= loaded_count)
        return NULL;
    xmlParserInput *input = xmlNewStringInputStream(parser, (const xmlChar *)loaded_texts[index]);
    require(input != NULL);
    input->filename = (char *)xmlStrdup((const xmlChar *)url);
    return input;
}

struct complaints {
    struct reader *reader;
    size_t opened;
    char last[200]; // of those that nothing could be opened for
};

// The declaration of that kind and name in the text of that number.
static struct component *find_declared(struct reader *reader, long index, const char *element,
                                       const char *name)
{
    const struct schemas *schemas = reader->schemas;
    for (size_t i = 0; i < schemas->space_count; i++) {
        if (schemas->spaces[i].text_index != index)
            continue;
        const struct qname full = {.namespace = schemas->spaces[i].name, .name = name};
        for (int kind = 0; kind < KIND_COUNT; kind++) {
            struct component *found = schemas_find(reader, (enum component_kind)kind, full);
            if (found && strcmp((const char *)found->node->name, element) == 0)
                return found;
        }
    }
    return NULL;
}

// The global declaration around the node that libxml2 complains of.
static struct component *find_wrong(struct reader *reader, const xmlNode *node)
{
    const char *url = (const char *)node->doc->URL;
    while (node->parent && node->parent->parent && node->parent->parent->type == XML_ELEMENT_NODE)
        node = node->parent;
    if (!url || strlen(url) <= strlen(SCHEMA_URL))
        return NULL;
    xmlChar *name = xmlGetNoNsProp(node, (const xmlChar *)"name");
    struct component *found = find_declared(reader, strtol(url + strlen(SCHEMA_URL), NULL, 10),
                                            (const char *)node->name, (const char *)name);
    xmlFree(name);
    return found;
}

static void take_complaint(void *context, xmlError *error)
{
    struct complaints *complaints = context;
    const xmlNode *node = error->node;
    if (error->level < XML_ERR_ERROR)
        return;
    bool has_place = node && node->type == XML_ELEMENT_NODE;
    struct component *wrong = has_place ? find_wrong(complaints->reader, node) : NULL;
    if (!wrong || wrong->is_open) {
        snprintf(complaints->last, sizeof(complaints->last), "%.*s",
                 (int)strcspn(error->message, "\n"), error->message);
        return;
    }
    wrong->is_open = true;
    complaints->opened++;
    reader_note(complaints->reader, wrong->node, "%s passes unchecked, its schema is wrong: %.*s",
                wrong->name, (int)strcspn(error->message, "\n"), error->message);
}

size_t schemas_open_wrong(struct reader *reader, const char **texts, size_t count)
{
    struct complaints complaints = {.reader = reader};
    xmlExternalEntityLoader before = xmlGetExternalEntityLoader();
    loaded_texts = texts;
    loaded_count = count;
    xmlSetExternalEntityLoader(load_text);
    xmlSchemaParserCtxt *parser = xmlSchemaNewParserCtxt(SCHEMA_URL "0.xsd");
    require(parser != NULL);
    xmlSchemaSetParserStructuredErrors(parser, take_complaint, &complaints);
    xmlSchema *schema = xmlSchemaParse(parser);
    if (!schema && complaints.opened == 0)
        reader_note(reader, NULL,
                    "requests are checked by C types alone, as libxml2 takes none of "
                    "the schemas: %s",
                    complaints.last);
    xmlSchemaFree(schema);
    xmlSchemaFreeParserCtxt(parser);
    xmlSetExternalEntityLoader(before);
    return complaints.opened;
}
