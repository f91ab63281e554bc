// SPDX-License-Identifier: GPL-3.0-or-later
//
// The story "take an event", in one pass over one `struct taking` that lives in the request's
// arena. The answer is made on the ledger's thread, after the commit. A refusal is logged with its
// kind and the ids at hand, never with anything out of the body.

#include "flow/intake.h"

#include "base/clock.h"
#include "base/log.h"
#include "core/event.h"
#include "core/json.h"
#include "edge/digest.h"
#include "edge/source.h"
#include "flow/intake_timing.h"
#include "flow/intake_batch.h"
#include "flow/intake_read.h"
#include "flow/sender.h"

#include <stdio.h>

enum {
    BATCH_EVENTS_MAX = 1000,
    ORDER_KEY_MAX_BYTES = 200,
    ANSWER_MAX_BYTES = 256 * 1024, // for a configuration with a thousand services
    RETRY_FULL_S = 60,
    RETRY_STORE_S = 5,
};

// One event on its way to the ledger.
struct taking {
    const struct generation *generation;
    struct ledger *ledger;
    struct server_request *request;
    struct arena *arena;   // the request's
    struct arena *scratch; // for what is read; of a batch's event, only until it is prepared
    size_t source;         // index into the configuration
    const struct intake_input *input;
    struct event event;
    struct ledger_accept entry;
    struct batch *batch; // NULL: answered by itself
    size_t index;        // in the batch
};

static void answer_problem(struct taking *taking, const struct server_problem *problem)
{
    if (taking->batch)
        batch_note_problem(taking->batch, taking->index, problem);
    else
        server_reply_problem(taking->request, problem);
}

static void refuse(struct taking *taking, const struct server_problem *problem)
{
    char status[16];
    snprintf(status, sizeof(status), "%d", problem->status);
    log_write(LOG_WARN, "event refused", "reason", problem->type, "status", status, "source",
              taking->entry.accept.source, "trigger", taking->entry.accept.trigger, "peer",
              server_peer(taking->request), NULL);
    answer_problem(taking, problem);
}

// --- what it is ---

static void refuse_body(struct taking *taking, const struct event_faults *faults,
                        const struct err *err)
{
    struct server_problem problem = {
        .status = 422, .type = "invalid-event", .title = "Unprocessable Content"};
    if (err->code == ERR_INVALID)
        problem = (struct server_problem){
            .status = 400, .type = "malformed-body", .title = "Bad Request"};
    else if (err->code == ERR_TOO_LARGE)
        problem = (struct server_problem){
            .status = 413, .type = "event-too-large", .title = "Content Too Large"};
    size_t count =
        faults->count < COUNT_OF(faults->items) ? faults->count : COUNT_OF(faults->items);
    struct server_problem_item *items = arena_alloc(taking->scratch, count * sizeof(*items));
    for (size_t i = 0; i < count; i++) {
        items[i].pointer = faults->items[i].pointer;
        items[i].detail = faults->items[i].detail;
    }
    problem.detail = err->text;
    problem.errors = items;
    problem.error_count = count;
    refuse(taking, &problem);
}

static bool parse_body(struct taking *taking)
{
    struct store_accept *accept = &taking->entry.accept;
    struct event_faults faults = {0};
    struct reading reading;
    struct err err;
    if (!source_read(taking->generation->config, accept->source, taking->scratch, accept->trigger,
                     accept->format, accept->body, &reading, &faults, &err)) {
        refuse_body(taking, &faults, &err);
        return false;
    }
    if (reading.survey.is_refused) {
        err_set(&err, ERR_CONFLICT, "%s", reading.survey.faults.items[0].detail);
        refuse_body(taking, &reading.survey.faults, &err);
        return false;
    }
    taking->event = reading.event;
    accept->trigger = taking->event.trigger;
    accept->call_id = taking->event.call_id;
    return true;
}

