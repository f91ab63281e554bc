// SPDX-License-Identifier: GPL-3.0-or-later
//
// Simple types: what a text may be. XML Schema's own types are a table here; those of a WSDL narrow
// one of them, or are lists and unions of others.

#include "edge/soap_shape_make.h"

#include <errno.h>

static const struct built_in {
    const char *name;
    enum shape_primitive primitive;
    int white_space;
    bool is_whole; // an integer
    const char *min, *max;
    const char *item; // of a list
} built_ins[] = {
    {"string", SHAPE_STRING, SHAPE_PRESERVE, false, NULL, NULL, NULL},
    {"normalizedString", SHAPE_STRING, SHAPE_REPLACE, false, NULL, NULL, NULL},
    {"token", SHAPE_STRING, SHAPE_COLLAPSE, false, NULL, NULL, NULL},
    {"language", SHAPE_STRING, SHAPE_COLLAPSE, false, NULL, NULL, NULL},
    {"Name", SHAPE_STRING, SHAPE_COLLAPSE, false, NULL, NULL, NULL},
    {"NCName", SHAPE_STRING, SHAPE_COLLAPSE, false, NULL, NULL, NULL},
    {"NMTOKEN", SHAPE_STRING, SHAPE_COLLAPSE, false, NULL, NULL, NULL},
    {"ID", SHAPE_STRING, SHAPE_COLLAPSE, false, NULL, NULL, NULL},
    {"IDREF", SHAPE_STRING, SHAPE_COLLAPSE, false, NULL, NULL, NULL},
    {"ENTITY", SHAPE_STRING, SHAPE_COLLAPSE, false, NULL, NULL, NULL},
    {"NMTOKENS", SHAPE_LIST, SHAPE_COLLAPSE, false, NULL, NULL, "NMTOKEN"},
    {"IDREFS", SHAPE_LIST, SHAPE_COLLAPSE, false, NULL, NULL, "IDREF"},
    {"ENTITIES", SHAPE_LIST, SHAPE_COLLAPSE, false, NULL, NULL, "ENTITY"},
    {"boolean", SHAPE_BOOLEAN, SHAPE_COLLAPSE, false, NULL, NULL, NULL},
    {"decimal", SHAPE_DECIMAL, SHAPE_COLLAPSE, false, NULL, NULL, NULL},
    {"integer", SHAPE_DECIMAL, SHAPE_COLLAPSE, true, NULL, NULL, NULL},
    {"nonPositiveInteger", SHAPE_DECIMAL, SHAPE_COLLAPSE, true, NULL, "0", NULL},
    {"negativeInteger", SHAPE_DECIMAL, SHAPE_COLLAPSE, true, NULL, "-1", NULL},
    {"nonNegativeInteger", SHAPE_DECIMAL, SHAPE_COLLAPSE, true, "0", NULL, NULL},
    {"positiveInteger", SHAPE_DECIMAL, SHAPE_COLLAPSE, true, "1", NULL, NULL},
    {"long", SHAPE_DECIMAL, SHAPE_COLLAPSE, true, "-9223372036854775808", "9223372036854775807",
     NULL},
    {"int", SHAPE_DECIMAL, SHAPE_COLLAPSE, true, "-2147483648", "2147483647", NULL},
    {"short", SHAPE_DECIMAL, SHAPE_COLLAPSE, true, "-32768", "32767", NULL},
    {"byte", SHAPE_DECIMAL, SHAPE_COLLAPSE, true, "-128", "127", NULL},
    {"unsignedLong", SHAPE_DECIMAL, SHAPE_COLLAPSE, true, "0", "18446744073709551615", NULL},
    {"unsignedInt", SHAPE_DECIMAL, SHAPE_COLLAPSE, true, "0", "4294967295", NULL},
    {"unsignedShort", SHAPE_DECIMAL, SHAPE_COLLAPSE, true, "0", "65535", NULL},
    {"unsignedByte", SHAPE_DECIMAL, SHAPE_COLLAPSE, true, "0", "255", NULL},
    {"float", SHAPE_FLOAT, SHAPE_COLLAPSE, false, NULL, NULL, NULL},
    {"double", SHAPE_DOUBLE, SHAPE_COLLAPSE, false, NULL, NULL, NULL},
    {"duration", SHAPE_DURATION, SHAPE_COLLAPSE, false, NULL, NULL, NULL},
    {"dateTime", SHAPE_DATE_TIME, SHAPE_COLLAPSE, false, NULL, NULL, NULL},
    {"time", SHAPE_TIME, SHAPE_COLLAPSE, false, NULL, NULL, NULL},
    {"date", SHAPE_DATE, SHAPE_COLLAPSE, false, NULL, NULL, NULL},
    {"gYearMonth", SHAPE_YEAR_MONTH, SHAPE_COLLAPSE, false, NULL, NULL, NULL},
    {"gYear", SHAPE_YEAR, SHAPE_COLLAPSE, false, NULL, NULL, NULL},
    {"gMonthDay", SHAPE_MONTH_DAY, SHAPE_COLLAPSE, false, NULL, NULL, NULL},
    {"gDay", SHAPE_DAY, SHAPE_COLLAPSE, false, NULL, NULL, NULL},
    {"gMonth", SHAPE_MONTH, SHAPE_COLLAPSE, false, NULL, NULL, NULL},
    {"hexBinary", SHAPE_HEX_BINARY, SHAPE_COLLAPSE, false, NULL, NULL, NULL},
    {"base64Binary", SHAPE_BASE64_BINARY, SHAPE_COLLAPSE, false, NULL, NULL, NULL},
    {"anyURI", SHAPE_ANY_URI, SHAPE_COLLAPSE, false, NULL, NULL, NULL},
    {"QName", SHAPE_QNAME, SHAPE_COLLAPSE, false, NULL, NULL, NULL},
    {"NOTATION", SHAPE_NOTATION, SHAPE_COLLAPSE, false, NULL, NULL, NULL},
    {"anySimpleType", SHAPE_ANY_SIMPLE, SHAPE_PRESERVE, false, NULL, NULL, NULL},
};

