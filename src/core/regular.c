// SPDX-License-Identifier: GPL-3.0-or-later
//
// Compiles the trees into one automaton and runs it: over a word, or over all words at once,
// breadth first. A node of that search is what states the words that lead there can be in, so that
// words with the same future are gone through once; nodes and steps are counted, not timed, so the
// result is the same everywhere.

#include "core/regular.h"
#include "core/regular_alphabet.h"
#include "core/regular_parse.h"

enum {
    MAX_STATES = 20000,
    MAX_CLASSES = 512,
    MAX_OPTIONAL = 1000, // more of them count as without end
    MAX_NODES = 20000,
    MAX_STEPS = 10 * 1000 * 1000,
    MAX_WORDS = 400, // that are offered
    MAX_WORD_LENGTH = 4000,
};

// --- compiling ---

struct compiler {
    struct arena *arena;
    struct regular *pattern;
    size_t capacity;
    struct regular_class *classes;
    uint32_t set;
    bool is_too_large;
};

static uint32_t add_state(struct compiler *compiler, struct regular_state state)
{
    struct regular *pattern = compiler->pattern;
    if (pattern->state_count == MAX_STATES) {
        compiler->is_too_large = true;
        return 0;
    }
    if (pattern->state_count == compiler->capacity) {
        size_t capacity = compiler->capacity ? compiler->capacity * 2 : 64;
        struct regular_state *states = arena_alloc(compiler->arena, capacity * sizeof(*states));
        if (pattern->state_count)
            memcpy(states, pattern->states, pattern->state_count * sizeof(*states));
        pattern->states = states;
        compiler->capacity = capacity;
    }
    state.set = compiler->set;
    pattern->states[pattern->state_count] = state;
    return (uint32_t)pattern->state_count++;
}

static uint32_t add_split(struct compiler *compiler, uint32_t next, uint32_t other)
{
    return add_state(compiler,
                     (struct regular_state){.kind = STATE_SPLIT, .next = next, .other = other});
}

static uint32_t class_index(struct compiler *compiler, const struct regular_class *class)
{
    struct regular *pattern = compiler->pattern;
    for (size_t i = 0; i < pattern->class_count; i++) {
        if (regular_class_equals(&compiler->classes[i], class))
            return (uint32_t)i;
    }
    if (pattern->class_count == MAX_CLASSES) {
        compiler->is_too_large = true;
        return 0;
    }
    compiler->classes[pattern->class_count] = *class;
    return (uint32_t)pattern->class_count++;
}

// Each builds backwards: the states of a node, whose end leads to `next`; returns the first.
static uint32_t build(struct compiler *compiler, const struct regular_node *node, uint32_t next);

static uint32_t build_repeat(struct compiler *compiler, const struct regular_node *node,
                             uint32_t next)
{
    const struct regular_node *child = node->children[0];
    bool is_endless = node->max == REGULAR_UNBOUNDED || node->max - node->min > MAX_OPTIONAL;
    uint32_t first = next;
    if (is_endless) {
        first = add_split(compiler, next, next);
        uint32_t again = build(compiler, child, first);
        if (!compiler->is_too_large)
            compiler->pattern->states[first].next = again;
    }
    for (int32_t i = node->min; !is_endless && i < node->max && !compiler->is_too_large; i++)
        first = add_split(compiler, build(compiler, child, first), next);
    for (int32_t i = 0; i < node->min && !compiler->is_too_large; i++)
        first = build(compiler, child, first);
    return first;
}

static uint32_t build(struct compiler *compiler, const struct regular_node *node, uint32_t next)
{
    if (compiler->is_too_large)
        return 0;
    if (node->kind == REGULAR_CHARACTER)
        return add_state(compiler,
                         (struct regular_state){.kind = STATE_CHARACTER,
                                                .class = class_index(compiler, &node->class),
                                                .next = next});
    if (node->kind == REGULAR_REPEAT)
        return build_repeat(compiler, node, next);
    uint32_t first = next;
    if (node->kind == REGULAR_SEQUENCE) {
        for (size_t i = node->count; i > 0; i--)
            first = build(compiler, node->children[i - 1], first);
        return first;
    }
    first = build(compiler, node->children[node->count - 1], next);
    for (size_t i = node->count - 1; i > 0; i--)
        first = add_split(compiler, build(compiler, node->children[i - 1], next), first);
    return first;
}

static bool compile_set(struct compiler *compiler, const struct regular_set *set, struct err *err)
{
    uint32_t accept = add_state(compiler, (struct regular_state){.kind = STATE_ACCEPT});
    uint32_t first = accept;
    for (size_t i = set->count; i > 0; i--) {
        struct regular_node *node;
        if (!regular_parse(compiler->arena, str_from(set->any_of[i - 1]), &node, err))
            return err_prefix(err, "%.100s", set->any_of[i - 1]);
        uint32_t start = build(compiler, node, accept);
        first = i == set->count ? start : add_split(compiler, start, first);
    }
    compiler->pattern->starts[compiler->set] = first;
    return !compiler->is_too_large ||
           err_set(err, ERR_TOO_LARGE, "%.100s: the pattern is too large", set->any_of[0]);
}

