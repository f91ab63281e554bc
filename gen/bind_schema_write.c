// SPDX-License-Identifier: GPL-3.0-or-later
//
// Writes the collected declarations as one schema a namespace, which both gSOAP and libxml2 take,
// whatever files and defaults they came from. Every declaration is copied node by node: names get
// prefixes of ours, `form` is written out where the defaults of two schemas differ, and a nameless
// simple type inside another gets a name, because gSOAP knows only named ones there. Nothing of
// this shows on the wire.

#include "bind_schema.h"

#include <stdio.h>

#define EXPECTED_NS "http://www.w3.org/2005/05/xmlmime"

struct writer {
    struct reader *reader;
    const struct space *space;
    const struct component *component; // being copied
    xmlNode *root;                     // the schema that is written
    bool is_for_gsoap;
    size_t nameless; // simple types that were given a name
    bool uses_space[MAX_SPACES];
};

// xml:lang and its kin, for libxml2; gSOAP knows them.
static const char xml_schema[] =
    "<xs:schema xmlns:xs='" XSD_NS "' targetNamespace='" XML_NS "'>"
    "<xs:attribute name='lang' type='xs:string'/><xs:attribute name='base' type='xs:anyURI'/>"
    "<xs:attribute name='space' type='xs:NCName'/><xs:attribute name='id' type='xs:ID'/>"
    "<xs:attributeGroup name='specialAttrs'><xs:attribute ref='xml:base'/>"
    "<xs:attribute ref='xml:lang'/><xs:attribute ref='xml:space'/></xs:attributeGroup>"
    "</xs:schema>";

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

static const char *const supplied[] = {XML_NS, SOAPENC_NS, SOAPENC12_NS};

bool schemas_is_written(const char *namespace)
{
    bool is_supplied = false;
    for (size_t i = 0; i < COUNT_OF(supplied); i++)
        is_supplied |= strcmp(supplied[i], namespace) == 0;
    return is_supplied || strcmp(namespace, XSD_NS) == 0;
}

// A schema that no WSDL has to bring.
static const char *supplied_text(struct arena *arena, const char *namespace)
{
    return strcmp(namespace, XML_NS) == 0 ? xml_schema : encoding_text(arena, namespace);
}

// --- names ---

static const char *written_name(struct writer *writer, struct qname name)
{
    struct reader *reader = writer->reader;
    if (!*name.namespace)
        writer->uses_space[space_of(reader, "") - reader->schemas->spaces] = true;
    if (!*name.namespace || strcmp(name.namespace, XML_NS) == 0 ||
        strcmp(name.namespace, XSD_NS) == 0) {
        const char *prefix = !*name.namespace                      ? ""
                             : strcmp(name.namespace, XSD_NS) == 0 ? "xs:"
                                                                   : "xml:";
        if (*prefix == 'x' && prefix[1] == 'm')
            writer->uses_space[space_of(reader, XML_NS) - reader->schemas->spaces] = true;
        return arena_printf(reader->arena, "%s%s", prefix, name.name);
    }
    const struct space *space = space_of(reader, name.namespace);
    if (!space)
        return name.name;
    size_t index = (size_t)(space - reader->schemas->spaces);
    writer->uses_space[index] = true;
    return arena_printf(reader->arena, "n%zu:%s", index, name.name);
}

// gSOAP may bring the type, but libxml2 has only what is written.
static bool is_unknown(const struct writer *writer, struct qname name)
{
    return !is_elsewhere(writer->reader, name.namespace) ||
           (!writer->is_for_gsoap && schemas_is_stock(name.namespace));
}

// What stands for a type that is defined nowhere.
static const char *open_type(const xmlNode *node)
{
    bool is_content = is_node(node->parent, XSD_NS, "complexContent");
    return is_content || is_node(node, XSD_NS, "element") ? "anyType" : "string";
}

// Each name of a blank-separated list.
static const char *written_names(struct writer *writer, const xmlNode *node,
                                 enum component_kind kind, const char *list)
{
    static const char blank[] = " \t\r\n";
    AUTO_BUF struct buf names;
    buf_init(&names, MAX_FILE_BYTES);
    for (const char *at = list + strspn(list, blank); *at; at += strspn(at, blank)) {
        size_t len = strcspn(at, blank);
        const char *text = arena_copy(writer->reader->arena, (struct str){at, len}).data;
        struct qname name;
        struct component *found =
            resolve(writer->reader, writer->component, node, kind, text, &name);
        if (!found && is_unknown(writer, name))
            name = (struct qname){.namespace = XSD_NS, .name = open_type(node)};
        buf_printf(&names, "%s%s", names.len ? " " : "", written_name(writer, name));
        at += len;
    }
    return arena_copy(writer->reader->arena, buf_str(&names)).data;
}

