// SPDX-License-Identifier: GPL-3.0-or-later
//
// Any bytes as JSON: refused with a sentence, or the tree written and read again is the same.

#include "core/json.h"

#include "fuzz.h"

static const struct json_limits limits = {.depth = 32, .values = 10000};

static void check_round_trip(struct arena *arena, const struct json *value, enum json_layout layout)
{
    AUTO_BUF struct buf first, second;
    buf_init(&first, SIZE_MAX / 4);
    buf_init(&second, SIZE_MAX / 4);
    json_write(&first, value, layout);
    struct json *again;
    struct err err;
    require(json_parse(arena, buf_str(&first), &limits, &again, &err));
    json_write(&second, again, layout);
    require(str_eq(buf_str(&first), buf_str(&second)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA struct arena *arena = arena_new();
    struct str text = {(const char *)data, size};
    struct json *value = NULL;
    struct err err = {0};
    if (json_parse(arena, text, &limits, &value, &err)) {
        check_round_trip(arena, value, JSON_COMPACT);
        check_round_trip(arena, value, JSON_INDENTED);
    } else {
        require(!value && err.code != ERR_NONE);
        require(json_utf8_prefix(str_from(err.text)) == strlen(err.text));
    }
    struct str mended = json_utf8_mend(arena, text);
    require(json_utf8_prefix(mended) == mended.len);
    return 0;
}
