// SPDX-License-Identifier: GPL-3.0-or-later
//
// Rewrites texts piece by piece. What surprises: a tag in a CDATA section of XML would be escaped
// and not be read back as such, so sections that hold tags are written as ordinary text.

#include "flow/import_text.h"

#include "core/catalogue.h"

#include <ctype.h>

enum { TAG_MAX_BYTES = 64, SECRET_MIN_BYTES = 4 };

void import_texts_init(struct import_texts *texts, struct import_notes *notes, const char *label)
{
    *texts = (struct import_texts){
        .arena = notes->arena, .notes = notes, .label = label, .open = "{{", .close = "}}"};
}

// --- tags ---

static bool is_tag_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.';
}

// The name of the #tag# that stands at `at`; empty when none does.
static struct str tag_at(struct str text, size_t at)
{
    size_t end = at + 1;
    if (text.data[at] != '#')
        return STR("");
    while (end < text.len && is_tag_byte(text.data[end]))
        end++;
    size_t len = end - at - 1;
    bool is_tag = end < text.len && text.data[end] == '#' && len && len <= TAG_MAX_BYTES;
    return is_tag ? (struct str){text.data + at + 1, len} : STR("");
}

bool import_has_tags(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (tag_at(text, i).len)
            return true;
    }
    return false;
}

static const char *nearest_element(struct str name)
{
    size_t count;
    const struct catalogue_element *elements = catalogue_elements(&count);
    AUTO_FREE const char **names = mem_alloc(count * sizeof(*names));
    for (size_t i = 0; i < count; i++)
        names[i] = elements[i].name;
    return err_nearest(name, names, count);
}

static void note_unknown(struct import_texts *texts, struct str name)
{
    for (size_t i = 0; i < texts->unknown_count; i++) {
        if (str_eq(texts->unknown[i], name))
            return;
    }
    if (texts->unknown_count == texts->unknown_capacity) {
        texts->unknown_capacity = texts->unknown_capacity ? texts->unknown_capacity * 2 : 8;
        struct str *grown = arena_alloc(texts->arena, texts->unknown_capacity * sizeof(*grown));
        if (texts->unknown_count)
            memcpy(grown, texts->unknown, texts->unknown_count * sizeof(*grown));
        texts->unknown = grown;
    }
    texts->unknown[texts->unknown_count++] = name;
    const char *nearest = nearest_element(name);
    import_note(texts->notes, texts->label, "#%.*s# is in no catalogue%s%s%s", STR_ARG(name),
                nearest ? "; did you mean #" : "", nearest ? nearest : "", nearest ? "#?" : "");
}

// Replacing codes by words is for what can hold codes.
static bool may_be_mapped(const struct catalogue_element *element, struct str name)
{
    if (str_eq(name, STR("uii")) || !element)
        return element == NULL;
    switch (element->type) {
    case ELEMENT_DURATION:
    case ELEMENT_DATETIME:
    case ELEMENT_DATE:
    case ELEMENT_PHONE:
    case ELEMENT_EMAIL:
    case ELEMENT_URL:
        return false;
    default:
        return true;
    }
}

static void write_tag(struct import_texts *texts, struct buf *out, struct str tag)
{
    const struct catalogue_element *element = catalogue_find(tag);
    struct str name = texts->keeps_tags ? tag : catalogue_name(tag);
    if (!element)
        note_unknown(texts, tag);
    else if (element->mark == MARK_UNRESOLVED)
        import_note(texts->notes, texts->label,
                    "#%.*s# is known to arrive unresolved from the platform", STR_ARG(tag));
    buf_printf(out, "%s%.*s", texts->open, STR_ARG(name));
    if (texts->map && may_be_mapped(element, name))
        buf_printf(out, " | map \"%s\"", texts->map);
    buf_printf(out, "%s", texts->close);
}

// --- secrets ---

bool import_is_secret(struct str name)
{
    static const char *const words[] = {"password", "passwd", "pwd",       "passphrase",   "secret",
                                        "token",    "apikey", "accesskey", "authorization"};
    char plain[TAG_MAX_BYTES];
    size_t len = 0;
    for (size_t i = 0; i < name.len && len + 1 < sizeof(plain); i++) {
        if (isalnum((unsigned char)name.data[i]))
            plain[len++] = (char)tolower((unsigned char)name.data[i]);
    }
    plain[len] = '\0';
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (strstr(plain, words[i]))
            return true;
    }
    return false;
}

