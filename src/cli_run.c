// SPDX-License-Identifier: GPL-3.0-or-later
//
// `switchhook run FILE`: the gateway. Knows the order in which its parts start and stop, and the
// signals; nothing of what they do. Parts are stopped in the reverse of the order of what feeds
// what: no new requests, no new leases, then the last commit.

#include "cli_args.h"
#include "cli_load.h"

#include "base/clock.h"
#include "base/log.h"
#include "flow/front.h"

#include <signal.h>
#include <stdio.h>

struct gateway {
    const char *file; // of the configuration
    struct store *store;
    struct store_reader *reader;
    struct workers *workers;
    struct ledger *ledger;
    struct reload *reload;
    struct pages pages;
    struct front *front;
    struct server *server;
};

static void log_err(const char *message, const struct err *err)
{
    log_write(LOG_ERROR, message, "reason", err->text, NULL);
}

static bool load(const char *file, struct generation **ret)
{
    AUTO_ARENA struct arena *arena = arena_new();
    struct fault_list faults = {.arena = arena};
    bool is_good = generation_load(file, NULL, ret, &faults);
    faults_print(&faults, "");
    fault_list_finish(&faults);
    if (is_good)
        warnings_print(&(*ret)->warnings);
    return is_good;
}

static bool open_store(struct gateway *gateway, const char *path)
{
    struct err err;
    size_t taken_over;
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

static void start_delivering(struct gateway *gateway, struct generation *first)
{
    const struct config *config = first->config;
    gateway->workers = workers_new((size_t)config->workers);
    gateway->ledger = ledger_start(&(struct ledger_options){
        .store = gateway->store,
        .store_path = config->store_path,
        .lease = workers_lease,
        .lease_context = gateway->workers,
    });
    workers_start(gateway->workers, gateway->ledger);
    gateway->reload = reload_start(&(struct reload_options){.file = gateway->file,
                                                            .ledger = gateway->ledger,
                                                            .workers = gateway->workers},
                                   first);
}

static bool start_server(struct gateway *gateway, const struct config *config)
{
    gateway->pages = (struct pages){.reader = gateway->reader,
                                    .ledger = gateway->ledger,
                                    .workers = gateway->workers,
                                    .reload = gateway->reload};
    gateway->front = front_new(gateway->reload, &gateway->pages, gateway->ledger);
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

static void drain(struct gateway *gateway)
{
    struct generation *current = reload_hold(gateway->reload);
    int64_t wait_for_ms = gateway->server ? current->config->drain_for_ms : 0;
    generation_release(current);
    size_t left = workers_drain(gateway->workers, wait_for_ms);
    char count[24];
    snprintf(count, sizeof(count), "%zu", left);
    if (left)
        log_write(LOG_WARN, "deliveries left to the next start", "count", count, NULL);
}

static void stop(struct gateway *gateway)
{
    if (gateway->server)
        server_quiesce(gateway->server);
    if (gateway->ledger) {
        reload_stop(gateway->reload);
        drain(gateway);
    }
    server_free(gateway->server);
    if (gateway->ledger)
        ledger_stop(gateway->ledger);
    front_free(gateway->front);
    workers_free(gateway->workers);
    reload_free(gateway->reload);
    store_reader_close(gateway->reader);
    store_close(gateway->store);
}

// Holds the first generation itself: as soon as the server listens somebody may replace it.
static bool start(struct gateway *gateway, struct generation *first)
{
    if (!open_store(gateway, first->config->store_path))
        return false;
    start_delivering(gateway, generation_hold(first));
    return start_server(gateway, first->config);
}

// SIGHUP reloads; the others end it.
static void wait_for_stop(struct gateway *gateway, const sigset_t *signals)
{
    int signal = SIGHUP;
    while (signal == SIGHUP) {
        if (sigwait(signals, &signal) != 0)
            signal = SIGHUP;
        else if (signal == SIGHUP)
            reload_signal(gateway->reload);
    }
    log_write(LOG_INFO, "stopping", "signal", strsignal(signal), NULL);
}

static const char help[] =
    "usage: switchhook run FILE\n"
    "\n"
    "Starts the gateway with the configuration FILE, in the foreground, its log on standard "
    "error.\n"
    "\n"
    "  SIGHUP           loads FILE anew, with its templates, secret files and WSDL modules; like\n"
    "                   POST /v1/reload. With a mistake the running configuration stays.\n"
    "  SIGTERM, SIGINT  ends it in order; a second start goes on where it stopped.\n";

int cli_run(int argc, char **argv)
{
    const char *file;
    const struct cli_line line = {.help = help, .words = &file, .word_count = 1};
    int status;
    if (!cli_line_read(&line, argc, argv, &status))
        return status;
    // Threads inherit the mask, so that only wait_for_stop sees these.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); // a file size limit is answered like a full disk

    struct gateway gateway = {.file = file};
    struct generation *first;
    if (!load(gateway.file, &first))
        return CLI_USAGE;
    log_set_level((enum log_level)first->config->log_level);
    transport_global_init();
    bool is_started = start(&gateway, first);
    generation_release(first);
    if (is_started)
        wait_for_stop(&gateway, &signals);
    stop(&gateway);
    transport_global_finish();
    return is_started ? CLI_OK : CLI_FAILED;
}
