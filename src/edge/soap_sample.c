// SPDX-License-Identifier: GPL-3.0-or-later
//
// Walks the types of a message and writes what they ask for. What is optional is there down to a
// level at which the whole stays small; a type inside itself is written as low as it can be. So
// every message ends that can, and graphs of a thousand types stay a page or two.

#include "edge/soap_sample.h"
#include "edge/soap_height.h"
#include "edge/soap_modules.h"
#include "edge/soap_value.h"
#include "edge/soap_writer.h"

#define XSD_NS       "http://www.w3.org/2001/XMLSchema"
#define XSI_NS       "http://www.w3.org/2001/XMLSchema-instance"
#define SOAPENC_NS   "http://schemas.xmlsoap.org/soap/encoding/"
#define SOAPENC12_NS "http://www.w3.org/2003/05/soap-encoding"
#define FOREIGN_NS   "urn:example:any"

enum {
    OPTIONAL_LEVELS = 12, // at first; fewer when the message gets too large
    COMFORTABLE_BYTES = 200 * 1024,
    MAX_SAMPLE_BYTES = 8 * 1024 * 1024, // of what is required alone
};

struct sampler {
    const struct soap_operation *operation;
    struct soap_writer writer;
    struct soap_heights *heights;
    struct soap_value_ids ids;
    bool is_encoded;
    int optional_levels;
    struct err *err;
};

// An element that is being written.
struct frame {
    const struct frame *up; // NULL: none
    const struct shape_type *type;
    const char *name;
    int level;
    bool is_minimal; // only what is required, and that as low as it can be
};

static bool write_element(struct sampler *sampler, const struct shape_element *element,
                          const struct frame *up);

static bool is_open(const struct frame *up, const struct shape_type *type)
{
    for (; up; up = up->up) {
        if (up->type == type)
            return true;
    }
    return false;
}

static bool wants_optional(const struct sampler *sampler, const struct frame *frame)
{
    return !frame->is_minimal && frame->level < sampler->optional_levels;
}

static bool is_too_large(const struct sampler *sampler)
{
    return sampler->writer.text.overflowed;
}

static const char *type_name(struct sampler *sampler, const struct shape_type *type)
{
    bool is_soap = strcmp(type->name.namespace, SOAPENC_NS) == 0;
    if (*type->name.local && !(is_soap && type->text))
        return soap_writer_name(&sampler->writer, type->name);
    if (type->text && *type->text->built_in)
        return soap_writer_name(&sampler->writer,
                                (struct shape_name){XSD_NS, type->text->built_in});
    return NULL;
}

// --- texts and attributes ---

static bool write_text(struct sampler *sampler, const struct shape_text *text, const char *given,
                       const struct frame *frame, const char *of)
{
    const char *value = given;
    if (!value && !soap_value_sample(text, &sampler->ids, sampler->writer.arena, &value)) {
        const char *type = *frame->type->name.local ? frame->type->name.local : text->built_in;
        return err_set(sampler->err, ERR_INVALID,
                       "no value was found for %.80s%s%.80s of type %.80s: its facets exclude each "
                       "other or ask too much",
                       frame->name, *of ? " " : "", of, type);
    }
    soap_writer_escaped(&sampler->writer, value);
    return true;
}

static bool is_wanted_attribute(const struct sampler *sampler, const struct frame *frame,
                                const struct shape_attribute *attribute)
{
    const char *namespace = attribute->name.namespace, *local = attribute->name.local;
    if (strcmp(namespace, SOAPENC_NS) == 0 || strcmp(namespace, SOAPENC12_NS) == 0)
        return false; // said by whoever writes an array
    if (attribute->is_required)
        return true;
    // They would refer to other elements.
    bool is_reference = sampler->is_encoded && !*namespace &&
                        (strcmp(local, "id") == 0 || strcmp(local, "href") == 0);
    return wants_optional(sampler, frame) && !is_reference;
}

static bool write_attributes(struct sampler *sampler, const struct frame *frame)
{
    struct soap_writer *writer = &sampler->writer;
    for (size_t i = 0; i < frame->type->attribute_count; i++) {
        const struct shape_attribute *attribute = &frame->type->attributes[i];
        if (!is_wanted_attribute(sampler, frame, attribute))
            continue;
        const char *given =
            attribute->fixed_value ? attribute->fixed_value : attribute->default_value;
        const char *name = soap_writer_name(writer, attribute->name);
        buf_printf(&writer->text, " %s=\"", name);
        if (!write_text(sampler, attribute->text, given, frame, name))
            return false;
        buf_add_char(&writer->text, '"');
    }
    return true;
}

