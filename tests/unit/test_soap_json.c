// SPDX-License-Identifier: GPL-3.0-or-later
//
// JSON to envelopes over schemas that hold every construct: what is written, which sentence a
// mistake gives, and that what was written comes back as it was.

#include "edge/soap_json.h"
#include "edge/soap_shape.h"
#include "soap_fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static struct {
    struct fake *fake;
    struct arena *arena;
    struct soap_codec *codec;
} all;

static int set_up(void **state)
{
    (void)state;
    all.fake = fake_new();
    all.arena = arena_new();
    all.codec = soap_codec_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    soap_codec_free(all.codec);
    arena_free(all.arena);
    fake_free(all.fake);
    return 0;
}

// JSON with ' for ", so that it reads well in C.
static const struct json *json_of(const char *text)
{
    static const struct json_limits limits = {100, 100000};
    char *quoted = arena_strdup(all.arena, text);
    for (char *at = quoted; (at = strchr(at, '\''));)
        *at = '"';
    struct json *data = NULL;
    struct err err = {0};
    if (!json_parse(all.arena, str_from(quoted), &limits, &data, &err))
        fail_msg("%s in %s", err.text, text);
    return data;
}

static const char *envelope_of(enum fake_operation index, const char *text)
{
    struct str envelope = STR("");
    struct err err = {0};
    if (!soap_json_encode(&all.fake->operations[index], all.arena, json_of(text), &envelope, &err))
        fail_msg("%s for %s", err.text, text);
    return envelope.data;
}

// What stands in the body, without the body's own element.
static const char *inside_of(enum fake_operation index, const char *text)
{
    const char *envelope = envelope_of(index, text);
    const char *from = strchr(strstr(envelope, "<soap:Body>") + 11, '>') + 1;
    const char *end = strstr(from, "</soap:Body>");
    while (*--end != '<')
        ;
    return arena_copy(all.arena, (struct str){from, (size_t)(end - from)}).data;
}

static const char *mistake_of(enum fake_operation index, const char *text)
{
    struct str envelope = STR("untouched");
    struct err *err = arena_alloc(all.arena, sizeof(*err));
    assert_false(
        soap_json_encode(&all.fake->operations[index], all.arena, json_of(text), &envelope, err));
    assert_string_equal(envelope.data, "untouched");
    return err->text;
}

// An order with what it must have, and more.
static const char *order(const char *more)
{
    const char *all_of_it = inside_of(
        FAKE_ORDER, arena_printf(all.arena, "{'id':1,'buyer':{'name':'A'},'@version':2%s}", more));
    const char *start = "<n1:id>1</n1:id><n1:buyer><name>A</name></n1:buyer>";
    assert_memory_equal(all_of_it, start, strlen(start));
    return all_of_it + strlen(start);
}

static const char *order_mistake(const char *more)
{
    return mistake_of(
        FAKE_ORDER, arena_printf(all.arena, "{'id':1,'buyer':{'name':'A'},'@version':2%s}", more));
}

static void test_members_in_any_order_are_written_in_the_types_order(void **state)
{
    (void)state;
    const char *envelope =
        envelope_of(FAKE_ORDER, "{'buyer':{'vat':'7','name':'A & B'},'@version':2,'id':12}");
    assert_non_null(strstr(envelope, "xmlns:n1=\"urn:test:order\""));
    assert_non_null(strstr(envelope, "<soap:Body><n1:Order version=\"2\"><n1:id>12</n1:id>"
                                     "<n1:buyer><name>A &amp; B</name><vat>7</vat></n1:buyer>"
                                     "</n1:Order>"));
}

