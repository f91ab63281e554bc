// SPDX-License-Identifier: GPL-3.0-or-later
//
// The store contract suite: test_store_contract BACKEND. Runs the tests every backend has to pass,
// then the backend's own.

#include "contract.h"

#include <ftw.h>
#include <stdio.h>
#include <unistd.h>

static const struct contract_backend *const backends[] = {&contract_sqlite};
static const struct contract_backend *chosen;

// --- the store of one test ---

static int remove_one(const char *path, const struct stat *at, int kind, struct FTW *where)
{
    (void)at;
    (void)kind;
    (void)where;
    return remove(path);
}

static void open_both(struct fixture *f, size_t *ret_taken_over)
{
    struct err err = {0};
    if (!store_open(f->path, &f->store, ret_taken_over, &err))
        fail_msg("%s", err.text);
    if (!store_reader_open(f->path, &f->reader, &err))
        fail_msg("%s", err.text);
}

int fixture_setup(void **state)
{
    struct fixture *f = mem_alloc(sizeof(*f));
    size_t taken_over;
    f->backend = chosen;
    snprintf(f->folder, sizeof(f->folder), "/tmp/store-contract-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof(f->path), "%s/store", f->folder);
    f->arena = arena_new();
    f->now = clock_now_ms();
    open_both(f, &taken_over);
    assert_int_equal(taken_over, 0);
    *state = f;
    return 0;
}

void fixture_close(struct fixture *f)
{
    store_reader_close(f->reader);
    store_close(f->store);
    f->reader = NULL;
    f->store = NULL;
}

size_t fixture_reopen(struct fixture *f)
{
    size_t taken_over;
    fixture_close(f);
    open_both(f, &taken_over);
    if (f->now < clock_now_ms())
        f->now = clock_now_ms();
    return taken_over;
}

int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    fixture_close(f);
    arena_free(f->arena);
    nftw(f->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(f);
    return 0;
}

// --- what a gateway does ---

void must_commit(struct fixture *f, struct store_batch *batch)
{
    struct err err = {0};
    batch->arena = f->arena;
    batch->now = f->now;
    if (!store_commit(f->store, batch, &err))
        fail_msg("%s", err.text);
}

static void make_id(struct fixture *f, char ret[CLOCK_UUID_BYTES])
{
    snprintf(ret, CLOCK_UUID_BYTES, "00000000-0000-7000-8000-%012x", ++f->serial);
}

struct store_accept *make_accept(struct fixture *f, const char *call_id, const char *order_key,
                                 const char *const *services)
{
    struct store_accept *accept = arena_alloc(f->arena, sizeof(*accept));
    size_t count = 0;
    while (services[count])
        count++;
    *accept = (struct store_accept){
        .trigger = "outbound.disposition",
        .source = "platform",
        .call_id = str_from(call_id),
        .received_at = f->now,
        .body = STR("{\"uii\":\"1\"}"),
        .deliveries = arena_alloc(f->arena, count * sizeof(*accept->deliveries)),
        .delivery_count = count,
    };
    make_id(f, accept->id);
    for (size_t i = 0; i < count; i++) {
        accept->deliveries[i] = (struct store_new_delivery){
            .service = services[i], .route = "all", .order_key = str_from(order_key)};
        make_id(f, accept->deliveries[i].id);
    }
    return accept;
}

const char *put(struct fixture *f, const char *service, const char *order_key)
{
    const char *services[] = {service, NULL};
    struct store_accept *accept = make_accept(f, "call-1", order_key, services);
    must_commit(f, &(struct store_batch){.accepts = &accept, .accept_count = 1});
    assert_int_equal(accept->result, ACCEPT_STORED);
    return accept->deliveries[0].id;
}

// Moves a lease into the fixture's arena, so that no test has to free it.
static struct store_lease *keep(struct fixture *f, struct store_lease *lease)
{
    struct store_lease *kept = arena_alloc(f->arena, sizeof(*kept));
    *kept = *lease;
    kept->arena = NULL;
    kept->id = arena_strdup(f->arena, lease->id);
    kept->service = arena_strdup(f->arena, lease->service);
    kept->event_id = arena_strdup(f->arena, lease->event_id);
    kept->trigger = arena_strdup(f->arena, lease->trigger);
    kept->source = arena_strdup(f->arena, lease->source);
    kept->call_id = arena_copy(f->arena, lease->call_id);
    kept->body = arena_copy(f->arena, lease->body);
    struct store_carried *carried = arena_alloc(f->arena, lease->carried_count * sizeof(*carried));
    for (size_t i = 0; i < lease->carried_count; i++) {
        carried[i] = lease->carried[i];
        carried[i].event_id = arena_strdup(f->arena, lease->carried[i].event_id);
        carried[i].trigger = arena_strdup(f->arena, lease->carried[i].trigger);
        carried[i].source = arena_strdup(f->arena, lease->carried[i].source);
        carried[i].body = arena_copy(f->arena, lease->carried[i].body);
    }
    kept->carried = carried;
    struct json *captured = json_object(f->arena);
    for (size_t i = 0; lease->captured && i < lease->captured->object.count; i++) {
        const struct json_member *member = &lease->captured->object.members[i];
        json_set(f->arena, captured, arena_copy(f->arena, member->name),
                 json_string(f->arena, arena_copy(f->arena, member->value->string)));
    }
    kept->captured = lease->captured ? captured : NULL;
    arena_free(lease->arena);
    return kept;
}

size_t take(struct fixture *f, const char *service, size_t limit, struct store_lease **ret)
{
    struct store_claim claim = {.service = service, .limit = limit, .lease_until = f->now + 60000};
    must_commit(f, &(struct store_batch){.claims = &claim, .claim_count = 1});
    assert_true(claim.count <= limit);
    for (size_t i = 0; i < claim.count; i++)
        ret[i] = keep(f, claim.leases[i]);
    return claim.count;
}

struct store_lease *take_one(struct fixture *f, const char *service)
{
    struct store_lease *lease = NULL;
    return take(f, service, 1, &lease) ? lease : NULL;
}

struct store_settle make_settle(struct fixture *f, const struct store_lease *lease,
                                enum delivery_state state, int64_t due_at)
{
    return (struct store_settle){
        .delivery = lease->delivery,
        .number = lease->number,
        .service = lease->service,
        .attempt = {.started_at = f->now,
                    .ended_at = f->now + 7,
                    .outcome = state == DELIVERY_DELIVERED ? OUTCOME_DELIVERED : OUTCOME_RETRY,
                    .scope = OUTCOME_SERVICE,
                    .reach = REACH_ANSWERED,
                    .http_status = 200,
                    .fault = "",
                    .reason = "as asked",
                    .request_body = STR("<request/>"),
                    .peer = "127.0.0.1:80"},
        .state = state,
        .due_at = due_at,
        .reason = "as asked",
    };
}

bool end(struct fixture *f, const struct store_lease *lease, enum delivery_state state,
         int64_t due_at)
{
    struct store_settle settle = make_settle(f, lease, state, due_at), *settles = &settle;
    must_commit(f, &(struct store_batch){.settles = &settles, .settle_count = 1});
    return settle.is_applied;
}

size_t lapse(struct fixture *f)
{
    struct store_batch batch = {.is_lapsing = true};
    must_commit(f, &batch);
    return batch.lapsed_count;
}

enum store_operate_result operate(struct fixture *f, enum store_operation operation, const char *id)
{
    struct store_operate entry = {.operation = operation}, *operates = &entry;
    snprintf(entry.delivery_id, sizeof(entry.delivery_id), "%s", id);
    must_commit(f, &(struct store_batch){.operates = &operates, .operate_count = 1});
    return entry.result;
}

struct store_delivery see(struct fixture *f, const char *id)
{
    struct store_delivery delivery = {0};
    struct store_attempt *attempts;
    size_t count;
    struct err err = {0};
    if (!store_view_delivery(f->reader, f->arena, id, &delivery, &attempts, &count, &err))
        fail_msg("%s", err.text);
    assert_int_equal(count, delivery.attempts);
    return delivery;
}

void check_counts(struct fixture *f)
{
    struct store_counts kept, counted = {0};
    struct err err = {0};
    if (!store_view_counts(f->reader, &kept, &err))
        fail_msg("%s", err.text);
    f->backend->count(f->path, &counted);
    assert_int_equal(kept.events, counted.events);
    assert_int_equal(kept.unrouted, counted.unrouted);
    assert_int_equal(kept.repeated, f->repeated);
    for (int state = 0; state < DELIVERY_STATE_COUNT; state++)
        assert_int_equal(kept.by_state[state], counted.by_state[state]);
    assert_int_equal(kept.oldest_open_at, counted.oldest_open_at);
}

int main(int argc, char **argv)
{
    for (size_t i = 0; i < COUNT_OF(backends) && argc == 2; i++) {
        if (strcmp(argv[1], backends[i]->name) == 0)
            chosen = backends[i];
    }
    if (!chosen) {
        fprintf(stderr, "usage: test_store_contract BACKEND (%s)\n", backends[0]->name);
        return 2;
    }
    int failed = _cmocka_run_group_tests("store", contract_store_tests, contract_store_test_count,
                                         NULL, NULL);
    failed += _cmocka_run_group_tests("captures", contract_capture_tests,
                                      contract_capture_test_count, NULL, NULL);
    failed += _cmocka_run_group_tests("timing", contract_timing_tests, contract_timing_test_count,
                                      NULL, NULL);
    failed +=
        _cmocka_run_group_tests("views", contract_view_tests, contract_view_test_count, NULL, NULL);
    failed += _cmocka_run_group_tests("model", contract_model_tests, contract_model_test_count,
                                      NULL, NULL);
    failed += _cmocka_run_group_tests(chosen->name, chosen->tests, chosen->test_count, NULL, NULL);
    return failed != 0;
}
