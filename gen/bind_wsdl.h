// SPDX-License-Identifier: GPL-3.0-or-later
//
// A call as the reader of WSDLs finds it and the writers of the copy and the module need it.

#ifndef GEN_BIND_WSDL_H
#define GEN_BIND_WSDL_H

#include "bind_xml.h"

enum { MAX_PARTS = 100, MAX_OPERATIONS = 5000 };

struct part {
    const char *name;
    struct qname of;
    bool is_element;             // else a type
    struct component *component; // NULL: built in
    const char *mime;            // of an attachment; NULL: in the envelope
};

struct message { // in one direction
    struct part *parts;
    size_t count;
    bool is_encoded;
    const char *namespace; // of the rpc wrapper; NULL: not given
    struct part *headers;  // all are elements
    size_t header_count;
};

struct call {
    const char *name, *style;
    bool has_output;
    struct message input, output;
    struct part *faults; // named after the fault; `of` is the detail's element, "" when not known
    size_t fault_count;
};

// A top-level element of any of the WSDLs, by the name in an attribute of `from`; NULL: none.
xmlNode *wsdl_top(const struct reader *reader, const char *element, const xmlNode *from,
                  const char *attribute);
const char *wsdl_target(const struct reader *reader, const xmlNode *node);

// --- bind_message.c ---

struct binding {              // how a message is bound
    const xmlNode *direction; // the binding's input or output
    const char *soap;         // namespace of the SOAP extension
    bool is_rpc;
};

// `abstract` is the portType's input or output. If the message cannot be known, `ret_why` says why
// not.
bool message_read(struct reader *reader, const xmlNode *abstract, const struct binding *binding,
                  struct message *ret, const char **ret_why) MUST_CHECK;
// One element of that name, which may hold anything.
bool message_guess(struct reader *reader, const char *namespace, const char *name,
                   struct message *ret) MUST_CHECK;
void faults_read(struct reader *reader, const xmlNode *abstract, const xmlNode *bound,
                 const char *soap, struct part **ret, size_t *ret_count);
// What the module tells of them; `wrapper` is "" in document style.
struct soap_module_message message_facts(struct arena *arena, const struct message *message,
                                         const char *wrapper);
const struct soap_module_detail *detail_facts(struct arena *arena, const struct part *faults,
                                              size_t count);
// Declares, for the texts, what they need and the WSDL's schemas do not have: the elements that
// only gSOAP knows, and the wrappers of rpc/literal (see edge/soap_module.h).
bool messages_supply(struct reader *reader, const struct soap_module_operation *facts,
                     size_t index) MUST_CHECK;

// --- bind_addressing.c ---

// The input's action by WS-Addressing 1.0, Metadata, 4.4.
const char *addressing_action(const struct reader *reader, const xmlNode *abstract,
                              const char *soap_action);
// Whether the port or its binding says that it takes such headers.
bool addressing_is_used(const struct reader *reader, const xmlNode *port, const xmlNode *binding);

// --- bind_copy.c ---

// The WSDL for gSOAP: every call once.
bool copy_write(struct reader *reader, const char *path, const char *target,
                const struct call *calls, const struct wsdl_call *facts, size_t count) MUST_CHECK;

#endif
