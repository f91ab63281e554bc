// SPDX-License-Identifier: GPL-3.0-or-later
//
// Whether two compiled services call the same target as the same client, so that what was learned
// of one holds for the other. Knows what a target sees, not what is sent to it.

#include "edge/service_load.h"

static bool is_same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool has_same_address(const struct service *a, const struct service *b)
{
    const struct config_service *x = a->config, *y = b->config;
    if (x->kind != y->kind || !str_eq(x->url, y->url) || !str_eq(x->endpoint, y->endpoint))
        return false;
    if (x->kind == SERVICE_HTTP)
        return strcmp(x->method, y->method) == 0;
    return is_same_text(soap_operation_endpoint(a->operation),
                        soap_operation_endpoint(b->operation)) &&
           is_same_text(soap_operation_action(a->operation), soap_operation_action(b->operation));
}

static bool has_same_credentials(const struct config_service *x, const struct config_service *y)
{
    if (!is_same_text(x->basic_user, y->basic_user) ||
        !str_eq(x->basic_password, y->basic_password) || !str_eq(x->bearer_token, y->bearer_token))
        return false;
    if (x->secret_count != y->secret_count)
        return false;
    for (size_t i = 0; i < x->secret_count; i++) {
        if (strcmp(x->secrets[i].name, y->secrets[i].name) != 0 ||
            !str_eq(x->secrets[i].value, y->secrets[i].value))
            return false;
    }
    return true;
}

static bool has_same_headers(const struct config_service *x, const struct config_service *y)
{
    if (x->header_count != y->header_count)
        return false;
    for (size_t i = 0; i < x->header_count; i++) {
        if (strcmp(x->headers[i].name, y->headers[i].name) != 0 ||
            !str_eq(x->headers[i].value, y->headers[i].value))
            return false;
    }
    return true;
}

static bool has_same_way(const struct config_service *x, const struct config_service *y)
{
    return is_same_text(x->proxy, y->proxy) && is_same_text(x->ca_file, y->ca_file) &&
           is_same_text(x->cert_file, y->cert_file) && is_same_text(x->key_file, y->key_file);
}

bool service_has_same_target(const struct service *a, const struct service *b)
{
    return has_same_address(a, b) && has_same_credentials(a->config, b->config) &&
           has_same_headers(a->config, b->config) && has_same_way(a->config, b->config);
}
