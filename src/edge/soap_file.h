// SPDX-License-Identifier: GPL-3.0-or-later
//
// The file of a module: what tells it from one that replaced it, and whether it is whole. The C
// library maps what a file's header promises without asking how long the file is; one that ends
// early would end the process. For soap_modules.c.

#ifndef EDGE_SOAP_FILE_H
#define EDGE_SOAP_FILE_H

#include "base/err.h"

#include <sys/types.h>
#include <time.h>

struct soap_file {
    dev_t device;
    ino_t inode;
    off_t bytes;
    struct timespec written;
};

// The sentence does not name the file.
bool soap_file_look(const char *path, struct soap_file *ret, struct err *err) MUST_CHECK;
bool soap_file_is_same(const struct soap_file *a, const struct soap_file *b); // one inode
bool soap_file_is_untouched(const struct soap_file *then, const struct soap_file *now);
// Every part that is to be loaded lies within the file.
bool soap_file_check(const char *path, const struct soap_file *file, struct err *err) MUST_CHECK;

#endif
