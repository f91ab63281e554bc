// SPDX-License-Identifier: GPL-3.0-or-later
//
// The answer to many events posted together: what became of each, told once all are on disk or
// refused. Knows results, not how an event is taken.
//
// Notes come from the thread that reads the request until it hands the first event to the ledger,
// and after that from the ledger's thread alone; so the request's arena has one user at a time.

#ifndef FLOW_INTAKE_BATCH_H
#define FLOW_INTAKE_BATCH_H

#include "edge/server.h"
#include "edge/store.h"

struct batch;

// In the request's arena. Waits for one note an event and for batch_release.
struct batch *batch_new(struct server_request *request, size_t count, const char *validation_token);
void batch_note_kept(struct batch *batch, size_t index, const struct store_accept *accept);
// The problem is copied.
void batch_note_problem(struct batch *batch, size_t index, const struct server_problem *problem);
// Whoever made the batch is done with it and with the request. The last one out answers.
void batch_release(struct batch *batch);

#endif
