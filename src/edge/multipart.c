// SPDX-License-Identifier: GPL-3.0-or-later
//
// Boundaries are looked for at the start of lines only, as RFC 2046 says; bytes between them are
// never looked into.

#include "edge/multipart.h"
#include "base/base64.h"
#include "base/clock.h"

#include <ctype.h>

enum { MAX_PARTS = 1000, MAX_BOUNDARY = 200, MAX_BODY_BYTES = 64 * 1024 * 1024 };

static struct str rest_of(struct str text, size_t from)
{
    return (struct str){text.data + from, text.len - from};
}

static struct str line_of(struct str text)
{
    const char *end = memchr(text.data, '\n', text.len);
    return (struct str){text.data, end ? (size_t)(end - text.data) + 1 : text.len};
}

// Blank lines may come first.
static struct str skip_blanks(struct str body)
{
    while (body.len && isspace((unsigned char)*body.data))
        body = rest_of(body, 1);
    return body;
}

bool multipart_is(struct str body)
{
    return str_starts(skip_blanks(body), STR("--"));
}

// --- one part ---

static bool header_is(struct str line, struct str name, struct str *ret)
{
    if (line.len < name.len || !str_eq_nocase((struct str){line.data, name.len}, name))
        return false;
    *ret = str_trim(rest_of(line, name.len));
    return true;
}

// Of quoted-printable: "=C3" is a byte, "=" at the end of a line is nothing.
static struct str plain_of(struct arena *arena, struct str coded)
{
    char *out = arena_alloc(arena, coded.len + 1), *to = out;
    for (size_t i = 0; i < coded.len; i++) {
        const char *c = coded.data + i;
        size_t left = coded.len - i;
        if (*c == '=' && left > 2 && isxdigit((unsigned char)c[1]) &&
            isxdigit((unsigned char)c[2])) {
            const char code[] = {c[1], c[2], '\0'};
            *to++ = (char)strtol(code, NULL, 16);
            i += 2;
        } else if (*c == '=' && left > 1 && (c[1] == '\n' || c[1] == '\r')) {
            i += c[1] == '\r' && left > 2 && c[2] == '\n' ? 2 : 1;
        } else {
            *to++ = *c;
        }
    }
    return (struct str){out, (size_t)(to - out)};
}

static struct str without_blanks(struct arena *arena, struct str text)
{
    char *out = arena_alloc(arena, text.len + 1), *to = out;
    for (size_t i = 0; i < text.len; i++) {
        if (!isspace((unsigned char)text.data[i]))
            *to++ = text.data[i];
    }
    return (struct str){out, (size_t)(to - out)};
}

static bool undo_encoding(struct arena *arena, struct str encoding, struct str *content,
                          struct err *err)
{
    if (str_eq_nocase(encoding, STR("quoted-printable")))
        *content = plain_of(arena, *content);
    else if (str_eq_nocase(encoding, STR("base64")) &&
             !base64_decode(arena, without_blanks(arena, *content), content))
        return err_set(err, ERR_INVALID, "a part is not the base64 that it says");
    return true;
}

static bool has_control_character(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.data[i] < ' ')
            return true;
    }
    return false;
}

static bool read_part(struct arena *arena, struct str text, struct multipart_part *ret,
                      struct err *err)
{
    *ret = (struct multipart_part){.id = STR(""), .media_type = STR("")};
    struct str encoding = STR("");
    while (text.len) {
        struct str line = line_of(text);
        text = rest_of(text, line.len);
        line = str_trim(line);
        if (line.len == 0)
            break; // the content follows
        (void)(header_is(line, STR("Content-ID:"), &ret->id) ||
               header_is(line, STR("Content-Type:"), &ret->media_type) ||
               header_is(line, STR("Content-Transfer-Encoding:"), &encoding));
    }
    if (ret->id.len > 1 && *ret->id.data == '<')
        ret->id = (struct str){ret->id.data + 1, ret->id.len - 2};
    ret->content = text;
    if (has_control_character(ret->id) || has_control_character(ret->media_type))
        return err_set(err, ERR_INVALID, "a part has a control character in its header");
    return undo_encoding(arena, encoding, &ret->content, err);
}

// --- all parts ---

// Where the next line that is the boundary begins; the length of the text when there is none.
static size_t find_boundary(struct str text, struct str boundary)
{
    for (size_t at = 0; at < text.len;) {
        const char *found = memmem(text.data + at, text.len - at, boundary.data, boundary.len);
        if (!found)
            break;
        at = (size_t)(found - text.data);
        if (at == 0 || text.data[at - 1] == '\n')
            return at;
        at++;
    }
    return text.len;
}

// The line break before a boundary is the boundary's.
static struct str without_break(struct str text)
{
    if (text.len && text.data[text.len - 1] == '\n')
        text.len--;
    if (text.len && text.data[text.len - 1] == '\r')
        text.len--;
    return text;
}

bool multipart_read(struct arena *arena, struct str body, struct multipart_part **ret,
                    size_t *ret_count, struct err *err)
{
    body = skip_blanks(body);
    struct str boundary = str_trim(line_of(body));
    if (!str_starts(boundary, STR("--")) || boundary.len < 3 || boundary.len > MAX_BOUNDARY)
        return err_set(err, ERR_INVALID, "it does not begin with a boundary of parts");
    *ret = arena_alloc(arena, MAX_PARTS * sizeof(**ret));
    *ret_count = 0;
    struct str left = rest_of(body, boundary.len);
    while (!str_starts(left, STR("--"))) { // which ends the last boundary
        left = rest_of(left, line_of(left).len);
        size_t end = find_boundary(left, boundary);
        if (end == left.len)
            return err_set(err, ERR_INVALID, "its last part has no end");
        if (*ret_count == MAX_PARTS)
            return err_set(err, ERR_TOO_LARGE, "it has more than %d parts", MAX_PARTS);
        struct str text = without_break((struct str){left.data, end});
        if (!read_part(arena, text, &(*ret)[(*ret_count)++], err))
            return false;
        left = rest_of(left, end + boundary.len);
    }
    return *ret_count > 0 || err_set(err, ERR_INVALID, "it has no part");
}

const char *multipart_boundary(struct arena *arena)
{
    char uuid[CLOCK_UUID_BYTES];
    clock_uuid(clock_now_ms(), uuid);
    return arena_printf(arena, "switchhook-%s", uuid);
}

const char *multipart_words(struct arena *arena, const struct multipart_part *part)
{
    return arena_printf(arena, "[cid:%.*s: %zu bytes of %.*s]", STR_ARG(part->id),
                        part->content.len, STR_ARG(part->media_type));
}

struct str multipart_write(struct arena *arena, const char *boundary,
                           const struct multipart_part *parts, size_t count)
{
    AUTO_BUF struct buf out;
    buf_init(&out, MAX_BODY_BYTES);
    for (size_t i = 0; i < count; i++) {
        buf_printf(&out,
                   "--%s\r\nContent-Type: %.*s\r\nContent-Transfer-Encoding: binary\r\n"
                   "Content-ID: <%.*s>\r\n\r\n",
                   boundary, STR_ARG(parts[i].media_type), STR_ARG(parts[i].id));
        buf_add_str(&out, parts[i].content);
        buf_printf(&out, "\r\n");
    }
    buf_printf(&out, "--%s--\r\n", boundary);
    return arena_copy(arena, buf_str(&out));
}
