// SPDX-License-Identifier: GPL-3.0-or-later
//
// The query of a list: ?state= service= trigger= call= before= limit=, in and out. A parameter left
// empty, as a form sends it, counts as absent; unknown ones are ignored.

#ifndef FLOW_PAGE_QUERY_H
#define FLOW_PAGE_QUERY_H

#include "edge/server.h"
#include "edge/store.h"

enum { PAGE_QUERY_ROWS = 50, PAGE_QUERY_ROWS_MAX = 100 };

// False: *ret_detail says in one sentence which parameter is wrong. Lives in the request's arena.
bool page_query_read(struct server_request *request, struct store_filter *ret,
                     const char **ret_detail) MUST_CHECK;
// The same list, continued after the row with the number `before`.
const char *page_query_next(struct arena *arena, const char *path,
                            const struct store_filter *filter, int64_t before);

#endif
