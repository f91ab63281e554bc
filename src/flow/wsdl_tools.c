// SPDX-License-Identifier: GPL-3.0-or-later
//
// Where the tools lie, and what they print. Installed, they are in libexec; in a build folder, in
// gen/, which is laid out alike.

#include "flow/wsdl_tools.h"

#include "edge/soap.h"
#include "edge/soap_module.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LIST_FOR_MS = 120 * 1000,
    MAKE_FOR_MS = 3600 * 1000,
    TRY_FOR_MS = 120 * 1000,
    MAX_OUTPUT_BYTES = 16 << 20,
    TRIED_OPERATIONS = 200,
};

// --- where they are ---

static bool look(struct arena *arena, const char *folder, struct wsdl_tools *ret)
{
    ret->recipe = arena_printf(arena, "%s/wsdl_module", folder);
    ret->bind = arena_printf(arena, "%s/bind", folder);
    ret->include_dir = arena_printf(arena, "%s/src", folder);
    const char *const files[] = {
        ret->recipe, ret->bind, arena_printf(arena, "%s/edge/soap_module.h", ret->include_dir),
        arena_printf(arena, "%s/../gen/module_runtime.h", ret->include_dir)};
    ret->size = 0, ret->changed_at = 0;
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        struct stat facts;
        if (stat(files[i], &facts) < 0)
            return false;
        ret->size += (unsigned long long)facts.st_size;
        ret->changed_at = facts.st_mtime > ret->changed_at ? facts.st_mtime : ret->changed_at;
    }
    return true;
}

bool wsdl_tools_find(struct arena *arena, struct wsdl_tools *ret, struct err *err)
{
    char program[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);
    if (len <= 0)
        return err_set(err, ERR_IO, "/proc/self/exe: %s", strerror(errno));
    program[len] = '\0';
    ret->program = arena_strdup(arena, program);
    *strrchr(program, '/') = '\0';
    const char *installed = arena_printf(arena, "%s/" SWITCHHOOK_TOOLS, program);
    if (look(arena, installed, ret) || look(arena, arena_printf(arena, "%s/../gen", program), ret))
        return true;
    return err_set(err, ERR_NOT_FOUND,
                   "the tools that make modules are not in %s: install Switchhook whole",
                   installed);
}

// --- the files of a WSDL ---

static char *cut(char **at, char end)
{
    char *start = *at, *found = strchrnul(start, end);
    *at = *found ? found + 1 : found;
    *found = '\0';
    return start;
}

static void read_listing(struct arena *arena, struct str text, struct wsdl_listing *ret)
{
    size_t lines = 1;
    for (size_t i = 0; i < text.len; i++)
        lines += text.data[i] == '\n';
    ret->files = arena_alloc(arena, lines * sizeof(*ret->files));
    ret->links = arena_alloc(arena, lines * sizeof(*ret->links));
    for (char *at = arena_strdup(arena, text.data); *at;) {
        char *line = cut(&at, '\n'), *kind = cut(&line, '\t');
        if (strcmp(kind, "file") == 0)
            ret->files[ret->file_count++] = line;
        if (strcmp(kind, "import") != 0)
            continue;
        struct wsdl_link *link = &ret->links[ret->link_count++];
        link->from = cut(&line, '\t');
        link->location = cut(&line, '\t');
        link->to = line;
    }
}

// The child's own sentence, or how it ended.
static bool fail_child(const char *what, const struct process_end *end, struct err *err)
{
    if (end->signal)
        return err_set(err, ERR_BUSY, "interrupted by a signal");
    if (end->is_late)
        return err_set(err, ERR_TOO_LARGE, "%s: took too long and was ended", what);
    struct str words = str_trim(end->errors);
    size_t first = words.len ? strcspn(words.data, "\n") : 0;
    if (end->status < 128 && words.len)
        return err_set(err, ERR_INVALID, "%.*s", (int)(first < words.len ? first : words.len),
                       words.data);
    return err_set(err, ERR_INVALID, "%s: died of signal %d", what, end->status - 128);
}

bool wsdl_list_files(struct arena *arena, const struct wsdl_tools *tools, const char *wsdl,
                     struct wsdl_listing *ret, struct err *err)
{
    const char *const words[] = {tools->bind, "files", wsdl, NULL};
    struct process_end end;
    if (!process_run(arena,
                     &(struct process){.words = words,
                                       .timeout_ms = LIST_FOR_MS,
                                       .max_output_bytes = MAX_OUTPUT_BYTES},
                     &end, err))
        return false;
    if (end.status != 0)
        return fail_child(wsdl, &end, err);
    *ret = (struct wsdl_listing){0};
    read_listing(arena, end.out, ret);
    return ret->file_count > 0 || err_set(err, ERR_IO, "%s: cannot be listed", wsdl);
}

