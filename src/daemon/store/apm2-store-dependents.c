/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the end of a job means for those that wait for it: one that passed is
 * one obstacle less; any other end denies them, and those that wait for them,
 * and so on. With the last of its parts a whole job ends.
 *
 * Goes breadth first over a list instead of calling itself. A job is denied
 * once, so the work is bounded by the number of pending jobs; a circle cannot
 * be, because a job can wait only for jobs that were there before it.
 */

#include "apm2-store-dependents.h"

#include "apm2-store-ending.h"
#include "apm2-store-parts.h"
#include "apm2-store-row.h"

/* The rows that wait change while they are visited: collect them first. */
static gboolean
collect (Apm2StoreDb *db, gint64 ended, GArray *waiting, GError **error)
{
  g_autoptr (Apm2StoreQuery) query = NULL;
  gboolean row = FALSE;

  query = apm2_store_db_query (
      db, error, "SELECT job FROM job_after WHERE after = ?", "i", ended);
  if (query == NULL)
    return FALSE;

  while (apm2_store_db_next (db, query, &row, error))
    {
      gint64 sequence = sqlite3_column_int64 (query, 0);

      if (!row)
        return TRUE;
      g_array_append_val (waiting, sequence);
    }
  return FALSE;
}

static gboolean
unblock (Apm2StoreDb *db, gint64 sequence, GPtrArray *effects, GError **error)
{
  g_autoptr (Apm2StoredJob) job = NULL;

  if (!apm2_store_db_execute (db,
                              error,
                              "UPDATE job SET blocked = blocked - 1, "
                              "ready = (blocked = 1 AND not_before IS NULL) "
                              "WHERE sequence = ? AND state = 0",
                              "i",
                              sequence))
    return FALSE;

  job = apm2_store_row_get (db, sequence, error);
  if (job == NULL)
    return FALSE;
  if (job->ready)
    apm2_store_effects_add (effects, g_steal_pointer (&job));
  return TRUE;
}

static gboolean
deny (Apm2StoreDb *db,
      gint64 sequence,
      const char *awaited_id,
      GPtrArray *effects,
      GError **error)
{
  g_autoptr (Apm2StoredJob) job = apm2_store_row_get (db, sequence, error);

  if (job == NULL)
    return FALSE;
  if (job->state != APM2_JOB_STATE_PENDING)
    return TRUE;
  if (!apm2_store_ending_deny (db, job, awaited_id, error))
    return FALSE;

  apm2_store_effects_add (effects, g_steal_pointer (&job));
  return TRUE;
}

static gboolean
settle_one (Apm2StoreDb *db,
            const Apm2StoredJob *ended,
            GPtrArray *effects,
            GError **error)
{
  g_autoptr (GArray) waiting = g_array_new (FALSE, FALSE, sizeof (gint64));
  Apm2StoredJob *whole = NULL;
  gboolean passed = ended->verdict == APM2_VERDICT_PASSED;

  if (!collect (db, ended->sequence, waiting, error))
    return FALSE;

  for (guint i = 0; i < waiting->len; i++)
    {
      gint64 sequence = g_array_index (waiting, gint64, i);

      if (passed ? !unblock (db, sequence, effects, error)
                 : !deny (db, sequence, ended->id, effects, error))
        return FALSE;
    }
  if (!apm2_store_parts_settle (db, ended, &whole, error))
    return FALSE;
  if (whole != NULL)
    apm2_store_effects_add (effects, whole);
  return TRUE;
}

/**
 * apm2_store_dependents_settle:
 * @db: a connection in a transaction
 * @ended: a job that has just ended
 * @effects: (element-type Apm2StoreEffect): what changed is appended, in order
 * @error: return location for a #GError
 *
 * Returns: %TRUE if all that wait for @ended, near or far, know
 */
gboolean
apm2_store_dependents_settle (Apm2StoreDb *db,
                              const Apm2StoredJob *ended,
                              GPtrArray *effects,
                              GError **error)
{
  guint next = effects->len;

  if (!settle_one (db, ended, effects, error))
    return FALSE;

  for (; next < effects->len; next++)
    {
      const Apm2StoreEffect *effect = g_ptr_array_index (effects, next);

      if (apm2_job_state_is_final (effect->job->state)
          && !settle_one (db, effect->job, effects, error))
        return FALSE;
    }
  return TRUE;
}
