// SPDX-License-Identifier: GPL-3.0-or-later
//
// Valid texts. What a person would write comes first; then what the bounds say; then a word that
// the patterns and the type's own form accept together. Every candidate is held to all facets, so a
// guess costs nothing but time.

#include "edge/soap_value_check.h"

#include <stdio.h>

enum { MAX_VALUE_CHARACTERS = 4000 };

struct sampling {
    const struct shape_text *text;
    const struct regular *patterns; // the type's own; NULL: none
    struct soap_value_ids *ids;
    struct arena *arena;
    const char *value; // the answer
    int depth;
};

// --- the kinds of atoms: what to try, and their form as a regular expression ---

#define YEAR  "(19|20)[0-9]{2}"
#define MONTH "(0[1-9]|1[0-2])"
#define DAY   "(0[1-9]|1[0-9]|2[0-8])"
#define CLOCK "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?"
#define ZONE  "(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])?"

static const struct kind {
    enum shape_primitive primitive;
    const char *built_in; // NULL: any of the primitive
    const char *form;     // NULL: anything
    const char *tries[12];
} kinds[] = {
    {SHAPE_STRING, "language", "[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*", {"en", "en-US", "eng"}},
    {SHAPE_STRING, "Name", "\\i\\c*", {"name"}},
    {SHAPE_STRING, "NCName", "[\\i-[:]][\\c-[:]]*", {"name"}},
    {SHAPE_STRING, "ID", "[\\i-[:]][\\c-[:]]*", {NULL}},
    {SHAPE_STRING, "IDREF", "[\\i-[:]][\\c-[:]]*", {NULL}},
    {SHAPE_STRING, "ENTITY", "[\\i-[:]][\\c-[:]]*", {"name"}},
    {SHAPE_STRING, "NMTOKEN", "\\c+", {"name"}},
    {SHAPE_STRING,
     NULL,
     NULL,
     {"text", "TEXT", "Text", "1", "A", "user@example.com", "2025-06-30T09:30:00", "2025-06-30",
      "09:30:00", "+15105550111", "1.5"}},
    {SHAPE_BOOLEAN, NULL, "true|false|1|0", {"true", "false", "1", "0"}},
    {SHAPE_DECIMAL, NULL, "-?[0-9]{1,20}(\\.[0-9]{1,12})?", {"1", "0", "10", "100", "1.5", "0.5"}},
    {SHAPE_FLOAT, NULL, "-?[0-9]{1,9}(\\.[0-9]{1,6})?(E-?[0-9])?", {"1.5", "1", "0", "10", "0.5"}},
    {SHAPE_DOUBLE, NULL, "-?[0-9]{1,9}(\\.[0-9]{1,6})?(E-?[0-9])?", {"1.5", "1", "0", "10", "0.5"}},
    {SHAPE_DURATION,
     NULL,
     "-?P([0-9]{1,4}Y)?([0-9]{1,4}M)?([0-9]{1,4}D)?"
     "(T([0-9]{1,4}H)?([0-9]{1,4}M)?([0-9]{1,4}(\\.[0-9]{1,6})?S)?)?",
     {"PT5M", "P1D", "PT1H30M", "P1M", "P1Y", "PT30S", "P10D", "P10Y"}},
    {SHAPE_DATE_TIME,
     NULL,
     YEAR "-" MONTH "-" DAY "T" CLOCK ZONE,
     {"2025-06-30T09:30:00Z", "2025-06-30T09:30:00", "2025-06-30T09:30:00.000Z"}},
    {SHAPE_TIME, NULL, CLOCK ZONE, {"09:30:00", "09:30:00Z", "15:00:00", "21:00:00", "00:00:00"}},
    {SHAPE_DATE, NULL, YEAR "-" MONTH "-" DAY ZONE, {"2025-06-30", "2025-06-30Z"}},
    {SHAPE_YEAR_MONTH, NULL, YEAR "-" MONTH ZONE, {"2025-06"}},
    {SHAPE_YEAR, NULL, YEAR ZONE, {"2025"}},
    {SHAPE_MONTH_DAY, NULL, "--" MONTH "-" DAY ZONE, {"--06-30", "--01-01", "--12-31"}},
    {SHAPE_DAY, NULL, "---" DAY ZONE, {"---15", "---01", "---31"}},
    {SHAPE_MONTH, NULL, "--" MONTH ZONE, {"--06", "--01", "--12"}},
    {SHAPE_HEX_BINARY, NULL, "([0-9a-fA-F]{2})*", {"0a"}},
    {SHAPE_BASE64_BINARY,
     NULL,
     "([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=|[A-Za-z0-9+/][AQgw]==)?",
     {"dGV4dA=="}},
    {SHAPE_ANY_URI,
     NULL,
     "[a-z][a-z0-9+.-]*:[A-Za-z0-9._~/?@:-]+|[A-Za-z0-9._~/-]+",
     {"https://example.com/", "urn:example", "a"}},
    {SHAPE_QNAME,
     NULL,
     SOAP_VALUE_PREFIX ":[A-Za-z_][A-Za-z0-9_.-]*",
     {SOAP_VALUE_PREFIX ":string"}},
    {SHAPE_NOTATION, NULL, "[\\i-[:]][\\c-[:]]*", {"name"}},
    {SHAPE_ANY_SIMPLE, NULL, NULL, {"text"}},
};