static void test_data_may_be_wrapped_in_the_bodys_element(void **state)
{
    (void)state;
    const char *plain = envelope_of(FAKE_ORDER, "{'id':1,'buyer':{'name':'A'},'@version':2}");
    assert_string_equal(
        envelope_of(FAKE_ORDER, "{'Order':{'id':1,'buyer':{'name':'A'},'@version':2}}"), plain);
    assert_string_equal(
        envelope_of(FAKE_ORDER,
                    "{'{urn:test:order}Order':{'id':1,'buyer':{'name':'A'},'@version':2}}"),
        plain);
    assert_string_equal(inside_of(FAKE_PING, "{'Ping':'x'}"), "x");
    assert_string_equal(inside_of(FAKE_PING, "{'#text':'x'}"), "x");
    assert_string_equal(inside_of(FAKE_PING, "'x'"), "x");
    assert_string_equal(inside_of(FAKE_PING, "7"), "7");
    assert_string_equal(inside_of(FAKE_PICK, "['AB','12']"), "AB 12");
    assert_string_equal(mistake_of(FAKE_PICK, "['AB',{}]"),
                        "[2]: an object cannot stand here, a text or a number is meant");
    assert_string_equal(inside_of(FAKE_STOP, "{}"), "");
    assert_string_equal(inside_of(FAKE_STOP, "null"), "");
}

static void test_arrays_repeat_and_null_is_nil_or_nothing(void **state)
{
    (void)state;
    assert_string_equal(
        order(",'line':[{'item':'a','@no':1},{'item':'b','count':null}]"),
        "<n1:line no=\"1\"><n1:item>a</n1:item></n1:line>"
        "<n1:line><n1:item>b</n1:item><n1:count xsi:nil=\"true\"></n1:count></n1:line>");
    assert_string_equal(order(",'line':{'item':'a'}"), "<n1:line><n1:item>a</n1:item></n1:line>");
    assert_string_equal(order(",'line':[],'{urn:test:order}note':null,'whole':null"),
                        "<n1:note xsi:nil=\"true\"></n1:note>");
    assert_string_equal(mistake_of(FAKE_ORDER, "{'id':null,'buyer':{'name':'A'},'@version':1}"),
                        "id: it may not be null");
}

static void test_a_branch_is_chosen_by_its_members(void **state)
{
    (void)state;
    assert_string_equal(order(",'card':'1'"), "<n1:card>1</n1:card>");
    assert_string_equal(order(",'bic':'B','iban':'I','card':null"),
                        "<n1:iban>I</n1:iban><n1:bic>B</n1:bic>");
    assert_string_equal(order_mistake(",'card':'1','iban':'I'"),
                        "\"card\" and \"iban\" exclude each other: only one may stand here");
    assert_string_equal(order_mistake(",'bic':'B'"), "element \"iban\" is missing");
    assert_string_equal(order(",'phone':['1','2'],'email':'e'"),
                        "<n1:phone>1</n1:phone><n1:phone>2</n1:phone><n1:email>e</n1:email>");
}

static void test_groups_all_and_names_of_any_kind(void **state)
{
    (void)state;
    assert_string_equal(order(",'to':'2026-01-02','from':'2026-01-01'"),
                        "<n1:from>2026-01-01</n1:from><n1:to>2026-01-02</n1:to>");
    assert_string_equal(order_mistake(",'to':'2026-01-02'"), "element \"from\" is missing");
    assert_string_equal(order(",'both':{'right':'r','left':'l'}"),
                        "<n1:both><n1:left>l</n1:left><n1:right>r</n1:right></n1:both>");
    assert_string_equal(order(",'flat':'f','größe':1.50,'while':true"),
                        "<n1:while>true</n1:while><n1:größe>1.5</n1:größe><flat>f</flat>");
}

static void test_derived_types_are_named(void **state)
{
    (void)state;
    assert_string_equal(
        order(",'line':{'@xsi:type':'GiftLine','wish':'w','item':'a','@wrap':true}"),
        "<n1:line xsi:type=\"n1:GiftLine\" wrap=\"true\"><n1:item>a</n1:item>"
        "<n1:wish>w</n1:wish></n1:line>");
    assert_string_equal(order_mistake(",'line':{'@xsi:type':'Circle','radius':1}"),
                        "line: type Circle is not derived from Line");
    assert_string_equal(order_mistake(",'line':{'@xsi:type':'Nothing'}"),
                        "line: there is no type \"Nothing\"");
}

