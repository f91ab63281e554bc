// SPDX-License-Identifier: GPL-3.0-or-later
//
// The times of deliveries: not before, not after, together with another event of the call; and
// events that were there before. The test moves the clock.

#include "contract.h"

#include <stdio.h>

static const char *const to_survey[] = {"survey", NULL};
static const char *const call_ends[] = {"inbound.call_end", "inbound.disposition"};
static const char *const three[] = {"inbound.call_end", "inbound.disposition", "inbound.dequeue"};

static struct store_delivery must_accept(struct fixture *f, struct store_accept *accept)
{
    must_commit(f, &(struct store_batch){.accepts = &accept, .accept_count = 1});
    assert_int_equal(accept->result, ACCEPT_STORED);
    return see(f, accept->deliveries[0].id);
}

// A delivery with times since now; 0: none.
static const char *put_timed(struct fixture *f, const char *order_key, int64_t delay_ms,
                             int64_t expires_ms)
{
    struct store_accept *accept = make_accept(f, "call-1", order_key, to_survey);
    accept->deliveries[0].not_before = delay_ms ? f->now + delay_ms : 0;
    accept->deliveries[0].expires_at = expires_ms ? f->now + expires_ms : 0;
    return must_accept(f, accept).id;
}

// Commits nothing; gives the number of deliveries that expired.
static size_t sweep(struct fixture *f, int64_t *ret_next_expiry)
{
    struct store_batch batch = {0};
    size_t count = 0;
    must_commit(f, &batch);
    for (const struct store_expired *each = batch.expired; each; each = each->next)
        count++;
    *ret_next_expiry = batch.next_expiry;
    return count;
}

// --- not before ---

static void test_a_delayed_delivery_is_leased_once_its_time_has_come(void **state)
{
    struct fixture *f = *state;
    struct err err;
    int64_t due_at;
    const char *id = put_timed(f, NULL, 120000, 0);
    assert_int_equal(see(f, id).due_at, f->now + 120000);
    assert_int_equal(see(f, id).not_before, f->now + 120000);
    assert_true(store_next_due(f->store, "survey", &due_at, &err));
    assert_int_equal(due_at, f->now + 120000);
    f->now += 119999;
    assert_null(take_one(f, "survey"));
    f->now += 1;
    assert_string_equal(take_one(f, "survey")->id, id);
}

static void test_a_delay_keeps_the_order_of_its_key(void **state)
{
    struct fixture *f = *state;
    const char *delayed = put_timed(f, "k", 1000, 0), *behind = put(f, "survey", "k");
    assert_null(take_one(f, "survey"));
    f->now += 1000;
    struct store_lease *lease = take_one(f, "survey");
    assert_string_equal(lease->id, delayed);
    assert_true(end(f, lease, DELIVERY_DELIVERED, 0));
    assert_string_equal(take_one(f, "survey")->id, behind);
}

static void test_a_delay_goes_on_while_a_delivery_stands_behind_another(void **state)
{
    struct fixture *f = *state;
    put(f, "survey", "k");
    struct store_lease *first = take_one(f, "survey");
    const char *delayed = put_timed(f, "k", 1000, 0);
    assert_int_equal(see(f, delayed).due_at, 0);
    f->now += 400;
    assert_true(end(f, first, DELIVERY_DELIVERED, 0));
    assert_int_equal(see(f, delayed).due_at, f->now + 600);
    put(f, "survey", "k");
    first = take_one(f, "survey");
    assert_null(first);
}

static void test_a_person_need_not_wait_for_a_delay(void **state)
{
    struct fixture *f = *state;
    const char *id = put_timed(f, NULL, 120000, 0);
    assert_int_equal(operate(f, OPERATE_CANCEL, id), OPERATE_DONE);
    assert_int_equal(operate(f, OPERATE_RESEND, id), OPERATE_DONE);
    assert_int_equal(see(f, id).not_before, 0);
    assert_string_equal(take_one(f, "survey")->id, id);
}

// --- not after ---

