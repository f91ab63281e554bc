// SPDX-License-Identifier: GPL-3.0-or-later
//
// A message from data: the envelope, its header, and what stands in the body in either style.

#include "edge/soap_json.h"
#include "edge/soap_json_write.h"

static bool is_member_of_body(struct str name)
{
    return name.len == 0 || (*name.data != '@' && *name.data != '#');
}

static bool is_named(struct str text, struct shape_name name)
{
    if (str_eq(text, str_from(name.local)))
        return true;
    size_t space = strlen(name.namespace), local = strlen(name.local);
    return text.len == space + local + 2 && text.data[0] == '{' && text.data[space + 1] == '}' &&
           memcmp(text.data + 1, name.namespace, space) == 0 &&
           memcmp(text.data + space + 2, name.local, local) == 0;
}

// The value of the object's only member beside attributes and the header, if it is called `name`.
static const struct json *only_member(const struct json *data, struct shape_name name)
{
    const struct json *only = NULL;
    for (size_t i = 0; data->kind == JSON_OBJECT && i < data->object.count; i++) {
        const struct json_member *member = &data->object.members[i];
        if (str_eq(member->name, STR("#header")))
            continue;
        if (only || !is_member_of_body(member->name) || !is_named(member->name, name))
            return NULL;
        only = member->value;
    }
    return only;
}

// Without the header, which is no part of the body.
static const struct json *body_data(struct wire_writer *writer, const struct json *data)
{
    if (!json_get(data, STR("#header")))
        return data;
    struct json *body = json_object(writer->arena);
    for (size_t i = 0; i < data->object.count; i++) {
        const struct json_member *member = &data->object.members[i];
        if (!str_eq(member->name, STR("#header")))
            json_set(writer->arena, body, member->name, member->value);
    }
    return body;
}

static struct wire_element element_of(const struct shape_element *element)
{
    return (struct wire_element){element->name, element->type, element->is_nillable, false};
}

// Several parts, or those of RPC style, are the content of a type that nobody declared.
static bool put_parts(struct wire_writer *writer, const struct shape_message *message,
                      const struct json *data)
{
    static const struct json nothing = {.kind = JSON_OBJECT};
    const struct shape_type *type = soap_json_parts(writer->arena, message);
    const struct wire_element element = {message->wrapper, type, false, false};
    if (data->kind != JSON_OBJECT && data->kind != JSON_NULL)
        return wire_fail(writer, NULL, "an object of the message's parts is meant");
    return wire_put_content(writer, NULL, &element, type,
                            data->kind == JSON_OBJECT ? data : &nothing);
}

static bool put_rpc(struct wire_writer *writer, const struct shape_message *message,
                    const struct json *data)
{
    const struct json *inner = only_member(data, message->wrapper);
    for (size_t i = 0; i < message->part_count && inner; i++) {
        if (strcmp(message->parts[i].element->name.local, message->wrapper.local) == 0)
            inner = NULL; // a part of that name is meant
    }
    const char *name = wire_qname(writer, message->wrapper);
    soap_writer_open(&writer->xml, name);
    if (message->is_encoded)
        buf_printf(&writer->xml.text, " %s=\"%s\"",
                   wire_qname(writer,
                              (struct shape_name){writer->xml.version == 12 ? SOAP12_NS : SOAP11_NS,
                                                  "encodingStyle"}),
                   writer->xml.version == 12 ? SOAPENC12_NS : SOAPENC_NS);
    buf_add_char(&writer->xml.text, '>');
    if (!put_parts(writer, message, inner ? inner : data))
        return false;
    soap_writer_close(&writer->xml, name);
    return true;
}

static bool put_body(struct wire_writer *writer, const struct shape_message *message,
                     const struct json *data)
{
    static const struct json nothing = {.kind = JSON_OBJECT};
    if (*message->wrapper.local)
        return put_rpc(writer, message, data);
    if (message->part_count != 1)
        return put_parts(writer, message, data);
    const struct shape_element *root = message->parts[0].element;
    const struct json *inner = only_member(data, root->name);
    bool is_own =
        inner &&
        soap_json_find(root->type->content, NULL, root->name.local, &writer->steps).found != NULL;
    if (inner && !is_own)
        data = inner;
    if (data->kind == JSON_NULL && !root->is_nillable)
        data = &nothing;
    const struct wire_element element = element_of(root);
    return wire_put_element(writer, NULL, &element, data);
}

