// SPDX-License-Identifier: GPL-3.0-or-later
//
// Any text as a template, any JSON as its data. The first byte chooses the escaping (modulo 7),
// tags like #this# (bit 0x40) and that missing values are left out (bit 0x08); a line "%%" ends the
// template, another one the data, the rest is the partial `p`. There is one map, `m`.

#include "core/mark.h"
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

static void note_unmapped(void *context, const struct value_map *map, struct str value)
{
    (void)context;
    require(map->name && json_utf8_prefix(value) == value.len);
}

static void check_json(struct arena *arena, struct str text)
{
    const struct json_limits limits = {.depth = 16, .values = 10000};
    AUTO_BUF struct buf out;
    buf_init(&out, 10 * OUT_MAX_BYTES);
    struct json *value;
    struct err err;
    mark_drop_commas((char *)text.data, text.len);
    if (!json_parse(arena, text, &limits, &value, &err) || !mark_resolve_json(arena, value, &err))
        return;
    json_write(&out, value, JSON_COMPACT);
    require(!mark_is_in(buf_str(&out)));
}

// Whatever the text is, no mark stays when it is resolved as one language or another.
static void check_marks(struct arena *arena, struct str text)
{
    struct str kept;
    struct err err;
    mark_judge(arena, text, &kept);
    require(!mark_is_in(kept));
    require(!mark_is_in(mark_resolve_form(arena, text, true)));
    if (mark_resolve_url(arena, text, &kept, &err))
        require(!mark_is_in(kept));
    check_json(arena, arena_copy(arena, text));
}

static void check_render(const struct template *template, const struct json *data)
{
    AUTO_ARENA struct arena *arena = arena_new();
    AUTO_BUF struct buf out;
    buf_init(&out, OUT_MAX_BYTES);
    struct err err;
    if (!template_render_telling(template, data, note_unmapped, NULL, &out, &err)) {
        require((err.code == ERR_TOO_LARGE || err.code == ERR_INVALID) && out.len == 0);
        require(json_utf8_prefix(str_from(err.text)) == strlen(err.text));
        return;
    }
    require(json_utf8_prefix(buf_str(&out)) == out.len);
    check_marks(arena, buf_str(&out));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size == 0)
        return 0;
    AUTO_ARENA struct arena *arena = arena_new();
    const struct json_limits limits = {.depth = 16, .values = 1000};
    struct value_map_entry entries[] = {{{"a", 1}, {"b", 1}}, {{"b", 1}, {"", 0}}};
    struct value_map map = {
        .name = "m", .policy = bytes[0] % UNMAPPED_DEFAULT, .ignore_case = true};
    value_map_index(arena, &map, entries, COUNT_OF(entries));
    const struct filter_maps maps = {&map, 1};
    struct str rest = {(const char *)bytes + 1, size - 1};
    struct str text = cut(&rest), data_text = cut(&rest);
    struct json *data;
    struct err err;
    if (!json_parse(arena, data_text, &limits, &data, &err))
        data = json_object(arena);

    const struct template_options options = {
        .escape = bytes[0] % (TEMPLATE_HEADER + 1),
        .partial = find_partial,
        .partial_context = &rest,
        .maps = &maps,
        .missing = bytes[0] & 0x08 ? MISSING_OMIT : MISSING_UNSAID,
        .has_hash_tags = bytes[0] & 0x40,
    };
    struct template *template;
    struct template_place place = {0};
    if (template_compile_as(text, &options, &template, &place, &err)) {
        template_visit(template, note_name, NULL);
        check_render(template, data);
        template_free(template);
    } else {
        require(err.code == ERR_INVALID && place.line > 0 && place.column > 0);
        require(json_utf8_prefix(str_from(err.text)) == strlen(err.text));
    }
    return 0;
}
