// SPDX-License-Identifier: GPL-3.0-or-later
//
// Stages in order. A version is named by a digest of all it is made of: the files, the chosen
// operations and the tools; so what was made before is found, and a way back costs nothing.

#include "flow/wsdl_add.h"

#include "base/clock.h"
#include "edge/digest.h"
#include "edge/folder.h"
#include "edge/soap.h"
#include "edge/soap_module.h"
#include "flow/wsdl_name.h"
#include "flow/wsdl_open.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

enum {
    ID_BYTES = 6, // of the digest; twice as many letters
    LARGE_WSDL_BYTES = 512 * 1024,
    MAX_CHOICE_BYTES = 256 * 1024,
    MAX_MANIFEST_BYTES = 4 << 20,
};

struct adding {
    struct arena *arena;
    struct library *library;
    const struct outline *outline;
    const struct wsdl_wish *wish;
    const struct wsdl_teller *teller;
    struct wsdl_tools tools;
    const char *name;
    const struct library_version *before; // NULL: none
    struct wsdl_source source;
    const char *operations; // chosen; "" for all
    const char *id, *folder;
};

static void begin(const struct adding *adding, const char *stage)
{
    adding->teller->stage(adding->teller->context, stage, 0, 0);
}

static void say(const struct adding *adding, const char *text)
{
    adding->teller->line(adding->teller->context, text);
}

// --- read ---

static bool is_there(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0;
}

static void tell_fetch(void *context, const char *url)
{
    const struct adding *adding = context;
    say(adding, arena_printf(adding->arena, "fetching %s", url));
}

static const char *origin_in(const struct library_version *version, const char *path)
{
    const struct json *files = json_get(version->manifest, STR("files"));
    for (size_t i = 0; files && files->kind == JSON_ARRAY && i < files->array.count; i++) {
        const struct json *known = json_get(files->array.items[i], STR("path"));
        const struct json *origin = json_get(files->array.items[i], STR("origin"));
        if (known && origin && known->kind == JSON_STRING && origin->kind == JSON_STRING &&
            str_eq(known->string, str_from(path)))
            return origin->string.data;
    }
    return NULL;
}

// The WSDL of a module once more; where it came from stays known.
static bool read_again(struct adding *adding, const char *folder, struct err *err)
{
    struct library_version there;
    if (!library_find(adding->library, adding->wish->what, &there, err))
        return false;
    const char *wsdl = arena_printf(adding->arena, "%s/wsdl/%s.wsdl", there.folder, there.name);
    if (!*there.folder || !is_there(wsdl))
        return err_set(err, ERR_NOT_FOUND,
                       "%s: there is no such file, and the module of that name has no WSDL with it",
                       adding->wish->what);
    if (!wsdl_source_copy(adding->arena, &adding->tools, wsdl, adding->name, folder,
                          &adding->source, err))
        return false;
    for (size_t i = 0; i < adding->source.file_count; i++) {
        const char *origin = origin_in(&there, adding->source.files[i].path);
        if (origin)
            adding->source.files[i].origin = origin;
    }
    adding->source.origin = adding->source.files[0].origin;
    return true;
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);
    return len > end_len && strcmp(text + len - end_len, end) == 0;
}

// In a folder: the WSDL of its name, or the only one.
static bool find_in_folder(const struct adding *adding, const char **what, struct err *err)
{
    struct stat facts;
    const char *const *names = NULL, *found = NULL;
    if (stat(*what, &facts) < 0 || !S_ISDIR(facts.st_mode))
        return true;
    size_t count = folder_names(adding->arena, *what, &names), wsdls = 0;
    const char *namesake = arena_printf(adding->arena, "%s.wsdl", adding->name);
    for (size_t i = 0; i < count; i++) {
        if (!ends_with(names[i], ".wsdl"))
            continue;
        wsdls++;
        if (!found || strcmp(names[i], namesake) == 0)
            found = names[i];
    }
    if (!found || (wsdls > 1 && strcmp(found, namesake) != 0))
        return err_set(err, ERR_NOT_FOUND,
                       "%s is a folder with %zu WSDLs, none of them %s: name the one that is meant",
                       *what, wsdls, namesake);
    *what = arena_printf(adding->arena, "%s/%s", *what, found);
    return true;
}

