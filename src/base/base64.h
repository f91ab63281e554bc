// SPDX-License-Identifier: GPL-3.0-or-later
//
// Base64 (RFC 4648 section 4) to bytes and back. Padding may be missing; anything else outside the
// alphabet, blanks and line ends included, is refused.

#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/mem.h"

// The decoded bytes live in the arena and end with NUL.
bool base64_decode(struct arena *arena, struct str coded, struct str *ret) MUST_CHECK;
// In one line, padded.
struct str base64_encode(struct arena *arena, struct str bytes);

#endif
