// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a preview says of events, routes and requests. That its bytes are those that are sent is
// tests/scenario's.

#include "folder.h"

#include "flow/preview.h"

static const char configuration[] =
    "sources: {acme: {}}\n"
    "services:\n"
    "  crm:\n"
    "    http: {url: \"http://crm.example.com/{{uii}}\", body: json}\n"
    "    template: crm.json\n"
    "    headers: {X-Key: \"{{secret.key}}\"}\n"
    "    secrets: {key: {env: PREVIEW_KEY}}\n"
    "  log: {http: {method: GET, url: \"http://log.example.com/{{uii}}\"}}\n"
    "  idle: {http: {method: GET, url: \"http://idle.example.com/\"}}\n"
    "routes:\n"
    "  - {name: sales, triggers: [chat.end], when: {agent_disposition: [Sale, Callback]}, "
    "services: [crm]}\n"
    "  - {name: numbers, when: {dnis: {prefix: \"+1800\"}}, services: [crm]}\n"
    "  - {name: patterns, when: {gate_name: {pattern: \"^AM\"}}, services: [crm]}\n"
    "  - {name: others, triggers: [chat.new], services: [log]}\n"
    "  - {name: all, triggers: [chat.end], services: [log, crm]}\n";

static struct folder folder;

static int set_up(void **state)
{
    (void)state;
    setenv("PREVIEW_KEY", "sesame-7", 1);
    folder_open(&folder);
    folder_write(&folder, "crm.json", "{\"call\": \"{{uii}}\", \"duration\": {{{duration}}}}");
    folder_load(&folder, configuration);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    folder_close(&folder);
    return 0;
}

static const struct json *preview(const char *body, const char *service, size_t max_text_bytes)
{
    struct preview_options options = {.config = folder.config,
                                      .services = folder.services,
                                      .service = service,
                                      .max_text_bytes = max_text_bytes};
    struct preview_event event = {.trigger = event_trigger(STR("chat.end")),
                                  .source = "acme",
                                  .format = EVENT_JSON,
                                  .body = str_from(body),
                                  .received_at = 1600192937123};
    return preview_make(folder.arena, &options, &event);
}

static const struct json *at(const struct json *list, size_t index)
{
    assert_int_equal(list->kind, JSON_ARRAY);
    assert_true(index < list->array.count);
    return list->array.items[index];
}

static const struct json *get(const struct json *tree, const char *name)
{
    const struct json *value = json_get(tree, str_from(name));
    assert_non_null(value);
    return value;
}

static const char *text(const struct json *tree, const char *name)
{
    const struct json *value = get(tree, name);
    return value->kind == JSON_NULL ? "null" : arena_copy(folder.arena, value->string).data;
}

static void test_routes_come_with_their_reasons_and_matches_first(void **state)
{
    (void)state;
    static const char *const expected[][2] = {
        {"all", "null"},
        {"sales", "agent_disposition is \"Refused\", not one of \"Sale\", \"Callback\""},
        {"numbers", "dnis is \"+19005550142\", not one that begins with \"+1800\""},
        {"patterns", "gate_name is not there; wanted is one that matches \"^AM\""},
        {"others", "it is for chat.new"},
    };
    const struct json *tree =
        preview("{\"uii\":\"c1\",\"agent_disposition\":\"Refused\",\"dnis\":\"+19005550142\","
                "\"duration\":7}",
                NULL, SIZE_MAX);
    const struct json *routes = get(tree, "routes");
    assert_int_equal(routes->array.count, COUNT_OF(expected));
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        assert_string_equal(text(at(routes, i), "name"), expected[i][0]);
        assert_string_equal(text(at(routes, i), "why"), expected[i][1]);
        assert_int_equal(get(at(routes, i), "takes")->boolean, i == 0);
    }
    assert_false(get(tree, "unrouted")->boolean);
}

static void test_requests_are_whole_and_secrets_masked(void **state)
{
    (void)state;
    const struct json *tree = preview("{\"uii\":\"c 1\",\"duration\":7}", NULL, SIZE_MAX);
    const struct json *crm = at(get(tree, "requests"), 0), *request = get(crm, "request");
    assert_string_equal(text(crm, "service"), "crm");
    assert_string_equal(text(crm, "route"), "all");
    assert_string_equal(text(request, "body"), "{\"call\": \"c 1\", \"duration\": 7}");
    const char *head = text(request, "head");
    assert_ptr_equal(strstr(head, "POST http://crm.example.com/c%201\n"), head);
    assert_non_null(strstr(head, "\nX-Key: [masked]\n"));
    assert_null(strstr(head, "sesame"));
    assert_string_equal(text(at(get(tree, "requests"), 1), "service"), "log");
}

static void test_a_rejection_says_why_and_where(void **state)
{
    (void)state;
    const struct json *tree = preview("{\"uii\":\"c1\",\"duration\":\"soon\"}", "crm", SIZE_MAX);
    const struct json *crm = at(get(tree, "requests"), 0);
    assert_int_equal(get(tree, "requests")->array.count, 1);
    assert_non_null(strstr(text(crm, "rejected"), "crm.json makes no JSON"));
    assert_int_equal(get(crm, "request")->kind, JSON_NULL);
    assert_non_null(strstr(text(get(crm, "place"), "file"), "/crm.json"));
}

static void test_a_refused_event_says_what_is_wrong(void **state)
{
    (void)state;
    const struct json *tree = preview("{\"ani\":\"1\"}", NULL, SIZE_MAX);
    const struct json *refused = get(tree, "refused");
    assert_string_equal(text(refused, "detail"), "the element `uii`, the call's id, is missing");
    assert_string_equal(text(at(get(refused, "errors"), 0), "pointer"), "/uii");
    assert_int_equal(get(tree, "requests")->array.count, 0);
    assert_false(get(tree, "unrouted")->boolean);
}

static void test_a_service_can_be_asked_for_without_a_route(void **state)
{
    (void)state;
    const struct json *requests = get(preview("{\"uii\":\"c1\"}", "idle", SIZE_MAX), "requests");
    assert_int_equal(requests->array.count, 1);
    assert_string_equal(text(at(requests, 0), "service"), "idle");
    assert_string_equal(text(at(requests, 0), "route"), "null");
}

static void test_long_bodies_are_cut_and_say_so(void **state)
{
    (void)state;
    const struct json *tree = preview("{\"uii\":\"c1\",\"duration\":7}", "crm", 9);
    const struct json *request = get(at(get(tree, "requests"), 0), "request");
    assert_string_equal(text(request, "body"), "{\"call\": ");
    assert_int_equal(get(request, "body_bytes")->integer,
                     9 + get(request, "body_hidden_bytes")->integer);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_routes_come_with_their_reasons_and_matches_first),
        CASE(test_requests_are_whole_and_secrets_masked),
        CASE(test_a_rejection_says_why_and_where),
        CASE(test_a_refused_event_says_what_is_wrong),
        CASE(test_a_service_can_be_asked_for_without_a_route),
        CASE(test_long_bodies_are_cut_and_say_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
