// SPDX-License-Identifier: GPL-3.0-or-later
//
// Seats: the numbers that stand for services in the ledger and the workers, while configurations
// come and go. A service keeps its seat from one configuration to the next; nobody else gets it as
// long as leases are out that were counted there. For the ledger alone, on its thread.

#ifndef FLOW_LEDGER_SEAT_H
#define FLOW_LEDGER_SEAT_H

#include "flow/ledger.h"

#include <stdatomic.h>

struct seat {
    char *name;                 // of the service that has it
    bool is_served, was_served; // now, and before the last change
    int64_t lease_for_ms;
    _Atomic size_t limit; // any thread's
    int64_t leased;       // leases out
    int64_t ending;       // settles of it in the batch
    int64_t lost;         // leases that ran out and whose settle is still to come
    int64_t next_due;     // before this a claim finds nothing; 0: not known
};

struct seats {
    struct seat *items; // room for LEDGER_SEATS
    size_t count;       // taken so far; the rest was never anybody's
    struct seat_name {
        const char *name;
        size_t seat;
    } * names; // of all taken, sorted
};

void seats_init(struct seats *seats);
void seats_finish(struct seats *seats);

struct seat *seats_find(struct seats *seats, const char *name); // or NULL
// False: there is not room for all, and nothing has changed. ret_seats[i] is the seat of service i.
bool seats_serve(struct seats *seats, const struct ledger_serve *serve,
                 size_t *ret_seats) MUST_CHECK;

#endif
