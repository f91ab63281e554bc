// SPDX-License-Identifier: GPL-3.0-or-later
//
// The text of an XPath expression, rewritten so that unprefixed names match any namespace; for
// soap_xpath.c. Knows XPath 1.0's tokens (section 3.7), not its grammar: libxml2 judges that.

#ifndef EDGE_SOAP_XPATH_TEXT_H
#define EDGE_SOAP_XPATH_TEXT_H

#include "edge/soap_xpath.h"

enum { SOAP_XPATH_MAX_BYTES = 2000 };

struct soap_xpath_path { // a location path within the expression
    const char *text, *rewritten;
};

struct soap_xpath_text {
    const char *rewritten;
    const struct soap_xpath_path *paths; // the outermost, in order
    size_t path_count;
    const char *const *names; // that test elements or attributes, without a prefix
    size_t name_count;
    const struct soap_xpath_step { // where each token of it came from
        size_t from, to;           // bytes in the text, in the rewritten one
    } * steps;
    size_t step_count;
};

bool soap_xpath_rewrite(struct arena *arena, const char *text,
                        const struct soap_xpath_prefix *prefixes, size_t prefix_count,
                        struct soap_xpath_text *ret, struct err *err) MUST_CHECK;
// The character of the text, from 1, that a byte of the rewritten one came from.
int soap_xpath_character(const char *text, const struct soap_xpath_text *of, size_t byte);

#endif
