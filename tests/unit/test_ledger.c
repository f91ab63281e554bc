// SPDX-License-Identifier: GPL-3.0-or-later
//
// The ledger over a real store in a folder of its own. The test waits for callbacks, never for
// time, but for what has to become due.

#include "flow/ledger.h"

#include <ftw.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>

#include <cmocka.h>

enum { SURVEY, CRM, SERVICES, LEASES_MAX = 4096 };

static const char *const names[SERVICES] = {"survey", "crm"};

struct fixture {
    char folder[64], path[96];
    struct store *store;
    struct store_reader *reader;
    struct ledger *ledger;
    int64_t lease_for_ms[SERVICES];
    size_t seats[SERVICES];
    int64_t not_before, expires_at; // of what is accepted next
    unsigned serial;

    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct store_lease *leases[LEASES_MAX];
    size_t leases_of[LEASES_MAX]; // whose they are
    size_t lease_count, taken;
    size_t largest[SERVICES], out[SERVICES]; // leases out at once
    size_t done, refused;
    struct err refusal;
    bool is_settling; // on the ledger's thread: settles each lease at once
};

// --- the store of one test ---

static int remove_one(const char *path, const struct stat *at, int kind, struct FTW *where)
{
    (void)at;
    (void)kind;
    (void)where;
    return remove(path);
}

static void take_leases(void *context, size_t service, struct store_lease **leases, size_t count);

static void serve(struct fixture *f, const char *const *services, size_t count,
                  int64_t reserve_bytes, size_t *ret_seats)
{
    struct err err;
    assert_true(ledger_serve(f->ledger,
                             &(struct ledger_serve){.services = services,
                                                    .lease_for_ms = f->lease_for_ms,
                                                    .count = count,
                                                    .reserve_bytes = reserve_bytes},
                             ret_seats, &err));
}

static void start(struct fixture *f, int64_t reserve_bytes)
{
    size_t taken_over;
    struct err err = {0};
    if (!store_open(f->path, &f->store, &taken_over, &err) ||
        !store_reader_open(f->path, &f->reader, &err))
        fail_msg("%s", err.text);
    f->ledger = ledger_start(&(struct ledger_options){
        .store = f->store,
        .store_path = f->path,
        .lease = take_leases,
        .lease_context = f,
    });
    serve(f, names, SERVICES, reserve_bytes, f->seats);
    assert_int_equal(f->seats[SURVEY], SURVEY);
    assert_int_equal(f->seats[CRM], CRM);
}

static void stop(struct fixture *f)
{
    if (f->ledger)
        ledger_stop(f->ledger);
    f->ledger = NULL;
    store_reader_close(f->reader);
    store_close(f->store);
    f->reader = NULL;
    f->store = NULL;
}

static int setup(void **state)
{
    struct fixture *f = mem_alloc(sizeof(*f));
    snprintf(f->folder, sizeof(f->folder), "/tmp/ledger-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof(f->path), "%s/store", f->folder);
    f->lease_for_ms[SURVEY] = f->lease_for_ms[CRM] = 60000;
    pthread_mutex_init(&f->mutex, NULL);
    pthread_cond_init(&f->changed, NULL);
    start(f, 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    stop(f);
    for (size_t i = 0; i < f->lease_count; i++)
        arena_free(f->leases[i]->arena);
    pthread_cond_destroy(&f->changed);
    pthread_mutex_destroy(&f->mutex);
    nftw(f->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(f);
    return 0;
}

// --- what the worker and the intake do ---

struct own_settle {
    struct ledger_settle entry;
    struct fixture *f;
};

static void settle_done(void *context, struct ledger_settle *entry)
{
    struct own_settle *own = context;
    struct fixture *f = own->f;
    pthread_mutex_lock(&f->mutex);
    f->done++;
    f->refused += !entry->settle.is_applied;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->mutex);
    free(own);
}

static void settle(struct fixture *f, const struct store_lease *lease, size_t service,
                   enum delivery_state state, int64_t due_at)
{
    struct own_settle *own = mem_alloc(sizeof(*own));
    own->f = f;
    own->entry = (struct ledger_settle){
        .settle =
            {.delivery = lease->delivery,
             .number = lease->number,
             .service = lease->service,
             .attempt = {.started_at = 1, .ended_at = 2, .fault = "", .reason = "", .peer = ""},
             .state = state,
             .due_at = due_at,
             .reason = ""},
        .seat = service,
        .done = settle_done,
        .context = own,
    };
    pthread_mutex_lock(&f->mutex);
    f->out[service]--;
    pthread_mutex_unlock(&f->mutex);
    ledger_settle(f->ledger, &own->entry);
}

static void take_leases(void *context, size_t service, struct store_lease **leases, size_t count)
{
    struct fixture *f = context;
    pthread_mutex_lock(&f->mutex);
    size_t first = f->lease_count;
    for (size_t i = 0; i < count; i++) {
        require(f->lease_count < LEASES_MAX);
        f->leases_of[f->lease_count] = service;
        f->leases[f->lease_count++] = leases[i];
    }
    f->out[service] += count;
    if (f->out[service] > f->largest[service])
        f->largest[service] = f->out[service];
    bool is_settling = f->is_settling;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->mutex);
    for (size_t i = 0; is_settling && i < count; i++)
        settle(f, f->leases[first + i], service, DELIVERY_DELIVERED, 0);
}

struct own_accept {
    struct ledger_accept entry;
    struct store_new_delivery delivery;
    struct fixture *f;
    struct err err;
    bool is_done;
};

static void accept_done(void *context, struct ledger_accept *entry, const struct err *err)
{
    struct own_accept *own = context;
    struct fixture *f = own->f;
    require(&own->entry == entry);
    pthread_mutex_lock(&f->mutex);
    own->is_done = true;
    f->done++;
    if (err) {
        own->err = *err;
        f->refusal = *err;
        f->refused++;
    }
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->mutex);
}

