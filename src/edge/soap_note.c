// SPDX-License-Identifier: GPL-3.0-or-later
//
// Words for types. Long lists are cut, and it is said how much is missing.

#include "edge/soap_note.h"

enum {
    MAX_WORDS = 60, // of an enumeration
    MAX_HEIRS = 12,
    MAX_PATTERN_BYTES = 200,
    MAX_DOCUMENTATION_BYTES = 1500,
    MAX_DEPTH = 8, // of lists and unions in each other
};

static void add_clean(struct buf *out, const char *text, size_t limit)
{
    bool is_blank = true; // so that none stands in front
    size_t start = out->len;
    for (; *text && out->len - start < limit; text++) {
        bool is_space = strchr(" \t\r\n", *text) != NULL;
        if (!is_space || !is_blank)
            buf_add_char(out, is_space ? ' ' : *text);
        is_blank = is_space;
    }
    while (out->len > start && out->data[out->len - 1] == ' ')
        out->len--;
    if (!*text)
        return;
    while (out->len > start && (out->data[out->len - 1] & 0xc0) == 0x80)
        out->len--; // no half character
    if (out->len > start && (out->data[out->len - 1] & 0x80))
        out->len--;
    buf_add_str(out, STR(" ..."));
}

void soap_note_documentation(struct buf *out, const char *documentation)
{
    add_clean(out, documentation, MAX_DOCUMENTATION_BYTES);
}

// --- texts ---

static void add_range(struct buf *out, int64_t low, int64_t high, const char *unit)
{
    if (low == high && low >= 0)
        buf_printf(out, ", %lld %s", (long long)low, unit);
    else if (low > 0 && high >= 0)
        buf_printf(out, ", %lld to %lld %s", (long long)low, (long long)high, unit);
    else if (low > 0)
        buf_printf(out, ", at least %lld %s", (long long)low, unit);
    else if (high >= 0)
        buf_printf(out, ", at most %lld %s", (long long)high, unit);
}

static void add_lengths(struct buf *out, const struct shape_text *text)
{
    bool is_binary = text->primitive == SHAPE_HEX_BINARY || text->primitive == SHAPE_BASE64_BINARY;
    const char *unit = text->primitive == SHAPE_LIST ? "items" : is_binary ? "bytes" : "characters";
    if (text->length >= 0)
        add_range(out, text->length, text->length, unit);
    else
        add_range(out, text->min_length, text->max_length, unit);
}

static void add_bound(struct buf *out, const char *word, const char *bound)
{
    if (bound)
        buf_printf(out, " %s %.60s", word, bound);
}

// The bounds of XML Schema's own types are in their names.
static bool is_of_name(const struct shape_text *text, const char *bound)
{
    static const struct {
        const char *name, *low, *high;
    } types[] = {
        {"long", "-9223372036854775808", "9223372036854775807"},
        {"int", "-2147483648", "2147483647"},
        {"short", "-32768", "32767"},
        {"byte", "-128", "127"},
        {"unsignedLong", "0", "18446744073709551615"},
        {"unsignedInt", "0", "4294967295"},
        {"unsignedShort", "0", "65535"},
        {"unsignedByte", "0", "255"},
        {"nonNegativeInteger", "0", ""},
        {"positiveInteger", "1", ""},
        {"nonPositiveInteger", "", "0"},
        {"negativeInteger", "", "-1"},
    };
    for (size_t i = 0; bound && i < COUNT_OF(types); i++) {
        if (strcmp(types[i].name, text->built_in) == 0)
            return strcmp(types[i].low, bound) == 0 || strcmp(types[i].high, bound) == 0;
    }
    return !bound;
}

static void add_bounds(struct buf *out, const struct shape_text *text)
{
    const char *low = text->min_inclusive, *high = text->max_inclusive;
    add_bound(out, "from", is_of_name(text, low) ? NULL : low);
    add_bound(out, "above", text->min_exclusive);
    add_bound(out, "up to", is_of_name(text, high) ? NULL : high);
    add_bound(out, "below", text->max_exclusive);
    if (text->total_digits >= 0)
        buf_printf(out, ", at most %lld digits", (long long)text->total_digits);
    if (text->fraction_digits > 0)
        buf_printf(out, ", %lld after the point", (long long)text->fraction_digits);
}

static void add_patterns(struct buf *out, const struct shape_text *text)
{
    for (size_t i = 0; i < text->pattern_count; i++) {
        for (size_t j = 0; j < text->patterns[i].count; j++) {
            buf_add_str(out, j ? STR(" or ") : STR(", pattern "));
            size_t from = out->len;
            add_clean(out, text->patterns[i].any_of[j], MAX_PATTERN_BYTES);
            for (; from < out->len; from++) {
                if (out->data[from] == ' ')
                    out->data[from] = SOAP_NOTE_BLANK;
            }
        }
    }
}

