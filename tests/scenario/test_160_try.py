# SPDX-License-Identifier: GPL-3.0-or-later
"""Trying before it is live: check with samples, previews, and services imported from a platform."""

import json
import re
import xml.etree.ElementTree as xml

import pytest

import customer
import gateway
from words import (DISPOSITION, DISPOSITION_ENV, DISPOSITION_OK, OK, SURVEY_OK, call,
                   disposition_event, disposition_service, survey_event, survey_service)

NOWHERE = "http://127.0.0.1:1/"
ZEROS = "00000000-0000-0000-0000-000000000000"


def check(place, services, routes=None, *options, env=None, **more):
    file = gateway.write_config(place.folder, gateway.config(services, routes, **more))
    return gateway.run("check", file, *options, env=gateway.environment(**(env or {})))


# --- check ---

def test_check_finds_a_template_that_misfits_the_wsdl_for_one_trigger(place):
    text = (place.folder / "templates/survey.xml").read_text().replace("{{gate_kind}}", "QUEUE")
    place.template("misfit.xml", text.replace(
        "<s:durationSeconds>{{duration}}<",
        "<s:durationSeconds>{{#campaign_name}}{{campaign_name}}{{/campaign_name}}"
        "{{^campaign_name}}{{duration}}{{/campaign_name}}<"))
    services = {"s": {**survey_service(NOWHERE), "template": "misfit.xml"}}
    routes = [{"name": "r", "triggers": ["inbound.call_end", "outbound.disposition"],
               "when": {"survey_id": "1775"}, "services": ["s"]}]
    code, out, err = check(place, services, routes)
    assert code == 2 and "OK" not in out
    fault, = [line for line in err.splitlines() if "warning" not in line]
    assert re.match(r".*misfit\.xml:8:22: service 's', outbound\.disposition: a usual event", fault)
    assert "durationSeconds" in fault and "inbound.call_end" not in fault
    assert check(place, services, routes, "--no-samples")[0] == 0


def sparse_service(place):
    """Leaves out the disposition, which its WSDL needs, when the event has none."""
    text = (place.folder / "templates/disposition.xml").read_text()
    line = next(line for line in text.splitlines() if "<d:disposition" in line)
    place.template("sparse.xml", text.replace(
        line, "{{#agent_disposition}}<d:disposition>{{.}}</d:disposition>{{/agent_disposition}}"))
    return {**disposition_service(NOWHERE), "template": "sparse.xml"}


def test_check_warns_of_events_that_lack_something(place):
    code, out, err = check(place, {"d": sparse_service(place)}, [
        {"name": "r", "triggers": ["inbound.disposition"], "services": ["d"]}], env=DISPOSITION_ENV)
    assert code == 0 and " 1 samples" in out, err
    assert "sparse.xml:11:" in err
    assert "warning: service 'd', inbound.disposition: an event without agent_disposition will" in err
    assert DISPOSITION_ENV["DISPOSITION_KEY"] not in out + err


def test_check_knows_what_routes_ask_for(place):
    code, _, err = check(place, {"d": sparse_service(place)}, [
        {"name": "r", "triggers": ["inbound.disposition"], "services": ["d"],
         "when": {"agent_disposition": ["Sale"]}}], env=DISPOSITION_ENV)
    assert code == 0 and "agent_disposition" not in err


def test_check_answers_a_thousand_services_at_once(place):
    services = {f"s{i}": gateway.http_service(NOWHERE) for i in range(1000)}
    routes = [{"name": f"r{i}", "services": [f"s{i % 1000}"], "when": {"campaign_id": str(i)},
               "triggers": [("inbound.call_end", "outbound.disposition", "chat.end")[i % 3]]}
              for i in range(5000)]
    code, out, err = check(place, services, routes)
    assert code == 0 and "1000 services, 5000 routes" in out, err[:2000]


# --- preview ---

def preview(config_file, event_file, *options, env=None):
    return gateway.run("preview", config_file, event_file, *options,
                       env=gateway.environment(**(env or {})))


def event_file(place, elements, name="event.json"):
    path = place.folder / name
    path.write_text(elements if isinstance(elements, str) else json.dumps(elements))
    return path


def without_ids(text):
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", ZEROS, text)


