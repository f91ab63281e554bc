#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls and replies of other SOAP stacks through `switchhook call`.

Each case of the folder that SWITCHHOOK_CONFORMANCE names is a WSDL, an operation, its data as one of
these stacks takes it, the request that left there, and often a reply and what it was read as. The data
is brought into our form (dialects.py), called against a server that keeps the request and plays the
reply, and both sides are held against the case's. Without the variable there is nothing to do.

Each verdict is a line of the results file as soon as it is known, so a run that was stopped goes on
where it was."""

import argparse
import collections
import concurrent.futures
import copy
import http.server
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import xml.etree.ElementTree as ET

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "lib"))

import dialects
import gateway
import modules
import wire

WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
XSD = "{http://www.w3.org/2001/XMLSchema}"
SOAP_12 = b"http://www.w3.org/2003/05/soap-envelope"
MOST_MENDS = 30


# --- cases ---

class Case:
    def __init__(self, folder):
        self.folder, self.suite = folder, folder.parent.name
        self.facts = json.loads((folder / "case.json").read_text())
        self.id = f"{self.suite}/{folder.name}"
        self.tier = self.facts.get("tier") or "w3c"
        self.operation = self.facts["operation"]
        self.wsdl = (folder / self.facts["wsdl"]).resolve()

    def file(self, key):
        name = self.facts.get(key)
        path = self.folder / name if isinstance(name, str) else None
        return path.read_bytes() if path and path.is_file() else None

    def reply(self):
        return self.file("canned_response") or self.file("expected_response")

    def data(self):
        given = self.file("input")
        if given is None:
            return {}
        data = dialects.DIALECTS[self.suite](json.loads(given), self)
        headers = self.file("soap_headers")
        if headers and not isinstance(data, dict):
            data = {"#text": data}
        if headers and self.suite == "php-src":
            data["#header"] = dialects.php_headers(json.loads(headers))
        elif self.file("security"):
            data["#header"] = dialects.node_soap_security(json.loads(self.file("security")),
                                                          self.facts.get("frozen_time"))
        elif headers:
            blocks = dialects.node_soap(json.loads(headers))
            data["#header"] = {f"{{}}{name}": block for name, block in blocks.items()}
        return data

    def _input(self):
        root = ET.parse(self.wsdl).getroot()
        for operation in root.iter(f"{WSDL}operation"):
            node = operation.find(f"{WSDL}input")
            if operation.get("name") == self.operation and node is not None and node.get("message"):
                name = wire.local("}" + node.get("message").rpartition(":")[2])
                for message in root.iter(f"{WSDL}message"):
                    if message.get("name") == name:
                        return root, message
        return root, None

    def port(self):
        """The first with the operation in the SOAP version of the request; None: whichever."""
        root = ET.parse(self.wsdl).getroot()
        wanted = "soap12" if SOAP_12 in (self.file("expect_request") or b"") else "soap"
        of_version = {binding.get("name") for binding in root.iter(f"{WSDL}binding")
                      if binding.find(f"{{http://schemas.xmlsoap.org/wsdl/{wanted}/}}binding")
                      is not None}
        for port in root.iter(f"{WSDL}port"):
            if port.get("binding").rpartition(":")[2] in of_version:
                return port.get("name")
        return None

    def part_names(self):
        _, message = self._input()
        return [] if message is None else [part.get("name") for part in message.iter(f"{WSDL}part")]

    def map_names(self):
        """The parts that are maps of keys."""
        _, message = self._input()
        return [] if message is None else [
            part.get("name") for part in message.iter(f"{WSDL}part")
            if (part.get("type") or "").rpartition(":")[2] == "Map"]

    def has_list(self):
        """Whether data that is a list is all of the body, not the parts in order."""
        return (self.facts.get("style") or "").startswith("document") and len(self.part_names()) == 1

    def input_names(self):
        """Of what stands in the body's element, or of the parts."""
        root, message = self._input()
        parts = [] if message is None else list(message.iter(f"{WSDL}part"))
        for element in root.iter(f"{XSD}element"):
            if parts and element.get("name") == (parts[0].get("element") or "").rpartition(":")[2]:
                return [e.get("name") for e in element.iter(f"{XSD}element") if e is not element]
        return [part.get("name") for part in parts]


# --- the peer ---

class Peer:
    """Answers every request with one reply and keeps what came."""

    def __init__(self, reply):
        peer = self
        self.seen = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                peer.seen.append(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
                is_fault = reply and re.search(rb"<(\w+:)?Fault[ >]", reply)
                self.send_response(500 if is_fault else 200 if reply else 202)
                if reply:
                    kind = "application/soap+xml" if SOAP_12 in reply[:2000] else "text/xml"
                    self.send_header("Content-Type", f"{kind}; charset=utf-8")
                self.send_header("Content-Length", str(len(reply or b"")))
                self.end_headers()
                self.wfile.write(reply or b"")

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.server.shutdown()
        self.server.server_close()


# --- one case ---

def call(case, modules_dir, endpoint, data, limit_s):
    """(exit status, printed tree or None, sentence)"""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(data, file)
        file.flush()
        command = [gateway.PROGRAM, "call", modules.NAME, case.operation, "--modules", modules_dir,
                   "--endpoint", endpoint, "--data", file.name, "--json"]
        if case.port():
            command += ["--port", case.port()]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                              errors="replace", timeout=limit_s, env=gateway.environment(),
                              check=False)
        said = re.sub(r"^switchhook: (data: )?", "", done.stderr.replace(file.name, "data").strip())
    if done.returncode not in (0, 1, 2):
        return done.returncode, None, f"died with {done.returncode}: {said[-500:]}"
    tree = json.loads(done.stdout) if done.returncode < 2 and done.stdout else None
    return done.returncode, tree, said.splitlines()[-1] if said else ""


