// SPDX-License-Identifier: GPL-3.0-or-later
//
// XPath 1.0 on replies, as people write it who know element names and not namespaces: an unprefixed
// name in an expression matches that local name in any namespace (and in none), a prefixed one
// matches strictly. Every evaluation is bounded in steps. Part of the door to libxml2.

#ifndef EDGE_SOAP_XPATH_H
#define EDGE_SOAP_XPATH_H

#include "edge/soap.h"

struct soap_xpath_prefix {
    const char *prefix, *namespace;
};

struct soap_xpath; // immutable, any thread; borrows the prefixes

// ERR_INVALID says what is wrong with the expression, and at which character: syntax, functions
// there are not, prefixes without a namespace, operands of a wrong type.
bool soap_xpath_compile(struct arena *arena, const char *text,
                        const struct soap_xpath_prefix *prefixes, size_t prefix_count,
                        const struct soap_xpath **ret, struct err *err) MUST_CHECK;

// Calls `visit` for each unprefixed name that tests elements or attributes.
typedef void soap_xpath_visit_fn(void *context, const char *name);
void soap_xpath_visit(const struct soap_xpath *xpath, soap_xpath_visit_fn *visit, void *context);

struct soap_xml; // a document that was read; one thread at a time

// ERR_INVALID when it is not well-formed or has a document type.
bool soap_xml_read(struct soap_codec *codec, struct str text, struct soap_xml **ret,
                   struct err *err) MUST_CHECK;
void soap_xml_free(struct soap_xml *xml);

// Both fail when the evaluation takes too many steps or the result makes no sense.
// Whether it is true as XPath's boolean() says: some node, some text, a number other than 0.
bool soap_xpath_holds(const struct soap_xpath *xpath, struct soap_xml *xml, bool *ret,
                      struct err *err) MUST_CHECK;
// Its text: of the first node in the document's order, blanks around it taken off. *ret_is_found is
// false when there is no such node.
bool soap_xpath_text(const struct soap_xpath *xpath, struct soap_xml *xml, struct arena *arena,
                     struct str *ret, bool *ret_is_found, struct err *err) MUST_CHECK;
// What stands where the expression looks, for people: `//Status is "FAILED"`; "" when it looks
// nowhere.
const char *soap_xpath_explain(const struct soap_xpath *xpath, struct soap_xml *xml,
                               struct arena *arena);

#endif
