// SPDX-License-Identifier: GPL-3.0-or-later
//
// A pair of service and trigger is tried once, as an event of the first route that joins them: what
// the route's conditions ask for is in the sample. A service that rejects the minimal sample is
// asked, element by element, what it cannot do without. Failures that read alike are told once.

#include "flow/prove.h"

#include "core/route.h"
#include "core/sample.h"
#include "edge/source.h"

enum { TRIGGERS_MAX = 32, TRIGGERS_SHOWN = 3, SIZES = SAMPLE_MINIMAL + 1 };
static const char no_id[] = "00000000-0000-0000-0000-000000000000";

struct sample {
    bool is_made, is_read;
    struct reading reading;
    struct err err; // when it cannot be read
};

struct samples { // of one source with the answers of one survey
    struct samples *next;
    const struct survey *survey; // NULL: without answers
    struct sample items[TRIGGERS_MAX][SIZES];
};

struct pair {                  // of a service and a trigger
    const struct route *route; // the first that joins them; NULL: none does
    size_t source;
};

// One failure of a service, with every trigger that shows it.
struct finding {
    struct finding *next;
    struct fault place;
    const char *lacking; // the element; NULL: a usual event fails
    const char *why;
    const char *triggers[TRIGGERS_MAX];
    size_t trigger_count;
};

struct prove {
    const struct config *config;
    const struct services *services;
    const char *const *triggers;
    size_t trigger_count;
    struct proof *proof;
    struct arena *samples_arena;
    struct samples **samples; // by source
    struct pair *pairs;       // by service and trigger
    struct soap_codec *codec;
    const struct service *service;
    struct finding *findings; // of that service
    struct arena *findings_arena;
    const char *trigger;
    const struct json *captured; // samples; NULL while a trial goes without
    struct arena *arena;         // of the trials of both
};

// --- samples ---

// The one whose names the service's templates use, or the only one there is.
static const struct survey *survey_of(const struct prove *prove)
{
    const struct survey *named = service_config(prove->service)->survey;
    return named ? named : prove->config->survey_count == 1 ? prove->config->surveys : NULL;
}

static struct samples *samples_of(struct prove *prove, size_t source)
{
    const struct survey *survey = survey_of(prove);
    struct samples *samples = prove->samples[source];
    while (samples && samples->survey != survey)
        samples = samples->next;
    if (samples)
        return samples;
    samples = arena_alloc(prove->samples_arena, sizeof(*samples));
    samples->survey = survey;
    samples->next = prove->samples[source];
    return prove->samples[source] = samples;
}

static const struct sample *sample_of(struct prove *prove, size_t source, size_t trigger,
                                      enum sample_size size)
{
    struct samples *samples = samples_of(prove, source);
    struct sample *sample = &samples->items[trigger][size];
    if (sample->is_made)
        return sample;
    const char *name = prove->triggers[trigger];
    struct str body = sample_body(prove->samples_arena, name, size, samples->survey);
    struct event_faults faults = {0};
    sample->is_made = true;
    sample->is_read =
        source_read(prove->config, prove->config->sources[source].name, prove->samples_arena, name,
                    EVENT_JSON, body, &sample->reading, &faults, &sample->err);
    return sample;
}

// The object without the member of that name, and with `value` under it unless that is NULL.
static const struct json *with_member(struct arena *arena, const struct json *object,
                                      struct str name, const struct json *value)
{
    struct json *copy = json_object(arena);
    for (size_t i = 0; i < object->object.count; i++) {
        const struct json_member *member = &object->object.members[i];
        if (!str_eq(member->name, name))
            json_set(arena, copy, member->name, member->value);
    }
    if (value)
        json_set(arena, copy, name, (struct json *)value);
    return copy;
}

// A value that the condition accepts. A pattern's can only be hoped for in the usual sample. NULL:
// none is known.
static const struct json *fitting_value(struct arena *arena, const struct condition *condition,
                                        const struct event *usual)
{
    if (condition->kind == CONDITION_EQUALS || condition->kind == CONDITION_ONE_OF ||
        condition->kind == CONDITION_PREFIX)
        return json_string(arena, condition->values[0]);
    if (condition->kind == CONDITION_NONE_OF)
        return json_string(arena, STR("(another value)"));
    return json_get(usual->elements, condition->element);
}

// An event that a route takes has what the route's conditions ask for.
static void fit_route(struct prove *prove, const struct route *route, const struct event *usual,
                      struct event *event)
{
    for (size_t i = 0; i < route->condition_count; i++) {
        const struct condition *condition = &route->conditions[i];
        const struct route alone = {.conditions = condition, .condition_count = 1};
        bool is_answer = str_starts(condition->element, STR("survey.")) ||
                         str_starts(condition->element, STR("answer."));
        if (is_answer || route_matches(&alone, 0, event))
            continue;
        const struct json *value = fitting_value(prove->arena, condition, usual);
        if (value)
            event->elements = with_member(prove->arena, event->elements, condition->element, value);
    }
}

