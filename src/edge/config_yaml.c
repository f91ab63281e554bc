// SPDX-License-Identifier: GPL-3.0-or-later
//
// The tree of a YAML file, made from the library's events. An alias shares the node of its anchor;
// so that a few lines cannot stand for millions of nodes, each node knows how many it stands for.

#include "edge/config_yaml.h"

#include <yaml.h>

enum {
    MAX_NODES = 1000 * 1000, // aliases counted each time
    MAX_HEIGHT = 32,
    MAX_ANCHORS = 100,
};

struct anchor {
    const char *name;
    const struct node *node; // NULL while it is being read
};

struct loader {
    struct arena *arena;
    const char *file;
    struct fault_list *faults;
    yaml_parser_t parser;
    size_t nodes;
    struct anchor anchors[MAX_ANCHORS];
    size_t anchor_count;
};

// --- syntax errors in plain words ---

static const struct {
    const char *library, *words;
} syntax_words[] = {
    {"found character that cannot start any token",
     "this character cannot start a value: put the value in quotes; a tab cannot indent"},
    {"mapping values are not allowed in this context",
     "a ':' is not possible here: put the value in quotes, or check the indentation"},
    {"could not find expected ':'", "a line 'key: value' is expected here, and there is no ':'"},
    {"did not find expected key", "the indentation does not fit the lines above"},
    {"did not find expected '-' indicator", "the indentation does not fit the list above"},
    {"did not find expected ',' or '}'", "a '{' is not closed, or a ',' is missing"},
    {"did not find expected ',' or ']'", "a '[' is not closed, or a ',' is missing"},
    {"did not find expected node content", "a value is missing here"},
    {"did not find expected <document start>", "the indentation does not fit the lines above"},
    {"block sequence entries are not allowed in this context",
     "a list cannot begin here: put '-' on a line of its own"},
    {"found unexpected end of stream", "quotes are opened and not closed"},
    {"found unexpected document indicator", "quotes are opened and not closed"},
    {"found unknown escape character",
     "in double quotes a backslash begins an escape, and this one is unknown: use single quotes"},
};

static const char *plain_words(const char *library)
{
    for (size_t i = 0; i < COUNT_OF(syntax_words); i++) {
        if (strcmp(library, syntax_words[i].library) == 0)
            return syntax_words[i].words;
    }
    return library;
}

static int line_of(yaml_mark_t mark)
{
    return (int)mark.line + 1;
}

static int column_of(yaml_mark_t mark)
{
    return (int)mark.column + 1;
}

static void report_syntax(struct loader *loader)
{
    const yaml_parser_t *parser = &loader->parser;
    const char *problem = parser->problem ? parser->problem : "the file is no YAML";
    yaml_mark_t at = parser->error == YAML_READER_ERROR ? parser->mark : parser->problem_mark;
    bool is_within = parser->context && parser->context_mark.line != at.line;
    if (is_within)
        fault_add(loader->faults, loader->file, line_of(at), column_of(at),
                  "%s (in what begins in line %d)", plain_words(problem),
                  line_of(parser->context_mark));
    else
        fault_add(loader->faults, loader->file, line_of(at), column_of(at), "%s",
                  plain_words(problem));
}

// --- events to nodes ---

static bool next_event(struct loader *loader, yaml_event_t *ret)
{
    if (yaml_parser_parse(&loader->parser, ret))
        return true;
    report_syntax(loader);
    return false;
}

static void event_cleanup(yaml_event_t *event)
{
    yaml_event_delete(event);
}

#define AUTO_EVENT __attribute__((cleanup(event_cleanup)))

PRINTF_LIKE(3, 4)
static bool refuse(struct loader *loader, const yaml_event_t *event, const char *format, ...)
{
    char text[200];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    fault_add(loader->faults, loader->file, line_of(event->start_mark),
              column_of(event->start_mark), "%s", text);
    return false;
}

static bool count_nodes(struct loader *loader, const yaml_event_t *event, size_t weight)
{
    loader->nodes += weight;
    return loader->nodes <= MAX_NODES ||
           refuse(loader, event, "the file has more than %d values, aliases included", MAX_NODES);
}

static const char *anchor_of(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return (const char *)event->data.scalar.anchor;
    case YAML_SEQUENCE_START_EVENT:
        return (const char *)event->data.sequence_start.anchor;
    case YAML_MAPPING_START_EVENT:
        return (const char *)event->data.mapping_start.anchor;
    default:
        return NULL;
    }
}

static bool has_tag(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return event->data.scalar.tag != NULL;
    case YAML_SEQUENCE_START_EVENT:
        return event->data.sequence_start.tag != NULL;
    case YAML_MAPPING_START_EVENT:
        return event->data.mapping_start.tag != NULL;
    default:
        return false;
    }
}

