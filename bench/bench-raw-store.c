/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Raw SQLite as a queue: the same kind of table, index and settings as the
 * broker's store, prepared statements, and nothing else. Claiming and ending a
 * job is a commit each, as it must be for somebody who runs the job in between.
 *
 * It issues no receipt, so it is a floor and not a queue of the same worth.
 */

#include "bench-raw-store.h"

#include <sqlite3.h>

#include "bench-figure.h"

struct _BenchRawStore
{
  sqlite3 *sqlite;
  sqlite3_stmt *begin;
  sqlite3_stmt *commit;
  sqlite3_stmt *insert;
  sqlite3_stmt *front;
  sqlite3_stmt *claim;
  sqlite3_stmt *done;
  gint64 last;
};

static const char schema[]
    = "PRAGMA locking_mode = EXCLUSIVE;"
      "PRAGMA journal_mode = WAL;"
      "PRAGMA synchronous = FULL;"
      "CREATE TABLE job ("
      "  sequence INTEGER PRIMARY KEY,"
      "  state INTEGER NOT NULL,"
      "  ready INTEGER NOT NULL,"
      "  attempt INTEGER NOT NULL,"
      "  token INTEGER NOT NULL,"
      "  rank INTEGER NOT NULL,"
      "  started_at INTEGER NOT NULL,"
      "  finished_at INTEGER NOT NULL,"
      "  id TEXT NOT NULL UNIQUE,"
      "  lane TEXT NOT NULL,"
      "  worker TEXT,"
      "  spec TEXT NOT NULL"
      ") STRICT;"
      "CREATE INDEX job_queue ON job (lane, rank)"
      "  WHERE state = 0 AND ready = 1;"
      "CREATE INDEX job_open ON job (state) WHERE state < 2;";

static void
must (BenchRawStore *self, int code)
{
  if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW)
    return;
  g_printerr ("bench: raw SQLite: %s\n", sqlite3_errmsg (self->sqlite));
  exit (EXIT_FAILURE);
}

static sqlite3_stmt *
prepare (BenchRawStore *self, const char *sql)
{
  sqlite3_stmt *statement = NULL;

  must (
      self,
      sqlite3_prepare_v3 (
          self->sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL));
  return statement;
}

/* Runs a statement to its end. */
static void
run (BenchRawStore *self, sqlite3_stmt *statement)
{
  must (self, sqlite3_step (statement));
  (void) sqlite3_reset (statement);
}

/**
 * bench_raw_store_new:
 * @dir: where to put the file
 *
 * Returns: (transfer full): an empty queue
 */
BenchRawStore *
bench_raw_store_new (const char *dir)
{
  BenchRawStore *self = g_new0 (BenchRawStore, 1);
  g_autofree char *file = g_build_filename (dir, "raw.db", NULL);

  must (self, sqlite3_open (file, &self->sqlite));
  must (self, sqlite3_exec (self->sqlite, schema, NULL, NULL, NULL));
  self->begin = prepare (self, "BEGIN IMMEDIATE");
  self->commit = prepare (self, "COMMIT");
  self->insert
      = prepare (self,
                 "INSERT INTO job VALUES (?1, 0, 1, 0, 0, ?1, 0, 0, "
                 "printf ('j%025d', ?1), 'bulk', NULL, printf ('%200s', ''))");
  self->front = prepare (self,
                         "SELECT sequence, spec FROM job WHERE state = 0 AND "
                         "ready = 1 AND lane = 'bulk' ORDER BY rank LIMIT 1");
  self->claim = prepare (self,
                         "UPDATE job SET state = 1, attempt = attempt + 1, "
                         "token = ?1, worker = 'bench', started_at = ?1 "
                         "WHERE sequence = ?1");
  self->done = prepare (
      self, "UPDATE job SET state = 3, finished_at = ?1 WHERE sequence = ?1");
  return self;
}

void
bench_raw_store_free (BenchRawStore *self)
{
  sqlite3_stmt *statements[] = { self->begin, self->commit, self->insert,
                                 self->front, self->claim,  self->done };

  for (guint i = 0; i < G_N_ELEMENTS (statements); i++)
    (void) sqlite3_finalize (statements[i]);
  (void) sqlite3_close (self->sqlite);
  g_free (self);
}

/**
 * bench_raw_store_fill:
 * @self: a queue
 * @n: how many jobs to add
 */
void
bench_raw_store_fill (BenchRawStore *self, guint n)
{
  run (self, self->begin);
  for (guint i = 0; i < n; i++)
    {
      must (self, sqlite3_bind_int64 (self->insert, 1, ++self->last));
      run (self, self->insert);
    }
  run (self, self->commit);
}

static void
run_one (BenchRawStore *self)
{
  gint64 sequence;

  run (self, self->begin);
  must (self, sqlite3_step (self->front));
  sequence = sqlite3_column_int64 (self->front, 0);
  (void) sqlite3_reset (self->front);
  must (self, sqlite3_bind_int64 (self->claim, 1, sequence));
  run (self, self->claim);
  run (self, self->commit);

  run (self, self->begin);
  must (self, sqlite3_bind_int64 (self->done, 1, sequence));
  run (self, self->done);
  run (self, self->commit);
}

/**
 * bench_raw_store_drain:
 * @self: a queue with at least @n jobs
 * @n: how many to claim and end
 *
 * Returns: jobs per second
 */
double
bench_raw_store_drain (BenchRawStore *self, guint n)
{
  double start = bench_now_usec ();

  for (guint i = 0; i < n; i++)
    run_one (self);
  return n * 1e6 / (bench_now_usec () - start);
}
