// SPDX-License-Identifier: GPL-3.0-or-later
//
// The first line as an expression, the rest as a subject: what matches has all that the index of
// routes looks for before it asks PCRE2.

#include "core/json.h"
#include "core/route.h"
#include "core/route_literal.h"

#include "fuzz.h"

static bool has_one(const struct literal_group *group, struct str small)
{
    for (size_t i = 0; i < group->count; i++) {
        require(group->texts[i].len > 0);
        if (memmem(small.data, small.len, group->texts[i].data, group->texts[i].len))
            return true;
    }
    return false;
}

static struct str make_small(struct arena *arena, struct str subject)
{
    char *small = arena_alloc(arena, subject.len + 1);
    for (size_t i = 0; i < subject.len; i++)
        small[i] = (char)(subject.data[i] >= 'A' && subject.data[i] <= 'Z' ? subject.data[i] + 32
                                                                           : subject.data[i]);
    return (struct str){small, subject.len};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA struct arena *arena = arena_new();
    const char *text = (const char *)data, *end = size ? memchr(text, '\n', size) : NULL;
    if (!end)
        return 0;
    struct str expression = {text, (size_t)(end - text)};
    struct str subject = {end + 1, size - expression.len - 1};
    struct pattern *pattern;
    struct err err;
    if (json_utf8_prefix(subject) < subject.len || !pattern_compile(expression, &pattern, &err))
        return 0;
    if (pattern_matches(pattern, subject)) {
        struct literals literals = literals_of(arena, expression);
        for (size_t i = 0; i < literals.count; i++)
            require(has_one(&literals.groups[i], make_small(arena, subject)));
    }
    pattern_free(pattern);
    return 0;
}
