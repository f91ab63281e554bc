// SPDX-License-Identifier: GPL-3.0-or-later
//
// Copies from URLs: each round asks `bind` what the files at hand import, and fetches what is new,
// until nothing is. A document that was fetched can make this fetch http and https only, never a
// file, within limits on count, size, time and redirects.

#include "flow/wsdl_source.h"

#include "base/clock.h"
#include "edge/folder.h"
#include "edge/transport.h"
#include "flow/wsdl_name.h"

#include <stdio.h>
#include <strings.h>

enum {
    MAX_FETCHES = 300, // redirects too
    MAX_REDIRECTS = 5,
    MAX_WARNINGS = 50,
    CONNECT_FOR_MS = 10 * 1000,
    FETCH_FOR_MS = 30 * 1000,
    FETCH_ALL_FOR_MS = 180 * 1000,
};

struct fetch {
    struct arena *arena;
    struct wsdl_source *source;
    struct transport *transport;
    const char *user, *password; // for URLs that begin with `private_origin`; NULL: none
    const char *private_origin;
    int64_t until_ms;
    int fetches;
    void (*on_fetch)(void *context, const char *url);
    void *context;
    bool is_done; // of the transfer that is on its way
    struct transport_reply reply;
};

// --- one document ---

static void take_reply(void *context, const struct transport_reply *reply)
{
    struct fetch *fetch = context;
    fetch->reply = *reply;
    fetch->is_done = true;
}

// A host of another name must not get the password.
static bool is_private(const struct fetch *fetch, const char *url)
{
    size_t len = fetch->user ? strlen(fetch->private_origin) : 0;
    return len && strncmp(url, fetch->private_origin, len) == 0 && strchr("/?", url[len]);
}

static bool send(struct fetch *fetch, const char *url, struct err *err)
{
    if (fetch->fetches++ == MAX_FETCHES)
        return err_set(err, ERR_TOO_LARGE, "more than %d documents", MAX_FETCHES);
    int64_t left_ms = fetch->until_ms - clock_now_ms();
    if (left_ms <= 0)
        return err_set(err, ERR_TOO_LARGE, "more than %d s for all documents together",
                       FETCH_ALL_FOR_MS / 1000);
    fetch->on_fetch(fetch->context, url);
    struct transport_request request = {
        .method = "GET",
        .url = url,
        .body = STR(""),
        .basic_user = is_private(fetch, url) ? fetch->user : NULL,
        .basic_password = fetch->password,
        .connect_timeout_ms = CONNECT_FOR_MS,
        .timeout_ms = left_ms < FETCH_FOR_MS ? left_ms : FETCH_FOR_MS,
        .max_reply_bytes = WSDL_MAX_FILE_BYTES,
    };
    fetch->is_done = false;
    transport_send(fetch->transport, fetch->arena, &request, take_reply, fetch);
    while (!fetch->is_done)
        transport_turn(fetch->transport, -1);
    if (fetch->reply.reach != REACH_ANSWERED)
        return err_set(err, ERR_IO, "%s", fetch->reply.problem);
    if (fetch->reply.is_cut)
        return err_set(err, ERR_TOO_LARGE, "larger than %d MiB", WSDL_MAX_FILE_BYTES >> 20);
    return true;
}

// The value of the header Location; NULL: none.
static const char *location_of(struct arena *arena, struct str headers)
{
    static const char name[] = "location:";
    for (const char *at = headers.data, *end = at + headers.len; at < end;) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        size_t len = line_end ? (size_t)(line_end - at) : (size_t)(end - at);
        if (len > sizeof(name) - 1 && strncasecmp(at, name, sizeof(name) - 1) == 0)
            return arena_copy(arena, str_trim((struct str){at + sizeof(name) - 1,
                                                           len - (sizeof(name) - 1)}))
                .data;
        at += len + 1;
    }
    return NULL;
}

// *ret_url is where it was in the end.
static bool get(struct fetch *fetch, const char *url, const char **ret_url, struct str *ret,
                struct err *err)
{
    for (int redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
        if (!send(fetch, url, err))
            return false;
        int status = fetch->reply.http_status;
        if (status == 200) {
            *ret_url = url;
            *ret = fetch->reply.body;
            return true;
        }
        const char *location = location_of(fetch->arena, fetch->reply.headers);
        bool is_redirect = location && (status == 301 || status == 302 || status == 303 ||
                                        status == 307 || status == 308);
        if (!is_redirect)
            return err_set(err, ERR_NOT_FOUND, "it was answered with HTTP status %d", status);
        if (!transport_url_join(fetch->arena, url, location, &url, err))
            return err_prefix(err, "redirected");
    }
    return err_set(err, ERR_TOO_LARGE, "more than %d redirects", MAX_REDIRECTS);
}

// --- all documents ---

static bool keep(struct fetch *fetch, const char *url, const char *path, struct err *err)
{
    struct wsdl_source *source = fetch->source;
    const char *final = url, *to = arena_printf(fetch->arena, "%s/%s", source->folder, path);
    struct str content;
    if (source->file_count == WSDL_MAX_FILES)
        return err_set(err, ERR_TOO_LARGE, "more than %d files", WSDL_MAX_FILES);
    if (!get(fetch, url, &final, &content, err))
        return false;
    source->bytes += content.len;
    if (source->bytes > WSDL_MAX_TOTAL_BYTES)
        return err_set(err, ERR_TOO_LARGE, "all together larger than %d MiB",
                       WSDL_MAX_TOTAL_BYTES >> 20);
    if (!folder_make_above(to, err) || !folder_write(to, content, FOLDER_KEEP, err))
        return false;
    // Imports are relative to where it was found.
    source->files[source->file_count++] =
        (struct source_file){.path = path, .origin = final, .bytes = content.len};
    return true;
}

