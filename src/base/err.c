// SPDX-License-Identifier: GPL-3.0-or-later
//
// Error values and fault lists. Never logs: the caller in src/flow or src/main.c does, once.

#include "base/err.h"

#include <stdio.h>

bool err_set(struct err *err, enum err_code code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    err->code = code;
    vsnprintf(err->text, sizeof(err->text), format, args);
    va_end(args);
    return false;
}

bool err_prefix(struct err *err, const char *format, ...)
{
    char prefix[200];
    char text[sizeof(err->text)];
    va_list args;
    va_start(args, format);
    vsnprintf(prefix, sizeof(prefix), format, args);
    va_end(args);
    memcpy(text, err->text, sizeof(text));
    int room = (int)sizeof(err->text) - (int)strlen(prefix) - 3;
    snprintf(err->text, sizeof(err->text), "%s: %.*s", prefix, room, text);
    return false;
}

void fault_add(struct fault_list *list, const char *file, int line, int column, const char *format,
               ...)
{
    char text[600];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 8;
        list->items = mem_grow(list->items, list->capacity * sizeof(*list->items));
    }
    list->items[list->count++] = (struct fault){
        .file = arena_strdup(list->arena, file),
        .line = line,
        .column = column,
        .text = arena_strdup(list->arena, text),
    };
}

void fault_list_finish(struct fault_list *list)
{
    free(list->items);
    *list = (struct fault_list){.arena = list->arena};
}

enum { NEAREST_MAX_WORD = 64 };

// Edits (insert, delete, replace) that turn a into b, in one row of the usual table.
static size_t edit_distance(struct str a, struct str b)
{
    size_t row[NEAREST_MAX_WORD + 1];
    for (size_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t above = row[j];
            size_t replaced = diagonal + (a.data[i - 1] != b.data[j - 1]);
            size_t shorter = (above < row[j - 1] ? above : row[j - 1]) + 1;
            row[j] = replaced < shorter ? replaced : shorter;
            diagonal = above;
        }
    }
    return row[b.len];
}

const char *err_nearest(struct str word, const char *const *candidates, size_t count)
{
    const char *nearest = NULL;
    size_t best = word.len / 3 + 2; // further away is no help
    if (word.len > NEAREST_MAX_WORD)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        struct str candidate = str_from(candidates[i]);
        if (candidate.len > NEAREST_MAX_WORD)
            continue;
        size_t distance = edit_distance(word, candidate);
        if (distance < best) {
            best = distance;
            nearest = candidates[i];
        }
    }
    return nearest;
}