static bool read_source(struct adding *adding, struct err *err)
{
    const char *what = adding->wish->what;
    const char *folder = arena_printf(adding->arena, "%s/wsdl", adding->folder);
    begin(adding, "read");
    if (!folder_make(folder, err))
        return false;
    if (wsdl_is_url(what))
        return wsdl_source_fetch(adding->arena, &adding->tools, what, adding->name, folder,
                                 tell_fetch, adding, &adding->source, err);
    if (!is_there(what) && wsdl_name_is_fit(str_from(what)))
        return read_again(adding, folder, err);
    return find_in_folder(adding, &what, err) &&
           wsdl_source_copy(adding->arena, &adding->tools, what, adding->name, folder,
                            &adding->source, err);
}

// --- choose ---

static bool is_in(const char *list, const char *name, size_t len)
{
    for (const char *at = list; *at; at += strcspn(at, ","), at += *at == ',') {
        if (strcspn(at, ",") == len && strncmp(at, name, len) == 0)
            return true;
    }
    return false;
}

static void add_choice(struct buf *choice, const char *list)
{
    for (const char *at = list; *at; at += strcspn(at, ","), at += *at == ',') {
        struct str name = str_trim((struct str){at, strcspn(at, ",")});
        if (name.len && !is_in(choice->len ? choice->data : "", name.data, name.len))
            buf_printf(choice, "%s%.*s", choice->len ? "," : "", STR_ARG(name));
    }
}

static void add_uses(struct buf *choice, const struct adding *adding)
{
    for (size_t i = 0; i < adding->outline->use_count; i++) {
        if (strcmp(adding->outline->uses[i].wsdl, adding->name) == 0)
            add_choice(choice, adding->outline->uses[i].operation);
    }
}

static bool choose(struct adding *adding, struct err *err)
{
    const char *wish = adding->wish->operations;
    const char *built = adding->before ? library_fact(adding->before, "operations") : "";
    AUTO_BUF struct buf choice;
    buf_init(&choice, MAX_CHOICE_BYTES);
    if (!wish || *wish == '+') {
        add_choice(&choice, built);
        bool is_part = *built || adding->source.bytes > LARGE_WSDL_BYTES || wish;
        if (is_part)
            add_uses(&choice, adding);
    }
    if (wish && strcmp(wish, "all") != 0)
        add_choice(&choice, *wish == '+' ? wish + 1 : wish);
    if (choice.overflowed)
        return err_set(err, ERR_TOO_LARGE, "the list of operations is too long");
    adding->operations = arena_copy(adding->arena, buf_str(&choice)).data;
    if (*adding->operations)
        say(adding, arena_printf(adding->arena, "only operations %s", adding->operations));
    else if (adding->source.bytes > LARGE_WSDL_BYTES)
        say(adding, "a large WSDL: --operations A,B builds only these, in seconds");
    return true;
}

// --- name the version ---

