// SPDX-License-Identifier: GPL-3.0-or-later
//
// Gives every file of the folders named to the fuzz target this is linked with. An input that once
// broke something is put into the folder and so stays mended.

#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>

enum { INPUT_MAX_BYTES = 1 << 20 };

static bool replay_file(const char *dir, const char *name)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return false;
    }
    // Allocated to the byte, so that a sanitizer sees a read past the end.
    AUTO_FREE uint8_t *room = mem_alloc(INPUT_MAX_BYTES);
    size_t size = fread(room, 1, INPUT_MAX_BYTES, file);
    fclose(file);
    AUTO_FREE uint8_t *data = mem_alloc(size);
    memcpy(data, room, size);
    printf("%s (%zu bytes)\n", path, size);
    fflush(stdout); // if it ends the process, this line says which it was
    LLVMFuzzerTestOneInput(data, size);
    return true;
}

static bool replay_folder(const char *dir, size_t *count)
{
    DIR *folder = opendir(dir);
    if (!folder) {
        perror(dir);
        return false;
    }
    bool is_good = true;
    for (const struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.')
            continue;
        is_good = replay_file(dir, entry->d_name) && is_good;
        ++*count;
    }
    closedir(folder);
    return is_good;
}

int main(int argc, char **argv)
{
    size_t count = 0;
    bool is_good = true;
    for (int i = 1; i < argc; i++)
        is_good = replay_folder(argv[i], &count) && is_good;
    printf("%zu inputs\n", count);
    return is_good && count ? EXIT_SUCCESS : EXIT_FAILURE;
}
