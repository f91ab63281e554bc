// SPDX-License-Identifier: GPL-3.0-or-later
//
// The rules of accepts, claims, settles and operator actions, one test a rule.

#include "contract.h"

#include <stdio.h>

static const char *const survey[] = {"survey", NULL};
static const char *const none[] = {NULL};

static struct store_accept *put_with_key(struct fixture *f, const char *source, const char *key,
                                         unsigned char fingerprint)
{
    struct store_accept *accept = make_accept(f, "call-1", NULL, survey);
    accept->source = source;
    accept->idempotency_key = str_from(key);
    memset(accept->fingerprint, fingerprint, sizeof(accept->fingerprint));
    must_commit(f, &(struct store_batch){.accepts = &accept, .accept_count = 1});
    return accept;
}

static void test_a_claim_gives_the_event_as_received(void **state)
{
    struct fixture *f = *state;
    struct store_accept *accept = make_accept(f, "call-7", "call-7", survey);
    accept->body = (struct str){"a=1\0&b=\xff", 9};
    accept->format = EVENT_FORM;
    must_commit(f, &(struct store_batch){.accepts = &accept, .accept_count = 1});
    struct store_lease *lease = take_one(f, "survey");
    assert_non_null(lease);
    assert_string_equal(lease->id, accept->deliveries[0].id);
    assert_string_equal(lease->event_id, accept->id);
    assert_string_equal(lease->service, "survey");
    assert_string_equal(lease->trigger, "outbound.disposition");
    assert_string_equal(lease->source, "platform");
    assert_string_equal(lease->call_id.data, "call-7");
    assert_int_equal(lease->received_at, accept->received_at);
    assert_int_equal(lease->format, EVENT_FORM);
    assert_int_equal(lease->body.len, 9);
    assert_memory_equal(lease->body.data, "a=1\0&b=\xff", 9);
    assert_int_equal(lease->number, 1);
    assert_int_equal(lease->progress.attempts, 0);
    assert_null(take_one(f, "survey")); // it is out
    assert_int_equal(see(f, lease->id).state, DELIVERY_LEASED);
}

static void test_an_accept_is_claimed_in_its_own_transaction(void **state)
{
    struct fixture *f = *state;
    struct store_accept *accept = make_accept(f, "call-1", NULL, survey);
    struct store_claim claim = {.service = "survey", .limit = 5, .lease_until = f->now + 1000};
    must_commit(f, &(struct store_batch){
                       .accepts = &accept, .accept_count = 1, .claims = &claim, .claim_count = 1});
    assert_int_equal(claim.count, 1);
    assert_string_equal(claim.leases[0]->id, accept->deliveries[0].id);
    arena_free(claim.leases[0]->arena);
}

static void test_the_same_key_and_body_gives_the_first_event(void **state)
{
    struct fixture *f = *state;
    struct store_accept *first = put_with_key(f, "platform", "k1", 1);
    f->now += 5000;
    struct store_accept *again = put_with_key(f, "platform", "k1", 1);
    assert_int_equal(first->result, ACCEPT_STORED);
    assert_int_equal(again->result, ACCEPT_DUPLICATE);
    assert_string_equal(again->id, first->id);
    assert_int_equal(again->received_at, f->now - 5000);
    assert_int_equal(again->delivery_count, 1);
    assert_string_equal(again->deliveries[0].id, first->deliveries[0].id);
    assert_string_equal(again->deliveries[0].service, "survey");
    assert_int_equal(put_with_key(f, "other", "k1", 1)->result, ACCEPT_STORED);
    check_counts(f);
}

static void test_the_same_key_and_another_body_is_a_conflict(void **state)
{
    struct fixture *f = *state;
    put_with_key(f, "platform", "k1", 1);
    assert_int_equal(put_with_key(f, "platform", "k1", 2)->result, ACCEPT_CONFLICT);
    check_counts(f);
}

static void test_a_key_is_known_within_its_own_transaction(void **state)
{
    struct fixture *f = *state;
    struct store_accept *accepts[2];
    for (size_t i = 0; i < 2; i++) {
        accepts[i] = make_accept(f, "call-1", NULL, survey);
        accepts[i]->idempotency_key = STR("k1");
    }
    must_commit(f, &(struct store_batch){.accepts = accepts, .accept_count = 2});
    assert_int_equal(accepts[0]->result, ACCEPT_STORED);
    assert_int_equal(accepts[1]->result, ACCEPT_DUPLICATE);
    assert_string_equal(accepts[0]->id, accepts[1]->id);
}

