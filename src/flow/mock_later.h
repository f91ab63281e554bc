// SPDX-License-Identifier: GPL-3.0-or-later
//
// Does things later, on a thread of its own, in the order in which they are due. For flow/mock.

#ifndef FLOW_MOCK_LATER_H
#define FLOW_MOCK_LATER_H

#include "base/mem.h"

#include <stdint.h>

struct mock_later;

struct mock_later *mock_later_new(void);
// From now on everything is done at once.
void mock_later_hurry(struct mock_later *later);
void mock_later_free(struct mock_later *later); // NULL is fine; nothing may be left to do
void mock_later_run(struct mock_later *later, int64_t after_ms, void (*run)(void *context),
                    void *context);

#endif
