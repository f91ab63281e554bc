// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a tag leaves behind instead of a missing value, for whoever knows the language around it:
// "leave out what encloses me". A mark is a noncharacter of Unicode, legal in XML and JSON and
// reserved for internal use; templates that use marks let none through from a value, and none is
// ever sent. Knows fields of texts, JSON, forms and URLs; XML is edge/soap's.

#ifndef CORE_MARK_H
#define CORE_MARK_H

#include "core/json.h"

#define MARK_OMIT  STR("\xef\xb7\x90") // U+FDD0: leave out, whatever else stands there
#define MARK_BLANK STR("\xef\xb7\x91") // U+FDD1: leave out when nothing else stands there
#define MARK_NIL   STR("\xef\xb7\x92") // U+FDD2: no value, whatever else stands there

enum mark_verdict { MARK_KEEPS, MARK_OMITS, MARK_NILS };

bool mark_is_in(struct str text);
// Replaces marks by U+FFFD, in place: both have three bytes.
void mark_neutralise(char *text, size_t len);

// What becomes of a field with this text; ret_text is the text without marks, in the arena, or
// `text` itself.
enum mark_verdict mark_judge(struct arena *arena, struct str text, struct str *ret_text);

// A JSON value whose members and items with marks are left out or null. False: the whole would be
// left out.
bool mark_resolve_json(struct arena *arena, struct json *value, struct err *err) MUST_CHECK;
// Blanks out each comma that stands before a closing bracket or brace, so that a section over a
// list may end each of its items with one. The text keeps its length, so places in it stay true.
void mark_drop_commas(char *text, size_t len);

// A form body: fields with marks are left out, and line ends with the blanks around them are no
// part of it, so a template may have a line for each field. Without has_marks there are none.
struct str mark_resolve_form(struct arena *arena, struct str body, bool has_marks);
// A URL: parameters with marks are left out. False: a mark stands in its path.
bool mark_resolve_url(struct arena *arena, struct str url, struct str *ret,
                      struct err *err) MUST_CHECK;

#endif
