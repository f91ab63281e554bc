// SPDX-License-Identifier: GPL-3.0-or-later
//
// What makes a module of a WSDL: the recipe of gen/ with its reader `bind`, gSOAP's tools and a C
// compiler. Finds them next to the program, installed or in a build folder, and runs them in
// processes with limits, because they read what strangers wrote.

#ifndef FLOW_WSDL_TOOLS_H
#define FLOW_WSDL_TOOLS_H

#include "edge/process.h"

struct wsdl_tools {
    const char *program; // this one, for what only it can try
    const char *recipe, *bind, *include_dir;
    unsigned long long size; // of those together, and
    long long changed_at;    // when the newest changed: they are part of what a module is made of
};

bool wsdl_tools_find(struct arena *arena, struct wsdl_tools *ret, struct err *err) MUST_CHECK;

// --- the files of a WSDL ---

enum { WSDL_MAX_FILE_BYTES = 32 << 20, WSDL_MAX_TOTAL_BYTES = 64 << 20, WSDL_MAX_FILES = 1000 };

struct wsdl_link { // an import
    const char *from, *location;
    const char *to; // "" when there is no such file
};

struct wsdl_listing {
    const char **files; // canonical, the WSDL first
    size_t file_count;
    struct wsdl_link *links;
    size_t link_count;
};

bool wsdl_list_files(struct arena *arena, const struct wsdl_tools *tools, const char *wsdl,
                     struct wsdl_listing *ret, struct err *err) MUST_CHECK;

// --- a module ---

struct wsdl_making {
    const char *name, *wsdl;
    const char *operations; // "A,B"; "" for all
    const char *out;        // path of the .so; its work folder is next to it
    // A stage began, or went on; all is 0 where there is nothing to count.
    void (*on_stage)(void *context, const char *stage, int done, int all);
    void *context;
};

// On failure err says stage and cause, and *ret_log is where all words of the tools are, or NULL.
bool wsdl_make(struct arena *arena, const struct wsdl_tools *tools,
               const struct wsdl_making *making, const char **ret_log, struct err *err) MUST_CHECK;

// Loads the module in a process of its own and tries each of its operations: a module that kills
// whoever loads it kills that one.
bool wsdl_try_module(struct arena *arena, const struct wsdl_tools *tools, const char *folder,
                     struct err *err) MUST_CHECK;
// What that process does. One module must be in the folder.
bool wsdl_try_here(const char *folder, struct err *err) MUST_CHECK;

#endif
