// SPDX-License-Identifier: GPL-3.0-or-later
//
// One element: which type it has, its attributes, and what its type says stands in it. Namespaces
// get prefixes as they are met and are declared at the root, so nothing is in a default namespace.

#include "edge/soap_json_write.h"
#include "core/template.h"

#include <libxml/tree.h>
#include <stdio.h>

// --- sentences ---

// "survey.answer[2].score"
static void add_place(struct buf *out, const struct wire_place *place)
{
    if (!place)
        return;
    add_place(out, place->outer);
    if (place->name.len)
        buf_printf(out, "%s%.*s", out->len ? "." : "", STR_ARG(place->name));
    if (place->index)
        buf_printf(out, "[%zu]", place->index);
}

struct wire_place wire_item(const struct wire_place *place, size_t index)
{
    if (!place) // the body itself
        return (struct wire_place){NULL, STR(""), index + 1};
    return (struct wire_place){place->outer, place->name, index + 1};
}

bool wire_fail(struct wire_writer *writer, const struct wire_place *place, const char *format, ...)
{
    AUTO_BUF struct buf text;
    buf_init(&text, sizeof(writer->err->text));
    char sentence[sizeof(writer->err->text)];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    add_place(&text, place);
    return text.len ? err_set(writer->err, ERR_INVALID, "%.200s: %s", buf_str(&text).data, sentence)
                    : err_set(writer->err, ERR_INVALID, "%s", sentence);
}

bool wire_step(struct wire_writer *writer)
{
    if (writer->steps < SOAP_JSON_MAX_STEPS && !writer->xml.text.overflowed) {
        writer->steps++;
        return true;
    }
    return err_set(writer->err, ERR_TOO_LARGE, "the message is too large or its type too deep");
}

// --- names ---

const char *wire_qname(struct wire_writer *writer, struct shape_name name)
{
    if (writer->xml.namespace_count == WIRE_MAX_NAMESPACES)
        writer->steps = SOAP_JSON_MAX_STEPS; // wire_step tells
    return soap_writer_name(&writer->xml, name);
}

struct shape_name wire_name(struct wire_writer *writer, struct str name)
{
    const char *end = name.len && *name.data == '{' ? memchr(name.data, '}', name.len) : NULL;
    if (!end)
        return (struct shape_name){"", arena_copy(writer->arena, name).data};
    size_t len = (size_t)(end - name.data);
    struct str namespace = {name.data + 1, len - 1};
    struct str local = {end + 1, name.len - len - 1};
    return (struct shape_name){arena_copy(writer->arena, namespace).data,
                               arena_copy(writer->arena, local).data};
}

static bool is_local_name(const char *local)
{
    return xmlValidateNCName((const xmlChar *)local, 0) == 0;
}

// --- text ---

// Where XML 1.0 (2.2) has no way to write the character at `at`; 0: it is fine.
static unsigned forbidden(const unsigned char *at, size_t left)
{
    if (*at < ' ' && *at != '\t' && *at != '\n' && *at != '\r')
        return *at ? *at : 0x100; // U+0000 is no fine one
    bool is_non_character = left >= 3 && at[0] == 0xef && at[1] == 0xbf && at[2] >= 0xbe;
    return is_non_character ? 0xff40u + at[2] : 0;
}

bool wire_put_escaped(struct wire_writer *writer, const struct wire_place *place, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned bad = forbidden((const unsigned char *)text.data + i, text.len - i);
        if (bad)
            return wire_fail(writer, place, "XML cannot hold the character U+%04X",
                             bad == 0x100 ? 0 : bad);
    }
    template_write_escaped(&writer->xml.text, text, TEMPLATE_XML);
    return true;
}

// --- types ---

static bool derives(const struct shape_type *type, const struct shape_type *from)
{
    if (from->is_any || (from->text && type->text && from->is_simple && type->is_simple &&
                         from->text->primitive == type->text->primitive))
        return true; // xs:token in the place of xs:string, say
    while (type && type != from)
        type = type->base;
    return type != NULL;
}

