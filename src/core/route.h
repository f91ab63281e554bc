// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which services an event is for. Knows data elements and conditions, not how services are
// reached. A route matches when its source, its trigger and all of its conditions match.

#ifndef CORE_ROUTE_H
#define CORE_ROUTE_H

#include "core/event.h"

enum condition_kind {
    CONDITION_EQUALS,
    CONDITION_ONE_OF,
    CONDITION_NONE_OF, // holds also when the element is absent
    CONDITION_PREFIX,
    CONDITION_PATTERN,
};

struct pattern; // a compiled regular expression (PCRE2 syntax)

struct condition {
    struct str element; // a data element; `survey.x` reads the survey's member x, or an element of
                        // that very name when there is none; `answer.x.y` the member y of the
                        // answer to question x
    enum condition_kind kind;
    const struct str *values; // one for equals and prefix
    size_t value_count;
    struct pattern *pattern; // owned by the condition, only for CONDITION_PATTERN
};

// When the deliveries of a route go out. Spans; 0: none.
struct route_timing {
    int64_t delay_for_ms;      // since the event was received, as are the next
    int64_t expires_for_ms;    // not sent any more from then on
    int64_t merge_within_ms;   // how long the first event of a call waits for the others
    const char *const *merges; // the triggers of these events, static names
    size_t merge_count;
};

struct route {
    const char *name;
    const size_t *sources; // indexes into the configuration; none means all
    size_t source_count;
    const char *const *triggers; // static names; none means all
    size_t trigger_count;
    const struct condition *conditions;
    size_t condition_count;
    const size_t *services; // indexes into the configuration, at least one
    size_t service_count;
    struct route_timing timing;
};

// Values compare as text (json_as_text); an absent element matches nothing but none of. An array
// matches when one of its items does; none of, when no item is one.
bool route_matches(const struct route *route, size_t source, const struct event *event);

enum route_verdict { // the nearest to a match first
    ROUTE_TAKES,
    ROUTE_CONDITION_FAILS,
    ROUTE_OTHER_TRIGGER,
    ROUTE_OTHER_SOURCE,
    ROUTE_VERDICT_COUNT,
};

// The same with the reason; ret_failed is the first condition that fails, NULL unless one does.
enum route_verdict route_judge(const struct route *route, size_t source, const struct event *event,
                               const struct condition **ret_failed);
// What a condition on `name` looks at, NULL when the event has nothing of that name.
const struct json *route_element(const struct event *event, struct str name);

// Events of that trigger are merged with others of their call.
bool route_merges(const struct route *route, const char *trigger);

// err names the offset in the expression. Matching is bounded: an expression that would backtrack
// without end does not match.
bool pattern_compile(struct str expression, struct pattern **ret, struct err *err) MUST_CHECK;
bool pattern_matches(const struct pattern *pattern, struct str subject);
struct str pattern_expression(const struct pattern *pattern); // as it was compiled
void pattern_free(struct pattern *pattern);

#endif
