# SPDX-License-Identifier: GPL-3.0-or-later
"""Every way in which platforms send events: what they send comes out of the customers' services with
the same values, shows on the pages as it came, and what is no good is refused and kept nowhere.

payloads/ holds one body for each shape that vendors send; the name says trigger and format."""

import base64
import gzip
import hashlib
import hmac
import json
import pathlib
import re
import time
import urllib.parse
import xml.etree.ElementTree as xml
import zlib

import pytest

import customer
import gateway
from conftest import call_id
from words import OK, SURVEY, SURVEY_OK, bodies

PAYLOADS = sorted((pathlib.Path(__file__).parent / "payloads").iterdir())
FORM, JSON, XML = "application/x-www-form-urlencoded", "application/json", "application/xml"
CLOUD, CLOUD_BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
NDJSON = "application/x-ndjson"
MEDIA_TYPES = {"form": FORM, "json": JSON}

SOAP_TEMPLATE = """
<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:s="http://ws.acme.example/survey/v1">
  <e:Body><s:SubmitSurveyResult><s:call><s:uii>{{uii}}</s:uii>
    {{#ani}}<s:ani>{{ani}}</s:ani>{{/ani}}{{#dnis}}<s:dnis>{{dnis}}</s:dnis>{{/dnis}}
    {{#duration}}<s:durationSeconds>{{duration}}</s:durationSeconds>{{/duration}}
    {{#agent_notes}}<s:notes>{{agent_notes}}</s:notes>{{/agent_notes}}
  </s:call><s:survey/></s:SubmitSurveyResult></e:Body>
</e:Envelope>"""
SOAP_PARTS = {"uii": "uii", "ani": "ani", "dnis": "dnis", "durationSeconds": "duration",
              "notes": "agent_notes"}


# --- what is posted, and what should come out ---

def payload_parts(path):
    """Trigger, media type and data elements of a payload file."""
    _, group, point, *_, ending = re.split(r"[-.]", path.name)
    text = path.read_text(encoding="utf-8")
    if ending == "form":
        elements = {name: values[0] if len(values) == 1 else values for name, values in
                    urllib.parse.parse_qs(text, keep_blank_values=True).items()}
    else:
        elements = json.loads(text)
        elements = elements.get("elements", elements)
    return f"{group}.{point}", MEDIA_TYPES[ending], elements


def as_text(value):
    return {True: "true", False: "false"}.get(value) if isinstance(value, bool) else str(value)


def is_nothing(value):
    """Empty, or a tag that the platform did not fill in."""
    return value == "" or re.fullmatch(r"#\w+#", str(value)) is not None


def echo_service(place, url, names):
    """A service whose body has each of these elements under its own name."""
    place.template("echo.json", "{" + ", ".join(f'"{n}": "{{{{{n}}}}}"' for n in names) + "}")
    return gateway.http_service(url, template="echo.json")


@pytest.fixture
def crm(place):
    return place.customer(OK)


@pytest.fixture
def gate(place, crm):
    return place.gateway({"crm": echo_service(place, crm.url(), ["uii", "agent_notes", "a"])},
                         limits={"body": "64KB"})


def problem(answer, status, kind=None):
    assert answer.status == status, answer
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert kind is None or answer.json["type"] == f"urn:switchhook:problem:{kind}", answer
    return answer.json


def sent_one(crm, answer, count=1):
    """The last of `count` bodies that the customer got."""
    assert answer.status == 202, answer
    return bodies(crm.wait(count))[-1]


# --- the vendor's own shapes ---

