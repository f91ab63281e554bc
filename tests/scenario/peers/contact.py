# SPDX-License-Identifier: GPL-3.0-or-later
"""A customer's service for calls as WSDLs of the three styles, for peers that serve a WSDL given to
them: PHP's SoapServer, npm `soap`, SOAP::Lite. Each WSDL has a port of SOAP 1.1 and one of 1.2.

One operation after the other needs: a header, an abstract type, an array of texts and a nil; arrays
in arrays; a typed fault and a derived type in the reply; no reply at all."""

NAMESPACE = "urn:example:contact"
DOCUMENT, RPC, ENCODED = "document", "rpc", "encoded"

OPERATIONS = {  # name: (input, output); None: one-way
    "LogCall": ([("uii", "xs:string"), ("timing", "c:Timing"), ("party", "c:Party"),
                 ("tags", "c:ArrayOfString")],
                [("caseId", "xs:string"), ("timing", "c:Timing"), ("party", "c:Party"),
                 ("tags", "c:ArrayOfString")]),
    "SubmitSurvey": ([("uii", "xs:string"), ("answers", "c:ArrayOfAnswer")],
                     [("summary", "c:Summary")]),
    "FindParty": ([("phone", "xs:string")], [("party", "c:Party")]),
    "Notify": ([("text", "xs:string")], None),
}

TYPES = """
  <xs:complexType name="Party" abstract="true"><xs:sequence>
    <xs:element name="name" type="xs:string"/>
    <xs:element name="phone" type="xs:string" minOccurs="0"/>
  </xs:sequence></xs:complexType>
  <xs:complexType name="Person"><xs:complexContent><xs:extension base="c:Party"><xs:sequence>
    <xs:element name="born" type="xs:date" minOccurs="0"/>
  </xs:sequence></xs:extension></xs:complexContent></xs:complexType>
  <xs:complexType name="Company"><xs:complexContent><xs:extension base="c:Party"><xs:sequence>
    <xs:element name="taxId" type="xs:string"/>
    <xs:element name="branches" type="xs:int"/>
  </xs:sequence></xs:extension></xs:complexContent></xs:complexType>
  <xs:complexType name="Timing"><xs:sequence>
    <xs:element name="startedAt" type="xs:dateTime"/>
    <xs:element name="durationSeconds" type="xs:int" nillable="true"/>
  </xs:sequence></xs:complexType>
  <xs:complexType name="Answer"><xs:sequence>
    <xs:element name="question" type="xs:string"/>
    <xs:element name="score" type="xs:int" nillable="true"/>
    <xs:element name="choices" type="c:ArrayOfString" minOccurs="0"/>
  </xs:sequence></xs:complexType>
  <xs:complexType name="Summary"><xs:sequence>
    <xs:element name="count" type="xs:int"/>
    <xs:element name="total" type="xs:int"/>
    <xs:element name="questions" type="c:ArrayOfString"/>
  </xs:sequence></xs:complexType>
  <xs:complexType name="NotFound"><xs:sequence>
    <xs:element name="phone" type="xs:string"/>
    <xs:element name="reason" type="xs:string"/>
  </xs:sequence></xs:complexType>
  <xs:complexType name="Session"><xs:sequence>
    <xs:element name="token" type="xs:string"/>
    <xs:element name="tenant" type="xs:string"/>
  </xs:sequence></xs:complexType>
  <xs:element name="Session" type="c:Session"/>
  <xs:element name="NotFound" type="c:NotFound"/>"""


def array_type(style, item):
    name = item.partition(":")[2]
    name = name[0].upper() + name[1:]
    if style == ENCODED:
        return f"""
  <xs:complexType name="ArrayOf{name}"><xs:complexContent><xs:restriction base="soapenc:Array">
    <xs:attribute ref="soapenc:arrayType" wsdl:arrayType="{item}[]"/>
  </xs:restriction></xs:complexContent></xs:complexType>"""
    return f"""
  <xs:complexType name="ArrayOf{name}"><xs:sequence>
    <xs:element name="item" type="{item}" minOccurs="0" maxOccurs="unbounded"/>
  </xs:sequence></xs:complexType>"""


def wrapper(name, children):
    elements = "".join(f'<xs:element name="{child}" type="{type_}"/>' for child, type_ in children)
    return f"""
  <xs:element name="{name}"><xs:complexType><xs:sequence>{elements}</xs:sequence></xs:complexType>
  </xs:element>"""


def messages(name):
    """(message's name, element's name, children) of an operation."""
    sent, answered = OPERATIONS[name]
    yield f"{name}Input", name, sent
    if answered is not None:
        yield f"{name}Output", f"{name}Response", answered