static const struct kind *kind_of(const struct shape_text *text)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (kinds[i].primitive == text->primitive &&
            (!kinds[i].built_in || strcmp(kinds[i].built_in, text->built_in) == 0))
            return &kinds[i];
    }
    return NULL;
}

// --- trying ---

static bool is_id(const struct shape_text *text)
{
    return strcmp(text->built_in, "ID") == 0;
}

static bool is_taken(const struct soap_value_ids *ids, const char *value)
{
    for (size_t i = 0; i < ids->count; i++) {
        if (strcmp(ids->taken[i], value) == 0)
            return true;
    }
    return false;
}

static void take_id(struct sampling *sampling, const char *value)
{
    struct soap_value_ids *ids = sampling->ids;
    if (ids->count == ids->capacity) {
        size_t capacity = ids->capacity ? ids->capacity * 2 : 8;
        const char **taken = arena_alloc(sampling->arena, capacity * sizeof(*taken));
        if (ids->count)
            memcpy(taken, ids->taken, ids->count * sizeof(*taken));
        ids->taken = taken;
        ids->capacity = capacity;
    }
    ids->taken[ids->count++] = value;
}

static bool try_value(struct sampling *sampling, const char *value)
{
    const struct shape_text *text = sampling->text;
    if ((is_id(text) && is_taken(sampling->ids, value)) ||
        !soap_value_fits_with(text, sampling->patterns, value))
        return false;
    sampling->value = arena_strdup(sampling->arena, value);
    if (is_id(text))
        take_id(sampling, sampling->value);
    return true;
}

static bool try_word(void *context, struct str word)
{
    return try_value(context, word.data);
}

static bool try_enumerations(struct sampling *sampling)
{
    for (size_t i = 0; i < sampling->text->enumeration_count; i++) {
        if (try_value(sampling, sampling->text->enumerations[i].value))
            return true;
    }
    return false;
}

static bool try_ids(struct sampling *sampling)
{
    const struct soap_value_ids *ids = sampling->ids;
    if (strcmp(sampling->text->built_in, "IDREF") == 0)
        return try_value(sampling, ids->count ? ids->taken[0] : "id1");
    if (!is_id(sampling->text))
        return false;
    return try_value(sampling, arena_printf(sampling->arena, "id%zu", ids->count + 1));
}

static bool try_usual(struct sampling *sampling, const struct kind *kind)
{
    for (size_t i = 0; i < COUNT_OF(kind->tries) && kind->tries[i]; i++) {
        if (try_value(sampling, kind->tries[i]))
            return true;
    }
    return false;
}

// --- lengths ---

static int64_t least_length(const struct shape_text *text)
{
    int64_t least = text->length > text->min_length ? text->length : text->min_length;
    return least < 0 ? 0 : least;
}

