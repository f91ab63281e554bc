// SPDX-License-Identifier: GPL-3.0-or-later
//
// The transport's loop runs here until the one request is done.

#include "flow/call.h"

#include "base/clock.h"
#include "edge/multipart.h"
#include "edge/soap_addressing.h"
#include "edge/soap_http.h"
#include "edge/soap_json.h"
#include "flow/page_text.h"
#include "flow/tree.h"

enum {
    DEFAULT_TIMEOUT_MS = 30 * 1000,
    CONNECT_TIMEOUT_MS = 10 * 1000,
    MAX_REPLY_BYTES = 16 * 1024 * 1024,
    MAX_HEAD_BYTES = 1024 * 1024,
};

// --- request ---

static bool is_web(const char *url)
{
    return strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0;
}

static bool prepare_plain(const struct call *call, struct soap_codec *codec, struct arena *arena,
                          struct str envelope, struct transport_request *request, struct err *err)
{
    const struct soap_operation *operation = call->operation;
    const char **lines = arena_alloc(arena, SOAP_HTTP_LINES * sizeof(*lines));
    const char *wsdl_endpoint = soap_operation_endpoint(operation);
    if (!call->endpoint && !is_web(wsdl_endpoint))
        return err_set(err, ERR_INVALID,
                       "the WSDL names no http or https endpoint: say --endpoint URL");
    *request = (struct transport_request){.method = "POST",
                                          .url = call->endpoint ? call->endpoint : wsdl_endpoint,
                                          .headers = lines,
                                          .connect_timeout_ms = CONNECT_TIMEOUT_MS,
                                          .timeout_ms = DEFAULT_TIMEOUT_MS,
                                          .max_reply_bytes = MAX_REPLY_BYTES};
    if (soap_operation_uses_addressing(operation)) {
        char id[CLOCK_UUID_BYTES];
        clock_uuid(clock_now_ms(), id);
        const struct soap_addressing addressing = {
            .action = soap_operation_addressing_action(operation),
            .to = request->url,
            .message_id = arena_printf(arena, "urn:uuid:%s", id)};
        if (!soap_address(codec, arena, envelope, &addressing, &envelope, err))
            return false;
    }
    const char *boundary = call->is_mtom ? multipart_boundary(arena) : NULL;
    struct str *body = &request->body;
    return soap_http_lines(operation, arena, boundary, lines, &request->header_count, err) &&
           soap_encode(codec, operation, arena, envelope, body, err) &&
           (!boundary || soap_pack(codec, operation, arena, boundary, *body, body, err));
}

static bool check_endpoint(const struct call *call, struct err *err)
{
    return !call->endpoint || is_web(call->endpoint) ||
           err_set(err, ERR_INVALID, "the endpoint is no http or https URL: %.200s",
                   call->endpoint);
}

static void add_headers(const struct call *call, struct arena *arena,
                        struct transport_request *request)
{
    size_t count = request->header_count + call->header_count;
    const char **lines = arena_alloc(arena, count * sizeof(*lines));
    if (request->header_count)
        memcpy(lines, request->headers, request->header_count * sizeof(*lines));
    if (call->header_count)
        memcpy(lines + request->header_count, call->headers, call->header_count * sizeof(*lines));
    request->headers = lines;
    request->header_count = count;
}

bool call_prepare(const struct call *call, struct soap_codec *codec, struct arena *arena,
                  struct str envelope, struct transport_request *ret, struct err *err)
{
    struct transport_request request;
    if (!check_endpoint(call, err) ||
        !(call->service ? service_carry(call->service, codec, arena, envelope, &request, err)
                        : prepare_plain(call, codec, arena, envelope, &request, err)))
        return false;
    if (call->endpoint)
        request.url = call->endpoint;
    if (call->timeout_ms) {
        request.timeout_ms = call->timeout_ms;
        if (request.connect_timeout_ms > call->timeout_ms)
            request.connect_timeout_ms = call->timeout_ms;
    }
    add_headers(call, arena, &request);
    *ret = request;
    return true;
}

// --- reply ---

// A fault comes with 4xx or 5xx; what is no XML there is a page of somebody in between.
static bool may_hold_envelope(const struct transport_reply *reply)
{
    struct str body = str_trim(reply->body);
    bool is_success = reply->http_status >= 200 && reply->http_status < 300;
    return is_success || multipart_is(reply->body) ||
           (body.len && *body.data == '<' && strcasestr(reply->media_type, "xml"));
}

static void set_or_null(struct arena *arena, struct json *tree, const char *name,
                        const struct json *value)
{
    json_set(arena, tree, str_from(name), value ? (struct json *)value : json_null(arena));
}

