// SPDX-License-Identifier: GPL-3.0-or-later
//
// From the bytes a platform posts to the bytes a service gets: whatever a value holds, the request
// is well-formed, says that value and nothing else. Random values made of what breaks encoders, in
// every body kind, with and without filters and policies.

#include "core/mark.h"
#include "edge/service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

static const struct json_limits limits = {.depth = 16, .values = 100000};
enum { MAX_BYTES = 8 * 1024 * 1024, ROUNDS = 400, NOTES_BYTES = 64 * 1024 };

// --- a gateway's worth of services ---

static const char configuration[] =
    "store: d\n"
    "templates: .\n"
    "sources: {a: }\n"
    "maps: {same: {values: {Sale: Sale}, unmapped: pass}}\n"
    "services:\n"
    "  json: {http: {url: 'http://h:1/', body: json}, template: t.json}\n"
    "  json_omit: {http: {url: 'http://h:1/', body: json}, template: t.json, missing: omit}\n"
    "  form: {http: {url: 'http://h:1/', body: form}, template: t.form}\n"
    "  form_omit: {http: {url: 'http://h:1/', body: form}, template: t.form, missing: omit}\n"
    "  xml: {http: {url: 'http://h:1/', body: xml}, template: t.xml}\n"
    "  xml_omit: {http: {url: 'http://h:1/', body: xml}, template: t.xml, missing: omit}\n"
    "  hash: {http: {url: 'http://h:1/', body: json}, template: t.hash, tags: '#'}\n"
    "  line:\n"
    "    http: {method: GET, url: 'http://h:1/p/{{v}}?v={{v}}&w={{v | map \"same\" | omit}}&z=1'}\n"
    "    headers: {X-V: 'a{{v}}b', X-W: '{{v | omit}}'}\n";

static const char *const files[][2] = {
    {"switchhook.yaml", configuration},
    {"t.json", "{\"v\": \"{{v}}\", \"f\": \"{{v | default \"-\" | map \"same\"}}\", "
               "\"o\": \"{{v | omit}}\", \"n\": \"{{v | nil}}\", \"none\": {{none}},}"},
    {"t.form",
     "v={{v}}\n&f={{v | default \"-\" | map \"same\"}}\n&o={{v | omit}}\n&none={{none}}\n"},
    {"t.xml", "<r a=\"{{v}}\" o=\"{{v | omit}}\"><v>{{v}}</v>"
              "<f>{{v | default \"-\" | map \"same\"}}</f><o>{{v | omit}}</o>"
              "<none x=\"{{none}}\">{{none}}</none></r>"},
    {"t.hash", "{\"v\": \"#v#\", \"f\": \"#v | default '-' | map 'same'#\", \"o\": \"#v | omit#\", "
               "\"c\": \"#fff #1 ## \"}"},
};

struct gateway {
    struct arena *arena;
    char folder[64];
    struct config *config;
    struct services *services;
    struct soap_codec *codec;
    struct fault_list faults;
    int attempt;
};

