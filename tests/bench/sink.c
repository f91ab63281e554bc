// SPDX-License-Identifier: GPL-3.0-or-later
//
// The customer: answers every request with the same reply and writes down when, by the uii in it.
// Knows no SOAP and no load; one thread, one epoll.

#include "bench.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct visitor {
    int fd;
    struct message message;
    struct visitor *next, **from; // from: what points to this one
};

struct sink {
    struct bench *bench;
    int poll;
    struct visitor *visitors;
};

bool sink_open(struct bench *bench)
{
    bench->sink_fd = bench_listen(bench->sink_port);
    return bench->sink_fd >= 0;
}

static void write_down(struct bench *bench, const struct message *message, size_t total)
{
    const char *uii = memmem(message->data, total, bench->prefix, UII_PREFIX_DIGITS);
    if (!uii || (size_t)(uii - message->data) + UII_DIGITS > total)
        return;
    char digits[UII_NUMBER_DIGITS + 1] = {0};
    memcpy(digits, uii + UII_PREFIX_DIGITS, UII_NUMBER_DIGITS);
    unsigned long number = strtoul(digits, NULL, 10);
    if (number >= EVENTS_MAX)
        return;
    int64_t never = 0;
    if (atomic_compare_exchange_strong(&bench->times[number].replied_us, &never, bench_now_us()))
        atomic_fetch_add(&bench->arrived, 1);
    else
        atomic_fetch_add(&bench->repeated, 1);
}

// False when the connection is done for.
static bool serve(struct bench *bench, struct visitor *visitor)
{
    size_t total;
    enum message_state state;
    while ((state = message_read(&visitor->message, visitor->fd, &total)) == MESSAGE_WHOLE) {
        // A reply is smaller than a socket's buffer and the gateway does not pipeline.
        ssize_t sent = send(visitor->fd, bench->reply.data, bench->reply.len, MSG_NOSIGNAL);
        if (sent != (ssize_t)bench->reply.len)
            return false;
        write_down(bench, &visitor->message, total);
        message_drop(&visitor->message, total);
    }
    return state == MESSAGE_PART;
}

static void leave(struct visitor *visitor)
{
    *visitor->from = visitor->next;
    if (visitor->next)
        visitor->next->from = visitor->from;
    close(visitor->fd);
    free(visitor->message.data);
    free(visitor);
}

static void greet(struct sink *sink, struct visitor *visitor)
{
    visitor->next = sink->visitors;
    visitor->from = &sink->visitors;
    if (visitor->next)
        visitor->next->from = &visitor->next;
    sink->visitors = visitor;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = visitor};
    if (epoll_ctl(sink->poll, EPOLL_CTL_ADD, visitor->fd, &event) != 0)
        leave(visitor);
}

static void welcome(struct sink *sink)
{
    int fd = accept4(sink->bench->sink_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    struct visitor *visitor = calloc(1, sizeof(*visitor));
    char *room = calloc(1, TEXT_MAX + 1);
    if (!visitor || !room) {
        close(fd);
        free(visitor);
        free(room);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    *visitor = (struct visitor){.fd = fd, .message = {.data = room}};
    greet(sink, visitor);
}

void *sink_run(void *context)
{
    struct sink sink = {.bench = context, .poll = epoll_create1(EPOLL_CLOEXEC)};
    struct epoll_event listener = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(sink.poll, EPOLL_CTL_ADD, sink.bench->sink_fd, &listener);
    while (!atomic_load(&sink.bench->is_over)) {
        struct epoll_event ready[256];
        int count = epoll_wait(sink.poll, ready, 256, 100);
        for (int i = 0; i < count; i++) {
            struct visitor *visitor = ready[i].data.ptr;
            if (!visitor)
                welcome(&sink);
            else if (!serve(sink.bench, visitor))
                leave(visitor);
        }
    }
    while (sink.visitors)
        leave(sink.visitors);
    close(sink.poll);
    close(sink.bench->sink_fd);
    return NULL;
}
