// SPDX-License-Identifier: GPL-3.0-or-later
//
// The configuration: what a good file means, and that a bad one is answered with all its mistakes
// in their places. Each tests/config/*.yaml is a bad file, and the .faults beside it what is said.

#include "edge/config.h"
#include "base/log.h"
#include "core/zone.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <glob.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static const char folder[] = "tests/config";

struct loaded {
    struct arena *arena;
    struct fault_list faults;
    struct config *config; // NULL: there are faults
};

static void load(struct loaded *loaded, const char *file)
{
    *loaded = (struct loaded){.arena = arena_new()};
    loaded->faults.arena = loaded->arena;
    bool is_good = config_load(file, &loaded->config, &loaded->faults);
    assert_int_equal(is_good, loaded->faults.count == 0);
    assert_int_equal(is_good, loaded->config != NULL);
}

static void unload(struct loaded *loaded)
{
    config_free(loaded->config);
    fault_list_finish(&loaded->faults);
    arena_free(loaded->arena);
}

// Writes a file into a new folder and loads it; the folder is gone afterwards.
static void load_text(struct loaded *loaded, struct str text)
{
    char path[] = "/tmp/switchhook-config-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text.data, text.len), (ssize_t)text.len);
    close(fd);
    load(loaded, path);
    unlink(path);
}

static void print_faults(const struct loaded *loaded, struct buf *out)
{
    for (size_t i = 0; i < loaded->faults.count; i++) {
        const struct fault *fault = &loaded->faults.items[i];
        buf_printf(out, "%d:%d: %s\n", fault->line, fault->column, fault->text);
    }
}

static void expect_good(const struct loaded *loaded)
{
    AUTO_BUF struct buf faults;
    buf_init(&faults, 1 << 20);
    print_faults(loaded, &faults);
    assert_string_equal(faults.len ? faults.data : "", "");
}

static void expect_one_fault(const struct loaded *loaded, const char *part)
{
    assert_int_equal(loaded->faults.count, 1);
    if (!strstr(loaded->faults.items[0].text, part))
        fail_msg("expected \"%s\" in \"%s\"", part, loaded->faults.items[0].text);
}

static char *read_whole(const char *path)
{
    char *text = mem_alloc(1 << 20);
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("no file %s", path);
    size_t len = fread(text, 1, (1 << 20) - 1, file);
    text[len] = '\0';
    fclose(file);
    return text;
}

static int set_environment(void **state)
{
    (void)state;
    setenv("GOOD_TOKEN", "a good token", 1);
    setenv("OTHER_TOKEN", "another token", 1);
    setenv("SHORT_TOKEN", "abc", 1);
    setenv("ACME_TOKEN", "what the example names", 1);
    setenv("CRM_API_KEY", "what the example names", 1);
    setenv("DISPOSITION_API_KEY", "what the example names", 1);
    unsetenv("NOT_SET_ANYWHERE");
    return 0;
}

// --- bad files ---

static void test_bad_files_are_answered_with_every_mistake_in_its_place(void **state)
{
    (void)state;
    glob_t files;
    char pattern[100];
    snprintf(pattern, sizeof(pattern), "%s/*.yaml", folder);
    assert_int_equal(glob(pattern, 0, NULL, &files), 0);
    size_t wrong = 0;
    for (size_t i = 0; i < files.gl_pathc; i++) {
        const char *file = files.gl_pathv[i];
        struct loaded loaded;
        load(&loaded, file);
        AUTO_BUF struct buf found;
        buf_init(&found, 1 << 20);
        print_faults(&loaded, &found);
        unload(&loaded);
        char golden[200];
        snprintf(golden, sizeof(golden), "%.*s.faults", (int)strlen(file) - 5, file);
        if (getenv("UPDATE_GOLDEN")) {
            FILE *out = fopen(golden, "w");
            assert_non_null(out);
            fputs(found.len ? found.data : "", out);
            fclose(out);
        }
        AUTO_FREE char *expected = read_whole(golden);
        if (found.len == 0 || strcmp(found.data, expected) != 0) {
            print_error("%s: found\n%sexpected\n%s", file, found.len ? found.data : "", expected);
            wrong++;
        }
    }
    globfree(&files);
    assert_int_equal(wrong, 0);
}