static void add_words(struct buf *out, const struct shape_text *text)
{
    buf_add_str(out, STR(", one of: "));
    for (size_t i = 0; i < text->enumeration_count && i < MAX_WORDS; i++) {
        const struct shape_enumeration *word = &text->enumerations[i];
        buf_printf(out, "%s%s", i ? ", " : "", *word->value ? word->value : "\"\"");
        if (*word->documentation) {
            buf_add_str(out, STR(" ("));
            add_clean(out, word->documentation, 200);
            buf_add_char(out, ')');
        }
    }
    if (text->enumeration_count > MAX_WORDS)
        buf_printf(out, " and %zu more", text->enumeration_count - MAX_WORDS);
}

static void add_text(struct buf *out, const struct shape_text *text, int depth)
{
    if (text->primitive == SHAPE_LIST && !*text->built_in) {
        buf_add_str(out, STR("list of "));
        if (text->item && depth < MAX_DEPTH)
            add_text(out, text->item, depth + 1);
        else
            buf_add_str(out, STR("texts"));
    } else if (text->primitive == SHAPE_UNION) {
        for (size_t i = 0; i < text->member_count && depth < MAX_DEPTH; i++) {
            buf_add_str(out, i ? STR("; or ") : STR(""));
            add_text(out, text->members[i], depth + 1);
        }
    } else {
        buf_add_str(out, str_from(*text->built_in ? text->built_in : "text"));
    }
    add_lengths(out, text);
    if (text->primitive != SHAPE_LIST && text->primitive != SHAPE_UNION)
        add_bounds(out, text);
    add_patterns(out, text);
    if (text->enumeration_count)
        add_words(out, text);
}

void soap_note_text(struct buf *out, const struct shape_text *text)
{
    add_text(out, text, 0);
}

// --- elements ---

void soap_note_times(struct buf *out, int64_t min, int64_t max)
{
    if (max == 1)
        buf_add_str(out, min ? STR("required") : STR("optional"));
    else if (max == SHAPE_UNBOUNDED && min == 0)
        buf_add_str(out, STR("any number"));
    else if (max == SHAPE_UNBOUNDED)
        buf_printf(out, "%lld or more", (long long)min);
    else
        buf_printf(out, "%lld to %lld times", (long long)min, (long long)max);
}

static void add_type(struct buf *out, const struct shape_type *type)
{
    if (type->is_any)
        buf_add_str(out, STR("anything"));
    else if (type->text)
        soap_note_text(out, type->text);
    else if (*type->name.local)
        buf_add_str(out, str_from(type->name.local));
    else
        buf_add_str(out, type->content || type->item ? STR("structure") : STR("empty"));
    if (type->is_mixed && !type->is_any)
        buf_add_str(out, STR(", text and elements mixed"));
}

static void add_heirs(struct buf *out, const struct shape_type *declared)
{
    if (!declared->heir_count)
        return;
    buf_add_str(out,
                declared->is_abstract ? STR("; by xsi:type one of: ") : STR("; or by xsi:type: "));
    for (size_t i = 0; i < declared->heir_count && i < MAX_HEIRS; i++)
        buf_printf(out, "%s%s", i ? ", " : "", declared->heirs[i]->name.local);
    if (declared->heir_count > MAX_HEIRS)
        buf_printf(out, " and %zu more", declared->heir_count - MAX_HEIRS);
}

static void add_substitutes(struct buf *out, const struct shape_element *element)
{
    if (!element->substitute_count)
        return;
    buf_printf(out, "; %s in place of %s: ", element->is_abstract ? "one of these" : "or one",
               element->name.local);
    for (size_t i = 0; i < element->substitute_count && i < MAX_HEIRS; i++)
        buf_printf(out, "%s%s", i ? ", " : "", element->substitutes[i]->name.local);
    if (element->substitute_count > MAX_HEIRS)
        buf_printf(out, " and %zu more", element->substitute_count - MAX_HEIRS);
}

void soap_note_element(struct buf *out, const struct shape_element *element,
                       const struct shape_type *type, int64_t min, int64_t max)
{
    add_type(out, type);
    buf_add_str(out, STR(", "));
    soap_note_times(out, min, max);
    if (element->is_nillable)
        buf_add_str(out, STR(", may be nil"));
    if (element->fixed_value)
        buf_printf(out, ", always %.100s", element->fixed_value);
    else if (element->default_value)
        buf_printf(out, ", %.100s when empty", element->default_value);
    add_heirs(out, element->type);
    add_substitutes(out, element);
}

void soap_note_meaning(struct buf *out, const struct shape_element *element)
{
    const char *documentation =
        *element->documentation ? element->documentation : element->type->documentation;
    if (*documentation) {
        buf_add_str(out, STR(". "));
        soap_note_documentation(out, documentation);
    }
}

void soap_note_attribute(struct buf *out, const struct shape_attribute *attribute)
{
    buf_printf(out, "%s (", attribute->name.local);
    soap_note_text(out, attribute->text);
    buf_add_str(out, attribute->is_required ? STR(", required") : STR(", optional"));
    if (attribute->fixed_value)
        buf_printf(out, ", always %.100s", attribute->fixed_value);
    else if (attribute->default_value)
        buf_printf(out, ", %.100s when left out", attribute->default_value);
    if (*attribute->documentation) {
        buf_add_str(out, STR(", "));
        add_clean(out, attribute->documentation, 200);
    }
    buf_add_char(out, ')');
}
