// SPDX-License-Identifier: GPL-3.0-or-later
//
// The text is made first and the root element around it afterwards, when all namespaces are known.

#include "edge/soap_writer.h"
#include "core/template.h"

static const struct {
    const char *namespace, *prefix;
} usual[] = {
    {"http://www.w3.org/2001/XMLSchema", "xsd"},
    {"http://www.w3.org/2001/XMLSchema-instance", "xsi"},
    {"http://schemas.xmlsoap.org/soap/encoding/", "enc"},
    {"http://www.w3.org/2003/05/soap-encoding", "enc12"},
    {"http://www.w3.org/XML/1998/namespace", "xml"},
    {"", ""},
};
enum { XML_PREFIX = 4 }; // never declared

static const char *soap_namespace(const struct soap_writer *writer)
{
    return writer->version == 12 ? "http://www.w3.org/2003/05/soap-envelope"
                                 : "http://schemas.xmlsoap.org/soap/envelope/";
}

void soap_writer_init(struct soap_writer *writer, struct arena *arena, int version, size_t limit)
{
    *writer = (struct soap_writer){.arena = arena, .version = version, .level = 1};
    buf_init(&writer->text, limit);
    // Values may be of type xs:QName, and many types are told by xsi:type.
    soap_writer_prefix(writer, usual[0].namespace);
    soap_writer_prefix(writer, usual[1].namespace);
}

void soap_writer_finish(struct soap_writer *writer)
{
    buf_finish(&writer->text);
}

static const char *new_prefix(struct soap_writer *writer, const char *namespace)
{
    for (size_t i = 0; i < COUNT_OF(usual); i++) {
        if (strcmp(usual[i].namespace, namespace) == 0)
            return usual[i].prefix;
    }
    return arena_printf(writer->arena, "n%zu", ++writer->own_prefixes);
}

static void add_namespace(struct soap_writer *writer, const char *namespace)
{
    size_t size = sizeof(*writer->namespaces);
    if (writer->namespace_count == writer->namespace_capacity) {
        size_t capacity = writer->namespace_capacity ? writer->namespace_capacity * 2 : 8;
        void *namespaces = arena_alloc(writer->arena, capacity * size);
        if (writer->namespace_count)
            memcpy(namespaces, writer->namespaces, writer->namespace_count * size);
        writer->namespaces = namespaces;
        writer->namespace_capacity = capacity;
    }
    size_t at = writer->namespace_count++;
    writer->namespaces[at].name = namespace;
    writer->namespaces[at].prefix = new_prefix(writer, namespace);
}

const char *soap_writer_prefix(struct soap_writer *writer, const char *namespace)
{
    if (!*namespace || strcmp(namespace, usual[XML_PREFIX].namespace) == 0)
        return *namespace ? usual[XML_PREFIX].prefix : "";
    if (strcmp(namespace, soap_namespace(writer)) == 0)
        return "soap";
    size_t i = 0;
    while (i < writer->namespace_count && strcmp(writer->namespaces[i].name, namespace) != 0)
        i++;
    if (i == writer->namespace_count)
        add_namespace(writer, namespace);
    return writer->namespaces[i].prefix;
}

const char *soap_writer_name(struct soap_writer *writer, struct shape_name name)
{
    const char *prefix = soap_writer_prefix(writer, name.namespace);
    if (!*prefix)
        return name.local;
    size_t len = strlen(prefix), local_len = strlen(name.local);
    char *qname = arena_alloc(writer->arena, len + local_len + 2);
    memcpy(qname, prefix, len);
    qname[len] = ':';
    memcpy(qname + len + 1, name.local, local_len + 1);
    return qname;
}

void soap_writer_open(struct soap_writer *writer, const char *name)
{
    buf_add_char(&writer->text, '<');
    buf_add_str(&writer->text, str_from(name));
}

void soap_writer_close(struct soap_writer *writer, const char *name)
{
    buf_add_str(&writer->text, STR("</"));
    buf_add_str(&writer->text, str_from(name));
    buf_add_char(&writer->text, '>');
}

void soap_writer_indent(struct soap_writer *writer)
{
    if (writer->text.len)
        buf_add_char(&writer->text, '\n');
    for (int i = 0; i < writer->level; i++)
        buf_add_str(&writer->text, STR("  "));
}

void soap_writer_escaped(struct soap_writer *writer, const char *text)
{
    template_write_escaped(&writer->text, str_from(text), TEMPLATE_XML);
}

void soap_writer_attribute(struct soap_writer *writer, const char *name, const char *value)
{
    buf_printf(&writer->text, " %s=\"", name);
    soap_writer_escaped(writer, value);
    buf_add_char(&writer->text, '"');
}

static void begin_part(struct soap_writer *writer, const char *name)
{
    soap_writer_indent(writer);
    buf_printf(&writer->text, "<soap:%s>", name);
    writer->level++;
}

static void end_part(struct soap_writer *writer, const char *name)
{
    writer->level--;
    soap_writer_indent(writer);
    buf_printf(&writer->text, "</soap:%s>", name);
}

void soap_writer_begin_header(struct soap_writer *writer)
{
    begin_part(writer, "Header");
}

void soap_writer_end_header(struct soap_writer *writer)
{
    end_part(writer, "Header");
}

void soap_writer_begin_body(struct soap_writer *writer)
{
    begin_part(writer, "Body");
}

void soap_writer_end_body(struct soap_writer *writer)
{
    end_part(writer, "Body");
}

struct str soap_writer_envelope(struct soap_writer *writer, struct str preamble)
{
    AUTO_BUF struct buf all;
    buf_init(&all, SIZE_MAX / 4);
    buf_add_str(&all, STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"));
    buf_add_str(&all, preamble);
    buf_printf(&all, "<soap:Envelope xmlns:soap=\"%s\"", soap_namespace(writer));
    for (size_t i = 0; i < writer->namespace_count; i++) {
        buf_printf(&all, "\n    xmlns:%s=\"", writer->namespaces[i].prefix);
        template_write_escaped(&all, str_from(writer->namespaces[i].name), TEMPLATE_XML);
        buf_add_char(&all, '"');
    }
    buf_add_str(&all, STR(">\n"));
    buf_add_str(&all, buf_str(&writer->text));
    buf_add_str(&all, STR("\n</soap:Envelope>\n"));
    return arena_copy(writer->arena, buf_str(&all));
}
