# SPDX-License-Identifier: GPL-3.0-or-later
"""Stopping, starting again, and a disk without room: what was acknowledged is never lost."""

import json
import os
import signal
import subprocess
import threading
from http.client import HTTPException

import pytest

import api
import customer
import gateway
from words import BUSY, OK, bodies, call


def test_a_restart_resumes_what_waits(place):
    crm = place.customer(BUSY)
    gate = place.gateway({"crm": gateway.http_service(crm.url())})
    ids = [gate.api.accept("inbound.call_end", call()).deliveries["crm"] for _ in range(5)]
    for id_ in ids[:1]:
        gate.api.wait_attempts(id_, 1)
    gate.stop()
    crm.default = OK
    gate.start()
    for id_ in ids:
        gate.api.wait_state(id_, "delivered", within_s=40)


def test_a_killed_gateway_s_leases_are_taken_over(place):
    crm = place.customer(customer.stall(60))
    gate = place.gateway({"crm": gateway.http_service(crm.url(), timeout="60s", idempotent=True)})
    id_ = gate.api.accept("inbound.call_end", call()).deliveries["crm"]
    crm.wait(1)
    gate.kill()
    crm.default = OK
    gate.start()
    delivery = gate.api.wait_state(id_, "delivered")
    assert delivery.attempt_count == 2 and delivery.attempts[0].outcome != "delivered"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_drains_what_is_in_flight(place, number):
    crm = place.customer(customer.stall(60, OK))
    gate = place.gateway({"crm": gateway.http_service(crm.url(), timeout="60s")}, drain="20s")
    id_ = gate.api.accept("inbound.call_end", call()).deliveries["crm"]
    crm.wait(1)
    os.kill(gate.pid, number)
    gate.wait_log(r"msg=stopping\b")
    assert gate.is_running()
    crm.release()
    assert gate.wait_end() == 0
    gate.start()
    assert gate.api.delivery(id_).state == "delivered"
    assert len(crm.requests()) == 1


def test_a_drain_ends_with_its_limit(place):
    crm = place.customer(customer.stall(60))
    gate = place.gateway({"crm": gateway.http_service(crm.url(), timeout="60s", idempotent=True)},
                         drain="300ms")
    id_ = gate.api.accept("inbound.call_end", call()).deliveries["crm"]
    crm.wait(1)
    gate.terminate()
    assert gate.wait_end(10) == 0
    crm.default = OK
    gate.start()
    gate.api.wait_state(id_, "delivered")


def test_a_stop_under_load_loses_nothing(place):
    crm = place.customer(OK)
    gate = place.gateway({"crm": gateway.http_service(crm.url())})
    acknowledged, interface = [], gate.api

    def post():
        while True:
            elements = call()
            try:
                if interface.post("inbound.call_end", json.dumps(elements)).status != 202:
                    return
            except (OSError, HTTPException):
                return
            acknowledged.append(elements["uii"])
    posters = [threading.Thread(target=post) for _ in range(4)]
    for each in posters:
        each.start()
    crm.wait(100)
    gate.stop()
    for each in posters:
        each.join(30)
    gate.start()
    wait_until_arrived(crm, acknowledged)


def wait_until_arrived(crm, acknowledged):
    def missing():
        return set(acknowledged) - {b["call"] for b in bodies(crm.requests())}
    api.wait_for(missing, lambda gone: not gone, within_s=60)


# --- a full disk ---

@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "none", str(folder)],
                          capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"a small disk needs mount: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder, leave_bytes):
    """Takes the room but for so many bytes; the file that holds it."""
    room = os.statvfs(folder)
    free = room.f_bavail * room.f_frsize
    filler = folder / "filler"
    with open(filler, "wb") as file:
        try:
            file.write(b"\0" * (free - leave_bytes))
        except OSError:
            pass  # as full as it gets
    return filler


# The reserve is looked at twice a second, so it has to hold what may come in meanwhile.
@pytest.mark.parametrize("reserve,leave_bytes", [
    pytest.param("24MB", 20 << 20, id="reserve reached"), pytest.param("0B", 0, id="not a byte left")])
def test_a_full_disk_refuses_events_and_recovers(small_disk, place, reserve, leave_bytes):
    crm = place.customer(OK)
    crm.refuse()
    gate = place.gateway({"crm": gateway.http_service(crm.url())},
                         store={"path": str(small_disk / "store.db"), "reserve": reserve})
    early = [gate.api.accept("inbound.call_end", call(agent_notes="n" * 2000)) for _ in range(20)]
    filler = fill(small_disk, leave_bytes)

    def post():
        return gate.api.post("inbound.call_end", json.dumps(call(agent_notes="n" * 20000)))
    refused = api.wait_for(post, lambda answer: answer.status != 202)
    assert refused.status == 507, refused
    assert int(refused.headers["Retry-After"]) > 0
    assert gate.api.call("GET", "/readyz").status == 503
    assert gate.api.call("GET", "/healthz").status == 200

    crm.listen()
    if leave_bytes:
        crm.wait(len(early), within_s=40)  # deliveries go on
    filler.unlink()
    api.wait_for(post, lambda answer: answer.status == 202)
    for event in early:
        gate.api.wait_state(event.deliveries["crm"], "delivered", within_s=40)
    assert gate.api.call("GET", "/readyz").status == 200
