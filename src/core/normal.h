// SPDX-License-Identifier: GPL-3.0-or-later
//
// Brings what platforms really send to one form, by rules a source has: element names to the
// catalogue's, times to RFC 3339 in UTC, durations to seconds, phone numbers to E.164, yes and no
// to booleans; drops what is empty or an unresolved #tag#. Knows types from the catalogue, not who
// sent the event. A value that fits no form stays as it is, with a note.

#ifndef CORE_NORMAL_H
#define CORE_NORMAL_H

#include "core/event.h"

struct zone; // a time zone of the IANA database, see core/zone.h

enum normal_policy { NORMAL_DROP, NORMAL_KEEP, NORMAL_REJECT };

// What 03/04/2024 is. Unknown: only what can be one day alone is read, as 12/31/2024.
enum normal_slash_dates { NORMAL_SLASH_UNKNOWN, NORMAL_MONTH_FIRST, NORMAL_DAY_FIRST };

struct normal_alias {
    struct str from, to;
};

struct normal_rules {
    const struct zone *zone;       // of times that name none; NULL: such times stay as they are
    const char *phone_country;     // ISO 3166-1 alpha-2; NULL: numbers without + stay as they are
    enum normal_policy unresolved; // what a value such as "#agent_notes#" does
    enum normal_policy empty;      // what "" does; answers of a survey may be empty
    const struct normal_alias *aliases; // the source's own; the catalogue's come after
    size_t alias_count;
    enum normal_slash_dates slash_dates;
};
extern const struct normal_rules normal_rules_default; // no zone, no country, drop both

struct normal_note {
    const char *element; // as sent
    const char *note;    // one sentence: "#agent_notes# was not resolved by the platform: dropped"
};

// What became of one element.
struct normal_row {
    const struct json_member *sent;
    const struct json_member *normal; // NULL: dropped
    const char *note;                 // NULL: none
};

struct normal_notes {
    struct normal_note *items; // in the arena
    size_t count;
    struct normal_row *rows; // of every element, in the order sent
    size_t row_count;
};

// `raw` is untouched; *ret shares what did not change. False: a policy says reject, and ret_faults
// names every such element. To bring a normal event to normal form changes nothing.
bool normal_apply(struct arena *arena, const struct normal_rules *rules, const struct event *raw,
                  struct event *ret, struct normal_notes *ret_notes,
                  struct event_faults *ret_faults, struct err *err) MUST_CHECK;

#endif
