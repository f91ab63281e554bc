// SPDX-License-Identifier: GPL-3.0-or-later
//
// Who sends a request: a source, known by its token, and by its signature where it is configured to
// sign. Knows credentials and nothing of events.

#ifndef FLOW_SENDER_H
#define FLOW_SENDER_H

#include "edge/config.h"
#include "edge/server.h"

// The source whose token comes with the request: Bearer, Basic with the token as password, or else
// the query's parameter `token`, which is handed in; without any, the first source that has none.
// False: the problem says why.
bool sender_find(const struct config *config, struct server_request *request,
                 struct str query_token, size_t *ret_source,
                 struct server_problem *ret_problem) MUST_CHECK;

// True when the source signs nothing, or the body, without its content coding, is signed with one
// of its keys. An event in a query is not, so such a source cannot send one.
bool sender_check(const struct config_source *source, struct server_request *request,
                  bool is_of_query, struct str body, int64_t now_ms,
                  struct server_problem *ret_problem) MUST_CHECK;

#endif