static void write_xsi_type(struct sampler *sampler, const char *name)
{
    struct soap_writer *writer = &sampler->writer;
    if (name)
        soap_writer_attribute(writer, soap_writer_name(writer, (struct shape_name){XSI_NS, "type"}),
                              name);
}

// --- content ---

// A wildcard that has to be there: an element that nobody has declared.
static void write_foreign(struct sampler *sampler, const struct shape_particle *particle)
{
    const char *allowed = particle->namespaces;
    struct str first = {allowed, strcspn(allowed, " ")};
    const char *namespace = FOREIGN_NS;
    if (str_eq(first, STR("##local")))
    namespace = "";
    else if (str_eq(first, STR("##targetNamespace"))) namespace = particle->target;
    else if (first.len && !str_starts(first, STR("##"))) namespace =
        arena_copy(sampler->writer.arena, first).data;
    soap_writer_indent(&sampler->writer);
    buf_printf(&sampler->writer.text, "<%s/>",
               soap_writer_name(&sampler->writer, (struct shape_name){namespace, "any"}));
}

// Whether what a particle allows leads out of the types that are open.
static bool leads_on(struct sampler *sampler, const struct shape_particle *particle,
                     const struct frame *frame)
{
    if (particle->kind == SHAPE_WILDCARD)
        return false;
    return soap_height_of_content(sampler->heights, particle) < SOAP_HEIGHT_ENDLESS &&
           (particle->kind != SHAPE_ELEMENT || !is_open(frame, particle->element->type));
}

static int64_t times_of(struct sampler *sampler, const struct shape_particle *particle,
                        const struct frame *frame)
{
    if (particle->min > 0 || particle->max == 0)
        return particle->max == 0 ? 0 : particle->min;
    return wants_optional(sampler, frame) && leads_on(sampler, particle, frame) ? 1 : 0;
}

static const struct shape_particle *
branch_of(struct sampler *sampler, const struct shape_particle *choice, const struct frame *frame)
{
    const struct shape_particle *lowest = NULL;
    int height = SOAP_HEIGHT_ENDLESS;
    for (size_t i = 0; i < choice->count; i++) {
        const struct shape_particle *branch = &choice->children[i];
        if (!frame->is_minimal && branch->max != 0 && leads_on(sampler, branch, frame))
            return branch;
        int branch_height = soap_height_of_particle(sampler->heights, branch);
        if (branch_height < height) {
            lowest = branch;
            height = branch_height;
        }
    }
    return lowest;
}

static bool write_content(struct sampler *sampler, const struct shape_particle *particle,
                          const struct frame *frame, int64_t times);

static bool write_children(struct sampler *sampler, const struct shape_particle *group,
                           const struct frame *frame)
{
    for (size_t i = 0; i < group->count; i++) {
        const struct shape_particle *child = &group->children[i];
        if (!write_content(sampler, child, frame, times_of(sampler, child, frame)))
            return false;
    }
    return true;
}

static bool write_branch(struct sampler *sampler, const struct shape_particle *choice,
                         const struct frame *frame)
{
    const struct shape_particle *branch = branch_of(sampler, choice, frame);
    if (!branch)
        return choice->count == 0 || err_set(sampler->err, ERR_INVALID,
                                             "no branch of the choice in %.100s ends", frame->name);
    // Chosen, it is there, unless there would be no end of it.
    int64_t times = times_of(sampler, branch, frame);
    if (times == 0 && wants_optional(sampler, frame) && leads_on(sampler, branch, frame))
        times = 1;
    return write_content(sampler, branch, frame, times);
}

static bool write_content(struct sampler *sampler, const struct shape_particle *particle,
                          const struct frame *frame, int64_t times)
{
    for (int64_t i = 0; i < times && !is_too_large(sampler); i++) {
        bool is_good = true;
        if (particle->kind == SHAPE_ELEMENT)
            is_good = write_element(sampler, particle->element, frame);
        else if (particle->kind == SHAPE_WILDCARD)
            write_foreign(sampler, particle);
        else if (particle->kind == SHAPE_CHOICE)
            is_good = write_branch(sampler, particle, frame);
        else
            is_good = write_children(sampler, particle, frame);
        if (!is_good)
            return false;
    }
    return true;
}

