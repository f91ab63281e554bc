// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reading values. A number with a unit is one table of units per kind; whatever passes a limit is
// answered with the limits in the same units.

#include "edge/config_read.h"
#include "edge/file.h"

#include <stdio.h>

enum {
    MAX_FAULTS = 1000,
    MAX_NAME_BYTES = 64,
    MIN_SECRET_BYTES = 4, // a shorter one would mask half of every page
    MAX_SECRET_BYTES = 4096,
    MAX_CHOICES_SHOWN = 12,
};

// --- faults ---

void config_fault(struct config_reader *reader, const struct node *at, const char *format, ...)
{
    if (reader->faults->count > MAX_FAULTS)
        return;
    if (reader->faults->count == MAX_FAULTS) {
        fault_add(reader->faults, reader->file, 0, 0, "there are more mistakes than these %d",
                  MAX_FAULTS);
        return;
    }
    char text[600];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    fault_add(reader->faults, reader->file, at->line, at->column, "%s", text);
}

const char *config_hint(struct config_reader *reader, struct str word,
                        const char *const *candidates, size_t count)
{
    const char *nearest = err_nearest(word, candidates, count);
    if (nearest)
        return arena_printf(reader->scratch, "; did you mean '%s'?", nearest);
    if (count == 0 || count > MAX_CHOICES_SHOWN)
        return "";
    const char *list = arena_printf(reader->scratch, "; known: %s", candidates[0]);
    for (size_t i = 1; i < count; i++)
        list = arena_printf(reader->scratch, "%s, %s", list, candidates[i]);
    return list;
}

const char *config_hint_key(struct config_reader *reader, struct str word, const struct node *map)
{
    if (!map || map->count == 0)
        return "";
    const char **keys = arena_alloc(reader->scratch, map->count * sizeof(*keys));
    for (size_t i = 0; i < map->count; i++)
        keys[i] = map->members[i].key->text.data;
    return config_hint(reader, word, keys, map->count);
}

const char *config_found(struct config_reader *reader, const struct node *value)
{
    if (value->kind == NODE_MAP)
        return "a mapping";
    if (value->kind == NODE_LIST)
        return "a list";
    if (node_is_empty(value) || value->text.len == 0)
        return "nothing";
    return arena_printf(reader->scratch, "'%.80s'", value->text.data);
}

struct config_place config_place_of(const struct node *node)
{
    return (struct config_place){node->line, node->column};
}

// --- mappings ---

static const struct config_field *find_field(const struct config_field *fields, size_t count,
                                             struct str key)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(str_from(fields[i].key), key))
            return &fields[i];
    }
    return NULL;
}

static void report_unknown_key(struct config_reader *reader, const struct node *key,
                               const struct config_field *fields, size_t count)
{
    const char **keys = arena_alloc(reader->scratch, count * sizeof(*keys));
    for (size_t i = 0; i < count; i++)
        keys[i] = fields[i].key;
    config_fault(reader, key, "unknown key '%s'%s", key->text.data,
                 config_hint(reader, key->text, keys, count));
}

bool config_read_map(struct config_reader *reader, const struct node *map, const char *what,
                     const struct config_field *fields, size_t count, void *ret)
{
    if (map->kind != NODE_MAP) {
        config_fault(reader, map, "%s must be a mapping of keys to values; found %s", what,
                     config_found(reader, map));
        return false;
    }
    for (size_t i = 0; i < map->count; i++) {
        const struct node_member *member = &map->members[i];
        const struct config_field *field = find_field(fields, count, member->key->text);
        if (field)
            field->read(reader, field, member->value, (char *)ret + field->offset);
        else
            report_unknown_key(reader, member->key, fields, count);
    }
    for (size_t i = 0; i < count; i++) {
        size_t index;
        if (fields[i].is_required && !node_find(map, str_from(fields[i].key), &index))
            config_fault(reader, map, "%s needs the key '%s'", what, fields[i].key);
    }
    return true;
}