static const char *secret_name(struct arena *arena, struct str name)
{
    struct str copy = arena_copy(arena, name);
    char *bytes = (char *)copy.data;
    for (size_t i = 0; i < copy.len; i++)
        bytes[i] = isalnum((unsigned char)bytes[i]) ? (char)tolower((unsigned char)bytes[i]) : '_';
    bytes[copy.len < 32 ? copy.len : 32] = '\0';
    return bytes;
}

static struct import_secret *add_secret(struct import_texts *texts, struct str name,
                                        struct str value)
{
    const char *base = secret_name(texts->arena, name), *unique = base;
    size_t number = 1;
    for (size_t i = 0; i < texts->secret_count; i++) {
        if (str_eq(texts->secrets[i].value, value))
            return &texts->secrets[i];
        if (strcmp(texts->secrets[i].name, unique) == 0) {
            unique = arena_printf(texts->arena, "%s_%zu", base, ++number);
            i = (size_t)-1; // the new name has to be looked for from the start
        }
    }
    if (texts->secret_count == texts->secret_capacity) {
        texts->secret_capacity = texts->secret_capacity ? texts->secret_capacity * 2 : 4;
        struct import_secret *grown =
            arena_alloc(texts->arena, texts->secret_capacity * sizeof(*grown));
        if (texts->secret_count)
            memcpy(grown, texts->secrets, texts->secret_count * sizeof(*grown));
        texts->secrets = grown;
    }
    struct import_secret *secret = &texts->secrets[texts->secret_count++];
    *secret = (struct import_secret){.name = unique, .value = value};
    return secret;
}

void import_keep_secret(struct import_texts *texts, struct str name, struct str value)
{
    add_secret(texts, name, value);
}

const char *import_secret_tag(struct import_texts *texts, struct str name, struct str value)
{
    struct import_secret *secret = add_secret(texts, name, value);
    secret->is_used = true;
    return arena_printf(texts->arena, "%ssecret.%s%s", texts->open, secret->name, texts->close);
}

// The secret that stands at `at`, wherever the export repeats it; NULL: none.
static struct import_secret *secret_at(const struct import_texts *texts, struct str text, size_t at)
{
    for (size_t i = 0; i < texts->secret_count; i++) {
        struct import_secret *secret = &texts->secrets[i];
        struct str rest = {text.data + at, text.len - at};
        if (secret->value.len >= SECRET_MIN_BYTES && str_starts(rest, secret->value))
            return secret;
    }
    return NULL;
}

// --- texts ---

void import_write(struct import_texts *texts, struct buf *out, struct str text,
                  enum template_escape escape)
{
    size_t from = 0, i = 0;
    while (i < text.len) {
        struct str tag = tag_at(text, i);
        struct import_secret *secret = tag.len ? NULL : secret_at(texts, text, i);
        if (!tag.len && !secret) {
            i++;
            continue;
        }
        template_write_escaped(out, (struct str){text.data + from, i - from}, escape);
        if (secret) {
            secret->is_used = true;
            buf_printf(out, "%ssecret.%s%s", texts->open, secret->name, texts->close);
        } else
            write_tag(texts, out, tag);
        i += secret ? secret->value.len : tag.len + 2;
        from = i;
    }
    template_write_escaped(out, (struct str){text.data + from, i - from}, escape);
}

void import_write_value(struct import_texts *texts, struct buf *out, const struct vendor_row *row,
                        enum template_escape escape)
{
    if (row->value.len && import_is_secret(row->name) && !import_has_tags(row->value)) {
        buf_printf(out, "%s", import_secret_tag(texts, row->name, row->value));
        return;
    }
    const struct catalogue_element *element = row->value.len ? NULL : catalogue_find(row->name);
    if (!element) {
        import_write(texts, out, row->value, escape);
        return;
    }
    import_note(texts->notes, texts->label, "\"%.*s\" has no value; the data element is taken",
                STR_ARG(row->name));
    write_tag(texts, out, row->name);
}

// --- bodies ---

static bool is_word_byte(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-';
}

// Whether the word that starts at `start` names an XML element that begins there: <name, <x:name.
static bool is_element_name(struct str body, size_t start)
{
    size_t i = start;
    if (i && body.data[i - 1] == ':') {
        i--;
        while (i && is_word_byte(body.data[i - 1]))
            i--;
    }
    return i && body.data[i - 1] == '<';
}

