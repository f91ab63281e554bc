// SPDX-License-Identifier: GPL-3.0-or-later
//
// The preview of a stored event as a page: the tree of flow/preview, and for eyes what the other
// pages have as well. Knows rows of the store, nothing of routes.

#ifndef FLOW_PAGE_PREVIEW_H
#define FLOW_PAGE_PREVIEW_H

#include "flow/page_view.h"

// captured: what deliveries of its call did; NULL: nothing.
struct json *page_preview_tree(const struct page_scope *scope, const struct store_event *event,
                               const struct json *captured);

#endif
