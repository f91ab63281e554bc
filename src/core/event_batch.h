// SPDX-License-Identifier: GPL-3.0-or-later
//
// Many events in one body: takes it apart without reading what is in it, so that one bad event does
// no harm to the others.

#ifndef CORE_EVENT_BATCH_H
#define CORE_EVENT_BATCH_H

#include "base/err.h"

enum batch_kind {
    BATCH_LINES, // a JSON text a line; empty lines do not count
    BATCH_ARRAY, // a JSON array
};

// By a Content-Type header's value: "application/x-ndjson", "application/ndjson",
// "application/jsonl", "application/cloudevents-batch+json"; false for others.
bool batch_kind_of(struct str media_type, enum batch_kind *ret);

// The items are borrowed from the body; whether each is JSON is not looked at. ERR_INVALID when an
// array does not begin or end as one, ERR_TOO_LARGE when there are more than `max`.
bool batch_split(struct arena *arena, enum batch_kind kind, struct str body, size_t max,
                 struct str **ret_items, size_t *ret_count, struct err *err) MUST_CHECK;

#endif
