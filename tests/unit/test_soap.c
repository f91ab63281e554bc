// SPDX-License-Identifier: GPL-3.0-or-later
//
// The codec over the real modules of wsdl/: what a template's envelope becomes on the wire, which
// sentence a misfit gives, what replies and faults of either version say, and that nothing hostile
// gets past a reason.

#include "base/clock.h"
#include "core/mark.h"
#include "edge/soap.h"
#include "edge/soap_module.h"
#include "edge/soap_names.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define GOLDEN    "tests/golden/soap/"
#define SURVEY_NS "http://ws.acme.example/survey/v1"
#define SOAP11_NS "http://schemas.xmlsoap.org/soap/envelope/"
#define BODY_11   "<e:Envelope xmlns:e='" SOAP11_NS "'><e:Body>"
#define END       "</e:Body></e:Envelope>"

static struct {
    struct arena *arena;
    struct fault_list faults;
    struct soap_modules *modules;
    struct soap_codec *codec;
    const struct soap_operation *submit, *report, *update;
} all;

static const char *modules_dir(void)
{
    const char *dir = getenv("SWITCHHOOK_MODULES");
    return dir ? dir : "build/modules";
}

static const struct soap_operation *operation(const char *module, const char *name)
{
    const struct soap_operation *found = NULL;
    struct err err;
    assert_true(soap_operation_find(all.modules, module, NULL, name, &found, &err));
    return found;
}

static int set_up(void **state)
{
    (void)state;
    all.arena = arena_new();
    all.faults.arena = all.arena;
    if (!soap_modules_load(modules_dir(), &all.modules, &all.faults))
        return 1;
    all.codec = soap_codec_new();
    all.submit = operation("survey", "SubmitSurveyResult");
    all.report = operation("disposition", "ReportDisposition");
    all.update = operation("disposition", "UpdateLead");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    soap_codec_free(all.codec);
    soap_modules_free(all.modules);
    fault_list_finish(&all.faults);
    arena_free(all.arena);
    return 0;
}

static struct str file_text(const char *path)
{
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    AUTO_BUF struct buf text;
    buf_init(&text, 1 << 20);
    char block[4096];
    for (size_t len; (len = fread(block, 1, sizeof(block), file)) > 0;)
        buf_add(&text, block, len);
    fclose(file);
    return arena_copy(all.arena, buf_str(&text));
}

static struct str golden(const char *name)
{
    return file_text(arena_printf(all.arena, GOLDEN "%s.xml", name));
}

static struct str encoded(const struct soap_operation *of, struct str envelope)
{
    struct str wire = STR("");
    struct err err = {0};
    if (!soap_encode(all.codec, of, all.arena, envelope, &wire, &err))
        fail_msg("%s", err.text);
    return wire;
}

static void assert_golden(const struct soap_operation *of, const char *name)
{
    struct str wire = encoded(of, golden(name));
    struct str expected = golden(arena_printf(all.arena, "%s.wire", name));
    assert_string_equal(wire.data, expected.data);
}

static const char *misfit(const struct soap_operation *of, struct str envelope)
{
    struct str wire = STR("untouched");
    struct err *err = arena_alloc(all.arena, sizeof(*err));
    assert_false(soap_encode(all.codec, of, all.arena, envelope, &wire, err));
    assert_string_equal(wire.data, "untouched");
    assert_int_equal(err->code, ERR_INVALID);
    return err->text;
}

// survey_full with the first `from` replaced.
static const char *misfit_after(const char *from, const char *to)
{
    struct str text = golden("survey_full");
    const char *at = strstr(text.data, from);
    assert_non_null(at);
    return misfit(all.submit, str_from(arena_printf(all.arena, "%.*s%s%s", (int)(at - text.data),
                                                    text.data, to, at + strlen(from))));
}

static void assert_says(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" does not say \"%s\"", text, part);
}

static struct soap_reply decoded(const struct soap_operation *of, struct str wire)
{
    struct soap_reply reply;
    soap_decode(all.codec, of, all.arena, wire, &reply);
    return reply;
}

static void assert_unreadable(struct str wire, const char *why)
{
    struct soap_reply reply = decoded(all.submit, wire);
    assert_false(reply.is_readable);
    assert_int_equal(reply.fault_class, FAULT_NONE);
    assert_true(strlen(reply.problem) < 500);
    assert_says(reply.problem, why);
}

