// SPDX-License-Identifier: GPL-3.0-or-later
//
// Checks messages against the WSDL's own schemas; for soap.c. gSOAP's C types know no patterns or
// choices and drop unknown attributes; on the other hand they refuse some values that are valid.

#ifndef EDGE_SOAP_CHECK_H
#define EDGE_SOAP_CHECK_H

#include "edge/soap_document.h"
#include "edge/soap_modules.h"

struct _xmlSchemaValidCtxt;

struct soap_checker {
    const struct soap_operation *operation;
    struct _xmlSchemaValidCtxt *schemas; // NULL: the module has none that libxml2 understands
};

// What stands in Header and Body of a request. False with the way to the element in the sentence.
// *ret_is_proven: the schemas know all of the body, and it is this operation's.
bool soap_check_request(const struct soap_checker *checker, const struct soap_envelope *envelope,
                        bool *ret_is_proven, struct err *err) MUST_CHECK;
// Whether a reply's body is proven in the same way; if it is encoded, whether it is the answer.
bool soap_check_reply(const struct soap_checker *checker, const struct soap_envelope *envelope);

#endif