static const char *hex(struct arena *arena, const unsigned char *bytes, size_t count)
{
    char *text = arena_alloc(arena, 2 * count + 1);
    for (size_t i = 0; i < count; i++) {
        text[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        text[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    return text;
}

static bool digest_of_file(struct arena *arena, const char *path, const char **ret, struct err *err)
{
    AUTO_ARENA struct arena *scratch = arena_new();
    struct str content;
    unsigned char digest[DIGEST_BYTES];
    if (!folder_read(scratch, path, WSDL_MAX_FILE_BYTES, &content, err))
        return false;
    digest_sha256(&content, 1, digest);
    *ret = hex(arena, digest, DIGEST_BYTES);
    return true;
}

static bool name_version(struct adding *adding, struct err *err)
{
    struct arena *arena = adding->arena;
    AUTO_BUF struct buf text;
    buf_init(&text, MAX_MANIFEST_BYTES);
    buf_printf(&text, "%u %llu %lld %s\n", SOAP_MODULE_ABI, adding->tools.size,
               adding->tools.changed_at, adding->operations);
    for (size_t i = 0; i < adding->source.file_count; i++) {
        const char *path = adding->source.files[i].path, *digest;
        if (!digest_of_file(arena, arena_printf(arena, "%s/%s", adding->source.folder, path),
                            &digest, err))
            return false;
        buf_printf(&text, "%s %s\n", digest, path);
    }
    const char *links = arena_printf(arena, "%s/imports.tsv", adding->source.folder), *digest = "";
    if (is_there(links) && !digest_of_file(arena, links, &digest, err))
        return false;
    buf_printf(&text, "%s\n", digest);
    struct str whole = buf_str(&text);
    unsigned char id[DIGEST_BYTES];
    digest_sha256(&whole, 1, id);
    adding->id = hex(arena, id, ID_BYTES);
    return true;
}

// The version that was made of the same before and still loads.
static bool find_made(struct adding *adding, struct library_version *ret)
{
    struct library_version *versions;
    struct err err;
    size_t count = library_versions(adding->library, adding->name, &versions);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(versions[i].id, adding->id) != 0)
            continue;
        *ret = versions[i];
        return wsdl_try_module(adding->arena, &adding->tools, versions[i].folder, &err);
    }
    return false;
}

// --- make ---

// The tools speak of the copy; the person knows the original.
static bool fail_translated(const struct adding *adding, struct err *err)
{
    const char *text = source_translate(adding->arena, &adding->source, err->text);
    return err_set(err, err->code, "%s", text);
}

static void keep_log(const struct adding *adding, const char *log, bool is_interrupted)
{
    struct err err;
    const char *kept = arena_printf(adding->arena, "%s/%s-failed.log",
                                    adding->library->versions_dir, adding->name);
    if (log && !is_interrupted && folder_rename(log, kept, &err))
        say(adding, arena_printf(adding->arena,
                                 "what the tools said is in %s; --operations A,B builds "
                                 "others without what fails here",
                                 kept));
}

static struct json *describe_files(struct adding *adding)
{
    struct arena *arena = adding->arena;
    struct json *files = json_array(arena);
    for (size_t i = 0; i < adding->source.file_count; i++) {
        const struct source_file *file = &adding->source.files[i];
        struct json *entry = json_object(arena);
        json_set(arena, entry, STR("path"), json_text(arena, file->path));
        json_set(arena, entry, STR("origin"),
                 json_string(arena, json_utf8_mend(arena, str_from(file->origin))));
        json_set(arena, entry, STR("bytes"), json_integer(arena, (int64_t)file->bytes));
        json_append(arena, files, entry);
    }
    return files;
}

static bool write_manifest(struct adding *adding, struct err *err)
{
    struct arena *arena = adding->arena;
    struct json *manifest = json_object(arena);
    json_set(arena, manifest, STR("name"), json_text(arena, adding->name));
    json_set(arena, manifest, STR("version"), json_text(arena, adding->id));
    json_set(arena, manifest, STR("origin"),
             json_string(arena, json_utf8_mend(arena, str_from(adding->source.origin))));
    json_set(arena, manifest, STR("made_at"), json_integer(arena, clock_now_ms()));
    json_set(arena, manifest, STR("operations"), json_text(arena, adding->operations));
    json_set(arena, manifest, STR("files"), describe_files(adding));
    AUTO_BUF struct buf text;
    buf_init(&text, MAX_MANIFEST_BYTES);
    json_write(&text, manifest, JSON_INDENTED);
    if (text.overflowed)
        return err_set(err, ERR_TOO_LARGE, "%s: too many files", adding->source.origin);
    return folder_write(arena_printf(arena, "%s/manifest.json", adding->folder), buf_str(&text),
                        FOLDER_KEEP, err);
}

static bool make(struct adding *adding, struct library_version *ret, struct err *err)
{
    struct arena *arena = adding->arena;
    const struct wsdl_making making = {
        .name = adding->name,
        .wsdl = adding->source.wsdl,
        .operations = adding->operations,
        .out = arena_printf(arena, "%s/%s.so", adding->folder, adding->name),
        .on_stage = adding->teller->stage,
        .context = adding->teller->context,
    };
    const char *log;
    if (!wsdl_make(arena, &adding->tools, &making, &log, err)) {
        keep_log(adding, log, err->code == ERR_BUSY);
        return fail_translated(adding, err);
    }
    begin(adding, "load");
    return wsdl_try_module(arena, &adding->tools, adding->folder, err) &&
           write_manifest(adding, err) &&
           library_keep(adding->library, adding->name, adding->id, adding->folder, ret, err);
}

// --- all of it ---

static bool find_name(struct adding *adding, struct err *err)
{
    const char *given = adding->wish->name, *what = adding->wish->what;
    if (given && !wsdl_name_is_fit(str_from(given)))
        return err_set(err, ERR_INVALID,
                       "--name %s: a name has letters, digits, _ and -, at most 64, and begins "
                       "with a letter or digit",
                       given);
    adding->name = given;
    return given || wsdl_name_of(adding->arena, what, &adding->name, err);
}

static bool is_version(const char *what)
{
    return strchr(what, '@') && !strchr(what, '/') && !is_there(what);
}

// By its canonical path, which is how the tools call it.
static bool make_folder(struct adding *adding, struct err *err)
{
    char path[PATH_MAX];
    const char *work = adding->library->work_dir;
    if (!realpath(work, path))
        return err_set(err, ERR_IO, "%s: %s", work, strerror(errno));
    adding->folder = arena_printf(adding->arena, "%s/new", path);
    return folder_remove(adding->folder, err) && folder_make(adding->folder, err);
}

// NAME@VERSION: nothing is made.
static bool take_version(struct adding *adding, struct wsdl_added *ret, struct err *err)
{
    if (!library_find(adding->library, adding->wish->what, &ret->version, err))
        return false;
    adding->name = ret->version.name;
    ret->is_known = true;
    begin(adding, "load");
    return wsdl_try_module(adding->arena, &adding->tools, ret->version.folder, err);
}

static bool make_version(struct adding *adding, struct wsdl_added *ret, struct err *err)
{
    if (!read_source(adding, err))
        return false;
    for (size_t i = 0; i < adding->source.warning_count; i++)
        say(adding, adding->source.warnings[i]);
    if (!choose(adding, err) || !name_version(adding, err))
        return false;
    ret->is_known = find_made(adding, &ret->version);
    return ret->is_known || make(adding, &ret->version, err);
}

bool wsdl_add(struct library *library, const struct outline *outline, const struct wsdl_wish *wish,
              const struct wsdl_teller *teller, struct wsdl_added *ret, struct err *err)
{
    struct adding adding = {.arena = library->arena,
                            .library = library,
                            .outline = outline,
                            .wish = wish,
                            .teller = teller};
    struct wsdl_added added = {0};
    if (!wsdl_tools_find(adding.arena, &adding.tools, err) || !make_folder(&adding, err))
        return false;
    bool is_made = is_version(wish->what);
    if (!is_made && !find_name(&adding, err))
        return false;
    if (!is_made && library_current(library, adding.name, &added.before))
        adding.before = &added.before;
    if (!(is_made ? take_version(&adding, &added, err) : make_version(&adding, &added, err)))
        return false;
    if (is_made && !library_current(library, adding.name, &added.before))
        added.before.name = NULL;
    added.source = adding.source;
    *ret = added;
    return true;
}

const struct outline_use *wsdl_missing_use(const struct library_version *version,
                                           const struct outline *outline)
{
    struct opened opened;
    struct err err;
    const struct outline_use *missing = NULL;
    if (!wsdl_open(version, &opened, &err))
        return NULL;
    for (size_t i = 0; i < outline->use_count && !missing; i++) {
        const struct outline_use *use = &outline->uses[i];
        const struct soap_operation *found;
        if (strcmp(use->wsdl, version->name) == 0 &&
            !soap_operation_find(opened.modules, use->wsdl, NULL, use->operation, &found, &err))
            missing = use;
    }
    wsdl_close(&opened);
    return missing;
}