// --- trials ---

static bool try_event(struct prove *prove, const struct pair *pair, const struct event *event,
                      const struct reading *reading, struct err *err)
{
    struct service_values values = {
        .event = event,
        .raw = &reading->raw,
        .notes = &reading->notes,
        .captured = prove->captured,
        .is_trial = true,
        .event_id = no_id,
        .source = prove->config->sources[pair->source].name,
        .delivery_id = no_id,
        .received_at = 0,
        .attempt = 1,
    };
    struct transport_request request;
    return service_encode(prove->service, prove->codec, prove->arena, &values, &request, err);
}

// A service lacks an element once, whatever words that finds with other triggers.
static bool is_like(const struct finding *finding, const char *lacking, struct str why)
{
    if (lacking && finding->lacking)
        return strcmp(lacking, finding->lacking) == 0;
    return !lacking && !finding->lacking && str_eq(str_from(finding->why), why);
}

static void note_finding(struct prove *prove, struct str lacking, const struct err *err)
{
    struct arena *arena = prove->findings_arena;
    const char *name = lacking.len ? arena_copy(arena, lacking).data : NULL;
    struct str why = service_mask(prove->service, arena, str_from(err->text));
    struct finding **end = &prove->findings;
    for (; *end; end = &(*end)->next) {
        if (!is_like(*end, name, why))
            continue;
        struct finding *known = *end;
        if (known->triggers[known->trigger_count - 1] != prove->trigger)
            known->triggers[known->trigger_count++] = prove->trigger;
        return;
    }
    struct finding *finding = arena_alloc(arena, sizeof(*finding));
    *finding = (struct finding){
        .lacking = name,
        .why = arena_copy(arena, why).data,
        .triggers = {prove->trigger},
        .trigger_count = 1,
    };
    service_blame(prove->service, arena, prove->config, err, &finding->place);
    *end = finding;
}

// Names that the service's templates read, and that the usual event has and the minimal has not.
struct wanted {
    struct prove *prove;
    const struct event *usual, *minimal;
    const struct json_member *members[64];
    size_t count;
};

static void note_wanted(void *context, struct str name, struct template_place place)
{
    (void)place;
    struct wanted *wanted = context;
    const struct json *elements = wanted->usual->elements;
    for (size_t i = 0; i < wanted->count; i++) {
        if (str_eq(wanted->members[i]->name, name))
            return;
    }
    for (size_t i = 0; i < elements->object.count; i++) {
        const struct json_member *member = &elements->object.members[i];
        bool is_lacking = !json_get(wanted->minimal->elements, name);
        if (str_eq(member->name, name) && is_lacking && wanted->count < COUNT_OF(wanted->members))
            wanted->members[wanted->count++] = member;
    }
}

// Says which elements the service cannot do without: the usual event without each is tried.
static void find_lacking(struct prove *prove, const struct pair *pair, const struct event *usual,
                         const struct event *minimal, const struct err *err)
{
    static const struct json none = {.kind = JSON_OBJECT};
    static const struct reading nothing = {.raw = {.elements = &none}};
    struct wanted wanted = {.prove = prove, .usual = usual, .minimal = minimal};
    bool is_found = false;
    service_visit(prove->service, note_wanted, &wanted);
    for (size_t i = 0; i < wanted.count; i++) {
        struct str name = wanted.members[i]->name;
        struct event without = *usual;
        struct err reason;
        without.elements = with_member(prove->arena, usual->elements, name, NULL);
        if (try_event(prove, pair, &without, &nothing, &reason))
            continue;
        note_finding(prove, name, &reason);
        is_found = true;
    }
    if (!is_found)
        note_finding(prove, STR("more than its call id"), err);
}

// A delivery may come before any other of its call has captured something.
static void try_uncaptured(struct prove *prove, const struct pair *pair, const struct event *usual,
                           const struct reading *reading)
{
    const struct json *captured = prove->captured;
    struct err err;
    prove->captured = NULL;
    if (captured->object.count && !try_event(prove, pair, usual, reading, &err))
        note_finding(prove, STR("what other services capture of its call"), &err);
    prove->captured = captured;
}