static struct anchor *find_anchor(struct loader *loader, const char *name)
{
    for (size_t i = 0; i < loader->anchor_count; i++) {
        if (strcmp(loader->anchors[i].name, name) == 0)
            return &loader->anchors[i];
    }
    return NULL;
}

// Makes room for the anchor of an event, if it has one; its node comes when it is complete.
static bool open_anchor(struct loader *loader, const yaml_event_t *event, struct anchor **ret)
{
    const char *name = anchor_of(event);
    struct anchor *anchor = name ? find_anchor(loader, name) : NULL;
    if (name && !anchor) {
        if (loader->anchor_count == MAX_ANCHORS)
            return refuse(loader, event, "more than %d anchors", MAX_ANCHORS);
        anchor = &loader->anchors[loader->anchor_count++];
        anchor->name = arena_strdup(loader->arena, name);
    }
    if (anchor)
        anchor->node = NULL;
    *ret = anchor;
    return true;
}

static bool resolve_alias(struct loader *loader, const yaml_event_t *event, size_t depth,
                          const struct node **ret)
{
    const char *name = (const char *)event->data.alias.anchor;
    const struct anchor *anchor = find_anchor(loader, name);
    if (!anchor)
        return refuse(loader, event, "alias '*%.60s' has no anchor '&%.60s' before it", name, name);
    if (!anchor->node)
        return refuse(loader, event, "alias '*%.60s' stands within its own anchor", name);
    if (depth + anchor->node->height > MAX_HEIGHT)
        return refuse(loader, event, "nested deeper than %d", MAX_HEIGHT);
    if (!count_nodes(loader, event, anchor->node->weight))
        return false;
    *ret = anchor->node;
    return true;
}

static bool read_text(struct loader *loader, const yaml_event_t *event, struct node *node)
{
    struct str text = {(const char *)event->data.scalar.value, event->data.scalar.length};
    if (memchr(text.data, '\0', text.len))
        return refuse(loader, event, "a text with the character U+0000");
    node->text = arena_copy(loader->arena, text);
    node->is_quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    return true;
}

static bool read_node(struct loader *loader, const yaml_event_t *event, size_t depth,
                      const struct node **ret);

// The members of a list or a mapping, gathered outside of the arena: it cannot grow a piece.
struct gathered {
    struct node_member *members;
    size_t count, capacity;
};

static void gather(struct gathered *gathered, struct node_member member)
{
    if (gathered->count == gathered->capacity) {
        gathered->capacity = gathered->capacity ? gathered->capacity * 2 : 8;
        gathered->members =
            mem_grow(gathered->members, gathered->capacity * sizeof(*gathered->members));
    }
    gathered->members[gathered->count++] = member;
}

static bool read_key(struct loader *loader, const yaml_event_t *event, size_t depth,
                     const struct node **ret)
{
    const struct node *key;
    if (!read_node(loader, event, depth, &key))
        return false;
    if (key->kind != NODE_TEXT)
        return refuse(loader, event,
                      "a key has to be a word; a value that begins with '{' needs quotes");
    *ret = key;
    return true;
}

static bool gather_members(struct loader *loader, struct node *node, size_t depth,
                           struct gathered *gathered)
{
    bool is_map = node->kind == NODE_MAP;
    yaml_event_type_t end = is_map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;
    for (;;) {
        struct node_member member = {0};
        AUTO_EVENT yaml_event_t first = {0};
        if (!next_event(loader, &first))
            return false;
        if (first.type == end)
            return true;
        if (!is_map) {
            if (!read_node(loader, &first, depth + 1, &member.value))
                return false;
        } else {
            AUTO_EVENT yaml_event_t second = {0};
            if (!read_key(loader, &first, depth + 1, &member.key) || !next_event(loader, &second) ||
                !read_node(loader, &second, depth + 1, &member.value))
                return false;
        }
        gather(gathered, member);
        node->weight += member.value->weight + is_map;
        if (node->height <= member.value->height)
            node->height = member.value->height + 1;
    }
}

static bool read_members(struct loader *loader, struct node *node, size_t depth)
{
    struct gathered gathered = {0};
    bool is_read = gather_members(loader, node, depth, &gathered);
    if (is_read && gathered.count > 0) {
        size_t size = gathered.count * sizeof(*gathered.members);
        node->members = memcpy(arena_alloc(loader->arena, size), gathered.members, size);
        node->count = gathered.count;
    }
    free(gathered.members);
    return is_read;
}

// --- keys ---

