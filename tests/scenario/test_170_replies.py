# SPDX-License-Identifier: GPL-3.0-or-later
"""What replies say: success by the body, values captured for later deliveries of the call, faults
by name."""


import json
import xml.etree.ElementTree as xml

import customer
import gateway
from words import (DISPOSITION_ENV, OK, SURVEY, SURVEY_OK, bodies, call, disposition_service,
                   survey_event, survey_service)

CALL_END, DISPOSITION = "inbound.call_end", "inbound.disposition"
SURVEY_DUPLICATE = customer.soap_reply(
    f'<SubmitSurveyResultResponse xmlns="{SURVEY}"><receiptId>R-8</receiptId>'
    "<duplicate>true</duplicate></SubmitSurveyResultResponse>")
UNKNOWN_SURVEY = customer.soap_fault(
    "Client", "no such survey",
    f'<SurveyFault xmlns="{SURVEY}"><code>UNKNOWN_SURVEY</code><field>id</field>'
    "<message>no survey 1775</message></SurveyFault>")


def later(place, text='{"call": "{{uii}}", "receipt": "{{captured.receipt | omit}}"}'):
    return place.template("later.json", text)


def survey_then_crm(place, survey, crm, **more):
    """Dispositions go to the survey service, the call's end to the CRM."""
    return place.gateway(
        {"survey": survey_service(survey.url(), **more),
         "crm": gateway.http_service(crm.url(), later(place))},
        [{"name": "first", "triggers": DISPOSITION, "services": "survey"},
         {"name": "then", "triggers": CALL_END, "services": "crm"}])


# --- captures ---

def test_a_later_delivery_of_the_call_sends_what_an_earlier_reply_gave(place):
    survey, crm = place.customer(SURVEY_OK), place.customer(OK)
    gate = survey_then_crm(place, survey, crm, capture={"receipt": "//receiptId"})
    event = survey_event()
    first = gate.api.accept(DISPOSITION, event).deliveries["survey"]
    gate.api.wait_state(first, "delivered")
    assert gate.api.view(f"/deliveries/{first}")["captured"] == {"receipt": "R-7"}
    page = gate.api.page(f"/deliveries/{first}")
    assert "Captured from the reply" in page and "R-7" in page

    gate.kill()  # it was on disk
    gate.start()
    same = gate.api.accept(CALL_END, call(uii=event["uii"])).deliveries["crm"]
    other = gate.api.accept(CALL_END, call()).deliveries["crm"]
    gate.api.wait_state(same, "delivered")
    gate.api.wait_state(other, "delivered")
    sent = {body["call"]: body.get("receipt") for body in bodies(crm.requests())}
    assert sent.pop(event["uii"]) == "R-7" and list(sent.values()) == [None]

    shown = gate.api.view(f"/events/{gate.api.delivery(same).event_id}/preview")
    assert shown["captured"] == {"receipt": "R-7"}
    assert '"receipt":"R-7"' in shown["requests"][0]["request"]["body"].replace(" ", "")


def test_one_service_after_another_by_a_delay(place):
    survey, crm = place.customer(SURVEY_OK), place.customer(OK)
    gate = place.gateway(
        {"survey": survey_service(survey.url(), capture={"receipt": {"xpath": "//receiptId"}}),
         "crm": gateway.http_service(crm.url(), later(place))},
        [{"name": "first", "services": "survey"},
         {"name": "then", "services": "crm", "delay": "800ms"}])
    deliveries = gate.api.accept(DISPOSITION, survey_event()).deliveries
    gate.api.wait_state(deliveries["crm"], "delivered")
    assert bodies(crm.requests())[0]["receipt"] == "R-7"


def test_values_of_a_json_reply_go_into_the_url_of_another_service(place):
    crm = place.customer(customer.answer(201, '{"case": {"id": 4711, "owner": null}}'))
    log = place.customer(OK)
    gate = place.gateway(
        {"crm": gateway.http_service(crm.url(), capture={"case": "/case/id", "owner": "/case/owner"}),
         "log": gateway.http_service(log.url("/cases/{{captured.case}}"))},
        [{"name": "first", "triggers": DISPOSITION, "services": "crm"},
         {"name": "then", "triggers": CALL_END, "services": "log"}])
    event = call()
    first = gate.api.accept(DISPOSITION, event).deliveries["crm"]
    gate.api.wait_state(first, "delivered")
    assert gate.api.view(f"/deliveries/{first}")["captured"] == {"case": "4711"}
    log.script("/cases/4711", OK)
    gate.api.wait_state(gate.api.accept(CALL_END, event).deliveries["log"], "delivered")
    assert [r.path for r in log.requests()] == ["/cases/4711"]


