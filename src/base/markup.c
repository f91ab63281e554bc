// SPDX-License-Identifier: GPL-3.0-or-later
//
// Follows tags, quotes and what may hold `<` without being a tag, byte by byte. That is right for
// every encoding in which the bytes of ASCII's marks stand for nothing else.

#include "base/markup.h"

#include <stdio.h>
#include <strings.h>

enum { MAX_DECLARATION_BYTES = 400 };

static const char too_many[] = "has an element with more than 256 attributes";
static const char strange_encoding[] = "has an encoding that is not taken; UTF-8 always is";

// --- the encoding ---

// What it says of itself; "" when it says nothing. NULs are left out, so UTF-16 is read, too.
static void read_encoding(struct str text, char *ret, size_t size)
{
    char head[MAX_DECLARATION_BYTES + 1];
    size_t len = 0;
    for (size_t i = 0; i < text.len && len < MAX_DECLARATION_BYTES; i++) {
        if (text.data[i])
            head[len++] = text.data[i];
        if (text.data[i] == '>')
            break; // the end of a declaration, if there is one
    }
    head[len] = '\0';
    *ret = '\0';
    const char *begin = strstr(head, "<?xml"), *end = strstr(head, "?>");
    const char *name = begin ? strstr(begin, "encoding") : NULL;
    if (!name || (end && name > end))
        return;
    name += strcspn(name, "\"'");
    name += *name != '\0';
    snprintf(ret, size, "%.*s", (int)strcspn(name, "\"'"), name);
}

static bool is_taken(const char *encoding)
{
    static const char *const beginnings[] = {
        "UTF-8",    "UTF8",  "UTF-16", "ISO-8859", "ISO8859",  "ISO_8859",
        "US-ASCII", "ASCII", "LATIN",  "CP125",    "WINDOWS-", "KOI8",
        "EUC",      "GB",    "BIG5",   "SHIFT",    "SJIS",     "TIS-620"};
    if (!*encoding)
        return true;
    for (size_t i = 0; i < COUNT_OF(beginnings); i++) {
        if (strncasecmp(encoding, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    }
    return false;
}

// --- attributes ---

static const char *behind(const char *at, const char *end, const char *what)
{
    const char *found = memmem(at, (size_t)(end - at), what, strlen(what));
    return found ? found + strlen(what) : end;
}

// Behind what begins at `at` and is no tag; NULL: it is one.
static const char *skip_other(const char *at, const char *end)
{
    static const char *const others[][2] = {{"<!--", "-->"}, {"<![CDATA[", "]]>"}, {"<?", "?>"}};
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        if (str_starts((struct str){at, (size_t)(end - at)}, str_from(others[i][0])))
            return behind(at + strlen(others[i][0]), end, others[i][1]);
    }
    return NULL;
}

// Behind the tag that begins at `at`; NULL: it has too many attributes.
static const char *skip_tag(const char *at, const char *end)
{
    size_t count = 0;
    while (at < end && *at != '>') {
        char c = *at++;
        if (c != '"' && c != '\'')
            continue;
        if (++count > MARKUP_MAX_ATTRIBUTES)
            return NULL;
        const char *close = memchr(at, c, (size_t)(end - at));
        at = close ? close + 1 : end;
    }
    return at;
}

// In UTF-16 each `=` counts until the next `<`, wherever it stands.
static bool is_tame_wide(struct str text, bool is_big)
{
    size_t count = 0;
    for (size_t i = 0; i + 1 < text.len; i += 2) {
        char low = text.data[i + is_big], high = text.data[i + !is_big];
        count = high == '\0' && low == '<' ? 0 : count + (high == '\0' && low == '=');
        if (count > MARKUP_MAX_ATTRIBUTES)
            return false;
    }
    return true;
}

static bool is_tame(struct str text)
{
    const char *at = text.data, *end = text.data + text.len;
    while (at < end && (at = memchr(at, '<', (size_t)(end - at)))) {
        const char *other = skip_other(at, end);
        at = other ? other : skip_tag(at + 1, end);
        if (!at)
            return false;
    }
    return true;
}

const char *markup_refusal(struct str text)
{
    char encoding[40];
    read_encoding(text, encoding, sizeof(encoding));
    const unsigned char *first = (const unsigned char *)text.data;
    bool is_long = text.len >= 4;
    bool is_ucs4 = is_long && ((!first[0] && !first[1]) || (!first[2] && !first[3]));
    bool is_ebcdic = is_long && first[0] == 0x4c && first[1] == 0x6f;
    if (!is_taken(encoding) || is_ucs4 || is_ebcdic)
        return strange_encoding;
    bool is_little = is_long && (first[0] == 0xff || !first[1]);
    bool is_big = is_long && (first[0] == 0xfe || !first[0]);
    bool is_tame_text = is_little || is_big ? is_tame_wide(text, is_big) : is_tame(text);
    return is_tame_text ? NULL : too_many;
}
