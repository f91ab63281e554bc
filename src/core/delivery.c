// SPDX-License-Identifier: GPL-3.0-or-later
//
// The table of states and the arithmetic of retry. Knows no clock and no dice, it is handed both.
// What surprises: a Retry-After can only lengthen a wait, and a service that is gone (410) never
// makes a delivery dead, because a person has to look at the service first.

#include "core/delivery.h"

#include <stdio.h>

static const struct {
    const char *word;
    bool is_open, may_resend, may_cancel;
} states[] = {
    [DELIVERY_WAITING] = {"waiting", true, false, true},
    [DELIVERY_LEASED] = {"leased", true, false, false},
    [DELIVERY_DELIVERED] = {"delivered", false, true, false},
    [DELIVERY_HELD] = {"held", false, true, true},
    [DELIVERY_DEAD] = {"dead", false, true, false},
    [DELIVERY_CANCELLED] = {"cancelled", false, true, false},
    [DELIVERY_EXPIRED] = {"expired", false, true, false},
    [DELIVERY_MERGED] = {"merged", false, false, false},
};

const struct retry_policy retry_policy_default = {
    .first_for_ms = 5 * 1000,
    .factor = 2,
    .max_for_ms = 60 * 60 * 1000,
    .give_up_after_for_ms = 24 * 60 * 60 * 1000,
    .max_attempts = 0,
    .is_idempotent = false,
};

const char *delivery_state_word(enum delivery_state state)
{
    require((size_t)state < COUNT_OF(states));
    return states[state].word;
}

bool delivery_state_parse(struct str word, enum delivery_state *ret)
{
    for (size_t i = 0; i < COUNT_OF(states); i++) {
        if (str_eq(word, str_from(states[i].word))) {
            *ret = (enum delivery_state)i;
            return true;
        }
    }
    return false;
}

bool delivery_is_open(enum delivery_state state)
{
    require((size_t)state < COUNT_OF(states));
    return states[state].is_open;
}

bool delivery_may_resend(enum delivery_state state)
{
    require((size_t)state < COUNT_OF(states));
    return states[state].may_resend;
}

bool delivery_may_cancel(enum delivery_state state)
{
    require((size_t)state < COUNT_OF(states));
    return states[state].may_cancel;
}

// first * factor^(attempts - 1), at most the longest wait. The loop ends at the first product that
// is too long, so no factor and no number of attempts overflows.
static double plan_wait(const struct retry_policy *policy, int attempts)
{
    double wait = (double)policy->first_for_ms;
    double max = (double)policy->max_for_ms;
    if (policy->factor > 1) {
        for (int i = 1; i < attempts && wait > 0 && wait < max; i++)
            wait *= policy->factor;
    }
    return wait < max ? wait : max;
}

static int64_t choose_wait(const struct retry_policy *policy, int attempts, int64_t retry_after_ms,
                           uint64_t dice)
{
    double spread = 0.8 + 0.4 * ((double)dice / (double)UINT64_MAX);
    double planned = plan_wait(policy, attempts) * spread;
    int64_t wait = planned < (double)policy->max_for_ms ? (int64_t)planned : policy->max_for_ms;
    if (wait < retry_after_ms)
        wait = retry_after_ms < policy->max_for_ms ? retry_after_ms : policy->max_for_ms;
    return wait > 0 ? wait : 0;
}

static bool is_given_up(const struct retry_policy *policy, const struct delivery_progress *progress,
                        int64_t now_ms)
{
    if (policy->max_attempts > 0 && progress->attempts >= policy->max_attempts)
        return true;
    return policy->give_up_after_for_ms > 0 &&
           now_ms - progress->first_attempt_at >= policy->give_up_after_for_ms;
}

// A span as people say it: "90 s", "45 min", "24 h", "3 d".
static void write_span(int64_t span_ms, char *ret, size_t size)
{
    static const struct {
        int64_t ms;
        const char *word;
    } units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "min"}, {1000, "s"}};
    size_t unit = 0;
    while (unit < COUNT_OF(units) - 1 && span_ms < 2 * units[unit].ms)
        unit++;
    snprintf(ret, size, "%lld %s", (long long)(span_ms / units[unit].ms), units[unit].word);
}

static void give_up(const struct delivery_progress *progress, const struct outcome *outcome,
                    int64_t now_ms, struct delivery_step *ret)
{
    char span[40];
    int64_t age_ms = now_ms - progress->first_attempt_at;
    write_span(age_ms > 0 ? age_ms : 0, span, sizeof(span));
    ret->state = DELIVERY_DEAD;
    snprintf(ret->reason, sizeof(ret->reason), "gave up after %d attempt%s in %s: %s",
             progress->attempts, progress->attempts == 1 ? "" : "s", span, outcome->reason);
}

void delivery_expire(int attempts, const char *reason, struct delivery_step *ret)
{
    *ret = (struct delivery_step){.state = DELIVERY_EXPIRED};
    if (attempts == 0)
        snprintf(ret->reason, sizeof(ret->reason), "expired before its first attempt");
    else
        snprintf(ret->reason, sizeof(ret->reason), "expired after %d attempt%s: %s", attempts,
                 attempts == 1 ? "" : "s", reason);
}

static void try_again(const struct retry_policy *policy, const struct delivery_progress *progress,
                      const struct outcome *outcome, int64_t now_ms, uint64_t dice,
                      struct delivery_step *ret)
{
    if (!outcome->is_gone && is_given_up(policy, progress, now_ms)) {
        give_up(progress, outcome, now_ms, ret);
        return;
    }
    int64_t wait = choose_wait(policy, progress->attempts, outcome->retry_after_ms, dice);
    ret->state = DELIVERY_WAITING;
    ret->due_at = now_ms > INT64_MAX - wait ? INT64_MAX : now_ms + wait;
    if (progress->expires_at && ret->due_at >= progress->expires_at) {
        delivery_expire(progress->attempts, outcome->reason, ret);
        return;
    }
    snprintf(ret->reason, sizeof(ret->reason), "%s", outcome->reason);
}

void delivery_next(const struct retry_policy *policy, const struct delivery_progress *progress,
                   const struct outcome *outcome, int64_t now_ms, uint64_t dice,
                   struct delivery_step *ret)
{
    *ret = (struct delivery_step){.due_at = 0};
    switch (outcome->kind) {
    case OUTCOME_DELIVERED:
        ret->state = DELIVERY_DELIVERED;
        snprintf(ret->reason, sizeof(ret->reason), "%s", outcome->reason);
        return;
    case OUTCOME_REJECTED:
        ret->state = DELIVERY_DEAD;
        snprintf(ret->reason, sizeof(ret->reason), "%s", outcome->reason);
        return;
    case OUTCOME_UNKNOWN:
        if (!policy->is_idempotent) {
            ret->state = DELIVERY_HELD;
            snprintf(ret->reason, sizeof(ret->reason),
                     "held, since it may have been done and the service is not idempotent: %s",
                     outcome->reason);
            return;
        }
        break;
    case OUTCOME_RETRY:
        break;
    case OUTCOME_KIND_COUNT:
        require(false);
    }
    try_again(policy, progress, outcome, now_ms, dice, ret);
}
