// SPDX-License-Identifier: GPL-3.0-or-later
//
// Base64 by tables: bodies of a megabyte come this way.

#include "base/base64.h"

#include <stdint.h>

// The value of a character plus one; 0: not of the alphabet.
static const uint8_t digits[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
    ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
};

// Of 1 to 3 characters of padding only what completes a group of four is right.
static bool trim_padding(struct str *coded)
{
    size_t len = coded->len;
    while (len && coded->data[len - 1] == '=' && coded->len - len < 3)
        len--;
    bool is_padded = len < coded->len;
    if (is_padded && (coded->len % 4 != 0 || coded->len - len > 2))
        return false;
    coded->len = len;
    return len % 4 != 1;
}

bool base64_decode(struct arena *arena, struct str coded, struct str *ret)
{
    if (!trim_padding(&coded))
        return false;
    char *out = arena_alloc(arena, coded.len / 4 * 3 + 3);
    size_t len = 0;
    uint32_t bits = 0;
    unsigned have = 0;
    for (size_t i = 0; i < coded.len; i++) {
        uint8_t digit = digits[(unsigned char)coded.data[i]];
        if (!digit)
            return false;
        bits = bits << 6 | (uint32_t)(digit - 1);
        have += 6;
        if (have >= 8) {
            have -= 8;
            out[len++] = (char)(bits >> have & 0xff);
        }
    }
    *ret = (struct str){out, len};
    return true;
}

struct str base64_encode(struct arena *arena, struct str bytes)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *out = arena_alloc(arena, bytes.len / 3 * 4 + 5), *to = out;
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        const unsigned char *from = (const unsigned char *)bytes.data + i;
        uint32_t bits = (uint32_t)from[0] << 16 | (uint32_t)(left > 1 ? from[1] : 0) << 8 |
                        (uint32_t)(left > 2 ? from[2] : 0);
        *to++ = letters[bits >> 18 & 63];
        *to++ = letters[bits >> 12 & 63];
        *to++ = left > 1 ? letters[bits >> 6 & 63] : '=';
        *to++ = left > 2 ? letters[bits & 63] : '=';
    }
    return (struct str){out, (size_t)(to - out)};
}