// The value that follows a secret's name: "name": "value", name=value, name="value",
// <name>value<. False when what follows is none of these, is empty or holds a tag.
static bool find_value(struct str body, struct str name, struct str *ret)
{
    size_t start = (size_t)(name.data - body.data), i = start + name.len;
    if (is_element_name(body, start))
        i += strcspn(body.data + i, ">"); // past its attributes
    if (i < body.len && strchr("\"'", body.data[i]))
        i++;
    i += strspn(body.data + i, " \t\r\n");
    if (i >= body.len || !strchr(":=>", body.data[i]))
        return false;
    const char *ends = body.data[i] == '>' ? "<" : "&,;<> \t\r\n}";
    bool is_text = body.data[i++] == '>';
    if (!is_text)
        i += strspn(body.data + i, " \t\r\n");
    if (!is_text && i < body.len && strchr("\"'", body.data[i])) {
        ends = body.data[i] == '"' ? "\"" : "'";
        i++;
    }
    struct str value = {body.data + i, strcspn(body.data + i, ends)};
    *ret = value;
    return str_trim(value).len && !import_has_tags(value);
}

// Remembers the secrets of a body, so that writing it replaces them.
static void find_secrets(struct import_texts *texts, struct str body)
{
    for (size_t i = 0; i < body.len; i++) {
        size_t start = i;
        while (i < body.len && is_word_byte(body.data[i]))
            i++;
        struct str word = {body.data + start, i - start}, value;
        if (!word.len || !import_is_secret(word) || !find_value(body, word, &value))
            continue;
        if (value.len >= SECRET_MIN_BYTES)
            add_secret(texts, word, arena_copy(texts->arena, value));
        else
            import_note(texts->notes, texts->label,
                        "the value of \"%.*s\" is in the template as it is: it is too short for a "
                        "secret",
                        STR_ARG(word));
    }
}

static void write_xml(struct import_texts *texts, struct buf *out, struct str body)
{
    static const struct str start = {"<![CDATA[", 9};
    size_t from = 0;
    while (from < body.len) {
        const char *found = memmem(body.data + from, body.len - from, start.data, start.len);
        const char *end =
            found ? memmem(found, (size_t)(body.data + body.len - found), "]]>", 3) : NULL;
        size_t until = end ? (size_t)(found - body.data) : body.len;
        import_write(texts, out, (struct str){body.data + from, until - from}, TEMPLATE_TEXT);
        if (!end)
            return;
        struct str section = {found, (size_t)(end + 3 - found)};
        struct str inside = {found + start.len, (size_t)(end - found) - start.len};
        if (import_has_tags(inside))
            import_write(texts, out, inside, TEMPLATE_XML);
        else
            import_write(texts, out, section, TEMPLATE_TEXT);
        from = until + section.len;
    }
}

void import_write_body(struct import_texts *texts, struct buf *out, struct str body,
                       enum vendor_body kind)
{
    find_secrets(texts, body);
    if (kind == VENDOR_XML)
        write_xml(texts, out, body);
    else
        import_write(texts, out, body, TEMPLATE_TEXT);
}

// --- templates ---

static bool holds(struct str text, const char *part)
{
    return memmem(text.data, text.len, part, strlen(part)) != NULL;
}

void import_begin(struct import_texts *texts, struct str body)
{
    bool is_taken = holds(body, "{{");
    texts->open = texts->keeps_tags ? "#" : is_taken ? "<%" : "{{";
    texts->close = texts->keeps_tags ? "#" : is_taken ? "%>" : "}}";
    texts->unknown_count = 0;
    if (is_taken && !texts->keeps_tags && holds(body, "<%"))
        import_note(texts->notes, texts->label,
                    "the body has both {{ and <%%: its template has to be looked at");
}

struct str import_preamble(const struct import_texts *texts)
{
    AUTO_BUF struct buf out;
    buf_init(&out, 1024 * 1024);
    if (texts->open[0] == '<')
        buf_printf(&out, "{{=<%% %%>=}}\n");
    for (size_t i = 0; i < texts->unknown_count && !texts->keeps_tags; i++) {
        const char *nearest = nearest_element(texts->unknown[i]);
        buf_printf(&out, "%s! #%.*s# is in no catalogue%s%s%s %s\n", texts->open,
                   STR_ARG(texts->unknown[i]), nearest ? "; did you mean " : "",
                   nearest ? nearest : "", nearest ? "?" : ".", texts->close);
    }
    return arena_copy(texts->arena, buf_str(&out));
}
