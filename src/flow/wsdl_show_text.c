// SPDX-License-Identifier: GPL-3.0-or-later
//
// Trees of wsdl_show.c as lines for a terminal: a name, what it is, how often, what it means.

#include "flow/wsdl_show.h"

enum {
    INDENT = 2,
    NAME_WIDTH = 36, // with its indent
    MAX_VALUES = 12, // of an enumeration on a line
    MAX_WORDS = 200, // of documentation on a line, in bytes
};

static struct str text_of(const struct json *from, const char *name)
{
    const struct json *value = json_get(from, str_from(name));
    return value && value->kind == JSON_STRING ? value->string : STR("");
}

static bool is_marked(const struct json *from, const char *name)
{
    const struct json *value = json_get(from, str_from(name));
    return value && value->kind == JSON_BOOLEAN && value->boolean;
}

static int64_t number_of(const struct json *from, const char *name, int64_t otherwise)
{
    const struct json *value = json_get(from, str_from(name));
    return value && value->kind == JSON_INTEGER ? value->integer : otherwise;
}

static size_t count_of(const struct json *from, const char *name)
{
    const struct json *value = json_get(from, str_from(name));
    return value && value->kind == JSON_ARRAY ? value->array.count : 0;
}

static const struct json *item_of(const struct json *from, const char *name, size_t index)
{
    return json_get(from, str_from(name))->array.items[index];
}

// --- a line ---

// White space as one blank, cut where a line has enough.
static void write_words(struct buf *out, struct str words)
{
    size_t used = 0;
    bool is_blank = false;
    words = str_trim(words);
    for (size_t i = 0; i < words.len; i++) {
        unsigned char c = (unsigned char)words.data[i];
        bool starts_character = (c & 0xc0) != 0x80;
        if (c <= ' ') {
            is_blank = true;
            continue;
        }
        if (used > MAX_WORDS && starts_character) {
            buf_printf(out, "...");
            return;
        }
        if (is_blank)
            buf_add_char(out, ' ');
        is_blank = false;
        buf_add_char(out, words.data[i]);
        used++;
    }
}

static void write_documentation(struct buf *out, int depth, struct str words)
{
    if (!words.len)
        return;
    buf_printf(out, "%*s# ", depth * INDENT, "");
    write_words(out, words);
    buf_add_char(out, '\n');
}

static void write_occurrence(struct buf *out, const struct json *node)
{
    int64_t min = number_of(node, "min", 1), max = number_of(node, "max", 1);
    if (min == 1 && max == 1)
        return;
    if (min == 0 && max == 1)
        buf_printf(out, ", optional");
    else if (max == SHAPE_UNBOUNDED)
        buf_printf(out, ", %lld or more", (long long)min);
    else
        buf_printf(out, ", %lld to %lld", (long long)min, (long long)max);
}

static void write_facets(struct buf *out, const struct json *node)
{
    static const struct {
        const char *name, *words;
    } facets[] = {
        {"length", "length"},    {"min_length", "length >="},   {"max_length", "length <="},
        {"min_inclusive", ">="}, {"max_inclusive", "<="},       {"min_exclusive", ">"},
        {"max_exclusive", "<"},  {"total_digits", "digits <="}, {"fraction_digits", "decimals <="},
    };
    AUTO_BUF struct buf scratch;
    buf_init(&scratch, 1024);
    for (size_t i = 0; i < COUNT_OF(facets); i++) {
        const struct json *facet = json_get(node, str_from(facets[i].name));
        if (facet)
            buf_printf(out, ", %s %.*s", facets[i].words, STR_ARG(json_as_text(facet, &scratch)));
    }
    for (size_t i = 0; i < count_of(node, "patterns"); i++)
        buf_printf(out, ", pattern %.*s", STR_ARG(item_of(node, "patterns", i)->string));
    static const char *const values[] = {"default", "fixed"};
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        if (text_of(node, values[i]).len)
            buf_printf(out, ", %s \"%.*s\"", values[i], STR_ARG(text_of(node, values[i])));
    }
}

static void write_enumeration(struct buf *out, const struct json *node, int depth)
{
    size_t count = count_of(node, "enumeration");
    bool is_told = false;
    for (size_t i = 0; i < count; i++)
        is_told = is_told || text_of(item_of(node, "enumeration", i), "documentation").len;
    for (size_t i = 0; i < count && is_told; i++) {
        const struct json *value = item_of(node, "enumeration", i);
        buf_printf(out, "%*s= %.*s  ", depth * INDENT, "", STR_ARG(text_of(value, "value")));
        write_words(out, text_of(value, "documentation"));
        buf_add_char(out, '\n');
    }
    if (!count || is_told)
        return;
    buf_printf(out, "%*s= ", depth * INDENT, "");
    for (size_t i = 0; i < count && i < MAX_VALUES; i++)
        buf_printf(out, "%s%.*s", i ? " | " : "",
                   STR_ARG(text_of(item_of(node, "enumeration", i), "value")));
    if (count > MAX_VALUES)
        buf_printf(out, " | ... %zu more, see --json", count - MAX_VALUES);
    buf_add_char(out, '\n');
}

