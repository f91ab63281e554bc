// SPDX-License-Identifier: GPL-3.0-or-later
//
// Writes a module's C source: two small functions for each operation and the table that the gateway
// reads. Everything that is the same in all modules is in module_runtime.h.

#include "bind.h"

static void write_string(struct buf *out, const char *text)
{
    buf_add_char(out, '"');
    for (const char *c = text; *c; c++) {
        if (*c == '\n')
            buf_printf(out, "\\n\"\n        \"");
        else if (*c == '"' || *c == '\\')
            buf_printf(out, "\\%c", *c);
        else if (*c == '?') // no trigraphs
            buf_printf(out, "\\?");
        else if ((unsigned char)*c < ' ' || (unsigned char)*c >= 0x7f)
            buf_printf(out, "\\%03o", (unsigned char)*c);
        else
            buf_add_char(out, *c);
    }
    buf_add_char(out, '"');
}

static void write_member(struct buf *out, const char *name, const char *text)
{
    buf_printf(out, "        .%s = ", name);
    write_string(out, text);
    buf_printf(out, ",\n");
}

// gSOAP refuses to read a body in which nothing is meant to stand.
static bool has_body(const struct soap_module_operation *facts)
{
    bool has = *facts->input.wrapper.local != '\0';
    for (size_t i = 0; i < facts->input.part_count; i++)
        has |= *facts->input.parts[i].mime == '\0';
    return has;
}

static void write_encode(struct buf *out, size_t index, const struct stub *stub,
                         const struct soap_module_operation *facts)
{
    buf_printf(out,
               "static int encode_%zu(struct soap *soap)\n"
               "{\n"
               "    struct %s in;\n"
               "    soap_default_%s(soap, &in);\n"
               "    if (envelope_begin(soap) ||",
               index, stub->name, stub->name);
    if (has_body(facts))
        buf_printf(out, " !soap_get_%s(soap, &in, \"%s\", NULL) ||", stub->name, stub->tag);
    buf_printf(out,
               " envelope_end(soap))\n"
               "        return soap->error;\n"
               "    return soap_send_%s(soap, WIRE_ENDPOINT, ",
               stub->name);
    write_string(out, facts->action);
    buf_printf(out, "%s);\n}\n\n", stub->send_arguments);
}

static void write_decode(struct buf *out, size_t index, const struct stub *stub,
                         const struct soap_module_operation *facts)
{
    buf_printf(out,
               "static int decode_%zu(struct soap *soap)\n"
               "{\n",
               index);
    if (stub->reply_type && !facts->is_one_way)
        buf_printf(out,
                   "    %s out;\n"
                   "    memset(&out, 0, sizeof(out));\n"
                   "    return soap_recv_%s(soap, &out);\n"
                   "}\n\n",
                   stub->reply_type, stub->name);
    else
        buf_printf(out, "    return one_way_reply(soap);\n}\n\n");
}

static void write_name(struct buf *out, const char *name, const struct soap_module_name *value)
{
    buf_printf(out, ".%s = {", name);
    write_string(out, value->namespace);
    buf_printf(out, ", ");
    write_string(out, value->local);
    buf_printf(out, "}");
}

static void write_parts(struct buf *out, const char *kind, size_t index,
                        const struct soap_module_part *parts, size_t count)
{
    if (count == 0)
        return;
    buf_printf(out, "static const struct soap_module_part %s_%zu[] = {\n", kind, index);
    for (size_t i = 0; i < count; i++) {
        buf_printf(out, "    {.name = ");
        write_string(out, parts[i].name);
        buf_printf(out, ", ");
        write_name(out, "of", &parts[i].of);
        buf_printf(out, ", .is_element = %d, .mime = ", parts[i].is_element);
        write_string(out, parts[i].mime);
        buf_printf(out, "},\n");
    }
    buf_printf(out, "};\n");
}

static void write_faults(struct buf *out, size_t index, const struct soap_module_operation *facts)
{
    if (facts->fault_count == 0)
        return;
    buf_printf(out, "static const struct soap_module_detail faults_%zu[] = {\n", index);
    for (size_t i = 0; i < facts->fault_count; i++) {
        buf_printf(out, "    {.name = ");
        write_string(out, facts->faults[i].name);
        buf_printf(out, ", ");
        write_name(out, "element", &facts->faults[i].element);
        buf_printf(out, "},\n");
    }
    buf_printf(out, "};\n");
}

static void write_list(struct buf *out, const char *member, const char *count_member,
                       const char *kind, size_t index, size_t count)
{
    if (count)
        buf_printf(out, " .%s = %s_%zu, .%s = %zu,", member, kind, index, count_member, count);
}

static void write_message(struct buf *out, const char *direction, size_t index,
                          const struct soap_module_message *message)
{
    buf_printf(out, "        .%s = {", direction);
    write_name(out, "wrapper", &message->wrapper);
    buf_printf(out, ", .is_encoded = %d,", message->is_encoded);
    const char *headers = *direction == 'i' ? "input_headers" : "output_headers";
    write_list(out, "parts", "part_count", direction, index, message->part_count);
    write_list(out, "headers", "header_count", headers, index, message->header_count);
    buf_printf(out, "},\n");
}

