// SPDX-License-Identifier: GPL-3.0-or-later
//
// Words for times, spans and states. Two units at most: a person who reads "2 d 4 h" has no use for
// the seconds, and who needs them finds the moment itself beside it.

#include "flow/page_text.h"

#include "base/clock.h"

static const int64_t SECOND = 1000, MINUTE = 60 * 1000, HOUR = 3600 * 1000, DAY = 86400 * 1000;

const char *page_text_time(struct arena *arena, int64_t at_ms)
{
    if (!at_ms)
        return NULL;
    char text[CLOCK_RFC3339_BYTES];
    clock_rfc3339(at_ms, text);
    return arena_strdup(arena, text);
}

const char *page_text_clock(struct arena *arena, int64_t at_ms)
{
    const char *whole = page_text_time(arena, at_ms);
    return whole ? arena_printf(arena, "%.8s", whole + strlen("2020-09-15T")) : NULL;
}

static const char *two_units(struct arena *arena, int64_t large, const char *large_unit,
                             int64_t small, const char *small_unit)
{
    if (!small)
        return arena_printf(arena, "%lld %s", (long long)large, large_unit);
    return arena_printf(arena, "%lld %s %lld %s", (long long)large, large_unit, (long long)small,
                        small_unit);
}

const char *page_text_span(struct arena *arena, int64_t for_ms)
{
    if (for_ms < SECOND)
        return arena_printf(arena, "%lld ms", (long long)for_ms);
    if (for_ms < 10 * SECOND)
        return arena_printf(arena, "%.1f s", (double)for_ms / (double)SECOND);
    if (for_ms < MINUTE)
        return arena_printf(arena, "%lld s", (long long)(for_ms / SECOND));
    if (for_ms < HOUR)
        return two_units(arena, for_ms / MINUTE, "min", for_ms % MINUTE / SECOND, "s");
    if (for_ms < DAY)
        return two_units(arena, for_ms / HOUR, "h", for_ms % HOUR / MINUTE, "min");
    return two_units(arena, for_ms / DAY, "d", for_ms % DAY / HOUR, "h");
}

const char *page_text_micros(struct arena *arena, int64_t us)
{
    if (us < 1000)
        return arena_printf(arena, "%lld µs", (long long)us);
    if (us < 10 * 1000)
        return arena_printf(arena, "%.1f ms", (double)us / 1000);
    if (us < 1000 * 1000)
        return arena_printf(arena, "%lld ms", (long long)(us / 1000));
    return arena_printf(arena, "%.2f s", (double)us / 1000000);
}

const char *page_text_relative(struct arena *arena, int64_t at_ms, int64_t now_ms)
{
    if (!at_ms)
        return NULL;
    int64_t ago_ms = now_ms - at_ms, away_ms = ago_ms < 0 ? -ago_ms : ago_ms;
    if (away_ms < SECOND)
        return "now";
    // Nothing finer than the unit: the page is read later than it is made.
    int64_t unit_ms = away_ms < MINUTE ? SECOND : away_ms < HOUR ? MINUTE : HOUR;
    const char *unit = away_ms < MINUTE ? "s" : away_ms < HOUR ? "min" : "h";
    const char *span = away_ms < DAY ? two_units(arena, away_ms / unit_ms, unit, 0, NULL)
                                     : page_text_span(arena, away_ms / HOUR * HOUR);
    return ago_ms < 0 ? arena_printf(arena, "in %s", span) : arena_printf(arena, "%s ago", span);
}

const char *page_text_trouble(struct arena *arena, const struct worker_view *service,
                              int64_t now_ms)
{
    if (!service->closed_until)
        return NULL;
    const char *why = *service->reason ? service->reason : "it does not work";
    if (service->closed_until == INT64_MAX)
        return arena_printf(arena, "Closed until a person opens it: %s.", why);
    if (service->closed_until > now_ms)
        return arena_printf(arena,
                            "Closed after %d failures in a row: %s. One delivery tries it "
                            "again %s.",
                            service->failures_in_a_row, why,
                            page_text_relative(arena, service->closed_until, now_ms));
    return arena_printf(arena,
                        "Closed after %d failures in a row: %s. One delivery is trying it "
                        "again now.",
                        service->failures_in_a_row, why);
}

