# SPDX-License-Identifier: GPL-3.0-or-later
"""WSDLs as the generator meets them: what is refused says why and where, quickly; what is chosen is
all that is built."""

import subprocess

import pytest

import gateway
from wsdls import WSDL, definitions, entity_bomb

BIND = gateway.BUILD / "gen" / "bind"


def build(folder, text, name="w"):
    """What wsdl_module says of a WSDL that it refuses."""
    (folder / f"{name}.wsdl").write_text(text)
    done = subprocess.run(
        [gateway.ROOT / "gen/wsdl_module", "build", "--optimize", "0", name,
         folder / f"{name}.wsdl", folder / "w.so", folder / "w.d", BIND, gateway.ROOT / "src", "cc"],
        capture_output=True, text=True, timeout=60, env=gateway.environment())
    assert done.returncode == 1 and not (folder / "w.so").exists()
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


def nested_groups():
    groups = "".join(f'<s:group name="g{i}"><s:sequence><s:group ref="t:g{i + 1}"/>'
                     f'<s:group ref="t:g{i + 1}"/></s:sequence></s:group>' for i in range(60))
    return definitions("", schema=groups + '<s:element name="e"/><s:group name="g60"/>')


@pytest.mark.parametrize("text, words", [
    ("", "w.wsdl:1:1: Document is empty"),
    ("<html/>", "w.wsdl:1: not a WSDL 1.1: the root element is <html>"),
    ('<description xmlns="http://www.w3.org/ns/wsdl"/>', "WSDL 2.0 is not supported"),
    (entity_bomb(), "entity"),
    (definitions("<a>" * 5000 + "</a>" * 5000), "depth"),
    (nested_groups(), "stands for more than 100000 declarations"),
    (definitions("").replace('type="t:p"', 'type="t:gone"'),
     "w.wsdl:6: operation o: the portType does not have it"),
    (f'<definitions xmlns="{WSDL}"/>', "it has no SOAP binding with an operation"),
])
def test_what_cannot_be_a_module_is_told_in_one_sentence(tmp_path, text, words):
    assert words in build(tmp_path, text)


def test_a_file_of_100_megabytes_is_not_read(tmp_path):
    comment = "<!-- " + "y" * 1_000_000 + " -->"
    assert "a file may have 32 MiB" in build(tmp_path, definitions(comment * 100))


def test_no_file_that_is_not_xml_of_the_wsdl_gets_in(tmp_path):
    """Neither by an entity nor by an import; a device would never end."""
    (tmp_path / "secret").write_text("the secret words")
    doctype = f'<!DOCTYPE d [<!ENTITY x SYSTEM "{tmp_path}/secret">]>'
    schema = ('<s:include schemaLocation="/dev/zero"/><s:include schemaLocation="secret"/>'
              '<s:element name="e" type="s:string"/>')
    said = prepare(tmp_path, definitions("<documentation>&x;</documentation>", schema, doctype))
    assert "/dev/zero is not there" in said and "secret is left out: secret:1:1" in said
    assert "secret words" not in said + (tmp_path / "copy.wsdl").read_text()


def prepare(folder, text, only=""):
    (folder / "w.wsdl").write_text(text)
    done = subprocess.run([BIND, "prepare", folder / "w.wsdl", only, "stock", folder / "copy.wsdl",
                           folder / "rename.sed"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_only_the_chosen_operations_and_their_types_are_built(tmp_path):
    schema = ('<s:element name="e" type="t:Base"/><s:complexType name="Base"/>'
              '<s:complexType name="Derived"><s:complexContent><s:extension base="t:Base"/>'
              '</s:complexContent></s:complexType>'
              '<s:element name="other" type="t:Other"/><s:complexType name="Other"/>')
    text = definitions('<operation name="more"><input/></operation>', schema).replace(
        "</portType>", '<operation name="more"><input message="t:n"/></operation></portType>'
        '<message name="n"><part name="p" element="t:other"/></message>')
    prepare(tmp_path, text, only="o")
    copy = (tmp_path / "copy.wsdl").read_text()
    assert 'name="Base"' in copy and 'name="Derived"' in copy and 'name="o"' in copy
    assert "ther" not in copy and "more" not in copy


def test_the_detail_of_a_fault_is_in_the_texts_and_not_in_the_copy(tmp_path):
    schema = ('<s:element name="e"/><s:element name="Refused" type="t:Reason"/>'
              '<s:complexType name="Reason"/><s:element name="other"/>')
    text = definitions("", schema).replace("</operation></portType>", '<fault name="no" message="t:no"/>'
        '</operation></portType><message name="no"><part name="p" element="t:Refused"/></message>')
    prepare(tmp_path, text, only="o")
    assert "Reason" not in (tmp_path / "copy.wsdl").read_text()
    source = module_source(tmp_path, only="o")
    assert 'name=\\"Refused\\"' in source and 'name=\\"Reason\\"' in source
    assert "other" not in source


def module_source(folder, only):
    """What `bind module` writes for the WSDL of prepare(), with the least of what gSOAP would write."""
    (folder / "all.h").write_text('/** Operation "__ns1__o" of service binding "b".\n')
    (folder / "client.c").write_text(
        ' soap_send___ns1__o(struct soap *soap)\n{\n'
        '\tsoap_put___ns1__o(soap, &soap_tmp___ns1__o, "-ns1:o", NULL);\n}\n'
        ' soap_recv___ns1__o(struct soap *soap)\n{\n}\n')
    done = subprocess.run([BIND, "module", "w", folder / "w.wsdl", only, "stock", "digest", "recipe",
                           "w.nsmap", folder / "all.h", folder / "client.c", folder / "module.c"],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return (folder / "module.c").read_text()


def test_one_wrong_declaration_leaves_the_others_checked(tmp_path):
    schema = ('<s:element name="e"><s:complexType><s:sequence><s:element name="a" type="s:int"/>'
              '<s:element ref="t:wrong"/><s:element ref="s:schema"/></s:sequence></s:complexType>'
              '</s:element><s:element name="wrong"><s:complexType><s:sequence><s:any minOccurs="0"/>'
              '<s:element name="x"/></s:sequence></s:complexType></s:element>')
    said = prepare(tmp_path, definitions("", schema))
    assert "wrong passes unchecked, its schema is wrong: local complex type: The content model is " \
        "not determinist." in said
    source = module_source(tmp_path, only="")
    assert '<xs:element name=\\"wrong\\"><xs:annotation>' in source and 'type=\\"xs:int\\"' in source


def test_an_operation_whose_file_is_missing_takes_any_content(tmp_path):
    text = definitions('', '').replace(
        "<message ", '<import namespace="urn:t" location="gone.wsdl"/><message ').replace(
        'type="t:p"', 'type="t:gone"')
    said = prepare(tmp_path, text)
    assert "operation o: the portType does not have it, as gone.wsdl is not there; its body is " \
        "taken for one element {urn:t}o, which passes unchecked" in said


def test_an_operation_that_is_not_there_is_told(tmp_path):
    (tmp_path / "w.wsdl").write_text(definitions("", '<s:element name="e"/>'))
    done = subprocess.run([BIND, "prepare", tmp_path / "w.wsdl", "o,none", "stock", tmp_path / "c",
                           tmp_path / "r"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and done.stderr.endswith("it has no operation none\n")
