// SPDX-License-Identifier: GPL-3.0-or-later
//
// Folders and files that commands make: whole or not at all. Sentences name the path. Knows nothing
// of what is in them.

#ifndef EDGE_FOLDER_H
#define EDGE_FOLDER_H

#include "base/err.h"

// With all folders above it. Fine when it is there.
bool folder_make(const char *path, struct err *err) MUST_CHECK;
// The folders above a file.
bool folder_make_above(const char *path, struct err *err) MUST_CHECK;
// With all that is in it; follows no link. Fine when there is none.
bool folder_remove(const char *path, struct err *err) MUST_CHECK;
// Names of what lies in it, sorted, but no hidden ones; none when there is no such folder.
size_t folder_names(struct arena *arena, const char *path, const char *const **ret);

enum folder_mode { FOLDER_KEEP, FOLDER_REPLACE };
// ERR_CONFLICT when the file is there and is to be kept.
bool folder_write(const char *path, struct str content, enum folder_mode mode,
                  struct err *err) MUST_CHECK;
// The bytes of a regular file.
bool folder_read(struct arena *arena, const char *path, size_t max_bytes, struct str *ret,
                 struct err *err) MUST_CHECK;
// A regular file of at most max_bytes, made anew.
bool folder_copy(const char *from, const char *to, size_t max_bytes, struct err *err) MUST_CHECK;
// Puts what is at `from` to `to`, in place of a file that is there; on disk when it returns.
bool folder_rename(const char *from, const char *to, struct err *err) MUST_CHECK;

#endif
