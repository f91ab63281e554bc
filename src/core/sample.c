// SPDX-License-Identifier: GPL-3.0-or-later
//
// Makes events of the catalogue's examples, which are those of one inbound call. Knows what differs
// on other calls, and which names receivers asked for though their mark is a low one. What
// platforms send unresolved is unresolved here too.

#include "core/sample.h"

#include "core/catalogue.h"
#include "core/route.h"
#include "core/survey.h"

#include <stdio.h>

enum {
    BODY_MAX_BYTES = 1 << 20,  // a full sample has 10 KB and the answers of a survey
    EXAMPLE_MAX_DEPTH = 8,     // of an example that is JSON
    EXAMPLE_MAX_VALUES = 1000, // all of it
};

// --- what is usual, and where ---

// What receivers read or a platform's samples show, beyond what is documented or observed.
static const char *const asked_for[] = {
    "attempt_1_disp",
    "attempt_1_id",
    "attempt_1_route",
    "aux_data1",
    "call_back",
    "call_back_dts",
    "call_state",
    "campaign_id",
    "campaign_name",
    "channel_type",
    "chat_queue_id",
    "chat_queue_name",
    "chat_state",
    "cloud_profile_id",
    "connected_duration",
    "connected_id",
    "connected_name",
    "connected_route",
    "dequeue_agent_id",
    "dequeue_attempts",
    "dial_duration",
    "dtmf",
    "dtmf_event",
    "first_name",
    "inbound_duration",
    "ivr.*",
    "last_name",
    "lead_id",
    "lead_passes",
    "lead_phone",
    "lead_state",
    "media_code",
    "media_network",
    "pass_disposition",
    "pre_chat.*",
    "profile_name",
    "queue_event",
    "queue_event_duration",
    "queue_event_rank",
    "queue_time",
    "script_id",
    "session_id",
    "source_ip",
    "term_party",
    "term_reason",
    "trac_description",
    "trac_id",
    "trac_location_description",
    "trac_open_rule",
    "trac_rule_destination",
    "transcript",
    "transfer_disp",
    "transfer_duration",
    "transfer_phone",
    "visual_ivr_name",
};

// Triggers that begin so differ: from what is usual, or from the example. The first that fits
// counts.
static const struct difference {
    const char *where, *name;
    const char *value; // NULL: not usual there
} differences[] = {
    {"inbound.ivr_touch_tone", "ivr.*", "****4411"},
    {"inbound.", "ivr.*", NULL},
    {"inbound.", "queue_time", NULL}, // they send queue_duration
    {"inbound.", "call_back", NULL},
    {"inbound.", "call_back_dts", NULL},
    {"inbound.queue_event", "queue_duration", "180"},
    {"inbound.queue_event", "dequeue_attempts", "3"},
    {"inbound.queue_event", "call_result", NULL},
    {"inbound.queue_event", "call_state", NULL},
    {"inbound.transfer_term", "transfer_flag", "1"},

    {"outbound.", "uii", "202009151402170139990000000010"},
    {"outbound.", "ani", "9545550148"},
    {"outbound.", "ani_e164", "+19545550148"},
    {"outbound.", "ani_city", "Fort Lauderdale"},
    {"outbound.", "ani_state", "FL"},
    {"outbound.", "dnis", "4155550199"},
    {"outbound.", "dnis_e164", "+14155550199"},
    {"outbound.", "source_type", "OUTBOUND"},
    {"outbound.", "source_id", "17038"},
    {"outbound.", "source_name", "AM Campaign"},
    {"outbound.", "source_desc", "Morning calls"},
    {"outbound.", "call_type", "OUTBOUND"},
    {"outbound.", "agent_disposition", "Booked Test"},
    {"outbound.", "agent_notes", "call after 5pm"},
    {"outbound.transfer_term", "transfer_flag", "1"},

    {"cloud.", "uii", "202009151402170132110000003150"},
    {"cloud.", "dnis", "8885550178"},
    {"cloud.", "dnis_e164", "+18885550178"},
    {"cloud.", "source_id", "1111"},
    {"cloud.", "source_name", "DTE"},
    {"cloud.", "call_state", "COMPLETE"},
    {"cloud.", "duration", "24"},
    {"cloud.", "extern_id", NULL},
    {"cloud.", "queue_time", NULL},

    {"track.", "uii", "202009151402170132130000050001"},
    {"track.", "dnis", "8005550142"},
    {"track.", "dnis_e164", "+18005550142"},
    {"track.", "source_id", "3311"},
    {"track.", "source_name", "Billboard I-25"},
    {"track.", "duration", "95"},
    {"track.", "connected_duration", "80"},

    {"chat.", "uii", "202009151402170139000000000120"},
    {"chat.", "ani", NULL},
    {"chat.", "dnis", NULL},
    {"chat.", "queue_duration", NULL},
    {"chat.", "source_id", "3"},
    {"chat.", "source_name", "Support Chat"},
    {"chat.", "term_party", "CLIENT"},
    {"chat.", "agent_disposition", "Solved"},
    {"chat.new", "chat_state", "CHAT_QUEUED"},
    {"chat.dequeue", "chat_state", "CHAT_DEQUEUE_1"},
    {"chat.end", "chat_state", "CHAT_COMPLETED"},
    {"chat.queue_event", "chat_state", "CHAT_NO_AGENTS"},
};

