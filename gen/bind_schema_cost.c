// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a declaration costs whoever compiles it to a check. libxml2 makes an automaton of each
// content model and pattern: n optional elements in a row take n^3 steps, n elements a table of
// n^2. So a declaration with which all of them together would take more than seconds or some
// hundred megabytes is opened: it passes unchecked. gSOAP's own checks stay.

#include "bind_schema.h"

// Measured: 600 optional elements in a row, or as many `?` in a pattern, take a second and a half.
#define MAX_STEPS (1000UL * 1000 * 1000)
#define MAX_CELLS (100UL * 1000 * 1000)

struct budget {
    struct reader *reader;
    const struct component *component; // whose names are resolved
    size_t steps, cells;
};

// --- runs of optional particles ---

static const struct particle_run nothing = {0};
static const struct particle_run any_content = {.total = 1, .lead = 1, .trail = 1, .longest = 1};

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static struct particle_run join(struct particle_run a, struct particle_run b)
{
    return (struct particle_run){
        .total = a.total + b.total,
        .lead = a.lead == a.total ? a.total + b.lead : a.lead,
        .trail = b.trail == b.total ? b.total + a.trail : b.trail,
        .longest = larger(larger(a.longest, b.longest), a.trail + b.lead),
    };
}

static struct particle_run all_optional(size_t total)
{
    return (struct particle_run){total, total, total, total};
}

static struct particle_run run_of_particle(struct budget *budget, const xmlNode *node);

static struct particle_run run_of_children(struct budget *budget, const xmlNode *node)
{
    struct particle_run run = nothing;
    for (const xmlNode *child = node->children; child; child = child->next)
        run = join(run, run_of_particle(budget, child));
    return run;
}

// Its branches begin and end at the same places, so it is as long as its longest one.
static struct particle_run run_of_choice(struct budget *budget, const xmlNode *node)
{
    struct particle_run longest = nothing;
    bool can_be_empty = false;
    for (const xmlNode *child = node->children; child; child = child->next) {
        struct particle_run run = run_of_particle(budget, child);
        if (run.total == 0)
            continue;
        can_be_empty = can_be_empty || run.lead == run.total;
        size_t total = longest.total + run.total;
        longest = run.longest >= longest.longest ? run : longest;
        longest.total = total;
    }
    if (can_be_empty)
        longest.lead = longest.trail = longest.longest = larger(longest.longest, 1);
    return longest;
}

// Of a type or group by its name, once for all who refer to it.
static struct particle_run run_of_name(struct budget *budget, const xmlNode *node,
                                       enum component_kind kind, const char *attribute)
{
    const struct component *self = budget->component;
    struct qname name;
    struct component *found = resolve(budget->reader, self, node, kind,
                                      attribute_of(budget->reader, node, attribute), &name);
    if (!found || found->weighing_run == WEIGHT_IN_WORK)
        return nothing;
    if (found->is_open)
        return any_content;
    if (found->weighing_run == WEIGHT_UNKNOWN) {
        found->weighing_run = WEIGHT_IN_WORK;
        budget->component = found;
        found->run = run_of_children(budget, found->node);
        budget->component = self;
        found->weighing_run = WEIGHT_KNOWN;
    }
    return found->run;
}

static struct particle_run run_of_part(struct budget *budget, const xmlNode *node)
{
    if (is_node(node, XSD_NS, "element"))
        return (struct particle_run){.total = 1};
    if (is_node(node, XSD_NS, "any"))
        return (struct particle_run){.total = 2}; // is told from each of its neighbours
    if (is_node(node, XSD_NS, "choice"))
        return run_of_choice(budget, node);
    if (is_node(node, XSD_NS, "group") && has_attribute(node, "ref"))
        return run_of_name(budget, node, KIND_GROUP, "ref");
    if (is_node(node, XSD_NS, "extension"))
        return join(run_of_name(budget, node, KIND_TYPE, "base"), run_of_children(budget, node));
    bool is_around = is_node(node, XSD_NS, "sequence") || is_node(node, XSD_NS, "complexContent") ||
                     is_node(node, XSD_NS, "restriction");
    return is_around ? run_of_children(budget, node) : nothing; // not `all`, which has no order
}

static struct particle_run run_of_particle(struct budget *budget, const xmlNode *node)
{
    struct particle_run run = run_of_part(budget, node);
    bool is_optional = strcmp(attribute_of(budget->reader, node, "minOccurs"), "0") == 0;
    return run.total && is_optional ? all_optional(run.total) : run;
}

// --- costs ---

static void add_cost(struct budget *budget, size_t optional, size_t total)
{
    enum { MAX = 100000 }; // far beyond the budget
    optional = optional < MAX ? optional : MAX;
    total = total < MAX ? total : MAX;
    budget->steps += optional * optional * optional;
    budget->cells += total * total;
}

static void add_pattern(struct budget *budget, const char *pattern)
{
    size_t quantifiers = 0;
    for (const char *c = pattern; *c; c++)
        quantifiers += strchr("?*+{", *c) != NULL;
    add_cost(budget, quantifiers, 0);
}

static void add_node(struct budget *budget, const xmlNode *node)
{
    if (is_node(node, XSD_NS, "complexType")) {
        struct particle_run run = run_of_children(budget, node);
        add_cost(budget, run.longest, run.total);
    } else if (is_node(node, XSD_NS, "pattern")) {
        add_pattern(budget, attribute_of(budget->reader, node, "value"));
    }
    for (const xmlNode *child = node->children; child; child = child->next) {
        if (child->type == XML_ELEMENT_NODE && !is_node(child, XSD_NS, "annotation"))
            add_node(budget, child);
    }
}

void schemas_open_costly(struct reader *reader)
{
    struct budget budget = {.reader = reader};
    for (size_t i = 0; i < reader->schemas->count; i++) {
        struct component *component = reader->schemas->components[i];
        if (reader->schemas->is_pruned && !(component->wanted & WANT_TEXTS))
            continue;
        struct budget before = budget;
        budget.component = component;
        add_node(&budget, component->node);
        if (budget.steps <= MAX_STEPS && budget.cells <= MAX_CELLS)
            continue;
        budget = before;
        component->is_open = true;
        reader_note(reader, component->node,
                    "%.100s passes unchecked: so many optional elements, or so long a pattern, "
                    "would take too long to check",
                    component->name);
    }
}