static struct shape_text *new_text(struct maker *maker, enum shape_primitive primitive)
{
    struct shape_text *text = arena_alloc(maker->arena, sizeof(*text));
    *text = (struct shape_text){.primitive = primitive,
                                .built_in = "",
                                .length = -1,
                                .min_length = -1,
                                .max_length = -1,
                                .total_digits = -1,
                                .fraction_digits = -1,
                                .white_space = SHAPE_COLLAPSE};
    return text;
}

static const struct shape_text *text_named(struct maker *maker, struct shape_name name)
{
    struct made_type *type = shape_type_named(maker, name);
    shape_finish(maker, type);
    // One in work refers to itself, which no simple type may.
    return type->shape.text ? type->shape.text : shape_plain_text(maker);
}

const struct shape_text *shape_plain_text(struct maker *maker)
{
    struct made_type *type = shape_type_named(maker, (struct shape_name){XSD_NS, "string"});
    shape_finish(maker, type);
    return type->shape.text;
}

void shape_name_built_ins(struct maker *maker)
{
    for (size_t i = 0; i < COUNT_OF(built_ins); i++)
        shape_type_named(maker, (struct shape_name){XSD_NS, built_ins[i].name});
}

bool shape_make_built_in(struct maker *maker, struct made_type *type)
{
    const struct built_in *found = NULL;
    for (size_t i = 0; i < COUNT_OF(built_ins) && !found; i++) {
        if (strcmp(built_ins[i].name, type->shape.name.local) == 0)
            found = &built_ins[i];
    }
    if (!found)
        return false;
    struct shape_text *text = new_text(maker, found->primitive);
    text->built_in = found->name;
    text->white_space = (unsigned)found->white_space;
    text->min_inclusive = found->min;
    text->max_inclusive = found->max;
    if (found->is_whole)
        text->fraction_digits = 0;
    if (found->item) {
        text->item = text_named(maker, (struct shape_name){XSD_NS, found->item});
        text->min_length = 1;
    }
    type->shape.text = text;
    type->shape.is_simple = true;
    return true;
}