static const struct shape_type *find_type(struct wire_writer *writer,
                                          const struct shape_type *declared, struct str text)
{
    struct shape_name name = wire_name(writer, text);
    const char *colon = strchr(name.local, ':');
    if (colon && (str_starts(text, STR("xsd:")) || str_starts(text, STR("xs:"))))
        name = (struct shape_name){XSD_NS, colon + 1};
    if (*name.namespace || (text.len && *text.data == '{'))
        return soap_shape_type(writer->operation, name.namespace, name.local);
    if (strcmp(declared->name.local, name.local) == 0)
        return declared;
    for (size_t i = 0; i < declared->heir_count; i++) {
        if (strcmp(declared->heirs[i]->name.local, name.local) == 0)
            return declared->heirs[i];
    }
    const struct shape_type *found = soap_shape_type(writer->operation, XSD_NS, name.local);
    return found ? found : soap_shape_type(writer->operation, NULL, name.local);
}

static bool fail_abstract(struct wire_writer *writer, const struct wire_place *place,
                          const struct shape_type *type)
{
    AUTO_BUF struct buf list;
    buf_init(&list, 200);
    for (size_t i = 0; i < type->heir_count; i++)
        buf_printf(&list, "%s\"%s\"", i ? " or " : "; @xsi:type must be ",
                   type->heirs[i]->name.local);
    return wire_fail(writer, place, "type %s is abstract%s", type->name.local,
                     list.len ? buf_str(&list).data : "");
}

// Which type the value has: the one it names, or what a scalar is where anything may stand.
static bool choose_type(struct wire_writer *writer, const struct wire_place *place,
                        const struct wire_element *element, const struct json *value,
                        const struct shape_type **ret)
{
    const struct json *named = json_get(value, STR("@xsi:type"));
    const struct shape_type *type = element->type;
    bool is_scalar = value->kind != JSON_OBJECT && value->kind != JSON_ARRAY;
    if (named && named->kind != JSON_STRING)
        return wire_fail(writer, place, "@xsi:type must be the name of a type");
    if (named) {
        type = find_type(writer, element->type, named->string);
        if (!type)
            return wire_fail(writer, place, "there is no type \"%.*s\"", STR_ARG(named->string));
        if (!derives(type, element->type))
            return wire_fail(writer, place, "type %s is not derived from %s", type->name.local,
                             element->type->name.local);
    } else if (type->is_any && !element->is_free && value->kind != JSON_NULL &&
               (is_scalar || json_get(value, STR("#text")))) {
        const struct json *text = is_scalar ? value : json_get(value, STR("#text"));
        type = soap_shape_type(writer->operation, XSD_NS, wire_natural_type(text));
    }
    if (type->is_abstract && value->kind != JSON_NULL)
        return fail_abstract(writer, place, type);
    *ret = type;
    return true;
}

// --- attributes ---

// The prefixes that need no declaration in JSON.
static struct shape_name attribute_name(struct wire_writer *writer, struct str text)
{
    const struct {
        struct str prefix;
        const char *namespace;
    } known[] = {{STR("xsi:"), XSI_NS},
                 {STR("xml:"), XML_NS},
                 {STR("soap:"), writer->xml.version == 12 ? SOAP12_NS : SOAP11_NS}};
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        size_t len = known[i].prefix.len;
        if (str_starts(text, known[i].prefix))
            return (struct shape_name){
                known[i].namespace,
                arena_copy(writer->arena, (struct str){text.data + len, text.len - len}).data};
    }
    return wire_name(writer, text);
}

static const struct shape_attribute *find_attribute(const struct shape_type *type,
                                                    struct shape_name name)
{
    for (size_t i = 0; i < type->attribute_count; i++) {
        const struct shape_attribute *attribute = &type->attributes[i];
        if (strcmp(attribute->name.local, name.local) == 0 &&
            (!*name.namespace || strcmp(attribute->name.namespace, name.namespace) == 0))
            return attribute;
    }
    return NULL;
}

static const char *type_words(struct wire_writer *writer, const struct wire_element *element,
                              const struct shape_type *type)
{
    return *type->name.local ? type->name.local
                             : arena_printf(writer->arena, "<%s>", element->name.local);
}

