// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads as little as tells the operation. Whether the request is right is for soap_encode, which
// names what is not.

#include "edge/soap_request.h"
#include "edge/multipart.h"
#include "edge/soap_document.h"
#include "edge/soap_modules.h"
#include "edge/soap_shape.h"

bool soap_request_envelope(struct soap_codec *codec, struct arena *arena, struct str body,
                           struct str *ret, struct err *err)
{
    xmlDoc *doc;
    *ret = body;
    if (!multipart_is(body))
        return true;
    if (!soap_document_parse(codec, body, false, &doc, err))
        return false;
    *ret = soap_document_text(doc, arena);
    xmlFreeDoc(doc);
    return true;
}

bool soap_request_read(struct soap_codec *codec, struct arena *arena, struct str text,
                       struct soap_request *ret, struct err *err)
{
    AUTO_ENVELOPE struct soap_envelope envelope = {0};
    if (!soap_envelope_parse(codec, text, &envelope, err))
        return false;
    const xmlNode *content = xmlFirstElementChild(envelope.body);
    bool has_namespace = content && content->ns && content->ns->href;
    *ret = (struct soap_request){
        .version = envelope.version,
        .namespace = arena_strdup(arena, has_namespace ? (const char *)content->ns->href : ""),
        .local = arena_strdup(arena, content ? (const char *)content->name : ""),
    };
    return true;
}

static struct shape_name body_name(const struct soap_operation *operation)
{
    const struct shape_message *input = &soap_shape(operation)->input;
    if (*input->wrapper.local || !input->part_count)
        return input->wrapper;
    return input->parts[0].element->name;
}

enum fit { FIT_NONE, FIT_ACTION, FIT_LOCAL, FIT_ELEMENT, FIT_BOTH };

// How well an operation fits. A sender that has the element's namespace wrong is told so later.
static enum fit fit_of(const struct soap_operation *operation, const struct soap_request *request,
                       const char *action)
{
    struct shape_name name = body_name(operation);
    bool is_action = *action && strcmp(soap_operation_action(operation), action) == 0;
    bool is_local = strcmp(name.local ? name.local : "", request->local) == 0;
    if (is_local && (!*request->local || strcmp(name.namespace, request->namespace) == 0))
        return is_action ? FIT_BOTH : FIT_ELEMENT;
    return is_local ? FIT_LOCAL : is_action ? FIT_ACTION : FIT_NONE;
}

static const struct soap_module *facts_of(const struct soap_modules *modules, const char *name)
{
    for (size_t i = 0; i < soap_modules_count(modules); i++) {
        if (strcmp(soap_modules_name(modules, i), name) == 0)
            return soap_modules_facts(modules, i);
    }
    return NULL;
}

static bool fail_unknown(const struct soap_request *request, const char *action, struct err *err)
{
    if (!*request->local)
        return err_set(err, ERR_NOT_FOUND,
                       "the Body is empty and no operation has the action "
                       "\"%.150s\"",
                       action);
    return err_set(err, ERR_NOT_FOUND, "no operation takes <%.100s> of namespace \"%.200s\"",
                   request->local, request->namespace);
}

bool soap_request_find(const struct soap_modules *modules, const char *module,
                       const struct soap_request *request, const char *action,
                       const struct soap_operation **ret, struct err *err)
{
    const struct soap_module *facts = facts_of(modules, module);
    const struct soap_operation *best = NULL;
    enum fit best_fit = FIT_NONE;
    bool has_other_version = false;
    for (size_t i = 0; facts && i < facts->operation_count; i++) {
        const struct soap_operation *operation;
        if (!soap_operation_find(modules, module, facts->operations[i].port,
                                 facts->operations[i].name, &operation, err))
            continue;
        enum fit fit = fit_of(operation, request, action);
        if (fit > FIT_NONE && soap_operation_version(operation) != request->version)
            has_other_version = true;
        else if (fit > best_fit) {
            best = operation;
            best_fit = fit;
        }
    }
    if (!best && has_other_version)
        return err_set(err, ERR_CONFLICT, "the operation takes SOAP %s, the Envelope is of SOAP %s",
                       request->version == 12 ? "1.1" : "1.2",
                       request->version == 12 ? "1.2" : "1.1");
    if (!best)
        return fail_unknown(request, action, err);
    *ret = best;
    return true;
}