// --- a module ---

static void take_line(void *context, struct str line)
{
    const struct wsdl_making *making = context;
    static const char mark[] = "progress ";
    if (!str_starts(line, STR("progress ")))
        return;
    char stage[40];
    int done = 0, all = 0;
    // Ours, from the recipe, but a line has to end somewhere.
    char words[80];
    snprintf(words, sizeof(words), "%.*s", (int)(line.len - (sizeof(mark) - 1)),
             line.data + sizeof(mark) - 1);
    if (sscanf(words, "%39s %d %d", stage, &done, &all) >= 1)
        making->on_stage(making->context, stage, done, all);
}

bool wsdl_make(struct arena *arena, const struct wsdl_tools *tools,
               const struct wsdl_making *making, const char **ret_log, struct err *err)
{
    const char *depfile = arena_printf(arena, "%s.d", making->out);
    const char *const words[] = {
        tools->recipe,      "build",      "--progress", "--operations", making->operations,
        making->name,       making->wsdl, making->out,  depfile,        tools->bind,
        tools->include_dir, "cc",         NULL};
    struct process_end end;
    *ret_log = NULL;
    if (!process_run(arena,
                     &(struct process){.words = words,
                                       .timeout_ms = MAKE_FOR_MS,
                                       .max_output_bytes = MAX_OUTPUT_BYTES,
                                       .on_line = take_line,
                                       .context = (void *)(uintptr_t)making},
                     &end, err))
        return false;
    const char *log = arena_printf(arena, "%s.work/log.whole", making->out);
    if (end.status != 0) {
        *ret_log = access(log, R_OK) == 0 ? log : NULL;
        return fail_child(making->wsdl, &end, err);
    }
    if (unlink(depfile) < 0)
        errno = 0; // meson's, nobody here needs it
    return true;
}

bool wsdl_try_module(struct arena *arena, const struct wsdl_tools *tools, const char *folder,
                     struct err *err)
{
    const char *const words[] = {tools->program, "wsdl", "try-module", folder, NULL};
    struct process_end end;
    if (!process_run(arena,
                     &(struct process){.words = words,
                                       .timeout_ms = TRY_FOR_MS,
                                       .max_output_bytes = MAX_OUTPUT_BYTES},
                     &end, err))
        return false;
    return end.status == 0 || fail_child("the module, when it is loaded,", &end, err);
}

static bool try_operation(struct soap_codec *codec, const struct soap_operation *operation,
                          struct err *err)
{
    static const char nonsense[] =
        "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body>"
        "<nonsense/></e:Body></e:Envelope>";
    AUTO_ARENA struct arena *arena = arena_new();
    struct str wire;
    if (soap_encode(codec, operation, arena, STR(nonsense), &wire, err))
        return true; // a WSDL may take anything
    struct soap_reply reply;
    soap_decode(codec, operation, arena, STR(nonsense), &reply);
    return *err->text != '\0';
}

static bool try_operations(const struct soap_modules *modules, struct err *err)
{
    const struct soap_module *facts = soap_modules_facts(modules, 0);
    struct soap_codec *codec = soap_codec_new();
    bool is_good = true;
    for (size_t i = 0; i < facts->operation_count && i < TRIED_OPERATIONS && is_good; i++) {
        const struct soap_module_operation *operation = &facts->operations[i];
        const struct soap_operation *found;
        is_good = soap_operation_find(modules, facts->name, operation->port, operation->name,
                                      &found, err) &&
                  try_operation(codec, found, err);
    }
    soap_codec_free(codec);
    return is_good;
}

bool wsdl_try_here(const char *folder, struct err *err)
{
    AUTO_ARENA struct arena *arena = arena_new();
    struct fault_list faults = {.arena = arena};
    struct soap_modules *modules;
    bool is_good = soap_modules_load(folder, &modules, &faults);
    if (!is_good)
        err_set(err, ERR_INVALID, "%s", faults.items[0].text);
    else if (soap_modules_count(modules) != 1)
        is_good = err_set(err, ERR_INVALID, "%s: not one module", folder);
    else
        is_good = try_operations(modules, err);
    fault_list_finish(&faults);
    soap_modules_free(modules);
    return is_good;
}
