// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the store contract suite shares: a store in a folder of its own, a clock that the test
// moves, and short words for what a gateway does with a store. Every test gets a new store.

#ifndef CONTRACT_H
#define CONTRACT_H

#include "edge/store.h"

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

// What the suite has to know of a backend beyond store.h.
struct contract_backend {
    const char *name;
    // Counts the rows themselves, not what the store keeps about them.
    void (*count)(const char *path, struct store_counts *ret);
    const struct CMUnitTest *tests; // of this backend only
    size_t test_count;
};
extern const struct contract_backend contract_sqlite;

struct fixture {
    const struct contract_backend *backend;
    char folder[64], path[96];
    struct store *store;
    struct store_reader *reader;
    struct arena *arena;
    int64_t now;
    unsigned serial;  // makes ids
    int64_t repeated; // repetitions so far
};

int fixture_setup(void **state);
int fixture_teardown(void **state);
size_t fixture_reopen(struct fixture *f); // gives the number of leases taken over
void fixture_close(struct fixture *f);

void must_commit(struct fixture *f, struct store_batch *batch);
// One event; `services` is a list ended by NULL, `order_key` NULL for no order.
struct store_accept *make_accept(struct fixture *f, const char *call_id, const char *order_key,
                                 const char *const *services);
// Accepts an event with one delivery and gives the delivery's id.
const char *put(struct fixture *f, const char *service, const char *order_key);
// Claims up to `limit`; the leases live as long as the fixture's arena.
size_t take(struct fixture *f, const char *service, size_t limit, struct store_lease **ret);
struct store_lease *take_one(struct fixture *f, const char *service);
// Settles; false when the lease was lost.
bool end(struct fixture *f, const struct store_lease *lease, enum delivery_state state,
         int64_t due_at);
struct store_settle make_settle(struct fixture *f, const struct store_lease *lease,
                                enum delivery_state state, int64_t due_at);
size_t lapse(struct fixture *f);
enum store_operate_result operate(struct fixture *f, enum store_operation operation,
                                  const char *id);
struct store_delivery see(struct fixture *f, const char *id);
// Deliveries in each state, kept and counted, agree; so do routed, unrouted and all events.
void check_counts(struct fixture *f);

extern const struct CMUnitTest contract_store_tests[];
extern const size_t contract_store_test_count;
extern const struct CMUnitTest contract_capture_tests[];
extern const size_t contract_capture_test_count;
extern const struct CMUnitTest contract_timing_tests[];
extern const size_t contract_timing_test_count;
extern const struct CMUnitTest contract_view_tests[];
extern const size_t contract_view_test_count;
extern const struct CMUnitTest contract_model_tests[];
extern const size_t contract_model_test_count;

#define CONTRACT_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

#endif
