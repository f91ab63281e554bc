// SPDX-License-Identifier: GPL-3.0-or-later
//
// The story "show": who may look, which page, HTML or JSON. The trees are page_view's. What would
// surprise: without a password the Host header must name the loopback interface, or a page of
// another site could read ours through a name that it points here.

#include "flow/page.h"

#include "base/clock.h"
#include "base/log.h"
#include "edge/httptext.h"
#include "flow/page_preview.h"
#include "flow/page_query.h"
#include "flow/page_reload.h"
#include "flow/page_view.h"
#include "flow/tree.h"

enum { PAGE_MAX_BYTES = 64 * 1024 * 1024 };

// One request to show or to do something.
struct asked {
    const struct pages *pages;
    const struct generation *generation;
    struct server_request *request;
    struct page_scope scope;
    bool wants_json;
    struct ledger_operate entry; // of a button
};

// --- answers ---

static void reply_json(struct asked *asked, int status, const char *media_type,
                       const struct json *tree)
{
    AUTO_BUF struct buf body;
    buf_init(&body, PAGE_MAX_BYTES);
    json_write(&body, tree, JSON_INDENTED);
    buf_add_char(&body, '\n');
    require(!body.overflowed); // page_view keeps stored texts far below
    server_reply(asked->request, &(struct server_response){.status = status,
                                                           .media_type = media_type,
                                                           .body = buf_str(&body)});
}

static void reply_html(struct asked *asked, int status, enum page_name page, struct json *tree,
                       const struct server_problem *problem)
{
    AUTO_BUF struct buf body;
    buf_init(&body, PAGE_MAX_BYTES);
    struct err err;
    page_reload_mark(&asked->scope, asked->pages->reload, tree);
    if (!page_files_render(asked->generation->files, page, tree, &body, &err)) {
        log_write(LOG_ERROR, "cannot render a page", "reason", err.text, NULL);
        server_reply_problem(asked->request,
                             &(struct server_problem){.status = 500,
                                                      .type = "page-not-rendered",
                                                      .title = "Internal Server Error",
                                                      .detail = "This page cannot be rendered"});
        return;
    }
    server_reply(asked->request, &(struct server_response){
                                     .status = status,
                                     .media_type = "text/html; charset=utf-8",
                                     .body = buf_str(&body),
                                     .retry_after_s = problem ? problem->retry_after_s : 0,
                                     .allow = problem ? problem->allow : NULL,
                                     .challenge = problem ? problem->challenge : NULL,
                                 });
}

static void reply_page(struct asked *asked, enum page_name page, struct json *tree)
{
    if (asked->wants_json)
        reply_json(asked, 200, "application/json", tree);
    else
        reply_html(asked, 200, page, tree, NULL);
}

static bool is_page_wanted(struct asked *asked)
{
    const char *accept = server_header(asked->request, "Accept");
    return !asked->wants_json && accept && strstr(accept, "text/html");
}

// A browser gets a page, everybody else problem details.
static void refuse(struct asked *asked, const struct server_problem *problem)
{
    if (!is_page_wanted(asked)) {
        server_reply_problem(asked->request, problem);
        return;
    }
    struct arena *arena = asked->scope.arena;
    struct json *tree = json_object(arena);
    tree_integer(arena, tree, "status", problem->status);
    tree_text(arena, tree, "title", problem->title);
    tree_text(arena, tree, "detail", problem->detail);
    tree_put(arena, tree, "view", tree_view(arena, problem->title, "none"));
    reply_html(asked, problem->status, PAGE_PROBLEM, tree, problem);
}

static void refuse_not_found(struct asked *asked, const char *detail)
{
    refuse(asked, &(struct server_problem){
                      .status = 404, .type = "not-found", .title = "Not Found", .detail = detail});
}

static void refuse_method(struct asked *asked, const char *allow)
{
    refuse(asked, &(struct server_problem){.status = 405,
                                           .type = "method-not-allowed",
                                           .title = "Method Not Allowed",
                                           .detail = "This path takes other methods",
                                           .allow = allow});
}

// A view or an operation failed.
static void refuse_err(struct asked *asked, const struct err *err)
{
    if (err->code == ERR_NOT_FOUND) {
        refuse_not_found(asked, err->text);
        return;
    }
    log_write(LOG_ERROR, "cannot show a page", "path", server_path(asked->request).data, "reason",
              err->text, NULL);
    refuse(asked, &(struct server_problem){.status = 503,
                                           .type = "store-unavailable",
                                           .title = "Service Unavailable",
                                           .detail = err->text,
                                           .retry_after_s = 5});
}

// --- who may look, who may push buttons ---

