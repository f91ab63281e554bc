// SPDX-License-Identifier: GPL-3.0-or-later
//
// Any JSON as data of an operation, which the first character chooses. What is written is
// well-formed and can be read again; what is refused has a sentence.

#include "../unit/soap_fake.h"
#include "edge/soap_json.h"

#include "fuzz.h"

static void check_envelope(const struct soap_operation *operation, struct arena *arena,
                           struct str envelope)
{
    struct soap_codec *codec = soap_codec_new();
    struct soap_json_reply reply;
    struct str same;
    struct err err;
    require(json_utf8_prefix(envelope) == envelope.len);
    require(soap_finish_xml(codec, arena, envelope, false, &same, &err));
    if (!soap_json_decode(codec, operation, arena, envelope, &reply, &err))
        require(err.code == ERR_TOO_LARGE);
    soap_codec_free(codec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fake *fake;
    static const struct json_limits limits = {.depth = 200, .values = 100000};
    AUTO_ARENA struct arena *arena = arena_new();
    struct json *value;
    struct str envelope;
    struct err err;
    if (!fake)
        fake = fake_new();
    if (size == 0 ||
        !json_parse(arena, (struct str){(const char *)data + 1, size - 1}, &limits, &value, &err))
        return 0;
    const struct soap_operation *operation =
        &fake->operations[(uint8_t)(data[0] - '0') % FAKE_COUNT];
    if (soap_json_encode(operation, arena, value, &envelope, &err))
        check_envelope(operation, arena, envelope);
    else
        require((err.code == ERR_INVALID || err.code == ERR_TOO_LARGE) && *err.text);
    return 0;
}
