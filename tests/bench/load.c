// SPDX-License-Identifier: GPL-3.0-or-later
//
// The call platform: posts events over kept-alive connections and writes down when each was to
// leave and when it was acknowledged. Knows no customer. One thread, one epoll, a timer for the
// timetable of the open loop.

#include "bench.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

struct client {
    int fd;
    size_t number; // of the event that is out
    bool is_busy;
    struct message message;
};

struct load {
    struct bench *bench;
    int poll, timer;
    struct client *clients;
    size_t *idle; // clients that wait for something to post
    size_t idle_count;
    size_t client_count, broken;
    int64_t started_us, stop_us;
    char request[2 * TEXT_MAX];
    size_t request_len, uii_at;
};

// Writes the request once; each event only changes the number in its uii.
static bool prepare_request(struct load *load)
{
    static const char mark[] = "@UII@";
    struct bench *bench = load->bench;
    char *place = memmem(bench->event.data, bench->event.len, mark, sizeof(mark) - 1);
    if (!place) {
        fputs("bench: the event has no @UII@\n", stderr);
        return false;
    }
    size_t before = (size_t)(place - bench->event.data);
    size_t after = bench->event.len - before - (sizeof(mark) - 1);
    int head =
        snprintf(load->request, sizeof(load->request),
                 "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\n"
                 "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                 bench->path, bench->gateway_port, bench->token, before + UII_DIGITS + after);
    if (head < 0 || (size_t)head + before + UII_DIGITS + after > sizeof(load->request))
        return false;
    char *body = load->request + head;
    memcpy(body, bench->event.data, before);
    memcpy(body + before, bench->prefix, UII_PREFIX_DIGITS);
    memcpy(body + before + UII_DIGITS, place + sizeof(mark) - 1, after);
    load->uii_at = (size_t)head + before + UII_PREFIX_DIGITS;
    load->request_len = (size_t)head + before + UII_DIGITS + after;
    return true;
}

static bool join(struct load *load, size_t index)
{
    struct client *client = &load->clients[index];
    client->fd = bench_connect(load->bench->gateway_port);
    client->message = (struct message){.data = calloc(1, TEXT_MAX + 1)};
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = index};
    if (client->fd < 0 || !client->message.data ||
        epoll_ctl(load->poll, EPOLL_CTL_ADD, client->fd, &event) != 0)
        return false;
    load->idle[load->idle_count++] = index;
    return true;
}

static void post(struct load *load, int64_t planned_us)
{
    struct bench *bench = load->bench;
    struct client *client = &load->clients[load->idle[--load->idle_count]];
    size_t number = bench->posted++;
    char digits[UII_NUMBER_DIGITS + 1];
    snprintf(digits, sizeof(digits), "%0*zu", UII_NUMBER_DIGITS, number);
    memcpy(load->request + load->uii_at, digits, UII_NUMBER_DIGITS);
    bench->times[number].planned_us = planned_us;
    client->number = number;
    client->is_busy = true;
    ssize_t sent = send(client->fd, load->request, load->request_len, MSG_NOSIGNAL);
    if (sent != (ssize_t)load->request_len) // 1 KB on an idle connection: it fits or it is gone
        shutdown(client->fd, SHUT_RDWR);
}

// A connection that ended is not made anew: it counts as a refusal and the run goes on without it.
static void give_up(struct load *load, struct client *client)
{
    epoll_ctl(load->poll, EPOLL_CTL_DEL, client->fd, NULL);
    close(client->fd);
    client->fd = -1;
    load->bench->refused += client->is_busy;
    load->broken++;
    for (size_t i = 0; i < load->idle_count; i++) {
        if (&load->clients[load->idle[i]] == client)
            load->idle[i--] = load->idle[--load->idle_count];
    }
}

