// SPDX-License-Identifier: GPL-3.0-or-later
//
// SOAP arrays (SOAP 1.1, 5.4.2; SOAP 1.2 part 2, 3.1.6) from arrays of JSON, and maps. The size is
// written with the type; an array of several dimensions is nested in JSON and flat on the wire.

#include "edge/soap_json_write.h"

enum { MAX_RANK = 16 };

bool wire_takes_array(const struct wire_writer *writer, const struct shape_type *type)
{
    return type->item || soap_json_only_item(type) || (type->is_any && writer->is_encoded) ||
           (type->text && wire_is_list(type->text));
}

// An object that holds nothing but the items is taken, too: {"item": [...]}.
static const struct json *items_of(struct wire_writer *writer, const struct shape_type *type,
                                   const struct json *value)
{
    const struct json *items = value;
    for (size_t i = 0; value->kind == JSON_OBJECT && i < value->object.count; i++) {
        const struct json_member *member = &value->object.members[i];
        if (member->name.len && *member->name.data != '@')
            items = items == value && str_eq(member->name, str_from(type->item_name))
                        ? member->value
                        : NULL;
        if (!items)
            return NULL;
    }
    if (items == value && value->kind == JSON_OBJECT)
        return json_array(writer->arena); // attributes only
    if (items->kind == JSON_ARRAY)
        return items;
    if (items == value)
        return NULL;
    struct json *one = json_array(writer->arena);
    json_append(writer->arena, one, (struct json *)items);
    return one;
}

// "xsd:string[][" up to the outermost size.
static void put_item_type(struct wire_writer *writer, const struct shape_type *item)
{
    const struct shape_type *innermost = item;
    while (!*innermost->name.local && innermost->item)
        innermost = innermost->item;
    struct shape_name name = innermost->name;
    if (!*name.local)
        name = (struct shape_name){XSD_NS, "anyType"};
    buf_printf(&writer->xml.text, "%s", wire_qname(writer, name));
    for (const struct shape_type *inner = item; inner != innermost; inner = inner->item)
        buf_printf(&writer->xml.text, "[%.*s]", inner->rank - 1, ",,,,,,,,,,,,,,,,");
}

static void put_type_and_size(struct wire_writer *writer, const struct shape_type *type,
                              const size_t *sizes, int rank)
{
    bool is_12 = writer->xml.version == 12;
    const char *encoding = is_12 ? SOAPENC12_NS : SOAPENC_NS;
    const char *name = is_12 ? "itemType" : "arrayType";
    buf_printf(&writer->xml.text, " %s=\"",
               wire_qname(writer, (struct shape_name){encoding, name}));
    put_item_type(writer, type->item);
    if (is_12)
        buf_printf(&writer->xml.text, "\" %s=\"",
                   wire_qname(writer, (struct shape_name){encoding, "arraySize"}));
    else
        buf_add_char(&writer->xml.text, '[');
    for (int i = 0; i < rank; i++)
        buf_printf(&writer->xml.text, "%s%zu", i == 0 ? "" : is_12 ? " " : ",", sizes[i]);
    buf_add_str(&writer->xml.text, is_12 ? STR("\"") : STR("]\""));
}

// Each dimension has the size of its first item; all others must be alike.
static bool measure(struct wire_writer *writer, const struct wire_place *place,
                    const struct json *value, int rank, size_t *sizes)
{
    if (value->kind != JSON_ARRAY)
        return wire_fail(writer, place, "an array of %d dimensions is meant", rank);
    sizes[0] = value->array.count;
    for (size_t i = 0; rank > 1 && i < value->array.count; i++) {
        const struct wire_place at = wire_item(place, i);
        size_t own[MAX_RANK] = {0};
        if (!measure(writer, &at, value->array.items[i], rank - 1, own))
            return false;
        if (i == 0)
            memcpy(sizes + 1, own, (size_t)(rank - 1) * sizeof(*own));
        else if (memcmp(sizes + 1, own, (size_t)(rank - 1) * sizeof(*own)) != 0)
            return wire_fail(writer, &at, "all rows of an array must have the same size");
    }
    return true;
}

static bool put_items(struct wire_writer *writer, const struct wire_place *place,
                      const struct wire_element *item, const struct json *items, int rank)
{
    for (size_t i = 0; i < items->array.count; i++) {
        const struct wire_place at = wire_item(place, i);
        const struct json *value = items->array.items[i];
        if (rank > 1 ? !put_items(writer, &at, item, value, rank - 1)
                     : !wire_put_element(writer, &at, item, value))
            return false;
    }
    return true;
}

bool wire_put_array(struct wire_writer *writer, const struct wire_place *place,
                    const struct shape_type *type, const struct json *value)
{
    const struct json *items = items_of(writer, type, value);
    int rank = type->rank < MAX_RANK ? type->rank : MAX_RANK;
    size_t sizes[MAX_RANK] = {0};
    if (!items)
        return wire_fail(writer, place, "an array is meant");
    if (!measure(writer, place, items, rank, sizes))
        return false;
    if (writer->is_encoded)
        put_type_and_size(writer, type, sizes, rank);
    buf_add_char(&writer->xml.text, '>');
    const struct wire_element item = {{"", type->item_name}, type->item, true, false};
    return put_items(writer, place, &item, items, rank);
}

// --- maps ---

bool wire_is_map(const struct wire_writer *writer, const struct shape_type *type)
{
    return writer->is_encoded && strcmp(type->name.local, "Map") == 0 &&
           strcmp(type->name.namespace, SHAPE_APACHE_NS) == 0;
}

bool wire_put_map(struct wire_writer *writer, const struct wire_place *place,
                  const struct json *value)
{
    const struct shape_type *any = soap_shape_type(writer->operation, XSD_NS, "anyType");
    const struct wire_element key = {{"", "key"}, any, false, false};
    const struct wire_element item = {{"", "value"}, any, true, false};
    if (value->kind != JSON_OBJECT)
        return wire_fail(writer, place, "an object of keys and values is meant");
    buf_add_char(&writer->xml.text, '>');
    for (size_t i = 0; i < value->object.count; i++) {
        const struct json_member *member = &value->object.members[i];
        const struct wire_place at = {place, member->name, 0};
        if (str_eq(member->name, STR("@xsi:type")))
            continue;
        buf_add_str(&writer->xml.text, STR("<item>"));
        if (!wire_put_element(writer, &at, &key, json_string(writer->arena, member->name)) ||
            !wire_put_element(writer, &at, &item, member->value))
            return false;
        buf_add_str(&writer->xml.text, STR("</item>"));
    }
    return true;
}
