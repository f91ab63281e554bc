# SPDX-License-Identifier: GPL-3.0-or-later
"""An event becomes calls of the customer's services, and shows on the pages."""

import json
import re
import urllib.parse
import xml.etree.ElementTree as xml

import pytest

import customer
import gateway
from words import (DISPOSITION, DISPOSITION_ENV, DISPOSITION_OK, OK, SURVEY, SURVEY_OK, bodies, call,
                   disposition_event, disposition_service, survey_event, survey_service)

TRIGGERS = """
    inbound.dequeue inbound.agent_connect inbound.call_end inbound.disposition inbound.queue_event
    inbound.ivr_touch_tone outbound.call_end outbound.disposition outbound.agent_connect
    cloud.call_start cloud.call_connect cloud.call_end track.call_end chat.new chat.dequeue
    chat.agent_connect chat.end chat.queue_event
""".split()


def test_one_event_reaches_a_soap_and_an_http_customer(place):
    soap, crm = place.customer(SURVEY_OK), place.customer(OK)
    gate = place.gateway({"survey": survey_service(soap.url("/survey")),
                          "crm": gateway.http_service(crm.url("/calls/{{uii}}"))})
    event = survey_event(step=3)
    accepted = gate.api.accept("inbound.disposition", event)
    assert accepted.answer.status == 202
    assert accepted.location == f"/events/{accepted.id}"
    assert set(accepted.deliveries) == {"survey", "crm"}
    for id_ in accepted.deliveries.values():
        assert gate.api.wait_state(id_, "delivered").attempt_count == 1

    sent = soap.requests()[0]
    assert sent.method == "POST" and sent.headers["content-type"].startswith("text/xml")
    assert sent.headers["soapaction"] == f'"{SURVEY}/SubmitSurveyResult"'
    result = xml.fromstring(sent.body).find(f"{{{customer.ENVELOPE_11}}}Body/")
    assert result.findtext(f"{{{SURVEY}}}call/{{{SURVEY}}}uii") == event["uii"]
    assert result.findtext(f"{{{SURVEY}}}call/{{{SURVEY}}}notes") == event["agent_notes"]
    assert result.findtext(f"{{{SURVEY}}}call/{{{SURVEY}}}queue") == event["gate_name"]
    choices = result.findall(f"{{{SURVEY}}}survey/{{{SURVEY}}}answer/{{{SURVEY}}}choice")
    assert [c.text for c in choices] == ["Price", "Delay & noise"]

    sent = crm.requests()[0]
    assert sent.path == f"/calls/{event['uii']}"
    assert json.loads(sent.body) == {"call": event["uii"], "step": 3, "notes": event["agent_notes"]}
    assert sent.headers["idempotency-key"].strip('"') == accepted.deliveries["crm"]


def test_a_soap_12_request_carries_its_action_and_header_part(place):
    soap = place.customer(DISPOSITION_OK)
    gate = place.gateway({"disposition": disposition_service(soap.url())}, env=DISPOSITION_ENV)
    event = disposition_event()
    id_ = gate.api.accept("inbound.disposition", event).deliveries["disposition"]
    gate.api.wait_state(id_, "delivered")
    sent = soap.requests()[0]
    media_type = sent.headers["content-type"]
    assert media_type.startswith("application/soap+xml")
    assert f'action="{DISPOSITION}/ReportDisposition"' in media_type
    envelope = xml.fromstring(sent.body)
    key = envelope.find(f".//{{{DISPOSITION}}}apiKey")
    assert key is not None and key.text == DISPOSITION_ENV["DISPOSITION_KEY"]
    report = envelope.find(f"{{{customer.ENVELOPE_12}}}Body/")
    disposition = report.find(f"{{{DISPOSITION}}}disposition")
    assert disposition.text == event["agent_disposition"] and disposition.get("id") == "6114"


@pytest.mark.parametrize("body", ["json", "form"])
def test_every_trigger_is_taken(place, body):
    crm = place.customer(OK)
    gate = place.gateway({"crm": gateway.http_service(crm.url())})
    posted = {}
    for trigger in TRIGGERS:
        elements = call(agent_notes=f"by {trigger} & co")
        text, media_type = ((json.dumps(elements), "application/json") if body == "json" else
                            (urllib.parse.urlencode(elements), "application/x-www-form-urlencoded"))
        answer = gate.api.post(trigger, text, media_type)
        assert answer.status == 202, f"{trigger}: {answer}"
        posted[elements["uii"]] = elements["agent_notes"]
    arrived = {b["call"]: b["notes"] for b in bodies(crm.wait(len(TRIGGERS)))}
    assert arrived == posted


