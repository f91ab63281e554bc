// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reading the HTTP of a service. A URL's scheme and host are literal text: a data element may
// choose a path or a query, never where a request goes.

#include "edge/config_http.h"

enum { MAX_HEADERS = 64 };

#define OF_SERVICE(field) offsetof(struct config_service, field)

// --- URLs ---

static bool is_host(struct str host)
{
    static const char name[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    static const char address6[] = "0123456789abcdefABCDEF:.";
    const char *allowed = name;
    if (host.len > 2 && host.data[0] == '[' && host.data[host.len - 1] == ']') {
        host = (struct str){host.data + 1, host.len - 2};
        allowed = address6;
    }
    for (size_t i = 0; i < host.len; i++) {
        if (!strchr(allowed, host.data[i]))
            return false;
    }
    return host.len > 0;
}

// "host" or "host:port".
static bool is_authority(struct str authority)
{
    const char *colon = memrchr(authority.data, ':', authority.len);
    const char *bracket = memrchr(authority.data, ']', authority.len);
    if (!colon || (bracket && bracket > colon))
        return is_host(authority);
    size_t host_len = (size_t)(colon - authority.data);
    size_t digits = authority.len - host_len - 1;
    if (digits == 0 || digits > 5 || strspn(colon + 1, "0123456789") < digits)
        return false;
    long port = strtol(colon + 1, NULL, 10);
    return port > 0 && port <= 65535 && is_host((struct str){authority.data, host_len});
}

// The last character of the tag that the text begins with, or NULL.
static const char *find_tag_end(const char *text, bool has_hash_tags)
{
    if (has_hash_tags) {
        size_t len = template_hash_tag(str_from(text));
        return len ? text + len - 1 : NULL;
    }
    const char *end = strncmp(text, "{{", 2) == 0 ? strstr(text, "}}") : NULL;
    return end ? end + 1 : NULL;
}

// The first character outside of tags that a URL cannot have, or NULL.
static const char *find_bad_character(const char *url, bool has_hash_tags)
{
    for (const char *c = url; *c; c++) {
        const char *end = find_tag_end(c, has_hash_tags);
        if (end)
            c = end;
        else if ((unsigned char)*c <= ' ' || *c == 0x7f || strchr("#<>\"\\^`|", *c))
            return c;
    }
    return NULL;
}

static bool check_url(struct config_reader *reader, const char *key, const struct node *value,
                      bool has_hash_tags)
{
    const char *url = value->text.data;
    size_t scheme = str_starts(value->text, STR("http://"))    ? strlen("http://")
                    : str_starts(value->text, STR("https://")) ? strlen("https://")
                                                               : 0;
    if (scheme == 0) {
        config_fault(reader, value, "%s must begin with http:// or https://; found '%.80s'", key,
                     url);
        return false;
    }
    struct str authority = {url + scheme, strcspn(url + scheme, "/?#")};
    const char *bad = find_bad_character(url, has_hash_tags);
    bool has_tag_in_host = has_hash_tags
                               ? find_tag_end(authority.data + authority.len, true) != NULL
                               : memmem(authority.data, authority.len, "{{", 2) != NULL;
    if (has_tag_in_host)
        config_fault(reader, value,
                     "the host in %s must not depend on a tag: no data element may choose where a "
                     "request goes",
                     key);
    else if (memchr(authority.data, '@', authority.len))
        config_fault(reader, value, "%s must not hold a password: use auth", key);
    else if (!is_authority(authority))
        config_fault(reader, value, "%s needs a host, or host:port, after %.*s; found '%.*s'", key,
                     (int)scheme, url, STR_ARG(authority));
    else if (bad && *bad == '#')
        config_fault(reader, value,
                     "%s has a '#', which is never sent: write tags as {{name}}, or %%23%s", key,
                     has_hash_tags ? "" : "; #name# needs tags: \"#\"");
    else if (bad)
        config_fault(reader, value, "%s has a character that URLs cannot have, at offset %zu", key,
                     (size_t)(bad - url));
    else
        return true;
    return false;
}

void config_read_url(struct config_reader *reader, const char *key, const struct node *value,
                     bool has_hash_tags, struct str *ret)
{
    if (config_is_text(reader, key, value) && check_url(reader, key, value, has_hash_tags))
        *ret = arena_copy(reader->arena, value->text);
}

void config_read_proxy(struct config_reader *reader, const struct config_field *field,
                       const struct node *value, void *ret)
{
    if (config_is_text(reader, field->key, value) && check_url(reader, field->key, value, false))
        config_read_text(reader, field, value, ret);
}

// --- methods, media types, headers ---

void config_read_method(struct config_reader *reader, const struct config_field *field,
                        const struct node *value, void *ret)
{
    static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    size_t index;
    if (config_read_choice(reader, field, value, methods, COUNT_OF(methods), &index))
        *(const char **)ret = methods[index];
}

static bool is_one_line(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (((unsigned char)text.data[i] < ' ' && text.data[i] != '\t') || text.data[i] == 0x7f)
            return false;
    }
    return true;
}