bool regular_compile(struct arena *arena, const struct regular_set *sets, size_t count,
                     const struct regular **ret, struct err *err)
{
    struct regular *pattern = arena_alloc(arena, sizeof(*pattern));
    struct compiler compiler = {.arena = arena, .pattern = pattern};
    compiler.classes = arena_alloc(arena, MAX_CLASSES * sizeof(*compiler.classes));
    pattern->starts = arena_alloc(arena, (count + 1) * sizeof(*pattern->starts));
    pattern->set_count = count;
    for (size_t i = 0; i < count; i++) {
        compiler.set = (uint32_t)i;
        if (!compile_set(&compiler, &sets[i], err))
            return false;
    }
    pattern->classes = compiler.classes;
    regular_alphabet(arena, pattern);
    *ret = pattern;
    return true;
}

// --- running ---

// Where a word can be: states that take a character or accept, sorted.
struct where {
    uint32_t *states;
    size_t count;
};

struct run {
    const struct regular *pattern;
    uint32_t *marks; // of each state: the round in which it was seen last
    uint32_t round;
    uint32_t *stack;
    struct where next; // being made
    size_t steps;
};

static void run_init(struct run *run, const struct regular *pattern, struct arena *arena)
{
    size_t count = pattern->state_count + 1;
    *run = (struct run){.pattern = pattern};
    run->marks = arena_alloc(arena, count * sizeof(*run->marks));
    run->stack = arena_alloc(arena, 2 * count * sizeof(*run->stack));
    run->next.states = arena_alloc(arena, count * sizeof(*run->next.states));
}

static void begin_round(struct run *run)
{
    run->round++;
    run->next.count = 0;
}

// A state, and those that it splits into.
static void reach(struct run *run, uint32_t state)
{
    size_t depth = 0;
    run->stack[depth++] = state;
    while (depth) {
        uint32_t at = run->stack[--depth];
        if (run->marks[at] == run->round)
            continue;
        run->marks[at] = run->round;
        run->steps++;
        const struct regular_state *facts = &run->pattern->states[at];
        if (facts->kind == STATE_SPLIT) {
            run->stack[depth++] = facts->other;
            run->stack[depth++] = facts->next;
        } else {
            run->next.states[run->next.count++] = at;
        }
    }
}

static void reach_starts(struct run *run)
{
    begin_round(run);
    for (size_t i = 0; i < run->pattern->set_count; i++)
        reach(run, run->pattern->starts[i]);
}

