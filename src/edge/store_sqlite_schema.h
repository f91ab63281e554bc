// SPDX-License-Identifier: GPL-3.0-or-later
//
// The tables of a store file, as an operator meets them with `sqlite3`: states and outcomes are
// words, times are Unix milliseconds, and the readable_* views show them as dates. Each index is
// there for one query of store_sqlite*.c, because each one is paid for with every delivery. What
// surprises: no index names a state; times being NULL or not say the same. Partial indexes of
// columns that are usually NULL (merge, repetition, deadline) cost the usual delivery nothing.
// Words are checked with OR: for IN with more than two, SQLite fills a table with them at every
// change.

#ifndef EDGE_STORE_SQLITE_SCHEMA_H
#define EDGE_STORE_SQLITE_SCHEMA_H

#define SCHEMA_VERSION          3
#define SCHEMA_VERSION_UPGRADED 2 // the one before, which is brought up to date when it is opened

static const char schema_events[] =
    "CREATE TABLE events (\n"
    "  number INTEGER PRIMARY KEY,      -- in the order they were accepted\n"
    "  id TEXT NOT NULL,\n"
    "  trigger TEXT NOT NULL,\n"
    "  source TEXT NOT NULL,\n"
    "  call_id TEXT NOT NULL,\n"
    "  received_at INTEGER NOT NULL,\n"
    "  first_delivery INTEGER NOT NULL, -- its deliveries have consecutive numbers from here\n"
    "  delivery_count INTEGER NOT NULL, -- 0: no route took it\n"
    "  idempotency_key TEXT,\n"
    "  fingerprint BLOB NOT NULL,\n"
    "  repeat_key BLOB,                 -- what makes an equal event a repetition of this one\n"
    "  format TEXT NOT NULL CHECK (format = 'json' OR format = 'form' OR format = 'xml'\n"
    "    OR format = 'query' OR format = 'cloudevent'),\n"
    "  body TEXT NOT NULL               -- as received, without content coding and token\n"
    ") STRICT;\n"
    "CREATE UNIQUE INDEX events_by_id ON events (id);\n"
    "CREATE UNIQUE INDEX events_by_key ON events (source, idempotency_key)\n"
    "  WHERE idempotency_key IS NOT NULL;\n"
    "CREATE INDEX events_by_repeat ON events (source, repeat_key, received_at)\n"
    "  WHERE repeat_key IS NOT NULL;\n"
    "CREATE INDEX events_by_call ON events (call_id);\n"
    "CREATE INDEX events_by_trigger ON events (trigger);\n"
    "CREATE INDEX events_unrouted ON events (number) WHERE delivery_count = 0;\n";

