# SPDX-License-Identifier: GPL-3.0-or-later
"""WSDLs added, replaced and removed at run time: whatever goes wrong, what is in use stays."""

import json
import re
import shutil
import subprocess
import threading

import pytest

import customer
import gateway
from wsdls import XS, definitions, entity_bomb

BUILD_S = 120  # a small module takes two seconds of a machine that does nothing else


@pytest.fixture
def home(tmp_path):
    """A folder with a configuration whose services call what the tests add."""
    (tmp_path / "made").mkdir()
    return tmp_path


def configure(home, *services):
    """`services` are pairs of WSDL and operation."""
    return gateway.write_config(home, gateway.config({
        f"s{i}": gateway.soap_service(wsdl, operation, "http://localhost:1/", "t.xml")
        for i, (wsdl, operation) in enumerate(services)}, modules="modules"))


def wsdl(home, *arguments):
    return gateway.run("wsdl", arguments[0], "--modules", home / "modules", *arguments[1:],
                       within_s=BUILD_S)


def add(home, *arguments):
    code, out, errors = wsdl(home, "add", *arguments)
    assert code == 0, errors
    return out + errors


def refuse(home, *arguments):
    code, out, errors = wsdl(home, "add", *arguments)
    assert code != 0, out
    return errors


def listed(home, *arguments):
    code, out, errors = wsdl(home, "list", "--json", *arguments)
    assert code == 0, errors
    return json.loads(out)


def written(home, name, text):
    path = home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def schema(content, namespace="urn:t"):
    return f'<s:schema xmlns:s="{XS}" xmlns:t="urn:t" targetNamespace="{namespace}">{content}</s:schema>'


SIMPLE = definitions("", '<s:element name="e" type="s:string"/>')
TWO = SIMPLE.replace("</portType>", '<operation name="two"><input message="t:m"/></operation>'
                     "</portType>").replace("</binding>", '<operation name="two"><input/>'
                                            "</operation></binding>")
BROKEN = SIMPLE.replace('type="t:p"', 'type="t:gone"')


def test_a_file_becomes_a_module_with_its_stages_told(home):
    said = add(home, written(home, "crm.wsdl", SIMPLE))
    for stage in ("read", "prepare", "wsdl2h", "soapcpp2", "bind", "compile", "load"):
        assert re.search(rf"^  {stage} +\d+\.\d s", said, re.M), said
    (module,) = listed(home)
    assert module["name"] == "crm" and module["operations"] == ["o"] and module["soap"] == ["1.1"]
    assert module["origin"] == str(home / "crm.wsdl") and module["services"] == []
    copy = home / "modules/versions/crm" / module["version"] / "wsdl/crm.wsdl"
    assert copy.read_text() == SIMPLE
    assert "in use already" in add(home, home / "crm.wsdl")


def test_quiet_is_quiet(home):
    code, out, errors = wsdl(home, "add", "--quiet", written(home, "crm.wsdl", SIMPLE))
    assert (code, out, errors) == (0, "", "")


def test_imports_that_are_nested_circular_and_outside_are_copied(home):
    """After the originals are gone the copy alone makes the module again."""
    written(home, "a/main v2.wsdl", definitions("", '<s:include schemaLocation="x/one.xsd"/>'))
    written(home, "a/x/one.xsd", schema('<s:include schemaLocation="../../out%20side/two.xsd"/>'))
    written(home, "out side/two.xsd", schema('<s:include schemaLocation="../a/x/one.xsd"/>'
                                             '<s:include schemaLocation="x/one.xsd"/>'
                                             '<s:element name="e" type="t:T"/>'))
    written(home, "out side/x/one.xsd", schema('<s:complexType name="T"><s:sequence>'
                                               '<s:element name="deep" type="s:int"/>'
                                               "</s:sequence></s:complexType>"))
    said = add(home, home / "a/main v2.wsdl")
    assert "main_v2@" in said and "note: " + str(home / "a/main v2.wsdl") in said
    assert "nowhere" not in said and "is not there" not in said
    for folder in ("a", "out side"):
        subprocess.run(["rm", "-r", home / folder], check=True)
    said = add(home, "--operations", "o", "main_v2")
    assert "nowhere" not in said and "is not there" not in said
    assert len(listed(home, "main_v2")) == 2
    copies = [p for p in (home / "modules/versions/main_v2").rglob("*") if p.is_file()]
    assert len([p for p in copies if p.suffix == ".xsd"]) == 6


