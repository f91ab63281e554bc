// SPDX-License-Identifier: GPL-3.0-or-later
//
// What pages are made of: one delivery, one event, lists with cursors, counts. The lists by filter
// are checked against every combination in contract_model.c.

#include "contract.h"

#include <stdio.h>

static void test_an_event_shows_its_deliveries(void **state)
{
    struct fixture *f = *state;
    static const char *const services[] = {"survey", "crm", NULL};
    struct store_accept *accept = make_accept(f, "call-3", NULL, services);
    struct store_event event;
    struct err err;
    put(f, "survey", NULL);
    accept->body = (struct str){"x\0y", 3};
    accept->format = EVENT_FORM;
    must_commit(f, &(struct store_batch){.accepts = &accept, .accept_count = 1});
    put(f, "survey", NULL);
    assert_true(store_view_event(f->reader, f->arena, accept->id, &event, &err));
    assert_string_equal(event.id, accept->id);
    assert_string_equal(event.trigger, "outbound.disposition");
    assert_string_equal(event.source, "platform");
    assert_string_equal(event.call_id.data, "call-3");
    assert_int_equal(event.received_at, accept->received_at);
    assert_int_equal(event.format, EVENT_FORM);
    assert_int_equal(event.body.len, 3);
    assert_memory_equal(event.body.data, "x\0y", 3);
    assert_int_equal(event.delivery_count, 2);
    assert_string_equal(event.deliveries[0].id, accept->deliveries[0].id);
    assert_string_equal(event.deliveries[1].service, "crm");
    assert_string_equal(event.deliveries[1].event_id, accept->id);
}

static void test_what_is_not_there_is_not_found(void **state)
{
    struct fixture *f = *state;
    struct store_event event;
    struct store_delivery delivery;
    struct store_attempt *attempts;
    size_t count;
    struct err err;
    assert_false(store_view_event(f->reader, f->arena, "nothing", &event, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_false(
        store_view_delivery(f->reader, f->arena, "nothing", &delivery, &attempts, &count, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
}

static void test_many_attempts_show_the_last_hundred(void **state)
{
    struct fixture *f = *state;
    struct store_delivery delivery;
    struct store_attempt *attempts;
    size_t count;
    struct err err;
    const char *id = put(f, "survey", NULL);
    for (int i = 0; i < 103; i++) {
        assert_true(end(f, take_one(f, "survey"), DELIVERY_WAITING, f->now + 1));
        f->now++;
    }
    assert_true(store_view_delivery(f->reader, f->arena, id, &delivery, &attempts, &count, &err));
    assert_int_equal(delivery.attempts, 103);
    assert_int_equal(count, 100);
    assert_true(attempts[0].started_at < attempts[99].started_at);
    assert_int_equal(attempts[99].started_at, f->now - 1);
}

static void test_pages_by_cursor_show_each_delivery_once(void **state)
{
    struct fixture *f = *state;
    struct store_filter filter = {.state = DELIVERY_STATE_COUNT, .limit = 4};
    struct store_delivery *page;
    const char *ids[11];
    size_t count, shown = 0;
    struct err err;
    for (size_t i = 0; i < COUNT_OF(ids); i++)
        ids[i] = put(f, i % 2 ? "survey" : "crm", NULL);
    do {
        assert_true(store_view_deliveries(f->reader, f->arena, &filter, &page, &count, &err));
        for (size_t i = 0; i < count; i++)
            assert_string_equal(page[i].id, ids[COUNT_OF(ids) - ++shown]);
        if (count)
            filter.before = page[count - 1].number;
        put(f, "survey", NULL); // newer ones do not move the pages
    } while (count);
    assert_int_equal(shown, COUNT_OF(ids));
}

static void test_a_page_has_at_most_200_rows(void **state)
{
    struct fixture *f = *state;
    struct store_filter filter = {.state = DELIVERY_STATE_COUNT, .limit = SIZE_MAX};
    struct store_accept *accepts[201];
    struct store_delivery *page;
    size_t count;
    struct err err;
    static const char *const services[] = {"survey", NULL};
    for (size_t i = 0; i < COUNT_OF(accepts); i++)
        accepts[i] = make_accept(f, "call", NULL, services);
    must_commit(f, &(struct store_batch){.accepts = accepts, .accept_count = COUNT_OF(accepts)});
    assert_true(store_view_deliveries(f->reader, f->arena, &filter, &page, &count, &err));
    assert_int_equal(count, 200);
}

static void test_unrouted_events_have_pages_too(void **state)
{
    struct fixture *f = *state;
    static const char *const none[] = {NULL};
    struct store_accept *accepts[5];
    struct store_event *page;
    size_t count;
    int64_t cursor;
    struct err err;
    for (size_t i = 0; i < COUNT_OF(accepts); i++) {
        put(f, "survey", NULL);
        accepts[i] = make_accept(f, "call", NULL, none);
        must_commit(f, &(struct store_batch){.accepts = &accepts[i], .accept_count = 1});
    }
    assert_true(store_view_unrouted(f->reader, f->arena, 0, 3, &page, &count, &cursor, &err));
    assert_int_equal(count, 3);
    assert_string_equal(page[0].id, accepts[4]->id);
    assert_string_equal(page[2].id, accepts[2]->id);
    assert_int_not_equal(cursor, 0);
    assert_true(store_view_unrouted(f->reader, f->arena, cursor, 3, &page, &count, &cursor, &err));
    assert_int_equal(count, 2);
    assert_string_equal(page[1].id, accepts[0]->id);
    assert_int_equal(cursor, 0);
}

static void test_counts_know_the_oldest_open_event(void **state)
{
    struct fixture *f = *state;
    struct store_counts counts;
    struct err err;
    assert_true(store_view_counts(f->reader, &counts, &err));
    assert_int_equal(counts.events, 0);
    assert_int_equal(counts.oldest_open_at, 0);
    put(f, "survey", NULL);
    int64_t second = ++f->now;
    put(f, "crm", NULL);
    f->now++;
    put(f, "survey", NULL);
    assert_true(end(f, take_one(f, "survey"), DELIVERY_DEAD, 0));
    assert_true(store_view_counts(f->reader, &counts, &err));
    assert_int_equal(counts.oldest_open_at, second);
    assert_int_equal(counts.by_state[DELIVERY_WAITING], 2);
    assert_int_equal(counts.by_state[DELIVERY_DEAD], 1);
    check_counts(f);
}

const struct CMUnitTest contract_view_tests[] = {
    CONTRACT_TEST(test_an_event_shows_its_deliveries),
    CONTRACT_TEST(test_what_is_not_there_is_not_found),
    CONTRACT_TEST(test_many_attempts_show_the_last_hundred),
    CONTRACT_TEST(test_pages_by_cursor_show_each_delivery_once),
    CONTRACT_TEST(test_a_page_has_at_most_200_rows),
    CONTRACT_TEST(test_unrouted_events_have_pages_too),
    CONTRACT_TEST(test_counts_know_the_oldest_open_event),
};
const size_t contract_view_test_count = COUNT_OF(contract_view_tests);
