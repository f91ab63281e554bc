# SPDX-License-Identifier: GPL-3.0-or-later
"""The front door: who may post, what is taken, and a clear answer for the rest."""

import base64
import json
import socket
import time

import pytest

import gateway
from words import OK, bodies, call

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def crm(place):
    return place.customer(OK)


@pytest.fixture
def gate(place, crm):
    return place.gateway({"crm": gateway.http_service(crm.url())},
                         limits={"body": "64KB", "request_timeout": "1s", "connections": 50})


def problem(answer, status):
    """The answer as problem details, which every refusal is."""
    assert answer.status == status, answer
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert answer.json["status"] == status and answer.json["title"] and answer.json["detail"]
    return answer.json


def nothing_kept(gate):
    return gate.api.deliveries() == []


@pytest.mark.parametrize("token", ["", "wrong", gateway.TOKEN + "x", gateway.TOKEN[:-1]])
def test_a_wrong_token_is_refused(gate, token):
    answer = gate.api.post("inbound.call_end", json.dumps(call()), token=token)
    problem(answer, 401)
    assert "Bearer" in answer.headers["WWW-Authenticate"]
    assert nothing_kept(gate)


def test_basic_authentication_takes_the_token_as_password(gate):
    credentials = base64.b64encode(f"anyone:{gateway.TOKEN}".encode()).decode()
    answer = gate.api.post("inbound.call_end", json.dumps(call()), token="",
                           headers={"Authorization": f"Basic {credentials}"})
    assert answer.status == 202


def test_an_unknown_trigger_gets_a_suggestion(gate):
    found = problem(gate.api.post("inbound.dispositon", json.dumps(call())), 404)
    assert "inbound.disposition" in found["detail"]
    assert nothing_kept(gate)


@pytest.mark.parametrize("body", [
    pytest.param(b"", id="empty"),
    pytest.param(b"{", id="cut"),
    pytest.param(b'{"uii": "1",}', id="comma"),
    pytest.param(b'{"uii": "1"} {"uii": "2"}', id="two"),
    pytest.param(b'{"uii": "1", "uii": "2"}', id="a name twice"),
    pytest.param(b'{"uii": "\xff\xfe"}', id="no utf-8"),
    pytest.param(b'{"uii": "1", "n": 1e999}', id="a number nobody holds"),
    pytest.param(b"uii=1&step=2", id="a form"),
    pytest.param(b"<uii>1</uii>", id="xml"),
    pytest.param(b'{"uii": "1\x00"}', id="a raw control character"),
])
def test_malformed_json_is_refused(gate, body):
    problem(gate.api.post("inbound.call_end", body), 400)
    assert nothing_kept(gate)


@pytest.mark.parametrize("body", [
    pytest.param(b"[" * 5000 + b"]" * 5000, id="arrays"),
    pytest.param(b'{"uii":"1","a":' + b'{"a":' * 500 + b"1" + b"}" * 501, id="objects")])
def test_deep_nesting_is_refused(gate, body):
    assert gate.api.post("inbound.call_end", body).status in (400, 413, 422)
    assert gate.api.post("inbound.call_end", json.dumps(call())).status == 202


@pytest.mark.parametrize("elements,pointer", [
    pytest.param({"ani": "1"}, "/uii", id="missing"),
    pytest.param({"uii": ""}, "/uii", id="empty"),
    pytest.param({"uii": "1" * 129}, "/uii", id="long"),
    pytest.param({"uii": ["1"]}, "/uii", id="a list"),
    pytest.param({"uii": True}, "/uii", id="a boolean"),
    pytest.param({"elements": "none"}, "/elements", id="elements are no object"),
    pytest.param([{"uii": "1"}], "", id="a list of events"),
])
def test_what_breaks_a_rule_is_pointed_at(gate, elements, pointer):
    found = problem(gate.api.post("inbound.call_end", json.dumps(elements)), 422)
    assert any(e["pointer"].startswith(pointer) for e in found["errors"]), found
    assert nothing_kept(gate)


@pytest.mark.parametrize("body,status", [(b"ani=1&dnis=2", 422), (b"uii=", 422), (b"uii=%zz", 400)])
def test_a_form_that_is_no_event_is_refused(gate, body, status):
    answer = gate.api.post("inbound.call_end", body, FORM)
    problem(answer, status)
    assert nothing_kept(gate)


def test_form_bytes_that_are_no_utf8_do_not_stop_an_event(gate, crm):
    answer = gate.api.post("inbound.call_end", b"uii=77&step=1&agent_notes=caf%E9", FORM)
    assert answer.status == 202, answer
    assert bodies(crm.wait(1))[0]["notes"] == "caf\ufffd"


@pytest.mark.parametrize("media_type", ["text/csv", "multipart/form-data; boundary=x", ""])
def test_another_media_type_is_refused(gate, media_type):
    problem(gate.api.post("inbound.call_end", b"uii=1", media_type), 415)