static void test_a_source_says_how_its_values_are_read(void **state)
{
    (void)state;
    struct loaded loaded;
    load_text(&loaded,
              STR("store: x.db\n"
                  "sources:\n"
                  "  acme: {token: {env: GOOD_TOKEN}, time_zone: Asia/Kolkata, phone_country: IN,\n"
                  "    slash_dates: day_first, unresolved_tags: reject, empty: keep,\n"
                  "    aliases: {CallRef: uii, Rep: agent_username}}\n"
                  "  plain: {}\n"
                  "services: {crm: {http: {method: GET, url: 'http://h/'}, order_by: call_id}}\n"
                  "routes: [{name: r, services: crm, when: {agent_extern_id: E7, mine: x}}]\n"));
    expect_good(&loaded);
    const struct normal_rules *rules = &loaded.config->sources[0].normal;
    assert_string_equal(zone_name(rules->zone), "Asia/Kolkata");
    assert_string_equal(rules->phone_country, "IN");
    assert_int_equal(rules->slash_dates, NORMAL_DAY_FIRST);
    assert_int_equal(rules->unresolved, NORMAL_REJECT);
    assert_int_equal(rules->empty, NORMAL_KEEP);
    assert_int_equal(rules->alias_count, 2);
    assert_string_equal(rules->aliases[1].from.data, "Rep");
    assert_string_equal(rules->aliases[1].to.data, "agent_username");
    assert_memory_equal(&loaded.config->sources[1].normal, &normal_rules_default,
                        sizeof(normal_rules_default));
    // Elements have their usual names when routes and order look at them.
    assert_string_equal(loaded.config->services[0].order_by, "uii");
    assert_true(str_eq(loaded.config->routes[0].conditions[0].element, STR("agent_externid")));
    assert_true(str_eq(loaded.config->routes[0].conditions[1].element, STR("mine")));
    unload(&loaded);
}

static void test_a_missing_file_is_a_fault_that_says_so(void **state)
{
    (void)state;
    struct loaded loaded;
    load(&loaded, "/nonexistent/switchhook.yaml");
    expect_one_fault(&loaded, "No such file");
    assert_string_equal(loaded.faults.items[0].file, "/nonexistent/switchhook.yaml");
    unload(&loaded);
    load(&loaded, "/tmp");
    expect_one_fault(&loaded, "directory");
    unload(&loaded);
}

static void test_bytes_that_are_no_text_are_refused(void **state)
{
    (void)state;
    struct loaded loaded;
    load_text(&loaded, STR("store: a\nsources: {\xff: {}}\n"));
    expect_one_fault(&loaded, "not UTF-8 text: byte 0xff in line 2");
    unload(&loaded);
    load_text(&loaded, STR("store: a\0b\n"));
    expect_one_fault(&loaded, "not UTF-8 text: byte 0x00 in line 1");
    unload(&loaded);
    load_text(&loaded, STR("store: \"a\\0b\"\nsources: {a: {}}\n"));
    expect_one_fault(&loaded, "U+0000");
    unload(&loaded);
}

static void test_a_file_of_more_than_16_megabytes_is_refused(void **state)
{
    (void)state;
    size_t size = 16 * 1024 * 1024 + 1;
    AUTO_FREE char *text = mem_alloc(size);
    memset(text, '#', size);
    struct loaded loaded;
    load_text(&loaded, (struct str){text, size});
    expect_one_fault(&loaded, "larger than 16777216 bytes");
    unload(&loaded);
}

// Brackets, keys, anchors or broken routes without end: refused, soon and with a bounded report.
static void test_hostile_files_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *start, *repeat;
    } cases[] = {{"a: ", "["},
                 {"a: ", "{a: "},
                 {"", "- "},
                 {"", "? "},
                 {"a: \"", "\\\\"},
                 {"a:\n", "- &x y\n- *x\n"},
                 {"routes:\n", "- 1\n"},
                 {"", "key: 1\n"},
                 {"a: &", "x"}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO_BUF struct buf text;
        buf_init(&text, 4 << 20);
        buf_printf(&text, "%s", cases[i].start);
        while (text.len < 1 << 20)
            buf_printf(&text, "%s", cases[i].repeat);
        struct loaded loaded;
        load_text(&loaded, buf_str(&text));
        assert_true(loaded.faults.count >= 1);
        unload(&loaded);
    }
}