def as_record(request):
    """A customer's request, without what the HTTP library adds, for a comparison with a record."""
    return {name: value for name, value in request.headers.items()
            if name not in ("host", "user-agent", "accept", "content-length", "accept-encoding")}


def head_lines(head):
    return {name.lower(): value for name, value in
            (line.split(": ", 1) for line in head.splitlines()[1:])}


def everything(place):
    """A SOAP 1.1, a SOAP 1.2 and an HTTP service with all that a request can have."""
    survey, disposition = place.customer(SURVEY_OK), place.customer(DISPOSITION_OK)
    crm = place.customer(OK)
    place.template("fields.form", "uii={{uii}}\n&note={{agent_notes}}\n&at={{event.trigger}}\n")
    services = {
        "survey": survey_service(survey.url("/survey")),
        "disposition": disposition_service(disposition.url("/d")),
        "crm": gateway.http_service(crm.url("/c/{{uii}}?q={{gate_name}}"), "fields.form", "PUT",
                                    "form", headers={"X-Queue": "{{gate_name}}"})}
    return services, {"survey": survey, "disposition": disposition, "crm": crm}


def test_a_preview_shows_the_bytes_that_are_sent(place):
    services, servers = everything(place)
    gate = place.gateway(services, env=DISPOSITION_ENV)
    elements = {**survey_event(), **disposition_event(), "uii": "c-1"}
    code, out, err = preview(gate.config_file, event_file(place, elements), "--trigger",
                             "inbound.disposition", "--json", env=DISPOSITION_ENV)
    assert code == 0, err
    shown = {r["service"]: r for r in json.loads(out)["requests"]}
    accepted = gate.api.accept("inbound.disposition", elements)
    assert set(shown) == set(servers) == set(accepted.deliveries)
    for name, server in servers.items():
        sent, request = server.wait(1)[0], shown[name]["request"]
        key = DISPOSITION_ENV["DISPOSITION_KEY"]
        assert request["body"] == without_ids(sent.text).replace(key, "[masked]")
        assert request["head"].splitlines()[0] == f"{sent.method} {server.url(sent.path)}"
        assert head_lines(request["head"]) == {
            name: without_ids(value) for name, value in as_record(sent).items()}


def test_the_page_previews_a_stored_event_as_it_would_be_sent_again(place):
    services, servers = everything(place)
    gate = place.gateway(services, env=DISPOSITION_ENV)
    accepted = gate.api.accept("inbound.disposition", {**survey_event(), **disposition_event()})
    for id_ in accepted.deliveries.values():
        gate.api.wait_state(id_, "delivered")
    tree = gate.api.view(f"/events/{accepted.id}/preview")
    assert tree["event"]["id"] == accepted.id and not tree["unrouted"]
    for shown in tree["requests"]:
        record = gate.api.view(f"/deliveries/{accepted.deliveries[shown['service']]}")["attempts"][0]
        assert shown["request"]["body"] == record["request"]["body"]
        assert shown["request"]["head"] == record["request"]["head"].replace(
            "Switchhook-Attempt: 1", "Switchhook-Attempt: 2")
    page = gate.api.page(f"/events/{accepted.id}/preview")
    assert all(name in page for name in servers) and "the-key-of" not in page
    assert f"/events/{accepted.id}/preview" in gate.api.page(f"/events/{accepted.id}")
    delivery = accepted.deliveries["crm"]
    assert f"/events/{accepted.id}/preview" in gate.api.page(f"/deliveries/{delivery}")
    assert gate.api.call("GET", f"/events/{ZEROS}/preview").status == 404


def test_a_preview_sends_and_stores_nothing_and_counts_no_unmapped_value(place):
    crm = place.customer(OK)
    place.template("mapped.json", '{"code": "{{agent_disposition | map "codes"}}"}')
    gate = place.gateway({"crm": gateway.http_service(crm.url(), "mapped.json")},
                         [{"name": "none", "triggers": ["chat.new"], "services": ["crm"]}],
                         maps={"codes": {"values": {"Sale": "S"}, "unmapped": "pass"}})
    accepted = gate.api.accept("inbound.disposition", call(agent_disposition="Other"))
    assert accepted.is_unrouted
    tree = gate.api.view(f"/events/{accepted.id}/preview")
    assert tree["unrouted"] and tree["routes"][0]["why"] == "it is for chat.new"
    assert preview(gate.config_file, event_file(place, call()), "--trigger", "chat.new")[0] == 0
    assert not crm.requests() and gate.api.view("/")["counts"]["events"] == 1
    assert "Other" not in gate.api.page("/maps")