static const struct difference *find_difference(const char *trigger, const char *name)
{
    for (size_t i = 0; i < COUNT_OF(differences); i++) {
        const struct difference *difference = &differences[i];
        if (strncmp(trigger, difference->where, strlen(difference->where)) == 0 &&
            strcmp(name, difference->name) == 0)
            return difference;
    }
    return NULL;
}

static bool is_usual(const char *trigger, const struct catalogue_element *element)
{
    const struct difference *difference = find_difference(trigger, element->name);
    if (difference && !difference->value)
        return false;
    if (element->mark == MARK_DOCUMENTED || element->mark == MARK_OBSERVED)
        return true;
    for (size_t i = 0; i < COUNT_OF(asked_for); i++) {
        if (strcmp(element->name, asked_for[i]) == 0)
            return true;
    }
    return false;
}

// --- elements ---

// One name of a family.
static struct str member_of(struct arena *arena, const char *family)
{
    static const struct {
        const char *family, *member;
    } members[] = {
        {"extended_lead_data.*", "interest"},
        {"generic_key_value_pairs.*", "brand"},
        {"ivr.*", "account_no"},
        {"pre_chat.*", "name"},
        {"script.*", "reason"},
        {"survey.*", "csat"},
    };
    const char *member = "example";
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        if (strcmp(family, members[i].family) == 0)
            member = members[i].member;
    }
    return str_from(arena_printf(arena, "%.*s%s", (int)strlen(family) - 1, family, member));
}

static struct json *value_of(struct arena *arena, const char *trigger,
                             const struct catalogue_element *element)
{
    const struct difference *difference = find_difference(trigger, element->name);
    if (element->mark == MARK_UNRESOLVED)
        return json_text(arena, arena_printf(arena, "#%s#", element->tag));
    if (difference && difference->value)
        return json_text(arena, difference->value);
    if (element->type != ELEMENT_JSON)
        return json_text(arena, element->example);
    const struct json_limits limits = {.depth = EXAMPLE_MAX_DEPTH, .values = EXAMPLE_MAX_VALUES};
    struct json *value;
    struct err err;
    bool is_json = json_parse(arena, str_from(element->example), &limits, &value, &err);
    require(is_json); // gen/catalogue.py has read it
    return value;
}

// --- answers ---

static struct json *option_text(struct arena *arena, const struct question_option *option)
{
    if (option->id)
        return json_text(arena, arena_printf(arena, "%lld", (long long)option->id));
    return json_string(arena, option->value.len ? option->value : option->label);
}

static const char *number_text(struct arena *arena, const struct question *question, double number)
{
    if (question->has_max && number > question->max)
        number = question->max;
    if (question->has_min && number < question->min)
        number = question->min;
    return arena_printf(arena, "%.15g", number);
}

static const char *usual_answer(struct arena *arena, const struct question *question)
{
    switch (question->type) {
    case QUESTION_NUMBER:
    case QUESTION_SCALE:
        return number_text(arena, question, 4);
    case QUESTION_NPS:
        return number_text(arena, question, 9);
    case QUESTION_CURRENCY:
        return number_text(arena, question, 49.9);
    case QUESTION_PERCENT:
        return number_text(arena, question, 80);
    case QUESTION_DURATION:
        return number_text(arena, question, 90);
    case QUESTION_DATE:
        return "2020-09-18";
    case QUESTION_TIME:
        return "17:30:00";
    case QUESTION_DATETIME:
        return "2020-09-18 17:30:00";
    case QUESTION_BOOLEAN:
        return "true";
    case QUESTION_PHONE:
        return "5105550111";
    case QUESTION_EMAIL:
        return "sam@example.com";
    case QUESTION_URL:
        return "https://shop.example.com/orders/1009";
    case QUESTION_AUDIO_URL:
        return "https://recordings.example.net/answers/1.WAV";
    case QUESTION_DIGITS:
        return "4411";
    default:
        return "Would buy again";
    }
}

