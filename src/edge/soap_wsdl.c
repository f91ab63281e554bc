// SPDX-License-Identifier: GPL-3.0-or-later
//
// Follows imports breadth first; a file is known by its path in full, so circles end.

#include "edge/soap_wsdl.h"
#include "edge/file.h"
#include "edge/soap_document.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/uri.h>
#include <limits.h>
#include <stdlib.h>

enum {
    MAX_FILES = 1000,
    MAX_FILE_BYTES = 32 * 1024 * 1024,
    MAX_BYTES = 64 * 1024 * 1024,
    PARSE_OPTIONS = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING,
};

struct wsdl_file {
    const char *path; // in full
    struct str text;
};

struct soap_wsdl {
    struct arena *arena;
    struct wsdl_file files[MAX_FILES];
    size_t count, bytes;
};

static bool is_wsdl_namespace(const char *namespace)
{
    return strcmp(namespace, "http://schemas.xmlsoap.org/wsdl/") == 0;
}

static bool is_address_namespace(const char *namespace)
{
    return strcmp(namespace, "http://schemas.xmlsoap.org/wsdl/soap/") == 0 ||
           strcmp(namespace, "http://schemas.xmlsoap.org/wsdl/soap12/") == 0;
}

// The attribute that says where something is, of elements that import or give an address.
static xmlAttr *place_of(xmlNode *node, bool *ret_is_address)
{
    if (node->type != XML_ELEMENT_NODE || !node->ns || !node->ns->href)
        return NULL;
    const char *namespace = (const char *)node->ns->href, *name = (const char *)node->name;
    bool is_schema = strcmp(namespace, "http://www.w3.org/2001/XMLSchema") == 0;
    *ret_is_address = is_address_namespace(namespace) && strcmp(name, "address") == 0;
    bool is_import = strcmp(name, "import") == 0 || strcmp(name, "include") == 0 ||
                     strcmp(name, "redefine") == 0;
    if (is_schema && is_import)
        return xmlHasProp(node, (const xmlChar *)"schemaLocation");
    if (*ret_is_address || (is_wsdl_namespace(namespace) && is_import))
        return xmlHasProp(node, (const xmlChar *)"location");
    return NULL;
}

// Steps through a document, element by element.
static xmlNode *next_node(xmlNode *node)
{
    if (node->children && node->type == XML_ELEMENT_NODE)
        return node->children;
    while (node && !node->next)
        node = node->parent;
    return node ? node->next : NULL;
}

// The file that `location` means next to `from`, in full; NULL when it is no file.
static char *file_at(struct arena *arena, const char *from, const char *location)
{
    if (strstr(location, "://") || !*location)
        return NULL;
    char *plain = xmlURIUnescapeString(location, 0, NULL);
    const char *slash = strrchr(from, '/');
    bool is_absolute = plain && *plain == '/';
    const char *joined = arena_printf(arena, "%.*s%s", is_absolute ? 0 : (int)(slash - from + 1),
                                      from, plain ? plain : location);
    xmlFree(plain);
    char full[PATH_MAX];
    return realpath(joined, full) ? arena_strdup(arena, full) : NULL;
}

static size_t find_file(const struct soap_wsdl *wsdl, const char *path)
{
    size_t i = 0;
    while (i < wsdl->count && strcmp(wsdl->files[i].path, path) != 0)
        i++;
    return i;
}

static bool add_file(struct soap_wsdl *wsdl, const char *path, struct err *err)
{
    struct str text;
    if (wsdl->count == MAX_FILES)
        return err_set(err, ERR_TOO_LARGE, "%s: it imports more than %d files", wsdl->files[0].path,
                       MAX_FILES);
    if (!file_read_text(wsdl->arena, path, MAX_FILE_BYTES, &text, err))
        return err_prefix(err, "%s", path);
    wsdl->bytes += text.len;
    if (wsdl->bytes > MAX_BYTES)
        return err_set(err, ERR_TOO_LARGE, "%s: with its imports it has more than %d MB",
                       wsdl->files[0].path, MAX_BYTES / (1024 * 1024));
    wsdl->files[wsdl->count++] = (struct wsdl_file){path, text};
    return true;
}

static xmlDoc *parse(const struct wsdl_file *file)
{
    return xmlReadMemory(file->text.data, (int)file->text.len, NULL, NULL, PARSE_OPTIONS);
}

static bool follow(struct soap_wsdl *wsdl, const struct wsdl_file *file, xmlNode *root,
                   struct err *err)
{
    for (xmlNode *node = root; node; node = next_node(node)) {
        bool is_address = false;
        const xmlAttr *place = place_of(node, &is_address);
        if (!place || is_address)
            continue;
        xmlChar *location = xmlNodeListGetString(node->doc, place->children, 1);
        const char *path =
            location ? file_at(wsdl->arena, file->path, (const char *)location) : NULL;
        xmlFree(location);
        if (path && find_file(wsdl, path) == wsdl->count && !add_file(wsdl, path, err))
            return false;
    }
    return true;
}

bool soap_wsdl_load(const char *path, struct soap_wsdl **ret, struct err *err)
{
    char full[PATH_MAX];
    struct soap_wsdl *wsdl = mem_alloc(sizeof(*wsdl));
    wsdl->arena = arena_new();
    bool is_good = realpath(path, full)
                       ? add_file(wsdl, arena_strdup(wsdl->arena, full), err)
                       : err_set(err, ERR_NOT_FOUND, "%s: there is no such file", path);
    for (size_t i = 0; i < wsdl->count && is_good; i++) {
        xmlDoc *doc = parse(&wsdl->files[i]);
        is_good =
            doc ? follow(wsdl, &wsdl->files[i], xmlDocGetRootElement(doc), err)
                : err_set(err, ERR_INVALID, "%s: it is no well-formed XML", wsdl->files[i].path);
        xmlFreeDoc(doc);
    }
    if (!is_good) {
        soap_wsdl_free(wsdl);
        return false;
    }
    *ret = wsdl;
    return true;
}

void soap_wsdl_free(struct soap_wsdl *wsdl)
{
    if (!wsdl)
        return;
    arena_free(wsdl->arena);
    free(wsdl);
}

size_t soap_wsdl_count(const struct soap_wsdl *wsdl)
{
    return wsdl->count;
}

static void point(const struct soap_wsdl *wsdl, const struct wsdl_file *file, xmlNode *node,
                  const char *url, struct arena *arena)
{
    bool is_address = false;
    const xmlAttr *place = place_of(node, &is_address);
    if (!place)
        return;
    xmlChar *location = xmlNodeListGetString(node->doc, place->children, 1);
    const char *path =
        !is_address && location ? file_at(arena, file->path, (const char *)location) : NULL;
    xmlFree(location);
    size_t index = path ? find_file(wsdl, path) : wsdl->count;
    if (is_address)
        xmlSetProp(node, place->name, (const xmlChar *)url);
    else if (index < wsdl->count)
        xmlSetProp(node, place->name,
                   (const xmlChar *)arena_printf(arena, "%s?file=%zu", url, index));
}

struct str soap_wsdl_text(const struct soap_wsdl *wsdl, size_t index, const char *url,
                          struct arena *arena)
{
    const struct wsdl_file *file = &wsdl->files[index];
    xmlDoc *doc = parse(file);
    if (!doc)
        return file->text;
    for (xmlNode *node = xmlDocGetRootElement(doc); node; node = next_node(node))
        point(wsdl, file, node, url, arena);
    struct str text = soap_document_text(doc, arena);
    xmlFreeDoc(doc);
    return text;
}
