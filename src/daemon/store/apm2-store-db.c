/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * One connection to a SQLite store: transactions, statements, errors, clock.
 *
 * The file is locked for as long as it is open, so that no second broker can
 * write, and SQLite needs no shared memory. A commit is one fsync of the log;
 * moving the log into the file (the checkpoint) is asked for by the caller when
 * nobody waits.
 *
 * After a failed fsync the kernel may have dropped what it could not write and
 * call the next fsync a success. So one failure bars every later write and
 * checkpoint; only a new connection, which reads the log again, may go on. What
 * was refused for that reason may then turn out to be there: nobody knows.
 */

#include "apm2-store-db.h"

#include <string.h>

#include "apm2-error.h"
#include "apm2-store-fault.h"
#include "apm2-store-file.h"
#include "apm2-store-log.h"
#include "apm2-time.h"

static void
finalize_statement (gpointer statement)
{
  (void) sqlite3_finalize (statement);
}

/**
 * apm2_store_db_new:
 * @file: path of the store
 * @aging_usec_per_level: how much longer a job waits per level of priority
 *
 * Returns: (transfer full): a connection that is not open yet
 */
Apm2StoreDb *
apm2_store_db_new (const char *file, guint64 aging_usec_per_level)
{
  Apm2StoreDb *self = g_new0 (Apm2StoreDb, 1);

  self->file = g_strdup (file);
  self->aging_usec_per_level = aging_usec_per_level;
  self->statements
      = g_hash_table_new_full (NULL, NULL, NULL, finalize_statement);
  return self;
}

/**
 * apm2_store_db_free:
 * @self: (transfer full): a connection, open or not
 */
void
apm2_store_db_free (Apm2StoreDb *self)
{
  g_return_if_fail (self != NULL);

  apm2_store_db_close (self);
  g_hash_table_unref (self->statements);
  g_free (self->broken);
  g_free (self->file);
  g_free (self);
}

static gboolean
fail (Apm2StoreDb *self, GError **error)
{
  int code = sqlite3_extended_errcode (self->sqlite);

  self->trouble = self->trouble || !apm2_store_fault_is_of_request (code);
  if (self->broken == NULL
      && (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC))
    self->broken = g_strdup (sqlite3_errmsg (self->sqlite));
  apm2_store_fault_set_error (error, self->sqlite, self->file);
  return FALSE;
}

static gboolean
refuse_if_unusable (Apm2StoreDb *self, gboolean writing, GError **error)
{
  if (self->sqlite == NULL)
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_UNAVAILABLE,
                   "store %s is not open",
                   self->file);
      return FALSE;
    }
  if (writing && self->broken != NULL)
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_UNAVAILABLE,
                   "store %s takes no writes since one did not reach the disk "
                   "(%s); check the disk, then restart apm2-daemon",
                   self->file,
                   self->broken);
      return FALSE;
    }
  return TRUE;
}

static Apm2StoreQuery *
prepare (Apm2StoreDb *self, const char *sql, GError **error)
{
  sqlite3_stmt *query = g_hash_table_lookup (self->statements, sql);

  if (query != NULL)
    return query;
  if (!refuse_if_unusable (self, FALSE, error))
    return NULL;
  if (sqlite3_prepare_v3 (
          self->sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT, &query, NULL)
      != SQLITE_OK)
    {
      (void) fail (self, error);
      return NULL;
    }
  g_hash_table_insert (self->statements, (gpointer) sql, query);
  return query;
}

static gboolean
bind (Apm2StoreDb *self,
      Apm2StoreQuery *query,
      const char *types,
      va_list args,
      GError **error)
{
  for (int i = 0; types[i] != '\0'; i++)
    {
      int code;

      if (types[i] == 'i')
        code = sqlite3_bind_int64 (query, i + 1, va_arg (args, gint64));
      else
        code = sqlite3_bind_text (
            query, i + 1, va_arg (args, const char *), -1, SQLITE_STATIC);
      if (code != SQLITE_OK)
        return fail (self, error);
    }
  return TRUE;
}

/**
 * apm2_store_query_done:
 * @self: a statement
 *
 * Makes it ready for its next use; it stays prepared.
 */
