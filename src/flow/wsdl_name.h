// SPDX-License-Identifier: GPL-3.0-or-later
//
// Names of WSDLs and of the files in a copy: plain characters that are safe in a path, and nothing
// that leaves its folder.

#ifndef FLOW_WSDL_NAME_H
#define FLOW_WSDL_NAME_H

#include "base/err.h"

// Letters, digits, `_` and `-`, the first a letter or digit; at most 64.
bool wsdl_name_is_fit(struct str name);
// A fit name for the WSDL at a path or URL, from its last step; ERR_INVALID when nothing is left.
bool wsdl_name_of(struct arena *arena, const char *place, const char **ret,
                  struct err *err) MUST_CHECK;
// True for a relative path of letters, digits and `._-` that stays below its folder.
bool wsdl_path_is_plain(struct str path);
// Such a path of one step for a file from anywhere, e.g. "types.xsd".
const char *wsdl_file_name(struct arena *arena, const char *place);
// Where `location`, as it is written in the file `from`, leads: a path without `.` and `..`. NULL
// when it leads out of the folder or is not plain.
const char *wsdl_path_follow(struct arena *arena, const char *from, const char *location);

#endif
