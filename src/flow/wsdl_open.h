// SPDX-License-Identifier: GPL-3.0-or-later
//
// One version's module, loaded into this process to be looked at. Only modules that a process of
// their own has loaded before (wsdl_try_module) or that are in use are opened.

#ifndef FLOW_WSDL_OPEN_H
#define FLOW_WSDL_OPEN_H

#include "edge/soap.h"
#include "edge/soap_module.h"
#include "flow/wsdl_library.h"

struct opened {
    struct soap_modules *modules;
    const struct soap_module *facts;
};

bool wsdl_open(const struct library_version *version, struct opened *ret,
               struct err *err) MUST_CHECK;
void wsdl_close(struct opened *opened);

#endif
