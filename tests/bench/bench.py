# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures the gateway with bench.c at both ends: events of 1 KB become durable SOAP deliveries on
loopback. Prints one figure a line.

Four runs on one store: events that no service wants, for what taking one costs; a low fixed rate,
for latency; a high one, to see whether deliveries keep up with it; as fast as events are taken,
with perf watching where the processor time goes. bench.c shares the processors, so the figures are
for gateway, call platform and customer together; those of CPU are the gateway's alone, all threads
and the system's work for them included."""

import argparse
import json
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))

import gateway

BENCH = gateway.BUILD / "tests" / "bench" / "bench"
EVENT_BYTES, ELEMENTS = 1024, 35
TRIGGER, UNROUTED = "inbound.disposition", "inbound.call_end"
RATE, HIGH_RATE = 1000, 3000
UNTIL = "from the first post to the last reply"
RECEIPT = ('<?xml version="1.0" encoding="UTF-8"?><e:Envelope '
           'xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
           '<SubmitSurveyResultResponse xmlns="http://ws.acme.example/survey/v1">'
           "<receiptId>R-1</receiptId></SubmitSurveyResultResponse></e:Body></e:Envelope>")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def write_event(path, event, elements):
    """The event in exactly EVENT_BYTES once its uii is in; its notes fill it up."""
    elements.update({"uii": "0" * 30, "agent_notes": ""})
    elements["agent_notes"] = "n" * (EVENT_BYTES - len(json.dumps(event)))
    text = json.dumps(event)
    assert len(text) == EVENT_BYTES, f"the sample has {len(text)} bytes without its notes"
    path.write_text(text.replace("0" * 30, "@UII@"))
    return path


def sample():
    return json.loads((HERE.parent / "demo" / "events" / "03-inbound.disposition.json").read_text())


def write_survey_event(folder):
    event = sample()
    event["survey"]["answers"] = event["survey"]["answers"][:1]
    return write_event(folder / "event.json", event, event["elements"])


def write_flat_event(folder):
    """ELEMENTS elements and nothing around them."""
    event = sample()["elements"]
    event.pop("recording_url")
    event.update({f"aux_{i}": i for i in range(ELEMENTS - len(event))})
    return write_event(folder / "flat.json", event, event)


def write_reply(folder):
    path = folder / "reply"
    path.write_bytes(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\n"
                     b"Content-Length: %d\r\n\r\n%s" % (len(RECEIPT), RECEIPT.encode()))
    return path


class Load:
    """Runs bench against one gateway; the figures it prints, as numbers, and what of the gateway's
    processor time came to one accepted event."""

    def __init__(self, folder, process, sink_port):
        self.process = process
        self.arguments = [str(BENCH), "--gateway-port", str(process.api.port), "--sink-port",
                          str(sink_port), "--token", gateway.TOKEN, "--event",
                          str(write_survey_event(folder)), "--reply", str(write_reply(folder))]

    def run(self, seconds, **options):
        more = [f"--{name}={value}" if value != "" else f"--{name}"
                for name, value in options.items()]
        cpu = self.process.cpu_s()
        done = subprocess.run(self.arguments + ["--seconds", str(seconds)] + more,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=seconds + 180)
        sys.stderr.write(done.stderr)
        figures = {k: float(v) for k, v in (line.split() for line in done.stdout.splitlines())}
        missing = "accept-only" not in options and figures["delivered"] < figures["accepted"]
        if done.returncode or figures["refused"] or missing:
            raise SystemExit(f"bench: a run that is no measurement:\n{done.stdout}{done.stderr}")
        figures["cpu_us"] = (self.process.cpu_s() - cpu) / figures["accepted"] * 1e6
        return figures


