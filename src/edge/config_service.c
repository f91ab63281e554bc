// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reading services. What depends on several keys of a service (soap or http, template, body) is
// looked at once they are all read, because they may come in any order.

#include "edge/config_service.h"
#include "edge/config_http.h"
#include "edge/config_reply.h"
#include "edge/file.h"
#include "core/catalogue.h"

enum {
    MAX_SECRETS = 32,
    SECOND_MS = 1000,
    MINUTE_MS = 60 * SECOND_MS,
    HOUR_MS = 60 * MINUTE_MS,
};
#define DAY_MS           ((int64_t)24 * HOUR_MS)
#define KILOBYTE         1024
#define OF_SERVICE(name) offsetof(struct config_service, name)

struct service_draft {
    struct config_service service;
    const struct node *soap, *http, *template, *survey;
};

// --- the two kinds ---

static void read_wsdl(struct config_reader *reader, const struct config_field *field,
                      const struct node *value, void *ret)
{
    struct config_service *service = ret;
    config_read_name(reader, field, value, &service->wsdl);
    service->wsdl_place = config_place_of(value);
}

static void read_operation(struct config_reader *reader, const struct config_field *field,
                           const struct node *value, void *ret)
{
    struct config_service *service = ret;
    config_read_text(reader, field, value, &service->operation);
    service->operation_place = config_place_of(value);
}

static void read_target(struct config_reader *reader, const struct config_field *field,
                        const struct node *value, void *ret)
{
    struct config_service *service = ret;
    bool is_endpoint = strcmp(field->key, "endpoint") == 0;
    config_read_url(reader, field->key, value, service->has_hash_tags,
                    is_endpoint ? &service->endpoint : &service->url);
    service->url_place = config_place_of(value);
}

static void read_body(struct config_reader *reader, const struct config_field *field,
                      const struct node *value, void *ret)
{
    static const char *const bodies[] = {
        [BODY_NONE] = "none", [BODY_JSON] = "json", [BODY_FORM] = "form",
        [BODY_XML] = "xml",   [BODY_TEXT] = "text",
    };
    size_t index;
    if (config_read_choice(reader, field, value, bodies, COUNT_OF(bodies), &index))
        *(enum service_body *)ret = (enum service_body)index;
}

static void read_addressing(struct config_reader *reader, const struct config_field *field,
                            const struct node *value, void *ret)
{
    struct config_service *service = ret;
    bool is_on = false;
    config_read_bool(reader, field, value, &is_on);
    service->addressing = is_on ? ADDRESSING_ON : ADDRESSING_OFF;
    service->addressing_place = config_place_of(value);
}

static const struct config_field soap_fields[] = {
    {.key = "wsdl", .read = read_wsdl, .is_required = true},
    {.key = "operation", .read = read_operation, .is_required = true},
    {.key = "port", .read = config_read_text, .offset = OF_SERVICE(port)},
    {.key = "endpoint", .read = read_target},
    {.key = "addressing", .read = read_addressing},
    {.key = "mtom", .read = config_read_bool, .offset = OF_SERVICE(mtom)},
};

static const struct config_field http_fields[] = {
    {.key = "method", .read = config_read_method, .offset = OF_SERVICE(method)},
    {.key = "url", .read = read_target, .is_required = true},
    {.key = "body", .read = read_body, .offset = OF_SERVICE(body)},
    {.key = "content_type", .read = config_read_media_type, .offset = OF_SERVICE(content_type)},
};

static void read_template(struct config_reader *reader, struct service_draft *draft)
{
    const struct node *value = draft->template;
    struct config_service *service = &draft->service;
    if (!value || !config_is_text(reader, "template", value))
        return;
    if (!file_is_confined(value->text)) {
        config_fault(reader, value,
                     "template must be a path within the folder %s, without '..'; found '%.80s'",
                     reader->templates_dir, value->text.data);
        return;
    }
    service->template_place = config_place_of(value);
    service->template_name = arena_copy(reader->arena, value->text).data;
    service->template_path =
        arena_printf(reader->arena, "%s/%s", reader->templates_dir, service->template_name);
}

static void check_body(struct config_reader *reader, const struct service_draft *draft)
{
    const struct config_service *service = &draft->service;
    if (service->body != BODY_NONE && strcmp(service->method, "GET") == 0)
        config_fault(reader, draft->http, "a GET request has no body: remove body, or use POST");
    else if (service->body != BODY_NONE && !draft->template)
        config_fault(reader, draft->http, "a body needs a template that makes it");
    else if (service->body == BODY_NONE && draft->template)
        config_fault(reader, draft->template,
                     "a template makes a body: say body: json, form, xml or text under http");
    else if (service->body == BODY_NONE && service->content_type)
        config_fault(reader, draft->http, "content_type without a body");
}