// --- good files ---

static void test_a_small_file_gets_the_defaults(void **state)
{
    (void)state;
    struct loaded loaded;
    load_text(&loaded, STR("store: data.db\n"
                           "sources: {acme: }\n"
                           "services:\n"
                           "  crm: {http: {url: 'http://127.0.0.1/'}}\n"));
    expect_good(&loaded);
    const struct config *config = loaded.config;
    assert_string_equal(config->listen_host, "127.0.0.1");
    assert_int_equal(config->listen_port, 8080);
    assert_int_equal(config->listen_threads, 2);
    assert_int_equal(config->max_body_bytes, 1024 * 1024);
    assert_int_equal(config->max_connections, 1000);
    assert_int_equal(config->request_timeout_ms, 10 * 1000);
    assert_null(config->admin_user);
    assert_string_equal(config->store_path, "/tmp/data.db");
    assert_string_equal(config->modules_dir, "/tmp/modules");
    assert_string_equal(config->templates_dir, "/tmp/templates");
    assert_string_equal(config->pages_dir, "/tmp/templates/pages");
    assert_true(config->store_reserve_bytes == -1);
    assert_int_equal(config->workers, 1);
    assert_int_equal(config->drain_for_ms, 10 * 1000);
    assert_int_equal(config->log_level, LOG_INFO);
    assert_int_equal(config->source_count, 1);
    assert_int_equal(config->sources[0].token_count, 0);
    assert_int_equal(config->route_count, 0);
    const struct config_service *crm = &config->services[0];
    assert_int_equal(crm->kind, SERVICE_HTTP);
    assert_string_equal(crm->method, "POST");
    assert_int_equal(crm->body, BODY_NONE);
    assert_null(crm->template_path);
    assert_int_equal(crm->connect_timeout_ms, 5 * 1000);
    assert_int_equal(crm->timeout_ms, 30 * 1000);
    assert_int_equal(crm->max_reply_bytes, 1024 * 1024);
    assert_int_equal(crm->concurrency, 20);
    assert_string_equal(crm->order_by, "uii");
    assert_memory_equal(&crm->retry, &retry_policy_default, sizeof(crm->retry));
    unload(&loaded);
}

static void test_a_source_that_signs_needs_no_token_even_beyond_loopback(void **state)
{
    (void)state;
    struct loaded loaded;
    load_text(&loaded,
              STR("store: a\nlisten: 0.0.0.0:80\nadmin: {user: ops, password: {env: GOOD_TOKEN}}\n"
                  "sources:\n  acme: {signatures: [\n"
                  "    {secret: {file: /proc/self/cwd/tests/config/secret_signing}},\n"
                  "    {secret: {file: /proc/self/cwd/tests/config/secret_signing}}]}\n"
                  "  beta: {token: {env: OTHER_TOKEN}, user: pat}\n"));
    expect_good(&loaded);
    const struct config_source *acme = &loaded.config->sources[0];
    assert_int_equal(acme->token_count, 0);
    assert_int_equal(acme->signing_key_count, 2);
    assert_int_equal(acme->signing_keys[1].len, 24);
    assert_memory_equal(acme->signing_keys[1].data, "\0\1\2\3", 4);
    assert_string_equal(loaded.config->sources[1].user, "pat");
    unload(&loaded);
}

