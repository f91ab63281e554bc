// SPDX-License-Identifier: GPL-3.0-or-later
//
// Small texts of HTTP, taken apart. Decoding is done here and not by the HTTP library, because that
// one ends a path at an encoded NUL and decodes before it splits the query.

#include "edge/httptext.h"

#include "base/base64.h"
#include "core/json.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

static bool is_shown(char c)
{
    return !is_control(c) || c == '\t' || c == '\n' || c == '\r';
}

struct str httptext_printable(struct arena *arena, struct str text)
{
    const struct str replacement = STR("\xef\xbf\xbd");
    text = json_utf8_mend(arena, text);
    size_t hidden = 0;
    for (size_t i = 0; i < text.len; i++)
        hidden += !is_shown(text.data[i]);
    if (!hidden)
        return text;
    char *out = arena_alloc(arena, text.len + hidden * replacement.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        struct str from = is_shown(text.data[i]) ? (struct str){text.data + i, 1} : replacement;
        memcpy(out + len, from.data, from.len);
        len += from.len;
    }
    return (struct str){out, len};
}

// Percent-decoding; in a query '+' is a space (application/x-www-form-urlencoded).
static bool decode(struct arena *arena, struct str raw, bool is_query, struct str *ret)
{
    char *out = arena_alloc(arena, raw.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.data[i];
        if (c == '%') {
            int high = i + 1 < raw.len ? hex_digit(raw.data[i + 1]) : -1;
            int low = i + 2 < raw.len ? hex_digit(raw.data[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && is_query) {
            c = ' ';
        }
        if (is_control(c))
            return false;
        out[len++] = c;
    }
    *ret = (struct str){out, len};
    return str_eq(httptext_printable(arena, *ret), *ret);
}

// Cuts `s` at the first `c`: what is before it is returned, *rest is what follows.
static struct str cut(struct str s, char c, struct str *rest)
{
    const char *at = s.len ? memchr(s.data, c, s.len) : NULL;
    size_t len = at ? (size_t)(at - s.data) : s.len;
    size_t next = at ? len + 1 : s.len;
    *rest = (struct str){s.data + next, s.len - next};
    return (struct str){s.data, len};
}

static bool decode_query(struct arena *arena, struct str query, struct httptext_target *ret)
{
    while (query.len) {
        struct str value, pair = cut(query, '&', &query);
        if (!pair.len)
            continue;
        if (ret->parameter_count == HTTPTEXT_MAX_PARAMETERS)
            return false;
        struct str name = cut(pair, '=', &value);
        if (!decode(arena, name, true, &name) || !decode(arena, value, true, &value))
            return false;
        ret->parameters[ret->parameter_count++] =
            (struct httptext_parameter){name.data, value.data};
    }
    return true;
}

bool httptext_target(struct arena *arena, const char *raw, struct httptext_target *ret)
{
    struct str query, rest = str_from(raw);
    if (str_starts(rest, STR("http://"))) {
        const char *slash = strchr(raw + strlen("http://"), '/');
        rest = slash ? str_from(slash) : STR("/");
    }
    rest = cut(rest, '#', &query); // a fragment is never sent by a correct client
    struct httptext_target target = {0};
    struct str path = cut(rest, '?', &target.query);
    if (!path.len || path.data[0] != '/' || !decode(arena, path, false, &target.path))
        return false;
    target.has_parameters = decode_query(arena, target.query, &target);
    if (!target.has_parameters)
        target.parameter_count = 0;
    *ret = target;
    return true;
}

void httptext_take_parameter(struct arena *arena, struct str query, struct str name,
                             struct str *ret_value, struct str *ret_rest)
{
    char *rest = arena_alloc(arena, query.len + 1);
    size_t len = 0;
    *ret_value = STR("");
    while (query.len) {
        struct str raw_value, decoded, pair = cut(query, '&', &query);
        struct str raw_name = cut(pair, '=', &raw_value);
        if (decode(arena, raw_name, true, &decoded) && str_eq_nocase(decoded, name)) {
            if (!decode(arena, raw_value, true, ret_value))
                *ret_value = STR("");
            continue;
        }
        if (len)
            rest[len++] = '&';
        memcpy(rest + len, pair.data, pair.len);
        len += pair.len;
    }
    *ret_rest = (struct str){rest, len};
}

// The credentials after the scheme's name, which is compared without regard to case.
static bool after_scheme(const char *authorization, struct str scheme, struct str *ret)
{
    struct str rest, value = str_trim(str_from(authorization));
    if (!str_eq_nocase(cut(value, ' ', &rest), scheme))
        return false;
    *ret = str_trim(rest);
    return ret->len > 0;
}

bool httptext_bearer(const char *authorization, struct str *ret_token)
{
    return after_scheme(authorization, STR("Bearer"), ret_token);
}

bool httptext_basic(struct arena *arena, const char *authorization, struct str *ret_user,
                    struct str *ret_password)
{
    struct str coded, plain;
    if (!after_scheme(authorization, STR("Basic"), &coded) || !base64_decode(arena, coded, &plain))
        return false;
    if (!plain.len || !memchr(plain.data, ':', plain.len))
        return false;
    *ret_user = cut(plain, ':', ret_password);
    return true;
}

// The name or address without the port, an IPv6 address without its brackets.
static struct str host_of(struct str authority)
{
    struct str rest;
    if (authority.len && authority.data[0] == '[') {
        authority = (struct str){authority.data + 1, authority.len - 1};
        return cut(authority, ']', &rest);
    }
    return cut(authority, ':', &rest);
}

static bool is_ipv4_loopback(struct str host)
{
    int dots = 0;
    for (size_t i = 0; i < host.len; i++) {
        if (host.data[i] == '.')
            dots++;
        else if (host.data[i] < '0' || host.data[i] > '9')
            return false; // a name like 127.0.0.1.example.com
    }
    return dots == 3 && str_starts(host, STR("127."));
}

bool httptext_is_loopback(const char *host)
{
    struct str name = host_of(str_from(host));
    return str_eq_nocase(name, STR("localhost")) || str_eq(name, STR("::1")) ||
           is_ipv4_loopback(name);
}

bool httptext_is_same_origin(const char *origin, const char *host)
{
    struct str rest = str_from(origin);
    size_t skip = str_starts(rest, STR("http://"))    ? strlen("http://")
                  : str_starts(rest, STR("https://")) ? strlen("https://")
                                                      : 0;
    if (!skip || !host)
        return false;
    return str_eq_nocase((struct str){rest.data + skip, rest.len - skip}, str_from(host));
}
