// SPDX-License-Identifier: GPL-3.0-or-later
//
// One log line format, logfmt on standard error: time=... level=... msg="..." key=value ...
// Only src/flow and src/main.c log, once per failure, with the ids of the event and the delivery.
// Any thread. Values are quoted and control characters escaped, so a value cannot forge a line.

#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/mem.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

void log_set_level(enum log_level level); // default LOG_INFO; any thread
bool log_level_parse(const char *word, enum log_level *ret);

// Pairs of key and value, both const char *, ended by NULL; a NULL value leaves its key out:
//   log_write(LOG_WARN, "delivery dead", "delivery", id, "service", name, NULL);
void log_write(enum log_level level, const char *message, ...) __attribute__((sentinel));

#endif
