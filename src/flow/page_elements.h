// SPDX-License-Identifier: GPL-3.0-or-later
//
// The data elements of one event as rows of a page: what services see, and what was sent where that
// is something else.

#ifndef FLOW_PAGE_ELEMENTS_H
#define FLOW_PAGE_ELEMENTS_H

#include "edge/source.h"

// {name, value, is_empty, is_dropped, sent: {name, value} or null, note: text or null}, one for
// each element sent, in that order. NULL gives none.
struct json *page_elements_tree(struct arena *arena, const struct reading *reading);

#endif
