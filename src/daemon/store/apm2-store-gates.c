/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Gates by what they are about: a tree, a set of gates, a project.
 *
 * What was asked for is written down when a job is accepted, and read again
 * when it ends: a receipt admits what its job was accepted for, whatever a
 * worker says. As long as the job is open others who ask for the same join it,
 * and it is as urgent as the most urgent of them; once it has passed they are
 * answered from its receipt.
 */

#include "apm2-store-gates.h"

#include "apm2-error.h"
#include "apm2-gate-set.h"
#include "apm2-store-row.h"

/* The job of a receipt may be forgotten before the receipt is. */
static Apm2StoredJob *
job_of_receipt (Apm2StoreQuery *query)
{
  Apm2StoredJob *job = g_new0 (Apm2StoredJob, 1);

  job->kind = APM2_JOB_KIND_GATES;
  job->state = APM2_JOB_STATE_COMPLETED;
  job->verdict = APM2_VERDICT_PASSED;
  job->id = apm2_store_row_dup_text (query, 0);
  job->receipt_digest = apm2_store_row_dup_text (query, 1);
  job->finished_at = sqlite3_column_int64 (query, 2);
  return job;
}

static gboolean
find_passed (Apm2StoreDb *db,
             const Apm2JobSpec *spec,
             const char *gate_set,
             Apm2StoredJob **ret_job,
             GError **error)
{
  g_autoptr (Apm2StoreQuery) query = NULL;
  gboolean row = FALSE;

  query = apm2_store_db_query (
      db,
      error,
      "SELECT receipt.job_id, receipt.digest, receipt.finished_at "
      "FROM admission JOIN receipt ON receipt.sequence = admission.receipt "
      "WHERE tree = ? AND gate_set = ? AND project = ?",
      "ttt",
      spec->source_tree,
      gate_set,
      spec->source_project);
  if (query == NULL || !apm2_store_db_next (db, query, &row, error))
    return FALSE;
  *ret_job = row ? job_of_receipt (query) : NULL;
  return TRUE;
}

/* One that is being called off is of no use to anybody else. */
static gboolean
find_open (Apm2StoreDb *db,
           const Apm2JobSpec *spec,
           const char *gate_set,
           Apm2StoredJob **ret_job,
           GError **error)
{
  g_autoptr (Apm2StoreQuery) query = NULL;
  gboolean row = FALSE;

  query = apm2_store_db_query (
      db,
      error,
      "SELECT " APM2_STORE_ROW_COLUMNS " FROM gates_open "
      "JOIN job ON job.sequence = gates_open.job "
      "WHERE tree = ? AND gate_set = ? AND project = ? AND may_be_joined = 1 "
      "AND cancel_requested = 0 ORDER BY job.sequence LIMIT 1",
      "ttt",
      spec->source_tree,
      gate_set,
      spec->source_project);
  if (query == NULL || !apm2_store_db_next (db, query, &row, error))
    return FALSE;
  *ret_job = row ? apm2_store_row_read (query) : NULL;
  return TRUE;
}

/* What is leased already may come back to the queue. */
static gboolean
make_as_urgent (Apm2StoreDb *db,
                Apm2StoredJob *job,
                guint priority,
                GError **error)
{
  gint64 rank;

  if (priority >= job->priority)
    return TRUE;

  rank = apm2_store_row_rank (db, job->submitted_at, priority);
  job->priority = priority;
  return apm2_store_db_execute (db,
                                error,
                                "UPDATE job SET priority = ?2, "
                                "rank = min (rank, ?3) WHERE sequence = ?1",
                                "iii",
                                job->sequence,
                                (gint64) priority,
                                rank)
         && (job->n_parts == 0
             || apm2_store_db_execute (db,
                                       error,
                                       "UPDATE job SET priority = ?2, "
                                       "rank = min (rank, ?3) "
                                       "WHERE parent = ?1 AND state < 2",
                                       "iii",
                                       job->sequence,
                                       (gint64) priority,
                                       rank));
}

