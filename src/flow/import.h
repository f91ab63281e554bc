// SPDX-License-Identifier: GPL-3.0-or-later
//
// The story "move here": a platform's export of its remote HTTP services becomes services, value
// maps and templates of ours, and a list of what could not be carried over. Texts in, texts out: it
// reads and writes no file. No secret of the export is in what it makes.

#ifndef FLOW_IMPORT_H
#define FLOW_IMPORT_H

#include "base/err.h"

struct import_options {
    const char *wsdl; // module of the SOAP services; NULL: guessed from each one's name
    bool keeps_tags;  // bodies keep their #tags#
};

struct import_file {
    const char *path; // below the output folder; the first file is the configuration's part
    struct str text;
};

struct import_result {
    const struct import_file *files;
    size_t file_count;
    const char *const *notes; // a sentence each, with the service's name
    size_t note_count;
    const char *const *variables; // of the environment, that hold the secrets from now on
    size_t variable_count;
    size_t service_count;
};

// An export is a service, a list of services, or an object with `services`, also of groups. Fails
// when it is no JSON (ERR_INVALID) or no service is in it (ERR_NOT_FOUND); what is odd about one
// service is a note. Everything lives in the arena.
bool import_engage_voice(struct arena *arena, struct str export,
                         const struct import_options *options, struct import_result *ret,
                         struct err *err) MUST_CHECK;

#endif