static void test_substitutes_stand_by_their_own_name(void **state)
{
    (void)state;
    assert_string_equal(order(",'circle':{'radius':2.5,'colour':'red','@tag':'t'}"),
                        "<n1:circle tag=\"t\"><n1:colour>red</n1:colour>"
                        "<n1:radius>2.5</n1:radius></n1:circle>");
    assert_string_equal(order_mistake(",'shape':{}"),
                        "shape: element shape is abstract; give \"circle\", say");
    assert_string_equal(order_mistake(",'square':{}"),
                        "square: type Shape is abstract; @xsi:type must be \"Circle\" or \"Disc\"");
    assert_string_equal(order(",'square':{'@xsi:type':'Disc','radius':1}"),
                        "<n1:square xsi:type=\"n1:Disc\"><n1:radius>1</n1:radius></n1:square>");
}

static void test_anything_takes_scalars_by_nature_and_objects_by_type(void **state)
{
    (void)state;
    assert_string_equal(order(",'value':'x'"), "<n1:value xsi:type=\"xsd:string\">x</n1:value>");
    assert_string_equal(order(",'value':7"), "<n1:value xsi:type=\"xsd:int\">7</n1:value>");
    assert_string_equal(order(",'value':7000000000"),
                        "<n1:value xsi:type=\"xsd:long\">7000000000</n1:value>");
    assert_string_equal(order(",'value':{'@xsi:type':'xsd:date','#text':'2026-01-01'}"),
                        "<n1:value xsi:type=\"xsd:date\">2026-01-01</n1:value>");
    assert_string_equal(order(",'value':{'@xsi:type':'Line','item':'a'}"),
                        "<n1:value xsi:type=\"n1:Line\"><n1:item>a</n1:item></n1:value>");
    assert_string_equal(order(",'value':{'a':{'{urn:x}b':[1,2],'@c':'d'}}"),
                        "<n1:value><a c=\"d\"><n2:b>1</n2:b><n2:b>2</n2:b></a></n1:value>");
    assert_non_null(strstr(order_mistake(",'value':[1,2]"), "value"));
}

static void test_wildcards_take_global_elements_and_full_names(void **state)
{
    (void)state;
    assert_string_equal(
        order(",'{urn:test:order}note':'n','{urn:test:party}note':'p','{urn:y}z':{'#text':'t'}"),
        "<n1:note>n</n1:note><n2:note>p</n2:note><n3:z>t</n3:z>");
    assert_string_equal(order_mistake(",'{urn:test:order}foo':1"),
                        "{urn:test:order}foo: <Order> has no such element; it has \"id\", "
                        "\"buyer\", \"note\", \"line\", \"card\", \"iban\", \"bic\", \"from\", "
                        "\"to\", \"email\", \"phone\", \"shape\", ...");
}

static void test_one_name_in_two_namespaces_has_to_be_whole(void **state)
{
    (void)state;
    assert_string_equal(order_mistake(",'note':'n'"),
                        "\"note\" may mean \"{urn:test:order}note\" or \"{urn:test:party}note\"");
}

static void test_texts_lists_unions_and_mixed(void **state)
{
    (void)state;
    assert_string_equal(order(",'codes':['AB','12']"), "<n1:codes>AB 12</n1:codes>");
    assert_string_equal(order(",'codes':'AB 12'"), "<n1:codes>AB 12</n1:codes>");
    assert_string_equal(order(",'either':5"), "<n1:either>5</n1:either>");
    assert_string_equal(order(",'price':{'#text':9.5,'@currency':'EUR'}"),
                        "<n1:price currency=\"EUR\">9.5</n1:price>");
    assert_string_equal(order_mistake(",'price':9.5"), "price: attribute \"@currency\" is missing");
    assert_string_equal(order(",'text':{'#text':'so ','b':'bold'}"),
                        "<n1:text>so <n1:b>bold</n1:b></n1:text>");
    assert_string_equal(order(",'text':'only'"), "<n1:text>only</n1:text>");
    assert_string_equal(order(",'text':{'#content':['so ',{'b':'bold'},' it is']}"),
                        "<n1:text>so <n1:b>bold</n1:b> it is</n1:text>");
}

static void test_numbers_stay_exact(void **state)
{
    (void)state;
    assert_string_equal(order(",'whole':9223372036854775807"),
                        "<n1:whole>9223372036854775807</n1:whole>");
    assert_string_equal(order(",'whole':'123456789012345678901234567890'"),
                        "<n1:whole>123456789012345678901234567890</n1:whole>");
    assert_string_equal(order(",'größe':1e21"), "<n1:größe>1000000000000000000000</n1:größe>");
    assert_string_equal(order(",'größe':1.5e-7"), "<n1:größe>0.00000015</n1:größe>");
}

