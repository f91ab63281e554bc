// SPDX-License-Identifier: GPL-3.0-or-later
//
// A batch, taken apart: at line ends, or at the commas of the outermost array, which are found by
// counting brackets outside of strings.

#include "core/event_batch.h"

bool batch_kind_of(struct str media_type, enum batch_kind *ret)
{
    static const struct {
        const char *media_type;
        enum batch_kind kind;
    } known[] = {
        {"application/x-ndjson", BATCH_LINES},
        {"application/ndjson", BATCH_LINES},
        {"application/jsonl", BATCH_LINES},
        {"application/cloudevents-batch+json", BATCH_ARRAY},
    };
    const char *parameters = memchr(media_type.data, ';', media_type.len);
    if (parameters)
        media_type.len = (size_t)(parameters - media_type.data);
    media_type = str_trim(media_type);
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        if (str_eq_nocase(media_type, str_from(known[i].media_type))) {
            *ret = known[i].kind;
            return true;
        }
    }
    return false;
}

struct splitting {
    struct arena *arena;
    struct str *items;
    size_t count, capacity, max;
};

static bool add_item(struct splitting *splitting, struct str item, struct err *err)
{
    if (splitting->count == splitting->max)
        return err_set(err, ERR_TOO_LARGE, "the batch has more than %zu events", splitting->max);
    if (splitting->count == splitting->capacity) {
        size_t capacity = splitting->capacity ? splitting->capacity * 2 : 16;
        struct str *items = arena_alloc(splitting->arena, capacity * sizeof(*items));
        if (splitting->count)
            memcpy(items, splitting->items, splitting->count * sizeof(*items));
        splitting->items = items;
        splitting->capacity = capacity;
    }
    splitting->items[splitting->count++] = str_trim(item);
    return true;
}

static bool split_lines(struct splitting *splitting, struct str body, struct err *err)
{
    while (body.len) {
        const char *end = memchr(body.data, '\n', body.len);
        struct str line = {body.data, end ? (size_t)(end - body.data) : body.len};
        size_t taken = line.len + (end ? 1 : 0);
        body = (struct str){body.data + taken, body.len - taken};
        if (str_trim(line).len && !add_item(splitting, line, err))
            return false;
    }
    return true;
}

// Where the item ends: at the first comma or bracket that is not inside of it, or at the end.
static size_t item_length(struct str text)
{
    size_t depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (in_string) {
            i += c == '\\';
            in_string = c != '"';
        } else if (depth == 0 && (c == ',' || c == ']')) {
            return i;
        } else {
            in_string = c == '"';
            depth += c == '[' || c == '{';
            depth -= depth && (c == ']' || c == '}');
        }
    }
    return text.len;
}

static bool split_array(struct splitting *splitting, struct str body, struct err *err)
{
    const struct str mark = STR("\xef\xbb\xbf");
    if (str_starts(body, mark))
        body = (struct str){body.data + mark.len, body.len - mark.len};
    body = str_trim(body);
    if (body.len < 2 || body.data[0] != '[')
        return err_set(err, ERR_INVALID, "the batch is no JSON array");
    struct str rest = {body.data + 1, body.len - 1};
    for (;;) {
        size_t len = item_length(rest);
        if (len == rest.len)
            return err_set(err, ERR_INVALID, "the batch ends before its array does");
        struct str item = {rest.data, len};
        bool is_last = rest.data[len] == ']', is_empty = is_last && !splitting->count;
        if ((!is_empty || str_trim(item).len) && !add_item(splitting, item, err))
            return false;
        rest = (struct str){rest.data + len + 1, rest.len - len - 1};
        if (is_last)
            return !rest.len || err_set(err, ERR_INVALID, "there is more text after the batch");
    }
}

bool batch_split(struct arena *arena, enum batch_kind kind, struct str body, size_t max,
                 struct str **ret_items, size_t *ret_count, struct err *err)
{
    struct splitting splitting = {.arena = arena, .max = max};
    if (!(kind == BATCH_LINES ? split_lines(&splitting, body, err)
                              : split_array(&splitting, body, err)))
        return false;
    *ret_items = splitting.items;
    *ret_count = splitting.count;
    return true;
}
