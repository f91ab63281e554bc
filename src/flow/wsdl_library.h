// SPDX-License-Identifier: GPL-3.0-or-later
//
// The folder of modules as `switchhook wsdl` keeps it. What was added is a version in a folder of
// its own, with the WSDL's files; a link says which one is in use:
//
//   NAME.so                          -> versions/NAME/VERSION/NAME.so
//   versions/NAME/VERSION/NAME.so
//   versions/NAME/VERSION/wsdl/      NAME.wsdl and what it imports, as they came
//   versions/NAME/VERSION/manifest.json
//   versions/.work/                  of the command that holds versions/.lock
//
// Nothing in a version changes, and a link is swapped by a rename; so there is no half state, and a
// gateway that has an older version loaded keeps it. A NAME.so that is no link came from elsewhere.

#ifndef FLOW_WSDL_LIBRARY_H
#define FLOW_WSDL_LIBRARY_H

#include "core/json.h"

struct library {
    struct arena *arena;
    const char *modules_dir, *versions_dir, *work_dir;
    int lock_fd; // -1: not locked
};

struct library_version {
    const char *name, *id;
    const char *folder;          // "" when the module came from elsewhere
    const char *module;          // path of the .so
    const struct json *manifest; // NULL: none that can be read
    int64_t made_at;
    bool is_current;
};

void library_init(struct library *library, struct arena *arena, const char *modules_dir);

// One command at a time changes the library. Waits for another one after telling it to `on_wait`.
// Makes the folders, and an empty work folder in place of what a killed command left.
bool library_lock(struct library *library, void (*on_wait)(const char *owner),
                  struct err *err) MUST_CHECK;
void library_unlock(struct library *library); // removes the work folder

// Names of all modules that are there, sorted.
size_t library_names(struct library *library, const char *const **ret);
// The version in use, a module from elsewhere included; false: there is no such module.
bool library_current(struct library *library, const char *name, struct library_version *ret);
// All versions of that name, newest first.
size_t library_versions(struct library *library, const char *name, struct library_version **ret);
// `what` is NAME or NAME@VERSION; a version may be shortened. On failure the sentence says what
// there is.
bool library_find(struct library *library, const char *what, struct library_version *ret,
                  struct err *err) MUST_CHECK;

// With the lock. Makes a whole version of `from`, a folder laid out as above.
bool library_keep(struct library *library, const char *name, const char *id, const char *from,
                  struct library_version *ret, struct err *err) MUST_CHECK;
// With the lock. From now on this version is in use. A module from elsewhere becomes a version.
bool library_use(struct library *library, const struct library_version *version,
                 struct err *err) MUST_CHECK;
// With the lock. Removes all but the newest few and the one in use.
void library_prune(struct library *library, const char *name);
// With the lock. Removes the module with all its versions.
bool library_remove(struct library *library, const char *name, struct err *err) MUST_CHECK;

// A member of the manifest; "" when there is none.
const char *library_fact(const struct library_version *version, const char *key);

#endif
