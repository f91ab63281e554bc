// SPDX-License-Identifier: GPL-3.0-or-later
//
// Members of an object, in any order, as the elements of a content model, in its order. Each member
// is a queue of values; a walk over the model takes from the queues what may stand where, and what
// is left in the end is a mistake. Which branch of a choice is taken, the members that are there
// decide.

#include "edge/soap_json_write.h"

enum { MAX_LISTED = 12 }; // names in a sentence

struct member {
    struct str key;
    const struct json *value;
    struct shape_name name;              // of the element, once found
    const struct shape_element *element; // NULL: a wildcard's
    size_t count, used;
    bool is_whole; // an array is one value
};

struct filler {
    struct wire_writer *writer;
    const struct wire_place *place;
    const struct wire_element *of;
    const struct shape_type *type;
    struct member *members;
    size_t count;
    size_t taken; // values, of all members
};

// --- which element a member means ---

static void list_names(struct buf *out, const struct shape_particle *particle, size_t *count)
{
    if (!particle || *count > MAX_LISTED)
        return;
    if (particle->element && ++*count <= MAX_LISTED)
        buf_printf(out, "%s\"%s\"", out->len ? ", " : "", particle->element->name.local);
    else if (particle->element)
        buf_printf(out, ", ...");
    for (size_t i = 0; i < particle->count; i++)
        list_names(out, &particle->children[i], count);
}

static void collect_names(const struct shape_particle *particle, const char **names, size_t *count,
                          size_t room)
{
    for (size_t i = 0; particle && i < particle->count && *count < room; i++)
        collect_names(&particle->children[i], names, count, room);
    if (particle && particle->element && *count < room)
        names[(*count)++] = particle->element->name.local;
}

static bool fail_unknown(struct filler *filler, struct str key)
{
    const char *names[400];
    size_t count = 0, listed = 0;
    collect_names(filler->type->content, names, &count, COUNT_OF(names));
    const char *nearest = err_nearest(key, names, count);
    for (size_t i = 0; i < filler->type->attribute_count; i++) {
        const char *attribute = filler->type->attributes[i].name.local;
        if (str_eq(key, str_from(attribute)))
            nearest = arena_printf(filler->writer->arena, "@%s", attribute);
    }
    const struct wire_place at = {filler->place, key, 0};
    const char *type = *filler->type->name.local
                           ? filler->type->name.local
                           : arena_printf(filler->writer->arena, "<%s>", filler->of->name.local);
    if (nearest)
        return wire_fail(filler->writer, &at, "%s has no such element; did you mean \"%s\"?", type,
                         nearest);
    AUTO_BUF struct buf list;
    buf_init(&list, 200);
    list_names(&list, filler->type->content, &listed);
    return wire_fail(filler->writer, &at, "%s has no such element; it has %s", type,
                     list.len ? buf_str(&list).data : "none");
}

static void find_member(struct filler *filler, struct member *member,
                        struct soap_json_search *search)
{
    struct shape_name name = wire_name(filler->writer, member->key);
    bool is_full = member->key.len && *member->key.data == '{';
    *search = soap_json_find(filler->type->content, is_full ? name.namespace : NULL, name.local,
                             &filler->writer->steps);
    member->element = search->found;
    member->name = search->found ? search->found->name : name;
    if (search->found || !search->has_wildcard || is_full)
        return;
    const struct shape_element *global =
        soap_shape_element(filler->writer->operation, NULL, name.local);
    if (global)
        member->name = global->name;
}

// A single null is the same as nothing where the element may not be nil.
static size_t value_count(const struct filler *filler, const struct member *member)
{
    const struct json *value = member->value;
    bool may_be_nil =
        !member->element || member->element->is_nillable || filler->writer->is_encoded;
    if (value->kind == JSON_NULL && !may_be_nil)
        return 0;
    return value->kind == JSON_ARRAY && !member->is_whole ? value->array.count : 1;
}

static bool holds_arrays(const struct json *array)
{
    bool does = array->array.count > 0;
    for (size_t i = 0; i < array->array.count && does; i++)
        does = array->array.items[i]->kind == JSON_ARRAY;
    return does;
}

static bool read_member(struct filler *filler, const struct json_member *from)
{
    struct member *member = &filler->members[filler->count];
    *member = (struct member){.key = from->name, .value = from->value};
    struct soap_json_search search;
    find_member(filler, member, &search);
    if (search.other)
        return wire_fail(filler->writer, filler->place,
                         "\"%.*s\" may mean \"{%s}%s\" or \"{%s}%s\"", STR_ARG(from->name),
                         search.found->name.namespace, search.found->name.local,
                         search.other->name.namespace, search.other->name.local);
    if (!member->element && !search.has_wildcard)
        return fail_unknown(filler, from->name);
    member->is_whole =
        from->value->kind == JSON_ARRAY && member->element &&
        wire_takes_array(filler->writer, member->element->type) &&
        (!search.is_repeated || (member->element->type->item && !holds_arrays(from->value)));
    member->count = value_count(filler, member);
    filler->count++;
    return true;
}