static void test_attributes_of_all_kinds(void **state)
{
    (void)state;
    const char *envelope = envelope_of(
        FAKE_ORDER, "{'@version':1,'@mark':'m','@{urn:test:party}extra':'e','@xml:lang':'de',"
                    "'id':1,'buyer':{'@since':'2001','name':'A'}}");
    assert_non_null(strstr(envelope, "<n1:Order version=\"1\" n2:mark=\"m\" n2:extra=\"e\" "
                                     "xml:lang=\"de\">"));
    assert_non_null(strstr(envelope, "<n1:buyer n2:since=\"2001\">"));
    assert_string_equal(order_mistake(",'line':{'item':'a','no':1}"),
                        "line.no: Line has no such element; did you mean \"@no\"?");
    assert_string_equal(order_mistake(",'line':{'item':'a','@noo':1}"),
                        "line: Line has no attribute \"noo\"; did you mean \"@no\"?");
    assert_string_equal(mistake_of(FAKE_ORDER, "{'id':1,'buyer':{'name':'A'}}"),
                        "attribute \"@version\" is missing");
}

static void test_mistakes_name_the_way_to_the_member(void **state)
{
    (void)state;
    assert_string_equal(order_mistake(",'line':[{'item':'a'},{'item':'b','cuont':1}]"),
                        "line[2].cuont: Line has no such element; did you mean \"count\"?");
    assert_string_equal(order_mistake(",'line':[{'item':'a'},{}]"),
                        "line[2]: element \"item\" is missing");
    assert_string_equal(order_mistake(",'line':[{'item':['a','b']}]"),
                        "line[1].item: 2 values, but only 1 may stand here");
    assert_string_equal(order_mistake(",'line':'text'"),
                        "line: Line holds elements: an object is meant");
    assert_string_equal(order_mistake(",'whole':{'a':1}"),
                        "whole: integer holds text, and no element \"a\"");
    assert_string_equal(order_mistake(",'iban':'a\\u0001b'"),
                        "iban: XML cannot hold the character U+0001");
    assert_string_equal(order_mistake(",'card':'a\\u0000b'"),
                        "card: XML cannot hold the character U+0000");
}

static void test_header_blocks(void **state)
{
    (void)state;
    const char *envelope = envelope_of(
        FAKE_ORDER, "{'id':1,'buyer':{'name':'A'},'@version':1,'#header':{'{urn:h}Trace':'t',"
                    "'Session':{'token':'s','@soap:mustUnderstand':true}}}");
    assert_non_null(
        strstr(envelope, "<soap:Header><n1:Session soap:mustUnderstand=\"1\"><n1:token>s</n1:token>"
                         "</n1:Session><n2:Trace>t</n2:Trace>\n  </soap:Header>"));
    assert_string_equal(mistake_of(FAKE_ORDER, "{'id':1,'#header':{'Sesion':{}}}"),
                        "#header.Sesion: there is no such header block; the operation has "
                        "\"Session\" (others need their namespace: \"{...}Sesion\")");
}

#define RPC_REST                                                                                   \
    "'words':['x'],'table':[[1,2],[3,4],[5,6]],'rows':[['p','q'],['r']],'count':1,'any':true"

static void test_rpc_literal_has_plain_parts_in_a_wrapper(void **state)
{
    (void)state;
    const char *envelope =
        envelope_of(FAKE_LITERAL, "{'count':1,'basket':{'lines':[]},'words':['w'],"
                                  "'table':[],'rows':[],'any':'a'}");
    assert_non_null(strstr(envelope, "<n1:put><basket>"));
    assert_non_null(strstr(envelope, "<count>1</count><any xsi:type=\"xsd:string\">a</any>"
                                     "</n1:put>"));
}

