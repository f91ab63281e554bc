// SPDX-License-Identifier: GPL-3.0-or-later
//
// The story "take an event": authenticate the source, parse, route, hand to the ledger, answer once
// it is on disk. Knows nothing of how deliveries happen.

#ifndef FLOW_INTAKE_H
#define FLOW_INTAKE_H

#include "edge/config.h"
#include "edge/server.h"
#include "flow/ledger.h"

struct intake;

// config and ledger must outlive it.
struct intake *intake_new(const struct config *config, struct ledger *ledger);
void intake_free(struct intake *intake);

// POST /v1/events/{trigger}; `trigger` is the path's last part. Answers the request. Its source is
// the one whose token it brings (Bearer, or Basic with the token as password); without any, the
// first source that is configured without tokens.
void intake_take(struct intake *intake, struct server_request *request, struct str trigger);

#endif
