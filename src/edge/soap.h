// SPDX-License-Identifier: GPL-3.0-or-later
//
// SOAP as a codec: loads the modules that gen/ makes of WSDLs, turns a rendered envelope into wire
// bytes checked against the WSDL's types, and wire bytes into a reply or a fault. Knows envelopes
// and faults, not sockets, templates or deliveries. Door to libxml2 and dlopen.

#ifndef EDGE_SOAP_H
#define EDGE_SOAP_H

#include "core/json.h"
#include "core/outcome.h"

struct soap_modules; // all loaded modules; immutable after load, any thread
struct module;

// Loads every *.so in `dir`. A module of another ABI, or no module at all in a file, is a fault
// that names the file; the others still load, so *ret is set in any case. True when there was no
// fault. One thread at a time.
bool soap_modules_load(const char *dir, struct soap_modules **ret,
                       struct fault_list *faults) MUST_CHECK;
// The same beside a running set, whose modules it shares where the file is still the same. A file
// that replaced another by rename is loaded, and the other stays as long as a set has it; one that
// was written to in place is a fault.
bool soap_modules_reload(const char *dir, const struct soap_modules *running,
                         struct soap_modules **ret, struct fault_list *faults) MUST_CHECK;
void soap_modules_free(struct soap_modules *modules); // any thread
size_t soap_modules_count(const struct soap_modules *modules);
const char *soap_modules_name(const struct soap_modules *modules, size_t index);

struct soap_module; // see soap_module.h
const struct soap_module *soap_modules_facts(const struct soap_modules *modules, size_t index);
// The module itself, the same in two sets that share it, and when its file was written, Unix ms.
const struct module *soap_modules_loaded(const struct soap_modules *modules, size_t index,
                                         int64_t *ret_written_at);

struct soap_operation; // one operation of one port of one module

// port NULL: the only one, or the first that has the operation. On failure the sentence names what
// there is and the nearest.
bool soap_operation_find(const struct soap_modules *modules, const char *module, const char *port,
                         const char *operation, const struct soap_operation **ret,
                         struct err *err) MUST_CHECK;
const char *soap_operation_name(const struct soap_operation *operation);
bool soap_operation_is_one_way(const struct soap_operation *operation);      // nothing is answered
const char *soap_operation_endpoint(const struct soap_operation *operation); // "" when none
const char *soap_operation_action(const struct soap_operation *operation);
int soap_operation_version(const struct soap_operation *operation); // 11 or 12
// WS-Addressing 1.0: the action, "" when none, and whether the WSDL says that it is used.
const char *soap_operation_addressing_action(const struct soap_operation *operation);
bool soap_operation_uses_addressing(const struct soap_operation *operation);

// One thread's engines, made on first use of each module and kept. Must be freed before the modules
// it was used with.
struct soap_codec;

struct soap_codec *soap_codec_new(void);
void soap_codec_free(struct soap_codec *codec);

// The wire bytes of a rendered envelope. ERR_INVALID with the element's name when it does not fit
// the WSDL's types, ERR_TOO_LARGE. Document type declarations are refused. ret_wire is copied into
// the arena.
bool soap_encode(struct soap_codec *codec, const struct soap_operation *operation,
                 struct arena *arena, struct str envelope, struct str *ret_wire,
                 struct err *err) MUST_CHECK;

// The wire bytes of soap_encode with every value of type xs:base64Binary as a part of its own
// (MTOM), and the media type to send them under. `boundary` must occur in none of them.
bool soap_pack(struct soap_codec *codec, const struct soap_operation *operation,
               struct arena *arena, const char *boundary, struct str wire, struct str *ret,
               struct err *err) MUST_CHECK;
const char *soap_pack_type(const struct soap_operation *operation, struct arena *arena,
                           const char *boundary);

// Reads a rendered XML document of any kind, which must be well-formed. With has_marks the elements
// and attributes that hold marks of core/mark are left out or nil, and the document is written
// anew; otherwise *ret is `text`.
bool soap_finish_xml(struct soap_codec *codec, struct arena *arena, struct str text, bool has_marks,
                     struct str *ret, struct err *err) MUST_CHECK;

struct soap_reply {
    bool is_readable;
    enum fault_class fault_class;      // FAULT_NONE: a result
    const char *fault_code;            // local name, "" when none
    const char *const *fault_subcodes; // SOAP 1.2, local names, outermost first
    size_t fault_subcode_count;
    const char *fault_text;  // of several languages the English one, else the first
    const char *detail_name; // local name of the detail's first element; "" when none
    // The detail's leaf values, in order, for people: name "code", value "UNKNOWN_SURVEY".
    const struct soap_detail {
        const char *name, *value;
    } * details;
    size_t detail_count;
    const char *problem; // when unreadable: why
};

// Never fails: what cannot be read is described in *ret, whose strings live in the arena. A reply
// of several parts (MTOM, attachments) is read with those parts in place that its envelope names.
void soap_decode(struct soap_codec *codec, const struct soap_operation *operation,
                 struct arena *arena, struct str wire, struct soap_reply *ret);

// A fault as data: code, subcodes, text, detail. `detail` is what the WSDL's types make of it (see
// soap_json.h); NULL: its values by name, as far as details has them.
const struct json *soap_fault_tree(struct arena *arena, const struct soap_reply *reply,
                                   const struct json *detail);

#endif