// --- SOAP arrays ---

// "xsd:int", or for an array of arrays "xsd:int[]".
static const char *item_type(struct sampler *sampler, const struct shape_type *item)
{
    struct arena *arena = sampler->writer.arena;
    if (item->item && sampler->writer.version == 11) {
        const char *inner = item_type(sampler, item->item);
        return arena_printf(arena, "%s[%.*s]", inner, item->rank - 1, ",,,,,,,,");
    }
    const char *name = type_name(sampler, item);
    return name ? name : soap_writer_name(&sampler->writer, (struct shape_name){XSD_NS, "anyType"});
}

// One item; in each dimension there is one.
static void write_array_size(struct sampler *sampler, const struct shape_type *array)
{
    struct soap_writer *writer = &sampler->writer;
    AUTO_BUF struct buf size;
    buf_init(&size, 1000);
    bool is_old = writer->version == 11;
    for (int i = 0; i < array->rank && i < 9; i++)
        buf_printf(&size, "%s1", i == 0 ? "" : is_old ? "," : " ");
    const char *namespace = is_old ? SOAPENC_NS : SOAPENC12_NS;
    const char *of = item_type(sampler, array->item);
    struct shape_name type = {namespace, is_old ? "arrayType" : "itemType"};
    if (is_old) {
        soap_writer_attribute(writer, soap_writer_name(writer, type),
                              arena_printf(writer->arena, "%s[%s]", of, size.data));
        return;
    }
    soap_writer_attribute(writer, soap_writer_name(writer, type), of);
    soap_writer_attribute(
        writer, soap_writer_name(writer, (struct shape_name){namespace, "arraySize"}), size.data);
}

static bool write_item(struct sampler *sampler, const struct frame *frame)
{
    const struct shape_type *array = frame->type;
    const struct shape_element item = {
        .name = {"", array->item_name}, .type = array->item, .is_nillable = true};
    return write_element(sampler, &item, frame);
}

// --- elements ---

static const struct shape_element *stand_in(struct sampler *sampler,
                                            const struct shape_element *element)
{
    const struct shape_element *lowest = NULL;
    for (size_t i = 0; element->is_abstract && i < element->substitute_count; i++) {
        const struct shape_element *other = element->substitutes[i];
        if (!lowest || soap_height_of_element(sampler->heights, other) <
                           soap_height_of_element(sampler->heights, lowest))
            lowest = other;
    }
    return lowest ? lowest : element;
}

// The first heir that is not open already and ends; or the lowest.
static const struct shape_type *heir_of(struct sampler *sampler, const struct shape_type *type,
                                        const struct frame *up)
{
    const struct shape_type *lowest = NULL;
    for (size_t i = 0; type->is_abstract && i < type->heir_count; i++) {
        const struct shape_type *heir = type->heirs[i];
        int height = soap_height_of_type(sampler->heights, heir);
        if (height < SOAP_HEIGHT_ENDLESS && !is_open(up, heir) && (!up || !up->is_minimal))
            return heir;
        if (!lowest || height < soap_height_of_type(sampler->heights, lowest))
            lowest = heir;
    }
    return lowest ? lowest : type;
}

static bool write_inside(struct sampler *sampler, const struct shape_element *element,
                         const struct frame *frame)
{
    struct soap_writer *writer = &sampler->writer;
    const struct shape_type *type = frame->type;
    const char *given = element->fixed_value ? element->fixed_value : element->default_value;
    if (type->text)
        return write_text(sampler, type->text, given, frame, "");
    if (type->is_any) {
        soap_writer_escaped(writer, given ? given : "text");
        return true;
    }
    size_t before = writer->text.len;
    writer->level++;
    bool is_good = sampler->is_encoded && type->item ? write_item(sampler, frame)
                   : !type->content                  ? true
                                                     : write_content(sampler, type->content, frame,
                                                                     times_of(sampler, type->content, frame));
    writer->level--;
    if (writer->text.len > before)
        soap_writer_indent(writer);
    return is_good;
}

static const char *xsi_type_of(struct sampler *sampler, const struct shape_element *element,
                               const struct shape_type *type)
{
    if (type->is_any)
        return soap_writer_name(&sampler->writer, (struct shape_name){XSD_NS, "string"});
    if (!sampler->is_encoded)
        return type == element->type ? NULL : type_name(sampler, type);
    const char *encoding = sampler->writer.version == 11 ? SOAPENC_NS : SOAPENC12_NS;
    if (type->item)
        return soap_writer_name(&sampler->writer, (struct shape_name){encoding, "Array"});
    return type_name(sampler, type);
}

