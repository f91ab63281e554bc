// SPDX-License-Identifier: GPL-3.0-or-later
//
// Texts of simple types. Each case is a type in XML Schema's own words; what is found for it has to
// be valid for libxml2, which reads the same schema.

#include "edge/soap_modules.h"
#include "edge/soap_value.h"

#include <libxml/xmlschemas.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define R(base, facets) "<restriction base='" base "'>" facets "</restriction>"
#define F(facet, value) "<" facet " value='" value "'/>"

static const struct {
    const char *type, *value; // NULL: whatever is valid
} cases[] = {
    {R("xs:string", ""), "text"},
    {R("xs:string", F("maxLength", "3")), "tex"},
    {R("xs:string", F("length", "0")), ""},
    {R("xs:string", F("minLength", "6")), "textte"},
    {R("xs:string", F("length", "12")), "texttexttext"},
    {R("xs:token", F("pattern", "[A-Z]{3}")), "ABC"},
    {R("xs:token", F("pattern", " *x *y")), "xy"},
    {R("xs:token", F("pattern", "a.*b") F("length", "5")), NULL},
    {R("xs:string", F("pattern", "\\d{2}") F("pattern", "\\d{4}") F("minLength", "3")), "1234"},
    {R("xs:string", F("enumeration", "b&lt;c") F("enumeration", "a")), "b<c"},
    {R("xs:normalizedString", F("maxLength", "2")), "te"},
    {R("xs:language", ""), "en"},
    {R("xs:Name", ""), "name"},
    {R("xs:NCName", F("minLength", "7")), NULL},
    {R("xs:NMTOKEN", F("pattern", "\\d+")), "1"},
    {R("xs:ID", ""), "id1"},
    {R("xs:ID", F("pattern", "_[0-9a-f]{4}")), NULL},
    {R("xs:IDREF", ""), NULL},
    {R("xs:NMTOKENS", F("minLength", "2")), "name name"},
    {R("xs:boolean", ""), "true"},
    {R("xs:boolean", F("pattern", "0|1")), "1"},
    {R("xs:boolean", F("pattern", "false")), "false"},
    {R("xs:decimal", ""), "1"},
    {R("xs:decimal", F("minExclusive", "0") F("maxExclusive", "1")), "0.5"},
    {R("xs:decimal", F("minExclusive", "0.25") F("maxExclusive", "0.26")), NULL},
    {R("xs:decimal", F("minInclusive", "1000.5") F("fractionDigits", "1")), "1000.5"},
    {R("xs:decimal", F("pattern", "\\d{3}\\.\\d{2}")), "123.56"},
    {R("xs:decimal", F("totalDigits", "1") F("minExclusive", "8")), "9"},
    {R("xs:decimal", F("maxExclusive", "-3")), "-4"},
    {R("xs:integer", F("minInclusive", "100000000000000000000")), "100000000000000000000"},
    {R("xs:int", ""), "1"},
    {R("xs:int", F("minExclusive", "7") F("maxExclusive", "9")), "8"},
    {R("xs:int", F("minInclusive", "-20") F("maxInclusive", "-10")), "-20"},
    {R("xs:int", F("pattern", "[1-9]\\d{5}")), NULL},
    {R("xs:int", F("pattern", "\\d{3}") F("maxInclusive", "120")), NULL},
    {R("xs:unsignedByte", F("minInclusive", "200")), "200"},
    {R("xs:negativeInteger", ""), "-1"},
    {R("xs:nonPositiveInteger", ""), "0"},
    {R("xs:unsignedLong", F("minInclusive", "18446744073709551615")), "18446744073709551615"},
    {R("xs:float", F("minExclusive", "1.5") F("maxInclusive", "1.6")), "1.6"},
    {R("xs:double", F("minExclusive", "1000000")), "1000001"},
    {R("xs:double", F("minInclusive", "-1") F("maxExclusive", "0")), NULL},
    {R("xs:duration", ""), "PT5M"},
    {R("xs:duration", F("pattern", "P\\d+DT\\d+H")), NULL},
    {R("xs:duration", F("minInclusive", "P2D")), NULL},
    {R("xs:dateTime", ""), "2025-06-30T09:30:00Z"},
    {R("xs:dateTime", F("pattern", ".*[^Z]")), "2025-06-30T09:30:00"},
    {R("xs:dateTime", F("pattern", ".*\\+02:00")), NULL},
    {R("xs:dateTime", F("minExclusive", "2100-01-01T00:00:00Z")), "2101-01-01T00:00:00Z"},
    {R("xs:date", F("maxExclusive", "1900-01-01")), "1899-01-01"},
    {R("xs:date", F("pattern", "\\d{4}-\\d{2}-01")), NULL},
    {R("xs:time", F("minInclusive", "22:00:00") F("maxExclusive", "23:30:00")), "22:00:00"},
    {R("xs:gYear", F("minInclusive", "3000")), "3000"},
    {R("xs:gYearMonth", ""), "2025-06"},
    {R("xs:gMonthDay", F("minInclusive", "--12-01")), NULL},
    {R("xs:gDay", ""), "---15"},
    {R("xs:gMonth", F("enumeration", "--03")), "--03"},
    {R("xs:hexBinary", ""), "0a"},
    {R("xs:hexBinary", F("length", "3")), "0a0a0a"},
    {R("xs:hexBinary", F("pattern", "[A-F]+")), NULL},
    {R("xs:base64Binary", ""), "dGV4dA=="},
    {R("xs:base64Binary", F("length", "5")), "dGV4dGU="},
    {R("xs:base64Binary", F("minLength", "1") F("maxLength", "1")), "dA=="},
    {R("xs:anyURI", ""), "https://example.com/"},
    {R("xs:anyURI", F("pattern", "urn:isbn:\\d{4}")), NULL},
    {R("xs:anyURI", F("maxLength", "3")), "a"},
    {R("xs:QName", ""), "xsd:string"},
    {"<list itemType='xs:int'/>", "1"},
    {"<restriction><simpleType><list itemType='xs:date'/></simpleType>" F("length",
                                                                          "3") "</restriction>",
     "2025-06-30 2025-06-30 2025-06-30"},
    {"<restriction><simpleType><list itemType='xs:int'/></simpleType>" F(
         "pattern", "\\d+ \\d+ 7") "</restriction>",
     NULL},
    {"<union memberTypes='xs:int xs:boolean'/>", "1"},
    {"<restriction><simpleType><union memberTypes='xs:int xs:boolean'/></simpleType>" F(
         "pattern", "[a-z]+") "</restriction>",
     NULL},
    {R("xs:string", F("pattern", "[\\i-[:]]+@(\\c+\\.)+[a-z]{2,3}")), NULL},
    {R("xs:string", F("pattern", "([0-9]{4}-){3}[0-9]{4}") F("length", "19")), NULL},
    {R("xs:string", F("pattern", "\\p{Lu}\\p{Ll}*( \\p{Lu}\\p{Ll}*)+") F("minLength", "20")), NULL},
};