// What the header says, then what the event says of itself, then the message's id. Of a source that
// signs, a header that is not signed says nothing: whoever copied a request could make it a new
// one. A key that stands for a whole batch is made into one for each event by its place; the blank
// in it is in no header's key.
static struct str choose_key(struct taking *taking)
{
    const struct intake_input *input = taking->input;
    bool is_signed = taking->generation->config->sources[taking->source].signing_key_count > 0;
    struct str header = is_signed ? STR("") : input->key, own = taking->event.key;
    struct str whole = header.len ? header : input->message_id;
    if (!taking->batch)
        return header.len ? header : own.len ? own : whole;
    if (own.len || !whole.len)
        return own;
    return str_from(arena_printf(taking->scratch, "%.*s %zu", STR_ARG(whole), taking->index));
}

// --- where it goes ---

// An array or an object is a key too, as its JSON text. A long one counts by its beginning: that
// orders more than was asked for, never less.
static struct str order_key(struct taking *taking, const struct config_service *service)
{
    if (!service->order_by)
        return STR("");
    const struct json *value = json_get(taking->event.elements, str_from(service->order_by));
    if (!value)
        return STR("");
    AUTO_BUF struct buf room;
    buf_init(&room, ORDER_KEY_MAX_BYTES);
    struct str text = json_as_text(value, &room);
    if (text.len > ORDER_KEY_MAX_BYTES)
        text.len = ORDER_KEY_MAX_BYTES;
    return arena_copy(taking->arena, text);
}

static void make_delivery(struct taking *taking, const struct route *route, size_t service,
                          struct store_new_delivery *ret)
{
    const struct store_accept *accept = &taking->entry.accept;
    const struct config_service *config = &taking->generation->config->services[service];
    *ret = (struct store_new_delivery){
        .service = config->name, .route = route->name, .order_key = order_key(taking, config)};
    clock_uuid(accept->received_at, ret->id);
    intake_time_delivery(taking->arena, route, accept->source, &taking->event, accept->received_at,
                         ret);
}

// A service that two routes name gets one delivery, of the first route; but of one that merges the
// event before those that do not, or the service would get it twice.
static void find_deliveries(struct taking *taking)
{
    const struct config *config = taking->generation->config;
    struct store_accept *accept = &taking->entry.accept;
    size_t route_count, most = 0;
    const size_t *routes = route_index_find(taking->generation->routes, taking->scratch,
                                            taking->source, &taking->event, &route_count);
    for (size_t i = 0; i < route_count; i++)
        most += config->routes[routes[i]].service_count;
    size_t *places = arena_alloc(taking->scratch, config->service_count * sizeof(*places));
    accept->deliveries = arena_alloc(taking->scratch, most * sizeof(*accept->deliveries));
    for (size_t i = 0; i < route_count; i++) {
        const struct route *route = &config->routes[routes[i]];
        bool is_merging = route_merges(route, taking->event.trigger);
        for (size_t j = 0; j < route->service_count; j++) {
            size_t service = route->services[j], *place = &places[service]; // from 1; 0: none
            if (*place && (!is_merging || accept->deliveries[*place - 1].merge_call.len))
                continue;
            if (!*place)
                *place = ++accept->delivery_count;
            make_delivery(taking, route, service, &accept->deliveries[*place - 1]);
        }
    }
}

// SHA-256 of trigger, format and body, with a byte in between that no trigger holds.
static void make_fingerprint(struct store_accept *accept)
{
    const char format[2] = {0, (char)accept->format};
    const struct str pieces[] = {str_from(accept->trigger), {format, sizeof(format)}, accept->body};
    digest_sha256(pieces, COUNT_OF(pieces), accept->fingerprint);
}

// --- the answer, on the ledger's thread ---

static void refuse_unstored(struct taking *taking, const struct err *err)
{
    bool is_full = err->code == ERR_FULL;
    log_write(LOG_ERROR, "event not kept", "reason", err->text, "trigger",
              taking->entry.accept.trigger, "source", taking->entry.accept.source, NULL);
    answer_problem(taking,
                   &(struct server_problem){
                       .status = is_full ? 507 : 503,
                       .type = is_full ? "disk-full" : "store-unavailable",
                       .title = is_full ? "Insufficient Storage" : "Service Unavailable",
                       .detail = is_full ? "The event was not kept: there is no room on the disk"
                                         : "The event was not kept: the store cannot write now",
                       .retry_after_s = is_full ? RETRY_FULL_S : RETRY_STORE_S,
                   });
}

