// SPDX-License-Identifier: GPL-3.0-or-later
//
// Template text to nodes. Knows tags, delimiters, lines and places, not values. Partials are queued
// as they are met and compiled one after another, so one that includes itself needs no special
// care. In JSON it follows the quotes of the literal text, to know where each tag stands.

#include "core/template_program.h"

#include <stdio.h>

enum {
    SECTION_DEPTH_MAX = 64,
    TAGS_MAX = 100000, // partials included
    TEXT_MAX_BYTES = 16 * 1024 * 1024,
    DELIMITER_MAX_BYTES = 16,
    SHOWN_NAME_BYTES = 60, // in sentences
};

struct open_section {
    size_t node;
    bool in_string;
};

struct parser {
    struct template *template;
    const struct template_options *options;
    struct template_place *ret_place;
    struct err *err;
    size_t tags;

    // The program at hand.
    size_t program;
    struct str text;
    struct str open, close; // delimiters
    struct open_section sections[SECTION_DEPTH_MAX];
    size_t depth;
    bool is_line_start; // what is written next starts a line of a partial

    struct template_place place; // of the byte at `placed`
    size_t placed;

    // JSON: whether the text so far ends inside quotes, and after a backslash there.
    bool in_string, is_escaped;
    struct template_place string_place;
};

struct tag {
    char sigil; // one of !#^/>&{= or 0 for a plain variable
    struct str content;
    size_t start, end;           // with its delimiters
    size_t line_start, line_end; // of what goes with it when it is alone on its lines
};

// --- places and errors ---

static void advance_place(struct parser *parser, size_t to)
{
    for (; parser->placed < to; parser->placed++) {
        char c = parser->text.data[parser->placed];
        if (c == '\n') {
            parser->place.line++;
            parser->place.column = 1;
        } else if ((c & 0xc0) != 0x80) {
            parser->place.column++;
        }
    }
}

static struct str shown(struct str name)
{
    if (name.len > SHOWN_NAME_BYTES) {
        name.len = SHOWN_NAME_BYTES;
        name.len = json_utf8_prefix(name);
    }
    return name;
}

PRINTF_LIKE(3, 4)
static bool fail(struct parser *parser, struct template_place place, const char *format, ...)
{
    const struct program *program = &parser->template->programs[parser->program];
    char text[sizeof(parser->err->text)];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    err_set(parser->err, ERR_INVALID, "%s", text);
    *parser->ret_place = place;
    if (!parser->program)
        return false;
    *parser->ret_place = program->place;
    err_prefix(parser->err, "partial `%.*s`, line %d, column %d", STR_ARG(shown(program->name)),
               place.line, place.column);
    return false;
}

// --- nodes ---

static struct node *add_node(struct parser *parser, enum node_kind kind)
{
    struct template *template = parser->template;
    if (template->node_count == template->node_capacity) {
        template->node_capacity = template->node_capacity ? template->node_capacity * 2 : 32;
        template->nodes =
            mem_grow(template->nodes, template->node_capacity * sizeof(*template->nodes));
    }
    struct node *node = &template->nodes[template->node_count++];
    *node = (struct node){.kind = kind, .place = parser->place};
    return node;
}

// Only a partial can be indented.
static void start_line(struct parser *parser)
{
    if (parser->is_line_start && parser->program)
        add_node(parser, NODE_LINE);
    parser->is_line_start = false;
}

static void follow_quotes(struct parser *parser, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        char c = parser->text.data[i];
        if (parser->is_escaped) {
            parser->is_escaped = false;
        } else if (c == '"') {
            parser->in_string = !parser->in_string;
            advance_place(parser, i);
            parser->string_place = parser->place;
        } else {
            parser->is_escaped = parser->in_string && c == '\\';
        }
    }
}

// Literal text; in a partial a node for each line.
static void add_text(struct parser *parser, size_t from, size_t to)
{
    if (parser->template->escape == TEMPLATE_JSON)
        follow_quotes(parser, from, to);
    while (from < to) {
        const char *start = parser->text.data + from;
        const char *newline = parser->program ? memchr(start, '\n', to - from) : NULL;
        size_t len = newline ? (size_t)(newline - start) + 1 : to - from;
        start_line(parser);
        add_node(parser, NODE_TEXT)->text = (struct str){start, len};
        parser->is_line_start = newline != NULL;
        from += len;
    }
}

