// SPDX-License-Identifier: GPL-3.0-or-later
//
// Schemas that no WSDL has to bring: those of XML itself, of SOAP's encodings, and the one element
// of XML Schema that services declare as content. gSOAP knows them; for libxml2 they are texts
// here.

#include "bind_schema.h"

#include <stdio.h>

// xml:lang and its kin, for libxml2; gSOAP knows them.
static const char xml_schema[] =
    "<xs:schema xmlns:xs='" XSD_NS "' targetNamespace='" XML_NS "'>"
    "<xs:attribute name='lang' type='xs:string'/><xs:attribute name='base' type='xs:anyURI'/>"
    "<xs:attribute name='space' type='xs:NCName'/><xs:attribute name='id' type='xs:ID'/>"
    "<xs:attributeGroup name='specialAttrs'><xs:attribute ref='xml:base'/>"
    "<xs:attribute ref='xml:lang'/><xs:attribute ref='xml:space'/></xs:attributeGroup>"
    "</xs:schema>";

// Services of .NET send a schema along with the rows that it describes.
static const char xsd_schema[] = "<xs:schema xmlns:xs='" XSD_NS "' targetNamespace='" XSD_NS "'>"
                                 "<xs:element name='schema'/></xs:schema>";

// What both versions of SOAP's encoding define: arrays, structs and, added by encoding_text, the
// simple types with attributes.
static const char encoding_schema[] =
    "<xs:attribute name='root' type='xs:boolean'/><xs:attribute name='offset' type='xs:string'/>"
    "<xs:attribute name='position' type='xs:string'/>"
    "<xs:attribute name='arrayType' type='xs:string'/>"
    "<xs:attribute name='itemType' type='xs:QName'/>"
    "<xs:attribute name='arraySize' type='xs:string'/>"
    "<xs:attribute name='nodeType' type='xs:string'/>"
    "<xs:attribute name='id' type='xs:ID'/><xs:attribute name='ref' type='xs:IDREF'/>"
    "<xs:attributeGroup name='commonAttributes'><xs:attribute name='id' type='xs:ID'/>"
    "<xs:attribute name='href' type='xs:anyURI'/></xs:attributeGroup>"
    "<xs:attributeGroup name='arrayAttributes'><xs:attribute ref='e:arrayType'/>"
    "<xs:attribute ref='e:offset'/><xs:attribute ref='e:itemType'/>"
    "<xs:attribute ref='e:arraySize'/></xs:attributeGroup>"
    "<xs:group name='Array'><xs:sequence><xs:any namespace='##any' minOccurs='0' "
    "maxOccurs='unbounded' processContents='lax'/></xs:sequence></xs:group>"
    "<xs:complexType name='Array'><xs:group ref='e:Array' minOccurs='0'/>"
    "<xs:attributeGroup ref='e:arrayAttributes'/><xs:attributeGroup ref='e:commonAttributes'/>"
    "</xs:complexType><xs:element name='Array' type='e:Array'/>"
    "<xs:complexType name='Struct'><xs:group ref='e:Array' minOccurs='0'/>"
    "<xs:attributeGroup ref='e:commonAttributes'/></xs:complexType>"
    "<xs:element name='Struct' type='e:Struct'/>"
    "<xs:simpleType name='base64'><xs:restriction base='xs:base64Binary'/></xs:simpleType>";

static const char *const encoded_types[] = {"string",
                                            "boolean",
                                            "float",
                                            "double",
                                            "decimal",
                                            "duration",
                                            "dateTime",
                                            "time",
                                            "date",
                                            "gYearMonth",
                                            "gYear",
                                            "gMonthDay",
                                            "gDay",
                                            "gMonth",
                                            "hexBinary",
                                            "base64Binary",
                                            "anyURI",
                                            "QName",
                                            "normalizedString",
                                            "token",
                                            "language",
                                            "Name",
                                            "NMTOKEN",
                                            "NCName",
                                            "NMTOKENS",
                                            "ID",
                                            "IDREF",
                                            "ENTITY",
                                            "integer",
                                            "nonPositiveInteger",
                                            "negativeInteger",
                                            "long",
                                            "int",
                                            "short",
                                            "byte",
                                            "nonNegativeInteger",
                                            "unsignedLong",
                                            "unsignedInt",
                                            "unsignedShort",
                                            "unsignedByte",
                                            "positiveInteger"};

static const char *encoding_text(struct arena *arena, const char *namespace)
{
    AUTO_BUF struct buf text;
    buf_init(&text, MAX_FILE_BYTES);
    buf_printf(&text, "<xs:schema xmlns:xs='" XSD_NS "' xmlns:e='%s' targetNamespace='%s'>%s",
               namespace, namespace, encoding_schema);
    for (size_t i = 0; i < COUNT_OF(encoded_types); i++)
        buf_printf(&text,
                   "<xs:complexType name='%s'><xs:simpleContent><xs:extension base='xs:%s'>"
                   "<xs:attributeGroup ref='e:commonAttributes'/></xs:extension>"
                   "</xs:simpleContent></xs:complexType><xs:element name='%s' type='e:%s'/>",
                   encoded_types[i], encoded_types[i], encoded_types[i], encoded_types[i]);
    buf_printf(&text, "</xs:schema>");
    return arena_copy(arena, buf_str(&text)).data;
}

const char *const supplied_spaces[] = {XML_NS, XSD_NS, SOAPENC_NS, SOAPENC12_NS, NULL};

bool schemas_is_written(const char *namespace)
{
    for (size_t i = 0; supplied_spaces[i]; i++) {
        if (strcmp(supplied_spaces[i], namespace) == 0)
            return true;
    }
    return false;
}

const char *supplied_text(struct arena *arena, const char *namespace)
{
    if (strcmp(namespace, XML_NS) == 0)
        return xml_schema;
    return strcmp(namespace, XSD_NS) == 0 ? xsd_schema : encoding_text(arena, namespace);
}

bool supplied_has(struct qname name)
{
    static const char *const others[] = {"anyType", "anySimpleType", "NOTATION", "IDREFS",
                                         "ENTITIES"};
    bool is_xsd = strcmp(name.namespace, XSD_NS) == 0;
    bool is_encoding = !is_xsd && strcmp(name.namespace, XML_NS) != 0;
    for (size_t i = 0; i < COUNT_OF(encoded_types); i++) {
        if (strcmp(encoded_types[i], name.name) == 0)
            return true;
    }
    for (size_t i = 0; is_xsd && i < COUNT_OF(others); i++) {
        if (strcmp(others[i], name.name) == 0)
            return true;
    }
    return is_encoding && (strcmp(name.name, "Array") == 0 || strcmp(name.name, "Struct") == 0 ||
                           strcmp(name.name, "base64") == 0);
}
