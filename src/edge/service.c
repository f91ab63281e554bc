// SPDX-License-Identifier: GPL-3.0-or-later
//
// One attempt's bytes: named values to a request, a reply to an answer. A rendered URL, header or
// JSON body is looked at again before it leaves, because a template may put a value in unescaped.

#include "edge/service.h"
#include "edge/service_body.h"
#include "edge/service_load.h"
#include "base/clock.h"
#include "core/mark.h"

#include <stdio.h>

enum {
    MAX_BODY_BYTES = 16 * 1024 * 1024,
    MAX_URL_BYTES = 8 * 1024,
    MAX_HEADER_BYTES = 8 * 1024,
    OWN_HEADERS = 3, // Idempotency-Key, Switchhook-Event-Id, Switchhook-Attempt
};

// What the templates of one request are rendered with.
struct input {
    const struct json *data;
    const char *delivery_id;
    struct unmapped *unmapped; // NULL: values without a map's entry are not counted
};

const struct config_service *service_config(const struct service *service)
{
    return service->config;
}

const struct soap_operation *service_operation(const struct service *service)
{
    return service->operation;
}

// --- what templates read ---

static void set_text(struct arena *arena, struct json *object, const char *name, const char *text)
{
    json_set(arena, object, str_from(name), json_text(arena, text));
}

static struct json *event_values(struct arena *arena, const struct service_values *values)
{
    char *time = arena_alloc(arena, CLOCK_RFC3339_BYTES);
    clock_rfc3339(values->received_at, time);
    struct json *event = json_object(arena);
    set_text(arena, event, "id", values->event_id);
    set_text(arena, event, "trigger", values->event->trigger);
    set_text(arena, event, "source", values->source);
    set_text(arena, event, "time", time);
    json_set(arena, event, STR("merged"), json_boolean(arena, values->is_merged));
    return event;
}

static struct json *delivery_values(const struct service *service, struct arena *arena,
                                    const struct service_values *values)
{
    struct json *delivery = json_object(arena);
    set_text(arena, delivery, "id", values->delivery_id);
    json_set(arena, delivery, STR("attempt"), json_integer(arena, values->attempt));
    set_text(arena, delivery, "service", service->config->name);
    return delivery;
}

// Our names come first, and json_get finds the first: so they hide data elements of the same name;
// the names that elements were sent under come last, and hide nothing. The members are copied, the
// values shared; nothing here changes a value.
static struct json *all_values(const struct service *service, struct arena *arena,
                               const struct service_values *values)
{
    enum { OWN_NAMES_MAX = 8 };
    const struct json *elements = values->event->elements, *survey = values->event->survey;
    const struct json *answer = values->event->answer;
    const struct json *raw = values->raw ? values->raw->elements : elements;
    size_t sent_count = values->notes ? values->notes->row_count : 0;
    size_t capacity = OWN_NAMES_MAX + elements->object.count + sent_count;
    struct json *root = json_object(arena);
    root->object.members = arena_alloc(arena, capacity * sizeof(*root->object.members));
    root->object.capacity = capacity;
    json_set(arena, root, STR("event"), event_values(arena, values));
    json_set(arena, root, STR("delivery"), delivery_values(service, arena, values));
    json_set(arena, root, STR("secret"), service->secrets);
    json_set(arena, root, STR("survey"), survey ? (struct json *)survey : json_null(arena));
    json_set(arena, root, STR("answer"), answer ? (struct json *)answer : json_null(arena));
    json_set(arena, root, STR("raw"), (struct json *)raw);
    json_set(arena, root, STR("captured"),
             values->captured ? (struct json *)values->captured : json_object(arena));
    const struct json *all = answer ? json_get(survey, STR("json")) : NULL;
    if (service->config->is_sending_all && all)
        json_set(arena, root, STR("all_script_data"), (struct json *)all);
    if (elements->object.count)
        memcpy(root->object.members + root->object.count, elements->object.members,
               elements->object.count * sizeof(*root->object.members));
    root->object.count += elements->object.count;
    for (size_t i = 0; i < sent_count; i++) {
        const struct normal_row *row = &values->notes->rows[i];
        if (row->normal && !str_eq(row->normal->name, row->sent->name))
            json_set(arena, root, row->sent->name,
                     (struct json *)json_get(elements, row->normal->name));
    }
    return root;
}

// --- request ---

static bool render(const struct template *template, const struct input *input, struct arena *arena,
                   size_t max_bytes, struct str *ret, struct err *err)
{
    AUTO_BUF struct buf out;
    buf_init(&out, max_bytes);
    if (!template_render_telling(template, input->data, input->unmapped ? unmapped_note : NULL,
                                 input->unmapped, &out, err))
        return false;
    *ret = arena_copy(arena, buf_str(&out));
    return true;
}

