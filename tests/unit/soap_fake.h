// SPDX-License-Identifier: GPL-3.0-or-later
//
// A module without gSOAP's half: the schemas of tests/golden/types and operations over them, for
// tests of what needs types only. Paths are from the project's folder.

#ifndef TESTS_SOAP_FAKE_H
#define TESTS_SOAP_FAKE_H

#include "edge/soap_modules.h"

#include <stdio.h>

#define ORDER_NS "urn:test:order"
#define PARTY_NS "urn:test:party"
#define XS_NS    "http://www.w3.org/2001/XMLSchema"

enum fake_operation {
    FAKE_ORDER,   // document
    FAKE_PING,    // document, an element of a simple type
    FAKE_BASKET,  // rpc/encoded
    FAKE_LITERAL, // rpc/literal
    FAKE_ENCODED12,
    FAKE_STOP, // an element without content
    FAKE_PICK, // an element that is a list
    FAKE_COUNT
};

struct fake {
    struct arena *arena;
    const char *schemas[4];
    struct soap_module_operation facts[FAKE_COUNT];
    struct soap_module table;
    struct module module;
    struct soap_operation operations[FAKE_COUNT];
};

#define FAKE_PART_ELEMENT(of)                                                                      \
    {                                                                                              \
        "parameters", {ORDER_NS, of}, true, ""                                                     \
    }
#define FAKE_PARTS(list) .parts = (list), .part_count = COUNT_OF(list)

static inline const char *fake_schema(struct arena *arena, const char *name)
{
    FILE *file = fopen(arena_printf(arena, "tests/golden/types/%s.xsd", name), "re");
    require(file != NULL);
    char *text = arena_alloc(arena, 1 << 16);
    require(fread(text, 1, (1 << 16) - 1, file) > 0);
    fclose(file);
    return text;
}

static inline void fake_operations(struct soap_module_operation *facts)
{
    static const struct soap_module_part order[] = {FAKE_PART_ELEMENT("Order")},
                                         answer[] = {FAKE_PART_ELEMENT("Answer")},
                                         ping[] = {FAKE_PART_ELEMENT("Ping")},
                                         stop[] = {FAKE_PART_ELEMENT("Stop")},
                                         pick[] = {FAKE_PART_ELEMENT("Pick")},
                                         session[] = {FAKE_PART_ELEMENT("Session")},
                                         parts[] = {
                                             {"basket", {ORDER_NS, "Basket"}, false, ""},
                                             {"words", {ORDER_NS, "ArrayOfString"}, false, ""},
                                             {"table", {ORDER_NS, "Table"}, false, ""},
                                             {"rows", {ORDER_NS, "Rows"}, false, ""},
                                             {"count", {XS_NS, "int"}, false, ""},
                                             {"any", {XS_NS, "anyType"}, false, ""},
                                         };
    static const struct soap_module_detail faults[] = {{"refused", {ORDER_NS, "Refused"}},
                                                       {"nothing", {"", ""}}};
    const struct soap_module_message rpc = {.wrapper = {ORDER_NS, "put"}, FAKE_PARTS(parts)};
    struct soap_module_message encoded = rpc;
    encoded.is_encoded = true;
    const struct soap_module_operation common = {.port = "Port",
                                                 .service = "Service",
                                                 .documentation = "",
                                                 .endpoint = "",
                                                 .action = "urn:do",
                                                 .version = 11,
                                                 .style = "document"};
    for (size_t i = 0; i < FAKE_COUNT; i++)
        facts[i] = common;
    facts[FAKE_ORDER].name = "PlaceOrder";
    facts[FAKE_ORDER].documentation = "Orders.";
    facts[FAKE_ORDER].input = (struct soap_module_message){FAKE_PARTS(order), .headers = session,
                                                           .header_count = COUNT_OF(session)};
    facts[FAKE_ORDER].output = (struct soap_module_message){FAKE_PARTS(answer)};
    facts[FAKE_ORDER].faults = faults;
    facts[FAKE_ORDER].fault_count = COUNT_OF(faults);
    facts[FAKE_PING].name = "Ping";
    facts[FAKE_PING].input = facts[FAKE_PING].output =
        (struct soap_module_message){FAKE_PARTS(ping)};
    facts[FAKE_PICK].name = "Pick";
    facts[FAKE_PICK].input = facts[FAKE_PICK].output =
        (struct soap_module_message){FAKE_PARTS(pick)};
    facts[FAKE_BASKET].name = "put";
    facts[FAKE_BASKET].input = facts[FAKE_BASKET].output = encoded;
    facts[FAKE_LITERAL].name = "putLiteral";
    facts[FAKE_LITERAL].input = facts[FAKE_LITERAL].output = rpc;
    facts[FAKE_ENCODED12].name = "put12";
    facts[FAKE_ENCODED12].version = 12;
    facts[FAKE_ENCODED12].input = facts[FAKE_ENCODED12].output = encoded;
    facts[FAKE_BASKET].style = facts[FAKE_LITERAL].style = facts[FAKE_ENCODED12].style = "rpc";
    facts[FAKE_STOP].name = "Stop";
    facts[FAKE_STOP].input = (struct soap_module_message){FAKE_PARTS(stop)};
    facts[FAKE_STOP].is_one_way = true;
}

static inline struct fake *fake_new(void)
{
    struct fake *fake = mem_alloc(sizeof(*fake));
    fake->arena = arena_new();
    fake->schemas[0] = "<xs:schema xmlns:xs='" XS_NS "' targetNamespace='urn:all'/>";
    fake->schemas[1] = fake_schema(fake->arena, "order");
    fake->schemas[2] = fake_schema(fake->arena, "party");
    fake->schemas[3] = fake_schema(fake->arena, "broken");
    fake_operations(fake->facts);
    fake->table = (struct soap_module){.name = "fake",
                                       .operation_count = FAKE_COUNT,
                                       .operations = fake->facts,
                                       .schema_count = COUNT_OF(fake->schemas),
                                       .schemas = fake->schemas};
    fake->module.table = &fake->table;
    fake->module.operations = fake->operations;
    fake->module.shapes = soap_shapes_new(&fake->table);
    for (size_t i = 0; i < FAKE_COUNT; i++)
        fake->operations[i] = (struct soap_operation){&fake->module, &fake->facts[i], i};
    return fake;
}

static inline void fake_free(struct fake *fake)
{
    soap_shapes_free(fake->module.shapes);
    arena_free(fake->arena);
    free(fake);
}

#endif
