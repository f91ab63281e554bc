// SPDX-License-Identifier: GPL-3.0-or-later
//
// The running configuration and the last reload as trees: the page /configuration, the answer to
// POST /v1/reload, and the line on every page while the last reload has failed.

#ifndef FLOW_PAGE_RELOAD_H
#define FLOW_PAGE_RELOAD_H

#include "flow/page_view.h"
#include "flow/reload.h"

struct json *page_reload_tree(const struct page_scope *scope, const struct generation *generation,
                              struct reload *reload);
// Problem details (RFC 9457) with one item a mistake.
struct json *page_reload_problem(struct arena *arena, const struct fault_list *faults);
// Adds the line to a page's `view`.
void page_reload_mark(const struct page_scope *scope, struct reload *reload, struct json *tree);

#endif
