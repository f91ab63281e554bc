// SPDX-License-Identifier: GPL-3.0-or-later
//
// What WSDLs of tests/wsdl/ put on the wire. Each file MODULE/OPERATION.xml, or
// MODULE/OPERATION@PORT.xml, of tests/golden/wsdl/ is an envelope as a template makes it, and the
// .wire.xml next to it the bytes that must become of it. Those of values/ must come out as they
// went in, up to prefixes.

#include "base/clock.h"
#include "edge/multipart.h"
#include "edge/soap.h"
#include "edge/soap_module.h"

#include <dirent.h>
#include <dlfcn.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define GOLDEN "tests/golden/wsdl"

static struct {
    struct arena *arena;
    struct soap_modules *modules;
    struct soap_codec *codec;
} all;

static const char *modules_dir(void)
{
    const char *dir = getenv("SWITCHHOOK_TEST_MODULES");
    return dir ? dir : "build/tests/wsdl";
}

static int set_up(void **state)
{
    (void)state;
    all.arena = arena_new();
    struct fault_list faults = {.arena = all.arena};
    bool is_loaded = soap_modules_load(modules_dir(), &all.modules, &faults);
    for (size_t i = 0; i < faults.count; i++)
        fprintf(stderr, "%s\n", faults.items[i].text);
    fault_list_finish(&faults);
    all.codec = soap_codec_new();
    return is_loaded ? 0 : 1;
}

static int tear_down(void **state)
{
    (void)state;
    soap_codec_free(all.codec);
    soap_modules_free(all.modules);
    arena_free(all.arena);
    return 0;
}

static struct str file_text(const char *path)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return STR("(no such file)");
    AUTO_BUF struct buf text;
    buf_init(&text, 1 << 20);
    char block[4096];
    for (size_t len; (len = fread(block, 1, sizeof(block), file)) > 0;)
        buf_add(&text, block, len);
    fclose(file);
    return arena_copy(all.arena, buf_str(&text));
}

// `name` is OPERATION or OPERATION@PORT.
static struct str encoded(const char *module, const char *name, struct str envelope)
{
    const char *at = strchrnul(name, '@');
    const char *operation_name =
        arena_copy(all.arena, (struct str){name, (size_t)(at - name)}).data;
    const struct soap_operation *operation;
    struct str wire = STR("");
    struct err err;
    if (!soap_operation_find(all.modules, module, *at ? at + 1 : NULL, operation_name, &operation,
                             &err) ||
        !soap_encode(all.codec, operation, all.arena, envelope, &wire, &err))
        fail_msg("%s/%s: %s", module, name, err.text);
    return wire;
}

// --- what goes in comes out ---

// A value, with the namespace in place of its prefix where it has one that means something.
static void add_value(struct buf *out, xmlNode *at, const xmlChar *value)
{
    const char *text = value ? (const char *)value : "", *colon = strchr(text, ':');
    const char *prefix = colon ? arena_printf(all.arena, "%.*s", (int)(colon - text), text) : "";
    const xmlNs *ns = colon ? xmlSearchNs(at->doc, at, (const xmlChar *)prefix) : NULL;
    buf_printf(out, "\"%s%s\"", ns ? (const char *)ns->href : "", ns ? colon : text);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_attributes(struct buf *out, xmlNode *node)
{
    char *texts[20];
    size_t count = 0;
    for (xmlAttr *attribute = node->properties; attribute; attribute = attribute->next) {
        AUTO_BUF struct buf text;
        buf_init(&text, 1 << 20);
        xmlChar *value = xmlNodeListGetString(node->doc, attribute->children, 1);
        buf_printf(&text, " {%s}%s=", attribute->ns ? (const char *)attribute->ns->href : "",
                   (const char *)attribute->name);
        add_value(&text, node, value);
        xmlFree(value);
        assert_true(count < COUNT_OF(texts));
        texts[count++] = arena_strdup(all.arena, buf_str(&text).data);
    }
    qsort(texts, count, sizeof(*texts), by_text);
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "%s", texts[i]);
}

