// SPDX-License-Identifier: GPL-3.0-or-later
//
// The store's file and the connections to it: who owns it, whether it is ours, how it is made, and
// what SQLite's answers mean. Knows no event and no delivery. What surprises: the first bytes of
// the file are read before SQLite sees it, because opening a foreign database can change it.

#include "edge/store_sqlite_private.h"
#include "edge/store_sqlite_schema.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    APPLICATION_ID = 0x5377486b, // "SwHk"
    PAGE_BYTES = 8192,  // measured: a tenth to a fifth faster than 4096, and fewer overflow pages
    HEADER_BYTES = 100, // https://www.sqlite.org/fileformat.html section 1.3
    HEADER_VERSION_AT = 60,
    HEADER_APPLICATION_AT = 68,
    PATH_BYTES = 4096,
};

// --- what SQLite said ---

// A quota and a limit on the size of a file are a full disk to us: room has to be made by someone.
static bool is_no_room(int system_errno)
{
    return system_errno == ENOSPC || system_errno == EDQUOT || system_errno == EFBIG;
}

// What the system said last. SQLite forgets to note it for a COMMIT that could not write the log,
// so the log's file is asked itself.
static int last_errno(sqlite3 *db)
{
    sqlite3_file *log = NULL;
    int number = sqlite3_system_errno(db);
    if (number == 0 &&
        sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) == SQLITE_OK && log &&
        log->pMethods)
        log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &number);
    return number;
}

bool db_fail(sqlite3 *db, const char *verb, struct err *err)
{
    int code = sqlite3_extended_errcode(db);
    int system_errno = last_errno(db);
    switch (code & 0xff) {
    case SQLITE_FULL:
        return err_set(err, ERR_FULL, "the store cannot %s: no room on its disk", verb);
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        if (is_no_room(system_errno))
            return err_set(err, ERR_FULL, "the store cannot %s: %s", verb, strerror(system_errno));
        return err_set(err, ERR_IO, "the store cannot %s: %s (SQLite %d, %s)", verb,
                       sqlite3_errmsg(db), code, strerror(system_errno));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return err_set(err, ERR_BUSY, "the store cannot %s: its file is in use", verb);
    case SQLITE_INTERRUPT:
        return err_set(err, ERR_BUSY, "the store cannot %s in time: narrow the query", verb);
    case SQLITE_NOTADB:
        return err_set(err, ERR_CONFLICT, "the store cannot %s: its file is no database", verb);
    default:
        return err_set(err, ERR_IO, "the store cannot %s: %s (SQLite %d)", verb, sqlite3_errmsg(db),
                       code);
    }
}

// --- statements ---

bool db_prepare(sqlite3 *db, const char *const *sql, size_t count, sqlite3_stmt **ret,
                struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        if (sqlite3_prepare_v3(db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &ret[i], NULL))
            return db_fail(db, "prepare its statements", err);
    }
    return true;
}

void db_finalize(sqlite3_stmt **statements, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sqlite3_finalize(statements[i]);
}

bool db_row(sqlite3_stmt *statement, bool *ret_has_row, struct err *err)
{
    int code = sqlite3_step(statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        sqlite3 *db = sqlite3_db_handle(statement);
        db_fail(db, sqlite3_db_readonly(db, "main") ? "read" : "write", err);
        sqlite3_reset(statement);
        return false;
    }
    *ret_has_row = code == SQLITE_ROW;
    if (!*ret_has_row)
        sqlite3_reset(statement);
    return true;
}

bool db_run(sqlite3_stmt *statement, struct err *err)
{
    bool has_row;
    if (!db_row(statement, &has_row, err))
        return false;
    require(!has_row);
    return true;
}

void db_reset(sqlite3_stmt *statement)
{
    sqlite3_reset(statement);
}

// Binding fails for a wrong index or a value beyond SQLite's 1 GB only: both are ours to prevent.
void db_bind_integer(sqlite3_stmt *statement, int at, int64_t value)
{
    require(sqlite3_bind_int64(statement, at, value) == SQLITE_OK);
}

void db_bind_null(sqlite3_stmt *statement, int at)
{
    require(sqlite3_bind_null(statement, at) == SQLITE_OK);
}

