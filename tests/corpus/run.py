#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes every WSDL of a corpus through the stages of STAGES, one after the other until one fails, and
each of its operations through those of STEPS, and prints how many got how far.

The corpus is the folder that SWITCHHOOK_CORPUS names, with an INDEX.tsv of a row for each WSDL (path,
kind, binding, dangling); without it there is nothing to do. Each result is a line of the results file
as soon as it is known, so a run that was stopped goes on where it was."""

import argparse
import collections
import concurrent.futures
import csv
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ET

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "lib"))

import gateway
import validator

WSDL_MODULE = ROOT / "gen" / "wsdl_module"
LINKS = {"import", "include", "redefine"}
SOAP = ("soap11", "soap12")


class Failure(Exception):
    """A stage that did not hold; its text is the cause in one sentence."""


class Case:
    """One WSDL and the folder where its stages leave what the next ones need."""

    def __init__(self, row, corpus, work, options):
        self.row, self.options = row, options
        self.wsdl = corpus / row["path"]
        self.work = work / row["path"].replace("/", "--")
        self.module = self.work / "modules" / "case.so"

    def run(self, *command, within_s, may_fail=False):
        """What a command printed; a Failure with its last words when it failed."""
        try:
            done = subprocess.run([str(part) for part in command], capture_output=True, text=True,
                                  errors="replace", timeout=within_s, env=gateway.environment())
        except subprocess.TimeoutExpired:
            raise Failure(f"took more than {within_s} s") from None
        if done.returncode < 0 or (done.returncode != 0 and not may_fail):
            words = (done.stderr.strip() or done.stdout.strip() or "said nothing").splitlines()
            raise Failure(words[-1].replace(str(self.wsdl), self.wsdl.name))
        return done.stdout


# --- stages: each takes a Case and raises Failure; later ones find what earlier ones left ---

def build(case):
    """The WSDL becomes a module. Returns the generator's notes."""
    case.module.parent.mkdir(parents=True, exist_ok=True)
    said = case.run(WSDL_MODULE, "build", "--optimize", case.options.optimize, "case", case.wsdl,
                    case.module, case.work / "case.d", gateway.BUILD / "gen" / "bind", ROOT / "src",
                    *case.options.cc.split(), within_s=case.options.limit)
    return [line.split(": note: ", 1)[1] for line in said.splitlines() if ": note: " in line]


def load(case):
    """The gateway takes the module."""
    (case.work / "templates").mkdir(exist_ok=True)
    (case.work / "templates" / "call.json").write_text("{}")
    file = gateway.write_config(case.work, gateway.config(
        {"none": gateway.http_service("http://127.0.0.1:9/")}, modules=str(case.module.parent)))
    if "1 WSDL modules" not in case.run(gateway.PROGRAM, "check", file, within_s=60):
        raise Failure("the gateway did not see the module")
    return []


def operations(case):
    """Every operation scaffolds, its sample passes the gateway's own check, and what would be sent is
    valid for somebody else."""
    said = case.run(gateway.PROGRAM, "wsdl", "scaffold", "case", "--all", "--check", "--modules",
                    case.module.parent, within_s=case.options.limit, may_fail=True)
    case.operations = judge_all(case.wsdl, [json.loads(line) for line in said.splitlines()])
    return []


STAGES = [build, load, operations]
STEPS = ["scaffold", "sample", "encode", "valid"]


def judge_all(wsdl, results):
    """The gateway's results with a verdict on each wire: "ok", what is wrong, or why it is not judged."""
    judge = validator.Wsdl(wsdl)
    for result in results:
        wire = result.pop("wire")
        if result["encode"] != "ok":
            continue
        try:
            result["valid"] = judge.judge(result["port"], result["operation"], wire) or "ok"
        except validator.Unjudged as why:
            result["valid"], result["unjudged"] = "ok", str(why)
    return results


# --- what the index does not know ---

def absent_files(wsdl):
    """Files that the WSDL imports by a relative path, directly or not, and that are not there."""
    seen, absent, queue = set(), [], [wsdl]
    while queue:
        file = queue.pop()
        if file in seen:
            continue
        seen.add(file)
        try:
            nodes = list(ET.parse(file).iter())
        except (ET.ParseError, OSError):
            continue
        for node in nodes:
            location = node.get("schemaLocation") or node.get("location") or ""
            if node.tag.rpartition("}")[2] not in LINKS or not location or ":" in location:
                continue
            target = pathlib.Path(os.path.normpath(file.parent / location))
            if target.exists():
                queue.append(target)
            elif not (file.parent / location.replace("%20", " ")).exists():
                absent.append(location)
    return absent


def group_of(row, wsdl):
    """What the figures are counted by."""
    if row["kind"] == "negative":
        return "negative"
    if not any(version in row["binding"].split(",") for version in SOAP):
        return "no SOAP binding"
    if row["dangling"] not in ("", "0"):
        return "names missing"
    if absent_files(wsdl):
        return "files missing"
    return "complete"


# --- running ---