// --- names ---

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool check_name(struct parser *parser, struct str name)
{
    if (!name.len)
        return fail(parser, parser->place, "the tag holds no name");
    if (memmem(name.data, name.len, parser->open.data, parser->open.len))
        return fail(parser, parser->place, "the tag is not closed before the next one opens");
    for (size_t i = 0; i < name.len; i++) {
        if (is_space(name.data[i]))
            return fail(parser, parser->place, "white space in the name `%.*s`",
                        STR_ARG(shown(name)));
    }
    return true;
}

// A name with an empty part ("a..b") has no parts but itself.
static void split_name(struct parser *parser, struct str name, struct node *node)
{
    node->text = name;
    if (str_eq(name, STR(".")))
        return;
    size_t count = 1;
    bool has_empty_part = name.data[0] == '.' || name.data[name.len - 1] == '.';
    for (size_t i = 0; i + 1 < name.len; i++) {
        count += name.data[i] == '.';
        has_empty_part = has_empty_part || (name.data[i] == '.' && name.data[i + 1] == '.');
    }
    node->part_count = has_empty_part ? 1 : count;
    struct str *parts = arena_alloc(parser->template->arena, node->part_count * sizeof(*parts));
    node->parts = parts;
    if (has_empty_part) {
        parts[0] = name;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const char *dot = memchr(name.data, '.', name.len);
        size_t len = dot ? (size_t)(dot - name.data) : name.len;
        parts[i] = (struct str){name.data, len};
        name = (struct str){name.data + len + !!dot, name.len - len - !!dot};
    }
}

// --- partials ---

static size_t add_program(struct template *template, struct program program)
{
    if (template->program_count == template->program_capacity) {
        template->program_capacity =
            template->program_capacity ? template->program_capacity * 2 : 4;
        template->programs =
            mem_grow(template->programs, template->program_capacity * sizeof(*template->programs));
    }
    template->programs[template->program_count] = program;
    return template->program_count++;
}

static bool find_program(struct parser *parser, struct str name, size_t *ret)
{
    struct template *template = parser->template;
    for (size_t i = 1; i < template->program_count; i++) {
        const struct program *program = &template->programs[i];
        if (program->in_string == parser->in_string && str_eq(program->name, name)) {
            *ret = i;
            return true;
        }
    }
    struct str text;
    const struct template_options *options = parser->options;
    if (!options->partial || !options->partial(options->partial_context, name, &text))
        return fail(parser, parser->place, "there is no partial `%.*s`", STR_ARG(shown(name)));
    bool is_nested = parser->program > 0;
    *ret = add_program(template, (struct program){
                                     .name = name,
                                     .in_string = parser->in_string,
                                     .text = arena_copy(template->arena, text),
                                     .place = is_nested ? template->programs[parser->program].place
                                                        : parser->place,
                                 });
    return true;
}

static bool add_partial(struct parser *parser, struct str name, struct str indent)
{
    size_t program = 0;
    if (!check_name(parser, name) || !find_program(parser, name, &program))
        return false;
    struct node *node = add_node(parser, NODE_PARTIAL);
    node->text = indent;
    node->target = program;
    return true;
}

// --- tags ---

static bool open_section(struct parser *parser, enum node_kind kind, struct str name)
{
    if (memchr(name.data, '|', name.len))
        return fail(parser, parser->place, "a section takes no filters: `%.*s`",
                    STR_ARG(shown(name)));
    if (!check_name(parser, name))
        return false;
    if (parser->depth == SECTION_DEPTH_MAX)
        return fail(parser, parser->place, "sections inside each other more than %d deep",
                    SECTION_DEPTH_MAX);
    parser->sections[parser->depth++] =
        (struct open_section){parser->template->node_count, parser->in_string};
    split_name(parser, name, add_node(parser, kind));
    return true;
}

static bool close_section(struct parser *parser, struct str name)
{
    if (!check_name(parser, name))
        return false;
    if (!parser->depth)
        return fail(parser, parser->place, "no section is open that `%.*s` could close",
                    STR_ARG(shown(name)));
    const struct open_section *section = &parser->sections[--parser->depth];
    struct node *node = &parser->template->nodes[section->node];
    if (!str_eq(node->text, name))
        return fail(parser, parser->place, "section `%.*s` opened at line %d is closed by `%.*s`",
                    STR_ARG(shown(node->text)), node->place.line, STR_ARG(shown(name)));
    if (section->in_string != parser->in_string)
        return fail(parser, parser->place,
                    "section `%.*s` opened at line %d starts %s a JSON string and ends %s it",
                    STR_ARG(shown(name)), node->place.line,
                    section->in_string ? "inside" : "outside",
                    parser->in_string ? "inside" : "outside");
    node->target = parser->template->node_count;
    return true;
}