def test_routes_choose_by_trigger_and_element(place):
    crm = place.customer(OK)
    services = {name: gateway.http_service(crm.url(f"/{name}")) for name in ("billing", "all", "vip")}
    gate = place.gateway(services, routes=[
        {"name": "billing", "triggers": ["inbound.disposition"], "services": ["billing"],
         "when": {"gate_name": {"one_of": ["Billing", "Refunds"]}}},
        {"name": "vip", "services": ["vip"], "when": {"ani": {"prefix": "303555"}}},
        {"name": "all", "triggers": ["inbound.disposition", "inbound.call_end"],
         "services": ["all"]}])

    def takers(trigger, **elements):
        return set(gate.api.accept(trigger, call(**elements)).deliveries)
    assert takers("inbound.disposition", gate_name="Refunds", ani="3035550101") == {"billing", "vip", "all"}
    assert takers("inbound.disposition", gate_name="Sales", ani="7205550101") == {"all"}
    assert takers("inbound.call_end", gate_name="Billing") == {"all"}
    assert takers("chat.end", gate_name="Billing") == set()


def test_an_event_without_a_route_is_kept_and_shown(place):
    crm = place.customer(OK)
    gate = place.gateway({"crm": gateway.http_service(crm.url())},
                         routes=[{"name": "chats", "triggers": ["chat.end"], "services": ["crm"]}])
    event = call()
    accepted = gate.api.accept("inbound.call_end", event)
    assert accepted.is_unrouted and not accepted.deliveries
    assert accepted.id in json.dumps(gate.api.view("/unrouted"))
    assert event["uii"] in gate.api.page("/unrouted")


def test_the_pages_show_what_was_sent_and_answered(place):
    crm = place.customer(customer.answer(200, '{"receipt": "receipt-4711"}'))
    gate = place.gateway({"crm": gateway.http_service(crm.url())})
    event = call(agent_notes="<script>alert(1)</script>")
    id_ = gate.api.accept("inbound.disposition", event).deliveries["crm"]
    delivery = gate.api.wait_state(id_, "delivered")
    attempt = delivery.attempts[0]
    assert attempt.outcome == "delivered" and attempt.http_status == 200
    assert event["uii"] in attempt.request and "receipt-4711" in attempt.reply
    for path in ("/", f"/deliveries/{id_}", f"/events/{delivery.event_id}"):
        page = gate.api.page(path)
        assert event["uii"] in page, path
        assert "<script>alert" not in page, path
    assert "receipt-4711" in gate.api.page(f"/deliveries/{id_}")


def test_the_list_filters_and_pages(place):
    crm = place.customer(OK)
    gate = place.gateway({"crm": gateway.http_service(crm.url("/crm")),
                          "log": gateway.http_service(crm.url("/log"))})
    events = [gate.api.accept("inbound.call_end", call()) for _ in range(3)]
    last = gate.api.accept("chat.end", call(uii="2024the-one-to-find"))
    for event in [*events, last]:
        for id_ in event.deliveries.values():
            gate.api.wait_state(id_, "delivered")
    assert len(gate.api.deliveries()) == 8
    assert gate.api.deliveries()[0].event_id == last.id
    assert len(gate.api.deliveries(service="crm")) == 4
    assert len(gate.api.deliveries(trigger="chat.end", state="delivered")) == 2
    assert {d.event_id for d in gate.api.deliveries(call="2024the-one-to-find")} == {last.id}
    assert gate.api.deliveries(state="dead") == []


def test_health_and_readiness_answer_without_a_token(place):
    gate = place.gateway({"crm": gateway.http_service("http://127.0.0.1:1/")})
    assert gate.api.call("GET", "/healthz").status == 200
    assert gate.api.call("GET", "/readyz").status == 200
    missing = gate.api.call("GET", "/deliveries/00000000-0000-7000-8000-000000000000",
                            headers={"Accept": "application/json"})
    assert missing.status == 404 and re.search("problem", missing.headers["Content-Type"])
