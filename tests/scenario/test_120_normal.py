# SPDX-License-Identifier: GPL-3.0-or-later
"""What platforms write in many ways arrives in one form, and what was sent stays visible."""

import html
import json
import re
import urllib.parse

import gateway
from conftest import call_id
from words import OK, bodies

VALUES = """{"uii": "{{uii}}", "started": "{{call_start}}", "seconds": {{duration}},
"caller": "{{ani}}", "called": "{{dnis}}", "phone": "{{agent_phone}}", "agent": "{{agent_externid}}",
"sent_as": "{{agent_extern_id}}", "callback": {{call_back}}, "notes": {{agent_notes}},
"raw": "{{raw.call_start}} {{raw.ani}} {{raw.agent_notes}}"}"""


def source(**more):
    return {"acme": {"token": {"env": "ACME_TOKEN"}, **more}}


def elements(**more):
    """As a platform's form has them: texts."""
    return {"uii": call_id(), "call_start": "2020-09-15 14:02:17.0000", "duration": "00:03:07",
            "ani": "5105550111", "dnis": "(415) 555-0110", "agent_extern_id": "EMP-4471",
            "agent_phone": "16505550100*1212@RC_SOFTPHONE", "call_back": "TRUE",
            "agent_notes": "#agent_notes#", "recording_url": "", **more}


def start(place, routes=None, order_by="uii", **rules):
    crm = place.customer(OK)
    template = place.template("values.json", VALUES)
    gate = place.gateway({"crm": gateway.http_service(crm.url(), template, order_by=order_by)},
                         routes, sources=source(**rules))
    return gate, crm


def rows(gate, event_id):
    """The page's table: {element: (value, as sent)}, as a reader sees it."""
    table = re.search(r'<table class="elements">.*?</table>', gate.api.page(f"/events/{event_id}"),
                      re.S)[0]
    found = re.findall(r'<th scope="row">(.*?)</th><td>(.*?)</td><td>(.*?)</td>', table, re.S)
    return {name: tuple(html.unescape(re.sub(r"<[^>]+>", "", cell)) for cell in cells)
            for name, *cells in found}


def test_one_form_is_delivered_and_the_page_shows_both(place):
    gate, crm = start(place, time_zone="America/Chicago", phone_country="US")
    event = elements()
    accepted = gate.api.accept("inbound.disposition", event)
    gate.api.wait_state(accepted.deliveries["crm"], "delivered")
    assert bodies(crm.requests()) == [{
        "uii": event["uii"], "started": "2020-09-15T19:02:17Z", "seconds": 187,
        "caller": "+15105550111", "called": "+14155550110",
        "phone": "16505550100*1212@RC_SOFTPHONE", "agent": "EMP-4471", "sent_as": "EMP-4471",
        "callback": True, "notes": None,
        "raw": "2020-09-15 14:02:17.0000 5105550111 #agent_notes#"}]

    shown = rows(gate, accepted.id)
    assert shown["call_start"] == ("2020-09-15T19:02:17Z", "call_start 2020-09-15 14:02:17.0000")
    assert shown["agent_externid"] == ("EMP-4471", "agent_extern_id EMP-4471")
    assert shown["uii"] == (event["uii"], "")
    assert shown["recording_url"] == ("dropped", "recording_url empty")
    value, sent = shown["agent_notes"]
    assert value == "dropped" and sent.startswith("agent_notes #agent_notes#")
    assert "was not resolved by the platform" in sent
    assert gate.api.event(accepted.id)["event"]["body"] == json.dumps(event)


def test_a_form_is_brought_to_the_same_form(place):
    gate, crm = start(place, time_zone="Australia/Sydney", phone_country="AU")
    form = urllib.parse.urlencode(elements(ani="+6161412345678", dnis="1300 975 707", duration="187",
                                           call_start="2026-02-05 14:30:00", call_back="N"))
    answer = gate.api.post("outbound.disposition", form, "application/x-www-form-urlencoded")
    assert answer.status == 202, answer
    sent, = bodies(crm.wait(1))
    assert (sent["started"], sent["caller"], sent["called"], sent["seconds"], sent["callback"]) == (
        "2026-02-05T03:30:00Z", "+61412345678", "+611300975707", 187, False)


