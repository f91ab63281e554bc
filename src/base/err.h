// SPDX-License-Identifier: GPL-3.0-or-later
//
// One error value: a code that decides what happens next and a sentence for the person who reads
// it. An error is our own failure; what a customer's service answered is an outcome, not an error.
// Functions that can fail return bool (true: done), take `struct err *err` last, and leave their
// outputs untouched on failure.

#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/mem.h"

#ifdef __cplusplus
extern "C" {
#endif

enum err_code {
    ERR_NONE,
    ERR_INVALID,   // what came in breaks a rule
    ERR_TOO_LARGE, // it passes a limit
    ERR_NOT_FOUND,
    ERR_CONFLICT, // it contradicts what is there
    ERR_FULL,     // no room on the disk
    ERR_BUSY,     // not now
    ERR_IO,       // the machine or a library failed
};

struct err {
    enum err_code code;
    char text[400]; // one sentence without a full stop, holds the values that matter
};

// Fills *err and returns false, so that a function can `return err_set(...)`.
bool err_set(struct err *err, enum err_code code, const char *format, ...) PRINTF_LIKE(3, 4);
// Puts "prefix: " in front of the sentence and returns false.
bool err_prefix(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);

// --- mistakes in files a person wrote, reported all at once ---

struct fault {
    const char *file; // as the person named it
    int line, column; // from 1; 0 when the place is unknown
    const char *text; // one sentence, with a suggestion where there is one
};

struct fault_list {
    struct arena *arena; // owns the texts; set by the owner of the list
    struct fault *items;
    size_t count, capacity;
};

void fault_add(struct fault_list *list, const char *file, int line, int column, const char *format,
               ...) PRINTF_LIKE(5, 6);
void fault_list_finish(struct fault_list *list); // frees the items, not the arena
// The candidate most like `word` for a "did you mean", or NULL when none is near.
const char *err_nearest(struct str word, const char *const *candidates, size_t count);

#ifdef __cplusplus
}
#endif

#endif