def test_a_folder_stands_for_the_wsdl_of_its_name(home):
    """As WSDLs lie in the sources: NAME/NAME.wsdl, the others are what it imports."""
    written(home, "crm/crm.wsdl", SIMPLE)
    written(home, "crm/other.wsdl", TWO)
    add(home, home / "crm")
    assert listed(home)[0]["name"] == "crm" and listed(home)[0]["operations"] == ["o"]
    assert "with 2 WSDLs, none of them x.wsdl" in refuse(home, "--name", "x", home / "crm")


def test_a_url_is_fetched_with_what_it_imports(home):
    with customer.Customer() as peer:
        main = definitions("", f'<s:include schemaLocation="{peer.url("/moved.xsd")}"/>'
                               '<s:include schemaLocation="file:///etc/hostname"/>'
                               '<s:include schemaLocation="/etc/hostname"/>')
        peer.script("/a/svc?wsdl", customer.answer(200, main, "text/xml"))
        peer.script("/moved.xsd", customer.answer(302, "", headers={"Location": "/b/svc?xsd=0"}))
        peer.script("/b/svc?xsd=0", customer.answer(200, schema(
            '<s:include schemaLocation="svc?xsd=1"/>'), "text/xml"))
        peer.script("/b/svc?xsd=1", customer.answer(200, schema(
            '<s:include schemaLocation="svc?xsd=0"/><s:element name="e" type="s:string"/>'),
            "text/xml"))
        url = peer.url("/a/svc?wsdl").replace("://", "://me:a-secret-word@")
        said = add(home, url)
        paths = [request.path for request in peer.requests()]
        assert sorted(paths) == ["/a/svc?wsdl", "/b/svc?xsd=0", "/b/svc?xsd=1", "/etc/hostname",
                                 "/moved.xsd"]
        assert all("authorization" in request.headers for request in peer.requests())
    assert "only http and https are fetched" in said and "/etc/hostname could not be" in said
    assert "a-secret-word" not in said
    for path in (home / "modules").rglob("*"):
        assert not path.is_file() or b"a-secret-word" not in path.read_bytes()
    (module,) = listed(home)
    assert module["name"] == "svc" and module["origin"] == peer.url("/a/svc?wsdl")
    assert "nowhere" not in said


def test_credentials_go_to_their_own_host_only(home):
    with customer.Customer() as peer, customer.Customer() as other:
        peer.script("/w", customer.answer(200, definitions(
            "", f'<s:include schemaLocation="{other.url("/x.xsd")}"/>'), "text/xml"))
        other.script("/x.xsd", customer.answer(200, schema('<s:element name="e"/>'), "text/xml"))
        add(home, peer.url("/w").replace("://", "://me:a-secret-word@"))
        assert "authorization" in peer.requests("/w")[0].headers
        assert "authorization" not in other.requests("/x.xsd")[0].headers


@pytest.mark.parametrize("action, words", [
    (customer.answer(404, "no"), "HTTP status 404"),
    (customer.CUT_IN_BODY, "http://127.0.0.1"),
    (customer.answer(302, "", headers={"Location": "file:///etc/passwd"}), "only http and https"),
    (customer.answer(302, "", headers={"Location": "/w"}), "more than 5 redirects"),
    (customer.answer(200, "<html/>"), "/w:1: not a WSDL 1.1"),
    (customer.huge(40_000_000), "larger than 32 MiB"),
])
def test_a_url_that_gives_no_wsdl_is_told(home, action, words):
    with customer.Customer() as peer:
        peer.script("/w", action)
        assert words in refuse(home, peer.url("/w"))
    assert listed(home) == []


def test_a_version_that_fails_leaves_the_one_in_use(home):
    add(home, written(home, "crm.wsdl", SIMPLE))
    before = listed(home)
    said = refuse(home, written(home, "crm.wsdl", BROKEN))
    assert f"{home}/crm.wsdl:6: operation o: the portType does not have it" in said
    assert listed(home) == before
    assert not (home / "modules/versions/.work").exists()