// A text that keeps the question's pattern and length; the empty string when none of ours does.
static struct str fitting_answer(struct arena *arena, const struct question *question)
{
    const char *const tries[] = {
        usual_answer(arena, question), "yes", "A-1009", "AB1234", "44105", "12345678", "7", "A"};
    for (size_t i = 0; i < COUNT_OF(tries); i++) {
        struct str text = str_from(tries[i]);
        bool is_short = !question->max_characters || text.len <= question->max_characters;
        if (is_short && (!question->pattern || pattern_matches(question->pattern, text)))
            return text;
    }
    return STR("");
}

// As a form has it: an option by its id, several as a list; NULL when there is nothing to say.
static struct json *answer_to(struct arena *arena, const struct question *question)
{
    if (!question->option_count) {
        struct str text = fitting_answer(arena, question);
        return text.len ? json_string(arena, text) : NULL;
    }
    struct json *first = option_text(arena, &question->options[0]);
    if (question->type != QUESTION_MULTI_CHOICE || question->option_count == 1)
        return first;
    struct json *chosen = json_array(arena);
    json_append(arena, chosen, first);
    json_append(arena, chosen, option_text(arena, &question->options[1]));
    return chosen;
}

static void add_answers(struct arena *arena, struct json *elements, const struct survey *survey)
{
    for (size_t i = 0; i < survey->question_count; i++) {
        const struct question *question = &survey->questions[i];
        struct json *answer = answer_to(arena, question);
        const char *name = arena_printf(arena, "survey.%.*s", STR_ARG(question->name));
        if (answer)
            json_set(arena, elements, str_from(name), answer);
    }
}

// --- events ---

static void add_element(struct arena *arena, struct json *elements, const char *trigger,
                        const struct catalogue_element *element)
{
    struct str name =
        catalogue_is_family(element) ? member_of(arena, element->name) : str_from(element->name);
    json_set(arena, elements, name, value_of(arena, trigger, element));
}

// Whatever names the survey, or answers it, comes of its definition when there is one.
static bool is_of_survey(const struct catalogue_element *element)
{
    return strncmp(element->name, "survey.", 7) == 0 || strcmp(element->name, "survey_id") == 0;
}

struct json *sample_elements(struct arena *arena, const char *trigger, enum sample_size size,
                             const struct survey *survey)
{
    size_t count, index;
    const struct catalogue_element *all = catalogue_elements(&count);
    bool is_known = catalogue_trigger_index(str_from(trigger), &index);
    require(is_known);
    const uint32_t bit = UINT32_C(1) << index;
    const struct catalogue_element *call_id = catalogue_find(STR("uii"));
    struct json *elements = json_object(arena);
    add_element(arena, elements, trigger, call_id);
    for (size_t i = 0; size != SAMPLE_MINIMAL && i < count; i++) {
        const struct catalogue_element *element = &all[i];
        if (element == call_id || !(element->triggers & bit) || (survey && is_of_survey(element)))
            continue;
        if (size == SAMPLE_FULL || is_usual(trigger, element))
            add_element(arena, elements, trigger, element);
    }
    if (!survey || !(catalogue_find(STR("survey.x"))->triggers & bit))
        return elements;
    if (survey->id)
        json_set(arena, elements, STR("survey_id"),
                 json_text(arena, arena_printf(arena, "%lld", (long long)survey->id)));
    add_answers(arena, elements, survey);
    return elements;
}

struct str sample_body(struct arena *arena, const char *trigger, enum sample_size size,
                       const struct survey *survey)
{
    AUTO_BUF struct buf body;
    buf_init(&body, BODY_MAX_BYTES);
    json_write(&body, sample_elements(arena, trigger, size, survey), JSON_COMPACT);
    require(!body.overflowed);
    return arena_copy(arena, buf_str(&body));
}
