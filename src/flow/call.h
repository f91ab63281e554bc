// SPDX-License-Identifier: GPL-3.0-or-later
//
// One request of an operation, sent now: what left, what came back and what it means, and how long
// each step took. Keeps nothing and tries once.

#ifndef FLOW_CALL_H
#define FLOW_CALL_H

#include "core/json.h"
#include "edge/service.h"

struct call {
    const struct soap_operation *operation;
    const struct service *service; // whose URL, headers and secrets it has; NULL: none's
    const char *endpoint;          // NULL: the service's, or the WSDL's
    const char *const *headers;    // more of them, "Name: value"
    size_t header_count;
    int64_t timeout_ms; // 0: the service's, or half a minute
    bool is_mtom;       // binary values travel as parts; a service says so itself
};

// The request with the envelope checked by the WSDL's types; all in the arena. ERR_INVALID names
// what does not fit.
bool call_prepare(const struct call *call, struct soap_codec *codec, struct arena *arena,
                  struct str envelope, struct transport_request *ret, struct err *err) MUST_CHECK;

// Sends it and waits. An object: `request` with `head` (secrets masked), `body`, the envelope as it
// left, and `parts` beside it, if any (id, media_type, bytes, and `words` for people);
// `reply` with `status` (null: no answer), `media_type`, `text`, `header`, `body` as data, `fault`
// (code, subcodes, text, detail; null: none) and `problem` (null: none); `timings` in microseconds.
// *ret_is_good: it was answered with a result.
const struct json *call_send(const struct call *call, struct soap_codec *codec, struct arena *arena,
                             const struct transport_request *request, bool *ret_is_good);

// What would leave: the envelope as it is, secrets masked, and a line for each part beside it.
void call_write_request(struct buf *out, const struct call *call, struct arena *arena,
                        const struct transport_request *request);

// The same for people.
void call_write(struct buf *out, struct arena *arena, const struct json *tree);

#endif
