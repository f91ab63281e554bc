// SPDX-License-Identifier: GPL-3.0-or-later
//
// A compiled template, between template_parse.c (makes it), template_render.c (runs it) and
// template_escape.c; nobody else includes this. All nodes stand in one array: the template's, then
// each partial's. A section is followed by its body and knows where that ends.

#ifndef CORE_TEMPLATE_PROGRAM_H
#define CORE_TEMPLATE_PROGRAM_H

#include "core/mark.h"
#include "core/template.h"

enum node_kind {
    NODE_TEXT,
    NODE_LINE, // in partials: a line of the partial starts, its indentation goes here
    NODE_VARIABLE,
    NODE_SECTION,
    NODE_INVERTED,
    NODE_PARTIAL,
};

struct node {
    enum node_kind kind;
    bool is_raw;     // NODE_VARIABLE: {{{x}}} or {{&x}}
    bool is_value;   // NODE_VARIABLE: a whole JSON value
    struct str text; // NODE_TEXT: the text; NODE_PARTIAL: indentation; else the name as a whole
    const struct str *parts; // of the name, split at its dots; none for {{.}}
    size_t part_count;
    size_t target; // sections: the node after the body; NODE_PARTIAL: index of the program
    const struct filter_chain *filters; // NODE_VARIABLE; NULL: none
    enum missing_policy policy;         // NODE_VARIABLE: as its tag says
    struct template_place place;
};

struct program {
    struct str name;             // "" for the template itself
    bool in_string;              // JSON: it stands inside quotes; such a one is compiled apart
    struct str text;             // its source
    size_t first, end;           // nodes
    struct template_place place; // of the tag in the template itself that led here
};

struct template
{
    struct arena *arena; // texts and names
    enum template_escape escape;
    enum missing_policy missing; // of variables whose tag does not say
    bool has_marks;
    struct node *nodes;
    size_t node_count, node_capacity;
    struct program *programs; // the template itself first
    size_t program_count, program_capacity;
};

// A value as one JSON value; NULL is null.
void template_write_value(struct buf *out, const struct json *value);

#endif
