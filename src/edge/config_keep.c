// SPDX-License-Identifier: GPL-3.0-or-later
//
// What of a new configuration has to wait for a restart: sockets, threads and files that the
// process has already. What would surprise: rules that go by the address hold for the one that is
// kept, or a file could take the password off pages that the world still reaches.

#include "edge/config.h"
#include "edge/config_read.h"

struct keeping {
    struct config *config;
    const char **names;
    size_t count;
};

static void note(struct keeping *keeping, const char *name, bool is_other)
{
    require(keeping->count < CONFIG_RESTARTS);
    if (is_other)
        keeping->names[keeping->count++] = name;
}

static void keep_text(struct keeping *keeping, const char **to, const char *from)
{
    *to = arena_strdup(keeping->config->arena, from);
}

static void keep_address(struct keeping *keeping, const struct config *running)
{
    struct config *config = keeping->config;
    note(keeping, "listen",
         strcmp(config->listen_host, running->listen_host) != 0 ||
             config->listen_port != running->listen_port);
    keep_text(keeping, &config->listen_host, running->listen_host);
    config->listen_port = running->listen_port;
}

static void keep_numbers(struct keeping *keeping, const struct config *running)
{
    struct config *config = keeping->config;
    note(keeping, "listen_threads", config->listen_threads != running->listen_threads);
    config->listen_threads = running->listen_threads;
    note(keeping, "workers", config->workers != running->workers);
    config->workers = running->workers;
    note(keeping, "limits: body", config->max_body_bytes != running->max_body_bytes);
    config->max_body_bytes = running->max_body_bytes;
    note(keeping, "limits: connections", config->max_connections != running->max_connections);
    config->max_connections = running->max_connections;
    note(keeping, "limits: request_timeout",
         config->request_timeout_ms != running->request_timeout_ms);
    config->request_timeout_ms = running->request_timeout_ms;
}

static bool check_open_address(const struct config *config, struct fault_list *faults)
{
    size_t before = faults->count;
    if (config_is_loopback(config->listen_host))
        return true;
    if (!config->admin_user)
        fault_add(faults, config->file, 0, 0,
                  "admin is needed until a restart, because the running gateway listens at %s",
                  config->listen_host);
    for (size_t i = 0; i < config->source_count; i++) {
        const struct config_source *source = &config->sources[i];
        if (!source->token_count && !source->signing_key_count)
            fault_add(faults, config->file, 0, 0,
                      "source '%s' needs a token or a signature until a restart, because the "
                      "running gateway listens at %s",
                      source->name, config->listen_host);
    }
    return faults->count == before;
}

bool config_keep(struct config *config, const struct config *running, const char **ret_names,
                 size_t *ret_count, struct fault_list *faults)
{
    struct keeping keeping = {.config = config, .names = ret_names};
    keep_address(&keeping, running);
    note(&keeping, "store", strcmp(config->store_path, running->store_path) != 0);
    keep_text(&keeping, &config->store_path, running->store_path);
    keep_numbers(&keeping, running);
    *ret_count = keeping.count;
    return check_open_address(config, faults);
}
