/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Which job a submission means, if it means one that is known already: by its
 * id, by its key, or by the gates that it asks for.
 */

#include "apm2-store-known.h"

#include "apm2-error.h"
#include "apm2-store-gates.h"
#include "apm2-store-receipts.h"
#include "apm2-store-row.h"

static gboolean
find_by_key (Apm2StoreDb *db,
             const char *key,
             Apm2StoredJob **ret_job,
             GError **error)
{
  g_autoptr (Apm2StoreQuery) query = NULL;
  gboolean row = FALSE;

  query = apm2_store_db_query (
      db,
      error,
      "SELECT " APM2_STORE_ROW_COLUMNS
      " FROM job WHERE idempotency_key = ? AND idempotency_key IS NOT NULL",
      "t",
      key);
  if (query == NULL || !apm2_store_db_next (db, query, &row, error))
    return FALSE;
  *ret_job = row ? apm2_store_row_read (query) : NULL;
  return TRUE;
}

/**
 * apm2_store_known_find_by_id:
 * @db: an open connection
 * @id: id of a job
 * @ret_job: (out) (nullable): the job that has it
 * @error: return location for a #GError
 *
 * Returns: %TRUE if that could be found out; else Exists, too, if the id has a
 *   receipt and no job any more: it is taken as well
 */
gboolean
apm2_store_known_find_by_id (Apm2StoreDb *db,
                             const char *id,
                             Apm2StoredJob **ret_job,
                             GError **error)
{
  g_autoptr (GError) local = NULL;
  gboolean has_receipt = FALSE;

  *ret_job = apm2_store_row_find (db, id, &local);
  if (*ret_job != NULL)
    return TRUE;
  if (!g_error_matches (local, APM2_ERROR, APM2_ERROR_NOT_FOUND))
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  if (!apm2_store_receipts_has (db, id, &has_receipt, error))
    return FALSE;
  if (!has_receipt)
    return TRUE;

  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_EXISTS,
               "the id %s belongs to a job that ended long ago",
               id);
  return FALSE;
}

/* Finds the job that was submitted under the same name, if there is one. */
static gboolean
find_namesake (Apm2StoreDb *db,
               const Apm2StoreRequest *request,
               Apm2StoredJob **ret_job,
               GError **error)
{
  const Apm2JobSpec *spec = request->spec;
  g_autoptr (Apm2StoredJob) job = NULL;
  const char *what = "idempotency key";

  if (spec->idempotency_key != NULL
      && !find_by_key (db, spec->idempotency_key, &job, error))
    return FALSE;
  if (job == NULL && spec->job_id != NULL)
    {
      what = "id";
      if (!apm2_store_known_find_by_id (db, spec->job_id, &job, error))
        return FALSE;
    }
  if (job != NULL && g_strcmp0 (job->spec_digest, request->digest) != 0)
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_EXISTS,
                   "the %s belongs to job %s, which has another spec",
                   what,
                   job->id);
      return FALSE;
    }
  *ret_job = g_steal_pointer (&job);
  return TRUE;
}

/**
 * apm2_store_known_find:
 * @db: an open connection
 * @request: a submission
 * @ret_job: (out) (nullable): the job that it repeats, or that answers for it
 * @error: return location for a #GError
 *
 * Returns: %TRUE if that could be found out; else Exists, too, if its id or key
 *   belongs to another spec
 */
gboolean
apm2_store_known_find (Apm2StoreDb *db,
                       const Apm2StoreRequest *request,
                       Apm2StoredJob **ret_job,
                       GError **error)
{
  if (!find_namesake (db, request, ret_job, error))
    return FALSE;
  if (*ret_job != NULL || request->flag
      || request->spec->kind != APM2_JOB_KIND_GATES)
    return TRUE;
  return apm2_store_gates_find (db, request->spec, ret_job, error);
}
