#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compiles every header of src/ alone: a header that needs another one includes it."""

import os
import re
import subprocess

import sources


def library_flags():
    """Of the libraries in meson.build: the private header of a door may include its library."""
    names = re.findall(r"dependency\('([^']+)'\)", sources.read("meson.build"))
    packages = [name for name in names if name != "threads"]
    found = subprocess.run(["pkg-config", "--cflags", *packages], capture_output=True, text=True)
    return found.stdout.split()


def main():
    flags = library_flags()
    compiler = os.environ.get("CC", "cc").split()
    mistakes = []
    for name in sources.files(".h"):
        if not name.startswith("src/"):
            continue
        run = subprocess.run(compiler + ["-std=gnu17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror",
                                         "-fsyntax-only", "-Isrc", *flags, "-include", name, "-x", "c",
                                         os.devnull],
                             cwd=sources.ROOT, capture_output=True, text=True)
        if run.returncode:
            mistakes.append(f"{name}: does not compile alone:\n{run.stderr.rstrip()}")
    sources.finish("headers compile alone", mistakes)


if __name__ == "__main__":
    main()