static struct str repeated(const char *text, size_t count)
{
    size_t len = strlen(text);
    char *all_of_it = arena_alloc(all.arena, len * count + 1);
    for (size_t i = 0; i < count; i++)
        memcpy(all_of_it + i * len, text, len);
    return (struct str){all_of_it, len * count};
}

// --- modules ---

static void test_modules_export_one_symbol_and_know_their_wsdl(void **state)
{
    (void)state;
    assert_true(soap_modules_count(all.modules) >= 2);
    AUTO_FREE char *path = NULL;
    assert_true(asprintf(&path, "%s/survey.so", modules_dir()) > 0);
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    assert_non_null(handle);
    const struct soap_module *module = dlsym(handle, SOAP_MODULE_SYMBOL);
    assert_non_null(module);
    assert_string_equal(module->name, "survey");
    assert_int_equal(strlen(module->digest), 64);
    assert_string_equal(module->recipe, "-F");
    assert_null(dlsym(handle, "soap_getheader"));
    assert_null(dlsym(handle, "namespaces"));
    assert_null(dlsym(handle, "soap_send___ns1__SubmitSurveyResult"));
    dlclose(handle);
}

static void test_a_stub_decodes_faults_by_itself_even_behind_an_unknown_header(void **state)
{
    (void)state;
    AUTO_FREE char *path = NULL;
    assert_true(asprintf(&path, "%s/survey.so", modules_dir()) > 0);
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const struct soap_module *module = dlsym(handle, SOAP_MODULE_SYMBOL);
    struct soap_context *context = module->context_new();
    struct str wire = golden("reply_fault_11");
    struct soap_module_fault fault;
    assert_int_equal(module->decode(context, 0, (struct soap_bytes){wire.data, wire.len}, &fault),
                     SOAP_REPLY_FAULT);
    assert_string_equal(fault.text, "unknown survey");
    assert_says(fault.code, "Client.Authentication");
    module->context_free(context);
    dlclose(handle);
}

static void test_load_names_every_file_that_is_no_module_of_ours(void **state)
{
    (void)state;
    char dir[] = "/tmp/soap-test-XXXXXX", path[PATH_MAX], target[PATH_MAX];
    assert_non_null(mkdtemp(dir));
    static const char *const names[] = {"old.so", "survey.so", "again.so", "text.so", "notes.txt"};
    const char *sources[] = {getenv("SWITCHHOOK_OLD_MODULE"), "survey.so", "survey.so", NULL, NULL};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
        if (sources[i]) {
            bool is_ours = strcmp(sources[i], "survey.so") == 0;
            snprintf(target, sizeof(target), "%s%s%s", is_ours ? modules_dir() : "",
                     is_ours ? "/" : "", sources[i]);
            AUTO_FREE char *real = realpath(target, NULL);
            assert_non_null(real);
            assert_int_equal(symlink(real, path), 0);
        } else {
            FILE *file = fopen(path, "we");
            fputs("no module\n", file);
            fclose(file);
        }
    }
    struct fault_list faults = {.arena = all.arena};
    struct soap_modules *modules;
    assert_false(soap_modules_load(dir, &modules, &faults));
    assert_int_equal(soap_modules_count(modules), 1);
    assert_string_equal(soap_modules_name(modules, 0), "survey");
    assert_int_equal(faults.count, 3);
    assert_says(faults.items[0].text, "old.so: built for module ABI 2, this gateway takes 3");
    assert_says(faults.items[1].text, "survey.so: there is another module named survey");
    assert_says(faults.items[2].text, "text.so: cannot be loaded as a module");
    soap_modules_free(modules);
    fault_list_finish(&faults);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
        unlink(path);
    }
    rmdir(dir);
}

// --- beside a running set ---

struct reloading {
    char dir[32], path[64], beside[64];
    struct soap_modules *running;
    struct fault_list faults;
};

