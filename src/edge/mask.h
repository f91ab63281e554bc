// SPDX-License-Identifier: GPL-3.0-or-later
//
// Takes secrets out of texts that people will see. Knows the forms a secret has on the wire: as it
// is, escaped for XML, HTML, JSON, URLs or forms, and in base64. Knows no services.

#ifndef EDGE_MASK_H
#define EDGE_MASK_H

#include "base/mem.h"

struct mask; // all secrets of one service; once they are added, any thread

struct mask *mask_new(void);
void mask_free(struct mask *mask);

// The secret is copied, in all its forms. An empty one is ignored.
void mask_add(struct mask *mask, struct str secret);
// The password, and what HTTP Basic authentication makes of both.
void mask_add_basic(struct mask *mask, struct str user, struct str password);

// The text with each form replaced by "[masked]"; forms that overlap are masked together. The text
// itself when there is nothing to mask.
struct str mask_apply(const struct mask *mask, struct arena *arena, struct str text);

#endif
