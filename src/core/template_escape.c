// SPDX-License-Identifier: GPL-3.0-or-later
//
// Text made safe for the language it goes into. Knows each language's rules and nothing of tags.
// Each replacer takes one special character off the front and says how many bytes that was.

#include "core/template_program.h"

typedef bool special_fn(unsigned char c);
typedef size_t replace_fn(struct buf *out, const unsigned char *at, size_t left);

#define REPLACEMENT STR("\xef\xbf\xbd") // U+FFFD

// Copies runs of plain bytes; inlined for each language, so the tests cost no calls.
static inline __attribute__((always_inline)) void
write_replaced(struct buf *out, struct str text, special_fn *is_special, replace_fn *replace)
{
    const unsigned char *data = (const unsigned char *)text.data;
    size_t plain_from = 0;
    for (size_t i = 0; i < text.len;) {
        if (!is_special(data[i])) {
            i++;
            continue;
        }
        buf_add(out, data + plain_from, i - plain_from);
        i += replace(out, data + i, text.len - i);
        plain_from = i;
    }
    buf_add(out, data + plain_from, text.len - plain_from);
}

static struct str entity(unsigned char c)
{
    switch (c) {
    case '&':
        return STR("&amp;");
    case '<':
        return STR("&lt;");
    case '>':
        return STR("&gt;");
    case '"':
        return STR("&quot;");
    default:
        return STR("&#39;");
    }
}

static bool is_special_html(unsigned char c)
{
    return c == '&' || c == '<' || c == '>' || c == '"' || c == '\'';
}

static size_t replace_html(struct buf *out, const unsigned char *at, size_t left)
{
    (void)left;
    buf_add_str(out, entity(*at));
    return 1;
}

// 0xef starts U+FFFE and U+FFFF, which XML 1.0 section 2.2 forbids like most control characters.
static bool is_special_xml(unsigned char c)
{
    return is_special_html(c) || c < ' ' || c == 0xef;
}

static size_t replace_xml(struct buf *out, const unsigned char *at, size_t left)
{
    if (*at == 0xef) {
        bool is_forbidden = left >= 3 && at[1] == 0xbf && at[2] >= 0xbe;
        buf_add_str(out, is_forbidden ? REPLACEMENT : (struct str){(const char *)at, 1});
        return is_forbidden ? 3 : 1;
    }
    if (*at == '\t' || *at == '\n' || *at == '\r') // as they are, attributes would make them spaces
        buf_printf(out, "&#%d;", *at);
    else
        buf_add_str(out, *at < ' ' ? REPLACEMENT : entity(*at));
    return 1;
}

static bool is_alphanumeric(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_special_url(unsigned char c)
{
    return !is_alphanumeric(c) && c != '-' && c != '.' && c != '_' && c != '~';
}

static size_t replace_url(struct buf *out, const unsigned char *at, size_t left)
{
    static const char digits[] = "0123456789ABCDEF";
    (void)left;
    buf_add(out, (char[]){'%', digits[*at >> 4], digits[*at & 15]}, 3);
    return 1;
}

static bool is_special_form(unsigned char c)
{
    return !is_alphanumeric(c) && c != '-' && c != '.' && c != '_' && c != '*';
}

static size_t replace_form(struct buf *out, const unsigned char *at, size_t left)
{
    if (*at != ' ')
        return replace_url(out, at, left);
    buf_add_char(out, '+');
    return 1;
}

static bool is_special_header(unsigned char c)
{
    return c < ' ' || c == 0x7f;
}

static size_t replace_header(struct buf *out, const unsigned char *at, size_t left)
{
    (void)at, (void)left;
    buf_add_char(out, ' ');
    return 1;
}

void template_write_escaped(struct buf *out, struct str text, enum template_escape escape)
{
    switch (escape) {
    case TEMPLATE_TEXT:
        buf_add_str(out, text);
        break;
    case TEMPLATE_XML:
        write_replaced(out, text, is_special_xml, replace_xml);
        break;
    case TEMPLATE_HTML:
        write_replaced(out, text, is_special_html, replace_html);
        break;
    case TEMPLATE_JSON:
        json_write_escaped(out, text);
        break;
    case TEMPLATE_URL:
        write_replaced(out, text, is_special_url, replace_url);
        break;
    case TEMPLATE_FORM:
        write_replaced(out, text, is_special_form, replace_form);
        break;
    case TEMPLATE_HEADER:
        write_replaced(out, text, is_special_header, replace_header);
        break;
    }
}

static size_t count_digits(struct str *text)
{
    size_t count = 0;
    while (count < text->len && text->data[count] >= '0' && text->data[count] <= '9')
        count++;
    *text = (struct str){text->data + count, text->len - count};
    return count;
}

static bool take_char(struct str *text, const char *set)
{
    if (!text->len || !text->data[0] || !strchr(set, text->data[0]))
        return false;
    *text = (struct str){text->data + 1, text->len - 1};
    return true;
}

// A number of JSON's grammar that each reader holds as it is: 15 digits are exact in a double.
static bool is_number(struct str text)
{
    enum { EXACT_DIGITS = 15, EXPONENT_DIGITS = 2 };
    take_char(&text, "-");
    bool starts_with_zero = text.len && text.data[0] == '0';
    size_t whole = count_digits(&text), fraction = 0;
    if (!whole || (starts_with_zero && whole > 1))
        return false;
    if (take_char(&text, ".") && !(fraction = count_digits(&text)))
        return false;
    if (take_char(&text, "eE")) {
        take_char(&text, "+-");
        size_t exponent = count_digits(&text);
        if (!exponent || exponent > EXPONENT_DIGITS)
            return false;
    }
    return !text.len && whole + fraction <= EXACT_DIGITS;
}

void template_write_value(struct buf *out, const struct json *value)
{
    if (!value) {
        buf_add_str(out, STR("null"));
    } else if (value->kind == JSON_STRING &&
               (is_number(value->string) || str_eq(value->string, STR("true")) ||
                str_eq(value->string, STR("false")))) {
        buf_add_str(out, value->string);
    } else {
        json_write(out, value, JSON_COMPACT);
    }
}
