# SPDX-License-Identifier: GPL-3.0-or-later
"""The timing of a call: what is sent later, what is too late, what is sent as one, and what was
there before. Spans are short; nothing waits but for what is to happen."""

import threading
import time
from datetime import datetime

import pytest

import customer
import gateway
from words import BUSY, OK, bodies, call

CALL_END, DISPOSITION = "inbound.call_end", "inbound.disposition"
BOTH = '{"call": "{{uii}}", "trigger": "{{event.trigger}}", "merged": {{event.merged}}, ' \
       '"duration": "{{duration}}", "disposition": "{{agent_disposition}}", "notes": "{{agent_notes}}"}'


def seconds_between(earlier, later):
    return (datetime.fromisoformat(later.rstrip("Z")) -
            datetime.fromisoformat(earlier.rstrip("Z"))).total_seconds()


def row(gate, id_):
    return gate.api.view(f"/deliveries/{id_}")["delivery"]


def next_step(gate, id_):
    return gate.api.view(f"/deliveries/{id_}")["next"]


def check_account(gate):
    """Every delivery is in one state, and every event went somewhere or is called unrouted."""
    counts = gate.api.view("/")["counts"]
    assert sum(counts["by_state"].values()) == counts["deliveries"]
    return counts


# --- delay ---

def test_a_delayed_delivery_goes_when_its_time_has_come(place):
    crm = place.customer(OK)
    gate = place.gateway({"crm": gateway.http_service(crm.url())},
                         [{"name": "recordings", "services": "crm", "delay": "700ms"}])
    sent_at = time.monotonic()
    id_ = gate.api.accept(CALL_END, call()).deliveries["crm"]
    assert next_step(gate, id_).startswith("Delayed by its route until 20")
    shown = row(gate, id_)
    assert shown["due_at"] == shown["not_before"]
    assert seconds_between(shown["received_at"], shown["due_at"]) == pytest.approx(0.7, abs=0.002)
    gate.api.wait_state(id_, "delivered")
    assert crm.requests()[0].at - sent_at >= 0.69


def test_a_delay_holds_the_order_of_its_call(place):
    crm = place.customer(OK)
    gate = place.gateway(
        {"crm": gateway.http_service(crm.url(), order_by="uii")},
        [{"name": "later", "triggers": CALL_END, "services": "crm", "delay": "500ms"},
         {"name": "now", "triggers": DISPOSITION, "services": "crm"}])
    elements = call()
    gate.api.accept(CALL_END, {**elements, "step": 1})
    last = gate.api.accept(DISPOSITION, {**elements, "step": 2}).deliveries["crm"]
    gate.api.wait_state(last, "delivered")
    assert [b["step"] for b in bodies(crm.requests())] == [1, 2]


def test_a_delay_goes_on_over_a_kill(place):
    crm = place.customer(OK)
    gate = place.gateway({"crm": gateway.http_service(crm.url())},
                         [{"name": "recordings", "services": "crm", "delay": "1s"}])
    id_ = gate.api.accept(CALL_END, call()).deliveries["crm"]
    gate.kill()
    assert crm.requests() == []
    gate.start()
    gate.api.wait_state(id_, "delivered")
    shown = row(gate, id_)
    assert seconds_between(shown["received_at"], shown["first_attempt_at"]) >= 0.99


# --- expires_in ---

def test_behind_a_dead_service_what_is_too_late_expires(place):
    crm, other = place.customer(OK), place.customer(OK)
    crm.refuse()
    gate = place.gateway(
        {"crm": gateway.http_service(crm.url(), order_by="uii", concurrency=2),
         "other": gateway.http_service(other.url())},
        [{"name": "pops", "triggers": CALL_END, "services": "crm", "expires_in": "900ms"},
         {"name": "log", "services": "other"}])
    elements = call()
    tried = gate.api.accept(CALL_END, elements).deliveries["crm"]
    behind = [gate.api.accept(CALL_END, elements).deliveries["crm"] for _ in range(3)]
    beside = [gate.api.accept(CALL_END, call()).deliveries["crm"] for _ in range(6)]
    assert "It expires" in next_step(gate, behind[0])
    first = gate.api.wait_state(tried, "expired")
    assert first.attempt_count >= 1 and first.reason.startswith("expired after ")
    for id_ in behind + beside:
        gate.api.wait_state(id_, "expired")
    assert gate.api.delivery(behind[-1]).reason == "expired before its first attempt"
    assert "within the 900 ms that its route allows" in next_step(gate, behind[0])
    counts = check_account(gate)
    assert counts["by_state"]["expired"] == 10
    assert {d.id for d in gate.api.deliveries(state="expired")} == {tried, *behind, *beside}
    assert "class=\"tile expired" in gate.api.page("/")
    other.wait(10)  # the same events, to a service that lives

    crm.listen()
    gate.api.open_service("crm")
    assert gate.api.resend(tried).status == 200  # a person may still want it
    gate.api.wait_state(tried, "delivered")
    assert row(gate, tried)["expires_at"] is None
    assert len(crm.requests()) == 1  # and nothing of the others