/**
 * apm2_store_gates_find:
 * @db: a connection in a transaction
 * @spec: of kind gates
 * @ret_job: (out) (nullable): the job that answers for it: one that has passed,
 *   else, unless @spec waits for something, one that is open, and from now on
 * at least as urgent as @spec
 * @error: return location for a #GError
 *
 * Returns: %TRUE if that could be found out
 */
gboolean
apm2_store_gates_find (Apm2StoreDb *db,
                       const Apm2JobSpec *spec,
                       Apm2StoredJob **ret_job,
                       GError **error)
{
  g_autofree char *gate_set = apm2_gate_set_get_digest (spec->steps);

  if (!find_passed (db, spec, gate_set, ret_job, error))
    return FALSE;
  if (*ret_job != NULL || spec->after != NULL || spec->not_before_unix != 0)
    return TRUE;
  return find_open (db, spec, gate_set, ret_job, error)
         && (*ret_job == NULL
             || make_as_urgent (db, *ret_job, spec->priority, error));
}

/**
 * apm2_store_gates_begin:
 * @db: a connection in a transaction
 * @spec: of kind gates
 * @sequence: of its job, which was just made
 * @may_be_joined: the job waits for nothing but its turn
 * @error: return location for a #GError
 *
 * Returns: %TRUE if it is written down what the job is about
 */
gboolean
apm2_store_gates_begin (Apm2StoreDb *db,
                        const Apm2JobSpec *spec,
                        gint64 sequence,
                        gboolean may_be_joined,
                        GError **error)
{
  g_autofree char *gate_set = apm2_gate_set_get_digest (spec->steps);

  return apm2_store_db_execute (
      db,
      error,
      "INSERT INTO gates_open (job, may_be_joined, tree, gate_set, project) "
      "VALUES (?, ?, ?, ?, ?)",
      "iittt",
      sequence,
      (gint64) may_be_joined,
      spec->source_tree,
      gate_set,
      spec->source_project);
}

/**
 * apm2_store_gates_end:
 * @db: a connection in a transaction
 * @job: a job that has just ended
 * @receipt: sequence of its receipt
 * @error: return location for a #GError
 *
 * If @job was about gates, it is open no more; if it passed, its receipt admits
 * from now on. A part of a job was never about a whole set of gates.
 *
 * Returns: %TRUE if that is written
 */
gboolean
apm2_store_gates_end (Apm2StoreDb *db,
                      const Apm2StoredJob *job,
                      guint64 receipt,
                      GError **error)
{
  if (job->kind != APM2_JOB_KIND_GATES)
    return TRUE;
  if (job->verdict == APM2_VERDICT_PASSED
      && !apm2_store_db_execute (
          db,
          error,
          "INSERT OR REPLACE INTO admission (tree, gate_set, project, receipt) "
          "SELECT tree, gate_set, project, ?2 FROM gates_open WHERE job = ?1",
          "ii",
          job->sequence,
          (gint64) receipt))
    return FALSE;
  return apm2_store_db_execute (
      db, error, "DELETE FROM gates_open WHERE job = ?", "i", job->sequence);
}

gboolean
apm2_store_gates_admitted (Apm2StoreDb *db,
                           Apm2StoreRequest *request,
                           GError **error)
{
  g_autoptr (Apm2StoreQuery) query = NULL;
  gboolean row = FALSE;

  query = apm2_store_db_query (
      db,
      error,
      "SELECT receipt.text, receipt.digest "
      "FROM admission JOIN receipt ON receipt.sequence = admission.receipt "
      "WHERE tree = ? AND gate_set = ? AND project = ?",
      "ttt",
      request->text,
      request->digest,
      request->name);
  if (query == NULL || !apm2_store_db_next (db, query, &row, error))
    return FALSE;
  if (row)
    {
      request->found_text = apm2_store_row_dup_text (query, 0);
      request->found_digest = apm2_store_row_dup_text (query, 1);
      return TRUE;
    }

  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_NOT_FOUND,
               "no receipt says that the tree %s passed these gates; run them "
               "with \"apm2 fac gates\"",
               request->text);
  return FALSE;
}
