// SPDX-License-Identifier: GPL-3.0-or-later
//
// The table of filters, and chains of them. Arguments are texts in single or double quotes, or
// whole numbers; in quotes a backslash takes the next character as it is, and \n and \t are line
// end and tab.

#include "core/filter_kind.h"

#include <stdio.h>

enum {
    FILTERS_MAX = 20,
    SHOWN_BYTES = 80,
    DIGITS_MAX = 9, // of a whole number
};

struct filter_chain {
    const struct filter *filters;
    size_t count;
};

static const struct json *apply_map(const struct filter *filter, struct filter_run *run,
                                    const struct json *value);

static const struct filter_kind kinds[] = {
    {"bool", "tt", 2, filter_bool, NULL, false},
    {"count", "", 0, filter_count, NULL, true},
    {"date", "tt", 1, filter_date, filter_prepare_date, false},
    {"default", "t", 1, filter_default, NULL, true},
    {"duration", "t", 1, filter_duration, filter_prepare_duration, false},
    {"first", "", 0, filter_first, NULL, false},
    {"join", "t", 1, filter_join, NULL, false},
    {"json", "", 0, filter_json, NULL, false},
    {"last", "", 0, filter_last, NULL, false},
    {"lower", "", 0, filter_lower, NULL, false},
    {"map", "t", 1, apply_map, NULL, false}, // prepared by find_map, which knows the maps
    {"number", "t", 1, filter_number, filter_prepare_number, false},
    {"pad", "nt", 1, filter_pad, filter_prepare_pad, false},
    {"phone", "tt", 1, filter_phone, filter_prepare_phone, false},
    {"replace", "tt", 2, filter_replace, filter_prepare_replace, false},
    {"split", "t", 1, filter_split, filter_prepare_split, false},
    {"substring", "nn", 1, filter_substring, filter_prepare_substring, false},
    {"trim", "", 0, filter_trim, NULL, false},
    {"upper", "", 0, filter_upper, NULL, false},
};

static const char *const policies[] = {
    [MISSING_EMPTY] = "empty",
    [MISSING_OMIT] = "omit",
    [MISSING_NIL] = "nil",
    [MISSING_REJECT] = "reject",
};

// --- what filters are made of ---

struct str filter_text(struct filter_run *run, const struct json *value)
{
    if (value && value->kind == JSON_STRING)
        return value->string;
    AUTO_BUF struct buf scratch;
    buf_init(&scratch, run->max_bytes);
    struct str text = json_as_text(value, &scratch);
    if (scratch.overflowed)
        err_set(&run->why, ERR_TOO_LARGE, "a filter's text passes %zu bytes", run->max_bytes);
    return arena_copy(run->arena, text);
}

const struct json *filter_made(struct filter_run *run, struct str text)
{
    return json_string(run->arena, text);
}

static struct str shown(struct str text)
{
    text.len = text.len < SHOWN_BYTES ? text.len : SHOWN_BYTES;
    text.len = json_utf8_prefix(text);
    return text;
}

const struct json *filter_refuse(struct filter_run *run, struct str text, const char *why)
{
    err_set(&run->why, ERR_INVALID, "'%.*s' %s", STR_ARG(shown(text)), why);
    return NULL;
}

bool filter_is_missing(const struct json *value)
{
    return !value || value->kind == JSON_NULL ||
           (value->kind == JSON_STRING && value->string.len == 0) ||
           (value->kind == JSON_ARRAY && value->array.count == 0);
}

static bool fail_unknown(struct err *err, const char *what, struct str word,
                         const char *const *known, size_t count)
{
    const char *nearest = err_nearest(word, known, count);
    return err_set(err, ERR_INVALID, "there is no %s `%.*s`%s%s%s", what, STR_ARG(shown(word)),
                   nearest ? "; did you mean `" : "", nearest ? nearest : "", nearest ? "`?" : "");
}

bool filter_choose(struct filter *filter, const char *const *words, size_t count,
                   size_t *ret_argument, struct err *err)
{
    struct str wanted = filter->arguments[0].text;
    AUTO_BUF struct buf known;
    buf_init(&known, sizeof(err->text));
    for (size_t i = 0; i < count; i++) {
        if (str_eq(wanted, str_from(words[i]))) {
            filter->choice = (int)i;
            return true;
        }
        buf_printf(&known, "%s%s", i ? ", " : "", words[i]);
    }
    *ret_argument = 0;
    return err_set(err, ERR_INVALID, "%s has no form `%.*s`; known: %s", filter->kind->name,
                   STR_ARG(shown(wanted)), known.data);
}

// --- maps ---