def take(row, corpus, work, options):
    case = Case(row, corpus, work, options)
    result = {"path": row["path"], "kind": row["kind"], "group": group_of(row, case.wsdl),
              "passed": [], "failed": None, "cause": None, "notes": [], "operations": []}
    started = time.monotonic()
    try:
        for stage in STAGES:
            result["failed"] = stage.__name__
            result["notes"] += stage(case)
            result["passed"].append(stage.__name__)
        result["failed"] = None
        result["operations"] = case.operations
    except Failure as failure:
        result["cause"] = str(failure)
    finally:
        shutil.rmtree(case.work, ignore_errors=True)
    result["seconds"] = round(time.monotonic() - started, 1)
    return result


def cause_class(cause):
    """The cause without what differs from WSDL to WSDL."""
    cause = re.sub(r"^\S+: ", "", cause)
    cause = re.sub(r"\{[^}]*\}\S+|\S+\.(?:wsdl|xsd|h)\S*|'[^']*'|\"[^\"]*\"", "..", cause)
    return re.sub(r"(operation|message|part|root(?: element)? is) \S+", r"\1 ..", cause)[:110]


def report(results, out):
    groups = collections.defaultdict(collections.Counter)
    for result in results:
        for key in (result["group"], f'  {result["group"]}, {result["kind"]}'):
            groups[key]["all"] += 1
            groups[key].update(result["passed"])
    print(f'{"":32}{"WSDLs":>7}' + "".join(f"{stage.__name__:>11}" for stage in STAGES), file=out)
    for key, counts in sorted(groups.items(), key=lambda item: (item[0].strip(), item[0])):
        print(f'{key:32}{counts["all"]:7}' +
              "".join(f"{counts[stage.__name__]:11}" for stage in STAGES) +
              f'{100 * counts[STAGES[-1].__name__] / counts["all"]:8.1f} %', file=out)
    classes = collections.defaultdict(list)
    for result in results:
        if result["failed"]:
            key = (result["group"], result["failed"], cause_class(result["cause"]))
            classes[key].append(result)
    for (group, stage, cause), members in sorted(classes.items(), key=lambda c: -len(c[1])):
        print(f"\n{group}, {stage}, {len(members)}: {cause}", file=out)
        for result in members[:3]:
            print(f'    {result["path"]}: {result["cause"]}', file=out)


def report_operations(results, out):
    groups, causes = collections.defaultdict(collections.Counter), collections.defaultdict(list)
    for result in results:
        for operation in result["operations"]:
            counts = groups[result["group"]]
            counts["all"] += 1
            counts["unjudged"] += "unjudged" in operation
            wrong = next((step for step in STEPS if operation.get(step) != "ok"), None)
            counts.update(STEPS[:STEPS.index(wrong)] if wrong else STEPS)
            if wrong:
                key = (result["group"], wrong, cause_class(operation[wrong]))
                causes[key].append((result["path"], operation["operation"], operation[wrong]))
    names = ["all", *STEPS, "unjudged"]
    print(f'\n{"":24}' + "".join(f"{name:>10}" for name in names), file=out)
    for group, counts in sorted(groups.items()):
        print(f"{group:24}" + "".join(f"{counts[name]:10}" for name in names) +
              f'{100 * counts["valid"] / counts["all"]:9.2f} %', file=out)
    for (group, step, cause), members in sorted(causes.items(), key=lambda item: -len(item[1])):
        print(f"\n{group}, {step}, {len(members)}: {cause}", file=out)
        for path, operation, words in members[:3]:
            print(f"    {path} {operation}: {words[:300]}", file=out)


def read_results(file):
    if not file.exists():
        return {}
    lines = (json.loads(line) for line in file.read_text().splitlines())
    return {result["path"]: result for result in lines}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-j", "--jobs", type=int, default=1)
    parser.add_argument("--results", type=pathlib.Path, default=ROOT / "build" / "corpus.jsonl")
    parser.add_argument("--fresh", action="store_true", help="forget the results there are")
    parser.add_argument("--only", default="", help="paths that hold this text")
    parser.add_argument("--limit", type=int, default=900, help="seconds a stage may take")
    parser.add_argument("--within", type=int, default=10**9, help="seconds the run may take")
    parser.add_argument("--optimize", default="0", help="the compiler's -O; figures need none")
    parser.add_argument("--cc", default="cc")
    return parser.parse_args()


def main():
    options = parse_arguments()
    corpus = os.environ.get("SWITCHHOOK_CORPUS")
    if not corpus:
        print("SWITCHHOOK_CORPUS names no folder: skipped")
        return
    corpus = pathlib.Path(corpus)
    with open(corpus / "INDEX.tsv", newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if options.only in row["path"]]
    options.results.parent.mkdir(parents=True, exist_ok=True)
    if options.fresh:
        options.results.unlink(missing_ok=True)
    known = read_results(options.results)
    work = options.results.with_suffix(".work")
    ends = time.monotonic() + options.within
    todo = [row for row in rows if row["path"] not in known]
    with open(options.results, "a", encoding="utf-8") as out, \
            concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        def take_in_time(row):
            return take(row, corpus, work, options) if time.monotonic() < ends else None
        for result in pool.map(take_in_time, todo):
            if result:
                known[result["path"]] = result
                out.write(json.dumps(result) + "\n")
                out.flush()
    results = [known[row["path"]] for row in rows if row["path"] in known]
    report(results, sys.stdout)
    report_operations(results, sys.stdout)
    left = sum(row["path"] not in known for row in rows)
    if left:
        print(f"\n{left} WSDLs are left: the time was up; run again to go on")


if __name__ == "__main__":
    main()