// --- what could be taken ---

static bool is_of(const struct shape_element *element, const struct member *member)
{
    if (!member->element)
        return false;
    if (strcmp(element->name.local, member->name.local) == 0 &&
        strcmp(element->name.namespace, member->name.namespace) == 0)
        return true;
    for (size_t i = 0; i < element->substitute_count; i++) {
        if (element->substitutes[i] == member->element)
            return true;
    }
    return false;
}

static bool is_in_list(const char *list, const char *namespace, const char *target)
{
    static const char blank[] = " \t\r\n";
    for (const char *at = list + strspn(list, blank); *at; at += strspn(at, blank)) {
        size_t len = strcspn(at, blank);
        struct str word = {at, len};
        if (str_eq(word, str_from(namespace)) ||
            (str_eq(word, STR("##targetNamespace")) && strcmp(namespace, target) == 0) ||
            (str_eq(word, STR("##local")) && !*namespace))
            return true;
        at += len;
    }
    return false;
}

static bool is_for_wildcard(const struct shape_particle *particle, const struct member *member)
{
    const char *namespace = member->name.namespace;
    if (member->element)
        return false;
    if (strcmp(particle->namespaces, "##any") == 0)
        return true;
    if (strcmp(particle->namespaces, "##other") == 0)
        return *namespace && strcmp(namespace, particle->target) != 0;
    return is_in_list(particle->namespaces, namespace, particle->target);
}

static bool covers(struct filler *filler, const struct shape_particle *particle,
                   const struct member *member)
{
    if (!wire_step(filler->writer))
        return false;
    if (particle->kind == SHAPE_ELEMENT)
        return is_of(particle->element, member);
    if (particle->kind == SHAPE_WILDCARD)
        return is_for_wildcard(particle, member);
    for (size_t i = 0; i < particle->count; i++) {
        if (covers(filler, &particle->children[i], member))
            return true;
    }
    return false;
}

static bool is_left(const struct member *member)
{
    return member->used < member->count;
}

// The first member with a value for the particle, or NULL.
static struct member *supply(struct filler *filler, const struct shape_particle *particle)
{
    for (size_t i = 0; i < filler->count; i++) {
        if (is_left(&filler->members[i]) && covers(filler, particle, &filler->members[i]))
            return &filler->members[i];
    }
    return NULL;
}

// Whether all that the particle requires is there.
static bool is_satisfied(struct filler *filler, const struct shape_particle *particle)
{
    if (particle->min == 0)
        return true;
    if (particle->kind == SHAPE_ELEMENT)
        return particle->element->fixed_value || supply(filler, particle);
    if (particle->kind == SHAPE_WILDCARD)
        return supply(filler, particle);
    bool is_choice = particle->kind == SHAPE_CHOICE;
    for (size_t i = 0; i < particle->count; i++) {
        if (is_satisfied(filler, &particle->children[i]) == is_choice)
            return is_choice;
    }
    return !is_choice;
}

// --- choices ---

// Whether the member has more than one place in the whole model.
static size_t places_of(struct filler *filler, const struct shape_particle *particle,
                        const struct member *member)
{
    if (!wire_step(filler->writer))
        return 0;
    if (particle->kind == SHAPE_ELEMENT || particle->kind == SHAPE_WILDCARD)
        return covers(filler, particle, member);
    size_t count = 0;
    for (size_t i = 0; i < particle->count; i++)
        count += places_of(filler, &particle->children[i], member);
    return count;
}

// A member that the choice has a place for, but not this branch, nor anything after the choice.
static const struct member *left_out(struct filler *filler, const struct shape_particle *choice,
                                     const struct shape_particle *branch)
{
    for (size_t i = 0; i < filler->count; i++) {
        const struct member *member = &filler->members[i];
        if (is_left(member) && covers(filler, choice, member) && !covers(filler, branch, member) &&
            places_of(filler, filler->type->content, member) == 1)
            return member;
    }
    return NULL;
}

static bool fail_conflict(struct filler *filler, const struct shape_particle *choice)
{
    const struct shape_particle *branch = choice->children;
    while (!supply(filler, branch))
        branch++;
    const struct member *one = supply(filler, branch), *other = left_out(filler, choice, branch);
    return wire_fail(filler->writer, filler->place,
                     "\"%.*s\" and \"%.*s\" exclude each other: only one may stand here",
                     STR_ARG(one->key), STR_ARG(other->key));
}

