// SPDX-License-Identifier: GPL-3.0-or-later
//
// The parts of a service that are HTTP: URLs, methods, headers, authentication, TLS. Knows what may
// be sent, not what a template makes of it.

#ifndef EDGE_CONFIG_HTTP_H
#define EDGE_CONFIG_HTTP_H

#include "edge/config_read.h"

// Template text with a literal scheme and host.
void config_read_url(struct config_reader *reader, const char *key, const struct node *value,
                     bool has_hash_tags, struct str *ret);
config_read_fn config_read_proxy;      // const char *
config_read_fn config_read_method;     // const char *
config_read_fn config_read_media_type; // const char *
config_read_fn config_read_headers;    // struct config_service
config_read_fn config_read_auth;       // struct config_service
config_read_fn config_read_tls;        // struct config_service

#endif
