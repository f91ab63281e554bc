// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reading the request line and the headers. The query's token is taken out first, so that nothing
// that is kept or said later can hold it.

#include "flow/intake_read.h"

#include "edge/httptext.h"
#include "edge/inflate.h"

enum { VALIDATION_TOKEN_MAX_BYTES = 256 };

// --- the query and the body ---

void intake_read_query(struct server_request *request, struct intake_input *ret)
{
    ret->query_token = ret->query = STR("");
    struct str query = server_raw_query(request);
    if (query.len)
        httptext_take_parameter(server_arena(request), query, STR("token"), &ret->query_token,
                                &ret->query);
}

static bool is_echo(const char *token)
{
    size_t len = strlen(token);
    for (size_t i = 0; i < len; i++) {
        if (token[i] <= ' ' || token[i] > '~')
            return false;
    }
    return len >= 1 && len <= VALIDATION_TOKEN_MAX_BYTES;
}

static void refuse_body(struct server_request *request, const struct err *err,
                        struct server_problem *ret_problem)
{
    *ret_problem =
        (struct server_problem){.status = 400, .type = "malformed-body", .title = "Bad Request"};
    if (err->code == ERR_TOO_LARGE)
        *ret_problem = (struct server_problem){
            .status = 413, .type = "content-too-large", .title = "Content Too Large"};
    else if (err->code == ERR_NOT_FOUND)
        *ret_problem = (struct server_problem){.status = 415,
                                               .type = "unsupported-media-type",
                                               .title = "Unsupported Media Type",
                                               .accept_encoding = "gzip, deflate"};
    ret_problem->detail = arena_strdup(server_arena(request), err->text);
}

bool intake_read_body(struct server_request *request, size_t max_body_bytes,
                      struct intake_input *ret, struct server_problem *ret_problem)
{
    struct str sent = server_body(request);
    const char *coding = server_header(request, "Content-Encoding");
    const char *token = server_header(request, "Validation-Token");
    bool is_get = strcmp(server_method(request), "GET") == 0;
    struct err err;
    ret->validation_token = token && is_echo(token) ? token : NULL;
    ret->is_of_query = is_get || (!sent.len && ret->query.len);
    ret->is_validation = ret->validation_token && !sent.len && !ret->query.len;
    ret->body = sent;
    if (ret->is_of_query)
        ret->body = ret->query;
    else if (sent.len && coding &&
             !inflate_body(server_arena(request), str_from(coding), sent, max_body_bytes,
                           &ret->body, &err)) {
        refuse_body(request, &err, ret_problem);
        return false;
    }
    return true;
}

// --- the trigger ---

static bool is_of_cloudevents(const char *media_type)
{
    const struct str family = STR("application/cloudevents");
    struct str start = str_from(media_type);
    if (start.len > family.len)
        start.len = family.len;
    return str_eq_nocase(start, family);
}

// CloudEvents' binary mode: the attributes are headers, the body is the data.
static bool is_binary_cloud(struct server_request *request)
{
    return server_header(request, "ce-specversion") &&
           !is_of_cloudevents(server_header(request, "Content-Type"));
}

static const char *suggest(struct server_request *request, struct str name)
{
    size_t count;
    const char *const *triggers = event_triggers(&count);
    const char *nearest = err_nearest(name, triggers, count);
    struct str shown = {name.data, name.len > 64 ? 64 : name.len};
    shown.len = json_utf8_prefix(shown);
    return arena_printf(server_arena(request), "There is no trigger \"%.*s\"%s%s%s", STR_ARG(shown),
                        nearest ? "; did you mean \"" : "", nearest ? nearest : "",
                        nearest ? "\"?" : "");
}

static bool refuse_cloud(const char *detail, struct server_problem *ret_problem)
{
    *ret_problem = (struct server_problem){
        .status = 422, .type = "invalid-event", .title = "Unprocessable Content", .detail = detail};
    return false;
}

static bool read_cloud_type(struct server_request *request, struct intake_input *ret,
                            struct server_problem *ret_problem)
{
    struct str type = str_from(server_header(request, "ce-type"));
    const char *trigger = event_trigger(type);
    if (strcmp(server_header(request, "ce-specversion"), "1.0") != 0)
        return refuse_cloud("A CloudEvent of ce-specversion 1.0 is taken, and no other",
                            ret_problem);
    if (!trigger)
        return refuse_cloud(type.len ? suggest(request, type) : "ce-type is missing", ret_problem);
    if (ret->trigger && ret->trigger != trigger)
        return refuse_cloud(arena_printf(server_arena(request),
                                         "ce-type says %s, but the event was posted as %s", trigger,
                                         ret->trigger),
                            ret_problem);
    ret->trigger = trigger;
    return true;
}

