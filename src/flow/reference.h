// SPDX-License-Identifier: GPL-3.0-or-later
//
// Shows the catalogue and its schemas over HTTP. They are the same for everybody and never change
// while the process runs, so each body is made once, when it is first asked for. Any thread.

#ifndef FLOW_REFERENCE_H
#define FLOW_REFERENCE_H

#include "edge/server.h"

struct reference;

struct reference *reference_new(void);
void reference_free(struct reference *reference);

// `?trigger=` narrows it to what that trigger can carry.
void reference_show_catalogue(struct reference *reference, struct server_request *request);
void reference_show_schema(struct reference *reference, struct server_request *request,
                           struct str trigger);

#endif