static struct json *answer_tree(struct arena *arena, const struct store_accept *accept)
{
    char received_at[CLOCK_RFC3339_BYTES];
    clock_rfc3339(accept->received_at, received_at);
    struct json *tree = json_object(arena), *deliveries = json_array(arena);
    json_set(arena, tree, STR("id"), json_text(arena, accept->id));
    json_set(arena, tree, STR("received_at"), json_text(arena, arena_strdup(arena, received_at)));
    json_set(arena, tree, STR("duplicate"), json_boolean(arena, accept->result != ACCEPT_STORED));
    json_set(arena, tree, STR("unrouted"), json_boolean(arena, accept->delivery_count == 0));
    for (size_t i = 0; i < accept->delivery_count; i++) {
        const struct store_new_delivery *from = &accept->deliveries[i];
        struct json *delivery = json_object(arena);
        json_set(arena, delivery, STR("id"), json_text(arena, from->id));
        json_set(arena, delivery, STR("service"), json_text(arena, from->service));
        json_set(arena, delivery, STR("href"),
                 json_text(arena, arena_printf(arena, "/deliveries/%s", from->id)));
        json_append(arena, deliveries, delivery);
    }
    json_set(arena, tree, STR("deliveries"), deliveries);
    return tree;
}

static void answer(struct taking *taking)
{
    const struct store_accept *accept = &taking->entry.accept;
    bool is_new = accept->result == ACCEPT_STORED;
    char count[24];
    snprintf(count, sizeof(count), "%zu", accept->delivery_count);
    bool is_repeated = accept->result == ACCEPT_REPEATED;
    log_write(is_repeated ? LOG_INFO : LOG_DEBUG,
              is_new        ? "event accepted"
              : is_repeated ? "event repeated: not kept again"
                            : "event accepted before",
              "event", accept->id, "trigger", accept->trigger, "source", accept->source,
              "deliveries", count, NULL);
    if (taking->batch) {
        batch_note_kept(taking->batch, taking->index, accept);
        return;
    }
    AUTO_BUF struct buf body;
    buf_init(&body, ANSWER_MAX_BYTES);
    json_write(&body, answer_tree(taking->arena, accept), JSON_COMPACT);
    server_reply(taking->request,
                 &(struct server_response){
                     .status = is_new ? 202 : 200,
                     .media_type = "application/json",
                     .body = buf_str(&body),
                     .location = arena_printf(taking->arena, "/events/%s", accept->id),
                     .validation_token = taking->input->validation_token,
                 });
}

static void accept_done(void *context, struct ledger_accept *entry, const struct err *err)
{
    struct taking *taking = context;
    if (err)
        refuse_unstored(taking, err);
    else if (entry->accept.result == ACCEPT_CONFLICT)
        refuse(taking, &(struct server_problem){
                           .status = 422,
                           .type = "idempotency-key-reused",
                           .title = "Unprocessable Content",
                           .detail = "This Idempotency-Key was used for another event",
                       });
    else
        answer(taking);
}

// --- the story ---

// Everything up to the ledger; false when it was refused.
static bool prepare(struct taking *taking, struct str body, enum event_format format)
{
    struct store_accept *accept = &taking->entry.accept;
    accept->source = taking->generation->config->sources[taking->source].name;
    accept->trigger = taking->input->trigger;
    accept->format = format;
    accept->body = body;
    if (!parse_body(taking))
        return false;
    accept->idempotency_key = choose_key(taking);
    accept->received_at = clock_now_ms();
    clock_uuid(accept->received_at, accept->id);
    find_deliveries(taking);
    make_fingerprint(accept);
    intake_set_repeat_key(&taking->generation->config->sources[taking->source].dedupe,
                          &taking->event, accept);
    taking->entry.done = accept_done;
    taking->entry.context = taking;
    return true;
}

