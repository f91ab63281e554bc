// SPDX-License-Identifier: GPL-3.0-or-later
//
// A service from its configuration to the bytes of a request and back. SOAP is a stand-in here: it
// takes any envelope and answers what the test says, so that no module has to be built.

#include "edge/multipart.h"
#include "edge/service.h"
#include "edge/soap_document.h"
#include "edge/soap_json.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <libxml/parser.h>
#include <stdio.h>
#include <unistd.h>

// --- the stand-in for edge/soap ---

struct soap_operation {
    int version;
    const char *action, *endpoint;
    const char *addressing_action;
    bool uses_addressing;
};

static struct soap_operation operation;
static bool is_encoding_refused;
static struct soap_reply next_reply;
static struct service_reply last;
static struct str decoded; // what the last soap_decode was given

size_t soap_modules_count(const struct soap_modules *modules)
{
    (void)modules;
    return 1;
}

const char *soap_modules_name(const struct soap_modules *modules, size_t index)
{
    (void)modules, (void)index;
    return "survey";
}

bool soap_operation_find(const struct soap_modules *modules, const char *module, const char *port,
                         const char *name, const struct soap_operation **ret, struct err *err)
{
    (void)modules, (void)port;
    if (strcmp(module, "survey") != 0)
        return err_set(err, ERR_NOT_FOUND, "there is no module '%s'", module);
    if (strcmp(name, "Submit") != 0)
        return err_set(err, ERR_NOT_FOUND, "there is no operation '%s'", name);
    *ret = &operation;
    return true;
}

const char *soap_operation_endpoint(const struct soap_operation *of)
{
    return of->endpoint;
}

const char *soap_operation_action(const struct soap_operation *of)
{
    return of->action;
}

const char *soap_operation_addressing_action(const struct soap_operation *of)
{
    return of->addressing_action;
}

bool soap_operation_uses_addressing(const struct soap_operation *of)
{
    return of->uses_addressing;
}

int soap_operation_version(const struct soap_operation *of)
{
    return of->version;
}

bool soap_encode(struct soap_codec *codec, const struct soap_operation *of, struct arena *arena,
                 struct str envelope, struct str *ret_wire, struct err *err)
{
    (void)codec, (void)of;
    if (is_encoding_refused)
        return err_set(err, ERR_INVALID, "element duration: not a number");
    *ret_wire = str_from(arena_printf(arena, "wire:%.*s", STR_ARG(envelope)));
    return true;
}

bool soap_json_encode(const struct soap_operation *of, struct arena *arena, const struct json *data,
                      struct str *ret, struct err *err)
{
    (void)of;
    AUTO_BUF struct buf out;
    buf_init(&out, 1 << 20);
    json_write(&out, data, JSON_COMPACT);
    if (json_get(data, STR("wrong")))
        return err_set(err, ERR_INVALID, "call.wrong: Call has no such element");
    *ret = str_from(arena_printf(arena, "envelope:%s", buf_str(&out).data));
    return true;
}

bool soap_json_decode(struct soap_codec *codec, const struct soap_operation *of,
                      struct arena *arena, struct str wire, struct soap_json_reply *ret,
                      struct err *err)
{
    (void)codec, (void)of, (void)arena, (void)wire, (void)ret;
    return err_set(err, ERR_INVALID, "no");
}

bool soap_pack(struct soap_codec *codec, const struct soap_operation *of, struct arena *arena,
               const char *boundary, struct str wire, struct str *ret, struct err *err)
{
    (void)codec, (void)of, (void)err;
    const struct multipart_part parts[] = {{STR("root"), STR("text/xml"), wire},
                                           {STR("1"), STR("image/png"), STR("\0\1")}};
    *ret = multipart_write(arena, boundary, parts, 2);
    return true;
}

const char *soap_pack_type(const struct soap_operation *of, struct arena *arena,
                           const char *boundary)
{
    (void)of;
    return arena_printf(arena, "multipart/related; boundary=\"%s\"", boundary);
}

bool soap_finish_xml(struct soap_codec *codec, struct arena *arena, struct str text, bool has_marks,
                     struct str *ret, struct err *err)
{
    (void)codec, (void)arena, (void)has_marks, (void)err;
    *ret = text;
    return true;
}

bool soap_document_parse(struct soap_codec *codec, struct str text, bool may_have_doctype,
                         xmlDoc **ret, struct err *err)
{
    (void)codec, (void)may_have_doctype;
    int options = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING;
    *ret = xmlReadMemory(text.data, (int)text.len, NULL, NULL, options);
    return *ret || err_set(err, ERR_INVALID, "it is no well-formed XML");
}

struct str soap_document_text(xmlDoc *doc, struct arena *arena)
{
    xmlChar *bytes;
    xmlDocDumpMemoryEnc(doc, &bytes, NULL, "UTF-8");
    struct str text = str_from(arena_strdup(arena, (const char *)bytes));
    xmlFree(bytes);
    return text;
}

void soap_decode(struct soap_codec *codec, const struct soap_operation *of, struct arena *arena,
                 struct str wire, struct soap_reply *ret)
{
    (void)codec, (void)of, (void)arena;
    decoded = wire;
    *ret = next_reply;
}

// --- a folder with a configuration and templates ---

struct fixture {
    struct arena *arena;
    char folder[64];
    struct fault_list faults;
    struct config *config;
    struct services *services;
};

static struct fixture fixture;

