// SPDX-License-Identifier: GPL-3.0-or-later
//
// Time zones of the IANA database with all their past rules: from a clock on a wall to a moment and
// back. Knows calendars, not how times are written. What surprises: a zone is read from the
// system's files (package tzdata) when it is made, and never again, so that a changed law needs a
// new package and a restart but no new gateway.

#ifndef CORE_ZONE_H
#define CORE_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct zone; // immutable, any thread

// What a clock shows, in some zone.
struct zone_clock {
    int year, month, day, hour, minute, second;
};

enum zone_fit {
    ZONE_ONCE,
    ZONE_TWICE,   // clocks were put back over it: the first time is taken
    ZONE_SKIPPED, // clocks were put forward over it: taken as if they had not been, so that it
                  // shows later by what was skipped
    ZONE_NEVER,   // there is no such day or hour: 30 February
};

// By its exact name, "America/Chicago"; NULL when the system has none of that name.
struct zone *zone_new(const char *name);
void zone_free(const struct zone *zone); // NULL is fine
const char *zone_name(const struct zone *zone);

// NULL stands for UTC. *ret is a Unix time; untouched for ZONE_NEVER.
enum zone_fit zone_to_unix(const struct zone *zone, const struct zone_clock *clock,
                           int64_t *ret_unix_s);
struct zone_clock zone_from_unix(const struct zone *zone, int64_t unix_s);

#ifdef __cplusplus
}
#endif

#endif
