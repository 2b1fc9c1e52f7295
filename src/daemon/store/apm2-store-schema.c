/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The tables of the SQLite store and their versions.
 *
 * A version that was released is never edited: what changes comes as the next
 * element of the table below, and tests/data/store keeps a database of each
 * version that must still open. `PRAGMA user_version` says how far a file is.
 */

#include "apm2-store-schema.h"

#include "apm2-error.h"
#include "apm2-store-fault.h"

/* Columns that every step of a job's life reads come first: SQLite has to walk
 * over all that stand before. Each index that submit, claim and finish must
 * touch costs a page per commit; those of rare states are partial, so that the
 * common path leaves them alone. Numbers in conditions are Apm2JobState and
 * Apm2Verdict, which are never renumbered. */
static const char version_1[]
    = "CREATE TABLE job ("
      "  sequence INTEGER PRIMARY KEY,"
      "  state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 6 AND state <> 2),"
      "  verdict INTEGER NOT NULL CHECK (verdict BETWEEN 0 AND 2),"
      "  ready INTEGER NOT NULL CHECK (ready IN (0, 1)),"
      "  blocked INTEGER NOT NULL CHECK (blocked >= 0),"
      "  attempt INTEGER NOT NULL,"
      "  lost INTEGER NOT NULL,"
      "  token INTEGER NOT NULL,"
      "  rank INTEGER NOT NULL,"
      "  priority INTEGER NOT NULL,"
      "  kind INTEGER NOT NULL,"
      "  uid INTEGER NOT NULL,"
      "  step_count INTEGER NOT NULL,"
      "  max_attempts INTEGER NOT NULL,"
      "  spec_bytes INTEGER NOT NULL,"
      "  cancel_requested INTEGER NOT NULL CHECK (cancel_requested IN (0, 1)),"
      "  submitted_at INTEGER NOT NULL,"
      "  started_at INTEGER NOT NULL,"
      "  finished_at INTEGER NOT NULL,"
      "  not_before INTEGER," /* seconds; NULL once it has come */
      "  id TEXT NOT NULL UNIQUE,"
      "  lane TEXT NOT NULL,"
      "  name TEXT NOT NULL,"
      "  spec_digest TEXT NOT NULL,"
      "  idempotency_key TEXT,"
      "  retry_on TEXT," /* reason codes, each between spaces */
      "  worker TEXT,"
      "  boot_id TEXT,"
      "  reason TEXT,"
      "  message TEXT,"
      "  cancel_reason TEXT,"
      "  receipt_digest TEXT,"
      "  CHECK ((receipt_digest IS NOT NULL) = (state > 2))"
      ") STRICT;"
      "CREATE INDEX job_queue ON job (lane, rank) WHERE state = 0 AND ready = "
      "1;"
      "CREATE INDEX job_open ON job (state) WHERE state < 2;"
      "CREATE INDEX job_refused ON job (state) WHERE state > 3;"
      "CREATE INDEX job_failed ON job (verdict) WHERE verdict = 2;"
      "CREATE INDEX job_delayed ON job (not_before)"
      "  WHERE not_before IS NOT NULL;"
      "CREATE UNIQUE INDEX job_key ON job (idempotency_key)"
      "  WHERE idempotency_key IS NOT NULL;"
      /* Apart, so that a change of state rewrites a row of bytes, not of
       * kilobytes. */
      "CREATE TABLE job_spec ("
      "  sequence INTEGER PRIMARY KEY REFERENCES job (sequence),"
      "  text TEXT NOT NULL"
      ") STRICT;"
      "CREATE TABLE job_after ("
      "  after INTEGER NOT NULL REFERENCES job (sequence),"
      "  job INTEGER NOT NULL REFERENCES job (sequence),"
      "  PRIMARY KEY (after, job)"
      ") STRICT, WITHOUT ROWID;"
      "CREATE INDEX job_after_job ON job_after (job);"
      /* Names its job by id, not by row: a receipt outlives its job. */
      "CREATE TABLE receipt ("
      "  sequence INTEGER PRIMARY KEY,"
      "  outcome INTEGER NOT NULL CHECK (outcome > 2),"
      "  verdict INTEGER NOT NULL,"
      "  finished_at INTEGER NOT NULL,"
      "  job_id TEXT NOT NULL UNIQUE,"
      "  reason TEXT,"
      "  digest TEXT NOT NULL,"
      "  text TEXT NOT NULL"
      ") STRICT;"
      /* Digests are random, so each lands on another page: keep them few. */
      "CREATE INDEX receipt_digest ON receipt (substr (digest, 1, 12));"
      "CREATE TRIGGER receipt_is_final BEFORE UPDATE ON receipt"
      " BEGIN SELECT raise (ABORT, 'a receipt never changes'); END;"
      "CREATE TABLE lane_pause ("
      "  lane TEXT PRIMARY KEY"
      ") STRICT, WITHOUT ROWID;"
      "CREATE TABLE meta ("
      "  name TEXT PRIMARY KEY,"
      "  value INTEGER NOT NULL"
      ") STRICT, WITHOUT ROWID;"
      "INSERT INTO meta VALUES ('tokens_reserved', 0);";

/* Gates, jobs in parts, quarantined jobs that somebody has looked after, and
 * the last receipt that was collected, from which the chain goes on. New
 * columns stand at the end, where common queries do not walk over them. */
