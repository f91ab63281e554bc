// SPDX-License-Identifier: GPL-3.0-or-later
//
// Samples and scaffolds of types that are hard to write an instance of. That samples pass the typed
// check is shown by the scenarios, for whole WSDLs; here libxml2 judges.

#include "edge/soap_modules.h"
#include "edge/soap_sample.h"

#include "core/template.h"

#include <libxml/parser.h>
#include <libxml/xmlschemas.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define NS "urn:t"

// A module of one operation whose request is the element `root`.
struct fake {
    struct arena *arena;
    const char *schema;
    struct soap_module_part part;
    struct soap_module_operation facts;
    struct soap_module table;
    struct module module;
    struct soap_operation operation;
};

static struct fake *fake_new(const char *declarations)
{
    struct fake *fake = mem_alloc(sizeof(*fake));
    fake->arena = arena_new();
    fake->schema = arena_printf(fake->arena,
                                "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema' "
                                "xmlns='http://www.w3.org/2001/XMLSchema' xmlns:t='" NS "' "
                                "targetNamespace='" NS "' elementFormDefault='qualified'>%s"
                                "</xs:schema>",
                                declarations);
    fake->part = (struct soap_module_part){"body", {NS, "root"}, true, ""};
    fake->facts = (struct soap_module_operation){.name = "Do",
                                                 .port = "Port",
                                                 .style = "document",
                                                 .documentation = "",
                                                 .action = "",
                                                 .version = 11,
                                                 .input = {.parts = &fake->part, .part_count = 1}};
    fake->table = (struct soap_module){.name = "fake",
                                       .operation_count = 1,
                                       .operations = &fake->facts,
                                       .schema_count = 1,
                                       .schemas = &fake->schema};
    fake->module = (struct module){.table = &fake->table};
    fake->module.shapes = soap_shapes_new(&fake->table);
    fake->operation = (struct soap_operation){&fake->module, &fake->facts, 0};
    return fake;
}

static void fake_free(struct fake *fake)
{
    soap_shapes_free(fake->module.shapes);
    arena_free(fake->arena);
    free(fake);
}

static void assert_valid(const struct fake *fake, struct str envelope)
{
    xmlSchemaParserCtxt *parser =
        xmlSchemaNewMemParserCtxt(fake->schema, (int)strlen(fake->schema));
    xmlSchema *schema = xmlSchemaParse(parser);
    assert_non_null(schema);
    xmlDoc *doc = xmlReadMemory(envelope.data, (int)envelope.len, NULL, NULL, XML_PARSE_NONET);
    assert_non_null(doc);
    xmlNode *body = xmlFirstElementChild(xmlDocGetRootElement(doc));
    xmlSchemaValidCtxt *checker = xmlSchemaNewValidCtxt(schema);
    if (xmlSchemaValidateOneElement(checker, xmlFirstElementChild(body)) != 0)
        fail_msg("not valid: %s", envelope.data);
    xmlSchemaFreeValidCtxt(checker);
    xmlFreeDoc(doc);
    xmlSchemaFree(schema);
    xmlSchemaFreeParserCtxt(parser);
}

#define E(name, type, more) "<element name='" name "' type='" type "' " more "/>"
#define T(name, content)    "<complexType name='" name "'>" content "</complexType>"
#define S(content)          "<sequence>" content "</sequence>"

