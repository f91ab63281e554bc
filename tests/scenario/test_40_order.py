# SPDX-License-Identifier: GPL-3.0-or-later
"""No service holds another one's deliveries, and a call's deliveries keep their order."""

import random
import threading
import time

import customer
import gateway
from words import OK, bodies, call


def test_a_service_that_stalls_does_not_slow_another(place):
    slow, quick = place.customer(customer.stall(60, OK)), place.customer(OK)
    gate = place.gateway({"slow": gateway.http_service(slow.url(), timeout="60s", concurrency=4),
                          "quick": gateway.http_service(quick.url())})
    events, sent_at = [], {}
    for _ in range(60):
        elements = call()
        sent_at[elements["uii"]] = time.monotonic()
        events.append(gate.api.accept("inbound.call_end", elements))
    arrived = quick.wait(60)
    worst = max(r.at - sent_at[b["call"]] for r, b in zip(arrived, bodies(arrived)))
    assert worst < 2, f"{worst:.2f} s beside a stalled service"
    assert 1 <= len(slow.requests()) <= 4
    slow.release()
    for event in events:
        gate.api.wait_state(event.deliveries["slow"], "delivered")


def test_a_dead_service_does_not_slow_another(place):
    dead, quick = place.customer(), place.customer(OK)
    dead.refuse()
    gate = place.gateway({"dead": gateway.http_service(dead.url()),
                          "quick": gateway.http_service(quick.url())})
    started = time.monotonic()
    for _ in range(60):
        gate.api.accept("inbound.call_end", call())
    quick.wait(60)
    assert time.monotonic() - started < 10


def test_deliveries_of_a_call_arrive_in_order_whatever_fails(place):
    dice, lock, taken = random.Random(20240912), threading.Lock(), {}

    def moody(request):
        if dice.random() < 0.3:
            return 503, "application/json", "{}"
        body = bodies([request])[0]
        with lock:
            taken.setdefault(body["call"], []).append(body["step"])
        return 200, "application/json", "{}"
    crm = place.customer(customer.computed(moody))
    gate = place.gateway({"crm": gateway.http_service(crm.url(), order_by="uii", concurrency=16)})
    calls = [call()["uii"] for _ in range(8)]
    events = [gate.api.accept("inbound.queue_event", call(uii=uii, step=step))
              for step in range(1, 6) for uii in calls]
    for event in events:
        gate.api.wait_state(event.deliveries["crm"], "delivered", within_s=60)
    assert taken == {uii: [1, 2, 3, 4, 5] for uii in calls}


def test_a_call_that_waits_does_not_hold_another_call(place):
    crm = place.customer()
    blocked, free = call(), call()
    gate = place.gateway({"crm": gateway.http_service(crm.url("/{{uii}}"), order_by="uii")})
    crm.script(f"/{blocked['uii']}", customer.answer(429, "{}", headers={"Retry-After": "30"}))
    crm.script(f"/{free['uii']}", OK)
    first = gate.api.accept("inbound.call_end", blocked).deliveries["crm"]
    gate.api.wait_attempts(first, 1)
    behind = gate.api.accept("inbound.disposition", blocked).deliveries["crm"]
    beside = gate.api.accept("inbound.call_end", free).deliveries["crm"]
    gate.api.wait_state(beside, "delivered")
    assert gate.api.delivery(behind).attempt_count == 0
    assert gate.api.delivery(behind).state == "waiting"