def test_a_body_over_the_limit_is_refused_and_a_large_one_taken(gate, crm):
    answer = gate.api.post("inbound.call_end", json.dumps(call(agent_notes="n" * 60000)))
    assert answer.status == 202
    try:
        answer = gate.api.post("inbound.call_end", json.dumps(call(agent_notes="n" * 70000)))
    except ConnectionError:  # closed while we were still sending: refused as well
        answer = None
    assert answer is None or answer.status == 413
    crm.wait(1)
    assert len(gate.api.deliveries()) == 1


def test_a_body_that_says_it_is_huge_is_refused_before_it_is_sent(gate):
    with socket.create_connection(("127.0.0.1", gate.api.port), 10) as connection:
        connection.sendall(b"POST /v1/events/inbound.call_end HTTP/1.1\r\nHost: x\r\nAuthorization: "
                           b"Bearer %s\r\nContent-Type: application/json\r\n"
                           b"Content-Length: 99999999999\r\n\r\n{" % gateway.TOKEN.encode())
        assert b" 413 " in connection.recv(4096)


@pytest.mark.parametrize("sent", [
    pytest.param(b"POST /v1/events/inbound.call_end HTTP/1.1\r\nHo", id="head"),
    pytest.param(b"POST /v1/events/inbound.call_end HTTP/1.1\r\nHost: x\r\nContent-Type: "
                 b"application/json\r\nContent-Length: 900\r\n\r\n{", id="body")])
def test_a_slow_request_is_ended_by_the_time_limit(gate, sent):
    with socket.create_connection(("127.0.0.1", gate.api.port), 20) as connection:
        started = time.monotonic()
        connection.sendall(sent)
        reply = connection.recv(4096)
        assert time.monotonic() - started < 10
        assert reply == b"" or b" 408 " in reply
    assert gate.api.post("inbound.call_end", json.dumps(call())).status == 202


def test_idle_connections_do_not_keep_others_out_for_long(gate):
    idle = [socket.create_connection(("127.0.0.1", gate.api.port), 10) for _ in range(45)]
    answer = gate.api.post("inbound.call_end", json.dumps(call()))
    for connection in idle:
        connection.close()
    assert answer.status == 202


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_another_method_is_refused_with_what_is_allowed(gate, method):
    answer = gate.api.call(method, "/v1/events/inbound.call_end")
    problem(answer, 405)
    assert answer.headers["Allow"] == "GET, POST"


@pytest.mark.parametrize("request_text", [
    pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", id="TLS"),
    pytest.param(b"GET\r\n\r\n", id="half a line"),
    pytest.param(b"\x00" * 4096, id="zeros"),
    pytest.param(b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n", id="a long path"),
    pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-A: b\r\n" * 20000 + b"\r\n", id="headers"),
    pytest.param(b"POST /v1/events/inbound.call_end HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
                 b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", id="two lengths"),
    pytest.param(b"POST /v1/events/inbound.call_end HTTP/1.1\r\nHost: x\r\n"
                 b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", id="a huge chunk"),
    pytest.param(b"POST /v1/events/inbound.call_end HTTP/1.1\r\nContent-Length: -1\r\n\r\n", id="minus")])
def test_what_is_no_http_does_no_harm(gate, request_text):
    with socket.create_connection(("127.0.0.1", gate.api.port), 10) as connection:
        try:
            connection.sendall(request_text)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass
        except OSError:
            pass  # closed on us: as good an answer as any
    assert gate.api.call("GET", "/healthz").status == 200


# --- idempotency ---

def test_the_same_key_and_body_get_the_same_answer(gate, crm):
    body = json.dumps(call())
    first = gate.api.post("inbound.call_end", body, key="call-1")
    again = gate.api.post("inbound.call_end", body, key="call-1")
    assert (first.status, again.status) == (202, 200)
    assert first.json["duplicate"] is False and again.json["duplicate"] is True
    assert first.json["id"] == again.json["id"]
    assert first.json["deliveries"] == again.json["deliveries"]
    gate.api.wait_state(first.json["deliveries"][0]["id"], "delivered")
    assert len(crm.requests()) == 1


def test_the_same_key_with_another_body_is_refused(gate, crm):
    assert gate.api.post("inbound.call_end", json.dumps(call()), key="call-2").status == 202
    problem(gate.api.post("inbound.call_end", json.dumps(call()), key="call-2"), 422)
    crm.wait(1)
    assert len(gate.api.deliveries()) == 1


def test_a_key_belongs_to_its_source(place, crm):
    gate = place.gateway({"crm": gateway.http_service(crm.url())}, env={"OTHER_TOKEN": "another-token"},
                         sources={"acme": {"token": {"env": "ACME_TOKEN"}},
                                  "other": {"token": {"env": "OTHER_TOKEN"}}})
    body = json.dumps(call())
    first = gate.api.post("inbound.call_end", body, key="k")
    second = gate.api.post("inbound.call_end", body, key="k", token="another-token")
    assert (first.status, second.status) == (202, 202)
    assert first.json["id"] != second.json["id"]


@pytest.mark.parametrize("key", ["k" * 256, "with space"])
def test_a_key_that_is_none_is_refused(gate, key):
    problem(gate.api.post("inbound.call_end", json.dumps(call()), key=key), 400)
