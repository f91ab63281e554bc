// SPDX-License-Identifier: GPL-3.0-or-later
//
// Runs a compiled template over named values. Knows no text of templates. Work is counted, because
// sections over one list inside each other can repeat without writing anything.

#include "core/template_program.h"

enum {
    RENDER_DEPTH_MAX = 256,     // sections and partials inside each other
    RENDER_WORK_MAX = 50000000, // members looked at and nodes run
};

struct render {
    const struct template *template;
    struct buf *out;
    struct buf scratch;
    struct filter_run filters; // its arena is made when the first filter runs
    size_t work;
    struct err *err;
};

struct context {
    const struct json *value;
    const struct context *outer;
};

struct indent {
    struct str text;
    const struct indent *outer;
};

static const struct json *find_member(struct render *render, const struct json *object,
                                      struct str name)
{
    if (object->kind == JSON_OBJECT)
        render->work += object->object.count;
    return json_get(object, name);
}

static const struct json *find_in_contexts(struct render *render, const struct context *context,
                                           struct str name)
{
    const struct json *found = NULL;
    for (; context && !found; context = context->outer)
        found = find_member(render, context->value, name);
    return found;
}

static const struct json *find_name(struct render *render, const struct context *context,
                                    const struct node *node)
{
    if (!node->part_count)
        return context->value;
    const struct json *found = find_in_contexts(render, context, node->parts[0]);
    for (size_t i = 1; found && i < node->part_count; i++)
        found = find_member(render, found, node->parts[i]);
    if (!found && node->part_count > 1)
        found = find_in_contexts(render, context, node->text);
    return found;
}

static bool write_missing(struct render *render, const struct node *node,
                          enum missing_policy policy)
{
    const struct err *why = &render->filters.why;
    if (why->code != ERR_NONE && node->policy == MISSING_UNSAID)
        return err_set(render->err, ERR_INVALID, "`%.*s`: %s", STR_ARG(node->text), why->text);
    struct str mark = STR("");
    switch (policy) {
    case MISSING_REJECT:
        return err_set(render->err, ERR_INVALID, "`%.*s` is missing%s%s", STR_ARG(node->text),
                       why->code != ERR_NONE ? ": " : "", why->code != ERR_NONE ? why->text : "");
    case MISSING_OMIT: // said by the tag, or for the whole template
        mark = node->policy == MISSING_OMIT ? MARK_OMIT : MARK_BLANK;
        break;
    case MISSING_NIL:
        mark = node->is_value ? STR("null") : MARK_NIL;
        break;
    default:
        break;
    }
    bool is_quoted = node->is_value && policy != MISSING_NIL;
    buf_add_str(render->out, is_quoted ? STR("\"") : STR(""));
    buf_add_str(render->out, mark);
    buf_add_str(render->out, is_quoted ? STR("\"") : STR(""));
    return true;
}

static void write_value(struct render *render, const struct node *node, const struct json *value)
{
    bool is_absent = !value || value->kind == JSON_NULL;
    bool is_plain_text = value && value->kind == JSON_STRING;
    if (node->is_value && (is_absent || !node->is_raw)) {
        template_write_value(render->out, value);
        return;
    }
    if (is_absent)
        return;
    struct str text = json_as_text(value, &render->scratch);
    if (!is_plain_text && render->scratch.overflowed)
        render->out->overflowed = true;
    else if (node->is_raw)
        buf_add_str(render->out, text);
    else
        template_write_escaped(render->out, text, render->template->escape);
}

static bool apply_filters(struct render *render, const struct node *node, const struct json *value,
                          const struct json **ret)
{
    render->filters.why.code = ERR_NONE;
    *ret = value;
    if (!node->filters)
        return true;
    if (!render->filters.arena)
        render->filters.arena = arena_new();
    arena_reset(render->filters.arena);
    return filter_apply(node->filters, &render->filters, value, ret, render->err);
}

static bool write_variable(struct render *render, const struct node *node, const struct json *value)
{
    size_t start = render->out->len;
    enum missing_policy policy =
        node->policy != MISSING_UNSAID ? node->policy : render->template->missing;
    if (!apply_filters(render, node, value, &value))
        return false;
    bool has_policy = policy != MISSING_UNSAID || render->filters.why.code != ERR_NONE;
    if (has_policy && filter_is_missing(value))
        return write_missing(render, node, policy);
    write_value(render, node, value);
    if (render->template->has_marks && render->out->len > start)
        mark_neutralise(render->out->data + start, render->out->len - start);
    return true;
}

