// SPDX-License-Identifier: GPL-3.0-or-later
//
// XML and JSON laid out for reading. XML is not parsed: only the seam between two tags is touched,
// so whatever is not well-formed comes out as it went in, with some line ends too many.

#include "core/json.h"
#include "flow/page_text.h"

enum { GROWTH_MAX = 4, INDENT_MAX = 40 };

static const struct json_limits limits = {.depth = 64, .values = 100000};

static void new_line(struct buf *out, int depth)
{
    buf_add_char(out, '\n');
    for (int i = 0; i < depth && i < INDENT_MAX; i++)
        buf_add(out, "  ", 2);
}

// Bytes of the markup that starts at `s`: a tag, a comment, a CDATA section; all of it when it does
// not end.
static size_t markup_length(struct str s)
{
    struct str end = STR(">");
    if (str_starts(s, STR("<!--")))
        end = STR("-->");
    else if (str_starts(s, STR("<![CDATA[")))
        end = STR("]]>");
    const char *at = memmem(s.data, s.len, end.data, end.len);
    return at ? (size_t)(at - s.data) + end.len : s.len;
}

static size_t text_length(struct str s)
{
    const char *at = memchr(s.data, '<', s.len);
    return at ? (size_t)(at - s.data) : s.len;
}

static void indent_xml(struct buf *out, struct str xml)
{
    int depth = 0;
    bool is_after_markup = false, is_after_start = false;
    while (xml.len) {
        size_t len = xml.data[0] == '<' ? markup_length(xml) : text_length(xml);
        struct str part = {xml.data, len};
        bool is_markup = part.data[0] == '<';
        bool is_end = str_starts(part, STR("</"));
        bool is_start = is_markup && !is_end && len > 2 && part.data[1] != '!' &&
                        part.data[1] != '?' && part.data[len - 2] != '/';
        depth -= is_end && depth > 0;
        if (is_markup && is_after_markup && !(is_end && is_after_start))
            new_line(out, depth);
        bool is_seam = !is_markup && is_after_markup && str_trim(part).len == 0 && len < xml.len;
        if (!is_seam) {
            buf_add_str(out, part);
            is_after_markup = is_markup;
            is_after_start = is_start;
        }
        depth += is_start;
        xml = (struct str){xml.data + len, xml.len - len};
    }
}

static void indent_json(struct buf *out, struct arena *arena, struct str text)
{
    struct json *tree;
    struct err err;
    if (json_parse(arena, text, &limits, &tree, &err))
        json_write(out, tree, JSON_INDENTED);
}

struct str page_text_pretty(struct arena *arena, struct str text)
{
    AUTO_BUF struct buf out;
    buf_init(&out, text.len * GROWTH_MAX + 1024);
    struct str inside = str_trim(text);
    if (str_starts(inside, STR("<")))
        indent_xml(&out, inside);
    else if (str_starts(inside, STR("{")) || str_starts(inside, STR("[")))
        indent_json(&out, arena, inside);
    struct str pretty = buf_str(&out);
    return out.overflowed || str_eq(pretty, inside) ? STR("") : arena_copy(arena, pretty);
}