// Out of the scratch arena, which the next event uses.
static void keep(struct taking *taking)
{
    struct store_accept *accept = &taking->entry.accept;
    size_t bytes = accept->delivery_count * sizeof(*accept->deliveries);
    struct store_new_delivery *deliveries = arena_alloc(taking->arena, bytes);
    memcpy(deliveries, accept->deliveries, bytes);
    accept->deliveries = deliveries;
    accept->call_id = arena_copy(taking->arena, accept->call_id);
    accept->idempotency_key = arena_copy(taking->arena, accept->idempotency_key);
}

// All are read before the first is handed on: from then on the arena is the ledger's thread's.
static void take_items(const struct taking *whole, const struct str *items, size_t count)
{
    struct arena *arena = whole->arena;
    AUTO_ARENA struct arena *scratch = arena_new();
    struct batch *batch = batch_new(whole->request, count, whole->input->validation_token);
    struct taking *takings = arena_alloc(arena, count * sizeof(*takings));
    size_t prepared = 0;
    for (size_t i = 0; i < count; i++) {
        struct taking *taking = &takings[prepared];
        *taking = *whole;
        taking->scratch = scratch;
        taking->batch = batch;
        taking->index = i;
        if (prepare(taking, items[i], EVENT_JSON)) {
            keep(taking);
            prepared++;
        }
        arena_reset(scratch);
    }
    for (size_t i = 0; i < prepared; i++)
        ledger_accept(whole->ledger, &takings[i].entry);
    batch_release(batch);
}

static void take_batch(struct taking *taking)
{
    const struct intake_input *input = taking->input;
    struct str *items;
    size_t count;
    struct err err;
    if (batch_split(taking->arena, input->batch_kind, input->body, BATCH_EVENTS_MAX, &items, &count,
                    &err)) {
        take_items(taking, items, count);
        return;
    }
    bool is_large = err.code == ERR_TOO_LARGE;
    refuse(taking, &(struct server_problem){
                       .status = is_large ? 413 : 400,
                       .type = is_large ? "event-too-large" : "malformed-body",
                       .title = is_large ? "Content Too Large" : "Bad Request",
                       .detail = err.text,
                   });
}

// Knows the sender before anything of the body is looked at, or, of a source that signs, no more of
// it than the signature needs.
static bool read_request(struct taking *taking, struct str trigger, struct intake_input *input)
{
    struct server_request *request = taking->request;
    const struct config *config = taking->generation->config;
    struct server_problem problem;
    intake_read_query(request, input);
    bool done = sender_find(config, request, input->query_token, &taking->source, &problem);
    if (done) {
        const struct config_source *source = &config->sources[taking->source];
        taking->entry.accept.source = source->name;
        done = intake_read_body(request, config->max_body_bytes, input, &problem) &&
               sender_check(source, request, input->is_of_query, input->body, clock_now_ms(),
                            &problem) &&
               intake_read_trigger(request, trigger, input, &problem);
        taking->entry.accept.trigger = input->trigger;
        done = done && (input->is_validation || (intake_read_format(request, input, &problem) &&
                                                 intake_read_keys(request, input, &problem)));
    }
    if (!done)
        refuse(taking, &problem);
    return done;
}

void intake_take(const struct generation *generation, struct ledger *ledger,
                 struct server_request *request, struct str trigger)
{
    struct arena *arena = server_arena(request);
    struct taking *taking = arena_alloc(arena, sizeof(*taking));
    struct intake_input *input = arena_alloc(arena, sizeof(*input));
    *taking = (struct taking){.generation = generation,
                              .ledger = ledger,
                              .request = request,
                              .arena = arena,
                              .scratch = arena,
                              .input = input};
    if (!read_request(taking, trigger, input))
        return;
    if (input->is_validation)
        server_reply(request, &(struct server_response){
                                  .status = 200,
                                  .body = STR(""),
                                  .validation_token = input->validation_token,
                              });
    else if (input->is_batch)
        take_batch(taking);
    else if (prepare(taking, input->body, input->format))
        ledger_accept(ledger, &taking->entry);
}
