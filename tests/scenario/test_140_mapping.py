# SPDX-License-Identifier: GPL-3.0-or-later
"""What templates make of values: filters, missing values, maps, #tags#, routes by disposition."""

import json
import urllib.parse
import xml.etree.ElementTree as xml

import pytest

import customer
import gateway
from words import DISPOSITION_ENV, DISPOSITION_OK, OK, call, disposition_service

CALL = {"call_start": "2024-09-12T10:15:32-05:00", "duration": "00:03:34", "ani": "+1 (303) 555-0142",
        "agent_disposition": "Replacement Sent", "agent_username": "Mira.Okafor@Example.com",
        "skills": ["DE", "EN"], "call_back": "TRUE", "amount": "12.5",
        "agent_notes": 'Pump <B>; "twice" & \n naïve ✓ ]]> 📞'}


def deliver(gate, server, trigger="inbound.disposition", **elements):
    """The request that the customer got for one event."""
    before = len(server.requests())
    accepted = gate.api.accept(trigger, call(**elements))
    for id_ in accepted.deliveries.values():
        gate.api.wait_state(id_, "delivered")
    return server.requests()[before:][-1]


def test_filters_give_values_the_form_a_receiver_wants(place):
    crm = place.customer(OK)
    place.template("filters.json", """{
        "day": "{{call_start | date "%d.%m.%Y" "UTC"}}",
        "time": "{{call_start | date '%H:%M' '+02:00'}}",
        "clock": "{{duration | duration "MM:SS"}}", "seconds": {{duration | duration "seconds"}},
        "phone": "{{ani | phone "E164"}}", "digits": "{{ani | phone "digits"}}",
        "agent": "{{agent_username | split "@" | first | replace "." " " | upper}}",
        "skills": "{{skills | join "; "}}", "first": "{{skills | first}}", "count": {{skills | count}},
        "raw": "{{skills | json}}", "short": "{{agent_notes | substring 0 4}}",
        "back": "{{call_back | bool "Y" "N"}}", "amount": "{{amount | number "0,00"}}",
        "ticket": "{{step | pad 6 "0"}}", "queue": "{{gate_name | trim | default "none"}}",
        "notes": "{{agent_notes | trim}}"}""")
    gate = place.gateway({"crm": gateway.http_service(crm.url("/{{skills | last | lower}}?d={{call_start | date '%F'}}"),
                                                      "filters.json",
                                                      headers={"X-Agent": "{{agent_username | lower}}"})})
    sent = deliver(gate, crm, **CALL)
    assert sent.path == "/en?d=2024-09-12"
    assert sent.headers["x-agent"] == "mira.okafor@example.com"
    assert json.loads(sent.body) == {
        "day": "12.09.2024", "time": "17:15", "clock": "03:34", "seconds": 214,
        "phone": "+13035550142", "digits": "13035550142", "agent": "MIRA OKAFOR",
        "skills": "DE; EN", "first": "DE", "count": 2, "raw": '["DE","EN"]', "short": "Pump",
        "back": "Y", "amount": "12,50", "ticket": "000001", "queue": "none",
        "notes": CALL["agent_notes"]}


@pytest.mark.parametrize("missing", [None, "omit"])
def test_missing_values_are_left_out_nil_or_empty(place, missing):
    crm = place.customer(OK)
    place.template("kinds.json", '{"call": "{{uii}}", "a": "{{none | omit}}", "b": {{none | omit}}, '
                                 '"c": "{{none | nil}}", "d": "{{none | empty}}", "e": "{{none}}", '
                                 '"f": "x{{none}}", "list": [{{#skills}}"{{.}}",{{/skills}}],}')
    place.template("kinds.xml", '<r><call>{{uii}}</call><a>{{none | omit}}</a><b x="{{none | omit}}" '
                                'y="1"/><c>{{none | nil}}</c><d>{{none | empty}}</d><e>{{none}}</e></r>')
    place.template("kinds.form", "call={{uii}}\n&a={{none | omit}}\n&d={{none | empty}}\n&e={{none}}\n")
    more = {"missing": missing} if missing else {}
    gate = place.gateway({
        kind: gateway.http_service(crm.url(f"/{kind}?call={{{{uii}}}}&a={{{{none | omit}}}}"),
                                   f"kinds.{kind}", body=kind, headers={"X-None": "k {{none | omit}}"},
                                   **more)
        for kind in ("json", "xml", "form")})
    accepted = gate.api.accept("inbound.call_end", call(skills=["DE", "EN"]))
    for id_ in accepted.deliveries.values():
        gate.api.wait_state(id_, "delivered")
    sent = {request.path[1:].split("?")[0]: request for request in crm.requests()}
    for request in sent.values():
        assert "a=" not in request.path and "x-none" not in request.headers

    body = json.loads(sent["json"].body)
    assert body.pop("call") and body == {
        "c": None, "d": "", "f": "x", "list": ["DE", "EN"], **({} if missing else {"e": ""})}

    body = xml.fromstring(sent["xml"].body)
    assert [e.tag for e in body] == ["call", "b", "c", "d"] + ([] if missing else ["e"])
    assert body.find("b").attrib == {"y": "1"}
    assert body.find("c").attrib == {"{http://www.w3.org/2001/XMLSchema-instance}nil": "true"}

    fields = urllib.parse.parse_qs(sent["form"].body.decode(), keep_blank_values=True, strict_parsing=True)
    assert fields.pop("call") and fields == {"d": [""], **({} if missing else {"e": [""]})}