static bool is_markable(enum template_escape escape)
{
    return escape != TEMPLATE_TEXT && escape != TEMPLATE_HTML;
}

// A mark needs something around it to leave out, and nil a language that has it.
static bool check_policy(struct parser *parser, enum missing_policy policy)
{
    enum template_escape escape = parser->template->escape;
    if (policy == MISSING_NIL && escape != TEMPLATE_XML && escape != TEMPLATE_JSON)
        return fail(parser, parser->place, "nil is for XML and JSON; say empty or omit here");
    if (policy == MISSING_OMIT && !is_markable(escape))
        return fail(parser, parser->place,
                    "omit has nothing to leave out in a plain text; say empty or default here");
    return true;
}

static bool add_filters(struct parser *parser, struct str text, struct node *node)
{
    size_t offset = 0;
    size_t start = (size_t)(text.data - parser->text.data);
    if (filter_compile(parser->template->arena, text, parser->options->maps, &node->filters,
                       &node->policy, &offset, parser->err))
        return check_policy(parser, node->policy);
    advance_place(parser, start + offset);
    struct err err = *parser->err;
    return fail(parser, parser->place, "%s", err.text);
}

static bool add_variable(struct parser *parser, const struct tag *tag)
{
    struct str content = tag->content;
    const char *bar = memchr(content.data, '|', content.len);
    size_t name_len = bar ? (size_t)(bar - content.data) : content.len;
    struct str name = str_trim((struct str){content.data, name_len});
    if (!check_name(parser, name))
        return false;
    struct template *template = parser->template;
    struct node *node = add_node(parser, NODE_VARIABLE);
    node->is_raw = tag->sigil != 0;
    node->is_value = template->escape == TEMPLATE_JSON && !parser->in_string;
    split_name(parser, name, node);
    struct str filters = {content.data + name_len + 1, content.len - name_len - 1};
    if (bar && !add_filters(parser, filters, node))
        return false;
    bool is_marked = node->policy == MISSING_OMIT || node->policy == MISSING_NIL ||
                     (node->policy == MISSING_UNSAID && template->missing == MISSING_OMIT);
    template->has_marks = template->has_marks || is_marked;
    return true;
}

static bool is_delimiter(struct str s)
{
    return s.len && s.len <= DELIMITER_MAX_BYTES && !memchr(s.data, '=', s.len);
}

static bool set_delimiters(struct parser *parser, struct str content)
{
    struct str open = content, close = content;
    for (open.len = 0; open.len < content.len && !is_space(content.data[open.len]);)
        open.len++;
    close = str_trim((struct str){content.data + open.len, content.len - open.len});
    bool is_pair = is_delimiter(open) && is_delimiter(close);
    for (size_t i = 0; i < close.len; i++)
        is_pair = is_pair && !is_space(close.data[i]);
    if (!is_pair)
        return fail(parser, parser->place,
                    "delimiters are two words of 1 to %d bytes with a space between and no `=`",
                    DELIMITER_MAX_BYTES);
    parser->open = open;
    parser->close = close;
    return true;
}

static bool compile_tag(struct parser *parser, const struct tag *tag, struct str indent)
{
    if (++parser->tags > TAGS_MAX)
        return fail(parser, parser->place, "more than %d tags", TAGS_MAX);
    if (parser->is_escaped)
        return fail(parser, parser->place, "a tag right after a backslash in a JSON string");
    switch (tag->sigil) {
    case '!':
        return true;
    case '=':
        return set_delimiters(parser, tag->content);
    case '#':
        return open_section(parser, NODE_SECTION, tag->content);
    case '^':
        return open_section(parser, NODE_INVERTED, tag->content);
    case '/':
        return close_section(parser, tag->content);
    case '>':
        return add_partial(parser, tag->content, indent);
    default:
        return add_variable(parser, tag);
    }
}

// --- text ---

static bool is_hash_mode(const struct parser *parser)
{
    return str_eq(parser->open, STR("#")) && str_eq(parser->close, STR("#"));
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("_-.", c));
}

