// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a delivery captured: committed with its settle, brought by later leases of the same call and
// source, the newest of a name, and shown with the delivery.

#include "contract.h"

static const char *put_of(struct fixture *f, const char *source, const char *call_id,
                          const char *service)
{
    const char *const services[] = {service, NULL};
    struct store_accept *accept = make_accept(f, call_id, NULL, services);
    accept->source = source;
    must_commit(f, &(struct store_batch){.accepts = &accept, .accept_count = 1});
    return accept->deliveries[0].id;
}

static const struct json *texts(struct fixture *f, const char *name, const char *value)
{
    struct json *captured = json_object(f->arena);
    json_set(f->arena, captured, str_from(name), json_text(f->arena, value));
    return captured;
}

static bool deliver(struct fixture *f, const struct store_lease *lease, const char *name,
                    const char *value)
{
    struct store_settle settle = make_settle(f, lease, DELIVERY_DELIVERED, 0);
    struct store_settle *settles = &settle;
    settle.captured = texts(f, name, value);
    must_commit(f, &(struct store_batch){.settles = &settles, .settle_count = 1});
    return settle.is_applied;
}

static const char *captured(const struct store_lease *lease, const char *name)
{
    const struct json *value = json_get(lease->captured, str_from(name));
    return value ? value->string.data : "nothing";
}

static const struct json *seen(struct fixture *f, const char *id)
{
    const struct json *captures;
    struct err err;
    assert_true(store_view_captures(f->reader, f->arena, see(f, id).number, &captures, &err));
    return captures;
}

static void test_a_lease_brings_what_the_call_captured(void **state)
{
    struct fixture *f = *state;
    const char *first = put_of(f, "acme", "call-1", "survey");
    struct store_lease *lease = take_one(f, "survey");
    assert_null(lease->captured);
    assert_true(deliver(f, lease, "case_id", "4711"));
    put_of(f, "acme", "call-1", "crm");
    assert_string_equal(captured(take_one(f, "crm"), "case_id"), "4711");
    assert_int_equal(seen(f, first)->object.count, 1);
    assert_string_equal(json_get(seen(f, first), STR("case_id"))->string.data, "4711");
}

static void test_a_lease_of_the_same_transaction_sees_it(void **state)
{
    struct fixture *f = *state;
    put_of(f, "acme", "call-1", "survey");
    struct store_settle settle = make_settle(f, take_one(f, "survey"), DELIVERY_DELIVERED, 0);
    struct store_settle *settles = &settle;
    settle.captured = texts(f, "case_id", "4711");
    put_of(f, "acme", "call-1", "crm");
    struct store_claim claim = {.service = "crm", .limit = 1, .lease_until = f->now + 1000};
    must_commit(f, &(struct store_batch){
                       .settles = &settles, .settle_count = 1, .claims = &claim, .claim_count = 1});
    assert_int_equal(claim.count, 1);
    assert_string_equal(captured(claim.leases[0], "case_id"), "4711");
    arena_free(claim.leases[0]->arena);
}

static void test_the_newest_of_a_name_counts_and_each_delivery_keeps_its_own(void **state)
{
    struct fixture *f = *state;
    const char *first = put_of(f, "acme", "call-1", "survey");
    const char *second = put_of(f, "acme", "call-1", "crm");
    struct store_lease *survey = take_one(f, "survey"), *crm = take_one(f, "crm");
    assert_true(deliver(f, crm, "case_id", "older"));
    assert_true(deliver(f, survey, "case_id", "newer"));
    put_of(f, "acme", "call-1", "log");
    assert_string_equal(captured(take_one(f, "log"), "case_id"), "newer");
    assert_string_equal(json_get(seen(f, first), STR("case_id"))->string.data, "newer");
    assert_string_equal(json_get(seen(f, second), STR("case_id"))->string.data, "older");

    assert_int_equal(operate(f, OPERATE_RESEND, second), OPERATE_DONE);
    assert_true(deliver(f, take_one(f, "crm"), "other", "x")); // in place of what it had
    put_of(f, "acme", "call-1", "log");
    struct store_lease *lease = take_one(f, "log");
    assert_string_equal(captured(lease, "case_id"), "newer");
    assert_string_equal(captured(lease, "other"), "x");
    assert_int_equal(seen(f, second)->object.count, 1);
}

static void test_other_calls_sources_and_events_without_a_call_see_nothing(void **state)
{
    struct fixture *f = *state;
    put_of(f, "acme", "call-1", "survey");
    assert_true(deliver(f, take_one(f, "survey"), "case_id", "4711"));
    put_of(f, "acme", "call-2", "crm");
    put_of(f, "beta", "call-1", "crm");
    assert_null(take_one(f, "crm")->captured);
    assert_null(take_one(f, "crm")->captured);
    put_of(f, "acme", "", "survey");
    const char *id = put_of(f, "acme", "", "crm");
    assert_true(deliver(f, take_one(f, "crm"), "case_id", "5"));
    assert_null(take_one(f, "survey")->captured);
    assert_int_equal(seen(f, id)->object.count, 1); // it keeps them all the same
}

static void test_a_lost_lease_captures_nothing(void **state)
{
    struct fixture *f = *state;
    const char *id = put_of(f, "acme", "call-1", "survey");
    struct store_lease *lease = take_one(f, "survey");
    f->now += 600 * 1000;
    assert_int_equal(lapse(f), 1);
    assert_false(deliver(f, lease, "case_id", "4711"));
    assert_int_equal(seen(f, id)->object.count, 0);
}

static void test_captures_outlive_a_restart_and_are_limited(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < STORE_CAPTURED_MAX + 6; i++) {
        put_of(f, "acme", "call-1", "survey");
        assert_true(deliver(f, take_one(f, "survey"), arena_printf(f->arena, "name%03d", i), "x"));
    }
    assert_int_equal(fixture_reopen(f), 0);
    put_of(f, "acme", "call-1", "crm");
    struct store_lease *lease = take_one(f, "crm");
    assert_int_equal(lease->captured->object.count, STORE_CAPTURED_MAX);
    const struct json *shown;
    struct err err;
    assert_true(store_view_captured(f->reader, f->arena, "acme", STR("call-1"), &shown, &err));
    assert_int_equal(shown->object.count, STORE_CAPTURED_MAX);
    assert_true(store_view_captured(f->reader, f->arena, "acme", STR(""), &shown, &err));
    assert_null(shown);
}

const struct CMUnitTest contract_capture_tests[] = {
    CONTRACT_TEST(test_a_lease_brings_what_the_call_captured),
    CONTRACT_TEST(test_a_lease_of_the_same_transaction_sees_it),
    CONTRACT_TEST(test_the_newest_of_a_name_counts_and_each_delivery_keeps_its_own),
    CONTRACT_TEST(test_other_calls_sources_and_events_without_a_call_see_nothing),
    CONTRACT_TEST(test_a_lost_lease_captures_nothing),
    CONTRACT_TEST(test_captures_outlive_a_restart_and_are_limited),
};
const size_t contract_capture_test_count = COUNT_OF(contract_capture_tests);
