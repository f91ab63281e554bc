# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lints look at: the files of the project, and C text without comments and strings.

Knows git and the shape of the tree; knows no rule. Files not yet committed are looked at too, so
that a lint tells before the commit and not after it."""

import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def files(*suffixes):
    """Paths relative to the root, sorted; all when no suffix is given."""
    listing = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT,
                             capture_output=True, text=True)
    names = listing.stdout.splitlines() if listing.returncode == 0 else _walk()
    return sorted(n for n in names
                  if (not suffixes or n.endswith(suffixes)) and os.path.isfile(os.path.join(ROOT, n)))


def _walk():  # a release tarball has no git
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [f for f in folders if not f.startswith((".", "build", "node_modules"))]
        for name in names:
            yield os.path.relpath(os.path.join(folder, name), ROOT)


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return file.read()


_IGNORED = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def code(name):
    """The text of a C file with comments and literals blanked, so that lines keep their number."""
    return _IGNORED.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), read(name))


def finish(title, mistakes):
    """Prints what was found and ends the program."""
    for mistake in mistakes:
        print(mistake)
    print(f"{title}: {len(mistakes)} mistake(s)" if mistakes else f"{title}: fine")
    sys.exit(1 if mistakes else 0)
