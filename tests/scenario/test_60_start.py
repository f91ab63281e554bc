# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting: what is wrong is said in a sentence, all at once, and nothing is half started."""

import re
import shutil
import socket
import sqlite3
import subprocess

import pytest

import gateway
from words import OK, call

SERVICES = {"crm": gateway.http_service("http://127.0.0.1:1/")}


def test_version_and_help_explain_themselves():
    code, out, err = gateway.run("version")
    assert code == 0 and re.search(r"\d+\.\d+\.\d+", out + err)
    code, out, err = gateway.run("--help")
    assert code == 0 and "check" in out + err and "run" in out + err
    assert gateway.run("no-such-command")[0] == 2
    assert gateway.run()[0] == 2


def test_check_says_ok_in_one_line(place):
    code, out, err = gateway.run("check", gateway.write_config(place.folder, gateway.config(SERVICES)))
    assert code == 0, err
    assert len(out.splitlines()) == 1 and "OK" in out
    assert not (place.folder / "store.db").exists()


MISTAKES = """\
listen: 127.0.0.1:0
store: store.db
modules: {modules}
templates: templates
pages: {pages}
sources:
  acme: {{token: {{env: NO_SUCH_VARIABLE_IS_SET}}}}
services:
  crm:
    http: {{method: POST, url: "http://127.0.0.1:1/", body: json}}
    tmplate: call.json
    timeout: 10 parsecs
  survey:
    soap: {{wsdl: survay, operation: SubmitSurveyResult}}
    template: survey.xml
routes:
  - {{name: all, triggers: [inbound.dispositoin], services: [crn]}}
"""


def test_every_mistake_is_told_at_once_with_its_place(place):
    text = MISTAKES.format(modules=gateway.MODULES, pages=gateway.ROOT / "templates/pages")
    file = gateway.write_config(place.folder, text)
    for command in ("check", "run"):
        code, _, err = gateway.run(command, file)
        assert code == 2
        at = {int(n) for n in re.findall(rf"^{re.escape(str(file))}:(\d+):\d+: \w", err, re.M)}
        assert {7, 11, 12, 17} <= at, err
        assert "did you mean 'template'" in err
        assert "inbound.disposition" in err and "did you mean 'crm'" in err
        assert "NO_SUCH_VARIABLE_IS_SET" in err
    assert not (place.folder / "store.db").exists()


def test_a_module_and_an_operation_that_are_not_there_get_a_suggestion(place):
    services = {"a": gateway.soap_service("survay", "SubmitSurveyResult", "http://127.0.0.1:1/", "survey.xml"),
                "b": gateway.soap_service("survey", "SubmitSurvey", "http://127.0.0.1:1/", "survey.xml")}
    code, _, err = gateway.run("check", gateway.write_config(place.folder, gateway.config(services)))
    assert code == 2
    assert "survey" in err and "SubmitSurveyResult" in err


@pytest.mark.parametrize("name,text,place_of", [
    ("call.json", '{"call": "{{uii}"}', "1:"), ("call.json", '{\n "call": "{{#a}}"}', "2:"),
    ("call.json", '{{/never}}', "1:"), ("call.json", None, "")])
def test_a_broken_template_is_told_with_its_place(place, name, text, place_of):
    path = place.folder / "templates" / name
    path.unlink()
    if text is not None:
        path.write_text(text)
    code, _, err = gateway.run("check", gateway.write_config(place.folder, gateway.config(SERVICES)))
    assert code == 2
    assert re.search(rf"{re.escape(name)}.*{place_of}", err), err


LAUGHS = "a: &a [x]\nb: &b [*a,*a]\n" + "\n".join(
    f"c{i}: &c{i} [*b,*b,*b,*b,*b,*b,*b,*b]" for i in range(40))


@pytest.mark.parametrize("text", [
    pytest.param("", id="empty"), pytest.param("a: [1", id="cut"), pytest.param("\x00\x01", id="bytes"),
    pytest.param("- a\n- b\n", id="a list"), pytest.param("&a [*a]", id="itself"),
    pytest.param("a: " + "[" * 5000, id="deep"), pytest.param(LAUGHS, id="a billion laughs")])
def test_what_is_no_configuration_is_refused(place, text):
    code, _, err = gateway.run("check", gateway.write_config(place.folder, text))
    assert code == 2 and "switchhook.yaml" in err


def test_a_missing_file_is_told():
    code, _, err = gateway.run("run", "/no/such/file.yaml")
    assert code in (1, 2) and "/no/such/file.yaml" in err


def test_a_port_in_use_is_told(place):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        file = gateway.write_config(place.folder, gateway.config(SERVICES, listen=f"127.0.0.1:{port}"))
        code, _, err = gateway.run("run", file)
    assert code == 1 and str(port) in err


def foreign_database(path):
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE accounts (name TEXT)")
    database.close()


@pytest.mark.parametrize("make", [
    pytest.param(foreign_database, id="another program's database"),
    pytest.param(lambda p: p.write_bytes(b"Dear diary, " * 500), id="no database"),
    pytest.param(lambda p: p.write_bytes(b"SQLite format 3\x00" + b"\xff" * 5000), id="a broken one")])
def test_a_store_that_is_not_ours_is_left_as_it_is(place, make):
    store = place.folder / "store.db"
    make(store)
    before = store.read_bytes()
    code, _, err = gateway.run("run", gateway.write_config(place.folder, gateway.config(SERVICES)))
    assert code == 1 and "store.db" in err
    assert store.read_bytes() == before


def test_a_store_is_one_gateway_s(place):
    place.gateway(SERVICES)
    code, _, err = gateway.run("run", gateway.write_config(place.folder, gateway.config(SERVICES)))
    assert code == 1 and "store.db" in err


def modules_folder(place):
    folder = place.folder / "modules"
    shutil.copytree(gateway.MODULES, folder, ignore=lambda d, names: [n for n in names if not n.endswith(".so")])
    return folder


def module_of_another_version(folder):
    source = folder / "future.c"
    source.write_text('#include "edge/soap_module.h"\n'
                      "const struct soap_module switchhook_module = {.abi = SOAP_MODULE_ABI + 1, "
                      '.size = sizeof(struct soap_module), .name = "future"};\n')
    subprocess.run(["cc", "-shared", "-fPIC", f"-I{gateway.ROOT / 'src'}", "-o", str(folder / "future.so"),
                    str(source)], check=True)


@pytest.mark.parametrize("make,name", [
    pytest.param(module_of_another_version, "future", id="another version"),
    pytest.param(lambda f: (f / "broken.so").write_bytes(b"\x7fELF" + b"\x00" * 500), "broken", id="no module")])
def test_a_module_that_does_not_fit_is_told_and_the_others_work(place, make, name):
    folder = modules_folder(place)
    make(folder)
    needs = {"x": gateway.soap_service(name, "Anything", "http://127.0.0.1:1/", "survey.xml")}
    code, _, err = gateway.run("check", gateway.write_config(
        place.folder, gateway.config(needs, modules=str(folder))))
    assert code == 2 and f"{name}.so" in err
    crm = place.customer(OK)
    gate = place.gateway({"crm": gateway.http_service(crm.url())}, modules=str(folder))
    gate.api.accept("inbound.call_end", call())
    crm.wait(1)
    assert f"{name}.so" in gate.log_text()


def test_beyond_loopback_pages_need_a_password(place):
    code, _, err = gateway.run("check", gateway.write_config(
        place.folder, gateway.config(SERVICES, listen="0.0.0.0:0")))
    assert code == 2 and "admin" in err
