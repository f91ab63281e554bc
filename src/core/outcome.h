// SPDX-License-Identifier: GPL-3.0-or-later
//
// What an attempt taught: delivered, retry, rejected or unknown, and whether that is about this
// event or about the service as a whole. All policy on answers is in this one file, as a table;
// it does not know how long to wait, nor any store or wire.

#ifndef CORE_OUTCOME_H
#define CORE_OUTCOME_H

#include "base/err.h"

#include <stdint.h>

enum outcome_kind {
    OUTCOME_DELIVERED,
    OUTCOME_RETRY,    // not done; another try may do it
    OUTCOME_REJECTED, // not done; the same request will never be taken
    OUTCOME_UNKNOWN,  // sent, and no telling whether it was done
    OUTCOME_KIND_COUNT,
};

enum outcome_scope {
    OUTCOME_EVENT,   // about this delivery only
    OUTCOME_SERVICE, // the service is in trouble: others would fare no better
};

const char *outcome_word(enum outcome_kind kind); // "delivered", ...
bool outcome_parse(struct str word, enum outcome_kind *ret);

// How far the request got.
enum reach {
    REACH_NOT_ENCODED, // our side: the request could not be made
    REACH_NO_CONNECTION,
    REACH_NOT_SENT, // connected; nothing of the request was written
    REACH_SENT,     // all or part written, no complete answer
    REACH_ANSWERED,
};
const char *reach_word(enum reach reach);

// SOAP 1.1 section 4.4.1 and SOAP 1.2 part 1 section 5.4.6, one list for both.
enum fault_class {
    FAULT_NONE,
    FAULT_SENDER,   // 1.1 Client, 1.2 Sender
    FAULT_RECEIVER, // 1.1 Server, 1.2 Receiver
    FAULT_VERSION_MISMATCH,
    FAULT_MUST_UNDERSTAND,
    FAULT_DATA_ENCODING,
    FAULT_OTHER, // a code outside the specification's list
};

struct outcome_rule;

struct answer {
    enum reach reach;
    int http_status;                   // 0 unless answered
    int64_t retry_after_ms;            // -1: the answer did not say
    enum fault_class fault_class;      // FAULT_NONE for HTTP services and good replies
    const char *fault_code;            // as sent, without prefix; "" when none
    const char *fault_detail;          // name of the detail's first element; "" when none
    const char *const *fault_subcodes; // SOAP 1.2, outermost first
    size_t fault_subcode_count;
    const bool *holds; // by rule: its test of the body holds; NULL: none of the rules has one
    // The success test of the service does not hold, and what that means; NULL: it holds, or there
    // is none. `reason` has what was found.
    const struct outcome_rule *failed;
    bool is_readable;   // the body was what the service promises (a SOAP reply or fault)
    const char *reason; // what the transport, the encoder or the decoder said; "" when nothing
};

// One row that overrides the shipped table; the first that matches decides. Unset fields match all.
// Rows are about answers: an attempt without one is always decided by the shipped table.
struct outcome_rule {
    int status_from, status_to; // 0, 0: any
    const char *fault;          // equal to the fault's code, a subcode or detail; NULL: any
    enum outcome_kind kind;
    enum outcome_scope scope;
    bool has_test; // of the body, which must hold; see answer.holds
};

struct outcome {
    enum outcome_kind kind;
    enum outcome_scope scope;
    int64_t retry_after_ms; // -1: none
    bool is_gone;           // 410: hold the service until a person looks
    char reason[300];       // one sentence for the page
};

// Writes the sentence from what the wire, the encoder or the decoder said: one line, and whole
// characters if `reason` had them.
void outcome_decide(const struct outcome_rule *rules, size_t rule_count,
                    const struct answer *answer, struct outcome *ret);

#endif
