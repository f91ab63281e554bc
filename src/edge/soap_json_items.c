// SPDX-License-Identifier: GPL-3.0-or-later
//
// SOAP arrays as arrays of JSON: what their items are and how many dimensions they have is in their
// type, or in attributes of their own that say more.

#include "edge/soap_json_read.h"

enum { MAX_RANK = 16, MAX_SIZE = 1000000 };

static const char *array_type(struct reply_reader *reader, const xmlNode *node)
{
    return reply_attribute(reader, node, "arrayType", SOAPENC_NS);
}

bool reply_is_array(struct reply_reader *reader, const xmlNode *node, const struct shape_type *type)
{
    if (array_type(reader, node) || reply_attribute(reader, node, "itemType", SOAPENC12_NS) ||
        reply_attribute(reader, node, "arraySize", SOAPENC12_NS))
        return true;
    const char *named = reply_attribute(reader, node, "type", XSI_NS);
    if (named) {
        struct shape_name name = reply_qname(reader, node, named);
        if (strcmp(name.local, "Array") == 0 &&
            (strcmp(name.namespace, SOAPENC_NS) == 0 || strcmp(name.namespace, SOAPENC12_NS) == 0))
            return true;
    }
    return type && type->item && (reader->is_encoded || !type->content);
}

static const struct shape_type *type_named(struct reply_reader *reader, const xmlNode *node,
                                           const char *text)
{
    struct shape_name name = reply_qname(reader, node, text);
    if (strcmp(name.namespace, SOAPENC_NS) == 0 || strcmp(name.namespace, SOAPENC12_NS) == 0)
        name.namespace = XSD_NS;
    return soap_shape_type(reader->operation, name.namespace, name.local);
}

// "p:T[][2]": arrays of T, two of them. NULL when it names nothing that is known.
static const struct shape_type *item_type(struct reply_reader *reader, const xmlNode *node)
{
    const char *text = array_type(reader, node);
    if (!text)
        text = reply_attribute(reader, node, "itemType", SOAPENC12_NS);
    if (!text)
        return NULL;
    const char *bracket = strchrnul(text, '[');
    struct str name = str_trim((struct str){text, (size_t)(bracket - text)});
    const struct shape_type *type = type_named(reader, node, arena_copy(reader->arena, name).data);
    for (const char *next; *bracket && (next = strchr(bracket + 1, '[')); bracket = next) {
        struct shape_type *inner = arena_alloc(reader->arena, sizeof(*inner));
        *inner = (struct shape_type){
            .item = type ? type : reader->anything, .item_name = "item", .rank = 1};
        type = inner;
    }
    return type;
}

// The sizes of the dimensions; 0: unknown. Returns how many there are.
static int sizes_of(struct reply_reader *reader, const xmlNode *node, size_t *sizes)
{
    const char *text = array_type(reader, node);
    const char *at = text ? strrchr(text, '[') : NULL;
    if (!at)
        at = reply_attribute(reader, node, "arraySize", SOAPENC12_NS);
    int rank = 0;
    for (; at && *at && *at != ']' && rank < MAX_RANK; rank++) {
        at += strspn(at, "[, \t\r\n*");
        char *end;
        unsigned long size = strtoul(at, &end, 10);
        if (end == at)
            break;
        sizes[rank] = size < MAX_SIZE ? size : 0;
        at = end;
    }
    return rank;
}

// Items `from` to the end of this dimension as rows of the next.
static struct json *fold(struct reply_reader *reader, struct json *const *items,
                         const size_t *sizes, int rank, size_t count)
{
    struct json *array = json_array(reader->arena);
    size_t row = rank > 1 ? count / sizes[0] : 1;
    for (size_t i = 0; i < count; i += row)
        json_append(reader->arena, array,
                    rank > 1 ? fold(reader, items + i, sizes + 1, rank - 1, row) : items[i]);
    return array;
}

struct json *reply_items(struct reply_reader *reader, const xmlNode *node,
                         const struct shape_type *type)
{
    const struct shape_type *item = item_type(reader, node);
    if (!item || item->is_any)
        item = type && type->item ? type->item : item;
    struct json *flat = json_array(reader->arena);
    for (xmlNode *child = xmlFirstElementChild((xmlNode *)node); child;
         child = xmlNextElementSibling(child))
        json_append(reader->arena, flat, reply_element(reader, child, item));
    size_t sizes[MAX_RANK] = {0}, product = 1;
    int rank = sizes_of(reader, node, sizes);
    for (int i = 0; i < rank && product <= MAX_SIZE; i++)
        product *= sizes[i];
    if (rank < 2 || product == 0 || product != flat->array.count)
        return flat;
    return fold(reader, flat->array.items, sizes, rank, product);
}

// --- maps ---

static bool is_map_name(struct shape_name name)
{
    return strcmp(name.local, "Map") == 0 && strcmp(name.namespace, SHAPE_APACHE_NS) == 0;
}

bool reply_is_map(struct reply_reader *reader, const xmlNode *node, const struct shape_type *type)
{
    const char *named = reply_attribute(reader, node, "type", XSI_NS);
    return reader->is_encoded &&
           (is_map_name(type->name) || (named && is_map_name(reply_qname(reader, node, named))));
}

struct json *reply_map(struct reply_reader *reader, const xmlNode *node,
                       const struct shape_type *declared)
{
    struct json *object = json_object(reader->arena);
    if (!is_map_name(declared->name))
        json_set(reader->arena, object, STR("@xsi:type"), json_text(reader->arena, "Map"));
    for (xmlNode *item = xmlFirstElementChild((xmlNode *)node); item && !reader->is_too_much;
         item = xmlNextElementSibling(item)) {
        const xmlNode *pair = reply_follow(reader, item, reader->anything);
        const xmlNode *key = xmlFirstElementChild((xmlNode *)pair);
        const xmlNode *value = key ? xmlNextElementSibling((xmlNode *)key) : NULL;
        if (!value)
            continue;
        struct str name = reply_text(reader, reply_follow(reader, key, reader->anything));
        reader->steps += object->object.count;
        if (!json_get(object, name))
            json_set(reader->arena, object, name, reply_element(reader, value, NULL));
    }
    return object;
}
