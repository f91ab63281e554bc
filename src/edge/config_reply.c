// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a service says of replies: rules of outcomes, the success test, what is captured. Texts of
// expressions are taken as they are here; whether they are XPath or JSON pointers that make sense
// is told where services are compiled.

#include "edge/config_reply.h"
#include "core/json.h"

enum {
    MAX_OUTCOMES = 100,
    MAX_CAPTURES = 32,
    MAX_NAMESPACES = 32,
    MAX_EQUALS = 100,
};

// --- expressions and tests ---

static void read_xpath(struct config_reader *reader, const struct config_field *field,
                       const struct node *value, void *ret)
{
    struct config_where *of = ret;
    config_read_text(reader, field, value, &of->xpath);
    of->place = config_place_of(value);
}

static void read_pointer(struct config_reader *reader, const struct config_field *field,
                         const struct node *value, void *ret)
{
    struct config_where *of = ret;
    config_read_text(reader, field, value, &of->json);
    of->place = config_place_of(value);
    if (of->json && !json_pointer_is_valid(str_from(of->json)))
        config_fault(reader, value, "json must be a JSON pointer such as /case/id; found '%.80s'",
                     of->json);
}

static void read_equals(struct config_reader *reader, const struct config_field *field,
                        const struct node *value, void *ret)
{
    struct config_test *test = ret;
    if (!config_is_texts(reader, field->key, value))
        return;
    size_t count = config_text_count(value);
    if (count > MAX_EQUALS) {
        config_fault(reader, value, "%s has more than %d texts", field->key, MAX_EQUALS);
        return;
    }
    struct str *texts = arena_alloc(reader->arena, count * sizeof(*texts));
    for (size_t i = 0; i < count; i++)
        texts[i] = arena_copy(reader->arena, config_text_at(value, i)->text);
    test->equals = texts;
    test->equals_count = count;
}

// Of the keys that say a place, there must be one at most; none is fine where there is another way.
static void check_place(struct config_reader *reader, const struct node *at, const char *what,
                        const struct config_where *of, bool is_needed)
{
    if (of->xpath && of->json)
        config_fault(reader, at, "%s is told by xpath or by json, not by both", what);
    else if (is_needed && !of->xpath && !of->json)
        config_fault(reader, at, "%s needs xpath or json", what);
}

// --- rules of outcomes ---

// "404" or "500-599".
static void read_status(struct config_reader *reader, const struct config_field *field,
                        const struct node *value, void *ret)
{
    struct outcome_rule *rule = ret;
    const char *text = value->kind == NODE_TEXT ? value->text.data : "";
    size_t len = strspn(text, "0123456789");
    bool is_range = len == 3 && text[3] == '-' && strspn(text + 4, "0123456789") == 3;
    bool is_whole = text[len] == '\0' || (is_range && text[7] == '\0');
    long from = len == 3 && is_whole ? strtol(text, NULL, 10) : 0;
    long to = is_range ? strtol(text + 4, NULL, 10) : from;
    if (from < 100 || to > 599 || from > to) {
        config_fault(reader, value,
                     "%s must be an HTTP status or a range such as 500-599; found %s", field->key,
                     config_found(reader, value));
        return;
    }
    rule->status_from = (int)from;
    rule->status_to = (int)to;
}

static void read_outcome_kind(struct config_reader *reader, const struct config_field *field,
                              const struct node *value, void *ret)
{
    const char *words[OUTCOME_KIND_COUNT];
    for (int i = 0; i < OUTCOME_KIND_COUNT; i++)
        words[i] = outcome_word((enum outcome_kind)i);
    size_t index;
    if (config_read_choice(reader, field, value, words, COUNT_OF(words), &index))
        *(enum outcome_kind *)ret = (enum outcome_kind)index;
}

static void read_outcome_scope(struct config_reader *reader, const struct config_field *field,
                               const struct node *value, void *ret)
{
    static const char *const words[] = {[OUTCOME_EVENT] = "event", [OUTCOME_SERVICE] = "service"};
    size_t index;
    if (config_read_choice(reader, field, value, words, COUNT_OF(words), &index))
        *(enum outcome_scope *)ret = (enum outcome_scope)index;
}

struct rule_draft {
    struct outcome_rule rule;
    struct config_test test;
};
#define OF_RULE(name) offsetof(struct rule_draft, rule.name)
#define OF_TEST(name) offsetof(struct rule_draft, test.name)
// Where each reader's struct is in a draft.
#define TEST_FIELDS                                                                                \
    {.key = "xpath", .read = read_xpath, .offset = OF_TEST(at)},                                   \
        {.key = "json", .read = read_pointer, .offset = OF_TEST(at)},                              \
        {.key = "equals", .read = read_equals, .offset = offsetof(struct rule_draft, test)},       \
    {                                                                                              \
        .key = "scope", .read = read_outcome_scope, .offset = OF_RULE(scope)                       \
    }

static const struct config_field outcome_fields[] = {
    {.key = "status", .read = read_status, .offset = offsetof(struct rule_draft, rule)},
    {.key = "fault", .read = config_read_text, .offset = OF_RULE(fault)},
    {.key = "outcome", .read = read_outcome_kind, .offset = OF_RULE(kind), .is_required = true},
    TEST_FIELDS,
};

