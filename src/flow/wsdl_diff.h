// SPDX-License-Identifier: GPL-3.0-or-later
//
// What changed between two versions of a WSDL for those who call it: operations, where they are and
// what goes in and comes out, by the types as they stand on the wire. Names of types do not matter,
// only what they hold.

#ifndef FLOW_WSDL_DIFF_H
#define FLOW_WSDL_DIFF_H

#include "flow/wsdl_open.h"

struct wsdl_change {
    const char *operation; // or "port NAME"
    const char *text;      // "input/call/ani: is required now"
    bool is_breaking; // a template that was good may be refused, or something read may be missing
};

struct wsdl_changes {
    struct wsdl_change *items;
    size_t count, breaking_count;
    bool is_cut; // there were more
};

// `operations`: names that count; count 0 for all. Lives in the arena.
void wsdl_diff(struct arena *arena, const struct opened *from, const struct opened *to,
               const char *const *operations, size_t operation_count, struct wsdl_changes *ret);

#endif
