// SPDX-License-Identifier: GPL-3.0-or-later
//
// Telephone numbers as people and platforms write them, to E.164. Knows the numbering plans of all
// countries, not what a number is for. What surprises: plans are of the day the library was
// packaged; so North American numbers count by their shape, as a new area code opens there every
// few months.

#ifndef CORE_PHONE_H
#define CORE_PHONE_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { PHONE_E164_BYTES = 17 }; // '+', 15 digits and NUL

enum phone_fit {
    PHONE_NONE,   // no number of that country
    PHONE_FITS,   // written in E.164
    PHONE_MENDED, // the same, after a mistake was repaired: a doubled country code or +, words
                  // around it, 00 for +, + before a national number
    PHONE_SHORT,  // written in E.164, which has no room for the extension it came with
};

// `country` is of ISO 3166-1 alpha-2 and known; NULL takes only numbers that begin with +. Any
// thread; a number that the thread has seen of late costs almost nothing. `ret` is filled unless
// PHONE_NONE.
enum phone_fit phone_e164(const char *country, const char *text, size_t len,
                          char ret[PHONE_E164_BYTES]);

bool phone_is_country(const char *country);

#ifdef __cplusplus
}
#endif

#endif
