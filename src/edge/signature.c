// SPDX-License-Identifier: GPL-3.0-or-later
//
// Checking the signature of a request. Whatever is wrong with it, nothing is told about the key.

#include "edge/signature.h"

#include "base/base64.h"
#include "edge/digest.h"

enum {
    KEY_MIN_BYTES = 24,
    KEY_MAX_BYTES = 64,
    SIGNATURES_MAX = 16, // of a header; a sender that changes its key sends two
    TIMESTAMP_DIGITS_MAX = 12,
};

bool signature_parse_secret(struct arena *arena, struct str secret, struct str *ret_key,
                            struct err *err)
{
    const struct str prefix = STR("whsec_");
    struct str coded = secret, key;
    if (str_starts(secret, prefix))
        coded = (struct str){secret.data + prefix.len, secret.len - prefix.len};
    if (coded.data == secret.data || !base64_decode(arena, coded, &key))
        return err_set(err, ERR_INVALID, "must be whsec_ and base64 after it");
    if (key.len < KEY_MIN_BYTES || key.len > KEY_MAX_BYTES)
        return err_set(err, ERR_INVALID, "must be base64 of %d to %d bytes, and is of %zu",
                       KEY_MIN_BYTES, KEY_MAX_BYTES, key.len);
    *ret_key = key;
    return true;
}

// Seconds since 1970, in digits.
static bool parse_timestamp(const char *text, int64_t *ret_ms)
{
    size_t digits = strspn(text, "0123456789");
    if (!digits || digits > TIMESTAMP_DIGITS_MAX || text[digits])
        return false;
    *ret_ms = strtoll(text, NULL, 10) * 1000;
    return true;
}

static bool check_headers(const struct signature_headers *headers, int64_t now_ms, struct err *err)
{
    int64_t at_ms;
    if (!headers->id || !*headers->id || !headers->timestamp || !headers->signature)
        return err_set(err, ERR_INVALID,
                       "This source signs its requests: webhook-id, webhook-timestamp and "
                       "webhook-signature are needed");
    if (!parse_timestamp(headers->timestamp, &at_ms))
        return err_set(err, ERR_INVALID, "webhook-timestamp must be seconds since 1970");
    if (at_ms < now_ms - SIGNATURE_TOLERANCE_MS || at_ms > now_ms + SIGNATURE_TOLERANCE_MS)
        return err_set(err, ERR_INVALID,
                       "webhook-timestamp is more than 5 minutes from now: the clocks differ, or "
                       "the request is an old one");
    return true;
}

// The v1 signatures of a header, decoded: "v1,BASE64 v1,BASE64". What is no such thing is left out.
static size_t decode_signatures(struct arena *arena, const char *header,
                                struct str ret[SIGNATURES_MAX])
{
    const struct str version = STR("v1,");
    size_t count = 0;
    while (*header && count < SIGNATURES_MAX) {
        struct str word = {header, strcspn(header, " ")};
        header += word.len + (header[word.len] == ' ');
        struct str coded = {word.data + version.len, word.len - version.len};
        if (str_starts(word, version) && base64_decode(arena, coded, &ret[count]))
            count++;
    }
    return count;
}

bool signature_check(const struct str *keys, size_t key_count,
                     const struct signature_headers *headers, struct str body, int64_t now_ms,
                     struct err *err)
{
    if (!check_headers(headers, now_ms, err))
        return false;
    AUTO_ARENA struct arena *arena = arena_new();
    struct str signatures[SIGNATURES_MAX];
    size_t count = decode_signatures(arena, headers->signature, signatures);
    const struct str pieces[] = {str_from(headers->id), STR("."), str_from(headers->timestamp),
                                 STR("."), body};
    bool is_good = false;
    for (size_t i = 0; i < key_count; i++) {
        unsigned char expected[DIGEST_BYTES];
        digest_hmac_sha256(keys[i], pieces, COUNT_OF(pieces), expected);
        for (size_t j = 0; j < count; j++)
            is_good |= str_eq_secret((struct str){(const char *)expected, sizeof(expected)},
                                     signatures[j]);
    }
    return is_good || err_set(err, ERR_INVALID, "webhook-signature does not fit this request");
}