static bool is_allowed(struct asked *asked)
{
    const struct config *config = asked->generation->config;
    struct str user, password;
    if (!config->admin_user) {
        if (httptext_is_loopback(server_header(asked->request, "Host")))
            return true;
        refuse(asked, &(struct server_problem){
                          .status = 403,
                          .type = "host-not-allowed",
                          .title = "Forbidden",
                          .detail = "Without a password the pages answer to localhost only"});
        return false;
    }
    if (server_basic(asked->request, &user, &password)) {
        bool is_user = str_eq_secret(user, str_from(config->admin_user));
        bool is_password = str_eq_secret(password, config->admin_password);
        if (is_user && is_password)
            return true;
        log_write(LOG_WARN, "pages refused", "reason", "wrong user or password", "peer",
                  server_peer(asked->request), NULL);
    }
    refuse(asked, &(struct server_problem){
                      .status = 401,
                      .type = "unauthorized",
                      .title = "Unauthorized",
                      .detail = "The pages need the user and password of the configuration",
                      .challenge = "Basic realm=\"switchhook pages\", charset=\"UTF-8\""});
    return false;
}

// A browser sends the password by itself, whichever site the button is on, so the site must be
// ours. Who is no browser says nothing about sites and is let through.
static bool is_same_site(struct asked *asked)
{
    const char *site = server_header(asked->request, "Sec-Fetch-Site");
    const char *origin = server_header(asked->request, "Origin");
    bool is_ours =
        site ? strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0
             : !origin || httptext_is_same_origin(origin, server_header(asked->request, "Host"));
    if (!is_ours)
        refuse(asked,
               &(struct server_problem){.status = 403,
                                        .type = "cross-site",
                                        .title = "Forbidden",
                                        .detail = "This was asked by a page of another site"});
    return is_ours;
}

// --- lists ---

static bool read_query(struct asked *asked, struct store_filter *filter)
{
    const char *detail;
    if (page_query_read(asked->request, filter, &detail))
        return true;
    refuse(asked,
           &(struct server_problem){
               .status = 400, .type = "bad-parameter", .title = "Bad Request", .detail = detail});
    return false;
}

static void show_deliveries(struct asked *asked)
{
    const struct pages *pages = asked->pages;
    struct arena *arena = asked->scope.arena;
    struct store_filter filter;
    struct store_delivery *rows;
    struct store_counts counts;
    size_t count;
    struct err err;
    if (!read_query(asked, &filter))
        return;
    struct store_filter and_one_more = filter; // which tells whether there are more
    and_one_more.limit++;
    if (!store_view_deliveries(pages->reader, arena, &and_one_more, &rows, &count, &err) ||
        !store_view_counts(pages->reader, &counts, &err)) {
        refuse_err(asked, &err);
        return;
    }
    const char *next = NULL;
    if (count > filter.limit) {
        count = filter.limit;
        next = page_query_next(arena, "/", &filter, rows[count - 1].number);
    }
    reply_page(asked, PAGE_DELIVERIES,
               page_view_deliveries(&asked->scope, &filter, &counts, rows, count, next));
}

static void show_unrouted(struct asked *asked)
{
    struct arena *arena = asked->scope.arena;
    struct store_filter filter;
    struct store_event *events;
    size_t count;
    int64_t cursor = 0;
    struct err err;
    if (!read_query(asked, &filter))
        return;
    if (!store_view_unrouted(asked->pages->reader, arena, filter.before, filter.limit, &events,
                             &count, &cursor, &err)) {
        refuse_err(asked, &err);
        return;
    }
    bool has_more = cursor && count == filter.limit;
    const char *next = has_more ? page_query_next(arena, "/unrouted", &filter, cursor) : NULL;
    reply_page(asked, PAGE_UNROUTED, page_view_unrouted(&asked->scope, events, count, next));
}

// --- one of them ---

static void show_delivery(struct asked *asked, const char *id)
{
    struct store_delivery delivery;
    struct store_attempt *attempts;
    struct store_event event, *carried;
    size_t count, carried_count;
    const struct json *captures;
    struct err err;
    struct arena *arena = asked->scope.arena;
    struct store_reader *reader = asked->pages->reader;
    if (!store_view_delivery(reader, arena, id, &delivery, &attempts, &count, &err) ||
        !store_view_event(reader, arena, delivery.event_id, &event, &err) ||
        !store_view_carried(reader, arena, delivery.number, &carried, &carried_count, &err) ||
        !store_view_captures(reader, arena, delivery.number, &captures, &err)) {
        refuse_err(asked, &err);
        return;
    }
    reply_page(asked, PAGE_DELIVERY,
               page_view_delivery(&asked->scope, &delivery, attempts, count, captures, &event,
                                  carried, carried_count));
}

