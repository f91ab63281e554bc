// SPDX-License-Identifier: GPL-3.0-or-later
//
// Files into trees: reads only regular files, within limits, never the network and no entity from
// outside. An import that cannot be had is a note, not a failure: often nothing needs it, and where
// something does, the missing name is told with its place.

#include "bind_xml.h"

#include "base/markup.h"

#include <ctype.h>
#include <errno.h>
#include <libxml/uri.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

enum {
    MAX_NOTES = 200,
    MAX_NAME_BYTES = 2000,
    PARSE_OPTIONS = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOENT |
                    XML_PARSE_NOCDATA | XML_PARSE_BIG_LINES,
};

// --- nodes ---

bool is_node(const xmlNode *node, const char *namespace, const char *name)
{
    return node && node->type == XML_ELEMENT_NODE && node->ns &&
           strcmp((const char *)node->ns->href, namespace) == 0 &&
           strcmp((const char *)node->name, name) == 0;
}

xmlNode *child_of(const xmlNode *parent, const xmlNode *after, const char *namespace,
                  const char *name)
{
    if (!parent)
        return NULL;
    for (xmlNode *node = after ? after->next : parent->children; node; node = node->next) {
        if (is_node(node, namespace, name))
            return node;
    }
    return NULL;
}

bool has_attribute(const xmlNode *node, const char *name)
{
    return node && xmlHasNsProp(node, (const xmlChar *)name, NULL) != NULL;
}

const char *attribute_of(const struct reader *reader, const xmlNode *node, const char *name)
{
    xmlChar *value = node ? xmlGetNoNsProp(node, (const xmlChar *)name) : NULL;
    struct str trimmed = str_trim(str_from((const char *)value));
    const char *copy = arena_copy(reader->arena, trimmed).data;
    xmlFree(value);
    return copy;
}

bool attribute_is(const xmlNode *node, const char *name, const char *value)
{
    const xmlAttr *attr = node ? xmlHasNsProp(node, (const xmlChar *)name, NULL) : NULL;
    const xmlNode *text = attr ? attr->children : NULL;
    bool is_plain = text && text->type == XML_TEXT_NODE && !text->next;
    if (is_plain)
        return str_eq(str_trim(str_from((const char *)text->content)), str_from(value));
    xmlChar *whole = attr ? xmlNodeListGetString(node->doc, text, 1) : NULL;
    bool is_same = str_eq(str_trim(str_from((const char *)whole)), str_from(value));
    xmlFree(whole);
    return is_same;
}

struct qname qname_of(const struct reader *reader, const xmlNode *node, const char *text)
{
    const char *colon = strchr(text, ':');
    const char *prefix =
        colon ? arena_copy(reader->arena, (struct str){text, (size_t)(colon - text)}).data : NULL;
    const xmlNs *found = xmlSearchNs(node->doc, (xmlNode *)node, (const xmlChar *)prefix);
    const char *namespace = found && found->href ? (const char *)found->href : "";
    if (!found && prefix && (strcmp(prefix, "xsd") == 0 || strcmp(prefix, "xs") == 0))
    namespace = XSD_NS; // what everybody means by it
    else if (strcmp(namespace, "http://www.w3.org/1999/XMLSchema") == 0 ||
             strcmp(namespace, "http://www.w3.org/2000/10/XMLSchema") == 0) namespace =
        XSD_NS; // drafts, with the same names
    return (struct qname){.namespace = arena_strdup(reader->arena, namespace),
                          .name = colon ? colon + 1 : text,
                          .is_bound = found || !colon,
                          .is_plain = !colon && !*namespace};
}

// --- notes ---

const char *reader_path_of(const struct reader *reader, const xmlNode *node)
{
    for (size_t i = 0; i < reader->file_count; i++) {
        if (reader->files[i].doc == node->doc)
            return reader->files[i].path;
    }
    return reader->path;
}

