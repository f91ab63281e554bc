// SPDX-License-Identifier: GPL-3.0-or-later
//
// Small text files a person wrote: configurations, templates, secrets. Reads them whole, with a
// limit, and makes sure that they are text. Knows nothing of what they mean.

#ifndef EDGE_FILE_H
#define EDGE_FILE_H

#include "base/err.h"

// The file's text, NUL-terminated in the arena, without a leading byte order mark. ERR_NOT_FOUND,
// ERR_IO, ERR_TOO_LARGE, or ERR_INVALID when it is no UTF-8; the sentence does not name the file.
bool file_read_text(struct arena *arena, const char *path, size_t max_bytes, struct str *ret,
                    struct err *err) MUST_CHECK;

// Bytes up to the first that is NUL or no UTF-8 (RFC 3629); text.len when all are text.
size_t file_text_length(struct str text);
// True for a name that stays within the folder it is looked up in: relative, without `..`.
bool file_is_confined(struct str name);

#endif
