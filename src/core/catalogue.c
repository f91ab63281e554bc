// SPDX-License-Identifier: GPL-3.0-or-later
//
// Looks names up in the tables of catalogue_table.h. Knows the order of the tables, not what any
// name means. A name of its own goes before the beginning of a family.

#include "core/catalogue.h"

#include "core/catalogue_table.h"

// The names are the keys of src/core/catalogue.json too.
static const char *const mark_words[] = {
    [MARK_DOCUMENTED] = "documented",
    [MARK_OBSERVED] = "observed",
    [MARK_UNRESOLVED] = "unresolved",
    [MARK_ELSEWHERE] = "elsewhere",
    [MARK_OURS] = "ours",
};
_Static_assert(COUNT_OF(mark_words) == ELEMENT_MARK_COUNT, "a word for each mark");

static const char *const type_words[] = {
    [ELEMENT_TEXT] = "text",         [ELEMENT_INTEGER] = "integer",   [ELEMENT_DECIMAL] = "decimal",
    [ELEMENT_DURATION] = "duration", [ELEMENT_DATETIME] = "datetime", [ELEMENT_DATE] = "date",
    [ELEMENT_BOOLEAN] = "boolean",   [ELEMENT_PHONE] = "phone",       [ELEMENT_EMAIL] = "email",
    [ELEMENT_URL] = "url",           [ELEMENT_WORD] = "word",         [ELEMENT_JSON] = "json",
};
_Static_assert(COUNT_OF(type_words) == ELEMENT_TYPE_COUNT, "a word for each type");

const char *catalogue_mark_word(enum element_mark mark)
{
    return mark_words[mark];
}

const char *catalogue_type_word(enum element_type type)
{
    return type_words[type];
}

const struct catalogue_trigger *catalogue_triggers(size_t *ret_count)
{
    *ret_count = catalogue_table_trigger_count;
    return catalogue_table_triggers;
}

const char *const *catalogue_trigger_names(size_t *ret_count)
{
    *ret_count = catalogue_table_trigger_count;
    return catalogue_table_trigger_names;
}

bool catalogue_trigger_index(struct str name, size_t *ret)
{
    for (size_t i = 0; i < catalogue_table_trigger_count; i++) {
        if (str_eq(name, str_from(catalogue_table_trigger_names[i]))) {
            *ret = i;
            return true;
        }
    }
    return false;
}

const struct catalogue_element *catalogue_elements(size_t *ret_count)
{
    *ret_count = catalogue_table_element_count;
    return catalogue_table_elements;
}

bool catalogue_is_family(const struct catalogue_element *element)
{
    return element->name[strlen(element->name) - 1] == '*';
}

// By bytes, a beginning before what it begins.
static int compare_names(const void *key, const void *item)
{
    const struct str *a = key, *b = &((const struct catalogue_name *)item)->name;
    int order = memcmp(a->data, b->data, a->len < b->len ? a->len : b->len);
    return order ? order : (a->len > b->len) - (a->len < b->len);
}

static const struct catalogue_element *find_family(struct str name)
{
    for (size_t i = 0; i < catalogue_table_family_count; i++) {
        const struct catalogue_element *family =
            &catalogue_table_elements[catalogue_table_families[i]];
        struct str beginning = {family->name, strlen(family->name) - 1};
        if (name.len > beginning.len && str_starts(name, beginning))
            return family;
    }
    return NULL;
}

// By a name of its own or an alias.
static const struct catalogue_element *find_named(struct str name)
{
    const struct catalogue_name *found =
        bsearch(&name, catalogue_table_names, catalogue_table_name_count,
                sizeof(catalogue_table_names[0]), compare_names);
    return found ? &catalogue_table_elements[found->element] : NULL;
}

const struct catalogue_element *catalogue_find(struct str name)
{
    const struct catalogue_element *element = find_named(name);
    return element ? element : find_family(name);
}

struct str catalogue_own_name(const struct catalogue_element *element, struct str name)
{
    if (!element || catalogue_is_family(element))
        return name;
    return str_from(element->same_as[0] ? element->same_as : element->name);
}

struct str catalogue_name(struct str name)
{
    return catalogue_own_name(find_named(name), name);
}