void
apm2_store_query_done (Apm2StoreQuery *self)
{
  (void) sqlite3_reset (self);
  (void) sqlite3_clear_bindings (self);
}

static Apm2StoreQuery *
query_valist (Apm2StoreDb *self,
              GError **error,
              const char *sql,
              const char *types,
              va_list args)
{
  g_autoptr (Apm2StoreQuery) query = prepare (self, sql, error);

  if (query == NULL || !bind (self, query, types, args, error))
    return NULL;
  return g_steal_pointer (&query);
}

/**
 * apm2_store_db_query:
 * @self: an open connection
 * @error: return location for a #GError
 * @sql: a literal; the statement is kept under its address
 * @types: one letter per value: 'i' is a #gint64 (cast what is not), 't' a
 *   string or %NULL that lives as long as the query is in use
 * @...: the values
 *
 * Returns: (transfer full): the statement, to be stepped with
 *   apm2_store_db_next(); used by one caller at a time
 */
Apm2StoreQuery *
apm2_store_db_query (Apm2StoreDb *self,
                     GError **error,
                     const char *sql,
                     const char *types,
                     ...)
{
  Apm2StoreQuery *query;
  va_list args;

  va_start (args, types);
  query = query_valist (self, error, sql, types, args);
  va_end (args);
  return query;
}

/**
 * apm2_store_db_next:
 * @self: the connection of @query
 * @query: a statement
 * @ret_row: (out) (optional): %FALSE at the end
 * @error: return location for a #GError
 *
 * Returns: %TRUE if the statement went on to its next row or to its end
 */
gboolean
apm2_store_db_next (Apm2StoreDb *self,
                    Apm2StoreQuery *query,
                    gboolean *ret_row,
                    GError **error)
{
  int code = sqlite3_step (query);

  if (code != SQLITE_ROW && code != SQLITE_DONE)
    return fail (self, error);
  if (ret_row != NULL)
    *ret_row = code == SQLITE_ROW;
  return TRUE;
}

/**
 * apm2_store_db_execute:
 * @self: an open connection
 * @error: return location for a #GError
 * @sql: a literal
 * @types: as for apm2_store_db_query()
 * @...: the values
 *
 * Returns: %TRUE if the statement ran to its end
 */
gboolean
apm2_store_db_execute (Apm2StoreDb *self,
                       GError **error,
                       const char *sql,
                       const char *types,
                       ...)
{
  g_autoptr (Apm2StoreQuery) query = NULL;
  va_list args;

  va_start (args, types);
  query = query_valist (self, error, sql, types, args);
  va_end (args);
  return query != NULL && apm2_store_db_next (self, query, NULL, error);
}

/**
 * apm2_store_db_begin:
 * @self: an open connection
 * @error: return location for a #GError
 *
 * Returns: %TRUE if changes may be made now, up to commit or rollback
 */
gboolean
apm2_store_db_begin (Apm2StoreDb *self, GError **error)
{
  self->trouble = FALSE;
  self->committed = self->head;
  return refuse_if_unusable (self, TRUE, error)
         && apm2_store_db_execute (self, error, "BEGIN IMMEDIATE", "");
}

/**
 * apm2_store_db_commit:
 * @self: a connection with changes
 * @error: return location for a #GError
 *
 * Returns: %TRUE if the changes are on the disk; else apm2_store_db_rollback()
 *   is to be called
 */
gboolean
apm2_store_db_commit (Apm2StoreDb *self, GError **error)
{
  return apm2_store_db_execute (self, error, "COMMIT", "");
}

/**
 * apm2_store_db_rollback:
 * @self: a connection
 *
 * Takes back what was done since apm2_store_db_begin().
 */
void
apm2_store_db_rollback (Apm2StoreDb *self)
{
  /* SQLite does it by itself after some errors of the disk. */
  if (sqlite3_get_autocommit (self->sqlite) == 0)
    (void) sqlite3_exec (self->sqlite, "ROLLBACK", NULL, NULL, NULL);
  self->head = self->committed;
}

/**
 * apm2_store_db_checkpoint:
 * @self: an open connection outside a transaction
 *
 * Moves the log into the file. What fails here loses nothing: the log keeps it.
 */
