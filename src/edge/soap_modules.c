// SPDX-License-Identifier: GPL-3.0-or-later
//
// Loads modules and finds their operations. A module brings its WSDL's schemas along as text; they
// are compiled here once, and read by libxml2 through URLs of ours, never from a file or the
// network.

#include "edge/soap_modules.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <libxml/parser.h>
#include <libxml/xmlschemas.h>
#include <stdio.h>

enum { MAX_MODULES = 1000 };

struct soap_modules {
    struct module *items;
    size_t count;
};

// --- schemas ---

// Schemas refer to each other by URLs of ours, read from the module being loaded on this thread.
static _Thread_local const struct soap_module *schema_source;

struct schema_input {
    const char *at;
    size_t left;
};

static int schema_input_match(const char *url)
{
    return schema_source &&
           strncmp(url, SOAP_MODULE_SCHEMA_URL, sizeof(SOAP_MODULE_SCHEMA_URL) - 1) == 0;
}

static void *schema_input_open(const char *url)
{
    size_t index = strtoul(url + sizeof(SOAP_MODULE_SCHEMA_URL) - 1, NULL, 10);
    if (index >= schema_source->schema_count)
        return NULL;
    struct schema_input *input = mem_alloc(sizeof(*input));
    struct str text = str_from(schema_source->schemas[index]);
    *input = (struct schema_input){text.data, text.len};
    return input;
}

static int schema_input_read(void *context, char *to, int size)
{
    struct schema_input *input = context;
    size_t len = input->left < (size_t)size ? input->left : (size_t)size;
    memcpy(to, input->at, len);
    input->at += len;
    input->left -= len;
    return (int)len;
}

static int schema_input_close(void *context)
{
    free(context);
    return 0;
}

static void ignore_error(void *context, xmlError *error)
{
    (void)context, (void)error;
}

static void schema_inputs_register(void)
{
    static bool is_done;
    if (is_done)
        return;
    is_done = true;
    xmlInitParser();
    xmlRegisterInputCallbacks(schema_input_match, schema_input_open, schema_input_read,
                              schema_input_close);
}

static xmlSchema *schema_parse(const struct soap_module *table)
{
    if (table->schema_count == 0)
        return NULL;
    schema_source = table;
    xmlSchemaParserCtxt *parser = xmlSchemaNewParserCtxt(SOAP_MODULE_SCHEMA_URL "0.xsd");
    require(parser != NULL);
    xmlSchemaSetParserStructuredErrors(parser, ignore_error, NULL);
    xmlSchema *schema = xmlSchemaParse(parser);
    xmlSchemaFreeParserCtxt(parser);
    schema_source = NULL;
    return schema;
}

static bool has_open_content(const struct soap_module *table)
{
    for (size_t i = 0; i < table->schema_count; i++) {
        if (strstr(table->schemas[i], "anyType") || strstr(table->schemas[i], "anyAttribute"))
            return true;
    }
    return false;
}

// --- modules ---

static void module_close(struct module *module)
{
    soap_shapes_free(module->shapes);
    xmlSchemaFree(module->schema);
    free(module->operations);
    if (module->handle)
        dlclose(module->handle);
}

static bool module_check(const struct soap_module *table, const char *path, struct err *err)
{
    if (!table)
        return err_set(err, ERR_INVALID, "%s: no module: it has no symbol %s", path,
                       SOAP_MODULE_SYMBOL);
    if (table->abi != SOAP_MODULE_ABI)
        return err_set(err, ERR_INVALID,
                       "%s: built for module ABI %u, this gateway takes %u: rebuild it", path,
                       table->abi, SOAP_MODULE_ABI);
    if (table->size != sizeof(struct soap_module))
        return err_set(err, ERR_INVALID,
                       "%s: its table has %u bytes, this gateway's %zu: rebuild it", path,
                       table->size, sizeof(struct soap_module));
    return true;
}

static bool module_open(const char *path, struct module *ret, struct err *err)
{
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return err_set(err, ERR_INVALID, "%s: cannot be loaded as a module: %s", path, dlerror());
    const struct soap_module *table = dlsym(handle, SOAP_MODULE_SYMBOL);
    if (!module_check(table, path, err)) {
        dlclose(handle);
        return false;
    }
    *ret = (struct module){.handle = handle,
                           .table = table,
                           .schema = schema_parse(table),
                           .has_open_content = has_open_content(table),
                           .shapes = soap_shapes_new(table)};
    return true;
}

// Once the module's own place is known, because operations point back to it.
static void module_index(struct module *module)
{
    size_t count = module->table->operation_count;
    module->operations = mem_alloc(count * sizeof(*module->operations));
    for (size_t i = 0; i < count; i++)
        module->operations[i] = (struct soap_operation){module, &module->table->operations[i], i};
}

static int is_module_file(const struct dirent *entry)
{
    struct str name = str_from(entry->d_name);
    return name.len > 3 && strcmp(name.data + name.len - 3, ".so") == 0;
}

static const struct module *module_find(const struct soap_modules *modules, const char *name)
{
    for (size_t i = 0; i < modules->count; i++) {
        if (strcmp(modules->items[i].table->name, name) == 0)
            return &modules->items[i];
    }
    return NULL;
}

