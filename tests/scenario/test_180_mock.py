# SPDX-License-Identifier: GPL-3.0-or-later
"""The mock customer, called by clients of other people: zeep for every style, and by hand for what
zeep would not send."""

import datetime
import decimal
import http.client
import json
import subprocess
import time
import urllib.error
import urllib.request

import pytest
import zeep

import gateway
import mock
from api import wait_for

WSDL = gateway.ROOT / "tests" / "wsdl" / "mock" / "mock.wsdl"


@pytest.fixture
def serve():
    """Starts mocks of the test WSDL, which end with the test."""
    running = []

    def start(*options, name="mock"):
        running.append(mock.Mock(name, "--wsdl", WSDL, *options))
        return running[-1]
    yield start
    for each in running:
        each.__exit__(None)


def client(served):
    return zeep.Client(served.url + "?wsdl")


def place(api, port, **more):
    person = api.get_type("{urn:test:mock}Person")(name="Ann", born=(1990, None))
    values = {"id": "AB1234", "agentId": 7, "buyer": person, "note": zeep.xsd.Nil,
              "card": "4711", "channel": "in",
              "_soapheaders": {"session": {"user": "u", "password": "p"}}, **more}
    return api.bind("Service", port).Place(**values)


def sample(operation, port=None):
    done = subprocess.run([gateway.PROGRAM, "wsdl", "scaffold", "mock", operation, "--sample",
                           "--modules", mock.WSDLS, *(["--port", port] if port else [])],
                          capture_output=True, text=True, check=True)
    return done.stdout


