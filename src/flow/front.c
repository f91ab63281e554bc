// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which path goes where. Everything that is neither an event nor health is a page, and the pages
// answer 404 for what they do not know.

#include "flow/front.h"

#include "flow/reference.h"

struct front {
    struct reference *reference;
    struct reload *reload;
    const struct pages *pages;
    struct ledger *ledger;
};

struct front *front_new(struct reload *reload, const struct pages *pages, struct ledger *ledger)
{
    struct front *front = mem_alloc(sizeof(*front));
    *front = (struct front){
        .reference = reference_new(), .reload = reload, .pages = pages, .ledger = ledger};
    return front;
}

void front_free(struct front *front)
{
    if (front)
        reference_free(front->reference);
    free(front);
}

static void refuse_method(struct server_request *request, const char *allow)
{
    server_reply_problem(request,
                         &(struct server_problem){.status = 405,
                                                  .type = "method-not-allowed",
                                                  .title = "Method Not Allowed",
                                                  .detail = "This path takes other methods",
                                                  .allow = allow});
}

static bool is_method(struct server_request *request, const char *method)
{
    return strcmp(server_method(request), method) == 0;
}

static bool is_get(struct server_request *request)
{
    if (is_method(request, "GET") || is_method(request, "HEAD"))
        return true;
    refuse_method(request, "GET, HEAD");
    return false;
}

static void reply_text(struct server_request *request, int status, struct str text)
{
    server_reply(request, &(struct server_response){.status = status,
                                                    .media_type = "text/plain; charset=utf-8",
                                                    .body = text});
}

// Ready: an event posted now would be kept. A load balancer looks here, so it needs no credentials.
static void show_readiness(struct front *front, struct server_request *request)
{
    struct err why;
    if (ledger_is_ready(front->ledger, &why)) {
        reply_text(request, 200, STR("ready\n"));
        return;
    }
    server_reply_problem(request, &(struct server_problem){.status = 503,
                                                           .type = "not-ready",
                                                           .title = "Service Unavailable",
                                                           .detail = why.text,
                                                           .retry_after_s = 5});
}

// A HEAD is no event: whoever sends one only wants to look.
static void take_event(struct front *front, const struct generation *generation,
                       struct server_request *request, struct str trigger)
{
    if (is_method(request, "POST") || (trigger.len && is_method(request, "GET")))
        intake_take(generation, front->ledger, request, trigger);
    else
        refuse_method(request, trigger.len ? "GET, POST" : "POST");
}

static void release(void *generation)
{
    generation_release(generation);
}

static struct generation *hold_generation(struct front *front, struct server_request *request)
{
    struct generation *generation = reload_hold(front->reload);
    server_at_end(request, release, generation);
    return generation;
}

void front_handle(void *context, struct server_request *request)
{
    struct front *front = context;
    const struct generation *generation = hold_generation(front, request);
    const struct str events = STR("/v1/events/"), schemas = STR("/v1/schemas/");
    struct str path = server_path(request);
    if (str_starts(path, events) && path.len > events.len) {
        take_event(front, generation, request,
                   (struct str){path.data + events.len, path.len - events.len});
    } else if (str_eq(path, STR("/v1/events")) || str_eq(path, STR("/v1/events:batch"))) {
        take_event(front, generation, request, STR(""));
    } else if (!server_has_parameters(request)) {
        server_reply_problem(
            request, &(struct server_problem){.status = 400,
                                              .type = "bad-target",
                                              .title = "Bad Request",
                                              .detail = "The request's query is not valid"});
    } else if (str_eq(path, STR("/v1/catalogue"))) {
        if (is_get(request))
            reference_show_catalogue(front->reference, request);
    } else if (str_starts(path, schemas)) {
        if (is_get(request))
            reference_show_schema(front->reference, request,
                                  (struct str){path.data + schemas.len, path.len - schemas.len});
    } else if (str_eq(path, STR("/healthz"))) {
        if (is_get(request))
            reply_text(request, 200, STR("ok\n"));
    } else if (str_eq(path, STR("/readyz"))) {
        if (is_get(request))
            show_readiness(front, request);
    } else {
        pages_show(front->pages, generation, request);
    }
}
