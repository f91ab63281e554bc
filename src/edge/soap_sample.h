// SPDX-License-Identifier: GPL-3.0-or-later
//
// Writes messages of an operation by its types alone: a scaffold for a person to fill in, and a
// sample that is valid as it stands. Knows types, and which data elements of the catalogue have
// like names; no values of any event.

#ifndef EDGE_SOAP_SAMPLE_H
#define EDGE_SOAP_SAMPLE_H

#include "core/json.h"
#include "edge/soap.h"

// A template of the request: every element in order, with comments that say type, occurrence,
// choice, enumeration and documentation; optional parts are marked; data elements of like name are
// filled in as {{tags}}. Well-formed XML as it stands.
struct str soap_scaffold(const struct soap_operation *operation, struct arena *arena);
// The same as a JSON body for soap_json_encode. JSON has no comments, so it says less.
const struct json *soap_scaffold_json(const struct soap_operation *operation, struct arena *arena);

enum soap_sample_of { SOAP_SAMPLE_REQUEST, SOAP_SAMPLE_REPLY };
// A whole envelope with values valid for their types: every element at least once where that ends,
// the first branch of each choice. Of very large messages only the outer levels have what is
// optional. ERR_INVALID names a type for which no value was found (a pattern and lengths that
// exclude each other) or that has no end, ERR_TOO_LARGE one that requires too much.
bool soap_sample(const struct soap_operation *operation, enum soap_sample_of of,
                 struct arena *arena, struct str *ret_envelope, struct err *err) MUST_CHECK;

struct soap_sample_fault {
    const char *code;   // as on the wire without prefix, "Server"
    const char *text;   // for people
    const char *detail; // the name of a declared fault, or of its element; NULL: no detail
};
// The same for a fault. ERR_NOT_FOUND names the declared ones.
bool soap_sample_fault(const struct soap_operation *operation,
                       const struct soap_sample_fault *fault, struct arena *arena,
                       struct str *ret_envelope, struct err *err) MUST_CHECK;
// Of SOAP 11 or 12, of no operation and without detail.
struct str soap_plain_fault(int version, const char *code, const char *text, struct arena *arena);

#endif
