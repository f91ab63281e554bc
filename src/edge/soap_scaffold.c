// SPDX-License-Identifier: GPL-3.0-or-later
//
// Writes a scaffold. Comments say what may stand where. What is required is there, filled in or
// with a valid text and a TODO. What is optional is there when data elements fill it; a single
// element that they do not fill is a comment, a larger part stands in a section of a name that no
// event has, so that tags may be in it: tags inside a comment would be rendered, and a value with
// two hyphens would end it.

#include "edge/soap_fill.h"
#include "edge/soap_modules.h"
#include "edge/soap_note.h"
#include "edge/soap_sample.h"
#include "edge/soap_scaffold_plan.h"

#define OFF_SECTION "optional"

enum {
    OPTIONAL_LEVELS = 12, // shown at first; fewer when the scaffold gets too large
    COMFORTABLE_BYTES = 200 * 1024,
    MAX_BYTES = 32 * 1024 * 1024,
    NOTE_MAX_BYTES = 16 * 1024,
    COLUMNS = 100,
};

struct scaffold {
    const struct soap_operation *operation;
    struct soap_writer writer;
    struct soap_plan plan;
    int levels;
    size_t todos;
};

// How often a part may stand there, and whether it was chosen.
struct times {
    int64_t min, max;
    bool is_off; // another branch of the choice is sent
};

static void write_element(struct scaffold *scaffold, const struct soap_frame *up,
                          const struct shape_element *declared, struct times times);
static void write_particle(struct scaffold *scaffold, const struct soap_frame *frame,
                           const struct shape_particle *particle, struct times times);

static struct times times_of(const struct shape_particle *particle)
{
    return (struct times){particle->min, particle->max, false};
}

// --- comments ---

// What may not stand in a comment of XML, or would be a tag.
static void add_clean(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char before = out->len ? out->data[out->len - 1] : ' ';
        if ((text.data[i] == '-' || text.data[i] == '{') && before == text.data[i])
            buf_add_char(out, ' ');
        buf_add_char(out, text.data[i]);
    }
}

static size_t line_length(const struct buf *text)
{
    size_t length = 0;
    for (size_t at = text->len; at > 0 && text->data[at - 1] != '\n'; at--)
        length += (text->data[at - 1] & 0xc0) != 0x80;
    return length;
}

// Broken at blanks, with what follows under the first word.
static void add_wrapped(struct soap_writer *writer, struct str text)
{
    for (size_t i = 0; i < text.len;) {
        size_t word = 0;
        while (i + word < text.len && text.data[i + word] != ' ')
            word++;
        if (line_length(&writer->text) + word + 5 > COLUMNS && i) {
            soap_writer_indent(writer);
            buf_add_str(&writer->text, STR("    "));
        }
        buf_add_char(&writer->text, ' ');
        for (size_t j = i; j < i + word; j++)
            buf_add_char(&writer->text, text.data[j] == SOAP_NOTE_BLANK ? ' ' : text.data[j]);
        i += word;
        while (i < text.len && text.data[i] == ' ')
            i++;
    }
}

static void write_comment(struct scaffold *scaffold, const struct buf *note)
{
    struct soap_writer *writer = &scaffold->writer;
    AUTO_BUF struct buf clean;
    buf_init(&clean, 2 * NOTE_MAX_BYTES);
    add_clean(&clean, buf_str(note));
    soap_writer_indent(writer);
    buf_add_str(&writer->text, STR("<!--"));
    add_wrapped(writer, buf_str(&clean));
    buf_add_str(&writer->text, STR(" -->"));
}

static void write_remark(struct scaffold *scaffold, const char *words)
{
    AUTO_BUF struct buf note;
    buf_init(&note, NOTE_MAX_BYTES);
    buf_add_str(&note, str_from(words));
    write_comment(scaffold, &note);
}

static void write_section(struct scaffold *scaffold, char kind, const char *name)
{
    soap_writer_indent(&scaffold->writer);
    buf_printf(&scaffold->writer.text, "{{%c%s}}", kind, name);
}

// --- attributes ---

// A text as it is: no tag may be made of it.
static void add_literal(struct scaffold *scaffold, const char *text)
{
    struct soap_writer *writer = &scaffold->writer;
    AUTO_BUF struct buf plain;
    buf_init(&plain, MAX_BYTES);
    for (; *text; text++) {
        if (text[0] == '{' && text[1] == '{') {
            buf_add_char(&plain, '\0');
            soap_writer_escaped(writer, plain.data);
            buf_add_str(&writer->text, STR("&#123;"));
            buf_clear(&plain);
        } else {
            buf_add_char(&plain, *text);
        }
    }
    buf_add_char(&plain, '\0');
    soap_writer_escaped(writer, plain.data);
}