// What it says, and as much of it as can be read. Returns the problem, NULL when there is none.
static const char *read_envelope(const struct call *call, struct soap_codec *codec,
                                 struct arena *arena, struct str wire, struct json *tree,
                                 bool *ret_is_fault)
{
    struct soap_reply soap;
    struct soap_json_reply data = {0};
    struct err err = {0};
    soap_decode(codec, call->operation, arena, wire, &soap);
    bool is_data = soap_json_decode(codec, call->operation, arena, wire, &data, &err);
    *ret_is_fault = soap.is_readable && soap.fault_class != FAULT_NONE;
    set_or_null(arena, tree, "header", data.header);
    set_or_null(arena, tree, "body", data.body);
    set_or_null(arena, tree, "fault",
                *ret_is_fault ? soap_fault_tree(arena, &soap, data.detail) : NULL);
    if (!soap.is_readable)
        return soap.problem;
    return is_data ? NULL : arena_strdup(arena, err.text);
}

static const char *read_reply(const struct call *call, struct soap_codec *codec,
                              struct arena *arena, const struct transport_reply *reply,
                              struct json *tree, bool *ret_is_fault)
{
    bool is_accepted = reply->http_status == 202 && reply->body.len == 0;
    if (reply->reach != REACH_ANSWERED)
        return reply->problem;
    if (reply->is_cut)
        return arena_printf(arena, "the reply is longer than %d bytes", MAX_REPLY_BYTES);
    if (!is_accepted && !may_hold_envelope(reply))
        return arena_printf(arena, "status %d, and no envelope but %s", reply->http_status,
                            !reply->body.len     ? "nothing"
                            : *reply->media_type ? reply->media_type
                                                 : "something of no stated type");
    return is_accepted ? NULL : read_envelope(call, codec, arena, reply->body, tree, ret_is_fault);
}

// --- the whole ---

struct wait {
    struct transport_reply reply;
    bool is_done;
};

static void note_done(void *context, const struct transport_reply *reply)
{
    struct wait *wait = context;
    wait->reply = *reply;
    wait->is_done = true;
}

// Header fields that hold secrets by their nature.
static bool is_secret(const char *line)
{
    static const char *const names[] = {
        "Authorization:", "Proxy-Authorization:", "Cookie:", "X-API-Key:"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (strncasecmp(line, names[i], strlen(names[i])) == 0)
            return true;
    }
    return false;
}

// The envelope; what travels beside it is told in `tree`.
static struct str take_parts(struct arena *arena, struct str body, struct json *tree)
{
    struct multipart_part *parts;
    size_t count;
    struct err err;
    if (!multipart_is(body) || !multipart_read(arena, body, &parts, &count, &err))
        return body;
    struct json *list = json_array(arena);
    for (size_t i = 1; i < count; i++) {
        struct json *part = json_object(arena);
        json_set(arena, part, STR("id"), json_string(arena, parts[i].id));
        json_set(arena, part, STR("media_type"), json_string(arena, parts[i].media_type));
        json_set(arena, part, STR("bytes"), json_integer(arena, (int64_t)parts[i].content.len));
        tree_text(arena, part, "words", multipart_words(arena, &parts[i]));
        json_append(arena, list, part);
    }
    json_set(arena, tree, STR("parts"), list);
    return parts[0].content;
}

static struct json *request_tree(const struct call *call, struct arena *arena,
                                 const struct transport_request *request)
{
    struct json *tree = json_object(arena);
    struct str head, body = take_parts(arena, request->body, tree);
    AUTO_BUF struct buf lines;
    buf_init(&lines, MAX_HEAD_BYTES);
    buf_printf(&lines, "%s %s\n", request->method, request->url);
    for (size_t i = 0; i < request->header_count; i++) {
        const char *line = request->headers[i];
        if (is_secret(line))
            buf_printf(&lines, "%.*s: ***\n", (int)strcspn(line, ":"), line);
        else
            buf_printf(&lines, "%s\n", line);
    }
    head = arena_copy(arena, buf_str(&lines));
    if (call->service) {
        head = service_mask(call->service, arena, head);
        body = service_mask(call->service, arena, body);
    }
    json_set(arena, tree, STR("head"), json_string(arena, head));
    json_set(arena, tree, STR("body"), json_string(arena, body));
    return tree;
}

static struct json *timings_tree(struct arena *arena, const struct transport_timings *timings)
{
    const struct {
        const char *name;
        int64_t us;
    } steps[] = {{"resolved", timings->resolved_us},     {"connected", timings->connected_us},
                 {"secured", timings->secured_us},       {"sent", timings->sent_us},
                 {"first_byte", timings->first_byte_us}, {"total", timings->total_us}};
    struct json *tree = json_object(arena);
    for (size_t i = 0; i < COUNT_OF(steps); i++)
        json_set(arena, tree, str_from(steps[i].name),
                 steps[i].us ? json_integer(arena, steps[i].us) : json_null(arena));
    return tree;
}

