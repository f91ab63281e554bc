# SPDX-License-Identifier: GPL-3.0-or-later
"""What follows from an answer, or from none: delivered, tried again, held, dead."""

import html
import re

import pytest

import customer
import gateway
from words import (BUSY, DISPOSITION_ENV, DISPOSITION_OK, OK, SURVEY, SURVEY_OK, call,
                   disposition_event, disposition_service, survey_event, survey_service)


def start_crm(place, **more):
    crm = place.customer()
    return crm, place.gateway({"crm": gateway.http_service(crm.url("/"), **more)})


def post(gate, **elements):
    return gate.api.accept("inbound.call_end", call(**elements)).deliveries["crm"]


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503, 504])
def test_a_passing_trouble_is_tried_again_with_the_same_key(place, status):
    crm, gate = start_crm(place)
    crm.script("/", customer.answer(status, "{}"), OK)
    delivery = gate.api.wait_state(post(gate), "delivered")
    first, second = crm.requests()
    assert [a.outcome for a in delivery.attempts] == ["retry", "delivered"]
    assert delivery.attempts[0].http_status == status
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert first.body == second.body
    assert second.at - first.at > 0.07  # 100 ms, spread by up to 20 %


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 415, 422])
def test_a_refusal_for_good_is_not_tried_again(place, status):
    crm, gate = start_crm(place)
    crm.script("/", customer.answer(status, '{"error": "no such call"}'))
    delivery = gate.api.wait_state(post(gate), "dead")
    assert delivery.attempt_count == 1 and delivery.attempts[0].outcome == "rejected"
    assert str(status) in delivery.reason and "no such call" in delivery.attempts[0].reply


def test_waits_grow_and_end_with_the_number_of_attempts(place):
    crm, gate = start_crm(place, retry={"first": "100ms", "factor": 3, "max": "5s",
                                        "give_up_after": "1h", "attempts": 3})
    crm.script("/", BUSY)
    delivery = gate.api.wait_state(post(gate), "dead")
    at = [r.at for r in crm.requests()]
    assert delivery.attempt_count == 3 == len(at)
    assert at[2] - at[1] > at[1] - at[0]


def test_retry_after_is_honoured_and_capped(place):
    crm, gate = start_crm(place, retry={"first": "10ms", "factor": 1, "max": "3s",
                                        "give_up_after": "1h", "attempts": 0})
    crm.script("/", customer.answer(503, "{}", headers={"Retry-After": "1"}),
               customer.answer(429, "{}", headers={"Retry-After": "86400"}), OK)
    gate.api.wait_state(post(gate), "delivered")
    first, second, third = (r.at for r in crm.requests())
    assert 0.95 < second - first < 2.9
    assert 0.95 < third - second < 6


def test_an_unreachable_customer_gets_it_once_it_is_back(place):
    crm, gate = start_crm(place)
    crm.refuse()
    id_ = post(gate)
    waiting = gate.api.wait_attempts(id_, 1)
    assert waiting.attempts[0].outcome == "retry" and waiting.state in ("waiting", "leased")
    crm.script("/", OK)
    crm.listen()
    gate.api.wait_state(id_, "delivered")
    assert len(crm.requests()) == 1


def test_an_endless_silence_is_held_for_a_person(place):
    crm, gate = start_crm(place, timeout="300ms")
    crm.script("/", customer.stall())
    delivery = gate.api.wait_state(post(gate), "held")
    assert delivery.attempt_count == 1 and delivery.attempts[0].outcome == "unknown"
    assert len(crm.requests()) == 1


def test_an_endless_silence_is_tried_again_when_the_service_is_idempotent(place):
    crm, gate = start_crm(place, timeout="300ms", idempotent=True)
    crm.script("/", customer.stall(), OK)
    delivery = gate.api.wait_state(post(gate), "delivered")
    assert [a.outcome for a in delivery.attempts] == ["unknown", "delivered"]
    keys = {r.headers["idempotency-key"] for r in crm.requests()}
    assert len(keys) == 1


@pytest.mark.parametrize("broken", [
    pytest.param(customer.cut(), id="no answer"),
    pytest.param(customer.CUT_IN_HEAD, id="cut in the head"),
    pytest.param(customer.CUT_IN_BODY, id="cut in the body"),
    pytest.param(customer.GARBAGE, id="garbage"),
])
def test_a_broken_answer_is_no_success(place, broken):
    crm, gate = start_crm(place, idempotent=True)
    crm.script("/", broken, OK)
    delivery = gate.api.wait_state(post(gate), "delivered")
    assert delivery.attempts[0].outcome in ("unknown", "retry")
    assert delivery.attempts[-1].outcome == "delivered"


def test_a_dripping_answer_ends_with_the_timeout(place):
    crm, gate = start_crm(place, timeout="500ms")
    crm.script("/", customer.drip(b"x" * 2000, 0.02))
    assert gate.api.wait_state(post(gate), "held").attempts[0].outcome == "unknown"


def test_a_huge_answer_is_cut_and_does_no_harm(place):
    crm, gate = start_crm(place, max_reply="64KB", idempotent=True, timeout="10s")
    crm.script("/", customer.huge(64 * 1024 * 1024), OK)
    memory_kb = gate.memory_kb()
    id_ = post(gate)
    delivery = gate.api.wait_attempts(id_, 1)
    assert len(delivery.attempts[0].reply) < 256 * 1024
    assert gate.memory_kb("VmHWM") < memory_kb + 32 * 1024
    gate.api.wait_state(id_, "delivered", "dead", "held")


