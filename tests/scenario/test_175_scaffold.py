# SPDX-License-Identifier: GPL-3.0-or-later
"""Scaffolds: what an engineer gets for an operation, as it stands, is a template that the gateway
takes."""

import json
import re
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

import gateway
import mock


def scaffold(*words, modules=mock.WSDLS, status=0):
    done = subprocess.run([gateway.PROGRAM, "wsdl", "scaffold", *[str(word) for word in words],
                           "--modules", modules], capture_output=True, text=True, timeout=60)
    assert done.returncode == status, done.stdout[:500] + done.stderr
    return done.stdout if status == 0 else done.stderr


def test_every_element_is_there_with_what_may_stand_in_it():
    text = scaffold("mock", "Place")
    assert ElementTree.fromstring(text.encode()) is not None, "well-formed as it stands"
    order = [text.index(f"<n1:{name}") for name in
             ("Session", "Place", "id", "agentId", "callStart", "buyer", "note", "card", "cash",
              "line", "extra")]
    assert order == sorted(order)
    assert "<n1:agentId>{{agent_id}}</n1:agentId>" in text
    assert "<n1:callStart>{{call_start | date 'ISO8601' | omit}}</n1:callStart>" in text
    assert "TODO: token, 6 characters, pattern [A-Z]{2}\\d{4}" in text
    assert "one of: in (They called.), out" in text
    assert 'xsi:type="n1:Person"' in text and "Person, Company" in text
    assert "choice: one of the next 2" in text
    assert "{{password" not in text, "credentials are no data elements"
    assert max(len(line) for line in text.splitlines()) <= 100


def test_comments_are_comments():
    """The documentation has two hyphens, which would end none but make it wrong."""
    text = scaffold("mock", "Place")
    assert "Two letters and - - four digits." in " ".join(text.split())
    for comment in re.findall(r"<!--(.*?)-->", text, re.S):
        assert "--" not in comment and "{{" not in comment


@pytest.mark.parametrize("form", ["xml", "json"])
@pytest.mark.parametrize("operation", ["Place", "Ping", "Add", "Take", "Put"])
def test_a_scaffold_passes_the_check_as_it_is(place, operation, form):
    template = f"place.{form}"
    scaffold("mock", operation, "--output", place.folder / "templates" / template,
             *(["--json"] if form == "json" else []))
    service = gateway.soap_service("mock", operation, "http://127.0.0.1:9/", template)
    routes = [{"name": "ends", "triggers": ["inbound.call_end"], "services": ["orders"]}]
    file = gateway.write_config(place.folder, gateway.config({"orders": service}, routes,
                                                             modules=str(mock.WSDLS)))
    status, said, mistakes = gateway.run("check", file)
    assert status == 0, said + mistakes


def test_what_is_filled_in_arrives(place):
    """Scaffold, gateway and mock together: no hand between."""
    with mock.Mock("mock", "--verbose", "--once") as customer:
        scaffold("mock", "Place", "--output", place.folder / "templates" / "place.xml")
        service = gateway.soap_service("mock", "Place", customer.url, "place.xml")
        gate = place.gateway({"orders": service}, modules=str(mock.WSDLS))
        event = {"uii": "202009151402170000000000000001", "agent_id": 4711,
                 "call_start": "2020-09-15 14:02:17"}
        delivery = gate.api.accept("inbound.call_end", event).deliveries["orders"]
        gate.api.wait_state(delivery, "delivered")
        assert customer.wait() == 0
        request = "\n".join(customer.lines)
    assert " Place SOAP 1.1 -> 200 ok" in request
    assert ">4711<" in request and ">2020-09-15T14:02:17" in request


def test_files_are_not_written_over(tmp_path):
    file = tmp_path / "ping.xml"
    scaffold("mock", "Ping", "--output", file)
    first = file.read_text()
    assert "--force" in scaffold("mock", "Add", "--output", file, status=2)
    assert file.read_text() == first
    scaffold("mock", "Add", "--output", file, "--force")
    assert "Add" in file.read_text()


def test_json_has_the_names_and_what_is_filled():
    data = json.loads(scaffold("mock", "Place", "--json"))
    assert data["agentId"] == "{{agent_id}}"
    assert data["buyer"]["@xsi:type"] == "Person"
    assert data["#header"]["Session"]["user"] == "text"
    assert data["extra"] is None, "optional and not filled in"
    assert "card" in data and "cash" not in data, "one branch of the choice"


@pytest.mark.parametrize("name", ["document", "imports", "mock", "rpc", "values"])
def test_every_operation_has_scaffold_and_sample(name):
    lines = [json.loads(line) for line in scaffold(name, "--all", "--check").splitlines()]
    assert lines
    for line in lines:
        assert (line["scaffold"], line["sample"], line["encode"]) == ("ok", "ok", "ok"), line
        assert ElementTree.fromstring(line["wire"]) is not None


@pytest.mark.parametrize("words,sentence", [
    (["mock", "Plase"], "Place"),
    (["nobody", "Ping"], "nobody"),
    (["mock"], "which OPERATION?"),
    (["mock", "--all"], "belong together"),
    (["mock", "Ping", "--json", "--sample"], "exclude each other"),
    (["mock", "Ping", "--reply"], "goes with --sample"),
])
def test_mistakes_in_the_line_are_told(words, sentence):
    assert sentence in scaffold(*words, status=2)
