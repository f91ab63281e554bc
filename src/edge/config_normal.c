// SPDX-License-Identifier: GPL-3.0-or-later
//
// Zones and countries are looked up when the file is read, so that a wrong one is a mistake of the
// file and never of an event. The names of zones are only read from the system's list when one of
// them is wrong.

#include "edge/config_normal.h"
#include "edge/file.h"
#include "core/phone.h"
#include "core/zone.h"

#include <ctype.h>

enum {
    MAX_ALIASES = 200, // each is compared with each element of an event
    MAX_ALIAS_BYTES = 128,
    ZONE_LIST_MAX_BYTES = 1024 * 1024,
    ZONE_NAMES_MAX = 2000,
    HINT_LEAST_BYTES = 4, // abbreviations are all near each other
};

// --- time zones ---

// Of tzdata's list: lines "Z NAME rules..." and "L TARGET NAME".
static size_t list_zones(struct arena *arena, const char **names, size_t max)
{
    struct str text;
    struct err err;
    size_t count = 0;
    if (!file_read_text(arena, "/usr/share/zoneinfo/tzdata.zi", ZONE_LIST_MAX_BYTES, &text, &err))
        return 0;
    char *rest = (char *)text.data; // a copy of our own
    for (char *line; count < max && (line = strsep(&rest, "\n"));) {
        char *kind = strsep(&line, " "), *first = strsep(&line, " "), *second = strsep(&line, " ");
        if (first && strcmp(kind, "Z") == 0)
            names[count++] = first;
        else if (second && strcmp(kind, "L") == 0)
            names[count++] = second;
    }
    return count;
}

// People write the city alone.
static const char *find_by_city(struct str word, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *slash = strrchr(names[i], '/');
        if (str_eq_nocase(word, str_from(slash ? slash + 1 : names[i])))
            return names[i];
    }
    return NULL;
}

static const char *zone_hint(struct config_reader *reader, struct str word)
{
    const char **names = arena_alloc(reader->scratch, ZONE_NAMES_MAX * sizeof(*names));
    size_t count = list_zones(reader->scratch, names, ZONE_NAMES_MAX);
    if (count == 0)
        return "; the system's list of zones cannot be read: is the package tzdata installed?";
    char *city = arena_strdup(reader->scratch, word.data);
    for (char *c = city; *c; c++)
        *c = *c == ' ' ? '_' : *c;
    const char *found = find_by_city(str_from(city), names, count);
    if (!found && word.len >= HINT_LEAST_BYTES)
        found = err_nearest(word, names, count);
    return found ? arena_printf(reader->scratch, "; did you mean '%s'?", found) : "";
}

void config_read_zone(struct config_reader *reader, const struct config_field *field,
                      const struct node *value, void *ret)
{
    if (!config_is_text(reader, field->key, value))
        return;
    struct zone *zone = zone_new(value->text.data);
    if (zone)
        *(const struct zone **)ret = zone;
    else
        config_fault(reader, value,
                     "%s must be a name of the time zone database such as America/Chicago; found "
                     "'%.80s'%s",
                     field->key, value->text.data, zone_hint(reader, value->text));
}

void config_free_normal(struct config *config)
{
    for (size_t i = 0; i < config->source_count; i++)
        zone_free(config->sources[i].normal.zone);
}

// --- countries ---

void config_read_country(struct config_reader *reader, const struct config_field *field,
                         const struct node *value, void *ret)
{
    if (!config_is_text(reader, field->key, value))
        return;
    char *upper = arena_strdup(reader->arena, value->text.data);
    for (char *c = upper; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    const char *nearest = strcmp(upper, "UK") == 0    ? "GB"
                          : strcmp(upper, "USA") == 0 ? "US"
                                                      : upper;
    if (phone_is_country(value->text.data))
        *(const char **)ret = upper;
    else
        config_fault(reader, value,
                     "%s must be the two letters of a country (ISO 3166) such as US, GB or AU; "
                     "found '%.80s'%s",
                     field->key, value->text.data,
                     phone_is_country(nearest)
                         ? arena_printf(reader->scratch, "; did you mean '%s'?", nearest)
                         : "");
}

// --- policies ---

void config_read_policy(struct config_reader *reader, const struct config_field *field,
                        const struct node *value, void *ret)
{
    static const char *const words[] = {
        [NORMAL_DROP] = "drop", [NORMAL_KEEP] = "keep", [NORMAL_REJECT] = "reject"};
    size_t index;
    if (config_read_choice(reader, field, value, words, COUNT_OF(words), &index))
        *(enum normal_policy *)ret = (enum normal_policy)index;
}

void config_read_slash_dates(struct config_reader *reader, const struct config_field *field,
                             const struct node *value, void *ret)
{
    static const char *const words[] = {"month_first", "day_first"};
    size_t index;
    if (config_read_choice(reader, field, value, words, COUNT_OF(words), &index))
        *(enum normal_slash_dates *)ret = index == 0 ? NORMAL_MONTH_FIRST : NORMAL_DAY_FIRST;
}

// --- aliases ---

static void read_alias(struct config_reader *reader, const struct node_member *member,
                       struct normal_alias *ret)
{
    const struct node *from = member->key, *to = member->value;
    if (!config_is_text(reader, from->text.data, to))
        return;
    if (from->text.len == 0 || from->text.len > MAX_ALIAS_BYTES || to->text.len > MAX_ALIAS_BYTES)
        config_fault(reader, from, "names of data elements have 1 to %d bytes", MAX_ALIAS_BYTES);
    else if (str_eq(to->text, STR("survey")))
        config_fault(reader, to, "'survey' is no data element, so '%s' cannot become it",
                     from->text.data);
    *ret = (struct normal_alias){arena_copy(reader->arena, from->text),
                                 arena_copy(reader->arena, to->text)};
}

void config_read_aliases(struct config_reader *reader, const struct config_field *field,
                         const struct node *value, void *ret)
{
    if (!config_is_small_map(reader, field->key, value, MAX_ALIASES))
        return;
    struct normal_rules *rules = ret;
    size_t index;
    struct normal_alias *aliases = arena_alloc(reader->arena, value->count * sizeof(*aliases));
    for (size_t i = 0; i < value->count; i++) {
        const struct node_member *member = &value->members[i];
        read_alias(reader, member, &aliases[i]);
        if (member->value->kind == NODE_TEXT && node_find(value, member->value->text, &index))
            config_fault(reader, member->value, "'%s' is an alias itself",
                         member->value->text.data);
    }
    rules->aliases = aliases;
    rules->alias_count = value->count;
}
