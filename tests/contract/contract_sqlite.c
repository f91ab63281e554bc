// SPDX-License-Identifier: GPL-3.0-or-later
//
// What only a store in a file has to keep: whose file it is, a killed process, a full disk.

#include "contract.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const survey[] = {"survey", NULL};

// --- looking at the rows ---

static int64_t query(const char *path, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL))
        fail_msg("%s", sqlite3_errmsg(db));
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return number;
}

static void count(const char *path, struct store_counts *ret)
{
    char sql[200];
    ret->events = query(path, "SELECT count(*) FROM events");
    ret->unrouted = query(path, "SELECT count(*) FROM events e WHERE NOT EXISTS "
                                "(SELECT 1 FROM deliveries d WHERE d.event = e.number)");
    ret->oldest_open_at = query(path, "SELECT min(received_at) FROM events e JOIN deliveries d "
                                      "ON d.event = e.number WHERE state IN ('waiting', 'leased')");
    for (int state = 0; state < DELIVERY_STATE_COUNT; state++) {
        snprintf(sql, sizeof(sql), "SELECT count(*) FROM deliveries WHERE state = '%s'",
                 delivery_state_word((enum delivery_state)state));
        ret->by_state[state] = query(path, sql);
    }
}

static void check_sound(const char *path)
{
    assert_int_equal(query(path, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
}

// --- whose file it is ---

static void test_the_file_is_for_its_owner_only(void **state)
{
    struct fixture *f = *state;
    struct stat at;
    put(f, "survey", NULL);
    for (int i = 0; i < 3; i++) {
        static const char *const suffixes[] = {"", "-wal", ".lock"};
        char path[128];
        snprintf(path, sizeof(path), "%s%s", f->path, suffixes[i]);
        assert_int_equal(stat(path, &at), 0);
        assert_int_equal(at.st_mode & 0777, 0600);
    }
}

static void test_views_for_people_work(void **state)
{
    struct fixture *f = *state;
    put(f, "survey", NULL);
    end(f, take_one(f, "survey"), DELIVERY_DELIVERED, 0);
    assert_int_equal(query(f->path, "SELECT count(*) FROM readable_events "
                                    "WHERE received LIKE '20__-__-__T__:__:__.___Z'"),
                     1);
    assert_int_equal(query(f->path, "SELECT count(*) FROM readable_deliveries "
                                    "WHERE state = 'delivered' AND ended LIKE '20%Z'"),
                     1);
    assert_int_equal(query(f->path, "SELECT count(*) FROM readable_attempts "
                                    "WHERE outcome = 'delivered' AND started LIKE '20%Z'"),
                     1);
}

static void fails_to_open(const char *path, enum err_code code, const char *because)
{
    struct store *store = NULL;
    size_t taken_over;
    struct err err = {0};
    assert_false(store_open(path, &store, &taken_over, &err));
    assert_null(store);
    if (!strstr(err.text, because))
        fail_msg("'%s' does not say '%s'", err.text, because);
    assert_int_equal(err.code, code);
}

static void test_one_process_owns_the_store(void **state)
{
    struct fixture *f = *state;
    char pid[32];
    snprintf(pid, sizeof(pid), "pid %ld", (long)getpid());
    fails_to_open(f->path, ERR_CONFLICT, pid);
    put(f, "survey", NULL); // the owner goes on
}

static void write_file(const char *path, const char *data, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, len), len);
    close(fd);
}

static size_t read_file(const char *path, char *ret, size_t size)
{
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    ssize_t len = read(fd, ret, size);
    close(fd);
    assert_true(len >= 0);
    return (size_t)len;
}

static void stays_untouched(const char *path, const char *because)
{
    static char before[65536], after[65536];
    char wal_path[160];
    size_t len = read_file(path, before, sizeof(before));
    fails_to_open(path, ERR_CONFLICT, because);
    assert_int_equal(read_file(path, after, sizeof(after)), len);
    assert_memory_equal(before, after, len);
    snprintf(wal_path, sizeof(wal_path), "%s-wal", path);
    assert_int_not_equal(access(wal_path, F_OK), 0);
}

