// SPDX-License-Identifier: GPL-3.0-or-later
//
// The window of one service: how many deliveries it may have in flight. Knows outcomes only. What
// surprises: when it closes, deliveries in flight still end; their failures are no failed probes
// and do not push the next probe away, but one that succeeds opens the window.

#include "core/window.h"

#include <limits.h>

static const int64_t closed_for_good = INT64_MAX;

void window_init(struct window *window, int max)
{
    *window = (struct window){.max = max > 1 ? max : 1};
    window_open(window);
}

void window_open(struct window *window)
{
    int size = window->max < WINDOW_START ? window->max : WINDOW_START;
    *window = (struct window){.size = size, .max = window->max};
}

void window_resize(struct window *window, int max)
{
    window->max = max > 1 ? max : 1;
    if (window->size > window->max)
        window->size = window->max;
}

static void feed_alive(struct window *window)
{
    window->failures = 0;
    if (window->closed_until == closed_for_good)
        return;
    if (window->closed_until) {
        window_open(window);
        return;
    }
    window->size += 1 / window->size;
    if (window->size > window->max)
        window->size = window->max;
}

static void close_window(struct window *window, int64_t retry_after_ms, int64_t now_ms)
{
    int64_t wait = window->probe_for_ms * 2;
    if (wait < WINDOW_PROBE_FIRST_MS)
        wait = WINDOW_PROBE_FIRST_MS;
    window->probe_for_ms = wait < WINDOW_PROBE_MAX_MS ? wait : WINDOW_PROBE_MAX_MS;
    wait = window->probe_for_ms;
    if (wait < retry_after_ms)
        wait = retry_after_ms < WINDOW_PROBE_MAX_MS ? retry_after_ms : WINDOW_PROBE_MAX_MS;
    window->closed_until = now_ms + wait;
}

static void feed_trouble(struct window *window, const struct outcome *outcome, int64_t now_ms)
{
    if (window->failures < INT_MAX)
        window->failures++;
    if (outcome->is_gone || window->closed_until == closed_for_good) {
        window->closed_until = closed_for_good;
        return;
    }
    if (window->closed_until) {
        if (now_ms >= window->closed_until)
            close_window(window, outcome->retry_after_ms, now_ms);
        return;
    }
    // The cohort is the window as it was before this failure made it smaller.
    bool is_cohort_lost = window->failures >= (int)window->size;
    window->size -= 1 / window->size;
    if (window->size < 1)
        window->size = 1;
    if (is_cohort_lost)
        close_window(window, outcome->retry_after_ms, now_ms);
}

void window_feed(struct window *window, const struct outcome *outcome, int64_t now_ms)
{
    if (outcome->scope == OUTCOME_SERVICE && outcome->kind != OUTCOME_DELIVERED)
        feed_trouble(window, outcome, now_ms);
    else
        feed_alive(window);
}

int window_limit(const struct window *window, int64_t now_ms)
{
    if (!window->closed_until)
        return (int)window->size;
    return now_ms >= window->closed_until && window->closed_until != closed_for_good ? 1 : 0;
}
