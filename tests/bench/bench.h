// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the two ends of the benchmark share: the options, and a row of times per event. The load
// writes all of a row but replied_us, which is the sink's.

#ifndef BENCH_H
#define BENCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

enum {
    EVENTS_MAX = 4 * 1000 * 1000,
    CONNECTIONS_MAX = 4096,
    TEXT_MAX = 64 * 1024,
    // A uii has 30 digits: which run, which event.
    UII_PREFIX_DIGITS = 20,
    UII_NUMBER_DIGITS = 10,
    UII_DIGITS = UII_PREFIX_DIGITS + UII_NUMBER_DIGITS,
    // How long the last deliveries may take once all is posted.
    DRAIN_MAX_S = 120,
};

struct text {
    char *data;
    size_t len;
};

struct event_times { // microseconds of one steady clock; 0: did not happen
    int64_t planned_us, accepted_us;
    _Atomic int64_t replied_us;
};

struct bench {
    int gateway_port, sink_port, rate, connections, seconds;
    bool is_accept_only; // no deliveries are to be waited for
    const char *token, *path;
    struct text event, reply;
    char prefix[32]; // of every uii of this run
    int sink_fd;
    struct event_times *times; // EVENTS_MAX of them, by the number in the uii
    size_t posted, accepted, refused;
    _Atomic size_t arrived, repeated;
    _Atomic bool is_over;
};

int64_t bench_now_us(void);

bool sink_open(struct bench *bench);
void *sink_run(void *bench); // a thread's; ends with is_over

// Posts for so many seconds, then waits until all that was accepted has arrived, if it is to.
bool load_run(struct bench *bench);

// A connection to, or a listener on, loopback, both non-blocking from here on; -1 with errno.
int bench_connect(int port);
int bench_listen(int port);

// --- one HTTP message, as much of it as has been read ---

struct message {
    char *data; // TEXT_MAX + 1 bytes
    size_t len;
};

enum message_state { MESSAGE_PART, MESSAGE_WHOLE, MESSAGE_BROKEN };

// Reads what there is. MESSAGE_BROKEN: closed, failed, or larger than TEXT_MAX.
enum message_state message_read(struct message *message, int fd, size_t *ret_total);
// Forgets the first `total` bytes, the message that message_read found whole.
void message_drop(struct message *message, size_t total);

#endif
