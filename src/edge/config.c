// SPDX-License-Identifier: GPL-3.0-or-later
//
// The top level of the configuration, and the rules between its parts. Surveys are read before
// services, and these and sources before routes, wherever they stand in the file, because the later
// refer to the earlier.

#include "edge/config.h"
#include "edge/config_map.h"
#include "edge/config_normal.h"
#include "edge/config_read.h"
#include "edge/config_route.h"
#include "edge/config_service.h"
#include "edge/config_signature.h"
#include "edge/config_survey.h"
#include "edge/config_timing.h"
#include "edge/file.h"
#include "base/log.h"

#include <arpa/inet.h>

enum {
    MAX_FILE_BYTES = 16 * 1024 * 1024,
    MAX_SOURCES = 1000,
    MAX_SURVEYS = 1000,
    MAX_SERVICES = 10000,
    MAX_TOKENS = 16,
    KILOBYTE = 1024,
    MINUTE_MS = 60 * 1000,
};
#define TERABYTE ((int64_t)1 << 40)

struct config_draft {
    struct config config;
    const struct node *listen, *admin, *sources, *surveys, *maps, *services, *routes;
};

// --- the address ---

// A host by address, so that nobody's name server decides where the gateway listens.
static bool parse_listen(struct arena *arena, struct str text, const char **ret_host, int *ret_port)
{
    const char *colon = memrchr(text.data, ':', text.len);
    size_t digits = colon ? strspn(colon + 1, "0123456789") : 0;
    if (digits == 0 || digits > 5 || colon[1 + digits] != '\0')
        return false;
    long port = strtol(colon + 1, NULL, 10);
    struct str host = {text.data, (size_t)(colon - text.data)};
    bool is_bracketed = host.len > 2 && host.data[0] == '[' && host.data[host.len - 1] == ']';
    if (is_bracketed)
        host = (struct str){host.data + 1, host.len - 2};
    if (str_eq(host, STR("localhost")))
        host = STR("127.0.0.1");
    const char *name = arena_copy(arena, host).data;
    struct in6_addr address;
    if (port > 65535 || inet_pton(is_bracketed ? AF_INET6 : AF_INET, name, &address) != 1)
        return false;
    *ret_host = name;
    *ret_port = (int)port;
    return true;
}

bool config_is_loopback(const char *host)
{
    return strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0;
}

static void read_listen(struct config_reader *reader, struct config_draft *draft)
{
    const struct node *value = draft->listen;
    if (!value || !config_is_text(reader, "listen", value))
        return;
    struct config *config = &draft->config;
    if (!parse_listen(reader->arena, value->text, &config->listen_host, &config->listen_port))
        config_fault(reader, value,
                     "listen must be an address and a port such as 127.0.0.1:8080, 0.0.0.0:8080 or "
                     "[::1]:8080; found '%.80s'",
                     value->text.data);
}

// --- sources ---

static void read_tokens(struct config_reader *reader, const struct config_field *field,
                        const struct node *value, void *ret)
{
    struct config_source *source = ret;
    bool is_list = value->kind == NODE_LIST;
    size_t count = is_list ? value->count : 1;
    if (source->tokens || count == 0 || count > MAX_TOKENS) {
        config_fault(reader, value, "%s: a source has either a token or a list of 1 to %d tokens",
                     field->key, MAX_TOKENS);
        return;
    }
    struct str *tokens = arena_alloc(reader->arena, count * sizeof(*tokens));
    for (size_t i = 0; i < count; i++) {
        tokens[i] = STR("");
        config_read_secret(reader, field, is_list ? value->members[i].value : value, &tokens[i]);
    }
    source->tokens = tokens;
    source->token_count = count;
}

#define OF_NORMAL(name) offsetof(struct config_source, normal.name)