static void write_type(struct buf *out, const struct json *node)
{
    struct str type = text_of(node, "type"), text = text_of(node, "text");
    if (is_marked(node, "any"))
        buf_printf(out, "anything");
    else if (type.len && text.len && !str_eq(type, text))
        buf_printf(out, "%.*s (%.*s)", STR_ARG(type), STR_ARG(text));
    else if (type.len || text.len)
        buf_printf(out, "%.*s", STR_ARG(type.len ? type : text));
    else
        buf_printf(out, "-");
}

// "name    type, occurrence, facets"
static void write_line(struct buf *out, const struct json *node, int depth, const char *mark)
{
    size_t start = out->len;
    buf_printf(out, "%*s%s%.*s", depth * INDENT, "", mark, STR_ARG(text_of(node, "name")));
    size_t used = out->len - start;
    buf_printf(out, "%*s", used < NAME_WIDTH ? (int)(NAME_WIDTH - used) : 1, "");
    write_type(out, node);
    if (*mark)
        buf_printf(out, is_marked(node, "required") ? ", required" : ", optional");
    write_occurrence(out, node);
    if (is_marked(node, "nillable"))
        buf_printf(out, ", may be nil");
    if (is_marked(node, "abstract") || is_marked(node, "abstract_element"))
        buf_printf(out, ", abstract");
    if (is_marked(node, "mixed"))
        buf_printf(out, ", text between");
    write_facets(out, node);
    if (is_marked(node, "see_above"))
        buf_printf(out, "  ^ see above");
    buf_add_char(out, '\n');
}

// --- trees ---

static void write_node(struct buf *out, const struct json *node, int depth);

static void write_others(struct buf *out, const struct json *node, int depth, const char *list,
                         const char *words)
{
    for (size_t i = 0; i < count_of(node, list); i++) {
        const struct json *other = item_of(node, list, i);
        struct str name =
            text_of(other, "name").len ? text_of(other, "name") : text_of(other, "type");
        buf_printf(out, "%*s%s %.*s%s\n", depth * INDENT, "", words, STR_ARG(name),
                   is_marked(other, "see_above") ? "  ^ see above" : ":");
        for (size_t j = 0; j < count_of(other, "attributes"); j++)
            write_line(out, item_of(other, "attributes", j), depth + 1, "@");
        if (json_get(other, STR("content")))
            write_node(out, json_get(other, STR("content")), depth + 1);
    }
}

static void write_inside(struct buf *out, const struct json *node, int depth)
{
    write_documentation(out, depth, text_of(node, "documentation"));
    write_documentation(out, depth, text_of(node, "type_documentation"));
    write_enumeration(out, node, depth);
    for (size_t i = 0; i < count_of(node, "attributes"); i++) {
        const struct json *attribute = item_of(node, "attributes", i);
        write_line(out, attribute, depth, "@");
        write_documentation(out, depth + 1, text_of(attribute, "documentation"));
        write_enumeration(out, attribute, depth + 1);
    }
    if (json_get(node, STR("array_of")))
        write_node(out, json_get(node, STR("array_of")), depth);
    if (json_get(node, STR("content")))
        write_node(out, json_get(node, STR("content")), depth);
    write_others(out, node, depth, "derived", "or xsi:type");
    write_others(out, node, depth, "substitutes", "or element");
}

static void write_group(struct buf *out, const struct json *node, int depth)
{
    struct str group = text_of(node, "group");
    bool is_plain = str_eq(group, STR("sequence")) && number_of(node, "min", 1) == 1 &&
                    number_of(node, "max", 1) == 1;
    if (!is_plain) {
        buf_printf(out, "%*s%s", depth * INDENT, "",
                   str_eq(group, STR("choice")) ? "one of"
                   : str_eq(group, STR("all"))  ? "in any order"
                                                : "together");
        write_occurrence(out, node);
        buf_printf(out, ":\n");
    }
    for (size_t i = 0; i < count_of(node, "children"); i++)
        write_node(out, item_of(node, "children", i), is_plain ? depth : depth + 1);
}

static void write_node(struct buf *out, const struct json *node, int depth)
{
    if (text_of(node, "group").len) {
        write_group(out, node, depth);
    } else if (text_of(node, "any_element").len) {
        buf_printf(out, "%*sany element, namespace %.*s", depth * INDENT, "",
                   STR_ARG(text_of(node, "any_element")));
        write_occurrence(out, node);
        buf_add_char(out, '\n');
    } else {
        write_line(out, node, depth, "");
        write_inside(out, node, depth + 1);
    }
}

