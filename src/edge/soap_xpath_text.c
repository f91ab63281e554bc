// SPDX-License-Identifier: GPL-3.0-or-later
//
// A name that tests elements or attributes becomes `*[local-name()='name']`, everything else stays.
// Whether a name is a test, an operator, a function or an axis depends on the token before it and
// the one behind it, and on nothing else. What surprises: location paths are noted on the way, so
// that people can be told what stood there.

#include "edge/soap_xpath_text.h"
#include "core/json.h"

enum { MAX_PATHS = 8 };

// What the token before means for the next one.
enum before {
    BEFORE_OPERAND, // the start, an operator, an opening bracket, a comma: `*` is any name
    BEFORE_TEST,    // @ or an axis: the same, and a path goes on
    BEFORE_SLASH,   // the same, after / or //
    BEFORE_NAME,    // of a function: its bracket comes
    BEFORE_END,     // an operand has ended: `*` multiplies, `and` is an operator
};

struct scan {
    struct arena *arena;
    const char *text;
    size_t at;
    const struct soap_xpath_prefix *prefixes;
    size_t prefix_count;
    struct buf out;
    enum before before;
    size_t brackets; // open [ within the path
    bool is_in_path, is_path_shown;
    size_t path_from, path_to; // in the text
    struct soap_xpath_path paths[MAX_PATHS];
    size_t path_count, path_out;
    struct soap_xpath_step *steps;
    size_t step_count;
    const char **names;
    size_t name_count;
};

static bool is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t name_len(const char *text)
{
    size_t len = 0;
    if (!is_name_start(text[0]))
        return 0;
    while (is_name_start(text[len]) || is_digit(text[len]) || text[len] == '-' || text[len] == '.')
        len++;
    return len;
}

static size_t blank_len(const char *text)
{
    return strspn(text, " \t\r\n");
}

static int character_at(const char *text, size_t byte)
{
    int character = 1;
    for (size_t i = 0; i < byte && text[i]; i++)
        character += ((unsigned char)text[i] & 0xc0) != 0x80;
    return character;
}

int soap_xpath_character(const char *text, const struct soap_xpath_text *of, size_t byte)
{
    size_t from = 0;
    for (size_t i = 0; i < of->step_count && of->steps[i].to <= byte; i++)
        from = of->steps[i].from;
    return character_at(text, from);
}

// --- location paths ---

static void begin_path(struct scan *scan, bool is_shown)
{
    if (scan->is_in_path)
        return;
    scan->is_in_path = true;
    scan->is_path_shown = is_shown;
    scan->path_from = scan->at;
    scan->path_out = scan->out.len;
}

static void end_path(struct scan *scan)
{
    if (!scan->is_in_path || scan->brackets)
        return;
    scan->is_in_path = false;
    if (!scan->is_path_shown || scan->path_count == MAX_PATHS)
        return;
    struct str text = {scan->text + scan->path_from, scan->path_to - scan->path_from};
    struct str out = {scan->out.data + scan->path_out, scan->out.len - scan->path_out};
    scan->paths[scan->path_count++] = (struct soap_xpath_path){
        .text = arena_copy(scan->arena, str_trim(text)).data,
        .rewritten = arena_copy(scan->arena, out).data,
    };
}

// --- tokens ---

// Copies `len` bytes of the text as one token.
static void copy(struct scan *scan, size_t len, enum before before)
{
    scan->steps[scan->step_count++] = (struct soap_xpath_step){scan->at, scan->out.len};
    buf_add(&scan->out, scan->text + scan->at, len);
    scan->at += len;
    scan->before = before;
    scan->path_to = scan->at;
}

static bool fail(const struct scan *scan, struct err *err, const char *what, struct str word,
                 const char *hint)
{
    return err_set(err, ERR_INVALID, "at character %d: %s'%.*s'%s%s%s",
                   character_at(scan->text, scan->at), what, STR_ARG(word),
                   hint ? "; did you mean '" : "", hint ? hint : "", hint ? "'?" : "");
}