def test_a_preview_says_why_routes_do_not_match_and_why_requests_cannot_be(place):
    services = {"survey": survey_service(NOWHERE), "crm": gateway.http_service(NOWHERE)}
    routes = [{"name": "sales", "when": {"agent_disposition": "Sale"}, "services": ["crm"]},
              {"name": "all", "triggers": ["chat.end"], "services": ["survey"]}]
    file = gateway.write_config(place.folder, gateway.config(services, routes))
    event = event_file(place, call(agent_disposition="Busy", duration="#duration#"))
    code, out, _ = preview(file, event, "--trigger", "chat.end")
    assert code == 2
    assert 'no  sales: agent_disposition is "Busy", not "Sale"' in out
    assert "yes all" in out and "It would be rejected:" in out and "survey.xml:" in out
    assert "duration: #duration# was not resolved" in out
    code, out, _ = preview(file, event, "--trigger", "chat.end", "--service", "crm")
    assert code == 0 and "Service crm, to which no route leads" in out


def test_a_preview_takes_forms_and_says_what_is_wrong_with_an_event(place):
    file = gateway.write_config(place.folder, gateway.config({"crm": gateway.http_service(NOWHERE)}))
    form = event_file(place, "uii=c+1&step=1&agent_notes=a%26b\n", "event.form")
    code, out, err = preview(file, form, "--trigger", "chat.end")
    assert code == 0 and "a&b" in out, err
    code, out, _ = preview(file, event_file(place, {"ani": "1"}), "--trigger", "chat.end")
    assert code == 2 and "It would be refused" in out and "/uii" in out


@pytest.mark.parametrize("options,word", [
    (["--trigger", "chat.ends"], "chat.end"), ([], "--trigger"),
    (["--trigger", "chat.end", "--service", "crn"], "did you mean `crm`"),
    (["--trigger", "chat.end", "--source", "acne"], "did you mean `acme`"),
    (["--trigger", "chat.end", "--jsn"], "--json")])
def test_a_preview_asked_for_wrongly_says_so(place, options, word):
    file = gateway.write_config(place.folder, gateway.config({"crm": gateway.http_service(NOWHERE)}))
    code, out, err = preview(file, event_file(place, call()), *options)
    assert code == 2 and word in err and not out


@pytest.mark.parametrize("command", ["check", "preview", "import"])
def test_each_command_explains_itself(command):
    code, out, err = gateway.run(command, "--help")
    assert code == 0 and out.startswith(f"usage: switchhook {command}") and not err
    assert gateway.run(command)[0] == 2


# --- import ---

def run_import(place, export, *options):
    file = place.folder / "export.json"
    file.write_text(json.dumps(export))
    return gateway.run("import", "engage-voice", file, "--out", place.folder, *options)


def joined(place, routes):
    """The imported part within a configuration."""
    head = {name: value for name, value in gateway.config({}, [{}]).items()
            if name not in ("services", "routes")}
    part = (place.folder / "engage-voice.yaml").read_text()
    text = "".join(f"{name}: {json.dumps(value)}\n" for name, value in head.items())
    return gateway.write_config(place.folder, f"{text}{part}\nroutes: {json.dumps(routes)}\n")


def http_export(url):
    return {"services": [{
        "serviceId": "4567", "serviceType": "HTTP_POST", "serviceDescription": "Log call",
        "httpUsername": "gw", "httpPassword": "never-written", "enableMappings": "true",
        "httpServiceConfig": json.dumps({
            "url": url + ":uii", "headers": {"X-Api-Key": "key-never-written", "X-Agent": "#agent_id#"},
            "params": {"uii": "#uii#", "kind": "a b"}, "bodyType": "FORM",
            "body": [{"name": "code", "value": "#agent_disposition#"},
                     {"name": "notes", "value": "#agent_notes#"}, {"name": "fix", "value": "1&2"}]}),
        "mappings": [{"originalValue": "Refund Promised", "replacementValue": "REFUND"}]}]}