static void write_nil(struct sampler *sampler, const char *name)
{
    struct soap_writer *writer = &sampler->writer;
    buf_printf(&writer->text, "<%s", name);
    soap_writer_attribute(writer, soap_writer_name(writer, (struct shape_name){XSI_NS, "nil"}),
                          "true");
    buf_add_str(&writer->text, STR("/>"));
}

static bool write_element(struct sampler *sampler, const struct shape_element *declared,
                          const struct frame *up)
{
    struct soap_writer *writer = &sampler->writer;
    const struct shape_element *element = stand_in(sampler, declared);
    const struct shape_type *type = heir_of(sampler, element->type, up);
    const char *name = soap_writer_name(writer, element->name);
    struct frame frame = {.up = up,
                          .type = type,
                          .name = element->name.local,
                          .level = up ? up->level + 1 : 0,
                          .is_minimal = (up && up->is_minimal) || is_open(up, type)};
    soap_writer_indent(writer);
    bool is_endless = soap_height_of_type(sampler->heights, type) >= SOAP_HEIGHT_ENDLESS;
    if (element->is_nillable && (is_endless || frame.is_minimal)) {
        write_nil(sampler, name);
        return true;
    }
    if (is_endless)
        return err_set(sampler->err, ERR_INVALID,
                       "%.100s has to hold itself without end, so nothing is valid there", name);
    buf_printf(&writer->text, "<%s", name);
    write_xsi_type(sampler, xsi_type_of(sampler, element, type));
    if (sampler->is_encoded && type->item)
        write_array_size(sampler, type);
    if (!write_attributes(sampler, &frame))
        return false;
    size_t before = writer->text.len;
    buf_add_char(&writer->text, '>');
    if (!write_inside(sampler, element, &frame))
        return false;
    if (writer->text.len == before + 1 && !is_too_large(sampler)) {
        writer->text.len = before;
        buf_add_str(&writer->text, STR("/>"));
    } else {
        buf_printf(&writer->text, "</%s>", name);
    }
    return true;
}

// --- messages ---

static bool write_parts(struct sampler *sampler, const struct shape_part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!write_element(sampler, parts[i].element, NULL))
            return false;
    }
    return true;
}

static bool write_body(struct sampler *sampler, const struct shape_message *message)
{
    struct soap_writer *writer = &sampler->writer;
    if (!*message->wrapper.local)
        return write_parts(sampler, message->parts, message->part_count);
    const char *name = soap_writer_name(writer, message->wrapper);
    soap_writer_indent(writer);
    buf_printf(&writer->text, "<%s", name);
    if (message->is_encoded)
        soap_writer_attribute(writer, "soap:encodingStyle",
                              writer->version == 11 ? SOAPENC_NS : SOAPENC12_NS);
    buf_add_char(&writer->text, '>');
    writer->level++;
    if (!write_parts(sampler, message->parts, message->part_count))
        return false;
    writer->level--;
    soap_writer_indent(writer);
    buf_printf(&writer->text, "</%s>", name);
    return true;
}

static bool write_message(struct sampler *sampler, const void *context)
{
    const struct shape_message *message = context;
    struct soap_writer *writer = &sampler->writer;
    if (message->header_count) { // blocks are literal, as bind takes them
        soap_writer_begin_header(writer);
        if (!write_parts(sampler, message->headers, message->header_count))
            return false;
        soap_writer_end_header(writer);
    }
    sampler->is_encoded = message->is_encoded;
    soap_writer_begin_body(writer);
    bool is_good = write_body(sampler, message);
    soap_writer_end_body(writer);
    return is_good;
}

typedef bool write_fn(struct sampler *sampler, const void *context);

