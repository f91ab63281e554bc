// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads a decision table of tests/table: one case a line, columns between bars, `#` begins a
// comment line. A column that holds `-` is empty. The line's number stands in every message.

#ifndef TESTS_TABLE_H
#define TESTS_TABLE_H

#include "base/mem.h"

#include <stdio.h>

enum { TABLE_MAX_COLUMNS = 16, TABLE_MAX_LINE = 1000 };

struct table_line {
    int number;
    size_t count;
    char *columns[TABLE_MAX_COLUMNS]; // without the spaces around; "" when `-`
};

typedef void table_case_fn(const struct table_line *line);

static inline void table_split(char *text, struct table_line *line)
{
    line->count = 0;
    for (char *rest = text; rest;) {
        char *column = strsep(&rest, "|");
        struct str trimmed = str_trim(str_from(column));
        char *start = column + (trimmed.data - column);
        start[trimmed.len] = '\0';
        require(line->count < TABLE_MAX_COLUMNS);
        line->columns[line->count++] = strcmp(start, "-") == 0 ? start + 1 : start;
    }
}

// Calls `check` for each case and returns how many there were.
static inline int table_run(const char *path, size_t columns, table_case_fn *check)
{
    FILE *file = fopen(path, "re");
    require(file != NULL);
    char text[TABLE_MAX_LINE];
    struct table_line line = {0};
    int cases = 0;
    while (fgets(text, sizeof(text), file)) {
        line.number++;
        require(strchr(text, '\n') != NULL);
        struct str trimmed = str_trim(str_from(text));
        if (trimmed.len == 0 || trimmed.data[0] == '#')
            continue;
        table_split(text, &line);
        if (line.count != columns)
            printf("%s:%d: %zu columns, not %zu\n", path, line.number, line.count, columns);
        require(line.count == columns);
        check(&line);
        cases++;
    }
    fclose(file);
    return cases;
}

#endif