// #name#, #name | filters#, a section's ##name#, #^name#, #/name#, #&name#, #>name#, and #=a b=#.
size_t template_hash_tag(struct str text)
{
    size_t at = 1;
    if (text.len < 3 || text.data[0] != '#')
        return 0;
    const char *line_end = memchr(text.data, '\n', text.len);
    size_t len = line_end ? (size_t)(line_end - text.data) : text.len;
    const char *end = NULL;
    if (text.data[at] == '=') {
        end = memmem(text.data + at + 1, len - at - 1, "=#", 2);
        return end ? (size_t)(end - text.data) + 2 : 0;
    }
    at += text.data[at] && strchr("#^/&>", text.data[at]);
    size_t name = at;
    while (at < len && is_name_char(text.data[at]))
        at++;
    if (at == name || (text.data[name] >= '0' && text.data[name] <= '9') || text.data[name] == '-')
        return 0;
    size_t bar = at; // filters may stand apart from the name, the closing # may not
    while (bar < len && text.data[bar] == ' ')
        bar++;
    if (at < len && text.data[at] == '#')
        return at + 1;
    if (bar < len && text.data[bar] == '|')
        end = memchr(text.data + bar, '#', len - bar);
    return end ? (size_t)(end - text.data) + 1 : 0;
}

// The next opening delimiter, or NULL.
static const char *find_open(const struct parser *parser, size_t at)
{
    struct str rest = {parser->text.data + at, parser->text.len - at};
    for (;;) {
        const char *open = memmem(rest.data, rest.len, parser->open.data, parser->open.len);
        if (!open || !is_hash_mode(parser))
            return open;
        rest = (struct str){open, rest.len - (size_t)(open - rest.data)};
        if (template_hash_tag(rest))
            return open;
        rest = (struct str){rest.data + 1, rest.len - 1};
    }
}

// Where the closing delimiter is; one in quotes, in the arguments of a filter, is not meant.
static const char *find_close(struct str text, struct str close, bool has_filters)
{
    char quote = '\0';
    bool is_after_bar = false;
    for (size_t i = 0; has_filters && i + close.len <= text.len; i++) {
        char c = text.data[i];
        if (!quote && memcmp(text.data + i, close.data, close.len) == 0)
            return text.data + i;
        if (quote && c == '\\')
            i++;
        else if (quote)
            quote = c == quote ? '\0' : quote;
        else if (is_after_bar && (c == '"' || c == '\''))
            quote = c;
        is_after_bar = is_after_bar || c == '|';
    }
    return memmem(text.data, text.len, close.data, close.len);
}

// Reads the tag whose opening delimiter is at `start`; content is trimmed.
static bool read_tag(struct parser *parser, size_t start, struct tag *ret)
{
    struct str text = parser->text;
    size_t at = start + parser->open.len;
    while (at < text.len && is_space(text.data[at]))
        at++;
    struct tag tag = {.start = start};
    if (at < text.len && text.data[at] && strchr("!#^/>&{=", text.data[at]))
        tag.sigil = text.data[at++];

    char closing[1 + DELIMITER_MAX_BYTES];
    size_t extra = tag.sigil == '{' || tag.sigil == '=';
    closing[0] = tag.sigil == '{' ? '}' : '=';
    memcpy(closing + extra, parser->close.data, parser->close.len);
    size_t closing_len = extra + parser->close.len;
    bool has_filters = (!tag.sigil || strchr("&{", tag.sigil)) && !is_hash_mode(parser);
    const char *end = find_close((struct str){text.data + at, text.len - at},
                                 (struct str){closing, closing_len}, has_filters);
    if (!end) {
        advance_place(parser, start);
        return fail(parser, parser->place, "the tag is not closed; `%.*s` is missing",
                    (int)closing_len, closing);
    }
    tag.content = str_trim((struct str){text.data + at, (size_t)(end - text.data) - at});
    tag.end = (size_t)(end - text.data) + closing_len;
    *ret = tag;
    return true;
}

// Whether the tag is one of those that take their line with them when nothing else is on it.
static bool is_standalone(struct str text, struct tag *tag)
{
    if (!tag->sigil || tag->sigil == '&' || tag->sigil == '{')
        return false;
    size_t start = tag->start, end = tag->end;
    while (start && (text.data[start - 1] == ' ' || text.data[start - 1] == '\t'))
        start--;
    while (end < text.len && (text.data[end] == ' ' || text.data[end] == '\t'))
        end++;
    if (text.len - end >= 2 && text.data[end] == '\r' && text.data[end + 1] == '\n')
        end++;
    bool starts = start == 0 || text.data[start - 1] == '\n';
    bool ends = end == text.len || text.data[end] == '\n';
    tag->line_start = start;
    tag->line_end = end < text.len ? end + 1 : end;
    return starts && ends;
}

