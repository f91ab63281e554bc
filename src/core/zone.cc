// SPDX-License-Identifier: GPL-3.0-or-later
//
// Zones by Abseil, which reads the system's files; ICU carries its own copy of the database, and
// Debian 12's is of 2022. Abseil opens what a name leads to, so names are looked at first.

#include "core/zone.h"

#include <absl/time/time.h>

#include <cstring>
#include <string>

struct zone {
    std::string name;
    absl::TimeZone rules;
};

namespace
{

constexpr size_t name_max_bytes = 64;

// No '.', no '/' in front: it stays in the system's folder. Names begin with a capital there, other
// files ("posixrules", "localtime") do not.
bool is_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789_+-/";
    size_t len = std::strlen(name);
    return len > 0 && len <= name_max_bytes && name[0] >= 'A' && name[0] <= 'Z' &&
           std::strspn(name, letters) == len;
}

absl::TimeZone rules_of(const struct zone *zone)
{
    return zone ? zone->rules : absl::UTCTimeZone();
}

// Abseil takes 30 February for 1 or 2 March.
bool is_real(const absl::CivilSecond &second, const struct zone_clock *clock)
{
    return second.year() == clock->year && second.month() == clock->month &&
           second.day() == clock->day && second.hour() == clock->hour &&
           second.minute() == clock->minute && second.second() == clock->second;
}

} // namespace

struct zone *zone_new(const char *name)
{
    absl::TimeZone rules;
    if (!is_name(name) || !absl::LoadTimeZone(name, &rules))
        return nullptr;
    return new zone{name, rules};
}

void zone_free(const struct zone *zone)
{
    delete zone;
}

const char *zone_name(const struct zone *zone)
{
    return zone ? zone->name.c_str() : "UTC";
}

enum zone_fit zone_to_unix(const struct zone *zone, const struct zone_clock *clock,
                           int64_t *ret_unix_s)
{
    const absl::CivilSecond second(clock->year, clock->month, clock->day, clock->hour,
                                   clock->minute, clock->second);
    if (!is_real(second, clock))
        return ZONE_NEVER;
    // `pre` counts by the offset from before a change: the first of two, or past the gap.
    const absl::TimeZone::TimeInfo info = rules_of(zone).At(second);
    *ret_unix_s = absl::ToUnixSeconds(info.pre);
    switch (info.kind) {
    case absl::TimeZone::TimeInfo::REPEATED:
        return ZONE_TWICE;
    case absl::TimeZone::TimeInfo::SKIPPED:
        return ZONE_SKIPPED;
    default:
        return ZONE_ONCE;
    }
}

struct zone_clock zone_from_unix(const struct zone *zone, int64_t unix_s)
{
    const absl::CivilSecond second = rules_of(zone).At(absl::FromUnixSeconds(unix_s)).cs;
    return {static_cast<int>(second.year()),
            second.month(),
            second.day(),
            second.hour(),
            second.minute(),
            second.second()};
}
