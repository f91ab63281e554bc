// SPDX-License-Identifier: GPL-3.0-or-later
//
// Texts of an export as texts of ours: #tags# become tags, literals are escaped for where they
// stand, secrets become {{secret.NAME}}. Knows data elements, not services or files.

#ifndef FLOW_IMPORT_TEXT_H
#define FLOW_IMPORT_TEXT_H

#include "core/template.h"
#include "flow/import_read.h"

struct import_secret {
    const char *name; // in templates
    struct str value; // never written
    bool is_used;     // by a template
};

struct import_texts { // of one service
    struct arena *arena;
    struct import_notes *notes;
    const char *label;        // for notes
    const char *map;          // the value map that tags go through; NULL: none
    bool keeps_tags;          // #tag# stays
    const char *open, *close; // of the tags of the text being written
    struct import_secret *secrets;
    size_t secret_count, secret_capacity;
    struct str *unknown; // names of the text being written that are in no catalogue
    size_t unknown_count, unknown_capacity;
};

void import_texts_init(struct import_texts *texts, struct import_notes *notes, const char *label);

bool import_has_tags(struct str text);
// Whether what stands under that name is a secret by its looks: "X-Api-Key", "password".
bool import_is_secret(struct str name);

// Appends the text: tags as ours, literals escaped. Secrets known by now are replaced.
void import_write(struct import_texts *texts, struct buf *out, struct str text,
                  enum template_escape escape);
// What stands under `name`: the text, or, when it is a secret, its tag; or, when it is empty and
// there is a data element of that name, that.
void import_write_value(struct import_texts *texts, struct buf *out, const struct vendor_row *row,
                        enum template_escape escape);
// A whole body as a person wrote it. Secrets are looked for by the names before them.
void import_write_body(struct import_texts *texts, struct buf *out, struct str body,
                       enum vendor_body kind);

// Remembers a secret under a name made of `name`, to be replaced wherever it stands.
void import_keep_secret(struct import_texts *texts, struct str name, struct str value);
// The same, and its tag.
const char *import_secret_tag(struct import_texts *texts, struct str name, struct str value);
// Begins a template: chooses delimiters that `body` has not, forgets unknown names.
void import_begin(struct import_texts *texts, struct str body);
// What stands before the template: the delimiters if they are others, a comment for each unknown
// name with what may be meant.
struct str import_preamble(const struct import_texts *texts);

#endif
