// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the three parts of the generator tell each other: what a WSDL offers (wsdl.c), which C
// functions gSOAP made of it (stub.c), and the module's source that joins them (write.c).

#ifndef GEN_BIND_H
#define GEN_BIND_H

#include "base/err.h"

// --- wsdl.c: door to libxml2 ---

struct wsdl_operation { // one operation of one SOAP port
    const char *name, *port, *binding, *endpoint, *action;
    const char *style;
    bool is_one_way;
};

struct wsdl {
    struct arena *arena;
    const char *path;
    int version; // 11 or 12: the first SOAP port's; ports of the other are left out
    struct wsdl_operation *operations;
    size_t operation_count;
    const char **schemas; // texts, the first imports the others; see edge/soap_module.h
    size_t schema_count;
    const char **files; // all that were read, the WSDL first
    size_t file_count;
};

// Reads a WSDL and what it imports from files. The sentence of a failure starts with file and line.
// When `copy_path` is given, writes there what gSOAP is to read: the WSDL without the ports and
// bindings of the other SOAP version, because gSOAP would merge them.
bool wsdl_read(struct arena *arena, const char *path, const char *copy_path, struct wsdl *ret,
               struct err *err) MUST_CHECK;

// --- stub.c ---

struct stub {
    const char *name;           // gSOAP's, e.g. "__ns1__SubmitSurveyResult"
    const char *send_arguments; // members of its input struct, ", in.a, in.b"
    const char *tag;            // of the input, for the deserialiser
    const char *reply_type;     // "struct _ns1__SubmitSurveyResultResponse"; NULL: one way
};

struct stubs {
    struct arena *arena;
    struct str client;  // soapClient.c
    const char *cursor; // in it: functions come in the order of the WSDL, so searches start here
    struct stub_name *names;
    size_t count;
};

// From the text of wsdl2h's output and of soapClient.c; both end with NUL and outlive it.
void stubs_init(struct stubs *stubs, struct arena *arena, struct str header, struct str client);
// The functions of the WSDL's operation.
bool stub_find(struct stubs *stubs, const struct wsdl_operation *operation, struct stub *ret,
               struct err *err) MUST_CHECK;

// --- write.c ---

struct module_facts {
    const char *name, *digest, *recipe, *nsmap;
};

// The module's C source; `stubs` has one entry for each operation of the WSDL.
void module_write(struct buf *out, const struct module_facts *facts, const struct wsdl *wsdl,
                  const struct stub *stubs);

#endif
