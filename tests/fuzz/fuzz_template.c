// SPDX-License-Identifier: GPL-3.0-or-later
//
// Any text as a template, any JSON as its data. The first byte, "0" to "6", chooses the escaping; a
// line "%%" ends the template, another one the data, the rest is the partial `p`.

#include "core/template.h"

#include "fuzz.h"

enum { OUT_MAX_BYTES = 20000 };

static struct str cut(struct str *rest)
{
    static const char mark[] = "\n%%\n";
    const char *at = memmem(rest->data, rest->len, mark, sizeof(mark) - 1);
    struct str piece = {rest->data, at ? (size_t)(at - rest->data) : rest->len};
    size_t taken = piece.len + (at ? sizeof(mark) - 1 : 0);
    *rest = (struct str){rest->data + taken, rest->len - taken};
    return piece;
}

static bool find_partial(void *text, struct str name, struct str *ret_text)
{
    *ret_text = *(const struct str *)text;
    return str_eq(name, STR("p"));
}

static void note_name(void *context, struct str name, struct template_place place)
{
    (void)context;
    require(name.len > 0 && place.line > 0 && place.column > 0);
}

static void check_render(const struct template *template, const struct json *data)
{
    AUTO_BUF struct buf out;
    buf_init(&out, OUT_MAX_BYTES);
    struct err err;
    if (template_render(template, data, &out, &err))
        require(json_utf8_prefix(buf_str(&out)) == out.len);
    else
        require(err.code == ERR_TOO_LARGE && out.len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size == 0)
        return 0;
    AUTO_ARENA struct arena *arena = arena_new();
    const struct json_limits limits = {.depth = 16, .values = 1000};
    enum template_escape escape = bytes[0] % (TEMPLATE_HEADER + 1);
    struct str rest = {(const char *)bytes + 1, size - 1};
    struct str text = cut(&rest), data_text = cut(&rest);
    struct json *data;
    struct err err;
    if (!json_parse(arena, data_text, &limits, &data, &err))
        data = json_object(arena);

    struct template *template;
    struct template_place place = {0};
    if (template_compile(text, escape, find_partial, &rest, &template, &place, &err)) {
        template_visit(template, note_name, NULL);
        check_render(template, data);
        template_free(template);
    } else {
        require(err.code == ERR_INVALID && place.line > 0 && place.column > 0);
        require(json_utf8_prefix(str_from(err.text)) == strlen(err.text));
    }
    return 0;
}
