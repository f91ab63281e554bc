// SPDX-License-Identifier: GPL-3.0-or-later
//
// Random operations on the store and on a model of it: plain arrays, searched from end to end, so
// that it is easy to see that they are right. After them both must hold the same deliveries, give
// the same lists for every filter, and the tally must be what the rows say. The seed is fixed.

#include "contract.h"

#include <stdio.h>

enum { MODEL_MAX = 4000, ROUNDS = 1500, SERVICES = 3, KEYS = 6, CALLS = 5 };

static const char *const services[SERVICES] = {"crm", "disposition", "survey"};
static const char *const triggers[] = {"inbound.connected", "outbound.disposition"};

struct entry {
    const char *id, *service, *key, *call, *trigger;
    enum delivery_state state;
    int64_t due_at, lease_until;
    int attempts, progress;
    struct store_lease *lease;
};

struct model {
    struct fixture *f;
    struct entry entries[MODEL_MAX]; // in the order of acceptance
    size_t count;
    uint64_t dice;
};

static size_t roll(struct model *model, size_t sides)
{
    model->dice ^= model->dice << 13;
    model->dice ^= model->dice >> 7;
    model->dice ^= model->dice << 17;
    return (size_t)(model->dice % sides);
}

// --- the rules, as plainly as can be ---

static bool is_same_key(const struct entry *a, const struct entry *b)
{
    return a->key && b->key && strcmp(a->key, b->key) == 0 && strcmp(a->service, b->service) == 0;
}

static bool is_active(const struct entry *entry)
{
    return entry->state == DELIVERY_LEASED || (entry->state == DELIVERY_WAITING && entry->due_at);
}

// The first open delivery of the key becomes the active one, unless one is in flight.
static void model_order(struct model *model, const struct entry *of)
{
    struct entry *first = NULL;
    for (size_t i = 0; i < model->count; i++) {
        struct entry *entry = &model->entries[i];
        if (!is_same_key(entry, of) || !delivery_is_open(entry->state))
            continue;
        if (entry->state == DELIVERY_LEASED)
            return;
        if (!first)
            first = entry;
    }
    for (size_t i = 0; first && i < model->count; i++) {
        struct entry *entry = &model->entries[i];
        if (is_same_key(entry, of) && entry != first && entry->state == DELIVERY_WAITING)
            entry->due_at = 0;
    }
    if (first && !first->due_at)
        first->due_at = model->f->now;
}

static bool model_has_open(struct model *model, const struct entry *of)
{
    for (size_t i = 0; i < model->count; i++) {
        if (is_same_key(&model->entries[i], of) && delivery_is_open(model->entries[i].state))
            return true;
    }
    return false;
}

static void model_end(struct model *model, struct entry *entry, enum delivery_state state,
                      int64_t due_at)
{
    entry->state = state;
    entry->due_at = state == DELIVERY_WAITING ? due_at : 0;
    entry->attempts++;
    entry->progress++;
    entry->lease = NULL;
    model_order(model, entry);
}

static struct entry *model_next_due(struct model *model, const char *service)
{
    struct entry *next = NULL;
    for (size_t i = 0; i < model->count; i++) {
        struct entry *entry = &model->entries[i];
        if (strcmp(entry->service, service) == 0 && entry->state == DELIVERY_WAITING &&
            entry->due_at && entry->due_at <= model->f->now &&
            (!next || entry->due_at < next->due_at))
            next = entry;
    }
    return next;
}

// --- what is done to both ---

static void do_accept(struct model *model)
{
    struct fixture *f = model->f;
    const char *wanted[SERVICES + 1] = {NULL};
    size_t count = roll(model, SERVICES + 1);
    for (size_t i = 0; i < count; i++)
        wanted[i] = services[(i + model->dice) % SERVICES];
    const char *key = roll(model, 3) ? arena_printf(f->arena, "key-%zu", roll(model, KEYS)) : NULL;
    const char *call = arena_printf(f->arena, "call-%zu", roll(model, CALLS));
    struct store_accept *accept = make_accept(f, call, key, wanted);
    accept->trigger = triggers[roll(model, COUNT_OF(triggers))];
    must_commit(f, &(struct store_batch){.accepts = &accept, .accept_count = 1});
    for (size_t i = 0; i < count && model->count < MODEL_MAX; i++) {
        struct entry entry = {.id = accept->deliveries[i].id,
                              .service = wanted[i],
                              .key = key,
                              .call = call,
                              .trigger = accept->trigger};
        entry.due_at = model_has_open(model, &entry) ? 0 : f->now;
        model->entries[model->count++] = entry;
    }
}

