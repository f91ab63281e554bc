// SPDX-License-Identifier: GPL-3.0-or-later
//
// The one handler given to the server: which path goes where. Answers health itself, refuses what
// has no place, and knows nothing of events or pages. Each request goes by the generation that is
// current when it comes, to its end.

#ifndef FLOW_FRONT_H
#define FLOW_FRONT_H

#include "edge/server.h"
#include "flow/intake.h"
#include "flow/ledger.h"
#include "flow/page.h"
#include "flow/reload.h"

struct front;

// All must outlive it.
struct front *front_new(struct reload *reload, const struct pages *pages, struct ledger *ledger);
void front_free(struct front *front);

// A server_handler_fn; the context is the front.
void front_handle(void *context, struct server_request *request);

#endif