@pytest.mark.parametrize("tool, words", [
    ("all.h(LINE): **ERROR**: something about it", "something about it (e/inner, {home}/t.xsd:1)"),
    ("all.h(1): Syntax error: undeclared 'ns1__o'", "undeclared 'ns1__o' (o, {home}/crm.wsdl:4)"),
    ("Segmentation fault", "soapcpp2: Segmentation fault"),
])
def test_what_a_tool_cannot_do_is_told_with_the_place_in_the_customers_file(home, tool, words):
    """The tool is one that fails; what it reads is what it reads always."""
    inner = '<s:complexType><s:sequence><s:element name="inner" type="s:int"/></s:sequence>'
    written(home, "t.xsd", schema(f'<s:element name="e">{inner}</s:complexType></s:element>'))
    written(home, "crm.wsdl", definitions("", '<s:include schemaLocation="t.xsd"/>'))
    program = written(home, "bin/soapcpp2", "#!/bin/sh\nline=$(grep -n 'int .*inner' all.h | "
                      f"cut -d: -f1)\necho \"{tool}\" | sed \"s/LINE/$line/\" >&2\nexit 1\n")
    program.chmod(0o755)
    env = gateway.environment()
    env["PATH"] = f"{home}/bin:{env['PATH']}"
    code, _, errors = gateway.run("wsdl", "add", "--modules", home / "modules", home / "crm.wsdl",
                                  env=env)
    assert code == 2 and words.format(home=home) in errors and "--operations" in errors
    (log,) = re.findall(r"what the tools said is in ([^;]*);", errors)
    assert "wsdl2h -c" in open(log, encoding="utf-8").read()


def test_a_tool_that_is_not_installed_is_told(home):
    written(home, "bin/nothing", "")
    for name in ("sh", "dirname", "basename", "sha256sum", "cut", "realpath"):
        (home / "bin" / name).symlink_to(shutil.which(name))
    env = {**gateway.environment(), "PATH": str(home / "bin")}
    code, _, errors = gateway.run("wsdl", "add", "--modules", home / "modules",
                                  written(home, "crm.wsdl", SIMPLE), env=env)
    assert code == 2 and "there is no wsdl2h; on Debian: apt install gsoap" in errors


def test_an_older_version_is_one_command_away(home):
    add(home, written(home, "crm.wsdl", SIMPLE))
    add(home, written(home, "crm.wsdl", TWO))
    new, old = listed(home, "crm")
    assert new["operations"] == ["o", "two"] and new["in_use"] and not old["in_use"]
    said = add(home, f"crm@{old['version'][:6]}")
    assert "wsdl2h" not in said
    assert listed(home)[0]["version"] == old["version"]
    said = add(home, home / "crm.wsdl")  # made before: nothing is built
    assert "wsdl2h" not in said and listed(home)[0]["version"] == new["version"]


def test_a_dry_run_puts_nothing_in_place(home):
    assert "nothing was put in place" in add(home, "--dry-run", written(home, "crm.wsdl", SIMPLE))
    assert listed(home) == []


def test_only_chosen_operations_are_built_and_more_can_be_added(home):
    path = written(home, "crm.wsdl", TWO)
    add(home, "--operations", "two", path)
    assert listed(home)[0]["operations"] == ["two"]
    assert "operation \"o\" of WSDL crm is not in its module: `switchhook wsdl add --operations +o" \
        in wsdl(home, "show", "crm", "o")[2]
    assert "1 more are not built" in add(home, path)  # the choice stays
    assert listed(home)[0]["operations"] == ["two"]
    add(home, "--operations", "+o", "crm")
    assert listed(home)[0]["operations"] == ["o", "two"]
    assert "has no operation three" in refuse(home, "--operations", "+three", path)
    add(home, "--operations", "all", path)
    assert listed(home)[0]["operations"] == ["o", "two"]


