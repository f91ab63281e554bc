# SPDX-License-Identifier: GPL-3.0-or-later
"""SOAP servers of five stacks that we did not write: the WSDL that each publishes is fetched and added,
and its operations are called with JSON, by hand and by the gateway's deliveries. Each shape meets every
style and version of SOAP that the stack has: a header, nil, derived types, arrays, typed faults,
one-way."""

import json

import pytest

import api
import gateway
import peers
from conftest import call_id

ADD_S, CALL_S = 120, 30
STACKS = {  # name: (peer, WSDL's path, port, differences)
    "php document 1.1": ("php document 11", "/?wsdl", "Contact_soap", {}),
    "php document 1.2": ("php document 12", "/?wsdl", "Contact_soap12", {}),
    "php rpc 1.1": ("php rpc 11", "/?wsdl", "Contact_soap", {}),
    "php rpc 1.2": ("php rpc 12", "/?wsdl", "Contact_soap12", {}),
    "php encoded 1.1": ("php encoded 11", "/?wsdl", "Contact_soap", {"encoded": True}),
    "php encoded 1.2": ("php encoded 12", "/?wsdl", "Contact_soap12", {"encoded": True}),
    "npm document 1.1": ("npm", "/document?wsdl", "Contact_soap", {}),
    "npm rpc 1.1": ("npm", "/rpc?wsdl", "Contact_soap", {}),
    "perl encoded 1.1": ("perl", "/?wsdl", "Contact_soap", {"encoded": True}),
    "perl encoded 1.2": ("perl", "/?wsdl", "Contact_soap12", {"encoded": True}),
    "spyne document 1.1": ("spyne", "/soap11?wsdl", None, {"strings": "string", "answers": "Answer"}),
    "spyne document 1.2": ("spyne", "/soap12?wsdl", None, {"strings": "string", "answers": "Answer"}),
    "jaxws document 1.1": ("jaxws", "/document?wsdl", None, {"choices": None}),
    "jaxws document 1.2": ("jaxws", "/document12?wsdl", None, {"choices": None}),
    "jaxws rpc 1.1": ("jaxws", "/rpc?wsdl", None, {"choices": None, "result": "logged"}),
}
# What a stack cannot do: npm `soap` ends in a TypeError, SOAP::Lite reads arrays of SOAP 1.1 only.
NO_ONE_WAY, NO_ARRAYS = {"npm rpc 1.1"}, {"perl encoded 1.2"}
COMPANY = {"@xsi:type": "Company", "name": "Acme & Söhne", "taxId": "DE1", "branches": 3}
FOUND = {**COMPANY, "phone": "+13035550142", "taxId": "DE-17"}


class Workshop:
    """Peers and modules, each made when first wanted."""

    def __init__(self, folder):
        self.folder, self.peers, self.added = folder, {}, {}
        (folder / "modules").mkdir()
        self.file = gateway.write_config(folder, gateway.config(
            {}, routes=[], modules=str(folder / "modules"), templates=str(folder)))

    def peer(self, name):
        if name not in self.peers:
            kind, *more = name.split()
            folder = self.folder / name.replace(" ", "-")
            folder.mkdir(exist_ok=True)
            make = {"php": peers.ContactPhp, "npm": peers.ContactNode, "perl": peers.ContactPerl,
                    "spyne": peers.ContactSpyne, "jaxws": peers.ContactJava}[kind]
            self.peers[name] = make(folder, *more)
        return self.peers[name]

    def add(self, name, url):
        """Both versions of a style have one WSDL of the peers that serve ours."""
        if name not in self.added:
            code, out, errors = gateway.run("wsdl", "add", url, "--name", name, "--config", self.file,
                                            within_s=ADD_S)
            assert code == 0, out + errors
            self.added[name] = out + errors
        return self.added[name]

    def write(self, data):
        path = self.folder / "data.json"
        path.write_text(json.dumps(data))
        return path

    def close(self):
        for peer in self.peers.values():
            peer.close()


class Stack:
    def __init__(self, workshop, name):
        peer, path, self.port, self.differs = STACKS[name]
        self.workshop, self.peer = workshop, workshop.peer(peer)
        self.url = f"http://127.0.0.1:{self.peer.port}{path.removesuffix('?wsdl')}"
        kind, style, _ = name.split()
        self.wsdl = f"{kind}_{style}" if self.port else name.replace(" ", "_").replace(".", "")
        self.said = workshop.add(self.wsdl, f"http://127.0.0.1:{self.peer.port}{path}")

    def array(self, items, kind="strings"):
        """As the stack's WSDL has arrays: as a list, or as an element of which there are many."""
        name = None if self.differs.get("encoded") else self.differs.get(kind, "item")
        return {name: items} if name else items

    def result(self, data):
        name = self.differs.get("result")
        return {name: data} if name else data

    def call(self, operation, data):
        """(exit code, reply) of one call."""
        port = ("--port", self.port) if self.port else ()
        code, out, errors = gateway.run(
            "call", self.wsdl, operation, "--config", self.workshop.file, "--endpoint", self.url,
            "--data", self.workshop.write(data), "--json", *port, within_s=CALL_S)
        assert out, errors
        return code, json.loads(out)["reply"]

    def seen(self, operation):
        """What the peer understood of the last call."""
        lines = api.wait_for(self.peer.calls, lambda lines: lines and lines[-1]["operation"] == operation)
        return {key: value for key, value in lines[-1].items() if key != "operation"}


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    made = Workshop(tmp_path_factory.mktemp("stacks"))
    yield made
    made.close()


def but(names):
    """Every stack but these."""
    return pytest.mark.parametrize("stack", [name for name in STACKS if name not in names],
                                   indirect=True)