static bool check_end(struct parser *parser)
{
    const struct program *program = &parser->template->programs[parser->program];
    if (parser->depth) {
        const struct node *node =
            &parser->template->nodes[parser->sections[parser->depth - 1].node];
        return fail(parser, node->place, "section `%.*s` is not closed",
                    STR_ARG(shown(node->text)));
    }
    if (parser->is_escaped)
        return fail(parser, parser->string_place,
                    "the text ends after a backslash in a JSON string");
    if (parser->in_string == program->in_string)
        return true;
    return fail(parser, parser->string_place,
                parser->in_string ? "the JSON string that starts here is not closed"
                                  : "the JSON string that the partial stands in is closed here");
}

static bool compile_text(struct parser *parser)
{
    size_t at = str_starts(parser->text, STR("\xef\xbb\xbf")) ? 3 : 0; // a byte order mark
    for (;;) {
        const char *open = find_open(parser, at);
        if (!open)
            break;
        struct tag tag = {0};
        if (!read_tag(parser, (size_t)(open - parser->text.data), &tag))
            return false;
        bool is_alone = is_standalone(parser->text, &tag);
        add_text(parser, at, is_alone ? tag.line_start : tag.start);
        advance_place(parser, tag.start);
        struct str indent = STR("");
        if (is_alone)
            indent = (struct str){parser->text.data + tag.line_start, tag.start - tag.line_start};
        else
            start_line(parser);
        if (!compile_tag(parser, &tag, indent))
            return false;
        parser->is_line_start = parser->is_line_start || is_alone;
        at = is_alone ? tag.line_end : tag.end;
    }
    add_text(parser, at, parser->text.len);
    return check_end(parser);
}

static bool compile_program(struct parser *parser, size_t index)
{
    struct program *program = &parser->template->programs[index];
    parser->program = index;
    parser->text = program->text;
    parser->open = parser->options->has_hash_tags ? STR("#") : STR("{{");
    parser->close = parser->options->has_hash_tags ? STR("#") : STR("}}");
    parser->depth = 0;
    parser->is_line_start = true;
    parser->place = (struct template_place){1, 1};
    parser->placed = 0;
    parser->in_string = program->in_string;
    parser->is_escaped = false;
    parser->string_place = parser->place;
    if (program->text.len > TEXT_MAX_BYTES)
        return fail(parser, parser->place, "the text passes %d bytes", TEXT_MAX_BYTES);
    size_t valid = json_utf8_prefix(program->text);
    if (valid < program->text.len) {
        advance_place(parser, valid);
        return fail(parser, parser->place, "bytes that are not UTF-8");
    }
    if (mark_is_in(program->text))
        return fail(parser, parser->place,
                    "the text holds one of U+FDD0 to U+FDD2, which stand "
                    "for missing values");
    program->first = parser->template->node_count;
    if (!compile_text(parser))
        return false;
    parser->template->programs[index].end = parser->template->node_count;
    return true;
}

bool template_compile_as(struct str text, const struct template_options *options,
                         struct template **ret, struct template_place *ret_place, struct err *err)
{
    struct template *template = mem_alloc(sizeof(*template));
    template->arena = arena_new();
    template->escape = options->escape;
    template->missing = options->missing;
    if (template->missing == MISSING_OMIT && !is_markable(options->escape))
        template->missing = MISSING_UNSAID;
    struct parser parser = {
        .template = template, .options = options, .ret_place = ret_place, .err = err};
    add_program(template, (struct program){
                              .name = STR(""),
                              .text = arena_copy(template->arena, text),
                              .place = {1, 1},
                          });
    for (size_t i = 0; i < template->program_count; i++) {
        if (!compile_program(&parser, i)) {
            template_free(template);
            return false;
        }
    }
    *ret = template;
    return true;
}

bool template_compile(struct str text, enum template_escape escape, template_partial_fn *partial,
                      void *partial_context, struct template **ret,
                      struct template_place *ret_place, struct err *err)
{
    const struct template_options options = {
        .escape = escape, .partial = partial, .partial_context = partial_context};
    return template_compile_as(text, &options, ret, ret_place, err);
}

bool template_has_marks(const struct template *template)
{
    return template->has_marks;
}

void template_free(struct template *template)
{
    if (!template)
        return;
    for (size_t i = 0; i < template->node_count; i++)
        filter_finish(template->nodes[i].filters);
    free(template->nodes);
    free(template->programs);
    arena_free(template->arena);
    free(template);
}
