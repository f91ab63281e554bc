# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges envelopes by the WSDL as it lies in its folder, with libxml2's XML Schema by way of lxml and
nothing of the gateway: which operation has which messages, and what their schemas allow.

What libxml2 cannot compile, and values of SOAP encoding, which no schema describes, are not judged."""

import copy
import os
import pathlib
import re
import tempfile
import urllib.parse

from lxml import etree

XSD = "http://www.w3.org/2001/XMLSchema"
WSDL = "http://schemas.xmlsoap.org/wsdl/"
SOAP = {"http://schemas.xmlsoap.org/wsdl/soap/": "http://schemas.xmlsoap.org/soap/envelope/",
        "http://schemas.xmlsoap.org/wsdl/soap12/": "http://www.w3.org/2003/05/soap-envelope"}
LINKS = {f"{{{XSD}}}{name}" for name in ("import", "include", "redefine")}
# What many refer to and nobody brings; as attributes and elements of any content.
SUPPLIED = {
    "http://www.w3.org/XML/1998/namespace": """<attribute name="lang" type="string"/>
        <attribute name="space" type="NCName"/><attribute name="base" type="anyURI"/>
        <attribute name="id" type="ID"/><attributeGroup name="specialAttrs">
        <anyAttribute namespace="##any" processContents="skip"/></attributeGroup>""",
    "http://www.w3.org/1999/xlink": "".join(f'<attribute name="{name}" type="string"/>' for name in (
        "href", "type", "role", "arcrole", "title", "show", "actuate", "label", "from", "to")),
    "http://www.w3.org/2005/05/xmlmime": """<attribute name="contentType" type="string"/>
        <attribute name="expectedContentTypes" type="string"/>
        <complexType name="base64Binary"><simpleContent><extension base="base64Binary">
        <anyAttribute processContents="skip"/></extension></simpleContent></complexType>""",
}
# The encodings of SOAP: arrays of anything, and each simple type with attributes of any kind.
SIMPLE = """string boolean float double decimal duration dateTime time date hexBinary base64Binary anyURI
    QName normalizedString token integer long int short byte unsignedLong unsignedInt unsignedShort
    unsignedByte nonNegativeInteger positiveInteger NMTOKEN Name NCName language""".split()
ENCODING = "".join(
    f'<complexType name="{name}"><simpleContent><extension base="{name}"><anyAttribute '
    'processContents="skip"/></extension></simpleContent></complexType>' for name in SIMPLE) + """
    <simpleType name="base64"><restriction base="base64Binary"/></simpleType>
    <attribute name="arrayType" type="string"/><attribute name="offset" type="string"/>
    <attributeGroup name="commonAttributes"><anyAttribute processContents="skip"/></attributeGroup>
    <attributeGroup name="arrayAttributes"><anyAttribute processContents="skip"/></attributeGroup>
    <complexType name="Array"><sequence><any processContents="skip" minOccurs="0"
    maxOccurs="unbounded"/></sequence><anyAttribute processContents="skip"/></complexType>"""
SUPPLIED["http://schemas.xmlsoap.org/soap/encoding/"] = ENCODING
SUPPLIED["http://www.w3.org/2003/05/soap-encoding"] = ENCODING
SUPPLIED[XSD] = '<element name="schema"/>'
PARSER = etree.XMLParser(no_network=True, resolve_entities=False, huge_tree=True)


class Unjudged(Exception):
    """There is no verdict, and why."""


def qname(node, text):
    """A name in an attribute as {namespace}local."""
    prefix, _, local = text.strip().rpartition(":")
    return f"{{{node.nsmap.get(prefix or None, '')}}}{local}"


def alone(node, tag):
    """A copy of an element as a document of its own, with all prefixes its values may have."""
    copied = etree.Element(tag, nsmap=node.nsmap, attrib=dict(node.attrib))
    copied.text = node.text
    copied.extend(copy.deepcopy(child) for child in node)
    return etree.ElementTree(copied)


class Wsdl:
    """The documents of a WSDL, the messages of its operations, and its schemas when compiled."""

    def __init__(self, path):
        self.documents, self.schemas = {}, []
        self.add_wsdl(pathlib.Path(path))
        self.compiled = None

    def parse(self, path):
        return etree.parse(str(path), PARSER).getroot()

    def follow(self, base, location):
        """The file that a location names, next to the file that names it; None when it is not there."""
        if not location:
            return None
        if ":" in location:
            location = location.rpartition("/")[2]
        path = pathlib.Path(os.path.normpath(base.parent / urllib.parse.unquote(location)))
        return path if path.is_file() else None

    def add_wsdl(self, path):
        if path in self.documents:
            return
        root = self.documents[path] = self.parse(path)
        if root.tag == f"{{{XSD}}}schema":
            self.schemas.append((root, path))
            return
        for node in root.iter(f"{{{WSDL}}}import"):
            target = self.follow(path, node.get("location"))
            if target:
                self.add_wsdl(target)
        for types in root.iter(f"{{{WSDL}}}types"):
            self.schemas += [(node, path) for node in types.iter(f"{{{XSD}}}schema")]

    def top(self, kind, node, attribute):
        """A definition of the WSDLs by the name in an attribute."""
        wanted = qname(node, node.get(attribute, "")) if node is not None else None
        near = None
        for root in self.documents.values():
            for found in root.findall(f"{{{WSDL}}}{kind}"):
                full = f"{{{root.get('targetNamespace', '')}}}{found.get('name')}"
                if full == wanted:
                    return found
                if wanted and found.get("name") == wanted.rpartition("}")[2]:
                    near = found if near is None else near
        return near

    # --- operations ---

    def bound(self, port_name, name):
        """(binding, its operation, the portType's) of an operation as the gateway calls it."""
        plain, _, variant = name.partition(":")
        for root in self.documents.values():
            for port in list(root.iter(f"{{{WSDL}}}port")) + root.findall(f"{{{WSDL}}}binding"):
                if port.get("name") != port_name:
                    continue
                is_port = port.tag.endswith("port")
                binding = self.top("binding", port, "binding") if is_port else port
                for operation in binding.findall(f"{{{WSDL}}}operation"):
                    abstract = self.abstract(binding, plain, variant)
                    if operation.get("name") == plain and abstract is not None:
                        return binding, operation, abstract
        raise Unjudged("the operation was not found")

    def abstract(self, binding, name, variant):
        port_type = self.top("portType", binding, "type")
        for operation in port_type.findall(f"{{{WSDL}}}operation") if port_type is not None else []:
            source = operation.find(f"{{{WSDL}}}input")
            if operation.get("name") == name and (
                    not variant or variant.isdigit() or
                    (source is not None and source.get("name") == variant)):
                return operation
        return None

    def message(self, port, name):
        """Style, use and namespace of an operation's input, and its parts in the body."""
        binding, operation, abstract = self.bound(port, name)
        extension = next(ns for ns in SOAP if binding.find(f"{{{ns}}}binding") is not None)
        style = binding.find(f"{{{extension}}}binding").get("style", "document")
        own = operation.find(f"{{{extension}}}operation")
        style = own.get("style", style) if own is not None else style
        source = operation.find(f"{{{WSDL}}}input")
        body = next(source.iter(f"{{{extension}}}body"), None) if source is not None else None
        body = body if body is not None else etree.Element("body")
        message = self.top("message", abstract.find(f"{{{WSDL}}}input"), "message")
        parts = message.findall(f"{{{WSDL}}}part") if message is not None else []
        headers = {node.get("part") for node in source.iter(f"{{{extension}}}header")} \
            if source is not None else set()
        attached = {node.get("part") for node in source.iter() if str(node.tag).endswith("}content")} \
            if source is not None else set()
        listed = body.get("parts").split() if body.get("parts") is not None else None
        kept = [part for part in parts if part.get("name") not in attached and (
            part.get("name") in listed if listed is not None else part.get("name") not in headers)]
        return style, body.get("use", "literal"), body.get("namespace", ""), kept

    # --- schemas ---

    def gather(self):
        """[(schema element, namespace)] of all schemas, those of included files as their includer's."""
        found, queue, seen = [], [(node, path, None) for node, path in self.schemas], set()
        while queue:
            node, path, includer = queue.pop(0)
            space = node.get("targetNamespace") or includer or ""
            key = (path, node.sourceline, space)
            if key in seen:
                continue
            seen.add(key)
            found.append((node, space))
            for link in node:
                if link.tag not in LINKS:
                    continue
                target = self.follow(path, link.get("schemaLocation"))
                if target:
                    root = self.parse(target)
                    roots = [root] if root.tag == f"{{{XSD}}}schema" \
                        else list(root.iter(f"{{{XSD}}}schema"))
                    is_import = link.tag.endswith("import")
                    queue += [(inner, target, None if is_import else space) for inner in roots]
        return found

    def compile(self, rpc_parts):
        """One file a schema, and for each namespace one that includes them; imports name those."""
        folder = pathlib.Path(tempfile.mkdtemp(prefix="switchhook-schemas-"))
        schemas = self.gather()
        spaces = list(dict.fromkeys(space for _, space in schemas))
        spaces += [space for space in SUPPLIED if space not in spaces]
        entry = {space: f"space{index}.xsd" for index, space in enumerate(spaces)}
        included = {space: [] for space in spaces}
        for index, (node, space) in enumerate(schemas):
            if any(link.tag == f"{{{XSD}}}redefine" for link in node):
                raise Unjudged("redefine")
            root = etree.Element(node.tag, nsmap=node.nsmap, attrib=dict(node.attrib))
            root.extend(copy.deepcopy(child) for child in node if child.tag not in LINKS)
            for other in spaces:
                if other != space:
                    link = etree.Element(f"{{{XSD}}}import", schemaLocation=entry[other])
                    if other:
                        link.set("namespace", other)
                    root.insert(0, link)
            (folder / f"schema{index}.xsd").write_bytes(etree.tostring(root))
            included[space].append(f"schema{index}.xsd")
        for space in spaces:
            target = f' targetNamespace="{space}"' if space else ""
            content = "".join(f'<include schemaLocation="{name}"/>' for name in included[space])
            content = content or SUPPLIED.get(space, "")
            (folder / entry[space]).write_text(
                f'<schema xmlns="{XSD}"{target}>{content}</schema>', encoding="utf-8")
        driver = folder / "driver.xsd"
        driver.write_text(
            f'<schema xmlns="{XSD}" targetNamespace="urn:driver">' + "".join(
                f'<import schemaLocation="{entry[space]}"' +
                (f' namespace="{space}"' if space else "") + "/>" for space in spaces) +
            rpc_parts + "</schema>", encoding="utf-8")
        try:
            return etree.XMLSchema(etree.parse(str(driver), PARSER))
        except etree.XMLSchemaParseError as error:
            raise Unjudged(f"the WSDL's schemas do not compile: {error}") from None
        finally:
            for file in folder.iterdir():
                file.unlink()
            folder.rmdir()

    def schema(self):
        if self.compiled is None:
            try:
                self.compiled = self.compile("")
            except Unjudged as why:
                self.compiled = why
        if isinstance(self.compiled, Unjudged):
            raise self.compiled
        return self.compiled

    # --- verdicts ---

    def judge(self, port, name, wire):
        """What is wrong with an operation's request, or None. Raises Unjudged."""
        style, use, namespace, parts = self.message(port, name)
        root = etree.fromstring(wire.encode(), PARSER)
        body = root.find(f"{{{etree.QName(root).namespace}}}Body")
        if body is None:
            return "no Body"
        if style == "rpc":
            return self.judge_rpc(body, name.partition(":")[0], use, namespace, parts)
        expected = [qname(part, part.get("element")) for part in parts if part.get("element")]
        if len(expected) != len(parts):
            raise Unjudged("a part of a document has a type")
        if [child.tag for child in body] != expected:
            return f"the Body holds {[child.tag for child in body]}, not {expected}"
        return next(filter(None, map(self.judge_element, body)), None)

    def judge_element(self, node):
        schema = self.schema()
        if schema.validate(alone(node, node.tag)):
            return None
        words = str(schema.error_log[0].message)
        if "declaration available for the validation root" in words:
            raise Unjudged("the WSDL declares the element nowhere")
        return re.sub(r"\{[^}]*\}", "", words)

    def judge_rpc(self, body, name, use, namespace, parts):
        wrapper = body[0] if len(body) else None
        expected = f"{{{namespace}}}{name}" if namespace else name
        if wrapper is None or wrapper.tag != expected:
            return f"the Body does not hold {expected}"
        sent, known = [node.tag for node in wrapper], [part.get("name") for part in parts]
        if sorted(sent) != sorted(known):
            return f"the parts are {sent}, not {known}"
        if use == "encoded":
            raise Unjudged("SOAP encoding")
        if any(part.get("type") is None for part in parts):
            raise Unjudged("rpc with an element")
        declared = "".join(self.declare(part) for part in parts)
        schema = self.compile(declared)
        for node in wrapper:
            if not schema.validate(alone(node, f"{{urn:driver}}{node.tag}")):
                return re.sub(r"\{[^}]*\}", "", str(schema.error_log[0].message))
        return None

    @staticmethod
    def declare(part):
        space, _, local = qname(part, part.get("type"))[1:].rpartition("}")
        prefix, own = ("t:", f' xmlns:t="{space}"') if space else ("", "")
        return f'<element name="{part.get("name")}" nillable="true"{own} type="{prefix}{local}"/>'
