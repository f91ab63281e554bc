// SPDX-License-Identifier: GPL-3.0-or-later
//
// Making a version with its stages shown, for the commands that make one, and what they say of it.

#ifndef CLI_WSDL_ADD_H
#define CLI_WSDL_ADD_H

#include "cli_wsdl.h"

#include "flow/wsdl_add.h"
#include "flow/wsdl_diff.h"

// With the library's lock. Returns the exit status, CLI_OK when *ret is made; tells what is wrong.
int cli_wsdl_make(struct cli_library *library, const struct wsdl_wish *wish, bool is_quiet,
                  struct wsdl_added *ret) MUST_CHECK;

void cli_print_changes(const struct cli_library *library, const struct library_version *from,
                       const struct library_version *to);

#endif
