// SPDX-License-Identifier: GPL-3.0-or-later
//
// Ways down and out. What is required of a type inside itself is written as low as it can be, so
// its height falls with every step and every walk ends.

#include "edge/soap_walk.h"

#define FOREIGN_NS "urn:example:any"

enum { MAX_RANK = 9 };

bool soap_walk_is_open(const struct soap_frame *frame, const struct shape_type *type)
{
    for (; frame; frame = frame->up) {
        if (frame->type == type)
            return true;
    }
    return false;
}

static const struct shape_element *stand_in(struct soap_heights *heights,
                                            const struct shape_element *element)
{
    const struct shape_element *lowest = NULL;
    for (size_t i = 0; element->is_abstract && i < element->substitute_count; i++) {
        const struct shape_element *other = element->substitutes[i];
        if (!lowest ||
            soap_height_of_element(heights, other) < soap_height_of_element(heights, lowest))
            lowest = other;
    }
    return lowest ? lowest : element;
}

static const struct shape_type *heir_of(struct soap_heights *heights, const struct soap_frame *up,
                                        const struct shape_type *type)
{
    const struct shape_type *lowest = NULL;
    for (size_t i = 0; type->is_abstract && i < type->heir_count; i++) {
        const struct shape_type *heir = type->heirs[i];
        int height = soap_height_of_type(heights, heir);
        if (height < SOAP_HEIGHT_ENDLESS && !soap_walk_is_open(up, heir) && !(up && up->is_minimal))
            return heir;
        if (!lowest || height < soap_height_of_type(heights, lowest))
            lowest = heir;
    }
    return lowest ? lowest : type;
}

struct soap_frame soap_walk_enter(struct soap_heights *heights, const struct soap_frame *up,
                                  const struct shape_element *declared)
{
    const struct shape_element *element = stand_in(heights, declared);
    const struct shape_type *type = heir_of(heights, up, element->type);
    return (struct soap_frame){.up = up,
                               .element = element,
                               .type = type,
                               .level = up ? up->level + 1 : 0,
                               .is_minimal = (up && up->is_minimal) || soap_walk_is_open(up, type)};
}

bool soap_walk_ends(struct soap_heights *heights, const struct soap_frame *frame)
{
    return soap_height_of_type(heights, frame->type) < SOAP_HEIGHT_ENDLESS;
}

bool soap_walk_leads_on(struct soap_heights *heights, const struct soap_frame *frame,
                        const struct shape_particle *particle)
{
    if (particle->kind == SHAPE_WILDCARD)
        return false;
    return soap_height_of_content(heights, particle) < SOAP_HEIGHT_ENDLESS &&
           (particle->kind != SHAPE_ELEMENT || !soap_walk_is_open(frame, particle->element->type));
}

const struct shape_particle *soap_walk_branch(struct soap_heights *heights,
                                              const struct soap_frame *frame,
                                              const struct shape_particle *choice)
{
    const struct shape_particle *lowest = NULL;
    int height = SOAP_HEIGHT_ENDLESS;
    for (size_t i = 0; i < choice->count; i++) {
        const struct shape_particle *branch = &choice->children[i];
        if (!frame->is_minimal && branch->max != 0 && soap_walk_leads_on(heights, frame, branch))
            return branch;
        int branch_height = soap_height_of_particle(heights, branch);
        if (branch_height < height) {
            lowest = branch;
            height = branch_height;
        }
    }
    return lowest;
}

// --- start tags ---

const char *soap_walk_type_name(struct soap_writer *writer, const struct shape_type *type)
{
    // Simple types of SOAP encoding are those of XML Schema with attributes that nobody needs.
    bool is_soap = strcmp(type->name.namespace, SOAP_ENC11_NS) == 0;
    if (*type->name.local && !(is_soap && type->text))
        return soap_writer_name(writer, type->name);
    if (type->text && *type->text->built_in)
        return soap_writer_name(writer, (struct shape_name){SOAP_XSD_NS, type->text->built_in});
    return NULL;
}

static const char *encoding_of(const struct soap_writer *writer)
{
    return writer->version == 11 ? SOAP_ENC11_NS : SOAP_ENC12_NS;
}

// "xsd:int", or for an array of arrays "xsd:int[]".
static const char *item_type(struct soap_writer *writer, const struct shape_type *item, int depth)
{
    if (item->item && writer->version == 11 && depth < MAX_RANK) {
        int commas = item->rank < MAX_RANK ? item->rank - 1 : MAX_RANK;
        return arena_printf(writer->arena, "%s[%.*s]", item_type(writer, item->item, depth + 1),
                            commas, ",,,,,,,,,");
    }
    const char *name = soap_walk_type_name(writer, item);
    return name ? name : soap_writer_name(writer, (struct shape_name){SOAP_XSD_NS, "anyType"});
}

