// SPDX-License-Identifier: GPL-3.0-or-later
//
// Credentials against the configuration. Every comparison with a secret takes as long for a wrong
// one as for a right one, and a refusal says nothing that helps to guess.

#include "flow/sender.h"

#include "edge/httptext.h"
#include "edge/signature.h"

static bool refuse(const char *detail, struct server_problem *ret_problem)
{
    *ret_problem = (struct server_problem){
        .status = 401,
        .type = "unauthorized",
        .title = "Unauthorized",
        .detail = detail,
        .challenge = "Bearer realm=\"switchhook\", Basic realm=\"switchhook\"",
    };
    return false;
}

// Compares with every token of every source, so that the time taken tells nothing about them.
static bool find_by_token(const struct config *config, struct str token, size_t *ret)
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

static bool find_by_password(const struct config *config, struct str user, struct str password,
                             size_t *ret)
{
    if (!find_by_token(config, password, ret))
        return false;
    const char *needed = config->sources[*ret].user;
    return !needed || str_eq_secret(user, str_from(needed));
}

static bool find_open(const struct config *config, size_t *ret)
{
    for (size_t i = 0; i < config->source_count; i++) {
        if (config->sources[i].token_count == 0) {
            *ret = i;
            return true;
        }
    }
    return false;
}

bool sender_find(const struct config *config, struct server_request *request,
                 struct str query_token, size_t *ret_source, struct server_problem *ret_problem)
{
    const char *authorization = server_header(request, "Authorization");
    struct str user, token;
    bool is_known = false, has_token = authorization || query_token.len;
    if (httptext_bearer(authorization, &token))
        is_known = find_by_token(config, token, ret_source);
    else if (server_basic(request, &user, &token))
        is_known = find_by_password(config, user, token, ret_source);
    else if (!authorization && query_token.len)
        is_known = find_by_token(config, query_token, ret_source);
    else if (!authorization)
        is_known = find_open(config, ret_source);
    return is_known || refuse(has_token ? "The token is not one of a configured source"
                                        : "A token is needed: Authorization: Bearer TOKEN",
                              ret_problem);
}

bool sender_check(const struct config_source *source, struct server_request *request,
                  bool is_of_query, struct str body, int64_t now_ms,
                  struct server_problem *ret_problem)
{
    if (!source->signing_key_count)
        return true;
    if (is_of_query)
        return refuse("This source signs its requests, and no signature is of a query",
                      ret_problem);
    const struct signature_headers headers = {
        .id = server_header(request, "webhook-id"),
        .timestamp = server_header(request, "webhook-timestamp"),
        .signature = server_header(request, "webhook-signature"),
    };
    struct err err;
    return signature_check(source->signing_keys, source->signing_key_count, &headers, body, now_ms,
                           &err) ||
           refuse(arena_strdup(server_arena(request), err.text), ret_problem);
}
