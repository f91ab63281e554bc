// SPDX-License-Identifier: GPL-3.0-or-later
//
// A look at XML before a parser sees it. libxml2 and gSOAP compare each attribute of an element
// with all others, so that a megabyte of them in one element would cost minutes.

#ifndef BASE_MARKUP_H
#define BASE_MARKUP_H

#include "base/mem.h"

enum { MARKUP_MAX_ATTRIBUTES = 256 };

// Why these bytes are not given to a parser, as the end of a sentence about them ("has ..."); NULL:
// they may be. Takes any bytes, in one pass. Of what is not well-formed it judges what a parser may
// take for an element. An encoding in which bytes of ASCII mean something else is refused, but
// UTF-16.
const char *markup_refusal(struct str text) MUST_CHECK;

#endif