static const struct config_field source_fields[] = {
    {.key = "token", .read = read_tokens},
    {.key = "tokens", .read = read_tokens},
    {.key = "time_zone", .read = config_read_zone, .offset = OF_NORMAL(zone)},
    {.key = "phone_country", .read = config_read_country, .offset = OF_NORMAL(phone_country)},
    {.key = "slash_dates", .read = config_read_slash_dates, .offset = OF_NORMAL(slash_dates)},
    {.key = "unresolved_tags", .read = config_read_policy, .offset = OF_NORMAL(unresolved)},
    {.key = "empty", .read = config_read_policy, .offset = OF_NORMAL(empty)},
    {.key = "aliases",
     .read = config_read_aliases,
     .offset = offsetof(struct config_source, normal)},
    {.key = "dedupe", .read = config_read_dedupe, .offset = offsetof(struct config_source, dedupe)},
    {.key = "user", .read = config_read_text, .offset = offsetof(struct config_source, user)},
    {.key = "signature", .read = config_read_signatures},
    {.key = "signatures", .read = config_read_signatures},
};

static void read_sources(struct config_reader *reader, struct config *config)
{
    const struct node *map = reader->sources;
    if (!map)
        return;
    if (map->count == 0)
        config_fault(reader, map, "no source is defined, so nobody could post an event");
    struct config_source *sources = arena_alloc(reader->arena, map->count * sizeof(*sources));
    for (size_t i = 0; i < map->count; i++) {
        const struct node_member *member = &map->members[i];
        sources[i].name = arena_copy(reader->arena, member->key->text).data;
        sources[i].normal = normal_rules_default;
        config_is_name(reader, "the name of a source", member->key);
        if (!node_is_empty(member->value))
            config_read_map(reader, member->value, "a source", source_fields,
                            COUNT_OF(source_fields), &sources[i]);
    }
    config->sources = sources;
    config->source_count = map->count;
}

static bool has_token(const struct config_source *source, struct str token)
{
    for (size_t i = 0; i < source->token_count; i++) {
        if (token.len > 0 && str_eq(source->tokens[i], token))
            return true;
    }
    return false;
}

// A token says which source an event is from, so no two sources may have the same.
static void check_shared_tokens(struct config_reader *reader, const struct config *config,
                                size_t index)
{
    const struct config_source *source = &config->sources[index];
    for (size_t i = 0; i < index; i++) {
        for (size_t t = 0; t < source->token_count; t++) {
            if (has_token(&config->sources[i], source->tokens[t]))
                config_fault(reader, reader->sources->members[index].key,
                             "sources '%s' and '%s' have the same token", config->sources[i].name,
                             source->name);
        }
    }
}

static void check_sources(struct config_reader *reader, const struct config *config)
{
    const char *open = NULL;
    for (size_t i = 0; i < config->source_count; i++) {
        const struct config_source *source = &config->sources[i];
        const struct node *key = reader->sources->members[i].key;
        check_shared_tokens(reader, config, i);
        if (source->user && (strchr(source->user, ':') || !source->tokens))
            config_fault(reader, key,
                         "source '%s': a user goes with a token, its password, and has no ':'",
                         source->name);
        if (source->tokens)
            continue;
        if (!config_is_loopback(config->listen_host) && !source->signing_keys)
            config_fault(reader, key,
                         "source '%s' needs a token or a signature, because listen is not a "
                         "loopback address",
                         source->name);
        else if (open)
            config_fault(reader, key,
                         "source '%s' needs a token: only one source can do without, and '%s' does",
                         source->name, open);
        open = source->name;
    }
}

// --- the other sections ---

static const struct config_field admin_fields[] = {
    {.key = "user",
     .read = config_read_text,
     .offset = offsetof(struct config, admin_user),
     .is_required = true},
    {.key = "password",
     .read = config_read_secret,
     .offset = offsetof(struct config, admin_password),
     .is_required = true},
};

static void read_admin(struct config_reader *reader, struct config_draft *draft)
{
    if (draft->admin)
        config_read_map(reader, draft->admin, "admin", admin_fields, COUNT_OF(admin_fields),
                        &draft->config);
    else if (!config_is_loopback(draft->config.listen_host))
        config_fault(reader, draft->listen,
                     "listening beyond loopback needs admin, or anybody could read the pages");
    if (draft->config.admin_user && strchr(draft->config.admin_user, ':'))
        config_fault(reader, draft->admin, "the user of admin may not have a ':'");
}