// A JSON template of a SOAP service is mapped to the envelope by the WSDL's types.
static bool is_json_name(const char *name)
{
    size_t len = name ? strlen(name) : 0;
    return len > strlen(".json") && strcmp(name + len - strlen(".json"), ".json") == 0;
}

static void read_kind(struct config_reader *reader, struct service_draft *draft,
                      const struct node *value)
{
    struct config_service *service = &draft->service;
    if (!draft->soap == !draft->http) {
        config_fault(reader, value, "service '%s' must be either soap or http", service->name);
    } else if (draft->soap) {
        service->kind = SERVICE_SOAP;
        service->method = "POST";
        service->body = is_json_name(service->template_name) ? BODY_JSON : BODY_XML;
        bool is_map = config_read_map(reader, draft->soap, "soap", soap_fields,
                                      COUNT_OF(soap_fields), service);
        if (is_map && !draft->template)
            config_fault(reader, draft->soap,
                         "a soap service needs a template: the envelope, or its data as .json");
    } else {
        service->kind = SERVICE_HTTP;
        size_t before = reader->faults->count;
        config_read_map(reader, draft->http, "http", http_fields, COUNT_OF(http_fields), service);
        if (reader->faults->count == before)
            check_body(reader, draft);
    }
}

// --- secrets ---

static void read_secrets(struct config_reader *reader, const struct config_field *field,
                         const struct node *value, void *ret)
{
    struct config_service *service = ret;
    if (!config_is_small_map(reader, field->key, value, MAX_SECRETS))
        return;
    struct config_secret *secrets = arena_alloc(reader->arena, value->count * sizeof(*secrets));
    for (size_t i = 0; i < value->count; i++) {
        const struct node_member *member = &value->members[i];
        struct str name = arena_copy(reader->arena, member->key->text);
        secrets[i].name = name.data;
        secrets[i].value = STR("");
        if (memchr(name.data, '.', name.len))
            config_fault(reader, member->key, "the name of a secret may not have a '.'");
        if (config_is_name(reader, "the name of a secret", member->key))
            config_read_secret(reader, &(struct config_field){.key = name.data}, member->value,
                               &secrets[i].value);
    }
    service->secrets = secrets;
    service->secret_count = value->count;
}

// --- what follows from an attempt ---

static const struct config_field retry_fields[] = {
    {.key = "first",
     .read = config_read_duration,
     .offset = offsetof(struct retry_policy, first_for_ms),
     .min = 10,
     .max = DAY_MS},
    {.key = "factor",
     .read = config_read_factor,
     .offset = offsetof(struct retry_policy, factor),
     .min = 1,
     .max = 100},
    {.key = "max",
     .read = config_read_duration,
     .offset = offsetof(struct retry_policy, max_for_ms),
     .min = 10,
     .max = 7 * DAY_MS},
    {.key = "give_up_after",
     .read = config_read_duration,
     .offset = offsetof(struct retry_policy, give_up_after_for_ms),
     .min = 0,
     .max = 365 * DAY_MS},
    {.key = "attempts",
     .read = config_read_int,
     .offset = offsetof(struct retry_policy, max_attempts),
     .min = 0,
     .max = 1000000},
};

static void read_retry(struct config_reader *reader, const struct config_field *field,
                       const struct node *value, void *ret)
{
    const struct retry_policy *retry = ret;
    size_t before = reader->faults->count;
    config_read_map(reader, value, field->key, retry_fields, COUNT_OF(retry_fields), ret);
    if (reader->faults->count == before && retry->first_for_ms > retry->max_for_ms)
        config_fault(reader, value, "retry waits longer at first than at most (first > max)");
}

static void read_order_by(struct config_reader *reader, const struct config_field *field,
                          const struct node *value, void *ret)
{
    const char **order_by = ret;
    if (value->kind == NODE_TEXT && str_eq(value->text, STR("none")))
        *order_by = NULL;
    else
        config_read_text(reader, field, value, order_by);
    if (*order_by)
        *order_by = catalogue_name(str_from(*order_by)).data;
}

// --- tags ---

static void read_missing(struct config_reader *reader, const struct config_field *field,
                         const struct node *value, void *ret)
{
    static const char *const words[] = {"empty", "omit", "reject"};
    static const enum missing_policy policies[] = {MISSING_UNSAID, MISSING_OMIT, MISSING_REJECT};
    size_t index;
    if (config_read_choice(reader, field, value, words, COUNT_OF(words), &index))
        *(enum missing_policy *)ret = policies[index];
}

static void read_tags(struct config_reader *reader, const struct config_field *field,
                      const struct node *value, void *ret)
{
    static const char *const words[] = {"{{ }}", "#"};
    size_t index;
    if (config_read_choice(reader, field, value, words, COUNT_OF(words), &index))
        *(bool *)ret = index == 1;
}