def test_a_retry_that_would_be_too_late_is_not_made(place):
    crm = place.customer(customer.answer(503, "{}", headers={"Retry-After": "1"}))
    gate = place.gateway({"crm": gateway.http_service(crm.url())},
                         [{"name": "pops", "services": "crm", "expires_in": "800ms"}])
    id_ = gate.api.accept(CALL_END, call()).deliveries["crm"]
    delivery = gate.api.wait_state(id_, "expired")
    assert delivery.attempt_count == 1 and "503" in delivery.reason
    assert gate.wait_log(rf'msg="delivery expired".*{id_}')


# --- merge ---

def merge_gateway(place, crm, within, **more):
    place.template("both.json", BOTH)
    return place.gateway(
        {"crm": gateway.http_service(crm.url(), "both.json")},
        [{"name": "dispositions", "triggers": DISPOSITION, "services": "crm"},
         {"name": "calls", "triggers": [CALL_END, DISPOSITION], "services": "crm",
          "merge": {"triggers": [CALL_END, DISPOSITION], "within": within}}], **more)


def parts(**more):
    """A call's end and its disposition."""
    elements = call()
    return {CALL_END: {"uii": elements["uii"], "duration": 62, "agent_notes": "of the end", **more},
            DISPOSITION: {"uii": elements["uii"], "agent_disposition": "Sale",
                          "agent_notes": "of the agent"}}


@pytest.mark.parametrize("first,second", [(CALL_END, DISPOSITION), (DISPOSITION, CALL_END)])
def test_two_events_of_a_call_arrive_as_one(place, first, second):
    crm = place.customer(OK)
    gate = merge_gateway(place, crm, "60s")
    events = parts()
    earlier = gate.api.accept(first, events[first])
    assert f"Waits for the call's {second}" in next_step(gate, earlier.deliveries["crm"])
    later = gate.api.accept(second, events[second])
    gate.api.wait_state(later.deliveries["crm"], "delivered")
    assert bodies(crm.requests()) == [{
        "call": events[first]["uii"], "trigger": second, "merged": True, "duration": "62",
        "disposition": "Sale", "notes": events[second]["agent_notes"]}]

    merged = row(gate, earlier.deliveries["crm"])
    assert merged["state"] == "merged" and merged["merged_into"] == later.deliveries["crm"]
    assert merged["merged_into_href"] in gate.api.page(f"/events/{earlier.id}")
    whole = gate.api.view(merged["merged_into_href"])
    assert [e["id"] for e in whole["merged_events"]] == [earlier.id]
    assert earlier.id in gate.api.page(merged["merged_into_href"])
    counts = check_account(gate)
    assert counts["by_state"]["merged"] == 1 and counts["by_state"]["delivered"] == 1
    assert counts["events"] == 2 and counts["unrouted"] == 0


def test_without_the_other_event_each_goes_alone(place):
    crm = place.customer(OK)
    gate = merge_gateway(place, crm, "400ms")
    events = parts()
    first = gate.api.accept(CALL_END, events[CALL_END]).deliveries["crm"]
    gate.api.wait_state(first, "delivered")
    second = gate.api.accept(DISPOSITION, events[DISPOSITION]).deliveries["crm"]
    assert row(gate, second)["not_before"] is None  # nothing is left to wait for
    gate.api.wait_state(second, "delivered")
    sent = bodies(crm.requests())
    assert [b["merged"] for b in sent] == [False, False]
    assert [b["disposition"] for b in sent] == ["", "Sale"]


def test_other_calls_and_sessions_are_not_merged(place):
    crm = place.customer(OK)
    gate = merge_gateway(place, crm, "500ms")
    one, other = parts(), parts()
    ids = [gate.api.accept(CALL_END, {**one[CALL_END], "session_id": 2}).deliveries["crm"],
           gate.api.accept(DISPOSITION, {**one[DISPOSITION], "session_id": 3}).deliveries["crm"],
           gate.api.accept(DISPOSITION, other[DISPOSITION]).deliveries["crm"]]
    for id_ in ids:
        gate.api.wait_state(id_, "delivered")
    assert [b["merged"] for b in bodies(crm.requests())] == [False] * 3


