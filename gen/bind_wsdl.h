// SPDX-License-Identifier: GPL-3.0-or-later
//
// A call as the reader of WSDLs finds it and the writer of the copy needs it.

#ifndef GEN_BIND_WSDL_H
#define GEN_BIND_WSDL_H

#include "bind_xml.h"

enum { MAX_PARTS = 100, MAX_OPERATIONS = 5000 };

struct part {
    const char *name;
    struct qname of;
    bool is_element;             // else a type
    struct component *component; // NULL: built in
};

struct message { // what the envelope holds in one direction
    struct part *parts;
    size_t count;
    const char *use, *encoding;
    const char *namespace; // of the rpc wrapper; NULL: not given
};

struct call {
    const char *name, *style;
    bool has_input, has_output;
    struct message input, output;
    struct part *headers; // of the input
    size_t header_count;
    const char *header_use;
};

// The WSDL for gSOAP: every call once.
bool copy_write(struct reader *reader, const char *path, const char *target,
                const struct call *calls, const struct wsdl_call *facts, size_t count) MUST_CHECK;

#endif