static bool find_map(struct filter *filter, const struct filter_maps *maps, struct err *err)
{
    const char *names[1000];
    size_t count = maps ? maps->count : 0;
    for (size_t i = 0; i < count; i++) {
        if (str_eq(filter->arguments[0].text, str_from(maps->items[i].name))) {
            filter->map = &maps->items[i];
            return true;
        }
    }
    count = count < COUNT_OF(names) ? count : COUNT_OF(names);
    for (size_t i = 0; i < count; i++)
        names[i] = maps->items[i].name;
    return fail_unknown(err, "map", filter->arguments[0].text, names, count);
}

static const struct json *apply_map(const struct filter *filter, struct filter_run *run,
                                    const struct json *value)
{
    const struct value_map *map = filter->map;
    struct str text = filter_text(run, value);
    const struct str *to = value_map_find(map, run->arena, text);
    if (to)
        return filter_made(run, *to);
    if (run->unmapped)
        run->unmapped(run->unmapped_context, map, text);
    switch (map->policy) {
    case UNMAPPED_DEFAULT:
        return filter_made(run, map->other);
    case UNMAPPED_REJECT:
        return filter_refuse(run, text,
                             arena_printf(run->arena, "is not in the map %s", map->name));
    default:
        return value;
    }
}

// --- reading a chain ---

struct reader {
    struct arena *arena;
    struct str text;
    size_t at;
    const struct filter_maps *maps;
    struct filter filters[FILTERS_MAX];
    size_t count;
    size_t *ret_offset;
    struct err *err;
};

PRINTF_LIKE(3, 4)
static bool fail_at(struct reader *reader, size_t offset, const char *format, ...)
{
    char text[sizeof(reader->err->text)];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    *reader->ret_offset = offset;
    return err_set(reader->err, ERR_INVALID, "%s", text);
}

static void skip_space(struct reader *reader)
{
    while (reader->at < reader->text.len && strchr(" \t\r\n", reader->text.data[reader->at]))
        reader->at++;
}

static bool at_end_of_filter(const struct reader *reader)
{
    return reader->at == reader->text.len || reader->text.data[reader->at] == '|';
}

static struct str read_word(struct reader *reader)
{
    const char *start = reader->text.data + reader->at;
    size_t len = 0, left = reader->text.len - reader->at;
    while (len < left && start[len] && !strchr(" \t\r\n|\"'", start[len]))
        len++;
    reader->at += len;
    return (struct str){start, len};
}

static bool read_quoted(struct reader *reader, struct filter_argument *ret)
{
    char quote = reader->text.data[reader->at++];
    char *copy = arena_alloc(reader->arena, reader->text.len - reader->at + 1);
    size_t len = 0;
    for (; reader->at < reader->text.len; reader->at++) {
        char c = reader->text.data[reader->at];
        if (c == quote) {
            reader->at++;
            ret->text = (struct str){copy, len};
            return true;
        }
        if (c == '\\' && reader->at + 1 < reader->text.len) {
            c = reader->text.data[++reader->at];
            c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
        }
        copy[len++] = c;
    }
    return fail_at(reader, ret->offset, "the text that starts here is not closed by %c", quote);
}

static bool read_number(struct reader *reader, struct filter_argument *ret)
{
    ret->text = read_word(reader);
    bool is_negative = ret->text.len && ret->text.data[0] == '-';
    size_t digits = ret->text.len - is_negative;
    for (size_t i = is_negative; i < ret->text.len; i++) {
        if (ret->text.data[i] < '0' || ret->text.data[i] > '9')
            digits = 0;
    }
    if (digits == 0 || digits > DIGITS_MAX)
        return fail_at(reader, ret->offset, "an argument is a text in quotes or a whole number");
    for (size_t i = is_negative; i < ret->text.len; i++)
        ret->number = ret->number * 10 + (ret->text.data[i] - '0');
    ret->number = is_negative ? -ret->number : ret->number;
    return true;
}

static bool read_argument(struct reader *reader, struct filter *filter, char kind)
{
    struct filter_argument *argument = &filter->arguments[filter->argument_count];
    *argument = (struct filter_argument){.offset = reader->at};
    char first = reader->text.data[reader->at];
    bool is_text = first == '"' || first == '\'';
    if (is_text ? !read_quoted(reader, argument) : !read_number(reader, argument))
        return false;
    if (is_text != (kind == 't'))
        return fail_at(reader, argument->offset, "%s takes %s here", filter->kind->name,
                       kind == 't' ? "a text in quotes" : "a whole number");
    filter->argument_count++;
    return true;
}