static void test_a_delivery_is_never_leased_from_its_deadline_on(void **state)
{
    struct fixture *f = *state;
    const char *late = put_timed(f, NULL, 0, 1000);
    struct store_lease *early;
    put_timed(f, NULL, 0, 1001);
    f->now += 1000;
    early = take_one(f, "survey"); // one slot, and the late one stands first
    if (!early)
        early = take_one(f, "survey");
    assert_int_equal(early->progress.expires_at, f->now + 1);
    assert_int_equal(see(f, late).state, DELIVERY_EXPIRED);
    assert_int_equal(see(f, late).ended_at, f->now);
    assert_string_equal(see(f, late).reason, "expired before its first attempt");
    check_counts(f);
}

static void test_a_sweep_names_what_expired_and_the_next_deadline(void **state)
{
    struct fixture *f = *state;
    int64_t next_expiry;
    struct store_batch batch = {0};
    assert_int_equal(sweep(f, &next_expiry), 0);
    assert_true(next_expiry == INT64_MAX);
    const char *first = put_timed(f, NULL, 0, 1000);
    put_timed(f, NULL, 0, 3000);
    put(f, "survey", NULL);
    assert_int_equal(sweep(f, &next_expiry), 0);
    assert_int_equal(next_expiry, f->now + 1000);
    f->now += 1000;
    must_commit(f, &batch);
    assert_non_null(batch.expired);
    assert_null(batch.expired->next);
    assert_string_equal(batch.expired->id, first);
    assert_string_equal(batch.expired->event_id, see(f, first).event_id);
    assert_string_equal(batch.expired->service, "survey");
    assert_int_equal(batch.next_expiry, f->now + 2000);
    f->now += 2000;
    assert_int_equal(sweep(f, &next_expiry), 1);
    assert_true(next_expiry == INT64_MAX);
    check_counts(f);
}

static void test_what_stands_behind_expires_where_it_stands(void **state)
{
    struct fixture *f = *state;
    int64_t next_expiry;
    put(f, "survey", "k");
    struct store_lease *first = take_one(f, "survey");
    const char *second = put_timed(f, "k", 0, 1000), *third = put(f, "survey", "k");
    f->now += 1000;
    assert_int_equal(sweep(f, &next_expiry), 1);
    assert_int_equal(see(f, second).state, DELIVERY_EXPIRED);
    assert_null(take_one(f, "survey")); // the first is still in flight
    assert_true(end(f, first, DELIVERY_DELIVERED, 0));
    assert_string_equal(take_one(f, "survey")->id, third);
}

static void test_the_first_of_a_key_that_expires_lets_the_next_go(void **state)
{
    struct fixture *f = *state;
    int64_t next_expiry;
    put_timed(f, "k", 500, 1000);
    const char *second = put_timed(f, "k", 5000, 0);
    int64_t not_before = f->now + 5000;
    f->now += 1000;
    assert_int_equal(sweep(f, &next_expiry), 1);
    assert_int_equal(see(f, second).due_at, not_before);
}

static void test_what_is_leased_or_held_does_not_expire(void **state)
{
    struct fixture *f = *state;
    int64_t next_expiry;
    put_timed(f, NULL, 0, 1000);
    const char *held = put_timed(f, NULL, 0, 1000);
    struct store_lease *leases[2];
    assert_int_equal(take(f, "survey", 2, leases), 2);
    assert_true(end(f, leases[1], DELIVERY_HELD, 0));
    f->now += 2000;
    assert_int_equal(sweep(f, &next_expiry), 0);
    assert_true(next_expiry == INT64_MAX);
    assert_int_equal(see(f, held).state, DELIVERY_HELD);
    assert_true(end(f, leases[0], DELIVERY_DELIVERED, 0)); // late, but it arrived
}

static void test_a_retry_that_waits_expires_with_its_last_reason(void **state)
{
    struct fixture *f = *state;
    int64_t next_expiry;
    const char *id = put_timed(f, NULL, 0, 1000);
    assert_true(end(f, take_one(f, "survey"), DELIVERY_WAITING, f->now + 900));
    f->now += 1000;
    assert_int_equal(sweep(f, &next_expiry), 1);
    assert_string_equal(see(f, id).reason, "expired after 1 attempt: as asked");
}

static void test_a_lease_that_ran_out_past_the_deadline_expires(void **state)
{
    struct fixture *f = *state;
    const char *id = put_timed(f, NULL, 0, 1000);
    take_one(f, "survey");
    f->now += 60000;
    assert_int_equal(lapse(f), 1);
    assert_int_equal(see(f, id).state, DELIVERY_EXPIRED);
    assert_int_equal(see(f, id).attempts, 1);
    check_counts(f);
}