static const char version_2[]
    = "ALTER TABLE job ADD COLUMN parent INTEGER;" /* sequence of the whole */
      "ALTER TABLE job ADD COLUMN parts INTEGER NOT NULL DEFAULT 0;"
      "CREATE INDEX job_part ON job (parent, state, verdict)"
      "  WHERE parent IS NOT NULL;"
      "CREATE TABLE gates_open ("
      "  job INTEGER PRIMARY KEY REFERENCES job (sequence),"
      "  may_be_joined INTEGER NOT NULL CHECK (may_be_joined IN (0, 1)),"
      "  tree TEXT NOT NULL,"
      "  gate_set TEXT NOT NULL,"
      "  project TEXT NOT NULL"
      ") STRICT;"
      "CREATE INDEX gates_open_tree ON gates_open (tree);"
      "CREATE TABLE admission ("
      "  tree TEXT NOT NULL,"
      "  gate_set TEXT NOT NULL,"
      "  project TEXT NOT NULL,"
      "  receipt INTEGER NOT NULL REFERENCES receipt (sequence)"
      "    ON DELETE CASCADE,"
      "  PRIMARY KEY (tree, gate_set, project)"
      ") STRICT, WITHOUT ROWID;"
      "CREATE INDEX admission_receipt ON admission (receipt);"
      "CREATE TABLE quarantine_left ("
      "  job INTEGER PRIMARY KEY REFERENCES job (sequence) ON DELETE CASCADE,"
      "  left_at INTEGER NOT NULL,"
      "  released_as TEXT" /* id of the new job; NULL: pruned */
      ") STRICT;"
      "CREATE TABLE receipt_anchor ("
      "  id INTEGER PRIMARY KEY CHECK (id = 0),"
      "  sequence INTEGER NOT NULL,"
      "  digest TEXT NOT NULL"
      ") STRICT;";

static const char *const versions[] = {
  version_1,
  version_2,
};

/**
 * apm2_store_schema_get_version:
 *
 * Returns: the version that this program writes
 */
int
apm2_store_schema_get_version (void)
{
  return (int) G_N_ELEMENTS (versions);
}

static gboolean
fail (sqlite3 *sqlite, const char *file, GError **error)
{
  apm2_store_fault_set_error (error, sqlite, file);
  return FALSE;
}

static gboolean
get_int (sqlite3 *sqlite,
         const char *file,
         const char *sql,
         int *ret_value,
         GError **error)
{
  sqlite3_stmt *stmt = NULL;
  gboolean ok;

  ok = sqlite3_prepare_v2 (sqlite, sql, -1, &stmt, NULL) == SQLITE_OK
       && sqlite3_step (stmt) == SQLITE_ROW;
  if (ok)
    *ret_value = sqlite3_column_int (stmt, 0);
  else
    (void) fail (sqlite, file, error);
  (void) sqlite3_finalize (stmt);
  return ok;
}

static gboolean
run (sqlite3 *sqlite, const char *file, const char *sql, GError **error)
{
  return sqlite3_exec (sqlite, sql, NULL, NULL, NULL) == SQLITE_OK
         || fail (sqlite, file, error);
}

/* A file without version is ours to fill only if nothing is in it. */
static gboolean
check_owner (sqlite3 *sqlite, const char *file, int version, GError **error)
{
  int application_id = 0;
  int n_objects = 0;

  if (!get_int (sqlite, file, "PRAGMA application_id", &application_id, error)
      || !get_int (sqlite,
                   file,
                   "SELECT count(*) FROM sqlite_schema",
                   &n_objects,
                   error))
    return FALSE;
  if (application_id == APM2_STORE_SCHEMA_APPLICATION_ID
      || (version == 0 && application_id == 0 && n_objects == 0))
    return TRUE;

  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_FAILED,
               "store %s is a database of another program; move it aside",
               file);
  return FALSE;
}

static gboolean
apply (sqlite3 *sqlite, const char *file, int version, GError **error)
{
  g_autofree char *stamp = NULL;

  if (version >= apm2_store_schema_get_version ())
    return TRUE;

  for (int i = version; i < apm2_store_schema_get_version (); i++)
    if (!run (sqlite, file, versions[i], error))
      return FALSE;

  stamp = g_strdup_printf ("PRAGMA user_version = %d;"
                           "PRAGMA application_id = %d",
                           apm2_store_schema_get_version (),
                           APM2_STORE_SCHEMA_APPLICATION_ID);
  return run (sqlite, file, stamp, error);
}

/**
 * apm2_store_schema_upgrade:
 * @sqlite: an open connection
 * @file: its file, for messages
 * @error: return location for a #GError
 *
 * Makes the tables in an empty database, brings those of an older version up to
 * date, all or nothing, and refuses what it does not know.
 *
 * Returns: %TRUE if the tables are those of apm2_store_schema_get_version();
 *   else Failed (foreign, newer) or Unavailable (the disk)
 */
gboolean
apm2_store_schema_upgrade (sqlite3 *sqlite, const char *file, GError **error)
{
  int version = 0;

  g_return_val_if_fail (sqlite != NULL, FALSE);

  if (!get_int (sqlite, file, "PRAGMA user_version", &version, error)
      || !check_owner (sqlite, file, version, error))
    return FALSE;
  if (version > apm2_store_schema_get_version ())
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_FAILED,
                   "store %s has version %d, this program knows up to %d; "
                   "install the newer apm2 again",
                   file,
                   version,
                   apm2_store_schema_get_version ());
      return FALSE;
    }
  if (!run (sqlite, file, "BEGIN IMMEDIATE", error))
    return FALSE;
  if (apply (sqlite, file, version, error)
      && run (sqlite, file, "COMMIT", error))
    return TRUE;

  if (sqlite3_get_autocommit (sqlite) == 0)
    (void) sqlite3_exec (sqlite, "ROLLBACK", NULL, NULL, NULL);
  return FALSE;
}
