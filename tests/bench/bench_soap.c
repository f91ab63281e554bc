// SPDX-License-Identifier: GPL-3.0-or-later
//
// How long a request takes from the envelope of a template to wire bytes, checks and all.
//   bench_soap MODULES WSDL OPERATION ENVELOPE [TIMES]

#include "base/clock.h"
#include "edge/soap.h"

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

static double measure(struct soap_codec *codec, const struct soap_operation *operation,
                      struct str envelope, int times)
{
    AUTO_ARENA struct arena *arena = arena_new();
    double started = cpu_us();
    for (int i = 0; i < times; i++) {
        struct str wire;
        struct err err = {0};
        if (!soap_encode(codec, operation, arena, envelope, &wire, &err)) {
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
        fprintf(stderr, "usage: bench_soap MODULES WSDL OPERATION ENVELOPE [TIMES]\n");
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
    struct str envelope = read_file(arena, args[4]);
    struct soap_codec *codec = soap_codec_new();
    int times = count > 5 ? atoi(args[5]) : 10000;
    measure(codec, operation, envelope, 100);
    printf("%zu bytes: %.1f us of CPU a request\n", envelope.len,
           measure(codec, operation, envelope, times));
    soap_codec_free(codec);
    soap_modules_free(modules);
    fault_list_finish(&faults);
    return 0;
}