static void test_a_settle_can_say_expired(void **state)
{
    struct fixture *f = *state;
    const char *id = put_timed(f, "k", 0, 1000), *next = put(f, "survey", "k");
    assert_true(end(f, take_one(f, "survey"), DELIVERY_EXPIRED, 0));
    assert_int_equal(see(f, id).state, DELIVERY_EXPIRED);
    assert_string_equal(take_one(f, "survey")->id, next);
    check_counts(f);
}

static void test_what_a_person_resends_has_no_deadline_any_more(void **state)
{
    struct fixture *f = *state;
    int64_t next_expiry;
    const char *id = put_timed(f, NULL, 0, 1000);
    f->now += 1000;
    assert_int_equal(sweep(f, &next_expiry), 1);
    assert_int_equal(operate(f, OPERATE_CANCEL, id), OPERATE_REFUSED);
    assert_int_equal(operate(f, OPERATE_RESEND, id), OPERATE_DONE);
    struct store_lease *lease = take_one(f, "survey");
    assert_string_equal(lease->id, id);
    assert_int_equal(lease->progress.expires_at, 0);
    check_counts(f);
}

static void test_thousands_of_deadlines_take_several_sweeps(void **state)
{
    struct fixture *f = *state;
    enum { MANY = 2500 };
    struct store_accept **accepts = arena_alloc(f->arena, MANY * sizeof(struct store_accept *));
    int64_t next_expiry;
    for (size_t i = 0; i < MANY; i++) {
        accepts[i] = make_accept(f, "call", NULL, to_survey);
        accepts[i]->deliveries[0].expires_at = f->now + 1 + (int64_t)(i % 7);
    }
    must_commit(f, &(struct store_batch){.accepts = accepts, .accept_count = MANY});
    f->now += 10;
    size_t expired = 0, sweeps = 0;
    do {
        expired += sweep(f, &next_expiry);
        sweeps++;
    } while (next_expiry <= f->now);
    assert_int_equal(expired, MANY);
    assert_true(sweeps > 1);
    check_counts(f);
}

// --- merge ---

// An event of a route that merges; `triggers` ended by `count`.
static struct store_accept *make_merging(struct fixture *f, const char *trigger,
                                         const char *session, const char *const *triggers,
                                         size_t count)
{
    struct store_accept *accept = make_accept(f, "call-1", "call-1", to_survey);
    struct store_new_delivery *delivery = &accept->deliveries[0];
    accept->trigger = trigger;
    accept->body = str_from(arena_printf(f->arena, "{\"uii\":\"1\",\"from\":\"%s\"}", accept->id));
    delivery->merge_call = STR("platform/call-1");
    delivery->merge_session = str_from(session);
    delivery->merge_triggers = triggers;
    delivery->merge_trigger_count = count;
    delivery->merge_until = f->now + 1000;
    return accept;
}

static struct store_delivery merge(struct fixture *f, const char *trigger, const char *session)
{
    return must_accept(f, make_merging(f, trigger, session, call_ends, COUNT_OF(call_ends)));
}

static void is_merged_into(struct fixture *f, const char *id, const char *into)
{
    struct store_delivery delivery = see(f, id);
    assert_int_equal(delivery.state, DELIVERY_MERGED);
    assert_string_equal(delivery.merged_into, into);
    assert_int_equal(delivery.ended_at, f->now);
    assert_int_equal(operate(f, OPERATE_RESEND, id), OPERATE_REFUSED);
    assert_int_equal(operate(f, OPERATE_CANCEL, id), OPERATE_REFUSED);
}

static void check_both_orders(struct fixture *f, const char *first, const char *second)
{
    struct store_delivery earlier = merge(f, first, NULL);
    assert_int_equal(earlier.due_at, f->now + 1000);
    assert_string_equal(earlier.merge_wants, second);
    f->now += 300;
    struct store_delivery later = merge(f, second, NULL);
    assert_int_equal(later.due_at, f->now);
    assert_string_equal(later.merge_wants, "");
    is_merged_into(f, earlier.id, later.id);
    struct store_lease *lease = take_one(f, "survey");
    assert_string_equal(lease->id, later.id);
    assert_string_equal(lease->trigger, second);
    assert_int_equal(lease->carried_count, 1);
    assert_string_equal(lease->carried[0].event_id, earlier.event_id);
    assert_string_equal(lease->carried[0].trigger, first);
    assert_string_equal(lease->carried[0].source, "platform");
    assert_non_null(strstr(lease->carried[0].body.data, earlier.event_id));
    assert_null(take_one(f, "survey"));
    check_counts(f);
}

