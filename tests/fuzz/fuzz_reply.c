// SPDX-License-Identifier: GPL-3.0-or-later
//
// The first line as an expression, the rest as a reply: refused with a sentence, or judged and read
// with one. What is read lies within the reply's size, unless the expression makes more of it.

#include "edge/reply.h"

#include "fuzz.h"

static const struct soap_xpath_prefix prefixes[] = {{"a", "urn:a"}};

static void look(struct arena *arena, struct soap_codec *codec, const struct reply_where *where,
                 struct str body)
{
    static const struct str one = {"1", 1};
    const struct config_test truth = {.equals_count = 0};
    const struct config_test equal = {.equals = &one, .equals_count = 1};
    AUTO_REPLY struct reply reply;
    struct str value;
    const char *why;
    reply_init(&reply, codec, arena, body);
    for (int i = 0; i < 2; i++) {
        const struct config_test *test = i ? &equal : &truth;
        enum reply_verdict verdict = reply_judge(&reply, test, where, &why);
        require((verdict == REPLY_UNREADABLE) <= (*why != '\0'));
        require(strlen(reply_test_text(arena, test, where)) < 4096);
    }
    if (reply_value(&reply, where, &value))
        require(value.data[value.len] == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA struct arena *arena = arena_new();
    const char *end = memchr(data, '\n', size);
    size_t len = end ? (size_t)(end - (const char *)data) : size;
    struct str expression = arena_copy(arena, (struct str){(const char *)data, len});
    struct str body = {(const char *)data + len, size - len};
    if (strlen(expression.data) < len || json_utf8_prefix(expression) < len)
        return 0; // no text of a configuration
    struct config_where from = {.xpath = expression.data};
    if (json_pointer_is_valid(expression))
        from.json = expression.data;
    struct soap_codec *codec = soap_codec_new();
    struct reply_where where;
    struct err err = {0};
    if (reply_where_compile(arena, &from, false, prefixes, COUNT_OF(prefixes), &where, &err))
        look(arena, codec, &where, body);
    else
        require(err.code != ERR_NONE && *err.text);
    soap_codec_free(codec);
    return 0;
}
