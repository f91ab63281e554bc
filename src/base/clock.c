// SPDX-License-Identifier: GPL-3.0-or-later
//
// Time and chance. Random numbers come from the kernel in blocks, one block a thread.

#include "base/clock.h"

#include "base/mem.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/random.h>
#include <time.h>

int64_t clock_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_steady_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void clock_random(void *ret, size_t len)
{
    char *to = ret;
    while (len) {
        ssize_t got = getrandom(to, len, 0);
        require(got > 0 || errno == EINTR);
        if (got > 0) {
            to += got;
            len -= (size_t)got;
        }
    }
}

uint64_t clock_dice(void)
{
    static _Thread_local uint64_t block[32];
    static _Thread_local size_t left;
    if (!left) {
        clock_random(block, sizeof(block));
        left = COUNT_OF(block);
    }
    return block[--left];
}

void clock_rfc3339(int64_t at_ms, char ret[CLOCK_RFC3339_BYTES])
{
    int64_t seconds = at_ms / 1000, rest = at_ms % 1000;
    if (rest < 0) {
        rest += 1000;
        seconds--;
    }
    time_t time = (time_t)seconds;
    struct tm utc;
    if (!gmtime_r(&time, &utc) || utc.tm_year < -1900 || utc.tm_year > 8099) {
        memcpy(ret, "0000-00-00T00:00:00.000Z", CLOCK_RFC3339_BYTES);
        return;
    }
    char whole[64];
    snprintf(whole, sizeof(whole), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900,
             utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, (int)rest);
    memcpy(ret, whole, CLOCK_RFC3339_BYTES - 1);
    ret[CLOCK_RFC3339_BYTES - 1] = '\0';
}

void clock_uuid(int64_t at_ms, char ret[CLOCK_UUID_BYTES])
{
    // 48 bits of time, then a 12-bit counter in rand_a keeps the order of ids made in the same
    // millisecond (RFC 9562 section 6.2, method 1), then 62 random bits.
    static _Atomic uint32_t counter;
    uint64_t time = (uint64_t)at_ms & 0xffffffffffffu;
    uint32_t order = atomic_fetch_add(&counter, 1) & 0xfff;
    uint64_t tail = (clock_dice() & 0x3fffffffffffffffu) | 0x8000000000000000u;
    snprintf(ret, CLOCK_UUID_BYTES, "%08x-%04x-7%03x-%04x-%012llx", (uint32_t)(time >> 16),
             (uint32_t)(time & 0xffff), order, (uint32_t)(tail >> 48),
             (unsigned long long)(tail & 0xffffffffffffu));
}
