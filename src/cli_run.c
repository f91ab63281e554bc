// SPDX-License-Identifier: GPL-3.0-or-later
//
// `switchhook run FILE`: the gateway. Knows the order in which its parts start and stop, and the
// signals; nothing of what they do. Parts are stopped in the reverse of the order of what feeds
// what: no new requests, no new leases, then the last commit.

#include "cli.h"
#include "cli_load.h"

#include "base/clock.h"
#include "base/log.h"
#include "flow/front.h"

#include <signal.h>
#include <stdio.h>

struct gateway {
    struct loaded loaded;
    struct store *store;
    struct store_reader *reader;
    struct workers *workers;
    struct ledger *ledger;
    struct intake *intake;
    struct pages *pages;
    struct front *front;
    struct server *server;
};

static void log_err(const char *message, const struct err *err)
{
    log_write(LOG_ERROR, message, "reason", err->text, NULL);
}

static bool open_store(struct gateway *gateway)
{
    struct err err;
    size_t taken_over;
    const char *path = gateway->loaded.config->store_path;
    if (!store_open(path, &gateway->store, &taken_over, &err) ||
        !store_reader_open(path, &gateway->reader, &err)) {
        log_err("cannot open the store", &err);
        return false;
    }
    if (taken_over) {
        char count[24];
        snprintf(count, sizeof(count), "%zu", taken_over);
        log_write(LOG_INFO, "deliveries taken over from a stopped process", "count", count, NULL);
    }
    return true;
}

static void start_delivering(struct gateway *gateway)
{
    const struct config *config = gateway->loaded.config;
    const char **names = arena_alloc(config->arena, config->service_count * sizeof(*names));
    int64_t *lease_for_ms =
        arena_alloc(config->arena, config->service_count * sizeof(*lease_for_ms));
    for (size_t i = 0; i < config->service_count; i++) {
        names[i] = config->services[i].name;
        // Far beyond any attempt: a lease runs out only when its worker is gone.
        lease_for_ms[i] = config->services[i].timeout_ms + 60 * 1000;
    }
    gateway->workers = workers_new(config, gateway->loaded.services);
    gateway->ledger = ledger_start(&(struct ledger_options){
        .store = gateway->store,
        .services = names,
        .service_count = config->service_count,
        .lease_for_ms = lease_for_ms,
        .store_path = config->store_path,
        .reserve_bytes = config->store_reserve_bytes,
        .lease = workers_lease,
        .lease_context = gateway->workers,
    });
    workers_start(gateway->workers, gateway->ledger);
}

static bool load_pages(struct gateway *gateway)
{
    AUTO_ARENA struct arena *arena = arena_new();
    struct fault_list faults = {.arena = arena};
    bool good = pages_new(gateway->loaded.config, gateway->reader, gateway->ledger,
                          gateway->workers, &gateway->pages, &faults);
    faults_print(&faults, "");
    fault_list_finish(&faults);
    return good;
}

static bool start_server(struct gateway *gateway)
{
    const struct config *config = gateway->loaded.config;
    gateway->intake = intake_new(config, gateway->ledger);
    gateway->front = front_new(gateway->intake, gateway->pages, gateway->ledger);
    struct err err;
    if (!server_start(&(struct server_options){.host = config->listen_host,
                                               .port = config->listen_port,
                                               .threads = config->listen_threads,
                                               .max_body_bytes = config->max_body_bytes,
                                               .max_connections = config->max_connections,
                                               .request_timeout_ms = config->request_timeout_ms,
                                               .handler = front_handle,
                                               .context = gateway->front},
                      &gateway->server, &err)) {
        log_err("cannot listen", &err);
        return false;
    }
    bool is_ipv6 = strchr(config->listen_host, ':') != NULL;
    char address[300];
    snprintf(address, sizeof(address), is_ipv6 ? "http://[%s]:%d" : "http://%s:%d",
             config->listen_host, server_port(gateway->server));
    log_write(LOG_INFO, "listening", "address", address, NULL);
    return true;
}

static void stop(struct gateway *gateway)
{
    if (gateway->server)
        server_quiesce(gateway->server);
    if (gateway->ledger) {
        int64_t wait_for_ms = gateway->server ? gateway->loaded.config->drain_for_ms : 0;
        size_t left = workers_drain(gateway->workers, wait_for_ms);
        char count[24];
        snprintf(count, sizeof(count), "%zu", left);
        if (left)
            log_write(LOG_WARN, "deliveries left to the next start", "count", count, NULL);
    }
    server_free(gateway->server);
    if (gateway->ledger)
        ledger_stop(gateway->ledger);
    front_free(gateway->front);
    pages_free(gateway->pages);
    intake_free(gateway->intake);
    workers_free(gateway->workers);
    store_reader_close(gateway->reader);
    store_close(gateway->store);
    loaded_finish(&gateway->loaded);
}

static bool start(struct gateway *gateway)
{
    if (!open_store(gateway))
        return false;
    start_delivering(gateway);
    return load_pages(gateway) && start_server(gateway);
}

static void wait_for_signal(const sigset_t *signals)
{
    int signal;
    while (sigwait(signals, &signal) != 0)
        continue;
    log_write(LOG_INFO, "stopping", "signal", strsignal(signal), NULL);
}

int cli_run(int argc, char **argv)
{
    if (argc != 1) {
        fprintf(stderr, "usage: switchhook run FILE\n");
        return CLI_USAGE;
    }
    // Threads inherit the mask, so that only wait_for_signal sees these.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); // a file size limit is answered like a full disk

    struct gateway gateway = {0};
    if (!loaded_load(argv[0], &gateway.loaded))
        return CLI_USAGE;
    log_set_level((enum log_level)gateway.loaded.config->log_level);
    transport_global_init();
    bool is_started = start(&gateway);
    if (is_started)
        wait_for_signal(&signals);
    stop(&gateway);
    transport_global_finish();
    return is_started ? CLI_OK : CLI_FAILED;
}