static void do_claim(struct model *model)
{
    struct store_lease *leases[8];
    const char *service = services[roll(model, SERVICES)];
    size_t limit = roll(model, COUNT_OF(leases) + 1);
    size_t count = take(model->f, service, limit, leases);
    for (size_t i = 0; i < count; i++) {
        struct entry *entry = model_next_due(model, service);
        assert_non_null(entry);
        assert_string_equal(leases[i]->id, entry->id);
        assert_int_equal(leases[i]->number, entry->attempts + 1);
        assert_int_equal(leases[i]->progress.attempts, entry->progress);
        entry->state = DELIVERY_LEASED;
        entry->due_at = 0;
        entry->lease_until = model->f->now + 60000;
        entry->lease = leases[i];
    }
    assert_true(count == limit || !model_next_due(model, service));
}

static void do_settle(struct model *model)
{
    static const enum delivery_state ends[] = {DELIVERY_DELIVERED, DELIVERY_DELIVERED,
                                               DELIVERY_WAITING, DELIVERY_HELD, DELIVERY_DEAD};
    struct store_settle settles[16], *pointers[16];
    struct entry *entries[16];
    size_t count = 0;
    for (size_t i = 0; i < model->count && count < COUNT_OF(settles); i++) {
        struct entry *entry = &model->entries[i];
        if (entry->state != DELIVERY_LEASED || roll(model, 3) == 0)
            continue;
        settles[count] = make_settle(model->f, entry->lease, ends[roll(model, COUNT_OF(ends))],
                                     model->f->now + 1 + (int64_t)roll(model, 5000));
        settles[count].number += roll(model, 10) == 0; // a lease that is not ours
        pointers[count] = &settles[count];
        entries[count++] = entry;
    }
    must_commit(model->f, &(struct store_batch){.settles = pointers, .settle_count = count});
    for (size_t i = 0; i < count; i++) {
        bool is_ours = settles[i].number == entries[i]->attempts + 1;
        assert_int_equal(settles[i].is_applied, is_ours);
        if (is_ours)
            model_end(model, entries[i], settles[i].state, settles[i].due_at);
    }
}

static void do_operate(struct model *model)
{
    if (!model->count)
        return;
    struct entry *entry = &model->entries[roll(model, model->count)];
    bool is_resend = roll(model, 2);
    bool may = is_resend ? delivery_may_resend(entry->state) : delivery_may_cancel(entry->state);
    assert_int_equal(operate(model->f, is_resend ? OPERATE_RESEND : OPERATE_CANCEL, entry->id),
                     may ? OPERATE_DONE : OPERATE_REFUSED);
    if (!may)
        return;
    bool was_active = is_active(entry);
    entry->state = is_resend ? DELIVERY_WAITING : DELIVERY_CANCELLED;
    entry->due_at = is_resend && !entry->key ? model->f->now : 0;
    entry->progress = is_resend ? 0 : entry->progress;
    if (is_resend || was_active)
        model_order(model, entry);
}

static void do_lapse(struct model *model)
{
    size_t expected = 0;
    model->f->now += 30000;
    for (size_t i = 0; i < model->count; i++) {
        struct entry *entry = &model->entries[i];
        if (entry->state != DELIVERY_LEASED || entry->lease_until > model->f->now)
            continue;
        model_end(model, entry, DELIVERY_WAITING, model->f->now);
        expected++;
    }
    assert_int_equal(lapse(model->f), expected);
}

