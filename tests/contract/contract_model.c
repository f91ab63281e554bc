// SPDX-License-Identifier: GPL-3.0-or-later
//
// Random operations on the store and on a model of it: plain arrays, searched from end to end, so
// that it is easy to see that they are right. After them both must hold the same deliveries, give
// the same lists for every filter, and the tally must be what the rows say. The seed is fixed.

#include "contract.h"

#include <stdio.h>

enum {
    MODEL_MAX = 4000,
    ROUNDS = 2500,
    SERVICES = 3,
    KEYS = 6,
    CALLS = 5,
    REPEATS = 8,
    REPEAT_WITHIN_MS = 2000,
    LOOK_BACK = 64, // deliveries of a call that a merge looks at
};

static const char *const services[SERVICES] = {"crm", "disposition", "survey"};
static const char *const triggers[] = {"inbound.connected", "outbound.disposition", "chat.end"};

struct entry {
    const char *id, *service, *key, *call, *trigger;
    const char *merge_call, *session; // NULL: none
    enum delivery_state state;
    int64_t due_at, not_before, expires_at, lease_until;
    bool wants[COUNT_OF(triggers)];
    const char *merged_into;
    int attempts, progress;
    struct store_lease *lease;
};

struct model {
    struct fixture *f;
    struct entry entries[MODEL_MAX]; // in the order of acceptance
    size_t count;
    int64_t repeats[REPEATS]; // when an event with that key was kept last
    size_t merges, expiries;
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

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
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
        first->due_at = later(model->f->now, first->not_before);
}

static void model_end_waiting(struct model *model, struct entry *entry, enum delivery_state state)
{
    bool was_active = is_active(entry);
    entry->state = state;
    entry->due_at = 0;
    if (was_active)
        model_order(model, entry);
}

static void model_expire(struct model *model)
{
    for (size_t i = 0; i < model->count; i++) {
        struct entry *entry = &model->entries[i];
        if (entry->state != DELIVERY_WAITING || !entry->expires_at ||
            entry->expires_at > model->f->now)
            continue;
        model_end_waiting(model, entry, DELIVERY_EXPIRED);
        model->expiries++;
    }
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

// --- merge ---

static size_t trigger_index(const char *trigger)
{
    size_t i = 0;
    while (strcmp(triggers[i], trigger) != 0)
        i++;
    return i;
}

static bool waits_for_events(const struct entry *entry)
{
    bool is_wanting = false;
    for (size_t i = 0; i < COUNT_OF(triggers); i++)
        is_wanting |= entry->wants[i];
    return is_wanting;
}

static size_t count_carried(const struct model *model, const char *id)
{
    size_t count = 0;
    for (size_t i = 0; i < model->count; i++)
        count += model->entries[i].merged_into && strcmp(model->entries[i].merged_into, id) == 0;
    return count;
}

// The entry that the new one replaces, or NULL; of triggers that were there it wants none.
static struct entry *model_find_partner(struct model *model, struct entry *new)
{
    struct entry *partner = NULL;
    size_t own = trigger_index(new->trigger), seen = 0;
    for (size_t i = model->count; i-- > 0 && seen < LOOK_BACK;) {
        struct entry *entry = &model->entries[i];
        if (!entry->merge_call || strcmp(entry->service, new->service) != 0 ||
            strcmp(entry->merge_call, new->merge_call) != 0)
            continue;
        seen++;
        if (entry->session && new->session && strcmp(entry->session, new->session) != 0)
            continue;
        new->wants[trigger_index(entry->trigger)] = false;
        bool is_candidate =
            entry->state == DELIVERY_WAITING && entry->attempts == 0 && waits_for_events(entry);
        if (is_candidate && (!partner || (entry->wants[own] && !partner->wants[own])))
            partner = entry;
    }
    return partner && count_carried(model, partner->id) < STORE_CARRIED_MAX ? partner : NULL;
}

static void model_merge(struct model *model, struct entry *new, int64_t merge_until)
{
    for (size_t i = 0; i < COUNT_OF(triggers); i++)
        new->wants[i] = true;
    struct entry *partner = model_find_partner(model, new);
    if (partner) {
        memcpy(new->wants, partner->wants, sizeof(new->wants));
        for (size_t i = 0; i < model->count; i++) {
            struct entry *entry = &model->entries[i];
            if (entry->merged_into && strcmp(entry->merged_into, partner->id) == 0)
                entry->merged_into = new->id;
        }
        partner->merged_into = new->id;
        model_end_waiting(model, partner, DELIVERY_MERGED);
        model->merges++;
    }
    new->wants[trigger_index(new->trigger)] = false;
    if (waits_for_events(new))
        new->not_before = later(new->not_before, partner ? partner->not_before : merge_until);
}

// --- what is done to both ---

static void choose_times(struct model *model, struct store_new_delivery *delivery, const char *call)
{
    struct fixture *f = model->f;
    if (roll(model, 4) == 0)
        delivery->not_before = f->now + 1 + (int64_t)roll(model, 20000);
    if (roll(model, 4) == 0)
        delivery->expires_at = f->now + 1 + (int64_t)roll(model, 20000);
    if (roll(model, 2))
        return;
    static const char *const sessions[] = {"", "", "2", "3"};
    // Calls come and go: of one that had all events nothing waits any more.
    delivery->merge_call = str_from(arena_printf(f->arena, "%s/%zu", call, model->count / 100));
    delivery->merge_session = str_from(sessions[roll(model, COUNT_OF(sessions))]);
    delivery->merge_triggers = triggers;
    delivery->merge_trigger_count = COUNT_OF(triggers);
    delivery->merge_until = f->now + 1 + (int64_t)roll(model, 20000);
}

static bool choose_repeat(struct model *model, struct store_accept *accept)
{
    if (roll(model, 4) != 0)
        return false;
    size_t key = roll(model, REPEATS);
    int64_t *kept_at = &model->repeats[key];
    accept->has_repeat_key = true;
    accept->repeat_key[0] = (unsigned char)key;
    accept->repeat_since = model->f->now - REPEAT_WITHIN_MS;
    bool is_repeated = *kept_at > accept->repeat_since;
    if (!is_repeated)
        *kept_at = model->f->now;
    return is_repeated;
}

static void model_accept(struct model *model, const struct store_accept *accept,
                         const struct store_new_delivery *delivery, const char *call)
{
    struct entry entry = {
        .id = delivery->id,
        .service = delivery->service,
        .key = delivery->order_key.len ? delivery->order_key.data : NULL,
        .call = call,
        .trigger = accept->trigger,
        .session = delivery->merge_session.len ? delivery->merge_session.data : NULL,
        .not_before = delivery->not_before,
        .expires_at = delivery->expires_at,
        .merge_call = delivery->merge_call.len ? delivery->merge_call.data : NULL,
    };
    if (entry.merge_call)
        model_merge(model, &entry, delivery->merge_until);
    entry.due_at = model_has_open(model, &entry) ? 0 : later(model->f->now, entry.not_before);
    require(model->count < MODEL_MAX);
    model->entries[model->count++] = entry;
}

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
    bool is_repeated = choose_repeat(model, accept);
    for (size_t i = 0; i < count; i++)
        choose_times(model, &accept->deliveries[i], call);
    must_commit(f, &(struct store_batch){.accepts = &accept, .accept_count = 1});
    assert_int_equal(accept->result, is_repeated ? ACCEPT_REPEATED : ACCEPT_STORED);
    f->repeated += is_repeated;
    for (size_t i = 0; i < count && !is_repeated; i++)
        model_accept(model, accept, &accept->deliveries[i], call);
    model_expire(model);
}

