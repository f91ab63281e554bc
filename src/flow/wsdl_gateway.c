// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a process has loaded is in its memory map, by the file's own path. Each version has one of
// its own, so the map tells which version it is.

#include "flow/wsdl_gateway.h"

#include "base/clock.h"
#include "edge/store.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>

enum { LOAD_FOR_MS = 20 * 1000, LOOK_EACH_MS = 50 };

// False also when the map cannot be read.
static bool is_mapped(int64_t pid, const char *file)
{
    char path[64], line[PATH_MAX + 200];
    snprintf(path, sizeof(path), "/proc/%lld/maps", (long long)pid);
    FILE *maps = fopen(path, "re");
    bool is_found = false;
    while (maps && !is_found && fgets(line, sizeof(line), maps))
        is_found = strstr(line, file) != NULL;
    if (maps)
        fclose(maps);
    return is_found;
}

static bool wait_for(int64_t pid, const char *module, struct err *err)
{
    char file[PATH_MAX];
    if (!realpath(module, file))
        return err_set(err, ERR_IO, "%s: %s", module, strerror(errno));
    int64_t until_ms = clock_now_ms() + LOAD_FOR_MS;
    while (!is_mapped(pid, file)) {
        if (clock_now_ms() > until_ms)
            return err_set(
                err, ERR_BUSY,
                "the running gateway, process %lld, did not load it in %d s; its log and "
                "its configuration page say why",
                (long long)pid, LOAD_FOR_MS / 1000);
        poll(NULL, 0, LOOK_EACH_MS); // another process's memory tells no one when it changes
    }
    return true;
}

bool gateway_reload(const char *store_path, const char *module, int64_t *ret_pid, struct err *err)
{
    int64_t pid = store_path ? store_owner(store_path) : 0;
    if (!pid)
        return err_set(err, ERR_NOT_FOUND, "no gateway is running");
    if (kill((pid_t)pid, SIGHUP) < 0)
        return err_set(err, ERR_IO,
                       "the running gateway, process %lld, cannot be asked to reload: %s",
                       (long long)pid, strerror(errno));
    *ret_pid = pid;
    return !module || wait_for(pid, module, err);
}
