// SPDX-License-Identifier: GPL-3.0-or-later
//
// How fast the store alone is: cycles of accept -> claim -> settle, one thread, at several batch
// sizes, with the sizes of a real delivery. Each transaction settles the batch before, accepts the
// next and claims it, as the ledger does.
//   bench_store [FOLDER [SECONDS]]

#include "edge/store.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    BATCH_MAX = 1024,
    BODY_BYTES = 1024,
    REQUEST_BYTES = 1500,
    REPLY_BYTES = 500,
    SERVICES = 4,
};

static const char *const services[SERVICES] = {"survey", "disposition", "crm", "archive"};

struct work {
    struct store_accept accepts[BATCH_MAX];
    struct store_new_delivery deliveries[BATCH_MAX];
    struct store_settle settles[BATCH_MAX];
    struct store_accept *accept_pointers[BATCH_MAX];
    struct store_settle *settle_pointers[BATCH_MAX];
    struct store_lease *leases[BATCH_MAX];
    size_t lease_count;
    char call_ids[BATCH_MAX][32];
    char body[BODY_BYTES], request[REQUEST_BYTES], reply[REPLY_BYTES];
    uint64_t calls;
};

static void fill_accepts(struct work *work, size_t count, int64_t now)
{
    for (size_t i = 0; i < count; i++) {
        struct store_accept *accept = &work->accepts[i];
        uint64_t call = work->calls++;
        int len = snprintf(work->call_ids[i], sizeof(work->call_ids[i]), "%012llu%08llx",
                           (unsigned long long)now,
                           (unsigned long long)(call * 2654435761u % 0xffffffffu));
        struct str call_id = {work->call_ids[i], (size_t)len};
        work->deliveries[i] = (struct store_new_delivery){
            .service = services[call % SERVICES], .route = "all", .order_key = call_id};
        clock_uuid(now, work->deliveries[i].id);
        *accept = (struct store_accept){
            .trigger = "outbound.disposition",
            .source = "platform",
            .call_id = call_id,
            .received_at = now,
            .body = {work->body, BODY_BYTES},
            .idempotency_key = call_id,
            .deliveries = &work->deliveries[i],
            .delivery_count = 1,
        };
        clock_uuid(now, accept->id);
        work->accept_pointers[i] = accept;
    }
}

static void fill_settles(struct work *work, int64_t now)
{
    for (size_t i = 0; i < work->lease_count; i++) {
        struct store_lease *lease = work->leases[i];
        work->settles[i] = (struct store_settle){
            .delivery = lease->delivery,
            .number = lease->number,
            .service = lease->service,
            .attempt = {.started_at = now,
                        .ended_at = now,
                        .outcome = OUTCOME_DELIVERED,
                        .reach = REACH_ANSWERED,
                        .http_status = 200,
                        .fault = "",
                        .reason = "answered 200",
                        .request_head = STR("POST /survey HTTP/1.1"),
                        .request_body = {work->request, REQUEST_BYTES},
                        .reply_head = STR("HTTP/1.1 200 OK"),
                        .reply_body = {work->reply, REPLY_BYTES},
                        .peer = "127.0.0.1:8080"},
            .state = DELIVERY_DELIVERED,
            .reason = "answered 200",
        };
        work->settle_pointers[i] = &work->settles[i];
    }
}

static size_t cycle(struct store *store, struct work *work, struct arena *arena, size_t size)
{
    struct err err;
    struct store_claim claims[SERVICES];
    int64_t now = clock_now_ms();
    arena_reset(arena);
    fill_accepts(work, size, now);
    fill_settles(work, now);
    for (size_t i = 0; i < SERVICES; i++)
        claims[i] =
            (struct store_claim){.service = services[i], .limit = size, .lease_until = now + 60000};
    struct store_batch batch = {
        .arena = arena,
        .now = now,
        .accepts = work->accept_pointers,
        .accept_count = size,
        .settles = work->settle_pointers,
        .settle_count = work->lease_count,
        .claims = claims,
        .claim_count = SERVICES,
    };
    if (!store_commit(store, &batch, &err)) {
        fprintf(stderr, "bench_store: %s\n", err.text);
        exit(1);
    }
    size_t settled = work->lease_count;
    for (size_t i = 0; i < settled; i++)
        arena_free(work->leases[i]->arena);
    work->lease_count = 0;
    for (size_t i = 0; i < SERVICES; i++) {
        for (size_t j = 0; j < claims[i].count; j++)
            work->leases[work->lease_count++] = claims[i].leases[j];
    }
    return settled;
}

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void bench(const char *folder, struct work *work, size_t size, double seconds)
{
    struct err err;
    struct store *store;
    size_t taken_over, cycles = 0, commits = 0;
    int64_t slowest_us = 0;
    char path[512];
    snprintf(path, sizeof(path), "%s/bench-%zu.db", folder, size);
    if (!store_open(path, &store, &taken_over, &err)) {
        fprintf(stderr, "bench_store: %s\n", err.text);
        exit(1);
    }
    AUTO_ARENA struct arena *arena = arena_new();
    double cpu = cpu_seconds();
    int64_t start = clock_steady_us(), last = start;
    while (last - start < (int64_t)(seconds * 1e6)) {
        cycles += cycle(store, work, arena, size);
        commits++;
        int64_t now = clock_steady_us();
        if (now - last > slowest_us)
            slowest_us = now - last;
        last = now;
    }
    double took = (double)(last - start) / 1e6;
    printf("batch %4zu: %7.0f cycles/s %6.0f commits/s, %5.1f us CPU a cycle, slowest commit "
           "%.1f ms\n",
           size, (double)cycles / took, (double)commits / took,
           (cpu_seconds() - cpu) * 1e6 / (double)cycles, (double)slowest_us / 1e3);
    for (size_t i = 0; i < work->lease_count; i++)
        arena_free(work->leases[i]->arena);
    work->lease_count = 0;
    store_close(store);
}

int main(int argc, char **argv)
{
    char made[] = "/tmp/bench-store-XXXXXX";
    const char *folder = argc > 1 ? argv[1] : mkdtemp(made);
    double seconds = argc > 2 ? strtod(argv[2], NULL) : 5;
    static const size_t sizes[] = {1, 16, 64, 256};
    AUTO_FREE struct work *work = mem_alloc(sizeof(*work));
    memset(work->body, 'b', sizeof(work->body));
    memset(work->request, 'q', sizeof(work->request));
    memset(work->reply, 'r', sizeof(work->reply));
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        bench(folder, work, sizes[i], seconds);
    printf("the stores are in %s\n", folder);
    return 0;
}
