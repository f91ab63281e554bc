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
#include "core/route.h"
#include "edge/httptext.h"
#include "edge/source.h"
#include "flow/intake_timing.h"

#include <openssl/evp.h>
#include <stdio.h>

enum {
    KEY_MAX_BYTES = 255,
    ORDER_KEY_MAX_BYTES = 200,
    ANSWER_MAX_BYTES = 256 * 1024, // for a configuration with a thousand services
    RETRY_FULL_S = 60,
    RETRY_STORE_S = 5,
};

struct intake {
    const struct config *config;
    struct ledger *ledger;
};

struct taking {
    struct intake *intake;
    struct server_request *request;
    struct arena *arena;
    size_t source; // index into the configuration
    struct event event;
    struct ledger_accept entry;
};

struct intake *intake_new(const struct config *config, struct ledger *ledger)
{
    struct intake *intake = mem_alloc(sizeof(*intake));
    *intake = (struct intake){.config = config, .ledger = ledger};
    return intake;
}

void intake_free(struct intake *intake)
{
    free(intake);
}

static void refuse(struct taking *taking, const struct server_problem *problem)
{
    char status[16];
    snprintf(status, sizeof(status), "%d", problem->status);
    log_write(LOG_WARN, "event refused", "reason", problem->type, "status", status, "source",
              taking->entry.accept.source, "trigger", taking->entry.accept.trigger, "peer",
              server_peer(taking->request), NULL);
    server_reply_problem(taking->request, problem);
}

// --- who sends it ---

// Compares with every token of every source, so that the time taken tells nothing about them.
static bool find_source_by_token(const struct config *config, struct str token, size_t *ret)
{
    bool is_found = false;
    for (size_t i = 0; i < config->source_count; i++) {
        for (size_t j = 0; j < config->sources[i].token_count; j++) {
            if (str_eq_secret(config->sources[i].tokens[j], token) && !is_found) {
                is_found = true;
                *ret = i;
            }
        }
    }
    return is_found;
}

static bool find_open_source(const struct config *config, size_t *ret)
{
    for (size_t i = 0; i < config->source_count; i++) {
        if (config->sources[i].token_count == 0) {
            *ret = i;
            return true;
        }
    }
    return false;
}

// A request with credentials is known by them alone; one without belongs to the first source that
// needs none.
static bool find_source(struct taking *taking)
{
    const struct config *config = taking->intake->config;
    struct str user, token;
    const char *authorization = server_header(taking->request, "Authorization");
    bool is_known =
        !authorization ? find_open_source(config, &taking->source)
        : httptext_bearer(authorization, &token) || server_basic(taking->request, &user, &token)
            ? find_source_by_token(config, token, &taking->source)
            : false;
    if (is_known) {
        taking->entry.accept.source = config->sources[taking->source].name;
        return true;
    }
    refuse(taking, &(struct server_problem){
                       .status = 401,
                       .type = "unauthorized",
                       .title = "Unauthorized",
                       .detail = authorization ? "The token is not one of a configured source"
                                               : "A token is needed: Authorization: Bearer TOKEN",
                       .challenge = "Bearer realm=\"switchhook\", Basic realm=\"switchhook\"",
                   });
    return false;
}

// --- what it is ---

static bool find_trigger(struct taking *taking, struct str name)
{
    const char *trigger = event_trigger(name);
    if (trigger) {
        taking->entry.accept.trigger = trigger;
        return true;
    }
    size_t count;
    const char *const *triggers = event_triggers(&count);
    const char *nearest = err_nearest(name, triggers, count);
    int len = name.len > 64 ? 64 : (int)name.len;
    refuse(taking, &(struct server_problem){
                       .status = 404,
                       .type = "unknown-trigger",
                       .title = "Not Found",
                       .detail = arena_printf(taking->arena, "There is no trigger \"%.*s\"%s%s%s",
                                              len, name.data, nearest ? "; did you mean \"" : "",
                                              nearest ? nearest : "", nearest ? "\"?" : ""),
                   });
    return false;
}

static bool find_format(struct taking *taking)
{
    const char *media_type = server_header(taking->request, "Content-Type");
    if (media_type && event_format_of(str_from(media_type), &taking->entry.accept.format))
        return true;
    refuse(taking,
           &(struct server_problem){
               .status = 415,
               .type = "unsupported-media-type",
               .title = "Unsupported Media Type",
               .detail = "An event is application/json or application/x-www-form-urlencoded",
           });
    return false;
}