static void write_indent(struct buf *out, const struct indent *indent)
{
    if (!indent)
        return;
    write_indent(out, indent->outer);
    buf_add_str(out, indent->text);
}

static bool run(struct render *render, size_t first, size_t end, const struct context *context,
                const struct indent *indent, int depth);

static bool run_section(struct render *render, size_t at, const struct context *context,
                        const struct indent *indent, int depth)
{
    const struct node *node = &render->template->nodes[at];
    const struct json *value = find_name(render, context, node);
    if (node->kind == NODE_INVERTED)
        return json_is_true(value) || run(render, at + 1, node->target, context, indent, depth + 1);
    if (!json_is_true(value))
        return true;
    if (value->kind != JSON_ARRAY) {
        struct context inner = {value, context};
        return run(render, at + 1, node->target, &inner, indent, depth + 1);
    }
    for (size_t i = 0; i < value->array.count; i++) {
        struct context inner = {value->array.items[i], context};
        if (!run(render, at + 1, node->target, &inner, indent, depth + 1))
            return false;
    }
    return true;
}

static bool run_partial(struct render *render, const struct node *node,
                        const struct context *context, const struct indent *indent, int depth)
{
    const struct program *program = &render->template->programs[node->target];
    struct indent inner = {node->text, indent};
    return run(render, program->first, program->end, context, node->text.len ? &inner : indent,
               depth + 1);
}

// Runs the nodes from first up to end.
static bool run(struct render *render, size_t first, size_t end, const struct context *context,
                const struct indent *indent, int depth)
{
    if (depth > RENDER_DEPTH_MAX)
        return err_set(render->err, ERR_TOO_LARGE,
                       "sections and partials inside each other more than %d deep",
                       RENDER_DEPTH_MAX);
    render->work++;
    for (size_t i = first; i < end; i++) {
        const struct node *node = &render->template->nodes[i];
        if (++render->work > RENDER_WORK_MAX)
            return err_set(render->err, ERR_TOO_LARGE, "the template's sections repeat too often");
        if (render->out->overflowed)
            return err_set(render->err, ERR_TOO_LARGE, "the rendered text passes %zu bytes",
                           render->out->limit);
        switch (node->kind) {
        case NODE_TEXT:
            buf_add_str(render->out, node->text);
            break;
        case NODE_LINE:
            write_indent(render->out, indent);
            break;
        case NODE_VARIABLE:
            if (!write_variable(render, node, find_name(render, context, node)))
                return false;
            break;
        case NODE_SECTION:
        case NODE_INVERTED:
            if (!run_section(render, i, context, indent, depth))
                return false;
            i = node->target - 1;
            break;
        case NODE_PARTIAL:
            if (!run_partial(render, node, context, indent, depth))
                return false;
            break;
        }
    }
    return true;
}

static void cut_back(struct buf *out, size_t len)
{
    out->len = len;
    if (out->data)
        out->data[len] = '\0';
}

bool template_render_telling(const struct template *template, const struct json *data,
                             filter_unmapped_fn *unmapped, void *unmapped_context, struct buf *out,
                             struct err *err)
{
    struct render render = {
        .template = template,
        .out = out,
        .filters = {.max_bytes = out->limit,
                    .unmapped = unmapped,
                    .unmapped_context = unmapped_context},
        .err = err,
    };
    struct context context = {.value = data};
    size_t len = out->len;
    buf_init(&render.scratch, out->limit);
    bool is_done = run(&render, 0, template->programs[0].end, &context, NULL, 0);
    buf_finish(&render.scratch);
    arena_free(render.filters.arena);
    if (is_done && out->overflowed)
        is_done = err_set(err, ERR_TOO_LARGE, "the rendered text passes %zu bytes", out->limit);
    if (!is_done)
        cut_back(out, len);
    return is_done;
}

bool template_render(const struct template *template, const struct json *data, struct buf *out,
                     struct err *err)
{
    return template_render_telling(template, data, NULL, NULL, out, err);
}

void template_visit(const struct template *template, template_visit_fn *visit, void *context)
{
    for (size_t p = 0; p < template->program_count; p++) {
        const struct program *program = &template->programs[p];
        for (size_t i = program->first; i < program->end; i++) {
            const struct node *node = &template->nodes[i];
            if (node->part_count)
                visit(context, node->text, p ? program->place : node->place);
        }
    }
}
