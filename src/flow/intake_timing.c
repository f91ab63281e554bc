// SPDX-License-Identifier: GPL-3.0-or-later
//
// The times of an event's deliveries, and what makes an event a repetition. Knows data elements by
// name and the clock by what it is handed. What surprises: an element that is not there is equal to
// one that is not there, so a call without a session is its own repetition.

#include "flow/intake_timing.h"

#include "edge/digest.h"

enum {
    SESSION_MAX_BYTES = 200,
    VALUE_MAX_BYTES = 64 * 1024, // of a value that is compared; of a longer one its beginning
};

static int64_t moment_after(int64_t at_ms, int64_t for_ms)
{
    return for_ms ? at_ms + for_ms : 0;
}

static struct str find_session(struct arena *arena, const struct event *event)
{
    AUTO_BUF struct buf scratch;
    buf_init(&scratch, SESSION_MAX_BYTES);
    struct str text = json_as_text(json_get(event->elements, STR("session_id")), &scratch);
    if (text.len > SESSION_MAX_BYTES)
        text.len = SESSION_MAX_BYTES;
    return arena_copy(arena, text);
}

void intake_time_delivery(struct arena *arena, const struct route *route, const char *source,
                          const struct event *event, int64_t received_at,
                          struct store_new_delivery *delivery)
{
    const struct route_timing *timing = &route->timing;
    delivery->not_before = moment_after(received_at, timing->delay_for_ms);
    delivery->expires_at = moment_after(received_at, timing->expires_for_ms);
    if (!route_merges(route, event->trigger))
        return;
    // No source's name has a slash.
    delivery->merge_call =
        str_from(arena_printf(arena, "%s/%.*s", source, STR_ARG(event->call_id)));
    delivery->merge_session = find_session(arena, event);
    delivery->merge_triggers = timing->merges;
    delivery->merge_trigger_count = timing->merge_count;
    delivery->merge_until = moment_after(received_at, timing->merge_within_ms);
}

// --- repetitions ---

// Each value with its length, so that no two lists of values are the same bytes. True for a value
// that tells events apart: the trigger alone does not.
static bool add_value(struct buf *values, const struct event *event, struct str name)
{
    AUTO_BUF struct buf scratch;
    buf_init(&scratch, VALUE_MAX_BYTES);
    bool is_trigger = str_eq(name, STR("trigger"));
    struct str text = is_trigger ? str_from(event->trigger)
                                 : json_as_text(json_get(event->elements, name), &scratch);
    uint64_t len = text.len;
    buf_add(values, &len, sizeof(len));
    buf_add_str(values, text);
    return !is_trigger && text.len > 0;
}

void intake_set_repeat_key(const struct config_dedupe *dedupe, const struct event *event,
                           struct store_accept *accept)
{
    if (!dedupe->within_ms)
        return;
    AUTO_BUF struct buf values;
    buf_init(&values, SIZE_MAX);
    for (size_t i = 0; i < dedupe->element_count; i++)
        accept->has_repeat_key |= add_value(&values, event, dedupe->elements[i]);
    struct str whole = buf_str(&values);
    digest_sha256(&whole, 1, accept->repeat_key);
    accept->repeat_since = accept->received_at - dedupe->within_ms;
}
