// SPDX-License-Identifier: GPL-3.0-or-later
//
// The program: one table of commands.

#include "cli.h"

#include <stdio.h>
#include <string.h>

static int print_version(int argc, char **argv)
{
    (void)argv;
    printf("switchhook %s\n", SWITCHHOOK_VERSION);
    return argc ? CLI_USAGE : CLI_OK;
}

static int print_help(int argc, char **argv);

static const struct command {
    const char *name, *arguments, *summary;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"run", "FILE", "start the gateway with the configuration FILE", cli_run},
    {"check", "FILE", "tell every mistake in FILE, its templates and modules", cli_check},
    {"elements", "[TRIGGER]", "list the data elements, all or those of a trigger; --json",
     cli_elements},
    {"sample", "TRIGGER", "print a realistic event; --full, --minimal, --form", cli_sample},
    {"preview", "FILE EVENT", "show the requests that an event would make; --help", cli_preview},
    {"import", "engage-voice FILE", "make services of a platform's export; --help", cli_import},
    {"wsdl", "add|list|...", "add, list, show, compare and remove WSDLs; --help", cli_wsdl},
    {"call", "NAME OPERATION", "send one request of a WSDL's operation now; --help", cli_call},
    {"mock", "NAME", "be a customer that a WSDL describes, for trying; --help", cli_mock},
    {"version", "", "print the version", print_version},
    {"help", "", "print this", print_help},
};

enum { COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]) };

static void print_usage(FILE *out)
{
    fprintf(out, "Switchhook brings contact-center events to SOAP and HTTP services.\n\n"
                 "usage: switchhook COMMAND [FILE]\n\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(out, "  %-10s%-19s%s\n", commands[i].name, commands[i].arguments,
                commands[i].summary);
    fprintf(out, "\nExit status: 0 done, 1 the machine or the store would not, 2 mistakes in the\n"
                 "command line or in a file.\n");
}

static int print_help(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    print_usage(stdout);
    return CLI_OK;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_usage(stderr);
        return CLI_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    if (strcmp(name, "--version") == 0)
        name = "version";
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(name, commands[i].name) == 0)
            return commands[i].run(argc - 2, argv + 2);
    }
    fprintf(stderr, "switchhook: no command `%s`; try `switchhook help`\n", name);
    return CLI_USAGE;
}
