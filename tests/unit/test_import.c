// SPDX-License-Identifier: GPL-3.0-or-later
//
// Exports to what is made of them, byte by byte, from tests/golden/import: NAME.json and NAME.txt,
// which is what a dry run prints. Every secret of these exports begins with "hidden".

#include "core/json.h"
#include "edge/file.h"
#include "flow/import.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

enum { MAX_BYTES = 1 << 20 };

static struct str read_file(struct arena *arena, const char *name, const char *extension)
{
    struct str text;
    struct err err;
    const char *path = arena_printf(arena, "tests/golden/import/%s%s", name, extension);
    if (!file_read_text(arena, path, MAX_BYTES, &text, &err))
        fail_msg("%s %s", path, err.text);
    return text;
}

static struct import_result import(struct arena *arena, struct str export,
                                   const struct import_options *options)
{
    struct import_result result;
    struct err err;
    if (!import_engage_voice(arena, export, options, &result, &err))
        fail_msg("%s", err.text);
    return result;
}

static void add_list(struct buf *out, const char *heading, const char *const *items, size_t count)
{
    buf_printf(out, "=== %s\n", heading);
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "%s\n", items[i]);
}

static struct str describe(struct arena *arena, const struct import_result *result)
{
    AUTO_BUF struct buf out;
    buf_init(&out, MAX_BYTES);
    for (size_t i = 0; i < result->file_count; i++) {
        buf_printf(&out, "=== %s\n", result->files[i].path);
        buf_add_str(&out, result->files[i].text);
    }
    add_list(&out, "variables", result->variables, result->variable_count);
    add_list(&out, "notes", result->notes, result->note_count);
    return arena_copy(arena, buf_str(&out));
}

static void check_golden(const char *name, const struct import_options *options)
{
    AUTO_ARENA struct arena *arena = arena_new();
    struct import_result result = import(arena, read_file(arena, name, ".json"), options);
    struct str got = describe(arena, &result);
    if (getenv("GOLDEN_WRITE")) { // to look at the difference with git
        FILE *file = fopen(arena_printf(arena, "tests/golden/import/%s.txt", name), "w");
        assert_non_null(file);
        fwrite(got.data, 1, got.len, file);
        fclose(file);
    }
    assert_string_equal(got.data, read_file(arena, name, ".txt").data);
    assert_null(strstr(got.data, "hidden"));
}

static void test_http_services_become_requests_maps_and_templates(void **state)
{
    (void)state;
    check_golden("http", &(struct import_options){0});
}

static void test_a_soap_service_becomes_an_envelope_in_the_order_of_ranks(void **state)
{
    (void)state;
    check_golden("soap", &(struct import_options){0});
}

static void test_odd_exports_are_carried_over_as_far_as_they_go(void **state)
{
    (void)state;
    check_golden("odd", &(struct import_options){0});
}

static void test_tags_can_be_kept(void **state)
{
    (void)state;
    check_golden("keep_tags", &(struct import_options){.keeps_tags = true});
}

static void test_the_module_of_soap_services_can_be_said(void **state)
{
    (void)state;
    AUTO_ARENA struct arena *arena = arena_new();
    struct import_options options = {.wsdl = "their_wsdl"};
    struct import_result result = import(arena, read_file(arena, "soap", ".json"), &options);
    assert_non_null(strstr(result.files[0].text.data, "wsdl: their_wsdl\n"));
    for (size_t i = 0; i < result.note_count; i++)
        assert_null(strstr(result.notes[i], "WSDL"));
}

static void test_what_is_no_export_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum err_code code;
    } cases[] = {{"", ERR_INVALID},       {"{", ERR_INVALID},
                 {"<xml/>", ERR_INVALID}, {"[]", ERR_NOT_FOUND},
                 {"{}", ERR_NOT_FOUND},   {"{\"services\":[]}", ERR_NOT_FOUND},
                 {"[1]", ERR_NOT_FOUND},  {"\"a\"", ERR_NOT_FOUND}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO_ARENA struct arena *arena = arena_new();
        struct import_options options = {0};
        struct import_result result;
        struct err err = {0};
        assert_false(import_engage_voice(arena, str_from(cases[i].text), &options, &result, &err));
        assert_int_equal(err.code, cases[i].code);
    }
}

// Cut anywhere, an export is refused or carried over, and its secrets stay where they are.
static void test_a_cut_export_gives_no_secret_away(void **state)
{
    (void)state;
    static const char *const names[] = {"http", "soap", "odd"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        AUTO_ARENA struct arena *texts = arena_new();
        struct str whole = read_file(texts, names[i], ".json");
        for (size_t len = 0; len < whole.len; len += 7) {
            AUTO_ARENA struct arena *arena = arena_new();
            struct str cut = arena_copy(arena, (struct str){whole.data, len});
            struct json *inner = json_object(arena); // cut as a text within an export
            json_set(arena, inner, STR("serviceType"), json_text(arena, "HTTP"));
            json_set(arena, inner, STR("httpServiceConfig"), json_string(arena, cut));
            AUTO_BUF struct buf export;
            buf_init(&export, MAX_BYTES);
            json_write(&export, inner, JSON_COMPACT);
            struct import_options options = {0};
            struct import_result result = import(arena, buf_str(&export), &options);
            assert_null(strstr(describe(arena, &result).data, "hidden"));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_http_services_become_requests_maps_and_templates),
        cmocka_unit_test(test_a_soap_service_becomes_an_envelope_in_the_order_of_ranks),
        cmocka_unit_test(test_odd_exports_are_carried_over_as_far_as_they_go),
        cmocka_unit_test(test_tags_can_be_kept),
        cmocka_unit_test(test_the_module_of_soap_services_can_be_said),
        cmocka_unit_test(test_what_is_no_export_is_refused),
        cmocka_unit_test(test_a_cut_export_gives_no_secret_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
