// SPDX-License-Identifier: GPL-3.0-or-later
//
// The files that pages are made of: templates, compiled at load, and the style sheet. A
// partial
// {{> name}} is the file _name.html beside them. Knows no rows and no HTTP.

#ifndef FLOW_PAGE_FILES_H
#define FLOW_PAGE_FILES_H

#include "core/template.h"

enum page_name {
    PAGE_DELIVERIES,
    PAGE_DELIVERY,
    PAGE_EVENT,
    PAGE_PREVIEW,
    PAGE_UNROUTED,
    PAGE_SERVICES,
    PAGE_MAPS,
    PAGE_CONFIGURATION,
    PAGE_PROBLEM,
    PAGE_COUNT,
};

struct page_files; // immutable after load, any thread

// Every missing or broken file is a fault with its place.
bool page_files_load(const char *dir, struct page_files **ret,
                     struct fault_list *faults) MUST_CHECK;
void page_files_free(struct page_files *files);

bool page_files_render(const struct page_files *files, enum page_name page, const struct json *tree,
                       struct buf *out, struct err *err) MUST_CHECK;
struct str page_files_style(const struct page_files *files);

#endif