static void copy_to(const char *path, const char *name)
{
    char from[PATH_MAX];
    snprintf(from, sizeof(from), "%s/%s.so", modules_dir(), name);
    AUTO_FREE char *bytes = mem_alloc(16 << 20);
    FILE *file = fopen(from, "re");
    size_t len = fread(bytes, 1, 16 << 20, file);
    fclose(file);
    file = fopen(path, "we");
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void begin_reloading(struct reloading *at)
{
    *at = (struct reloading){.dir = "/tmp/soap-test-XXXXXX", .faults = {.arena = all.arena}};
    assert_non_null(mkdtemp(at->dir));
    snprintf(at->path, sizeof(at->path), "%s/a.so", at->dir);
    snprintf(at->beside, sizeof(at->beside), "%s/new", at->dir);
    copy_to(at->path, "survey");
    assert_true(soap_modules_load(at->dir, &at->running, &at->faults));
}

static void end_reloading(struct reloading *at)
{
    soap_modules_free(at->running);
    fault_list_finish(&at->faults);
    unlink(at->path);
    rmdir(at->dir);
}

static void test_the_same_file_is_shared_and_one_renamed_over_it_is_new(void **state)
{
    (void)state;
    struct reloading at;
    struct soap_modules *same, *other;
    int64_t written_at;
    begin_reloading(&at);
    assert_true(soap_modules_reload(at.dir, at.running, &same, &at.faults));
    assert_ptr_equal(soap_modules_loaded(same, 0, &written_at),
                     soap_modules_loaded(at.running, 0, &written_at));
    assert_in_range(written_at, clock_now_ms() - 60000, clock_now_ms() + 60000);
    soap_modules_free(same);
    copy_to(at.beside, "disposition");
    assert_int_equal(rename(at.beside, at.path), 0);
    assert_true(soap_modules_reload(at.dir, at.running, &other, &at.faults));
    assert_string_equal(soap_modules_name(other, 0), "disposition");
    assert_string_equal(soap_modules_name(at.running, 0), "survey"); // still there
    soap_modules_free(other);
    end_reloading(&at);
}

static void test_a_file_that_is_written_to_while_in_use_is_a_fault(void **state)
{
    (void)state;
    struct reloading at;
    struct soap_modules *modules;
    begin_reloading(&at);
    struct timespec later[2] = {{.tv_sec = 2000000000}, {.tv_sec = 2000000000}};
    assert_int_equal(utimensat(AT_FDCWD, at.path, later, 0), 0); // as if; writing would be felt
    assert_false(soap_modules_reload(at.dir, at.running, &modules, &at.faults));
    assert_int_equal(soap_modules_count(modules), 0);
    assert_says(at.faults.items[0].text, "a.so: was written to while it is in use");
    soap_modules_free(modules);
    end_reloading(&at);
}

static void test_load_says_when_the_folder_is_not_there(void **state)
{
    (void)state;
    struct fault_list faults = {.arena = all.arena};
    struct soap_modules *modules;
    assert_false(soap_modules_load("/nonexistent", &modules, &faults));
    assert_int_equal(soap_modules_count(modules), 0);
    assert_says(faults.items[0].text, "No such file");
    soap_modules_free(modules);
    fault_list_finish(&faults);
}

static void test_find_suggests_what_was_meant(void **state)
{
    (void)state;
    const struct soap_operation *found = NULL;
    struct err err;
    assert_false(soap_operation_find(all.modules, "surveys", NULL, "X", &found, &err));
    assert_says(err.text, "no WSDL module \"surveys\"; did you mean \"survey\"?");
    assert_false(
        soap_operation_find(all.modules, "survey", NULL, "SubmitSurveyResults", &found, &err));
    assert_says(err.text, "did you mean \"SubmitSurveyResult\"?");
    assert_false(soap_operation_find(all.modules, "disposition", NULL, "Q", &found, &err));
    assert_says(err.text, "there is ReportDisposition, UpdateLead");
    assert_false(soap_operation_find(all.modules, "survey", "SurveyPrt", "SubmitSurveyResult",
                                     &found, &err));
    assert_says(err.text, "did you mean \"SurveyPort\"?");
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_null(found);
    assert_true(soap_operation_find(all.modules, "survey", "SurveyPort", "SubmitSurveyResult",
                                    &found, &err));
    assert_ptr_equal(found, all.submit);
}

static void test_operations_carry_what_the_wsdl_says(void **state)
{
    (void)state;
    assert_int_equal(soap_operation_version(all.submit), 11);
    assert_string_equal(soap_operation_action(all.submit), SURVEY_NS "/SubmitSurveyResult");
    assert_string_equal(soap_operation_endpoint(all.submit), "http://localhost:8090/survey");
    assert_int_equal(soap_operation_version(all.report), 12);
    assert_string_equal(soap_operation_endpoint(all.report), "http://localhost:8090/disposition");
}

// --- encoding ---

static void test_requests_become_the_golden_bytes(void **state)
{
    (void)state;
    assert_golden(all.submit, "survey_full");
    assert_golden(all.submit, "survey_least");
    assert_golden(all.report, "disposition_full");
    assert_golden(all.update, "disposition_lead"); // in Latin 1, with CDATA
}

static void test_explicit_nil_is_kept(void **state)
{
    (void)state;
    assert_golden(all.submit, "survey_nil");
}

static void test_header_parts_and_undeclared_headers_are_kept(void **state)
{
    (void)state;
    assert_golden(all.report, "disposition_header");
}

static void test_a_missing_element_is_named(void **state)
{
    (void)state;
    assert_says(misfit_after("<s:uii>202009151402170132130000036446</s:uii>", ""),
                "SubmitSurveyResult/call/sessionId: This element is not expected. "
                "Expected is ( uii )");
    assert_says(misfit_after(" question=\"reasons\"", ""),
                "SubmitSurveyResult/survey/answer[2]: The attribute 'question' is required");
}

static void test_wrong_values_are_named(void **state)
{
    (void)state;
    assert_says(misfit_after(">187<", ">abc<"), "call/durationSeconds: 'abc' is not a valid value");
    assert_says(misfit_after("\"QUEUE\"", "\"LINE\""),
                "call/queue, attribute 'kind': [facet 'enumeration'] The value 'LINE'");
    assert_says(misfit_after("18:02:17Z", "noon"), "call/startedAt: [facet 'pattern']");
    assert_says(misfit_after("<s:score>4<", "<s:score>four<"), "answer/score: 'four'");
    assert_says(misfit_after(">202009151402170132130000036446<", "><"), "call/uii");
}

static void test_unexpected_content_is_named(void **state)
{
    (void)state;
    assert_says(misfit_after("<s:ani>", "<s:phone>1</s:phone><s:ani>"),
                "call/phone: This element is not expected");
    assert_says(misfit_after("<s:choice>Satisfied", "<s:text>x</s:text><s:choice>Satisfied"),
                "answer/choice: This element is not expected");
    assert_says(misfit_after(" id=\"1775\"", " ident=\"1775\""), "attribute 'ident'");
    assert_says(misfit_after("<s:call>", "<s:call>hello"), "call: Character content");
    assert_says(misfit_after("<s:uii>202009151402170132130000036446<",
                             "<s:uii xmlns:i='http://www.w3.org/2001/XMLSchema-instance' "
                             "i:nil='true'><"),
                "call/uii: The element is not 'nillable'");
}

static void test_what_is_no_request_of_the_operation_is_refused(void **state)
{
    (void)state;
    assert_says(misfit(all.report, golden("survey_full")), "of SOAP 1.1, the operation takes 1.2");
    assert_says(misfit(all.update, golden("disposition_full")), "ReportDisposition");
    assert_says(misfit(all.submit, STR("")), "cannot be read");
    assert_says(misfit(all.submit, STR("<a/>")), "root element is <a>, not a SOAP Envelope");
    assert_says(misfit(all.submit, STR(BODY_11 END)), "the Body is empty");
    assert_says(misfit(all.submit, STR(BODY_11 "<x/>" END)),
                "x: the WSDL declares no such element");
    assert_says(misfit_after("</s:call>", ""), "line ");
    assert_says(misfit_after("<soap:Body>", "<soap:Header><s:Key/></soap:Header><soap:Body>"),
                "Key: the WSDL declares no such element");
}

static void test_document_types_are_refused_in_requests(void **state)
{
    (void)state;
    assert_says(misfit_after("<soap:Envelope", "<!DOCTYPE x [<!ENTITY a 'b'>]><soap:Envelope"),
                "document type (x)");
}

static void test_a_request_beyond_the_limit_is_too_large(void **state)
{
    (void)state;
    struct str wire;
    struct err err;
    assert_false(
        soap_encode(all.codec, all.submit, all.arena, repeated("x", 17 << 20), &wire, &err));
    assert_int_equal(err.code, ERR_TOO_LARGE);
}

static void test_the_engine_is_as_good_after_misfits_as_before(void **state)
{
    (void)state;
    for (size_t i = 0; i < 20; i++) {
        misfit_after(">187<", ">abc<");
        misfit_after("<s:call>", "<s:cal");
        decoded(all.submit, STR("<html/>"));
        decoded(all.submit, golden("reply_fault_11"));
        assert_golden(all.submit, "survey_full");
        assert_true(decoded(all.submit, golden("reply_survey")).is_readable);
    }
}

static void test_names_from_outside_do_not_pile_up(void **state)
{
    (void)state;
    for (int round = 0; round < 400; round++) {
        AUTO_BUF struct buf text;
        buf_init(&text, 1 << 20);
        buf_printf(&text, BODY_11);
        for (int i = 0; i < 500; i++)
            buf_printf(&text, "<name-of-an-element-%d-%d/>", round, i);
        buf_printf(&text, END);
        assert_false(decoded(all.submit, buf_str(&text)).is_readable);
    }
    assert_golden(all.submit, "survey_full"); // libxml2 gives up at 10 MB of names
}

// --- decoding ---

static void test_a_result_is_a_result(void **state)
{
    (void)state;
    struct soap_reply reply = decoded(all.submit, golden("reply_survey"));
    assert_true(reply.is_readable);
    assert_int_equal(reply.fault_class, FAULT_NONE);
    assert_string_equal(reply.fault_code, "");
    assert_string_equal(reply.problem, "");
    assert_int_equal(reply.detail_count, 0);
}

static void assert_detail(const struct soap_reply *reply, size_t index, const char *name,
                          const char *value)
{
    assert_true(index < reply->detail_count);
    assert_string_equal(reply->details[index].name, name);
    assert_string_equal(reply->details[index].value, value);
}

static void test_a_soap_11_fault_is_read_with_its_typed_detail(void **state)
{
    (void)state;
    struct soap_reply reply = decoded(all.submit, golden("reply_fault_11"));
    assert_true(reply.is_readable);
    assert_int_equal(reply.fault_class, FAULT_SENDER);
    assert_string_equal(reply.fault_code, "Client.Authentication");
    assert_string_equal(reply.fault_text, "unknown survey");
    assert_string_equal(reply.detail_name, "SurveyFault");
    assert_int_equal(reply.detail_count, 3);
    assert_detail(&reply, 0, "code", "UNKNOWN_SURVEY");
    assert_detail(&reply, 1, "field", "id");
    assert_detail(&reply, 2, "message", "no survey 1775");
}

static void test_a_soap_12_fault_is_read_with_its_innermost_subcode(void **state)
{
    (void)state;
    struct soap_reply reply = decoded(all.report, golden("reply_fault_12"));
    assert_true(reply.is_readable);
    assert_int_equal(reply.fault_class, FAULT_SENDER);
    assert_string_equal(reply.fault_code, "Sender");
    assert_int_equal(reply.fault_subcode_count, 2);
    assert_string_equal(reply.fault_subcodes[1], "Inner");
    assert_string_equal(reply.fault_text, "denied");
    assert_string_equal(reply.detail_name, "DispositionFault");
    assert_detail(&reply, 0, "code", "UNKNOWN_DISPOSITION");
}

static void test_a_fault_is_read_when_the_stub_knows_nothing_of_it(void **state)
{
    (void)state;
    struct soap_reply reply = decoded(all.submit, golden("reply_fault_wcf"));
    assert_int_equal(reply.fault_class, FAULT_OTHER);
    assert_string_equal(reply.fault_code, "InternalServiceFault");
    assert_string_equal(reply.detail_name, "ExceptionDetail");
    assert_detail(&reply, 1, "Type", "T");
    reply = decoded(all.submit, golden("reply_fault_untyped")); // a code outside the enumeration
    assert_int_equal(reply.fault_class, FAULT_SENDER);
    assert_detail(&reply, 0, "code", "NO_SUCH_CODE");
    reply = decoded(all.submit, golden("reply_fault_12")); // the other SOAP version
    assert_int_equal(reply.fault_class, FAULT_SENDER);
    assert_string_equal(reply.fault_text, "denied");
    reply = decoded(all.report, golden("reply_fault_11"));
    assert_string_equal(reply.fault_code, "Client.Authentication");
}

static void test_the_english_reason_is_told(void **state)
{
    (void)state;
    static const char fault[] =
        "<e:Envelope xmlns:e='http://www.w3.org/2003/05/soap-envelope'><e:Body><e:Fault>"
        "<e:Code><e:Value>e:Receiver</e:Value></e:Code><e:Reason>%s</e:Reason>"
        "</e:Fault></e:Body></e:Envelope>";
    static const struct {
        const char *texts, *told;
    } cases[] = {
        {"<e:Text xml:lang='de'>voll</e:Text><e:Text xml:lang='en-GB'>full</e:Text>", "full"},
        {"<e:Text xml:lang='de'>voll</e:Text><e:Text xml:lang='enm'>ful</e:Text>", "voll"},
        {"<e:Text>voll</e:Text>", "voll"},
        {"", ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *text = arena_printf(all.arena, fault, cases[i].texts);
        assert_string_equal(decoded(all.report, str_from(text)).fault_text, cases[i].told);
    }
}

static void test_a_fault_is_data_with_what_is_known_of_its_detail(void **state)
{
    (void)state;
    AUTO_BUF struct buf out;
    buf_init(&out, 4096);
    struct soap_reply reply = decoded(all.report, golden("reply_fault_12"));
    json_write(&out, soap_fault_tree(all.arena, &reply, NULL), JSON_COMPACT);
    assert_says(buf_str(&out).data, "{\"code\":\"Sender\",\"subcodes\":[");
    assert_says(buf_str(&out).data,
                "\"detail\":{\"DispositionFault\":{\"code\":\"UNKNOWN_DISPOSITION\"");
}

static void test_the_names_of_replies_are_known(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool is_there;
    } cases[] = {{"receiptId", true},   {"SubmitSurveyResultResponse", true},
                 {"SurveyFault", true}, {"field", true},
                 {"faultstring", true}, {"sessionId", false}};
    const char *const *names;
    size_t count;
    assert_true(soap_reply_names(all.submit, all.arena, &names, &count));
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        bool is_there = false;
        for (size_t j = 0; j < count; j++)
            is_there |= strcmp(names[j], cases[i].name) == 0;
        assert_int_equal(is_there, cases[i].is_there);
    }
}