static void make_id(struct fixture *f, char ret[CLOCK_UUID_BYTES])
{
    snprintf(ret, CLOCK_UUID_BYTES, "00000000-0000-7000-8000-%012x", ++f->serial);
}

static void submit(struct fixture *f, struct own_accept *own, size_t service, const char *order_key)
{
    *own = (struct own_accept){.f = f};
    own->delivery = (struct store_new_delivery){.service = names[service],
                                                .route = "all",
                                                .order_key = str_from(order_key),
                                                .not_before = f->not_before,
                                                .expires_at = f->expires_at};
    make_id(f, own->delivery.id);
    own->entry = (struct ledger_accept){
        .accept = {.trigger = "inbound.connected",
                   .source = "platform",
                   .call_id = STR("call"),
                   .received_at = 1,
                   .body = STR("{}"),
                   .deliveries = &own->delivery,
                   .delivery_count = 1},
        .done = accept_done,
        .context = own,
    };
    make_id(f, own->entry.accept.id);
    ledger_accept(f->ledger, &own->entry);
}

// Waits until *value reaches `wanted`; a test that would wait for ever fails.
static void wait_for(struct fixture *f, const size_t *value, size_t wanted)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 30;
    pthread_mutex_lock(&f->mutex);
    int code = 0;
    while (*value < wanted && code == 0)
        code = pthread_cond_timedwait(&f->changed, &f->mutex, &until);
    size_t reached = *value;
    pthread_mutex_unlock(&f->mutex);
    if (reached < wanted)
        fail_msg("waited for %zu, got %zu", wanted, reached);
}

static size_t read_now(struct fixture *f, const size_t *value)
{
    pthread_mutex_lock(&f->mutex);
    size_t now = *value;
    pthread_mutex_unlock(&f->mutex);
    return now;
}

static struct own_accept *accept_many(struct fixture *f, size_t count, size_t service,
                                      const char *order_key)
{
    struct own_accept *accepts = mem_alloc(count * sizeof(*accepts));
    size_t done = read_now(f, &f->done);
    for (size_t i = 0; i < count; i++)
        submit(f, &accepts[i], service, order_key);
    wait_for(f, &f->done, done + count);
    return accepts;
}

// The next lease that was given out.
static struct store_lease *next_lease(struct fixture *f)
{
    wait_for(f, &f->lease_count, f->taken + 1);
    return f->leases[f->taken++];
}

static void settle_at_once(struct fixture *f)
{
    pthread_mutex_lock(&f->mutex);
    f->is_settling = true;
    pthread_mutex_unlock(&f->mutex);
}

static int64_t in_state(struct fixture *f, enum delivery_state state)
{
    struct store_counts counts = {0};
    struct err err;
    assert_true(store_view_counts(f->reader, &counts, &err));
    return counts.by_state[state];
}

// --- tests ---