// Why the route does not let it go yet; NULL when it does.
static const char *route_wait(struct arena *arena, const struct store_delivery *delivery,
                              int64_t now_ms)
{
    if (delivery->not_before <= now_ms)
        return NULL;
    const char *until = page_text_time(arena, delivery->not_before);
    const char *relative = page_text_relative(arena, delivery->not_before, now_ms);
    if (!*delivery->merge_wants)
        return arena_printf(arena, "Delayed by its route until %s, %s.", until, relative);
    return arena_printf(arena,
                        "Waits for the call's %s, to be sent with it as one; without it at %s, %s.",
                        delivery->merge_wants, until, relative);
}

static const char *next_of_waiting(struct arena *arena, const struct store_delivery *delivery,
                                   const struct worker_view *service, int64_t now_ms)
{
    const char *try = delivery->attempts ? "Next try" : "First try";
    if (!service)
        return "Waits without end: its service is not in the configuration any more. Cancel it, or "
               "put the service back.";
    if (!delivery->due_at)
        return "Waits behind an earlier delivery of the same call to this service, so that they "
               "arrive in order.";
    const char *wait = route_wait(arena, delivery, now_ms);
    if (wait)
        return wait;
    const char *trouble = page_text_trouble(arena, service, now_ms);
    if (trouble)
        return arena_printf(arena, "Waits for its service. %s", trouble);
    if (delivery->due_at > now_ms)
        return arena_printf(arena, "%s %s, at %s.", try,
                            page_text_relative(arena, delivery->due_at, now_ms),
                            page_text_time(arena, delivery->due_at));
    return arena_printf(arena, "%s is due: it starts as soon as the service has a free place.",
                        try);
}

static const char *with_deadline(struct arena *arena, const char *sentence, int64_t expires_at,
                                 int64_t now_ms)
{
    if (!expires_at)
        return sentence;
    return arena_printf(arena, "%s It expires %s, at %s.", sentence,
                        page_text_relative(arena, expires_at, now_ms),
                        page_text_time(arena, expires_at));
}

const char *page_text_next(struct arena *arena, const struct store_delivery *delivery,
                           const struct worker_view *service, int64_t now_ms)
{
    switch (delivery->state) {
    case DELIVERY_WAITING:
        return with_deadline(arena, next_of_waiting(arena, delivery, service, now_ms),
                             delivery->expires_at, now_ms);
    case DELIVERY_LEASED:
        return "It is being sent now.";
    case DELIVERY_DELIVERED:
        return arena_printf(arena, "Delivered %s after it was received. Nothing is left to do.",
                            page_text_span(arena, delivery->ended_at - delivery->received_at));
    case DELIVERY_HELD:
        return "It was sent, but nobody can tell whether the service took it, and sending it twice "
               "could do harm. Look it up at the service: if it is not there, resend it; if it is, "
               "cancel it.";
    case DELIVERY_DEAD:
        return "It is not tried again by itself. Once the cause is gone, resend it.";
    case DELIVERY_CANCELLED:
        return "A person cancelled it. It is not sent unless it is resent.";
    case DELIVERY_EXPIRED:
        return arena_printf(arena,
                            "It was not delivered within the %s that its route allows, so it is "
                            "not sent any more. If it is still of use, resend it.",
                            page_text_span(arena, delivery->expires_at - delivery->received_at));
    case DELIVERY_MERGED:
        return "Another delivery carries this event, together with a later one of the same call. "
               "Look there.";
    case DELIVERY_STATE_COUNT:
        break;
    }
    return "";
}
