// SPDX-License-Identifier: GPL-3.0-or-later
//
// From a platform's service to ours: its entry of the configuration, its value map, its template. A
// service that cannot be called at all (no URL, a host made of tags) is left out with a note; what
// is merely doubtful is written, with a note.

#include "flow/import.h"

#include "edge/config_yaml_write.h"
#include "flow/import_text.h"
#include "flow/tree.h"

#include <ctype.h>

enum {
    NAME_MAX_BYTES = 48, // of 64, for what is put behind it
    TEMPLATE_MAX_BYTES = 4 << 20,
    VALUE_MAX_BYTES = 64 << 10,
};
static const char folder[] = "engage-voice";

struct import {
    struct arena *arena;
    const struct import_options *options;
    struct import_notes notes;
    struct json *services, *maps; // of the configuration
    struct import_file *files;
    size_t file_count;
    const char **variables;
    size_t variable_count, variable_capacity;
};

struct draft { // one service
    struct import *import;
    const struct vendor_service *from;
    struct import_texts texts;
    const char *name;
    struct json *tree;
    struct json *auth, *secrets; // of the tree; NULL: none so far
};

// --- names ---

static const char *slug(struct arena *arena, struct str text)
{
    char name[NAME_MAX_BYTES + 1];
    size_t len = 0;
    for (size_t i = 0; i < text.len && len < NAME_MAX_BYTES; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (isalnum(c))
            name[len++] = (char)tolower(c);
        else if (len && name[len - 1] != '-')
            name[len++] = '-';
    }
    while (len && name[len - 1] == '-')
        len--;
    return arena_printf(arena, "%.*s", (int)len, name);
}

static const char *unique_name(const struct import *import, const struct vendor_service *from)
{
    const char *base = slug(import->arena, from->description);
    if (!*base)
        base = slug(import->arena, from->operation);
    if (!*base)
        base = arena_printf(import->arena, "service-%s", slug(import->arena, from->id));
    const char *name = base;
    for (int number = 2; json_get(import->services, str_from(name)); number++)
        name = arena_printf(import->arena, "%s-%d", base, number);
    return name;
}

// {env: SERVICE_NAME}, and the variable on the list.
static struct json *env_tree(struct draft *draft, const char *name)
{
    struct import *import = draft->import;
    char *variable = arena_printf(import->arena, "%s_%s", draft->name, name);
    for (char *c = variable; *c; c++)
        *c = isalnum((unsigned char)*c) ? (char)toupper((unsigned char)*c) : '_';
    if (isdigit((unsigned char)*variable))
        variable = arena_printf(import->arena, "SERVICE_%s", variable);
    if (import->variable_count == import->variable_capacity) {
        import->variable_capacity = import->variable_capacity ? import->variable_capacity * 2 : 8;
        const char **grown = arena_alloc(import->arena, import->variable_capacity * sizeof(*grown));
        if (import->variable_count)
            memcpy(grown, import->variables, import->variable_count * sizeof(*grown));
        import->variables = grown;
    }
    import->variables[import->variable_count++] = variable;
    struct json *tree = json_object(import->arena);
    tree_text(import->arena, tree, "env", variable);
    return tree;
}

// --- authentication and headers ---

static void set_basic(struct draft *draft, struct str user)
{
    struct arena *arena = draft->import->arena;
    if (draft->auth)
        return;
    struct json *basic = json_object(arena);
    tree_str(arena, basic, "user", user);
    tree_put(arena, basic, "password", env_tree(draft, "password"));
    draft->auth = json_object(arena);
    tree_put(arena, draft->auth, "basic", basic);
}

static void set_password(struct draft *draft)
{
    const struct vendor_service *from = draft->from;
    if (from->user.len && !from->password.len)
        import_note(&draft->import->notes, from->label,
                    "the export has no password for user %.*s: put it into the variable",
                    STR_ARG(from->user));
    if (from->user.len)
        set_basic(draft, from->user);
    else if (from->password.len)
        import_note(&draft->import->notes, from->label,
                    "it has a password and no user: its authentication is left out");
    if (from->password.len) // wherever else it stands
        import_keep_secret(&draft->texts, STR("password"), from->password);
}