static void execute(const char *path, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void test_a_file_that_is_not_ours_stays_untouched(void **state)
{
    struct fixture *f = *state;
    char path[128], text[2000];
    memset(text, 'x', sizeof(text));
    snprintf(path, sizeof(path), "%s/text", f->folder);
    write_file(path, text, sizeof(text));
    stays_untouched(path, "no SQLite database");
    write_file(path, "short", 5);
    stays_untouched(path, "no SQLite database");

    snprintf(path, sizeof(path), "%s/other", f->folder);
    execute(path, "PRAGMA journal_mode=wal; CREATE TABLE t (a)");
    stays_untouched(path, "another program's database");

    snprintf(path, sizeof(path), "%s/newer", f->folder);
    execute(path, "PRAGMA application_id=0x5377486b; PRAGMA user_version=99; CREATE TABLE t (a)");
    stays_untouched(path, "newer version: its schema is 99");

    snprintf(path, sizeof(path), "%s/older", f->folder);
    execute(path, "PRAGMA application_id=0x5377486b; PRAGMA user_version=1; CREATE TABLE t (a)");
    stays_untouched(path, "earlier version: its schema is 1");

    fails_to_open(f->folder, ERR_CONFLICT, "no SQLite database");
}

static void test_a_store_of_the_schema_before_is_brought_up_to_date(void **state)
{
    struct fixture *f = *state;
    struct store_delivery delivery;
    struct store_attempt *attempts;
    size_t count;
    struct err err;
    const char *id = put(f, "survey", NULL);
    assert_true(end(f, take_one(f, "survey"), DELIVERY_DELIVERED, 0));
    fixture_close(f);
    execute(f->path, "DROP VIEW readable_attempts; DROP TABLE captures;"
                     "ALTER TABLE attempts DROP COLUMN fault_tree;"
                     "ALTER TABLE attempts DROP COLUMN verdict;"
                     "CREATE VIEW readable_attempts AS SELECT 1; PRAGMA user_version=2");
    assert_int_equal(fixture_reopen(f), 0);
    assert_true(store_view_delivery(f->reader, f->arena, id, &delivery, &attempts, &count, &err));
    assert_int_equal(count, 1);
    assert_string_equal(attempts[0].verdict, "");
    put(f, "survey", NULL);
    assert_true(end(f, take_one(f, "survey"), DELIVERY_DELIVERED, 0));
    assert_int_equal(fixture_reopen(f), 0); // once is enough
}

static void test_a_lost_file_is_not_made_anew_over_its_log(void **state)
{
    struct fixture *f = *state;
    char wal_path[128];
    fixture_close(f);
    assert_int_equal(unlink(f->path), 0);
    snprintf(wal_path, sizeof(wal_path), "%s-wal", f->path);
    write_file(wal_path, "log", 3);
    fails_to_open(f->path, ERR_CONFLICT, "is missing but its log");
    assert_int_equal(unlink(wal_path), 0);
    assert_int_equal(fixture_reopen(f), 0);
}

static void test_a_path_that_cannot_be_is_said_plainly(void **state)
{
    struct fixture *f = *state;
    char path[128];
    struct store_reader *reader;
    struct err err;
    snprintf(path, sizeof(path), "%s/missing/store", f->folder);
    fails_to_open(path, ERR_NOT_FOUND, "its folder does not exist");
    assert_false(store_reader_open(path, &reader, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
}

static void test_what_an_interrupted_start_left_is_replaced(void **state)
{
    struct fixture *f = *state;
    char path[128], new_path[128];
    struct store *store;
    size_t taken_over;
    struct err err;
    snprintf(path, sizeof(path), "%s/fresh", f->folder);
    snprintf(new_path, sizeof(new_path), "%s.new", path);
    write_file(path, "", 0);
    write_file(new_path, "half", 4);
    assert_true(store_open(path, &store, &taken_over, &err));
    store_close(store);
    assert_int_not_equal(access(new_path, F_OK), 0);
}

// --- a killed process ---

// Accepts, claims and settles until it is killed; tells each event's id once it is on disk.
static _Noreturn void work_until_killed(struct fixture *f, int acknowledged)
{
    struct err err;
    size_t taken_over;
    static struct store_settle settles[8];
    struct store_settle *settle_pointers[8];
    size_t settle_count = 0;
    if (!store_open(f->path, &f->store, &taken_over, &err))
        _exit(1);
    f->serial = (unsigned)getpid() << 8;
    for (;;) {
        struct store_accept *accept = make_accept(f, "call", "key", survey);
        struct store_claim claim = {.service = "survey", .limit = 8, .lease_until = f->now + 60000};
        struct store_batch batch = {.arena = f->arena,
                                    .now = clock_now_ms(),
                                    .accepts = &accept,
                                    .accept_count = 1,
                                    .settles = settle_pointers,
                                    .settle_count = settle_count,
                                    .claims = &claim,
                                    .claim_count = 1};
        clock_uuid(batch.now, accept->id);
        clock_uuid(batch.now, accept->deliveries[0].id);
        if (!store_commit(f->store, &batch, &err) ||
            write(acknowledged, accept->id, CLOCK_UUID_BYTES) != CLOCK_UUID_BYTES)
            _exit(1);
        settle_count = claim.count;
        for (size_t i = 0; i < claim.count; i++) {
            settles[i] = make_settle(f, claim.leases[i], DELIVERY_DELIVERED, 0);
            settle_pointers[i] = &settles[i];
        }
    }
}

static void kill_one_round(struct fixture *f, size_t rounds)
{
    int ends[2], status;
    char id[CLOCK_UUID_BYTES];
    static char ids[400][CLOCK_UUID_BYTES];
    size_t acknowledged = 0, before_kill = 20 + rounds * 37 % 100;
    struct store_event event;
    struct err err;
    fixture_close(f);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        work_until_killed(f, ends[1]);
    close(ends[1]);
    while (read(ends[0], id, sizeof(id)) == sizeof(id)) {
        if (acknowledged < COUNT_OF(ids))
            memcpy(ids[acknowledged++], id, sizeof(id));
        if (acknowledged == before_kill)
            kill(child, SIGKILL);
    }
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_true(acknowledged >= before_kill);
    assert_true(fixture_reopen(f) <= 1); // all of one order key
    for (size_t i = 0; i < acknowledged; i++) {
        if (!store_view_event(f->reader, f->arena, ids[i], &event, &err))
            fail_msg("%s was acknowledged: %s", ids[i], err.text);
        assert_int_equal(event.delivery_count, 1);
    }
    check_counts(f);
    check_sound(f->path);
}

static void test_a_killed_process_loses_nothing_acknowledged(void **state)
{
    for (size_t round = 0; round < 8; round++)
        kill_one_round(*state, round);
}

// --- a full disk ---

static bool try_to_accept(struct fixture *f, struct err *err)
{
    struct store_accept *accept = make_accept(f, "call", NULL, survey);
    struct store_claim claim = {.service = "survey", .limit = 1, .lease_until = f->now + 60000};
    struct store_batch batch = {.arena = f->arena,
                                .now = f->now,
                                .accepts = &accept,
                                .accept_count = 1,
                                .claims = &claim,
                                .claim_count = 1};
    char *body = arena_alloc(f->arena, 50000);
    memset(body, 'b', 50000);
    accept->body = (struct str){body, 50000};
    bool is_done = store_commit(f->store, &batch, err);
    assert_int_equal(claim.count, is_done); // what was not written is not leased
    if (is_done)
        arena_free(claim.leases[0]->arena);
    return is_done;
}

static void test_no_room_is_an_error_and_passes(void **state)
{
    struct fixture *f = *state;
    struct rlimit limit, small;
    struct err err = {0};
    const char *id = put(f, "survey", NULL);
    struct store_lease *lease = take_one(f, "survey");
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = (struct rlimit){.rlim_cur = 1000 * 1000, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    int accepted = 0;
    while (try_to_accept(f, &err) && accepted < 1000)
        accepted++;
    int again = try_to_accept(f, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_in_range(accepted, 1, 999);
    assert_false(again);
    if (err.code != ERR_FULL)
        fail_msg("%s", err.text);
    check_counts(f); // nothing half written
    assert_int_equal(query(f->path, "SELECT count(*) FROM events"), accepted + 1);

    assert_true(end(f, lease, DELIVERY_DELIVERED, 0)); // there is room again
    assert_int_equal(see(f, id).state, DELIVERY_DELIVERED);
    assert_true(try_to_accept(f, &err));
    assert_int_equal(fixture_reopen(f), accepted + 1);
    check_counts(f);
    check_sound(f->path);
}

// Fills a file system of 3 MB; gives the line of the check that failed, 0 when all held.
static int fill_disk(struct fixture *f)
{
    char filler[160];
    struct err err = {0};
    size_t taken_over;
    snprintf(f->path, sizeof(f->path), "%s/small/store", f->folder);
    snprintf(filler, sizeof(filler), "%s/small/filler", f->folder);
    int fd = open(filler, O_WRONLY | O_CREAT, 0600);
    if (fd < 0 || posix_fallocate(fd, 0, 1000000) || close(fd))
        return __LINE__;
    if (!store_open(f->path, &f->store, &taken_over, &err))
        return __LINE__;
    int accepted = 0;
    while (accepted < 1000 && try_to_accept(f, &err))
        accepted++;
    if (accepted == 0 || accepted == 1000 || err.code != ERR_FULL)
        return __LINE__;
    if (try_to_accept(f, &err) || err.code != ERR_FULL)
        return __LINE__;
    if (unlink(filler) || !try_to_accept(f, &err))
        return __LINE__;
    store_close(f->store);
    if (!store_open(f->path, &f->store, &taken_over, &err))
        return __LINE__;
    store_close(f->store);
    return query(f->path, "SELECT count(*) FROM events") == accepted + 1 ? 0 : __LINE__;
}

static void test_a_full_file_system_is_an_error_and_passes(void **state)
{
    struct fixture *f = *state;
    char folder[96];
    int status;
    enum { MAY_NOT_MOUNT = 255 };
    snprintf(folder, sizeof(folder), "%s/small", f->folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        // A mount of its own, which is gone with the process.
        if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
            mount("none", folder, "tmpfs", 0, "size=3m"))
            _exit(MAY_NOT_MOUNT);
        int line = fill_disk(f);
        _exit(line == 0 ? 0 : line % 254 + 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == MAY_NOT_MOUNT)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

static const struct CMUnitTest tests[] = {
    CONTRACT_TEST(test_the_file_is_for_its_owner_only),
    CONTRACT_TEST(test_views_for_people_work),
    CONTRACT_TEST(test_one_process_owns_the_store),
    CONTRACT_TEST(test_a_file_that_is_not_ours_stays_untouched),
    CONTRACT_TEST(test_a_store_of_the_schema_before_is_brought_up_to_date),
    CONTRACT_TEST(test_a_lost_file_is_not_made_anew_over_its_log),
    CONTRACT_TEST(test_a_path_that_cannot_be_is_said_plainly),
    CONTRACT_TEST(test_what_an_interrupted_start_left_is_replaced),
    CONTRACT_TEST(test_a_killed_process_loses_nothing_acknowledged),
    CONTRACT_TEST(test_no_room_is_an_error_and_passes),
    CONTRACT_TEST(test_a_full_file_system_is_an_error_and_passes),
};

const struct contract_backend contract_sqlite = {
    .name = "sqlite",
    .count = count,
    .tests = tests,
    .test_count = COUNT_OF(tests),
};