static void test_the_second_event_takes_the_first_one_with_it(void **state)
{
    check_both_orders(*state, "inbound.call_end", "inbound.disposition");
}

static void test_the_order_of_the_two_does_not_matter(void **state)
{
    check_both_orders(*state, "inbound.disposition", "inbound.call_end");
}

static void test_a_wait_that_ran_out_sends_both_alone(void **state)
{
    struct fixture *f = *state;
    struct store_delivery first = merge(f, "inbound.call_end", NULL);
    f->now += 1000;
    struct store_lease *lease = take_one(f, "survey");
    assert_string_equal(lease->id, first.id);
    assert_int_equal(lease->carried_count, 0);
    assert_true(end(f, lease, DELIVERY_DELIVERED, 0));
    f->now += 1;
    struct store_delivery second = merge(f, "inbound.disposition", NULL);
    assert_int_equal(second.due_at, f->now); // it waits for nobody
    assert_string_equal(take_one(f, "survey")->id, second.id);
    assert_string_equal(see(f, first.id).merged_into, "");
}

static void test_what_was_leased_is_not_merged(void **state)
{
    struct fixture *f = *state;
    struct store_delivery first = merge(f, "inbound.call_end", NULL);
    f->now += 1000;
    assert_true(end(f, take_one(f, "survey"), DELIVERY_WAITING, f->now + 500));
    struct store_delivery second = merge(f, "inbound.disposition", NULL);
    assert_int_equal(see(f, first.id).state, DELIVERY_WAITING);
    assert_int_equal(second.due_at, 0); // in order, behind the first
}

static void test_a_service_that_is_late_can_still_get_them_as_one(void **state)
{
    struct fixture *f = *state;
    struct store_delivery first = merge(f, "inbound.call_end", NULL);
    f->now += 5000; // due since long, and nobody took it
    struct store_delivery second = merge(f, "inbound.disposition", NULL);
    is_merged_into(f, first.id, second.id);
}

static void test_three_events_wait_as_long_as_the_first_may(void **state)
{
    struct fixture *f = *state;
    int64_t until = f->now + 1000;
    struct store_delivery first = must_accept(f, make_merging(f, three[2], NULL, three, 3));
    assert_string_equal(first.merge_wants, "inbound.call_end inbound.disposition");
    f->now += 400;
    struct store_delivery second = must_accept(f, make_merging(f, three[0], NULL, three, 3));
    assert_string_equal(second.merge_wants, "inbound.disposition");
    assert_int_equal(second.due_at, until);
    f->now += 400;
    struct store_delivery third = must_accept(f, make_merging(f, three[1], NULL, three, 3));
    assert_int_equal(third.due_at, f->now);
    assert_string_equal(see(f, first.id).merged_into, third.id);
    assert_string_equal(see(f, second.id).merged_into, third.id);
    struct store_lease *lease = take_one(f, "survey");
    assert_int_equal(lease->carried_count, 2);
    assert_string_equal(lease->carried[0].trigger, three[2]);
    assert_string_equal(lease->carried[1].trigger, three[0]);
    check_counts(f);
}

static void test_an_event_that_comes_twice_goes_once(void **state)
{
    struct fixture *f = *state;
    struct store_delivery first = merge(f, "inbound.call_end", NULL);
    struct store_delivery again = merge(f, "inbound.call_end", NULL);
    is_merged_into(f, first.id, again.id);
    assert_string_equal(again.merge_wants, "inbound.disposition");
    struct store_delivery last = merge(f, "inbound.disposition", NULL);
    assert_int_equal(take_one(f, "survey")->carried_count, 2);
    assert_string_equal(see(f, first.id).merged_into, last.id);
}

