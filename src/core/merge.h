// SPDX-License-Identifier: GPL-3.0-or-later
//
// Several events of one call as one event. Knows data elements, not which events belong together.

#ifndef CORE_MERGE_H
#define CORE_MERGE_H

#include "core/event.h"

// *ret (which may be either of them) is `later` with what only `earlier` says: its data elements in
// their order, then the others of the earlier one. An element or a survey that is empty in the
// later one says nothing. Values are shared with both.
void merge_events(struct arena *arena, const struct event *earlier, const struct event *later,
                  struct event *ret);

#endif
