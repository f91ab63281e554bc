#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the layout of C files with clang-format, or with --write brings them into it.

Another version lays out differently, so any but Debian 12's is skipped (exit 77), never obeyed."""

import re
import shutil
import subprocess
import sys

import sources

VERSION = "14"


def find_tool():
    for tool in (f"clang-format-{VERSION}", "clang-format"):
        if shutil.which(tool):
            said = subprocess.run([tool, "--version"], capture_output=True, text=True).stdout
            if re.search(rf"version {VERSION}\.", said):
                return tool
    print(f"format: skipped, clang-format {VERSION} is not installed")
    sys.exit(77)


def main():
    tool, names = find_tool(), sources.files(".c", ".cc", ".h")
    mode = ["-i"] if "--write" in sys.argv[1:] else ["--dry-run", "-Werror"]
    run = subprocess.run([tool, *mode, *names], cwd=sources.ROOT, capture_output=True, text=True)
    wrong = re.findall(r"^(\S+?:\d+):\d+: error: ", run.stderr, re.M)
    mistakes = [f"{place}: not as clang-format lays it out (./dev format)" for place in wrong]
    if run.returncode and not mistakes:
        mistakes = [run.stderr.strip() or f"{tool} failed"]
    sources.finish("format", mistakes)


if __name__ == "__main__":
    main()