static void test_events_without_a_route_are_kept_and_counted(void **state)
{
    struct fixture *f = *state;
    struct store_accept *accept = make_accept(f, "call-9", NULL, none);
    struct store_counts counts;
    struct err err;
    must_commit(f, &(struct store_batch){.accepts = &accept, .accept_count = 1});
    put(f, "survey", NULL);
    assert_true(store_view_counts(f->reader, &counts, &err));
    assert_int_equal(counts.events, 2);
    assert_int_equal(counts.unrouted, 1);
    check_counts(f);
}

static void test_a_claim_keeps_to_its_service_and_limit(void **state)
{
    struct fixture *f = *state;
    struct store_lease *leases[3];
    for (int i = 0; i < 3; i++)
        put(f, "survey", NULL);
    const char *other = put(f, "crm", NULL);
    assert_int_equal(take(f, "survey", 2, leases), 2);
    assert_int_equal(take(f, "crm", 3, leases), 1);
    assert_string_equal(leases[0]->id, other);
    assert_int_equal(take(f, "unknown", 3, leases), 0);
    assert_int_equal(take(f, "survey", 0, leases), 0);
    check_counts(f);
}

static void test_a_claim_gives_what_is_due_first(void **state)
{
    struct fixture *f = *state;
    struct store_lease *leases[4];
    const char *a = put(f, "survey", NULL), *b = put(f, "survey", NULL);
    assert_int_equal(take(f, "survey", 2, leases), 2);
    assert_string_equal(leases[0]->id, a); // same time: in the order of acceptance
    assert_true(end(f, leases[0], DELIVERY_WAITING, f->now + 5000));
    assert_true(end(f, leases[1], DELIVERY_WAITING, f->now + 2000));
    f->now += 3000;
    const char *c = put(f, "survey", NULL);
    f->now += 1000;
    assert_int_equal(take(f, "survey", 4, leases), 2); // a is due in a second
    assert_string_equal(leases[0]->id, b);
    assert_string_equal(leases[1]->id, c);
    f->now += 1000;
    assert_int_equal(take(f, "survey", 4, leases), 1);
    assert_string_equal(leases[0]->id, a);
}

static void test_next_due_is_that_of_the_service(void **state)
{
    struct fixture *f = *state;
    struct err err;
    int64_t due_at = 0;
    assert_true(store_next_due(f->store, "survey", &due_at, &err));
    assert_true(due_at == INT64_MAX);
    put(f, "survey", NULL);
    put(f, "crm", NULL);
    assert_true(end(f, take_one(f, "survey"), DELIVERY_WAITING, f->now + 5000));
    assert_true(store_next_due(f->store, "survey", &due_at, &err));
    assert_int_equal(due_at, f->now + 5000);
    assert_true(store_next_due(f->store, "crm", &due_at, &err));
    assert_int_equal(due_at, f->now);
}

