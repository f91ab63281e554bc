// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the parts of the generator tell each other: what a WSDL offers (bind_wsdl.c and the files it
// stands on), which C functions gSOAP made of it (bind_stub.c), and the module's source that joins
// them (bind_write.c).

#ifndef GEN_BIND_H
#define GEN_BIND_H

#include "base/err.h"
#include "edge/soap_module.h"

// --- bind_wsdl.c and below: the half that knows libxml2 ---

// What a call looks like on the wire. Operations of several ports may have one in common.
struct wsdl_call {
    const char *inner;  // its operation's name in the copy for gSOAP
    const char *suffix; // what `inner` ends with that the wire must not show, "" as a rule
    bool has_output;
};

struct wsdl_operation {                 // one operation of one SOAP port
    struct soap_module_operation facts; // an overloaded one has its input's name after a colon
    size_t call;
};

struct wsdl {
    struct arena *arena;
    const char *path;
    struct wsdl_operation *operations;
    size_t operation_count;
    const char **unbuilt; // names of operations that were not chosen
    size_t unbuilt_count;
    struct wsdl_call *calls;
    size_t call_count;
    const char **schemas; // texts, the first imports the others; see edge/soap_module.h
    size_t schema_count;
    const char **files; // all that were read, the WSDL first
    size_t file_count;
    const char **notes; // what was changed or left out, a sentence each
    size_t note_count;
    bool needs_stock_types; // refers to schemas that only gSOAP brings
};

struct wsdl_choice {
    const char *only; // comma-separated list of operations, "" for all
    bool is_open;     // take nothing from gSOAP's own type map; such types may then hold anything
};

// Reads a WSDL and what it imports, from files. The sentence of a failure starts with file and
// line. When `copy_path` is given, writes there what gSOAP is to read: one portType, binding and
// port that hold every call once, and one schema a namespace, all in one file.
bool wsdl_read(struct arena *arena, const char *path, const struct wsdl_choice *choice,
               const char *copy_path, struct wsdl *ret, struct err *err) MUST_CHECK;

struct wsdl_import {
    const char *from, *location; // the file that imports, and what it calls the other
    const char *to;              // the other; "" when it is not there
};

struct wsdl_files {
    const char **paths; // canonical, the WSDL first
    size_t count;
    const struct wsdl_import *imports; // each once; one whose namespace gSOAP brings only if found
    size_t import_count;
};

// The files a WSDL needs, whatever is wrong in them beyond the XML of the first.
bool wsdl_files(struct arena *arena, const char *path, struct wsdl_files *ret,
                struct err *err) MUST_CHECK;

// --- bind_stub.c ---

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
// The functions of the WSDL's call.
bool stub_find(struct stubs *stubs, const struct wsdl_call *call, struct stub *ret,
               struct err *err) MUST_CHECK;
// How gSOAP's underscores say in C what `call->suffix` says in the copy; the wire shows neither.
const char *stub_suffix(struct arena *arena, const struct wsdl_call *call);

// --- bind_write.c ---

struct module_facts {
    const char *name, *digest, *recipe, *nsmap;
};

// The module's C source; `stubs` has one entry for each call of the WSDL.
void module_write(struct buf *out, const struct module_facts *facts, const struct wsdl *wsdl,
                  const struct stub *stubs);

#endif