static bool fail_attribute(struct wire_writer *writer, const struct wire_place *place,
                           const struct wire_element *element, const struct shape_type *type,
                           struct str name)
{
    AUTO_FREE const char **names = mem_alloc((type->attribute_count + 1) * sizeof(*names));
    for (size_t i = 0; i < type->attribute_count; i++)
        names[i] = type->attributes[i].name.local;
    const char *nearest = err_nearest(name, names, type->attribute_count);
    return wire_fail(writer, place, "%s has no attribute \"%.*s\"%s%s%s",
                     type_words(writer, element, type), STR_ARG(name),
                     nearest ? "; did you mean \"@" : "", nearest ? nearest : "",
                     nearest ? "\"?" : "");
}

static bool put_attribute(struct wire_writer *writer, const struct wire_place *place,
                          struct shape_name name, const struct shape_text *type,
                          const struct json *value)
{
    struct str text;
    bool is_soap = strcmp(name.namespace, SOAP11_NS) == 0 || strcmp(name.namespace, SOAP12_NS) == 0;
    if (is_soap && value->kind == JSON_BOOLEAN) // "true" is none of SOAP 1.1
        text = value->boolean ? STR("1") : STR("0");
    else if (!wire_scalar(writer, place, type, value, &text))
        return false;
    buf_add_char(&writer->xml.text, ' ');
    buf_add_str(&writer->xml.text, str_from(wire_qname(writer, name)));
    buf_add_str(&writer->xml.text, STR("=\""));
    bool is_done = wire_put_escaped(writer, place, text);
    buf_add_char(&writer->xml.text, '"');
    return is_done;
}

static bool put_given_attribute(struct wire_writer *writer, const struct wire_place *place,
                                const struct wire_element *element, const struct shape_type *type,
                                const struct json_member *member)
{
    struct str text = {member->name.data + 1, member->name.len - 1};
    struct shape_name name = attribute_name(writer, text);
    if (strcmp(name.namespace, XSI_NS) == 0 &&
        (strcmp(name.local, "type") == 0 || strcmp(name.local, "nil") == 0))
        return true; // written already
    const struct wire_place at = {place, member->name, 0};
    const struct shape_attribute *attribute = find_attribute(type, name);
    bool is_soap = strcmp(name.namespace, SOAP11_NS) == 0 || strcmp(name.namespace, SOAP12_NS) == 0;
    bool is_open = type->has_any_attribute || element->is_free || is_soap;
    if ((!attribute && !is_open) || !is_local_name(name.local))
        return fail_attribute(writer, place, element, type, text);
    if (member->value->kind == JSON_NULL)
        return true;
    const struct shape_type *plain = soap_shape_type(writer->operation, XSD_NS, "string");
    return put_attribute(writer, &at, attribute ? attribute->name : name,
                         attribute ? attribute->text : plain->text, member->value);
}

static bool is_given(struct wire_writer *writer, const struct json *object,
                     const struct shape_type *type, const struct shape_attribute *attribute)
{
    for (size_t i = 0; object->kind == JSON_OBJECT && i < object->object.count; i++) {
        struct str name = object->object.members[i].name;
        if (name.len > 1 && *name.data == '@' &&
            object->object.members[i].value->kind != JSON_NULL &&
            find_attribute(type, attribute_name(writer, (struct str){name.data + 1,
                                                                     name.len - 1})) == attribute)
            return true;
    }
    return false;
}

static bool put_attributes(struct wire_writer *writer, const struct wire_place *place,
                           const struct wire_element *element, const struct shape_type *type,
                           const struct json *value)
{
    for (size_t i = 0; value->kind == JSON_OBJECT && i < value->object.count; i++) {
        const struct json_member *member = &value->object.members[i];
        if (member->name.len > 1 && *member->name.data == '@' &&
            !put_given_attribute(writer, place, element, type, member))
            return false;
    }
    for (size_t i = 0; i < type->attribute_count; i++) {
        const struct shape_attribute *attribute = &type->attributes[i];
        if (!attribute->is_required || is_given(writer, value, type, attribute))
            continue;
        if (!attribute->fixed_value)
            return wire_fail(writer, place, "attribute \"@%s\" is missing", attribute->name.local);
        const struct json *fixed = json_text(writer->arena, attribute->fixed_value);
        if (!put_attribute(writer, place, attribute->name, attribute->text, fixed))
            return false;
    }
    return true;
}

