// SPDX-License-Identifier: GPL-3.0-or-later
//
// Resolving marks. They begin with the bytes EF B7, which no escaper of a URL or a form ever
// writes, and which stand for nothing else in UTF-8 than a few Arabic letters.

#include "core/mark.h"

enum { MARK_BYTES = 3 };

// The first mark at or after `from`, or text.len.
static size_t find_mark(struct str text, size_t from)
{
    while (from + MARK_BYTES <= text.len) {
        const char *at = memmem(text.data + from, text.len - from, "\xef\xb7", 2);
        if (!at || at + MARK_BYTES > text.data + text.len)
            break;
        unsigned char last = (unsigned char)at[2];
        if (last >= 0x90 && last <= 0x92)
            return (size_t)(at - text.data);
        from = (size_t)(at - text.data) + 2;
    }
    return text.len;
}

bool mark_is_in(struct str text)
{
    return find_mark(text, 0) < text.len;
}

void mark_neutralise(char *text, size_t len)
{
    struct str all = {text, len};
    for (size_t at = find_mark(all, 0); at < len; at = find_mark(all, at))
        memcpy(text + at, "\xef\xbf\xbd", MARK_BYTES);
}

enum mark_verdict mark_judge(struct arena *arena, struct str text, struct str *ret_text)
{
    size_t at = find_mark(text, 0), from = 0, len = 0;
    if (at == text.len) {
        *ret_text = text;
        return MARK_KEEPS;
    }
    bool omits = false, nils = false;
    char *kept = arena_alloc(arena, text.len + 1);
    for (;; at = find_mark(text, from)) {
        memcpy(kept + len, text.data + from, at - from);
        len += at - from;
        if (at == text.len)
            break;
        struct str mark = {text.data + at, MARK_BYTES};
        omits = omits || str_eq(mark, MARK_OMIT);
        nils = nils || str_eq(mark, MARK_NIL);
        from = at + MARK_BYTES;
    }
    *ret_text = (struct str){kept, len};
    if (omits)
        return MARK_OMITS;
    if (nils)
        return MARK_NILS;
    return str_trim(*ret_text).len ? MARK_KEEPS : MARK_OMITS;
}

// --- JSON ---

// What becomes of a value; containers keep what is left of them.
static enum mark_verdict resolve_value(struct arena *arena, struct json *value)
{
    size_t kept = 0;
    if (value->kind == JSON_STRING)
        return mark_judge(arena, value->string, &value->string);
    if (value->kind == JSON_ARRAY) {
        for (size_t i = 0; i < value->array.count; i++) {
            enum mark_verdict verdict = resolve_value(arena, value->array.items[i]);
            if (verdict == MARK_NILS)
                value->array.items[i] = json_null(arena);
            if (verdict != MARK_OMITS)
                value->array.items[kept++] = value->array.items[i];
        }
        value->array.count = kept;
    } else if (value->kind == JSON_OBJECT) {
        for (size_t i = 0; i < value->object.count; i++) {
            struct json_member member = value->object.members[i];
            bool has_name = mark_judge(arena, member.name, &member.name) == MARK_KEEPS;
            enum mark_verdict verdict = resolve_value(arena, member.value);
            if (verdict == MARK_NILS)
                member.value = json_null(arena);
            if (has_name && verdict != MARK_OMITS)
                value->object.members[kept++] = member;
        }
        value->object.count = kept;
    }
    return MARK_KEEPS;
}

bool mark_resolve_json(struct arena *arena, struct json *value, struct err *err)
{
    switch (resolve_value(arena, value)) {
    case MARK_OMITS:
        return err_set(err, ERR_INVALID, "omit leaves nothing of the whole value");
    case MARK_NILS:
        *value = *json_null(arena);
        return true;
    default:
        return true;
    }
}

void mark_drop_commas(char *text, size_t len)
{
    bool in_string = false;
    char *comma = NULL; // with only white space after it so far
    for (char *at = text; at < text + len; at++) {
        if (in_string) {
            if (*at == '\\')
                at++;
            else
                in_string = *at != '"';
            continue;
        }
        if (comma && (*at == ']' || *at == '}'))
            *comma = ' ';
        in_string = *at == '"';
        if (*at == ',')
            comma = at;
        else if (!strchr(" \t\r\n", *at))
            comma = NULL;
    }
}

// --- forms and URLs ---

// Copies the fields of a&b&c that are kept.
static struct str keep_fields(struct arena *arena, struct str fields)
{
    char *kept = arena_alloc(arena, fields.len + 1);
    size_t len = 0;
    for (size_t from = 0; from <= fields.len;) {
        const char *end = memchr(fields.data + from, '&', fields.len - from);
        struct str field = {fields.data + from,
                            (end ? (size_t)(end - fields.data) : fields.len) - from};
        from += field.len + 1;
        const char *equals = memchr(field.data, '=', field.len);
        size_t name_len = equals ? (size_t)(equals - field.data) + 1 : 0;
        struct str name = {field.data, name_len}, text;
        struct str value = {field.data + name_len, field.len - name_len};
        if (mark_is_in(name) || mark_judge(arena, value, &text) != MARK_KEEPS)
            continue;
        if (len)
            kept[len++] = '&';
        memcpy(kept + len, name.data, name.len);
        memcpy(kept + len + name.len, text.data, text.len);
        len += name.len + text.len;
    }
    return (struct str){kept, len};
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

// What stands in a form raw is layout: values have theirs encoded.
static struct str join_lines(struct arena *arena, struct str body)
{
    char *joined = arena_alloc(arena, body.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < body.len; i++) {
        char c = body.data[i];
        if (c == '\n' || c == '\r') {
            while (len && is_blank(joined[len - 1]))
                len--;
            while (i + 1 < body.len && is_blank(body.data[i + 1]))
                i++;
        } else {
            joined[len++] = c;
        }
    }
    return (struct str){joined, len};
}

struct str mark_resolve_form(struct arena *arena, struct str body, bool has_marks)
{
    if (memchr(body.data, '\n', body.len) || memchr(body.data, '\r', body.len))
        body = join_lines(arena, body);
    return has_marks && mark_is_in(body) ? keep_fields(arena, body) : body;
}

bool mark_resolve_url(struct arena *arena, struct str url, struct str *ret, struct err *err)
{
    if (!mark_is_in(url)) {
        *ret = url;
        return true;
    }
    const char *query = memchr(url.data, '?', url.len);
    struct str path = {url.data, query ? (size_t)(query - url.data) : url.len}, kept_path;
    if (memmem(path.data, path.len, MARK_OMIT.data, MARK_OMIT.len))
        return err_set(err, ERR_INVALID, "omit stands in the path, which has to be whole");
    mark_judge(arena, path, &kept_path);
    struct str fields = STR("");
    if (query)
        fields = keep_fields(arena, (struct str){query + 1, url.len - path.len - 1});
    *ret = str_from(arena_printf(arena, "%.*s%s%.*s", STR_ARG(kept_path), fields.len ? "?" : "",
                                 STR_ARG(fields)));
    return true;
}