def call_mended(case, modules_dir, endpoint, limit_s):
    data, mender = case.data(), dialects.Mender(case.suite)
    for _ in range(MOST_MENDS):
        status, tree, sentence = call(case, modules_dir, endpoint, data, limit_s)
        if status != 2 or not mender.mend(data, sentence):
            break
    return tree, sentence


def judge_request(case, seen, sentence):
    expected = case.file("expect_request")
    if expected is None or not case.facts["expect_request"].endswith(".xml"):
        return None
    if not seen:
        return f"refused: {sentence}"
    if not case.port():  # a stack told to send a version that the WSDL does not have
        versions = [uri.encode() for uri in wire.ENVELOPES]
        sent = versions[versions[1] in seen[-1]]
        expected = expected.replace(versions[0], sent).replace(versions[1], sent)
    found = wire.difference(expected, seen[-1])
    return found and f"request: {found}"


def judge_reply(case, tree):
    if tree is None or not case.reply():
        return None
    reply = tree["reply"]
    if case.facts.get("expect_fault"):
        if not reply["fault"]:
            return f"reply: a fault expected, {reply['problem']}"
        code = (case.facts.get("fault_code") or "").rpartition(":")[2]
        return code and code != reply["fault"]["code"] and \
            f"reply: fault {code} expected, {reply['fault']['code']} read"
    if reply["fault"]:
        return f"reply: no fault expected: {reply['fault']['text']}"
    expected = case.file("expect_result")
    if expected is None:
        return reply["problem"] and f"reply: {reply['problem']}"
    expected = json.loads(expected)
    if isinstance(expected, dict) and "@fault" in expected:
        return None
    if not dialects.is_same_result(expected, reply["body"]):
        return (f"reply: {json.dumps(dialects.normal(expected))[:300]} expected, "
                f"{json.dumps(dialects.normal(reply['body']))[:300]} read; {reply['problem']}")
    return None


def judge(case, built, limit_s):
    """None when all is as it should be, else the first thing that is not."""
    try:
        modules_dir = built.folder_of(case.wsdl)
    except modules.NoModule as error:
        return f"module: {error}"
    with Peer(case.reply()) as peer:
        try:
            if case.tier == "w3c":
                tree, sentence = call_sample(case, modules_dir, peer.url, limit_s)
            else:
                tree, sentence = call_mended(case, modules_dir, peer.url, limit_s)
        except subprocess.TimeoutExpired:
            return f"call: took more than {limit_s} s"
        return judge_request(case, peer.seen, sentence) or judge_reply(case, tree)


def call_sample(case, modules_dir, endpoint, limit_s):
    """For cases that are a reply only; any request will do."""
    command = [gateway.PROGRAM, "call", modules.NAME, case.operation, "--modules", modules_dir,
               "--endpoint", endpoint, "--sample", "--json"]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          errors="replace", timeout=limit_s, env=gateway.environment(), check=False)
    return json.loads(done.stdout) if done.stdout else None, done.stderr.strip()


# --- all of them ---

def find_cases(folder, options):
    for path in sorted(folder.glob("*/*/case.json")):
        case = Case(path.parent)
        if options.tiers and case.tier not in options.tiers.split(","):
            continue
        if options.only in case.id:
            yield case


def read_done(path):
    if not path.exists():
        return {}
    return {row["id"]: row for row in map(json.loads, path.read_text().splitlines())}


def run_one(case, built, options):
    try:
        why = judge(copy.copy(case), built, options.limit)
    except Exception as error:  # a case that cannot be read is a finding like others
        why = f"runner: {type(error).__name__}: {error}"
    return {"id": case.id, "tier": case.tier, "why": why or None}


def report(rows, verbose):
    totals = collections.defaultdict(collections.Counter)
    for row in rows:
        totals[row["tier"]]["good" if row["why"] is None else "missed"] += 1
        if row["why"] and verbose:
            print(f"{row['id']} ({row['tier']}): {row['why']}")
    for tier, counts in sorted(totals.items()):
        count = counts.total()
        print(f"{tier}: {counts['good']} of {count} ({100 * counts['good'] / count:.1f} %)")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiers", default="strict,lenient,response-only,w3c")
    parser.add_argument("--only", default="", help="cases whose id has this in it")
    parser.add_argument("-j", type=int, default=os.cpu_count())
    parser.add_argument("--limit", type=int, default=300, help="seconds for one step of a case")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "build" / "conformance")
    parser.add_argument("--fresh", action="store_true", help="forget earlier verdicts")
    parser.add_argument("-q", action="store_true", help="totals only")
    options = parser.parse_args()
    folder = os.environ.get("SWITCHHOOK_CONFORMANCE")
    if not folder:
        print("skipped: SWITCHHOOK_CONFORMANCE names no folder of cases")
        return
    options.work.mkdir(parents=True, exist_ok=True)
    results = options.work / "results.jsonl"
    if options.fresh:
        results.unlink(missing_ok=True)
    done = read_done(results)
    built = modules.Modules(options.work / "modules", options.limit)
    cases = list(find_cases(pathlib.Path(folder), options))
    with results.open("a") as out, concurrent.futures.ThreadPoolExecutor(options.j) as pool:
        waiting = [pool.submit(run_one, case, built, options) for case in cases
                   if case.id not in done]
        for number, future in enumerate(concurrent.futures.as_completed(waiting), 1):
            row = future.result()
            done[row["id"]] = row
            out.write(json.dumps(row) + "\n")
            out.flush()
            if sys.stderr.isatty():
                print(f"\r{number} of {len(waiting)}", end="", file=sys.stderr)
    report([done[case.id] for case in cases], not options.q)


if __name__ == "__main__":
    main()