static void write_file(const struct gateway *gateway, const char *name, const char *text)
{
    char path[200];
    snprintf(path, sizeof(path), "%s/%s", gateway->folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int start(void **state)
{
    struct gateway *gateway = mem_alloc(sizeof(*gateway));
    gateway->arena = arena_new();
    gateway->faults.arena = gateway->arena;
    snprintf(gateway->folder, sizeof(gateway->folder), "/tmp/switchhook-mapping-XXXXXX");
    assert_non_null(mkdtemp(gateway->folder));
    for (size_t i = 0; i < COUNT_OF(files); i++)
        write_file(gateway, files[i][0], files[i][1]);
    const char *file = arena_printf(gateway->arena, "%s/switchhook.yaml", gateway->folder);
    if (!config_load(file, &gateway->config, &gateway->faults) ||
        !services_load(gateway->config, NULL, &gateway->services, &gateway->faults)) {
        print_error("%d:%d: %s\n", gateway->faults.items[0].line, gateway->faults.items[0].column,
                    gateway->faults.items[0].text);
        return -1;
    }
    gateway->codec = soap_codec_new();
    gateway->attempt = 1;
    *state = gateway;
    return 0;
}

static int stop(void **state)
{
    struct gateway *gateway = *state;
    soap_codec_free(gateway->codec);
    services_free(gateway->services);
    config_free(gateway->config);
    fault_list_finish(&gateway->faults);
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        char path[200];
        snprintf(path, sizeof(path), "%s/%s", gateway->folder, files[i][0]);
        unlink(path);
    }
    assert_int_equal(rmdir(gateway->folder), 0);
    arena_free(gateway->arena);
    free(gateway);
    return 0;
}

static bool encode(struct gateway *gateway, const char *name, struct arena *arena,
                   const struct event *event, struct transport_request *ret, struct err *err)
{
    size_t index = 0;
    while (strcmp(gateway->config->services[index].name, name) != 0)
        index++;
    struct service_values values = {.event = event,
                                    .event_id = "event-1",
                                    .source = "a",
                                    .delivery_id = "delivery-1",
                                    .received_at = 1600192937123,
                                    .attempt = gateway->attempt};
    return service_encode(gateway->services->items[index], gateway->codec, arena, &values, ret,
                          err);
}

// --- what platforms post ---

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static struct str make_value(struct arena *arena, uint32_t *seed)
{
    static const char *const pieces[] = {
        "\"",
        "'",
        "\\",
        "<",
        ">",
        "&",
        "]]>",
        "<![CDATA[",
        "<!--",
        "&amp;",
        "&#0;",
        "%",
        "%0d%0a",
        "+",
        " ",
        "\r\nX-Evil: 1",
        "\n",
        "\t",
        "/",
        "../",
        "{{v}}",
        "{{{v}}}",
        "#v#",
        "=",
        ";",
        "?",
        ",",
        ",}",
        "\xc3\xa9",
        "\xe2\x80\xa8",
        "\xf0\x9f\x93\x9e",
        "\xf4\x8f\xbf\xbf",
        "\x01",
        "\x1f",
        "\x7f",
        "\xef\xbf\xbf",
        "\xef\xb7\x90",
        "\xef\xb7\x91",
        "\xef\xb7\x92",
        "\xff",
        "\xc3",
        "\xed\xa0\x80",
        "plain",
        "0",
        "null",
    };
    AUTO_BUF struct buf text;
    buf_init(&text, MAX_BYTES);
    size_t len = next_random(seed) % 12;
    for (size_t i = 0; i < len; i++) {
        if (next_random(seed) % 30 == 0)
            buf_add_char(&text, '\0');
        buf_add_str(&text, str_from(pieces[next_random(seed) % COUNT_OF(pieces)]));
    }
    while (next_random(seed) % 40 == 0 && text.len && text.len < NOTES_BYTES)
        while (text.len < NOTES_BYTES)
            buf_add_str(&text, str_from(pieces[next_random(seed) % COUNT_OF(pieces)]));
    return arena_copy(arena, buf_str(&text));
}

// A form with the value's bytes as they are; ret_value is what the event holds.
static struct event post(struct arena *arena, struct str bytes, struct str *ret_value)
{
    AUTO_BUF struct buf body;
    buf_init(&body, MAX_BYTES);
    buf_add_str(&body, STR("uii=1&v="));
    for (size_t i = 0; i < bytes.len; i++)
        buf_printf(&body, "%%%02X", (unsigned char)bytes.data[i]);
    struct event event;
    struct event_faults faults;
    struct err err;
    if (!event_parse(arena, event_trigger(STR("chat.end")), EVENT_FORM,
                     arena_copy(arena, buf_str(&body)), &event_limits_default, &event, &faults,
                     &err))
        fail_msg("%s", err.text);
    *ret_value = json_get(event.elements, STR("v"))->string;
    return event;
}

// --- what the service reads ---

static struct str without_marks(struct arena *arena, struct str value)
{
    struct str copy = arena_copy(arena, value);
    mark_neutralise((char *)copy.data, copy.len);
    return copy;
}

// What XML 1.0 cannot hold at all reads as U+FFFD.
static struct str as_xml(struct arena *arena, struct str value)
{
    AUTO_BUF struct buf out;
    buf_init(&out, MAX_BYTES);
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.data[i];
        bool is_nonchar = i + 2 < value.len && memcmp(value.data + i, "\xef\xbf", 2) == 0 &&
                          (unsigned char)value.data[i + 2] >= 0xbe;
        if (is_nonchar || (c < ' ' && c != '\t' && c != '\n' && c != '\r')) {
            buf_add_str(&out, STR("\xef\xbf\xbd"));
            i += is_nonchar ? 2 : 0;
        } else {
            buf_add_char(&out, (char)c);
        }
    }
    return arena_copy(arena, buf_str(&out));
}