static const struct config_field limit_fields[] = {
    {.key = "body",
     .read = config_read_size,
     .offset = offsetof(struct config, max_body_bytes),
     .min = KILOBYTE,
     .max = 64 * KILOBYTE * KILOBYTE},
    {.key = "connections",
     .read = config_read_int,
     .offset = offsetof(struct config, max_connections),
     .min = 1,
     .max = 100000},
    {.key = "request_timeout",
     .read = config_read_duration,
     .offset = offsetof(struct config, request_timeout_ms),
     .min = 100,
     .max = 10 * MINUTE_MS},
};

static void read_limits(struct config_reader *reader, const struct config_field *field,
                        const struct node *value, void *ret)
{
    config_read_map(reader, value, field->key, limit_fields, COUNT_OF(limit_fields), ret);
}

static void read_reserve(struct config_reader *reader, const struct config_field *field,
                         const struct node *value, void *ret)
{
    size_t bytes = SIZE_MAX;
    config_read_size(reader, field, value, &bytes);
    if (bytes != SIZE_MAX)
        *(int64_t *)ret = (int64_t)bytes;
}

static const struct config_field store_fields[] = {
    {.key = "path",
     .read = config_read_path,
     .offset = offsetof(struct config, store_path),
     .is_required = true},
    {.key = "reserve",
     .read = read_reserve,
     .offset = offsetof(struct config, store_reserve_bytes),
     .max = TERABYTE},
};

static void read_store(struct config_reader *reader, const struct config_field *field,
                       const struct node *value, void *ret)
{
    struct config *config = ret;
    if (value->kind == NODE_TEXT)
        config_read_path(reader, field, value, &config->store_path);
    else
        config_read_map(reader, value, field->key, store_fields, COUNT_OF(store_fields), config);
}

static void read_log(struct config_reader *reader, const struct config_field *field,
                     const struct node *value, void *ret)
{
    static const char *const words[] = {"debug", "info", "warn", "error"};
    size_t index;
    enum log_level level;
    if (config_read_choice(reader, field, value, words, COUNT_OF(words), &index) &&
        log_level_parse(words[index], &level))
        *(int *)ret = (int)level;
}

#define OF_CONFIG(name) offsetof(struct config_draft, config.name)
#define OF_DRAFT(name)  offsetof(struct config_draft, name)

static const struct config_field top_fields[] = {
    {.key = "listen", .read = config_read_node, .offset = OF_DRAFT(listen)},
    {.key = "listen_threads",
     .read = config_read_int,
     .offset = OF_CONFIG(listen_threads),
     .min = 1,
     .max = 64},
    {.key = "store", .read = read_store, .offset = OF_DRAFT(config), .is_required = true},
    {.key = "modules", .read = config_read_path, .offset = OF_CONFIG(modules_dir)},
    {.key = "templates", .read = config_read_path, .offset = OF_CONFIG(templates_dir)},
    {.key = "pages", .read = config_read_path, .offset = OF_CONFIG(pages_dir)},
    {.key = "admin", .read = config_read_node, .offset = OF_DRAFT(admin)},
    {.key = "limits", .read = read_limits, .offset = OF_DRAFT(config)},
    {.key = "workers", .read = config_read_int, .offset = OF_CONFIG(workers), .min = 1, .max = 64},
    {.key = "drain",
     .read = config_read_duration,
     .offset = OF_CONFIG(drain_for_ms),
     .max = 10 * MINUTE_MS},
    {.key = "log", .read = read_log, .offset = OF_CONFIG(log_level)},
    {.key = "sources", .read = config_read_node, .offset = OF_DRAFT(sources), .is_required = true},
    {.key = "surveys", .read = config_read_node, .offset = OF_DRAFT(surveys)},
    {.key = "maps", .read = config_read_node, .offset = OF_DRAFT(maps)},
    {.key = "services", .read = config_read_node, .offset = OF_DRAFT(services)},
    {.key = "routes", .read = config_read_node, .offset = OF_DRAFT(routes)},
};

// --- the whole file ---

// The mapping of a section; NULL, with a fault, when it is something else.
static const struct node *section(struct config_reader *reader, const char *key,
                                  const struct node *node, size_t max)
{
    return node && config_is_small_map(reader, key, node, max) ? node : NULL;
}