def test_an_imported_http_service_checks_and_delivers(place):
    crm = place.customer(OK)
    code, out, err = run_import(place, http_export(crm.url("/calls/")))
    assert code == 0, err
    variables = {"LOG_CALL_PASSWORD": "never-written", "LOG_CALL_X_API_KEY": "key-never-written"}
    assert all(name in out for name in variables)
    for path in place.folder.rglob("*"):
        assert path.name == "export.json" or path.is_dir() or b"never-written" not in path.read_bytes()
    routes = [{"name": "all", "triggers": ["inbound.disposition"], "services": ["log-call"]}]
    file = joined(place, routes)
    code, out, err = gateway.run("check", file, env=gateway.environment(**variables))
    assert code == 0 and "OK" in out, err
    gate = place.gateway_of(file, variables).start()
    gate.api.accept("inbound.disposition", call(
        uii="c/1", agent_disposition="Refund Promised", agent_notes="a & b", agent_id="17"))
    sent, = crm.wait(1)
    assert sent.path == "/calls/c%2F1?kind=a%20b"
    assert sent.text == "code=REFUND&notes=a+%26+b&fix=1%262"
    assert sent.headers["x-api-key"] == "key-never-written" and sent.headers["x-agent"] == "17"
    assert sent.headers["authorization"].startswith("Basic ")


SOAP_EXPORT = {
    "serviceType": "SOAP", "serviceDescription": "Update lead", "soapOperationname": "UpdateLead",
    "targetNamespace": DISPOSITION, "httpServiceInputs": [
        {"name": "priority", "type": "PARAMETER", "value": "#lead_passes#", "rank": "3"},
        {"name": "leadId", "type": "PARAMETER", "value": "#extern_id#", "rank": "1"},
        {"name": "phone", "type": "PARAMETER", "value": "#lead_phone#", "rank": "2"}]}


def test_an_imported_soap_service_checks_and_delivers(place):
    leads = place.customer(customer.soap_reply(
        f'<UpdateLeadResponse xmlns="{DISPOSITION}"><created>true</created></UpdateLeadResponse>', 12))
    code, _, err = run_import(place, {**SOAP_EXPORT, "soapEndpoint": leads.url("/leads")},
                              "--wsdl", "disposition")
    assert code == 0, err
    file = joined(place, [{"name": "all", "triggers": ["outbound.disposition"],
                           "when": {"extern_id": {"pattern": "."}}, "services": ["update-lead"]}])
    code, _, err = gateway.run("check", file)
    assert code == 2 and "SOAP 1.1, the operation takes 1.2" in err
    template = place.folder / "templates/engage-voice/update-lead.xml"
    template.write_text(template.read_text().replace(customer.ENVELOPE_11, customer.ENVELOPE_12))
    code, _, err = gateway.run("check", file)
    assert code == 0, err
    gate = place.gateway_of(file).start()
    gate.api.accept("outbound.disposition", {"uii": "c1", "extern_id": "L <7>", "lead_passes": "3"})
    lead = xml.fromstring(leads.wait(1)[0].body).find(f".//{{{DISPOSITION}}}UpdateLead")
    assert [(e.tag.split("}")[1], e.text) for e in lead] == [("leadId", "L <7>"), ("priority", "3")]


def test_an_import_overwrites_nothing_unless_told_to(place):
    export = http_export("https://crm.example.com/")
    code, out, _ = run_import(place, export, "--dry-run")
    assert code == 0 and "--- engage-voice.yaml" in out and "never-written" not in out
    assert not (place.folder / "engage-voice.yaml").exists()
    assert run_import(place, export)[0] == 0
    part = place.folder / "engage-voice.yaml"
    part.write_text("mine")
    (place.folder / "templates/engage-voice/log-call.form").unlink()
    code, _, err = run_import(place, export)
    assert code == 2 and "--force" in err and part.read_text() == "mine"
    assert not (place.folder / "templates/engage-voice/log-call.form").exists()
    assert run_import(place, export, "--force")[0] == 0 and part.read_text() != "mine"


def test_what_cannot_be_imported_is_told(place):
    file = place.folder / "no.json"
    file.write_text("{\n oh no")
    code, _, err = gateway.run("import", "engage-voice", file)
    assert code == 2 and "no.json" in err and "line 2" in err
    code, _, err = gateway.run("import", "five9", file)
    assert code == 2 and "engage-voice" in err
    assert gateway.run("import", "engage-voice", place.folder / "absent.json")[0] == 2