static void add_planned(struct scaffold *scaffold, const struct soap_planned *planned)
{
    if (planned->is_tag)
        buf_add_str(&scaffold->writer.text, str_from(planned->text));
    else
        add_literal(scaffold, planned->text);
}

static void add_hint(struct buf *note, const char *name, const struct soap_planned *planned)
{
    if (planned->is_todo && soap_fill_is_secret(name))
        buf_add_str(note, STR("; better from a secret of the service than from this file"));
    if (planned->is_todo && planned->element)
        buf_printf(note, "; like %s, whose values do not fit as they are", planned->element);
}

// Those that are filled in or required; the others are told. `is_dead`: inside a comment, where no
// tag may be.
static void add_attributes(struct scaffold *scaffold, const struct soap_frame *frame, bool is_dead,
                           struct buf *note, bool *ret_todo)
{
    struct soap_writer *writer = &scaffold->writer;
    size_t told = 0;
    for (size_t i = 0; i < frame->type->attribute_count; i++) {
        const struct shape_attribute *attribute = &frame->type->attributes[i];
        if (soap_walk_is_own_attribute(attribute, scaffold->plan.is_encoded))
            continue;
        struct soap_planned planned = soap_plan_attribute(&scaffold->plan, frame, attribute);
        buf_add_str(note, told++ ? STR(", ") : STR("; attributes: "));
        soap_note_attribute(note, attribute);
        if (!attribute->is_required && (is_dead || !planned.is_tag))
            continue;
        add_hint(note, attribute->name.local, &planned);
        *ret_todo |= planned.is_todo;
        buf_printf(&writer->text, " %s=\"", soap_writer_name(writer, attribute->name));
        add_planned(scaffold, &planned);
        buf_add_char(&writer->text, '"');
    }
}

static void write_start(struct scaffold *scaffold, const struct soap_frame *frame, bool is_dead,
                        struct buf *note, bool *ret_todo)
{
    struct soap_writer *writer = &scaffold->writer;
    buf_printf(&writer->text, "<%s", soap_writer_name(writer, frame->element->name));
    soap_walk_write_types(writer, frame, scaffold->plan.is_encoded);
    add_attributes(scaffold, frame, is_dead, note, ret_todo);
}

static void write_end(struct scaffold *scaffold, const struct soap_frame *frame)
{
    buf_printf(&scaffold->writer.text, "</%s>",
               soap_writer_name(&scaffold->writer, frame->element->name));
}

// --- elements without others inside ---

// Puts the note behind what was written since `from`, or in front when it does not fit the line.
static void place_note(struct scaffold *scaffold, size_t from, const struct buf *note)
{
    struct buf *text = &scaffold->writer.text;
    if (text->overflowed)
        return;
    bool has_blanks = note->len && memchr(note->data, SOAP_NOTE_BLANK, note->len);
    if (line_length(text) + note->len + 10 <= COLUMNS && !has_blanks) {
        buf_add_str(text, STR(" <!-- "));
        add_clean(text, buf_str(note));
        buf_add_str(text, STR(" -->"));
        return;
    }
    struct str written =
        arena_copy(scaffold->writer.arena, (struct str){text->data + from, text->len - from});
    text->len = from;
    write_comment(scaffold, note);
    buf_add_str(text, written);
}

static void write_dead_leaf(struct scaffold *scaffold, const struct soap_frame *frame,
                            const struct soap_planned *planned, struct times times)
{
    struct soap_writer *writer = &scaffold->writer;
    AUTO_BUF struct buf note;
    bool has_todo = false;
    buf_init(&note, NOTE_MAX_BYTES);
    soap_writer_indent(writer);
    buf_add_str(&writer->text, STR("<!-- "));
    size_t from = writer->text.len;
    soap_note_element(&note, frame->element, frame->type, times.min, times.max);
    write_start(scaffold, frame, true, &note, &has_todo);
    buf_add_char(&writer->text, '>');
    add_planned(scaffold, planned); // a tag is none once it is clean
    write_end(scaffold, frame);
    add_hint(&note, frame->element->name.local, planned);
    soap_note_meaning(&note, frame->element);
    struct str element =
        arena_copy(writer->arena, (struct str){writer->text.data + from, writer->text.len - from});
    writer->text.len = from - 1;
    AUTO_BUF struct buf clean;
    buf_init(&clean, 3 * NOTE_MAX_BYTES);
    add_clean(&clean, element);
    buf_add_char(&clean, ' ');
    add_clean(&clean, buf_str(&note));
    add_wrapped(writer, buf_str(&clean));
    buf_add_str(&writer->text, STR(" -->"));
}

