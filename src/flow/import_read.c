// SPDX-License-Identifier: GPL-3.0-or-later
//
// From the tree of an export to services. Every key of a service is in one table: how it is read,
// or why it is not carried over. What surprises: `httpServiceConfig` is JSON within a text of JSON.

#include "flow/import_read.h"

#include <math.h>
#include <stdio.h>

enum {
    SERVICES_MAX = 10000,
    ROWS_MAX = 1000,
    GROUP_DEPTH_MAX = 4,
    TEXT_MAX_BYTES = 1024 * 1024,
    LABEL_MAX_BYTES = 80,
};
static const struct json_limits limits = {.depth = 64, .values = 1000 * 1000};

struct reading {
    struct import_notes *notes;
    struct arena *arena;
    struct vendor_service *services;
    size_t count, capacity;
};

void import_note(struct import_notes *notes, const char *service, const char *format, ...)
{
    char text[600];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    char *line = service ? arena_printf(notes->arena, "%s: %s", service, text)
                         : arena_strdup(notes->arena, text);
    for (char *c = line; *c; c++) {
        if ((unsigned char)*c < ' ') // it becomes a comment, which ends with the line
            *c = ' ';
    }
    if (notes->count == notes->capacity) {
        notes->capacity = notes->capacity ? notes->capacity * 2 : 16;
        const char **items = arena_alloc(notes->arena, notes->capacity * sizeof(*items));
        if (notes->count)
            memcpy(items, notes->items, notes->count * sizeof(*items));
        notes->items = items;
    }
    notes->items[notes->count++] = line;
}

// --- lenient values ---

static struct str read_text(struct arena *arena, const struct json *value)
{
    AUTO_BUF struct buf scratch;
    buf_init(&scratch, TEXT_MAX_BYTES);
    return value ? arena_copy(arena, json_as_text(value, &scratch)) : STR("");
}

// true, 1, "true", "Yes" and the like.
static bool read_flag(struct arena *arena, const struct json *value)
{
    static const char *const words[] = {"true", "1", "yes", "y", "on"};
    struct str text = read_text(arena, value);
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (str_eq_nocase(text, str_from(words[i])))
            return true;
    }
    return false;
}

static bool is_nothing(const struct json *value)
{
    switch (value->kind) {
    case JSON_NULL:
        return true;
    case JSON_STRING:
        return value->string.len == 0;
    case JSON_ARRAY:
        return value->array.count == 0;
    case JSON_OBJECT:
        return value->object.count == 0;
    case JSON_BOOLEAN:
    case JSON_INTEGER:
    case JSON_REAL:
        return false;
    }
    return false;
}

static const struct json *first_of(const struct json *object, const char *const *names,
                                   size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct json *value = json_get(object, str_from(names[i]));
        if (value)
            return value;
    }
    return NULL;
}

#define FIRST_OF(object, ...)                                                                      \
    first_of((object), (const char *const[]){__VA_ARGS__},                                         \
             COUNT_OF(((const char *const[]){__VA_ARGS__})))

// --- rows: {"name": "value"}, [{"name": .., "value": ..}], or either as JSON in a text ---

static struct vendor_row read_row(struct arena *arena, const struct json *item, const char *name,
                                  const char *value)
{
    const struct json *type = json_get(item, STR("type"));
    struct vendor_row row = {
        .name = str_trim(read_text(arena, FIRST_OF(item, name, "key", "header"))),
        .value = read_text(arena, json_get(item, str_from(value))),
        .is_header = str_eq_nocase(read_text(arena, type), STR("HEADER")),
    };
    row.rank = strtod(read_text(arena, json_get(item, STR("rank"))).data, NULL);
    return row;
}

static void read_rows(struct reading *reading, const char *label, const char *what,
                      const struct json *value, const char *name_key, const char *value_key,
                      struct vendor_rows *ret)
{
    bool is_list = value->kind == JSON_ARRAY, is_map = value->kind == JSON_OBJECT;
    size_t count = is_list ? value->array.count : is_map ? value->object.count : 0;
    if (count > ROWS_MAX || (!is_list && !is_map && !is_nothing(value))) {
        import_note(reading->notes, label, "%s is no list of names and values: left out", what);
        return;
    }
    ret->items = arena_alloc(reading->arena, count * sizeof(*ret->items));
    for (size_t i = 0; i < count; i++) {
        struct vendor_row row =
            is_list ? read_row(reading->arena, value->array.items[i], name_key, value_key)
                    : (struct vendor_row){
                          .name = value->object.members[i].name,
                          .value = read_text(reading->arena, value->object.members[i].value)};
        if (row.name.len)
            ret->items[ret->count++] = row;
        else
            import_note(reading->notes, label, "%s: number %zu has no name: left out", what, i + 1);
    }
}

