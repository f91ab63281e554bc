# SPDX-License-Identifier: GPL-3.0-or-later
"""What is made to harm: WSDLs, requests to the mock, requests to reload. Each is refused in words, or
works, in bounded time and memory. Replies are in test_195_hostile_replies.py."""

import http.client
import json
import os
import resource
import subprocess
import time
import urllib.parse

import pytest

import gateway
import mock
from words import OK, call
from wsdls import WSDL, definitions

BIND = gateway.BUILD / "gen" / "bind"
MEMORY_BYTES, WITHIN_S = 1_500_000_000, 30
E11 = "http://schemas.xmlsoap.org/soap/envelope/"


def prepare(folder, text, name="w.wsdl"):
    """(exit code, all that it said) of reading a WSDL for gSOAP, within limits."""
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())

    def limit():
        if not gateway.IS_SANITIZED:
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    done = subprocess.run([BIND, "prepare", folder / name, "", "stock", folder / "copy", folder / "rename"],
                          capture_output=True, text=True, timeout=WITHIN_S, preexec_fn=limit)
    return done.returncode, done.stdout + done.stderr


def element(content):
    return f'<s:element name="e" type="t:T"/><s:complexType name="T">{content}</s:complexType>'


def simple(facets):
    return ('<s:element name="e" type="t:T"/><s:simpleType name="T"><s:restriction base="s:string">'
            f"{facets}</s:restriction></s:simpleType>")


def optional(count, more=""):
    return "<s:sequence>" + "".join(f'<s:element name="a{i}" minOccurs="0"{more}/>'
                                    for i in range(count)) + "</s:sequence>"


# --- WSDLs that ask for much ---

@pytest.mark.parametrize("schema, words", [
    (element(optional(3000)), "T passes unchecked: so many optional elements"),
    (element(optional(300)), ""),
    (element(optional(100, ' maxOccurs="1000000000"')), ""),
    (element('<s:sequence minOccurs="999999999" maxOccurs="1000000000">'
             '<s:element name="a" minOccurs="5" maxOccurs="100000"/></s:sequence>'), ""),
    (element("<s:sequence>" * 240 + '<s:element name="a"/>' + "</s:sequence>" * 240), ""),
    (element("".join(f'<s:attribute name="a{i}"/>' for i in range(3000))), ""),
    (simple('<s:pattern value="' + "a?" * 2000 + '"/>'), "T passes unchecked"),
    (simple('<s:pattern value="(a{1,1000}){1,1000}"/><s:pattern value="b{1000000000}"/>'), ""),
    (simple('<s:pattern value="' + "(" * 5000 + "a" + ")*" * 5000 + '"/>'), "T passes unchecked"),
    (simple("".join(f'<s:enumeration value="v{i}"/>' for i in range(20_000))), ""),
    (element('<s:complexContent><s:extension base="t:T0"/></s:complexContent>') + "".join(
        f'<s:complexType name="T{i}"><s:complexContent><s:extension base="t:T{i + 1}"><s:sequence>'
        f'<s:element name="a{i}"/></s:sequence></s:extension></s:complexContent></s:complexType>'
        for i in range(1000)) + '<s:complexType name="T1000"/>', "passes unchecked"),
    (element('<s:sequence><s:group ref="t:g0"/></s:sequence>') + "".join(
        f'<s:group name="g{i}"><s:sequence><s:element name="a{i}"/><s:group ref="t:g{(i + 1) % 500}" '
        'minOccurs="0"/></s:sequence></s:group>' for i in range(500)), "holds itself"),
    ('<s:element name="e" substitutionGroup="t:f"/><s:element name="f" substitutionGroup="t:e"/>',
     "circular substitution"),
], ids=lambda value: value[:30] or "whole")
def test_a_schema_that_asks_for_much_is_read_or_partly_left_unchecked(tmp_path, schema, words):
    code, said = prepare(tmp_path, definitions("", schema))
    assert code == 0 and words in said, said[-500:]
    assert words or "unchecked" not in said