// True when the header became `auth`.
static bool take_authorization(struct draft *draft, const struct vendor_row *row)
{
    static const struct str bearer = {"Bearer ", 7};
    struct str head = {row->value.data, row->value.len < bearer.len ? row->value.len : bearer.len};
    if (!str_eq_nocase(row->name, STR("Authorization")))
        return false;
    if (draft->auth) {
        import_note(&draft->import->notes, draft->from->label,
                    "it has a user and a header Authorization: the header is left out");
        return true;
    }
    if (!str_eq_nocase(head, bearer) || import_has_tags(row->value))
        return false;
    draft->auth = json_object(draft->import->arena);
    tree_put(draft->import->arena, draft->auth, "bearer", env_tree(draft, "token"));
    return true;
}

// What the gateway sets by itself; see docs/configuration.md.
static bool is_own_header(struct str name)
{
    static const char *const own[] = {
        "Accept-Encoding",   "Connection", "Content-Length",   "Content-Type", "Expect", "Host",
        "Idempotency-Key",   "Keep-Alive", "Proxy-Connection", "SOAPAction",   "TE",     "Trailer",
        "Transfer-Encoding", "Upgrade"};
    for (size_t i = 0; i < COUNT_OF(own); i++) {
        if (str_eq_nocase(name, str_from(own[i])))
            return true;
    }
    return name.len >= 11 && strncasecmp(name.data, "Switchhook-", 11) == 0;
}

static bool is_header_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.data[i];
        if (!isalnum(c) && !(c && strchr("!#$%&'*+-.^_`|~", c)))
            return false;
    }
    return name.len > 0;
}

static void add_header(struct draft *draft, struct json *headers, const struct vendor_row *row)
{
    struct arena *arena = draft->import->arena;
    AUTO_BUF struct buf value;
    buf_init(&value, VALUE_MAX_BYTES);
    if (is_own_header(row->name) || take_authorization(draft, row))
        return;
    if (!is_header_name(row->name) || strpbrk(row->value.data, "\r\n") ||
        memmem(row->value.data, row->value.len, "{{", 2)) {
        import_note(&draft->import->notes, draft->from->label,
                    "header \"%.*s\" cannot be sent: left out", STR_ARG(row->name));
        return;
    }
    import_begin(&draft->texts, STR(""));
    import_write_value(&draft->texts, &value, row, TEMPLATE_TEXT);
    if (!json_get(headers, row->name))
        json_set(arena, headers, row->name, json_string(arena, arena_copy(arena, buf_str(&value))));
}

static struct json *headers_tree(struct draft *draft)
{
    const struct vendor_service *from = draft->from;
    struct json *headers = json_object(draft->import->arena);
    for (size_t i = 0; i < from->headers.count; i++)
        add_header(draft, headers, &from->headers.items[i]);
    for (size_t i = 0; i < from->inputs.count; i++) {
        if (from->inputs.items[i].is_header)
            add_header(draft, headers, &from->inputs.items[i]);
    }
    return headers;
}

// --- URLs ---

// Literals of a URL: what cannot stand there is percent-encoded, what is encoded stays so.
static void write_url_part(struct draft *draft, struct buf *out, struct str part)
{
    AUTO_BUF struct buf tags;
    buf_init(&tags, VALUE_MAX_BYTES);
    for (size_t i = 0; i < part.len; i++) {
        unsigned char c = (unsigned char)part.data[i];
        if (c <= ' ' || c >= 0x7f || strchr("\"<>\\^`{|}", c))
            buf_printf(&tags, "%%%02X", c);
        else
            buf_add_char(&tags, (char)c);
    }
    import_write(&draft->texts, out, buf_str(&tags), TEMPLATE_TEXT);
}

