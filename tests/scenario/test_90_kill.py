# SPDX-License-Identifier: GPL-3.0-or-later
"""The power goes at random moments, again and again, while events are posted and delivered, and the
configuration is replaced. In the end every event that was acknowledged has arrived at the customer."""

import json
import os
import random
import threading
from http.client import HTTPException

import pytest

import api
import customer
import gateway
from words import SURVEY_OK, bodies, call, survey_event, survey_service

ROUNDS = int(os.environ.get("KILL_ROUNDS", "40"))
POSTERS = 6

pytestmark = pytest.mark.kill


class Platform:
    """Posts without end from several threads, to whichever gateway runs; counts what was
    acknowledged."""

    def __init__(self):
        self.interface, self.acknowledged, self.duplicates = None, {}, 0
        self.changed, self.is_over, self._count = threading.Condition(), threading.Event(), 0
        self._threads = [threading.Thread(target=self._post, daemon=True) for _ in range(POSTERS)]
        for each in self._threads:
            each.start()

    def _post(self):
        while not self.is_over.is_set():
            with self.changed:
                self.changed.wait_for(lambda: self.interface or self.is_over.is_set())
                interface = self.interface
            if interface:
                self._post_one(interface)

    def _post_one(self, interface):
        """A platform posts again what was not acknowledged, with the same key."""
        elements = survey_event(**call())
        for _ in range(2):
            try:
                answer = interface.post("inbound.disposition", json.dumps(elements), key=elements["uii"])
            except (OSError, HTTPException):
                with self.changed:
                    if self.interface is interface:
                        self.interface = None  # until the next start
                    self.changed.wait_for(lambda: self.interface or self.is_over.is_set(), 60)
                    interface = self.interface
                if interface is None:
                    return
                continue
            if answer.status in (200, 202):
                with self.changed:
                    self.acknowledged[elements["uii"]] = answer.json["id"]
                    self.duplicates += answer.json["duplicate"]
                    self.changed.notify_all()
            return

    def go(self, interface):
        with self.changed:
            self.interface = interface
            self.changed.notify_all()

    def wait(self, more):
        """Until so many more were acknowledged."""
        with self.changed:
            goal = len(self.acknowledged) + more
            assert self.changed.wait_for(lambda: len(self.acknowledged) >= goal, 60), "nothing is taken"

    def end(self):
        self.is_over.set()
        self.go(None)
        for each in self._threads:
            each.join(60)


def test_no_acknowledged_event_is_lost(place):
    dice = random.Random()
    soap = place.customer(SURVEY_OK)
    crm = place.customer(customer.computed(
        lambda request: (503 if dice.random() < 0.05 else 200, "application/json", "{}")))

    def services(round_):
        made = {"survey": survey_service(soap.url("/"), idempotent=True, order_by="uii"),
                "crm": gateway.http_service(crm.url("/"), idempotent=True,
                                            concurrency=10 + round_ % 3)}
        return dict(reversed(made.items())) if round_ % 2 else made
    gate = place.gateway(services(0))
    platform = Platform()
    reloads = 0
    for round_ in range(ROUNDS):
        platform.go(gate.api)
        if dice.random() < 0.5:  # one, or several in a row, of which the last may meet the kill
            for _ in range(dice.randint(1, 5)):
                place.configure(services(reloads))
                gate.reload()
                reloads += 1
        if dice.random() < 0.5:  # by what went in, or by what came out
            platform.wait(dice.randint(1, 200))
        else:
            soap.wait(len(soap.requests()) + dice.randint(1, 200))
        gate.kill()
        gate.start()
    platform.go(gate.api)
    platform.wait(1)
    platform.end()

    def missing():
        at_soap = b" ".join(r.body for r in soap.requests())
        at_crm = {b["call"] for b in bodies(crm.requests())}
        return [uii for uii in platform.acknowledged if uii not in at_crm or uii.encode() not in at_soap]
    api.wait_for(missing, lambda lost: not lost, within_s=120, step_s=0.5)
    for state in ("waiting", "leased"):
        api.wait_for(lambda: gate.api.deliveries(state=state), lambda left: not left, within_s=60)
    assert gate.api.deliveries(state="dead") == [] and gate.api.deliveries(state="held") == []
    print(f"{len(platform.acknowledged)} acknowledged events in {ROUNDS} rounds with {reloads} reloads, "
          f"{platform.duplicates} recognised when posted again; the customers got "
          f"{len(soap.requests())} and {len(crm.requests())} calls")
    assert len(platform.acknowledged) >= ROUNDS