static bool check_function(const struct scan *scan, struct str name, struct err *err)
{
    static const char *const functions[] = {"boolean",
                                            "ceiling",
                                            "concat",
                                            "contains",
                                            "count",
                                            "false",
                                            "floor",
                                            "id",
                                            "lang",
                                            "last",
                                            "local-name",
                                            "name",
                                            "namespace-uri",
                                            "normalize-space",
                                            "not",
                                            "number",
                                            "position",
                                            "round",
                                            "starts-with",
                                            "string",
                                            "string-length",
                                            "substring",
                                            "substring-after",
                                            "substring-before",
                                            "sum",
                                            "translate",
                                            "true"};
    for (size_t i = 0; i < COUNT_OF(functions); i++) {
        if (str_eq(name, str_from(functions[i])))
            return true;
    }
    return fail(scan, err, "there is no function ", name,
                err_nearest(name, functions, COUNT_OF(functions)));
}

static bool is_node_type(struct str name)
{
    return str_eq(name, STR("node")) || str_eq(name, STR("text")) || str_eq(name, STR("comment")) ||
           str_eq(name, STR("processing-instruction"));
}

static bool check_prefix(const struct scan *scan, struct str name, struct err *err)
{
    AUTO_FREE const char **known = mem_alloc((scan->prefix_count + 1) * sizeof(*known));
    for (size_t i = 0; i < scan->prefix_count; i++) {
        known[i] = scan->prefixes[i].prefix;
        if (str_eq(name, str_from(known[i])))
            return true;
    }
    return str_eq(name, STR("xml")) || fail(scan, err, "namespaces does not say what is ", name,
                                            err_nearest(name, known, scan->prefix_count));
}

// `prefix:name` or `prefix:*`.
static bool scan_prefixed(struct scan *scan, size_t prefix_len, struct err *err)
{
    const char *rest = scan->text + scan->at + prefix_len + 1;
    size_t len = *rest == '*' ? 1 : name_len(rest);
    if (!check_prefix(scan, (struct str){scan->text + scan->at, prefix_len}, err))
        return false;
    if (rest[len + blank_len(rest + len)] == '(')
        return fail(scan, err, "there is no function ",
                    (struct str){scan->text + scan->at, prefix_len + 1 + len}, NULL);
    begin_path(scan, true);
    copy(scan, prefix_len + 1 + len, BEFORE_END);
    return true;
}

static bool scan_name(struct scan *scan, struct err *err)
{
    const char *start = scan->text + scan->at;
    struct str name = {start, name_len(start)};
    const char *after = start + name.len, *next = after + blank_len(after);
    if (scan->before == BEFORE_END) {
        end_path(scan); // `and`, `or`, `div`, `mod`: or a mistake, which libxml2 tells
        copy(scan, name.len, BEFORE_OPERAND);
    } else if (strncmp(next, "::", 2) == 0) {
        begin_path(scan, true);
        copy(scan, (size_t)(next + 2 - start), BEFORE_TEST);
    } else if (*next == '(' && is_node_type(name)) {
        size_t len = strcspn(next, ")");
        begin_path(scan, true);
        copy(scan, (size_t)(next - start) + len + (next[len] == ')'), BEFORE_END);
    } else if (*next == '(') {
        if (!check_function(scan, name, err))
            return false;
        copy(scan, name.len, BEFORE_NAME);
    } else if (*after == ':') {
        return scan_prefixed(scan, name.len, err);
    } else {
        begin_path(scan, true);
        scan->steps[scan->step_count++] = (struct soap_xpath_step){scan->at, scan->out.len};
        buf_printf(&scan->out, "*[local-name()='%.*s']", STR_ARG(name));
        scan->names[scan->name_count++] = arena_copy(scan->arena, name).data;
        scan->at += name.len;
        scan->path_to = scan->at;
        scan->before = BEFORE_END;
    }
    return true;
}

static bool scan_literal(struct scan *scan, struct err *err)
{
    const char *start = scan->text + scan->at, *end = strchr(start + 1, *start);
    if (!end)
        return fail(scan, err, "nothing ends the text ", str_from(start), NULL);
    end_path(scan);
    copy(scan, (size_t)(end + 1 - start), BEFORE_END);
    return true;
}