static void test_an_accept_is_on_disk_when_it_is_done(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE struct own_accept *accepts = accept_many(f, 100, SURVEY, NULL);
    assert_int_equal(read_now(f, &f->refused), 0);
    assert_int_equal(in_state(f, DELIVERY_WAITING), 100);
    assert_int_equal(read_now(f, &f->lease_count), 0); // the limit is 0 at the start
}

static void test_an_event_goes_from_accept_to_settle(void **state)
{
    struct fixture *f = *state;
    ledger_limit(f->ledger, SURVEY, 1);
    AUTO_FREE struct own_accept *accepts = accept_many(f, 1, SURVEY, NULL);
    struct store_lease *lease = next_lease(f);
    assert_string_equal(lease->id, accepts[0].delivery.id);
    assert_int_equal(in_state(f, DELIVERY_LEASED), 1);
    settle(f, lease, SURVEY, DELIVERY_DELIVERED, 0);
    wait_for(f, &f->done, 2);
    assert_int_equal(in_state(f, DELIVERY_DELIVERED), 1);
}

static void test_no_service_has_more_leases_than_its_limit(void **state)
{
    struct fixture *f = *state;
    settle_at_once(f);
    AUTO_FREE struct own_accept *surveys = accept_many(f, 500, SURVEY, NULL);
    AUTO_FREE struct own_accept *others = accept_many(f, 500, CRM, NULL);
    ledger_limit(f->ledger, SURVEY, 7);
    ledger_limit(f->ledger, CRM, 400);
    wait_for(f, &f->done, 2000);
    assert_int_equal(read_now(f, &f->lease_count), 1000);
    assert_in_range(read_now(f, &f->largest[SURVEY]), 1, 7);
    assert_in_range(read_now(f, &f->largest[CRM]), 1, 400);
    assert_int_equal(in_state(f, DELIVERY_DELIVERED), 1000);
}

static void test_a_service_without_slots_hinders_no_other(void **state)
{
    struct fixture *f = *state;
    settle_at_once(f);
    AUTO_FREE struct own_accept *stuck = accept_many(f, 300, SURVEY, NULL);
    ledger_limit(f->ledger, CRM, 10);
    AUTO_FREE struct own_accept *others = accept_many(f, 50, CRM, NULL);
    wait_for(f, &f->done, 400);
    assert_int_equal(in_state(f, DELIVERY_DELIVERED), 50);
    assert_int_equal(in_state(f, DELIVERY_WAITING), 300);
}

static void test_a_raised_limit_gives_leases_at_once(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE struct own_accept *accepts = accept_many(f, 10, SURVEY, NULL);
    ledger_limit(f->ledger, SURVEY, 2);
    wait_for(f, &f->lease_count, 2);
    ledger_limit(f->ledger, SURVEY, 5);
    wait_for(f, &f->lease_count, 5);
    ledger_limit(f->ledger, SURVEY, 1);
    for (int i = 0; i < 4; i++)
        settle(f, next_lease(f), SURVEY, DELIVERY_DELIVERED, 0);
    wait_for(f, &f->done, 14);
    assert_int_equal(read_now(f, &f->lease_count), 5); // still one out, which is all it may have
    settle(f, next_lease(f), SURVEY, DELIVERY_DELIVERED, 0);
    wait_for(f, &f->lease_count, 6);
    assert_int_equal(in_state(f, DELIVERY_LEASED), 1);
}

static void test_a_settle_and_the_next_lease_are_one_transaction(void **state)
{
    struct fixture *f = *state;
    ledger_limit(f->ledger, SURVEY, 1);
    AUTO_FREE struct own_accept *accepts = accept_many(f, 2, SURVEY, NULL);
    settle(f, next_lease(f), SURVEY, DELIVERY_DELIVERED, 0);
    wait_for(f, &f->done, 3);
    assert_int_equal(read_now(f, &f->lease_count), 2); // leases are given first
}

static void test_an_order_key_is_leased_in_order(void **state)
{
    struct fixture *f = *state;
    ledger_limit(f->ledger, SURVEY, 10);
    AUTO_FREE struct own_accept *accepts = accept_many(f, 5, SURVEY, "call-1");
    for (int i = 0; i < 5; i++) {
        struct store_lease *lease = next_lease(f);
        assert_string_equal(lease->id, accepts[i].delivery.id);
        assert_int_equal(read_now(f, &f->lease_count), i + 1);
        settle(f, lease, SURVEY, i % 2 ? DELIVERY_DEAD : DELIVERY_DELIVERED, 0);
    }
    wait_for(f, &f->done, 10);
}