// Relative to the WSDL's folder where it lies below it.
static const char *short_path(const struct reader *reader, const char *path)
{
    if (reader->file_count == 0)
        return path;
    const char *first = reader->files[0].path, *slash = strrchr(first, '/');
    size_t folder = slash ? (size_t)(slash - first) + 1 : 0;
    return strncmp(path, first, folder) == 0 ? path + folder : path;
}

const char *reader_place(const struct reader *reader, const xmlNode *node)
{
    return arena_printf(reader->arena, "%s:%ld", short_path(reader, reader_path_of(reader, node)),
                        xmlGetLineNo(node));
}

void reader_note(struct reader *reader, const xmlNode *node, const char *format, ...)
{
    char text[500];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    const char *note = node
                           ? arena_printf(reader->arena, "%s: %s", reader_place(reader, node), text)
                           : arena_strdup(reader->arena, text);
    for (size_t i = 0; i < reader->note_count; i++) {
        if (strcmp(reader->notes[i], note) == 0)
            return;
    }
    if (reader->note_count < MAX_NOTES)
        reader->notes[reader->note_count++] = note;
}

// --- files ---

static const char *canonical(const struct reader *reader, const char *path)
{
    char real[PATH_MAX];
    return arena_strdup(reader->arena, realpath(path, real) ? real : path);
}

static xmlParserInput *refuse_external(const char *url, const char *id, xmlParserCtxt *parser)
{
    (void)url, (void)id, (void)parser;
    return NULL;
}

// A copy of a WSDL lies in one folder, so that an import may lead elsewhere than its location says.
// Then imports.tsv, next to the WSDL, has a line for it: the file that imports, the location as it
// is written, the file that is meant; paths are relative to the folder.
static void read_known_imports(struct reader *reader)
{
    const char *slash = strrchr(reader->path, '/');
    int folder = slash ? (int)(slash - reader->path) + 1 : 0;
    FILE *file = fopen(arena_printf(reader->arena, "%.*simports.tsv", folder, reader->path), "re");
    if (!file)
        return;
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, file) > 0) {
        char *location = strchr(line, '\t'), *to = location ? strchr(location + 1, '\t') : NULL;
        if (!to)
            continue;
        *location++ = *to++ = '\0';
        to[strcspn(to, "\n")] = '\0';
        const char *from = arena_printf(reader->arena, "%.*s%s", folder, reader->path, line);
        char *path = arena_printf(reader->arena, "%.*s%s", folder, reader->path, to);
        xmlHashAddEntry2(reader->known, (const xmlChar *)location,
                         (const xmlChar *)canonical(reader, from), path);
    }
    free(line);
    fclose(file);
}

struct reader *reader_new(struct arena *arena, const char *path, struct err *err)
{
    xmlSetExternalEntityLoader(refuse_external);
    struct reader *reader = mem_alloc(sizeof(*reader));
    reader->arena = arena;
    reader->path = path;
    reader->err = err;
    reader->notes = arena_alloc(arena, MAX_NOTES * sizeof(*reader->notes));
    reader->imports = arena_alloc(arena, MAX_IMPORTS * sizeof(*reader->imports));
    reader->known = xmlHashCreate(0);
    reader->met = xmlHashCreate(0);
    require(reader->known && reader->met);
    read_known_imports(reader);
    return reader;
}

void reader_free(struct reader **reader)
{
    if (!*reader)
        return;
    schemas_free((*reader)->schemas);
    xmlHashFree((*reader)->known, NULL);
    xmlHashFree((*reader)->met, NULL);
    for (size_t i = 0; i < (*reader)->file_count; i++)
        xmlFreeDoc((*reader)->files[i].doc);
    free(*reader);
}

static bool fail_parse(struct reader *reader, const char *path, xmlParserCtxt *parser)
{
    const xmlError *error = xmlCtxtGetLastError(parser);
    const char *message = error && error->message ? error->message : "not readable as XML";
    return err_set(reader->err, ERR_INVALID, "%s:%d:%d: %.*s", short_path(reader, path),
                   error ? error->line : 0, error ? error->int2 : 0, (int)strcspn(message, "\n"),
                   message);
}