// Again with fewer levels of what is optional, until the whole is small.
static bool sample(const struct soap_operation *operation, write_fn *write, const void *context,
                   struct arena *arena, struct str *ret, struct err *err)
{
    for (int levels = OPTIONAL_LEVELS;; levels = levels * 3 / 4) {
        struct sampler sampler = {.operation = operation,
                                  .heights = soap_heights_new(arena),
                                  .optional_levels = levels,
                                  .err = err};
        soap_writer_init(&sampler.writer, arena, soap_operation_version(operation),
                         levels ? COMFORTABLE_BYTES : MAX_SAMPLE_BYTES);
        bool is_good = write(&sampler, context);
        bool is_large = is_too_large(&sampler);
        if (is_good && !is_large)
            *ret = soap_writer_envelope(&sampler.writer, STR(""));
        soap_writer_finish(&sampler.writer);
        if (is_large && !levels)
            return err_set(err, ERR_TOO_LARGE, "what %s requires alone is more than %d MB",
                           operation->facts->name, MAX_SAMPLE_BYTES / (1024 * 1024));
        if (!is_large)
            return is_good;
    }
}

bool soap_sample(const struct soap_operation *operation, enum soap_sample_of of,
                 struct arena *arena, struct str *ret_envelope, struct err *err)
{
    const struct shape_operation *shape = soap_shape(operation);
    return sample(operation, write_message,
                  of == SOAP_SAMPLE_REQUEST ? &shape->input : &shape->output, arena, ret_envelope,
                  err);
}

// --- faults ---

static bool find_fault(const struct soap_operation *operation, const char *name,
                       const struct shape_element **ret, struct err *err)
{
    const struct shape_operation *shape = soap_shape(operation);
    AUTO_BUF struct buf names;
    buf_init(&names, 250);
    for (size_t i = 0; i < shape->fault_count; i++) {
        const struct shape_fault *fault = &shape->faults[i];
        if (strcmp(fault->name, name) == 0 || strcmp(fault->element->name.local, name) == 0) {
            *ret = fault->element;
            return true;
        }
        buf_printf(&names, "%s%s", i ? ", " : "", fault->name);
    }
    return err_set(err, ERR_NOT_FOUND, "%s declares no fault %.60s; it has %s",
                   operation->facts->name, name, names.len ? names.data : "none");
}

struct fault_parts {
    const struct soap_sample_fault *fault;
    const struct shape_element *detail; // NULL: none
};

static void write_fault_line(struct soap_writer *writer, const char *before, const char *text,
                             const char *after)
{
    soap_writer_indent(writer);
    buf_add_str(&writer->text, str_from(before));
    soap_writer_escaped(writer, text);
    buf_add_str(&writer->text, str_from(after));
}

static bool write_fault_detail(struct sampler *sampler, const char *name,
                               const struct shape_element *detail)
{
    struct soap_writer *writer = &sampler->writer;
    soap_writer_indent(writer);
    buf_printf(&writer->text, "<%s>", name);
    writer->level++;
    if (!write_element(sampler, detail, NULL))
        return false;
    writer->level--;
    soap_writer_indent(writer);
    buf_printf(&writer->text, "</%s>", name);
    return true;
}

static bool write_fault(struct sampler *sampler, const void *context)
{
    const struct fault_parts *parts = context;
    struct soap_writer *writer = &sampler->writer;
    bool is_old = writer->version == 11;
    soap_writer_begin_body(writer);
    soap_writer_indent(writer);
    buf_add_str(&writer->text, STR("<soap:Fault>"));
    writer->level++;
    if (is_old) {
        write_fault_line(writer, "<faultcode>soap:", parts->fault->code, "</faultcode>");
        write_fault_line(writer, "<faultstring>", parts->fault->text, "</faultstring>");
    } else {
        write_fault_line(writer, "<soap:Code><soap:Value>soap:", parts->fault->code,
                         "</soap:Value></soap:Code>");
        write_fault_line(writer, "<soap:Reason><soap:Text xml:lang=\"en\">", parts->fault->text,
                         "</soap:Text></soap:Reason>");
    }
    bool is_good = !parts->detail ||
                   write_fault_detail(sampler, is_old ? "detail" : "soap:Detail", parts->detail);
    writer->level--;
    soap_writer_indent(writer);
    buf_add_str(&writer->text, STR("</soap:Fault>"));
    soap_writer_end_body(writer);
    return is_good;
}

bool soap_sample_fault(const struct soap_operation *operation,
                       const struct soap_sample_fault *fault, struct arena *arena,
                       struct str *ret_envelope, struct err *err)
{
    struct fault_parts parts = {.fault = fault};
    if (fault->detail && !find_fault(operation, fault->detail, &parts.detail, err))
        return false;
    return sample(operation, write_fault, &parts, arena, ret_envelope, err);
}
