// SPDX-License-Identifier: GPL-3.0-or-later
//
// Any bytes as what names its own trigger: a CloudEvent, or by the first byte a batch of such, "a"
// an array, "l" lines.

#include "core/event_batch.h"

#include "fuzz.h"
#include "fuzz_body.h"

enum { ITEMS_MAX = 100 };

static void check_batch(enum batch_kind kind, struct str body)
{
    AUTO_ARENA struct arena *arena = arena_new();
    struct str *items;
    size_t count;
    struct err err;
    if (!batch_split(arena, kind, body, ITEMS_MAX, &items, &count, &err)) {
        require(err.code == ERR_INVALID || err.code == ERR_TOO_LARGE);
        return;
    }
    require(count <= ITEMS_MAX);
    for (size_t i = 0; i < count; i++) {
        require(items[i].data >= body.data);
        require(items[i].data + items[i].len <= body.data + body.len);
        check_body(NULL, EVENT_JSON, items[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct str body = {(const char *)data, size}, rest = {body.data + 1, size - 1};
    if (data[0] == 'a' || data[0] == 'l')
        check_batch(data[0] == 'a' ? BATCH_ARRAY : BATCH_LINES, rest);
    else
        check_body(NULL, EVENT_CLOUDEVENT, body);
    return 0;
}
