// SPDX-License-Identifier: GPL-3.0-or-later
//
// A job: one attempt as data. From a lease to the request that is sent, and from what came back to
// what is recorded and what is next. Knows no threads, windows or ledger; the worker moves it
// along.

#ifndef FLOW_WORKER_JOB_H
#define FLOW_WORKER_JOB_H

#include "flow/generation.h"
#include "flow/ledger.h"

// The work by one generation; a worker's own. The last to begin is its current one, and an earlier
// one goes with its last job.
struct shift {
    struct shift *next;
    struct generation *generation; // held
    struct soap_codec *codec;      // gone before the modules it was used with
    size_t job_count;
};

struct job { // one attempt under way
    struct job *next, *previous;
    struct lane *lane;
    struct shift *shift;           // NULL: not taken out of the inbox
    struct generation *generation; // held until the ledger is done with the entry
    const struct service *service;
    struct store_lease *lease;
    int64_t started_at;
    bool is_encoded;
    struct transport_request request;
    struct transport_request shown; // as people may see it
    const struct str *secret_texts; // sensitive answers
    size_t secret_text_count;
    struct mask *private; // of these, while the attempt is recorded; NULL: none
    struct ledger_settle entry;
};

// Makes the request. False: nothing can be sent, the sentence says why.
bool job_encode(struct job *job, struct err *err) MUST_CHECK;
// Decides what the attempt meant, and fills the entry's attempt, reason and captures, secrets
// masked. `reply` is NULL when nothing was sent.
void job_record(struct job *job, const struct service_reply *decoded,
                const struct transport_reply *reply, struct outcome *ret_outcome,
                struct delivery_step *ret_step);

#endif
