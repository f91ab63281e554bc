# SPDX-License-Identifier: GPL-3.0-or-later
"""`switchhook call`: data in, the checked request on the wire, the reply or fault as data again."""

import json
import re

import pytest

import customer
import gateway
import mock

NAMESPACE = "http://ws.acme.example/survey/v1"
DATA = {
    "survey": {"@id": 1775, "answer": [{"@question": "csat", "@type": "NUMBER", "score": 9}]},
    "call": {"dnis": "4155550110", "uii": "202009151402170132130000036446", "sessionId": 2,
             "ani": "5105550111", "startedAt": "2020-09-15 14:02:17", "queueSeconds": 22,
             "queue": {"@id": "72992", "@kind": "QUEUE", "#text": "Billing & Queue"},
             "agent": {"@id": 1369310, "externalId": "EMP-4471", "username": "pat"}},
}
RESULT = (f"<SubmitSurveyResultResponse xmlns='{NAMESPACE}'><receiptId>R-1</receiptId>"
          "</SubmitSurveyResultResponse>")
DETAIL = (f"<SurveyFault xmlns='{NAMESPACE}'><code>UNKNOWN_SURVEY</code><field>id</field>"
          "<message>no survey 1775</message></SurveyFault>")


def call(*arguments, data=None, folder=None):
    more = []
    if data is not None:
        path = folder / "data"
        path.write_text(data if isinstance(data, str) else json.dumps(data))
        more = ["--data", path]
    return gateway.run("call", "survey", "SubmitSurveyResult", "--modules", gateway.MODULES, *more,
                       *arguments)


@pytest.fixture
def peer():
    with customer.Customer() as server:
        yield server


def test_data_in_any_order_is_sent_in_the_schemas(tmp_path, peer):
    peer.script("/", customer.soap_reply(RESULT))
    status, said, _ = call("--endpoint", peer.url(), "--json", data=DATA, folder=tmp_path)
    request = peer.wait(1)[0]
    assert status == 0
    assert request.text.index("uii>2020") < request.text.index("dnis>4155") < request.text.index(
        "survey id=")
    assert "Billing &amp; Queue" in request.text
    assert request.headers["soapaction"] == f'"{NAMESPACE}/SubmitSurveyResult"'
    tree = json.loads(said)
    assert tree["request"]["body"] == request.text
    assert tree["reply"]["status"] == 200
    assert tree["reply"]["body"] == {"receiptId": "R-1"}
    assert tree["reply"]["fault"] is None and tree["reply"]["problem"] is None
    assert tree["timings"]["total"] >= tree["timings"]["first_byte"] > 0


def test_a_fault_is_told_with_its_typed_detail(tmp_path, peer):
    peer.script("/", customer.soap_fault("Client", "unknown survey", DETAIL))
    status, said, _ = call("--endpoint", peer.url(), "--json", data=DATA, folder=tmp_path)
    fault = json.loads(said)["reply"]["fault"]
    assert status == 1
    assert (fault["code"], fault["text"]) == ("Client", "unknown survey")
    assert fault["detail"]["SurveyFault"]["code"] == "UNKNOWN_SURVEY"
    status, said, _ = call("--endpoint", peer.url(), data=DATA, folder=tmp_path)
    assert status == 1
    assert "Reply, status 500" in said and '"message": "no survey 1775"' in said