static void test_an_attempt_is_kept_whole(void **state)
{
    struct fixture *f = *state;
    struct store_delivery delivery;
    struct store_attempt *attempts;
    size_t count;
    struct err err;
    const char *id = put(f, "survey", NULL);
    struct store_settle settle = make_settle(f, take_one(f, "survey"), DELIVERY_DEAD, 0);
    struct store_settle *settles = &settle;
    settle.attempt = (struct store_attempt){
        .started_at = f->now,
        .ended_at = f->now + 30,
        .outcome = OUTCOME_REJECTED,
        .scope = OUTCOME_SERVICE,
        .reach = REACH_NOT_SENT,
        .http_status = 500,
        .fault = "Client: no such survey",
        .reason = "the service rejected it",
        .request_head = STR("POST / HTTP/1.1"),
        .request_body = STR("<a/>"),
        .reply_head = STR("HTTP/1.1 500"),
        .reply_body = STR("<fault/>"),
        .reply_dropped_bytes = 12345,
        .peer = "127.0.0.1:443",
        .resolved_us = 1,
        .connected_us = 2,
        .secured_us = 3,
        .first_byte_us = 4,
        .total_us = 5,
        .fault_tree = STR("{\"code\":\"Client\"}"),
        .verdict = "holds: //a",
    };
    must_commit(f, &(struct store_batch){.settles = &settles, .settle_count = 1});
    assert_true(settle.is_applied);
    assert_true(store_view_delivery(f->reader, f->arena, id, &delivery, &attempts, &count, &err));
    assert_int_equal(delivery.state, DELIVERY_DEAD);
    assert_int_equal(delivery.last_status, 500);
    assert_int_equal(delivery.first_attempt_at, f->now);
    assert_int_equal(delivery.ended_at, f->now);
    assert_string_equal(delivery.reason, "as asked");
    assert_int_equal(count, 1);
    const struct store_attempt *kept = &attempts[0];
    assert_int_equal(kept->started_at, f->now);
    assert_int_equal(kept->ended_at, f->now + 30);
    assert_int_equal(kept->outcome, OUTCOME_REJECTED);
    assert_int_equal(kept->scope, OUTCOME_SERVICE);
    assert_int_equal(kept->reach, REACH_NOT_SENT);
    assert_int_equal(kept->http_status, 500);
    assert_string_equal(kept->fault, "Client: no such survey");
    assert_string_equal(kept->reason, "the service rejected it");
    assert_string_equal(kept->request_head.data, "POST / HTTP/1.1");
    assert_string_equal(kept->request_body.data, "<a/>");
    assert_string_equal(kept->reply_head.data, "HTTP/1.1 500");
    assert_string_equal(kept->reply_body.data, "<fault/>");
    assert_int_equal(kept->reply_dropped_bytes, 12345);
    assert_string_equal(kept->peer, "127.0.0.1:443");
    assert_int_equal(kept->resolved_us, 1);
    assert_int_equal(kept->connected_us, 2);
    assert_int_equal(kept->secured_us, 3);
    assert_int_equal(kept->first_byte_us, 4);
    assert_int_equal(kept->total_us, 5);
    assert_string_equal(kept->fault_tree.data, "{\"code\":\"Client\"}");
    assert_string_equal(kept->verdict, "holds: //a");
}

static void test_a_retry_carries_its_progress(void **state)
{
    struct fixture *f = *state;
    int64_t first = f->now;
    const char *id = put(f, "survey", NULL);
    assert_true(end(f, take_one(f, "survey"), DELIVERY_WAITING, f->now + 10));
    f->now += 10;
    assert_true(end(f, take_one(f, "survey"), DELIVERY_WAITING, f->now + 10));
    f->now += 10;
    struct store_lease *lease = take_one(f, "survey");
    assert_int_equal(lease->number, 3);
    assert_int_equal(lease->progress.attempts, 2);
    assert_int_equal(lease->progress.first_attempt_at, first);
    assert_int_equal(see(f, id).attempts, 2);
    assert_int_equal(see(f, id).first_attempt_at, first);
}

static void test_a_settle_without_the_lease_changes_nothing(void **state)
{
    struct fixture *f = *state;
    const char *id = put(f, "survey", NULL);
    struct store_lease *lease = take_one(f, "survey");
    assert_true(end(f, lease, DELIVERY_DELIVERED, 0));
    assert_false(end(f, lease, DELIVERY_DEAD, 0)); // twice
    assert_int_equal(see(f, id).state, DELIVERY_DELIVERED);

    put(f, "survey", NULL);
    lease = take_one(f, "survey");
    f->now += 60000;
    assert_int_equal(lapse(f), 1);
    assert_false(end(f, lease, DELIVERY_DELIVERED, 0)); // ran out
    struct store_lease *next = take_one(f, "survey");
    assert_int_equal(next->number, 2);
    assert_false(end(f, lease, DELIVERY_DELIVERED, 0)); // another has it
    assert_true(end(f, next, DELIVERY_DELIVERED, 0));

    struct store_lease unknown = {.delivery = 999, .number = 1, .service = "survey"};
    assert_false(end(f, &unknown, DELIVERY_DELIVERED, 0));
    check_counts(f);
}

