// SPDX-License-Identifier: GPL-3.0-or-later
//
// Names of WSDLs and of copied files, and the folder of versions.

#include "edge/folder.h"
#include "flow/wsdl_library.h"
#include "flow/wsdl_name.h"
#include "flow/wsdl_source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

static struct {
    struct arena *arena;
    const char *dir;
    struct library library;
} all;

static int set_up(void **state)
{
    static char dir[64];
    (void)state;
    strncpy(dir, "/tmp/switchhook-library-XXXXXX", sizeof(dir) - 1);
    all.arena = arena_new();
    all.dir = mkdtemp(dir);
    assert_non_null(all.dir);
    library_init(&all.library, all.arena, all.dir);
    return 0;
}

static int tear_down(void **state)
{
    struct err err;
    (void)state;
    library_unlock(&all.library);
    bool is_gone = folder_remove(all.dir, &err);
    arena_free(all.arena);
    return is_gone ? 0 : 1;
}

// --- names ---

static void test_a_name_is_made_of_the_last_step(void **state)
{
    (void)state;
    static const struct {
        const char *place, *name; // NULL: none can be made
    } cases[] = {
        {"crm.wsdl", "crm"},
        {"/a/b/My CRM (v2).wsdl", "My_CRM_v2"},
        {"http://host/a/Calc.asmx?WSDL", "Calc"},
        {"https://host/ws/?wsdl", "ws"},
        {"http://host/svc?singleWsdl#x", "svc"},
        {"http://host", NULL},
        {"http://host/?wsdl", NULL},
        {"..", NULL},
        {"../x", "x"},
        {"-x.wsdl", "x"},
        {"\xc3\xa9.wsdl", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *name = NULL;
        struct err err;
        bool is_made = wsdl_name_of(all.arena, cases[i].place, &name, &err);
        assert_int_equal(is_made, cases[i].name != NULL);
        if (is_made)
            assert_string_equal(name, cases[i].name);
    }
}

static void test_a_name_that_is_no_plain_word_is_not_fit(void **state)
{
    (void)state;
    static const char *const unfit[] = {"", "-a", "_a", "a/b", "..", "a.b", "a b", "\xc3\xa9"};
    for (size_t i = 0; i < COUNT_OF(unfit); i++)
        assert_false(wsdl_name_is_fit(str_from(unfit[i])));
    assert_true(wsdl_name_is_fit(STR("Crm_2-b")));
    char name[66];
    memset(name, 'a', sizeof(name));
    assert_true(wsdl_name_is_fit((struct str){name, 64}));
    assert_false(wsdl_name_is_fit((struct str){name, 65}));
}

static void test_a_location_leads_within_the_folder_or_nowhere(void **state)
{
    (void)state;
    static const struct {
        const char *from, *location, *to; // NULL: out of the folder, or not plain
    } cases[] = {
        {"crm.wsdl", "a/t.xsd", "a/t.xsd"},
        {"a/t.xsd", "../b/t.xsd", "b/t.xsd"},
        {"a/b/t.xsd", "./../../x.xsd", "x.xsd"},
        {"crm.wsdl", "../x.xsd", NULL},
        {"a/t.xsd", "../../x.xsd", NULL},
        {"crm.wsdl", "/etc/passwd", NULL},
        {"crm.wsdl", "a b.xsd", NULL},
        {"crm.wsdl", "a%20b.xsd", NULL},
        {"crm.wsdl", "http://host/x.xsd", NULL},
        {"crm.wsdl", "x.xsd#y", NULL},
        {"crm.wsdl", "", NULL},
        {"crm.wsdl", ".hidden", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *to = wsdl_path_follow(all.arena, cases[i].from, cases[i].location);
        assert_int_equal(to != NULL, cases[i].to != NULL);
        if (to)
            assert_string_equal(to, cases[i].to);
    }
}

static void test_files_of_one_name_get_paths_of_their_own(void **state)
{
    (void)state;
    struct source_file files[] = {{.path = "crm.wsdl"}, {.path = "other/types.xsd"}};
    const struct wsdl_source source = {.files = files, .file_count = COUNT_OF(files)};
    assert_string_equal(source_free_path(all.arena, &source, "/x/types.xsd"), "other/2-types.xsd");
    assert_string_equal(source_free_path(all.arena, &source, "http://h/svc?xsd=a.xsd"),
                        "other/a.xsd");
    assert_string_equal(source_free_path(all.arena, &source, "http://h/svc?xsd=0"), "other/svc-0");
}

static void test_words_of_the_tools_name_the_customers_files(void **state)
{
    (void)state;
    struct source_file files[] = {{.path = "crm.wsdl", .origin = "/home/me/Crm v2.wsdl"},
                                  {.path = "other/t.xsd", .origin = "http://h/t.xsd"}};
    const struct wsdl_source source = {
        .folder = "/m/versions/.work/new/wsdl", .files = files, .file_count = COUNT_OF(files)};
    const char *text = source_translate(
        all.arena, &source, "/m/versions/.work/new/wsdl/crm.wsdl:3: see other/t.xsd:4, not at.xsd");
    assert_string_equal(text, "/home/me/Crm v2.wsdl:3: see http://h/t.xsd:4, not at.xsd");
}

// --- versions ---

static void ignore_wait(const char *owner)
{
    (void)owner;
}

static void lock(void)
{
    struct err err;
    if (!library_lock(&all.library, ignore_wait, &err))
        fail_msg("%s", err.text);
}

// A version whose module holds its own id, made at that time.
static struct library_version keep(const char *id, int made_at)
{
    struct err err;
    struct library_version version;
    const char *from = arena_printf(all.arena, "%s/new", all.library.work_dir);
    const char *manifest =
        arena_printf(all.arena, "{\"made_at\": %d, \"origin\": \"/%s\"}", made_at, id);
    if (!folder_make(from, &err) ||
        !folder_write(arena_printf(all.arena, "%s/crm.so", from), str_from(id), FOLDER_KEEP,
                      &err) ||
        !folder_write(arena_printf(all.arena, "%s/manifest.json", from), str_from(manifest),
                      FOLDER_KEEP, &err) ||
        !library_keep(&all.library, "crm", id, from, &version, &err))
        fail_msg("%s", err.text);
    return version;
}

static void use(const struct library_version *version)
{
    struct err err;
    if (!library_use(&all.library, version, &err))
        fail_msg("%s", err.text);
}

static const char *module_text(void)
{
    struct str text;
    struct err err;
    return folder_read(all.arena, arena_printf(all.arena, "%s/crm.so", all.dir), 100, &text, &err)
               ? text.data
               : "";
}

static void test_a_version_is_in_use_once_it_is_said(void **state)
{
    (void)state;
    struct library_version current;
    lock();
    struct library_version first = keep("aaa", 1), second = keep("bbb", 2);
    assert_false(library_current(&all.library, "crm", &current));
    use(&second);
    assert_string_equal(module_text(), "bbb");
    use(&first);
    assert_string_equal(module_text(), "aaa");
    assert_true(library_current(&all.library, "crm", &current));
    assert_string_equal(current.id, "aaa");
    assert_string_equal(library_fact(&current, "origin"), "/aaa");
    struct library_version *versions;
    assert_int_equal(library_versions(&all.library, "crm", &versions), 2);
    assert_string_equal(versions[0].id, "bbb");
    assert_true(versions[1].is_current && !versions[0].is_current);
}

static void test_a_version_is_found_by_the_start_of_its_id(void **state)
{
    (void)state;
    struct library_version found;
    struct err err;
    lock();
    keep("abc", 1);
    keep("abd", 2);
    assert_true(library_find(&all.library, "crm@abc", &found, &err));
    assert_false(library_find(&all.library, "crm@ab", &found, &err));
    assert_non_null(strstr(err.text, "2 versions"));
    assert_false(library_find(&all.library, "crm@", &found, &err));
    assert_false(library_find(&all.library, "../crm", &found, &err));
    assert_non_null(strstr(err.text, "no name of a WSDL"));
}

static void test_the_newest_and_the_one_in_use_are_kept(void **state)
{
    (void)state;
    lock();
    struct library_version oldest = keep("v0", 1);
    use(&oldest);
    for (int i = 1; i < 9; i++)
        keep(arena_printf(all.arena, "v%d", i), i + 1);
    library_prune(&all.library, "crm");
    struct library_version *versions;
    assert_int_equal(library_versions(&all.library, "crm", &versions), 6);
    assert_string_equal(versions[0].id, "v8");
    assert_string_equal(versions[5].id, "v0");
    assert_string_equal(module_text(), "v0");
}

static void test_a_module_from_elsewhere_becomes_a_version(void **state)
{
    (void)state;
    struct err err;
    const char *path = arena_printf(all.arena, "%s/crm.so", all.dir);
    lock();
    assert_true(folder_write(path, STR("by hand"), FOLDER_KEEP, &err));
    struct library_version current, *versions, made = keep("aaa", 1);
    assert_true(library_current(&all.library, "crm", &current));
    assert_string_equal(current.folder, "");
    use(&made);
    assert_int_equal(library_versions(&all.library, "crm", &versions), 2);
    use(&versions[0]);
    assert_string_equal(module_text(), "by hand");
}

static void test_what_a_killed_command_left_is_gone(void **state)
{
    (void)state;
    struct err err;
    lock();
    const char *left = arena_printf(all.arena, "%s/new/half", all.library.work_dir);
    assert_true(folder_make(left, &err));
    close(all.library.lock_fd); // as the end of a process does
    lock();
    const char *const *names = NULL;
    assert_int_equal(folder_names(all.arena, all.library.work_dir, &names), 0);
}

static void test_remove_takes_module_and_versions(void **state)
{
    (void)state;
    struct err err;
    lock();
    struct library_version made = keep("aaa", 1), *versions;
    use(&made);
    assert_true(library_remove(&all.library, "crm", &err));
    assert_string_equal(module_text(), "");
    assert_int_equal(library_versions(&all.library, "crm", &versions), 0);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        EACH(test_a_name_is_made_of_the_last_step),
        EACH(test_a_name_that_is_no_plain_word_is_not_fit),
        EACH(test_a_location_leads_within_the_folder_or_nowhere),
        EACH(test_files_of_one_name_get_paths_of_their_own),
        EACH(test_words_of_the_tools_name_the_customers_files),
        EACH(test_a_version_is_in_use_once_it_is_said),
        EACH(test_a_version_is_found_by_the_start_of_its_id),
        EACH(test_the_newest_and_the_one_in_use_are_kept),
        EACH(test_a_module_from_elsewhere_becomes_a_version),
        EACH(test_what_a_killed_command_left_is_gone),
        EACH(test_remove_takes_module_and_versions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
