// SPDX-License-Identifier: GPL-3.0-or-later
//
// Any bytes as the reply to an operation, which the first one chooses. What comes out is a tree of
// bounded size whose texts are UTF-8, and it can be given to the mapper again.

#include "../unit/soap_fake.h"
#include "edge/soap_json.h"

#include "fuzz.h"

static void check_tree(const struct json *tree)
{
    AUTO_BUF struct buf text;
    buf_init(&text, SIZE_MAX / 4);
    if (!tree)
        return;
    json_write(&text, tree, JSON_COMPACT);
    require(json_utf8_prefix(buf_str(&text)) == text.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fake *fake;
    static struct soap_codec *codec;
    AUTO_ARENA struct arena *arena = arena_new();
    struct soap_json_reply reply;
    struct str envelope;
    struct err err;
    if (!fake) {
        fake = fake_new();
        codec = soap_codec_new();
    }
    if (size == 0)
        return 0;
    const struct soap_operation *operation =
        &fake->operations[(uint8_t)(data[0] - '0') % FAKE_COUNT];
    struct str wire = {(const char *)data + 1, size - 1};
    if (!soap_json_decode(codec, operation, arena, wire, &reply, &err)) {
        require((err.code == ERR_INVALID || err.code == ERR_TOO_LARGE) && *err.text);
        return 0;
    }
    check_tree(reply.header);
    check_tree(reply.body);
    check_tree(reply.detail);
    if (reply.body && !soap_json_encode(operation, arena, reply.body, &envelope, &err))
        require(*err.text);
    return 0;
}