// --- facets ---

static int64_t facet_number(const char *value, int64_t before)
{
    char *end;
    errno = 0;
    long long number = strtoll(value, &end, 10);
    return *value && !*end && errno == 0 && number >= 0 ? number : before;
}

struct facets {
    struct shape_text *text;
    const char **patterns;
    size_t pattern_count;
    struct shape_enumeration *enumerations;
    size_t enumeration_count, enumeration_room;
};

static void add_enumeration(struct maker *maker, struct facets *facets, const xmlNode *node,
                            const char *value)
{
    if (facets->enumeration_count == facets->enumeration_room) {
        facets->enumeration_room = facets->enumeration_room ? facets->enumeration_room * 2 : 8;
        struct shape_enumeration *grown =
            arena_alloc(maker->arena, facets->enumeration_room * sizeof(*grown));
        if (facets->enumeration_count)
            memcpy(grown, facets->enumerations, facets->enumeration_count * sizeof(*grown));
        facets->enumerations = grown;
    }
    facets->enumerations[facets->enumeration_count++] =
        (struct shape_enumeration){value, shape_documentation(maker, node)};
}

static void read_facet(struct maker *maker, struct facets *facets, const xmlNode *node)
{
    struct shape_text *text = facets->text;
    const struct {
        const char *name;
        int64_t *number;
        const char **bound, **other; // a bound of either kind takes the place of both
    } places[] = {
        {"length", &text->length, NULL, NULL},
        {"minLength", &text->min_length, NULL, NULL},
        {"maxLength", &text->max_length, NULL, NULL},
        {"totalDigits", &text->total_digits, NULL, NULL},
        {"fractionDigits", &text->fraction_digits, NULL, NULL},
        {"minInclusive", NULL, &text->min_inclusive, &text->min_exclusive},
        {"minExclusive", NULL, &text->min_exclusive, &text->min_inclusive},
        {"maxInclusive", NULL, &text->max_inclusive, &text->max_exclusive},
        {"maxExclusive", NULL, &text->max_exclusive, &text->max_inclusive},
    };
    xmlChar *exact = xmlGetNoNsProp(node, (const xmlChar *)"value");
    const char *value = arena_strdup(maker->arena, exact ? (const char *)exact : "");
    const char *trimmed = arena_copy(maker->arena, str_trim(str_from(value))).data;
    xmlFree(exact);
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        if (!shape_is(node, places[i].name))
            continue;
        if (places[i].number) {
            *places[i].number = facet_number(trimmed, *places[i].number);
        } else {
            *places[i].bound = trimmed;
            *places[i].other = NULL;
        }
    }
    if (shape_is(node, "enumeration"))
        add_enumeration(maker, facets, node, text->white_space == SHAPE_COLLAPSE ? trimmed : value);
    else if (shape_is(node, "pattern"))
        shape_list_add(maker, (const void ***)&facets->patterns, &facets->pattern_count, value);
    else if (shape_is(node, "whiteSpace"))
        text->white_space = strcmp(trimmed, "collapse") == 0  ? SHAPE_COLLAPSE
                            : strcmp(trimmed, "replace") == 0 ? SHAPE_REPLACE
                                                              : SHAPE_PRESERVE;
}

static void add_patterns(struct maker *maker, struct facets *facets)
{
    struct shape_text *text = facets->text;
    struct shape_patterns *sets =
        arena_alloc(maker->arena, (text->pattern_count + 1) * sizeof(*sets));
    if (text->pattern_count)
        memcpy(sets, text->patterns, text->pattern_count * sizeof(*sets));
    sets[text->pattern_count++] = (struct shape_patterns){facets->patterns, facets->pattern_count};
    text->patterns = sets;
}

