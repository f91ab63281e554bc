// SPDX-License-Identifier: GPL-3.0-or-later
//
// The query of a list. A service is not checked against the configuration: rows of one that was
// removed since are still there to be found.

#include "flow/page_query.h"

#include "flow/tree.h"

#include <errno.h>

static const char *parameter(struct server_request *request, const char *name)
{
    struct str value = str_trim(str_from(server_query(request, name)));
    return value.len ? arena_copy(server_arena(request), value).data : NULL;
}

// What was asked for may be anything; `value` keeps its default when nothing was.
static bool read_number(struct server_request *request, const char *name, int64_t max,
                        int64_t *value, const char **ret_detail)
{
    const char *text = parameter(request, name);
    if (!text)
        return true;
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    bool is_number = *text >= '0' && *text <= '9' && !*end && !errno;
    if (is_number && number >= 1 && number <= max) {
        *value = number;
        return true;
    }
    *ret_detail = arena_printf(server_arena(request), "%s must be a number from 1 to %lld", name,
                               (long long)max);
    return false;
}

static const char *unknown_word(struct arena *arena, const char *kind, const char *word,
                                const char *const *words, size_t count)
{
    const char *nearest = err_nearest(str_from(word), words, count);
    return arena_printf(arena, "There is no %s \"%.64s\"%s%s%s", kind, word,
                        nearest ? "; did you mean \"" : "", nearest ? nearest : "",
                        nearest ? "\"?" : "");
}

static bool read_state(struct server_request *request, struct store_filter *filter,
                       const char **ret_detail)
{
    const char *word = parameter(request, "state");
    if (!word || delivery_state_parse(str_from(word), &filter->state))
        return true;
    const char *words[DELIVERY_STATE_COUNT];
    for (int i = 0; i < DELIVERY_STATE_COUNT; i++)
        words[i] = delivery_state_word((enum delivery_state)i);
    *ret_detail = unknown_word(server_arena(request), "state", word, words, COUNT_OF(words));
    return false;
}

static bool read_trigger(struct server_request *request, struct store_filter *filter,
                         const char **ret_detail)
{
    filter->trigger = parameter(request, "trigger");
    if (!filter->trigger || event_trigger(str_from(filter->trigger)))
        return true;
    size_t count;
    const char *const *triggers = event_triggers(&count);
    *ret_detail = unknown_word(server_arena(request), "trigger", filter->trigger, triggers, count);
    return false;
}

bool page_query_read(struct server_request *request, struct store_filter *ret,
                     const char **ret_detail)
{
    struct store_filter filter = {.state = DELIVERY_STATE_COUNT};
    int64_t limit = PAGE_QUERY_ROWS;
    if (!read_state(request, &filter, ret_detail) || !read_trigger(request, &filter, ret_detail) ||
        !read_number(request, "before", INT64_MAX, &filter.before, ret_detail) ||
        !read_number(request, "limit", PAGE_QUERY_ROWS_MAX, &limit, ret_detail))
        return false;
    filter.service = parameter(request, "service");
    filter.call_id = parameter(request, "call");
    filter.limit = (size_t)limit;
    *ret = filter;
    return true;
}

const char *page_query_next(struct arena *arena, const char *path,
                            const struct store_filter *filter, int64_t before)
{
    const struct {
        const char *name, *value;
    } kept[] = {
        {"state",
         filter->state == DELIVERY_STATE_COUNT ? NULL : delivery_state_word(filter->state)},
        {"service", filter->service},
        {"trigger", filter->trigger},
        {"call", filter->call_id},
    };
    char *href = arena_printf(arena, "%s?before=%lld", path, (long long)before);
    for (size_t i = 0; i < COUNT_OF(kept); i++) {
        if (kept[i].value)
            href = arena_printf(arena, "%s&%s=%s", href, kept[i].name,
                                tree_url(arena, str_from(kept[i].value)));
    }
    return filter->limit == PAGE_QUERY_ROWS
               ? href
               : arena_printf(arena, "%s&limit=%zu", href, filter->limit);
}
