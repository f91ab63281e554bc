// SPDX-License-Identifier: GPL-3.0-or-later
//
// Names in expressions on replies that no reply can have, by the WSDL: most often a slip. A warning
// and no fault, because services send what their WSDL does not declare.

#include "edge/service_load.h"
#include "edge/soap_names.h"

struct look {
    const struct service *service;
    const struct config *config;
    const struct config_where *from;
    const char *key;
    const char *const *known;
    size_t count;
    struct fault_list *warnings;
};

static void look_up(void *context, const char *name)
{
    const struct look *look = context;
    for (size_t i = 0; i < look->count; i++) {
        if (strcmp(look->known[i], name) == 0)
            return;
    }
    const char *nearest = err_nearest(str_from(name), look->known, look->count);
    fault_add(look->warnings, look->config->file, look->from->place.line, look->from->place.column,
              "service '%s', %s: by the WSDL no reply to %s has '%s'%s%s%s",
              look->service->config->name, look->key, look->service->config->operation, name,
              nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

void service_check_replies(const struct service *service, const struct config *config,
                           struct fault_list *warnings)
{
    const struct config_service *of = service->config;
    AUTO_ARENA struct arena *arena = arena_new();
    struct look look = {.service = service, .config = config, .warnings = warnings};
    if (!service->operation || (!service->has_success && !of->capture_count) ||
        !soap_reply_names(service->operation, arena, &look.known, &look.count))
        return;
    if (service->has_success) {
        look.key = "success";
        look.from = &of->success.at;
        soap_xpath_visit(service->success.xpath, look_up, &look);
    }
    for (size_t i = 0; i < of->capture_count; i++) {
        look.key = of->captures[i].name;
        look.from = &of->captures[i].at;
        soap_xpath_visit(service->captures[i].xpath, look_up, &look);
    }
}
