// SPDX-License-Identifier: GPL-3.0-or-later
//
// Walks the types of a message and writes what they ask for. What is optional is there down to a
// level at which the whole stays small; a type inside itself is written as low as it can be. So
// every message ends that can, and graphs of a thousand types stay a page or two.

#include "edge/soap_sample.h"
#include "edge/soap_modules.h"
#include "edge/soap_value.h"
#include "edge/soap_walk.h"

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

static bool write_element(struct sampler *sampler, const struct shape_element *element,
                          const struct soap_frame *up);

static bool wants_optional(const struct sampler *sampler, const struct soap_frame *frame)
{
    return !frame->is_minimal && frame->level < sampler->optional_levels;
}

static bool is_too_large(const struct sampler *sampler)
{
    return sampler->writer.text.overflowed;
}

// --- texts and attributes ---

static bool write_text(struct sampler *sampler, const struct shape_text *text, const char *given,
                       const struct soap_frame *frame, const char *of)
{
    const char *value = given;
    if (!value && !soap_value_sample(text, &sampler->ids, sampler->writer.arena, &value)) {
        const char *type = *frame->type->name.local ? frame->type->name.local : text->built_in;
        return err_set(sampler->err, ERR_INVALID,
                       "no value was found for %.80s%s%.80s of type %.80s: its facets exclude each "
                       "other or ask too much",
                       frame->element->name.local, *of ? " " : "", of, type);
    }
    soap_writer_escaped(&sampler->writer, value);
    return true;
}

static bool write_attributes(struct sampler *sampler, const struct soap_frame *frame)
{
    struct soap_writer *writer = &sampler->writer;
    for (size_t i = 0; i < frame->type->attribute_count; i++) {
        const struct shape_attribute *attribute = &frame->type->attributes[i];
        if (soap_walk_is_own_attribute(attribute, sampler->is_encoded) ||
            !(attribute->is_required || wants_optional(sampler, frame)))
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

// --- content ---

static int64_t times_of(struct sampler *sampler, const struct shape_particle *particle,
                        const struct soap_frame *frame)
{
    if (particle->min > 0 || particle->max == 0)
        return particle->max == 0 ? 0 : particle->min;
    return wants_optional(sampler, frame) && soap_walk_leads_on(sampler->heights, frame, particle)
               ? 1
               : 0;
}

static bool write_content(struct sampler *sampler, const struct shape_particle *particle,
                          const struct soap_frame *frame, int64_t times);

static bool write_children(struct sampler *sampler, const struct shape_particle *group,
                           const struct soap_frame *frame)
{
    for (size_t i = 0; i < group->count; i++) {
        const struct shape_particle *child = &group->children[i];
        if (!write_content(sampler, child, frame, times_of(sampler, child, frame)))
            return false;
    }
    return true;
}

static bool write_branch(struct sampler *sampler, const struct shape_particle *choice,
                         const struct soap_frame *frame)
{
    const struct shape_particle *branch = soap_walk_branch(sampler->heights, frame, choice);
    if (!branch)
        return choice->count == 0 ||
               err_set(sampler->err, ERR_INVALID, "no branch of the choice in %.100s ends",
                       frame->element->name.local);
    return write_content(sampler, branch, frame, times_of(sampler, branch, frame));
}

static void write_foreign(struct sampler *sampler, const struct shape_particle *wildcard)
{
    struct soap_writer *writer = &sampler->writer;
    soap_writer_indent(writer);
    buf_printf(&writer->text, "<%s/>",
               soap_writer_name(writer, soap_walk_foreign(writer->arena, wildcard)));
}

static bool write_content(struct sampler *sampler, const struct shape_particle *particle,
                          const struct soap_frame *frame, int64_t times)
{
    for (int64_t i = 0; i < times && !is_too_large(sampler); i++) {
        size_t before = sampler->writer.text.len;
        bool is_good = true;
        if (particle->kind == SHAPE_ELEMENT)
            is_good = write_element(sampler, particle->element, frame);
        else if (particle->kind == SHAPE_WILDCARD)
            write_foreign(sampler, particle);
        else if (particle->kind == SHAPE_CHOICE)
            is_good = write_branch(sampler, particle, frame);
        else
            is_good = write_children(sampler, particle, frame);
        if (!is_good && particle->min > 0)
            return false;
        if (!is_good) // nothing is valid there, so it stays out
            sampler->writer.text.len = before;
    }
    return true;
}

// --- elements ---

static bool write_structure(struct sampler *sampler, const struct soap_frame *frame)
{
    const struct shape_particle *content = frame->type->content;
    if (soap_walk_is_array(frame, sampler->is_encoded)) {
        const struct shape_element item = soap_walk_item(frame);
        return write_element(sampler, &item, frame);
    }
    return !content || write_content(sampler, content, frame, times_of(sampler, content, frame));
}

static bool write_inside(struct sampler *sampler, const struct soap_frame *frame)
{
    struct soap_writer *writer = &sampler->writer;
    const struct shape_element *element = frame->element;
    const char *given = element->fixed_value ? element->fixed_value : element->default_value;
    if (frame->type->text)
        return write_text(sampler, frame->type->text, given, frame, "");
    if (frame->type->is_any) {
        soap_writer_escaped(writer, given ? given : "text");
        return true;
    }
    size_t before = writer->text.len;
    writer->level++;
    bool is_good = write_structure(sampler, frame);
    writer->level--;
    if (writer->text.len > before)
        soap_writer_indent(writer);
    return is_good;
}

static bool write_element(struct sampler *sampler, const struct shape_element *declared,
                          const struct soap_frame *up)
{
    struct soap_writer *writer = &sampler->writer;
    const struct soap_frame frame = soap_walk_enter(sampler->heights, up, declared);
    const char *name = soap_writer_name(writer, frame.element->name);
    bool ends = soap_walk_ends(sampler->heights, &frame);
    soap_writer_indent(writer);
    bool may_be_nil = frame.element->is_nillable || sampler->is_encoded;
    if (may_be_nil && (!ends || frame.is_minimal)) {
        soap_walk_write_nil(writer, name);
        return true;
    }
    if (!ends)
        return err_set(sampler->err, ERR_INVALID,
                       "%.100s has to hold itself without end, so nothing is valid there", name);
    buf_printf(&writer->text, "<%s", name);
    soap_walk_write_types(writer, &frame, sampler->is_encoded);
    if (!write_attributes(sampler, &frame))
        return false;
    size_t before = writer->text.len;
    buf_add_char(&writer->text, '>');
    if (!write_inside(sampler, &frame))
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
    bool is_rpc = *message->wrapper.local != '\0';
    if (is_rpc)
        soap_walk_begin_wrapper(&sampler->writer, message);
    if (!write_parts(sampler, message->parts, message->part_count))
        return false;
    if (is_rpc)
        soap_walk_end_wrapper(&sampler->writer, message);
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
    sampler->heights = soap_heights_new(writer->arena, message->is_encoded);
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
                                  .heights = soap_heights_new(arena, false),
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

struct str soap_plain_fault(int version, const char *code, const char *text, struct arena *arena)
{
    const struct soap_sample_fault fault = {.code = code, .text = text};
    const struct fault_parts parts = {.fault = &fault};
    struct sampler sampler = {0};
    soap_writer_init(&sampler.writer, arena, version, COMFORTABLE_BYTES);
    write_fault(&sampler, &parts);
    struct str envelope = soap_writer_envelope(&sampler.writer, STR(""));
    soap_writer_finish(&sampler.writer);
    return envelope;
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
