// SPDX-License-Identifier: GPL-3.0-or-later
//
// What is known of one service, from its first delivery on and over all generations: who sits on a
// seat may come back with another template and still find its window.

#include "flow/worker_lane.h"

#include "base/clock.h"
#include "base/log.h"
#include "core/json.h"

#include <stdio.h>

void lane_seat(struct lane *lane, const struct service *service, const struct service *before)
{
    const struct config_service *config = service_config(service);
    lane->service = service;
    bool is_known = lane->name && strcmp(lane->name, config->name) == 0;
    if (is_known && (!before || service_has_same_target(before, service))) {
        window_resize(&lane->window, config->concurrency);
        return;
    }
    if (!is_known) {
        free(lane->name);
        lane->name = mem_strdup(config->name);
    }
    window_init(&lane->window, config->concurrency);
    lane->reason[0] = '\0';
}

static void log_window(const struct lane *lane, enum log_level level, const char *message)
{
    log_write(level, message, "service", lane->name, "reason", *lane->reason ? lane->reason : NULL,
              NULL);
}

// A mask may have made the sentence longer than it was.
static void keep_reason(struct lane *lane, const char *reason)
{
    size_t len = strnlen(reason, sizeof(lane->reason) - 1);
    len = json_utf8_prefix((struct str){reason, len});
    memcpy(lane->reason, reason, len);
    lane->reason[len] = '\0';
}

void lane_feed(struct lane *lane, const struct outcome *outcome, const char *reason, int64_t now_ms)
{
    bool was_open = lane->window.closed_until == 0;
    pthread_mutex_lock(lane->lock);
    window_feed(&lane->window, outcome, now_ms);
    keep_reason(lane, lane->window.failures ? reason : "");
    pthread_mutex_unlock(lane->lock);
    bool is_open = lane->window.closed_until == 0;
    if (was_open && !is_open)
        log_window(lane, LOG_WARN, "service closed");
    else if (!was_open && is_open)
        log_window(lane, LOG_INFO, "service open");
}

void lane_open_if_asked(struct lane *lane)
{
    pthread_mutex_lock(lane->lock);
    bool is_opening = lane->is_opening;
    lane->is_opening = false;
    if (is_opening) {
        window_open(&lane->window);
        lane->reason[0] = '\0';
    }
    pthread_mutex_unlock(lane->lock);
    if (is_opening)
        log_window(lane, LOG_INFO, "service opened by a person");
}

static int64_t wall_from_steady(int64_t moment_ms, int64_t now_ms)
{
    if (moment_ms == 0 || moment_ms == INT64_MAX)
        return moment_ms;
    return clock_now_ms() + (moment_ms - now_ms);
}

void lane_view(struct lane *lane, int64_t now_ms, struct worker_view *ret)
{
    pthread_mutex_lock(lane->lock);
    *ret = (struct worker_view){
        .in_flight = lane->in_flight,
        .limit = (int)lane->limit,
        .max = lane->window.max,
        .failures_in_a_row = lane->window.failures,
        .closed_until = wall_from_steady(lane->window.closed_until, now_ms),
    };
    snprintf(ret->reason, sizeof(ret->reason), "%s", lane->reason);
    pthread_mutex_unlock(lane->lock);
}