static void test_fault_codes_have_their_class(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        enum fault_class class;
    } cases[] = {
        {"e:Client", FAULT_SENDER},
        {"Client", FAULT_SENDER},
        {"e:Server", FAULT_RECEIVER},
        {"e:Server.Busy", FAULT_RECEIVER},
        {"e:VersionMismatch", FAULT_VERSION_MISMATCH},
        {"e:MustUnderstand", FAULT_MUST_UNDERSTAND},
        {"e:Clientele", FAULT_OTHER},
        {"", FAULT_OTHER},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *wire = arena_printf(all.arena,
                                        BODY_11 "<e:Fault><faultcode>%s</faultcode>"
                                                "<faultstring>f</faultstring></e:Fault>" END,
                                        cases[i].code);
        struct soap_reply reply = decoded(all.submit, str_from(wire));
        assert_true(reply.is_readable);
        assert_int_equal(reply.fault_class, cases[i].class);
        assert_string_equal(reply.fault_text, "f");
    }
    static const char *const codes_12[] = {"Receiver", "DataEncodingUnknown"};
    static const enum fault_class classes_12[] = {FAULT_RECEIVER, FAULT_DATA_ENCODING};
    for (size_t i = 0; i < COUNT_OF(codes_12); i++) {
        const char *wire = arena_printf(
            all.arena,
            "<e:Envelope "
            "xmlns:e='http://www.w3.org/2003/05/soap-envelope'><e:Body><e:Fault><e:Code>"
            "<e:Value>e:%s</e:Value></e:Code><e:Reason><e:Text xml:lang='en'>f</e:Text></e:Reason>"
            "</e:Fault>" END,
            codes_12[i]);
        struct soap_reply reply = decoded(all.report, str_from(wire));
        assert_int_equal(reply.fault_class, classes_12[i]);
        assert_string_equal(reply.fault_text, "f");
    }
}

