// SPDX-License-Identifier: GPL-3.0-or-later
//
// The story "what would happen": an event's routes with the reason of each, and the request that
// each service would get. Goes the way of a real event, so the bytes are the same; sends and stores
// nothing. The command and the page show the same tree.

#ifndef FLOW_PREVIEW_H
#define FLOW_PREVIEW_H

#include "edge/service.h"

struct preview_delivery { // a stored one: its request is shown as it would be sent next
    const char *service, *id;
    int attempts; // so far
};

struct preview_event {
    const char *trigger; // static
    const char *source;
    enum event_format format;
    struct str body;
    const char *id; // NULL: not stored, so ids of zeros stand for those it would get
    int64_t received_at;
    const struct json *captured; // of its call; NULL: samples stand for all that services capture
    const struct preview_delivery *deliveries;
    size_t delivery_count;
};

struct preview_options {
    const struct config *config;
    const struct services *services;
    const char *service; // this one, whether a route names it or not; NULL: those that routes name
    size_t max_text_bytes; // of all requests together; longer ones are cut, and say so
};

// {event, refused, notes, captured, routes, other_routes, requests, unrouted}; see docs/api.md.
// Lives in the arena.
struct json *preview_make(struct arena *arena, const struct preview_options *options,
                          const struct preview_event *event);

#endif
