// SPDX-License-Identifier: GPL-3.0-or-later
//
// Filters of texts and lists. What they make is counted against the run's limit before it is made.

#include "core/filter_kind.h"
#include "core/letters.h"

enum { PAD_MAX = 1000 };

static const struct json *made_from_buf(struct filter_run *run, const struct buf *buf)
{
    if (buf->overflowed)
        err_set(&run->why, ERR_TOO_LARGE, "a filter's text passes %zu bytes", run->max_bytes);
    return filter_made(run, arena_copy(run->arena, buf_str(buf)));
}

const struct json *filter_upper(const struct filter *filter, struct filter_run *run,
                                const struct json *value)
{
    (void)filter;
    return filter_made(run, letters_upper(run->arena, filter_text(run, value)));
}

const struct json *filter_lower(const struct filter *filter, struct filter_run *run,
                                const struct json *value)
{
    (void)filter;
    return filter_made(run, letters_lower(run->arena, filter_text(run, value)));
}

const struct json *filter_trim(const struct filter *filter, struct filter_run *run,
                               const struct json *value)
{
    (void)filter;
    return filter_made(run, str_trim(filter_text(run, value)));
}

// --- pieces of a text ---

bool filter_prepare_substring(struct filter *filter, size_t *ret_argument, struct err *err)
{
    *ret_argument = 1;
    if (filter->argument_count == 2 && filter->arguments[1].number < 0)
        return err_set(err, ERR_INVALID, "the length of substring cannot be negative");
    return true;
}

// A start below 0 counts from the end.
const struct json *filter_substring(const struct filter *filter, struct filter_run *run,
                                    const struct json *value)
{
    struct str text = filter_text(run, value);
    int64_t start = filter->arguments[0].number, count = (int64_t)letters_count(text);
    if (start < 0)
        start = start + count > 0 ? start + count : 0;
    size_t skipped = letters_bytes(text, (size_t)start);
    text = (struct str){text.data + skipped, text.len - skipped};
    if (filter->argument_count == 2)
        text.len = letters_bytes(text, (size_t)filter->arguments[1].number);
    return filter_made(run, text);
}

bool filter_prepare_replace(struct filter *filter, size_t *ret_argument, struct err *err)
{
    *ret_argument = 0;
    return filter->arguments[0].text.len > 0 ||
           err_set(err, ERR_INVALID, "replace needs a text to look for");
}

const struct json *filter_replace(const struct filter *filter, struct filter_run *run,
                                  const struct json *value)
{
    struct str text = filter_text(run, value), old = filter->arguments[0].text;
    AUTO_BUF struct buf out;
    buf_init(&out, run->max_bytes);
    for (const char *at; (at = memmem(text.data, text.len, old.data, old.len));) {
        size_t before = (size_t)(at - text.data);
        buf_add(&out, text.data, before);
        buf_add_str(&out, filter->arguments[1].text);
        text = (struct str){at + old.len, text.len - before - old.len};
    }
    buf_add_str(&out, text);
    return made_from_buf(run, &out);
}

bool filter_prepare_pad(struct filter *filter, size_t *ret_argument, struct err *err)
{
    int64_t width = filter->arguments[0].number;
    *ret_argument = 0;
    if (width < -PAD_MAX || width > PAD_MAX)
        return err_set(err, ERR_INVALID, "pad goes up to %d characters", PAD_MAX);
    *ret_argument = 1;
    return filter->argument_count < 2 || letters_count(filter->arguments[1].text) == 1 ||
           err_set(err, ERR_INVALID, "pad fills up with one character");
}

// Up to a width above 0 in front, below 0 behind.
const struct json *filter_pad(const struct filter *filter, struct filter_run *run,
                              const struct json *value)
{
    struct str text = filter_text(run, value);
    struct str fill = filter->argument_count == 2 ? filter->arguments[1].text : STR(" ");
    bool is_behind = filter->arguments[0].number < 0;
    size_t width = (size_t)(is_behind ? -filter->arguments[0].number : filter->arguments[0].number);
    AUTO_BUF struct buf out;
    buf_init(&out, run->max_bytes);
    if (is_behind)
        buf_add_str(&out, text);
    for (size_t count = letters_count(text); count < width; count++)
        buf_add_str(&out, fill);
    if (!is_behind)
        buf_add_str(&out, text);
    return made_from_buf(run, &out);
}

// --- lists ---

bool filter_prepare_split(struct filter *filter, size_t *ret_argument, struct err *err)
{
    *ret_argument = 0;
    return filter->arguments[0].text.len > 0 ||
           err_set(err, ERR_INVALID, "split needs a text to split at");
}

const struct json *filter_split(const struct filter *filter, struct filter_run *run,
                                const struct json *value)
{
    struct str text = filter_text(run, value), mark = filter->arguments[0].text;
    struct json *list = json_array(run->arena);
    for (const char *at; (at = memmem(text.data, text.len, mark.data, mark.len));) {
        struct str piece = {text.data, (size_t)(at - text.data)};
        json_append(run->arena, list, json_string(run->arena, piece));
        text = (struct str){at + mark.len, text.len - piece.len - mark.len};
    }
    json_append(run->arena, list, json_string(run->arena, text));
    return list;
}

const struct json *filter_join(const struct filter *filter, struct filter_run *run,
                               const struct json *value)
{
    if (value->kind != JSON_ARRAY)
        return value;
    AUTO_BUF struct buf out;
    buf_init(&out, run->max_bytes);
    for (size_t i = 0; i < value->array.count; i++) {
        if (i)
            buf_add_str(&out, filter->arguments[0].text);
        buf_add_str(&out, filter_text(run, value->array.items[i]));
    }
    return made_from_buf(run, &out);
}

const struct json *filter_first(const struct filter *filter, struct filter_run *run,
                                const struct json *value)
{
    (void)filter, (void)run;
    return value->kind == JSON_ARRAY ? value->array.items[0] : value;
}

const struct json *filter_last(const struct filter *filter, struct filter_run *run,
                               const struct json *value)
{
    (void)filter, (void)run;
    return value->kind == JSON_ARRAY ? value->array.items[value->array.count - 1] : value;
}

const struct json *filter_count(const struct filter *filter, struct filter_run *run,
                                const struct json *value)
{
    (void)filter;
    int64_t count = filter_is_missing(value) ? 0 : 1;
    if (value && value->kind == JSON_ARRAY)
        count = (int64_t)value->array.count;
    return json_integer(run->arena, count);
}

const struct json *filter_json(const struct filter *filter, struct filter_run *run,
                               const struct json *value)
{
    (void)filter;
    AUTO_BUF struct buf out;
    buf_init(&out, run->max_bytes);
    json_write(&out, value, JSON_COMPACT);
    return made_from_buf(run, &out);
}

const struct json *filter_default(const struct filter *filter, struct filter_run *run,
                                  const struct json *value)
{
    return filter_is_missing(value) ? filter_made(run, filter->arguments[0].text) : value;
}
