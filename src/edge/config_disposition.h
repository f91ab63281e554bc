// SPDX-License-Identifier: GPL-3.0-or-later
//
// The short form of routes that choose their services by the agent's disposition:
//
//   by_disposition: {Sale: [crm], "Do Not Call": [dnc]}
//   else: [log]
//
// becomes one route for each, before routes are read. So all that a route can say holds for them.

#ifndef EDGE_CONFIG_DISPOSITION_H
#define EDGE_CONFIG_DISPOSITION_H

#include "edge/config_read.h"

// The list with each such route replaced by those it stands for; the list itself when there is
// none.
const struct node *config_expand_dispositions(struct config_reader *reader,
                                              const struct node *list);

#endif
