// SPDX-License-Identifier: GPL-3.0-or-later
//
// Other programs: started by their words, never through a shell; bounded in time and
// output; ended with all that they started. Knows nothing of what they do. For commands of one
// thread: while one runs, SIGINT, SIGTERM and SIGHUP end it first, and the caller is told.

#ifndef EDGE_PROCESS_H
#define EDGE_PROCESS_H

#include "base/err.h"

#include <stdint.h>

struct process {
    const char *const *words; // ends with NULL; the first is a path, or is looked for in PATH
    int64_t timeout_ms;
    size_t max_output_bytes; // of standard output and of standard error; what is more is lost
    // Called with each line of standard output as it comes; NULL: nobody asks.
    void (*on_line)(void *context, struct str line);
    void *context;
};

struct process_end {
    int status;             // its exit status; 128 and the signal that ended it
    int signal;             // it was ended because this process got that one; 0: none
    bool is_late;           // it was ended because of timeout_ms
    struct str out, errors; // what it wrote, each ends with NUL
};

// False, with ERR_IO, when it could not be started. *ret lives in the arena.
bool process_run(struct arena *arena, const struct process *process, struct process_end *ret,
                 struct err *err) MUST_CHECK;

#endif