// One item: in each dimension there is one.
static void write_array(struct soap_writer *writer, const struct shape_type *array)
{
    AUTO_BUF struct buf size;
    buf_init(&size, 100);
    bool is_old = writer->version == 11;
    for (int i = 0; i < array->rank && i < MAX_RANK; i++)
        buf_printf(&size, "%s1", i == 0 ? "" : is_old ? "," : " ");
    const char *encoding = encoding_of(writer), *of = item_type(writer, array->item, 0);
    if (is_old) {
        soap_writer_attribute(writer,
                              soap_writer_name(writer, (struct shape_name){encoding, "arrayType"}),
                              arena_printf(writer->arena, "%s[%s]", of, size.data));
        return;
    }
    soap_writer_attribute(writer,
                          soap_writer_name(writer, (struct shape_name){encoding, "itemType"}), of);
    soap_writer_attribute(
        writer, soap_writer_name(writer, (struct shape_name){encoding, "arraySize"}), size.data);
}

bool soap_walk_is_array(const struct soap_frame *frame, bool is_encoded)
{
    return is_encoded && frame->type->item;
}

struct shape_element soap_walk_item(const struct soap_frame *frame)
{
    return (struct shape_element){.name = {"", frame->type->item_name},
                                  .type = frame->type->item,
                                  .is_nillable = true,
                                  .documentation = ""};
}

static const char *xsi_type_of(struct soap_writer *writer, const struct soap_frame *frame,
                               bool is_encoded)
{
    if (frame->type->is_any)
        return soap_writer_name(writer, (struct shape_name){SOAP_XSD_NS, "string"});
    if (!is_encoded && frame->type == frame->element->type)
        return NULL;
    const char *name = soap_walk_type_name(writer, frame->type);
    return name || !soap_walk_is_array(frame, is_encoded)
               ? name
               : soap_writer_name(writer, (struct shape_name){encoding_of(writer), "Array"});
}

void soap_walk_write_types(struct soap_writer *writer, const struct soap_frame *frame,
                           bool is_encoded)
{
    const char *name = xsi_type_of(writer, frame, is_encoded);
    if (name)
        soap_writer_attribute(
            writer, soap_writer_name(writer, (struct shape_name){SOAP_XSI_NS, "type"}), name);
    if (soap_walk_is_array(frame, is_encoded))
        write_array(writer, frame->type);
}

void soap_walk_write_nil(struct soap_writer *writer, const char *name)
{
    buf_printf(&writer->text, "<%s", name);
    soap_writer_attribute(writer, soap_writer_name(writer, (struct shape_name){SOAP_XSI_NS, "nil"}),
                          "true");
    buf_add_str(&writer->text, STR("/>"));
}

struct shape_name soap_walk_foreign(struct arena *arena, const struct shape_particle *wildcard)
{
    const char *allowed = wildcard->namespaces;
    struct str first = {allowed, strcspn(allowed, " ")};
    const char *namespace = FOREIGN_NS;
    if (str_eq(first, STR("##local")))
    namespace = "";
    else if (str_eq(first, STR("##targetNamespace"))) namespace = wildcard->target;
    else if (first.len && !str_starts(first, STR("##"))) namespace = arena_copy(arena, first).data;
    return (struct shape_name){namespace, "any"};
}

bool soap_walk_is_own_attribute(const struct shape_attribute *attribute, bool is_encoded)
{
    const char *namespace = attribute->name.namespace, *local = attribute->name.local;
    return strcmp(namespace, SOAP_ENC11_NS) == 0 || strcmp(namespace, SOAP_ENC12_NS) == 0 ||
           (is_encoded && !attribute->is_required && !*namespace &&
            (strcmp(local, "id") == 0 || strcmp(local, "href") == 0));
}

// --- RPC ---

void soap_walk_begin_wrapper(struct soap_writer *writer, const struct shape_message *message)
{
    soap_writer_indent(writer);
    buf_printf(&writer->text, "<%s", soap_writer_name(writer, message->wrapper));
    if (message->is_encoded)
        soap_writer_attribute(writer, "soap:encodingStyle", encoding_of(writer));
    buf_add_str(&writer->text, message->part_count ? STR(">") : STR("/>"));
    writer->level++;
}

void soap_walk_end_wrapper(struct soap_writer *writer, const struct shape_message *message)
{
    writer->level--;
    if (!message->part_count)
        return;
    soap_writer_indent(writer);
    buf_printf(&writer->text, "</%s>", soap_writer_name(writer, message->wrapper));
}
