#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compiles every header of src/ alone: a header that needs another one includes it, and none shows
a library to whoever includes it (no library's flags are given)."""

import os
import subprocess

import sources


def main():
    compiler = os.environ.get("CC", "cc").split()
    mistakes = []
    for name in sources.files(".h"):
        if not name.startswith("src/"):
            continue
        run = subprocess.run(compiler + ["-std=gnu17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror",
                                         "-fsyntax-only", "-Isrc", "-include", name, "-x", "c",
                                         os.devnull],
                             cwd=sources.ROOT, capture_output=True, text=True)
        if run.returncode:
            mistakes.append(f"{name}: does not compile alone:\n{run.stderr.rstrip()}")
    sources.finish("headers compile alone", mistakes)


if __name__ == "__main__":
    main()