static void write_file(const char *name, const char *text)
{
    char path[200];
    snprintf(path, sizeof(path), "%s/%s", fixture.folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int set_up(void **state)
{
    (void)state;
    fixture = (struct fixture){.arena = arena_new(), .folder = "/tmp/switchhook-service-XXXXXX"};
    fixture.faults.arena = fixture.arena;
    assert_non_null(mkdtemp(fixture.folder));
    operation =
        (struct soap_operation){11, "urn:submit", "http://wsdl.example.com/survey", "urn:a", false};
    is_encoding_refused = false;
    next_reply = (struct soap_reply){0};
    decoded = STR("");
    setenv("API_KEY", "k<\"&y z", 1);
    setenv("PASSWORD", "pass word", 1);
    return 0;
}

static void unload(void)
{
    services_free(fixture.services);
    config_free(fixture.config);
    fixture.services = NULL;
    fixture.config = NULL;
}

static int tear_down(void **state)
{
    (void)state;
    unload();
    fault_list_finish(&fixture.faults);
    char path[200];
    static const char *const names[] = {"switchhook.yaml", "t", "part.json", "t.json"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        snprintf(path, sizeof(path), "%s/%s", fixture.folder, names[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(fixture.folder), 0);
    arena_free(fixture.arena);
    return 0;
}

// Loads one service `s` of these lines; its template, if any, is the file `t`.
static bool load(const char *service, const char *template)
{
    AUTO_BUF struct buf text;
    buf_init(&text, 1 << 20);
    buf_printf(&text, "store: d\ntemplates: .\nsources: {a: }\nservices:\n  s:\n%s", service);
    write_file("switchhook.yaml", text.data);
    if (template)
        write_file("t", template);
    const char *file = arena_printf(fixture.arena, "%s/switchhook.yaml", fixture.folder);
    if (!config_load(file, &fixture.config, &fixture.faults))
        fail_msg("%s", fixture.faults.items[0].text);
    return services_load(fixture.config, NULL, &fixture.services, &fixture.faults);
}

static const struct service *load_good(const char *service, const char *template)
{
    if (!load(service, template))
        fail_msg("%d:%d: %s", fixture.faults.items[0].line, fixture.faults.items[0].column,
                 fixture.faults.items[0].text);
    return fixture.services->items[0];
}

static void expect_fault(size_t index, const char *file_end, int line, int column, const char *part)
{
    assert_true(index < fixture.faults.count);
    const struct fault *fault = &fixture.faults.items[index];
    size_t len = strlen(fault->file), end_len = strlen(file_end);
    assert_true(len >= end_len);
    assert_string_equal(fault->file + len - end_len, file_end);
    if (!strstr(fault->text, part))
        fail_msg("expected \"%s\" in \"%s\"", part, fault->text);
    assert_int_equal(fault->line, line);
    assert_int_equal(fault->column, column);
}

static bool encode(const struct service *service, const char *event_json,
                   struct transport_request *ret, struct err *err)
{
    static const struct json_limits limits = {.depth = 20, .values = 1000};
    struct json *elements;
    struct event event = {.trigger = event_trigger(STR("inbound.disposition"))};
    assert_true(json_parse(fixture.arena, str_from(event_json), &limits, &elements, err));
    event.elements = elements;
    event.survey = json_get(elements, STR("the_survey"));
    struct service_values values = {
        .event = &event,
        .event_id = "event-1",
        .source = "a",
        .delivery_id = "delivery-1",
        .received_at = 1600192937123,
        .attempt = 3,
    };
    return service_encode(service, NULL, fixture.arena, &values, ret, err);
}

static struct transport_request encode_good(const struct service *service, const char *event_json)
{
    struct transport_request request;
    struct err err;
    if (!encode(service, event_json, &request, &err))
        fail_msg("%s", err.text);
    return request;
}

static void expect_refused(const struct service *service, const char *event_json, const char *part)
{
    struct transport_request request;
    struct err err;
    assert_false(encode(service, event_json, &request, &err));
    assert_int_equal(err.code, ERR_INVALID);
    if (!strstr(err.text, part))
        fail_msg("expected \"%s\" in \"%s\"", part, err.text);
}

static void expect_body(const struct transport_request *request, const char *expected)
{
    char *body = mem_alloc(request->body.len + 1);
    memcpy(body, request->body.data, request->body.len);
    assert_string_equal(body, expected);
    free(body);
}

static const char *header(const struct transport_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++) {
        size_t len = strlen(name);
        if (strncmp(request->headers[i], name, len) == 0 && request->headers[i][len] == ':')
            return request->headers[i] + len + 2;
    }
    return "no such header";
}

// As source_read leaves an event with answers to no definition.
static bool encode_answers(const struct service *service, const char *survey_json, bool is_shown,
                           struct transport_request *ret, struct err *err)
{
    static const struct json_limits limits = {.depth = 20, .values = 1000};
    struct json *survey, *elements = json_object(fixture.arena);
    assert_true(json_parse(fixture.arena, str_from(survey_json), &limits, &survey, err));
    json_set(fixture.arena, elements, STR("uii"), json_text(fixture.arena, "1"));
    struct event event = {.trigger = event_trigger(STR("inbound.disposition")),
                          .elements = elements,
                          .survey = survey,
                          .elements_at = "",
                          .survey_at = "/survey"};
    struct survey_result result;
    survey_apply(fixture.arena, NULL, 0, &event, &result);
    struct service_values values = {
        .event = &event, .event_id = "e", .source = "a", .delivery_id = "d", .attempt = 1};
    return is_shown ? service_show(service, NULL, fixture.arena, &values, ret, err)
                    : service_encode(service, NULL, fixture.arena, &values, ret, err);
}

// --- requests of HTTP services ---

static void test_an_http_request_carries_what_the_templates_say(void **state)
{
    (void)state;
    const struct service *service = load_good(
        "    http: {method: PUT, url: 'http://h:1/c/{{uii}}?q={{q}}', body: json}\n"
        "    template: t\n"
        "    headers: {X-Key: '{{secret.key}}', X-Note: 'a {{note}}', X-None: '{{none}}'}\n"
        "    secrets: {key: {env: API_KEY}}\n"
        "    timeout: 7s\n",
        "{\"n\": \"{{note}}\", \"d\": {{d}}, \"e\": \"{{event.id}} {{event.trigger}} "
        "{{event.source}} {{event.time}}\", \"t\": \"{{delivery.id}} {{delivery.attempt}} "
        "{{delivery.service}}\", \"s\": \"{{survey.csat}}\"}");
    struct transport_request request = encode_good(
        service, "{\"uii\":\"a/b\",\"q\":\"x&y z\",\"note\":\"say \\\"hi\\\"\\r\\nX: y\","
                 "\"d\":\"187\",\"the_survey\":{\"csat\":\"good\"}}");
    assert_string_equal(request.method, "PUT");
    assert_string_equal(request.url, "http://h:1/c/a%2Fb?q=x%26y%20z");
    expect_body(&request, "{\"n\": \"say \\\"hi\\\"\\r\\nX: y\", \"d\": 187, \"e\": \"event-1 "
                          "inbound.disposition a 2020-09-15T18:02:17.123Z\", \"t\": "
                          "\"delivery-1 3 s\", \"s\": \"good\"}");
    assert_string_equal(header(&request, "Content-Type"), "application/json");
    assert_string_equal(header(&request, "Idempotency-Key"), "delivery-1");
    assert_string_equal(header(&request, "Switchhook-Event-Id"), "event-1");
    assert_string_equal(header(&request, "Switchhook-Attempt"), "3");
    assert_string_equal(header(&request, "X-Key"), "k<\"&y z");
    assert_string_equal(header(&request, "X-Note"), "a say \"hi\"  X: y");
    assert_string_equal(header(&request, "X-None"), "no such header");
    assert_int_equal(request.header_count, 6);
    assert_int_equal(request.timeout_ms, 7000);
    assert_null(request.basic_user);
}

static void test_an_element_has_its_own_name_and_the_one_it_was_sent_under(void **state)
{
    (void)state;
    const struct service *service =
        load_good("    http: {url: 'http://h/', body: text}\n    template: t\n",
                  "{{duration}} {{call_duration}} {{raw.call_duration}} {{raw.notes}}{{notes}}");
    static const struct json_limits limits = {.depth = 20, .values = 1000};
    struct str body = STR("{\"call_duration\":\"3:07\",\"notes\":\"#notes#\"}");
    struct event event, raw = {.trigger = event_trigger(STR("inbound.disposition"))};
    struct transport_request request;
    struct event_faults faults;
    struct normal_notes notes;
    struct json *elements;
    struct err err;
    assert_true(json_parse(fixture.arena, body, &limits, &elements, &err));
    raw.elements = elements;
    assert_true(
        normal_apply(fixture.arena, &normal_rules_default, &raw, &event, &notes, &faults, &err));
    struct service_values values = {
        .event = &event,
        .raw = &raw,
        .notes = &notes,
        .event_id = "event-1",
        .source = "a",
        .delivery_id = "delivery-1",
        .attempt = 1,
    };
    assert_true(service_encode(service, NULL, fixture.arena, &values, &request, &err));
    expect_body(&request, "187 187 3:07 #notes#");
}

static void test_each_body_kind_has_its_escaping_and_media_type(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *type, *body;
    } cases[] = {
        {"form", "application/x-www-form-urlencoded", "v=a%26%3C+b"},
        {"xml", "application/xml; charset=utf-8", "v=a&amp;&lt; b"},
        {"text", "text/plain; charset=utf-8", "v=a&< b"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct service *service = load_good(
            arena_printf(fixture.arena, "    http: {url: 'http://h/', body: %s}\n    template: t\n",
                         cases[i].kind),
            "v={{v}}");
        struct transport_request request = encode_good(service, "{\"v\":\"a&< b\"}");
        expect_body(&request, cases[i].body);
        assert_string_equal(header(&request, "Content-Type"), cases[i].type);
        unload();
    }
}

static void test_a_request_without_a_body_has_no_content_type(void **state)
{
    (void)state;
    struct transport_request request = encode_good(
        load_good("    http: {method: GET, url: 'http://h/{{uii}}'}\n", NULL), "{\"uii\":\"1\"}");
    assert_int_equal(request.body.len, 0);
    assert_string_equal(header(&request, "Content-Type"), "no such header");
}

static void test_no_data_element_leads_a_request_elsewhere(void **state)
{
    (void)state;
    const struct service *service =
        load_good("    http: {method: GET, url: 'http://h/a/{{uii}}/{{{given}}}'}\n", NULL);
    struct transport_request request =
        encode_good(service, "{\"uii\":\"@evil.example/#?\",\"given\":\"b?c=..\"}");
    assert_string_equal(request.url, "http://h/a/%40evil.example%2F%23%3F/b?c=..");
    expect_refused(service, "{\"uii\":\"..\",\"given\":\"\"}", "'.' or '..'");
    expect_refused(service, "{\"uii\":\"1\",\"given\":\"x/../../admin\"}", "'.' or '..'");
    expect_refused(service, "{\"uii\":\"1\",\"given\":\"x y\"}", "byte 0x20");
    expect_refused(service, "{\"uii\":\"1\",\"given\":\"x\\r\\nHost: evil\"}", "byte 0x0d");
    expect_refused(service, "{\"uii\":\"1\",\"given\":\"\\\\\\\\evil\"}", "byte 0x5c");
}

static void test_a_tag_right_behind_the_host_cannot_extend_it(void **state)
{
    (void)state;
    const struct service *service =
        load_good("    http: {method: GET, url: 'http://h?{{{given}}}'}\n", NULL);
    assert_string_equal(encode_good(service, "{\"given\":\"a=b\"}").url, "http://h?a=b");
}

static void test_a_header_cannot_grow_a_line(void **state)
{
    (void)state;
    const struct service *service = load_good("    http: {url: 'http://h/'}\n"
                                              "    headers: {X-A: '{{{given}}}'}\n",
                                              NULL);
    expect_refused(service, "{\"given\":\"a\\r\\nX-B: c\"}", "header X-A has the byte 0x0d");
}

static void test_a_body_that_is_no_json_is_refused_with_its_place(void **state)
{
    (void)state;
    const struct service *service = load_good("    http: {url: 'http://h/', body: json}\n"
                                              "    template: t\n",
                                              "{\n \"a\": {{{given}}}\n}");
    expect_refused(service, "{\"given\":\"oops\"}", "template t makes no JSON");
    expect_refused(service, "{\"given\":\"oops\"}", "line 2");
}

static void test_a_body_larger_than_the_limit_is_not_made(void **state)
{
    (void)state;
    const struct service *service = load_good(
        "    http: {url: 'http://h/', body: text}\n    template: t\n",
        "{{#a}}{{#b}}{{#c}}{{#d}}0123456789012345678901234567890123456789{{/d}}{{/c}}{{/b}}{{/a}}");
    AUTO_BUF struct buf event;
    buf_init(&event, 1 << 20);
    buf_printf(&event, "{");
    for (char name = 'a'; name <= 'd'; name++) {
        buf_printf(&event, "%s\"%c\":[1", name > 'a' ? "," : "", name);
        for (int i = 0; i < 63; i++)
            buf_printf(&event, ",1");
        buf_printf(&event, "]");
    }
    buf_printf(&event, "}");
    struct transport_request request;
    struct err err;
    assert_false(encode(service, event.data, &request, &err));
    assert_int_equal(err.code, ERR_TOO_LARGE);
}

static void test_data_elements_cannot_pose_as_our_own_names(void **state)
{
    (void)state;
    const struct service *service =
        load_good("    http: {url: 'http://h/', body: text}\n    template: t\n"
                  "    secrets: {key: {env: API_KEY}}\n",
                  "{{secret.key}}|{{event.id}}|{{delivery.id}}|{{survey}}|{{uii}}");
    struct transport_request request = encode_good(
        service, "{\"secret\":{\"key\":\"x\"},\"secret.key\":\"x\",\"event\":{\"id\":\"x\"},"
                 "\"delivery\":\"x\",\"delivery.id\":\"x\",\"survey\":\"x\",\"uii\":\"1\"}");
    expect_body(&request, "k<\"&y z|event-1|delivery-1||1");
}

static void test_authentication_goes_with_the_request(void **state)
{
    (void)state;
    struct transport_request request = encode_good(
        load_good("    http: {url: 'http://h/'}\n    auth: {bearer: {env: PASSWORD}}\n", NULL),
        "{}");
    assert_string_equal(header(&request, "Authorization"), "Bearer pass word");
    unload();
    request = encode_good(load_good("    http: {url: 'http://h/'}\n"
                                    "    auth: {basic: {user: joe, password: {env: PASSWORD}}}\n",
                                    NULL),
                          "{}");
    assert_string_equal(request.basic_user, "joe");
    assert_string_equal(request.basic_password, "pass word");
    assert_string_equal(header(&request, "Authorization"), "no such header");
}

// --- requests of SOAP services ---

static const char soap[] = "    soap: {wsdl: survey, operation: Submit}\n    template: t\n";

static void test_soap_11_says_its_action_in_a_header(void **state)
{
    (void)state;
    struct transport_request request =
        encode_good(load_good(soap, "<a b=\"{{v}}\"/>"), "{\"v\":\"\\\"&\"}");
    assert_string_equal(request.method, "POST");
    assert_string_equal(request.url, "http://wsdl.example.com/survey");
    assert_string_equal(header(&request, "Content-Type"), "text/xml; charset=utf-8");
    assert_string_equal(header(&request, "SOAPAction"), "\"urn:submit\"");
    assert_string_equal(header(&request, "Idempotency-Key"), "delivery-1");
    expect_body(&request, "wire:<a b=\"&quot;&amp;\"/>");
}

static void test_binary_values_travel_beside_the_envelope_and_are_not_recorded(void **state)
{
    (void)state;
    const struct service *service = load_good(
        "    soap: {wsdl: survey, operation: Submit, mtom: true}\n    template: t\n", "<a/>");
    struct transport_request request = encode_good(service, "{}");
    const char *type = header(&request, "Content-Type"), *boundary = strstr(type, "switchhook-");
    assert_non_null(boundary);
    assert_string_equal(header(&request, "SOAPAction"), "\"urn:submit\"");
    struct multipart_part *parts;
    size_t count;
    struct err err;
    assert_true(multipart_read(fixture.arena, request.body, &parts, &count, &err));
    assert_int_equal(count, 2);
    size_t len = strcspn(boundary, "\"");
    assert_memory_equal(request.body.data + 2, boundary, len);
    struct str head, body;
    service_record(service, fixture.arena, &request, &head, &body);
    assert_string_equal(body.data, "wire:<a/>\n[cid:1: 2 bytes of image/png]");
}

static void test_soap_12_says_its_action_in_the_media_type(void **state)
{
    (void)state;
    operation.version = 12;
    struct transport_request request = encode_good(load_good(soap, "<a/>"), "{}");
    assert_string_equal(header(&request, "Content-Type"),
                        "application/soap+xml; charset=utf-8; action=\"urn:submit\"");
    assert_string_equal(header(&request, "SOAPAction"), "no such header");
}

static void test_what_does_not_fit_the_wsdl_is_refused_with_the_codecs_words(void **state)
{
    (void)state;
    const struct service *service = load_good(soap, "<a/>");
    is_encoding_refused = true;
    expect_refused(service, "{}", "element duration: not a number");
}

// --- replies ---

static struct answer decode(const struct service *service, int status, const char *media_type,
                            const char *body, const char **ret_detail)
{
    struct transport_reply reply = {
        .reach = REACH_ANSWERED,
        .http_status = status,
        .media_type = media_type,
        .retry_after_ms = 5000,
        .body = str_from(body),
        .problem = "",
        .peer = "",
    };
    decoded = STR("not decoded");
    service_decode(service, NULL, fixture.arena, &reply, &last);
    assert_int_equal(last.answer.http_status, status);
    assert_int_equal(last.answer.retry_after_ms, 5000);
    *ret_detail = last.fault;
    return last.answer;
}

static void test_a_fault_is_told_with_its_code_detail_and_values(void **state)
{
    (void)state;
    const struct service *service = load_good(soap, "<a/>");
    const struct soap_detail details[] = {{"code", "UNKNOWN_SURVEY"}, {"text", "No 7"}};
    next_reply = (struct soap_reply){.is_readable = true,
                                     .fault_class = FAULT_SENDER,
                                     .fault_code = "Client",
                                     .fault_text = "Bad survey",
                                     .detail_name = "SurveyFault",
                                     .details = details,
                                     .detail_count = 2,
                                     .problem = ""};
    const char *detail;
    struct answer answer = decode(service, 500, "text/xml", "<fault/>", &detail);
    assert_true(answer.is_readable);
    assert_int_equal(answer.fault_class, FAULT_SENDER);
    assert_string_equal(answer.fault_code, "Client");
    assert_string_equal(answer.fault_detail, "SurveyFault");
    assert_string_equal(answer.reason, "Bad survey");
    assert_string_equal(detail, "SurveyFault: code=UNKNOWN_SURVEY, text=No 7");
    next_reply.detail_count = 0;
    next_reply.detail_name = "";
    static const char *const subcodes[] = {"Refused", "Overload"};
    next_reply.fault_subcodes = subcodes;
    next_reply.fault_subcode_count = 2;
    answer = decode(service, 200, "text/xml", "<fault/>", &detail);
    assert_int_equal(answer.fault_subcode_count, 2);
    assert_string_equal(detail, "Overload: Bad survey");
}

static void test_only_what_may_be_an_envelope_is_decoded(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *media_type, *body;
        bool is_decoded, is_readable;
        const char *reason;
    } cases[] = {
        {200, "text/xml", "<e/>", true, true, ""},
        {200, "", "<e/>", true, true, ""},
        {200, "text/xml", "", true, true, ""}, // the decoder knows whether that is a reply
        {202, "", "", false, true, ""},
        {500, "application/soap+xml", "<e/>", true, true, ""},
        {400, "Text/XML", "<e/>", true, true, ""},
        {502, "text/html", "<html>", false, false, "the reply is no envelope but text/html"},
        {503, "", "busy", false, false, "the reply is no envelope but of no stated type"},
        {503, "text/xml", "", false, false, ""},
        {302, "text/xml", "<e/>", false, false, "the reply is no envelope but text/xml"},
    };
    const struct service *service = load_good(soap, "<a/>");
    next_reply = (struct soap_reply){.is_readable = true, .problem = ""};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *detail;
        struct answer answer =
            decode(service, cases[i].status, cases[i].media_type, cases[i].body, &detail);
        print_message("case %zu\n", i);
        assert_int_equal(!str_eq(decoded, STR("not decoded")), cases[i].is_decoded);
        assert_int_equal(answer.is_readable, cases[i].is_readable);
        assert_string_equal(answer.reason, cases[i].reason);
        assert_string_equal(detail, "");
    }
}

static void test_an_unreadable_reply_says_why(void **state)
{
    (void)state;
    const struct service *service = load_good(soap, "<a/>");
    const char *detail;
    next_reply = (struct soap_reply){.problem = "not XML: line 1"};
    struct answer answer = decode(service, 200, "text/xml", "garbage", &detail);
    assert_false(answer.is_readable);
    assert_string_equal(answer.reason, "not XML: line 1");
    struct transport_reply cut = {.reach = REACH_ANSWERED,
                                  .http_status = 200,
                                  .media_type = "text/xml",
                                  .body = STR("<e"),
                                  .is_cut = true,
                                  .problem = ""};
    service_decode(service, NULL, fixture.arena, &cut, &last);
    assert_false(last.answer.is_readable);
    assert_string_equal(last.answer.reason, "the reply is longer than 1048576 bytes");
}

static void test_no_answer_keeps_how_far_it_got(void **state)
{
    (void)state;
    const struct service *service = load_good(soap, "<a/>");
    struct transport_reply reply = {.reach = REACH_SENT,
                                    .retry_after_ms = -1,
                                    .media_type = "",
                                    .body = STR(""),
                                    .problem = "timed out after 7 s"};
    service_decode(service, NULL, fixture.arena, &reply, &last);
    assert_int_equal(last.answer.reach, REACH_SENT);
    assert_int_equal(last.answer.http_status, 0);
    assert_false(last.answer.is_readable);
    assert_string_equal(last.answer.reason, "timed out after 7 s");
}

static void test_any_answer_of_an_http_service_is_readable(void **state)
{
    (void)state;
    const struct service *service = load_good("    http: {url: 'http://h/'}\n", NULL);
    const char *detail;
    assert_true(decode(service, 200, "text/html", "ok", &detail).is_readable);
    assert_true(decode(service, 404, "", "", &detail).is_readable);
}

// --- tests on replies, and captures ---

static const char http[] = "    http: {url: 'http://h/'}\n";

static const struct service *load_with(const char *kind, const char *keys, const char *template)
{
    return load_good(arena_printf(fixture.arena, "%s%s", kind, keys), template);
}

static void expect_verdict(const struct service *service, const char *body, enum outcome_kind kind,
                           const char *verdict)
{
    const char *ignored;
    struct answer answer = decode(service, 200, "", body, &ignored);
    const struct config_service *config = service_config(service);
    struct outcome outcome;
    outcome_decide(config->outcomes, config->outcome_count, &answer, &outcome);
    assert_string_equal(last.verdict, verdict);
    assert_int_equal(outcome.kind, kind);
}

static void test_a_success_test_decides_by_xpath(void **state)
{
    (void)state;
    const struct service *service =
        load_with(http, "    success: {xpath: \"//Status = 'OK'\", else: retry}\n", NULL);
    expect_verdict(service, "<r xmlns='urn:x'><Status>OK</Status></r>", OUTCOME_DELIVERED,
                   "holds: //Status = 'OK'");
    expect_verdict(service, "<r><Status>FAILED</Status></r>", OUTCOME_RETRY,
                   "does not hold: //Status = 'OK', and //Status is \"FAILED\"");
    expect_verdict(service, "", OUTCOME_RETRY,
                   "does not hold: //Status = 'OK', and the reply is empty");
    expect_verdict(service, "{\"Status\": \"OK\"}", OUTCOME_UNKNOWN,
                   "cannot be told: the reply is JSON, and an XPath reads XML");
    expect_verdict(service, "busy", OUTCOME_UNKNOWN,
                   "cannot be told: the reply is neither XML nor JSON: it is no well-formed XML");
    const char *ignored;
    (void)decode(service, 500, "", "<r><Status>FAILED</Status></r>", &ignored);
    assert_string_equal(last.verdict, ""); // the status says enough
    struct transport_reply cut = {.reach = REACH_ANSWERED,
                                  .http_status = 200,
                                  .media_type = "",
                                  .body = STR("<r><Status>OK</Status>"),
                                  .is_cut = true,
                                  .problem = ""};
    service_decode(service, NULL, fixture.arena, &cut, &last);
    assert_false(last.answer.is_readable);
    assert_string_equal(last.verdict, "cannot be told: the reply is longer than 1048576 bytes");
}

static void test_a_success_test_decides_by_json_pointer(void **state)
{
    (void)state;
    const struct service *service =
        load_with(http, "    success: {json: /result/0/state, equals: [OK, '7']}\n", NULL);
    expect_verdict(service, "{\"result\": [{\"state\": \"OK\"}]}", OUTCOME_DELIVERED,
                   "holds: /result/0/state is \"OK\" or \"7\"");
    expect_verdict(service, "{\"result\": [{\"state\": 7}]}", OUTCOME_DELIVERED,
                   "holds: /result/0/state is \"OK\" or \"7\"");
    expect_verdict(service, "{\"result\": []}", OUTCOME_REJECTED,
                   "does not hold: /result/0/state is \"OK\" or \"7\", and /result/0/state is "
                   "not there");
    unload();
    service = load_with(http, "    success: {json: /ok}\n", NULL);
    expect_verdict(service, "{\"ok\": true}", OUTCOME_DELIVERED, "holds: /ok");
    expect_verdict(service, "{\"ok\": false}", OUTCOME_REJECTED,
                   "does not hold: /ok, and /ok is \"false\"");
}

static void test_a_rule_of_outcomes_looks_into_the_body(void **state)
{
    (void)state;
    const struct service *service = load_with(
        soap,
        "    outcomes:\n"
        "      - {fault: CaseFault, xpath: \"//code[. = 'DUPLICATE']\", outcome: delivered}\n",
        "<a/>");
    next_reply = (struct soap_reply){.is_readable = true,
                                     .fault_class = FAULT_SENDER,
                                     .fault_code = "Client",
                                     .fault_text = "no",
                                     .detail_name = "CaseFault",
                                     .problem = ""};
    const struct config_service *config = service_config(service);
    struct outcome outcome;
    const char *ignored;
    struct answer answer =
        decode(service, 500, "text/xml", "<f><code>DUPLICATE</code></f>", &ignored);
    outcome_decide(config->outcomes, config->outcome_count, &answer, &outcome);
    assert_int_equal(outcome.kind, OUTCOME_DELIVERED);
    answer = decode(service, 500, "text/xml", "<f><code>OTHER</code></f>", &ignored);
    outcome_decide(config->outcomes, config->outcome_count, &answer, &outcome);
    assert_int_equal(outcome.kind, OUTCOME_REJECTED);
}

static const char *captured_text(const char *name)
{
    const struct json *value = json_get(last.captured, str_from(name));
    return value ? value->string.data : "nothing";
}

static void test_values_are_captured_from_xml_and_json(void **state)
{
    (void)state;
    const char *ignored;
    const struct service *service =
        load_with(http,
                  "    namespaces: {c: 'urn:crm'}\n"
                  "    capture: {id: /case/id, state: {xpath: '//c:state'}, all: {json: /case}}\n",
                  NULL);
    (void)decode(service, 201, "", "{\"case\": {\"id\": 4711, \"state\": null}}", &ignored);
    assert_string_equal(captured_text("id"), "4711");
    assert_string_equal(captured_text("state"), "nothing");
    assert_string_equal(captured_text("all"), "{\"id\":4711,\"state\":null}");
    (void)decode(service, 200, "", "<case xmlns='urn:crm'><id> A-1 </id><state>new</state></case>",
                 &ignored);
    assert_string_equal(captured_text("id"), "A-1");
    assert_string_equal(captured_text("state"), "new");
    char *large = arena_alloc(fixture.arena, 5000);
    memset(large, 'x', 4999);
    (void)decode(service, 200, "",
                 arena_printf(fixture.arena, "{\"case\": {\"id\": \"%s\"}}", large), &ignored);
    assert_string_equal(captured_text("id"), "nothing");
    (void)decode(service, 200, "", "busy", &ignored);
    assert_null(last.captured);
}

static void test_templates_read_what_was_captured(void **state)
{
    (void)state;
    const struct service *service = load_with(
        "    http: {url: 'http://h/{{captured.id}}', body: text}\n    template: t\n",
        "    capture: {id: //Id}\n", "{{captured.id}}|{{captured.id | default \"none\"}}");
    struct json *elements = json_object(fixture.arena), *captured = json_object(fixture.arena);
    json_set(fixture.arena, captured, STR("id"), json_text(fixture.arena, "A 1"));
    struct event event = {.trigger = event_trigger(STR("inbound.disposition")),
                          .elements = elements};
    struct service_values values = {.event = &event,
                                    .captured = captured,
                                    .event_id = "e",
                                    .source = "a",
                                    .delivery_id = "d",
                                    .attempt = 1};
    struct transport_request request;
    struct err err;
    assert_true(service_encode(service, NULL, fixture.arena, &values, &request, &err));
    assert_string_equal(request.url, "http://h/A%201");
    expect_body(&request, "A 1|A 1");
    values.captured = NULL;
    assert_true(service_encode(service, NULL, fixture.arena, &values, &request, &err));
    expect_body(&request, "|none");
}

static void expect_mistake(const char *keys, const char *template, const char *says)
{
    unload();
    assert_false(load(keys, template));
    for (size_t i = 0; i < fixture.faults.count; i++) {
        if (strstr(fixture.faults.items[i].text, says))
            return;
    }
    fail_msg("nothing says \"%s\", but \"%s\"", says,
             fixture.faults.count ? fixture.faults.items[0].text : "");
}

static void test_expressions_and_names_of_captures_are_checked_at_load(void **state)
{
    (void)state;
    static const char text[] = "    http: {url: 'http://h/', body: text}\n    template: t\n";
    expect_mistake(arena_printf(fixture.arena, "%s    capture: {case_id: //Id}\n", text),
                   "{{captured.caseid}}", "no service captures 'caseid'; did you mean 'case_id'?");
    expect_mistake(arena_printf(fixture.arena, "%s    capture: {case_id: '//Id['}\n", soap), "<a/>",
                   "case_id: the XPath //Id[: at character");
    expect_mistake(arena_printf(fixture.arena, "%s    success: {xpath: 'n:a'}\n", http), NULL,
                   "namespaces does not say what is 'n'");
    expect_mistake(arena_printf(fixture.arena, "%s    success: {json: /a}\n", soap), "<a/>",
                   "a reply of a soap service is XML: say xpath");
}

// --- JSON data of a SOAP service ---

static const char soap_json[] =
    "    soap: {wsdl: survey, operation: Submit}\n    template: t.json\n";

static void test_a_json_template_of_a_soap_service_is_mapped(void **state)
{
    (void)state;
    write_file("t.json", "{\"uii\": \"{{uii}}\", \"notes\": \"{{notes | omit}}\",\n"
                         " \"end\": {{end | nil}}, }");
    struct transport_request request =
        encode_good(load_good(soap_json, NULL), "{\"uii\":\"<\\\"7\"}");
    expect_body(&request, "wire:envelope:{\"uii\":\"<\\\"7\",\"end\":null}");
    assert_string_equal(header(&request, "Content-Type"), "text/xml; charset=utf-8");
}

static void test_a_mistake_in_json_data_is_blamed_on_its_line(void **state)
{
    (void)state;
    write_file("t.json", "{\"wrong\": 1, \"call\": {\n  \"wrong\" : \"{{uii}}\"}}");
    const struct service *service = load_good(soap_json, NULL);
    struct transport_request request;
    struct fault fault;
    struct err err;
    assert_false(encode(service, "{\"uii\":\"1\"}", &request, &err));
    assert_string_equal(err.text, "call.wrong: Call has no such element");
    service_blame(service, fixture.arena, fixture.config, &err, &fault);
    assert_int_equal(fault.line, 2);
    assert_int_equal(fault.column, 3);
}

// --- WS-Addressing ---

static void test_addressing_is_written_once(void **state)
{
    (void)state;
    static const char envelope[] =
        "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'>%s"
        "<e:Body><a/></e:Body></e:Envelope>";
    static const char on[] = "    soap: {wsdl: survey, operation: Submit, addressing: true}\n"
                             "    template: t\n";
    struct transport_request request =
        encode_good(load_good(on, arena_printf(fixture.arena, envelope, "")), "{}");
    const char *body = arena_copy(fixture.arena, request.body).data;
    assert_non_null(strstr(body, "<e:Header><wsa:Action "));
    assert_non_null(strstr(body, " e:mustUnderstand=\"1\">urn:a</wsa:Action>"));
    assert_non_null(strstr(body, ">http://wsdl.example.com/survey</wsa:To>"));
    assert_non_null(strstr(body, ">urn:uuid:delivery-1</wsa:MessageID>"));
    assert_non_null(strstr(body, "<wsa:Address>http://www.w3.org/2005/08/addressing/anonymous<"));

    unload();
    static const char own[] = "<e:Header><w:Action xmlns:w='http://www.w3.org/2005/08/addressing'>"
                              "mine</w:Action><x/></e:Header>";
    request = encode_good(load_good(on, arena_printf(fixture.arena, envelope, own)), "{}");
    body = arena_copy(fixture.arena, request.body).data;
    assert_non_null(strstr(body, ">mine</w:Action>"));
    assert_null(strstr(body, "wsa:Action"));
    assert_non_null(strstr(body, "<wsa:To "));

    unload();
    static const char old[] =
        "<e:Header><w:To xmlns:w='http://schemas.xmlsoap.org/ws/2004/08/addressing'>x</w:To>"
        "</e:Header>";
    request = encode_good(load_good(on, arena_printf(fixture.arena, envelope, old)), "{}");
    assert_null(strstr(arena_copy(fixture.arena, request.body).data, "wsa:"));

    unload();
    operation.uses_addressing = true; // as the WSDL says
    request = encode_good(load_good(soap, arena_printf(fixture.arena, envelope, "")), "{}");
    assert_non_null(strstr(arena_copy(fixture.arena, request.body).data, "wsa:To"));
    operation.addressing_action = "";
    expect_mistake(soap, "<a/>", "no action for WS-Addressing");
}

// --- mistakes ---

static void test_mistakes_are_told_where_they_are(void **state)
{
    (void)state;
    assert_false(load("    http: {url: 'http://h/{{#a}}', body: json}\n"
                      "    template: t\n"
                      "    secrets: {api_key: {env: API_KEY}}\n"
                      "    headers: {X-A: '{{secret.apikey}}', X-B: '{{secret}}'}\n",
                      "{\n  \"a\": {{secret.api_kez}}\n}"));
    assert_int_equal(fixture.faults.count, 4);
    expect_fault(0, "/t", 2, 8, "service 's' has no secret 'api_kez'; did you mean 'api_key'?");
    expect_fault(1, "/switchhook.yaml", 9, 20, "X-A: service 's' has no secret 'apikey'");
    expect_fault(2, "/switchhook.yaml", 9, 46, "a secret needs its name");
    expect_fault(3, "/switchhook.yaml", 6, 17, "url: ");
}

static void test_a_missing_template_and_operation_are_told_in_the_configuration(void **state)
{
    (void)state;
    assert_false(
        load("    soap: {wsdl: survey, operation: Sumbit}\n    template: nowhere.xml\n", NULL));
    assert_int_equal(fixture.faults.count, 2);
    expect_fault(0, "/switchhook.yaml", 7, 15, "nowhere.xml cannot be read: No such file");
    expect_fault(1, "/switchhook.yaml", 6, 37, "there is no operation 'Sumbit'");
}

static void test_a_missing_module_is_told_at_its_name(void **state)
{
    (void)state;
    assert_false(load("    soap: {wsdl: servey, operation: Submit}\n    template: t\n", "<a/>"));
    assert_int_equal(fixture.faults.count, 1);
    expect_fault(0, "/switchhook.yaml", 6, 18, "there is no module 'servey'");
}

static void test_a_wsdl_without_an_http_endpoint_needs_one(void **state)
{
    (void)state;
    operation.endpoint = "jms:queue";
    assert_false(load(soap, "<a/>"));
    expect_fault(0, "/switchhook.yaml", 6, 18, "say endpoint");
}

static void test_an_action_that_no_header_can_hold_is_refused(void **state)
{
    (void)state;
    operation.action = "urn:a\"\r\nX: y";
    assert_false(load(soap, "<a/>"));
    expect_fault(0, "/switchhook.yaml", 6, 37, "SOAPAction");
}

// --- partials ---

static void test_a_partial_is_a_file_of_the_templates_folder(void **state)
{
    (void)state;
    write_file("part.json", "\"{{uii}}\"");
    write_file("t.json", "{\"a\": {{> part}}, \"b\": {{> part.json}}}");
    struct transport_request request = encode_good(
        load_good("    http: {url: 'http://h/', body: json}\n    template: t.json\n", NULL),
        "{\"uii\":\"1\"}");
    expect_body(&request, "{\"a\": \"1\", \"b\": \"1\"}");
}

static void test_a_partial_never_leaves_the_templates_folder(void **state)
{
    (void)state;
    static const char *const names[] = {"../etc/passwd", "/etc/passwd", "a/../../b", "./t", ""};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        assert_false(load("    http: {url: 'http://h/', body: text}\n    template: t\n",
                          arena_printf(fixture.arena, "{{> %s}}", names[i])));
        unload();
    }
    assert_int_equal(fixture.faults.count, COUNT_OF(names));
}

