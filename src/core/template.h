// SPDX-License-Identifier: GPL-3.0-or-later
//
// Mustache templates (the core of the public specification: variables, sections, inverted
// sections, comments, partials, delimiters), compiled once, rendered with the escaping of the
// target language. Knows text and named values, not events, files or HTTP.
//
// A name is looked up in the innermost context that has it, whole first (`survey.csat` as one
// name), then by its dotted parts. null, false, "" and [] are false in a section. An absent
// variable renders as nothing (in JSON outside quotes: null), never as the tag itself.

#ifndef CORE_TEMPLATE_H
#define CORE_TEMPLATE_H

#include "core/json.h"

enum template_escape {
    TEMPLATE_TEXT,   // as it is
    TEMPLATE_XML,    // text and attribute values; characters XML 1.0 forbids become U+FFFD
    TEMPLATE_HTML,
    TEMPLATE_JSON,   // inside quotes: string content; outside: a whole JSON value (a number or
                     // boolean where the text is one, else a quoted string; absent is null)
    TEMPLATE_URL,    // RFC 3986: all but unreserved is percent-encoded
    TEMPLATE_FORM,   // application/x-www-form-urlencoded
    TEMPLATE_HEADER, // control characters become a space, so no line can be added
};

struct template;

struct template_place {
    int line, column; // from 1
};

// Gives the text of the partial `name`, or false when there is none. Partials are compiled with
// the template, with the same escape; a partial that includes itself is compiled once.
typedef bool template_partial_fn(void *context, struct str name, struct str *ret_text);

// `partial` may be NULL: then any {{> name}} is an error. On failure ret_place says where.
bool template_compile(struct str text, enum template_escape escape, template_partial_fn *partial,
                      void *partial_context, struct template **ret,
                      struct template_place *ret_place, struct err *err) MUST_CHECK;
void template_free(struct template *template);

// Renders into `out`; fails with ERR_TOO_LARGE when out overflows or nesting passes a limit. Any
// number of threads may render one template at once.
bool template_render(const struct template *template, const struct json *data, struct buf *out,
                     struct err *err) MUST_CHECK;

// Calls `visit` for each name that a variable or a section of the template reads.
typedef void template_visit_fn(void *context, struct str name, struct template_place place);
void template_visit(const struct template *template, template_visit_fn *visit, void *context);

// For literals elsewhere: writes `text` escaped.
void template_write_escaped(struct buf *out, struct str text, enum template_escape escape);

#endif
