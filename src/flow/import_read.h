// SPDX-License-Identifier: GPL-3.0-or-later
//
// A platform's export as it is: remote HTTP services with their inputs, mappings and requests.
// Exports differ (numbers as texts, lists as objects, an inner JSON text that is broken), so
// reading is lenient, and says what it left out. Knows the vendor's names, none of ours.

#ifndef FLOW_IMPORT_READ_H
#define FLOW_IMPORT_READ_H

#include "core/json.h"

struct import_notes { // what a person has to look at
    struct arena *arena;
    const char **items;
    size_t count, capacity;
};
void import_note(struct import_notes *notes, const char *service, const char *format, ...)
    PRINTF_LIKE(3, 4);

enum vendor_kind { VENDOR_SOAP, VENDOR_HTTP };
enum vendor_body { VENDOR_BODY_NONE, VENDOR_FORM, VENDOR_XML, VENDOR_JSON, VENDOR_TEXT };

struct vendor_row { // a header, a parameter, a field, an input, a replacement
    struct str name, value;
    bool is_header; // of an input: it is not part of the body
    double rank;
};

struct vendor_rows {
    struct vendor_row *items;
    size_t count;
};

struct vendor_service {
    const char *label; // for notes: the description, or what there is of names
    struct str description, id;
    enum vendor_kind kind;
    struct str user, password;
    bool is_mapping, is_sending_survey;
    struct vendor_rows mappings; // name: the original value; value: its replacement
    struct vendor_rows inputs;   // in the order of their ranks

    struct str endpoint, soap_service, port, operation, namespace; // SOAP

    struct str url, method; // HTTP; the method in capitals, "" when the export says none
    struct vendor_rows headers, params;
    enum vendor_body body;
    struct str body_text;         // or, when that is empty,
    struct vendor_rows body_rows; // these
};

// The services of an export, in order, in the arena. Fails as import_engage_voice does.
bool import_read(struct import_notes *notes, struct str export, struct vendor_service **ret,
                 size_t *ret_count, struct err *err) MUST_CHECK;

#endif
