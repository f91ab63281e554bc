// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads a command's line by its table. Knows no command.

#include "cli_args.h"

#include "base/err.h"

#include <stdio.h>

static const struct cli_option *find_option(const struct cli_line *line, const char *word)
{
    for (size_t i = 0; i < line->option_count; i++) {
        if (strcmp(line->options[i].name, word) == 0)
            return &line->options[i];
    }
    return NULL;
}

static int tell_usage(const struct cli_line *line)
{
    fprintf(stderr, "%.*s\n", (int)strcspn(line->help, "\n"), line->help);
    return CLI_USAGE;
}

static int tell_unknown(const struct cli_line *line, const char *word)
{
    AUTO_FREE const char **names = mem_alloc((line->option_count + 1) * sizeof(*names));
    for (size_t i = 0; i < line->option_count; i++)
        names[i] = line->options[i].name;
    const char *nearest = err_nearest(str_from(word), names, line->option_count);
    fprintf(stderr, "switchhook: no option `%s`%s%s%s\n", word, nearest ? "; did you mean `" : "",
            nearest ? nearest : "", nearest ? "`?" : "");
    return tell_usage(line);
}

bool cli_line_read(const struct cli_line *line, int argc, char **argv, int *ret_status)
{
    return cli_line_read_some(line, line->word_count, argc, argv, ret_status);
}

bool cli_line_read_some(const struct cli_line *line, size_t least, int argc, char **argv,
                        int *ret_status)
{
    size_t count = 0;
    for (int i = 0; i < argc; i++) {
        const struct cli_option *option = find_option(line, argv[i]);
        if (strcmp(argv[i], "--help") == 0) {
            printf("%s", line->help);
            *ret_status = CLI_OK;
            return false;
        }
        if (option && option->value && i + 1 < argc) {
            *option->value = argv[++i];
        } else if (option && !option->value) {
            *option->is_given = true;
        } else if (!option && argv[i][0] != '-' && count < line->word_count) {
            line->words[count++] = argv[i];
        } else {
            *ret_status =
                !option && argv[i][0] == '-' ? tell_unknown(line, argv[i]) : tell_usage(line);
            return false;
        }
    }
    if (count >= least) {
        while (count < line->word_count)
            line->words[count++] = NULL;
        return true;
    }
    *ret_status = tell_usage(line);
    return false;
}
