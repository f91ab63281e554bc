// SPDX-License-Identifier: GPL-3.0-or-later
//
// Recursive descent, one function a rule of the grammar. A little kinder than it: any character
// that means nothing may stand behind a backslash, as people write `\/` and `\@`.

#include "core/regular_parse.h"

enum { MAX_DEPTH = 50, MAX_REGULAR_BYTES = 64 * 1024, MAX_REPEAT = 1000000 };

struct parser {
    struct arena *arena;
    struct str text, rest;
    int depth;
    struct err *err;
};

bool regular_take(struct str *text, uint32_t *ret)
{
    if (!text->len)
        return false;
    unsigned char lead = (unsigned char)text->data[0];
    size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (size > text->len)
        size = 1;
    uint32_t point = size == 1 ? lead : lead & (0xffu >> (size + 1));
    for (size_t i = 1; i < size; i++)
        point = point << 6 | ((unsigned char)text->data[i] & 0x3f);
    *text = (struct str){text->data + size, text->len - size};
    *ret = point;
    return true;
}

static bool fail(struct parser *parser, const char *why)
{
    return err_set(parser->err, ERR_INVALID, "at character %zu of the pattern: %s",
                   (size_t)(parser->rest.data - parser->text.data) + 1, why);
}

static bool is_next(const struct parser *parser, char c)
{
    return parser->rest.len && parser->rest.data[0] == c;
}

static bool take_char(struct parser *parser, char c)
{
    if (!is_next(parser, c))
        return false;
    parser->rest = (struct str){parser->rest.data + 1, parser->rest.len - 1};
    return true;
}

static struct regular_node *make(struct parser *parser, int kind)
{
    struct regular_node *node = arena_alloc(parser->arena, sizeof(*node));
    node->kind = kind;
    return node;
}

static void add_child(struct parser *parser, struct regular_node *parent,
                      struct regular_node *child)
{
    if (parent->count == parent->capacity) {
        size_t capacity = parent->capacity ? parent->capacity * 2 : 2;
        struct regular_node **children =
            arena_alloc(parser->arena, capacity * sizeof(struct regular_node *));
        if (parent->count)
            memcpy(children, parent->children, parent->count * sizeof(*children));
        parent->children = children;
        parent->capacity = capacity;
    }
    parent->children[parent->count++] = child;
}

// --- classes ---

static bool read_property(struct parser *parser, bool is_inverted, struct regular_class *class)
{
    const char *end =
        is_next(parser, '{') ? memchr(parser->rest.data, '}', parser->rest.len) : NULL;
    if (!end)
        return fail(parser, "after \\p comes a name in braces");
    struct str name = {parser->rest.data + 1, (size_t)(end - parser->rest.data) - 1};
    struct regular_class found = {0};
    if (!regular_class_add_property(parser->arena, &found, name))
        return fail(parser, "Unicode has no such category or block");
    parser->rest.len -= name.len + 2;
    parser->rest.data += name.len + 2;
    regular_class_tidy(&found);
    if (is_inverted)
        found = regular_class_invert(parser->arena, &found);
    regular_class_add_all(parser->arena, class, &found);
    return true;
}

// What follows a backslash: into *class, or when it is one character, into *ret_single.
static bool read_escape(struct parser *parser, struct regular_class *class, bool *ret_is_single,
                        uint32_t *ret_single)
{
    uint32_t c;
    *ret_is_single = false;
    if (!regular_take(&parser->rest, &c))
        return fail(parser, "nothing follows the backslash");
    if (c == 'p' || c == 'P')
        return read_property(parser, c == 'P', class);
    if (c < 0x80 && regular_class_add_escape(parser->arena, class, (char)c))
        return true;
    bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (is_letter && c != 'n' && c != 'r' && c != 't')
        return fail(parser, "XML Schema knows no such escape");
    *ret_is_single = true;
    *ret_single = c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
    return true;
}

static bool read_class_character(struct parser *parser, struct regular_class *class,
                                 bool *ret_is_single, uint32_t *ret)
{
    if (take_char(parser, '\\'))
        return read_escape(parser, class, ret_is_single, ret);
    if (is_next(parser, '['))
        return fail(parser, "a [ inside a class needs a backslash");
    *ret_is_single = true;
    return regular_take(&parser->rest, ret) || fail(parser, "the class has no end");
}

// A minus is a range's only between two characters; "-[" begins what is subtracted.
static bool is_range_ahead(const struct parser *parser)
{
    return parser->rest.len > 1 && parser->rest.data[0] == '-' && parser->rest.data[1] != ']' &&
           parser->rest.data[1] != '[';
}

static bool read_range(struct parser *parser, struct regular_class *class)
{
    uint32_t first, last;
    bool is_single;
    if (!read_class_character(parser, class, &is_single, &first))
        return false;
    if (!is_single)
        return true;
    last = first;
    if (is_range_ahead(parser)) {
        take_char(parser, '-');
        if (!read_class_character(parser, class, &is_single, &last))
            return false;
        if (!is_single || last < first)
            return fail(parser, "the range ends before it begins");
    }
    regular_class_add(parser->arena, class, first, last);
    return true;
}