void
apm2_store_db_checkpoint (Apm2StoreDb *self)
{
  g_autoptr (GError) error = NULL;

  if (self->broken != NULL)
    return;

  if (sqlite3_wal_checkpoint_v2 (
          self->sqlite, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL)
      != SQLITE_OK)
    {
      (void) fail (self, &error);
      g_message ("The log stays as it is: %s", error->message);
    }
  self->wal_pages = 0;
}

/**
 * apm2_store_db_tick:
 * @self: an open connection
 *
 * Returns: the store's time, usec UTC: later than any it gave before
 */
gint64
apm2_store_db_tick (Apm2StoreDb *self)
{
  gint64 now = apm2_time_realtime_usec ();

  self->head.clock = MAX (now, self->head.clock + 1);
  return self->head.clock;
}

static int
on_wal_grown (gpointer data, sqlite3 *sqlite, const char *name, int pages)
{
  Apm2StoreDb *self = data;

  self->wal_pages = pages;
  return SQLITE_OK;
}

static gboolean
load_head (Apm2StoreDb *self, GError **error)
{
  g_autoptr (Apm2StoreQuery) query = NULL;
  Apm2StoreHead *head = &self->head;
  gboolean row = FALSE;

  query = apm2_store_db_query (
      self,
      error,
      "SELECT job.sequence, receipt.sequence, receipt.digest, meta.value, "
      "max (coalesce (job.submitted_at, 0),"
      "     coalesce (receipt.finished_at, 0),"
      "     coalesce ((SELECT max (started_at) FROM job WHERE state = 1 AND "
      "state < 2), 0)) "
      "FROM meta "
      "LEFT JOIN job ON job.sequence = (SELECT max (sequence) FROM job) "
      "LEFT JOIN receipt"
      "  ON receipt.sequence = (SELECT max (sequence) FROM receipt) "
      "WHERE meta.name = 'tokens_reserved'",
      "");
  if (query == NULL || !apm2_store_db_next (self, query, &row, error))
    return FALSE;
  if (!row)
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_FAILED,
                   "store %s has lost its token counter",
                   self->file);
      return FALSE;
    }
  head->job_sequence = sqlite3_column_int64 (query, 0);
  head->receipt_sequence = (guint64) sqlite3_column_int64 (query, 1);
  (void) g_strlcpy (head->receipt_digest,
                    sqlite3_column_type (query, 2) == SQLITE_NULL
                        ? ""
                        : (const char *) sqlite3_column_text (query, 2),
                    sizeof head->receipt_digest);
  head->tokens_reserved = (guint64) sqlite3_column_int64 (query, 3);
  head->token = head->tokens_reserved;
  head->clock = sqlite3_column_int64 (query, 4);
  return TRUE;
}

/**
 * apm2_store_db_open:
 * @self: a connection that is not open
 * @error: return location for a #GError
 *
 * Opens the file, made and brought up to date as needed.
 *
 * Returns: %TRUE if it is open; else Busy (another process has it), Unavailable
 *   or Failed
 */
gboolean
apm2_store_db_open (Apm2StoreDb *self, GError **error)
{
  g_return_val_if_fail (self->sqlite == NULL, FALSE);

  self->sqlite = apm2_store_file_open (self->file, error);
  if (self->sqlite == NULL)
    return FALSE;

  (void) sqlite3_wal_hook (self->sqlite, on_wal_grown, self);
  if (!load_head (self, error))
    {
      apm2_store_db_close (self);
      return FALSE;
    }
  if (!apm2_store_log_extend (self->sqlite))
    g_info ("The log of store %s could not be made longer ahead of time",
            self->file);
  return TRUE;
}

/**
 * apm2_store_db_close:
 * @self: a connection, open or not
 *
 * What the log holds is moved into the file, now or at the next opening.
 */
void
apm2_store_db_close (Apm2StoreDb *self)
{
  if (self->sqlite == NULL)
    return;

  /* A checkpoint would take the word of an fsync that cannot be trusted. */
  if (self->broken != NULL)
    (void) sqlite3_db_config (
        self->sqlite, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  g_hash_table_remove_all (self->statements);
  (void) sqlite3_close_v2 (self->sqlite);
  self->sqlite = NULL;
}