def schema(style):
    form = "qualified" if style == DOCUMENT else "unqualified"
    wrappers = [wrapper(element, children) for name in OPERATIONS
                for _, element, children in messages(name)] if style == DOCUMENT else []
    imports = ('<xs:import namespace="http://schemas.xmlsoap.org/soap/encoding/"/>'
               if style == ENCODED else "")
    return (f'<xs:schema targetNamespace="{NAMESPACE}" elementFormDefault="{form}">{imports}'
            f'{array_type(style, "xs:string")}{array_type(style, "c:Answer")}{TYPES}'
            f'{"".join(wrappers)}</xs:schema>')


def part(style, name, type_, element):
    kind = f'type="{type_}"' if style == ENCODED or not element else f'element="{element}"'
    return f'<wsdl:part name="{name}" {kind}/>'


def message(style, name, element, children):
    if style == DOCUMENT:
        parts = part(style, "parameters", "", f"c:{element}")
    else:
        parts = "".join(part(style, child, type_, None) for child, type_ in children)
    return f'<wsdl:message name="{name}">{parts}</wsdl:message>'


def port_type():
    rows = []
    for name, (_, answered) in OPERATIONS.items():
        output = f'<wsdl:output message="c:{name}Output"/>' if answered is not None else ""
        fault = '<wsdl:fault name="NotFound" message="c:NotFoundMessage"/>' \
            if name == "FindParty" else ""
        rows.append(f'<wsdl:operation name="{name}"><wsdl:input message="c:{name}Input"/>'
                    f"{output}{fault}</wsdl:operation>")
    return f'<wsdl:portType name="Contact">{"".join(rows)}</wsdl:portType>'


def binding(style, prefix):
    use = 'use="literal"'
    if style == ENCODED:
        encoding = {"soap": "http://schemas.xmlsoap.org/soap/encoding/",
                    "soap12": "http://www.w3.org/2003/05/soap-encoding"}[prefix]
        use = f'use="encoded" encodingStyle="{encoding}"'
    if style != DOCUMENT:
        use += f' namespace="{NAMESPACE}"'
    body, rows = f"<{prefix}:body {use}/>", []
    for name, (_, answered) in OPERATIONS.items():
        header = f'<{prefix}:header message="c:SessionMessage" part="Session" {use}/>' \
            if name == "LogCall" else ""
        output = f"<wsdl:output>{body}</wsdl:output>" if answered is not None else ""
        fault = f'<wsdl:fault name="NotFound"><{prefix}:fault name="NotFound" {use}/></wsdl:fault>' \
            if name == "FindParty" else ""
        rows.append(f'<wsdl:operation name="{name}">'
                    f'<{prefix}:operation soapAction="{NAMESPACE}/{name}"/>'
                    f"<wsdl:input>{header}{body}</wsdl:input>{output}{fault}</wsdl:operation>")
    wire = "document" if style == DOCUMENT else "rpc"
    return (f'<wsdl:binding name="Contact_{prefix}" type="c:Contact"><{prefix}:binding '
            f'style="{wire}" transport="http://schemas.xmlsoap.org/soap/http"/>'
            f'{"".join(rows)}</wsdl:binding>')


def wsdl(style, url):
    texts = [message(style, *each) for name in OPERATIONS for each in messages(name)]
    texts.append(f'<wsdl:message name="NotFoundMessage">'
                 f'{part(style, "fault", "c:NotFound", "c:NotFound")}</wsdl:message>')
    texts.append(f'<wsdl:message name="SessionMessage">'
                 f'{part(style, "Session", "c:Session", "c:Session")}</wsdl:message>')
    ports = "".join(f'<wsdl:port name="Contact_{prefix}" binding="c:Contact_{prefix}">'
                    f'<{prefix}:address location="{url}"/></wsdl:port>'
                    for prefix in ("soap", "soap12"))
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:c="{NAMESPACE}"
  xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:xs="http://www.w3.org/2001/XMLSchema"
  xmlns:soap12="http://schemas.xmlsoap.org/wsdl/soap12/"
  xmlns:soapenc="http://schemas.xmlsoap.org/soap/encoding/" targetNamespace="{NAMESPACE}">
<wsdl:types>{schema(style)}</wsdl:types>
{"".join(texts)}
{port_type()}
{binding(style, "soap")}
{binding(style, "soap12")}
<wsdl:service name="ContactService">{ports}</wsdl:service>
</wsdl:definitions>
"""
