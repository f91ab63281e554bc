// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the files of the SQLite store share: connections, statements, binding and reading of values,
// and the sentence for what SQLite says. The one door to sqlite3.h. A value that is bound is
// borrowed until its statement's next db_run, db_row or db_reset returns.

#ifndef EDGE_STORE_SQLITE_PRIVATE_H
#define EDGE_STORE_SQLITE_PRIVATE_H

#include "edge/store.h"

#include <sqlite3.h>

// Takes the lock that lets one process own the store; the lock lives as long as the descriptor.
bool db_lock(const char *path, int *ret_fd, struct err *err) MUST_CHECK;
// Makes an empty store when there is none, all at once or not at all. Needs the lock.
bool db_make(const char *path, struct err *err) MUST_CHECK;
// Opens a store that is there and ours; what is not ours is not written to.
bool db_open_writer(const char *path, sqlite3 **ret, struct err *err) MUST_CHECK;
bool db_open_reader(const char *path, sqlite3 **ret, struct err *err) MUST_CHECK;

// Says in *err what the connection's last call ran into while it tried to `verb`; returns false.
bool db_fail(sqlite3 *db, const char *verb, struct err *err);

bool db_prepare(sqlite3 *db, const char *const *sql, size_t count, sqlite3_stmt **ret,
                struct err *err) MUST_CHECK;
void db_finalize(sqlite3_stmt **statements, size_t count);
// Runs a statement that gives no row, and resets it.
bool db_run(sqlite3_stmt *statement, struct err *err) MUST_CHECK;
// Steps to the next row. After the last one, or a failure, the statement is reset; a caller that
// stops earlier calls db_reset.
bool db_row(sqlite3_stmt *statement, bool *ret_has_row, struct err *err) MUST_CHECK;
void db_reset(sqlite3_stmt *statement);

void db_bind_integer(sqlite3_stmt *statement, int at, int64_t value);
void db_bind_null(sqlite3_stmt *statement, int at);
void db_bind_text(sqlite3_stmt *statement, int at, const char *text);
void db_bind_str(sqlite3_stmt *statement, int at, struct str text);
void db_bind_blob(sqlite3_stmt *statement, int at, const void *data, size_t len);
void db_bind_state(sqlite3_stmt *statement, int at, enum delivery_state state);

int64_t db_integer(sqlite3_stmt *statement, int column); // 0 for NULL
int db_int(sqlite3_stmt *statement, int column);
struct str db_str(sqlite3_stmt *statement, int column, struct arena *arena);
const char *db_text(sqlite3_stmt *statement, int column, struct arena *arena);
struct str db_peek(sqlite3_stmt *statement, int column); // borrowed until the next step
// False when the word is none of ours: the file was changed by another hand.
bool db_state(sqlite3_stmt *statement, int column, enum delivery_state *ret,
              struct err *err) MUST_CHECK;

// The rows of a statement with two columns, name and value, as an object; NULL when there is none.
bool db_named_texts(sqlite3_stmt *statement, struct arena *arena, const struct json **ret,
                    struct err *err) MUST_CHECK;
// What a call captured: ?1 call id, ?2 source, ?3 most. Of one name the newest.
#define SQL_CAPTURED                                                                               \
    "SELECT name, value FROM (SELECT name, value, max(number) FROM captures "                      \
    "INDEXED BY captures_by_call WHERE call_id = ?1 AND call_id <> '' AND source = ?2 "            \
    "GROUP BY name) ORDER BY name LIMIT ?3"

enum event_format db_format(sqlite3_stmt *statement, int column);
const char *db_scope_word(enum outcome_scope scope);
enum outcome_scope db_scope(sqlite3_stmt *statement, int column);

#endif