// The bytes of a regular file within the limits; empty with reader->err set.
static struct str file_bytes(struct reader *reader, const char *path)
{
    struct str none = {NULL, 0};
    struct stat facts;
    FILE *file = stat(path, &facts) == 0 && S_ISREG(facts.st_mode) ? fopen(path, "re") : NULL;
    if (!file) {
        err_set(reader->err, ERR_IO, "%s: %s", path, errno ? strerror(errno) : "not a file");
        return none;
    }
    if (facts.st_size > MAX_FILE_BYTES || reader->bytes + (size_t)facts.st_size > MAX_TOTAL_BYTES) {
        fclose(file);
        err_set(reader->err, ERR_TOO_LARGE,
                "%s: %lld bytes; a file may have %d MiB, a WSDL with all it imports %d MiB", path,
                (long long)facts.st_size, MAX_FILE_BYTES >> 20, MAX_TOTAL_BYTES >> 20);
        return none;
    }
    char *data = mem_alloc((size_t)facts.st_size + 1);
    size_t len = fread(data, 1, (size_t)facts.st_size, file);
    fclose(file);
    reader->bytes += len;
    return (struct str){data, len};
}

// gSOAP writes names and namespaces into C, into strings and comments. None may end these.
static bool is_fit_for_c(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i], next = i + 1 < text.len ? text.data[i + 1] : '\0';
        if ((unsigned char)c < ' ' || c == '"' || c == '\\' || (c == '*' && next == '/'))
            return false;
    }
    return true;
}

static bool check_name(struct reader *reader, const char *path, const xmlNode *node,
                       const char *title, const char *value)
{
    struct str text = str_trim(str_from(value));
    if (text.len > MAX_NAME_BYTES)
        return err_set(reader->err, ERR_TOO_LARGE, "%s:%ld: %s of <%s> has %zu bytes, more than %d",
                       short_path(reader, path), xmlGetLineNo(node), title,
                       (const char *)node->name, text.len, MAX_NAME_BYTES);
    return is_fit_for_c(text) ||
           err_set(reader->err, ERR_INVALID,
                   "%s:%ld: %s of <%s> has a quote, backslash, control character or comment's end",
                   short_path(reader, path), xmlGetLineNo(node), title, (const char *)node->name);
}

static bool check_names(struct reader *reader, const char *path, const xmlNode *node)
{
    static const char *const titles[] = {"name", "targetNamespace", "namespace", "ref", "type",
                                         "base", "element"};
    for (const xmlNs *ns = node->nsDef; ns; ns = ns->next) {
        if (!check_name(reader, path, node, "a namespace", (const char *)ns->href))
            return false;
    }
    bool is_mime = is_node(node, MIME_NS, "content"); // its type may be "*/*"
    for (size_t i = 0; i < COUNT_OF(titles) && !is_mime; i++) {
        const char *value =
            has_attribute(node, titles[i]) ? attribute_of(reader, node, titles[i]) : "";
        if (!check_name(reader, path, node, titles[i], value))
            return false;
    }
    for (const xmlNode *child = node->children; child; child = child->next) {
        if (child->type == XML_ELEMENT_NODE && !is_node(child, XSD_NS, "annotation") &&
            !is_node(child, WSDL_NS, "documentation") && !check_names(reader, path, child))
            return false;
    }
    return true;
}

static xmlDoc *parse(struct reader *reader, const char *path)
{
    errno = 0;
    struct str bytes = file_bytes(reader, path);
    if (!bytes.data)
        return NULL;
    const char *refusal = markup_refusal(bytes);
    if (refusal) {
        err_set(reader->err, ERR_INVALID, "%s: %s", short_path(reader, path), refusal);
        free((char *)bytes.data);
        return NULL;
    }
    xmlParserCtxt *parser = xmlNewParserCtxt();
    require(parser != NULL);
    xmlDoc *doc = xmlCtxtReadMemory(parser, bytes.data, (int)bytes.len, path, NULL, PARSE_OPTIONS);
    if (!doc || !xmlDocGetRootElement(doc)) {
        fail_parse(reader, path, parser);
        xmlFreeDoc(doc);
        doc = NULL;
    } else if (!check_names(reader, path, xmlDocGetRootElement(doc))) {
        xmlFreeDoc(doc);
        doc = NULL;
    }
    xmlFreeParserCtxt(parser);
    free((char *)bytes.data);
    return doc;
}

