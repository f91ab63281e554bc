#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks every #include of src/ against layers.txt.

A file belongs to the module of its name (`edge/config_yaml.c` to `edge/config`), or, as the header
of an interface with several makers, to the first of them (`edge/store.h` to `edge/store_sqlite`).
Files at the top of src/ put everything together: they may include all of ours and no library."""

import fnmatch
import re

import sources

LAYERS = ["base", "core", "edge", "flow"]
# What a C library on Linux brings. Any other <header> is somebody's library and needs a door.
LIBC = set("""
    assert ctype dirent dlfcn endian errno fcntl float fnmatch getopt glob grp inttypes limits
    locale malloc math netdb poll pthread pwd sched semaphore setjmp signal spawn stdalign stdarg
    stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string strings syslog termios time
    ucontext unistd wchar wctype arpa/inet net/if netinet/in netinet/tcp netinet/ip
""".split())
LIBC_FOLDERS = ("sys/", "linux/", "bits/")
# What the C++ library brings to the files that are doors to libraries of C++.
LIBCXX = {"algorithm", "charconv", "cstdint", "cstring", "exception", "set", "string", "vector"}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)


def read_table(mistakes):
    """{module: (own headers, third-party patterns)}"""
    table = {}
    for number, line in enumerate(sources.read("tests/lint/layers.txt").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        row = re.fullmatch(r"([a-z]+/[a-z0-9_]+):([^|]*)\|(.*)", line)
        if not row or row[1].split("/")[0] not in LAYERS:
            mistakes.append(f"tests/lint/layers.txt:{number}: not `layer/module: headers | libraries`")
        elif row[1] in table:
            mistakes.append(f"tests/lint/layers.txt:{number}: {row[1]} is there twice")
        else:
            table[row[1]] = (row[2].split(), row[3].split())
    return table


def module_of(path, table):
    """The row for a file or header, e.g. `edge/config_yaml`; None when there is none."""
    name = path
    while name not in table and "_" in name:
        name = name.rsplit("_", 1)[0]
    if name in table:
        return name
    return next((m for m in table if m.startswith(path + "_")), None)


def check_table(table, mistakes):
    """Rows point downward or sideways, to headers that exist, and never in a circle."""
    rank = {name: i for i, name in enumerate(LAYERS)}
    headers = set(h[len("src/"):-2] for h in sources.files(".h") if h.startswith("src/"))
    for module, (own, _) in table.items():
        for header in own:
            layer = header.split("/")[0]
            if rank.get(layer, 99) > rank[module.split("/")[0]]:
                mistakes.append(f"tests/lint/layers.txt: {module} may not look up to {header}")
            elif header not in headers:
                mistakes.append(f"tests/lint/layers.txt: {module} names {header}, which is no header")
    done = set()

    def visit(module, path):
        if module in path:
            mistakes.append("tests/lint/layers.txt: a circle: " + " > ".join(path + [module]))
        elif module not in done:
            for header in table[module][0]:
                target = module_of(header, table)
                if target and target != module:
                    visit(target, path + [module])
            done.add(module)

    for module in table:
        visit(module, [])


def why_not_own(module, header, table):
    """Why this file may not include this header of ours; None when it may."""
    if module is None or header.startswith("base/"):
        return None
    if module.startswith("base/"):
        return "base knows nothing of the product"
    if module_of(header, table) == module or header in table[module][0]:
        return None
    return f"{module} may not include it (tests/lint/layers.txt)"


def why_not_library(module, header, table):
    doors = {m for m, (_, libraries) in table.items()
             if any(fnmatch.fnmatch(header, pattern) for pattern in libraries)}
    if doors:
        return None if module in doors else f"its door is {' and '.join(sorted(doors))}"
    stem = header[:-2] if header.endswith(".h") else header
    if header in LIBCXX or stem in LIBC or header.startswith(LIBC_FOLDERS):
        return None
    return "no module is the door to this library (tests/lint/layers.txt)"


def check_file(name, table, mistakes):
    path = name[len("src/"):].rsplit(".", 1)[0]
    module = module_of(path, table) if "/" in path else None
    if "/" in path and module is None:
        mistakes.append(f"{name}: {path} has no row in tests/lint/layers.txt")
        return
    text = sources.read(name)
    for found in INCLUDE.finditer(text):
        line = text.count("\n", 0, found.start(2)) + 1
        is_own, header = found[1] == '"', found[2]
        if is_own and header not in OWN:
            why = "no such header under src/"
        elif is_own:
            why = why_not_own(module, header[:-2], table)
        else:
            why = why_not_library(module, header, table)
        if why:
            mistakes.append(f"{name}:{line}: includes {header}: {why}")


OWN = {n[len("src/"):] for n in sources.files(".h") if n.startswith("src/")}


def check_document(table, mistakes):
    if "ARCHITECTURE.md" not in sources.files(".md"):
        return
    text = sources.read("ARCHITECTURE.md")
    for module in table:
        is_part = any(module.startswith(whole + "_") for whole in table)
        if not is_part and f"`{module}`" not in text:
            mistakes.append(f"ARCHITECTURE.md: says nothing of {module}")


def main():
    mistakes = []
    table = read_table(mistakes)
    check_table(table, mistakes)
    for name in sources.files(".c", ".cc", ".h"):
        if name.startswith("src/"):
            check_file(name, table, mistakes)
    check_document(table, mistakes)
    sources.finish("include directions", mistakes)


if __name__ == "__main__":
    main()
