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
//   GET  /unrouted               events that no route took
//   GET  /services               every service: window, trouble, what is held
//   POST /services/{name}/open
//   GET  /maps                   values that the maps of the configuration do not hold
//   GET  /style.css

#ifndef FLOW_PAGE_H
#define FLOW_PAGE_H

#include "edge/config.h"
#include "edge/server.h"
#include "flow/ledger.h"
#include "flow/worker.h"

struct pages;

// All must outlive it. Fails when a page template is missing or broken; the fault says where.
bool pages_new(const struct config *config, struct store_reader *reader, struct ledger *ledger,
               struct workers *workers, struct pages **ret, struct fault_list *faults) MUST_CHECK;
void pages_free(struct pages *pages);

// Answers the request when the path is a page's; otherwise answers 404 or 405.
void pages_show(struct pages *pages, struct server_request *request);

#endif