// `/a/../b` is another path than it seems, and a data element may hold "..".
static bool has_dot_segment(struct str path)
{
    size_t start = 0;
    for (size_t i = 0; i <= path.len; i++) {
        if (i < path.len && path.data[i] != '/')
            continue;
        struct str part = {path.data + start, i - start};
        if (str_eq(part, STR(".")) || str_eq(part, STR("..")))
            return true;
        start = i + 1;
    }
    return false;
}

static bool check_url(const struct service *service, struct str url, struct err *err)
{
    for (size_t i = 0; i < url.len; i++) {
        if (url.data[i] <= ' ' || url.data[i] >= 0x7f || strchr("\\#", url.data[i]))
            return err_set(err, ERR_INVALID, "the URL has the byte 0x%02x, which no URL can have",
                           (unsigned char)url.data[i]);
    }
    struct str start = service->url_start;
    struct str rest = {url.data + start.len, url.len - start.len};
    if (!str_starts(url, start) || (rest.len && !strchr("/?", rest.data[0])))
        return err_set(err, ERR_INVALID, "the URL leaves the host %.*s", STR_ARG(start));
    rest.len = strcspn(rest.data, "?");
    if (has_dot_segment(rest))
        return err_set(err, ERR_INVALID, "the URL's path has a part '.' or '..': %.*s",
                       STR_ARG(rest));
    return true;
}

static bool make_url(const struct service *service, const struct input *input, struct arena *arena,
                     const char **ret, struct err *err)
{
    struct str url;
    if (!render(service->url, input, arena, MAX_URL_BYTES, &url, err) ||
        (template_has_marks(service->url) && !mark_resolve_url(arena, url, &url, err)) ||
        !check_url(service, url, err))
        return err_prefix(err, "url");
    *ret = url.data;
    return true;
}

static void add_field(struct buf *form, const struct json *name, struct str value)
{
    buf_add_str(form, form->len ? STR("&survey.") : STR("survey."));
    template_write_escaped(form, name->string, TEMPLATE_FORM);
    buf_add_char(form, '=');
    template_write_escaped(form, value, TEMPLATE_FORM);
}

// Every answer as `survey.NAME`, each choice of several as a field of its own.
static void add_answers(struct buf *form, const struct json *survey)
{
    AUTO_BUF struct buf scratch;
    buf_init(&scratch, form->limit);
    const struct json *answers = json_get(survey, STR("answers"));
    for (size_t i = 0; i < answers->array.count; i++) {
        const struct json *item = answers->array.items[i], *name = json_get(item, STR("name"));
        const struct json *labels = json_get(item, STR("labels"));
        if (json_get(item, STR("is_skipped"))->boolean)
            continue;
        for (size_t l = 0; l < labels->array.count; l++)
            add_field(form, name, json_as_text(labels->array.items[l], &scratch));
        if (labels->array.count == 0)
            add_field(form, name, json_as_text(json_get(item, STR("text")), &scratch));
    }
}

static bool append_answers(const struct json *data, struct arena *arena, struct str *text,
                           struct err *err)
{
    AUTO_BUF struct buf form;
    buf_init(&form, MAX_BODY_BYTES);
    buf_add_str(&form, str_trim(*text));
    if (json_get(data, STR("answer"))->kind == JSON_OBJECT) // the survey could be read
        add_answers(&form, json_get(data, STR("survey")));
    if (form.overflowed)
        return err_set(err, ERR_TOO_LARGE, "the form with all answers passes %d bytes",
                       MAX_BODY_BYTES);
    *text = arena_copy(arena, buf_str(&form));
    return true;
}

static struct soap_addressing addressing_of(const struct service *service, struct arena *arena,
                                            const char *url, const char *delivery_id)
{
    return (struct soap_addressing){
        .action = service->addressing_action,
        .to = url,
        .message_id = arena_printf(arena, "urn:uuid:%s", delivery_id),
    };
}

// is_sent: somebody will receive it, so it must fit. One that is only shown may not, since it has
// masks where values were.
static bool make_body(const struct service *service, struct soap_codec *codec, bool is_sent,
                      const struct input *input, struct arena *arena,
                      struct transport_request *request, struct err *err)
{
    struct str text;
    const struct soap_addressing addressing =
        addressing_of(service, arena, request->url, input->delivery_id);
    request->body = STR("");
    if (!service->body)
        return true;
    if (!render(service->body, input, arena, MAX_BODY_BYTES, &text, err))
        return err_prefix(err, "template %s", service->config->template_name);
    if (service->config->is_sending_all && service->config->body == BODY_FORM &&
        !append_answers(input->data, arena, &text, err))
        return false;
    if (body_finish(service, codec, is_sent, addressing.action ? &addressing : NULL, arena, text,
                    &request->body, err))
        return true;
    mark_judge(arena, text, &request->body); // what is only shown need not fit, but shows no marks
    return !is_sent;
}

