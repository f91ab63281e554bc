# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue as its users meet it: at the terminal, over HTTP, as a schema for their validator,
and as a data file whose mistakes are told."""

import json
import re
import subprocess
import sys
import urllib.parse

import pytest
from jsonschema import Draft202012Validator

import customer
import gateway

GENERATOR = gateway.ROOT / "gen" / "catalogue.py"
DATA = gateway.ROOT / "src" / "core" / "catalogue.json"
SIZES = ([], ["--full"], ["--minimal"])


def triggers():
    return [row["name"] for row in json.loads(DATA.read_text())["triggers"]]


@pytest.fixture
def running(place):
    crm = place.customer(customer.answer(200, "{}"))
    return place.gateway({"crm": gateway.http_service(crm.url("/crm"))}).api


# --- over HTTP ---

def test_the_catalogue_needs_no_token(running):
    whole = running.view("/v1/catalogue")
    assert len(whole["triggers"]) == 24
    marks = [row["mark"] for row in whole["elements"]]
    assert [marks.count(m) for m in ("documented", "observed", "unresolved", "elsewhere", "ours")] \
        == [20, 15, 4, 249, 14]
    by_name = {row["name"]: row for row in whole["elements"]}
    assert by_name["agent_externid"]["aliases"] == ["agent_extern_id", "external_agent_id"]
    assert by_name["call_duration"]["mark"] == "unresolved"


def test_the_catalogue_is_narrowed_to_a_trigger(running):
    part = running.view("/v1/catalogue?trigger=track.call_end")
    assert [row["name"] for row in part["triggers"]] == ["track.call_end"]
    names = {row["name"] for row in part["elements"]}
    assert "trac_id" in names and "agent_notes" not in names
    answer = running.call("GET", "/v1/catalogue?trigger=trac.call_end")
    assert answer.status == 400
    assert "did you mean \"track.call_end\"" in answer.json["detail"]
    assert running.call("POST", "/v1/catalogue").status == 405


def test_a_schema_of_a_trigger_that_is_none(running):
    answer = running.call("GET", "/v1/schemas/inbound.deqeue")
    assert answer.status == 404
    assert answer.json["type"] == "urn:switchhook:problem:unknown-trigger"
    assert "inbound.dequeue" in answer.json["detail"]
    assert running.call("DELETE", "/v1/schemas/inbound.dequeue").status == 405


def test_each_sample_fits_its_schema_and_is_taken(running):
    for trigger in triggers():
        answer = running.call("GET", f"/v1/schemas/{trigger}")
        assert (answer.status, answer.headers["Content-Type"]) == (200, "application/schema+json")
        assert running.call("GET", f"/v1/schemas/{trigger}").body == answer.body
        Draft202012Validator.check_schema(answer.json)
        validator = Draft202012Validator(answer.json)
        for size in SIZES:
            code, body, complaint = gateway.run("sample", trigger, *size)
            assert (code, complaint) == (0, "")
            validator.validate(json.loads(body))
            assert running.post(trigger, body).status == 202, (trigger, size)


def test_a_schema_is_as_strict_as_the_gateway(running):
    validator = Draft202012Validator(running.view("/v1/schemas/inbound.call_end"))
    good = [{"uii": "1"}, {"uii": 7, "unknown": {"a": []}}, {"uii": "1", "duration": "00:03:07"},
            {"uii": "1", "duration": 187, "recording_url": "", "agent_id": "#agent_id#"},
            {"uii": "1", "ivr.account_no": "4411", "gate_id": None}]
    bad = [{}, {"uii": ""}, {"uii": "x" * 129}, {"uii": None}, {"uii": ["1"]}, [], "text"]
    for body in good:
        assert validator.is_valid(body), body
        assert running.post("inbound.call_end", json.dumps(body)).status == 202, body
    for body in bad:
        assert not validator.is_valid(body), body
        assert running.post("inbound.call_end", json.dumps(body)).status == 422, body


# --- at the terminal ---

def test_elements_is_a_table_or_json():
    code, table, _ = gateway.run("elements", "chat.new")
    assert code == 0
    lines = table.splitlines()
    assert re.split(r"\s+", lines[0]) == ["ELEMENT", "MARK", "TYPE", "EXAMPLE"]
    assert [line.split()[0] for line in lines[1:]] == sorted(line.split()[0] for line in lines[1:])
    assert any(line.split() == ["pre_chat.*", "elsewhere", "text", "Sam"] for line in lines)
    code, text, _ = gateway.run("elements", "chat.new", "--json")
    assert {row["name"] for row in json.loads(text)["elements"]} \
        == {line.split()[0] for line in lines[1:]}
    assert len(gateway.run("elements")[1].splitlines()) == 1 + 302


def test_a_form_carries_the_same_sample(running):
    code, form, _ = gateway.run("sample", "outbound.disposition", "--form")
    assert code == 0
    answer = running.post("outbound.disposition", form.rstrip("\n"),
                          "application/x-www-form-urlencoded")
    assert answer.status == 202
    _, body, _ = gateway.run("sample", "outbound.disposition")
    assert dict(urllib.parse.parse_qsl(form.rstrip("\n"))) == json.loads(body)


@pytest.mark.parametrize("arguments, complaint", [
    (["sample"], "usage: switchhook sample TRIGGER"),
    (["sample", "inbound.dequeue", "--full", "--minimal"], "usage: switchhook sample TRIGGER"),
    (["sample", "inbound.dequeue", "chat.new"], "usage: switchhook sample TRIGGER"),
    (["sample", "--json", "chat.new"], "usage: switchhook sample TRIGGER"),
    (["sample", "chat.nwe"], "did you mean `chat.new`?"),
    (["elements", "outbound.call_and"], "did you mean `outbound.call_end`?"),
    (["elements", "nothing like it"], "there is no trigger `nothing like it`"),
    (["elements", "--form"], "usage: switchhook elements [TRIGGER] [--json]"),
])
def test_a_wrong_command_line_says_so(arguments, complaint):
    code, out, said = gateway.run(*arguments)
    assert (code, out) == (2, "")
    assert complaint in said


# --- the data file ---

def generate(folder, text):
    file = folder / "catalogue.json"
    file.write_text(text)
    done = subprocess.run([sys.executable, str(GENERATOR), str(file), str(folder / "out.c")],
                          capture_output=True, text=True)
    return done.returncode, done.stderr.replace(str(file), "FILE"), (folder / "out.c").exists()


def test_the_data_file_makes_tables(tmp_path):
    assert generate(tmp_path, DATA.read_text()) == (0, "", True)


MISTAKES = [
    ('"name": "ani",', '"name": "ani"', "no JSON: "),
    ('"name": "ani",', '"name": "uii",', "uii is there twice, also in line"),
    ('"name": "ani",', '"name": "ANI",', "ANI is no name of an element"),
    ('"name": "ani",', '"nam": "ani",', "there is no key `nam`"),
    ('"name": "ani",', '"name": "ani", "name": "ani",', "`name` is there twice"),
    ('"mark": "observed"', '"mark": "seen"', "there is no mark seen"),
    ('"type": "integer"', '"type": "number"', "there is no type number"),
    ('"example": "5105550111"', '"example": "510-555-0111"', "`510-555-0111` is no phone"),
    ('"example": "CONNECTED"', '"example": "TALKED"', "the example `TALKED` is none of the words"),
    ('"example": "[{', '"example": "[[{', "is no JSON"),
    ('"unit": "seconds"', '"unit": "minutes"', "the unit of a duration is seconds"),
    ('"triggers": "I1-I6"', '"triggers": "I1-I9"', "no trigger has the code I9"),
    ('"aliases": ["call_id"]', '"aliases": ["ani"]', "ani is there twice"),
    ('"aliases": ["call_id"]', '"aliases": "call_id"', "`aliases` is not a list"),
    ('"same_as": "gate_id"', '"same_as": "gate"', "there is no element gate"),
    ('"same_as": "gate_id"', '"same_as": "gate_name"', "gate_name has another type"),
    ('"meaning": "Start of', '"meaning": "start of', "`meaning` is not a sentence"),
    ('"triggers": "I1-I6"', '"triggers": "I6-I1"', "no trigger has the code I6-I1"),
    ('"code": "I2"', '"code": "I1"', "I1 is there twice"),
    ('"name": "chat.end"', '"name": "chat end"', "chat end is no name of a trigger"),
    ('"title": "Agent"', '"titel": "Agent"', "`title` is missing"),
]


@pytest.mark.parametrize("old, new, sentence", MISTAKES)
def test_a_mistake_in_the_data_file_is_told_with_its_line(tmp_path, old, new, sentence):
    text = DATA.read_text()
    assert old in text
    code, said, is_made = generate(tmp_path, text.replace(old, new, 1))
    assert code == 1 and not is_made
    assert re.search(sentence, said), said
    line = text[:text.index(old)].count("\n") + 1
    told = map(int, re.findall(r"(?:FILE:|line )(\d+)", said))
    assert any(abs(each - line) <= 8 for each in told), said  # an object's line is where it begins
