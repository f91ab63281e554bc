// SPDX-License-Identifier: GPL-3.0-or-later
//
// Compiling services: templates are read and parsed, SOAP operations found, headers that never
// change written, secrets turned into masks. Every mistake is reported where a person can mend it:
// in the template's own lines or in the configuration.

#include "edge/file.h"
#include "edge/multipart.h"
#include "edge/service_load.h"
#include "edge/soap_http.h"

#include <stdio.h>

enum {
    MAX_TEMPLATE_BYTES = 4 * 1024 * 1024,
    MAX_FIXED_HEADERS = 3, // Content-Type, SOAPAction, Authorization
};

struct load {
    const struct config *config;
    const struct soap_modules *modules;
    struct arena *arena; // of the services
    struct unmapped *unmapped;
    struct fault_list *faults;
};

// Where a template's text stands: in a file of its own, or in a value of the configuration.
struct origin {
    const char *file;
    const char *key;           // of the value; NULL: the file is the template
    struct config_place place; // of the value
};

PRINTF_LIKE(4, 5)
static void report(struct load *load, const struct origin *origin, struct template_place place,
                   const char *format, ...)
{
    char text[500];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (origin->key)
        fault_add(load->faults, origin->file, origin->place.line, origin->place.column,
                  "%s: %s, at character %d of the value", origin->key, text, place.column);
    else
        fault_add(load->faults, origin->file, place.line, place.column, "%s", text);
}

static void report_at(struct load *load, struct config_place place, const char *text)
{
    fault_add(load->faults, load->config->file, place.line, place.column, "%s", text);
}

// --- templates ---

struct visit {
    struct load *load;
    const struct origin *origin;
    const struct config_service *service;
};

// A name of the survey that the service says it uses.
static void check_survey_name(const struct visit *visit, struct str name,
                              struct template_place place)
{
    const struct survey *survey = visit->service->survey;
    AUTO_ARENA struct arena *scratch = arena_new();
    const char *nearest;
    if (survey && !survey_has_name(survey, scratch, name, &nearest))
        report(visit->load, visit->origin, place, "survey '%s' has no '%.*s'%s%s%s", survey->name,
               STR_ARG(name), nearest ? "; did you mean '" : "", nearest ? nearest : "",
               nearest ? "'?" : "");
}

static void check_secret_name(const struct visit *visit, struct str name,
                              struct template_place place)
{
    const struct config_service *service = visit->service;
    if (str_eq(name, STR("secret")))
        report(visit->load, visit->origin, place, "a secret needs its name: {{secret.NAME}}");
    if (!str_starts(name, STR("secret.")))
        return;
    struct str wanted = {name.data + strlen("secret."), name.len - strlen("secret.")};
    AUTO_FREE const char **known = mem_alloc(service->secret_count * sizeof(*known));
    for (size_t i = 0; i < service->secret_count; i++) {
        known[i] = service->secrets[i].name;
        if (str_eq(wanted, str_from(known[i])))
            return;
    }
    const char *nearest = err_nearest(wanted, known, service->secret_count);
    report(visit->load, visit->origin, place, "service '%s' has no secret '%.*s'%s%s%s",
           service->name, STR_ARG(wanted), nearest ? "; did you mean '" : "",
           nearest ? nearest : "", nearest ? "'?" : "");
}