const struct json *call_send(const struct call *call, struct soap_codec *codec, struct arena *arena,
                             const struct transport_request *request, bool *ret_is_good)
{
    struct wait wait = {0};
    struct transport *transport = transport_new();
    transport_send(transport, arena, request, note_done, &wait);
    while (!wait.is_done)
        transport_turn(transport, -1);
    transport_free(transport);
    struct json *tree = json_object(arena), *reply = json_object(arena);
    bool is_answered = wait.reply.reach == REACH_ANSWERED, is_fault = false;
    json_set(arena, tree, STR("request"), request_tree(call, arena, request));
    json_set(arena, tree, STR("reply"), reply);
    json_set(arena, reply, STR("status"),
             is_answered ? json_integer(arena, wait.reply.http_status) : json_null(arena));
    tree_text(arena, reply, "media_type", wait.reply.media_type);
    json_set(arena, reply, STR("text"), json_string(arena, json_utf8_mend(arena, wait.reply.body)));
    const char *problem = read_reply(call, codec, arena, &wait.reply, reply, &is_fault);
    for (size_t i = 0; i < 3; i++) {
        static const char *const names[] = {"header", "body", "fault"};
        if (!json_get(reply, str_from(names[i])))
            set_or_null(arena, reply, names[i], NULL);
    }
    tree_text(arena, reply, "problem", problem);
    json_set(arena, tree, STR("timings"), timings_tree(arena, &wait.reply.timings));
    *ret_is_good = !problem && !is_fault;
    return tree;
}

// --- for people ---

static struct str text_in(const struct json *tree, const char *name)
{
    const struct json *value = json_get(tree, str_from(name));
    return value && value->kind == JSON_STRING ? value->string : STR("");
}

static void write_pretty(struct buf *out, struct arena *arena, struct str text)
{
    struct str pretty = page_text_pretty(arena, text);
    struct str shown = str_trim(pretty.len ? pretty : text);
    buf_add_str(out, shown);
    buf_add_str(out, shown.len ? STR("\n") : STR(""));
}

static void write_parts(struct buf *out, const struct json *request)
{
    const struct json *parts = json_get(request, STR("parts"));
    for (size_t i = 0; parts && i < parts->array.count; i++)
        buf_printf(out, "%.*s\n", STR_ARG(text_in(parts->array.items[i], "words")));
}

static void write_json(struct buf *out, const char *title, const struct json *value)
{
    if (!value || value->kind == JSON_NULL)
        return;
    buf_printf(out, "\n%s\n", title);
    json_write(out, value, JSON_INDENTED);
    buf_add_char(out, '\n');
}

static void write_timings(struct buf *out, struct arena *arena, const struct json *timings)
{
    buf_printf(out, "\nTimes\n");
    for (size_t i = 0; i < timings->object.count; i++) {
        const struct json_member *step = &timings->object.members[i];
        if (step->value->kind == JSON_INTEGER)
            buf_printf(out, "  %-12.*s%s\n", STR_ARG(step->name),
                       page_text_micros(arena, step->value->integer));
    }
}

void call_write_request(struct buf *out, const struct call *call, struct arena *arena,
                        const struct transport_request *request)
{
    const struct json *tree = request_tree(call, arena, request);
    buf_printf(out, "%.*s\n", STR_ARG(text_in(tree, "body")));
    write_parts(out, tree);
}

void call_write(struct buf *out, struct arena *arena, const struct json *tree)
{
    const struct json *request = json_get(tree, STR("request"));
    const struct json *reply = json_get(tree, STR("reply"));
    const struct json *status = json_get(reply, STR("status"));
    struct str problem = text_in(reply, "problem");
    buf_printf(out, "Request\n%.*s\n", STR_ARG(text_in(request, "head")));
    write_pretty(out, arena, text_in(request, "body"));
    write_parts(out, request);
    if (status->kind == JSON_INTEGER)
        buf_printf(out, "\nReply, status %lld\n", (long long)status->integer);
    else
        buf_printf(out, "\nNo reply\n");
    write_pretty(out, arena, text_in(reply, "text"));
    write_json(out, "Header", json_get(reply, STR("header")));
    write_json(out, "Result", json_get(reply, STR("body")));
    write_json(out, "Fault", json_get(reply, STR("fault")));
    if (problem.len)
        buf_printf(out, "\nProblem\n  %.*s\n", STR_ARG(problem));
    write_timings(out, arena, json_get(tree, STR("timings")));
}
