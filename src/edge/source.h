// SPDX-License-Identifier: GPL-3.0-or-later
//
// How a body of a source becomes the event that routes, services and pages see. Everybody who reads
// a stored body does it here, so that intake, worker and pages cannot differ.

#ifndef EDGE_SOURCE_H
#define EDGE_SOURCE_H

#include "core/normal.h"
#include "edge/config.h"

struct reading {
    struct event event;          // in normal form, its answers named
    struct event raw;            // as sent; has no call_id when that came under another name
    struct normal_notes notes;   // what became of each element
    struct survey_result survey; // what they are, what breaks the definition, what is sensitive
};

// The event as people may see it: sensitive answers are masked.
const struct event *source_shown(const struct reading *reading);

// `source` by name; one that the configuration no longer has is read by the default rules. Fails
// like event_parse, and when a policy of the source rejects a value (ERR_CONFLICT). Answers that
// break a definition are no failure: who takes the event looks at ret->survey.is_refused.
bool source_read(const struct config *config, const char *source, struct arena *arena,
                 const char *trigger, enum event_format format, struct str body,
                 struct reading *ret, struct event_faults *ret_faults, struct err *err) MUST_CHECK;

#endif