bool intake_read_trigger(struct server_request *request, struct str trigger,
                         struct intake_input *ret, struct server_problem *ret_problem)
{
    ret->trigger = trigger.len ? event_trigger(trigger) : NULL;
    if (trigger.len && !ret->trigger) {
        *ret_problem = (struct server_problem){.status = 404,
                                               .type = "unknown-trigger",
                                               .title = "Not Found",
                                               .detail = suggest(request, trigger)};
        return false;
    }
    return ret->is_validation || !is_binary_cloud(request) ||
           read_cloud_type(request, ret, ret_problem);
}

// --- the format ---

bool intake_read_format(struct server_request *request, struct intake_input *ret,
                        struct server_problem *ret_problem)
{
    const char *header = server_header(request, "Content-Type");
    struct str media_type = str_from(header);
    ret->format = EVENT_QUERY;
    ret->is_batch = !ret->is_of_query && batch_kind_of(media_type, &ret->batch_kind);
    if (ret->is_of_query || ret->is_batch || event_format_of(media_type, &ret->format))
        return true;
    *ret_problem = (struct server_problem){
        .status = 415,
        .type = "unsupported-media-type",
        .title = "Unsupported Media Type",
        .detail = "An event is JSON, XML, a form, a query or a CloudEvent in JSON; a batch is "
                  "application/x-ndjson or application/cloudevents-batch+json",
    };
    return false;
}

// --- the keys ---

static bool refuse_key(const char *detail, struct server_problem *ret_problem)
{
    *ret_problem = (struct server_problem){
        .status = 400, .type = "bad-idempotency-key", .title = "Bad Request", .detail = detail};
    return false;
}

// The bare key or a structured-field string (RFC 8941) with its quotes.
static struct str unquoted(const char *header)
{
    struct str key = str_trim(str_from(header));
    if (key.len >= 2 && key.data[0] == '"' && key.data[key.len - 1] == '"')
        key = (struct str){key.data + 1, key.len - 2};
    return key;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) % 16 : -1;
}

// An attribute in a header is percent-encoded where it is not visible ASCII (HTTP protocol binding
// for CloudEvents, section 3.1.3.2).
static struct str cloud_attribute(struct server_request *request, const char *name)
{
    struct str raw = str_from(server_header(request, name));
    char *decoded = arena_alloc(server_arena(request), raw.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++) {
        int high = raw.data[i] == '%' && raw.len - i > 2 ? hex_digit(raw.data[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(raw.data[i + 2]) : -1;
        decoded[len++] = low >= 0 ? (char)(high << 4 | low) : raw.data[i];
        i += low >= 0 ? 2 : 0;
    }
    return json_utf8_mend(server_arena(request), (struct str){decoded, len});
}

static bool read_cloud_key(struct server_request *request, struct intake_input *ret,
                           struct server_problem *ret_problem)
{
    struct arena *arena = server_arena(request);
    struct str key;
    const char *wrong;
    struct err err;
    if (!event_cloud_key(arena, cloud_attribute(request, "ce-id"),
                         cloud_attribute(request, "ce-source"), &key, &wrong, &err))
        return refuse_cloud(arena_printf(arena, "ce-%s: %s", wrong, err.text), ret_problem);
    if (!ret->key.len)
        ret->key = key;
    return true;
}

bool intake_read_keys(struct server_request *request, struct intake_input *ret,
                      struct server_problem *ret_problem)
{
    const char *header = server_header(request, "Idempotency-Key");
    const char *message_id = server_header(request, "webhook-id");
    ret->key = header ? unquoted(header) : STR("");
    ret->message_id = str_from(message_id);
    if (header && !event_is_key(ret->key))
        return refuse_key("Idempotency-Key must be 1 to 255 visible ASCII characters", ret_problem);
    if (message_id && !event_is_key(ret->message_id))
        return refuse_key("webhook-id must be 1 to 255 visible ASCII characters", ret_problem);
    return !is_binary_cloud(request) || ret->is_batch || read_cloud_key(request, ret, ret_problem);
}
