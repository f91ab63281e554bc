// SPDX-License-Identifier: GPL-3.0-or-later
//
// From nodes of the YAML tree to fields of structs: a mapping is read by a table that says of each
// key how it is read, where it goes and what its limits are. Knows kinds of values, not what any
// key means. A mistake becomes a fault and leaves the field as it was, so reading always goes on.

#ifndef EDGE_CONFIG_READ_H
#define EDGE_CONFIG_READ_H

#include "edge/config.h"
#include "edge/config_yaml.h"

struct config_reader {
    const char *file;      // as the person named it
    struct arena *arena;   // of the configuration
    struct arena *scratch; // of the reading; the tree lives here
    struct fault_list *faults;
    // What services and routes refer to, known once the top level is read.
    const char *templates_dir;
    const struct node *sources, *surveys, *services; // mappings; NULL: none
};

struct config_field;
// Reads `value` into what `ret` points to: the field at `offset` of the mapping's struct.
typedef void config_read_fn(struct config_reader *reader, const struct config_field *field,
                            const struct node *value, void *ret);

struct config_field {
    const char *key;
    config_read_fn *read;
    size_t offset;
    int64_t min, max; // of a number, a duration (ms) or a size (bytes)
    bool is_required;
};

// Reads a mapping; unknown and missing keys are faults. False when it is no mapping at all.
bool config_read_map(struct config_reader *reader, const struct node *map, const char *what,
                     const struct config_field *fields, size_t count, void *ret);

config_read_fn config_read_text;     // const char *, never empty
config_read_fn config_read_name;     // const char *: letters, digits, '.', '_', '-'; at most 64
config_read_fn config_read_path;     // const char *, made relative to the working directory
config_read_fn config_read_int;      // int
config_read_fn config_read_bool;     // bool
config_read_fn config_read_factor;   // double, with at most three decimals
config_read_fn config_read_duration; // int64_t, milliseconds
config_read_fn config_read_size;     // size_t, bytes
config_read_fn config_read_secret;   // struct str, from {env: NAME} or {file: PATH}
config_read_fn config_read_node;     // const struct node *, to be read later

// The place of a word in a list of words; false, with a fault, when it is not there.
bool config_read_choice(struct config_reader *reader, const struct config_field *field,
                        const struct node *value, const char *const *words, size_t count,
                        size_t *ret);
// True for a text that is not empty; otherwise a fault.
bool config_is_text(struct config_reader *reader, const char *key, const struct node *value);
// A list of texts; one text stands for a list of one.
size_t config_text_count(const struct node *value);
const struct node *config_text_at(const struct node *value, size_t index);
// True when it is one, of at least one text; otherwise a fault.
bool config_is_texts(struct config_reader *reader, const char *key, const struct node *value);
// The static names of triggers; NULL for one that there is not, which is a fault. NULL and 0 when
// it is no list of texts.
const char *const *config_read_triggers(struct config_reader *reader, const char *key,
                                        const struct node *value, size_t *ret_count);
// True for a mapping of at most `max` members, whatever they are; otherwise a fault.
bool config_is_small_map(struct config_reader *reader, const char *key, const struct node *value,
                         size_t max);
// True for a name as config_read_name takes it; otherwise a fault.
bool config_is_name(struct config_reader *reader, const char *what, const struct node *value);

void config_fault(struct config_reader *reader, const struct node *at, const char *format, ...)
    PRINTF_LIKE(3, 4);
// "; did you mean 'x'?", or the choices when they are few, or "".
const char *config_hint(struct config_reader *reader, struct str word,
                        const char *const *candidates, size_t count);
// The same for the keys of a mapping.
const char *config_hint_key(struct config_reader *reader, struct str word, const struct node *map);
// "'text'", "a list", "a mapping" or "nothing", for sentences.
const char *config_found(struct config_reader *reader, const struct node *value);

bool config_is_loopback(const char *host); // of listen_host

struct config_place config_place_of(const struct node *node);

#endif