static struct str between(struct str text, const char *before, const char *after)
{
    const char *start = memmem(text.data, text.len, before, strlen(before));
    if (!start)
        return (struct str){NULL, 0};
    start += strlen(before);
    const char *end = memmem(start, (size_t)(text.data + text.len - start), after, strlen(after));
    assert_non_null(end);
    return (struct str){start, (size_t)(end - start)};
}

static struct str decode_xml(struct arena *arena, struct str text)
{
    static const struct {
        const char *entity, *text;
    } entities[] = {{"&amp;", "&"}, {"&lt;", "<"},  {"&gt;", ">"},   {"&quot;", "\""},
                    {"&#39;", "'"}, {"&#9;", "\t"}, {"&#10;", "\n"}, {"&#13;", "\r"}};
    AUTO_BUF struct buf out;
    buf_init(&out, MAX_BYTES);
    while (text.len) {
        size_t taken = 1;
        char c = text.data[0];
        for (size_t i = 0; i < COUNT_OF(entities); i++) {
            if (str_starts(text, str_from(entities[i].entity))) {
                taken = strlen(entities[i].entity);
                c = entities[i].text[0];
            }
        }
        assert_true(taken > 1 || !strchr("<&", c));
        buf_add_char(&out, c);
        text = (struct str){text.data + taken, text.len - taken};
    }
    return arena_copy(arena, buf_str(&out));
}

static struct str decode_percent(struct arena *arena, struct str text, bool is_form)
{
    AUTO_BUF struct buf out;
    buf_init(&out, MAX_BYTES);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        assert_true(c > ' ' && c < 0x7f);
        if (c == '%') {
            char digits[] = {text.data[i + 1], text.data[i + 2], '\0'};
            c = (unsigned char)strtol(digits, NULL, 16);
            i += 2;
        } else if (c == '+' && is_form) {
            c = ' ';
        }
        buf_add_char(&out, (char)c);
    }
    return arena_copy(arena, buf_str(&out));
}

// The value of a field; data NULL: it is not there. Each field stands there at most once.
static struct str field_of(struct arena *arena, struct str fields, const char *name, bool is_form)
{
    struct str found = {NULL, 0};
    while (fields.len) {
        const char *end = memchr(fields.data, '&', fields.len);
        struct str field = {fields.data, end ? (size_t)(end - fields.data) : fields.len};
        size_t taken = field.len + (end != NULL), name_len = strlen(name);
        if (field.len > name_len && memcmp(field.data, name, name_len) == 0 &&
            field.data[name_len] == '=') {
            assert_null(found.data);
            struct str value = {field.data + name_len + 1, field.len - name_len - 1};
            found = decode_percent(arena, value, is_form);
        }
        fields = (struct str){fields.data + taken, fields.len - taken};
    }
    return found;
}

static void assert_says(struct str got, struct str value)
{
    assert_non_null(got.data);
    if (!str_eq(got, value))
        fail_msg("reads as `%.*s`, not `%.*s`", STR_ARG(got), STR_ARG(value));
}

// --- each kind ---