// --- what stands in an element ---

static bool put_text(struct wire_writer *writer, const struct wire_place *place,
                     const struct wire_element *element, const struct shape_type *type,
                     const struct json *value)
{
    const struct json *text = value;
    for (size_t i = 0; value->kind == JSON_OBJECT && i < value->object.count; i++) {
        struct str name = value->object.members[i].name;
        if (name.len && *name.data != '@' && !str_eq(name, STR("#text")))
            return wire_fail(writer, place, "%s holds text, and no element \"%.*s\"",
                             type_words(writer, element, type), STR_ARG(name));
    }
    if (value->kind == JSON_OBJECT)
        text = json_get(value, STR("#text"));
    struct str written = STR("");
    if (text && !wire_scalar(writer, place, type->text, text, &written))
        return false;
    return wire_put_escaped(writer, place, written);
}

// Of an element that no type describes.
static bool put_anything(struct wire_writer *writer, const struct wire_place *place,
                         const struct json *value)
{
    const struct shape_type *plain = soap_shape_type(writer->operation, XSD_NS, "string");
    const struct json *text = value->kind == JSON_OBJECT ? json_get(value, STR("#text")) : value;
    struct str written = STR("");
    if (text && text->kind != JSON_NULL && !wire_scalar(writer, place, plain->text, text, &written))
        return false;
    if (!wire_put_escaped(writer, place, written))
        return false;
    for (size_t i = 0; value->kind == JSON_OBJECT && i < value->object.count; i++) {
        const struct json_member *member = &value->object.members[i];
        if (member->name.len && *member->name.data != '@' && *member->name.data != '#' &&
            !wire_put_free(writer, place, member->name, member->value))
            return false;
    }
    return true;
}

static bool put_elements(struct wire_writer *writer, const struct wire_place *place,
                         const struct wire_element *element, const struct shape_type *type,
                         const struct json *value)
{
    static const struct json nothing = {.kind = JSON_OBJECT};
    if (value->kind == JSON_OBJECT)
        return wire_put_content(writer, place, element, type, value);
    bool is_empty = value->kind == JSON_STRING && value->string.len == 0;
    if (!is_empty && type->is_mixed && value->kind != JSON_ARRAY) {
        const struct shape_type *plain = soap_shape_type(writer->operation, XSD_NS, "string");
        struct str text;
        if (!wire_scalar(writer, place, plain->text, value, &text) ||
            !wire_put_escaped(writer, place, text))
            return false;
    } else if (!is_empty) {
        return wire_fail(writer, place, "%s holds elements: an object is meant",
                         type_words(writer, element, type));
    }
    return wire_put_content(writer, place, element, type, &nothing);
}

// Of anything, where SOAP encoding has a way to say so.
static const struct shape_type *any_array(struct wire_writer *writer, const struct shape_type *any)
{
    struct shape_type *type = arena_alloc(writer->arena, sizeof(*type));
    *type = (struct shape_type){.item = any, .item_name = "item", .rank = 1};
    return type;
}

// An array in the place of a type that holds nothing but what repeats. A list of one such object is
// that object.
static const struct json *items_of(struct wire_writer *writer, const struct shape_type *type,
                                   const struct json *array)
{
    const struct shape_element *item = soap_json_only_item(type);
    if (!item)
        return array;
    struct str name = str_from(item->name.local);
    if (array->array.count == 1 && json_get(array->array.items[0], name))
        return array->array.items[0];
    struct json *items = json_object(writer->arena);
    json_set(writer->arena, items, name, (struct json *)array);
    return items;
}

