// SPDX-License-Identifier: GPL-3.0-or-later
//
// The story "show": views of the store as HTML or, by Accept, as JSON; both are made from one tree,
// so they cannot differ. Writes only through the ledger, for the operator's buttons.
//
//   GET  /                       deliveries, newest first (?state= service= trigger= call= before=
//                                limit=)
//   GET  /deliveries             the same
//   GET  /deliveries/{id}        one delivery: event, attempts, requests, replies, what is next
//   POST /deliveries/{id}/resend, /deliveries/{id}/cancel
//   GET  /events/{id}            the event as received and its deliveries
//   GET  /events/{id}/preview    what the configuration of now would make of it
//   GET  /unrouted               events that no route took
//   GET  /services               every service: window, trouble, what is held
//   POST /services/{name}/open
//   GET  /maps                   values that the maps of the configuration do not hold
//   GET  /configuration          what is loaded since when, and why the last reload failed
//   POST /v1/reload
//   GET  /style.css

#ifndef FLOW_PAGE_H
#define FLOW_PAGE_H

#include "edge/server.h"
#include "flow/ledger.h"
#include "flow/reload.h"
#include "flow/worker.h"

struct pages { // all outlive the requests
    struct store_reader *reader;
    struct ledger *ledger;
    struct workers *workers;
    struct reload *reload;
};

// Answers the request when the path is a page's; otherwise answers 404 or 405. The generation stays
// until the request's end.
void pages_show(const struct pages *pages, const struct generation *generation,
                struct server_request *request);

#endif