def test_a_version_without_an_operation_in_use_is_not_put_in_place(home):
    config = configure(home, ("crm", "two"))
    path = written(home, "crm.wsdl", TWO)
    assert gateway.run("wsdl", "add", "--config", config, path, within_s=BUILD_S)[0] == 0
    path.write_text(SIMPLE)
    code, _, errors = gateway.run("wsdl", "add", "--config", config, path, within_s=BUILD_S)
    assert code == 2 and "service s0 calls operation two" in errors
    assert re.search(rf"{config}:\d+:\d+: ", errors)
    assert listed(home)[0]["operations"] == ["o", "two"]
    assert gateway.run("wsdl", "add", "--config", config, "--force", path, within_s=BUILD_S)[0] == 0
    assert listed(home)[0]["operations"] == ["o"]


def test_remove_refuses_while_a_service_uses_it(home):
    config = configure(home, ("crm", "o"), ("crm", "o"))
    add(home, written(home, "crm.wsdl", SIMPLE))
    code, _, errors = gateway.run("wsdl", "remove", "--config", config, "crm")
    assert code == 2 and len(re.findall(rf"{config}:\d+:\d+: service s[01] uses", errors)) == 2
    code, out, _ = wsdl(home, "remove", "--dry-run", "crm")
    assert code == 0 and "would be removed" in out and len(listed(home)) == 1
    assert wsdl(home, "remove", "crm")[0] == 0
    assert listed(home) == [] and wsdl(home, "remove", "crm")[0] == 2


def test_a_secret_that_is_not_set_does_not_hinder(home):
    """Who adds a WSDL need not know what the gateway knows."""
    config = configure(home)
    env = gateway.environment()
    del env["ACME_TOKEN"]
    assert gateway.run("wsdl", "list", "--config", config, env=env)[0] == 0


@pytest.mark.parametrize("arguments, words", [
    (["--name", "../x"], "--name ../x: a name has letters"),
    (["--name", ""], "a name has letters"),
    (["--name", "-x"], "begins with a letter or digit"),
])
def test_a_name_that_leaves_the_folder_is_refused(home, arguments, words):
    assert words in refuse(home, *arguments, written(home, "crm.wsdl", SIMPLE))
    assert listed(home) == []


def test_a_file_of_an_odd_name_gets_a_fit_one(home):
    add(home, written(home, "..  Kündë & Söhne!.wsdl", SIMPLE))
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", listed(home)[0]["name"])


@pytest.mark.parametrize("what", ["../x", "crm@../../x", "/etc/passwd@x"])
def test_no_other_folder_is_reached_by_a_name(home, what):
    add(home, written(home, "crm.wsdl", SIMPLE))
    for command in ("remove", "list"):
        code, _, errors = wsdl(home, command, what)
        assert code == 2 and errors
    assert len(listed(home)) == 1


@pytest.mark.parametrize("text, words", [
    (entity_bomb(), "crm.wsdl:6:"),
    (definitions("<a>" * 5000 + "</a>" * 5000), "depth"),
    (definitions("<!-- " + "y" * 40_000_000 + " -->"), "a file may have 32 MiB"),
    (definitions("", "".join(f'<s:include schemaLocation="{i}.xsd"/>' for i in range(20_000))),
     "more than 4999 imports"),
    ("", "crm.wsdl:1:1: Document is empty"),
])
def test_a_hostile_wsdl_is_refused_in_bounded_time(home, text, words):
    path = written(home, "crm.wsdl", text)
    code, _, errors = gateway.run("wsdl", "add", "--modules", home / "modules", path, within_s=30)
    assert code == 2 and words in errors
    assert listed(home) == []


def test_two_at_once_wait_for_each_other(home):
    paths = [written(home, f"w{i}.wsdl", SIMPLE) for i in range(3)]
    results = [None] * len(paths)

    def run(i):
        results[i] = wsdl(home, "add", paths[i])
    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(paths))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [code for code, _, _ in results] == [0, 0, 0], results
    assert any("waiting for it" in errors for _, _, errors in results)
    assert [module["name"] for module in listed(home)] == ["w0", "w1", "w2"]


