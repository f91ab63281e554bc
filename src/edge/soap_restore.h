// SPDX-License-Identifier: GPL-3.0-or-later
//
// Puts back into a wire document what the stub did not write as the request has it; for soap.c.

#ifndef EDGE_SOAP_RESTORE_H
#define EDGE_SOAP_RESTORE_H

#include "edge/soap_document.h"

// Makes Header and Body of `to` hold what those of `from` hold, under the prefixes of `to`.
// `is_rpc`: the parts keep the order of `to`, and parts that only `to` has stay. `is_encoded`: what
// only `to` says of types stays. True when `to` was changed.
bool soap_restore(const struct soap_envelope *from, struct soap_envelope *to, bool is_rpc,
                  bool is_encoded);

#endif