// One line a node: names with their namespaces, attributes in order, texts but blanks between
// elements.
static void add_nodes(struct buf *out, xmlNode *node)
{
    buf_printf(out, "<{%s}%s", node->ns ? (const char *)node->ns->href : "",
               (const char *)node->name);
    add_attributes(out, node);
    buf_printf(out, ">");
    if (!xmlFirstElementChild(node)) {
        xmlChar *text = xmlNodeGetContent(node);
        add_value(out, node, text);
        xmlFree(text);
    }
    for (xmlNode *child = node->children; child; child = child->next) {
        bool is_text = child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE;
        if (child->type == XML_ELEMENT_NODE)
            add_nodes(out, child);
        else if (is_text && xmlFirstElementChild(node) && !xmlIsBlankNode(child))
            buf_printf(out, "%s", (const char *)child->content);
    }
    buf_printf(out, "</>\n");
}

static const char *nodes_of(struct str text)
{
    xmlDoc *doc = xmlReadMemory(text.data, (int)text.len, NULL, NULL, XML_PARSE_NOCDATA);
    assert_non_null(doc);
    AUTO_BUF struct buf out;
    buf_init(&out, 1 << 20);
    add_nodes(&out, xmlDocGetRootElement(doc));
    xmlFreeDoc(doc);
    return arena_strdup(all.arena, buf_str(&out).data);
}

static void assert_kept(const char *operation, const char *file)
{
    struct str envelope = file_text(arena_printf(all.arena, GOLDEN "/values/%s.xml", file));
    const char *wire = nodes_of(encoded("values", operation, envelope));
    assert_string_equal(wire, nodes_of(envelope));
}

static void test_no_value_is_changed_on_its_way(void **state)
{
    (void)state;
    assert_kept("Put", "Put");
    assert_kept("Put", "Put-stub");
    assert_kept("Typed", "Typed");
}

static void test_a_body_holds_as_many_elements_as_the_operation_has_parts(void **state)
{
    (void)state;
    assert_kept("Two", "Two");
    assert_kept("Nothing", "Nothing");
    const struct soap_operation *nothing;
    struct str wire;
    struct err err;
    assert_true(soap_operation_find(all.modules, "values", NULL, "Nothing", &nothing, &err));
    struct str envelope = file_text(GOLDEN "/values/Two.xml");
    assert_false(soap_encode(all.codec, nothing, all.arena, envelope, &wire, &err));
    assert_string_equal(err.text, "First: operation Nothing takes nothing, its Body must be empty");
}

// --- attachments ---

#define SOAP11 "http://schemas.xmlsoap.org/soap/envelope/"
#define XOP    "http://www.w3.org/2004/08/xop/include"
#define PUT(in)                                                                                    \
    "<e:Envelope xmlns:e='" SOAP11 "'><e:Body><v:Put xmlns:v='urn:test:values'>" in                \
    "</v:Put></e:Body></e:Envelope>"

static const struct soap_operation *operation_of(const char *module, const char *name)
{
    const struct soap_operation *operation;
    struct err err;
    if (!soap_operation_find(all.modules, module, NULL, name, &operation, &err))
        fail_msg("%s", err.text);
    return operation;
}