// --- masking ---

static void test_a_secret_is_masked_in_every_form_it_is_sent_in(void **state)
{
    (void)state;
    const struct service *service =
        load_good("    http: {url: 'http://h/', body: text}\n    template: t\n"
                  "    secrets: {key: {env: API_KEY}}\n"
                  "    auth: {basic: {user: joe, password: {env: PASSWORD}}}\n",
                  "{{secret.key}}");
    static const struct {
        const char *text, *masked;
    } cases[] = {
        {"nothing to hide", "nothing to hide"},
        {"", ""},
        {"k<\"&y z", "[masked]"},
        {"<k>k&lt;&quot;&amp;y z</k>", "<k>[masked]</k>"},
        {"<k>k&lt;\"&amp;y z</k>", "<k>[masked]</k>"},
        {"{\"k\":\"k<\\\"&y z\"}", "{\"k\":\"[masked]\"}"},
        {"/?k=k%3C%22%26y%20z&", "/?k=[masked]&"},
        {"k=k%3C%22%26y+z", "k=[masked]"},
        {"a pass word b pass word", "a [masked] b [masked]"},
        {"Authorization: Basic am9lOnBhc3Mgd29yZA==\n", "Authorization: Basic [masked]\n"},
        {"cGFzcyB3b3Jk", "[masked]"},
        {"pass wor", "pass wor"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct str masked = service_mask(service, fixture.arena, str_from(cases[i].text));
        AUTO_FREE char *text = mem_alloc(masked.len + 1);
        memcpy(text, masked.data, masked.len);
        assert_string_equal(text, cases[i].masked);
    }
}

static void test_overlapping_secrets_leave_nothing_behind(void **state)
{
    (void)state;
    setenv("API_KEY", "abcdef", 1);
    setenv("PASSWORD", "defghi", 1);
    const struct service *service =
        load_good("    http: {url: 'http://h/'}\n"
                  "    secrets: {a: {env: API_KEY}, b: {env: PASSWORD}}\n",
                  NULL);
    struct str masked = service_mask(service, fixture.arena, STR("-abcdefghi-defghiabcdef-"));
    assert_true(str_eq(masked, STR("-[masked]-[masked]-")));
}

static void test_a_text_without_secrets_is_not_copied(void **state)
{
    (void)state;
    const struct service *service = load_good("    http: {url: 'http://h/'}\n", NULL);
    struct str text = STR("as it is");
    assert_ptr_equal(service_mask(service, fixture.arena, text).data, text.data);
}

// --- the template that is shipped ---

static void test_the_crm_template_makes_a_call_log_of_any_event(void **state)
{
    (void)state;
    char folder[400];
    assert_non_null(getcwd(folder, sizeof(folder)));
    write_file(
        "switchhook.yaml",
        arena_printf(fixture.arena,
                     "store: d\ntemplates: %s/templates\nsources: {a: }\n"
                     "maps: {crm_dispositions: {values: {Sale: won}, unmapped: pass}}\nservices:\n"
                     "  s: {http: {url: 'http://h/', body: json}, template: acme/crm.json, "
                     "capture: {report_id: /report}}\n",
                     folder));
    const char *file = arena_printf(fixture.arena, "%s/switchhook.yaml", fixture.folder);
    assert_true(config_load(file, &fixture.config, &fixture.faults));
    if (!services_load(fixture.config, NULL, &fixture.services, &fixture.faults))
        fail_msg("%s", fixture.faults.items[0].text);
    static const struct {
        const char *event, *member, *value;
    } cases[] = {
        {"{\"uii\":\"1\",\"duration\":\"187\"}", "duration", "187"},
        {"{\"uii\":\"1\",\"duration\":0}", "duration", "0"},
        {"{\"uii\":\"1\",\"duration\":\"\"}", "duration", "null"},
        {"{\"uii\":\"1\"}", "duration", "null"},
        {"{\"uii\":\"1\",\"ani\":\"5105550111\"}", "caller", "\"+15105550111\""},
        {"{\"uii\":\"1\",\"ani\":\"\",\"lead_phone\":\"9545550148\"}", "caller",
         "\"+19545550148\""},
        {"{\"uii\":\"1\",\"duration\":\"3:07\"}", "talked", "\"03:07\""},
        {"{\"uii\":\"1\",\"agent_disposition\":\"Sale\"}", "disposition", "\"won\""},
        {"{\"uii\":\"1\",\"outbound_disposition\":\"BUSY\"}", "disposition", "\"BUSY\""},
        {"{\"uii\":\"1\",\"call_start\":\"2024-07-01T12:00:00Z\"}", "started",
         "\"2024-07-01 06:00:00 -06:00\""},
        {"{\"uii\":\"1\",\"campaign_name\":\"AM\"}", "queue", "\"AM\""},
        {"{\"uii\":\"1\",\"gate_name\":\"Billing\"}", "queue", "\"Billing\""},
        {"{\"uii\":\"1\",\"agent_notes\":\"a \\\"b\\\"\\n\\u2713\"}", "notes",
         "\"a \\\"b\\\"\\n\xe2\x9c\x93\""},
        {"{\"uii\":\"1\",\"recording_url\":\"https://r/?a=1\"}", "recording", "\"https://r/?a=1\""},
    };
    static const struct json_limits limits = {.depth = 20, .values = 1000};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct transport_request request = encode_good(fixture.services->items[0], cases[i].event);
        struct json *log;
        struct err err;
        assert_true(json_parse(fixture.arena, request.body, &limits, &log, &err));
        AUTO_BUF struct buf value;
        buf_init(&value, 1000);
        json_write(&value, json_get(log, str_from(cases[i].member)), JSON_COMPACT);
        assert_string_equal(value.data, cases[i].value);
    }
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

// --- answers ---

static void test_a_form_that_sends_all_ends_with_every_answer(void **state)
{
    (void)state;
    static const struct {
        const char *template, *survey, *body;
    } cases[] = {
        {"a={{uii}}",
         "{\"answers\":[{\"extern_id\":\"c&d\",\"labels\":[\"x y\",\"z\"]},"
         "{\"extern_id\":\"n\",\"text\":9},{\"extern_id\":\"e\",\"text\":\"\"},"
         "{\"extern_id\":\"s\",\"skipped\":true}]}",
         "a=1&survey.c%26d=x+y&survey.c%26d=z&survey.n=9&survey.e="},
        {"\n", "{\"q\":\"=\"}", "survey.q=%3D"},
        {"a=1", "[]", "a=1"},
        {"a=1", "{\"answers\":5}", "a=1"}, // nobody can read these
        {"{{all_script_data}}", "{\"answers\":5}", ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct service *service =
            load_good("    http: {url: 'http://h:1/', body: form}\n    template: t\n"
                      "    send_all: true\n",
                      cases[i].template);
        struct transport_request request;
        struct err err;
        assert_true(encode_answers(service, cases[i].survey, false, &request, &err));
        expect_body(&request, cases[i].body);
        unload();
    }
}

static void test_all_answers_as_one_text_are_there_only_where_asked_for(void **state)
{
    (void)state;
    for (int is_all = 0; is_all < 2; is_all++) {
        char text[200];
        snprintf(text, sizeof(text),
                 "    http: {url: 'http://h:1/', body: text}\n    template: t\n    send_all: %s\n",
                 is_all ? "true" : "false");
        struct transport_request request;
        struct err err;
        assert_true(encode_answers(load_good(text, "[{{all_script_data}}]"), "{\"q\":\"a\"}", false,
                                   &request, &err));
        assert_int_equal(request.body.len > 2, is_all);
        if (is_all)
            assert_non_null(memmem(request.body.data, request.body.len, "\"text\":\"a\"", 10));
        unload();
    }
}

static void test_what_is_shown_is_not_checked(void **state)
{
    (void)state;
    const struct service *service =
        load_good("    http: {url: 'http://h:1/{{survey.q}}', body: json}\n    template: t\n",
                  "{{{survey.q}}}");
    struct transport_request request;
    struct err err;
    assert_false(encode_answers(service, "{\"q\":\"[masked]\"}", false, &request, &err));
    assert_true(encode_answers(service, "{\"q\":\"[masked]\"}", true, &request, &err));
    expect_body(&request, "[masked]");
    assert_string_equal(request.url, "http://h:1/%5Bmasked%5D");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_a_form_that_sends_all_ends_with_every_answer),
        CASE(test_all_answers_as_one_text_are_there_only_where_asked_for),
        CASE(test_what_is_shown_is_not_checked),
        CASE(test_an_http_request_carries_what_the_templates_say),
        CASE(test_an_element_has_its_own_name_and_the_one_it_was_sent_under),
        CASE(test_each_body_kind_has_its_escaping_and_media_type),
        CASE(test_a_request_without_a_body_has_no_content_type),
        CASE(test_no_data_element_leads_a_request_elsewhere),
        CASE(test_a_tag_right_behind_the_host_cannot_extend_it),
        CASE(test_a_header_cannot_grow_a_line),
        CASE(test_a_body_that_is_no_json_is_refused_with_its_place),
        CASE(test_a_body_larger_than_the_limit_is_not_made),
        CASE(test_data_elements_cannot_pose_as_our_own_names),
        CASE(test_authentication_goes_with_the_request),
        CASE(test_soap_11_says_its_action_in_a_header),
        CASE(test_binary_values_travel_beside_the_envelope_and_are_not_recorded),
        CASE(test_soap_12_says_its_action_in_the_media_type),
        CASE(test_what_does_not_fit_the_wsdl_is_refused_with_the_codecs_words),
        CASE(test_a_fault_is_told_with_its_code_detail_and_values),
        CASE(test_only_what_may_be_an_envelope_is_decoded),
        CASE(test_an_unreadable_reply_says_why),
        CASE(test_no_answer_keeps_how_far_it_got),
        CASE(test_any_answer_of_an_http_service_is_readable),
        CASE(test_a_success_test_decides_by_xpath),
        CASE(test_a_success_test_decides_by_json_pointer),
        CASE(test_a_rule_of_outcomes_looks_into_the_body),
        CASE(test_values_are_captured_from_xml_and_json),
        CASE(test_templates_read_what_was_captured),
        CASE(test_expressions_and_names_of_captures_are_checked_at_load),
        CASE(test_a_json_template_of_a_soap_service_is_mapped),
        CASE(test_a_mistake_in_json_data_is_blamed_on_its_line),
        CASE(test_addressing_is_written_once),
        CASE(test_mistakes_are_told_where_they_are),
        CASE(test_a_missing_template_and_operation_are_told_in_the_configuration),
        CASE(test_a_missing_module_is_told_at_its_name),
        CASE(test_a_wsdl_without_an_http_endpoint_needs_one),
        CASE(test_an_action_that_no_header_can_hold_is_refused),
        CASE(test_a_partial_is_a_file_of_the_templates_folder),
        CASE(test_a_partial_never_leaves_the_templates_folder),
        CASE(test_a_secret_is_masked_in_every_form_it_is_sent_in),
        CASE(test_overlapping_secrets_leave_nothing_behind),
        CASE(test_a_text_without_secrets_is_not_copied),
        CASE(test_the_crm_template_makes_a_call_log_of_any_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
