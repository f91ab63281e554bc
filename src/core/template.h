// SPDX-License-Identifier: GPL-3.0-or-later
//
// Mustache templates (the core of the public specification: variables, sections, inverted
// sections, comments, partials, delimiters), compiled once, rendered with the escaping of the
// target language. Knows text and named values, not events, files or HTTP.
//
// A name is looked up by its dotted parts, the first in the innermost context that has it; a name
// that leads nowhere is tried whole (`survey.csat` as one name), so no element can shadow a part
// of an object. null, false, "" and [] are false in a section. An absent variable renders as
// nothing (in JSON outside quotes: null), never as the tag itself.
//
// A variable may end in filters and a policy for a missing value: {{ani | phone "E164" | omit}}.
// With omit, and with nil where that is no literal of the language, a mark of core/mark stands
// where the value would: whoever reads the rendered text leaves out what encloses it.

#ifndef CORE_TEMPLATE_H
#define CORE_TEMPLATE_H

#include "core/filter.h"

enum template_escape {
    TEMPLATE_TEXT, // as it is
    TEMPLATE_XML,  // text and attribute values; characters XML 1.0 forbids become U+FFFD
    TEMPLATE_HTML,
    TEMPLATE_JSON,   // inside quotes: string content; outside: a whole JSON value (a boolean or a
                     // number of at most 15 digits where the text is one, else a quoted string:
                     // readers would round longer ones; absent is null)
    TEMPLATE_URL,    // RFC 3986: all but unreserved is percent-encoded
    TEMPLATE_FORM,   // application/x-www-form-urlencoded
    TEMPLATE_HEADER, // control characters become a space, so no line can be added
};

struct template;

struct template_place {
    int line, column; // from 1
};

// Gives the text of the partial `name`, or false when there is none; the text is copied. Partials
// are compiled with the template, with the same escape; one that includes itself, once.
typedef bool template_partial_fn(void *context, struct str name, struct str *ret_text);

// `partial` may be NULL: then any {{> name}} is an error. On failure ret_place says where in
// `text`; for a mistake in a partial that is the tag that led to it, and the sentence says the
// rest. In JSON a section or a partial must end as it began, inside or outside quotes.
bool template_compile(struct str text, enum template_escape escape, template_partial_fn *partial,
                      void *partial_context, struct template **ret,
                      struct template_place *ret_place, struct err *err) MUST_CHECK;
void template_free(struct template *template);

struct template_options {
    enum template_escape escape;
    template_partial_fn *partial;
    void *partial_context;
    const struct filter_maps *maps; // NULL: none; must outlive the template
    enum missing_policy missing;    // of variables that say nothing else: unsaid, omit or reject
    // `#name#` instead of `{{name}}`. A # that begins no such tag, up to the end of the line, is
    // text. Also so after {{=# #=}}.
    bool has_hash_tags;
};

// The same with more to say.
bool template_compile_as(struct str text, const struct template_options *options,
                         struct template **ret, struct template_place *ret_place,
                         struct err *err) MUST_CHECK;

// Whether what it renders may hold marks, which then have to be resolved. Values bring none in.
bool template_has_marks(const struct template *template);
// The bytes of the `#tag#` that the text begins with; 0: none.
size_t template_hash_tag(struct str text);

// Appends to `out`, which keeps what it had on failure; fails with ERR_TOO_LARGE when out overflows
// or when partials nest too deep or sections repeat without end, and with ERR_INVALID when a value
// is missing that must not be or that a filter cannot read. Any number of threads may render one
// template at once.
bool template_render(const struct template *template, const struct json *data, struct buf *out,
                     struct err *err) MUST_CHECK;
// The same, telling each value that a map does not hold.
bool template_render_telling(const struct template *template, const struct json *data,
                             filter_unmapped_fn *unmapped, void *unmapped_context, struct buf *out,
                             struct err *err) MUST_CHECK;

// Calls `visit` for each name that a variable or a section of the template reads; for those in a
// partial the place is the tag that led to it.
typedef void template_visit_fn(void *context, struct str name, struct template_place place);
void template_visit(const struct template *template, template_visit_fn *visit, void *context);

// For literals elsewhere: writes `text` escaped (for JSON: as string content).
void template_write_escaped(struct buf *out, struct str text, enum template_escape escape);

#endif