static bool modules_add(struct soap_modules *modules, const char *dir, const char *file,
                        struct err *err)
{
    AUTO_ARENA struct arena *arena = arena_new();
    const char *path = arena_printf(arena, "%s/%s", dir, file);
    struct module module;
    if (!module_open(path, &module, err))
        return false;
    if (module_find(modules, module.table->name)) {
        err_set(err, ERR_CONFLICT, "%s: there is another module named %s", path,
                module.table->name);
        module_close(&module);
        return false;
    }
    modules->items[modules->count++] = module;
    return true;
}

bool soap_modules_load(const char *dir, struct soap_modules **ret, struct fault_list *faults)
{
    struct soap_modules *modules = *ret = mem_alloc(sizeof(*modules));
    size_t faults_before = faults->count;
    schema_inputs_register();
    struct dirent **entries;
    int count = scandir(dir, &entries, is_module_file, alphasort);
    if (count < 0) {
        fault_add(faults, dir, 0, 0, "folder of modules: %s", strerror(errno));
        return false;
    }
    modules->items = mem_alloc(MAX_MODULES * sizeof(*modules->items));
    for (int i = 0; i < count; i++) {
        struct err err;
        if (modules->count == MAX_MODULES)
            fault_add(faults, dir, 0, 0, "%s: more than %d modules", entries[i]->d_name,
                      MAX_MODULES);
        else if (!modules_add(modules, dir, entries[i]->d_name, &err))
            fault_add(faults, dir, 0, 0, "%s", err.text);
        free(entries[i]);
    }
    free(entries);
    for (size_t i = 0; i < modules->count; i++)
        module_index(&modules->items[i]);
    return faults->count == faults_before;
}

void soap_modules_free(struct soap_modules *modules)
{
    if (!modules)
        return;
    for (size_t i = 0; i < modules->count; i++)
        module_close(&modules->items[i]);
    free(modules->items);
    free(modules);
}

size_t soap_modules_count(const struct soap_modules *modules)
{
    return modules->count;
}

const char *soap_modules_name(const struct soap_modules *modules, size_t index)
{
    return modules->items[index].table->name;
}

const struct soap_module *soap_modules_facts(const struct soap_modules *modules, size_t index)
{
    return modules->items[index].table;
}

// --- operations ---

// "there is no WHAT "NAME"OWNER; did you mean "NEAREST"?", or what there is.
static bool fail_unknown(struct err *err, const char *what, const char *name, const char *owner,
                         const char *const *candidates, size_t count)
{
    const char *nearest = err_nearest(str_from(name), candidates, count);
    err_set(err, ERR_NOT_FOUND, "there is no %s \"%s\"%s", what, name, owner);
    size_t used = strlen(err->text), room = sizeof(err->text) - used;
    if (nearest) {
        snprintf(err->text + used, room, "; did you mean \"%s\"?", nearest);
        return false;
    }
    AUTO_BUF struct buf list;
    buf_init(&list, room);
    for (size_t i = 0; i < count; i++)
        buf_printf(&list, "%s%s", i ? ", " : "; there is ", candidates[i]);
    snprintf(err->text + used, room, "%s", buf_str(&list).data);
    return false;
}

static bool fail_unknown_module(const struct soap_modules *modules, const char *name,
                                struct err *err)
{
    AUTO_FREE const char **names = mem_alloc(modules->count * sizeof(*names));
    for (size_t i = 0; i < modules->count; i++)
        names[i] = modules->items[i].table->name;
    return fail_unknown(err, "WSDL module", name, "", names, modules->count);
}

static bool fail_unknown_operation(const struct module *module, const char *port, const char *name,
                                   struct err *err)
{
    const struct soap_module *table = module->table;
    AUTO_FREE const char **names = mem_alloc(table->operation_count * sizeof(*names));
    char owner[300];
    snprintf(owner, sizeof(owner), " in WSDL %s", table->name);
    size_t count = 0;
    for (size_t i = 0; port && i < table->operation_count; i++) {
        if (strcmp(table->operations[i].port, port) == 0)
            names[count++] = table->operations[i].name;
    }
    if (port && count) {
        snprintf(owner, sizeof(owner), " in port %s of WSDL %s", port, table->name);
        return fail_unknown(err, "operation", name, owner, names, count);
    }
    for (size_t i = 0; i < table->operation_count; i++)
        names[i] = port ? table->operations[i].port : table->operations[i].name;
    return fail_unknown(err, port ? "port" : "operation", port ? port : name, owner, names,
                        table->operation_count);
}

bool soap_operation_find(const struct soap_modules *modules, const char *module_name,
                         const char *port, const char *operation, const struct soap_operation **ret,
                         struct err *err)
{
    const struct module *module = module_find(modules, module_name);
    if (!module)
        return fail_unknown_module(modules, module_name, err);
    for (size_t i = 0; i < module->table->operation_count; i++) {
        const struct soap_module_operation *facts = &module->table->operations[i];
        if (strcmp(facts->name, operation) == 0 && (!port || strcmp(facts->port, port) == 0)) {
            *ret = &module->operations[i];
            return true;
        }
    }
    return fail_unknown_operation(module, port, operation, err);
}

const char *soap_operation_endpoint(const struct soap_operation *operation)
{
    return operation->facts->endpoint;
}

const char *soap_operation_action(const struct soap_operation *operation)
{
    return operation->facts->action;
}

int soap_operation_version(const struct soap_operation *operation)
{
    return operation->facts->version;
}