// After the opening bracket.
static bool read_class(struct parser *parser, struct regular_class *ret)
{
    struct regular_class class = {0}, less = {0};
    if (++parser->depth > MAX_DEPTH)
        return err_set(parser->err, ERR_TOO_LARGE, "the pattern nests deeper than %d", MAX_DEPTH);
    bool is_inverted = take_char(parser, '^'), has_less = false;
    while (!is_next(parser, ']')) {
        if (parser->rest.len > 1 && is_next(parser, '-') && parser->rest.data[1] == '[') {
            parser->rest = (struct str){parser->rest.data + 2, parser->rest.len - 2};
            if (!read_class(parser, &less))
                return false;
            has_less = true;
            break;
        }
        if (!read_range(parser, &class))
            return false;
    }
    if (!take_char(parser, ']'))
        return fail(parser, "the class has no end");
    parser->depth--;
    regular_class_tidy(&class);
    if (is_inverted)
        class = regular_class_invert(parser->arena, &class);
    if (has_less) { // a - b = not (not a or b)
        struct regular_class outside = regular_class_invert(parser->arena, &class);
        regular_class_add_all(parser->arena, &outside, &less);
        regular_class_tidy(&outside);
        class = regular_class_invert(parser->arena, &outside);
    }
    *ret = class;
    return true;
}

// --- the rest ---

static bool read_choice(struct parser *parser, struct regular_node **ret);

static bool read_group(struct parser *parser, struct regular_node **ret)
{
    if (++parser->depth > MAX_DEPTH)
        return err_set(parser->err, ERR_TOO_LARGE, "the pattern nests deeper than %d", MAX_DEPTH);
    if (!read_choice(parser, ret))
        return false;
    parser->depth--;
    return take_char(parser, ')') || fail(parser, "a group has no end");
}

static bool read_atom(struct parser *parser, struct regular_node **ret)
{
    if (take_char(parser, '('))
        return read_group(parser, ret);
    struct regular_node *node = *ret = make(parser, REGULAR_CHARACTER);
    if (take_char(parser, '['))
        return read_class(parser, &node->class);
    uint32_t c = 0;
    bool is_single = true;
    if (take_char(parser, '.')) {
        struct regular_class ends = {0};
        regular_class_add(parser->arena, &ends, '\n', '\n');
        regular_class_add(parser->arena, &ends, '\r', '\r');
        node->class = regular_class_invert(parser->arena, &ends);
        return true;
    }
    if (take_char(parser, '\\')) {
        if (!read_escape(parser, &node->class, &is_single, &c))
            return false;
    } else if (parser->rest.len && strchr("?*+{}]", parser->rest.data[0])) {
        return fail(parser, "a quantifier or bracket stands where a character should");
    } else {
        regular_take(&parser->rest, &c);
    }
    if (is_single)
        regular_class_add(parser->arena, &node->class, c, c);
    regular_class_tidy(&node->class);
    return true;
}

static bool read_number(struct parser *parser, int32_t *ret)
{
    size_t digits = 0;
    int32_t number = 0;
    while (digits < parser->rest.len && parser->rest.data[digits] >= '0' &&
           parser->rest.data[digits] <= '9' && number <= MAX_REPEAT)
        number = number * 10 + (parser->rest.data[digits++] - '0');
    if (!digits || number > MAX_REPEAT)
        return fail(parser, digits ? "the number of repeats is too large" : "a number is missing");
    parser->rest = (struct str){parser->rest.data + digits, parser->rest.len - digits};
    *ret = number;
    return true;
}

static bool read_bounds(struct parser *parser, int32_t *ret_min, int32_t *ret_max)
{
    if (!read_number(parser, ret_min))
        return false;
    *ret_max = *ret_min;
    if (take_char(parser, ',')) {
        *ret_max = REGULAR_UNBOUNDED;
        if (!is_next(parser, '}') && !read_number(parser, ret_max))
            return false;
    }
    if (*ret_max != REGULAR_UNBOUNDED && *ret_max < *ret_min)
        return fail(parser, "the largest number of repeats is below the smallest");
    return take_char(parser, '}') || fail(parser, "a quantifier has no end");
}

static bool read_piece(struct parser *parser, struct regular_node **ret)
{
    struct regular_node *atom;
    if (!read_atom(parser, &atom))
        return false;
    int32_t min = 1, max = 1;
    if (take_char(parser, '?'))
        min = 0;
    else if (take_char(parser, '*'))
        min = 0, max = REGULAR_UNBOUNDED;
    else if (take_char(parser, '+'))
        max = REGULAR_UNBOUNDED;
    else if (take_char(parser, '{') && !read_bounds(parser, &min, &max))
        return false;
    *ret = atom;
    if (min == 1 && max == 1)
        return true;
    *ret = make(parser, REGULAR_REPEAT);
    (*ret)->min = min;
    (*ret)->max = max;
    add_child(parser, *ret, atom);
    return true;
}

static bool read_branch(struct parser *parser, struct regular_node **ret)
{
    struct regular_node *sequence = *ret = make(parser, REGULAR_SEQUENCE);
    while (parser->rest.len && !is_next(parser, '|') && !is_next(parser, ')')) {
        struct regular_node *piece;
        if (!read_piece(parser, &piece))
            return false;
        add_child(parser, sequence, piece);
    }
    return true;
}

static bool read_choice(struct parser *parser, struct regular_node **ret)
{
    struct regular_node *choice = *ret = make(parser, REGULAR_CHOICE);
    do {
        struct regular_node *branch;
        if (!read_branch(parser, &branch))
            return false;
        add_child(parser, choice, branch);
    } while (take_char(parser, '|'));
    return true;
}

bool regular_parse(struct arena *arena, struct str text, struct regular_node **ret, struct err *err)
{
    if (text.len > MAX_REGULAR_BYTES)
        return err_set(err, ERR_TOO_LARGE, "the pattern has more than %d bytes", MAX_REGULAR_BYTES);
    struct parser parser = {.arena = arena, .text = text, .rest = text, .err = err};
    struct regular_node *node;
    if (!read_choice(&parser, &node))
        return false;
    if (parser.rest.len)
        return fail(&parser, "a closing parenthesis without an opening one");
    *ret = node;
    return true;
}
