# SPDX-License-Identifier: GPL-3.0-or-later
"""Small WSDLs for tests that change them."""

WSDL = "http://schemas.xmlsoap.org/wsdl/"
XS = "http://www.w3.org/2001/XMLSchema"


def definitions(content, schema="", doctype=""):
    """A WSDL with operation `o`, whose input is element `e`."""
    return f"""{doctype}<definitions xmlns="{WSDL}" xmlns:t="urn:t" targetNamespace="urn:t">
<types><s:schema xmlns:s="{XS}" targetNamespace="urn:t">{schema}</s:schema></types>
<message name="m"><part name="p" element="t:e"/></message>
<portType name="p"><operation name="o"><input message="t:m"/></operation></portType>
<binding name="b" type="t:p"><soap:binding xmlns:soap="{WSDL}soap/"/>
<operation name="o"><input/></operation>{content}</binding></definitions>"""


def entity_bomb():
    entities = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10 if i else "x" * 1000}">'
                       for i in range(10))
    return definitions("&e9;", doctype=f"<!DOCTYPE d [{entities}]>")
