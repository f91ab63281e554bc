// SPDX-License-Identifier: GPL-3.0-or-later
//
// The configuration file: its defaults, its checks, and immutable structs for everybody else. All
// mistakes are reported at once with file, line, column and a suggestion. Knows names and policies,
// no running state; it reads no template and opens no module. Door to the YAML library.

#ifndef EDGE_CONFIG_H
#define EDGE_CONFIG_H

#include "core/delivery.h"
#include "core/normal.h"
#include "core/route.h"
#include "core/survey.h"
#include "core/template.h"

struct config_place {
    int line, column;
};

// A value that must never be shown. Read from a file or the environment, never written in YAML.
struct config_secret {
    const char *name;
    struct str value; // not empty, no line end
};

// Which events of a source are repetitions: equal in all of these, within a time.
struct config_dedupe {
    const struct str *elements; // names; `trigger` is the event's trigger
    size_t element_count;
    int64_t within_ms; // 0: none are
};

struct config_source {
    const char *name;
    const struct str *tokens; // each is accepted; several allow rotation
    size_t token_count;
    struct normal_rules normal;
    struct config_dedupe dedupe;
    const char *user;               // of HTTP Basic authentication; NULL: any
    const struct str *signing_keys; // a request must be signed with one of them; none: with nothing
    size_t signing_key_count;
};

enum service_kind { SERVICE_SOAP, SERVICE_HTTP };
enum service_body { BODY_NONE, BODY_JSON, BODY_FORM, BODY_XML, BODY_TEXT };

struct config_header {
    const char *name; // a token of RFC 9110, none that the transport sets itself
    struct str value; // template text
    struct config_place place;
};

// Where something stands in a reply's body. Both are set when one text may be either.
struct config_where {
    const char *xpath; // for XML
    const char *json;  // JSON pointer, for JSON
    struct config_place place;
};

// What a reply's body must say. It holds when the place has one of the texts in `equals`, or
// without these, when something is there that is not false.
struct config_test {
    struct config_where at; // neither is set: there is no test
    const struct str *equals;
    size_t equals_count;
};

struct config_capture {
    const char *name;
    struct config_where at;
    const char *sample; // what stands for it when a service is proved
};

struct config_namespace { // what a prefix in an XPath means
    const char *prefix, *uri;
};

struct config_service {
    const char *name;
    struct config_place place;
    enum service_kind kind;

    const char *wsdl; // SOAP: the module's name
    const char *operation;
    const char *port;    // NULL: the only one, or the first that has the operation
    struct str endpoint; // SOAP: template text; empty: the WSDL's own
    struct config_place operation_place, wsdl_place;
    bool mtom; // SOAP: binary values travel as parts of their own
    enum { ADDRESSING_BY_WSDL, ADDRESSING_ON, ADDRESSING_OFF } addressing;
    struct config_place addressing_place;

    const char *method;            // HTTP: GET, POST, PUT, PATCH or DELETE
    struct str url;                // HTTP: template text
    struct config_place url_place; // of the url or the endpoint
    enum service_body body;        // SOAP: BODY_XML for an envelope, BODY_JSON for its data
    const char *content_type;      // HTTP: NULL for the body kind's own

    const char *template_path; // absolute or relative to the working directory; NULL: none
    const char *template_name; // as written, for messages
    struct config_place template_place;

    enum missing_policy missing; // of tags that say nothing else: unsaid, omit or reject
    bool has_hash_tags;          // tags are written #name#

    const struct config_header *headers;
    size_t header_count;
    const struct config_secret *secrets; // {{secret.NAME}} in templates, masked in every record
    size_t secret_count;
    const char *basic_user; // HTTP Basic authentication; NULL: none
    struct str basic_password;
    struct str bearer_token; // empty: none

    const char *ca_file, *cert_file, *key_file; // TLS; NULL: the system's, none, none
    const char *proxy;                          // NULL: none

    int64_t connect_timeout_ms, timeout_ms;
    size_t max_reply_bytes;
    int concurrency;      // most deliveries in flight
    const char *order_by; // data element that keeps deliveries in order; NULL: no order
    struct retry_policy retry;
    const struct outcome_rule *outcomes;
    const struct config_test *outcome_tests; // by rule
    size_t outcome_count;
    struct config_test success;
    struct outcome_rule failed; // kind and scope, when the success test does not hold
    const struct config_capture *captures;
    size_t capture_count;
    const struct config_namespace *namespaces;
    size_t namespace_count;

    const struct survey *survey; // whose names its templates may use; NULL: any
    bool is_sending_all;         // all answers, as all_script_data and at the end of a form
};

struct config {
    struct arena *arena;
    const char *file;

    const char *listen_host;
    int listen_port; // 0: the system chooses
    int listen_threads;
    size_t max_body_bytes;
    int max_connections;
    int64_t request_timeout_ms; // a whole request must have arrived by then

    const char *admin_user; // NULL: pages are open (allowed on loopback only)
    struct str admin_password;

    const char *store_path;
    int64_t store_reserve_bytes; // free disk space below which new events are refused; -1: 5 % of
                                 // the file system, at most 256 MB
    const char *modules_dir;     // compiled WSDLs
    const char *templates_dir;
    const char *pages_dir;
    int workers;
    int64_t drain_for_ms; // how long SIGTERM waits for deliveries in flight
    int log_level;        // enum log_level

    const struct config_source *sources;
    size_t source_count;
    const struct survey *surveys; // patterns compiled
    size_t survey_count;
    struct filter_maps maps; // what the filter `map` knows
    const struct config_service *services;
    size_t service_count;
    const struct route *routes; // conditions compiled
    size_t route_count;
};

// Relative paths in the file are relative to the file's own folder. False: at least one fault.
bool config_load(const char *file, struct config **ret, struct fault_list *faults) MUST_CHECK;
void config_free(struct config *config);

// What cannot change while the process runs is taken over from the configuration it runs with.
// ret_names, with room for CONFIG_RESTARTS, are the settings that the new file has otherwise: they
// need a restart. False, with a fault: the address that is kept needs more than the new file gives.
enum { CONFIG_RESTARTS = 7 };
bool config_keep(struct config *config, const struct config *running, const char **ret_names,
                 size_t *ret_count, struct fault_list *faults) MUST_CHECK;

#endif