static int compare_ranks(const void *a, const void *b)
{
    double first = ((const struct vendor_row *)a)->rank,
           second = ((const struct vendor_row *)b)->rank;
    return (first > second) - (first < second);
}

// In the order of the ranks; those of equal rank stay in theirs, which qsort does not promise.
static void sort_rows(struct vendor_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (!isfinite(rows->items[i].rank))
            rows->items[i].rank = 0;
    }
    for (size_t i = 1; i < rows->count; i++) {
        struct vendor_row row = rows->items[i];
        size_t at = i;
        for (; at > 0 && compare_ranks(&rows->items[at - 1], &row) > 0; at--)
            rows->items[at] = rows->items[at - 1];
        rows->items[at] = row;
    }
}

// --- httpServiceConfig ---

static bool is_one_of(struct str name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(name, str_from(names[i])))
            return true;
    }
    return false;
}

static const char *const method_keys[] = {"method", "httpMethod", "requestMethod"};
static const char *const header_keys[] = {"headers", "httpHeaders"};
static const char *const param_keys[] = {"params", "urlParams", "queryParams", "parameters"};
static const char *const body_keys[] = {"body", "requestBody", "bodyParams"};
static const char *const kind_keys[] = {"bodyType",    "bodyKind", "bodyFormat", "kind",
                                        "contentType", "format",   "type"};

static bool is_known_key(struct str name)
{
    return str_eq(name, STR("url")) || is_one_of(name, method_keys, COUNT_OF(method_keys)) ||
           is_one_of(name, header_keys, COUNT_OF(header_keys)) ||
           is_one_of(name, param_keys, COUNT_OF(param_keys)) ||
           is_one_of(name, body_keys, COUNT_OF(body_keys)) ||
           is_one_of(name, kind_keys, COUNT_OF(kind_keys));
}

// FORM, XML, JSON, TEXT, or a media type.
static enum vendor_body body_named(struct str word)
{
    static const struct {
        const char *part;
        enum vendor_body body;
    } kinds[] = {{"form", VENDOR_FORM},
                 {"json", VENDOR_JSON},
                 {"xml", VENDOR_XML},
                 {"text", VENDOR_TEXT},
                 {"raw", VENDOR_TEXT}};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (strcasestr(word.data, kinds[i].part))
            return kinds[i].body;
    }
    return VENDOR_BODY_NONE;
}

// What the body's own beginning says.
static enum vendor_body body_guessed(struct str text)
{
    struct str trimmed = str_trim(text);
    char first = trimmed.len ? trimmed.data[0] : '\0';
    return first == '{' || first == '[' ? VENDOR_JSON
           : first == '<'               ? VENDOR_XML
           : strchr(text.data, '=')     ? VENDOR_FORM
                                        : VENDOR_TEXT;
}

static struct str header_value(const struct vendor_service *service, const char *name)
{
    for (size_t i = 0; i < service->headers.count; i++) {
        if (str_eq_nocase(service->headers.items[i].name, str_from(name)))
            return service->headers.items[i].value;
    }
    return STR("");
}

static bool is_row_list(const struct json *value)
{
    return value->kind == JSON_ARRAY && value->array.count &&
           json_get(value->array.items[0], STR("name"));
}

static void read_body(struct reading *reading, const struct json *config,
                      struct vendor_service *service)
{
    struct arena *arena = reading->arena;
    const struct json *body = first_of(config, body_keys, COUNT_OF(body_keys));
    struct str kind = read_text(arena, first_of(config, kind_keys, COUNT_OF(kind_keys)));
    const struct json *content = FIRST_OF(body, "content", "value", "text", "rows");
    if (content && first_of(body, kind_keys, COUNT_OF(kind_keys))) { // {type, content}
        kind = read_text(arena, first_of(body, kind_keys, COUNT_OF(kind_keys)));
        body = content;
    }
    if (!body || is_nothing(body))
        return;
    service->body = body_named(kind);
    if (service->body == VENDOR_BODY_NONE)
        service->body = body_named(header_value(service, "Content-Type"));
    bool is_form = service->body == VENDOR_FORM || service->body == VENDOR_BODY_NONE;
    if (is_row_list(body) || (body->kind == JSON_OBJECT && is_form)) {
        read_rows(reading, service->label, "the body", body, "name", "value", &service->body_rows);
        service->body = service->body == VENDOR_BODY_NONE ? VENDOR_FORM : service->body;
        return;
    }
    service->body_text = read_text(arena, body);
    if (service->body == VENDOR_BODY_NONE)
        service->body = body_guessed(service->body_text);
}

