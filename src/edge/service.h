// SPDX-License-Identifier: GPL-3.0-or-later
//
// One callable target, compiled: templates with the escaping of their body kind, the SOAP operation
// if it is one, secrets and their masks. Turns named values into a request and a reply into an
// answer for core/outcome. Knows no sockets, stores or retries.

#ifndef EDGE_SERVICE_H
#define EDGE_SERVICE_H

#include "core/normal.h"
#include "edge/config.h"
#include "edge/soap.h"
#include "edge/transport.h"
#include "edge/unmapped.h"

struct service; // immutable after load, any thread

struct services {
    struct service **items; // as in config->services
    size_t count;
    struct arena *arena;       // owns what the items point to
    struct unmapped *unmapped; // values that maps did not hold, of first attempts
};

// Compiles all services of a configuration, which must outlive them. Faults carry the place in the
// configuration or in the template file.
bool services_load(const struct config *config, const struct soap_modules *modules,
                   struct services **ret, struct fault_list *faults) MUST_CHECK;
void services_free(struct services *services);

const struct config_service *service_config(const struct service *service);
// True when both call the same address with the same credentials, so that what was learned of the
// target by one holds for the other.
bool service_has_same_target(const struct service *a, const struct service *b);

// What templates read: every data element by name, `survey`, `answer`, and `event` (id, trigger,
// source, time, merged), `delivery` (id, attempt, service), `raw` (the elements as sent),
// `captured` (from replies to deliveries of the call). `secret` is added by service_encode. A data
// element with one of these seven names is hidden, as is `all_script_data` where the service sends
// all answers. An element that was sent under another name is read by that too.
struct service_values {
    const struct event *event;
    bool is_merged;          // of several events of the call; the last one's id and trigger
    const struct event *raw; // NULL: the event is as sent
    const struct normal_notes *notes; // NULL: no element has another name
    const struct json *captured;      // texts by name; NULL: nothing
    const char *event_id, *source, *delivery_id;
    int64_t received_at; // Unix ms
    int attempt;         // from 1; values without a map's entry are counted for the first only
    bool is_trial;       // and not for one that nobody sends
};

// Renders and checks the request. ERR_INVALID: the event does not fit (a SOAP element, broken JSON,
// an impossible URL); nothing was sent. Everything in *ret lives in the arena or in the service.
// A SOAP request carries the delivery's id as Idempotency-Key like every other.
bool service_encode(const struct service *service, struct soap_codec *codec, struct arena *arena,
                    const struct service_values *values, struct transport_request *ret,
                    struct err *err) MUST_CHECK;

// A SOAP request that carries this envelope in place of what the template makes, and no event: what
// URL and headers read of one is absent. The service must call an operation.
bool service_carry(const struct service *service, struct soap_codec *codec, struct arena *arena,
                   struct str envelope, struct transport_request *ret, struct err *err) MUST_CHECK;
const struct soap_operation *service_operation(const struct service *service); // NULL: none

// What people may see of the request, for values whose event has its sensitive answers masked (see
// source_shown): like service_encode does it, but a body that does not fit, because a mask is no
// number and no date, is shown as rendered. Counts nothing.
bool service_show(const struct service *service, struct soap_codec *codec, struct arena *arena,
                  const struct service_values *values, struct transport_request *ret,
                  struct err *err) MUST_CHECK;

// What a reply means and brings. Everything lives in the arena or in the service.
struct service_reply {
    struct answer answer;
    const char *fault; // for people ("SurveyFault: code=UNKNOWN_SURVEY"); "" when there is none
    const struct json *fault_tree; // see soap_fault_tree; NULL when there is none
    const char *verdict;           // of the success test, a sentence; "" when it was not asked
    const struct json *captured;   // texts by name, should this be a delivery; NULL: nothing
};
void service_decode(const struct service *service, struct soap_codec *codec, struct arena *arena,
                    const struct transport_reply *reply, struct service_reply *ret);

// What is kept and shown of a request: method, URL and headers, one a line, and the body; secrets
// masked, a password left out.
void service_record(const struct service *service, struct arena *arena,
                    const struct transport_request *request, struct str *ret_head,
                    struct str *ret_body);
// Where a person mends what service_encode refused with that sentence: in the template as near as
// can be told, or in the configuration. ret->text is not set, ret->line may be 0.
void service_blame(const struct service *service, struct arena *arena, const struct config *config,
                   const struct err *err, struct fault *ret);
// Warns of names in the success test and the captures that, by the WSDL, no reply has.
void service_check_replies(const struct service *service, const struct config *config,
                           struct fault_list *warnings);
// What stands for the captures of all services when a request is tried.
struct json *services_captured_sample(const struct config *config, struct arena *arena);
// Each name that the service's templates read.
void service_visit(const struct service *service, template_visit_fn *visit, void *context);

// The text with every secret of the service, plain or in any escaping a template can give it,
// replaced by a mask. For records, logs and pages.
struct str service_mask(const struct service *service, struct arena *arena, struct str text);

#endif
