// SPDX-License-Identifier: GPL-3.0-or-later
//
// What stands in the body of a reply: values by XPath where it is XML, by JSON pointer where it is
// JSON, and tests of them. Knows neither outcomes nor services; a body is read when it is first
// asked for, and once.

#ifndef EDGE_REPLY_H
#define EDGE_REPLY_H

#include "core/json.h"
#include "edge/config.h"
#include "edge/soap_xpath.h"

struct reply_where {                // compiled; immutable, any thread
    const struct soap_xpath *xpath; // NULL: nothing is there in XML
    const char *json;               // NULL: nothing is there in JSON
    const char *text;               // as written
};

// ERR_INVALID says what is wrong with the expression. What may be either is good when it is one of
// both; is_xml: replies are XML only.
bool reply_where_compile(struct arena *arena, const struct config_where *from, bool is_xml,
                         const struct soap_xpath_prefix *prefixes, size_t prefix_count,
                         struct reply_where *ret, struct err *err) MUST_CHECK;

struct reply { // one thread; everything it gives lives in the arena
    struct soap_codec *codec;
    struct arena *arena;
    struct str body;
    bool is_read;
    struct soap_xml *xml;    // NULL: it is no XML
    const struct json *json; // NULL: it is no JSON
    const char *problem;     // when it is neither: why
};

void reply_init(struct reply *reply, struct soap_codec *codec, struct arena *arena,
                struct str body);
// It will not be read; `problem` says why.
void reply_refuse(struct reply *reply, const char *problem);
void reply_finish(struct reply *reply);
#define AUTO_REPLY __attribute__((cleanup(reply_finish)))

// The value as text, false when nothing is there.
bool reply_value(struct reply *reply, const struct reply_where *where, struct str *ret);

enum reply_verdict { REPLY_HOLDS, REPLY_FAILS, REPLY_UNREADABLE };
// ret_why, in the arena: what was found, or why the body cannot be read; "" when it holds.
enum reply_verdict reply_judge(struct reply *reply, const struct config_test *test,
                               const struct reply_where *where, const char **ret_why);
// The test in words: `//Status is "OK" or "DONE"`.
const char *reply_test_text(struct arena *arena, const struct config_test *test,
                            const struct reply_where *where);

#endif
