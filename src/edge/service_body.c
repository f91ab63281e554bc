// SPDX-License-Identifier: GPL-3.0-or-later
//
// A body of each kind, finished. What is sent is what the template made, byte for byte, unless a
// value is left out: then JSON and XML are written anew from what was read.

#include "edge/service_body.h"
#include "core/mark.h"
#include "edge/soap_json.h"

enum { MAX_BODY_BYTES = 16 * 1024 * 1024 };
static const struct json_limits body_limits = {.depth = 100, .values = 1000 * 1000};

static bool has_marks(const struct service *service, struct str text)
{
    return template_has_marks(service->body) && mark_is_in(text);
}

// The value that the template makes, without what it leaves out.
static bool read_json(const struct service *service, struct arena *arena, struct str text,
                      bool resolves, struct json **ret, struct err *err)
{
    mark_drop_commas((char *)text.data, text.len);
    if (!json_parse(arena, text, &body_limits, ret, err)) {
        err->code = ERR_INVALID;
        return err_prefix(err, "template %s makes no JSON", service->config->template_name);
    }
    return !resolves || mark_resolve_json(arena, *ret, err) ||
           err_prefix(err, "template %s", service->config->template_name);
}

static bool finish_json(const struct service *service, struct arena *arena, struct str text,
                        struct str *ret, struct err *err)
{
    struct json *value;
    bool resolves = has_marks(service, text);
    if (!read_json(service, arena, text, resolves, &value, err))
        return false;
    *ret = text;
    if (!resolves)
        return true;
    AUTO_BUF struct buf out;
    buf_init(&out, MAX_BODY_BYTES);
    json_write(&out, value, JSON_COMPACT);
    *ret = arena_copy(arena, buf_str(&out));
    return !out.overflowed || err_set(err, ERR_INVALID, "the body passes %zu bytes", out.limit);
}

// An envelope out of the data that a JSON template makes.
static bool map_json(const struct service *service, struct arena *arena, struct str text,
                     struct str *ret, struct err *err)
{
    struct json *data;
    return read_json(service, arena, text, has_marks(service, text), &data, err) &&
           soap_json_encode(service->operation, arena, data, ret, err);
}

static bool finish_xml(const struct service *service, struct soap_codec *codec, struct arena *arena,
                       struct str text, struct str *ret, struct err *err)
{
    bool resolves = has_marks(service, text), is_soap = service->operation != NULL;
    *ret = text;
    if (is_soap && !resolves) // soap_encode reads it
        return true;
    return soap_finish_xml(codec, arena, text, resolves, ret, err) ||
           err_prefix(err, "template %s makes no XML", service->config->template_name);
}

static bool finish_envelope(const struct service *service, struct soap_codec *codec, bool is_sent,
                            const struct soap_addressing *addressing, struct arena *arena,
                            struct str text, struct str *ret, struct err *err)
{
    if (addressing && !soap_address(codec, arena, text, addressing, &text, err))
        return false;
    *ret = text;
    if (!is_sent)
        return true;
    return soap_encode(codec, service->operation, arena, text, ret, err) &&
           (!service->boundary ||
            soap_pack(codec, service->operation, arena, service->boundary, *ret, ret, err));
}

bool body_envelope(const struct service *service, struct soap_codec *codec,
                   const struct soap_addressing *addressing, struct arena *arena, struct str text,
                   struct str *ret, struct err *err)
{
    return finish_envelope(service, codec, true, addressing, arena, text, ret, err);
}

bool body_finish(const struct service *service, struct soap_codec *codec, bool is_sent,
                 const struct soap_addressing *addressing, struct arena *arena, struct str text,
                 struct str *ret, struct err *err)
{
    switch (service->config->body) {
    case BODY_JSON:
        if (!service->operation)
            return finish_json(service, arena, text, ret, err);
        return map_json(service, arena, text, &text, err) &&
               finish_envelope(service, codec, is_sent, addressing, arena, text, ret, err);
    case BODY_FORM:
        *ret = mark_resolve_form(arena, text, template_has_marks(service->body));
        return true;
    case BODY_XML:
        if (!finish_xml(service, codec, arena, text, &text, err))
            return false;
        if (service->operation)
            return finish_envelope(service, codec, is_sent, addressing, arena, text, ret, err);
        break;
    default:
        break;
    }
    *ret = text;
    return true;
}