static void test_a_lease_that_ran_out_leaves_an_attempt(void **state)
{
    struct fixture *f = *state;
    struct store_delivery delivery;
    struct store_attempt *attempts;
    size_t count;
    struct err err;
    int64_t leased_at = f->now;
    const char *id = put(f, "survey", NULL);
    struct store_batch batch = {.is_lapsing = true};
    take_one(f, "survey");
    f->now += 59999;
    assert_int_equal(lapse(f), 0);
    f->now += 1;
    must_commit(f, &batch);
    assert_int_equal(batch.lapsed_count, 1);
    assert_string_equal(batch.lapsed_services[0], "survey");
    assert_true(store_view_delivery(f->reader, f->arena, id, &delivery, &attempts, &count, &err));
    assert_int_equal(delivery.state, DELIVERY_WAITING);
    assert_int_equal(delivery.due_at, f->now);
    assert_int_equal(count, 1);
    assert_int_equal(attempts[0].outcome, OUTCOME_UNKNOWN);
    assert_int_equal(attempts[0].reach, REACH_SENT);
    assert_int_equal(attempts[0].started_at, leased_at);
    assert_string_equal(attempts[0].reason, "the lease ran out during this attempt");
    check_counts(f);
}

static void test_a_reopened_store_takes_over_leases(void **state)
{
    struct fixture *f = *state;
    struct store_lease *leases[3];
    const char *done = put(f, "survey", NULL), *a = put(f, "survey", "k"), *b;
    assert_int_equal(take(f, "survey", 3, leases), 2);
    assert_true(end(f, leases[0], DELIVERY_DELIVERED, 0));
    b = put(f, "crm", NULL);
    assert_int_equal(take(f, "crm", 1, leases), 1);
    const char *waiting = put(f, "survey", "k");
    assert_int_equal(fixture_reopen(f), 2);
    assert_int_equal(see(f, done).state, DELIVERY_DELIVERED);
    assert_int_equal(see(f, a).state, DELIVERY_WAITING);
    assert_int_equal(see(f, b).state, DELIVERY_WAITING);
    assert_string_equal(see(f, a).reason, "the gateway stopped during this attempt");
    assert_int_equal(take(f, "survey", 3, leases), 1);
    assert_string_equal(leases[0]->id, a);
    assert_int_equal(leases[0]->number, 2);
    assert_int_equal(see(f, waiting).due_at, 0);
    assert_int_equal(fixture_reopen(f), 1);
    check_counts(f);
}

// --- order ---

static void test_an_order_key_is_delivered_one_by_one(void **state)
{
    struct fixture *f = *state;
    struct store_lease *leases[4];
    const char *first = put(f, "survey", "k"), *second = put(f, "survey", "k");
    const char *other_key = put(f, "survey", "m"), *other_service = put(f, "crm", "k");
    assert_int_equal(see(f, second).due_at, 0);
    assert_int_equal(take(f, "survey", 4, leases), 2);
    assert_string_equal(leases[0]->id, first);
    assert_string_equal(leases[1]->id, other_key);
    assert_string_equal(take_one(f, "crm")->id, other_service);
    assert_true(end(f, leases[0], DELIVERY_WAITING, f->now + 1000)); // a retry keeps its place
    assert_int_equal(take(f, "survey", 4, leases), 0);
    f->now += 1000;
    assert_int_equal(take(f, "survey", 4, leases), 1);
    assert_string_equal(leases[0]->id, first);
    assert_true(end(f, leases[0], DELIVERY_DELIVERED, 0));
    assert_int_equal(see(f, second).due_at, f->now);
    assert_string_equal(take_one(f, "survey")->id, second);
}

static void test_every_end_lets_the_next_go(void **state)
{
    struct fixture *f = *state;
    static const enum delivery_state ends[] = {DELIVERY_DELIVERED, DELIVERY_HELD, DELIVERY_DEAD};
    const char *next = put(f, "survey", "k");
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        struct store_lease *lease = take_one(f, "survey");
        assert_string_equal(lease->id, next);
        next = put(f, "survey", "k");
        assert_null(take_one(f, "survey"));
        assert_true(end(f, lease, ends[i], 0));
    }
    const char *last = put(f, "survey", "k");
    assert_int_equal(see(f, last).due_at, 0);
    assert_int_equal(operate(f, OPERATE_CANCEL, next), OPERATE_DONE);
    assert_string_equal(take_one(f, "survey")->id, last);
}

