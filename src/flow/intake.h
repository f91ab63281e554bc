// SPDX-License-Identifier: GPL-3.0-or-later
//
// The story "take an event": know the source, parse, route, hand to the ledger, answer once it is
// on disk. Knows nothing of how deliveries happen.

#ifndef FLOW_INTAKE_H
#define FLOW_INTAKE_H

#include "edge/server.h"
#include "flow/generation.h"
#include "flow/ledger.h"

// POST and GET /v1/events/{trigger}; `trigger` is the path's last part. POST /v1/events and
// /v1/events:batch: "", as the event or each event of a batch names it. Answers the request. Its
// source is as flow/sender says. The generation stays until the request's end.
void intake_take(const struct generation *generation, struct ledger *ledger,
                 struct server_request *request, struct str trigger);

#endif
