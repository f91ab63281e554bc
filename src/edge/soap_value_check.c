// SPDX-License-Identifier: GPL-3.0-or-later
//
// Facets. libxml2 knows the lexical forms and the order of values; lengths, digits and patterns are
// looked at here.

#include "edge/soap_value_check.h"

#include <libxml/schemasInternals.h>
#include <libxml/xmlschemastypes.h>

#define XSD_NS "http://www.w3.org/2001/XMLSchema"

enum { MAX_SETS = 64 };

bool soap_value_is_whole(const struct shape_text *text)
{
    return text->primitive == SHAPE_DECIMAL && text->fraction_digits == 0;
}

// --- patterns ---

static bool compiles(struct arena *arena, const char *pattern)
{
    const struct regular *compiled;
    struct err err;
    return regular_compile(arena, &(struct regular_set){&pattern, 1}, 1, &compiled, &err);
}

// Of a set, what can be read.
static bool keep_readable(struct arena *arena, const struct shape_patterns *from,
                          struct regular_set *to)
{
    const char **kept = arena_alloc(arena, (from->count + 1) * sizeof(*kept));
    size_t count = 0;
    for (size_t i = 0; i < from->count; i++) {
        if (compiles(arena, from->any_of[i]))
            kept[count++] = from->any_of[i];
    }
    *to = (struct regular_set){kept, count};
    return count > 0;
}

const struct regular *soap_value_patterns(const struct shape_text *text, struct arena *arena,
                                          const struct regular_set *more, size_t more_count)
{
    struct regular_set sets[MAX_SETS];
    size_t count = 0;
    for (size_t i = 0; i < text->pattern_count && count + more_count < MAX_SETS; i++)
        count += keep_readable(arena, &text->patterns[i], &sets[count]);
    for (size_t i = 0; i < more_count; i++)
        sets[count++] = more[i];
    const struct regular *compiled;
    struct err err;
    return count && regular_compile(arena, sets, count, &compiled, &err) ? compiled : NULL;
}

// --- atoms ---

static xmlSchemaVal *parse_value(const struct shape_text *text, const char *value)
{
    xmlSchemaType *type =
        xmlSchemaGetPredefinedType((const xmlChar *)text->built_in, (const xmlChar *)XSD_NS);
    xmlSchemaVal *result = NULL;
    if (!type || xmlSchemaValPredefTypeNode(type, (const xmlChar *)value, &result, NULL) != 0)
        return NULL;
    return result;
}

// Names of entities and notations are known to a document only; here they are names.
static bool is_lexical(const struct shape_text *text, const char *value)
{
    bool is_name = text->primitive == SHAPE_NOTATION || strcmp(text->built_in, "ENTITY") == 0;
    if (is_name)
        return xmlValidateQName((const xmlChar *)value, 0) == 0;
    xmlSchemaType *type =
        xmlSchemaGetPredefinedType((const xmlChar *)text->built_in, (const xmlChar *)XSD_NS);
    return !type || xmlSchemaValPredefTypeNode(type, (const xmlChar *)value, NULL, NULL) == 0;
}

static bool is_ordered(const struct shape_text *text, xmlSchemaVal *value, const char *bound,
                       int side, bool or_equal)
{
    if (!bound)
        return true;
    xmlSchemaVal *limit = parse_value(text, bound);
    int order = limit ? xmlSchemaCompareValues(value, limit) : side;
    xmlSchemaFreeValue(limit);
    return order == side || (or_equal && order == 0);
}

static bool is_within_bounds(const struct shape_text *text, const char *value)
{
    if (!text->min_inclusive && !text->max_inclusive && !text->min_exclusive &&
        !text->max_exclusive)
        return true;
    xmlSchemaVal *parsed = parse_value(text, value);
    bool result = parsed && is_ordered(text, parsed, text->min_inclusive, 1, true) &&
                  is_ordered(text, parsed, text->max_inclusive, -1, true) &&
                  is_ordered(text, parsed, text->min_exclusive, 1, false) &&
                  is_ordered(text, parsed, text->max_exclusive, -1, false);
    xmlSchemaFreeValue(parsed);
    return result;
}