// --- attributes ---

static void set(xmlNode *node, const char *name, const char *value)
{
    xmlSetProp(node, (const xmlChar *)name, (const xmlChar *)value);
}

static xmlNs *root_namespace(struct writer *writer, const char *namespace, const char *prefix)
{
    xmlNs *ns = xmlSearchNsByHref(writer->root->doc, writer->root, (const xmlChar *)namespace);
    return ns ? ns : xmlNewNs(writer->root, (const xmlChar *)namespace, (const xmlChar *)prefix);
}

// The arrayType in a declaration of a SOAP array, or NULL.
static const xmlAttr *array_type_in(const xmlNode *node)
{
    const xmlAttr *found =
        xmlHasNsProp((xmlNode *)node, (const xmlChar *)"arrayType", (const xmlChar *)WSDL_NS);
    for (const xmlNode *child = node->children; child && !found; child = child->next) {
        if (child->type == XML_ELEMENT_NODE)
            found = array_type_in(child);
    }
    return found;
}

// gSOAP names an array within an array by itself, and so a second time when the schemas name it
// too. Then the outer one refers to that type. `array_type` is "p:T[]"; NULL when there is no such
// type.
static const char *named_array(struct writer *writer, const char *array_type)
{
    const struct component *self = writer->component;
    struct schemas *schemas = writer->reader->schemas;
    const char *found = NULL;
    for (size_t i = 0; i < schemas->count && !found; i++) {
        const struct component *component = schemas->components[i];
        const xmlAttr *attr = component->kind == KIND_TYPE ? array_type_in(component->node) : NULL;
        if (!attr || component == self)
            continue;
        writer->component = component;
        xmlChar *value = xmlNodeListGetString(attr->doc, attr->children, 1);
        const char *text = (const char *)value, *brackets = strchrnul(text, '[');
        struct str name = {text, (size_t)(brackets - text)};
        const char *type = written_names(writer, attr->parent, KIND_TYPE,
                                         arena_copy(writer->reader->arena, name).data);
        if (strcmp(arena_printf(writer->reader->arena, "%s%s", type, brackets), array_type) == 0)
            found = written_name(writer, (struct qname){.namespace = component->source->space->name,
                                                        .name = component->name});
        xmlFree(value);
    }
    writer->component = self;
    return found;
}

static const char *written_array(struct writer *writer, const xmlNode *from, const char *text)
{
    struct arena *arena = writer->reader->arena;
    size_t name_len = strcspn(text, "[");
    const char *type = written_names(writer, from, KIND_TYPE,
                                     arena_copy(arena, (struct str){text, name_len}).data);
    const char *brackets = text + name_len;
    const char *inner = writer->is_for_gsoap && strcmp(brackets, "[][]") == 0
                            ? named_array(writer, arena_printf(arena, "%s[]", type))
                            : NULL;
    return inner ? arena_printf(arena, "%s[]", inner) : arena_printf(arena, "%s%s", type, brackets);
}

// Of the attributes of other namespaces, those that say something about the wire.
static void copy_foreign(struct writer *writer, const xmlAttr *attr, const xmlNode *from,
                         xmlNode *to)
{
    bool is_array = strcmp((const char *)attr->name, "arrayType") == 0;
    bool is_xmime = strcmp((const char *)attr->name, "expectedContentTypes") == 0;
    if (!is_array && !is_xmime)
        return;
    xmlChar *value = xmlGetNsProp((xmlNode *)from, attr->name, attr->ns->href);
    const char *text = (const char *)value;
    if (is_array)
        text = written_array(writer, from, text);
    xmlNs *ns = is_array ? root_namespace(writer, WSDL_NS, "wsdl")
                         : root_namespace(writer, EXPECTED_NS, "xmime");
    xmlNewNsProp(to, ns, attr->name, (const xmlChar *)text);
    xmlFree(value);
}

