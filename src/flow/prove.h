// SPDX-License-Identifier: GPL-3.0-or-later
//
// The story "try before live": each service is given a sample event of each trigger that its routes
// can carry, and makes its request of it, WSDL types included. Sends and stores nothing.

#ifndef FLOW_PROVE_H
#define FLOW_PROVE_H

#include "edge/service.h"

struct proof {
    struct fault_list *faults;   // a usual event is rejected
    struct fault_list *warnings; // an event that lacks something usual is; and what replies lack
    size_t tried;                // filled: pairs of service and trigger
};

// False: there is at least one fault.
bool prove_services(const struct config *config, const struct services *services,
                    struct proof *proof) MUST_CHECK;

#endif