// A name that some service captures; a call may get there by any of them.
static void check_captured_name(const struct visit *visit, struct str name,
                                struct template_place place)
{
    const struct config *config = visit->load->config;
    if (!str_starts(name, STR("captured.")))
        return;
    struct str wanted = {name.data + strlen("captured."), name.len - strlen("captured.")};
    size_t count = 0;
    for (size_t i = 0; i < config->service_count; i++)
        count += config->services[i].capture_count;
    AUTO_FREE const char **known = mem_alloc((count + 1) * sizeof(*known));
    count = 0;
    for (size_t i = 0; i < config->service_count; i++) {
        for (size_t j = 0; j < config->services[i].capture_count; j++) {
            known[count] = config->services[i].captures[j].name;
            if (str_eq(wanted, str_from(known[count++])))
                return;
        }
    }
    const char *nearest = err_nearest(wanted, known, count);
    report(visit->load, visit->origin, place, "no service captures '%.*s'%s%s%s", STR_ARG(wanted),
           nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

static void check_name(void *context, struct str name, struct template_place place)
{
    check_secret_name(context, name, place);
    check_captured_name(context, name, place);
    check_survey_name(context, name, place);
}

struct partials {
    const char *folder;    // of all templates
    const char *extension; // of the template that is compiled, for names without one
    struct arena *arena;
};

// `{{> acme/call}}` in an XML template is the file acme/call.xml of the templates folder.
static bool read_partial(void *context, struct str name, struct str *ret)
{
    const struct partials *partials = context;
    if (!file_is_confined(name))
        return false;
    const char *slash = memrchr(name.data, '/', name.len);
    size_t folder_len = slash ? (size_t)(slash - name.data) : 0;
    bool has_extension = memchr(name.data + folder_len, '.', name.len - folder_len) != NULL;
    const char *path = arena_printf(partials->arena, "%s/%.*s%s", partials->folder, STR_ARG(name),
                                    has_extension ? "" : partials->extension);
    struct err err;
    return file_read_text(partials->arena, path, MAX_TEMPLATE_BYTES, ret, &err);
}

static struct template *compile(struct load *load, const struct config_service *service,
                                const struct origin *origin, struct str text,
                                enum template_escape escape, struct partials *partials)
{
    struct template *template;
    struct template_place place = {0};
    struct err err;
    struct template_options options = {
        .escape = escape,
        .partial = partials ? read_partial : NULL,
        .partial_context = partials,
        .maps = &load->config->maps,
        .missing = service->missing,
        .has_hash_tags = service->has_hash_tags,
    };
    if (!template_compile_as(text, &options, &template, &place, &err)) {
        report(load, origin, place, "%s", err.text);
        return NULL;
    }
    struct visit visit = {load, origin, service};
    template_visit(template, check_name, &visit);
    return template;
}

static struct template *compile_value(struct load *load, const struct config_service *service,
                                      const char *key, struct config_place place, struct str text,
                                      enum template_escape escape)
{
    struct origin origin = {load->config->file, key, place};
    return compile(load, service, &origin, text, escape, NULL);
}

static const char *extension_of(const char *name)
{
    const char *slash = strrchr(name, '/');
    const char *dot = strrchr(slash ? slash : name, '.');
    return dot ? dot : "";
}

static struct template *compile_body(struct load *load, const struct config_service *service)
{
    static const enum template_escape escapes[] = {
        [BODY_NONE] = TEMPLATE_TEXT, [BODY_JSON] = TEMPLATE_JSON, [BODY_FORM] = TEMPLATE_FORM,
        [BODY_XML] = TEMPLATE_XML,   [BODY_TEXT] = TEMPLATE_TEXT,
    };
    if (!service->template_path)
        return NULL;
    AUTO_ARENA struct arena *texts = arena_new();
    struct str text;
    struct err err;
    if (!file_read_text(texts, service->template_path, MAX_TEMPLATE_BYTES, &text, &err)) {
        report_at(load, service->template_place,
                  arena_printf(texts, "template %s %s", service->template_path, err.text));
        return NULL;
    }
    struct origin origin = {.file = service->template_path};
    struct partials partials = {load->config->templates_dir, extension_of(service->template_name),
                                texts};
    return compile(load, service, &origin, text, escapes[service->body], &partials);
}

static void compile_headers(struct load *load, const struct config_service *config,
                            struct service *service)
{
    service->headers = arena_alloc(load->arena, config->header_count * sizeof(*service->headers));
    for (size_t i = 0; i < config->header_count; i++) {
        const struct config_header *header = &config->headers[i];
        service->headers[i] = compile_value(load, config, header->name, header->place,
                                            header->value, TEMPLATE_HEADER);
    }
}

// --- where to, and with which fixed headers ---

static bool find_operation(struct load *load, struct service *service)
{
    const struct config_service *config = service->config;
    struct err err;
    if (soap_operation_find(load->modules, config->wsdl, config->port, config->operation,
                            &service->operation, &err))
        return true;
    bool is_module_known = false;
    for (size_t i = 0; i < soap_modules_count(load->modules); i++)
        is_module_known |= strcmp(soap_modules_name(load->modules, i), config->wsdl) == 0;
    report_at(load, is_module_known ? config->operation_place : config->wsdl_place, err.text);
    return false;
}

static void compile_url(struct load *load, struct service *service)
{
    const struct config_service *config = service->config;
    struct str url = config->kind == SERVICE_HTTP ? config->url : config->endpoint;
    const char *key = config->kind == SERVICE_HTTP ? "url" : "endpoint";
    struct config_place place = config->url_place;
    if (url.len == 0) {
        url = arena_copy(load->arena, str_from(soap_operation_endpoint(service->operation)));
        place = config->wsdl_place;
        if (!str_starts(url, STR("http://")) && !str_starts(url, STR("https://"))) {
            report_at(load, place, "the WSDL names no http or https endpoint: say endpoint");
            return;
        }
    }
    const char *host = strstr(url.data, "://") + strlen("://");
    service->url_start = (struct str){url.data, (size_t)(host - url.data) + strcspn(host, "/?#")};
    service->url = compile_value(load, config, key, place, url, TEMPLATE_URL);
}

static void add_fixed(struct load *load, struct service *service, const char *name,
                      const char *value)
{
    require(service->fixed_header_count < MAX_FIXED_HEADERS);
    service->fixed_headers[service->fixed_header_count++] =
        arena_printf(load->arena, "%s: %s", name, value);
}

static void add_soap_headers(struct load *load, struct service *service)
{
    const char *lines[SOAP_HTTP_LINES];
    size_t count = 0;
    struct err err;
    if (service->config->mtom)
        service->boundary = multipart_boundary(load->arena);
    if (!soap_http_lines(service->operation, load->arena, service->boundary, lines, &count, &err))
        report_at(load, service->config->operation_place, err.text);
    for (size_t i = 0; i < count; i++)
        service->fixed_headers[service->fixed_header_count++] = lines[i];
}

static void add_fixed_headers(struct load *load, struct service *service)
{
    static const char *const types[] = {
        [BODY_JSON] = "application/json",
        [BODY_FORM] = "application/x-www-form-urlencoded",
        [BODY_XML] = "application/xml; charset=utf-8",
        [BODY_TEXT] = "text/plain; charset=utf-8",
    };
    const struct config_service *config = service->config;
    service->fixed_headers =
        arena_alloc(load->arena, MAX_FIXED_HEADERS * sizeof(*service->fixed_headers));
    if (service->operation)
        add_soap_headers(load, service);
    else if (config->body != BODY_NONE)
        add_fixed(load, service, "Content-Type",
                  config->content_type ? config->content_type : types[config->body]);
    if (config->bearer_token.len)
        add_fixed(load, service, "Authorization",
                  arena_printf(load->arena, "Bearer %s", config->bearer_token.data));
}

// Headers of WS-Addressing: as the configuration says, else where the WSDL asks for them.
static void choose_addressing(struct load *load, struct service *service)
{
    const struct config_service *config = service->config;
    bool is_on =
        config->addressing == ADDRESSING_ON || (config->addressing == ADDRESSING_BY_WSDL &&
                                                soap_operation_uses_addressing(service->operation));
    if (!is_on)
        return;
    service->addressing_action = soap_operation_addressing_action(service->operation);
    if (!*service->addressing_action)
        report_at(load, config->addressing ? config->addressing_place : config->operation_place,
                  "the WSDL gives the operation no action for WS-Addressing: write the headers in "
                  "the template, and say addressing: false");
}

// --- what replies are looked at for ---

static bool compile_where(struct load *load, const struct config_service *config,
                          const struct config_where *from, const char *key, struct reply_where *ret)
{
    struct err err;
    struct soap_xpath_prefix *prefixes =
        arena_alloc(load->arena, config->namespace_count * sizeof(*prefixes));
    for (size_t i = 0; i < config->namespace_count; i++)
        prefixes[i] =
            (struct soap_xpath_prefix){config->namespaces[i].prefix, config->namespaces[i].uri};
    if (reply_where_compile(load->arena, from, config->kind == SERVICE_SOAP, prefixes,
                            config->namespace_count, ret, &err))
        return true;
    fault_add(load->faults, load->config->file, from->place.line, from->place.column, "%s: %s", key,
              err.text);
    return false;
}

static void compile_replies(struct load *load, struct service *service)
{
    const struct config_service *config = service->config;
    struct reply_where *tests = arena_alloc(load->arena, config->outcome_count * sizeof(*tests));
    struct reply_where *captures =
        arena_alloc(load->arena, config->capture_count * sizeof(*captures));
    for (size_t i = 0; i < config->outcome_count; i++)
        service->has_rule_tests |=
            config->outcomes[i].has_test &&
            compile_where(load, config, &config->outcome_tests[i].at, "outcomes", &tests[i]);
    for (size_t i = 0; i < config->capture_count; i++)
        (void)compile_where(load, config, &config->captures[i].at, config->captures[i].name,
                            &captures[i]);
    if (config->success.at.xpath || config->success.at.json)
        service->has_success =
            compile_where(load, config, &config->success.at, "success", &service->success);
    service->outcome_tests = tests;
    service->captures = captures;
}

struct json *services_captured_sample(const struct config *config, struct arena *arena)
{
    struct json *sample = json_object(arena);
    for (size_t i = 0; i < config->service_count; i++) {
        for (size_t j = 0; j < config->services[i].capture_count; j++) {
            const struct config_capture *capture = &config->services[i].captures[j];
            if (!json_get(sample, str_from(capture->name)))
                json_set(arena, sample, str_from(capture->name), json_text(arena, capture->sample));
        }
    }
    return sample;
}

// --- secrets ---

static void prepare_secrets(struct load *load, struct service *service)
{
    const struct config_service *config = service->config;
    service->mask = mask_new();
    service->secrets = json_object(load->arena);
    for (size_t i = 0; i < config->secret_count; i++) {
        const struct config_secret *secret = &config->secrets[i];
        json_set(load->arena, service->secrets, str_from(secret->name),
                 json_string(load->arena, secret->value));
        mask_add(service->mask, secret->value);
    }
    mask_add(service->mask, config->bearer_token);
    if (config->basic_user)
        mask_add_basic(service->mask, str_from(config->basic_user), config->basic_password);
}

// --- all of it ---

static struct service *load_service(struct load *load, const struct config_service *config)
{
    struct service *service = arena_alloc(load->arena, sizeof(*service));
    service->config = config;
    service->unmapped = load->unmapped;
    prepare_secrets(load, service);
    service->body = compile_body(load, config);
    compile_headers(load, config, service);
    compile_replies(load, service);
    if (config->kind == SERVICE_SOAP && !find_operation(load, service))
        return service;
    if (config->kind == SERVICE_SOAP)
        choose_addressing(load, service);
    compile_url(load, service);
    add_fixed_headers(load, service);
    return service;
}

bool services_load(const struct config *config, const struct soap_modules *modules,
                   struct services **ret, struct fault_list *faults)
{
    size_t before = faults->count;
    struct arena *arena = arena_new();
    struct services *services = arena_alloc(arena, sizeof(*services));
    services->arena = arena;
    services->unmapped = unmapped_new(&config->maps);
    struct load load = {config, modules, arena, services->unmapped, faults};
    services->items = arena_alloc(arena, config->service_count * sizeof(struct service *));
    services->count = config->service_count;
    for (size_t i = 0; i < config->service_count; i++)
        services->items[i] = load_service(&load, &config->services[i]);
    if (faults->count > before) {
        services_free(services);
        return false;
    }
    *ret = services;
    return true;
}

void services_free(struct services *services)
{
    if (!services)
        return;
    for (size_t i = 0; i < services->count; i++) {
        struct service *service = services->items[i];
        for (size_t j = 0; j < service->config->header_count; j++)
            template_free(service->headers[j]);
        template_free(service->body);
        template_free(service->url);
        mask_free(service->mask);
    }
    unmapped_free(services->unmapped);
    arena_free(services->arena);
}