static void test_a_retry_comes_when_it_is_due(void **state)
{
    struct fixture *f = *state;
    ledger_limit(f->ledger, SURVEY, 1);
    AUTO_FREE struct own_accept *accepts = accept_many(f, 1, SURVEY, NULL);
    int64_t due_at = clock_now_ms() + 60;
    settle(f, next_lease(f), SURVEY, DELIVERY_WAITING, due_at);
    struct store_lease *lease = next_lease(f);
    assert_true(clock_now_ms() >= due_at);
    assert_int_equal(lease->number, 2);
}

static void test_a_delayed_delivery_comes_when_its_time_has_come(void **state)
{
    struct fixture *f = *state;
    ledger_limit(f->ledger, SURVEY, 1);
    f->not_before = clock_now_ms() + 60;
    AUTO_FREE struct own_accept *accepts = accept_many(f, 1, SURVEY, NULL);
    next_lease(f);
    assert_true(clock_now_ms() >= f->not_before);
}

// Nobody asks for anything meanwhile: the ledger wakes by itself.
static void test_what_no_service_takes_expires_by_itself(void **state)
{
    struct fixture *f = *state;
    f->expires_at = clock_now_ms() + 60;
    AUTO_FREE struct own_accept *accepts = accept_many(f, 3, SURVEY, "call-1");
    assert_int_equal(in_state(f, DELIVERY_WAITING), 3);
    int64_t give_up_at = clock_now_ms() + 30000;
    while (in_state(f, DELIVERY_EXPIRED) < 3 && clock_now_ms() < give_up_at)
        sched_yield();
    assert_int_equal(in_state(f, DELIVERY_EXPIRED), 3);
    assert_true(clock_now_ms() >= f->expires_at);
    ledger_limit(f->ledger, SURVEY, 3);
    f->expires_at = 0;
    AUTO_FREE struct own_accept *next = accept_many(f, 1, SURVEY, "call-1");
    assert_string_equal(next_lease(f)->id, next[0].delivery.id);
}

static void test_what_stands_behind_an_expired_one_is_leased(void **state)
{
    struct fixture *f = *state;
    ledger_limit(f->ledger, SURVEY, 1);
    f->not_before = clock_now_ms() + 3600 * 1000;
    f->expires_at = clock_now_ms() + 60;
    AUTO_FREE struct own_accept *first = accept_many(f, 1, SURVEY, "call-1");
    f->not_before = f->expires_at = 0;
    AUTO_FREE struct own_accept *second = accept_many(f, 1, SURVEY, "call-1");
    assert_string_equal(next_lease(f)->id, second[0].delivery.id);
    assert_int_equal(in_state(f, DELIVERY_EXPIRED), 1);
}

static void test_a_lease_that_ran_out_is_given_again(void **state)
{
    struct fixture *f = *state;
    f->lease_for_ms[SURVEY] = 1;
    stop(f);
    start(f, 0);
    ledger_limit(f->ledger, SURVEY, 1);
    AUTO_FREE struct own_accept *accepts = accept_many(f, 1, SURVEY, NULL);
    struct store_lease *first = next_lease(f), *second = next_lease(f);
    int64_t second_us = clock_steady_us();
    assert_string_equal(first->id, second->id);
    assert_int_equal(second->number, 2);
    AUTO_FREE struct own_accept *behind = accept_many(f, 1, SURVEY, NULL);
    settle(f, first, SURVEY, DELIVERY_DELIVERED, 0);
    wait_for(f, &f->refused, 1);
    AUTO_FREE struct own_accept *last = accept_many(f, 1, SURVEY, NULL);
    if (clock_steady_us() - second_us < 1000000)           // else it may have run out, too
        assert_int_equal(read_now(f, &f->lease_count), 2); // the second still has the slot
}

struct own_operate {
    struct ledger_operate entry;
    struct fixture *f;
    struct err err;
};

static void operate_done(void *context, struct ledger_operate *entry, const struct err *err)
{
    struct own_operate *own = context;
    (void)entry;
    pthread_mutex_lock(&own->f->mutex);
    if (err)
        own->err = *err;
    own->f->done++;
    pthread_cond_broadcast(&own->f->changed);
    pthread_mutex_unlock(&own->f->mutex);
}

static void submit_resend(struct fixture *f, struct own_operate *own, const char *id)
{
    *own = (struct own_operate){
        .entry = {.operate = {.operation = OPERATE_RESEND}, .done = operate_done, .context = own},
        .f = f};
    snprintf(own->entry.operate.delivery_id, CLOCK_UUID_BYTES, "%s", id);
    ledger_operate(f->ledger, &own->entry);
}