static void read_config(struct reading *reading, const struct json *value,
                        struct vendor_service *service)
{
    struct arena *arena = reading->arena;
    struct json *inner = (struct json *)value;
    struct err err;
    if (value->kind == JSON_STRING && value->string.len &&
        !json_parse(arena, value->string, &limits, &inner, &err)) {
        // What stands near the place may be a password.
        char *near = strstr(err.text, " near ");
        if (near)
            *near = '\0';
        import_note(reading->notes, service->label, "httpServiceConfig is broken JSON (%s): %s",
                    err.text, "its URL, headers and body are left out");
        return;
    }
    if (inner->kind != JSON_OBJECT) {
        if (!is_nothing(inner))
            import_note(reading->notes, service->label, "httpServiceConfig is no object: left out");
        return;
    }
    service->url = str_trim(read_text(arena, json_get(inner, STR("url"))));
    service->method = read_text(arena, first_of(inner, method_keys, COUNT_OF(method_keys)));
    const struct json *headers = first_of(inner, header_keys, COUNT_OF(header_keys));
    const struct json *params = first_of(inner, param_keys, COUNT_OF(param_keys));
    if (headers)
        read_rows(reading, service->label, "headers", headers, "name", "value", &service->headers);
    if (params)
        read_rows(reading, service->label, "params", params, "name", "value", &service->params);
    read_body(reading, inner, service);
    for (size_t i = 0; i < inner->object.count; i++) {
        const struct json_member *member = &inner->object.members[i];
        if (!is_known_key(member->name) && !is_nothing(member->value))
            import_note(reading->notes, service->label, "httpServiceConfig: \"%.*s\" is left out",
                        STR_ARG(member->name));
    }
}

// --- one service ---

static void read_type(struct reading *reading, const struct json *value,
                      struct vendor_service *service)
{
    struct str type = read_text(reading->arena, value);
    service->kind = str_eq_nocase(type, STR("SOAP")) ? VENDOR_SOAP : VENDOR_HTTP;
    bool is_get = str_eq_nocase(type, STR("HTTP_GET"));
    bool is_post = str_eq_nocase(type, STR("HTTP_POST"));
    if (is_get || is_post)
        service->method = is_get ? STR("GET") : STR("POST");
    else if (service->kind == VENDOR_HTTP && type.len && !str_eq_nocase(type, STR("HTTP")))
        import_note(reading->notes, service->label,
                    "serviceType \"%.*s\" is not known: read as HTTP", STR_ARG(type));
}

struct text_field {
    const char *key;
    size_t offset;
};
#define TEXT_FIELD(key, member)                                                                    \
    {                                                                                              \
        key, offsetof(struct vendor_service, member)                                               \
    }

static const struct text_field text_fields[] = {
    TEXT_FIELD("httpUsername", user),         TEXT_FIELD("httpPassword", password),
    TEXT_FIELD("soapEndpoint", endpoint),     TEXT_FIELD("soapServicename", soap_service),
    TEXT_FIELD("soapPortname", port),         TEXT_FIELD("soapOperationname", operation),
    TEXT_FIELD("targetNamespace", namespace),
};

// Read elsewhere, or of no consequence here.
static const char *const quiet_keys[] = {
    "serviceId",         "serviceDescription", "serviceType",
    "accountId",         "permissions",        "httpServiceGroup",
    "isDebug",           "isEnabled",          "enableMappings",
    "sendAllSurveyData", "httpServiceInputs",  "inputs",
    "httpServiceConfig", "mappings",           "httpServiceMappings",
    "soapAction",
};
// Of consequence, and without a place here.
static const struct {
    const char *key, *why;
} lost_keys[] = {
    {"returntype", "what a reply becomes is not carried over: replies are kept and shown"},
    {"authConfigId", "its external authentication is not part of an export: say `auth`"},
};

static const char *lost_reason(struct str key)
{
    for (size_t i = 0; i < COUNT_OF(lost_keys); i++) {
        if (str_eq(key, str_from(lost_keys[i].key)))
            return lost_keys[i].why;
    }
    return NULL;
}

static bool is_read_key(struct str key)
{
    for (size_t i = 0; i < COUNT_OF(text_fields); i++) {
        if (str_eq(key, str_from(text_fields[i].key)))
            return true;
    }
    return is_one_of(key, quiet_keys, COUNT_OF(quiet_keys));
}

static void note_keys(struct reading *reading, const struct json *tree,
                      const struct vendor_service *service)
{
    for (size_t i = 0; i < tree->object.count; i++) {
        struct str key = tree->object.members[i].name;
        const struct json *value = tree->object.members[i].value;
        const char *why = lost_reason(key);
        if (is_read_key(key) || is_nothing(value))
            continue;
        if (why)
            import_note(reading->notes, service->label, "%.*s: %s", STR_ARG(key), why);
        else
            import_note(reading->notes, service->label, "\"%.*s\" is not known: left out",
                        STR_ARG(key));
    }
    const struct json *enabled = json_get(tree, STR("isEnabled"));
    if (enabled && !read_flag(reading->arena, enabled))
        import_note(
            reading->notes, service->label,
            "it is not active at the platform; here a service is used once a route names it");
}

