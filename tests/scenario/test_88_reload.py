# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration, its templates and its modules change while the gateway runs: what was taken is
delivered once, what is under way ends as it began, and a mistake changes nothing."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import threading

import pytest

import api
import customer
import gateway
from words import OK, bodies, call

WSDL = "http://schemas.xmlsoap.org/wsdl/"
XS = "http://www.w3.org/2001/XMLSchema"
ENVELOPE = (f'<e:Envelope xmlns:e="{customer.ENVELOPE_11}"><e:Body><ask xmlns="urn:t"><call>{{{{uii}}}}'
            "</call></ask></e:Body></e:Envelope>")


def reload(gate, status=200):
    answer = gate.api.reload()
    assert answer.status == status, answer
    return answer.json


# --- services and routes ---

def test_a_new_service_is_routed_to_at_once(place):
    first, second = place.customer(OK), place.customer(OK)
    gate = place.gateway({"first": gateway.http_service(first.url())})
    gate.api.accept("inbound.call_end", call())
    place.configure({"first": gateway.http_service(first.url()),
                     "second": gateway.http_service(second.url())})
    told = reload(gate)
    assert told["generation"] == 2 and told["services"] == ["first", "second"]
    event = gate.api.accept("inbound.call_end", call())
    assert set(event.deliveries) == {"first", "second"}
    first.wait(2)
    second.wait(1)
    assert gate.api.view("/configuration")["generation"] == 2


def test_a_service_that_is_gone_waits_until_it_is_back(place):
    gone, stays = place.customer(customer.answer(503)), place.customer(OK)
    both = {"gone": gateway.http_service(gone.url(), concurrency=1),
            "stays": gateway.http_service(stays.url())}
    gate = place.gateway(both)
    event = gate.api.accept("inbound.call_end", call())
    gate.api.wait_attempts(event.deliveries["gone"], 1)
    place.configure({"stays": both["stays"]})
    assert reload(gate)["services"] == ["stays"]
    delivery = api.wait_for(lambda: gate.api.delivery(event.deliveries["gone"]),
                            lambda d: d.state == "waiting")
    assert "not in the configuration" in gate.api.page(f"/deliveries/{delivery.id}")
    assert "gone" not in gate.api.services()
    # Others go on, and a second reload without it changes nothing for it.
    seen = len(gone.requests())
    reload(gate)
    for _ in range(20):
        gate.api.accept("inbound.call_end", call())
    stays.wait(21)
    assert len(gone.requests()) == seen
    gone.default = OK
    place.configure(both)
    reload(gate)
    gate.api.wait_state(delivery.id, "delivered")


def test_a_service_never_gets_what_waits_for_another(place):
    """A name comes back in the very reload that takes out one with nothing to do."""
    a, b = place.customer(OK), place.customer(customer.answer(503))
    services = {"a": gateway.http_service(a.url("/a")), "b": gateway.http_service(b.url("/b")),
                "c": gateway.http_service(b.url("/c"))}

    def only(*names):
        place.configure({name: services[name] for name in names},
                        [{"name": "all", "services": names[:1]}])
        reload(gate)
    gate = place.gateway({"b": services["b"]})
    events = [gate.api.accept("inbound.call_end", call()) for _ in range(20)]
    gate.api.wait_attempts(events[0].deliveries["b"], 1)
    only("a")
    api.wait_for(lambda: gate.api.deliveries(state="leased"), lambda left: not left)
    only("a", "c")  # whatever b had is c's
    event = gate.api.accept("inbound.call_end", call())
    gate.api.wait_state(event.deliveries["a"], "delivered")
    b.script("/b", OK)
    only("b", "c")
    for event in events:
        gate.api.wait_state(event.deliveries["b"], "delivered")
    assert len(a.requests()) == 1