void config_read_media_type(struct config_reader *reader, const struct config_field *field,
                            const struct node *value, void *ret)
{
    if (!config_is_text(reader, field->key, value))
        return;
    const char *slash = strchr(value->text.data, '/');
    if (!slash || slash == value->text.data || !slash[1] || !is_one_line(value->text))
        config_fault(reader, value,
                     "%s must be a media type such as application/json; found '%.80s'", field->key,
                     value->text.data);
    else
        *(const char **)ret = arena_copy(reader->arena, value->text).data;
}

static bool is_token(struct str name) // RFC 9110 section 5.6.2
{
    return name.len > 0 && strspn(name.data, "!#$%&'*+-.^_`|~0123456789"
                                             "abcdefghijklmnopqrstuvwxyz"
                                             "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == name.len;
}

static bool is_own_header(struct str name)
{
    static const char *const own[] = {
        "Accept-Encoding",
        "Connection",
        "Content-Length",
        "Content-Type",
        "Expect",
        "Host",
        "Idempotency-Key",
        "Keep-Alive",
        "Proxy-Connection",
        "SOAPAction",
        "TE",
        "Trailer",
        "Upgrade",
        "Transfer-Encoding",
    };
    for (size_t i = 0; i < COUNT_OF(own); i++) {
        if (str_eq_nocase(name, str_from(own[i])))
            return true;
    }
    struct str prefix = {name.data, strlen("Switchhook-")};
    return name.len > prefix.len && str_eq_nocase(prefix, STR("Switchhook-"));
}

static bool is_good_header(struct config_reader *reader, const struct node_member *member,
                           const struct config_header *before, size_t count)
{
    struct str name = member->key->text;
    if (!is_token(name)) {
        config_fault(reader, member->key, "'%.80s' cannot be the name of a header", name.data);
        return false;
    }
    if (is_own_header(name)) {
        config_fault(reader, member->key, "header %s is set by the gateway itself", name.data);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (str_eq_nocase(name, str_from(before[i].name))) {
            config_fault(reader, member->key, "header %s is there twice", name.data);
            return false;
        }
    }
    if (!config_is_text(reader, name.data, member->value))
        return false;
    if (!is_one_line(member->value->text))
        config_fault(reader, member->value, "header %s must be one line", name.data);
    return is_one_line(member->value->text);
}

void config_read_headers(struct config_reader *reader, const struct config_field *field,
                         const struct node *value, void *ret)
{
    struct config_service *service = ret;
    if (!config_is_small_map(reader, field->key, value, MAX_HEADERS))
        return;
    struct config_header *headers = arena_alloc(reader->arena, value->count * sizeof(*headers));
    size_t count = 0;
    for (size_t i = 0; i < value->count; i++) {
        const struct node_member *member = &value->members[i];
        if (!is_good_header(reader, member, headers, count))
            continue;
        headers[count++] = (struct config_header){
            .name = arena_copy(reader->arena, member->key->text).data,
            .value = arena_copy(reader->arena, member->value->text),
            .place = config_place_of(member->value),
        };
    }
    service->headers = headers;
    service->header_count = count;
}

// --- authentication and TLS ---

static const struct config_field basic_fields[] = {
    {.key = "user",
     .read = config_read_text,
     .offset = OF_SERVICE(basic_user),
     .is_required = true},
    {.key = "password",
     .read = config_read_secret,
     .offset = OF_SERVICE(basic_password),
     .is_required = true},
};

static void read_basic(struct config_reader *reader, const struct config_field *field,
                       const struct node *value, void *ret)
{
    struct config_service *service = ret;
    config_read_map(reader, value, field->key, basic_fields, COUNT_OF(basic_fields), service);
    const char *user = service->basic_user;
    if (user && (strchr(user, ':') || !is_one_line(str_from(user))))
        config_fault(reader, value, "the user of basic authentication may not have a ':'");
}

static const struct config_field auth_fields[] = {
    {.key = "basic", .read = read_basic},
    {.key = "bearer", .read = config_read_secret, .offset = OF_SERVICE(bearer_token)},
};

void config_read_auth(struct config_reader *reader, const struct config_field *field,
                      const struct node *value, void *ret)
{
    if (config_read_map(reader, value, field->key, auth_fields, COUNT_OF(auth_fields), ret) &&
        value->count != 1)
        config_fault(reader, value, "auth must be either basic or bearer");
}

static const struct config_field tls_fields[] = {
    {.key = "ca", .read = config_read_path, .offset = OF_SERVICE(ca_file)},
    {.key = "cert", .read = config_read_path, .offset = OF_SERVICE(cert_file)},
    {.key = "key", .read = config_read_path, .offset = OF_SERVICE(key_file)},
};

void config_read_tls(struct config_reader *reader, const struct config_field *field,
                     const struct node *value, void *ret)
{
    const struct config_service *service = ret;
    config_read_map(reader, value, field->key, tls_fields, COUNT_OF(tls_fields), ret);
    if (service->key_file && !service->cert_file)
        config_fault(reader, value, "tls has a key and no cert");
}
