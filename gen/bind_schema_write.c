// SPDX-License-Identifier: GPL-3.0-or-later
//
// Writes the collected declarations as one schema a namespace, which both gSOAP and libxml2 take,
// whatever files and defaults they came from. Every declaration is copied node by node: names get
// prefixes of ours, `form` is written out where the defaults of two schemas differ. For gSOAP a
// nameless simple type inside another gets a name, because it knows only named ones there; for
// libxml2, which takes a schema as a whole or not at all, what is wrong in a declaration is mended
// or the declaration opened. Nothing of this shows on the wire.

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

// --- names ---

static const char *written_name(struct writer *writer, struct qname name)
{
    struct reader *reader = writer->reader;
    bool is_xsd = strcmp(name.namespace, XSD_NS) == 0;
    const struct space *space = space_of(reader, name.namespace);
    if (!space)
        return name.name;
    size_t index = (size_t)(space - reader->schemas->spaces);
    if (!is_xsd || strcmp(name.name, "schema") == 0) // an element, and no type of XML Schema
        writer->uses_space[index] = true;
    if (!*name.namespace)
        return name.name;
    if (is_xsd)
        return arena_printf(reader->arena, "xs:%s", name.name);
    if (strcmp(name.namespace, XML_NS) == 0)
        return arena_printf(reader->arena, "xml:%s", name.name);
    return arena_printf(reader->arena, "n%zu:%s", index, name.name);
}

