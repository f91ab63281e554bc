// SPDX-License-Identifier: GPL-3.0-or-later
//
// Masking. The forms are made once; a text is then read once, and most of its bytes cost one look
// into a table of first bytes. At each place the longest form counts, so a secret that is the start
// of another one does not leave the rest of that readable.

#include "edge/mask.h"
#include "core/template.h"

enum { MAX_FORM_BYTES = 64 * 1024 };

struct mask {
    struct arena *arena;
    struct str *forms; // the longest first, no two alike
    size_t count, capacity;
    bool is_first[256]; // some form starts with this byte
};

struct mask *mask_new(void)
{
    struct mask *mask = mem_alloc(sizeof(*mask));
    mask->arena = arena_new();
    return mask;
}

void mask_free(struct mask *mask)
{
    if (!mask)
        return;
    arena_free(mask->arena);
    free(mask->forms);
    free(mask);
}

static void add_form(struct mask *mask, struct str form)
{
    for (size_t i = 0; i < mask->count; i++) {
        if (str_eq(mask->forms[i], form))
            return;
    }
    if (mask->count == mask->capacity) {
        mask->capacity = mask->capacity ? mask->capacity * 2 : 16;
        mask->forms = mem_grow(mask->forms, mask->capacity * sizeof(*mask->forms));
    }
    size_t at = mask->count++;
    for (; at > 0 && mask->forms[at - 1].len < form.len; at--)
        mask->forms[at] = mask->forms[at - 1];
    mask->forms[at] = arena_copy(mask->arena, form);
    mask->is_first[(unsigned char)form.data[0]] = true;
}

// --- forms ---

// As SOAP engines write it: only what has to be escaped is, other than in our templates.
static void write_xml(struct buf *out, struct str text, const char *escaped)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (!strchr(escaped, c))
            buf_add_char(out, c);
        else
            buf_add_str(out, c == '&'   ? STR("&amp;")
                             : c == '<' ? STR("&lt;")
                             : c == '>' ? STR("&gt;")
                                        : STR("&quot;"));
    }
}

static void write_base64(struct buf *out, struct str bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        unsigned group = 0;
        for (size_t j = 0; j < 3; j++)
            group = group << 8 | (j < left ? (unsigned char)bytes.data[i + j] : 0);
        buf_add_char(out, digits[group >> 18]);
        buf_add_char(out, digits[group >> 12 & 63]);
        buf_add_char(out, left > 1 ? digits[group >> 6 & 63] : '=');
        buf_add_char(out, left > 2 ? digits[group & 63] : '=');
    }
}

static void add_base64(struct mask *mask, struct str bytes)
{
    AUTO_BUF struct buf form;
    buf_init(&form, MAX_FORM_BYTES);
    write_base64(&form, bytes);
    add_form(mask, buf_str(&form));
}

void mask_add(struct mask *mask, struct str secret)
{
    static const enum template_escape escapes[] = {TEMPLATE_TEXT, TEMPLATE_XML, TEMPLATE_HTML,
                                                   TEMPLATE_JSON, TEMPLATE_URL, TEMPLATE_FORM};
    static const char *const xml_escapes[] = {"&<>", "&<\""}; // in text, in attributes
    if (secret.len == 0)
        return;
    AUTO_BUF struct buf form;
    buf_init(&form, MAX_FORM_BYTES);
    for (size_t i = 0; i < COUNT_OF(escapes); i++) {
        buf_clear(&form);
        template_write_escaped(&form, secret, escapes[i]);
        add_form(mask, buf_str(&form));
    }
    for (size_t i = 0; i < COUNT_OF(xml_escapes); i++) {
        buf_clear(&form);
        write_xml(&form, secret, xml_escapes[i]);
        add_form(mask, buf_str(&form));
    }
    add_base64(mask, secret);
}

void mask_add_basic(struct mask *mask, struct str user, struct str password)
{
    AUTO_BUF struct buf both;
    buf_init(&both, MAX_FORM_BYTES);
    buf_add_str(&both, user);
    buf_add_char(&both, ':');
    buf_add_str(&both, password);
    add_base64(mask, buf_str(&both));
    mask_add(mask, password);
}

// --- masking ---

// The length of the longest form at the start of a text, 0 when there is none.
static size_t match(const struct mask *mask, const char *data, size_t left)
{
    if (!mask->is_first[(unsigned char)*data])
        return 0;
    for (size_t i = 0; i < mask->count; i++) {
        if (str_starts((struct str){data, left}, mask->forms[i]))
            return mask->forms[i].len;
    }
    return 0;
}

struct str mask_apply(const struct mask *mask, struct arena *arena, struct str text)
{
    AUTO_BUF struct buf out;
    buf_init(&out, SIZE_MAX / 2);
    size_t copied = 0, masked_until = 0;
    for (size_t i = 0; i < text.len; i++) {
        size_t len = match(mask, text.data + i, text.len - i);
        if (len == 0)
            continue;
        if (i > masked_until || masked_until == 0) {
            buf_add(&out, text.data + copied, i - copied);
            buf_add_str(&out, STR("[masked]"));
        }
        if (masked_until < i + len)
            masked_until = i + len;
        copied = masked_until;
    }
    if (masked_until == 0)
        return text;
    buf_add(&out, text.data + copied, text.len - copied);
    return arena_copy(arena, buf_str(&out));
}