@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.name)
def test_a_vendor_s_payload_reaches_soap_and_http_as_sent(place, path):
    trigger, media_type, elements = payload_parts(path)
    soap, crm = place.customer(SURVEY_OK), place.customer(OK)
    place.template("call.xml", SOAP_TEMPLATE)
    scalars = {n: v for n, v in elements.items() if not isinstance(v, (list, dict))}
    gate = place.gateway({
        "survey": gateway.soap_service("survey", "SubmitSurveyResult", soap.url(), "call.xml"),
        "crm": echo_service(place, crm.url(), scalars)})
    answer = gate.api.post(trigger, path.read_bytes(), media_type)
    assert answer.status == 202, answer
    assert len(answer.body) <= 1024

    sent = sent_one(crm, answer)
    for name, value in scalars.items():
        got, wanted = sent[name], as_text(value)
        assert got.lower() == wanted.lower() or (is_nothing(value) and got == ""), name
    result = xml.fromstring(soap.wait(1)[0].body).find(f"{{{customer.ENVELOPE_11}}}Body/")
    for part, name in SOAP_PARTS.items():
        got = result.findtext(f"{{{SURVEY}}}call/{{{SURVEY}}}{part}")
        assert got == (as_text(elements[name]) if name in elements else None), name

    shown = gate.api.event(answer.json["id"])["event"]
    assert shown["body"] == path.read_text(encoding="utf-8")
    assert shown["format"] == path.suffix[1:] and shown["trigger"] == trigger


def test_an_envelope_posted_without_a_trigger_says_it_itself(place):
    path = next(p for p in PAYLOADS if p.name.startswith("f04"))
    crm = place.customer(OK)
    gate = place.gateway({"crm": echo_service(place, crm.url(), ["uii", "agent_notes"])})
    answer = gate.api.call("POST", "/v1/events", path.read_bytes(), auth(gate, {"Content-Type": JSON}))
    assert sent_one(crm, answer)["agent_notes"] == payload_parts(path)[2]["agent_notes"]
    assert gate.api.event(answer.json["id"])["event"]["trigger"] == "inbound.disposition"
    # Its own key makes a second sending, by whatever path, the first one again.
    again = gate.api.post("inbound.disposition", path.read_bytes())
    assert again.status == 200 and again.json["id"] == answer.json["id"]
    problem(gate.api.post("inbound.call_end", path.read_bytes()), 422, "invalid-event")


def auth(gate, headers=None):
    return {"Authorization": f"Bearer {gate.api.token}", **(headers or {})}


# --- XML ---

NOTES = 'a "quoted" <b> & ]]> \U0001f4de\n second line é'


