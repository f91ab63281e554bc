// SPDX-License-Identifier: GPL-3.0-or-later
//
// Any bytes as parts: refused with a sentence, or put together again and read they are the same.

#include "edge/multipart.h"

#include "fuzz.h"

static bool are_alike(const struct multipart_part *a, const struct multipart_part *b)
{
    return str_eq(a->content, b->content) && str_eq(a->media_type, b->media_type);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char boundary[] = "a boundary that no input of the corpus has";
    AUTO_ARENA struct arena *arena = arena_new();
    struct str text = {(const char *)data, size};
    struct multipart_part *parts, *again;
    size_t count, count_again;
    struct err err = {0};
    if (!multipart_read(arena, text, &parts, &count, &err)) {
        require(err.code != ERR_NONE);
        return 0;
    }
    if (memmem(data, size, boundary, strlen(boundary)))
        return 0;
    struct str written = multipart_write(arena, boundary, parts, count);
    require(multipart_is(written));
    require(multipart_read(arena, written, &again, &count_again, &err));
    require(count == count_again);
    for (size_t i = 0; i < count; i++)
        require(are_alike(&parts[i], &again[i]));
    return 0;
}