static void test_a_call_without_end_is_cut_into_deliveries(void **state)
{
    struct fixture *f = *state;
    const char *last = NULL;
    for (int i = 0; i <= STORE_CARRIED_MAX; i++)
        last = merge(f, "inbound.call_end", NULL).id;
    assert_int_equal(see(f, last).state, DELIVERY_WAITING);
    struct store_delivery more = merge(f, "inbound.call_end", NULL);
    assert_int_equal(see(f, last).state, DELIVERY_WAITING);
    assert_int_equal(more.due_at, 0); // behind that one
    f->now += 1000;
    assert_int_equal(take_one(f, "survey")->carried_count, STORE_CARRIED_MAX);
    check_counts(f);
}

static void test_only_the_same_call_session_and_route_are_merged(void **state)
{
    struct fixture *f = *state;
    struct store_delivery first = merge(f, "inbound.call_end", "2");
    struct store_accept *others[] = {
        make_merging(f, "inbound.disposition", "3", call_ends, 2),
        make_merging(f, "inbound.disposition", "2", call_ends, 2),
        make_merging(f, "inbound.disposition", "2", call_ends, 2),
        make_merging(f, "inbound.disposition", "2", call_ends, 2),
    };
    others[1]->deliveries[0].merge_call = STR("other/call-1");
    others[2]->deliveries[0].route = "another";
    others[3]->deliveries[0].service = "crm";
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        struct store_delivery other = must_accept(f, others[i]);
        assert_string_equal(other.merge_wants, "inbound.call_end");
        assert_int_equal(see(f, first.id).state, DELIVERY_WAITING);
    }
    struct store_delivery unnamed = merge(f, "inbound.disposition", NULL);
    is_merged_into(f, first.id, unnamed.id);
}

static void test_a_merge_gives_its_place_to_what_stood_behind(void **state)
{
    struct fixture *f = *state;
    merge(f, "inbound.call_end", NULL);
    const char *between = put(f, "survey", "call-1");
    assert_int_equal(see(f, between).due_at, 0);
    struct store_delivery later = merge(f, "inbound.disposition", NULL);
    struct store_lease *lease = take_one(f, "survey");
    assert_string_equal(lease->id, between);
    assert_null(take_one(f, "survey"));
    assert_true(end(f, lease, DELIVERY_DELIVERED, 0));
    assert_string_equal(take_one(f, "survey")->id, later.id);
}

static void test_a_delay_holds_after_a_merge_as_well(void **state)
{
    struct fixture *f = *state;
    merge(f, "inbound.call_end", NULL);
    struct store_accept *accept = make_merging(f, "inbound.disposition", NULL, call_ends, 2);
    accept->deliveries[0].not_before = f->now + 7000;
    assert_int_equal(must_accept(f, accept).due_at, f->now + 7000);
}

static void test_what_a_person_cancelled_or_resent_waits_for_no_event(void **state)
{
    struct fixture *f = *state;
    struct store_delivery first = merge(f, "inbound.call_end", NULL);
    assert_int_equal(operate(f, OPERATE_CANCEL, first.id), OPERATE_DONE);
    struct store_delivery second = merge(f, "inbound.disposition", NULL);
    assert_int_equal(second.due_at, f->now);
    assert_int_equal(see(f, first.id).state, DELIVERY_CANCELLED);
    assert_int_equal(operate(f, OPERATE_RESEND, first.id), OPERATE_DONE);
    assert_string_equal(see(f, first.id).merge_wants, "");
    struct store_delivery third = merge(f, "inbound.disposition", NULL);
    assert_int_equal(see(f, first.id).state, DELIVERY_WAITING);
    assert_string_equal(third.merged_into, "");
}

static void test_a_resent_delivery_still_carries_its_events(void **state)
{
    struct fixture *f = *state;
    merge(f, "inbound.call_end", NULL);
    struct store_delivery later = merge(f, "inbound.disposition", NULL);
    assert_true(end(f, take_one(f, "survey"), DELIVERY_DEAD, 0));
    assert_int_equal(operate(f, OPERATE_RESEND, later.id), OPERATE_DONE);
    assert_int_equal(take_one(f, "survey")->carried_count, 1);
}