def test_a_closed_service_stays_closed_unless_its_target_changed(place):
    broken, mended = place.customer(customer.answer(410)), place.customer(OK)
    gate = place.gateway({"crm": gateway.http_service(broken.url())})
    event = gate.api.accept("inbound.call_end", call())
    api.wait_for(lambda: gate.api.is_closed("crm"), bool)
    place.configure({"crm": gateway.http_service(broken.url(), concurrency=3)})
    reload(gate)
    assert gate.api.is_closed("crm") and gate.api.services()["crm"]["max"] == 3
    assert len(broken.requests()) == 1
    place.configure({"crm": gateway.http_service(mended.url(), concurrency=3)})
    reload(gate)
    assert not gate.api.is_closed("crm")
    gate.api.resend(event.deliveries["crm"])
    later = gate.api.accept("inbound.call_end", call())
    gate.api.wait_state(later.deliveries["crm"], "delivered")


def test_the_limit_of_a_service_holds_over_reloads(place):
    """Deliveries under way by an earlier generation take up their places in the later ones."""
    slow = place.customer(customer.stall(60, OK))
    services = {"slow": gateway.http_service(slow.url(), timeout="60s", concurrency=2)}
    gate = place.gateway(services)
    events = [gate.api.accept("inbound.call_end", call()) for _ in range(6)]
    slow.wait(2)
    for _ in range(5):
        reload(gate)
    assert gate.api.services()["slow"]["in_flight"] == 2
    events.append(gate.api.accept("inbound.call_end", call()))
    assert len(slow.requests()) == 2
    slow.release()
    for event in events:
        gate.api.wait_state(event.deliveries["slow"], "delivered")
    assert len(slow.requests()) == 7


def test_generations_in_use_are_limited(place):
    """Each reload meets a delivery that began after the one before; all end as they began."""
    slow = place.customer(customer.stall(60, OK))
    services = {f"s{i}": gateway.http_service(slow.url(), timeout="60s") for i in range(10)}
    routes = [{"name": name, "when": {"step": [i]}, "services": [name]}
              for i, name in enumerate(services)]
    gate = place.gateway(services, routes)
    events, answer = [], None
    for i in range(40):  # a service has five under way at first
        events.append(gate.api.accept("inbound.call_end", call(step=i % 10)))
        slow.wait(i + 1)
        answer = gate.api.reload()
        if answer.status != 200:
            break
    assert answer.status == 422 and "in use by deliveries under way" in answer.text and i >= 30
    slow.release()
    for event in events:
        (id_,) = event.deliveries.values()
        gate.api.wait_state(id_, "delivered")
    assert len(slow.requests()) == len(events)
    assert reload(gate)["failed"] is None


# --- mistakes ---

def test_a_mistake_changes_nothing_and_is_told_everywhere(place):
    crm = place.customer(OK)
    gate = place.gateway({"crm": gateway.http_service(crm.url())})
    place.configure({"crm": gateway.http_service(crm.url(), template="not_there.json"),
                     "other": {**gateway.http_service(crm.url()), "timeout": "soon"}})
    first = len(gate.log)
    told = reload(gate, 422)
    assert told["type"].endswith(":configuration-invalid") and told["mistakes"] == len(told["errors"])
    assert all(e["file"].endswith("switchhook.yaml") and e["line"] for e in told["errors"])
    assert any("timeout" in e["detail"] for e in told["errors"])
    lines = [line for line in gate.log[first:] if "msg=mistake" in line]
    assert len(lines) == len(told["errors"])
    gate.wait_log("not reloaded", first=first)
    shown = gate.api.view("/configuration")
    assert shown["generation"] == 1 and shown["failed"]["errors"] == told["errors"]
    for path in ("/", "/services", "/configuration"):
        assert "failed: " in gate.api.page(path)
    event = gate.api.accept("inbound.call_end", call())
    gate.api.wait_state(event.deliveries["crm"], "delivered")
    place.configure({"crm": gateway.http_service(crm.url())})
    assert reload(gate)["failed"] is None
    assert "failed: " not in gate.api.page("/")


def test_what_needs_a_restart_is_named_and_kept(place):
    crm = place.customer(OK)
    services = {"crm": gateway.http_service(crm.url())}
    gate = place.gateway(services)
    place.configure(services, listen="127.0.0.1:1", store="other.db", workers=3, listen_threads=5,
                    limits={"body": "1MB", "connections": 7})
    assert set(reload(gate)["need_restart"]) == {"listen", "store", "workers", "listen_threads",
                                                 "limits: connections"}
    gate.wait_log("needs a restart.*setting=listen\\b")
    event = gate.api.accept("inbound.call_end", call())
    gate.api.wait_state(event.deliveries["crm"], "delivered")
    assert not (place.folder / "other.db").exists()