static void hear(struct load *load, size_t index)
{
    struct client *client = &load->clients[index];
    size_t total;
    enum message_state state = message_read(&client->message, client->fd, &total);
    if (state == MESSAGE_BROKEN || (state == MESSAGE_WHOLE && !client->is_busy)) {
        give_up(load, client);
        return;
    }
    if (state == MESSAGE_PART)
        return;
    if (strncmp(client->message.data, "HTTP/1.1 202", 12) == 0) {
        load->bench->times[client->number].accepted_us = bench_now_us();
        load->bench->accepted++;
    } else if (load->bench->refused++ == 0) {
        fprintf(stderr, "bench: the first refusal:\n%.*s\n", (int)total, client->message.data);
    }
    message_drop(&client->message, total);
    client->is_busy = false;
    load->idle[load->idle_count++] = index;
}

// Posts whatever is due and has a connection free. In the open loop an event that finds none keeps
// its planned moment, so the wait counts.
static void post_due(struct load *load)
{
    struct bench *bench = load->bench;
    int64_t now = bench_now_us();
    while (load->idle_count && bench->posted < EVENTS_MAX) {
        int64_t planned = now;
        if (bench->rate)
            planned = load->started_us + (int64_t)bench->posted * 1000000 / bench->rate;
        if (planned > now || planned >= load->stop_us)
            return;
        post(load, planned);
    }
}

static bool is_posting(const struct load *load)
{
    return load->bench->posted < EVENTS_MAX && bench_now_us() < load->stop_us;
}

// One wait for answers; `has_more`: and for the timetable.
static void turn(struct load *load, bool has_more)
{
    struct epoll_event ready[256];
    int count = epoll_wait(load->poll, ready, 256, 100);
    for (int i = 0; i < count; i++) {
        if (ready[i].data.u64 < load->client_count) {
            hear(load, ready[i].data.u64);
            continue;
        }
        uint64_t ticks;
        if (read(load->timer, &ticks, sizeof(ticks)) < 0)
            continue;
    }
    if (has_more)
        post_due(load);
}

static bool start_timer(struct load *load)
{
    load->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    struct itimerspec every = {.it_interval.tv_nsec = 500000, .it_value.tv_nsec = 500000};
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = UINT64_MAX};
    return load->timer >= 0 && timerfd_settime(load->timer, 0, &every, NULL) == 0 &&
           epoll_ctl(load->poll, EPOLL_CTL_ADD, load->timer, &event) == 0;
}

static bool open_clients(struct load *load)
{
    load->client_count = (size_t)load->bench->connections;
    load->clients = calloc(load->client_count, sizeof(*load->clients));
    load->idle = calloc(load->client_count, sizeof(*load->idle));
    load->poll = epoll_create1(EPOLL_CLOEXEC);
    if (!load->clients || !load->idle || load->poll < 0 || !start_timer(load))
        return false;
    for (size_t i = 0; i < load->client_count; i++) {
        if (!join(load, i))
            return false;
    }
    return true;
}

static bool has_answers_due(const struct load *load)
{
    return load->idle_count + load->broken < load->client_count;
}

bool load_run(struct bench *bench)
{
    static struct load load;
    load.bench = bench;
    if (!prepare_request(&load) || !open_clients(&load)) {
        perror("bench: the load");
        return false;
    }
    load.started_us = bench_now_us();
    load.stop_us = load.started_us + (int64_t)bench->seconds * 1000000;
    while (is_posting(&load) && load.broken < load.client_count)
        turn(&load, true);
    int64_t until = bench_now_us() + (int64_t)DRAIN_MAX_S * 1000000;
    while (has_answers_due(&load) && bench_now_us() < until)
        turn(&load, false);
    while (!bench->is_accept_only && atomic_load(&bench->arrived) < bench->accepted &&
           bench_now_us() < until)
        turn(&load, false);
    for (size_t i = 0; i < load.client_count; i++) {
        if (load.clients[i].fd >= 0)
            close(load.clients[i].fd);
        free(load.clients[i].message.data);
    }
    free(load.clients);
    free(load.idle);
    close(load.timer);
    close(load.poll);
    return true;
}