// `services:` with nothing behind it is the same as no such line.
static const struct node *unless_empty(const struct node *node)
{
    return node && node_is_empty(node) ? NULL : node;
}

static void set_defaults(struct config_reader *reader, struct config *config)
{
    static const struct config defaults = {
        .listen_host = "127.0.0.1",
        .listen_port = 8080,
        .listen_threads = 2,
        .max_body_bytes = 1024 * 1024,
        .max_connections = 1000,
        .request_timeout_ms = 10 * 1000,
        .store_reserve_bytes = -1,
        .workers = 1,
        .drain_for_ms = 10 * 1000,
        .log_level = LOG_INFO,
    };
    *config = defaults;
    config->arena = reader->arena;
    config->file = arena_strdup(reader->arena, reader->file);
    config->admin_password = STR("");
    const char *slash = strrchr(reader->file, '/');
    int folder_len = slash ? (int)(slash - reader->file) + 1 : 0;
    config->modules_dir = arena_printf(reader->arena, "%.*smodules", folder_len, reader->file);
    config->templates_dir = arena_printf(reader->arena, "%.*stemplates", folder_len, reader->file);
}

static void read_file(struct config_reader *reader, const struct node *tree, struct config *ret)
{
    struct config_draft draft = {0};
    struct config *config = &draft.config;
    set_defaults(reader, config);
    if (config_read_map(reader, tree, "the file", top_fields, COUNT_OF(top_fields), &draft)) {
        reader->templates_dir = config->templates_dir;
        reader->sources = section(reader, "sources", draft.sources, MAX_SOURCES);
        reader->surveys = section(reader, "surveys", unless_empty(draft.surveys), MAX_SURVEYS);
        reader->services = section(reader, "services", unless_empty(draft.services), MAX_SERVICES);
        if (!config->pages_dir)
            config->pages_dir = arena_printf(reader->arena, "%s/pages", config->templates_dir);
        read_listen(reader, &draft);
        read_admin(reader, &draft);
        read_sources(reader, config);
        check_sources(reader, config);
        config_read_surveys(reader, config);
        config_read_maps(reader, unless_empty(draft.maps), config);
        config_read_services(reader, config);
        if (unless_empty(draft.routes))
            config_read_routes(reader, draft.routes, config);
    }
    *ret = *config;
}

static int compare_faults(const void *a, const void *b)
{
    const struct fault *x = a, *y = b;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    if (x->column != y->column)
        return x->column < y->column ? -1 : 1;
    return strcmp(x->text, y->text);
}

// One mistake in what several routes share is one mistake.
static void drop_repeated(struct fault_list *faults, size_t from)
{
    size_t kept = from;
    for (size_t i = from; i < faults->count; i++) {
        if (kept == from || compare_faults(&faults->items[kept - 1], &faults->items[i]) != 0)
            faults->items[kept++] = faults->items[i];
    }
    faults->count = kept;
}

bool config_load(const char *file, struct config **ret, struct fault_list *faults)
{
    size_t before = faults->count;
    AUTO_ARENA struct arena *scratch = arena_new();
    struct str text;
    struct err err;
    const struct node *tree;
    if (!file_read_text(scratch, file, MAX_FILE_BYTES, &text, &err)) {
        fault_add(faults, file, 0, 0, "%s", err.text);
        return false;
    }
    if (!node_parse(scratch, file, text, &tree, faults))
        return false;
    struct arena *arena = arena_new();
    struct config_reader reader = {
        .file = file, .arena = arena, .scratch = scratch, .faults = faults};
    struct config *config = arena_alloc(arena, sizeof(*config));
    read_file(&reader, tree, config);
    if (faults->count > before) {
        qsort(faults->items + before, faults->count - before, sizeof(*faults->items),
              compare_faults);
        drop_repeated(faults, before);
        config_free(config);
        return false;
    }
    *ret = config;
    return true;
}

void config_free(struct config *config)
{
    if (!config)
        return;
    config_free_routes(config);
    config_free_surveys(config);
    config_free_normal(config);
    arena_free(config->arena);
}