static bool read_arguments(struct reader *reader, struct filter *filter)
{
    const struct filter_kind *kind = filter->kind;
    size_t most = strlen(kind->arguments);
    for (skip_space(reader); !at_end_of_filter(reader); skip_space(reader)) {
        if (filter->argument_count == most)
            return fail_at(reader, reader->at, "%s takes %s", kind->name,
                           most ? "no more arguments" : "no argument");
        if (!read_argument(reader, filter, kind->arguments[filter->argument_count]))
            return false;
    }
    if (filter->argument_count < kind->needed)
        return fail_at(reader, reader->at, "%s needs %s", kind->name,
                       kind->arguments[filter->argument_count] == 't' ? "a text in quotes here"
                                                                      : "a whole number here");
    return true;
}

static bool prepare(struct reader *reader, struct filter *filter)
{
    size_t argument = 0;
    if (filter->kind->apply == apply_map ? find_map(filter, reader->maps, reader->err)
        : filter->kind->prepare          ? filter->kind->prepare(filter, &argument, reader->err)
                                         : true)
        return true;
    *reader->ret_offset = filter->arguments[argument].offset;
    return false;
}

static bool fail_unknown_filter(struct reader *reader, struct str name, size_t offset)
{
    const char *known[COUNT_OF(kinds) + COUNT_OF(policies)];
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        known[count++] = kinds[i].name;
    for (size_t i = MISSING_EMPTY; i < COUNT_OF(policies); i++)
        known[count++] = policies[i];
    *reader->ret_offset = offset;
    return fail_unknown(reader->err, "filter", name, known, count);
}

static enum missing_policy find_policy(struct str name)
{
    for (size_t i = MISSING_EMPTY; i < COUNT_OF(policies); i++) {
        if (str_eq(name, str_from(policies[i])))
            return (enum missing_policy)i;
    }
    return MISSING_UNSAID;
}

static const struct filter_kind *find_kind(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (str_eq(name, str_from(kinds[i].name)))
            return &kinds[i];
    }
    return NULL;
}

// One filter or, in ret_policy, the policy that ends the chain.
static bool read_filter(struct reader *reader, enum missing_policy *ret_policy)
{
    skip_space(reader);
    size_t offset = reader->at;
    struct str name = read_word(reader);
    if (!name.len)
        return fail_at(reader, offset, "a filter's name is missing after `|`");
    *ret_policy = find_policy(name);
    if (*ret_policy != MISSING_UNSAID) {
        skip_space(reader);
        return reader->at == reader->text.len ||
               fail_at(reader, reader->at, "nothing can follow %s", policies[*ret_policy]);
    }
    if (reader->count == FILTERS_MAX)
        return fail_at(reader, offset, "more than %d filters", FILTERS_MAX);
    struct filter *filter = &reader->filters[reader->count++];
    filter->kind = find_kind(name);
    if (!filter->kind)
        return fail_unknown_filter(reader, name, offset);
    return read_arguments(reader, filter) && prepare(reader, filter);
}

static void finish_filters(const struct filter *filters, size_t count)
{
    for (size_t i = 0; i < count; i++)
        zone_free(filters[i].zone);
}

void filter_finish(const struct filter_chain *chain)
{
    if (chain)
        finish_filters(chain->filters, chain->count);
}

bool filter_compile(struct arena *arena, struct str text, const struct filter_maps *maps,
                    const struct filter_chain **ret, enum missing_policy *ret_policy,
                    size_t *ret_offset, struct err *err)
{
    struct reader reader = {
        .arena = arena, .text = text, .maps = maps, .ret_offset = ret_offset, .err = err};
    enum missing_policy policy = MISSING_UNSAID;
    bool is_good = read_filter(&reader, &policy);
    while (is_good && reader.at < text.len) {
        reader.at++; // the bar
        is_good = read_filter(&reader, &policy);
    }
    if (!is_good) {
        finish_filters(reader.filters, reader.count);
        return false;
    }
    struct filter *filters = arena_alloc(arena, reader.count * sizeof(*filters));
    if (reader.count)
        memcpy(filters, reader.filters, reader.count * sizeof(*filters));
    struct filter_chain *chain = arena_alloc(arena, sizeof(*chain));
    *chain = (struct filter_chain){filters, reader.count};
    *ret = chain;
    *ret_policy = policy;
    return true;
}

// --- running ---

bool filter_apply(const struct filter_chain *chain, struct filter_run *run,
                  const struct json *value, const struct json **ret, struct err *err)
{
    run->why.code = ERR_NONE;
    for (size_t i = 0; i < chain->count; i++) {
        const struct filter *filter = &chain->filters[i];
        if (filter_is_missing(value) && !filter->kind->takes_missing)
            continue;
        value = filter->kind->apply(filter, run, value);
        if (run->why.code == ERR_TOO_LARGE) {
            *err = run->why;
            return false;
        }
        if (!filter_is_missing(value))
            run->why.code = ERR_NONE;
    }
    *ret = value;
    return true;
}
