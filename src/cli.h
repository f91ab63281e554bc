// SPDX-License-Identifier: GPL-3.0-or-later
//
// The commands of the program. Each takes the arguments after its own name and returns the
// process's exit status.

#ifndef CLI_H
#define CLI_H

enum cli_status {
    CLI_OK = 0,
    CLI_FAILED = 1, // the machine or the store would not
    CLI_USAGE = 2,  // the command line or a file a person wrote has mistakes
};

int cli_run(int argc, char **argv);
int cli_check(int argc, char **argv);
int cli_preview(int argc, char **argv);
int cli_import(int argc, char **argv);
int cli_mock(int argc, char **argv);
int cli_elements(int argc, char **argv);
int cli_sample(int argc, char **argv);
int cli_wsdl(int argc, char **argv);
int cli_call(int argc, char **argv);

#endif