static bool put_inside(struct wire_writer *writer, const struct wire_place *place,
                       const struct wire_element *element, const struct shape_type *type,
                       const struct json *value)
{
    bool is_array = value->kind == JSON_ARRAY;
    if (type->is_any && is_array && writer->is_encoded)
        return wire_put_array(writer, place, any_array(writer, type), value);
    if (wire_is_map(writer, type))
        return wire_put_map(writer, place, value);
    if (type->item && (writer->is_encoded || !type->content))
        return wire_put_array(writer, place, type, value);
    buf_add_char(&writer->xml.text, '>');
    if (type->text)
        return put_text(writer, place, element, type, value);
    if (type->is_any)
        return put_anything(writer, place, value);
    return put_elements(writer, place, element, type,
                        is_array ? items_of(writer, type, value) : value);
}

// --- elements ---

static bool is_nil(const struct json *value)
{
    const struct json *nil = json_get(value, STR("@xsi:nil"));
    return value->kind == JSON_NULL || (nil && nil->kind == JSON_BOOLEAN && nil->boolean);
}

// SOAP encoding names the type of everything; an array says it once more in arrayType.
static void put_type(struct wire_writer *writer, const struct wire_element *element,
                     const struct shape_type *type, const struct json *value)
{
    struct shape_name name = type->name;
    bool is_nameless_array =
        (type->item && !*type->name.local) || (type->is_any && value->kind == JSON_ARRAY);
    if (type == element->type && (!writer->is_encoded || element->is_free))
        return;
    if (writer->is_encoded && is_nameless_array)
        name = (struct shape_name){writer->xml.version == 12 ? SOAPENC12_NS : SOAPENC_NS, "Array"};
    else if (!*name.local || (type->is_any && !wire_is_map(writer, type)))
        return;
    buf_printf(&writer->xml.text, " %s=\"%s\"",
               wire_qname(writer, (struct shape_name){XSI_NS, "type"}), wire_qname(writer, name));
}

bool wire_put_element(struct wire_writer *writer, const struct wire_place *place,
                      const struct wire_element *element, const struct json *value)
{
    const struct shape_type *type = NULL;
    if (!wire_step(writer) || !choose_type(writer, place, element, value, &type))
        return false;
    if (writer->depth == WIRE_MAX_DEPTH)
        return err_set(writer->err, ERR_TOO_LARGE, "elements within elements, more than %d",
                       WIRE_MAX_DEPTH);
    bool nil = is_nil(value);
    if (nil && !element->is_nillable && !writer->is_encoded)
        return wire_fail(writer, place, "it may not be null");
    const char *name = wire_qname(writer, element->name);
    writer->depth++;
    soap_writer_open(&writer->xml, name);
    if (!nil || type != element->type || !type->text)
        put_type(writer, element, type, value);
    if (nil)
        buf_printf(&writer->xml.text, " %s=\"true\"",
                   wire_qname(writer, (struct shape_name){XSI_NS, "nil"}));
    if (value->kind != JSON_NULL && !put_attributes(writer, place, element, type, value))
        return false;
    if (nil)
        buf_add_char(&writer->xml.text, '>');
    else if (!put_inside(writer, place, element, type, value))
        return false;
    soap_writer_close(&writer->xml, name);
    writer->depth--;
    return true;
}

static bool put_free_one(struct wire_writer *writer, const struct wire_place *place,
                         struct shape_name name, const struct json *value)
{
    const struct shape_element *global =
        soap_shape_element(writer->operation, name.namespace, name.local);
    const struct wire_element element = {
        name, global ? global->type : soap_shape_type(writer->operation, XSD_NS, "anyType"),
        !global || global->is_nillable, !global};
    if (!is_local_name(name.local))
        return wire_fail(writer, place, "that is no name of an element");
    return wire_put_element(writer, place, &element, value);
}

bool wire_put_free(struct wire_writer *writer, const struct wire_place *place, struct str text,
                   const struct json *value)
{
    struct shape_name name = wire_name(writer, text);
    struct wire_place at = {place, text, 0};
    if (value->kind != JSON_ARRAY)
        return put_free_one(writer, &at, name, value);
    for (size_t i = 0; i < value->array.count; i++) {
        at.index = i + 1;
        if (!put_free_one(writer, &at, name, value->array.items[i]))
            return false;
    }
    return true;
}
