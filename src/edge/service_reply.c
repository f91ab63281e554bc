// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a reply means and brings: an answer for core/outcome, the fault for people, the verdict of
// the success test, the values to capture. The fault's detail is read by the WSDL's types where
// these know it.

#include "edge/reply.h"
#include "edge/service_load.h"
#include "edge/soap_json.h"

enum {
    MAX_DETAIL_BYTES = 2000,
    MAX_CAPTURE_BYTES = 4096,
};

// A fault comes with 4xx or 5xx; then the media type tells it from a proxy's page in HTML. An empty
// reply to a two-way operation is left to the decoder, which says so.
static bool may_hold_envelope(const struct transport_reply *reply)
{
    bool is_success = reply->http_status >= 200 && reply->http_status < 300;
    return is_success || (reply->http_status >= 400 && reply->body.len > 0 &&
                          strcasestr(reply->media_type, "xml"));
}

// 202 Accepted without a body: WS-I Basic Profile 1.1, R2714.
static bool is_accepted(const struct transport_reply *reply)
{
    return reply->http_status == 202 && reply->body.len == 0;
}

// "SurveyFault: code=UNKNOWN_SURVEY, text=No such survey", or what the fault says of itself.
static const char *describe_fault(struct arena *arena, const struct soap_reply *soap)
{
    AUTO_BUF struct buf text;
    buf_init(&text, MAX_DETAIL_BYTES);
    if (soap->detail_count == 0) {
        size_t last = soap->fault_subcode_count;
        const char *code = last ? soap->fault_subcodes[last - 1] : soap->fault_code;
        buf_printf(&text, "%s: %s", *soap->detail_name ? soap->detail_name : code,
                   soap->fault_text);
    } else {
        buf_printf(&text, "%s:", soap->detail_name);
        for (size_t i = 0; i < soap->detail_count; i++)
            buf_printf(&text, "%s %s=%s", i ? "," : "", soap->details[i].name,
                       soap->details[i].value);
    }
    return arena_copy(arena, buf_str(&text)).data;
}

static const struct json *read_fault(const struct service *service, struct soap_codec *codec,
                                     struct arena *arena, struct str wire,
                                     const struct soap_reply *soap)
{
    struct soap_json_reply data = {0};
    struct err ignored; // then the detail's plain values do
    bool is_data = soap_json_decode(codec, service->operation, arena, wire, &data, &ignored);
    return soap_fault_tree(arena, soap, is_data ? data.detail : NULL);
}

static void decode_envelope(const struct service *service, struct soap_codec *codec,
                            struct arena *arena, const struct transport_reply *reply,
                            struct service_reply *ret)
{
    struct soap_reply soap;
    struct answer *answer = &ret->answer;
    soap_decode(codec, service->operation, arena, reply->body, &soap);
    answer->is_readable = soap.is_readable;
    answer->fault_class = soap.fault_class;
    if (!soap.is_readable) {
        answer->reason = soap.problem;
    } else if (soap.fault_class != FAULT_NONE) {
        answer->fault_code = soap.fault_code;
        answer->fault_subcodes = soap.fault_subcodes;
        answer->fault_subcode_count = soap.fault_subcode_count;
        answer->fault_detail = soap.detail_name;
        answer->reason = soap.fault_text;
        ret->fault = describe_fault(arena, &soap);
        ret->fault_tree = read_fault(service, codec, arena, reply->body, &soap);
    }
}

static void read_answer(const struct service *service, struct soap_codec *codec,
                        struct arena *arena, const struct transport_reply *reply,
                        struct service_reply *ret)
{
    if (!service->operation || is_accepted(reply)) {
        ret->answer.is_readable = true;
    } else if (reply->is_cut) {
        ret->answer.reason = arena_printf(arena, "the reply is longer than %zu bytes",
                                          service->config->max_reply_bytes);
    } else if (may_hold_envelope(reply)) {
        decode_envelope(service, codec, arena, reply, ret);
    } else if (reply->body.len > 0) {
        ret->answer.reason =
            arena_printf(arena, "the reply is no envelope but %.100s",
                         *reply->media_type ? reply->media_type : "of no stated type");
    }
}

// --- tests and captures ---

static void judge_rules(const struct service *service, struct reply *body, struct answer *answer)
{
    const struct config_service *config = service->config;
    bool *holds = arena_alloc(body->arena, config->outcome_count * sizeof(*holds));
    for (size_t i = 0; i < config->outcome_count; i++) {
        const char *ignored;
        holds[i] = config->outcomes[i].has_test &&
                   reply_judge(body, &config->outcome_tests[i], &service->outcome_tests[i],
                               &ignored) == REPLY_HOLDS;
    }
    answer->holds = holds;
}

static void judge_success(const struct service *service, struct reply *body,
                          struct service_reply *ret)
{
    const struct config_test *test = &service->config->success;
    struct arena *arena = body->arena;
    const char *why, *text = reply_test_text(arena, test, &service->success);
    switch (reply_judge(body, test, &service->success, &why)) {
    case REPLY_HOLDS:
        ret->verdict = arena_printf(arena, "holds: %s", text);
        break;
    case REPLY_FAILS:
        ret->answer.failed = &service->config->failed;
        ret->answer.reason = arena_printf(arena, "%s%s%s", text, *why ? ", and " : "", why);
        ret->verdict = arena_printf(arena, "does not hold: %s", ret->answer.reason);
        break;
    case REPLY_UNREADABLE:
        ret->answer.is_readable = false;
        ret->answer.reason = why;
        ret->verdict = arena_printf(arena, "cannot be told: %s", why);
        break;
    }
}

static const struct json *capture(const struct service *service, struct reply *body)
{
    const struct config_service *config = service->config;
    struct json *captured = json_object(body->arena);
    for (size_t i = 0; i < config->capture_count; i++) {
        struct str value;
        if (reply_value(body, &service->captures[i], &value) && value.len &&
            value.len <= MAX_CAPTURE_BYTES)
            json_set(body->arena, captured, str_from(config->captures[i].name),
                     json_string(body->arena, json_utf8_mend(body->arena, value)));
    }
    return captured->object.count ? captured : NULL;
}

static void read_body(const struct service *service, struct soap_codec *codec, struct arena *arena,
                      const struct transport_reply *reply, struct service_reply *ret)
{
    const struct answer *answer = &ret->answer;
    bool is_success = answer->http_status >= 200 && answer->http_status < 300;
    AUTO_REPLY struct reply body;
    reply_init(&body, codec, arena, reply->body);
    if (reply->is_cut)
        reply_refuse(&body, arena_printf(arena, "the reply is longer than %zu bytes",
                                         service->config->max_reply_bytes));
    if (service->has_rule_tests)
        judge_rules(service, &body, &ret->answer);
    if (service->has_success && is_success && answer->is_readable &&
        answer->fault_class == FAULT_NONE)
        judge_success(service, &body, ret);
    ret->captured = capture(service, &body);
}

void service_decode(const struct service *service, struct soap_codec *codec, struct arena *arena,
                    const struct transport_reply *reply, struct service_reply *ret)
{
    *ret = (struct service_reply){
        .answer = {.reach = reply->reach,
                   .http_status = reply->reach == REACH_ANSWERED ? reply->http_status : 0,
                   .retry_after_ms = reply->retry_after_ms,
                   .fault_code = "",
                   .fault_detail = "",
                   .reason = reply->problem},
        .fault = "",
        .verdict = "",
    };
    if (reply->reach != REACH_ANSWERED)
        return;
    read_answer(service, codec, arena, reply, ret);
    read_body(service, codec, arena, reply, ret);
}