static void test_a_wait_for_an_event_outlives_the_process(void **state)
{
    struct fixture *f = *state;
    struct store_delivery first = merge(f, "inbound.call_end", NULL);
    assert_int_equal(fixture_reopen(f), 0);
    struct store_delivery second = merge(f, "inbound.disposition", NULL);
    is_merged_into(f, first.id, second.id);
    assert_int_equal(fixture_reopen(f), 0);
    assert_int_equal(take_one(f, "survey")->carried_count, 1);
    assert_int_equal(fixture_reopen(f), 1);
    assert_int_equal(take_one(f, "survey")->carried_count, 1);
}

static void test_the_events_of_a_delivery_can_be_looked_at(void **state)
{
    struct fixture *f = *state;
    struct store_event *events;
    struct store_delivery *rows;
    size_t count;
    struct err err;
    struct store_delivery first = merge(f, "inbound.call_end", NULL);
    struct store_delivery later = merge(f, "inbound.disposition", NULL);
    assert_true(store_view_carried(f->reader, f->arena, later.number, &events, &count, &err));
    assert_int_equal(count, 1);
    assert_string_equal(events[0].id, first.event_id);
    assert_string_equal(events[0].trigger, "inbound.call_end");
    assert_non_null(strstr(events[0].body.data, first.event_id));
    assert_true(store_view_carried(f->reader, f->arena, first.number, &events, &count, &err));
    assert_int_equal(count, 0);
    struct store_filter filter = {.state = DELIVERY_MERGED, .limit = 10};
    assert_true(store_view_deliveries(f->reader, f->arena, &filter, &rows, &count, &err));
    assert_int_equal(count, 1);
    assert_string_equal(rows[0].merged_into, later.id);
}

// --- repetitions ---

static struct store_accept *make_repeating(struct fixture *f, unsigned char key)
{
    struct store_accept *accept = make_accept(f, "call-1", NULL, to_survey);
    accept->has_repeat_key = true;
    memset(accept->repeat_key, key, sizeof(accept->repeat_key));
    accept->repeat_since = f->now - 1000;
    return accept;
}

static enum store_accept_result accept_again(struct fixture *f, struct store_accept *accept)
{
    must_commit(f, &(struct store_batch){.accepts = &accept, .accept_count = 1});
    f->repeated += accept->result == ACCEPT_REPEATED;
    return accept->result;
}

static void test_a_repetition_is_not_kept_and_gets_the_first_id(void **state)
{
    struct fixture *f = *state;
    struct store_accept *first = make_repeating(f, 1), *again = make_repeating(f, 1);
    const char *id = must_accept(f, first).event_id;
    int64_t received_at = f->now;
    f->now += 999;
    again->repeat_since = f->now - 1000;
    again->received_at = f->now;
    assert_int_equal(accept_again(f, again), ACCEPT_REPEATED);
    assert_string_equal(again->id, id);
    assert_int_equal(again->received_at, received_at);
    assert_int_equal(again->delivery_count, 1);
    assert_string_equal(again->deliveries[0].id, first->deliveries[0].id);
    assert_int_equal(take(f, "survey", 2, (struct store_lease *[2]){0}), 1);
    check_counts(f);
}

static void test_after_the_window_it_is_a_new_event(void **state)
{
    struct fixture *f = *state;
    must_accept(f, make_repeating(f, 1));
    f->now += 1000;
    assert_int_equal(accept_again(f, make_repeating(f, 1)), ACCEPT_STORED);
    f->now += 999; // counted from the last that was kept
    assert_int_equal(accept_again(f, make_repeating(f, 1)), ACCEPT_REPEATED);
    check_counts(f);
}

static void test_other_keys_and_sources_are_other_events(void **state)
{
    struct fixture *f = *state;
    must_accept(f, make_repeating(f, 1));
    assert_int_equal(accept_again(f, make_repeating(f, 2)), ACCEPT_STORED);
    struct store_accept *other = make_repeating(f, 1);
    other->source = "another";
    assert_int_equal(accept_again(f, other), ACCEPT_STORED);
    assert_int_equal(accept_again(f, make_accept(f, "call-1", NULL, to_survey)), ACCEPT_STORED);
    check_counts(f);
}