static int64_t most_length(const struct shape_text *text)
{
    if (text->length >= 0)
        return text->length;
    return text->max_length >= 0 ? text->max_length : MAX_VALUE_CHARACTERS;
}

// As many characters as the lengths ask for, of a text that repeats.
static bool try_length(struct sampling *sampling)
{
    const struct shape_text *text = sampling->text;
    const char *unit = text->primitive == SHAPE_HEX_BINARY      ? "0a"
                       : text->primitive == SHAPE_BASE64_BINARY ? "dGV4"
                                                                : "text";
    int64_t octets = text->primitive == SHAPE_BASE64_BINARY ? 3 : 1, length = least_length(text);
    if (!length)
        length = most_length(text) < 4 ? most_length(text) : 4;
    if (length > MAX_VALUE_CHARACTERS)
        return false;
    if (text->primitive == SHAPE_HEX_BINARY)
        length *= 2;
    AUTO_BUF struct buf value;
    buf_init(&value, 3 * MAX_VALUE_CHARACTERS);
    if (octets == 1) {
        for (int64_t i = 0; i < length; i++)
            buf_add_char(&value, unit[i % (int64_t)strlen(unit)]);
    } else {
        for (int64_t i = 0; i < length / octets; i++)
            buf_add_str(&value, str_from(unit));
        static const char *const rests[] = {"", "dA==", "dGU="};
        buf_add_str(&value, str_from(rests[length % octets]));
    }
    buf_add_char(&value, '\0');
    return try_value(sampling, value.data);
}

// --- bounds ---

static bool try_number(struct sampling *sampling, double number, int digits)
{
    char value[400];
    snprintf(value, sizeof(value), "%.*f", digits, number);
    return try_value(sampling, value);
}

static bool try_near(struct sampling *sampling, const char *bound, double side)
{
    const struct shape_text *text = sampling->text;
    double number = strtod(bound, NULL);
    if (soap_value_is_whole(text))
        return try_number(sampling, number + side, 0);
    static const double steps[] = {1, 0.1, 0.01, 0.001, 0.0001, 0.000001};
    static const int digits[] = {0, 1, 2, 3, 4, 6};
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        for (size_t j = i; j < COUNT_OF(steps); j++) {
            if (try_number(sampling, number + side * steps[i], digits[j]))
                return true;
        }
    }
    return false;
}

// The same day or hour of the next or last year, century or hour, whichever a bound leaves.
static bool try_other_years(struct sampling *sampling, const char *bound)
{
    static const int steps[] = {1, -1, 10, -10, 100, -100};
    size_t digits = strspn(bound, "0123456789");
    long first = strtol(bound, NULL, 10);
    for (size_t i = 0; i < COUNT_OF(steps) && digits; i++) {
        char value[100];
        if (first + steps[i] < 0)
            continue;
        snprintf(value, sizeof(value), "%0*ld%.60s", (int)digits, first + steps[i], bound + digits);
        if (try_value(sampling, value))
            return true;
    }
    return false;
}

static bool is_number(const struct shape_text *text)
{
    return text->primitive == SHAPE_DECIMAL || text->primitive == SHAPE_FLOAT ||
           text->primitive == SHAPE_DOUBLE;
}

static bool try_bounds(struct sampling *sampling)
{
    const struct shape_text *text = sampling->text;
    const char *const bounds[] = {text->min_inclusive, text->max_inclusive, text->min_exclusive,
                                  text->max_exclusive};
    for (size_t i = 0; i < COUNT_OF(bounds); i++) {
        double side = i % 2 ? -1 : 1;
        if (!bounds[i])
            continue;
        if (try_value(sampling, bounds[i]) ||
            (is_number(text) ? try_near(sampling, bounds[i], side)
                             : try_other_years(sampling, bounds[i])))
            return true;
    }
    const char *low = bounds[0] ? bounds[0] : bounds[2], *high = bounds[1] ? bounds[1] : bounds[3];
    for (int digits = 0; low && high && is_number(text) && digits < 12; digits++) {
        if (try_number(sampling, strtod(low, NULL) / 2 + strtod(high, NULL) / 2, digits))
            return true;
    }
    return false;
}

