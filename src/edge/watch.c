// SPDX-License-Identifier: GPL-3.0-or-later
//
// Deadlines of connections. A list under one lock is enough: it is walked a few times a second and
// otherwise touched only when a connection comes or goes. Phases and deadlines are atomics.

#include "edge/watch.h"

#include "base/clock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>

struct watch_connection {
    struct watch *watch;
    struct watch_connection *next, **link; // both under the watch's lock
    int fd;
    _Atomic enum watch_phase phase;
    _Atomic int64_t deadline_us; // of the phase; INT64_MAX: none
};

struct watch {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int64_t step_ms;
    bool is_stopping;
    atomic_bool is_draining;
    struct watch_connection *connections;
};

static int64_t deadline_in(int64_t for_ms)
{
    return for_ms < 0 ? INT64_MAX : clock_steady_us() + for_ms * 1000;
}

static void wait_for_change(struct watch *watch, int64_t for_ms)
{
    int64_t until_us = deadline_in(for_ms);
    struct timespec until = {
        .tv_sec = (time_t)(until_us / 1000000),
        .tv_nsec = (long)(until_us % 1000000 * 1000),
    };
    pthread_cond_timedwait(&watch->changed, &watch->lock, &until);
}

static void tell_drain(struct watch *watch)
{
    if (!atomic_load(&watch->is_draining))
        return;
    pthread_mutex_lock(&watch->lock);
    pthread_cond_broadcast(&watch->changed);
    pthread_mutex_unlock(&watch->lock);
}

// The socket takes what it can at once; nobody waits for a client that does not read.
static void send_last(int fd, int status, const char *type, const char *title)
{
    char body[300], whole[800];
    int len = snprintf(body, sizeof(body),
                       "{\"type\":\"urn:switchhook:problem:%s\",\"title\":\"%s\",\"status\":%d}",
                       type, title, status);
    len = snprintf(whole, sizeof(whole),
                   "HTTP/1.1 %d %s\r\nContent-Type: application/problem+json\r\n"
                   "Content-Length: %d\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n%s",
                   status, title, len, body);
    // Sent or not, nothing more follows.
    (void)!send(fd, whole, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL);
    shutdown(fd, SHUT_WR);
}

static bool move_to_cut(struct watch_connection *connection, enum watch_phase from)
{
    return atomic_compare_exchange_strong(&connection->phase, &from, WATCH_CUT);
}

static void end_if_late(struct watch_connection *connection, int64_t now_us)
{
    // The phase first: a deadline read after it belongs to that phase or to a later one.
    enum watch_phase phase = atomic_load(&connection->phase);
    if (atomic_load(&connection->deadline_us) > now_us)
        return;
    if (phase == WATCH_CUT || !move_to_cut(connection, phase))
        return;
    if (phase == WATCH_ARRIVING)
        send_last(connection->fd, 408, "request-timeout", "Request Timeout");
    shutdown(connection->fd, SHUT_RDWR);
}

static void *run(void *context)
{
    struct watch *watch = context;
    pthread_mutex_lock(&watch->lock);
    while (!watch->is_stopping) {
        int64_t now_us = clock_steady_us();
        for (struct watch_connection *c = watch->connections; c; c = c->next)
            end_if_late(c, now_us);
        wait_for_change(watch, watch->step_ms);
    }
    pthread_mutex_unlock(&watch->lock);
    return NULL;
}

struct watch *watch_start(int64_t step_ms)
{
    struct watch *watch = mem_alloc(sizeof(*watch));
    watch->step_ms = step_ms;
    pthread_mutex_init(&watch->lock, NULL);
    pthread_condattr_t steady;
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&watch->changed, &steady);
    pthread_condattr_destroy(&steady);
    require(pthread_create(&watch->thread, NULL, run, watch) == 0);
    return watch;
}

void watch_free(struct watch *watch)
{
    if (!watch)
        return;
    pthread_mutex_lock(&watch->lock);
    watch->is_stopping = true;
    pthread_cond_broadcast(&watch->changed);
    pthread_mutex_unlock(&watch->lock);
    pthread_join(watch->thread, NULL);
    require(!watch->connections);
    pthread_cond_destroy(&watch->changed);
    pthread_mutex_destroy(&watch->lock);
    free(watch);
}

static bool is_busy(const struct watch *watch)
{
    for (const struct watch_connection *c = watch->connections; c; c = c->next) {
        enum watch_phase phase = atomic_load(&c->phase);
        if (phase == WATCH_WORKING || phase == WATCH_LEAVING)
            return true;
    }
    return false;
}

void watch_drain(struct watch *watch, int64_t for_ms)
{
    atomic_store(&watch->is_draining, true);
    int64_t until_us = deadline_in(for_ms);
    pthread_mutex_lock(&watch->lock);
    for (int64_t now_us; is_busy(watch) && (now_us = clock_steady_us()) < until_us;)
        wait_for_change(watch, (until_us - now_us) / 1000 + 1);
    pthread_mutex_unlock(&watch->lock);
}

struct watch_connection *watch_add(struct watch *watch, int fd, int64_t for_ms)
{
    struct watch_connection *connection = mem_alloc(sizeof(*connection));
    connection->watch = watch;
    connection->fd = fd;
    atomic_store(&connection->deadline_us, deadline_in(for_ms));
    pthread_mutex_lock(&watch->lock);
    connection->next = watch->connections;
    connection->link = &watch->connections;
    if (connection->next)
        connection->next->link = &connection->next;
    watch->connections = connection;
    pthread_mutex_unlock(&watch->lock);
    return connection;
}

void watch_remove(struct watch *watch, struct watch_connection *connection)
{
    pthread_mutex_lock(&watch->lock);
    *connection->link = connection->next;
    if (connection->next)
        connection->next->link = connection->link;
    pthread_mutex_unlock(&watch->lock);
    free(connection);
    tell_drain(watch);
}

bool watch_move(struct watch_connection *connection, enum watch_phase from, enum watch_phase to,
                int64_t for_ms)
{
    // The time first: a new phase must never be seen with the old one's deadline. Only the watch
    // can change the phase in between, and a connection that it cut has no use for a time.
    if (atomic_load(&connection->phase) != from)
        return false;
    atomic_store(&connection->deadline_us, deadline_in(for_ms));
    if (!atomic_compare_exchange_strong(&connection->phase, &from, to))
        return false;
    if (to == WATCH_IDLE)
        tell_drain(connection->watch);
    return true;
}

void watch_refuse(struct watch_connection *connection, int status, const char *type,
                  const char *title, int64_t for_ms)
{
    if (watch_move(connection, WATCH_ARRIVING, WATCH_LEAVING, for_ms))
        send_last(connection->fd, status, type, title);
}