def test_what_is_not_delivered_captures_nothing_and_no_secret_is_captured(place):
    disposition = place.customer(customer.soap_reply(
        '<ReportDispositionResponse xmlns="http://ws.acme.example/disposition/v1">'
        f"<reportId>{DISPOSITION_ENV['DISPOSITION_KEY']}</reportId></ReportDispositionResponse>", 12))
    gate = place.gateway({"disposition": disposition_service(
        disposition.url(), capture={"report": "//reportId"})}, env=DISPOSITION_ENV)
    id_ = gate.api.accept(DISPOSITION, call(agent_disposition="x", agent_disposition_id="1")).deliveries
    gate.api.wait_state(id_["disposition"], "delivered")
    captured = gate.api.view(f"/deliveries/{id_['disposition']}")["captured"]
    assert "report" in captured and DISPOSITION_ENV["DISPOSITION_KEY"] not in captured["report"]

    survey = place.customer(UNKNOWN_SURVEY)
    gate = place.gateway({"survey": survey_service(survey.url(), capture={"code": "//code"})},
                         store="other.db")
    id_ = gate.api.accept(DISPOSITION, survey_event()).deliveries["survey"]
    gate.api.wait_state(id_, "dead")
    assert gate.api.view(f"/deliveries/{id_}")["captured"] == {}


# --- success ---

def test_a_reply_that_fails_the_success_test_is_no_delivery(place):
    survey = place.customer(SURVEY_DUPLICATE)
    gate = place.gateway({"survey": survey_service(
        survey.url(), success={"xpath": "not(//duplicate = 'true')"})})
    id_ = gate.api.accept(DISPOSITION, survey_event()).deliveries["survey"]
    delivery = gate.api.wait_state(id_, "dead")
    assert delivery.attempts[0].outcome == "rejected"
    sentence = "not(//duplicate = 'true'), and //duplicate is \"true\""
    assert delivery.attempts[0].reason == f"HTTP 200 OK, but the success test does not hold: {sentence}"
    assert gate.api.view(f"/deliveries/{id_}")["attempts"][0]["success"] == f"does not hold: {sentence}"
    assert "Success test" in gate.api.page(f"/deliveries/{id_}")


def test_a_secret_that_comes_back_is_in_no_sentence(place):
    key = "k" * 150 + "-tail"
    crm = place.customer(customer.answer(200, json.dumps({"state": key, "why": "x" * 100 + key})))
    gate = place.gateway(
        {"crm": gateway.http_service(crm.url(), secrets={"key": {"env": "CRM_KEY"}},
                                     success={"json": "/state", "equals": "OK"}),
         "log": gateway.http_service(crm.url(), secrets={"key": {"env": "CRM_KEY"}},
                                     success={"json": "/why", "equals": "OK"})}, env={"CRM_KEY": key})
    for id_ in gate.api.accept(DISPOSITION, call()).deliveries.values():
        gate.api.wait_state(id_, "dead")
        shown = json.dumps(gate.api.view(f"/deliveries/{id_}"))
        assert "kkkk" not in shown and "does not hold" in shown
    assert "kkkk" not in "".join(map(str, gate.log))


def test_a_failed_success_test_may_be_tried_again(place):
    crm = place.customer(OK)
    crm.script("/", customer.answer(200, '{"state": "BUSY"}'), customer.answer(200, '{"state": "OK"}'))
    gate = place.gateway({"crm": gateway.http_service(
        crm.url(), success={"json": "/state", "equals": ["OK", "DONE"], "else": "retry"})})
    id_ = gate.api.accept(DISPOSITION, call()).deliveries["crm"]
    delivery = gate.api.wait_state(id_, "delivered")
    assert [a.outcome for a in delivery.attempts] == ["retry", "delivered"]
    assert '/state is "OK" or "DONE", and /state is "BUSY"' in delivery.attempts[0].reason


# --- faults ---

