// SPDX-License-Identifier: GPL-3.0-or-later
//
// Copies from files. `bind` says which files there are and what each location means, so there is
// one reader of WSDLs, and it runs in a process with limits.

#include "flow/wsdl_source.h"

#include "edge/folder.h"
#include "flow/wsdl_name.h"

#include <ctype.h>
#include <strings.h>

enum { MAX_LINKS_BYTES = 8 << 20, MAX_TEXT_BYTES = 1 << 20 };

static const char links_name[] = "imports.tsv";

bool wsdl_is_url(const char *what)
{
    return strncasecmp(what, "http://", 7) == 0 || strncasecmp(what, "https://", 8) == 0;
}

static bool is_taken(const struct wsdl_source *source, const char *path)
{
    if (strcmp(path, links_name) == 0)
        return true;
    for (size_t i = 0; i < source->file_count; i++) {
        size_t len = strlen(source->files[i].path);
        // Nor may a file be where another one needs a folder.
        if (strncasecmp(source->files[i].path, path, len) == 0 && (!path[len] || path[len] == '/'))
            return true;
    }
    return false;
}

const char *source_free_path(struct arena *arena, const struct wsdl_source *source,
                             const char *place)
{
    const char *name = wsdl_file_name(arena, place);
    const char *path = arena_printf(arena, "other/%s", name);
    for (int i = 2; is_taken(source, path); i++)
        path = arena_printf(arena, "other/%d-%s", i, name);
    return path;
}

// A link to nothing is written too: what could not be had must not be found by chance, least of all
// on this machine for a document of another.
bool source_write_links(struct arena *arena, const struct wsdl_source *source,
                        const struct wsdl_link *links, size_t count, struct err *err)
{
    AUTO_BUF struct buf text;
    buf_init(&text, MAX_LINKS_BYTES);
    for (size_t i = 0; i < count; i++) {
        const struct wsdl_link *link = &links[i];
        const char *natural = wsdl_path_follow(arena, link->from, link->location);
        if (!natural || strcmp(natural, link->to) != 0)
            buf_printf(&text, "%s\t%s\t%s\n", link->from, link->location, link->to);
    }
    if (text.overflowed)
        return err_set(err, ERR_TOO_LARGE, "%s: too many imports", source->origin);
    const char *path = arena_printf(arena, "%s/%s", source->folder, links_name);
    return text.len == 0 || folder_write(path, buf_str(&text), FOLDER_REPLACE, err);
}

// --- from files ---

// Below the WSDL's own folder it keeps its place, if that is safe.
static const char *place_of(struct arena *arena, const struct wsdl_source *source,
                            const char *main_file, const char *file)
{
    size_t folder = (size_t)(strrchr(main_file, '/') - main_file) + 1;
    const char *below = strncmp(file, main_file, folder) == 0 ? file + folder : NULL;
    if (below && wsdl_path_is_plain(str_from(below)) && !is_taken(source, below))
        return below;
    return source_free_path(arena, source, file);
}

static const char *copy_of(const struct wsdl_source *source, const char *file)
{
    for (size_t i = 0; i < source->file_count; i++) {
        if (strcmp(source->files[i].origin, file) == 0)
            return source->files[i].path;
    }
    return "";
}

static bool copy_file(struct arena *arena, struct wsdl_source *source, const char *file,
                      const char *path, struct err *err)
{
    const char *to = arena_printf(arena, "%s/%s", source->folder, path);
    AUTO_ARENA struct arena *scratch = arena_new();
    struct str content;
    if (!folder_read(scratch, file, WSDL_MAX_FILE_BYTES, &content, err) ||
        !folder_make_above(to, err) || !folder_write(to, content, FOLDER_KEEP, err))
        return false;
    source->files[source->file_count++] =
        (struct source_file){.path = path, .origin = file, .bytes = content.len};
    source->bytes += content.len;
    return source->bytes <= WSDL_MAX_TOTAL_BYTES ||
           err_set(err, ERR_TOO_LARGE, "%s: with all that it imports larger than %d MiB",
                   source->origin, WSDL_MAX_TOTAL_BYTES >> 20);
}

bool wsdl_source_copy(struct arena *arena, const struct wsdl_tools *tools, const char *file,
                      const char *name, const char *folder, struct wsdl_source *ret,
                      struct err *err)
{
    struct wsdl_listing listing;
    if (!wsdl_list_files(arena, tools, file, &listing, err))
        return false;
    struct wsdl_source source = {.origin = listing.files[0], .folder = folder};
    source.files = arena_alloc(arena, listing.file_count * sizeof(*source.files));
    source.wsdl = arena_printf(arena, "%s/%s.wsdl", folder, name);
    for (size_t i = 0; i < listing.file_count; i++) {
        const char *path = i ? place_of(arena, &source, listing.files[0], listing.files[i])
                             : arena_printf(arena, "%s.wsdl", name);
        if (!copy_file(arena, &source, listing.files[i], path, err))
            return false;
    }
    for (size_t i = 0; i < listing.link_count; i++) {
        listing.links[i].from = copy_of(&source, listing.links[i].from);
        listing.links[i].to = copy_of(&source, listing.links[i].to);
    }
    if (!source_write_links(arena, &source, listing.links, listing.link_count, err))
        return false;
    *ret = source;
    return true;
}

// --- words about the copy ---

static bool is_path_character(char c)
{
    return isalnum((unsigned char)c) || strchr("_-./", c);
}

// The file that a word of a path means: the copy's absolute path, or its place in the folder.
static const struct source_file *file_of(const struct wsdl_source *source, struct str word)
{
    struct str folder = str_from(source->folder ? source->folder : "");
    if (str_starts(word, folder) && word.len > folder.len && word.data[folder.len] == '/')
        word = (struct str){word.data + folder.len + 1, word.len - folder.len - 1};
    for (size_t i = 0; i < source->file_count; i++) {
        if (str_eq(word, str_from(source->files[i].path)))
            return &source->files[i];
    }
    return NULL;
}

const char *source_translate(struct arena *arena, const struct wsdl_source *source,
                             const char *text)
{
    AUTO_BUF struct buf out;
    buf_init(&out, MAX_TEXT_BYTES);
    while (*text) {
        size_t len = 0;
        while (text[len] && is_path_character(text[len]))
            len++;
        const struct source_file *file = file_of(source, (struct str){text, len});
        if (file)
            buf_add_str(&out, str_from(file->origin));
        else
            buf_add(&out, text, len ? len : 1);
        text += len ? len : 1;
    }
    return arena_copy(arena, buf_str(&out)).data;
}
