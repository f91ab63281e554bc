// SPDX-License-Identifier: GPL-3.0-or-later
//
// XML or JSON is told by the first character of the body: media types of real services lie. A value
// of JSON is compared as the text that people write; a list or an object has its JSON text.

#include "edge/reply.h"

enum {
    MAX_VALUE_BYTES = 1024 * 1024,
    SHOWN_TEST_BYTES = 120,
    SHOWN_VALUE_BYTES = 200, // a longer value is not shown in part: it may be a secret
    SHOWN_EQUALS = 5,
};
static const struct json_limits json_limits = {.depth = 100, .values = 1000 * 1000};

bool reply_where_compile(struct arena *arena, const struct config_where *from, bool is_xml,
                         const struct soap_xpath_prefix *prefixes, size_t prefix_count,
                         struct reply_where *ret, struct err *err)
{
    const char *json = is_xml ? NULL : from->json;
    *ret = (struct reply_where){.json = json, .text = from->xpath ? from->xpath : from->json};
    if (is_xml && !from->xpath)
        return err_set(err, ERR_INVALID, "a reply of a soap service is XML: say xpath");
    if (!from->xpath)
        return true;
    bool is_xpath =
        soap_xpath_compile(arena, from->xpath, prefixes, prefix_count, &ret->xpath, err);
    return is_xpath || json || err_prefix(err, "the XPath %.100s", from->xpath);
}

// --- the body ---

void reply_init(struct reply *reply, struct soap_codec *codec, struct arena *arena, struct str body)
{
    *reply = (struct reply){.codec = codec, .arena = arena, .body = str_trim(body), .problem = ""};
}

void reply_refuse(struct reply *reply, const char *problem)
{
    reply->is_read = true;
    reply->problem = problem;
}

void reply_finish(struct reply *reply)
{
    soap_xml_free(reply->xml);
}

static bool looks_like_json(struct str body)
{
    if (str_starts(body, STR("\xef\xbb\xbf")))
        body = (struct str){body.data + 3, body.len - 3};
    return body.len && !str_starts(body, STR("--")) && // parts of a multipart
           strchr("{[\"-0123456789tfn", body.data[0]);
}

static void read_body(struct reply *reply)
{
    struct json *json;
    struct err err;
    if (reply->is_read)
        return;
    reply->is_read = true;
    if (reply->body.len == 0) {
        reply->problem = "the reply is empty";
    } else if (looks_like_json(reply->body)) {
        if (json_parse(reply->arena, reply->body, &json_limits, &json, &err))
            reply->json = json;
        else
            reply->problem = arena_printf(reply->arena, "the reply is no JSON: %s", err.text);
    } else if (!soap_xml_read(reply->codec, reply->body, &reply->xml, &err)) {
        reply->problem =
            arena_printf(reply->arena, "the reply is neither XML nor JSON: %s", err.text);
    }
}

// What keeps a place from being looked at; NULL: nothing.
static const char *obstacle(struct reply *reply, const struct reply_where *where)
{
    read_body(reply);
    if (reply->xml)
        return where->xpath ? NULL : "the reply is XML, and a JSON pointer reads JSON";
    if (reply->json)
        return where->json ? NULL : "the reply is JSON, and an XPath reads XML";
    return reply->problem;
}

static struct str json_value(struct reply *reply, const struct json *value)
{
    AUTO_BUF struct buf scratch;
    buf_init(&scratch, MAX_VALUE_BYTES);
    return arena_copy(reply->arena, json_as_text(value, &scratch));
}

bool reply_value(struct reply *reply, const struct reply_where *where, struct str *ret)
{
    bool is_found = false;
    struct err err;
    if (obstacle(reply, where))
        return false;
    if (reply->xml)
        return soap_xpath_text(where->xpath, reply->xml, reply->arena, ret, &is_found, &err) &&
               is_found;
    const struct json *value = json_at(reply->json, str_from(where->json));
    if (!value || value->kind == JSON_NULL)
        return false;
    *ret = json_value(reply, value);
    return true;
}

// --- tests ---

static void add_quoted(struct buf *out, struct str text)
{
    if (text.len > SHOWN_VALUE_BYTES)
        buf_printf(out, "a text of %zu bytes", text.len);
    else
        buf_printf(out, "\"%.*s\"", STR_ARG(text));
}

const char *reply_test_text(struct arena *arena, const struct config_test *test,
                            const struct reply_where *where)
{
    AUTO_BUF struct buf out;
    struct str text = str_from(where->text);
    size_t shown = text.len;
    buf_init(&out, 4096);
    if (shown > SHOWN_TEST_BYTES)
        shown = json_utf8_prefix((struct str){text.data, SHOWN_TEST_BYTES});
    buf_printf(&out, "%.*s%s", (int)shown, text.data, shown < text.len ? "..." : "");
    for (size_t i = 0; i < test->equals_count && i < SHOWN_EQUALS; i++) {
        buf_printf(&out, "%s", i ? " or " : " is ");
        add_quoted(&out, test->equals[i]);
    }
    if (test->equals_count > SHOWN_EQUALS)
        buf_printf(&out, " or %zu more", test->equals_count - SHOWN_EQUALS);
    return arena_copy(arena, buf_str(&out)).data;
}

static const char *explain(struct reply *reply, const struct reply_where *where)
{
    if (reply->xml)
        return soap_xpath_explain(where->xpath, reply->xml, reply->arena);
    AUTO_BUF struct buf out;
    const struct json *value = json_at(reply->json, str_from(where->json));
    buf_init(&out, 4096);
    buf_printf(&out, "%s is ", where->json);
    if (value)
        add_quoted(&out, json_value(reply, value));
    else
        buf_printf(&out, "not there");
    return arena_copy(reply->arena, buf_str(&out)).data;
}

static bool is_one_of(const struct config_test *test, struct str text)
{
    for (size_t i = 0; i < test->equals_count; i++) {
        if (str_eq(text, test->equals[i]))
            return true;
    }
    return false;
}

enum reply_verdict reply_judge(struct reply *reply, const struct config_test *test,
                               const struct reply_where *where, const char **ret_why)
{
    bool holds = false;
    struct str text;
    struct err err;
    *ret_why = obstacle(reply, where);
    if (*ret_why)
        return reply->body.len ? REPLY_UNREADABLE : REPLY_FAILS;
    if (test->equals_count) {
        holds = reply_value(reply, where, &text) && is_one_of(test, text);
    } else if (reply->json) {
        holds = json_is_true(json_at(reply->json, str_from(where->json)));
    } else if (!soap_xpath_holds(where->xpath, reply->xml, &holds, &err)) {
        *ret_why = arena_strdup(reply->arena, err.text);
        return REPLY_UNREADABLE;
    }
    *ret_why = holds ? "" : explain(reply, where);
    return holds ? REPLY_HOLDS : REPLY_FAILS;
}
