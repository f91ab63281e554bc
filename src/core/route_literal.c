// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads an expression as far as it says what cannot be missing. What surprises: it knows few
// escapes and groups and gives up at all others, since a mistake here would lose an event while
// giving up costs a few microseconds. In an expression that ignores case somewhere K and S are no
// letters to look for, as two letters beyond ASCII are theirs too, nor is anything beyond ASCII.

#include "core/route_literal.h"

enum {
    GROUPS_MAX = 8,
    TEXTS_MAX = 32, // of a group
    TEXT_MAX_BYTES = 64,
    DEPTH_MAX = 32,
};

struct reader {
    struct arena *arena;
    struct str rest;
    size_t depth;
    bool ignores_case; // somewhere
    bool is_in_doubt;
};

// A sequence while it is read.
struct sequence {
    struct literal_group groups[GROUPS_MAX];
    size_t count;
    char run[TEXT_MAX_BYTES];
    size_t run_len; // of the characters that stand together
};

static struct literals read_branches(struct reader *reader);

static bool give_up(struct reader *reader)
{
    reader->is_in_doubt = true;
    reader->rest.len = 0;
    return false;
}

static bool at(const struct reader *reader, const char *text)
{
    size_t len = 0;
    while (text[len] && len < reader->rest.len && reader->rest.data[len] == text[len])
        len++;
    return !text[len];
}

