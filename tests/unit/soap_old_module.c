// SPDX-License-Identifier: GPL-3.0-or-later
//
// A module of another ABI, for test_soap.c: nothing behind its first number may be looked at.

#include <stdint.h>

extern const struct {
    uint32_t abi, size;
} switchhook_module;
__attribute__((visibility("default")))
const __typeof__(switchhook_module) switchhook_module = {2, 8};