void db_bind_str(sqlite3_stmt *statement, int at, struct str text)
{
    // SQLite takes a NULL pointer for NULL; the empty text is a value.
    const char *data = text.data ? text.data : "";
    require(sqlite3_bind_text64(statement, at, data, text.len, SQLITE_STATIC, SQLITE_UTF8) ==
            SQLITE_OK);
}

void db_bind_text(sqlite3_stmt *statement, int at, const char *text)
{
    db_bind_str(statement, at, str_from(text));
}

void db_bind_blob(sqlite3_stmt *statement, int at, const void *data, size_t len)
{
    require(sqlite3_bind_blob64(statement, at, data, len, SQLITE_STATIC) == SQLITE_OK);
}

void db_bind_state(sqlite3_stmt *statement, int at, enum delivery_state state)
{
    db_bind_text(statement, at, delivery_state_word(state));
}

int64_t db_integer(sqlite3_stmt *statement, int column)
{
    return sqlite3_column_int64(statement, column);
}

int db_int(sqlite3_stmt *statement, int column)
{
    return sqlite3_column_int(statement, column);
}

struct str db_peek(sqlite3_stmt *statement, int column)
{
    const void *text = sqlite3_column_text(statement, column);
    if (!text)
        return STR("");
    return (struct str){text, (size_t)sqlite3_column_bytes(statement, column)};
}

struct str db_str(sqlite3_stmt *statement, int column, struct arena *arena)
{
    return arena_copy(arena, db_peek(statement, column));
}

const char *db_text(sqlite3_stmt *statement, int column, struct arena *arena)
{
    return db_str(statement, column, arena).data;
}

bool db_named_texts(sqlite3_stmt *statement, struct arena *arena, const struct json **ret,
                    struct err *err)
{
    struct json *texts = NULL;
    bool has_row;
    for (;;) {
        if (!db_row(statement, &has_row, err))
            return false;
        if (!has_row)
            break;
        if (!texts)
            texts = json_object(arena);
        json_set(arena, texts, db_str(statement, 0, arena),
                 json_string(arena, db_str(statement, 1, arena)));
    }
    *ret = texts;
    return true;
}

// --- words ---

bool db_state(sqlite3_stmt *statement, int column, enum delivery_state *ret, struct err *err)
{
    struct str word = db_peek(statement, column);
    if (delivery_state_parse(word, ret))
        return true;
    return err_set(err, ERR_IO, "the store holds a delivery in the unknown state '%.*s'",
                   STR_ARG(word));
}

enum event_format db_format(sqlite3_stmt *statement, int column)
{
    enum event_format format = EVENT_JSON; // the schema lets no other word in
    (void)!event_format_parse(db_peek(statement, column), &format);
    return format;
}

const char *db_scope_word(enum outcome_scope scope)
{
    return scope == OUTCOME_SERVICE ? "service" : "event";
}

enum outcome_scope db_scope(sqlite3_stmt *statement, int column)
{
    return str_eq(db_peek(statement, column), STR("service")) ? OUTCOME_SERVICE : OUTCOME_EVENT;
}

// --- the file ---

static bool make_path(const char *path, const char *suffix, char ret[PATH_BYTES], struct err *err)
{
    if (snprintf(ret, PATH_BYTES, "%s%s", path, suffix) >= PATH_BYTES)
        return err_set(err, ERR_INVALID, "the store's path is longer than %d bytes", PATH_BYTES);
    return true;
}

static bool fail_at(const char *path, struct err *err)
{
    enum err_code code = is_no_room(errno) ? ERR_FULL : errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    return err_set(err, code, "cannot open the store at %s: %s", path, strerror(errno));
}