// The branch for the values that are left; NULL when there is none for them.
static const struct shape_particle *choose(struct filler *filler,
                                           const struct shape_particle *choice)
{
    const struct member *first = supply(filler, choice);
    const struct shape_particle *best = NULL;
    int best_score = -1;
    for (size_t i = 0; first && i < choice->count; i++) {
        const struct shape_particle *branch = &choice->children[i];
        if (!covers(filler, branch, first) && !supply(filler, branch))
            continue;
        int score = 4 * !left_out(filler, choice, branch) + 2 * is_satisfied(filler, branch) +
                    covers(filler, branch, first);
        if (score > best_score) {
            best = branch;
            best_score = score;
        }
    }
    return best;
}

static bool put_particle(struct filler *filler, const struct shape_particle *particle);

static bool put_choice(struct filler *filler, const struct shape_particle *choice)
{
    const struct shape_particle *branch = choose(filler, choice);
    if (branch && choice->max == 1 && left_out(filler, choice, branch))
        return fail_conflict(filler, choice);
    for (size_t i = 0; !branch && i < choice->count; i++) {
        if (is_satisfied(filler, &choice->children[i])) // by nothing
            branch = &choice->children[i];
    }
    if (branch)
        return put_particle(filler, branch);
    AUTO_BUF struct buf list;
    size_t count = 0;
    buf_init(&list, 200);
    list_names(&list, choice, &count);
    return wire_fail(filler->writer, filler->place, "one of %s is missing",
                     list.len ? buf_str(&list).data : "its elements");
}

// --- taking ---

static const struct json *take(struct filler *filler, struct member *member,
                               struct wire_place *ret_place)
{
    bool is_item = member->value->kind == JSON_ARRAY && !member->is_whole;
    size_t at = member->used++;
    filler->taken++;
    *ret_place = (struct wire_place){filler->place, member->key, is_item ? at + 1 : 0};
    return is_item ? member->value->array.items[at] : member->value;
}

static bool fail_missing(struct filler *filler, const struct shape_element *element)
{
    for (size_t i = 0; i < filler->count; i++) {
        const struct member *member = &filler->members[i];
        const struct wire_place at = {filler->place, member->key, 0};
        if (is_of(element, member) && member->count == 0 && member->value->kind == JSON_NULL)
            return wire_fail(filler->writer, &at, "it may not be null");
    }
    return wire_fail(filler->writer, filler->place, "element \"%s\" is missing",
                     element->name.local);
}

// In SOAP encoding, names that are local to a type are unqualified, whatever form the schema says
// (SOAP 1.1, 5.4.1).
static struct wire_element wire_element(const struct filler *filler,
                                        const struct shape_element *element)
{
    struct shape_name name = element->name;
    if (filler->writer->is_encoded && !element->is_global)
        name.namespace = "";
    return (struct wire_element){name, element->type, element->is_nillable, false};
}

static bool put_element(struct filler *filler, const struct shape_particle *particle)
{
    struct member *member = supply(filler, particle);
    const struct shape_element *element = particle->element;
    const struct json *value;
    struct wire_place at = {filler->place, str_from(element->name.local), 0};
    if (!member && !element->fixed_value)
        return fail_missing(filler, element);
    if (member) {
        value = take(filler, member, &at);
        element = member->element;
    } else {
        value = json_text(filler->writer->arena, element->fixed_value);
    }
    const struct wire_element one = wire_element(filler, element);
    if (element->is_abstract)
        return wire_fail(filler->writer, &at, "element %s is abstract%s%s%s", element->name.local,
                         element->substitute_count ? "; give \"" : "",
                         element->substitute_count ? element->substitutes[0]->name.local : "",
                         element->substitute_count ? "\", say" : "");
    bool is_gap = value->kind == JSON_NULL && !element->is_nillable && !filler->writer->is_encoded;
    if (is_gap && particle->min != 1)
        return true; // of an array whose items are counted by others, too
    return wire_put_element(filler->writer, &at, &one, value);
}

static bool put_wildcard(struct filler *filler, const struct shape_particle *particle)
{
    struct member *member = supply(filler, particle);
    if (!member)
        return wire_fail(filler->writer, filler->place, "an element for xs:any is missing");
    struct wire_place at;
    const struct json *value = take(filler, member, &at);
    const char *full = *member->name.namespace
                           ? arena_printf(filler->writer->arena, "{%s}%s", member->name.namespace,
                                          member->name.local)
                           : member->name.local;
    return wire_put_free(filler->writer, filler->place, str_from(full), value);
}