@pytest.mark.parametrize("how", ["interrupt", "kill"])
def test_an_end_in_the_middle_leaves_nothing_half(home, how):
    add(home, written(home, "crm.wsdl", SIMPLE))
    before = listed(home)
    process = subprocess.Popen(
        [gateway.PROGRAM, "wsdl", "add", "--modules", home / "modules",
         written(home, "crm.wsdl", TWO)], stderr=subprocess.PIPE, text=True,
        env=gateway.environment())
    for line in process.stderr:
        if "wsdl2h" in line:
            break
    process.send_signal(2) if how == "interrupt" else process.kill()
    process.communicate(timeout=30)
    assert process.returncode not in (0, None)
    assert listed(home) == before
    add(home, home / "crm.wsdl")
    assert listed(home)[0]["operations"] == ["o", "two"]
    assert not (home / "modules/versions/.work").exists()


# --- show and diff ---

SHOWN = definitions("", """
<s:element name="e"><s:complexType><s:sequence>
  <s:element name="kind" type="t:Kind" minOccurs="0"><s:annotation><s:documentation>What it
     is.</s:documentation></s:annotation></s:element>
  <s:choice maxOccurs="3"><s:element name="left" type="s:int"/><s:element name="node" type="t:Node"/></s:choice>
  <s:element name="code" nillable="true"><s:simpleType><s:restriction base="s:string">
    <s:maxLength value="8"/><s:pattern value="[A-Z]+"/></s:restriction></s:simpleType></s:element>
</s:sequence><s:attribute name="id" type="s:long" use="required"/></s:complexType></s:element>
<s:simpleType name="Kind"><s:restriction base="s:string"><s:enumeration value="a&amp;b"/>
  <s:enumeration value="c"/></s:restriction></s:simpleType>
<s:complexType name="Node"><s:sequence><s:element name="node" type="t:Node" minOccurs="0"
  maxOccurs="unbounded"/></s:sequence></s:complexType>""")


