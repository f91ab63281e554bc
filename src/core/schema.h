// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the catalogue says, as JSON for other programs: its lists, and a JSON Schema (2020-12) of a
// trigger's body. A schema is as tolerant as the gateway: it wants `uii` and takes any other name,
// and a value may be text whatever its type.

#ifndef CORE_SCHEMA_H
#define CORE_SCHEMA_H

#include "core/json.h"

// {"triggers": [...], "elements": [...]}: all, or of one trigger (one of event_triggers()) only.
struct json *schema_catalogue(struct arena *arena, const char *trigger);
struct json *schema_event(struct arena *arena, const char *trigger);

#endif