def test_an_hour_that_came_twice_and_one_that_never_was_are_told(place):
    gate, crm = start(place, time_zone="America/Chicago")
    for time, normal, words in (("2024-11-03 01:30:00", "2024-11-03T06:30:00Z", "came twice"),
                                ("2024-03-10 02:30:00", "2024-03-10T08:30:00Z", "no such time")):
        accepted = gate.api.accept("inbound.call_end", elements(call_start=time))
        value, sent = rows(gate, accepted.id)["call_start"]
        assert value == normal and time in sent and words in sent
        gate.api.wait_state(accepted.deliveries["crm"], "delivered")
    assert [b["started"] for b in bodies(crm.requests())] == ["2024-11-03T06:30:00Z",
                                                             "2024-03-10T08:30:00Z"]


def test_without_rules_what_names_no_zone_or_country_stays(place):
    gate, crm = start(place)
    gate.api.accept("inbound.disposition", elements(dnis="+1 (415) 555-0110"))
    sent, = bodies(crm.wait(1))
    assert (sent["started"], sent["caller"], sent["called"]) == (
        "2020-09-15 14:02:17.0000", "5105550111", "+14155550110")


def test_a_value_in_no_known_form_is_delivered_as_sent(place):
    gate, crm = start(place, time_zone="UTC", phone_country="US")
    accepted = gate.api.accept("inbound.disposition", elements(call_start="just now", ani="anonymous"))
    sent, = bodies(crm.wait(1))
    assert (sent["started"], sent["caller"]) == ("just now", "anonymous")
    shown = rows(gate, accepted.id)
    assert "no time in a form that is known" in shown["call_start"][1]
    assert "hidden" in shown["ani"][1]


def test_a_source_may_reject_what_was_not_resolved(place):
    gate, _ = start(place, unresolved_tags="reject", empty="reject")
    answer = gate.api.post("inbound.disposition", json.dumps({"elements": elements()}))
    assert answer.status == 422 and answer.json["type"].endswith("invalid-event"), answer
    assert {(e["pointer"], e["detail"]) for e in answer.json["errors"]} == {
        ("/elements/agent_notes", "`agent_notes` is #agent_notes#, not resolved by the platform"),
        ("/elements/recording_url", "`recording_url` is empty")}
    assert not gate.api.deliveries()


def test_a_source_may_keep_what_was_not_resolved(place):
    gate, crm = start(place, unresolved_tags="keep", empty="keep")
    accepted = gate.api.accept("inbound.disposition", elements())
    assert bodies(crm.wait(1))[0]["notes"] == "#agent_notes#"
    assert rows(gate, accepted.id)["recording_url"] == ("empty", "")


def test_the_call_is_known_by_another_name(place):
    gate, crm = start(place, aliases={"CallRef": "uii", "Talk": "duration"})
    names = elements(CallRef="ref-1", Talk="3:07")
    del names["uii"], names["duration"]
    accepted = gate.api.accept("inbound.disposition", names)
    sent, = bodies(crm.wait(1))
    assert (sent["uii"], sent["seconds"]) == ("ref-1", 187)
    assert gate.api.event(accepted.id)["event"]["call_id"] == "ref-1"
    names["call_id"] = names.pop("CallRef")  # the catalogue's own alias
    gate.api.accept("inbound.disposition", names)
    answer = gate.api.post("inbound.disposition", json.dumps({"agent_id": "7"}))
    assert answer.status == 422 and answer.json["errors"][0]["pointer"] == "/uii", answer


def test_routes_and_order_see_the_one_form(place):
    gate, crm = start(place, time_zone="America/Chicago", phone_country="US", order_by="ani", routes=[
        {"name": "tollfree", "services": ["crm"],
         "when": {"dnis": {"prefix": "+1888"}, "agent_extern_id": "EMP-4471", "call_back": "true"}}])
    taken = gate.api.accept("inbound.disposition", elements(dnis="888.555.0178"))
    assert set(taken.deliveries) == {"crm"}
    assert gate.api.accept("inbound.disposition", elements()).is_unrouted
    crm.wait(1)
