// SPDX-License-Identifier: GPL-3.0-or-later
//
// Any text as a regular expression of XML Schema, or several, a line each: refused with a sentence,
// or a word is found that matches, or none within the bounds.

#include "core/regular.h"

#include "fuzz.h"

enum { MAX_SETS = 4, MAX_BYTES = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA struct arena *arena = arena_new();
    if (size > MAX_BYTES)
        return 0;
    struct str text = arena_copy(arena, (struct str){(const char *)data, size});
    const char *lines[MAX_SETS];
    struct regular_set sets[MAX_SETS];
    size_t count = 0;
    for (char *line = (char *)(uintptr_t)text.data; line && count < MAX_SETS; count++) {
        lines[count] = line;
        sets[count] = (struct regular_set){&lines[count], 1};
        line = strchr(line, '\n');
        if (line)
            *line++ = '\0';
    }
    const struct regular *pattern = NULL;
    struct err err = {0};
    if (!regular_compile(arena, sets, count, &pattern, &err)) {
        require(!pattern && err.code != ERR_NONE);
        return 0;
    }
    struct str word;
    const struct regular_wish wish = {.max_length = 100};
    if (regular_find(pattern, arena, &wish, &word))
        require(regular_matches(pattern, word));
    return 0;
}