static int compare_texts(struct str a, struct str b)
{
    int order = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_keys(const void *a, const void *b, void *members)
{
    size_t i = *(const size_t *)a, j = *(const size_t *)b;
    const struct node_member *all = members;
    int order = compare_texts(all[i].key->text, all[j].key->text);
    return order ? order : (i > j) - (i < j);
}

// Sorts the keys, for node_find.
static const size_t *sort_keys(struct arena *arena, struct node *map)
{
    size_t *sorted = arena_alloc(arena, map->count * sizeof(*sorted));
    for (size_t i = 0; i < map->count; i++)
        sorted[i] = i;
    qsort_r(sorted, map->count, sizeof(*sorted), compare_keys, map->members);
    map->sorted = sorted;
    return sorted;
}

// Reports the keys that are there twice.
static void index_keys(struct loader *loader, struct node *map)
{
    const size_t *sorted = sort_keys(loader->arena, map);
    for (size_t i = 1; i < map->count; i++) {
        const struct node *first = map->members[sorted[i - 1]].key;
        const struct node *second = map->members[sorted[i]].key;
        if (str_eq(first->text, second->text))
            fault_add(loader->faults, loader->file, second->line, second->column,
                      "key '%s' is there twice, first in line %d", second->text.data, first->line);
    }
}

static bool read_node(struct loader *loader, const yaml_event_t *event, size_t depth,
                      const struct node **ret)
{
    if (event->type == YAML_ALIAS_EVENT)
        return resolve_alias(loader, event, depth, ret);
    if (depth > MAX_HEIGHT)
        return refuse(loader, event, "nested deeper than %d", MAX_HEIGHT);
    if (has_tag(event))
        return refuse(loader, event, "YAML tags such as !this have no meaning here");
    struct anchor *anchor = NULL;
    if (!count_nodes(loader, event, 1) || !open_anchor(loader, event, &anchor))
        return false;
    struct node *node = arena_alloc(loader->arena, sizeof(*node));
    node->line = line_of(event->start_mark);
    node->column = column_of(event->start_mark);
    node->weight = 1;
    if (event->type == YAML_SCALAR_EVENT) {
        node->kind = NODE_TEXT;
        if (!read_text(loader, event, node))
            return false;
    } else {
        node->kind = event->type == YAML_MAPPING_START_EVENT ? NODE_MAP : NODE_LIST;
        if (!read_members(loader, node, depth))
            return false;
        if (node->kind == NODE_MAP)
            index_keys(loader, node);
    }
    if (anchor)
        anchor->node = node;
    *ret = node;
    return true;
}

// --- the document ---

// Reads events up to one of that type, which must be the next but for the stream's own.
static bool expect_event(struct loader *loader, yaml_event_type_t type, const char *otherwise)
{
    AUTO_EVENT yaml_event_t event = {0};
    if (!next_event(loader, &event))
        return false;
    return event.type == type || refuse(loader, &event, "%s", otherwise);
}

static bool read_document(struct loader *loader, const struct node **ret)
{
    if (!expect_event(loader, YAML_STREAM_START_EVENT, "the file is no YAML") ||
        !expect_event(loader, YAML_DOCUMENT_START_EVENT, "the file is empty"))
        return false;
    AUTO_EVENT yaml_event_t event = {0};
    return next_event(loader, &event) && read_node(loader, &event, 1, ret) &&
           expect_event(loader, YAML_DOCUMENT_END_EVENT, "the file is no YAML") &&
           expect_event(loader, YAML_STREAM_END_EVENT, "a second document begins here");
}

bool node_parse(struct arena *arena, const char *file, struct str text, const struct node **ret,
                struct fault_list *faults)
{
    struct loader loader = {.arena = arena, .file = file, .faults = faults};
    require(yaml_parser_initialize(&loader.parser));
    yaml_parser_set_input_string(&loader.parser, (const unsigned char *)text.data, text.len);
    bool is_read = read_document(&loader, ret);
    yaml_parser_delete(&loader.parser);
    return is_read;
}

const struct node *node_make_map(struct arena *arena, const struct node *at,
                                 struct node_member *members, size_t count)
{
    struct node *map = arena_alloc(arena, sizeof(*map));
    *map = (struct node){.kind = NODE_MAP,
                         .line = at->line,
                         .column = at->column,
                         .members = members,
                         .count = count};
    sort_keys(arena, map);
    return map;
}

bool node_find(const struct node *map, struct str key, size_t *ret)
{
    size_t low = 0, high = map->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        size_t index = map->sorted[middle];
        int order = compare_texts(key, map->members[index].key->text);
        if (order == 0) {
            *ret = index;
            return true;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

bool node_is_empty(const struct node *node)
{
    if (node->kind != NODE_TEXT || node->is_quoted)
        return false;
    return node->text.len == 0 || str_eq(node->text, STR("~")) ||
           str_eq_nocase(node->text, STR("null"));
}