static const char full[] =
    "\xef\xbb\xbf"
    "routes:\n"
    "  - name: sales\n"
    "    sources: beta\n"
    "    triggers: [outbound.disposition, inbound.disposition]\n"
    "    when:\n"
    "      agent_disposition: [Sale, Callback]\n"
    "      gate_id: 72992\n"
    "      survey.csat: {equals: yes}\n"
    "      lead_state: {one_of: READY}\n"
    "      dnis: {prefix: \"+1800\"}\n"
    "      campaign_name: {pattern: '^AM '}\n"
    "    services: [crm, survey]\n"
    "listen: '[::1]:0'\n"
    "listen_threads: 3\n"
    "store: {path: /var/lib/switchhook.db, reserve: 256MB}\n"
    "modules: ../modules\n"
    "templates: /srv/templates\n"
    "pages: /srv/pages\n"
    "admin: {user: ops, password: {env: GOOD_TOKEN}}\n"
    "limits: {body: 64KB, connections: 10, request_timeout: 250ms}\n"
    "workers: 4\n"
    "drain: 0\n"
    "log: warn\n"
    "sources:\n"
    "  acme: {token: {env: GOOD_TOKEN}}\n"
    "  beta: {tokens: [{env: OTHER_TOKEN}, {file: /proc/self/cwd/tests/config/secret_good}]}\n"
    "services:\n"
    "  survey:\n"
    "    soap: {wsdl: survey, operation: Submit, port: P, endpoint: 'http://h:1/{{uii}}',\n"
    "      addressing: false}\n"
    "    success: {xpath: 'c:Status', equals: [OK, 1], else: retry, scope: service}\n"
    "    namespaces: {c: 'urn:crm'}\n"
    "    capture: {id: //Id, state: {xpath: //State, sample: new}}\n"
    "    template: acme/survey.xml\n"
    "    timeout: 1m\n"
    "    connect_timeout: 2s\n"
    "    max_reply: 2KB\n"
    "    concurrency: 7\n"
    "    idempotent: true\n"
    "    order_by: none\n"
    "    retry: {first: 5s, factor: 1.25, max: 1h, give_up_after: 2d, attempts: 9}\n"
    "    tls: {ca: ca.pem, cert: /etc/c.pem, key: k.pem}\n"
    "    proxy: http://proxy:3128\n"
    "  crm:\n"
    "    http: {method: PUT, url: 'https://[::1]:8443/a/{{ uii }}?b', body: form, content_type: "
    "a/b}\n"
    "    template: crm.form\n"
    "    headers: {X-Key: 'k {{secret.api_key}}'}\n"
    "    secrets: {api_key: {env: GOOD_TOKEN}}\n"
    "    auth: {basic: {user: x, password: {env: OTHER_TOKEN}}}\n"
    "    order_by: lead_id\n"
    "    outcomes:\n"
    "      - {status: 404, outcome: retry, scope: service}\n"
    "      - {status: 500-599, fault: Busy, outcome: delivered}\n"
    "      - {json: /error/code, equals: 7, outcome: unknown}\n";

static void check_full_services(const struct config *config)
{
    const struct config_service *survey = &config->services[0], *crm = &config->services[1];
    assert_int_equal(survey->kind, SERVICE_SOAP);
    assert_string_equal(survey->wsdl, "survey");
    assert_string_equal(survey->operation, "Submit");
    assert_string_equal(survey->port, "P");
    assert_string_equal(survey->endpoint.data, "http://h:1/{{uii}}");
    assert_string_equal(survey->template_path, "/srv/templates/acme/survey.xml");
    assert_int_equal(survey->timeout_ms, 60 * 1000);
    assert_int_equal(survey->max_reply_bytes, 2048);
    assert_int_equal(survey->concurrency, 7);
    assert_null(survey->order_by);
    assert_true(survey->retry.is_idempotent);
    assert_int_equal(survey->retry.first_for_ms, 5000);
    assert_true(survey->retry.factor > 1.249 && survey->retry.factor < 1.251);
    assert_true(survey->retry.give_up_after_for_ms == 2 * 24 * 3600 * 1000);
    assert_int_equal(survey->retry.max_attempts, 9);
    assert_string_equal(survey->ca_file, "/tmp/ca.pem");
    assert_string_equal(survey->cert_file, "/etc/c.pem");
    assert_string_equal(survey->proxy, "http://proxy:3128");
    assert_int_equal(survey->addressing, ADDRESSING_OFF);
    assert_string_equal(survey->success.at.xpath, "c:Status");
    assert_int_equal(survey->success.equals_count, 2);
    assert_int_equal(survey->failed.kind, OUTCOME_RETRY);
    assert_int_equal(survey->failed.scope, OUTCOME_SERVICE);
    assert_string_equal(survey->namespaces[0].uri, "urn:crm");
    assert_int_equal(survey->capture_count, 2);
    assert_string_equal(survey->captures[0].at.xpath, "//Id");
    assert_string_equal(survey->captures[0].at.json, "//Id");
    assert_string_equal(survey->captures[0].sample, "1");
    assert_null(survey->captures[1].at.json);
    assert_string_equal(survey->captures[1].sample, "new");
    assert_string_equal(crm->method, "PUT");
    assert_int_equal(crm->body, BODY_FORM);
    assert_string_equal(crm->content_type, "a/b");
    assert_string_equal(crm->headers[0].value.data, "k {{secret.api_key}}");
    assert_string_equal(crm->secrets[0].value.data, "a good token");
    assert_string_equal(crm->basic_user, "x");
    assert_string_equal(crm->basic_password.data, "another token");
    assert_string_equal(crm->order_by, "lead_id");
    assert_int_equal(crm->outcome_count, 3);
    assert_false(crm->outcomes[1].has_test);
    assert_true(crm->outcomes[2].has_test);
    assert_string_equal(crm->outcome_tests[2].at.json, "/error/code");
    assert_string_equal(crm->outcome_tests[2].equals[0].data, "7");
    assert_int_equal(crm->outcomes[0].status_from, 404);
    assert_int_equal(crm->outcomes[0].status_to, 404);
    assert_int_equal(crm->outcomes[0].kind, OUTCOME_RETRY);
    assert_int_equal(crm->outcomes[0].scope, OUTCOME_SERVICE);
    assert_int_equal(crm->outcomes[1].status_to, 599);
    assert_string_equal(crm->outcomes[1].fault, "Busy");
}