bool config_is_small_map(struct config_reader *reader, const char *key, const struct node *value,
                         size_t max)
{
    if (value->kind != NODE_MAP)
        config_fault(reader, value, "%s must be a mapping of names to values; found %s", key,
                     config_found(reader, value));
    else if (value->count > max)
        config_fault(reader, value, "%s has %zu members, at most %zu are possible", key,
                     value->count, max);
    else
        return true;
    return false;
}

void config_read_node(struct config_reader *reader, const struct config_field *field,
                      const struct node *value, void *ret)
{
    (void)reader;
    (void)field;
    *(const struct node **)ret = value;
}

// --- texts ---

bool config_is_text(struct config_reader *reader, const char *key, const struct node *value)
{
    if (value->kind == NODE_TEXT && value->text.len > 0 && !node_is_empty(value))
        return true;
    config_fault(reader, value, "%s must be a text; found %s", key, config_found(reader, value));
    return false;
}

size_t config_text_count(const struct node *value)
{
    return value->kind == NODE_LIST ? value->count : 1;
}

const struct node *config_text_at(const struct node *value, size_t index)
{
    return value->kind == NODE_LIST ? value->members[index].value : value;
}

bool config_is_texts(struct config_reader *reader, const char *key, const struct node *value)
{
    bool is_good = true;
    if (value->kind == NODE_LIST && value->count == 0) {
        config_fault(reader, value, "%s must name at least one; found an empty list", key);
        is_good = false;
    }
    for (size_t i = 0; i < config_text_count(value); i++)
        is_good &= config_is_text(reader, key, config_text_at(value, i));
    return is_good;
}

const char *const *config_read_triggers(struct config_reader *reader, const char *key,
                                        const struct node *value, size_t *ret_count)
{
    *ret_count = 0;
    if (!config_is_texts(reader, key, value))
        return NULL;
    size_t known_count, count = config_text_count(value);
    const char *const *known = event_triggers(&known_count);
    const char **triggers = arena_alloc(reader->arena, count * sizeof(*triggers));
    for (size_t i = 0; i < count; i++) {
        const struct node *name = config_text_at(value, i);
        triggers[i] = event_trigger(name->text);
        if (!triggers[i])
            config_fault(reader, name, "there is no trigger '%.80s'%s", name->text.data,
                         config_hint(reader, name->text, known, known_count));
        for (size_t j = 0; triggers[i] && j < i; j++) {
            if (triggers[j] == triggers[i])
                config_fault(reader, name, "trigger '%s' is named twice", triggers[i]);
        }
    }
    *ret_count = count;
    return triggers;
}

bool config_is_name(struct config_reader *reader, const char *what, const struct node *value)
{
    if (!config_is_text(reader, what, value))
        return false;
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    bool is_name =
        value->text.len <= MAX_NAME_BYTES && strspn(value->text.data, allowed) == value->text.len;
    if (!is_name)
        config_fault(reader, value,
                     "%s may have up to %d letters, digits, '.', '_' and '-'; found '%.80s'", what,
                     MAX_NAME_BYTES, value->text.data);
    return is_name;
}

void config_read_text(struct config_reader *reader, const struct config_field *field,
                      const struct node *value, void *ret)
{
    if (config_is_text(reader, field->key, value))
        *(const char **)ret = arena_copy(reader->arena, value->text).data;
}

void config_read_name(struct config_reader *reader, const struct config_field *field,
                      const struct node *value, void *ret)
{
    if (config_is_name(reader, field->key, value))
        *(const char **)ret = arena_copy(reader->arena, value->text).data;
}

// A relative path is meant from the folder of the configuration file.
static const char *path_from_file(struct config_reader *reader, struct arena *arena,
                                  const char *path)
{
    const char *slash = strrchr(reader->file, '/');
    if (path[0] == '/' || !slash)
        return arena_strdup(arena, path);
    return arena_printf(arena, "%.*s/%s", (int)(slash - reader->file), reader->file, path);
}

void config_read_path(struct config_reader *reader, const struct config_field *field,
                      const struct node *value, void *ret)
{
    if (config_is_text(reader, field->key, value))
        *(const char **)ret = path_from_file(reader, reader->arena, value->text.data);
}

