// SPDX-License-Identifier: GPL-3.0-or-later
//
// Time and chance, the only door to both. Moments are Unix milliseconds (`_at`, `_ms`), spans say
// `_for_ms` or carry their unit; nothing in src/core calls this, it is handed the values.

#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

int64_t clock_now_ms(void);               // wall time, Unix milliseconds
int64_t clock_steady_us(void);            // never jumps; only differences mean something
uint64_t clock_dice(void);                // a random number, any thread
void clock_random(void *ret, size_t len); // random bytes

enum {
    CLOCK_RFC3339_BYTES = 25, // "2020-09-15T18:02:17.123Z" and NUL
    CLOCK_UUID_BYTES = 37,    // 36 characters and NUL
};

// RFC 3339 in UTC with milliseconds.
void clock_rfc3339(int64_t at_ms, char ret[CLOCK_RFC3339_BYTES]);
// RFC 9562 UUID version 7: sorts by time, to the millisecond.
void clock_uuid(int64_t at_ms, char ret[CLOCK_UUID_BYTES]);

#endif