static void test_a_resend_is_leased_again(void **state)
{
    struct fixture *f = *state;
    struct own_operate own;
    ledger_limit(f->ledger, SURVEY, 1);
    AUTO_FREE struct own_accept *accepts = accept_many(f, 1, SURVEY, NULL);
    settle(f, next_lease(f), SURVEY, DELIVERY_DEAD, 0);
    wait_for(f, &f->done, 2);
    submit_resend(f, &own, accepts[0].delivery.id);
    wait_for(f, &f->done, 3);
    assert_int_equal(own.entry.operate.result, OPERATE_DONE);
    assert_int_equal(next_lease(f)->number, 2);
}

static void test_stop_writes_what_is_queued(void **state)
{
    struct fixture *f = *state;
    ledger_limit(f->ledger, SURVEY, 1000);
    AUTO_FREE struct own_accept *accepts = accept_many(f, 1000, SURVEY, NULL);
    AUTO_FREE struct own_accept *late = mem_alloc(1000 * sizeof(*late));
    wait_for(f, &f->lease_count, 1000);
    for (int i = 0; i < 1000; i++) {
        settle(f, next_lease(f), SURVEY, DELIVERY_DELIVERED, 0);
        submit(f, &late[i], CRM, NULL);
    }
    ledger_stop(f->ledger);
    f->ledger = NULL;
    assert_int_equal(read_now(f, &f->done), 3000);
    assert_int_equal(in_state(f, DELIVERY_DELIVERED), 1000);
    assert_int_equal(in_state(f, DELIVERY_WAITING), 1000);
    assert_int_equal(read_now(f, &f->refused), 0);
}

static void test_below_the_reserve_events_are_refused_and_settles_written(void **state)
{
    struct fixture *f = *state;
    struct err why = {0};
    ledger_limit(f->ledger, SURVEY, 1);
    AUTO_FREE struct own_accept *accepts = accept_many(f, 1, SURVEY, NULL);
    next_lease(f);
    assert_true(ledger_is_ready(f->ledger, &why));
    stop(f); // the lease is taken over
    start(f, INT64_MAX);
    ledger_limit(f->ledger, SURVEY, 1);
    struct store_lease *lease = next_lease(f);
    assert_int_equal(lease->number, 2);
    AUTO_FREE struct own_accept *refused = accept_many(f, 3, SURVEY, NULL);
    assert_int_equal(read_now(f, &f->refused), 3);
    assert_int_equal(f->refusal.code, ERR_FULL);
    assert_false(ledger_is_ready(f->ledger, &why));
    assert_int_equal(why.code, ERR_FULL);
    settle(f, lease, SURVEY, DELIVERY_DELIVERED, 0);
    wait_for(f, &f->done, 5);
    assert_int_equal(in_state(f, DELIVERY_DELIVERED), 1);
}