def post(url, body, media="text/xml", action=None):
    headers = {"Content-Type": media, **({"SOAPAction": action} if action is not None else {})}
    request = urllib.request.Request(url, body.encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read().decode()


# --- clients of other people ---

@pytest.mark.parametrize("port", ["Document11", "Document12"])
def test_zeep_reads_the_replies_of_document_style(serve, port):
    served = serve()
    api = client(served)
    reply = place(api, port)
    assert reply.number == "AB3456"
    assert type(reply.seller).__name__ == "Person", "of an abstract type the first that derives"
    assert reply.due == datetime.date(2025, 6, 30)
    assert [(line.item, line["count"]) for line in reply.line] == [("text", 1)]
    assert api.bind("Service", port).Ping("hello") == "AB3456"
    assert api.bind("Service", port).Notify("urn:x") is None
    lines = wait_for(lambda: served.lines, lambda found: len(found) == 3)
    assert [line.split()[2] for line in lines] == ["Place", "Ping", "Notify"]


@pytest.mark.parametrize("port,operation", [("RpcLiteral", "Add"), ("RpcEncoded", "Take")])
def test_zeep_reads_the_replies_of_rpc_style(serve, port, operation):
    service = client(serve()).bind("Service", port)
    reply = service[operation](left=1, item={"name": "a", "price": "1.5", "hint": zeep.xsd.Nil})
    assert reply.sum == 1
    assert (reply.item.name, reply.item.price) == ("text", decimal.Decimal(1))


@pytest.mark.parametrize("port", ["Document11", "Document12"])
def test_a_declared_fault_has_its_detail(serve, port):
    api = client(serve("--fault", "Refused"))
    with pytest.raises(zeep.exceptions.Fault) as caught:
        place(api, port)
    detail = caught.value.detail
    found = detail[0] if detail.tag.endswith(("etail",)) else detail
    assert found.findtext("{urn:test:mock}code") == "in"


@pytest.mark.parametrize("port,code", [("Document11", "soap:Client"), ("Document12", "soap:Sender")])
def test_a_wrong_request_is_the_senders_fault_and_names_the_element(serve, port, code):
    api = client(serve())
    with pytest.raises(zeep.exceptions.Fault) as caught:
        place(api, port, id="short")
    assert caught.value.code == code
    assert "Place/id" in caught.value.message


def test_a_reply_from_json_has_nil_and_a_derived_type(serve, tmp_path):
    file = tmp_path / "reply.json"
    file.write_text(json.dumps({"number": "ZZ0001", "due": None, "seller": {
        "@xsi:type": "Company", "name": "ACME"}}))
    api = client(serve("--operation", "Place", "--reply", file))
    reply = place(api, "Document11")
    assert (reply.number, reply.due, reply.seller.name) == ("ZZ0001", None, "ACME")
    assert type(reply.seller).__name__ == "Company"
    assert api.bind("Service", "Document11").Ping("x") == "AB3456", "only Place has that reply"


# --- every operation, and what is none ---

@pytest.mark.parametrize("operation,port", [
    ("Place", "Document11"), ("Place", "Document12"), ("Ping", "Document11"),
    ("Notify", "Document12"), ("Add", None), ("Clear", None), ("Take", None), ("Put", None)])
def test_the_sample_of_every_request_is_taken(serve, operation, port):
    served = serve("--once")
    is_new = port == "Document12"
    status, reply = post(served.url, sample(operation, port),
                         "application/soap+xml" if is_new else "text/xml")
    assert status == (202 if operation == "Notify" else 200), reply
    assert served.wait() == 0, "it ends after one call"
    assert f" {operation} SOAP {'1.2' if is_new else '1.1'} -> {status} ok" in served.lines[0]


def test_a_request_of_several_parts_is_read(serve):
    """MTOM: the envelope is a part."""
    envelope = sample("Ping", "Document11").partition("?>")[2].strip()
    body = ("--b\r\nContent-Type: application/xop+xml; type=\"text/xml\"\r\n"
            f"Content-ID: <root>\r\n\r\n{envelope}\r\n--b--\r\n")
    status, reply = post(serve().url, body, 'multipart/related; boundary="b"; '
                         'type="application/xop+xml"; start="<root>"; start-info="text/xml"')
    assert status == 200 and "Pong" in reply


def test_what_is_no_call_of_the_wsdl_is_told(serve):
    served = serve()
    unknown = ('<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
               '<Nobody xmlns="urn:x"/></s:Body></s:Envelope>')
    for body, words in [("no XML", "well-formed"), ("<a/>", "not a SOAP Envelope"),
                        (unknown, "no operation takes &lt;Nobody&gt;")]:
        status, reply = post(served.url, body)
        assert status == 500 and "soap:Client" in reply and words in reply
    bomb = '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    assert "document type" in post(served.url, bomb)[1]
    # An operation of SOAP 1.1 alone.
    status, reply = post(served.url, sample("Add").replace(
        "http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"))
    assert "VersionMismatch" in reply


def test_the_wsdl_is_given_out_with_the_mocks_own_address(serve):
    served = serve()
    with urllib.request.urlopen(served.url + "?WSDL", timeout=30) as answer:
        text = answer.read().decode()
    assert text.count(f'location="{served.url}"') == 4
    assert "customer.example" not in text
    assert f'schemaLocation="{served.url}?file=1"' in text
    with urllib.request.urlopen(served.url + "?file=1", timeout=30) as answer:
        assert b'name="Company"' in answer.read()
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(served.url + "?file=../../mock.wsdl", timeout=30)
    assert caught.value.code == 404


# --- misbehaviour ---

def test_it_faults_with_the_words_it_is_told(serve):
    served = serve("--fault", "Server: out of order")
    status, reply = post(served.url, sample("Ping", "Document11"))
    assert status == 500
    assert "<faultcode>soap:Server</faultcode>" in reply and ">out of order<" in reply
    status, reply = post(served.url, sample("Ping", "Document12"), "application/soap+xml")
    assert status == 500 and "soap:Receiver" in reply


def test_it_cuts_the_answer(serve):
    served = serve("--cut")
    with pytest.raises(http.client.IncompleteRead):
        post(served.url, sample("Ping", "Document11"))


def test_it_talks_garbage_and_answers_a_status(serve):
    assert post(serve("--garbage").url, sample("Add"))[1].startswith("<html>")
    status, reply = post(serve("--status", 503).url, sample("Add"))
    assert status == 503 and "Envelope" not in reply


def test_it_is_late_only_at_each_second_call_of_one_operation(serve):
    served = serve("--delay", "0.6", "--every", 2, "--operation", "Add")
    spans = []
    for operation in ("Add", "Clear", "Add", "Clear"):
        begin = time.monotonic()
        assert post(served.url, sample_cached(operation))[0] == 200
        spans.append(time.monotonic() - begin >= 0.6)
    assert spans == [False, False, True, False]


_samples = {}


def sample_cached(operation):
    return _samples.setdefault(operation, sample(operation))


def test_a_delay_does_not_outlive_the_mock(serve):
    """Stopped, it answers what waits at once."""
    served = serve("--delay", 3000)
    host = served.url.split("/")[2]
    connection = http.client.HTTPConnection(host, timeout=30)
    connection.request("POST", "/", sample("Add").encode(), {"Content-Type": "text/xml"})
    urllib.request.urlopen(served.url, timeout=30).read()  # after the call was read
    served.process.terminate()
    assert connection.getresponse().status == 200


@pytest.mark.parametrize("options,words", [
    (["nobody"], "nobody"),
    (["mock", "--operation", "Plase"], "Place"),
    (["mock", "--fault", "Nope"], "declares no fault Nope"),
    (["mock", "--cut", "--garbage"], "only one of"),
    (["mock", "--delay", "soon"], "--delay takes seconds"),
    (["mock", "--every", "0"], "--every takes a number"),
    (["mock", "--reply", "/not/there.xml"], "/not/there.xml"),
])
def test_mistakes_in_the_line_are_told(options, words):
    done = subprocess.run([gateway.PROGRAM, "mock", *options, "--modules", mock.WSDLS],
                          capture_output=True, text=True, timeout=30)
    assert done.returncode == 2 and words in done.stderr, done.stderr


def test_requests_are_printed_when_asked(serve):
    served = serve("--verbose", "--once")
    post(served.url, sample("Ping", "Document11"))
    served.wait()
    assert any("<n1:Ping>text</n1:Ping>" in line for line in served.lines)