def test_gone_holds_the_service_until_a_person_opens_it(place):
    crm = place.customer(OK)
    gate = place.gateway({"crm": gateway.http_service(crm.url("/gone")),
                          "other": gateway.http_service(crm.url("/other"))})
    crm.script("/gone", customer.answer(410, "{}"), OK)
    events = [gate.api.accept("inbound.call_end", call())]
    gate.api.wait_attempts(events[0].deliveries["crm"], 1)
    events += [gate.api.accept("inbound.call_end", call()) for _ in range(5)]
    for event in events:
        gate.api.wait_state(event.deliveries["other"], "delivered")
    assert len(crm.requests("/gone")) == 1
    assert gate.api.is_closed("crm") and not gate.api.is_closed("other")
    assert gate.api.open_service("crm").status < 400
    for event in events:
        gate.api.wait_state(event.deliveries["crm"], "delivered")


# --- SOAP ---

@pytest.mark.parametrize("version,code,outcome", [
    (11, "Client", "rejected"), (11, "Server", "retry"),
    (12, "Sender", "rejected"), (12, "Receiver", "retry")])
def test_a_fault_decides_by_its_code(place, version, code, outcome):
    soap = place.customer()
    fault = customer.soap_fault(code, "the words of the fault", version=version)
    if version == 11:
        services, event = {"s": survey_service(soap.url("/"))}, survey_event()
        soap.script("/", fault, SURVEY_OK)
    else:
        services, event = {"s": disposition_service(soap.url("/"))}, disposition_event()
        soap.script("/", fault, DISPOSITION_OK)
    gate = place.gateway(services, env=DISPOSITION_ENV)
    id_ = gate.api.accept("inbound.disposition", event).deliveries["s"]
    delivery = gate.api.wait_state(id_, "dead" if outcome == "rejected" else "delivered")
    assert delivery.attempts[0].outcome == outcome
    assert code in delivery.attempts[0].fault
    assert "the words of the fault" in delivery.attempts[0].fault
    assert len(soap.requests()) == (1 if outcome == "rejected" else 2)


def test_a_rule_of_the_service_overrides_the_table(place):
    soap = place.customer()
    detail = f'<s:SurveyFault xmlns:s="{SURVEY}"><s:code>BUSY</s:code><s:message>later</s:message></s:SurveyFault>'
    soap.script("/", customer.soap_fault("Client", "later", detail), SURVEY_OK)
    rule = {"fault": "SurveyFault", "outcome": "retry", "scope": "event"}
    gate = place.gateway({"s": survey_service(soap.url("/"), outcomes=[rule])})
    id_ = gate.api.accept("inbound.disposition", survey_event()).deliveries["s"]
    assert gate.api.wait_state(id_, "delivered").attempts[0].outcome == "retry"


@pytest.mark.parametrize("reply", [
    pytest.param(customer.answer(200, "", "text/xml"), id="empty"),
    pytest.param(customer.answer(200, "<html><body>Sign in</body></html>", "text/html"), id="html"),
    pytest.param(customer.answer(200, "<Envelope", "text/xml"), id="cut xml"),
    pytest.param(customer.answer(200, '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM '
                                      '"file:///etc/passwd">]><a>&b;</a>', "text/xml"), id="entity"),
    pytest.param(customer.soap_reply("<Other xmlns='urn:other'/>"), id="another reply"),
    pytest.param(customer.answer(200, b"\xff\xfe\x00\x01" * 200, "text/xml"), id="bytes"),
])
def test_a_reply_that_is_none_of_the_operations_is_no_success(place, reply):
    soap = place.customer()
    soap.script("/", reply)
    gate = place.gateway({"s": survey_service(soap.url("/"))})
    id_ = gate.api.accept("inbound.disposition", survey_event()).deliveries["s"]
    delivery = gate.api.wait_attempts(id_, 1)
    assert delivery.attempts[0].outcome != "delivered" and delivery.state != "delivered"
    assert delivery.attempts[0].reason
    assert "root:" not in delivery.attempts[0].reply


@pytest.mark.parametrize("elements,named", [
    pytest.param({"survey_id": None}, "survey", id="missing element"),
    pytest.param({"duration": "three minutes"}, "durationSeconds", id="no number"),
    pytest.param({"duration": "-4"}, "durationSeconds", id="negative"),
    pytest.param({"gate_kind": "PIGEON"}, "kind|queue", id="enumeration"),
    pytest.param({"answers": [{"question": "csat", "number": "four"}]}, "number|answer", id="nested"),
])
def test_what_does_not_fit_the_wsdl_is_dead_before_it_is_sent(place, elements, named):
    soap = place.customer(SURVEY_OK)
    gate = place.gateway({"s": survey_service(soap.url("/"))})
    id_ = gate.api.accept("inbound.disposition", survey_event(**elements)).deliveries["s"]
    delivery = gate.api.wait_state(id_, "dead")
    assert delivery.attempts[0].outcome == "rejected"
    reason = delivery.attempts[0].reason
    assert re.search(rf"\b({named})\b", reason), reason
    assert reason in html.unescape(gate.api.page(f"/deliveries/{id_}"))
    assert soap.requests() == []
