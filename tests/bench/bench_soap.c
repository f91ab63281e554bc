// SPDX-License-Identifier: GPL-3.0-or-later
//
// How long a request takes from what a template makes, an envelope or JSON, to wire bytes, checks
// and all. Of JSON also how much of that it takes to read it and to write it as an envelope.
//   bench_soap MODULES WSDL OPERATION ENVELOPE|JSON [TIMES]

#include "base/clock.h"
#include "edge/soap_json.h"

#include <stdio.h>
#include <time.h>

enum { MAX_ENVELOPE = 16 * 1024 * 1024 };

static struct str read_file(struct arena *arena, const char *path)
{
    FILE *file = fopen(path, "re");
    require(file != NULL);
    char *data = arena_alloc(arena, MAX_ENVELOPE);
    size_t len = fread(data, 1, MAX_ENVELOPE, file);
    fclose(file);
    return (struct str){data, len};
}

// Of this process alone: other people's load is not the codec's.
static double cpu_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

struct bench {
    struct soap_codec *codec;
    const struct soap_operation *operation;
    struct str text;
};

enum step { READ, MAP, ENCODE }; // each with those before it

static bool run(const struct bench *bench, struct arena *arena, enum step last, struct err *err)
{
    static const struct json_limits limits = {.depth = 200, .values = 1000 * 1000};
    struct str envelope = bench->text, wire;
    struct json *data;
    if (*envelope.data != '<') {
        if (!json_parse(arena, bench->text, &limits, &data, err))
            return false;
        if (last >= MAP && !soap_json_encode(bench->operation, arena, data, &envelope, err))
            return false;
    }
    return last < ENCODE ||
           soap_encode(bench->codec, bench->operation, arena, envelope, &wire, err);
}

static double measure(const struct bench *bench, enum step last, int times)
{
    AUTO_ARENA struct arena *arena = arena_new();
    double started = cpu_us();
    for (int i = 0; i < times; i++) {
        struct err err = {0};
        if (!run(bench, arena, last, &err)) {
            fprintf(stderr, "%s\n", err.text);
            exit(1);
        }
        arena_reset(arena);
    }
    return (cpu_us() - started) / times;
}

int main(int count, char **args)
{
    if (count < 5) {
        fprintf(stderr, "usage: bench_soap MODULES WSDL OPERATION ENVELOPE|JSON [TIMES]\n");
        return 2;
    }
    AUTO_ARENA struct arena *arena = arena_new();
    struct fault_list faults = {.arena = arena};
    struct soap_modules *modules;
    const struct soap_operation *operation;
    struct err err = {0};
    if (!soap_modules_load(args[1], &modules, &faults) ||
        !soap_operation_find(modules, args[2], NULL, args[3], &operation, &err)) {
        fprintf(stderr, "%s\n", faults.count ? faults.items[0].text : err.text);
        return 1;
    }
    const struct bench bench = {soap_codec_new(), operation, read_file(arena, args[4])};
    int times = count > 5 ? atoi(args[5]) : 10000;
    measure(&bench, ENCODE, 100);
    printf("%zu bytes: %.1f us of CPU a request\n", bench.text.len, measure(&bench, ENCODE, times));
    if (*bench.text.data != '<') {
        double read = measure(&bench, READ, times);
        printf("of which %.1f us to read JSON, %.1f us to map it\n", read,
               measure(&bench, MAP, times) - read);
    }
    soap_codec_free(bench.codec);
    soap_modules_free(modules);
    fault_list_finish(&faults);
    return 0;
}