static void show_event(struct asked *asked, const char *id)
{
    struct store_event event;
    struct err err;
    if (store_view_event(asked->pages->reader, asked->scope.arena, id, &event, &err))
        reply_page(asked, PAGE_EVENT, page_view_event(&asked->scope, &event));
    else
        refuse_err(asked, &err);
}

static void show_preview(struct asked *asked, const char *id)
{
    struct store_reader *reader = asked->pages->reader;
    struct arena *arena = asked->scope.arena;
    struct store_event event;
    const struct json *captured;
    struct err err;
    if (store_view_event(reader, arena, id, &event, &err) &&
        store_view_captured(reader, arena, event.source, event.call_id, &captured, &err))
        reply_page(asked, PAGE_PREVIEW, page_preview_tree(&asked->scope, &event, captured));
    else
        refuse_err(asked, &err);
}

// --- buttons ---

static void reply_moved(struct asked *asked, const char *href)
{
    server_reply(asked->request, &(struct server_response){.status = 303,
                                                           .media_type = "text/plain",
                                                           .body = STR("see the page\n"),
                                                           .location = href});
}

static void reply_done(struct asked *asked, const struct store_operate *operate)
{
    struct arena *arena = asked->scope.arena;
    const char *href = arena_printf(arena, "/deliveries/%s", operate->delivery_id);
    log_write(LOG_INFO,
              operate->operation == OPERATE_RESEND ? "resent by a person" : "cancelled by a person",
              "delivery", operate->delivery_id, "user", asked->generation->config->admin_user,
              "peer", server_peer(asked->request), NULL);
    if (!asked->wants_json) {
        reply_moved(asked, href);
        return;
    }
    struct json *tree = json_object(arena);
    tree_text(arena, tree, "id", operate->delivery_id);
    tree_text(arena, tree, "state", delivery_state_word(operate->state));
    tree_text(arena, tree, "href", href);
    reply_json(asked, 200, "application/json", tree);
}

// On the ledger's thread, after the commit.
static void operate_done(void *context, struct ledger_operate *entry, const struct err *err)
{
    struct asked *asked = context;
    const struct store_operate *operate = &entry->operate;
    if (err)
        refuse_err(asked, err);
    else if (operate->result == OPERATE_NOT_FOUND)
        refuse_not_found(asked, "There is no such delivery");
    else if (operate->result == OPERATE_REFUSED)
        refuse(asked, &(struct server_problem){
                          .status = 409,
                          .type = "state-forbids",
                          .title = "Conflict",
                          .detail = arena_printf(
                              asked->scope.arena, "A delivery that is %s cannot be %s",
                              delivery_state_word(operate->state),
                              operate->operation == OPERATE_RESEND ? "resent" : "cancelled")});
    else
        reply_done(asked, operate);
}

static void operate(struct asked *asked, const char *id, enum store_operation operation)
{
    if (strlen(id) >= CLOCK_UUID_BYTES) {
        refuse_not_found(asked, "There is no such delivery");
        return;
    }
    asked->entry.operate.operation = operation;
    memcpy(asked->entry.operate.delivery_id, id, strlen(id) + 1);
    asked->entry.done = operate_done;
    asked->entry.context = asked;
    ledger_operate(asked->pages->ledger, &asked->entry);
}

static void open_service(struct asked *asked, const char *name)
{
    const struct config *config = asked->generation->config;
    size_t index = page_view_service_index(config, name);
    if (index == config->service_count) {
        refuse_not_found(asked, "There is no such service");
        return;
    }
    workers_open(asked->pages->workers, asked->generation->seats[index]);
    log_write(LOG_INFO, "service opened by a person", "service", name, "user", config->admin_user,
              "peer", server_peer(asked->request), NULL);
    if (asked->wants_json)
        reply_json(asked, 200, "application/json", page_view_services(&asked->scope));
    else
        reply_moved(asked, "/services");
}

// --- the configuration ---

static void show_configuration(struct asked *asked)
{
    reply_page(asked, PAGE_CONFIGURATION,
               page_reload_tree(&asked->scope, asked->generation, asked->pages->reload));
}

// On the reload's thread. What it says is of the new generation; who asks holds the one before.
static void reload_done(void *context, const struct reload_result *result)
{
    struct asked *asked = context;
    if (result->is_stopping)
        refuse(asked, &(struct server_problem){.status = 503,
                                               .type = "stopping",
                                               .title = "Service Unavailable",
                                               .detail = "The gateway stops"});
    else if (is_page_wanted(asked))
        reply_moved(asked, "/configuration");
    else if (result->is_new)
        reply_json(asked, 200, "application/json",
                   page_reload_tree(&asked->scope, result->generation, asked->pages->reload));
    else
        reply_json(asked, 422, "application/problem+json",
                   page_reload_problem(asked->scope.arena, result->faults));
}