static const char schema_deliveries[] =
    "CREATE TABLE deliveries (\n"
    "  number INTEGER PRIMARY KEY,\n"
    "  id TEXT NOT NULL,\n"
    "  event INTEGER NOT NULL,          -- events.number\n"
    "  service TEXT NOT NULL,\n"
    "  route TEXT NOT NULL,\n"
    "  order_key TEXT,                  -- NULL: needs no order\n"
    "  state TEXT NOT NULL CHECK (state = 'waiting' OR state = 'leased' OR state = 'delivered'\n"
    "    OR state = 'held' OR state = 'dead' OR state = 'cancelled' OR state = 'expired'\n"
    "    OR state = 'merged'),\n"
    "  due_at INTEGER,                  -- NULL: not waiting, or behind another of its order key\n"
    "  not_before INTEGER,              -- never due before that; NULL: at any time\n"
    "  expires_at INTEGER,              -- not sent from then on; NULL: never\n"
    "  leased_at INTEGER,\n"
    "  lease_until INTEGER,             -- NULL: not leased\n"
    "  attempts INTEGER NOT NULL,       -- finished ones, over its whole life\n"
    "  first_attempt_at INTEGER,\n"
    "  progress_attempts INTEGER NOT NULL, -- since it was last sent or resent\n"
    "  progress_first_attempt_at INTEGER,\n"
    "  ended_at INTEGER,                -- NULL: waiting or leased\n"
    "  last_status INTEGER NOT NULL,    -- HTTP; 0: no answer yet\n"
    "  reason TEXT NOT NULL,            -- of the last attempt, or of its end\n"
    "  merge_call TEXT,                 -- NULL: its route merges nothing\n"
    "  merge_session TEXT,              -- NULL: the event names none\n"
    "  merge_wants TEXT,                -- triggers yet to come, with blanks between; NULL: none\n"
    "  merged_into INTEGER              -- deliveries.number: that one carries its events\n"
    ") STRICT;\n"
    "CREATE UNIQUE INDEX deliveries_by_id ON deliveries (id);\n"
    "CREATE INDEX deliveries_by_state ON deliveries (service, state);\n"
    "CREATE INDEX deliveries_due ON deliveries (service, due_at) WHERE due_at IS NOT NULL;\n"
    "CREATE INDEX deliveries_open ON deliveries (service, order_key)\n"
    "  WHERE order_key IS NOT NULL AND ended_at IS NULL;\n"
    "CREATE INDEX deliveries_expiring ON deliveries (expires_at)\n"
    "  WHERE expires_at IS NOT NULL AND ended_at IS NULL AND lease_until IS NULL;\n"
    "CREATE INDEX deliveries_merging ON deliveries (merge_call, service)\n"
    "  WHERE merge_call IS NOT NULL;\n"
    "CREATE INDEX deliveries_merged ON deliveries (merged_into)\n"
    "  WHERE merged_into IS NOT NULL;\n";

static const char schema_attempts[] =
    "CREATE TABLE attempts (\n"
    "  delivery INTEGER NOT NULL,       -- deliveries.number\n"
    "  number INTEGER NOT NULL,         -- from 1\n"
    "  started_at INTEGER NOT NULL,\n"
    "  ended_at INTEGER NOT NULL,\n"
    "  outcome TEXT NOT NULL,           -- delivered, retry, rejected, unknown\n"
    "  scope TEXT NOT NULL CHECK (scope IN ('event', 'service')),\n"
    "  reach TEXT NOT NULL,             -- how far the request got\n"
    "  http_status INTEGER NOT NULL,    -- 0: no answer\n"
    "  fault TEXT NOT NULL,\n"
    "  reason TEXT NOT NULL,\n"
    "  peer TEXT NOT NULL,\n"
    "  resolved_us INTEGER NOT NULL,    -- since the start, as are the next\n"
    "  connected_us INTEGER NOT NULL,\n"
    "  secured_us INTEGER NOT NULL,\n"
    "  first_byte_us INTEGER NOT NULL,\n"
    "  total_us INTEGER NOT NULL,\n"
    "  request_head TEXT NOT NULL,      -- secrets masked, as in the body\n"
    "  request_body TEXT NOT NULL,\n"
    "  reply_head TEXT NOT NULL,\n"
    "  reply_body TEXT NOT NULL,\n"
    "  reply_dropped_bytes INTEGER NOT NULL, -- of a reply longer than what is kept\n"
    "  fault_tree TEXT NOT NULL DEFAULT '', -- JSON; empty: no fault, or none that could be read\n"
    "  verdict TEXT NOT NULL DEFAULT ''     -- of the success test; empty: there was none\n"
    ") STRICT;\n"
    "CREATE UNIQUE INDEX attempts_by_delivery ON attempts (delivery, number);\n";

