// SPDX-License-Identifier: GPL-3.0-or-later
//
// A realistic event of each trigger, made of the catalogue's examples, for trying things before
// they are live. The same trigger and survey give the same event each time.

#ifndef CORE_SAMPLE_H
#define CORE_SAMPLE_H

#include "core/event.h"

struct survey;

enum sample_size {
    SAMPLE_USUAL,   // what platforms are seen to send
    SAMPLE_FULL,    // every element the catalogue has for the trigger
    SAMPLE_MINIMAL, // only what an event must have
};

// The data elements as a platform would post them, all but lists as text; with answers to `survey`
// when it is not NULL and the trigger can carry them. `trigger` is one of event_triggers().
struct json *sample_elements(struct arena *arena, const char *trigger, enum sample_size size,
                             const struct survey *survey);
// The same as a body of JSON.
struct str sample_body(struct arena *arena, const char *trigger, enum sample_size size,
                       const struct survey *survey);

#endif