static void test_rpc_encoded_types_everything_and_sizes_arrays(void **state)
{
    (void)state;
    const char *inside = inside_of(
        FAKE_BASKET, "{" RPC_REST ",'basket':{'first':null,'lines':[{'item':'a','count':1}]}}");
    assert_string_equal(
        inside,
        "<basket xsi:type=\"n1:Basket\">"
        "<lines xsi:type=\"n1:ArrayOfLine\" enc:arrayType=\"n1:Line[1]\">"
        "<item xsi:type=\"n1:Line\"><item xsi:type=\"xsd:string\">a</item>"
        "<count xsi:type=\"n1:Small\">1</count></item></lines>"
        "<first xsi:type=\"n1:Line\" xsi:nil=\"true\"></first></basket>"
        "<words xsi:type=\"n1:ArrayOfString\" enc:arrayType=\"xsd:string[1]\">"
        "<word xsi:type=\"xsd:string\">x</word></words>"
        "<table xsi:type=\"n1:Table\" enc:arrayType=\"xsd:int[3,2]\">"
        "<item xsi:type=\"xsd:int\">1</item><item xsi:type=\"xsd:int\">2</item>"
        "<item xsi:type=\"xsd:int\">3</item><item xsi:type=\"xsd:int\">4</item>"
        "<item xsi:type=\"xsd:int\">5</item><item xsi:type=\"xsd:int\">6</item></table>"
        "<rows xsi:type=\"n1:Rows\" enc:arrayType=\"xsd:string[][2]\">"
        "<item xsi:type=\"enc:Array\" enc:arrayType=\"xsd:string[2]\">"
        "<item xsi:type=\"xsd:string\">p</item><item xsi:type=\"xsd:string\">q</item></item>"
        "<item xsi:type=\"enc:Array\" enc:arrayType=\"xsd:string[1]\">"
        "<item xsi:type=\"xsd:string\">r</item></item></rows>"
        "<count xsi:type=\"xsd:int\">1</count><any xsi:type=\"xsd:boolean\">true</any>");
    const char *twelve = envelope_of(FAKE_ENCODED12, "{" RPC_REST ",'basket':{'lines':[]}}");
    assert_non_null(strstr(twelve, "enc12:itemType=\"xsd:int\" enc12:arraySize=\"3 2\""));
    assert_string_equal(mistake_of(FAKE_BASKET, "{'basket':null,'words':[],'table':[[1],[2,3]]}"),
                        "table[2]: all rows of an array must have the same size");
}

static void test_recursion_is_followed_and_limited(void **state)
{
    (void)state;
    assert_string_equal(order(",'tree':{'branch':[{'name':'b'}],'name':'a'}"),
                        "<n1:tree><n1:name>a</n1:name><n1:branch><n1:name>b</n1:name></n1:branch>"
                        "</n1:tree>");
    struct json *tree = json_object(all.arena);
    json_set(all.arena, tree, STR("name"), json_text(all.arena, "leaf"));
    for (size_t i = 0; i < 300; i++) {
        struct json *outer = json_object(all.arena);
        json_set(all.arena, outer, STR("name"), json_text(all.arena, "n"));
        json_set(all.arena, outer, STR("branch"), tree);
        tree = outer;
    }
    struct json *data = (struct json *)json_of("{'id':1,'buyer':{'name':'A'},'@version':1}");
    json_set(all.arena, data, STR("tree"), tree);
    struct str envelope;
    struct err err;
    assert_false(
        soap_json_encode(&all.fake->operations[FAKE_ORDER], all.arena, data, &envelope, &err));
    assert_int_equal(err.code, ERR_TOO_LARGE);
}

// --- replies ---

#define SOAP_11 "http://schemas.xmlsoap.org/soap/envelope/"
#define ENC_11  "http://schemas.xmlsoap.org/soap/encoding/"
#define ENC_12  "http://www.w3.org/2003/05/soap-encoding"

static struct str reply_text(const char *header, const char *body)
{
    return str_from(arena_printf(
        all.arena,
        "<s:Envelope xmlns:s='" SOAP_11 "' xmlns:o='" ORDER_NS "' xmlns:x='" XS_NS "'"
        " xmlns:i='http://www.w3.org/2001/XMLSchema-instance' xmlns:e='" ENC_11 "'"
        " xmlns:f='" ENC_12 "' xmlns:p='" PARTY_NS "'>%s<s:Body>%s</s:Body></s:Envelope>",
        header, body));
}

