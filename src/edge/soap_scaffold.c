#include "edge/soap_sample.h"
struct str soap_scaffold(const struct soap_operation *operation, struct arena *arena)
{
    (void)operation;
    (void)arena;
    return STR("<x/>");
}
const struct json *soap_scaffold_json(const struct soap_operation *operation, struct arena *arena)
{
    (void)operation;
    return json_object(arena);
}