// Digits without leading and trailing zeros count.
static bool has_few_digits(const struct shape_text *text, const char *value)
{
    value += *value == '+' || *value == '-';
    value += strspn(value, "0");
    const char *point = strchr(value, '.');
    int64_t whole = (int64_t)strspn(value, "0123456789"), fraction = 0;
    if (point)
        for (const char *c = point + 1; *c; c++)
            fraction = *c == '0' ? fraction : c - point;
    return (text->total_digits < 0 || whole + fraction <= text->total_digits) &&
           (text->fraction_digits < 0 || fraction <= text->fraction_digits);
}

static int64_t length_of(const struct shape_text *text, const char *value)
{
    int64_t length = 0;
    if (text->primitive == SHAPE_LIST) {
        for (const char *c = value; *c; c++)
            length += *c != ' ' && (c == value || c[-1] == ' ');
        return length;
    }
    if (text->primitive == SHAPE_HEX_BINARY)
        return (int64_t)strlen(value) / 2;
    if (text->primitive == SHAPE_BASE64_BINARY) {
        for (const char *c = value; *c; c++)
            length += *c != ' ' && *c != '=';
        return length * 3 / 4;
    }
    for (const char *c = value; *c; c++)
        length += (*c & 0xc0) != 0x80;
    return length;
}

static bool has_length(const struct shape_text *text, const char *value)
{
    if (text->primitive == SHAPE_QNAME || text->primitive == SHAPE_NOTATION)
        return true; // these facets say nothing of them
    int64_t length = length_of(text, value);
    return (text->length < 0 || length == text->length) &&
           (text->min_length < 0 || length >= text->min_length) &&
           (text->max_length < 0 || length <= text->max_length);
}

static bool has_white_space(const struct shape_text *text, const char *value)
{
    if (text->white_space == SHAPE_PRESERVE)
        return true;
    if (value[strcspn(value, "\t\n\r")])
        return false;
    size_t len = strlen(value);
    return text->white_space == SHAPE_REPLACE || !len ||
           (value[0] != ' ' && value[len - 1] != ' ' && !strstr(value, "  "));
}

static bool is_enumerated(const struct shape_text *text, const char *value)
{
    for (size_t i = 0; i < text->enumeration_count; i++) {
        if (strcmp(text->enumerations[i].value, value) == 0)
            return true;
    }
    return text->enumeration_count == 0;
}

// --- lists and unions ---

static bool fits(const struct shape_text *text, const char *value, int depth);

static bool items_fit(const struct shape_text *text, const char *value, int depth)
{
    AUTO_ARENA struct arena *arena = arena_new();
    for (const char *c = value + strspn(value, " "); *c; c += strspn(c, " ")) {
        struct str item = {c, strcspn(c, " ")};
        c += item.len;
        if (!fits(text->item, arena_copy(arena, item).data, depth + 1))
            return false;
    }
    return true;
}

static bool is_of_kind(const struct shape_text *text, const char *value, int depth)
{
    if (text->primitive == SHAPE_LIST)
        return !text->item || items_fit(text, value, depth);
    if (text->primitive != SHAPE_UNION)
        return is_lexical(text, value) && is_within_bounds(text, value) &&
               (text->primitive != SHAPE_DECIMAL || has_few_digits(text, value));
    for (size_t i = 0; i < text->member_count; i++) {
        if (fits(text->members[i], value, depth + 1))
            return true;
    }
    return text->member_count == 0;
}

static bool fits_at(const struct shape_text *text, const struct regular *patterns,
                    const char *value, int depth)
{
    return depth < SOAP_VALUE_DEPTH && has_white_space(text, value) && has_length(text, value) &&
           is_enumerated(text, value) && is_of_kind(text, value, depth) &&
           (!patterns || regular_matches(patterns, str_from(value)));
}

static bool fits(const struct shape_text *text, const char *value, int depth)
{
    AUTO_ARENA struct arena *arena = arena_new();
    const struct regular *patterns =
        text->pattern_count ? soap_value_patterns(text, arena, NULL, 0) : NULL;
    return fits_at(text, patterns, value, depth);
}

bool soap_value_fits_with(const struct shape_text *text, const struct regular *patterns,
                          const char *value)
{
    return fits_at(text, patterns, value, 0);
}

bool soap_value_fits(const struct shape_text *text, const char *value)
{
    return fits(text, value, 0);
}