@pytest.mark.parametrize("action, words", [
    (customer.answer(502, "<html>bad gateway</html>", "text/html"),
     "status 502, and no envelope but text/html"),
    (customer.soap_reply("<other/>"), "the reply is no answer to SubmitSurveyResult"),
    (customer.answer(200, "not XML", "text/xml"), "no well-formed XML"),
    (customer.answer(200, '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "text/xml"), "document type"),
    (customer.cut(), ""),
])
def test_what_is_no_reply_has_its_problem(tmp_path, peer, action, words):
    peer.script("/", action)
    status, said, _ = call("--endpoint", peer.url(), "--json", data=DATA, folder=tmp_path)
    problem = json.loads(said)["reply"]["problem"]
    assert status == 1
    assert problem and words in problem


@pytest.mark.parametrize("change, words", [
    ({"survay": {}}, 'survay: <SubmitSurveyResult> has no such element; did you mean "survey"?'),
    ({"survey": {"answer": [{"@question": "a", "@type": "NUMBER", "scoer": 1}]}},
     'survey.answer[1].scoer: Answer has no such element; did you mean "score"?'),
    ({"call": None}, "call: it may not be null"),
])
def test_mistakes_are_told_and_nothing_is_sent(tmp_path, peer, change, words):
    status, said, complaint = call("--endpoint", peer.url(), data={**DATA, **change}, folder=tmp_path)
    assert status == 2 and not said
    assert words in complaint
    assert not peer.requests()


def test_a_dry_run_prints_the_checked_envelope_alone(tmp_path):
    status, said, _ = call("--dry-run", data=DATA, folder=tmp_path)
    assert status == 0
    assert said.startswith("<?xml") and said.rstrip().endswith("Envelope>")
    wrapped = {"SubmitSurveyResult": DATA}
    assert call("--dry-run", data=wrapped, folder=tmp_path)[1] == said
    # The envelope itself, or what stands in its body, are as good.
    assert call("--dry-run", data=said, folder=tmp_path)[1] == said
    body = said[said.index("<ns1:SubmitSurveyResult"):said.index("</SOAP-ENV:Body>")]
    body = body.replace("<ns1:SubmitSurveyResult", f'<ns1:SubmitSurveyResult xmlns:ns1="{NAMESPACE}"', 1)
    assert call("--dry-run", data=body, folder=tmp_path)[1] == said


def test_headers_and_secrets(tmp_path, peer):
    peer.script("/", customer.soap_reply(RESULT))
    status, said, _ = call("--endpoint", peer.url(), "--sample", "--header",
                           "Authorization: Bearer s3cret", "--header", "X-Trace: 7")
    request = peer.wait(1)[0]
    assert status == 0
    assert request.headers["authorization"] == "Bearer s3cret"
    assert request.headers["x-trace"] == "7"
    assert "s3cret" not in said and "X-Trace: 7" in said


def test_binary_values_travel_as_parts_where_mtom_is_asked_for(tmp_path):
    path = tmp_path / "data.json"
    path.write_text(json.dumps({"base64": ["AAECAwQF", "/w=="], "string": "s"}))
    wsdl = gateway.ROOT / "tests" / "wsdl" / "values" / "values.wsdl"
    command = ["call", "values", "Put", "--modules", mock.WSDLS, "--data", path, "--mtom"]
    with mock.Mock("values", "--wsdl", wsdl) as served:
        status, said, complaint = gateway.run(*command, "--endpoint", served.url)
        tree = json.loads(gateway.run(*command, "--endpoint", served.url, "--json")[1])
    assert status == 0, complaint + said
    assert 'multipart/related; type="application/xop+xml"' in said
    assert said.count("xop:Include") == 2 and "AAECAwQF" not in said
    assert re.findall(r"^\[cid:\S+: (\d+) bytes of (\S+)\]$", said, re.M) == [
        ("6", "application/octet-stream"), ("1", "application/octet-stream")]
    assert [part["bytes"] for part in tree["request"]["parts"]] == [6, 1]
    assert tree["request"]["body"].startswith("<?xml")
    said = gateway.run(*command, "--dry-run")[1]
    assert "xop:Include" in said and ": 6 bytes of " in said
    status, _, complaint = gateway.run(*command, "--service", "acme")
    assert status == 2 and "--mtom is for calls without a service" in complaint


def test_as_a_service_of_the_configuration(tmp_path, peer):
    peer.script("/survey", customer.soap_reply(RESULT))
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "survey.xml").write_text("<a/>")
    service = gateway.soap_service("survey", "SubmitSurveyResult", peer.url("/survey"), "survey.xml",
                                   auth={"bearer": {"env": "ACME_TOKEN"}})
    config = gateway.write_config(tmp_path, gateway.config({"acme": service}))
    path = tmp_path / "data.json"
    path.write_text(json.dumps(DATA))
    status, said, complaint = gateway.run("call", "--service", "acme", "--config", config, "--data",
                                          path)
    assert status == 0, complaint
    request = peer.wait(1)[0]
    assert request.headers["authorization"] == f"Bearer {gateway.TOKEN}"
    assert gateway.TOKEN not in said
    assert '"receiptId": "R-1"' in said
    status, _, complaint = gateway.run("call", "--service", "acem", "--config", config)
    assert status == 2 and 'did you mean "acme"?' in complaint


@pytest.mark.parametrize("arguments, words", [
    (["survey"], "which OPERATION?"),
    (["survey", "Submit", "--sample"], "there is no operation"),
    (["survey", "SubmitSurveyResult"], "the operation has input: say --data FILE or --sample"),
    (["survey", "SubmitSurveyResult", "--sample", "--timeout", "soon"], "--timeout takes seconds"),
    (["survey", "SubmitSurveyResult", "--sample", "--header", "nonsense"], "a header field is"),
    (["survey", "SubmitSurveyResult", "--sample", "--endpoint", "ftp://a/"], "no http or https URL"),
    (["survey", "SubmitSurveyResult", "--data", "/nowhere"], "/nowhere: No such file"),
])
def test_a_wrong_command_line_says_what_is_wrong(arguments, words):
    status, _, complaint = gateway.run("call", *arguments, "--modules", gateway.MODULES)
    assert status == 2
    assert words in complaint