def test_the_password_stays_as_long_as_the_world_can_reach_the_pages(place):
    crm = place.customer(OK)
    services = {"crm": gateway.http_service(crm.url())}
    admin = {"user": "ops", "password": {"env": "ACME_TOKEN"}}
    gate = place.gateway(services, listen="0.0.0.0:0", admin=admin)
    place.configure(services)  # on loopback no password is needed, but that is after a restart
    headers = {"Authorization": api.basic("ops", gateway.TOKEN)}
    assert gate.api.call("POST", "/v1/reload").status == 401
    answer = gate.api.call("POST", "/v1/reload", headers=headers)
    assert answer.status == 422 and "admin is needed until a restart" in answer.text
    assert gate.api.call("GET", "/services").status == 401


# --- modules ---

def make_wsdl(version):
    """Asks for the same, with another action; answers with another element."""
    return f"""<definitions xmlns="{WSDL}" xmlns:t="urn:t" targetNamespace="urn:t">
<types><s:schema xmlns:s="{XS}" targetNamespace="urn:t" elementFormDefault="qualified">
<s:element name="ask"><s:complexType><s:sequence><s:element name="call" type="s:string"/>
</s:sequence></s:complexType></s:element>
<s:element name="answer{version}" type="s:string"/></s:schema></types>
<message name="in"><part name="p" element="t:ask"/></message>
<message name="out"><part name="p" element="t:answer{version}"/></message>
<portType name="p"><operation name="Ask"><input message="t:in"/><output message="t:out"/>
</operation></portType>
<binding name="b" type="t:p"><soap:binding xmlns:soap="{WSDL}soap/" style="document"
 transport="http://schemas.xmlsoap.org/soap/http"/><operation name="Ask">
<soap:operation xmlns:soap="{WSDL}soap/" soapAction="urn:v{version}"/>
<input><soap:body xmlns:soap="{WSDL}soap/" use="literal"/></input>
<output><soap:body xmlns:soap="{WSDL}soap/" use="literal"/></output></operation></binding>
<service name="s"><port name="b" binding="t:b"><soap:address xmlns:soap="{WSDL}soap/"
 location="http://127.0.0.1:1/"/></port></service></definitions>"""


@pytest.fixture(scope="module")
def versions(tmp_path_factory):
    """Two versions of the module `asking`."""
    folder = tmp_path_factory.mktemp("versions")
    for version in (1, 2):
        wsdl, module = folder / f"v{version}.wsdl", folder / f"v{version}.so"
        wsdl.write_text(make_wsdl(version))
        done = subprocess.run(
            [gateway.ROOT / "gen/wsdl_module", "build", "--optimize", "0", "asking", wsdl, module,
             folder / "d", gateway.BUILD / "gen" / "bind", gateway.ROOT / "src", "cc"],
            capture_output=True, text=True, timeout=120, env=gateway.environment())
        assert done.returncode == 0, done.stderr
    return {version: folder / f"v{version}.so" for version in (1, 2)}


def install(module, folder):
    """As every installer must: beside, then by rename."""
    folder.mkdir(exist_ok=True)
    shutil.copy(module, folder / "new")
    os.rename(folder / "new", folder / "asking.so")


def soap_answer(version):
    return customer.soap_reply(f'<answer{version} xmlns="urn:t">yes</answer{version}>')