static void do_claim(struct model *model)
{
    struct store_lease *leases[8];
    const char *service = services[roll(model, SERVICES)];
    size_t limit = roll(model, COUNT_OF(leases) + 1);
    model_expire(model);
    size_t count = take(model->f, service, limit, leases);
    for (size_t i = 0; i < count; i++) {
        struct entry *entry = model_next_due(model, service);
        assert_non_null(entry);
        assert_string_equal(leases[i]->id, entry->id);
        assert_int_equal(leases[i]->number, entry->attempts + 1);
        assert_int_equal(leases[i]->progress.attempts, entry->progress);
        assert_int_equal(leases[i]->progress.expires_at, entry->expires_at);
        assert_int_equal(leases[i]->carried_count, count_carried(model, entry->id));
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
                                               DELIVERY_WAITING,   DELIVERY_HELD,
                                               DELIVERY_DEAD,      DELIVERY_EXPIRED};
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
    model_expire(model);
}

static void model_resend(struct model *model, struct entry *entry)
{
    entry->state = DELIVERY_WAITING;
    entry->due_at = entry->key ? 0 : model->f->now;
    entry->not_before = entry->expires_at = 0;
    memset(entry->wants, 0, sizeof(entry->wants));
    entry->progress = 0;
    model_order(model, entry);
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
    if (may && is_resend)
        model_resend(model, entry);
    else if (may)
        model_end_waiting(model, entry, DELIVERY_CANCELLED);
    model_expire(model);
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
    model_expire(model);
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
    must_commit(model->f, &(struct store_batch){0});
    model_expire(model);
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
        assert_int_equal(delivery.not_before, entry->not_before);
        assert_int_equal(delivery.expires_at, entry->expires_at);
        assert_string_equal(delivery.merged_into, entry->merged_into ? entry->merged_into : "");
        assert_int_equal(*delivery.merge_wants != '\0', waits_for_events(entry));
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
    assert_true(model->merges > 40 && model->expiries > 40);
}

const struct CMUnitTest contract_model_tests[] = {
    CONTRACT_TEST(test_random_operations_leave_what_the_model_has),
};
const size_t contract_model_test_count = COUNT_OF(contract_model_tests);
