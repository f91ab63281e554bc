// SPDX-License-Identifier: GPL-3.0-or-later
//
// Loads modules and finds their operations. A module brings its WSDL's schemas along as text; they
// are compiled here once, and read by libxml2 through URLs of ours, never from a file or the
// network. What surprises: a file that was loaded before is known by its inode and times and
// shared, and one that replaced it is opened under another spelling of its path, because the C
// library takes the same spelling for the same object.

#include "edge/soap_modules.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <libxml/parser.h>
#include <libxml/xmlschemas.h>
#include <stdatomic.h>
#include <stdio.h>

enum { MAX_MODULES = 1000, SPELLING_MAX_BYTES = 8192 };

struct soap_modules {
    struct module **items;
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

// --- modules ---

static void module_release(struct module *module)
{
    if (atomic_fetch_sub(&module->refs, 1) != 1)
        return;
    soap_shapes_free(module->shapes);
    xmlSchemaFree(module->schema);
    free(module->operations);
    dlclose(module->handle);
    free(module);
}

static struct module *module_hold(struct module *module)
{
    atomic_fetch_add(&module->refs, 1);
    return module;
}

static bool module_check(const struct soap_module *table, struct err *err)
{
    if (!table)
        return err_set(err, ERR_INVALID, "no module: it has no symbol %s", SOAP_MODULE_SYMBOL);
    if (table->abi != SOAP_MODULE_ABI)
        return err_set(err, ERR_INVALID,
                       "built for module ABI %u, this gateway takes %u: rebuild it", table->abi,
                       SOAP_MODULE_ABI);
    if (table->size != sizeof(struct soap_module))
        return err_set(err, ERR_INVALID, "its table has %u bytes, this gateway's %zu: rebuild it",
                       table->size, sizeof(struct soap_module));
    return true;
}

// Another spelling of the path each time: a number in binary, as slashes and dots that lead
// nowhere.
static const char *spell_anew(struct arena *arena, const char *dir, const char *file)
{
    static _Atomic unsigned serial;
    AUTO_BUF struct buf path;
    buf_init(&path, SPELLING_MAX_BYTES);
    buf_printf(&path, "%s", dir);
    for (unsigned rest = atomic_fetch_add(&serial, 1); rest; rest >>= 1)
        buf_printf(&path, "%s", rest & 1 ? "/." : "//");
    buf_printf(&path, "/%s", file);
    return arena_copy(arena, buf_str(&path)).data;
}

// The C library's sentence, which begins with the spelling.
static bool fail_open(const char *spelling, struct err *err)
{
    const char *why = dlerror();
    size_t len = strlen(spelling);
    if (strncmp(why, spelling, len) == 0 && str_starts(str_from(why + len), STR(": ")))
        why += len + strlen(": ");
    return err_set(err, ERR_INVALID, "cannot be loaded as a module: %s", why);
}

static bool module_open(const char *spelling, struct module **ret, struct err *err)
{
    void *handle = dlopen(spelling, RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return fail_open(spelling, err);
    const struct soap_module *table = dlsym(handle, SOAP_MODULE_SYMBOL);
    if (!module_check(table, err)) {
        dlclose(handle);
        return false;
    }
    struct module *module = *ret = mem_alloc(sizeof(*module));
    module->refs = 1;
    module->handle = handle;
    module->table = table;
    module->schema = schema_parse(table);
    module->shapes = soap_shapes_new(table);
    module->operations = mem_alloc(table->operation_count * sizeof(*module->operations));
    for (size_t i = 0; i < table->operation_count; i++)
        module->operations[i] = (struct soap_operation){module, &table->operations[i], i};
    return true;
}

static int is_module_file(const struct dirent *entry)
{
    struct str name = str_from(entry->d_name);
    return name.len > 3 && strcmp(name.data + name.len - 3, ".so") == 0;
}

static const struct module *module_find(const struct soap_modules *modules, const char *name)
{
    for (size_t i = 0; i < modules->count; i++) {
        if (strcmp(modules->items[i]->table->name, name) == 0)
            return modules->items[i];
    }
    return NULL;
}

// The running module of that file; NULL when there is none. A file that was written to since must
// not be loaded: the C library knows an object by its inode and would give the old one again.
static bool find_running(const struct soap_modules *running, const struct soap_file *file,
                         struct module **ret, struct err *err)
{
    *ret = NULL;
    for (size_t i = 0; running && i < running->count; i++) {
        if (!soap_file_is_same(&running->items[i]->file, file))
            continue;
        *ret = running->items[i];
        return soap_file_is_untouched(&(*ret)->file, file) ||
               err_set(err, ERR_CONFLICT,
                       "was written to while it is in use; put the new module beside it and "
                       "rename it, then both are whole");
    }
    return true;
}

static bool module_get(const char *path, const char *spelling, const struct soap_modules *running,
                       struct module **ret, struct err *err)
{
    struct soap_file file;
    struct module *known;
    if (!soap_file_look(path, &file, err))
        return err_prefix(err, "cannot be loaded as a module");
    if (!find_running(running, &file, &known, err))
        return false;
    if (known) {
        *ret = module_hold(known);
        return true;
    }
    if (!soap_file_check(path, &file, err))
        return err_prefix(err, "cannot be loaded as a module");
    if (!module_open(spelling, ret, err))
        return false;
    (*ret)->file = file;
    return true;
}

static bool modules_add(struct soap_modules *modules, const char *dir, const char *file,
                        const struct soap_modules *running, struct err *err)
{
    AUTO_ARENA struct arena *arena = arena_new();
    const char *path = arena_printf(arena, "%s/%s", dir, file);
    struct module *module = NULL;
    if (!module_get(path, spell_anew(arena, dir, file), running, &module, err))
        return err_prefix(err, "%s", path);
    if (module_find(modules, module->table->name)) {
        err_set(err, ERR_CONFLICT, "%s: there is another module named %s", path,
                module->table->name);
        module_release(module);
        return false;
    }
    modules->items[modules->count++] = module;
    return true;
}

bool soap_modules_reload(const char *dir, const struct soap_modules *running,
                         struct soap_modules **ret, struct fault_list *faults)
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
    modules->items = mem_alloc(MAX_MODULES * sizeof(struct module *));
    for (int i = 0; i < count; i++) {
        struct err err;
        if (modules->count == MAX_MODULES)
            fault_add(faults, dir, 0, 0, "%s: more than %d modules", entries[i]->d_name,
                      MAX_MODULES);
        else if (!modules_add(modules, dir, entries[i]->d_name, running, &err))
            fault_add(faults, dir, 0, 0, "%s", err.text);
        free(entries[i]);
    }
    free(entries);
    return faults->count == faults_before;
}

bool soap_modules_load(const char *dir, struct soap_modules **ret, struct fault_list *faults)
{
    return soap_modules_reload(dir, NULL, ret, faults);
}

void soap_modules_free(struct soap_modules *modules)
{
    if (!modules)
        return;
    for (size_t i = 0; i < modules->count; i++)
        module_release(modules->items[i]);
    free(modules->items);
    free(modules);
}

size_t soap_modules_count(const struct soap_modules *modules)
{
    return modules->count;
}

const char *soap_modules_name(const struct soap_modules *modules, size_t index)
{
    return modules->items[index]->table->name;
}

const struct module *soap_modules_loaded(const struct soap_modules *modules, size_t index,
                                         int64_t *ret_written_at)
{
    const struct module *module = modules->items[index];
    *ret_written_at = module->file.written.tv_sec * 1000 + module->file.written.tv_nsec / 1000000;
    return module;
}

const struct soap_module *soap_modules_facts(const struct soap_modules *modules, size_t index)
{
    return modules->items[index]->table;
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
        names[i] = modules->items[i]->table->name;
    return fail_unknown(err, "WSDL module", name, "", names, modules->count);
}

static bool fail_unknown_operation(const struct module *module, const char *port, const char *name,
                                   struct err *err)
{
    const struct soap_module *table = module->table;
    for (size_t i = 0; i < table->unbuilt_count; i++) {
        if (strcmp(table->unbuilt[i], name) == 0)
            return err_set(err, ERR_NOT_FOUND,
                           "operation \"%s\" of WSDL %s is not in its module: `switchhook wsdl add "
                           "--operations +%s %s` builds it",
                           name, table->name, name, table->name);
    }
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

const char *soap_operation_addressing_action(const struct soap_operation *operation)
{
    return operation->facts->addressing_action;
}

bool soap_operation_uses_addressing(const struct soap_operation *operation)
{
    return operation->facts->uses_addressing;
}

const char *soap_operation_name(const struct soap_operation *operation)
{
    return operation->facts->name;
}

bool soap_operation_is_one_way(const struct soap_operation *operation)
{
    return operation->facts->is_one_way;
}

int soap_operation_version(const struct soap_operation *operation)
{
    return operation->facts->version;
}