static void scan_slash(struct scan *scan)
{
    size_t len = scan->text[scan->at + 1] == '/' ? 2 : 1;
    begin_path(scan, scan->before != BEFORE_END); // else it goes on from what a function gave
    // A lone / is an operand, too, but what may follow is the same.
    copy(scan, len, BEFORE_SLASH);
}

static void scan_star(struct scan *scan)
{
    bool is_any_name = scan->before != BEFORE_END;
    if (is_any_name)
        begin_path(scan, true);
    else
        end_path(scan);
    copy(scan, 1, is_any_name ? BEFORE_END : BEFORE_OPERAND);
}

static void scan_bracket(struct scan *scan)
{
    bool is_opening = scan->text[scan->at] == '[';
    if (is_opening)
        begin_path(scan, false);
    if (is_opening)
        scan->brackets++;
    else if (scan->brackets)
        scan->brackets--;
    copy(scan, 1, is_opening ? BEFORE_OPERAND : BEFORE_END);
}

static bool scan_token(struct scan *scan, struct err *err)
{
    const char *start = scan->text + scan->at;
    size_t digits = strspn(start, "0123456789.");
    if (is_name_start(*start))
        return scan_name(scan, err);
    if (*start == '"' || *start == '\'')
        return scan_literal(scan, err);
    if (*start == '/') {
        scan_slash(scan);
    } else if (*start == '*') {
        scan_star(scan);
    } else if (*start == '[' || *start == ']') {
        scan_bracket(scan);
    } else if (*start == '@' || (*start == '.' && !is_digit(start[1]))) {
        begin_path(scan, true);
        copy(scan, start[1] == '.' && *start == '.' ? 2 : 1,
             *start == '@' ? BEFORE_TEST : BEFORE_END);
    } else if (digits) {
        end_path(scan);
        copy(scan, digits, BEFORE_END);
    } else if (strchr("(),=!<>+-|", *start)) {
        end_path(scan);
        copy(scan, 1, *start == ')' ? BEFORE_END : BEFORE_OPERAND);
    } else {
        struct str rest = {start, json_utf8_prefix((struct str){start, 1}) ? 1 : strlen(start)};
        return fail(scan, err, "XPath cannot use ", rest, NULL);
    }
    return true;
}

bool soap_xpath_rewrite(struct arena *arena, const char *text,
                        const struct soap_xpath_prefix *prefixes, size_t prefix_count,
                        struct soap_xpath_text *ret, struct err *err)
{
    size_t len = strlen(text);
    if (len > SOAP_XPATH_MAX_BYTES)
        return err_set(err, ERR_TOO_LARGE, "it has %zu bytes, more than %d", len,
                       SOAP_XPATH_MAX_BYTES);
    struct scan scan = {
        .arena = arena,
        .text = text,
        .prefixes = prefixes,
        .prefix_count = prefix_count,
        .steps = arena_alloc(arena, (len + 1) * sizeof(struct soap_xpath_step)),
        .names = arena_alloc(arena, (len + 1) * sizeof(char *)),
    };
    buf_init(&scan.out, (size_t)SOAP_XPATH_MAX_BYTES * sizeof("*[local-name()='']"));
    bool is_read = true;
    for (;;) {
        size_t blanks = blank_len(text + scan.at);
        buf_add(&scan.out, text + scan.at, blanks);
        scan.at += blanks;
        if (!text[scan.at] || !(is_read = scan_token(&scan, err)))
            break;
    }
    if (is_read) {
        end_path(&scan);
        struct soap_xpath_path *paths = arena_alloc(arena, sizeof(scan.paths));
        memcpy(paths, scan.paths, sizeof(scan.paths));
        *ret = (struct soap_xpath_text){
            .rewritten = arena_copy(arena, buf_str(&scan.out)).data,
            .paths = paths,
            .path_count = scan.path_count,
            .names = scan.names,
            .name_count = scan.name_count,
            .steps = scan.steps,
            .step_count = scan.step_count,
        };
    }
    buf_finish(&scan.out);
    return is_read;
}