static void check_json(struct gateway *gateway, const char *name, struct arena *arena,
                       const struct event *event, struct str value)
{
    struct transport_request request;
    struct json *body;
    struct err err;
    bool omits = strcmp(name, "json_omit") == 0, is_hash = strcmp(name, "hash") == 0;
    if (!encode(gateway, name, arena, event, &request, &err) ||
        !json_parse(arena, request.body, &limits, &body, &err))
        fail_msg("%s: %s", name, err.text);
    assert_false(mark_is_in(request.body));
    value = without_marks(arena, value);
    const struct json *v = json_get(body, STR("v")), *o = json_get(body, STR("o"));
    const struct json *n = json_get(body, STR("n")), *f = json_get(body, STR("f"));
    assert_says(f->string, value.len ? value : STR("-"));
    if (is_hash)
        assert_says(json_get(body, STR("c"))->string, STR("#fff #1 ## "));
    else
        assert_int_equal(json_get(body, STR("none")) != NULL, !omits);
    if (value.len == 0) {
        assert_null(o);
        assert_int_equal(v != NULL, !omits);
        assert_true(is_hash || n->kind == JSON_NULL);
        return;
    }
    assert_says(v->string, value);
    assert_says(o->string, value);
    if (!is_hash)
        assert_says(n->string, value);
    assert_int_equal(body->object.count, 4 + !is_hash - omits);
}

static void check_form(struct gateway *gateway, const char *name, struct arena *arena,
                       const struct event *event, struct str value)
{
    struct transport_request request;
    struct err err;
    bool omits = strcmp(name, "form_omit") == 0;
    if (!encode(gateway, name, arena, event, &request, &err))
        fail_msg("%s: %s", name, err.text);
    assert_says(field_of(arena, request.body, "f", true), value.len ? value : STR("-"));
    assert_int_equal(field_of(arena, request.body, "none", true).data != NULL, !omits);
    struct str o = field_of(arena, request.body, "o", true);
    struct str v = field_of(arena, request.body, "v", true);
    if (value.len == 0) {
        assert_null(o.data);
        assert_int_equal(v.data != NULL, !omits);
        return;
    }
    assert_says(o, value);
    assert_says(v, value);
}

static void check_xml(struct gateway *gateway, const char *name, struct arena *arena,
                      const struct event *event, struct str value)
{
    struct transport_request request;
    struct str again;
    struct err err;
    bool omits = strcmp(name, "xml_omit") == 0;
    if (!encode(gateway, name, arena, event, &request, &err) ||
        !soap_finish_xml(gateway->codec, arena, request.body, false, &again, &err))
        fail_msg("%s: %s", name, err.text);
    assert_false(mark_is_in(request.body));
    value = as_xml(arena, without_marks(arena, value));
    struct str f = between(request.body, "<f>", "</f>");
    assert_says(decode_xml(arena, f), value.len ? value : STR("-"));
    assert_int_equal(memmem(request.body.data, request.body.len, "<none", 5) != NULL, !omits);
    if (value.len == 0) {
        assert_null(between(request.body, "<o>", "</o>").data);
        assert_null(between(request.body, " o=\"", "\"").data);
        return;
    }
    assert_says(decode_xml(arena, between(request.body, "<v>", "</v>")), value);
    assert_says(decode_xml(arena, between(request.body, "<o>", "</o>")), value);
    assert_says(decode_xml(arena, between(request.body, " a=\"", "\"")), value);
    assert_says(decode_xml(arena, between(request.body, " o=\"", "\"")), value);
}

static const char *header_of(const struct transport_request *request, const char *name)
{
    const char *found = NULL;
    for (size_t i = 0; i < request->header_count; i++) {
        const char *line = request->headers[i];
        size_t len = strlen(name);
        assert_null(strpbrk(line, "\r\n"));
        if (strncmp(line, name, len) == 0 && line[len] == ':') {
            assert_null(found);
            found = line + len + 2;
        }
    }
    return found;
}

static struct str as_header(struct arena *arena, struct str value)
{
    struct str copy = arena_copy(arena, value);
    for (size_t i = 0; i < copy.len; i++) {
        if ((unsigned char)copy.data[i] < ' ' || copy.data[i] == 0x7f)
            ((char *)copy.data)[i] = ' ';
    }
    return str_trim(copy);
}

