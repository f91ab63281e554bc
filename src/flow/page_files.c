// SPDX-License-Identifier: GPL-3.0-or-later
//
// Templates and the style sheet, read once. They are the operator's own files, still limited: a
// mistaken path to something huge should be a fault, not an end.

#include "flow/page_files.h"

#include "edge/file.h"

enum { FILE_MAX_BYTES = 256 * 1024 };

static const char *const names[PAGE_COUNT] = {"deliveries", "delivery",      "event",
                                              "preview",    "unrouted",      "services",
                                              "maps",       "configuration", "problem"};

struct page_files {
    const char *dir;
    struct arena *arena; // what the templates were compiled from
    struct template *templates[PAGE_COUNT];
    struct str style;
};

static bool read_partial(void *context, struct str name, struct str *ret_text)
{
    struct page_files *files = context;
    struct err err;
    if (!file_is_confined(name))
        return false;
    const char *path = arena_printf(files->arena, "%s/_%.*s.html", files->dir, STR_ARG(name));
    return file_read_text(files->arena, path, FILE_MAX_BYTES, ret_text, &err);
}

static void load_page(struct page_files *files, enum page_name page, struct fault_list *faults)
{
    const char *path = arena_printf(files->arena, "%s/%s.html", files->dir, names[page]);
    struct template_place place = {0};
    struct str text;
    struct err err;
    if (!file_read_text(files->arena, path, FILE_MAX_BYTES, &text, &err) ||
        !template_compile(text, TEMPLATE_HTML, read_partial, files, &files->templates[page], &place,
                          &err))
        fault_add(faults, path, place.line, place.column, "%s", err.text);
}

bool page_files_load(const char *dir, struct page_files **ret, struct fault_list *faults)
{
    struct page_files *files = mem_alloc(sizeof(*files));
    files->arena = arena_new();
    files->dir = arena_strdup(files->arena, dir);
    size_t before = faults->count;
    for (int page = 0; page < PAGE_COUNT; page++)
        load_page(files, (enum page_name)page, faults);
    struct err err;
    const char *style = arena_printf(files->arena, "%s/style.css", dir);
    if (!file_read_text(files->arena, style, FILE_MAX_BYTES, &files->style, &err))
        fault_add(faults, style, 0, 0, "%s", err.text);
    if (faults->count != before) {
        page_files_free(files);
        return false;
    }
    *ret = files;
    return true;
}

void page_files_free(struct page_files *files)
{
    if (!files)
        return;
    for (int page = 0; page < PAGE_COUNT; page++)
        template_free(files->templates[page]);
    arena_free(files->arena);
    free(files);
}

bool page_files_render(const struct page_files *files, enum page_name page, const struct json *tree,
                       struct buf *out, struct err *err)
{
    return template_render(files->templates[page], tree, out, err) ||
           err_prefix(err, "%s", names[page]);
}

struct str page_files_style(const struct page_files *files)
{
    return files->style;
}