static void test_long_faults_are_cut(void **state)
{
    (void)state;
    const char *wire =
        arena_printf(all.arena,
                     BODY_11 "<e:Fault><faultcode>e:Server</faultcode><faultstring>%s</faultstring>"
                             "<detail>%s</detail></e:Fault>" END,
                     repeated("\xc3\xb6", 100000).data, repeated("<t>word</t>", 1000).data);
    struct soap_reply reply = decoded(all.submit, str_from(wire));
    assert_int_equal(reply.fault_class, FAULT_RECEIVER);
    assert_true(strlen(reply.fault_text) < 2100);
    assert_int_equal(reply.detail_count, 32);
}

static void test_what_is_no_soap_is_unreadable_with_a_reason(void **state)
{
    (void)state;
    assert_unreadable(STR(""), "the reply is empty");
    assert_unreadable(STR(" \n"), "the reply is empty");
    assert_unreadable(STR("<html><body>502 Bad Gateway</body></html>"), "root element is <html>");
    assert_unreadable(STR("<!DOCTYPE html><html/>"), "document type (html)");
    assert_unreadable(STR("{\"ok\":true}"), "no well-formed XML");
    struct str whole = golden("reply_survey");
    assert_unreadable((struct str){whole.data, whole.len / 2}, "no well-formed XML");
    assert_unreadable(STR("<e:Envelope xmlns:e='" SOAP11_NS "'/>"), "has no Body");
    assert_unreadable(STR(BODY_11 END), "Body is empty");
    assert_unreadable(STR(BODY_11 "<x:Other xmlns:x='urn:x'/>" END), "in <Other>");
    assert_unreadable(STR("<a>\0</a>"), "no well-formed XML");
}