static struct soap_json_reply reply_of(enum fake_operation index, struct str wire)
{
    struct soap_json_reply reply = {0};
    struct err err = {0};
    if (!soap_json_decode(all.codec, &all.fake->operations[index], all.arena, wire, &reply, &err))
        fail_msg("%s", err.text);
    return reply;
}

// As text, with ' for ".
static const char *text_of(const struct json *value)
{
    AUTO_BUF struct buf text;
    buf_init(&text, 1 << 20);
    if (!value)
        return NULL;
    json_write(&text, value, JSON_COMPACT);
    char *quoted = arena_strdup(all.arena, buf_str(&text).data);
    for (char *at = quoted; (at = strchr(at, '"'));)
        *at = '\'';
    return quoted;
}

static const char *body_of(enum fake_operation index, const char *body)
{
    return text_of(reply_of(index, reply_text("", body)).body);
}

static const char *answer(const char *inside)
{
    return body_of(FAKE_ORDER, arena_printf(all.arena, "<o:Answer>%s</o:Answer>", inside));
}

static void test_a_reply_has_the_types_of_its_schema(void **state)
{
    (void)state;
    assert_string_equal(
        answer("<o:id>0012</o:id><o:ratio>2.50</o:ratio><o:open>1</o:open>"
               "<o:line no='3'><o:item>007</o:item></o:line><o:codes>AB CD</o:codes>"
               "<o:price currency='EUR'>1.10</o:price>"),
        "{'id':12,'ratio':2.5,'open':true,'line':[{'@no':3,'item':'007'}],'codes':['AB','CD'],"
        "'price':{'@currency':'EUR','#text':1.1}}");
    assert_string_equal(answer("<o:id>9223372036854775808</o:id><o:open i:nil='true'/>"
                               "<o:ratio>INF</o:ratio>"),
                        "{'id':'9223372036854775808','open':null,'ratio':'INF'}");
    assert_string_equal(body_of(FAKE_PING, "<o:Ping>x</o:Ping>"), "'x'");
    assert_null(reply_of(FAKE_STOP, reply_text("", "")).body);
}

static void test_a_reply_may_forget_to_declare_xsi(void **state)
{
    (void)state;
    assert_string_equal(answer("<o:id>1</o:id><o:ratio>2.5</o:ratio><o:open xsi:nil='true'/>"),
                        answer("<o:id>1</o:id><o:ratio>2.5</o:ratio><o:open i:nil='true'/>"));
    assert_string_equal(answer("<o:id other:x='2'>1</o:id><o:open xsi:nil='1'/>"),
                        answer("<o:id other:x='2'>1</o:id><o:open i:nil='1'/>"));
}

static void test_a_reply_tells_types_that_are_derived(void **state)
{
    (void)state;
    assert_string_equal(answer("<o:id>1</o:id><o:line i:type='o:GiftLine' wrap='true'>"
                               "<o:item>a</o:item></o:line>"),
                        "{'id':1,'line':[{'@xsi:type':'GiftLine','@wrap':true,'item':'a'}]}");
    assert_string_equal(answer("<o:value i:type='x:int'>7</o:value>"), "{'value':7}");
    assert_string_equal(answer("<o:value i:type='x:date'>2026-01-01</o:value>"),
                        "{'value':{'@xsi:type':'date','#text':'2026-01-01'}}");
    assert_string_equal(answer("<o:value i:type='o:Unknown'><o:a>1</o:a></o:value>"),
                        "{'value':{'{urn:test:order}a':'1'}}");
}

static void test_a_reply_keeps_what_no_type_describes(void **state)
{
    (void)state;
    assert_string_equal(answer("<o:id>1</o:id><more xmlns='urn:m' a='b'><x>1</x><x>2</x></more>"),
                        "{'id':1,'{urn:m}more':{'@a':'b','{urn:m}x':['1','2']}}");
    // A service that forgot the namespace is understood.
    assert_string_equal(answer("<id>1</id><line><item>a</item></line>"),
                        "{'id':1,'line':[{'item':'a'}]}");
    assert_string_equal(body_of(FAKE_ORDER, "<other><a>1</a></other>"), "{'a':'1'}");
    assert_string_equal(answer("<o:text>so <o:b>bold</o:b> it is</o:text>"),
                        "{'text':{'#content':['so ',{'b':'bold'},' it is']}}");
    assert_string_equal(answer("<o:tree><o:name>a</o:name><o:branch><o:name>b</o:name></o:branch>"
                               "</o:tree>"),
                        "{'tree':{'name':'a','branch':[{'name':'b'}]}}");
}