// A local declaration gets its form written out when its own schema has another default.
static void copy_form(struct writer *writer, const xmlNode *from, xmlNode *to)
{
    bool is_element = is_node(from, XSD_NS, "element");
    if (from == writer->component->node || has_attribute(from, "ref") ||
        has_attribute(from, "form") || (!is_element && !is_node(from, XSD_NS, "attribute")))
        return;
    const xmlNode *root = writer->component->source->root;
    const char *option = is_element ? "elementFormDefault" : "attributeFormDefault";
    bool is_qualified = strcmp(attribute_of(writer->reader, root, option), "qualified") == 0;
    bool is_default =
        is_element ? writer->space->qualifies_elements : writer->space->qualifies_attributes;
    if (is_qualified != is_default)
        set(to, "form", is_qualified ? "qualified" : "unqualified");
}

static bool is_defined(struct writer *writer, const xmlNode *node, const char *element)
{
    struct qname name;
    return resolve(writer->reader, writer->component, node, KIND_ELEMENT, element, &name);
}

static void copy_attributes(struct writer *writer, const xmlNode *from, xmlNode *to)
{
    for (const xmlAttr *attr = from->properties; attr; attr = attr->next) {
        const char *name = (const char *)attr->name;
        if (attr->ns) {
            copy_foreign(writer, attr, from, to);
            continue;
        }
        if (strcmp(name, "id") == 0)
            continue; // two schemas may have the same
        const char *value = attribute_of(writer->reader, from, name);
        const struct reference *reference = reference_of((const char *)from->name, name);
        if (strcmp(name, "substitutionGroup") == 0 && !is_defined(writer, from, value))
            continue;
        if (reference)
            value = written_names(writer, from, reference->kind, value);
        bool is_literal = strcmp(name, "value") == 0 || strcmp(name, "default") == 0 ||
                          strcmp(name, "fixed") == 0;
        xmlChar *exact = is_literal ? xmlGetNoNsProp(from, attr->name) : NULL;
        set(to, name, exact ? (const char *)exact : value); // blanks there mean something
        xmlFree(exact);
    }
    if (from == writer->component->node)
        set(to, "name", writer->component->name);
    copy_form(writer, from, to);
}

// --- nodes ---

static void copy_node(struct writer *writer, const xmlNode *from, xmlNode *parent);

static void copy_documentation(struct writer *writer, const xmlNode *from, xmlNode *parent)
{
    if (writer->is_for_gsoap)
        return;
    xmlNode *to = NULL;
    EACH_CHILD(documentation, from, XSD_NS, "documentation")
    {
        xmlChar *text = xmlNodeGetContent(documentation);
        if (!to)
            to = xmlNewChild(parent, writer->root->ns, (const xmlChar *)"annotation", NULL);
        xmlNewTextChild(to, writer->root->ns, (const xmlChar *)"documentation", text);
        xmlFree(text);
    }
}

// The paths of a key have prefixes in them, so it keeps the declarations it stood under.
static void copy_constraint(struct writer *writer, const xmlNode *from, xmlNode *parent)
{
    if (writer->is_for_gsoap)
        return;
    xmlNode *to = xmlDocCopyNode((xmlNode *)from, parent->doc, 1);
    require(to != NULL);
    xmlAddChild(parent, to);
    xmlNs **namespaces = xmlGetNsList(from->doc, from);
    for (size_t i = 0; namespaces && namespaces[i]; i++)
        xmlNewNs(to, namespaces[i]->href, namespaces[i]->prefix);
    xmlFree(namespaces);
    xmlReconciliateNs(parent->doc, to);
}

static void copy_children(struct writer *writer, const xmlNode *from, xmlNode *to)
{
    for (const xmlNode *child = from->children; child; child = child->next) {
        if (child->type != XML_ELEMENT_NODE || !child->ns ||
            strcmp((const char *)child->ns->href, XSD_NS) != 0)
            continue;
        if (is_node(child, XSD_NS, "annotation"))
            copy_documentation(writer, child, to);
        else if (is_node(child, XSD_NS, "key") || is_node(child, XSD_NS, "unique") ||
                 is_node(child, XSD_NS, "keyref"))
            copy_constraint(writer, child, to);
        else
            copy_node(writer, child, to);
    }
}

