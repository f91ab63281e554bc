// SPDX-License-Identifier: GPL-3.0-or-later
//
// Characters and steps of paths; looks at no file.

#include "flow/wsdl_name.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { MAX_NAME = 64, MAX_FILE_NAME = 80, MAX_PATH = 400 };

static bool is_plain(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-';
}

bool wsdl_name_is_fit(struct str name)
{
    if (name.len == 0 || name.len > MAX_NAME || !isalnum((unsigned char)name.data[0]))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        if (!is_plain(name.data[i]))
            return false;
    }
    return true;
}

// The last step, without the query; "svc" of "http://host/a/svc?wsdl" and of "/a/svc/".
static struct str last_step(const char *place)
{
    const char *scheme = strstr(place, "://");
    const char *start = scheme ? scheme + 3 : place;
    struct str path = {start, scheme ? strcspn(start, "?#") : strlen(start)};
    while (path.len && path.data[path.len - 1] == '/')
        path.len--;
    if (scheme && !memchr(path.data, '/', path.len))
        return STR(""); // a host is no name
    for (size_t i = path.len; i > 0; i--) {
        if (path.data[i - 1] == '/')
            return (struct str){path.data + i, path.len - i};
    }
    return path;
}

// Each run of other characters as one `_`, none at the ends.
static struct str plain_text(struct arena *arena, struct str text, const char *more, size_t max)
{
    char *copy = arena_alloc(arena, max + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len && len < max; i++) {
        char c = text.data[i];
        bool is_kept = is_plain(c) || (c && strchr(more, c));
        if (is_kept)
            copy[len++] = c;
        else if (len && copy[len - 1] != '_')
            copy[len++] = '_';
    }
    while (len && copy[len - 1] == '_')
        len--;
    copy[len] = '\0';
    while (len && !isalnum((unsigned char)*copy))
        copy++, len--;
    return (struct str){copy, len};
}

static struct str without_ending(struct str name)
{
    static const char *const endings[] = {".wsdl", ".asmx", ".svc", ".php", ".xml", ".jws"};
    for (size_t i = 0; i < COUNT_OF(endings); i++) {
        size_t len = strlen(endings[i]);
        if (name.len > len && strncasecmp(name.data + name.len - len, endings[i], len) == 0)
            return (struct str){name.data, name.len - len};
    }
    return name;
}

bool wsdl_name_of(struct arena *arena, const char *place, const char **ret, struct err *err)
{
    struct str name = plain_text(arena, without_ending(last_step(place)), "", MAX_NAME);
    if (!wsdl_name_is_fit(name))
        return err_set(err, ERR_INVALID, "%s: no name can be made of this: say --name NAME", place);
    *ret = arena_copy(arena, name).data;
    return true;
}

bool wsdl_path_is_plain(struct str path)
{
    size_t step = 0;
    for (size_t i = 0; i <= path.len; i++) {
        if (i < path.len && path.data[i] != '/') {
            if (!is_plain(path.data[i]) && path.data[i] != '.')
                return false;
            continue;
        }
        if (i == step || path.data[step] == '.') // empty, hidden, `.` or `..`
            return false;
        step = i + 1;
    }
    return path.len <= MAX_PATH;
}

const char *wsdl_file_name(struct arena *arena, const char *place)
{
    const char *query = strstr(place, "://") ? strchr(place, '?') : NULL;
    const char *value = query ? strchr(query, '=') : NULL; // "http://host/svc?xsd=types.xsd"
    struct str step = last_step(place);
    if (value && strchr(value, '.'))
        step = str_from(value + 1);
    else if (value)
        step = str_from(arena_printf(arena, "%.*s-%s", STR_ARG(step), value + 1));
    struct str name = plain_text(arena, step, ".", MAX_FILE_NAME);
    return name.len ? arena_copy(arena, name).data : "file";
}

const char *wsdl_path_follow(struct arena *arena, const char *from, const char *location)
{
    const char *slash = strrchr(from, '/');
    size_t len = slash ? (size_t)(slash - from) : 0;
    char *path = arena_alloc(arena, len + strlen(location) + 2);
    memcpy(path, from, len);
    for (const char *at = location; *at;) {
        size_t step = strcspn(at, "/");
        if (step == 0)
            return NULL; // of the root, or a URL
        if (step == 2 && strncmp(at, "..", 2) == 0) {
            if (len == 0)
                return NULL;
            while (len && path[len - 1] != '/')
                len--;
            len -= len > 0;
        } else if (step != 1 || *at != '.') {
            if (len)
                path[len++] = '/';
            memcpy(path + len, at, step);
            len += step;
        }
        at += step + (at[step] == '/');
    }
    path[len] = '\0';
    return wsdl_path_is_plain((struct str){path, len}) ? path : NULL;
}