def test_a_fault_is_shown_by_name(place):
    survey = place.customer(UNKNOWN_SURVEY)
    gate = place.gateway({"survey": survey_service(survey.url())})
    id_ = gate.api.accept(DISPOSITION, survey_event()).deliveries["survey"]
    gate.api.wait_state(id_, "dead")
    fault = gate.api.view(f"/deliveries/{id_}")["attempts"][0]["fault_tree"]
    assert fault == {"code": "Client", "subcodes": [], "text": "no such survey",
                     "detail": {"SurveyFault": {"code": "UNKNOWN_SURVEY", "field": "id",
                                                "message": "no survey 1775"}}}
    page = gate.api.page(f"/deliveries/{id_}")
    assert "no survey 1775</td>" in page and ">SurveyFault</th>" in page


def test_a_rule_decides_by_a_value_in_the_fault(place):
    survey = place.customer(UNKNOWN_SURVEY)
    rules = [{"fault": "SurveyFault", "xpath": "//code = 'UNKNOWN_SURVEY'", "outcome": "delivered"}]
    gate = place.gateway({"survey": survey_service(survey.url(), outcomes=rules,
                                                   capture={"field": "//SurveyFault/field"})})
    id_ = gate.api.accept(DISPOSITION, survey_event()).deliveries["survey"]
    delivery = gate.api.wait_state(id_, "delivered")
    assert "decided by the service's outcomes" in delivery.attempts[0].reason
    assert gate.api.view(f"/deliveries/{id_}")["captured"] == {"field": "id"}


# --- before it is live ---

def check(place, services):
    file = gateway.write_config(place.folder, gateway.config(services))
    return gateway.run("check", file, env=gateway.environment())


def test_check_knows_what_is_captured(place):
    first = gateway.http_service("http://h/", place.template("first.json", "{}"),
                                 capture={"receipt": "//receiptId"})
    template = later(place, '{"receipt": "{{captured.reciept}}"}')
    code, _, err = check(place, {"first": first, "crm": gateway.http_service("http://h/", template)})
    assert code == 2
    assert "no service captures 'reciept'; did you mean 'receipt'?" in err and "later.json:1:1" in err

    later(place, '{"receipt": {{captured.receipt | reject}} }')
    code, out, err = check(place, {"first": first,
                                   "crm": gateway.http_service("http://h/", template)})
    assert code == 0, err
    assert "without what other services capture of its call will be rejected" in out + err


def test_check_warns_of_names_that_no_reply_has(place):
    survey = survey_service("http://127.0.0.1:1/", capture={"receipt": "//receiptID/text()"},
                            success={"xpath": "//Fault or //SubmitSurveyResultResponse/duplicat = 'true'"})
    _, out, err = check(place, {"survey": survey})
    assert "receipt: by the WSDL no reply to SubmitSurveyResult has 'receiptID'; did you mean 'receiptId'?" in err
    assert "success: by the WSDL no reply to SubmitSurveyResult has 'duplicat'; did you mean 'duplicate'?" in err
    assert err.count("by the WSDL") == 2


def test_a_preview_has_samples_of_what_would_be_captured(place):
    first = gateway.http_service("http://h/", place.template("first.json", "{}"),
                                 capture={"receipt": {"xpath": "//receiptId", "sample": "R-0"}})
    crm = gateway.http_service("http://h/", later(place))
    file = gateway.write_config(place.folder, gateway.config({"first": first, "crm": crm}))
    event = place.folder / "event.json"
    event.write_text('{"uii": "1"}')
    code, out, _ = gateway.run("preview", file, event, "--trigger", CALL_END,
                               env=gateway.environment())
    assert code == 0
    assert "receipt  R-0" in out and '"receipt":"R-0"' in out.replace(" ", "")


def test_check_tells_what_is_wrong_with_an_expression(place):
    survey = survey_service("http://127.0.0.1:1/", capture={"receipt": "//receiptId["},
                            success={"xpath": "contain(//a, 'b')"})
    code, _, err = check(place, {"survey": survey})
    assert code == 2
    assert "receipt: the XPath //receiptId[: at character" in err
    assert "there is no function 'contain'; did you mean 'contains'?" in err


# --- JSON data for a SOAP operation ---

SURVEY_JSON = """{
  "call": {
    "uii": "{{uii}}",
    "ani": "{{ani | omit}}",
    "durationSeconds": {{duration | omit}},
    "queue": {"@id": "{{gate_id}}", "@kind": "QUEUE", "#text": "{{gate_name}}"},
    "notes": "{{agent_notes | omit}}"
  },
  "survey": {
    "@id": "{{survey_id}}",
    "answer": [{{#answers}}{"@question": "{{question}}", {{#number}}"number": {{number}},{{/number}} "choice": {{choices | omit}} },{{/answers}}]
  }
}"""