static int compare_states(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

// How many sets go on from here, or accept. States of a set are neighbours.
static size_t count_sets(const struct regular *pattern, const struct where *where,
                         bool only_accepting)
{
    size_t count = 0;
    uint32_t last = UINT32_MAX;
    for (size_t i = 0; i < where->count; i++) {
        const struct regular_state *state = &pattern->states[where->states[i]];
        if ((only_accepting && state->kind != STATE_ACCEPT) || state->set == last)
            continue;
        last = state->set;
        count++;
    }
    return count;
}

// Into run->next, sorted. False: some set does not go on.
static bool end_round(struct run *run)
{
    qsort(run->next.states, run->next.count, sizeof(*run->next.states), compare_states);
    return count_sets(run->pattern, &run->next, false) == run->pattern->set_count;
}

bool regular_matches(const struct regular *pattern, struct str word)
{
    AUTO_ARENA struct arena *arena = arena_new();
    struct run run;
    run_init(&run, pattern, arena);
    struct where here = {arena_alloc(arena, (pattern->state_count + 1) * sizeof(uint32_t)), 0};
    reach_starts(&run);
    uint32_t c;
    while (end_round(&run) && regular_take(&word, &c)) {
        memcpy(here.states, run.next.states, run.next.count * sizeof(*here.states));
        here.count = run.next.count;
        begin_round(&run);
        for (size_t i = 0; i < here.count; i++) {
            const struct regular_state *state = &pattern->states[here.states[i]];
            if (state->kind == STATE_CHARACTER &&
                regular_class_has(&pattern->classes[state->class], c))
                reach(&run, state->next);
        }
    }
    return !word.len && count_sets(pattern, &run.next, true) == pattern->set_count;
}

// --- searching ---

struct node {
    struct where where;
    uint32_t parent, letter; // how it was reached
    uint32_t length;
    uint32_t next_in_bucket; // 0: none
};

enum { BUCKETS = 16384 };

struct search {
    struct arena *arena; // of the caller, for the word
    struct arena *own;
    const struct regular_wish *wish;
    struct run run;
    struct node *nodes;
    size_t count;
    uint32_t *buckets;
    size_t words;
};

static uint32_t hash_of(const struct where *where, uint32_t length)
{
    uint32_t hash = 2166136261u ^ length;
    for (size_t i = 0; i < where->count; i++)
        hash = (hash ^ where->states[i]) * 16777619u;
    return (hash ^ hash >> 15) % BUCKETS;
}

// Below the least length, words of different lengths have different futures.
static uint32_t length_class(const struct search *search, uint32_t length)
{
    return length < search->wish->min_length ? length : (uint32_t)search->wish->min_length;
}

static void add_node(struct search *search, uint32_t parent, uint32_t letter, uint32_t length)
{
    const struct where *where = &search->run.next;
    uint32_t class = length_class(search, length);
    uint32_t *bucket = &search->buckets[hash_of(where, class)];
    for (uint32_t at = *bucket; at; at = search->nodes[at].next_in_bucket) {
        const struct node *node = &search->nodes[at];
        if (node->where.count == where->count && length_class(search, node->length) == class &&
            memcmp(node->where.states, where->states, where->count * sizeof(*where->states)) == 0)
            return;
    }
    if (search->count == MAX_NODES)
        return;
    struct node *node = &search->nodes[search->count];
    *node = (struct node){
        .parent = parent, .letter = letter, .length = length, .next_in_bucket = *bucket};
    *bucket = (uint32_t)search->count++;
    node->where.count = where->count;
    node->where.states = (uint32_t *)(uintptr_t)arena_copy(
                             search->own, (struct str){(const char *)where->states,
                                                       where->count * sizeof(*where->states)})
                             .data;
}

static void add_utf8(struct buf *out, uint32_t c)
{
    if (c < 0x80) {
        buf_add_char(out, (char)c);
        return;
    }
    int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char leads[] = {0, 0xc0, 0xe0, 0xf0};
    buf_add_char(out, (char)(leads[more] | c >> (6 * more)));
    while (more-- > 0)
        buf_add_char(out, (char)(0x80 | ((c >> (6 * more)) & 0x3f)));
}

// The word that leads to a node; `turn` begins with another face of each letter.
static struct str word_of(struct search *search, uint32_t at, size_t turn)
{
    uint32_t length = search->nodes[at].length;
    uint32_t *letters = arena_alloc(search->own, (length + 1) * sizeof(*letters));
    for (uint32_t i = length; i > 0; at = search->nodes[at].parent)
        letters[--i] = search->nodes[at].letter;
    AUTO_BUF struct buf word;
    buf_init(&word, MAX_WORD_LENGTH * 4);
    for (uint32_t i = 0; i < length; i++) {
        const struct regular_letter *letter = &search->run.pattern->letters[letters[i]];
        add_utf8(&word, letter->faces[(i + turn) % letter->face_count]);
    }
    return arena_copy(search->arena, buf_str(&word));
}

static bool offer(struct search *search, uint32_t at, struct str *ret)
{
    const struct node *node = &search->nodes[at];
    if (node->length < search->wish->min_length || node->length > search->wish->max_length ||
        count_sets(search->run.pattern, &node->where, true) < search->run.pattern->set_count)
        return false;
    // Plain words first; then faces that give zeros and other beginnings, should those not do.
    static const size_t turns[] = {0, 9, 1, 4};
    for (size_t i = 0; i < COUNT_OF(turns) && search->words < MAX_WORDS; i++) {
        struct str word = word_of(search, at, turns[i]);
        search->words++;
        if (!search->wish->accept || search->wish->accept(search->wish->context, word)) {
            *ret = word;
            return true;
        }
    }
    return false;
}

static void expand(struct search *search, uint32_t at)
{
    const struct regular *pattern = search->run.pattern;
    for (size_t letter = 0; letter < pattern->letter_count; letter++) {
        const struct node *node = &search->nodes[at]; // nodes stay where they are
        begin_round(&search->run);
        for (size_t i = 0; i < node->where.count; i++) {
            const struct regular_state *state = &pattern->states[node->where.states[i]];
            search->run.steps++;
            if (state->kind == STATE_CHARACTER &&
                pattern->has[state->class * pattern->letter_count + letter])
                reach(&search->run, state->next);
        }
        if (end_round(&search->run))
            add_node(search, at, (uint32_t)letter, node->length + 1);
    }
}

bool regular_find(const struct regular *pattern, struct arena *arena,
                  const struct regular_wish *wish, struct str *ret)
{
    AUTO_ARENA struct arena *own = arena_new();
    struct search search = {.arena = arena, .own = own, .wish = wish, .count = 1};
    run_init(&search.run, pattern, own);
    search.nodes = arena_alloc(own, MAX_NODES * sizeof(*search.nodes)); // the first means none
    search.buckets = arena_alloc(own, BUCKETS * sizeof(*search.buckets));
    reach_starts(&search.run);
    if (end_round(&search.run))
        add_node(&search, 0, 0, 0);
    for (uint32_t at = 1; at < search.count; at++) {
        if (offer(&search, at, ret))
            return true;
        if (search.run.steps > MAX_STEPS || search.words >= MAX_WORDS)
            return false;
        if (search.nodes[at].length < wish->max_length && search.nodes[at].length < MAX_WORD_LENGTH)
            expand(&search, at);
    }
    return false;
}
