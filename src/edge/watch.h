// SPDX-License-Identifier: GPL-3.0-or-later
//
// Holds every connection to a deadline that depends on what it is doing, from a thread of its own.
// Knows sockets, not requests. A phase is moved only by the connection's own thread, except that
// the watch moves a late one to WATCH_CUT; from then on every move fails, so a request is either
// handled or told 408, never both.

#ifndef EDGE_WATCH_H
#define EDGE_WATCH_H

#include "base/mem.h"

#include <stdint.h>

enum watch_phase {
    WATCH_IDLE,     // no request line yet, or none since the last answer; late: closed in silence
    WATCH_ARRIVING, // past the request line; late: told 408
    WATCH_WORKING,  // the handler has it; never late
    WATCH_LEAVING,  // the answer is on its way; late: closed
    WATCH_CUT,
};

struct watch;
struct watch_connection;

struct watch *watch_start(int64_t step_ms); // how often to look
void watch_free(struct watch *watch);       // NULL is fine; no connections may be left
// Waits until no connection is working or leaving, at most for_ms.
void watch_drain(struct watch *watch, int64_t for_ms);

// `fd` must stay open until watch_remove. for_ms: how long it may be idle.
struct watch_connection *watch_add(struct watch *watch, int fd, int64_t for_ms);
void watch_remove(struct watch *watch, struct watch_connection *connection);

// On the connection's own thread, to any phase but WATCH_CUT. for_ms: how long it may last;
// negative: without end. False: it is not in `from`.
bool watch_move(struct watch_connection *connection, enum watch_phase from, enum watch_phase to,
                int64_t for_ms);
// Answers an arriving request by hand, because the HTTP library cannot while a body arrives, and
// sends nothing after that. What still comes may be read and thrown away for as long as for_ms: a
// client that is cut off in the middle of its body would never see the answer. `type` and `title`
// as in struct server_problem.
void watch_refuse(struct watch_connection *connection, int status, const char *type,
                  const char *title, int64_t for_ms);

#endif