// The bare key or a structured-field string (RFC 8941) with its quotes.
static bool read_key(struct taking *taking)
{
    const char *header = server_header(taking->request, "Idempotency-Key");
    if (!header)
        return true;
    struct str key = str_trim(str_from(header));
    if (key.len >= 2 && key.data[0] == '"' && key.data[key.len - 1] == '"')
        key = (struct str){key.data + 1, key.len - 2};
    bool is_good = key.len >= 1 && key.len <= KEY_MAX_BYTES;
    for (size_t i = 0; i < key.len && is_good; i++)
        is_good = key.data[i] > ' ' && key.data[i] < 0x7f;
    if (is_good) {
        taking->entry.accept.idempotency_key = key;
        return true;
    }
    refuse(taking, &(struct server_problem){
                       .status = 400,
                       .type = "bad-idempotency-key",
                       .title = "Bad Request",
                       .detail = "Idempotency-Key must be 1 to 255 visible ASCII characters",
                   });
    return false;
}

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
    struct server_problem_item *items = arena_alloc(taking->arena, count * sizeof(*items));
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
    accept->body = server_body(taking->request);
    if (!source_read(taking->intake->config, accept->source, taking->arena, accept->trigger,
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
    accept->call_id = taking->event.call_id;
    return true;
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
    AUTO_BUF struct buf scratch;
    buf_init(&scratch, ORDER_KEY_MAX_BYTES);
    struct str text = json_as_text(value, &scratch);
    if (text.len > ORDER_KEY_MAX_BYTES)
        text.len = ORDER_KEY_MAX_BYTES;
    return arena_copy(taking->arena, text);
}

static void make_delivery(struct taking *taking, const struct route *route, size_t service,
                          struct store_new_delivery *ret)
{
    const struct store_accept *accept = &taking->entry.accept;
    const struct config_service *config = &taking->intake->config->services[service];
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
    const struct config *config = taking->intake->config;
    struct store_accept *accept = &taking->entry.accept;
    size_t *places = arena_alloc(taking->arena, config->service_count * sizeof(*places));
    accept->deliveries =
        arena_alloc(taking->arena, config->service_count * sizeof(*accept->deliveries));
    for (size_t i = 0; i < config->route_count; i++) {
        const struct route *route = &config->routes[i];
        if (!route_matches(route, taking->source, &taking->event))
            continue;
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
    const unsigned char format[2] = {0, (unsigned char)accept->format};
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    require(digest && EVP_DigestInit_ex(digest, EVP_sha256(), NULL));
    require(EVP_DigestUpdate(digest, accept->trigger, strlen(accept->trigger)));
    require(EVP_DigestUpdate(digest, format, sizeof(format)));
    require(EVP_DigestUpdate(digest, accept->body.data, accept->body.len));
    require(EVP_DigestFinal_ex(digest, accept->fingerprint, NULL));
    EVP_MD_CTX_free(digest);
}

// --- the answer, on the ledger's thread ---

static void refuse_unstored(struct taking *taking, const struct err *err)
{
    bool is_full = err->code == ERR_FULL;
    log_write(LOG_ERROR, "event not kept", "reason", err->text, "trigger",
              taking->entry.accept.trigger, "source", taking->entry.accept.source, NULL);
    server_reply_problem(taking->request,
                         &(struct server_problem){
                             .status = is_full ? 507 : 503,
                             .type = is_full ? "disk-full" : "store-unavailable",
                             .title = is_full ? "Insufficient Storage" : "Service Unavailable",
                             .detail = is_full
                                           ? "The event was not kept: there is no room on the disk"
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
    AUTO_BUF struct buf body;
    buf_init(&body, ANSWER_MAX_BYTES);
    json_write(&body, answer_tree(taking->arena, accept), JSON_COMPACT);
    server_reply(taking->request,
                 &(struct server_response){
                     .status = is_new ? 202 : 200,
                     .media_type = "application/json",
                     .body = buf_str(&body),
                     .location = arena_printf(taking->arena, "/events/%s", accept->id),
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

void intake_take(struct intake *intake, struct server_request *request, struct str trigger)
{
    struct arena *arena = server_arena(request);
    struct taking *taking = arena_alloc(arena, sizeof(*taking));
    taking->intake = intake;
    taking->request = request;
    taking->arena = arena;
    if (!find_source(taking) || !find_trigger(taking, trigger) || !find_format(taking) ||
        !read_key(taking) || !parse_body(taking))
        return;
    struct store_accept *accept = &taking->entry.accept;
    accept->received_at = clock_now_ms();
    clock_uuid(accept->received_at, accept->id);
    find_deliveries(taking);
    make_fingerprint(accept);
    intake_set_repeat_key(&intake->config->sources[taking->source].dedupe, &taking->event, accept);
    taking->entry.done = accept_done;
    taking->entry.context = taking;
    ledger_accept(intake->ledger, &taking->entry);
}
