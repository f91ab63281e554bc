// SPDX-License-Identifier: GPL-3.0-or-later
//
// The states of a delivery and the arithmetic of retry, both pure: (policy, progress, outcome,
// now, dice) gives the next state and when it is due. No other place decides about retry.
//
//   waiting -> leased -> delivered | waiting (retry) | held (unknown) | dead | expired
//   waiting -> expired (its deadline) | merged (into that of a later event of the call)
//   held, dead, cancelled, delivered, expired -> waiting (resend)    waiting, held -> cancelled

#ifndef CORE_DELIVERY_H
#define CORE_DELIVERY_H

#include "core/outcome.h"

enum delivery_state {
    DELIVERY_WAITING, // due at due_at, or behind an earlier delivery of its order key
    DELIVERY_LEASED,  // a worker has it
    DELIVERY_DELIVERED,
    DELIVERY_HELD,      // sent, outcome unknown, service not idempotent: a person decides
    DELIVERY_DEAD,      // rejected, or given up
    DELIVERY_CANCELLED, // by a person
    DELIVERY_EXPIRED,   // not delivered by its deadline
    DELIVERY_MERGED,    // another delivery carries its event
    DELIVERY_STATE_COUNT,
};

// The one table of states: word in the store, the API and the pages.
const char *delivery_state_word(enum delivery_state state);
bool delivery_state_parse(struct str word, enum delivery_state *ret);
// Waiting and leased: later deliveries of the same order key stay behind these.
bool delivery_is_open(enum delivery_state state);
bool delivery_may_resend(enum delivery_state state);
bool delivery_may_cancel(enum delivery_state state);

struct retry_policy {
    int64_t first_for_ms;         // wait after the first failure
    double factor;                // each wait is this many times the last, at least 1
    int64_t max_for_ms;           // no wait is longer, a Retry-After included
    int64_t give_up_after_for_ms; // since the first attempt; 0: never
    int max_attempts;             // 0: no limit
    bool is_idempotent;           // an unknown outcome may be tried again
};
extern const struct retry_policy retry_policy_default;

struct delivery_progress {
    int attempts;             // since it was last (re)sent, the one just made included
    int64_t first_attempt_at; // of those
    int64_t expires_at;       // not sent from then on; 0: never
};

struct delivery_step {
    enum delivery_state state;
    int64_t due_at;   // for DELIVERY_WAITING
    char reason[400]; // the outcome's reason and what follows from it
};

// dice: any random number; spreads the wait by up to 20 % either way. A service that is gone (410)
// never makes a delivery dead: it waits until a person has looked at the service. A try that would
// come at the deadline or later is not made: the delivery expires now.
void delivery_next(const struct retry_policy *policy, const struct delivery_progress *progress,
                   const struct outcome *outcome, int64_t now_ms, uint64_t dice,
                   struct delivery_step *ret);
// What becomes of a delivery that waits when its deadline comes. `reason` is that of the last of
// its attempts.
void delivery_expire(int attempts, const char *reason, struct delivery_step *ret);

#endif
