// SPDX-License-Identifier: GPL-3.0-or-later
//
// What soap.c and soap_modules.c share; for nobody else.

#ifndef EDGE_SOAP_MODULES_H
#define EDGE_SOAP_MODULES_H

#include "edge/soap.h"
#include "edge/soap_file.h"
#include "edge/soap_module.h"

#include <stdatomic.h>

struct _xmlSchema; // libxml2's

// The types of a module, read at the first question about them; see soap_shape.h.
struct soap_shapes;
struct soap_shapes *soap_shapes_new(const struct soap_module *table);
void soap_shapes_free(struct soap_shapes *shapes);

struct module {
    _Atomic unsigned refs; // of sets of modules; the last one closes it
    struct soap_file file;
    void *handle; // of dlopen
    const struct soap_module *table;
    struct soap_operation *operations; // one for each of the table's
    struct _xmlSchema *schema;         // NULL: the WSDL has none, or none that libxml2 understands
    struct soap_shapes *shapes;
};

struct soap_operation {
    const struct module *module;
    const struct soap_module_operation *facts;
    size_t index;
};

#endif