static void write_leaf(struct scaffold *scaffold, const struct soap_frame *frame,
                       struct times times)
{
    struct soap_writer *writer = &scaffold->writer;
    bool is_optional = times.min == 0 || times.is_off, has_todo = false;
    const char *policy = is_optional ? "omit" : frame->element->is_nillable ? "nil" : "";
    const struct soap_planned planned = soap_plan_element(&scaffold->plan, frame, policy);
    bool is_sent = planned.is_tag && !soap_plan_structure(&scaffold->plan, frame).has_todo;
    if (times.is_off || (is_optional && !is_sent)) {
        write_dead_leaf(scaffold, frame, &planned, times);
        return;
    }
    AUTO_BUF struct buf note, all;
    buf_init(&note, NOTE_MAX_BYTES);
    buf_init(&all, NOTE_MAX_BYTES);
    size_t from = writer->text.len;
    soap_writer_indent(writer);
    soap_note_element(&note, frame->element, frame->type, times.min, times.max);
    write_start(scaffold, frame, false, &note, &has_todo);
    buf_add_char(&writer->text, '>');
    add_planned(scaffold, &planned);
    write_end(scaffold, frame);
    add_hint(&note, frame->element->name.local, &planned);
    soap_note_meaning(&note, frame->element);
    has_todo |= planned.is_todo;
    scaffold->todos += has_todo;
    buf_printf(&all, "%s%.*s", has_todo ? "TODO: " : "", STR_ARG(buf_str(&note)));
    place_note(scaffold, from, &all);
}

// --- structures ---

static void write_inside(struct scaffold *scaffold, const struct soap_frame *frame)
{
    const struct shape_particle *content = frame->type->content;
    if (soap_walk_is_array(frame, scaffold->plan.is_encoded)) {
        const struct shape_element item = soap_walk_item(frame);
        write_element(scaffold, frame, &item, (struct times){1, SHAPE_UNBOUNDED, false});
    } else if (content) {
        write_particle(scaffold, frame, content, times_of(content));
    }
}

// An optional part: as it is, under the condition that what it requires is known, or not sent.
static const char *open_part(struct scaffold *scaffold, struct times times, struct soap_worth worth)
{
    if (times.min > 0 && !times.is_off)
        return NULL;
    bool is_sent = worth.is_filled && !times.is_off;
    const char *section = !is_sent ? OFF_SECTION : worth.required;
    if (!is_sent)
        write_remark(scaffold,
                     "off: to send this part, delete the next line and the one like it at its end");
    if (section)
        write_section(scaffold, '#', section);
    return section;
}

static void close_part(struct scaffold *scaffold, const char *section)
{
    if (section)
        write_section(scaffold, '/', section);
}

static void write_structure(struct scaffold *scaffold, const struct soap_frame *frame,
                            struct times times)
{
    struct soap_writer *writer = &scaffold->writer;
    AUTO_BUF struct buf note;
    bool has_todo = false;
    buf_init(&note, NOTE_MAX_BYTES);
    bool is_optional = times.min == 0 || times.is_off;
    struct soap_worth worth = {0};
    if (is_optional && !times.is_off)
        worth = soap_plan_structure(&scaffold->plan, frame);
    size_t from = writer->text.len;
    soap_writer_indent(writer);
    soap_note_element(&note, frame->element, frame->type, times.min, times.max);
    write_start(scaffold, frame, false, &note, &has_todo);
    buf_add_char(&writer->text, '>');
    if (writer->text.overflowed)
        return;
    // The note and a section go in front of the start tag, which says what is in the note.
    struct str start =
        arena_copy(writer->arena, (struct str){writer->text.data + from, writer->text.len - from});
    writer->text.len = from;
    if (has_todo)
        buf_add_str(&note, STR("; TODO: its attributes"));
    soap_note_meaning(&note, frame->element);
    scaffold->todos += has_todo;
    write_comment(scaffold, &note);
    const char *section = open_part(scaffold, times, worth);
    buf_add_str(&writer->text, start);
    writer->level++;
    write_inside(scaffold, frame);
    writer->level--;
    soap_writer_indent(writer);
    write_end(scaffold, frame);
    close_part(scaffold, section);
}

