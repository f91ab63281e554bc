// SPDX-License-Identifier: GPL-3.0-or-later
//
// The running gateway, seen from another process: found by its store's lock, asked to reload by
// SIGHUP, and watched until it has a module loaded. Needs no address and no password, but the right
// to signal it: the same user, or root.

#ifndef FLOW_WSDL_GATEWAY_H
#define FLOW_WSDL_GATEWAY_H

#include "base/err.h"

#include <stdint.h>

// ERR_NOT_FOUND: no gateway has the store open. ERR_BUSY: it was asked, and did not load the module
// in time; its log says why. ERR_IO: it may not be asked. `module` NULL: nothing is waited for.
bool gateway_reload(const char *store_path, const char *module, int64_t *ret_pid,
                    struct err *err) MUST_CHECK;

#endif
