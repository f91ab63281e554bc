// SPDX-License-Identifier: GPL-3.0-or-later
//
// The steps from a body to an event, in order. Knows which rules are whose, none of the rules. The
// call's id is taken last, because it may come under another name.

#include "edge/source.h"

static const struct normal_rules *find_rules(const struct config *config, const char *source)
{
    for (size_t i = 0; i < config->source_count; i++) {
        if (strcmp(config->sources[i].name, source) == 0)
            return &config->sources[i].normal;
    }
    return &normal_rules_default;
}

bool source_read(const struct config *config, const char *source, struct arena *arena,
                 const char *trigger, enum event_format format, struct str body,
                 struct reading *ret, struct event_faults *ret_faults, struct err *err)
{
    struct event_limits limits = event_limits_default;
    limits.needs_call_id = false; // it may come under another name
    struct reading reading;
    if (!event_parse(arena, trigger, format, body, &limits, &reading.raw, ret_faults, err) ||
        !normal_apply(arena, find_rules(config, source), &reading.raw, &reading.event,
                      &reading.notes, ret_faults, err) ||
        !event_identify(arena, &reading.event, ret_faults, err))
        return false;
    survey_apply(arena, config->surveys, config->survey_count, &reading.event, &reading.survey);
    *ret = reading;
    return true;
}

const struct event *source_shown(const struct reading *reading)
{
    return reading->survey.shown ? reading->survey.shown : &reading->event;
}