static void write_pointer(struct scaffold *scaffold, const struct soap_frame *frame,
                          struct times times, const char *why)
{
    AUTO_BUF struct buf note;
    buf_init(&note, NOTE_MAX_BYTES);
    buf_printf(&note, "%s: ", frame->element->name.local);
    soap_note_element(&note, frame->element, frame->type, times.min, times.max);
    buf_printf(&note, "; %s", why);
    write_comment(scaffold, &note);
}

static void write_element(struct scaffold *scaffold, const struct soap_frame *up,
                          const struct shape_element *declared, struct times times)
{
    struct soap_writer *writer = &scaffold->writer;
    const struct soap_frame frame = soap_walk_enter(scaffold->plan.heights, up, declared);
    bool is_optional = times.min == 0 || times.is_off;
    bool ends = soap_walk_ends(scaffold->plan.heights, &frame);
    if (soap_plan_is_leaf(&scaffold->plan, &frame)) {
        write_leaf(scaffold, &frame, times);
    } else if (is_optional && soap_walk_is_open(up, frame.type)) {
        write_pointer(scaffold, &frame, times, "of the same structure as above");
    } else if (is_optional && frame.level > scaffold->levels) {
        write_pointer(scaffold, &frame, times, "what is in it is not shown here");
    } else if (!ends ||
               (frame.is_minimal && (frame.element->is_nillable || scaffold->plan.is_encoded))) {
        soap_writer_indent(writer);
        soap_walk_write_nil(writer, soap_writer_name(writer, frame.element->name));
    } else {
        write_structure(scaffold, &frame, times);
    }
}

// --- groups ---

static void write_choice(struct scaffold *scaffold, const struct soap_frame *frame,
                         const struct shape_particle *choice, bool is_off)
{
    const struct shape_particle *sent =
        is_off ? NULL : soap_plan_branch(&scaffold->plan, frame, choice);
    char *words =
        arena_printf(scaffold->writer.arena, "choice: one of the next %zu", choice->count);
    if (choice->count > 1)
        write_remark(scaffold, words);
    for (size_t i = 0; i < choice->count; i++) {
        const struct shape_particle *branch = &choice->children[i];
        struct times times = times_of(branch);
        times.is_off = branch != sent;
        if (i)
            write_remark(scaffold, "or");
        write_particle(scaffold, frame, branch, times);
    }
    if (choice->count > 1)
        write_remark(scaffold, "end of the choice");
}

static void write_members(struct scaffold *scaffold, const struct soap_frame *frame,
                          const struct shape_particle *group, bool is_off)
{
    if (group->kind == SHAPE_CHOICE) {
        write_choice(scaffold, frame, group, is_off);
        return;
    }
    for (size_t i = 0; i < group->count; i++)
        write_particle(scaffold, frame, &group->children[i], times_of(&group->children[i]));
}

static void write_group(struct scaffold *scaffold, const struct soap_frame *frame,
                        const struct shape_particle *group, struct times times)
{
    bool is_choice = group->kind == SHAPE_CHOICE;
    bool is_plain = times.min == 1 && times.max == 1 && !times.is_off;
    if (is_plain || group->count == 0) {
        write_members(scaffold, frame, group, false);
        return;
    }
    AUTO_BUF struct buf note;
    buf_init(&note, NOTE_MAX_BYTES);
    buf_printf(&note, "%s: ", is_choice ? "the next choice" : "the next ones together");
    soap_note_times(&note, times.min, times.max);
    if (times.min != times.max)
        write_comment(scaffold, &note);
    struct soap_worth worth = {0};
    if (times.min == 0 && !times.is_off)
        worth = soap_plan_group(&scaffold->plan, frame, group);
    const char *section = open_part(scaffold, times, worth);
    write_members(scaffold, frame, group, false);
    close_part(scaffold, section);
}