static void test_cancelling_one_behind_leaves_the_first_alone(void **state)
{
    struct fixture *f = *state;
    const char *first = put(f, "survey", "k"), *second = put(f, "survey", "k");
    const char *third = put(f, "survey", "k");
    struct store_lease *lease = take_one(f, "survey");
    assert_int_equal(operate(f, OPERATE_CANCEL, second), OPERATE_DONE);
    assert_null(take_one(f, "survey"));
    assert_string_equal(lease->id, first);
    assert_true(end(f, lease, DELIVERY_DELIVERED, 0));
    assert_string_equal(take_one(f, "survey")->id, third);
}

static void test_a_resent_delivery_goes_before_later_ones(void **state)
{
    struct fixture *f = *state;
    const char *first = put(f, "survey", "k");
    assert_true(end(f, take_one(f, "survey"), DELIVERY_DEAD, 0));
    const char *second = put(f, "survey", "k"), *third = put(f, "survey", "k");
    assert_int_equal(operate(f, OPERATE_RESEND, first), OPERATE_DONE);
    assert_int_equal(see(f, second).due_at, 0);
    struct store_lease *lease = take_one(f, "survey");
    assert_string_equal(lease->id, first);
    assert_true(end(f, lease, DELIVERY_DELIVERED, 0));
    assert_string_equal(take_one(f, "survey")->id, second);
    assert_int_equal(see(f, third).due_at, 0);
}

static void test_a_resent_delivery_waits_for_one_in_flight(void **state)
{
    struct fixture *f = *state;
    const char *first = put(f, "survey", "k");
    assert_true(end(f, take_one(f, "survey"), DELIVERY_DEAD, 0));
    const char *second = put(f, "survey", "k");
    struct store_lease *lease = take_one(f, "survey");
    assert_string_equal(lease->id, second);
    assert_int_equal(operate(f, OPERATE_RESEND, first), OPERATE_DONE);
    assert_null(take_one(f, "survey")); // never two of one key at once
    assert_true(end(f, lease, DELIVERY_WAITING, f->now));
    lease = take_one(f, "survey");
    assert_string_equal(lease->id, first);
    assert_null(take_one(f, "survey"));
    assert_true(end(f, lease, DELIVERY_DELIVERED, 0));
    assert_string_equal(take_one(f, "survey")->id, second);
}

static void test_resent_deliveries_keep_their_order(void **state)
{
    struct fixture *f = *state;
    const char *first = put(f, "survey", "k"), *second = put(f, "survey", "k");
    assert_true(end(f, take_one(f, "survey"), DELIVERY_DEAD, 0));
    assert_true(end(f, take_one(f, "survey"), DELIVERY_DEAD, 0));
    assert_int_equal(operate(f, OPERATE_RESEND, first), OPERATE_DONE);
    assert_int_equal(operate(f, OPERATE_RESEND, second), OPERATE_DONE);
    assert_int_equal(see(f, second).due_at, 0);
    assert_string_equal(take_one(f, "survey")->id, first);
    assert_null(take_one(f, "survey"));
}

// --- a person ---

static void test_resend_starts_anew_and_keeps_the_history(void **state)
{
    struct fixture *f = *state;
    static const enum delivery_state ends[] = {DELIVERY_DELIVERED, DELIVERY_HELD, DELIVERY_DEAD};
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        const char *id = put(f, "survey", NULL);
        int64_t first = f->now;
        assert_true(end(f, take_one(f, "survey"), ends[i], 0));
        f->now += 1000;
        assert_int_equal(operate(f, OPERATE_RESEND, id), OPERATE_DONE);
        assert_int_equal(see(f, id).state, DELIVERY_WAITING);
        assert_int_equal(see(f, id).due_at, f->now);
        assert_int_equal(see(f, id).ended_at, 0);
        struct store_lease *lease = take_one(f, "survey");
        assert_string_equal(lease->id, id);
        assert_int_equal(lease->number, 2);
        assert_int_equal(lease->progress.attempts, 0);
        assert_true(end(f, lease, DELIVERY_DELIVERED, 0));
        assert_int_equal(see(f, id).attempts, 2);
        assert_int_equal(see(f, id).first_attempt_at, first);
    }
    check_counts(f);
}

