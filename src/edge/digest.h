// SPDX-License-Identifier: GPL-3.0-or-later
//
// SHA-256 of pieces of text, with a key (HMAC) or without. Knows nothing of what is signed. Door to
// OpenSSL. Any thread.

#ifndef EDGE_DIGEST_H
#define EDGE_DIGEST_H

#include "base/mem.h"

enum { DIGEST_BYTES = 32 };

// The pieces count as one text; nothing is put between them.
void digest_sha256(const struct str *pieces, size_t count, unsigned char ret[DIGEST_BYTES]);
void digest_hmac_sha256(struct str key, const struct str *pieces, size_t count,
                        unsigned char ret[DIGEST_BYTES]);

#endif
