// SPDX-License-Identifier: GPL-3.0-or-later
//
// `switchhook elements` and `switchhook sample`: what the catalogue knows, for people at a terminal
// and for pipes. They need no configuration and open nothing.

#include "cli.h"

#include "core/catalogue.h"
#include "core/sample.h"
#include "core/schema.h"
#include "core/template.h"

#include <stdio.h>

enum {
    EXAMPLE_SHOWN_BYTES = 40,
    OUTPUT_MAX_BYTES = 8 << 20, // the whole catalogue, indented, has 500 KB
};

// The words of a command line: at most one trigger, and options of one's own.
struct line {
    const char *trigger; // static; NULL: none
    struct option {
        const char *name;
        bool is_given;
    } options[3];
};

static bool find_option(struct line *line, const char *word)
{
    for (size_t i = 0; i < COUNT_OF(line->options); i++) {
        if (line->options[i].name && strcmp(word, line->options[i].name) == 0)
            return line->options[i].is_given = true;
    }
    return false;
}

static bool find_trigger(struct line *line, const char *word)
{
    line->trigger = event_trigger(str_from(word));
    if (line->trigger)
        return true;
    size_t count;
    const char *const *triggers = event_triggers(&count);
    const char *nearest = err_nearest(str_from(word), triggers, count);
    fprintf(stderr, "switchhook: there is no trigger `%s`", word);
    if (nearest)
        fprintf(stderr, "; did you mean `%s`?\n", nearest);
    else
        fprintf(stderr, "; docs/elements.md names them all\n");
    return false;
}

// False after telling what is wrong.
static bool read_line(int argc, char **argv, const char *usage, struct line *line)
{
    const char *trigger = NULL;
    for (int i = 0; i < argc; i++) {
        if (find_option(line, argv[i]))
            continue;
        if (argv[i][0] == '-' || trigger) {
            fprintf(stderr, "usage: switchhook %s\n", usage);
            return false;
        }
        trigger = argv[i];
    }
    return !trigger || find_trigger(line, trigger);
}

static void print_json(const struct json *value)
{
    AUTO_BUF struct buf out;
    buf_init(&out, OUTPUT_MAX_BYTES);
    json_write(&out, value, JSON_INDENTED);
    require(!out.overflowed);
    printf("%.*s\n", STR_ARG(buf_str(&out)));
}

// --- elements ---

static bool is_carried(const struct catalogue_element *element, const char *trigger)
{
    size_t index;
    return !trigger ||
           (catalogue_trigger_index(str_from(trigger), &index) && element->triggers >> index & 1);
}

static void print_row(int name_width, const char *name, const char *mark, const char *type,
                      const char *example)
{
    bool is_long = strlen(example) > EXAMPLE_SHOWN_BYTES;
    printf("%-*s  %-10s  %-8s  %.*s%s\n", name_width, name, mark, type, EXAMPLE_SHOWN_BYTES,
           example, is_long ? "..." : "");
}

static void print_table(const char *trigger)
{
    size_t count, widest = 0;
    const struct catalogue_element *elements = catalogue_elements(&count);
    for (size_t i = 0; i < count; i++) {
        size_t width = is_carried(&elements[i], trigger) ? strlen(elements[i].name) : 0;
        widest = width > widest ? width : widest;
    }
    print_row((int)widest, "ELEMENT", "MARK", "TYPE", "EXAMPLE");
    for (size_t i = 0; i < count; i++) {
        if (is_carried(&elements[i], trigger))
            print_row((int)widest, elements[i].name, catalogue_mark_word(elements[i].mark),
                      catalogue_type_word(elements[i].type), elements[i].example);
    }
}

int cli_elements(int argc, char **argv)
{
    struct line line = {.options = {{.name = "--json"}}};
    if (!read_line(argc, argv, "elements [TRIGGER] [--json]", &line))
        return CLI_USAGE;
    AUTO_ARENA struct arena *arena = arena_new();
    if (line.options[0].is_given)
        print_json(schema_catalogue(arena, line.trigger));
    else
        print_table(line.trigger);
    return CLI_OK;
}

// --- sample ---

static void write_field(struct buf *out, struct str name, const struct json *value)
{
    AUTO_BUF struct buf scratch;
    buf_init(&scratch, OUTPUT_MAX_BYTES);
    if (out->len)
        buf_add_char(out, '&');
    template_write_escaped(out, name, TEMPLATE_FORM);
    buf_add_char(out, '=');
    template_write_escaped(out, json_as_text(value, &scratch), TEMPLATE_FORM);
}

static bool is_texts(const struct json *value)
{
    return value->kind == JSON_ARRAY && value->array.count &&
           value->array.items[0]->kind == JSON_STRING;
}

// A list of texts becomes a repeated field, as a form of check boxes sends it.
static void print_form(const struct json *elements)
{
    AUTO_BUF struct buf out;
    buf_init(&out, OUTPUT_MAX_BYTES);
    for (size_t i = 0; i < elements->object.count; i++) {
        const struct json_member *member = &elements->object.members[i];
        if (!is_texts(member->value))
            write_field(&out, member->name, member->value);
        for (size_t j = 0; is_texts(member->value) && j < member->value->array.count; j++)
            write_field(&out, member->name, member->value->array.items[j]);
    }
    require(!out.overflowed);
    printf("%.*s\n", STR_ARG(buf_str(&out)));
}

int cli_sample(int argc, char **argv)
{
    static const char usage[] = "sample TRIGGER [--full|--minimal] [--form]";
    struct line line = {.options = {{.name = "--full"}, {.name = "--minimal"}, {.name = "--form"}}};
    if (!read_line(argc, argv, usage, &line))
        return CLI_USAGE;
    bool is_full = line.options[0].is_given, is_minimal = line.options[1].is_given;
    if (!line.trigger || (is_full && is_minimal)) {
        fprintf(stderr, "usage: switchhook %s\n", usage);
        return CLI_USAGE;
    }
    AUTO_ARENA struct arena *arena = arena_new();
    const struct json *elements = sample_elements(arena, line.trigger,
                                                  is_full      ? SAMPLE_FULL
                                                  : is_minimal ? SAMPLE_MINIMAL
                                                               : SAMPLE_USUAL,
                                                  NULL);
    if (line.options[2].is_given)
        print_form(elements);
    else
        print_json(elements);
    return CLI_OK;
}
