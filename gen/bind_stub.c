// SPDX-License-Identifier: GPL-3.0-or-later
//
// Finds the C functions gSOAP made of an operation, in the text gSOAP wrote. Knows how soapcpp2
// lays out soapClient.c and what wsdl2h says in comments, nothing of XML. If another gSOAP writes
// another way, this is the one file that learns it.

#include "bind.h"

#include <ctype.h>
#include <stdio.h>

static const char *find(struct str text, const char *from, const char *needle)
{
    size_t left = text.len - (size_t)(from - text.data);
    return memmem(from, left, needle, strlen(needle));
}

static bool is_identifier(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static char *put_utf8(char *to, unsigned code)
{
    if (code < 0x80) {
        *to++ = (char)code;
    } else if (code < 0x800) {
        *to++ = (char)(0xc0 | code >> 6);
        *to++ = (char)(0x80 | (code & 0x3f));
    } else {
        *to++ = (char)(0xe0 | code >> 12);
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
        *to++ = (char)(0x80 | (code & 0x3f));
    }
    return to;
}

// The name as in the WSDL, from gSOAP's: without namespace prefix, _USCORE for an underscore,
// _ for a hyphen and
// _xHHHH for what C does not allow.
static const char *decode_name(struct arena *arena, struct str name)
{
    while (name.len && *name.data == '_')
        name = (struct str){name.data + 1, name.len - 1};
    while (name.len && name.data[name.len - 1] == '_')
        name.len--; // gSOAP's own, where C has taken the name
    const char *separator = memmem(name.data, name.len, "__", 2);
    if (separator) {
        name.len -= (size_t)(separator + 2 - name.data);
        name.data = separator + 2;
    }
    char *decoded = arena_alloc(arena, name.len + 1), *to = decoded;
    for (size_t i = 0; i < name.len;) {
        unsigned code;
        if (str_starts((struct str){name.data + i, name.len - i}, STR("_USCORE"))) {
            *to++ = '_';
            i += sizeof("_USCORE") - 1;
        } else if (name.len - i >= 6 && sscanf(name.data + i, "_x%4x", &code) == 1) {
            to = put_utf8(to, code); // at most 3 bytes in the place of 6
            i += 6;
        } else {
            *to++ = name.data[i] == '_' ? '-' : name.data[i];
            i++;
        }
    }
    return decoded;
}

struct stub_name {
    const char *name;      // gSOAP's
    const char *operation; // as in the copy
};

// wsdl2h says: Operation "__ns1__Name" of service binding "Binding".
static const char before_name[] = "/** Operation \"";

void stubs_init(struct stubs *stubs, struct arena *arena, struct str header, struct str client)
{
    *stubs = (struct stubs){.arena = arena, .client = client, .cursor = client.data};
    for (const char *at = header.data; (at = find(header, at, before_name)); at++)
        stubs->count++;
    stubs->names = arena_alloc(arena, stubs->count * sizeof(*stubs->names));
    struct stub_name *to = stubs->names;
    for (const char *at = header.data; (at = find(header, at, before_name)); to++) {
        at += sizeof(before_name) - 1;
        struct str name = {at, strcspn(at, "\"\n")};
        *to = (struct stub_name){.name = arena_copy(arena, name).data,
                                 .operation = decode_name(arena, name)};
    }
}

const char *stub_suffix(struct arena *arena, const struct wsdl_call *call)
{
    char underscores[64];
    int count = 1;
    sscanf(call->suffix, "Overload%dOf", &count);
    memset(underscores, '_', sizeof(underscores));
    return arena_printf(arena, "%.*s", *call->suffix ? count + 1 : 0, underscores);
}

static const char *find_name(const struct stubs *stubs, const struct wsdl_call *call)
{
    for (size_t i = 0; i < stubs->count; i++) {
        const struct stub_name *entry = &stubs->names[i];
        if (strcmp(entry->operation, call->inner) != 0)
            continue;
        const char *suffix = *call->suffix ? strstr(entry->name, call->suffix) : NULL;
        return suffix ? arena_printf(stubs->arena, "%.*s%s", (int)(suffix - entry->name),
                                     entry->name, stub_suffix(stubs->arena, call))
                      : entry->name;
    }
    return NULL;
}

// The definition of `function` after `from`: its parameters and its body.
static bool find_after(const struct stubs *stubs, const char *from, const char *function,
                       struct str *ret)
{
    for (const char *at = from; (at = find(stubs->client, at, function));) {
        at += strlen(function);
        const char *line_end = strchr(at, '\n');
        if (!line_end || line_end[-1] == ';')
            continue;
        const char *end = strstr(at, "\n}\n");
        *ret = (struct str){at, end ? (size_t)(end - at) : strlen(at)};
        return true;
    }
    return false;
}

static bool find_definition(struct stubs *stubs, const char *prefix, const char *name,
                            struct str *ret)
{
    const char *function = arena_printf(stubs->arena, " %s%s(struct soap *soap", prefix, name);
    if (!find_after(stubs, stubs->cursor, function, ret) &&
        !find_after(stubs, stubs->client.data, function, ret))
        return false;
    stubs->cursor = ret->data + ret->len;
    return true;
}

// "soap_tmp_X.member = parameter;" says how the call's parameters lie in the input struct. They are
// in the order of the parameters.
static const char *read_arguments(const struct stubs *stubs, const char *name, struct str send)
{
    const char *opening = arena_printf(stubs->arena, "\tsoap_tmp_%s.", name);
    AUTO_BUF struct buf arguments;
    buf_init(&arguments, 1 << 20);
    for (const char *at = send.data; (at = find(send, at, opening));) {
        at += strlen(opening);
        size_t len = 0;
        while (is_identifier(at[len]))
            len++;
        buf_printf(&arguments, ", in.%.*s", (int)len, at);
    }
    return arena_copy(stubs->arena, buf_str(&arguments)).data;
}

static const char *read_tag(const struct stubs *stubs, const char *name, struct str send)
{
    const char *opening =
        arena_printf(stubs->arena, "soap_put_%s(soap, &soap_tmp_%s, \"", name, name);
    const char *at = find(send, send.data, opening);
    if (!at)
        return NULL;
    at += strlen(opening);
    return arena_copy(stubs->arena, (struct str){at, strcspn(at, "\"\n")}).data;
}

// ", struct X *name)" gives "struct X ": what the caller has to provide.
static const char *read_reply_type(const struct stubs *stubs, struct str receive)
{
    const char *close = strchr(receive.data, '\n');
    if (receive.data[0] != ',' || !close)
        return NULL;
    while (close > receive.data && *close != ')')
        close--;
    while (close > receive.data && (*close == ')' || is_identifier(*close)))
        close--;
    if (*close != '*')
        return NULL;
    struct str type = {receive.data + 1, (size_t)(close - receive.data - 1)};
    return arena_copy(stubs->arena, str_trim(type)).data;
}

bool stub_find(struct stubs *stubs, const struct wsdl_call *call, struct stub *ret, struct err *err)
{
    const char *name = find_name(stubs, call);
    if (!name)
        return err_set(err, ERR_INVALID, "gSOAP made nothing of operation %s", call->inner);
    struct str send, receive;
    if (!find_definition(stubs, "soap_send_", name, &send) ||
        !find_definition(stubs, "soap_recv_", name, &receive))
        return err_set(err, ERR_INVALID, "gSOAP made no functions for operation %s", call->inner);
    struct stub stub = {
        .name = name,
        .send_arguments = read_arguments(stubs, name, send),
        .tag = read_tag(stubs, name, send),
        .reply_type = read_reply_type(stubs, receive),
    };
    if (!stub.tag)
        return err_set(err, ERR_INVALID, "gSOAP's functions for operation %s are not as expected",
                       call->inner);
    *ret = stub;
    return true;
}