static void check_line(struct gateway *gateway, struct arena *arena, const struct event *event,
                       struct str value)
{
    struct transport_request request;
    struct err err;
    bool is_dots = str_eq(value, STR(".")) || str_eq(value, STR(".."));
    if (!encode(gateway, "line", arena, event, &request, &err)) {
        assert_true(is_dots || strstr(err.text, "passes 8192 bytes"));
        return;
    }
    struct str url = str_from(request.url), marked = without_marks(arena, value);
    assert_true(str_starts(url, STR("http://h:1/p/")));
    assert_null(strchr(request.url, '#'));
    assert_says(decode_percent(arena, between(url, "http://h:1/p/", "?"), false), value);
    struct str query = str_from(strchr(request.url, '?') + 1);
    assert_says(field_of(arena, query, "v", false), value);
    assert_says(field_of(arena, query, "z", false), STR("1"));
    struct str w = field_of(arena, query, "w", false);
    const char *header = header_of(&request, "X-W");
    assert_null(header_of(&request, "X-Evil"));
    assert_int_equal(w.data != NULL, marked.len > 0);
    assert_int_equal(header != NULL, as_header(arena, marked).len > 0);
    if (header)
        assert_says(str_from(header), as_header(arena, marked));
    struct str whole = str_from(header_of(&request, "X-V"));
    assert_int_equal(whole.len, value.len + 2);
    assert_true(whole.data[0] == 'a' && whole.data[whole.len - 1] == 'b');
}

static void test_any_value_arrives_and_changes_nothing_else(void **state)
{
    struct gateway *gateway = *state;
    static const char *const jsons[] = {"json", "json_omit", "hash"};
    static const char *const forms[] = {"form", "form_omit"};
    static const char *const xmls[] = {"xml", "xml_omit"};
    uint32_t seed = 20240912;
    for (int round = 0; round < ROUNDS; round++) {
        AUTO_ARENA struct arena *arena = arena_new();
        struct str value;
        struct event event = post(arena, make_value(arena, &seed), &value);
        for (size_t i = 0; i < COUNT_OF(jsons); i++)
            check_json(gateway, jsons[i], arena, &event, value);
        for (size_t i = 0; i < COUNT_OF(forms); i++)
            check_form(gateway, forms[i], arena, &event, value);
        for (size_t i = 0; i < COUNT_OF(xmls); i++)
            check_xml(gateway, xmls[i], arena, &event, value);
        check_line(gateway, arena, &event, value);
    }
}

static void test_unmapped_values_of_first_attempts_are_counted(void **state)
{
    struct gateway *gateway = *state;
    AUTO_ARENA struct arena *arena = arena_new();
    struct str value;
    struct transport_request request;
    struct err err;
    struct unmapped_view view;
    struct event event = post(arena, STR("Sold in part"), &value);
    assert_true(encode(gateway, "json", arena, &event, &request, &err));
    gateway->attempt = 2;
    assert_true(encode(gateway, "json", arena, &event, &request, &err));
    unmapped_view(gateway->services->unmapped, 0, arena, &view);
    assert_int_equal(view.count, 1);
    assert_says(view.values[0].value, value);
    assert_int_equal(view.values[0].count, 1);
}

static void test_what_is_shown_has_no_marks_and_counts_nothing(void **state)
{
    struct gateway *gateway = *state;
    AUTO_ARENA struct arena *arena = arena_new();
    struct str value;
    struct event event = post(arena, STR("shown"), &value);
    struct unmapped_view view;
    struct err err;
    for (size_t i = 0; i < gateway->services->count; i++) {
        struct service_values values = {
            .event = &event, .event_id = "e", .source = "a", .delivery_id = "d", .attempt = 1};
        struct transport_request request;
        assert_true(service_show(gateway->services->items[i], gateway->codec, arena, &values,
                                 &request, &err));
        assert_false(mark_is_in(request.body));
    }
    unmapped_view(gateway->services->unmapped, 0, arena, &view);
    assert_int_equal(view.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_any_value_arrives_and_changes_nothing_else, start,
                                        stop),
        cmocka_unit_test_setup_teardown(test_what_is_shown_has_no_marks_and_counts_nothing, start,
                                        stop),
        cmocka_unit_test_setup_teardown(test_unmapped_values_of_first_attempts_are_counted, start,
                                        stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