static const struct shape_text *simple_text(struct maker *maker, const xmlNode *simple);

const struct shape_text *shape_restrict(struct maker *maker, const xmlNode *restriction,
                                        const struct shape_text *base)
{
    const xmlNode *nameless = shape_child(restriction, "simpleType");
    if (nameless)
        base = simple_text(maker, nameless);
    struct shape_text *text = arena_alloc(maker->arena, sizeof(*text));
    *text = *base;
    struct facets facets = {.text = text};
    for (const xmlNode *child = restriction->children; child && shape_take(maker);
         child = child->next) {
        if (child->type == XML_ELEMENT_NODE)
            read_facet(maker, &facets, child);
    }
    if (facets.pattern_count)
        add_patterns(maker, &facets);
    if (facets.enumeration_count) {
        text->enumerations = facets.enumerations;
        text->enumeration_count = facets.enumeration_count;
    }
    return text;
}

// --- lists and unions ---

static const struct shape_text *read_list(struct maker *maker, const xmlNode *list)
{
    struct shape_text *text = new_text(maker, SHAPE_LIST);
    const char *item = shape_attribute_of(maker, list, "itemType");
    const xmlNode *nameless = shape_child(list, "simpleType");
    text->item = item       ? text_named(maker, shape_resolve(maker, list, item))
                 : nameless ? simple_text(maker, nameless)
                            : shape_plain_text(maker);
    return text;
}

static const struct shape_text *read_union(struct maker *maker, const xmlNode *node)
{
    static const char blank[] = " \t\r\n";
    struct shape_text *text = new_text(maker, SHAPE_UNION);
    const char *names = shape_attribute_of(maker, node, "memberTypes");
    const struct shape_text **members = NULL;
    for (const char *at = names ? names : ""; *at; at += strspn(at, blank)) {
        size_t len = strcspn(at, blank);
        const char *name = arena_copy(maker->arena, (struct str){at, len}).data;
        shape_list_add(maker, (const void ***)&members, &text->member_count,
                       text_named(maker, shape_resolve(maker, node, name)));
        at += len;
    }
    for (const xmlNode *child = node->children; child; child = child->next) {
        if (shape_is(child, "simpleType"))
            shape_list_add(maker, (const void ***)&members, &text->member_count,
                           simple_text(maker, child));
    }
    if (text->member_count == 0)
        return shape_plain_text(maker);
    text->members = members;
    text->white_space = SHAPE_COLLAPSE;
    return text;
}

// Of a simple type that stands inside another declaration.
static const struct shape_text *simple_text(struct maker *maker, const xmlNode *simple)
{
    const xmlNode *list = shape_child(simple, "list"), *unions = shape_child(simple, "union");
    const xmlNode *restriction = shape_child(simple, "restriction");
    if (list)
        return read_list(maker, list);
    if (unions)
        return read_union(maker, unions);
    const char *base = restriction ? shape_attribute_of(maker, restriction, "base") : NULL;
    const struct shape_text *text =
        base ? text_named(maker, shape_resolve(maker, restriction, base)) : shape_plain_text(maker);
    return restriction ? shape_restrict(maker, restriction, text) : text;
}

void shape_make_simple(struct maker *maker, struct made_type *type)
{
    const xmlNode *restriction = shape_child(type->node, "restriction");
    const char *base = restriction ? shape_attribute_of(maker, restriction, "base") : NULL;
    type->shape.is_simple = true;
    type->shape.is_restriction = restriction != NULL;
    if (base) {
        struct made_type *of = shape_type_named(maker, shape_resolve(maker, restriction, base));
        shape_finish(maker, of);
        if (of->state == MADE_DONE && of->shape.text)
            type->shape.base = &of->shape;
    }
    type->shape.text = simple_text(maker, type->node);
}