// A simple type without a name inside list, union or restriction becomes a global one.
static bool name_nameless(struct writer *writer, const xmlNode *from, xmlNode *parent)
{
    bool is_list = is_node(parent, XSD_NS, "list"), is_union = is_node(parent, XSD_NS, "union");
    bool is_base = is_node(parent, XSD_NS, "restriction") && !has_attribute(parent, "base");
    if (!is_node(from, XSD_NS, "simpleType") || (!is_list && !is_union && !is_base))
        return false;
    struct arena *arena = writer->reader->arena;
    const char *own = arena_printf(arena, "Nameless%zu", ++writer->nameless);
    const char *name =
        written_name(writer, (struct qname){.namespace = writer->space->name, .name = own});
    const char *attribute = is_list ? "itemType" : is_union ? "memberTypes" : "base";
    const char *before = attribute_of(writer->reader, parent, attribute);
    set(parent, attribute, arena_printf(arena, "%s%s%s", before, *before ? " " : "", name));
    xmlNode *to = xmlNewChild(writer->root, writer->root->ns, (const xmlChar *)"simpleType", NULL);
    set(to, "name", own);
    copy_children(writer, from, to);
    return true;
}

// A reference to what is defined nowhere lets anything stand there. Attributes are left to the
// wildcard of the type, if it has one.
static bool open_reference(struct writer *writer, const xmlNode *from, xmlNode *parent)
{
    const char *text = attribute_of(writer->reader, from, "ref");
    const struct reference *reference = reference_of((const char *)from->name, "ref");
    if (!*text || !reference)
        return false;
    struct qname name;
    const struct component *found =
        resolve(writer->reader, writer->component, from, reference->kind, text, &name);
    if (found && is_circular(writer->component, found)) {
        reader_note(writer->reader, from, "group %s holds itself; that is left out", name.name);
        return true;
    }
    if (found || !is_unknown(writer, name))
        return false;
    bool is_attribute =
        reference->kind == KIND_ATTRIBUTE || reference->kind == KIND_ATTRIBUTE_GROUP;
    if (is_attribute)
        return true;
    xmlNode *to = xmlNewChild(parent, writer->root->ns, (const xmlChar *)"any", NULL);
    set(to, "processContents", "skip");
    set(to, "minOccurs", "0");
    set(to, "maxOccurs", "unbounded");
    return true;
}

static void copy_node(struct writer *writer, const xmlNode *from, xmlNode *parent)
{
    if (name_nameless(writer, from, parent) || open_reference(writer, from, parent))
        return;
    xmlNode *to = xmlNewChild(parent, writer->root->ns, from->name, NULL);
    copy_attributes(writer, from, to);
    copy_children(writer, from, to);
}

// --- schemas ---

static void add_import(struct writer *writer, const struct space *space)
{
    xmlNode *import =
        xmlNewDocNode(writer->root->doc, writer->root->ns, (const xmlChar *)"import", NULL);
    if (*space->name)
        set(import, "namespace", space->name);
    if (!writer->is_for_gsoap && space->text_index >= 0)
        set(import, "schemaLocation",
            arena_printf(writer->reader->arena, SCHEMA_URL "%d.xsd", space->text_index));
    if (writer->root->children)
        xmlAddPrevSibling(writer->root->children, import);
    else
        xmlAddChild(writer->root, import);
}

static void declare_spaces(struct writer *writer)
{
    struct schemas *schemas = writer->reader->schemas;
    for (size_t i = schemas->space_count; i-- > 0;) {
        const struct space *space = &schemas->spaces[i];
        if (!writer->uses_space[i])
            continue;
        if (*space->name && strcmp(space->name, XML_NS) != 0)
            xmlNewNs(writer->root, (const xmlChar *)space->name,
                     (const xmlChar *)arena_printf(writer->reader->arena, "n%zu", i));
        bool is_read = !writer->is_for_gsoap || space->is_own || schemas_is_stock(space->name);
        if (space != writer->space && is_read)
            add_import(writer, space);
    }
}

static bool is_written(const struct writer *writer, const struct component *component)
{
    enum want want = writer->is_for_gsoap ? WANT_COPY : WANT_TEXTS;
    return component->source->space == writer->space &&
           (component->wanted & want ||
            (!writer->is_for_gsoap && !writer->reader->schemas->is_pruned));
}