bool db_lock(const char *path, int *ret_fd, struct err *err)
{
    char lock_path[PATH_BYTES];
    if (!make_path(path, ".lock", lock_path, err))
        return false;
    AUTO_CLOSE int fd = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 && errno == ENOENT)
        return err_set(err, ERR_NOT_FOUND, "cannot open the store at %s: its folder does not exist",
                       path);
    if (fd < 0)
        return fail_at(path, err);
    char owner[24] = "";
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK)
            return fail_at(path, err);
        ssize_t len = pread(fd, owner, sizeof(owner) - 1, 0);
        owner[len > 0 ? (size_t)len : 0] = '\0';
        return err_set(err, ERR_CONFLICT, "the store at %s is open in another process%s%.*s", path,
                       len > 0 ? ", pid " : "", (int)strcspn(owner, "\n"), owner);
    }
    // Only for the sentence above, so a full disk may keep it from being written.
    int len = snprintf(owner, sizeof(owner), "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) < 0 || pwrite(fd, owner, (size_t)len, 0) < len)
        errno = 0;
    *ret_fd = fd;
    fd = -1;
    return true;
}

int64_t store_owner(const char *path)
{
    char lock_path[PATH_BYTES], owner[24];
    struct err err;
    AUTO_CLOSE int fd = -1;
    if (make_path(path, ".lock", lock_path, &err))
        fd = open(lock_path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || flock(fd, LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK)
        return 0;
    ssize_t len = pread(fd, owner, sizeof(owner) - 1, 0);
    owner[len > 0 ? len : 0] = '\0';
    return strtoll(owner, NULL, 10);
}

static uint32_t read_big_endian(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool check_version(const char *path, int64_t version, struct err *err)
{
    if (version == SCHEMA_VERSION || version == SCHEMA_VERSION_UPGRADED)
        return true;
    return err_set(err, ERR_CONFLICT,
                   "the store at %s was made by %s version: its schema is %lld, this program "
                   "knows %d; keep it with that version, and give this one another path",
                   path, version > SCHEMA_VERSION ? "a newer" : "an earlier", (long long)version,
                   SCHEMA_VERSION);
}

// Looks without SQLite whether the file is a store.
static bool check_header(const char *path, struct err *err)
{
    unsigned char header[HEADER_BYTES];
    AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return fail_at(path, err);
    ssize_t len = pread(fd, header, sizeof(header), 0);
    if (len < HEADER_BYTES || memcmp(header, "SQLite format 3", 16) != 0)
        return err_set(err, ERR_CONFLICT, "%s is not a store: it is no SQLite database", path);
    if (read_big_endian(header + HEADER_APPLICATION_AT) != APPLICATION_ID)
        return err_set(err, ERR_CONFLICT, "%s is not a store: it is another program's database",
                       path);
    return check_version(path, read_big_endian(header + HEADER_VERSION_AT), err);
}

static bool execute(sqlite3 *db, const char *sql, const char *verb, struct err *err)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK || db_fail(db, verb, err);
}

static bool read_pragma(sqlite3 *db, const char *sql, char ret[32], struct err *err)
{
    sqlite3_stmt *statement;
    bool has_row = false;
    if (!db_prepare(db, &sql, 1, &statement, err))
        return false;
    bool is_read = db_row(statement, &has_row, err);
    if (is_read && has_row)
        snprintf(ret, 32, "%.*s", STR_ARG(db_peek(statement, 0)));
    sqlite3_finalize(statement);
    return is_read;
}

static bool fill_new(sqlite3 *db, struct err *err)
{
    char mode[32] = "";
    char pragmas[160];
    snprintf(pragmas, sizeof(pragmas),
             "PRAGMA page_size=%d; PRAGMA application_id=%d; PRAGMA user_version=%d;", PAGE_BYTES,
             APPLICATION_ID, SCHEMA_VERSION);
    if (!execute(db, pragmas, "be made", err))
        return false;
    for (size_t i = 0; i < COUNT_OF(schema); i++) {
        if (!execute(db, schema[i], "be made", err))
            return false;
    }
    if (!read_pragma(db, "PRAGMA journal_mode=wal", mode, err))
        return false;
    if (strcmp(mode, "wal") != 0)
        return err_set(err, ERR_IO,
                       "the store cannot be made: its file system has no shared memory");
    return true;
}

static bool sync_folder_of(const char *path, struct err *err)
{
    char folder[PATH_BYTES];
    if (!make_path(path, "", folder, err))
        return false;
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder ? 1 : 0] = '\0';
    AUTO_CLOSE int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return (fd >= 0 && fsync(fd) == 0) || fail_at(path, err);
}