static void test_a_reply_of_rpc_has_its_parts_and_arrays(void **state)
{
    (void)state;
    assert_string_equal(
        body_of(
            FAKE_BASKET,
            "<o:putResponse><basket i:type='o:Basket'><lines e:arrayType='o:Line[1]'>"
            "<item><o:item>a</o:item><o:count i:type='x:int'>2</o:count></item></lines>"
            "</basket><words i:type='e:Array' e:arrayType='x:string[2]'><a>x</a><b>y</b></words>"
            "<table e:arrayType='x:int[2,2]'><i>1</i><i>2</i><i>3</i><i>4</i></table>"
            "<rows e:arrayType='x:string[][1]'><i e:arrayType='x:string[1]'><i>p</i></i></rows>"
            "</o:putResponse>"),
        "{'basket':{'lines':[{'item':'a','count':2}]},'words':['x','y'],'table':[[1,2],[3,4]],"
        "'rows':[['p']]}");
    assert_string_equal(
        body_of(FAKE_ENCODED12,
                "<o:r><basket><lines f:itemType='o:Line' f:arraySize='0'/></basket>"
                "<table f:itemType='x:int' f:arraySize='1 2'><i>1</i><i>2</i></table>"
                "</o:r>"),
        "{'basket':{'lines':[]},'table':[[1,2]]}");
    assert_string_equal(body_of(FAKE_BASKET,
                                "<o:r><any xmlns:m='http://xml.apache.org/xml-soap' i:type='m:Map'>"
                                "<item><key>a</key><value i:type='x:int'>1</value></item>"
                                "<item><key>b c</key><value i:type='x:string'>x</value></item>"
                                "</any></o:r>"),
                        "{'any':{'@xsi:type':'Map','a':1,'b c':'x'}}");
    // The result has its place, if not its name.
    assert_string_equal(body_of(FAKE_LITERAL, "<o:r><return><lines/></return></o:r>"),
                        "{'basket':{'lines':[]}}");
}

static void test_references_are_followed_and_circles_end(void **state)
{
    (void)state;
    assert_string_equal(
        body_of(
            FAKE_BASKET,
            "<o:r><basket href='#1'/></o:r>"
            "<m id='1' i:type='o:Basket'><lines href='#2'/><first href='#3'/></m>"
            "<m id='2' i:type='e:Array' e:arrayType='o:Line[2]'><i href='#3'/><i href='#3'/></m>"
            "<m id='3'><o:item>a</o:item></m>"),
        "{'basket':{'lines':[{'item':'a'},{'item':'a'}],'first':{'item':'a'}}}");
    assert_string_equal(
        body_of(FAKE_BASKET, "<o:r><any href='#1'/></o:r><m id='1'><again href='#1'/></m>"),
        "{'any':{'again':null}}");
}

static void test_references_that_multiply_are_refused(void **state)
{
    (void)state;
    AUTO_BUF struct buf body;
    buf_init(&body, 1 << 20);
    buf_add_str(&body, STR("<o:r><any href='#0'/></o:r>"));
    for (int i = 0; i < 40; i++)
        buf_printf(&body, "<m id='%d'><a href='#%d'/><b href='#%d'/></m>", i, i + 1, i + 1);
    struct soap_json_reply reply;
    struct err err;
    assert_false(soap_json_decode(all.codec, &all.fake->operations[FAKE_BASKET], all.arena,
                                  reply_text("", buf_str(&body).data), &reply, &err));
    assert_int_equal(err.code, ERR_TOO_LARGE);
}