// gSOAP may bring the type, but libxml2 has only what is written.
static bool is_unknown(const struct writer *writer, enum component_kind kind, struct qname name)
{
    if (!is_elsewhere(writer->reader, name.namespace))
        return true;
    bool is_written = schemas_is_written(name.namespace);
    if (kind == KIND_TYPE && is_written)
        return !supplied_has(name);
    return !writer->is_for_gsoap && !is_written;
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
        if (!found && is_unknown(writer, kind, name))
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

// A value of QName's own kind, whose prefix has to be ours.
static bool is_qname_facet(struct writer *writer, const xmlNode *node)
{
    const xmlNode *restriction = node->parent;
    if (writer->is_for_gsoap || !is_node(node, XSD_NS, "enumeration") ||
        !is_node(restriction, XSD_NS, "restriction"))
        return false;
    const char *base = attribute_of(writer->reader, restriction, "base");
    struct qname name;
    return !resolve(writer->reader, writer->component, restriction, KIND_TYPE, base, &name) &&
           strcmp(name.namespace, XSD_NS) == 0 && strcmp(name.name, "QName") == 0;
}

static bool is_defined(struct writer *writer, const xmlNode *node, const char *element)
{
    struct qname name;
    return resolve(writer->reader, writer->component, node, KIND_ELEMENT, element, &name);
}

// A type within a declaration has no name, whatever some schemas say.
static bool is_local_type(const struct writer *writer, const xmlNode *node)
{
    return node != writer->component->node &&
           (is_node(node, XSD_NS, "simpleType") || is_node(node, XSD_NS, "complexType"));
}

static bool has_control_character(const char *text)
{
    while (*text && (unsigned char)*text >= ' ')
        text++;
    return *text != '\0';
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
        if (strcmp(name, "name") == 0 && is_local_type(writer, from))
            continue;
        const char *value = attribute_of(writer->reader, from, name);
        const struct reference *reference = reference_of((const char *)from->name, name);
        if (strcmp(name, "substitutionGroup") == 0 && !is_defined(writer, from, value))
            continue;
        if (reference)
            value = written_names(writer, from, reference->kind, value);
        bool is_literal = strcmp(name, "value") == 0 || strcmp(name, "default") == 0 ||
                          strcmp(name, "fixed") == 0;
        xmlChar *exact = is_literal ? xmlGetNoNsProp(from, attr->name) : NULL;
        if (exact && writer->is_for_gsoap && has_control_character((const char *)exact)) {
            xmlFree(exact);
            continue;
        }
        if (is_qname_facet(writer, from))
            set(to, name, written_name(writer, qname_of(writer->reader, from, value)));
        else
            set(to, name, exact ? (const char *)exact : value); // blanks there mean something
        xmlFree(exact);
    }
    // Anything means what no schema knows, too, unlike XML Schema's default.
    bool is_wildcard = is_node(from, XSD_NS, "any") || is_node(from, XSD_NS, "anyAttribute");
    if (!writer->is_for_gsoap && is_wildcard &&
        strcmp(attribute_of(writer->reader, from, "processContents"), "skip") != 0)
        set(to, "processContents", "lax");
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
    if (!writer->is_for_gsoap || !is_node(from, XSD_NS, "simpleType") ||
        (!is_list && !is_union && !is_base))
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
    if (found || !is_unknown(writer, reference->kind, name))
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

static xmlNode *add_wildcard(struct writer *writer, xmlNode *parent, const char *namespace)
{
    xmlNode *sequence = xmlNewChild(parent, writer->root->ns, (const xmlChar *)"sequence", NULL);
    xmlNode *any = xmlNewChild(sequence, writer->root->ns, (const xmlChar *)"any", NULL);
    set(any, "namespace", namespace);
    set(any, "processContents", "lax");
    set(any, "minOccurs", "0");
    set(any, "maxOccurs", "unbounded");
    return sequence;
}

static void add_attribute_wildcard(struct writer *writer, xmlNode *parent)
{
    xmlNode *any = xmlNewChild(parent, writer->root->ns, (const xmlChar *)"anyAttribute", NULL);
    set(any, "processContents", "lax");
}

// What was meant stays beside it, for those who read types and check nothing (soap_shape).
static void keep_meant(struct writer *writer, xmlNode *to)
{
    xmlNode *note = xmlNewChild(to, writer->root->ns, (const xmlChar *)"annotation", NULL);
    copy_node(writer, writer->component->node,
              xmlNewChild(note, writer->root->ns, (const xmlChar *)"appinfo", NULL));
}

// A declaration of the same name that lets anything stand there.
static void write_open(struct writer *writer)
{
    const struct component *component = writer->component;
    xmlNode *to = xmlNewChild(writer->root, writer->root->ns, component->node->name, NULL);
    set(to, "name", component->name);
    keep_meant(writer, to);
    if (is_node(component->node, XSD_NS, "complexType"))
        set(to, "mixed", "true"); // its content may be simple
    if (is_node(component->node, XSD_NS, "simpleType")) {
        xmlNode *base = xmlNewChild(to, writer->root->ns, (const xmlChar *)"restriction", NULL);
        set(base, "base", "xs:string");
    } else if (component->kind == KIND_TYPE || component->kind == KIND_GROUP) {
        add_wildcard(writer, to, "##any");
    }
    if (component->kind == KIND_TYPE || component->kind == KIND_ATTRIBUTE_GROUP) {
        if (!is_node(component->node, XSD_NS, "simpleType"))
            add_attribute_wildcard(writer, to);
    }
}

// Content that extends a type that is defined nowhere: what that one holds is in its namespace, and
// comes first.
static bool drop_base(struct writer *writer, const xmlNode *from, xmlNode *parent)
{
    const xmlNode *extension = child_of(from, NULL, XSD_NS, "extension");
    if (writer->is_for_gsoap || !is_node(from, XSD_NS, "complexContent") || !extension)
        return false;
    const char *base = attribute_of(writer->reader, extension, "base");
    struct qname name;
    if (resolve(writer->reader, writer->component, extension, KIND_TYPE, base, &name) ||
        !is_unknown(writer, KIND_TYPE, name))
        return false;
    xmlNode *sequence = add_wildcard(writer, parent, *name.namespace ? name.namespace : "##local");
    for (const xmlNode *child = extension->children; child; child = child->next) {
        bool is_particle = is_node(child, XSD_NS, "sequence") || is_node(child, XSD_NS, "choice") ||
                           is_node(child, XSD_NS, "group");
        if (child->type == XML_ELEMENT_NODE && !is_node(child, XSD_NS, "annotation"))
            copy_node(writer, child, is_particle ? sequence : parent);
    }
    if (!child_of(parent, NULL, XSD_NS, "anyAttribute"))
        add_attribute_wildcard(writer, parent);
    return true;
}

// libxml2 holds decimals of 24 digits and takes no bound beyond them.
static bool is_beyond_bound(const struct writer *writer, const xmlNode *from)
{
    enum { MAX_DIGITS = 24 };
    static const char *const bounds[] = {"minInclusive", "maxInclusive", "minExclusive",
                                         "maxExclusive"};
    size_t digits = 0;
    for (const char *c = attribute_of(writer->reader, from, "value"); *c; c++)
        digits += *c >= '0' && *c <= '9';
    for (size_t i = 0; i < COUNT_OF(bounds) && !writer->is_for_gsoap && digits > MAX_DIGITS; i++) {
        if (is_node(from, XSD_NS, bounds[i]))
            return true;
    }
    return false;
}

// gSOAP writes facets into one line of C. Where that would break it knows none of them; libxml2
// checks them all the same.
static void drop_unfit_facets(const struct writer *writer, const xmlNode *from, xmlNode *to)
{
    bool is_fit = !writer->is_for_gsoap || !is_node(from, XSD_NS, "restriction");
    if (is_fit)
        return;
    is_fit = true;
    for (const xmlNode *child = from->children; child && is_fit; child = child->next) {
        xmlChar *value = child->type == XML_ELEMENT_NODE
                             ? xmlGetNoNsProp(child, (const xmlChar *)"value")
                             : NULL;
        is_fit = !value || !has_control_character((const char *)value);
        xmlFree(value);
    }
    for (xmlNode *child = is_fit ? NULL : to->children, *next; child; child = next) {
        next = child->next;
        if (!is_node(child, XSD_NS, "enumeration") && !is_node(child, XSD_NS, "pattern"))
            continue;
        xmlUnlinkNode(child);
        xmlFreeNode(child);
    }
}

static void copy_node(struct writer *writer, const xmlNode *from, xmlNode *parent)
{
    if (name_nameless(writer, from, parent) || open_reference(writer, from, parent) ||
        drop_base(writer, from, parent) || is_beyond_bound(writer, from))
        return;
    xmlNode *to = xmlNewChild(parent, writer->root->ns, from->name, NULL);
    copy_attributes(writer, from, to);
    copy_children(writer, from, to);
    drop_unfit_facets(writer, from, to);
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
        if (!is_written(writer, writer->component))
            continue;
        if (writer->component->is_open && !is_for_gsoap)
            write_open(writer);
        else
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

static size_t number_texts(struct reader *reader)
{
    for (size_t i = 0; supplied_spaces[i]; i++)
        space_of(reader, supplied_spaces[i]);
    size_t count = 1; // the driver is first
    for (size_t i = 0; i < reader->schemas->space_count; i++) {
        struct space *space = &reader->schemas->spaces[i];
        if (space->is_own || schemas_is_written(space->name))
            space->text_index = (int)count++;
    }
    return count;
}

static void write_texts(struct reader *reader, const char **texts)
{
    texts[0] = driver_text(reader);
    for (size_t i = 0; i < reader->schemas->space_count; i++) {
        const struct space *space = &reader->schemas->spaces[i];
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
}

void schemas_write_texts(struct reader *reader, const char ***ret_texts, size_t *ret_count)
{
    enum { MAX_ROUNDS = 20 }; // what is opened may make another declaration wrong
    size_t count = number_texts(reader);
    const char **texts = arena_alloc(reader->arena, count * sizeof(*texts));
    schemas_open_costly(reader);
    for (int round = 0; round < MAX_ROUNDS; round++) {
        write_texts(reader, texts);
        if (schemas_open_wrong(reader, texts, count) == 0)
            break;
    }
    *ret_texts = texts;
    *ret_count = count;
}