@pytest.mark.parametrize("text, words", [
    (definitions('<x ' + " ".join(f'a{i}="1"' for i in range(50_000)) + "/>"),
     "w.wsdl: has an element with more than 256 attributes"),
    (definitions("").replace("<message", '<message xmlns:q="urn:&quot;"', 1), "w.wsdl:3: a namespace of <message>"),
    (definitions("").replace('"o"', '"o\\&#10;*/ int x;"'), "w.wsdl:4: name of <operation>"),
    (definitions("", '<s:element name="e*/"/>'), "w.wsdl:2: name of <element>"),
    (definitions("", f'<s:element name="{"e" * 40_000}"/>'), "w.wsdl:2: name of <element> has 40000 bytes"),
    (b'<?xml version="1.0" encoding="UTF-7"?>' + definitions("").replace("<", "+ADw-").encode(),
     "w.wsdl: has an encoding that is not taken"),
    (definitions("", "".join(f'<s:element name="e{i}"/>' for i in range(200_100))),
     "more than 200000 declarations"),
], ids=lambda value: value[-30:] if isinstance(value, str) else "bytes")
def test_what_cannot_be_taken_is_told_with_its_place(tmp_path, text, words):
    code, said = prepare(tmp_path, text)
    assert code == 1 and words in said and said.count("\n") == 1, said[-500:]


def test_a_thousand_files_in_circles_are_read_once(tmp_path):
    for i in range(999):
        links = "".join(f'<s:include schemaLocation="f{j % 999}.xsd"/>' for j in (i + 1, i * 7))
        (tmp_path / f"f{i}.xsd").write_text(
            f'<s:schema xmlns:s="http://www.w3.org/2001/XMLSchema">{links}<s:element name="q{i}"/></s:schema>')
    code, said = prepare(tmp_path, definitions("", '<s:include schemaLocation="f0.xsd"/><s:element name="e"/>'))
    assert code == 0 and said.count("file ") == 1000


def test_thousands_of_operations_are_read(tmp_path):
    many = range(2000)
    text = definitions("", '<s:element name="e"/>').replace(
        "</portType>", "".join(f'<operation name="o{i}"><input message="t:m{i}"/></operation>' for i in many)
        + "</portType>" + "".join(f'<message name="m{i}"><part name="p" element="t:e"/></message>'
                                  for i in many)).replace(
        "</binding>", "".join(f'<operation name="o{i}"><input/></operation>' for i in many) + "</binding>")
    assert prepare(tmp_path, text)[0] == 0


def test_links_and_pipes_give_nothing_away(tmp_path):
    os.symlink("/etc/passwd", tmp_path / "link.xsd")
    os.symlink("loop.xsd", tmp_path / "loop.xsd")
    os.mkfifo(tmp_path / "pipe.xsd")
    names = ("link.xsd", "loop.xsd", "pipe.xsd", ".", "/etc/passwd", "file:///etc/passwd",
             "http://127.0.0.1:1/etc/passwd", "/dev/zero")
    code, said = prepare(tmp_path, definitions("", "".join(
        f'<s:include schemaLocation="{name}"/>' for name in names) + '<s:element name="e"/>'))
    assert code == 0 and "root:" not in said + (tmp_path / "copy").read_text()
    assert "link.xsd is left out: /etc/passwd:1:1" in said and "pipe.xsd is not there" in said


SHELL = "$(touch PWNED)`touch PWNED`;|&lt;%s%n ??/ '"
ODD = f'{SHELL} &quot;);system(&quot;touch PWNED&quot;);/* */ \\&#10;#error x&#10;'


def test_no_text_of_a_wsdl_reaches_a_shell_or_the_compiler(tmp_path):
    """Names of files, too."""
    schema = simple(f'<s:enumeration value="{ODD}"/><s:enumeration value="a"/><s:pattern value=".*{ODD}|(.|\n)*"/>'
                    ) + f'<s:annotation><s:documentation>*/ {ODD}</s:documentation></s:annotation>'
    text = definitions(f'<documentation>*/ {ODD}</documentation>', schema).replace(
        "urn:t", "urn:t$(touch%20PWNED)`touch%20PWNED`;%s'").replace('<operation name="o"><input/>', (
            f'<operation name="o"><s:operation xmlns:s="{WSDL}soap/" soapAction="{ODD}"/><input/>')).replace(
        "</definitions>", f'<service name="s{SHELL}"><port name="p{SHELL}" binding="t:b"><soap:address '
        f'xmlns:soap="{WSDL}soap/" location="http://h/{ODD}"/></port></service></definitions>')
    folder = tmp_path / "a b$(touch PWNED);'"
    folder.mkdir()
    (folder / "$(touch PWNED);'.wsdl").write_text(text)
    done = subprocess.run([gateway.PROGRAM, "wsdl", "add", "--modules", tmp_path / "m", "--name", "odd",
                           folder / "$(touch PWNED);'.wsdl"], cwd=folder, capture_output=True, text=True,
                          env=gateway.environment(), timeout=60)
    assert done.returncode == 0, done.stderr
    assert not list(tmp_path.rglob("PWNED"))
    shown = gateway.run("wsdl", "show", "odd", "o", "--modules", tmp_path / "m")
    assert shown[0] == 0 and "$(touch PWNED)" in shown[1]