static void test_two_at_once_cannot_both_pass(void **state)
{
    struct fixture *f = *state;
    struct store_accept *both[] = {make_repeating(f, 1), make_repeating(f, 1)};
    must_commit(f, &(struct store_batch){.accepts = both, .accept_count = 2});
    f->repeated++;
    assert_int_equal(both[0]->result, ACCEPT_STORED);
    assert_int_equal(both[1]->result, ACCEPT_REPEATED);
    assert_string_equal(both[1]->id, both[0]->id);
    check_counts(f);
}

static void test_the_idempotency_key_is_looked_at_first(void **state)
{
    struct fixture *f = *state;
    struct store_accept *first = make_repeating(f, 1), *same = make_repeating(f, 1);
    struct store_accept *conflict = make_repeating(f, 1), *other = make_repeating(f, 1);
    first->idempotency_key = same->idempotency_key = conflict->idempotency_key = STR("k");
    other->idempotency_key = STR("k-2");
    conflict->fingerprint[0] = 1;
    must_accept(f, first);
    assert_int_equal(accept_again(f, same), ACCEPT_DUPLICATE);
    assert_int_equal(accept_again(f, conflict), ACCEPT_CONFLICT);
    assert_int_equal(accept_again(f, other), ACCEPT_REPEATED);
    check_counts(f);
}

const struct CMUnitTest contract_timing_tests[] = {
    CONTRACT_TEST(test_a_delayed_delivery_is_leased_once_its_time_has_come),
    CONTRACT_TEST(test_a_delay_keeps_the_order_of_its_key),
    CONTRACT_TEST(test_a_delay_goes_on_while_a_delivery_stands_behind_another),
    CONTRACT_TEST(test_a_person_need_not_wait_for_a_delay),
    CONTRACT_TEST(test_a_delivery_is_never_leased_from_its_deadline_on),
    CONTRACT_TEST(test_a_sweep_names_what_expired_and_the_next_deadline),
    CONTRACT_TEST(test_what_stands_behind_expires_where_it_stands),
    CONTRACT_TEST(test_the_first_of_a_key_that_expires_lets_the_next_go),
    CONTRACT_TEST(test_what_is_leased_or_held_does_not_expire),
    CONTRACT_TEST(test_a_retry_that_waits_expires_with_its_last_reason),
    CONTRACT_TEST(test_a_lease_that_ran_out_past_the_deadline_expires),
    CONTRACT_TEST(test_a_settle_can_say_expired),
    CONTRACT_TEST(test_what_a_person_resends_has_no_deadline_any_more),
    CONTRACT_TEST(test_thousands_of_deadlines_take_several_sweeps),
    CONTRACT_TEST(test_the_second_event_takes_the_first_one_with_it),
    CONTRACT_TEST(test_the_order_of_the_two_does_not_matter),
    CONTRACT_TEST(test_a_wait_that_ran_out_sends_both_alone),
    CONTRACT_TEST(test_what_was_leased_is_not_merged),
    CONTRACT_TEST(test_a_service_that_is_late_can_still_get_them_as_one),
    CONTRACT_TEST(test_three_events_wait_as_long_as_the_first_may),
    CONTRACT_TEST(test_an_event_that_comes_twice_goes_once),
    CONTRACT_TEST(test_a_call_without_end_is_cut_into_deliveries),
    CONTRACT_TEST(test_only_the_same_call_session_and_route_are_merged),
    CONTRACT_TEST(test_a_merge_gives_its_place_to_what_stood_behind),
    CONTRACT_TEST(test_a_delay_holds_after_a_merge_as_well),
    CONTRACT_TEST(test_what_a_person_cancelled_or_resent_waits_for_no_event),
    CONTRACT_TEST(test_a_resent_delivery_still_carries_its_events),
    CONTRACT_TEST(test_a_wait_for_an_event_outlives_the_process),
    CONTRACT_TEST(test_the_events_of_a_delivery_can_be_looked_at),
    CONTRACT_TEST(test_a_repetition_is_not_kept_and_gets_the_first_id),
    CONTRACT_TEST(test_after_the_window_it_is_a_new_event),
    CONTRACT_TEST(test_other_keys_and_sources_are_other_events),
    CONTRACT_TEST(test_two_at_once_cannot_both_pass),
    CONTRACT_TEST(test_the_idempotency_key_is_looked_at_first),
};
const size_t contract_timing_test_count = COUNT_OF(contract_timing_tests);