static bool put_once(struct filler *filler, const struct shape_particle *particle)
{
    if (particle->kind == SHAPE_ELEMENT)
        return put_element(filler, particle);
    if (particle->kind == SHAPE_WILDCARD)
        return put_wildcard(filler, particle);
    if (particle->kind == SHAPE_CHOICE)
        return put_choice(filler, particle);
    for (size_t i = 0; i < particle->count; i++) {
        if (!put_particle(filler, &particle->children[i]))
            return false;
    }
    return true;
}

static bool put_particle(struct filler *filler, const struct shape_particle *particle)
{
    for (int64_t n = 0; particle->max == SHAPE_UNBOUNDED || n < particle->max; n++) {
        size_t taken = filler->taken;
        if (!wire_step(filler->writer))
            return false;
        if (n >= particle->min && !supply(filler, particle))
            break;
        if (!put_once(filler, particle))
            return false;
        if (filler->taken == taken)
            break; // others would be as empty
    }
    return true;
}

// --- the whole ---

static bool check_left(struct filler *filler)
{
    for (size_t i = 0; i < filler->count; i++) {
        const struct member *member = &filler->members[i];
        const struct wire_place at = {filler->place, member->key, 0};
        if (!is_left(member))
            continue;
        if (!member->element && member->used == 0)
            return fail_unknown(filler, member->key);
        return wire_fail(filler->writer, &at, "%zu values, but only %zu may stand here",
                         member->count, member->used);
    }
    return true;
}

static bool put_mixed_text(struct filler *filler, const struct wire_place *place,
                           const struct json *text)
{
    struct wire_writer *writer = filler->writer;
    const struct shape_type *plain = soap_shape_type(writer->operation, XSD_NS, "string");
    struct str written;
    return wire_scalar(writer, place, plain->text, text, &written) &&
           wire_put_escaped(writer, place, written);
}

// Every value of every member, as they come.
static bool put_all(struct filler *filler)
{
    for (size_t i = 0; i < filler->count; i++) {
        struct member *member = &filler->members[i];
        while (is_left(member)) {
            struct wire_place at;
            const struct json *value = take(filler, member, &at);
            const struct shape_element *element = member->element;
            if (!element && !wire_put_free(filler->writer, filler->place, member->key, value))
                return false;
            if (!element)
                continue;
            const struct wire_element one = wire_element(filler, element);
            if (!wire_put_element(filler->writer, &at, &one, value))
                return false;
        }
    }
    return true;
}

// Texts and elements in the order that is given, for which no member's order would do.
static bool put_ordered(struct filler *filler, const struct json *list)
{
    struct wire_place at = {filler->place, STR("#content"), 0};
    if (list->kind != JSON_ARRAY)
        return wire_fail(filler->writer, &at, "an array of texts and objects is meant");
    for (size_t i = 0; i < list->array.count; i++) {
        const struct json *item = list->array.items[i];
        at.index = i + 1;
        if (item->kind != JSON_OBJECT) {
            if (!put_mixed_text(filler, &at, item))
                return false;
            continue;
        }
        struct filler one = *filler;
        one.place = &at;
        one.count = 0;
        AUTO_FREE struct member *members = mem_alloc((item->object.count + 1) * sizeof(*members));
        one.members = members;
        for (size_t m = 0; m < item->object.count; m++) {
            if (!read_member(&one, &item->object.members[m]))
                return false;
        }
        if (!put_all(&one))
            return false;
    }
    return true;
}

bool wire_put_content(struct wire_writer *writer, const struct wire_place *place,
                      const struct wire_element *element, const struct shape_type *type,
                      const struct json *object)
{
    struct filler filler = {.writer = writer, .place = place, .of = element, .type = type};
    AUTO_FREE struct member *members = mem_alloc((object->object.count + 1) * sizeof(*members));
    filler.members = members;
    const struct json *text = json_get(object, STR("#text"));
    const struct json *ordered = json_get(object, STR("#content"));
    if (text && type->is_mixed && !put_mixed_text(&filler, place, text))
        return false;
    if (ordered && !put_ordered(&filler, ordered))
        return false;
    for (size_t i = 0; i < object->object.count; i++) {
        const struct json_member *member = &object->object.members[i];
        bool is_done = (str_eq(member->name, STR("#text")) && type->is_mixed) ||
                       str_eq(member->name, STR("#content")) ||
                       (member->name.len && *member->name.data == '@');
        if (!is_done && !read_member(&filler, member))
            return false;
    }
    if (ordered && filler.count == 0)
        return true; // what it lacks, the check of the envelope tells
    if (type->content && !put_particle(&filler, type->content))
        return false;
    return check_left(&filler);
}