static void reload(struct asked *asked)
{
    if (!reload_ask(asked->pages->reload, reload_done, asked))
        refuse(asked, &(struct server_problem){.status = 409,
                                               .type = "reload-running",
                                               .title = "Conflict",
                                               .detail = "A reload is under way",
                                               .retry_after_s = 1});
}

// --- dispatch ---

// The path's parts, at most `max`; one more than that when there are more.
static size_t split_path(struct arena *arena, struct str path, const char **parts, size_t max)
{
    size_t count = 0;
    char *copy = arena_printf(arena, "%.*s", STR_ARG(path));
    for (char *rest = copy, *part; (part = strsep(&rest, "/"));) {
        if (!*part)
            continue;
        if (count == max)
            return max + 1;
        parts[count++] = part;
    }
    return count;
}

static void show_style(struct asked *asked)
{
    server_reply(asked->request,
                 &(struct server_response){.status = 200,
                                           .media_type = "text/css; charset=utf-8",
                                           .body = page_files_style(asked->generation->files)});
}

static bool is_reload(const char *const *parts, size_t count)
{
    return count == 2 && strcmp(parts[0], "v1") == 0 && strcmp(parts[1], "reload") == 0;
}

static void get(struct asked *asked, const char *const *parts, size_t count)
{
    const char *first = count ? parts[0] : "deliveries";
    if (count <= 1 && strcmp(first, "deliveries") == 0)
        show_deliveries(asked);
    else if (count == 1 && strcmp(first, "unrouted") == 0)
        show_unrouted(asked);
    else if (count == 1 && strcmp(first, "services") == 0)
        reply_page(asked, PAGE_SERVICES, page_view_services(&asked->scope));
    else if (count == 1 && strcmp(first, "maps") == 0)
        reply_page(asked, PAGE_MAPS, page_view_maps(&asked->scope));
    else if (count == 1 && strcmp(first, "configuration") == 0)
        show_configuration(asked);
    else if (count == 1 && strcmp(first, "style.css") == 0)
        show_style(asked);
    else if (count == 2 && strcmp(first, "deliveries") == 0)
        show_delivery(asked, parts[1]);
    else if (count == 2 && strcmp(first, "events") == 0)
        show_event(asked, parts[1]);
    else if (count == 3 && strcmp(first, "events") == 0 && strcmp(parts[2], "preview") == 0)
        show_preview(asked, parts[1]);
    else if (is_reload(parts, count) ||
             (count == 3 && (strcmp(first, "deliveries") == 0 || strcmp(first, "services") == 0)))
        refuse_method(asked, "POST");
    else
        refuse_not_found(asked, "There is no such page");
}

static void post(struct asked *asked, const char *const *parts, size_t count)
{
    bool is_delivery = count == 3 && strcmp(parts[0], "deliveries") == 0;
    bool is_service = count == 3 && strcmp(parts[0], "services") == 0;
    if (is_delivery && strcmp(parts[2], "resend") == 0)
        operate(asked, parts[1], OPERATE_RESEND);
    else if (is_delivery && strcmp(parts[2], "cancel") == 0)
        operate(asked, parts[1], OPERATE_CANCEL);
    else if (is_service && strcmp(parts[2], "open") == 0)
        open_service(asked, parts[1]);
    else if (is_reload(parts, count))
        reload(asked);
    else if (count < 3)
        refuse_method(asked, "GET, HEAD");
    else
        refuse_not_found(asked, "There is no such page");
}

// JSON when it is asked for, and before HTML where both are.
static bool wants_json(const char *accept)
{
    const char *json = accept ? strstr(accept, "application/json") : NULL;
    const char *html = accept ? strstr(accept, "text/html") : NULL;
    return json && (!html || json < html);
}

void pages_show(const struct pages *pages, const struct generation *generation,
                struct server_request *request)
{
    struct arena *arena = server_arena(request);
    struct asked *asked = arena_alloc(arena, sizeof(*asked));
    asked->pages = pages;
    asked->generation = generation;
    asked->request = request;
    asked->wants_json = wants_json(server_header(request, "Accept"));
    asked->scope = (struct page_scope){
        .arena = arena,
        .now = clock_now_ms(),
        .config = generation->config,
        .generation = generation,
        .workers = pages->workers,
        .is_html = !asked->wants_json,
    };
    if (!is_allowed(asked))
        return;
    const char *parts[3], *method = server_method(request);
    size_t count = split_path(arena, server_path(request), parts, COUNT_OF(parts));
    if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0)
        get(asked, parts, count);
    else if (strcmp(method, "POST") != 0)
        refuse_method(asked, "GET, HEAD, POST");
    else if (is_same_site(asked))
        post(asked, parts, count);
}
