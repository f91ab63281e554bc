// SPDX-License-Identifier: GPL-3.0-or-later
//
// Who sits where. All who are known keep their seats first; only then is it clear which are free
// for newcomers. A seat that nobody needs is given away, and with it what its name was.

#include "flow/ledger_seat.h"

// The system gives memory to those that are used.
void seats_init(struct seats *seats)
{
    *seats = (struct seats){
        .items = mem_alloc(LEDGER_SEATS * sizeof(*seats->items)),
        .names = mem_alloc(LEDGER_SEATS * sizeof(*seats->names)),
    };
}

void seats_finish(struct seats *seats)
{
    for (size_t i = 0; i < seats->count; i++)
        free(seats->items[i].name);
    free(seats->items);
    free(seats->names);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct seat_name *)a)->name, ((const struct seat_name *)b)->name);
}

struct seat *seats_find(struct seats *seats, const char *name)
{
    struct seat_name key = {.name = name};
    const struct seat_name *found =
        bsearch(&key, seats->names, seats->count, sizeof(key), compare_names);
    return found ? &seats->items[found->seat] : NULL;
}

static void index_names(struct seats *seats)
{
    for (size_t i = 0; i < seats->count; i++)
        seats->names[i] = (struct seat_name){seats->items[i].name, i};
    qsort(seats->names, seats->count, sizeof(*seats->names), compare_names);
}

// A seat that is given up now is free from the next change on: until then its worker may still set
// a limit for who sat there, and would take the newcomer's leases for that one's.
static bool is_free(const struct seat *seat)
{
    return !seat->is_served && !seat->was_served && seat->leased == 0 && seat->lost == 0;
}

static bool has_room(struct seats *seats, const struct ledger_serve *serve)
{
    size_t free_count = LEDGER_SEATS - seats->count, newcomers = 0;
    for (size_t i = 0; i < seats->count; i++)
        free_count += is_free(&seats->items[i]);
    for (size_t i = 0; i < serve->count; i++) {
        const struct seat *own = seats_find(seats, serve->services[i]);
        newcomers += !own;
        free_count -= own && is_free(own);
    }
    return newcomers <= free_count;
}

// The first from there on that a newcomer can have, if need be a new one.
static size_t find_free(const struct seats *seats, size_t from)
{
    while (from < seats->count && !is_free(&seats->items[from]))
        from++;
    require(from < LEDGER_SEATS);
    return from;
}

static void take(struct seats *seats, size_t index, const char *name)
{
    struct seat *seat = &seats->items[index];
    free(seat->name);
    seat->name = mem_strdup(name);
    if (index == seats->count)
        seats->count++;
}

static void begin_change(struct seats *seats)
{
    for (size_t i = 0; i < seats->count; i++) {
        seats->items[i].was_served = seats->items[i].is_served;
        seats->items[i].is_served = false;
    }
}

static void undo_change(struct seats *seats)
{
    for (size_t i = 0; i < seats->count; i++)
        seats->items[i].is_served = seats->items[i].was_served;
}

bool seats_serve(struct seats *seats, const struct ledger_serve *serve, size_t *ret_seats)
{
    begin_change(seats);
    if (!has_room(seats, serve)) {
        undo_change(seats);
        return false;
    }
    for (size_t i = 0; i < serve->count; i++) {
        struct seat *seat = seats_find(seats, serve->services[i]);
        ret_seats[i] = seat ? (size_t)(seat - seats->items) : LEDGER_SEATS;
        if (seat)
            seat->is_served = true;
    }
    size_t next = 0;
    for (size_t i = 0; i < serve->count; i++) {
        if (ret_seats[i] == LEDGER_SEATS) {
            ret_seats[i] = next = find_free(seats, next);
            take(seats, next++, serve->services[i]);
        }
        struct seat *seat = &seats->items[ret_seats[i]];
        seat->is_served = true;
        seat->lease_for_ms = serve->lease_for_ms[i];
        seat->next_due = 0;
    }
    index_names(seats);
    return true;
}
