// SPDX-License-Identifier: GPL-3.0-or-later
//
// Trees of the catalogue's tables. Knows the words of JSON Schema and which JSON types platforms
// are seen to send for which type of ours; knows no element but `uii`, which the gateway needs.

#include "core/schema.h"

#include "core/catalogue.h"

enum { CALL_ID_CHARACTERS = 128 }; // as core/event has it

static void put_text(struct arena *arena, struct json *object, const char *name, const char *text)
{
    json_set(arena, object, str_from(name), json_text(arena, text));
}

// An empty text of the tables is an absent one.
static void put_known(struct arena *arena, struct json *object, const char *name, const char *text)
{
    put_text(arena, object, name, text[0] ? text : NULL);
}

static struct json *text_array(struct arena *arena, const char *const *texts, size_t count)
{
    struct json *array = json_array(arena);
    for (size_t i = 0; i < count; i++)
        json_append(arena, array, json_text(arena, texts[i]));
    return array;
}

static uint32_t trigger_bit(const char *trigger)
{
    size_t index;
    bool is_known = catalogue_trigger_index(str_from(trigger), &index);
    require(is_known);
    return UINT32_C(1) << index;
}

// --- the lists ---

static struct json *trigger_row(struct arena *arena, const struct catalogue_trigger *trigger)
{
    struct json *row = json_object(arena);
    put_text(arena, row, "name", trigger->name);
    put_text(arena, row, "meaning", trigger->meaning);
    put_known(arena, row, "slot", trigger->slot);
    json_set(arena, row, STR("is_extra"), json_boolean(arena, trigger->is_extra));
    put_text(arena, row, "schema", arena_printf(arena, "/v1/schemas/%s", trigger->name));
    return row;
}

static struct json *triggers_of(struct arena *arena, uint32_t bits)
{
    struct json *array = json_array(arena);
    size_t count;
    const char *const *names = catalogue_trigger_names(&count);
    for (size_t i = 0; i < count; i++) {
        if (bits >> i & 1)
            json_append(arena, array, json_text(arena, names[i]));
    }
    return array;
}

static struct json *element_row(struct arena *arena, const struct catalogue_element *element)
{
    struct json *row = json_object(arena);
    put_text(arena, row, "name", element->name);
    put_known(arena, row, "tag", element->tag);
    put_text(arena, row, "mark", catalogue_mark_word(element->mark));
    put_text(arena, row, "type", catalogue_type_word(element->type));
    put_known(arena, row, "unit", element->unit);
    put_text(arena, row, "example", element->example);
    put_text(arena, row, "meaning", element->meaning);
    json_set(arena, row, STR("words"), text_array(arena, element->words, element->word_count));
    json_set(arena, row, STR("triggers"), triggers_of(arena, element->triggers));
    json_set(arena, row, STR("aliases"), text_array(arena, element->aliases, element->alias_count));
    put_known(arena, row, "same_as", element->same_as);
    return row;
}

struct json *schema_catalogue(struct arena *arena, const char *trigger)
{
    struct json *whole = json_object(arena), *triggers = json_array(arena);
    struct json *elements = json_array(arena);
    size_t count;
    const struct catalogue_trigger *all_triggers = catalogue_triggers(&count);
    for (size_t i = 0; i < count; i++) {
        if (!trigger || strcmp(all_triggers[i].name, trigger) == 0)
            json_append(arena, triggers, trigger_row(arena, &all_triggers[i]));
    }
    const struct catalogue_element *all_elements = catalogue_elements(&count);
    uint32_t bit = trigger ? trigger_bit(trigger) : 0;
    for (size_t i = 0; i < count; i++) {
        if (!trigger || all_elements[i].triggers & bit)
            json_append(arena, elements, element_row(arena, &all_elements[i]));
    }
    json_set(arena, whole, STR("triggers"), triggers);
    json_set(arena, whole, STR("elements"), elements);
    return whole;
}

// --- the schema ---

// What values of a type are in JSON, as platforms send them; the first NULL ends the list.
static const struct {
    const char *types[5];
    const char *format; // NULL: none, such as for times without a zone
} forms[ELEMENT_TYPE_COUNT] = {
    [ELEMENT_TEXT] = {.types = {"string", "number", "boolean", "array", "null"}},
    [ELEMENT_INTEGER] = {.types = {"string", "integer", "null"}},
    [ELEMENT_DECIMAL] = {.types = {"string", "number", "null"}},
    [ELEMENT_DURATION] = {.types = {"string", "number", "null"}},
    [ELEMENT_DATETIME] = {.types = {"string", "null"}},
    [ELEMENT_DATE] = {.types = {"string", "null"}, .format = "date"},
    [ELEMENT_BOOLEAN] = {.types = {"string", "boolean", "integer", "null"}},
    [ELEMENT_PHONE] = {.types = {"string", "integer", "null"}},
    [ELEMENT_EMAIL] = {.types = {"string", "null"}, .format = "email"},
    [ELEMENT_URL] = {.types = {"string", "null"}, .format = "uri"},
    [ELEMENT_WORD] = {.types = {"string", "number", "null"}},
    [ELEMENT_JSON] = {.types = {NULL}}, // anything, also its JSON as text
};