// The schema of a namespace in `root`, which is empty.
static void write_space(struct reader *reader, const struct space *space, xmlNode *root,
                        bool is_for_gsoap)
{
    AUTO_FREE struct writer *writer = mem_alloc(sizeof(*writer));
    writer->reader = reader;
    writer->space = space;
    writer->root = root;
    writer->is_for_gsoap = is_for_gsoap;
    if (*space->name)
        set(root, "targetNamespace", space->name);
    set(root, "elementFormDefault", space->qualifies_elements ? "qualified" : "unqualified");
    set(root, "attributeFormDefault", space->qualifies_attributes ? "qualified" : "unqualified");
    for (size_t i = 0; i < reader->schemas->count; i++) {
        writer->component = reader->schemas->components[i];
        if (is_written(writer, writer->component))
            copy_node(writer, writer->component->node, root);
    }
    declare_spaces(writer);
}

static bool has_wanted(const struct reader *reader, const struct space *space)
{
    for (size_t i = 0; i < reader->schemas->count; i++) {
        const struct component *component = reader->schemas->components[i];
        if (component->source->space == space && component->wanted & WANT_COPY)
            return true;
    }
    return false;
}

void schemas_write_inline(struct reader *reader, xmlNode *types)
{
    for (size_t i = 0; reader->schemas && i < reader->schemas->space_count; i++) {
        const struct space *space = &reader->schemas->spaces[i];
        if (!space->is_own || !has_wanted(reader, space))
            continue;
        xmlNode *root = xmlNewChild(types, NULL, (const xmlChar *)"schema", NULL);
        xmlSetNs(root, xmlNewNs(root, (const xmlChar *)XSD_NS, (const xmlChar *)"xs"));
        write_space(reader, space, root, true);
    }
}

static xmlNode *new_schema(xmlDoc **ret_doc)
{
    xmlDoc *doc = *ret_doc = xmlNewDoc((const xmlChar *)"1.0");
    xmlNode *root = xmlNewDocNode(doc, NULL, (const xmlChar *)"schema", NULL);
    require(doc && root);
    xmlDocSetRootElement(doc, root);
    xmlSetNs(root, xmlNewNs(root, (const xmlChar *)XSD_NS, (const xmlChar *)"xs"));
    return root;
}

static const char *text_of(struct reader *reader, xmlDoc *doc)
{
    xmlChar *text;
    int len;
    xmlDocDumpMemoryEnc(doc, &text, &len, "UTF-8");
    require(text != NULL);
    const char *copy = arena_strdup(reader->arena, (const char *)text);
    xmlFree(text);
    xmlFreeDoc(doc);
    return copy;
}

static const char *driver_text(struct reader *reader)
{
    xmlDoc *doc;
    struct writer writer = {.reader = reader, .root = new_schema(&doc)};
    set(writer.root, "targetNamespace", "urn:switchhook:schemas");
    for (size_t i = reader->schemas->space_count; i-- > 0;) {
        const struct space *space = &reader->schemas->spaces[i];
        if (space->text_index >= 0)
            add_import(&writer, space);
    }
    return text_of(reader, doc);
}

void schemas_write_texts(struct reader *reader, const char ***ret_texts, size_t *ret_count)
{
    for (size_t i = 0; i < COUNT_OF(supplied); i++)
        space_of(reader, supplied[i]);
    struct schemas *schemas = reader->schemas;
    size_t count = 1; // the driver is first
    for (size_t i = 0; i < schemas->space_count; i++) {
        struct space *space = &schemas->spaces[i];
        bool is_written = space->is_own || schemas_is_written(space->name);
        if (is_written && strcmp(space->name, XSD_NS) != 0)
            space->text_index = (int)count++;
    }
    const char **texts = arena_alloc(reader->arena, count * sizeof(*texts));
    texts[0] = driver_text(reader);
    for (size_t i = 0; i < schemas->space_count; i++) {
        const struct space *space = &schemas->spaces[i];
        if (space->text_index < 0)
            continue;
        if (!space->is_own) {
            texts[space->text_index] = supplied_text(reader->arena, space->name);
            continue;
        }
        xmlDoc *doc;
        write_space(reader, space, new_schema(&doc), false);
        texts[space->text_index] = text_of(reader, doc);
    }
    *ret_texts = texts;
    *ret_count = count;
}
