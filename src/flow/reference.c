// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which body for which path, and the bodies made so far. Knows that they are JSON, not what is in
// them. A body is made under the lock: two who ask at once cost one.

#include "flow/reference.h"

#include "core/event.h"
#include "core/schema.h"

#include <pthread.h>

enum {
    BODY_MAX_BYTES = 4 << 20, // the whole catalogue has 200 KB
    WORD_SHOWN_BYTES = 64,    // of a trigger that is none
};

struct reference {
    size_t trigger_count;
    pthread_mutex_t lock;
    struct arena *arena;    // under the lock
    struct str *catalogues; // by trigger, the last one of all; data NULL: not made yet
    struct str *schemas;    // by trigger
};

typedef struct json *make_fn(struct arena *arena, const char *trigger);

struct reference *reference_new(void)
{
    struct reference *reference = mem_alloc(sizeof(*reference));
    struct arena *arena = arena_new();
    size_t count;
    event_triggers(&count);
    *reference = (struct reference){
        .trigger_count = count,
        .arena = arena,
        .catalogues = arena_alloc(arena, (count + 1) * sizeof(struct str)),
        .schemas = arena_alloc(arena, count * sizeof(struct str)),
    };
    require(pthread_mutex_init(&reference->lock, NULL) == 0);
    return reference;
}

void reference_free(struct reference *reference)
{
    if (!reference)
        return;
    pthread_mutex_destroy(&reference->lock);
    arena_free(reference->arena);
    free(reference);
}

static struct str make_body(struct arena *keeper, make_fn *make, const char *trigger)
{
    AUTO_ARENA struct arena *arena = arena_new();
    AUTO_BUF struct buf body;
    buf_init(&body, BODY_MAX_BYTES);
    json_write(&body, make(arena, trigger), JSON_COMPACT);
    require(!body.overflowed);
    return arena_copy(keeper, buf_str(&body));
}

// Once made, a body stays where it is until the reference is freed.
static struct str find_body(struct reference *reference, struct str *place, make_fn *make,
                            const char *trigger)
{
    pthread_mutex_lock(&reference->lock);
    if (!place->data)
        *place = make_body(reference->arena, make, trigger);
    struct str body = *place;
    pthread_mutex_unlock(&reference->lock);
    return body;
}

// The index of a trigger, or false after the request was answered.
static bool find_trigger(struct server_request *request, struct str name, int status,
                         const char *type, size_t *ret)
{
    size_t count;
    const char *const *triggers = event_triggers(&count);
    const char *trigger = event_trigger(name);
    for (size_t i = 0; trigger && i < count; i++) {
        if (triggers[i] == trigger) {
            *ret = i;
            return true;
        }
    }
    const char *nearest = err_nearest(name, triggers, count);
    int shown = name.len < WORD_SHOWN_BYTES ? (int)name.len : WORD_SHOWN_BYTES;
    server_reply_problem(
        request,
        &(struct server_problem){
            .status = status,
            .type = type,
            .title = status == 404 ? "Not Found" : "Bad Request",
            .detail = arena_printf(server_arena(request), "There is no trigger \"%.*s\"%s%s%s",
                                   shown, name.data, nearest ? "; did you mean \"" : "",
                                   nearest ? nearest : "", nearest ? "\"?" : ""),
        });
    return false;
}

static void reply(struct server_request *request, const char *media_type, struct str body)
{
    server_reply(request,
                 &(struct server_response){.status = 200, .media_type = media_type, .body = body});
}

void reference_show_catalogue(struct reference *reference, struct server_request *request)
{
    struct str name = str_trim(str_from(server_query(request, "trigger")));
    size_t index = reference->trigger_count, count;
    if (name.len && !find_trigger(request, name, 400, "bad-parameter", &index))
        return;
    const char *trigger = name.len ? event_triggers(&count)[index] : NULL;
    reply(request, "application/json",
          find_body(reference, &reference->catalogues[index], schema_catalogue, trigger));
}

void reference_show_schema(struct reference *reference, struct server_request *request,
                           struct str trigger)
{
    size_t index, count;
    if (find_trigger(request, trigger, 404, "unknown-trigger", &index))
        reply(request, "application/schema+json",
              find_body(reference, &reference->schemas[index], schema_event,
                        event_triggers(&count)[index]));
}