bool config_read_choice(struct config_reader *reader, const struct config_field *field,
                        const struct node *value, const char *const *words, size_t count,
                        size_t *ret)
{
    if (!config_is_text(reader, field->key, value))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (str_eq(value->text, str_from(words[i]))) {
            *ret = i;
            return true;
        }
    }
    config_fault(reader, value, "%s cannot be '%.80s'%s", field->key, value->text.data,
                 config_hint(reader, value->text, words, count));
    return false;
}

void config_read_bool(struct config_reader *reader, const struct config_field *field,
                      const struct node *value, void *ret)
{
    static const char *const words[] = {"true", "false"};
    size_t index;
    if (config_read_choice(reader, field, value, words, COUNT_OF(words), &index))
        *(bool *)ret = index == 0;
}

// --- numbers ---

struct unit {
    const char *word;
    int64_t worth;
};

static const struct unit duration_units[] = {
    {"d", 24 * 60 * 60 * 1000}, {"h", 60 * 60 * 1000}, {"m", 60 * 1000}, {"s", 1000}, {"ms", 1}};
static const struct unit size_units[] = {
    {"GB", 1 << 30}, {"MB", 1 << 20}, {"KB", 1 << 10}, {"B", 1}};
static const struct unit no_units[] = {{"", 1}};

struct quantity {
    const char *words; // "a duration such as ..."
    const struct unit *units;
    size_t unit_count;
};

static const struct quantity durations = {"a duration such as 250ms, 10s, 5m, 1h or 2d",
                                          duration_units, COUNT_OF(duration_units)};
static const struct quantity sizes = {"a size such as 64KB, 1MB or 2GB", size_units,
                                      COUNT_OF(size_units)};
static const struct quantity counts = {"a whole number", no_units, COUNT_OF(no_units)};

// Digits and a unit; 0 needs none.
static bool parse_quantity(const struct quantity *quantity, struct str text, int64_t *ret)
{
    size_t digits = strspn(text.data, "0123456789");
    if (digits == 0 || digits > 15)
        return false;
    int64_t number = strtoll(text.data, NULL, 10);
    const char *unit = text.data + digits;
    for (size_t i = 0; i < quantity->unit_count; i++) {
        if (strcmp(unit, quantity->units[i].word) == 0)
            return !__builtin_mul_overflow(number, quantity->units[i].worth, ret);
    }
    *ret = 0;
    return number == 0 && *unit == '\0';
}

// The number in the largest unit that divides it.
static const char *quantity_text(struct config_reader *reader, const struct quantity *quantity,
                                 int64_t number)
{
    size_t i = 0;
    if (number == 0)
        return "0";
    while (number % quantity->units[i].worth != 0) // the last unit is worth 1
        i++;
    return arena_printf(reader->scratch, "%lld%s", (long long)(number / quantity->units[i].worth),
                        quantity->units[i].word);
}

static bool read_quantity(struct config_reader *reader, const struct config_field *field,
                          const struct node *value, const struct quantity *quantity, int64_t *ret)
{
    int64_t number;
    if (value->kind != NODE_TEXT || !parse_quantity(quantity, value->text, &number)) {
        config_fault(reader, value, "%s must be %s; found %s", field->key, quantity->words,
                     config_found(reader, value));
        return false;
    }
    if (number < field->min || number > field->max) {
        config_fault(reader, value, "%s must be between %s and %s; found '%s'", field->key,
                     quantity_text(reader, quantity, field->min),
                     quantity_text(reader, quantity, field->max), value->text.data);
        return false;
    }
    *ret = number;
    return true;
}

void config_read_int(struct config_reader *reader, const struct config_field *field,
                     const struct node *value, void *ret)
{
    int64_t number;
    if (read_quantity(reader, field, value, &counts, &number))
        *(int *)ret = (int)number;
}

void config_read_duration(struct config_reader *reader, const struct config_field *field,
                          const struct node *value, void *ret)
{
    read_quantity(reader, field, value, &durations, ret);
}

void config_read_size(struct config_reader *reader, const struct config_field *field,
                      const struct node *value, void *ret)
{
    int64_t number;
    if (read_quantity(reader, field, value, &sizes, &number))
        *(size_t *)ret = (size_t)number;
}