static void try_pair(struct prove *prove, const struct pair *pair, size_t trigger)
{
    const struct sample *usual = sample_of(prove, pair->source, trigger, SAMPLE_USUAL);
    const struct sample *minimal = sample_of(prove, pair->source, trigger, SAMPLE_MINIMAL);
    struct err err;
    if (!usual->is_read || !minimal->is_read) {
        note_finding(prove, STR(""), usual->is_read ? &minimal->err : &usual->err);
        return;
    }
    struct event much = usual->reading.event, little = minimal->reading.event;
    fit_route(prove, pair->route, &usual->reading.event, &much);
    fit_route(prove, pair->route, &usual->reading.event, &little);
    if (!try_event(prove, pair, &much, &usual->reading, &err))
        note_finding(prove, STR(""), &err);
    else if (!try_event(prove, pair, &little, &minimal->reading, &err))
        find_lacking(prove, pair, &much, &little, &err);
    else
        try_uncaptured(prove, pair, &much, &usual->reading);
}

// --- what is told ---

static const char *list_triggers(struct prove *prove, const struct finding *finding)
{
    AUTO_BUF struct buf out;
    buf_init(&out, 1024);
    for (size_t i = 0; i < finding->trigger_count && i < TRIGGERS_SHOWN; i++)
        buf_printf(&out, "%s%s", i ? ", " : "", finding->triggers[i]);
    if (finding->trigger_count > TRIGGERS_SHOWN)
        buf_printf(&out, " and %zu more", finding->trigger_count - TRIGGERS_SHOWN);
    return arena_copy(prove->findings_arena, buf_str(&out)).data;
}

static void tell_finding(struct prove *prove, const struct finding *finding)
{
    const char *service = service_config(prove->service)->name;
    const char *triggers = list_triggers(prove, finding);
    const struct fault *place = &finding->place;
    struct fault_list *list = finding->lacking ? prove->proof->warnings : prove->proof->faults;
    const char *file = arena_strdup(list->arena, place->file);
    if (finding->lacking)
        fault_add(list, file, place->line, place->column,
                  "service '%s', %s: an event without %s will be rejected: %s", service, triggers,
                  finding->lacking, finding->why);
    else
        fault_add(list, file, place->line, place->column,
                  "service '%s', %s: a usual event is rejected: %s", service, triggers,
                  finding->why);
}

static void prove_service(struct prove *prove, size_t index)
{
    arena_reset(prove->findings_arena);
    prove->service = prove->services->items[index];
    prove->findings = NULL;
    service_check_replies(prove->service, prove->config, prove->proof->warnings);
    for (size_t i = 0; i < prove->trigger_count; i++) {
        const struct pair *pair = &prove->pairs[index * prove->trigger_count + i];
        if (!pair->route)
            continue;
        prove->trigger = prove->triggers[i];
        prove->proof->tried++;
        arena_reset(prove->arena);
        try_pair(prove, pair, i);
    }
    for (const struct finding *finding = prove->findings; finding; finding = finding->next)
        tell_finding(prove, finding);
}

// --- which pairs there are ---

static bool is_for(const struct route *route, const char *trigger)
{
    for (size_t i = 0; i < route->trigger_count; i++) {
        if (strcmp(route->triggers[i], trigger) == 0)
            return true;
    }
    return route->trigger_count == 0;
}

static void join_pairs(struct prove *prove, const struct route *route)
{
    for (size_t i = 0; i < prove->trigger_count; i++) {
        for (size_t j = 0; is_for(route, prove->triggers[i]) && j < route->service_count; j++) {
            struct pair *pair = &prove->pairs[route->services[j] * prove->trigger_count + i];
            if (!pair->route)
                *pair = (struct pair){route, route->source_count ? route->sources[0] : 0};
        }
    }
}

bool prove_services(const struct config *config, const struct services *services,
                    struct proof *proof)
{
    size_t before = proof->faults->count;
    AUTO_ARENA struct arena *samples_arena = arena_new();
    AUTO_ARENA struct arena *findings_arena = arena_new();
    AUTO_ARENA struct arena *arena = arena_new();
    struct prove prove = {.config = config,
                          .services = services,
                          .proof = proof,
                          .samples_arena = samples_arena,
                          .findings_arena = findings_arena,
                          .arena = arena};
    prove.triggers = event_triggers(&prove.trigger_count);
    require(prove.trigger_count <= TRIGGERS_MAX);
    prove.samples = arena_alloc(samples_arena, config->source_count * sizeof(*prove.samples));
    prove.pairs =
        arena_alloc(samples_arena, services->count * prove.trigger_count * sizeof(*prove.pairs));
    prove.captured = services_captured_sample(config, samples_arena);
    prove.codec = soap_codec_new();
    for (size_t i = 0; i < config->route_count; i++)
        join_pairs(&prove, &config->routes[i]);
    for (size_t i = 0; i < services->count; i++)
        prove_service(&prove, i);
    soap_codec_free(prove.codec);
    return proof->faults->count == before;
}