def need(name):
    kind = name.split()[0]
    if not peers.is_installed(kind):
        pytest.skip(f"{kind}'s SOAP is not installed; ./dev test installs it")


@pytest.fixture(params=STACKS)
def stack(workshop, request):
    need(request.param)
    return Stack(workshop, request.param)


def test_a_published_wsdl_needs_no_excuse(stack):
    assert "unchecked" not in stack.said and "left out" not in stack.said, stack.said


@but(NO_ARRAYS)
def test_headers_nil_derived_types_and_arrays_arrive_and_come_back(stack):
    sent = {"uii": "2024091210", "timing": {"startedAt": "2024-09-12T10:15:32Z", "durationSeconds": None},
            "party": COMPANY, "tags": stack.array(["vip", "b<c> & d"])}
    session = {"#header": {"Session": {"token": "t-1", "tenant": "acme"}}}
    code, reply = stack.call("LogCall", {**session, **sent})
    assert code == 0, reply
    assert stack.seen("LogCall") == {"session": "acme/t-1", "party": "Company",
                                     "tags": "vip|b<c> & d", "durationSeconds": None}
    del sent["uii"]
    same_moment = json.loads(json.dumps(reply["body"]).replace("+00:00", "Z"))
    assert same_moment == stack.result({"caseId": "C-2024091210", **sent})


@but(NO_ARRAYS)
def test_arrays_in_arrays_arrive(stack):
    answers = [{"question": "csat & co", "score": 4,
                "choices": stack.array(["Price", "Délai"], "choices" if "choices" in stack.differs
                                       else "strings")},
               {"question": "nps", "score": None}]
    code, reply = stack.call("SubmitSurvey", {"uii": "77", "answers": stack.array(answers, "answers")})
    assert code == 0, reply
    assert stack.seen("SubmitSurvey") == {"uii": "77", "choices": "Price|Délai"}
    assert reply["body"] == {"summary": {"count": 2, "total": 4,
                                         "questions": stack.array(["csat & co", "nps"])}}


def test_a_typed_fault_comes_with_its_detail(stack):
    code, reply = stack.call("FindParty", {"phone": "unknown"})
    fault = reply["fault"]
    assert code == 1 and fault["text"] == "nobody has it"
    (detail,) = fault["detail"].values()
    assert detail == {"phone": "unknown", "reason": "no <such> number"}


def test_a_derived_type_is_told_by_its_name(stack):
    code, reply = stack.call("FindParty", {"phone": FOUND["phone"]})
    assert code == 0 and reply["body"] == {"party": FOUND}


@but(NO_ONE_WAY)
def test_nothing_is_expected_of_a_one_way_operation(stack):
    code, reply = stack.call("Notify", {"text": "gone <home>"})
    assert code == 0 and not reply["fault"] and not reply["body"]
    assert stack.seen("Notify") == {"text": "gone <home>"}


# --- by deliveries ---

TEMPLATE = """{"#header": {"Session": {"token": "{{secret.token}}", "tenant": "acme"}},
 "uii": "{{uii}}", "timing": {"startedAt": "{{call_start}}", "durationSeconds": {{duration | nil}}},
 "party": {"@xsi:type": "Person", "name": "{{agent_username}}"}, "tags": TAGS}"""


def gateway_to(place, workshop, names, operation, template, **more):
    """Each stack as a service of its own, named after it; the services' names by stack."""
    services = {}
    for name in names:
        need(name)
        stack = Stack(workshop, name)
        service = name.replace(" ", "_").replace(".", "")
        text = template.replace("TAGS", json.dumps(stack.array("#")).replace('"#"', "{{skills}}"))
        services[service] = gateway.soap_service(
            stack.wsdl, operation, stack.url, place.template(f"{service}.json", text),
            secrets={"token": {"env": "CONTACT_TOKEN"}}, **more)
        if stack.port:
            services[service]["soap"]["port"] = stack.port
    return place.gateway(services, env={"CONTACT_TOKEN": "t-22"},
                         modules=str(workshop.folder / "modules"))


def test_one_event_reaches_every_stack(place, workshop):
    names = [name for name in STACKS if name not in NO_ARRAYS]
    gate = gateway_to(place, workshop, names, "LogCall", TEMPLATE, capture={"case": "//caseId"})
    event = {"uii": call_id(), "call_start": "2024-09-12T10:15:32Z", "agent_username": "Zoë <z> & co",
             "skills": ["vip", "a|b"]}
    accepted = gate.api.accept("inbound.call_end", event)
    assert len(accepted.deliveries) == len(names)
    for id_ in accepted.deliveries.values():
        gate.api.wait_state(id_, "delivered")
        assert gate.api.view(f"/deliveries/{id_}")["captured"] == {"case": "C-" + event["uii"]}
    for name in names:
        seen = Stack(workshop, name).seen("LogCall")
        assert seen == {"session": "acme/t-22", "party": "Person", "tags": "vip|a|b",
                        "durationSeconds": None}, name


def test_a_typed_fault_rejects_the_delivery_of_every_stack(place, workshop):
    gate = gateway_to(place, workshop, STACKS, "FindParty", '{"phone": "{{customer_key}}"}',
                      outcomes=[{"fault": "NotFound", "outcome": "rejected"}])
    accepted = gate.api.accept("inbound.call_end", {"uii": call_id(), "customer_key": "unknown"})
    for service, id_ in accepted.deliveries.items():
        delivery = gate.api.wait_state(id_, "dead")
        assert delivery.attempts[0].outcome == "rejected", service
        assert "no <such> number" in delivery.attempts[0].fault, service