static void check_rule(struct config_reader *reader, const struct node *at,
                       struct rule_draft *draft)
{
    struct outcome_rule *rule = &draft->rule;
    rule->has_test = draft->test.at.xpath || draft->test.at.json;
    check_place(reader, at, "a rule of outcomes", &draft->test.at, draft->test.equals_count > 0);
    if (!rule->status_from && !rule->fault && !rule->has_test)
        config_fault(reader, at, "a rule of outcomes needs a status, a fault, an xpath or a json");
}

void config_read_outcomes(struct config_reader *reader, const struct config_field *field,
                          const struct node *value, void *ret)
{
    struct config_service *service = ret;
    if (value->kind != NODE_LIST || value->count > MAX_OUTCOMES) {
        config_fault(reader, value, "%s must be a list of at most %d rules; found %s", field->key,
                     MAX_OUTCOMES, config_found(reader, value));
        return;
    }
    struct outcome_rule *rules = arena_alloc(reader->arena, value->count * sizeof(*rules));
    struct config_test *tests = arena_alloc(reader->arena, value->count * sizeof(*tests));
    for (size_t i = 0; i < value->count; i++) {
        const struct node *rule = value->members[i].value;
        struct rule_draft draft = {0};
        size_t before = reader->faults->count;
        if (config_read_map(reader, rule, "a rule of outcomes", outcome_fields,
                            COUNT_OF(outcome_fields), &draft) &&
            reader->faults->count == before)
            check_rule(reader, rule, &draft);
        rules[i] = draft.rule;
        tests[i] = draft.test;
    }
    service->outcomes = rules;
    service->outcome_tests = tests;
    service->outcome_count = value->count;
}

// --- success ---

static const struct config_field success_fields[] = {
    {.key = "else", .read = read_outcome_kind, .offset = OF_RULE(kind)},
    TEST_FIELDS,
};

void config_read_success(struct config_reader *reader, const struct config_field *field,
                         const struct node *value, void *ret)
{
    struct config_service *service = ret;
    struct rule_draft draft = {.rule = {.kind = OUTCOME_REJECTED}};
    size_t before = reader->faults->count;
    if (!config_read_map(reader, value, field->key, success_fields, COUNT_OF(success_fields),
                         &draft) ||
        reader->faults->count > before)
        return;
    check_place(reader, value, field->key, &draft.test.at, true);
    if (draft.rule.kind == OUTCOME_DELIVERED)
        config_fault(reader, value,
                     "%s: else says what it means that the test does not hold; that "
                     "cannot be delivered",
                     field->key);
    service->success = draft.test;
    service->failed = draft.rule;
}

// --- captures ---

static const struct config_field capture_fields[] = {
    {.key = "xpath", .read = read_xpath, .offset = offsetof(struct config_capture, at)},
    {.key = "json", .read = read_pointer, .offset = offsetof(struct config_capture, at)},
    {.key = "sample", .read = config_read_text, .offset = offsetof(struct config_capture, sample)},
};

// A text alone is an XPath for XML, and for JSON a pointer if it begins like one.
static void read_capture(struct config_reader *reader, const struct node_member *member,
                         struct config_capture *ret)
{
    const struct node *value = member->value;
    ret->name = arena_copy(reader->arena, member->key->text).data;
    ret->sample = "1";
    ret->at.place = config_place_of(value);
    if (config_is_name(reader, "the name of a capture", member->key) && strchr(ret->name, '.'))
        config_fault(reader, member->key, "the name of a capture may not have a '.'");
    if (value->kind == NODE_MAP) {
        size_t before = reader->faults->count;
        config_read_map(reader, value, "a capture", capture_fields, COUNT_OF(capture_fields), ret);
        if (reader->faults->count == before)
            check_place(reader, value, "a capture", &ret->at, true);
        return;
    }
    config_read_text(reader, &(struct config_field){.key = ret->name}, value, &ret->at.xpath);
    struct str text = str_from(ret->at.xpath);
    if (str_starts(text, STR("/")) && json_pointer_is_valid(text))
        ret->at.json = ret->at.xpath;
}

void config_read_captures(struct config_reader *reader, const struct config_field *field,
                          const struct node *value, void *ret)
{
    struct config_service *service = ret;
    if (!config_is_small_map(reader, field->key, value, MAX_CAPTURES))
        return;
    struct config_capture *captures = arena_alloc(reader->arena, value->count * sizeof(*captures));
    for (size_t i = 0; i < value->count; i++)
        read_capture(reader, &value->members[i], &captures[i]);
    service->captures = captures;
    service->capture_count = value->count;
}

// --- namespaces ---

void config_read_namespaces(struct config_reader *reader, const struct config_field *field,
                            const struct node *value, void *ret)
{
    struct config_service *service = ret;
    if (!config_is_small_map(reader, field->key, value, MAX_NAMESPACES))
        return;
    struct config_namespace *list = arena_alloc(reader->arena, value->count * sizeof(*list));
    for (size_t i = 0; i < value->count; i++) {
        const struct node_member *member = &value->members[i];
        list[i].prefix = arena_copy(reader->arena, member->key->text).data;
        list[i].uri = "";
        config_is_name(reader, "a prefix", member->key);
        config_read_text(reader, &(struct config_field){.key = list[i].prefix}, member->value,
                         &list[i].uri);
    }
    service->namespaces = list;
    service->namespace_count = value->count;
}