// Found by the call of a later delivery; the greatest number of a name is the newest.
static const char schema_captures[] =
    "CREATE TABLE captures (\n"
    "  number INTEGER PRIMARY KEY,      -- in the order they were taken\n"
    "  delivery INTEGER NOT NULL,       -- deliveries.number\n"
    "  source TEXT NOT NULL,            -- of its event, as is the call\n"
    "  call_id TEXT NOT NULL,\n"
    "  name TEXT NOT NULL,\n"
    "  value TEXT NOT NULL\n"
    ") STRICT;\n"
    "CREATE UNIQUE INDEX captures_by_delivery ON captures (delivery, name);\n"
    "CREATE INDEX captures_by_call ON captures (call_id, source) WHERE call_id <> '';\n";

// Kept in the transaction that changes what they count.
static const char schema_tallies[] =
    "CREATE TABLE tally (\n"
    "  service TEXT NOT NULL,\n"
    "  state TEXT NOT NULL,\n"
    "  count INTEGER NOT NULL,\n"
    "  PRIMARY KEY (service, state)\n"
    ") STRICT, WITHOUT ROWID;\n"
    "CREATE TABLE tally_events (\n"
    "  fate TEXT PRIMARY KEY,           -- routed, unrouted; repeated: not kept\n"
    "  count INTEGER NOT NULL\n"
    ") STRICT, WITHOUT ROWID;\n"
    "INSERT INTO tally_events VALUES ('routed', 0), ('unrouted', 0), ('repeated', 0);\n";

#define READABLE(column) "strftime('%Y-%m-%dT%H:%M:%fZ', " column " / 1000.0, 'unixepoch')"

// clang-format off
static const char schema_views[] =
    "CREATE VIEW readable_events AS SELECT number, id, trigger, source, call_id,\n"
    "  " READABLE("received_at") " AS received,\n"
    "  delivery_count, idempotency_key, format, body FROM events;\n"

    "CREATE VIEW readable_deliveries AS SELECT d.number, d.id, e.id AS event_id, e.trigger,\n"
    "  e.call_id, d.service, d.route, d.order_key, d.state,\n"
    "  " READABLE("e.received_at") " AS received,\n"
    "  " READABLE("d.due_at") " AS due,\n"
    "  " READABLE("d.not_before") " AS not_before,\n"
    "  " READABLE("d.expires_at") " AS expires,\n"
    "  " READABLE("d.lease_until") " AS leased_until, d.attempts,\n"
    "  " READABLE("d.first_attempt_at") " AS first_attempt,\n"
    "  " READABLE("d.ended_at") " AS ended, d.last_status, d.reason,\n"
    "  d.merge_wants, (SELECT id FROM deliveries WHERE number = d.merged_into) AS merged_into\n"
    "  FROM deliveries d JOIN events e ON e.number = d.event;\n"

    "CREATE VIEW readable_attempts AS SELECT d.id AS delivery_id, d.service, a.number,\n"
    "  " READABLE("a.started_at") " AS started,\n"
    "  " READABLE("a.ended_at") " AS ended, a.outcome, a.scope, a.reach, a.http_status,\n"
    "  a.fault, a.reason, a.peer, a.total_us / 1000.0 AS total_ms, a.request_head,\n"
    "  a.request_body, a.reply_head, a.reply_body, a.reply_dropped_bytes, a.fault_tree,\n"
    "  a.verdict FROM attempts a JOIN deliveries d ON d.number = a.delivery;\n";
// clang-format on

#undef READABLE

static const char *const schema[] = {schema_events,   schema_deliveries, schema_attempts,
                                     schema_captures, schema_tallies,    schema_views};

// From the version before to this one, in one transaction. Each column has a default, so no row is
// written anew.
static const char schema_upgrade_columns[] =
    "ALTER TABLE attempts ADD COLUMN fault_tree TEXT NOT NULL DEFAULT '';\n"
    "ALTER TABLE attempts ADD COLUMN verdict TEXT NOT NULL DEFAULT '';\n"
    "DROP VIEW readable_events; DROP VIEW readable_deliveries; DROP VIEW readable_attempts;\n";
static const char *const schema_upgrade[] = {schema_upgrade_columns, schema_captures, schema_views};

#endif