static const char *label_of(struct arena *arena, const struct vendor_service *service,
                            struct str operation, size_t number)
{
    struct str name = service->description.len ? service->description : operation;
    size_t len = name.len < LABEL_MAX_BYTES ? name.len : LABEL_MAX_BYTES;
    len = json_utf8_prefix((struct str){name.data, len});
    if (len)
        return arena_printf(arena, "%.*s", (int)len, name.data);
    if (service->id.len)
        return arena_printf(arena, "service %.*s", STR_ARG(service->id));
    return arena_printf(arena, "service number %zu", number);
}

static void read_service(struct reading *reading, const struct json *tree,
                         struct vendor_service *ret)
{
    struct arena *arena = reading->arena;
    struct vendor_service service = {
        .description = str_trim(read_text(arena, json_get(tree, STR("serviceDescription")))),
        .id = read_text(arena, json_get(tree, STR("serviceId"))),
        .is_mapping = read_flag(arena, json_get(tree, STR("enableMappings"))),
        .is_sending_survey = read_flag(arena, json_get(tree, STR("sendAllSurveyData"))),
        .url = STR(""),
        .method = STR(""),
        .body_text = STR(""),
    };
    struct str operation = read_text(arena, json_get(tree, STR("soapOperationname")));
    service.label = label_of(arena, &service, operation, reading->count + 1);
    for (size_t i = 0; i < COUNT_OF(text_fields); i++)
        *(struct str *)((char *)&service + text_fields[i].offset) =
            str_trim(read_text(arena, json_get(tree, str_from(text_fields[i].key))));
    const struct json *config = json_get(tree, STR("httpServiceConfig"));
    const struct json *inputs = FIRST_OF(tree, "httpServiceInputs", "inputs");
    const struct json *mappings = FIRST_OF(tree, "mappings", "httpServiceMappings");
    if (config)
        read_config(reading, config, &service);
    read_type(reading, json_get(tree, STR("serviceType")), &service);
    if (inputs)
        read_rows(reading, service.label, "inputs", inputs, "name", "value", &service.inputs);
    if (mappings)
        read_rows(reading, service.label, "mappings", mappings, "originalValue", "replacementValue",
                  &service.mappings);
    sort_rows(&service.inputs);
    note_keys(reading, tree, &service);
    *ret = service;
}

// --- the whole export ---

static bool is_service(const struct json *tree)
{
    return FIRST_OF(tree, "serviceType", "httpServiceConfig", "soapEndpoint", "soapOperationname",
                    "serviceDescription") != NULL;
}

static bool find_services(struct reading *reading, const struct json *tree, int depth,
                          struct err *err)
{
    const struct json *list =
        tree->kind == JSON_ARRAY ? tree : FIRST_OF(tree, "services", "httpServices", "groups");
    if (list && list->kind == JSON_ARRAY && depth < GROUP_DEPTH_MAX) {
        for (size_t i = 0; i < list->array.count; i++) {
            if (!find_services(reading, list->array.items[i], depth + 1, err))
                return false;
        }
        return true;
    }
    if (!is_service(tree)) {
        import_note(reading->notes, NULL, "a part of the export is no service: left out");
        return true;
    }
    if (reading->count == SERVICES_MAX)
        return err_set(err, ERR_TOO_LARGE, "it has more than %d services", SERVICES_MAX);
    if (reading->count == reading->capacity) {
        reading->capacity = reading->capacity ? reading->capacity * 2 : 16;
        reading->services =
            mem_grow(reading->services, reading->capacity * sizeof(*reading->services));
    }
    read_service(reading, tree, &reading->services[reading->count]);
    reading->count++;
    return true;
}

bool import_read(struct import_notes *notes, struct str export, struct vendor_service **ret,
                 size_t *ret_count, struct err *err)
{
    struct reading reading = {.notes = notes, .arena = notes->arena};
    struct json *tree;
    if (!json_parse(notes->arena, export, &limits, &tree, err))
        return err_prefix(err, "it is no JSON");
    bool is_read = find_services(&reading, tree, 0, err);
    if (is_read && !reading.count)
        is_read = err_set(err, ERR_NOT_FOUND, "no remote HTTP service is in it");
    if (is_read) {
        *ret = arena_alloc(notes->arena, reading.count * sizeof(**ret));
        memcpy(*ret, reading.services, reading.count * sizeof(**ret));
        *ret_count = reading.count;
    }
    free(reading.services);
    return is_read;
}
