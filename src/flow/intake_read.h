// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a request to post events says before its body is read: in which way it is sent, of which
// trigger, under which key. Knows HTTP's and CloudEvents' ways of saying so, and no data element.

#ifndef FLOW_INTAKE_READ_H
#define FLOW_INTAKE_READ_H

#include "core/event.h"
#include "core/event_batch.h"
#include "edge/server.h"

struct intake_input {
    struct str query_token;       // the parameter `token` of the query; "": none
    struct str query;             // the rest of it, as sent
    bool is_of_query;             // the body is the query: a GET, or a POST without a body
    struct str body;              // without its content coding, as signatures know it
    bool is_validation;           // asks for an echo of Validation-Token, and brings no event
    const char *validation_token; // NULL: none that could be echoed

    const char *trigger; // NULL: the body has to name it
    enum event_format format;
    bool is_batch;
    enum batch_kind batch_kind; // of a batch, instead of the format
    struct str key;             // of Idempotency-Key, or of a CloudEvent's headers; "": none
    struct str message_id;      // webhook-id: the key when nothing else says one; "": none
};

// In this order; each false gives a problem. The first cannot fail and is enough to know the
// sender.
void intake_read_query(struct server_request *request, struct intake_input *ret);
bool intake_read_body(struct server_request *request, size_t max_body_bytes,
                      struct intake_input *ret, struct server_problem *ret_problem) MUST_CHECK;
// `trigger` is the path's last part; "": it has none.
bool intake_read_trigger(struct server_request *request, struct str trigger,
                         struct intake_input *ret, struct server_problem *ret_problem) MUST_CHECK;
bool intake_read_format(struct server_request *request, struct intake_input *ret,
                        struct server_problem *ret_problem) MUST_CHECK;
bool intake_read_keys(struct server_request *request, struct intake_input *ret,
                      struct server_problem *ret_problem) MUST_CHECK;

#endif