def test_a_json_template_makes_an_envelope(place):
    survey = place.customer(SURVEY_OK)
    template = place.template("survey.json", SURVEY_JSON)
    gate = place.gateway({"survey": gateway.soap_service("survey", "SubmitSurveyResult", survey.url(),
                                                         template)})
    id_ = gate.api.accept(DISPOSITION, survey_event(ani=None)).deliveries["survey"]
    delivery = gate.api.wait_state(id_, "delivered")
    request = survey.requests()[0]
    assert request.headers["soapaction"] == f'"{SURVEY}/SubmitSurveyResult"'
    body = xml.fromstring(request.body).find(f".//{{{SURVEY}}}SubmitSurveyResult")
    found = [(e.tag.split("}")[1], e.text) for e in body.iter() if (e.text or "").strip()]
    assert found == [("uii", found[0][1]), ("durationSeconds", "214"),
                     ("queue", "Warranty <Desk> & more"), ("notes", survey_event()["agent_notes"]),
                     ("number", "4"), ("choice", "Price"), ("choice", "Delay & noise")]
    assert "Envelope" in delivery.attempts[0].request
    preview = gate.api.view(f"/events/{delivery.event_id}/preview")["requests"][0]["request"]["body"]
    assert preview.encode() == request.body


def test_a_mistake_in_a_json_template_is_told_with_its_line(place):
    template = place.template("survey.json", SURVEY_JSON.replace('"notes"', '"note"'))
    file = gateway.write_config(place.folder, gateway.config({"survey": gateway.soap_service(
        "survey", "SubmitSurveyResult", "http://127.0.0.1:1/", template)}))
    code, _, err = gateway.run("check", file, env=gateway.environment())
    assert code == 2
    assert "survey.json:7:5: service 'survey'" in err
    assert "call.note" in err and 'did you mean "notes"?' in err


# --- WS-Addressing ---

def test_requests_are_addressed_with_one_id_for_all_attempts(place):
    survey = place.customer(SURVEY_OK)
    survey.script("/survey", customer.answer(503), SURVEY_OK)
    service = survey_service(survey.url("/survey"), idempotent=True)
    service["soap"]["addressing"] = True
    gate = place.gateway({"survey": service})
    id_ = gate.api.accept(DISPOSITION, survey_event()).deliveries["survey"]
    gate.api.wait_state(id_, "delivered")
    assert len(survey.requests()) == 2
    for request in survey.requests():
        header = xml.fromstring(request.body).find(f"{{{customer.ENVELOPE_11}}}Header")
        block = {e.tag: e for e in header}
        wsa = "{http://www.w3.org/2005/08/addressing}"
        assert len(header) == len(block) == 4
        assert block[wsa + "Action"].text.startswith(SURVEY)
        assert block[wsa + "Action"].get(f"{{{customer.ENVELOPE_11}}}mustUnderstand") == "1"
        assert block[wsa + "To"].text == survey.url("/survey")
        assert block[wsa + "MessageID"].text == f"urn:uuid:{id_}"
        assert block[wsa + "ReplyTo"][0].text == "http://www.w3.org/2005/08/addressing/anonymous"


def test_a_reply_of_several_parts_is_read_like_any_other(place):
    parts = ("--b\r\nContent-Type: application/xop+xml; type=\"text/xml\"\r\n\r\n"
             f'<e:Envelope xmlns:e="{customer.ENVELOPE_11}"><e:Body>'
             f'<SubmitSurveyResultResponse xmlns="{SURVEY}"><receiptId>R-9</receiptId>'
             "</SubmitSurveyResultResponse></e:Body></e:Envelope>\r\n--b--\r\n")
    survey = place.customer(customer.answer(
        200, parts, 'multipart/related; boundary=b; type="application/xop+xml"'))
    gate = place.gateway({"survey": survey_service(survey.url(), success={"xpath": "//receiptId"},
                                                   capture={"receipt": "//receiptId"})})
    id_ = gate.api.accept(DISPOSITION, survey_event()).deliveries["survey"]
    gate.api.wait_state(id_, "delivered")
    assert gate.api.view(f"/deliveries/{id_}")["captured"] == {"receipt": "R-9"}