// NULL in ret_line for a value that is empty or marked: the header is left out.
static bool make_header(const struct service *service, size_t index, const struct input *input,
                        struct arena *arena, const char **ret_line, struct err *err)
{
    const char *name = service->config->headers[index].name;
    struct str value;
    if (!render(service->headers[index], input, arena, MAX_HEADER_BYTES, &value, err))
        return err_prefix(err, "header %s", name);
    if (template_has_marks(service->headers[index]) &&
        mark_judge(arena, value, &value) != MARK_KEEPS)
        value = STR("");
    value = str_trim(value);
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.data[i];
        if ((c < ' ' && c != '\t') || c == 0x7f)
            return err_set(err, ERR_INVALID, "header %s has the byte 0x%02x, which none can have",
                           name, c);
    }
    *ret_line = value.len ? arena_printf(arena, "%s: %.*s", name, STR_ARG(value)) : NULL;
    return true;
}

static bool make_headers(const struct service *service, const struct input *input,
                         const struct service_values *values, struct arena *arena,
                         struct transport_request *request, struct err *err)
{
    size_t count = 0,
           most = service->fixed_header_count + OWN_HEADERS + service->config->header_count;
    const char **lines = arena_alloc(arena, most * sizeof(*lines));
    for (size_t i = 0; i < service->fixed_header_count; i++)
        lines[count++] = service->fixed_headers[i];
    lines[count++] = arena_printf(arena, "Idempotency-Key: %s", values->delivery_id);
    lines[count++] = arena_printf(arena, "Switchhook-Event-Id: %s", values->event_id);
    lines[count++] = arena_printf(arena, "Switchhook-Attempt: %d", values->attempt);
    for (size_t i = 0; i < service->config->header_count; i++) {
        if (!make_header(service, i, input, arena, &lines[count], err))
            return false;
        count += lines[count] != NULL;
    }
    request->headers = lines;
    request->header_count = count;
    return true;
}

static struct transport_request plain_request(const struct service *service)
{
    const struct config_service *config = service->config;
    return (struct transport_request){
        .method = config->method,
        .basic_user = config->basic_user,
        .basic_password = config->basic_user ? config->basic_password.data : NULL,
        .ca_file = config->ca_file,
        .cert_file = config->cert_file,
        .key_file = config->key_file,
        .proxy = config->proxy,
        .connect_timeout_ms = config->connect_timeout_ms,
        .timeout_ms = config->timeout_ms,
        .max_reply_bytes = config->max_reply_bytes,
    };
}

static bool make_request(const struct service *service, struct soap_codec *codec, bool is_sent,
                         struct arena *arena, const struct service_values *values,
                         struct transport_request *ret, struct err *err)
{
    struct input input = {
        .data = all_values(service, arena, values),
        .delivery_id = values->delivery_id,
        .unmapped = is_sent && values->attempt == 1 && !values->is_trial ? service->unmapped : NULL,
    };
    struct transport_request request = plain_request(service);
    if (!make_url(service, &input, arena, &request.url, err) ||
        !make_headers(service, &input, values, arena, &request, err) ||
        !make_body(service, codec, is_sent, &input, arena, &request, err))
        return false;
    *ret = request;
    return true;
}

bool service_encode(const struct service *service, struct soap_codec *codec, struct arena *arena,
                    const struct service_values *values, struct transport_request *ret,
                    struct err *err)
{
    return make_request(service, codec, true, arena, values, ret, err);
}

bool service_show(const struct service *service, struct soap_codec *codec, struct arena *arena,
                  const struct service_values *values, struct transport_request *ret,
                  struct err *err)
{
    return make_request(service, codec, false, arena, values, ret, err);
}

bool service_carry(const struct service *service, struct soap_codec *codec, struct arena *arena,
                   struct str envelope, struct transport_request *ret, struct err *err)
{
    char id[CLOCK_UUID_BYTES];
    clock_uuid(clock_now_ms(), id);
    const struct event nothing = {.trigger = "", .elements = json_object(arena)};
    const struct service_values values = {.event = &nothing,
                                          .event_id = "",
                                          .source = "",
                                          .delivery_id = arena_strdup(arena, id),
                                          .received_at = clock_now_ms(),
                                          .attempt = 1,
                                          .is_trial = true};
    const struct input input = {.data = all_values(service, arena, &values),
                                .delivery_id = values.delivery_id};
    struct transport_request request = plain_request(service);
    if (!make_url(service, &input, arena, &request.url, err) ||
        !make_headers(service, &input, &values, arena, &request, err))
        return false;
    const struct soap_addressing addressing =
        addressing_of(service, arena, request.url, values.delivery_id);
    if (!body_envelope(service, codec, addressing.action ? &addressing : NULL, arena, envelope,
                       &request.body, err))
        return false;
    *ret = request;
    return true;
}

// --- records ---

struct str service_mask(const struct service *service, struct arena *arena, struct str text)
{
    return mask_apply(service->mask, arena, text);
}