static void test_hostile_replies_are_unreadable_and_bounded(void **state)
{
    (void)state;
    int64_t started_us = clock_steady_us();
    assert_unreadable(STR("<!DOCTYPE l [<!ENTITY a 'aaaaaaaaaa'>"
                          "<!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;&b;&b;'>"
                          "]>" BODY_11 "<x y='&c;'>&c;</x>" END),
                      "document type (l)");
    assert_unreadable(STR("<!DOCTYPE l SYSTEM 'file:///etc/passwd'>" BODY_11 "<x/>" END),
                      "document type (l)");
    struct str deep = repeated("<a>", 100000);
    assert_unreadable(str_from(arena_printf(all.arena, BODY_11 "%s", deep.data)), "depth");
    assert_unreadable(repeated("x", 10 << 20), "no well-formed XML");
    assert_unreadable(repeated("x", 17 << 20), "bytes, more than");
    const char *long_text = arena_printf(all.arena,
                                         BODY_11 "<SubmitSurveyResultResponse xmlns='" SURVEY_NS
                                                 "'><receiptId>%s</receiptId>"
                                                 "</SubmitSurveyResultResponse>" END,
                                         repeated("x", 9000000).data);
    assert_true(decoded(all.submit, str_from(long_text)).is_readable); // long, and as declared
    assert_true(clock_steady_us() - started_us < 20 * 1000 * 1000);
}