def test_a_delivery_under_way_ends_with_the_module_it_began_with(place, versions):
    slow = place.customer(customer.stall(60, soap_answer(1)))
    modules = place.folder / "modules"
    install(versions[1], modules)
    place.template("ask.xml", ENVELOPE)
    services = {"asking": gateway.soap_service("asking", "Ask", slow.url(), "ask.xml",
                                               timeout="60s")}
    gate = place.gateway(services, modules=str(modules), workers=2)
    old = gate.api.accept("inbound.call_end", call())
    slow.wait(1)
    digest = gate.api.view("/configuration")["modules"][0]["digest"]
    install(versions[2], modules)
    module, = reload(gate)["modules"]
    assert (module["name"], module["change"]) == ("asking", "changed") and module["digest"] != digest
    slow.script("/", soap_answer(2))
    new = gate.api.accept("inbound.call_end", call())
    gate.api.wait_state(new.deliveries["asking"], "delivered")
    assert gate.api.delivery(old.deliveries["asking"]).state == "leased"
    assert mapped(gate) == 2
    slow.release()
    done = gate.api.wait_state(old.deliveries["asking"], "delivered")
    assert done.attempt_count == 1
    actions = [r.headers["soapaction"] for r in slow.requests()]
    assert actions == ['"urn:v1"', '"urn:v2"']
    api.wait_for(lambda: mapped(gate), lambda count: count == 1)  # the old one is closed
    assert [m["change"] for m in reload(gate)["modules"]] == ["kept"]


def test_modules_change_under_load(place, versions):
    """Each reply fits only the version that made its request, so one that another read would not
    be delivered at once."""
    def reply(request):
        version = request.headers["soapaction"][-2]
        return 200, "text/xml", (
            f'<e:Envelope xmlns:e="{customer.ENVELOPE_11}"><e:Body><answer{version} xmlns="urn:t">yes'
            f"</answer{version}></e:Body></e:Envelope>")
    soap = place.customer(customer.computed(reply))
    modules = place.folder / "modules"
    install(versions[1], modules)
    place.template("ask.xml", ENVELOPE)
    gate = place.gateway({f"s{i}": gateway.soap_service("asking", "Ask", soap.url(), "ask.xml")
                          for i in range(4)}, modules=str(modules), workers=2)
    deliveries, is_over = [], threading.Event()

    def post():
        while not is_over.is_set():
            deliveries.extend(gate.api.accept("inbound.call_end", call()).deliveries.values())
    threads = [threading.Thread(target=post) for _ in range(3)]
    for each in threads:
        each.start()
    for i in range(20):
        soap.wait(len(soap.requests()) + 20)
        install(versions[2 - i % 2], modules)
        assert [m["change"] for m in reload(gate)["modules"]] == ["changed"]
    is_over.set()
    for each in threads:
        each.join(60)
    assert len(soap.wait(len(deliveries), within_s=60)) == len(deliveries)
    api.wait_for(lambda: gate.api.view("/")["counts"]["by_state"],
                 lambda states: states["delivered"] == len(deliveries))
    assert {r.headers["soapaction"] for r in soap.requests()} == {'"urn:v1"', '"urn:v2"'}
    api.wait_for(lambda: mapped(gate), lambda count: count == 1)


def mapped(gate):
    """Modules in the process's memory, also those whose file is gone."""
    with open(f"/proc/{gate.pid}/maps", encoding="ascii") as file:
        return len({line.split()[4] for line in file if "asking.so" in line})


def not_ours(module):
    """Another shared object of this machine."""
    return next(pathlib.Path("/usr/lib").glob("*/libz.so.1")).read_bytes()