static void check_full_route(const struct config *config)
{
    const struct route *route = &config->routes[0];
    assert_string_equal(route->name, "sales");
    assert_int_equal(route->source_count, 1);
    assert_int_equal(route->sources[0], 1);
    assert_int_equal(route->trigger_count, 2);
    assert_ptr_equal(route->triggers[0], event_trigger(STR("outbound.disposition")));
    assert_int_equal(route->service_count, 2);
    assert_int_equal(route->services[0], 1);
    assert_int_equal(route->services[1], 0);
    static const enum condition_kind kinds[] = {CONDITION_ONE_OF, CONDITION_EQUALS,
                                                CONDITION_EQUALS, CONDITION_ONE_OF,
                                                CONDITION_PREFIX, CONDITION_PATTERN};
    assert_int_equal(route->condition_count, COUNT_OF(kinds));
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        assert_int_equal(route->conditions[i].kind, kinds[i]);
    assert_int_equal(route->conditions[0].value_count, 2);
    assert_string_equal(route->conditions[0].values[1].data, "Callback");
    assert_string_equal(route->conditions[1].values[0].data, "72992");
    assert_string_equal(route->conditions[2].element.data, "survey.csat");
    assert_string_equal(route->conditions[2].values[0].data, "yes");
    assert_true(pattern_matches(route->conditions[5].pattern, STR("AM Campaign")));
}

static void test_every_key_reaches_its_field(void **state)
{
    (void)state;
    struct loaded loaded;
    load_text(&loaded, str_from(full));
    expect_good(&loaded);
    const struct config *config = loaded.config;
    assert_string_equal(config->listen_host, "::1");
    assert_int_equal(config->listen_port, 0);
    assert_int_equal(config->listen_threads, 3);
    assert_string_equal(config->store_path, "/var/lib/switchhook.db");
    assert_true(config->store_reserve_bytes == 256 * 1024 * 1024);
    assert_string_equal(config->modules_dir, "/tmp/../modules");
    assert_string_equal(config->pages_dir, "/srv/pages");
    assert_string_equal(config->admin_user, "ops");
    assert_string_equal(config->admin_password.data, "a good token");
    assert_int_equal(config->max_body_bytes, 64 * 1024);
    assert_int_equal(config->max_connections, 10);
    assert_int_equal(config->request_timeout_ms, 250);
    assert_int_equal(config->workers, 4);
    assert_int_equal(config->drain_for_ms, 0);
    assert_int_equal(config->log_level, LOG_WARN);
    assert_string_equal(config->sources[0].tokens[0].data, "a good token");
    assert_int_equal(config->sources[1].token_count, 2);
    assert_string_equal(config->sources[1].tokens[1].data, "a good secret");
    check_full_services(config);
    check_full_route(config);
    unload(&loaded);
}