// --- marks for missing values ---

// ^ stands for omit, ~ for nothing else, $ for nil.
static struct str with_marks(const char *text)
{
    AUTO_BUF struct buf out;
    buf_init(&out, 1 << 20);
    for (const char *c = text; *c; c++)
        buf_add_str(&out, *c == '^'   ? MARK_OMIT
                          : *c == '~' ? MARK_BLANK
                          : *c == '$' ? MARK_NIL
                                      : (struct str){c, 1});
    return arena_copy(all.arena, buf_str(&out));
}

static void test_marks_leave_out_elements_and_attributes(void **state)
{
    (void)state;
    static const char xsi[] = "<r xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">";
    static const char *const cases[][2] = {
        {"<r><a>^</a><b>1</b></r>", "<r><b>1</b></r>"},
        {"<r><a>x^y<b>1</b></a></r>", "<r/>"},
        {"<r><a>~</a><b>~x</b><c> ~ </c></r>", "<r><b>x</b></r>"},
        {"<r><a>~<b>1</b> ~</a></r>", "<r><a><b>1</b> </a></r>"},
        {"<r a=\"^\" b=\"x^\" c=\"~\" d=\"~&lt;\" e=\"$\" f=\"\"/>", "<r d=\"&lt;\" f=\"\"/>"},
        {"<r><![CDATA[^]]></r><!-- ^ -->", NULL},
        {"<r><!-- ^ --><a><![CDATA[x~]]></a></r>", "<r><!--  --><a><![CDATA[x]]></a></r>"},
        {"<r><p:a xmlns:p='urn:p' p:b='^'>&amp;~</p:a></r>",
         "<r><p:a xmlns:p=\"urn:p\">&amp;</p:a></r>"},
        {"%sx<a b='1'>x$<c/></a></r>", "%sx<a b=\"1\" xsi:nil=\"true\"/></r>"},
        {"<r><a>$</a></r>", "<r><a xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
                            "xsi:nil=\"true\"/></r>"},
        {"<r><a xmlns:xsi='urn:other'>$</a></r>",
         "<r><a xmlns:xsi=\"urn:other\" "
         "xmlns:xsi1=\"http://www.w3.org/2001/XMLSchema-instance\" xsi1:nil=\"true\"/></r>"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        bool has_xsi = strncmp(cases[i][0], "%s", 2) == 0;
        const char *text =
            arena_printf(all.arena, "%s%s", has_xsi ? xsi : "", cases[i][0] + (has_xsi ? 2 : 0));
        struct str out;
        struct err err = {0};
        bool is_good = soap_finish_xml(all.codec, all.arena, with_marks(text), true, &out, &err);
        if (!cases[i][1]) {
            assert_false(is_good);
            assert_says(err.text, "omit leaves nothing");
            continue;
        }
        if (!is_good)
            fail_msg("%s: %s", text, err.text);
        const char *expected =
            arena_printf(all.arena, "%s\n%s%s\n", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
                         has_xsi ? xsi : "", cases[i][1] + (has_xsi ? 2 : 0));
        assert_string_equal(out.data, expected);
    }
}

static void test_documents_without_marks_stay_as_they_are(void **state)
{
    (void)state;
    struct str out, text = STR("<!DOCTYPE r SYSTEM \"r.dtd\">\n<r  a='1'>\xef\xb7\x90</r>");
    struct err err;
    assert_true(soap_finish_xml(all.codec, all.arena, text, false, &out, &err));
    assert_ptr_equal(out.data, text.data);
    assert_false(soap_finish_xml(all.codec, all.arena, STR("<r><a></r>"), false, &out, &err));
    assert_says(err.text, "line 1");
    assert_false(soap_finish_xml(all.codec, all.arena, STR(""), false, &out, &err));
    // Envelopes still have none after a document that may.
    assert_says(misfit(all.submit, text), "document type");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_marks_leave_out_elements_and_attributes),
        cmocka_unit_test(test_documents_without_marks_stay_as_they_are),
        cmocka_unit_test(test_modules_export_one_symbol_and_know_their_wsdl),
        cmocka_unit_test(test_a_stub_decodes_faults_by_itself_even_behind_an_unknown_header),
        cmocka_unit_test(test_load_names_every_file_that_is_no_module_of_ours),
        cmocka_unit_test(test_load_says_when_the_folder_is_not_there),
        cmocka_unit_test(test_the_same_file_is_shared_and_one_renamed_over_it_is_new),
        cmocka_unit_test(test_a_file_that_is_written_to_while_in_use_is_a_fault),
        cmocka_unit_test(test_find_suggests_what_was_meant),
        cmocka_unit_test(test_operations_carry_what_the_wsdl_says),
        cmocka_unit_test(test_requests_become_the_golden_bytes),
        cmocka_unit_test(test_explicit_nil_is_kept),
        cmocka_unit_test(test_header_parts_and_undeclared_headers_are_kept),
        cmocka_unit_test(test_a_missing_element_is_named),
        cmocka_unit_test(test_wrong_values_are_named),
        cmocka_unit_test(test_unexpected_content_is_named),
        cmocka_unit_test(test_what_is_no_request_of_the_operation_is_refused),
        cmocka_unit_test(test_document_types_are_refused_in_requests),
        cmocka_unit_test(test_a_request_beyond_the_limit_is_too_large),
        cmocka_unit_test(test_the_engine_is_as_good_after_misfits_as_before),
        cmocka_unit_test(test_names_from_outside_do_not_pile_up),
        cmocka_unit_test(test_a_result_is_a_result),
        cmocka_unit_test(test_a_soap_11_fault_is_read_with_its_typed_detail),
        cmocka_unit_test(test_a_soap_12_fault_is_read_with_its_innermost_subcode),
        cmocka_unit_test(test_a_fault_is_read_when_the_stub_knows_nothing_of_it),
        cmocka_unit_test(test_the_english_reason_is_told),
        cmocka_unit_test(test_a_fault_is_data_with_what_is_known_of_its_detail),
        cmocka_unit_test(test_the_names_of_replies_are_known),
        cmocka_unit_test(test_fault_codes_have_their_class),
        cmocka_unit_test(test_long_faults_are_cut),
        cmocka_unit_test(test_what_is_no_soap_is_unreadable_with_a_reason),
        cmocka_unit_test(test_hostile_replies_are_unreadable_and_bounded),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
