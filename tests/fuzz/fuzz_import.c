// SPDX-License-Identifier: GPL-3.0-or-later
//
// Any bytes as a platform's export. What comes out is text, stays below its folder, and has a line
// for each note.

#include "core/json.h"
#include "flow/import.h"

#include "fuzz.h"

static void check_line(const char *text)
{
    require(*text && !strpbrk(text, "\r\n"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA struct arena *arena = arena_new();
    struct str export = arena_copy(arena, (struct str){(const char *)data, size});
    for (int keeps_tags = 0; keeps_tags < 2; keeps_tags++) {
        struct import_options options = {.keeps_tags = keeps_tags};
        struct import_result result;
        struct err err;
        if (!import_engage_voice(arena, export, &options, &result, &err))
            continue;
        require(result.file_count >= 1);
        for (size_t i = 0; i < result.file_count; i++) {
            struct str text = result.files[i].text;
            require(json_utf8_prefix(text) == text.len);
            require(!strstr(result.files[i].path, ".."));
        }
        for (size_t i = 0; i < result.note_count; i++)
            check_line(result.notes[i]);
        for (size_t i = 0; i < result.variable_count; i++)
            check_line(result.variables[i]);
    }
    return 0;
}