static void test_listening_beyond_loopback_is_fine_with_admin_and_tokens(void **state)
{
    (void)state;
    struct loaded loaded;
    load_text(&loaded, STR("listen: '[::]:8080'\n"
                           "store: data.db\n"
                           "admin: {user: ops, password: {env: GOOD_TOKEN}}\n"
                           "sources: {acme: {token: {env: OTHER_TOKEN}}}\n"));
    expect_good(&loaded);
    assert_string_equal(loaded.config->listen_host, "::");
    unload(&loaded);
}

static void test_the_times_of_sources_and_routes_reach_their_fields(void **state)
{
    (void)state;
    struct loaded loaded;
    load_text(&loaded,
              STR("store: data.db\n"
                  "sources:\n"
                  "  acme: {token: {env: GOOD_TOKEN}, dedupe: true}\n"
                  "  beta: {token: {env: OTHER_TOKEN}, dedupe: {by: [uii, trigger], within: 5s}}\n"
                  "  open: {dedupe: false}\n"
                  "services: {crm: {http: {method: GET, url: 'http://a/'}}}\n"
                  "routes:\n"
                  "  - name: timed\n"
                  "    triggers: [inbound.dequeue, inbound.disposition, inbound.call_end]\n"
                  "    services: crm\n"
                  "    delay: 120s\n"
                  "    expires_in: 10m\n"
                  "    merge: {triggers: [inbound.call_end, inbound.disposition], within: 1m}\n"
                  "  - {name: plain, services: crm}\n"));
    expect_good(&loaded);
    const struct config_source *sources = loaded.config->sources;
    assert_int_equal(sources[0].dedupe.within_ms, 600000);
    assert_int_equal(sources[0].dedupe.element_count, 5);
    assert_string_equal(sources[0].dedupe.elements[4].data, "agent_disposition");
    assert_int_equal(sources[1].dedupe.within_ms, 5000);
    assert_int_equal(sources[1].dedupe.element_count, 2);
    assert_string_equal(sources[1].dedupe.elements[1].data, "trigger");
    assert_int_equal(sources[2].dedupe.within_ms, 0);
    const struct route_timing *timing = &loaded.config->routes[0].timing;
    assert_int_equal(timing->delay_for_ms, 120000);
    assert_int_equal(timing->expires_for_ms, 600000);
    assert_int_equal(timing->merge_within_ms, 60000);
    assert_int_equal(timing->merge_count, 2);
    assert_string_equal(timing->merges[1], "inbound.disposition");
    static const struct route_timing none;
    assert_memory_equal(&loaded.config->routes[1].timing, &none, sizeof(none));
    unload(&loaded);
}

static void test_an_alias_stands_for_what_its_anchor_holds(void **state)
{
    (void)state;
    struct loaded loaded;
    load_text(&loaded, STR("store: data.db\n"
                           "sources: {acme: {}}\n"
                           "services:\n"
                           "  a: {http: {url: 'http://a/'}, retry: &retry {first: 7s}}\n"
                           "  b: {http: {url: 'http://b/'}, retry: *retry}\n"));
    expect_good(&loaded);
    assert_int_equal(loaded.config->services[1].retry.first_for_ms, 7000);
    unload(&loaded);
}

static void test_the_example_is_good(void **state)
{
    (void)state;
    struct loaded loaded;
    load(&loaded, "etc/switchhook.yaml");
    expect_good(&loaded);
    assert_int_equal(loaded.config->service_count, 3);
    unload(&loaded);
}

static void test_a_thousand_services_and_five_thousand_routes_load_within_a_second(void **state)
{
    (void)state;
    AUTO_BUF struct buf text;
    buf_init(&text, 16 << 20);
    buf_printf(&text, "store: data.db\nsources: {acme: {}}\nservices:\n");
    for (int i = 0; i < 1000; i++)
        buf_printf(&text,
                   "  service%d:\n    http: {method: POST, url: 'http://h/{{uii}}', body: json}\n"
                   "    template: a.json\n    timeout: 10s\n    idempotent: true\n",
                   i);
    buf_printf(&text, "routes:\n");
    for (int i = 0; i < 5000; i++)
        buf_printf(&text,
                   "  - name: route%d\n    sources: [acme]\n    triggers: [inbound.disposition]\n"
                   "    when: {campaign_id: [%d, %d], dnis: {prefix: '+1'}}\n"
                   "    services: [service%d, service%d]\n",
                   i, i, i + 1, i % 1000, (i + 1) % 1000);
    struct loaded loaded;
    clock_t before = clock();
    load_text(&loaded, buf_str(&text));
    double seconds = (double)(clock() - before) / CLOCKS_PER_SEC;
    expect_good(&loaded);
    assert_int_equal(loaded.config->service_count, 1000);
    assert_int_equal(loaded.config->route_count, 5000);
    assert_int_equal(loaded.config->routes[4999].services[1], 0);
    if (seconds >= 1)
        fail_msg("%.3f s", seconds);
    print_message("%zu bytes in %.3f s\n", text.len, seconds);
    unload(&loaded);
}