@pytest.mark.parametrize("spoil, words", [
    (lambda module: b"", "no shared object"),
    (lambda module: b"no module\n", "no shared object"),
    (lambda module: b"\x7fELF" + b"\xff" * 60, "no shared object"),
    (lambda module: module[:1000], "cut off"),
    (lambda module: module[:len(module) // 2], "cut off"),
    (lambda module: module[:100] + b"\xff" * 100 + module[200:], "cannot be loaded"),
    (not_ours, "no symbol switchhook_module"),
])
def test_a_broken_module_leaves_the_old_one(place, versions, spoil, words):
    soap = place.customer(soap_answer(1))
    modules = place.folder / "modules"
    install(versions[1], modules)
    place.template("ask.xml", ENVELOPE)
    gate = place.gateway({"asking": gateway.soap_service("asking", "Ask", soap.url(), "ask.xml")},
                         modules=str(modules))
    (place.folder / "broken").write_bytes(spoil(versions[1].read_bytes()))
    install(place.folder / "broken", modules)
    told = reload(gate, 422)
    assert any(words in e["detail"] and "asking.so" in e["detail"] for e in told["errors"]), told
    event = gate.api.accept("inbound.call_end", call())
    gate.api.wait_state(event.deliveries["asking"], "delivered")
    install(versions[1], modules)
    assert [m["change"] for m in reload(gate)["modules"]] == ["changed"]


def test_a_folder_of_modules_that_is_gone_leaves_the_old_ones(place, versions):
    soap = place.customer(soap_answer(1))
    modules = place.folder / "modules"
    install(versions[1], modules)
    place.template("ask.xml", ENVELOPE)
    gate = place.gateway({"asking": gateway.soap_service("asking", "Ask", soap.url(), "ask.xml")},
                         modules=str(modules))
    os.rename(modules, place.folder / "away")
    assert "folder of modules" in json.dumps(reload(gate, 422))
    (place.folder / "modules").write_text("no folder")
    assert "folder of modules" in json.dumps(reload(gate, 422))
    event = gate.api.accept("inbound.call_end", call())
    gate.api.wait_state(event.deliveries["asking"], "delivered")


# --- load ---

def test_reloads_under_load_lose_and_repeat_nothing(place):
    """The configuration alternates: a service comes and goes, another's template changes."""
    crm, extra = place.customer(OK), place.customer(OK)
    place.template("other.json", '{"call": "{{uii}}", "step": {{step}}, "notes": "other"}')

    def services(i):
        made = {"crm": gateway.http_service(crm.url(), order_by="uii", concurrency=8,
                                            template="other.json" if i % 2 else "call.json")}
        return {**made, "extra": gateway.http_service(extra.url())} if i % 3 else made
    gate = place.gateway(services(0), workers=2)
    posted, is_over = [], threading.Event()

    def post():
        mine = []
        while not is_over.is_set():
            uii = call()["uii"]
            mine += [(uii, step, gate.api.accept("inbound.queue_event", call(uii=uii, step=step)))
                     for step in (1, 2, 3)]
        posted.extend(mine)
    threads = [threading.Thread(target=post) for _ in range(4)]
    for each in threads:
        each.start()
    for i in range(1, 31):
        crm.wait(len(crm.requests()) + 10)
        place.configure(services(i), workers=2)
        if i % 5:
            assert reload(gate)["generation"] >= i
        else:
            first = len(gate.log)
            gate.reload()
            gate.wait_log("configuration reloaded", first=first)
    is_over.set()
    for each in threads:
        each.join(60)
    place.configure(services(1), workers=2)  # with both, so that all can end
    reload(gate)
    wanted = {name: [(uii, step) for uii, step, event in posted if name in event.deliveries]
              for name in ("crm", "extra")}
    assert len(wanted["crm"]) == len(posted) and wanted["extra"]
    for name, at in (("crm", crm), ("extra", extra)):
        arrived = [(b["call"], b["step"]) for b in bodies(at.wait(len(wanted[name]), within_s=60))]
        assert sorted(arrived) == sorted(wanted[name])
    steps = {}
    for body in bodies(crm.requests()):
        steps.setdefault(body["call"], []).append(body["step"])
    assert all(each == [1, 2, 3] for each in steps.values())
    assert {b["notes"] for b in bodies(crm.requests())} >= {"other"}


def test_signals_in_a_row_end_in_the_last_file(place):
    crm = place.customer(OK)
    gate = place.gateway({"crm": gateway.http_service(crm.url())})
    for i in range(10):
        place.configure({"crm": gateway.http_service(crm.url()),
                         f"more{i}": gateway.http_service(crm.url())})
        gate.reload()
    api.wait_for(lambda: gate.api.view("/configuration")["services"],
                 lambda names: names == ["crm", "more9"])


def test_a_stop_during_reloads_is_in_order(place):
    crm = place.customer(OK)
    many = {f"s{i}": gateway.http_service(crm.url()) for i in range(1000)}
    gate = place.gateway(many, routes=[{"name": "one", "services": ["s0"]}])
    told = reload(gate)
    assert len(told["services"]) == 1000
    event = gate.api.accept("inbound.call_end", call())
    gate.api.wait_state(event.deliveries["s0"], "delivered")
    first = len(gate.log)
    gate.reload()
    os.kill(gate.pid, signal.SIGHUP)
    gate.terminate()
    assert gate.wait_end() == 0
    assert not any("not reloaded" in line for line in gate.log[first:])