static char skip(struct reader *reader, size_t len)
{
    char first = reader->rest.len ? reader->rest.data[0] : '\0';
    len = len < reader->rest.len ? len : reader->rest.len;
    reader->rest = (struct str){reader->rest.data + len, reader->rest.len - len};
    return first;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// --- groups of texts ---

static void *copy_items(struct reader *reader, const void *items, size_t count, size_t item_size)
{
    void *copy = arena_alloc(reader->arena, count * item_size);
    return count ? memcpy(copy, items, count * item_size) : copy;
}

static void add_group(struct sequence *to, struct literal_group group)
{
    if (to->count < GROUPS_MAX)
        to->groups[to->count++] = group;
}

static void end_run(struct reader *reader, struct sequence *sequence)
{
    if (sequence->run_len) {
        struct str text = arena_copy(reader->arena, (struct str){sequence->run, sequence->run_len});
        add_group(sequence, (struct literal_group){copy_items(reader, &text, 1, sizeof(text)), 1});
    }
    sequence->run_len = 0;
}

static size_t shortest(const struct literal_group *group)
{
    size_t len = TEXT_MAX_BYTES;
    for (size_t i = 0; i < group->count; i++)
        len = group->texts[i].len < len ? group->texts[i].len : len;
    return len;
}

// The one that is found least often; NULL: none is.
static const struct literal_group *best_group(const struct literals *literals)
{
    const struct literal_group *best = NULL;
    for (size_t i = 0; i < literals->count; i++) {
        if (!best || shortest(&literals->groups[i]) > shortest(best))
            best = &literals->groups[i];
    }
    return best;
}

// --- single characters ---

static size_t count_digits(struct str text, size_t from)
{
    size_t count = 0;
    while (from + count < text.len && is_digit(text.data[from + count]))
        count++;
    return count;
}

// "{2,5}" at the start of the rest; false: the brace stands for itself. Zero counts make the item
// optional. Newer versions of PCRE2 take "{,5}" and blanks as well.
static bool take_count(struct reader *reader, bool *ret_is_optional)
{
    size_t digits = count_digits(reader->rest, 1), len = 1 + digits;
    if (!digits)
        return at(reader, "{,") || at(reader, "{ ") || at(reader, "{\t") ? give_up(reader) : false;
    *ret_is_optional = true;
    for (size_t i = 1; i < len; i++)
        *ret_is_optional = *ret_is_optional && reader->rest.data[i] == '0';
    if (len < reader->rest.len && reader->rest.data[len] == ',')
        len += 1 + count_digits(reader->rest, len + 1);
    if (len == reader->rest.len || reader->rest.data[len] != '}')
        return give_up(reader);
    skip(reader, len + 1);
    return true;
}

// What is behind an item: whether there is a quantifier, and one that lets the item be missing.
static bool take_quantifier(struct reader *reader, bool *ret_is_optional)
{
    *ret_is_optional = at(reader, "*") || at(reader, "?");
    if (at(reader, "*") || at(reader, "?") || at(reader, "+"))
        skip(reader, 1);
    else if (!at(reader, "{") || !take_count(reader, ret_is_optional))
        return false;
    if (at(reader, "?") || at(reader, "+"))
        skip(reader, 1);
    return true;
}

static bool is_searched(const struct reader *reader, char c)
{
    if (!reader->ignores_case)
        return true;
    return (unsigned char)c < 0x80 && !strchr("kKsS", c);
}

// One character of the text, of `len` bytes.
static void read_character(struct reader *reader, struct sequence *sequence, size_t len)
{
    struct str character = {reader->rest.data, len};
    skip(reader, len);
    bool is_optional;
    bool is_repeated = take_quantifier(reader, &is_optional);
    if (!is_searched(reader, character.data[0]) || is_optional ||
        sequence->run_len + len > sizeof(sequence->run))
        end_run(reader, sequence);
    if (!is_searched(reader, character.data[0]) || is_optional)
        return;
    for (size_t i = 0; i < len; i++) {
        char c = character.data[i];
        sequence->run[sequence->run_len++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    if (is_repeated)
        end_run(reader, sequence);
}

// A class, an assertion, a control character: nothing to look for.
static void read_other(struct reader *reader, struct sequence *sequence)
{
    bool is_optional;
    end_run(reader, sequence);
    take_quantifier(reader, &is_optional);
}

static void read_escape(struct reader *reader, struct sequence *sequence)
{
    skip(reader, 1);
    char c = reader->rest.len ? reader->rest.data[0] : '\0';
    bool is_known = c && strchr("dDwWsShHvVRXN"
                                "bBAzZG"
                                "tnrfae",
                                c);
    if (is_known && !(reader->rest.len > 1 && c == 'N' && reader->rest.data[1] == '{')) {
        skip(reader, 1);
        read_other(reader, sequence);
    } else if (c > ' ' && c < 0x7f && !is_letter(c) && !is_digit(c)) {
        read_character(reader, sequence, 1);
    } else {
        give_up(reader);
    }
}

// "[:alpha:]" in brackets; false: the bracket is in doubt.
static bool skip_posix(struct reader *reader)
{
    skip(reader, 2);
    while (is_letter(reader->rest.len ? reader->rest.data[0] : '\0') || at(reader, "^"))
        skip(reader, 1);
    if (!at(reader, ":]"))
        return give_up(reader);
    skip(reader, 2);
    return true;
}

static bool skip_brackets(struct reader *reader)
{
    skip(reader, at(reader, "[^") ? 2 : 1);
    if (at(reader, "]"))
        skip(reader, 1);
    while (!at(reader, "]")) {
        if (at(reader, "[:")) {
            if (!skip_posix(reader))
                return false;
        } else if (reader->rest.len == 0 || at(reader, "\\Q") || at(reader, "[.") ||
                   at(reader, "[=")) {
            return give_up(reader);
        } else {
            skip(reader, at(reader, "\\") ? 2 : 1);
        }
    }
    skip(reader, 1);
    return true;
}

// --- groups of the expression ---

// Past "(?i" or "(?i-s:"; whether it is a group is told by what is behind.
static bool skip_options(struct reader *reader)
{
    for (; reader->rest.len && !at(reader, ")") && !at(reader, ":"); skip(reader, 1)) {
        if (!strchr("imsU-^", reader->rest.data[0]))
            return give_up(reader);
        reader->ignores_case |= at(reader, "i");
    }
    return reader->rest.len > 0 || give_up(reader);
}

static bool skip_name(struct reader *reader, char end)
{
    while (reader->rest.len && reader->rest.data[0] != end)
        skip(reader, 1);
    return skip(reader, 1) == end || give_up(reader);
}

// Past what opens a group, up to its first branch; false: it was none, or it is in doubt.
static bool open_group(struct reader *reader)
{
    skip(reader, 1);
    if (at(reader, "*"))
        return give_up(reader);
    if (!at(reader, "?"))
        return true;
    skip(reader, 1);
    if (at(reader, ":") || at(reader, ">"))
        return skip(reader, 1);
    if (at(reader, "'"))
        return skip(reader, 1) && skip_name(reader, '\'');
    if (at(reader, "P<") || (at(reader, "<") && !at(reader, "<=") && !at(reader, "<!")))
        return skip_name(reader, '>');
    return skip_options(reader) && skip(reader, 1) == ':';
}

static void read_group(struct reader *reader, struct sequence *sequence)
{
    end_run(reader, sequence);
    if (++reader->depth > DEPTH_MAX) {
        give_up(reader);
    } else if (open_group(reader)) {
        struct literals inner = read_branches(reader);
        bool is_optional;
        if (skip(reader, 1) != ')')
            give_up(reader);
        if (!take_quantifier(reader, &is_optional) || !is_optional) {
            for (size_t i = 0; i < inner.count; i++)
                add_group(sequence, inner.groups[i]);
        }
    }
    reader->depth--;
}

static struct literals read_sequence(struct reader *reader)
{
    struct sequence sequence;
    sequence.count = sequence.run_len = 0;
    while (reader->rest.len && !at(reader, "|") && !at(reader, ")")) {
        unsigned char c = (unsigned char)reader->rest.data[0];
        if (c == '(') {
            read_group(reader, &sequence);
        } else if (c == '[') {
            if (skip_brackets(reader))
                read_other(reader, &sequence);
        } else if (c == '\\') {
            read_escape(reader, &sequence);
        } else if (strchr("^$.", c)) {
            skip(reader, 1);
            read_other(reader, &sequence);
        } else if (strchr("*+?", c) || (c == '{' && count_digits(reader->rest, 1))) {
            give_up(reader); // a quantifier of a quantifier
        } else {
            read_character(reader, &sequence, c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4);
        }
    }
    end_run(reader, &sequence);
    return (struct literals){
        copy_items(reader, sequence.groups, sequence.count, sizeof(sequence.groups[0])),
        sequence.count};
}

// Of branches, the best group of each together; nothing when one of them has none.
static struct literals read_branches(struct reader *reader)
{
    struct literals branch = read_sequence(reader);
    if (!at(reader, "|"))
        return branch;
    struct str texts[TEXTS_MAX];
    size_t count = 0;
    bool is_whole = true;
    for (;; branch = read_sequence(reader)) {
        const struct literal_group *best = best_group(&branch);
        is_whole = is_whole && best && count + best->count <= TEXTS_MAX;
        for (size_t i = 0; is_whole && i < best->count; i++)
            texts[count++] = best->texts[i];
        if (!at(reader, "|"))
            break;
        skip(reader, 1);
    }
    if (!is_whole)
        return (struct literals){0};
    struct literal_group together = {copy_items(reader, texts, count, sizeof(texts[0])), count};
    return (struct literals){copy_items(reader, &together, 1, sizeof(together)), 1};
}

static struct literals read_whole(struct reader *reader)
{
    struct literals found = read_branches(reader);
    bool is_read = !reader->is_in_doubt && reader->rest.len == 0;
    return is_read ? found : (struct literals){0};
}

struct literals literals_of(struct arena *arena, struct str expression)
{
    struct reader reader = {.arena = arena, .rest = expression};
    struct literals found = read_whole(&reader);
    if (!reader.ignores_case)
        return found;
    reader = (struct reader){.arena = arena, .rest = expression, .ignores_case = true};
    return read_whole(&reader);
}