static const char *const schemas[] = {
    // A tree, whose branches are optional; one that requires itself through a choice; and a pair of
    // types that hold each other.
    E("root", "t:Tree", "") T(
        "Tree", S(E("name", "xs:string", "") E("branch", "t:Tree", "minOccurs='0' maxOccurs='9'"))),
    E("root", "t:Expr", "")
        T("Expr", "<choice>" E("and", "t:Pair", "") E("leaf", "xs:int", "") "</choice>")
            T("Pair", S(E("left", "t:Expr", "") E("right", "t:Expr", ""))),
    E("root", "t:A", "") T("A", S(E("b", "t:B", ""))) T("B", S(E("a", "t:A", "nillable='true'"))),
    // An abstract type, abstract element, group, all, attributes, mixed and fixed content.
    E("root", "t:Holder", "")
        T("Holder",
          S(E("shape", "t:Shape", "") "<element ref='t:head'/>" E(
              "note", "xs:string", "fixed='x &lt; y'"))) "<complexType name='Shape' "
                                                         "abstract='true'><all>" E("a", "xs:int",
                                                                                   "minOccurs='"
                                                                                   "0'") "</"
                                                                                         "all></"
                                                                                         "complex"
                                                                                         "Type>"
                                                                                         "<comple"
                                                                                         "xType "
                                                                                         "name='"
                                                                                         "Circle'"
                                                                                         "><"
                                                                                         "complex"
                                                                                         "Content"
                                                                                         "><"
                                                                                         "extensi"
                                                                                         "on "
                                                                                         "base='"
                                                                                         "t:"
                                                                                         "Shape'>"
                                                                                         "<attrib"
                                                                                         "ute "
                                                                                         "name='"
                                                                                         "r' "
                                                                                         "type='"
                                                                                         "xs:"
                                                                                         "float' "
                                                                                         "use='"
                                                                                         "require"
                                                                                         "d'/></"
                                                                                         "extensi"
                                                                                         "on></"
                                                                                         "complex"
                                                                                         "Content"
                                                                                         ">"
                                                                                         "</"
                                                                                         "complex"
                                                                                         "Type>"
                                                                                         "<elemen"
                                                                                         "t "
                                                                                         "name='"
                                                                                         "head' "
                                                                                         "abstrac"
                                                                                         "t='"
                                                                                         "true' "
                                                                                         "type='"
                                                                                         "xs:"
                                                                                         "anyType"
                                                                                         "'/>"
                                                                                         "<elemen"
                                                                                         "t "
                                                                                         "name='"
                                                                                         "tail' "
                                                                                         "substit"
                                                                                         "utionGr"
                                                                                         "oup='t:"
                                                                                         "head' "
                                                                                         "type='"
                                                                                         "xs:"
                                                                                         "date'/"
                                                                                         ">",
    E("root", "t:M",
      "") "<complexType name='M' mixed='true'><choice minOccurs='2' maxOccurs='3'>" E("b",
                                                                                      "xs:QName",
                                                                                      "")
        E("c", "xs:hexBinary", "") "</choice>"
                                   "<attribute name='id' type='xs:ID' use='required'/><attribute "
                                   "name='of' type='xs:IDREF'/>"
                                   "</complexType>",
    E("root", "t:Many", "")
        T("Many",
          S(E("m", "xs:gMonthDay",
              "minOccurs='3' maxOccurs='5'") "<any namespace='##other' processContents='lax'/>"
                                             "<any minOccurs='0' processContents='lax'/>")),
};

static void test_samples_of_hard_types_are_valid(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(schemas); i++) {
        struct fake *fake = fake_new(schemas[i]);
        struct str envelope;
        struct err err;
        if (!soap_sample(&fake->operation, SOAP_SAMPLE_REQUEST, fake->arena, &envelope, &err))
            fail_msg("%s: %s", schemas[i], err.text);
        assert_valid(fake, envelope);
        fake_free(fake);
    }
}

// No tag in a comment, no two hyphens, and Mustache and XML both read it.
static void assert_scaffold(struct str text)
{
    struct template *template = NULL;
    struct template_place place;
    struct err err;
    xmlDoc *doc = xmlReadMemory(text.data, (int)text.len, NULL, NULL, XML_PARSE_NONET);
    if (!doc)
        fail_msg("not well-formed: %s", text.data);
    xmlFreeDoc(doc);
    if (!template_compile(text, TEMPLATE_XML, NULL, NULL, &template, &place, &err))
        fail_msg("line %d: %s", place.line, err.text);
    template_free(template);
    for (const char *at = strstr(text.data, "<!--"); at; at = strstr(at + 1, "<!--")) {
        const char *end = strstr(at, "-->"), *tag = strstr(at, "{{");
        assert_non_null(end);
        assert_true(!tag || tag > end);
    }
}

static void test_scaffolds_of_hard_types_are_templates(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(schemas); i++) {
        struct fake *fake = fake_new(schemas[i]);
        assert_scaffold(soap_scaffold(&fake->operation, fake->arena));
        assert_non_null(soap_scaffold_json(&fake->operation, fake->arena));
        fake_free(fake);
    }
}