static bool make_at(const char *path, struct err *err)
{
    sqlite3 *db = NULL;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail_at(path, err);
    close(fd);
    bool is_made = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK
                       ? fill_new(db, err)
                       : db_fail(db, "be made", err);
    sqlite3_close(db);
    return is_made;
}

bool db_make(const char *path, struct err *err)
{
    char wal_path[PATH_BYTES], new_path[PATH_BYTES], rest_path[PATH_BYTES];
    struct stat at;
    if (!make_path(path, "-wal", wal_path, err) || !make_path(path, ".new", new_path, err) ||
        !make_path(path, ".new-journal", rest_path, err))
        return false;
    if (stat(path, &at) == 0 && (at.st_size > 0 || !S_ISREG(at.st_mode)))
        return true;
    // SQLite would play such a log into the new file.
    if (stat(wal_path, &at) == 0 && at.st_size > 0)
        return err_set(err, ERR_CONFLICT,
                       "%s is missing but its log %s is there: put it back, or "
                       "remove the log to start anew",
                       path, wal_path);
    unlink(new_path); // what a stopped attempt to make it left
    unlink(rest_path);
    if (!make_at(new_path, err)) {
        unlink(new_path);
        unlink(rest_path);
        return false;
    }
    return (rename(new_path, path) == 0 || fail_at(path, err)) && sync_folder_of(path, err);
}

static bool open_checked(const char *path, int flags, const char *pragmas, sqlite3 **ret,
                         struct err *err)
{
    char version[32] = "";
    sqlite3 *db = NULL;
    if (!check_header(path, err))
        return false;
    bool is_open = sqlite3_open_v2(path, &db, flags, NULL) == SQLITE_OK;
    if (is_open) {
        // The header may be older than the log: until the version is known, write nothing back.
        sqlite3_extended_result_codes(db, 1);
        sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
        sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        is_open = read_pragma(db, "PRAGMA user_version", version, err) &&
                  check_version(path, strtoll(version, NULL, 10), err) &&
                  execute(db, pragmas, "be set up", err);
    } else {
        db_fail(db, "be opened", err);
    }
    if (!is_open) {
        sqlite3_close(db);
        return err_prefix(err, "%s", path);
    }
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    *ret = db;
    return true;
}

static bool run_upgrade(sqlite3 *db, struct err *err)
{
    char version[64];
    snprintf(version, sizeof(version), "PRAGMA user_version=%d; COMMIT;", SCHEMA_VERSION);
    if (!execute(db, "BEGIN IMMEDIATE", "be brought up to date", err))
        return false;
    for (size_t i = 0; i < COUNT_OF(schema_upgrade); i++) {
        if (!execute(db, schema_upgrade[i], "be brought up to date", err))
            return false;
    }
    return execute(db, version, "be brought up to date", err);
}

// All of it or nothing: what fails half way is rolled back as the connection closes.
static bool upgrade(sqlite3 *db, struct err *err)
{
    char version[32] = "";
    return read_pragma(db, "PRAGMA user_version", version, err) &&
           (strtoll(version, NULL, 10) == SCHEMA_VERSION || run_upgrade(db, err));
}

bool db_open_writer(const char *path, sqlite3 **ret, struct err *err)
{
    // One thread uses it. A checkpoint after 8 MB of log keeps the pause it makes short; a log that
    // grew behind a slow view is cut back to 64 MB.
    sqlite3 *db = NULL;
    if (!open_checked(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                      "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=1000;"
                      "PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-16384;"
                      "PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0; PRAGMA busy_timeout=5000;",
                      &db, err))
        return false;
    if (!upgrade(db, err)) {
        sqlite3_close(db);
        return err_prefix(err, "%s", path);
    }
    *ret = db;
    return true;
}

bool db_open_reader(const char *path, sqlite3 **ret, struct err *err)
{
    return open_checked(path, SQLITE_OPEN_READONLY | SQLITE_OPEN_FULLMUTEX,
                        "PRAGMA query_only=1; PRAGMA cache_size=-4096; PRAGMA temp_store=MEMORY;"
                        "PRAGMA mmap_size=0; PRAGMA busy_timeout=2000;",
                        ret, err);
}