static void test_any_encoded_value_may_be_nil_but_not_missing(void **state)
{
    (void)state;
    const struct soap_operation *put = operation_of("encoded", "Put");
    const struct {
        const char *parts, *complaint; // NULL: none
    } cases[] = {
        {"<comment i:nil='1'/><score i:nil='1'/><count i:nil='true'/><more i:nil='1'/>", NULL},
        {"<comment href='#c'/><score i:nil='1'/><count>1</count><more/>", NULL},
        {"<comment i:nil='1'/><count>1</count><more/>", "Put: element \"score\" is missing"},
        {"<comment i:nil='1'/><score>1</score><count/><more/>", "count: this is no value"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *text = arena_printf(
            all.arena,
            "<e:Envelope xmlns:e='" SOAP11 "' xmlns:i='http://www.w3.org/2001/XMLSchema-instance'>"
            "<e:Body><c:Put xmlns:c='urn:test:calls'>%s</c:Put></e:Body></e:Envelope>",
            cases[i].parts);
        struct str wire;
        struct err err = {0};
        bool is_sent = soap_encode(all.codec, put, all.arena, str_from(text), &wire, &err);
        if (cases[i].complaint)
            assert_non_null(strstr(err.text, cases[i].complaint));
        assert_int_equal(is_sent, !cases[i].complaint);
    }
}

static void test_binary_values_travel_as_parts(void **state)
{
    (void)state;
    const struct soap_operation *put = operation_of("values", "Put");
    struct str wire = encoded("values", "Put",
                              STR(PUT("<v:base64>AAEC\nAw==</v:base64><v:hex>00</v:hex>"))),
               body;
    struct err err;
    assert_true(soap_pack(all.codec, put, all.arena, "b", wire, &body, &err));
    struct multipart_part *parts;
    size_t count;
    assert_true(multipart_read(all.arena, body, &parts, &count, &err));
    assert_int_equal(count, 2);
    assert_non_null(strstr(arena_copy(all.arena, parts[0].content).data,
                           "base64><xop:Include xmlns:xop=\"" XOP
                           "\" href=\"cid:1@switchhook\"/></"));
    assert_true(str_eq(parts[1].content, (struct str){"\0\1\2\3", 4}));
    assert_true(str_eq(parts[1].id, STR("1@switchhook")));
    assert_string_equal(soap_pack_type(put, all.arena, "b"),
                        "multipart/related; type=\"application/xop+xml\"; boundary=\"b\"; "
                        "start=\"<root@switchhook>\"; start-info=\"text/xml\"");
}

static struct soap_reply decoded_done(const char *content)
{
    const char *text = arena_printf(
        all.arena,
        "--b\r\nContent-Type: image/png\r\nContent-ID: <i %%>\r\n\r\n\1\2\3\r\n--b\r\n"
        "Content-Type: application/xop+xml\r\n\r\n<e:Envelope xmlns:e='" SOAP11 "'><e:Body>"
        "<v:Done xmlns:v='urn:test:values'>%s</v:Done></e:Body></e:Envelope>\r\n--b--\r\n",
        content);
    struct soap_reply reply;
    soap_decode(all.codec, operation_of("values", "Two"), all.arena, str_from(text), &reply);
    return reply;
}

static void test_a_reply_of_several_parts_is_one(void **state)
{
    (void)state;
    assert_true(decoded_done("<x:Include xmlns:x='" XOP "' href='cid:i%20%25'/>").is_readable);
    struct soap_reply reply = decoded_done("<x:Include xmlns:x='" XOP "' href='cid:none'/>");
    assert_false(reply.is_readable);
    assert_string_equal(reply.problem, "the reply is not SOAP: Done: there is no part cid:none");
}

// --- replies of encoders ---

static struct soap_reply decoded(const char *operation, const char *body)
{
    const char *text =
        arena_printf(all.arena,
                     "<e:Envelope xmlns:e='" SOAP11 "'><e:Header><h:h xmlns:h='urn:h' "
                     "e:mustUnderstand='1'/></e:Header><e:Body>%s</e:Body></e:Envelope>",
                     body);
    struct soap_reply reply;
    soap_decode(all.codec, operation_of("rpc", operation), all.arena, str_from(text), &reply);
    return reply;
}

static void test_an_encoded_answer_may_hold_its_values_elsewhere_and_name_them_freely(void **state)
{
    (void)state;
    assert_true(decoded("Store", "<c:StoreResponse xmlns:c='urn:test:calls'><id href='#i'/>"
                                 "</c:StoreResponse><multiRef id='i'>7</multiRef>")
                    .is_readable);
    assert_true(decoded("Store",
                        "<c:StoreResponse xmlns:c='urn:test:calls'><s-gensym3>7</s-gensym3>"
                        "</c:StoreResponse>")
                    .is_readable);
}

static int is_request(const struct dirent *entry)
{
    const char *dot = strchr(entry->d_name, '.');
    return dot && strcmp(dot, ".xml") == 0;
}

static size_t check_module(const char *module)
{
    struct dirent **entries;
    const char *dir = arena_printf(all.arena, GOLDEN "/%s", module);
    int count = scandir(dir, &entries, is_request, alphasort);
    for (int i = 0; i < count; i++) {
        const char *name = arena_printf(all.arena, "%.*s", (int)strcspn(entries[i]->d_name, "."),
                                        entries[i]->d_name);
        struct str envelope = file_text(arena_printf(all.arena, "%s/%s.xml", dir, name));
        struct str expected = file_text(arena_printf(all.arena, "%s/%s.wire.xml", dir, name));
        struct str wire = encoded(module, name, envelope);
        if (!str_eq(wire, expected))
            fail_msg("%s/%s: wire:\n%.*s\nexpected:\n%.*s", module, name, STR_ARG(wire),
                     STR_ARG(expected));
        free(entries[i]);
    }
    free(entries);
    return count > 0 ? (size_t)count : 0;
}

static void test_rpc_requests_become_the_golden_bytes(void **state)
{
    (void)state;
    assert_int_equal(check_module("rpc"), 8);
}

static void test_encoded_requests_become_the_golden_bytes(void **state)
{
    (void)state;
    assert_int_equal(check_module("encoded"), 1);
}

static void test_document_requests_become_the_golden_bytes(void **state)
{
    (void)state;
    assert_int_equal(check_module("document"), 5);
}

static void test_types_of_many_files_become_the_golden_bytes(void **state)
{
    (void)state;
    assert_int_equal(check_module("imports"), 1);
}

static const struct soap_module *module_open(const char *name, void **ret_handle)
{
    const char *path = arena_printf(all.arena, "%s/%s.so", modules_dir(), name);
    *ret_handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    assert_non_null(*ret_handle);
    return dlsym(*ret_handle, SOAP_MODULE_SYMBOL);
}

static const struct soap_module_operation *facts_of(const struct soap_module *module,
                                                    const char *port, const char *name)
{
    for (size_t i = 0; i < module->operation_count; i++) {
        const struct soap_module_operation *facts = &module->operations[i];
        if (strcmp(facts->port, port) == 0 && strcmp(facts->name, name) == 0)
            return facts;
    }
    fail_msg("no operation %s in port %s", name, port);
    return NULL;
}

static void assert_name(const struct soap_module_name *name, const char *namespace,
                        const char *local)
{
    assert_string_equal(name->namespace, namespace);
    assert_string_equal(name->local, local);
}

static void test_a_module_tells_the_messages_of_a_document_operation(void **state)
{
    (void)state;
    void *handle;
    const struct soap_module *module = module_open("document", &handle);
    const struct soap_module_operation *report = facts_of(module, "Old", "Report");
    assert_string_equal(report->service, "Document");
    assert_string_equal(report->documentation, "Reports how a call ended, with <marks>.");
    assert_name(&report->input.wrapper, "", "");
    assert_int_equal(report->input.part_count, 1);
    assert_string_equal(report->input.parts[0].name, "body");
    assert_true(report->input.parts[0].is_element);
    assert_name(&report->input.parts[0].of, "urn:test:document", "Report");
    assert_int_equal(report->input.header_count, 1);
    assert_string_equal(report->input.headers[0].name, "key");
    assert_name(&report->input.headers[0].of, "urn:test:document", "Key");
    assert_int_equal(report->output.header_count, 1);
    assert_name(&report->output.headers[0].of, "urn:test:document", "Key");
    assert_int_equal(report->fault_count, 1);
    assert_string_equal(report->faults[0].name, "Refused");
    assert_name(&report->faults[0].element, "urn:test:document", "Ping");
    dlclose(handle);
}

static void test_a_module_tells_the_messages_of_an_rpc_operation(void **state)
{
    (void)state;
    void *handle;
    const struct soap_module *module = module_open("rpc", &handle);
    const struct soap_module_operation *rate = facts_of(module, "Rpc", "Rate");
    assert_name(&rate->input.wrapper, "urn:test:calls", "Rate");
    assert_name(&rate->output.wrapper, "urn:test:calls", "RateResponse");
    assert_int_equal(rate->input.part_count, 2);
    assert_string_equal(rate->input.parts[1].name, "note");
    assert_false(rate->input.parts[1].is_element);
    assert_name(&rate->input.parts[0].of, "http://www.w3.org/2001/XMLSchema", "int");
    assert_name(&rate->input.parts[1].of, "urn:test:rpc", "Note");
    assert_name(&rate->input.headers[0].of, "urn:test:session", "session");
    assert_name(&rate->faults[0].element, "urn:test:faults", "until");
    assert_false(rate->input.is_encoded);
    assert_true(facts_of(module, "Rpc", "Store")->input.is_encoded);
    assert_name(&facts_of(module, "Rpc", "Plain")->input.wrapper, "", "Plain");
    dlclose(handle);
}

static void test_a_module_tells_the_addressing_action_and_whether_it_is_used(void **state)
{
    (void)state;
    void *handle;
    const struct soap_module *module = module_open("document", &handle);
    const struct soap_module_operation *old = facts_of(module, "Old", "Ping");
    const struct soap_module_operation *new = facts_of(module, "New", "Ping");
    assert_string_equal(old->addressing_action, "urn:test:ping");
    assert_false(old->uses_addressing);
    assert_true(new->uses_addressing);
    assert_string_equal(facts_of(module, "Old", "Report")->addressing_action, "urn:report");
    dlclose(handle);
    module = module_open("rpc", &handle);
    assert_string_equal(facts_of(module, "Rpc", "Plain")->addressing_action,
                        "urn:test:rpc:Rpc:PlainRequest");
    dlclose(handle);
}

static void test_a_module_tells_what_was_left_out_and_where(void **state)
{
    (void)state;
    void *handle;
    const struct soap_module *module = module_open("document", &handle);
    static const char *const parts[] = {"type {urn:test:document}NotThere is defined nowhere",
                                        "header gone is left out", "policy", "urn:test:extension"};
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        const char *found = strstr(module->notes, parts[i]);
        if (!found)
            fail_msg("\"%s\" does not say \"%s\"", module->notes, parts[i]);
    }
    assert_non_null(strstr(module->notes, "document.wsdl:49: "));
    dlclose(handle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rpc_requests_become_the_golden_bytes),
        cmocka_unit_test(test_encoded_requests_become_the_golden_bytes),
        cmocka_unit_test(test_document_requests_become_the_golden_bytes),
        cmocka_unit_test(test_types_of_many_files_become_the_golden_bytes),
        cmocka_unit_test(test_no_value_is_changed_on_its_way),
        cmocka_unit_test(test_a_body_holds_as_many_elements_as_the_operation_has_parts),
        cmocka_unit_test(test_any_encoded_value_may_be_nil_but_not_missing),
        cmocka_unit_test(test_binary_values_travel_as_parts),
        cmocka_unit_test(test_a_reply_of_several_parts_is_one),
        cmocka_unit_test(test_an_encoded_answer_may_hold_its_values_elsewhere_and_name_them_freely),
        cmocka_unit_test(test_a_module_tells_the_messages_of_a_document_operation),
        cmocka_unit_test(test_a_module_tells_the_messages_of_an_rpc_operation),
        cmocka_unit_test(test_a_module_tells_the_addressing_action_and_whether_it_is_used),
        cmocka_unit_test(test_a_module_tells_what_was_left_out_and_where),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