class Profile:
    """perf, where the machine lets it; samples the gateway's threads while in the block."""

    def __init__(self, pid, folder):
        self.data, self.pid, self.process = folder / "perf.data", pid, None

    def __enter__(self):
        if shutil.which("perf"):
            self.process = subprocess.Popen(
                ["perf", "record", "-q", "-F", "499", "-g", "-p", str(self.pid), "-o", str(self.data)],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.send_signal(2)  # perf writes its file on SIGINT
            self.process.wait(60)

    def top(self, by, count):
        """[(percent, name)], most first; none when nothing was sampled."""
        if not self.data.exists():
            return []
        done = subprocess.run(["perf", "report", "--stdio", "-i", str(self.data), "--no-children",
                               "-g", "none", "--sort", by, "--percent-limit", "0.5"],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        rows = re.findall(r"^ +([\d.]+)% +(.+?) *$", done.stdout, re.M)
        # A symbol comes with its kind before it and empty columns behind.
        return [(float(percent), re.sub(r"^\[.\] |( +-)+$", "", name)) for percent, name in rows][:count]


def configuration(folder, sink_port):
    survey = gateway.soap_service("survey", "SubmitSurveyResult",
                                  f"http://127.0.0.1:{sink_port}/survey", "acme/survey.xml",
                                  idempotent=True, concurrency=64, order_by="uii")
    return gateway.config({"survey": survey}, templates=str(gateway.ROOT / "templates"),
                          store=str(folder / "store.db"),
                          routes=[{"name": "surveys", "triggers": [TRIGGER], "services": ["survey"]}])


def say(name, value, unit="", note=""):
    print(f"{name:<34}{value:>12} {unit:<6}{note}".rstrip(), flush=True)


def latency_rows(figures, name, label):
    for rank in ("p50", "p99"):
        say(f"{label} {rank}", f"{figures[f'{name}_{rank}_ms']:.2f}", "ms")


def measure(folder, seconds, connections):
    sink_port = free_port()
    file = gateway.write_config(folder, configuration(folder, sink_port))
    process = gateway.Gateway(file).start()
    try:
        say("RSS idle", f"{process.memory_kb() / 1024:.1f}", "MB")
        load = Load(folder, process, sink_port)

        taken = load.run(seconds, **{"path": f"/v1/events/{UNROUTED}", "accept-only": "",
                                     "event": write_flat_event(folder), "connections": 32})
        print(f"\nevents of {EVENT_BYTES} bytes and {ELEMENTS} elements that no route takes, "
              f"32 connections, {seconds} s")
        say("accepted", f"{taken['accepted_per_s']:.0f}", "/s")
        say("CPU per accepted 1 KB event", f"{taken['cpu_us']:.0f}", "us", "all threads and system")

        for rate in (RATE, HIGH_RATE):
            fixed = load.run(seconds, rate=rate, connections=connections)
            print(f"\nat {rate} events/s of {EVENT_BYTES} bytes, {seconds} s, fixed timetable")
            say("accepted", f"{fixed['accepted_per_s']:.0f}", "/s")
            say("delivered", f"{fixed['delivered_per_s']:.0f}", "/s", UNTIL)
            latency_rows(fixed, "accept", "post to 202")
            latency_rows(fixed, "accept_to_reply", "202 to the customer's reply")
            latency_rows(fixed, "post_to_reply", "post to the customer's reply")

        with Profile(process.pid, folder) as profile:
            full = load.run(seconds, connections=connections)
        print(f"\nas fast as it goes, {connections} connections, {seconds} s")
        say("accepted", f"{full['accepted_per_s']:.0f}", "/s")
        say("delivered", f"{full['delivered_per_s']:.0f}", "/s", UNTIL)
        latency_rows(full, "accept", "post to 202")
        say("CPU per delivery", f"{full['cpu_us']:.0f}", "us", "accepting it included")
        say("RSS highest", f"{process.memory_kb('VmHWM') / 1024:.1f}", "MB")
        print_profile(profile)
        process.stop()
    finally:
        process.discard()


def print_profile(profile):
    for by, label, count in (("comm", "by thread", 6), ("dso", "by library", 6),
                             ("symbol", "by function", 12)):
        rows = profile.top(by, count)
        if not rows:
            print("\nno profile: perf is missing or not allowed here")
            return
        print(f"\nprocessor time {label}: "
              + ", ".join(f"{name} {percent:.0f} %" for percent, name in rows))


def main():
    parser = argparse.ArgumentParser(prog="./dev bench")
    parser.add_argument("--seconds", type=int, default=15, help="length of each run (15)")
    parser.add_argument("--connections", type=int, default=64, help="of the call platform (64)")
    parser.add_argument("--folder", default=str(gateway.BUILD),
                        help="where the store is: its disk is measured (the build folder)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-", dir=arguments.folder) as folder:
        measure(pathlib.Path(folder), arguments.seconds, arguments.connections)


if __name__ == "__main__":
    main()
