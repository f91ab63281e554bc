// SPDX-License-Identifier: GPL-3.0-or-later

#include "edge/soap_http.h"

bool soap_http_lines(const struct soap_operation *operation, struct arena *arena,
                     const char *boundary, const char *ret[SOAP_HTTP_LINES], size_t *ret_count,
                     struct err *err)
{
    const char *action = soap_operation_action(operation);
    for (const char *c = action; *c; c++) {
        if ((unsigned char)*c < ' ' || *c == '"' || *c == '\\' || *c == 0x7f)
            return err_set(err, ERR_INVALID,
                           "the operation's SOAPAction has a character that no header can hold");
    }
    bool is_11 = soap_operation_version(operation) == 11;
    const char *type = is_11 ? "text/xml; charset=utf-8" : "application/soap+xml; charset=utf-8";
    if (boundary)
        type = soap_pack_type(operation, arena, boundary);
    if (!is_11 && *action)
        type = arena_printf(arena, "%s; action=\"%s\"", type, action);
    *ret_count = 0;
    ret[(*ret_count)++] = arena_printf(arena, "Content-Type: %s", type);
    if (is_11)
        ret[(*ret_count)++] = arena_printf(arena, "SOAPAction: \"%s\"", action);
    return true;
}