// --- a service ---

#define OF_DRAFT(name) offsetof(struct service_draft, name)

static const struct config_field service_fields[] = {
    {.key = "soap", .read = config_read_node, .offset = OF_DRAFT(soap)},
    {.key = "http", .read = config_read_node, .offset = OF_DRAFT(http)},
    {.key = "template", .read = config_read_node, .offset = OF_DRAFT(template)},
    {.key = "tags", .read = read_tags, .offset = OF_SERVICE(has_hash_tags)},
    {.key = "missing", .read = read_missing, .offset = OF_SERVICE(missing)},
    {.key = "headers", .read = config_read_headers},
    {.key = "secrets", .read = read_secrets},
    {.key = "auth", .read = config_read_auth},
    {.key = "tls", .read = config_read_tls},
    {.key = "proxy", .read = config_read_proxy, .offset = OF_SERVICE(proxy)},
    {.key = "timeout",
     .read = config_read_duration,
     .offset = OF_SERVICE(timeout_ms),
     .min = 10,
     .max = HOUR_MS},
    {.key = "connect_timeout",
     .read = config_read_duration,
     .offset = OF_SERVICE(connect_timeout_ms),
     .min = 10,
     .max = 5 * MINUTE_MS},
    {.key = "max_reply",
     .read = config_read_size,
     .offset = OF_SERVICE(max_reply_bytes),
     .min = KILOBYTE,
     .max = 64 * KILOBYTE * KILOBYTE},
    {.key = "concurrency",
     .read = config_read_int,
     .offset = OF_SERVICE(concurrency),
     .min = 1,
     .max = 10000},
    {.key = "order_by", .read = read_order_by, .offset = OF_SERVICE(order_by)},
    {.key = "idempotent", .read = config_read_bool, .offset = OF_SERVICE(retry.is_idempotent)},
    {.key = "retry", .read = read_retry, .offset = OF_SERVICE(retry)},
    {.key = "success", .read = config_read_success},
    {.key = "outcomes", .read = config_read_outcomes},
    {.key = "capture", .read = config_read_captures},
    {.key = "namespaces", .read = config_read_namespaces},
    {.key = "survey", .read = config_read_node, .offset = OF_DRAFT(survey)},
    {.key = "send_all", .read = config_read_bool, .offset = OF_SERVICE(is_sending_all)},
};

static void check_authorization(struct config_reader *reader, const struct node *value,
                                const struct config_service *service)
{
    if (!service->basic_user && service->bearer_token.len == 0)
        return;
    for (size_t i = 0; i < service->header_count; i++) {
        if (str_eq_nocase(str_from(service->headers[i].name), STR("Authorization")))
            config_fault(reader, value, "service '%s' has both auth and a header Authorization",
                         service->name);
    }
}

static const struct survey *find_survey(struct config_reader *reader, const struct node *value,
                                        const struct config *config)
{
    size_t index;
    if (!config_is_text(reader, "survey", value))
        return NULL;
    if (reader->surveys && node_find(reader->surveys, value->text, &index))
        return &config->surveys[index];
    config_fault(reader, value, "there is no survey '%.80s'%s", value->text.data,
                 config_hint_key(reader, value->text, reader->surveys));
    return NULL;
}

static void read_service(struct config_reader *reader, const struct node_member *member,
                         const struct config *config, struct config_service *ret)
{
    struct service_draft draft = {
        .service = {.name = arena_copy(reader->arena, member->key->text).data,
                    .place = config_place_of(member->key),
                    .method = "POST",
                    .endpoint = STR(""),
                    .url = STR(""),
                    .basic_password = STR(""),
                    .bearer_token = STR(""),
                    .connect_timeout_ms = 5 * SECOND_MS,
                    .timeout_ms = 30 * SECOND_MS,
                    .max_reply_bytes = KILOBYTE * KILOBYTE,
                    .concurrency = 20,
                    .order_by = "uii",
                    .retry = retry_policy_default},
    };
    config_is_name(reader, "the name of a service", member->key);
    if (config_read_map(reader, member->value, "a service", service_fields,
                        COUNT_OF(service_fields), &draft)) {
        read_template(reader, &draft);
        read_kind(reader, &draft, member->key);
        check_authorization(reader, member->key, &draft.service);
        if (draft.survey)
            draft.service.survey = find_survey(reader, draft.survey, config);
    }
    *ret = draft.service;
}

void config_read_services(struct config_reader *reader, struct config *config)
{
    const struct node *map = reader->services;
    if (!map)
        return;
    struct config_service *services = arena_alloc(reader->arena, map->count * sizeof(*services));
    for (size_t i = 0; i < map->count; i++)
        read_service(reader, &map->members[i], config, &services[i]);
    config->services = services;
    config->service_count = map->count;
}