// --- patterns ---

static bool try_patterns(struct sampling *sampling, const char *form)
{
    static const char *const spaced[] = {"[^\\t\\n\\r]*", "|\\S+( \\S+)*"};
    const struct shape_text *text = sampling->text;
    struct regular_set more[2];
    size_t count = 0;
    if (form)
        more[count++] = (struct regular_set){&form, 1};
    if (text->white_space != SHAPE_PRESERVE)
        more[count++] = (struct regular_set){&spaced[text->white_space == SHAPE_COLLAPSE], 1};
    const struct regular *all = soap_value_patterns(text, sampling->arena, more, count);
    if (!all)
        return false;
    bool is_text = text->primitive == SHAPE_STRING || text->primitive == SHAPE_ANY_URI;
    struct regular_wish wish = {.min_length = 1,
                                .max_length = MAX_VALUE_CHARACTERS,
                                .accept = try_word,
                                .context = sampling};
    if (is_text && least_length(text) > 1)
        wish.min_length = (size_t)least_length(text);
    if (is_text && most_length(text) < MAX_VALUE_CHARACTERS)
        wish.max_length = (size_t)most_length(text);
    struct str word;
    if (regular_find(all, sampling->arena, &wish, &word))
        return true;
    return try_value(sampling, "");
}

// --- lists and unions ---

static bool sample(const struct shape_text *text, struct soap_value_ids *ids, struct arena *arena,
                   int depth, const char **ret);

static bool try_list(struct sampling *sampling)
{
    const struct shape_text *text = sampling->text;
    int64_t count = least_length(text) ? least_length(text) : most_length(text) ? 1 : 0;
    AUTO_BUF struct buf value;
    buf_init(&value, 16 * MAX_VALUE_CHARACTERS);
    for (int64_t i = 0; i < count && i < MAX_VALUE_CHARACTERS; i++) {
        const char *item = "text";
        if (text->item &&
            !sample(text->item, sampling->ids, sampling->arena, sampling->depth + 1, &item))
            return false;
        buf_printf(&value, "%s%s", i ? " " : "", item);
    }
    buf_add_char(&value, '\0');
    return !value.overflowed && try_value(sampling, value.data);
}

static bool try_members(struct sampling *sampling)
{
    const struct shape_text *text = sampling->text;
    for (size_t i = 0; i < text->member_count; i++) {
        const char *value;
        if (sample(text->members[i], sampling->ids, sampling->arena, sampling->depth + 1, &value) &&
            try_value(sampling, value))
            return true;
    }
    return text->member_count == 0 && try_value(sampling, "text");
}

static bool search(struct sampling *sampling)
{
    const struct shape_text *text = sampling->text;
    if (text->enumeration_count)
        return try_enumerations(sampling);
    if (text->primitive == SHAPE_LIST && try_list(sampling))
        return true;
    if (text->primitive == SHAPE_UNION && try_members(sampling))
        return true;
    const struct kind *kind = kind_of(text);
    bool is_free = kind && !kind->form; // any text of the right length is as good
    return (kind && (try_ids(sampling) || (is_free && try_length(sampling)) ||
                     try_usual(sampling, kind) || try_length(sampling) || try_bounds(sampling))) ||
           try_patterns(sampling, kind ? kind->form : NULL);
}

static bool sample(const struct shape_text *text, struct soap_value_ids *ids, struct arena *arena,
                   int depth, const char **ret)
{
    if (depth == SOAP_VALUE_DEPTH)
        return false;
    struct sampling sampling = {.text = text, .ids = ids, .arena = arena, .depth = depth};
    if (text->pattern_count)
        sampling.patterns = soap_value_patterns(text, arena, NULL, 0);
    if (!search(&sampling))
        return false;
    *ret = sampling.value;
    return true;
}

bool soap_value_sample(const struct shape_text *text, struct soap_value_ids *ids,
                       struct arena *arena, const char **ret)
{
    return sample(text, ids, arena, 0, ret);
}