static void write_wildcard(struct scaffold *scaffold, const struct shape_particle *wildcard,
                           struct times times)
{
    struct soap_writer *writer = &scaffold->writer;
    AUTO_BUF struct buf note;
    buf_init(&note, NOTE_MAX_BYTES);
    bool is_required = times.min > 0 && !times.is_off;
    buf_printf(&note, "%sother elements may stand here (%.300s), ", is_required ? "TODO: " : "",
               wildcard->namespaces);
    soap_note_times(&note, times.min, times.max);
    write_comment(scaffold, &note);
    if (!is_required)
        return;
    scaffold->todos++;
    soap_writer_indent(writer);
    buf_printf(&writer->text, "<%s/>",
               soap_writer_name(writer, soap_walk_foreign(writer->arena, wildcard)));
}

static void write_particle(struct scaffold *scaffold, const struct soap_frame *frame,
                           const struct shape_particle *particle, struct times times)
{
    bool is_optional = times.min == 0 || times.is_off;
    if (times.max == 0 || scaffold->writer.text.overflowed || (frame->is_minimal && is_optional))
        return;
    if (particle->kind == SHAPE_ELEMENT)
        write_element(scaffold, frame, particle->element, times);
    else if (particle->kind == SHAPE_WILDCARD)
        write_wildcard(scaffold, particle, times);
    else
        write_group(scaffold, frame, particle, times);
}

// --- the message ---

static void write_parts(struct scaffold *scaffold, const struct shape_part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        write_element(scaffold, NULL, parts[i].element, (struct times){1, 1, false});
}

static void write_message(struct scaffold *scaffold, const struct shape_message *message)
{
    struct soap_writer *writer = &scaffold->writer;
    if (message->header_count) {
        scaffold->plan.is_header = true;
        soap_writer_begin_header(writer);
        write_parts(scaffold, message->headers, message->header_count);
        soap_writer_end_header(writer);
        scaffold->plan.is_header = false;
    }
    bool is_rpc = *message->wrapper.local != '\0';
    scaffold->plan.is_encoded = message->is_encoded;
    scaffold->plan.heights = soap_heights_new(writer->arena, message->is_encoded);
    soap_writer_begin_body(writer);
    if (is_rpc)
        soap_walk_begin_wrapper(writer, message);
    write_parts(scaffold, message->parts, message->part_count);
    if (is_rpc)
        soap_walk_end_wrapper(writer, message);
    soap_writer_end_body(writer);
}

// What stands before the envelope.
static struct str preamble(struct scaffold *scaffold, const struct shape_operation *shape)
{
    const struct soap_module_operation *facts = scaffold->operation->facts;
    struct scaffold top = {.writer = {.arena = scaffold->writer.arena, .level = 0}};
    AUTO_BUF struct buf note;
    buf_init(&note, NOTE_MAX_BYTES);
    buf_init(&top.writer.text, MAX_BYTES);
    buf_printf(&note, "%s of %s, port %s: SOAP %s, %s style.", facts->name,
               scaffold->operation->module->table->name, facts->port,
               facts->version == 12 ? "1.2" : "1.1", facts->style);
    if (*shape->documentation) {
        buf_add_char(&note, ' ');
        soap_note_documentation(&note, shape->documentation);
    }
    write_comment(&top, &note);
    buf_clear(&note);
    if (scaffold->todos)
        buf_printf(&note, "%zu %s marked TODO: a valid text stands there, which is not yours.",
                   scaffold->todos, scaffold->todos == 1 ? "place is" : "places are");
    else
        buf_add_str(&note,
                    STR("Data elements of like name are filled in: see that each is meant."));
    write_comment(&top, &note);
    buf_add_char(&top.writer.text, '\n');
    struct str result = arena_copy(scaffold->writer.arena, buf_str(&top.writer.text));
    soap_writer_finish(&top.writer);
    return result;
}

struct str soap_scaffold(const struct soap_operation *operation, struct arena *arena)
{
    const struct shape_operation *shape = soap_shape(operation);
    for (int levels = OPTIONAL_LEVELS;; levels = levels * 3 / 4) {
        struct scaffold scaffold = {.operation = operation, .levels = levels};
        scaffold.plan =
            (struct soap_plan){.arena = arena, .heights = soap_heights_new(arena, false)};
        soap_writer_init(&scaffold.writer, arena, soap_operation_version(operation),
                         levels ? COMFORTABLE_BYTES : MAX_BYTES);
        write_message(&scaffold, &shape->input);
        bool is_done = !scaffold.writer.text.overflowed || !levels;
        struct str result = {0};
        if (is_done)
            result = soap_writer_envelope(&scaffold.writer, preamble(&scaffold, shape));
        soap_writer_finish(&scaffold.writer);
        if (is_done)
            return result;
    }
}