// --- operations ---

static void write_message(struct buf *out, const char *title, const struct json *message)
{
    if (!message)
        return;
    buf_printf(out, "\n%s\n", title);
    for (size_t i = 0; i < count_of(message, "headers"); i++) {
        buf_printf(out, "%*sheader\n", INDENT, "");
        write_node(out, item_of(message, "headers", i), 2);
    }
    struct str wrapper = text_of(message, "wrapper");
    if (wrapper.len)
        buf_printf(out, "%*s%.*s%s\n", INDENT, "", STR_ARG(wrapper),
                   is_marked(message, "encoded") ? "  (SOAP encoding)" : "");
    for (size_t i = 0; i < count_of(message, "parts"); i++) {
        const struct json *part = item_of(message, "parts", i);
        write_node(out, part, wrapper.len ? 2 : 1);
    }
    if (!wrapper.len && !count_of(message, "parts"))
        buf_printf(out, "%*s(nothing)\n", INDENT, "");
}

static void write_call(struct buf *out, const struct json *call)
{
    buf_printf(out, "port %.*s, SOAP %.*s, %.*s/%s%s\n", STR_ARG(text_of(call, "port")),
               STR_ARG(text_of(call, "soap")), STR_ARG(text_of(call, "style")),
               is_marked(call, "encoded") ? "encoded" : "literal",
               is_marked(call, "one_way") ? ", one way" : "");
    if (text_of(call, "endpoint").len)
        buf_printf(out, "%*sendpoint %.*s\n", INDENT, "", STR_ARG(text_of(call, "endpoint")));
}

void show_operation_text(struct buf *out, const struct json *operation)
{
    buf_printf(out, "%.*s: ", STR_ARG(text_of(operation, "operation")));
    write_call(out, operation);
    if (text_of(operation, "action").len)
        buf_printf(out, "%*saction   %.*s\n", INDENT, "", STR_ARG(text_of(operation, "action")));
    if (is_marked(operation, "addressing"))
        buf_printf(out, "%*swith WS-Addressing headers\n", INDENT, "");
    write_documentation(out, 1, text_of(operation, "documentation"));
    write_message(out, "input", json_get(operation, STR("input")));
    write_message(out, "output", json_get(operation, STR("output")));
    for (size_t i = 0; i < count_of(operation, "faults"); i++) {
        const struct json *fault = item_of(operation, "faults", i);
        buf_printf(out, "\nfault %.*s\n", STR_ARG(text_of(fault, "name")));
        if (json_get(fault, STR("detail")))
            write_node(out, json_get(fault, STR("detail")), 1);
    }
}

static bool is_same_port(const struct json *a, const struct json *b)
{
    return str_eq(text_of(a, "port"), text_of(b, "port")) &&
           str_eq(text_of(a, "endpoint"), text_of(b, "endpoint")) &&
           str_eq(text_of(a, "style"), text_of(b, "style")) &&
           is_marked(a, "encoded") == is_marked(b, "encoded");
}

void show_module_text(struct buf *out, const struct json *module)
{
    buf_printf(out, "%.*s", STR_ARG(text_of(module, "name")));
    if (text_of(module, "version").len)
        buf_printf(out, "@%.*s", STR_ARG(text_of(module, "version")));
    if (text_of(module, "origin").len)
        buf_printf(out, ", made of %.*s", STR_ARG(text_of(module, "origin")));
    buf_printf(out, ", %.*s\n", STR_ARG(text_of(module, "made_at")));
    for (size_t i = 0; i < count_of(module, "operations"); i++) {
        const struct json *call = item_of(module, "operations", i);
        if (i == 0 || !is_same_port(call, item_of(module, "operations", i - 1))) {
            buf_add_char(out, '\n');
            write_call(out, call);
        }
        struct str words = text_of(call, "documentation");
        buf_printf(out, "%*s%-*.*s", INDENT, "", words.len ? NAME_WIDTH - INDENT : 0,
                   STR_ARG(text_of(call, "operation")));
        if (words.len)
            buf_add_char(out, ' ');
        write_words(out, words);
        buf_add_char(out, '\n');
    }
    for (size_t i = 0; i < count_of(module, "not_built"); i++)
        buf_printf(out, "%s%.*s",
                   i ? ", " : "\nnot built: ", STR_ARG(item_of(module, "not_built", i)->string));
    if (count_of(module, "not_built"))
        buf_printf(out, "\n(`switchhook wsdl add --operations +NAME %.*s` builds one)\n",
                   STR_ARG(text_of(module, "name")));
    for (size_t i = 0; i < count_of(module, "notes"); i++)
        buf_printf(out, "%snote: %.*s\n", i ? "" : "\n",
                   STR_ARG(item_of(module, "notes", i)->string));
}
