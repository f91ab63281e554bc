// SPDX-License-Identifier: GPL-3.0-or-later
//
// The words of one command's line: options by a table, and the rest in order. Options may stand
// anywhere; `--help` prints the command's text.

#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include "cli.h"

#include "base/mem.h"

struct cli_option {
    const char *name;   // "--source"
    const char **value; // the word after it; NULL: it has none
    bool *is_given;     // NULL: nobody asks
};

struct cli_line {
    const char *help; // begins with "usage: switchhook COMMAND ..." in a line of its own
    const struct cli_option *options;
    size_t option_count;
    const char **words; // filled: the rest, exactly so many
    size_t word_count;
};

// False: *ret_status is the command's exit status, and what is wrong was told.
bool cli_line_read(const struct cli_line *line, int argc, char **argv, int *ret_status) MUST_CHECK;

// The same where only `least` words must be there; those that are missing are NULL.
bool cli_line_read_some(const struct cli_line *line, size_t least, int argc, char **argv,
                        int *ret_status) MUST_CHECK;

#endif