// The parameter that replaces ":name" at the start of `text`; NULL: none.
static const struct vendor_row *path_parameter(const struct vendor_rows *params, struct str text,
                                               bool *is_used)
{
    for (size_t i = 0; i < params->count; i++) {
        struct str name = params->items[i].name;
        struct str rest = {text.data + 1, text.len - 1};
        bool ends = rest.len == name.len || (rest.len > name.len && !isalnum(rest.data[name.len]) &&
                                             rest.data[name.len] != '_');
        if (str_starts(rest, name) && ends) {
            is_used[i] = true;
            return &params->items[i];
        }
    }
    return NULL;
}

static void write_path(struct draft *draft, struct buf *out, struct str path,
                       const struct vendor_rows *params, bool *is_used)
{
    size_t from = 0;
    for (size_t i = 0; i < path.len; i++) {
        struct str rest = {path.data + i, path.len - i};
        const struct vendor_row *row =
            path.data[i] == ':' ? path_parameter(params, rest, is_used) : NULL;
        if (!row)
            continue;
        write_url_part(draft, out, (struct str){path.data + from, i - from});
        import_write_value(&draft->texts, out, row, TEMPLATE_URL);
        i += row->name.len;
        from = i + 1;
    }
    write_url_part(draft, out, (struct str){path.data + from, path.len - from});
}

static void write_query(struct draft *draft, struct buf *out, const struct vendor_rows *params,
                        const bool *is_used)
{
    bool has_query = memchr(out->data, '?', out->len) != NULL;
    for (size_t i = 0; i < params->count; i++) {
        if (is_used[i] || params->items[i].is_header)
            continue;
        buf_add_char(out, has_query ? '&' : '?');
        template_write_escaped(out, params->items[i].name, TEMPLATE_URL);
        buf_add_char(out, '=');
        import_write_value(&draft->texts, out, &params->items[i], TEMPLATE_URL);
        has_query = true;
    }
}

static bool refuse_url(struct draft *draft, const char *why)
{
    import_note(&draft->import->notes, draft->from->label, "%s: the service is left out", why);
    return false;
}

// A fragment is never sent. A # that belongs to a tag begins none.
static struct str without_fragment(struct str url)
{
    for (size_t i = 0; i < url.len; i++) {
        struct str rest = {url.data + i, url.len - i};
        if (url.data[i] != '#')
            continue;
        const char *end = memchr(rest.data + 1, '#', rest.len - 1);
        struct str tag = {rest.data, end ? (size_t)(end + 1 - rest.data) : 0};
        if (!end || !import_has_tags(tag))
            return (struct str){url.data, i};
        i += tag.len - 1;
    }
    return url;
}

// Takes user and password out of "user:password@host".
static struct str take_user(struct draft *draft, struct str host)
{
    const char *at = memrchr(host.data, '@', host.len);
    if (!at)
        return host;
    struct str user = {host.data, (size_t)(at - host.data)};
    const char *colon = memchr(user.data, ':', user.len);
    if (colon) {
        struct str password = {colon + 1, (size_t)(at - colon - 1)};
        import_keep_secret(&draft->texts, STR("password"), password);
        user.len = (size_t)(colon - user.data);
    }
    set_basic(draft, user);
    return (struct str){at + 1, host.len - (size_t)(at + 1 - host.data)};
}