def test_an_operation_is_shown_as_a_tree(home):
    add(home, written(home, "crm.wsdl", SHOWN))
    code, out, _ = wsdl(home, "show", "crm", "o")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    for line in ("@id long, required", "kind Kind (string), optional", "# What it is.",
                 "= a&b | c", "one of, 1 to 3:", "left int", "node Node",
                 "node Node, 0 or more ^ see above",
                 "code string, may be nil, length <= 8, pattern [A-Z]+"):
        assert code == 0 and line in lines, out
    code, out, _ = wsdl(home, "show", "crm", "o", "--json")
    (part,) = json.loads(out)["input"]["parts"]
    kind = part["content"]["children"][0]
    assert kind["min"] == 0 and [v["value"] for v in kind["enumeration"]] == ["a&b", "c"]
    code, out, _ = wsdl(home, "show", "crm")
    assert code == 0 and "port b, SOAP 1.1, document/literal" in out and "crm@" in out
    assert "did you mean" in wsdl(home, "show", "crn")[2]
    assert wsdl(home, "show", "crm", "none")[0] == 2


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A folder where the old version is made once."""
    return tmp_path_factory.mktemp("shared")


@pytest.mark.parametrize("old, new, told, status", [
    ('name="left"', 'name="left" ', None, 0),
    ('<s:maxLength value="8"/>', '<s:maxLength value="9"/>',
     "  o: input/e/code: the greatest length is 9 now", 1),
    ('<s:maxLength value="8"/>', '<s:maxLength value="7"/>',
     "! o: input/e/code: the greatest length is 7 now", 3),
    ('type="t:Kind" minOccurs="0"', 'type="t:Kind"', "! o: input/e/kind: is required now", 3),
    ('<s:enumeration value="c"/>', '<s:enumeration value="d"/>',
     '! o: input/e/kind: the value "c" is gone', 3),
    ('name="left" type="s:int"', 'name="left" type="s:dateTime"',
     "! o: input/e/left: is of another type: dateTime, was int", 3),
    ('name="left"', 'name="right"', "! o: input/e/left: is gone", 3),
    (' use="required"', "", "  o: input/e/@id: is optional now", 1),
    ('<s:element name="code"', '<s:element name="more" type="s:int" minOccurs="0"/><s:element name="code"',
     "  o: input/e/more: is new, optional", 1),
    ('"t:Node" minOccurs="0"', '"t:Other" minOccurs="0"',
     "! o: input/e/node/node: holds text now", 3),
    ('<binding name="b"', '<binding name="c"', "! o: port b is gone, c has it", 3),
])
def test_diff_tells_what_concerns_a_caller(shared, old, new, told, status):
    assert old in SHOWN
    text = SHOWN.replace(old, new, 1).replace(
        '<s:complexType name="Node">', '<s:simpleType name="Other"><s:restriction base="s:int"/>'
        '</s:simpleType><s:complexType name="Node">')
    code, out, errors = wsdl(shared, "diff", written(shared, "old.wsdl", SHOWN),
                             written(shared, "new.wsdl", text))
    assert code == status, out + errors
    assert told is None and out == "" or told in out.splitlines()
    assert listed(shared) == []


def test_diff_is_about_the_operations_that_services_call(home):
    config = configure(home, ("crm", "o"))
    add(home, written(home, "crm.wsdl", TWO))
    new = written(home, "new.wsdl", TWO.replace('<operation name="two"><input/></operation>', ""))
    arguments = ("wsdl", "diff", "--config", config, "crm", new)
    assert gateway.run(*arguments, within_s=BUILD_S)[:2] == (0, "")
    code, out, _ = gateway.run(*arguments, "--all", within_s=BUILD_S)
    assert (code, out) == (3, "! two: is gone\n")
    code, out, _ = gateway.run("wsdl", "add", "--config", config, "--name", "crm", new,
                               within_s=BUILD_S)
    assert code == 0 and "none that concern a service" in out


def test_an_installed_program_adds_too(home):
    done = subprocess.run(["meson", "install", "-C", gateway.BUILD, "--no-rebuild", "--quiet",
                           "--destdir", home / "root"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    (program,) = (home / "root").rglob("bin/switchhook")
    done = subprocess.run([program, "wsdl", "add", "--modules", home / "modules",
                           written(home, "crm.wsdl", SIMPLE)], capture_output=True, text=True,
                          timeout=BUILD_S, env=gateway.environment())
    assert done.returncode == 0, done.stderr


# --- beside a running gateway ---

ENVELOPE = (f'<e:Envelope xmlns:e="{customer.ENVELOPE_11}"><e:Body><t:e xmlns:t="urn:t">{{{{uii}}}}'
            "</t:e></e:Body></e:Envelope>")


def test_a_running_gateway_calls_what_was_added_and_keeps_what_it_has(place):
    """From a file to a call without a restart; then a newer version, then a broken one."""
    crm = place.customer(customer.soap_reply(""))
    place.template("crm.xml", ENVELOPE)
    (place.folder / "modules").mkdir()
    gate = place.gateway({"other": gateway.http_service(crm.url("/other"))}, modules="modules")
    config, path = gate.config_file, written(place.folder, "crm.wsdl", SIMPLE)

    def run(*arguments):
        code, out, errors = gateway.run("wsdl", arguments[0], "--config", config, *arguments[1:],
                                        within_s=BUILD_S)
        return code, out + errors
    code, said = run("add", path)
    assert code == 0 and f"process {gate.pid}, has it loaded" in said
    place.configure({"crm": gateway.soap_service("crm", "o", crm.url("/crm"), "crm.xml")}, modules="modules")
    assert gate.api.reload().status == 200
    event = gate.api.accept("inbound.call_end", {"uii": "4711"})
    assert "4711" in crm.wait(1, "/crm")[0].text
    gate.api.wait_state(event.deliveries["crm"], "delivered")
    path.write_text(TWO)
    code, said = run("add", path)
    assert code == 0 and "has it loaded" in said
    path.write_text(BROKEN)
    assert run("add", path)[0] == 2
    gate.api.accept("inbound.call_end", {"uii": "4712"})
    assert "4712" in crm.wait(2, "/crm")[1].text
    code, said = run("remove", "crm")
    assert code == 2 and "service crm uses WSDL crm" in said


def test_without_a_gateway_it_is_told(home):
    config = configure(home)
    code, out, _ = gateway.run("wsdl", "add", "--config", config,
                               written(home, "crm.wsdl", SIMPLE), within_s=BUILD_S)
    assert code == 0 and "no gateway is running: it takes effect at the next start" in out
