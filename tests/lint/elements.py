#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that docs/elements.md is what gen/catalogue.py makes of src/core/catalogue.json.

With --write it is made anew."""

import subprocess
import sys

import sources

COMMAND = [sys.executable, "gen/catalogue.py", "--doc", "src/core/catalogue.json"]
PAGE = "docs/elements.md"


def main():
    if "--write" in sys.argv[1:]:
        sys.exit(subprocess.run([*COMMAND, PAGE], cwd=sources.ROOT).returncode)
    made = subprocess.run([*COMMAND, "-"], cwd=sources.ROOT, capture_output=True, encoding="utf-8")
    mistakes = made.stderr.splitlines()
    if not mistakes and made.stdout != sources.read(PAGE):
        mistakes = [f"{PAGE}: not as made of the data file (tests/lint/elements.py --write)"]
    sources.finish("reference page", mistakes)


if __name__ == "__main__":
    main()