static void do_reopen(struct model *model)
{
    size_t expected = 0;
    for (size_t i = 0; i < model->count; i++)
        expected += model->entries[i].state == DELIVERY_LEASED;
    assert_int_equal(fixture_reopen(model->f), expected);
    for (size_t i = 0; i < model->count; i++) {
        struct entry *entry = &model->entries[i];
        if (entry->state != DELIVERY_LEASED)
            continue;
        model_end(model, entry, DELIVERY_WAITING, model->f->now);
        // Taken over at the store's own time, which the test cannot know to the millisecond.
        if (entry->due_at)
            entry->due_at = see(model->f, entry->id).due_at;
    }
    for (size_t i = 0; i < model->count; i++) {
        struct entry *entry = &model->entries[i];
        if (entry->state == DELIVERY_WAITING && entry->due_at == model->f->now)
            entry->due_at = see(model->f, entry->id).due_at;
    }
}

// --- both must agree ---

static void check_entries(struct model *model)
{
    for (size_t i = 0; i < model->count; i++) {
        const struct entry *entry = &model->entries[i];
        struct store_delivery delivery = see(model->f, entry->id);
        assert_int_equal(delivery.state, entry->state);
        assert_int_equal(delivery.attempts, entry->attempts);
        assert_int_equal(delivery.due_at, entry->due_at);
    }
    check_counts(model->f);
}

static bool is_listed(const struct entry *entry, const struct store_filter *filter)
{
    return (filter->state == DELIVERY_STATE_COUNT || filter->state == entry->state) &&
           (!filter->service || strcmp(filter->service, entry->service) == 0) &&
           (!filter->trigger || strcmp(filter->trigger, entry->trigger) == 0) &&
           (!filter->call_id || strcmp(filter->call_id, entry->call) == 0);
}

// Pages through the list and walks the model backwards along it.
static void check_list(struct model *model, struct store_filter filter)
{
    struct store_delivery *page;
    size_t count, at = model->count;
    struct err err = {0};
    do {
        if (!store_view_deliveries(model->f->reader, model->f->arena, &filter, &page, &count, &err))
            fail_msg("%s", err.text);
        for (size_t i = 0; i < count; i++) {
            do {
                assert_int_not_equal(at, 0);
                at--;
            } while (!is_listed(&model->entries[at], &filter));
            assert_string_equal(page[i].id, model->entries[at].id);
            assert_int_equal(page[i].state, model->entries[at].state);
        }
        if (count)
            filter.before = page[count - 1].number;
    } while (count == filter.limit);
    while (at-- > 0)
        assert_false(is_listed(&model->entries[at], &filter));
}

static void check_lists(struct model *model)
{
    for (int bits = 0; bits < 16; bits++) {
        for (int state = 0; state <= DELIVERY_STATE_COUNT; state++) {
            struct store_filter filter = {
                .state = bits & 1 ? (enum delivery_state)state : DELIVERY_STATE_COUNT,
                .service = bits & 2 ? services[roll(model, SERVICES)] : NULL,
                .trigger = bits & 4 ? triggers[roll(model, COUNT_OF(triggers))] : NULL,
                .call_id =
                    bits & 8 ? arena_printf(model->f->arena, "call-%zu", roll(model, CALLS)) : NULL,
                .limit = 1 + roll(model, 60),
            };
            check_list(model, filter);
        }
    }
}

static void test_random_operations_leave_what_the_model_has(void **state)
{
    static void (*const operations[])(struct model *) = {
        do_accept, do_accept, do_accept,  do_accept, do_claim,   do_claim,
        do_claim,  do_settle, do_operate, do_settle, do_operate, do_lapse,
    };
    AUTO_FREE struct model *model = mem_alloc(sizeof(*model));
    model->f = *state;
    model->dice = 0x9e3779b97f4a7c15u;
    for (int round = 0; round < ROUNDS; round++) {
        model->f->now += 1 + (int64_t)roll(model, 500);
        operations[roll(model, COUNT_OF(operations))](model);
        if (round % 100 == 99) {
            do_reopen(model);
            check_entries(model);
        }
    }
    check_lists(model);
}

const struct CMUnitTest contract_model_tests[] = {
    CONTRACT_TEST(test_random_operations_leave_what_the_model_has),
};
const size_t contract_model_test_count = COUNT_OF(contract_model_tests);