// --- header ---

static const struct shape_element *find_block(const struct shape_message *message, struct str key)
{
    for (size_t i = 0; i < message->header_count; i++) {
        const struct shape_part *part = &message->headers[i];
        if (is_named(key, part->element->name) || str_eq(key, str_from(part->name)))
            return part->element;
    }
    return NULL;
}

static bool fail_block(struct wire_writer *writer, const struct shape_message *message,
                       const struct wire_place *place)
{
    AUTO_BUF struct buf list;
    buf_init(&list, 200);
    for (size_t i = 0; i < message->header_count; i++)
        buf_printf(&list, "%s\"%s\"", i ? ", " : "; the operation has ",
                   message->headers[i].element->name.local);
    return wire_fail(writer, place,
                     "there is no such header block%s (others need their namespace: \"{...}%.*s\")",
                     list.len ? buf_str(&list).data : "", STR_ARG(place->name));
}

static bool put_block(struct wire_writer *writer, const struct shape_message *message,
                      const struct wire_place *header, const struct json_member *member)
{
    const struct shape_element *block = find_block(message, member->name);
    struct wire_place at = {header, member->name, 0};
    if (!block && *member->name.data == '{')
        return wire_put_free(writer, header, member->name, member->value);
    if (!block)
        block = soap_shape_element(writer->operation, NULL,
                                   arena_copy(writer->arena, member->name).data);
    if (!block)
        return fail_block(writer, message, &at);
    const struct wire_element element = element_of(block);
    if (member->value->kind != JSON_ARRAY)
        return wire_put_element(writer, &at, &element, member->value);
    for (size_t i = 0; i < member->value->array.count; i++) {
        at.index = i + 1;
        if (!wire_put_element(writer, &at, &element, member->value->array.items[i]))
            return false;
    }
    return true;
}

// What the WSDL declares first, in its order.
static bool put_header(struct wire_writer *writer, const struct shape_message *message,
                       const struct json *blocks)
{
    const struct wire_place header = {NULL, STR("#header"), 0};
    if (blocks->kind != JSON_OBJECT)
        return wire_fail(writer, &header, "an object of header blocks is meant");
    for (size_t order = 0; order <= message->header_count; order++) {
        for (size_t i = 0; i < blocks->object.count; i++) {
            const struct json_member *member = &blocks->object.members[i];
            const struct shape_element *block = find_block(message, member->name);
            bool is_now = order < message->header_count ? block == message->headers[order].element
                                                        : !block && member->name.len > 0;
            if (is_now && member->value->kind != JSON_NULL &&
                !put_block(writer, message, &header, member))
                return false;
        }
    }
    return true;
}

// --- envelope ---

static bool put_message(struct wire_writer *writer, const struct shape_message *message,
                        const struct json *data)
{
    const struct json *blocks = json_get(data, STR("#header"));
    writer->is_encoded = message->is_encoded;
    if (blocks && blocks->kind != JSON_NULL) {
        soap_writer_begin_header(&writer->xml);
        if (!put_header(writer, message, blocks))
            return false;
        soap_writer_end_header(&writer->xml);
    }
    soap_writer_begin_body(&writer->xml);
    if (!put_body(writer, message, body_data(writer, data)))
        return false;
    soap_writer_end_body(&writer->xml);
    return wire_step(writer); // tells of what overflowed at last
}

static bool encode(const struct soap_operation *operation, const struct shape_message *message,
                   struct arena *arena, const struct json *data, struct str *ret_envelope,
                   struct err *err)
{
    struct wire_writer writer = {.operation = operation, .arena = arena, .err = err};
    soap_writer_init(&writer.xml, arena, soap_operation_version(operation), WIRE_MAX_BYTES);
    bool is_done = put_message(&writer, message, data);
    if (is_done)
        *ret_envelope = soap_writer_envelope(&writer.xml, STR(""));
    soap_writer_finish(&writer.xml);
    return is_done;
}

bool soap_json_encode(const struct soap_operation *operation, struct arena *arena,
                      const struct json *data, struct str *ret_envelope, struct err *err)
{
    return encode(operation, &soap_shape(operation)->input, arena, data, ret_envelope, err);
}

bool soap_json_encode_reply(const struct soap_operation *operation, struct arena *arena,
                            const struct json *data, struct str *ret_envelope, struct err *err)
{
    return encode(operation, &soap_shape(operation)->output, arena, data, ret_envelope, err);
}