static void test_words_of_the_wsdl_make_no_tags_and_no_comments(void **state)
{
    (void)state;
    struct fake *fake = fake_new(E(
        "root", "t:R",
        "") "<complexType name='R'><sequence><element name='agentId' minOccurs='0' type='t:W'>"
            "<annotation><documentation>a--b--> {{uii}} {{#x}} --</documentation></annotation>"
            "</element><element name='w' type='t:W' default='{{{{uii}}'/></sequence></complexType>"
            "<simpleType name='W'><restriction base='xs:string'><enumeration value='{{uii}}'/>"
            "<enumeration value='--'/></restriction></simpleType>");
    struct str text = soap_scaffold(&fake->operation, fake->arena);
    assert_scaffold(text);
    assert_null(strstr(text.data, "{{"));
    fake_free(fake);
}

static void test_what_has_no_end_is_told(void **state)
{
    (void)state;
    struct fake *fake = fake_new(E("root", "t:A", "") T("A", S(E("again", "t:A", ""))));
    struct str envelope;
    struct err err;
    assert_false(soap_sample(&fake->operation, SOAP_SAMPLE_REQUEST, fake->arena, &envelope, &err));
    assert_non_null(strstr(err.text, "root has to hold itself without end"));
    assert_scaffold(soap_scaffold(&fake->operation, fake->arena));
    fake_free(fake);
    fake =
        fake_new("<element name='root'><simpleType><restriction base='xs:string'>"
                 "<pattern value='a+'/><pattern value='b+'/></restriction></simpleType></element>");
    // Patterns of one step are alternatives, so this one has values.
    assert_true(soap_sample(&fake->operation, SOAP_SAMPLE_REQUEST, fake->arena, &envelope, &err));
    fake_free(fake);
    fake = fake_new("<element name='root'><simpleType><restriction base='xs:int'>"
                    "<minExclusive value='1'/><maxExclusive value='2'/></restriction></simpleType>"
                    "</element>");
    assert_false(soap_sample(&fake->operation, SOAP_SAMPLE_REQUEST, fake->arena, &envelope, &err));
    assert_non_null(strstr(err.text, "no value was found for root of type int"));
    fake_free(fake);
}

// Ten levels of ten optional elements each: as many as no message holds.
static void test_a_large_graph_gives_a_small_message(void **state)
{
    (void)state;
    AUTO_ARENA struct arena *arena = arena_new();
    AUTO_BUF struct buf text;
    buf_init(&text, 1 << 20);
    buf_printf(&text, E("root", "t:L0", ""));
    for (int level = 0; level < 10; level++) {
        buf_printf(&text, "<complexType name='L%d'><sequence>", level);
        for (int i = 0; i < 10; i++)
            buf_printf(&text, "<element name='agentId%d' type='%s' minOccurs='0'/>", i,
                       level < 9 ? arena_printf(arena, "t:L%d", level + 1) : "xs:int");
        buf_printf(&text, "</sequence></complexType>");
    }
    struct fake *fake = fake_new(text.data);
    struct str envelope;
    struct err err;
    assert_true(soap_sample(&fake->operation, SOAP_SAMPLE_REQUEST, fake->arena, &envelope, &err));
    assert_in_range(envelope.len, 1000, 210 * 1024);
    struct str scaffold = soap_scaffold(&fake->operation, fake->arena);
    assert_in_range(scaffold.len, 1000, 210 * 1024);
    assert_scaffold(scaffold);
    fake_free(fake);
}

static void test_faults_are_of_their_version(void **state)
{
    (void)state;
    AUTO_ARENA struct arena *arena = arena_new();
    struct str old = soap_plain_fault(11, "Client", "a < b", arena);
    assert_non_null(strstr(old.data, "<faultcode>soap:Client</faultcode>"));
    assert_non_null(strstr(old.data, "<faultstring>a &lt; b</faultstring>"));
    struct str new = soap_plain_fault(12, "Sender", "no", arena);
    assert_non_null(
        strstr(new.data, "<soap:Code><soap:Value>soap:Sender</soap:Value></soap:Code>"));
    assert_non_null(strstr(new.data, "<soap:Text xml:lang=\"en\">no</soap:Text>"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_samples_of_hard_types_are_valid),
        cmocka_unit_test(test_scaffolds_of_hard_types_are_templates),
        cmocka_unit_test(test_words_of_the_wsdl_make_no_tags_and_no_comments),
        cmocka_unit_test(test_what_has_no_end_is_told),
        cmocka_unit_test(test_a_large_graph_gives_a_small_message),
        cmocka_unit_test(test_faults_are_of_their_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
