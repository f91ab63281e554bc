// SPDX-License-Identifier: GPL-3.0-or-later
//
// The story of `switchhook wsdl add`: a copy of the WSDL, a module of it, tried, kept as a version,
// and put in the place of the one before. Every step before the last leaves what is in use alone.

#ifndef FLOW_WSDL_ADD_H
#define FLOW_WSDL_ADD_H

#include "edge/config_outline.h"
#include "flow/wsdl_library.h"
#include "flow/wsdl_source.h"

struct wsdl_wish {
    const char *what; // a file, a URL, NAME (its own WSDL again) or NAME@VERSION (as it was made)
    const char *name; // NULL: made of `what`
    // "A,B", "+A,B" beside those there are, or "all". NULL: those of the version in use; of a large
    // WSDL those that services use; else all.
    const char *operations;
};

struct wsdl_teller {
    // A stage began or went on; all is 0 where there is nothing to count.
    void (*stage)(void *context, const char *stage, int done, int all);
    void (*line)(void *context, const char *text);
    void *context;
};

struct wsdl_added {
    struct library_version version;
    struct library_version before; // the one in use; `name` NULL: none
    bool is_known;                 // the same was made before
    struct wsdl_source source;     // of NAME@VERSION: none
};

// With the library's lock. Makes the version that is wished for, or finds it among those there are;
// puts nothing in its place. On failure err has the cause, with file and line of the customer's
// where they are known, and the log of all tools is kept where `teller->line` says.
bool wsdl_add(struct library *library, const struct outline *outline, const struct wsdl_wish *wish,
              const struct wsdl_teller *teller, struct wsdl_added *ret, struct err *err) MUST_CHECK;

// An operation that a service calls and the version does not have: with it in use the gateway would
// not start. NULL: none.
const struct outline_use *wsdl_missing_use(const struct library_version *version,
                                           const struct outline *outline);

#endif