static void warn(struct fetch *fetch, const char *text)
{
    for (size_t i = 0; i < fetch->source->warning_count; i++) {
        if (strcmp(fetch->source->warnings[i], text) == 0)
            return;
    }
    if (fetch->source->warning_count < MAX_WARNINGS)
        fetch->source->warnings[fetch->source->warning_count++] = text;
}

static const struct source_file *file_at(const struct wsdl_source *source, const char *path)
{
    for (size_t i = 0; i < source->file_count; i++) {
        if (strcmp(source->files[i].path, path) == 0)
            return &source->files[i];
    }
    return NULL;
}

struct asked { // the URL that was asked for, and the file it became; "" when it could not be had
    const char *url, *path;
};

struct asked_list {
    struct asked items[2 * MAX_FETCHES]; // a redirect has two
    size_t count;
};

static const struct asked *find_asked(const struct asked_list *asked, const char *url)
{
    for (size_t i = 0; i < asked->count; i++) {
        if (strcmp(asked->items[i].url, url) == 0)
            return &asked->items[i];
    }
    return NULL;
}

static void add_asked(struct asked_list *asked, const char *url, const char *path)
{
    if (asked->count < COUNT_OF(asked->items) && !find_asked(asked, url))
        asked->items[asked->count++] = (struct asked){url, path};
}

// The file for an import, fetched when it is new. False: a limit was passed, and that is the end.
static bool follow(struct fetch *fetch, struct asked_list *asked, struct wsdl_link *link,
                   bool *ret_is_new, struct err *err)
{
    const struct source_file *from = file_at(fetch->source, link->from);
    const char *url;
    link->to = "";
    if (!from)
        return true;
    if (!transport_url_join(fetch->arena, from->origin, link->location, &url, err)) {
        warn(fetch, arena_printf(fetch->arena, "%s imports %s, which is left out: %s", from->origin,
                                 link->location, err->text));
        return true;
    }
    const struct asked *known = find_asked(asked, url);
    if (known) {
        link->to = known->path;
        return true;
    }
    if (asked->count == COUNT_OF(asked->items))
        return err_set(err, ERR_TOO_LARGE, "%s: too many imports", fetch->source->origin);
    const char *path = source_free_path(fetch->arena, fetch->source, url);
    *ret_is_new = true;
    if (keep(fetch, url, path, err)) {
        link->to = path;
        add_asked(asked, fetch->source->files[fetch->source->file_count - 1].origin, path);
    } else if (err->code == ERR_TOO_LARGE) {
        return err_prefix(err, "%s", url);
    } else {
        warn(fetch, arena_printf(fetch->arena, "%s could not be fetched: %s", url, err->text));
        path = "";
    }
    add_asked(asked, url, path);
    return true;
}

static const char *path_in(const struct wsdl_source *source, const char *path)
{
    size_t len = strlen(source->folder);
    return strncmp(path, source->folder, len) == 0 && path[len] == '/' ? path + len + 1 : "";
}

static bool fetch_imports(struct fetch *fetch, const struct wsdl_tools *tools,
                          struct asked_list *asked, struct err *err)
{
    bool is_new = true;
    while (is_new) {
        struct wsdl_listing listing;
        is_new = false;
        if (!wsdl_list_files(fetch->arena, tools, fetch->source->wsdl, &listing, err))
            return false;
        for (size_t i = 0; i < listing.link_count; i++) {
            listing.links[i].from = path_in(fetch->source, listing.links[i].from);
            if (!follow(fetch, asked, &listing.links[i], &is_new, err))
                return false;
        }
        if (!source_write_links(fetch->arena, fetch->source, listing.links, listing.link_count,
                                err))
            return false;
    }
    return true;
}

static bool fetch_all(struct fetch *fetch, const struct wsdl_tools *tools, const char *name,
                      struct err *err)
{
    struct wsdl_source *source = fetch->source;
    AUTO_FREE struct asked_list *asked = mem_alloc(sizeof(*asked));
    const char *path = arena_printf(fetch->arena, "%s.wsdl", name), *url = source->origin;
    if (!keep(fetch, url, path, err))
        return err_prefix(err, "%s", url);
    add_asked(asked, url, path);
    add_asked(asked, source->files[0].origin, path);
    return fetch_imports(fetch, tools, asked, err);
}

bool wsdl_source_fetch(struct arena *arena, const struct wsdl_tools *tools, const char *url,
                       const char *name, const char *folder,
                       void (*on_fetch)(void *context, const char *url), void *context,
                       struct wsdl_source *ret, struct err *err)
{
    struct wsdl_source source = {.folder = folder};
    source.wsdl = arena_printf(arena, "%s/%s.wsdl", folder, name);
    source.files = arena_alloc(arena, WSDL_MAX_FILES * sizeof(*source.files));
    source.warnings = arena_alloc(arena, MAX_WARNINGS * sizeof(*source.warnings));
    struct fetch fetch = {.arena = arena,
                          .source = &source,
                          .until_ms = clock_now_ms() + FETCH_ALL_FOR_MS,
                          .on_fetch = on_fetch,
                          .context = context};
    if (!transport_url_split(arena, url, &source.origin, &fetch.private_origin, &fetch.user,
                             &fetch.password, err))
        return false;
    transport_global_init();
    fetch.transport = transport_new();
    bool is_done = fetch_all(&fetch, tools, name, err);
    transport_free(fetch.transport);
    transport_global_finish();
    if (!is_done)
        return err_set(err, err->code, "%s", source_translate(arena, &source, err->text));
    *ret = source;
    return true;
}