static void test_a_full_disk_keeps_settles_until_there_is_room(void **state)
{
    struct fixture *f = *state;
    struct rlimit limit, none;
    struct own_operate own;
    struct err why;
    ledger_limit(f->ledger, SURVEY, 2);
    AUTO_FREE struct own_accept *accepts = accept_many(f, 2, SURVEY, NULL);
    struct store_lease *first = next_lease(f), *second = next_lease(f);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    none = (struct rlimit){.rlim_cur = 1, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    settle(f, first, SURVEY, DELIVERY_DELIVERED, 0);
    settle(f, second, SURVEY, DELIVERY_DEAD, 0);
    AUTO_FREE struct own_accept *refused = accept_many(f, 3, CRM, NULL);
    submit_resend(f, &own, accepts[0].delivery.id);
    wait_for(f, &f->done, 2 + 3 + 1);
    bool is_ready = ledger_is_ready(f->ledger, &why);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_false(is_ready);
    assert_int_equal(read_now(f, &f->refused), 3);
    assert_int_equal(f->refusal.code, ERR_FULL);
    assert_int_equal(own.err.code, ERR_FULL);
    wait_for(f, &f->done, 2 + 3 + 1 + 2); // the settles, by themselves
    assert_int_equal(in_state(f, DELIVERY_DELIVERED), 1);
    assert_int_equal(in_state(f, DELIVERY_DEAD), 1);
    assert_true(ledger_is_ready(f->ledger, &why));
    AUTO_FREE struct own_accept *taken = accept_many(f, 5, SURVEY, NULL);
    assert_int_equal(read_now(f, &f->refused), 3);
    assert_int_equal(read_now(f, &f->lease_count), 4); // both slots came back, and no more
}

// --- services come and go ---

static void test_a_seat_stays_with_its_name(void **state)
{
    struct fixture *f = *state;
    static const char *const turned[] = {"crm", "survey"}, *const other[] = {"lead", "crm"};
    size_t seats[SERVICES];
    serve(f, turned, SERVICES, 0, seats);
    assert_int_equal(seats[0], CRM);
    assert_int_equal(seats[1], SURVEY);
    serve(f, other, SERVICES, 0, seats);
    assert_int_equal(seats[0], SERVICES); // a new one: survey's worker may not know yet
    assert_int_equal(seats[1], CRM);
    static const char *const third[] = {"chat", "crm"};
    serve(f, third, SERVICES, 0, seats);
    assert_int_equal(seats[0], SURVEY); // nobody needed it
    assert_int_equal(seats[1], CRM);
}

static void test_a_service_that_is_not_served_gets_no_leases_until_it_is(void **state)
{
    struct fixture *f = *state;
    size_t seats[SERVICES];
    serve(f, &names[CRM], 1, 0, seats);
    ledger_limit(f->ledger, SURVEY, 5); // a word that came late
    ledger_limit(f->ledger, CRM, 5);
    AUTO_FREE struct own_accept *gone = accept_many(f, 1, SURVEY, NULL);
    AUTO_FREE struct own_accept *served = accept_many(f, 1, CRM, NULL);
    assert_string_equal(next_lease(f)->id, served[0].delivery.id);
    assert_int_equal(in_state(f, DELIVERY_WAITING), 1);
    serve(f, names, SERVICES, 0, seats);
    assert_string_equal(next_lease(f)->id, gone[0].delivery.id);
}

static void test_a_seat_with_leases_out_is_given_to_nobody(void **state)
{
    struct fixture *f = *state;
    static const char *const other[] = {"lead", "crm"};
    size_t seats[SERVICES];
    ledger_limit(f->ledger, SURVEY, 1);
    AUTO_FREE struct own_accept *accepts = accept_many(f, 2, SURVEY, NULL);
    struct store_lease *lease = next_lease(f);
    serve(f, other, SERVICES, 0, seats);
    assert_int_equal(seats[0], SERVICES); // a new one
    // Back before the lease is: the place it takes up is not given twice.
    serve(f, names, SERVICES, 0, seats);
    assert_int_equal(seats[SURVEY], SURVEY);
    assert_int_equal(read_now(f, &f->lease_count), 1);
    settle(f, lease, SURVEY, DELIVERY_DELIVERED, 0);
    assert_string_equal(next_lease(f)->id, accepts[1].delivery.id);
}

#define LEDGER_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LEDGER_TEST(test_an_accept_is_on_disk_when_it_is_done),
        LEDGER_TEST(test_a_seat_stays_with_its_name),
        LEDGER_TEST(test_a_service_that_is_not_served_gets_no_leases_until_it_is),
        LEDGER_TEST(test_a_seat_with_leases_out_is_given_to_nobody),
        LEDGER_TEST(test_an_event_goes_from_accept_to_settle),
        LEDGER_TEST(test_no_service_has_more_leases_than_its_limit),
        LEDGER_TEST(test_a_service_without_slots_hinders_no_other),
        LEDGER_TEST(test_a_raised_limit_gives_leases_at_once),
        LEDGER_TEST(test_a_settle_and_the_next_lease_are_one_transaction),
        LEDGER_TEST(test_an_order_key_is_leased_in_order),
        LEDGER_TEST(test_a_retry_comes_when_it_is_due),
        LEDGER_TEST(test_a_delayed_delivery_comes_when_its_time_has_come),
        LEDGER_TEST(test_what_no_service_takes_expires_by_itself),
        LEDGER_TEST(test_what_stands_behind_an_expired_one_is_leased),
        LEDGER_TEST(test_a_lease_that_ran_out_is_given_again),
        LEDGER_TEST(test_a_resend_is_leased_again),
        LEDGER_TEST(test_stop_writes_what_is_queued),
        LEDGER_TEST(test_below_the_reserve_events_are_refused_and_settles_written),
        LEDGER_TEST(test_a_full_disk_keeps_settles_until_there_is_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
