// SPDX-License-Identifier: GPL-3.0-or-later
//
// Writes an envelope piece by piece: indents, escapes, and gives each namespace a prefix that is
// declared once, at the top. Knows XML and SOAP's two versions; not what to write.

#ifndef EDGE_SOAP_WRITER_H
#define EDGE_SOAP_WRITER_H

#include "edge/soap_shape.h"

struct soap_writer {
    struct arena *arena;
    int version;     // 11 or 12
    struct buf text; // what stands in the Envelope so far
    int level;       // of indentation
    struct {
        const char *name, *prefix;
    } * namespaces;
    size_t namespace_count, namespace_capacity, own_prefixes;
};

void soap_writer_init(struct soap_writer *writer, struct arena *arena, int version, size_t limit);
void soap_writer_finish(struct soap_writer *writer);

// What stands before the colon, "" for no namespace; in the arena.
const char *soap_writer_prefix(struct soap_writer *writer, const char *namespace);
// "n1:Order", "id".
const char *soap_writer_name(struct soap_writer *writer, struct shape_name name);
// <name, without an end, and </name>.
void soap_writer_open(struct soap_writer *writer, const char *name);
void soap_writer_close(struct soap_writer *writer, const char *name);

void soap_writer_indent(struct soap_writer *writer); // begins a line
void soap_writer_escaped(struct soap_writer *writer, const char *text);
// name="value" after a blank, to be written between `<name` and `>`.
void soap_writer_attribute(struct soap_writer *writer, const char *name, const char *value);

// The whole document around what was written between these; `preamble` stands before the root.
void soap_writer_begin_header(struct soap_writer *writer);
void soap_writer_end_header(struct soap_writer *writer);
void soap_writer_begin_body(struct soap_writer *writer);
void soap_writer_end_body(struct soap_writer *writer);
struct str soap_writer_envelope(struct soap_writer *writer, struct str preamble);

#endif