def test_a_value_that_a_pattern_cannot_judge_is_refused(tmp_path):
    """libxml2 goes back and forth for it, and gives up."""
    (tmp_path / "w.wsdl").write_text(definitions("", simple('<s:pattern value="(a|aa)+b"/>')))
    code, _, said = gateway.run("wsdl", "add", "--modules", tmp_path / "m", tmp_path / "w.wsdl", within_s=60)
    assert code == 0, said
    (tmp_path / "data.json").write_text(json.dumps("a" * 40))
    code, _, said = gateway.run("call", "w", "o", "--modules", tmp_path / "m", "--data",
                                tmp_path / "data.json", "--dry-run")
    assert code == 2 and "takes too long to check" in said


# --- requests to the mock ---

def envelope(body, before=""):
    return f'{before}<e:Envelope xmlns:e="{E11}"><e:Body>{body}</e:Body></e:Envelope>'


def attributes(count):
    return "<x " + " ".join(f'a{i}="1"' for i in range(count)) + "/>"


REQUESTS = {
    "empty": "",
    "doctype": envelope("", '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
    "bomb": envelope("&e9;", "<!DOCTYPE d [" + "".join(
        f'<!ENTITY e{i} "{f"&e{i - 1};" * 10 if i else "x" * 1000}">' for i in range(10)) + "]>"),
    "deep": envelope("<a>" * 200_000 + "</a>" * 200_000),
    "attributes": envelope(attributes(100_000)),
    "utf16": envelope(attributes(20_000)).encode("utf-16"),
    "cut": envelope("<a>")[:-20],
    "binary": bytes(range(256)) * 100,
    "script": envelope("<script>alert(1)</script>"),
}


def test_the_mock_answers_hostile_requests_and_goes_on():
    with mock.Mock("mock") as served:
        place = urllib.parse.urlsplit(served.url)

        def post(body, **headers):
            connection = http.client.HTTPConnection(place.hostname, place.port, timeout=WITHIN_S)
            try:
                connection.request("POST", place.path or "/", body, {"Content-Type": "text/xml", **headers})
                answer = connection.getresponse()
                return answer.status, answer.read().decode("utf-8", "replace")
            except (BrokenPipeError, ConnectionResetError):
                return 413, ""  # it need not read to the end what it will not take
            finally:
                connection.close()
        for name, body in REQUESTS.items():
            begin = time.monotonic()
            status, said = post(body if isinstance(body, bytes) else body.encode())
            assert 400 <= status <= 500 and "root:" not in said and "<script>" not in said, (name, status, said)
            assert len(said) < 10_000 and time.monotonic() - begin < 5, name
        assert post(b" " * 100_000_000)[0] in (400, 413, 500)
        odd = 'multipart/related; boundary="' + "b" * 70 + '"'
        assert post(b"--b\r\n" * 100_000, **{"Content-Type": odd})[0] >= 400
        assert post(b"x", SOAPAction="\"" + "y" * 20_000 + "\"")[0] >= 400
        assert served.process.poll() is None


# --- requests to reload ---

@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_another_site_cannot_reload(place, headers):
    gate = place.gateway({"crm": gateway.http_service("http://127.0.0.1:1/")})
    assert gate.api.call("POST", "/v1/reload", "", headers).status == 403
    assert gate.api.call("GET", "/v1/reload").status in (404, 405)
    assert gate.api.reload().status == 200


def test_reload_asks_for_the_password_and_takes_no_huge_body(place):
    crm = place.customer(OK)
    gate = place.gateway({"crm": gateway.http_service(crm.url())}, env={"ADMIN": "open sesame"},
                         admin={"user": "ops", "password": {"env": "ADMIN"}})
    assert gate.api.reload().status == 401
    wrong = {"Authorization": "Basic b3BlcmF0b3I6d3Jvbmc="}
    assert gate.api.call("POST", "/v1/reload", "", wrong).status == 401
    try:
        assert gate.api.call("POST", "/v1/reload", b"x" * 50_000_000).status in (401, 413)
    except (BrokenPipeError, ConnectionResetError):
        pass  # answered before all of it was sent
    gate.api.accept("inbound.call_end", call())
    crm.wait(1)