static char *schema_text(struct arena *arena)
{
    AUTO_BUF struct buf text;
    buf_init(&text, 1 << 20);
    buf_printf(&text, "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema' "
                      "xmlns='http://www.w3.org/2001/XMLSchema' xmlns:t='urn:t' "
                      "targetNamespace='urn:t'>");
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        buf_printf(&text,
                   "<xs:simpleType name='t%zu'>%s</xs:simpleType>"
                   "<xs:element name='e%zu' type='t:t%zu'/>",
                   i, cases[i].type, i, i);
    buf_printf(&text, "</xs:schema>");
    return arena_strdup(arena, text.data);
}

static bool is_valid(xmlSchema *schema, size_t index, const char *value)
{
    xmlDoc *doc = xmlNewDoc((const xmlChar *)"1.0");
    xmlNode *root = xmlNewDocNode(doc, NULL, (const xmlChar *)"e", NULL);
    char name[30];
    snprintf(name, sizeof(name), "e%zu", index);
    xmlNodeSetName(root, (const xmlChar *)name);
    xmlSetNs(root, xmlNewNs(root, (const xmlChar *)"urn:t", (const xmlChar *)"t"));
    xmlNewNs(root, (const xmlChar *)"http://www.w3.org/2001/XMLSchema", (const xmlChar *)"xsd");
    xmlAddChild(root, xmlNewText((const xmlChar *)value));
    xmlDocSetRootElement(doc, root);
    xmlSchemaValidCtxt *checker = xmlSchemaNewValidCtxt(schema);
    int status = xmlSchemaValidateDoc(checker, doc);
    xmlSchemaFreeValidCtxt(checker);
    xmlFreeDoc(doc);
    return status == 0;
}

static void test_every_type_gets_a_valid_text(void **state)
{
    (void)state;
    AUTO_ARENA struct arena *arena = arena_new();
    const char *text = schema_text(arena);
    xmlSchemaParserCtxt *parser = xmlSchemaNewMemParserCtxt(text, (int)strlen(text));
    xmlSchema *schema = xmlSchemaParse(parser);
    xmlSchemaFreeParserCtxt(parser);
    assert_non_null(schema);
    const struct soap_module table = {.schema_count = 1, .schemas = &text};
    struct module module = {.table = &table, .shapes = soap_shapes_new(&table)};
    const struct soap_operation operation = {.module = &module};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct shape_type *type =
            soap_shape_type(&operation, "urn:t", arena_printf(arena, "t%zu", i));
        struct soap_value_ids ids = {0};
        const char *value;
        assert_non_null(type);
        if (!soap_value_sample(type->text, &ids, arena, &value))
            fail_msg("%s: nothing found", cases[i].type);
        if (!is_valid(schema, i, value))
            fail_msg("%s: `%s` is not valid", cases[i].type, value);
        if (cases[i].value && strcmp(value, cases[i].value) != 0)
            fail_msg("%s: `%s`, not `%s`", cases[i].type, value, cases[i].value);
        assert_true(soap_value_fits(type->text, value));
    }
    soap_shapes_free(module.shapes);
    xmlSchemaFree(schema);
}

static void test_facets_that_exclude_each_other_have_no_text(void **state)
{
    (void)state;
    static const char *const types[] = {
        R("xs:string", F("pattern", "[a-z]{3}") F("minLength", "4")),
        R("xs:int", F("minExclusive", "7") F("maxExclusive", "8")),
        R("xs:token", F("pattern", " x")),
        R("xs:string", F("minLength", "2000000000")),
    };
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        AUTO_ARENA struct arena *arena = arena_new();
        const char *text = arena_printf(
            arena,
            "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema' targetNamespace='urn:t' "
            "xmlns='http://www.w3.org/2001/XMLSchema'><simpleType name='t'>%s</simpleType>"
            "</xs:schema>",
            types[i]);
        const struct soap_module table = {.schema_count = 1, .schemas = &text};
        struct module module = {.table = &table, .shapes = soap_shapes_new(&table)};
        const struct soap_operation operation = {.module = &module};
        struct soap_value_ids ids = {0};
        const char *value;
        if (soap_value_sample(soap_shape_type(&operation, "urn:t", "t")->text, &ids, arena, &value))
            fail_msg("%s: `%.100s`", types[i], value);
        soap_shapes_free(module.shapes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_type_gets_a_valid_text),
        cmocka_unit_test(test_facets_that_exclude_each_other_have_no_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
