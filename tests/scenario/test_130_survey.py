# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers in every shape that platforms send, named and validated by a definition, reach a SOAP
service and HTTP services with the same values; wrong ones are told; sensitive ones are not shown."""

import json
import re
import urllib.parse
import xml.etree.ElementTree as xml

import pytest

import customer
import gateway
from words import BUSY, OK, SURVEY, SURVEY_OK, call

FORM = "application/x-www-form-urlencoded"
NS = {"s": SURVEY}

QUESTIONS = [
    {"name": "csat", "element_id": 9003, "type": "single_choice", "required": True, "text": "How?",
     "options": [{"id": 6438, "label": "Bad", "score": 1},
                 {"id": 6439, "label": "Satisfied", "value": "S", "score": 4}]},
    {"name": "reasons", "element_id": 9004, "type": "multi_choice", "text": "Why?", "max": 2,
     "options": [{"id": 6443, "label": "Price"}, {"id": 6444, "label": "Delay & noise"},
                 {"id": 6445, "label": "Other"}]},
    {"name": "comment", "element_id": 9002, "type": "textarea", "max_length": 200},
    {"name": "nps", "element_id": 9010, "type": "nps"},
    {"name": "pin", "element_id": 9011, "type": "digits", "sensitive": True},
    {"name": "happy", "element_id": 9012, "type": "single_choice", "sensitive": True,
     "options": [{"id": 1, "label": "Yes"}, {"id": 2, "label": "No"}]},
]

COMMENT = 'Said "again" & <soon>\nnaïve ✓'

# Every shape says: csat Satisfied, reasons Price and Delay & noise, that comment, nps 9.
LIST = {"survey_id": 1775, "survey_version": 3, "response_id": 24, "complete": True, "answers": [
    {"extern_id": "csat", "element_id": 9003, "type": "single_choice", "option_ids": [6439],
     "labels": ["Satisfied"], "score": 4},
    {"extern_id": "reasons", "element_id": 9004, "type": "multi_choice",
     "option_ids": [6443, 6444], "labels": ["Price", "Delay & noise"]},
    {"extern_id": "comment", "element_id": 9002, "type": "textarea", "text": COMMENT},
    {"extern_id": "nps", "element_id": 9010, "type": "nps", "text": "9", "score": 9}]}
ROWS = {"survey_id": 1775, "response_id": 24, "detail": [
    {"element_id": 9002, "option_id": 0, "text": COMMENT},
    {"element_id": 9003, "option_id": 6439},
    {"element_id": 9004, "option_id": 6443},
    {"element_id": 9010, "option_id": 0, "text": "9"},
    {"element_id": 9004, "option_id": 6444}]}
SUBMITTED = [{"extern_id": "csat", "lead_update_column": "aux_data1", "text": "6439"},
             {"extern_id": "reasons", "text": "6443"}, {"extern_id": "reasons", "text": "6444"},
             {"extern_id": "comment", "text": COMMENT}, {"extern_id": "nps", "text": "9"}]
SCRIPT = {"call": {}, "lead": {}, "renderFormValid": True, "scriptComplete": True, "model": {
    "csat": {"value": "S", "leadField": ""}, "nps": {"value": 9},
    "reasons": {"value": ["Price", "Delay & noise"]}, "comment": {"value": COMMENT}}}
FLAT = [("survey.csat", "6439"), ("survey.reasons", "6443"), ("survey.reasons", "Delay & noise"),
        ("survey.comment", COMMENT), ("survey.nps", "9")]


def form(uii, *fields):
    return urllib.parse.urlencode([("uii", uii), *fields])


def xml_event(uii):
    event = xml.Element("event")
    xml.SubElement(event, "uii").text = uii
    xml.SubElement(event, "survey_id").text = "1775"
    for name, value in FLAT:
        xml.SubElement(event, name).text = value
    return xml.tostring(event, encoding="utf-8")


def xml_rows(uii):
    event = xml.Element("event")
    xml.SubElement(event, "uii").text = uii
    survey = xml.SubElement(event, "survey", survey_id="1775")
    answers = xml.SubElement(survey, "answers")
    for row in SUBMITTED:
        answer = xml.SubElement(answers, "answer")
        for name, value in row.items():
            xml.SubElement(answer, name).text = value
    return xml.tostring(event, encoding="utf-8")


SHAPES = {
    "list": lambda uii: (json.dumps({"elements": {"uii": uii}, "survey": LIST}), None),
    "rows": lambda uii: (json.dumps({"uii": uii, "survey": ROWS}), None),
    "submitted": lambda uii: (json.dumps({"uii": uii, "survey_id": "1775",
                                          "survey": SUBMITTED}), None),
    "script": lambda uii: (json.dumps({"uii": uii, "survey": SCRIPT}), None),
    "script result": lambda uii: (form(uii, ("json_result", json.dumps(SCRIPT))), FORM),
    "flat json": lambda uii: (json.dumps({
        "uii": uii, "survey.csat": "Satisfied", "survey.reasons": ["6443", 6444],
        "survey.comment": COMMENT, "survey.nps": 9}), None),
    "flat form": lambda uii: (form(uii, ("survey_id", "1775"), *FLAT), FORM),
    "script form": lambda uii: (form(uii, *((n.replace("survey.", "script."), v)
                                            for n, v in FLAT)), FORM),
    "json in a form": lambda uii: (form(uii, ("survey", json.dumps(LIST))), FORM),
    "cloud event": lambda uii: (json.dumps({
        "specversion": "1.0", "id": uii, "source": "acme", "type": "inbound.disposition",
        "data": {"elements": {"uii": uii}, "survey": LIST}}), "application/cloudevents+json"),
    "xml": lambda uii: (xml_event(uii), "application/xml"),
    "xml rows": lambda uii: (xml_rows(uii), "application/xml"),
}

JSON_TEMPLATE = """{
 "uii": "{{uii}}", "csat": "{{survey.csat}}", "id": {{answer.csat.option_id}},
 "value": "{{answer.csat.value}}", "points": {{answer.csat.score}}, "total": {{survey.score}},
 "reasons": [{{#survey.answers}}{{#labels}}"{{name}}={{.}}",{{/labels}}{{/survey.answers}}null],
 "pairs": {{=<% %>=}}{<%#survey.pairs%>"<%name%>": "<%value%>"<%^is_last%>,<%/is_last%><%/survey.pairs%>}<%={{ }}=%>,
 "all": "{{survey.json}}", "pin": "{{answer.pin.state}}"
}"""
SOAP_TEMPLATE = (gateway.ROOT / "templates" / "acme" / "survey.xml").read_text()


def definition(**more):
    return {"after_call": {"id": 1775, "version": 3, "questions": QUESTIONS, **more}}


def three_services(place, soap, crm, old, **more):
    place.template("acme.xml", SOAP_TEMPLATE)
    place.template("answers.json", JSON_TEMPLATE)
    place.template("answers.form", "call={{uii}}")
    return place.gateway({
        "survey": gateway.soap_service("survey", "SubmitSurveyResult", soap.url("/"), "acme.xml",
                                       survey="after_call"),
        "crm": gateway.http_service(crm.url("/"), "answers.json", survey="after_call"),
        "old": gateway.http_service(old.url("/"), "answers.form", body="form", send_all=True),
    }, surveys=definition(**more))


def soap_answers(request):
    """{question: (type, choices, text, option ids, score)}"""
    root = xml.fromstring(request.body)
    return root.find(".//s:survey", NS), {
        a.get("question"): (a.get("type"), [c.text for c in a.findall("s:choice", NS)],
                            a.findtext("s:text", None, NS),
                            [o.text for o in a.findall("s:optionId", NS)],
                            a.findtext("s:score", None, NS))
        for a in root.findall(".//s:answer", NS)}


def test_every_shape_reaches_every_service_with_the_same_values(place):
    soap, crm, old = place.customer(SURVEY_OK), place.customer(OK), place.customer(OK)
    gate = three_services(place, soap, crm, old)
    for number, (name, shape) in enumerate(SHAPES.items(), 1):
        uii = call()["uii"]
        body, media_type = shape(uii)
        answer = gate.api.post("inbound.disposition", body, media_type or "application/json")
        assert answer.status == 202, (name, answer)
        for delivery in answer.json["deliveries"]:
            gate.api.wait_state(delivery["id"], "delivered")

        survey, answers = soap_answers(soap.wait(number)[-1])
        assert answers == {
            "csat": ("single_choice", ["Satisfied"], None, ["6439"], "4"),
            "reasons": ("multi_choice", ["Price", "Delay & noise"], None, ["6443", "6444"], None),
            "comment": ("textarea", [], COMMENT, [], None),
            "nps": ("nps", [], "9", [], "9")}, name
        assert (survey.get("id"), survey.get("version")) == ("1775", "3"), name

        sent = json.loads(crm.wait(number)[-1].body)
        everything = json.loads(sent.pop("all"))
        assert sent == {
            "uii": uii, "csat": "Satisfied", "id": 6439, "value": "S", "points": 4, "total": 13,
            "reasons": ["csat=Satisfied", "reasons=Price", "reasons=Delay & noise", None],
            "pairs": {"csat": "Satisfied", "reasons": "Price, Delay & noise", "comment": COMMENT,
                      "nps": "9"}, "pin": "not_asked"}, name
        assert [a["name"] for a in everything["answers"]] == ["csat", "reasons", "comment", "nps"]
        assert everything["answers"][3]["value"] == 9 and everything["score"] == 13

        assert urllib.parse.parse_qsl(old.wait(number)[-1].text) == [
            ("call", uii), ("survey.csat", "Satisfied"), ("survey.reasons", "Price"),
            ("survey.reasons", "Delay & noise"), ("survey.comment", COMMENT), ("survey.nps", "9")]


def documented(language):
    text = (gateway.ROOT / "docs" / "surveys.md").read_text()
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.M | re.S)
    return [block for name, block in blocks if name == language]


def test_the_documented_shapes_and_forms_work_as_written(place):
    crm = place.customer(OK)
    json_blocks = documented("json")
    shapes, template = json_blocks[:3], json_blocks[3]
    forms = [b.strip() for b in documented("") if b.startswith("uii=")]
    assert len(shapes) == 3 and len(forms) == 1 and "{{answer.csat.value}}" in template
    place.template("crm.json", template)
    services = gateway.config({"crm": gateway.http_service(crm.url("/"), "crm.json", order_by="none",
                                                           survey="after_call")})
    surveys = documented("yaml")[0].split("services:")[0]
    rest = "".join(f"{key}: {json.dumps(value)}\n" for key, value in services.items())
    gate = place.gateway_of(gateway.write_config(place.folder, surveys + rest)).start()
    for body in [*shapes, *forms]:
        answer = gate.api.post("inbound.disposition", body,
                               FORM if body in forms else "application/json")
        assert answer.status == 202, answer
    for sent in [json.loads(r.body) for r in crm.wait(4)]:
        assert (sent["satisfied"], sent["points"]) == ("S", 4)
        assert [(a["name"], a["text"], a["state"]) for a in json.loads(sent["everything"])["answers"]] \
            == [("csat", "Satisfied", "answered"), ("reasons", "Price, Delay", "answered"),
                ("comment", "Would buy again", "answered")]


def test_without_a_definition_the_same_template_says_what_was_sent(place):
    soap = place.customer(SURVEY_OK)
    place.template("acme.xml", SOAP_TEMPLATE)
    gate = place.gateway({"survey": gateway.soap_service(
        "survey", "SubmitSurveyResult", soap.url("/"), "acme.xml")})
    # Outer elements of the names that an answer has must not stand in for what it has not.
    body = {"elements": call(text="outer", labels=["outer"], score=1, option_ids=[1], type="outer"),
            "survey": LIST}
    id_ = gate.api.accept("inbound.disposition", body).deliveries["survey"]
    gate.api.wait_state(id_, "delivered")
    survey, answers = soap_answers(soap.requests()[0])
    assert answers["csat"] == ("single_choice", ["Satisfied"], None, ["6439"], "4")
    assert answers["comment"] == ("textarea", [], COMMENT, [], None)
    assert (survey.get("id"), survey.get("version"), survey.get("complete")) == ("1775", "3", "true")


WRONG = [
    {"extern_id": "csat", "text": "Satisfyed"},
    {"element_id": 9004, "option_ids": [6443, 9]},
    {"extern_id": "nps", "text": "11"},
    {"extern_id": "shoe", "text": "42"},
    {"extern_id": "pin", "text": "my secret"},
]
PROBLEMS = {
    "/survey/answers/0/text": '`csat`: "Satisfyed" is none of its options; did you mean "Satisfied"?',
    "/survey/answers/1/option_ids/1": '`reasons`: "9" is none of its options',
    "/survey/answers/2/text": "`nps` is at most 10",
    "/survey/answers/3": "survey 'after_call' has no question \"shoe\"",
    "/survey/answers/4/text": "`pin`: what was answered is not digits, * and #",
}


def test_a_strict_definition_refuses_with_an_error_for_each_question(place):
    crm = place.customer(OK)
    gate = place.gateway({"crm": gateway.http_service(crm.url("/"))},
                         surveys=definition(invalid="reject"))
    wrong = json.dumps(call(survey={"survey_id": 1775, "answers": WRONG}))
    answer = gate.api.post("inbound.disposition", wrong)
    assert answer.status == 422 and "problem+json" in answer.headers["Content-Type"]
    assert {e["pointer"]: e["detail"] for e in answer.json["errors"]} == PROBLEMS
    assert "my secret" not in answer.text and "my secret" not in gate.log_text()

    missing = json.dumps(call(survey={"survey_id": 1775, "answers": []}))
    answer = gate.api.post("inbound.disposition", missing)
    assert answer.status == 422 and "`csat` is missing" in answer.text
    partial = call(survey={"survey_id": 1775, "complete": False, "answers": []})
    assert gate.api.accept("inbound.disposition", partial).deliveries
    assert gate.api.accept("inbound.call_end", call()).deliveries  # no answers at all


def test_a_lenient_definition_delivers_and_notes_what_is_wrong(place):
    crm = place.customer(OK)
    place.template("states.json", '{"call": "{{uii}}", "csat": "{{survey.csat}}",'
                   ' "state": "{{answer.csat.state}}", "why": "{{answer.csat.problem}}"}')
    gate = place.gateway({"crm": gateway.http_service(crm.url("/"), "states.json")},
                         surveys=definition())
    accepted = gate.api.accept("inbound.disposition",
                               call(survey={"survey_id": 1775, "answers": WRONG}))
    gate.api.wait_state(accepted.deliveries["crm"], "delivered")
    sent = json.loads(crm.requests()[0].body)
    assert sent["csat"] == "Satisfyed" and sent["state"] == "invalid"
    assert sent["why"] == PROBLEMS["/survey/answers/0/text"]
    event = gate.api.view(f"/events/{accepted.id}")["event"]
    assert {p["pointer"]: p["detail"] for p in event["survey_problems"]} == PROBLEMS
    page = gate.api.page(f"/events/{accepted.id}")
    assert "none of its options" in page and "my secret" not in page


def test_a_definition_that_changes_does_not_strand_what_was_taken(place):
    crm = place.customer(BUSY)
    services = {"crm": gateway.http_service(crm.url("/"))}
    gate = place.gateway(services, surveys=definition(invalid="reject"))
    id_ = gate.api.accept("inbound.disposition",
                          call(survey={"survey_id": 1775, "answers": [
                              {"extern_id": "csat", "text": "Satisfied"}]})).deliveries["crm"]
    gate.stop()
    changed = definition(invalid="reject")
    changed["after_call"]["questions"] = [{"name": "other", "type": "text", "required": True}]
    crm.script("/", OK)
    again = place.gateway(services, surveys=changed)
    again.api.wait_state(id_, "delivered")


SECRET = [{"extern_id": "csat", "option_ids": [6439], "labels": ["Satisfied"], "score": 4},
          {"extern_id": "pin", "text": "47110815"},
          {"extern_id": "happy", "element_id": 9012, "option_ids": [2], "labels": ["No"]}]
MODEL = {"model": {"csat": "Satisfied", "pin": {"value": "47110815"}, "happy": "No"}}
SECRET_EVENTS = {
    "list": {"survey": {"survey_id": 1775, "answers": SECRET}},
    "script": {"survey": MODEL},
    "script result": {"json_result": json.dumps(MODEL)},
    "flat": {"survey.csat": "Satisfied", "survey.pin": "47110815", "script.happy": ["No"]},
}


@pytest.mark.parametrize("elements", SECRET_EVENTS.values(), ids=SECRET_EVENTS.keys())
def test_sensitive_answers_are_sent_and_never_shown(place, elements):
    soap = place.customer(SURVEY_OK)
    crm = place.customer(customer.computed(
        lambda request: (400, "text/plain", "bad PIN: " + request.text)))
    old = place.customer(OK)
    place.template("secret.form", "pin={{survey.pin}}&happy={{answer.happy.label}}")
    place.template("secret.json", '{"pin": "{{survey.pin}}", "happy": "{{survey.happy}}", '
                   '"id": {{answer.happy.option_id}}, "all": "{{survey.json}}", '
                   '"raw": "{{raw.json_result}}{{json_result}}{{#raw}}{{survey.pin}}{{/raw}}"}')
    place.template("acme.xml", SOAP_TEMPLATE)
    gate = place.gateway({
        "survey": gateway.soap_service("survey", "SubmitSurveyResult", soap.url("/"), "acme.xml"),
        "crm": gateway.http_service(crm.url("/{{answer.pin.value}}"), "secret.json",
                                    headers={"X-Pin": "{{survey.pin}}"}),
        "old": gateway.http_service(old.url("/"), "secret.form", body="form", send_all=True),
    }, surveys=definition())
    accepted = gate.api.accept("inbound.disposition", call(**elements))
    gate.api.wait_state(accepted.deliveries["survey"], "delivered")
    gate.api.wait_state(accepted.deliveries["old"], "delivered")
    gate.api.wait_state(accepted.deliveries["crm"], "dead")

    assert soap_answers(soap.requests()[0])[1]["pin"][2] == "47110815"
    sent = crm.requests()[0]
    assert sent.path == "/47110815" and sent.headers["x-pin"] == "47110815"
    assert json.loads(sent.body)["happy"] == "No" and json.loads(sent.body)["id"] == 2
    assert "pin=47110815&happy=No&survey.csat=Satisfied" in old.requests()[0].text

    shown = [gate.api.page(f"/events/{accepted.id}"), json.dumps(gate.api.view(f"/events/{accepted.id}"))]
    for id_ in accepted.deliveries.values():
        shown += [gate.api.page(f"/deliveries/{id_}"), json.dumps(gate.api.view(f"/deliveries/{id_}"))]
    for text in shown:
        assert "47110815" not in text and '"No"' not in text and ">No<" not in text
        assert "masked" in text
    delivery = gate.api.delivery(accepted.deliveries["crm"])
    request = delivery.attempts[0].request
    assert json.loads(request.split("\n\n", 1)[-1].splitlines()[-1])["happy"] == "[masked]"
    assert "Satisfied" in request  # what is not sensitive is shown
    assert "47110815" not in gate.log_text()


def test_routes_choose_by_answers(place):
    crm = place.customer(OK)
    gate = place.gateway({"crm": gateway.http_service(crm.url("/"))}, surveys=definition(), routes=[
        {"name": "unhappy", "services": ["crm"],
         "when": {"survey.csat": "Bad", "answer.reasons.labels": ["Price", "Other"]}}])

    def is_routed(csat, *reasons):
        answers = [{"extern_id": "csat", "text": csat},
                   {"extern_id": "reasons", "labels": list(reasons)}]
        return bool(gate.api.accept("inbound.disposition", call(survey=answers)).deliveries)
    assert is_routed("6438", "Delay & noise", "Price")
    assert not is_routed("6438", "Delay & noise")
    assert not is_routed("6439", "Price")


def test_a_template_may_only_use_names_of_its_survey(place):
    place.template("typo.json", '{"a": "{{survey.csat}}",\n "b": "{{survey.cast}}",\n'
                   ' "c": "{{#answer.reasons.label}}x{{/answer.reasons.label}}{{survey.csat.label}}"}')
    file = gateway.write_config(place.folder, gateway.config(
        {"crm": gateway.http_service("http://127.0.0.1:1/{{survey.npss}}", "typo.json",
                                     survey="after_call")}, surveys=definition()))
    code, said, complaint = gateway.run("check", file)
    text = said + complaint
    assert code == 2
    assert "typo.json:2:8: survey 'after_call' has no 'survey.cast'; did you mean 'survey.csat'?" in text
    assert "typo.json:3" in text and "did you mean 'answer.csat.label'?" in text
    assert "url: survey 'after_call' has no 'survey.npss'; did you mean 'survey.nps'?" in text