// Read by hand: strtod depends on the locale and takes "inf", "0x1p3" and "1e999".
void config_read_factor(struct config_reader *reader, const struct config_field *field,
                        const struct node *value, void *ret)
{
    const char *text = value->kind == NODE_TEXT ? value->text.data : "";
    size_t whole = strspn(text, "0123456789");
    size_t decimals = text[whole] == '.' ? strspn(text + whole + 1, "0123456789") : 0;
    size_t end = whole + (decimals ? decimals + 1 : 0);
    if (whole == 0 || whole > 6 || decimals > 3 || text[end] != '\0') {
        config_fault(reader, value, "%s must be a number such as 2 or 1.5; found %s", field->key,
                     config_found(reader, value));
        return;
    }
    double number = 0, worth = 1;
    for (size_t i = 0; i < end; i++) {
        if (text[i] == '.')
            continue;
        number = number * 10 + (text[i] - '0');
        worth *= i > whole ? 10 : 1;
    }
    number /= worth;
    if (number < (double)field->min || number > (double)field->max)
        config_fault(reader, value, "%s must be between %lld and %lld; found '%s'", field->key,
                     (long long)field->min, (long long)field->max, text);
    else
        *(double *)ret = number;
}

// --- secrets ---

struct secret_origin {
    const char *env, *file;
};

static const struct config_field secret_fields[] = {
    {.key = "env", .read = config_read_text, .offset = offsetof(struct secret_origin, env)},
    {.key = "file", .read = config_read_path, .offset = offsetof(struct secret_origin, file)},
};

static bool fetch_secret(struct config_reader *reader, const struct node *at,
                         const struct secret_origin *origin, const char **ret_origin,
                         struct str *ret)
{
    struct err err;
    if (origin->env) {
        *ret_origin = arena_printf(reader->scratch, "environment variable %s", origin->env);
        const char *value = getenv(origin->env);
        *ret = str_from(value);
        if (!value)
            config_fault(reader, at, "%s is not set", *ret_origin);
        return value != NULL;
    }
    *ret_origin = arena_printf(reader->scratch, "file %s", origin->file);
    if (!file_read_text(reader->scratch, origin->file, MAX_SECRET_BYTES + 2, ret, &err)) {
        config_fault(reader, at, "%s %s", *ret_origin, err.text);
        return false;
    }
    // Editors and `echo` end a file with a line end that is no part of the secret.
    if (ret->len && ret->data[ret->len - 1] == '\n')
        ret->len--;
    if (ret->len && ret->data[ret->len - 1] == '\r')
        ret->len--;
    return true;
}

static bool has_control_character(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.data[i] < ' ' || text.data[i] == 0x7f)
            return true;
    }
    return false;
}

void config_read_secret(struct config_reader *reader, const struct config_field *field,
                        const struct node *value, void *ret)
{
    struct secret_origin origin = {0};
    if (value->kind != NODE_MAP) {
        config_fault(reader, value,
                     "%s is a secret and must not be written here: use {env: NAME} or {file: PATH}",
                     field->key);
        return;
    }
    size_t faults = reader->faults->count;
    config_read_map(reader, value, field->key, secret_fields, COUNT_OF(secret_fields), &origin);
    if (reader->faults->count > faults)
        return;
    if (!origin.env == !origin.file) {
        config_fault(reader, value, "%s must be either {env: NAME} or {file: PATH}", field->key);
        return;
    }
    const char *from;
    struct str secret;
    if (!fetch_secret(reader, value, &origin, &from, &secret))
        return;
    if (secret.len < MIN_SECRET_BYTES || secret.len > MAX_SECRET_BYTES)
        config_fault(reader, value, "%s: %s must hold %d to %d bytes, and holds %zu", field->key,
                     from, MIN_SECRET_BYTES, MAX_SECRET_BYTES, secret.len);
    else if (has_control_character(secret) || file_text_length(secret) < secret.len)
        config_fault(reader, value, "%s: %s must hold one line of UTF-8 text", field->key, from);
    else
        *(struct str *)ret = arena_copy(reader->arena, secret);
}