static bool write_url(struct draft *draft, struct str url, const struct vendor_rows *params,
                      const char **ret)
{
    AUTO_BUF struct buf out;
    buf_init(&out, VALUE_MAX_BYTES);
    AUTO_FREE bool *is_used = mem_alloc(params->count + 1);
    url = arena_copy(draft->import->arena, without_fragment(url));
    if (!url.len)
        return refuse_url(draft, "it has no URL");
    const char *host_start = strstr(url.data, "://");
    bool is_http = strncasecmp(url.data, "http://", 7) == 0;
    if (!is_http && strncasecmp(url.data, "https://", 8) != 0)
        return refuse_url(draft, "its URL begins neither with http:// nor with https://");
    host_start += 3;
    struct str host = {host_start, strcspn(host_start, "/?")};
    struct str path = {host.data + host.len, url.len - (size_t)(host.data + host.len - url.data)};
    host = take_user(draft, host);
    if (!host.len || import_has_tags(host) || memchr(host.data, '{', host.len))
        return refuse_url(draft, "a data element would choose the host of its URL");
    import_begin(&draft->texts, STR(""));
    buf_printf(&out, "%s://%.*s", is_http ? "http" : "https", STR_ARG(host));
    write_path(draft, &out, path, params, is_used);
    write_query(draft, &out, params, is_used);
    if (out.overflowed)
        return refuse_url(draft, "its URL is too long");
    *ret = arena_copy(draft->import->arena, buf_str(&out)).data;
    return true;
}

// --- bodies ---

static void write_form(struct draft *draft, struct buf *out, const struct vendor_rows *rows)
{
    bool is_later = false;
    for (size_t i = 0; i < rows->count; i++) {
        if (rows->items[i].is_header)
            continue;
        buf_printf(out, "%s", is_later ? "\n&" : ""); // line ends are no part of a form
        template_write_escaped(out, rows->items[i].name, TEMPLATE_FORM);
        buf_add_char(out, '=');
        import_write_value(&draft->texts, out, &rows->items[i], TEMPLATE_FORM);
        is_later = true;
    }
    buf_add_char(out, '\n');
}

static void write_json(struct draft *draft, struct buf *out, const struct vendor_rows *rows)
{
    buf_printf(out, "{\n");
    for (size_t i = 0; i < rows->count; i++) {
        buf_printf(out, "  \"");
        json_write_escaped(out, rows->items[i].name);
        buf_printf(out, "\": \"");
        import_write_value(&draft->texts, out, &rows->items[i], TEMPLATE_JSON);
        buf_printf(out, "\"%s\n", i + 1 < rows->count ? "," : "");
    }
    buf_printf(out, "}\n");
}

// A name of XML, by its ASCII part.
static const char *xml_name(struct draft *draft, struct str name)
{
    struct str copy = arena_copy(draft->import->arena, name);
    char *bytes = (char *)copy.data;
    bool is_mended = false;
    for (size_t i = 0; i < copy.len; i++) {
        unsigned char c = (unsigned char)bytes[i];
        bool is_start = isalpha(c) || c == '_' || c >= 0x80;
        if (is_start || (i && (isdigit(c) || c == '-' || c == '.')))
            continue;
        bytes[i] = '_';
        is_mended = true;
    }
    if (is_mended)
        import_note(&draft->import->notes, draft->from->label,
                    "\"%.*s\" is no name of an XML element: written as %s", STR_ARG(name), bytes);
    return bytes;
}

static void write_xml_rows(struct draft *draft, struct buf *out, const struct vendor_rows *rows,
                           const char *indent, const char *prefix)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct vendor_row *row = &rows->items[i];
        if (row->is_header)
            continue;
        const char *name = xml_name(draft, row->name);
        buf_printf(out, "%s<%s%s>", indent, prefix, name);
        import_write_value(&draft->texts, out, row, TEMPLATE_XML);
        buf_printf(out, "</%s%s>\n", prefix, name);
    }
}

static void write_rows(struct draft *draft, struct buf *out, enum vendor_body kind,
                       const struct vendor_rows *rows)
{
    if (kind == VENDOR_JSON) {
        write_json(draft, out, rows);
    } else if (kind == VENDOR_XML) {
        buf_printf(out, "<request>\n");
        write_xml_rows(draft, out, rows, "  ", "");
        buf_printf(out, "</request>\n");
        import_note(&draft->import->notes, draft->from->label,
                    "its XML body is a list of fields: the element around them is a guess");
    } else {
        write_form(draft, out, rows);
    }
}