static void write_lists(struct buf *out, size_t index, const struct soap_module_operation *facts)
{
    write_parts(out, "input", index, facts->input.parts, facts->input.part_count);
    write_parts(out, "input_headers", index, facts->input.headers, facts->input.header_count);
    write_parts(out, "output", index, facts->output.parts, facts->output.part_count);
    write_parts(out, "output_headers", index, facts->output.headers, facts->output.header_count);
    write_faults(out, index, facts);
}

static void write_operation(struct buf *out, size_t index,
                            const struct soap_module_operation *facts)
{
    buf_printf(out, "    {\n");
    write_member(out, "name", facts->name);
    write_member(out, "port", facts->port);
    write_member(out, "service", facts->service);
    write_member(out, "documentation", facts->documentation);
    write_member(out, "endpoint", facts->endpoint);
    write_member(out, "action", facts->action);
    write_member(out, "style", facts->style);
    write_member(out, "addressing_action", facts->addressing_action);
    write_message(out, "input", index, &facts->input);
    write_message(out, "output", index, &facts->output);
    buf_printf(out, "       ");
    write_list(out, "faults", "fault_count", "faults", index, facts->fault_count);
    buf_printf(out, " .version = %d, .is_one_way = %d, .uses_addressing = %d,\n    },\n",
               facts->version, facts->is_one_way, facts->uses_addressing);
}

static void write_strings(struct buf *out, const char *name, const char *const *texts, size_t count)
{
    buf_printf(out, "static const char *const %s[] = {\n", name);
    for (size_t i = 0; i < count; i++) {
        buf_printf(out, "    ");
        write_string(out, texts[i]);
        buf_printf(out, ",\n");
    }
    buf_printf(out, "    0,\n};\n\n");
}

static void write_table(struct buf *out, const struct wsdl *wsdl)
{
    buf_printf(out, "static const struct stub stubs[] = {\n");
    for (size_t i = 0; i < wsdl->operation_count; i++)
        buf_printf(out, "    {encode_%zu, decode_%zu, %d, %d},\n", i, i,
                   wsdl->operations[i].facts.version == 12 ? 2 : 1,
                   wsdl->operations[i].facts.input.is_encoded ||
                       wsdl->operations[i].facts.output.is_encoded);
    buf_printf(out, "};\n\n");
    for (size_t i = 0; i < wsdl->operation_count; i++)
        write_lists(out, i, &wsdl->operations[i].facts);
    buf_printf(out, "static const struct soap_module_operation operations[] = {\n");
    for (size_t i = 0; i < wsdl->operation_count; i++)
        write_operation(out, i, &wsdl->operations[i].facts);
    buf_printf(out, "};\n\n");
    write_strings(out, "unbuilt", wsdl->unbuilt, wsdl->unbuilt_count);
    write_strings(out, "schemas", wsdl->schemas, wsdl->schema_count);
}

// One a line.
static const char *notes_of(const struct wsdl *wsdl)
{
    AUTO_BUF struct buf notes;
    buf_init(&notes, 1 << 20);
    for (size_t i = 0; i < wsdl->note_count; i++)
        buf_printf(&notes, "%s%s", i ? "\n" : "", wsdl->notes[i]);
    return arena_copy(wsdl->arena, buf_str(&notes)).data;
}

void module_write(struct buf *out, const struct module_facts *facts, const struct wsdl *wsdl,
                  const struct stub *stubs)
{
    buf_printf(out, "// Generated from the WSDL of module %s. Do not edit.\n\n", facts->name);
    buf_printf(out, "#include \"soapH.h\"\n#include \"%s\"\n#include \"module_runtime.h\"\n\n",
               facts->nsmap);
    for (size_t i = 0; i < wsdl->operation_count; i++) {
        const struct wsdl_operation *operation = &wsdl->operations[i];
        write_encode(out, i, &stubs[operation->call], &operation->facts);
        write_decode(out, i, &stubs[operation->call], &operation->facts);
    }
    write_table(out, wsdl);
    buf_printf(out, "__attribute__((visibility(\"default\"))) const struct soap_module "
                    "switchhook_module = {\n"
                    "        .abi = SOAP_MODULE_ABI,\n"
                    "        .size = sizeof(struct soap_module),\n");
    write_member(out, "name", facts->name);
    write_member(out, "digest", facts->digest);
    write_member(out, "recipe", facts->recipe);
    write_member(out, "notes", notes_of(wsdl));
    buf_printf(out,
               "        .engine = ENGINE_VERSION,\n"
               "        .operation_count = %zu,\n"
               "        .operations = operations,\n"
               "        .unbuilt_count = %zu,\n"
               "        .unbuilt = unbuilt,\n"
               "        .schema_count = %zu,\n"
               "        .schemas = schemas,\n"
               "        .context_new = context_new,\n"
               "        .context_free = context_free,\n"
               "        .error = context_error,\n"
               "        .encode = module_encode,\n"
               "        .decode = module_decode,\n"
               "};\n",
               wsdl->operation_count, wsdl->unbuilt_count, wsdl->schema_count);
}