struct reader_file *reader_load(struct reader *reader, const char *path)
{
    path = canonical(reader, path);
    for (size_t i = 0; i < reader->file_count; i++) {
        if (strcmp(reader->files[i].path, path) == 0)
            return &reader->files[i];
    }
    if (reader->file_count == MAX_FILES) {
        err_set(reader->err, ERR_TOO_LARGE, "%s: imports more than %d files", reader->path,
                MAX_FILES);
        return NULL;
    }
    xmlDoc *doc = parse(reader, path);
    if (!doc)
        return NULL;
    struct reader_file *file = &reader->files[reader->file_count++];
    *file = (struct reader_file){.path = path, .doc = doc};
    return file;
}

// --- locations ---

static bool is_url(const char *location)
{
    size_t scheme = 0;
    while (isalpha((unsigned char)location[scheme]))
        scheme++;
    return scheme > 1 && location[scheme] == ':';
}

static bool is_file(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISREG(facts.st_mode);
}

// Where a location may lie: as it is written, then unescaped; of a URL the last step, next to the
// file that names it, because that is how people save what a WSDL imports.
static const char *find_location(const struct reader *reader, const char *base,
                                 const char *location)
{
    if (strncmp(location, "file:", 5) == 0)
        location += strncmp(location, "file://", 7) == 0 ? 7 : 5;
    const char *slash = strrchr(base, '/');
    int folder = slash ? (int)(slash - base) + 1 : 0;
    if (is_url(location)) {
        const char *step = strrchr(location, '/');
        location = step ? step + 1 : location;
    }
    if (!*location)
        return NULL;
    const char *path =
        *location == '/' ? location : arena_printf(reader->arena, "%.*s%s", folder, base, location);
    if (is_file(path))
        return path;
    char *plain = arena_strdup(reader->arena, path);
    xmlURIUnescapeString(path, 0, plain);
    plain[strcspn(plain, "#")] = '\0';
    for (char *c = plain; *c; c++)
        *c = *c == '\\' ? '/' : *c;
    if (is_file(plain))
        return plain;
    plain[strcspn(plain, "?")] = '\0';
    return is_file(plain) ? plain : NULL;
}

// For wsdl_files. One with a control character in its location cannot be told in a line.
static void record_import(struct reader *reader, const char *from, const char *location,
                          const char *to)
{
    for (const char *c = location; *c; c++) {
        if ((unsigned char)*c < ' ')
            return;
    }
    if (reader->import_count < MAX_IMPORTS &&
        xmlHashAddEntry2(reader->met, (const xmlChar *)location, (const xmlChar *)from, reader) ==
            0)
        reader->imports[reader->import_count++] = (struct wsdl_import){from, location, to};
}

struct reader_file *reader_follow(struct reader *reader, const xmlNode *node, const char *location)
{
    const char *from = reader_path_of(reader, node);
    const char *known =
        xmlHashLookup2(reader->known, (const xmlChar *)location, (const xmlChar *)from);
    const char *path = known ? known : find_location(reader, from, location);
    if (!path || !is_file(path)) {
        bool is_stock = schemas_is_known(attribute_of(reader, node, "namespace"));
        if (known || !is_stock)
            record_import(reader, from, location, "");
        if (is_stock)
            return NULL;
        reader_note(reader, node, "%s is not there; put the file next to this one", location);
        if (!reader->absent)
            reader->absent = arena_strdup(reader->arena, location);
        return NULL;
    }
    record_import(reader, from, location, canonical(reader, path));
    struct err *err = reader->err, own;
    reader->err = &own;
    struct reader_file *file = reader_load(reader, path);
    reader->err = err;
    if (!file)
        reader_note(reader, node, "%s is left out: %s", location, own.text);
    return file;
}