static void put_form(struct arena *arena, struct json *property, enum element_type type)
{
    size_t count = 0;
    while (count < COUNT_OF(forms[type].types) && forms[type].types[count])
        count++;
    if (count)
        json_set(arena, property, STR("type"), text_array(arena, forms[type].types, count));
    if (forms[type].format)
        put_text(arena, property, "format", forms[type].format);
}

static struct json *property_of(struct arena *arena, const struct catalogue_element *element)
{
    struct json *property = json_object(arena);
    put_form(arena, property, element->type);
    put_text(arena, property, "description", element->meaning);
    json_set(arena, property, STR("examples"),
             element->word_count ? text_array(arena, element->words, element->word_count)
                                 : text_array(arena, &element->example, 1));
    put_text(arena, property, "x-type", catalogue_type_word(element->type));
    if (element->unit[0])
        put_text(arena, property, "x-unit", element->unit);
    put_text(arena, property, "x-mark", catalogue_mark_word(element->mark));
    return property;
}

static struct json *call_id_property(struct arena *arena, const struct catalogue_element *element)
{
    static const char *const types[] = {"string", "integer"};
    struct json *property = json_object(arena);
    json_set(arena, property, STR("type"), text_array(arena, types, COUNT_OF(types)));
    json_set(arena, property, STR("minLength"), json_integer(arena, 1));
    json_set(arena, property, STR("maxLength"), json_integer(arena, CALL_ID_CHARACTERS));
    put_text(arena, property, "description", element->meaning);
    json_set(arena, property, STR("examples"), text_array(arena, &element->example, 1));
    return property;
}

static struct json *survey_property(struct arena *arena)
{
    static const char *const types[] = {"object", "array", "null"};
    struct json *property = json_object(arena);
    json_set(arena, property, STR("type"), text_array(arena, types, COUNT_OF(types)));
    put_text(arena, property, "description", "Answers, in one of the shapes that platforms send.");
    return property;
}

// "ivr.*" as a regular expression.
static struct str family_pattern(struct arena *arena, const char *family)
{
    return str_from(arena_printf(arena, "^%.*s\\.", (int)strlen(family) - 2, family));
}

static void put_elements(struct arena *arena, struct json *schema, uint32_t bit)
{
    struct json *properties = json_object(arena), *families = json_object(arena);
    const struct catalogue_element *call_id = catalogue_find(STR("uii"));
    json_set(arena, properties, str_from(call_id->name), call_id_property(arena, call_id));
    size_t count;
    const struct catalogue_element *elements = catalogue_elements(&count);
    for (size_t i = 0; i < count; i++) {
        const struct catalogue_element *element = &elements[i];
        bool is_family = catalogue_is_family(element);
        if (element == call_id || !(element->triggers & bit))
            continue;
        json_set(arena, is_family ? families : properties,
                 is_family ? family_pattern(arena, element->name) : str_from(element->name),
                 property_of(arena, element));
    }
    json_set(arena, properties, STR("survey"), survey_property(arena));
    json_set(arena, schema, STR("properties"), properties);
    json_set(arena, schema, STR("patternProperties"), families);
}

struct json *schema_event(struct arena *arena, const char *trigger)
{
    static const char *const required[] = {"uii"};
    size_t count, index;
    const struct catalogue_trigger *triggers = catalogue_triggers(&count);
    bool is_known = catalogue_trigger_index(str_from(trigger), &index);
    require(is_known);
    struct json *schema = json_object(arena);
    put_text(arena, schema, "$schema", "https://json-schema.org/draft/2020-12/schema");
    put_text(arena, schema, "$id", arena_printf(arena, "urn:switchhook:schema:%s", trigger));
    put_text(arena, schema, "title", trigger);
    put_text(arena, schema, "description",
             arena_printf(arena,
                          "%s The data elements as one flat object; others may stand beside "
                          "them.",
                          triggers[index].meaning));
    put_text(arena, schema, "type", "object");
    json_set(arena, schema, STR("required"), text_array(arena, required, COUNT_OF(required)));
    put_elements(arena, schema, UINT32_C(1) << index);
    json_set(arena, schema, STR("additionalProperties"), json_boolean(arena, true));
    return schema;
}