static void test_a_fault_has_its_declared_detail(void **state)
{
    (void)state;
    struct soap_json_reply reply = reply_of(
        FAKE_ORDER,
        reply_text("<s:Header><o:Session><o:token>t</o:token></o:Session></s:Header>",
                   "<s:Fault><faultcode>s:Client</faultcode><faultstring>no</faultstring><detail>"
                   "<o:Refused><o:code>7</o:code><o:reason>r</o:reason></o:Refused><x>1</x>"
                   "</detail></s:Fault>"));
    assert_null(reply.body);
    assert_string_equal(text_of(reply.detail), "{'Refused':{'code':7,'reason':['r']},'x':'1'}");
    assert_string_equal(text_of(reply.header), "{'{urn:test:order}Session':{'token':'t'}}");
    reply = reply_of(FAKE_ORDER, reply_text("", "<s:Fault><faultcode>s:Client</faultcode>"
                                                "<detail> text </detail></s:Fault>"));
    assert_string_equal(text_of(reply.detail), "'text'");
}

static void test_what_is_no_soap_is_refused(void **state)
{
    (void)state;
    static const char *const wires[] = {"<html/>", "text",
                                        "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"};
    for (size_t i = 0; i < COUNT_OF(wires); i++) {
        struct soap_json_reply reply;
        struct err err = {0};
        assert_false(soap_json_decode(all.codec, &all.fake->operations[FAKE_ORDER], all.arena,
                                      str_from(wires[i]), &reply, &err));
        assert_int_equal(err.code, ERR_INVALID);
        assert_memory_equal(err.text, "the reply is not SOAP: ", 23);
    }
}

// What is read, written again, is the same message.
static void test_what_comes_out_goes_in_again(void **state)
{
    (void)state;
    static const char *const data[] = {
        "{'basket':{'lines':[{'@no':1,'item':'a','count':null}],'first':{'item':'b'}},"
        "'words':['x','y'],'table':[[1,2],[3,4]],'rows':[['p'],[]],'count':5,'any':'a & b'}",
        "{'basket':{'lines':[]},'words':[],'table':[],'rows':[],'count':-1,'any':{'@xsi:type':'Map'"
        ",'a':1,'b':'x'}}"};
    for (size_t i = 0; i < COUNT_OF(data); i++) {
        const char *envelope = envelope_of(FAKE_BASKET, data[i]);
        const char *read = text_of(reply_of(FAKE_BASKET, str_from(envelope)).body);
        assert_string_equal(envelope_of(FAKE_BASKET, read), envelope);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members_in_any_order_are_written_in_the_types_order),
        cmocka_unit_test(test_data_may_be_wrapped_in_the_bodys_element),
        cmocka_unit_test(test_arrays_repeat_and_null_is_nil_or_nothing),
        cmocka_unit_test(test_a_branch_is_chosen_by_its_members),
        cmocka_unit_test(test_groups_all_and_names_of_any_kind),
        cmocka_unit_test(test_derived_types_are_named),
        cmocka_unit_test(test_substitutes_stand_by_their_own_name),
        cmocka_unit_test(test_anything_takes_scalars_by_nature_and_objects_by_type),
        cmocka_unit_test(test_wildcards_take_global_elements_and_full_names),
        cmocka_unit_test(test_one_name_in_two_namespaces_has_to_be_whole),
        cmocka_unit_test(test_texts_lists_unions_and_mixed),
        cmocka_unit_test(test_numbers_stay_exact),
        cmocka_unit_test(test_attributes_of_all_kinds),
        cmocka_unit_test(test_mistakes_name_the_way_to_the_member),
        cmocka_unit_test(test_header_blocks),
        cmocka_unit_test(test_rpc_literal_has_plain_parts_in_a_wrapper),
        cmocka_unit_test(test_rpc_encoded_types_everything_and_sizes_arrays),
        cmocka_unit_test(test_recursion_is_followed_and_limited),
        cmocka_unit_test(test_a_reply_has_the_types_of_its_schema),
        cmocka_unit_test(test_a_reply_may_forget_to_declare_xsi),
        cmocka_unit_test(test_a_reply_tells_types_that_are_derived),
        cmocka_unit_test(test_a_reply_keeps_what_no_type_describes),
        cmocka_unit_test(test_a_reply_of_rpc_has_its_parts_and_arrays),
        cmocka_unit_test(test_references_are_followed_and_circles_end),
        cmocka_unit_test(test_references_that_multiply_are_refused),
        cmocka_unit_test(test_a_fault_has_its_declared_detail),
        cmocka_unit_test(test_what_is_no_soap_is_refused),
        cmocka_unit_test(test_what_comes_out_goes_in_again),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