static void test_cancel_ends_and_resend_brings_back(void **state)
{
    struct fixture *f = *state;
    const char *id = put(f, "survey", NULL);
    assert_int_equal(operate(f, OPERATE_CANCEL, id), OPERATE_DONE);
    assert_int_equal(see(f, id).state, DELIVERY_CANCELLED);
    assert_int_equal(see(f, id).ended_at, f->now);
    assert_null(take_one(f, "survey"));
    assert_int_equal(operate(f, OPERATE_RESEND, id), OPERATE_DONE);
    assert_true(end(f, take_one(f, "survey"), DELIVERY_HELD, 0));
    assert_int_equal(operate(f, OPERATE_CANCEL, id), OPERATE_DONE);
    assert_int_equal(see(f, id).state, DELIVERY_CANCELLED);
    check_counts(f);
}

static void refuses(struct fixture *f, enum store_operation operation, const char *id,
                    enum delivery_state state)
{
    struct store_operate entry = {.operation = operation}, *operates = &entry;
    snprintf(entry.delivery_id, sizeof(entry.delivery_id), "%s", id);
    must_commit(f, &(struct store_batch){.operates = &operates, .operate_count = 1});
    assert_int_equal(entry.result, OPERATE_REFUSED);
    assert_int_equal(entry.state, state);
    assert_int_equal(see(f, id).state, state);
}

static void test_what_the_state_forbids_is_refused(void **state)
{
    struct fixture *f = *state;
    const char *id = put(f, "survey", NULL);
    refuses(f, OPERATE_RESEND, id, DELIVERY_WAITING);
    struct store_lease *lease = take_one(f, "survey");
    refuses(f, OPERATE_RESEND, id, DELIVERY_LEASED);
    refuses(f, OPERATE_CANCEL, id, DELIVERY_LEASED);
    assert_true(end(f, lease, DELIVERY_DELIVERED, 0));
    refuses(f, OPERATE_CANCEL, id, DELIVERY_DELIVERED);
    assert_int_equal(operate(f, OPERATE_RESEND, "no-such-id"), OPERATE_NOT_FOUND);
    check_counts(f);
}

const struct CMUnitTest contract_store_tests[] = {
    CONTRACT_TEST(test_a_claim_gives_the_event_as_received),
    CONTRACT_TEST(test_an_accept_is_claimed_in_its_own_transaction),
    CONTRACT_TEST(test_the_same_key_and_body_gives_the_first_event),
    CONTRACT_TEST(test_the_same_key_and_another_body_is_a_conflict),
    CONTRACT_TEST(test_a_key_is_known_within_its_own_transaction),
    CONTRACT_TEST(test_events_without_a_route_are_kept_and_counted),
    CONTRACT_TEST(test_a_claim_keeps_to_its_service_and_limit),
    CONTRACT_TEST(test_a_claim_gives_what_is_due_first),
    CONTRACT_TEST(test_next_due_is_that_of_the_service),
    CONTRACT_TEST(test_an_attempt_is_kept_whole),
    CONTRACT_TEST(test_a_retry_carries_its_progress),
    CONTRACT_TEST(test_a_settle_without_the_lease_changes_nothing),
    CONTRACT_TEST(test_a_lease_that_ran_out_leaves_an_attempt),
    CONTRACT_TEST(test_a_reopened_store_takes_over_leases),
    CONTRACT_TEST(test_an_order_key_is_delivered_one_by_one),
    CONTRACT_TEST(test_every_end_lets_the_next_go),
    CONTRACT_TEST(test_cancelling_one_behind_leaves_the_first_alone),
    CONTRACT_TEST(test_a_resent_delivery_goes_before_later_ones),
    CONTRACT_TEST(test_a_resent_delivery_waits_for_one_in_flight),
    CONTRACT_TEST(test_resent_deliveries_keep_their_order),
    CONTRACT_TEST(test_resend_starts_anew_and_keeps_the_history),
    CONTRACT_TEST(test_cancel_ends_and_resend_brings_back),
    CONTRACT_TEST(test_what_the_state_forbids_is_refused),
};
const size_t contract_store_test_count = COUNT_OF(contract_store_tests);
