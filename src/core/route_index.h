// SPDX-License-Identifier: GPL-3.0-or-later
//
// The routes of a configuration, ordered so that an event is compared with few of them. Knows what
// a condition compares, not what a route is for. The answer is the same as asking every route.

#ifndef CORE_ROUTE_INDEX_H
#define CORE_ROUTE_INDEX_H

#include "core/route.h"

struct route_index; // immutable, any thread

// The routes must outlive it.
struct route_index *route_index_new(const struct route *routes, size_t count);
void route_index_free(struct route_index *index); // NULL is fine

// The places of the routes that take the event, ascending, in the arena.
const size_t *route_index_find(const struct route_index *index, struct arena *arena, size_t source,
                               const struct event *event, size_t *ret_count);

#endif
