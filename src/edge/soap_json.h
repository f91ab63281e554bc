// SPDX-License-Identifier: GPL-3.0-or-later
//
// JSON to an envelope and back, by the WSDL's types: names need no namespace, members no order.
//
// Data is an object of what stands in the body: in document style the children of the body's
// element, in RPC style the parts. Members are local names, in any order; `@name` is an attribute,
// `#text` the text of an element that has attributes too; an array repeats its element; null is
// xsi:nil where the element is nillable, and leaves it out where it is optional; `@xsi:type` names
// a derived type or the type of an anyType, "Name" or "{namespace}Name"; `#header` holds the
// header's blocks by name; `#content` is an array of texts and one-member objects in just that
// order, for mixed content. An array may also stand for a list, a SOAP array, or a type that holds
// nothing but one element that repeats. Scalars of JSON and their text forms are alike. The same
// comes out of a reply. Items are counted from 1 in sentences. docs/soap.md has it at length.

#ifndef EDGE_SOAP_JSON_H
#define EDGE_SOAP_JSON_H

#include "core/json.h"
#include "edge/soap.h"

// The envelope's text, UTF-8, in the arena; not yet checked by soap_encode. ERR_INVALID names the
// member by its path ("survey.answer[2].scoer: SurveyAnswer has no such element; did you mean
// \"score\"?"), or what is missing. Every member is used or refused, none is lost.
bool soap_json_encode(const struct soap_operation *operation, struct arena *arena,
                      const struct json *data, struct str *ret_envelope,
                      struct err *err) MUST_CHECK;
// The same for the reply, as a service would send it.
bool soap_json_encode_reply(const struct soap_operation *operation, struct arena *arena,
                            const struct json *data, struct str *ret_envelope,
                            struct err *err) MUST_CHECK;

// The body of a reply, or a fault's detail, as data. Arrays stand wherever the type allows more
// than one; numbers and booleans where the type says so and JSON holds the value exactly, else
// text; `href` and `id` of SOAP encoding are followed (a circle ends as null). What no type
// describes is kept by its names. ERR_INVALID when it is no SOAP, as soap_decode says.
struct soap_json_reply {
    const struct json *header; // object of blocks; NULL: none
    const struct json *body;   // NULL: empty, or a fault
    const struct json *detail; // of a fault, by type of its first element; NULL: none
};
bool soap_json_decode(struct soap_codec *codec, const struct soap_operation *operation,
                      struct arena *arena, struct str wire, struct soap_json_reply *ret,
                      struct err *err) MUST_CHECK;

#endif