def xml_text(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@pytest.mark.parametrize("media_type", [XML, "text/xml; charset=utf-8", "application/vnd.acme+xml"])
def test_xml_is_an_event(gate, crm, media_type):
    uii = call_id()
    body = f"<call xmlns='urn:x'><uii>{uii}</uii><agent_notes>{xml_text(NOTES)}</agent_notes></call>"
    answer = gate.api.post("inbound.call_end", body.encode(), media_type)
    assert sent_one(crm, answer) == {"uii": uii, "agent_notes": NOTES, "a": ""}
    shown = gate.api.event(answer.json["id"])["event"]
    assert shown["format"] == "xml" and shown["body"] == body


def test_nested_xml_can_be_read_by_templates(place, crm):
    place.template("deep.json", '{"code": "{{order.code}}", "lines": "{{#order.line}}[{{sku}}:{{text}}]'
                                '{{/order.line}}"}')
    gate = place.gateway({"crm": gateway.http_service(crm.url(), template="deep.json")})
    body = ("<e><uii>1</uii><order code='A7'><line sku='x'>one</line><line sku='y'>"
            "<![CDATA[<two>]]></line></order></e>")
    assert sent_one(crm, gate.api.post("chat.end", body, XML)) == {"code": "A7",
                                                                   "lines": "[x:one][y:<two>]"}


@pytest.mark.parametrize("body,status", [
    pytest.param("<e><uii>1</uii>", 400, id="cut"),
    pytest.param("uii=1", 400, id="a form"),
    pytest.param("<!DOCTYPE e [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><e><uii>&a;</uii></e>", 400,
                 id="a file"),
    pytest.param("<!DOCTYPE e [" + "".join(f"<!ENTITY x{i + 1} '&x{i};&x{i};'>" for i in range(30))
                 + "]><e><uii>&x30;</uii></e>", 400, id="a bomb"),
    pytest.param("<e><uii>&nbsp;</uii></e>", 400, id="an entity"),
    pytest.param("<a>" * 5000, 413, id="deep"),
    pytest.param("<e><uii/></e>", 422, id="no call"),
    pytest.param("<e>" + "<a/>" * 15000 + "</e>", 422, id="many"),
])
def test_bad_xml_is_refused(gate, body, status):
    problem(gate.api.post("inbound.call_end", body, XML), status)
    assert gate.api.deliveries() == []


# --- a query ---

def test_a_get_is_an_event_and_its_token_is_nowhere(gate, crm):
    uii = call_id()
    query = urllib.parse.urlencode({"uii": uii, "token": gateway.TOKEN, "agent_notes": NOTES})
    answer = gate.api.call("GET", f"/v1/events/inbound.call_end?{query}")
    assert sent_one(crm, answer)["agent_notes"] == NOTES
    shown = gate.api.event(answer.json["id"])["event"]
    assert shown["format"] == "query" and shown["body"].startswith(f"uii={uii}&agent_notes=")
    delivery = answer.json["deliveries"][0]["id"]
    pages = [gate.api.page(f"/events/{answer.json['id']}"), gate.api.page(f"/deliveries/{delivery}"),
             gate.api.page("/"), json.dumps(gate.api.view(f"/deliveries/{delivery}"))]
    assert not any(gateway.TOKEN in page for page in pages)
    refused = gate.api.call("GET", f"/v1/events/inbound.call_end?ani=1&token={gateway.TOKEN}")
    problem(refused, 422)
    problem(gate.api.call("GET", f"/v1/events/no.such?token={gateway.TOKEN}"), 404)
    problem(gate.api.call("GET", f"/v1/events/chat.end?uii=%zz&token={gateway.TOKEN}"), 400)
    assert gateway.TOKEN not in refused.text and gateway.TOKEN not in gate.log_text()
    store = [file.read_bytes() for file in pathlib.Path(gate.config_file).parent.glob("store.db*")]
    assert store and not any(gateway.TOKEN.encode() in content for content in store)


def test_a_post_without_a_body_is_its_query(gate, crm):
    uii = call_id()
    answer = gate.api.call("POST", f"/v1/events/chat.end?uii={uii}&agent_notes=a%2Bb+c", b"", auth(gate))
    assert sent_one(crm, answer) == {"uii": uii, "agent_notes": "a+b c", "a": ""}


def test_a_query_without_a_good_token_is_refused(gate):
    for query in ("uii=1", "uii=1&token=wrong", "uii=1&token=", "token=%00&uii=1"):
        problem(gate.api.call("GET", f"/v1/events/chat.end?{query}"), 401)
    assert gate.api.call("HEAD", "/v1/events/chat.end?uii=1", headers=auth(gate)).status == 405
    assert gate.api.deliveries() == []


# --- CloudEvents ---

def cloud_event(uii, **more):
    return {"specversion": "1.0", "id": "A-1", "source": "/acme/7", "type": "chat.end",
            "time": "2024-03-07T15:19:48Z", "data": {"uii": uii, "agent_notes": NOTES}, **more}


def test_a_structured_cloudevent_is_taken_once(gate, crm):
    uii = call_id()
    body = json.dumps(cloud_event(uii))
    headers = auth(gate, {"Content-Type": CLOUD + "; charset=utf-8"})
    first = gate.api.call("POST", "/v1/events", body, headers)
    assert sent_one(crm, first) == {"uii": uii, "agent_notes": NOTES, "a": ""}
    again = gate.api.call("POST", "/v1/events/chat.end", body, headers)
    assert again.status == 200 and again.json["id"] == first.json["id"]
    shown = gate.api.event(first.json["id"])["event"]
    assert shown["format"] == "cloudevent" and shown["body"] == body
    other = gate.api.call("POST", "/v1/events", json.dumps(cloud_event(call_id())), headers)
    problem(other, 422, "idempotency-key-reused")
    problem(gate.api.call("POST", "/v1/events/chat.new", body, headers), 422, "invalid-event")


@pytest.mark.parametrize("media_type,data", [
    (JSON, '{"uii": "31", "agent_notes": "a&b"}'), (FORM, "uii=31&agent_notes=a%26b"),
    ("text/xml", "<e uii='31'><agent_notes>a&amp;b</agent_notes></e>")])
def test_a_cloudevent_carries_data_of_each_format(gate, crm, media_type, data):
    coded = cloud_event("", datacontenttype=media_type,
                        data_base64=base64.b64encode(data.encode()).decode())
    del coded["data"]
    answer = gate.api.call("POST", "/v1/events", json.dumps(coded), auth(gate, {"Content-Type": CLOUD}))
    assert sent_one(crm, answer) == {"uii": "31", "agent_notes": "a&b", "a": ""}
    headers = auth(gate, {"Content-Type": media_type, "ce-specversion": "1.0", "ce-type": "chat.end",
                          "ce-source": "/acme/7", "ce-id": "B-1"})
    answer = gate.api.call("POST", "/v1/events", data, headers)
    assert sent_one(crm, answer, 2) == {"uii": "31", "agent_notes": "a&b", "a": ""}
    assert gate.api.event(answer.json["id"])["event"]["body"] == data
    assert gate.api.call("POST", "/v1/events/chat.end", data, headers).status == 200
    problem(gate.api.call("POST", "/v1/events/chat.new", data, headers), 422, "invalid-event")


def test_a_batch_of_cloudevents_has_a_result_for_each(gate, crm):
    items = [cloud_event(call_id(), id="1"), cloud_event("", id="2"), cloud_event(call_id(), id="3")]
    headers = auth(gate, {"Content-Type": CLOUD_BATCH})
    answer = gate.api.call("POST", "/v1/events", json.dumps(items), headers)
    assert answer.status == 202, answer
    assert [r["status"] for r in answer.json["results"]] == [202, 422, 202]
    assert answer.json["results"][1]["problem"]["errors"][0]["pointer"] == "/data/uii"
    assert {b["uii"] for b in bodies(crm.wait(2))} == {items[0]["data"]["uii"], items[2]["data"]["uii"]}
    assert gate.api.call("POST", "/v1/events:batch", "[]", headers).json["results"] == []
    problem(gate.api.call("POST", "/v1/events:batch", json.dumps(items)[:-1], headers), 400)


# --- batches of lines ---

def line(**more):
    return json.dumps({"trigger": "inbound.call_end",
                       "elements": {"uii": call_id(), "agent_notes": NOTES}, **more})


def test_one_bad_line_does_not_harm_the_others(gate, crm):
    lines = [line(), "{", line(trigger="no.such"), line(idempotency_key="k"), line(elements={}),
             line(type="inbound.call_end", survey={"csat": 5})]
    headers = auth(gate, {"Content-Type": NDJSON})
    answer = gate.api.call("POST", "/v1/events:batch", "\n".join(lines) + "\n", headers)
    assert answer.status == 202, answer
    results = answer.json["results"]
    assert [(r["index"], r["status"]) for r in results] == [(0, 202), (1, 400), (2, 422), (3, 202),
                                                            (4, 422), (5, 202)]
    assert (answer.json["kept"], answer.json["refused"]) == (3, 3)
    crm.wait(3)
    for result in results:
        if "id" in result:
            assert gate.api.event(result["id"])["event"]["body"] == lines[result["index"]]
        else:
            assert result["problem"]["status"] == result["status"] and result["problem"]["detail"]
    again = gate.api.call("POST", "/v1/events:batch", lines[3], headers)
    assert again.json["results"] == [{"index": 0, "status": 200, "id": results[3]["id"]}]


def test_a_batch_under_a_key_can_be_sent_again(gate, crm):
    body = "\n".join(line() for _ in range(100))
    headers = auth(gate, {"Content-Type": NDJSON, "Idempotency-Key": "night-7"})
    first = gate.api.call("POST", "/v1/events:batch", body, headers).json
    again = gate.api.call("POST", "/v1/events:batch", body, headers).json
    assert [r["id"] for r in first["results"]] == [r["id"] for r in again["results"]]
    assert {r["status"] for r in again["results"]} == {200}
    crm.wait(100)
    assert gate.api.view("/")["counts"]["events"] == 100


def test_a_batch_is_on_disk_when_it_is_answered(place, crm):
    gate = place.gateway({"crm": echo_service(place, crm.url(), ["uii"])})
    body = "\n".join(line() for _ in range(1000))
    answer = gate.api.call("POST", "/v1/events:batch", body, auth(gate, {"Content-Type": NDJSON}))
    gate.kill()
    assert answer.json["kept"] == 1000
    gate.start()
    assert gate.api.view("/")["counts"]["events"] == 1000
    for result in answer.json["results"][::97]:
        assert gate.api.event(result["id"])


def test_a_batch_has_limits(gate):
    headers = auth(gate, {"Content-Type": NDJSON})
    problem(gate.api.call("POST", "/v1/events:batch", "{}\n" * 1001, headers), 413, "event-too-large")
    problem(gate.api.call("POST", "/v1/events:batch", "{}\n" * 1000, headers), 422, "batch-refused")
    problem(gate.api.call("POST", "/v1/events:batch", "[{}]", auth(gate, {"Content-Type": CLOUD_BATCH})),
            422, "batch-refused")
    problem(gate.api.call("POST", "/v1/events:batch", "{}", auth(gate, {"Content-Type": "text/csv"})), 415)
    problem(gate.api.call("GET", "/v1/events:batch", headers=headers), 405)
    assert gate.api.view("/")["counts"]["events"] == 0


# --- content codings ---

def bare(data):
    coder = zlib.compressobj(wbits=-15)
    return coder.compress(data) + coder.flush()


@pytest.mark.parametrize("coding,encode", [("gzip", gzip.compress), ("deflate", zlib.compress),
                                           ("deflate", bare), ("identity", bytes)])
def test_a_coded_body_is_taken(gate, crm, coding, encode):
    body = json.dumps({"uii": call_id(), "agent_notes": "n" * 50000})
    answer = gate.api.post("chat.end", encode(body.encode()), headers={"Content-Encoding": coding})
    assert sent_one(crm, answer)["agent_notes"] == "n" * 50000
    assert gate.api.event(answer.json["id"])["event"]["body"] == body


def test_a_coded_body_is_held_to_the_limit_of_any(gate):
    bomb = gzip.compress(b"{" + b" " * 50_000_000 + b"}")
    assert len(bomb) < 60_000
    before_kb = gate.memory_kb()
    problem(gate.api.post("chat.end", bomb, headers={"Content-Encoding": "gzip"}), 413)
    assert gate.memory_kb() - before_kb < 20_000
    nested = gzip.compress(bomb)
    problem(gate.api.post("chat.end", nested, headers={"Content-Encoding": "gzip"}), 400)
    good = gzip.compress(b'{"uii": "1"}')
    for body in (good[:-1], good[:5], b"{}", good + b"x", good[:12] + b"\xff" + good[13:]):
        problem(gate.api.post("chat.end", body, headers={"Content-Encoding": "gzip"}), 400)
    for coding in ("br", "gzip, gzip", "zstd"):
        answer = gate.api.post("chat.end", good, headers={"Content-Encoding": coding})
        problem(answer, 415)
        assert answer.headers["Accept-Encoding"] == "gzip, deflate"
    assert gate.api.deliveries() == []


# --- a platform that asks whether we are there ---

def test_a_validation_token_comes_back(gate):
    token = {"Validation-Token": "b51cee1a-e26c-4a8d-b8d0-2e6f1f2c7a11"}
    answer = gate.api.call("POST", "/v1/events/inbound.call_end", b"", auth(gate, token))
    assert answer.status == 200 and answer.headers["Validation-Token"] == token["Validation-Token"]
    answer = gate.api.post("inbound.call_end", json.dumps({"uii": "1"}), headers=token)
    assert answer.status == 202 and answer.headers["Validation-Token"] == token["Validation-Token"]
    assert gate.api.view("/")["counts"]["events"] == 1
    problem(gate.api.call("POST", "/v1/events/inbound.call_end", b"", token), 401)


# --- signatures ---

KEYS = [bytes(range(24)), bytes(range(100, 132))]
SIGNING = {f"SIGNING_{i}": "whsec_" + base64.b64encode(key).decode() for i, key in enumerate(KEYS)}


def sign(key, body, at=None, message="msg_1"):
    at = str(int(time.time()) if at is None else at)
    digest = hmac.new(key, f"{message}.{at}.".encode() + body, hashlib.sha256).digest()
    return {"webhook-id": message, "webhook-timestamp": at, "Content-Type": JSON,
            "webhook-signature": "v1," + base64.b64encode(digest).decode()}


@pytest.fixture
def signed(place, crm):
    return place.gateway({"crm": echo_service(place, crm.url(), ["uii"])}, env=SIGNING,
                         sources={"hook": {"signatures": [{"secret": {"env": n}} for n in SIGNING]}})


def test_a_signed_request_is_taken_with_either_secret_and_only_once(signed, crm):
    body = json.dumps({"uii": call_id()}).encode()
    for number, key in enumerate(KEYS):
        headers = sign(key, body, message=f"msg_{number}")
        answer = signed.api.call("POST", "/v1/events/chat.end", body, headers)
        assert answer.status == 202, answer
        copied = {**headers, "Idempotency-Key": "another", "ce-specversion": "1.0", "ce-id": "x",
                  "ce-source": "y", "ce-type": "chat.end"}
        for again in (headers, copied):
            assert signed.api.call("POST", "/v1/events/chat.end", body, again).status == 200
        problem(signed.api.call("POST", "/v1/events/chat.new", body, headers), 422)
    coded = {**sign(KEYS[0], body, message="msg_z"), "Content-Encoding": "gzip"}
    assert signed.api.call("POST", "/v1/events/chat.end", gzip.compress(body), coded).status == 202
    both = sign(KEYS[1], body, message="msg_b")
    both["webhook-signature"] = "v1,AAAA v1a,xyz " + both["webhook-signature"]
    assert signed.api.call("POST", "/v1/events/chat.end", body, both).status == 202
    crm.wait(4)


def test_what_is_not_signed_as_it_should_be_is_refused(signed):
    body, now = b'{"uii": "1"}', int(time.time())
    good = sign(KEYS[0], body)
    wrong = [
        {"Content-Type": JSON},
        sign(b"x" * 24, body),
        sign(KEYS[0], body + b" "),
        {**good, "webhook-id": "msg_2"},
        {**good, "webhook-timestamp": str(now + 2)},
        sign(KEYS[0], body, now - 310),
        sign(KEYS[0], body, now + 310),
        sign(KEYS[0], body, ""),
        sign(KEYS[0], body, "1e9"),
        {**good, "webhook-signature": good["webhook-signature"][3:]},
        {**good, "webhook-signature": ""},
        {**good, "webhook-signature": good["webhook-signature"].replace("v1,", "v2,")},
    ]
    for headers in wrong:
        problem(signed.api.call("POST", "/v1/events/chat.end", body, headers), 401, "unauthorized")
    for path in ("/v1/events/chat.end?uii=1", "/v1/events/chat.end"):
        problem(signed.api.call("GET", path, headers=sign(KEYS[0], b"")), 401)
    assert signed.api.deliveries() == []
    assert not any(secret[6:] in signed.log_text() for secret in SIGNING.values())
    assert signed.api.call("POST", "/v1/events/chat.end", body, good).status == 202


def test_a_source_with_token_and_signature_needs_both(place, crm):
    gate = place.gateway({"crm": echo_service(place, crm.url(), ["uii"])}, env=SIGNING,
                         sources={"acme": {"token": {"env": "ACME_TOKEN"},
                                           "signature": {"secret": {"env": "SIGNING_0"}}}})
    body = b'{"uii": "1"}'
    problem(gate.api.call("POST", "/v1/events/chat.end", body, sign(KEYS[0], body)), 401)
    problem(gate.api.post("chat.end", body), 401)
    assert gate.api.post("chat.end", body, headers=sign(KEYS[0], body)).status == 202
    path = f"/v1/events/chat.end?token={gateway.TOKEN}"
    assert gate.api.call("POST", path, body, sign(KEYS[0], body, message="2")).status == 202


def test_basic_authentication_may_ask_for_a_user(place, crm):
    gate = place.gateway({"crm": echo_service(place, crm.url(), ["uii"])},
                         sources={"acme": {"token": {"env": "ACME_TOKEN"}, "user": "pat"}})

    def post(user):
        coded = base64.b64encode(f"{user}:{gateway.TOKEN}".encode()).decode()
        return gate.api.post("chat.end", '{"uii": "1"}', headers={"Authorization": f"Basic {coded}"})
    assert post("pat").status == 202
    problem(post("pam"), 401)
    problem(post(""), 401)
