# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person does on the pages, and what no page, answer or log ever shows."""

import base64
import json

import pytest

import customer
import gateway
from words import BUSY, OK, call


@pytest.mark.parametrize("as_form", [True, False], ids=["form", "json"])
def test_resend_brings_a_dead_delivery_again(place, as_form):
    crm = place.customer()
    crm.script("/", customer.answer(422, "{}"), OK)
    gate = place.gateway({"crm": gateway.http_service(crm.url())})
    id_ = gate.api.accept("inbound.call_end", call()).deliveries["crm"]
    gate.api.wait_state(id_, "dead")
    if as_form:
        assert f'action="/deliveries/{id_}/resend"' in gate.api.page(f"/deliveries/{id_}")
    answer = gate.api.resend(id_, as_form)
    if as_form:
        assert answer.status == 303 and answer.headers["Location"] == f"/deliveries/{id_}"
    else:
        assert answer.status in (200, 202) and answer.json
    delivery = gate.api.wait_state(id_, "delivered")
    assert [a.outcome for a in delivery.attempts] == ["rejected", "delivered"]
    keys = {r.headers["idempotency-key"] for r in crm.requests()}
    assert len(keys) == 1


def test_cancel_ends_what_waits(place):
    crm = place.customer(BUSY)
    gate = place.gateway({"crm": gateway.http_service(crm.url(), retry={**gateway.QUICK_RETRY, "first": "1h",
                                                                        "max": "1h", "give_up_after": "24h"})})
    id_ = gate.api.accept("inbound.call_end", call()).deliveries["crm"]
    gate.api.wait_attempts(id_, 1)
    gate.api.wait_state(id_, "waiting")
    assert gate.api.cancel(id_).status < 400
    assert gate.api.delivery(id_).state == "cancelled"


def test_a_button_that_does_not_apply_is_refused(place):
    crm = place.customer(OK)
    gate = place.gateway({"crm": gateway.http_service(crm.url())})
    id_ = gate.api.accept("inbound.call_end", call()).deliveries["crm"]
    gate.api.wait_state(id_, "delivered")
    assert gate.api.cancel(id_).status == 409
    assert gate.api.resend("00000000-0000-7000-8000-000000000000").status == 404
    assert gate.api.delivery(id_).state == "delivered"


@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_another_site_cannot_press_a_button(place, headers):
    crm = place.customer(customer.answer(422, "{}"))
    gate = place.gateway({"crm": gateway.http_service(crm.url())})
    id_ = gate.api.accept("inbound.call_end", call()).deliveries["crm"]
    gate.api.wait_state(id_, "dead")
    form = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    assert gate.api.call("POST", f"/deliveries/{id_}/resend", "", form).status == 403
    assert gate.api.delivery(id_).state == "dead"
    assert len(crm.requests()) == 1


def test_pages_ask_for_the_password_when_there_is_one(place):
    gate = place.gateway({"crm": gateway.http_service("http://127.0.0.1:1/")}, env={"ADMIN": "open sesame"},
                         admin={"user": "ops", "password": {"env": "ADMIN"}})

    def get(path, password):
        credentials = base64.b64encode(f"ops:{password}".encode()).decode()
        return gate.api.call("GET", path, headers={"Authorization": f"Basic {credentials}"}).status
    for path in ("/", "/deliveries", "/services", "/unrouted"):
        assert gate.api.call("GET", path).status == 401
        assert get(path, "wrong") == 401 and get(path, "open sesame") == 200
    assert gate.api.post("inbound.call_end", json.dumps(call())).status == 202


SECRETS = {"CRM_KEY": 'k3y-<with> & "quotes"', "CRM_BEARER": "bearer-0b5e55ed", "CRM_BASIC": "p4ss:word/é"}


def echo(request):
    """A customer who sends back all that it got, as error pages like to do."""
    shown = {"headers": request.headers, "body": request.text}
    return 500, "application/json", json.dumps(shown, ensure_ascii=False)


def shapes(secret):
    """The secret as it may stand in a record."""
    raw = secret.encode()
    return {raw, json.dumps(secret)[1:-1].encode(), json.dumps(secret, ensure_ascii=False)[1:-1].encode(),
            base64.b64encode(raw), base64.b64encode(b"user:" + raw),
            raw.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")}


def test_secrets_are_nowhere_to_be_seen(place):
    crm = place.customer(customer.computed(echo))
    common = {"template": "secret.json", "secrets": {"key": {"env": "CRM_KEY"}}}
    services = {
        "bearer": gateway.http_service(crm.url("/bearer"), **common, auth={"bearer": {"env": "CRM_BEARER"}},
                                       headers={"X-Api-Key": "{{secret.key}}"}),
        "basic": gateway.http_service(crm.url("/basic?key={{secret.key}}"), **common,
                                      auth={"basic": {"user": "user", "password": {"env": "CRM_BASIC"}}})}
    gate = place.gateway(services, env=SECRETS, log="debug")
    accepted = gate.api.accept("inbound.call_end", call())
    for id_ in accepted.deliveries.values():
        gate.api.wait_attempts(id_, 1)
    bearer, basic = crm.wait(1, "/bearer")[0], next(r for r in crm.requests() if r.path.startswith("/basic"))
    assert bearer.headers["authorization"] == f"Bearer {SECRETS['CRM_BEARER']}"
    assert bearer.headers["x-api-key"] == SECRETS["CRM_KEY"]
    assert json.loads(bearer.body)["key"] == SECRETS["CRM_KEY"]
    assert base64.b64decode(basic.headers["authorization"].split()[1]).decode() == f"user:{SECRETS['CRM_BASIC']}"

    paths = ["/", "/services", f"/events/{accepted.id}"]
    paths += [f"/deliveries/{id_}" for id_ in accepted.deliveries.values()]
    seen = [gate.api.page(path).encode() for path in paths]
    seen += [json.dumps(gate.api.view(path), ensure_ascii=False).encode() for path in paths]
    seen += [gate.api.call("GET", path, headers={"Accept": "application/json"}).body for path in paths]
    gate.stop()
    seen += [gate.log_text().encode(), *(f.read_bytes() for f in place.folder.glob("store.db*"))]
    for secret in [*SECRETS.values(), gateway.TOKEN]:
        for shape in shapes(secret):
            assert not any(shape in text for text in seen), f"{shape!r} can be seen"


def test_a_value_cannot_forge_a_log_line_or_a_header(place):
    crm = place.customer(OK)
    gate = place.gateway({"crm": gateway.http_service(crm.url(), headers={"X-Notes": "{{agent_notes}}"})},
                         log="debug")
    forged = "x\r\nX-Forged: yes\r\n\r\ntime=2020 level=error msg=forged"
    gate.api.accept("inbound.call_end", call(agent_notes=forged))
    uii = call(uii="1\nlevel=error msg=forged")
    assert gate.api.post("inbound.call_end", json.dumps(uii)).status == 422
    gate.api.post("no-such%0Alevel=error%20msg=forged", "{}")
    sent = crm.wait(1)[0]
    assert "x-forged" not in sent.headers
    assert json.loads(sent.body)["notes"] == forged
    assert all(line.startswith("time=") for line in gate.log)
    assert not any(line.startswith("time=2020") or " msg=forged" in line.split('"')[0] for line in gate.log)