def test_a_soap_element_is_left_out_or_nil(place):
    soap = place.customer(DISPOSITION_OK)
    place.template("omit.xml", """<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"
        xmlns:d="http://ws.acme.example/disposition/v1">
      <e:Header><d:Account><d:tenant>acme</d:tenant><d:apiKey>{{secret.key}}</d:apiKey></d:Account></e:Header>
      <e:Body><d:ReportDisposition channel="{{channel | omit}}"><d:uii>{{uii}}</d:uii>
        <d:disposition id="{{agent_disposition_id | omit}}">{{agent_disposition}}</d:disposition>
        <d:startedAt>{{call_start | date "%FT%TZ" "UTC" | omit}}</d:startedAt>
        <d:durationSeconds>{{duration | duration "seconds" | omit}}</d:durationSeconds>
        <d:notes>{{agent_notes | nil}}</d:notes>
      </d:ReportDisposition></e:Body></e:Envelope>""")
    service = {**disposition_service(soap.url()), "template": "omit.xml"}
    gate = place.gateway({"disposition": service}, env=DISPOSITION_ENV)
    d = "{http://ws.acme.example/disposition/v1}"

    def report(**elements):
        sent = deliver(gate, soap, **elements)
        return xml.fromstring(sent.body).find(f"{{{customer.ENVELOPE_12}}}Body/")
    least = report(agent_disposition="Sale", agent_notes="", duration="-1")
    assert least.find(f"{d}startedAt") is None and least.find(f"{d}durationSeconds") is None
    assert least.find(f"{d}disposition").attrib == {} and "channel" not in least.attrib
    assert least.find(f"{d}notes").get("{http://www.w3.org/2001/XMLSchema-instance}nil") == "true"
    full = report(agent_disposition="Sale", agent_disposition_id=7, agent_notes="a & b", **{
        "call_start": CALL["call_start"], "duration": CALL["duration"], "channel": "INBOUND"})
    assert full.findtext(f"{d}startedAt") == "2024-09-12T15:15:32Z"
    assert full.findtext(f"{d}durationSeconds") == "214"
    assert full.findtext(f"{d}notes") == "a & b" and full.get("channel") == "INBOUND"


@pytest.mark.parametrize("tag, elements, reason", [
    ("{{agent_notes | reject}}", {"agent_notes": ""}, "`agent_notes` is missing"),
    ("{{call_start | date '%F'}}", {"call_start": "soon"}, "`call_start`: 'soon' is no date or time"),
    ("{{agent_disposition | map 'codes'}}", {"agent_disposition": "Lost"}, "'Lost' is not in the map codes")])
def test_what_must_not_be_missing_is_rejected_before_it_is_sent(place, tag, elements, reason):
    crm = place.customer(OK)
    place.template("strict.json", f'{{"v": "{tag}"}}')
    gate = place.gateway({"crm": gateway.http_service(crm.url(), "strict.json")},
                         maps={"codes": {"values": {"Sale": "S"}, "unmapped": "reject"}})
    id_ = gate.api.accept("inbound.call_end", call(**elements)).deliveries["crm"]
    dead = gate.api.wait_state(id_, "dead")
    assert reason in dead.reason and crm.requests() == []


def test_a_service_can_reject_whatever_is_missing(place):
    crm = place.customer(OK)
    place.template("all.json", '{"call": "{{uii}}", "notes": "{{agent_notes}}", "q": "{{queue | empty}}"}')
    gate = place.gateway({"crm": gateway.http_service(crm.url(), "all.json", missing="reject")})
    id_ = gate.api.accept("inbound.call_end", call(agent_notes=None)).deliveries["crm"]
    assert "`agent_notes` is missing" in gate.api.wait_state(id_, "dead").reason
    deliver(gate, crm, agent_notes="there")


MAPS = {"dispositions": {"values": {"Sale": "SOLD", "Do Not Call": "DNC"}, "ignore_case": True,
                         "unmapped": {"default": "OTHER"}},
        "queues": {"values": {"Warranty": "W"}, "unmapped": "pass"}}


