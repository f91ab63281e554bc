// SPDX-License-Identifier: GPL-3.0-or-later
//
// From the spans of routes and sources to the moments and keys that the store works with.

#ifndef FLOW_INTAKE_TIMING_H
#define FLOW_INTAKE_TIMING_H

#include "edge/config.h"
#include "edge/store.h"

// When the delivery that a route makes of an event may be sent, and with what it is merged.
void intake_time_delivery(struct arena *arena, const struct route *route, const char *source,
                          const struct event *event, int64_t received_at,
                          struct store_new_delivery *delivery);
// By what an equal event is known, and since when; nothing when it has none of the elements.
void intake_set_repeat_key(const struct config_dedupe *dedupe, const struct event *event,
                           struct store_accept *accept);

#endif