static void write_envelope(struct draft *draft, struct buf *out)
{
    const struct vendor_service *from = draft->from;
    const char *operation = xml_name(draft, from->operation);
    buf_printf(out, "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"");
    buf_printf(out, "\n    xmlns:t=\"");
    template_write_escaped(out, from->namespace, TEMPLATE_XML);
    buf_printf(out, "\">\n  <soap:Body>\n    <t:%s>\n", operation);
    write_xml_rows(draft, out, &from->inputs, "      ", "t:");
    buf_printf(out, "    </t:%s>\n  </soap:Body>\n</soap:Envelope>\n", operation);
}

// Keeps the template, and says so in the service.
static void add_template(struct draft *draft, const char *extension, struct str text)
{
    struct import *import = draft->import;
    struct str preamble = import_preamble(&draft->texts);
    const char *name = arena_printf(import->arena, "%s/%s%s", folder, draft->name, extension);
    tree_text(import->arena, draft->tree, "template", name);
    import->files[import->file_count++] = (struct import_file){
        .path = arena_printf(import->arena, "templates/%s", name),
        .text = str_from(arena_printf(import->arena, "%.*s%.*s", STR_ARG(preamble), STR_ARG(text))),
    };
}

// --- kinds of services ---

static bool make_soap(struct draft *draft)
{
    const struct vendor_service *from = draft->from;
    struct import *import = draft->import;
    struct arena *arena = import->arena;
    static const struct vendor_rows none = {0};
    const char *endpoint, *wsdl = import->options->wsdl;
    if (!from->operation.len)
        return refuse_url(draft, "it names no SOAP operation");
    if (!write_url(draft, from->endpoint, &none, &endpoint))
        return false;
    if (!wsdl) {
        wsdl = slug(arena, from->soap_service.len ? from->soap_service : from->operation);
        import_note(&import->notes, from->label,
                    "its WSDL is not part of an export: compile it as %s, or say another name",
                    wsdl);
    }
    struct json *soap = json_object(arena);
    tree_text(arena, soap, "wsdl", wsdl);
    tree_str(arena, soap, "operation", from->operation);
    if (from->port.len)
        tree_str(arena, soap, "port", from->port);
    tree_text(arena, soap, "endpoint", endpoint);
    tree_put(arena, draft->tree, "soap", soap);
    tree_text(arena, draft->tree, "missing", "omit"); // an empty element is no number and no date
    if (!from->namespace.len)
        import_note(&import->notes, from->label, "it has no target namespace: %s",
                    "the template's xmlns:t has to be filled in");
    AUTO_BUF struct buf text;
    buf_init(&text, TEMPLATE_MAX_BYTES);
    import_begin(&draft->texts, STR(""));
    write_envelope(draft, &text);
    add_template(draft, ".xml", buf_str(&text));
    return true;
}

static bool is_method(struct str method)
{
    static const char *const known[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        if (str_eq_nocase(method, str_from(known[i])))
            return true;
    }
    return false;
}

static const char *method_of(struct draft *draft)
{
    struct str method = draft->from->method;
    if (method.len && !is_method(method))
        import_note(&draft->import->notes, draft->from->label,
                    "method %.*s cannot be sent: POST is written", STR_ARG(method));
    if (!is_method(method))
        return "POST";
    char *upper = arena_printf(draft->import->arena, "%.*s", STR_ARG(method));
    for (char *c = upper; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return upper;
}

// A template for what the request carries; the kind's name, or NULL when it carries nothing.
static const char *make_body(struct draft *draft)
{
    static const char *const kinds[] = {[VENDOR_BODY_NONE] = "form",
                                        [VENDOR_FORM] = "form",
                                        [VENDOR_XML] = "xml",
                                        [VENDOR_JSON] = "json",
                                        [VENDOR_TEXT] = "text"};
    static const char *const extensions[] = {[VENDOR_BODY_NONE] = ".form",
                                             [VENDOR_FORM] = ".form",
                                             [VENDOR_XML] = ".xml",
                                             [VENDOR_JSON] = ".json",
                                             [VENDOR_TEXT] = ".txt"};
    const struct vendor_service *from = draft->from;
    const struct vendor_rows *rows = from->body_rows.count ? &from->body_rows : &from->inputs;
    if (!from->body_text.len && !rows->count)
        return NULL;
    AUTO_BUF struct buf text;
    buf_init(&text, TEMPLATE_MAX_BYTES);
    import_begin(&draft->texts, from->body_text);
    if (from->body_text.len)
        import_write_body(&draft->texts, &text, from->body_text, from->body);
    else
        write_rows(draft, &text, from->body, rows);
    if (text.overflowed)
        import_note(&draft->import->notes, from->label, "its body is too long: cut");
    if (from->body_text.len && from->inputs.count)
        import_note(&draft->import->notes, from->label,
                    "it has a body and inputs: the inputs are left out");
    add_template(draft, extensions[from->body], buf_str(&text));
    return kinds[from->body];
}

static struct str content_type(const struct vendor_service *from)
{
    for (size_t i = 0; i < from->headers.count; i++) {
        if (str_eq_nocase(from->headers.items[i].name, STR("Content-Type")))
            return from->headers.items[i].value;
    }
    return STR("");
}

static bool make_http(struct draft *draft)
{
    const struct vendor_service *from = draft->from;
    struct arena *arena = draft->import->arena;
    const char *url, *method = method_of(draft), *body = NULL;
    bool is_get = strcmp(method, "GET") == 0;
    bool has_inputs_in_url = is_get && !from->params.count;
    if (!write_url(draft, from->url, has_inputs_in_url ? &from->inputs : &from->params, &url))
        return false;
    struct json *http = json_object(arena);
    tree_text(arena, http, "method", method);
    tree_text(arena, http, "url", url);
    tree_put(arena, draft->tree, "http", http);
    if (!is_get)
        body = make_body(draft);
    else if (from->body_text.len || from->body_rows.count)
        import_note(&draft->import->notes, from->label, "a GET has no body: it is left out");
    if (body)
        tree_text(arena, http, "body", body);
    struct str type = content_type(from);
    if (body && type.len && !import_has_tags(type))
        tree_str(arena, http, "content_type", type);
    return true;
}

// --- a service ---

static void make_map(struct draft *draft)
{
    const struct vendor_service *from = draft->from;
    struct arena *arena = draft->import->arena;
    if (!from->mappings.count)
        return;
    if (!from->is_mapping || draft->texts.keeps_tags) {
        import_note(&draft->import->notes, from->label,
                    "its mappings are left out, %zu of them: %s", from->mappings.count,
                    from->is_mapping ? "tags that are kept have no filters"
                                     : "they are not enabled at the platform");
        return;
    }
    struct json *map = json_object(arena), *values = json_object(arena);
    for (size_t i = 0; i < from->mappings.count; i++) {
        const struct vendor_row *row = &from->mappings.items[i];
        if (json_get(values, row->name))
            import_note(&draft->import->notes, from->label,
                        "\"%.*s\" is mapped twice: the first one holds", STR_ARG(row->name));
        else
            json_set(arena, values, row->name, json_string(arena, row->value));
    }
    tree_put(arena, map, "values", values);
    tree_text(arena, map, "unmapped", "pass");
    json_set(arena, draft->import->maps, str_from(draft->name), map);
    draft->texts.map = draft->name;
}

static void put_secrets(struct draft *draft)
{
    struct arena *arena = draft->import->arena;
    struct json *secrets = json_object(arena);
    for (size_t i = 0; i < draft->texts.secret_count; i++) {
        const char *name = draft->texts.secrets[i].name;
        if (!draft->texts.secrets[i].is_used)
            continue;
        bool is_auth =
            draft->auth && strcmp(name, "password") == 0 && json_get(draft->auth, STR("basic"));
        tree_put(arena, secrets, name,
                 is_auth
                     ? (struct json *)json_get(json_get(draft->auth, STR("basic")), STR("password"))
                     : env_tree(draft, name));
    }
    if (secrets->object.count)
        tree_put(arena, draft->tree, "secrets", secrets);
}

// A form gets all answers by itself.
static void set_sending_all(struct draft *draft)
{
    const struct vendor_service *from = draft->from;
    tree_boolean(draft->import->arena, draft->tree, "send_all", true);
    bool is_form =
        from->kind == VENDOR_HTTP && (from->body == VENDOR_FORM || from->body == VENDOR_BODY_NONE);
    if (!is_form)
        import_note(&draft->import->notes, from->label,
                    "it sends all script data: put %sall_script_data%s where its template needs it",
                    draft->texts.keeps_tags ? "#" : "{{", draft->texts.keeps_tags ? "#" : "}}");
}

static void make_service(struct import *import, const struct vendor_service *from)
{
    struct arena *arena = import->arena;
    struct draft draft = {.import = import, .from = from, .name = unique_name(import, from)};
    draft.tree = json_object(arena);
    import_texts_init(&draft.texts, &import->notes, from->label);
    draft.texts.keeps_tags = import->options->keeps_tags;
    set_password(&draft);
    make_map(&draft);
    if (!(from->kind == VENDOR_SOAP ? make_soap(&draft) : make_http(&draft)))
        return;
    if (draft.texts.keeps_tags)
        tree_text(arena, draft.tree, "tags", "#");
    struct json *headers = headers_tree(&draft);
    if (headers->object.count)
        tree_put(arena, draft.tree, "headers", headers);
    if (draft.auth)
        tree_put(arena, draft.tree, "auth", draft.auth);
    put_secrets(&draft);
    if (from->is_sending_survey)
        set_sending_all(&draft);
    json_set(arena, import->services, str_from(draft.name), draft.tree);
}

// --- all of it ---

static struct str configuration_text(const struct import *import)
{
    AUTO_BUF struct buf out;
    buf_init(&out, 256 << 20);
    struct json *tree = json_object(import->arena);
    buf_printf(&out,
               "# Services of a platform's export: a part of a configuration, without routes.\n");
    for (size_t i = 0; i < import->notes.count; i++)
        buf_printf(&out, "%s# - %s\n", i ? "" : "# To be looked at:\n", import->notes.items[i]);
    if (import->maps->object.count)
        tree_put(import->arena, tree, "maps", import->maps);
    tree_put(import->arena, tree, "services", import->services);
    node_write(&out, tree);
    return arena_copy(import->arena, buf_str(&out));
}

bool import_engage_voice(struct arena *arena, struct str export,
                         const struct import_options *options, struct import_result *ret,
                         struct err *err)
{
    struct import import = {.arena = arena, .options = options, .notes = {.arena = arena}};
    struct vendor_service *services;
    size_t count;
    if (!import_read(&import.notes, export, &services, &count, err))
        return false;
    import.services = json_object(arena);
    import.maps = json_object(arena);
    import.files = arena_alloc(arena, (count + 1) * sizeof(*import.files));
    import.file_count = 1; // the configuration's part, made last
    for (size_t i = 0; i < count; i++)
        make_service(&import, &services[i]);
    import.files[0] =
        (struct import_file){arena_printf(arena, "%s.yaml", folder), configuration_text(&import)};
    *ret = (struct import_result){
        .files = import.files,
        .file_count = import.file_count,
        .notes = import.notes.items,
        .note_count = import.notes.count,
        .variables = import.variables,
        .variable_count = import.variable_count,
        .service_count = import.services->object.count,
    };
    return true;
}
