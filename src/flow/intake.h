// SPDX-License-Identifier: GPL-3.0-or-later
//
// The story "take an event": know the source, parse, route, hand to the ledger, answer once it is
// on disk. Knows nothing of how deliveries happen.

#ifndef FLOW_INTAKE_H
#define FLOW_INTAKE_H

#include "edge/config.h"
#include "edge/server.h"
#include "flow/ledger.h"

struct intake;

// config and ledger must outlive it.
struct intake *intake_new(const struct config *config, struct ledger *ledger);
void intake_free(struct intake *intake);

// POST and GET /v1/events/{trigger}; `trigger` is the path's last part. POST /v1/events and
// /v1/events:batch: "", as the event or each event of a batch names it. Answers the request. Its
// source is as flow/sender says.
void intake_take(struct intake *intake, struct server_request *request, struct str trigger);

#endif
