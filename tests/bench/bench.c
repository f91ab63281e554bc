// SPDX-License-Identifier: GPL-3.0-or-later
//
// Load and what comes out of it: posts events to the gateway and plays the customer who gets the
// deliveries, in one process, so that both ends are timed by one clock. Knows HTTP/1.1 as far as
// the gateway speaks it and no SOAP: the reply is a file, an event is found by its uii.
//
// Open loop: events leave by a fixed timetable and their latency counts from the planned moment,
// so a stalled gateway cannot hide its stall. Closed loop: each connection posts as fast as it is
// answered.

#include "bench.h"

#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static bool read_file(const char *path, struct text *ret)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    ret->data = calloc(1, TEXT_MAX + 1);
    ret->len = ret->data ? fread(ret->data, 1, TEXT_MAX, file) : 0;
    fclose(file);
    return ret->len > 0 && ret->len < TEXT_MAX;
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

// Prints the percentiles of values_us in milliseconds; sorts them.
static void print_percentiles(const char *name, int64_t *values_us, size_t count)
{
    static const struct {
        const char *name;
        double rank;
    } wanted[] = {{"p50", 0.50}, {"p99", 0.99}, {"max", 1}};

    qsort(values_us, count, sizeof(*values_us), compare);
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        size_t at = count ? (size_t)((double)(count - 1) * wanted[i].rank) : 0;
        printf("%s_%s_ms %.3f\n", name, wanted[i].name,
               count ? (double)values_us[at] / 1000.0 : 0.0);
    }
}

enum span { POST_TO_ACCEPT, ACCEPT_TO_REPLY, POST_TO_REPLY };

// How long one event took; -1: that did not happen.
static int64_t measure(const struct bench *bench, size_t i, enum span span)
{
    const struct event_times *times = &bench->times[i];
    int64_t replied = atomic_load(&times->replied_us);
    if (!times->accepted_us || (span != POST_TO_ACCEPT && !replied))
        return -1;
    switch (span) {
    case POST_TO_ACCEPT:
        return times->accepted_us - times->planned_us;
    case ACCEPT_TO_REPLY: // a delivery may be through before its 202 is read
        return replied > times->accepted_us ? replied - times->accepted_us : 0;
    case POST_TO_REPLY:
        return replied - times->planned_us;
    }
    return -1;
}

static void print_span(const struct bench *bench, const char *name, enum span span, int64_t *room)
{
    size_t count = 0;
    for (size_t i = 0; i < bench->posted; i++) {
        int64_t value = measure(bench, i, span);
        if (value >= 0)
            room[count++] = value;
    }
    print_percentiles(name, room, count);
}

static void print_rates(const struct bench *bench)
{
    int64_t first = INT64_MAX, last_accept = 0, last_reply = 0;
    size_t delivered = 0;
    for (size_t i = 0; i < bench->posted; i++) {
        const struct event_times *times = &bench->times[i];
        int64_t replied = atomic_load(&times->replied_us);
        delivered += times->accepted_us && replied;
        first = times->planned_us && times->planned_us < first ? times->planned_us : first;
        last_accept = times->accepted_us > last_accept ? times->accepted_us : last_accept;
        last_reply = replied > last_reply ? replied : last_reply;
    }
    printf("posted %zu\naccepted %zu\nrefused %zu\ndelivered %zu\nrepeated %zu\n", bench->posted,
           bench->accepted, bench->refused, delivered, (size_t)atomic_load(&bench->repeated));
    printf("accepted_per_s %.0f\n",
           last_accept > first ? (double)bench->accepted * 1e6 / (double)(last_accept - first) : 0);
    printf("delivered_per_s %.0f\n",
           last_reply > first ? (double)delivered * 1e6 / (double)(last_reply - first) : 0);
}

static bool report(const struct bench *bench)
{
    int64_t *room = calloc(bench->posted + 1, sizeof(*room));
    if (!room)
        return false;
    print_rates(bench);
    print_span(bench, "accept", POST_TO_ACCEPT, room);
    print_span(bench, "accept_to_reply", ACCEPT_TO_REPLY, room);
    print_span(bench, "post_to_reply", POST_TO_REPLY, room);
    free(room);
    return bench->accepted > 0;
}

static _Noreturn void usage(void)
{
    fputs("usage: bench --gateway-port N --sink-port N --token T --event FILE --reply FILE\n"
          "             [--path P] [--rate N] [--connections N] [--seconds N] [--accept-only]\n"
          "--event: the body, @UII@ standing for the call id; --reply: what the customer answers;\n"
          "--rate 0 (the default): closed loop. --connections 0: only the sink, until killed.\n"
          "--accept-only: does not wait for deliveries; for events that no route takes.\n",
          stderr);
    exit(2);
}

static int number(const char *text, int highest)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno || end == text || *end || value < 0 || value > highest)
        usage();
    return (int)value;
}

static void parse_options(int argc, char **argv, struct bench *bench)
{
    static const struct option options[] = {
        {"gateway-port", required_argument, NULL, 'g'},
        {"sink-port", required_argument, NULL, 's'},
        {"token", required_argument, NULL, 't'},
        {"event", required_argument, NULL, 'e'},
        {"reply", required_argument, NULL, 'r'},
        {"path", required_argument, NULL, 'p'},
        {"rate", required_argument, NULL, 'R'},
        {"connections", required_argument, NULL, 'c'},
        {"seconds", required_argument, NULL, 'd'},
        {"accept-only", no_argument, NULL, 'a'},
        {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 'g':
            bench->gateway_port = number(optarg, 65535);
            break;
        case 's':
            bench->sink_port = number(optarg, 65535);
            break;
        case 't':
            bench->token = optarg;
            break;
        case 'p':
            bench->path = optarg;
            break;
        case 'R':
            bench->rate = number(optarg, 1000000);
            break;
        case 'c':
            bench->connections = number(optarg, CONNECTIONS_MAX);
            break;
        case 'd':
            bench->seconds = number(optarg, 3600);
            break;
        case 'a':
            bench->is_accept_only = true;
            break;
        case 'e':
        case 'r':
            if (!read_file(optarg, option == 'e' ? &bench->event : &bench->reply)) {
                fprintf(stderr, "bench: cannot read %s (at most %d bytes)\n", optarg, TEXT_MAX);
                exit(1);
            }
            break;
        default:
            usage();
        }
    }
    if (!bench->event.len || !bench->reply.len || !bench->sink_port)
        usage();
}

int main(int argc, char **argv)
{
    struct bench bench = {
        .path = "/v1/events/inbound.disposition", .token = "", .connections = 64, .seconds = 10};
    parse_options(argc, argv, &bench);
    snprintf(bench.prefix, sizeof(bench.prefix), "%0*lld", UII_PREFIX_DIGITS,
             (long long)(bench_now_us() / 1000));
    bench.times = calloc(EVENTS_MAX, sizeof(*bench.times));
    pthread_t sink;
    if (!bench.times || !sink_open(&bench) || pthread_create(&sink, NULL, sink_run, &bench) != 0) {
        perror("bench: the sink");
        return 1;
    }
    if (bench.connections == 0) {
        pthread_join(sink, NULL);
        return 1;
    }
    bool is_done = load_run(&bench) && report(&bench);
    atomic_store(&bench.is_over, true);
    pthread_join(sink, NULL);
    free(bench.times);
    free(bench.event.data);
    free(bench.reply.data);
    return is_done ? 0 : 1;
}
