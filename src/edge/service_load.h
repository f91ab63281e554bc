// SPDX-License-Identifier: GPL-3.0-or-later
//
// A compiled service as service_load.c makes it and service.c uses it. For these two files only.

#ifndef EDGE_SERVICE_LOAD_H
#define EDGE_SERVICE_LOAD_H

#include "edge/mask.h"
#include "edge/reply.h"
#include "edge/service.h"

struct service {
    const struct config_service *config;
    const struct soap_operation *operation; // NULL: an HTTP service
    struct template *url;
    struct str url_start;       // scheme and host: what every rendered URL begins with
    struct template *body;      // NULL: no body
    struct template **headers;  // as in config->headers
    const char **fixed_headers; // "Name: value", the same for every request
    size_t fixed_header_count;
    const char *boundary;                    // between a request's parts; NULL: it has none
    const char *addressing_action;           // NULL: no headers of WS-Addressing
    const struct reply_where *outcome_tests; // as in config->outcomes
    struct reply_where success;
    const struct reply_where *captures; // as in config->captures
    bool has_rule_tests, has_success;
    struct json *secrets; // what templates read as {{secret.NAME}}
    struct mask *mask;
    struct unmapped *unmapped; // of all services
};

#endif
