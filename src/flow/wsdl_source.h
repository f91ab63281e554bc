// SPDX-License-Identifier: GPL-3.0-or-later
//
// A copy of a WSDL with everything that it imports, in one folder and safe to keep: files below the
// WSDL's own folder keep their place, others lie in `other/`, and where a location then leads
// elsewhere than it is written, `imports.tsv` says where (see gen/bind_xml.c). Files are not
// changed. Of a file nothing is fetched; of a URL, what the documents import by http and https is.

#ifndef FLOW_WSDL_SOURCE_H
#define FLOW_WSDL_SOURCE_H

#include "flow/wsdl_tools.h"

struct source_file {
    const char *path;   // in the folder
    const char *origin; // a path, or a URL without credentials
    size_t bytes;
};

struct wsdl_source {
    const char *origin; // of the WSDL itself
    const char *folder;
    const char *wsdl; // FOLDER/NAME.wsdl
    struct source_file *files;
    size_t file_count, bytes;
    const char **warnings; // what could not be had
    size_t warning_count;
};

bool wsdl_is_url(const char *what);

// Fills `folder`, which is there and empty. `name` is fit.
bool wsdl_source_copy(struct arena *arena, const struct wsdl_tools *tools, const char *file,
                      const char *name, const char *folder, struct wsdl_source *ret,
                      struct err *err) MUST_CHECK;
// The same from a URL, whose user and password go to its own host only and into no file.
bool wsdl_source_fetch(struct arena *arena, const struct wsdl_tools *tools, const char *url,
                       const char *name, const char *folder,
                       void (*on_fetch)(void *context, const char *url), void *context,
                       struct wsdl_source *ret, struct err *err) MUST_CHECK;

// --- for both ---

// A path in the folder that no file has yet, with the name of `place`.
const char *source_free_path(struct arena *arena, const struct wsdl_source *source,
                             const char *place);
// Writes imports.tsv: `links` has paths in the folder; `to` "" means nothing.
bool source_write_links(struct arena *arena, const struct wsdl_source *source,
                        const struct wsdl_link *links, size_t count, struct err *err) MUST_CHECK;
// The text of a tool with the customer's names of files in place of the copy's.
const char *source_translate(struct arena *arena, const struct wsdl_source *source,
                             const char *text);

#endif
