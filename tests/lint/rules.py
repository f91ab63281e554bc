#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules a compiler does not check: functions nobody calls or only one place calls, the length of
functions, the licence line, the ends of lines and files.

The rule of functions is one table: names, who may call them, and what to use instead."""

import fnmatch
import re

import sources

# (names, files where they are allowed, why)
BANNED = [
    ("strcpy strcat sprintf vsprintf strtok gets", [], "no bound: use struct buf or snprintf"),
    ("atoi atol atof atoll", ["tests/*"], "no error: use strtol and look at the end"),
    ("system popen", [], "no shell"),
    ("alloca", [], "no bound: use an arena"),
    ("exit _exit quick_exit", ["src/main.c", "src/cli*.c", "src/edge/process.c", "gen/*", "tests/*"],
     "only the main program ends the process"),
    ("abort", ["src/base/mem.c", "gen/*", "tests/*"], "use require()"),
    ("time rand srand random gettimeofday clock_gettime getrandom",
     ["src/base/clock.c", "tests/*"], "base/clock is the only door to time and chance"),
    ("sleep usleep nanosleep clock_nanosleep", [], "nothing sleeps: wait for what is to happen"),
    ("malloc calloc realloc reallocarray strdup strndup asprintf vasprintf",
     ["src/base/mem.c", "gen/*", "tests/*"], "use base/mem"),
    ("log_write", ["src/base/*", "src/flow/*", "src/main.c", "src/cli*.c", "tests/*"],
     "only flow and main log"),
    ("printf puts fputs perror vprintf", ["src/main.c", "src/cli*.c", "gen/*", "tests/*"],
     "only main talks to the terminal"),
]
LONGEST_FUNCTION_LINES = 70
SPDX = "SPDX-License-Identifier: GPL-3.0-or-later"
SPDX_IN = (".c", ".cc", ".h", ".py", ".js", ".php", ".sh", ".build", ".wsdl", ".service")
BINARY = (".png", ".ico")


def check_functions(name, mistakes):
    text = sources.code(name)
    for names, allowed, why in BANNED:
        if any(fnmatch.fnmatch(name, pattern) for pattern in allowed):
            continue
        # A member call (x->time()) is no call of the C library's function.
        for found in re.finditer(rf"(?<![\w.>])({'|'.join(names.split())})\s*\(", text):
            line = text.count("\n", 0, found.start()) + 1
            mistakes.append(f"{name}:{line}: {found[1]}(): {why}")


def check_lengths(name, mistakes):
    """The format puts the braces of a function, and of nothing else with statements, at column 1."""
    start = None
    for number, line in enumerate(sources.read(name).splitlines(), 1):
        if line == "{":
            start = number
        elif line == "}" and start:
            if number - start - 1 > LONGEST_FUNCTION_LINES:
                mistakes.append(f"{name}:{start}: a function of {number - start - 1} lines, "
                                f"at most {LONGEST_FUNCTION_LINES}")
            start = None


def check_text(name, mistakes):
    text = sources.read(name)
    lines = text.split("\n")
    is_script = text.startswith("#!")
    if (name.endswith(SPDX_IN) or is_script) and not any(SPDX in line for line in lines[:4]):
        mistakes.append(f"{name}:1: no line `{SPDX}` at the top")
    if text and not text.endswith("\n"):
        mistakes.append(f"{name}:{len(lines)}: does not end with a new line")
    if text.endswith("\n\n"):
        mistakes.append(f"{name}:{len(lines)}: ends with empty lines")
    for number, line in enumerate(lines, 1):
        if line != line.rstrip() and not name.endswith(".md"):
            mistakes.append(f"{name}:{number}: blanks at the end of the line")
        if "\t" in line and name.endswith((".c", ".cc", ".h", ".py", ".build")):
            mistakes.append(f"{name}:{number}: a tab")


def is_foreign(name):
    """Samples and goldens are bytes as somebody sends them; licences are as their authors wrote."""
    return (name.endswith(BINARY) or name == "LICENSE" or name.endswith("package-lock.json")
            or re.search(r"/(events|golden|corpus|cases|data|payloads)/", name) is not None)


def main():
    mistakes = []
    for name in sources.files():
        if is_foreign(name):
            continue
        check_text(name, mistakes)
        if name.endswith((".c", ".cc", ".h")):
            check_functions(name, mistakes)
            check_lengths(name, mistakes)
    sources.finish("rules", mistakes)


if __name__ == "__main__":
    main()
