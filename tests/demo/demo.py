# SPDX-License-Identifier: GPL-3.0-or-later
"""What `./dev run` does once the gateway is built: two customers, the example configuration with
their addresses, some events through the front door, and a table of what became of them.

`--once` works in a temporary folder, checks each delivery at both ends and exits 0 only when all
arrived; otherwise data stays in ./data and the gateway runs until Ctrl-C. All that was started is
stopped by its own id."""

import argparse
import pathlib
import re
import secrets
import signal
import socket
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib")]

import api
import customers
import gateway

EXAMPLE = gateway.ROOT / "etc" / "switchhook.yaml"
SURVEY_AT, CRM_AT = "127.0.0.1:9001", "127.0.0.1:9002"  # as the example has them
TOKEN = "demo-token"
DELIVER_S = 60
MEDIA_TYPES = {".json": "application/json", ".form": "application/x-www-form-urlencoded"}


def is_free(address):
    host, _, port = address.rpartition(":")
    try:
        socket.create_server((host, int(port)), reuse_port=False).close()
        return True
    except OSError:
        return False


def configure(folder, served):
    """Writes the example with the demonstration's addresses and folders; gives file and secrets."""
    text = EXAMPLE.read_text()
    for address, server in ((SURVEY_AT, served.soap), (CRM_AT, served.crm)):
        assert address in text, f"{EXAMPLE} does not name {address}"
        text = text.replace(address, f"127.0.0.1:{server.port}")

    def place(found):  # paths are relative to the file, and the file moves
        key, path = found[1], found[2].strip("\"'")
        new = {"store": folder / "switchhook.db", "modules": gateway.MODULES}.get(key)
        return f"{key}: {new or (EXAMPLE.parent / path).resolve()}"
    text = re.sub(r"^(store|modules|templates|pages): *([^\s#]+)", place, text, flags=re.M)

    def listen(found):
        return found[0] if is_free(found[1]) else "listen: 127.0.0.1:0"
    text = re.sub(r"^listen: *([^\s#]+)", listen, text, flags=re.M)

    file = folder / "switchhook.yaml"
    file.write_text(text)
    names = set(re.findall(r"\benv: *([A-Z][A-Z0-9_]*)", text))
    return file, {name: secrets.token_urlsafe(18) for name in names} | {"ACME_TOKEN": TOKEN}


def post_events(interface):
    """Posts the samples in the order of their names; [(trigger, what was accepted)]."""
    accepted = []
    for path in sorted((HERE / "events").iterdir()):
        trigger = path.stem.split("-", 1)[1]
        answer = interface.post(trigger, path.read_bytes().rstrip(b"\n"), MEDIA_TYPES[path.suffix])
        if answer.status != 202:
            raise SystemExit(f"{path.name} was not taken: {answer}")
        accepted.append((trigger, api.Accepted(answer)))
    return accepted


def wait_for_deliveries(interface, accepted):
    """[(trigger, delivery)], each delivered or as it was when the time was up."""
    ids = [(trigger, id_) for trigger, event in accepted for id_ in event.deliveries.values()]

    def look():
        return [(trigger, interface.delivery(id_)) for trigger, id_ in ids]
    try:
        return api.wait_for(look, lambda all_: all(d.state in api.FINAL for _, d in all_), DELIVER_S)
    except AssertionError:
        return look()


def show(accepted, deliveries):
    row = "{:<22} {:<14} {:<10} {:>5}  {}".format
    print("\n" + row("TRIGGER", "SERVICE", "STATE", "TRIES", "ANSWER"))
    for trigger, delivery in deliveries:
        last = delivery.attempts[-1] if delivery.attempts else None
        said = f"HTTP {last.http_status}" if last and last.http_status else ""
        if delivery.state != "delivered" and last:
            said += f" {last.reason}"
        print(row(trigger, delivery.service, delivery.state, delivery.attempt_count, said))
    for trigger, event in accepted:
        if event.is_unrouted:
            print(row(trigger, "-", "unrouted", "", "no route takes it; kept"))


def check(interface, served, deliveries):
    """What is wrong, as sentences."""
    wrong = [f"{d.id} to {d.service} is {d.state}" for _, d in deliveries if d.state != "delivered"]
    arrived = served.received()
    wrong += [f"{d.id} never reached {d.service}" for _, d in deliveries if d.id not in arrived]
    unused = set(interface.services()) - {d.service for _, d in deliveries}
    wrong += [f"no event was for {name}" for name in sorted(unused)]
    return wrong


def demonstrate(folder, is_once):
    served = customers.Customers()
    file, env = configure(folder, served)
    with open(folder / "gateway.log", "a", encoding="utf-8") as log:
        process = gateway.Gateway(file, gateway.environment(**env), log)
        try:
            process.start()
            accepted = post_events(process.api)
            deliveries = wait_for_deliveries(process.api, accepted)
            show(accepted, deliveries)
            wrong = check(process.api, served, deliveries)
            for sentence in wrong:
                print(f"wrong: {sentence}")
            if not is_once:
                print(f"\nStatus pages: http://127.0.0.1:{process.api.port}/   token: {TOKEN}"
                      f"\nLog: {folder / 'gateway.log'}   Ctrl-C stops everything", flush=True)
                stopping.wait()
            process.stop()
            return 1 if wrong else 0
        finally:
            process.discard()
            served.close()


stopping = threading.Event()


def main():
    parser = argparse.ArgumentParser(prog="./dev run")
    parser.add_argument("--once", action="store_true", help="check every delivery, then exit")
    parser.add_argument("--data", type=pathlib.Path, default=gateway.ROOT / "data",
                        help="where data and log are kept (./data)")
    arguments = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stopping.set())
    if not arguments.once:
        arguments.data.mkdir(parents=True, exist_ok=True)
        return demonstrate(arguments.data.resolve(), False)
    with tempfile.TemporaryDirectory(prefix="switchhook-demo-") as folder:
        code = demonstrate(pathlib.Path(folder), True)
        print("every delivery arrived" if code == 0 else "not every delivery arrived")
        return code


if __name__ == "__main__":
    sys.exit(main())