def test_a_merge_survives_a_kill_at_every_step(place):
    crm = place.customer(BUSY)
    gate = merge_gateway(place, crm, "60s")
    events = parts()
    earlier = gate.api.accept(CALL_END, events[CALL_END]).deliveries["crm"]
    gate.kill()
    gate.start()
    assert gate.api.delivery(earlier).state == "waiting"
    later = gate.api.accept(DISPOSITION, events[DISPOSITION]).deliveries["crm"]
    gate.kill()
    gate.start()
    gate.api.wait_attempts(later, 1)
    gate.kill()
    crm.default = OK
    gate.start()
    gate.api.wait_state(later, "delivered")
    assert gate.api.delivery(earlier).state == "merged"
    assert {(b["duration"], b["disposition"]) for b in bodies(crm.requests())} == {("62", "Sale")}


def test_many_calls_at_once_each_arrive_once(place):
    crm = place.customer(OK)
    gate = merge_gateway(place, crm, "60s")
    calls = [parts() for _ in range(40)]

    def post(trigger):
        for events in calls:
            gate.api.accept(trigger, events[trigger])
    posters = [threading.Thread(target=post, args=(t,)) for t in (CALL_END, DISPOSITION)]
    for each in posters:
        each.start()
    for each in posters:
        each.join(30)
    crm.wait(40)
    counts = check_account(gate)
    assert counts["by_state"]["merged"] == 40
    sent = bodies(crm.requests())
    assert sorted(b["call"] for b in sent) == sorted(c[CALL_END]["uii"] for c in calls)
    assert all(b["merged"] and b["duration"] == "62" and b["disposition"] == "Sale" for b in sent)


# --- dedupe ---

def dedupe_gateway(place, crm, dedupe):
    return place.gateway({"crm": gateway.http_service(crm.url())},
                         sources={"acme": {"token": {"env": "ACME_TOKEN"}, "dedupe": dedupe}})


def test_a_platform_that_fires_twice_at_once_is_heard_once(place):
    crm = place.customer(OK)
    gate = dedupe_gateway(place, crm, True)
    answers, elements = [], call(account_id=15300002, agent_disposition="Sale")
    at_once = threading.Barrier(8)

    def post(notes):
        at_once.wait(10)
        answers.append(gate.api.accept(DISPOSITION, {**elements, "agent_notes": notes}))
    posters = [threading.Thread(target=post, args=(f"try {i}",)) for i in range(8)]
    for each in posters:
        each.start()
    for each in posters:
        each.join(30)
    assert len({a.id for a in answers}) == 1
    assert sorted(a.answer.status for a in answers) == [200] * 7 + [202]
    assert sorted(a.is_duplicate for a in answers) == [False] + [True] * 7
    gate.api.wait_state(answers[0].deliveries["crm"], "delivered")
    assert len(crm.requests()) == 1
    assert gate.wait_log(rf'msg="event repeated: not kept again".*event={answers[0].id}')
    other = gate.api.accept(DISPOSITION, {**elements, "agent_disposition": "Callback"})
    assert not other.is_duplicate  # another disposition of the same call is news
    counts = check_account(gate)
    assert (counts["events"], counts["repeated"]) == (2, 7)
    assert "Repetitions that were not kept: 7." in gate.api.page("/")


def test_after_its_time_the_same_event_is_news(place):
    gate = dedupe_gateway(place, place.customer(OK), {"by": ["uii"], "within": "300ms"})
    elements, started = call(), time.monotonic()
    first = gate.api.accept(CALL_END, elements)
    while (again := gate.api.accept(DISPOSITION, elements)).is_duplicate:
        assert again.id == first.id and time.monotonic() < started + 20
    assert again.id != first.id and time.monotonic() >= started + 0.29


def test_the_idempotency_key_says_more_than_equal_elements(place):
    gate = dedupe_gateway(place, place.customer(OK), True)
    elements = call()
    first = gate.api.accept(CALL_END, elements, key="k-1")
    assert gate.api.accept(CALL_END, elements, key="k-1").id == first.id
    answer = gate.api.post(CALL_END, '{"uii": "another"}', key="k-1")
    assert answer.status == 422 and "idempotency-key-reused" in answer.text
    assert gate.api.accept(CALL_END, {**elements, "step": 2}, key="k-2").id == first.id
    assert gate.api.view("/")["counts"]["repeated"] == 1
