// SPDX-License-Identifier: GPL-3.0-or-later
//
// YAML text to a tree of texts, lists and mappings, each with its place. Knows the grammar and what
// a hostile file can do with it, not which keys mean something. Nothing is typed here: `yes`, `1`
// and `"1"` are texts, and the reader of a key decides. Door to the YAML library.

#ifndef EDGE_CONFIG_YAML_H
#define EDGE_CONFIG_YAML_H

#include "base/err.h"

enum node_kind { NODE_TEXT, NODE_LIST, NODE_MAP };

struct node {
    enum node_kind kind;
    int line, column;
    struct str text; // NODE_TEXT: UTF-8 without U+0000, ends with NUL
    bool is_quoted; // NODE_TEXT: in quotes or a block, so that "null" is a word and null is nothing
    struct node_member *members; // NODE_LIST, NODE_MAP: in the order of the file
    size_t count;
    const size_t *sorted; // NODE_MAP: indexes of the members by key
    size_t weight,
        height; // all nodes below and itself, aliases counted each time; longest way down
};

struct node_member {
    const struct node *key; // a text; NULL in a list
    const struct node *value;
};

// Parses one document. True when ret holds a tree, even if there are faults: a key that is there
// twice is reported and the reading goes on.
bool node_parse(struct arena *arena, const char *file, struct str text, const struct node **ret,
                struct fault_list *faults) MUST_CHECK;

// A mapping made of members that are there already, at the place of `at`. No key twice.
const struct node *node_make_map(struct arena *arena, const struct node *at,
                                 struct node_member *members, size_t count);

// The index of the member with that key; false when there is none.
bool node_find(const struct node *map, struct str key, size_t *ret);
// Nothing was written: `key:`, `key: ~` or `key: null`.
bool node_is_empty(const struct node *node);

#endif
