// SPDX-License-Identifier: GPL-3.0-or-later
//
// The steps from a body to an event, in order. Knows which rules are whose, none of the rules.

#include "edge/source.h"

bool source_read(const struct config *config, const char *source, struct arena *arena,
                 const char *trigger, enum event_format format, struct str body,
                 struct reading *ret, struct event_faults *ret_faults, struct err *err)
{
    (void)source;
    struct reading reading;
    if (!event_parse(arena, trigger, format, body, &event_limits_default, &reading.event,
                     ret_faults, err))
        return false;
    reading.sent = reading.event;
    survey_apply(arena, config->surveys, config->survey_count, &reading.event, &reading.survey);
    *ret = reading;
    return true;
}

const struct event *source_shown(const struct reading *reading)
{
    return reading->survey.shown ? reading->survey.shown : &reading->event;
}
