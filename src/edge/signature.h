// SPDX-License-Identifier: GPL-3.0-or-later
//
// Signed requests by Standard Webhooks (https://github.com/standard-webhooks/standard-webhooks):
// HMAC-SHA256 over "id.timestamp.body", in the headers webhook-id, webhook-timestamp and
// webhook-signature. Pure; the moment that is now is handed in.

#ifndef EDGE_SIGNATURE_H
#define EDGE_SIGNATURE_H

#include "base/err.h"

#include <stdint.h>

enum { SIGNATURE_TOLERANCE_MS = 5 * 60 * 1000 }; // either way, so that no old request comes again

// As sent; NULL: not there.
struct signature_headers {
    const char *id, *timestamp, *signature;
};

// "whsec_" and base64 of 24 to 64 bytes; the key lives in the arena.
bool signature_parse_secret(struct arena *arena, struct str secret, struct str *ret_key,
                            struct err *err) MUST_CHECK;

// True when one of the signatures was made with one of the keys, which takes the same time
// whichever it is. Signatures of other versions than v1 are not looked at.
bool signature_check(const struct str *keys, size_t key_count,
                     const struct signature_headers *headers, struct str body, int64_t now_ms,
                     struct err *err) MUST_CHECK;

#endif
