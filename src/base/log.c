// SPDX-License-Identifier: GPL-3.0-or-later
//
// The log line. Each line is made in one buffer and leaves in one write, so lines of different
// threads do not mix.

#include "base/log.h"

#include "base/clock.h"

#include <stdatomic.h>
#include <unistd.h>

enum { LOG_LINE_MAX = 4096 };

static const char *const level_words[] = {"debug", "info", "warn", "error"};
static _Atomic enum log_level lowest = LOG_INFO;

void log_set_level(enum log_level level)
{
    lowest = level;
}

bool log_level_parse(const char *word, enum log_level *ret)
{
    for (size_t i = 0; i < COUNT_OF(level_words); i++) {
        if (strcmp(word, level_words[i]) == 0) {
            *ret = (enum log_level)i;
            return true;
        }
    }
    return false;
}

static bool is_plain(const char *value)
{
    if (!*value)
        return false;
    for (const char *c = value; *c; c++) {
        if ((unsigned char)*c <= ' ' || *c == '"' || *c == '=' || *c == '\\' || *c == 0x7f)
            return false;
    }
    return true;
}

static void add_value(struct buf *line, const char *value)
{
    if (is_plain(value)) {
        buf_add(line, value, strlen(value));
        return;
    }
    buf_add_char(line, '"');
    for (const char *c = value; *c; c++) {
        if (*c == '"' || *c == '\\')
            buf_printf(line, "\\%c", *c);
        else if (*c == '\n')
            buf_add(line, "\\n", 2);
        else if ((unsigned char)*c < ' ' || *c == 0x7f)
            buf_printf(line, "\\x%02x", (unsigned char)*c);
        else
            buf_add_char(line, *c);
    }
    buf_add_char(line, '"');
}

void log_write(enum log_level level, const char *message, ...)
{
    if (level < lowest)
        return;
    AUTO_BUF struct buf line;
    buf_init(&line, LOG_LINE_MAX);
    char time[CLOCK_RFC3339_BYTES];
    clock_rfc3339(clock_now_ms(), time);
    buf_printf(&line, "time=%s level=%s msg=", time, level_words[level]);
    add_value(&line, message);
    va_list args;
    va_start(args, message);
    for (const char *key; (key = va_arg(args, const char *)) != NULL;) {
        const char *value = va_arg(args, const char *);
        if (!value)
            continue;
        buf_printf(&line, " %s=", key);
        add_value(&line, value);
    }
    va_end(args);
    line.limit++; // room for the end of a line that was cut
    line.overflowed = false;
    buf_add_char(&line, '\n');
    // A log that cannot be written has nowhere to say so.
    if (write(STDERR_FILENO, line.data, line.len) < 0)
        return;
}
