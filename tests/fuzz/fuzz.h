// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a fuzz target gives. Linked with main.c it replays a corpus as an ordinary test; built by
// clang with -fsanitize=fuzzer it searches (meson.build says how).

#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include "base/mem.h"

#include <stdint.h>

// Aborts when the code under test breaks a promise; always returns 0.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
