# SPDX-License-Identifier: GPL-3.0-or-later
"""Sums what the runners found: meson's testlog.json and pytest's JUnit files. Prints one line,
`N passed, N failed`, and exits 1 unless something passed and nothing failed.

A runner that left no file has failed; a program of many cases counts each of them."""

import json
import re
import sys
import xml.etree.ElementTree as xml

GOOD, SKIPPED = ("OK", "EXPECTEDFAIL"), ("SKIP",)
CASES = re.compile(r"^\[  (PASSED|FAILED|SKIPPED)\s*\] (\d+) test\(s\)", re.M)


def count_meson(path):
    passed = failed = skipped = 0
    with open(path, encoding="utf-8") as file:
        for line in file:
            test = json.loads(line)
            said = (test.get("stdout") or "") + (test.get("stderr") or "")
            cases = {"PASSED": 0, "FAILED": 0, "SKIPPED": 0}
            for word, count in CASES.findall(said):  # cmocka's own sum
                cases[word] += int(count)
            if test["result"] in GOOD:
                passed, skipped = passed + max(cases["PASSED"], 1), skipped + cases["SKIPPED"]
            elif test["result"] in SKIPPED:
                skipped += 1
            else:  # a crash leaves no sum, but is a failure all the same
                passed, failed = passed + cases["PASSED"], failed + max(cases["FAILED"], 1)
    return passed, failed, skipped


def count_junit(path):
    passed = failed = skipped = 0
    for suite in xml.parse(path).iter("testsuite"):
        total, skips = int(suite.get("tests")), int(suite.get("skipped"))
        bad = int(suite.get("failures")) + int(suite.get("errors"))
        passed, failed, skipped = passed + max(total - bad - skips, 0), failed + bad, skipped + skips
    return passed, failed, skipped


def main():
    sums = [0, 0, 0]
    for path in sys.argv[1:]:
        try:
            found = (count_junit if path.endswith(".xml") else count_meson)(path)
        except (OSError, ValueError, KeyError, TypeError, xml.ParseError) as error:
            print(f"{path}: no results: {error}")
            found = (0, 1, 0)
        if found[0] + found[1] == 0:
            print(f"{path}: nothing ran")
            found = (0, 1, found[2])
        sums = [a + b for a, b in zip(sums, found)]
    passed, failed, skipped = sums
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    sys.exit(0 if passed and not failed else 1)


if __name__ == "__main__":
    main()