// --- beside a running one ---

static const char beyond[] = "listen: 0.0.0.0:8080\nstore: data.db\nworkers: 2\n"
                             "admin: {user: ops, password: {env: GOOD_TOKEN}}\n"
                             "sources: {acme: {token: {env: GOOD_TOKEN}}}\n";

static void test_what_needs_a_restart_is_named_and_kept(void **state)
{
    (void)state;
    struct loaded running, coming;
    load_text(&running, str_from(beyond));
    load_text(&coming, STR("listen: 127.0.0.1:8080\nstore: other.db\nworkers: 2\n"
                           "limits: {body: 2KB}\ndrain: 3s\n"
                           "admin: {user: other, password: {env: GOOD_TOKEN}}\n"
                           "sources: {acme: {token: {env: GOOD_TOKEN}}}\n"));
    const char *names[CONFIG_RESTARTS];
    size_t count;
    assert_true(config_keep(coming.config, running.config, names, &count, &coming.faults));
    assert_int_equal(count, 3);
    assert_string_equal(names[0], "listen");
    assert_string_equal(names[1], "store");
    assert_string_equal(names[2], "limits: body");
    unload(&running); // nothing is borrowed
    assert_string_equal(coming.config->listen_host, "0.0.0.0");
    assert_int_equal(coming.config->max_body_bytes, 1024 * 1024);
    assert_int_equal(coming.config->drain_for_ms, 3000);
    assert_string_equal(coming.config->admin_user, "other");
    unload(&coming);
}

static void test_an_address_that_is_kept_keeps_its_rules(void **state)
{
    (void)state;
    struct loaded running, coming;
    load_text(&running, str_from(beyond));
    load_text(&coming, STR("store: data.db\nsources: {acme: {}}\n"));
    const char *names[CONFIG_RESTARTS];
    size_t count;
    assert_false(config_keep(coming.config, running.config, names, &count, &coming.faults));
    assert_int_equal(coming.faults.count, 2);
    assert_non_null(strstr(coming.faults.items[0].text, "admin is needed until a restart"));
    assert_non_null(strstr(coming.faults.items[1].text, "source 'acme' needs a token"));
    unload(&running);
    unload(&coming);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_files_are_answered_with_every_mistake_in_its_place),
        cmocka_unit_test(test_a_source_says_how_its_values_are_read),
        cmocka_unit_test(test_a_missing_file_is_a_fault_that_says_so),
        cmocka_unit_test(test_bytes_that_are_no_text_are_refused),
        cmocka_unit_test(test_a_file_of_more_than_16_megabytes_is_refused),
        cmocka_unit_test(test_hostile_files_are_refused),
        cmocka_unit_test(test_a_small_file_gets_the_defaults),
        cmocka_unit_test(test_a_source_that_signs_needs_no_token_even_beyond_loopback),
        cmocka_unit_test(test_every_key_reaches_its_field),
        cmocka_unit_test(test_listening_beyond_loopback_is_fine_with_admin_and_tokens),
        cmocka_unit_test(test_the_times_of_sources_and_routes_reach_their_fields),
        cmocka_unit_test(test_an_alias_stands_for_what_its_anchor_holds),
        cmocka_unit_test(test_the_example_is_good),
        cmocka_unit_test(test_a_thousand_services_and_five_thousand_routes_load_within_a_second),
        cmocka_unit_test(test_what_needs_a_restart_is_named_and_kept),
        cmocka_unit_test(test_an_address_that_is_kept_keeps_its_rules),
    };
    return cmocka_run_group_tests(tests, set_environment, NULL);
}