def test_maps_translate_and_count_what_they_do_not_hold(place):
    crm = place.customer(OK)
    crm.script("/", OK, customer.answer(503, "{}"), OK)
    place.template("mapped.json", '{"d": "{{agent_disposition | map "dispositions"}}", '
                                  '"q": "{{gate_name | map "queues"}}"}')
    gate = place.gateway({"crm": gateway.http_service(crm.url("/"), "mapped.json")}, maps=MAPS)
    assert json.loads(deliver(gate, crm, agent_disposition="SALE", gate_name="Warranty").body) == {
        "d": "SOLD", "q": "W"}
    for _ in range(2):
        sent = deliver(gate, crm, agent_disposition="<Wrong> number", gate_name="Sales")
        assert json.loads(sent.body) == {"d": "OTHER", "q": "Sales"}
    dispositions, queues = gate.api.view("/maps")["maps"]
    assert dispositions["policy"] == "default" and dispositions["default"] == "OTHER"
    # Each delivery counts once, though one was tried again.
    assert [(v["value"], v["count"]) for v in dispositions["unmapped"]] == [("<Wrong> number", 2)]
    assert [(v["value"], v["count"]) for v in queues["unmapped"]] == [("Sales", 2)]
    page = gate.api.page("/maps")
    assert "&lt;Wrong&gt; number" in page and "<Wrong>" not in page
    assert 'href="/maps"' in gate.api.page("/services")


def test_bodies_written_for_the_platform_are_pasted_in(place):
    crm = place.customer(OK)
    place.template("pasted.form", "agent=#agent_id#&ani=#ani#&start=#call_start#&duration=#duration#"
                                  "&notes=#agent_notes#&gone=#summary#&color=#fff&n=#1")
    gate = place.gateway({"crm": gateway.http_service(crm.url("/#uii#?a=#agent_id#"), "pasted.form", body="form",
                                                      tags="#", headers={"X-Agent": "#agent_id | pad 8 '0'#"})})
    event = call(agent_id=1180958, ani="5105550111", call_start="2020-04-22 00:00:00", duration=17,
                 agent_notes="#ani# & #call_duration#")
    accepted = gate.api.accept("inbound.call_end", event)
    gate.api.wait_state(accepted.deliveries["crm"], "delivered")
    sent = crm.requests()[0]
    assert sent.path == f"/{event['uii']}?a=1180958" and sent.headers["x-agent"] == "01180958"
    assert dict(urllib.parse.parse_qsl(sent.body.decode(), keep_blank_values=True)) == {
        "agent": "1180958", "ani": "5105550111", "start": "2020-04-22 00:00:00", "duration": "17",
        "notes": event["agent_notes"], "gone": "", "color": "#fff", "n": "#1"}


def test_routes_choose_services_by_disposition(place):
    crm = place.customer(OK)
    services = {name: gateway.http_service(crm.url(f"/{name}")) for name in ("sales", "dnc", "log", "back")}
    gate = place.gateway(services, routes=[
        {"name": "outcome", "triggers": ["inbound.disposition", "outbound.disposition"],
         "when": {"campaign_id": {"prefix": "22"}}, "else": ["log"],
         "by_disposition": {"Sale": ["sales"], "Do Not Call": "dnc", "Callback": ["sales", "back"]}}])

    def takers(disposition, campaign="22814", trigger="outbound.disposition"):
        elements = {"agent_disposition": disposition} if disposition else {}
        return set(gate.api.accept(trigger, call(campaign_id=campaign, **elements)).deliveries)
    assert takers("Sale") == {"sales"}
    assert takers("Do Not Call") == {"dnc"}
    assert takers("Callback") == {"sales", "back"}
    assert takers("Wrong Number") == takers(None) == {"log"}
    assert takers("Sale", campaign="9") == set() == takers("Sale", trigger="chat.end")
    rows = gate.api.deliveries(service="dnc")
    assert rows[0].json["route"] == "outcome.2-Do-Not-Call"


@pytest.mark.parametrize("tag, says", [
    ('{{call_start | dat "%F"}}', "2:23|there is no filter `dat`; did you mean `date`?"),
    ('{{d | map "disposition"}}', "there is no map `disposition`; did you mean `dispositions`?"),
    ('{{d | date "%F" "Mars/Olympus"}}', "time zone"),
    ('{{#skills | join ","}}x{{/skills}}', "a section takes no filters"),
    ('{{d | pad "4"}}', "pad takes a whole number here")])
def test_check_tells_mistakes_in_filters(place, tag, says):
    place.template("wrong.json", '{"call": "{{uii}}",\n "v": "%s"}' % tag)
    file = gateway.write_config(place.folder, gateway.config(
        {"crm": gateway.http_service("http://127.0.0.1:1/", "wrong.json")}, maps=MAPS))
    code, _, errors = gateway.run("check", file)
    at, _, sentence = says.rpartition("|")
    assert code == 2 and sentence in errors and f"wrong.json:{at or '2:'}" in errors, errors
